//! The recorded trees of `fixtures/broken/`: what is broken is named with its path, and costs the healthy benchmark `ok`
//! nothing.

use crate::case::{Case, ROOT, Ran};
use crate::tree;

/// Compares `base` with `new`; whatever else is in the tree, `ok` must be compared, listed and put side by side.
#[track_caller]
fn check(name: &str) -> Ran {
    let folder = if name == "two-roots" { format!("broken/{name}") } else { format!("broken/{name}/criterion") };
    let case = Case::of(&folder);
    let listed = case.regress("list --format json").exit_code(0);
    assert!(listed.ids().contains(&"ok".to_owned()), "{listed}");
    let side_by_side = case.regress("compare base new --format json").exit_code(0);
    assert!(side_by_side.ids().contains(&"ok".to_owned()), "{side_by_side}");
    for format in ["terminal", "markdown", "csv", "junit"] {
        case.regress(&format!("check --baseline base --format {format}")).stdout_contains("ok");
    }
    case.regress("check --baseline base --format json").verdict("ok", "no-change")
}

/// What `list` says of a tree.
fn list(name: &str) -> Ran {
    Case::of(&format!("broken/{name}/criterion")).regress("list --format json").exit_code(0)
}

#[test]
fn every_recorded_tree_is_tested_here() {
    let here = include_str!("broken.rs");
    for entry in std::fs::read_dir(tree::fixture("broken")).expect("fixtures/broken") {
        let entry = entry.expect("a readable entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_tested = here.contains(&format!("check(\"{name}\")"));
        assert!(is_tested || !entry.path().is_dir(), "no test of fixtures/broken/{name}");
    }
}

#[test]
fn a_change_estimate_that_was_cut() {
    check("bad-change")
        .exit_code(0)
        .compared(1, 2)
        .not_compared("changed", "same-measurement")
        .warning("malformed", "changed/change/estimates.json");
}

#[test]
fn a_baseline_with_a_slash_keeps_its_name() {
    check("baseline-with-slash").exit_code(0).not_compared("hashing", "same-measurement");
    let case = Case::of("broken/baseline-with-slash/criterion");
    case.regress("compare --baselines").exit_code(0).stdout_contains("feat/x\n");
    case.regress("check --baseline feat/x --format json").exit_code(0).verdict("hashing", "no-change").no_warning();
}

#[test]
fn benchmarks_named_after_criterions_files() {
    check("benchmark-named-estimates.json")
        .exit_code(0)
        .verdict("estimates.json", "no-change")
        .verdict("files/estimates.json", "no-change")
        .no_warning();
}

#[test]
fn benchmarks_named_like_baselines() {
    let ran = check("benchmarks-named-like-baselines").exit_code(0).compared(7, 7).no_warning();
    assert_eq!(ran.ids(), ["Vec", "Vec/new", "base", "change", "new", "ok", "report"]);
}

#[test]
fn nesting_without_end_overflows_no_stack() {
    check("deep-json").exit_code(0).compared(2, 2).warning("malformed", "deep/new/benchmark.json");
}

#[test]
fn equal_ids_are_kept_apart() {
    let ran = check("duplicate-id").exit_code(0).compared(3, 3).warning("duplicate-id", "same");
    assert_eq!(ran.ids(), ["ok", "same", "same"]);
    let times: Vec<f64> = ran.json()["benchmarks"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["id"] == "same")
        .filter_map(|row| row["candidate"].as_f64())
        .collect();
    assert!(times[1] / times[0] > 20.0, "the two differ 26 times: {times:?}");
}

#[test]
fn a_baseline_that_lost_its_files() {
    check("hollow-base").exit_code(0).compared(1, 2).warning("hollow-baseline", "hollow/base");
}

#[test]
fn bytes_that_are_no_text() {
    check("invalid-utf8").exit_code(0).compared(1, 2).warning("malformed", "utf8/new/sample.json");
    list("invalid-utf8").warning("malformed", "utf8/new/sample.json");
}

#[test]
fn a_run_that_was_interrupted() {
    check("no-benchmark-json").exit_code(0).compared(1, 2).warning("no-benchmark-json", "interrupted/new");
    let listed = list("no-benchmark-json").warning("no-benchmark-json", "interrupted/new");
    assert_eq!(listed.ids(), ["interrupted", "ok"]);
}

