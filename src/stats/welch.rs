use super::interval::{Interval, tail_of};
use super::{student_t_quantile, student_t_tail};

/// Candidate minus baseline, with its error; of logarithms, so that it is the logarithm of a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The mean of the candidate minus that of the baseline.
    pub difference: f64,
    /// Its standard error, in the same unit.
    pub standard_error: f64,
    /// The degrees of freedom of the standard error, for Student's t; infinite where it is known.
    pub degrees_of_freedom: f64,
}

impl Difference {
    /// The p-value against "the difference is `null` or less".
    ///
    /// Without an error it is 0 above `null`, 1 below, and one half at it.
    #[must_use]
    pub fn tail(&self, null: f64) -> f64 {
        let excess = self.difference - null;
        if self.standard_error > 0.0 {
            student_t_tail(self.degrees_of_freedom, excess / self.standard_error)
        } else if excess > 0.0 {
            0.0
        } else if excess < 0.0 {
            1.0
        } else {
            0.5
        }
    }

    /// The same with the sides swapped: baseline minus candidate.
    #[must_use]
    pub fn swapped(&self) -> Self {
        Self { difference: -self.difference, ..*self }
    }

    /// The two-sided interval with `confidence`, a fraction.
    #[must_use]
    pub fn interval(&self, confidence: f64) -> Interval {
        let reach = student_t_quantile(self.degrees_of_freedom, tail_of(confidence)) * self.standard_error;
        Interval { lower: self.difference - reach, upper: self.difference + reach, confidence }
    }
}

/// The difference of two means whose spreads may differ; none where a side has fewer than two values.
///
/// Source: Welch 1947, "The generalization of Student's problem", with Satterthwaite's degrees of freedom.
///
/// ```
/// use criterion_regress::stats::welch;
///
/// let baseline = [100.0_f64, 101.0, 99.0, 100.5].map(f64::ln);
/// let candidate = [105.0_f64, 104.0, 106.0, 105.5].map(f64::ln);
/// let slower = welch(&baseline, &candidate).expect("four values on each side");
/// assert!(slower.tail(0.0) < 0.001);
/// assert!(slower.interval(0.95).exp().contains(1.05));
/// ```
#[must_use]
pub fn welch(baseline: &[f64], candidate: &[f64]) -> Option<Difference> {
    let (a, b) = (Moments::of(baseline)?, Moments::of(candidate)?);
    let (of_a, of_b) = (a.error_squared()?, b.error_squared()?);
    let both = of_a + of_b;
    let degrees_of_freedom = if both > 0.0 {
        // As shares, so that no square of a tiny variance is lost.
        1.0 / ((of_a / both).powi(2) / (a.n - 1.0) + (of_b / both).powi(2) / (b.n - 1.0))
    } else {
        a.n + b.n - 2.0
    };
    Some(Difference { difference: b.mean - a.mean, standard_error: both.sqrt(), degrees_of_freedom })
}

/// The difference of two means with one spread in common; none where a side is empty, or both have a single value.
///
/// One side may have a single value: the other then tells the spread of both. Source: Student's two-sample t.
#[must_use]
pub fn pooled(baseline: &[f64], candidate: &[f64]) -> Option<Difference> {
    let (a, b) = (Moments::of(baseline)?, Moments::of(candidate)?);
    let degrees_of_freedom = a.n + b.n - 2.0;
    let variance = (a.sum_of_squares + b.sum_of_squares) / degrees_of_freedom;
    let standard_error = (variance * (1.0 / a.n + 1.0 / b.n)).sqrt();
    (degrees_of_freedom >= 1.0).then_some(Difference {
        difference: b.mean - a.mean,
        standard_error,
        degrees_of_freedom,
    })
}

/// The mean of differences that were each taken within a pair; none for fewer than two. Source: Student's paired t.
#[must_use]
pub fn paired(differences: &[f64]) -> Option<Difference> {
    let moments = Moments::of(differences)?;
    let standard_error = moments.error_squared()?.sqrt();
    Some(Difference { difference: moments.mean, standard_error, degrees_of_freedom: moments.n - 1.0 })
}

/// The mean of independent differences, each with an error of its own; none of none. Of logarithms of ratios it is the logarithm
/// of their geometric mean.
///
/// It speaks of these differences alone, not of others that might have been taken: their spread adds nothing. Source: the variance
/// of a sum, with the degrees of freedom of Satterthwaite 1946, "An approximate distribution of estimates of variance components".
#[must_use]
pub fn mean_difference(differences: &[Difference]) -> Option<Difference> {
    if differences.is_empty() {
        return None;
    }
    let n = differences.len() as f64;
    let squares = || differences.iter().map(|d| d.standard_error.powi(2));
    let all: f64 = squares().sum();
    // As shares, so that no square of a tiny variance is lost.
    let parts: f64 = squares().zip(differences).map(|(square, d)| (square / all).powi(2) / d.degrees_of_freedom).sum();
    let degrees_of_freedom =
        if all > 0.0 { 1.0 / parts } else { differences.iter().map(|d| d.degrees_of_freedom).sum() };
    Some(Difference {
        difference: differences.iter().map(|d| d.difference).sum::<f64>() / n,
        standard_error: all.sqrt() / n,
        degrees_of_freedom,
    })
}

/// Count, mean and sum of squared distances from it, of at least one value.
pub(super) struct Moments {
    pub(super) n: f64,
    pub(super) mean: f64,
    sum_of_squares: f64,
}

