//! The benchmarks of history, and the series of one, told.

use serde::Serialize;

use super::changes::{CommitRow, Foreign, ends, range, tier};
use super::number::{Scale, change};
use super::plot::plot;
use super::schema::Unit;
use super::table::{Cell, Table};
use super::wording::count;
use super::{Format, Rows, TerminalStyle, escape, terminal};
use crate::stats::ChangePoint;

/// Points of a series that are shown when not all are asked for.
const SHOWN: usize = 20;

/// How wide a drawing is where nothing says how wide it may be.
const WIDTH: u16 = 80;

/// Series of history. `schema/series.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesReport {
    schema: &'static str,
    version: u32,
    /// Where history is kept.
    pub store: String,
    /// Runs that were looked through.
    pub runs: usize,
    /// `commits` where git says which came before which, else `time`.
    pub order: &'static str,
    /// The smallest change that is told, in percent.
    pub threshold_percent: f64,
    /// A series for each benchmark and environment.
    pub series: Vec<SeriesRow>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// The executions of one benchmark in one environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesRow {
    /// What people see.
    pub id: String,
    /// Its folder below what was read.
    pub directory: String,
    /// What the values count.
    pub unit: Unit,
    /// The machine's key.
    pub environment: String,
    /// The processor's model, where known.
    pub cpu: Option<String>,
    /// How many executions.
    pub executions: usize,
    /// How many runs they are of.
    pub runs: usize,
    /// Its last revision.
    pub latest: CommitRow,
    /// Its last execution, per iteration.
    pub value: f64,
    /// Where its level changed.
    pub changes: Vec<SeriesChange>,
    /// Its executions in their order; only where one benchmark is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<PointRow>>,
}

/// A change of a series' level, as fractions: new/old − 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesChange {
    /// The place of the first execution of the new level.
    pub index: usize,
    /// The revision of that execution.
    pub at: CommitRow,
    /// `confirmed`, or `suspected` until later runs say that it stays.
    pub tier: &'static str,
    /// By how much.
    pub change: f64,
    /// The interval's lower end; null where there are too few runs for one.
    pub lower: Option<f64>,
    /// Its upper end.
    pub upper: Option<f64>,
}

/// One execution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PointRow {
    /// Of which revision.
    pub commit: CommitRow,
    /// On which branch it was measured.
    pub branch: Option<String>,
    /// The iterations-weighted median per iteration.
    pub value: f64,
    /// The lower end of its interval of 95 %, from the spread inside its process.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

impl SeriesChange {
    /// A change at `at`.
    #[must_use]
    pub fn new(found: &ChangePoint, at: CommitRow) -> SeriesChange {
        let [lower, upper] = ends(found.interval);
        SeriesChange { index: found.index, at, tier: tier(found.tier), change: found.log_ratio.exp_m1(), lower, upper }
    }

    fn line(&self, foreign: Foreign<'_>) -> String {
        let sure = if self.tier == "suspected" { ", suspected" } else { "" };
        format!("{} ({}){sure} at {}", change(self.change), range(self.lower, self.upper), self.at.named(foreign))
    }
}

impl PointRow {
    /// An execution with its location and the standard error of its logarithm.
    #[must_use]
    pub fn new(commit: CommitRow, branch: Option<&str>, value: f64, standard_error: f64) -> PointRow {
        let reach = value.abs() * (1.96 * standard_error.max(0.0)).exp_m1();
        let branch = branch.map(str::to_owned);
        PointRow { commit, branch, value, lower: value - reach, upper: value + reach }
    }
}

impl SeriesReport {
    /// What was found in `runs` runs of a store.
    #[must_use]
    pub fn new(
        store: &str,
        runs: usize,
        is_by_commit: bool,
        threshold_percent: f64,
        series: Vec<SeriesRow>,
    ) -> SeriesReport {
        SeriesReport {
            schema: "criterion-regress/series",
            version: 1,
            store: store.to_owned(),
            runs,
            order: if is_by_commit { "commits" } else { "time" },
            threshold_percent,
            series,
            notes: Vec::new(),
        }
    }

