//! Executions as they are run, each of them kept in a folder of Criterion's of its own.
//!
//! An execution runs every benchmark once, in a fresh process for as long as Criterion itself would, and a baseline's beside its own
//! in random order. What a process wrote is moved to its place in one step when it has ended, and then recorded: whoever is killed
//! loses the process in hand. Rivals are others' commands, which write Criterion's files into the same execution.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::executable::{ProcessFailed, Suite};
use super::journal::Journal;
use super::recorded::RecordedSide;
use super::rounds::Order;
use super::suspension::Suspension;
use crate::criterion::{self, Baselines, NEW};
use crate::model::{BenchmarkId, Execution};
use crate::stats::summarize;

/// Criterion's own default: fewer measurements than this in an execution are told.
pub const MEASUREMENTS: usize = 100;

/// More executions than this are not asked for.
pub const MOST_EXECUTIONS: usize = 1000;

/// How often a rival's process is looked at.
const TICK: Duration = Duration::from_millis(50);

/// What of a rival's output a failure tells, in characters.
const LONGEST_TAIL: usize = 500;

/// What executions belong to: they can go on only where all of this is as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialHeader {
    /// Both sides; without a baseline, the first has no executables.
    pub sides: [RecordedSide; 2],
    /// What the order follows from.
    pub seed: u64,
    /// Of each benchmark its id on each side that has it.
    pub jobs: Vec<[Option<String>; 2]>,
    /// Arguments for Criterion.
    pub arguments: Vec<String>,
    /// Rivals' commands.
    pub rivals: Vec<Vec<String>>,
}

/// What was recorded can't have been measured of what the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("record {0} of it is damaged, or of other processes")]
pub struct ForeignRecord(usize);

impl OfficialHeader {
    /// Whether the records can be of processes under this header.
    ///
    /// # Errors
    /// The first that can't, counted from 1.
    pub fn check(&self, records: &[OfficialRecord]) -> Result<(), ForeignRecord> {
        let is_ours = |record: &OfficialRecord| {
            let (execution, of, seconds) = match record {
                OfficialRecord::Measured { execution, of, seconds, .. } => (*execution, *of, *seconds),
                OfficialRecord::Failed { execution, of, .. } => (*execution, *of, 0.0),
            };
            let is_known = match of {
                OfficialProcess::Benchmark { job, side } => {
                    self.jobs.get(job).and_then(|job| job.get(side)).is_some_and(Option::is_some)
                }
                OfficialProcess::Rival { rival } => rival < self.rivals.len(),
            };
            is_known && (1..=MOST_EXECUTIONS).contains(&execution) && Duration::try_from_secs_f64(seconds).is_ok()
        };
        match records.iter().position(|record| !is_ours(record)) {
            Some(i) => Err(ForeignRecord(i + 1)),
            None => Ok(()),
        }
    }

    /// Why executions under this header can't go on as ones under `now`; `None` where they can. The seed is not looked at.
    #[must_use]
    pub fn difference(&self, now: &OfficialHeader) -> Option<String> {
        for ((was, is), side) in self.sides.iter().zip(&now.sides).zip(["baseline", "candidate"]) {
            match (was.executables.is_empty(), is.executables.is_empty()) {
                (true, false) => return Some("there was no baseline, and now there is one".to_owned()),
                (false, true) => return Some("there was a baseline, and now there is none".to_owned()),
                _ if was.executables != is.executables => {
                    return Some(format!("the executables of the {side} are not those that were measured"));
                }
                _ => {}
            }
        }
        if self.arguments != now.arguments {
            return Some("Criterion was given other arguments".to_owned());
        }
        if self.rivals != now.rivals {
            return Some("the rivals were others".to_owned());
        }
        (self.jobs != now.jobs).then(|| "other benchmarks took part".to_owned())
    }
}

/// One process of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "process", rename_all = "kebab-case")]
pub enum OfficialProcess {
    /// Of a benchmark.
    Benchmark {
        /// Which, in the header's order.
        job: usize,
        /// 0 is the baseline.
        side: usize,
    },
    /// Of a rival.
    Rival {
        /// Which, in the header's order.
        rival: usize,
    },
}

