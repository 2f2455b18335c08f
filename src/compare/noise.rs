//! How far two executions of the same code differ, when each side is one execution.
//!
//! One execution a side holds no information on the spread between executions, so that it has to come from elsewhere. The
//! bulk of a suite doesn't change in one commit: the spread of its log ratios around their median is an empirical null. A
//! small suite can't say much of itself, and is held up by a stated assumption.

use super::{Policy, RelativeChange, Verdict};
use crate::stats::{MAD_TO_SD, median, median_absolute_deviation, normal_quantile, student_t_quantile, student_t_tail};

/// Fewer benchmarks than this are no suite: their ratios say nothing about noise, as all of them may have changed.
const SMALLEST_SUITE: usize = 8;

/// How many observations the stated assumption counts for, against those of the suite.
const WEIGHT_OF_ASSUMPTION: f64 = 10.0;

/// Efficiency of the median absolute deviation: it knows as much as the standard deviation of this share of the values.
const MAD_EFFICIENCY: f64 = 0.37;

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
    /// ln of the suite's median ratio; 0 where there is no suite.
    pub common: f64,
    /// The suite's own spread around it; 0 where there is no suite.
    spread: f64,
}

/// A change of the suite as a whole: the machine, the toolchain, a flag, or code that all of it runs. One finding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SuiteShift {
    /// The median change.
    pub change: RelativeChange,
    /// `Regression` or `Improvement` where it is beyond the threshold and clear of the noise, else `Inconclusive`.
    pub verdict: Verdict,
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
    let common = median(&tests);
    let spread = MAD_TO_SD * median_absolute_deviation(&tests, common);
    let degrees = MAD_EFFICIENCY * (tests.len() - 1) as f64;
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

impl Noise {
    /// Standard deviation of one benchmark's log ratio if its code didn't change.
    ///
    /// The common shift is taken neither off nor on: as nobody knows whether the machine or the code moved, every
    /// benchmark is uncertain by that much more, in both directions.
    pub(super) fn of(&self, change: &LogChange) -> f64 {
        self.standard_deviation.hypot(BETWEEN_OVER_WITHIN * change.within).hypot(self.common)
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

    /// What to tell of the suite as a whole, if anything.
    pub(super) fn shift(&self, policy: &Policy) -> Option<SuiteShift> {
        if self.source == NoiseSource::Assumed {
            return None;
        }
        // The shift is one draw, however many benchmarks share it: their number doesn't make it more certain.
        let noise = policy.assumed_noise.hypot(self.spread).max(SMALLEST_NOISE);
        let is_clear = self.tail(self.common.abs() / noise) <= policy.gate_level;
        let band = policy.threshold.log_band();
        let verdict = if is_clear && self.common > band {
            Verdict::Regression
        } else if is_clear && self.common < -band {
            Verdict::Improvement
        } else {
            Verdict::Inconclusive
        };
        let scatter = self.spread / (self.n_benchmarks as f64).sqrt();
        let is_worth_telling = self.common.abs() > band / 4.0 && self.common.abs() > 4.0 * scatter;
        (verdict != Verdict::Inconclusive || is_worth_telling)
            .then(|| SuiteShift { change: RelativeChange::from_log_ratio(self.common), verdict })
    }
}
