//! How far two executions of the same code differ, when each side is one execution.
//!
//! One execution a side holds no information on the spread between executions, so that it has to come from elsewhere. The
//! bulk of a suite doesn't change in one commit: the spread of its log ratios is an empirical null, measured so that even half
//! of the suite may have changed. A small suite can't say much of itself, and is held up by a stated assumption.

use super::Policy;
use crate::stats::{normal_quantile, qn, quantile, student_t_quantile, student_t_tail};

/// Fewer benchmarks than this are no suite: their ratios say nothing about noise, as all of them may have changed.
const SMALLEST_SUITE: usize = 8;

/// How many observations the stated assumption counts for, against those of the suite.
const WEIGHT_OF_ASSUMPTION: f64 = 10.0;

/// How much each benchmark of a suite tells of the noise of another. Benchmarks differ in noise, so that their common spread
/// knows less of each than their number suggests; this is what a median absolute deviation would know.
const WORTH_OF_A_BENCHMARK: f64 = 0.37;

/// No measurement of time between two executions is steadier than this, whatever a suite pretends.
const SMALLEST_NOISE: f64 = 0.003;

/// How many times larger the spread between executions is than the spread inside one predicts: the median of 586
/// benchmarks, each with ten executions.
const BETWEEN_OVER_WITHIN: f64 = 4.6;

/// One benchmark's change on the log scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogChange {
    /// ln(candidate/baseline).
    pub(super) estimate: f64,
    /// Its standard error from inside the two executions.
    pub(super) within: f64,
    /// Whether it may speak about noise: two measurements of `--quick` may not.
    pub(super) is_a_test: bool,
}

/// Where the estimate of the noise comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoiseSource {
    /// The policy's assumption alone.
    Assumed,
    /// The spread of the suite's log ratios, steadied by the assumption.
    Suite,
}

/// How far two executions of the same code are taken to differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Where it comes from.
    pub source: NoiseSource,
    /// Standard deviation of the log ratio of two executions, of a benchmark without spread of its own.
    pub standard_deviation: f64,
    /// How much that is worth, in degrees of freedom of Student's t; infinite for an assumption.
    pub degrees_of_freedom: f64,
    /// Benchmarks that it was estimated from.
    pub n_benchmarks: usize,
    /// ln of the ratio by which at least three quarters of the suite moved together; 0 where there is no such ratio.
    pub common: f64,
    /// The suite's own spread around it; 0 where there is no suite.
    spread: f64,
}

pub(super) fn estimate(changes: &[LogChange], policy: &Policy) -> Noise {
    let tests: Vec<f64> = changes.iter().filter(|c| c.is_a_test).map(|c| c.estimate).collect();
    let assumed = policy.assumed_noise.max(SMALLEST_NOISE);
    if tests.len() < SMALLEST_SUITE {
        return Noise {
            source: NoiseSource::Assumed,
            standard_deviation: assumed,
            degrees_of_freedom: f64::INFINITY,
            n_benchmarks: tests.len(),
            common: 0.0,
            spread: 0.0,
        };
    }
    let common = common_to_most(&tests);
    let spread = qn(&tests);
    let degrees = WORTH_OF_A_BENCHMARK * (tests.len() - 1) as f64;
    // A suite that is noisier than assumed refutes the assumption, which then counts for less.
    let weight = WEIGHT_OF_ASSUMPTION * (assumed / spread.max(assumed)).powi(2);
    let pooled = (weight * assumed.powi(2) + degrees * spread.powi(2)) / (weight + degrees);
    Noise {
        source: NoiseSource::Suite,
        standard_deviation: pooled.sqrt().max(spread).max(SMALLEST_NOISE),
        degrees_of_freedom: weight + degrees,
        n_benchmarks: tests.len(),
        common,
        spread,
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

impl Noise {
    /// Standard deviation of one benchmark's log ratio if its code didn't change.
    pub(super) fn of(&self, change: &LogChange) -> f64 {
        self.standard_deviation.hypot(BETWEEN_OVER_WITHIN * change.within)
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
        let sd = policy.assumed_noise.hypot(self.spread).max(SMALLEST_NOISE);
        self.source == NoiseSource::Suite && self.tail(self.common.abs() / sd) <= policy.gate_level
    }

    /// Whether the common shift stands out from the scatter of the suite's centre.
    pub(super) fn is_shift_visible(&self) -> bool {
        self.common.abs() > 4.0 * self.spread / (self.n_benchmarks as f64).sqrt()
    }

    /// The critical value that pure noise exceeds on one side with probability `tail`.
    pub(super) fn critical(&self, tail: f64) -> f64 {
        if self.degrees_of_freedom.is_finite() {
            student_t_quantile(self.degrees_of_freedom, tail)
        } else {
            normal_quantile(tail)
        }
    }

    /// The probability that pure noise is this many standard deviations up or more.
    pub(super) fn tail(&self, deviations: f64) -> f64 {
        student_t_tail(self.degrees_of_freedom, deviations)
    }
}
