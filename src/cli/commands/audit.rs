use std::process::ExitCode;

use clap::ArgMatches;
use criterion_regress::calibration::audit;
use criterion_regress::model::{Execution, Run, Warning, WarningKind};
use criterion_regress::report::AuditReport;

use crate::cli::args::AuditArgs;
use crate::cli::failure::Failure;
use crate::cli::input::{Sources, apply_filter, filter};
use crate::cli::settings::{Settings, today};
use crate::cli::{exit_code, output};

/// With fewer runs there is no pair of neighbours whose difference could be called usual.
const FEWEST_RUNS: usize = 2;

pub(crate) fn run(args: &AuditArgs, given: &ArgMatches) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(&args.policy, &[], given, &today())?;
    let filter = filter(args.only.filter.as_deref())?;
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
    let n_all = runs.len();
    without_copies(&mut runs);
    if runs.len() < n_all {
        let subject = runs.iter().map(|run| run.label.as_str()).collect::<Vec<_>>().join(", ");
        warnings.push(Warning { subject, kind: WarningKind::RepeatedExecutions { n: n_all - runs.len() } });
    }
    let audited = audit(&runs, &settings.policy);
    if audited.benchmarks.is_empty() {
        return Err(Failure::new("failed to audit: no benchmark is in two of the runs")
            .hint("give runs of the same benchmarks; `regress list` shows what a folder has"));
    }
    let report = AuditReport::new(&audited, &settings.policy, &warnings);
    output::write(&args.output, |format, rows, style| report.render(format, rows, style))?;
    Ok(exit_code::OK)
}

/// Takes out the runs whose executions an earlier one has, each and every: copies are no observations of their own.
fn without_copies(runs: &mut Vec<Run>) {
    let marks = |run: &Run| -> Vec<_> {
        run.benchmarks.iter().flat_map(|b| b.executions.iter()).filter_map(Execution::mark).collect()
    };
    let mut kept: Vec<Vec<_>> = Vec::new();
    runs.retain(|run| {
        let own = marks(run);
        let is_copy = !own.is_empty() && kept.contains(&own);
        kept.push(own);
        !is_copy
    });
}
