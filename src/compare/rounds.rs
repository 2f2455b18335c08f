//! Paired rounds: in each, one fresh process of each side, one right after the other and in random order.
//!
//! Without a difference between the sides, the order that was drawn makes each round as likely to speak for the one as for the
//! other, whatever the machine does: the exact signed-rank test needs nothing else. Looks share the level by Bonferroni, and the
//! benchmarks of a look by Holm, so that a benchmark may stop as soon as it is decided.

use super::policy::Terms;
use super::setting::Setting;
use super::verdict::{MOST_EXECUTIONS, PLANNED_POWER};
use super::{
    BenchmarkComparison, BenchmarkNoise, ChangeInterval, Doubt, Matched, Noise, NoiseSource, NoiseThreshold,
    NotCompared, Policy, RelativeChange, RunComparison, Verdict, WhyNot, implausible, matched, noise, outcome, pair,
    sort,
};
use crate::model::{Benchmark, Evidence, Run};
use crate::stats::{
    Look, MAD_TO_SD, benjamini_hochberg, holm, median, median_absolute_deviation, pseudomedian, pseudomedian_interval,
    rounds_needed, signed_rank,
};

/// The confidence of an interval that reaches one standard deviation to either side of a normal estimate.
const ONE_DEVIATION: f64 = 0.682_689_492_137_085_9;

/// Rounds of counts may not differ at all, and a noise is more than nothing.
const SMALLEST_NOISE: f64 = 1e-6;

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
    let deviations: Vec<f64> = pairs.iter().map(Rounds::deviation).collect();
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
    threshold: NoiseThreshold,
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
        Ok(Rounds { baseline, candidate, terms, locations: [b, c], log_ratios, threshold })
    }

    /// Standard deviation of one round's log ratio.
    fn deviation(&self) -> f64 {
        MAD_TO_SD * median_absolute_deviation(&self.log_ratios, median(&self.log_ratios))
    }

    /// Chance of such rounds in the direction of their estimate; 1 for those within the threshold.
    fn p(&self, n: usize) -> f64 {
        let rounds = &self.log_ratios[..n];
        let estimate = pseudomedian(rounds);
        if estimate.abs() <= self.threshold.log_band() {
            return 1.0;
        }
        let tails = signed_rank(rounds);
        if estimate > 0.0 { tails.greater } else { tails.less }
    }

    fn verdict(&self, look: &Look, p: f64, is_listed: bool, policy: &Policy) -> (Verdict, Option<Doubt>) {
        let rounds = &self.log_ratios[..look.rounds];
        let (estimate, band) = (pseudomedian(rounds), self.threshold.log_band());
        if estimate.abs() > band {
            return match (p <= look.alpha, estimate > 0.0) {
                (true, true) => (Verdict::Regression, None),
                (true, false) => (Verdict::Improvement, None),
                (false, _) => {
                    (Verdict::Inconclusive, Some(if is_listed { Doubt::Suspected } else { Doubt::MaybeNoise }))
                }
            };
        }
        // The looks share this level as they share the gate's.
        let level = policy.equivalence_level * (look.alpha / policy.gate_level).min(1.0);
        let is_within = pseudomedian_interval(rounds, 1.0 - 2.0 * level)
            .is_some_and(|interval| -band < interval.lower && interval.upper < band);
        if is_within { (Verdict::NoChange, None) } else { (Verdict::Inconclusive, Some(Doubt::TooWide)) }
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
    };
    let mut told: Vec<Told> = pairs.iter().map(nothing).collect();
    for look in looks.iter().filter(|look| look.rounds > 0) {
        let is_looked_at =
            |i: usize, told: &Told| told.verdict == Verdict::Inconclusive && pairs[i].log_ratios.len() >= look.rounds;
        // Those that aren't looked at count as tests that found nothing: fewer could only make the others' chances smaller.
        let one_sided: Vec<f64> = told
            .iter()
            .enumerate()
            .map(|(i, told)| if is_looked_at(i, told) { pairs[i].p(look.rounds) } else { 1.0 })
            .collect();
        let corrected = holm(&one_sided);
        let listed = benjamini_hochberg(&one_sided);
        for (i, told) in told.iter_mut().enumerate() {
            if is_looked_at(i, told) {
                let (verdict, doubt) = pairs[i].verdict(look, corrected[i], listed[i] <= policy.list_level, policy);
                *told = Told { rounds: look.rounds, alpha: look.alpha, p: corrected[i], verdict, doubt };
            }
        }
    }
    told
}

fn row(rounds: &Rounds<'_>, told: &Told, n_tests: usize, setting: &Setting, policy: &Policy) -> BenchmarkComparison {
    let n = told.rounds;
    let ratios = &rounds.log_ratios[..n];
    let estimate = pseudomedian(ratios);
    let unknown = noise::LARGEST_NOISE;
    let reach = |confidence: f64| pseudomedian_interval(ratios, confidence);
    let (lower, upper) = reach(policy.confidence).map_or((-unknown, unknown), |i| (i.lower, i.upper));
    let half_width = |confidence: f64| reach(confidence).map(|i| (i.upper - i.lower) / 2.0);
    let smallest_p = told.alpha / n_tests.max(1) as f64;
    let smallest = half_width(1.0 - 2.0 * smallest_p).unwrap_or(unknown);
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
        verdict => (verdict, told.doubt),
    };
    let renamed = rounds.baseline.id.as_str() != rounds.candidate.id.as_str();
    let measurements = |b: &Benchmark| b.executions.iter().take(n).map(|e| e.n_measurements).sum();
    BenchmarkComparison {
        id: rounds.candidate.id.clone(),
        renamed_from: renamed.then(|| rounds.baseline.id.clone()),
        baseline: median(&rounds.locations[0][..n]),
        candidate: median(&rounds.locations[1][..n]),
        unit: pair::unit(rounds.baseline, rounds.candidate),
        throughput: rounds.candidate.throughput.clone(),
        change: ChangeInterval {
            lower: RelativeChange::from_log_ratio(lower),
            estimate: RelativeChange::from_log_ratio(estimate),
            upper: RelativeChange::from_log_ratio(upper),
        },
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
                rounds_needed(band, one, policy.gate_level / n_tests.max(1) as f64, PLANNED_POWER)
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
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{BenchmarkId, Execution, Executions, SamplingMode, Unit};
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

    proptest! {
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
