//! How far two measurements of the same code differ.
//!
//! Where both sides have several executions, their spread tells. One execution holds no information on it, so that it has to
//! come from elsewhere: from the other side's executions if there are several (a history of the same machine), from the suite,
//! and from a stated assumption. The bulk of a suite doesn't change in one commit: the spread of its log ratios is an empirical
//! null, measured so that even half of the suite may have changed.

use super::Policy;
use crate::stats::{
    Difference, VariancePrior, fit_prior, median, normal_quantile, normal_tail, pooled, qn, quantile, shortest_half,
    student_t_quantile, student_t_tail, welch,
};

/// Fewer benchmarks than this are no suite: their ratios say nothing about noise, as all of them may have changed.
const SMALLEST_SUITE: usize = 8;

/// How many observations the stated assumption counts for, against those of the suite.
const WEIGHT_OF_ASSUMPTION: f64 = 10.0;

/// How many it counts for where there is no suite. Nobody knows how noisy the next machine is: between jobs of hosted runners,
/// suites of two to six benchmarks that did not change differed by more than a normal distribution of any plausible width
/// admits.
const WORTH_OF_ASSUMPTION_ALONE: f64 = 6.0;

/// How many observations suite and assumption count for at least, against a benchmark's own history. A short history leaves them
/// what they are worth beyond it, so that no execution more makes anything less certain.
const WEIGHT_OF_SUITE: f64 = 4.0;

/// How much each benchmark of a suite tells of the noise of another. Benchmarks differ in noise, so that their common spread
/// knows less of each than their number suggests; this is what a median absolute deviation would know.
const WORTH_OF_A_BENCHMARK: f64 = 0.37;

/// With fewer degrees of freedom than five executions a side have, a benchmark's variance is not steadied by those of the others:
/// on recorded executions of the same code that raised the false alarms of three a side from 2 to 8 % of families, as variances of
/// different benchmarks are too different for it.
const FEWEST_FOR_MODERATION: f64 = 8.0;

/// How many standard errors the spread of a suite has to be beyond what its executions predict before it widens anything.
const CLEARLY_WIDER: f64 = 2.5;

/// The share of a suite's smallest changes that tells its spread: what really changed has no part in it, unless that is most of it.
const INNER_SHARE: f64 = 1.0 / 3.0;

/// The share's quantile of the distance of standard normal values from their centre: Φ⁻¹(2/3).
const INNER_QUANTILE: f64 = 0.430_727_299_295_457_5;

/// The relative standard error of that quantile times √n: √(p(1−p)) / (2φ(x)·x).
const INNER_ERROR: f64 = 1.505;

/// No measurement of time between two executions is steadier than this, whatever a suite pretends.
const SMALLEST_NOISE: f64 = 0.003;

/// Beyond e³⁰ nothing is known at all, and a report has no number for more.
pub(super) const LARGEST_NOISE: f64 = 30.0;

/// How many times larger the spread between executions is than the spread inside one predicts: the median of 586
/// benchmarks, each with ten executions.
const BETWEEN_OVER_WITHIN: f64 = 4.6;

/// Steps after which the inflation is taken as it is.
const MOST_STEPS: usize = 30;

/// One benchmark's change on the log scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogChange {
    /// ln(candidate/baseline).
    pub(super) estimate: f64,
    /// Its standard error from inside one execution a side.
    pub(super) within: f64,
    /// Whether it may speak about noise: two measurements of `--quick` may not.
    pub(super) is_a_test: bool,
    /// Executions on each side.
    pub(super) n_executions: [usize; 2],
    /// What the spread of the executions says of the difference, where a side has several: with the spread of each side where both
    /// have, and else with that of one.
    pub(super) between: Option<Difference>,
    /// The same with one spread for both sides.
    pub(super) pooled: Option<Difference>,
}

impl LogChange {
    /// The variance of the difference of two sides' means, over that of the difference of two executions.
    fn share(&self) -> f64 {
        let [b, c] = self.n_executions.map(|n| n.max(1) as f64);
        (1.0 / b + 1.0 / c) / 2.0
    }

    /// The variance of one execution and its degrees of freedom, where there are enough of them to learn from other benchmarks'.
    fn variance(&self) -> Option<(f64, f64)> {
        let pooled = self.pooled.filter(|_| self.is_replicated())?;
        let is_enough = pooled.degrees_of_freedom >= FEWEST_FOR_MODERATION;
        is_enough.then(|| (pooled.standard_error.powi(2) / (2.0 * self.share()), pooled.degrees_of_freedom))
    }

