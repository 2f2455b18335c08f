//! How busy the machine is, in the words of Linux' `/proc`; other systems say nothing here.

use std::path::Path;

use super::cpu_ticks::{self, CpuTicks};

/// Times of all processors since the machine was started, and of this process with its children, in ticks of the kernel's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadSample {
    /// Of each processor by its number.
    processors: Vec<(usize, CpuTicks)>,
    /// What this process and its children took.
    own: u64,
}

/// What others did between two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Share of all processors' time that other processes took, from 0 to 1.
    pub others: f64,
    /// How many processors there are.
    pub n_processors: usize,
}

impl LoadSample {
    /// Now; `None` where the system doesn't say.
    #[must_use]
    pub fn now() -> Option<LoadSample> {
        let text = |path: &str| std::fs::read_to_string(Path::new(path)).ok();
        LoadSample::of(&text("/proc/stat")?, &text("/proc/self/stat")?)
    }

    fn of(stat: &str, own: &str) -> Option<LoadSample> {
        let processors = cpu_ticks::of_each(stat);
        // utime stime cutime cstime are the fields 14 to 17; the name, the second, may hold spaces and brackets.
        let after_name = own.rsplit_once(')')?.1;
        let times: Option<Vec<u64>> = after_name.split_whitespace().skip(11).take(4).map(|t| t.parse().ok()).collect();
        let own = times.filter(|times| times.len() == 4)?.iter().sum();
        (!processors.is_empty()).then_some(LoadSample { processors, own })
    }

    /// What others did since an earlier sample; `None` where no time has passed.
    #[must_use]
    pub fn since(&self, earlier: &LoadSample) -> Option<Load> {
        let sum =
            |sample: &LoadSample, of: fn(&CpuTicks) -> u64| sample.processors.iter().map(|(_, p)| of(p)).sum::<u64>();
        let since = |of: fn(&CpuTicks) -> u64| sum(self, of).saturating_sub(sum(earlier, of));
        let (busy, total) = (since(CpuTicks::busy), since(|p| p.total));
        let others = busy.saturating_sub(self.own.saturating_sub(earlier.own));
        (total > 0).then(|| Load { others: others as f64 / total as f64, n_processors: self.processors.len() })
    }

    /// Of some processors that which was least busy since an earlier sample; the last of those that are equal, as the first
    /// usually serves interrupts.
    #[must_use]
    pub fn least_busy(&self, earlier: &LoadSample, among: &[usize]) -> Option<usize> {
        let busy = |sample: &LoadSample, number| sample.processors.iter().find(|p| p.0 == number).map(|p| p.1.busy());
        let since = |number: usize| Some(busy(self, number)?.saturating_sub(busy(earlier, number)?));
        among.iter().rev().copied().min_by_key(|number| since(*number).unwrap_or(u64::MAX))
    }
}

/// The processes that want to run, on average over the last minute; `None` where the system doesn't say.
#[must_use]
pub fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 70 30 200 100 20 0 1 0 5 6 7";

    fn sample(stat: &str, own: &str) -> LoadSample {
        LoadSample::of(stat, own).expect("a sample")
    }

    #[test]
    fn what_others_take_is_what_is_busy_without_us() {
        let before = sample("cpu  1 1 1 1\ncpu0 100 0 0 900 0 0 0 0 50 0\ncpu1 0 0 0 1000 0 0 0 0\nintr 1\n", OWN);
        assert_eq!(before.own, 400);
        let own = OWN.replace(" 200 100 ", " 250 150 ");
        let after = sample("cpu0 900 0 0 1100 0 0 0 0 0 0\ncpu1 100 50 50 1800 0 0 0 0\n", &own);
        let load = after.since(&before).expect("time has passed");
        // 800 and 200 of 2000 were busy, 100 of them by us.
        assert!((load.others - 0.45).abs() < 1e-12 && load.n_processors == 2, "{load:?}");
        assert_eq!(after.least_busy(&before, &[0, 1]), Some(1));
        assert_eq!(after.least_busy(&before, &[0]), Some(0));
        assert_eq!(after.least_busy(&before, &[]), None);
        assert_eq!(before.least_busy(&before, &[0, 1]), Some(1), "the last of equal ones");
        assert_eq!(before.since(&before), None);
        assert_eq!(before.since(&after), None, "a clock that went back says nothing");
    }

    #[test]
    fn text_of_another_kind_is_no_sample() {
        for (stat, own) in [("", OWN), ("cpu  1 2 3 4\n", OWN), ("cpux 1\n", OWN), ("cpu0 1 2 3 4\n", "1 (a) S 1 2")] {
            assert_eq!(LoadSample::of(stat, own), None, "{stat} {own}");
        }
    }
}
