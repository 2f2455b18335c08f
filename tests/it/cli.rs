//! The binary's own promises: exit codes, hints, flags and variables, pipes, colours and widths.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::case::{Case, ROOT};

/// A clear slowdown beside a benchmark that is unchanged.
fn slower() -> Case {
    unchanged().benchmark("slower").baseline(100.0).candidate(140.0)
}

fn unchanged() -> Case {
    Case::new().benchmark("same").baseline(100.0).candidate(100.5)
}

#[test]
fn exit_codes_are_a_contract() {
    unchanged().regress("check -b main").exit_code(0).stdout_contains("PASS");
    slower().regress("check -b main").exit_code(1).stdout_contains("REGRESSED");
    slower().regress("check -b none/such.json").exit_code(2).stderr_contains("there is no such file or folder");
    slower().regress("check -b none").exit_code(3).stdout_contains("NOTHING COMPARED");
}

#[test]
fn inconclusive_is_zero_unless_asked() {
    let case = Case::new().benchmark("f").baseline(100.0).candidate(104.0);
    case.regress("check -b main -t 5").exit_code(0).stdout_contains("INCONCLUSIVE");
    case.regress("check -b main -t 5 --fail-on inconclusive").exit_code(3);
    case.regress("check -b main -t 5 --profile official").exit_code(3);
    case.regress("check -b main -t 5 --profile official --fail-on none").exit_code(0);
}

#[test]
fn a_regression_beats_what_is_inconclusive() {
    let case = slower().benchmark("unclear").baseline(100.0).candidate(119.0);
    case.regress("check -b main --fail-on inconclusive,incomplete").exit_code(1);
}

#[test]
fn what_is_missing_fails_where_asked() {
    let case = unchanged().benchmark("removed").baseline(1.0).benchmark("added").candidate(1.0);
    case.regress("check -b main").exit_code(0).stdout_contains("compared 1 of 3");
    case.regress("check -b main --fail-on incomplete").exit_code(3).stdout_contains("INCONCLUSIVE");
}

#[test]
fn a_place_that_is_not_there_is_an_error_with_a_hint() {
    let case = unchanged();
    for call in [
        "check --dir none",
        "check --target-dir none",
        "check -b ./none",
        "check -b none.json",
        "check -b ./none@main",
        "list none",
        "compare ./none main",
        "export --dir none",
    ] {
        let ran = case.regress(call).exit_code(2);
        ran.stderr_contains("none").stderr_contains("hint: ").stderr_contains("regress: failed to ");
    }
    let ran = Case::new().regress("check").exit_code(2);
    ran.stderr_contains("looked in target/criterion").stderr_contains("hint: run `cargo bench` first");
}

