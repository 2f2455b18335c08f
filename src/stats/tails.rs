/// The two one-sided p-values of one test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tails {
    /// The chance to see what was seen or more of it, were there no difference: small where the candidate is greater.
    pub greater: f64,
    /// The same for less.
    pub less: f64,
}

impl Tails {
    /// What a test says that has seen nothing.
    pub(super) const NOTHING: Self = Self { greater: 1.0, less: 1.0 };

    /// Twice the smaller of the two, or 1.
    #[must_use]
    pub fn two_sided(&self) -> f64 {
        (2.0 * self.greater.min(self.less)).min(1.0)
    }

    /// What the same test says with the sides swapped.
    #[must_use]
    pub fn swapped(&self) -> Self {
        Self { greater: self.less, less: self.greater }
    }

    /// From how many ways there are to have less than what was seen, as much, and more.
    pub(super) fn of_counts(below: f64, at: f64, above: f64) -> Self {
        let all = below + at + above;
        Self { greater: ((at + above) / all).min(1.0), less: ((below + at) / all).min(1.0) }
    }

    /// From the normal distribution, for a statistic in half steps that is `excess` above its mean with this standard
    /// deviation.
    pub(super) fn of_normal(excess: f64, standard_deviation: f64) -> Self {
        if standard_deviation > 0.0 {
            let tail = |excess: f64| super::normal_tail((excess - 0.5) / standard_deviation);
            Self { greater: tail(excess), less: tail(-excess) }
        } else {
            Self::NOTHING
        }
    }
}
