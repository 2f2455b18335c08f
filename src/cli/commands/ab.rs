use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::ArgMatches;
use criterion_regress::compare::{BenchmarkComparison, Clocks, Doubt, Policy, RunComparison, compare_rounds};
use criterion_regress::environment::{
    Load, LoadSample, allowed_processors, hash_of_file, hash_of_text, load_average, pin_to, this_machine,
};
use criterion_regress::model::{Environment, Run, Warning, WarningKind};
use criterion_regress::report::{Context, Leg, Report, Side, visible};
use criterion_regress::runner::{
    BuildError, Changes, Checkout, Executable, Guard, HowEnded, InvalidJournal, Invocation, Journal, Kept, Limits,
    Open, Progress, RecordedSide, RoundsHeader, RoundsRecord, Session, Suite, Watcher, default_base, knows_cpu_time,
    read_journal,
};
use criterion_regress::stats::{Look, looks};

use crate::cli::args::AbArgs;
use crate::cli::built::{Built, build, checkout_or_named, lock, named, short, suites_of, toolchain, working_tree};
use crate::cli::failure::Failure;
use crate::cli::input::filter;
use crate::cli::progress::RoundsBar;
use crate::cli::scratch::Scratch;
use crate::cli::settings::{Settings, today};
use crate::cli::shell::{for_a_shell, typed_words, words_of};
use crate::cli::stop::{stopped_by_signals, suspended_by_terminal};
use crate::cli::{exit_code, github, output};

/// How long processors are looked at before the least busy is taken.
const GLANCE: Duration = Duration::from_millis(200);

/// From this share of all processors' time on, other processes are worth a word.
const BUSY: f64 = 0.2;

/// A benchmark that needs so many times the rounds of the last look is not going to be decided by them.
const HOPELESS: usize = 2;

/// A process may take this long in any case, and ten times as long where rounds are counted rather than timed.
const LONGEST_PROCESS: Duration = Duration::from_secs(60);

/// One side before anything was measured.
struct Prepared {
    label: String,
    source: String,
    executables: Vec<Executable>,
    invocation: Invocation,
    /// In what it is run otherwise than the other side.
    settings: Vec<String>,
}

impl Prepared {
    fn new(built: Built, settings: Vec<String>, invocation: Invocation) -> Prepared {
        let Built { label, source, executables } = built;
        let label = if settings.is_empty() { label } else { format!("{label} with {}", settings.join(" ")) };
        Prepared { label, source, executables, invocation, settings }
    }
}

type Rounds = Journal<RoundsHeader, RoundsRecord>;

