//! History as rows: an execution a line.

use serde::Serialize;

use super::escape::spreadsheet;

/// One execution of history. `schema/history.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryRow {
    /// The run's key.
    pub run: String,
    /// The revision of the code.
    pub revision: String,
    /// Its branch.
    pub branch: Option<String>,
    /// When the revision was made, RFC 3339.
    pub committed_at: Option<String>,
    /// When the execution's results were written, RFC 3339.
    pub measured_at: Option<String>,
    /// The machine's key.
    pub environment: String,
    /// The processor's model.
    pub cpu: Option<String>,
    /// The compiler.
    pub rustc: Option<String>,
    /// What people see of the benchmark.
    pub id: String,
    /// Its folder below what was read.
    pub directory: String,
    /// What the values count; empty where no file says.
    pub unit: String,
    /// Work per iteration, as in `10 elements`.
    pub throughput: Option<String>,
    /// Iterations-weighted median per iteration.
    pub typical: f64,
    /// Median per iteration.
    pub median: f64,
    /// Lower quartile per iteration.
    pub lower_quartile: f64,
    /// Smallest measurement per iteration.
    pub minimum: f64,
    /// Mean per iteration.
    pub mean: f64,
    /// Standard deviation of the values per iteration.
    pub standard_deviation: f64,
    /// Relative standard error of `typical` from the spread inside the execution.
    pub standard_error: f64,
    /// How many measurements there were; 0 where not known.
    pub measurements: usize,
    /// `linear`, `flat` or `unknown`.
    pub sampling: &'static str,
    /// `sample`, `estimates`, `change` or `quick`.
    pub evidence: &'static str,
}

/// Rows as JSON, one a line.
#[must_use]
pub fn history_json_lines(rows: &[HistoryRow]) -> String {
    let line = |row| serde_json::to_string(row).expect("strings and numbers have a JSON text") + "\n";
    rows.iter().map(line).collect()
}

/// Rows as CSV, below a header where it is wanted.
#[must_use]
pub fn history_csv(rows: &[HistoryRow], has_header: bool) -> String {
    let mut writer = csv::WriterBuilder::new().has_headers(has_header).from_writer(Vec::new());
    for row in rows {
        let text = |text: &Option<String>| text.as_deref().map(spreadsheet);
        let escaped = HistoryRow {
            revision: spreadsheet(&row.revision),
            branch: text(&row.branch),
            cpu: text(&row.cpu),
            rustc: text(&row.rustc),
            id: spreadsheet(&row.id),
            directory: spreadsheet(&row.directory),
            unit: spreadsheet(&row.unit),
            throughput: text(&row.throughput),
            ..row.clone()
        };
        writer.serialize(escaped).expect("a vector takes every record");
    }
    let bytes = writer.into_inner().expect("a vector takes every record");
    String::from_utf8(bytes).expect("what is text stays text")
}
