//! What a second measurement settles, and the command that a report gives for it.

use std::process::Command;

use serde_json::{Value, json};

use crate::case::{Case, ROOT, Ran};
use crate::tree::{self, Sample};

/// Unchanged benchmarks beside the one that it is about.
const OTHERS: [&str; 9] = ["a", "b", "c", "d", "e", "g", "h", "i", "j"];

/// A suite of ten, of which `f` became slower by this factor; `report.json` is the report of it.
fn suspicious(factor: f64) -> Case {
    let mut case = Case::new();
    for id in OTHERS {
        case = case.benchmark(id).baseline(100.0).candidate(100.0);
    }
    case = case.benchmark("f").baseline(100.0).candidate(100.0 * factor);
    case.regress("check -b main -o json=report.json");
    case
}

/// The same with a second measurement of `f` in `main2` and `pr2`.
fn again(first: f64, second: f64) -> Case {
    suspicious(first).benchmark("f").result("main2", 100.0).result("pr2", 100.0 * second)
}

const CONFIRM: &str = "confirm report.json -b main2 -c pr2 --format json";

fn untold(ran: &Ran, why: &str) {
    let row = ran.row("f");
    assert_eq!((&row["untold"], &row["second"]), (&why.into(), &Value::Null), "{ran}");
    assert_eq!(ran.json()["confirmation"], Value::Null, "{ran}");
    assert!(ran.stderr.contains("nothing was settled"), "{ran}");
}

#[test]
fn a_regression_of_single_executions_is_confirmed() {
    let case = again(1.5, 1.48);
    case.regress("report report.json").exit_code(0).stdout_contains("measure again").stdout_contains("--exact 'f'");
    let ran = case.regress(CONFIRM).exit_code(1).verdict("f", "regression");
    let row = ran.row("f");
    assert_eq!((&row["second"]["confirmed"], &row["doubt"]), (&true.into(), &Value::Null));
    let change = row["second"]["change"]["estimate"].as_f64().expect("a change");
    assert!((change - 0.48).abs() < 0.02, "{ran}");
    assert_eq!((&ran.json()["confirmation"]["measured"], &ran.json()["settle"]), (&1.into(), &Value::Null));
    case.regress("confirm report.json -b main2 -c pr2").exit_code(1).stdout_contains("confirmed by +");
}

#[test]
fn what_the_second_does_not_show_is_not_confirmed() {
    for second in [1.0, 0.7, 1.15] {
        let ran = again(1.5, second).regress(CONFIRM).exit_code(0).doubt("f", "not-confirmed");
        assert_eq!((&ran.json()["outcome"], &ran.json()["counts"]["regressions"]), (&"inconclusive".into(), &0.into()));
        assert_eq!(ran.row("f")["second"]["confirmed"], false);
    }
    let case = again(1.5, 1.0);
    case.regress("confirm report.json -b main2 -c pr2").exit_code(0).stdout_contains("not confirmed");
    // As inconclusive as any other, where that fails.
    case.regress("check -b main --fail-on inconclusive -o json=report.json").exit_code(1);
    case.regress(CONFIRM).exit_code(3);
}

#[test]
fn a_suspect_becomes_a_regression() {
    // Ten benchmarks of one execution a side can't prove it, and ten times as many suspect it.
    let case = again(1.38, 1.38);
    let first = case.regress("check -b main -t 20 --assumed-noise 12 --format json -o json=report.json").exit_code(0);
    assert!(["suspected", "maybe-noise"].contains(&first.row("f")["doubt"].as_str().expect("a doubt")), "{first}");
    // A single suspect needs no correction for ten.
    let ran = case.regress(CONFIRM);
    let p = |row: &Value| row["p"].as_f64().expect("a chance");
    assert!(p(&ran.row("f")["second"]) < p(&first.row("f")) / 5.0, "{first}{ran}");
    // Several second executions speak for themselves.
    let case = case.benchmark("f").executions("main3", &[100.0, 100.1, 99.9]).executions("pr3", &[138.0, 138.1, 137.8]);
    case.regress("confirm report.json -b main3-* -c pr3-* --format json").exit_code(1).verdict("f", "regression");
}

