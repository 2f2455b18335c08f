//! Several runs side by side, without a verdict.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::{NoiseThreshold, Pair, Policy, RelativeChange, noise};
use crate::model::{Benchmark, Estimator, Evidence, Run, Throughput, Unit, Warning, WarningKind};
use crate::stats::student_t_quantile;

/// How to lay out a [`Matrix`].
#[derive(Debug, Clone)]
pub struct MatrixOptions {
    /// Put benchmarks in one row whose captures of this expression are equal, instead of those of one id.
    pub group: Option<Regex>,
    /// Leave out rows in which all values differ by less than this. Rows with a single value stay.
    pub at_least: Option<NoiseThreshold>,
    /// The order of the rows.
    pub sort: SortBy,
}

/// The order of a matrix' rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// By name.
    Name,
    /// The largest difference within a row first.
    Difference,
}

/// Values side by side: a row a benchmark or group, a column a run or a benchmark within a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// What the columns are called.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<MatrixRow>,
    /// Rows left out because their values differ too little.
    pub n_hidden: usize,
    /// What the reader should know of the runs as they stand beside one another.
    pub warnings: Vec<Warning>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixRow {
    /// The benchmark's id, or the group's captures.
    pub name: String,
    /// A cell for each column that has a value here, in the order of the columns.
    pub cells: Vec<MatrixCell>,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixCell {
    /// Which column.
    pub column: usize,
    /// The benchmark's full id.
    pub id: String,
    /// Per iteration, in `unit`.
    pub value: f64,
    /// How many times as large as the smallest value of the row, with its interval; `None` where there is no ratio.
    pub ratio: Option<Ratio>,
    /// What the value counts.
    pub unit: Unit,
    /// Work per iteration.
    pub throughput: Option<Throughput>,
    /// Where it comes from.
    pub evidence: Evidence,
}

/// A factor with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The lower end; below 1 where the order itself is not certain.
    pub lower: f64,
    /// The factor, 1 for the smallest value.
    pub estimate: f64,
    /// The upper end.
    pub upper: f64,
}

/// Lays out runs side by side. The policy's assumed noise and confidence level make the intervals.
#[must_use]
pub fn matrix(runs: &[Run], options: &MatrixOptions, policy: &Policy) -> Matrix {
    let entries = match &options.group {
        Some(expression) => grouped(runs, expression),
        None => by_id(runs),
    };
    let noise = shared_noise(runs, policy);
    let columns: BTreeSet<&Column<'_>> = entries.values().flat_map(BTreeMap::keys).collect();
    let columns: Vec<&Column<'_>> = columns.into_iter().collect();

    let mut n_hidden = 0;
    let mut rows: Vec<MatrixRow> = Vec::new();
    for (key, cells) in &entries {
        let name = key.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>();
        let name = name.join(if options.group.is_some() { "/" } else { " " });
        let row = row(&name, cells, &columns, &noise, policy);
        let spread = row.spread();
        if cells.len() > 1 && options.at_least.is_some_and(|t| spread < t.log_band()) {
            n_hidden += 1;
        } else {
            rows.push(row);
        }
    }
    match options.sort {
        SortBy::Name => {}
        SortBy::Difference => rows.sort_by(|a, b| b.spread().total_cmp(&a.spread()).then_with(|| a.name.cmp(&b.name))),
    }
    let names = columns.iter().map(|column| column.name(runs)).collect();
    Matrix { columns: names, rows, n_hidden, warnings: copies(runs) }
}

/// Says which runs hold copies of one measurement: a ratio of 1 between them is no finding.
fn copies(runs: &[Run]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (i, first) in runs.iter().enumerate() {
        let measured: BTreeMap<_, _> = first.benchmarks.iter().map(|b| (b.id.directory(), b)).collect();
        for second in &runs[i + 1..] {
            let is_copy = |b: &&Benchmark| {
                let other = measured.get(b.id.directory());
                other.is_some_and(|other| {
                    b.executions.iter().any(|e| other.executions.iter().any(|o| o.fingerprint == e.fingerprint))
                })
            };
            let n = second.benchmarks.iter().filter(is_copy).count();
            if n > 0 {
                let subject = format!("{} and {}", first.label, second.label);
                warnings.push(Warning { subject, kind: WarningKind::SameMeasurement { n } });
            }
        }
    }
    warnings
}

/// A column: a run, and within a group what tells the benchmark from the others of its row.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Column<'a> {
    run: usize,
    within: Option<std::borrow::Cow<'a, str>>,
}

impl Column<'_> {
    fn name(&self, runs: &[Run]) -> String {
        let label = &runs[self.run].label;
        match &self.within {
            None => label.clone(),
            Some(within) if runs.len() == 1 => within.to_string(),
            Some(within) => format!("{label}: {within}"),
        }
    }
}

/// What makes a row: an id with its folder where several share the id, or a group's captures.
type RowKey = Vec<String>;
type Entries<'a> = BTreeMap<RowKey, BTreeMap<Column<'a>, &'a Benchmark>>;

/// Ids that a run has more than once, under whatever root.
fn repeated(run: &Run) -> BTreeSet<&str> {
    let mut seen = BTreeSet::new();
    run.benchmarks.iter().map(|b| b.id.as_str()).filter(|id| !seen.insert(*id)).collect()
}

