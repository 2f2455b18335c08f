//! What is said, in one place, so that every format says the same.

use std::collections::BTreeMap;
use std::time::Duration;

use super::escape::name;
use super::number::{change, percent};
use super::schema::{
    Action, Doubt, Environment, Estimator, Interval, NoiseOrigin, NotComparedRow, Outcome, Reason, Report, Row, Side,
    Source, Throughput, Untold, Verdict, WarningRow,
};
use crate::model::WarningKind;

/// The verdict on the whole, in one line.
#[must_use]
pub fn headline(report: &Report) -> String {
    let counts = &report.counts;
    let failing = counts.regressions - counts.tolerated;
    match report.outcome {
        Outcome::Regressed if failing > 0 => {
            let worst = worst_change(report).map(|change| format!(", the worst {change}"));
            format!(
                "{} of {}{}",
                count(failing, "regression", "regressions"),
                count(counts.benchmarks, "benchmark", "benchmarks"),
                worst.unwrap_or_default()
            )
        }
        Outcome::Regressed => {
            let shift = report.suite_shift.map_or(0.0, |shift| shift.change);
            format!(
                "the whole suite became slower: three quarters of {} benchmarks by {} or more",
                counts.compared,
                change(shift)
            )
        }
        Outcome::Inconclusive => {
            let mut parts = Vec::new();
            if counts.inconclusive > 0 {
                let suspected = match counts.suspected {
                    0 => String::new(),
                    n => format!(" ({n} probably slower)"),
                };
                parts.push(format!("{} of {} can't be told{suspected}", counts.inconclusive, counts.compared));
            }
            let n_untold = report.missing().count();
            if n_untold > 0 {
                let verb = if n_untold == 1 { "was" } else { "were" };
                parts.push(format!("{n_untold} of {} {verb} not compared", counts.benchmarks));
            }
            let tolerated = match counts.tolerated {
                0 => String::new(),
                n => format!("; {n} slower and tolerated"),
            };
            let shown = if counts.tolerated > 0 { "no other regression shown" } else { "no regression shown" };
            format!("{shown}, but {}{tolerated}", parts.join(" and "))
        }
        Outcome::Pass => {
            let mut parts = Vec::new();
            if counts.no_change > 0 {
                let verb = if counts.no_change == 1 { "is" } else { "are" };
                let shown = count(counts.no_change, "benchmark", "benchmarks");
                parts.push(format!("{shown} {verb} shown to be within the threshold"));
            }
            for (n, what) in [(counts.improvements, "faster"), (counts.tolerated, "slower and tolerated")] {
                if n > 0 {
                    parts.push(format!("{n} {what}"));
                }
            }
            format!("no regression: {}", parts.join(", "))
        }
        Outcome::NothingCompared => "nothing was compared, which is not a pass".to_owned(),
    }
}

fn worst(report: &Report) -> Option<&Row> {
    let failing = report.benchmarks.iter().filter(|r| r.verdict == Verdict::Regression && r.action == Action::Fail);
    failing.max_by(|a, b| a.change.estimate.total_cmp(&b.change.estimate))
}

/// The word for the whole.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "PASS",
        Outcome::Regressed => "REGRESSED",
        Outcome::Inconclusive => "INCONCLUSIVE",
        Outcome::NothingCompared => "NOTHING COMPARED",
    }
}

/// The verdict on several reports, in one line: reports of the legs of a matrix, `None` for one that is missing.
pub(super) fn headline_of_legs(reports: &[Option<&Report>]) -> String {
    let there = || reports.iter().copied().flatten();
    let legs = count(reports.len(), "leg", "legs");
    let with = |outcome| there().filter(|report| report.outcome == outcome).count();
    let mut parts = Vec::new();
    let n_failing: usize = there().map(|report| report.counts.regressions - report.counts.tolerated).sum();
    if n_failing > 0 {
        let legs_failing = there().filter(|report| report.counts.regressions > report.counts.tolerated).count();
        let worst = there().filter_map(worst).max_by(|a, b| a.change.estimate.total_cmp(&b.change.estimate));
        let worst = worst.map_or_else(String::new, |row| format!(", the worst {}", change_with_interval(row)));
        parts.push(format!("{} in {legs_failing} of {legs}{worst}", count(n_failing, "regression", "regressions")));
    }
    let n_shifted =
        there().filter(|r| r.outcome == Outcome::Regressed && r.counts.regressions == r.counts.tolerated).count();
    if n_shifted > 0 {
        parts.push(format!("the whole suite became slower in {n_shifted} of {legs}"));
    }
    let n_inconclusive = with(Outcome::Inconclusive);
    let n_empty = with(Outcome::NothingCompared);
    let n_missing = reports.len() - there().count();
    if parts.is_empty() && n_inconclusive + n_empty + n_missing == 0 && !reports.is_empty() {
        let n_compared: usize = there().map(|report| report.counts.compared).sum();
        return format!("no regression in {legs}: {} compared", count(n_compared, "benchmark", "benchmarks"));
    }
    if parts.is_empty() {
        parts.push("no regression shown".to_owned());
    }
    for (n, what) in [
        (n_inconclusive, "not everything could be told in"),
        (n_empty, "nothing was compared in"),
        (n_missing, "no report came from"),
    ] {
        if n > 0 {
            parts.push(format!("{what} {n} of {legs}"));
        }
    }
    if reports.is_empty() {
        parts.push("there is no report".to_owned());
    }
    parts.join("; ")
}