    /// In one of the formats; a JUnit file has no place for it.
    #[must_use]
    pub fn render(&self, format: Format, rows: Rows, is_drawn: bool, style: TerminalStyle) -> Option<String> {
        let is_one = self.series.iter().any(|series| series.points.is_some());
        match format {
            Format::Json => Some(super::to_json(self)),
            Format::Csv if is_one => Some(self.points_csv()),
            Format::Csv => Some(self.list_csv()),
            Format::Junit => None,
            Format::Terminal if is_one => Some(self.one_terminal(rows, is_drawn, style)),
            Format::Terminal => Some(format!(
                "{}\n\n{}\n{}",
                self.headline(&escape::visible),
                terminal::render(&self.list(), style),
                self.notes_text()
            )),
            Format::Markdown if is_one => Some(self.one_markdown(rows, is_drawn)),
            Format::Markdown => Some(format!(
                "**{}**\n\n{}{}",
                self.headline(&escape::markdown_code),
                self.list().to_markdown(),
                self.notes_markdown()
            )),
        }
    }

    /// One picture of each series.
    #[must_use]
    pub fn drawn(&self, style: TerminalStyle) -> String {
        let pictures: Vec<String> = self
            .series
            .iter()
            .map(|series| format!("{}\n{}", series.title(&escape::visible), series.picture(style)))
            .collect();
        format!("{}{}", pictures.join("\n"), self.notes_text())
    }

    fn headline(&self, foreign: Foreign<'_>) -> String {
        format!(
            "{} in {} of {}",
            count(self.series.len(), "series", "series"),
            count(self.runs, "run", "runs"),
            foreign(&self.store)
        )
    }

    fn notes_text(&self) -> String {
        self.notes.iter().map(|note| format!("\nnote: {}\n", escape::visible(note))).collect()
    }

    fn notes_markdown(&self) -> String {
        self.notes.iter().map(|note| format!("\n<sub>{}</sub>\n", escape::markdown_text(note))).collect()
    }

    fn list(&self) -> Table {
        let has_several = self.series.iter().any(|series| series.environment != self.series[0].environment);
        let mut table = Table::default()
            .text_column("benchmark")
            .number_column("latest")
            .text_column("at")
            .number_column("runs")
            .number_column("changes")
            .text_column("last change");
        if has_several {
            table = table.text_column("machine");
        }
        for series in &self.series {
            let scale = Scale::new(&series.unit, &[series.value]);
            let mut cells = vec![
                Cell::name(escape::name(&series.id)),
                Cell::value(scale.value(series.value), &series.unit),
                Cell::drawing(series.latest.named(&escape::visible)),
                Cell::plain(series.runs.to_string()),
                Cell::plain(series.changes.len().to_string()),
                Cell::drawing(series.changes.last().map(|change| change.line(&escape::visible)).unwrap_or_default()),
            ];
            if has_several {
                cells.push(Cell::drawing(series.cpu.clone().unwrap_or_else(|| series.environment.clone())));
            }
            table.rows.push(cells);
        }
        table
    }

    fn one_terminal(&self, rows: Rows, is_drawn: bool, style: TerminalStyle) -> String {
        let mut out = String::new();
        for series in &self.series {
            out.push_str(&format!("{}\n", series.title(&escape::visible)));
            if is_drawn {
                out.push_str(&series.picture(style));
            }
            for change in &series.changes {
                out.push_str(&format!("  {}\n", change.line(&escape::visible)));
            }
            let (table, hidden) = series.table(rows);
            out.extend(hidden.map(|hidden| format!("\n{hidden}")));
            out.push_str(&format!("\n{}\n\n", terminal::render(&table, style)));
        }
        format!("{}{}", out.trim_end_matches('\n').to_owned() + "\n", self.notes_text())
    }

    fn one_markdown(&self, rows: Rows, is_drawn: bool) -> String {
        let mut out = String::new();
        for series in &self.series {
            out.push_str(&format!("**{}**\n\n", series.title(&escape::markdown_code)));
            if is_drawn {
                let plain = TerminalStyle { width: None, color: false };
                out.push_str(&format!("```text\n{}```\n\n", series.picture(plain)));
            }
            for change in &series.changes {
                out.push_str(&format!("* {}\n", change.line(&escape::markdown_code)));
            }
            let (table, hidden) = series.table(rows);
            out.push_str(&format!("\n{}\n", table.to_markdown()));
            out.extend(hidden.map(|hidden| format!("{}\n\n", escape::markdown_text(&hidden))));
        }
        format!("{out}{}", self.notes_markdown())
    }

