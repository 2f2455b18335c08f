/// A confidence interval, in the unit of what it is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Its smaller end.
    pub lower: f64,
    /// Its larger end.
    pub upper: f64,
    /// The confidence that it has, as a fraction: what was asked for, or more where only steps can be had.
    pub confidence: f64,
}

impl Interval {
    /// Whether `value` lies in it, ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }

    /// The interval of the ratio, where this one is for its natural logarithm.
    #[must_use]
    pub fn exp(&self) -> Self {
        Self { lower: self.lower.exp(), upper: self.upper.exp(), ..*self }
    }
}

/// What lies outside an interval on either side: half of what `confidence` leaves.
///
/// A confidence that isn't a fraction is taken for the nearest one, and NaN for 0.
pub(super) fn tail_of(confidence: f64) -> f64 {
    let confidence = if confidence.is_nan() { 0.0 } else { confidence.clamp(0.0, 1.0) };
    (1.0 - confidence) / 2.0
}