    /// Whether both sides have several executions.
    fn is_replicated(&self) -> bool {
        self.between.is_some() && self.n_executions.iter().all(|n| *n > 1)
    }
}

/// Where the estimate of the noise comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoiseSource {
    /// The policy's assumption alone.
    Assumed,
    /// The spread of the suite's log ratios, steadied by the assumption.
    Suite,
    /// The executions of the side that has several, steadied by the suite or the assumption.
    History,
    /// The executions of both sides.
    Executions,
    /// The differences within paired rounds.
    Rounds,
}

/// How far a benchmark's change is off if its code didn't change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BenchmarkNoise {
    /// Where it comes from.
    pub source: NoiseSource,
    /// Standard deviation of the log ratio.
    pub standard_deviation: f64,
    /// Degrees of freedom of Student's t.
    pub degrees_of_freedom: f64,
}

impl BenchmarkNoise {
    /// The critical value in standard deviations that pure noise exceeds on one side with probability `tail`.
    pub(super) fn critical(&self, tail: f64) -> f64 {
        if self.degrees_of_freedom.is_finite() {
            student_t_quantile(self.degrees_of_freedom, tail)
        } else {
            normal_quantile(tail)
        }
    }

    /// The probability that pure noise is this large on the log scale, or larger.
    pub(super) fn tail(&self, size: f64) -> f64 {
        student_t_tail(self.degrees_of_freedom, size / self.standard_deviation)
    }
}

/// How far two executions of the same code are taken to differ, over the whole suite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Where it comes from: `Executions` where all benchmarks have several on both sides.
    pub source: NoiseSource,
    /// Standard deviation of the log ratio of two executions, of a benchmark without spread of its own.
    pub standard_deviation: f64,
    /// How much that is worth, in degrees of freedom of Student's t.
    pub degrees_of_freedom: f64,
    /// Benchmarks that it was estimated from.
    pub n_benchmarks: usize,
    /// How many times further the sides lie apart than the executions of each side predict, over benchmarks with several
    /// executions on both; at least 1.
    pub inflation: f64,
    /// ln of the ratio by which at least three quarters of the suite moved together; 0 where there is no such ratio.
    pub common: f64,
    /// The suite's own spread around it, where there is a suite.
    spread: Option<f64>,
    /// What the executions' own common moves say of the shift, where a side has several; all benchmarks of an execution share
    /// them, so that their number says nothing.
    between_executions: Option<Difference>,
    /// How the variances of the suite's executions are distributed, where enough benchmarks have enough of them.
    prior: Option<VariancePrior>,
}

/// By how much each execution of a side was off for all benchmarks at once, from logs that are executions in one order for each
/// benchmark. Benchmarks that not all executions have say nothing.
fn common_moves(logs: &[&[f64]]) -> Vec<f64> {
    let n = logs.iter().map(|logs| logs.len()).max().unwrap_or_default();
    let whole: Vec<&&[f64]> = logs.iter().filter(|logs| logs.len() == n).collect();
    let off = |i: usize| {
        let of = |logs: &&&[f64]| logs[i] - logs.iter().sum::<f64>() / n as f64;
        median(&whole.iter().map(of).collect::<Vec<f64>>())
    };
    (0..n).map(off).collect()
}

impl Noise {
    /// Of `n_benchmarks` whose rounds differ by this standard deviation.
    pub(super) fn of_rounds(standard_deviation: f64, n_benchmarks: usize, policy: &Policy) -> Noise {
        Noise {
            source: NoiseSource::Rounds,
            standard_deviation,
            degrees_of_freedom: f64::INFINITY,
            ..assumed(policy, n_benchmarks)
        }
    }

    /// Takes into account how far single executions were off for all benchmarks at once: `logs` holds the logarithms of each
    /// benchmark's executions, those of the baseline and those of the candidate.
    pub(super) fn with_executions(self, logs: &[&[Vec<f64>; 2]]) -> Noise {
        let side = |i: usize| common_moves(&logs.iter().map(|both| both[i].as_slice()).collect::<Vec<_>>());
        let (baseline, candidate) = (side(0), side(1));
        let between_executions = welch(&baseline, &candidate).or_else(|| pooled(&baseline, &candidate));
        Noise { between_executions, ..self }
    }
}

