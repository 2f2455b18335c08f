//! Two runs in, verdicts out: pure, without text for people.
//!
//! `pairing` says which benchmark of the one side is which of the other, `noise` how far two executions of the same
//! code would differ, `verdict` what follows for one benchmark, and `outcome` what follows for the whole.

mod confirm;
mod criterion_test;
mod matrix;
mod noise;
mod outcome;
mod pairing;
mod pattern;
mod policy;
mod relative_change;
mod verdict;

use std::collections::BTreeMap;

use crate::model::{
    Absent, Benchmark, BenchmarkId, Environment, Estimator, Evidence, Execution, Mark, Overwritten, Run, Throughput,
    Unit, Warning, WarningKind, WhyAbsent,
};
use crate::stats::{Difference, pooled, welch};

pub use confirm::{Confirmation, NoConfirmation, Suspicion, confirm};
pub use criterion_test::{CriterionTest, CriterionVerdict, criterion_test};
pub use matrix::{Matrix, MatrixCell, MatrixOptions, MatrixRow, Ratio, SortBy, matrix};
pub use noise::{BenchmarkNoise, Noise, NoiseSource};
pub use outcome::Outcome;
pub use pattern::{InvalidPattern, Pattern};
pub use policy::{Action, FailOn, Policy, Rule, Waiver};
pub use relative_change::{ChangeInterval, InvalidThreshold, NoiseThreshold, RelativeChange};
pub use verdict::{Doubt, SuiteShift, Verdict};

/// Everything that comparing a baseline with a candidate found out.
#[derive(Debug, Clone, PartialEq)]
pub struct RunComparison {
    /// What follows for the whole.
    pub outcome: Outcome,
    /// Benchmarks with a verdict, in the order of their ids.
    pub compared: Vec<BenchmarkComparison>,
    /// Benchmarks of either side without a verdict, in the order of their ids.
    pub not_compared: Vec<NotCompared>,
    /// How far two executions of the same code are taken to differ.
    pub noise: Noise,
    /// Whether both sides were measured from the same executables, so that every difference is noise.
    pub same_executable: bool,
    /// A shift of the whole suite, where there is one to tell.
    pub shift: Option<SuiteShift>,
    /// What the reader should know, of both sides and of the comparison.
    pub warnings: Vec<Warning>,
}

impl RunComparison {
    /// How many different benchmarks the two sides hold.
    #[must_use]
    pub fn n_benchmarks(&self) -> usize {
        self.compared.len() + self.not_compared.len()
    }
}

/// One benchmark that both sides measured.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchmarkComparison {
    /// The candidate's id.
    pub id: BenchmarkId,
    /// The baseline's id, where it was matched under another.
    pub renamed_from: Option<BenchmarkId>,
    /// Baseline per iteration, in `unit`.
    pub baseline: f64,
    /// Candidate per iteration, in `unit`.
    pub candidate: f64,
    /// What the two numbers count.
    pub unit: Unit,
    /// Work per iteration.
    pub throughput: Option<Throughput>,
    /// Candidate/baseline − 1 with its interval.
    pub change: ChangeInterval,
    /// The change that this benchmark must exceed to matter, as a band on the ratio.
    pub threshold: NoiseThreshold,
    /// The smallest slowdown for which this evidence could have earned `Regression`.
    pub smallest_provable: RelativeChange,
    /// How far the change is off if the code didn't change.
    pub noise: BenchmarkNoise,
    /// Executions on the baseline's side and on the candidate's.
    pub n_executions: [usize; 2],
    /// Executions a side with which a change of the threshold's size would be told from none in four of five comparisons;
    /// `None` where more than a thousand would be needed.
    pub executions_needed: Option<usize>,
    /// What Criterion's own test says of the last execution of each side, where there are measurements.
    pub criterion: Option<CriterionTest>,
    /// Of a suspicious benchmark, the marks of its executions on the baseline's side and on the candidate's, by which a
    /// second measurement is told from the first.
    pub marks: Option<Box<[Vec<Mark>; 2]>>,
    /// Chance of an estimate this far beyond no change from noise alone, one-sided, corrected for all benchmarks of the
    /// comparison (Holm); 1 for estimates within the threshold.
    pub p: f64,
    /// What follows.
    pub verdict: Verdict,
    /// Why it is not more, where the verdict is `Inconclusive`.
    pub doubt: Option<Doubt>,
    /// What a regression of this benchmark does to the outcome.
    pub action: Action,
    /// The weaker of the two sides' evidence.
    pub evidence: Evidence,
    /// Measurements on the baseline's side and on the candidate's; 0 where not known.
    pub n_measurements: [usize; 2],
}

