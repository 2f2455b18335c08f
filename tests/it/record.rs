//! `regress record`, `regress store` and `regress export --store`, from the command line.

use std::path::Path;

use serde_json::Value;

use crate::case::{Case, Ran};
use crate::git::{self, git};
use crate::schema::{holds, validator};
use crate::stores::branch::World;

/// Two benchmarks, measured just now.
fn case() -> Case {
    Case::new()
        .written_at(std::time::SystemTime::now())
        .benchmark("parse/json")
        .candidate(1_000.0)
        .benchmark("=evil()")
        .candidate(5.0)
}

/// Makes the case's folder a repository with one commit.
fn repository(case: &Case) -> String {
    std::fs::write(case.path(".gitignore"), "target\n.rustup\n").expect("written");
    git::repository(&case.path(""))
}

#[track_caller]
fn field(ran: &Ran, name: &str) -> Value {
    ran.json()[name].clone()
}

#[test]
fn a_run_is_recorded_once() {
    let case = case();
    let revision = repository(&case);
    let ran = case.regress("record").exit_code(0);
    assert_eq!(
        ran.stdout,
        format!("recorded 2 benchmarks, 2 executions, of {revision} on main in .regress/history.db\n")
    );
    let again = case.regress("record --format json").exit_code(0);
    assert_eq!((field(&again, "state"), field(&again, "revision")), ("already-there".into(), revision.into()));
    case.regress("store verify").exit_code(0).stdout_contains("whole: 1 run, 2 executions, ");
    // It is not in git's way, and it isn't where `cargo clean` would find it.
    assert_eq!(git(&case.path(""), &["status", "--porcelain"]), "");
}

#[test]
fn documents_are_as_their_schemas_say() {
    let case = case();
    repository(&case);
    holds(&validator("record"), &case.regress("record --format json").json(), "record");
    let schema = validator("store");
    for call in ["verify", "compact", "migrate", "copy --to other.db"] {
        holds(&schema, &case.regress(&format!("store {call} --format json")).exit_code(0).json(), call);
    }
    let schema = validator("history");
    let lines = case.regress("export --store").exit_code(0).stdout;
    assert_eq!(lines.lines().count(), 2);
    for line in lines.lines() {
        holds(&schema, &serde_json::from_str(line).expect("JSON"), line);
    }
}

#[test]
fn history_is_exported() {
    let case = case();
    repository(&case);
    case.regress("record --store a.db").exit_code(0);
    let csv = case.regress("export --store=a.db --format csv").exit_code(0).stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines.len() == 3 && lines[0].starts_with("run,revision,branch,"), "{csv}");
    // A spreadsheet must not take a name for a formula.
    assert!(csv.contains(",'=evil()"), "{csv}");
    let none = case.regress("export --store=a.db --branch none").exit_code(0);
    assert_eq!(none.stderr, "warning: history has no execution of what was asked for on none\n");
    let one = case.regress("export --store=a.db --filter parse -o out.jsonl").exit_code(0);
    assert_eq!(one.stderr, "wrote 1 executions to out.jsonl\n");
    let row: Value =
        serde_json::from_str(&std::fs::read_to_string(case.path("out.jsonl")).expect("read")).expect("one line");
    let typical = row["typical"].as_f64().expect("a number");
    assert!((typical / 1_000.0 - 1.0).abs() < 0.02 && row["id"] == "parse/json", "{row}");
}

#[test]
fn executions_files_and_other_revisions() {
    let case = case().executions("main", &[990.0, 1_000.0, 1_010.0]);
    let head = repository(&case);
    case.regress("export main-1 main-2 main-3 -o runs.json").exit_code(0);
    let ran = case.regress("record runs.json --revision v1.0 --branch old --time 2020-01-01T00:00:00Z --format json");
    assert_eq!((field(&ran, "executions"), field(&ran, "revision")), (3.into(), "v1.0".into()));
    let short = &head[..8];
    let ran = case.regress(&format!("record main-1 --revision {short} --format json"));
    assert_eq!(field(&ran, "revision"), head.as_str());
    let lines = case.regress("export --store --filter evil").exit_code(0).stdout;
    let committed: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["committed_at"].clone()).collect();
    assert_eq!(committed.len(), 4);
    assert_eq!(committed[0], "2020-01-01T00:00:00Z");
    assert_eq!(case.regress("export --store --branch old").stdout.lines().count(), 3);
}

