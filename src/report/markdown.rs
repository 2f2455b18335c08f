//! For pull requests and job summaries, as GitHub renders Markdown.

use super::Rows;
use super::escape::{markdown_code, markdown_text};
use super::schema::{Outcome, Report};
use super::terminal::{shown_rows, verdict_table};
use super::wording;

/// Names that are listed for one reason or warning when not all are asked for.
const NAMES_SHOWN: usize = 10;

pub(super) fn report(report: &Report, rows: Rows) -> String {
    let mark = match report.outcome {
        Outcome::Pass => "✅",
        Outcome::Regressed => "❌",
        Outcome::Inconclusive => "❔",
        Outcome::NothingCompared => "⚠️",
    };
    let mut out = format!(
        "{mark} **{}** {}\n\n{}\n",
        wording::outcome(report.outcome),
        markdown_text(&wording::headline(report)),
        markdown_text(&wording::scope(report))
    );
    if let Some(shift) = wording::shift(report) {
        out.push_str(&format!("\n**{}**\n", markdown_text(&shift)));
    }
    let shown = shown_rows(report, rows);
    if !shown.rows.is_empty() {
        out.push_str(&format!("\n{}", verdict_table(&shown).to_markdown()));
    }
    for hidden in &shown.hidden {
        out.push_str(&format!("\n{}\n", markdown_text(hidden)));
    }
    for (reason, benchmarks) in wording::reasons(report) {
        let (words, hint) = wording::reason(reason);
        let names = benchmarks.iter().map(|n| match &n.detail {
            Some(detail) => format!("{} ({})", markdown_code(&n.id), markdown_text(detail)),
            None => markdown_code(&n.id),
        });
        out.push_str(&folded(&format!("not compared, {words}"), names, hint, rows));
    }
    out.push_str(&warnings(&report.warnings, rows));
    let evidence = wording::evidence(report);
    if !evidence.is_empty() {
        let lines: Vec<String> = evidence.iter().map(|line| markdown_text(line)).collect();
        out.push_str(&format!("\n<sub>{}</sub>\n", lines.join("<br>")));
    }
    if let Some([what, command, then]) = wording::settle(report) {
        let (what, then) = (markdown_text(&what), markdown_text(&then));
        out.push_str(&format!("\n<sub>{what}<br>{}<br>{then}</sub>\n", markdown_code(&command)));
    }
    out
}

pub(super) fn warnings(warnings: &[super::WarningRow], rows: Rows) -> String {
    let mut out = String::new();
    for group in wording::warning_groups(warnings) {
        let names = group.subjects.iter().map(|subject| markdown_code(subject));
        out.push_str(&folded(&format!("warning: {}", group.message), names, group.hint, rows));
    }
    out
}

/// A heading with a list that opens at a click.
fn folded(title: &str, names: impl ExactSizeIterator<Item = String>, hint: Option<&str>, rows: Rows) -> String {
    let n_names = names.len();
    let n_shown = if rows == Rows::All { n_names } else { n_names.min(NAMES_SHOWN) };
    let mut out = format!("\n<details><summary>{} ({n_names})</summary>\n\n", markdown_text(title));
    names.take(n_shown).for_each(|name| out.push_str(&format!("- {name}\n")));
    if n_shown < n_names {
        out.push_str(&format!("- … and {} more\n", n_names - n_shown));
    }
    if let Some(hint) = hint {
        out.push_str(&format!("\n{}\n", markdown_text(hint)));
    }
    out.push_str("\n</details>\n");
    out
}
