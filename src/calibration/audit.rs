use std::collections::BTreeMap;

use crate::compare::{CriterionVerdict, NoiseThreshold, Policy, RunComparison, Verdict, compare, criterion_test};
use crate::model::{Benchmark, BenchmarkId, Estimator, Run};
use crate::stats::{median, student_t_quantile};

/// Thresholds that people set in scripts, as percentages.
const PLAIN_THRESHOLDS: [f64; 3] = [5.0, 10.0, 20.0];

/// Runs of a history that a comparison takes into account.
const LONGEST_HISTORY: usize = 20;

/// Executions of a side where there are enough runs for several.
const SEVERAL: usize = 5;

/// Chance that identical code exceeds a suggested threshold in one comparison of two executions.
const EXCEEDED: f64 = 0.01;

/// What each rule would have said of runs of the same code.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// Runs that were given.
    pub n_runs: usize,
    /// The rules, the plain ones first.
    pub rules: Vec<AuditedRule>,
    /// The benchmarks that at least two runs have, by id.
    pub benchmarks: Vec<AuditedBenchmark>,
}

/// How often a rule was wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditedRule {
    /// Which rule.
    pub rule: AuditRule,
    /// Comparisons of two suites.
    pub n_suites: usize,
    /// Of those, the ones with at least one benchmark called slower, or the suite as a whole: each would have been a red build.
    pub n_red: usize,
    /// Comparisons of two benchmarks.
    pub n_benchmarks: usize,
    /// Of those, the ones called slower.
    pub n_slower: usize,
    /// Of those, the ones called faster.
    pub n_faster: usize,
    /// Of those, the ones of which the rule said that it can't tell.
    pub n_untold: usize,
}

/// A rule that an audit tries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AuditRule {
    /// Criterion's own test of one execution against another.
    Criterion,
    /// The typical time of one execution is beyond that of another by more than this threshold.
    Plain(NoiseThreshold),
    /// Ours, one execution a side.
    OneExecution,
    /// Ours, with what it suspected or found confirmed by the next two runs.
    Confirmed,
    /// Ours, one execution against those before it, at most twenty.
    History,
    /// Ours, this many executions a side.
    Several(usize),
}

/// How far one benchmark's runs lie apart.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditedBenchmark {
    /// Which.
    pub id: BenchmarkId,
    /// Runs that have it.
    pub n_runs: usize,
    /// Half of the changes between neighbouring runs were larger than this, as a fraction.
    pub typical_change: f64,
    /// The largest change between neighbouring runs, in either direction, as a fraction.
    pub largest_change: f64,
    /// The change that identical code exceeds in one of a hundred comparisons of two single executions, if its runs are
    /// normal on the log scale: √2 · s · t₁₋ₚ, ₙ₋₁; as a fraction. `None` with fewer than three runs.
    pub threshold: Option<f64>,
}

/// Tries rules on `runs` of the same code, in the order in which they were measured.
///
/// Whatever a rule calls slower or faster is a false alarm, as nothing changed; whoever calls vouches for that. Neighbours are
/// compared, as a gate compares a run with the one before.
#[must_use]
pub fn audit(runs: &[Run], policy: &Policy) -> Audit {
    let neighbours: Vec<RunComparison> =
        runs.windows(2).map(|pair| compare(&pair[0], &pair[1], &one_a_side(policy))).collect();
    let mut rules = vec![criterion(runs)];
    for percent in PLAIN_THRESHOLDS {
        rules.extend(NoiseThreshold::from_percent(percent).ok().map(|threshold| plain(runs, threshold)));
    }
    rules.push(ours(AuditRule::OneExecution, &neighbours));
    rules.extend(confirmed(&neighbours, policy));
    rules.extend(history(runs, policy));
    rules.extend(several(runs, policy));
    Audit { n_runs: runs.len(), rules, benchmarks: benchmarks(runs) }
}

/// The policy as it would judge single executions: fewer than it asks for would prove nothing.
fn one_a_side(policy: &Policy) -> Policy {
    Policy { min_executions: 1, ..policy.clone() }
}

impl AuditedRule {
    fn new(rule: AuditRule) -> AuditedRule {
        AuditedRule { rule, n_suites: 0, n_red: 0, n_benchmarks: 0, n_slower: 0, n_faster: 0, n_untold: 0 }
    }

    /// Counts one comparison of two suites.
    fn count(&mut self, verdicts: impl Iterator<Item = Verdict>, is_suite_red: bool) {
        let mut is_red = is_suite_red;
        let n_before = self.n_benchmarks;
        for verdict in verdicts {
            self.n_benchmarks += 1;
            match verdict {
                Verdict::Regression => {
                    self.n_slower += 1;
                    is_red = true;
                }
                Verdict::Improvement => self.n_faster += 1,
                Verdict::Inconclusive => self.n_untold += 1,
                Verdict::NoChange => {}
            }
        }
        if self.n_benchmarks > n_before {
            self.n_suites += 1;
            self.n_red += usize::from(is_red);
        }
    }
}

fn ours<'a>(rule: AuditRule, comparisons: impl IntoIterator<Item = &'a RunComparison>) -> AuditedRule {
    let mut audited = AuditedRule::new(rule);
    for comparison in comparisons {
        let is_suite_red = comparison.shift.is_some_and(|shift| shift.verdict == Verdict::Regression);
        audited.count(comparison.compared.iter().map(|row| row.verdict), is_suite_red);
    }
    audited
}