#[test]
fn bad_arguments_are_errors() {
    let case = unchanged();
    for call in [
        "check --threshold 0",
        "check --threshold -5",
        "check --threshold nan",
        "check --threshold many",
        "check --profile none",
        "check --filter (",
        "check --output report.json",
        "check --output pdf=report.pdf",
        "check --output json=",
        "check --format yaml",
        "check --dir a --target-dir b",
        "check --config none.toml",
        "compare main new --group \\w+",
        "report none.json",
        "export none",
        "compare main new --format junit",
        "list --format junit",
        "frobnicate",
    ] {
        let ran = case.regress(call).exit_code(2);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let ran = unchanged().regress("check -b main -o json=no/such/folder.json").exit_code(2);
    ran.stderr_contains("failed to write no/such/folder.json");
}

#[test]
fn every_subcommand_has_help() {
    let case = Case::new();
    case.regress("--help").exit_code(0).stdout_contains("Exit codes: 0 no regression");
    case.regress("--version").exit_code(0).stdout_contains(env!("CARGO_PKG_VERSION"));
    #[cfg(feature = "github")]
    case.regress("comment --help").exit_code(0).stdout_contains("Usage: regress comment");
    case.regress("").exit_code(2).stderr_contains("Usage: regress");
    for command in [
        "check",
        "list",
        "compare",
        "export",
        "report",
        "doctor",
        "official",
        "rivals",
        "claims",
        "release-check",
        "config",
        "completions",
        "man",
    ] {
        for flag in ["--help", "-h"] {
            case.regress(&format!("{command} {flag}")).exit_code(0).stdout_contains("Usage: regress");
        }
        case.regress("--help").stdout_contains(command);
    }
}

#[test]
fn completions_and_the_manual_page() {
    let case = Case::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = case.regress(&format!("completions {shell}")).exit_code(0).stdout_contains("baseline");
        assert!(ran.stderr.is_empty(), "{ran}");
    }
    case.regress("completions tcsh").exit_code(2);
    let ran = case.regress("man").exit_code(0);
    for part in [".TH", "regress\\-check", "\\-\\-baseline", "REGRESS_THRESHOLD"] {
        assert!(ran.stdout.contains(part), "no {part} in the manual page");
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    // Far more than fits into a pipe, so that the writer must meet the closed end.
    let report = enlarged(&Case::of("demo/criterion").regress("check -b main -c pr --format json").json(), 2000);
    let case = Case::new().file("report.json", &report.to_string());
    for format in ["terminal", "json", "markdown", "csv", "junit"] {
        let arguments = ["report", "report.json", "--all", "--format", format];
        let mut child = case
            .command()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tool can be run");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.stderr.is_empty(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{format}");
    }
}

/// A report with its rows repeated under other ids, `n` in all.
fn enlarged(report: &Value, n: usize) -> Value {
    let rows = report["benchmarks"].as_array().expect("rows").clone();
    let mut enlarged = report.clone();
    let many = rows.iter().cycle().take(n).enumerate().map(|(i, row)| {
        let mut row = row.clone();
        row["id"] = json!(format!("{} {i}", row["id"].as_str().expect("an id")));
        row["directory"] = row["id"].clone();
        row
    });
    enlarged["benchmarks"] = many.collect();
    let count = |verdict: &str| {
        enlarged["benchmarks"].as_array().expect("rows").iter().filter(|row| row["verdict"] == verdict).count()
    };
    let counts = ["regression", "improvement", "no-change", "inconclusive"].map(count);
    for (name, n) in ["regressions", "improvements", "no_change", "inconclusive"].iter().zip(counts) {
        enlarged["counts"][name] = n.into();
    }
    enlarged["counts"]["compared"] = n.into();
    enlarged["counts"]["benchmarks"] = n.into();
    enlarged
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let escape = "\u{1b}[";
    slower().regress("check -b main").stdout_lacks(escape);
    slower().regress("check -b main --color always").stdout_contains(escape);
    slower().regress("check -b main --color never").stdout_lacks(escape);
    slower().env("NO_COLOR", "1").regress("check -b main").stdout_lacks(escape);
    // Asked for in so many words, it beats the variable; only terminals have colours at all.
    slower().env("NO_COLOR", "1").regress("check -b main --color always").stdout_contains(escape);
    slower().regress("check -b main --color always --format json").stdout_lacks(escape);
    let case = slower();
    case.regress("check -b main --color always -o terminal=report.txt").exit_code(1);
    let file = std::fs::read_to_string(case.path("report.txt")).expect("was written");
    assert!(!file.contains(escape), "a file is no terminal");
}

#[test]
fn colour_changes_nothing_that_is_said() {
    let case = slower();
    let plain = case.regress("check -b main --all").stdout;
    let coloured = case.regress("check -b main --all --color always").stdout;
    let mut text = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        text.push_str(before);
        rest = after.split_once('m').expect("every colour ends with m").1;
    }
    text.push_str(rest);
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(&text), lines(&plain));
}

