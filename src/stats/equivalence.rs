use super::Difference;

/// The p-value against "the true difference lies outside −`band` … `band`", by two one-sided tests.
///
/// At or below α, the difference is proven to be inside: exactly where its interval with confidence 1 − 2α is. 1 where
/// `band` is NaN. Source: Schuirmann 1987, "A comparison of the two one-sided tests procedure and the power approach".
///
/// ```
/// use criterion_regress::stats::{Difference, equivalence};
///
/// let difference = Difference { difference: 0.001, standard_error: 0.002, degrees_of_freedom: 8.0 };
/// assert!(equivalence(&difference, 0.02_f64.ln_1p()) < 0.001);
/// assert!(equivalence(&difference, 0.002) > 0.05);
/// ```
#[must_use]
pub fn equivalence(difference: &Difference, band: f64) -> f64 {
    let above_the_lower = difference.tail(-band);
    let below_the_upper = difference.swapped().tail(-band);
    above_the_lower.max(below_the_upper)
}

/// The narrowest band that the difference is proven to be inside of at level `alpha`, as half its width.
///
/// [`equivalence`] is at most `alpha` for all wider ones. It is the larger end, without its sign, of the interval with
/// confidence 1 − 2 · `alpha`.
#[must_use]
pub fn narrowest_band(difference: &Difference, alpha: f64) -> f64 {
    let interval = difference.interval(1.0 - 2.0 * alpha);
    interval.lower.abs().max(interval.upper.abs())
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::super::welch;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_statsmodels() {
        for row in rows(include_str!("reference/equivalence.tsv")) {
            let difference = welch(&row.numbers(0), &row.numbers(1)).expect("enough values");
            let got = equivalence(&difference, row.number(2));
            assert!(is_close(got, row.number(3), 1e-8), "{row}: {got}");
        }
    }

    #[test]
    fn without_an_error_the_band_decides() {
        let at = |difference: f64| Difference { difference, standard_error: 0.0, degrees_of_freedom: 4.0 };
        assert!(equivalence(&at(0.01), 0.02) <= 0.0 && equivalence(&at(-0.01), 0.02) <= 0.0);
        assert!(equivalence(&at(0.03), 0.02) >= 1.0 && equivalence(&at(-0.03), 0.02) >= 1.0);
        assert!(is_close(narrowest_band(&at(-0.03), 0.05), 0.03, 1e-12));
    }

    proptest! {
        #[test]
        fn interval_and_test_agree(difference in -0.1..0.1_f64, standard_error in 1e-4..0.1_f64, degrees in 1.0..100.0_f64, alpha in 0.001..0.2_f64) {
            let difference = Difference { difference, standard_error, degrees_of_freedom: degrees };
            let band = narrowest_band(&difference, alpha);
            prop_assert!(equivalence(&difference, band * 1.0001) <= alpha);
            prop_assert!(equivalence(&difference, band * 0.9999) > alpha);
            prop_assert!(is_close(equivalence(&difference.swapped(), band), equivalence(&difference, band), 1e-15));
        }
    }
}
