//! One run in one file, measurements and all: a promise, with a version.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::{
    Absent, Benchmark, BenchmarkId, CriterionVerdict, Entry, Environment, Execution, Executions, Measurement, Printed,
    Run, Sample, SamplingMode, Throughput, Unit, Warning, WarningKind, WhyAbsent,
};

/// By what such a file is recognised.
pub const FORMAT: &str = "criterion-regress/run";
const VERSION: u32 = 1;

/// Why text is not a run.
#[derive(Debug, Error)]
pub enum InvalidRunFile {
    /// Not JSON, or not of a run's shape.
    #[error("it is not an exported run: {0}")]
    Malformed(#[from] serde_json::Error),
    /// JSON of something else; its own word for what it is, if it has one.
    #[error("it is not an exported run but `{0}`")]
    OtherFormat(String),
    /// A report, of any version. What it says of a benchmark follows from executions that it doesn't hold: their spread, how many
    /// measurements they have, by what they are recognised and when they were written can't be told from it.
    #[error(
        "it is a report of a comparison: of each benchmark it has what follows, and not the executions with their spread, measurements and times"
    )]
    Report,
    /// Written by a later version of the tool.
    #[error("it is an exported run of version {0}, and this tool reads up to version {VERSION}")]
    TooNew(u32),
}

/// By what a report is recognised, which people may take for a run.
const REPORT: &str = "criterion-regress/report";

/// One benchmark to be written, with its measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// Which benchmark.
    pub id: BenchmarkId,
    /// Work per iteration.
    pub throughput: Option<Throughput>,
    /// What the numbers count.
    pub unit: Unit,
    /// What was measured; at least one.
    pub executions: Vec<ExportedExecution>,
}

/// One execution to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedExecution {
    /// The measurements.
    pub measurement: Measurement,
    /// When they were written.
    pub measured_at: Option<SystemTime>,
}

/// Results put together by benchmark, to be written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gathered {
    /// The benchmarks, in the order of their ids, each with its executions in the order in which they came.
    pub exported: Vec<Exported>,
    /// Results that do not count the same thing, or not for the same work, as later ones of their benchmark, which alone are kept.
    pub disagreeing: Vec<Disagreeing>,
}

/// Executions of a benchmark that don't go with the last of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreeing {
    /// Which benchmark.
    pub id: BenchmarkId,
    /// The baseline whose executions were kept.
    pub kept: String,
    /// How many executions were not.
    pub n_dropped: usize,
}

/// Puts results together by benchmark: those of one benchmark are its executions.
#[must_use]
pub fn gather(entries: impl IntoIterator<Item = Entry<ExportedExecution>>) -> Gathered {
    let mut exported: BTreeMap<BenchmarkId, Exported> = BTreeMap::new();
    let mut disagreeing: BTreeMap<BenchmarkId, Disagreeing> = BTreeMap::new();
    for Entry { id, baseline, throughput, unit, measured, .. } in entries {
        let known = exported.entry(id.clone()).or_insert_with(|| Exported {
            id: id.clone(),
            throughput: throughput.clone(),
            unit: unit.clone(),
            executions: Vec::new(),
        });
        if known.throughput != throughput || !known.unit.is_comparable_with(&unit) {
            let told = disagreeing.entry(id.clone()).or_insert(Disagreeing { id, kept: String::new(), n_dropped: 0 });
            told.kept = baseline;
            told.n_dropped += known.executions.len();
            *known = Exported { id: known.id.clone(), throughput, unit, executions: Vec::new() };
        }
        known.executions.push(measured);
    }
    Gathered { exported: exported.into_values().collect(), disagreeing: disagreeing.into_values().collect() }
}

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u32,
    tool: String,
    label: String,
    benchmarks: Vec<serde_json::Value>,
    /// Benchmarks that were there and could not be read when the file was written.
    #[serde(default)]
    unreadable: Vec<StoredId>,
    /// Where it was measured, as far as whoever wrote the file knew.
    #[serde(default)]
    environments: Vec<StoredEnvironment>,
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct StoredEnvironment {
    pub(super) cpu: Option<String>,
    pub(super) cores: Option<u32>,
    pub(super) os: Option<String>,
    pub(super) rustc: Option<String>,
    pub(super) profile: Option<String>,
    #[serde(default)]
    pub(super) executables: Vec<String>,
    // Later than the rest: files of before them have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) distribution: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) governor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) turbo: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) smt: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) low_power_mode: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) gpus: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) memory_mib: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) virtualization: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) runner: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) variables: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredId {
    pub(super) id: String,
    pub(super) directory: String,
    #[serde(default)]
    pub(super) root: String,
}

