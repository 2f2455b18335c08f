//! What `critcmp --export` wrote: the estimates of one baseline, without samples.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::files::{self, Estimates};
use super::{ReadError, Tree};
use crate::model::{BenchmarkId, Entry, Execution, Measurement, Run, Unit, Warning, WarningKind};

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
    let (name, mut tree) = read_critcmp_tree(path, bytes, sum_up)?;
    let mut run = tree.take_run(&name, &name);
    run.warnings = tree.warnings;
    run.benchmarks.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(run)
}

/// The same as a tree whose only baseline is the one that was exported, and its name.
///
/// # Errors
/// As [`read_critcmp_export`].
pub fn read_critcmp_tree<T>(
    path: &Path,
    bytes: &[u8],
    sum_up: impl Fn(&Measurement) -> T,
) -> Result<(String, Tree<T>), ReadError> {
    let export: CritcmpExport = serde_json::from_slice(bytes).map_err(|e| ReadError::new(path, e))?;
    let mut tree = Tree { entries: Vec::new(), broken: Vec::new(), warnings: Vec::new() };
    for (name, value) in export.benchmarks {
        match entry(value, &export.name, &sum_up) {
            Ok(entry) => tree.entries.push(entry),
            Err(cause) => {
                let subject = format!("{}: {name}", path.display());
                tree.warnings.push(Warning { subject, kind: WarningKind::Malformed { cause } });
                tree.broken.push((BenchmarkId::from_name(&name), export.name.clone()));
            }
        }
    }
    Ok((export.name, tree))
}

fn entry<T>(value: Value, baseline: &str, sum_up: &impl Fn(&Measurement) -> T) -> Result<Entry<T>, String> {
    let exported: Exported = serde_json::from_value(value).map_err(|e| e.to_string())?;
    let declared = exported.criterion_benchmark_v1;
    let directory = declared.directory_name.as_deref().unwrap_or(&declared.full_id);
    Ok(Entry {
        id: BenchmarkId::new("", directory, &declared.full_id),
        baseline: baseline.to_owned(),
        throughput: declared.throughput.as_ref().and_then(files::throughput),
        unit: Unit::Unstated,
        measured: sum_up(&exported.criterion_estimates_v1.measurement()?),
        overwritten: None,
    })
}
