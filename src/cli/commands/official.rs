use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use clap::ArgMatches;
use clap::parser::ValueSource;
use criterion_regress::compare::{compare, spread};
use criterion_regress::criterion::{self, Baselines, NEW};
use criterion_regress::environment::{
    Facts, LoadSample, disturbances, hash_of_file, observe, this_machine, wait_until_back,
};
use criterion_regress::model::{BenchmarkId, CheckState, Environment, Run, Session, SessionCheck, SessionExecution};
use criterion_regress::preflight::{Check, Repository, Status, Strictness, Wanted, examine, review};
use criterion_regress::report::{
    Conditions, Context, Leg, Report, Side, SpreadReport, disagreements, failed_checks, visible,
};
use criterion_regress::runner::{
    Executable, Guard, Invocation, Journal, Kept, Longest, LostResults, MEASUREMENTS, Official, OfficialHeader,
    OfficialProcess, OfficialProgress, OfficialRecord, OfficialWatcher, ProcessFailed, RecordedSide, Rival,
    SHORTEST_LIMIT, TIMES_BEFORE, execution_folder, n_measured, read_journal, still_failed,
};
use criterion_regress::store::{ExportedExecution, SESSION_FILE, gather, read_session, write_run, write_session};

use crate::cli::args::OfficialArgs;
use crate::cli::built::{Built, build, checkout_or_named, lock, named, short, suites_of, toolchain, working_tree};
use crate::cli::commands::doctor::{WINDOW, known_checks, resolved, wait};
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::input::{filter, read, read_file};
use crate::cli::progress::{OfficialBar, duration};
use crate::cli::settings::{Settings, today};
use crate::cli::shell::{for_a_shell, typed_words, words_of};
use crate::cli::stop::{stopped_by_signals, suspended_by_terminal};
use crate::cli::{exit_code, github, output};

/// By what numbers that are to be quoted are judged, where nobody says otherwise.
const PROFILE: &str = "official";

/// Options of Criterion's that leave no measurements of this code, or not where they are looked for.
const NOT_HERE: [&str; 9] = [
    "--quick",
    "--save-baseline",
    "--baseline",
    "--baseline-lenient",
    "--load-baseline",
    "--profile-time",
    "--test",
    "--list",
    "--exact",
];

/// How long it is looked after an execution: nothing of what is asked then takes longer.
const GLANCE: Duration = Duration::from_millis(100);

/// How long a benchmark that was never measured may take in any case: one that hangs would hold up the night.
const LONGEST_PROCESS: Duration = Duration::from_hours(1);

/// Most of a session's file that is read.
const LARGEST_SESSION: u64 = 64 << 20;

/// The check of workflows is about whom they trust, not about numbers.
const NOT_ABOUT_NUMBERS: &str = "workflow";

type Executions = Journal<OfficialHeader, OfficialRecord>;

