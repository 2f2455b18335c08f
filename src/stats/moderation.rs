use super::gamma::{trigamma, trigamma_inverse};
use super::quantile::median;
use statrs::function::gamma::digamma;

/// What the variances of many have in common: before its own values are seen, that of one is `variance` as if
/// from `degrees` of freedom.
///
/// Source: Smyth 2004, "Linear models and empirical Bayes methods for assessing differential expression", section 6;
/// limma.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VariancePrior {
    /// The weight of the prior as degrees of freedom; infinite where the variances differ no more than by chance.
    pub degrees: f64,
    /// The typical variance, in the unit of the variances.
    pub variance: f64,
}

/// Variances below this share of the median are raised to it: the logarithm of a zero would be all that is seen.
const FLOOR: f64 = 1e-5;

impl VariancePrior {
    /// A variance with the prior's evidence added to its own `degrees` of freedom, and the degrees that it then has.
    ///
    /// ```
    /// use criterion_regress::stats::VariancePrior;
    ///
    /// let prior = VariancePrior { degrees: 4.0, variance: 1.0 };
    /// assert_eq!(prior.moderate(3.0, 4.0), (2.0, 8.0));
    /// ```
    #[must_use]
    pub fn moderate(&self, variance: f64, degrees: f64) -> (f64, f64) {
        if self.degrees.is_infinite() {
            return (self.variance, f64::INFINITY);
        }
        let share = self.degrees / (self.degrees + degrees);
        if share.is_nan() {
            return (variance, degrees);
        }
        (variance + share * (self.variance - variance), self.degrees + degrees)
    }
}

/// The prior that fits `variances`, each with its `degrees` of freedom, by the mean and variance of their logarithms.
///
/// None where fewer than two have degrees, or none of them varies. Those that aren't finite, are negative, or have no
/// degrees are left out.
#[must_use]
pub fn fit_prior(variances: &[f64], degrees: &[f64]) -> Option<VariancePrior> {
    let mut pairs: Vec<(f64, f64)> = variances
        .iter()
        .copied()
        .zip(degrees.iter().copied())
        .filter(|(variance, degrees)| {
            variance.is_finite() && *variance >= 0.0 && degrees.is_finite() && *degrees > 1e-9
        })
        .collect();
    if pairs.len() < 2 {
        return None;
    }
    let floor = FLOOR * typical(&pairs)?;
    pairs.iter_mut().for_each(|(variance, _)| *variance = variance.max(floor));

    // ln s² is ln s₀² plus the logarithm of an F variable; what its own degrees let expect is taken off first.
    let n = pairs.len() as f64;
    let centred: Vec<f64> =
        pairs.iter().map(|(variance, d)| variance.ln() - digamma(d / 2.0) + (d / 2.0).ln()).collect();
    let mean = centred.iter().sum::<f64>() / n;
    let spread = centred.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let excess = spread - pairs.iter().map(|(_, d)| trigamma(d / 2.0)).sum::<f64>() / n;
    if excess > 0.0 {
        let half = trigamma_inverse(excess);
        let variance = (mean + digamma(half) - half.ln()).exp();
        Some(VariancePrior { degrees: 2.0 * half, variance })
    } else {
        // All have one variance in common: its estimate from all values.
        let total: f64 = pairs.iter().map(|(_, d)| d).sum();
        let variance = pairs.iter().map(|(variance, d)| variance * (d / total)).sum();
        Some(VariancePrior { degrees: f64::INFINITY, variance })
    }
}

/// The median variance, or where that is 0, the median of those that aren't; none where all are.
fn typical(pairs: &[(f64, f64)]) -> Option<f64> {
    let mut variances: Vec<f64> = pairs.iter().map(|(variance, _)| *variance).collect();
    if median(&variances) <= 0.0 {
        variances.retain(|variance| *variance > 0.0);
    }
    let typical = median(&variances);
    (typical > 0.0).then_some(typical)
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_the_moments_by_scipy() {
        for row in rows(include_str!("reference/moderation.tsv")) {
            let got = fit_prior(&row.numbers(0), &row.numbers(1)).expect("enough variances");
            let want = row.numbers(2);
            assert!(is_close(got.degrees, want[0], 1e-8) && is_close(got.variance, want[1], 1e-8), "{got:?}, {want:?}");
        }
    }

    #[test]
    fn too_little_is_no_prior() {
        assert_eq!(fit_prior(&[], &[]), None);
        assert_eq!(fit_prior(&[1.0], &[4.0]), None);
        assert_eq!(fit_prior(&[1.0, 2.0], &[4.0]), None);
        assert_eq!(fit_prior(&[1.0, f64::NAN, 2.0], &[4.0, 4.0, 0.0]), None);
        assert_eq!(fit_prior(&[0.0; 9], &[4.0; 9]), None);
    }

    #[test]
    fn zeros_are_not_taken_at_their_word() {
        let mut variances = vec![0.0; 9];
        variances.extend([1.0, 2.0]);
        let prior = fit_prior(&variances, &[4.0; 11]).expect("some vary");
        assert!(prior.degrees.is_finite() && prior.variance > 0.0, "{prior:?}");
        assert!(prior.moderate(0.0, 4.0).0 > 0.0);
    }

    #[test]
    fn an_infinite_prior_decides_alone() {
        let prior = fit_prior(&[1.0; 5], &[4.0; 5]).expect("enough variances");
        assert_eq!(prior, VariancePrior { degrees: f64::INFINITY, variance: 1.0 });
        assert_eq!(prior.moderate(9.0, 4.0), (1.0, f64::INFINITY));
        assert_eq!(VariancePrior { degrees: 0.0, variance: 1.0 }.moderate(9.0, 0.0), (9.0, 0.0));
    }

    proptest! {
        #[test]
        fn a_unit_scales_and_order_is_nothing(variances in vec(1e-6..1.0_f64, 3..30), factor in 1e-6..1e6_f64) {
            let degrees: Vec<f64> = (0..variances.len()).map(|i| 1.0 + (i % 5) as f64).collect();
            let plain = fit_prior(&variances, &degrees).expect("enough");
            let scaled: Vec<f64> = variances.iter().rev().map(|x| x * factor).collect();
            let backward: Vec<f64> = degrees.iter().rev().copied().collect();
            let got = fit_prior(&scaled, &backward).expect("enough");
            prop_assert!(is_close(got.variance, plain.variance * factor, 1e-5), "{plain:?} {got:?}");
        }

        #[test]
        fn moderation_stays_between(variance in 0.0..10.0_f64, prior in 0.01..10.0_f64, d in 0.0..50.0_f64, d0 in 0.01..50.0_f64) {
            let (got, degrees) = VariancePrior { degrees: d0, variance: prior }.moderate(variance, d);
            prop_assert!(variance.min(prior) - 1e-12 <= got && got <= variance.max(prior) + 1e-12);
            prop_assert!(is_close(degrees, d + d0, 1e-12));
        }
    }
}
