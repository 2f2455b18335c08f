//! Paired rounds: in each, one fresh process of each side, one right after the other and in random order.
//!
//! Without a difference between the sides, the order that was drawn makes each round as likely to speak for the one as for the
//! other, whatever the machine does: the exact signed-rank test needs nothing else. Looks share the level by Bonferroni, and the
//! benchmarks of a look by Holm, so that a benchmark may stop as soon as it is decided. Where two clocks judge a benchmark, each has
//! half of what it would have alone.

use super::clock::CpuRounds;
use super::policy::Terms;
use super::setting::Setting;
use super::verdict::{MOST_EXECUTIONS, PLANNED_POWER};
use super::{
    BenchmarkComparison, BenchmarkNoise, ChangeInterval, Clock, Clocks, Doubt, Machine, Matched, Noise, NoiseSource,
    NoiseThreshold, NotCompared, Policy, RelativeChange, RunComparison, Verdict, WhyNot, WhyWall, implausible, matched,
    noise, outcome, pair, sort,
};
use crate::model::{Benchmark, Evidence, Run, Unit, Warning, WarningKind};
use crate::stats::{
    Look, MAD_TO_SD, benjamini_hochberg, holm, median, median_absolute_deviation, pseudomedian, pseudomedian_interval,
    rounds_needed, signed_rank,
};

/// The confidence of an interval that reaches one standard deviation to either side of a normal estimate.
const ONE_DEVIATION: f64 = 0.682_689_492_137_085_9;

/// Rounds of counts may not differ at all, and a noise is more than nothing.
const SMALLEST_NOISE: f64 = 1e-6;

/// What one clock says of a benchmark's change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockChange {
    /// Candidate/baseline − 1 with its interval.
    pub change: ChangeInterval,
    /// Standard deviation of one round's log ratio.
    pub deviation: f64,
    /// How far the log ratio may be off besides, whatever the number of rounds; 0 for wall time.
    pub bias: f64,
}

/// What both clocks say of a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoClocks {
    /// The one that the verdict is by.
    pub judged_by: Clock,
    /// Wall time.
    pub wall: ClockChange,
    /// CPU time, where it was told in every round.
    pub cpu: Option<ClockChange>,
    /// Why CPU time doesn't judge this benchmark, where it doesn't fit.
    pub why_wall: Option<WhyWall>,
    /// What the machine did meanwhile.
    pub machine: Option<Machine>,
}

/// Compares two runs of paired rounds under a policy: a benchmark's executions are its rounds, in one order on both sides.
///
/// `looks` are those that were made, with the share of the level that each spent; what is beyond the last of them says nothing yet.
/// Each is made again, so that the verdicts are those by which benchmarks were stopped. Never fails.
#[must_use]
pub fn compare_rounds(baseline: &Run, candidate: &Run, looks: &[Look], policy: &Policy) -> RunComparison {
    let Matched { pairs: matched, mut not_compared, mut warnings } = matched(baseline, candidate, policy);
    let mut pairs = Vec::with_capacity(matched.len());
    for (b, c, terms) in matched {
        match Rounds::new(b, c, terms, policy) {
            Ok(rounds) => pairs.push(rounds),
            Err(reason) => not_compared.push(NotCompared { id: c.id.clone(), reason }),
        }
    }
    let setting = Setting::of(baseline, candidate);
    warnings.extend(setting.warnings.iter().cloned());
    let told = tell(&pairs, looks, policy);
    let n_tests = pairs.len();
    let compared: Vec<BenchmarkComparison> =
        pairs.iter().zip(&told).map(|(rounds, told)| row(rounds, told, n_tests, &setting, policy)).collect();
    warnings.extend(compared.iter().filter_map(implausible));
    if !setting.same_executable {
        let disagree = |(rounds, row)| clocks_disagree(rounds, row, n_tests, policy);
        warnings.extend(pairs.iter().zip(&compared).filter_map(disagree));
    }
    let deviations: Vec<f64> = pairs.iter().zip(&compared).map(|(rounds, row)| rounds.deviation(row)).collect();
    let deviation = if pairs.is_empty() { policy.assumed_noise } else { median(&deviations) };
    sort(&mut not_compared);
    warnings.sort();
    warnings.dedup();
    RunComparison {
        outcome: outcome::outcome(&compared, &not_compared, None, policy),
        compared,
        not_compared,
        noise: Noise::of_rounds(deviation.max(SMALLEST_NOISE), n_tests, policy),
        same_executable: setting.same_executable,
        // What all benchmarks share was in random order too: it is the code's, and each benchmark's own finding.
        shift: None,
        warnings,
    }
}

