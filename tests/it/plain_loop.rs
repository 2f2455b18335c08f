//! `cargo bench`, an edit, `cargo bench`, `regress check`: Criterion has copied `new` over `base` by then. And how old
//! results are told from new ones.

use std::time::Duration;

use crate::case::{Case, ROOT};
use crate::tree::{self, Benchmark};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn the_change_that_criterion_left_is_what_is_judged() {
    let case = Case::new().benchmark("f").plain_runs(100.0, 150.0).benchmark("g").plain_runs(100.0, 100.5);
    let ran = case.regress("check --threshold 20 --format json").exit_code(1);
    let ran = ran.verdict("f", "regression").verdict("g", "no-change").compared(2, 2);
    assert_eq!(ran.json()["benchmarks"][0]["evidence"], "criterion-change");
    case.regress("check --threshold 20").stdout_contains("by Criterion's change").stdout_contains("weaker evidence");
}

#[test]
fn an_unchanged_loop_passes() {
    Case::new().benchmark("f").plain_runs(100.0, 100.5).regress("check").exit_code(0).stdout_contains("PASS");
}

#[test]
fn a_copy_without_its_change_is_never_no_change() {
    let case = Case::new().benchmark("f").plain_runs(100.0, 130.0);
    std::fs::remove_dir_all(case.path(ROOT).join("f/change")).expect("was there");
    case.regress("check --format json").exit_code(3).not_compared("f", "same-measurement");
    case.regress("check").stdout_contains("NOTHING COMPARED").stdout_contains("--save-baseline NAME");
}

#[test]
fn the_first_run_of_all_is_nothing_to_compare() {
    let case = Case::new().benchmark("f").candidate(100.0);
    std::fs::create_dir_all(case.path(ROOT).join("f/base")).expect("a folder");
    for file in ["sample.json", "estimates.json", "benchmark.json"] {
        let new = case.path(ROOT).join("f/new").join(file);
        tree::copy(&new, &case.path(ROOT).join("f/base").join(file), tree::two_hours_ago());
    }
    case.regress("check").exit_code(3).stdout_contains("both sides are copies of one measurement");
}

#[test]
fn a_change_older_than_the_result_is_not_used() {
    let case = Case::new().benchmark("f").plain_runs(100.0, 130.0);
    tree::date(&case.path(ROOT).join("f/change/estimates.json"), tree::two_hours_ago() - HOUR);
    case.regress("check --format json")
        .exit_code(3)
        .not_compared("f", "same-measurement")
        .warning("stale-change", "f/change/estimates.json");
}

#[test]
fn a_named_baseline_is_compared_by_its_measurements_even_if_change_says_otherwise() {
    let case = Case::new().benchmark("f").baseline(100.0).candidate(130.0);
    tree::write_change(&case.path(ROOT), &Benchmark::new("f"), -0.5, tree::two_hours_ago());
    let ran = case.regress("check -b main --format json").exit_code(1).verdict("f", "regression");
    assert_eq!(ran.json()["benchmarks"][0]["evidence"], "sample");
}

#[test]
fn one_side_named_twice_is_a_mistake() {
    let case = Case::new().benchmark("f").baseline(100.0);
    case.regress("check --baseline main --candidate main").exit_code(2).stderr_contains("both sides are the same");
}

#[test]
fn what_the_last_run_did_not_write_is_told_and_can_be_left_out() {
    let case = Case::new().benchmark("kept").baseline(100.0).candidate(100.0);
    let case = case.written_at(tree::two_hours_ago() - 24 * HOUR).benchmark("removed").baseline(10.0).candidate(99.0);
    case.regress("check -b main --format json").exit_code(1).warning("stale", "removed");
    case.regress("check -b main --since last-run --format json")
        .exit_code(0)
        .verdict("kept", "no-change")
        .compared(1, 2);
    case.regress("check -b main --since 3h --format json").exit_code(0).compared(1, 2);
    case.regress("check -b main --since 30d --format json").exit_code(1).compared(2, 2);
    case.regress("check -b main --since yesterday").exit_code(2).stderr_contains("hint: give `last-run`");
    case.regress("list --format json").warning("stale", "removed");
}

#[test]
fn results_from_the_future_are_told() {
    let tomorrow = tree::two_hours_ago() + 24 * HOUR;
    let case = Case::new().benchmark("f").baseline(100.0).written_at(tomorrow).candidate(100.0);
    case.regress("check -b main --format json").exit_code(0).verdict("f", "no-change").warning("from-the-future", "f");
    case.regress("list").exit_code(0).stdout_contains("in 21 hours");
}

#[test]
fn the_same_call_gives_the_same_answer() {
    let case = Case::of("demo/criterion");
    let once = case.regress("check --baseline main --candidate pr --format json");
    let twice = case.regress("check --baseline main --candidate pr --format json");
    assert_eq!(once.stdout, twice.stdout);
    assert_eq!(once.code, twice.code);
}
