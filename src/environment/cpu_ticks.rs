//! The processors' time, as `/proc/stat` of Linux says it.

/// Time of one processor or of several since the machine was started, in ticks of the kernel's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CpuTicks {
    pub(super) total: u64,
    /// With waiting for disks.
    pub(super) idle: u64,
    /// Given to other virtual machines.
    pub(super) stolen: u64,
}

impl CpuTicks {
    /// All but idle time.
    pub(super) fn busy(&self) -> u64 {
        self.total.saturating_sub(self.idle)
    }

    /// `user nice system idle iowait irq softirq steal guest guest_nice`; guests' time is in the first two already. The first
    /// kernels had four of them.
    fn of_words<'a>(words: impl Iterator<Item = &'a str>) -> Option<CpuTicks> {
        let ticks: Vec<u64> = words.map_while(|word| word.parse().ok()).take(8).collect();
        Some(CpuTicks {
            total: ticks.iter().fold(0, |sum, n| sum.saturating_add(*n)),
            idle: ticks.get(3)?.saturating_add(ticks.get(4).copied().unwrap_or(0)),
            stolen: ticks.get(7).copied().unwrap_or(0),
        })
    }
}

/// Those of all processors together: the first line.
pub(super) fn of_all(stat: &str) -> Option<CpuTicks> {
    CpuTicks::of_words(stat.lines().find_map(|line| line.strip_prefix("cpu "))?.split_whitespace())
}

/// Those of each processor, by its number.
pub(super) fn of_each(stat: &str) -> Vec<(usize, CpuTicks)> {
    let processor = |line: &str| {
        let mut words = line.strip_prefix("cpu")?.split_whitespace();
        // Of the line for all, the first word is a time.
        let number = words.next().filter(|_| !line.starts_with("cpu "))?.parse().ok()?;
        Some((number, CpuTicks::of_words(words)?))
    };
    stat.lines().filter_map(processor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_are_not_counted_twice() {
        let stat = "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4\ncpu12 0 0 0 9 1\nintr 5 6 7 8\n";
        assert_eq!(of_all(stat), Some(CpuTicks { total: 36, idle: 9, stolen: 8 }));
        let old = CpuTicks { total: 10, idle: 4, stolen: 0 };
        assert_eq!(of_each(stat), [(0, old), (12, CpuTicks { total: 10, idle: 10, stolen: 0 })]);
        assert_eq!(old.busy(), 6);
    }

    #[test]
    fn text_of_another_kind_says_nothing() {
        for text in ["", "cpu", "cpu 1 2 3", "cpu a b c d", "cpux 1 2 3 4", "cpu0 1 2 3", "cpu0", "intr 1 2 3 4 5"] {
            assert_eq!((of_all(text), of_each(text)), (None, Vec::new()), "{text}");
        }
    }
}
