//! From the model to the report, field by field and by hand: a change of the one is then no change of the other's promise.

use super::schema::{
    Action, Clock, ClocksUsed, Context, CriterionTest, CriterionVerdict, Doubt, Environment, Estimator, Interval,
    LookUsed, MachineSeen, NoiseOrigin, NoiseUsed, NotComparedRow, Outcome, PolicyUsed, Reason, Report, Resolution,
    RoundsUsed, Row, RowClock, RowClocks, RowNoise, SCHEMA, Settle, Shift, Side, Source, Throughput, Unit, Untold,
    VERSION, Verdict, WarningRow, WhyWall, counts,
};
use super::wording;
use crate::compare::{self, NoiseSource, Policy, RunComparison, WhyNot};
use crate::model::{self, Evidence, Run, Warning};
use crate::stats::Look;

impl Side {
    /// Describes a run that was read from `source`.
    #[must_use]
    pub fn new(run: &Run, source: &str) -> Side {
        Side {
            label: run.label.clone(),
            source: source.to_owned(),
            benchmarks: run.benchmarks.len(),
            measured_at: run.newest().and_then(timestamp),
            revision: None,
            environments: run.environments.iter().map(Environment::from).collect(),
            history: None,
        }
    }
}

/// RFC 3339 with whole seconds, for times that a calendar knows.
pub(super) fn timestamp(time: std::time::SystemTime) -> Option<String> {
    let at = jiff::Timestamp::try_from(time).ok()?;
    jiff::Timestamp::from_second(at.as_second()).ok().map(|at| at.to_string())
}

impl Report {
    /// Writes down a comparison.
    #[must_use]
    pub fn new(comparison: &RunComparison, policy: &Policy, context: &Context) -> Report {
        let benchmarks: Vec<Row> = comparison.compared.iter().map(Row::from).collect();
        let is_shifted = comparison.shift.is_some_and(|shift| shift.verdict == compare::Verdict::Regression);
        let not_compared: Vec<NotComparedRow> = comparison.not_compared.iter().map(NotComparedRow::from).collect();
        Report {
            schema: SCHEMA.to_owned(),
            version: VERSION,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            outcome: comparison.outcome.into(),
            baseline: context.baseline.clone(),
            candidate: context.candidate.clone(),
            policy: PolicyUsed {
                profile: context.profile.clone(),
                threshold_percent: policy.threshold.percent(),
                gate_level: policy.gate_level,
                list_level: policy.list_level,
                min_executions: policy.min_executions,
                estimator: match policy.estimator {
                    model::Estimator::Typical => Estimator::Typical,
                    model::Estimator::LowerQuartile => Estimator::LowerQuartile,
                    model::Estimator::Minimum => Estimator::Minimum,
                },
                equivalence_level: policy.equivalence_level,
                confidence: policy.confidence,
                suite_shift: (&policy.suite_shift).into(),
                fail_on_inconclusive: policy.fail_on.inconclusive,
                fail_on_incomplete: policy.fail_on.incomplete,
            },
            counts: counts(&benchmarks, &not_compared),
            noise: NoiseUsed {
                source: comparison.noise.source.into(),
                standard_deviation: comparison.noise.standard_deviation,
                degrees_of_freedom: Some(comparison.noise.degrees_of_freedom).filter(|d| d.is_finite()),
                benchmarks: comparison.noise.n_benchmarks,
                inflation: comparison.noise.inflation,
            },
            resolution: resolution(&benchmarks),
            suite_shift: comparison
                .shift
                .map(|shift| Shift { change: shift.change.fraction(), verdict: shift.verdict.into() }),
            judged_on: context.judged_on.clone(),
            same_executable: comparison.same_executable,
            rounds: None,
            conditions: None,
            settle: settle(&benchmarks, is_shifted, policy.min_executions),
            confirmation: None,
            benchmarks,
            not_compared,
            warnings: comparison.warnings.iter().map(WarningRow::from).collect(),
        }
    }
}

