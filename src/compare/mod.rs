//! Two runs in, verdicts out: pure, without text for people.
//!
//! `pairing` says which benchmark of the one side is which of the other, `noise` how far two executions of the same
//! code would differ, `verdict` what follows for one benchmark, and `outcome` what follows for the whole.

mod clock;
mod confirm;
mod criterion_test;
mod matrix;
mod noise;
mod outcome;
mod pair;
mod pairing;
mod pattern;
mod policy;
mod relative_change;
mod rivals;
mod rounds;
mod setting;
mod spread;
mod verdict;

use std::collections::BTreeMap;

use crate::model::{
    Absent, Benchmark, BenchmarkId, Evidence, Mark, Run, Throughput, Unit, Warning, WarningKind, WhyAbsent,
};

pub use crate::model::CriterionVerdict;
pub use clock::{Clock, Clocks, Machine, WhyWall};
pub use confirm::{Confirmation, NoConfirmation, Suspicion, confirm};
pub use criterion_test::{CriterionTest, criterion_test};
pub(crate) use criterion_test::{Values, criterion_test_of};
pub use matrix::{Matrix, MatrixCell, MatrixOptions, MatrixRow, Ratio, SortBy, matrix};
use pair::Pair;
use policy::Terms;
use setting::Setting;

pub use noise::{BenchmarkNoise, Noise, NoiseSource};
pub use outcome::Outcome;
pub use pattern::{InvalidPattern, Pattern};
pub use policy::{Action, FailOn, Peaks, Policy, Rule, Waiver};
pub use relative_change::{ChangeInterval, InvalidThreshold, NoiseThreshold, RelativeChange};
pub use rivals::{Refusal, Rival, RivalFacts, RivalRun, RivalWorkload, Rivalry, RivalsOptions, Speedup, rivals};
pub use rounds::{ClockChange, TwoClocks, compare_rounds};
pub use spread::{BenchmarkSpread, Executed, Printed, Resolution, Spread, spread};
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
    /// What each clock says, where paired rounds were compared.
    pub clocks: Option<Box<TwoClocks>>,
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
    /// Its process failed on a side, as a warning says.
    Failed,
    /// Measuring was stopped before its turn came.
    NotRun,
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

/// Two sides, matched, under the terms that hold for each benchmark.
struct Matched<'a> {
    pairs: Vec<(&'a Benchmark, &'a Benchmark, Terms)>,
    not_compared: Vec<NotCompared>,
    warnings: Vec<Warning>,
}

fn matched<'a>(baseline: &'a Run, candidate: &'a Run, policy: &Policy) -> Matched<'a> {
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
    let mut pairs = Vec::with_capacity(pairing.pairs.len());
    for (b, c) in pairing.pairs {
        let terms = policy.for_benchmark(c.id.as_str());
        if terms.action == Action::Ignore {
            not_compared.push(NotCompared { id: c.id.clone(), reason: WhyNot::Ignored });
        } else {
            pairs.push((b, c, terms));
        }
    }
    Matched { pairs, not_compared, warnings }
}

/// In the order of their ids.
fn sort(not_compared: &mut [NotCompared]) {
    not_compared.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()).then_with(|| a.id.cmp(&b.id)));
}

/// Compares two runs under a policy. Never fails: what can't be compared is an answer.
#[must_use]
pub fn compare(baseline: &Run, candidate: &Run, policy: &Policy) -> RunComparison {
    let Matched { pairs: matched, mut not_compared, mut warnings } = matched(baseline, candidate, policy);
    let (mut pairs, mut terms) = (Vec::new(), Vec::new());
    let (mut n_shared, mut n_quick) = (0, 0);
    for (b, c, its_terms) in matched {
        match Pair::new(b, c, policy.estimator) {
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

    sort(&mut not_compared);
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
        WhyAbsent::Failed => WhyNot::Failed,
        WhyAbsent::NotRun => WhyNot::NotRun,
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
    let lost = absent.into_values().filter(|a| a.why != WhyAbsent::LeftOut);
    not_compared.extend(lost.map(|a| NotCompared { id: a.id.clone(), reason: reason(a.why) }));
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
