//! History in PostgreSQL, on a server of Debian's package that the test starts on loopback, and stops.
//!
//! Without the package there is nothing to test, and a line says so; where `REGRESS_NEEDS_POSTGRES` is set, that is a failure.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use criterion_regress::store::{Access, PostgresStore, Store, StoreFailure};
use tempfile::TempDir;

use super::suite;

/// A server with an empty cluster of its own.
struct Server {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    n_databases: AtomicU32,
}

/// Where Debian, or the search path, has the programs of a server.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(versions.into_iter().rev());
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

impl Server {
    fn start() -> Option<Server> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("REGRESS_NEEDS_POSTGRES").is_none(), "PostgreSQL is not installed");
            eprintln!("skipped: PostgreSQL is not installed (Debian: apt-get install postgresql)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let server = Server { programs, folder, port, n_databases: AtomicU32::new(0) };
        if is_root() {
            // The server refuses to run as root.
            let path = server.folder.path().to_string_lossy().into_owned();
            done(&Command::new("chown").args(["postgres", &path]).output().expect("chown"));
        }
        let data = server.data();
        server.run("initdb", &["-D", &data, "-U", "me", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]);
        let log = server.folder.path().join("log").to_string_lossy().into_owned();
        let options = format!("-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories=''");
        server.run("pg_ctl", &["-D", &data, "-l", &log, "-w", "-t", "60", "-o", &options, "start"]);
        Some(server)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_string_lossy().into_owned()
    }

    #[track_caller]
    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let output = command.args(arguments).current_dir(self.folder.path()).output().expect("it can be run");
        done(&output);
    }

    /// The address of a fresh database.
    fn database(&self) -> String {
        let name = format!("d{}", self.n_databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.address(&name)
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://me:secret@127.0.0.1:{}/{database}", self.port)
    }

    fn sql(&self, database: &str, sql: &str) {
        let mut client = postgres::Client::connect(&self.address(database), postgres::NoTls).expect("connected");
        client.batch_execute(sql).expect("done");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]);
    }
}

#[track_caller]
fn done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

fn open(address: &str) -> PostgresStore {
    PostgresStore::open(address, Access::Create).expect("it can be opened")
}

#[test]
fn everything_on_one_server() {
    let Some(server) = Server::start() else { return };
    suite::all(&|| {
        let address = server.database();
        Box::new(move || Box::new(open(&address)))
    });
    twenty_writers_lose_nothing(&server);
    damage_is_found(&server);
    what_cannot_be_done_is_said(&server);
    a_copy_is_the_same(&server);
}

fn twenty_writers_lose_nothing(server: &Server) {
    let address = server.database();
    std::thread::scope(|scope| {
        for writer in 0..20_u64 {
            let address = &address;
            scope.spawn(move || {
                let mut store = open(address);
                for i in 0..5 {
                    // The first is the same for all.
                    let run = suite::run(if i == 0 { 0 } else { 100 * writer + i }, 3);
                    store.append(&[run]).expect("appended");
                }
                if writer % 7 == 0 {
                    store.compact().expect("compacted");
                }
            });
        }
    });
    suite::verified(&mut open(&address), 81, 243);
}

fn damage_is_found(server: &Server) {
    let address = server.database();
    let name = address.rsplit('/').next().expect("a name").to_owned();
    open(&address).append(&[suite::run(1, 3), suite::run(2, 3)]).expect("appended");
    let check = |sql: &str, want: &str| {
        server.sql(&name, sql);
        let damage = open(&address).verify().expect("read").damage;
        assert!(damage.iter().any(|line| line.contains(want)), "{sql}: {damage:?}");
    };
    check("UPDATE regress.point SET typical = 1 WHERE run = 1 AND series = 1", "doesn't hold what was recorded");
    check("DELETE FROM regress.point WHERE run = 2 AND series = 1", "has 2 of its 3 executions");
}

fn what_cannot_be_done_is_said(server: &Server) {
    let check = |address: &str, access: Access, want: StoreFailure, words: &str| {
        let error = PostgresStore::open(address, access).expect_err("it can't be opened");
        assert_eq!(error.kind, want, "{error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(words) && !text.contains("secret"), "{text}");
    };
    let unreachable = StoreFailure::Unreachable;
    check(&server.address("none"), Access::Create, unreachable, "database \"none\" does not exist");
    check("postgres://me:secret@127.0.0.1:1/x", Access::Create, unreachable, "refused");
    check("postgres://me:secret@[", Access::Create, unreachable, "");
    check(&format!("{}?sslmode=require", server.address("postgres")), Access::Create, unreachable, "TLS");
    let address = server.database();
    check(&address, Access::Existing, unreachable, "there is no history in this database");
    drop(open(&address));
    let name = address.rsplit('/').next().expect("a name");
    server.sql(name, "UPDATE regress.version SET version = 99");
    check(&address, Access::Create, StoreFailure::TooNew, "version 99");
    server.sql(name, "UPDATE regress.version SET version = 0; DROP SCHEMA regress CASCADE");
    assert_eq!(PostgresStore::migrate(&address).expect("migrated"), (0, 1));
    assert_eq!(PostgresStore::migrate(&address).expect("nothing to do"), (1, 1));
    // Whoever may only read can't record, and nothing is changed.
    let sql = "CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA regress TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA regress TO reader";
    server.sql(name, sql);
    let mut reader = PostgresStore::open(&address.replace("me:secret", "reader"), Access::Create).expect("opened");
    let error = reader.append(&[suite::run(1, 1)]).expect_err("it may not");
    assert_eq!(error.kind, StoreFailure::ReadOnly, "{error}");
    suite::verified(&mut reader, 0, 0);
}

fn a_copy_is_the_same(server: &Server) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file: &Path = &folder.path().join("history.db");
    let records: Vec<_> = (0..10).map(|i| suite::run(i, 3)).collect();
    let mut there = open(&server.database());
    there.append(&records).expect("appended");
    let mut here = criterion_regress::store::SqliteStore::open(file, Access::Create).expect("opened");
    for head in there.runs().expect("read") {
        here.append(&[there.record(head.key).expect("read").expect("it is there")]).expect("appended");
    }
    let query = criterion_regress::store::SeriesQuery::of("group/bench 1");
    assert_eq!(here.series(&query).expect("read"), there.series(&query).expect("read"));
    assert_eq!(here.runs().expect("read"), there.runs().expect("read"));
}
