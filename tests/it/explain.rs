//! `--explain`: one verdict in plain words, in every case that there is.

use serde_json::Value;

use crate::case::{Case, Ran};

/// A suite in which everything occurs that one execution a side can show.
fn suite() -> Case {
    let mut case = Case::new();
    for id in ["a", "b", "c", "d", "e", "h", "i", "j"] {
        case = case.benchmark(id).baseline(100.0).candidate(100.2);
    }
    case.benchmark("slow")
        .baseline(100.0)
        .candidate(180.0)
        .benchmark("fast")
        .baseline(100.0)
        .candidate(50.0)
        .benchmark("unclear")
        .baseline(100.0)
        .candidate(117.0)
        .benchmark("maybe")
        .baseline(100.0)
        .candidate(121.0)
        .benchmark("added")
        .candidate(100.0)
        .benchmark("removed")
        .baseline(100.0)
        .benchmark("work")
        .throughput(serde_json::json!({ "Bytes": 1 }))
        .baseline(100.0)
        .throughput(serde_json::json!({ "Bytes": 2 }))
        .candidate(100.0)
}

#[track_caller]
fn explained(case: &Case, call: &str, id: &str, says: &[&str]) -> String {
    let mut arguments: Vec<&str> = call.split_whitespace().collect();
    arguments.extend(["--explain", id]);
    let ran = case.regress_with(&arguments);
    for text in says {
        assert!(ran.stdout.contains(text), "`{text}` is not said of {id}: {ran}");
    }
    ran.stdout
}

const CHECK: &str = "check -b main";

#[test]
fn each_verdict_is_told() {
    let case = suite();
    let check = |id: &str, says: &[&str]| explained(&case, CHECK, id, says);
    check(
        "slow",
        &[
            "slow\n1. Baseline 99.8 ns, candidate 180 ns: a change of +80 %, from one execution each",
            "the spread of their changes is noise",
            "It is slower by more than the threshold of 20 %",
            "Criterion itself would say \"Performance has regressed.\"",
            "It agrees here.",
            "Hence `REGRESSION` here, in a comparison that is a failure.",
            "To settle it, run `cargo bench",
        ],
    );
    check("fast", &["It is faster by more than the threshold", "Hence `improvement` here"]);
    check("a", &["it is shown to be unchanged, not just not shown to be changed", "Hence `no change` here"]);
    check("unclear", &["It can't be told: a change beyond the threshold can't be ruled out", "Hence `inconclusive`"]);
    check("maybe", &["It can't be told: ", "executions a side would tell a change of 20 % from none"]);
    check("added", &["It was not compared: added: not in the baseline."]);
    check("removed", &["It was not compared: removed: only in the baseline."]);
    check("work", &["the work per iteration changed", "What the sides have: 1 bytes → 2 bytes."]);
}

#[test]
fn the_exit_code_is_that_of_the_check() {
    let case = suite();
    for id in ["slow", "a", "added"] {
        case.regress(&format!("check -b main --explain {id}")).exit_code(1);
    }
    Case::new().benchmark("a").baseline(1.0).candidate(1.0).regress("check -b main --explain a").exit_code(0);
}

#[test]
fn where_the_noise_is_from_is_told() {
    let small = Case::new().benchmark("f").baseline(100.0).candidate(101.0);
    explained(&small, CHECK, "f", &["this is an assumption (`assumed-noise`)", "with 6.00 degrees of freedom"]);
    let three = [100.0, 100.3, 99.8];
    let case = Case::new().benchmark("f").executions("main", &three).executions("pr", &three);
    let says = ["from 3 executions against 3, each one observation", "(90 and 90 measurements within them)"];
    explained(&case, "check -b main-* -c pr-*", "f", &says);
    explained(&case, "check -b main-* -c pr-*", "f", &["from the spread of the executions on each side"]);
    let says = ["from 3 executions against 1", "the executions of the side that has several, steadied by"];
    explained(&case, "check -b main-* -c pr-1", "f", &says);
    let few = "check -b main-* -c pr-* --min-executions 4";
    explained(&case, few, "f", &["It can't be told: fewer executions than the policy asks for"]);
}

#[test]
fn drift_and_shift_are_told() {
    let mut case = Case::new();
    for i in 0..10 {
        let drift = 1.0 + 0.15 * f64::from(i % 5) / 5.0;
        let id = format!("b{i}");
        case = case.benchmark(&id).executions("main", &[100.0, 100.1, 99.9]);
        case = case.executions("pr", &[100.0, 100.1, 99.9].map(|x| x * drift));
        case = case.baseline(100.0).candidate(150.0);
    }
    explained(&case, "check -b main-* -c pr-*", "b3", &["widened", "times: over the whole suite, the sides lie"]);
    explained(
        &case,
        CHECK,
        "b3",
        &["Three quarters of the suite moved by +", "has to hold both as measured and relative"],
    );
}

#[test]
fn what_weaker_evidence_is_worth_is_told() {
    let case = Case::new().benchmark("f").plain_runs(100.0, 180.0);
    explained(&case, "check", "f", &["Criterion's own estimate of the change"]);
    let quick = crate::tree::Sample { iterations: vec![10.0, 20.0], times: vec![1000.0, 2001.0] };
    let case = Case::new().benchmark("f").sample("main", &quick).candidate(200.0);
    let text = explained(&case, CHECK, "f", &["--quick", "two measurements are an effect, not a test"]);
    assert!(!text.contains("Criterion itself would say"), "{text}");
    let case = Case::of("criterion-0.8.2/criterion").tree("critcmp/export.json", "export.json");
    let text = explained(&case, "check -b export.json -c after", "checksum", &["only Criterion's estimates"]);
    assert!(!text.contains("measurements within them"), "{text}");
}

