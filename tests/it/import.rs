//! What Criterion printed, and other tools' files, as runs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::case::Case;

const VERSIONS: [&str; 3] = ["0.3.6", "0.5.1", "0.8.2"];

/// What each version printed, in `logs`.
fn logs(version: &str) -> Case {
    Case::new().tree(&format!("console/{version}"), "logs")
}

/// Imports logs by these names, and reads what was written.
fn imported(case: &Case, names: &[&str], output: &str) -> Value {
    let paths = names.iter().map(|name| format!("logs/{name}.txt"));
    let arguments: Vec<String> = std::iter::once("import".to_owned()).chain(paths).collect();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--label", output, "-o", output]);
    case.regress_with(&arguments).exit_code(0);
    serde_json::from_slice(&std::fs::read(case.path(output)).expect("it was written")).expect("JSON")
}

fn benchmarks(run: &Value) -> &Vec<Value> {
    run["benchmarks"].as_array().expect("benchmarks")
}

const FIVE: [&str; 5] = ["1", "2", "3", "4", "5"];

fn five(side: &str) -> Vec<String> {
    FIVE.iter().map(|i| format!("{side}{i}")).collect()
}

/// What is printed is what Criterion has in its files, rounded: the slope, or the mean where there is none.
#[test]
fn every_number_is_that_of_the_files() {
    for version in VERSIONS {
        let case = logs(version);
        let run = imported(&case, &["before1"], "run.json");
        let mut n_slopes = 0;
        for benchmark in benchmarks(&run) {
            let id = benchmark["id"].as_str().expect("an id");
            let folder = id.replace("hash/µ", "hash_µ").replace(':', "_");
            let path = case.path("logs/files").join(&folder).join("new/estimates.json");
            let estimates: Value =
                serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
                    .expect("JSON");
            n_slopes += usize::from(!estimates["slope"].is_null());
            let typical = if estimates["slope"].is_null() { &estimates["mean"] } else { &estimates["slope"] };
            let printed = &benchmark["executions"][0]["printed"];
            let step = printed["step"].as_f64().expect("a step");
            for (got, want) in [
                (&printed["lower"], &typical["confidence_interval"]["lower_bound"]),
                (&printed["point"], &typical["point_estimate"]),
                (&printed["upper"], &typical["confidence_interval"]["upper_bound"]),
            ] {
                let (got, want) = (got.as_f64().expect("a number"), want.as_f64().expect("a number"));
                assert!((got - want).abs() <= step * 0.500_001, "{version} {id}: {got} is not {want}");
            }
        }
        assert_eq!(benchmarks(&run).len(), 9, "{version}");
        assert!((1..9).contains(&n_slopes), "{version}: {n_slopes} slopes");
    }
}

#[test]
fn several_logs_are_executions_with_criterions_word_on_each() {
    for version in VERSIONS {
        let case = logs(version);
        let run = imported(&case, &["before1", "before2", "before3", "before4", "before5"], "run.json");
        for benchmark in benchmarks(&run) {
            let executions = benchmark["executions"].as_array().expect("executions");
            assert_eq!(executions.len(), 5, "{version}: {benchmark}");
            assert!(executions[0]["printed"]["verdict"].is_null());
            assert!(executions[1..].iter().all(|e| e["printed"]["verdict"].is_string()), "{version}: {benchmark}");
            let unit = if benchmark["id"] == "ticks" { "ticks" } else { "ns" };
            assert_eq!(benchmark["unit"], unit);
        }
    }
}

#[test]
fn progress_colours_and_cargo_are_no_surprise() {
    for version in VERSIONS {
        for name in ["before1", "before2", "terminal", "verbose-colour", "two-targets"] {
            let case = logs(version);
            let ran = case.regress(&format!("import logs/{name}.txt -o run.json")).exit_code(0);
            assert!(!ran.stderr.contains("warning:"), "{version} {name}: {}", ran.stderr);
        }
    }
}

#[test]
fn quick_is_an_effect_and_no_test() {
    for version in ["0.5.1", "0.8.2"] {
        let case = logs(version);
        imported(&case, &["quick"], "quick.json");
        imported(&case, &["before1"], "before.json");
        let ran = case.regress("check -b before.json -c quick.json --filter ^checksum$ --format json");
        ran.doubt("checksum", "quick");
    }
}

