//! Which clock tells of a benchmark's rounds: wall time, or the CPU time of its processes.
//!
//! CPU time leaves out when others had the processor, and is the steadier clock of code that computes. Of code that waits, or
//! computes on several threads, it says something else than how long it takes; there wall time judges. Which of the two it is must
//! not be chosen by which side a number is of: all that is asked here is the same when the sides of a round are swapped, so that the
//! order of each round stays a fair coin under whatever clock is taken.

use crate::model::{Benchmark, CpuUse, Unit};
use crate::stats::median;

/// A clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// Time that went by.
    Wall,
    /// Time that processors worked for the process.
    Cpu,
}

/// Which clocks judge paired rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clocks {
    /// Wall time alone.
    Wall,
    /// CPU time, and wall time where CPU time doesn't fit a benchmark.
    Cpu,
    /// Both, each with half of the level; wall time alone where CPU time doesn't fit.
    #[default]
    Both,
}

/// Why CPU time doesn't tell of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyWall {
    /// It was not recorded, or not in every round: a system that doesn't tell it, a suite that sets its own times.
    NotTold,
    /// The benchmark measures something else than time.
    NotTime,
    /// It waits: for a thread, a disk, a clock.
    Waits,
    /// Its CPU time is more than its wall time, or has much in it that is not of the iterations: several threads, or set-up.
    MoreThanTheIterations,
}

/// So far may CPU time and wall time of an iteration differ, as a share, before they are taken to be of different things. No change
/// smaller than this is proven by CPU time where nobody measured what code around the iterations adds.
pub(super) const TOLERANCE: f64 = 0.1;

/// Fewer waits than this in a process are Criterion's own.
const FEW_WAITS: u64 = 8;

/// Waits are the reason for a low share of CPU time where there are more of them than this share of the times that the processor
/// was taken away.
const WAITS_A_PREEMPTION: f64 = 0.25;

/// What one round in this many shows of a benchmark is how it is.
const SEEN_IN_ROUNDS: usize = 4;

/// What a process shows of how its benchmark uses processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Signs {
    waits: bool,
    more: bool,
}

impl Signs {
    fn of(cpu: &CpuUse) -> Signs {
        let share = cpu.share().unwrap_or(1.0);
        let around = cpu.around.zip(cpu.per_iteration).map_or(0.0, |(around, all)| around / all);
        let many = (cpu.preemptions as f64 * WAITS_A_PREEMPTION) as u64;
        Signs {
            waits: share < 1.0 - TOLERANCE && cpu.waits >= FEW_WAITS.max(many),
            more: share > 1.0 + TOLERANCE || around > TOLERANCE,
        }
    }
}

/// The CPU time of one benchmark's rounds.
#[derive(Debug, Clone)]
pub(super) struct CpuRounds {
    /// Per iteration, in each round, in nanoseconds.
    pub(super) locations: [Vec<f64>; 2],
    /// ln(candidate/baseline) of each round.
    pub(super) log_ratios: Vec<f64>,
    uses: [Vec<CpuUse>; 2],
    /// Of either side, in each round.
    signs: Vec<Signs>,
}

impl CpuRounds {
    /// What was recorded of the first `n` rounds of both sides.
    pub(super) fn new(baseline: &Benchmark, candidate: &Benchmark, n: usize) -> Result<CpuRounds, WhyWall> {
        if [baseline, candidate].iter().any(|b| matches!(b.unit, Unit::Custom(_))) {
            return Err(WhyWall::NotTime);
        }
        let uses = |b: &Benchmark| b.executions.iter().take(n).map(|e| e.cpu).collect::<Option<Vec<CpuUse>>>();
        let uses = [uses(baseline), uses(candidate)].map(|uses| uses.ok_or(WhyWall::NotTold));
        let [b, c] = uses;
        let uses = [b?, c?];
        let times = |uses: &[CpuUse]| uses.iter().map(|cpu| cpu.per_iteration).collect::<Option<Vec<f64>>>();
        let locations = [times(&uses[0]).ok_or(WhyWall::NotTold)?, times(&uses[1]).ok_or(WhyWall::NotTold)?];
        let log_ratios: Vec<f64> = locations[0].iter().zip(&locations[1]).map(|(b, c)| c.ln() - b.ln()).collect();
        if !log_ratios.iter().all(|ratio| ratio.is_finite()) {
            return Err(WhyWall::NotTold);
        }
        let signs = uses[0].iter().zip(&uses[1]).map(|(b, c)| {
            let (b, c) = (Signs::of(b), Signs::of(c));
            Signs { waits: b.waits || c.waits, more: b.more || c.more }
        });
        Ok(CpuRounds { signs: signs.collect(), locations, log_ratios, uses })
    }

