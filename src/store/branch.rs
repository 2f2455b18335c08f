//! History on a branch of the repository itself, with no commit in common with the code.
//!
//! Each run is one small file, `runs/KEY`, added by a commit of its own on the tip that the remote has; nothing is ever pushed
//! by force. Whoever comes second takes the new tip and adds his file there, so that of any number of writers none loses a run.
//! When many files have gathered, one commit folds them into one of `packs/`.
//!
//! All of it happens in a bare repository below the user's `.git`: neither his work tree nor his index, branches or settings
//! are touched, and of the remote's history no more than the tip is fetched. Questions are answered from an index of SQLite
//! beside it, which may be deleted at any time.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::git::{self, Git, GitFailed};
use super::history::{Appended, Compacted, Piece, SeriesQuery, Store, StoreError, StoreFailure, Verified};
use super::record::{EnvironmentKey, Record, RunHead, RunKey, Series, SeriesKey};
use super::{Access, SqliteStore, bundle};
use crate::model::hexadecimal;

/// Loose runs of this many are folded by whoever adds the last of them.
const FOLD_AT: usize = 256;

/// Executions in one pack, more or less.
const PACK: usize = 500_000;

/// How long pushing is tried while others are faster.
const PATIENCE: Duration = Duration::from_secs(300);

/// Failures in a row after which nobody else is to blame.
const MOST_FAILURES: u32 = 5;

const ABOUT: &str = "History of benchmarks, written by `regress record`: https://crates.io/crates/criterion-regress\n\n\
    `runs/` has a file a run, `packs/` older runs together. `regress store verify` checks them, `regress export --store` makes\n\
    CSV or JSON lines of them. Nothing here is edited by hand.\n";

/// History on a branch of a remote.
#[derive(Debug)]
pub struct BranchStore {
    branch: String,
    remote: String,
    folder: PathBuf,
    git: Git,
    index: Option<SqliteStore>,
    /// Bytes of the files that were written since this was last set to 0.
    written: Cell<u64>,
    added: Option<u64>,
}

/// The files of a commit.
#[derive(Default)]
struct Files {
    /// What this tool has written, by its path: runs, packs and their keys.
    ours: BTreeMap<String, String>,
    /// What else there is in the root, `runs` and `packs`, as git lists it: it stays as it is.
    others: BTreeMap<&'static str, Vec<Vec<u8>>>,
}

/// The folders that runs lie in.
const FOLDERS: [&str; 2] = ["runs", "packs"];

