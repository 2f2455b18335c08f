use super::interval::{Interval, tail_of};
use super::student_t_quantile;
use super::welch::Moments;

/// The interval of the ratio of two means, candidate over baseline, of values that are not logarithms.
///
/// It holds the ratios ρ with which "mean(candidate) = ρ · mean(baseline)" isn't rejected, and isn't symmetric about
/// the ratio of the means. None where a side has fewer than two values, or the baseline's mean isn't clear of 0 at
/// `confidence`: no interval is bounded then. Source: Kalibera & Jones 2012, "Quantifying performance changes with
/// effect size confidence intervals", after Fieller 1954; degrees of freedom by Satterthwaite at the ratio of the
/// means, as the sides' spreads may differ.
///
/// ```
/// use criterion_regress::stats::ratio_of_means;
///
/// let interval = ratio_of_means(&[10.0, 10.2, 9.9], &[12.1, 11.9, 12.0], 0.95).expect("clear of 0");
/// assert!(interval.contains(1.2) && !interval.contains(1.0));
/// ```
#[must_use]
pub fn ratio_of_means(baseline: &[f64], candidate: &[f64], confidence: f64) -> Option<Interval> {
    let (a, b) = (Moments::of(baseline)?, Moments::of(candidate)?);
    let (of_a, of_b) = (a.error_squared()?, b.error_squared()?);

    let ratio = b.mean / a.mean;
    let both = of_b + ratio * ratio * of_a;
    let degrees = if both > 0.0 {
        let share = of_b / both;
        1.0 / (share.powi(2) / (b.n - 1.0) + (1.0 - share).powi(2) / (a.n - 1.0))
    } else {
        a.n + b.n - 2.0
    };
    let t = student_t_quantile(degrees, tail_of(confidence));
    // Both relative to the mean of the baseline, so that nothing over- or underflows.
    let h_of_a = t * t * of_a / (a.mean * a.mean);
    let h_of_b = t * t * of_b / (a.mean * a.mean);
    let clearance = 1.0 - h_of_a;
    if clearance.is_nan() || clearance <= 0.0 || !ratio.is_finite() {
        return None;
    }
    // (y y′)² − (y² − h)(y′² − h′), multiplied out: what cancels is not subtracted.
    let root = (h_of_b + ratio * ratio * h_of_a - h_of_a * h_of_b).max(0.0).sqrt();
    Some(Interval { lower: (ratio - root) / clearance, upper: (ratio + root) / clearance, confidence })
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_the_definition_by_scipy() {
        for row in rows(include_str!("reference/fieller.tsv")) {
            let got = ratio_of_means(&row.numbers(0), &row.numbers(1), row.number(2)).expect("clear of 0");
            let want = row.numbers(3);
            assert!(is_close(got.lower, want[0], 1e-9) && is_close(got.upper, want[1], 1e-9), "{row}: {got:?}");
        }
    }

    #[test]
    fn a_baseline_near_zero_has_no_interval() {
        assert_eq!(ratio_of_means(&[-1.0, 1.1], &[1.0, 2.0], 0.95), None);
        assert_eq!(ratio_of_means(&[0.0, 0.0], &[1.0, 2.0], 0.95), None);
        assert_eq!(ratio_of_means(&[0.0, 0.0], &[0.0, 0.0], 0.95), None);
        assert_eq!(ratio_of_means(&[1.0], &[1.0, 2.0], 0.95), None);
        assert_eq!(ratio_of_means(&[], &[], 0.95), None);
    }

    #[test]
    fn no_variance_is_a_point() {
        let got = ratio_of_means(&[2.0; 3], &[3.0; 3], 0.95).expect("clear of 0");
        assert!(is_close(got.lower, 1.5, 1e-15) && is_close(got.upper, 1.5, 1e-15));
    }

    proptest! {
        #[test]
        fn swapping_inverts_and_a_unit_is_nothing(a in vec(5.0..6.0_f64, 4..9), b in vec(5.0..6.0_f64, 4..9), factor in 1e-9..1e9_f64) {
            let there = ratio_of_means(&a, &b, 0.95).expect("clear of 0");
            let back = ratio_of_means(&b, &a, 0.95).expect("clear of 0");
            prop_assert!(is_close(there.lower, 1.0 / back.upper, 1e-9) && is_close(there.upper, 1.0 / back.lower, 1e-9));
            let scaled = |values: &[f64]| -> Vec<f64> { values.iter().rev().map(|x| x * factor).collect() };
            let same = ratio_of_means(&scaled(&a), &scaled(&b), 0.95).expect("clear of 0");
            prop_assert!(is_close(same.lower, there.lower, 1e-9) && is_close(same.upper, there.upper, 1e-9));
        }
    }
}
