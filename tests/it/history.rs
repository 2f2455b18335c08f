//! Baselines from history, and what changed in it: on real repositories, with the file of SQLite.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::case::{Case, Ran};
use crate::schema::{holds, validator};
use crate::stores::branch::git;

/// Noise of about 2 %, the same each time.
fn noise(i: usize) -> f64 {
    1.0 + 0.02 * (i as f64 * 2.4).sin()
}

/// A commit on a day of its own, `day` days after the first of January 2026.
fn commit(folder: &Path, message: &str, day: usize) -> String {
    let date = format!("{} +0000", 1_767_225_600 + 86_400 * day);
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args([
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@t",
        "commit",
        "--quiet",
        "--allow-empty",
    ]);
    let status = command.args(["-m", message]).env("GIT_COMMITTER_DATE", &date).env("GIT_AUTHOR_DATE", &date).status();
    assert!(status.expect("git can be run").success());
    git(folder, &["rev-parse", "HEAD"])
}

/// A repository with a commit and a recorded run for each of `times` of the benchmark `parse`, in nanoseconds.
fn recorded(times: &[f64]) -> (Case, Vec<String>) {
    recorded_of(&[("parse", times)])
}

/// The same with several benchmarks.
fn recorded_of(benchmarks: &[(&str, &[f64])]) -> (Case, Vec<String>) {
    let mut case = Case::new();
    for (id, times) in benchmarks {
        case = case.benchmark(id).executions("m", times);
    }
    let folder = case.path("");
    git(&folder, &["init", "--quiet", "-b", "main"]);
    std::fs::write(folder.join(".gitignore"), "target\n.rustup\n.regress\n*.toml\n").expect("written");
    git(&folder, &["add", ".gitignore"]);
    let n = benchmarks.iter().map(|(_, times)| times.len()).max().unwrap_or_default();
    let commits: Vec<String> = (0..n).map(|i| commit(&folder, &format!("change {i}"), i)).collect();
    for (i, hash) in commits.iter().enumerate() {
        case.regress(&format!("record m-{} --branch main --revision {hash}", i + 1)).exit_code(0);
    }
    (case, commits)
}

fn steady(n: usize) -> Vec<f64> {
    (0..n).map(|i| 1_000.0 * noise(i)).collect()
}

fn baseline(ran: &Ran) -> Value {
    ran.json()["baseline"].clone()
}

#[test]
fn the_nearest_commits_before_the_candidate_are_its_baseline() {
    let (case, commits) = recorded(&steady(24));
    let folder = case.path("");
    let case = case.benchmark("parse").candidate(1_300.0);
    // On the default branch, the commit's own runs are no baseline of it.
    let ran = case.regress("check -b history --format json").exit_code(1);
    let used = baseline(&ran)["history"].clone();
    assert_eq!((&used["executions"], used["revisions"].as_array().map(Vec::len)), (&20.into(), Some(20)), "{ran}");
    assert_eq!(used["revisions"][0]["revision"], commits[22].as_str());
    assert!(used["revisions"][0]["age_seconds"].is_u64(), "{ran}");
    assert_eq!(ran.row("parse")["noise"]["source"], "history", "{ran}");
    holds(&validator("report"), &ran.json(), "from history");
    let ran = case.regress("check -b history").exit_code(1);
    let nearest = &commits[22][..8];
    ran.stdout_contains("the baseline is 20 executions from history (.regress/history.db): 20 commits, ")
        .stdout_contains(nearest);
    // On another branch, all of the default branch up to where it was left; what came there later isn't.
    git(&folder, &["checkout", "--quiet", "-b", "topic", &commits[9]]);
    commit(&folder, "topic", 30);
    let ran = case.regress("check -b history --format json").exit_code(1);
    let used = baseline(&ran)["history"].clone();
    assert_eq!((&used["executions"], &used["revisions"][0]["revision"]), (&10.into(), &commits[9].as_str().into()));
    case.benchmark("parse").candidate(1_010.0).regress("check -b history").exit_code(0);
}

