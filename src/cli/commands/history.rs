use std::collections::BTreeSet;
use std::process::ExitCode;

use criterion_regress::report::{PointRow, SeriesChange, SeriesReport, SeriesRow, Unit};
use criterion_regress::stats::change_points;
use criterion_regress::store::{RunKey, Series};

use crate::cli::args::{ColorArg, HistoryArgs, PlotArgs};
use crate::cli::failure::Failure;
use crate::cli::timeline::{Timeline, commit_row};
use crate::cli::{exit_code, output};

pub(crate) fn run(args: &HistoryArgs) -> Result<ExitCode, Failure> {
    let timeline = Timeline::read(&args.of, args.id.as_deref())?;
    let report = report(&timeline, args.id.is_some());
    output::write(&args.output, |format, rows, style| report.render(format, rows, args.plot, style))?;
    Ok(exit_code::of_table(0, report.series.len()))
}

pub(crate) fn plot(args: &PlotArgs) -> Result<ExitCode, Failure> {
    let timeline = Timeline::read(&args.of, Some(&args.id))?;
    let report = report(&timeline, true);
    output::print(&report.drawn(output::terminal_style(ColorArg::Never)))?;
    Ok(exit_code::of_table(0, report.series.len()))
}

fn report(timeline: &Timeline, is_one: bool) -> SeriesReport {
    let rows = timeline.series.iter().filter_map(|series| row(timeline, series, is_one)).collect();
    let (n, by_commit) = (timeline.runs.len(), timeline.is_by_commit());
    let mut report = SeriesReport::new(&timeline.store, n, by_commit, timeline.threshold, rows);
    report.notes.clone_from(&timeline.notes);
    report
}

fn row(timeline: &Timeline, series: &Series, is_one: bool) -> Option<SeriesRow> {
    let last = series.points.last()?;
    let options = timeline.options();
    // What isn't positive has no logarithm, and its place is kept.
    let logs: Vec<f64> = series.points.iter().map(|point| point.execution.typical.ln()).collect();
    let changes = change_points(&logs, &options.changes)
        .iter()
        .filter(|change| change.log_ratio.abs() >= options.smallest)
        .filter_map(|change| Some(SeriesChange::new(change, commit_row(&series.points.get(change.index)?.run))))
        .collect();
    let runs: BTreeSet<RunKey> = series.points.iter().map(|point| point.run.key).collect();
    let points = || {
        let point = |point: &criterion_regress::store::Point| {
            let execution = &point.execution;
            let branch = point.run.branch.as_deref();
            PointRow::new(commit_row(&point.run), branch, execution.typical, execution.standard_error)
        };
        series.points.iter().map(point).collect()
    };
    Some(SeriesRow {
        id: series.key.id.as_str().to_owned(),
        directory: series.key.id.path(),
        unit: Unit::from(&series.key.unit),
        environment: series.environment.as_str().to_owned(),
        cpu: last.run.environment.cpu.clone(),
        executions: series.points.len(),
        runs: runs.len(),
        latest: commit_row(&last.run),
        value: last.execution.typical,
        changes,
        points: is_one.then(points),
    })
}
