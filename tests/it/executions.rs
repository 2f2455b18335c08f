//! Several executions a side: how they are named, read and kept apart, and what follows from them.

use criterion_regress::compare::{
    Doubt, NoiseSource, NoiseThreshold, Outcome, Policy, RunComparison, Verdict, compare,
};
use criterion_regress::model::{
    Benchmark, BenchmarkId, Estimator, Execution, Executions, Measurement, Run, SamplingMode, Unit,
};
use criterion_regress::report::{Format, Rows, TerminalStyle, parse_report, render};
use criterion_regress::stats::summarize;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::case::{Case, ROOT, Ran};
use crate::properties::{config, report};
use crate::tree::{self, Noise, Sample};

/// Executions of one side, in percent off 100 ns.
const STEADY: [f64; 5] = [100.0, 100.2, 99.9, 100.1, 99.8];

fn times(factor: f64) -> Vec<f64> {
    STEADY.iter().map(|t| t * factor).collect()
}

/// Three benchmarks with three executions a side; `slow` became 30 % slower.
fn three_a_side() -> Case {
    let side = |factor: f64| times(factor)[..3].to_vec();
    Case::new()
        .benchmark("same")
        .executions("main", &side(1.0))
        .executions("pr", &side(1.0))
        .benchmark("slow")
        .executions("main", &side(1.0))
        .executions("pr", &side(1.3))
        .benchmark("fast")
        .executions("main", &side(1.0))
        .executions("pr", &side(0.6))
}

/// The rows without what depends on which of several equally old executions is the last.
fn rows(ran: &Ran) -> Value {
    let mut rows = ran.json()["benchmarks"].clone();
    for row in rows.as_array_mut().expect("rows") {
        row.as_object_mut().expect("a row").remove("criterion");
    }
    rows
}

#[test]
fn several_can_be_named_in_many_ways() {
    let case = three_a_side();
    let ran = case.regress("check -b main-1 main-2 main-3 -c pr-1 pr-2 pr-3 --format json").exit_code(1).no_warning();
    let ran = ran.executions("slow", 3, 3).verdict("slow", "regression").verdict("fast", "improvement");
    let want = rows(&ran.verdict("same", "no-change"));
    for sides in [
        "-b main-1 -b main-2 -b main-3 -c pr-1 -c pr-2 -c pr-3",
        "-b main-1 main-2 -b main-3 --candidate pr-1 pr-2 pr-3",
        "-b main-* -c pr-*",
        "-b main-[123] -c pr-?",
        "-b main-1 main-[23] -c pr-*",
        "-b target/criterion@main-1 target/criterion@main-2 main-3 -c pr-*",
    ] {
        let ran = case.regress(&format!("check {sides} --format json")).exit_code(1).no_warning();
        assert_eq!(rows(&ran), want, "{sides}");
    }
    for baseline in ["'main-*'", "['main-1', 'main-2', 'main-3']", "['main-*']"] {
        let case = three_a_side().file("regress.toml", &format!("baseline = {baseline}\n"));
        assert_eq!(rows(&case.regress("check -c pr-* --format json").exit_code(1)), want, "{baseline}");
    }
    let case = three_a_side().env("REGRESS_BASELINE", "main-*").env("REGRESS_CANDIDATE", "pr-*");
    assert_eq!(rows(&case.regress("check --format json").exit_code(1)), want);
}

#[test]
fn a_pattern_without_a_match_is_an_error() {
    let case = three_a_side();
    for call in ["check -b none-* -c pr-*", "check -b main-1 -c none-?", "export none-*", "check -b main-* none[12]"] {
        let ran = case.regress(call).exit_code(2).stderr_contains("matches").stderr_contains("compare --baselines");
        assert!(ran.stdout.is_empty(), "{ran}");
    }
    case.regress("check -b main-[ -c pr-*").exit_code(2).stderr_contains("main-[");
    // One that is missing among several is told, and the rest goes on.
    let ran = case.regress("check -b main-1 none main-2 -c pr-* --format json").exit_code(1);
    ran.executions("slow", 2, 3).warning("no-such-baseline", "none");
}

#[test]
fn the_order_of_executions_changes_nothing() {
    let case = three_a_side();
    let verdicts = |sides: &str| {
        let ran = case.regress(&format!("check {sides} --format json")).exit_code(1);
        let rows = rows(&ran);
        let shown = |x: &Value| format!("{:.9}", x.as_f64().expect("a number"));
        let one = |row: &Value| {
            let change = &row["change"];
            let numbers = ["lower", "estimate", "upper"].map(|end| shown(&change[end]));
            (row["id"].clone(), row["verdict"].clone(), numbers, shown(&row["p"]))
        };
        rows.as_array().expect("rows").iter().map(one).collect::<Vec<_>>()
    };
    let want = verdicts("-b main-* -c pr-*");
    assert_eq!(verdicts("-b main-3 main-1 main-2 -c pr-2 pr-3 pr-1"), want);
    assert_eq!(verdicts("-b main-2 main-3 main-1 -c pr-3 pr-2 pr-1"), want);
}