impl Moments {
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        // Summed as distances from one of them: equal values then have exactly themselves as mean, and no variance.
        let mean = values[0] + values.iter().map(|x| x - values[0]).sum::<f64>() / n;
        let sum_of_squares = values.iter().map(|x| (x - mean).powi(2)).sum();
        Some(Self { n, mean, sum_of_squares })
    }

    /// The squared standard error of the mean; none for a single value.
    pub(super) fn error_squared(&self) -> Option<f64> {
        (self.n > 1.0).then(|| self.sum_of_squares / (self.n - 1.0) / self.n)
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn agree_with_scipy() {
        for row in rows(include_str!("reference/welch.tsv")) {
            let (baseline, candidate) = (row.numbers(1), row.numbers(2));
            let got = match row.text(0) {
                "welch" => welch(&baseline, &candidate),
                "pooled" => pooled(&baseline, &candidate),
                "paired" => paired(&baseline),
                other => panic!("unknown row {other}"),
            };
            let got = got.expect("enough values");
            let interval = got.interval(0.95);
            let got =
                [got.difference, got.degrees_of_freedom, got.tail(0.0), got.tail(0.01), interval.lower, interval.upper];
            let want = [row.numbers(3), row.numbers(4), row.numbers(5)].concat();
            assert!(got.iter().zip(want).all(|(g, w)| is_close(*g, w, 1e-8)), "{row}: {got:?}");
        }
    }

    #[test]
    fn a_mean_of_differences_agrees_with_scipy() {
        for row in rows(include_str!("reference/mean_difference.tsv")) {
            let (means, errors, degrees) = (row.numbers(0), row.numbers(1), row.numbers(2));
            let differences: Vec<Difference> = (0..means.len())
                .map(|i| Difference { difference: means[i], standard_error: errors[i], degrees_of_freedom: degrees[i] })
                .collect();
            let got = mean_difference(&differences).expect("some");
            let interval = got.interval(0.95);
            let got = [got.difference, got.standard_error, got.degrees_of_freedom, interval.lower, interval.upper];
            let want = row.numbers(3);
            assert!(got.iter().zip(&want).all(|(g, w)| is_close(*g, *w, 1e-8)), "{row}: {got:?}");
        }
    }

    proptest! {
        #[test]
        fn the_mean_of_one_difference_is_itself(difference in -1.0..1.0_f64, error in 0.001..1.0_f64, degrees in 1.0..100.0_f64) {
            let one = Difference { difference, standard_error: error, degrees_of_freedom: degrees };
            let mean = mean_difference(&[one]).expect("one");
            prop_assert!((mean.difference - difference).abs() < 1e-12 && (mean.standard_error / error - 1.0).abs() < 1e-12);
            prop_assert!((mean.degrees_of_freedom / degrees - 1.0).abs() < 1e-12);
            let two = mean_difference(&[one, one.swapped()]).expect("two");
            prop_assert!(two.difference.abs() < 1e-12);
            prop_assert!((two.standard_error * 2.0_f64.sqrt() / error - 1.0).abs() < 1e-12);
            prop_assert!((two.degrees_of_freedom / (2.0 * degrees) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn too_few_values_are_no_difference() {
        assert_eq!(welch(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(pooled(&[1.0], &[1.0]), None);
        assert_eq!(pooled(&[], &[1.0, 2.0, 3.0]), None);
        assert_eq!(paired(&[1.0]), None);
        assert!(pooled(&[1.0], &[1.0, 2.0]).is_some());
    }

    #[test]
    fn no_variance_is_certainty() {
        for got in [welch(&[0.1; 3], &[0.2; 3]), pooled(&[0.1; 1], &[0.2; 3]), paired(&[0.1; 3])] {
            let got = got.expect("enough values");
            assert!(got.standard_error <= 0.0 && got.degrees_of_freedom >= 1.0, "{got:?}");
            assert!(got.tail(0.0) <= 0.0 && got.tail(1.0) >= 1.0 && is_close(got.tail(got.difference), 0.5, 1e-15));
            assert!(got.interval(0.99).contains(got.difference));
        }
    }

    proptest! {
        #[test]
        fn swapping_the_sides_mirrors(a in vec(-1.0..1.0_f64, 2..9), b in vec(-1.0..1.0_f64, 2..9), null in -0.1..0.1_f64) {
            for rule in [welch, pooled] {
                let (there, back) = (rule(&a, &b).expect("enough"), rule(&b, &a).expect("enough"));
                prop_assert_eq!(there, back.swapped());
                prop_assert!((there.tail(null) + back.tail(-null) - 1.0).abs() < 1e-15);
                let (one, other) = (there.interval(0.9), back.interval(0.9));
                prop_assert_eq!((one.lower, one.upper), (-other.upper, -other.lower));
            }
        }

        #[test]
        fn shift_scale_and_order_change_nothing(
            a in vec(-1.0..1.0_f64, 2..9), b in vec(-1.0..1.0_f64, 2..9), shift in -5.0..5.0_f64, factor in 0.01..100.0_f64,
        ) {
            let moved = |values: &[f64]| -> Vec<f64> { values.iter().rev().map(|x| (x + shift) * factor).collect() };
            for rule in [welch, pooled] {
                let (plain, changed) = (rule(&a, &b).expect("enough"), rule(&moved(&a), &moved(&b)).expect("enough"));
                prop_assert!((plain.difference * factor - changed.difference).abs() < 1e-9 * factor);
                prop_assert!((plain.tail(0.0) - changed.tail(0.0)).abs() < 1e-6);
            }
        }
    }
}
