//! `regress ab`, against executables that do what Criterion's do: scripts with a table of times.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::case::{Case, Ran};
use crate::git::{git, repository};
use crate::schema::{holds, validator};

/// How the script selects benchmarks: by `--exact`, by a regular expression, by a part of the name.
#[derive(Clone, Copy)]
pub(crate) enum Selects {
    Exactly,
    Regex,
    Parts,
}

/// A script that lists and "measures" benchmarks: a line each, with a time in nanoseconds or `crash`, and the id.
pub(crate) fn executable(selects: Selects, table: &str) -> String {
    let (help, test) = match selects {
        Selects::Exactly => ("--exact", r#"[ "$id" = "$filter" ]"#),
        Selects::Regex => ("", r#"printf '%s' "$id" | grep -Eq -e "$filter""#),
        Selects::Parts => ("", r#"case "$id" in *"$filter"*) true ;; *) false ;; esac"#),
    };
    format!(
        r#"#!/bin/sh
filter= list=
while [ $# -gt 0 ]; do
    case "$1" in
    --help) echo "--warm-up-time {help}"; exit ;;
    --list) list=1 ;;
    --slow) SLOW=$2; shift ;;
    --sample-size|--warm-up-time|--measurement-time|--nresamples) shift ;;
    --bench|--exact|--noplot|--) ;;
    *) filter=$1 ;;
    esac
    shift
done
while read -r time id; do
    [ -z "$filter" ] || {{ {test}; }} || continue
    if [ -n "$list" ]; then echo "$id: benchmark"; continue; fi
    [ -n "$LOG" ] && echo "$id" >> "$LOG"
    [ "$time" = hang ] && {{ trap '' INT TERM; sleep 1000; }}
    [ "$time" = broken ] && {{ time=0; broken=1; }}
    [ "$time" = crash ] && {{ echo "what a pity" >&2; exit 101; }}
    [ -n "$PAUSE" ] && sleep "$PAUSE"
    [ -n "$SLOW" ] && time=$((time * SLOW))
    folder="$CRITERION_HOME/$id/new"
    mkdir -p "$folder"
    off=$(od -An -N2 -tu2 /dev/urandom)
    times=$(awk "BEGIN {{ t = $time * (1 + $off / 65536 / 50); for (i = 1; i <= 10; i++) printf \"%s%.6f\", (i > 1 ? \",\" : \"\"), t * 10 * (1 + i / 1000) }}")
    echo "{{\"sampling_mode\":\"Flat\",\"iters\":[10,10,10,10,10,10,10,10,10,10],\"times\":[$times]}}" > "$folder/sample.json"
    [ -z "$broken" ] || echo "NaN" > "$folder/sample.json"
    echo "{{\"group_id\":\"$id\",\"function_id\":null,\"value_str\":null,\"throughput\":null,\"full_id\":\"$id\",\"directory_name\":\"$id\",\"title\":\"$id\"}}" > "$folder/benchmark.json"
done <<'TABLE'
{table}
TABLE
"#
    )
}

fn pair(selects: Selects, baseline: &str, candidate: &str) -> Case {
    Case::new().program("old", &executable(selects, baseline)).program("new", &executable(selects, candidate))
}

const AB: &str = "ab --baseline-binary old --candidate-binary new --seed 7";

#[test]
fn what_changed_is_told_and_no_other() {
    let case = pair(
        Selects::Exactly,
        "1000 same\n1000 slower\n1000 faster\n1000 a little\n5 gone",
        "1000 same\n1500 slower\n600 faster\n1080 a little\n5 come",
    );
    let ran = case.regress(&format!("{AB} --format json")).exit_code(1);
    let ran = ran.verdict("same", "no-change").verdict("slower", "regression").verdict("faster", "improvement");
    let ran = ran.verdict("a little", "no-change").not_compared("gone", "removed").not_compared("come", "added");
    let ran = ran.executions("slower", 14, 14).no_warning().compared(4, 6);
    let report = ran.json();
    assert_eq!(report["rounds"]["seed"], 7);
    assert_eq!(report["rounds"]["looks"].as_array().map(Vec::len), Some(1), "all was decided at the first look: {ran}");
    assert_eq!(ran.row("slower")["noise"]["source"], "rounds");
    holds(&validator("report"), &report, "ab");
}