#[test]
fn the_first_measurement_counts_once() {
    let case = again(1.5, 1.5);
    let ran = case.regress("confirm report.json -b main -c pr2 --format json").exit_code(1).verdict("f", "regression");
    untold(&ran, "same-baseline");
    untold(&case.regress("confirm report.json -b main2 -c new --format json").exit_code(1), "same-candidate");
    case.regress("confirm report.json -b main2").exit_code(2).stderr_contains("--candidate");
    // `--save-baseline` writes `new` as well: both are copies of one result.
    let case = case
        .benchmark("f")
        .sample("copy", &Sample::around(151.0, "copy"))
        .sample("new", &Sample::around(151.0, "copy"));
    untold(&case.regress("confirm report.json -b copy -c new --format json").exit_code(1), "not-comparable");
    case.regress("confirm report.json -b main -c pr2").exit_code(1).stdout_contains("whose luck would count twice");
    // A report of nothing new may be confirmed later.
    case.regress("confirm report.json -b main -c pr2 -o json=again.json").exit_code(1);
    case.regress("confirm again.json -b main2 -c pr2 --format json").exit_code(1).verdict("f", "regression");
}

#[test]
fn the_first_measurement_among_others_is_noticed() {
    let case = again(1.5, 1.5);
    untold(&case.regress("confirm report.json -b main2 -c pr2 new --format json"), "same-candidate");
    untold(&case.regress("confirm report.json -b main main2 -c pr2 --format json"), "same-baseline");
}

#[test]
fn equal_counts_are_no_copies_of_the_first() {
    let counts = |value: f64| Sample { iterations: vec![1.0; 10], times: vec![value; 10] };
    let mut case = suspicious(1.0).benchmark("f").sample("main", &counts(1000.0)).sample("new", &counts(1500.0));
    case.regress("check -b main -o json=report.json");
    case = case.sample("main2", &counts(1000.0)).sample("pr2", &counts(1500.0));
    case.regress(CONFIRM).exit_code(1).verdict("f", "regression");
}

#[test]
fn the_first_measurement_in_another_form_is_noticed() {
    let case = Case::of("demo/criterion").tree("demo/criterion", "estimates");
    for sample in ["sample.json", "raw.csv"] {
        remove_all(&case.path("estimates"), sample);
    }
    case.regress("check -b main -c pr -o json=report.json").exit_code(1);
    let ran = case.regress("confirm report.json --dir estimates -b main -c pr --format json").exit_code(1);
    assert_eq!(ran.row("parse/json/medium")["untold"], "same-candidate", "{ran}");
    // One execution in two forms is one measurement, and not two of a side.
    let ran = case.regress("check -b main -c ./estimates@main --format json").exit_code(3);
    ran.not_compared("fib_15", "same-measurement");
    let ran = case.regress("check -b main ./estimates@main -c pr --format json").exit_code(1);
    ran.executions("fib_15", 1, 1).warning_says("repeated-executions", "11 executions");
}

fn remove_all(folder: &std::path::Path, name: &str) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            remove_all(&path, name);
        } else if path.ends_with(name) {
            std::fs::remove_file(&path).expect("it can be removed");
        }
    }
}

#[test]
fn what_is_of_another_kind_settles_nothing() {
    let case = suspicious(1.5).benchmark("f").throughput(json!({"Elements": 5}));
    let case = case.result("main2", 100.0).result("pr2", 150.0);
    let ran = case.regress(CONFIRM).exit_code(1);
    assert_eq!(ran.row("f")["untold"], "not-comparable", "{ran}");
}

#[test]
fn a_slower_suite_is_settled_by_the_suite() {
    let mut case = Case::new();
    for id in OTHERS {
        case = case.benchmark(id).baseline(100.0).candidate(160.0);
        case = case.result("same", 100.0).result("again", 100.0).result("slow", 161.0);
    }
    let first = case.regress("check -b main -o json=report.json --format json").exit_code(1);
    assert_eq!(first.json()["settle"]["command"], "cargo bench --bench BENCH -- --save-baseline NAME");
    let later = case.path(ROOT);
    for id in OTHERS {
        for name in ["same", "again", "slow"] {
            tree::date(&later.join(id).join(name).join("sample.json"), std::time::SystemTime::now());
        }
    }
    let ran = case.regress("confirm report.json -b same -c again --format json").exit_code(0);
    assert_eq!(
        (&ran.json()["outcome"], &ran.json()["suite_shift"]["verdict"]),
        (&"inconclusive".into(), &"inconclusive".into())
    );
    case.regress("confirm report.json -b same -c slow").exit_code(1).stdout_contains("the whole suite became slower");
}