/// Pairs of neighbouring runs that each benchmark has.
fn pairs(runs: &[Run]) -> impl Iterator<Item = Vec<(&Benchmark, &Benchmark)>> {
    runs.windows(2).map(|pair| {
        let before: BTreeMap<&BenchmarkId, &Benchmark> = pair[0].benchmarks.iter().map(|b| (&b.id, b)).collect();
        pair[1].benchmarks.iter().filter_map(|after| Some((*before.get(&after.id)?, after))).collect()
    })
}

fn criterion(runs: &[Run]) -> AuditedRule {
    let mut audited = AuditedRule::new(AuditRule::Criterion);
    for pairs in pairs(runs) {
        let tests = pairs.iter().filter_map(|(b, c)| criterion_test(b.executions.newest(), c.executions.newest()));
        let verdicts = tests.map(|test| match test.verdict {
            CriterionVerdict::Regressed => Verdict::Regression,
            CriterionVerdict::Improved => Verdict::Improvement,
            CriterionVerdict::WithinNoise | CriterionVerdict::NotDetected => Verdict::NoChange,
        });
        audited.count(verdicts, false);
    }
    audited
}

fn plain(runs: &[Run], threshold: NoiseThreshold) -> AuditedRule {
    let mut audited = AuditedRule::new(AuditRule::Plain(threshold));
    for pairs in pairs(runs) {
        let verdicts = pairs.iter().filter_map(|(b, c)| log_change(b, c)).map(|change| {
            if change > threshold.log_band() {
                Verdict::Regression
            } else if change < -threshold.log_band() {
                Verdict::Improvement
            } else {
                Verdict::NoChange
            }
        });
        audited.count(verdicts, false);
    }
    audited
}

fn log_change(baseline: &Benchmark, candidate: &Benchmark) -> Option<f64> {
    let log = |b: &Benchmark| b.executions.location(Estimator::Typical).ln();
    Some(log(candidate) - log(baseline)).filter(|change| change.is_finite())
}

/// Slower in one comparison of neighbours, and in the next one that shares no run with it.
fn confirmed(neighbours: &[RunComparison], policy: &Policy) -> Option<AuditedRule> {
    let mut audited = AuditedRule::new(AuditRule::Confirmed);
    for (first, second) in neighbours.iter().zip(neighbours.iter().skip(2)) {
        let again: BTreeMap<&BenchmarkId, _> = second.compared.iter().map(|row| (&row.id, row)).collect();
        let suspects: Vec<_> = first.compared.iter().filter(|row| row.is_suspicious()).collect();
        let looks: Vec<_> = suspects.iter().map(|row| (row.suspicion(), again.get(&row.id).copied())).collect();
        let told = crate::compare::confirm(&looks, policy.gate_level);
        let confirmed: Vec<&BenchmarkId> = suspects
            .iter()
            .zip(&told)
            .filter(|(_, told)| matches!(told, crate::compare::Confirmation::Confirmed { .. }))
            .map(|(row, _)| &row.id)
            .collect();
        let verdicts = first.compared.iter().map(|row| match row.verdict {
            _ if confirmed.contains(&&row.id) => Verdict::Regression,
            Verdict::Regression => Verdict::Inconclusive,
            other => other,
        });
        audited.count(verdicts, false);
    }
    (audited.n_suites > 0).then_some(audited)
}

fn history(runs: &[Run], policy: &Policy) -> Option<AuditedRule> {
    let comparisons = (2..runs.len()).map(|i| {
        let before = Run::merge(runs[i.saturating_sub(LONGEST_HISTORY)..i].to_vec());
        compare(&before, &runs[i], &one_a_side(policy))
    });
    let comparisons: Vec<RunComparison> = comparisons.collect();
    (!comparisons.is_empty()).then(|| ours(AuditRule::History, &comparisons))
}

fn several(runs: &[Run], policy: &Policy) -> Option<AuditedRule> {
    let n = policy.min_executions.max(SEVERAL);
    let blocks: Vec<Run> = runs.chunks_exact(n).map(|block| Run::merge(block.to_vec())).collect();
    let comparisons: Vec<RunComparison> = blocks.windows(2).map(|pair| compare(&pair[0], &pair[1], policy)).collect();
    (!comparisons.is_empty()).then(|| ours(AuditRule::Several(n), &comparisons))
}

fn benchmarks(runs: &[Run]) -> Vec<AuditedBenchmark> {
    let mut series: BTreeMap<&BenchmarkId, Vec<f64>> = BTreeMap::new();
    for benchmark in runs.iter().flat_map(|run| &run.benchmarks) {
        let log = benchmark.executions.location(Estimator::Typical).ln();
        if log.is_finite() {
            series.entry(&benchmark.id).or_default().push(log);
        }
    }
    let audited = series.into_iter().filter(|(_, logs)| logs.len() > 1).map(|(id, logs)| {
        let changes: Vec<f64> = logs.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
        let n = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / n;
        let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let threshold = student_t_quantile(n - 1.0, EXCEEDED) * (2.0 * variance).sqrt();
        AuditedBenchmark {
            id: id.clone(),
            n_runs: logs.len(),
            typical_change: median(&changes).exp_m1(),
            largest_change: changes.iter().copied().fold(0.0, f64::max).exp_m1(),
            threshold: (logs.len() > 2).then(|| threshold.min(30.0).exp_m1()),
        }
    });
    audited.collect()
}
