//! History in PostgreSQL, for teams: many runners write at once, and everybody may ask it in SQL.
//!
//! A row an execution, in plain columns: larger than a file of SQLite, and open to every tool. The primary key of `point` is the
//! order of a series, so that one series, or its end, is one range of it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hashbrown::HashMap;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{ToSql, Type};
use postgres::{Client, Config, Row};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Access;
use super::git::without_password;
use super::history::{
    Appended, Compacted, Piece, SeriesQuery, Store, StoreError, StoreFailure, Verified, difference, in_order,
};
use super::point::{evidence, kind, mode};
use super::record::{EnvironmentKey, Point, Record, Results, RunHead, RunKey, Series, SeriesHash, SeriesKey, whole};
use super::text::{
    absent_of, absent_text, executables_of, facts_of, facts_text, throughput_of, throughput_text, unit_of, unit_text,
};
use crate::model::{BenchmarkId, Environment, Execution};

/// From each version of the schema to the next; what was released is never changed.
const MIGRATIONS: [&str; 1] = ["CREATE TABLE regress.machine (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key text NOT NULL UNIQUE
    );
    CREATE TABLE regress.environment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        machine bigint NOT NULL REFERENCES regress.machine,
        facts text NOT NULL
    );
    CREATE UNIQUE INDEX environment_facts ON regress.environment (md5(facts));
    CREATE TABLE regress.series (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key bytea NOT NULL UNIQUE,
        name text NOT NULL,
        root text NOT NULL,
        directory text NOT NULL,
        throughput text NOT NULL,
        unit text NOT NULL
    );
    CREATE INDEX series_name ON regress.series USING hash (name);
    CREATE TABLE regress.run (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key bytea NOT NULL UNIQUE,
        revision text NOT NULL,
        branch text,
        committed_at timestamptz,
        measured_at timestamptz,
        environment bigint NOT NULL REFERENCES regress.environment,
        executables text NOT NULL,
        absent text NOT NULL,
        n_benchmarks bigint NOT NULL,
        n_executions bigint NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX run_revision ON regress.run USING hash (revision);
    CREATE TABLE regress.place (
        series bigint NOT NULL REFERENCES regress.series,
        machine bigint NOT NULL REFERENCES regress.machine,
        PRIMARY KEY (series, machine)
    );
    CREATE TABLE regress.point (
        series bigint NOT NULL,
        machine bigint NOT NULL,
        run bigint NOT NULL REFERENCES regress.run,
        number integer NOT NULL,
        typical double precision NOT NULL,
        median double precision NOT NULL,
        lower_quartile double precision NOT NULL,
        minimum double precision NOT NULL,
        mean double precision NOT NULL,
        standard_deviation double precision NOT NULL,
        standard_error double precision NOT NULL,
        n_measurements integer NOT NULL,
        kind integer NOT NULL,
        fingerprint bigint NOT NULL,
        measured_at timestamptz,
        PRIMARY KEY (series, machine, run, number)
    );
    CREATE INDEX point_run ON regress.point (run);"];

/// The version that this tool writes.
const VERSION: u32 = MIGRATIONS.len() as u32;

/// Taken while the schema is changed: "RgrH".
const LOCK: i64 = 0x5267_7248;

/// Others' transactions may make ours give way; so often it is tried again.
const ATTEMPTS: u32 = 8;

const RUN: &str =
    "run.id, run.key, revision, branch, committed_at, run.measured_at, environment, n_benchmarks, n_executions";

const POINT: &str = "typical, median, lower_quartile, minimum, mean, standard_deviation, standard_error, n_measurements, kind, \
                     fingerprint, point.measured_at";

/// Environments by their numbers.
type Environments = HashMap<i64, Arc<Environment>>;

/// Points by the numbers of their series and machine.
type Points = BTreeMap<(i64, i64), Vec<Point>>;

/// Executions of a series that are handed over together.
const PIECE: usize = 1024;

/// Executions of a series, as a scan comes by them.
#[derive(Default)]
struct Gathered {
    runs: Vec<u64>,
    typical: Vec<f64>,
}

/// A database of PostgreSQL that holds history, in the schema `regress`.
pub struct PostgresStore {
    client: Client,
    name: String,
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PostgresStore({})", self.name)
    }
}

