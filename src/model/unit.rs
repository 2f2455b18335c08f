/// What the measured numbers count. More of it is worse for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// Wall time in nanoseconds, said by a file (`raw.csv`, cargo-criterion).
    Nanoseconds,
    /// A custom measurement's own unit, said by a file: `cycles`, `events`, `ticks`.
    Custom(Box<str>),
    /// No file says. Criterion writes nanoseconds unless the benchmark has a custom measurement.
    #[default]
    Unstated,
}

impl Unit {
    /// Reads the name of a unit as `raw.csv` and cargo-criterion write it.
    #[must_use]
    pub fn from_name(name: &str) -> Unit {
        match name {
            "" => Unit::Unstated,
            "ns" => Unit::Nanoseconds,
            other => Unit::Custom(other.into()),
        }
    }

    /// Whether it is nanoseconds, as far as files say.
    #[must_use]
    pub fn is_time(&self) -> bool {
        !matches!(self, Unit::Custom(_))
    }

    /// Whether numbers in `self` and `other` may be divided by one another. What is not stated contradicts nothing.
    #[must_use]
    pub fn is_comparable_with(&self, other: &Unit) -> bool {
        match (self, other) {
            (Unit::Unstated, _) | (_, Unit::Unstated) => true,
            (Unit::Nanoseconds, Unit::Nanoseconds) => true,
            (Unit::Custom(a), Unit::Custom(b)) => a == b,
            (Unit::Nanoseconds, Unit::Custom(_)) | (Unit::Custom(_), Unit::Nanoseconds) => false,
        }
    }
}