/// One benchmark's rounds.
struct Rounds<'a> {
    baseline: &'a Benchmark,
    candidate: &'a Benchmark,
    terms: Terms,
    /// Per iteration, in each round.
    locations: [Vec<f64>; 2],
    /// ln(candidate/baseline) of each round.
    log_ratios: Vec<f64>,
    cpu: Result<CpuRounds, WhyWall>,
    threshold: NoiseThreshold,
}

/// One clock's view of the rounds that a look rests on.
#[derive(Debug, Clone, Copy)]
struct View<'a> {
    clock: Clock,
    log_ratios: &'a [f64],
    /// How far the log ratio may be off whatever the number of rounds.
    bias: f64,
}

/// What the looks said of one benchmark.
#[derive(Debug, Clone)]
struct Told {
    /// Rounds that it rests on.
    rounds: usize,
    /// The level of the look.
    alpha: f64,
    /// Corrected for all benchmarks.
    p: f64,
    verdict: Verdict,
    doubt: Option<Doubt>,
    /// The clock that said so.
    clock: Clock,
}

impl View<'_> {
    fn estimate(&self) -> f64 {
        pseudomedian(self.log_ratios)
    }

    /// Chance of such rounds in the direction of their estimate, if the change is not more than the bias; 1 for those within
    /// the threshold.
    fn p(&self, band: f64) -> f64 {
        let estimate = self.estimate();
        if estimate.abs() <= band.max(self.bias) {
            return 1.0;
        }
        // Without a bias the rounds stay as they are, ties and all.
        let shift = self.bias.copysign(estimate);
        let rounds: Vec<f64> = self.log_ratios.iter().map(|ratio| ratio - shift).collect();
        let tails = signed_rank(&rounds);
        if estimate > 0.0 { tails.greater } else { tails.less }
    }

    /// Whether the change is shown to be within the threshold, at a level.
    fn is_within(&self, band: f64, level: f64) -> bool {
        pseudomedian_interval(self.log_ratios, 1.0 - 2.0 * level)
            .is_some_and(|i| -band < i.lower - self.bias && i.upper + self.bias < band)
    }

    /// The interval at a confidence, as logarithms, with the bias.
    fn interval(&self, confidence: f64) -> Option<(f64, f64)> {
        pseudomedian_interval(self.log_ratios, confidence).map(|i| (i.lower - self.bias, i.upper + self.bias))
    }

    /// Standard deviation of one round's log ratio.
    fn deviation(&self) -> f64 {
        MAD_TO_SD * median_absolute_deviation(self.log_ratios, median(self.log_ratios))
    }

    fn change(&self, confidence: f64) -> ClockChange {
        let unknown = noise::LARGEST_NOISE;
        let (lower, upper) = self.interval(confidence).unwrap_or((-unknown, unknown));
        ClockChange {
            change: ChangeInterval {
                lower: RelativeChange::from_log_ratio(lower),
                estimate: RelativeChange::from_log_ratio(self.estimate()),
                upper: RelativeChange::from_log_ratio(upper),
            },
            deviation: self.deviation(),
            bias: self.bias,
        }
    }
}

