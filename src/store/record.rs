//! What history keeps of a run, to a stated precision, and by what it is recognised.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hashbrown::HashMap;
use sha2::{Digest, Sha256};

use super::point::rounded;
use crate::model::{
    Absent, Benchmark, BenchmarkId, Environment, Execution, Executions, Run, Throughput, Unit, hexadecimal,
};

/// By what a run is recognised: a hash of its revision, its environment and its results. The same run has the same key in every
/// store, so that recording it again changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunKey(pub(super) [u8; 16]);

/// The machine that a series belongs to, as 16 hexadecimal digits: a hash of the processor's model, the number of cores, the
/// system without its version, the architecture, cargo's profile, and the models of graphics processors.
///
/// Neither the compiler, the kernel's version nor a driver's is part of it, nor how processors are clocked: what an upgrade of those does to the times is a step that history
/// shows, and the run says which they were.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentKey(pub(super) String);

/// What a run is of, without its results.
#[derive(Debug, Clone, PartialEq)]
pub struct RunHead {
    /// By what it is recognised.
    pub key: RunKey,
    /// The revision of the code: a commit's hash, or what the user calls it.
    pub revision: String,
    /// The branch that it was measured on.
    pub branch: Option<Arc<str>>,
    /// When the revision was made; to the millisecond.
    pub committed_at: Option<SystemTime>,
    /// When the newest of its results was written; to the millisecond.
    pub measured_at: Option<SystemTime>,
    /// Where it was measured, without the executables.
    pub environment: Arc<Environment>,
    /// How many benchmarks it has.
    pub n_benchmarks: usize,
    /// How many executions those have together.
    pub n_executions: usize,
}

/// A run as history keeps it.
///
/// [`Record::new`] rounds the numbers to what is kept, so that every store gives back exactly what it was given: the median to
/// 2⁻³¹ relative, all other numbers of an execution to 2⁻²¹ (4.8·10⁻⁷), times to the millisecond. Counts and hashes are exact.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What it is of.
    pub head: RunHead,
    /// SHA-256 of each executable that was run, in hexadecimal, sorted.
    pub executables: Vec<String>,
    /// Its benchmarks by id, each folder once; their executions are kept apart.
    pub benchmarks: Vec<Benchmark>,
    /// Benchmarks that were there and could not be shown.
    pub absent: Vec<Absent>,
}

/// What a new record is of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct About {
    /// The revision of the code.
    pub revision: String,
    /// The branch.
    pub branch: Option<String>,
    /// When the revision was made.
    pub committed_at: Option<SystemTime>,
    /// Where it was measured, executables included.
    pub environment: Environment,
}

/// What makes a series: a benchmark that does the same work in the same unit. One whose work changes begins a new series.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SeriesKey {
    /// Which benchmark.
    pub id: BenchmarkId,
    /// Work per iteration.
    pub throughput: Option<Throughput>,
    /// What the numbers count.
    pub unit: Unit,
}

/// One execution of a series, with the run that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The run.
    pub run: Arc<RunHead>,
    /// The execution.
    pub execution: Execution,
}

/// The executions of one benchmark in one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Of what.
    pub key: SeriesKey,
    /// Where.
    pub environment: EnvironmentKey,
    /// In the order of their runs: see [`RunHead::order`].
    pub points: Vec<Point>,
}

impl RunKey {
    /// Reads a key as [`fmt::Display`] writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<RunKey> {
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(RunKey(bytes))
    }
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal(&self.0))
    }
}

impl EnvironmentKey {
    /// The key of an environment.
    #[must_use]
    pub fn of(environment: &Environment) -> EnvironmentKey {
        let Environment { cpu, cores, os, profile, gpus, .. } = environment;
        let os = os.as_deref().map(|os| {
            let mut words = os.split_whitespace();
            (words.next().unwrap_or_default(), words.next_back().unwrap_or_default())
        });
        // Their drivers are no more part of the machine than the kernel is.
        let gpus: Vec<&str> = gpus.iter().map(|gpu| gpu.split(',').next().unwrap_or_default()).collect();
        let gpus = if gpus.is_empty() { String::new() } else { format!(" {gpus:?}") };
        let text = format!("{cpu:?} {cores:?} {os:?} {profile:?}{gpus}");
        EnvironmentKey(hexadecimal(&Sha256::digest(text)[..8]))
    }

