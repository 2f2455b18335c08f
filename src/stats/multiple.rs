/// Holm's step-down adjusted p-values, in the order of `p_values`.
///
/// Rejecting those at or below α keeps the chance of a single false rejection among all of them at α, whatever their
/// dependence. Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; n];
    let mut largest = 0.0_f64;
    for (rank, &i) in order.iter().enumerate() {
        largest = largest.max((p_values[i] * (n - rank) as f64).min(1.0));
        adjusted[i] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(p_values: &[f64], want: &[f64]) {
        let got = holm(p_values);
        assert_eq!(got.len(), want.len());
        for (g, w) in got.iter().zip(want) {
            assert!((g - w).abs() < 1e-12, "{p_values:?}: {got:?}, want {want:?}");
        }
    }

    /// R: `p.adjust(p, "holm")`, the worked values of its documentation's definition.
    #[test]
    fn adjusts_as_r_does() {
        check(&[], &[]);
        check(&[0.02], &[0.02]);
        check(&[0.01, 0.04, 0.03, 0.005], &[0.03, 0.06, 0.06, 0.02]);
        check(&[0.5, 0.5, 0.9], &[1.0, 1.0, 1.0]);
    }
}
