//! What an audit found, told.

use serde::Serialize;

use super::number::percent;
use super::schema::WarningRow;
use super::table::{Cell, Emphasis, Table};
use super::wording::count;
use super::{Format, Rows, TerminalStyle, escape, markdown, terminal};
use crate::calibration::{Audit, AuditRule, AuditedRule};
use crate::compare::Policy;
use crate::model::Warning;

/// Benchmarks that are shown when not all are asked for: those that need the largest thresholds.
const BENCHMARKS_SHOWN: usize = 20;

/// How often each rule would have been wrong on runs of the same code. `schema/audit.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditReport {
    schema: &'static str,
    version: u32,
    /// Runs that were given.
    pub runs: usize,
    /// The threshold of our own rules, as a percentage.
    pub threshold_percent: f64,
    /// The rules.
    pub rules: Vec<RuleRow>,
    /// The benchmarks, the one that needs the largest threshold first.
    pub benchmarks: Vec<BenchmarkRow>,
    /// What the reader should know.
    pub warnings: Vec<WarningRow>,
}

/// How often one rule was wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleRow {
    /// Which rule, in words.
    pub rule: String,
    /// Comparisons of whole suites.
    pub comparisons: usize,
    /// Of those, the ones that would have been red.
    pub red: usize,
    /// Comparisons of single benchmarks.
    pub benchmarks: usize,
    /// Called slower, falsely.
    pub slower: usize,
    /// Called faster, falsely.
    pub faster: usize,
    /// Said not to be told.
    pub untold: usize,
}

/// How far one benchmark's runs lie apart. Changes are fractions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchmarkRow {
    /// What people see.
    pub id: String,
    /// Where it lies below what was read.
    pub directory: String,
    /// Runs that have it.
    pub runs: usize,
    /// Half of the changes between neighbouring runs were larger.
    pub typical_change: f64,
    /// The largest change between neighbouring runs.
    pub largest_change: f64,
    /// What identical code exceeds in one of a hundred comparisons of single executions.
    pub threshold: Option<f64>,
}

