//! What a file of SQLite does beyond the suite.

use std::path::{Path, PathBuf};

use criterion_regress::store::{Access, SeriesQuery, SqliteStore, Store, StoreFailure};

use super::suite;

#[test]
fn the_suite() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let n = std::cell::Cell::new(0);
    suite::all(&|| {
        n.set(n.get() + 1);
        let path = folder.path().join(format!("{}.db", n.get()));
        Box::new(move || Box::new(open(&path)))
    });
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Access::Create).expect("it can be opened")
}

#[test]
fn twenty_writers_lose_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("history.db");
    std::thread::scope(|scope| {
        for writer in 0..20_u64 {
            let path = &path;
            scope.spawn(move || {
                for i in 0..5 {
                    // Each opens the file anew, as a process does; the first of them make it.
                    open(path).append(&[suite::run(100 * writer + i, 3)]).expect("appended");
                }
            });
        }
    });
    suite::verified(&mut open(&path), 100, 300);
}

#[test]
fn what_is_no_store_is_said_and_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let check = |content: &[u8], want: StoreFailure| {
        let path = folder.path().join("other.db");
        std::fs::write(&path, content).expect("written");
        let error = SqliteStore::open(&path, Access::Create).expect_err("no store");
        assert_eq!(error.kind, want, "{error}");
        assert_eq!(std::fs::read(&path).expect("still there"), content);
    };
    check(b"this is a text, and much longer than the sixteen bytes that a database begins with", StoreFailure::Foreign);
    check(b"{}", StoreFailure::Foreign);
    let missing = SqliteStore::open(&folder.path().join("none.db"), Access::Existing).expect_err("missing");
    assert_eq!(missing.kind, StoreFailure::Unreachable);
    assert!(!folder.path().join("none.db").exists());
    let folderless = SqliteStore::open(&folder.path().join("no/where.db"), Access::Create).expect_err("no folder");
    assert_eq!(folderless.kind, StoreFailure::Unreachable);
    assert!(folderless.cause.starts_with("there is no folder "), "{folderless}");
    let no_file = SqliteStore::open(folder.path(), Access::Create).expect_err("a folder");
    assert_eq!((no_file.kind, no_file.cause.as_str()), (StoreFailure::Unreachable, "it is a folder"));
}

#[test]
fn damage_is_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("history.db");
    let records: Vec<_> = (0..70).map(|i| suite::run(i, 5)).collect();
    open(&path).append(&records).expect("appended");
    open(&path).append(&[suite::run(70, 5)]).expect("appended");
    let whole = std::fs::read(&path).expect("read");
    let check = |sql: &str, want: &str| {
        std::fs::write(&path, &whole).expect("written");
        let connection = rusqlite::Connection::open(&path).expect("opened");
        assert!(connection.execute(sql, []).expect("changed") > 0, "{sql}");
        drop(connection);
        let damage = open(&path).verify().expect("read").damage;
        assert!(damage.iter().any(|line| line.contains(want)), "{sql}: {damage:?}");
    };
    check("UPDATE chunk SET locations = zeroblob(4 * n) WHERE id = 1", "doesn't hold what was recorded");
    check("UPDATE chunk SET runs = x'05' WHERE id = 2", "chunk 2 can't be read");
    check(
        "UPDATE detail SET rest = CAST(substr(rest, 1, 50) || x'5a' || substr(rest, 52) AS BLOB) WHERE id = 3",
        "chunk 3 can't be read",
    );
    check("DELETE FROM detail WHERE id = 4", "chunk 4 can't be read");
    check("DELETE FROM fresh WHERE series = 1", "has 4 of its 5 executions");
    check("UPDATE fresh SET point = zeroblob(51) WHERE series = 1", "doesn't hold what was recorded");
    check("UPDATE run SET revision = 'x' WHERE id = 9", "of revision x doesn't hold what was recorded");
    check("DELETE FROM run WHERE id = 9", "executions of 1 runs that aren't there");
    check("UPDATE series SET unit = 'x' WHERE id = 2", "doesn't hold what was recorded");
    check("UPDATE heads SET packed = zeroblob(3)", "heads from run 1 on aren't those of the runs");
    check("UPDATE run SET branch = 'other' WHERE id = 9", "heads from run 1 on aren't those of the runs");
    std::fs::write(&path, &whole).expect("written");
    suite::verified(&mut open(&path), 71, 5 * 71);
}

#[test]
fn heads_that_are_damaged_or_missing_are_read_from_the_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("history.db");
    let records: Vec<_> = (0..70).map(|i| suite::run(i, 2)).collect();
    let mut store = open(&path);
    store.append(&records).expect("appended");
    let query = SeriesQuery::of("group/bench 1");
    let (series, runs) = (store.series(&query).expect("read"), store.runs().expect("read"));
    assert_eq!((series[0].points.len(), runs.len()), (70, 70));
    drop(store);
    for sql in ["UPDATE heads SET packed = zeroblob(3)", "UPDATE heads SET n = 69", "DELETE FROM heads"] {
        let connection = rusqlite::Connection::open(&path).expect("opened");
        assert!(connection.execute(sql, []).expect("changed") > 0, "{sql}");
        drop(connection);
        let mut store = open(&path);
        assert_eq!(store.series(&query).expect("read"), series, "{sql}");
        assert_eq!(store.runs().expect("read"), runs, "{sql}");
        store.compact().expect("compacted");
        suite::verified(&mut store, 70, 140);
        let n: i64 = rusqlite::Connection::open(&path)
            .and_then(|c| c.query_row("SELECT sum(n) FROM heads", [], |row| row.get(0)))
            .expect("there are heads");
        assert_eq!(n, 70, "{sql}");
    }
}

#[test]
fn stores_of_every_version_are_read() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stores");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for version in 1..=3_u32 {
        let path: PathBuf = folder.path().join(format!("v{version}.db"));
        std::fs::copy(fixtures.join(format!("v{version}.db")), &path).expect("copied");
        assert_eq!(SqliteStore::version_of(&path).expect("read"), Some(version));
        let mut store = SqliteStore::open(&path, Access::Existing).expect("it can be opened");
        assert_eq!(store.version(), 3);
        suite::verified(&mut store, 5, 15);
        for i in 0..5 {
            let record = suite::run(i, 3);
            assert_eq!(store.record(record.head.key).expect("read"), Some(record), "version {version}");
        }
        drop(store);
        assert_eq!(SqliteStore::version_of(&path).expect("read"), Some(3));
    }
}
