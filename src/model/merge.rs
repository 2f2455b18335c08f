use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::{Benchmark, BenchmarkId, Environment, Run, Unit, Warning, WarningKind};

impl Run {
    /// Puts runs of one revision together: each benchmark then has the executions of all of them, kept apart.
    ///
    /// Benchmarks are matched by where they lie below Criterion's folder, and where a run holds several such folders, below what
    /// was read. An execution that two runs share is counted once. Runs that disagree about a benchmark's work or unit can't be
    /// put together: the benchmark stays as the last of them has it. Warnings say so. The label is the runs' labels in their
    /// order. A run that doesn't say where it was measured leaves an empty environment beside those of the others.
    #[must_use]
    pub fn merge(mut runs: Vec<Run>) -> Run {
        forget_single_roots(&mut runs);
        admit_unknown_environments(&mut runs);
        let mut runs = runs.into_iter();
        let Some(mut merged) = runs.next() else { return Run::default() };
        let mut labels = vec![std::mem::take(&mut merged.label)];
        let mut places: HashMap<(String, String), usize> =
            merged.benchmarks.iter().enumerate().map(|(i, b)| (key(b), i)).collect();
        let mut n_copies = 0;
        for run in runs {
            for benchmark in run.benchmarks {
                let Some(&place) = places.get(&key(&benchmark)) else {
                    places.insert(key(&benchmark), merged.benchmarks.len());
                    merged.benchmarks.push(benchmark);
                    continue;
                };
                let known = &mut merged.benchmarks[place];
                if known.throughput != benchmark.throughput || !known.unit.is_comparable_with(&benchmark.unit) {
                    merged.warnings.push(Warning {
                        subject: benchmark.id.as_str().to_owned(),
                        kind: WarningKind::RunsDisagree { kept: run.label.clone(), n_dropped: known.executions.len() },
                    });
                    *known = benchmark;
                    continue;
                }
                if known.unit == Unit::Unstated {
                    // What one run states holds for all, and binds those that come after it.
                    known.unit = benchmark.unit;
                }
                for execution in benchmark.executions.iter() {
                    n_copies += usize::from(!known.executions.add(execution.clone()));
                }
            }
            merged.absent.extend(run.absent);
            merged.warnings.extend(run.warnings);
            for environment in run.environments {
                if !merged.environments.contains(&environment) {
                    merged.environments.push(environment);
                }
            }
            labels.push(run.label);
        }
        if n_copies > 0 {
            let subject = labels.join(", ");
            merged.warnings.push(Warning { subject, kind: WarningKind::RepeatedExecutions { n: n_copies } });
        }
        // A benchmark that one run lost and another has is there.
        merged
            .absent
            .retain(|absent| !places.contains_key(&(absent.id.root().to_owned(), absent.id.directory().to_owned())));
        merged.label = label(&labels);
        merged
    }

    /// Takes executions apart again: the first run has the first execution of each benchmark, and so on.
    #[must_use]
    pub fn split(self) -> Vec<Run> {
        let n = self.benchmarks.iter().map(|b| b.executions.len()).max().unwrap_or_default();
        if n <= 1 {
            return vec![self];
        }
        let run = |i: usize| {
            let benchmarks = self.benchmarks.iter().filter_map(|b| {
                let execution = b.executions.iter().nth(i)?.clone();
                Some(Benchmark { executions: execution.into(), ..b.clone() })
            });
            let warnings = if i == 0 { self.warnings.clone() } else { Vec::new() };
            Run {
                label: format!("{} ({} of {n})", self.label, i + 1),
                benchmarks: benchmarks.collect(),
                absent: self.absent.clone(),
                environments: self.environments.clone(),
                warnings,
            }
        };
        (0..n).map(run).collect()
    }
}

/// With one root a run, what the roots are called is a matter of where the folders lie.
fn forget_single_roots(runs: &mut [Run]) {
    let roots = |run: &Run| -> BTreeSet<String> { run.benchmarks.iter().map(|b| b.id.root().to_owned()).collect() };
    let each: Vec<BTreeSet<String>> = runs.iter().map(roots).collect();
    let all: BTreeSet<&String> = each.iter().flatten().collect();
    if all.len() < 2 || each.iter().any(|roots| roots.len() > 1) {
        return;
    }
    let own = |id: &BenchmarkId| BenchmarkId::new("", id.directory(), id.as_str());
    for (run, roots) in runs.iter_mut().zip(&each) {
        run.benchmarks.iter_mut().for_each(|b| b.id = own(&b.id));
        run.absent.iter_mut().filter(|a| roots.contains(a.id.root())).for_each(|a| a.id = own(&a.id));
    }
}

/// What only some of the runs say must not pass for what all of them say.
fn admit_unknown_environments(runs: &mut [Run]) {
    if runs.iter().any(|run| !run.environments.is_empty()) {
        for run in runs.iter_mut().filter(|run| run.environments.is_empty() && !run.benchmarks.is_empty()) {
            run.environments.push(Environment::default());
        }
    }
}

fn key(benchmark: &Benchmark) -> (String, String) {
    (benchmark.id.root().to_owned(), benchmark.id.directory().to_owned())
}

fn label(labels: &[String]) -> String {
    match labels {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one}, {two}"),
        [first, .., last] => format!("{first} … {last} ({} runs)", labels.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Measurement, Throughput};
    use crate::stats::summarize;

    fn run(label: &str, benchmarks: &[(&str, f64)]) -> Run {
        let benchmark = |&(id, median): &(&str, f64)| Benchmark {
            id: BenchmarkId::from_name(id),
            throughput: None,
            unit: Unit::Unstated,
            executions: summarize(&Measurement::Estimates { median, standard_error: 0.1 }, None).into(),
            overwritten: None,
        };
        Run { label: label.to_owned(), benchmarks: benchmarks.iter().map(benchmark).collect(), ..Run::default() }
    }

    #[test]
    fn executions_are_kept_apart() {
        let merged = Run::merge(vec![
            run("1", &[("a", 1.0), ("b", 5.0)]),
            run("2", &[("a", 2.0)]),
            run("3", &[("a", 3.0), ("c", 7.0)]),
        ]);
        let found: Vec<_> = merged.benchmarks.iter().map(|b| (b.id.as_str(), b.executions.len())).collect();
        assert_eq!(found, [("a", 3), ("b", 1), ("c", 1)]);
        assert_eq!((merged.label.as_str(), merged.warnings.len()), ("1 … 3 (3 runs)", 0));
        let split: Vec<usize> = merged.split().iter().map(|run| run.benchmarks.len()).collect();
        assert_eq!(split, [3, 1, 1]);
        assert_eq!(Run::merge(Vec::new()), Run::default());
    }

    #[test]
    fn an_execution_counts_once() {
        let merged = Run::merge(vec![run("1", &[("a", 1.0)]), run("again", &[("a", 1.0)])]);
        assert_eq!(merged.benchmarks[0].executions.len(), 1);
        assert_eq!(merged.warnings[0].kind, WarningKind::RepeatedExecutions { n: 1 });
    }

    #[test]
    fn runs_that_disagree_are_not_mixed() {
        let mut other = run("2", &[("a", 2.0)]);
        other.benchmarks[0].throughput = Some(Throughput::Elements(3));
        let merged = Run::merge(vec![run("1", &[("a", 1.0)]), other]);
        assert_eq!((merged.benchmarks[0].executions.len(), merged.warnings.len()), (1, 1));
        assert_eq!(merged.benchmarks[0].throughput, Some(Throughput::Elements(3)));
    }
}
