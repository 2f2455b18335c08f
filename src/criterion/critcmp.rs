//! What `critcmp --export` wrote: the estimates of one baseline, without samples.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::ReadError;
use super::files::{self, Estimates};
use crate::model::{
    Absent, Benchmark, BenchmarkId, Execution, Measurement, Run, Unit, Warning, WarningKind, WhyAbsent,
};

/// A critcmp export that has been recognised but not yet turned into a run.
#[derive(Deserialize)]
pub struct CritcmpExport {
    name: String,
    benchmarks: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Exported {
    criterion_benchmark_v1: ExportedBenchmark,
    criterion_estimates_v1: Estimates,
}

#[derive(Deserialize)]
struct ExportedBenchmark {
    full_id: String,
    directory_name: Option<String>,
    throughput: Option<Value>,
}

/// Reads the text of an export that lies at `path`; a benchmark that can't be read becomes a warning of the run.
///
/// # Errors
/// When the text is not an export of critcmp's at all.
pub fn read_critcmp_export(
    path: &Path,
    bytes: &[u8],
    sum_up: impl Fn(&Measurement) -> Execution,
) -> Result<Run, ReadError> {
    let export: CritcmpExport = serde_json::from_slice(bytes).map_err(|e| ReadError::new(path, e))?;
    let mut run = Run { label: export.name, ..Run::default() };
    for (name, value) in export.benchmarks {
        match benchmark(value, &sum_up) {
            Ok(benchmark) => run.benchmarks.push(benchmark),
            Err(cause) => {
                let subject = format!("{}: {name}", path.display());
                run.warnings.push(Warning { subject, kind: WarningKind::Malformed { cause } });
                run.absent.push(Absent { id: BenchmarkId::from_name(&name), why: WhyAbsent::Unreadable });
            }
        }
    }
    run.benchmarks.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(run)
}

fn benchmark(value: Value, sum_up: &impl Fn(&Measurement) -> Execution) -> Result<Benchmark, String> {
    let exported: Exported = serde_json::from_value(value).map_err(|e| e.to_string())?;
    let declared = exported.criterion_benchmark_v1;
    let directory = declared.directory_name.as_deref().unwrap_or(&declared.full_id);
    Ok(Benchmark {
        id: BenchmarkId::new("", directory, &declared.full_id),
        throughput: declared.throughput.as_ref().and_then(files::throughput),
        unit: Unit::Unstated,
        executions: sum_up(&exported.criterion_estimates_v1.measurement()?).into(),
        overwritten: None,
    })
}