/// A benchmark without a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct NotCompared {
    /// Which.
    pub id: BenchmarkId,
    /// Why.
    pub reason: WhyNot,
}

/// Why a benchmark has no verdict.
#[derive(Debug, Clone, PartialEq)]
pub enum WhyNot {
    /// Only the candidate has it.
    Added,
    /// Only the baseline has it.
    Removed,
    /// The policy says to leave it out.
    Ignored,
    /// A side has it in files that are broken or lost, as a warning says.
    Unreadable,
    /// A side's result was left out as too old.
    LeftOut,
    /// Both sides are copies of one result, so that there is nothing to compare.
    SameMeasurement,
    /// An iteration does other work on one side than on the other.
    ThroughputChanged {
        /// The baseline's.
        baseline: Option<Throughput>,
        /// The candidate's.
        candidate: Option<Throughput>,
    },
    /// The sides count different things.
    UnitChanged {
        /// The baseline's.
        baseline: Unit,
        /// The candidate's.
        candidate: Unit,
    },
    /// A value is zero or negative, so that there is no ratio.
    NotPositive,
    /// Several benchmarks share the id, and which is which can't be told.
    AmbiguousId,
}

/// Compares two runs under a policy. Never fails: what can't be compared is an answer.
#[must_use]
pub fn compare(baseline: &Run, candidate: &Run, policy: &Policy) -> RunComparison {
    let names = [&baseline.names(), &candidate.names()];
    let pairing = pairing::pair(baseline, candidate, names, &policy.renames);
    let mut warnings: Vec<Warning> = baseline.warnings.iter().chain(&candidate.warnings).cloned().collect();
    warnings.extend(baseline.notes(names[0]));
    warnings.extend(candidate.notes(names[1]));
    warnings.extend(pairing.warnings);
    warnings.extend(policy.warnings(baseline, candidate));

    let mut not_compared = pairing.unpaired;
    explain_absent(&mut not_compared, &baseline.absent, &candidate.absent);
    for unpaired in &mut not_compared {
        if policy.for_benchmark(unpaired.id.as_str()).action == Action::Ignore {
            unpaired.reason = WhyNot::Ignored;
        }
    }
    let (mut pairs, mut terms) = (Vec::new(), Vec::new());
    let (mut n_shared, mut n_quick) = (0, 0);
    for (b, c) in pairing.pairs {
        let its_terms = policy.for_benchmark(c.id.as_str());
        let pair =
            if its_terms.action == Action::Ignore { Err(WhyNot::Ignored) } else { Pair::new(b, c, policy.estimator) };
        match pair {
            Ok(pair) => {
                n_shared += pair.n_shared;
                n_quick += pair.n_quick;
                pairs.push(pair);
                terms.push(its_terms);
            }
            Err(reason) => not_compared.push(NotCompared { id: c.id.clone(), reason }),
        }
    }

    let changes: Vec<noise::LogChange> = pairs.iter().map(Pair::log_change).collect();
    let several: Vec<&[Vec<f64>; 2]> = pairs.iter().filter_map(|pair| pair.logs.as_deref()).collect();
    let noise = noise::estimate(&changes, policy).with_executions(&several);
    if n_shared > 0 {
        let subject = baseline.label.clone();
        warnings.push(Warning { subject, kind: WarningKind::SharedExecutions { n: n_shared } });
    }
    if n_quick > 0 {
        let subject = format!("{}, {}", baseline.label, candidate.label);
        warnings.push(Warning { subject, kind: WarningKind::QuickExecutions { n: n_quick } });
    }
    let setting = Setting::of(baseline, candidate);
    warnings.extend(setting.warnings.iter().cloned());
    let judged = verdict::judge(&pairs, terms, &noise, &setting, policy);
    let shift = verdict::shift(&judged, &noise, &setting, policy);
    warnings.extend(judged.iter().filter_map(implausible));

    not_compared.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()).then_with(|| a.id.cmp(&b.id)));
    warnings.sort();
    warnings.dedup();
    RunComparison {
        outcome: outcome::outcome(&judged, &not_compared, shift.as_ref(), policy),
        compared: judged,
        not_compared,
        noise,
        same_executable: setting.same_executable,
        shift,
        warnings,
    }
}

