//! Finding results below a folder, and reading them with many reads in flight.
//!
//! Whether a folder is a baseline can't be told from its name: a benchmark may be called `new`. It is one when it holds a
//! result's files itself. Every folder is therefore looked into, unless its link count proves that no folder lies in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::folder::{Folder, Inside, Listing, Unread};
use super::name::name;
use super::{BASE, NEW, ReadError, Tree, cargo_criterion, files, sample_json};
use crate::model::{Entry, Measurement, SuggestedChange, Unit, Warning, WarningKind};

/// Which baselines to read.
#[derive(Debug, Clone, Copy)]
pub enum Baselines<'a> {
    /// All that there are.
    All,
    /// Those of these names. Whatever else lies there costs next to nothing.
    Named(&'a [&'a str]),
}

/// Largest `sample.json`, `raw.csv` or record that is read: a thousand times a usual one, and more.
pub(super) const LARGEST_SAMPLE: u64 = 64 << 20;

/// Largest of the other files.
const LARGEST_FILE: u64 = 4 << 20;

/// Deeper folders are not looked into; Criterion's own go to five or so.
const DEEPEST: usize = 64;

/// Reads in flight. Warm, more threads than cores cost nothing; cold, only their number counts.
const THREADS: usize = 32;

/// From this many folders in the queue on, other threads help.
const WORTH_HELP: usize = 24;

/// Folders that one thread takes from the queue at a time.
const BATCH: usize = 8;

/// How much older than its result `change/estimates.json` may look, as copying a tree doesn't keep the order of times.
const CHANGE_SLACK: Duration = Duration::from_secs(2);

/// Reads the results below `folder`, handing each measurement and its time to `sum_up`, on several threads.
///
/// `n_read` counts the results as they come in, for whoever shows progress.
///
/// # Errors
/// When `folder` itself can't be opened. What is wrong below it is a warning.
pub fn read<T: Send>(
    folder: &Path,
    baselines: Baselines<'_>,
    sum_up: impl Fn(&Measurement, Option<SystemTime>) -> T + Sync,
    n_read: &AtomicUsize,
) -> Result<Tree<T>, ReadError> {
    let root = Folder::open(folder).map_err(|e| ReadError::new(folder, describe(&e)))?;
    let walk = Walk { root, at: folder, baselines, sum_up, n_read, queue: Queue::new(PathBuf::new()) };
    let mut found = walk.run();
    // Every thread's share is in order already, so that this only merges.
    found.sort();
    Ok(Tree { entries: found.entries, warnings: found.warnings })
}

/// Results and warnings as they come in.
pub(super) struct Found<T> {
    pub(super) entries: Vec<Entry<T>>,
    pub(super) warnings: Vec<Warning>,
}

impl<T> Found<T> {
    fn sort(&mut self) {
        self.entries.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| a.baseline.cmp(&b.baseline)));
        self.warnings.sort();
    }

    fn warn(&mut self, subject: &Path, kind: WarningKind) {
        self.warnings.push(Warning { subject: shown(subject), kind });
    }

    /// Warns of a file that is there and gave nothing.
    fn warn_unread(&mut self, subject: &Path, unread: Unread) {
        let kind = match unread {
            Unread::Missing => WarningKind::Unreadable { cause: "it has vanished".to_owned() },
            Unread::TooLarge(limit) => WarningKind::TooLarge { limit },
            Unread::Failed(e) => WarningKind::Unreadable { cause: describe(&e) },
        };
        self.warn(subject, kind);
    }
}

struct Walk<'a, F> {
    root: Folder,
    at: &'a Path,
    baselines: Baselines<'a>,
    sum_up: F,
    n_read: &'a AtomicUsize,
    queue: Queue,
}

/// A folder that is being visited.
struct Here<'a> {
    inside: Inside<'a>,
    /// Relative to the folder that is read.
    path: &'a Path,
}

/// A file in a baseline's folder, which may be the folder that is visited itself.
fn below(baseline: &str, file: &str) -> String {
    if baseline.is_empty() { file.to_owned() } else { format!("{baseline}/{file}") }
}

fn read_unit(here: &Here<'_>, baseline: &str, buffer: &mut Vec<u8>) -> Unit {
    match here.inside.read(&below(baseline, "raw.csv"), LARGEST_SAMPLE, buffer) {
        Ok(()) => files::parse_unit(buffer),
        Err(_) => Unit::Unstated,
    }
}

/// One side of a benchmark before it has been summed up.
struct Side {
    measurement: Measurement,
    written_at: Option<SystemTime>,
    declared: Option<files::Declared>,
    unit: Unit,
}