#[test]
fn every_format_and_explanation_has_words_for_rounds() {
    let case = pair(Selects::Exactly, "1000 f\n1000 g", "1500 f\n1000 g");
    case.regress(&format!("{AB} -o json=report.json")).exit_code(1).stdout_contains("(seed 7)");
    for format in ["terminal", "markdown", "csv", "junit", "json"] {
        case.regress(&format!("report report.json --format {format}")).exit_code(0).stdout_contains("f");
    }
    case.regress("report report.json --explain f").stdout_contains("signed-rank");
    case.regress("confirm report.json -b old -c new").exit_code(2);
}

#[test]
fn a_benchmark_that_fails_is_an_error_of_its_own() {
    let case = pair(Selects::Exactly, "1000 same\n1000 broken", "1000 same\ncrash broken");
    let ran = case.regress(&format!("{AB} --format json")).exit_code(0);
    ran.verdict("same", "no-change")
        .not_compared("broken", "failed")
        .warning("process-failed", "broken")
        .warning_says("process-failed", "what a pity");
}

#[test]
fn a_result_that_cannot_be_read_is_told_from_none() {
    let case = pair(Selects::Exactly, "1000 same\n1000 f", "1000 same\nbroken f");
    let ran = case.regress(&format!("{AB} --rounds 2 --format json")).not_compared("f", "failed");
    ran.warning_says("process-failed", "the result that it left can't be read");
}

#[test]
fn so_few_rounds_that_nothing_could_be_shown_are_told_as_that() {
    let ran = pair(Selects::Exactly, "1000 f", "1000 f").regress(&format!("{AB} --rounds 4 --format json"));
    let ran = ran.exit_code(0).no_warning();
    assert_eq!(ran.row("f")["doubt"], "too-few-rounds");
}

#[test]
fn who_stops_it_does_not_wait_for_a_benchmark_that_never_ends() {
    let case = pair(Selects::Exactly, "1000 f\n5 gone", "hang f");
    let output = stopped(&case, &format!("{AB} --format json"), 2, "-TERM");
    let ran = Ran::new("ab, interrupted".into(), &output).warning("interrupted", "rounds");
    let warnings = ran.json()["warnings"].clone();
    assert!(!warnings.to_string().contains("process-failed"), "{ran}");
    ran.not_compared("f", "not-run");
}

#[test]
fn every_version_of_criterion_runs_what_is_asked_for() {
    let (old, new) = ("1000 a\n1000 a/b (c)+\n1000 ab", "1000 a\n1500 a/b (c)+\n1000 ab");
    for selects in [Selects::Exactly, Selects::Regex, Selects::Parts] {
        let ran = pair(selects, old, new).regress(&format!("{AB} --format json")).exit_code(1);
        let ran = ran.verdict("a", "no-change").verdict("ab", "no-change").verdict("a/b (c)+", "regression");
        if matches!(selects, Selects::Parts) {
            ran.warning("selected-together", "a").warning_says("selected-together", "2 others ran with it");
        } else {
            ran.no_warning();
        }
    }
}

#[test]
fn rounds_that_are_too_few_say_nothing() {
    let case = pair(Selects::Exactly, "1000 f", "2000 f");
    case.regress(&format!("{AB} --rounds 14 --format json")).exit_code(1).verdict("f", "regression");
    let ran = case.regress(&format!("{AB} --rounds 3 --format json")).exit_code(0).verdict("f", "inconclusive");
    assert!(ran.row("f")["p"].as_f64().is_some_and(|p| p > 0.01), "{ran}");
    case.regress(&format!("{AB} --budget 1ms --format json")).warning("budget-spent", "rounds");
}

#[test]
fn one_executable_on_both_sides_is_no_change_of_the_code() {
    let case = pair(Selects::Exactly, "1000 f", "1000 f");
    let ran = case.regress("ab --baseline-binary old --candidate-binary old --format json").exit_code(0);
    assert_eq!(ran.json()["same_executable"], true);
}

#[test]
fn names_that_changed_are_matched_and_filtered() {
    let case = pair(Selects::Exactly, "1000 old name\n1000 other", "1500 new name\n1000 other")
        .file("regress.toml", "[renames]\n'old name' = 'new name'\n");
    let ran = case.regress(&format!("{AB} --filter name --format json")).exit_code(1);
    assert_eq!(ran.verdict("new name", "regression").ids(), ["new name"]);
    case.regress(&format!("{AB} --filter none --format json")).exit_code(3).warning("filter-matches-nothing", "none");
}

