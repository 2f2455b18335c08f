//! For people at a terminal: the verdict first, then the changes, the worst first.

use std::collections::BTreeSet;

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, CellAlignment, Color, ColumnConstraint, ContentArrangement, Width};

use super::number::{Scale, change, rate};
use super::schema::{Action, Outcome, Report, Row, Verdict};
use super::table::{Cell, Emphasis, Table};
use super::wording::{self, count};
use super::{Rows, escape};

/// What the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Columns to stay within; `None` for no limit.
    pub width: Option<u16>,
    /// Whether to use colour. Nothing is said by colour alone.
    pub color: bool,
}

/// Inconclusive rows that are shown when not all are asked for: those with the largest changes.
const INCONCLUSIVE_SHOWN: usize = 20;

/// Names that are listed for one reason or warning when not all are asked for.
const NAMES_SHOWN: usize = 5;

pub(super) fn report(report: &Report, rows: Rows, style: TerminalStyle) -> String {
    let mut out = String::new();
    let emphasis = match report.outcome {
        Outcome::Pass => Emphasis::Good,
        Outcome::Regressed | Outcome::NothingCompared => Emphasis::Bad,
        Outcome::Inconclusive => Emphasis::Doubtful,
    };
    let word = paint(wording::outcome(report.outcome), emphasis, style);
    out.push_str(&format!("{word}  {}\n{}\n", wording::headline(report), wording::scope(report, &escape::visible)));
    if let Some(shift) = wording::shift(report) {
        out.push_str(&format!("{shift}\n"));
    }

    let shown = shown_rows(report, rows);
    if !shown.rows.is_empty() {
        let table = verdict_table(&shown);
        out.push_str(&format!("\n{}\n", render(&table, style)));
    }
    for hidden in &shown.hidden {
        out.push_str(&format!("{hidden}\n"));
    }
    // Where nothing was compared, the warnings say why; elsewhere they are the smaller matter.
    let (warnings, not_compared) = (warnings(&report.warnings, rows), not_compared(report, rows));
    let (first, second) = match report.outcome {
        Outcome::NothingCompared => (warnings, not_compared),
        Outcome::Pass | Outcome::Regressed | Outcome::Inconclusive => (not_compared, warnings),
    };
    out.push_str(&first);
    out.push_str(&second);
    let evidence = super::evidence::evidence(report, &escape::visible);
    if !evidence.is_empty() {
        out.push('\n');
        for line in evidence {
            out.push_str(&format!("{line}\n"));
        }
    }
    if let Some([what, command, then]) = super::evidence::settle(report) {
        out.push_str(&format!("\n{what}\n  {command}\n{then}\n"));
    }
    out
}

/// The rows to show, the worst first, and a line about each kind that is not shown.
pub(super) struct Shown<'a> {
    pub(super) rows: Vec<&'a Row>,
    pub(super) hidden: Vec<String>,
    /// Ids of which the report has several, so that the folder has to be said.
    repeated_ids: BTreeSet<&'a str>,
    /// The comparison's threshold; a row that has another says so.
    threshold: f64,
}

pub(super) fn shown_rows(report: &Report, rows: Rows) -> Shown<'_> {
    let is_listed = |row: &&Row| rows == Rows::All || row.verdict != Verdict::NoChange;
    let mut shown: Vec<&Row> = report.benchmarks.iter().filter(is_listed).collect();
    shown.sort_by(|a, b| {
        let rank = |row: &Row| match row.verdict {
            Verdict::Regression if row.action == Action::Fail => 0,
            Verdict::Regression => 1,
            Verdict::Inconclusive if row.is_suspect() => 2,
            Verdict::Inconclusive => 3,
            Verdict::Improvement => 4,
            Verdict::NoChange => 5,
        };
        let size = |row: &Row| row.change.estimate.ln_1p().abs();
        rank(a).cmp(&rank(b)).then_with(|| size(b).total_cmp(&size(a))).then_with(|| a.directory.cmp(&b.directory))
    });
    let mut hidden = Vec::new();
    if rows == Rows::Notable {
        let mut n_inconclusive = 0;
        shown.retain(|row| match row.verdict {
            Verdict::Inconclusive => {
                n_inconclusive += 1;
                n_inconclusive <= INCONCLUSIVE_SHOWN
            }
            Verdict::Regression | Verdict::Improvement | Verdict::NoChange => true,
        });
        if n_inconclusive > INCONCLUSIVE_SHOWN {
            let n_hidden = n_inconclusive - INCONCLUSIVE_SHOWN;
            hidden.push(format!("{n_hidden} more inconclusive with smaller changes (--all shows them)"));
        }
        if report.counts.no_change > 0 {
            let n = count(report.counts.no_change, "benchmark", "benchmarks");
            hidden.push(format!("{n} shown to be within the threshold (--all lists them)"));
        }
    }
    let ids: BTreeSet<&str> = shown.iter().map(|row| row.id.as_str()).collect();
    let mut seen = BTreeSet::new();
    let of_shown = report.benchmarks.iter().map(|row| row.id.as_str()).filter(|id| ids.contains(id));
    let repeated_ids = of_shown.filter(|id| !seen.insert(*id)).collect();
    Shown { rows: shown, hidden, repeated_ids, threshold: report.policy.threshold_percent / 100.0 }
}

