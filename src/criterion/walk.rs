//! Finding results below a folder, and reading them with many reads in flight.
//!
//! Whether a folder is a baseline can't be told from its name: a benchmark may be called `new`. It is one when it holds a
//! result's files itself. Every folder is therefore looked into, unless its link count proves that no folder lies in it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use super::folder::{Folder, Listing, Unread};
use super::name::name;
use super::queue::{Queue, Take};
use super::side::{Ask, Buffers, Here, Looked, Side, is_placeholder};
use super::{BASE, NEW, ReadError, Tree, cargo_criterion};
use crate::model::{BenchmarkId, Entry, Measurement, Overwritten, Unit, Warning, WarningKind};

/// Which baselines to read.
#[derive(Debug, Clone, Copy)]
pub enum Baselines<'a> {
    /// All that there are.
    All,
    /// Those of these names, the later ones being the more important. Whatever else lies there costs next to nothing.
    Named(&'a [&'a str]),
}

/// Deeper folders are not looked into; Criterion's own go to five or so.
const DEEPEST: usize = 64;

/// Reads in flight. Warm, more threads than cores cost nothing; cold, only their number counts.
const THREADS: usize = 32;

/// From this many jobs in the queue on, other threads help.
const WORTH_HELP: usize = 12;

/// Folders that are looked into in one go; a folder that holds more of them is work for several threads.
const IN_ONE_GO: usize = 16;

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
    let queue = Queue::new(Job { folder: PathBuf::new(), wants: Wants::Everything }, THREADS);
    let walk = Walk { root, at: folder, baselines, sum_up, n_read, queue };
    let mut found = walk.run();
    found.warnings.list.sort();
    if let Baselines::All = baselines {
        // An empty folder is a lost baseline where other baselines lie beside it; elsewhere it is somebody else's.
        let folders: HashSet<String> = found.entries.iter().map(|e| e.id.path()).collect();
        let is_beside = |w: &Warning| w.subject.rsplit_once('/').is_some_and(|(folder, _)| folders.contains(folder));
        let is_usual = |w: &Warning| w.subject.ends_with("/new") || w.subject.ends_with("/base");
        found.warnings.list.retain(|w| w.kind != WarningKind::HollowBaseline || is_usual(w) || is_beside(w));
    }
    let mut broken: Vec<_> = found.warnings.broken.iter().map(|place| name(&slashed(place), None)).collect();
    broken.sort_by(|a, b| a.id.cmp(&b.id));
    let broken = broken.into_iter().map(|name| (name.id, name.baseline)).chain(found.broken_records).collect();
    Ok(Tree { entries: found.entries, broken, warnings: found.warnings.list })
}

/// Results and warnings as they come in.
pub(super) struct Found<T> {
    pub(super) entries: Vec<Entry<T>>,
    pub(super) warnings: Warnings,
    /// Records that gave nothing: which benchmark, under which baseline's name.
    pub(super) broken_records: Vec<(BenchmarkId, String)>,
}

/// Warnings about what lies below the folder.
#[derive(Default)]
pub(super) struct Warnings {
    list: Vec<Warning>,
    /// Folders of results that are there and gave nothing.
    broken: Vec<PathBuf>,
}

impl Warnings {
    pub(super) fn add(&mut self, subject: &Path, kind: WarningKind) {
        let path = slashed(subject);
        // Joining an empty part leaves a slash behind.
        let path = path.trim_end_matches('/');
        let subject = if path.is_empty() { ".".to_owned() } else { path.to_owned() };
        self.list.push(Warning { subject, kind });
    }

    /// Remembers that the result in a folder gave nothing; why is a warning of its own.
    pub(super) fn broken(&mut self, place: PathBuf) {
        self.broken.push(place);
    }

    /// Warns of a file that is there and gave nothing.
    pub(super) fn unread(&mut self, subject: &Path, unread: Unread) {
        self.add(subject, why_unread(unread));
    }
}

pub(super) fn why_unread(unread: Unread) -> WarningKind {
    match unread {
        Unread::Missing => WarningKind::Unreadable { cause: "it has vanished".to_owned() },
        Unread::TooLarge(limit) => WarningKind::TooLarge { limit },
        Unread::Failed(e) => WarningKind::Unreadable { cause: describe(&e) },
    }
}

/// A folder to look into.
struct Job {
    folder: PathBuf,
    wants: Wants,
}

/// What is wanted of a folder.
enum Wants {
    /// Its own results, and what lies in the folders below.
    Everything,
    /// What lies in the folders below; its own results have been read.
    FoldersBelow,
    /// What lies in these of the folders below, and nothing else.
    These(Vec<OsString>),
}

struct Walk<'a, F> {
    root: Folder,
    at: &'a Path,
    baselines: Baselines<'a>,
    sum_up: F,
    n_read: &'a AtomicUsize,
    queue: Queue<Job>,
}

