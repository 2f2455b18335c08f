//! Comparisons to text: pure, and without a judgement of its own.
//!
//! A comparison becomes a [`Report`], the versioned JSON that is enough to render every other format. What is listed or
//! put side by side without a verdict becomes an [`Inventory`] or a [`MatrixReport`]. Each format escapes names for itself.

mod annotations;
mod audit;
mod changes;
mod chart;
mod comment;
mod conditions;
mod confirm;
mod csv;
mod doctor;
mod escape;
mod evidence;
mod explain;
mod fit;
mod from_model;
mod history;
mod inventory;
mod json;
mod junit;
mod markdown;
mod matrix;
mod number;
mod official;
mod plot;
mod refusal;
mod rivals;
mod schema;
mod series;
mod spread;
mod table;
mod terminal;
mod warnings;
mod wording;

pub use annotations::{Annotation, Level, annotations, runs_nothing};
pub use audit::AuditReport;
pub use changes::{AcceptedRow, ChangedRow, ChangesReport, CommitRow, DriftRow, EnvironmentChange, FindingRow};
pub use comment::{Leg, comment, failed_page, is_incomplete, outcome_of_legs, summary};
pub use conditions::{ConditionCheck, ConditionState, Conditions, machine};
pub use confirm::CannotConfirm;
pub use doctor::DoctorReport;
pub use escape::{markdown_text, visible, xml};
pub use explain::{Explanation, explain};
pub use history::{HistoryRow, history_csv, history_json_lines};
pub use inventory::{Inventory, InventoryBaseline, InventoryRow};
pub use json::{InvalidReport, parse_report, to_json};
pub use matrix::MatrixReport;
pub use official::{disagreements, failed_checks};
pub use rivals::{
    AloneRow, InvalidRivals, RatioRow, RefusalRow, RivalCounts, RivalName, RivalRow, RivalSide, RivalsContext,
    RivalsReport, Standing, parse_rivals,
};
pub use schema::{
    Action, Context, Environment, HistoryUsed, NotComparedRow, Outcome, Report, RevisionUsed, Row, Side, Unit, Verdict,
    WarningRow,
};
pub use series::{PointRow, SeriesChange, SeriesReport, SeriesRow};
pub use spread::{ExecutedRow, SpreadReport, SpreadRow, Summary as SpreadSummary, VerdictCounts};
pub use terminal::TerminalStyle;
pub use warnings::warning_text;
pub use wording::{headline, short};

/// How a report is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For people at a terminal.
    Terminal,
    /// For programs, and to render every other format later.
    Json,
    /// For pull requests and job summaries.
    Markdown,
    /// For spreadsheets: a line a benchmark.
    Csv,
    /// For CI systems that show tests: a test case a benchmark.
    Junit,
}

/// How values stand side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A column a run.
    Columns,
    /// A line a value, for more columns than a terminal has room for.
    List,
}

/// Which rows of a report are shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// What changed, what can't be told, what was not compared; the rest is counted.
    Notable,
    /// All.
    All,
}

/// Writes a report down.
#[must_use]
pub fn render(report: &Report, format: Format, rows: Rows, style: TerminalStyle) -> String {
    match format {
        Format::Terminal => terminal::report(report, rows, style),
        Format::Json => to_json(report),
        Format::Markdown => markdown::report(report, rows),
        Format::Csv => csv::report(report),
        Format::Junit => junit::report(report),
    }
}

/// Writes down what is listed; a JUnit file has no place for it.
#[must_use]
pub fn render_inventory(inventory: &Inventory, format: Format, rows: Rows, style: TerminalStyle) -> Option<String> {
    match format {
        Format::Terminal => Some(inventory.to_terminal(rows, style)),
        Format::Json => Some(to_json(inventory)),
        Format::Markdown => Some(inventory.to_markdown(rows)),
        Format::Csv => Some(inventory.to_csv()),
        Format::Junit => None,
    }
}

/// Writes down what stands side by side; a JUnit file has no place for it.
#[must_use]
pub fn render_matrix(matrix: &MatrixReport, format: Format, layout: Layout, style: TerminalStyle) -> Option<String> {
    match format {
        Format::Terminal => Some(matrix.to_terminal(layout, style)),
        Format::Json => Some(to_json(matrix)),
        Format::Markdown => Some(matrix.to_markdown(layout)),
        Format::Csv => Some(matrix.to_csv()),
        Format::Junit => None,
    }
}