pub(crate) fn run(args: &AbArgs, given: &ArgMatches) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(&args.policy, &[], given, &today())?.with_clock(&args.clock, given);
    if settings.policy.clocks == Clocks::Cpu && !knows_cpu_time() {
        return Err(Failure::new("this system doesn't tell the CPU time of a process that has ended")
            .hint(format!("use `--clock wall` ({} asks for cpu)", settings.clocks.origin)));
    }
    let filter = filter(args.only.filter.as_deref())?;
    let invocations = invocations(args)?;
    let is_stopped = stopped_by_signals()?;
    // Its lock is held until the end: two at once would check out and build over one another.
    let place = Place::find(args)?;
    let journal = place.journal(args, &invocations)?;
    let kept = find_kept(journal.as_deref(), args.resume)?;
    let unless_stopped = |failure| if is_stopped.load(Ordering::Relaxed) { interrupted() } else { failure };
    // Whoever stops it at a terminal stops cargo as well, whose failure it is not.
    let sides = prepare(args, &place, invocations).map_err(unless_stopped)?;
    let scratch = Scratch::new()?;
    let labels = [sides[0].label.clone(), sides[1].label.clone()];
    let mut session = {
        let longest = Some(longest_process(args));
        let guard = Guard { is_stopped: Arc::clone(&is_stopped), longest, suspension: suspended_by_terminal()? };
        let suites = open_suites(&sides, &scratch.folder, &guard).map_err(unless_stopped)?;
        let is_wanted = |id: &str| filter.as_ref().is_none_or(|filter| filter.matches(id));
        Session::new(labels, suites, &settings.policy.renames, is_wanted)
    };
    if is_stopped.load(Ordering::Relaxed) {
        return Err(interrupted());
    }
    if let Some(id) = args.explained.explain.as_ref().filter(|id| !session.has(id)) {
        // Said before minutes were spent on it.
        return Err(Failure::new(format!("failed to explain {id}: neither side has such a benchmark")));
    }
    let level = settings.policy.gate_level;
    let looks = match args.rounds {
        Some(rounds) => vec![Look { rounds, alpha: level }],
        // Two clocks are two tests of a benchmark.
        None => looks(session.n_paired() * if settings.policy.clocks == Clocks::Both { 2 } else { 1 }, level).to_vec(),
    };
    let environments = environments(&sides);
    let recorded = kept.as_ref().map(|kept| kept.header.seed);
    let seed = recorded.unwrap_or_else(|| args.order.seed_or_another());
    let header = RoundsHeader {
        sides: [0, 1].map(|side| RecordedSide { label: sides[side].label.clone(), executables: hashes(&sides[side]) }),
        seed,
        looks: looks.iter().map(|look| (look.rounds, look.alpha)).collect(),
        jobs: session.jobs(),
    };
    let limits = Limits { looks, budget: args.budget.filter(|_| args.rounds.is_none()) };
    let (journal, recorded) = take_up(args, journal, kept, header)?;
    if let Some(pin) = args.pin {
        pin_to_one(pin)?;
    }
    let before = LoadSample::now();
    let bar = RoundsBar::new(session.n_paired(), limits.budget);
    let mut watcher = Watching { policy: &settings.policy, last_look: last(&limits), is_stopped, bar, journal };
    let ended = session.run(&limits, seed, recorded, &mut watcher).map_err(|e| {
        let path = watcher.journal.as_ref().map(|journal| journal.path().display().to_string()).unwrap_or_default();
        cannot_resume(&format!("{path}: {e}"))
    })?;
    watcher.bar.finish();
    let load = LoadSample::now().zip(before).and_then(|(after, before)| after.since(&before));

    let [mut baseline, mut candidate] = session.runs();
    for (run, environment) in [&mut baseline, &mut candidate].into_iter().zip(environments) {
        run.environments = vec![environment];
    }
    let mut comparison = compare_rounds(&baseline, &candidate, &ended.looks, &settings.policy);
    if let Some(cause) = watcher.journal.as_ref().and_then(Journal::failure) {
        github::print_error(&format!("warning: the rounds could not be kept, to be resumed: {cause}"));
    }
    let can_resume = watcher.journal.as_ref().is_some_and(Journal::is_kept);
    let resume = (ended.how == HowEnded::Interrupted && can_resume).then(command_to_resume);
    note_how_it_ended(&mut comparison, ended.how, resume.clone());
    note_load(&mut comparison, load);
    if session.n_jobs() == 0 {
        let kind = if filter.is_some() { WarningKind::FilterMatchesNothing } else { WarningKind::NothingFound };
        let subject = args.only.filter.clone().unwrap_or_else(|| sides[1].source.clone());
        comparison.warnings.push(Warning { subject, kind });
    }
    let context = Context {
        baseline: Side::new(&baseline, &sides[0].source),
        candidate: Side::new(&candidate, &sides[1].source),
        profile: settings.profile.value,
        judged_on: None,
    };
    let mut report = Report::of_rounds(&comparison, &settings.policy, &context, seed, &ended.looks);
    if let Some(rounds) = &mut report.rounds {
        rounds.seconds = Some(ended.took.as_secs_f64());
        rounds.overhead_seconds = Some(ended.overhead.as_secs_f64());
    }
    output::write_report(&args.output, &report, args.explained.explain.as_deref())?;
    match resume {
        Some(command) => github::print_error(&format!("interrupted; to go on: {command}")),
        None => {
            // Not sooner: a report that could not be written can be asked for again.
            if let Some(journal) = watcher.journal {
                journal.finish();
            }
            place.clean(args.clean)?;
        }
    }
    let code = exit_code::of(&report);
    github::tell(&Leg::only(report), &args.output, args.workflow.no_github);
    Ok(code)
}

