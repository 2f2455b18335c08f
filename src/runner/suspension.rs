//! Ctrl-Z: a benchmark's process stands still with us, goes on with us, and what it measured meanwhile is not used.
//!
//! Benchmarks run in process groups of their own, which a terminal doesn't stop with us. So we hear the signal, stop the group and
//! then ourselves, and when we are continued, the group is as well. Whoever measures looks before and after whether
//! [`Suspension::n`] is the same. A process killed while all stands still leaves nothing behind: the system ends stopped groups that
//! nobody is left to continue.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often this process was suspended, and the benchmark's process that is to stand still with it. Copies are the same.
#[derive(Debug, Clone, Default)]
pub struct Suspension(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The group of the process that runs.
    group: Option<u32>,
    n: usize,
    /// How long this process stood still.
    total: Duration,
}

impl Suspension {
    /// Hears from now on what a terminal's Ctrl-Z sends; where there are no such signals, nothing.
    ///
    /// # Errors
    /// When the system doesn't let us.
    pub fn by_terminal() -> io::Result<Suspension> {
        let suspension = Suspension::default();
        #[cfg(unix)]
        suspension.listen()?;
        Ok(suspension)
    }

    /// How often this process was suspended.
    #[must_use]
    pub fn n(&self) -> usize {
        self.state().n
    }

    /// Measures time from now on, without that in which this process stands still.
    pub(super) fn stopwatch(&self) -> Stopwatch {
        Stopwatch { start: Instant::now(), before: self.state().total, suspension: self.clone() }
    }

    /// Starts a process that stands still with this one. It has to lead a group.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<Child> {
        let mut state = self.state();
        let child = command.spawn()?;
        state.group = Some(child.id());
        Ok(child)
    }

    /// How a process ended, if it did.
    pub(super) fn try_wait(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        // From then on, its number may be another's.
        let mut state = self.state();
        let ended = child.try_wait()?;
        if ended.is_some() {
            state.group = None;
        }
        Ok(ended)
    }

    /// Leaves a process to the caller, who ends it.
    pub(super) fn release(&self) {
        self.state().group = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(unix)]
    fn listen(&self) -> io::Result<()> {
        use signal_hook::consts::{SIGCONT, SIGTSTP};
        let mut signals = signal_hook::iterator::Signals::new([SIGTSTP, SIGCONT])?;
        let suspension = self.clone();
        std::thread::Builder::new().name("suspension".to_owned()).spawn(move || {
            for signal in signals.forever() {
                match signal {
                    SIGTSTP => suspension.suspend(),
                    // After a stop that nobody hears of as well: the benchmark went on, but nobody looked after it.
                    _ => suspension.state().n += 1,
                }
            }
        })?;
        Ok(())
    }

    /// Stands still until somebody continues us.
    #[cfg(unix)]
    fn suspend(&self) {
        use nix::sys::signal::{Signal, killpg, raise};
        use nix::unistd::Pid;
        if !is_continued_by_a_shell() {
            return;
        }
        // Held meanwhile, so that no process starts or ends unseen.
        let mut state = self.state();
        let group = state.group.and_then(|group| i32::try_from(group).ok()).map(Pid::from_raw);
        // One that has just ended can't be stopped, and needn't.
        let send = |signal| group.map(|group| killpg(group, signal));
        send(Signal::SIGSTOP);
        state.n += 1;
        let start = Instant::now();
        let _ = raise(Signal::SIGSTOP);
        state.total = state.total.saturating_add(start.elapsed());
        send(Signal::SIGCONT);
    }
}

/// Whether a shell is there that knows of our process group as one of its jobs. A group without one can't be continued by any key:
/// the system itself doesn't let a terminal suspend such a group, and what hears the signal must not do so either.
#[cfg(unix)]
fn is_continued_by_a_shell() -> bool {
    use nix::unistd::{getpgrp, getppid, getsid};
    let (Ok(session), Ok(parents)) = (getsid(None), getsid(Some(getppid()))) else { return false };
    parents == session && getpgrp() != session
}

/// Time in which this process did not stand still.
#[derive(Debug)]
pub(super) struct Stopwatch {
    start: Instant,
    before: Duration,
    suspension: Suspension,
}

impl Stopwatch {
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed().saturating_sub(self.suspension.state().total.saturating_sub(self.before))
    }
}