pub(crate) fn run(args: &OfficialArgs, given: &ArgMatches) -> Result<ExitCode, Failure> {
    known_checks(&args.accept)?;
    let settings = settings(args, given)?;
    let filter = filter(args.only.filter.as_deref())?;
    let rivals = rivals(args)?;
    let invocation = invocation(args)?;
    let is_stopped = stopped_by_signals()?;
    let prepared = prepare(args)?;
    let place = Place::open(args, &prepared.into)?;
    // That of processes that only list; each that measures has its own.
    let suspension = suspended_by_terminal()?;
    let guard = Guard { is_stopped: Arc::clone(&is_stopped), longest: Some(LONGEST_PROCESS), suspension };
    let longest = longest(args)?;
    let suites = [&prepared.baseline, &prepared.candidate].map(|side| match side {
        Some(side) => suites_of(&side.label, &side.executables, &invocation, &place.folder.join("scratch"), &guard),
        None => Ok(Vec::new()),
    });
    let [baseline_suites, candidate_suites] = suites;
    let is_wanted = |id: &str| filter.as_ref().is_none_or(|filter| filter.matches(id));
    let official =
        Official::new(&place.folder, [baseline_suites?, candidate_suites?], rivals.clone(), longest, is_wanted)
            .map_err(|e| {
                Failure::new(e).hint("choose one with `--bench`, or leave the benchmark out with `--filter`")
            })?;
    if official.jobs().is_empty() {
        return Err(Failure::new("failed to find a benchmark to measure").hint("does `--filter` match one?"));
    }

    let labels = [&prepared.baseline, &prepared.candidate].map(|side| side.as_ref().map_or("", |side| &side.label));
    let hashes = [hashes(prepared.baseline.as_ref())?, hashes(prepared.candidate.as_ref())?];
    let header = OfficialHeader {
        sides: [0, 1].map(|side| RecordedSide { label: labels[side].to_owned(), executables: hashes[side].clone() }),
        seed: args.order.seed_or_another(),
        jobs: official.jobs(),
        arguments: args.criterion_args.clone(),
        rivals: rivals.into_iter().map(|rival| rival.command).collect(),
    };
    let taken = take_up(args, &place, header)?;
    let (seed, mut journal, mut records) = (taken.seed, taken.journal, taken.records);
    let used = [&prepared.baseline, &prepared.candidate].into_iter().flatten().flat_map(|side| &side.executables);
    let used: Vec<(PathBuf, String)> =
        used.zip(hashes.iter().flatten()).map(|(e, (_, h))| (e.path.clone(), h.clone())).collect();
    let executables = hashes.map(|hashes| {
        let mut hashes: Vec<String> = hashes.into_iter().map(|(_, hash)| hash).collect();
        hashes.sort();
        hashes
    });
    let session = open_session(&place, &prepared, !records.is_empty())?;
    // What is gone is measured again.
    note_lost(&official.lost(&records), &mut records, &mut journal)?;
    let is_all_measured = {
        let jobs = official.jobs();
        let n: usize = jobs.iter().flatten().flatten().count() + args.rival.len();
        n_measured(&records, args.runs) >= n * args.runs
    };
    let mut watcher = Watching {
        place: &place,
        session,
        executables: executables[1].clone(),
        used,
        reference: None,
        begun: None,
        is_resumed: false,
        cool_down: args.cool_down,
        is_stopped,
        bar: OfficialBar::new(),
        must_end: None,
    };
    let is_complete = if is_all_measured {
        true
    } else {
        let facts = preflight(args, &settings, &mut watcher)?;
        tell_limit(longest);
        watcher.reference = Some(facts);
        official.run(args.runs, seed, &mut records, &mut journal, &mut watcher).map_err(|e| {
            Failure::new(e).hint("what was measured before is kept; with room and rights, the same call goes on")
        })?
    };
    watcher.bar.finish();
    if let Some(failure) = watcher.must_end.take() {
        return Err(failure);
    }
    let lost = official.lost(&records);
    note_lost(&lost, &mut records, &mut journal)?;
    let failed = still_failed(&records);
    if is_complete && failed.is_empty() && watcher.session.finished_at.is_none() {
        watcher.session.finished_at = Some(SystemTime::now());
        place.write(&watcher.session)?;
    }

    let n = records.iter().map(execution_of).max().unwrap_or(0);
    let code = if n == 0 {
        exit_code::failed()
    } else {
        tell(
            args,
            &settings,
            &Measured {
                place: &place,
                prepared: &prepared,
                official: &official,
                executables,
                n,
                session: &watcher.session,
                lost: &lost,
            },
        )?
    };
    tell_few(&official, &records);
    for (execution, of, cause) in &failed {
        let name = official.name(*of);
        print_error(&format!("failed in execution {execution}: {}: {}", visible(&name), visible(cause)));
    }
    for (i, execution) in watcher.session.executions.iter().enumerate() {
        if let Some(why) = &execution.tainted {
            print_error(&format!("disturbed: execution {}: {}", i + 1, visible(why)));
        }
    }
    print_error(&format!("kept in {}", shown(&place.folder).display()));
    if !is_complete {
        print_error(&format!("interrupted; to go on: {}", command_to_go_on()));
    } else if !failed.is_empty() {
        print_error(&format!("to run again what failed: {}", command_to_go_on()));
    }
    Ok(if is_complete && failed.is_empty() { code } else { exit_code::failed() })
}

/// Takes back what was recorded of results that are not in their places.
fn note_lost(lost: &[LostResults], records: &mut Vec<OfficialRecord>, journal: &mut Executions) -> Result<(), Failure> {
    for record in lost.iter().map(LostResults::record) {
        journal.append(&record);
        records.push(record);
    }
    match journal.failure() {
        Some(cause) => Err(Failure::new(format!("failed to write {}: {cause}", journal.path().display()))),
        None => Ok(()),
    }
}

