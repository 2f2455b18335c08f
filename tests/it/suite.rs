//! What a whole suite does to the verdict on one of its benchmarks.

use crate::case::{Case, ROOT, Ran};
use crate::tree::{self, Sample};

/// A suite: how many benchmarks take how many times as long as before.
fn suite(parts: &[(usize, f64)]) -> Case {
    let mut case = Case::new();
    let factors = parts.iter().flat_map(|(n, factor)| std::iter::repeat_n(*factor, *n));
    for (i, factor) in factors.enumerate() {
        case = case.benchmark(&format!("b{i:03}")).baseline(100.0).candidate(100.0 * factor);
    }
    case
}

fn check(parts: &[(usize, f64)]) -> Ran {
    suite(parts).regress("check -b main --format json")
}

fn n_of(ran: &Ran, verdict: &str) -> usize {
    ran.json()["benchmarks"].as_array().expect("rows").iter().filter(|row| row["verdict"] == verdict).count()
}

#[test]
fn some_of_a_suite_became_slower() {
    // A small suite can't tell its own noise, and needs a larger change.
    for (n, factor) in [(1, 1.35), (2, 1.4), (3, 1.5), (7, 1.6), (8, 1.4), (9, 1.4), (30, 1.3), (200, 1.3)] {
        let ran = check(&[(n - 1, 1.0), (1, factor)]).exit_code(1);
        assert_eq!((n_of(&ran, "regression"), n_of(&ran, "no-change")), (1, n - 1), "{n}");
    }
}

#[test]
fn half_of_a_suite_is_no_noise() {
    for (unchanged, slower, factor) in
        [(4, 4, 3.0), (5, 4, 1.3), (5, 5, 1.3), (6, 6, 2.0), (15, 15, 1.5), (100, 100, 1.3)]
    {
        let ran = check(&[(unchanged, 1.0), (slower, factor)]).exit_code(1);
        assert_eq!((n_of(&ran, "regression"), n_of(&ran, "no-change")), (slower, unchanged), "{slower} x {factor}");
    }
}

#[test]
fn nothing_changed() {
    for n in [1, 2, 3, 7, 8, 9, 30, 200] {
        let ran = check(&[(n, 1.0)]).exit_code(0);
        assert_eq!(n_of(&ran, "no-change"), n);
    }
}

#[test]
fn all_of_a_suite_became_slower_is_one_finding() {
    for n in [8, 30, 200] {
        let ran = check(&[(n, 1.3)]).exit_code(1);
        assert_eq!(n_of(&ran, "regression"), 0);
        assert_eq!(ran.json()["suite_shift"]["verdict"], "regression");
        suite(&[(n, 1.3)]).regress("check -b main --suite-shift warn").exit_code(0).stdout_contains("suite-wide shift");
    }
    // Too few to be a suite: each speaks for itself.
    assert_eq!(n_of(&check(&[(7, 1.6)]).exit_code(1), "regression"), 7);
}

#[test]
fn a_faster_machine_hides_no_regression() {
    let ran = check(&[(8, 0.5), (1, 3.0)]).exit_code(1);
    assert_eq!((n_of(&ran, "regression"), n_of(&ran, "inconclusive")), (1, 8));
}

#[test]
fn a_slower_machine_makes_no_regression() {
    // Beyond the threshold as it is, and within it to the rest: nobody can tell.
    let ran = check(&[(8, 1.15), (1, 1.3)]).exit_code(0);
    assert_eq!(n_of(&ran, "regression"), 0);
    // From both points of view.
    assert_eq!(n_of(&check(&[(8, 1.15), (1, 1.6)]).exit_code(1), "regression"), 1);
}

#[test]
fn what_the_policy_lets_pass_is_no_shift_of_the_suite() {
    for says in
        ["action = 'warn'", "threshold = 50", "floor-ns = 1000", "waive = { reason = 'r', until = '2099-01-01' }"]
    {
        let config = format!("[[rules]]\nglob = '**'\n{says}\n");
        suite(&[(9, 1.3)]).file("regress.toml", &config).regress("check -b main").exit_code(0);
    }
}