#[test]
fn a_history_is_no_single_stroke_of_luck() {
    let case = Case::new().benchmark("f").executions("main", &[100.0, 100.3, 99.8]).candidate(150.0);
    let case = case.benchmark("g").executions("main", &[100.0, 100.3, 99.8]).candidate(100.0);
    let case = case.benchmark("f").result("pr2", 149.0);
    case.regress("check -b main-* -o json=report.json").exit_code(1).stdout_contains("measure again");
    let ran = case.regress("confirm report.json -b main-* -c pr2 --format json").exit_code(1);
    assert_eq!(ran.row("f")["second"]["confirmed"], true, "{ran}");
}

#[test]
fn what_was_not_measured_again_stays_as_it_was() {
    let case = suspicious(1.5).benchmark("other").result("main2", 100.0).result("pr2", 100.0);
    let ran = case.regress(CONFIRM).exit_code(1).verdict("f", "regression");
    untold(&ran, "not-measured");
    case.regress("confirm report.json -b none -c pr2 --format json").exit_code(1);
}

#[test]
fn what_is_no_test_confirms_nothing() {
    let two = |value: f64| Sample { iterations: vec![10.0, 20.0], times: vec![10.0 * value, 20.1 * value] };
    let case = suspicious(1.5).benchmark("f").sample("main2", &two(100.0)).sample("pr2", &two(150.0));
    untold(&case.regress(CONFIRM).exit_code(1), "not-a-test");
    let case = again(1.5, 1.5);
    for (side, cpu) in [("main2", "one"), ("pr2", "other")] {
        let ran = case.regress(&format!("export {side} --elsewhere --build-profile {cpu} -o {side}.json"));
        ran.exit_code(0);
    }
    let files = "confirm report.json -b main2.json -c pr2.json --format json";
    untold(&case.regress(files).exit_code(1), "not-a-test");
    let ran = case.regress(&format!("{files} --allow-different-machines")).exit_code(1);
    assert_eq!(ran.row("f")["second"]["confirmed"], true, "{ran}");
}

#[test]
fn one_executable_confirms_nothing() {
    let case = again(1.5, 1.6).file("bench", "the same");
    case.regress("check -b main -t 20 --assumed-noise 14 -o json=report.json");
    for side in ["main2", "pr2"] {
        case.regress(&format!("export {side} --executable bench -o {side}.json")).exit_code(0);
    }
    untold(&case.regress("confirm report.json -b main2.json -c pr2.json --format json").exit_code(0), "not-a-test");
}

#[test]
fn a_second_look_is_planned_once() {
    for second in [1.5, 1.0] {
        let case = again(1.5, second).benchmark("f").result("main3", 100.0).result("pr3", 150.0);
        case.regress(&format!("{CONFIRM} -o json=second.json"));
        let ran = case.regress("confirm second.json -b main3 -c pr3").exit_code(2);
        ran.stderr_contains("confirmed already").stderr_contains("hint: ");
    }
}

#[test]
fn nothing_to_settle_is_an_error() {
    let case = again(1.0, 1.5);
    case.regress(CONFIRM).exit_code(2).stderr_contains("nothing to settle");
    let ran = case.regress("check -b main --format json").exit_code(0);
    assert_eq!(ran.json()["settle"], Value::Null, "{ran}");
    // Faster is nobody's suspect.
    let case = again(0.5, 1.5);
    case.regress(CONFIRM).exit_code(2).stderr_contains("nothing to settle");
}

