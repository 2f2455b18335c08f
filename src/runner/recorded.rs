//! What a journal of rounds holds: by what they are known again, and each as it was measured.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::executable::ProcessFailed;
use super::rounds::Step;
use crate::model::{Benchmark, BenchmarkId, CpuUse, Evidence, Execution, Executions, SamplingMode, Throughput, Unit};

/// No process takes as many measurements.
const MOST_MEASUREMENTS: usize = 1 << 30;

/// What rounds belong to: they can go on only where all of this is as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundsHeader {
    /// Both sides.
    pub sides: [RecordedSide; 2],
    /// What the order follows from.
    pub seed: u64,
    /// After how many rounds to look, and at which level.
    pub looks: Vec<(usize, f64)>,
    /// Of each job its id on both sides, and the root of its ids.
    pub jobs: Vec<(String, String, String)>,
}

/// One side, as it was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedSide {
    /// What the reports call it.
    pub label: String,
    /// Of each executable its name and its SHA-256.
    pub executables: Vec<(String, String)>,
}

impl RoundsHeader {
    /// Why rounds under this header can't go on as ones under `now`; `None` where they can. The seed is not looked at.
    #[must_use]
    pub fn difference(&self, now: &RoundsHeader) -> Option<String> {
        for (was, is) in self.sides.iter().zip(&now.sides) {
            let names = |side: &RecordedSide| side.executables.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            if names(was) != names(is) {
                return Some(format!("{} has other executables than {} had", is.label, was.label));
            }
            if was.executables != is.executables {
                return Some(format!(
                    "the executables of {} are not those that were measured as {}",
                    is.label, was.label
                ));
            }
        }
        if self.jobs != now.jobs {
            return Some("other benchmarks take part, or other names are matched".to_owned());
        }
        (self.looks != now.looks)
            .then(|| "verdicts would be looked for after other rounds, or at other levels".to_owned())
    }
}

/// Something that happened, in order. Rounds count from 1; 0 is the one process of what only one side has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RoundsRecord {
    /// A job's processes of one round.
    Measured {
        /// The round.
        round: usize,
        /// Which job.
        job: usize,
        /// Whether the candidate ran before the baseline.
        candidate_first: bool,
        /// How long it took.
        seconds: f64,
        /// What each side left.
        results: [Vec<RecordedResult>; 2],
    },
    /// A job's process that failed.
    Failed {
        /// The round.
        round: usize,
        /// Which job.
        job: usize,
        /// Whether the candidate ran before the baseline.
        candidate_first: bool,
        /// How long it took.
        seconds: f64,
        /// 0 is the baseline.
        side: usize,
        /// How it ended.
        cause: String,
        /// The end of what it printed.
        output: String,
    },
    /// A look.
    Look {
        /// After how many rounds.
        rounds: usize,
        /// The jobs that went on.
        open: Vec<usize>,
    },
}