#[test]
fn sides_called_like_folders_of_criterions_own() {
    for name in ["report", "change"] {
        let mut case = Case::new();
        for (id, factor) in [("other", 1.0), ("Vec", 1.0), ("Vec/child", 3.0)] {
            case = case.benchmark(id).result(name, 100.0).result("new", 100.0 * factor);
        }
        case.regress(&format!("check -b {name} --format json")).exit_code(1).compared(3, 3);
    }
}

#[test]
fn equal_ids_under_several_roots_are_kept_apart() {
    let mut case = Case::new();
    for (root, factor) in [("x86", 1.5), ("arm", 1.0)] {
        let one = Case::new().benchmark("f").baseline(100.0).candidate(100.0 * factor);
        let from = one.path(ROOT);
        tree::copy(&from, &case.path(&format!("{ROOT}/{root}")), tree::two_hours_ago());
        case = case.env("UNUSED", "");
    }
    case.regress("check -b main --format json").exit_code(1).compared(2, 2);
    case.regress("check -b main").stdout_contains("in x86/f");
}

#[test]
fn a_rename_holds_although_criterion_keeps_the_old_name() {
    let old = tree::two_hours_ago() - std::time::Duration::from_secs(600);
    let case = Case::new().benchmark("sort").baseline(100.0).written_at(old).candidate(100.0);
    let case = case.benchmark("sort/std").candidate(300.0).file("regress.toml", "[renames]\nsort = 'sort/std'\n");
    let ran = case.regress("check -b main --format json").exit_code(1).compared(1, 2).verdict("sort/std", "regression");
    ran.not_compared("sort", "ignored");
}

#[test]
fn a_rename_that_the_files_contradict_is_not_used() {
    let case = Case::new()
        .benchmark("a")
        .baseline(100.0)
        .candidate(300.0)
        .benchmark("c")
        .baseline(100.0)
        .candidate(100.0)
        .file("regress.toml", "[renames]\na = 'c'\n");
    case.regress("check -b main --format json").exit_code(1).compared(2, 2).warning("rename-contradicted", "a = c");
}

#[test]
fn groups_lose_no_benchmark() {
    let case = Case::new()
        .benchmark("a/b-c")
        .candidate(100.0)
        .benchmark("a-b/c")
        .candidate(500.0)
        .benchmark("q-q")
        .candidate(1.0);
    let rows = case.regress("compare new -g ^(.*)-(.*)$ --format json").exit_code(0).json()["rows"].clone();
    let n_cells: usize =
        rows.as_array().expect("rows").iter().map(|row| row["cells"].as_array().expect("cells").len()).sum();
    assert_eq!(n_cells, 3);
}

#[test]
fn what_was_left_out_went_missing() {
    let old = tree::two_hours_ago() - std::time::Duration::from_secs(10 * 3600);
    let case = Case::new().benchmark("a").baseline(100.0).candidate(100.0);
    let case = case.benchmark("b").baseline(100.0).written_at(old).candidate(100.0);
    case.regress("check -b main --since last-run").exit_code(0);
    case.regress("check -b main --since last-run --fail-on incomplete").exit_code(3);
}

#[test]
fn a_date_in_the_future_moves_no_run() {
    let future = std::time::SystemTime::now() + std::time::Duration::from_secs(365 * 86_400);
    let case = Case::new().benchmark("b").baseline(100.0).candidate(300.0);
    let case = case.benchmark("a").baseline(100.0).written_at(future).candidate(100.0);
    case.regress("check -b main --since last-run --format json").exit_code(1).compared(2, 2);
}

