//! For pull requests and job summaries, as GitHub renders Markdown.

use super::Rows;
use super::escape::{markdown_code, markdown_own, markdown_text, name};
use super::schema::{Outcome, Report};
use super::terminal::{shown_rows, verdict_table};
use super::wording;

/// Names that are listed for one reason or warning when not all are asked for.
const NAMES_SHOWN: usize = 10;

pub(super) fn report(report: &Report, rows: Rows) -> String {
    let mut out = format!(
        "{} **{}** {}\n\n{}\n",
        mark(report.outcome),
        wording::outcome(report.outcome),
        markdown_text(&wording::headline(report)),
        wording::scope(report, &markdown_name)
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
            Some(detail) => format!("{} ({})", markdown_name(&n.id), markdown_name(detail)),
            None => markdown_name(&n.id),
        });
        out.push_str(&folded(&format!("not compared, {}", markdown_text(words)), names, hint.map(markdown_own), rows));
    }
    out.push_str(&warnings(&report.warnings, rows));
    let evidence = super::evidence::evidence(report, &markdown_name);
    if !evidence.is_empty() {
        out.push_str(&format!("\n<sub>{}</sub>\n", evidence.join("<br>")));
    }
    if let Some([what, command, then]) = super::evidence::settle(report) {
        let (what, then) = (markdown_text(&what), markdown_own(&then));
        out.push_str(&format!("\n<sub>{what}<br>{}<br>{then}</sub>\n", markdown_code(&command)));
    }
    out
}

/// A sign for the whole, beside its word.
pub(super) fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✅",
        Outcome::Regressed => "❌",
        Outcome::Inconclusive => "❔",
        Outcome::NothingCompared => "❗",
    }
}

pub(super) fn warnings(warnings: &[super::WarningRow], rows: Rows) -> String {
    let mut out = String::new();
    for group in super::warnings::warning_groups(warnings) {
        let names = group.subjects.iter().map(|subject| markdown_name(subject));
        // A report may come from elsewhere, and then its sentences are a stranger's too.
        let title = format!("warning: {}", markdown_code(&group.message));
        out.push_str(&folded(&title, names, group.hint.map(markdown_code), rows));
    }
    out
}

/// A stranger's name, cut where it is too long.
pub(super) fn markdown_name(text: &str) -> String {
    markdown_code(&name(text))
}

/// A heading with a list that opens at a click, all of it Markdown.
fn folded(title: &str, names: impl ExactSizeIterator<Item = String>, hint: Option<String>, rows: Rows) -> String {
    let n_names = names.len();
    let n_shown = if rows == Rows::All { n_names } else { n_names.min(NAMES_SHOWN) };
    let mut out = format!("\n<details><summary>{title} ({n_names})</summary>\n\n");
    names.take(n_shown).for_each(|name| out.push_str(&format!("- {name}\n")));
    if n_shown < n_names {
        out.push_str(&format!("- … and {} more\n", n_names - n_shown));
    }
    if let Some(hint) = hint {
        out.push_str(&format!("\n{hint}\n"));
    }
    out.push_str("\n</details>\n");
    out
}
