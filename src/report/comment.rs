//! What is read on a pull request: one page for one report or for all legs of a matrix, the verdict first, within a limit.

use std::collections::BTreeSet;

use super::chart::{Chart, LEGEND};
use super::escape::{markdown_code, markdown_own, markdown_text, name};
use super::fit::{List, Measure, Page};
use super::markdown::{mark, markdown_name};
use super::number::{Scale, change};
use super::schema::{NotComparedRow, Outcome, Report, Row};
use super::table::{Cell, Emphasis, Table};
use super::wording::{self, Group, count};

/// One leg of a matrix: what was measured on one system, with one toolchain, of one bench target.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// What it is called, where there are several.
    pub name: Option<String>,
    /// What came of it; `None` where nothing came.
    pub report: Option<Report>,
}

/// Rows of a group that are shown without a click, of all legs together.
const SHOWN_AT_ONCE: usize = 25;

/// Of each leg, however many there are.
const SHOWN_AT_ONCE_LEAST: usize = 5;

/// Names that stand behind a reason or a warning.
const NAMES_SHOWN: usize = 5;

/// Rows of what didn't change, or can't be told, in a comment: it is mailed to everybody.
const QUIET_ROWS: usize = 100;

/// Characters of a warning or hint: they may hold lists of names.
const LONGEST_SENTENCE: usize = 600;

/// What goes first where there is no room for all: the highest.
mod rank {
    pub(super) const VERDICT: u8 = 0;
    pub(super) const LEG: u8 = 1;
    pub(super) const SCOPE: u8 = 2;
    pub(super) const REGRESSIONS: u8 = 3;
    pub(super) const FOOT: u8 = 4;
    pub(super) const SUSPECTS: u8 = 5;
    pub(super) const CHANGES: u8 = 6;
    pub(super) const NOT_COMPARED: u8 = 7;
    pub(super) const MORE_CHANGES: u8 = 8;
    pub(super) const WARNINGS: u8 = 9;
    pub(super) const MORE_NOT_COMPARED: u8 = 10;
    pub(super) const INCONCLUSIVE: u8 = 11;
    pub(super) const NO_CHANGE: u8 = 12;
}

/// A comment on a pull request, as GitHub renders Markdown, of at most `limit` characters (Unicode scalar values): the verdict
/// in the first line, then what became slower, and so on to what didn't change.
///
/// What doesn't fit is left out by whole lines, the least important first, and counted. There must be room for the verdict:
/// a thousand characters are enough.
#[must_use]
pub fn comment(legs: &[Leg], limit: usize) -> String {
    page(legs, QUIET_ROWS).fit(limit, Measure::Chars)
}

/// The same page for a job's summary, of at most `limit` bytes.
#[must_use]
pub fn summary(legs: &[Leg], limit: usize) -> String {
    page(legs, usize::MAX).fit(limit, Measure::Bytes)
}

/// What follows from several legs: the worst of them. One that is missing, or in which nothing was compared, makes it
/// inconclusive at best.
#[must_use]
pub fn outcome_of_legs(legs: &[Leg]) -> Outcome {
    let outcomes: Vec<Outcome> = legs.iter().map(Leg::outcome).collect();
    if outcomes.contains(&Outcome::Regressed) {
        Outcome::Regressed
    } else if outcomes.iter().all(|outcome| *outcome == Outcome::NothingCompared) {
        Outcome::NothingCompared
    } else if outcomes.iter().all(|outcome| *outcome == Outcome::Pass) {
        Outcome::Pass
    } else {
        Outcome::Inconclusive
    }
}

/// Whether a leg is missing, or nothing was compared in it.
#[must_use]
pub fn is_incomplete(legs: &[Leg]) -> bool {
    legs.is_empty() || legs.iter().any(|leg| leg.outcome() == Outcome::NothingCompared)
}

impl Leg {
    /// A report by itself.
    #[must_use]
    pub fn only(report: Report) -> Leg {
        Leg { name: None, report: Some(report) }
    }

    fn outcome(&self) -> Outcome {
        self.report.as_ref().map_or(Outcome::NothingCompared, |report| report.outcome)
    }

    fn title(&self, number: usize) -> String {
        self.name.as_deref().map_or_else(|| format!("leg {number}"), markdown_name)
    }

    /// The word for what came of it, with its mark.
    fn verdict(&self) -> String {
        match &self.report {
            Some(report) => format!("{} {}", mark(report.outcome), wording::outcome(report.outcome)),
            None => "❗ MISSING".to_owned(),
        }
    }
}

