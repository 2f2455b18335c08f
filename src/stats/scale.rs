use super::quantile::select_median;

/// How many order statistics stand for a larger sample in [`qn`]: its cost is quadratic, and these tell as much.
const MOST: usize = 500;

/// Rousseeuw & Croux' Qₙ: a scale of `values`, consistent for the standard deviation of normal ones; 0 for fewer than two.
///
/// It is a small quantile of all pairwise distances, so that neither a location is needed nor half of the values spoil it:
/// two groups of equal size far apart have the scale of one group, not of their distance. Source: Rousseeuw & Croux 1993,
/// "Alternatives to the median absolute deviation", with their corrections for small samples.
#[must_use]
pub fn qn(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    if sorted.len() > MOST {
        let last = sorted.len() - 1;
        sorted = (0..MOST).map(|i| sorted[i * last / (MOST - 1)]).collect();
    }
    let n = sorted.len();
    if n < 2 {
        return 0.0;
    }
    let mut distances: Vec<f64> = Vec::with_capacity(n * (n - 1) / 2);
    for (i, larger) in sorted.iter().enumerate() {
        distances.extend(sorted[..i].iter().map(|smaller| larger - smaller));
    }
    let h = n / 2 + 1;
    let (_, at, _) = distances.select_nth_unstable_by(h * (h - 1) / 2 - 1, f64::total_cmp);
    CONSISTENCY * small_sample_factor(n) * *at
}

/// The middle of the shortest interval that holds more than half of `values`; NaN when there are none.
///
/// A location that up to half of the values don't spoil, wherever they lie: where two groups are far apart, it is in the larger one.
/// Where several intervals are the shortest, it is the mean of their middles, so that mirrored values have the mirrored location.
/// Source: Rousseeuw 1984, "Least median of squares regression", for one dimension.
#[must_use]
pub fn shortest_half(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let h = sorted.len() / 2 + 1;
    let intervals =
        || sorted.windows(h.min(sorted.len()).max(1)).map(|w| (w[w.len() - 1] - w[0], (w[0] + w[w.len() - 1]) / 2.0));
    let Some(shortest) = intervals().map(|(length, _)| length).min_by(f64::total_cmp) else { return f64::NAN };
    // Sums carry rounding errors, which must not decide between mirrored intervals.
    let middles: Vec<f64> =
        intervals().filter(|(length, _)| *length <= shortest * (1.0 + 1e-12)).map(|(_, middle)| middle).collect();
    middles.iter().sum::<f64>() / middles.len() as f64
}

/// The scale of `values` around a level that may change a few times: of their distances from the median of the fifteen around each;
/// 0 for fewer than two.
///
/// Consistent for the standard deviation of independent normal values, and spoilt by a third of the values at most. Where most
/// values equal their neighbours, so that a median says 0, it is what is left of the mean without the largest quarter. Of a long
/// series, a thousand of the values tell it.
#[must_use]
pub fn scale_around_level(values: &[f64]) -> f64 {
    let n = values.len().min(MOST_AROUND);
    if n < 2 {
        return 0.0;
    }
    let mut distances: Vec<f64> = (0..n).map(|i| distance_from_level(values, i * values.len() / n)).collect();
    let cut = n - n / 4 - 1;
    let (below, at, _) = distances.select_nth_unstable_by(cut, f64::total_cmp);
    let mean = (below.iter().sum::<f64>() + *at * (n - cut) as f64) / n as f64;
    let middle = select_median(&mut distances);
    (super::MAD_TO_SD * middle).max(0.5 * MEAN_TO_SD * mean) * LEVEL_FOLLOWS
}

/// How many values tell [`scale_around_level`].
const MOST_AROUND: usize = 1000;

/// Scales a mean absolute deviation to the standard deviation of a normal distribution: √(π/2).
const MEAN_TO_SD: f64 = 1.253_314_137_315_500_3;

/// The median of a few values follows the one in their middle; of normal ones, by two per cent. The rest is for safety: noise that
/// is taken for too small costs false changes.
const LEVEL_FOLLOWS: f64 = 1.05;

/// On either side of a value, so many tell its level.
const AROUND: usize = 7;

