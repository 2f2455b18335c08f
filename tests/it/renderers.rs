//! Every format on every name: what a stranger calls a benchmark never becomes markup, a control sequence, or another cell.

use criterion_regress::model::{Run, Warning, WarningKind};
use criterion_regress::report::{Format, Rows, TerminalStyle, render};
use proptest::prelude::*;

use crate::case::Case;
use crate::properties::{benchmark, config, execution, policy, report};

/// Names that have broken a renderer somewhere.
const HOSTILE: [&str; 24] = [
    "a|b",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "`a`",
    "```",
    "<script>alert(1)</script>",
    "@everyone",
    "<!-- a",
    "--> a",
    "]]>",
    "::error::a",
    "[a](http://b)",
    "![a](b)",
    "**a**",
    "\u{1b}[31mred",
    "\u{9b}31m",
    "\u{202e}gnp.exe",
    "a\u{200b}b",
    "=1+1",
    "\"a\",\"b\"",
    "&amp;",
    "\u{0}",
    "\u{feff}",
];

fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => proptest::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[ -~]{0,12}",
    ];
    proptest::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

/// A report in which the names stand everywhere where names can: verdicts, what was not compared, warnings, labels.
fn hostile_report(names: &[String]) -> criterion_regress::report::Report {
    let side = |factor: f64| Run {
        label: names[0].clone(),
        benchmarks: names
            .iter()
            .enumerate()
            .map(|(i, n)| benchmark(n, execution(100.0 * (i + 1) as f64 * factor)))
            .collect(),
        warnings: names
            .iter()
            .map(|n| Warning { subject: n.clone(), kind: WarningKind::Malformed { cause: n.clone() } })
            .collect(),
        ..Run::default()
    };
    let (mut baseline, mut candidate) = (side(1.0), side(1.5));
    baseline.benchmarks.push(benchmark(&format!("removed {}", names[0]), execution(1.0)));
    candidate.benchmarks.push(benchmark(&format!("added {}", names[0]), execution(1.0)));
    report(&baseline, &candidate, &policy(20.0))
}

fn names() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set(hostile(), 1..6).prop_map(|set| set.into_iter().collect())
}

fn written(names: &[String], format: Format, width: Option<u16>, color: bool) -> String {
    render(&hostile_report(names), format, Rows::All, TerminalStyle { width, color })
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn the_terminal_gets_no_control_characters(names in names(), width in proptest::option::of(20..200_u16)) {
        let plain = written(&names, Format::Terminal, width, false);
        prop_assert!(!plain.chars().any(|c| c.is_control() && c != '\n'), "{plain:?}");
        prop_assert!(!plain.contains(['\u{202e}', '\u{200b}', '\u{feff}']), "{plain:?}");
        let coloured = written(&names, Format::Terminal, width, true);
        prop_assert!(!coloured.chars().any(|c| c.is_control() && c != '\n' && c != '\u{1b}'), "{coloured:?}");
        for (at, _) in coloured.match_indices('\u{1b}') {
            let rest = &coloured[at + 1..];
            let end = rest.find('m').unwrap_or(0);
            prop_assert!(rest.starts_with('[') && rest[1..end].chars().all(|c| c.is_ascii_digit() || c == ';'), "{rest:?}");
        }
    }

    #[test]
    fn markdown_keeps_its_cells_and_gets_no_markup(names in names()) {
        let text = written(&names, Format::Markdown, None, false);
        let table: Vec<&str> = text.lines().filter(|line| line.contains('|')).collect();
        let n_pipes = table[0].matches('|').count();
        for line in &table {
            prop_assert!(line.starts_with("| ") && line.ends_with(" |"), "{line}");
            prop_assert_eq!(line.matches('|').count(), n_pipes, "{}", line);
        }
        prop_assert_eq!(table.len(), names.len() + 2, "{}", text);
        let mut rest = text.as_str();
        while let Some((_, tag)) = rest.split_once('<') {
            let tag_name = tag.trim_start_matches('/').split(['>', ' ']).next().unwrap_or_default();
            prop_assert!(["code", "details", "summary", "sub", "br"].contains(&tag_name), "<{tag_name}> in {text}");
            rest = tag;
        }
        prop_assert!(!text.contains(['@', '`', '[']), "{text}");
        prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }

    #[test]
    fn csv_reads_back(names in names()) {
        let text = written(&names, Format::Csv, None, false);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let n_columns = reader.headers().expect("a header").len();
        let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
        // What was compared, an added and a removed one, a warning each, and the outcome.
        prop_assert_eq!(rows.len(), 2 * names.len() + 3);
        for row in rows {
            prop_assert_eq!(row.len(), n_columns);
            prop_assert!(!row.iter().any(|cell| cell.starts_with(['=', '@', '+'])), "a formula in {row:?}");
            prop_assert!(!row.iter().any(|cell| cell.contains('\n')), "a line break in {row:?}");
        }
    }

    #[test]
    fn junit_is_well_formed(names in names()) {
        let text = written(&names, Format::Junit, None, false);
        if let Err(why) = well_formed(&text) {
            prop_assert!(false, "{why}\n{text}");
        }
        prop_assert_eq!(text.matches("<testcase ").count(), names.len() + 3, "one more for the outcome");
    }
}