fn by_id(runs: &[Run]) -> Entries<'_> {
    let repeated: BTreeSet<&str> = runs.iter().flat_map(repeated).collect();
    let mut entries = Entries::new();
    for (i, run) in runs.iter().enumerate() {
        for benchmark in &run.benchmarks {
            let id = benchmark.id.as_str();
            let mut key = vec![id.to_owned()];
            if repeated.contains(id) {
                key.push(format!("[{}]", benchmark.id.path()));
            }
            entries.entry(key).or_default().insert(Column { run: i, within: None }, benchmark);
        }
    }
    entries
}

fn grouped<'a>(runs: &'a [Run], expression: &Regex) -> Entries<'a> {
    let mut entries = Entries::new();
    for (i, run) in runs.iter().enumerate() {
        let repeated = repeated(run);
        for benchmark in &run.benchmarks {
            let id = benchmark.id.as_str();
            let Some(captures) = expression.captures(id) else { continue };
            let captured = captures.iter().skip(1).map(|m| m.map_or("", |m| m.as_str()).to_owned()).collect();
            // What is left of the id when the captured parts are taken out is what differs within the row.
            let mut rest = String::new();
            let mut at = 0;
            for part in captures.iter().skip(1).flatten() {
                if part.start() >= at {
                    rest.push_str(&id[at..part.start()]);
                    rest.push('*');
                    at = part.end();
                }
            }
            rest.push_str(&id[at..]);
            if repeated.contains(id) {
                rest.push_str(&format!(" [{}]", benchmark.id.path()));
            }
            let row: &mut BTreeMap<_, _> = entries.entry(captured).or_default();
            let column = Column { run: i, within: Some(rest.into()) };
            // Captures may overlap so that two ids leave the same; then the whole id tells them apart.
            let column = if row.contains_key(&column) { Column { run: i, within: Some(id.into()) } } else { column };
            row.insert(column, benchmark);
        }
    }
    entries
}

/// The widest noise that any run shows against the first.
fn shared_noise(runs: &[Run], policy: &Policy) -> noise::Noise {
    let mut widest: Option<noise::Noise> = None;
    if let Some((first, others)) = runs.split_first() {
        let by_directory: BTreeMap<_, _> = first.benchmarks.iter().map(|b| (b.id.directory(), b)).collect();
        for other in others {
            let changes: Vec<_> = other
                .benchmarks
                .iter()
                .filter_map(|b| Pair::new(by_directory.get(b.id.directory())?, b, policy.estimator).ok())
                .map(|pair| pair.log_change())
                .collect();
            let noise = noise::estimate(&changes, policy);
            if widest.is_none_or(|widest| noise.standard_deviation > widest.standard_deviation) {
                widest = Some(noise);
            }
        }
    }
    widest.unwrap_or_else(|| noise::estimate(&[], policy))
}

fn row<'a>(
    name: &str,
    cells: &BTreeMap<Column<'a>, &'a Benchmark>,
    columns: &[&Column<'_>],
    noise: &noise::Noise,
    policy: &Policy,
) -> MatrixRow {
    let smallest =
        cells.values().filter(|b| typical(b) > 0.0).min_by(|a, b| typical(a).total_cmp(&typical(b))).copied();
    let critical = student_t_quantile(noise.degrees_of_freedom, (1.0 - policy.confidence) / 2.0);
    let cells = cells
        .iter()
        .map(|(column, benchmark)| MatrixCell {
            column: columns.iter().position(|c| *c == column).expect("the columns were collected from these cells"),
            id: benchmark.id.as_str().to_owned(),
            value: typical(benchmark),
            ratio: smallest.and_then(|smallest| ratio(smallest, benchmark, noise, critical)),
            unit: benchmark.unit.clone(),
            throughput: benchmark.throughput.clone(),
            evidence: benchmark.executions.evidence(),
        })
        .collect();
    MatrixRow { name: name.to_owned(), cells }
}

fn ratio(smallest: &Benchmark, other: &Benchmark, noise: &noise::Noise, critical: f64) -> Option<Ratio> {
    let estimate = typical(other).ln() - typical(smallest).ln();
    if !estimate.is_finite() || !smallest.unit.is_comparable_with(&other.unit) {
        return None;
    }
    let factor = |log: f64| 1.0 + RelativeChange::from_log_ratio(log).fraction();
    if std::ptr::eq(smallest, other) {
        return Some(Ratio { lower: 1.0, estimate: 1.0, upper: 1.0 });
    }
    // Several executions of one side are one column here; their spread is for `check`.
    let within = smallest.executions.first().standard_error.hypot(other.executions.first().standard_error);
    let change =
        noise::LogChange { estimate, within, is_a_test: true, n_executions: [1, 1], between: None, pooled: None };
    let width = critical * noise.of(&change).standard_deviation;
    Some(Ratio { lower: factor(estimate - width), estimate: factor(estimate), upper: factor(estimate + width) })
}

fn typical(benchmark: &Benchmark) -> f64 {
    benchmark.executions.location(Estimator::Typical)
}

impl MatrixRow {
    /// ln of the largest ratio in the row.
    fn spread(&self) -> f64 {
        self.cells.iter().filter_map(|cell| cell.ratio).map(|r| r.estimate.ln()).fold(0.0, f64::max)
    }
}
