use std::process::ExitCode;

use criterion_regress::criterion::{self, Baselines};
use criterion_regress::model::BenchmarkId;
use criterion_regress::report::{visible, warning_text};
use criterion_regress::store::{Exported, ExportedExecution, write_run};

use crate::cli::args::ExportArgs;
use crate::cli::failure::Failure;
use crate::cli::input::{Sources, filter};
use crate::cli::{exit_code, output, progress};

pub(crate) fn run(args: &ExportArgs) -> Result<ExitCode, Failure> {
    let filter = filter(args.filter.as_deref())?;
    let folder = Sources::new(&args.place).folder()?;
    let keep = |measurement: &_, measured_at| ExportedExecution { measurement: Clone::clone(measurement), measured_at };
    let tree =
        progress::while_reading(|n_read| criterion::read(&folder, Baselines::Named(&[&args.baseline]), keep, n_read))
            .map_err(Failure::new)?;
    for warning in &tree.warnings {
        let (_, message, _) = warning_text(&warning.kind);
        eprintln!("warning: {}: {}", visible(&warning.subject), visible(&message));
    }
    let mut exported: Vec<Exported> = tree
        .entries
        .into_iter()
        .filter(|e| e.baseline == args.baseline)
        .map(|e| Exported { id: e.id, throughput: e.throughput, unit: e.unit, execution: e.measured })
        .collect();
    exported.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some(filter) = &filter {
        exported.retain(|e| filter.matches(e.id.as_str()));
    }
    if exported.is_empty() {
        return Err(Failure::new(format!(
            "failed to export `{}`: {} has no such result",
            args.baseline,
            folder.display()
        ))
        .hint("`regress compare --baselines` lists the baselines that there are"));
    }
    let is_kept = |id: &BenchmarkId| filter.as_ref().is_none_or(|filter| filter.matches(id.as_str()));
    let unreadable: Vec<BenchmarkId> =
        tree.broken.into_iter().filter(|(id, name)| *name == args.baseline && is_kept(id)).map(|(id, _)| id).collect();
    let text = write_run(args.label.as_deref().unwrap_or(&args.baseline), &exported, &unreadable);
    match &args.output {
        Some(path) => {
            output::write_file(path, &text)?;
            let n = exported.len();
            let benchmarks = if n == 1 { "benchmark" } else { "benchmarks" };
            eprintln!("wrote {n} {benchmarks} to {}", path.display());
        }
        None => output::print(&text)?,
    }
    Ok(exit_code::OK)
}
