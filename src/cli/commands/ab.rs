use std::collections::BTreeSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use clap::ArgMatches;
use criterion_regress::compare::{Policy, RunComparison, compare_rounds};
use criterion_regress::environment::{hash_of_file, this_machine};
use criterion_regress::model::{BenchmarkId, Run, Warning, WarningKind};
use criterion_regress::report::{Context, Leg, Report, Side};
use criterion_regress::runner::{
    Checkout, Executable, HowEnded, Limits, Progress, Selection, Session, Suite, Watcher, default_base,
};
use criterion_regress::stats::{Look, looks};

use crate::cli::args::AbArgs;
use crate::cli::commands::check::today;
use crate::cli::failure::Failure;
use crate::cli::input::filter;
use crate::cli::progress::RoundsBar;
use crate::cli::settings::Settings;
use crate::cli::{exit_code, github, output};

/// One side before anything was measured.
struct Prepared {
    label: String,
    source: String,
    executables: Vec<Executable>,
}

pub(crate) fn run(args: &AbArgs, given: &ArgMatches) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(&args.policy, &[], given, &today())?;
    let filter = filter(args.filter.as_deref())?;
    if args.criterion_args.iter().any(|argument| argument == "--quick" || argument.starts_with("--quick=")) {
        return Err(Failure::new("`--quick` takes too few measurements to tell what a process did")
            .hint("shorter times do as well: `-- --warm-up-time 0.05 --measurement-time 0.1`"));
    }
    let is_stopped = stopped_by_signals()?;
    // Held until the end: two at once would check out and build over one another.
    let (sides, _lock, cache) = prepare(args)?;
    let scratch = Scratch::new()?;
    let labels = [sides[0].label.clone(), sides[1].label.clone()];
    let mut session = {
        let suites = open_suites(&sides, &args.criterion_args, &scratch.0)?;
        let is_wanted = |id: &str| filter.as_ref().is_none_or(|filter| filter.matches(id));
        Session::new(labels, suites, &settings.policy.renames, is_wanted)
    };
    if let Some(id) = args.explain.as_ref().filter(|id| !session.has(id)) {
        // Said before minutes were spent on it.
        return Err(Failure::new(format!("failed to explain {id}: neither side has such a benchmark")));
    }
    let level = settings.policy.gate_level;
    let looks = match args.rounds {
        Some(rounds) => vec![Look { rounds, alpha: level }],
        None => looks(session.n_paired(), level).to_vec(),
    };
    let limits = Limits { looks, budget: args.budget.filter(|_| args.rounds.is_none()) };
    let seed = args.seed.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) >> 32);
    let mut watcher =
        Watching { policy: &settings.policy, is_stopped, bar: RoundsBar::new(session.n_paired(), limits.budget) };
    let ended = session.run(&limits, seed, &mut watcher);
    watcher.bar.finish();

    let [mut baseline, mut candidate] = session.runs();
    for (run, side) in [&mut baseline, &mut candidate].into_iter().zip(&sides) {
        let hashes = side.executables.iter().map(|executable| hash_of_file(&executable.path));
        let mut environment = this_machine();
        environment.executables = hashes.collect::<Result<_, _>>().unwrap_or_default();
        environment.executables.sort();
        run.environments = vec![environment];
    }
    let mut comparison = compare_rounds(&baseline, &candidate, &ended.looks, &settings.policy);
    note_how_it_ended(&mut comparison, ended.how);
    if session.n_jobs() == 0 {
        let kind = if filter.is_some() { WarningKind::FilterMatchesNothing } else { WarningKind::NothingFound };
        let subject = args.filter.clone().unwrap_or_else(|| sides[1].source.clone());
        comparison.warnings.push(Warning { subject, kind });
    }
    let context = Context {
        baseline: Side::new(&baseline, &sides[0].source),
        candidate: Side::new(&candidate, &sides[1].source),
        profile: settings.profile.value,
        judged_on: None,
    };
    let report = Report::of_rounds(&comparison, &settings.policy, &context, seed, &ended.looks);
    output::write_report(&args.output, &report, args.explain.as_deref())?;
    if let Some(cache) = cache.filter(|_| args.clean) {
        std::fs::remove_dir_all(&cache)
            .map_err(|e| Failure::new(format!("failed to remove {}: {e}", cache.display())))?;
    }
    let code = exit_code::of(&report);
    github::tell(&Leg::only(report), &args.output, args.no_github);
    Ok(code)
}

fn note_how_it_ended(comparison: &mut RunComparison, how: HowEnded) {
    let n_open = comparison.compared.iter().filter(|row| row.is_open()).count();
    let kind = match how {
        HowEnded::Complete => return,
        HowEnded::BudgetSpent if n_open == 0 => return,
        HowEnded::BudgetSpent => WarningKind::BudgetSpent { n_open },
        HowEnded::Interrupted => WarningKind::Interrupted { n_open },
    };
    comparison.warnings.push(Warning { subject: "rounds".to_owned(), kind });
    comparison.warnings.sort();
}

/// Set by Ctrl-C, and by whoever asks the process to end.
fn stopped_by_signals() -> Result<Arc<AtomicBool>, Failure> {
    let is_stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_stopped);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .map_err(|e| Failure::new(format!("failed to listen for Ctrl-C: {e}")))?;
    Ok(is_stopped)
}

/// Both sides' executables, what keeps others from building there, and where they were built.
type Both = ([Prepared; 2], Option<File>, Option<PathBuf>);