/// Where the two sides were measured, and from what.
#[derive(Debug, Default)]
struct Setting {
    same_executable: bool,
    is_different: bool,
    warnings: Vec<Warning>,
}

impl Setting {
    /// Whether no change of the suite could be the code's, or could be told to be.
    fn is_capped(&self, policy: &Policy) -> bool {
        self.same_executable || (self.is_different && !policy.allow_different_machines)
    }

    fn of(baseline: &Run, candidate: &Run) -> Setting {
        let mut setting = Setting::default();
        let same = |b: &Environment| candidate.environments.iter().all(|c| b.has_same_executables(c));
        setting.same_executable = !baseline.environments.is_empty()
            && !candidate.environments.is_empty()
            && baseline.environments.iter().all(same);
        let subject = format!("{}, {}", baseline.label, candidate.label);
        let mut all: Vec<&Environment> = Vec::new();
        for environment in baseline.environments.iter().chain(&candidate.environments) {
            if !all.contains(&environment) {
                all.push(environment);
            }
        }
        for (i, one) in all.iter().enumerate() {
            for other in &all[i + 1..] {
                setting.is_different |= !one.differences(other).is_empty();
                let kinds = one.differences(other).into_iter().map(|difference| WarningKind::DifferentEnvironments {
                    fact: difference.fact.to_owned(),
                    values: difference.values,
                });
                setting.warnings.extend(kinds.map(|kind| Warning { subject: subject.clone(), kind }));
            }
        }
        setting
    }
}

/// Says of benchmarks that look added or removed that the other side has them and can't show them, and counts those that
/// neither side can show.
fn explain_absent(not_compared: &mut Vec<NotCompared>, baseline: &[Absent], candidate: &[Absent]) {
    let mut absent: BTreeMap<(String, String), &Absent> = BTreeMap::new();
    for one in baseline.iter().chain(candidate) {
        absent.insert((one.id.root().to_owned(), one.id.directory().to_owned()), one);
    }
    let reason = |why: WhyAbsent| match why {
        WhyAbsent::Unreadable => WhyNot::Unreadable,
        WhyAbsent::LeftOut => WhyNot::LeftOut,
    };
    if absent.is_empty() {
        return;
    }
    for one in not_compared.iter_mut().filter(|n| matches!(n.reason, WhyNot::Added | WhyNot::Removed)) {
        if let Some(absent) = absent.remove(&(one.id.root().to_owned(), one.id.directory().to_owned())) {
            one.reason = reason(absent.why);
        }
    }
    // What was left out of the candidate and isn't in the baseline is nobody's loss.
    let lost = absent.into_values().filter(|a| a.why == WhyAbsent::Unreadable);
    not_compared.extend(lost.map(|a| NotCompared { id: a.id.clone(), reason: reason(a.why) }));
}

