//! The one place where thresholds meet numbers.

use hashbrown::HashMap;

use super::pair::unit;
use super::policy::Terms;
use super::{
    Action, BenchmarkComparison, BenchmarkNoise, ChangeInterval, Noise, NoiseThreshold, Pair, Policy, RelativeChange,
    Setting, criterion_test,
};
use crate::model::{Evidence, Execution, Mark};
use crate::stats::{executions_needed, hierarchical, holm};

/// What the evidence says of one benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Slower by more than the threshold, and the evidence says that the change is real.
    Regression,
    /// Faster by more than the threshold, and the evidence says that the change is real.
    Improvement,
    /// Shown to have changed by less than the threshold.
    NoChange,
    /// The evidence doesn't tell.
    Inconclusive,
}

/// Why a verdict is no more than `Inconclusive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A side has only the measurements of `--quick`.
    Quick,
    /// The estimate is beyond the threshold, but noise alone may do that.
    MaybeNoise,
    /// The estimate is within the threshold, but a change beyond it can't be ruled out.
    TooWide,
    /// The estimate is beyond the threshold and probably real, but not certain enough to fail a check by it: measure again.
    Suspected,
    /// A side has fewer executions than the policy asks for.
    TooFewExecutions,
    /// There were not enough rounds for a first look.
    TooFewRounds,
    /// The sides were measured in different environments.
    DifferentMachines,
    /// Both sides were measured from the same executable: whatever this is, it is not the code.
    SameExecutable,
    /// Wall time proves one direction, and CPU time the other.
    ClocksDisagree,
}

/// A change of the suite as a whole: the machine, the toolchain, a flag, or code that all of it runs. One finding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SuiteShift {
    /// The change that at least three quarters of the suite exceed.
    pub change: RelativeChange,
    /// `Regression` or `Improvement` where it is clear of the noise and beyond the thresholds of most benchmarks, else
    /// `Inconclusive`.
    pub verdict: Verdict,
}

/// The evidence on one benchmark, on the log scale.
#[derive(Debug, Clone, Copy)]
struct Evidenced {
    /// The change as it is, and as it is to the suite's common shift.
    views: [f64; 2],
    /// Chance of an estimate this far from zero, from noise alone, in the view that is nearer to zero; corrected for all
    /// benchmarks.
    p: f64,
    /// Whether it is among those of which a known share is false.
    is_listed: bool,
    /// Half the width of the interval that shows equivalence.
    equivalence: f64,
}

impl Evidenced {
    /// The view that is nearer to no change; 0 when the views disagree on the direction.
    fn nearest(&self) -> f64 {
        nearest(self.views)
    }

    fn furthest(&self) -> f64 {
        self.views[0].abs().max(self.views[1].abs())
    }
}

fn nearest(views: [f64; 2]) -> f64 {
    if views[0] * views[1] <= 0.0 {
        0.0
    } else if views[0].abs() < views[1].abs() {
        views[0]
    } else {
        views[1]
    }
}

/// Power at which the executions that a threshold needs are planned.
pub(super) const PLANNED_POWER: f64 = 0.8;

/// More executions than this are nobody's plan.
pub(super) const MOST_EXECUTIONS: usize = 1000;