#[test]
fn tables_stay_within_the_columns() {
    let long = "a_group_with_a_name/of_considerable_length/which_no_terminal_has_room_for_beside_the_numbers";
    for width in [80, 100, 120] {
        let case = slower().benchmark(long).baseline(100.0).candidate(150.0).env("COLUMNS", &width.to_string());
        for call in ["check -b main --all", "list", "compare main new --list"] {
            let ran = case.regress(call);
            let table = ran.stdout.split("\n\n").find(|block| block.contains("benchmark ")).expect("a table");
            for line in table.lines() {
                assert!(line.chars().count() <= width, "{} columns, not {width}: {line}\n{ran}", line.chars().count());
            }
            let at = table.find("benchmark ").expect("the head of the column");
            let part =
                |line: &str| line.get(at..).and_then(|rest| rest.split("  ").next()).unwrap_or_default().to_owned();
            let names: String = table.lines().map(|line| part(line).trim().to_owned()).collect();
            assert!(names.contains(long), "the name is wrapped, not cut: {ran}");
        }
    }
    // Nonsense is no width.
    for nonsense in ["0", "-5", "wide", ""] {
        slower().env("COLUMNS", nonsense).regress("check -b main").exit_code(1).stdout_contains("slower");
    }
}

#[test]
fn data_is_on_stdout_and_everything_else_on_stderr() {
    let case = slower();
    let ran = case.regress("check -b main --format json -o markdown=comment.md");
    assert!(ran.stderr.is_empty(), "{ran}");
    assert_eq!(ran.json()["outcome"], "regressed");
    let ran = case.regress("export main").exit_code(0);
    assert_eq!((ran.json()["format"].as_str(), ran.stderr.as_str()), (Some("criterion-regress/run"), ""));
}

#[test]
fn the_report_is_enough_for_every_format() {
    let case = Case::of("demo/criterion").tree("broken/odd-names/criterion", "target/criterion/odd");
    case.regress("check -b base -c new -o json=report.json").exit_code(1);
    for format in ["terminal", "json", "markdown", "csv", "junit"] {
        for rows in ["", " --all"] {
            let direct = case.regress(&format!("check -b base -c new --format {format}{rows}"));
            let later = case.regress(&format!("report report.json --format {format}{rows}")).exit_code(0);
            assert_eq!(direct.stdout, later.stdout, "{format}{rows}");
        }
    }
}

#[test]
fn a_report_may_come_from_standard_input() {
    let case = slower();
    case.regress("check -b main -o json=report.json").exit_code(1);
    let file = std::fs::File::open(case.path("report.json")).expect("was written");
    let output = case.command().args(["report", "-", "--format", "csv"]).stdin(file).output().expect("runs");
    let csv = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && csv.contains("slower"), "{csv}");
    for (name, text) in [("none.json", ""), ("cut.json", "{\"schema\":"), ("other.json", "{}"), ("list.json", "[]")] {
        let case = Case::new().file(name, text);
        case.regress(&format!("report {name}")).exit_code(2).stderr_contains(name).stderr_contains("hint: ");
    }
}

#[test]
fn criterions_own_variables_say_where_to_read() {
    let case = Case::new().tree("demo/criterion", "elsewhere/criterion");
    case.regress("list").exit_code(2);
    for (name, value) in [
        ("CRITERION_HOME", "elsewhere/criterion"),
        ("CARGO_TARGET_DIR", "elsewhere"),
        ("REGRESS_DIR", "elsewhere/criterion"),
    ] {
        let case = Case::new().tree("demo/criterion", "elsewhere/criterion").env(name, value);
        case.regress("list").exit_code(0).stdout_contains("11 benchmarks");
    }
    case.regress("list elsewhere/criterion").exit_code(0);
    case.regress("list --dir elsewhere/criterion").exit_code(0);
    case.regress("list --target-dir elsewhere").exit_code(0);
}