/// How far a value is from the median of those around it.
fn distance_from_level(values: &[f64], i: usize) -> f64 {
    let near = &values[i.saturating_sub(AROUND)..values.len().min(i + AROUND + 1)];
    let mut sorted = [0.0; 2 * AROUND + 1];
    let sorted = &mut sorted[..near.len()];
    sorted.copy_from_slice(near);
    (values[i] - select_median(sorted)).abs()
}

/// 1 / (√2 · Φ⁻¹(5/8)).
const CONSISTENCY: f64 = 2.219_144_465_985_076;

fn small_sample_factor(n: usize) -> f64 {
    const TABLE: [f64; 8] = [0.399, 0.994, 0.512, 0.844, 0.611, 0.857, 0.669, 0.872];
    match n {
        2..=9 => TABLE[n - 2],
        n if n.is_multiple_of(2) => n as f64 / (n as f64 + 3.8),
        n => n as f64 / (n as f64 + 1.4),
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::rows;
    use super::*;

    /// `scripts/reference_numbers.py` prints these lines with statsmodels.
    #[test]
    fn agrees_with_statsmodels() {
        for row in rows(include_str!("reference/scale.tsv")) {
            let (values, want) = (row.numbers(0), row.number(1));
            // statsmodels leaves the corrections for small samples to its caller.
            let got = qn(&values) / small_sample_factor(values.len());
            assert!((got - want).abs() <= 1e-9 * want, "{row}: {got}");
        }
    }

    #[test]
    fn a_level_that_changes_is_no_noise() {
        let mut random = super::super::Random::new(1);
        let noise: Vec<f64> = (0..600).map(|_| super::super::normal_quantile(random.fraction())).collect();
        let steps: Vec<f64> = noise.iter().enumerate().map(|(i, x)| x + 50.0 * (i / 100) as f64).collect();
        let outliers: Vec<f64> = noise.iter().enumerate().map(|(i, x)| if i % 5 == 0 { 1e6 } else { *x }).collect();
        for (values, most) in [(noise, 1.1), (steps, 1.2), (outliers, 1.5)] {
            let scale = scale_around_level(&values);
            assert!(0.95 < scale && scale < most, "{scale}");
        }
        // Most neighbours are equal, and yet there is noise.
        let ticks: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i % 3 == 0))).collect();
        assert!(scale_around_level(&ticks) > 0.1);
        for nothing in [&[][..], &[1.0], &[2.0; 50]] {
            assert!(scale_around_level(nothing) <= 0.0);
        }
        let mut step = vec![0.0; 50];
        step.extend([9.0; 50]);
        assert!(scale_around_level(&step) <= 0.0, "{}", scale_around_level(&step));
    }

    #[test]
    fn half_of_the_values_far_away_spoil_nothing() {
        let group = [0.0, 0.01, -0.01, 0.005, -0.004, 0.002];
        let far: Vec<f64> = group.iter().copied().chain(group.iter().map(|x| x + 5.0)).collect();
        assert!(qn(&far) < 0.05, "{}", qn(&far));
    }

    #[test]
    fn shortest_halves() {
        let check = |values: &[f64], want: f64| {
            let got = shortest_half(values);
            assert!((got - want).abs() < 1e-12, "{values:?}: {got}, want {want}");
            let mirrored: Vec<f64> = values.iter().map(|x| -x).collect();
            assert!((shortest_half(&mirrored) + want).abs() < 1e-12);
        };
        check(&[3.0], 3.0);
        check(&[1.0, 5.0], 3.0);
        check(&[0.0, 1.0, 10.0, 11.0, 12.0], 11.0);
        check(&[0.0, 0.1, 0.2, 0.3, 7.0, 8.0, 900.0], 0.15);
        check(&[0.0, 1.0, 2.0], 1.0);
        assert!(shortest_half(&[]).is_nan());
    }

    #[test]
    fn many_values_are_thinned_out() {
        let many: Vec<f64> = (0..20_000).map(|i| f64::from(i) / 20_000.0).collect();
        let few: Vec<f64> = (0..400).map(|i| f64::from(i) / 400.0).collect();
        assert!((qn(&many) / qn(&few) - 1.0).abs() < 0.02);
        assert!(qn(&[1.0]) <= 0.0 && qn(&[]) <= 0.0);
    }
}
