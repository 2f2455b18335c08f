use std::process::ExitCode;

use criterion_regress::compare::{NoiseThreshold, Policy, compare};
use criterion_regress::report::{CannotConfirm, Leg, Report, Side};

use crate::cli::args::ConfirmArgs;
use crate::cli::commands::report::read_report;
use crate::cli::failure::Failure;
use crate::cli::input::Sources;
use crate::cli::{exit_code, github, output};

pub(crate) fn run(args: &ConfirmArgs) -> Result<ExitCode, Failure> {
    let first = read_report(&args.report)?;
    let (baseline, candidate) = Sources::new(&args.place).pair(&args.baseline, &args.candidate)?;
    let second = compare(&baseline.run, &candidate.run, &policy(&first, args.machines.allow_different_machines)?);
    let sides = [Side::new(&baseline.run, &baseline.source), Side::new(&candidate.run, &candidate.source)];
    let [baseline, candidate] = sides;
    let report = first.confirmed(&second, baseline, candidate).map_err(|e| {
        let hint = match e {
            CannotConfirm::Already => "start again with a new `regress check`",
            CannotConfirm::NothingToSettle => "the report stands as it is",
            CannotConfirm::TooOld => "make the report again with this version",
        };
        Failure::new(format!("failed to confirm {}: {e}", args.report.display())).hint(hint)
    })?;
    if report.confirmation.is_none() {
        github::print_error("warning: nothing was settled, so that the report stands as it was; its rows say why");
    }
    output::write_report(&args.output, &report, args.explained.explain.as_deref())?;
    let code = exit_code::of(&report);
    github::tell(&Leg::only(report), &args.output, args.workflow.no_github);
    Ok(code)
}

/// The first comparison's policy, as far as a second one needs it: its rows bring their own thresholds, and their old names.
fn policy(first: &Report, allow_different_machines: bool) -> Result<Policy, Failure> {
    let used = &first.policy;
    let threshold = NoiseThreshold::from_percent(used.threshold_percent).map_err(Failure::new)?;
    let suspects = first.benchmarks.iter().filter(|row| row.suspicious);
    Ok(Policy {
        renames: suspects.filter_map(|row| Some((row.renamed_from.clone()?, row.id.clone()))).collect(),
        min_executions: used.min_executions,
        estimator: used.estimator.into(),
        allow_different_machines,
        ..Policy::new(threshold, first.noise.standard_deviation)
    })
}
