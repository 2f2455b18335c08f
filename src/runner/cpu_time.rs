//! The CPU time of an iteration, from that of two processes.
//!
//! A process takes CPU time to start, to run code around its iterations, for the iterations of Criterion's warm-up, for those that
//! are measured, and to analyse them. A second process that does next to nothing ([`Idle`]) takes the same but for the iterations:
//! what the two differ by is divided by the iterations that they differ by. Nobody writes down how many the warm-up had; but it
//! doubles its batches, so that there are 2ᵏ − 1 of them, and what is known of their time leaves one k, or two.

use super::usage::Usage;
use crate::model::{CpuUse, Measurement};

/// How long the warm-up of a process takes at least where the caller doesn't say, in seconds. Short beside what is measured, so that
/// a wrong k is a small error: it is at most twice this long, and with it the doubt about the iterations' number.
pub(super) const WARM_UP: &str = "0.02";

/// How long the idle process warms up and measures: one iteration of warm-up, and one a measurement.
pub(super) const NO_TIME: &str = "0.00000001";

/// The process that does next to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// It selects no benchmark: what remains in the difference is the code around the iterations, and the analysis.
    SelectsNothing,
    /// It runs the benchmark as shortly as Criterion can.
    RunsShortly,
}

impl Idle {
    /// What should idle before the next processes of a benchmark, after one of each side.
    pub fn after<'a>(mut uses: impl Iterator<Item = Option<&'a CpuUse>>) -> Idle {
        if uses.all(|cpu| cpu.is_some_and(|cpu| cpu.is_long)) { Idle::RunsShortly } else { Idle::SelectsNothing }
    }
}

/// An idle process that needs more than this share of the iterations is no difference to speak of.
const LARGEST_IDLE_SHARE: f64 = 0.5;

/// What a process counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counted {
    /// Iterations that were measured.
    iterations: f64,
    /// What they took, in nanoseconds.
    total: f64,
    /// Measurements.
    n: f64,
    /// Iterations of the first and of the last measurement: equal under flat sampling.
    ends: [f64; 2],
}

impl Counted {
    /// What a benchmark's measurements count; `None` without them.
    pub(super) fn of(measurement: &Measurement) -> Option<Counted> {
        let Measurement::Sample(sample) = measurement else { return None };
        let iterations = sample.iterations();
        Some(Counted {
            iterations: iterations.iter().sum(),
            total: sample.totals().iter().sum(),
            n: iterations.len() as f64,
            ends: [*iterations.first()?, *iterations.last()?],
        })
    }

    /// The mean time of an iteration, in nanoseconds.
    fn mean(&self) -> f64 {
        self.total / self.iterations
    }

    /// The mean time of an iteration in the warm-up, in nanoseconds: what Criterion chose the counts by, as it wanted them to take
    /// `wanted`. It rounded up to whole batches, which leaves a range; the mean of the measurements says where in it.
    fn warm_up_mean(&self, wanted: f64) -> f64 {
        let (batches, size) = if self.ends[0] < self.ends[1] {
            (self.n * (self.n + 1.0) / 2.0, self.ends[0])
        } else {
            (self.n, self.ends[0])
        };
        let lower = wanted / batches / size;
        let upper = if size > 1.0 { wanted / batches / (size - 1.0) } else { f64::INFINITY };
        self.mean().max(lower).min(upper)
    }

    /// Whether the shortest run that Criterion makes of the benchmark idles, beside this one.
    fn is_long(&self) -> bool {
        self.n + 1.0 <= LARGEST_IDLE_SHARE * self.iterations
    }
}

/// How the measured process was told to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Times {
    /// Of the warm-up, at least; in nanoseconds.
    pub(super) warm_up: f64,
    /// Of all measurements, about.
    pub(super) measurement: f64,
}