    /// A key as a user or a store wrote it.
    #[must_use]
    pub fn parse(text: &str) -> Option<EnvironmentKey> {
        let is_key = text.len() == 16 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        is_key.then(|| EnvironmentKey(text.to_owned()))
    }

    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvironmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RunHead {
    /// The order of runs: by when the revision was made, or where nobody knows, by when it was measured; then by when it was
    /// measured, and at last by key, so that the order is the same in every store.
    #[must_use]
    pub fn order(&self) -> (Option<SystemTime>, Option<SystemTime>, RunKey) {
        (self.committed_at.or(self.measured_at), self.measured_at, self.key)
    }
}

impl Record {
    /// A record of results, in the precision in which they are kept. What Criterion said of changes is not, nor what processes used
    /// besides time.
    #[must_use]
    pub fn new(about: About, mut benchmarks: Vec<Benchmark>, mut absent: Vec<Absent>) -> Record {
        benchmarks.sort_by(|a, b| a.id.cmp(&b.id));
        benchmarks.dedup_by(|a, b| a.id == b.id);
        absent.sort_by(|a, b| a.id.cmp(&b.id));
        for benchmark in &mut benchmarks {
            benchmark.overwritten = None;
            for execution in benchmark.executions.iter_mut() {
                *execution = rounded(execution);
            }
        }
        let About { revision, branch, committed_at, environment } = about;
        let Environment { executables, .. } = environment.clone();
        let environment = Environment { executables: Vec::new(), settings: Vec::new(), ..environment };
        let measured_at =
            benchmarks.iter().flat_map(|b| b.executions.iter()).filter_map(|execution| execution.measured_at).max();
        let mut head = RunHead {
            key: RunKey([0; 16]),
            revision,
            branch: branch.map(Arc::from),
            committed_at: committed_at.map(to_millisecond),
            measured_at,
            environment: Arc::new(environment),
            n_benchmarks: benchmarks.len(),
            n_executions: benchmarks.iter().map(|b| b.executions.len()).sum(),
        };
        let mut results = Results::default();
        for benchmark in &benchmarks {
            let series = SeriesHash::of(&SeriesKey::of(benchmark));
            benchmark.executions.iter().for_each(|execution| results.add(&series, execution));
        }
        head.key = results.key(&head);
        Record { head, executables, benchmarks, absent }
    }

    /// Where it was measured, with its executables.
    #[must_use]
    pub fn environment(&self) -> Environment {
        Environment { executables: self.executables.clone(), ..Environment::clone(&self.head.environment) }
    }

    /// The run that it was made of, with `label` as its name.
    #[must_use]
    pub fn into_run(self, label: &str) -> Run {
        Run {
            label: label.to_owned(),
            environments: vec![self.environment()],
            benchmarks: self.benchmarks,
            absent: self.absent,
            warnings: Vec::new(),
        }
    }
}

impl SeriesKey {
    /// The series of a benchmark.
    #[must_use]
    pub fn of(benchmark: &Benchmark) -> SeriesKey {
        let Benchmark { id, throughput, unit, .. } = benchmark;
        SeriesKey { id: id.clone(), throughput: throughput.clone(), unit: unit.clone() }
    }
}

/// The part of a result's hash that all results of a series share.
pub(super) struct SeriesHash(pub(super) [u8; 32]);

impl SeriesHash {
    pub(super) fn of(key: &SeriesKey) -> SeriesHash {
        let SeriesKey { id, throughput, unit } = key;
        let text = format!("{:?} {:?} {:?} {throughput:?} {unit:?}", id.root(), id.directory(), id.as_str());
        SeriesHash(Sha256::digest(text).into())
    }
}

/// The results of a run as one number: the sum of their hashes, so that they may be read in any order.
#[derive(Default, Clone, Copy)]
pub(super) struct Results {
    sum: u128,
    pub(super) n: usize,
}

impl Results {
    /// Adds an execution. Its time is left out: a copy of the files has another.
    pub(super) fn add(&mut self, series: &SeriesHash, execution: &Execution) {
        let timeless = Execution { measured_at: None, ..execution.clone() };
        let mut hash = Sha256::new();
        hash.update(series.0);
        hash.update(super::point::to_bytes(&timeless));
        self.sum = self.sum.wrapping_add(u128::from_le_bytes(first_half(&hash.finalize())));
        self.n += 1;
    }