impl PostgresStore {
    /// Connects to `postgres://…`, and makes the schema where there is none and it may be made.
    ///
    /// # Errors
    /// When it can't be reached, or its schema is of another version.
    pub fn open(address: &str, access: Access) -> Result<PostgresStore> {
        let mut store = PostgresStore::connect(address)?;
        match store.found()? {
            None if access == Access::Create => store.bring_up_to_date()?,
            None => {
                let cause = "there is no history in this database".to_owned();
                return Err(StoreError { store: store.name, kind: StoreFailure::Unreachable, cause });
            }
            Some(version) if version > VERSION => {
                let cause = format!("its schema is of version {version}, and this tool knows up to version {VERSION}");
                return Err(StoreError { store: store.name, kind: StoreFailure::TooNew, cause });
            }
            Some(version) if version < VERSION => {
                let cause = format!("its schema is of version {version}, and this tool needs version {VERSION}");
                return Err(StoreError { store: store.name, kind: StoreFailure::TooOld, cause });
            }
            Some(_) => {}
        }
        Ok(store)
    }

    /// Brings the schema up to date; gives the version before and now.
    ///
    /// # Errors
    /// When it can't be reached or changed, or was made by a later version of the tool.
    pub fn migrate(address: &str) -> Result<(u32, u32)> {
        let mut store = PostgresStore::connect(address)?;
        let before = store.found()?;
        if before.is_some_and(|version| version > VERSION) {
            drop(PostgresStore::open(address, Access::Existing)?);
        }
        store.bring_up_to_date()?;
        Ok((before.unwrap_or_default(), VERSION))
    }