/// How long a benchmark's process may take: as was said, or by the times that Criterion is told.
fn longest(args: &OfficialArgs) -> Result<Longest, Failure> {
    if let Some(limit) = args.limit {
        return Ok(Longest::Stated(limit));
    }
    let mut told = Duration::ZERO;
    let mut words = args.criterion_args.iter().peekable();
    while let Some(word) = words.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word.as_str(), words.peek().map(|value| value.as_str())),
        };
        if flag == "--warm-up-time" || flag == "--measurement-time" {
            let seconds = value.and_then(|value| value.parse().ok()).map(Duration::try_from_secs_f64);
            let Some(Ok(seconds)) = seconds else {
                return Err(Failure::new(format!("failed to read {flag}: expected seconds, as in `{flag} 10`")));
            };
            told = told.saturating_add(seconds);
        }
    }
    Ok(Longest::Unknown(told.saturating_mul(TIMES_BEFORE).max(LONGEST_PROCESS)))
}

fn tell_limit(longest: Longest) {
    print_error(&match longest {
        Longest::Stated(limit) => format!("a benchmark's process is ended after {}", duration(limit)),
        Longest::Unknown(first) => format!(
            "a benchmark's process is ended after {}, and once it was measured after {TIMES_BEFORE} times as long as it took, \
             but no sooner than after {}; --limit says another time",
            duration(first),
            duration(SHORTEST_LIMIT)
        ),
    });
}

/// Under the profile for numbers to be quoted, unless another was typed.
fn settings(args: &OfficialArgs, given: &ArgMatches) -> Result<Settings, Failure> {
    let is_typed = matches!(given.value_source("profile"), Some(ValueSource::CommandLine | ValueSource::EnvVariable));
    let mut policy = args.policy.clone();
    if !is_typed {
        policy.profile = Some(PROFILE.to_owned());
    }
    Settings::resolve(&policy, &[], given, &today())
}

fn rivals(args: &OfficialArgs) -> Result<Vec<Rival>, Failure> {
    let rival = |text: &String| {
        let command = words_of("--rival", text)?;
        if command.first().is_none_or(String::is_empty) {
            return Err(Failure::new("failed to read --rival: it is empty"));
        }
        Ok(Rival { command, limit: args.rival_limit })
    };
    args.rival.iter().map(rival).collect()
}

fn invocation(args: &OfficialArgs) -> Result<Invocation, Failure> {
    let is_not_here = |word: &&String| NOT_HERE.contains(&word.split('=').next().unwrap_or_default());
    if let Some(word) = args.criterion_args.iter().find(is_not_here) {
        return Err(Failure::new(format!("`{word}` is not for official runs")).hint(
            "each process measures one benchmark in full; `--filter` chooses which, and names are given by --session",
        ));
    }
    Ok(Invocation { arguments: args.criterion_args.clone(), variables: Vec::new() })
}

/// What is measured, and where it is kept.
struct Prepared {
    baseline: Option<Built>,
    candidate: Option<Built>,
    into: PathBuf,
    commit: Option<String>,
    is_dirty: Option<bool>,
    /// Held until the end: who builds meanwhile disturbs what is measured.
    _lock: Option<File>,
}

fn prepare(args: &OfficialArgs) -> Result<Prepared, Failure> {
    if !args.binary.is_empty() {
        let baseline = (!args.baseline_binary.is_empty()).then(|| named("baseline", &args.baseline_binary));
        let candidate = named("candidate", &args.binary)?;
        let into = args.into.clone().unwrap_or_else(|| PathBuf::from("target/regress/official"));
        let baseline = baseline.transpose()?;
        return Ok(Prepared { baseline, candidate: Some(candidate), into, commit: None, is_dirty: None, _lock: None });
    }
    let checkout = checkout_or_named("--binary")?;
    refuse_what_lasts(args)?;
    let lock = lock(checkout.cache())?;
    let selection = args.build.selection();
    let tree = working_tree(&checkout)?;
    let mut baseline = None;
    let mut chosen = None;
    if let Some(name) = &args.baseline {
        let commit = checkout.commit(name).map_err(Failure::new)?;
        let source = checkout.commit_source(&commit, "base").map_err(Failure::new)?;
        chosen = toolchain(&checkout, &source, &tree)?;
        let executables = build(&checkout, &source, &selection, chosen.as_deref())?;
        baseline = Some(Built { label: format!("{name} ({})", short(&commit)), source: commit, executables });
    }
    let executables = build(&checkout, &tree, &selection, chosen.as_deref())?;
    let commit = checkout.commit("HEAD").ok();
    let is_dirty = checkout.is_dirty().ok();
    let label = match (&commit, is_dirty) {
        (Some(commit), Some(false)) => short(commit).to_owned(),
        (Some(commit), _) => format!("{} with changes", short(commit)),
        (None, _) => "working tree".to_owned(),
    };
    Ok(Prepared {
        baseline,
        candidate: Some(Built { label, source: ".".to_owned(), executables }),
        into: args.into.clone().unwrap_or_else(|| checkout.cache().join("official")),
        commit,
        is_dirty,
        _lock: Some(lock),
    })
}

