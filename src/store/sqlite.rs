//! History in one file of SQLite.
//!
//! A run is appended as rows of `fresh`, one an execution, next to each other: one short transaction. Every so many runs these
//! are folded into `chunk` and `detail`, where the executions of one series lie together in columns ([`super::point`]): what a
//! person waits for is one series, and that is a few rows then.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::Access;
use super::heads::{self, Heads, StoredHead};
use super::history::{Appended, Compacted, Piece, SeriesQuery, Store, StoreError, StoreFailure, Verified};
use super::point::{self, Columns};
use super::record::{
    EnvironmentKey, Point, Record, Results, RunHead, RunKey, Series, SeriesHash, SeriesKey, milliseconds, whole,
};
use super::text::{
    absent_of, absent_text, executables_of, facts_of, facts_text, throughput_of, throughput_text, unit_of, unit_text,
};
use crate::model::{BenchmarkId, Environment, Execution};

/// Marks the file as one of ours: "RgrH".
const APPLICATION: i32 = 0x5267_7248;

/// Runs of this many are folded together.
const FOLD_AT: usize = 64;

/// Executions of a series in one chunk.
const CHUNK: usize = 256;

/// How long others may keep the file busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// From each version of the schema to the next; what was released is never changed.
const MIGRATIONS: [&str; 3] = [
    "CREATE TABLE machine (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE
    );
    CREATE TABLE environment (
        id INTEGER PRIMARY KEY,
        machine INTEGER NOT NULL REFERENCES machine,
        facts TEXT NOT NULL UNIQUE
    );
    CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        root TEXT NOT NULL,
        directory TEXT NOT NULL,
        throughput TEXT NOT NULL,
        unit TEXT NOT NULL,
        UNIQUE (name, root, directory, throughput, unit)
    );
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        revision TEXT NOT NULL,
        branch TEXT,
        committed_at INTEGER,
        measured_at INTEGER,
        environment INTEGER NOT NULL REFERENCES environment,
        executables TEXT NOT NULL,
        absent TEXT NOT NULL,
        n_benchmarks INTEGER NOT NULL,
        n_executions INTEGER NOT NULL
    );
    CREATE TABLE fresh (
        run INTEGER NOT NULL REFERENCES run,
        series INTEGER NOT NULL REFERENCES series,
        number INTEGER NOT NULL,
        point BLOB NOT NULL,
        PRIMARY KEY (run, series, number)
    ) WITHOUT ROWID;",
    "ALTER TABLE run ADD COLUMN is_folded INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX run_fresh ON run (id) WHERE is_folded = 0;
    CREATE INDEX run_revision ON run (revision);
    CREATE TABLE chunk (
        id INTEGER PRIMARY KEY,
        series INTEGER NOT NULL REFERENCES series,
        machine INTEGER NOT NULL REFERENCES machine,
        first_run INTEGER NOT NULL,
        last_run INTEGER NOT NULL,
        n INTEGER NOT NULL,
        runs BLOB NOT NULL,
        locations BLOB NOT NULL
    );
    CREATE INDEX chunk_series ON chunk (series, machine, first_run, last_run);
    CREATE TABLE detail (
        id INTEGER PRIMARY KEY REFERENCES chunk,
        rest BLOB NOT NULL
    );",
    // What `run` says of folded runs, packed; see [`heads`]. Filled by [`pack_heads`].
    "CREATE TABLE heads (
        first_run INTEGER PRIMARY KEY,
        last_run INTEGER NOT NULL,
        n INTEGER NOT NULL,
        packed BLOB NOT NULL
    );",
];

/// The version that this tool writes.
const VERSION: u32 = MIGRATIONS.len() as u32;

const RUN: &str = "id, key, revision, branch, committed_at, measured_at, environment, n_benchmarks, n_executions";

/// A file of SQLite that holds history.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    path: PathBuf,
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Executions by the numbers of their series and machine, in pieces as they were read, each with the number of its run.
type Points = BTreeMap<(i64, i64), Vec<(Vec<u64>, Vec<Execution>)>>;

/// The numbers of all runs.
fn runs_of(points: &Points) -> impl Iterator<Item = i64> {
    points.values().flatten().flat_map(|(runs, _)| runs.iter().map(|run| run.cast_signed()))
}

/// Environments by their numbers, each read when it is asked for.
#[derive(Default)]
struct Environments {
    facts: HashMap<i64, String>,
    read: HashMap<i64, Arc<Environment>>,
}

impl Environments {
    fn get(&mut self, number: i64) -> Arc<Environment> {
        let facts = self.facts.get(&number);
        let read = || facts.map(|facts| Arc::new(facts_of(facts))).unwrap_or_default();
        self.read.entry(number).or_insert_with(read).clone()
    }
}

/// What is known of runs.
#[derive(Default)]
struct KnownRuns {
    heads: Heads,
    environments: Environments,
    branches: HashSet<Arc<str>>,
}

impl SqliteStore {
    /// Opens a file, makes it where it isn't there and may be made, and brings its schema up to date.
    ///
    /// # Errors
    /// When it can't be opened, is no store, or is of a later version of the tool.
    pub fn open(path: &Path, access: Access) -> Result<SqliteStore> {
        let mut store = SqliteStore::connect(path, access)?;
        // In this order: where another process makes the tables in between, its marks are seen with them.
        let n_tables: i64 = store.get("SELECT count(*) FROM sqlite_master")?;
        let (application, version) = store.marks()?;
        let is_empty = n_tables == 0 && version == 0;
        if !is_empty && application != APPLICATION {
            let foreign = store.damaged("it is a database of another program");
            return Err(StoreError { kind: StoreFailure::Foreign, ..foreign });
        }
        if version > VERSION {
            let cause = format!("its schema is of version {version}, and this tool knows up to version {VERSION}");
            return Err(StoreError { kind: StoreFailure::TooNew, ..store.damaged(cause) });
        }
        if is_empty && access == Access::Existing {
            return Err(StoreError { kind: StoreFailure::Unreachable, ..store.damaged("it is empty") });
        }
        if version < VERSION {
            store.migrate()?;
        }
        Ok(store)
    }

