//! What a comparison could have seen, and how many executions it would take.
//!
//! All by the sum of two quantiles of Student's t, (t₁₋ₐ,ᵥ + t₁₋ᵦ,ᵥ) · standard error, rather than by the noncentral t.
//! Beside that, the numbers of executions and rounds are right or one off, in either direction, for levels from 1e-4
//! and powers to 95 %.

use super::{normal_quantile, student_t_quantile};

/// More executions or rounds than this are not an advice that anybody follows.
const MOST: usize = 10_000;

/// The smallest true difference that a one-sided test at level `alpha` finds with probability `power`, in the unit of
/// the error.
///
/// `alpha` and `power` are clamped as [`student_t_quantile`] does; 0 where that would be negative.
///
/// ```
/// use criterion_regress::stats::smallest_detectable;
///
/// // Five executions a side, each 0.8 % from the truth: nothing below 1.4 % is found reliably.
/// let standard_error = 0.008 * (2.0_f64 / 5.0).sqrt();
/// assert!((smallest_detectable(standard_error, 8.0, 0.05, 0.8) - 0.0139).abs() < 1e-4);
/// ```
#[must_use]
pub fn smallest_detectable(standard_error: f64, degrees_of_freedom: f64, alpha: f64, power: f64) -> f64 {
    let reach = student_t_quantile(degrees_of_freedom, alpha) + student_t_quantile(degrees_of_freedom, 1.0 - power);
    reach.max(0.0) * standard_error
}

/// How many executions a side it takes to find a true `change` with probability `power`, at one-sided level `alpha`.
///
/// `change` is the logarithm of the ratio, of either sign, and `spread` the standard deviation of the logarithms of one
/// side's executions. At least 2; none above 10 000, or where `change` is 0 or either is NaN. Source: n = 2(z₁₋ₐ +
/// z₁₋ᵦ)² s²/δ², with t for z.
#[must_use]
pub fn executions_needed(change: f64, spread: f64, alpha: f64, power: f64) -> Option<usize> {
    needed(change, spread * 2.0_f64.sqrt(), alpha, power, |n| 2.0 * (n - 1.0))
}

/// How many paired rounds it takes to find a true `change`, as [`executions_needed`] with `spread` that of the rounds'
/// log ratios.
///
/// By the paired t; the signed-rank test needs about a twentieth more when the ratios are normal, and fewer when they
/// have heavy tails.
#[must_use]
pub fn rounds_needed(change: f64, spread: f64, alpha: f64, power: f64) -> Option<usize> {
    needed(change, spread, alpha, power, |n| n - 1.0)
}

/// The least n with a detectable difference of at most `change`, when the error is `spread`/√n.
fn needed(change: f64, spread: f64, alpha: f64, power: f64, degrees: impl Fn(f64) -> f64) -> Option<usize> {
    let change = change.abs();
    let at_best = (normal_quantile(alpha) + normal_quantile(1.0 - power)).max(0.0) * spread.abs() / change;
    let fewest = (at_best * at_best).ceil();
    if fewest.is_nan() || fewest > MOST as f64 {
        return None;
    }
    // Student's t is wider than the normal distribution, so that the least n lies here or somewhat above.
    (fewest.max(2.0) as usize..=MOST).find(|n| {
        let n = *n as f64;
        smallest_detectable(spread.abs() / n.sqrt(), degrees(n), alpha, power) <= change
    })
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::*;
    use proptest::prelude::*;

    /// statsmodels has the noncentral t.
    #[test]
    fn is_at_most_one_off_statsmodels() {
        for row in rows(include_str!("reference/power.tsv")) {
            let need = if row.text(0) == "sides" { executions_needed } else { rounds_needed };
            let got = need(row.number(1), row.number(2), row.number(3), row.number(4)).expect("few enough");
            let want = row.number(5);
            assert!((got as f64 - want).abs() <= 1.0, "{row}: {got}");
        }
    }

    #[test]
    fn what_cannot_be_had_is_none() {
        assert_eq!(executions_needed(0.0, 0.01, 0.01, 0.8), None);
        assert_eq!(executions_needed(1e-6, 0.01, 0.01, 0.8), None);
        assert_eq!(executions_needed(f64::NAN, 0.01, 0.01, 0.8), None);
        assert_eq!(executions_needed(0.01, f64::NAN, 0.01, 0.8), None);
        assert_eq!(rounds_needed(0.01, f64::INFINITY, 0.01, 0.8), None);
        assert_eq!(rounds_needed(0.0, 0.0, 0.01, 0.8), None);
        assert_eq!(rounds_needed(0.01, 0.0, 0.01, 0.8), Some(2));
        assert!(smallest_detectable(1.0, 8.0, 0.5, 0.1) <= 0.0);
    }

    proptest! {
        #[test]
        fn enough_is_enough_and_one_less_is_not(change in 0.005..0.2_f64, spread in 0.001..0.1_f64, power in 0.5..0.99_f64, factor in 0.1..10.0_f64) {
            let alpha = 0.01;
            if let Some(n) = executions_needed(change, spread, alpha, power) {
                let reach = |n: usize| {
                    let n = n as f64;
                    smallest_detectable(spread * (2.0 / n).sqrt(), 2.0 * n - 2.0, alpha, power)
                };
                prop_assert!(reach(n) <= change * (1.0 + 1e-9));
                prop_assert!(n == 2 || reach(n - 1) > change);
                prop_assert_eq!(executions_needed(-change, spread, alpha, power), Some(n));
            }
            let (plain, scaled) = (smallest_detectable(spread, 8.0, alpha, power), smallest_detectable(spread * factor, 8.0, alpha, power));
            prop_assert!(is_close(scaled, plain * factor, 1e-12));
        }
    }
}