fn hashes(side: Option<&Built>) -> Result<Vec<(String, String)>, Failure> {
    let hash = |e: &Executable| {
        let hash = hash_of_file(&e.path)
            .map_err(|cause| Failure::new(format!("failed to read {}: {cause}", e.path.display())))?;
        Ok((e.name.clone(), hash))
    };
    side.map_or(Ok(Vec::new()), |side| side.executables.iter().map(hash).collect())
}

/// Where a session is kept.
struct Place {
    folder: PathBuf,
    _lock: File,
}

impl Place {
    fn open(args: &OfficialArgs, into: &Path) -> Result<Place, Failure> {
        // Processes run in folders of their own.
        let folder = std::path::absolute(into.join(&args.session))
            .map_err(|e| Failure::new(format!("failed to find {}: {e}", into.display())))?;
        let mut held = lock(&folder)?;
        if args.fresh && folder.join("journal.jsonl").exists() {
            let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
            let aside = folder.with_file_name(format!("{}-{at}", args.session));
            std::fs::rename(&folder, &aside)
                .map_err(|e| Failure::new(format!("failed to keep {} aside: {e}", folder.display())))?;
            print_error(&format!("what was measured before is kept in {}", shown(&aside).display()));
            held = lock(&folder)?;
        }
        std::fs::create_dir_all(folder.join("runs"))
            .and_then(|()| std::fs::create_dir_all(folder.join("scratch")))
            .map_err(|e| Failure::new(format!("failed to make {}: {e}", folder.display())))?;
        Ok(Place { folder, _lock: held })
    }

    fn journal(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    fn session(&self) -> PathBuf {
        self.folder.join("runs").join(SESSION_FILE)
    }

    /// Writes the session's file in one step.
    fn write(&self, session: &Session) -> Result<(), Failure> {
        let (path, new) = (self.session(), self.folder.join("scratch").join("session.json.new"));
        std::fs::write(&new, write_session(session))
            .and_then(|()| std::fs::rename(&new, &path))
            .map_err(|e| Failure::new(format!("failed to write {}: {e}", path.display())))
    }
}

/// From here, where that is shorter.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).map(Path::to_owned).unwrap_or_else(|_| path.to_owned())
}

struct Taken {
    seed: u64,
    journal: Executions,
    records: Vec<OfficialRecord>,
}

/// What was measured under this name before.
fn take_up(args: &OfficialArgs, place: &Place, header: OfficialHeader) -> Result<Taken, Failure> {
    let path = place.journal();
    let hint =
        "`--fresh` begins anew and keeps what is there under another name, and `--session NAME` keeps this beside it";
    let cannot = |why: &dyn std::fmt::Display| {
        Failure::new(format!("failed to go on with {}: {why}", shown(&place.folder).display())).hint(hint)
    };
    let kept: Option<Kept<OfficialHeader, OfficialRecord>> =
        read_journal(&path).map_err(|e| cannot(&format!("{}: {e}", shown(&path).display())))?;
    let Some(kept) = kept else {
        return Ok(Taken { seed: header.seed, journal: Journal::new(path, header), records: Vec::new() });
    };
    if let Some(why) = kept.header.difference(&header) {
        return Err(cannot(&why));
    }
    kept.header.check(&kept.records).map_err(|e| cannot(&format!("{}: {e}", shown(&path).display())))?;
    if let Some(seed) = args.order.seed.filter(|seed| *seed != kept.header.seed) {
        return Err(cannot(&format!("the order was drawn with the seed {}, not {seed}", kept.header.seed)));
    }
    if !kept.records.is_empty() {
        let n = kept.records.iter().filter(|record| matches!(record, OfficialRecord::Measured { .. })).count();
        print_error(&format!("going on with {}: {n} processes have measured", shown(&place.folder).display()));
    }
    let seed = kept.header.seed;
    let journal = Journal::resume(path, header, &kept);
    Ok(Taken { seed, journal, records: kept.records })
}