    /// Why the first `n` rounds say that CPU time doesn't tell of this benchmark.
    pub(super) fn why_not(&self, n: usize) -> Option<WhyWall> {
        let count = |is: fn(&Signs) -> bool| self.signs[..n].iter().filter(|signs| is(signs)).count();
        let (waits, more) = (count(|signs| signs.waits), count(|signs| signs.more));
        let why = if waits >= more { WhyWall::Waits } else { WhyWall::MoreThanTheIterations };
        (waits.max(more) * SEEN_IN_ROUNDS >= n.max(1)).then_some(why)
    }

    /// How far the logarithm of the ratio may be off in the first `n` rounds, as one side may have more code around its iterations.
    pub(super) fn bias(&self, n: usize) -> f64 {
        let unknown = TOLERANCE.ln_1p();
        let around = |side: usize| self.uses[side][..n].iter().filter_map(|cpu| cpu.around).collect::<Vec<f64>>();
        let (b, c) = (around(0), around(1));
        if b.is_empty() || c.is_empty() {
            return unknown;
        }
        let all = median(&self.locations[0][..n]).min(median(&self.locations[1][..n]));
        ((median(&b) - median(&c)).abs() / all).min(unknown)
    }
}

/// What the machine did while a benchmark ran, over the processes of both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Machine {
    /// How often the system took the processor away from a process: the median.
    pub preemptions: f64,
    /// The share of the machine's processor time that others of its host took: the mean, where the system says.
    pub steal: Option<f64>,
}

impl Machine {
    pub(super) fn during(sides: [&Benchmark; 2]) -> Option<Machine> {
        let uses: Vec<CpuUse> = sides.iter().flat_map(|b| b.executions.iter()).filter_map(|e| e.cpu).collect();
        let preemptions: Vec<f64> = uses.iter().map(|cpu| cpu.preemptions as f64).collect();
        let steal: Vec<f64> = uses.iter().filter_map(|cpu| cpu.steal).collect();
        (!uses.is_empty()).then(|| Machine {
            preemptions: median(&preemptions),
            steal: (!steal.is_empty()).then(|| steal.iter().sum::<f64>() / steal.len() as f64),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(share: f64, around: Option<f64>, waits: u64, preemptions: u64) -> (bool, bool) {
        let cpu = CpuUse {
            per_iteration: Some(share),
            wall_per_iteration: 1.0,
            around: around.map(|around| around * share),
            is_long: true,
            waits,
            preemptions,
            steal: None,
        };
        let Signs { waits, more } = Signs::of(&cpu);
        (waits, more)
    }

    /// Processes as they were seen, on a calm machine and beside eight others on two processors.
    #[test]
    fn what_computes_waits_and_uses_threads() {
        for (share, around, waits, preemptions) in
            [(1.0, Some(0.02), 0, 3), (0.5, Some(0.03), 1, 46), (0.67, None, 0, 52), (0.44, Some(0.02), 2, 96)]
        {
            assert_eq!(signs(share, around, waits, preemptions), (false, false), "computes: {share}");
        }
        for (share, waits, preemptions) in
            [(0.045, 601, 15), (0.004, 11, 16), (0.012, 47, 16), (0.6, 28_931, 52_624), (0.6, 88, 185)]
        {
            assert!(signs(share, None, waits, preemptions).0, "waits: {share}");
        }
        assert!(signs(1.9, Some(0.02), 90, 5).1, "threads");
        assert!(signs(1.6, Some(0.02), 0, 37).1, "makes a batch's input");
        assert!(signs(0.7, Some(0.6), 0, 54).1, "has much to prepare");
    }
}