/// Two sides of one benchmark whose numbers may be divided by one another.
#[derive(Debug)]
struct Pair<'a> {
    baseline: &'a Benchmark,
    candidate: &'a Benchmark,
    /// Per iteration, both positive.
    locations: [f64; 2],
    /// Standard error of the log ratio from inside one execution a side.
    within: f64,
    evidence: Evidence,
    /// Executions on each side that count.
    n_executions: [usize; 2],
    /// Measurements within them.
    n_measurements: [usize; 2],
    /// The last of them on each side.
    newest: [&'a Execution; 2],
    /// What the spread of the executions says, where a side has several.
    between: Option<Difference>,
    /// The same with one spread for both sides.
    pooled: Option<Difference>,
    /// Logarithms of the executions of each side, in the order in which they were given, where a side has several.
    logs: Option<Box<[Vec<f64>; 2]>>,
    /// Executions of the baseline that the candidate has as well.
    n_shared: usize,
    /// Executions of `--quick` that were left out, as there are others.
    n_quick: usize,
}

/// The executions of a side that are tests, and how many of `--quick` were left out for them; those of `--quick` where there are no
/// others.
fn tests<'a>(executions: impl Iterator<Item = &'a Execution>) -> (Vec<&'a Execution>, usize) {
    let (quick, tests): (Vec<&Execution>, Vec<&Execution>) = executions.partition(|e| e.evidence == Evidence::Quick);
    if tests.is_empty() { (quick, 0) } else { (tests, quick.len()) }
}

