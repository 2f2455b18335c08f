//! What `check` and `confirm` do by themselves inside a workflow of GitHub's: summary, outputs, annotations, and a log in which
//! no name is a command.

use std::fs;

use crate::case::{Case, Ran};
use crate::page;

/// What GitHub takes of a step's summary.
const LARGEST_SUMMARY: usize = 1 << 20;

/// A case of one regression inside a workflow, with its files.
fn in_workflow(case: Case) -> Case {
    let path = |name: &str| case.path(name).to_string_lossy().into_owned();
    let (summary, output) = (path("summary.md"), path("output.txt"));
    case.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_OUTPUT", &output)
}

fn with_regression() -> Case {
    Case::new().benchmark("slow").baseline(100.0).candidate(200.0).benchmark("same").baseline(100.0).candidate(100.5)
}

fn read(case: &Case, name: &str) -> String {
    fs::read_to_string(case.path(name)).unwrap_or_default()
}

#[test]
fn a_check_tells_the_workflow() {
    let case = in_workflow(with_regression());
    let ran = case.regress("check -b main").exit_code(1);
    let ran = ran.stderr_contains("::error title=slower%3A slow +1").stdout_contains("REGRESSED");
    assert!(!ran.stdout.contains("::error"), "standard output is the report: {ran}");
    assert!(read(&case, "summary.md").starts_with("❌ **REGRESSED** 1 regression of 2 benchmarks"));
    page::check(&read(&case, "summary.md"), "slow ").expect("a page");
    assert_eq!(
        read(&case, "output.txt"),
        "outcome=regressed\nregressions=1\nsuspects=0\nimprovements=0\ncompared=2\nbenchmarks=2\n"
    );
}

#[test]
fn confirm_tells_the_workflow_too() {
    let case = with_regression().benchmark("slow").result("main2", 101.0).result("pr2", 202.0);
    case.regress("check -b main -o json=report.json").exit_code(1);
    let case = in_workflow(case);
    case.regress("confirm report.json -b main2 -c pr2").exit_code(1).stderr_contains("::error title=slower");
    assert!(read(&case, "output.txt").starts_with("outcome=regressed\n"));
}

#[test]
fn elsewhere_and_on_request_nothing_is_told() {
    let calls = [("check -b main --no-github", "true"), ("check -b main", "false"), ("check -b main", "")];
    for (call, actions) in calls {
        let case = in_workflow(with_regression()).env("GITHUB_ACTIONS", actions);
        let ran = case.regress(call).exit_code(1);
        assert!(ran.stderr.is_empty(), "{ran}");
        assert!(!case.path("summary.md").exists() && !case.path("output.txt").exists());
    }
    let case = in_workflow(with_regression()).env("REGRESS_NO_GITHUB", "true");
    case.regress("check -b main").exit_code(1);
    assert!(!case.path("summary.md").exists());
}

#[test]
fn what_is_there_stays_and_counts() {
    let before = "x".repeat(LARGEST_SUMMARY - 3_000);
    let case = in_workflow(with_regression()).file("summary.md", &before).file("output.txt", "other=1");
    case.regress("check -b main").exit_code(1);
    let summary = read(&case, "summary.md");
    assert!(summary.len() <= LARGEST_SUMMARY && summary.starts_with(&format!("{before}\n\n❌ **REGRESSED**")));
    assert!(read(&case, "output.txt").starts_with("other=1\noutcome=regressed\n"));

    let full = "x".repeat(LARGEST_SUMMARY - 100);
    let case = in_workflow(with_regression()).file("summary.md", &full);
    case.regress("check -b main").exit_code(1).stderr_contains("warning: failed to write").stderr_contains("is full");
    assert_eq!(read(&case, "summary.md"), full);
}

#[test]
fn a_summary_that_was_asked_for_is_not_written_twice() {
    let case = in_workflow(with_regression());
    let path = case.path("summary.md");
    case.regress(&format!("check -b main -o markdown={}", path.display())).exit_code(1);
    assert_eq!(read(&case, "summary.md").matches("REGRESSED").count(), 1);
}

#[test]
fn files_that_cannot_be_written_are_a_warning() {
    let case = in_workflow(with_regression()).env("GITHUB_STEP_SUMMARY", "no/such/folder").env("GITHUB_OUTPUT", ".");
    let ran = case.regress("check -b main").exit_code(1);
    assert_eq!(ran.stderr.matches("warning: failed to write").count(), 2, "{ran}");
}

/// Lines that the runner would take for a command, of a log without our own annotations.
pub(crate) fn commands_in(ran: &Ran) -> Vec<String> {
    let is_ours =
        |line: &str| ["::error title=", "::warning title=", "::notice title="].iter().any(|s| line.starts_with(s));
    let runs = |line: &&str| (line.trim_start().starts_with("::") && !is_ours(line)) || line.contains("##[");
    let lines = |text: &str| text.split(['\n', '\r']).filter(runs).map(str::to_owned).collect::<Vec<_>>();
    [lines(&ran.stdout), lines(&ran.stderr)].concat()
}

#[test]
fn what_could_not_be_done_is_on_the_jobs_page() {
    let case = Case::new().file("summary", "").file("outputs", "");
    let summary = case.path("summary");
    let run = |arguments: &str| {
        let mut command = case.command();
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
        let output = command.args(arguments.split(' ')).output().expect("the tool can be run");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, stderr) = run("check --dir nowhere<b> --baseline main");
    assert_eq!(code, Some(2));
    assert!(stderr.contains("::error title=regress could not do its work::failed to find nowhere<b>"), "{stderr}");
    let page = fs::read_to_string(&summary).expect("a summary");
    assert!(page.contains("regress could not do its work") && !page.contains("<b>"), "{page}");
    let (_, stderr) = run("check --dir nowhere --baseline main --no-github");
    assert!(!stderr.contains("::error"), "{stderr}");
}

#[test]
fn commits_and_the_judging_machine_are_told() {
    let case = Case::of("demo/criterion").env("GITHUB_ACTIONS", "true");
    let call = "check -b main -c pr --baseline-revision 0123abc --candidate-revision 4567def";
    let report = case.regress(&format!("{call} --format json")).exit_code(1).json();
    assert_eq!(
        (&report["baseline"]["revision"], &report["candidate"]["revision"]),
        (&"0123abc".into(), &"4567def".into())
    );
    assert!(report["judged_on"]["cores"].as_u64().is_some_and(|n| n > 0), "{}", report["judged_on"]);
}
