use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use criterion_regress::criterion::NEW;
use criterion_regress::environment::{checkout, hash_of_file, this_machine};
use criterion_regress::model::{Environment, Run};
use criterion_regress::report::{WarningRow, to_json, visible, warning_text};
use criterion_regress::store::{About, Access, Appended, EnvironmentKey, Record};
use serde::Serialize;

use crate::cli::args::{RecordArgs, ShortFormatArg};
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::history::{History, failure};
use crate::cli::input::{Loaded, Sources, apply_filter, apply_since, filter};
use crate::cli::{exit_code, output};

/// What was recorded. `schema/record.v1.json` describes it.
#[derive(Serialize)]
struct Recorded<'a> {
    schema: &'static str,
    version: u32,
    store: String,
    run: String,
    state: &'static str,
    revision: &'a str,
    branch: Option<&'a str>,
    environment: &'a str,
    benchmarks: usize,
    executions: usize,
    absent: usize,
    bytes: Option<u64>,
    warnings: Vec<WarningRow>,
}

pub(crate) fn run(args: &RecordArgs) -> Result<ExitCode, Failure> {
    let now = SystemTime::now();
    let mut sources = Sources::new(&args.place);
    let filter = filter(args.only.filter.as_deref())?;
    let sides = sources.expand(&args.sides, NEW)?;
    let Loaded { mut run, is_of_file, .. } = sources.several(&sides)?;
    apply_filter(filter.as_ref(), &mut [&mut run]);
    // What a file says of its results was true when it was written.
    if !is_of_file {
        apply_since(&mut run, Some(args.since.as_str()), now)?;
    }
    let mut notes = Vec::new();
    let environment = environment_of(args, &run, is_of_file, &mut notes)?;
    let about = about(args, environment, &run, &mut notes)?;
    for warning in &run.warnings {
        let (_, message, _) = warning_text(&warning.kind);
        print_error(&format!("warning: {}: {}", visible(&warning.subject), visible(&message)));
    }
    for note in &notes {
        print_error(&format!("warning: {note}"));
    }
    if run.benchmarks.is_empty() {
        return Err(Failure::new("failed to record: there are no results")
            .hint("run `cargo bench` first, or name what to record"));
    }
    let mut warnings: Vec<WarningRow> = run.warnings.iter().map(WarningRow::from).collect();
    warnings.sort_by(|a, b| (&a.code, &a.subject).cmp(&(&b.code, &b.subject)));
    let record = Record::new(about, run.benchmarks, run.absent);
    let history = History::new(args.store.store.as_deref())?;
    let mut store = history.open(Access::Create)?;
    let appended = store.append(std::slice::from_ref(&record)).map_err(|e| failure("record in", &e))?;
    let is_new = appended != [Appended::AlreadyThere];
    let head = &record.head;
    let text = match args.output.format {
        ShortFormatArg::Json => to_json(&Recorded {
            schema: "criterion-regress/record",
            version: 1,
            store: store.name(),
            run: head.key.to_string(),
            state: if is_new { "new" } else { "already-there" },
            revision: &head.revision,
            branch: head.branch.as_deref(),
            environment: EnvironmentKey::of(&head.environment).as_str(),
            benchmarks: head.n_benchmarks,
            executions: head.n_executions,
            absent: record.absent.len(),
            bytes: store.added(),
            warnings,
        }),
        ShortFormatArg::Terminal => {
            let on = head.branch.as_deref().map_or_else(String::new, |branch| format!(" on {}", visible(branch)));
            let executions = output::count(head.n_executions, "execution");
            let what = format!(
                "{}, {executions}, of {}{on}",
                output::count(head.n_benchmarks, "benchmark"),
                visible(&head.revision)
            );
            let added = store.added();
            let store = visible(&store.name());
            let size = added.map_or_else(String::new, |bytes| format!(": {bytes} bytes"));
            if is_new { format!("recorded {what} in {store}{size}\n") } else { format!("{what}: already in {store}\n") }
        }
    };
    output::print(&text)?;
    Ok(exit_code::OK)
}

/// Where it was measured: as the run says, else here, unless it comes from a file that doesn't say.
fn environment_of(
    args: &RecordArgs,
    run: &Run,
    is_of_file: bool,
    notes: &mut Vec<String>,
) -> Result<Environment, Failure> {
    let mut environment = match run.environments.as_slice() {
        [] if args.elsewhere => Environment::default(),
        // It may have been written anywhere, and what is recorded wrongly stays so.
        [] if is_of_file => {
            notes.push(format!(
                "{} doesn't say where it was measured: recorded as of an unknown machine (`regress export` states it; --elsewhere \
                 says that this is meant)",
                visible(&run.label)
            ));
            Environment::default()
        }
        [] => this_machine(),
        [one] => one.clone(),
        several => {
            return Err(Failure::new(format!(
                "failed to record: these results are of {} different environments, and a run is of one",
                several.len()
            ))
            .hint("record them one by one"));
        }
    };
    if args.build_profile.is_some() {
        environment.profile.clone_from(&args.build_profile);
    }
    for path in &args.executable {
        let hash = hash_of_file(path).map_err(|e| Failure::new(format!("failed to read {}: {e}", path.display())))?;
        environment.executables.push(hash);
    }
    environment.executables.sort();
    environment.executables.dedup();
    Ok(environment)
}

/// Which revision it was, as far as git and the workflow say.
fn about(args: &RecordArgs, environment: Environment, run: &Run, notes: &mut Vec<String>) -> Result<About, Failure> {
    let here = Path::new(".");
    let found = checkout(here, args.revision.as_deref());
    let mut revision = match (&found, &args.revision) {
        (Some(checkout), _) => checkout.revision.clone(),
        (None, Some(named)) if !named.trim().is_empty() => named.clone(),
        (None, _) => {
            return Err(Failure::new("failed to record: git knows of no revision here")
                .hint("say which one was measured with --revision"));
        }
    };
    let committed_at = match &args.time {
        Some(text) => {
            let at = text.parse::<jiff::Timestamp>().map_err(|_| {
                Failure::new(format!("`{text}` is not a time for --time")).hint("as in 2026-01-31T12:00:00Z")
            })?;
            Some(SystemTime::from(at))
        }
        None => found.as_ref().and_then(|checkout| checkout.committed_at),
    };
    if found.as_ref().is_some_and(|checkout| checkout.is_changed) {
        revision.push_str("-dirty");
        notes.push(format!("files differ from the commit: recorded as {revision}"));
    }
    let newest = run.newest();
    if args.revision.is_none() && newest.zip(committed_at).is_some_and(|(newest, made)| newest < made) {
        notes.push(
            "the results were written before this revision was made: are they of the one before? --revision says which"
                .to_owned(),
        );
    }
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let of_workflow = || variable("GITHUB_HEAD_REF").or_else(|| variable("GITHUB_REF_NAME"));
    // A job has a commit checked out, not a branch.
    let branch = args.branch.clone().or_else(|| found?.branch).or_else(of_workflow);
    Ok(About { revision, branch, committed_at, environment })
}