fn change_with_interval(row: &Row) -> String {
    let Interval { lower, estimate, upper } = row.change;
    format!("{} ({} … {})", change(estimate), change(lower), change(upper))
}

/// The change of the worst regression that counts, if there is one.
pub(super) fn worst_change(report: &Report) -> Option<String> {
    worst(report).map(change_with_interval)
}

/// What a group of rows is, for the heading above it.
pub(super) fn group(n: usize, kind: Group) -> String {
    match kind {
        Group::Regressions => count(n, "regression", "regressions"),
        Group::Suspects => {
            format!("{}: probably slower, but not certain enough to fail by it", count(n, "suspect", "suspects"))
        }
        Group::Tolerated => {
            format!("{} that the policy tolerates", count(n, "regression", "regressions"))
        }
        Group::Improvements => count(n, "improvement", "improvements"),
        Group::Inconclusive => format!("{n} that can't be told"),
        Group::NoChange => format!("{n} shown to be within the threshold"),
    }
}

/// Rows that are shown together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Slower, and the comparison fails by it.
    Regressions,
    /// Probably slower.
    Suspects,
    /// Slower, and let pass.
    Tolerated,
    /// Faster.
    Improvements,
    /// Can't be told.
    Inconclusive,
    /// Shown to be the same.
    NoChange,
}

impl Group {
    /// All, the most important first.
    pub(super) const ALL: [Group; 6] = [
        Group::Regressions,
        Group::Suspects,
        Group::Tolerated,
        Group::Improvements,
        Group::Inconclusive,
        Group::NoChange,
    ];

    pub(super) fn of(row: &Row) -> Group {
        match row.verdict {
            Verdict::Regression if row.action == Action::Fail => Group::Regressions,
            Verdict::Regression => Group::Tolerated,
            Verdict::Inconclusive if row.is_suspect() => Group::Suspects,
            Verdict::Inconclusive => Group::Inconclusive,
            Verdict::Improvement => Group::Improvements,
            Verdict::NoChange => Group::NoChange,
        }
    }
}

/// What was compared with, and how old it was.
pub(super) fn sides(report: &Report, foreign: &dyn Fn(&str) -> String) -> String {
    let at = |side: &Side| side.measured_at.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let (baseline, candidate) = (at(&report.baseline), at(&report.candidate));
    let age = match (baseline, candidate) {
        (Some(baseline), Some(candidate)) => {
            let apart = candidate.as_second().abs_diff(baseline.as_second());
            let which = if baseline <= candidate { "before" } else { "after" };
            format!(", {} {which} the candidate", duration(Duration::from_secs(apart)))
        }
        _ => String::new(),
    };
    let measured = |at: Option<jiff::Timestamp>| match at {
        Some(at) => format!("measured {at}"),
        None => "measured at an unknown time".to_owned(),
    };
    format!(
        "baseline {}, {}{age}; candidate {}, {}",
        foreign(&report.baseline.label),
        measured(baseline),
        foreign(&report.candidate.label),
        measured(candidate)
    )
}

