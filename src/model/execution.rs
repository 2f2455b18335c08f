use std::time::SystemTime;

use super::{CpuUse, CriterionVerdict, SamplingMode};

/// Where the numbers of an [`Execution`] come from; from the strongest to the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Every measurement of the execution.
    Sample,
    /// Criterion's own estimates; the measurements are not there.
    Estimates,
    /// What Criterion printed: its slope or mean with an interval, rounded.
    Printed,
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
    /// Plain mean per iteration, in the same unit: what Criterion's own test looks at.
    pub mean: f64,
    /// Standard deviation of the values per iteration, in the same unit; 0 where there are fewer than two.
    pub standard_deviation: f64,
    /// Standard error of ln `typical` from the spread inside this process. Says nothing about the spread between
    /// processes, which is usually several times as large.
    pub standard_error: f64,
    /// How many measurements there are; 0 where the source doesn't say.
    pub n_measurements: usize,
    /// How the iteration counts were chosen.
    pub mode: SamplingMode,
    /// Where the numbers come from.
    pub evidence: Evidence,
    /// What Criterion printed of its change against whatever it was compared with then, where that is what is left.
    pub printed_verdict: Option<CriterionVerdict>,
    /// A hash of the measurements in measured order: equal hashes mean that one result was copied.
    pub fingerprint: u64,
    /// When it was written, as far as the file system or the file tells.
    pub measured_at: Option<SystemTime>,
    /// What its process used besides time, where somebody looked.
    pub cpu: Option<CpuUse>,
}

/// By what an execution is recognised, whatever file it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// A hash of the measurements, or of the estimates where there are no others.
    pub measurements: u64,
    /// The median to nine digits, as bits: what measurements and estimates of one execution have in common.
    pub median: u64,
    /// Whether only the estimates were there.
    pub is_estimate: bool,
}

impl Mark {
    /// Whether both are of one execution: the same measurements, or on one side the estimates of the other's.
    #[must_use]
    pub fn is_same_as(&self, other: &Mark) -> bool {
        self.measurements == other.measurements
            || (self.is_estimate != other.is_estimate && self.median == other.median)
    }
}

/// Which of an execution's numbers stands for it in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Estimator {
    /// The iterations-weighted median: what the benchmark usually takes. For machines that others share.
    #[default]
    Typical,
    /// The lower quartile: nearer to what the code takes when nothing disturbs it, and steadier from one execution to the next
    /// where a machine is its own. Blind to what only the slow half of the measurements shows.
    LowerQuartile,
    /// The smallest measurement.
    Minimum,
}

#[cfg(test)]
impl Execution {
    /// A hundred measurements that were all the same.
    pub(crate) fn constant(typical: f64) -> Execution {
        Execution {
            typical,
            median: typical,
            lower_quartile: typical,
            minimum: typical,
            mean: typical,
            standard_deviation: 0.0,
            standard_error: 0.001,
            n_measurements: 100,
            mode: SamplingMode::Linear,
            evidence: Evidence::Sample,
            fingerprint: typical.to_bits(),
            measured_at: None,
            cpu: None,
            printed_verdict: None,
        }
    }
}

impl Execution {
    /// The number that stands for the execution, in the benchmark's unit.
    #[must_use]
    pub fn location(&self, estimator: Estimator) -> f64 {
        match estimator {
            Estimator::Typical => self.typical,
            Estimator::LowerQuartile => self.lower_quartile,
            Estimator::Minimum => self.minimum,
        }
    }

    /// By what it is recognised; `None` where equal measurements are no sign of a copy.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        // 2^-30 is nine digits.
        let median = (self.median.to_bits() + (1 << 21)) >> 22;
        let is_estimate = self.evidence == Evidence::Estimates;
        (!self.is_constant()).then_some(Mark { measurements: self.fingerprint, median, is_estimate })
    }

    /// Whether all of several measurements are equal, as with a count of instructions: then an equal result is no sign of
    /// a copy.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.evidence == Evidence::Sample && self.standard_error <= 0.0
    }
}

/// The executions of one benchmark on one side: at least one, each of them one observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Executions {
    first: Execution,
    more: Vec<Execution>,
}

impl Executions {
    /// The first, or the only one.
    #[must_use]
    pub fn first(&self) -> &Execution {
        &self.first
    }

    /// The one that was measured last, as far as they say.
    #[must_use]
    pub fn newest(&self) -> &Execution {
        self.more.iter().fold(&self.first, |newest, e| if e.measured_at >= newest.measured_at { e } else { newest })
    }

    /// How many there are.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        1 + self.more.len()
    }

    /// All of them, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Execution> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// All of them, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Execution> {
        std::iter::once(&mut self.first).chain(&mut self.more)
    }

    /// Adds one, unless it is a copy of one that is there: that would be one observation counted twice. Says whether it was
    /// added.
    pub fn add(&mut self, execution: Execution) -> bool {
        let is_copy = self.has(&execution);
        if !is_copy {
            self.more.push(execution);
        }
        !is_copy
    }

    /// Whether `execution` is a copy of one of them. Constant measurements are equal without being copies.
    #[must_use]
    pub fn has(&self, execution: &Execution) -> bool {
        let is_same = |mark: Mark| self.iter().filter_map(Execution::mark).any(|m| m.is_same_as(&mark));
        execution.mark().is_some_and(is_same)
    }

    /// Keeps those that `is_kept`; `None` when that leaves none.
    #[must_use]
    pub fn filtered(&self, is_kept: impl Fn(&Execution) -> bool) -> Option<Executions> {
        Executions::collect(self.iter().filter(|e| is_kept(e)).cloned())
    }

    /// Collects them; `None` when there are none.
    #[must_use]
    pub fn collect(executions: impl IntoIterator<Item = Execution>) -> Option<Executions> {
        let mut executions = executions.into_iter();
        let first = executions.next()?;
        Some(Executions { first, more: executions.collect() })
    }

    /// The weakest evidence among them.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.iter().map(|e| e.evidence).max().unwrap_or(self.first.evidence)
    }

    /// What stands for all of them: the geometric mean of their locations, in the benchmark's unit. NaN or infinite where a
    /// location is not positive, unless there is but one.
    #[must_use]
    pub fn location(&self, estimator: Estimator) -> f64 {
        if self.more.is_empty() {
            return self.first.location(estimator);
        }
        let sum: f64 = self.iter().map(|e| e.location(estimator).ln()).sum();
        (sum / self.len() as f64).exp()
    }

    /// Measurements of all of them.
    #[must_use]
    pub fn n_measurements(&self) -> usize {
        self.iter().map(|e| e.n_measurements).sum()
    }
}

impl From<Execution> for Executions {
    fn from(first: Execution) -> Executions {
        Executions { first, more: Vec::new() }
    }
}
