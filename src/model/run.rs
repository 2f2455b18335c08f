use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use hashbrown::HashSet;

use super::{BenchmarkId, Environment, Executions, Printed, Sample, Throughput, Unit, Warning, WarningKind};

/// What a file holds for one benchmark in one baseline, before anything is made of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Measurement {
    /// All measurements.
    Sample(Sample),
    /// Only what Criterion computed: the median per iteration and its standard error, in the benchmark's unit.
    Estimates {
        /// Median per iteration.
        median: f64,
        /// Standard error of the median, by Criterion's bootstrap.
        standard_error: f64,
    },
    /// Only what Criterion printed, rounded.
    Printed(Printed),
}

/// Criterion's own relative change of the last run, with the run it was compared with gone.
///
/// After a plain `cargo bench`, Criterion has copied `new` over `base`; this is the only trace of the run before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SuggestedChange {
    /// Relative change of the median: candidate/baseline − 1.
    pub median: f64,
    /// Its standard error by Criterion's bootstrap, of the spread inside the two processes only.
    pub standard_error: f64,
}

/// What is left of a baseline that Criterion has overwritten with the result that it was compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Overwritten {
    /// Criterion's own comparison.
    Change(SuggestedChange),
    /// Nothing.
    Nothing,
}

/// One result: a benchmark in a baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T> {
    /// Which benchmark.
    pub id: BenchmarkId,
    /// In which baseline.
    pub baseline: String,
    /// Work per iteration.
    pub throughput: Option<Throughput>,
    /// What the numbers count.
    pub unit: Unit,
    /// What the caller made of the measurements.
    pub measured: T,
    /// What is left of the baseline, where Criterion has copied this result over it.
    pub overwritten: Option<Overwritten>,
}

/// One benchmark on one side: what it is, and its executions.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmark {
    /// Which benchmark.
    pub id: BenchmarkId,
    /// Work per iteration, if the benchmark declared any.
    pub throughput: Option<Throughput>,
    /// What the numbers count.
    pub unit: Unit,
    /// What was measured: each execution is one observation.
    pub executions: Executions,
    /// What is left of the baseline, where Criterion has copied this result over it.
    pub overwritten: Option<Overwritten>,
}

/// A benchmark that a side has and yet can't show.
#[derive(Debug, Clone, PartialEq)]
pub struct Absent {
    /// Which, as far as its folder tells.
    pub id: BenchmarkId,
    /// Why.
    pub why: WhyAbsent,
}

/// Why a benchmark of a side can't be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyAbsent {
    /// Its files are broken or lost, as a warning says.
    Unreadable,
    /// It was not written recently enough for whoever asked.
    LeftOut,
    /// Its process failed, as a warning says.
    Failed,
    /// Whoever measured stopped before its turn came.
    NotRun,
}

/// All that was measured on one side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// What the side is called: a baseline's name, a directory, a file.
    pub label: String,
    /// The benchmarks, in any order, each directory once.
    pub benchmarks: Vec<Benchmark>,
    /// Benchmarks that are there and can't be shown.
    pub absent: Vec<Absent>,
    /// Where it was measured, as far as what was read says; several where executions come from different places.
    pub environments: Vec<Environment>,
    /// What the reader of the result should know about what was read.
    pub warnings: Vec<Warning>,
}

/// What the names of a run's benchmarks have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Names<'a> {
    /// Criterion roots that the benchmarks lie in, relative to what was read.
    pub roots: BTreeSet<&'a str>,
    /// Roots and ids that several folders share, each with its benchmarks in the order of their folders.
    pub duplicates: BTreeMap<(&'a str, &'a str), Vec<&'a Benchmark>>,
}

/// What people see of a benchmark, and in which root.
fn shown_name(benchmark: &Benchmark) -> (&str, &str) {
    (benchmark.id.root(), benchmark.id.as_str())
}

impl Run {
    /// Looks over the names of all benchmarks.
    #[must_use]
    pub fn names(&self) -> Names<'_> {
        let mut roots: BTreeSet<&str> = BTreeSet::new();
        // Folders differ within a root, so that of several with one id, all but one have an id that isn't their folder's name.
        let mut suspects: HashSet<(&str, &str)> = HashSet::with_capacity(self.benchmarks.len());
        let mut repeated: HashSet<(&str, &str)> = HashSet::new();
        for benchmark in &self.benchmarks {
            if roots.last() != Some(&benchmark.id.root()) {
                roots.insert(benchmark.id.root());
            }
            if !benchmark.id.is_directory() && !suspects.insert(shown_name(benchmark)) {
                repeated.insert(shown_name(benchmark));
            }
        }
        let plain = self.benchmarks.iter().filter(|b| b.id.is_directory()).map(shown_name);
        if !suspects.is_empty() {
            repeated.extend(plain.filter(|name| suspects.contains(name)));
        }
        let mut duplicates: BTreeMap<(&str, &str), Vec<&Benchmark>> = BTreeMap::new();
        if !repeated.is_empty() {
            for benchmark in self.benchmarks.iter().filter(|b| repeated.contains(&shown_name(b))) {
                duplicates.entry(shown_name(benchmark)).or_default().push(benchmark);
            }
            duplicates.values_mut().for_each(|sharing| sharing.sort_by(|a, b| a.id.cmp(&b.id)));
        }
        Names { roots, duplicates }
    }

    /// What a reader should know of the run as a whole: ids that several folders share, several roots, unknown kinds of
    /// throughput.
    #[must_use]
    pub fn notes(&self, names: &Names<'_>) -> Vec<Warning> {
        let shared = |((_, id), sharing): (&(&str, &str), &Vec<&Benchmark>)| Warning {
            subject: (*id).to_owned(),
            kind: WarningKind::DuplicateId { directories: sharing.iter().map(|b| b.id.path()).collect() },
        };
        let mut notes: Vec<Warning> = names.duplicates.iter().map(shared).collect();
        if names.roots.len() > 1 {
            let roots = names.roots.iter().map(|root| if root.is_empty() { "." } else { root }.to_owned()).collect();
            notes.push(Warning { subject: self.label.clone(), kind: WarningKind::SeveralRoots { roots } });
        }
        notes.extend(self.benchmarks.iter().filter_map(|benchmark| match &benchmark.throughput {
            Some(Throughput::Unknown(kind)) => Some(Warning {
                subject: benchmark.id.as_str().to_owned(),
                kind: WarningKind::UnknownThroughput { kind: kind.to_string() },
            }),
            _ => None,
        }));
        notes
    }

    /// When the newest result of the run was written, if any says.
    #[must_use]
    pub fn newest(&self) -> Option<SystemTime> {
        self.benchmarks.iter().filter_map(|b| b.executions.newest().measured_at).max()
    }
}