/// Where both sides were measured.
pub(super) fn machines(report: &Report, foreign: &dyn Fn(&str) -> String) -> String {
    let of = |side: &Side| -> Option<String> {
        let machines: Vec<String> = side.environments.iter().map(|e| machine(e, foreign)).collect();
        let more = machines.len().saturating_sub(MACHINES_SHOWN);
        let mut shown: Vec<String> = machines.into_iter().take(MACHINES_SHOWN).collect();
        if more > 0 {
            shown.push(format!("{more} more"));
        }
        (!shown.is_empty()).then(|| shown.join("; "))
    };
    match (of(&report.baseline), of(&report.candidate)) {
        (None, None) => "nothing says on which machine it was measured".to_owned(),
        (Some(baseline), Some(candidate)) if baseline == candidate => format!("both measured on {baseline}"),
        (baseline, candidate) => {
            let said =
                |machine: Option<String>| machine.unwrap_or_else(|| "a machine that nothing tells of".to_owned());
            format!("baseline measured on {}; candidate on {}", said(baseline), said(candidate))
        }
    }
}

/// Machines of one side that are told.
const MACHINES_SHOWN: usize = 3;

fn machine(environment: &Environment, foreign: &dyn Fn(&str) -> String) -> String {
    let cores = environment.cores.map(|n| count(n as usize, "core", "cores"));
    let facts = [&environment.cpu, &environment.os, &environment.rustc, &environment.profile];
    let mut said: Vec<String> = facts.into_iter().flatten().map(|fact| foreign(fact)).collect();
    if let Some(cores) = cores {
        said.insert(usize::from(environment.cpu.is_some()), cores);
    }
    if said.is_empty() { "an unknown machine".to_owned() } else { said.join(", ") }
}

/// "compared 42 of 45", with which sides and under which threshold. Strangers' words stand in it as `foreign` writes them.
pub(super) fn scope(report: &Report, foreign: &dyn Fn(&str) -> String) -> String {
    let counts = &report.counts;
    format!(
        "compared {} of {}: {} → {}, threshold {} ({})",
        counts.compared,
        counts.benchmarks,
        foreign(&report.baseline.label),
        foreign(&report.candidate.label),
        percent(report.policy.threshold_percent / 100.0),
        foreign(&report.policy.profile),
    )
}

/// The word for one benchmark's verdict.
pub(super) fn verdict(row: &Row) -> &'static str {
    match (row.verdict, &row.action) {
        (Verdict::Regression, Action::Fail) => "REGRESSION",
        (Verdict::Regression, Action::Warn) => "regression (warn)",
        (Verdict::Regression, Action::Waived { .. }) => "regression (waived)",
        (Verdict::Regression, Action::Ignore) => "regression (ignored)",
        (Verdict::Improvement, _) => "improvement",
        (Verdict::NoChange, _) => "no change",
        (Verdict::Inconclusive, _) => match row.doubt {
            Some(Doubt::Suspected) if row.change.estimate > 0.0 => "suspect",
            Some(Doubt::NotConfirmed) => "not confirmed",
            _ => "inconclusive",
        },
    }
}

/// What a row's verdict rests on: `5 + 5 executions; noise from their spread`.
pub(super) fn row_evidence(row: &Row) -> String {
    let executions = match row.executions {
        [1, 1] => "1 execution a side".to_owned(),
        [b, c] if b == c => format!("{b} executions a side"),
        [b, c] => format!("{} and {c}", count(b, "execution", "executions")),
    };
    let noise = match row.noise.map(|noise| noise.source) {
        Some(NoiseOrigin::Assumed) => "noise assumed",
        Some(NoiseOrigin::Suite) => "noise from the suite",
        Some(NoiseOrigin::History) => "noise from the side that has several, steadied by the suite",
        Some(NoiseOrigin::Executions) => "noise from the executions",
        None => return executions,
    };
    format!("{executions}; {noise}")
}

/// Why a verdict is no more than inconclusive, in words.
pub(super) fn doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Quick => "two measurements are an effect, not a test",
        Doubt::MaybeNoise => "beyond the threshold, but noise alone may do that",
        Doubt::TooWide => "a change beyond the threshold can't be ruled out",
        Doubt::Suspected => "probably real, but not certain enough to fail by it: measure again",
        Doubt::TooFewExecutions => "fewer executions than the policy asks for",
        Doubt::DifferentMachines => "the sides were measured in different environments",
        Doubt::SameExecutable => "both sides are the same executable, so it is not the code",
        Doubt::NotConfirmed => "a second measurement didn't prove it",
    }
}

