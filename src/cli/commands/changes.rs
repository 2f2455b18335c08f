use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use criterion_regress::environment::hash_of_text;
use criterion_regress::history::{Cause, Drift, Finding, drifts, findings};
use criterion_regress::report::{AcceptedRow, ChangesReport, DriftRow, EnvironmentChange, FindingRow, short, visible};
use criterion_regress::stats::Tier;

use crate::cli::args::{AcceptArgs, ChangesArgs, ChangesCommand, FailOnChangeArg};
use crate::cli::config_file::{self, AcceptedTable};
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::settings::today;
use crate::cli::timeline::Timeline;
use crate::cli::{exit_code, output};

pub(crate) fn run(args: &ChangesArgs) -> Result<ExitCode, Failure> {
    if let Some(ChangesCommand::Accept(accept)) = &args.command {
        return self::accept(accept);
    }
    let timeline = Timeline::read(&args.of, None)?;
    let report = report(&timeline, args.since.as_deref())?;
    output::write(&args.output, |format, rows, style| report.render(format, rows, style))?;
    let fail_on = args.fail_on.as_deref().unwrap_or_default();
    let is_new = |which: FailOnChangeArg| match which {
        FailOnChangeArg::New => report.findings.iter().any(|finding| finding.new),
        FailOnChangeArg::Drift => report.drifts.iter().any(|drift| drift.new),
        FailOnChangeArg::Environment => report.findings.iter().any(|finding| {
            finding.cause == "environment" && finding.accepted.is_none() && finding.direction != "faster"
        }),
    };
    let fails = fail_on.iter().any(|which| is_new(*which));
    // In the order of times runs of all branches are one series, in which a change of the default branch may be lost.
    let is_unsure = !fail_on.is_empty() && !timeline.is_by_commit();
    if is_unsure && !fails {
        print_error("warning: what `--fail-on` asks can't be told: the order of these commits isn't known");
    }
    Ok(exit_code::of_changes(fails, is_unsure || timeline.is_too_short()))
}

/// What changed, with what has been accepted of it.
fn report(timeline: &Timeline, since: Option<&str>) -> Result<ChangesReport, Failure> {
    let revisions: BTreeSet<&str> = timeline.runs.iter().map(|run| run.revision.as_str()).collect();
    let (n, by_commit) = (timeline.runs.len(), timeline.is_by_commit());
    let mut report = ChangesReport::new(&timeline.store, n, revisions.len(), by_commit, timeline.threshold);
    report.since = since.map(str::to_owned);
    report.notes.clone_from(&timeline.notes);
    if timeline.is_too_short() {
        report.notes.push(timeline.too_short());
    }
    let start = since.map(|since| timeline.since(since)).transpose()?.unwrap_or_default();
    let accepted = config_file::accepted()?;
    let options = timeline.options();
    for found in findings(&timeline.history, &options).iter().filter(|found| found.last >= start) {
        report.findings.extend(finding_row(timeline, found, &accepted));
    }
    let moved = |from: usize| drifts(&timeline.history, from, &options);
    let mut later: BTreeMap<usize, Vec<Drift>> = BTreeMap::new();
    for drift in &moved(start) {
        let mut drift_row = |drift| {
            let (since, by) = (timeline.commit_row(start_of(drift))?, timeline.commit_row(timeline.run_of.len() - 1)?);
            let name = finding_name(&["drift", &since.revision, drift.id.as_str()]);
            let mut row = DriftRow::new(drift, &name, since, by);
            let of_it = |entry: &&AcceptedTable| entry.drift.iter().any(|id| id == drift.id.as_str());
            // What has drifted on since then was never accepted.
            let holds = |entry: &&AcceptedTable| {
                let Some(at) = last_place(timeline, &entry.by) else { return false };
                let later = later.entry(at).or_insert_with(|| moved(at));
                later.iter().all(|again| again.id != drift.id)
            };
            row.accepted = accepted.iter().filter(of_it).find(holds).map(accepted_row);
            row.new = row.new && row.accepted.is_none();
            Some(row)
        };
        report.drifts.extend(drift_row(drift));
    }
    Ok(report)
}

fn start_of(drift: &Drift) -> usize {
    drift.since
}

fn finding_row(timeline: &Timeline, found: &Finding, accepted: &[AcceptedTable]) -> Option<FindingRow> {
    let before = found.first.checked_sub(1).and_then(|place| timeline.run(place));
    let now = timeline.run(found.last)?;
    let after = found.first.checked_sub(1).and_then(|place| timeline.commit_row(place));
    let by = timeline.commit_row(found.last)?;
    let kind = match found.cause {
        Cause::Environment => "environment",
        Cause::Code | Cause::Suite => "code",
    };
    let from = after.as_ref().map_or("", |commit| &commit.revision);
    let ids: String = found.benchmarks.first().map(|changed| changed.id.as_str().to_owned()).unwrap_or_default();
    let name = finding_name(&[kind, from, &by.revision, &ids]);
    let mut row = FindingRow::new(found, &name, after, by);
    row.commits = row.after.as_ref().and_then(|after| timeline.commits_between(&after.revision, &row.by.revision));
    if let Some(before) = before {
        let differences = before.environment.differences(&now.environment);
        row.environment = differences
            .into_iter()
            .map(|difference| {
                let [before, now] = difference.values;
                EnvironmentChange { fact: difference.fact.to_owned(), before, now }
            })
            .collect();
    }
    // Neither could another compiler's change be told from the code's, nor is what changed within a commit the code's.
    let is_same_code = row.after.as_ref().is_some_and(|after| after.revision == row.by.revision);
    if !row.environment.is_empty() || is_same_code {
        row.cause = "environment";
    }
    row.accepted = acceptance(timeline, found, accepted).map(accepted_row);
    let is_slower = |tier: Tier, log_ratio: f64| tier == Tier::Confirmed && log_ratio > 0.0;
    row.new = row.cause != "environment"
        && row.accepted.is_none()
        && found.benchmarks.iter().any(|changed| is_slower(changed.change.tier, changed.change.log_ratio));
    Some(row)
}

