//! Timing work on a device that has a queue.
//!
//! Starting work on a GPU returns before it is done. A clock that stops then has timed the queue, and reads the less the more
//! work there is.

use std::time::{Duration, Instant};

/// When the clock's reader waits for the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// After each operation: what a caller waits who needs the result. Criterion's name for it is the device's alone.
    Each,
    /// Once, after all operations of a measurement: what an operation costs when the queue is kept full.
    Batch,
    /// Never: wrong, and here so that others can be seen to notice. The device is waited for before the next measurement.
    Never,
}

impl Waiting {
    /// Whether what was started inside the timed region was finished inside it.
    pub fn is_synchronised(self) -> bool {
        match self {
            Waiting::Each | Waiting::Batch => true,
            Waiting::Never => false,
        }
    }
}

/// A device that works on what it was given while others go on.
pub trait Queue {
    /// Why it could not do something.
    type Error;

    /// Starts one operation, and may return before it is done.
    ///
    /// # Errors
    /// When the device refuses.
    fn start(&self) -> Result<(), Self::Error>;

    /// Returns when all that was started is done.
    ///
    /// # Errors
    /// When the device failed at it.
    fn synchronise(&self) -> Result<(), Self::Error>;

    /// A clock that only goes forwards.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// The time of `iterations` operations.
///
/// # Errors
/// When the device fails.
pub fn time<Q: Queue>(queue: &Q, iterations: u64, waiting: Waiting) -> Result<Duration, Q::Error> {
    queue.synchronise()?; // what was started earlier is not ours
    let start = queue.now();
    for _ in 0..iterations {
        queue.start()?;
        if waiting == Waiting::Each {
            queue.synchronise()?;
        }
    }
    if waiting == Waiting::Batch {
        queue.synchronise()?;
    }
    let taken = queue.now().duration_since(start);
    queue.synchronise()?;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;

    use super::*;

    const START: Duration = Duration::from_micros(5);
    const WORK: Duration = Duration::from_millis(3);

    /// A device whose clock moves when it is told to: starting costs 5 µs, and the work 3 ms, done when it is waited for.
    struct Deferred {
        origin: Instant,
        passed: Cell<Duration>,
        waiting: Cell<u32>,
    }

    impl Deferred {
        fn new(n_waiting: u32) -> Deferred {
            Deferred { origin: Instant::now(), passed: Cell::default(), waiting: Cell::new(n_waiting) }
        }
    }

    impl Queue for Deferred {
        type Error = Infallible;

        fn start(&self) -> Result<(), Infallible> {
            self.waiting.set(self.waiting.get() + 1);
            self.passed.set(self.passed.get() + START);
            Ok(())
        }

        fn synchronise(&self) -> Result<(), Infallible> {
            self.passed.set(self.passed.get() + WORK * self.waiting.take());
            Ok(())
        }

        fn now(&self) -> Instant {
            self.origin + self.passed.get()
        }
    }

    fn check(waiting: Waiting, want: Duration) {
        let device = Deferred::new(2); // of somebody else's
        assert_eq!(time(&device, 10, waiting), Ok(want), "{waiting:?}");
        assert_eq!(device.waiting.get(), 0, "{waiting:?} leaves work to the next measurement");
    }

    #[test]
    fn work_is_inside_the_clock_if_it_is_waited_for() {
        check(Waiting::Each, 10 * (START + WORK));
        check(Waiting::Batch, 10 * (START + WORK));
    }

    #[test]
    fn a_clock_that_does_not_wait_reads_six_hundred_times_too_little() {
        check(Waiting::Never, 10 * START);
        assert!(!Waiting::Never.is_synchronised());
    }
}
