use std::collections::BTreeMap;

use serde::Serialize;

use super::claim::{against, conditions};
use super::page::Recorded;
use crate::report::{Outcome, Report, RivalsReport, visible};

/// What is known of a release that is to be.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReleaseFacts {
    /// The commit that is to be released.
    pub head: Option<String>,
    /// Whether the working tree holds changes.
    pub is_dirty: Option<bool>,
    /// Whether git could be asked for tags.
    pub knows_tags: bool,
    /// The release before, as its name and its commit; `None` where there is none.
    pub last: Option<(String, String)>,
    /// The recorded reports, by path.
    pub reports: Vec<(String, Recorded)>,
    /// What lies among them and can't be read, with the cause.
    pub unreadable: Vec<(String, String)>,
    /// Whether what was measured at a commit is what is to be released: whether only results and documents changed since.
    pub is_released: BTreeMap<String, bool>,
    /// Whether the documents say what the reports do.
    pub figures: Figures,
}

/// Whether documents say what the reports do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Figures {
    /// All sections are as their reports say; how many.
    Current(usize),
    /// These differ: `BENCHMARKS.md:12 mlx`.
    Outdated(Vec<String>),
    /// Nobody looked.
    #[default]
    Unknown,
    /// It can't be told, and why.
    Failed(String),
}

/// What one check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseStatus {
    /// As it should be.
    Pass,
    /// It can't be told, which is no pass.
    CannotTell,
    /// It isn't.
    Fail,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseCheck {
    /// A name for programs.
    pub code: &'static str,
    /// What it says.
    pub status: ReleaseStatus,
    /// What was found.
    pub found: String,
    /// What to do, where it doesn't pass.
    pub remedy: Option<String>,
}

/// The whole list. `schema/release-check.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseReport {
    schema: &'static str,
    version: u32,
    /// The commit that is to be released.
    pub commit: Option<String>,
    /// The release before.
    pub since: Option<String>,
    /// Whether all passes.
    pub ready: bool,
    /// The lines.
    pub checks: Vec<ReleaseCheck>,
}

/// What a release needs of its benchmarks.
#[must_use]
pub fn release_checks(facts: &ReleaseFacts) -> ReleaseReport {
    let checks =
        vec![clean(facts), readable(facts), official(facts), environment(facts), regression(facts), figures(facts)];
    ReleaseReport {
        schema: "criterion-regress/release-check",
        version: 1,
        commit: facts.head.clone(),
        since: facts.last.as_ref().map(|(name, _)| name.clone()),
        ready: checks.iter().all(|check| check.status == ReleaseStatus::Pass),
        checks,
    }
}

impl ReleaseReport {
    /// For people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let passed = self.checks.iter().filter(|check| check.status == ReleaseStatus::Pass).count();
        let verdict = if self.ready { "READY" } else { "NOT READY" };
        let mut out = format!("{verdict}  {passed} of {} checks pass\n\n", self.checks.len());
        for check in &self.checks {
            let sign = match check.status {
                ReleaseStatus::Pass => "ok  ",
                ReleaseStatus::CannotTell => "?   ",
                ReleaseStatus::Fail => "FAIL",
            };
            out.push_str(&format!("{sign}  {:<16}  {}\n", check.code, visible(&check.found)));
            if let Some(remedy) = &check.remedy {
                out.push_str(&format!("      do: {}\n", visible(remedy)));
            }
        }
        out
    }
}

fn pass(code: &'static str, found: impl Into<String>) -> ReleaseCheck {
    ReleaseCheck { code, status: ReleaseStatus::Pass, found: found.into(), remedy: None }
}

fn fail(code: &'static str, found: impl Into<String>, remedy: &str) -> ReleaseCheck {
    ReleaseCheck { code, status: ReleaseStatus::Fail, found: found.into(), remedy: Some(remedy.to_owned()) }
}

