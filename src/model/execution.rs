use std::time::SystemTime;

use super::SamplingMode;

/// Where the numbers of an [`Execution`] come from; from the strongest to the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Every measurement of the execution.
    Sample,
    /// Criterion's own estimates; the measurements are not there.
    Estimates,
    /// Criterion's relative change against a run that has been overwritten since.
    CriterionChange,
    /// The two measurements of `--quick`, or fewer: an effect, not a test.
    Quick,
}

/// One Criterion process' result for one benchmark: **one** observation of its speed, however many measurements it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// The execution's location per iteration: iterations-weighted median, in the benchmark's unit. May be 0 or
    /// negative with a custom measurement.
    pub typical: f64,
    /// Plain median per iteration, in the same unit: what is left to compare with where the other side has only
    /// Criterion's estimates.
    pub median: f64,
    /// Lower quartile per iteration, in the same unit.
    pub lower_quartile: f64,
    /// Smallest measurement per iteration, in the same unit.
    pub minimum: f64,
    /// Standard error of ln `typical` from the spread inside this process. Says nothing about the spread between
    /// processes, which is usually several times as large.
    pub standard_error: f64,
    /// How many measurements there are; 0 where the source doesn't say.
    pub n_measurements: usize,
    /// How the iteration counts were chosen.
    pub mode: SamplingMode,
    /// Where the numbers come from.
    pub evidence: Evidence,
    /// A hash of the measurements in measured order: equal hashes mean that one result was copied.
    pub fingerprint: u64,
    /// When it was written, as far as the file system or the file tells.
    pub measured_at: Option<SystemTime>,
}

impl Execution {
    /// Whether all of several measurements are equal, as with a count of instructions: then an equal result is no sign of
    /// a copy.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.evidence == Evidence::Sample && self.standard_error <= 0.0
    }
}
