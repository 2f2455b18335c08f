use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Absent, Benchmark, BenchmarkId, Entry, Execution, Run, Warning, WhyAbsent};

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
    /// The tree's warnings stay with the tree.
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
                overwritten: e.overwritten,
            })
            .collect();
        let absent = self
            .broken
            .iter()
            .filter(|(_, name)| name == baseline)
            .map(|(id, _)| Absent { id: id.clone(), why: WhyAbsent::Unreadable })
            .collect();
        Run { label: label.to_owned(), benchmarks, absent, warnings: Vec::new() }
    }
}