fn execution_of(record: &OfficialRecord) -> usize {
    match record {
        OfficialRecord::Measured { execution, .. } | OfficialRecord::Failed { execution, .. } => *execution,
    }
}

/// How it was measured up to now, where something was.
fn open_session(place: &Place, prepared: &Prepared, goes_on: bool) -> Result<Session, Failure> {
    let path = place.session();
    let new = Session {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        commit: prepared.commit.clone(),
        is_dirty: prepared.is_dirty,
        command: Some(for_a_shell(&typed_words())),
        started_at: Some(SystemTime::now()),
        ..Session::default()
    };
    if !goes_on || !path.exists() {
        if goes_on {
            print_error(&format!(
                "warning: {} is gone: how executions were measured before is not known",
                path.display()
            ));
        }
        return Ok(new);
    }
    let bytes = read_file(&path, LARGEST_SESSION)?;
    let session = read_session(&String::from_utf8_lossy(&bytes)).map_err(|e| {
        Failure::new(format!("failed to read {}: {e}", path.display()))
            .hint("`--fresh` begins anew; without this file, the same call goes on, and no longer knows how it measured before")
    })?;
    if let Some(first) = session.executions.first() {
        let differences = first.before.differences(&this_machine());
        if let Some(difference) = differences.first() {
            let [was, is] = &difference.values;
            return Err(Failure::new(format!(
                "failed to go on: this is not the machine of the first execution: {} was {was}, and is {is}",
                difference.fact
            ))
            .hint("`--fresh` begins anew and keeps what is there under another name"));
        }
    }
    Ok(session)
}

/// Checks of the machine and the repository, with what was accepted.
fn look(args: &OfficialArgs, checks: Vec<Check>) -> Vec<Check> {
    let repository = review(&Repository::read(Path::new(".")), Strictness::Official);
    let repository = repository.into_iter().filter(|check| check.code != NOT_ABOUT_NUMBERS);
    accepted(args, checks.into_iter().chain(repository))
}

/// Checks, with what was accepted.
fn accepted(args: &OfficialArgs, checks: impl IntoIterator<Item = Check>) -> Vec<Check> {
    let accept =
        |check: Check| if args.accept.iter().any(|code| code == check.code) { check.accepted() } else { check };
    checks.into_iter().map(accept).collect()
}

/// Before minutes are spent on building: what fails and doesn't pass by itself.
fn refuse_what_lasts(args: &OfficialArgs) -> Result<(), Failure> {
    if args.anyway {
        return Ok(());
    }
    let (_, checks) = examine(WINDOW, &Wanted { strictness: Strictness::Official, baselines: Vec::new() });
    let lasting: Vec<Check> = look(args, checks).into_iter().filter(|check| !check.may_pass_later).collect();
    refuse(args, &lasting)
}

fn refuse(args: &OfficialArgs, checks: &[Check]) -> Result<(), Failure> {
    let mut codes: Vec<&str> =
        checks.iter().filter(|check| check.status == Status::Fail).map(|check| check.code).collect();
    codes.dedup();
    if codes.is_empty() {
        return Ok(());
    }
    failed_checks(checks).iter().for_each(|line| print_error(line));
    let codes = codes.join(",");
    if args.anyway {
        print_error(&format!("warning: measured all the same (--anyway): {codes}"));
        return Ok(());
    }
    Err(Failure::new(format!("refused to measure here: {codes}")).hint(format!(
        "remedy it, wait for what passes by itself (--wait 15m), accept it for these numbers (--accept {codes}), or measure --anyway"
    )))
}

