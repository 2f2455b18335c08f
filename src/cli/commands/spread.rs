use std::process::ExitCode;

use clap::ArgMatches;
use criterion_regress::compare::spread;
use criterion_regress::model::Run;
use criterion_regress::report::SpreadReport;

use crate::cli::args::SpreadArgs;
use crate::cli::failure::Failure;
use crate::cli::input::{Sources, apply_filter, filter};
use crate::cli::settings::{Settings, today};
use crate::cli::{exit_code, output};

pub(crate) fn run(args: &SpreadArgs, given: &ArgMatches) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(&args.policy, &[], given, &today())?;
    let filter = filter(args.only.filter.as_deref())?;
    let mut sources = Sources::new(&args.place);
    let mut runs = args.sides.iter().map(|side| Ok(sources.side(side)?.run)).collect::<Result<Vec<Run>, Failure>>()?;
    apply_filter(filter.as_ref(), &mut runs.iter_mut().collect::<Vec<_>>());
    let [first, rest @ ..] = runs.as_slice() else { return Err(Failure::new("failed to read: no run was named")) };
    let spread = spread(first, rest.first(), &settings.policy);
    let report = SpreadReport::new(&spread, &settings.policy);
    output::write(&args.output, |format, rows, style| report.render(format, rows, style))?;
    Ok(exit_code::of_table(0, spread.benchmarks.len()))
}