    /// The key of a run with these results.
    pub(super) fn key(&self, head: &RunHead) -> RunKey {
        let mut hash = Sha256::new();
        hash.update(format!("{:?} {:?} ", head.revision, EnvironmentKey::of(&head.environment).0));
        hash.update(self.sum.to_le_bytes());
        RunKey(first_half(&hash.finalize()))
    }
}

/// Puts a record together again; `None` when executions are missing.
pub(super) fn whole(
    head: RunHead,
    executables: Vec<String>,
    absent: Vec<Absent>,
    series: &HashMap<i64, SeriesKey>,
    executions: BTreeMap<i64, Vec<Execution>>,
) -> Option<Record> {
    let mut benchmarks = Vec::with_capacity(executions.len());
    for (id, executions) in executions {
        let SeriesKey { id, throughput, unit } = series.get(&id)?.clone();
        let executions = Executions::collect(executions)?;
        benchmarks.push(Benchmark { id, throughput, unit, executions, overwritten: None });
    }
    benchmarks.sort_by(|a, b| a.id.cmp(&b.id));
    let n_executions: usize = benchmarks.iter().map(|b| b.executions.len()).sum();
    let is_whole = benchmarks.len() == head.n_benchmarks && n_executions == head.n_executions;
    is_whole.then_some(Record { head, executables, benchmarks, absent })
}

fn first_half(hash: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

/// Milliseconds since 1970; what is earlier is taken for 1970.
pub(super) fn milliseconds(at: SystemTime) -> i64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(LATEST).min(LATEST)
}

/// The time after so many milliseconds; `None` for what no clock shows.
pub(super) fn from_milliseconds(milliseconds: i64) -> Option<SystemTime> {
    let since = u64::try_from(milliseconds).ok().filter(|_| milliseconds <= LATEST)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(since))
}

/// The end of the year 9999, in milliseconds.
const LATEST: i64 = 253_402_300_799_999;

fn to_millisecond(at: SystemTime) -> SystemTime {
    from_milliseconds(milliseconds(at)).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upgrade_keeps_the_environment_and_another_processor_does_not() {
        let machine = Environment {
            cpu: Some("A".into()),
            cores: Some(4),
            os: Some("linux 6.1.0 x86_64".into()),
            rustc: Some("rustc 1.95.0".into()),
            ..Environment::default()
        };
        let key = EnvironmentKey::of(&machine);
        assert_eq!(EnvironmentKey::parse(key.as_str()).as_ref(), Some(&key));
        let check = |environment: Environment, same: bool| {
            assert_eq!(EnvironmentKey::of(&environment) == key, same, "{environment:?}");
        };
        check(Environment { os: Some("linux 6.9.9 x86_64".into()), ..machine.clone() }, true);
        check(Environment { rustc: Some("rustc 1.99.0".into()), ..machine.clone() }, true);
        check(Environment { executables: vec!["x".into()], ..machine.clone() }, true);
        check(Environment { os: Some("linux 6.1.0 aarch64".into()), ..machine.clone() }, false);
        check(Environment { cpu: Some("B".into()), ..machine.clone() }, false);
        check(Environment { cores: None, ..machine.clone() }, false);
        check(Environment { profile: Some("bench".into()), ..machine.clone() }, false);
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        let key = RunKey([0xab; 16]);
        assert_eq!(RunKey::parse(&key.to_string()), Some(key));
        for text in ["", "ab", &"zz".repeat(16), &"é".repeat(16)] {
            assert_eq!(RunKey::parse(text), None, "{text}");
        }
    }
}
