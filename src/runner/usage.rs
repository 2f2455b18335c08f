//! What a child process used: its CPU time and switches from the system's account of children that have ended, and what others of
//! the host took meanwhile.
//!
//! Children run one after another, so that the account's growth is the child's own, with all that it started and waited for.

use std::io;
use std::process::{Command, Output};
use std::time::Instant;

/// What one process used. Times are in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Usage {
    /// From before it was started until it had ended.
    pub(super) wall: f64,
    /// By the program and by the system for it; `None` where the system doesn't say.
    pub(super) cpu: Option<f64>,
    /// How often it gave the processor up.
    pub(super) waits: u64,
    /// How often the processor was taken from it.
    pub(super) preemptions: u64,
    /// The share of the machine's processor time that others took.
    pub(super) steal: Option<f64>,
}

/// Runs a command to its end.
pub(super) fn watched(command: &mut Command) -> io::Result<(Output, Usage)> {
    let (children, machine, start) = (Children::now(), Machine::now(), Instant::now());
    let output = command.output()?;
    let wall = start.elapsed().as_nanos() as f64;
    let grown = children.zip(Children::now()).map(|(before, after)| after.since(&before));
    let usage = Usage {
        wall,
        cpu: grown.map(|grown| grown.cpu),
        waits: grown.map_or(0, |grown| grown.waits),
        preemptions: grown.map_or(0, |grown| grown.preemptions),
        steal: machine.zip(Machine::now()).and_then(|(before, after)| after.stolen_since(&before)),
    };
    Ok((output, usage))
}

/// Whether this system tells the CPU time of children.
#[must_use]
pub fn knows_cpu_time() -> bool {
    Children::now().is_some()
}

/// The account of children that have ended.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Children {
    cpu: f64,
    waits: u64,
    preemptions: u64,
}

impl Children {
    #[cfg(unix)]
    fn now() -> Option<Children> {
        use nix::sys::resource::{UsageWho, getrusage};
        use nix::sys::time::TimeValLike;
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
        let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        let count = |n| u64::try_from(n).unwrap_or(0);
        Some(Children {
            cpu: microseconds as f64 * 1e3,
            waits: count(usage.voluntary_context_switches()),
            preemptions: count(usage.involuntary_context_switches()),
        })
    }

    #[cfg(not(unix))]
    fn now() -> Option<Children> {
        None
    }

    fn since(&self, before: &Children) -> Children {
        Children {
            cpu: self.cpu - before.cpu,
            waits: self.waits.saturating_sub(before.waits),
            preemptions: self.preemptions.saturating_sub(before.preemptions),
        }
    }
}

/// The processors' time since the machine started, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Machine {
    all: u64,
    stolen: u64,
}

impl Machine {
    fn now() -> Option<Machine> {
        Machine::read(&std::fs::read_to_string("/proc/stat").ok()?)
    }

    /// Linux' words: user, nice, system, idle, iowait, irq, softirq, steal, and guests' time that user has already.
    fn read(stat: &str) -> Option<Machine> {
        let mut words = stat.lines().next()?.split_ascii_whitespace();
        let ticks: Vec<u64> =
            words.next().filter(|word| *word == "cpu").and(words.map(|w| w.parse().ok()).collect())?;
        Some(Machine { all: ticks.iter().take(8).sum(), stolen: *ticks.get(7)? })
    }

    fn stolen_since(&self, before: &Machine) -> Option<f64> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        Some(self.stolen.checked_sub(before.stolen)? as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steal_is_read_from_linux_words() {
        let before = Machine::read("cpu  10 0 10 70 0 0 0 10 5 0\ncpu0 1 2\n").expect("words");
        assert_eq!(before, Machine { all: 100, stolen: 10 });
        let after = Machine::read("cpu  60 0 10 95 0 0 0 35 5 0\n").expect("words");
        assert_eq!(after.stolen_since(&before), Some(0.25));
        assert_eq!(before.stolen_since(&after), None);
        assert_eq!(before.stolen_since(&before), None);
        for text in ["", "cpu", "cpu 1 2 3", "cpu a b c d e f g h", "intr 1 2 3 4 5 6 7 8"] {
            assert_eq!(Machine::read(text), None, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_child_that_computes_is_seen_and_one_that_sleeps_is_not() {
        let run = |script: &str| watched(Command::new("sh").args(["-c", script])).expect("a shell").1;
        let computes = run("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done");
        let sleeps = run("sleep 0.2");
        let (computing, sleeping) = (computes.cpu.expect("known"), sleeps.cpu.expect("known"));
        assert!(computing > sleeping && sleeping < 0.1e9, "{computes:?} {sleeps:?}");
        assert!(sleeps.wall >= 0.2e9 && sleeps.waits >= 1, "{sleeps:?}");
    }
}