#[test]
fn an_export_keeps_executions_apart() {
    let case = three_a_side();
    let want = rows(&case.regress("check -b main-* -c pr-* --format json").exit_code(1));
    case.regress("export main-1 main-2 main-3 -o main.json").exit_code(0).stderr_contains("wrote 3 benchmarks");
    case.regress("export pr-* -o pr.json").exit_code(0);
    for sides in ["-b main.json -c pr.json", "-b main.json -c pr-*", "-b main-* -c pr.json"] {
        let ran = case.regress(&format!("check {sides} --format json")).exit_code(1).no_warning();
        assert_eq!(rows(&ran), want, "{sides}");
    }
    // Files of one execution each are as good.
    for name in ["main-1", "main-2", "main-3"] {
        case.regress(&format!("export {name} -o {name}.json")).exit_code(0);
    }
    let ran = case.regress("check -b main-1.json main-2.json main-3.json -c pr.json --format json").exit_code(1);
    assert_eq!(rows(&ran.no_warning()), want);
}

#[test]
fn an_export_is_in_the_order_that_was_asked_for() {
    let case = three_a_side();
    let medians = |names: &str| {
        let file = case.regress(&format!("export {names} --elsewhere -f slow")).exit_code(0).json();
        let executions = file["benchmarks"][0]["executions"].as_array().expect("executions").clone();
        executions.iter().map(|e| e["sample"]["totals"][0].clone()).collect::<Vec<_>>()
    };
    let (one, two) = (medians("pr-1 pr-2 pr-3"), medians("pr-3 pr-1 pr-2"));
    assert_eq!(two, [one[2].clone(), one[0].clone(), one[1].clone()]);
    assert_eq!(medians("pr-1 pr-2 pr-3 pr-1"), one, "a name that is given twice is one execution");
}

/// Copies the tree of `one` to a folder of `case`.
fn put(case: &Case, one: &Case, to: &str) {
    tree::copy(&one.path(ROOT), &case.path(to), tree::two_hours_ago());
}

fn one_run(side: &str, i: usize, factor: f64) -> Case {
    let mut case = Case::new();
    for id in ["a", "b/c", "d"] {
        let sample = Sample::around(100.0 * factor * STEADY[i] / 100.0, &format!("{id} {side} {i}"));
        case = case.benchmark(id).sample("new", &sample);
    }
    case
}

#[test]
fn a_folder_of_runs_is_a_side() {
    for below in ["", "/criterion"] {
        let case = Case::new();
        for i in 0..3 {
            put(&case, &one_run("main", i, 1.0), &format!("runs/main/{i}{below}"));
            put(&case, &one_run("pr", i, 1.3), &format!("runs/pr/{i}{below}"));
        }
        let ran = case.regress("check -b ./runs/main -c ./runs/pr --format json").exit_code(1).no_warning();
        let ran = ran.compared(3, 3).executions("a", 3, 3).verdict("b/c", "regression");
        assert_eq!(ran.json()["baseline"]["label"], "./runs/main (3 runs)", "{ran}");
        // The same runs by name, wherever they lie.
        let names = |side: &str| (0..3).map(|i| format!("./runs/{side}/{i} ")).collect::<String>();
        let named = case.regress(&format!("check -b {} -c {} --format json", names("main"), names("pr")));
        let change = |ran: &Ran| ran.row("a")["change"].clone();
        assert_eq!(change(&named.exit_code(1).no_warning().executions("d", 3, 3)), change(&ran));
    }
}

#[test]
fn runs_are_one_side_wherever_criterions_folder_lies_in_them() {
    let case = Case::new();
    for (i, place) in ["runs/one", "runs/two/criterion", "elsewhere/target/criterion"].into_iter().enumerate() {
        put(&case, &one_run("main", i, 1.0), place);
    }
    put(&case, &one_run("pr", 0, 1.6), "pr");
    let ran = case.regress("check -b ./runs/one ./runs/two ./elsewhere -c ./pr --format json").exit_code(1);
    ran.no_warning().compared(3, 3).executions("a", 3, 1).verdict("b/c", "regression");
}

#[test]
fn packages_of_a_workspace_are_no_runs() {
    let case = Case::new();
    for (package, id) in [("one", "parse"), ("two", "print"), ("three", "sort")] {
        let one = Case::new().benchmark(id).result("new", 100.0).benchmark(&format!("{id}/more")).result("new", 50.0);
        put(&case, &one, &format!("old/{package}/criterion"));
        let one = Case::new().benchmark(id).result("new", 100.3).benchmark(&format!("{id}/more")).result("new", 90.0);
        put(&case, &one, &format!("now/{package}/criterion"));
    }
    let ran = case.regress("check -b ./old -c ./now --format json").exit_code(1).compared(6, 6);
    let ran = ran.executions("parse", 1, 1).verdict("sort/more", "regression");
    ran.warning_says("several-roots", "3 folders of Criterion's were read as one");
}

#[test]
fn files_beside_folders_of_runs_are_told() {
    let case = Case::new();
    put(&case, &one_run("main", 0, 1.0), "runs/a");
    put(&case, &one_run("main", 1, 1.0), "runs/b");
    let other = three_a_side();
    other.regress("export main-2 -o run.json").exit_code(0);
    std::fs::copy(other.path("run.json"), case.path("runs/run.json")).expect("copied");
    put(&case, &one_run("pr", 0, 1.3), "pr");
    case.regress("check -b ./runs -c ./pr --format json").warning_says("file-beside-results", "not read");
}