    /// Which version the schema of a file has, before anything is done to it; `None` where there is no file.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn version_of(path: &Path) -> Result<Option<u32>> {
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(SqliteStore::connect(path, Access::Existing)?.marks()?.1))
    }

    fn connect(path: &Path, access: Access) -> Result<SqliteStore> {
        let failed = |e: &rusqlite::Error| error(path, e);
        let writing = match access {
            Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Access::Existing => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        if access == Access::Existing && !path.exists() {
            let cause = "there is no such file".to_owned();
            return Err(StoreError { store: name(path), kind: StoreFailure::Unreachable, cause });
        }
        let started = std::time::Instant::now();
        loop {
            let connection = Connection::open_with_flags(path, writing | OpenFlags::SQLITE_OPEN_NO_MUTEX);
            let ready = connection.and_then(|connection| {
                prepare(&connection)?;
                Ok(connection)
            });
            match ready {
                Ok(connection) => return Ok(SqliteStore { connection, path: path.to_owned() }),
                // Two that make the file at once can't wait for one another.
                Err(e) if is_busy(&e) && started.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
                Err(e) if access == Access::Existing => {
                    return SqliteStore::connect_to_what_cannot_be_written(path).ok_or_else(|| failed(&e));
                }
                Err(e) => return Err(failed(&e)),
            }
        }
    }

    /// On a file system that can't be written nobody writes; a journal that is left there would have to be played back first.
    fn connect_to_what_cannot_be_written(path: &Path) -> Option<SqliteStore> {
        let mut journal = path.as_os_str().to_owned();
        journal.push("-wal");
        if Path::new(&journal).exists() {
            return None;
        }
        let text = path.to_str()?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(format!("file:{text}?immutable=1"), flags).ok()?;
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).ok()?;
        Some(SqliteStore { connection, path: path.to_owned() })
    }

    /// The application's mark and the version of the schema.
    fn marks(&self) -> Result<(i32, u32)> {
        Ok((self.get("PRAGMA application_id")?, self.get("PRAGMA user_version")?))
    }

    fn get<T: rusqlite::types::FromSql>(&self, sql: &str) -> Result<T> {
        self.connection.query_row(sql, [], |row| row.get(0)).map_err(|e| self.failed(&e))
    }

    fn migrate(&mut self) -> Result<()> {
        let path = self.path.clone();
        let migrate = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another may have done it while we waited.
            let version: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            for sql in MIGRATIONS.iter().skip(version as usize) {
                transaction.execute_batch(sql)?;
            }
            pack_heads(&transaction)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", version.max(VERSION))?;
            transaction.commit()
        };
        migrate(&mut self.connection).map_err(|e| error(&path, &e))
    }

    fn failed(&self, e: &rusqlite::Error) -> StoreError {
        error(&self.path, e)
    }

    fn damaged(&self, cause: impl Into<String>) -> StoreError {
        StoreError { store: self.name(), kind: StoreFailure::Damaged, cause: cause.into() }
    }

    /// Runs a query, and hands over each row.
    fn each(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        mut visit: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let query = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(parameters)?;
            while let Some(row) = rows.next()? {
                visit(row)?;
            }
            Ok(())
        };
        query().map_err(|e| self.failed(&e))
    }

    fn machines(&self) -> Result<HashMap<i64, EnvironmentKey>> {
        let mut machines = HashMap::new();
        self.each("SELECT id, key FROM machine", [], |row| {
            machines.insert(row.get(0)?, EnvironmentKey(row.get(1)?));
            Ok(())
        })?;
        Ok(machines)
    }

    /// All that is read until it is dropped is of one moment.
    fn snapshot(&self) -> Result<Transaction<'_>> {
        self.connection.unchecked_transaction().map_err(|e| self.failed(&e))
    }

    fn environments(&self) -> Result<Environments> {
        let mut environments = Environments::default();
        self.each("SELECT id, facts FROM environment", [], |row| {
            environments.facts.insert(row.get(0)?, row.get(1)?);
            Ok(())
        })?;
        Ok(environments)
    }

    /// What is known of the runs from `first` to `last` that are folded.
    fn known_runs(&self, first: i64, last: i64) -> Result<KnownRuns> {
        let environments = self.environments()?;
        let mut known = KnownRuns { environments, ..KnownRuns::default() };
        let sql = "SELECT n, packed FROM heads WHERE first_run <= ?2 AND last_run >= ?1 ORDER BY first_run";
        self.each(sql, [first, last], |row| {
            known.heads.add(row.get(1)?, row.get(0)?);
            Ok(())
        })?;
        Ok(known)
    }

    /// Reads the rows of those among `runs` that nothing is known of.
    fn learn(&self, known: &mut KnownRuns, runs: impl Iterator<Item = i64>) -> Result<()> {
        let missing = runs.filter(|run| !known.heads.has(*run));
        let Some((first, last)) = missing.fold(None, |range: Option<(i64, i64)>, run| {
            Some(range.map_or((run, run), |(first, last)| (first.min(run), last.max(run))))
        }) else {
            return Ok(());
        };
        let KnownRuns { heads, environments, branches } = known;
        self.each(&format!("SELECT {RUN} FROM run WHERE id BETWEEN ?1 AND ?2"), [first, last], |row| {
            let stored = stored_head(row, branches)?;
            let (run, environment) = (stored.run, environments.get(stored.environment));
            heads.insert(run, Arc::new(stored.head(environment)));
            Ok(())
        })
    }

    /// All heads by the number of their run, and which pieces say something else.
    fn heads_of_rows(&self) -> Result<(HashMap<i64, RunHead>, Vec<String>)> {
        let mut environments = self.environments()?;
        let (mut stored, mut branches) = (HashMap::new(), HashSet::new());
        self.each(&format!("SELECT {RUN} FROM run"), [], |row| {
            let head = stored_head(row, &mut branches)?;
            stored.insert(head.run, head);
            Ok(())
        })?;
        let mut damage = Vec::new();
        self.each("SELECT first_run, n, packed FROM heads", [], |row| {
            let first: i64 = row.get(0)?;
            let packed = heads::unpack(row.get_ref(2)?.as_blob()?, row.get(1)?);
            if !packed.is_some_and(|packed| packed.iter().all(|head| stored.get(&head.run) == Some(head))) {
                damage.push(format!(
                    "heads from run {first} on aren't those of the runs; `regress store compact` mends that"
                ));
            }
            Ok(())
        })?;
        let heads = stored.into_iter().map(|(run, head)| {
            let environment = environments.get(head.environment);
            (run, head.head(environment))
        });
        Ok((heads.collect(), damage))
    }

    fn pack_heads_again(&mut self) -> Result<()> {
        let path = self.path.clone();
        let pack = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute("DELETE FROM heads", [])?;
            pack_heads(&transaction)?;
            transaction.commit()
        };
        pack(&mut self.connection).map_err(|e| error(&path, &e))
    }

    fn all_series(&self) -> Result<HashMap<i64, SeriesKey>> {
        let mut all = HashMap::new();
        self.each("SELECT id, name, root, directory, throughput, unit FROM series", [], |row| {
            all.insert(row.get(0)?, series_key(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// The series of a benchmark, by their numbers.
    fn keys_of(&self, benchmark: &str) -> Result<BTreeMap<i64, SeriesKey>> {
        let mut keys = BTreeMap::new();
        let sql = "SELECT id, name, root, directory, throughput, unit FROM series WHERE name = ?1";
        self.each(sql, [benchmark], |row| {
            keys.insert(row.get(0)?, series_key(row)?);
            Ok(())
        })?;
        Ok(keys)
    }

    /// Adds what of a series is folded.
    fn folded(&self, series: i64, wanted: &dyn Fn(i64) -> bool, points: &mut Points) -> Result<()> {
        let mut damage = None;
        let sql = "SELECT machine, n, runs, locations, rest, chunk.id FROM chunk LEFT JOIN detail USING (id) \
                   WHERE series = ?1 ORDER BY machine, first_run";
        self.each(sql, [series], |row| {
            let (machine, n): (i64, usize) = (row.get(0)?, row.get(1)?);
            if !wanted(machine) {
                return Ok(());
            }
            let rest = row.get_ref(4)?.as_blob_or_null()?.unwrap_or_default();
            let runs = unpack_runs(row.get_ref(2)?.as_blob()?, n);
            match runs.zip(point::executions(row.get_ref(3)?.as_blob()?, rest, n)) {
                Some(piece) => points.entry((series, machine)).or_default().push(piece),
                None => damage = Some(row.get::<_, i64>(5)?),
            }
            Ok(())
        })?;
        damage.map_or(Ok(()), |id| Err(self.damaged(format!("chunk {id} can't be read"))))
    }

    /// Adds what isn't folded, as rows of series, machine, run and execution.
    fn fresh(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        wanted: &dyn Fn(i64) -> bool,
        points: &mut Points,
    ) -> Result<()> {
        let mut damage = None;
        self.each(sql, parameters, |row| {
            let (machine, run): (i64, i64) = (row.get(1)?, row.get(2)?);
            if wanted(machine) {
                match point::from_bytes(row.get_ref(3)?.as_blob()?) {
                    Some(execution) => {
                        let piece = (vec![run.unsigned_abs()], vec![execution]);
                        points.entry((row.get(0)?, machine)).or_default().push(piece);
                    }
                    None => damage = Some(run),
                }
            }
            Ok(())
        })?;
        damage.map_or(Ok(()), |run| Err(self.damaged(format!("an execution of run {run} can't be read"))))
    }

    /// Series of points, as far as the query wants them.
    fn put_together(
        &self,
        keys: &BTreeMap<i64, SeriesKey>,
        machines: &HashMap<i64, EnvironmentKey>,
        points: Points,
        known: &mut KnownRuns,
        query: &SeriesQuery,
    ) -> Result<Vec<Series>> {
        self.learn(known, runs_of(&points))?;
        let KnownRuns { heads, environments, .. } = known;
        let mut all = Vec::with_capacity(points.len());
        for ((series, machine), found) in points {
            let (Some(key), Some(environment)) = (keys.get(&series), machines.get(&machine)) else {
                return Err(self.damaged(format!("series {series} is on no machine that is there")));
            };
            let mut points = Vec::with_capacity(found.iter().map(|(runs, _)| runs.len()).sum());
            for (run, execution) in found.into_iter().flat_map(|(runs, executions)| runs.into_iter().zip(executions)) {
                let run = heads
                    .get(run.cast_signed(), |environment| environments.get(environment))
                    .ok_or_else(|| self.damaged(format!("run {run} isn't there or can't be read")))?;
                if query.wants(&run) {
                    points.push(Point { run, execution });
                }
            }
            if !points.is_sorted_by_key(|point| point.run.order()) {
                points.sort_by_cached_key(|point| point.run.order());
            }
            if !points.is_empty() {
                all.push(Series { key: key.clone(), environment: environment.clone(), points });
            }
        }
        Ok(super::history::in_order(all))
    }

    /// Numbers of runs that are not folded yet, in their order.
    fn fresh_runs(&self) -> Result<Vec<i64>> {
        let mut fresh = Vec::new();
        self.each("SELECT id FROM run WHERE is_folded = 0 ORDER BY id", [], |row| {
            fresh.push(row.get(0)?);
            Ok(())
        })?;
        Ok(fresh)
    }

    /// Folds runs until there are none left, some at a time; gives how many those were.
    fn fold(&mut self) -> Result<usize> {
        let mut n_folded = 0;
        loop {
            let path = self.path.clone();
            match fold_some(&mut self.connection).map_err(|e| error(&path, &e))? {
                0 => return Ok(n_folded),
                n => n_folded += n,
            }
        }
    }

    fn n_bytes(&self) -> Result<u64> {
        let pages: i64 = self.get("PRAGMA page_count")?;
        let size: i64 = self.get("PRAGMA page_size")?;
        Ok(pages.unsigned_abs() * size.unsigned_abs())
    }

    /// Hands over every execution of every series, in pieces.
    fn read_all(&self, mut visit: impl FnMut(i64, i64, Vec<u64>, Vec<Execution>)) -> Result<Vec<String>> {
        let mut damage = Vec::new();
        self.each(
            "SELECT chunk.id, series, machine, n, runs, locations, rest FROM chunk LEFT JOIN detail USING (id)",
            [],
            |row| {
                let (id, n): (i64, usize) = (row.get(0)?, row.get(3)?);
                let rest = row.get_ref(6)?.as_blob_or_null()?.unwrap_or_default();
                let executions = point::executions(row.get_ref(5)?.as_blob()?, rest, n);
                match (executions, unpack_runs(row.get_ref(4)?.as_blob()?, n)) {
                    (Some(executions), Some(runs)) => visit(row.get(1)?, row.get(2)?, runs, executions),
                    _ => damage.push(format!("chunk {id} can't be read")),
                }
                Ok(())
            },
        )?;
        let sql = "SELECT series, machine, run, point FROM fresh JOIN run ON run.id = fresh.run \
                   JOIN environment ON environment.id = run.environment";
        self.each(sql, [], |row| {
            let run: i64 = row.get(2)?;
            match point::from_bytes(row.get_ref(3)?.as_blob()?) {
                Some(execution) => visit(row.get(0)?, row.get(1)?, vec![run.unsigned_abs()], vec![execution]),
                None => damage.push(format!("an execution of run {run} can't be read")),
            }
            Ok(())
        })?;
        Ok(damage)
    }
}

impl Store for SqliteStore {
    fn append(&mut self, records: &[Record]) -> Result<Vec<Appended>> {
        let path = self.path.clone();
        let append = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let appended =
                records.iter().map(|record| append(&transaction, record)).collect::<rusqlite::Result<Vec<_>>>()?;
            transaction.commit()?;
            Ok(appended)
        };
        let appended = append(&mut self.connection).map_err(|e| error(&path, &e))?;
        if self.fresh_runs().is_ok_and(|fresh| fresh.len() >= FOLD_AT) {
            // What was asked for is done; where there is no room to fold, the next one will say so.
            let _ = self.fold();
        }
        Ok(appended)
    }

    fn runs(&mut self) -> Result<Vec<Arc<RunHead>>> {
        let _snapshot = self.snapshot()?;
        let mut numbers = Vec::new();
        self.each("SELECT id FROM run ORDER BY id", [], |row| {
            numbers.push(row.get(0)?);
            Ok(())
        })?;
        let mut known = self.known_runs(i64::MIN, i64::MAX)?;
        self.learn(&mut known, numbers.iter().copied())?;
        let KnownRuns { heads, environments, .. } = &mut known;
        let mut runs = Vec::with_capacity(numbers.len());
        for run in numbers {
            let head = heads.get(run, |environment| environments.get(environment));
            runs.push(head.ok_or_else(|| self.damaged(format!("run {run} can't be read")))?);
        }
        if !runs.is_sorted_by_key(|head| head.order()) {
            runs.sort_by_cached_key(|head| head.order());
        }
        Ok(runs)
    }

    fn record(&mut self, key: RunKey) -> Result<Option<Record>> {
        let _snapshot = self.snapshot()?;
        let mut found = None;
        let sql = format!("SELECT {RUN}, executables, absent FROM run WHERE key = ?1");
        self.each(&sql, [&key.0], |row| {
            let executables = executables_of(row.get_ref("executables")?.as_str()?);
            found = Some((
                stored_head(row, &mut HashSet::new())?,
                executables,
                absent_of(row.get_ref("absent")?.as_str()?),
            ));
            Ok(())
        })?;
        let Some((stored, executables, absent)) = found else { return Ok(None) };
        let (run, environment) = (stored.run, self.environments()?.get(stored.environment));
        let head = stored.head(environment);
        let series = self.all_series()?;
        let mut executions: BTreeMap<i64, Vec<Execution>> = BTreeMap::new();
        self.each("SELECT series, point FROM fresh WHERE run = ?1 ORDER BY series, number", [run], |row| {
            let execution = point::from_bytes(row.get_ref(1)?.as_blob()?);
            executions.entry(row.get(0)?).or_default().extend(execution);
            Ok(())
        })?;
        let machine: i64 = self
            .connection
            .query_row(
                "SELECT machine FROM environment JOIN run ON run.environment = environment.id WHERE run.id = ?1",
                [run],
                |row| row.get(0),
            )
            .map_err(|e| self.failed(&e))?;
        let sql = "SELECT series, n, runs, locations, rest FROM chunk JOIN detail USING (id) \
                   WHERE machine = ?2 AND first_run <= ?1 AND last_run >= ?1 ORDER BY chunk.id";
        self.each(sql, [run, machine], |row| {
            let n: usize = row.get(1)?;
            let runs = unpack_runs(row.get_ref(2)?.as_blob()?, n).unwrap_or_default();
            if runs.contains(&run.unsigned_abs()) {
                let all = point::executions(row.get_ref(3)?.as_blob()?, row.get_ref(4)?.as_blob()?, n);
                let of_run = runs.iter().zip(all.unwrap_or_default()).filter(|(r, _)| **r == run.unsigned_abs());
                executions.entry(row.get(0)?).or_default().extend(of_run.map(|(_, execution)| execution));
            }
            Ok(())
        })?;
        whole(head, executables, absent, &series, executions)
            .map(Some)
            .ok_or_else(|| self.damaged(format!("run {key} is damaged")))
    }

    fn list(&mut self) -> Result<Vec<(SeriesKey, EnvironmentKey)>> {
        let _snapshot = self.snapshot()?;
        let (series, machines) = (self.all_series()?, self.machines()?);
        let mut found = Vec::new();
        let sql = "SELECT series, machine FROM chunk UNION SELECT series, machine FROM fresh JOIN run ON run.id = fresh.run \
                   JOIN environment ON environment.id = run.environment";
        self.each(sql, [], |row| {
            let (one, machine): (i64, i64) = (row.get(0)?, row.get(1)?);
            found.extend(series.get(&one).cloned().zip(machines.get(&machine).cloned()));
            Ok(())
        })?;
        found.sort_by(|a, b| (&a.0.id, &a.1).cmp(&(&b.0.id, &b.1)));
        Ok(found)
    }

    fn series(&mut self, query: &SeriesQuery) -> Result<Vec<Series>> {
        let _snapshot = self.snapshot()?;
        let keys = self.keys_of(&query.benchmark)?;
        let machines = if keys.is_empty() { HashMap::new() } else { self.machines()? };
        let wanted = |machine| query.environment.as_ref().is_none_or(|wanted| machines.get(&machine) == Some(wanted));
        let mut points = Points::new();
        for series in keys.keys() {
            self.folded(*series, &wanted, &mut points)?;
            let sql = "SELECT fresh.series, machine, fresh.run, point FROM run CROSS JOIN fresh ON fresh.run = run.id \
                       CROSS JOIN environment ON environment.id = run.environment \
                       WHERE is_folded = 0 AND fresh.series = ?1 ORDER BY run.id, number";
            self.fresh(sql, [series], &wanted, &mut points)?;
        }
        let (Some(first), Some(last)) = (runs_of(&points).min(), runs_of(&points).max()) else { return Ok(Vec::new()) };
        let mut known = self.known_runs(first, last)?;
        self.put_together(&keys, &machines, points, &mut known, query)
    }

    fn each_series(
        &mut self,
        is_wanted: &dyn Fn(&str) -> bool,
        visit: &mut dyn FnMut(Vec<Series>) -> ControlFlow<()>,
    ) -> Result<()> {
        let _snapshot = self.snapshot()?;
        let mut names: BTreeMap<String, BTreeMap<i64, SeriesKey>> = BTreeMap::new();
        for (id, key) in self.all_series()? {
            if is_wanted(key.id.as_str()) {
                names.entry(key.id.as_str().to_owned()).or_default().insert(id, key);
            }
        }
        let machines = self.machines()?;
        let mut known = self.known_runs(i64::MIN, i64::MAX)?;
        let mut fresh = Points::new();
        let sql = "SELECT fresh.series, machine, fresh.run, point FROM run CROSS JOIN fresh ON fresh.run = run.id \
                   CROSS JOIN environment ON environment.id = run.environment \
                   WHERE is_folded = 0 ORDER BY run.id, fresh.series, number";
        self.fresh(sql, [], &|_| true, &mut fresh)?;
        for (name, keys) in names {
            let mut points = Points::new();
            for series in keys.keys() {
                self.folded(*series, &|_| true, &mut points)?;
                let of_series: Vec<(i64, i64)> =
                    fresh.range((*series, i64::MIN)..=(*series, i64::MAX)).map(|(place, _)| *place).collect();
                for place in of_series {
                    points.entry(place).or_default().extend(fresh.remove(&place).unwrap_or_default());
                }
            }
            let series = self.put_together(&keys, &machines, points, &mut known, &SeriesQuery::of(&name))?;
            if !series.is_empty() && visit(series).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn scan(&mut self, visit: &mut dyn FnMut(Piece<'_>)) -> Result<()> {
        let _snapshot = self.snapshot()?;
        let (series, machines) = (self.all_series()?, self.machines()?);
        let (mut typical, mut damage) = (Vec::with_capacity(CHUNK), None);
        let mut hand_over = |one: i64, machine: i64, runs: &[u64], typical: &[f64]| {
            if let (Some(series), Some(environment)) = (series.get(&one), machines.get(&machine)) {
                visit(Piece { series, environment, runs, typical });
            }
        };
        self.each("SELECT id, series, machine, n, runs, locations FROM chunk", [], |row| {
            let n: usize = row.get(3)?;
            typical.clear();
            typical.extend(point::locations(row.get_ref(5)?.as_blob()?));
            match unpack_runs(row.get_ref(4)?.as_blob()?, n).filter(|runs| runs.len() == typical.len()) {
                Some(runs) => hand_over(row.get(1)?, row.get(2)?, &runs, &typical),
                None => damage = Some(row.get::<_, i64>(0)?),
            }
            Ok(())
        })?;
        let sql = "SELECT series, machine, run, point FROM fresh JOIN run ON run.id = fresh.run \
                   JOIN environment ON environment.id = run.environment";
        self.each(sql, [], |row| {
            let run: i64 = row.get(2)?;
            if let Some(execution) = point::from_bytes(row.get_ref(3)?.as_blob()?) {
                hand_over(row.get(0)?, row.get(1)?, &[run.unsigned_abs()], &[execution.typical]);
            }
            Ok(())
        })?;
        damage.map_or(Ok(()), |id| Err(self.damaged(format!("chunk {id} can't be read"))))
    }

    fn verify(&mut self) -> Result<Verified> {
        let _snapshot = self.snapshot()?;
        let mut verified = Verified { n_bytes: Some(self.n_bytes()?), ..Verified::default() };
        let mut damage = Vec::new();
        self.each("PRAGMA integrity_check", [], |row| {
            let line: String = row.get(0)?;
            damage.extend((line != "ok").then_some(line));
            Ok(())
        })?;
        let hashes: HashMap<i64, SeriesHash> =
            self.all_series()?.into_iter().map(|(id, key)| (id, SeriesHash::of(&key))).collect();
        let (heads, unequal) = self.heads_of_rows()?;
        damage.extend(unequal);
        let mut results: HashMap<u64, Results> = HashMap::new();
        let unreadable = self.read_all(|series, _, runs, executions| {
            let Some(hash) = hashes.get(&series) else { return };
            for (run, execution) in runs.iter().zip(&executions) {
                results.entry(*run).or_default().add(hash, execution);
            }
        })?;
        damage.extend(unreadable);
        verified.n_runs = heads.len();
        for (id, head) in heads {
            let found = results.remove(&id.unsigned_abs()).unwrap_or_default();
            verified.n_executions += found.n;
            damage.extend(super::history::difference(&head, &found));
        }
        if !results.is_empty() {
            damage.push(format!("executions of {} runs that aren't there", results.len()));
        }
        damage.sort();
        Ok(Verified { damage, ..verified })
    }

    fn compact(&mut self) -> Result<Compacted> {
        let before = self.n_bytes()?;
        let n_runs = self.fold()?;
        self.pack_heads_again()?;
        // Pages that folding left empty.
        self.connection.execute_batch("VACUUM").map_err(|e| self.failed(&e))?;
        let n_held: usize = self.get("SELECT count(*) FROM run")?;
        Ok(Compacted { n_runs, n_held, before: Some(before), after: Some(self.n_bytes()?) })
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn name(&self) -> String {
        name(&self.path)
    }
}

/// A run from the columns of [`RUN`].
fn stored_head(row: &Row<'_>, branches: &mut HashSet<Arc<str>>) -> rusqlite::Result<StoredHead> {
    let branch = row.get_ref(3)?.as_str_or_null()?;
    Ok(StoredHead {
        run: row.get(0)?,
        key: RunKey(row.get(1)?),
        revision: row.get(2)?,
        branch: branch.map(|branch| branches.get_or_insert_with(branch, |branch| Arc::from(branch)).clone()),
        committed_at: row.get(4)?,
        measured_at: row.get(5)?,
        environment: row.get(6)?,
        n_benchmarks: row.get(7)?,
        n_executions: row.get(8)?,
    })
}

/// Packs the heads of folded runs that aren't packed yet.
fn pack_heads(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut from = i64::MIN;
    let last = "SELECT first_run, last_run, n FROM heads ORDER BY first_run DESC LIMIT 1";
    let last = transaction
        .prepare_cached(last)?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, usize>(2)?)))
        .optional()?;
    if let Some((first_run, last_run, n)) = last {
        // One that isn't full is made anew.
        from = if n < heads::TOGETHER { first_run } else { last_run + 1 };
    }
    let (mut together, mut branches) = (Vec::new(), HashSet::new());
    let mut put =
        transaction.prepare_cached("REPLACE INTO heads (first_run, last_run, n, packed) VALUES (?1, ?2, ?3, ?4)")?;
    let mut put = |together: &mut Vec<StoredHead>| -> rusqlite::Result<()> {
        if let (Some(first), Some(last)) = (together.first(), together.last())
            && let Some(packed) = heads::pack(together)
        {
            put.execute(params![first.run, last.run, together.len(), packed])?;
        }
        together.clear();
        Ok(())
    };
    let mut statement =
        transaction.prepare_cached(&format!("SELECT {RUN} FROM run WHERE id >= ?1 AND is_folded = 1 ORDER BY id"))?;
    let mut rows = statement.query([from])?;
    while let Some(row) = rows.next()? {
        together.push(stored_head(row, &mut branches)?);
        if together.len() >= heads::TOGETHER {
            put(&mut together)?;
        }
    }
    put(&mut together)
}

/// A series from columns 1 to 5.
fn series_key(row: &Row<'_>) -> rusqlite::Result<SeriesKey> {
    let text = |column: usize| -> rusqlite::Result<String> { row.get(column) };
    Ok(SeriesKey {
        id: BenchmarkId::new(&text(2)?, &text(3)?, &text(1)?),
        throughput: throughput_of(&text(4)?),
        unit: unit_of(&text(5)?),
    })
}

fn append(transaction: &Transaction<'_>, record: &Record) -> rusqlite::Result<Appended> {
    let head = &record.head;
    let known = transaction
        .prepare_cached("SELECT 1 FROM run WHERE key = ?1")?
        .query_row([&head.key.0], |_| Ok(()))
        .optional()?;
    if known.is_some() {
        return Ok(Appended::AlreadyThere);
    }
    let machine = EnvironmentKey::of(&head.environment);
    transaction.prepare_cached("INSERT OR IGNORE INTO machine (key) VALUES (?1)")?.execute([&machine.0])?;
    let machine: i64 = transaction
        .prepare_cached("SELECT id FROM machine WHERE key = ?1")?
        .query_row([&machine.0], |row| row.get(0))?;
    let facts = facts_text(&head.environment);
    transaction
        .prepare_cached("INSERT OR IGNORE INTO environment (machine, facts) VALUES (?1, ?2)")?
        .execute(params![machine, facts])?;
    let environment: i64 = transaction
        .prepare_cached("SELECT id FROM environment WHERE facts = ?1")?
        .query_row([&facts], |row| row.get(0))?;
    transaction
        .prepare_cached(
            "INSERT INTO run (key, revision, branch, committed_at, measured_at, environment, executables, absent, \
             n_benchmarks, n_executions) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            head.key.0,
            head.revision,
            head.branch.as_deref(),
            head.committed_at.map(milliseconds),
            head.measured_at.map(milliseconds),
            environment,
            record.executables.join(" "),
            absent_text(&record.absent),
            head.n_benchmarks,
            head.n_executions,
        ])?;
    let run = transaction.last_insert_rowid();
    let mut find = transaction.prepare_cached(
        "SELECT id FROM series WHERE name = ?1 AND root = ?2 AND directory = ?3 AND throughput = ?4 AND unit = ?5",
    )?;
    let mut make = transaction
        .prepare_cached("INSERT INTO series (name, root, directory, throughput, unit) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO fresh (run, series, number, point) VALUES (?1, ?2, ?3, ?4)")?;
    for benchmark in &record.benchmarks {
        let id = &benchmark.id;
        let (throughput, unit) = (throughput_text(benchmark.throughput.as_ref()), unit_text(&benchmark.unit));
        let key = params![id.as_str(), id.root(), id.directory(), throughput, unit];
        let series = match find.query_row(key, |row| row.get(0)).optional()? {
            Some(series) => series,
            None => {
                make.execute(key)?;
                transaction.last_insert_rowid()
            }
        };
        for (number, execution) in benchmark.executions.iter().enumerate() {
            insert.execute(params![run, series, number, point::to_bytes(execution).as_slice()])?;
        }
    }
    Ok(Appended::New)
}

/// Folds the oldest runs that aren't folded yet, in one transaction; gives how many those were.
fn fold_some(connection: &mut Connection) -> rusqlite::Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut runs: Vec<i64> = Vec::new();
    {
        let mut statement =
            transaction.prepare_cached("SELECT id FROM run WHERE is_folded = 0 ORDER BY id LIMIT ?1")?;
        let mut rows = statement.query([CHUNK])?;
        while let Some(row) = rows.next()? {
            runs.push(row.get(0)?);
        }
    }
    let mut points: BTreeMap<(i64, i64), Vec<(u64, Execution)>> = BTreeMap::new();
    {
        let mut statement = transaction.prepare_cached(
            "SELECT series, machine, point FROM fresh JOIN run ON run.id = fresh.run \
             JOIN environment ON environment.id = run.environment WHERE run = ?1 ORDER BY series, number",
        )?;
        for run in &runs {
            let mut rows = statement.query([run])?;
            while let Some(row) = rows.next()? {
                let execution =
                    point::from_bytes(row.get_ref(2)?.as_blob()?).ok_or_else(|| unreadable("an execution"))?;
                points.entry((row.get(0)?, row.get(1)?)).or_default().push((run.unsigned_abs(), execution));
            }
        }
    }
    for ((series, machine), points) in points {
        fold_series(&transaction, series, machine, points)?;
    }
    {
        let mut forget = transaction.prepare_cached("DELETE FROM fresh WHERE run = ?1")?;
        let mut mark = transaction.prepare_cached("UPDATE run SET is_folded = 1 WHERE id = ?1")?;
        for run in &runs {
            forget.execute([run])?;
            mark.execute([run])?;
        }
    }
    pack_heads(&transaction)?;
    transaction.commit()?;
    Ok(runs.len())
}

/// Adds executions behind those of a series: its last chunk is filled up first.
fn fold_series(
    transaction: &Transaction<'_>,
    series: i64,
    machine: i64,
    points: Vec<(u64, Execution)>,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "SELECT id, n, runs, locations, rest FROM chunk JOIN detail USING (id) WHERE series = ?1 AND machine = ?2 \
         ORDER BY first_run DESC, id DESC LIMIT 1",
    )?;
    let mut rows = statement.query([series, machine])?;
    let (mut last, mut all) = (None, Vec::new());
    if let Some(row) = rows.next()? {
        let n: usize = row.get(1)?;
        if n < CHUNK {
            let runs = unpack_runs(row.get_ref(2)?.as_blob()?, n);
            let executions = point::executions(row.get_ref(3)?.as_blob()?, row.get_ref(4)?.as_blob()?, n);
            let (runs, executions) = runs.zip(executions).ok_or_else(|| unreadable("a chunk"))?;
            last = Some(row.get::<_, i64>(0)?);
            all = runs.into_iter().zip(executions).collect();
        }
    }
    drop(rows);
    all.extend(points);
    for piece in all.chunks(CHUNK) {
        let runs: Vec<u64> = piece.iter().map(|(run, _)| *run).collect();
        let executions: Vec<Execution> = piece.iter().map(|(_, execution)| execution.clone()).collect();
        let Columns { locations, rest } = Columns::of(&executions);
        let (first, end) = (runs.first().copied().unwrap_or_default(), runs.last().copied().unwrap_or_default());
        let packed = pack_runs(&runs);
        // A chunk that is filled up keeps its number.
        transaction
            .prepare_cached("REPLACE INTO chunk (id, series, machine, first_run, last_run, n, runs, locations) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![last, series, machine, first.cast_signed(), end.cast_signed(), runs.len(), packed, locations])?;
        let id = last.take().unwrap_or_else(|| transaction.last_insert_rowid());
        transaction.prepare_cached("REPLACE INTO detail (id, rest) VALUES (?1, ?2)")?.execute(params![id, rest])?;
    }
    Ok(())
}

/// Numbers that grow, as pairs of a step and how often it is taken.
fn pack_runs(runs: &[u64]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut put = |mut value: u64| {
        while value > 127 {
            packed.push((value & 127) as u8 | 128);
            value >>= 7;
        }
        packed.push(value as u8);
    };
    let (mut before, mut i) = (0, 0);
    while i < runs.len() {
        let step = runs[i] - before;
        let mut n = 0;
        while i < runs.len() && runs[i] - before == step {
            before = runs[i];
            (n, i) = (n + 1, i + 1);
        }
        put(step);
        put(n);
    }
    packed
}

/// The numbers again; `None` when they aren't `n`.
fn unpack_runs(packed: &[u8], n: usize) -> Option<Vec<u64>> {
    let mut bytes = packed.iter();
    let mut get = || -> Option<u64> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let byte = bytes.next()?;
            value |= u64::from(byte & 127).checked_shl(shift)?;
            if byte & 128 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    };
    let (mut runs, mut before) = (Vec::with_capacity(n.min(packed.len() << 7)), 0_u64);
    while runs.len() < n {
        let (step, times) = (get()?, get()?);
        if times == 0 || times > (n - runs.len()) as u64 {
            return None;
        }
        for _ in 0..times {
            before = before.checked_add(step)?;
            runs.push(before);
        }
    }
    get().is_none().then_some(runs)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    // What has been acknowledged is on the disk, also after the power fails.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))
}

fn unreadable(what: &str) -> rusqlite::Error {
    let cause = format!("{what} can't be read; `regress store verify` tells more");
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), Some(cause))
}