pub(super) fn verdict_table(shown: &Shown<'_>) -> Table {
    let rows = &shown.rows;
    let has_throughput = rows.iter().any(|row| rate(row.throughput.as_ref(), row.candidate, &row.unit).is_some());
    let mut table = Table::default()
        .text_column("verdict")
        .text_column("benchmark")
        .number_column("change")
        .number_column("interval")
        .number_column("could show")
        .number_column("baseline")
        .number_column("candidate");
    if has_throughput {
        table = table.number_column("throughput");
    }
    for row in rows {
        let emphasis = match (row.verdict, &row.action) {
            (Verdict::Regression, Action::Fail) => Emphasis::Bad,
            (Verdict::Improvement, _) => Emphasis::Good,
            (Verdict::Inconclusive | Verdict::Regression, _) => Emphasis::Doubtful,
            (Verdict::NoChange, _) => Emphasis::Quiet,
        };
        let mut remarks = wording::remarks(row, shown.threshold);
        if shown.repeated_ids.contains(row.id.as_str()) {
            remarks.insert(0, format!("in {}", escape::name(&row.directory)));
        }
        let id = escape::name(&row.id);
        let name = if remarks.is_empty() { id } else { format!("{id} ({})", remarks.join("; ")) };
        let scale = Scale::new(&row.unit, &[row.baseline, row.candidate]);
        let mut cells = vec![
            Cell::plain(wording::verdict(row)).with(emphasis),
            Cell::name(name),
            Cell::plain(change(row.change.estimate)).with(emphasis),
            Cell::plain(format!("{} … {}", change(row.change.lower), change(row.change.upper))),
            Cell::plain(super::evidence::could_show(row)),
            Cell::value(scale.value(row.baseline), &row.unit),
            Cell::value(scale.value(row.candidate), &row.unit),
        ];
        if has_throughput {
            cells.push(Cell::plain(rate(row.throughput.as_ref(), row.candidate, &row.unit).unwrap_or_default()));
        }
        table.rows.push(cells);
    }
    table
}

fn not_compared(report: &Report, rows: Rows) -> String {
    let mut out = String::new();
    for (reason, benchmarks) in wording::reasons(report) {
        let (words, hint) = wording::reason(reason);
        out.push_str(&format!("\nnot compared, {words} ({}):\n", benchmarks.len()));
        let names: Vec<String> = benchmarks
            .iter()
            .map(|n| match &n.detail {
                Some(detail) => format!("{} ({detail})", n.id),
                None => n.id.clone(),
            })
            .collect();
        out.push_str(&listed(names.iter().map(String::as_str), rows));
        if let Some(hint) = hint {
            out.push_str(&format!("  hint: {hint}\n"));
        }
    }
    out
}

pub(super) fn warnings(warnings: &[super::WarningRow], rows: Rows) -> String {
    let mut out = String::new();
    for group in super::warnings::warning_groups(warnings) {
        let message = escape::visible(&group.message);
        out.push_str(&format!("\nwarning: {message} ({}):\n", group.subjects.len()));
        out.push_str(&listed(group.subjects.iter().copied(), rows));
        if let Some(hint) = group.hint {
            out.push_str(&format!("  hint: {hint}\n"));
        }
    }
    out
}

fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>, rows: Rows) -> String {
    let n_names = names.len();
    let n_shown = if rows == Rows::All || n_names <= NAMES_SHOWN + 1 { n_names } else { NAMES_SHOWN };
    let mut out: String = names.take(n_shown).map(|name| format!("  {}\n", escape::visible(name))).collect();
    if n_shown < n_names {
        out.push_str(&format!("  … and {} more (--all lists them)\n", n_names - n_shown));
    }
    out
}

/// A table within the terminal's width; the names give way first.
pub(super) fn render(table: &Table, style: TerminalStyle) -> String {
    let mut out = comfy_table::Table::new();
    out.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    match style.width {
        Some(width) => drop(out.set_width(width)),
        None => drop(out.set_content_arrangement(ContentArrangement::Disabled)),
    }
    if style.color {
        out.enforce_styling();
    } else {
        out.force_no_tty();
    }
    out.set_header(table.columns.iter().map(|column| {
        let cell = comfy_table::Cell::new(shortened(&escape::visible(&column.title))).add_attribute(Attribute::Dim);
        if column.is_number { cell.set_alignment(CellAlignment::Right) } else { cell }
    }));
    for row in &table.rows {
        out.add_row(row.iter().zip(&table.columns).map(|(cell, column)| {
            let mut styled = comfy_table::Cell::new(shortened(&escape::visible(&cell.text)));
            if let Some(color) = color(cell.emphasis) {
                styled = styled.fg(color);
            }
            if column.is_number { styled.set_alignment(CellAlignment::Right) } else { styled }
        }));
    }
    for (i, column) in out.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        let is_name = table.rows.first().and_then(|row| row.get(i)).is_some_and(|cell| cell.is_name);
        if is_name {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(12)));
        } else {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let text = out.to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Longer names are cut: Criterion's own are rarely a tenth of this, and one stranger's must not cost the table.
const LONGEST_NAME: usize = 160;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn color(emphasis: Emphasis) -> Option<Color> {
    match emphasis {
        Emphasis::Plain => None,
        Emphasis::Bad => Some(Color::Red),
        Emphasis::Good => Some(Color::Green),
        Emphasis::Doubtful => Some(Color::Yellow),
        Emphasis::Quiet => Some(Color::DarkGrey),
    }
}

/// One word in colour, where there is colour.
pub(super) fn paint(word: &str, emphasis: Emphasis, style: TerminalStyle) -> String {
    if !style.color {
        return word.to_owned();
    }
    let code = match emphasis {
        Emphasis::Plain => return word.to_owned(),
        Emphasis::Bad => "1;31",
        Emphasis::Good => "1;32",
        Emphasis::Doubtful => "1;33",
        Emphasis::Quiet => "2",
    };
    format!("\u{1b}[{code}m{word}\u{1b}[0m")
}
