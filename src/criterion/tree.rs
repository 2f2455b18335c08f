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

/// A folder holds runs, rather than the results of several packages, when this share of its benchmarks is in more than one.
const SHARED_AMONG_RUNS: f64 = 0.5;

impl<T> Tree<T> {
    /// The Criterion roots of a folder that holds several runs of the same benchmarks, each in a folder of its own; `None`
    /// where it holds one root, or several with different benchmarks, as a workspace's packages have.
    #[must_use]
    pub fn runs(&self) -> Option<Vec<String>> {
        let roots: BTreeSet<&str> = self.entries.iter().map(|e| e.id.root()).collect();
        let folder = |root: &str| root.split('/').next().unwrap_or_default().to_owned();
        let folders: BTreeSet<String> = roots.iter().map(|root| folder(root)).collect();
        if roots.len() < 2 || roots.contains("") || folders.len() < roots.len() {
            return None;
        }
        let mut n_roots: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for entry in &self.entries {
            n_roots.entry(entry.id.directory()).or_default().insert(entry.id.root());
        }
        let n_shared = n_roots.values().filter(|roots| roots.len() > 1).count();
        (n_shared as f64 > SHARED_AMONG_RUNS * n_roots.len() as f64)
            .then(|| roots.into_iter().map(str::to_owned).collect())
    }
}

impl Tree<Execution> {
    /// Moves one root's results of a baseline out of the tree, as a run of its own: its ids then have no root.
    #[must_use]
    pub fn take_root(&mut self, root: &str, baseline: &str) -> Run {
        let own = |id: &BenchmarkId| BenchmarkId::new("", id.directory(), id.as_str());
        let is_own = |id: &BenchmarkId, name: &str| id.root() == root && name == baseline;
        let benchmarks = self.entries.extract_if(.., |e| is_own(&e.id, &e.baseline)).map(|e| Benchmark {
            id: own(&e.id),
            throughput: e.throughput,
            unit: e.unit,
            executions: e.measured.into(),
            overwritten: e.overwritten,
        });
        let benchmarks = benchmarks.collect();
        let broken = self.broken.iter().filter(|(id, name)| is_own(id, name));
        let absent = broken.map(|(id, _)| Absent { id: own(id), why: WhyAbsent::Unreadable }).collect();
        Run { label: root.to_owned(), benchmarks, absent, ..Run::default() }
    }

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
                executions: e.measured.into(),
                overwritten: e.overwritten,
            })
            .collect();
        let absent = self
            .broken
            .iter()
            .filter(|(_, name)| name == baseline)
            .map(|(id, _)| Absent { id: id.clone(), why: WhyAbsent::Unreadable })
            .collect();
        Run { label: label.to_owned(), benchmarks, absent, ..Run::default() }
    }
}