impl<'a> Rounds<'a> {
    fn new(
        baseline: &'a Benchmark,
        candidate: &'a Benchmark,
        terms: Terms,
        policy: &Policy,
    ) -> Result<Rounds<'a>, WhyNot> {
        pair::comparable(baseline, candidate)?;
        let location = |b: &Benchmark| b.executions.iter().map(|e| e.location(policy.estimator)).collect::<Vec<f64>>();
        let [mut b, mut c] = [location(baseline), location(candidate)];
        let n = b.len().min(c.len());
        b.truncate(n);
        c.truncate(n);
        let log_ratios: Vec<f64> = b.iter().zip(&c).map(|(b, c)| c.ln() - b.ln()).collect();
        if !log_ratios.iter().all(|ratio| ratio.is_finite()) {
            return Err(WhyNot::NotPositive);
        }
        let threshold = terms.threshold.at_least(terms.floor, [median(&b), median(&c)]);
        let cpu = CpuRounds::new(baseline, candidate, n);
        Ok(Rounds { baseline, candidate, terms, locations: [b, c], log_ratios, cpu, threshold })
    }

    /// Standard deviation of one round's log ratio, by the clock that judged.
    fn deviation(&self, row: &BenchmarkComparison) -> f64 {
        let n = self.log_ratios.len();
        let is_cpu = row.clocks.as_ref().is_some_and(|clocks| clocks.judged_by == Clock::Cpu);
        self.cpu(n).filter(|_| is_cpu).unwrap_or(self.wall(n)).deviation()
    }

    fn wall(&self, n: usize) -> View<'_> {
        View { clock: Clock::Wall, log_ratios: &self.log_ratios[..n], bias: 0.0 }
    }

    fn cpu(&self, n: usize) -> Option<View<'_>> {
        let cpu = self.cpu.as_ref().ok()?;
        Some(View { clock: Clock::Cpu, log_ratios: &cpu.log_ratios[..n], bias: cpu.bias(n) })
    }

    /// Why CPU time doesn't fit, by the first `n` rounds.
    fn why_wall(&self, n: usize) -> Option<WhyWall> {
        match &self.cpu {
            Ok(cpu) => cpu.why_not(n),
            Err(why) => Some(*why),
        }
    }

    /// The clocks that judge the first `n` rounds: one or two.
    fn views(&self, n: usize, clocks: Clocks) -> Vec<View<'_>> {
        let fit = self.cpu(n).filter(|_| self.why_wall(n).is_none());
        match (clocks, fit) {
            (Clocks::Wall, _) | (_, None) => vec![self.wall(n)],
            (Clocks::Cpu, Some(cpu)) => vec![cpu],
            (Clocks::Both, Some(cpu)) => vec![cpu, self.wall(n)],
        }
    }

    /// Chance of such rounds by any of the clocks that judge them.
    fn p(&self, n: usize, clocks: Clocks) -> f64 {
        let views = self.views(n, clocks);
        let band = self.threshold.log_band();
        let smallest = views.iter().map(|view| view.p(band)).fold(1.0, f64::min);
        (smallest * views.len() as f64).min(1.0)
    }

    /// What a look says, with the chance `p` that is corrected for benchmarks and clocks.
    fn verdict(&self, look: &Look, p: f64, is_listed: bool, policy: &Policy) -> (Verdict, Option<Doubt>, Clock) {
        let views = self.views(look.rounds, policy.clocks);
        let (band, n_views) = (self.threshold.log_band(), views.len() as f64);
        let ps: Vec<f64> = views.iter().map(|view| view.p(band)).collect();
        // The clock that says most, and of two that say nothing the first.
        let best = (0..views.len()).reduce(|a, b| if ps[b] < ps[a] { b } else { a }).unwrap_or_default();
        let view = &views[best];
        if p <= look.alpha {
            let is_slower = view.estimate() > 0.0;
            // Another clock that alone would prove the contrary.
            let is_contradicted = views
                .iter()
                .zip(&ps)
                .any(|(other, p)| p * n_views <= look.alpha && (other.estimate() > 0.0) != is_slower);
            return match (is_contradicted, is_slower) {
                (true, _) => (Verdict::Inconclusive, Some(Doubt::ClocksDisagree), view.clock),
                (false, true) => (Verdict::Regression, None, view.clock),
                (false, false) => (Verdict::Improvement, None, view.clock),
            };
        }
        // The looks share this level as they share the gate's, and the clocks as well.
        let level = policy.equivalence_level * (look.alpha / policy.gate_level).min(1.0) / n_views;
        if let Some(within) = views.iter().find(|view| view.is_within(band, level)) {
            return (Verdict::NoChange, None, within.clock);
        }
        let doubt = match view.estimate().abs() > band {
            true if is_listed => Doubt::Suspected,
            true => Doubt::MaybeNoise,
            false => Doubt::TooWide,
        };
        (Verdict::Inconclusive, Some(doubt), view.clock)
    }
}

/// Makes the looks, each at the benchmarks that are open and have as many rounds.
fn tell(pairs: &[Rounds<'_>], looks: &[Look], policy: &Policy) -> Vec<Told> {
    let nothing = |rounds: &Rounds<'_>| Told {
        rounds: rounds.log_ratios.len(),
        alpha: policy.gate_level,
        p: 1.0,
        verdict: Verdict::Inconclusive,
        doubt: Some(Doubt::TooFewRounds),
        clock: rounds.views(rounds.log_ratios.len(), policy.clocks).first().map_or(Clock::Wall, |view| view.clock),
    };
    let mut told: Vec<Told> = pairs.iter().map(nothing).collect();
    for look in looks.iter().filter(|look| look.rounds > 0) {
        let is_looked_at =
            |i: usize, told: &Told| told.verdict == Verdict::Inconclusive && pairs[i].log_ratios.len() >= look.rounds;
        // Those that aren't looked at count as tests that found nothing: fewer could only make the others' chances smaller.
        let one_sided: Vec<f64> = told
            .iter()
            .enumerate()
            .map(|(i, told)| if is_looked_at(i, told) { pairs[i].p(look.rounds, policy.clocks) } else { 1.0 })
            .collect();
        let corrected = holm(&one_sided);
        let listed = benjamini_hochberg(&one_sided);
        for (i, told) in told.iter_mut().enumerate() {
            if is_looked_at(i, told) {
                let is_listed = listed[i] <= policy.list_level;
                let (verdict, doubt, clock) = pairs[i].verdict(look, corrected[i], is_listed, policy);
                *told = Told { rounds: look.rounds, alpha: look.alpha, p: corrected[i], verdict, doubt, clock };
            }
        }
    }
    told
}

