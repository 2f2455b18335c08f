//! The page on a pull request: what stands in it, in which order, and that it fits.

use criterion_regress::model::Run;
use criterion_regress::report::{
    Leg, Level, Outcome, Report, annotations, comment, is_incomplete, outcome_of_legs, parse_report, summary, to_json,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::page;
use crate::properties::{benchmark, config, execution, policy, report};

/// What GitHub takes, less room for whoever posts it.
const COMMENT: usize = 60_000;

/// Every stranger's word holds it.
const MARK: &str = "Zq";

/// A report of benchmarks that changed by these factors.
pub(crate) fn report_of(factors: &[f64]) -> Report {
    let side = |label: &str, is_candidate: bool| Run {
        label: label.to_owned(),
        benchmarks: factors
            .iter()
            .enumerate()
            .map(|(i, factor)| {
                let level = 100.0 + i as f64;
                benchmark(
                    &format!("{MARK}/b{i:05}"),
                    execution(if is_candidate { level * factor * 1.0005 } else { level }),
                )
            })
            .collect(),
        ..Run::default()
    };
    report(&side("main", false), &side("pr", true), &policy(20.0))
}

/// Of `n` benchmarks, most the same, and a few of every other kind.
pub(crate) fn mixed(n: usize) -> Report {
    let factor = |i: usize| match i % 20 {
        4 => 1.9,
        9 => 0.5,
        _ => 0.98 + (i * 7 % 11) as f64 * 0.004,
    };
    report_of(&(0..n).map(factor).collect::<Vec<_>>())
}

/// A report as a stranger may send it: these words wherever words can stand.
pub(crate) fn hostile(report: &Report, words: &[String]) -> Report {
    fn fill(value: &mut Value, words: &mut dyn FnMut() -> String) {
        const FOREIGN: [&str; 17] = [
            "id",
            "directory",
            "label",
            "profile",
            "name",
            "reason",
            "until",
            "detail",
            "subject",
            "message",
            "hint",
            "cpu",
            "os",
            "rustc",
            "tool",
            "renamed_from",
            "measured_at",
        ];
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(text) if FOREIGN.contains(&key.as_str()) => *text = words(),
                        other => fill(other, words),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| fill(value, words)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(report).expect("JSON");
    for side in ["baseline", "candidate"] {
        value[side]["source"] = MARK.into();
        value[side]["environments"] =
            json!([{"cpu": "", "cores": 3, "os": "", "rustc": "", "profile": "", "executables": []}]);
    }
    value["warnings"] = json!([{"code": "x", "subject": "", "message": "", "hint": ""}, {"code": "y", "subject": "", "message": "", "hint": ""}]);
    for (i, row) in value["benchmarks"].as_array_mut().expect("rows").iter_mut().enumerate() {
        row["unit"]["name"] = "".into();
        row["renamed_from"] = "".into();
        if i % 3 == 1 && row["verdict"] != "regression" {
            row["action"] = json!({"kind": "waived", "reason": "", "until": ""});
        }
    }
    let mut next = 0;
    fill(&mut value, &mut || {
        next += 1;
        format!("{}{MARK}{next}", words[next % words.len()])
    });
    // `reason` of what was not compared is one of our own words.
    for (row, old) in value["not_compared"].as_array_mut().expect("rows").iter_mut().zip(&report.not_compared) {
        row["reason"] = serde_json::to_value(old.reason).expect("a word");
    }
    // A waiver may turn what was inconclusive into a pass.
    let mut why = String::new();
    for outcome in ["regressed", "inconclusive", "pass", "nothing-compared"] {
        value["outcome"] = outcome.into();
        match parse_report(&value.to_string()) {
            Ok(report) => return report,
            Err(e) => why = e.to_string(),
        }
    }
    panic!("a report that can be read, and not {why}");
}

fn leg(name: &str, report: Option<Report>) -> Leg {
    Leg { name: Some(name.to_owned()), report }
}

#[track_caller]
fn in_order(text: &str, parts: &[&str]) {
    let mut at = 0;
    for part in parts {
        let found = text[at..].find(part).unwrap_or_else(|| panic!("`{part}` is not in its place:\n{text}"));
        at += found + part.len();
    }
}

#[test]
fn the_verdict_leads_and_the_rest_follows_by_weight() {
    let text = comment(&[Leg::only(mixed(60))], COMMENT);
    let first = text.lines().next().expect("a line");
    assert!(first.starts_with("❌ **REGRESSED** 3 regressions of 60 benchmarks, the worst +"), "{first}");
    in_order(
        &text,
        &[
            "compared 60 of 60",
            "**3 regressions**",
            "**3 improvements**",
            "<details>",
            "within the threshold",
            "</details>",
            "to settle",
            "<sub>",
        ],
    );
    page::check(&text, MARK).unwrap_or_else(|why| panic!("{why}\n{text}"));
}

#[test]
fn suspects_stand_between_regressions_and_improvements() {
    let mut report = serde_json::to_value(mixed(60)).expect("JSON");
    let rows = report["benchmarks"].as_array_mut().expect("rows");
    let slower = rows.iter_mut().find(|row| row["verdict"] == "regression").expect("a regression");
    slower["verdict"] = "inconclusive".into();
    slower["doubt"] = "suspected".into();
    for (name, n) in [("regressions", 2), ("inconclusive", 1), ("suspected", 1)] {
        report["counts"][name] = n.into();
    }
    let report = parse_report(&report.to_string()).expect("a report");
    let text = comment(&[Leg::only(report.clone())], COMMENT);
    in_order(&text, &["**2 regressions**", "**1 suspect: probably slower", "**3 improvements**"]);
    page::check(&text, MARK).unwrap_or_else(|why| panic!("{why}\n{text}"));
    assert!(
        annotations(&report).iter().any(|a| a.level == Level::Warning && a.title.starts_with("probably slower: Zq"))
    );
}

#[test]
fn a_shift_of_the_suite_comes_first() {
    let text = comment(&[Leg::only(report_of(&[1.5; 20]))], COMMENT);
    in_order(&text, &["REGRESSED", "suite-wide shift", "compared 20 of 20"]);
}

#[test]
fn what_was_not_compared_and_why() {
    let run = |label: &str, names: &[&str]| Run {
        label: label.to_owned(),
        benchmarks: names.iter().map(|name| benchmark(name, execution(100.0 + label.len() as f64))).collect(),
        ..Run::default()
    };
    let names: Vec<String> = (0..8).map(|i| format!("old{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).chain(["both"]).collect();
    let report = report(&run("main", &names), &run("pr", &["both", "young"]), &policy(20.0));
    let text = comment(&[Leg::only(report)], COMMENT);
    in_order(
        &text,
        &["**9 of 10 not compared**", "- 8 removed", "old0", "3 more", "- 1 added", "young", "all 8 removed", "old7"],
    );
    page::check(&text, MARK).unwrap_or_else(|why| panic!("{why}\n{text}"));
}

#[test]
fn bars_show_where_the_threshold_lies() {
    let text = comment(&[Leg::only(mixed(60))], COMMENT);
    let bars: Vec<&str> = text
        .split("<code>")
        .filter_map(|part| part.split_once("</code>"))
        .map(|(code, _)| code)
        .filter(|code| code.contains('█'))
        .collect();
    assert!(bars.len() == 6, "{text}");
    for bar in bars {
        assert_eq!(bar.chars().count(), 25, "{bar}");
        assert_eq!(bar.matches('█').count(), 1, "{bar}");
        assert!(bar.contains(['│', '┿']) && bar.contains(['┆', '╋']), "{bar}");
    }
}

#[test]
fn several_legs_are_one_page_with_the_worst_outcome() {
    let legs = [leg("linux", Some(report_of(&[1.0; 12]))), leg("macos", Some(mixed(20))), leg("windows", None)];
    assert_eq!(outcome_of_legs(&legs), Outcome::Regressed);
    let text = comment(&legs, COMMENT);
    in_order(
        &text,
        &[
            "❌ **REGRESSED** 1 regression in 1 of 3 legs",
            "no report came from 1 of 3 legs",
            "| leg |",
            "### <code>macos</code>: ❌",
            "### <code>windows</code>: ❗ MISSING",
            "### <code>linux</code>: ✅ PASS",
        ],
    );
    page::check(&text, MARK).unwrap_or_else(|why| panic!("{why}\n{text}"));
    let table = &page::tables(&page::html(&text))[0];
    assert_eq!(table.len(), 4);
    assert_eq!(table[2][1..3], ["❗\u{a0}MISSING", "none"]);
}

#[test]
fn a_missing_leg_is_never_a_pass() {
    let good = || Some(report_of(&[1.0; 12]));
    assert_eq!(outcome_of_legs(&[leg("a", good())]), Outcome::Pass);
    assert!(!is_incomplete(&[leg("a", good())]));
    for legs in [vec![leg("a", good()), leg("b", None)], vec![leg("a", good()), leg("b", Some(report_of(&[])))]] {
        assert_eq!(outcome_of_legs(&legs), Outcome::Inconclusive);
        assert!(is_incomplete(&legs));
        let text = comment(&legs, COMMENT);
        let word = if legs[1].report.is_none() { "❔ **INCOMPLETE** no report came" } else { "❔ **INCONCLUSIVE**" };
        assert!(text.starts_with(word) && !text.contains("no regression in"), "{text}");
    }
    for legs in [vec![], vec![leg("a", None)], vec![leg("a", None), leg("b", None)]] {
        assert_eq!(outcome_of_legs(&legs), Outcome::NothingCompared);
        assert!(is_incomplete(&legs));
        let text = comment(&legs, COMMENT);
        assert!(text.starts_with("❗ **NOTHING COMPARED**"), "{text}");
        page::check(&text, MARK).unwrap_or_else(|why| panic!("{why}\n{text}"));
    }
}

#[test]
fn ten_thousand_benchmarks_fit() {
    for report in [mixed(12_000), report_of(&vec![1.6; 12_000])] {
        let leg = [Leg::only(report)];
        let text = comment(&leg, COMMENT);
        assert!(text.chars().count() <= COMMENT);
        assert!(text.contains("<sub>"), "{text}");
        page::check(&text, MARK).unwrap_or_else(|why| panic!("{why}"));
        let text = summary(&leg, 1 << 20);
        assert!(text.len() <= 1 << 20, "{}", text.len());
        page::check(&text, MARK).unwrap_or_else(|why| panic!("{why}"));
    }
}

#[test]
fn two_hundred_legs_fit() {
    let mut legs: Vec<Leg> = (0..255).map(|i| leg(&format!("{MARK} leg {i}"), Some(mixed(30)))).collect();
    legs.push(leg("gone", None));
    let text = comment(&legs, COMMENT);
    assert!(text.chars().count() <= COMMENT);
    in_order(&text, &["REGRESSED", "in 255 of 256 legs", "no report came from 1 of 256 legs", "left out to fit"]);
    page::check(&text, MARK).unwrap_or_else(|why| panic!("{why}\n{text}"));
}

#[test]
fn annotations_are_no_more_than_github_shows() {
    let of = |report: &Report, level| annotations(report).into_iter().filter(|a| a.level == level).collect::<Vec<_>>();
    let many = mixed(300);
    let errors = of(&many, Level::Error);
    assert_eq!(errors.len(), 10);
    assert!(errors[9].title.contains(" more slower"), "{errors:?}");
    assert!(of(&many, Level::Warning).len() <= 10);
    assert_eq!(of(&mixed(40), Level::Error).len(), 2);
    assert_eq!(annotations(&report_of(&[1.0; 12])), []);
    assert_eq!(of(&report_of(&[]), Level::Error)[0].title, "nothing was compared");
}

/// Names that have broken a page somewhere.
pub(crate) fn words() -> impl Strategy<Value = Vec<String>> {
    const HOSTILE: [&str; 36] = [
        "a|b",
        "\\|",
        "|",
        "a\nb",
        "\r\n\r\n",
        "`a`",
        "```",
        "``a` ",
        "~~~",
        "<script>",
        "</code>",
        "</details>",
        "<!-- regress:v1 -->",
        "-->",
        "@everyone",
        "@org/team",
        "#1",
        "GH-1",
        "a/b#1",
        "[a](http://b)",
        "![a](b)",
        "http://a.b",
        "www.a.b",
        "a@b.c",
        "**a**",
        "_a_",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
        "&amp;",
        "&#64;you",
        "\\",
        "$a$",
        "::error::a",
        "##[error]a",
    ];
    let part = prop_oneof![
        4 => proptest::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[ -~]{0,12}",
        1 => proptest::sample::select(vec!["@", "`", "\u{202e}", "\u{e0041}", "|"]).prop_map(|c| c.repeat(300)),
    ];
    let word = proptest::collection::vec(part, 1..4).prop_map(|parts| parts.concat());
    proptest::collection::vec(word, 1..6)
}

proptest! {
    #![proptest_config(config(120))]

    #[test]
    fn any_page_fits_and_stays_ours(words in words(), n in 0..40_usize, n_legs in 1..5_usize, limit in 1_000..30_000_usize) {
        let report = hostile(&mixed(n), &words);
        let legs: Vec<Leg> = (0..n_legs)
            .map(|i| Leg { name: (i % 3 != 1).then(|| format!("{}{MARK}", words[i % words.len()])), report: (i % 4 != 3).then(|| report.clone()) })
            .collect();
        let page = comment(&legs, limit);
        prop_assert!(page.chars().count() <= limit, "{} > {limit}", page.chars().count());
        let word = ["PASS", "REGRESSED", "INCONCLUSIVE", "INCOMPLETE", "NOTHING COMPARED"].iter().any(|word| page.lines().next().is_some_and(|line| line.contains(word)));
        prop_assert!(word, "no verdict in the first line: {page}");
        if let Err(why) = page::check(&page, MARK) {
            prop_assert!(false, "{why}\n{page}");
        }
        let page = summary(&legs, limit);
        prop_assert!(page.len() <= limit);
        if let Err(why) = page::check(&page, MARK) {
            prop_assert!(false, "{why}\n{page}");
        }
    }

    #[test]
    fn no_annotation_is_another_command(words in words(), n in 0..40_usize) {
        for annotation in annotations(&hostile(&mixed(n), &words)) {
            let command = annotation.to_command();
            prop_assert!(!command.contains(['\n', '\r']) && !command.contains("##["), "{command}");
            prop_assert_eq!(command.matches("::").count() >= 2, true);
            let (head, _) = command[2..].split_once("::").expect("a message");
            let (level, title) = head.split_once(" title=").expect("a title");
            prop_assert!(["error", "warning", "notice"].contains(&level), "{command}");
            prop_assert!(!title.contains([':', ',']) && title.chars().count() <= 1_000, "{command}");
        }
    }
}

#[test]
fn a_report_reads_back_as_it_was_whatever_it_holds() {
    let report = hostile(&mixed(20), &["##[error]a @b".to_owned()]);
    let text = to_json(&report);
    assert!(!text.contains("##["), "a runner reads it in the log");
    assert_eq!(parse_report(&text).expect("reads back"), report);
}
