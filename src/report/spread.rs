//! How far executions lie apart, told.

use serde::Serialize;

use super::conditions::Conditions;
use super::number::{Scale, change, percent};
use super::schema::{Unit, Verdict, WarningRow};
use super::table::{Cell, Emphasis, Table};
use super::wording::count;
use super::{Format, Rows, TerminalStyle, escape, markdown, terminal};
use crate::compare::{self, BenchmarkSpread, Executed, Policy, Spread};
use crate::stats::quantile;

/// The executions of one run or two, and what so many can show. `schema/spread.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpreadReport {
    schema: &'static str,
    version: u32,
    /// What the runs are called, the baseline first.
    pub runs: Vec<String>,
    /// The threshold, as a percentage.
    pub threshold_percent: f64,
    /// One-sided chance of a false alarm of one benchmark, at which what can be shown is told.
    pub level: f64,
    /// The chance of finding what can be shown.
    pub power: f64,
    /// All benchmarks together.
    pub summary: Summary,
    /// How they were measured, by `regress official`: what was looked at before, and what disturbed which execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// Each of them.
    pub benchmarks: Vec<SpreadRow>,
    /// What the reader should know.
    pub warnings: Vec<WarningRow>,
}

/// All benchmarks together. Ranges are fractions: how far the largest execution of a benchmark in a run is above its smallest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Benchmarks with several executions in a run.
    pub benchmarks: usize,
    /// Of those, the ones with enough executions to find a change of the threshold's size.
    pub in_reach: usize,
    /// Half of the ranges are larger.
    pub median_range: Option<f64>,
    /// One in ten of the ranges is larger.
    pub ninth_decile_range: Option<f64>,
    /// The largest range.
    pub largest_range: Option<f64>,
    /// Criterion's own verdicts on executions after the first of a run, each against the execution before it.
    pub criterion_verdicts: usize,
    /// Of those, the ones that say that performance has regressed or improved.
    pub criterion_changes: usize,
    /// Benchmarks of the second run by verdict, where there is one.
    pub verdicts: Option<VerdictCounts>,
}

/// How many benchmarks have each verdict.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct VerdictCounts {
    /// Slower.
    pub regression: usize,
    /// Faster.
    pub improvement: usize,
    /// Shown to be the same.
    pub no_change: usize,
    /// Can't be told.
    pub inconclusive: usize,
}

/// One benchmark. Changes are fractions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpreadRow {
    /// What people see.
    pub id: String,
    /// Where it lies below what was read.
    pub directory: String,
    /// What the values count.
    pub unit: Unit,
    /// Its executions in each run; null where a run doesn't have it.
    pub runs: Vec<Option<ExecutedRow>>,
    /// The smallest change that so many executions a side would find.
    pub smallest_found: Option<f64>,
    /// Whether that is enough for a change of the threshold's size.
    pub in_reach: Option<bool>,
    /// Executions a side that it takes.
    pub executions_needed: Option<usize>,
    /// Candidate/baseline − 1.
    pub change: Option<f64>,
    /// The verdict on the second run.
    pub verdict: Option<Verdict>,
}

/// The executions of one benchmark in one run. Values are per iteration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExecutedRow {
    /// How many.
    pub executions: usize,
    /// The middle one.
    pub median: f64,
    /// The smallest.
    pub minimum: f64,
    /// How far the largest is above the smallest, as a fraction.
    pub range: Option<f64>,
    /// Standard deviation of the logarithms.
    pub standard_deviation: Option<f64>,
    /// What Criterion printed of the second and later ones.
    pub criterion_verdicts: usize,
    /// Of those, the ones that say that performance has regressed or improved.
    pub criterion_changes: usize,
}

impl SpreadReport {
    /// Writes a spread down.
    #[must_use]
    pub fn new(spread: &Spread, policy: &Policy) -> SpreadReport {
        SpreadReport {
            schema: "criterion-regress/spread",
            version: 1,
            runs: spread.labels.clone(),
            threshold_percent: policy.threshold.percent(),
            level: spread.level,
            power: spread.power,
            summary: Summary::new(&spread.benchmarks),
            conditions: None,
            benchmarks: spread.benchmarks.iter().map(SpreadRow::from).collect(),
            warnings: spread.warnings.iter().map(WarningRow::from).collect(),
        }
    }

    /// What all of it comes to, a sentence a line.
    fn headline(&self) -> Vec<String> {
        let summary = &self.summary;
        let threshold = percent(self.threshold_percent / 100.0);
        let mut lines = vec![format!(
            "{} with several executions; a change of {threshold} is in reach for {} of them",
            count(summary.benchmarks, "benchmark", "benchmarks"),
            summary.in_reach
        )];
        if let (Some(median), Some(decile), Some(largest)) =
            (summary.median_range, summary.ninth_decile_range, summary.largest_range)
        {
            lines.push(format!(
                "the slowest execution of a run is above its fastest by {} (median), {} (one in ten is worse), {} (worst)",
                percent(median),
                percent(decile),
                percent(largest)
            ));
        }
        if let Some(share) = share(summary.criterion_changes, summary.criterion_verdicts) {
            lines.push(format!(
                "Criterion itself printed a change of performance in {} of {} executions against the one before ({share})",
                summary.criterion_changes, summary.criterion_verdicts
            ));
        }
        if let Some(v) = &summary.verdicts {
            lines.push(format!(
                "{} against {}: {} slower, {} faster, {} unchanged, {} can't be told",
                escape::name(self.runs.get(1).map_or("", String::as_str)),
                escape::name(self.runs.first().map_or("", String::as_str)),
                v.regression,
                v.improvement,
                v.no_change,
                v.inconclusive
            ));
        }
        lines
    }

