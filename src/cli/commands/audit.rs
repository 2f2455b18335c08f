use std::process::ExitCode;

use clap::ArgMatches;
use criterion_regress::calibration::audit;
use criterion_regress::model::Warning;
use criterion_regress::report::AuditReport;

use crate::cli::args::AuditArgs;
use crate::cli::commands::check::today;
use crate::cli::failure::Failure;
use crate::cli::input::{Sources, apply_filter, filter};
use crate::cli::settings::Settings;
use crate::cli::{exit_code, output};

/// With fewer runs there is no pair of neighbours whose difference could be called usual.
const FEWEST_RUNS: usize = 2;

pub(crate) fn run(args: &AuditArgs, given: &ArgMatches) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(&args.policy, &[], given, &today())?;
    let filter = filter(args.filter.as_deref())?;
    let mut runs = Sources::new(&args.place).runs(&args.sides)?;
    apply_filter(filter.as_ref(), &mut runs.iter_mut().collect::<Vec<_>>());
    let mut warnings: Vec<Warning> = runs.iter().flat_map(|run| run.warnings.iter().cloned()).collect();
    warnings.sort();
    warnings.dedup();
    runs.retain(|run| !run.benchmarks.is_empty());
    if runs.len() < FEWEST_RUNS {
        return Err(Failure::new(format!("failed to audit: results were found for {} of the two runs that it takes", runs.len())).hint(
            "give two or more runs of the same code: names of baselines, folders of Criterion's, a folder of runs, or exported files",
        ));
    }
    let report = AuditReport::new(&audit(&runs, &settings.policy), &settings.policy, &warnings);
    output::write(&args.output, |format, rows, style| report.render(format, rows, style))?;
    Ok(exit_code::OK)
}
