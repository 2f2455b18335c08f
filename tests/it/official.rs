//! `regress official`, against executables that do what Criterion's do. Whether the machine of these tests is fit is not theirs to say:
//! what is refused here is refused for a file, or accepted with `--anyway`.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::ab::{Selects, executable, package, regress_in_package, suspend};
use crate::case::{Case, Ran};
use crate::git::git;
use crate::schema::{holds, validator};

const ANYWAY: &str = "--anyway --cool-down 0s --seed 7";
const LAST: &str = "target/regress/official/last";

fn alone(table: &str) -> Case {
    Case::new().program("new", &executable(Selects::Exactly, table))
}

fn official(more: &str) -> String {
    format!("official --binary new {ANYWAY} {more}")
}

fn json(case: &Case, path: &str) -> Value {
    let text = std::fs::read_to_string(case.path(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// What the journal says was measured, without its first line.
fn measured(case: &Case) -> Vec<String> {
    let text = std::fs::read_to_string(case.path(LAST).join("journal.jsonl")).unwrap_or_default();
    let lines = text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap_or_default());
    let measured = lines.filter(|line| line["kind"] == "measured");
    measured.map(|line| format!("{} {}", line["execution"], line["of"])).collect()
}

#[test]
fn executions_are_kept_apart_for_every_other_command() {
    let case = alone("1000 f\n2000 g/h");
    let ran = case.regress(&official("--runs 3 --format json -o markdown=spread.md")).exit_code(0);
    let ran = ran.stderr_contains("10 measurements an execution, where official runs take 100");
    holds(&validator("spread"), &ran.json(), "official");
    let conditions = ran.json()["conditions"].clone();
    assert!(conditions["tainted"][1].as_str().is_some_and(|why| why.contains("without a cool-down")), "{conditions}");
    assert!(conditions["checks"].as_array().is_some_and(|checks| !checks.is_empty()), "{conditions}");
    assert_eq!(ran.json()["benchmarks"][0]["runs"][0]["executions"], 3, "{ran}");
    assert!(case.path("spread.md").exists());
    for k in 1..=3 {
        assert!(case.path(LAST).join(format!("runs/run-{k}/criterion/g/h/new/sample.json")).is_file(), "{k}");
    }
    let spread = case.regress(&format!("spread {LAST}/runs --profile official --format json")).exit_code(0);
    assert_eq!(spread.json()["benchmarks"][1]["runs"][0]["executions"], 3, "{spread}");
    case.regress(&format!("list {LAST}/runs/run-2/criterion")).exit_code(0).stdout_contains("g/h");
    let check = format!("check -b {LAST}/official.json -c {LAST}/runs --format json");
    case.regress(&check).exit_code(3).not_compared("g/h", "same-measurement");
    let session = json(&case, &format!("{LAST}/runs/session.json"));
    assert_eq!(session["format"], "criterion-regress/session");
    assert_eq!(session["executions"][2]["folder"], "run-3/criterion");
    assert_eq!(session["executions"][1]["tainted"].as_str().map(|why| why.contains("without a cool-down")), Some(true));
    assert!(
        session["finished_at"].is_string() && session["checks"].as_array().is_some_and(|c| !c.is_empty()),
        "{session}"
    );
    assert_eq!(session["executions"][0]["before"]["executables"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_finished_session_is_told_again_and_added_to() {
    let case = alone("1000 f").env("LOG", "/dev/null");
    case.regress(&official("--runs 2")).exit_code(0);
    let before = measured(&case);
    assert_eq!(before.len(), 2);
    case.regress(&official("--runs 2")).exit_code(0).stdout_contains("f");
    assert_eq!(measured(&case), before);
    let ran = case.regress(&official("--runs 4 --format json")).exit_code(0).stderr_contains("going on with");
    assert_eq!((measured(&case).len(), &ran.json()["benchmarks"][0]["runs"][0]["executions"]), (4, &4.into()));
    assert_eq!(measured(&case)[..2], before[..]);
}

#[test]
fn a_baseline_is_measured_beside_and_judged() {
    let case = alone("1500 f\n1000 same\n7 come");
    let case = case.program("old", &executable(Selects::Exactly, "1000 f\n1000 same\n7 gone"));
    let ran = case.regress(&official("--baseline-binary old --format json")).exit_code(1);
    let ran = ran.verdict("f", "regression").executions("f", 5, 5).not_compared("gone", "removed");
    let ran = ran.not_compared("come", "added");
    assert_eq!(ran.json()["policy"]["profile"], "official", "{ran}");
    holds(&validator("report"), &ran.json(), "official");
    assert_eq!(
        (&ran.json()["conditions"]["executions"], &ran.json()["conditions"]["tool"].is_string()),
        (&5.into(), &true)
    );
    assert!(case.path(LAST).join("baseline/run-5/criterion/f/new").is_dir());
    case.regress(&format!("check -p official -b {LAST}/baseline.json -c {LAST}/official.json")).exit_code(1);
}

#[test]
fn executions_that_disagree_are_named_with_what_would_help() {
    let case = alone("1000 f");
    case.regress(&official("--runs 2")).exit_code(0);
    // The same executable, and another day.
    let ran = case.env("SLOW", "2").regress(&official("--runs 4")).exit_code(0);
    let ran =
        ran.stderr_contains("executions of 1 of 1 benchmark lie too far apart, for so many, to tell a change of 2 %:");
    ran.stderr_contains("f: its 4 executions lie ").stderr_contains("more executions won't help");
}

/// Starts it with slow benchmarks, and ends it by a signal as soon as so many processes were measured.
fn stopped(case: &Case, arguments: &str, n: usize, signal: &str) -> Output {
    let mut command = case.command();
    command.args(arguments.split_whitespace()).env("PAUSE", "0.05").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tool can be run");
    while measured(case).len() < n {
        if child.try_wait().expect("a child").is_some() {
            panic!("it ended before: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    // At another place of a process each time.
    std::thread::sleep(Duration::from_millis(n as u64 * 7 % 60));
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
    assert!(status.success());
    child.wait_with_output().expect("it ends")
}

#[test]
fn who_is_killed_again_and_again_loses_only_the_process_in_hand() {
    let case = alone("1000 f\n1000 g\n1000 h\n1000 i");
    let log = case.path("log").display().to_string();
    let case = case.env("LOG", &log);
    let call = official("--runs 4");
    let kills = [1, 3, 6, 7, 11];
    for n in kills {
        stopped(&case, &call, n, "-KILL");
    }
    let ran = case.regress(&official("--runs 4 --format json")).exit_code(0);
    let counts: Vec<u64> =
        (0..4).filter_map(|i| ran.json()["benchmarks"][i]["runs"][0]["executions"].as_u64()).collect();
    assert_eq!(counts, [4; 4], "{ran}");
    let mut each = measured(&case);
    each.sort();
    each.dedup();
    assert_eq!((each.len(), measured(&case).len()), (16, 16), "each process was kept once");
    let session = json(&case, &format!("{LAST}/runs/session.json"));
    let is_told = |e: &Value| e["tainted"].as_str().is_some_and(|why| why.contains("ended in the midst of it"));
    let n_told = session["executions"].as_array().expect("executions").iter().filter(|e| is_told(e)).count();
    assert!(n_told >= 2, "what nobody saw is no calm: {session}");
    let n_started = std::fs::read_to_string(&log).expect("a log").lines().count();
    assert!(n_started <= 16 + kills.len(), "{n_started} processes for 16 results and {} kills", kills.len());
}

#[test]
fn who_stops_it_has_a_report_and_goes_on() {
    let case = alone("1000 f\n1000 g");
    let call = official("--runs 3 --fresh --format json");
    let ran = Ran::new("interrupted".into(), &stopped(&case, &call, 3, "-INT")).exit_code(2);
    let ran = ran.stderr_contains("interrupted; to go on:");
    let line = ran.stderr.lines().find(|line| line.contains("to go on")).unwrap_or_default().to_owned();
    assert!(!line.contains("--fresh") && line.contains("--runs 3"), "{line}");
    assert_eq!(ran.json()["benchmarks"].as_array().map(Vec::len), Some(2));
    case.regress(&official("--runs 3")).exit_code(0);
    assert_eq!(measured(&case).len(), 6);
}

#[test]
fn who_suspends_it_has_the_process_measured_again_and_the_execution_named() {
    let case = alone("1000 f");
    let mut command = case.command();
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.args(official("--runs 14").split_whitespace()).env("PAUSE", "0.1");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the tool can be run");
    while measured(&case).is_empty() {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before anything was kept");
        std::thread::sleep(Duration::from_millis(5));
    }
    suspend(child.id());
    let ran = Ran::new("official, suspended".into(), &child.wait_with_output().expect("it ends")).exit_code(0);
    let ran = ran.stderr_contains("suspended meanwhile: f is measured again in execution");
    ran.stderr_contains("the tool was suspended during it");
    assert_eq!(measured(&case).len(), 14);
}

#[test]
fn what_is_not_fit_is_refused_until_it_is_accepted() {
    let manifest = "[package]\nname='a'\n[profile.bench]\nopt-level=0\n";
    let case = alone("1000 f").file("Cargo.toml", manifest);
    let machine = "busy-processes,idle,stolen-time,power,thermal,memory,low-power-mode,governor,turbo,smt,aslr,cpu-quota,\
                   virtualization,runner,clock,gpu,same-machine,bench-targets,criterion-settings,stale-results";
    let call = |accept: &str| format!("official --binary new --runs 1 --cool-down 0s --accept {accept}");
    let ran = case.regress(&call(machine)).exit_code(2).stderr_contains("refused to measure here: bench-profile");
    assert!(ran.stdout.is_empty() && measured(&case).is_empty(), "{ran}");
    ran.stderr_contains("Cargo.toml").stderr_contains("--accept bench-profile");
    case.regress(&call(&format!("{machine},bench-profile"))).exit_code(0);
    let of = |case: &Case| {
        let session = json(case, &format!("{LAST}/runs/session.json"));
        let check = session["checks"].as_array().expect("checks").iter().find(|c| c["name"] == "bench-profile");
        check.expect("it is kept")["state"].clone()
    };
    assert_eq!(of(&case), "warn");
    case.regress(&official("--runs 1 --fresh")).exit_code(0).stderr_contains("measured all the same (--anyway)");
    assert_eq!(of(&case), "fail");
}

/// A rival that writes a result of its own.
fn rival(case: Case, text: &str) -> Case {
    let script = executable(Selects::Exactly, "3000 theirs/f");
    case.program("rival", &script.replacen("#!/bin/sh\n", &format!("#!/bin/sh\n{text}\n"), 1))
}

#[test]
fn a_rival_runs_in_every_execution_on_its_own() {
    let case = rival(alone("1000 f"), "echo >> rivals-log");
    let words = format!("{} --rival", official("--runs 2 --format json"));
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.push("./rival --sample-size 'a b'");
    let ran = case.regress_with(&words).exit_code(0);
    assert_eq!(ran.json()["benchmarks"].as_array().map(Vec::len), Some(2), "{ran}");
    assert!(case.path(LAST).join("runs/run-2/criterion/theirs/f/new").is_dir());
    case.regress_with(&words).exit_code(0);
    let log = std::fs::read_to_string(case.path("rivals-log")).expect("it ran");
    assert_eq!(log.lines().count(), 2, "once an execution, and not again");
}

#[test]
fn a_rival_that_does_wrong_costs_only_itself_and_is_run_again() {
    for (text, why) in [
        ("echo 'no such model' >&2; exit 3", "no such model"),
        ("exit 0", "it left no result of Criterion's below $CRITERION_HOME"),
        ("sleep 60", "it was ended after 1 s"),
        ("exec ./new --bench", "a benchmark of the name of one of ours: f"),
        ("mkdir -p $CRITERION_HOME/f/new; echo 1 > $CRITERION_HOME/f/new/sample.json; exit 0", "it left no result"),
    ] {
        let case = rival(alone("1000 f"), text);
        let call = official("--runs 1 --rival ./rival --rival-limit 1s --format json");
        let ran = case.regress(&call).exit_code(2).stderr_contains(why).stderr_contains("to run again what failed");
        assert_eq!(ran.json()["benchmarks"][0]["id"], "f", "{ran}");
        let case = rival(case, "");
        case.regress(&call).exit_code(0);
        assert_eq!(measured(&case).len(), 2, "{text}: ours was not measured again");
    }
    let case = alone("1000 f");
    case.regress(&official("--runs 1 --rival ./none")).exit_code(2).stderr_contains("failed to start");
}

#[test]
fn results_that_a_rival_changes_or_removes_are_measured_again() {
    for (text, n_lost) in [
        (format!("sed -i 's/\"times\":\\[/&1/' {LAST}/runs/run-1/criterion/f/new/sample.json"), 1),
        (format!("rm -rf {LAST}/runs/run-1/criterion/g"), 1),
        (format!("rm -rf {LAST}/runs/run-1"), 2),
    ] {
        let case = rival(alone("1000 f\n1000 g"), &text);
        let call = official("--runs 2 --rival ./rival --format json");
        let ran = case.regress(&call).exit_code(2).stderr_contains("to run again what failed");
        let ran = ran.stderr_contains("failed in execution 1: ").stderr_contains("is gone, or was changed since");
        let n = |i: usize| ran.json()["benchmarks"][i]["runs"][0]["executions"].as_u64().unwrap_or(0);
        assert_eq!(n(0) + n(1), 4 - n_lost, "what was changed is in no report: {ran}");
        // Whoever goes on measures it again, and nothing else.
        let case = rival(case, "");
        let before = measured(&case).len();
        case.regress(&call).exit_code(0).no_warning();
        let again = measured(&case).len() - before;
        assert!((n_lost as usize..=n_lost as usize + 1).contains(&again), "{text}: {again}");
    }
}

#[test]
fn an_executable_that_is_replaced_meanwhile_ends_it() {
    let case = rival(alone("1000 f"), "echo '# another' >> new");
    let ran = case.regress(&official("--runs 3 --rival ./rival")).exit_code(2);
    let ran = ran.stderr_contains("new was replaced while it was measured, in execution 1");
    assert_eq!(measured(&case).len(), 2, "the second execution did not begin: {ran}");
    let session = json(&case, &format!("{LAST}/runs/session.json"));
    assert!(
        session["executions"][0]["tainted"].as_str().is_some_and(|why| why.contains("replaced during it")),
        "{session}"
    );
}

#[test]
fn a_benchmark_that_fails_costs_only_itself() {
    let case = alone("1000 f\ncrash g");
    let ran = case.regress(&official("--runs 2 --format json")).exit_code(2);
    ran.stderr_contains("failed in execution 2: g: ").stderr_contains("what a pity");
    assert_eq!(measured(&case).len(), 2);
}

#[test]
fn a_benchmark_that_never_ends_is_ended_and_the_others_go_on() {
    let case = alone("1000 f\nhang g");
    let ran = case.regress(&official("--runs 2 --limit 1s")).exit_code(2);
    let ran = ran.stderr_contains("a benchmark's process is ended after 1 s");
    ran.stderr_contains("failed in execution 1: g: it was still running after 1 s")
        .stderr_contains("to run again what failed");
    assert_eq!(measured(&case).len(), 2, "f in both");
    let case = alone("1000 f");
    let told = |more: &str, told: &str| case.regress(&official(more)).stderr_contains(told);
    told(
        "--runs 1",
        "ended after 60 min, and once it was measured after 10 times as long as it took, but no sooner than after 10 min",
    );
    // Who measures for long isn't ended for it.
    told("--session long --runs 1 -- --measurement-time=3600 --warm-up-time 10", "ended after 10 h 1 min");
    told("--session wrong --runs 1 -- --measurement-time soon", "failed to read --measurement-time").exit_code(2);
}

#[test]
fn what_is_something_else_is_not_gone_on_with() {
    let case = alone("1000 f\n1000 g");
    case.regress(&official("--runs 1")).exit_code(0);
    for (more, why) in [
        ("--runs 1 --filter f", "other benchmarks took part"),
        ("--runs 1 --rival ./new", "the rivals were others"),
        ("--runs 1 --baseline-binary new", "there was no baseline"),
        ("--runs 1 -- --measurement-time 1", "Criterion was given other arguments"),
    ] {
        case.regress(&official(more)).exit_code(2).stderr_contains(why).stderr_contains("--fresh");
    }
    case.regress("official --binary new --anyway --seed 8").exit_code(2).stderr_contains("seed 7, not 8");
    let case = case.program("new", &executable(Selects::Exactly, "1100 f\n1000 g"));
    let ran = case.regress(&official("--runs 1")).exit_code(2);
    ran.stderr_contains("the executables of the candidate are not those that were measured");
    case.regress(&official("--runs 1 --session other")).exit_code(0);
    let ran = case.regress(&official("--runs 1 --fresh")).exit_code(0).stderr_contains("is kept in");
    let kept: Vec<PathBuf> = std::fs::read_dir(case.path("target/regress/official"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(kept.len(), 3, "last, other, and what was last before: {kept:?} {ran}");
}

#[test]
fn what_was_damaged_is_said() {
    let case = alone("1000 f");
    case.regress(&official("--runs 1")).exit_code(0);
    let session = case.path(LAST).join("runs/session.json");
    let was = std::fs::read_to_string(&session).expect("a file");
    std::fs::write(&session, "{").expect("a file");
    case.regress(&official("--runs 2")).exit_code(2).stderr_contains("session.json").stderr_contains("--fresh");
    std::fs::write(&session, was.replace("\"os\": \"", "\"os\": \"another ")).expect("a file");
    case.regress(&official("--runs 2")).exit_code(2).stderr_contains("not the machine of the first execution: system");
    std::fs::write(&session, was).expect("a file");
    // Where a folder should be, there is a file.
    std::fs::write(case.path(LAST).join("runs/run-2"), "").expect("a file");
    case.regress(&official("--runs 2")).exit_code(2).stderr_contains("failed to keep f in").stderr_contains("run-2");
    std::fs::remove_file(case.path(LAST).join("runs/run-2")).expect("a file");
    case.regress(&official("--runs 2")).exit_code(0);
    std::fs::remove_file(&session).expect("a file");
    case.regress(&official("--runs 2")).exit_code(0).stderr_contains("is gone");
    let journal = case.path(LAST).join("journal.jsonl");
    std::fs::write(&journal, "no journal\n").expect("a file");
    case.regress(&official("--runs 2")).exit_code(2).stderr_contains("it is not a journal").stderr_contains("--fresh");
    case.regress(&official("--runs 1 --fresh")).exit_code(0);
    // Whole records, and none of this run's.
    let kept = std::fs::read_to_string(&journal).expect("text");
    std::fs::write(&journal, kept.replace("\"execution\":1", "\"execution\":18446744073709551615")).expect("a file");
    let ran =
        case.regress(&official("--runs 1")).exit_code(2).stderr_contains("journal.jsonl: record 1 of it is damaged");
    ran.stderr_contains("--fresh");
}

#[test]
fn what_cannot_be_done_is_said_before_it_is_measured() {
    let case = alone("1000 f").file("text", "no program");
    for call in [
        "official",
        "official --binary none --anyway",
        "official --binary text --anyway",
        "official --baseline-binary new",
        "official --baseline main --binary new",
        &official("--runs 0"),
        &official("--accept nothing"),
        &official("--session ../elsewhere"),
        &official("--filter none"),
        &official("--cool-down soon"),
        &official("-- --quick"),
        &official("-- --save-baseline=x"),
        &official("--rival="),
    ] {
        let ran = case.regress(call).exit_code(2);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran}");
    }
    let case = case.program("again", &executable(Selects::Exactly, "1000 f"));
    case.regress(&official("--binary again")).exit_code(2).stderr_contains("f is in two executables");
    assert!(measured(&case).is_empty());
}

#[test]
fn a_commit_and_the_working_tree_are_built_and_told_by_name() {
    let case = package("1000 f");
    let repository = case.path("repository");
    let case = case.program("repository/bench.sh", &executable(Selects::Exactly, "1500 f\n20 g"));
    let regress = |arguments: &str| regress_in_package(&case, arguments);
    let call = format!("official --baseline main {ANYWAY} --format json");
    let ran = regress(&call).exit_code(1).verdict("f", "regression").executions("f", 5, 5);
    let commit = git(&repository, &["rev-parse", "HEAD"]);
    assert_eq!(ran.json()["baseline"]["label"], format!("main ({})", &commit[..9]));
    assert_eq!(ran.json()["candidate"]["label"], format!("{} with changes", &commit[..9]));
    let session = json(&case, "repository/target/regress/official/last/runs/session.json");
    assert_eq!((&session["commit"], &session["dirty"]), (&commit.into(), &true.into()));
    assert_eq!(git(&repository, &["status", "--porcelain"]), " M bench.sh", "the user's files are as they were");
    regress("official --baseline none --anyway").exit_code(2).stderr_contains("failed to find the commit none");
}

#[test]
fn what_the_machine_resolves_is_looked_at_where_that_is_asked_for() {
    let case = alone("1000 f");
    case.regress(&official("--runs 1 --measure")).exit_code(0);
    let checks = json(&case, &format!("{LAST}/runs/session.json"))["checks"].clone();
    assert!(checks.as_array().is_some_and(|all| all.iter().any(|check| check["name"] == "resolution")), "{checks}");
}