impl Report {
    /// Writes down a comparison of paired rounds, whose order followed from a seed.
    #[must_use]
    pub fn of_rounds(
        comparison: &RunComparison,
        policy: &Policy,
        context: &Context,
        seed: u64,
        looks: &[Look],
    ) -> Report {
        let looks = looks.iter().map(|look| LookUsed { rounds: look.rounds, level: look.alpha }).collect();
        let clock = Some(match policy.clocks {
            compare::Clocks::Wall => ClocksUsed::Wall,
            compare::Clocks::Cpu => ClocksUsed::Cpu,
            compare::Clocks::Both => ClocksUsed::Both,
        });
        let machine = machine(comparison);
        let rounds = RoundsUsed { seed, looks, seconds: None, overhead_seconds: None, clock, machine };
        Report { rounds: Some(rounds), ..Report::new(comparison, policy, context) }
    }
}

/// What the machine did while the benchmarks ran.
fn machine(comparison: &RunComparison) -> Option<MachineSeen> {
    let clocks = comparison.compared.iter().filter_map(|row| row.clocks.as_ref());
    let seen: Vec<compare::Machine> = clocks.filter_map(|clocks| clocks.machine).collect();
    let preemptions: Vec<f64> = seen.iter().map(|machine| machine.preemptions).collect();
    let steal: Vec<f64> = seen.iter().filter_map(|machine| machine.steal).collect();
    (!seen.is_empty()).then(|| MachineSeen {
        preemptions: crate::stats::median(&preemptions),
        steal: (!steal.is_empty()).then(|| steal.iter().sum::<f64>() / steal.len() as f64),
    })
}

/// More suspects than this are better measured again with the whole suite.
const MOST_SUSPECTS: usize = 20;

/// Longer ones, in bytes, are better measured with the whole suite too.
const LONGEST_FILTER: usize = 2_000;

/// How to measure again what is suspected, or proven by single executions only: as often as it was, or as the policy asks for.
///
/// A suite that became slower as a whole is measured as a whole.
pub(super) fn settle(benchmarks: &[Row], is_shifted: bool, min_executions: usize) -> Option<Settle> {
    let mut suspects: Vec<&Row> = benchmarks.iter().filter(|row| row.is_unsettled()).collect();
    if suspects.is_empty() && !is_shifted {
        return None;
    }
    suspects.sort_by(|a, b| b.change.estimate.total_cmp(&a.change.estimate));
    let filter = match suspects.as_slice() {
        _ if is_shifted => String::new(),
        [one] if one.renamed_from.is_none() && is_plain_word(&one.id) => format!("--exact {} ", shell_quoted(&one.id)),
        several if several.len() > MOST_SUSPECTS => String::new(),
        several => {
            // The baseline's code knows a benchmark by its old name. Where the command is shown, an `@` may call somebody.
            let ids = several.iter().flat_map(|row| [Some(&row.id), row.renamed_from.as_ref()]).flatten();
            let ids: Vec<String> = ids.map(|id| regex::escape(id).replace('@', r"\x40")).collect();
            let filter = shell_quoted(&format!("^({})$", ids.join("|")));
            if filter.len() > LONGEST_FILTER { String::new() } else { format!("{filter} ") }
        }
    };
    // A history stays what it is; what is measured again is the lesser side.
    let measured = if is_shifted { benchmarks.iter().collect() } else { suspects.clone() };
    let measured = measured.iter().map(|row| row.executions[0].min(row.executions[1])).max().unwrap_or(1);
    Some(Settle {
        executions: measured.max(min_executions),
        suspects: suspects.iter().map(|row| row.id.clone()).collect(),
        command: format!("cargo bench --bench BENCH -- {filter}--save-baseline NAME"),
    })
}

/// Whether a name can stand in a command as it is: neither taken for a flag, nor changed to be shown.
fn is_plain_word(name: &str) -> bool {
    !name.starts_with('-') && !name.contains('@') && super::escape::visible(name) == name
}