fn cannot_tell(code: &'static str, found: impl Into<String>, remedy: &str) -> ReleaseCheck {
    ReleaseCheck { status: ReleaseStatus::CannotTell, ..fail(code, found, remedy) }
}

fn clean(facts: &ReleaseFacts) -> ReleaseCheck {
    let code = "working-tree";
    match (facts.is_dirty, &facts.head) {
        (Some(false), Some(_)) => pass(code, "nothing is uncommitted"),
        (Some(true), _) => fail(code, "there are changes that no commit holds", "commit them, or take them back"),
        _ => cannot_tell(code, "git doesn't say which commit this is", "run it in a git checkout with its history"),
    }
}

fn readable(facts: &ReleaseFacts) -> ReleaseCheck {
    let code = "reports";
    match (facts.unreadable.first(), facts.reports.len()) {
        (Some((path, cause)), _) => {
            fail(code, format!("{path}: {cause}"), "write it again with `--output json=PATH`, or remove it")
        }
        (None, 0) => {
            fail(code, "there is no recorded report", "keep the reports of `regress rivals` and `regress check` there")
        }
        (None, n) => pass(code, format!("{n} can be read")),
    }
}

/// What was measured of what is to be released.
fn released(facts: &ReleaseFacts) -> impl Iterator<Item = (&str, &Recorded)> {
    let is_released = |commit: Option<&String>| commit.is_some_and(|c| facts.is_released.get(c) == Some(&true));
    facts.reports.iter().filter(move |(_, report)| is_released(commit_of(report))).map(|(path, r)| (path.as_str(), r))
}

/// The commit that a report measured.
fn commit_of(report: &Recorded) -> Option<&String> {
    match report {
        Recorded::Rivals(report) => report.conditions.as_ref()?.commit.as_ref(),
        Recorded::Check(report) => report.candidate.revision.as_ref(),
    }
}

fn is_official(report: &Recorded) -> bool {
    match report {
        Recorded::Rivals(_) => true,
        Recorded::Check(report) => report.policy.profile == "official",
    }
}

fn official(facts: &ReleaseFacts) -> ReleaseCheck {
    let code = "official-report";
    match released(facts).find(|(_, report)| is_official(report)) {
        Some((path, _)) => pass(code, format!("{path} is of what is to be released")),
        None => fail(
            code,
            "no recorded report is an official one of what is to be released",
            "measure this commit with `regress official`, and commit the report; only results and documents may change after it",
        ),
    }
}

fn environment(facts: &ReleaseFacts) -> ReleaseCheck {
    let code = "environment";
    let mut n = 0;
    for (path, report) in released(facts).filter(|(_, report)| is_official(report)) {
        let against = match report {
            Recorded::Rivals(report) => against_rivals(report),
            Recorded::Check(report) => against_check(report),
        };
        if let Some((reason, remedy)) = against {
            return fail(code, format!("{path}: {reason}"), &remedy);
        }
        n += 1;
    }
    if n == 0 {
        return cannot_tell(
            code,
            "there is no official report whose conditions could be looked at",
            "measure with `regress official`",
        );
    }
    pass(code, format!("nothing is against the conditions of {n} official reports"))
}

fn against_rivals(report: &RivalsReport) -> Option<(String, String)> {
    conditions(report).into_iter().next().map(|refused| (refused.reason, refused.remedy))
}

fn against_check(report: &Report) -> Option<(String, String)> {
    if let Some(refused) = report.conditions.as_ref().and_then(|conditions| against(conditions).into_iter().next()) {
        return Some((refused.reason, refused.remedy));
    }
    let remedy = "measure on a machine of its own, without a hypervisor and without other users".to_owned();
    let environments = || report.baseline.environments.iter().chain(&report.candidate.environments);
    if report.candidate.environments.is_empty() || report.baseline.environments.is_empty() {
        return Some(("nothing says on which machine it was measured".to_owned(), remedy));
    }
    let says = |e: &crate::report::Environment| match (e.virtualization.as_deref(), e.runner.as_deref()) {
        (None, _) => Some("cannot tell whether it was measured in a virtual machine"),
        (Some(text), _) if text.contains("virtual machine") => Some("it was measured in a virtual machine"),
        (_, Some(runner)) if runner != "self-hosted" => Some("it was measured on a runner that others share, or may"),
        _ => None,
    };
    environments().find_map(says).map(|reason| (reason.to_owned(), remedy))
}

