use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};

use clap::ArgMatches;
use criterion_regress::criterion::{Baselines, NEW};
use criterion_regress::environment::Facts;
use criterion_regress::model::Environment;
use criterion_regress::preflight::{
    CODES, Check, Repository, Status, Strictness, Wanted, examine, resolution, review, stale_results,
};
use criterion_regress::report::{DoctorReport, visible};

use crate::cli::args::{DoctorArgs, WhereArgs};
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::input::{Sources, read};
use crate::cli::settings::{Settings, today};
use crate::cli::{exit_code, output};

/// How long it is looked.
pub(super) const WINDOW: Duration = Duration::from_secs(1);

/// Between two looks, where it waits.
const PAUSE: Duration = Duration::from_secs(5);

/// Processes that time the same work.
const PROCESSES: usize = 15;

/// With a threshold from here on, in percent, no number is quoted.
const LOOSE: f64 = 10.0;

pub(crate) fn run(args: &DoctorArgs, given: &ArgMatches) -> Result<ExitCode, Failure> {
    known_checks(&args.accept)?;
    let settings = Settings::resolve(&args.policy, &[], given, &today())?;
    let is_loose = settings.threshold.value.percent() >= LOOSE;
    let strictness = if is_loose { Strictness::Smoke } else { Strictness::Official };
    let strictness = if settings.profile.value == "official" { Strictness::Official } else { strictness };
    if !args.repository.is_dir() {
        return Err(Failure::new(format!("failed to read {}: it is no folder", args.repository.display())));
    }
    let wanted = Wanted { strictness, baselines: environments_of(args)? };
    let accept =
        |check: Check| if args.accept.iter().any(|code| code == check.code) { check.accepted() } else { check };
    let (facts, mut checks) = wait(
        args.wait,
        || false,
        || {
            let (facts, checks) = examine(WINDOW, &wanted);
            (facts, checks.into_iter().map(accept).collect())
        },
    );
    if args.measure {
        checks.push(accept(resolved(&settings, strictness)));
    }
    checks.extend(review(&Repository::read(&args.repository), strictness).into_iter().map(accept));
    checks.extend(stale(args).map(accept));
    let report = DoctorReport::new(&checks, &facts.machine, &settings.profile.value, args.measure);
    if args.fix {
        output::print(&report.script())?;
    } else {
        output::write(&args.output, |format, rows, style| report.render(format, rows, style))?;
    }
    Ok(exit_code::of_checks(&checks, args.strict))
}

/// Whether there are checks of these names.
pub(super) fn known_checks(accepted: &[String]) -> Result<(), Failure> {
    match accepted.iter().find(|code| !CODES.contains(&code.as_str())) {
        Some(unknown) => {
            Err(Failure::new(format!("there is no check `{unknown}`"))
                .hint(format!("checks are: {}", CODES.join(", "))))
        }
        None => Ok(()),
    }
}

/// Looks until nothing fails that may pass by itself, for `limit` at most, and until it `is_stopped`.
pub(super) fn wait(
    limit: Option<Duration>,
    is_stopped: impl Fn() -> bool,
    mut look: impl FnMut() -> (Facts, Vec<Check>),
) -> (Facts, Vec<Check>) {
    let start = Instant::now();
    let mut told: Vec<&'static str> = Vec::new();
    loop {
        let (facts, checks) = look();
        let fails = |check: &&Check| check.status == Status::Fail && check.may_pass_later;
        let waits_for: Vec<&Check> = checks.iter().filter(fails).collect();
        let codes: Vec<&'static str> = waits_for.iter().map(|check| check.code).collect();
        let is_over = limit.is_none_or(|limit| start.elapsed() + PAUSE >= limit);
        if waits_for.is_empty() || is_over || is_stopped() {
            return (facts, checks);
        }
        if codes != told {
            let why = waits_for.iter().map(|check| format!("{}: {}", check.subject, check.found));
            print_error(&format!("waiting: {}", visible(&why.collect::<Vec<_>>().join("; "))));
            told = codes;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Where the baselines were measured; one that doesn't say is the default.
fn environments_of(args: &DoctorArgs) -> Result<Vec<Environment>, Failure> {
    if args.baseline.is_empty() {
        return Ok(Vec::new());
    }
    let runs = Sources::new(&args.place).runs(&args.baseline)?;
    let of_run = |environments: Vec<Environment>| {
        if environments.is_empty() { vec![Environment::default()] } else { environments }
    };
    Ok(runs.into_iter().flat_map(|run| of_run(run.environments)).collect())
}

/// Whether fresh processes that do the same work lie close enough together for the threshold.
pub(super) fn resolved(settings: &Settings, strictness: Strictness) -> Check {
    let (threshold, executions) = (settings.threshold.value.percent() / 100.0, settings.min_executions.value);
    resolution(&times(), threshold, executions, settings.policy.gate_level, strictness)
}

/// The times of fresh processes that do the same work; those that fail are missing.
fn times() -> Vec<f64> {
    let Ok(tool) = std::env::current_exe() else { return Vec::new() };
    let time = |_| {
        let mut command = Command::new(&tool);
        let output = command.arg("kernel").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<f64>().ok()
    };
    (0..PROCESSES).filter_map(time).collect()
}

/// Whether the last run wrote all results, where there are any.
fn stale(args: &DoctorArgs) -> Option<Check> {
    let is_elsewhere = args.repository != Path::new(".") && args.place.dir.is_none() && args.place.target_dir.is_none();
    let place = WhereArgs {
        dir: if is_elsewhere { Some(args.repository.join("target/criterion")) } else { args.place.dir.clone() },
        target_dir: args.place.target_dir.clone(),
    };
    let folder = Sources::new(&place).folder().ok()?;
    match read(&folder, Baselines::Named(&[NEW])) {
        Err(failure) => Some(stale_results(Err(failure.message()), SystemTime::now())),
        Ok(mut tree) => {
            let run = tree.take_run(NEW, NEW);
            (!run.benchmarks.is_empty()).then(|| stale_results(Ok(&run), SystemTime::now()))
        }
    }
}