/// A benchmark's result of one process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedResult {
    id: String,
    directory: String,
    root: String,
    unit: Option<String>,
    throughput: Option<RecordedThroughput>,
    typical: f64,
    median: f64,
    lower_quartile: f64,
    minimum: f64,
    mean: f64,
    standard_deviation: f64,
    /// `None` where it is not finite.
    standard_error: Option<f64>,
    n_measurements: usize,
    mode: RecordedMode,
    evidence: RecordedEvidence,
    fingerprint: u64,
    /// Milliseconds since 1970.
    measured_at: Option<u64>,
    /// Absent in journals of versions that didn't look.
    #[serde(default)]
    cpu: Option<RecordedCpu>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct RecordedCpu {
    per_iteration: Option<f64>,
    wall_per_iteration: f64,
    around: Option<f64>,
    is_long: bool,
    waits: u64,
    preemptions: u64,
    steal: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum RecordedThroughput {
    Bytes { bytes: u64 },
    BytesDecimal { bytes: u64 },
    Bits { bits: u64 },
    Elements { elements: u64 },
    ElementsAndBytes { elements: u64, bytes: u64 },
    Unknown { name: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RecordedMode {
    Linear,
    Flat,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RecordedEvidence {
    Sample,
    Estimates,
    Printed,
    CriterionChange,
    Quick,
}

/// What the processes of one job did.
pub(super) type Measured = Result<[Vec<Benchmark>; 2], (usize, ProcessFailed)>;

impl RoundsRecord {
    pub(super) fn new(round: usize, step: Step, took: Duration, measured: &Measured) -> RoundsRecord {
        let (Step { job, candidate_first }, seconds) = (step, took.as_secs_f64());
        match measured {
            Ok(results) => RoundsRecord::Measured {
                round,
                job,
                candidate_first,
                seconds,
                results: [0, 1].map(|side| results[side].iter().map(RecordedResult::from).collect()),
            },
            Err((side, ProcessFailed { cause, output })) => RoundsRecord::Failed {
                round,
                job,
                candidate_first,
                seconds,
                side: *side,
                cause: cause.clone(),
                output: output.clone(),
            },
        }
    }

    /// What was measured in this step, and how long it took; `None` where the record is of another, or can't be one.
    pub(super) fn of_step(self, now: usize, step: Step) -> Option<(Measured, Duration)> {
        let is_same = |round, job, candidate_first| round == now && step == Step { job, candidate_first };
        match self {
            RoundsRecord::Measured { round, job, candidate_first, seconds, results } => {
                // They are summed up.
                if results.iter().flatten().any(|result| result.n_measurements > MOST_MEASUREMENTS) {
                    return None;
                }
                let results = results.map(|results| results.into_iter().map(Benchmark::from).collect());
                let took = Duration::try_from_secs_f64(seconds).ok()?;
                is_same(round, job, candidate_first).then_some((Ok(results), took))
            }
            RoundsRecord::Failed { round, job, candidate_first, seconds, side, cause, output } => {
                let took = Duration::try_from_secs_f64(seconds).ok()?;
                (is_same(round, job, candidate_first) && side < 2)
                    .then_some((Err((side, ProcessFailed { cause, output })), took))
            }
            RoundsRecord::Look { .. } => None,
        }
    }
}

impl From<&Benchmark> for RecordedResult {
    fn from(benchmark: &Benchmark) -> RecordedResult {
        let Benchmark { id, throughput, unit, executions, overwritten: _ } = benchmark;
        let execution = executions.first();
        RecordedResult {
            id: id.as_str().to_owned(),
            directory: id.directory().to_owned(),
            root: id.root().to_owned(),
            unit: match unit {
                Unit::Nanoseconds => Some("ns".to_owned()),
                Unit::Custom(name) => Some(name.to_string()),
                Unit::Unstated => None,
            },
            throughput: throughput.as_ref().map(|throughput| match throughput {
                Throughput::Bytes(bytes) => RecordedThroughput::Bytes { bytes: *bytes },
                Throughput::BytesDecimal(bytes) => RecordedThroughput::BytesDecimal { bytes: *bytes },
                Throughput::Bits(bits) => RecordedThroughput::Bits { bits: *bits },
                Throughput::Elements(elements) => RecordedThroughput::Elements { elements: *elements },
                Throughput::ElementsAndBytes { elements, bytes } => {
                    RecordedThroughput::ElementsAndBytes { elements: *elements, bytes: *bytes }
                }
                Throughput::Unknown(name) => RecordedThroughput::Unknown { name: name.to_string() },
            }),
            typical: execution.typical,
            median: execution.median,
            lower_quartile: execution.lower_quartile,
            minimum: execution.minimum,
            mean: execution.mean,
            standard_deviation: execution.standard_deviation,
            standard_error: Some(execution.standard_error).filter(|error| error.is_finite()),
            n_measurements: execution.n_measurements,
            mode: match execution.mode {
                SamplingMode::Linear => RecordedMode::Linear,
                SamplingMode::Flat => RecordedMode::Flat,
                SamplingMode::Unknown => RecordedMode::Unknown,
            },
            evidence: match execution.evidence {
                Evidence::Sample => RecordedEvidence::Sample,
                Evidence::Estimates => RecordedEvidence::Estimates,
                Evidence::Printed => RecordedEvidence::Printed,
                Evidence::CriterionChange => RecordedEvidence::CriterionChange,
                Evidence::Quick => RecordedEvidence::Quick,
            },
            fingerprint: execution.fingerprint,
            measured_at: execution
                .measured_at
                .and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok())
                .and_then(|since| u64::try_from(since.as_millis()).ok()),
            cpu: execution.cpu.map(|cpu| {
                let CpuUse { per_iteration, wall_per_iteration, around, is_long, waits, preemptions, steal } = cpu;
                RecordedCpu { per_iteration, wall_per_iteration, around, is_long, waits, preemptions, steal }
            }),
        }
    }
}

impl From<RecordedResult> for Benchmark {
    fn from(recorded: RecordedResult) -> Benchmark {
        let execution = Execution {
            typical: recorded.typical,
            median: recorded.median,
            lower_quartile: recorded.lower_quartile,
            minimum: recorded.minimum,
            mean: recorded.mean,
            standard_deviation: recorded.standard_deviation,
            standard_error: recorded.standard_error.unwrap_or(f64::INFINITY),
            n_measurements: recorded.n_measurements,
            mode: match recorded.mode {
                RecordedMode::Linear => SamplingMode::Linear,
                RecordedMode::Flat => SamplingMode::Flat,
                RecordedMode::Unknown => SamplingMode::Unknown,
            },
            evidence: match recorded.evidence {
                RecordedEvidence::Sample => Evidence::Sample,
                RecordedEvidence::Estimates => Evidence::Estimates,
                RecordedEvidence::Printed => Evidence::Printed,
                RecordedEvidence::CriterionChange => Evidence::CriterionChange,
                RecordedEvidence::Quick => Evidence::Quick,
            },
            fingerprint: recorded.fingerprint,
            measured_at: recorded
                .measured_at
                .and_then(|ms| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms))),
            printed_verdict: None, // a process that the runner starts is read by its files
            cpu: recorded.cpu.map(|cpu| {
                let RecordedCpu { per_iteration, wall_per_iteration, around, is_long, waits, preemptions, steal } = cpu;
                CpuUse { per_iteration, wall_per_iteration, around, is_long, waits, preemptions, steal }
            }),
        };
        Benchmark {
            id: BenchmarkId::new(&recorded.root, &recorded.directory, &recorded.id),
            throughput: recorded.throughput.map(|throughput| match throughput {
                RecordedThroughput::Bytes { bytes } => Throughput::Bytes(bytes),
                RecordedThroughput::BytesDecimal { bytes } => Throughput::BytesDecimal(bytes),
                RecordedThroughput::Bits { bits } => Throughput::Bits(bits),
                RecordedThroughput::Elements { elements } => Throughput::Elements(elements),
                RecordedThroughput::ElementsAndBytes { elements, bytes } => {
                    Throughput::ElementsAndBytes { elements, bytes }
                }
                RecordedThroughput::Unknown { name } => Throughput::Unknown(name.into()),
            }),
            unit: recorded.unit.as_deref().map_or(Unit::Unstated, Unit::from_name),
            executions: Executions::from(execution),
            overwritten: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn benchmark(standard_error: f64) -> Benchmark {
        let execution = Execution {
            typical: 0.1 + 0.2,
            median: 1e-300,
            lower_quartile: -0.0,
            minimum: 5e-324,
            mean: f64::MAX,
            standard_deviation: 1.0 / 3.0,
            standard_error,
            n_measurements: 10,
            mode: SamplingMode::Flat,
            evidence: Evidence::Sample,
            fingerprint: u64::MAX - 1,
            measured_at: SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(1_700_000_000_123)),
            printed_verdict: None,
            cpu: Some(CpuUse {
                per_iteration: Some(0.1 + 0.2),
                wall_per_iteration: 0.7,
                around: None,
                is_long: true,
                waits: 3,
                preemptions: 40,
                steal: Some(0.01),
            }),
        };
        Benchmark {
            id: BenchmarkId::new("root", "folder", "an id\n\"of\" its own"),
            throughput: Some(Throughput::ElementsAndBytes { elements: 3, bytes: u64::MAX }),
            unit: Unit::Custom("cycles".into()),
            executions: Executions::from(execution),
            overwritten: None,
        }
    }

    #[test]
    fn what_is_read_back_is_what_was_measured_to_the_last_bit() {
        let step = Step { job: 3, candidate_first: true };
        for measured in [
            Ok([vec![benchmark(0.01)], vec![benchmark(f64::INFINITY)]]),
            Err((1, ProcessFailed { cause: "signal: 6".to_owned(), output: "a\nb".to_owned() })),
        ] {
            let record = RoundsRecord::new(7, step, Duration::from_millis(250), &measured);
            let line = serde_json::to_string(&record).expect("it can be written");
            let read: RoundsRecord = serde_json::from_str(&line).expect("it can be read");
            assert_eq!(read, record);
            assert_eq!(read.clone().of_step(8, step), None);
            assert_eq!(read.clone().of_step(7, Step { job: 3, candidate_first: false }), None);
            assert_eq!(read.of_step(7, step), Some((measured, Duration::from_millis(250))));
        }
    }

    #[test]
    fn what_keeps_rounds_from_going_on() {
        let side = |hash: &str| RecordedSide {
            label: "main".to_owned(),
            executables: vec![("a".to_owned(), hash.to_owned())],
        };
        let job = ("f".to_owned(), "f".to_owned(), String::new());
        let was = RoundsHeader { sides: [side("1"), side("2")], seed: 1, looks: vec![(14, 0.01)], jobs: vec![job] };
        let check = |now: RoundsHeader, want: Option<&str>| match (was.difference(&now), want) {
            (None, None) => {}
            (Some(why), Some(want)) => assert!(why.contains(want), "{why}"),
            (got, want) => panic!("{got:?}, not {want:?}"),
        };
        check(RoundsHeader { seed: 2, ..was.clone() }, None);
        check(RoundsHeader { sides: [side("1"), side("3")], ..was.clone() }, Some("are not those that were measured"));
        check(RoundsHeader { jobs: Vec::new(), ..was.clone() }, Some("other benchmarks"));
        check(RoundsHeader { looks: vec![(14, 0.02)], ..was.clone() }, Some("other levels"));
        let none = RecordedSide { label: "topic".to_owned(), executables: Vec::new() };
        check(RoundsHeader { sides: [none, side("2")], ..was.clone() }, Some("topic has other executables than main"));
    }
}
