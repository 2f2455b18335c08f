//! CPU time as a measurement of Criterion's.

use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use nix::time::{ClockId, clock_gettime};

/// The CPU time of the process, of all its threads, in place of wall time: for benchmarks that compute, on machines that others use
/// too.
///
/// Values are nanoseconds, and are shown and read as times. A benchmark that waits takes no CPU time while it does, and one with
/// several threads takes more than goes by: measure those with wall time. Between starts and ends of the clock it costs a system
/// call each, some hundred nanoseconds, which are spread over the iterations of a measurement.
///
/// ```no_run
/// use criterion::{Criterion, criterion_group, criterion_main};
/// use criterion_regress::CpuTime;
///
/// fn cases(c: &mut Criterion<CpuTime>) {
///     c.bench_function("sum", |b| b.iter(|| (0..1000_u64).sum::<u64>()));
/// }
///
/// criterion_group!(name = benches; config = Criterion::default().with_measurement(CpuTime); targets = cases);
/// criterion_main!(benches);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CpuTime;

/// Criterion's own, for its words: CPU time is told in the units of time.
static WALL_TIME: WallTime = WallTime;

impl CpuTime {
    /// Zero where the system doesn't tell: Criterion then says that the benchmark took no time, and doesn't analyse it.
    fn now() -> Duration {
        clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from).unwrap_or_default()
    }
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        CpuTime::now()
    }

    fn end(&self, start: Duration) -> Duration {
        CpuTime::now().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WALL_TIME.formatter()
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::sync::atomic::AtomicUsize;

    use criterion::Criterion;

    use super::*;
    use crate::criterion::{Baselines, NEW, read};
    use crate::model::Unit;
    use crate::stats::summarize;

    #[test]
    fn it_sees_computing_and_no_sleep() {
        let start = CpuTime.start();
        std::thread::sleep(Duration::from_millis(100));
        let slept = CpuTime.end(start);
        let start = CpuTime.start();
        black_box((0..3_000_000_u64).fold(0, |x: u64, i| black_box(x ^ i)));
        let computed = CpuTime.end(start);
        assert!(slept < Duration::from_millis(100) && computed > Duration::ZERO, "{slept:?} {computed:?}");
        assert_eq!(CpuTime.add(&slept, &CpuTime.zero()), slept);
        assert!((CpuTime.to_f64(&Duration::from_micros(3)) - 3000.0).abs() < 1e-9);
    }

    #[test]
    fn what_criterion_writes_of_it_is_read_as_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let short = Duration::from_millis(5);
        Criterion::default()
            .with_measurement(CpuTime)
            .output_directory(folder.path())
            .without_plots()
            .sample_size(10)
            .warm_up_time(short)
            .measurement_time(short)
            .nresamples(1001)
            .bench_function("sum", |b| b.iter(|| (0..1000_u64).fold(0, |x: u64, i| black_box(x ^ i))));
        let mut tree = read(folder.path(), Baselines::Named(&[NEW]), summarize, &AtomicUsize::new(0)).expect("read");
        let run = tree.take_run(NEW, "");
        assert_eq!(run.benchmarks.len(), 1, "{run:?}");
        assert!(run.benchmarks[0].unit.is_comparable_with(&Unit::Nanoseconds));
        // A thousand steps take more than a nanosecond each ten, and less than a millisecond in all.
        let typical = run.benchmarks[0].executions.first().typical;
        assert!((10.0..1e7).contains(&typical), "{typical} ns");
    }
}
