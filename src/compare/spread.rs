//! How far the executions of a run lie apart, and what so many of them can show.

use std::collections::BTreeMap;

use super::verdict::PLANNED_POWER;
use super::{BenchmarkComparison, NoiseThreshold, Policy, RelativeChange, RunComparison, Verdict, compare};
use crate::model::{Benchmark, BenchmarkId, CriterionVerdict, Evidence, Execution, Run, Unit, Warning};
use crate::stats::{executions_needed, median, smallest_detectable};

/// The executions of one run, or of a baseline and a candidate, benchmark by benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// What the runs are called, the baseline first.
    pub labels: Vec<String>,
    /// Benchmarks of either run, in the order of their ids.
    pub benchmarks: Vec<BenchmarkSpread>,
    /// One-sided chance of a false alarm at which what can be shown is told: the policy's, shared by all benchmarks.
    pub level: f64,
    /// The power at which it is.
    pub power: f64,
    /// What the reader should know.
    pub warnings: Vec<Warning>,
}

/// One benchmark's executions.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchmarkSpread {
    /// Which benchmark; the candidate's id, where there is one.
    pub id: BenchmarkId,
    /// What the numbers count.
    pub unit: Unit,
    /// Its executions in each run, in the order of the labels; `None` where a run doesn't have it.
    pub runs: Vec<Option<Executed>>,
    /// The change that matters for it.
    pub threshold: NoiseThreshold,
    /// What so many executions can show; `None` where no run has two.
    pub resolution: Option<Resolution>,
    /// Candidate/baseline − 1 and the verdict, where two runs were compared.
    pub judged: Option<(RelativeChange, Verdict)>,
}

/// The executions of one benchmark in one run. Values are per iteration in the benchmark's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Executed {
    /// How many there are.
    pub n: usize,
    /// The middle one.
    pub median: f64,
    /// The smallest.
    pub minimum: f64,
    /// How far the largest is above the smallest, as a fraction; `None` where the smallest is not positive.
    pub range: Option<f64>,
    /// Standard deviation of their logarithms; `None` for a single one, and where one is not positive.
    pub standard_deviation: Option<f64>,
    /// What Criterion printed of the second and later ones, where it printed anything.
    pub criterion: Option<Printed>,
}

/// Criterion's own verdicts on executions of a run after its first, each against the execution before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printed {
    /// How many there are.
    pub n: usize,
    /// How many of them say that performance has regressed or improved.
    pub n_changes: usize,
}

/// What so many executions a side can show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolution {
    /// The smallest true change that would be found.
    pub smallest: RelativeChange,
    /// Executions a side that a change of the threshold's size needs; `None` above ten thousand.
    pub needed: Option<usize>,
    /// Whether there are that many.
    pub is_reached: bool,
}

/// Describes the executions of a run, and judges the candidate where there is one.
#[must_use]
pub fn spread(run: &Run, candidate: Option<&Run>, policy: &Policy) -> Spread {
    let runs: Vec<&Run> = std::iter::once(run).chain(candidate).collect();
    let comparison = candidate.map(|candidate| compare(run, candidate, policy));
    let compared = comparison.as_ref().map(Compared::of).unwrap_or_default();
    let mut by_id: BTreeMap<&BenchmarkId, Vec<Option<&Benchmark>>> = BTreeMap::new();
    for (i, run) in runs.iter().enumerate() {
        for benchmark in &run.benchmarks {
            let id = if i == 0 { compared.candidates_id(&benchmark.id) } else { &benchmark.id };
            by_id.entry(id).or_insert_with(|| vec![None; runs.len()])[i] = Some(benchmark);
        }
    }
    let level = policy.gate_level / by_id.len().max(1) as f64;
    let mut benchmarks: Vec<BenchmarkSpread> = by_id
        .into_iter()
        .map(|(id, sides)| {
            let judged = compared.rows.get(id);
            let threshold = judged.map_or_else(|| policy.for_benchmark(id.as_str()).threshold, |row| row.threshold);
            let unit = sides.iter().flatten().map(|b| b.unit.clone()).next_back().unwrap_or_default();
            let executions: Vec<Option<Vec<&Execution>>> = sides.iter().map(|b| b.map(tests)).collect();
            BenchmarkSpread {
                id: id.clone(),
                unit,
                runs: executions.iter().map(|e| e.as_ref().map(|e| executed(e, policy))).collect(),
                threshold,
                resolution: resolution(&executions, threshold, level, policy),
                judged: judged.map(|row| (row.change.estimate, row.verdict)),
            }
        })
        .collect();
    benchmarks.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()).then_with(|| a.id.cmp(&b.id)));
    let mut warnings = match comparison {
        Some(comparison) => comparison.warnings,
        None => run.warnings.iter().cloned().chain(run.notes(&run.names())).collect(),
    };
    warnings.sort();
    warnings.dedup();
    let labels = runs.iter().map(|run| run.label.clone()).collect();
    Spread { labels, benchmarks, level, power: PLANNED_POWER, warnings }
}

