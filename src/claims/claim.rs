use serde::Serialize;

use crate::report::{ConditionState, Conditions, RivalsReport, Standing, machine};

/// Executions a side below which nothing is claimed: what the profile `official` asks for as well.
pub const MIN_EXECUTIONS: usize = 5;

/// A time in RFC 3339 up to its seconds: so far, earlier times are smaller texts.
const SECONDS: usize = "2026-01-31T12:00:00".len();

/// The confidence of intervals below which nothing is claimed: that of `regress rivals`.
const MIN_CONFIDENCE: f64 = 0.95;

/// What of a commit's hash is shown.
const SHOWN_OF_COMMIT: usize = 12;

/// What may be said of two implementations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This sentence, and no other. Strangers' words stand in it as they are.
    Told(String),
    /// Nothing, for these reasons.
    Refused(Vec<Refused>),
}

/// Why nothing may be claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// What is the matter.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

fn refused(reason: impl Into<String>, remedy: &str) -> Refused {
    Refused { reason: reason.into(), remedy: remedy.to_owned() }
}

/// What a report bears.
///
/// A claim is of all workloads, of [`MIN_EXECUTIONS`] executions a side or more, and of conditions that [`conditions`] has nothing
/// against. What isn't known forbids as well.
#[must_use]
pub fn claim(report: &RivalsReport) -> Claim {
    let mut reasons = Vec::new();
    let counts = report.counts;
    if counts.workloads == 0 {
        reasons.push(refused(
            "the two have no workload in common",
            "measure both, with ids that differ in the implementation only",
        ));
    }
    for (refusal, workloads) in report.refusals() {
        let more = if workloads.len() > 1 { format!(" and {} more", workloads.len() - 1) } else { String::new() };
        let first = workloads.first().copied().unwrap_or_default();
        reasons.push(refused(format!("{} ({first}{more})", refusal.message), &refusal.hint));
    }
    let fewest = report.workloads.iter().flat_map(|row| row.executions).min().unwrap_or_default();
    if counts.workloads > 0 && fewest < MIN_EXECUTIONS {
        reasons.push(refused(
            format!("{fewest} executions a side, and a claim needs {MIN_EXECUTIONS}"),
            "run the benchmarks again, each time into a folder of its own",
        ));
    }
    if counts.workloads > 0 && report.confidence < MIN_CONFIDENCE {
        let (has, needs) = (report.confidence * 100.0, MIN_CONFIDENCE * 100.0);
        reasons.push(refused(
            format!("its intervals are of {has} %, and a claim needs {needs} %"),
            "write the report with `regress rivals`, whose intervals are",
        ));
    }
    if let Some(filter) = &report.filter {
        reasons.push(refused(
            format!("only benchmarks that match `{filter}` were compared"),
            "compare all of them: leave out --filter",
        ));
    }
    reasons.extend(conditions(report));
    match &report.together {
        _ if !reasons.is_empty() => Claim::Refused(reasons),
        Some(_) => Claim::Told(sentence(report)),
        None => Claim::Refused(vec![refused(
            "there is no ratio over all workloads",
            "measure again: the times spread too far",
        )]),
    }
}

/// What is against quoting numbers that were measured so; empty where nothing is.
#[must_use]
pub fn conditions(report: &RivalsReport) -> Vec<Refused> {
    let Some(conditions) = &report.conditions else {
        return vec![refused(
            "nothing says how it was measured",
            "measure with `regress official`, which writes session.json",
        )];
    };
    let mut reasons = against(conditions);
    if conditions.executions != report.runs {
        reasons.push(refused(
            format!("{} runs were compared, and the session has {} executions", report.runs, conditions.executions),
            "name the session's folder, so that all its executions are taken and none is picked",
        ));
    }
    reasons
}

