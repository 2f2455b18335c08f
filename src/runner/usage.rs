//! What a child process used: its CPU time and switches from the system's account of children that have ended, and what others of
//! the host took meanwhile.
//!
//! Children run one after another, so that the account's growth is the child's own, with all that it started and waited for.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::suspension::{Stopwatch, Suspension};

/// What ends a process before it ends by itself, and what it stands still with.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Set by whoever wants all to stop.
    pub is_stopped: Arc<AtomicBool>,
    /// How long one process may take.
    pub longest: Option<Duration>,
    /// With whom it stands still.
    pub suspension: Suspension,
}

/// How often a process is looked at while it runs: rarely, as that takes the processor from it.
const GLANCE: Duration = Duration::from_millis(100);

/// How often where it is about to end.
const SHORTLY: Duration = Duration::from_micros(200);

/// So long is waited for the rest of what a process printed after it has ended: another that it has left behind may hold the pipe.
const REST: Duration = Duration::from_secs(1);

/// More than this of what a process prints is not kept: its first half goes.
const LONGEST_OUTPUT: usize = 32 << 20;

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

/// Runs a command to its end, or to that which the guard sets.
///
/// It gets a process group of its own: what stops us at a terminal would otherwise end it as well, perhaps before we know, and its
/// end would look like a failure.
pub(super) fn watched(command: &mut Command, guard: &Guard) -> io::Result<(Output, Usage)> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let (children, machine, start) = (Children::now(), Machine::now(), Instant::now());
    let stopwatch = guard.suspension.stopwatch();
    let mut child = guard.suspension.start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let (ended, texts) = listen(&mut child);
    let ended = wait(&mut child, &ended, guard, start, &stopwatch);
    if ended.is_err() {
        guard.suspension.release();
        end(&mut child);
    }
    let (status, wall, is_whole) = ended?;
    let [stdout, stderr] = texts.map(|text| text.lock().map(|mut text| std::mem::take(&mut *text)).unwrap_or_default());
    let output = Output { status, stdout, stderr };
    let grown = children.zip(Children::now()).map(|(before, after)| after.since(&before)).filter(|_| is_whole);
    let usage = Usage {
        wall,
        cpu: grown.map(|grown| grown.cpu),
        waits: grown.map_or(0, |grown| grown.waits),
        preemptions: grown.map_or(0, |grown| grown.preemptions),
        steal: machine.zip(Machine::now()).and_then(|(before, after)| after.stolen_since(&before)),
    };
    Ok((output, usage))
}

/// What a pipe has given so far.
type Text = Arc<Mutex<Vec<u8>>>;

/// Reads what a process prints, in threads that tell when there is no more.
fn listen(child: &mut Child) -> (Receiver<()>, [Text; 2]) {
    let (sender, ended) = channel();
    let stdout = child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
    let stderr = child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
    let texts = [stdout, stderr].map(|pipe| {
        let text = Arc::new(Mutex::new(Vec::new()));
        let (sender, kept) = (sender.clone(), Arc::clone(&text));
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            let mut pipe = pipe;
            while let Some(n) = pipe.as_mut().and_then(|pipe| read(pipe, &mut buffer)) {
                let Ok(mut kept) = kept.lock() else { break };
                kept.extend_from_slice(&buffer[..n]);
                if kept.len() > LONGEST_OUTPUT {
                    kept.drain(..LONGEST_OUTPUT / 2);
                }
            }
            drop(sender);
        });
        text
    });
    (ended, texts)
}

/// The next bytes; `None` at the end.
fn read(pipe: &mut impl Read, buffer: &mut [u8]) -> Option<usize> {
    loop {
        match pipe.read(buffer) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            read => return read.ok().filter(|n| *n > 0),
        }
    }
}