/// The id of a listed file, where it is one of ours: `MODE blob ID<TAB>NAME`.
fn own_file(folder: &str, line: &[u8]) -> Option<(String, String)> {
    let (about, name) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let id = about.strip_prefix("100644 blob ")?;
    let key = if folder == "packs" { name.strip_suffix(".keys").unwrap_or(name) } else { name };
    RunKey::parse(key)?;
    Some((format!("{folder}/{name}"), id.to_owned()))
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

impl BranchStore {
    /// The branch `branch` of a remote of the repository around `folder`. `remote` is its name there, or an address.
    ///
    /// # Errors
    /// When there is no repository, or it has no such remote.
    pub fn open(folder: &Path, branch: &str, remote: &str) -> Result<BranchStore> {
        let name = name(branch, remote);
        let failed = |kind, cause: String| StoreError { store: name.clone(), kind, cause };
        let unreachable = |e: GitFailed| failed(StoreFailure::Unreachable, e.text());
        let common = git::ask(folder, &["rev-parse", "--git-common-dir"]).map_err(unreachable)?;
        git::ask(folder, &["check-ref-format", "--branch", branch])
            .map_err(|_| failed(StoreFailure::Unreachable, format!("`{branch}` is no name for a branch")))?;
        let is_address = remote.contains([':', '/', '\\']);
        let address = match git::ask(folder, &["remote", "get-url", remote]) {
            Ok(address) => address,
            Err(_) if is_address => remote.to_owned(),
            Err(_) => {
                return Err(failed(StoreFailure::Unreachable, format!("the repository has no remote `{remote}`")));
            }
        };
        // A path is relative to where git is run, which is elsewhere from here on.
        let beside = folder.join(&address);
        let address = if !address.contains(':') && beside.exists() {
            beside.canonicalize().unwrap_or(beside).to_string_lossy().into_owned()
        } else {
            address
        };
        let place = hexadecimal(&Sha256::digest(format!("{branch}\n{address}"))[..8]);
        let own = folder.join(common).join("regress").join(place);
        std::fs::create_dir_all(&own)
            .map_err(|e| failed(io_kind(&e), format!("failed to make {}: {e}", own.display())))?;
        let own = own.canonicalize().unwrap_or(own);
        let _lock = lock(&own).map_err(|e| failed(io_kind(&e), e.to_string()))?;
        let git = Git::open(&own.join("repository.git"), folder, &address).map_err(unreachable)?;
        Ok(BranchStore {
            branch: branch.to_owned(),
            remote: remote.to_owned(),
            folder: own,
            git,
            index: None,
            written: Cell::new(0),
            added: None,
        })
    }

    fn failed(&self, e: &GitFailed) -> StoreError {
        let said = e.said.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let kind = if has(&["no space left", "disk quota"]) {
            StoreFailure::Full
        } else if has(&["read-only file system", "permission denied", "403", "protected branch", "denied to"]) {
            StoreFailure::ReadOnly
        } else if has(&[
            "could not read from remote",
            "unable to access",
            "could not resolve",
            "not appear to be a git",
        ]) {
            StoreFailure::Unreachable
        } else {
            StoreFailure::Other
        };
        StoreError { store: self.name(), kind, cause: e.text() }
    }

    fn damaged(&self, cause: String) -> StoreError {
        StoreError { store: self.name(), kind: StoreFailure::Damaged, cause }
    }

    fn own_ref(&self) -> String {
        format!("refs/history/{}", self.branch)
    }

    /// The remote's tip, fetched without the content of its files; `None` where there is no such branch yet.
    fn fetch(&self) -> std::result::Result<Option<String>, GitFailed> {
        let theirs = format!("refs/heads/{}", self.branch);
        let listed = self.git.text(&["ls-remote", "history", &theirs], None)?;
        let Some((tip, _)) = listed.split_once(char::is_whitespace) else { return Ok(None) };
        let own = self.own_ref();
        if self.git.text(&["rev-parse", "--quiet", "--verify", &own], None).is_ok_and(|have| have == tip) {
            return Ok(Some(tip.to_owned()));
        }
        let refspec = format!("+{theirs}:{own}");
        let fetch = ["fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", "history", &refspec];
        self.git.text(&fetch, None)?;
        self.git.text(&["rev-parse", "--verify", &own], None).map(Some)
    }

    fn files(&self, tip: Option<&str>) -> std::result::Result<Files, GitFailed> {
        let mut files = Files::default();
        let Some(tip) = tip else { return Ok(files) };
        let list = |tree: &str| self.git.bytes(&["ls-tree", "-z", "--full-tree", tree], None);
        let root = list(tip)?;
        for line in root.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            let name = line.splitn(2, |byte| *byte == b'\t').nth(1).unwrap_or_default();
            let Some(folder) = FOLDERS.into_iter().find(|folder| folder.as_bytes() == name) else {
                files.others.entry("").or_default().push(line.to_owned());
                continue;
            };
            if !line.starts_with(b"040000 tree ") {
                return Err(GitFailed { asked: "ls-tree".into(), said: format!("`{folder}` is no folder there") });
            }
            for line in list(&format!("{tip}:{folder}"))?.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
                match own_file(folder, line) {
                    Some((path, id)) => drop(files.ours.insert(path, id)),
                    None => files.others.entry(folder).or_default().push(line.to_owned()),
                }
            }
        }
        Ok(files)
    }

    /// The content of files by their ids, fetched together where it isn't there.
    fn contents(&self, ids: &BTreeSet<&str>) -> std::result::Result<BTreeMap<String, Vec<u8>>, GitFailed> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let list = ids.iter().fold(String::new(), |list, id| list + id + "\n");
        self.fetch_missing(&list)?;
        let all = self.git.bytes(&["cat-file", "--batch"], Some(list.as_bytes()))?;
        let (mut contents, mut rest) = (BTreeMap::new(), &all[..]);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&rest[..end]).into_owned();
            let mut words = line.split(' ');
            let (Some(id), Some(_), Some(size)) = (words.next(), words.next(), words.next()) else {
                return Err(GitFailed { asked: "cat-file".into(), said: format!("{line} is not there") });
            };
            let content = size.parse().ok().and_then(|size: usize| rest.get(end + 1..end + 1 + size));
            let content = content.ok_or_else(|| GitFailed { asked: "cat-file".into(), said: line.clone() })?;
            contents.insert(id.to_owned(), content.to_vec());
            rest = rest.get(end + 2 + content.len()..).unwrap_or_default();
        }
        Ok(contents)
    }

    /// Fetches in one go what would otherwise be fetched file by file.
    fn fetch_missing(&self, ids: &str) -> std::result::Result<(), GitFailed> {
        let local = self.git.bytes(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"], None)?;
        let local = String::from_utf8_lossy(&local).into_owned();
        let local: BTreeSet<&str> = local.lines().collect();
        let missing: Vec<&str> = ids.lines().filter(|id| !local.contains(id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let fetch = [
            "-c",
            "fetch.negotiationAlgorithm=noop",
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--filter=blob:none",
            "--stdin",
            "history",
        ];
        self.git.text(&fetch, Some((missing.join("\n") + "\n").as_bytes())).map(drop)
    }

    /// The keys of all runs in the files.
    fn keys(&self, files: &Files) -> std::result::Result<BTreeSet<RunKey>, GitFailed> {
        let lists: BTreeSet<&str> =
            files.ours.iter().filter(|(path, _)| path.ends_with(".keys")).map(|(_, id)| id.as_str()).collect();
        let mut keys: BTreeSet<RunKey> =
            files.ours.keys().filter_map(|path| RunKey::parse(path.strip_prefix("runs/")?)).collect();
        for list in self.contents(&lists)?.values() {
            keys.extend(list.chunks_exact(16).filter_map(|key| Some(RunKey(key.try_into().ok()?))));
        }
        Ok(keys)
    }

    fn write(&self, content: &[u8]) -> std::result::Result<String, GitFailed> {
        self.written.set(self.written.get() + content.len() as u64);
        self.git.text(&["hash-object", "-w", "--stdin"], Some(content))
    }

    /// Adds packs of runs to files.
    fn add_packs(&self, files: &mut Files, records: &[Record]) -> std::result::Result<(), GitFailed> {
        let mut rest = records;
        while !rest.is_empty() {
            let (mut n, mut n_executions) = (0, 0);
            while n < rest.len() && n < FOLD_AT && n_executions < PACK {
                n_executions += rest[n].head.n_executions;
                n += 1;
            }
            let (pack, others) = rest.split_at(n);
            rest = others;
            let content = bundle::pack(pack);
            let keys: Vec<u8> = pack.iter().flat_map(|record| record.head.key.0).collect();
            let name = hexadecimal(&Sha256::digest(&content)[..16]);
            files.ours.insert(format!("packs/{name}"), self.write(&content)?);
            files.ours.insert(format!("packs/{name}.keys"), self.write(&keys)?);
        }
        Ok(())
    }

    fn tree(&self, files: &Files) -> std::result::Result<String, GitFailed> {
        // Ended by a 0 each: names of others may hold anything else.
        let mut lists: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for (folder, lines) in &files.others {
            let list = lists.entry(folder).or_default();
            lines.iter().for_each(|line| list.extend(line.iter().chain(&[0])));
        }
        for (path, id) in &files.ours {
            let (folder, name) = path.split_once('/').unwrap_or(("", path));
            lists.entry(folder).or_default().extend(format!("100644 blob {id}\t{name}\0").bytes());
        }
        // The content of most of them was never fetched.
        let make = |list: &[u8]| self.git.text(&["mktree", "--missing", "-z"], Some(list));
        let mut root = lists.remove("").unwrap_or_default();
        for (folder, list) in lists {
            root.extend(format!("040000 tree {}\t{folder}\0", make(&list)?).bytes());
        }
        make(&root)
    }

    /// Changes the files of the branch, and pushes; again from the new tip while others are faster. `change` gives `None` when
    /// there is nothing to do.
    fn update<T>(
        &self,
        message: &str,
        mut change: impl FnMut(&mut Files) -> std::result::Result<Option<T>, GitFailed>,
    ) -> Result<Option<T>> {
        let _lock = self.locked()?;
        let started = Instant::now();
        let (mut n_failed, mut before, mut is_anew) = (0, None, false);
        for attempt in 0_u32.. {
            let mut once = || -> std::result::Result<Result<Option<T>, GitFailed>, GitFailed> {
                let tip = self.fetch()?;
                let is_new = before.replace(tip.clone()).is_none_or(|before| before != tip);
                if is_new {
                    n_failed = 0;
                }
                let mut files = self.files(tip.as_deref())?;
                let Some(done) = change(&mut files)? else { return Ok(Ok(None)) };
                if tip.is_none() {
                    files.ours.insert("README.md".to_owned(), self.write(ABOUT.as_bytes())?);
                }
                let tree = self.tree(&files)?;
                let mut commit = vec!["commit-tree", &tree, "-m", message];
                commit.extend(tip.iter().flat_map(|tip| ["-p", tip]));
                let commit = self.git.text(&commit, None)?;
                let refspec = format!("{commit}:refs/heads/{}", self.branch);
                if let Err(e) = self.git.text(&["push", "--quiet", "--no-verify", "history", &refspec], None) {
                    return Ok(Err(e));
                }
                // Saves the next fetch; the remote has it either way.
                let _ = self.git.text(&["update-ref", &self.own_ref(), &commit], None);
                Ok(Ok(Some(done)))
            };
            match once().and_then(|pushed| pushed) {
                Ok(done) => return Ok(done),
                Err(e) => {
                    n_failed += 1;
                    if n_failed >= MOST_FAILURES || started.elapsed() > PATIENCE || is_hopeless(&e) {
                        return Err(self.failed(&e));
                    }
                    // Perhaps it isn't the remote's fault, or another writer's.
                    if n_failed == 2 && !is_anew {
                        is_anew = true;
                        self.git.renew().map_err(|e| self.failed(&e))?;
                    }
                }
            }
            pause(attempt);
        }
        Ok(None)
    }

    /// What `read` gives; when it fails, once more from a repository that was made anew.
    fn sound<T>(&self, read: impl Fn() -> std::result::Result<T, GitFailed>) -> Result<T> {
        let read_anew = |e: GitFailed| if is_hopeless(&e) { Err(e) } else { self.git.renew().and_then(|()| read()) };
        read().or_else(read_anew).map_err(|e| self.failed(&e))
    }

    fn locked(&self) -> Result<File> {
        lock(&self.folder).map_err(|e| StoreError {
            store: self.name(),
            kind: io_kind(&e),
            cause: format!("failed to lock {}: {e}", self.folder.display()),
        })
    }

    /// The index, with all that the remote has.
    fn synced(&mut self) -> Result<&mut SqliteStore> {
        let (_, damage) = self.sync()?;
        if let Some(first) = damage.into_iter().next() {
            return Err(self.damaged(first));
        }
        self.index.as_mut().ok_or_else(|| StoreError {
            store: name(&self.branch, &self.remote),
            kind: StoreFailure::Other,
            cause: "there is no index".to_owned(),
        })
    }

    /// Brings the index up to date with the remote; with it, what of the remote can't be read.
    fn sync(&mut self) -> Result<(&mut SqliteStore, Vec<String>)> {
        let _lock = self.locked()?;
        let read = || {
            let tip = self.fetch()?;
            let files = self.files(tip.as_deref())?;
            let keys = self.keys(&files)?;
            Ok((files, keys))
        };
        let (files, keys) = self.sound(read)?;
        let path = self.folder.join("index.db");
        let mut index = match self.index.take() {
            Some(index) => index,
            None => SqliteStore::open(&path, Access::Create)?,
        };
        let mut have: BTreeSet<RunKey> = index.runs()?.iter().map(|head| head.key).collect();
        if !have.is_subset(&keys) {
            // Somebody has rewritten the branch; what it holds is what counts.
            drop(index);
            for file in ["index.db", "index.db-wal", "index.db-shm"] {
                let _ = std::fs::remove_file(self.folder.join(file));
            }
            index = SqliteStore::open(&path, Access::Create)?;
            have.clear();
        }
        let mut damage = Vec::new();
        if have.len() < keys.len() {
            let is_new = |path: &str| match path.strip_prefix("runs/") {
                Some(key) => RunKey::parse(key).is_some_and(|key| !have.contains(&key)),
                None => !path.ends_with(".keys"),
            };
            let wanted: BTreeMap<&str, &str> = files
                .ours
                .iter()
                .filter(|(path, _)| is_new(path))
                .map(|(path, id)| (id.as_str(), path.as_str()))
                .collect();
            let contents = self.sound(|| self.contents(&wanted.keys().copied().collect()))?;
            let mut records = Vec::new();
            for (id, content) in contents {
                let path = wanted.get(id.as_str()).copied().unwrap_or_default();
                match bundle::unpack(&content) {
                    Ok(found) => {
                        records.extend(found.into_iter().filter(|record| !have.contains(&record.head.key)));
                    }
                    Err(e) => damage.push(format!("{path}: {e}")),
                }
            }
            index.append(&records)?;
        }
        Ok((self.index.insert(index), damage))
    }
}

impl Store for BranchStore {
    fn append(&mut self, records: &[Record]) -> Result<Vec<Appended>> {
        let message = match records {
            [] => return Ok(Vec::new()),
            [one] => format!("record {} benchmarks of {}", one.head.n_benchmarks, one_line(&one.head.revision)),
            several => format!("record {} runs", several.len()),
        };
        let mut appended = Vec::new();
        let (mut n_loose, mut n_bytes) = (0, 0);
        self.update(&message, |files| {
            let mut known = self.keys(files)?;
            appended.clear();
            self.written.set(0);
            let is_new: Vec<bool> = records.iter().map(|record| known.insert(record.head.key)).collect();
            // A push whose answer was lost may have succeeded: then the run is there, and nobody can say who put it there.
            appended.extend(is_new.iter().map(|new| if *new { Appended::New } else { Appended::AlreadyThere }));
            let new: Vec<Record> =
                records.iter().zip(&is_new).filter(|(_, new)| **new).map(|(record, _)| record.clone()).collect();
            if new.is_empty() {
                return Ok(None);
            }
            if new.len() < FOLD_AT / 4 {
                for record in &new {
                    let id = self.write(&bundle::pack(std::slice::from_ref(record)))?;
                    files.ours.insert(format!("runs/{}", record.head.key), id);
                }
            } else {
                self.add_packs(files, &new)?;
            }
            n_loose = files.ours.keys().filter(|path| path.starts_with("runs/")).count();
            n_bytes = self.written.get();
            Ok(Some(()))
        })?;
        self.added = Some(n_bytes);
        if n_loose >= FOLD_AT {
            // What was asked for is done; the next one tries again.
            let _ = self.compact();
        }
        Ok(appended)
    }

    fn runs(&mut self) -> Result<Vec<Arc<RunHead>>> {
        self.synced()?.runs()
    }

    fn readable(&mut self) -> Result<(Vec<Arc<RunHead>>, Vec<String>)> {
        let (index, damage) = self.sync()?;
        Ok((index.runs()?, damage))
    }

    fn record(&mut self, key: RunKey) -> Result<Option<Record>> {
        // What was read a moment ago need not be asked for again: a run never changes.
        if let Some(record) = self.index.as_mut().map(|index| index.record(key)).transpose()?.flatten() {
            return Ok(Some(record));
        }
        self.synced()?.record(key)
    }

    fn list(&mut self) -> Result<Vec<(SeriesKey, EnvironmentKey)>> {
        self.synced()?.list()
    }

    fn series(&mut self, query: &SeriesQuery) -> Result<Vec<Series>> {
        self.synced()?.series(query)
    }

    fn each_series(
        &mut self,
        is_wanted: &dyn Fn(&str) -> bool,
        visit: &mut dyn FnMut(Vec<Series>) -> ControlFlow<()>,
    ) -> Result<()> {
        self.synced()?.each_series(is_wanted, visit)
    }

    fn scan(&mut self, visit: &mut dyn FnMut(Piece<'_>)) -> Result<()> {
        self.synced()?.scan(visit)
    }

    fn verify(&mut self) -> Result<Verified> {
        let _lock = self.locked()?;
        let read = || {
            let tip = self.fetch()?;
            let files = self.files(tip.as_deref())?;
            let contents = self.contents(&files.ours.values().map(String::as_str).collect())?;
            Ok((files, contents))
        };
        let (files, contents) = self.sound(read)?;
        let mut verified =
            Verified { n_bytes: Some(contents.values().map(|c| c.len() as u64).sum()), ..Verified::default() };
        let mut seen: BTreeSet<RunKey> = BTreeSet::new();
        for folder in FOLDERS {
            for line in files.others.get(folder).into_iter().flatten() {
                let name = line.splitn(2, |byte| *byte == b'\t').nth(1).unwrap_or_default();
                verified.damage.push(format!("{folder}/{}: it is no run of history", String::from_utf8_lossy(name)));
            }
        }
        for (path, id) in files.ours.iter().filter(|(path, _)| !path.ends_with(".keys")) {
            let content = contents.get(id).map(Vec::as_slice).unwrap_or_default();
            let records = match bundle::unpack(content) {
                Ok(records) => records,
                Err(e) => {
                    verified.damage.push(format!("{path}: {e}"));
                    continue;
                }
            };
            let keys: Vec<u8> = records.iter().flat_map(|record| record.head.key.0).collect();
            let stated = match path.strip_prefix("runs/") {
                Some(key) => RunKey::parse(key).map(|key| key.0.to_vec()),
                None => files.ours.get(&format!("{path}.keys")).and_then(|id| contents.get(id)).cloned(),
            };
            if stated != Some(keys) {
                verified.damage.push(format!("{path} doesn't hold what was recorded"));
            }
            for record in records {
                if seen.insert(record.head.key) {
                    verified.n_executions += record.head.n_executions;
                }
            }
        }
        verified.n_runs = seen.len();
        Ok(verified)
    }

    fn compact(&mut self) -> Result<Compacted> {
        let size = |contents: &BTreeMap<String, Vec<u8>>| contents.values().map(|c| c.len() as u64).sum::<u64>();
        let done = self.update("fold runs into a pack", |files| {
            let loose: BTreeMap<String, String> = files
                .ours
                .iter()
                .filter(|(path, _)| path.starts_with("runs/"))
                .map(|(path, id)| (path.clone(), id.clone()))
                .collect();
            if loose.len() < 2 {
                return Ok(None);
            }
            let contents = self.contents(&loose.values().map(String::as_str).collect())?;
            let mut records = Vec::new();
            let mut before = 0;
            for (path, id) in &loose {
                // What can't be read stays where it is, for `verify` to tell.
                let content = contents.get(id).map(Vec::as_slice).unwrap_or_default();
                let Ok(found) = bundle::unpack(content) else { continue };
                if found.iter().any(|record| path != &format!("runs/{}", record.head.key)) {
                    continue;
                }
                before += content.len() as u64;
                files.ours.remove(path);
                records.extend(found);
            }
            records.sort_by_cached_key(|record| record.head.order());
            let old: BTreeSet<String> = files.ours.values().cloned().collect();
            self.add_packs(files, &records)?;
            let new: BTreeSet<&str> = files.ours.values().filter(|id| !old.contains(*id)).map(String::as_str).collect();
            let after = size(&self.contents(&new)?);
            Ok(Some(Compacted {
                n_runs: records.len(),
                n_held: records.len(),
                before: Some(before),
                after: Some(after),
            }))
        })?;
        Ok(done.unwrap_or_default())
    }

    fn added(&self) -> Option<u64> {
        self.added
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        name(&self.branch, &self.remote)
    }
}

fn name(branch: &str, remote: &str) -> String {
    format!("branch {branch} of {}", git::without_password(remote))
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect()
}

/// Failures that another attempt can't change.
fn is_hopeless(e: &GitFailed) -> bool {
    let said = e.said.to_ascii_lowercase();
    let hopeless = [
        "authentication failed",
        "could not read username",
        "permission denied",
        "denied to",
        "read-only file system",
        "no space left",
        "not appear to be a git repository",
        "protected branch",
        "can't be run",
    ];
    hopeless.iter().any(|words| said.contains(words))
}

/// Waits longer each time, and never as long as the others.
fn pause(attempt: u32) {
    let nanoseconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let chance = u64::from(nanoseconds.subsec_nanos() ^ std::process::id().rotate_left(13)) % 1000;
    let longest = 50_u64 << attempt.min(6);
    std::thread::sleep(Duration::from_millis(longest / 4 + longest * chance / 1000));
}

/// One process at a time works in our repository; the lock ends with the process.
fn lock(folder: &Path) -> std::io::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    file.lock()?;
    Ok(file)
}

fn io_kind(e: &std::io::Error) -> StoreFailure {
    match e.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => StoreFailure::ReadOnly,
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreFailure::Full,
        _ => StoreFailure::Other,
    }
}
