use super::quantile::select_median;

/// How a benchmark's noise is distributed around its level: as Student's t, with a width and tails of its own on either side of a
/// mode.
///
/// Times often have a sharp edge below and a long tail above, or most of them lie close together and the rest anywhere. Who knows that
/// sees smaller steps than who takes noise to be normal. It is learnt from the series itself: from the distances of values from the
/// median of those around, by maximum likelihood over a few shapes. Where there are few values, the prior keeps it near normal.
///
/// Source for the split density: Rubio & Steel 2015, "Bayesian modelling of skewness and kurtosis with two-piece scale and shape
/// distributions".
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NoiseShape {
    mode: f64,
    below: Side,
    above: Side,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Side {
    freedom: f64,
    width: f64,
}

/// Degrees of freedom, each with the integral of (1 + x²/ν)^(−(ν+1)/2) from 0 on.
const TAILS: [(f64, f64); 4] =
    [(1.0, std::f64::consts::FRAC_PI_2), (2.0, std::f64::consts::SQRT_2), (4.0, 4.0 / 3.0), (30.0, 1.263_83)];

/// Widths, in standard deviations.
const WIDTHS: [f64; 7] = [0.4, 0.55, 0.75, 1.0, 1.4, 2.0, 3.0];

/// So many order statistics stand for all values.
const MOST: usize = 200;

/// Fewer values tell no shape.
const FEWEST: usize = 8;

/// So many values of a normal distribution are as if known before.
const PRIOR: f64 = 10.0;

/// Values further out are as good as this, in standard deviations.
const FAR: f64 = 50.0;

/// The median of so many on either side of a value is its level.
const AROUND: usize = 7;

/// How many values of a long series tell its shape.
const MOST_AROUND: usize = 1000;

impl NoiseShape {
    /// Next to normal.
    pub(super) const NORMAL: Self =
        Self { mode: 0.0, below: Side { freedom: 30.0, width: 1.0 }, above: Side { freedom: 30.0, width: 1.0 } };

    /// Of a series whose noise has this standard deviation.
    pub(super) fn around_level(values: &[f64], scale: f64) -> Self {
        let n = values.len().min(MOST_AROUND);
        let mut distances: Vec<f64> =
            (0..n).map(|i| distance_from_others(values, i * values.len() / n) / scale).collect();
        distances.sort_unstable_by(f64::total_cmp);
        Self::fit(&distances)
    }

    /// Of distances from the level, in standard deviations and in their order.
    fn fit(sorted: &[f64]) -> Self {
        if sorted.len() < FEWEST {
            return Self::NORMAL;
        }
        let n = sorted.len().min(MOST);
        let values: Vec<f64> = (0..n).map(|i| sorted[(2 * i + 1) * sorted.len() / (2 * n)].clamp(-FAR, FAR)).collect();
        let each = sorted.len() as f64 / n as f64;
        let (mut most, mut best) = (f64::NEG_INFINITY, Self::NORMAL);
        for tenth in 1..10 {
            let mode = if tenth == 5 { 0.0 } else { values[tenth * n / 10] };
            let cut = values.partition_point(|value| *value < mode);
            let [below, above] = [&values[..cut], &values[cut..]].map(|part| sides(part, mode, each));
            for (of_below, mass_below, side_below) in &below {
                for (of_above, mass_above, side_above) in &above {
                    let likelihood = of_below + of_above
                        - sorted.len() as f64 * (mass_below + mass_above).ln()
                        - PRIOR * mode * mode / 2.0;
                    if likelihood > most {
                        (most, best) = (likelihood, Self { mode, below: *side_below, above: *side_above });
                    }
                }
            }
        }
        best
    }

    /// The logarithm of the density over that at the mode, `distance` standard deviations from the level.
    pub(super) fn log_density(&self, distance: f64) -> f64 {
        let x = distance - self.mode;
        let side = if x < 0.0 { self.below } else { self.above };
        -(side.freedom + 1.0) / 2.0 * ((x / side.width).powi(2) / side.freedom).ln_1p()
    }
}

/// Of each kind of a side: the logarithm of the likelihood but for its share of the density, that share, and itself.
fn sides(values: &[f64], mode: f64, each: f64) -> Vec<(f64, f64, Side)> {
    let of = |freedom: f64, mass: f64, width: f64| {
        let factor = 1.0 / (width * width * freedom);
        // A logarithm of a product costs less than logarithms.
        let product = |part: &[f64]| part.iter().map(|v| 1.0 + (v - mode) * (v - mode) * factor).product::<f64>();
        let sum: f64 = values.chunks(16).map(|part| product(part).ln()).sum();
        let prior = PRIOR * width.ln().powi(2) / 2.0;
        (-each * (freedom + 1.0) / 2.0 * sum - prior, mass * width, Side { freedom, width })
    };
    TAILS.iter().flat_map(|&(freedom, mass)| WIDTHS.map(|width| of(freedom, mass, width))).collect()
}

/// How far a value is from the median of the others around it: with itself among them, it would often be no way off.
fn distance_from_others(values: &[f64], i: usize) -> f64 {
    let (from, to) = (i.saturating_sub(AROUND), values.len().min(i + AROUND + 1));
    let mut near = [0.0; 2 * AROUND];
    let near = &mut near[..to - from - 1];
    near[..i - from].copy_from_slice(&values[from..i]);
    near[i - from..].copy_from_slice(&values[i + 1..to]);
    if near.is_empty() { 0.0 } else { values[i] - select_median(near) }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::super::{Random, normal_quantile};
    use super::*;

    fn shape(mut values: Vec<f64>) -> NoiseShape {
        values.sort_unstable_by(f64::total_cmp);
        NoiseShape::fit(&values)
    }

    #[test]
    fn agrees_with_scipy() {
        for row in rows(include_str!("reference/noise_shape.tsv")) {
            let shape = NoiseShape::fit(&row.numbers(0));
            let found = [shape.mode, shape.below.freedom, shape.below.width, shape.above.freedom, shape.above.width];
            for (i, got) in found.into_iter().enumerate() {
                assert!(is_close(got, row.number(1 + i), 1e-9), "{row}: {shape:?}");
            }
            for (distance, want) in row.numbers(6).into_iter().zip(row.numbers(7)) {
                assert!(is_close(shape.log_density(distance), want, 1e-9), "{row}: {distance}");
            }
        }
    }

    #[test]
    fn normal_noise_is_near_normal() {
        let mut random = Random::new(1);
        let shape = shape((0..300).map(|_| normal_quantile(random.fraction())).collect());
        for distance in [-2.0_f64, -1.0, 0.0, 1.0, 2.0] {
            let relative = shape.log_density(distance) - shape.log_density(0.0);
            assert!((relative + distance * distance / 2.0).abs() < 0.6, "{shape:?}: {distance}, {relative}");
        }
    }

    /// An edge below and a tail above, as times have.
    #[test]
    fn a_tail_on_one_side_is_learnt() {
        let mut random = Random::new(2);
        let values: Vec<f64> = (0..300).map(|_| -random.fraction().ln() - 0.7).collect();
        let above = shape(values.clone());
        let below = shape(values.iter().map(|v| -v).collect());
        assert!(above.log_density(3.0) > above.log_density(-2.0) + 2.0, "{above:?}");
        assert!(below.log_density(-3.0) > below.log_density(2.0) + 2.0, "{below:?}");
    }

    /// One value in five lies anywhere: further ones are no news.
    #[test]
    fn outliers_make_outliers_cheap() {
        let mut random = Random::new(3);
        let mut noise = |share: f64| -> Vec<f64> {
            (0..200)
                .map(|_| normal_quantile(random.fraction()) * if random.fraction() < share { 8.0 } else { 1.0 })
                .collect()
        };
        let (calm, wild) = (shape(noise(0.0)), shape(noise(0.2)));
        assert!(wild.log_density(5.0) > calm.log_density(5.0) + 3.0, "{wild:?} {calm:?}");
    }

    #[test]
    fn a_step_is_no_shape_and_few_values_are_normal() {
        let mut random = Random::new(4);
        let noise: Vec<f64> = (0..120).map(|_| normal_quantile(random.fraction())).collect();
        let stepped: Vec<f64> = noise.iter().enumerate().map(|(i, v)| if i < 60 { *v } else { v + 9.0 }).collect();
        let apart = |of: &[f64]| NoiseShape::around_level(of, 1.0).log_density(3.0);
        assert!((apart(&noise) - apart(&stepped)).abs() < 1.5, "{} {}", apart(&noise), apart(&stepped));
        for few in [&[][..], &[1.0], &[1.0, 2.0, 3.0]] {
            assert_eq!(NoiseShape::around_level(few, 1.0), NoiseShape::NORMAL);
        }
        let same = NoiseShape::around_level(&[2.0; 50], 1.0);
        assert!(same.log_density(1.0).is_finite());
    }
}
