use std::collections::BTreeMap;

use super::{Clocks, NoiseThreshold, Pattern};
use crate::model::{Benchmark, Estimator, Run, Throughput, Warning, WarningKind};

/// What a project wants: the settings under which two runs are judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The change that matters, unless a rule says otherwise.
    pub threshold: NoiseThreshold,
    /// Standard deviation of the log ratio of two executions of the same code, as long as nothing better is known.
    pub assumed_noise: f64,
    /// Chance of a single false regression among all benchmarks of a comparison, if the noise is as estimated.
    pub gate_level: f64,
    /// Share of false ones that is accepted among the benchmarks that are listed as suspects, if the noise is as estimated.
    pub list_level: f64,
    /// Chance of calling a benchmark unchanged whose true change lies at the threshold.
    pub equivalence_level: f64,
    /// Confidence level of the intervals that are shown.
    pub confidence: f64,
    /// Which number of an execution stands for it, where a side has several.
    pub estimator: Estimator,
    /// Which clocks judge paired rounds.
    pub clocks: Clocks,
    /// Fewer executions on a side than this prove nothing.
    pub min_executions: usize,
    /// What the machine can do in a second, at most.
    pub peaks: Peaks,
    /// Whether sides from different environments may be judged.
    pub allow_different_machines: bool,
    /// What a slowdown of the whole suite beyond the threshold does to the outcome.
    pub suite_shift: Action,
    /// What, besides regressions, makes the comparison fail.
    pub fail_on: FailOn,
    /// Exceptions by benchmark; where several apply, the later one wins, key by key.
    pub rules: Vec<Rule>,
    /// Benchmarks that changed their name: the baseline's id → the candidate's.
    pub renames: BTreeMap<String, String>,
}

/// What a machine can do in a second, at most, of the work that benchmarks declare.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Peaks {
    /// Bytes.
    pub bytes: Option<f64>,
    /// Elements.
    pub elements: Option<f64>,
}

impl Peaks {
    /// The least time of one iteration, in nanoseconds; `None` where nothing says.
    fn floor(&self, work: &Throughput) -> Option<f64> {
        let (bytes, elements) = match work {
            Throughput::Bytes(n) | Throughput::BytesDecimal(n) => (Some(*n as f64), None),
            Throughput::Bits(n) => (Some(*n as f64 / 8.0), None),
            Throughput::Elements(n) => (None, Some(*n as f64)),
            Throughput::ElementsAndBytes { elements, bytes } => (Some(*bytes as f64), Some(*elements as f64)),
            Throughput::Unknown(_) => (None, None),
        };
        let time = |amount: Option<f64>, peak: Option<f64>| Some(amount? / peak? * 1e9);
        [time(bytes, self.bytes), time(elements, self.elements)].into_iter().flatten().reduce(f64::max)
    }

    /// A warning for each benchmark with an execution that is faster than they allow.
    fn warnings<'a>(&self, benchmarks: impl Iterator<Item = &'a Benchmark>) -> Vec<Warning> {
        let mut warnings: BTreeMap<&str, u64> = BTreeMap::new();
        for benchmark in benchmarks.filter(|benchmark| benchmark.unit.is_time()) {
            let Some(floor) = benchmark.throughput.as_ref().and_then(|work| self.floor(work)) else { continue };
            let fastest = benchmark.executions.iter().map(|e| e.typical).fold(f64::INFINITY, f64::min);
            if fastest > 0.0 && fastest < floor {
                let tenths = (floor / fastest * 10.0) as u64;
                let known = warnings.entry(benchmark.id.as_str()).or_default();
                *known = tenths.max(*known);
            }
        }
        let warning = |(id, tenths): (&str, u64)| Warning {
            subject: id.to_owned(),
            kind: WarningKind::FasterThanPossible { tenths },
        };
        warnings.into_iter().map(warning).collect()
    }
}

/// What a regression does to the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It fails the comparison.
    Fail,
    /// It is shown.
    Warn,
    /// It is shown, and somebody has said why that is accepted.
    Waived(Waiver),
    /// The benchmark is not judged at all.
    Ignore,
}

/// Somebody's word that a regression is accepted, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Why.
    pub reason: String,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub until: String,
}

/// What, besides regressions, makes the comparison fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FailOn {
    /// A benchmark that can't be told.
    pub inconclusive: bool,
    /// A benchmark of the baseline that was not compared, other than by the policy's wish.
    pub incomplete: bool,
}

/// An exception for the benchmarks that a pattern matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Which benchmarks.
    pub pattern: Pattern,
    /// The change that matters for them.
    pub threshold: Option<NoiseThreshold>,
    /// Changes smaller than this don't matter for them; in their unit, nanoseconds for times.
    pub floor: Option<f64>,
    /// What a regression of theirs does.
    pub action: Option<Action>,
    /// The last day of a waiver that has run out, `YYYY-MM-DD`.
    pub expired: Option<String>,
}

/// What holds for one benchmark.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Terms {
    pub(super) threshold: NoiseThreshold,
    pub(super) floor: f64,
    pub(super) action: Action,
}

impl Policy {
    /// A policy with this threshold, and with this assumption of how far two executions of the same code differ, as a standard
    /// deviation of the log ratio: a false alarm in 100 comparisons, 95 % intervals, any number of executions by their medians,
    /// no rules.
    #[must_use]
    pub fn new(threshold: NoiseThreshold, assumed_noise: f64) -> Policy {
        Policy {
            threshold,
            assumed_noise,
            gate_level: 0.01,
            list_level: 0.05,
            equivalence_level: 0.05,
            confidence: 0.95,
            estimator: Estimator::Typical,
            clocks: Clocks::Both,
            min_executions: 1,
            peaks: Peaks::default(),
            allow_different_machines: false,
            suite_shift: Action::Fail,
            fail_on: FailOn::default(),
            rules: Vec::new(),
            renames: BTreeMap::new(),
        }
    }

    /// What holds for the benchmark with this id.
    pub(super) fn for_benchmark(&self, id: &str) -> Terms {
        let mut terms = Terms { threshold: self.threshold, floor: 0.0, action: Action::Fail };
        for rule in self.rules.iter().filter(|rule| rule.pattern.matches(id)) {
            terms.threshold = rule.threshold.unwrap_or(terms.threshold);
            terms.floor = rule.floor.unwrap_or(terms.floor);
            terms.action = rule.action.clone().unwrap_or(terms.action);
        }
        terms
    }

    /// What the policy says of benchmarks that aren't there, or says no longer.
    pub(super) fn warnings(&self, baseline: &Run, candidate: &Run) -> Vec<Warning> {
        let ids = || baseline.benchmarks.iter().chain(&candidate.benchmarks).map(|b| b.id.as_str());
        let unused = self.rules.iter().filter(|rule| !ids().any(|id| rule.pattern.matches(id)));
        let mut warnings: Vec<Warning> = unused
            .map(|rule| Warning { subject: rule.pattern.as_str().to_owned(), kind: WarningKind::PatternMatchesNothing })
            .collect();
        for rule in &self.rules {
            if let Some(until) = &rule.expired {
                warnings.push(Warning {
                    subject: rule.pattern.as_str().to_owned(),
                    kind: WarningKind::WaiverExpired { until: until.clone() },
                });
            }
        }
        warnings.extend(self.peaks.warnings(baseline.benchmarks.iter().chain(&candidate.benchmarks)));
        warnings
    }
}