    fn table(&self) -> Table {
        let has_criterion = self.summary.criterion_verdicts > 0;
        let of_two = self.runs.len() > 1;
        let mut table = Table::default().text_column("benchmark");
        let names: &[&str] = if of_two { &["baseline ", "candidate "] } else { &[""] };
        for name in names {
            table = table
                .number_column(&format!("{name}runs"))
                .number_column(&format!("{name}median"))
                .number_column(&format!("{name}min"))
                .number_column(&format!("{name}max/min"))
                .number_column(&format!("{name}sd"));
        }
        if has_criterion {
            table = table.number_column("Criterion's changes");
        }
        table = table
            .number_column(&format!("{} in reach", percent(self.threshold_percent / 100.0)))
            .number_column("runs it takes");
        if of_two {
            table = table.number_column("change").text_column("verdict");
        }
        table.rows = self.benchmarks.iter().map(|row| row.cells(has_criterion, of_two)).collect();
        table
    }

    fn notes(&self) -> Vec<String> {
        vec![
            "max/min: how far the slowest execution is above the fastest; sd: standard deviation of the executions, in percent of them"
                .to_owned(),
            format!(
                "in reach: whether so many executions a side would find a change of the threshold's size in {} of comparisons, at a chance \
                 of {} of a false alarm of one benchmark, which keeps that of all {} together at the level of `regress check`",
                percent(self.power),
                percent(self.level),
                self.benchmarks.len()
            ),
        ]
    }

    /// In one of the formats; a JUnit file has no place for it.
    #[must_use]
    pub fn render(&self, format: Format, rows: Rows, style: TerminalStyle) -> Option<String> {
        match format {
            Format::Terminal => {
                let table = terminal::render(&self.table(), style);
                let warnings = terminal::warnings(&self.warnings, rows);
                Some(format!("{}\n\n{table}\n\n{}\n{warnings}", self.headline().join("\n"), self.notes().join("\n")))
            }
            Format::Markdown => {
                let escaped = |lines: Vec<String>| lines.iter().map(|l| escape::markdown_text(l)).collect::<Vec<_>>();
                Some(format!(
                    "{}\n\n{}\n<sub>{}</sub>\n{}",
                    escaped(self.headline()).join("<br>\n"),
                    self.table().to_markdown(),
                    escaped(self.notes()).join("<br>"),
                    markdown::warnings(&self.warnings, rows)
                ))
            }
            Format::Json => Some(super::to_json(self)),
            Format::Csv => Some(self.to_csv()),
            Format::Junit => None,
        }
    }

    /// A line for each benchmark and run.
    fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |record: [String; 15]| writer.write_record(record).expect("a vector takes every record");
        write(
            [
                "id",
                "directory",
                "run",
                "executions",
                "median",
                "minimum",
                "unit",
                "range",
                "standard_deviation",
                "criterion_verdicts",
                "criterion_changes",
                "smallest_found",
                "in_reach",
                "executions_needed",
                "verdict",
            ]
            .map(str::to_owned),
        );
        fn shown(value: Option<impl ToString>) -> String {
            value.map(|v| v.to_string()).unwrap_or_default()
        }
        for row in &self.benchmarks {
            for (label, run) in self.runs.iter().zip(&row.runs) {
                let Some(run) = run else { continue };
                write([
                    escape::spreadsheet(&row.id),
                    escape::spreadsheet(&row.directory),
                    escape::spreadsheet(label),
                    run.executions.to_string(),
                    run.median.to_string(),
                    run.minimum.to_string(),
                    escape::spreadsheet(&row.unit.name),
                    shown(run.range),
                    shown(run.standard_deviation),
                    run.criterion_verdicts.to_string(),
                    run.criterion_changes.to_string(),
                    shown(row.smallest_found),
                    shown(row.in_reach),
                    shown(row.executions_needed),
                    row.verdict.map(|v| word(v).to_owned()).unwrap_or_default(),
                ]);
            }
        }
        let bytes = writer.into_inner().expect("a vector takes every flush");
        String::from_utf8(bytes).expect("only text was written")
    }
}