impl<T: Send, F: Fn(&Measurement, Option<SystemTime>) -> T + Sync> Walk<'_, F> {
    fn run(&self) -> Found<T> {
        let mut found = self.work(true);
        if !self.queue.is_done() {
            std::thread::scope(|scope| {
                let helpers: Vec<_> = (1..THREADS).map(|_| scope.spawn(|| self.work(false))).collect();
                let own = self.work(false);
                let others = helpers.into_iter().map(|helper| match helper.join() {
                    Ok(more) => more,
                    Err(panic) => std::panic::resume_unwind(panic),
                });
                for more in std::iter::once(own).chain(others) {
                    found.entries.extend(more.entries);
                    found.warnings.extend(more.warnings);
                }
            });
        }
        found
    }

    /// Visits folders until none is left; alone, only until help is worth its price.
    fn work(&self, alone: bool) -> Found<T> {
        let mut found = Found { entries: Vec::new(), warnings: Vec::new() };
        let mut buffer = Vec::new();
        let mut batch = Vec::new();
        while self.queue.take(&mut batch, alone) {
            let mut visiting = Visiting { queue: &self.queue, n_taken: batch.len(), next: Vec::new() };
            for folder in batch.drain(..) {
                self.visit(&folder, &mut buffer, &mut visiting.next, &mut found);
            }
        }
        found.sort();
        found
    }

    fn visit(&self, folder: &Path, buffer: &mut Vec<u8>, next: &mut Vec<PathBuf>, found: &mut Found<T>) {
        if folder.components().count() > DEEPEST {
            found.warn(folder, WarningKind::TooDeep);
            return;
        }
        let entered = self.root.enter(folder).and_then(|inside| inside.list().map(|listing| (inside, listing)));
        let (inside, listing) = match entered {
            Ok(entered) => entered,
            Err(e) => {
                found.warn(folder, WarningKind::Unreadable { cause: describe(&e) });
                return;
            }
        };
        let here = Here { inside, path: folder };
        for other in &listing.others {
            found.warn(&folder.join(other), WarningKind::Symlink);
        }
        for name in listing.folders.iter().filter(|name| name.to_str().is_none()) {
            found.warn(&folder.join(name), WarningKind::NameNotUtf8);
        }
        if listing.files.iter().any(|f| f == cargo_criterion::BENCHMARK_FILE) {
            cargo_criterion::read_folder(&self.at.join(folder), folder, self.baselines, &self.sum_up, found);
        }
        match self.baselines {
            Baselines::All => {
                self.visit_for_all(&here, &listing, buffer, found);
                next.extend(listing.folders.iter().map(|name| folder.join(name)));
            }
            Baselines::Named(names) => self.visit_for_named(&here, &listing, names, buffer, next, found),
        }
    }

    fn visit_for_all(&self, here: &Here<'_>, listing: &Listing, buffer: &mut Vec<u8>, found: &mut Found<T>) {
        let folder = here.path;
        let has = |file: &str| listing.files.iter().any(|f| f == file);
        let is_change = folder.file_name() == Some(OsStr::new("change"));
        let is_result = has("sample.json") || has("benchmark.json") || has("raw.csv") || has("tukey.json");
        if is_result || (has("estimates.json") && !is_change) {
            if let Some(side) = self.read_side(here, "", true, buffer, found) {
                self.add(folder, side, None, found);
            }
        } else if listing.files.is_empty() && listing.folders.is_empty() && is_hollow_baseline(folder) {
            found.warn(folder, WarningKind::HollowBaseline);
        }
    }

    fn visit_for_named(
        &self,
        here: &Here<'_>,
        listing: &Listing,
        names: &[&str],
        buffer: &mut Vec<u8>,
        next: &mut Vec<PathBuf>,
        found: &mut Found<T>,
    ) {
        let folder = here.path;
        // The later side first: what it states decides what is worth asking of the earlier one.
        let mut later: Option<(&str, Side)> = None;
        let mut earlier: Option<(&str, Side)> = None;
        let mut is_benchmark = false;
        for wanted in names.iter().rev() {
            let first_part = wanted.split('/').next().unwrap_or(wanted);
            if !listing.folders.iter().any(|f| f == first_part) {
                continue;
            }
            let ask_unit = later.as_ref().is_none_or(|(_, side)| side.unit != Unit::Unstated);
            let Some(side) = self.read_side(here, wanted, ask_unit, buffer, found) else { continue };
            is_benchmark = true;
            if later.is_none() {
                later = Some((wanted, side));
            } else if let Some((name, side)) = earlier.replace((wanted, side)) {
                self.add(&folder.join(name), side, None, found);
            }
        }
        let change = match (&later, &earlier) {
            (Some((NEW, new)), Some((BASE, base))) if new.measurement == base.measurement => {
                self.read_change(here, new.written_at, buffer, found)
            }
            _ => None,
        };
        for ((name, side), change) in
            later.into_iter().map(|l| (l, change)).chain(earlier.into_iter().map(|e| (e, None)))
        {
            self.add(&folder.join(name), side, change, found);
        }
        // In a benchmark's folder lie mostly baselines, in which nothing else lies; in a group's, mostly benchmarks.
        let is_leaf = |name: &OsStr| (is_benchmark || name == "report") && here.inside.holds_no_folders(name);
        next.extend(listing.folders.iter().filter(|name| !is_leaf(name)).map(|name| folder.join(name)));
        if folder.as_os_str().is_empty() && listing.files.iter().any(|f| f == "benchmark.json" || f == "sample.json") {
            // The folder that was named is itself a baseline: take it for whichever was asked for.
            if let (Some(side), Some(wanted)) = (self.read_side(here, "", true, buffer, found), names.last()) {
                self.add(Path::new(wanted), side, None, found);
            }
        }
    }

    /// Reads the result in a baseline's folder; `None` if there is none, with a warning if there should be.
    fn read_side(
        &self,
        here: &Here<'_>,
        baseline: &str,
        ask_unit: bool,
        buffer: &mut Vec<u8>,
        found: &mut Found<T>,
    ) -> Option<Side> {
        let (measurement, written_at) = self.read_measurement(here, baseline, buffer, found)?;
        let file = below(baseline, "benchmark.json");
        let declared = match here.inside.read(&file, LARGEST_FILE, buffer) {
            Ok(()) if buffer.is_empty() => {
                found.warn(&here.path.join(file), WarningKind::EmptyFile);
                None
            }
            Ok(()) => files::parse_benchmark(buffer)
                .map_err(|cause| found.warn(&here.path.join(file), WarningKind::Malformed { cause }))
                .ok(),
            Err(Unread::Missing) => {
                found.warn(&here.path.join(baseline), WarningKind::NoBenchmarkJson);
                None
            }
            Err(unread) => {
                found.warn_unread(&here.path.join(file), unread);
                None
            }
        };
        let unit = if ask_unit { read_unit(here, baseline, buffer) } else { Unit::Unstated };
        self.n_read.fetch_add(1, Ordering::Relaxed);
        Some(Side { measurement, written_at, declared, unit })
    }

    fn read_measurement(
        &self,
        here: &Here<'_>,
        baseline: &str,
        buffer: &mut Vec<u8>,
        found: &mut Found<T>,
    ) -> Option<(Measurement, Option<SystemTime>)> {
        type Parse = fn(&[u8]) -> Result<Measurement, String>;
        let sources: [(&str, Parse); 3] = [
            ("sample.json", |bytes| sample_json::parse(bytes).map(Measurement::Sample)),
            ("raw.csv", |bytes| files::parse_raw_csv(bytes).map(Measurement::Sample)),
            ("estimates.json", files::parse_estimates),
        ];
        // The first that is there decides. If it is broken, the others are no way out: they may be of another execution.
        for (name, parse) in sources {
            let file = below(baseline, name);
            let written_at = match here.inside.read_dated(&file, LARGEST_SAMPLE, buffer) {
                Ok(written_at) => written_at,
                Err(Unread::Missing) => continue,
                // A folder of that name is a benchmark's.
                Err(unread) if is_folder(&unread) => continue,
                Err(unread) => {
                    found.warn_unread(&here.path.join(file), unread);
                    return None;
                }
            };
            if buffer.is_empty() {
                found.warn(&here.path.join(file), WarningKind::EmptyFile);
                return None;
            }
            return match parse(buffer) {
                Ok(measurement) => {
                    if name == "estimates.json" {
                        found.warn(&here.path.join(baseline), WarningKind::NoSample);
                    }
                    Some((measurement, written_at))
                }
                Err(cause) => {
                    found.warn(&here.path.join(file), WarningKind::Malformed { cause });
                    None
                }
            };
        }
        self.warn_without_measurement(here, baseline, found);
        None
    }

    /// Tells a result that lost its files from a folder that was never one.
    fn warn_without_measurement(&self, here: &Here<'_>, baseline: &str, found: &mut Found<T>) {
        let place = here.path.join(baseline);
        let listing =
            if baseline.is_empty() { here.inside.list() } else { here.inside.enter(baseline).and_then(|b| b.list()) };
        let Ok(listing) = listing else { return };
        if listing.files.iter().any(|f| f == "benchmark.json" || f == "tukey.json") {
            found.warn(&place, WarningKind::NoMeasurements);
        } else if listing.folders.is_empty() && listing.files.iter().all(|f| is_placeholder(f)) {
            found.warn(&place, WarningKind::HollowBaseline);
        }
    }

    /// Criterion's own comparison, if it belongs to the result that was written at `result_at`.
    fn read_change(
        &self,
        here: &Here<'_>,
        result_at: Option<SystemTime>,
        buffer: &mut Vec<u8>,
        found: &mut Found<T>,
    ) -> Option<SuggestedChange> {
        let name = "change/estimates.json";
        let file = here.path.join(name);
        let written_at = match here.inside.read_dated(name, LARGEST_FILE, buffer) {
            Ok(written_at) => written_at,
            Err(Unread::Missing) => return None,
            Err(unread) => {
                found.warn_unread(&file, unread);
                return None;
            }
        };
        // Criterion writes it after the result, and never removes it.
        if written_at.zip(result_at).is_some_and(|(change, result)| change + CHANGE_SLACK < result) {
            found.warn(&file, WarningKind::StaleChange);
            return None;
        }
        files::parse_change(buffer).map_err(|cause| found.warn(&file, WarningKind::Malformed { cause })).ok()
    }

    fn add(&self, place: &Path, side: Side, change: Option<SuggestedChange>, found: &mut Found<T>) {
        let declared = side.declared.as_ref();
        let name = name(&slashed(place), declared.map(|d| (d.full_id.as_str(), d.directory_name.as_deref())));
        if let Some(stated) = declared.and_then(|d| d.directory_name.as_ref()).filter(|_| !name.is_in_place) {
            found.warn(place, WarningKind::MovedDirectory { stated: stated.clone() });
        }
        found.entries.push(Entry {
            id: name.id,
            baseline: name.baseline,
            throughput: side.declared.and_then(|d| d.throughput),
            unit: side.unit,
            measured: (self.sum_up)(&side.measurement, side.written_at),
            change,
        });
    }
}

