use super::strand::{Runs, Strand, environments};
use super::{FindingOptions, History};
use crate::model::BenchmarkId;
use crate::stats::{ChangePoint, Tier, hodges_lehmann, hodges_lehmann_interval, mann_whitney};

/// What changed at one place of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Why, as far as the history can tell.
    pub cause: Cause,
    /// The first run that may be the first changed one. The run before it is the last that is known to be as before.
    pub first: usize,
    /// The last run that may be the first changed one: it is known to be changed.
    pub last: usize,
    /// Confirmed, if any of its benchmarks is.
    pub tier: Tier,
    /// What changed, the largest changes first.
    pub benchmarks: Vec<BenchmarkChange>,
    /// How many benchmarks were measured on both sides of it.
    pub n_benchmarks: usize,
}

/// Why something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Something between the commits.
    Code,
    /// More than half of the benchmarks moved at once, four at least: a toolchain, a flag, a machine that doesn't say so; or code that all share.
    Suite,
    /// The environment that is known of the runs changed, and code may have with it: the two can't be told apart.
    Environment,
}

/// How one benchmark changed.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchmarkChange {
    /// Which.
    pub id: BenchmarkId,
    /// Where and by how much; its places are runs of the history.
    pub change: ChangePoint,
}

/// Runs on either side of a change of the environment that tell its size, at most.
const NEAR: usize = 20;

/// All that changed in a history, in the order of the runs.
///
/// Each environment is looked at by itself, so that a new machine is no change of the code: what it did is told as
/// [`Cause::Environment`]. Changes of several benchmarks that may have come with the same run are one finding, whose range is what their
/// ranges share.
#[must_use]
pub fn findings(history: &History, options: &FindingOptions) -> Vec<Finding> {
    let environments = environments(history);
    let mut found: Vec<Finding> = Vec::new();
    for runs in &environments {
        found.extend(of_code(history, runs, options));
    }
    for (before, after) in successions(&environments) {
        found.extend(of_environment(history, before, after, options));
    }
    found.sort_by_key(|finding| (finding.first, finding.last));
    found
}

fn of_code(history: &History, runs: &Runs, options: &FindingOptions) -> Vec<Finding> {
    let mut changes: Vec<BenchmarkChange> = Vec::new();
    let strands: Vec<Strand> = history.benchmarks.iter().map(|benchmark| Strand::new(benchmark, runs)).collect();
    for (benchmark, strand) in history.benchmarks.iter().zip(&strands) {
        let large = |change: &ChangePoint| change.log_ratio.abs() >= options.smallest;
        let its = strand.changes(&options.changes).into_iter().filter(large);
        changes
            .extend(its.map(|change| BenchmarkChange { id: benchmark.id.clone(), change: strand.in_history(&change) }));
    }
    // The surest places first: wider ranges join them.
    changes.sort_by_key(|c| (c.change.upper_index - c.change.lower_index, c.change.index, c.id.clone()));
    let mut found: Vec<Finding> = Vec::new();
    for changed in changes {
        let ChangePoint { lower_index, upper_index, tier, .. } = changed.change;
        let is_here = |finding: &&mut Finding| {
            finding.first <= upper_index
                && lower_index <= finding.last
                && finding.benchmarks.iter().all(|other| other.id != changed.id)
        };
        match found.iter_mut().find(is_here) {
            Some(finding) => {
                finding.first = finding.first.max(lower_index);
                finding.last = finding.last.min(upper_index);
                finding.tier = finding.tier.max(tier);
                finding.benchmarks.push(changed);
            }
            None => found.push(Finding {
                cause: Cause::Code,
                first: lower_index,
                last: upper_index,
                tier,
                benchmarks: vec![changed],
                n_benchmarks: 0,
            }),
        }
    }
    for finding in &mut found {
        let is_on_both_sides = |strand: &&Strand| {
            strand.runs.first().is_some_and(|run| *run < finding.first)
                && strand.runs.last().is_some_and(|run| *run >= finding.last)
        };
        finding.n_benchmarks = strands.iter().filter(is_on_both_sides).count();
        if finding.benchmarks.len() >= 4 && 2 * finding.benchmarks.len() > finding.n_benchmarks {
            finding.cause = Cause::Suite;
        }
        largest_first(&mut finding.benchmarks);
    }
    found
}