fn is_busy(e: &rusqlite::Error) -> bool {
    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Why a file can't be opened, which SQLite doesn't say.
fn why_closed(path: &Path) -> (StoreFailure, Option<String>) {
    use std::io::ErrorKind;
    if path.is_dir() {
        return (StoreFailure::Unreachable, Some("it is a folder".to_owned()));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return (StoreFailure::Unreachable, Some(format!("there is no folder {}", folder.display())));
    }
    match std::fs::File::options().read(true).write(true).open(path).map_err(|e| e.kind()) {
        Err(ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) => (StoreFailure::ReadOnly, None),
        _ => (StoreFailure::Unreachable, None),
    }
}

fn error(path: &Path, e: &rusqlite::Error) -> StoreError {
    let is_unreadable = matches!(
        e,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
    );
    let kind = match e.sqlite_error_code() {
        None if is_unreadable => StoreFailure::Damaged,
        Some(ErrorCode::ReadOnly) => StoreFailure::ReadOnly,
        Some(ErrorCode::DiskFull) => StoreFailure::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreFailure::Busy,
        Some(ErrorCode::NotADatabase) => StoreFailure::Foreign,
        Some(ErrorCode::DatabaseCorrupt) => StoreFailure::Damaged,
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => StoreFailure::Unreachable,
        _ => StoreFailure::Other,
    };
    let (kind, why) = match kind {
        StoreFailure::Unreachable => why_closed(path),
        kind => (kind, None),
    };
    let cause = match (e, kind) {
        _ if why.is_some() => why.unwrap_or_default(),
        (_, StoreFailure::Full) => "there is no room left on the disk; nothing was changed".to_owned(),
        (_, StoreFailure::ReadOnly) => "it may not be written; nothing was changed".to_owned(),
        (rusqlite::Error::SqliteFailure(_, Some(cause)), _) => cause.clone(),
        (e, _) => e.to_string(),
    };
    StoreError { store: name(path), kind, cause }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_of_runs_are_unpacked_as_they_were_packed(steps in proptest::collection::vec(0..5_u64, 0..300)) {
            let runs: Vec<u64> = steps.iter().scan(0, |at, step| { *at += step; Some(*at) }).collect();
            let packed = pack_runs(&runs);
            prop_assert_eq!(unpack_runs(&packed, runs.len()), Some(runs.clone()));
            prop_assert_eq!(unpack_runs(&packed, runs.len() + 1), None);
        }

        #[test]
        fn arbitrary_bytes_are_no_runs_or_as_many_as_they_should(bytes in proptest::collection::vec(any::<u8>(), 0..40), n in 0..10_000_usize) {
            prop_assert!(unpack_runs(&bytes, n).is_none_or(|runs| runs.len() == n));
        }
    }
}