    fn connect(address: &str) -> Result<PostgresStore> {
        let name = super::location::shown(address);
        let unreachable = |cause: String| StoreError { store: name.clone(), kind: StoreFailure::Unreachable, cause };
        let mut config: Config = address.parse().map_err(|e: postgres::Error| unreachable(text(&e)))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        config.application_name("regress");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|e| unreachable(format!("the system's certificates can't be read: {e}")))?
            .with_no_client_auth();
        let mut client = config.connect(MakeRustlsConnect::new(tls)).map_err(|e| unreachable(text(&e)))?;
        // What has been acknowledged is on the server's disk, whatever its defaults are.
        let setting = "SET synchronous_commit = on; SET client_min_messages = warning; SET statement_timeout = 0";
        client.batch_execute(setting).map_err(|e| unreachable(text(&e)))?;
        Ok(PostgresStore { client, name })
    }

    /// Which version the schema has; `None` where there is none.
    fn found(&mut self) -> Result<Option<u32>> {
        let there = self.client.query_one("SELECT to_regclass('regress.version') IS NOT NULL", &[]);
        if !there.and_then(|row| row.try_get(0)).map_err(|e| self.failed(&e))? {
            return Ok(None);
        }
        let row = self.client.query_opt("SELECT version FROM regress.version", &[]).map_err(|e| self.failed(&e))?;
        let version: Option<i32> = row.map(|row| row.try_get(0)).transpose().map_err(|e| self.failed(&e))?;
        Ok(version.map(i32::unsigned_abs))
    }

    fn bring_up_to_date(&mut self) -> Result<()> {
        let name = self.name.clone();
        let mut migrate = || {
            let mut transaction = self.client.transaction()?;
            transaction.query("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
            transaction.batch_execute(
                "CREATE SCHEMA IF NOT EXISTS regress; CREATE TABLE IF NOT EXISTS regress.version (version integer NOT NULL)",
            )?;
            let row = transaction.query_opt("SELECT version FROM regress.version", &[])?;
            let before: Option<i32> = row.map(|row| row.try_get(0)).transpose()?;
            for sql in MIGRATIONS.iter().skip(before.unwrap_or_default().unsigned_abs() as usize) {
                transaction.batch_execute(sql)?;
            }
            let now = before.unwrap_or_default().max(VERSION.cast_signed());
            transaction.execute("DELETE FROM regress.version", &[])?;
            transaction.execute("INSERT INTO regress.version VALUES ($1)", &[&now])?;
            transaction.commit()
        };
        migrate().map_err(|e| error(&name, &e))
    }

    fn failed(&self, e: &postgres::Error) -> StoreError {
        error(&self.name, e)
    }

    /// Runs a query, and hands over each row while it comes.
    fn each(
        &mut self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
        mut visit: impl FnMut(&Row) -> Result<(), postgres::Error>,
    ) -> Result<()> {
        let name = self.name.clone();
        let mut query = || {
            let mut rows = self.client.query_raw(sql, parameters.iter().copied())?;
            while let Some(row) = rows.next()? {
                visit(&row)?;
            }
            Ok(())
        };
        query().map_err(|e| error(&name, &e))
    }

    /// What the tables take, with their indexes.
    fn n_bytes(&mut self) -> Result<Option<u64>> {
        let sql = "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c \
                   JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'regress' AND c.relkind = 'r'";
        let mut n_bytes = None;
        self.each(sql, &[], |row| {
            n_bytes = row.try_get::<_, Option<i64>>(0)?.map(i64::unsigned_abs);
            Ok(())
        })?;
        Ok(n_bytes)
    }

    fn machines(&mut self) -> Result<HashMap<i64, EnvironmentKey>> {
        let mut machines = HashMap::new();
        self.each("SELECT id, key FROM regress.machine", &[], |row| {
            machines.insert(row.try_get(0)?, EnvironmentKey(row.try_get(1)?));
            Ok(())
        })?;
        Ok(machines)
    }

    fn all_series(&mut self) -> Result<HashMap<i64, SeriesKey>> {
        let mut all = HashMap::new();
        self.each("SELECT id, name, root, directory, throughput, unit FROM regress.series", &[], |row| {
            all.insert(row.try_get(0)?, series_key(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    fn environments(&mut self) -> Result<Environments> {
        let mut environments = Environments::new();
        self.each("SELECT id, facts FROM regress.environment", &[], |row| {
            environments.insert(row.try_get(0)?, Arc::new(facts_of(row.try_get(1)?)));
            Ok(())
        })?;
        Ok(environments)
    }

    /// All heads by the number of their run.
    fn heads(&mut self) -> Result<HashMap<i64, Arc<RunHead>>> {
        let environments = self.environments()?;
        let mut heads = HashMap::new();
        self.each(&format!("SELECT {RUN} FROM regress.run"), &[], |row| {
            heads.insert(row.try_get(0)?, Arc::new(head(row, 0, &environments)?));
            Ok(())
        })?;
        Ok(heads)
    }

    /// Numbers of the series of records, made where they aren't there. Sorted, so that two who do this don't wait for each other.
    fn series_ids(&mut self, records: &[Record]) -> Result<HashMap<[u8; 32], i64>, postgres::Error> {
        let mut wanted: BTreeMap<[u8; 32], SeriesKey> = BTreeMap::new();
        for benchmark in records.iter().flat_map(|record| &record.benchmarks) {
            let key = SeriesKey::of(benchmark);
            wanted.insert(SeriesHash::of(&key).0, key);
        }
        let hashes: Vec<&[u8]> = wanted.keys().map(<[u8; 32]>::as_slice).collect();
        let mut ids = HashMap::with_capacity(wanted.len());
        let find = |client: &mut Client, ids: &mut HashMap<[u8; 32], i64>| -> Result<(), postgres::Error> {
            for row in client.query("SELECT key, id FROM regress.series WHERE key = ANY($1)", &[&hashes])? {
                let key: &[u8] = row.try_get(0)?;
                ids.extend(<[u8; 32]>::try_from(key).ok().zip(row.try_get(1).ok()));
            }
            Ok(())
        };
        find(&mut self.client, &mut ids)?;
        if ids.len() < wanted.len() {
            let column = |text: &dyn Fn(&SeriesKey) -> String| wanted.values().map(text).collect::<Vec<String>>();
            let (names, roots) = (column(&|k| k.id.as_str().to_owned()), column(&|k| k.id.root().to_owned()));
            let directories = column(&|k| k.id.directory().to_owned());
            let throughputs = column(&|k| throughput_text(k.throughput.as_ref()));
            let units = column(&|k| unit_text(&k.unit));
            self.client.execute(
                "INSERT INTO regress.series (key, name, root, directory, throughput, unit) \
                 SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) \
                 ON CONFLICT DO NOTHING",
                &[&hashes, &names, &roots, &directories, &throughputs, &units],
            )?;
            find(&mut self.client, &mut ids)?;
        }
        Ok(ids)
    }

    fn environment_id(&mut self, environment: &Environment) -> Result<(i64, i64), postgres::Error> {
        let (key, facts) = (EnvironmentKey::of(environment).0, facts_text(environment));
        self.client.execute("INSERT INTO regress.machine (key) VALUES ($1) ON CONFLICT DO NOTHING", &[&key])?;
        let machine: i64 =
            self.client.query_one("SELECT id FROM regress.machine WHERE key = $1", &[&key])?.try_get(0)?;
        self.client.execute(
            "INSERT INTO regress.environment (machine, facts) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &[&machine, &facts],
        )?;
        let sql = "SELECT id FROM regress.environment WHERE md5(facts) = md5($1)";
        Ok((machine, self.client.query_one(sql, &[&facts])?.try_get(0)?))
    }

    fn append_once(&mut self, records: &[Record]) -> Result<Vec<Appended>, postgres::Error> {
        let ids = self.series_ids(records)?;
        let mut environments = Vec::with_capacity(records.len());
        for record in records {
            environments.push(self.environment_id(&record.head.environment)?);
        }
        let mut places: Vec<(i64, i64)> = Vec::new();
        let mut points: Vec<(i64, i64, i64, i32, &Execution)> = Vec::new();
        let mut appended = vec![Appended::AlreadyThere; records.len()];
        let mut transaction = self.client.transaction()?;
        // In an order that all agree on: two who copy the same runs would wait for each other otherwise.
        let mut order: Vec<usize> = (0..records.len()).collect();
        order.sort_by_key(|i| records[*i].head.order());
        for i in order {
            let (record, (machine, environment)) = (&records[i], environments[i]);
            let head = &record.head;
            let row = transaction.query_opt(
                "INSERT INTO regress.run (key, revision, branch, committed_at, measured_at, environment, executables, absent, \
                 n_benchmarks, n_executions) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                 ON CONFLICT (key) DO NOTHING RETURNING id",
                &[
                    &head.key.0.as_slice(),
                    &head.revision,
                    &head.branch.as_deref(),
                    &head.committed_at,
                    &head.measured_at,
                    &environment,
                    &record.executables.join(" "),
                    &absent_text(&record.absent),
                    &(head.n_benchmarks as i64),
                    &(head.n_executions as i64),
                ],
            )?;
            let Some(row) = row else { continue };
            let run: i64 = row.try_get(0)?;
            appended[i] = Appended::New;
            for benchmark in &record.benchmarks {
                let Some(series) = ids.get(&SeriesHash::of(&SeriesKey::of(benchmark)).0) else { continue };
                places.push((*series, machine));
                points.extend(
                    (0_i32..).zip(benchmark.executions.iter()).map(|(number, e)| (*series, machine, run, number, e)),
                );
            }
        }
        places.sort_unstable();
        places.dedup();
        let (series, machines): (Vec<i64>, Vec<i64>) = places.into_iter().unzip();
        transaction.execute(
            "INSERT INTO regress.place (series, machine) SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING",
            &[&series, &machines],
        )?;
        let sink = transaction.copy_in(&format!(
            "COPY regress.point (series, machine, run, number, {}) FROM STDIN BINARY",
            POINT.replace("point.", "")
        ))?;
        const FLOAT: Type = Type::FLOAT8;
        let types = [
            Type::INT8,
            Type::INT8,
            Type::INT8,
            Type::INT4,
            FLOAT,
            FLOAT,
            FLOAT,
            FLOAT,
            FLOAT,
            FLOAT,
            FLOAT,
            Type::INT4,
            Type::INT4,
            Type::INT8,
            Type::TIMESTAMPTZ,
        ];
        let mut writer = BinaryCopyInWriter::new(sink, &types);
        for (series, machine, run, number, e) in points {
            let n = i32::try_from(e.n_measurements).unwrap_or(i32::MAX);
            writer.write(&[
                &series,
                &machine,
                &run,
                &number,
                &e.typical,
                &e.median,
                &e.lower_quartile,
                &e.minimum,
                &e.mean,
                &e.standard_deviation,
                &e.standard_error,
                &n,
                &i32::from(kind(e)),
                &e.fingerprint.cast_signed(),
                &e.measured_at,
            ])?;
        }
        writer.finish()?;
        transaction.commit()?;
        Ok(appended)
    }
}

impl Store for PostgresStore {
    fn append(&mut self, records: &[Record]) -> Result<Vec<Appended>> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.append_once(records) {
                Ok(appended) => return Ok(appended),
                Err(e) if attempt < ATTEMPTS && must_give_way(&e) => {
                    std::thread::sleep(Duration::from_millis(20 << attempt));
                }
                Err(e) => return Err(self.failed(&e)),
            }
        }
    }

    fn runs(&mut self) -> Result<Vec<Arc<RunHead>>> {
        let mut runs: Vec<Arc<RunHead>> = self.heads()?.into_values().collect();
        runs.sort_by_cached_key(|head| head.order());
        Ok(runs)
    }

    fn record(&mut self, key: RunKey) -> Result<Option<Record>> {
        let mut found = None;
        let environments = self.environments()?;
        let sql = format!("SELECT {RUN}, executables, absent FROM regress.run WHERE run.key = $1");
        self.each(&sql, &[&key.0.as_slice()], |row| {
            let id: i64 = row.try_get(0)?;
            let (executables, absent) = (executables_of(row.try_get(9)?), absent_of(row.try_get(10)?));
            found = Some((id, head(row, 0, &environments)?, executables, absent));
            Ok(())
        })?;
        let Some((run, head, executables, absent)) = found else { return Ok(None) };
        let mut executions: BTreeMap<i64, Vec<Execution>> = BTreeMap::new();
        let sql = format!("SELECT {POINT}, series FROM regress.point WHERE run = $1 ORDER BY series, number");
        self.each(&sql, &[&run], |row| {
            executions.entry(row.try_get(11)?).or_default().push(execution(row)?);
            Ok(())
        })?;
        let series = self.all_series()?;
        let damaged = || StoreError {
            store: self.name.clone(),
            kind: StoreFailure::Damaged,
            cause: format!("run {key} is damaged"),
        };
        whole(head, executables, absent, &series, executions).map(Some).ok_or_else(damaged)
    }

    fn list(&mut self) -> Result<Vec<(SeriesKey, EnvironmentKey)>> {
        let (series, machines) = (self.all_series()?, self.machines()?);
        let mut found = Vec::new();
        self.each("SELECT series, machine FROM regress.place", &[], |row| {
            let (one, machine): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            found.extend(series.get(&one).cloned().zip(machines.get(&machine).cloned()));
            Ok(())
        })?;
        found.sort_by(|a, b| (&a.0.id, &a.1).cmp(&(&b.0.id, &b.1)));
        Ok(found)
    }

    fn series(&mut self, query: &SeriesQuery) -> Result<Vec<Series>> {
        let mut keys: BTreeMap<i64, SeriesKey> = BTreeMap::new();
        self.each(
            "SELECT id, name, root, directory, throughput, unit FROM regress.series WHERE name = $1",
            &[&query.benchmark],
            |row| {
                keys.insert(row.try_get(0)?, series_key(row)?);
                Ok(())
            },
        )?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let (machines, environments) = (self.machines()?, self.environments()?);
        let wanted = |key: &&EnvironmentKey| query.environment.as_ref().is_none_or(|wanted| wanted == *key);
        let wanted: Vec<i64> = machines.iter().filter(|(_, key)| wanted(key)).map(|(id, _)| *id).collect();
        let ids: Vec<i64> = keys.keys().copied().collect();
        let sql = format!(
            "SELECT {POINT}, series, machine, {RUN} FROM regress.point JOIN regress.run ON run.id = point.run \
             WHERE series = ANY($1) AND machine = ANY($2) AND ($3::text IS NULL OR branch = $3) \
             AND ($4::timestamptz IS NULL OR COALESCE(committed_at, run.measured_at) >= $4) \
             ORDER BY series, machine, run, number"
        );
        let mut points = Points::new();
        let mut last: Option<(i64, Arc<RunHead>)> = None;
        self.each(&sql, &[&ids, &wanted, &query.branch, &query.since], |row| {
            let run: i64 = row.try_get(13)?;
            // Executions of one run follow one another.
            let head = match &last {
                Some((of, head)) if *of == run => head.clone(),
                _ => Arc::new(head(row, 13, &environments)?),
            };
            last = Some((run, head.clone()));
            let place = (row.try_get(11)?, row.try_get(12)?);
            points.entry(place).or_default().push(Point { run: head, execution: execution(row)? });
            Ok(())
        })?;
        Ok(put_together(points, &keys, &machines))
    }

    fn each_series(
        &mut self,
        is_wanted: &dyn Fn(&str) -> bool,
        visit: &mut dyn FnMut(Vec<Series>) -> ControlFlow<()>,
    ) -> Result<()> {
        let (heads, machines) = (self.heads()?, self.machines()?);
        let mut names: BTreeMap<String, BTreeMap<i64, SeriesKey>> = BTreeMap::new();
        for (id, key) in self.all_series()? {
            if is_wanted(key.id.as_str()) {
                names.entry(key.id.as_str().to_owned()).or_default().insert(id, key);
            }
        }
        let sql = format!(
            "SELECT {POINT}, series, machine, run FROM regress.point WHERE series = ANY($1) ORDER BY series, machine, run, number"
        );
        for keys in names.values() {
            let ids: Vec<i64> = keys.keys().copied().collect();
            let mut points = Points::new();
            self.each(&sql, &[&ids], |row| {
                // One that was appended meanwhile is not of these runs.
                if let Some(run) = heads.get(&row.try_get::<_, i64>(13)?) {
                    let point = Point { run: run.clone(), execution: execution(row)? };
                    points.entry((row.try_get(11)?, row.try_get(12)?)).or_default().push(point);
                }
                Ok(())
            })?;
            let series = put_together(points, keys, &machines);
            if !series.is_empty() && visit(series).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn scan(&mut self, visit: &mut dyn FnMut(Piece<'_>)) -> Result<()> {
        let (series, machines) = (self.all_series()?, self.machines()?);
        let mut hand_over = |(one, machine): (i64, i64), gathered: &mut Gathered| {
            if let (Some(series), Some(environment)) = (series.get(&one), machines.get(&machine)) {
                visit(Piece { series, environment, runs: &gathered.runs, typical: &gathered.typical });
            }
            gathered.runs.clear();
            gathered.typical.clear();
        };
        // In the order of the table: sorting it all takes longer than reading it.
        let mut places: HashMap<(i64, i64), Gathered> = HashMap::new();
        let sql = "SELECT series, machine, run, typical FROM regress.point";
        self.each(sql, &[], |row| {
            let place = (row.try_get(0)?, row.try_get(1)?);
            let gathered = places.entry(place).or_default();
            gathered.runs.push(row.try_get::<_, i64>(2)?.unsigned_abs());
            gathered.typical.push(row.try_get(3)?);
            if gathered.runs.len() >= PIECE {
                hand_over(place, gathered);
            }
            Ok(())
        })?;
        for (place, mut gathered) in places {
            if !gathered.runs.is_empty() {
                hand_over(place, &mut gathered);
            }
        }
        Ok(())
    }

    fn verify(&mut self) -> Result<Verified> {
        let hashes: HashMap<i64, SeriesHash> =
            self.all_series()?.into_iter().map(|(id, key)| (id, SeriesHash::of(&key))).collect();
        let heads = self.heads()?;
        let mut results: HashMap<i64, Results> = HashMap::new();
        let mut n_unknown = 0;
        let sql = format!("SELECT {POINT}, series, run FROM regress.point");
        self.each(&sql, &[], |row| {
            match hashes.get(&row.try_get::<_, i64>(11)?) {
                Some(hash) => results.entry(row.try_get(12)?).or_default().add(hash, &execution(row)?),
                None => n_unknown += 1,
            }
            Ok(())
        })?;
        let mut verified = Verified { n_runs: heads.len(), ..Verified::default() };
        if n_unknown > 0 {
            verified.damage.push(format!("{n_unknown} executions of series that aren't there"));
        }
        for (id, head) in heads {
            let found = results.remove(&id).unwrap_or_default();
            verified.n_executions += found.n;
            verified.damage.extend(difference(&head, &found));
        }
        verified.damage.sort();
        verified.n_bytes = self.n_bytes()?;
        Ok(verified)
    }

    fn compact(&mut self) -> Result<Compacted> {
        let before = self.n_bytes()?;
        let n_runs = self.heads()?.len();
        // A series' rows next to each other: those of each run lie together since they were appended.
        self.client.batch_execute("CLUSTER regress.point USING point_pkey").map_err(|e| self.failed(&e))?;
        self.client.batch_execute("VACUUM (ANALYZE) regress.point").map_err(|e| self.failed(&e))?;
        Ok(Compacted { n_runs, n_held: n_runs, before, after: self.n_bytes()? })
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// A run from the columns of [`RUN`], which begin at `first`.
fn head(row: &Row, first: usize, environments: &Environments) -> Result<RunHead, postgres::Error> {
    let (key, environment): (&[u8], i64) = (row.try_get(first + 1)?, row.try_get(first + 6)?);
    let count = |n: i64| usize::try_from(n).unwrap_or_default();
    Ok(RunHead {
        key: RunKey(key.try_into().unwrap_or_default()),
        revision: row.try_get(first + 2)?,
        branch: row.try_get::<_, Option<&str>>(first + 3)?.map(Arc::from),
        committed_at: row.try_get(first + 4)?,
        measured_at: row.try_get(first + 5)?,
        environment: environments.get(&environment).cloned().unwrap_or_default(),
        n_benchmarks: count(row.try_get(first + 7)?),
        n_executions: count(row.try_get(first + 8)?),
    })
}

/// Series of points, in the order of their runs.
fn put_together(
    points: Points,
    keys: &BTreeMap<i64, SeriesKey>,
    machines: &HashMap<i64, EnvironmentKey>,
) -> Vec<Series> {
    let series = points.into_iter().filter_map(|((series, machine), mut points)| {
        if !points.is_sorted_by_key(|point| point.run.order()) {
            points.sort_by_cached_key(|point| point.run.order());
        }
        let (key, environment) = (keys.get(&series)?.clone(), machines.get(&machine)?.clone());
        Some(Series { key, environment, points })
    });
    in_order(series.collect())
}

/// A series from columns 1 to 5.
fn series_key(row: &Row) -> Result<SeriesKey, postgres::Error> {
    Ok(SeriesKey {
        id: BenchmarkId::new(row.try_get(2)?, row.try_get(3)?, row.try_get(1)?),
        throughput: throughput_of(row.try_get(4)?),
        unit: unit_of(row.try_get(5)?),
    })
}

/// An execution from the columns of [`POINT`].
fn execution(row: &Row) -> Result<Execution, postgres::Error> {
    let kind = u8::try_from(row.try_get::<_, i32>(8)?).unwrap_or(u8::MAX);
    Ok(Execution {
        typical: row.try_get(0)?,
        median: row.try_get(1)?,
        lower_quartile: row.try_get(2)?,
        minimum: row.try_get(3)?,
        mean: row.try_get(4)?,
        standard_deviation: row.try_get(5)?,
        standard_error: row.try_get(6)?,
        n_measurements: usize::try_from(row.try_get::<_, i32>(7)?).unwrap_or_default(),
        mode: mode(kind),
        evidence: evidence(kind),
        fingerprint: row.try_get::<_, i64>(9)?.cast_unsigned(),
        measured_at: row.try_get::<_, Option<SystemTime>>(10)?,
        printed_verdict: None,
        cpu: None,
    })
}

fn must_give_way(e: &postgres::Error) -> bool {
    e.code()
        .is_some_and(|code| *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE)
}

/// What the server says, or what kept us from it; never the address, which may hold a password.
fn text(e: &postgres::Error) -> String {
    if let Some(said) = e.as_db_error() {
        return said.message().to_owned();
    }
    let mut text = e.to_string();
    let mut cause = std::error::Error::source(e);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    without_password(&text)
}

fn error(name: &str, e: &postgres::Error) -> StoreError {
    let kind = match e.code() {
        Some(code) if *code == SqlState::DISK_FULL => StoreFailure::Full,
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE || *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
            StoreFailure::ReadOnly
        }
        Some(code) if must_give_way(e) || *code == SqlState::LOCK_NOT_AVAILABLE => StoreFailure::Busy,
        Some(code) if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => StoreFailure::Damaged,
        _ if e.is_closed() => StoreFailure::Unreachable,
        _ => StoreFailure::Other,
    };
    StoreError { store: name.to_owned(), kind, cause: text(e) }
}
