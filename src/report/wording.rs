//! What is said, in one place, so that every format says the same.

use std::collections::BTreeMap;
use std::time::Duration;

use super::escape::name;
use super::number::{change, percent};
use super::schema::{
    Action, Clock, Doubt, Environment, Interval, NoiseOrigin, NotComparedRow, Outcome, Reason, Report, Row, Side,
    Source, Throughput, Untold, Verdict, WhyWall,
};

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
    // What is missing comes first: nothing below can make up for it.
    let n_missing = reports.len() - there().count();
    let missing = (n_missing > 0).then(|| format!("no report came from {n_missing} of {legs}"));
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
    if parts.is_empty() && n_inconclusive + n_empty + n_missing == 0 && !reports.is_empty() {
        let n_compared: usize = there().map(|report| report.counts.compared).sum();
        return format!("no regression in {legs}: {} compared", count(n_compared, "benchmark", "benchmarks"));
    }
    if parts.is_empty() {
        parts.extend(missing);
        parts.push("no regression shown".to_owned());
    } else {
        parts.extend(missing);
    }
    for (n, what) in [(n_inconclusive, "not everything could be told in"), (n_empty, "nothing was compared in")] {
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
    let named = |side: &Side| match &side.revision {
        Some(revision) => format!("{} at {}", foreign(&side.label), foreign(revision)),
        None => foreign(&side.label),
    };
    format!(
        "baseline {}, {}{age}; candidate {}, {}",
        named(&report.baseline),
        measured(baseline),
        named(&report.candidate),
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
        (None, None) => match &report.judged_on {
            Some(judge) => format!("judged on {}", machine(judge, foreign)),
            None => "nothing says on which machine it was measured".to_owned(),
        },
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
        Some(NoiseOrigin::Rounds) => {
            return format!(
                "{}, an execution of each side in each",
                count(row.executions[0], "paired round", "paired rounds")
            );
        }
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
        Doubt::TooFewRounds => "too few rounds to show anything",
        Doubt::TooFewExecutions => "fewer executions than the policy asks for",
        Doubt::DifferentMachines => "the sides were measured in different environments",
        Doubt::SameExecutable => "both sides are the same executable, so it is not the code",
        Doubt::NotConfirmed => "a second measurement didn't prove it",
        Doubt::ClocksDisagree => "wall time proves one direction, and CPU time the other",
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
        Some(
            d @ (Doubt::TooFewExecutions
            | Doubt::TooFewRounds
            | Doubt::DifferentMachines
            | Doubt::SameExecutable
            | Doubt::ClocksDisagree),
        ) => {
            remarks.push(doubt(d).to_owned());
        }
        Some(Doubt::Quick | Doubt::MaybeNoise | Doubt::TooWide | Doubt::Suspected | Doubt::NotConfirmed) | None => {}
    }
    if row.clocks.is_some_and(|clocks| clocks.judged_by == Clock::Cpu) {
        remarks.push("CPU time".to_owned());
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
        Source::Printed => remarks.push("as printed".to_owned()),
        Source::CriterionChange => remarks.push("by Criterion's change".to_owned()),
        Source::Quick => remarks.push("--quick: an effect, not a test".to_owned()),
    }
    remarks
}

/// Why CPU time doesn't tell of a benchmark, in words.
pub(super) fn why_wall(why: WhyWall) -> &'static str {
    match why {
        WhyWall::NotTold => "it could not be told, as where a suite sets its own times",
        WhyWall::NotTime => "the benchmark measures something else than time",
        WhyWall::Waits => "the benchmark waits: for a thread, a disk, or a time",
        WhyWall::MoreThanTheIterations => {
            "it is more than the time of the iterations: several threads work, or code around the iterations does"
        }
    }
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
        Reason::Failed => ("its process failed; see the warnings", None),
        Reason::NotRun => ("measuring was stopped before its turn came", None),
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

/// The first digits of a commit's hash, or a name as it is.
#[must_use]
pub fn short(revision: &str) -> &str {
    let is_hash = revision.len() >= 40 && revision.as_bytes()[..40].iter().all(u8::is_ascii_hexdigit);
    if is_hash { &revision[..8] } else { revision }
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

    #[test]
    fn hashes_are_shortened_and_names_are_not() {
        assert_eq!(short(&"0123456789".repeat(4)), "01234567");
        assert_eq!(short(&format!("{}-dirty", "0123456789".repeat(4))), "01234567");
        assert_eq!(
            short("größer-als-vierzig-bytes-ist-dieser-name-hier"),
            "größer-als-vierzig-bytes-ist-dieser-name-hier"
        );
    }
}
