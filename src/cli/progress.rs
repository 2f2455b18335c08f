//! A sign of life on standard error, for work that takes longer than a second.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// Runs `work`, showing how far its counter has come once it takes more than a second, on a terminal only.
pub(super) fn while_reading<T>(work: impl FnOnce(&AtomicUsize) -> T) -> T {
    let counter = AtomicUsize::new(0);
    if !std::io::stderr().is_terminal() {
        return work(&counter);
    }
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let shown = scope.spawn(|| show(&counter, &is_done));
        let result = work(&counter);
        is_done.store(true, Ordering::Relaxed);
        shown.thread().unpark();
        result
    })
}

fn show(counter: &AtomicUsize, is_done: &AtomicBool) {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if is_done.load(Ordering::Relaxed) {
            return;
        }
        std::thread::park_timeout(PATIENCE);
    }
    let style = ProgressStyle::with_template("{spinner} read {pos} results")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
    while !is_done.load(Ordering::Relaxed) {
        bar.set_position(counter.load(Ordering::Relaxed) as u64);
        bar.tick();
        std::thread::park_timeout(TICK);
    }
    bar.finish_and_clear();
}