#[test]
fn nulls_where_numbers_should_be() {
    check("null-estimates")
        .exit_code(0)
        .verdict("nulls", "no-change")
        .compared(2, 3)
        .warning("malformed", "nulls_in_samples/new/sample.json");
}

#[test]
fn names_from_strangers() {
    let ran = check("odd-names").exit_code(0).compared(16, 16).no_warning();
    let hostile = ["\u{1b}", "\t", "<script>", "|", "@", "\u{202e}", "\u{200b}", "::error"];
    for part in hostile {
        assert!(ran.ids().iter().any(|id| id.contains(part)), "JSON holds names as they are: {part:?}");
    }
}

#[test]
fn old_results_beside_new_ones() {
    check("old-beside-new").exit_code(1).compared(3, 3).verdict("checksum", "regression").no_warning();
}

#[test]
fn estimates_without_measurements() {
    check("only-estimates")
        .exit_code(0)
        .verdict("only_estimates", "no-change")
        .warning("no-sample", "only_estimates/base")
        .warning("no-sample", "only_estimates/new");
}

#[test]
fn a_benchmark_that_measured_infinity() {
    check("only-tukey").exit_code(0).warning("no-measurements", "inf/new");
    list("only-tukey").warning("no-measurements", "inf/new");
}

#[test]
fn quick_is_an_effect_not_a_test() {
    let ran = check("quick").exit_code(0).verdict("quick", "inconclusive");
    let row = ran.json()["benchmarks"][1].clone();
    assert_eq!((row["doubt"].as_str(), row["measurements"][1].as_u64()), (Some("quick"), Some(2)));
    Case::of("broken/quick/criterion").regress("check -b base --fail-on inconclusive").exit_code(3);
}

#[test]
fn another_amount_of_work_under_the_same_id() {
    check("throughput-changed").exit_code(0).compared(1, 2).not_compared("copy/header", "throughput-changed");
}

#[test]
fn files_that_end_in_the_middle() {
    check("truncated-estimates").exit_code(0).compared(1, 2).warning("malformed", "cut/new/sample.json");
    list("truncated-estimates").warning("malformed", "cut/new/sample.json");
}

#[test]
fn two_roots_below_one_folder() {
    check("two-roots").exit_code(0).compared(3, 3).warning("several-roots", "new");
    let case = Case::of("broken/two-roots");
    case.regress(&format!("check -b base --dir {ROOT}/a/criterion --format json")).compared(2, 2).no_warning();
    case.regress("list --format json").exit_code(0).warning("several-roots", "new");
}

#[test]
fn another_unit_under_the_same_id() {
    let ran = check("unit-changed").exit_code(0).compared(1, 2).not_compared("unit", "unit-changed");
    assert_eq!(ran.json()["not_compared"][0]["detail"], "ns → ticks");
}

#[test]
fn a_throughput_of_tomorrow() {
    check("unknown-throughput").exit_code(0).verdict("watts", "no-change").warning("unknown-throughput", "watts");
}

#[test]
fn a_folder_that_was_renamed() {
    let ran = check("wrong-directory-name").exit_code(0).compared(2, 2);
    ran.warning("moved-directory", "after_rename/base").warning("moved-directory", "after_rename/new");
}

#[test]
fn files_that_criterion_emptied() {
    check("zero-bytes").exit_code(0).compared(1, 2).warning("empty-file", "zero/new/sample.json");
    list("zero-bytes").warning("empty-file", "zero/new/sample.json");
}

#[test]
fn what_lost_its_files_is_listed_as_that() {
    // A repository keeps an empty folder by a file in it; to Criterion and to us the folder is as empty as without.
    list("hollow-base").warning("hollow-baseline", "hollow/base");
}

#[test]
fn a_result_that_could_not_be_read_is_no_removed_benchmark() {
    for (name, id) in [("invalid-utf8", "utf8"), ("truncated-estimates", "cut"), ("zero-bytes", "zero")] {
        let report = check(name).json();
        let row = report["not_compared"].as_array().expect("rows").iter().find(|row| row["id"] == id).cloned();
        let reason = row.expect("it is counted")["reason"].clone();
        assert_ne!(reason, "removed", "{name}: the benchmark is there, its file is broken");
    }
    let report = check("hollow-base").json();
    assert_ne!(report["not_compared"][0]["reason"], "added", "the baseline had it, and lost its files");
}
