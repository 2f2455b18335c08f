//! One test for each input on which critcmp 0.1.8 aborts or answers wrongly: ours does neither.

use serde_json::json;

use crate::case::{Case, ROOT};
use crate::tree::{self, Sample};

/// A tree with a healthy benchmark in `main` and `new`.
fn with_ok() -> Case {
    Case::new().benchmark("ok").baseline(100.0).candidate(101.0)
}

#[test]
fn critcmp_aborts_on_capitalised_keys() {
    let case = Case::of("criterion-0.3.2/criterion");
    let ran = case.regress("compare before after --format json").exit_code(0).no_warning();
    assert_eq!(ran.ids().len(), 4);
}

#[test]
fn critcmp_aborts_without_benchmark_json() {
    let case = with_ok().benchmark("interrupted").baseline(50.0).candidate(50.0);
    for baseline in ["main", "new"] {
        std::fs::remove_file(case.path(ROOT).join("interrupted").join(baseline).join("benchmark.json"))
            .expect("was there");
    }
    let ran =
        case.regress("compare main new --format json").exit_code(0).warning("no-benchmark-json", "interrupted/new");
    assert_eq!(ran.ids(), ["interrupted", "ok"]);
}

#[test]
fn critcmp_aborts_on_zero_byte_files() {
    let case = Case::of("broken/zero-bytes/criterion");
    let ran = case.regress("compare base new --format json").exit_code(0).warning("empty-file", "zero/new/sample.json");
    assert_eq!(ran.ids(), ["ok", "zero"], "what the other side has is still shown");
}

#[test]
fn critcmp_aborts_on_truncated_estimates() {
    let case = with_ok().benchmark("cut").baseline(50.0).candidate(50.0);
    let file = case.path(ROOT).join("cut/new/estimates.json");
    let text = std::fs::read_to_string(&file).expect("was written");
    std::fs::write(&file, &text[..text.len() / 2]).expect("can be cut");
    // The measurements are whole, and they are what is compared.
    case.regress("check -b main --format json").exit_code(0).verdict("ok", "no-change").verdict("cut", "no-change");
    std::fs::remove_file(case.path(ROOT).join("cut/new/sample.json")).expect("was there");
    case.regress("check -b main --format json")
        .verdict("ok", "no-change")
        .warning("malformed", "cut/new/estimates.json");
}

#[test]
fn critcmp_aborts_on_a_benchmark_named_estimates_json() {
    let case = Case::of("broken/benchmark-named-estimates.json/criterion");
    let ran = case.regress("compare base new --format json").exit_code(0).no_warning();
    assert_eq!(ran.ids(), ["estimates.json", "files/estimates.json", "ok"]);
}

#[test]
fn critcmp_aborts_on_old_directories_next_to_new_ones() {
    let case = Case::of("broken/old-beside-new/criterion");
    let ran = case.regress("compare base new --format json").exit_code(0).warning("same-measurement", "base and new");
    assert_eq!(ran.ids(), ["checksum", "hash/fnv1a/64", "ok"]);
}

#[test]
fn critcmp_aborts_on_nan() {
    let case = with_ok().benchmark("nan").baseline(50.0);
    let nulls = json!({ "sampling_mode": "Flat", "iters": [1.0, 1.0], "times": [null, 2.0] });
    let case = case.file(&format!("{ROOT}/nan/new/sample.json"), &nulls.to_string());
    case.regress("check -b main --format json").verdict("ok", "no-change").warning("malformed", "nan/new/sample.json");
}

#[test]
fn critcmp_keeps_only_the_last_of_equal_ids() {
    let case = with_ok().benchmark("same").baseline(10.0).candidate(10.0);
    let case = case.benchmark("same").directory("same_2").baseline(99.0).candidate(99.0);
    let ran = case.regress("compare main new --format json").exit_code(0).warning("duplicate-id", "same");
    assert_eq!(ran.ids(), ["ok", "same [same]", "same [same_2]"]);
    case.regress("check -b main --format json").exit_code(0).compared(3, 3).warning("duplicate-id", "same");
}

#[test]
fn critcmp_keeps_only_one_of_two_exports_with_the_same_inner_name() {
    let case = Case::new().benchmark("f").baseline(100.0).candidate(150.0);
    case.regress("export main --label base -o old.json").exit_code(0);
    case.regress("export new --label base -o new.json").exit_code(0);
    let columns = |ran: &crate::case::Ran| ran.json()["columns"].clone();
    let ran = case.regress("compare old.json new.json --format json").exit_code(0);
    assert_eq!(columns(&ran), json!(["base (old.json)", "base (new.json)"]));

    // The same with exports of critcmp's.
    let case = Case::new().tree("critcmp/export.json", "a/export.json").tree("critcmp/export.json", "b/export.json");
    let ran = case.regress("compare a/export.json b/export.json --format json").exit_code(0);
    assert_eq!(columns(&ran), json!(["before (a/export.json)", "before (b/export.json)"]));
}