#[test]
fn a_folder_of_exported_runs_is_a_side() {
    let case = three_a_side().file("runs/note.txt", "not one of them");
    for name in ["main-1", "main-2", "main-3"] {
        case.regress(&format!("export {name} -o runs/{name}.json")).exit_code(0);
    }
    let want = rows(&case.regress("check -b main-* -c pr-* --format json"));
    let ran = case.regress("check -b ./runs -c pr-* --format json").exit_code(1).no_warning();
    assert_eq!(rows(&ran), want);
    assert_eq!(ran.json()["baseline"]["label"], "./runs (3 runs)");
    // A broken one is named, and costs the others nothing.
    for (broken, says) in [("{\"format\":", "not JSON"), ("[]", ""), ("{\"format\":\"other\"}", "`other`"), ("", "")] {
        let case = case_with(&case, "runs/main-2.json", broken);
        let ran = case.regress("check -b ./runs -c pr-* --format json").exit_code(1).executions("slow", 2, 3);
        ran.warning("malformed", "./runs/main-2.json").warning_says("malformed", says);
    }
    for name in ["main-1", "main-2", "main-3"] {
        case_with(&case, &format!("runs/{name}.json"), "{");
    }
    case.regress("check -b ./runs -c pr-* --format json").exit_code(3).warning("nothing-found", "./runs");
}

/// The same folder with another text in one file.
fn case_with<'a>(case: &'a Case, path: &str, text: &str) -> &'a Case {
    std::fs::write(case.path(path), text).expect("files can be written");
    case
}

#[test]
fn an_execution_counts_once() {
    let case = three_a_side();
    let ran = case.regress("check -b main-1 main-2 main-1 -c pr-* --format json").exit_code(1);
    let ran = ran.executions("slow", 2, 3).warning_says("repeated-executions", "given more than once");
    let want = rows(&case.regress("check -b main-1 main-2 -c pr-* --format json"));
    assert_eq!(rows(&ran), want);
    case.regress("export main-1 main-2 -o both.json").exit_code(0);
    let ran = case.regress("check -b both.json main-2 main-1 -c pr-* --format json").exit_code(1);
    assert_eq!(rows(&ran.warning_says("repeated-executions", "6 executions were")), want);
}

#[test]
fn equal_counts_count_once_when_the_name_is_given_twice() {
    let case = ["main-1", "main-2", "pr-1", "pr-2"].into_iter().fold(Case::new().benchmark("n"), |case, name| {
        case.sample(name, &constant(if name.starts_with("pr") { 200.0 } else { 100.0 }))
    });
    case.regress("check -b main-* -c pr-* --format json").exit_code(1).executions("n", 2, 2);
    let ran = case.regress("check -b main-1 main-* main-2 -c pr-1 pr-2 pr-1 --format json").exit_code(1);
    ran.executions("n", 2, 2).warning_says("repeated-executions", "given more than once");
}

#[test]
fn an_execution_on_both_sides_is_on_one() {
    let case = three_a_side();
    let ran = case.regress("check -b main-1 main-2 pr-1 -c pr-1 pr-2 --format json").exit_code(1);
    let ran = ran.executions("slow", 2, 2).warning_says("shared-executions", "left out of the baseline");
    assert_eq!(rows(&ran), rows(&case.regress("check -b main-1 main-2 -c pr-1 pr-2 --format json")));
    let ran = case.regress("check -b pr-1 pr-2 -c pr-1 pr-2 pr-3 --format json").exit_code(3);
    ran.not_compared("slow", "same-measurement").compared(0, 3);
}

#[test]
fn runs_that_disagree_are_not_mixed() {
    let bytes = |n: u64| json!({ "Bytes": n });
    let case = Case::new().benchmark("f").throughput(bytes(10)).executions("main", &STEADY[..2]);
    let case = case.throughput(bytes(20)).result("main-3", 100.0).executions("pr", &STEADY[..3]);
    let ran = case.regress("check -b main-* -c pr-* --format json").exit_code(0).executions("f", 1, 3);
    ran.warning("runs-disagree", "f").warning_says("runs-disagree", "those of main-3 kept");
    case.regress("export main-* -o x.json").exit_code(2).stderr_contains("disagree on what f does");
    // What is left may then disagree with the other side.
    let ran = case.regress("check -b main-3 main-2 -c pr-* --format json").exit_code(3);
    ran.not_compared("f", "throughput-changed");
}

#[test]
fn a_unit_that_one_run_states_holds_for_all() {
    let unit = |name: Option<&str>, label: &str| {
        let mut run = side(label, &[vec![100.0 + label.len() as f64]]);
        run.benchmarks[0].unit = name.map_or(Unit::Unstated, Unit::from_name);
        run
    };
    let merged = Run::merge(vec![unit(None, "a"), unit(Some("cycles"), "ab"), unit(Some("ns"), "abc")]);
    assert_eq!((merged.benchmarks[0].executions.len(), merged.warnings.len()), (1, 1), "{merged:?}");
    let merged = Run::merge(vec![unit(None, "a"), unit(Some("cycles"), "ab"), unit(None, "abc")]);
    assert_eq!((&merged.benchmarks[0].unit, merged.benchmarks[0].executions.len()), (&Unit::from_name("cycles"), 3));
}