/// A process that ended. Executions count from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum OfficialRecord {
    /// It left results, which are in their place.
    Measured {
        /// The execution.
        execution: usize,
        /// Which process of it.
        of: OfficialProcess,
        /// How long it took.
        seconds: f64,
        /// The fewest measurements of its results; `None` for a rival.
        n_measurements: Option<usize>,
        /// What it left.
        #[serde(default)]
        results: Vec<KeptResult>,
    },
    /// It failed, and is run again by whoever goes on.
    Failed {
        /// The execution.
        execution: usize,
        /// Which process of it.
        of: OfficialProcess,
        /// How it ended.
        cause: String,
    },
}

/// A result in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptResult {
    /// Its folder, below Criterion's.
    pub place: String,
    /// What its measurements are known by.
    pub fingerprint: u64,
}

/// A process whose results are no longer where they were put, or no longer what they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostResults {
    /// The execution, from 1.
    pub execution: usize,
    /// Which process of it.
    pub of: OfficialProcess,
    /// The folders of all its results, below Criterion's.
    pub places: Vec<String>,
}

impl LostResults {
    /// The record that makes it be run again.
    #[must_use]
    pub fn record(&self) -> OfficialRecord {
        let cause =
            "what it had measured is gone, or was changed since: its execution's folder was written to".to_owned();
        OfficialRecord::Failed { execution: self.execution, of: self.of, cause }
    }
}

/// A command that measures something else beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// The program and its arguments; no shell reads them.
    pub command: Vec<String>,
    /// How long it may take.
    pub limit: Duration,
}

/// How long a benchmark's process may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Longest {
    /// As long as somebody said.
    Stated(Duration),
    /// So long where it was never measured; then ten times as long as it ever took, and ten minutes in any case.
    Unknown(Duration),
}

/// So many times longer than ever before, a process hangs.
pub const TIMES_BEFORE: u32 = 10;

/// Shorter than this, no process is ended that was measured before.
pub const SHORTEST_LIMIT: Duration = Duration::from_mins(10);

impl Longest {
    fn of(self, of_job: usize, records: &[OfficialRecord], has_hung: bool) -> Duration {
        let first = match self {
            Longest::Stated(longest) => return longest,
            Longest::Unknown(first) => first,
        };
        let took = |record: &OfficialRecord| match record {
            OfficialRecord::Measured { of: OfficialProcess::Benchmark { job, .. }, seconds, .. } if *job == of_job => {
                Duration::try_from_secs_f64(*seconds).ok()
            }
            _ => None,
        };
        match records.iter().filter_map(took).max() {
            Some(took) => took.saturating_mul(TIMES_BEFORE).max(SHORTEST_LIMIT),
            None if has_hung => first.min(SHORTEST_LIMIT),
            None => first,
        }
    }
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfficialProgress<'a> {
    /// The benchmark or rival that runs next.
    pub id: &'a str,
    /// The execution, from 1.
    pub execution: usize,
    /// How many there will be.
    pub n_executions: usize,
    /// Its processes that have ended.
    pub n_done: usize,
    /// Its processes.
    pub n: usize,
    /// How long all that is left measures, as far as it was measured before.
    pub remaining: Option<Duration>,
}