/// An `estimates.json` that is a folder is a benchmark of that name.
fn is_folder(unread: &Unread) -> bool {
    matches!(unread, Unread::Failed(e) if e.kind() == std::io::ErrorKind::IsADirectory)
}

/// An empty folder is a baseline that lost its files, unless it is one of those in which there never was a result.
fn is_hollow_baseline(folder: &Path) -> bool {
    folder.components().count() > 1
        && folder.file_name().is_some_and(|name| name != "report" && name != "change" && name != "both")
}

/// Files that only keep a folder alive in a repository.
fn is_placeholder(file: &OsStr) -> bool {
    file == ".gitkeep" || file == ".keep" || file == ".DS_Store"
}

pub(super) fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "it is not a folder".to_owned(),
        _ => error.to_string(),
    }
}

fn shown(path: &Path) -> String {
    if path.as_os_str().is_empty() { ".".to_owned() } else { slashed(path) }
}

/// A path below the folder, with `/` between its parts on every system.
pub(super) fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// Folders that are still to be visited, shared between threads.
struct Queue {
    state: Mutex<QueueState>,
    wake: Condvar,
}

/// Folders that a thread has taken; given back as visited even if the thread panics, so that nobody waits for ever.
struct Visiting<'a> {
    queue: &'a Queue,
    n_taken: usize,
    next: Vec<PathBuf>,
}