#[test]
fn files_that_differ_from_the_commit_are_compared_with_it() {
    let (case, commits) = recorded(&steady(6));
    let case = case.benchmark("parse").candidate(1_000.0).file(".gitignore", "target\n.rustup\n.regress\n*.x\n");
    let ran = case.regress("check -b history --format json");
    assert_eq!(baseline(&ran)["history"]["revisions"][0]["revision"], commits[5].as_str());
}

#[test]
fn a_release_is_a_baseline() {
    let (case, commits) = recorded(&steady(6));
    git(&case.path(""), &["tag", "v1.4", &commits[1]]);
    let case = case.benchmark("parse").candidate(1_000.0);
    let ran = case.regress("check -b tag:v1.4 --format json").exit_code(0).warning("few-in-history", "tag:v1.4");
    let used = baseline(&ran)["history"].clone();
    assert_eq!((&used["executions"], &used["revisions"][0]["revision"]), (&1.into(), &commits[1].as_str().into()));
    case.regress("check -b tag:v9").exit_code(2).stderr_contains("git knows no revision").stderr_contains("hint: ");
    case.regress("check -b history m-1").exit_code(2).stderr_contains("failed to put `history` together");
}

#[test]
fn what_was_before_a_change_is_no_baseline() {
    let times: Vec<f64> = steady(20).iter().enumerate().map(|(i, t)| if i < 10 { t * 2.0 } else { *t }).collect();
    let (case, _) = recorded(&times);
    let case = case.benchmark("parse").candidate(1_500.0);
    let ran = case.regress("check -b history --format json").exit_code(1).warning("level-changed", "parse");
    ran.executions("parse", 9, 1);
}

#[test]
fn other_machines_are_no_baseline_and_named() {
    let (case, commits) = recorded(&steady(6));
    let case = case.benchmark("parse").candidate(1_500.0);
    case.regress("export m-1 -o run.json").exit_code(0);
    // The same run, from another machine.
    let text = std::fs::read_to_string(case.path("run.json")).expect("read");
    let mut run: Value = serde_json::from_str(&text).expect("JSON");
    for environment in run["environments"].as_array_mut().expect("it says where") {
        environment["cpu"] = "Elsewhere 9000".into();
    }
    let case = case.file("run.json", &run.to_string());
    let from = |n: usize| format!("record run.json --store other.db --branch main --revision {}", commits[n]);
    case.regress(&from(1)).exit_code(0);
    let ran = case.regress("check -b history --store other.db --format json").exit_code(3);
    let ran = ran.warning("history-elsewhere", &commits[1][..8]).warning_says("history-elsewhere", "Elsewhere 9000");
    assert_eq!(baseline(&ran)["history"]["elsewhere"], 1);
    case.regress("check -b history --store other.db --allow-different-machines --format json")
        .executions("parse", 1, 1);
}

#[test]
fn without_git_or_history_there_is_an_error_that_says_what_to_do() {
    let case = Case::new().benchmark("a").candidate(1.0);
    case.regress("check -b history").exit_code(2).stderr_contains("no git repository").stderr_contains("hint: ");
    let (case, commits) = recorded(&steady(3));
    let case = case.benchmark("parse").candidate(1_000.0);
    case.regress("check -b history --store none.db").exit_code(2).stderr_contains("there is no such file");
    git(&case.path(""), &["checkout", "--quiet", "--detach", &commits[0]]);
    case.regress("check -b history --format json").exit_code(3).warning("nothing-in-history", "history");
    // A clone of one commit doesn't know what came before it.
    let origin = format!("file://{}", case.path("").display());
    git(&case.path(""), &["checkout", "--quiet", "main"]);
    git(&case.path(""), &["clone", "--quiet", "--depth=1", &origin, "target/clone"]);
    let mut command = case.command();
    let dir = case.path("target/criterion");
    let output = command
        .current_dir(case.path("target/clone"))
        .args(["check", "-b", "history", "--store"])
        .arg(case.path(".regress/history.db"))
        .arg("--dir")
        .arg(dir)
        .output()
        .expect("it runs");
    let ran = Ran::new("check in a shallow clone".to_owned(), &output).exit_code(2);
    ran.stderr_contains("only the end of its past").stderr_contains("fetch-depth: 0");
}