impl SpreadRow {
    fn cells(&self, has_criterion: bool, of_two: bool) -> Vec<Cell> {
        let values: Vec<f64> = self.runs.iter().flatten().map(|run| run.median).collect();
        let scale = Scale::new(&self.unit, &values);
        let shown = |fraction: Option<f64>| Cell::plain(fraction.map_or_else(|| "–".to_owned(), percent));
        let mut cells = vec![Cell::name(self.id.clone())];
        for run in &self.runs {
            match run {
                Some(run) => cells.extend([
                    Cell::plain(run.executions.to_string()),
                    Cell::value(scale.value(run.median), &self.unit),
                    Cell::value(scale.value(run.minimum), &self.unit),
                    shown(run.range),
                    shown(run.standard_deviation),
                ]),
                None => cells.extend((0..5).map(|_| Cell::plain("–").with(Emphasis::Quiet))),
            }
        }
        if has_criterion {
            let total = |of: fn(&ExecutedRow) -> usize| self.runs.iter().flatten().map(of).sum::<usize>();
            let (n, changes) = (total(|run| run.criterion_verdicts), total(|run| run.criterion_changes));
            cells.push(Cell::plain(if n > 0 { format!("{changes} of {n}") } else { "–".to_owned() }));
        }
        cells.push(match self.in_reach {
            Some(true) => Cell::plain("yes").with(Emphasis::Good),
            Some(false) => Cell::plain("no").with(Emphasis::Doubtful),
            None => Cell::plain("–"),
        });
        cells.push(Cell::plain(match (self.in_reach, self.executions_needed) {
            (None, _) => "–".to_owned(),
            (Some(_), Some(n)) => n.to_string(),
            (Some(_), None) => "too many".to_owned(),
        }));
        if of_two {
            cells.push(Cell::plain(self.change.map_or_else(|| "–".to_owned(), change)));
            cells.push(match self.verdict {
                Some(verdict) => Cell::plain(word(verdict)).with(match verdict {
                    Verdict::Regression => Emphasis::Bad,
                    Verdict::Improvement => Emphasis::Good,
                    Verdict::NoChange => Emphasis::Plain,
                    Verdict::Inconclusive => Emphasis::Doubtful,
                }),
                None => Cell::plain("not compared").with(Emphasis::Quiet),
            });
        }
        cells
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Regression => "regression",
        Verdict::Improvement => "improvement",
        Verdict::NoChange => "no change",
        Verdict::Inconclusive => "can't tell",
    }
}

fn share(n: usize, of: usize) -> Option<String> {
    (of > 0).then(|| percent(n as f64 / of as f64))
}

impl Summary {
    fn new(benchmarks: &[BenchmarkSpread]) -> Summary {
        let runs = || benchmarks.iter().flat_map(|b| b.runs.iter().flatten());
        let mut ranges: Vec<f64> = runs().filter(|run| run.n > 1).filter_map(|run| run.range).collect();
        ranges.sort_unstable_by(f64::total_cmp);
        let at = |p: f64| (!ranges.is_empty()).then(|| quantile(&ranges, p));
        let resolutions = || benchmarks.iter().filter_map(|b| b.resolution);
        let printed = || runs().filter_map(|run| run.criterion);
        let mut verdicts = None;
        for (_, verdict) in benchmarks.iter().filter_map(|b| b.judged) {
            let counts: &mut VerdictCounts = verdicts.get_or_insert_default();
            match verdict {
                compare::Verdict::Regression => counts.regression += 1,
                compare::Verdict::Improvement => counts.improvement += 1,
                compare::Verdict::NoChange => counts.no_change += 1,
                compare::Verdict::Inconclusive => counts.inconclusive += 1,
            }
        }
        Summary {
            benchmarks: resolutions().count(),
            in_reach: resolutions().filter(|resolution| resolution.is_reached).count(),
            median_range: at(0.5),
            ninth_decile_range: at(0.9),
            largest_range: ranges.last().copied(),
            criterion_verdicts: printed().map(|p| p.n).sum(),
            criterion_changes: printed().map(|p| p.n_changes).sum(),
            verdicts,
        }
    }
}

impl From<&BenchmarkSpread> for SpreadRow {
    fn from(spread: &BenchmarkSpread) -> SpreadRow {
        SpreadRow {
            id: spread.id.as_str().to_owned(),
            directory: spread.id.path(),
            unit: Unit::from(&spread.unit),
            runs: spread.runs.iter().map(|run| run.as_ref().map(ExecutedRow::from)).collect(),
            smallest_found: spread.resolution.map(|r| r.smallest.fraction()).filter(|x| x.is_finite()),
            in_reach: spread.resolution.map(|r| r.is_reached),
            executions_needed: spread.resolution.and_then(|r| r.needed),
            change: spread.judged.map(|(change, _)| change.fraction()),
            verdict: spread.judged.map(|(_, verdict)| Verdict::from(verdict)),
        }
    }
}

impl From<&Executed> for ExecutedRow {
    fn from(run: &Executed) -> ExecutedRow {
        ExecutedRow {
            executions: run.n,
            median: run.median,
            minimum: run.minimum,
            range: run.range,
            standard_deviation: run.standard_deviation,
            criterion_verdicts: run.criterion.map_or(0, |c| c.n),
            criterion_changes: run.criterion.map_or(0, |c| c.n_changes),
        }
    }
}