fn regression(facts: &ReleaseFacts) -> ReleaseCheck {
    let code = "no-regression";
    let Some((tag, commit)) = &facts.last else {
        return if facts.knows_tags {
            pass(code, "there is no release before this one")
        } else {
            cannot_tell(code, "git doesn't say which release was the last", "fetch the tags: `git fetch --tags`")
        };
    };
    let checks: Vec<(&str, &Report)> = released(facts)
        .filter_map(|(path, report)| match report {
            Recorded::Check(report) => Some((path, report.as_ref())),
            Recorded::Rivals(_) => None,
        })
        .filter(|(_, report)| report.baseline.revision.as_ref().is_some_and(|r| r == tag || r == commit))
        .collect();
    let remedy = "measure both, and keep the report: `regress check --profile official … --baseline-revision TAG --candidate-revision \
                  COMMIT --output json=PATH`";
    if let Some((path, report)) = checks.iter().find(|(_, report)| report.outcome == Outcome::Regressed) {
        let found = format!("{path}: {}", crate::report::headline(report));
        return fail(code, found, "find and mend the regression, or waive it in regress.toml with a reason");
    }
    match checks.iter().find(|(_, report)| report.outcome == Outcome::Pass) {
        Some((path, _)) => pass(code, format!("{path} shows none since {tag}")),
        None => match checks.first() {
            Some((path, report)) => cannot_tell(
                code,
                format!("{path}: {}", crate::report::headline(report)),
                "measure with more executions",
            ),
            None => cannot_tell(code, format!("no recorded report compares with {tag}"), remedy),
        },
    }
}

fn figures(facts: &ReleaseFacts) -> ReleaseCheck {
    let code = "figures";
    match &facts.figures {
        Figures::Current(n) => pass(code, format!("{n} sections say what their reports do")),
        Figures::Outdated(which) => {
            fail(code, format!("not what the report says: {}", which.join(", ")), "`regress claims` writes them")
        }
        Figures::Unknown => cannot_tell(code, "no document was looked at", "name them with --claims"),
        Figures::Failed(why) => {
            cannot_tell(code, why.clone(), "put sections into BENCHMARKS.md: docs/claims.md says how")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(facts: &ReleaseFacts, code: &str) -> ReleaseStatus {
        let report = release_checks(facts);
        report.checks.iter().find(|check| check.code == code).expect("one of that name").status
    }

    #[test]
    fn what_is_not_known_is_no_pass() {
        let report = release_checks(&ReleaseFacts::default());
        assert!(!report.ready && report.checks.iter().all(|check| check.status != ReleaseStatus::Pass), "{report:?}");
        assert!(report.checks.iter().all(|check| check.remedy.is_some()));
    }

    #[test]
    fn a_first_release_regresses_from_nothing() {
        let facts = ReleaseFacts { knows_tags: true, ..ReleaseFacts::default() };
        assert_eq!(status(&facts, "no-regression"), ReleaseStatus::Pass);
        let later = ReleaseFacts { last: Some(("v1".to_owned(), "c".to_owned())), ..facts };
        assert_eq!(status(&later, "no-regression"), ReleaseStatus::CannotTell);
    }

    #[test]
    fn documents_that_differ_fail() {
        let with = |figures| ReleaseFacts { figures, ..ReleaseFacts::default() };
        assert_eq!(status(&with(Figures::Current(2)), "figures"), ReleaseStatus::Pass);
        assert_eq!(status(&with(Figures::Outdated(vec!["a".to_owned()])), "figures"), ReleaseStatus::Fail);
    }
}