/// What a row's name should be followed by: renames, waivers, weaker evidence.
pub(super) fn remarks(row: &Row, report_threshold: f64) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(old) = &row.renamed_from {
        remarks.push(format!("was {}", name(old)));
    }
    if (row.threshold - report_threshold).abs() > 1e-9 {
        remarks.push(format!("threshold {}", percent(row.threshold)));
    }
    if let Action::Waived { reason, until } = &row.action {
        remarks.push(format!("waived until {}: {}", name(until), name(reason)));
    }
    match row.doubt {
        Some(d @ (Doubt::TooFewExecutions | Doubt::DifferentMachines | Doubt::SameExecutable)) => {
            remarks.push(doubt(d).to_owned());
        }
        Some(Doubt::Quick | Doubt::MaybeNoise | Doubt::TooWide | Doubt::Suspected | Doubt::NotConfirmed) | None => {}
    }
    if let Some(second) = row.second {
        let word = if second.confirmed { "confirmed by" } else { "measured again" };
        remarks.push(format!("{word} {}", change(second.change.estimate)));
    }
    if let Some(why) = row.untold {
        remarks.push(untold(why).to_owned());
    }
    match row.evidence {
        Source::Sample => {}
        Source::Estimates => remarks.push("estimates only".to_owned()),
        Source::CriterionChange => remarks.push("by Criterion's change".to_owned()),
        Source::Quick => remarks.push("--quick: an effect, not a test".to_owned()),
    }
    remarks
}

/// Why a second measurement says nothing, in words.
pub(super) fn untold(why: Untold) -> &'static str {
    match why {
        Untold::NotMeasured => "not measured again",
        Untold::SameCandidate => "not settled: the second candidate is, or holds, the first one",
        Untold::SameBaseline => "not settled: the second baseline is the first one, whose luck would count twice",
        Untold::NotATest => {
            "not settled: the second measurement is no test (--quick, another machine, or fewer executions than the policy asks for)"
        }
        Untold::NotComparable => "not settled: the two sides of the second measurement can't be compared",
    }
}

/// Why benchmarks were not compared: a line a reason, with the benchmarks it holds for.
pub(super) fn reasons(report: &Report) -> BTreeMap<Reason, Vec<&NotComparedRow>> {
    let mut by_reason: BTreeMap<Reason, Vec<&NotComparedRow>> = BTreeMap::new();
    for row in &report.not_compared {
        by_reason.entry(row.reason).or_default().push(row);
    }
    by_reason
}

/// A reason in words, with what to do about it where we know.
pub(super) fn reason(reason: Reason) -> (&'static str, Option<&'static str>) {
    match reason {
        Reason::Added => ("added: not in the baseline", None),
        Reason::Removed => ("removed: only in the baseline", None),
        Reason::Ignored => ("ignored by the configuration", None),
        Reason::Unreadable => ("a result is broken or lost; see the warnings", None),
        Reason::LeftOut => ("left out by --since: not written recently enough", None),
        Reason::SameMeasurement => (
            "both sides are copies of one measurement",
            Some(
                "Criterion copies `new` over `base` after every plain run; run `cargo bench` again after your change, or keep \
                 a baseline with `cargo bench --bench BENCH -- --save-baseline NAME` and compare with `--baseline NAME`",
            ),
        ),
        Reason::ThroughputChanged => ("the work per iteration changed, so times can't be compared", None),
        Reason::UnitChanged => ("the unit changed", None),
        Reason::NotPositive => ("a value is zero or negative, so there is no ratio", None),
        Reason::AmbiguousId => (
            "several benchmarks share this id, and which is which can't be told",
            Some("give them different names: Criterion numbers equal ones in the order of the source"),
        ),
    }
}

/// Where the numbers come from and what they can show, for the foot of a report. Strangers' words stand in it as `foreign` writes
/// them.
pub(super) fn evidence(report: &Report, foreign: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut lines = Vec::new();
    let weak = report.benchmarks.iter().filter(|row| row.evidence == Source::CriterionChange).count();
    if weak > 0 {
        lines.push(format!(
            "{} by Criterion's own change estimate, the only trace of the run that it overwrote: weaker evidence, \
             and without the run's samples",
            count(weak, "benchmark is judged", "benchmarks are judged")
        ));
    }
    if !report.benchmarks.is_empty() && report.resolution.is_none() {
        lines.push(nothing_to_show(report, foreign));
    }
    if let Some(confirmation) = &report.confirmation {
        lines.push(format!(
            "{} measured again: {} → {}; what that alone proves is a regression, corrected for their number",
            count(confirmation.measured, "benchmark was", "benchmarks were"),
            foreign(&confirmation.baseline.label),
            foreign(&confirmation.candidate.label)
        ));
    }
    if report.same_executable {
        lines.push(same_executable(report));
    }
    if let Some(resolution) = &report.resolution {
        lines.extend(noise(report));
        lines.push(format!(
            "smallest slowdown that this could have shown: {} for half of the benchmarks, {} for the least certain",
            size(resolution.median),
            size(resolution.worst)
        ));
        lines.extend(executions_needed(report));
    }
    lines
}