#[test]
fn quick_executions_are_left_out_beside_others() {
    let quick = |value: f64| Sample { iterations: vec![1.0, 2.0], times: vec![value, 2.0 * value] };
    let case = three_a_side().benchmark("slow").sample("pr-quick", &quick(500.0));
    let ran = case.regress("check -b main-* -c pr-* --format json").exit_code(1);
    let ran =
        ran.verdict("slow", "regression").executions("slow", 3, 3).warning_says("quick-executions", "1 execution");
    assert_eq!(ran.row("slow")["evidence"], "sample");
}

#[test]
fn a_benchmark_may_be_missing_in_some_runs() {
    let case = Case::new()
        .benchmark("all")
        .executions("main", &STEADY[..3])
        .executions("pr", &STEADY[..3])
        .benchmark("some")
        .result("main-1", 100.0)
        .result("main-3", 100.2)
        .executions("pr", &STEADY[..3])
        .benchmark("one")
        .result("main-2", 100.0)
        .result("pr-2", 100.1)
        .benchmark("added")
        .result("pr-2", 100.0)
        .benchmark("removed")
        .result("main-2", 100.0);
    let ran = case.regress("check -b main-* -c pr-* --format json").exit_code(0).compared(3, 5).no_warning();
    let ran = ran.executions("all", 3, 3).executions("some", 2, 3).executions("one", 1, 1);
    let ran = ran.not_compared("added", "added").not_compared("removed", "removed");
    assert_eq!(ran.row("one")["noise"]["source"], "assumed", "{ran}");
    // A benchmark that one run lost and another has is there.
    case_with(&case, &format!("{ROOT}/some/main-1/sample.json"), "{");
    case_with(&case, &format!("{ROOT}/some/main-1/estimates.json"), "{");
    let ran = case.regress("check -b main-* -c pr-* --format json").exit_code(0).compared(3, 5);
    ran.executions("some", 1, 3).warning("malformed", "some/main-1/sample.json");
}

#[test]
fn one_execution_against_a_history() {
    let case = Case::new()
        .benchmark("same")
        .executions("main", &STEADY)
        .result("new", 100.1)
        .benchmark("slow")
        .executions("main", &STEADY)
        .result("new", 140.0);
    let ran = case.regress("check -b main-* --format json").exit_code(1).no_warning().executions("slow", 5, 1);
    let ran = ran.verdict("slow", "regression").verdict("same", "no-change");
    assert_eq!(ran.row("slow")["noise"]["source"], "history");
    let back = case.regress("check -b new -c main-* --format json").exit_code(0).executions("slow", 1, 5);
    let back = back.verdict("slow", "improvement").verdict("same", "no-change");
    let sd = |ran: &Ran| ran.row("slow")["noise"]["standard_deviation"].as_f64().expect("a number");
    assert!((sd(&ran) - sd(&back)).abs() < 1e-12, "{ran}{back}");
}

fn constant(value: f64) -> Sample {
    Sample { iterations: vec![10.0; 20], times: vec![10.0 * value; 20] }
}

#[test]
fn equal_executions_of_counts() {
    for n in [2, 5] {
        let mut case = Case::new();
        for (id, value) in [("same", 100.0), ("more", 105.0), ("less", 90.0)] {
            case = case.benchmark(id);
            for i in 0..n {
                case = case.sample(&format!("main-{i}"), &constant(100.0));
                case = case.sample(&format!("pr-{i}"), &constant(value));
            }
        }
        let ran = case.regress("check -b main-* -c pr-* -t 2 --format json").exit_code(1).no_warning();
        let ran = ran.executions("same", n, n).verdict("same", "no-change").verdict("more", "regression");
        ran.verdict("less", "improvement");
    }
}

#[test]
fn a_value_without_a_ratio_costs_its_benchmark_only() {
    for bad in [0.0, -100.0] {
        let case = Case::new().benchmark("f").executions("main", &STEADY[..3]).executions("pr", &STEADY[..2]);
        let case = case.sample("pr-3", &constant(bad)).benchmark("g").executions("main", &STEADY[..3]);
        let ran = case.executions("pr", &STEADY[..3]).regress("check -b main-* -c pr-* --format json").exit_code(0);
        ran.not_compared("f", "not-positive").verdict("g", "no-change");
    }
}

#[test]
fn the_official_profile_asks_for_five_executions() {
    let case = |n: usize| Case::new().benchmark("f").executions("main", &STEADY).executions("pr", &times(1.001)[..n]);
    let check = "check -b main-* -c pr-* --profile official --format json";
    case(4).regress(check).exit_code(3).doubt("f", "too-few-executions");
    case(5).regress(check).exit_code(0).verdict("f", "no-change");
    let six = format!("{check} --min-executions 6");
    case(5).regress(&six).exit_code(3).doubt("f", "too-few-executions");
    case(5).regress("check -b main-* -c pr-* -p official --min-executions 6").stdout_contains("fewer executions than");
    let one = case(1).regress("check -b main-1 -c pr-1 --profile official --format json").exit_code(3);
    one.doubt("f", "too-few-executions");
}