#[test]
fn reports_that_cannot_be_used_are_refused() {
    let case = again(1.5, 1.5);
    let report: Value = case.regress("check -b main --format json").json();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut report = report.clone();
        change(&mut report);
        report.to_string()
    };
    let text = report.to_string();
    for (bad, says) in [
        (String::new(), "report.json"),
        (text[..text.len() / 2].to_owned(), "not a report"),
        ("[]".to_owned(), "not a report"),
        (case.regress("list --format json").stdout, "not a report"),
        (case.regress("export main").stdout, "not a report"),
        (changed(&|r| r["version"] = 99.into()), "version 99"),
        (changed(&|r| r["schema"] = "other".into()), "`other`"),
        (changed(&|r| r["counts"]["regressions"] = 0.into()), "contradicts itself"),
        (changed(&|r| r["policy"]["threshold_percent"] = (-3.0).into()), "threshold"),
    ] {
        std::fs::write(case.path("report.json"), &bad).expect("a file");
        let ran = case.regress(CONFIRM).exit_code(2).stderr_contains(says);
        assert!(ran.stdout.is_empty(), "{ran}");
    }
    case.regress("confirm none.json -b main2 -c pr2").exit_code(2).stderr_contains("none.json");
    // A report of a version that did not say how noisy its benchmarks are, or what is suspicious.
    let old = changed(&|r| {
        for row in r["benchmarks"].as_array_mut().expect("rows") {
            let row = row.as_object_mut().expect("a row");
            for later in
                ["noise", "executions", "suspicious", "criterion", "second", "untold", "p", "executions_needed"]
            {
                row.remove(later);
            }
        }
    });
    std::fs::write(case.path("report.json"), old).expect("a file");
    case.regress("report report.json").exit_code(0).stdout_contains("REGRESSION");
    case.regress(CONFIRM).exit_code(2).stderr_contains("hint: ");
    case.regress("confirm report.json -c pr2").exit_code(2).stderr_contains("--baseline");
}

#[test]
fn a_report_may_come_from_standard_input() {
    let case = again(1.5, 1.5);
    let file = std::fs::File::open(case.path("report.json")).expect("was written");
    let call = ["confirm", "-", "-b", "main2", "-c", "pr2", "--format", "json"];
    let output = case.command().args(call).stdin(file).output().expect("runs");
    Ran::new("confirm -".to_owned(), &output).exit_code(1).verdict("f", "regression");
}

#[test]
fn rules_hold_the_second_time() {
    // A threshold of its own, below the general one: what the second measurement proves is beyond it.
    let rule = |text: &str| Case::new().file("regress.toml", &format!("[[rules]]\nglob = 'f'\n{text}\n"));
    let three = |factor: f64| [100.0, 100.1, 99.9].map(|x| x * factor);
    let case = rule("threshold = 5").benchmark("g").baseline(100.0).candidate(100.0);
    let case = case.benchmark("f").baseline(100.0).candidate(112.0);
    let case = case.executions("main2", &three(1.0)).executions("pr2", &three(1.12));
    let first = case.regress("check -b main --assumed-noise 3 --format json -o json=report.json");
    assert_eq!(first.row("f")["suspicious"], true, "{first}");
    let ran = case.regress("confirm report.json -b main2-* -c pr2-* --format json").exit_code(1);
    ran.verdict("f", "regression");
    // What is waived stays so.
    let case =
        rule("waive = { reason = 'known', until = '2099-01-01' }").benchmark("f").baseline(100.0).candidate(160.0);
    let case = case.result("main2", 100.0).result("pr2", 160.0);
    case.regress("check -b main -o json=report.json").exit_code(0);
    case.regress(CONFIRM).exit_code(0).verdict("f", "regression");
}

#[test]
fn a_renamed_benchmark_is_measured_again_under_both_names() {
    let case = Case::new().file("regress.toml", "[renames]\n'old' = 'f'\n");
    let case = case.benchmark("old").baseline(100.0).benchmark("f").candidate(200.0);
    let case = case.benchmark("old").result("main2", 100.0).benchmark("f").result("pr2", 200.0);
    let first = case.regress("check -b main --format json -o json=report.json").exit_code(1);
    let command = first.json()["settle"]["command"].as_str().expect("a command").to_owned();
    assert!(finds(&command, "old") && finds(&command, "f") && !finds(&command, "fold"), "{command}");
    let ran = case.regress(CONFIRM).exit_code(1);
    assert_eq!(ran.row("f")["second"]["confirmed"], true, "{ran}");
}

#[test]
fn folders_may_lie_elsewhere_the_second_time() {
    let case = suspicious(1.5);
    let second = Case::new().benchmark("f").result("new", 100.0);
    tree::copy(&second.path(ROOT), &case.path("second/main/target/criterion"), tree::two_hours_ago());
    let second = Case::new().benchmark("f").result("new", 151.0);
    tree::copy(&second.path(ROOT), &case.path("second/pr"), tree::two_hours_ago());
    let ran = case.regress("confirm report.json -b ./second/main -c ./second/pr --format json").exit_code(1);
    assert_eq!(ran.row("f")["second"]["confirmed"], true, "{ran}");
}