#[test]
fn a_filter_applies_to_broken_results_and_hides_no_configuration() {
    let case = Case::new()
        .benchmark("a")
        .baseline(100.0)
        .candidate(100.0)
        .benchmark("b")
        .baseline(100.0)
        .candidate(100.0)
        .file(&format!("{ROOT}/b/new/sample.json"), "")
        .file("regress.toml", "[[rules]]\nglob = 'b'\naction = 'warn'\n");
    let ran = case.regress("check -b main --filter ^a --fail-on incomplete --format json").exit_code(0).compared(1, 1);
    let codes: Vec<_> =
        ran.json()["warnings"].as_array().expect("warnings").iter().map(|w| w["code"].clone()).collect();
    assert_eq!(codes, ["empty-file"]);
}

#[test]
fn an_export_says_what_it_could_not_read() {
    let case = Case::new().benchmark("a").result("new", 100.0).benchmark("b").result("new", 100.0);
    let broken = case.path(&format!("{ROOT}/b/new/sample.json"));
    std::fs::write(broken, "{").expect("a file");
    case.regress("export new -o e.json").exit_code(0);
    let whole = Case::new().benchmark("a").candidate(100.5).benchmark("b").candidate(300.0);
    std::fs::copy(case.path("e.json"), whole.path("e.json")).expect("a copy");
    whole.regress("check -b e.json --fail-on incomplete --format json").exit_code(3).not_compared("b", "unreadable");
}

#[test]
fn equal_constants_are_no_copies() {
    let constant = |value: f64| Sample { iterations: vec![10.0; 20], times: vec![10.0 * value; 20] };
    let case = |value| Case::new().benchmark("n").sample("main", &constant(100.0)).sample("new", &constant(value));
    case(100.0).regress("check -b main --format json").exit_code(0).verdict("n", "no-change");
    case(200.0).regress("check -b main --format json").exit_code(1).verdict("n", "regression");
    // After one plain run they are copies all the same.
    let case = Case::new().benchmark("n").sample("base", &constant(100.0)).sample("new", &constant(100.0));
    case.regress("check --format json").exit_code(3).not_compared("n", "same-measurement");
}

#[test]
fn one_long_name_costs_no_table() {
    let case = Case::new().benchmark("a").baseline(100.0).candidate(300.0);
    let file = case.path(&format!("{ROOT}/a/new/benchmark.json"));
    let text = std::fs::read_to_string(&file).expect("a file");
    let text = text.replace("\"full_id\":\"a\"", &format!("\"full_id\":\"{}\"", "x".repeat(70_000)));
    std::fs::write(file, text).expect("a file");
    case.regress("check -b main").exit_code(1);
    case.regress("list").exit_code(0);
    case.regress("compare main new").exit_code(3);
}

#[test]
fn a_report_that_contradicts_itself_is_refused() {
    let mut report = check(&[(2, 1.5)]).json();
    for (counts, outcome) in [(99, "regressed"), (0, "pass")] {
        report["counts"]["tolerated"] = counts.into();
        report["outcome"] = outcome.into();
        let case = Case::new().file("r.json", &report.to_string());
        case.regress("report r.json").exit_code(2);
    }
}

#[test]
fn patterns_that_are_too_much_are_refused() {
    let deep = format!("{}{}", "{a,".repeat(200), "}".repeat(200));
    let case = Case::new().benchmark("a").baseline(1.0).candidate(1.0);
    let case = case.file("regress.toml", &format!("[[rules]]\nglob = '{deep}'\naction = 'warn'\n"));
    case.regress("check -b main").exit_code(2);
}

#[test]
fn errors_write_nothing_raw() {
    let case = Case::new().benchmark("a").baseline(1.0).candidate(1.0);
    let case = case.file("regress.toml", "[[rules]]\nglob = \"zz\\u001b[31m\\n::error::x[\"\naction = 'warn'\n");
    let ran = case.regress("check -b main").exit_code(2);
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains("\n::error"), "{ran}");
}
