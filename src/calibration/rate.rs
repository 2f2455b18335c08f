use crate::stats::normal_quantile;

/// How often something happened, of how often it could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// How often it happened.
    pub hits: u64,
    /// How often it could have.
    pub n: u64,
}

impl Rate {
    /// Counts one more occasion.
    pub fn add(&mut self, is_hit: bool) {
        self.hits += u64::from(is_hit);
        self.n += 1;
    }

    /// The share; none of no occasions.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.n > 0).then(|| self.hits as f64 / self.n as f64)
    }

    /// Wilson's two-sided score interval with `confidence`, as though the occasions were worth `at_most` independent ones.
    ///
    /// Occasions that share data, such as all pairs of a few runs, tell less than their number suggests. Source: Wilson 1927,
    /// "Probable inference, the law of succession, and statistical inference".
    ///
    /// ```
    /// use criterion_regress::calibration::Rate;
    ///
    /// let (lower, upper) = Rate { hits: 0, n: 100 }.interval(0.95, u64::MAX).expect("there were occasions");
    /// assert!(lower < 1e-12 && (0.036..0.038).contains(&upper));
    /// ```
    #[must_use]
    pub fn interval(&self, confidence: f64, at_most: u64) -> Option<(f64, f64)> {
        let share = self.share()?;
        let n = self.n.min(at_most.max(1)) as f64;
        let z2 = normal_quantile((1.0 - confidence) / 2.0).powi(2);
        let center = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let reach = (z2 * (share * (1.0 - share) / n + z2 / (4.0 * n * n))).sqrt() / (1.0 + z2 / n);
        Some(((center - reach).max(0.0), (center + reach).min(1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hits: u64, n: u64, want: (f64, f64)) {
        let (lower, upper) = Rate { hits, n }.interval(0.95, u64::MAX).expect("some occasions");
        assert!((lower - want.0).abs() < 1e-4 && (upper - want.1).abs() < 1e-4, "{hits}/{n}: {lower} … {upper}");
    }

    /// statsmodels: `proportion_confint(hits, n, method="wilson")`.
    #[test]
    fn agrees_with_statsmodels() {
        check(0, 10, (0.0, 0.27753));
        check(1, 10, (0.01788, 0.40415));
        check(50, 1000, (0.03814, 0.06530));
        check(10, 10, (0.72247, 1.0));
    }

    #[test]
    fn occasions_that_share_data_count_for_less() {
        assert_eq!(Rate::default().interval(0.95, 10), None);
        assert_eq!(Rate { hits: 30, n: 300 }.interval(0.95, 10), Rate { hits: 1, n: 10 }.interval(0.95, 10));
    }
}