/// The rows of a comparison, by either side's id.
#[derive(Default)]
struct Compared<'a> {
    rows: BTreeMap<&'a BenchmarkId, &'a BenchmarkComparison>,
    of_baseline: BTreeMap<&'a BenchmarkId, &'a BenchmarkId>,
    of_name: BTreeMap<&'a str, &'a BenchmarkId>,
}

impl<'a> Compared<'a> {
    fn of(comparison: &'a RunComparison) -> Compared<'a> {
        let mut compared = Compared::default();
        for row in &comparison.compared {
            compared.rows.insert(&row.id, row);
            compared.of_baseline.insert(row.renamed_from.as_ref().unwrap_or(&row.id), &row.id);
            if row.renamed_from.is_none() {
                compared.of_name.insert(row.id.as_str(), &row.id);
            }
        }
        compared
    }

    /// Under which id a benchmark of the baseline was compared: its own, its new one, or one of the same name elsewhere.
    fn candidates_id(&self, baseline: &'a BenchmarkId) -> &'a BenchmarkId {
        let by_name = || self.of_name.get(baseline.as_str());
        self.of_baseline.get(baseline).or_else(by_name).copied().unwrap_or(baseline)
    }
}

/// The executions that are tests; those of `--quick` where there are no others.
fn tests(benchmark: &Benchmark) -> Vec<&Execution> {
    let all: Vec<&Execution> = benchmark.executions.iter().collect();
    let tests: Vec<&Execution> = all.iter().copied().filter(|e| e.evidence != Evidence::Quick).collect();
    if tests.is_empty() { all } else { tests }
}

fn executed(executions: &[&Execution], policy: &Policy) -> Executed {
    let mut values: Vec<f64> = executions.iter().map(|e| e.location(policy.estimator)).collect();
    values.sort_unstable_by(f64::total_cmp);
    let (minimum, largest) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
    let verdicts: Vec<CriterionVerdict> = executions.iter().skip(1).filter_map(|e| e.printed_verdict).collect();
    let is_change = |verdict: &&CriterionVerdict| match verdict {
        CriterionVerdict::Regressed | CriterionVerdict::Improved => true,
        CriterionVerdict::WithinNoise | CriterionVerdict::NotDetected => false,
    };
    let n_changes = verdicts.iter().filter(is_change).count();
    let squares = sum_of_squares(&values).filter(|_| values.len() > 1);
    Executed {
        n: values.len(),
        median: median(&values),
        minimum,
        range: (minimum > 0.0).then(|| largest / minimum - 1.0).filter(|range| range.is_finite()),
        standard_deviation: squares.map(|squares| (squares / (values.len() - 1) as f64).sqrt()),
        criterion: (!verdicts.is_empty()).then_some(Printed { n: verdicts.len(), n_changes }),
    }
}

/// Of the logarithms, around their mean; `None` where one is not a number.
fn sum_of_squares(values: &[f64]) -> Option<f64> {
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    squares.is_finite().then_some(squares)
}

/// With the spread of the executions around the mean of their run, pooled over the runs, and as many a side as the smaller has.
fn resolution(
    runs: &[Option<Vec<&Execution>>],
    threshold: NoiseThreshold,
    level: f64,
    policy: &Policy,
) -> Option<Resolution> {
    let (mut squares, mut freedom, mut fewest) = (0.0, 0, usize::MAX);
    for executions in runs.iter().flatten() {
        let values: Vec<f64> = executions.iter().map(|e| e.location(policy.estimator)).collect();
        squares += sum_of_squares(&values)?;
        freedom += values.len().saturating_sub(1);
        fewest = fewest.min(values.len());
    }
    if freedom == 0 || fewest == usize::MAX {
        return None;
    }
    let standard_deviation = (squares / freedom as f64).sqrt();
    let n = fewest.max(1) as f64;
    let error = standard_deviation * (2.0 / n).sqrt();
    let smallest = smallest_detectable(error, (2.0 * n - 2.0).max(1.0), level, PLANNED_POWER);
    let needed = executions_needed(threshold.log_band(), standard_deviation, level, PLANNED_POWER);
    // Where nothing varies, as counts don't, two are enough.
    let is_reached = needed.is_some_and(|needed| needed <= fewest);
    Some(Resolution { smallest: RelativeChange::from_log_ratio(smallest), needed, is_reached })
}
