//! A sign of life on standard error, for work that takes longer than a second.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use criterion_regress::report::visible;
use criterion_regress::runner::{OfficialProgress, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::github::print_error;

const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// Runs `work`, showing how many `things` its counter says were read once it takes more than a second, on a terminal only.
pub(super) fn while_reading<T>(things: &str, work: impl FnOnce(&AtomicUsize) -> T) -> T {
    let counter = AtomicUsize::new(0);
    if !std::io::stderr().is_terminal() {
        return work(&counter);
    }
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let shown = scope.spawn(|| show(things, &counter, &is_done));
        let result = work(&counter);
        is_done.store(true, Ordering::Relaxed);
        shown.thread().unpark();
        result
    })
}

fn show(things: &str, counter: &AtomicUsize, is_done: &AtomicBool) {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if is_done.load(Ordering::Relaxed) {
            return;
        }
        std::thread::park_timeout(PATIENCE);
    }
    let style = ProgressStyle::with_template(&format!("{{spinner}} read {{pos}} {things}"))
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
    while !is_done.load(Ordering::Relaxed) {
        bar.set_position(counter.load(Ordering::Relaxed) as u64);
        bar.tick();
        std::thread::park_timeout(TICK);
    }
    bar.finish_and_clear();
}

/// What is being done to a history, on a terminal only.
pub(super) struct StageBar {
    bar: Option<ProgressBar>,
}

impl StageBar {
    pub(super) fn new() -> StageBar {
        StageBar { bar: spinner() }
    }

    /// What is done now; our own words.
    pub(super) fn show(&self, stage: impl FnOnce() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_message(stage());
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How rounds go on: a line that changes on a terminal, and elsewhere one after each look.
pub(super) struct RoundsBar {
    bar: Option<ProgressBar>,
}

impl RoundsBar {
    /// Says what is to come.
    pub(super) fn new(n_benchmarks: usize, budget: Option<Duration>) -> RoundsBar {
        let limit = budget.map_or_else(String::new, |budget| format!(", for {} seconds at most", budget.as_secs()));
        print_error(&format!("running {n_benchmarks} benchmarks of both sides in rounds{limit}"));
        RoundsBar { bar: spinner() }
    }

    /// What runs next.
    pub(super) fn show(&self, progress: Progress<'_>) {
        let Some(bar) = &self.bar else { return };
        let estimate = progress.estimate.map_or_else(String::new, |log| format!(" {:+.1} %", log.exp_m1() * 100.0));
        let remaining = progress.remaining.map_or_else(String::new, |left| format!(", {} s left", left.as_secs() + 1));
        bar.set_message(format!(
            "round {} of {}, {} open{remaining}: {}{estimate}",
            progress.round,
            progress.next_look,
            progress.n_open,
            visible(progress.id)
        ));
    }

    /// What a look said.
    pub(super) fn looked(&self, rounds: usize, n_decided: usize, n: usize) {
        self.tell(&format!("after {rounds} rounds: {n_decided} of {n} decided"));
    }

    /// A line that stays.
    pub(super) fn tell(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => print_error(line),
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How an official run goes on: a line that changes on a terminal, and elsewhere one for each execution.
pub(super) struct OfficialBar {
    bar: Option<ProgressBar>,
    start: Instant,
    /// The execution that was told last.
    told: usize,
}

impl OfficialBar {
    pub(super) fn new() -> OfficialBar {
        OfficialBar { bar: spinner(), start: Instant::now(), told: 0 }
    }

    /// What runs next.
    pub(super) fn show(&mut self, progress: OfficialProgress<'_>) {
        let left = progress.remaining.map_or_else(String::new, |left| format!(", about {} left", duration(left)));
        let of = format!("execution {} of {}", progress.execution, progress.n_executions);
        let Some(bar) = &self.bar else {
            if self.told != progress.execution {
                self.told = progress.execution;
                print_error(&format!("{of}: {} of {} to be run{left}", progress.n - progress.n_done, progress.n));
            }
            return;
        };
        let (elapsed, next) = (duration(self.start.elapsed()), progress.n_done + 1);
        bar.set_message(format!("{of}, {next} of {}, {elapsed}{left}: {}", progress.n, visible(progress.id)));
    }

    /// A line that stays.
    pub(super) fn tell(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| print_error(line)),
            None => print_error(line),
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A line that changes, on a terminal.
fn spinner() -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let style =
            ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
        bar.enable_steady_tick(TICK);
        bar
    })
}

/// `3 s`, `4 min`, `2 h 5 min`.
pub(super) fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..=99 => format!("{seconds} s"),
        seconds @ 100..=5999 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