#[test]
fn a_small_change_is_shown_at_two_percent() {
    let case = Case::new()
        .benchmark("same")
        .executions("main", &STEADY)
        .executions("pr", &times(1.0))
        .benchmark("slow")
        .executions("main", &STEADY)
        .executions("pr", &times(1.05));
    let ran = case.regress("check -b main-* -c pr-* --profile official --format json").exit_code(1).no_warning();
    let ran = ran.verdict("same", "no-change").verdict("slow", "regression");
    assert_eq!(ran.row("slow")["noise"]["source"], "executions");
    case.regress("check -b main-* -c pr-* --profile official").stdout_contains("5 executions a side");
    assert_eq!(ran.json()["settle"], Value::Null, "five executions a side need no second look: {ran}");
}

#[test]
fn settings_for_executions() {
    let case = |config: &str| {
        let case = Case::new().benchmark("f").executions("main", &STEADY[..3]).executions("pr", &times(1.4)[..3]);
        case.file("regress.toml", config)
    };
    let check = "check -b main-* -c pr-* --format json";
    case("").regress(check).exit_code(1);
    case("min-executions = 4").regress(check).exit_code(0).doubt("f", "too-few-executions");
    case("[profiles.smoke]\nmin-executions = 4").regress(check).doubt("f", "too-few-executions");
    case("min-executions = 4").regress(&format!("{check} --min-executions 3")).exit_code(1);
    case("min-executions = 4").env("REGRESS_MIN_EXECUTIONS", "2").regress(check).exit_code(1);
    for (word, flag) in [("typical", ""), ("lower-quartile", ""), ("minimum", ""), ("typical", "--estimator minimum")] {
        let ran = case(&format!("estimator = '{word}'")).regress(&format!("{check} {flag}")).exit_code(1);
        let want = if flag.is_empty() { word } else { "minimum" };
        assert_eq!(ran.json()["policy"]["estimator"], want);
    }
    let locations: Vec<f64> = ["typical", "lower-quartile", "minimum"]
        .iter()
        .map(|word| case("").regress(&format!("{check} --estimator {word}")).row("f")["baseline"].as_f64().expect("f"))
        .collect();
    assert!(locations[0] > locations[1] && locations[1] > locations[2], "{locations:?}");
    // At a level that nothing reaches, what was proven is only suspected, and at another not even that.
    let ran = case("gate-level = 1e-12").regress(check).exit_code(0);
    let ran = ran.doubt("f", "suspected");
    assert_eq!(
        (ran.json()["counts"]["suspected"].as_u64(), &ran.json()["policy"]["gate_level"]),
        (Some(1), &1e-14.into())
    );
    let ran = case("gate-level = 1e-12\nlist-level = 1e-12").regress(check).exit_code(0).doubt("f", "maybe-noise");
    assert_eq!(ran.json()["counts"]["suspected"], 0);
    for bad in [
        "min-executions = -1",
        "min-executions = 2.5",
        "min-executions = 'five'",
        "estimator = 'mean'",
        "estimator = 3",
        "gate-level = 0",
        "gate-level = -1",
        "gate-level = 51",
        "gate-level = nan",
        "gate-level = inf",
        "list-level = 0",
        "list-level = 'low'",
        "[profiles.smoke]\nlist-level = 99",
        "baseline = 5",
        "baseline = [5]",
    ] {
        let ran = case(bad).regress(check).exit_code(2).stderr_contains("regress.toml");
        assert!(ran.stdout.is_empty(), "{bad}: {ran}");
    }
    for bad in ["--min-executions -1", "--min-executions many", "--estimator mean"] {
        case("").regress(&format!("{check} {bad}")).exit_code(2);
    }
    let config = case("min-executions = 4\nestimator = 'minimum'\ngate-level = 2").regress("config --format json");
    let settings = config.exit_code(0).json()["settings"].clone();
    let value = |name: &str| (settings[name]["value"].clone(), settings[name]["from"].clone());
    assert_eq!(value("min-executions"), (4.into(), "regress.toml".into()));
    assert_eq!(value("estimator"), ("minimum".into(), "regress.toml".into()));
    assert_eq!(value("gate-level"), (2.0.into(), "regress.toml".into()));
    assert_eq!(value("list-level"), (5.0.into(), "profile smoke".into()));
}

/// One execution around a value; which one it is, `seed` says.
fn execution(value: f64, seed: &str) -> Execution {
    let mut noise = Noise::new(seed);
    let totals = (0..9).map(|_| value * (1.0 + 0.001 * noise.next())).collect();
    let sample = criterion_regress::model::Sample::new(SamplingMode::Flat, vec![1.0; 9], totals).expect("finite times");
    summarize(&Measurement::Sample(sample), None)
}

