use std::process::ExitCode;
use std::time::SystemTime;

use clap::ArgMatches;
use criterion_regress::compare::compare;
use criterion_regress::model::WarningKind;
use criterion_regress::report::{Context, Leg, Report, Side};

use crate::cli::ancestors::{Asked, FromHistory};
use crate::cli::args::CheckArgs;
use crate::cli::failure::Failure;
use crate::cli::input::{Sources, apply_filter, apply_since, filter};
use crate::cli::settings::{Settings, today};
use crate::cli::{exit_code, github, output};

pub(crate) fn run(args: &CheckArgs, given: &ArgMatches) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(&args.policy, &args.baseline, given, &today())?;
    let filter = filter(args.only.filter.as_deref())?;
    let mut sources = Sources::new(&args.place);
    let asked = Asked::of(&settings.baseline.value)?;
    let mut used = None;
    let (mut baseline, mut candidate) = match &asked {
        None => sources.pair(&settings.baseline.value, &args.candidate)?,
        Some(asked) => {
            let mut candidate = sources.candidate(&args.candidate)?;
            let revision = args.candidate_revision.as_deref();
            let FromHistory { loaded, used: from } =
                asked.read(args.store.store.as_deref(), &mut candidate, revision, &settings.policy)?;
            used = Some(from);
            (loaded, candidate)
        }
    };
    if baseline.run.label == candidate.run.label {
        baseline.run.label = format!("{} ({})", baseline.run.label, baseline.source);
    }
    apply_filter(filter.as_ref(), &mut [&mut baseline.run, &mut candidate.run]);
    apply_since(&mut candidate.run, args.since.as_deref(), SystemTime::now())?;

    let mut comparison = compare(&baseline.run, &candidate.run, &settings.policy);
    if filter.is_some() {
        // What the filter hides, the configuration may still be about.
        let may_be_hidden =
            |kind: &_| matches!(kind, WarningKind::PatternMatchesNothing | WarningKind::RenameMatchesNothing);
        comparison.warnings.retain(|warning| !may_be_hidden(&warning.kind));
    }
    let context = Context {
        baseline: Side {
            revision: args.baseline_revision.clone(),
            history: used,
            ..Side::new(&baseline.run, &baseline.source)
        },
        candidate: Side { revision: args.candidate_revision.clone(), ..Side::new(&candidate.run, &candidate.source) },
        profile: settings.profile.value,
        judged_on: github::judge(args.workflow.no_github),
    };
    let report = Report::new(&comparison, &settings.policy, &context);
    output::write_report(&args.output, &report, args.explained.explain.as_deref())?;
    let code = exit_code::of(&report);
    let leg = Leg::only(report);
    github::tell(&leg, &args.output, args.workflow.no_github);
    // The process ends here; taking tens of thousands of rows apart first would only make people wait.
    std::mem::forget((leg, comparison, baseline, candidate));
    Ok(code)
}