/// How each side is run.
fn invocations(args: &AbArgs) -> Result<[Invocation; 2], Failure> {
    let side = |flag: &str, words: &[String], variables: &[(String, String)]| {
        let mut arguments = args.criterion_args.clone();
        for words in words {
            arguments.extend(words_of(flag, words)?);
        }
        if arguments.iter().any(|argument| argument == "--quick" || argument.starts_with("--quick=")) {
            return Err(Failure::new("`--quick` takes too few measurements to tell what a process did")
                .hint("shorter times do as well: `-- --warm-up-time 0.05 --measurement-time 0.1`"));
        }
        Ok(Invocation { arguments, variables: variables.to_vec() })
    };
    Ok([
        side("--baseline-args", &args.baseline_args, &args.baseline_env)?,
        side("--candidate-args", &args.candidate_args, &args.candidate_env)?,
    ])
}

/// How long a single process may take: so long that its benchmark could not be decided within the budget, and yet the others can.
fn longest_process(args: &AbArgs) -> Duration {
    match (args.rounds, args.budget) {
        (None, Some(budget)) => (budget / 4).max(LONGEST_PROCESS),
        (_, budget) => budget.unwrap_or_default().max(LONGEST_PROCESS * 10),
    }
}

fn interrupted() -> Failure {
    Failure::new("interrupted before anything was measured")
}

/// Where the rounds of an earlier process are kept, if they are.
fn find_kept(path: Option<&Path>, resume: bool) -> Result<Option<Kept<RoundsHeader, RoundsRecord>>, Failure> {
    let Some(path) = path else {
        let nowhere = "failed to resume: there is no folder in which rounds could have been kept";
        return if resume { Err(Failure::new(nowhere)) } else { Ok(None) };
    };
    match read_journal(path) {
        Ok(None) if resume => Err(Failure::new("failed to resume: there are no interrupted rounds of these arguments")
            .hint(format!("give those of the call that was interrupted; its rounds would be in {}", path.display()))),
        Err(e) if resume => Err(cannot_resume(&format!("{}: {e}", path.display()))),
        Ok(Some(kept)) if !resume => {
            let n = n_rounds(&kept.records);
            let command = command_to_resume();
            let and_so = "this call starts anew";
            github::print_error(&format!(
                "interrupted rounds of this are kept ({n} measured); {and_so}, to go on: {command}"
            ));
            Ok(None)
        }
        Ok(kept) => Ok(kept.filter(|_| resume)),
        // The first record replaces it.
        Err(
            InvalidJournal::OtherVersion(_)
            | InvalidJournal::Malformed
            | InvalidJournal::TooLarge
            | InvalidJournal::Unreadable(_)
            | InvalidJournal::InUse,
        ) => Ok(None),
    }
}

/// The journal to be written, and the records that it has.
fn take_up(
    args: &AbArgs,
    path: Option<PathBuf>,
    kept: Option<Kept<RoundsHeader, RoundsRecord>>,
    header: RoundsHeader,
) -> Result<(Option<Rounds>, Vec<RoundsRecord>), Failure> {
    let Some(path) = path else { return Ok((None, Vec::new())) };
    let Some(kept) = kept else { return Ok((Some(Journal::new(path, header)), Vec::new())) };
    if let Some(why) = kept.header.difference(&header) {
        return Err(cannot_resume(&why));
    }
    if let Some(seed) = args.order.seed.filter(|seed| *seed != kept.header.seed) {
        return Err(cannot_resume(&format!("the order was drawn with the seed {}, not {seed}", kept.header.seed)));
    }
    github::print_error(&format!("going on after {} rounds", n_rounds(&kept.records)));
    let journal = Journal::resume(path, header, &kept);
    Ok((Some(journal), kept.records))
}