#[test]
fn what_cannot_be_done_is_said_with_a_hint() {
    let case = pair(Selects::Exactly, "1000 f", "1000 f").file("text", "no program");
    for call in [
        "ab --baseline-binary old --candidate-binary text",
        "ab --baseline-binary none --candidate-binary new",
        "ab --baseline-binary old",
        "ab main --baseline-binary old --candidate-binary new",
        &format!("{AB} --budget none"),
        &format!("{AB} --rounds 0"),
        &format!("{AB} -- --quick"),
        &format!("{AB} --explain none"),
        "ab",
    ] {
        let ran = case.regress(call).exit_code(2);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran}");
    }
}

/// Starts it with slow benchmarks, and ends it by a signal as soon as so many lines are kept.
fn stopped(case: &Case, arguments: &str, n_lines: usize, signal: &str) -> Output {
    let mut command = case.command();
    command.args(arguments.split(' ')).env("PAUSE", "0.05").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tool can be run");
    let is_kept = || {
        let text = journal(case).and_then(|path| std::fs::read_to_string(path).ok());
        text.is_some_and(|text| text.lines().count() >= n_lines)
    };
    while !is_kept() {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before so much was kept");
        std::thread::sleep(Duration::from_millis(5));
    }
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
    assert!(status.success());
    child.wait_with_output().expect("it ends")
}

/// What `ps` says of processes: id, parent and state, which begins with T where one stands still.
fn states() -> Vec<(u32, u32, String)> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid=,stat="]).output().expect("ps can be run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let read =
        |words: Vec<String>| Some((words.first()?.parse().ok()?, words.get(1)?.parse().ok()?, words.get(2)?.clone()));
    text.lines().map(words).filter_map(read).collect()
}

/// Sends a signal to a process.
fn send(signal: &str, to: u32) {
    assert!(Command::new("kill").args([signal, &to.to_string()]).status().is_ok_and(|status| status.success()));
}