#[test]
fn critcmp_ignores_a_baseline_called_change() {
    let case = with_ok().result("change", 130.0);
    // Criterion's own comparison shares the folder, and takes the place of the baseline's estimates.
    let case = case.file(&format!("{ROOT}/ok/change/estimates.json"), r#"{"mean":null,"median":null}"#);
    case.regress("compare --baselines").exit_code(0).stdout_contains("change\n");
    case.regress("check --baseline main --candidate change --format json").exit_code(1).verdict("ok", "regression");
}

#[test]
fn critcmp_lists_a_baseline_feat_x_as_x() {
    let case = with_ok().result("feat/x", 100.0).result("fix/x", 150.0);
    let ran = case.regress("compare feat/x fix/x --format json").exit_code(0);
    assert_eq!(ran.json()["columns"], json!(["feat/x", "fix/x"]));
    case.regress("compare --baselines").stdout_contains("feat/x\nfix/x\n");
}

#[test]
fn critcmp_merges_two_roots() {
    let case = Case::of("broken/two-roots");
    let ran = case.regress("compare base new --format json").exit_code(0);
    assert_eq!(ran.ids(), ["ok", "x [a/criterion/x]", "x [b/criterion/x]"]);
}

#[test]
fn critcmp_shows_no_rate_of_new_throughputs() {
    let kinds = [
        (json!({ "Bits": 1_000_000 }), "bit/s"),
        (json!({ "BytesDecimal": 1_000_000 }), "B/s"),
        (json!({ "ElementsAndBytes": { "elements": 1000, "bytes": 4096 } }), "elem/s"),
    ];
    for (throughput, word) in kinds {
        let case = Case::new().benchmark("f").throughput(throughput).baseline(100.0).candidate(100.0);
        case.regress("compare main new").exit_code(0).stdout_contains(word).stdout_lacks("?");
    }
}

#[test]
fn critcmp_prints_custom_units_as_nanoseconds() {
    let csv = "group,function,value,throughput_num,throughput_type,sample_measured_value,unit,iteration_count\n\
               f,,,,,1000,ticks,10\n";
    let case = Case::new().benchmark("f").baseline(100.0).candidate(100.0);
    let case = case.file(&format!("{ROOT}/f/main/raw.csv"), csv).file(&format!("{ROOT}/f/new/raw.csv"), csv);
    for call in ["compare main new", "list", "check -b main --all"] {
        case.regress(call).exit_code(0).stdout_contains("ticks").stdout_lacks(" ns");
    }
}

#[test]
fn critcmp_ranks_negative_values_as_best() {
    let sample = |value: f64| Sample { iterations: vec![1.0; 10], times: vec![value; 10] };
    let case = with_ok().benchmark("negative").sample("main", &sample(-5.0)).sample("new", &sample(100.0));
    case.regress("check -b main --format json").exit_code(0).not_compared("negative", "not-positive");
    let ran = case.regress("compare main new --format json").exit_code(0);
    let cells = ran.json()["rows"][0]["cells"].clone();
    assert_eq!(cells[0]["ratio"], json!(null), "there is no ratio to a negative value: {cells}");
}

#[test]
fn critcmp_prints_hostile_names_raw() {
    let name = "a\nb\tc\u{1b}[31m|d";
    let case = Case::new().benchmark(name).directory("hostile").baseline(100.0).candidate(100.0);
    let ran = case.regress("compare main new").exit_code(0);
    assert!(ran.stdout.lines().any(|line| line.starts_with("a\\nb\\tc\\u{1b}[31m|d")), "{ran}");
    assert!(!ran.stdout.contains(['\t', '\u{1b}']), "{ran}");
}

#[test]
fn critcmp_threshold_hides_what_only_one_side_has() {
    let case = with_ok().benchmark("added").candidate(10.0).benchmark("slower").baseline(10.0).candidate(20.0);
    let ran = case.regress("compare main new --threshold 5 --format json").exit_code(0);
    assert_eq!(ran.ids(), ["added", "slower"]);
    assert_eq!(ran.json()["hidden"], 1, "what is hidden is counted");
}

#[test]
fn critcmp_threshold_fails_when_nothing_differs() {
    with_ok().regress("compare main new --threshold 50").exit_code(0).stdout_contains("1 row with smaller differences");
}

#[test]
fn critcmp_shows_one_point_nought_after_a_plain_run() {
    let case = Case::new().benchmark("f").plain_runs(100.0, 150.0);
    case.regress("check --threshold 20 --format json").exit_code(1).verdict("f", "regression");
    case.regress("compare base new").exit_code(0).stdout_contains("copies of one measurement");
}

#[test]
fn critcmp_shows_one_column_for_an_unknown_baseline() {
    let case = with_ok();
    case.regress("check --baseline mian").exit_code(3).stdout_contains("there are: main, new; did you mean `main`?");
    case.regress("compare mian new").exit_code(3).stdout_contains("there are: main, new");
}

#[test]
fn critcmp_never_looks_at_freshness() {
    let last_week = tree::two_hours_ago() - std::time::Duration::from_secs(7 * 86_400);
    let case = with_ok().benchmark("forgotten").written_at(last_week).baseline(1.0).candidate(1.0);
    case.regress("check -b main --format json").exit_code(0).warning("stale", "forgotten");
}