/// A side of benchmarks `b0`, `b1`, … with an execution a value.
fn side(label: &str, values: &[Vec<f64>]) -> Run {
    let benchmark = |(i, values): (usize, &Vec<f64>)| {
        let executions = values.iter().enumerate().map(|(j, value)| execution(*value, &format!("{label} {i} {j}")));
        Benchmark {
            id: BenchmarkId::from_name(&format!("b{i}")),
            throughput: None,
            unit: Unit::Unstated,
            executions: Executions::collect(executions).expect("at least one"),
            overwritten: None,
        }
    };
    Run { label: label.to_owned(), benchmarks: values.iter().enumerate().map(benchmark).collect(), ..Run::default() }
}

/// `n` benchmarks with five executions a side, each off by up to `noise`; a benchmark's candidate takes `factor(i)` times as long.
fn five_a_side(n: usize, noise: f64, factor: impl Fn(usize) -> f64) -> [Run; 2] {
    let values = |label: &str, factor: &dyn Fn(usize) -> f64| {
        let one = |i: usize| {
            let mut random = Noise::new(&format!("{label} b{i}"));
            (0..5).map(|_| 100.0 * factor(i) * (1.0 + noise * random.next())).collect()
        };
        side(label, &(0..n).map(one).collect::<Vec<Vec<f64>>>())
    };
    [values("main", &|_| 1.0), values("pr", &factor)]
}

fn policy(percent: f64) -> Policy {
    Policy::new(NoiseThreshold::from_percent(percent).expect("a percentage"), 0.015)
}

fn compared([baseline, candidate]: &[Run; 2], percent: f64) -> RunComparison {
    compare(baseline, candidate, &policy(percent))
}

fn n_of(comparison: &RunComparison, verdict: Verdict) -> usize {
    comparison.compared.iter().filter(|row| row.verdict == verdict).count()
}

#[test]
fn five_a_side_tell_five_percent_from_none() {
    let found = compared(&five_a_side(20, 0.004, |i| if i == 7 { 1.05 } else { 1.0 }), 2.0);
    assert_eq!((n_of(&found, Verdict::Regression), n_of(&found, Verdict::NoChange)), (1, 19), "{found:#?}");
    assert_eq!(found.noise.source, NoiseSource::Executions);
    let slower = found.compared.iter().find(|row| row.verdict == Verdict::Regression).expect("one");
    assert_eq!((slower.id.as_str(), slower.n_executions, slower.doubt), ("b7", [5, 5], None));
    let [main, pr] = five_a_side(20, 0.004, |i| if i == 7 { 1.05 } else { 1.0 });
    assert_eq!(n_of(&compare(&pr, &main, &policy(2.0)), Verdict::Improvement), 1);
}

#[test]
fn between_noise_and_proof_are_suspects() {
    let told: Vec<(Verdict, Option<Doubt>)> = (10..150)
        .map(|tenths| {
            let change = 1.0 + f64::from(tenths) / 1000.0;
            let found = compared(&five_a_side(10, 0.04, |i| if i == 0 { change } else { 1.0 }), 2.0);
            (found.compared[0].verdict, found.compared[0].doubt)
        })
        .collect();
    let first = |want: fn(Verdict, Option<Doubt>) -> bool| {
        told.iter().position(|(verdict, doubt)| want(*verdict, *doubt)).expect("it occurs")
    };
    let noise = first(|_, doubt| doubt == Some(Doubt::MaybeNoise));
    let suspect = first(|_, doubt| doubt == Some(Doubt::Suspected));
    let regression = first(|verdict, _| verdict == Verdict::Regression);
    assert!(noise < suspect && suspect < regression, "{told:?}");
    assert!(told[regression..].iter().all(|told| told.0 == Verdict::Regression), "{told:?}");
    assert!(told[suspect..regression].iter().all(|told| told.1 == Some(Doubt::Suspected)), "{told:?}");
}

#[test]
fn a_drift_between_the_sides_is_noise() {
    // However far it goes, and however steady each side is by itself.
    for drift in [0.01, 0.03, 0.1, 0.3] {
        let mut random = Noise::new("drift");
        let drifts: Vec<f64> = (0..40).map(|_| 1.0 + drift * random.next()).collect();
        let found = compared(&five_a_side(40, 0.001, |i| drifts[i]), 1.0);
        assert!(found.noise.inflation > 100.0 * drift, "{drift}: {:?}", found.noise);
        assert_eq!((n_of(&found, Verdict::Regression), n_of(&found, Verdict::Improvement)), (0, 0), "{drift}");
        // A real regression is beyond the drift, and still found.
        let slower = 1.0 + 15.0 * drift;
        let found = compared(&five_a_side(40, 0.001, |i| if i == 3 { slower } else { drifts[i] }), 1.0);
        assert_eq!((n_of(&found, Verdict::Regression), n_of(&found, Verdict::Improvement)), (1, 0), "{drift}");
    }
    // Without any, hardly anything is widened.
    let found = compared(&five_a_side(40, 0.004, |_| 1.0), 2.0);
    assert!(found.noise.inflation < 1.5, "{:?}", found.noise);
    assert_eq!(n_of(&found, Verdict::NoChange), 40);
}