pub(super) fn estimate(changes: &[LogChange], policy: &Policy) -> Noise {
    let tests: Vec<&LogChange> = changes.iter().filter(|c| c.is_a_test).collect();
    let all: Vec<f64> = tests.iter().map(|c| c.estimate).collect();
    let is_suite = all.len() >= SMALLEST_SUITE;
    let prior = prior(&tests);
    let suite = Noise {
        common: if is_suite { common_to_most(&all) } else { 0.0 },
        spread: is_suite.then(|| qn(&all)),
        inflation: inflation(&tests, prior),
        prior,
        ..assumed(policy, all.len())
    };
    // Each change as if it were one of two executions: means of several differ less.
    let single: Vec<f64> = tests.iter().filter(|c| !c.is_replicated()).map(|c| c.estimate / c.share().sqrt()).collect();
    if single.is_empty() && !all.is_empty() {
        return Noise { source: NoiseSource::Executions, ..suite };
    }
    if single.len() < SMALLEST_SUITE {
        return suite;
    }
    let assumed = policy.assumed_noise.max(SMALLEST_NOISE);
    let spread = qn(&single);
    let degrees = WORTH_OF_A_BENCHMARK * (single.len() - 1) as f64;
    // A suite that is noisier than assumed refutes the assumption, which then counts for less.
    let weight = WEIGHT_OF_ASSUMPTION * (assumed / spread.max(assumed)).powi(2);
    let pooled = (weight * assumed.powi(2) + degrees * spread.powi(2)) / (weight + degrees);
    Noise {
        source: NoiseSource::Suite,
        standard_deviation: pooled.sqrt().max(spread).max(SMALLEST_NOISE),
        degrees_of_freedom: weight + degrees,
        n_benchmarks: single.len(),
        ..suite
    }
}

fn assumed(policy: &Policy, n_benchmarks: usize) -> Noise {
    Noise {
        source: NoiseSource::Assumed,
        standard_deviation: policy.assumed_noise.max(SMALLEST_NOISE),
        degrees_of_freedom: WORTH_OF_ASSUMPTION_ALONE,
        n_benchmarks,
        inflation: 1.0,
        common: 0.0,
        spread: None,
        between_executions: None,
        prior: None,
    }
}

/// By how much at least three quarters of the suite moved in one direction; 0 where they don't agree on one.
fn common_to_most(log_ratios: &[f64]) -> f64 {
    let mut sorted = log_ratios.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (lower, upper) = (quantile(&sorted, 0.25), quantile(&sorted, 0.75));
    if lower > 0.0 {
        lower
    } else if upper < 0.0 {
        upper
    } else {
        0.0
    }
}

/// The prior of the variances of benchmarks that have enough executions, if enough of them do.
fn prior(tests: &[&LogChange]) -> Option<VariancePrior> {
    let (variances, degrees): (Vec<f64>, Vec<f64>) = tests.iter().filter_map(|change| change.variance()).unzip();
    if variances.len() < SMALLEST_SUITE { None } else { fit_prior(&variances, &degrees) }
}

/// The factor by which the replicated benchmarks' noise has to be widened for their changes to have the spread that it
/// predicts, where it is clearly above 1.
///
/// Executions of one side that were made one after the other share what the other side's did not: a drift of the machine.
/// It is not in their spread, and it is in the spread of the suite (an empirical null: Efron 2004, "Large-scale simultaneous
/// hypothesis testing"): in that of its inner part, as what really changed is no drift. A common shift is no part of it either.
fn inflation(tests: &[&LogChange], prior: Option<VariancePrior>) -> f64 {
    let replicated = tests.iter().filter(|c| c.is_replicated());
    let changes: Vec<(f64, BenchmarkNoise)> =
        replicated.filter_map(|change| Some((change.estimate, replicated_noise(change, prior, 1.0)?))).collect();
    if changes.len() < SMALLEST_SUITE {
        return 1.0;
    }
    let spread_at = |factor: f64| {
        let score = |(estimate, noise): &(f64, BenchmarkNoise)| {
            // The smallest tail that has an exact score.
            let tail = noise.tail(estimate.abs() / factor).max(1e-12);
            normal_quantile(tail).copysign(*estimate)
        };
        inner_spread(&changes.iter().map(score).collect::<Vec<f64>>())
    };
    // Scores grow ever slower with the change, so that a strong drift crowds them together at both ends of their scale, and
    // their spread says nothing. Hence from above, where all changes are small and scores in proportion to them: each step
    // goes down, and no further than to the factor that is looked for.
    let sizes = changes.iter().map(|(estimate, noise)| estimate.abs() / noise.standard_deviation);
    let mut factor = sizes.fold(1.0, f64::max);
    for _ in 0..MOST_STEPS {
        let next = (factor * spread_at(factor)).max(1.0);
        let is_settled = (next / factor - 1.0).abs() < 1e-3;
        factor = next;
        if is_settled {
            break;
        }
    }
    let by_chance = 1.0 + CLEARLY_WIDER * INNER_ERROR / (changes.len() as f64).sqrt();
    if factor > by_chance { factor } else { 1.0 }
}

