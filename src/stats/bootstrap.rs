use super::interval::{Interval, tail_of};
use super::random::Random;
use super::{normal_quantile, normal_tail, quantile};

/// Intervals of any statistic, by drawing again from the values that there are.
///
/// The same seed gives the same interval. With few values these intervals are too narrow: at five a side they miss more
/// than twice as often as they promise, where [`welch`](super::welch) keeps its level.
///
/// ```
/// use criterion_regress::stats::{Bootstrap, median};
///
/// let bootstrap = Bootstrap { resamples: 2000, confidence: 0.95, seed: 7 };
/// let interval = bootstrap.bca(&[3.0, 4.0, 4.5, 5.0, 5.5, 6.0, 9.0], median).expect("values that vary");
/// assert!(interval.contains(5.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// How often is drawn; the ends of an interval at 95 % need thousands.
    pub resamples: usize,
    /// The confidence of the interval, as a fraction.
    pub confidence: f64,
    /// What decides the draws.
    pub seed: u64,
}

/// All samples of a design, redrawn or as they are.
type Samples = Vec<Vec<f64>>;

impl Bootstrap {
    /// The interval between two quantiles of what `statistic` gives for redrawn `values`.
    ///
    /// None where there are no values or draws, or the statistic isn't finite for one. Source: Efron 1979.
    #[must_use]
    pub fn percentile(&self, values: &[f64], statistic: impl Fn(&[f64]) -> f64) -> Option<Interval> {
        self.percentile_of(&vec![values.to_vec()], |samples| statistic(&samples[0]))
    }

    /// As [`percentile`](Self::percentile), with each side redrawn for itself.
    #[must_use]
    pub fn percentile_of_two(
        &self,
        baseline: &[f64],
        candidate: &[f64],
        statistic: impl Fn(&[f64], &[f64]) -> f64,
    ) -> Option<Interval> {
        let samples = vec![baseline.to_vec(), candidate.to_vec()];
        self.percentile_of(&samples, |samples| statistic(&samples[0], &samples[1]))
    }

    /// The percentile interval corrected for bias, and for an error that changes with the value (BCa).
    ///
    /// None as for [`percentile`](Self::percentile), and where the statistic isn't finite when one value is left out.
    /// Source: Efron 1987, "Better bootstrap confidence intervals".
    #[must_use]
    pub fn bca(&self, values: &[f64], statistic: impl Fn(&[f64]) -> f64) -> Option<Interval> {
        self.bca_of(&vec![values.to_vec()], |samples| statistic(&samples[0]))
    }

    /// As [`bca`](Self::bca), with each side redrawn for itself. Source: Efron & Tibshirani 1993, section 14.3, for one
    /// sample; SciPy's `bootstrap` for the acceleration of two.
    #[must_use]
    pub fn bca_of_two(
        &self,
        baseline: &[f64],
        candidate: &[f64],
        statistic: impl Fn(&[f64], &[f64]) -> f64,
    ) -> Option<Interval> {
        let samples = vec![baseline.to_vec(), candidate.to_vec()];
        self.bca_of(&samples, |samples| statistic(&samples[0], &samples[1]))
    }

    fn percentile_of(&self, samples: &Samples, statistic: impl Fn(&Samples) -> f64) -> Option<Interval> {
        let drawn = self.draw(samples, statistic)?;
        let tail = tail_of(self.confidence);
        Some(self.between(&drawn, tail, 1.0 - tail))
    }

    fn bca_of(&self, samples: &Samples, statistic: impl Fn(&Samples) -> f64) -> Option<Interval> {
        let drawn = self.draw(samples, &statistic)?;
        let seen = statistic(samples);
        let n_below = drawn.partition_point(|x| *x < seen);
        let n_equal = drawn.partition_point(|x| *x <= seen) - n_below;
        let n_drawn = drawn.len() as f64;
        // Where all lie on one side, as far out as so many draws can tell.
        let share = ((n_below as f64 + n_equal as f64 / 2.0) / n_drawn).clamp(0.5 / n_drawn, 1.0 - 0.5 / n_drawn);
        let bias = -normal_quantile(share);
        let acceleration = acceleration(samples, statistic)?;
        let place = |z: f64| {
            let moved = bias + z;
            let damped = 1.0 - acceleration * moved;
            // Past its pole the formula turns around.
            if damped > 0.0 {
                1.0 - normal_tail(bias + moved / damped)
            } else if moved > 0.0 {
                1.0
            } else {
                0.0
            }
        };
        let reach = normal_quantile(tail_of(self.confidence));
        Some(self.between(&drawn, place(-reach), place(reach)))
    }

