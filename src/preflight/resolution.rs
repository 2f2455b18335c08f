//! What times can resolve here: the same work in fresh processes, as an A/A comparison without a B.

use super::{Area, Check, Status, Strictness};
use crate::stats::{executions_needed, median, smallest_detectable};

/// A change is called resolvable where it would be found so often.
const POWER: f64 = 0.8;

/// With fewer processes the spread between them is a guess.
const FEWEST: usize = 5;

/// How steady a processor's work is here from one process to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolution {
    /// Processes that were run.
    pub processes: usize,
    /// The standard deviation of the logarithms of their times.
    pub spread: f64,
    /// The slowest against the middle one, as a fraction.
    pub worst: f64,
    /// The smallest slowdown, as a fraction, that so many executions a side find in 8 of 10 cases.
    pub smallest: f64,
    /// How many executions a side the threshold would need, where any number does.
    pub executions_needed: Option<usize>,
}

/// What follows from the times of processes that did the same work; `None` for too few, or times that are none.
///
/// For one benchmark, at the one-sided level `level`, with `executions` a side; [`smallest_detectable`] has the formula. A kernel
/// in the processor's cache is steadier than most benchmarks: what it can't resolve, they can't.
#[must_use]
pub fn measured(times: &[f64], threshold: f64, executions: usize, level: f64) -> Option<Resolution> {
    if times.len() < FEWEST || times.iter().any(|time| !time.is_finite() || *time <= 0.0) {
        return None;
    }
    let logs: Vec<f64> = times.iter().map(|time| time.ln()).collect();
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let spread = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let executions = executions.max(2);
    let error = spread * (2.0 / executions as f64).sqrt();
    let smallest = smallest_detectable(error, 2.0 * executions as f64 - 2.0, level, POWER).exp_m1();
    let slowest = times.iter().copied().max_by(f64::total_cmp)?;
    let worst = slowest / median(times) - 1.0;
    let needed = executions_needed(threshold.ln_1p(), spread, level, POWER);
    Some(Resolution { processes: times.len(), spread, worst, smallest, executions_needed: needed })
}

/// Whether the threshold is one that this machine can resolve.
#[must_use]
pub fn resolution(times: &[f64], threshold: f64, executions: usize, level: f64, strictness: Strictness) -> Check {
    let why = "a threshold below what the machine resolves makes every benchmark inconclusive";
    let check = Check { area: Area::Resolution, may_pass_later: true, ..Check::new("resolution", "threshold", why) };
    let Some(of) = measured(times, threshold, executions, level) else {
        return check.is(Status::CannotTell, format!("{} of the processes that should have measured did", times.len()));
    };
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let found = format!(
        "the same work in {} processes spreads by {}, the slowest {} above the middle; with {} executions a side, a slowdown of {} can be \
         found, and {} is asked for",
        of.processes,
        percent(of.spread),
        percent(of.worst),
        executions.max(2),
        percent(of.smallest),
        percent(threshold)
    );
    if of.smallest <= threshold {
        return check.is(Status::Pass, found);
    }
    let remedy = match of.executions_needed {
        Some(n) => format!("measure {n} executions a side, quieten the machine, or raise the threshold"),
        None => "quieten the machine, or raise the threshold: no number of executions would do".to_owned(),
    };
    check.is(strictness.fails(), found).remedy(&remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_resolved() {
        // Logarithms 1 % around their mean, five up and five down: a standard deviation of 1.054 %.
        let times: Vec<f64> = (0..10).map(|i| if i % 2 == 0 { 0.01_f64.exp() } else { (-0.01_f64).exp() }).collect();
        let of = measured(&times, 0.02, 5, 0.01).expect("enough");
        assert!((of.spread - 0.010_541).abs() < 1e-6, "{of:?}");
        // (t(0.99, 8) + t(0.8, 8)) · 0.010541 · √(2/5) = (2.8965 + 0.8889) · 0.0066667
        assert!((of.smallest - 0.025_236_f64.exp_m1()).abs() < 2e-5, "{of:?}");
        assert!(of.executions_needed.is_some_and(|n| (6..12).contains(&n)), "{of:?}");
        let check = |threshold: f64, strictness| resolution(&times, threshold, 5, 0.01, strictness);
        assert_eq!(check(0.05, Strictness::Official).status, Status::Pass);
        assert_eq!(check(0.02, Strictness::Official).status, Status::Fail);
        assert_eq!(check(0.02, Strictness::Smoke).status, Status::Warn);
        assert!(check(0.02, Strictness::Smoke).remedy.is_some_and(|remedy| remedy.contains("executions a side")));
    }

    #[test]
    fn too_little_is_no_answer() {
        for times in [&[][..], &[1.0; 4], &[1.0, 1.0, 1.0, 1.0, f64::NAN], &[1.0, 1.0, 1.0, 1.0, 0.0]] {
            assert_eq!(resolution(times, 0.02, 5, 0.01, Strictness::Official).status, Status::CannotTell);
        }
        // A clock so coarse that all are equal resolves, as far as it shows, everything.
        assert_eq!(resolution(&[1.0; 8], 0.02, 5, 0.01, Strictness::Official).status, Status::Pass);
    }
}