#[test]
fn two_targets_with_one_name_are_kept_apart() {
    let case = logs("0.8.2");
    let run = imported(&case, &["two-targets"], "run.json");
    let directories: Vec<&str> = benchmarks(&run).iter().filter_map(|b| b["directory"].as_str()).collect();
    assert_eq!(directories, ["console: checksum", "console_twin: checksum"]);
    case.regress("spread run.json --format json").warning("duplicate-id", "checksum");
}

#[test]
fn a_change_of_the_code_is_found_in_what_was_printed() {
    for version in VERSIONS {
        let case = logs(version);
        for side in ["before", "after"] {
            let names = five(side);
            imported(&case, &names.iter().map(String::as_str).collect::<Vec<_>>(), &format!("{side}.json"));
        }
        let ran = case.regress("check --profile official -b before.json -c after.json --format json");
        let ran = ran.executions("checksum", 5, 5).compared(9, 9);
        for row in ran.json()["benchmarks"].as_array().expect("rows") {
            assert_eq!(row["evidence"], "printed");
            // The same binary ran on both sides, so that what is called a change is `checksum`, if anything.
            let is_change = row["verdict"] == "regression" || row["verdict"] == "improvement";
            assert!(!is_change || row["id"] == "checksum", "{version}: {row}");
        }
        let spread = case.regress("spread --profile official before.json after.json --format json").json();
        let of = |id: &str| {
            let rows = spread["benchmarks"].as_array().expect("rows").clone();
            rows.into_iter().find(|row| row["id"] == id).expect("there")
        };
        assert_eq!(of("checksum")["verdict"], ran.row("checksum")["verdict"]);
        assert_eq!(of("sleep")["runs"][0]["executions"], 5);
        assert_eq!(of("sleep")["runs"][1]["criterion_verdicts"], 4);
    }
}

#[test]
fn a_log_given_twice_is_one_execution() {
    let case = logs("0.8.2").tree("console/0.8.2/before1.txt", "copy.txt");
    let ran = case.regress("import logs/before1.txt copy.txt -o run.json").exit_code(0);
    ran.stderr_contains("1 execution was given more than once");
    let run: Value = serde_json::from_slice(&std::fs::read(case.path("run.json")).expect("written")).expect("JSON");
    assert_eq!(benchmarks(&run)[0]["executions"].as_array().map(Vec::len), Some(1));
    case.regress("check -b run.json -c run.json").exit_code(2);
}