    /// What `statistic` gives for each draw, ascending.
    fn draw(&self, samples: &Samples, statistic: impl Fn(&Samples) -> f64) -> Option<Vec<f64>> {
        if self.resamples == 0 || samples.iter().any(Vec::is_empty) {
            return None;
        }
        let mut random = Random::new(self.seed);
        let mut redrawn = samples.clone();
        let mut drawn = Vec::with_capacity(self.resamples);
        for _ in 0..self.resamples {
            for (to, from) in redrawn.iter_mut().zip(samples) {
                to.iter_mut().for_each(|value| *value = from[random.below(from.len())]);
            }
            let value = statistic(&redrawn);
            if !value.is_finite() {
                return None;
            }
            drawn.push(value);
        }
        drawn.sort_unstable_by(f64::total_cmp);
        Some(drawn)
    }

    fn between(&self, drawn: &[f64], low: f64, high: f64) -> Interval {
        Interval { lower: quantile(drawn, low), upper: quantile(drawn, high), confidence: self.confidence }
    }
}

/// A sixth of the skewness of what `statistic` gives when one value is left out; 0 where that never varies.
fn acceleration(samples: &Samples, statistic: impl Fn(&Samples) -> f64) -> Option<f64> {
    let (mut cubes, mut squares) = (0.0, 0.0);
    for (place, sample) in samples.iter().enumerate() {
        let n = sample.len() as f64;
        let mut without = samples.clone();
        let left_out: Vec<f64> = (0..sample.len())
            .map(|i| {
                without[place].clone_from(sample);
                without[place].remove(i);
                if without[place].is_empty() { f64::NAN } else { statistic(&without) }
            })
            .collect();
        if left_out.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let mean = left_out.iter().sum::<f64>() / n;
        // As shares of the count: sides of different sizes weigh by it.
        let influence = left_out.iter().map(|value| (n - 1.0) / n * (mean - value));
        for u in influence {
            cubes += u * u * u;
            squares += u * u;
        }
    }
    let skewness = cubes / squares.powf(1.5);
    Some(if skewness.is_finite() { skewness / 6.0 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::super::median;
    use super::super::reference::{Row, is_close, rows};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const SEEDED: Bootstrap = Bootstrap { resamples: 20_000, confidence: 0.95, seed: 3 };

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn ratio(baseline: &[f64], candidate: &[f64]) -> f64 {
        mean(candidate) / mean(baseline)
    }

    /// The ends are known to some 2 % of the standard error with as many draws.
    fn check(row: &Row<'_>, got: Option<Interval>, field: usize) {
        let (got, want) = (got.expect("values that vary"), row.numbers(field));
        let tolerance = 0.08 * row.number(5);
        assert!((got.lower - want[0]).abs() < tolerance && (got.upper - want[1]).abs() < tolerance, "{row}: {got:?}");
    }

    #[test]
    fn agrees_with_scipy() {
        for row in rows(include_str!("reference/bootstrap.tsv")) {
            let (a, b) = (row.numbers(1), row.numbers(2));
            match row.text(0) {
                "mean" => {
                    check(&row, SEEDED.percentile(&a, mean), 3);
                    check(&row, SEEDED.bca(&a, mean), 4);
                }
                "ratio of means" => {
                    check(&row, SEEDED.percentile_of_two(&a, &b, ratio), 3);
                    check(&row, SEEDED.bca_of_two(&a, &b, ratio), 4);
                }
                other => panic!("unknown row {other}"),
            }
        }
    }

    #[test]
    fn nothing_to_draw_from_is_no_interval() {
        assert_eq!(SEEDED.percentile(&[], mean), None);
        assert_eq!(SEEDED.bca_of_two(&[1.0], &[], ratio), None);
        assert_eq!(SEEDED.bca(&[1.0], mean), None);
        assert_eq!(SEEDED.percentile_of_two(&[0.0], &[1.0], ratio), None);
        assert_eq!(Bootstrap { resamples: 0, ..SEEDED }.percentile(&[1.0, 2.0], mean), None);
    }

    #[test]
    fn no_variance_is_a_point() {
        let point = Some(Interval { lower: 2.0, upper: 2.0, confidence: 0.95 });
        assert_eq!(SEEDED.percentile(&[2.0; 4], mean), point);
        assert_eq!(SEEDED.bca(&[2.0; 4], median), point);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]

        #[test]
        fn the_seed_decides_and_a_unit_scales(values in vec(1.0..2.0_f64, 3..20), seed in 0..u64::MAX, factor in 0.01..100.0_f64) {
            let bootstrap = Bootstrap { resamples: 200, seed, confidence: 0.9 };
            let plain = bootstrap.bca(&values, mean).expect("values");
            prop_assert_eq!(bootstrap.bca(&values, mean), Some(plain));
            let scaled: Vec<f64> = values.iter().map(|x| x * factor).collect();
            let percentile = bootstrap.percentile(&values, mean).expect("values");
            let got = bootstrap.percentile(&scaled, mean).expect("values");
            prop_assert!(is_close(got.lower, percentile.lower * factor, 1e-9) && is_close(got.upper, percentile.upper * factor, 1e-9));
            prop_assert!(plain.lower <= plain.upper);
        }
    }
}