/// Who looks after the machine, is told what is going on, and may stop it.
pub trait OfficialWatcher {
    /// Before the first process of an execution, or before the first that is left of it: waits for the machine. Whether to go on.
    fn begin(&mut self, execution: usize) -> bool;
    /// Before each process.
    fn progress(&mut self, progress: OfficialProgress<'_>);
    /// Before a process runs again, as this one was suspended meanwhile.
    fn suspended(&mut self, execution: usize, id: &str);
    /// After a process that failed.
    fn failed(&mut self, execution: usize, id: &str, cause: &ProcessFailed);
    /// After the last process of an execution; also of one that an earlier call ended.
    fn finished(&mut self, execution: usize);
    /// Whether to stop.
    fn is_stopped(&self) -> bool;
}

/// What can't be kept can't be measured either.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("failed to keep {what} in {}: {cause}", path.display())]
pub struct CannotKeep {
    what: String,
    path: PathBuf,
    cause: String,
}

/// Two executables list a benchmark of the same name, whose results would lie in one place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0} is in two executables")]
pub struct Repeated(pub String);

/// One benchmark, with its suite on each side that has it.
#[derive(Debug)]
struct Job {
    sides: [Option<(usize, String)>; 2],
}

/// Why a result did not come to its place.
enum NotKept {
    Disk(CannotKeep),
    /// Another benchmark is there.
    Taken(ProcessFailed),
}

/// Two sides' suites and rivals, and where they are kept.
#[derive(Debug)]
pub struct Official {
    folder: PathBuf,
    suites: [Vec<Suite>; 2],
    jobs: Vec<Job>,
    rivals: Vec<Rival>,
    suspension: Suspension,
    longest: Longest,
    /// The jobs that were ended for their time in this call.
    hung: RefCell<BTreeSet<usize>>,
    /// Which process of this call put a result where it is.
    owners: RefCell<BTreeMap<PathBuf, OfficialProcess>>,
}

/// The folder of an execution's results, below that of an official run; 0 is the baseline. That above it is a folder of runs.
#[must_use]
pub fn execution_folder(folder: &Path, side: usize, execution: usize) -> PathBuf {
    folder.join(if side == 0 { "baseline" } else { "runs" }).join(format!("run-{execution}")).join("criterion")
}

impl Official {
    /// Matches the suites of two sides by name, and their benchmarks by id. Only ids that `is_wanted` take part.
    ///
    /// # Errors
    /// When two suites of a side have a benchmark of the same name.
    pub fn new(
        folder: &Path,
        suites: [Vec<Suite>; 2],
        rivals: Vec<Rival>,
        longest: Longest,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Official, Repeated> {
        let mut jobs: Vec<Job> = Vec::new();
        // The candidate's order, whatever the baseline has.
        for side in [1, 0] {
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            for (s, suite) in suites[side].iter().enumerate() {
                for id in suite.ids.iter().filter(|id| is_wanted(id)) {
                    if !seen.insert(id) {
                        return Err(Repeated(id.clone()));
                    }
                    let other = 1 - side;
                    let is_other = |job: &&mut Job| job.sides[other].as_ref().is_some_and(|(_, known)| known == id);
                    match jobs.iter_mut().find(is_other) {
                        Some(job) => job.sides[side] = Some((s, id.clone())),
                        None => {
                            let mut sides = [None, None];
                            sides[side] = Some((s, id.clone()));
                            jobs.push(Job { sides });
                        }
                    }
                }
            }
        }
        let suspension = suites.iter().flatten().next().map(Suite::suspension).unwrap_or_default();
        let (folder, hung, owners) = (folder.to_owned(), RefCell::default(), RefCell::default());
        Ok(Official { folder, suites, jobs, rivals, suspension, longest, hung, owners })
    }

    /// Of each benchmark its id on each side that has it.
    #[must_use]
    pub fn jobs(&self) -> Vec<[Option<String>; 2]> {
        let id = |side: &Option<(usize, String)>| side.as_ref().map(|(_, id)| id.clone());
        self.jobs.iter().map(|job| [id(&job.sides[0]), id(&job.sides[1])]).collect()
    }

    /// What a process is called.
    #[must_use]
    pub fn name(&self, of: OfficialProcess) -> String {
        match of {
            OfficialProcess::Benchmark { job, side } => {
                let job = self.jobs.get(job).and_then(|job| job.sides.get(side)?.as_ref());
                job.map(|(_, id)| id.clone()).unwrap_or_default()
            }
            OfficialProcess::Rival { rival } => {
                self.rivals.get(rival).map(|rival| rival.command.join(" ")).unwrap_or_default()
            }
        }
    }

    /// The processes of an execution, in their order.
    fn processes(&self, order: &mut Order) -> Vec<OfficialProcess> {
        let all: Vec<usize> = (0..self.jobs.len()).collect();
        let mut processes = Vec::new();
        for step in order.round(&all) {
            for side in if step.candidate_first { [1, 0] } else { [0, 1] } {
                if self.jobs[step.job].sides[side].is_some() {
                    processes.push(OfficialProcess::Benchmark { job: step.job, side });
                }
            }
        }
        processes.extend((0..self.rivals.len()).map(|rival| OfficialProcess::Rival { rival }));
        processes
    }

    /// Runs what is left of `n` executions. What `records` say is measured is not measured again; what comes is added to them and
    /// to the journal. Whether all was run: `false` where the watcher stopped it.
    ///
    /// # Errors
    /// When something can't be kept.
    pub fn run(
        &self,
        n: usize,
        seed: u64,
        records: &mut Vec<OfficialRecord>,
        journal: &mut Journal<OfficialHeader, OfficialRecord>,
        watcher: &mut impl OfficialWatcher,
    ) -> Result<bool, CannotKeep> {
        let mut order = Order::new(seed);
        for execution in 1..=n {
            let processes = self.processes(&mut order);
            let done = done(records, execution);
            let left: Vec<OfficialProcess> = processes.iter().copied().filter(|of| !done.contains(of)).collect();
            if !left.is_empty() && (watcher.is_stopped() || !watcher.begin(execution)) {
                return Ok(false);
            }
            for (i, of) in left.iter().enumerate() {
                if watcher.is_stopped() {
                    return Ok(false);
                }
                let id = self.name(*of);
                let later = processes.iter().copied().cycle().take((n - execution) * processes.len());
                watcher.progress(OfficialProgress {
                    id: &id,
                    execution,
                    n_executions: n,
                    n_done: processes.len() - left.len() + i,
                    n: processes.len(),
                    remaining: remaining(records, left[i..].iter().copied().chain(later)),
                });
                let longest = self.longest(*of, records);
                let (measured, took) = loop {
                    let (start, n_suspended) = (self.suspension.stopwatch(), self.suspension.n());
                    let measured = self.measure(execution, *of, longest, watcher);
                    if self.suspension.n() == n_suspended || watcher.is_stopped() {
                        break (measured, start.elapsed());
                    }
                    watcher.suspended(execution, &id);
                };
                let record = match measured {
                    Ok((n_measurements, results)) => {
                        let seconds = took.as_secs_f64();
                        OfficialRecord::Measured { execution, of: *of, seconds, n_measurements, results }
                    }
                    Err(NotKept::Disk(cannot)) => return Err(cannot),
                    // Whoever stops the tool at a terminal stops the process as well, which is then no failure of its own.
                    Err(NotKept::Taken(_)) if watcher.is_stopped() => return Ok(false),
                    Err(NotKept::Taken(failed)) => {
                        if let OfficialProcess::Benchmark { job, .. } = of
                            && took >= longest
                        {
                            self.hung.borrow_mut().insert(*job);
                        }
                        watcher.failed(execution, &id, &failed);
                        OfficialRecord::Failed { execution, of: *of, cause: failed.to_string() }
                    }
                };
                journal.append(&record);
                if let Some(cause) = journal.failure() {
                    let (what, path) = ("what was measured".to_owned(), journal.path().to_owned());
                    return Err(CannotKeep { what, path, cause: cause.to_owned() });
                }
                records.push(record);
            }
            watcher.finished(execution);
        }
        Ok(true)
    }

    /// How long a process may take: many times what its benchmark took before, on whichever side. Of one that was never measured
    /// nobody knows, but it need not be waited for twice.
    fn longest(&self, of: OfficialProcess, records: &[OfficialRecord]) -> Duration {
        let job = match of {
            OfficialProcess::Benchmark { job, .. } => job,
            OfficialProcess::Rival { rival } => {
                return self.rivals.get(rival).map_or(Duration::ZERO, |rival| rival.limit);
            }
        };
        self.longest.of(job, records, self.hung.borrow().contains(&job))
    }

    /// Runs one process and puts what it left into its place.
    fn measure(
        &self,
        execution: usize,
        of: OfficialProcess,
        longest: Duration,
        watcher: &impl OfficialWatcher,
    ) -> Result<(Option<usize>, Vec<KeptResult>), NotKept> {
        match of {
            OfficialProcess::Benchmark { job, side } => {
                let Some((suite, id)) = &self.jobs[job].sides[side] else { return Ok((None, Vec::new())) };
                let suite = &self.suites[side][*suite];
                let benchmarks = suite.run_fully(id, longest).map_err(NotKept::Taken)?;
                let to = execution_folder(&self.folder, side, execution);
                let places = benchmarks.iter().map(|b| (b.id.as_str().to_owned(), b.id.path()));
                self.keep(of, &suite.home(), &places.collect::<Vec<_>>(), &to)?;
                let results = benchmarks.iter().map(|b| kept_result(&b.id, b.executions.first())).collect();
                Ok((benchmarks.iter().map(|b| b.executions.first().n_measurements).min(), results))
            }
            OfficialProcess::Rival { rival } => {
                let scratch = self.folder.join("scratch").join("rival");
                let home =
                    run_rival(&self.rivals[rival], &scratch, &self.suspension, watcher).map_err(NotKept::Taken)?;
                let tree = criterion::read(&home, Baselines::Named(&[NEW]), summarize, &AtomicUsize::new(0));
                let tree = tree.map_err(|e| NotKept::Taken(failure(e.to_string())))?;
                if tree.entries.is_empty() {
                    let cause = "it left no result of Criterion's below $CRITERION_HOME".to_owned();
                    return Err(NotKept::Taken(failure(cause)));
                }
                let places: Vec<_> = tree.entries.iter().map(|e| (e.id.as_str().to_owned(), e.id.path())).collect();
                let ours = |id: &str| self.jobs.iter().any(|job| matches!(&job.sides[1], Some((_, own)) if own == id));
                if let Some((id, _)) = places.iter().find(|(id, _)| ours(id)) {
                    return Err(NotKept::Taken(failure(format!(
                        "it has a benchmark of the name of one of ours: {id}"
                    ))));
                }
                self.keep(of, &home, &places, &execution_folder(&self.folder, 1, execution))?;
                Ok((None, tree.entries.iter().map(|e| kept_result(&e.id, &e.measured)).collect()))
            }
        }
    }

    /// The processes whose results are not in their places as they were put there. Whoever may write there can change them.
    #[must_use]
    pub fn lost(&self, records: &[OfficialRecord]) -> Vec<LostResults> {
        let mut there: BTreeMap<(usize, usize), BTreeMap<String, u64>> = BTreeMap::new();
        let mut lost = Vec::new();
        for ((execution, of), results) in measured(records) {
            let side = match of {
                OfficialProcess::Benchmark { side, .. } => side,
                OfficialProcess::Rival { .. } => 1,
            };
            let there = there
                .entry((side, execution))
                .or_insert_with(|| fingerprints(&execution_folder(&self.folder, side, execution)));
            if results.iter().any(|result| there.get(&result.place) != Some(&result.fingerprint)) {
                let places = results.iter().map(|result| result.place.clone()).collect();
                lost.push(LostResults { execution, of, places });
            }
        }
        lost
    }

    /// Moves results to their places, where no other process of this call has put its own.
    fn keep(&self, of: OfficialProcess, home: &Path, places: &[(String, String)], to: &Path) -> Result<(), NotKept> {
        let mut owners = self.owners.borrow_mut();
        for (id, place) in places {
            if owners.get(&to.join(place)).is_some_and(|owner| *owner != of) {
                return Err(NotKept::Taken(failure(format!("another process has left results of {id} as well"))));
            }
        }
        keep(home, places, to)?;
        owners.extend(places.iter().map(|(_, place)| (to.join(place), of)));
        Ok(())
    }
}

fn kept_result(id: &BenchmarkId, execution: &Execution) -> KeptResult {
    KeptResult { place: id.path(), fingerprint: execution.fingerprint }
}

/// What the results in a folder are known by; those that can't be read are missing.
fn fingerprints(folder: &Path) -> BTreeMap<String, u64> {
    let tree = criterion::read(folder, Baselines::Named(&[NEW]), summarize, &AtomicUsize::new(0));
    let entries = tree.map(|tree| tree.entries).unwrap_or_default();
    entries.iter().map(|e| (e.id.path(), e.measured.fingerprint)).collect()
}

/// The processes whose last word is that they measured, with what they left.
fn measured(records: &[OfficialRecord]) -> BTreeMap<(usize, OfficialProcess), &[KeptResult]> {
    let mut measured = BTreeMap::new();
    for record in records {
        match record {
            OfficialRecord::Measured { execution, of, results, .. } => {
                measured.insert((*execution, *of), results.as_slice());
            }
            OfficialRecord::Failed { execution, of, .. } => {
                measured.remove(&(*execution, *of));
            }
        }
    }
    measured
}

/// What was measured of an execution.
fn done(records: &[OfficialRecord], now: usize) -> BTreeSet<OfficialProcess> {
    measured(records).into_keys().filter(|(execution, _)| *execution == now).map(|(_, of)| of).collect()
}

/// How many processes of the first `n` executions have measured.
#[must_use]
pub fn n_measured(records: &[OfficialRecord], n: usize) -> usize {
    measured(records).into_keys().filter(|(execution, _)| *execution <= n).count()
}

/// The processes whose last word is a failure, with it.
#[must_use]
pub fn still_failed(records: &[OfficialRecord]) -> Vec<(usize, OfficialProcess, String)> {
    let mut failed = BTreeMap::new();
    for record in records {
        match record {
            OfficialRecord::Measured { execution, of, .. } => {
                failed.remove(&(*execution, *of));
            }
            OfficialRecord::Failed { execution, of, cause } => {
                failed.insert((*execution, *of), cause.clone());
            }
        }
    }
    failed.into_iter().map(|((execution, of), cause)| (execution, of, cause)).collect()
}

/// By how long such processes took before; those that never ran take what others took.
fn remaining(records: &[OfficialRecord], left: impl Iterator<Item = OfficialProcess>) -> Option<Duration> {
    let mut known: BTreeMap<OfficialProcess, (f64, f64)> = BTreeMap::new();
    for record in records {
        if let OfficialRecord::Measured { of, seconds, .. } = record {
            let (sum, n) = known.entry(*of).or_default();
            (*sum, *n) = (*sum + seconds, *n + 1.0);
        }
    }
    let (sum, n) = known.values().fold((0.0, 0.0), |(sum, n), (s, m)| (sum + s, n + m));
    let of_one = |of: OfficialProcess| known.get(&of).map_or(sum / n, |(sum, n)| sum / n);
    (n > 0.0).then(|| Duration::try_from_secs_f64(left.map(of_one).sum()).ok()).flatten()
}

/// Moves each result to its place in one step, in place of one of the same benchmark.
fn keep(home: &Path, places: &[(String, String)], to: &Path) -> Result<(), NotKept> {
    for (id, place) in places {
        let (from, to) = (home.join(place).join(NEW), to.join(place).join(NEW));
        let disk =
            |e: std::io::Error| NotKept::Disk(CannotKeep { what: id.clone(), path: to.clone(), cause: e.to_string() });
        if std::fs::symlink_metadata(&to).is_ok() {
            match full_id(&to) {
                Some(other) if other != *id => {
                    let cause = format!("its results would lie where those of {other} are: {}", to.display());
                    return Err(NotKept::Taken(failure(cause)));
                }
                _ => std::fs::remove_dir_all(&to).map_err(disk)?,
            }
        }
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(disk)?;
        }
        std::fs::rename(&from, &to).map_err(disk)?;
    }
    Ok(())
}

/// Whose results a folder holds, if it says.
fn full_id(folder: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Said {
        full_id: String,
    }
    let bytes = std::fs::read(folder.join("benchmark.json")).ok()?;
    serde_json::from_slice::<Said>(&bytes).ok().map(|said| said.full_id)
}

/// Runs a rival's command with a folder of its own as Criterion's, and ends it when its time is over.
///
/// It is in our own process group, and stands still with us by itself.
fn run_rival(
    rival: &Rival,
    scratch: &Path,
    suspension: &Suspension,
    watcher: &impl OfficialWatcher,
) -> Result<PathBuf, ProcessFailed> {
    let (home, log) = (scratch.join("criterion"), scratch.join("output"));
    let disk = |e: std::io::Error| failure(format!("failed to prepare {}: {e}", scratch.display()));
    match std::fs::remove_dir_all(scratch) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(disk(e)),
        _ => std::fs::create_dir_all(&home).map_err(disk)?,
    }
    let output = File::create(&log).map_err(disk)?;
    let home = std::path::absolute(&home).map_err(disk)?;
    let [program, arguments @ ..] = rival.command.as_slice() else { return Err(failure("it is empty".to_owned())) };
    let mut command = Command::new(program);
    command.args(arguments).env("CRITERION_HOME", &home).stdin(Stdio::null());
    // To a file: a pipe that nobody reads would stop it.
    command.stderr(output.try_clone().map_err(disk)?).stdout(output);
    let mut child = command.spawn().map_err(|e| failure(format!("failed to start: {e}")))?;
    let start = suspension.stopwatch();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() >= rival.limit || watcher.is_stopped() => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failure(format!("it was ended after {} s", start.elapsed().as_secs())));
            }
            Ok(None) => std::thread::sleep(TICK),
            Err(e) => return Err(failure(e.to_string())),
        }
    };
    if status.success() {
        return Ok(home);
    }
    let said = std::fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = lines[lines.len().saturating_sub(5)..].join(" | ");
    let skipped = said.chars().count().saturating_sub(LONGEST_TAIL);
    Err(ProcessFailed { cause: status.to_string(), output: said.chars().skip(skipped).collect() })
}

