use crate::model::{CriterionVerdict, Evidence, Execution};
use crate::stats::{normal_quantile, student_t_tail};

use super::{ChangeInterval, RelativeChange};

/// Criterion's level of significance, unless a benchmark sets another.
const SIGNIFICANCE: f64 = 0.05;

/// Criterion's noise threshold, unless a benchmark sets another: 1 %.
const NOISE_THRESHOLD: f64 = 0.01;

/// What Criterion says of two executions, and prints after `change:`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CriterionTest {
    /// Relative change of the mean with its 95 % interval.
    pub change: ChangeInterval,
    /// The two-sided p-value of the difference of the means.
    pub p: f64,
    /// What follows for Criterion.
    pub verdict: CriterionVerdict,
}

/// Criterion's test with its default settings; `None` without measurements on both sides.
///
/// It takes the measurements of one process for independent observations of the benchmark: Welch's t on the values per
/// iteration, significant below 0.05, and an interval of the relative change of the mean that lies wholly beyond ±1 %.
/// Criterion has both from 100 000 resamples; here they are from Student's t and the delta method, which for 100 measurements
/// agree with them but for the last digit. Source: bheisler/criterion.rs, `src/analysis/compare.rs` and `src/report.rs`.
#[must_use]
pub fn criterion_test(baseline: &Execution, candidate: &Execution) -> Option<CriterionTest> {
    let sample = |e: &Execution| Values { mean: e.mean, standard_deviation: e.standard_deviation, n: e.n_measurements };
    let is_a_sample = |e: &Execution| e.evidence == Evidence::Sample;
    if !is_a_sample(baseline) || !is_a_sample(candidate) {
        return None;
    }
    criterion_test_of(&sample(baseline), &sample(candidate), NOISE_THRESHOLD)
}

/// The values per iteration of one process, as far as Criterion's test looks at them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Values {
    /// Their mean, in nanoseconds.
    pub(crate) mean: f64,
    /// Their standard deviation with n − 1, in nanoseconds.
    pub(crate) standard_deviation: f64,
    /// How many there are.
    pub(crate) n: usize,
}

/// The same with another noise threshold, a fraction.
#[must_use]
pub(crate) fn criterion_test_of(baseline: &Values, candidate: &Values, noise_threshold: f64) -> Option<CriterionTest> {
    let is_enough = |values: &Values| values.n > 1 && values.mean > 0.0;
    if !is_enough(baseline) || !is_enough(candidate) {
        return None;
    }
    let ratio = candidate.mean / baseline.mean;
    // Squared standard errors of the means, relative to them.
    let error = |values: &Values| (values.standard_deviation / values.mean).powi(2) / values.n as f64;
    let (of_b, of_c) = (error(baseline), error(candidate));
    let (b, c) = (of_b, of_c * ratio * ratio);
    let both = b + c;
    let p = if both > 0.0 {
        let freedom = |values: &Values| (values.n - 1) as f64;
        let degrees = 1.0 / ((b / both).powi(2) / freedom(baseline) + (c / both).powi(2) / freedom(candidate));
        2.0 * student_t_tail(degrees, (ratio - 1.0).abs() / both.sqrt())
    } else if (ratio - 1.0).abs() > 0.0 {
        0.0
    } else {
        1.0
    };
    let reach = normal_quantile(0.025) * ratio * (of_b + of_c).sqrt();
    let (lower, upper) = (ratio - 1.0 - reach, ratio - 1.0 + reach);
    if !(p.is_finite() && lower.is_finite() && upper.is_finite()) {
        return None;
    }
    let verdict = if p >= SIGNIFICANCE {
        CriterionVerdict::NotDetected
    } else if lower > noise_threshold {
        CriterionVerdict::Regressed
    } else if upper < -noise_threshold {
        CriterionVerdict::Improved
    } else {
        CriterionVerdict::WithinNoise
    };
    let change = ChangeInterval {
        lower: RelativeChange::from_fraction(lower),
        estimate: RelativeChange::from_fraction(ratio - 1.0),
        upper: RelativeChange::from_fraction(upper),
    };
    Some(CriterionTest { change, p, verdict })
}