fn row(rounds: &Rounds<'_>, told: &Told, n_tests: usize, setting: &Setting, policy: &Policy) -> BenchmarkComparison {
    let n = told.rounds;
    let unknown = noise::LARGEST_NOISE;
    let judge = match (told.clock, rounds.cpu(n)) {
        (Clock::Cpu, Some(cpu)) => cpu,
        _ => rounds.wall(n),
    };
    let half_width = |confidence: f64| judge.interval(confidence).map(|(lower, upper)| (upper - lower) / 2.0);
    let n_tests = n_tests.max(1) * rounds.views(n, policy.clocks).len();
    let smallest_p = told.alpha / n_tests as f64;
    let provable = half_width(1.0 - 2.0 * smallest_p);
    let smallest = provable.unwrap_or(unknown);
    let deviation = half_width(ONE_DEVIATION).unwrap_or(policy.assumed_noise).clamp(SMALLEST_NOISE, unknown);
    let band = rounds.threshold.log_band();
    let evidence = rounds.baseline.executions.evidence().max(rounds.candidate.executions.evidence());
    let (verdict, doubt) = match told.verdict {
        _ if evidence == Evidence::Quick => (Verdict::Inconclusive, Some(Doubt::Quick)),
        _ if setting.is_different && !policy.allow_different_machines => {
            (Verdict::Inconclusive, Some(Doubt::DifferentMachines))
        }
        _ if n < policy.min_executions => (Verdict::Inconclusive, Some(Doubt::TooFewExecutions)),
        Verdict::Regression | Verdict::Improvement if setting.same_executable => {
            (Verdict::Inconclusive, Some(Doubt::SameExecutable))
        }
        // So few that no rounds could have proven a change.
        Verdict::Inconclusive if provable.is_none() => (Verdict::Inconclusive, Some(Doubt::TooFewRounds)),
        verdict => (verdict, told.doubt),
    };
    let renamed = rounds.baseline.id.as_str() != rounds.candidate.id.as_str();
    let locations = match (&rounds.cpu, judge.clock) {
        (Ok(cpu), Clock::Cpu) => &cpu.locations,
        _ => &rounds.locations,
    };
    let clocks = TwoClocks {
        judged_by: judge.clock,
        wall: rounds.wall(n).change(policy.confidence),
        cpu: rounds.cpu(n).map(|cpu| cpu.change(policy.confidence)),
        why_wall: rounds.why_wall(n),
        machine: Machine::during([rounds.baseline, rounds.candidate]),
    };
    let measurements = |b: &Benchmark| b.executions.iter().take(n).map(|e| e.n_measurements).sum();
    BenchmarkComparison {
        id: rounds.candidate.id.clone(),
        renamed_from: renamed.then(|| rounds.baseline.id.clone()),
        baseline: median(&locations[0][..n]),
        candidate: median(&locations[1][..n]),
        unit: if judge.clock == Clock::Cpu { Unit::Nanoseconds } else { pair::unit(rounds.baseline, rounds.candidate) },
        throughput: rounds.candidate.throughput.clone(),
        change: judge.change(policy.confidence).change,
        threshold: rounds.threshold,
        smallest_provable: RelativeChange::from_log_ratio(smallest.max(band)),
        noise: BenchmarkNoise {
            source: NoiseSource::Rounds,
            standard_deviation: deviation,
            degrees_of_freedom: f64::INFINITY,
        },
        n_executions: [n, n],
        executions_needed: (verdict == Verdict::Inconclusive)
            .then(|| {
                let one = deviation * (n as f64).sqrt();
                rounds_needed(band, one, policy.gate_level / n_tests as f64, PLANNED_POWER)
            })
            .flatten()
            .filter(|n| *n <= MOST_EXECUTIONS),
        criterion: None,
        p: told.p,
        verdict,
        doubt,
        action: rounds.terms.action.clone(),
        evidence,
        n_measurements: [measurements(rounds.baseline), measurements(rounds.candidate)],
        marks: None,
        clocks: Some(Box::new(clocks)),
    }
}

