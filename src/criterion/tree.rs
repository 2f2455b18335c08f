use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Absent, Benchmark, BenchmarkId, Entry, Execution, Run, Throughput, Warning, WarningKind, WhyAbsent,
};

/// What was found below a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree<T> {
    /// Results in any order.
    pub entries: Vec<Entry<T>>,
    /// Results that are there and gave nothing: which benchmark, in which baseline.
    pub broken: Vec<(BenchmarkId, String)>,
    /// What was found and could not be used as it should be.
    pub warnings: Vec<Warning>,
}

impl<T> Tree<T> {
    /// Names of the baselines that were read.
    #[must_use]
    pub fn baselines(&self) -> BTreeSet<&str> {
        self.entries.iter().map(|e| e.baseline.as_str()).collect()
    }

    /// The results by benchmark, in the order of their folders.
    #[must_use]
    pub fn by_benchmark(&self) -> BTreeMap<&BenchmarkId, Vec<&Entry<T>>> {
        let mut by_benchmark: BTreeMap<&BenchmarkId, Vec<&Entry<T>>> = BTreeMap::new();
        for entry in &self.entries {
            by_benchmark.entry(&entry.id).or_default().push(entry);
        }
        by_benchmark.values_mut().for_each(|entries| entries.sort_by(|a, b| a.baseline.cmp(&b.baseline)));
        by_benchmark
    }
}

impl Tree<Execution> {
    /// Moves one baseline's results out of the tree, as a run.
    ///
    /// The tree's warnings stay with the tree; the run has those about itself.
    #[must_use]
    pub fn take_run(&mut self, baseline: &str, label: &str) -> Run {
        let benchmarks = self
            .entries
            .extract_if(.., |e| e.baseline == baseline)
            .map(|e| Benchmark {
                id: e.id,
                throughput: e.throughput,
                unit: e.unit,
                execution: e.measured,
                change: e.change,
            })
            .collect();
        let absent = self
            .broken
            .iter()
            .filter(|(_, name)| name == baseline)
            .map(|(id, _)| Absent { id: id.clone(), why: WhyAbsent::Unreadable })
            .collect();
        let mut run = Run { label: label.to_owned(), benchmarks, absent, warnings: Vec::new() };
        run.warnings = about(&run);
        run
    }
}

/// What a reader should know of a run as a whole.
fn about(run: &Run) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = run
        .duplicate_ids()
        .into_iter()
        .map(|(id, sharing)| Warning {
            subject: id.to_owned(),
            kind: WarningKind::DuplicateId { directories: sharing.iter().map(|b| b.id.path()).collect() },
        })
        .collect();
    let roots = run.roots();
    if roots.len() > 1 {
        let roots = roots.into_iter().map(|root| if root.is_empty() { "." } else { root }.to_owned()).collect();
        warnings.push(Warning { subject: run.label.clone(), kind: WarningKind::SeveralRoots { roots } });
    }
    for benchmark in &run.benchmarks {
        if let Some(Throughput::Unknown(kind)) = &benchmark.throughput {
            warnings.push(Warning {
                subject: benchmark.id.as_str().to_owned(),
                kind: WarningKind::UnknownThroughput { kind: kind.to_string() },
            });
        }
    }
    warnings
}