fn cannot_resume(why: &impl std::fmt::Display) -> Failure {
    Failure::new(format!("failed to resume: {why}")).hint("the same call without `--resume` starts anew")
}

/// The last round of which something was recorded.
fn n_rounds(records: &[RoundsRecord]) -> usize {
    let round = |record: &RoundsRecord| match record {
        RoundsRecord::Measured { round, .. } | RoundsRecord::Failed { round, .. } => *round,
        RoundsRecord::Look { rounds, .. } => *rounds,
    };
    records.iter().map(round).max().unwrap_or(0)
}

/// What was typed, with `--resume`, for a shell.
fn command_to_resume() -> String {
    let mut words = typed_words();
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    if !words[..end].iter().any(|word| word == "--resume") {
        words.insert(end, "--resume".to_owned());
    }
    for_a_shell(&words)
}

fn hashes(side: &Prepared) -> Vec<(String, String)> {
    let hash = |e: &Executable| (e.name.clone(), hash_of_file(&e.path).unwrap_or_default());
    side.executables.iter().map(hash).collect()
}

/// Where each side is measured, and from what.
fn environments(sides: &[Prepared; 2]) -> [Environment; 2] {
    let machine = this_machine();
    [0, 1].map(|side| {
        let mut executables: Vec<String> = hashes(&sides[side]).into_iter().map(|(_, hash)| hash).collect();
        executables.sort();
        Environment { executables, settings: sides[side].settings.clone(), ..machine.clone() }
    })
}

/// Lets all that is started from now on run on one processor.
fn pin_to_one(wanted: Option<usize>) -> Result<(), Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::new(format!("failed to pin to one processor: {e}"));
    let allowed = allowed_processors().map_err(|e| failed(&e))?;
    let chosen = match wanted {
        Some(wanted) if allowed.contains(&wanted) => wanted,
        Some(wanted) => {
            let allowed = allowed.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            return Err(failed(&format!("{wanted} is not one of those that we may use: {allowed}")));
        }
        None => {
            let before = LoadSample::now();
            std::thread::sleep(GLANCE);
            let least_busy = LoadSample::now().zip(before).and_then(|(now, before)| now.least_busy(&before, &allowed));
            least_busy.or(allowed.last().copied()).ok_or_else(|| failed(&"the system names none"))?
        }
    };
    pin_to(chosen).map_err(|e| failed(&e))?;
    github::print_error(&format!("all processes run on processor {chosen}"));
    Ok(())
}

fn last(limits: &Limits) -> usize {
    limits.looks.last().map_or(0, |look| look.rounds)
}

/// Says that others had the machine, where something is open that could have been decided without them.
fn note_load(comparison: &mut RunComparison, load: Option<Load>) {
    let Some(load) = load.filter(|load| load.others >= BUSY) else { return };
    // Of too few rounds, the machine is not what keeps them from showing something.
    let has_rounds = |row: &&BenchmarkComparison| row.doubt != Some(Doubt::TooFewRounds);
    let unresolved = comparison.compared.iter().filter(|row| row.is_open()).filter(has_rounds);
    let widest = unresolved.max_by(|a, b| a.smallest_provable.fraction().total_cmp(&b.smallest_provable.fraction()));
    let Some(widest) = widest else { return };
    let tenths = |percent: f64| (percent * 10.0).round() as u64;
    let (needed, resolvable) = (widest.threshold.percent(), widest.smallest_provable.fraction() * 100.0);
    if tenths(resolvable) <= tenths(needed) {
        return;
    }
    let kind = WarningKind::BusyMachine {
        load: load_average().map(|load| (load * 10.0).round() as u64),
        n_processors: load.n_processors,
        others: (load.others * 100.0).round() as u64,
        needed: tenths(needed),
        resolvable: tenths(resolvable),
    };
    comparison.warnings.push(Warning { subject: "rounds".to_owned(), kind });
    comparison.warnings.sort();
}

