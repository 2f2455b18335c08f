//! Runs of the same code, and what each rule would have said of them.

use serde_json::Value;

use crate::case::{Case, Ran};

/// Runs of ten benchmarks; `off` is by what the last run's first benchmark is off.
fn runs(n: usize, off: f64) -> Case {
    let mut case = Case::new();
    for benchmark in 0..10 {
        case = case.benchmark(&format!("g/b{benchmark}"));
        for run in 0..n {
            // A few percent up and down, differently for each.
            let wobble = 1.0 + 0.01 * f64::from(((benchmark * 7 + run as u32 * 5) % 11) as u8) / 5.0;
            let factor = if benchmark == 0 && run + 1 == n { off } else { 1.0 };
            case = case.result(&format!("run-{run}"), 100.0 * wobble * factor);
        }
    }
    case
}

fn rule(ran: &Ran, words: &str) -> Value {
    let report = ran.json();
    let rules = report["rules"].as_array().expect("rules");
    rules.iter().find(|r| r["rule"].as_str().is_some_and(|r| r.contains(words))).expect(words).clone()
}

#[test]
fn rules_and_their_false_alarms() {
    let ran = runs(12, 1.12).regress("audit run-* --format json").exit_code(0);
    assert_eq!(ran.json()["runs"], 12);
    let plain = rule(&ran, "more than 10 % slower");
    assert_eq!((&plain["comparisons"], &plain["red"], &plain["slower"]), (&11.into(), &1.into(), &1.into()));
    assert_eq!(rule(&ran, "Criterion's own")["comparisons"], 11);
    for ours in ["one execution a side", "confirmed by", "against the runs before", "5 executions a side"] {
        assert_eq!(rule(&ran, ours)["red"], 0, "{ours}");
    }
    let worst = &ran.json()["benchmarks"][0];
    assert_eq!((&worst["id"], &worst["runs"]), (&"g/b0".into(), &12.into()));
    let (largest, threshold) = (worst["largest_change"].as_f64(), worst["threshold"].as_f64());
    assert!(largest > Some(0.1) && threshold > Some(0.08), "{worst}");
}

#[test]
fn every_format() {
    let case = runs(4, 1.0);
    case.regress("audit run-*").exit_code(0).stdout_contains("4 runs of the same code").stdout_contains("threshold");
    case.regress("audit run-* --format markdown").exit_code(0).stdout_contains("| rule |");
    case.regress("audit run-* --format csv").exit_code(0).stdout_contains("largest_change");
    case.regress("audit run-* --format junit").exit_code(2);
}

#[test]
fn folders_and_files_of_runs() {
    let case = runs(3, 1.0);
    case.regress("export run-0 run-1 run-2 -o all.json").exit_code(0);
    let of_names = case.regress("audit run-* --format json").exit_code(0).json()["rules"].clone();
    assert_eq!(case.regress("audit all.json --format json").exit_code(0).json()["rules"], of_names);
}

#[test]
fn one_run_is_none() {
    let case = runs(1, 1.0);
    case.regress("audit run-0").exit_code(2).stderr_contains("give two or more runs");
    case.regress("audit none").exit_code(2);
    case.regress("audit").exit_code(2);
}

#[test]
fn copies_and_strangers_are_no_runs() {
    let case = runs(2, 1.0);
    case.regress("audit run-0 run-1 run-1 --format json")
        .exit_code(0)
        .warning_says("repeated-executions", "1 execution");
    let case = case.benchmark("other").result("elsewhere", 5.0);
    case.regress("audit run-0 elsewhere").exit_code(2).stderr_contains("no benchmark is in two of the runs");
}