/// Why nothing could have been shown, whatever had happened.
fn nothing_to_show(report: &Report, foreign: &dyn Fn(&str) -> String) -> String {
    let doubts = report.benchmarks.iter().filter_map(|row| row.doubt);
    match doubts.min() {
        Some(Doubt::TooFewExecutions) => format!(
            "nothing could have been shown: the profile {} asks for {n} executions a side (`min-executions`); on each side's code: \
             for i in $(seq {n}); do cargo bench --bench BENCH -- --save-baseline \"NAME-$i\"; done",
            foreign(&report.policy.profile),
            n = report.policy.min_executions
        ),
        Some(Doubt::DifferentMachines) => {
            "nothing could have been shown: the sides were measured in different environments".to_owned()
        }
        Some(Doubt::SameExecutable) => "nothing could have been shown: it is the same executable".to_owned(),
        _ => "every result is of --quick: effects, not tests, so that nothing could have been shown".to_owned(),
    }
}

/// What the differences between two runs of one executable say of the machine.
fn same_executable(report: &Report) -> String {
    let mut sizes: Vec<f64> = report.benchmarks.iter().map(|row| row.change.estimate.ln_1p().abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let at = |p| percent(crate::stats::quantile(&sizes, p).exp_m1());
    format!(
        "both sides were measured from the same executable, so that every difference is noise: {} for half of the benchmarks, \
         up to {} for 95 % of them",
        at(0.5),
        at(0.95)
    )
}

/// The rows by what they rest on, each said once.
fn noise(report: &Report) -> Vec<String> {
    let mut kinds: BTreeMap<(NoiseOrigin, [usize; 2]), Vec<&Row>> = BTreeMap::new();
    for row in report.benchmarks.iter().filter(|row| row.evidence != Source::Quick) {
        let origin = row.noise.map_or(report.noise.source, |noise| noise.source);
        kinds.entry((origin, row.executions)).or_default().push(row);
    }
    let n_kinds = kinds.len();
    let line = |((origin, executions), rows): ((NoiseOrigin, [usize; 2]), Vec<&Row>)| {
        let which =
            if n_kinds > 1 { format!("{}: ", count(rows.len(), "benchmark", "benchmarks")) } else { String::new() };
        let spread = percent(report.noise.standard_deviation.exp_m1());
        let text = match origin {
            NoiseOrigin::Suite => format!(
                "one execution a side; two of the same code are taken to differ by {spread} (1 sd), from the spread of this \
                 suite's {} benchmarks",
                report.noise.benchmarks
            ),
            NoiseOrigin::Assumed => format!(
                "one execution a side; two of the same code are taken to differ by {spread} (1 sd), from an assumption, as the \
                 suite is too small to tell"
            ),
            NoiseOrigin::History => {
                let (b, c) = (executions[0], executions[1]);
                let deviations: Vec<f64> =
                    rows.iter().filter_map(|row| row.noise).map(|noise| noise.standard_deviation).collect();
                format!(
                    "{} and {c}; their change is taken to be off by {} (1 sd) for half of the benchmarks, from the \
                     executions of the side that has several and from the suite",
                    count(b, "execution", "executions"),
                    percent(crate::stats::median(&deviations).exp_m1())
                )
            }
            NoiseOrigin::Executions => {
                let sides = match executions {
                    [b, c] if b == c => format!("{b} executions a side"),
                    [b, c] => format!("{b} and {c} executions"),
                };
                let deviations: Vec<f64> =
                    rows.iter().filter_map(|row| row.noise).map(|noise| noise.standard_deviation).collect();
                let inflated = match report.noise.inflation {
                    factor if factor >= 1.05 => format!(
                        ", widened {} times, as the sides lie further apart than their executions predict",
                        super::number::digits(factor)
                    ),
                    _ => String::new(),
                };
                format!(
                    "{sides}, each by its {}; their change is off by {} (1 sd) for half of the benchmarks, from the \
                     executions' own spread{inflated}",
                    match report.policy.estimator {
                        Estimator::Typical => "median",
                        Estimator::LowerQuartile => "lower quartile",
                        Estimator::Minimum => "smallest measurement",
                    },
                    percent(crate::stats::median(&deviations).exp_m1())
                )
            }
        };
        format!("{which}{text}")
    };
    kinds.into_iter().map(line).collect()
}

/// More executions a side than this are no advice.
const MOST_WORTHWHILE: f64 = 50.0;

/// How many executions would tell what can't be told.
fn executions_needed(report: &Report) -> Option<String> {
    let open: Vec<&Row> = report
        .benchmarks
        .iter()
        .filter(|row| row.verdict == Verdict::Inconclusive && row.could_show_something())
        .collect();
    let mut needed: Vec<f64> = open.iter().filter_map(|row| row.executions_needed).map(|n| n as f64).collect();
    needed.sort_by(f64::total_cmp);
    if needed.is_empty() {
        return None;
    }
    let half = crate::stats::quantile(&needed, 0.5).ceil();
    if half > MOST_WORTHWHILE {
        return Some(format!(
            "to tell a change of the threshold's size from none, not even {MOST_WORTHWHILE} executions a side would do for half of the \
             inconclusive benchmarks: a quieter machine would, or longer measurements, or a larger threshold"
        ));
    }
    let most = needed.last().copied().unwrap_or(half);
    let all =
        if needed.len() == open.len() && most > half { format!(", {most} for all of them") } else { String::new() };
    Some(format!(
        "to tell a change of the threshold's size from none: about {half} executions a side for half of the inconclusive \
         benchmarks{all}"
    ))
}

/// What to do about suspects: lines of text, with commands.
pub(super) fn settle(report: &Report) -> Option<[String; 3]> {
    let settle = report.settle.as_ref()?;
    let n = match settle.suspects.len() {
        0 => "the suite's slowdown".to_owned(),
        n => count(n, "benchmark", "benchmarks"),
    };
    let why = if settle.suspects.is_empty() {
        ""
    } else if report.counts.suspected == 0 {
        " of which a single execution says too little"
    } else {
        " suspected"
    };
    let command = match settle.executions {
        0 | 1 => settle.command.clone(),
        several => {
            let each = settle.command.strip_suffix("NAME").unwrap_or(&settle.command);
            format!("for i in $(seq {several}); do {each}\"NAME-$i\"; done")
        }
    };
    let [baseline, candidate] = match settle.executions {
        0 | 1 => ["BASELINE-AGAIN", "CANDIDATE-AGAIN"],
        _ => ["'BASELINE-AGAIN-*'", "'CANDIDATE-AGAIN-*'"],
    };
    Some([
        format!(
            "to settle {n}{why}, keep this report (--output json=report.json) and measure again on each side's code, with the \
             options that you measure with:"
        ),
        command,
        format!("then `regress confirm report.json --baseline {baseline} --candidate {candidate}`"),
    ])
}

/// The smallest slowdown that a row's evidence could have shown, with its sign.
pub(super) fn could_show(row: &Row) -> String {
    if row.could_show_something() { change(row.smallest_provable) } else { "nothing".to_owned() }
}

/// A size without a sign: `21 %`, `×27.3`.
fn size(fraction: f64) -> String {
    if fraction < 9.995 { percent(fraction) } else { change(fraction) }
}

/// The line about a shift of the whole suite.
pub(super) fn shift(report: &Report) -> Option<String> {
    let shift = report.suite_shift?;
    let doubt = if shift.verdict == Verdict::Inconclusive { " (not clear of the noise)" } else { "" };
    Some(format!(
        "suite-wide shift: three quarters of the benchmarks changed by {} or more{doubt}; one finding, not many: \
         the machine, the toolchain, a flag, or code that all of them run",
        change(shift.change)
    ))
}

/// Warnings of one kind, said once.
pub(super) struct WarningGroup<'a> {
    pub(super) message: String,
    pub(super) hint: Option<&'a str>,
    pub(super) subjects: Vec<&'a str>,
}