/// How many batches a warm-up had that took iterations of `mean` until `warm_up` was over, within the time that was `seen`.
///
/// It ends after the first batch with which `warm_up` is over, by the mean of its iterations. Where its last batch was slower than
/// those before, that mean lets it end too early: what was seen holds the whole warm-up, so there were as many as fit into it.
fn warm_up_batches(mean: f64, warm_up: f64, seen: f64) -> i32 {
    let time = |k: i32| mean * (2_f64.powi(k) - 1.0);
    let first = (1..MOST_BATCHES).find(|k| time(*k) > warm_up).unwrap_or(MOST_BATCHES);
    (first..MOST_BATCHES).find(|k| time(k + 1) > seen).unwrap_or(first)
}

/// 2⁶³ iterations are more than anything takes.
const MOST_BATCHES: i32 = 63;

/// What a process used, beside one that idled.
///
/// `start_up` is the CPU time of a process that only starts, in nanoseconds.
pub(super) fn cpu_use(
    full: (&Usage, &Counted),
    times: Times,
    idle: (&Usage, Option<&Counted>),
    start_up: f64,
) -> CpuUse {
    let ((used, counted), (used_idle, idle)) = (full, idle);
    let idle_iterations = idle.map_or(0.0, |idle| idle.iterations + 1.0);
    let idle_total = idle.map_or(0.0, |idle| idle.total + idle.mean());
    let seen = (used.wall - counted.total) - (used_idle.wall - idle_total);
    let batches = warm_up_batches(counted.warm_up_mean(times.measurement), times.warm_up, seen);
    let iterations = counted.iterations + 2_f64.powi(batches) - 1.0 - idle_iterations;
    // What isn't within the process' time is no time: a measurement of something else.
    let is_time = counted.total > 0.0 && counted.total <= used.wall;
    // A suite may set its own times, and then the shortest run is no short one.
    let is_idle = idle.is_none_or(|idle| idle.ends[0] <= 1.0);
    let per_iteration = used
        .cpu
        .zip(used_idle.cpu)
        .map(|(full, idle)| (full - idle) / iterations)
        .filter(|cpu| is_time && is_idle && iterations > 0.0 && cpu.is_finite() && *cpu > 0.0);
    // Each batch of the warm-up and each measurement calls the benchmark's closure, with what it does before it iterates.
    let around = idle.zip(used_idle.cpu).map(|(idle, cpu)| {
        let a_call = (cpu - start_up).max(0.0) / (idle.n + 1.0);
        a_call * f64::from(batches - 1) / iterations
    });
    CpuUse {
        per_iteration,
        wall_per_iteration: counted.mean(),
        around: around.filter(|around| around.is_finite()),
        is_long: counted.is_long(),
        waits: used.waits.saturating_sub(used_idle.waits),
        preemptions: used.preemptions,
        steal: used.steal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Sample, SamplingMode};

    /// Iterations of the first and the last measurement, of all, what they took, how long the process did; what the idle process
    /// measured in ten iterations, how long it did; and what Criterion 0.8.2 said that it had warmed up with (`CRITERION_DEBUG`).
    type Recorded = ([f64; 2], f64, f64, f64, f64, f64, f64);

    /// Recorded on two processors beside fifteen busy processes, with a warm-up of 20 ms and 0.2 s of measurements.
    const RECORDED: [Recorded; 8] = [
        ([468_085.0, 4_680_850.0], 25_744_675.0, 270_845_613.0, 353_777_037.0, 290.0, 9_449_178.0, 8_388_607.0),
        ([1633.0, 16_330.0], 89_815.0, 256_304_359.0, 302_750_349.0, 7801.0, 12_110_445.0, 16_383.0),
        ([21.0, 210.0], 1155.0, 359_870_535.0, 465_818_631.0, 768_873.0, 7_842_746.0, 511.0),
        ([2.0, 2.0], 20.0, 240_542_002.0, 324_008_559.0, 125_809_667.0, 153_545_394.0, 3.0),
        ([1.0, 1.0], 10.0, 831_185_219.0, 927_847_642.0, 654_209_646.0, 752_088_345.0, 1.0),
        ([157.0, 1570.0], 8635.0, 239_381_787.0, 277_869_900.0, 99_860.0, 8_317_399.0, 1023.0),
        ([565.0, 5650.0], 31_075.0, 168_818_736.0, 213_288_219.0, 16_895.0, 16_097_081.0, 4095.0),
        ([22.0, 220.0], 1210.0, 111_959_920.0, 148_492_947.0, 5_846_068.0, 23_719_807.0, 127.0),
    ];

    const TIMES: Times = Times { warm_up: 0.02e9, measurement: 0.2e9 };

    fn used(wall: f64, cpu: f64) -> Usage {
        Usage { wall, cpu: Some(cpu), ..Usage::default() }
    }

    #[test]
    fn iterations_of_recorded_warm_ups_are_found() {
        for (ends, iterations, total, wall, idle_total, idle_wall, warm_up) in RECORDED {
            let counted = Counted { iterations, total, n: 10.0, ends };
            let idle = Counted { iterations: 10.0, total: idle_total, n: 10.0, ends: [1.0, 1.0] };
            let seen = (wall - total) - (idle_wall - idle_total * 1.1);
            let batches = warm_up_batches(counted.warm_up_mean(TIMES.measurement), TIMES.warm_up, seen);
            assert!(
                (2_f64.powi(batches) - 1.0 - warm_up).abs() < 0.5,
                "{ends:?}: {batches} batches, {warm_up} iterations"
            );
            // A process that took a nanosecond of CPU time an iteration is seen to.
            if counted.is_long() {
                let cpu = cpu_use(
                    (&used(wall, iterations + warm_up + 5e6), &counted),
                    TIMES,
                    (&used(idle_wall, 11.0 + 5e6), Some(&idle)),
                    5e6,
                );
                assert!(cpu.per_iteration.is_some_and(|cpu| (cpu - 1.0).abs() < 1e-9), "{ends:?}: {cpu:?}");
                assert!(cpu.around.is_some_and(|around| around < 0.1), "{ends:?}: {cpu:?}");
            }
        }
    }

    #[test]
    fn a_batch_that_just_missed_the_end_is_told_by_the_time() {
        // 2¹⁰ − 1 iterations of 20 µs take 20.46 ms: the mean lets the warm-up end there, and it took twice as long.
        assert_eq!(warm_up_batches(20_000.0, 20e6, 21e6), 10);
        assert_eq!(warm_up_batches(20_000.0, 20e6, 41e6), 11);
        // A last batch that others held up.
        assert_eq!(warm_up_batches(30_000.0, 20e6, 70e6), 11);
        assert_eq!(warm_up_batches(1e9, 20e6, 0.0), 1);
        assert_eq!(warm_up_batches(1e-300, 20e6, 0.0), 63);
    }

    #[test]
    fn long_iterations_idle_without_any() {
        let is_long = |iterations: f64| Counted { iterations, total: 1.0, n: 10.0, ends: [1.0, 1.0] }.is_long();
        assert_eq!((is_long(10.0), is_long(20.0), is_long(55.0)), (false, false, true));
        assert_eq!(Idle::after([None].into_iter()), Idle::SelectsNothing);
    }

    #[test]
    fn what_is_no_time_or_was_not_idle_is_not_told() {
        let sample = |iterations: f64, total: f64| {
            let sample = Sample::new(SamplingMode::Flat, vec![iterations; 10], vec![total; 10]).expect("valid");
            Counted::of(&Measurement::Sample(sample)).expect("counts")
        };
        let (full, idle) = (sample(100.0, 20e6), sample(1.0, 0.2e6));
        let told = |full: (&Usage, &Counted), idle: (&Usage, Option<&Counted>)| {
            cpu_use(full, TIMES, idle, 0.0).per_iteration.is_some()
        };
        assert!(told((&used(300e6, 250e6), &full), (&used(5e6, 5e6), Some(&idle))));
        assert!(told((&used(300e6, 250e6), &full), (&used(5e6, 5e6), None)));
        assert!(!told((&used(100e6, 90e6), &full), (&used(5e6, 5e6), None)), "more than the process took is no time");
        assert!(!told((&used(300e6, 4e6), &full), (&used(5e6, 5e6), None)), "no less than nothing");
        assert!(!told((&used(300e6, 250e6), &full), (&used(300e6, 200e6), Some(&full))), "it didn't idle");
        assert_eq!(Counted::of(&Measurement::Estimates { median: 1.0, standard_error: 0.1 }), None);
    }
}