#[test]
fn a_folder_of_logs_is_read_in_the_order_of_their_numbers() {
    let line = |ns: f64| format!("f                       time:   [{ns:.4} ns {ns:.4} ns {ns:.4} ns]\n");
    let mut case = Case::new().file("logs/environment.txt", "a machine\n");
    for i in 1..=11 {
        case = case.file(&format!("logs/run{i}.txt"), &line(f64::from(i)));
    }
    let ran = case.regress("import logs").exit_code(0);
    let ran = ran.stderr_contains("environment.txt: nothing that Criterion prints is in it");
    let run: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let executions = benchmarks(&run)[0]["executions"].as_array().expect("executions");
    let points: Vec<f64> = executions.iter().filter_map(|e| e["printed"]["point"].as_f64()).collect();
    assert_eq!(points, (1..=11).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn what_is_lost_of_a_log_is_told_where_it_is_compared() {
    let whole = "Benchmarking f\nf                       time:   [1.0000 ns 1.0000 ns 1.0000 ns]\n\
                 Benchmarking g\ng                       time:   [1.0000 ns 1.0000 ns 1.0000 ns]\n";
    let case = Case::new().file("whole.txt", whole).file("cut.txt", &whole[..whole.len() - 20].replace("1.0", "1.1"));
    case.regress("import whole.txt -o whole.json").exit_code(0);
    case.regress("import cut.txt -o cut.json").exit_code(0).stderr_contains("line 4");
    case.regress("check -b whole.json -c cut.json --format json").not_compared("g", "unreadable");
}

#[test]
fn what_other_tools_wrote_is_imported() {
    let case = Case::of("criterion-0.8.2/criterion").tree("critcmp/export.json", "export.json");
    let case = case.tree("cargo-criterion/criterion", "cc");
    case.regress("import export.json -o from-critcmp.json").exit_code(0);
    case.regress("import target/criterion -o from-criterion.json").exit_code(0);
    case.regress("import cc -o from-cargo-criterion.json").exit_code(0);
    case.regress("check -b from-critcmp.json -c from-criterion.json --format json").compared(8, 8);
    case.regress("check -b from-critcmp.json -c export.json").stdout_contains("NOTHING COMPARED");
    case.regress("import from-criterion.json").exit_code(2).stderr_contains("it is a run file already");
    case.regress("import none.txt").exit_code(2).stderr_contains("none.txt");
    let case = Case::new().file("a.txt", "hello\n").file("log.txt", "f\n");
    case.regress("import a.txt").exit_code(2).stderr_contains("neither what Criterion prints");
    case.regress("import log.txt --from criterion-console").exit_code(2).stderr_contains("no result was found");
    case.regress("import log.txt --from criterion").exit_code(2).stderr_contains("it is a file");
    case.regress("import .. --from critcmp").exit_code(2).stderr_contains("it is a folder");
}

#[test]
fn a_history_becomes_a_folder_with_a_file_for_each_commit() {
    let entry = |commit: &str, value: f64| {
        format!(
            r#"{{"commit":{{"id":"{commit}"}},"date":1600000000000,"tool":"cargo","benches":[{{"name":"fib","range":"± 2","unit":"ns/iter","value":{value}}}]}}"#
        )
    };
    let entries =
        [entry("../../aaaa", 100.0), entry("bbbb", 101.0), r#"{"commit":{"id":"c"},"benches":[]}"#.to_owned()];
    let data = format!(r#"window.BENCHMARK_DATA = {{"entries":{{"Rust/x":[{}]}}}}"#, entries.join(","));
    let case = Case::new().file("data.js", &data);
    case.regress("import data.js").exit_code(2).stderr_contains("name a folder");
    case.regress("import data.js -o history").exit_code(0).stderr_contains("wrote 2 runs to history, and left out 1");
    let mut names: Vec<String> = std::fs::read_dir(case.path("history"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["00001-Rust_x-______aaaa.json", "00002-Rust_x-bbbb.json"]);
    case.regress("check -b history/00001-Rust_x-______aaaa.json -c history/00002-Rust_x-bbbb.json --format json")
        .compared(1, 1);
}

#[test]
fn the_spread_of_executions_and_what_they_can_show() {
    let case = Case::new()
        .benchmark("steady")
        .executions("run", &[100.0, 100.2, 100.1, 99.9, 100.0])
        .executions("pr", &[110.0, 110.2, 110.1, 109.9, 110.0])
        .benchmark("noisy")
        .executions("run", &[100.0, 150.0, 120.0, 90.0, 180.0])
        .executions("pr", &[100.0, 140.0, 120.0, 95.0, 170.0]);
    for side in ["run", "pr"] {
        let names: Vec<String> = FIVE.iter().map(|i| format!("{side}-{i}")).collect();
        let mut arguments = vec!["export"];
        arguments.extend(names.iter().map(String::as_str));
        let file = format!("{side}.json");
        arguments.extend(["-o", &file]);
        case.regress_with(&arguments).exit_code(0);
    }
    let report = case.regress("spread run.json pr.json --profile official --format json").exit_code(0).json();
    let rows: BTreeMap<&str, &Value> = report["benchmarks"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["id"].as_str().expect("id"), row))
        .collect();
    assert_eq!((&rows["steady"]["in_reach"], &rows["noisy"]["in_reach"]), (&true.into(), &false.into()));
    assert_eq!((&rows["steady"]["verdict"], &rows["noisy"]["verdict"]), (&"regression".into(), &"inconclusive".into()));
    let range = rows["noisy"]["runs"][0]["range"].as_f64().expect("a range");
    assert!((0.9..1.1).contains(&range), "{range}");
    assert!(rows["steady"]["executions_needed"].as_u64().expect("a number") <= 5);
    let one = case.regress("spread run.json --profile official").exit_code(0);
    one.stdout_contains("a change of 2 % is in reach for 1 of them").stdout_lacks("verdict");
    case.regress("spread run.json pr.json --format markdown").exit_code(0).stdout_contains("| benchmark |");
    case.regress("spread run.json pr.json --format csv").exit_code(0).stdout_contains("steady,steady,");
    case.regress("spread run.json pr.json --format junit").exit_code(2);
    case.regress("spread run.json --filter none").exit_code(3);
}