/// Looks whether this machine is fit, and notes what it saw.
fn preflight(args: &OfficialArgs, settings: &Settings, watcher: &mut Watching<'_>) -> Result<Facts, Failure> {
    let is_stopped = Arc::clone(&watcher.is_stopped);
    let wanted = Wanted { strictness: Strictness::Official, baselines: Vec::new() };
    let (facts, mut checks) = wait(
        args.wait,
        || is_stopped.load(Ordering::Relaxed),
        || {
            let (facts, checks) = examine(WINDOW, &wanted);
            (facts, look(args, checks))
        },
    );
    if args.measure {
        checks.extend(accepted(args, vec![resolved(settings, Strictness::Official)]));
    }
    refuse(args, &checks)?;
    for check in checks {
        let state = match check.status {
            Status::Pass => CheckState::Pass,
            Status::CannotTell => CheckState::CannotTell,
            Status::Warn => CheckState::Warn,
            Status::Fail => CheckState::Fail,
        };
        let seen = SessionCheck { name: check.code.to_owned(), state, words: check.found };
        // Of several calls, the worst that one of them saw.
        match watcher.session.checks.iter_mut().find(|known| known.name == seen.name) {
            Some(known) if known.state < seen.state => *known = seen,
            Some(_) => {}
            None => watcher.session.checks.push(seen),
        }
    }
    Ok(facts)
}

struct Watching<'a> {
    place: &'a Place,
    session: Session,
    executables: Vec<String>,
    /// What is run, with its hash before the first execution.
    used: Vec<(PathBuf, String)>,
    /// The machine before the first execution of this call.
    reference: Option<Facts>,
    /// Whether an earlier call began the execution in hand and did not end it.
    is_resumed: bool,
    /// The machine before the execution in hand.
    begun: Option<(Facts, Option<LoadSample>)>,
    cool_down: Duration,
    is_stopped: Arc<AtomicBool>,
    bar: OfficialBar,
    must_end: Option<Failure>,
}

impl Watching<'_> {
    fn machine(&self, facts: &Facts) -> Environment {
        Environment { executables: self.executables.clone(), ..facts.machine.clone() }
    }

    fn write(&mut self) {
        if let Err(failure) = self.place.write(&self.session) {
            self.must_end = Some(failure);
        }
    }

    fn entry(&mut self, execution: usize) -> &mut SessionExecution {
        let folders = self.session.executions.len()..execution;
        self.session.executions.extend(
            folders.map(|i| SessionExecution {
                folder: format!("run-{}/criterion", i + 1),
                ..SessionExecution::default()
            }),
        );
        &mut self.session.executions[execution - 1]
    }

    /// The first executable that is no longer what it was: who builds meanwhile has others measured.
    fn changed(&self) -> Option<&Path> {
        let is_other = |(path, hash): &&(PathBuf, String)| hash_of_file(path).ok().as_ref() != Some(hash);
        self.used.iter().find(is_other).map(|(path, _)| path.as_path())
    }

    /// Waits until the machine is as before; with why it isn't, where that took too long.
    fn cool_down(&self, reference: &Facts) -> (Facts, Option<String>) {
        if self.cool_down.is_zero() {
            return (observe(Duration::ZERO), Some("it began without a cool-down".to_owned()));
        }
        let mut told = String::new();
        let back = wait_until_back(reference, WINDOW, self.cool_down, |why| {
            let why = visible(&why.to_string());
            if told.is_empty() {
                self.bar.tell(&format!("waiting until the machine is back: {why}"));
            }
            told = why;
            !self.is_stopped()
        });
        match back {
            Ok(facts) => (facts, None),
            Err(why) => (observe(WINDOW), Some(format!("the machine was not back: {why}"))),
        }
    }
}