fn page(legs: &[Leg], quiet_rows: usize) -> Page {
    let mut page = Page::default();
    if let [leg] = legs {
        let title = leg.name.as_deref().map_or_else(String::new, |name| format!(" {}:", markdown_name(name)));
        let Some(report) = &leg.report else {
            let word = wording::outcome(Outcome::NothingCompared);
            page.text(rank::VERDICT, format!("❗ **{word}**{title} no report came, which is not a pass\n"));
            return page;
        };
        let headline = markdown_text(&wording::headline(report));
        page.text(
            rank::VERDICT,
            format!("{} **{}**{title} {headline}\n", mark(report.outcome), wording::outcome(report.outcome)),
        );
        body(&mut page, report, SHOWN_AT_ONCE, quiet_rows);
        return page;
    }
    let outcome = outcome_of_legs(legs);
    let reports: Vec<Option<&Report>> = legs.iter().map(|leg| leg.report.as_ref()).collect();
    let headline = markdown_text(&wording::headline_of_legs(&reports));
    let is_missing = legs.iter().any(|leg| leg.report.is_none());
    let word = if is_missing && outcome == Outcome::Inconclusive { "INCOMPLETE" } else { wording::outcome(outcome) };
    page.text(rank::VERDICT, format!("{} **{word}** {headline}\n", mark(outcome)));
    let mut order: Vec<(usize, &Leg)> = legs.iter().enumerate().map(|(i, leg)| (i + 1, leg)).collect();
    order.sort_by_key(|(_, leg)| match leg.outcome() {
        Outcome::Regressed => 0,
        Outcome::NothingCompared => 1,
        Outcome::Inconclusive => 2,
        Outcome::Pass => 3,
    });
    let table = table_of_legs(&order);
    page.list(rank::LEG, table_list(String::new(), &table));
    let at_once = (SHOWN_AT_ONCE / legs.len().max(1)).max(SHOWN_AT_ONCE_LEAST);
    for (number, leg) in order {
        let title = leg.title(number);
        match &leg.report {
            Some(report) => {
                let headline = markdown_text(&wording::headline(report));
                page.chapter(rank::SCOPE, format!("\n### {title}: {}\n\n{headline}\n", leg.verdict()));
                body(&mut page, report, at_once, quiet_rows / legs.len());
            }
            None => page.chapter(
                rank::SCOPE,
                format!("\n### {title}: {}\n\nno report came, which is not a pass\n", leg.verdict()),
            ),
        }
    }
    page
}

fn table_of_legs(legs: &[(usize, &Leg)]) -> Table {
    let mut table = Table::default()
        .text_column("leg")
        .text_column("outcome")
        .number_column("compared")
        .number_column("regressions")
        .number_column("suspects")
        .number_column("improvements")
        .number_column("the worst");
    for (number, leg) in legs {
        let title = leg.name.as_deref().map_or_else(|| Cell::plain(format!("leg {number}")), |n| Cell::name(name(n)));
        let mut cells = vec![title, Cell::plain(unbroken(&leg.verdict()))];
        match &leg.report {
            Some(report) => {
                let counts = &report.counts;
                cells.extend([
                    Cell::plain(format!("{} of {}", counts.compared, counts.benchmarks)),
                    Cell::plain((counts.regressions - counts.tolerated).to_string()),
                    Cell::plain(counts.suspected.to_string()),
                    Cell::plain(counts.improvements.to_string()),
                    Cell::plain(unbroken(&wording::worst_change(report).unwrap_or_default())),
                ]);
            }
            None => cells.extend(["none", "?", "?", "?", ""].map(Cell::plain)),
        }
        table.rows.push(cells);
    }
    table
}