/// The spread of the inner part of `scores`, as a standard deviation of normal ones.
fn inner_spread(scores: &[f64]) -> f64 {
    let centre = shortest_half(scores);
    let mut distances: Vec<f64> = scores.iter().map(|score| (score - centre).abs()).collect();
    distances.sort_unstable_by(f64::total_cmp);
    quantile(&distances, INNER_SHARE) / INNER_QUANTILE
}

fn replicated_noise(change: &LogChange, prior: Option<VariancePrior>, inflation: f64) -> Option<BenchmarkNoise> {
    let difference = change.between.filter(|_| change.is_replicated())?;
    let floor = SMALLEST_NOISE * change.share().sqrt();
    let (standard_error, degrees_of_freedom) = match (change.variance(), prior) {
        (Some((variance, degrees)), Some(prior)) => {
            let (variance, degrees) = prior.moderate(variance, degrees);
            ((variance * 2.0 * change.share()).sqrt(), degrees)
        }
        _ => (difference.standard_error, difference.degrees_of_freedom),
    };
    Some(BenchmarkNoise {
        source: NoiseSource::Executions,
        standard_deviation: (standard_error.max(floor) * inflation).min(LARGEST_NOISE),
        degrees_of_freedom,
    })
}

impl Noise {
    /// How far one benchmark's log ratio is off if its code didn't change.
    pub(super) fn of(&self, change: &LogChange) -> BenchmarkNoise {
        if let Some(noise) = replicated_noise(change, self.prior, self.inflation) {
            return noise;
        }
        let Some(difference) = change.between else {
            let source = if self.source == NoiseSource::Executions { NoiseSource::Assumed } else { self.source };
            return BenchmarkNoise {
                source,
                standard_deviation: self
                    .standard_deviation
                    .hypot(BETWEEN_OVER_WITHIN * change.within)
                    .min(LARGEST_NOISE),
                degrees_of_freedom: self.degrees_of_freedom,
            };
        };
        // One side is a single execution, the other a history: its spread and the suite's, each for what it is worth.
        let share = change.share();
        let own = difference.standard_error.powi(2) / share;
        let weight = (self.degrees_of_freedom - difference.degrees_of_freedom).max(WEIGHT_OF_SUITE);
        let degrees = weight + difference.degrees_of_freedom;
        let variance = (weight * self.standard_deviation.powi(2) + difference.degrees_of_freedom * own) / degrees;
        BenchmarkNoise {
            source: NoiseSource::History,
            standard_deviation: (variance * share).sqrt().clamp(SMALLEST_NOISE * share.sqrt(), LARGEST_NOISE),
            degrees_of_freedom: degrees,
        }
    }

    /// A benchmark's log ratio as it is, and as it is to the suite's common shift.
    ///
    /// Nobody knows whether the machine moved or the code, so that nothing is subtracted: what is said of a benchmark has to
    /// hold from both points of view.
    pub(super) fn views(&self, change: &LogChange) -> [f64; 2] {
        [change.estimate, change.estimate - self.common]
    }

    /// Whether the common shift is more than noise. It is one draw, however many benchmarks share it: their number doesn't
    /// make it more certain.
    pub(super) fn is_shift_clear(&self, policy: &Policy) -> bool {
        let Some(spread) = self.spread else { return false };
        let sd = policy.assumed_noise.hypot(spread).max(SMALLEST_NOISE);
        let deviations = self.common.abs() / sd;
        let tail = match self.source {
            NoiseSource::Suite => student_t_tail(self.degrees_of_freedom, deviations),
            NoiseSource::Assumed | NoiseSource::History | NoiseSource::Executions | NoiseSource::Rounds => {
                normal_tail(deviations)
            }
        };
        // Executions that differ as much among themselves, for the whole suite at once, are no sign of other code.
        let own = self.between_executions.map_or(0.0, |own| {
            let floor = SMALLEST_NOISE.max(own.standard_error);
            student_t_tail(own.degrees_of_freedom, self.common.abs() / floor)
        });
        tail <= policy.gate_level && own <= policy.gate_level
    }

    /// Whether the common shift stands out from the scatter of the suite's centre.
    pub(super) fn is_shift_visible(&self) -> bool {
        self.spread.is_some_and(|spread| self.common.abs() > 4.0 * spread / (self.n_benchmarks.max(1) as f64).sqrt())
    }
}