#[test]
fn a_shift_of_the_whole_suite_is_one_finding() {
    for (factor, outcome, verdict) in
        [(1.1, Outcome::Regressed, Verdict::Regression), (1.0 / 1.1, Outcome::Inconclusive, Verdict::Improvement)]
    {
        let found = compared(&five_a_side(20, 0.004, |_| factor), 2.0);
        assert_eq!(found.shift.map(|shift| shift.verdict), Some(verdict), "{factor}");
        assert_eq!((found.outcome, n_of(&found, Verdict::Regression)), (outcome, 0), "{factor}");
    }
    let found = compared(&five_a_side(20, 0.004, |i| if i == 5 { 1.5 } else { 1.1 }), 2.0);
    assert_eq!(n_of(&found, Verdict::Regression), 1, "one that stands out is a finding of its own");
}

#[test]
fn one_slow_execution_is_no_slower_suite() {
    // The last of five was slow for everything: the suite's mean moved, and so it may have by chance.
    for factor in [1.3, 3.0] {
        let mut sides = five_a_side(20, 0.02, |_| 1.0);
        for benchmark in &mut sides[1].benchmarks {
            let last = benchmark.executions.iter_mut().last().expect("five");
            *last = slower(last, factor);
        }
        for percent in [2.0, 20.0] {
            let found = compared(&sides, percent);
            assert_ne!(found.outcome, Outcome::Regressed, "{factor} at {percent}: {:?}", found.shift);
        }
    }
}

fn slower(execution: &Execution, factor: f64) -> Execution {
    Execution {
        typical: execution.typical * factor,
        median: execution.median * factor,
        lower_quartile: execution.lower_quartile * factor,
        minimum: execution.minimum * factor,
        fingerprint: execution.fingerprint ^ 1,
        ..execution.clone()
    }
}

#[test]
fn the_largest_and_smallest_numbers() {
    for scale in [1e-300, 1e-12, 1e12, 1e290] {
        let values = |factor: f64| vec![times(scale * factor); 9];
        let found = compared(&[side("main", &values(1.0)), side("pr", &values(1.05))], 2.0);
        let plain = compared(&[side("main", &vec![times(1.0); 9]), side("pr", &vec![times(1.05); 9])], 2.0);
        let told = |found: &RunComparison| found.compared.iter().map(|row| row.verdict).collect::<Vec<_>>();
        assert_eq!(told(&found), told(&plain), "{scale}");
        assert_eq!(found.outcome, plain.outcome);
    }
    // Sides further apart than any number: something is said, and nothing breaks.
    let found = compared(&[side("main", &[times(1e-300)]), side("pr", &[times(1e290)])], 2.0);
    assert_eq!(found.n_benchmarks(), 1);
}

#[test]
fn a_coarse_clock() {
    let values = |side: &[f64]| vec![side.to_vec(); 3];
    let coarse = |values: &[Vec<f64>], label: &str| {
        let mut run = side(label, values);
        for (benchmark, values) in run.benchmarks.iter_mut().zip(values) {
            for (execution, value) in benchmark.executions.iter_mut().zip(values) {
                (execution.typical, execution.standard_error) = (*value, 0.0);
            }
        }
        run
    };
    let main = coarse(&values(&[100.0, 100.0, 110.0, 100.0, 100.0]), "main");
    for (pr, want) in [
        (vec![100.0, 110.0, 100.0, 100.0, 100.0], Verdict::NoChange),
        (vec![200.0, 200.0, 210.0, 200.0, 210.0], Verdict::Regression),
        (vec![120.0, 110.0, 120.0, 120.0, 120.0], Verdict::Inconclusive),
    ] {
        let found = compared(&[main.clone(), coarse(&values(&pr), "pr")], 20.0);
        assert!(found.compared.iter().all(|row| row.verdict == want), "{pr:?}: {:?}", found.compared[0]);
    }
}

#[test]
fn two_a_side_are_enough_to_say_something() {
    let two = |label: &str, values: [f64; 2]| side(label, &[values.to_vec()]);
    let verdict = |a, b, t| compared(&[two("main", a), two("pr", b)], t).compared[0].verdict;
    assert_eq!(verdict([100.0, 100.1], [300.0, 301.0], 20.0), Verdict::Regression);
    assert_eq!(verdict([100.0, 100.1], [100.2, 100.0], 20.0), Verdict::NoChange);
    assert_eq!(verdict([100.0, 130.0], [125.0, 155.0], 20.0), Verdict::Inconclusive);
}

/// Sides of a benchmark with any number of executions.
fn any_sides() -> impl Strategy<Value = [Vec<f64>; 2]> {
    let factor = prop_oneof![4 => 0.97..1.03_f64, 2 => 0.5..2.0_f64, 1 => 0.001..1000.0_f64];
    let spread =
        || proptest::collection::vec(prop_oneof![4 => 0.99..1.01_f64, 1 => Just(1.0), 1 => 0.5..2.0_f64], 1..7);
    (-6.0..9.0_f64, factor, spread(), spread()).prop_map(|(level, factor, b, c)| {
        let level = 10_f64.powf(level);
        [b.iter().map(|x| level * x).collect(), c.iter().map(|x| level * factor * x).collect()]
    })
}

fn any_runs() -> impl Strategy<Value = [Run; 2]> {
    proptest::collection::vec(any_sides(), 1..14).prop_map(|pairs| {
        let (b, c): (Vec<_>, Vec<_>) = pairs.into_iter().map(|[b, c]| (b, c)).unzip();
        [side("main", &b), side("pr", &c)]
    })
}

