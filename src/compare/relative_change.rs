use thiserror::Error;

/// Candidate/baseline − 1, as a fraction: + is more time.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct RelativeChange(f64);

impl RelativeChange {
    /// From the logarithm of the ratio candidate/baseline.
    #[must_use]
    pub fn from_log_ratio(log_ratio: f64) -> RelativeChange {
        // Bounded, so that every change can be written down as a number: e^±30 is a factor of ten trillion.
        RelativeChange(log_ratio.clamp(-30.0, 30.0).exp_m1())
    }

    /// From a fraction: 0.05 is 5 % more time.
    #[must_use]
    pub(super) fn from_fraction(fraction: f64) -> RelativeChange {
        RelativeChange(fraction)
    }

    /// As a fraction: 0.05 is 5 % more time.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0
    }
}

/// A relative change with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangeInterval {
    /// The lower end.
    pub lower: RelativeChange,
    /// The estimate.
    pub estimate: RelativeChange,
    /// The upper end.
    pub upper: RelativeChange,
}

/// Changes smaller than this don't matter, proven or not: a band on the ratio, 1/(1+t) … 1+t.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct NoiseThreshold(f64);

/// Why a number is no noise threshold.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("a threshold is a percentage above 0 and at most 100000, not {0}")]
pub struct InvalidThreshold(f64);

impl NoiseThreshold {
    /// From a percentage: 20 stands for a ratio of 1/1.2 … 1.2.
    ///
    /// # Errors
    /// When the percentage is not a positive number of at most 100 000.
    pub fn from_percent(percent: f64) -> Result<NoiseThreshold, InvalidThreshold> {
        if percent > 0.0 && percent <= 100_000.0 {
            Ok(NoiseThreshold(percent / 100.0))
        } else {
            Err(InvalidThreshold(percent))
        }
    }

    /// As a percentage.
    #[must_use]
    pub fn percent(self) -> f64 {
        self.0 * 100.0
    }

    /// Half the width of the band on the log scale: ln(1 + t).
    #[must_use]
    pub fn log_band(self) -> f64 {
        self.0.ln_1p()
    }

    /// The wider of this threshold and an absolute `floor`, both sides being given in the floor's unit.
    ///
    /// Swapping the sides gives the same threshold.
    #[must_use]
    pub(super) fn at_least(self, floor: f64, sides: [f64; 2]) -> NoiseThreshold {
        let relative = floor / sides[0].min(sides[1]);
        if relative.is_finite() { NoiseThreshold(self.0.max(relative)) } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_positive_percentages() {
        for good in [0.1, 2.0, 20.0, 500.0] {
            assert!((NoiseThreshold::from_percent(good).expect("valid").percent() - good).abs() < 1e-9);
        }
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert!(NoiseThreshold::from_percent(bad).is_err());
        }
    }

    #[test]
    fn an_absolute_floor_widens_the_band_alike_from_both_sides() {
        let t = NoiseThreshold::from_percent(20.0).expect("valid");
        assert!((t.at_least(5.0, [10.0, 14.0]).percent() - 50.0).abs() < 1e-9);
        assert_eq!(t.at_least(5.0, [10.0, 14.0]), t.at_least(5.0, [14.0, 10.0]));
        assert_eq!(t.at_least(1.0, [1000.0, 1400.0]), t);
    }
}