fn prepare(args: &AbArgs) -> Result<Both, Failure> {
    if !args.baseline_binary.is_empty() {
        let side = |label: &str, paths: &[PathBuf]| named(label, paths);
        return Ok((
            [side("baseline", &args.baseline_binary)?, side("candidate", &args.candidate_binary)?],
            None,
            None,
        ));
    }
    let cargo = std::env::var_os("CARGO").filter(|cargo| !cargo.is_empty()).unwrap_or_else(|| "cargo".into());
    let checkout = Checkout::find(Path::new(&cargo)).map_err(|e| {
        Failure::new(e)
            .hint("run it in a git checkout of a cargo package, or name executables with `--baseline-binary`")
    })?;
    let selection = Selection {
        packages: args.package.clone(),
        benches: args.bench.clone(),
        features: args.features.clone(),
        profile: args.build_profile.clone(),
    };
    let (base, base_label) = match &args.base {
        Some(name) => (checkout.commit(name).map_err(Failure::new)?, name.clone()),
        None => {
            let hint = "name the base, as in `regress ab main`; in a shallow clone, fetch its history first";
            let base = default_base(&checkout).map_err(|e| Failure::new(e).hint(hint))?;
            (base, "base".to_owned())
        }
    };
    let head = args.head.as_ref().map(|name| checkout.commit(name)).transpose().map_err(Failure::new)?;
    let lock = lock(checkout.cache())?;
    let baseline = Prepared {
        label: format!("{base_label} ({})", short(&base)),
        source: base.clone(),
        executables: checkout.build_commit(&base, "base", &selection).map_err(build_failure)?,
    };
    let candidate = match (&head, &args.head) {
        (Some(head), Some(name)) => Prepared {
            label: format!("{name} ({})", short(head)),
            source: head.clone(),
            executables: checkout.build_commit(head, "head", &selection).map_err(build_failure)?,
        },
        _ => Prepared {
            label: "working tree".to_owned(),
            source: ".".to_owned(),
            executables: checkout.build_working_tree("tree", &selection).map_err(build_failure)?,
        },
    };
    Ok(([baseline, candidate], Some(lock), Some(checkout.cache().to_owned())))
}

fn build_failure(error: criterion_regress::runner::BuildError) -> Failure {
    Failure::new(error.to_string().trim_end_matches(": ")).hint(
        "the reason stands above, in the words of cargo; a `Cargo.lock` that is out of date is left for you to update",
    )
}

/// Waits for nobody: who builds there already is told.
fn lock(cache: &Path) -> Result<File, Failure> {
    let path = cache.join("lock");
    let failed = |e: &dyn std::fmt::Display| Failure::new(format!("failed to lock {}: {e}", path.display()));
    std::fs::create_dir_all(cache).map_err(|e| failed(&e))?;
    let file = File::create(&path).map_err(|e| failed(&e))?;
    file.try_lock().map_err(|e| failed(&e).hint("another `regress ab` is at work here"))?;
    Ok(file)
}

fn short(commit: &str) -> &str {
    commit.get(..9).unwrap_or(commit)
}

/// Executables that were named; the first of one side is the first of the other's.
fn named(label: &str, paths: &[PathBuf]) -> Result<Prepared, Failure> {
    let executable = |(i, path): (usize, &PathBuf)| {
        let found = std::path::absolute(path).and_then(|path| std::fs::metadata(&path).map(|_| path));
        let path = found.map_err(|e| Failure::new(format!("failed to find {}: {e}", path.display())))?;
        // Where there is one a side, nothing has to tell it from others.
        let name = if paths.len() == 1 { String::new() } else { format!("{}", i + 1) };
        Ok(Executable { name, path, folder: None })
    };
    let executables = paths.iter().enumerate().map(executable).collect::<Result<_, Failure>>()?;
    let source = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    Ok(Prepared { label: label.to_owned(), source, executables })
}

/// Asks every executable what it holds. One that isn't Criterion's is left out.
fn open_suites(sides: &[Prepared; 2], arguments: &[String], scratch: &Path) -> Result<[Vec<Suite>; 2], Failure> {
    let mut suites = [Vec::new(), Vec::new()];
    for (suites, side) in suites.iter_mut().zip(sides) {
        for executable in &side.executables {
            match Suite::open(executable.clone(), arguments, scratch) {
                Ok(suite) => suites.push(suite),
                Err(e) => {
                    github::print_error(&format!(
                        "warning: {} of {} is left out: {e}",
                        executable.path.display(),
                        side.label
                    ));
                }
            }
        }
        if suites.is_empty() {
            return Err(Failure::new(format!("failed to find benchmarks of {}: no executable has any", side.label))
                .hint("benchmarks are targets of Criterion's with `harness = false`"));
        }
    }
    Ok(suites)
}

/// A folder for what Criterion writes, gone with this.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch, Failure> {
        static N: AtomicU32 = AtomicU32::new(0);
        let folder = std::env::temp_dir();
        loop {
            let n = N.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("regress-ab-{}-{n}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Scratch(path)),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && n < 1000 => {}
                Err(e) => return Err(Failure::new(format!("failed to make {}: {e}", path.display()))),
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Watching<'a> {
    policy: &'a Policy,
    is_stopped: Arc<AtomicBool>,
    bar: RoundsBar,
}

impl Watcher for Watching<'_> {
    fn open(&mut self, baseline: &Run, candidate: &Run, looks: &[Look]) -> BTreeSet<BenchmarkId> {
        let comparison = compare_rounds(baseline, candidate, looks, self.policy);
        let open: BTreeSet<BenchmarkId> =
            comparison.compared.iter().filter(|row| row.is_open()).map(|row| row.id.clone()).collect();
        let rounds = looks.last().map_or(0, |look| look.rounds);
        self.bar.looked(rounds, comparison.compared.len() - open.len(), comparison.compared.len());
        open
    }

    fn progress(&mut self, progress: Progress<'_>) {
        self.bar.show(progress);
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}