    fn list_csv(&self) -> String {
        let mut table = Table::default();
        for title in
            ["id", "directory", "unit", "environment", "revision", "at", "value", "runs", "executions", "changes"]
        {
            table = table.text_column(title);
        }
        for series in &self.series {
            table.rows.push(vec![
                Cell::plain(series.id.clone()),
                Cell::plain(series.directory.clone()),
                Cell::plain(series.unit.name.clone()),
                Cell::plain(series.environment.clone()),
                Cell::plain(series.latest.revision.clone()),
                Cell::plain(series.latest.at.clone().unwrap_or_default()),
                Cell::plain(series.value.to_string()),
                Cell::plain(series.runs.to_string()),
                Cell::plain(series.executions.to_string()),
                Cell::plain(series.changes.len().to_string()),
            ]);
        }
        table.to_numeric_csv(&[6])
    }

    fn points_csv(&self) -> String {
        let mut table = Table::default();
        for title in
            ["id", "directory", "unit", "environment", "revision", "at", "branch", "value", "lower", "upper", "change"]
        {
            table = table.text_column(title);
        }
        for series in &self.series {
            for (i, point) in series.points.iter().flatten().enumerate() {
                let change = series.changes.iter().find(|change| change.index == i);
                table.rows.push(vec![
                    Cell::plain(series.id.clone()),
                    Cell::plain(series.directory.clone()),
                    Cell::plain(series.unit.name.clone()),
                    Cell::plain(series.environment.clone()),
                    Cell::plain(point.commit.revision.clone()),
                    Cell::plain(point.commit.at.clone().unwrap_or_default()),
                    Cell::plain(point.branch.clone().unwrap_or_default()),
                    Cell::plain(point.value.to_string()),
                    Cell::plain(point.lower.to_string()),
                    Cell::plain(point.upper.to_string()),
                    Cell::plain(change.map(|change| change.change.to_string()).unwrap_or_default()),
                ]);
            }
        }
        table.to_numeric_csv(&[7, 8, 9, 10])
    }
}

impl SeriesRow {
    fn title(&self, foreign: Foreign<'_>) -> String {
        let machine = self.cpu.clone().unwrap_or_else(|| self.environment.clone());
        format!(
            "{}: {} of {} on {}",
            foreign(&escape::name(&self.id)),
            count(self.executions, "execution", "executions"),
            count(self.runs, "run", "runs"),
            foreign(&machine)
        )
    }

    fn picture(&self, style: TerminalStyle) -> String {
        let points = self.points.as_deref().unwrap_or_default();
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        let scale = Scale::new(&self.unit, &values);
        let marks: Vec<usize> = self.changes.iter().map(|change| change.index).collect();
        let ends =
            [points.first(), points.last()].map(|p| p.map(|p| p.commit.named(&escape::visible)).unwrap_or_default());
        let width = usize::from(style.width.unwrap_or(WIDTH)).saturating_sub(1);
        escape_lines(&plot(&values, &marks, width, &|value| scale.value(value), &ends))
    }

    fn table(&self, rows: Rows) -> (Table, Option<String>) {
        let points = self.points.as_deref().unwrap_or_default();
        let skipped = if rows == Rows::All { 0 } else { points.len().saturating_sub(SHOWN) };
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        let scale = Scale::new(&self.unit, &values);
        let mut table = Table::default()
            .text_column("revision")
            .text_column("branch")
            .number_column("value")
            .number_column("interval")
            .text_column("change");
        for (i, point) in points.iter().enumerate().skip(skipped) {
            let change = self.changes.iter().find(|change| change.index == i);
            table.rows.push(vec![
                Cell::drawing(point.commit.named(&escape::visible)),
                Cell::drawing(point.branch.clone().unwrap_or_default()),
                Cell::value(scale.value(point.value), &self.unit),
                Cell::value(format!("{} … {}", scale.value(point.lower), scale.value(point.upper)), &self.unit),
                Cell::plain(change.map(|c| super::number::change(c.change)).unwrap_or_default()),
            ]);
        }
        (
            table,
            (skipped > 0)
                .then(|| format!("{} before these (--all lists them)", count(skipped, "execution", "executions"))),
        )
    }
}

/// Names of revisions are strangers' words.
fn escape_lines(picture: &str) -> String {
    picture.lines().map(|line| escape::visible(line) + "\n").collect()
}
