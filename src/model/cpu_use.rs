/// What one process of a benchmark used of the processors, beside the time that went by.
///
/// Times are in nanoseconds. What is said of iterations is a difference of two processes: the one that was measured, and one of the
/// same executable right before it that does next to nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuUse {
    /// CPU time of an iteration, of all threads, by the program and by the system for it; `None` where it could not be told.
    pub per_iteration: Option<f64>,
    /// Wall time of an iteration, as the same process measured it.
    pub wall_per_iteration: f64,
    /// What code around the iterations may have added to `per_iteration`, at most; `None` where nobody measured it.
    pub around: Option<f64>,
    /// Whether the process did so many iterations that the shortest run of the benchmark is idle beside it.
    pub is_long: bool,
    /// How often the process gave the processor up to wait for something, beyond what the idle one did.
    pub waits: u64,
    /// How often the system took the processor away from it.
    pub preemptions: u64,
    /// The share of the machine's processor time that others of the same host took while it ran, where the system says.
    pub steal: Option<f64>,
}

impl CpuUse {
    /// CPU time over wall time.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        Some(self.per_iteration? / self.wall_per_iteration).filter(|share| share.is_finite())
    }
}