#[test]
fn a_second_measurement_is_told() {
    let case = suite().benchmark("slow").result("main2", 100.0).result("pr2", 180.0);
    case.regress("check -b main -o json=report.json").exit_code(1);
    case.regress("confirm report.json -b main2 -c pr2 -o json=second.json").exit_code(1);
    let says = ["A second measurement found +80 %", "which alone proves it", "Hence `REGRESSION` here"];
    let text = explained(&case, "report second.json", "slow", &says);
    assert!(!text.contains("To settle it"), "{text}");
    let case = suite().benchmark("slow").result("main2", 100.0).result("pr2", 100.0);
    case.regress("check -b main -o json=report.json").exit_code(1);
    case.regress("confirm report.json -b main2 -c pr2 -o json=second.json").exit_code(0);
    let says = ["which alone doesn't prove it", "a second measurement didn't prove it", "Hence `not confirmed` here"];
    explained(&case, "report second.json", "slow", &says);
}

#[test]
fn a_report_explains_as_the_check_does() {
    let case = suite();
    case.regress("check -b main -o json=report.json").exit_code(1);
    for id in ["slow", "fast", "a", "unclear", "maybe", "added", "work"] {
        let direct = explained(&case, CHECK, id, &[]);
        case.regress(&format!("report report.json --explain {id}")).exit_code(0);
        assert_eq!(explained(&case, "report report.json", id, &[]), direct);
        // The text is one for all formats but JSON.
        assert_eq!(explained(&case, "check -b main --format markdown", id, &[]), direct);
    }
    // The files hold the report.
    case.regress("check -b main --explain slow -o json=again.json -o csv=again.csv").exit_code(1);
    let file = |name: &str| std::fs::read_to_string(case.path(name)).expect("was written");
    assert_eq!(file("again.json"), file("report.json"));
    assert!(file("again.csv").contains("slow"));
}

#[test]
fn as_json() {
    let ran = suite().regress("check -b main --explain slow --format json").exit_code(1);
    let explanations = ran.json();
    assert_eq!((&explanations[0]["id"], &explanations[0]["directory"]), (&"slow".into(), &"slow".into()));
    let steps = explanations[0]["steps"].as_array().expect("steps");
    assert!(steps.len() >= 6 && steps.iter().all(Value::is_string), "{ran}");
    let text = suite().regress("check -b main --explain slow").stdout;
    for (i, step) in steps.iter().enumerate() {
        assert!(text.contains(&format!("\n{}. {}\n", i + 1, step.as_str().expect("a text"))), "{text}");
    }
}

#[test]
fn an_unknown_id_is_an_error_with_a_hint() {
    let case = suite();
    let ran = case.regress("check -b main --explain slwo").exit_code(2);
    let ran = ran.stderr_contains("failed to explain slwo").stderr_contains("did you mean `slow`?");
    assert!(ran.stdout.is_empty(), "{ran}");
    case.regress("check -b main --explain aded").exit_code(2).stderr_contains("did you mean `added`?");
    case.regress("check -b none --filter zzz --explain a").exit_code(2).stderr_contains("holds no benchmarks");
    let ran = case.regress_with(&["check", "-b", "main", "--explain", "\u{1b}[31m\n::error::x"]).exit_code(2);
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains("\n::error"), "{ran}");
    case.regress("check -b main --explain").exit_code(2);
}

#[test]
fn several_of_one_id_are_told_each() {
    let case = Case::new().benchmark("f").baseline(100.0).candidate(100.0);
    let case = case.benchmark("f").directory("f_2").baseline(200.0).candidate(300.0);
    let ran = case.regress("check -b main --explain f --format json");
    let directories: Vec<Value> =
        ran.json().as_array().expect("a list").iter().map(|e| e["directory"].clone()).collect();
    assert_eq!(directories, ["f", "f_2"], "{ran}");
    let ran = case.regress("check -b main --explain f_2 --format json");
    assert_eq!(ran.json().as_array().map(Vec::len), Some(1), "{ran}");
}

#[test]
fn hostile_names_stay_harmless() {
    for id in ["a\u{1b}[31mred", "::error::x", "##[group]x", "a\n2. Hence all is well", "a\u{202e}b", "`x`"] {
        let case = Case::new().benchmark(id).directory("d").baseline(100.0).candidate(300.0);
        for shown in [id, "d"] {
            let text = explained(&case, CHECK, shown, &["Hence `REGRESSION`"]);
            assert!(!text.contains(['\u{1b}', '\u{202e}']) && !text.contains("##["), "{text}");
            assert!(text.lines().all(|line| !line.starts_with("::")), "{text}");
            let n_numbered = text.lines().filter(|line| line.starts_with("2. ")).count();
            assert_eq!(n_numbered, 1, "{text}");
        }
    }
}

/// Every benchmark of every recording has an explanation that is complete.
#[test]
fn everything_that_was_recorded_can_be_explained() {
    let case = Case::of("demo/criterion");
    let report = case.regress("check -b main -c pr -o json=report.json --format json").json();
    for row in report["benchmarks"].as_array().expect("rows") {
        let ran: Ran = case.regress(&format!("report report.json --explain {}", row["id"].as_str().expect("an id")));
        let ran = ran.exit_code(0).stdout_contains("Criterion itself would say").stdout_contains("Hence `");
        assert!(!ran.stdout.contains("NaN") && !ran.stdout.contains("inf %") && !ran.stdout.contains("  "), "{ran}");
    }
}