impl<'a> Pair<'a> {
    fn new(baseline: &'a Benchmark, candidate: &'a Benchmark, estimator: Estimator) -> Result<Pair<'a>, WhyNot> {
        if !baseline.unit.is_comparable_with(&candidate.unit) {
            return Err(WhyNot::UnitChanged { baseline: baseline.unit.clone(), candidate: candidate.unit.clone() });
        }
        // An export without samples may be one that could not hold the throughput's kind.
        let may_be_lost = |b: &Benchmark| b.throughput.is_none() && b.executions.evidence() == Evidence::Estimates;
        let is_lost = may_be_lost(baseline) || may_be_lost(candidate);
        if baseline.throughput != candidate.throughput && !is_lost {
            return Err(WhyNot::ThroughputChanged {
                baseline: baseline.throughput.clone(),
                candidate: candidate.throughput.clone(),
            });
        }
        if baseline.executions.len() == 1 && candidate.executions.len() == 1 {
            Pair::of_two(baseline, candidate)
        } else {
            Pair::of_several(baseline, candidate, estimator)
        }
    }

    /// One execution a side.
    fn of_two(baseline: &'a Benchmark, candidate: &'a Benchmark) -> Result<Pair<'a>, WhyNot> {
        let (b, c) = (baseline.executions.first(), candidate.executions.first());
        let weaker = b.evidence.max(c.evidence);
        let is_estimate_of_other =
            b.mark().zip(c.mark()).is_some_and(|(b, c)| b.is_same_as(&c) && b.is_estimate != c.is_estimate);
        if is_estimate_of_other {
            return Err(WhyNot::SameMeasurement);
        }
        let is_copy = b.fingerprint == c.fingerprint && (candidate.overwritten.is_some() || !c.is_constant());
        let (locations, within, evidence) = if is_copy {
            let Some(Overwritten::Change(change)) = candidate.overwritten else { return Err(WhyNot::SameMeasurement) };
            let ratio = 1.0 + change.median;
            ([c.typical / ratio, c.typical], change.standard_error / ratio, weaker.max(Evidence::CriterionChange))
        } else if weaker == Evidence::Estimates {
            ([b.median, c.median], b.standard_error.hypot(c.standard_error), weaker)
        } else {
            ([b.typical, c.typical], b.standard_error.hypot(c.standard_error), weaker)
        };
        // Criterion's median of the very measurements on the other side.
        if evidence == Evidence::Estimates && (locations[1] / locations[0] - 1.0).abs() < 1e-12 {
            return Err(WhyNot::SameMeasurement);
        }
        let pair = Pair {
            baseline,
            candidate,
            locations,
            within,
            evidence,
            n_executions: [1, 1],
            n_measurements: [b.n_measurements, c.n_measurements],
            newest: [b, c],
            between: None,
            pooled: None,
            logs: None,
            n_shared: 0,
            n_quick: 0,
        };
        pair.checked()
    }

    /// Several executions on at least one side.
    fn of_several(baseline: &'a Benchmark, candidate: &'a Benchmark, estimator: Estimator) -> Result<Pair<'a>, WhyNot> {
        let shared = |e: &&Execution| candidate.executions.has(e);
        let n_shared = baseline.executions.iter().filter(shared).count();
        let (own, n_quick_b) = tests(baseline.executions.iter().filter(|e| !shared(e)));
        let (others, n_quick_c) = tests(candidate.executions.iter());
        let newest = |side: &[&'a Execution]| side.iter().copied().max_by_key(|e| e.measured_at);
        let (Some(newest_b), Some(newest_c)) = (newest(&own), newest(&others)) else {
            return Err(WhyNot::SameMeasurement);
        };
        let evidence = own.iter().chain(&others).map(|e| e.evidence).max().unwrap_or(Evidence::Sample);
        let location = |e: &Execution| match evidence {
            Evidence::Estimates => e.median,
            Evidence::Sample | Evidence::CriterionChange | Evidence::Quick => e.location(estimator),
        };
        let logs: [Vec<f64>; 2] =
            [own.iter().map(|e| location(e).ln()).collect(), others.iter().map(|e| location(e).ln()).collect()];
        let mean = |logs: &[f64]| logs.iter().sum::<f64>() / logs.len() as f64;
        let largest = |errors: &mut dyn Iterator<Item = f64>| errors.fold(0.0, f64::max);
        let pair = Pair {
            baseline,
            candidate,
            locations: [mean(&logs[0]).exp(), mean(&logs[1]).exp()],
            within: largest(&mut own.iter().map(|e| e.standard_error))
                .hypot(largest(&mut others.iter().map(|e| e.standard_error))),
            evidence,
            n_executions: [logs[0].len(), logs[1].len()],
            n_measurements: [&own, &others].map(|side| side.iter().map(|e| e.n_measurements).sum()),
            newest: [newest_b, newest_c],
            between: welch(&logs[0], &logs[1]).or_else(|| pooled(&logs[0], &logs[1])),
            pooled: pooled(&logs[0], &logs[1]),
            logs: Some(Box::new(logs)),
            n_shared,
            n_quick: n_quick_b + n_quick_c,
        };
        pair.checked()
    }

    /// The pair, if its sides have a ratio.
    fn checked(self) -> Result<Pair<'a>, WhyNot> {
        let [b, c] = self.locations;
        let usable = |x: f64| x.is_finite() && x > 0.0;
        let is_told = self.between.is_none_or(|d| d.difference.is_finite() && d.standard_error.is_finite());
        if usable(b) && usable(c) && usable(c / b) && self.within.is_finite() && is_told {
            Ok(self)
        } else {
            Err(WhyNot::NotPositive)
        }
    }

    fn log_change(&self) -> noise::LogChange {
        noise::LogChange {
            // The difference of logarithms, not the logarithm of the ratio: exactly opposite when the sides are swapped.
            estimate: self.locations[1].ln() - self.locations[0].ln(),
            within: self.within,
            is_a_test: self.evidence != Evidence::Quick,
            n_executions: self.n_executions,
            between: self.between,
            pooled: self.pooled,
        }
    }
}

/// Beyond this factor, two results under one name are hardly the same benchmark.
const IMPLAUSIBLE_FACTOR: f64 = 100.0;

fn implausible(row: &BenchmarkComparison) -> Option<Warning> {
    let factor = (row.candidate / row.baseline).max(row.baseline / row.candidate);
    (factor >= IMPLAUSIBLE_FACTOR).then(|| Warning {
        subject: row.id.as_str().to_owned(),
        kind: WarningKind::Implausible { factor: factor as u64 },
    })
}

impl Pair<'_> {
    /// The unit of both sides: what is stated on one side holds for the other.
    fn unit(&self) -> Unit {
        match &self.candidate.unit {
            Unit::Unstated => self.baseline.unit.clone(),
            stated @ (Unit::Nanoseconds | Unit::Custom(_)) => stated.clone(),
        }
    }
}
