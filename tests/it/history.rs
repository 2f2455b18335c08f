//! Baselines from history, and what changed in it: on real repositories, with the file of SQLite.

use std::path::Path;

use serde_json::Value;

use crate::case::{Case, Ran};
use crate::git::{git, git_at};
use crate::schema::{holds, validator};

/// Noise of about 2 %, the same each time.
fn noise(i: usize) -> f64 {
    1.0 + 0.02 * (i as f64 * 2.4).sin()
}

/// A commit on a day of its own, `day` days after the first of January 2026.
fn commit(folder: &Path, message: &str, day: usize) -> String {
    let date = format!("{} +0000", 1_767_225_600 + 86_400 * day);
    git_at(&date, folder, &["commit", "--quiet", "--allow-empty", "-m", message]);
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
    git(&folder, &["init", "--quiet"]);
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
fn a_file_that_does_not_say_where_it_was_measured_has_no_baseline() {
    let (case, commits) = recorded(&steady(3));
    let case = case.benchmark("parse").candidate(1_500.0);
    case.regress("export --elsewhere -o run.json").exit_code(0);
    let call = "check -b history -c run.json --format json";
    let ran = case.regress(call).exit_code(3).warning("history-elsewhere", &commits[1][..8]);
    ran.warning_says("history-elsewhere", "not stated here");
    case.regress(&format!("{call} --allow-different-machines")).exit_code(1);
    // What is known as little is compared.
    case.regress(&format!("record run.json --store of-files.db --revision {}", commits[1])).exit_code(0);
    let case = case.benchmark("parse").candidate(1_400.0);
    case.regress("export --elsewhere -o run.json").exit_code(0);
    case.regress(&format!("{call} --store of-files.db")).executions("parse", 1, 1);
}

#[test]
fn a_shallow_clone_with_few_runs_is_told_where_more_may_be() {
    let (case, _) = recorded(&steady(4));
    let case = case.benchmark("parse").candidate(1_000.0);
    case.regress("check -b history").stdout_contains("record more runs");
    let origin = format!("file://{}", case.path("").display());
    git(&case.path(""), &["clone", "--quiet", "--depth=3", &origin, "target/clone"]);
    let output = case
        .command()
        .current_dir(case.path("target/clone"))
        .args(["check", "-b", "history", "--store"])
        .arg(case.path(".regress/history.db"))
        .arg("--dir")
        .arg(case.path("target/criterion"))
        .output()
        .expect("the tool can be run");
    Ran::new("check -b history".to_owned(), &output).stdout_contains("2 executions").stdout_contains("--unshallow");
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

/// A step of 30 % at the commit 20 of 40 in `parse` and `print`, and a third benchmark that stays.
fn stepped() -> (Case, Vec<String>) {
    let step: Vec<f64> = steady(40).iter().enumerate().map(|(i, t)| if i < 20 { *t } else { t * 1.3 }).collect();
    let other: Vec<f64> = step.iter().enumerate().map(|(i, t)| 3.0 * t * noise(7 * i)).collect();
    let calm: Vec<f64> = (0..40).map(|i| 50.0 * noise(3 * i)).collect();
    recorded_of(&[("parse", &step), ("print", &other), ("calm", &calm)])
}

#[test]
fn benchmarks_that_change_with_a_commit_are_one_finding() {
    let (case, commits) = stepped();
    let ran = case.regress("changes --format json").exit_code(0);
    let document = ran.json();
    holds(&validator("changes"), &document, "changes");
    let findings = document["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), 1, "{ran}");
    let found = &findings[0];
    assert_eq!(
        (&found["cause"], &found["tier"], &found["direction"]),
        (&"code".into(), &"confirmed".into(), &"slower".into())
    );
    assert_eq!(
        (&found["new"], &found["measured"], &found["benchmarks"].as_array().map(Vec::len)),
        (&true.into(), &3.into(), &Some(2))
    );
    let place = |name: &str| commits.iter().position(|commit| found[name]["revision"] == commit.as_str());
    let (after, by) = (place("after").expect("a commit"), place("by").expect("a commit"));
    assert!((18..=20).contains(&after) && (20..=21).contains(&by) && after < by, "{ran}");
    assert_eq!(found["commits"], by - after, "{ran}");
    for changed in found["benchmarks"].as_array().expect("a list") {
        let [lower, upper] = ["lower", "upper"].map(|end| changed[end].as_f64().expect("many runs"));
        assert!(lower <= 0.3 && 0.3 <= upper, "{ran}");
    }
    // Nothing fails unless it is asked for; a slowdown that nobody accepted is new.
    case.regress("changes").exit_code(0).stdout_contains("1 change, 1 of them new and slower: 40 runs of 40 revisions");
    case.regress("changes --fail-on new").exit_code(1).stdout_contains("slower").stdout_contains("print");
    case.regress("changes --fail-on drift,environment").exit_code(0);
    case.regress("changes --fail-on new --filter calm").exit_code(0).stdout_contains("no change of 5 % or more");
    case.regress("changes --fail-on new -t 50").exit_code(0);
    case.regress(&format!("changes --fail-on new --since {}", commits[25])).exit_code(0).stdout_lacks("print");
    case.regress("changes --since 1970-01-01 --fail-on new").exit_code(1);
    // Without the commits, a slowdown that is still seen fails, and none that is seen is no pass.
    std::fs::rename(case.path(".git"), case.path("elsewhere")).expect("renamed");
    case.regress("changes --fail-on new").exit_code(1);
    case.regress("changes --fail-on new -t 50").exit_code(3).stderr_contains("the order of these commits isn't known");
    case.regress("changes -t 50").exit_code(0);
    std::fs::rename(case.path("elsewhere"), case.path(".git")).expect("renamed");
    case.regress("changes --since nowhere").exit_code(2).stderr_contains("`nowhere` is not a time");
    case.regress("changes --format markdown").exit_code(0).stdout_contains("| benchmark | change | interval |");
    let csv = case.regress("changes --format csv").exit_code(0).stdout;
    assert_eq!(csv.lines().count(), 3, "{csv}");
    case.regress("changes --format junit").exit_code(2);
    accepted(&case, found["finding"].as_str().expect("a name"));
}

fn accepted(case: &Case, finding: &str) {
    let at = case.path("regress.toml");
    std::fs::write(&at, "# ours\n[history]\nthreshold = 10").expect("written");
    case.regress_with(&["changes", "accept", "00000000", "--reason", "a"]).exit_code(2).stderr_contains(finding);
    case.regress_with(&["changes", "accept", finding, "--reason", " "]).exit_code(2).stderr_contains("needs a reason");
    let reason = "checks its \"input\" now\n[[x]]";
    case.regress_with(&["changes", "accept", finding, "--reason", reason])
        .exit_code(0)
        .stdout_contains("in regress.toml");
    let text = std::fs::read_to_string(&at).expect("read");
    assert!(text.starts_with("# ours\n[history]\nthreshold = 10\n\n[[accepted]]\n"), "{text}");
    let ran = case.regress("changes --fail-on new --format json").exit_code(0);
    let found = &ran.json()["findings"][0];
    assert_eq!((&found["accepted"]["reason"], &found["new"]), (&reason.into(), &false.into()), "{ran}");
    holds(&validator("changes"), &ran.json(), "accepted");
    case.regress("changes").exit_code(0).stdout_contains("accepted on 20").stdout_contains("none of them new");
    // Once is enough.
    case.regress_with(&["changes", "accept", finding, "--reason", "again"]).exit_code(0).stdout_contains("already");
    assert_eq!(std::fs::read_to_string(&at).expect("read"), text);
    // Of other benchmarks at the same place, nothing was accepted.
    std::fs::write(&at, text.replace("\"print\"", "\"calm\"")).expect("written");
    case.regress("changes --fail-on new").exit_code(1);
    std::fs::write(&at, "accepted = []\n").expect("written");
    let ran = case.regress_with(&["changes", "accept", finding, "--reason", "a"]).exit_code(2);
    ran.stderr_contains("could not be read any more");
    assert_eq!(std::fs::read_to_string(&at).expect("read"), "accepted = []\n");
}

#[test]
fn drift_is_told_and_accepted_as_far_as_it_went() {
    let creeping: Vec<f64> = (0..44).map(|i| 1_000.0 * (1.0 + 0.004 * i as f64) * noise(i)).collect();
    let (case, commits) = recorded(&creeping);
    let ran = case.regress("changes -t 10 --format json").exit_code(0);
    let document = ran.json();
    holds(&validator("changes"), &document, "drift");
    assert_eq!(
        (&document["drifts"][0]["id"], &document["findings"].as_array().map(Vec::len)),
        (&"parse".into(), &Some(0)),
        "{ran}"
    );
    case.regress("changes -t 10").stdout_contains("no step above the threshold");
    case.regress("changes -t 10 --fail-on new").exit_code(0);
    case.regress("changes -t 10 --fail-on drift").exit_code(1);
    assert_eq!(document["drifts"][0]["since"]["revision"], commits[0].as_str());
    let name = document["drifts"][0]["finding"].as_str().expect("a name").to_owned();
    case.regress_with(&["changes", "accept", &name, "-t", "10", "--reason", "known"]).exit_code(0);
    case.regress("changes -t 10 --fail-on drift").exit_code(0).stdout_contains("known");
}

#[test]
fn a_new_compiler_is_no_change_of_the_code() {
    let (case, commits) = stepped();
    case.regress("export m-1 -o run.json").exit_code(0);
    let text = std::fs::read_to_string(case.path("run.json")).expect("read");
    let mut run: Value = serde_json::from_str(&text).expect("JSON");
    let environment = run["environments"][0].clone();
    for (i, revision) in commits.iter().enumerate() {
        case.regress(&format!("export m-{} -o run.json", i + 1)).exit_code(0);
        let text = std::fs::read_to_string(case.path("run.json")).expect("read");
        run = serde_json::from_str(&text).expect("JSON");
        run["environments"][0] = environment.clone();
        run["environments"][0]["rustc"] = if i < 20 { "rustc 1.95.0" } else { "rustc 1.96.0" }.into();
        std::fs::write(case.path("run.json"), run.to_string()).expect("written");
        case.regress(&format!("record run.json --store other.db --revision {revision}")).exit_code(0);
    }
    let ran = case.regress("changes --store other.db --fail-on new --format json").exit_code(0);
    let found = &ran.json()["findings"][0];
    assert_eq!(
        (&found["cause"], &found["new"], &found["direction"]),
        (&"environment".into(), &false.into(), &"slower".into()),
        "{ran}"
    );
    assert_eq!(found["environment"][0]["now"], "rustc 1.96.0", "{ran}");
    case.regress("changes --store other.db --fail-on environment")
        .exit_code(1)
        .stdout_contains("compiler changed with it");
}

#[test]
fn series_are_in_the_order_of_the_commits() {
    let (case, commits) = stepped();
    let folder = case.path("");
    // A commit on another line is left out, whenever it was made.
    git(&folder, &["checkout", "--quiet", "-b", "other", &commits[3]]);
    let stray = commit(&folder, "stray", 90);
    case.regress(&format!("record m-1 --revision {stray} --branch other")).exit_code(0);
    git(&folder, &["checkout", "--quiet", "main"]);
    let ran = case.regress("history --format json").exit_code(0);
    let document = ran.json();
    holds(&validator("series"), &document, "the list");
    assert_eq!((&document["order"], &document["runs"]), (&"commits".into(), &40.into()), "{ran}");
    assert!(document["notes"][0].as_str().is_some_and(|note| note.starts_with("left out: 1 run of commits")), "{ran}");
    let parse =
        document["series"].as_array().and_then(|all| all.iter().find(|s| s["id"] == "parse")).expect("it is there");
    assert_eq!((&parse["runs"], &parse["latest"]["revision"]), (&40.into(), &commits[39].as_str().into()), "{ran}");
    assert_eq!(parse["changes"].as_array().map(Vec::len), Some(1));
    case.regress("history").exit_code(0).stdout_contains("benchmark").stdout_contains(&commits[39][..8]);
    let ran = case.regress("history parse --format json").exit_code(0);
    holds(&validator("series"), &ran.json(), "one");
    let points = ran.json()["series"][0]["points"].clone();
    let order: Vec<&str> =
        points.as_array().expect("a list").iter().filter_map(|p| p["commit"]["revision"].as_str()).collect();
    assert_eq!(order, commits);
    case.regress("history pars").exit_code(2).stderr_contains("did you mean `parse`?");
    case.regress("history --branch other --format json").exit_code(0);
    assert_eq!(case.regress("history --branch other --format json").json()["runs"], 5);
    let csv = case.regress("history parse --format csv").exit_code(0).stdout;
    assert_eq!((csv.lines().count(), csv.lines().filter(|line| !line.ends_with(',')).count()), (41, 2), "{csv}");
    case.regress("history --format csv").exit_code(0).stdout_contains("parse");
    case.regress("history parse --format markdown --plot").exit_code(0).stdout_contains("```text");
    // The picture stays within the terminal.
    let narrow = case.env("COLUMNS", "40");
    let picture = narrow.regress("plot parse").exit_code(0).stdout;
    assert!(picture.contains('^') && picture.contains('┤'), "{picture}");
    assert!(picture.lines().skip(1).take(13).all(|line| line.chars().count() <= 40), "{picture}");
    narrow.regress("history parse --plot").exit_code(0).stdout_contains("^");
    narrow.regress("plot none").exit_code(2);
}

#[test]
fn without_git_runs_are_in_the_order_of_time() {
    let case = Case::new().benchmark("parse").executions("m", &steady(6)).written_at(std::time::SystemTime::now());
    for i in [3, 1, 2] {
        let call = format!("record m-{i} --revision v{i} --branch main --time 2026-01-0{i}T00:00:00Z");
        case.regress(&call).exit_code(0);
    }
    let ran = case.regress("history parse --format json").exit_code(0);
    let points = ran.json()["series"][0]["points"].clone();
    let order: Vec<&str> =
        points.as_array().expect("a list").iter().filter_map(|p| p["commit"]["revision"].as_str()).collect();
    assert_eq!((order, &ran.json()["order"]), (vec!["v1", "v2", "v3"], &"time".into()));
    // So few runs can't show anything, which is no pass.
    case.regress("changes --fail-on new").exit_code(3).stdout_contains("no change can be confirmed");
    case.regress("history --branch none").exit_code(3).stdout_contains("0 series");
    // Several executions of a run are several points.
    case.regress("record m-4 m-5 m-6 --revision v4 --time 2026-01-04T00:00:00Z").exit_code(0);
    let ran = case.regress("history parse --format json");
    assert_eq!((&ran.json()["series"][0]["executions"], &ran.json()["series"][0]["runs"]), (&6.into(), &4.into()));
}

#[test]
fn strangers_names_stay_names() {
    let step: Vec<f64> = steady(24).iter().enumerate().map(|(i, t)| if i < 12 { *t } else { t * 1.5 }).collect();
    let (case, commits) = recorded_of(&[("=evil()|@all", &step)]);
    let evil = "|<b>@all</b>`";
    case.regress_with(&["record", "m-1", "--revision", evil, "--branch", evil]).exit_code(0);
    for call in ["changes --format markdown", "history --format markdown"] {
        let ran = case.regress(call).exit_code(0);
        crate::page::check(&ran.stdout, "=evil").unwrap_or_else(|e| panic!("{call}: {e}: {ran}"));
    }
    let call = ["history", "=evil()|@all", "--plot", "--format", "markdown"];
    let ran = case.regress_with(&call).exit_code(0);
    assert!(!ran.stdout.contains("@all") && !ran.stdout.contains("<b>"), "{ran}");
    case.regress("changes --format csv").exit_code(0).stdout_contains(",'=evil()|@all,");
    case.regress("history --format csv").exit_code(0).stdout_contains("'=evil()|@all,");
    assert_eq!(commits.len(), 24);
}