/// Has it stand still with all that it started, and go on; more than once, as that may fall between two processes.
pub(crate) fn suspend(tool: u32) {
    let stands_still = |(id, _, state): &(u32, u32, String)| *id == tool && state.starts_with('T');
    for _ in 0..3 {
        send("-TSTP", tool);
        while !states().iter().any(stands_still) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let children: Vec<_> = states().into_iter().filter(|(_, parent, _)| *parent == tool).collect();
        assert!(children.iter().all(|(.., state)| state.starts_with(['T', 'Z'])), "{children:?}");
        send("-CONT", tool);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Starts it with slow benchmarks, and waits until something is measured.
fn started(case: &Case, mut command: Command) -> Child {
    command.args(AB.split(' ')).args(["--format", "json"]).env("PAUSE", "0.05");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the tool can be run");
    while journal(case).is_none() {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before anything was kept");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn who_suspends_it_suspends_the_benchmark_and_has_it_measured_again() {
    let case = pair(Selects::Exactly, "1000 f", "1500 f");
    // As a shell starts a job.
    let mut command = case.command();
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = started(&case, command);
    let id = child.id();
    let state =
        |of: u32| states().into_iter().find(|(id, ..)| *id == of).map(|(_, _, state)| state).unwrap_or_default();
    // More than once, as it may fall between two processes.
    for _ in 0..3 {
        send("-TSTP", id);
        while !state(id).starts_with('T') {
            std::thread::sleep(Duration::from_millis(5));
        }
        let children: Vec<_> = states().into_iter().filter(|(_, parent, _)| *parent == id).collect();
        assert!(children.iter().all(|(.., state)| state.starts_with(['T', 'Z'])), "{children:?}");
        send("-CONT", id);
        std::thread::sleep(Duration::from_millis(100));
    }
    let ran = Ran::new("ab, suspended".into(), &child.wait_with_output().expect("it ends")).exit_code(1);
    let ran = ran.stderr_contains("suspended meanwhile: f is measured again in round").no_warning();
    ran.verdict("f", "regression").executions("f", 14, 14);
}

#[cfg(target_os = "linux")]
#[test]
fn where_nobody_could_continue_it_it_is_not_suspended() {
    let case = pair(Selects::Exactly, "1000 f", "1500 f");
    // As `ssh -t` starts it: no shell has it as a job.
    let tool = case.command();
    let mut command = Command::new("setsid");
    command.arg(tool.get_program()).current_dir(case.path("")).env_clear();
    command.envs(tool.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = started(&case, command);
    send("-TSTP", child.id());
    while child.try_wait().expect("a child").is_none() {
        let is_suspended = states().iter().any(|(id, _, state)| *id == child.id() && state.starts_with('T'));
        if is_suspended {
            send("-KILL", child.id());
        }
        assert!(!is_suspended, "it stands still");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ran::new("ab, not suspended".into(), &child.wait_with_output().expect("it ends")).exit_code(1);
}

/// Where the rounds of named executables are kept.
fn journal(case: &Case) -> Option<PathBuf> {
    let folders = [".cache/criterion-regress", "Library/Caches/criterion-regress"].map(|folder| case.path(folder));
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    files.map(|file| file.path()).find(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
}

#[test]
fn who_stops_it_has_a_report_of_what_is_decided_and_goes_on() {
    let case = pair(Selects::Exactly, "1000 f", "1500 f");
    let output = stopped(&case, &format!("{AB} --format json"), 4, "-INT");
    let ran = Ran::new("ab, interrupted".into(), &output).exit_code(0).warning("interrupted", "rounds");
    assert_eq!(ran.row("f")["doubt"], "too-few-rounds");
    let ran = ran.stderr_contains("--seed 7 --format json --resume");
    let hint = ran.json()["warnings"][0]["hint"].as_str().unwrap_or_default().to_owned();
    assert!(hint.contains("--resume"), "{ran}");
    let ran = case.regress(&format!("{AB} --format json --resume")).exit_code(1).verdict("f", "regression");
    ran.executions("f", 14, 14).no_warning().stderr_contains("going on after");
    assert_eq!(journal(&case), None);
}

#[test]
fn who_is_killed_goes_on_with_the_rounds_that_are_kept() {
    let case = pair(Selects::Exactly, "1000 f\n1000 g\n5 gone", "1500 f\ncrash g");
    assert!(stopped(&case, AB, 6, "-KILL").stdout.is_empty());
    let path = journal(&case).expect("a journal");
    let kept = std::fs::read_to_string(&path).expect("text");
    // The process was killed within a line.
    std::fs::write(&path, &kept[..kept.len() - 9]).expect("a file");
    let again = case.regress(&format!("{AB} --rounds 14 --resume")).exit_code(2);
    again.stderr_contains("there are no interrupted rounds of these arguments");
    let other = case.regress("ab --baseline-binary old --candidate-binary new --seed 8 --resume").exit_code(2);
    other.stderr_contains("drawn with the seed 7, not 8");
    let ran = case.regress(&format!("{AB} --format json --threshold 30 --resume")).exit_code(1);
    ran.verdict("f", "regression").executions("f", 14, 14).not_compared("g", "failed").not_compared("gone", "removed");
    assert_eq!(journal(&case), None);
}

#[test]
fn rounds_of_other_code_are_not_gone_on_with() {
    let case = pair(Selects::Exactly, "1000 f", "1500 f");
    stopped(&case, AB, 4, "-KILL");
    let case = case.program("new", &executable(Selects::Exactly, "1600 f"));
    let ran = case.regress(&format!("{AB} --resume")).exit_code(2);
    ran.stderr_contains("the executables of candidate are not those that were measured");
    let ran = case.regress(AB).exit_code(1).stderr_contains("interrupted rounds of this are kept");
    ran.stderr_contains("--seed 7 --resume");
    case.regress(&format!("{AB} --resume")).exit_code(2).stderr_contains("there are no interrupted rounds");
}

#[test]
fn a_journal_that_is_damaged_is_named_and_costs_nothing_but_itself() {
    let case = pair(Selects::Exactly, "1000 f", "1500 f");
    stopped(&case, AB, 4, "-KILL");
    let path = journal(&case).expect("a journal");
    let kept = std::fs::read_to_string(&path).expect("text");
    let lines: Vec<&str> = kept.lines().collect();
    let refused = |text: &str, told: &str| {
        std::fs::write(&path, text).expect("a file");
        let ran = case.regress(&format!("{AB} --resume")).exit_code(2).stderr_contains(told);
        ran.stderr_contains(&path.display().to_string()).stderr_contains("without `--resume` starts anew");
    };
    refused(&format!("{}\n{}\n", lines[0], lines[2]), "damaged, or does not follow");
    refused(&kept.replacen("\"seconds\":", "\"seconds\":-", 1), "damaged, or does not follow");
    refused("no journal\n", "it is not a journal");
    std::fs::OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(1 << 40)).expect("a hole");
    case.regress(&format!("{AB} --resume")).exit_code(2).stderr_contains("larger than 256 MiB");
    case.regress(AB).exit_code(1);
    assert_eq!(journal(&case), None);
}

#[test]
fn settings_are_compared_and_told() {
    let case = pair(Selects::Exactly, "1000 f", "1000 f");
    let same = "ab --baseline-binary old --candidate-binary old --format json";
    let ran = case.regress(&format!("{same} --candidate-env SLOW=2 --baseline-env A=b")).exit_code(1);
    let ran = ran.verdict("f", "regression");
    assert_eq!(ran.json()["same_executable"], false);
    assert_eq!(ran.json()["candidate"]["label"], "candidate with SLOW=2");
    let mut words: Vec<&str> = same.split(' ').collect();
    words.extend(["--baseline-args", "--slow '2'", "--", "--sample-size", "10"]);
    case.regress_with(&words).exit_code(0).verdict("f", "improvement");
    for wrong in [["--candidate-env", "SLOW"], ["--baseline-env", "=1"], ["--baseline-args", "'open"]] {
        case.regress_with(&[&AB.split(' ').collect::<Vec<_>>()[..], &wrong].concat()).exit_code(2);
    }
    case.regress_with(&[&AB.split(' ').collect::<Vec<_>>()[..], &["--candidate-args", "--quick"]].concat())
        .exit_code(2);
}

#[test]
fn what_rounds_cost_beside_benchmarks_is_told() {
    let ran = pair(Selects::Exactly, "1000 f", "1000 f").regress(&format!("{AB} --format json")).exit_code(0);
    let seconds = |name: &str| ran.json()["rounds"][name].as_f64().unwrap_or_default();
    assert!(seconds("seconds") > seconds("overhead_seconds") && seconds("overhead_seconds") > 0.0, "{ran}");
}

#[cfg(target_os = "linux")]
#[test]
fn processes_are_pinned_where_it_is_allowed() {
    let case = pair(Selects::Exactly, "1000 f", "1500 f");
    case.regress(&format!("{AB} --pin")).exit_code(1).stderr_contains("all processes run on processor");
    case.regress(&format!("{AB} --pin=99999"))
        .exit_code(2)
        .stderr_contains("99999 is not one of those that we may use");
}

#[test]
fn what_each_clock_says_is_in_the_report() {
    let case = pair(Selects::Exactly, "1000 f\n1000 g", "1500 f\n1000 g");
    for clock in ["wall", "cpu", "both"] {
        // What these scripts write has nothing to do with what they do, so that their CPU time says nothing.
        let ran = case.regress(&format!("{AB} --clock {clock} --format json")).exit_code(1).verdict("f", "regression");
        let (report, clocks) = (ran.json(), ran.row("f")["clocks"].clone());
        assert_eq!(report["rounds"]["clock"], clock);
        assert!(report["rounds"]["machine"]["preemptions"].is_number(), "{ran}");
        assert_eq!((&clocks["judged_by"], &clocks["why_wall"]), (&"wall".into(), &"not-told".into()), "{ran}");
        assert_eq!(clocks["wall"]["change"], ran.row("f")["change"]);
        holds(&validator("report"), &report, clock);
    }
    case.regress(&format!("{AB} --explain f")).stdout_contains("CPU time doesn't judge it");
    let case = case.file("regress.toml", "clock = 'wall'\n");
    assert_eq!(case.regress(&format!("{AB} --format json")).json()["rounds"]["clock"], "wall");
    case.regress("config").stdout_contains("clock             = \"wall\"");
    let case = case.env("REGRESS_CLOCK", "cpu");
    case.regress("config").stdout_contains("$REGRESS_CLOCK");
    assert_eq!(case.regress(&format!("{AB} --format json")).json()["rounds"]["clock"], "cpu");
    case.regress(&format!("{AB} --clock sun")).exit_code(2).stderr_contains("wall");
}

/// A cargo that "builds" the script that lies in the package.
const CARGO: &str = r#"#!/bin/sh
case "$1" in
generate-lockfile) touch Cargo.lock ;;
metadata) echo "{\"target_directory\":\"$TARGET\",\"workspace_root\":\"$PWD\"}" ;;
bench) echo "$*" >> "$TARGET-arguments"
    [ ! -f .gitmodules ] || [ -f sub/file ] || { echo "no submodule" >&2; exit 101; }
    [ -f bench.sh ] || { echo "no such target" >&2; exit 101; }
    echo "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"cases\",\"kind\":[\"bench\"]},\"manifest_path\":\"$PWD/Cargo.toml\",\"executable\":\"$PWD/bench.sh\"}" ;;
esac
"#;

/// A package with that cargo, whose one commit measures so.
pub(crate) fn package(table: &str) -> Case {
    let case = Case::new().program("tools/cargo", CARGO);
    let case = case.program("repository/bench.sh", &executable(Selects::Exactly, table));
    let case = case.file("repository/.gitignore", "/target*\n").file("repository/Cargo.lock", "");
    repository(&case.path("repository"));
    case
}

/// Runs the tool in that package.
pub(crate) fn regress_in_package(case: &Case, arguments: &str) -> Ran {
    let repository = case.path("repository");
    let mut command = case.command();
    command.env("CARGO", case.path("tools/cargo")).env("TARGET", repository.join("target")).current_dir(&repository);
    let output = command.args(arguments.split(' ')).output().expect("the tool can be run");
    Ran::new(arguments.to_owned(), &output)
}

#[test]
fn a_commit_is_not_compared_with_itself_unless_that_is_asked_for() {
    let case = package("1000 f");
    let repository = case.path("repository");
    let refused = |call: &str, hint: &str| {
        let ran = regress_in_package(&case, call).exit_code(2).stderr_contains("there is nothing to compare");
        assert!(!case.path("repository/target-arguments").exists(), "it was built: {ran}");
        ran.stderr_contains(hint)
    };
    refused("ab --bench cases", "make a change, or name a base");
    git(&repository, &["commit", "--quiet", "--allow-empty", "-m", "another"]);
    refused("ab --bench cases", "ab 'HEAD~1' --bench cases`").stderr_contains("ab HEAD --bench cases`");
    refused("ab --head main", "ab 'main~1' --head main`");
    // What the user's settings hide is a change all the same.
    git(&repository, &["config", "status.showUntrackedFiles", "no"]);
    for (call, told) in [
        ("ab HEAD --rounds 1", "the working tree is the same as the base"),
        ("ab main --head HEAD --rounds 1", "HEAD is the same commit as the base"),
        ("ab --candidate-env SLOW=2 --rounds 1", "both sides are the working tree, and differ in settings only"),
        ("ab HEAD --candidate-env SLOW=2 --rounds 1", "the sides differ in settings only"),
    ] {
        regress_in_package(&case, call).exit_code(0).stderr_contains(told);
    }
    let case = case.file("repository/notes", "");
    regress_in_package(&case, "ab --rounds 1").exit_code(0).stderr_contains("but for files that git doesn't know");
    // Of another size, as git looks no closer within a second.
    let case = case.program("repository/bench.sh", &executable(Selects::Exactly, "20000 f"));
    let ran = regress_in_package(&case, "ab --rounds 14").exit_code(1);
    assert!(!ran.stderr.contains("same as the base") && !ran.stderr.contains("but for files"), "{ran}");
}

#[test]
fn commits_and_the_working_tree_are_built_and_left_alone() {
    let case = package("1000 f");
    let repository = case.path("repository");
    git(&repository, &["checkout", "--quiet", "-b", "topic"]);
    // Of another size, as git looks no closer within a second.
    let case = case.program("repository/bench.sh", &executable(Selects::Exactly, "15000 f"));
    let before = (git(&repository, &["status", "--porcelain"]), git(&repository, &["worktree", "list"]));
    let regress = |arguments: &str| regress_in_package(&case, arguments);
    for call in ["ab --format json", "ab main --format json"] {
        let ran = regress(call).exit_code(1).verdict("f", "regression");
        assert_eq!(ran.json()["candidate"]["label"], "working tree");
    }
    regress("ab main --head HEAD --format json").exit_code(0);
    let after = (git(&repository, &["status", "--porcelain"]), git(&repository, &["worktree", "list"]));
    assert_eq!(after, before);
    // A checkout that was left half-made is made again.
    std::fs::write(case.path("repository/target/regress/base/src/.git/index.lock"), "").expect("a file");
    regress("ab main --format json").exit_code(1).verdict("f", "regression");
    // Of a broken clone's folder, git would go up to the user's repository, and check out there.
    let clone = case.path("repository/target/regress/base/src");
    std::fs::remove_dir_all(clone.join(".git")).expect("the clone's");
    std::fs::create_dir(clone.join(".git")).expect("a folder");
    regress("ab main --format json").exit_code(1).verdict("f", "regression");
    let here = (git(&repository, &["status", "--porcelain"]), git(&repository, &["worktree", "list"]));
    assert_eq!(here, before, "the user's files are as they were");
    regress("ab main --package p --bench cases --features x --build-profile y --format json").exit_code(1);
    let built = std::fs::read_to_string(case.path("repository/target-arguments")).expect("cargo was called");
    let last = built.lines().last().unwrap_or_default();
    assert!(last.ends_with("--package p --bench cases --features x --profile y --locked"), "{built}");
    assert_eq!(built.lines().filter(|line| line.contains(" --target-dir ")).count(), built.lines().count(), "{built}");
    // Settings are compared of one build.
    let ran = regress("ab --candidate-env SLOW=2 --format json").exit_code(1).verdict("f", "regression");
    assert_eq!(ran.json()["baseline"]["label"], "working tree");
    let again = std::fs::read_to_string(case.path("repository/target-arguments")).expect("cargo was called");
    assert_eq!(again.lines().count(), built.lines().count() + 1);
    ran.stderr_contains("kept for the next time: 0 MiB in target/regress");
    std::fs::remove_file(repository.join("Cargo.lock")).expect("a file");
    regress("ab main").exit_code(2).stderr_contains("cargo generate-lockfile");
    regress("ab main --head topic --format json").exit_code(0);
    // A library's, which git ignores, is cargo's to make.
    std::fs::write(repository.join(".git/info/exclude"), "Cargo.lock\n").expect("written");
    git(&repository, &["rm", "--quiet", "--cached", "Cargo.lock"]);
    regress("ab main --format json").exit_code(1).verdict("f", "regression");
    assert!(repository.join("Cargo.lock").exists());
    git(&repository, &["reset", "--quiet"]);
    git(&repository, &["checkout", "--", "Cargo.lock"]);
    regress("ab none").exit_code(2).stderr_contains("failed to find the commit none");
    regress("ab main --clean --format json").exit_code(1);
    assert!(!repository.join("target/regress").exists());
    let log: Value = git(&repository, &["stash", "list"]).into();
    assert_eq!(log, "");
}

#[test]
fn submodules_are_taken_from_where_the_user_has_them() {
    let case = package("1000 f").file("sub/file", "");
    let (package, sub) = (case.path("repository"), case.path("sub"));
    repository(&sub);
    let url = sub.display().to_string();
    git(&package, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "sub"]);
    git(&package, &["commit", "--quiet", "-m", "with a submodule"]);
    // Where it came from is gone, as without a network.
    std::fs::remove_dir_all(&sub).expect("the submodule's origin");
    // The user's hooks are for the user's checkouts.
    let hook = format!("#!/bin/sh\necho \"$0 $PWD\" >> '{}'\n", case.path("ran").display());
    let case = case.program("hooks/post-checkout", &hook).program("hooks/reference-transaction", &hook);
    let hooks = case.path("hooks").display().to_string();
    let case =
        case.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "core.hooksPath").env("GIT_CONFIG_VALUE_0", &hooks);
    regress_in_package(&case, "ab HEAD --format json").exit_code(0).verdict("f", "no-change");
    assert!(package.join("target/regress/base/src/sub/file").exists());
    assert_eq!(std::fs::read_to_string(case.path("ran")).unwrap_or_default(), "", "hooks ran");
}