fn note_how_it_ended(comparison: &mut RunComparison, how: HowEnded, resume: Option<String>) {
    let n_open = comparison.compared.iter().filter(|row| row.is_open()).count();
    let kind = match how {
        HowEnded::Complete => return,
        HowEnded::BudgetSpent if n_open == 0 => return,
        HowEnded::BudgetSpent => WarningKind::BudgetSpent { n_open },
        HowEnded::Interrupted => WarningKind::Interrupted { n_open, resume },
    };
    comparison.warnings.push(Warning { subject: "rounds".to_owned(), kind });
    comparison.warnings.sort();
}

/// Where both sides are built, and rounds are kept.
struct Place {
    /// `None` where executables were named.
    checkout: Option<Checkout>,
    _lock: Option<File>,
}

impl Place {
    fn find(args: &AbArgs) -> Result<Place, Failure> {
        if !args.baseline_binary.is_empty() {
            return Ok(Place { checkout: None, _lock: None });
        }
        let checkout = checkout_or_named("--baseline-binary")?;
        let lock = lock(checkout.cache())?;
        Ok(Place { checkout: Some(checkout), _lock: Some(lock) })
    }

    /// Where the rounds of such a call are kept: one file for what was asked, whatever it is built from.
    fn journal(&self, args: &AbArgs, invocations: &[Invocation; 2]) -> Result<Option<PathBuf>, Failure> {
        let folder = match &self.checkout {
            Some(checkout) => Some(checkout.cache().to_owned()),
            None => caches(),
        };
        let here =
            std::env::current_dir().map_err(|e| Failure::new(format!("failed to find the working folder: {e}")))?;
        let prefix = self.checkout.as_ref().map_or(here.as_path(), Checkout::prefix);
        let asked = format!(
            "{:?}",
            (
                (
                    prefix,
                    &args.base,
                    &args.head,
                    &args.baseline_binary,
                    &args.candidate_binary,
                    &args.only.filter,
                    args.rounds
                ),
                (
                    &args.build.package,
                    &args.build.bench,
                    &args.build.features,
                    &args.build.build_profile,
                    args.pin,
                    invocations
                ),
            )
        );
        let key = hash_of_text(&asked);
        Ok(folder.map(|folder| folder.join(format!("rounds-{}.jsonl", &key[..16]))))
    }

    /// Says how much is kept for the next call, or removes it.
    fn clean(&self, is_wanted: bool) -> Result<(), Failure> {
        let Some(checkout) = &self.checkout else { return Ok(()) };
        let cache = checkout.cache();
        if is_wanted {
            return std::fs::remove_dir_all(cache)
                .map_err(|e| Failure::new(format!("failed to remove {}: {e}", cache.display())));
        }
        let here = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
        let real = std::fs::canonicalize(cache).unwrap_or_else(|_| cache.to_owned());
        let name = real.strip_prefix(&here).unwrap_or(&real).display();
        let size = size_of(cache, &mut BTreeSet::new()) as f64 / f64::from(1 << 20);
        github::print_error(&format!("kept for the next time: {size:.0} MiB in {name}; `--clean` removes it"));
        Ok(())
    }
}

/// The user's folder for what may be lost; `None` where there is no home.
fn caches() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    let folder = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library").join("Caches"))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache")))
    };
    folder.map(|folder| folder.join("criterion-regress"))
}

/// Bytes below a folder. Cargo links what it builds to a second name, which counts once.
fn size_of(folder: &Path, seen: &mut BTreeSet<(u64, u64)>) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&entry.path(), seen),
        Ok(metadata) if metadata.is_file() && is_first(&metadata, seen) => metadata.len(),
        _ => 0,
    };
    entries.flatten().map(size).sum()
}

