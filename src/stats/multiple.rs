//! Many p-values at once. NaN counts as 1 everywhere.

use std::collections::BTreeMap;

/// Holm's step-down adjusted p-values, in the order of `p_values`.
///
/// Rejecting those at or below α keeps the chance of a single false rejection among all of them at α, whatever their
/// dependence. Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let mut adjusted = vec![1.0; n];
    let mut largest = 0.0_f64;
    for (rank, i) in ascending(p_values).into_iter().enumerate() {
        largest = largest.max((p_values[i] * (n - rank) as f64).min(1.0));
        adjusted[i] = largest;
    }
    adjusted
}

/// Benjamini and Hochberg's step-up adjusted p-values ("q-values"), in the order of `p_values`.
///
/// Rejecting those at or below q keeps the expected share of false ones among the rejected at q, for independent
/// p-values and for those that depend positively, as when a slow machine moves all. Source: Benjamini & Hochberg 1995,
/// "Controlling the false discovery rate"; R's `p.adjust(p, "BH")`.
///
/// ```
/// use criterion_regress::stats::benjamini_hochberg;
///
/// let found = benjamini_hochberg(&[0.001, 0.02, 0.03, 0.9]).iter().filter(|q| **q <= 0.05).count();
/// assert_eq!(found, 3);
/// ```
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let mut adjusted = vec![1.0; n];
    let mut smallest = 1.0_f64;
    for (rank, i) in ascending(p_values).into_iter().enumerate().rev() {
        // One factor, and at least 1: what is adjusted never rounds to less than it was.
        smallest = smallest.min(p_values[i] * (n as f64 / (rank + 1) as f64));
        adjusted[i] = smallest;
    }
    adjusted
}

/// Simes' p-value of the claim that none of `p_values` is of a true effect; 1 when there are none.
///
/// Source: Simes 1986, "An improved Bonferroni procedure for multiple tests of significance".
#[must_use]
pub fn simes(p_values: &[f64]) -> f64 {
    benjamini_hochberg(p_values).into_iter().fold(1.0, f64::min)
}

/// Which of `p_values` are discoveries at rate `q`, when `group` says which family each belongs to.
///
/// Families are chosen first (Benjamini–Hochberg at `q` over their Simes p-values), and in the R chosen ones of G the
/// members, by Benjamini–Hochberg at q·R/G. So the expected share of false discoveries, averaged over the chosen
/// families, is at most `q`. Values without a group are none. Source: Benjamini & Bogomolov 2014, "Selective inference
/// on multiple families of hypotheses".
#[must_use]
pub fn hierarchical(p_values: &[f64], group: &[usize], q: f64) -> Vec<bool> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, group) in group.iter().enumerate().take(p_values.len()) {
        members.entry(*group).or_default().push(i);
    }
    let families: Vec<(Vec<usize>, Vec<f64>)> = members
        .into_values()
        .map(|places| {
            let p_values: Vec<f64> = places.iter().map(|i| p_values[*i]).collect();
            (places, benjamini_hochberg(&p_values))
        })
        .collect();
    let whole: Vec<f64> = families.iter().map(|(_, adjusted)| adjusted.iter().copied().fold(1.0, f64::min)).collect();
    let is_chosen: Vec<bool> = benjamini_hochberg(&whole).iter().map(|p| *p <= q).collect();
    let n_chosen = is_chosen.iter().filter(|chosen| **chosen).count();
    let q_within = q * n_chosen as f64 / families.len().max(1) as f64;

    let mut found = vec![false; p_values.len()];
    for ((places, adjusted), _) in families.iter().zip(is_chosen).filter(|(_, chosen)| *chosen) {
        for (place, p) in places.iter().zip(adjusted) {
            found[*place] = *p <= q_within;
        }
    }
    found
}

fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    order
}

#[cfg(test)]
mod tests {
    use super::super::reference::{Row, is_close, rows};
    use super::*;
    use proptest::prelude::*;

    fn check(row: &Row<'_>, got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        assert!(got.iter().zip(want).all(|(g, w)| is_close(*g, *w, 1e-12)), "{row}: {got:?}, want {want:?}");
    }

    #[test]
    fn agree_with_statsmodels_and_scipy() {
        for row in rows(include_str!("reference/multiple.tsv")) {
            let p_values = row.numbers(0);
            check(&row, &holm(&p_values), &row.numbers(1));
            check(&row, &benjamini_hochberg(&p_values), &row.numbers(2));
            check(&row, &[simes(&p_values)], &row.numbers(3));
        }
    }

    #[test]
    fn families_are_chosen_before_their_members() {
        let mut n_found = 0;
        for row in rows(include_str!("reference/hierarchical.tsv")) {
            let group: Vec<usize> = row.numbers(1).into_iter().map(|g| g as usize).collect();
            let want: Vec<bool> = row.numbers(3).into_iter().map(|found| found > 0.5).collect();
            assert_eq!(hierarchical(&row.numbers(0), &group, row.number(2)), want, "{row}");
            n_found += want.iter().filter(|found| **found).count();
        }
        assert!(n_found > 5, "only {n_found} discoveries");
    }

    /// R: `p.adjust(p, "holm")`, the worked values of its documentation's definition.
    #[test]
    fn holm_adjusts_as_r_does() {
        for (p_values, want) in [
            (vec![], vec![]),
            (vec![0.02], vec![0.02]),
            (vec![0.01, 0.04, 0.03, 0.005], vec![0.03, 0.06, 0.06, 0.02]),
            (vec![0.5, 0.5, 0.9], vec![1.0, 1.0, 1.0]),
        ] {
            let got = holm(&p_values);
            assert!(got.len() == want.len() && got.iter().zip(&want).all(|(g, w)| is_close(*g, *w, 1e-12)), "{got:?}");
        }
    }

    #[test]
    fn nothing_and_nan() {
        assert!(benjamini_hochberg(&[]).is_empty() && hierarchical(&[], &[], 0.1).is_empty());
        assert!(simes(&[]) >= 1.0 && simes(&[f64::NAN]) >= 1.0);
        assert!(is_close(holm(&[f64::NAN, 0.1])[0], 1.0, 1e-12));
        assert!(is_close(benjamini_hochberg(&[f64::NAN, 0.1])[1], 0.2, 1e-12));
        assert_eq!(hierarchical(&[0.001, 0.001], &[7], 0.1), [true, false]);
    }

    proptest! {
        #[test]
        fn one_family_is_plain_benjamini_hochberg(p_values in proptest::collection::vec(0.0..0.2_f64, 1..20), q in 0.01..0.3_f64) {
            let plain: Vec<bool> = benjamini_hochberg(&p_values).iter().map(|p| *p <= q).collect();
            prop_assert_eq!(hierarchical(&p_values, &vec![3; p_values.len()], q), plain);
        }

        #[test]
        fn order_is_nothing_and_holm_is_stricter(p_values in proptest::collection::vec(0.0..1.0_f64, 1..20)) {
            let reversed: Vec<f64> = p_values.iter().rev().copied().collect();
            for adjust in [holm, benjamini_hochberg] {
                let mut backward = adjust(&reversed);
                backward.reverse();
                prop_assert_eq!(adjust(&p_values), backward);
            }
            for ((p, bh), holm) in p_values.iter().zip(benjamini_hochberg(&p_values)).zip(holm(&p_values)) {
                prop_assert!(*p <= bh && bh <= holm * (1.0 + 1e-12));
            }
        }
    }
}