fn mirrored(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Regression => Verdict::Improvement,
        Verdict::Improvement => Verdict::Regression,
        Verdict::NoChange => Verdict::NoChange,
        Verdict::Inconclusive => Verdict::Inconclusive,
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn any_number_of_executions_is_judged([baseline, candidate] in any_runs(), threshold in 1.0..30.0_f64, which in 0..3_usize) {
        let estimator = [Estimator::Typical, Estimator::LowerQuartile, Estimator::Minimum][which];
        let policy = Policy { estimator, ..policy(threshold) };
        let forward = compare(&baseline, &candidate, &policy);
        prop_assert_eq!(forward.compared.len(), baseline.benchmarks.len());
        prop_assert!(forward.noise.inflation >= 1.0);
        for row in &forward.compared {
            let change = row.change;
            prop_assert!(change.lower <= change.estimate && change.estimate <= change.upper, "{row:?}");
            prop_assert!((0.0..=1.0).contains(&row.p), "{row:?}");
            prop_assert!(row.noise.standard_deviation > 0.0 && row.noise.degrees_of_freedom >= 1.0, "{row:?}");
            prop_assert_eq!(row.doubt.is_some(), row.verdict == Verdict::Inconclusive);
            let name = row.id.as_str();
            let of = |run: &Run| run.benchmarks.iter().find(|b| b.id.as_str() == name).map(|b| b.executions.len());
            prop_assert_eq!([of(&baseline), of(&candidate)], row.n_executions.map(Some));
        }
        let backward = compare(&candidate, &baseline, &policy);
        for (row, back) in forward.compared.iter().zip(&backward.compared) {
            prop_assert_eq!((row.verdict, row.doubt), (mirrored(back.verdict), back.doubt), "{:?}\n{:?}", row, back);
        }
        let shift = |comparison: &RunComparison| comparison.shift.map(|shift| shift.verdict);
        prop_assert_eq!(shift(&forward), shift(&backward).map(mirrored));
    }

    #[test]
    fn a_report_of_several_reads_back([baseline, candidate] in any_runs()) {
        let report = report(&baseline, &candidate, &policy(5.0));
        let counts = report.counts;
        prop_assert_eq!(counts.compared + counts.not_compared, counts.benchmarks);
        prop_assert_eq!(counts.regressions + counts.improvements + counts.no_change + counts.inconclusive, counts.compared);
        prop_assert!(counts.suspected <= counts.inconclusive && counts.tolerated <= counts.regressions);
        let plain = TerminalStyle { width: Some(80), color: false };
        for format in [Format::Terminal, Format::Markdown, Format::Csv, Format::Junit] {
            prop_assert!(!render(&report, format, Rows::All, plain).is_empty());
        }
        let json = render(&report, Format::Json, Rows::All, plain);
        prop_assert_eq!(parse_report(&json).expect("our own report"), report);
    }

    #[test]
    fn neither_scale_nor_order_of_executions_matters(
        pairs in proptest::collection::vec(any_sides(), 1..12), turn in 0..6_usize, power in -20..20_i32,
    ) {
        // A power of two, so that nothing is rounded.
        let factor = 2_f64.powi(power);
        let sides = |turned: bool| [0, 1].map(|i| {
            let label = ["main", "pr"][i];
            let mut run = side(label, &pairs.iter().map(|pair| pair[i].clone()).collect::<Vec<_>>());
            for benchmark in run.benchmarks.iter_mut().filter(|_| turned) {
                let mut executions: Vec<Execution> = benchmark.executions.iter().cloned().collect();
                let n = executions.len();
                executions.rotate_left(turn % n);
                for e in &mut executions {
                    for value in [&mut e.typical, &mut e.median, &mut e.lower_quartile, &mut e.minimum, &mut e.mean, &mut e.standard_deviation] {
                        *value *= factor;
                    }
                }
                benchmark.executions = Executions::collect(executions).expect("as many as before");
            }
            run
        });
        let [plain, turned] = [compared(&sides(false), 5.0), compared(&sides(true), 5.0)];
        let told = |found: &RunComparison| found.compared.iter().map(|row| (row.verdict, row.doubt)).collect::<Vec<_>>();
        prop_assert_eq!(told(&plain), told(&turned));
        prop_assert_eq!(plain.outcome, turned.outcome);
    }

    #[test]
    fn merging_runs_loses_nothing(counts in proptest::collection::vec(0..4_usize, 1..6)) {
        // Run j has the benchmarks b0 … b(counts[j] − 1).
        let runs: Vec<Run> = counts.iter().enumerate()
            .map(|(j, n)| side(&format!("run {j}"), &vec![vec![100.0 + j as f64]; *n])).collect();
        let merged = Run::merge(runs);
        prop_assert!(merged.warnings.is_empty());
        for i in 0..4 {
            let name = format!("b{i}");
            let found = merged.benchmarks.iter().find(|b| b.id.as_str() == name).map_or(0, |b| b.executions.len());
            prop_assert_eq!(found, counts.iter().filter(|n| **n > i).count());
        }
    }
}