#[test]
fn a_file_that_does_not_say_where_it_was_measured_is_of_no_known_machine() {
    let case = case();
    repository(&case);
    case.regress("export --elsewhere -o run.json").exit_code(0);
    std::fs::create_dir(case.path("runs")).expect("a folder");
    std::fs::copy(case.path("run.json"), case.path("runs/1.json")).expect("copied");
    for (i, side) in ["run.json", "./runs"].into_iter().enumerate() {
        let ran = case.regress(&format!("record {side} --store a.db --revision file{i}")).exit_code(0);
        ran.stderr_contains("doesn't say where it was measured: recorded as of an unknown machine");
    }
    let ran = case.regress("record run.json --store a.db --elsewhere --revision meant").exit_code(0);
    assert!(!ran.stderr.contains("where it was measured"), "{ran}");
    case.regress("record --store a.db --revision here").exit_code(0);
    let lines = case.regress("export --store=a.db --filter parse").exit_code(0).stdout;
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(row["cpu"].is_string(), row["revision"] == "here", "{row}");
    }
    assert_eq!(lines.lines().count(), 4);
}

#[test]
fn a_copy_of_a_damaged_store_says_what_it_lacks() {
    let case = case();
    case.regress("record --revision 1 --store a.db").exit_code(0);
    case.regress("record --revision 2 --store a.db").exit_code(0);
    let database = rusqlite::Connection::open(case.path("a.db")).expect("opened");
    database.execute("UPDATE fresh SET point = x'00' WHERE run = 1", []).expect("damaged");
    drop(database);
    let ran = case.regress("store copy --store a.db --to b.db").exit_code(2).stderr_contains("not copied: run ");
    ran.stdout_contains("copied 1 run from a.db to b.db; 0 were there already; 1 could not be read");
    let ran = case.regress("store copy --store a.db --to b.db --format json").exit_code(2);
    assert_eq!(field(&ran, "damage").as_array().map(Vec::len), Some(1));
    holds(&validator("store"), &ran.json(), "copy");
    case.regress("store verify --store b.db").exit_code(0).stdout_contains("whole: 1 run, ");
}

#[test]
fn what_is_doubtful_is_said() {
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(7_200);
    let case = case().written_at(old).benchmark("removed").candidate(1.0);
    repository(&case);
    std::fs::write(case.path(".gitignore"), "target\n.rustup\n*.x\n").expect("written");
    let ran = case.regress("record --format json");
    assert!(field(&ran, "revision").as_str().is_some_and(|revision| revision.ends_with("-dirty")), "{ran}");
    let ran = ran.stderr_contains("files differ from the commit");
    // What the last run didn't write is not this revision's.
    assert_eq!((field(&ran, "benchmarks"), field(&ran, "absent")), (2.into(), 1.into()));
    let ran = case.regress("record --since 1970-01-01 --format json");
    assert_eq!(field(&ran, "benchmarks"), 3);
    let early = Case::new().written_at(old).benchmark("a").candidate(1.0);
    repository(&early);
    early.regress("record").exit_code(0).stderr_contains("written before this revision was made");
}

#[test]
fn which_store_is_meant() {
    let case = case().file("regress.toml", "[history]\nstore = 'of-file.db'\n");
    repository(&case);
    case.regress("record").exit_code(0).stdout_contains("of-file.db");
    case.regress("record --store flag.db").exit_code(0).stdout_contains("in flag.db");
    let case = case.env("REGRESS_STORE", "variable.db");
    case.regress("record").exit_code(0).stdout_contains("in variable.db");
    case.regress("record --store nonsense").exit_code(2).stderr_contains("`nonsense` is no store");
    let secret = case.regress("record --store mysql://me:secret@host/x").exit_code(2);
    assert!(!secret.stderr.contains("secret"), "{secret}");
    // What is read is not made.
    for call in ["store verify", "store compact", "store migrate", "store copy --to b.db", "export"] {
        let with = if call == "export" { "--store=none.db" } else { "--store none.db" };
        case.regress(&format!("{call} {with}")).exit_code(2).stderr_contains("there is no such file");
    }
    assert!(!case.path("none.db").exists());
}