/// Whether tags are balanced, text holds no markup, and no character is one that XML forbids. No namespaces, no entities of
/// its own: what a JUnit file needs.
fn well_formed(xml: &str) -> Result<(), String> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}');
    if let Some(c) = xml.chars().find(|c| !allowed(*c)) {
        return Err(format!("XML has no character {c:?}"));
    }
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml.strip_prefix("<?xml").and_then(|x| x.split_once("?>")).ok_or("no declaration")?.1;
    while let Some((text, after)) = rest.split_once('<') {
        check_text(text)?;
        if let Some(data) = after.strip_prefix("![CDATA[") {
            rest = data.split_once("]]>").ok_or("an open CDATA section")?.1;
            continue;
        }
        let end = tag_end(after).ok_or("an open tag")?;
        let (tag, after) = (&after[..end], &after[end + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let want = open.pop();
            if want != Some(name.trim_end()) {
                return Err(format!("</{name}> closes {want:?}"));
            }
            continue;
        }
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        let values: Vec<&str> = tag.split('"').skip(1).step_by(2).collect();
        values.iter().try_for_each(|value| {
            if value.contains('<') { Err("< in a value".to_owned()) } else { check_text(value) }
        })?;
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    check_text(rest)?;
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} are not closed")) }
}

/// Where a tag ends: at the first `>` outside quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut is_quoted = false;
    tag.char_indices().find_map(|(i, c)| {
        is_quoted ^= c == '"';
        (c == '>' && !is_quoted).then_some(i)
    })
}

fn check_text(text: &str) -> Result<(), String> {
    for (at, _) in text.match_indices('&') {
        let reference = text[at + 1..].split(';').next().unwrap_or_default();
        let is_known = ["amp", "lt", "gt", "quot", "apos"].contains(&reference);
        if !is_known && !reference.starts_with('#') {
            return Err(format!("&{reference}"));
        }
    }
    Ok(())
}

#[test]
fn what_is_well_formed() {
    let check = |inner: &str, want: bool| {
        assert_eq!(well_formed(&format!("<?xml version=\"1.0\"?>{inner}")).is_ok(), want, "{inner}");
    };
    check("<a b=\"c > d\"><e/>&amp;</a>", true);
    check("<a><![CDATA[<&]]></a>", true);
    check("<a>", false);
    check("<a></b>", false);
    check("<a>&</a>", false);
    check("<a b=\"<\"/>", false);
    check("<a>\u{1b}</a>", false);
}

/// A line of a log that begins so, after spaces, is a command to GitHub's runner: it annotates, hides, or groups.
const WORKFLOW_COMMANDS: [&str; 2] = ["::", "##["];

#[test]
fn no_name_becomes_a_command_of_a_workflow() {
    let case = ["::error::a", "##[group]a"].into_iter().enumerate().fold(Case::new(), |case, (i, name)| {
        let case = case.benchmark(name).directory(&format!("both{i}")).baseline(100.0).candidate(150.0);
        case.benchmark(&format!("{name} new")).directory(&format!("added{i}")).candidate(100.0)
    });
    for call in ["list", "compare main new", "compare main new --list", "check -b main --all"] {
        for width in ["", "60"] {
            let output = case.command().args(call.split(' ')).env("COLUMNS", width).output().expect("runs");
            let stdout = String::from_utf8(output.stdout).expect("text");
            for line in stdout.lines() {
                let is_command = WORKFLOW_COMMANDS.iter().any(|start| line.trim_start().starts_with(start));
                assert!(!is_command, "`regress {call}` in a workflow runs: {line}\n{stdout}");
            }
        }
    }
}

#[test]
fn every_format_of_real_hostile_names() {
    let case = Case::of("broken/odd-names/criterion");
    for call in ["list", "list --all", "compare base new", "compare base new --list", "check -b base --all"] {
        for format in ["terminal", "markdown", "csv"] {
            let ran = case.regress(&format!("{call} --format {format}"));
            let is_clean = |c: char| !(c.is_control() && c != '\n') && c != '\u{202e}' && c != '\u{200b}';
            assert!(ran.stdout.chars().all(is_clean), "{ran}");
        }
        let markdown = case.regress(&format!("{call} --format markdown"));
        for markup in ["<script", "<!--", "@", "](", "`"] {
            assert!(!markdown.stdout.contains(markup), "{markup} in {markdown}");
        }
    }
    well_formed(&case.regress("check -b base --format junit").stdout).expect("well-formed XML");
}