/// What one thread has in use.
struct Worker<T> {
    found: Found<T>,
    buffers: Buffers,
}

/// Results of one benchmark, the later-named first.
#[derive(Default)]
struct Sides<'n> {
    read: Vec<(&'n str, Side)>,
    /// Whether any was there, broken ones included.
    any: bool,
}

impl<T: Send, F: Fn(&Measurement, Option<SystemTime>) -> T + Sync> Walk<'_, F> {
    fn run(&self) -> Found<T> {
        let mut found = self.work(Take::AloneUntil(WORTH_HELP));
        if !self.queue.is_done() {
            std::thread::scope(|scope| {
                let help = || std::thread::Builder::new().name("read".to_owned());
                // Where the system grants no more threads, those that there are do the work.
                let helpers: Vec<_> =
                    (1..THREADS).map_while(|_| help().spawn_scoped(scope, || self.work(Take::Shared)).ok()).collect();
                let own = self.work(Take::Shared);
                let others = helpers.into_iter().map(|helper| match helper.join() {
                    Ok(more) => more,
                    Err(panic) => std::panic::resume_unwind(panic),
                });
                let all: Vec<Found<T>> = std::iter::once(own).chain(others).collect();
                found.entries.reserve_exact(all.iter().map(|more| more.entries.len()).sum());
                for more in all {
                    found.entries.extend(more.entries);
                    found.warnings.list.extend(more.warnings.list);
                    found.warnings.broken.extend(more.warnings.broken);
                    found.broken_records.extend(more.broken_records);
                }
            });
        }
        found
    }

    /// Visits folders until none is left; alone, only until help is worth its price.
    fn work(&self, take: Take) -> Found<T> {
        let found = Found { entries: Vec::new(), warnings: Warnings::default(), broken_records: Vec::new() };
        let mut worker = Worker { found, buffers: Buffers::default() };
        let mut batch = Vec::new();
        while let Some(mut in_hand) = self.queue.take(&mut batch, take) {
            for job in batch.drain(..) {
                self.visit(&job, &mut worker, &mut in_hand.more);
            }
        }
        worker.found
    }

    fn visit(&self, job: &Job, worker: &mut Worker<T>, more: &mut Vec<Job>) {
        let folder = job.folder.as_path();
        if folder.components().count() > DEEPEST {
            worker.found.warnings.add(folder, WarningKind::TooDeep);
            return;
        }
        if let (Wants::These(folders), Baselines::Named(names)) = (&job.wants, self.baselines) {
            match self.root.enter(folder) {
                Ok(inside) => self.visit_folders(&Here { inside, path: folder }, folders, false, names, worker, more),
                Err(e) => worker.found.warnings.add(folder, WarningKind::Unreadable { cause: describe(&e) }),
            }
            return;
        }
        let entered = self.root.enter(folder).and_then(|inside| inside.list().map(|listing| (inside, listing)));
        let (inside, listing) = match entered {
            Ok(entered) => entered,
            Err(e) => {
                worker.found.warnings.add(folder, WarningKind::Unreadable { cause: describe(&e) });
                return;
            }
        };
        let here = Here { inside, path: folder };
        for other in &listing.others {
            worker.found.warnings.add(&folder.join(other), WarningKind::Symlink);
            if let Baselines::Named(names) = self.baselines
                && names.iter().any(|name| other == *name)
            {
                worker.found.warnings.broken(folder.join(other));
            }
        }
        for name in listing.folders.iter().filter(|name| name.to_str().is_none()) {
            worker.found.warnings.add(&folder.join(name), WarningKind::NameNotUtf8);
        }
        if listing.files.iter().any(|f| f == cargo_criterion::BENCHMARK_FILE) {
            let at = self.at.join(folder);
            cargo_criterion::read_folder(&at, folder, self.baselines, &self.sum_up, &mut worker.found);
        }
        match self.baselines {
            Baselines::All => self.visit_for_all(&here, listing, worker, more),
            Baselines::Named(names) => {
                let wants_results = matches!(job.wants, Wants::Everything);
                self.visit_for_named(&here, listing, wants_results, names, worker, more);
            }
        }
    }

    fn visit_for_all(&self, here: &Here<'_>, listing: Listing, worker: &mut Worker<T>, more: &mut Vec<Job>) {
        let has = |file: &str| listing.files.iter().any(|f| f == file);
        let is_change = here.path.file_name() == Some(OsStr::new("change"));
        let is_result = has("sample.json") || has("benchmark.json") || has("raw.csv") || has("tukey.json");
        if is_result || (has("estimates.json") && !is_change) {
            let ask = Ask { unit: true, date: true };
            if let Some(side) = here.read("", ask, &mut worker.buffers, &mut worker.found.warnings) {
                self.add(&slashed(here.path), side, None, worker);
            }
        } else if listing.folders.is_empty()
            && listing.files.iter().all(|f| is_placeholder(f))
            && is_hollow_baseline(here.path)
        {
            worker.found.warnings.add(here.path, WarningKind::HollowBaseline);
            worker.found.warnings.broken(here.path.to_owned());
        }
        let everything_in = |name| Job { folder: here.path.join(name), wants: Wants::Everything };
        more.extend(listing.folders.into_iter().map(everything_in));
    }

    fn visit_for_named(
        &self,
        here: &Here<'_>,
        listing: Listing,
        wants_results: bool,
        names: &[&str],
        worker: &mut Worker<T>,
        more: &mut Vec<Job>,
    ) {
        let mut is_benchmark = !wants_results;
        if wants_results {
            let is_there = |name: &str| match name.split_once('/') {
                None => listing.folders.iter().any(|f| f == name),
                // Every part has to be a folder, and none a link to one.
                Some((first, _)) => listing.folders.iter().any(|f| f == first) && here.inside.holds_folder(name),
            };
            let mut sides = Sides::default();
            for wanted in names.iter().rev().filter(|name| is_there(name)) {
                let ask = sides.ask(true);
                if let Some(side) = here.read(wanted, ask, &mut worker.buffers, &mut worker.found.warnings) {
                    sides.read.push((wanted, side));
                }
            }
            is_benchmark = !sides.read.is_empty();
            self.add_all(here, "", sides, worker);
            let holds_result = listing.files.iter().any(|f| f == "benchmark.json" || f == "sample.json");
            if let Some(wanted) = names.last().filter(|_| holds_result && here.path.as_os_str().is_empty()) {
                // The folder that was named is itself a baseline: take it for the one that was asked for.
                let ask = Ask { unit: true, date: true };
                if let Some(side) = here.read("", ask, &mut worker.buffers, &mut worker.found.warnings) {
                    self.add(wanted, side, None, worker);
                }
            }
        }
        // A benchmark's folder holds its baselines, which take one call each; a group's holds benchmarks to be read.
        let n_now = if is_benchmark { listing.folders.len() } else { listing.folders.len().min(IN_ONE_GO) };
        let (now, later) = listing.folders.split_at(n_now);
        more.extend(
            later
                .chunks(IN_ONE_GO)
                .map(|folders| Job { folder: here.path.to_owned(), wants: Wants::These(folders.to_vec()) }),
        );
        self.visit_folders(here, now, is_benchmark, names, worker, more);
    }

    /// Looks into folders below `here`, as benchmarks, or as the baselines of one.
    fn visit_folders(
        &self,
        here: &Here<'_>,
        folders: &[OsString],
        is_benchmark: bool,
        names: &[&str],
        worker: &mut Worker<T>,
        more: &mut Vec<Job>,
    ) {
        // A baseline's age is told as a whole, so that one benchmark of a folder answers for its neighbours.
        let mut is_baseline_dated = false;
        for name in folders {
            let is_baseline = is_benchmark || names.iter().any(|wanted| name == *wanted) || is_never_a_group(name);
            let rest = if is_baseline {
                (!here.inside.holds_no_folders(name)).then_some(Wants::Everything)
            } else {
                self.try_benchmark(here, name, names, &mut is_baseline_dated, worker)
            };
            more.extend(rest.map(|wants| Job { folder: here.path.join(name), wants }));
        }
    }

    /// Reads the folder `name` as a benchmark with all wanted baselines, without listing it; says what is left to do there.
    ///
    /// The link count tells how many folders it holds. If the wanted baselines, Criterion's `change` and its pictures account
    /// for all of them, there is nothing else to find.
    fn try_benchmark(
        &self,
        here: &Here<'_>,
        name: &OsStr,
        names: &[&str],
        is_baseline_dated: &mut bool,
        worker: &mut Worker<T>,
    ) -> Option<Wants> {
        let Some((n_folders, benchmark)) = here.inside.n_folders(name).zip(name.to_str()) else {
            return Some(Wants::Everything);
        };
        // Without folders it may still hold cargo-criterion's records.
        if n_folders == 0 || names.iter().any(|name| name.contains('/')) {
            return Some(Wants::Everything);
        }
        let below = |part: &str| here.inside.n_folders(OsStr::new(&format!("{benchmark}/{part}")));
        let mut sides = Sides::default();
        let mut n_known = 0;
        let mut is_all_known = true;
        for wanted in names.iter().rev() {
            // Asked first: what isn't a folder, but a link to one, must not be opened.
            let Some(n_below) = below(wanted) else {
                if sides.any {
                    is_all_known = false;
                    continue;
                }
                return Some(Wants::Everything);
            };
            n_known += 1;
            is_all_known &= n_below == 0;
            let place = format!("{benchmark}/{wanted}");
            let ask = sides.ask(!*is_baseline_dated);
            *is_baseline_dated |= !sides.read.is_empty();
            match here.read_if_sampled(&place, ask, &mut worker.buffers, &mut worker.found.warnings) {
                Looked::Found(side) => {
                    sides.any = true;
                    sides.read.push((wanted, side));
                }
                Looked::Broken => sides.any = true,
                // Nothing has been read yet: the long way finds out why.
                Looked::NoSample if !sides.any => return Some(Wants::Everything),
                Looked::NoSample => {
                    let side = here.read(&place, ask, &mut worker.buffers, &mut worker.found.warnings);
                    sides.read.extend(side.map(|side| (*wanted, side)));
                }
            }
        }
        self.add_all(here, benchmark, sides, worker);
        if !is_all_known {
            return Some(Wants::FoldersBelow);
        }
        // A wanted baseline may bear the name of a folder of Criterion's own, and counts once.
        let is_wanted = |name| names.contains(&name);
        if n_known < n_folders && !is_wanted("change") && below("change") == Some(0) {
            n_known += 1;
        }
        if n_known < n_folders && !is_wanted("report") {
            n_known += match below("report") {
                Some(0) => 1,
                // Criterion's pictures: `both` and `change`, with nothing below them.
                Some(2) if below("report/both") == Some(0) && below("report/change") == Some(0) => 1,
                _ => 0,
            };
        }
        (n_known < n_folders).then_some(Wants::FoldersBelow)
    }

    /// Adds the results of `benchmark` below `here`, with Criterion's own comparison where the last run was copied over its
    /// baseline.
    fn add_all(&self, here: &Here<'_>, benchmark: &str, sides: Sides<'_>, worker: &mut Worker<T>) {
        let side = |wanted| sides.read.iter().find(|(name, _)| *name == wanted).map(|(_, side)| side);
        let overwritten = match (side(NEW), side(BASE)) {
            (Some(new), Some(base)) if new.measurement == base.measurement => {
                let (buffers, warnings) = (&mut worker.buffers, &mut worker.found.warnings);
                let change = here.read_change(benchmark, new.written_at, buffers, warnings);
                Some(change.map_or(Overwritten::Nothing, Overwritten::Change))
            }
            _ => None,
        };
        let folder = slashed(here.path);
        for (name, side) in sides.read {
            let mut place = String::with_capacity(folder.len() + benchmark.len() + name.len() + 2);
            for part in [folder.as_ref(), benchmark, name].into_iter().filter(|part| !part.is_empty()) {
                if !place.is_empty() {
                    place.push('/');
                }
                place.push_str(part);
            }
            self.add(&place, side, overwritten.filter(|_| name == NEW), worker);
        }
    }

    fn add(&self, place: &str, side: Side, overwritten: Option<Overwritten>, worker: &mut Worker<T>) {
        let declared = side.declared.as_ref();
        let name = name(place, declared.map(|d| (d.full_id.as_str(), d.directory_name.as_deref())));
        if let Some(stated) = declared.and_then(|d| d.directory_name.as_ref()).filter(|_| !name.is_in_place) {
            worker.found.warnings.add(Path::new(place), WarningKind::MovedDirectory { stated: stated.clone() });
        }
        self.n_read.fetch_add(1, Ordering::Relaxed);
        worker.found.entries.push(Entry {
            id: name.id,
            baseline: name.baseline,
            throughput: side.declared.as_ref().and_then(|d| d.throughput.clone()),
            unit: side.unit,
            measured: (self.sum_up)(&side.measurement, side.written_at),
            overwritten,
        });
    }
}

impl Sides<'_> {
    /// What to ask of the next side: a unit that the later side doesn't state contradicts nothing, and it is the later
    /// side's age that tells whether the last run wrote it.
    fn ask(&self, date_baseline: bool) -> Ask {
        match self.read.first() {
            None => Ask { unit: true, date: true },
            Some((_, later)) => Ask { unit: later.unit != Unit::Unstated, date: date_baseline },
        }
    }
}

/// An empty folder is a baseline that lost its files, unless it is one of those in which there never was a result.
fn is_hollow_baseline(folder: &Path) -> bool {
    folder.components().count() > 1 && folder.file_name().is_some_and(|name| !is_never_a_group(name) && name != "both")
}

/// Folders of Criterion's own that are mostly just that, and not a benchmark's or group's.
fn is_never_a_group(name: &OsStr) -> bool {
    name == "report" || name == "change"
}

pub(super) fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "it is not a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// A path below the folder, with `/` between its parts on every system.
pub(super) fn slashed(path: &Path) -> Cow<'_, str> {
    match path.to_str() {
        Some(text) if !cfg!(windows) => Cow::Borrowed(text),
        _ => {
            let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            Cow::Owned(parts.join("/"))
        }
    }
}