/// One word for a POSIX shell. What no terminal would show is written as a regular expression reads it.
fn shell_quoted(text: &str) -> String {
    let text = super::escape::visible(text);
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn resolution(benchmarks: &[Row]) -> Option<Resolution> {
    // Two measurements could have shown nothing, however large.
    let tests = benchmarks.iter().filter(|row| row.could_show_something());
    let smallest: Vec<f64> = tests.map(|row| row.smallest_provable).collect();
    let worst = smallest.iter().copied().max_by(f64::total_cmp)?;
    Some(Resolution { median: crate::stats::median(&smallest), worst })
}

impl From<compare::Outcome> for Outcome {
    fn from(outcome: compare::Outcome) -> Outcome {
        match outcome {
            compare::Outcome::Pass => Outcome::Pass,
            compare::Outcome::Regressed => Outcome::Regressed,
            compare::Outcome::Inconclusive => Outcome::Inconclusive,
            compare::Outcome::NothingCompared => Outcome::NothingCompared,
        }
    }
}

impl From<compare::Verdict> for Verdict {
    fn from(verdict: compare::Verdict) -> Verdict {
        match verdict {
            compare::Verdict::Regression => Verdict::Regression,
            compare::Verdict::Improvement => Verdict::Improvement,
            compare::Verdict::NoChange => Verdict::NoChange,
            compare::Verdict::Inconclusive => Verdict::Inconclusive,
        }
    }
}

impl From<&compare::Action> for Action {
    fn from(action: &compare::Action) -> Action {
        match action {
            compare::Action::Fail => Action::Fail,
            compare::Action::Warn => Action::Warn,
            compare::Action::Waived(w) => Action::Waived { reason: w.reason.clone(), until: w.until.clone() },
            compare::Action::Ignore => Action::Ignore,
        }
    }
}

impl From<&model::Unit> for Unit {
    fn from(unit: &model::Unit) -> Unit {
        match unit {
            model::Unit::Nanoseconds => Unit { name: "ns".to_owned(), stated: true },
            model::Unit::Custom(name) => Unit { name: name.to_string(), stated: true },
            model::Unit::Unstated => Unit { name: "ns".to_owned(), stated: false },
        }
    }
}

impl From<&model::Throughput> for Throughput {
    fn from(throughput: &model::Throughput) -> Throughput {
        match throughput {
            model::Throughput::Bytes(bytes) => Throughput::Bytes { bytes: *bytes },
            model::Throughput::BytesDecimal(bytes) => Throughput::BytesDecimal { bytes: *bytes },
            model::Throughput::Bits(bits) => Throughput::Bits { bits: *bits },
            model::Throughput::Elements(elements) => Throughput::Elements { elements: *elements },
            model::Throughput::ElementsAndBytes { elements, bytes } => {
                Throughput::ElementsAndBytes { elements: *elements, bytes: *bytes }
            }
            model::Throughput::Unknown(name) => Throughput::Unknown { name: name.to_string() },
        }
    }
}

impl From<&compare::BenchmarkComparison> for Row {
    fn from(compared: &compare::BenchmarkComparison) -> Row {
        Row {
            id: compared.id.as_str().to_owned(),
            directory: compared.id.path(),
            renamed_from: compared.renamed_from.as_ref().map(|id| id.as_str().to_owned()),
            verdict: compared.verdict.into(),
            doubt: compared.doubt.map(|doubt| match doubt {
                compare::Doubt::Quick => Doubt::Quick,
                compare::Doubt::MaybeNoise => Doubt::MaybeNoise,
                compare::Doubt::TooWide => Doubt::TooWide,
                compare::Doubt::Suspected => Doubt::Suspected,
                compare::Doubt::TooFewExecutions => Doubt::TooFewExecutions,
                compare::Doubt::TooFewRounds => Doubt::TooFewRounds,
                compare::Doubt::DifferentMachines => Doubt::DifferentMachines,
                compare::Doubt::SameExecutable => Doubt::SameExecutable,
                compare::Doubt::ClocksDisagree => Doubt::ClocksDisagree,
            }),
            action: (&compared.action).into(),
            change: (&compared.change).into(),
            threshold: compared.threshold.percent() / 100.0,
            smallest_provable: compared.smallest_provable.fraction(),
            baseline: compared.baseline,
            candidate: compared.candidate,
            unit: (&compared.unit).into(),
            throughput: compared.throughput.as_ref().map(Throughput::from),
            evidence: match compared.evidence {
                Evidence::Sample => Source::Sample,
                Evidence::Estimates => Source::Estimates,
                Evidence::Printed => Source::Printed,
                Evidence::CriterionChange => Source::CriterionChange,
                Evidence::Quick => Source::Quick,
            },
            measurements: compared.n_measurements,
            executions: compared.n_executions,
            noise: Some(RowNoise {
                source: compared.noise.source.into(),
                standard_deviation: compared.noise.standard_deviation,
                degrees_of_freedom: Some(compared.noise.degrees_of_freedom).filter(|d| d.is_finite()),
            }),
            executions_needed: compared.executions_needed,
            p: Some(compared.p),
            suspicious: compared.is_suspicious(),
            marks: compared.marks.as_ref().map(|both| [0, 1].map(|side| both[side].iter().map(written).collect())),
            second: None,
            untold: None,
            clocks: compared.clocks.as_deref().map(RowClocks::from),
            criterion: compared.criterion.map(|test| CriterionTest {
                change: (&test.change).into(),
                p: test.p,
                verdict: match test.verdict {
                    compare::CriterionVerdict::Regressed => CriterionVerdict::Regressed,
                    compare::CriterionVerdict::Improved => CriterionVerdict::Improved,
                    compare::CriterionVerdict::WithinNoise => CriterionVerdict::WithinNoise,
                    compare::CriterionVerdict::NotDetected => CriterionVerdict::NotDetected,
                },
            }),
        }
    }
}

impl From<&compare::TwoClocks> for RowClocks {
    fn from(clocks: &compare::TwoClocks) -> RowClocks {
        let one = |clock: &compare::ClockChange| RowClock {
            change: (&clock.change).into(),
            deviation: clock.deviation,
            bias: clock.bias,
        };
        RowClocks {
            judged_by: match clocks.judged_by {
                compare::Clock::Wall => Clock::Wall,
                compare::Clock::Cpu => Clock::Cpu,
            },
            wall: one(&clocks.wall),
            cpu: clocks.cpu.as_ref().map(one),
            why_wall: clocks.why_wall.map(|why| match why {
                compare::WhyWall::NotTold => WhyWall::NotTold,
                compare::WhyWall::NotTime => WhyWall::NotTime,
                compare::WhyWall::Waits => WhyWall::Waits,
                compare::WhyWall::MoreThanTheIterations => WhyWall::MoreThanTheIterations,
            }),
        }
    }
}

/// A mark as text: both hashes in hexadecimal, and whether it is of measurements or of estimates.
fn written(mark: &model::Mark) -> String {
    format!("{:016x}{:016x}{}", mark.measurements, mark.median, if mark.is_estimate { 'e' } else { 'm' })
}

/// A mark from text; `None` where it is none.
pub(super) fn read_mark(text: &str) -> Option<model::Mark> {
    let (measurements, rest) = text.split_at_checked(16)?;
    let (median, kind) = rest.split_at_checked(16)?;
    let hash = |digits: &str| u64::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
    let is_estimate = match kind {
        "e" => true,
        "m" => false,
        _ => return None,
    };
    Some(model::Mark { measurements: hash(measurements)?, median: hash(median)?, is_estimate })
}

impl From<&compare::ChangeInterval> for Interval {
    fn from(change: &compare::ChangeInterval) -> Interval {
        Interval {
            lower: change.lower.fraction(),
            estimate: change.estimate.fraction(),
            upper: change.upper.fraction(),
        }
    }
}

impl From<Estimator> for model::Estimator {
    fn from(estimator: Estimator) -> model::Estimator {
        match estimator {
            Estimator::Typical => model::Estimator::Typical,
            Estimator::LowerQuartile => model::Estimator::LowerQuartile,
            Estimator::Minimum => model::Estimator::Minimum,
        }
    }
}

impl From<compare::NoConfirmation> for Untold {
    fn from(why: compare::NoConfirmation) -> Untold {
        match why {
            compare::NoConfirmation::NotMeasured => Untold::NotMeasured,
            compare::NoConfirmation::SameCandidate => Untold::SameCandidate,
            compare::NoConfirmation::SameBaseline => Untold::SameBaseline,
            compare::NoConfirmation::NotATest => Untold::NotATest,
            compare::NoConfirmation::NotComparable => Untold::NotComparable,
        }
    }
}

impl From<NoiseSource> for NoiseOrigin {
    fn from(source: NoiseSource) -> NoiseOrigin {
        match source {
            NoiseSource::Assumed => NoiseOrigin::Assumed,
            NoiseSource::Suite => NoiseOrigin::Suite,
            NoiseSource::History => NoiseOrigin::History,
            NoiseSource::Executions => NoiseOrigin::Executions,
            NoiseSource::Rounds => NoiseOrigin::Rounds,
        }
    }
}

impl From<&model::Environment> for Environment {
    fn from(environment: &model::Environment) -> Environment {
        let environment = environment.clone();
        Environment {
            cpu: environment.cpu,
            cores: environment.cores,
            os: environment.os,
            rustc: environment.rustc,
            profile: environment.profile,
            executables: environment.executables,
            distribution: environment.distribution,
            governor: environment.governor,
            turbo: environment.turbo,
            smt: environment.smt,
            low_power_mode: environment.low_power_mode,
            gpus: environment.gpus,
            memory_mib: environment.memory_mib,
            virtualization: environment.virtualization,
            runner: environment.runner,
            variables: environment.variables,
        }
    }
}

impl From<&compare::NotCompared> for NotComparedRow {
    fn from(not_compared: &compare::NotCompared) -> NotComparedRow {
        let (reason, detail) = match &not_compared.reason {
            WhyNot::Added => (Reason::Added, None),
            WhyNot::Removed => (Reason::Removed, None),
            WhyNot::Ignored => (Reason::Ignored, None),
            WhyNot::SameMeasurement => (Reason::SameMeasurement, None),
            WhyNot::NotPositive => (Reason::NotPositive, None),
            WhyNot::AmbiguousId => (Reason::AmbiguousId, None),
            WhyNot::Unreadable => (Reason::Unreadable, None),
            WhyNot::LeftOut => (Reason::LeftOut, None),
            WhyNot::Failed => (Reason::Failed, None),
            WhyNot::NotRun => (Reason::NotRun, None),
            WhyNot::UnitChanged { baseline, candidate } => {
                let (baseline, candidate) = (Unit::from(baseline), Unit::from(candidate));
                (Reason::UnitChanged, Some(format!("{} → {}", baseline.name, candidate.name)))
            }
            WhyNot::ThroughputChanged { baseline, candidate } => {
                let word = |t: &Option<model::Throughput>| wording::work(t.as_ref().map(Throughput::from).as_ref());
                (Reason::ThroughputChanged, Some(format!("{} → {}", word(baseline), word(candidate))))
            }
        };
        NotComparedRow { id: not_compared.id.as_str().to_owned(), directory: not_compared.id.path(), reason, detail }
    }
}

impl From<&Warning> for WarningRow {
    fn from(warning: &Warning) -> WarningRow {
        let (code, message, hint) = super::warnings::warning_text(&warning.kind);
        WarningRow { code: code.to_owned(), subject: warning.subject.clone(), message, hint }
    }
}
