use std::process::ExitCode;

use criterion_regress::criterion::{self, Baselines, NEW};
use criterion_regress::environment::{hash_of_file, this_machine};
use criterion_regress::model::{BenchmarkId, Environment};
use criterion_regress::report::{visible, warning_text};
use criterion_regress::store::{ExportedExecution, Gathered, gather, write_run};

use crate::cli::args::ExportArgs;
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::input::{Sources, filter};
use crate::cli::{exit_code, output, progress};

pub(crate) fn run(args: &ExportArgs) -> Result<ExitCode, Failure> {
    let filter = filter(args.filter.as_deref())?;
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
    let tree = progress::while_reading(|n_read| criterion::read(&folder, Baselines::Named(&named), keep, n_read))
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
            let n = exported.len();
            let benchmarks = if n == 1 { "benchmark" } else { "benchmarks" };
            print_error(&format!("wrote {n} {benchmarks} to {}", path.display()));
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