impl OfficialWatcher for Watching<'_> {
    fn begin(&mut self, execution: usize) -> bool {
        let Some(reference) = self.reference.clone() else { return false };
        let is_first = self.begun.is_none();
        let (facts, why) = if is_first { (reference, None) } else { self.cool_down(&reference) };
        if self.is_stopped() {
            return false;
        }
        let machine = self.machine(&facts);
        let entry = self.entry(execution);
        let is_resumed = entry.started_at.is_some() && entry.finished_at.is_none();
        if entry.started_at.is_none() {
            entry.started_at = Some(SystemTime::now());
            entry.before = machine;
        }
        entry.finished_at = None;
        taint(entry, why);
        self.begun = Some((facts, LoadSample::now()));
        self.is_resumed = is_resumed;
        self.session.finished_at = None;
        self.write();
        true
    }

    fn progress(&mut self, progress: OfficialProgress<'_>) {
        if std::mem::take(&mut self.is_resumed) && progress.n_done > 0 {
            let why = "an earlier call ended in the midst of it: what the machine did until then was not seen";
            taint(self.entry(progress.execution), Some(why.to_owned()));
            self.write();
        }
        self.bar.show(progress);
    }

    fn suspended(&mut self, execution: usize, id: &str) {
        self.bar.tell(&format!("suspended meanwhile: {} is measured again in execution {execution}", visible(id)));
        taint(self.entry(execution), Some("the tool was suspended during it".to_owned()));
        self.write();
    }

    fn failed(&mut self, execution: usize, id: &str, cause: &ProcessFailed) {
        let cause = visible(&cause.to_string());
        self.bar.tell(&format!("warning: {} failed in execution {execution}: {cause}", visible(id)));
    }

    fn finished(&mut self, execution: usize) {
        if self.entry(execution).finished_at.is_some() {
            return;
        }
        let Some((before, load)) = self.begun.take() else {
            // An earlier call ended between its last process and this.
            let entry = self.entry(execution);
            if entry.tainted.is_none() {
                taint(entry, Some("the tool was ended before it looked at the machine again".to_owned()));
                self.write();
            }
            return;
        };
        let after = observe(GLANCE);
        let load = LoadSample::now().zip(load).and_then(|(now, then)| now.since(&then));
        let found = disturbances(&before, &after, load);
        let machine = self.machine(&after);
        let entry = self.entry(execution);
        entry.finished_at = Some(SystemTime::now());
        entry.after = machine;
        let words: Vec<String> = found.iter().map(ToString::to_string).collect();
        taint(entry, (!words.is_empty()).then(|| words.join(", ")));
        self.begun = Some((before, None));
        let changed = self.changed().map(|path| path.display().to_string());
        if let Some(path) = &changed {
            taint(self.entry(execution), Some(format!("{} was replaced during it", visible(path))));
        }
        self.write();
        if let Some(path) = changed {
            let failure =
                Failure::new(format!("stopped: {path} was replaced while it was measured, in execution {execution}"));
            self.must_end = Some(failure.hint(
                "measure an executable that nobody builds meanwhile: a copy of it, or the working tree, which is built in a folder of its own; `--fresh` begins anew",
            ));
        }
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed) || self.must_end.is_some()
    }
}

fn taint(entry: &mut SessionExecution, why: Option<String>) {
    let Some(why) = why else { return };
    entry.tainted = Some(match entry.tainted.take() {
        Some(before) if before != why => format!("{before}; {why}"),
        _ => why,
    });
}

/// What there is to tell of.
struct Measured<'a> {
    place: &'a Place,
    prepared: &'a Prepared,
    official: &'a Official,
    executables: [Vec<String>; 2],
    /// Executions.
    n: usize,
    /// How it was measured.
    session: &'a Session,
    /// What is not as it was measured.
    lost: &'a [LostResults],
}

impl Measured<'_> {
    /// A side's executions as one run; its own benchmarks only, where rivals are not asked for.
    fn run(&self, side: usize, label: &str, with_rivals: bool) -> Result<Run, Failure> {
        let mut runs = Vec::new();
        for execution in 1..=self.n {
            let folder = execution_folder(&self.place.folder, side, execution);
            if !folder.is_dir() {
                continue;
            }
            let mut tree = read(&folder, Baselines::Named(&[NEW]))?;
            let mut run = tree.take_run(NEW, label);
            run.warnings.append(&mut tree.warnings);
            run.benchmarks.retain(|b| {
                (with_rivals || self.is_own(side, b.id.as_str())) && !self.is_lost(side, execution, &b.id.path())
            });
            runs.push(run);
        }
        let mut run = Run::merge(runs);
        run.label = label.to_owned();
        run.environments = vec![self.environment(side)];
        Ok(run)
    }

    fn is_own(&self, side: usize, id: &str) -> bool {
        self.official.jobs().iter().any(|job| job[side].as_deref() == Some(id))
    }

    /// Whether a result is not the one that was measured.
    fn is_lost(&self, side: usize, execution: usize, place: &str) -> bool {
        let is_of_side = |of: OfficialProcess| match of {
            OfficialProcess::Benchmark { side: own, .. } => own == side,
            OfficialProcess::Rival { .. } => side == 1,
        };
        let is_it = |lost: &LostResults| lost.execution == execution && is_of_side(lost.of);
        self.lost.iter().any(|lost| is_it(lost) && lost.places.iter().any(|known| known == place))
    }

    fn environment(&self, side: usize) -> Environment {
        Environment { executables: self.executables[side].clone(), ..this_machine() }
    }

    /// Writes what `regress export` would.
    fn export(&self, side: usize, label: &str, name: &str) -> Result<(), Failure> {
        let keep =
            |measurement: &_, measured_at| ExportedExecution { measurement: Clone::clone(measurement), measured_at };
        let mut entries = Vec::new();
        for execution in 1..=self.n {
            let folder = execution_folder(&self.place.folder, side, execution);
            if folder.is_dir() {
                let tree = criterion::read(&folder, Baselines::Named(&[NEW]), keep, &AtomicUsize::new(0))
                    .map_err(Failure::new)?;
                let is_kept =
                    |id: &BenchmarkId| self.is_own(side, id.as_str()) && !self.is_lost(side, execution, &id.path());
                entries.extend(tree.entries.into_iter().filter(|e| is_kept(&e.id)));
            }
        }
        let text = write_run(label, &gather(entries).exported, &[], &[self.environment(side)]);
        output::write_file(&self.place.folder.join(name), &text)
    }
}