/// All of a report but its verdict.
fn body(page: &mut Page, report: &Report, at_once: usize, quiet_rows: usize) {
    if let Some(shift) = wording::shift(report) {
        page.text(rank::SCOPE, format!("\n**{}**\n", markdown_text(&shift)));
    }
    page.text(rank::SCOPE, format!("\n{}\n", wording::scope(report, &markdown_name)));
    if report.outcome == Outcome::NothingCompared {
        // They say why.
        warnings(page, rank::REGRESSIONS, report, false);
    }
    let rows = Rows::new(report);
    for kind in Group::ALL {
        let group = rows.of(kind);
        match kind {
            Group::Regressions => changes(page, rank::REGRESSIONS, &rows, kind, &group, at_once),
            Group::Suspects => changes(page, rank::SUSPECTS, &rows, kind, &group, at_once),
            Group::Tolerated | Group::Improvements => changes(page, rank::CHANGES, &rows, kind, &group, at_once),
            Group::Inconclusive | Group::NoChange => {}
        }
    }
    not_compared(page, report);
    for (kind, rank) in [(Group::Inconclusive, rank::INCONCLUSIVE), (Group::NoChange, rank::NO_CHANGE)] {
        let group = rows.of(kind);
        let shown = &group[..group.len().min(quiet_rows)];
        let title = wording::group(group.len(), kind);
        let mut list = folded_table(&title, &rows.table(shown, None));
        if shown.len() != group.len() {
            list.close = "\nthe rest is in the job summary, and in the report\n\n</details>\n";
        }
        page.list(rank, list);
    }
    if report.outcome != Outcome::NothingCompared {
        warnings(page, rank::WARNINGS, report, true);
    }
    foot(page, report);
}

/// A group's rows: the first ones at once, the rest at a click.
fn changes(page: &mut Page, rank: u8, rows: &Rows<'_>, kind: Group, group: &[&Row], at_once: usize) {
    let chart = Chart::new(group);
    let (first, rest) = group.split_at(group.len().min(at_once));
    let title = format!("\n**{}**\n", markdown_text(&wording::group(group.len(), kind)));
    page.list(rank, table_list(title, &rows.table(first, Some(chart))));
    let title = format!("{} more: {}", rest.len(), wording::group(group.len(), kind));
    page.list(rank::MORE_CHANGES, folded_table(&title, &rows.table(rest, Some(chart))));
}

/// A report's rows, with what has to be known of all of them to show one.
struct Rows<'a> {
    sorted: Vec<&'a Row>,
    repeated_ids: BTreeSet<&'a str>,
    threshold: f64,
}

impl<'a> Rows<'a> {
    fn new(report: &'a Report) -> Rows<'a> {
        let mut sorted: Vec<&Row> = report.benchmarks.iter().collect();
        let size = |row: &Row| row.change.estimate.ln_1p().abs();
        sorted.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.directory.cmp(&b.directory)));
        let mut seen = BTreeSet::new();
        let repeated_ids = report.benchmarks.iter().map(|row| row.id.as_str()).filter(|id| !seen.insert(*id)).collect();
        Rows { sorted, repeated_ids, threshold: report.policy.threshold_percent / 100.0 }
    }

    fn of(&self, kind: Group) -> Vec<&'a Row> {
        self.sorted.iter().copied().filter(|row| Group::of(row) == kind).collect()
    }

    fn table(&self, rows: &[&Row], chart: Option<Chart>) -> Table {
        let mut table = Table::default().text_column("benchmark").number_column("change").number_column("interval");
        table = if chart.is_some() { table.text_column(LEGEND) } else { table.number_column("could show") };
        table = table.number_column("baseline").number_column("candidate");
        for row in rows {
            let mut remarks = wording::remarks(row, self.threshold);
            if self.repeated_ids.contains(row.id.as_str()) {
                remarks.insert(0, format!("in {}", name(&row.directory)));
            }
            let id = name(&row.id);
            let id = if remarks.is_empty() { id } else { format!("{id} ({})", remarks.join("; ")) };
            let emphasis = match Group::of(row) {
                Group::Regressions => Emphasis::Bad,
                Group::Improvements => Emphasis::Good,
                Group::Suspects | Group::Tolerated | Group::Inconclusive => Emphasis::Doubtful,
                Group::NoChange => Emphasis::Quiet,
            };
            let scale = Scale::new(&row.unit, &[row.baseline, row.candidate]);
            table.rows.push(vec![
                Cell::name(id),
                Cell::plain(unbroken(&change(row.change.estimate))).with(emphasis),
                Cell::plain(unbroken(&format!("{} … {}", change(row.change.lower), change(row.change.upper)))),
                chart.map_or_else(
                    || Cell::plain(unbroken(&super::evidence::could_show(row))),
                    |chart| Cell::drawing(chart.bar(row)),
                ),
                Cell::value(unbroken(&scale.value(row.baseline)), &row.unit),
                Cell::value(unbroken(&scale.value(row.candidate)), &row.unit),
            ]);
        }
        table
    }
}

/// With spaces at which no line is broken: a narrow column would part a number from its unit.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

