//! What there is, without a comparison.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::from_model::timestamp;
use super::number::{Scale, rate};
use super::schema::{Throughput, Unit, WarningRow};
use super::table::{Cell, Emphasis, Table};
use super::wording::{self, count};
use super::{Rows, TerminalStyle, markdown, terminal};
use crate::model::{BenchmarkId, Entry, Evidence, Execution, SamplingMode, Warning};

/// What lies below a folder. `schema/list.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inventory {
    schema: &'static str,
    version: u32,
    /// Where it was read.
    pub source: String,
    /// Benchmarks by folder.
    pub benchmarks: Vec<InventoryRow>,
    /// What the reader should know.
    pub warnings: Vec<WarningRow>,
}

/// One benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InventoryRow {
    /// What people see.
    pub id: String,
    /// Where it lies below what was read.
    pub directory: String,
    /// Its baselines, by name.
    pub baselines: Vec<InventoryBaseline>,
}

/// One result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InventoryBaseline {
    /// The baseline's name.
    pub name: String,
    /// Per iteration, in `unit`.
    pub typical: f64,
    /// Smallest measurement per iteration.
    pub minimum: f64,
    /// Relative standard error from the spread inside the execution.
    pub standard_error: f64,
    /// What the values count.
    pub unit: Unit,
    /// Work per iteration.
    pub throughput: Option<Throughput>,
    /// `linear`, `flat` or `unknown`.
    pub sampling: &'static str,
    /// How many measurements; 0 where not known.
    pub measurements: usize,
    /// Whether it is a `--quick` result: an effect, not a test.
    pub quick: bool,
    /// When it was written, RFC 3339, if anything says.
    pub measured_at: Option<String>,
    /// Seconds since then; negative for a time in the future.
    pub age_seconds: Option<i64>,
}

impl Inventory {
    /// Lists results by benchmark, as of `now`.
    #[must_use]
    pub fn new<'a>(
        source: &str,
        by_benchmark: impl IntoIterator<Item = (&'a BenchmarkId, Vec<&'a Entry<Execution>>)>,
        warnings: &[Warning],
        now: SystemTime,
    ) -> Inventory {
        let benchmarks = by_benchmark
            .into_iter()
            .map(|(id, entries)| InventoryRow {
                id: id.as_str().to_owned(),
                directory: id.path(),
                baselines: entries.into_iter().map(|entry| baseline(entry, now)).collect(),
            })
            .collect();
        Inventory {
            schema: "criterion-regress/list",
            version: 1,
            source: source.to_owned(),
            benchmarks,
            warnings: warnings.iter().map(WarningRow::from).collect(),
        }
    }

    pub(super) fn table(&self) -> Table {
        let mut table = Table::default()
            .text_column("benchmark")
            .text_column("baselines")
            .number_column("time")
            .number_column("throughput")
            .number_column("age")
            .text_column("sampling")
            .number_column("samples");
        for row in &self.benchmarks {
            let names: Vec<&str> = row.baselines.iter().map(|b| b.name.as_str()).collect();
            let mut cells = vec![Cell::name(row.id.clone()), Cell::plain(names.join(" "))];
            if let Some(shown) = row.baselines.iter().find(|b| b.name == "new").or(row.baselines.last()) {
                let scale = Scale::new(&shown.unit, &[shown.typical]);
                let rate = rate(shown.throughput.as_ref(), shown.typical, &shown.unit).unwrap_or_default();
                let sampling = if shown.quick { "quick" } else { shown.sampling };
                let samples = if shown.measurements == 0 { "?".to_owned() } else { shown.measurements.to_string() };
                cells.extend([
                    Cell::plain(scale.value(shown.typical)),
                    Cell::plain(rate),
                    Cell::plain(shown.age_seconds.map(age).unwrap_or_default()),
                    Cell::plain(sampling).with(if shown.quick { Emphasis::Doubtful } else { Emphasis::Plain }),
                    Cell::plain(samples),
                ]);
            }
            table.rows.push(cells);
        }
        table
    }

    pub(super) fn to_terminal(&self, rows: Rows, style: TerminalStyle) -> String {
        let n_results: usize = self.benchmarks.iter().map(|row| row.baselines.len()).sum();
        let mut out = format!(
            "{} with {} in {}\n",
            count(self.benchmarks.len(), "benchmark", "benchmarks"),
            count(n_results, "result", "results"),
            super::escape::visible(&self.source)
        );
        if !self.benchmarks.is_empty() {
            out.push_str(&format!("\n{}\n", terminal::render(&self.table(), style)));
        }
        out.push_str(&terminal::warnings(&self.warnings, rows));
        out
    }

    /// A line a result, in plain numbers.
    pub(super) fn to_csv(&self) -> String {
        let columns = [
            "id",
            "directory",
            "baseline",
            "typical",
            "minimum",
            "standard_error",
            "unit",
            "sampling",
            "measurements",
            "quick",
            "measured_at",
        ];
        let mut table = columns.into_iter().fold(Table::default(), Table::text_column);
        for row in &self.benchmarks {
            table.rows.extend(row.baselines.iter().map(|result| {
                let cells = [
                    row.id.clone(),
                    row.directory.clone(),
                    result.name.clone(),
                    result.typical.to_string(),
                    result.minimum.to_string(),
                    result.standard_error.to_string(),
                    result.unit.name.clone(),
                    result.sampling.to_owned(),
                    result.measurements.to_string(),
                    result.quick.to_string(),
                    result.measured_at.clone().unwrap_or_default(),
                ];
                cells.map(Cell::plain).to_vec()
            }));
        }
        table.to_csv()
    }

    pub(super) fn to_markdown(&self, rows: Rows) -> String {
        format!("{}{}", self.table().to_markdown(), markdown::warnings(&self.warnings, rows))
    }

    /// What a format that has only rows leaves unsaid.
    #[must_use]
    pub fn notes(&self) -> String {
        terminal::warnings(&self.warnings, Rows::Notable)
    }
}

fn baseline(entry: &Entry<Execution>, now: SystemTime) -> InventoryBaseline {
    let execution = &entry.measured;
    InventoryBaseline {
        name: entry.baseline.clone(),
        typical: execution.typical,
        minimum: execution.minimum,
        standard_error: execution.standard_error,
        unit: (&entry.unit).into(),
        throughput: entry.throughput.as_ref().map(Throughput::from),
        sampling: match execution.mode {
            SamplingMode::Linear => "linear",
            SamplingMode::Flat => "flat",
            SamplingMode::Unknown => "unknown",
        },
        measurements: execution.n_measurements,
        quick: execution.evidence == Evidence::Quick,
        measured_at: execution.measured_at.and_then(timestamp),
        age_seconds: execution.measured_at.map(|at| match now.duration_since(at) {
            Ok(age) => i64::try_from(age.as_secs()).unwrap_or(i64::MAX),
            Err(ahead) => -i64::try_from(ahead.duration().as_secs()).unwrap_or(i64::MAX),
        }),
    }
}

fn age(seconds: i64) -> String {
    let words = wording::duration(Duration::from_secs(seconds.unsigned_abs()));
    if seconds < 0 { format!("in {words}") } else { words }
}