#[test]
fn in_ci_history_is_a_branch() {
    let world = World::new();
    let job = world.clone("job");
    let case = case().env("CI", "true");
    copy(&case.path("target"), &job.join("target"));
    let run = |arguments: &[&str]| {
        let output = case.command().current_dir(&job).args(arguments).output().expect("the tool can be run");
        Ran::new(arguments.join(" "), &output)
    };
    let ran = run(&["record"]).exit_code(0);
    // What every run adds to the branch for good, as it lies there.
    let (_, size) = ran.stdout.split_once("in branch regress-history of origin: ").expect("the size is told");
    let size = size.trim_end().strip_suffix(" bytes").expect("bytes");
    git(&job, &["fetch", "--quiet", "origin", "regress-history"]);
    let files = git(&job, &["ls-tree", "-r", "--long", "FETCH_HEAD", "runs/", "README.md"]);
    let sizes = files.lines().filter_map(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    assert!(sizes.clone().any(|bytes| bytes.to_string() == size), "{size}: {files}");
    assert_eq!(sizes.count(), 2);
    run(&["record"]).exit_code(0).stdout_contains("already in branch");
    // Read, it is the same size; and nobody is told of one where a run takes no room of its own.
    run(&["store", "verify"]).exit_code(0).stdout_contains(" a run, ");
    assert_eq!(field(&run(&["record", "--format", "json"]).exit_code(0), "bytes"), Value::from(0));
    assert_eq!(field(&run(&["record", "--store", "a.db", "--format", "json"]).exit_code(0), "bytes"), Value::Null);
    run(&["store", "verify"]).exit_code(0).stdout_contains("whole: 1 run, 2 executions");
    run(&["store", "copy", "--to", "copy.db"]).exit_code(0).stdout_contains("copied 1 run from branch");
    run(&["store", "verify", "--store", "copy.db"]).exit_code(0).stdout_contains("whole: 1 run, 2 executions");
}

fn copy(from: &Path, to: &Path) {
    crate::tree::copy(from, to, std::time::SystemTime::now());
}

#[test]
fn without_a_revision_or_results_nothing_is_recorded() {
    let case = case();
    case.regress("record").exit_code(2).stderr_contains("git knows of no revision here");
    case.regress("record --revision 1").exit_code(0);
    case.regress("record none --revision 1").exit_code(2).stderr_contains("there are no results");
}

#[test]
fn a_report_is_no_run_and_nothing_is_made_up_of_it() {
    let case = Case::new().benchmark("f").baseline(100.0).candidate(101.0);
    let whole = case.regress("check --format json").stdout;
    std::fs::write(case.path("report.json"), &whole).expect("written");
    let lacks = "it is a report of a comparison: of each benchmark it has what follows, and not the executions";
    case.regress("record report.json --revision 1 --store a.db").exit_code(2).stderr_contains(lacks);
    for (report, want) in [
        (r#"{"schema":"criterion-regress/report","version":99}"#, lacks),
        (
            r#"{"schema":"criterion-regress/report","benchmarks":[{"candidate":1e999}]}"#,
            "failed to read report.json: it is",
        ),
        (r#"{"schema":"criterion-regress/report","benchmarks":7}"#, lacks),
        (r#"{"schema":"criterion-regress/reports"}"#, "not an exported run but `criterion-regress/reports`"),
        (&whole[..whole.len() / 2], "it is not JSON"),
        ("[]", "it is not JSON"),
    ] {
        std::fs::write(case.path("report.json"), report).expect("written");
        case.regress("record report.json --revision 1 --store a.db").exit_code(2).stderr_contains(want);
    }
    // Neither is there a store now.
    assert!(!case.path("a.db").exists());
}