impl From<StoredId> for Absent {
    fn from(stored: StoredId) -> Absent {
        Absent { id: BenchmarkId::new(&stored.root, &stored.directory, &stored.id), why: WhyAbsent::Unreadable }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredBenchmark {
    id: String,
    directory: String,
    #[serde(default)]
    root: String,
    throughput: Option<StoredThroughput>,
    unit: Option<String>,
    /// Executions are kept apart: each is one observation.
    executions: Vec<StoredExecution>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum StoredThroughput {
    Bytes { bytes: u64 },
    BytesDecimal { bytes: u64 },
    Bits { bits: u64 },
    Elements { elements: u64 },
    ElementsAndBytes { elements: u64, bytes: u64 },
    Unknown { name: String },
}

#[derive(Serialize, Deserialize)]
struct StoredExecution {
    measured_at: Option<String>,
    sample: Option<StoredSample>,
    estimates: Option<StoredEstimates>,
    /// What Criterion printed, where nothing else is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    printed: Option<StoredPrinted>,
}

#[derive(Serialize, Deserialize)]
struct StoredPrinted {
    lower: f64,
    point: f64,
    upper: f64,
    step: f64,
    #[serde(default)]
    quick: bool,
    verdict: Option<StoredVerdict>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredVerdict {
    Regressed,
    Improved,
    WithinNoise,
    NotDetected,
}

#[derive(Serialize, Deserialize)]
struct StoredSample {
    sampling: StoredMode,
    iterations: Vec<f64>,
    totals: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredMode {
    Linear,
    Flat,
    Unknown,
}

#[derive(Serialize, Deserialize)]
struct StoredEstimates {
    median: f64,
    standard_error: f64,
}

/// Writes a run down; a line a benchmark, so that files can be compared and merged. `unreadable` are benchmarks that the run
/// has and that could not be read; `environments` are those in which it was measured, as far as that is known.
#[must_use]
pub fn write_run(
    label: &str,
    benchmarks: &[Exported],
    unreadable: &[BenchmarkId],
    environments: &[Environment],
) -> String {
    let mut out = format!(
        "{{\"format\":{},\"version\":{VERSION},\"tool\":{},\"label\":{},\"benchmarks\":[",
        json(&FORMAT),
        json(&env!("CARGO_PKG_VERSION")),
        json(&label)
    );
    for (i, benchmark) in benchmarks.iter().enumerate() {
        out.push_str(if i == 0 { "\n" } else { ",\n" });
        out.push_str(&json(&StoredBenchmark::from(benchmark)));
    }
    let unreadable: Vec<StoredId> = unreadable
        .iter()
        .map(|id| StoredId {
            id: id.as_str().to_owned(),
            directory: id.directory().to_owned(),
            root: id.root().to_owned(),
        })
        .collect();
    let environments: Vec<StoredEnvironment> = environments.iter().map(StoredEnvironment::from).collect();
    out.push_str(&format!("\n],\"unreadable\":{},\"environments\":{}}}\n", json(&unreadable), json(&environments)));
    out
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and finite numbers have a JSON text")
}

/// Reads a run; a benchmark that can't be read becomes a warning of the run.
///
/// # Errors
/// When the text is not a run at all, or of a later version.
pub fn read_run(
    bytes: &[u8],
    sum_up: impl Fn(&Measurement, Option<SystemTime>) -> Execution,
) -> Result<Run, InvalidRunFile> {
    #[derive(Deserialize)]
    struct Head {
        format: Option<String>,
        schema: Option<String>,
        version: Option<u32>,
    }
    let head: Head = serde_json::from_slice(bytes)?;
    match head.format.or(head.schema) {
        Some(format) if format == FORMAT => {}
        Some(schema) if schema == REPORT => return Err(InvalidRunFile::Report),
        other => {
            return Err(InvalidRunFile::OtherFormat(other.unwrap_or_else(|| "something else".to_owned())));
        }
    }
    if let Some(version) = head.version.filter(|version| *version > VERSION) {
        return Err(InvalidRunFile::TooNew(version));
    }
    let file: File = serde_json::from_slice(bytes)?;
    let absent = file.unreadable.into_iter().map(Absent::from).collect();
    let environments = file.environments.into_iter().map(Environment::from).collect();
    let mut run = Run { label: file.label, absent, environments, ..Run::default() };
    for (i, value) in file.benchmarks.into_iter().enumerate() {
        let subject =
            value.get("id").and_then(|id| id.as_str()).map_or_else(|| format!("benchmark {}", i + 1), str::to_owned);
        let named = StoredId::deserialize(&value);
        match benchmark(value, &sum_up) {
            Ok((benchmark, n_copies)) => {
                run.benchmarks.push(benchmark);
                if n_copies > 0 {
                    run.warnings.push(Warning { subject, kind: WarningKind::RepeatedExecutions { n: n_copies } });
                }
            }
            Err(cause) => {
                run.warnings.push(Warning { subject, kind: WarningKind::Malformed { cause } });
                run.absent.extend(named.ok().map(Absent::from));
            }
        }
    }
    run.benchmarks.sort_by(|a, b| a.id.cmp(&b.id));
    let n_all = run.benchmarks.len();
    run.benchmarks.dedup_by(|a, b| a.id == b.id);
    if run.benchmarks.len() < n_all {
        let cause = format!("{} of its benchmarks are listed twice", n_all - run.benchmarks.len());
        run.warnings.push(Warning { subject: run.label.clone(), kind: WarningKind::Malformed { cause } });
    }
    Ok(run)
}

fn benchmark(
    value: serde_json::Value,
    sum_up: &impl Fn(&Measurement, Option<SystemTime>) -> Execution,
) -> Result<(Benchmark, usize), String> {
    let stored: StoredBenchmark = serde_json::from_value(value).map_err(|e| e.to_string())?;
    let mut stored_executions = stored.executions.into_iter().map(|stored| execution(stored, sum_up));
    let first = stored_executions.next().ok_or_else(|| "it has no executions".to_owned())??;
    let (mut executions, mut n_copies) = (Executions::from(first), 0);
    for execution in stored_executions {
        n_copies += usize::from(!executions.add(execution?));
    }
    let benchmark = Benchmark {
        id: BenchmarkId::new(&stored.root, &stored.directory, &stored.id),
        throughput: stored.throughput.map(Throughput::from),
        unit: stored.unit.as_deref().map_or(Unit::Unstated, Unit::from_name),
        executions,
        overwritten: None,
    };
    Ok((benchmark, n_copies))
}

fn execution(
    stored: StoredExecution,
    sum_up: &impl Fn(&Measurement, Option<SystemTime>) -> Execution,
) -> Result<Execution, String> {
    let measurement = match (stored.sample, stored.estimates, stored.printed) {
        (Some(sample), ..) => Sample::new(sample.sampling.into(), sample.iterations, sample.totals)
            .map(Measurement::Sample)
            .map_err(|e| e.to_string())?,
        (None, Some(StoredEstimates { median, standard_error }), _) if median.is_finite() && standard_error >= 0.0 => {
            Measurement::Estimates { median, standard_error }
        }
        (None, None, Some(stored)) => Measurement::Printed(printed(&stored)?),
        (None, ..) => return Err("it has neither a sample nor estimates".to_owned()),
    };
    let measured_at = stored.measured_at.and_then(|text| text.parse::<jiff::Timestamp>().ok()).map(SystemTime::from);
    Ok(sum_up(&measurement, measured_at))
}

fn printed(stored: &StoredPrinted) -> Result<Printed, String> {
    let verdict = stored.verdict.as_ref().map(|verdict| match verdict {
        StoredVerdict::Regressed => CriterionVerdict::Regressed,
        StoredVerdict::Improved => CriterionVerdict::Improved,
        StoredVerdict::WithinNoise => CriterionVerdict::WithinNoise,
        StoredVerdict::NotDetected => CriterionVerdict::NotDetected,
    });
    Printed::new([stored.lower, stored.point, stored.upper], stored.step, stored.quick, verdict)
        .map_err(|e| e.to_string())
}

impl From<&Printed> for StoredPrinted {
    fn from(printed: &Printed) -> StoredPrinted {
        let [lower, upper] = printed.interval();
        StoredPrinted {
            lower,
            point: printed.point(),
            upper,
            step: printed.step(),
            quick: printed.is_quick(),
            verdict: printed.verdict().map(|verdict| match verdict {
                CriterionVerdict::Regressed => StoredVerdict::Regressed,
                CriterionVerdict::Improved => StoredVerdict::Improved,
                CriterionVerdict::WithinNoise => StoredVerdict::WithinNoise,
                CriterionVerdict::NotDetected => StoredVerdict::NotDetected,
            }),
        }
    }
}

impl From<&Exported> for StoredBenchmark {
    fn from(exported: &Exported) -> StoredBenchmark {
        StoredBenchmark {
            id: exported.id.as_str().to_owned(),
            directory: exported.id.directory().to_owned(),
            root: exported.id.root().to_owned(),
            throughput: exported.throughput.as_ref().map(StoredThroughput::from),
            unit: match &exported.unit {
                Unit::Nanoseconds => Some("ns".to_owned()),
                Unit::Custom(name) => Some(name.to_string()),
                Unit::Unstated => None,
            },
            executions: exported.executions.iter().map(StoredExecution::from).collect(),
        }
    }
}

impl From<&ExportedExecution> for StoredExecution {
    fn from(exported: &ExportedExecution) -> StoredExecution {
        let measured_at = exported.measured_at.and_then(|at| jiff::Timestamp::try_from(at).ok());
        let nothing = StoredExecution {
            measured_at: measured_at.map(|at| at.to_string()),
            sample: None,
            estimates: None,
            printed: None,
        };
        match &exported.measurement {
            Measurement::Sample(sample) => StoredExecution { sample: Some(StoredSample::from(sample)), ..nothing },
            Measurement::Estimates { median, standard_error } => {
                let estimates = StoredEstimates { median: *median, standard_error: *standard_error };
                StoredExecution { estimates: Some(estimates), ..nothing }
            }
            Measurement::Printed(printed) => StoredExecution { printed: Some(StoredPrinted::from(printed)), ..nothing },
        }
    }
}

impl From<&Environment> for StoredEnvironment {
    fn from(environment: &Environment) -> StoredEnvironment {
        let environment = environment.clone();
        StoredEnvironment {
            cpu: environment.cpu,
            cores: environment.cores,
            os: environment.os,
            rustc: environment.rustc,
            profile: environment.profile,
            executables: environment.executables,
            distribution: environment.distribution,
            governor: environment.governor,
            turbo: environment.turbo,
            smt: environment.smt,
            low_power_mode: environment.low_power_mode,
            gpus: environment.gpus,
            memory_mib: environment.memory_mib,
            virtualization: environment.virtualization,
            runner: environment.runner,
            variables: environment.variables,
        }
    }
}

impl From<StoredEnvironment> for Environment {
    fn from(stored: StoredEnvironment) -> Environment {
        Environment {
            cpu: stored.cpu,
            cores: stored.cores,
            os: stored.os,
            rustc: stored.rustc,
            profile: stored.profile,
            executables: stored.executables,
            settings: Vec::new(),
            distribution: stored.distribution,
            governor: stored.governor,
            turbo: stored.turbo,
            smt: stored.smt,
            low_power_mode: stored.low_power_mode,
            gpus: stored.gpus,
            memory_mib: stored.memory_mib,
            virtualization: stored.virtualization,
            runner: stored.runner,
            variables: stored.variables,
        }
    }
}

impl From<&Sample> for StoredSample {
    fn from(sample: &Sample) -> StoredSample {
        StoredSample {
            sampling: match sample.mode() {
                SamplingMode::Linear => StoredMode::Linear,
                SamplingMode::Flat => StoredMode::Flat,
                SamplingMode::Unknown => StoredMode::Unknown,
            },
            iterations: sample.iterations().to_vec(),
            totals: sample.totals().to_vec(),
        }
    }
}

impl From<StoredMode> for SamplingMode {
    fn from(mode: StoredMode) -> SamplingMode {
        match mode {
            StoredMode::Linear => SamplingMode::Linear,
            StoredMode::Flat => SamplingMode::Flat,
            StoredMode::Unknown => SamplingMode::Unknown,
        }
    }
}

impl From<&Throughput> for StoredThroughput {
    fn from(throughput: &Throughput) -> StoredThroughput {
        match throughput {
            Throughput::Bytes(bytes) => StoredThroughput::Bytes { bytes: *bytes },
            Throughput::BytesDecimal(bytes) => StoredThroughput::BytesDecimal { bytes: *bytes },
            Throughput::Bits(bits) => StoredThroughput::Bits { bits: *bits },
            Throughput::Elements(elements) => StoredThroughput::Elements { elements: *elements },
            Throughput::ElementsAndBytes { elements, bytes } => {
                StoredThroughput::ElementsAndBytes { elements: *elements, bytes: *bytes }
            }
            Throughput::Unknown(name) => StoredThroughput::Unknown { name: name.to_string() },
        }
    }
}

impl From<StoredThroughput> for Throughput {
    fn from(stored: StoredThroughput) -> Throughput {
        match stored {
            StoredThroughput::Bytes { bytes } => Throughput::Bytes(bytes),
            StoredThroughput::BytesDecimal { bytes } => Throughput::BytesDecimal(bytes),
            StoredThroughput::Bits { bits } => Throughput::Bits(bits),
            StoredThroughput::Elements { elements } => Throughput::Elements(elements),
            StoredThroughput::ElementsAndBytes { elements, bytes } => Throughput::ElementsAndBytes { elements, bytes },
            StoredThroughput::Unknown { name } => Throughput::Unknown(name.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::summarize;

    #[test]
    fn what_is_written_is_read_back() {
        let sample = Sample::new(SamplingMode::Linear, vec![1.0, 2.0, 3.0], vec![10.5, 22.0, 1e9]).expect("valid");
        let at = Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_nanos(1_700_000_000_123_456_789));
        let throughputs = [
            None,
            Some(Throughput::Bytes(u64::MAX)),
            Some(Throughput::ElementsAndBytes { elements: 1, bytes: 2 }),
            Some(Throughput::Unknown("Watts".into())),
        ];
        let exported: Vec<Exported> = throughputs
            .into_iter()
            .enumerate()
            .map(|(i, throughput)| Exported {
                id: BenchmarkId::new("a", &format!("d_{i}"), &format!("d/{i}\n\"")),
                throughput,
                unit: if i == 0 { Unit::Unstated } else { Unit::Custom("ticks".into()) },
                executions: vec![
                    ExportedExecution { measurement: Measurement::Sample(sample.clone()), measured_at: at },
                    ExportedExecution {
                        measurement: Measurement::Estimates { median: 2.0, standard_error: 0.5 },
                        measured_at: None,
                    },
                ],
            })
            .collect();
        let lost = [BenchmarkId::new("a", "lost", "lost")];
        let environment = Environment {
            cores: Some(2),
            executables: vec!["ab".to_owned()],
            distribution: Some("Debian".to_owned()),
            governor: Some("performance".to_owned()),
            turbo: Some(false),
            smt: Some(true),
            low_power_mode: Some(false),
            gpus: vec!["T4, driver 1".to_owned()],
            memory_mib: Some(7),
            virtualization: Some("none".to_owned()),
            runner: Some("self-hosted".to_owned()),
            variables: [("RAYON_NUM_THREADS".to_owned(), "4".to_owned())].into(),
            ..Environment::default()
        };
        let written = write_run("main", &exported, &lost, std::slice::from_ref(&environment));
        let run = read_run(written.as_bytes(), summarize).expect("just written");
        assert_eq!(run.environments, [environment]);
        assert_eq!((run.label.as_str(), run.benchmarks.len(), run.warnings.len()), ("main", 4, 0));
        assert_eq!(run.absent, [Absent { id: lost[0].clone(), why: WhyAbsent::Unreadable }]);
        for (read, written) in run.benchmarks.iter().zip(&exported) {
            assert_eq!((&read.id, &read.throughput, &read.unit), (&written.id, &written.throughput, &written.unit));
            assert_eq!(read.executions.len(), 2);
            assert_eq!(*read.executions.first(), summarize(&written.executions[0].measurement, at));
        }
    }

    #[test]
    fn files_of_earlier_versions_are_read() {
        let run = read_run(include_bytes!("../../fixtures/run/v1-first.json"), summarize).expect("a run");
        assert_eq!((run.label.as_str(), run.benchmarks.len(), run.warnings.len()), ("before", 2, 0));
        let [environment] = run.environments.as_slice() else { panic!("one machine: {:?}", run.environments) };
        assert_eq!((environment.cores, environment.distribution.as_deref(), environment.turbo), (Some(2), None, None));
        // A machine of which the file says less is no other machine.
        let said_now = Environment { governor: Some("performance".to_owned()), ..environment.clone() };
        assert!(environment.differences(&said_now).is_empty());
    }

    #[test]
    fn what_is_no_run_is_said() {
        let check = |text: &str, want: &str| {
            let message = read_run(text.as_bytes(), summarize).expect_err("not a run").to_string();
            assert!(message.contains(want), "{text}: {message}");
        };
        check("", "EOF");
        check("{}", "something else");
        check(r#"{"schema":"criterion-regress/report","version":1}"#, "it is a report of a comparison");
        check(r#"{"format":"criterion-regress/run","version":99}"#, "version 99");
    }

    #[test]
    fn a_broken_benchmark_does_not_cost_the_others() {
        let good = r#"{"id":"a","directory":"a","throughput":null,"unit":null,"executions":[{"estimates":{"median":1.0,"standard_error":0.1}}]}"#;
        let text = format!(
            r#"{{"format":"criterion-regress/run","version":1,"tool":"0","label":"x","benchmarks":[{good},{{"id":"b"}},{good}]}}"#
        );
        let run = read_run(text.as_bytes(), summarize).expect("a run");
        assert_eq!((run.benchmarks.len(), run.warnings.len()), (1, 2));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_run(&bytes, summarize).is_ok();
        }
    }
}