/// Groups warnings by what is the matter, in the order of their codes.
pub(super) fn warning_groups(warnings: &[WarningRow]) -> Vec<WarningGroup<'_>> {
    let mut groups: BTreeMap<(&str, &str), WarningGroup<'_>> = BTreeMap::new();
    for warning in warnings {
        groups
            .entry((&warning.code, &warning.message))
            .or_insert_with(|| WarningGroup {
                message: warning.message.clone(),
                hint: warning.hint.as_deref(),
                subjects: Vec::new(),
            })
            .subjects
            .push(&warning.subject);
    }
    groups.into_values().collect()
}

/// `1 regression`, `2 regressions`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// Work per iteration in words.
pub(super) fn work(throughput: Option<&Throughput>) -> String {
    match throughput {
        None => "none stated".to_owned(),
        Some(Throughput::Bytes { bytes } | Throughput::BytesDecimal { bytes }) => {
            format!("{bytes} bytes")
        }
        Some(Throughput::Bits { bits }) => format!("{bits} bits"),
        Some(Throughput::Elements { elements }) => format!("{elements} elements"),
        Some(Throughput::ElementsAndBytes { elements, bytes }) => {
            format!("{elements} elements, {bytes} bytes")
        }
        Some(Throughput::Unknown { name }) => format!("unknown kind {name}"),
    }
}