fn largest_first(benchmarks: &mut [BenchmarkChange]) {
    benchmarks.sort_by(|a, b| {
        let size = |c: &BenchmarkChange| c.change.log_ratio.abs();
        size(b).total_cmp(&size(a)).then_with(|| a.id.cmp(&b.id))
    });
}

/// Environments that others gave way to. Those that are measured side by side don't.
fn successions(environments: &[Runs]) -> Vec<(&Runs, &Runs)> {
    let ended_before =
        |start: usize| environments.iter().filter(move |runs| runs.last().is_some_and(|end| *end < start));
    environments
        .iter()
        .filter_map(|after| Some((ended_before(*after.first()?).max_by_key(|runs| runs.last())?, after)))
        .collect()
}

fn of_environment(history: &History, before: &Runs, after: &Runs, options: &FindingOptions) -> Option<Finding> {
    let (end, start) = (*before.last()?, *after.first()?);
    let mut benchmarks = Vec::new();
    let mut n_benchmarks = 0;
    for benchmark in &history.benchmarks {
        let (old, new) = (Strand::new(benchmark, before), Strand::new(benchmark, after));
        if old.logs.is_empty() || new.logs.is_empty() {
            continue;
        }
        n_benchmarks += 1;
        // The last level of the old one, and the first of the new one.
        let level_from = old.changes(&options.changes).last().map_or(0, |change| change.index);
        let level_to = new.changes(&options.changes).first().map_or(new.logs.len(), |change| change.index);
        let old = &old.logs[level_from.max(old.logs.len().saturating_sub(NEAR))..];
        let new = &new.logs[..level_to.min(NEAR)];
        let p = mann_whitney(old, new).two_sided();
        let log_ratio = hodges_lehmann(old, new);
        if p <= options.changes.level && log_ratio.abs() >= options.smallest {
            let change = ChangePoint {
                index: start,
                lower_index: end + 1,
                upper_index: start,
                log_ratio,
                interval: hodges_lehmann_interval(old, new, options.changes.confidence),
                p,
                tier: Tier::Confirmed,
            };
            benchmarks.push(BenchmarkChange { id: benchmark.id.clone(), change });
        }
    }
    largest_first(&mut benchmarks);
    let finding = Finding {
        cause: Cause::Environment,
        first: end + 1,
        last: start,
        tier: Tier::Confirmed,
        benchmarks,
        n_benchmarks,
    };
    (!finding.benchmarks.is_empty()).then_some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::{Drift, HistoryBenchmark, HistoryRun, drifts};
    use super::*;
    use crate::stats::{ChangePointOptions, Random};

    const OPTIONS: FindingOptions = FindingOptions {
        changes: ChangePointOptions { level: 0.0035, confidence: 0.95, resolution: 0.003, seed: 1 },
        smallest: 0.02,
    };

    /// `n` benchmarks of 2 % noise in runs of these environments; `factor` says by how much benchmark b is slower in run r.
    fn history(environments: &[&str], n: usize, factor: impl Fn(usize, usize) -> f64) -> History {
        let mut random = Random::new(7);
        let mut noise = || 1.0 + 0.02 * ((0..4).map(|_| random.below(1000) as f64 / 1000.0).sum::<f64>() - 2.0);
        let run = |(i, environment): (usize, &&str)| HistoryRun {
            commit: format!("c{i}"),
            date: None,
            environment: (*environment).to_owned(),
        };
        let mut benchmark = |b: usize| HistoryBenchmark {
            id: BenchmarkId::from_name(&format!("b{b}")),
            values: (0..environments.len()).map(|r| Some(100.0 * factor(b, r) * noise())).collect(),
        };
        History {
            runs: environments.iter().enumerate().map(run).collect(),
            benchmarks: (0..n).map(&mut benchmark).collect(),
        }
    }

    fn from(run: usize, at: usize, factor: f64) -> f64 {
        if run >= at { factor } else { 1.0 }
    }

    #[test]
    fn benchmarks_that_change_with_one_commit_are_one_finding() {
        let history =
            history(&["m"; 80], 6, |b, r| if b < 2 { from(r, 40, 1.2 + 0.2 * b as f64) } else { from(r, 60, 1.0) });
        let found = findings(&history, &OPTIONS);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].cause, found[0].tier), (Cause::Code, Tier::Confirmed));
        // The first value of a level may be an outlier of the other.
        assert!((39..=40).contains(&found[0].first) && (40..=41).contains(&found[0].last), "{found:?}");
        let ids: Vec<&str> = found[0].benchmarks.iter().map(|c| c.id.as_str()).collect();
        assert_eq!((ids, found[0].n_benchmarks), (vec!["b1", "b0"], 6));
    }

    #[test]
    fn changes_far_apart_are_two_findings() {
        let history = history(&["m"; 90], 2, |b, r| from(r, 30 + 30 * b, 1.3));
        let found = findings(&history, &OPTIONS);
        assert_eq!(found.iter().map(|f| f.first).collect::<Vec<_>>(), [30, 60]);
    }

    #[test]
    fn a_suite_that_moves_at_once_is_told_as_that() {
        let history = history(&["m"; 60], 6, |b, r| if b < 5 { from(r, 30, 1.15) } else { 1.0 });
        let found = findings(&history, &OPTIONS);
        assert_eq!((found.len(), found[0].cause, found[0].benchmarks.len()), (1, Cause::Suite, 5));
    }

    #[test]
    fn a_new_machine_is_no_change_of_the_code() {
        let environments: Vec<&str> = (0..80).map(|r| if r < 40 { "old" } else { "new" }).collect();
        let history = history(&environments, 3, |b, r| from(r, 40, 1.5) * if b == 0 { from(r, 60, 1.3) } else { 1.0 });
        let found = findings(&history, &OPTIONS);
        let told: Vec<_> = found.iter().map(|f| (f.cause, f.first, f.last, f.benchmarks.len())).collect();
        assert_eq!(told, [(Cause::Environment, 40, 40, 3), (Cause::Code, 60, 60, 1)]);
        let interval = found[0].benchmarks[0].change.interval.expect("many runs");
        assert!(interval.exp().contains(1.5), "{interval:?}");
    }

    #[test]
    fn machines_side_by_side_are_no_change() {
        let environments: Vec<&str> = (0..160).map(|r| if r % 2 == 0 { "x86" } else { "arm" }).collect();
        let plain = history(&environments, 3, |_, r| if r % 2 == 0 { 1.0 } else { 3.0 });
        assert_eq!(findings(&plain, &OPTIONS), []);
        let changed = history(&environments, 1, |_, r| if r % 2 == 0 { from(r, 80, 1.3) } else { 3.0 });
        let found = findings(&changed, &OPTIONS);
        assert_eq!(found.len(), 1);
        // The run before was of the other machine, and says nothing.
        assert_eq!((found[0].first, found[0].last), (79, 80));
    }

    #[test]
    fn holes_widen_the_range() {
        let mut history = history(&["m"; 60], 1, |_, r| from(r, 30, 1.4));
        history.benchmarks[0].values[27..30].copy_from_slice(&[None, Some(-1.0), Some(f64::NAN)]);
        let found = findings(&history, &OPTIONS);
        assert!((26..=27).contains(&found[0].first) && (30..=31).contains(&found[0].last), "{found:?}");
    }

    #[test]
    fn small_changes_and_nothing_are_left_out() {
        let small = history(&["m"; 80], 2, |_, r| from(r, 40, 1.03));
        let options = FindingOptions { smallest: 0.05, ..OPTIONS };
        assert_eq!(findings(&small, &options), []);
        assert_eq!(findings(&History::default(), &OPTIONS), []);
        let short =
            History { benchmarks: vec![HistoryBenchmark { id: BenchmarkId::from_name("a"), values: vec![] }], ..small };
        assert_eq!(findings(&short, &OPTIONS), []);
    }

    #[test]
    fn drift_is_what_moves_without_a_step() {
        let options = FindingOptions { smallest: 0.05, ..OPTIONS };
        let creeping = history(&["m"; 120], 1, |_, r| 1.0 + 0.001 * r as f64);
        let told: Vec<Drift> = drifts(&creeping, 0, &options);
        assert_eq!(told.len(), 1);
        assert!((0.07..0.13).contains(&told[0].log_ratio), "{told:?}");
        assert!(told[0].interval.is_some_and(|i| i.lower > 0.05));
        let stepped = history(&["m"; 120], 1, |_, r| from(r, 60, 1.2));
        assert_eq!(drifts(&stepped, 0, &options), [], "a step is told as that");
        assert_eq!(drifts(&stepped, 70, &options), [], "nothing since");
        assert_eq!(drifts(&history(&["m"; 120], 3, |_, _| 1.0), 0, &options), []);
        for since in [119, 500] {
            assert_eq!(drifts(&creeping, since, &options), []);
        }
    }
}