/// The words that a shell makes of a command, after `cargo bench --bench BENCH --`.
fn words(command: &str) -> Vec<String> {
    let arguments = command.strip_prefix("cargo bench --bench BENCH -- ").expect("the command's beginning");
    let output = Command::new("bash")
        .args(["-c", &format!("printf '%s\\0' {arguments}")])
        .env_clear()
        .output()
        .expect("a shell is there");
    assert!(output.status.success() && output.stderr.is_empty(), "{command}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.trim_end_matches('\0').split('\0').map(str::to_owned).collect()
}

/// Whether Criterion would measure the benchmark: its filter is an id with `--exact`, and otherwise a regular expression that is
/// found anywhere.
fn finds(command: &str, id: &str) -> bool {
    let words = words(command);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--exact", filter, "--save-baseline", "NAME"] => !filter.starts_with('-') && *filter == id,
        [filter, "--save-baseline", "NAME"] => {
            !filter.starts_with('-') && regex::Regex::new(filter).expect("a regular expression").is_match(id)
        }
        other => panic!("{other:?}"),
    }
}

const HOSTILE: [&str; 18] = [
    "it's",
    "two words",
    "\"quoted\"",
    "$(touch pwned)",
    "`touch pwned`",
    "a\\b",
    "a|b",
    "a.c*d+[e]{2}(f)?^$",
    "$HOME ${PATH} !!",
    "-f",
    "--exact",
    "::error::x",
    "##[group]",
    "; rm -rf x & | > <",
    "日本語 é",
    "a\u{202e}b",
    "'",
    "#comment",
];

#[cfg(unix)]
#[test]
fn the_command_measures_what_it_names() {
    let command_for = |ids: &[&str]| {
        let mut case = Case::new();
        for (i, id) in ids.iter().enumerate() {
            case = case.benchmark(id).directory(&format!("d{i}")).baseline(100.0).candidate(400.0);
            // All of a suite alike would be a shift of it.
            case = case.benchmark(&format!("unchanged{i}")).baseline(100.0).candidate(100.0);
        }
        let ran = case.regress("check -b main --format json").exit_code(1);
        let settle = ran.json()["settle"].clone();
        let mut suspects: Vec<&str> =
            settle["suspects"].as_array().expect("ids").iter().filter_map(Value::as_str).collect();
        suspects.sort_unstable();
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        assert_eq!(suspects, ids);
        // Every format that gives the command gives this one.
        let command = settle["command"].as_str().expect("a command").to_owned();
        case.regress("check -b main").stdout_contains(&format!("\n  {command}\n"));
        command
    };
    for id in HOSTILE {
        let command = command_for(&[id]);
        assert!(finds(&command, id), "{id}: {command}");
        assert!(!finds(&command, &format!("{id}x")) && !finds(&command, &format!("x{id}")), "{id}: {command}");
        assert!(!command.contains('\n'), "{command}");
        let command = command_for(&[id, "plain"]);
        assert!(finds(&command, id) && finds(&command, "plain") && !finds(&command, "plains"), "{id}: {command}");
    }
    // Control characters stand in the command as what a regular expression reads as them.
    for id in ["a\nb", "a\tb", "\u{1b}[31mred", "a\rb"] {
        let command = command_for(&[id]);
        assert!(!command.contains(char::is_control), "{command}");
        assert!(finds(&command, id), "{id:?}: {command}");
    }
    let command = command_for(&HOSTILE);
    assert!(HOSTILE.iter().all(|id| finds(&command, id)), "{command}");
    // Too many to name: the whole suite.
    let many: Vec<String> = (0..21).map(|i| format!("b{i}")).collect();
    // Twenty-one that became slower alike are a shift of the suite; the rest of it stayed.
    let mut case = Case::new();
    for id in &many {
        case = case.benchmark(id).baseline(100.0).candidate(400.0);
        case = case.benchmark(&format!("same{id}")).baseline(100.0).candidate(100.0);
    }
    let ran = case.regress("check -b main --format json").exit_code(1);
    assert_eq!(ran.json()["settle"]["command"], "cargo bench --bench BENCH -- --save-baseline NAME");
    assert_eq!(ran.json()["settle"]["suspects"].as_array().map(Vec::len), Some(21));
}

#[test]
fn the_worst_is_named_first() {
    let case =
        Case::new().benchmark("a").baseline(100.0).candidate(200.0).benchmark("b").baseline(100.0).candidate(300.0);
    let ran = case.regress("check -b main --format json").exit_code(1);
    assert_eq!(ran.json()["settle"]["suspects"], json!(["b", "a"]));
}