fn failure(cause: String) -> ProcessFailed {
    ProcessFailed { cause, output: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> OfficialHeader {
        let side = |name: &str, hash: &str| RecordedSide {
            label: name.to_owned(),
            executables: vec![(String::new(), hash.to_owned())],
        };
        OfficialHeader {
            sides: [side("old", "1"), side("new", "2")],
            seed: 7,
            jobs: vec![[Some("f".to_owned()), Some("f".to_owned())]],
            arguments: vec![],
            rivals: vec![],
        }
    }

    #[test]
    fn what_makes_another_run_of_it() {
        let check = |change: &dyn Fn(&mut OfficialHeader), want: Option<&str>| {
            let mut now = header();
            change(&mut now);
            let difference = header().difference(&now);
            assert!(difference.as_deref().unwrap_or("same").contains(want.unwrap_or("same")), "{difference:?}");
        };
        check(&|now| now.seed = 8, None);
        check(&|now| now.sides[1].label = "another name".to_owned(), None);
        check(&|now| now.sides[1].executables[0].1 = "3".to_owned(), Some("executables of the candidate"));
        check(&|now| now.sides[0].executables[0].1 = "3".to_owned(), Some("executables of the baseline"));
        check(&|now| now.sides[0].executables.clear(), Some("there was a baseline"));
        check(&|now| now.arguments.push("--noplot".to_owned()), Some("arguments"));
        check(&|now| now.rivals.push(vec!["a".to_owned()]), Some("rivals"));
        check(&|now| now.jobs.clear(), Some("benchmarks"));
    }

    #[test]
    fn records_of_other_processes_are_refused() {
        let mut header = header();
        header.jobs.push([None, Some("g".to_owned())]);
        header.rivals.push(vec!["rival".to_owned()]);
        let check = |line: &str, want: Option<usize>| {
            let records = [record(1, 0, Some(1.0)), serde_json::from_str(line).expect("a record")];
            assert_eq!(header.check(&records).err(), want.map(ForeignRecord), "{line}");
        };
        let measured = |execution: &str, of: &str, seconds: &str| {
            format!("{{\"kind\":\"measured\",\"execution\":{execution},\"of\":{{{of}}},\"seconds\":{seconds}}}")
        };
        let (job, rival) = ("\"process\":\"benchmark\",\"job\":1,\"side\":1", "\"process\":\"rival\",\"rival\":0");
        check(&measured("1000", job, "1"), None);
        check(&measured("1", rival, "0"), None);
        for execution in ["0", "1001", "18446744073709551615"] {
            check(&measured(execution, job, "1"), Some(2));
            let failed = format!("{{\"kind\":\"failed\",\"execution\":{execution},\"of\":{{{job}}},\"cause\":\"\"}}");
            check(&failed, Some(2));
        }
        for seconds in ["-1", "1e300"] {
            check(&measured("1", job, seconds), Some(2));
        }
        for of in [
            job.replace("\"job\":1", "\"job\":2"),
            job.replace("\"side\":1", "\"side\":0"),
            job.replace("\"side\":1", "\"side\":2"),
            rival.replace('0', "1"),
        ] {
            check(&measured("1", &of, "1"), Some(2));
        }
    }

    fn record(execution: usize, job: usize, seconds: Option<f64>) -> OfficialRecord {
        let of = OfficialProcess::Benchmark { job, side: 1 };
        match seconds {
            Some(seconds) => {
                OfficialRecord::Measured { execution, of, seconds, n_measurements: Some(100), results: Vec::new() }
            }
            None => OfficialRecord::Failed { execution, of, cause: "signal".to_owned() },
        }
    }

    #[test]
    fn a_record_is_one_line_and_is_read_back() {
        for record in [record(1, 2, Some(0.5)), record(1, 2, None)] {
            let line = serde_json::to_string(&record).expect("it can be written");
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<OfficialRecord>(&line).expect("it can be read"), record);
        }
    }

    #[test]
    fn a_failure_is_forgotten_when_it_was_measured_after_all() {
        let records = [record(1, 0, None), record(1, 1, None), record(1, 0, Some(1.0)), record(2, 0, None)];
        let failed = still_failed(&records);
        let of = |job| OfficialProcess::Benchmark { job, side: 1 };
        assert_eq!(failed, [(1, of(1), "signal".to_owned()), (2, of(0), "signal".to_owned())]);
        assert_eq!(done(&records, 1), BTreeSet::from([of(0)]));
        // What is lost is measured again.
        let lost = LostResults { execution: 1, of: of(0), places: Vec::new() }.record();
        let records = [records.as_slice(), &[lost]].concat();
        assert_eq!((done(&records, 1), n_measured(&records, 9)), (BTreeSet::new(), 0));
        assert_eq!(still_failed(&records).len(), 3);
    }

    #[test]
    fn a_process_may_take_many_times_what_it_took() {
        let hour = Duration::from_hours(1);
        let of = |records: &[OfficialRecord], has_hung| Longest::Unknown(hour).of(0, records, has_hung);
        assert_eq!((of(&[], false), of(&[], true)), (hour, SHORTEST_LIMIT));
        assert_eq!(of(&[record(1, 1, Some(9000.0)), record(1, 0, None)], false), hour, "others say nothing");
        assert_eq!(of(&[record(1, 0, Some(9.0))], false), SHORTEST_LIMIT);
        // As slow ones as there are, whatever was thought of the first.
        assert_eq!(of(&[record(1, 0, Some(600.0)), record(2, 0, Some(1200.0))], true), Duration::from_secs(12_000));
        assert_eq!(Longest::Stated(hour * 9).of(0, &[record(1, 0, Some(9.0))], true), hour * 9);
    }

    #[test]
    fn what_is_left_takes_what_it_took() {
        let of = |job| OfficialProcess::Benchmark { job, side: 1 };
        assert_eq!(remaining(&[record(1, 0, None)], [of(0)].into_iter()), None);
        let records = [record(1, 0, Some(1.0)), record(2, 0, Some(3.0)), record(1, 1, Some(8.0))];
        // 2 s and 8 s as before, and for one that never ran the mean of all three.
        let left = remaining(&records, [of(0), of(1), of(5)].into_iter());
        assert_eq!(left, Some(Duration::from_secs(14)));
    }

    #[test]
    fn results_come_to_their_place_and_never_over_anothers() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |below: &str, id: &str| {
            let new = folder.path().join(below).join(NEW);
            std::fs::create_dir_all(&new).expect("a folder");
            std::fs::write(new.join("benchmark.json"), format!("{{\"full_id\":\"{id}\"}}")).expect("a file");
        };
        let kept = |id: &str| {
            let places = [(id.to_owned(), "a/b".to_owned())];
            keep(&folder.path().join("home"), &places, &folder.path().join("to"))
        };
        write("home/a/b", "f");
        assert!(kept("f").is_ok());
        assert!(matches!(kept("f"), Err(NotKept::Disk(_))), "there is nothing any more");
        write("home/a/b", "f");
        assert!(kept("f").is_ok(), "one of the same benchmark is replaced");
        write("home/a/b", "g");
        write("to/a/b", "f");
        assert!(matches!(kept("g"), Err(NotKept::Taken(_))));
        assert_eq!(full_id(&folder.path().join("to/a/b").join(NEW)).as_deref(), Some("f"));
    }
}