/// A duration in its largest unit, rounded down: `3 days`.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    for (length, one, many) in [(86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes")] {
        if seconds >= length {
            return count((seconds / length) as usize, one, many);
        }
    }
    count(seconds as usize, "second", "seconds")
}

/// A warning's name for programs, what is the matter, and what to do about it.
#[must_use]
pub fn warning_text(kind: &WarningKind) -> (&'static str, String, Option<String>) {
    let (code, message, hint): (_, String, Option<&str>) = match kind {
        WarningKind::Unreadable { cause } => ("unreadable", format!("could not be read: {cause}"), None),
        WarningKind::TooLarge { limit } => (
            "too-large",
            format!("larger than {} MiB, not read", limit >> 20),
            Some("Criterion writes a few kilobytes; is it another tool's file?"),
        ),
        WarningKind::EmptyFile => (
            "empty-file",
            "the file is empty".into(),
            Some("`--save-baseline new` empties its own files; measure again under another name"),
        ),
        WarningKind::Malformed { cause } => (
            "malformed",
            format!("not what it should be: {cause}"),
            Some("delete the benchmark's folder and measure again"),
        ),
        WarningKind::HollowBaseline => (
            "hollow-baseline",
            "the baseline's folder is empty".into(),
            Some("some caches keep folders and drop files; restore the baseline, or measure it again"),
        ),
        WarningKind::NoMeasurements => (
            "no-measurements",
            "there is a result without measurements".into(),
            Some("the benchmark panicked, was stopped, or measured infinite times; run it again"),
        ),
        WarningKind::NoBenchmarkJson => (
            "no-benchmark-json",
            "there is no benchmark.json; the name was taken from the folder".into(),
            Some("the run was interrupted, or is of Criterion 0.2.4 or older"),
        ),
        WarningKind::NoSample => {
            ("no-sample", "only the estimates are there, without measurements: weaker evidence".into(), None)
        }
        WarningKind::MovedDirectory { stated } => (
            "moved-directory",
            format!("benchmark.json says that this is `{stated}`"),
            Some("the folder was renamed or copied; the folder's own place is taken as its identity"),
        ),
        WarningKind::Symlink => (
            "not-followed",
            "a link or special file; not followed".into(),
            Some("put the results themselves there, or name the folder they are in"),
        ),
        WarningKind::TooDeep => ("too-deep", "nested too deeply; not looked into".into(), None),
        WarningKind::NameNotUtf8 => ("name-not-utf8", "the name is not valid UTF-8".into(), None),
        WarningKind::DuplicateId { directories } => (
            "duplicate-id",
            format!("{} folders share this id: {}", directories.len(), directories.join(", ")),
            Some("give the benchmarks different names; Criterion numbers equal ones in the order of the source"),
        ),
        WarningKind::UnknownThroughput { kind } => (
            "unknown-throughput",
            format!("throughput of an unknown kind `{kind}`; times are compared all the same"),
            None,
        ),
        WarningKind::Stale { behind } => (
            "stale",
            format!("not written by the last run, but {} before its end", duration(*behind)),
            Some("Criterion keeps results of removed and renamed benchmarks; leave them out with `--since last-run`"),
        ),
        WarningKind::FromTheFuture { ahead } => (
            "from-the-future",
            format!("written {} in the future", duration(*ahead)),
            Some("check the clocks of the machines that share these files"),
        ),
        WarningKind::StaleChange => (
            "stale-change",
            "Criterion's change estimate was not written together with the result; not used".into(),
            Some("run `cargo bench` once more, or compare with a named baseline"),
        ),
        WarningKind::SeveralRoots { roots } => (
            "several-roots",
            format!("{} folders of Criterion's were read as one: {}", roots.len(), roots.join(", ")),
            Some("name one of them with `--dir`"),
        ),
        WarningKind::NoSuchBaseline { available, .. } if available.is_empty() => {
            ("no-such-baseline", "no benchmark has a baseline of this name, nor any other".into(), None)
        }
        WarningKind::NoSuchBaseline { available, closest } => (
            "no-such-baseline",
            format!(
                "no benchmark has a baseline of this name; there are: {}{}",
                available.join(", "),
                closest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
            ),
            Some(
                "name one of them with `--baseline`, or save one with `cargo bench --bench BENCH -- --save-baseline NAME`",
            ),
        ),
        WarningKind::NothingFound => (
            "nothing-found",
            "no benchmark was found there".into(),
            Some("run `cargo bench` first, or name Criterion's folder with `--dir`"),
        ),
        WarningKind::BaselineChosen { taken } => {
            ("baseline-chosen", format!("no result called `new` is there; `{taken}` was taken"), None)
        }
        WarningKind::PatternMatchesNothing => (
            "pattern-matches-nothing",
            "this pattern matches no benchmark".into(),
            Some(
                "globs are matched against whole ids, `*` stays between slashes and `**` crosses them; `regress list` shows the ids",
            ),
        ),
        WarningKind::FilterMatchesNothing => (
            "filter-matches-nothing",
            "the filter matches no benchmark".into(),
            Some("the filter is a regular expression over ids; `regress list` shows the ids"),
        ),
        WarningKind::SameMeasurement { n } => (
            "same-measurement",
            format!("both are copies of one measurement in {}", count(*n, "benchmark", "benchmarks")),
            Some(
                "Criterion copies `new` over `base` after every plain run; keep a baseline with `cargo bench --bench BENCH -- --save-baseline NAME`",
            ),
        ),
        WarningKind::RenameMatchesNothing => (
            "rename-matches-nothing",
            "the baseline has no such old name, or the candidate no such new one".into(),
            None,
        ),
        WarningKind::RenameContradicted => (
            "rename-contradicted",
            "the baseline has the new name already, or two renames claim it; the rename is not used".into(),
            Some("remove it from the configuration's [renames]"),
        ),
        WarningKind::WaiverExpired { until } => (
            "waiver-expired",
            format!("its waiver ran out on {until}, and no longer holds"),
            Some("mend the regression, or renew the waiver with a reason"),
        ),
        WarningKind::MatchedIgnoringCase { candidate } => {
            ("matched-ignoring-case", format!("matched with `{candidate}`, which differs in case"), None)
        }
        WarningKind::Implausible { factor } => (
            "implausible",
            format!("the two sides differ by a factor of {factor}"),
            Some("are they the same benchmark? Two bench targets or packages that share an id overwrite one another"),
        ),
        WarningKind::RunsDisagree { kept, n_dropped } => (
            "runs-disagree",
            format!(
                "runs of one side disagree about its work or unit; {} of earlier runs left out, those of {kept} kept",
                count(*n_dropped, "execution", "executions")
            ),
            Some("all runs of one side have to be of the same code"),
        ),
        WarningKind::RepeatedExecutions { n } => (
            "repeated-executions",
            format!("{} given more than once; each counts once", count(*n, "execution was", "executions were")),
            Some("name each run of a side once"),
        ),
        WarningKind::SharedExecutions { n } => (
            "shared-executions",
            format!("{} also in the candidate; left out of the baseline", count(*n, "execution is", "executions are")),
            Some("an execution can't be on both sides"),
        ),
        WarningKind::FileBesideResults => (
            "file-beside-results",
            "an exported run beside Criterion's results; not read".into(),
            Some("keep runs in one form in a folder of runs: folders of Criterion's, or files"),
        ),
        WarningKind::QuickExecutions { n } => (
            "quick-executions",
            format!("{} of --quick; left out beside the others", count(*n, "execution is", "executions are")),
            Some("two measurements are an effect, not a test"),
        ),
        WarningKind::DifferentEnvironments { fact, values: [one, two] } => (
            "different-environments",
            format!("measured in different environments, {fact}: {one} | {two}"),
            Some(
                "measure both on one machine with one compiler; `--allow-different-machines` judges all the same, if you \
                 know better",
            ),
        ),
    };
    (code, message, hint.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_their_largest_unit() {
        let check = |seconds, want: &str| assert_eq!(duration(Duration::from_secs(seconds)), want);
        check(0, "0 seconds");
        check(61, "1 minute");
        check(7200, "2 hours");
        check(86_400 * 3, "3 days");
    }
}
