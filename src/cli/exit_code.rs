//! The exit codes, a contract: the only place that makes them.

use std::process::ExitCode;

use criterion_regress::preflight::{Check, Status, outcome};
use criterion_regress::report::{Outcome, Report, RivalsReport};

/// No regression.
pub(super) const OK: ExitCode = ExitCode::SUCCESS;

/// Could not do the job: bad arguments, unreadable input, unwritable output.
pub(super) fn failed() -> ExitCode {
    ExitCode::from(2)
}

/// What a comparison means for whoever called.
pub(super) fn of(report: &Report) -> ExitCode {
    match report.outcome {
        Outcome::Regressed => ExitCode::from(1),
        Outcome::NothingCompared => ExitCode::from(3),
        Outcome::Inconclusive if report.fails_as_inconclusive() => ExitCode::from(3),
        Outcome::Inconclusive | Outcome::Pass => OK,
    }
}

/// What several comparisons mean together: the worst of them; one that is missing means no more than one of nothing.
#[cfg(feature = "github")]
pub(super) fn of_legs<'a>(legs: impl IntoIterator<Item = Option<&'a Report>>) -> ExitCode {
    let codes: Vec<ExitCode> = legs.into_iter().map(|leg| leg.map_or(ExitCode::from(3), of)).collect();
    let worst_first = [ExitCode::from(1), ExitCode::from(3), OK];
    worst_first.into_iter().find(|code| codes.contains(code)).unwrap_or(ExitCode::from(3))
}

/// What a table without a verdict means: 3 when there is nothing, or values should have been put side by side and none could be.
pub(super) fn of_table(n_runs: usize, n_compared: usize) -> ExitCode {
    if n_runs != 1 && n_compared == 0 { ExitCode::from(3) } else { OK }
}

/// What a comparison of implementations means: 3 where no ratio is told.
pub(super) fn of_rivals(report: &RivalsReport) -> ExitCode {
    if report.counts.workloads == report.counts.refused { ExitCode::from(3) } else { OK }
}

/// What sections of documents mean: 1 where one differs from its report and nothing was to be written, 3 where a claim was refused.
pub(super) fn of_claims(is_outdated: bool, is_refused: bool) -> ExitCode {
    if is_outdated {
        ExitCode::from(1)
    } else if is_refused {
        ExitCode::from(3)
    } else {
        OK
    }
}

/// What a release's checks mean.
pub(super) fn of_release(is_ready: bool) -> ExitCode {
    if is_ready { OK } else { ExitCode::from(1) }
}

/// What changes in history mean: 1 where one is there that was asked to fail on, 3 where that can't be told: there are too few runs
/// to find any, or their order isn't known.
pub(super) fn of_changes(fails: bool, is_unsure: bool) -> ExitCode {
    match (fails, is_unsure) {
        (true, _) => ExitCode::from(1),
        (false, true) => ExitCode::from(3),
        (false, false) => OK,
    }
}

/// What checks come to; `strict` asks for an answer to each.
pub(super) fn of_checks(checks: &[Check], strict: bool) -> ExitCode {
    match outcome(checks) {
        Status::Fail => ExitCode::from(1),
        _ if strict && checks.iter().any(|check| check.status == Status::CannotTell) => ExitCode::from(3),
        Status::Warn | Status::CannotTell | Status::Pass => OK,
    }
}

/// What clap's word on the arguments means: 0 for help and version, else 2.
pub(super) fn of_usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() { ExitCode::from(2) } else { OK }
}