#[cfg(unix)]
#[test]
fn cargo_is_asked_for_the_target_folder() {
    let case = Case::new().tree("demo/criterion", "shared/criterion");
    let target = case.path("shared");
    let answer = json!({ "target_directory": target }).to_string();
    let case = case.program("cargo", &format!("#!/bin/sh\n[ \"$1\" = metadata ] && echo '{answer}'\n"));
    let cargo = case.path("cargo");
    let case = case.env("CARGO", &cargo.to_string_lossy());
    case.regress("list").exit_code(0).stdout_contains("11 benchmarks");
}

#[test]
fn every_flag_of_policy_has_a_variable() {
    for (name, value, code) in [
        ("REGRESS_THRESHOLD", "60", 0),
        ("REGRESS_FAIL_ON", "incomplete", 1),
        ("REGRESS_BASELINE", "none", 3),
        ("REGRESS_BASELINE", "main", 1),
        ("REGRESS_PROFILE", "none", 2),
        ("REGRESS_CANDIDATE", "none", 3),
        ("REGRESS_CONFIG", "none.toml", 2),
        ("REGRESS_THRESHOLD", "many", 2),
        ("REGRESS_SINCE", "1h", 3),
    ] {
        let case = slower().env("REGRESS_BASELINE", "main").env(name, value);
        assert_eq!(case.regress("check").code, Some(code), "{name}={value}: {}", case.regress("check"));
    }
    slower().env("REGRESS_FORMAT", "json").regress("check -b main").verdict("slower", "regression");
}

#[test]
fn an_empty_variable_is_not_set() {
    // What `env: REGRESS_BASELINE: ${{ inputs.baseline }}` gives when nobody set the input.
    for name in ["REGRESS_THRESHOLD", "REGRESS_BASELINE", "REGRESS_PROFILE", "REGRESS_FAIL_ON", "REGRESS_SINCE"] {
        let case = Case::new().benchmark("f").plain_runs(100.0, 150.0).env(name, "");
        case.regress("check").exit_code(1).stdout_contains("compared 1 of 1");
    }
}

#[test]
fn every_output_says_how_much_was_compared() {
    let case = unchanged().benchmark("removed").baseline(1.0).benchmark("added").candidate(1.0);
    for format in ["terminal", "markdown", "csv", "junit"] {
        for (filter, want) in [("", "1 of 3"), ("none", "0 of 0")] {
            case.regress(&format!("check -b main --format {format} --filter {filter}.")).stdout_contains(want);
        }
    }
    for format in ["terminal", "markdown", "csv"] {
        let ran = case.regress(&format!("compare main new --format {format}"));
        assert!(ran.stdout.contains("1 of 3") || ran.stderr.contains("1 of 3"), "{ran}");
    }
}

#[test]
fn every_format_shows_warnings_or_leaves_them_to_stderr() {
    let case = Case::of("broken/zero-bytes/criterion");
    for call in ["check -b base", "list", "compare base new"] {
        for format in ["terminal", "json", "markdown", "csv", "junit"] {
            if format != "junit" || call.starts_with("check") {
                let ran = case.regress(&format!("{call} --format {format}"));
                let said = format!("{}{}", ran.stdout, ran.stderr).replace("&#46;", ".");
                assert!(said.contains("zero/new/sample.json"), "the warning is lost: {ran}");
            }
        }
    }
}

#[test]
fn what_since_left_out_is_not_called_removed() {
    let ran = unchanged().regress("check -b main --since 1h --format json").exit_code(3);
    let reason = ran.json()["not_compared"][0]["reason"].clone();
    assert_ne!(reason, "removed", "it is there; --since left it out: {ran}");
}

#[test]
fn a_side_may_be_a_name_a_folder_or_a_file() {
    let case = slower();
    case.regress("export main -o main.json").exit_code(0);
    for side in ["main", &format!("{ROOT}@main"), &format!("./{ROOT}@main"), "main.json", "./main.json"] {
        case.regress(&format!("check --baseline {side} --format json")).exit_code(1).verdict("slower", "regression");
    }
    let case = slower().tree("demo/criterion", "demo");
    case.regress(&format!("check --baseline demo --candidate {ROOT} --format json")).exit_code(3);
}