/// The report, and files to compare with later.
fn tell(args: &OfficialArgs, settings: &Settings, measured: &Measured<'_>) -> Result<ExitCode, Failure> {
    let label = |side: &Option<Built>| side.as_ref().map_or_else(String::new, |side| side.label.clone());
    let (label, base_label) = (label(&measured.prepared.candidate), label(&measured.prepared.baseline));
    measured.export(1, &label, "official.json")?;
    let policy = &settings.policy;
    let conditions = Some(Conditions::from(measured.session));
    let Some(base) = &measured.prepared.baseline else {
        let run = measured.run(1, &label, true)?;
        let spread = spread(&run, None, policy);
        let mut report = SpreadReport::new(&spread, policy);
        report.conditions = conditions;
        output::write(&args.output, |format, rows, style| report.render(format, rows, style))?;
        output::print_notes(&disagreements(&spread).join("\n"));
        return Ok(exit_code::of_table(0, spread.benchmarks.len()));
    };
    measured.export(0, &base_label, "baseline.json")?;
    let (baseline, candidate) = (measured.run(0, &base_label, false)?, measured.run(1, &label, false)?);
    let comparison = compare(&baseline, &candidate, policy);
    let source = measured.prepared.candidate.as_ref().map_or(".", |side| &side.source);
    let context = Context {
        baseline: Side::new(&baseline, &base.source),
        candidate: Side { revision: measured.prepared.commit.clone(), ..Side::new(&candidate, source) },
        profile: settings.profile.value.clone(),
        judged_on: github::judge(args.workflow.no_github),
    };
    let report = Report { conditions, ..Report::new(&comparison, policy, &context) };
    output::write_report(&args.output, &report, None)?;
    output::print_notes(&disagreements(&spread(&baseline, Some(&candidate), policy)).join("\n"));
    let code = exit_code::of(&report);
    github::tell(&Leg::only(report), &args.output, args.workflow.no_github);
    Ok(code)
}

/// Names what took fewer measurements than an official number rests on.
fn tell_few(official: &Official, records: &[OfficialRecord]) {
    let few = |record: &OfficialRecord| match record {
        OfficialRecord::Measured { of: of @ OfficialProcess::Benchmark { side: 1, .. }, n_measurements, .. } => {
            n_measurements.filter(|n| *n < MEASUREMENTS).map(|n| (official.name(*of), n))
        }
        _ => None,
    };
    let mut found: Vec<(String, usize)> = records.iter().filter_map(few).collect();
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    let Some((name, n)) = found.iter().min_by_key(|(_, n)| *n) else { return };
    let others = if found.len() > 1 { format!(" and {} more", found.len() - 1) } else { String::new() };
    print_error(&format!(
        "warning: {}{others}: {n} measurements an execution, where official runs take {MEASUREMENTS}: sample_size or \
         --sample-size asks for fewer",
        visible(name)
    ));
}

/// What was typed, without what would begin anew, for a shell.
fn command_to_go_on() -> String {
    let mut words = typed_words();
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let mut i = 0;
    words.retain(|word| {
        i += 1;
        i > end || word != "--fresh"
    });
    for_a_shell(&words)
}
