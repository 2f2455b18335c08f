use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::SystemTime;

use criterion_regress::criterion::{self, Baselines, NEW};
use criterion_regress::environment::{hash_of_file, this_machine};
use criterion_regress::model::{BenchmarkId, Environment, Evidence, SamplingMode, Throughput, Unit};
use criterion_regress::report::{HistoryRow, history_csv, history_json_lines, visible, warning_text};
use criterion_regress::store::{Access, ExportedExecution, Gathered, Point, Series, gather, write_run};

use crate::cli::args::{ExportArgs, HistoryFormatArg};
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::history::{History, failure};
use crate::cli::input::{Sources, filter};
use crate::cli::{exit_code, output, progress};

pub(crate) fn run(args: &ExportArgs) -> Result<ExitCode, Failure> {
    if let Some(store) = &args.store {
        return export_history(args, store);
    }
    let filter = filter(args.only.filter.as_deref())?;
    let folder = Sources::new(&args.place).folder()?;
    let mut names: Vec<String> = Vec::new();
    for name in Sources::new(&args.place).expand(&args.baselines, NEW)? {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let named: Vec<&str> = names.iter().map(String::as_str).collect();
    let shown = names.join(", ");
    let keep = |measurement: &_, measured_at| ExportedExecution { measurement: Clone::clone(measurement), measured_at };
    let tree =
        progress::while_reading("results", |n_read| criterion::read(&folder, Baselines::Named(&named), keep, n_read))
            .map_err(Failure::new)?;
    for warning in &tree.warnings {
        let (_, message, _) = warning_text(&warning.kind);
        print_error(&format!("warning: {}: {}", visible(&warning.subject), visible(&message)));
    }
    let is_kept = |id: &BenchmarkId| filter.as_ref().is_none_or(|filter| filter.matches(id.as_str()));
    for name in &names {
        if !tree.entries.iter().any(|e| e.baseline == *name && is_kept(&e.id)) {
            return Err(Failure::new(format!("failed to export `{name}`: {} has no such result", folder.display()))
                .hint("`regress compare --baselines` lists the baselines that there are"));
        }
    }
    // Executions in the order in which they were named; the tree has them in any.
    let mut entries = tree.entries;
    entries.sort_by_cached_key(|e| names.iter().position(|name| *name == e.baseline));
    let kept = entries.into_iter().filter(|e| names.contains(&e.baseline) && is_kept(&e.id));
    let Gathered { exported, disagreeing } = gather(kept);
    if let Some(disagreeing) = disagreeing.first() {
        let id = visible(disagreeing.id.as_str());
        return Err(Failure::new(format!("failed to export {shown}: they disagree on what {id} does"))
            .hint("runs of one side have to be of the same code"));
    }
    let is_there = |id: &BenchmarkId| exported.iter().any(|e| e.id == *id);
    let mut unreadable: Vec<BenchmarkId> =
        tree.broken.into_iter().filter(|(id, name)| names.contains(name) && is_kept(id)).map(|(id, _)| id).collect();
    unreadable.retain(|id| !is_there(id));
    let environments = environment_of(args)?;
    let text = write_run(args.label.as_deref().unwrap_or(&shown), &exported, &unreadable, &environments);
    match &args.output {
        Some(path) => {
            output::write_file(path, &text)?;
            print_error(&format!("wrote {} to {}", output::count(exported.len(), "benchmark"), path.display()));
        }
        None => output::print(&text)?,
    }
    Ok(exit_code::OK)
}

/// Where it was measured, as far as whoever calls says.
fn environment_of(args: &ExportArgs) -> Result<Vec<Environment>, Failure> {
    let mut environment = if args.elsewhere { Environment::default() } else { this_machine() };
    environment.profile = args.build_profile.clone();
    for path in &args.executable {
        let hash = hash_of_file(path).map_err(|e| {
            Failure::new(format!("failed to read {}: {e}", path.display()))
                .hint("`cargo bench --no-run` prints where the executables lie")
        })?;
        environment.executables.push(hash);
    }
    environment.executables.sort();
    environment.executables.dedup();
    Ok(if environment == Environment::default() { Vec::new() } else { vec![environment] })
}

/// Writes history, a series at a time.
fn export_history(args: &ExportArgs, store: &str) -> Result<ExitCode, Failure> {
    // An empty value is no name of a store, but the flag alone.
    let from_environment = std::env::var("REGRESS_STORE").ok();
    let named = if store.is_empty() { from_environment.as_deref() } else { Some(store) };
    let filter = filter(args.only.filter.as_deref())?;
    let mut store = History::new(named)?.open(Access::Existing)?;
    let is_wanted = |name: &str| filter.as_ref().is_none_or(|filter| filter.matches(name));
    let is_on = |point: &Point| args.branch.is_none() || point.run.branch.as_deref() == args.branch.as_deref();
    let mut file = match &args.output {
        Some(path) => Some((
            path,
            BufWriter::new(
                File::create(path).map_err(|e| Failure::new(format!("failed to write {}: {e}", path.display())))?,
            ),
        )),
        None => None,
    };
    let format = args.format.unwrap_or(HistoryFormatArg::JsonLines);
    let mut n_rows = 0;
    let mut written = Ok(());
    let mut write = |all: &[Series]| {
        let points = all.iter().flat_map(|series| series.points.iter().map(move |point| (series, point)));
        let rows: Vec<HistoryRow> =
            points.filter(|(_, point)| is_on(point)).map(|(series, point)| row(series, point)).collect();
        let text = match format {
            HistoryFormatArg::JsonLines => history_json_lines(&rows),
            HistoryFormatArg::Csv => history_csv(&rows, n_rows == 0),
        };
        n_rows += rows.len();
        match &mut file {
            Some((path, file)) => file
                .write_all(text.as_bytes())
                .map_err(|e| Failure::new(format!("failed to write {}: {e}", path.display()))),
            None => output::print(&text),
        }
    };
    let mut visit = |series: Vec<Series>| {
        written = write(&series);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    store.each_series(&is_wanted, &mut visit).map_err(|e| failure("read", &e))?;
    written?;
    if n_rows == 0 {
        let on = args.branch.as_deref().map_or_else(String::new, |branch| format!(" on {}", visible(branch)));
        print_error(&format!("warning: history has no execution of what was asked for{on}"));
    }
    if let Some((path, mut file)) = file {
        file.flush().map_err(|e| Failure::new(format!("failed to write {}: {e}", path.display())))?;
        print_error(&format!("wrote {n_rows} executions to {}", path.display()));
    }
    Ok(exit_code::OK)
}

fn row(series: &Series, point: &Point) -> HistoryRow {
    let time = |at: Option<SystemTime>| Some(jiff::Timestamp::try_from(at?).ok()?.to_string());
    HistoryRow {
        run: point.run.key.to_string(),
        revision: point.run.revision.clone(),
        branch: point.run.branch.as_deref().map(str::to_owned),
        committed_at: time(point.run.committed_at),
        measured_at: time(point.execution.measured_at),
        environment: series.environment.to_string(),
        cpu: point.run.environment.cpu.clone(),
        rustc: point.run.environment.rustc.clone(),
        id: series.key.id.as_str().to_owned(),
        directory: series.key.id.path(),
        unit: match &series.key.unit {
            Unit::Nanoseconds => "ns".to_owned(),
            Unit::Custom(name) => name.to_string(),
            Unit::Unstated => String::new(),
        },
        throughput: series.key.throughput.as_ref().map(|throughput| match throughput {
            Throughput::Bytes(n) | Throughput::BytesDecimal(n) => format!("{n} bytes"),
            Throughput::Bits(n) => format!("{n} bits"),
            Throughput::Elements(n) => format!("{n} elements"),
            Throughput::ElementsAndBytes { elements, bytes } => format!("{elements} elements, {bytes} bytes"),
            Throughput::Unknown(kind) => kind.to_string(),
        }),
        typical: point.execution.typical,
        median: point.execution.median,
        lower_quartile: point.execution.lower_quartile,
        minimum: point.execution.minimum,
        mean: point.execution.mean,
        standard_deviation: point.execution.standard_deviation,
        standard_error: point.execution.standard_error,
        measurements: point.execution.n_measurements,
        sampling: match point.execution.mode {
            SamplingMode::Linear => "linear",
            SamplingMode::Flat => "flat",
            SamplingMode::Unknown => "unknown",
        },
        evidence: match point.execution.evidence {
            Evidence::Sample => "sample",
            Evidence::Estimates => "estimates",
            Evidence::Printed => "printed",
            Evidence::CriterionChange => "change",
            Evidence::Quick => "quick",
        },
    }
}