fn not_compared(page: &mut Page, report: &Report) {
    let reasons = wording::reasons(report);
    let with_detail = |n: &&NotComparedRow| match &n.detail {
        Some(detail) => format!("{} ({})", markdown_name(&n.id), markdown_name(detail)),
        None => markdown_name(&n.id),
    };
    let mut rows = Vec::new();
    for (reason, benchmarks) in &reasons {
        let (words, hint) = wording::reason(*reason);
        let hint = hint.map_or_else(String::new, |hint| format!("<br>{}", markdown_own(hint)));
        let names = listed(benchmarks.iter().map(with_detail));
        rows.push(format!("- {} {}: {names}{hint}\n", benchmarks.len(), markdown_text(words)));
    }
    let title = format!("\n**{} of {} not compared**\n\n", report.counts.not_compared, report.counts.benchmarks);
    page.list(rank::NOT_COMPARED, List { open: title, rows, more: more_items, close: "" });
    let hidden = reasons.iter().filter(|(_, benchmarks)| benchmarks.len() > NAMES_SHOWN);
    for (reason, benchmarks) in hidden {
        let title = format!("all {} {}", benchmarks.len(), markdown_text(wording::reason(*reason).0));
        let rows = benchmarks.iter().map(|n| format!("- {}\n", with_detail(n))).collect();
        page.list(rank::MORE_NOT_COMPARED, folded(&title, "", rows, more_items));
    }
}

fn warnings(page: &mut Page, rank: u8, report: &Report, is_folded: bool) {
    let rows: Vec<String> = super::warnings::warning_groups(&report.warnings)
        .iter()
        .map(|group| {
            let subjects = listed(group.subjects.iter().map(|subject| markdown_name(subject)));
            let hint = group.hint.map_or_else(String::new, |hint| format!("<br>hint: {}", sentence(hint)));
            format!("- {}: {subjects}{hint}\n", sentence(&group.message))
        })
        .collect();
    let title = count(report.warnings.len(), "warning", "warnings");
    let list = if is_folded {
        folded(&title, "", rows, more_items)
    } else {
        List { open: format!("\n**{title}**\n\n"), rows, more: more_items, close: "" }
    };
    page.list(rank, list);
}

/// Where it comes from, what it could show, and what to do next.
fn foot(page: &mut Page, report: &Report) {
    if let Some([what, command, then]) = super::evidence::settle(report) {
        let (what, then) = (markdown_text(&what), markdown_own(&then));
        page.text(rank::FOOT, format!("\n{what}<br>{}<br>{then}\n", markdown_code(&command)));
    }
    let mut lines = super::evidence::evidence(report, &markdown_name);
    lines.push(wording::sides(report, &markdown_name));
    lines.push(wording::machines(report, &markdown_name));
    lines.push(format!("by regress {}", markdown_name(&report.tool)));
    page.text(rank::FOOT, format!("\n<sub>{}</sub>\n", lines.join("<br>")));
}

/// A sentence of a report's own, which is a stranger's if the report is.
fn sentence(text: &str) -> String {
    match text.char_indices().nth(LONGEST_SENTENCE) {
        Some((end, _)) => format!("{}…", markdown_code(&text[..end])),
        None => markdown_code(text),
    }
}

/// The first few of some names, and how many more there are.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let n_more = names.len().saturating_sub(NAMES_SHOWN);
    let mut shown: Vec<String> = names.take(NAMES_SHOWN).collect();
    if n_more > 0 {
        shown.push(format!("{n_more} more"));
    }
    shown.join(", ")
}

fn table_list(title: String, table: &Table) -> List {
    List {
        open: format!("{title}\n{}", table.markdown_head()),
        rows: table.markdown_rows(),
        more: more_rows,
        close: "",
    }
}

fn folded_table(title: &str, table: &Table) -> List {
    folded(&markdown_text(title), &table.markdown_head(), table.markdown_rows(), more_rows)
}

/// A list that opens at a click.
fn folded(title: &str, head: &str, rows: Vec<String>, more: fn(usize) -> String) -> List {
    List { open: format!("\n<details><summary>{title}</summary>\n\n{head}"), rows, more, close: "\n</details>\n" }
}

fn more_rows(n: usize) -> String {
    format!("\n… and {n} more\n")
}

fn more_items(n: usize) -> String {
    format!("- … and {n} more\n")
}

/// A job's summary where there is no report: what could not be done.
#[must_use]
pub fn failed_page(text: &str) -> String {
    format!("❗ **regress could not do its work**: {}\n\n", markdown_name(text))
}