impl Drop for Visiting<'_> {
    fn drop(&mut self) {
        self.queue.put(std::mem::take(&mut self.next), self.n_taken);
    }
}

struct QueueState {
    waiting: Vec<PathBuf>,
    n_being_visited: usize,
}

impl Queue {
    fn new(first: PathBuf) -> Queue {
        let state = QueueState { waiting: vec![first], n_being_visited: 0 };
        Queue { state: Mutex::new(state), wake: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        // The state is changed in single steps, so that a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_done(&self) -> bool {
        let state = self.lock();
        state.waiting.is_empty() && state.n_being_visited == 0
    }

    /// Moves some folders into `batch`; `false` when there is nothing left to do, or when help is due.
    fn take(&self, batch: &mut Vec<PathBuf>, alone: bool) -> bool {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.n_being_visited == 0 {
                return false;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if alone && state.waiting.len() > WORTH_HELP {
            return false;
        }
        let n_left = state.waiting.len();
        let n_taken = if alone { 1 } else { (n_left / THREADS).clamp(1, BATCH) };
        batch.extend(state.waiting.drain(n_left - n_taken..));
        state.n_being_visited += n_taken;
        true
    }

    /// Adds folders that were found while `n_visited` were visited.
    fn put(&self, mut more: Vec<PathBuf>, n_visited: usize) {
        let mut state = self.lock();
        let n_more = more.len();
        state.waiting.append(&mut more);
        state.n_being_visited -= n_visited;
        let is_done = state.waiting.is_empty() && state.n_being_visited == 0;
        drop(state);
        if is_done || n_more > 1 {
            self.wake.notify_all();
        } else if n_more == 1 {
            self.wake.notify_one();
        }
    }
}