/// Waits for a process: how it ended, after how many nanoseconds, and whether that is known well, as nothing it started goes on.
fn wait(
    child: &mut Child,
    ended: &Receiver<()>,
    guard: &Guard,
    start: Instant,
    stopwatch: &Stopwatch,
) -> io::Result<(ExitStatus, f64, bool)> {
    let mut done: Option<(ExitStatus, Instant)> = None;
    let mut closed: Option<Instant> = None;
    loop {
        // Nothing is ever sent: its end is that of both pipes.
        let is_closed = matches!(ended.recv_timeout(GLANCE), Err(RecvTimeoutError::Disconnected));
        if done.is_none() {
            done = guard.suspension.try_wait(child)?.map(|status| (status, Instant::now()));
        }
        match done {
            Some((status, at)) if is_closed || at.elapsed() > REST => {
                return Ok((status, at.duration_since(start).as_nanos() as f64, is_closed));
            }
            Some(_) => {}
            None if guard.is_stopped.load(Ordering::Relaxed) => {
                return Err(io::Error::new(io::ErrorKind::Interrupted, "it was stopped"));
            }
            None => {
                if let Some(longest) = guard.longest.filter(|longest| stopwatch.elapsed() > *longest) {
                    let told = format!("it was still running after {} s, longer than it may", longest.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, told));
                }
                // Its pipes are closed: it is about to end, or goes on without them.
                if is_closed {
                    let is_new = closed.get_or_insert_with(Instant::now).elapsed() < GLANCE;
                    std::thread::sleep(if is_new { SHORTLY } else { GLANCE });
                }
            }
        }
    }
}

/// Ends a process and all that it has started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(group) = i32::try_from(child.id()) {
        use nix::sys::signal::{Signal, killpg};
        // It is not waited for yet, so that the number is still its own.
        let _ = killpg(nix::unistd::Pid::from_raw(group), Signal::SIGKILL);
    }
    let _ = child.kill();
    let _ = child.wait();
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
        let run =
            |script: &str| watched(Command::new("sh").args(["-c", script]), &Guard::default()).expect("a shell").1;
        let computes = run("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done");
        let sleeps = run("sleep 0.2");
        let (computing, sleeping) = (computes.cpu.expect("known"), sleeps.cpu.expect("known"));
        assert!(computing > sleeping && sleeping < 0.1e9, "{computes:?} {sleeps:?}");
        assert!(sleeps.wall >= 0.2e9 && sleeps.waits >= 1, "{sleeps:?}");
    }

    #[cfg(unix)]
    #[test]
    fn what_does_not_end_is_ended_and_what_it_leaves_behind_is_not_waited_for() {
        let run = |script: &str, guard: &Guard| watched(Command::new("sh").args(["-c", script]), guard);
        let impatient = Guard { longest: Some(Duration::from_millis(1)), ..Guard::default() };
        let told = run("trap '' TERM INT; sleep 1000; true", &impatient).expect_err("it doesn't end");
        assert_eq!((told.kind(), told.to_string().contains("still running")), (io::ErrorKind::TimedOut, true));
        let stopped = Guard { is_stopped: Arc::new(AtomicBool::new(true)), ..Guard::default() };
        assert_eq!(run("sleep 1000", &stopped).expect_err("stopped").kind(), io::ErrorKind::Interrupted);
        // The shell is gone, and its child holds the pipes.
        let (output, usage) = run("sleep 1000 & echo $!", &Guard::default()).expect("it ends");
        let left = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(output.status.success() && usage.cpu.is_none() && usage.wall < 900e9, "{usage:?}");
        assert!(Command::new("kill").arg(&left).status().is_ok_and(|status| status.success()), "{left} was left alone");
        let (output, usage) = run("echo out; echo err >&2; exit 3", &Guard::default()).expect("it ends");
        assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!((output.status.code(), usage.cpu.is_some()), (Some(3), true));
    }

    #[cfg(unix)]
    #[test]
    fn of_much_output_the_end_is_kept() {
        let script = "head -c 40000000 /dev/zero; echo end";
        let (output, _) = watched(Command::new("sh").args(["-c", script]), &Guard::default()).expect("it ends");
        assert!(output.stdout.len() <= LONGEST_OUTPUT && output.stdout.ends_with(b"end\n"), "{}", output.stdout.len());
    }
}