#[cfg(unix)]
fn is_first(metadata: &std::fs::Metadata, seen: &mut BTreeSet<(u64, u64)>) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.nlink() < 2 || seen.insert((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn is_first(_: &std::fs::Metadata, _: &mut BTreeSet<(u64, u64)>) -> bool {
    true
}

fn prepare(args: &AbArgs, place: &Place, invocations: [Invocation; 2]) -> Result<[Prepared; 2], Failure> {
    let settings =
        [settings_of(&args.baseline_env, &args.baseline_args), settings_of(&args.candidate_env, &args.candidate_args)];
    let [baseline, candidate] = match &place.checkout {
        Some(checkout) => build_sides(args, checkout, settings.iter().any(|settings| !settings.is_empty()))?,
        None => [named("baseline", &args.baseline_binary)?, named("candidate", &args.candidate_binary)?],
    };
    let [baseline_settings, candidate_settings] = settings;
    let [baseline_invocation, candidate_invocation] = invocations;
    Ok([
        Prepared::new(baseline, baseline_settings, baseline_invocation),
        Prepared::new(candidate, candidate_settings, candidate_invocation),
    ])
}

/// In what a side is run otherwise, as people typed it.
fn settings_of(variables: &[(String, String)], arguments: &[String]) -> Vec<String> {
    let variables = variables.iter().map(|(name, value)| format!("{name}={value}"));
    variables.chain(arguments.iter().cloned()).collect()
}

fn build_sides(args: &AbArgs, checkout: &Checkout, has_settings: bool) -> Result<[Built; 2], Failure> {
    let selection = args.build.selection();
    // `None` is the working tree.
    let head = args.head.as_ref().map(|name| Ok((checkout.commit(name)?, name.clone()))).transpose();
    let head = head.map_err(|e: BuildError| Failure::new(e))?;
    let base = match &args.base {
        Some(name) => Some((checkout.commit(name).map_err(Failure::new)?, name.clone())),
        // Settings are what is compared, not versions.
        None if has_settings => head.clone(),
        None => {
            let hint = "name the base, as in `regress ab main`; in a shallow clone, fetch its history first";
            Some((default_base(checkout).map_err(|e| Failure::new(e).hint(hint))?, "base".to_owned()))
        }
    };
    refuse_the_same(args, checkout, &base, &head, has_settings)?;
    let source = |version: &Version, folder: &str| match version {
        Some((commit, _)) => checkout.commit_source(commit, folder).map_err(Failure::new),
        None => working_tree(checkout),
    };
    let commit_of = |version: &Version| version.as_ref().map(|(commit, _)| commit.clone());
    let is_one = commit_of(&base) == commit_of(&head);
    let candidate_source = source(&head, "head")?;
    let side = |version: &Version, executables: Vec<Executable>| match version {
        Some((commit, name)) => {
            Built { label: format!("{name} ({})", short(commit)), source: commit.clone(), executables }
        }
        None => Built { label: "working tree".to_owned(), source: ".".to_owned(), executables },
    };
    if is_one {
        let executables = build(checkout, &candidate_source, &selection, None)?;
        return Ok([side(&base, executables.clone()), side(&head, executables)]);
    }
    let baseline_source = source(&base, "base")?;
    let toolchain = toolchain(checkout, &baseline_source, &candidate_source)?;
    if let Some(toolchain) = &toolchain {
        github::print_error(&format!("the sides ask for different toolchains; both are built with {toolchain}"));
    }
    let built = |source| build(checkout, source, &selection, toolchain.as_deref());
    let baseline = built(&baseline_source)?;
    Ok([side(&base, baseline), side(&head, built(&candidate_source)?)])
}

/// A side: a commit and what it was called; `None` is the working tree.
type Version = Option<(String, String)>;

/// Whether both sides are the same code. Who asked for that is told; who can't have meant it is refused before anything is built.
fn refuse_the_same(
    args: &AbArgs,
    checkout: &Checkout,
    base: &Version,
    head: &Version,
    has_settings: bool,
) -> Result<(), Failure> {
    let Some((commit, _)) = base else {
        // Neither side is a commit: settings are compared.
        github::print_error("both sides are the working tree, and differ in settings only");
        return Ok(());
    };
    let (same, what) = match head {
        Some((head, name)) => (head == commit, format!("{name} is the same commit as the base")),
        None => {
            let is_head = checkout.commit("HEAD").is_ok_and(|head| head == *commit);
            let changes = if is_head { checkout.changes().map_err(Failure::new)? } else { Changes::Tracked };
            if changes == Changes::OnlyUntracked {
                github::print_error(&format!(
                    "warning: the working tree is the base ({}) but for files that git doesn't know",
                    short(commit)
                ));
            }
            (changes == Changes::None, "the working tree is the same as the base".to_owned())
        }
    };
    if !same {
        return Ok(());
    }
    let what = format!("{what} ({})", short(commit));
    if args.base.is_some() || has_settings {
        let so = if has_settings { "the sides differ in settings only" } else { "every change found is noise" };
        github::print_error(&format!("{what}: {so}"));
        return Ok(());
    }
    let before = format!("{}~1", head.as_ref().map_or("HEAD", |(_, name)| name));
    let hint = if checkout.commit(&before).is_ok() {
        format!("compare with the commit before, `{}`, or make a change; ", command_with(&before))
    } else {
        "make a change, or name a base; ".to_owned()
    };
    let again = command_with(head.as_ref().map_or("HEAD", |(_, name)| name));
    Err(Failure::new(format!("there is nothing to compare: {what}, where it left the default branch"))
        .hint(format!("{hint}to see what comes of the same code on both sides: `{again}`")))
}

/// What was typed, with a base.
fn command_with(base: &str) -> String {
    let mut words = typed_words();
    let at = words.iter().position(|word| word == "ab").map_or(words.len(), |at| at + 1);
    words.insert(at, base.to_owned());
    for_a_shell(&words)
}

/// Asks every executable what it holds. One that isn't Criterion's is left out.
fn open_suites(sides: &[Prepared; 2], scratch: &Path, guard: &Guard) -> Result<[Vec<Suite>; 2], Failure> {
    let open = |side: &Prepared| suites_of(&side.label, &side.executables, &side.invocation, scratch, guard);
    Ok([open(&sides[0])?, open(&sides[1])?])
}

struct Watching<'a> {
    policy: &'a Policy,
    /// The round of the last look.
    last_look: usize,
    is_stopped: Arc<AtomicBool>,
    bar: RoundsBar,
    journal: Option<Rounds>,
}

impl Watcher for Watching<'_> {
    fn open(&mut self, baseline: &Run, candidate: &Run, looks: &[Look]) -> Open {
        let comparison = compare_rounds(baseline, candidate, looks, self.policy);
        let is_hopeless = |row: &&&BenchmarkComparison| {
            row.n_executions[1] > 0 && row.executions_needed.is_none_or(|needed| needed > HOPELESS * self.last_look)
        };
        let undecided: Vec<&BenchmarkComparison> = comparison.compared.iter().filter(|row| row.is_open()).collect();
        let hopeless = undecided.iter().filter(is_hopeless).map(|row| row.id.clone()).collect();
        let rounds = looks.last().map_or(0, |look| look.rounds);
        let n = comparison.compared.len();
        self.bar.looked(rounds, n - undecided.len(), n);
        Open { undecided: undecided.iter().map(|row| row.id.clone()).collect(), hopeless }
    }

    fn record(&mut self, record: &RoundsRecord) {
        if let Some(journal) = &mut self.journal {
            journal.append(record);
        }
    }

    fn progress(&mut self, progress: Progress<'_>) {
        self.bar.show(progress);
    }

    fn suspended(&mut self, id: &str, round: usize) {
        let id = visible(id);
        self.bar.tell(&format!("suspended meanwhile: {id} is measured again in round {round}"));
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}
