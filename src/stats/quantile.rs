/// The `p` quantile of `sorted` by linear interpolation of order statistics (R's type 7), or NaN when it is empty.
///
/// `p` is a fraction from 0 to 1; values outside are clamped. Source: Hyndman & Fan 1996, definition 7.
#[must_use]
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = p.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

/// The median of `values` in any order, or NaN when there are none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    select_median(&mut values.to_vec())
}

/// The median of `values`, which are left in another order; in linear time.
pub(super) fn select_median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let middle = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, at, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let at = *at;
    if !is_even {
        return at;
    }
    let below = below.iter().copied().max_by(f64::total_cmp).unwrap_or(at);
    below + (at - below) * 0.5
}

/// The median of the distances from `center`, unscaled, or NaN when there are no values.
#[must_use]
pub fn median_absolute_deviation(values: &[f64], center: f64) -> f64 {
    let mut distances: Vec<f64> = values.iter().map(|x| (x - center).abs()).collect();
    select_median(&mut distances)
}

/// The lower and upper weighted medians' midpoint of ascending `values` with the `weights` in their order.
///
/// The weighted median is the value at which the weight on neither side exceeds one half; where a whole interval has that
/// property, its midpoint is taken, so that with equal weights this is the ordinary median. NaN when there are no values.
/// Weights must be positive; values without a weight are left out.
#[must_use]
pub fn weighted_median(values: &[f64], weights: &[f64]) -> f64 {
    let values = &values[..values.len().min(weights.len())];
    let half = weights[..values.len()].iter().sum::<f64>() / 2.0;
    let mut seen = 0.0;
    for (i, (value, weight)) in values.iter().zip(weights).enumerate() {
        seen += weight;
        // Sums of weights carry rounding errors; a relative slack of 1e-12 keeps "exactly half" recognisable.
        if (seen - half).abs() <= half * 1e-12 {
            let next = values.get(i + 1).copied().unwrap_or(*value);
            return value + (next - value) / 2.0;
        }
        if seen > half {
            return *value;
        }
    }
    values.last().copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_weighted(pairs: &[(f64, f64)], want: f64) {
        let (values, weights): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let got = weighted_median(&values, &weights);
        assert!((got - want).abs() <= 1e-12 * want.abs().max(1.0), "{pairs:?}: {got}, want {want}");
    }

    #[test]
    fn weighted_medians() {
        check_weighted(&[(5.0, 1.0)], 5.0);
        check_weighted(&[(1.0, 1.0), (2.0, 1.0)], 1.5);
        check_weighted(&[(1.0, 1.0), (2.0, 1.0), (9.0, 1.0)], 2.0);
        check_weighted(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (9.0, 1.0)], 2.5);
        check_weighted(&[(1.0, 1.0), (2.0, 2.0), (3.0, 5.0)], 3.0);
        check_weighted(&[(1.0, 8.25e17), (2.0, 1.0)], 1.0);
        assert!(weighted_median(&[], &[]).is_nan());
    }

    #[test]
    fn quantiles_interpolate() {
        let xs = [1.0, 2.0, 3.0, 10.0];
        assert_eq!(quantile(&xs, 0.0).to_bits(), 1.0_f64.to_bits());
        assert_eq!(quantile(&xs, 1.0).to_bits(), 10.0_f64.to_bits());
        assert!((quantile(&xs, 0.25) - 1.75).abs() < 1e-15);
        assert!(quantile(&[], 0.5).is_nan());
        assert!((median(&[10.0, 1.0, 3.0]) - 3.0).abs() < 1e-15);
        assert!((median_absolute_deviation(&[10.0, 1.0, 3.0], 3.0) - 2.0).abs() < 1e-15);
    }
}