/// What is against quoting numbers of such a session; empty where nothing is.
pub(super) fn against(conditions: &Conditions) -> Vec<Refused> {
    let mut reasons = Vec::new();
    let own_machine = "measure on a machine of its own, without a hypervisor and without other users";
    match conditions.virtual_machine {
        Some(false) => {}
        Some(true) => reasons.push(refused("it was measured in a virtual machine", own_machine)),
        None => reasons.push(refused("cannot tell whether it was measured in a virtual machine", own_machine)),
    }
    match conditions.shared_runner {
        Some(false) => {}
        Some(true) => reasons.push(refused("it was measured on a runner that others share", own_machine)),
        None => reasons.push(refused("cannot tell whether others share the runner", own_machine)),
    }
    match conditions.dirty {
        Some(false) => {}
        Some(true) => {
            reasons.push(refused("the working tree had changes that no commit holds", "commit, and measure again"));
        }
        None => reasons.push(refused("cannot tell whether the working tree was clean", "measure in a git checkout")),
    }
    match &conditions.commit {
        None => reasons.push(refused("nothing says which commit was measured", "measure in a git checkout")),
        Some(commit) if !is_hash(commit) => {
            reasons.push(refused(format!("`{commit}` is no commit"), "measure in a git checkout"));
        }
        Some(_) => {}
    }
    let second = |time: &Option<String>| time.as_ref().and_then(|time| time.get(..SECONDS).map(str::to_owned));
    match (second(&conditions.started_at), second(&conditions.finished_at)) {
        (_, None) => reasons.push(refused(
            "the session was not finished: nothing says that all of it was measured",
            "let the same call of `regress official` go on until all is measured",
        )),
        (Some(started), Some(finished)) if finished < started => reasons.push(refused(
            "the session ended before it began: the clock was set meanwhile",
            "set the clock, and measure again",
        )),
        _ => {}
    }
    if conditions.checks.is_empty() {
        reasons.push(refused(
            "nothing says that the machine was looked at before it was measured",
            "measure with `regress official`, which looks first",
        ));
    }
    if conditions.environments.is_empty() {
        reasons.push(refused("nothing says on which machine it was measured", "measure with `regress official`"));
    }
    for change in &conditions.changes {
        reasons.push(refused(
            format!("the machine changed between executions: {change}"),
            "measure all executions on one machine, as it is",
        ));
    }
    for taint in &conditions.tainted {
        reasons.push(refused(
            format!("something disturbed {taint}"),
            "wait until the machine is idle and cool, and measure again",
        ));
    }
    for check in conditions.checks.iter().filter(|check| check.state == ConditionState::Fail) {
        reasons.push(refused(
            format!("the check {} failed before it was measured: {}", check.name, check.words),
            "`regress doctor --profile official` says what to do",
        ));
    }
    reasons
}

/// Whether it can be a commit's hash, cut off or not.
fn is_hash(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// The claim, in one sentence.
fn sentence(report: &RivalsReport) -> String {
    let (ours, theirs) = (report.ours.with_versions(), report.theirs.with_versions());
    let conditions = report.conditions.as_ref();
    let where_ = conditions.and_then(|c| c.environments.first()).map(machine).unwrap_or_default();
    let said = match &report.together {
        Some(ratio) if ratio.decided => {
            let (word, [estimate, lower, upper]) = if ratio.estimate > 1.0 {
                ("faster", [ratio.estimate, ratio.lower, ratio.upper])
            } else {
                ("slower", [1.0 / ratio.estimate, 1.0 / ratio.upper, 1.0 / ratio.lower])
            };
            format!("{ours} is {}× {word} ({}–{}) than {theirs}", times(estimate), times(lower), times(upper))
        }
        Some(ratio) => {
            let within = (ratio.upper - 1.0).max(1.0 / ratio.lower - 1.0) * 100.0;
            format!(
                "{ours} is as fast as {theirs} within {within:.1} % ({}–{}×)",
                times(ratio.lower),
                times(ratio.upper)
            )
        }
        None => String::new(),
    };
    let n = report.counts.workloads;
    let executions = report.workloads.iter().flat_map(|row| row.executions).min().unwrap_or_default();
    let commit: String =
        conditions.and_then(|c| c.commit.clone()).unwrap_or_default().chars().take(SHOWN_OF_COMMIT).collect();
    let day = report.measured_at.as_ref().and_then(|[_, last]| last.split('T').next()).map(|day| format!(", {day}"));
    let alone = match report.alone.len() {
        0 => String::new(),
        n => format!(" ({n} more of one side alone)"),
    };
    let of = if n == 1 {
        format!("in {}{alone}", report.workloads[0].workload)
    } else {
        let with = |standing| report.workloads.iter().filter(|row| row.standing == standing).count();
        format!(
            "the geometric mean of {n} workloads{alone}: faster in {}, slower in {}, not to be told in {}",
            with(Standing::Faster),
            with(Standing::Slower),
            with(Standing::Undecided)
        )
    };
    format!(
        "{said} on {where_}; {of}; {executions} runs each, {:.0} % interval; commit {commit}{}",
        report.confidence * 100.0,
        day.unwrap_or_default()
    )
}

/// A factor with the digits that an interval bears: `1.25`, `25.9`; as a power of ten where it is beyond all sense.
fn times(factor: f64) -> String {
    if factor >= 1e6 {
        return format!("{factor:.2e}");
    }
    let decimals = if factor >= 9.995 { 1 } else { 2 };
    format!("{factor:.decimals$}")
}