/// Judges each pair under the terms that hold for it, which come in the same order.
pub(super) fn judge(
    pairs: &[Pair<'_>],
    terms: Vec<Terms>,
    noise: &Noise,
    setting: &Setting,
    policy: &Policy,
) -> Vec<BenchmarkComparison> {
    let changes: Vec<_> = pairs.iter().map(Pair::log_change).collect();
    let noises: Vec<BenchmarkNoise> = changes.iter().map(|change| noise.of(change)).collect();
    let thresholds: Vec<NoiseThreshold> =
        terms.iter().zip(pairs).map(|(terms, pair)| terms.threshold.at_least(terms.floor, pair.locations)).collect();
    // A change within its threshold is no candidate for a regression; taking its p for 1 can only make the others' larger.
    let one_sided: Vec<f64> = (0..pairs.len())
        .map(|i| {
            let size = nearest(noise.views(&changes[i])).abs();
            let is_candidate = size > thresholds[i].log_band() && changes[i].is_a_test;
            if is_candidate { noises[i].tail(size) } else { 1.0 }
        })
        .collect();
    let corrected = holm(&one_sided);
    let listed = hierarchical(&one_sided, &groups(pairs), policy.list_level);
    let smallest_p = policy.gate_level / pairs.len().max(1) as f64;
    let mut critical = Critical::default();

    let mut rows: Vec<BenchmarkComparison> = Vec::with_capacity(pairs.len());
    for (i, (pair, terms)) in pairs.iter().zip(terms).enumerate() {
        let (estimate, noise_of_it, threshold) = (changes[i].estimate, noises[i], thresholds[i]);
        let sd = noise_of_it.standard_deviation;
        let views = noise.views(&changes[i]);
        let [shown, equivalence, smallest] =
            critical.of(&noise_of_it, [(1.0 - policy.confidence) / 2.0, policy.equivalence_level, smallest_p]);
        let evidenced = Evidenced { views, p: corrected[i], is_listed: listed[i], equivalence: equivalence * sd };
        let (verdict, doubt) = match cap(pair, setting, policy) {
            Some(doubt) => (Verdict::Inconclusive, Some(doubt)),
            None => match verdict(evidenced, threshold, policy.gate_level) {
                (Verdict::Regression | Verdict::Improvement, _)
                | (Verdict::Inconclusive, Some(Doubt::Suspected | Doubt::MaybeNoise))
                    if setting.same_executable =>
                {
                    (Verdict::Inconclusive, Some(Doubt::SameExecutable))
                }
                told => told,
            },
        };
        let one = sd / ((1.0 / pair.n_executions[0] as f64 + 1.0 / pair.n_executions[1] as f64) / 2.0).sqrt();
        let renamed = pair.baseline.id.as_str() != pair.candidate.id.as_str();
        let mut row = BenchmarkComparison {
            id: pair.candidate.id.clone(),
            renamed_from: renamed.then(|| pair.baseline.id.clone()),
            baseline: pair.locations[0],
            candidate: pair.locations[1],
            unit: unit(pair.baseline, pair.candidate),
            throughput: pair.candidate.throughput.clone(),
            change: ChangeInterval {
                lower: RelativeChange::from_log_ratio(views[0].min(views[1]) - shown * sd),
                estimate: RelativeChange::from_log_ratio(estimate),
                upper: RelativeChange::from_log_ratio(views[0].max(views[1]) + shown * sd),
            },
            threshold,
            smallest_provable: RelativeChange::from_log_ratio((smallest * sd).max(threshold.log_band())),
            noise: noise_of_it,
            n_executions: pair.n_executions,
            executions_needed: match verdict {
                Verdict::Inconclusive => executions_needed(
                    threshold.log_band(),
                    // Of one execution, not of the difference of two.
                    one / std::f64::consts::SQRT_2,
                    smallest_p,
                    PLANNED_POWER,
                )
                .filter(|n| *n <= MOST_EXECUTIONS),
                Verdict::Regression | Verdict::Improvement | Verdict::NoChange => None,
            },
            criterion: criterion_test(pair.newest[0], pair.newest[1]).filter(|_| pair.evidence == Evidence::Sample),
            p: corrected[i],
            verdict,
            doubt,
            action: terms.action,
            evidence: pair.evidence,
            n_measurements: pair.n_measurements,
            clocks: None,
            marks: None,
        };
        if row.is_suspicious() {
            row.marks = Some(Box::new(marks(pair)));
        }
        rows.push(row);
    }
    rows
}

fn marks(pair: &Pair<'_>) -> [Vec<Mark>; 2] {
    [pair.baseline, pair.candidate].map(|side| side.executions.iter().filter_map(Execution::mark).collect())
}

/// Why nothing can be said of a pair, whatever its numbers are.
fn cap(pair: &Pair<'_>, setting: &Setting, policy: &Policy) -> Option<Doubt> {
    if pair.evidence == Evidence::Quick {
        Some(Doubt::Quick)
    } else if setting.is_different && !policy.allow_different_machines {
        Some(Doubt::DifferentMachines)
    } else if pair.n_executions.iter().any(|n| *n < policy.min_executions) {
        Some(Doubt::TooFewExecutions)
    } else {
        None
    }
}

/// The group of each benchmark as a number: what stands before the first `/` of its id, as Criterion's groups do.
fn groups(pairs: &[Pair<'_>]) -> Vec<usize> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let ids = pairs.iter().map(|pair| pair.candidate.id.as_str());
    ids.map(|id| {
        let n_known = numbers.len();
        *numbers.entry(id.split_once('/').map_or(id, |(group, _)| group)).or_insert(n_known)
    })
    .collect()
}

/// Critical values of the last noise asked about: most benchmarks of a comparison share their degrees of freedom.
#[derive(Default)]
struct Critical(Option<(f64, [f64; 3])>);

impl Critical {
    fn of(&mut self, noise: &BenchmarkNoise, tails: [f64; 3]) -> [f64; 3] {
        match self.0 {
            Some((degrees, values)) if degrees.to_bits() == noise.degrees_of_freedom.to_bits() => values,
            _ => {
                let values = tails.map(|tail| noise.critical(tail));
                self.0 = Some((noise.degrees_of_freedom, values));
                values
            }
        }
    }
}

fn verdict(evidenced: Evidenced, threshold: NoiseThreshold, level: f64) -> (Verdict, Option<Doubt>) {
    let band = threshold.log_band();
    let nearest = evidenced.nearest();
    if nearest.abs() > band {
        if evidenced.p > level {
            let doubt = if evidenced.is_listed { Doubt::Suspected } else { Doubt::MaybeNoise };
            (Verdict::Inconclusive, Some(doubt))
        } else if nearest > 0.0 {
            (Verdict::Regression, None)
        } else {
            (Verdict::Improvement, None)
        }
    } else if evidenced.furthest() + evidenced.equivalence < band {
        (Verdict::NoChange, None)
    } else if evidenced.furthest() > band {
        (Verdict::Inconclusive, Some(Doubt::MaybeNoise))
    } else {
        (Verdict::Inconclusive, Some(Doubt::TooWide))
    }
}

/// What to tell of the suite as a whole, if anything.
pub(super) fn shift(
    judged: &[BenchmarkComparison],
    noise: &Noise,
    setting: &Setting,
    policy: &Policy,
) -> Option<SuiteShift> {
    let beyond = |row: &&BenchmarkComparison, direction: f64| {
        row.change.estimate.fraction().ln_1p() * direction > row.threshold.log_band()
    };
    // A majority of all benchmarks has to be beyond its own threshold; what the policy lets pass doesn't fail by the dozen.
    let slower = judged.iter().filter(|row| row.action == Action::Fail && beyond(row, 1.0)).count();
    let faster = judged.iter().filter(|row| beyond(row, -1.0)).count();
    let is_clear = noise.is_shift_clear(policy);
    let verdict = if setting.is_capped(policy) {
        Verdict::Inconclusive
    } else if is_clear && noise.common > 0.0 && 2 * slower > judged.len() {
        Verdict::Regression
    } else if is_clear && noise.common < 0.0 && 2 * faster > judged.len() {
        Verdict::Improvement
    } else {
        Verdict::Inconclusive
    };
    let is_worth_telling = noise.common.abs() > policy.threshold.log_band() / 4.0 && noise.is_shift_visible();
    (verdict != Verdict::Inconclusive || is_worth_telling)
        .then(|| SuiteShift { change: RelativeChange::from_log_ratio(noise.common), verdict })
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Improvement, Inconclusive, NoChange, Regression};
    use super::*;

    /// A relative change in percent, its p-value, and the half width of its interval in percent.
    fn check(percent: f64, p: f64, half_width: f64, want: Verdict) {
        let threshold = NoiseThreshold::from_percent(20.0).expect("valid");
        let equivalence = (half_width / 100.0).ln_1p();
        let estimate = (percent / 100.0).ln_1p();
        assert_eq!(
            verdict(Evidenced { views: [estimate; 2], p, is_listed: false, equivalence }, threshold, 0.01).0,
            want,
            "{percent} % p {p}"
        );
        // Swapping the sides swaps the verdict exactly.
        let mirrored = match want {
            Regression => Improvement,
            Improvement => Regression,
            NoChange => NoChange,
            Inconclusive => Inconclusive,
        };
        assert_eq!(
            verdict(Evidenced { views: [-estimate; 2], p, is_listed: false, equivalence }, threshold, 0.01).0,
            mirrored
        );
    }

    #[test]
    fn a_verdict_holds_from_both_points_of_view() {
        let threshold = NoiseThreshold::from_percent(20.0).expect("valid");
        let check = |views: [f64; 2], want| {
            assert_eq!(
                verdict(Evidenced { views, p: 0.0, is_listed: true, equivalence: 0.01 }, threshold, 0.01).0,
                want,
                "{views:?}"
            );
        };
        check([1.1, 1.8], Regression);
        check([0.3, 0.0], Inconclusive);
        check([0.0, 0.3], Inconclusive);
        check([0.3, -0.3], Inconclusive);
        check([-0.7, 0.0], Inconclusive);
        check([-0.7, -0.4], Improvement);
        check([0.05, 0.02], NoChange);
    }

    #[test]
    fn verdicts_at_twenty_percent() {
        check(30.0, 0.001, 5.0, Regression);
        check(30.0, 0.02, 5.0, Inconclusive);
        check(20.5, 0.01, 5.0, Regression);
        check(5.0, 1e-9, 1.0, NoChange);
        check(0.0, 1.0, 10.0, NoChange);
        check(0.0, 1.0, 25.0, Inconclusive);
        check(15.0, 1e-9, 10.0, Inconclusive);
        check(19.0, 1e-9, 0.1, NoChange);
        check(-10.0, 0.5, 5.0, NoChange);
        check(-40.0, 1e-9, 5.0, Improvement);
    }
}