/// Where both clocks tell of the benchmark, and what the one says is beyond what the other may be off: at a confidence that holds
/// for all benchmarks together, as one in twenty would be warned of otherwise.
fn clocks_disagree(rounds: &Rounds<'_>, row: &BenchmarkComparison, n_tests: usize, policy: &Policy) -> Option<Warning> {
    let n = row.n_executions[0];
    row.clocks.as_ref().filter(|clocks| clocks.why_wall.is_none())?;
    let confidence = 1.0 - (1.0 - policy.confidence) / n_tests.max(1) as f64;
    let (wall, cpu) = (rounds.wall(n).change(confidence).change, rounds.cpu(n)?.change(confidence).change);
    let is_above = |a: &ChangeInterval, b: &ChangeInterval| a.lower.fraction() > b.upper.fraction();
    let thousandths = |change: &ChangeInterval| (change.estimate.fraction() * 1e3).round() as i64;
    (is_above(&wall, &cpu) || is_above(&cpu, &wall)).then(|| Warning {
        subject: row.id.as_str().to_owned(),
        kind: WarningKind::ClocksDisagree { wall: thousandths(&wall), cpu: thousandths(&cpu) },
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{BenchmarkId, CpuUse, Execution, Executions, SamplingMode, Unit};
    use crate::stats::{Random, looks};

    const SECOND: f64 = 1e9;

    fn execution(nanoseconds: f64) -> Execution {
        Execution {
            typical: nanoseconds,
            median: nanoseconds,
            lower_quartile: nanoseconds,
            minimum: nanoseconds,
            mean: nanoseconds,
            standard_deviation: 1.0,
            standard_error: 0.01,
            n_measurements: 10,
            mode: SamplingMode::Flat,
            evidence: Evidence::Sample,
            printed_verdict: None,
            fingerprint: nanoseconds.to_bits(),
            measured_at: None,
            cpu: None,
        }
    }

    fn run(benchmarks: &[(&str, Vec<f64>)]) -> Run {
        let benchmark = |(id, times): &(&str, Vec<f64>)| Benchmark {
            id: BenchmarkId::from_name(id),
            throughput: None,
            unit: Unit::Nanoseconds,
            executions: Executions::collect(times.iter().map(|t| execution(*t))).expect("some"),
            overwritten: None,
        };
        Run { label: "run".into(), benchmarks: benchmarks.iter().map(benchmark).collect(), ..Run::default() }
    }

    fn policy() -> Policy {
        Policy::new(NoiseThreshold::from_percent(20.0).expect("valid"), 0.08)
    }

    /// A clock that drifts by factors from round to round, and a side that takes `factor` times as long.
    fn noisy(random: &mut Random, n: usize, factor: f64, spread: f64) -> [Vec<f64>; 2] {
        let mut uniform = || random.below(1 << 20) as f64 / f64::from(1 << 20) - 0.5;
        let mut sides = [Vec::new(), Vec::new()];
        for _ in 0..n {
            let weather = (4.0 * uniform()).exp();
            sides[0].push(SECOND * weather * (spread * uniform()).exp());
            sides[1].push(SECOND * weather * (spread * uniform()).exp() * factor);
        }
        sides
    }

    fn compared(factors: &[f64], n: usize, looks: &[Look], spread: f64, seed: u64) -> RunComparison {
        let names: Vec<String> = (0..factors.len()).map(|i| format!("b{i}")).collect();
        let mut random = Random::new(seed);
        let sides: Vec<[Vec<f64>; 2]> = factors.iter().map(|factor| noisy(&mut random, n, *factor, spread)).collect();
        let side =
            |i: usize| run(&names.iter().zip(&sides).map(|(n, s)| (n.as_str(), s[i].clone())).collect::<Vec<_>>());
        compare_rounds(&side(0), &side(1), looks, &policy())
    }

    #[test]
    fn what_changed_is_told_while_the_machine_drifts_by_factors() {
        let looks = looks(4, 0.01);
        let told = compared(&[1.0, 1.5, 0.6, 1.02], looks[2].rounds, &looks, 0.1, 1);
        let verdicts: Vec<Verdict> = told.compared.iter().map(|row| row.verdict).collect();
        assert_eq!(
            verdicts,
            [Verdict::NoChange, Verdict::Regression, Verdict::Improvement, Verdict::NoChange],
            "{told:?}"
        );
        assert!(told.compared.iter().all(|row| row.n_executions == [looks[0].rounds; 2]), "decided at the first look");
        assert!(told.compared.iter().all(|row| row.noise.source == NoiseSource::Rounds && !row.is_suspicious()));
    }

    #[test]
    fn what_is_open_goes_on_to_the_last_look() {
        let looks = looks(1, 0.01);
        let row = &compared(&[1.2], looks[2].rounds, &looks, 0.3, 3).compared[0];
        assert_eq!((row.verdict, row.n_executions), (Verdict::Inconclusive, [looks[2].rounds; 2]), "{row:?}");
        // Beyond the last look that was made, rounds say nothing.
        let row = &compared(&[1.2], looks[2].rounds - 1, &looks, 0.3, 3).compared[0];
        assert_eq!(row.n_executions, [looks[1].rounds; 2]);
    }

    #[test]
    fn before_the_first_look_nothing_is_told() {
        let looks = looks(1, 0.01);
        for n in [1, 5, 13] {
            let row = &compared(&[2.0], n, &looks, 0.1, 1).compared[0];
            assert_eq!((row.verdict, row.doubt), (Verdict::Inconclusive, Some(Doubt::TooFewRounds)));
            assert!(row.change.lower <= row.change.estimate && row.change.estimate <= row.change.upper);
            assert!(row.noise.standard_deviation > 0.0);
        }
        assert_eq!(compared(&[2.0], 20, &[], 0.1, 1).compared[0].doubt, Some(Doubt::TooFewRounds));
    }

    #[test]
    fn counts_that_never_differ_are_unchanged() {
        let side = run(&[("count", vec![1000.0; 14])]);
        let row = &compare_rounds(&side, &side, &looks(1, 0.01), &policy()).compared[0];
        assert_eq!(row.verdict, Verdict::NoChange, "{row:?}");
    }

    /// Suites without a change, on a machine where a pair of processes differs by up to a factor of 4: that any benchmark is told
    /// to have changed happens to fewer of them than twice the level, which slower and faster have each.
    #[test]
    fn the_level_holds_for_suites() {
        let level = 0.1;
        let policy = Policy { gate_level: level, ..policy() };
        let (n_suites, n_benchmarks) = (300, 5);
        let looks = looks(n_benchmarks, level);
        let mut random = Random::new(20_261_123);
        let mut n_false = 0;
        for _ in 0..n_suites {
            let names: Vec<String> = (0..n_benchmarks).map(|i| format!("b{i}")).collect();
            let sides: Vec<[Vec<f64>; 2]> =
                names.iter().map(|_| noisy(&mut random, looks[2].rounds, 1.0, 1.4)).collect();
            let side =
                |i: usize| run(&names.iter().zip(&sides).map(|(n, s)| (n.as_str(), s[i].clone())).collect::<Vec<_>>());
            let told = compare_rounds(&side(0), &side(1), &looks, &policy);
            n_false += usize::from(told.compared.iter().any(|row| row.verdict == Verdict::Regression));
        }
        let allowed = level * f64::from(n_suites);
        assert!((n_false as f64) < allowed + 2.0 * allowed.sqrt(), "{n_false} of {n_suites}");
    }

    fn cpu_use(cpu: f64, wall: f64, around: f64) -> CpuUse {
        let (around, preemptions) = (Some(around), 40);
        CpuUse {
            per_iteration: Some(cpu),
            wall_per_iteration: wall,
            around,
            is_long: true,
            waits: 0,
            preemptions,
            steal: Some(0.0),
        }
    }

    /// Two sides with wall and CPU time: `wall` and `cpu` are what the candidate takes of the baseline's, and each spreads.
    fn clocked(random: &mut Random, n: usize, wall: (f64, f64), cpu: (f64, f64)) -> [Run; 2] {
        let sides = noisy(random, n, wall.0, wall.1);
        let calm = noisy(random, n, cpu.0, cpu.1);
        [0, 1].map(|side| {
            let mut run = run(&[("f", sides[side].clone())]);
            let executions = run.benchmarks[0].executions.iter_mut();
            for ((execution, wall), (cpu, other)) in executions.zip(&sides[side]).zip(calm[side].iter().zip(&calm[0])) {
                // The weather is the wall clock's alone.
                execution.cpu = Some(cpu_use(SECOND * cpu / other, 2.0 * wall.max(SECOND * cpu / other), 0.0));
            }
            run
        })
    }

    fn told(sides: &[Run; 2], clocks: Clocks, n: usize) -> RunComparison {
        let looks = [Look { rounds: n, alpha: 0.01 }];
        compare_rounds(&sides[0], &sides[1], &looks, &Policy { clocks, ..policy() })
    }

    #[test]
    fn the_steadier_clock_decides_what_the_other_leaves_open() {
        let (clear, noisy) = ((1.4, 0.02), (1.4, 6.0));
        let sides = clocked(&mut Random::new(5), 16, noisy, clear);
        let judged = |clocks| {
            let row = told(&sides, clocks, 16).compared.remove(0);
            (row.verdict, row.clocks.map(|clocks| (clocks.judged_by, clocks.why_wall)))
        };
        assert_eq!(judged(Clocks::Wall), (Verdict::Inconclusive, Some((Clock::Wall, None))));
        assert_eq!(judged(Clocks::Cpu), (Verdict::Regression, Some((Clock::Cpu, None))));
        assert_eq!(judged(Clocks::Both), (Verdict::Regression, Some((Clock::Cpu, None))));
        let sides = clocked(&mut Random::new(5), 16, (1.0, 6.0), (1.0, 0.02));
        let unchanged = &told(&sides, Clocks::Both, 16).compared[0];
        assert_eq!((unchanged.verdict, unchanged.unit.clone()), (Verdict::NoChange, Unit::Nanoseconds));
        assert!((unchanged.baseline - SECOND).abs() < 0.1 * SECOND, "{unchanged:?}");
    }

    #[test]
    fn what_cpu_time_does_not_tell_of_is_judged_by_wall_time_alone() {
        type Spoil = fn(&mut CpuUse);
        let spoils: [(Spoil, WhyWall); 4] = [
            (|cpu| cpu.per_iteration = Some(2.0 * cpu.wall_per_iteration), WhyWall::MoreThanTheIterations),
            (|cpu| cpu.around = cpu.per_iteration, WhyWall::MoreThanTheIterations),
            (|cpu| cpu.waits = 100, WhyWall::Waits),
            (|cpu| cpu.per_iteration = None, WhyWall::NotTold),
        ];
        for (spoil, why) in spoils {
            // One side alone is enough, and one round in four.
            for side in [0, 1] {
                let mut sides = clocked(&mut Random::new(6), 16, (1.5, 0.05), (1.0, 0.02));
                let executions = sides[side].benchmarks[0].executions.iter_mut();
                executions.step_by(4).filter_map(|e| e.cpu.as_mut()).for_each(spoil);
                for clocks in [Clocks::Cpu, Clocks::Both] {
                    let comparison = told(&sides, clocks, 16);
                    let row = &comparison.compared[0];
                    let judged = row.clocks.as_ref().map(|clocks| (clocks.judged_by, clocks.why_wall));
                    assert_eq!((row.verdict, judged), (Verdict::Regression, Some((Clock::Wall, Some(why)))), "{row:?}");
                    assert!(comparison.warnings.is_empty(), "{:?}", comparison.warnings);
                }
            }
        }
        let mut sides = clocked(&mut Random::new(6), 16, (1.5, 0.05), (1.0, 0.02));
        sides.iter_mut().for_each(|side| side.benchmarks[0].unit = Unit::Custom("cycles".into()));
        let row = &told(&sides, Clocks::Both, 16).compared[0];
        assert_eq!(row.clocks.as_ref().and_then(|clocks| clocks.why_wall), Some(WhyWall::NotTime));
    }

    #[test]
    fn clocks_that_disagree_are_told_of_and_prove_nothing_against_one_another() {
        let comparison = told(&clocked(&mut Random::new(7), 20, (1.5, 0.05), (1.0, 0.02)), Clocks::Both, 20);
        assert_eq!(comparison.compared[0].verdict, Verdict::Regression);
        let kinds: Vec<&WarningKind> = comparison.warnings.iter().map(|warning| &warning.kind).collect();
        assert!(matches!(kinds[..], [WarningKind::ClocksDisagree { wall: 400..600, cpu: -20..20 }]), "{kinds:?}");
        let comparison = told(&clocked(&mut Random::new(7), 20, (1.5, 0.05), (0.6, 0.02)), Clocks::Both, 20);
        let row = &comparison.compared[0];
        assert_eq!((row.verdict, row.doubt), (Verdict::Inconclusive, Some(Doubt::ClocksDisagree)));
        assert!(row.is_open());
    }

    #[test]
    fn a_change_that_code_around_the_iterations_explains_is_not_proven() {
        let strict =
            Policy { clocks: Clocks::Cpu, ..Policy::new(NoiseThreshold::from_percent(2.0).expect("valid"), 0.08) };
        let looks = [Look { rounds: 16, alpha: 0.01 }];
        for (around, verdict) in [(0.0, Verdict::Regression), (0.08, Verdict::Inconclusive)] {
            let mut sides = clocked(&mut Random::new(8), 16, (1.05, 0.05), (1.05, 0.005));
            for cpu in sides[1].benchmarks[0].executions.iter_mut().filter_map(|e| e.cpu.as_mut()) {
                cpu.around = Some(around * SECOND);
            }
            let row = &compare_rounds(&sides[0], &sides[1], &looks, &strict).compared[0];
            assert_eq!(row.verdict, verdict, "{row:?}");
        }
    }

    #[test]
    fn clocks_that_differ_by_chance_are_no_warning() {
        let mut random = Random::new(11);
        let n_benchmarks = 20;
        let looks = looks(2 * n_benchmarks, 0.01);
        let mut n_warned = 0;
        for _ in 0..20 {
            let suites: Vec<[Run; 2]> =
                (0..n_benchmarks).map(|_| clocked(&mut random, looks[0].rounds, (1.0, 0.5), (1.0, 0.02))).collect();
            let side = |side: usize| {
                let mut run = run(&[]);
                for (i, suite) in suites.iter().enumerate() {
                    let benchmark = suite[side].benchmarks[0].clone();
                    run.benchmarks.push(Benchmark { id: BenchmarkId::from_name(&format!("f{i}")), ..benchmark });
                }
                run
            };
            n_warned += compare_rounds(&side(0), &side(1), &looks[..1], &policy()).warnings.len();
        }
        assert!(n_warned <= 5, "{n_warned} of 400 benchmarks, in 20 suites");
    }

    #[test]
    fn rounds_that_could_prove_nothing_are_too_few() {
        let look = |rounds| [Look { rounds, alpha: 0.01 }];
        for (n, doubt) in [(4, Doubt::TooFewRounds), (8, Doubt::TooWide)] {
            let row = &compared(&[1.1], n, &look(n), 0.5, 1).compared[0];
            assert_eq!((row.verdict, row.doubt), (Verdict::Inconclusive, Some(doubt)), "{row:?}");
        }
    }

    /// Two clocks are two chances of a false alarm, and together have no more than one.
    #[test]
    fn the_level_holds_for_both_clocks_together() {
        let level = 0.1;
        let policy = Policy { gate_level: level, ..policy() };
        let looks = looks(2, level);
        let (n, mut n_false) = (600, 0);
        let mut random = Random::new(20_261_123);
        for _ in 0..n {
            let sides = clocked(&mut random, looks[2].rounds, (1.0, 1.4), (1.0, 1.4));
            let told = compare_rounds(&sides[0], &sides[1], &looks, &policy);
            assert_eq!(told.compared[0].clocks.as_ref().and_then(|clocks| clocks.why_wall), None);
            n_false += usize::from(told.compared[0].verdict == Verdict::Regression);
        }
        let allowed = level * f64::from(n);
        assert!((n_false as f64) < allowed + 2.0 * allowed.sqrt(), "{n_false} of {n}");
    }

    proptest! {
        #[test]
        fn swapping_the_sides_swaps_what_both_clocks_say(seed in 0..500_u64, wall in 0.5..2.0_f64, cpu in 0.5..2.0_f64) {
            let sides = clocked(&mut Random::new(seed), 20, (wall, 0.5), (cpu, 0.3));
            let back = [sides[1].clone(), sides[0].clone()];
            for clocks in [Clocks::Wall, Clocks::Cpu, Clocks::Both] {
                let (forth, back) = (told(&sides, clocks, 20), told(&back, clocks, 20));
                let (forth, back) = (&forth.compared[0], &back.compared[0]);
                let mirrored = match forth.verdict {
                    Verdict::Regression => Verdict::Improvement,
                    Verdict::Improvement => Verdict::Regression,
                    same => same,
                };
                prop_assert_eq!((back.verdict, back.doubt), (mirrored, forth.doubt));
                prop_assert!((forth.p - back.p).abs() < 1e-12);
                let judge = |row: &BenchmarkComparison| row.clocks.as_ref().map(|c| (c.judged_by, c.why_wall));
                prop_assert_eq!(judge(forth), judge(back));
            }
        }

        #[test]
        fn swapping_the_sides_swaps_the_verdicts(times in vec(vec((1.0..1e6_f64, 1.0..3.0_f64), 20), 1..4), seed in 0..4_u64) {
            let names: Vec<String> = (0..times.len()).map(|i| format!("b{i}")).collect();
            let side = |which: usize| {
                let of = |rounds: &Vec<(f64, f64)>| -> Vec<f64> {
                    rounds.iter().map(|(time, factor)| if which == 1 { time * (factor - 0.1 * seed as f64) } else { *time }).collect()
                };
                run(&names.iter().zip(&times).map(|(name, rounds)| (name.as_str(), of(rounds))).collect::<Vec<_>>())
            };
            let looks = looks(times.len(), 0.01);
            let forth = compare_rounds(&side(0), &side(1), &looks, &policy());
            let back = compare_rounds(&side(1), &side(0), &looks, &policy());
            for (forth, back) in forth.compared.iter().zip(&back.compared) {
                let mirrored = match forth.verdict {
                    Verdict::Regression => Verdict::Improvement,
                    Verdict::Improvement => Verdict::Regression,
                    same => same,
                };
                prop_assert_eq!(back.verdict, mirrored);
                prop_assert_eq!(back.doubt, forth.doubt);
                prop_assert!((forth.p - back.p).abs() < 1e-12);
                prop_assert_eq!(forth.n_executions, back.n_executions);
            }
        }
    }
}