impl AuditReport {
    /// Writes an audit down.
    #[must_use]
    pub fn new(audit: &Audit, policy: &Policy, warnings: &[Warning]) -> AuditReport {
        let mut benchmarks: Vec<BenchmarkRow> = audit
            .benchmarks
            .iter()
            .map(|b| BenchmarkRow {
                id: b.id.as_str().to_owned(),
                directory: b.id.path(),
                runs: b.n_runs,
                typical_change: b.typical_change,
                largest_change: b.largest_change,
                threshold: b.threshold,
            })
            .collect();
        let size = |row: &BenchmarkRow| row.threshold.unwrap_or(row.largest_change);
        benchmarks.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.directory.cmp(&b.directory)));
        let threshold = policy.threshold.percent();
        AuditReport {
            schema: "criterion-regress/audit",
            version: 1,
            runs: audit.n_runs,
            threshold_percent: threshold,
            rules: audit.rules.iter().map(|rule| rule_row(rule, threshold)).collect(),
            benchmarks,
            warnings: warnings.iter().map(WarningRow::from).collect(),
        }
    }

    fn headline(&self) -> String {
        format!(
            "{} of the same code: whatever a rule calls slower or faster is a false alarm",
            count(self.runs, "run", "runs")
        )
    }

    fn rules_table(&self) -> Table {
        let mut table = Table::default()
            .text_column("rule")
            .number_column("comparisons")
            .number_column("red")
            .number_column("benchmarks")
            .number_column("slower")
            .number_column("faster")
            .number_column("can't tell");
        for row in &self.rules {
            let share = |n: usize, of: usize| match of {
                0 => "–".to_owned(),
                of => format!("{n} ({})", percent(n as f64 / of as f64)),
            };
            let emphasis = if row.red == 0 { Emphasis::Good } else { Emphasis::Bad };
            table.rows.push(vec![
                Cell::plain(row.rule.clone()),
                Cell::plain(row.comparisons.to_string()),
                Cell::plain(share(row.red, row.comparisons)).with(emphasis),
                Cell::plain(row.benchmarks.to_string()),
                Cell::plain(share(row.slower, row.benchmarks)),
                Cell::plain(share(row.faster, row.benchmarks)),
                Cell::plain(share(row.untold, row.benchmarks)),
            ]);
        }
        table
    }

    fn benchmarks_table(&self, rows: Rows) -> Table {
        let mut table = Table::default()
            .text_column("benchmark")
            .number_column("runs")
            .number_column("usual change")
            .number_column("largest")
            .number_column("threshold");
        let n_shown = if rows == Rows::All { self.benchmarks.len() } else { BENCHMARKS_SHOWN };
        for row in self.benchmarks.iter().take(n_shown) {
            table.rows.push(vec![
                Cell::name(row.id.clone()),
                Cell::plain(row.runs.to_string()),
                Cell::plain(percent(row.typical_change)),
                Cell::plain(percent(row.largest_change)),
                Cell::plain(row.threshold.map_or_else(|| "?".to_owned(), percent)),
            ]);
        }
        table
    }

    /// What the numbers are, and what to do with them.
    fn notes(&self, rows: Rows) -> Vec<String> {
        let mut notes = Vec::new();
        let n_hidden = self.benchmarks.len().saturating_sub(BENCHMARKS_SHOWN);
        if rows == Rows::Notable && n_hidden > 0 {
            notes.push(format!("{n_hidden} more benchmarks with smaller thresholds (--all lists them)"));
        }
        notes.push(
            "red: comparisons of a whole suite with at least one benchmark called slower; usual change: half of the changes between \
             neighbours are larger"
                .to_owned(),
        );
        notes.push(
            "threshold: the change that identical code exceeds in 1 of 100 comparisons of two single executions; with a smaller one, \
             expect \"can't tell\" of this benchmark, or take several executions a side"
                .to_owned(),
        );
        notes.push(
            "a rule that never says \"can't tell\" calls what it can't see unchanged; few comparisons say little about a rare alarm"
                .to_owned(),
        );
        notes
    }

    /// In one of the formats; a JUnit file has no place for it.
    #[must_use]
    pub fn render(&self, format: Format, rows: Rows, style: TerminalStyle) -> Option<String> {
        match format {
            Format::Terminal => {
                let tables = [self.rules_table(), self.benchmarks_table(rows)].map(|t| terminal::render(&t, style));
                let notes = self.notes(rows).join("\n");
                let warnings = terminal::warnings(&self.warnings, rows);
                Some(format!("{}\n\n{}\n\n{}\n\n{notes}\n{warnings}", self.headline(), tables[0], tables[1]))
            }
            Format::Markdown => {
                let notes: Vec<String> = self.notes(rows).iter().map(|note| escape::markdown_text(note)).collect();
                Some(format!(
                    "{}\n\n{}\n{}\n<sub>{}</sub>\n{}",
                    escape::markdown_text(&self.headline()),
                    self.rules_table().to_markdown(),
                    self.benchmarks_table(rows).to_markdown(),
                    notes.join("<br>"),
                    markdown::warnings(&self.warnings, rows)
                ))
            }
            Format::Json => Some(super::to_json(self)),
            Format::Csv => Some(self.to_csv()),
            Format::Junit => None,
        }
    }

    /// The benchmarks, a line each.
    fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |record: [String; 6]| writer.write_record(record).expect("a vector takes every record");
        write(["id", "directory", "runs", "typical_change", "largest_change", "threshold"].map(str::to_owned));
        for row in &self.benchmarks {
            write([
                escape::spreadsheet(&row.id),
                escape::spreadsheet(&row.directory),
                row.runs.to_string(),
                row.typical_change.to_string(),
                row.largest_change.to_string(),
                row.threshold.map(|t| t.to_string()).unwrap_or_default(),
            ]);
        }
        let bytes = writer.into_inner().expect("a vector takes every flush");
        String::from_utf8(bytes).expect("only text was written")
    }
}

fn rule_row(audited: &AuditedRule, threshold: f64) -> RuleRow {
    let threshold = percent(threshold / 100.0);
    RuleRow {
        rule: match audited.rule {
            AuditRule::Criterion => "Criterion's own".to_owned(),
            AuditRule::Plain(plain) => format!("more than {} slower", percent(plain.percent() / 100.0)),
            AuditRule::OneExecution => format!("regress, {threshold}, one execution a side"),
            AuditRule::Confirmed => format!("regress, {threshold}, confirmed by the next two runs"),
            AuditRule::History => format!("regress, {threshold}, against the runs before"),
            AuditRule::Several(n) => format!("regress, {threshold}, {n} executions a side"),
        },
        comparisons: audited.n_suites,
        red: audited.n_red,
        benchmarks: audited.n_benchmarks,
        slower: audited.n_slower,
        faster: audited.n_faster,
        untold: audited.n_untold,
    }
}