fn accepted_row(entry: &AcceptedTable) -> AcceptedRow {
    AcceptedRow { reason: entry.reason.clone(), on: entry.on.clone() }
}

/// A short name that this finding has as long as its place is the same.
fn finding_name(parts: &[&str]) -> String {
    hash_of_text(&parts.join("\0"))[..8].to_owned()
}

fn is_called(revision: &str, named: &str) -> bool {
    revision == named || (named.len() >= 7 && revision.len() >= 40 && revision.starts_with(named))
}

fn last_place(timeline: &Timeline, revision: &str) -> Option<usize> {
    timeline.run_of.iter().rposition(|run| is_called(&timeline.runs[*run].revision, revision))
}

/// What has been accepted that covers all of a finding: each of its benchmarks in its direction, at a place that may be the same.
fn acceptance<'a>(timeline: &Timeline, found: &Finding, accepted: &'a [AcceptedTable]) -> Option<&'a AcceptedTable> {
    accepted.iter().find(|entry| {
        let after = match entry.after.as_deref() {
            Some(after) => last_place(timeline, after),
            None => Some(0),
        };
        let by = timeline.run_of.iter().position(|run| is_called(&timeline.runs[*run].revision, &entry.by));
        let (Some(after), Some(by)) = (after, by) else { return false };
        // Within one commit, its first run is before its last.
        let is_here = found.last > after.min(by) && found.first <= by.max(after);
        is_here
            && found.benchmarks.iter().all(|changed| {
                let list = if changed.change.log_ratio > 0.0 { &entry.slower } else { &entry.faster };
                list.iter().any(|id| id == changed.id.as_str())
            })
    })
}

/// Writes into regress.toml that a finding is accepted.
fn accept(args: &AcceptArgs) -> Result<ExitCode, Failure> {
    if args.reason.trim().is_empty() {
        return Err(Failure::new("failed to accept a change: it needs a reason"));
    }
    let timeline = Timeline::read(&args.of, None)?;
    let report = report(&timeline, args.since.as_deref())?;
    let known = || {
        let findings = report.findings.iter().map(|row| row.finding.as_str());
        findings.chain(report.drifts.iter().map(|row| row.finding.as_str())).collect::<Vec<_>>()
    };
    let mut entry = AcceptedTable { reason: args.reason.clone(), on: today(), ..AcceptedTable::default() };
    let finding = report.findings.iter().find(|row| row.finding == args.finding);
    let drift = report.drifts.iter().find(|row| row.finding == args.finding);
    let already = finding.map(|row| (&row.finding, &row.accepted)).or(drift.map(|row| (&row.finding, &row.accepted)));
    if let Some((name, Some(accepted))) = already {
        let text = format!("{name} is accepted already, on {}: {}", accepted.on, accepted.reason);
        output::print(&format!("{}; nothing was written\n", visible(&text)))?;
        return Ok(exit_code::OK);
    }
    let what = match (finding, drift) {
        (Some(row), _) => {
            entry.after = row.after.as_ref().map(|commit| commit.revision.clone());
            entry.by.clone_from(&row.by.revision);
            let ids = |is_slower: bool| {
                let rows = row.benchmarks.iter().filter(|row| (row.change > 0.0) == is_slower);
                rows.map(|row| row.id.clone()).collect::<Vec<_>>()
            };
            (entry.slower, entry.faster) = (ids(true), ids(false));
            format!(
                "{} of {} by {}",
                row.finding,
                output::count(row.benchmarks.len(), "benchmark"),
                short(&row.by.revision)
            )
        }
        (None, Some(row)) => {
            entry.after = Some(row.since.revision.clone());
            entry.by.clone_from(&row.by.revision);
            entry.drift = vec![row.id.clone()];
            format!("the drift {} of {} up to {}", row.finding, row.id, short(&row.by.revision))
        }
        (None, None) => {
            let failed = Failure::new(format!("failed to accept {}: there is no such finding", args.finding));
            return Err(match known().as_slice() {
                [] => failed.hint(
                    "history has no findings; the names of those that there are stand first in `regress changes`",
                ),
                known => failed.hint(format!("there are: {}", known.join(", "))),
            });
        }
    };
    let path = config_file::append_accepted(&entry)?;
    output::print(&format!("accepted {} in {}\n", visible(&what), path.display()))?;
    Ok(exit_code::OK)
}
