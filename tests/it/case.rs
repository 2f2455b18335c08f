//! One example: a folder with a tree of Criterion's, a call of the tool, and what must come of it.
//!
//! ```ignore
//! Case::new()
//!     .benchmark("parse/json").baseline(1_000.0).candidate(1_300.0)
//!     .regress("check --baseline main")
//!     .exit_code(1)
//!     .stdout_contains("REGRESSION");
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

use serde_json::Value;
use tempfile::TempDir;

use crate::tree::{self, Benchmark, Sample};

/// Where a case's tree lies, below its folder; where the tool looks by itself.
pub(crate) const ROOT: &str = "target/criterion";

/// The tool, to be run in `folder` with nothing of the caller's environment.
pub(crate) fn tool(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regress"));
    command.current_dir(folder).env_clear();
    for kept in ["PATH", "SystemRoot", "TMPDIR", "TEMP", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    // Not to be asked for a target folder: cargo knows of one for this very package.
    command.env("HOME", folder).env("CARGO", "/nonexistent/cargo");
    command
}

/// A folder in the making.
pub(crate) struct Case {
    folder: TempDir,
    current: Option<Benchmark>,
    at: SystemTime,
    environment: Vec<(String, String)>,
}

impl Case {
    /// An empty folder.
    pub(crate) fn new() -> Case {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Case { folder, current: None, at: tree::two_hours_ago(), environment: Vec::new() }
    }

    /// A folder with a copy of a tree of `fixtures/`.
    pub(crate) fn of(fixture: &str) -> Case {
        Case::new().tree(fixture, ROOT)
    }

    /// Copies something of `fixtures/` to `to`.
    pub(crate) fn tree(self, fixture: &str, to: &str) -> Case {
        tree::copy(&tree::fixture(fixture), &self.path(to), self.at);
        self
    }

    /// The benchmark that the next results are of: `group`, `group/function` or `group/function/value`.
    pub(crate) fn benchmark(mut self, id: &str) -> Case {
        self.current = Some(Benchmark::new(id));
        self
    }

    /// The folder of the current benchmark, where it isn't the one that its id gives.
    pub(crate) fn directory(mut self, directory: &str) -> Case {
        self.current_mut().directory = directory.to_owned();
        self
    }

    /// The current benchmark's work per iteration, as `benchmark.json` holds it.
    pub(crate) fn throughput(mut self, throughput: Value) -> Case {
        self.current_mut().throughput = throughput;
        self
    }

    /// When the next files were written.
    pub(crate) fn written_at(mut self, at: SystemTime) -> Case {
        self.at = at;
        self
    }

    /// A result of the current benchmark, in nanoseconds, in the baseline `main`.
    pub(crate) fn baseline(self, nanoseconds: f64) -> Case {
        self.result("main", nanoseconds)
    }

    /// A result of the current benchmark, in nanoseconds, in `new`.
    pub(crate) fn candidate(self, nanoseconds: f64) -> Case {
        self.result("new", nanoseconds)
    }

    /// A result of the current benchmark, in nanoseconds, in any baseline.
    pub(crate) fn result(self, baseline: &str, nanoseconds: f64) -> Case {
        let seed = format!("{} in {baseline}", self.current().id);
        let sample = Sample::around(nanoseconds, &seed);
        self.sample(baseline, &sample)
    }

    /// Results of the current benchmark in the baselines `prefix-1`, `prefix-2`, …: its executions.
    pub(crate) fn executions(mut self, prefix: &str, nanoseconds: &[f64]) -> Case {
        for (i, nanoseconds) in nanoseconds.iter().enumerate() {
            self = self.result(&format!("{prefix}-{}", i + 1), *nanoseconds);
        }
        self
    }

    /// Measurements of the current benchmark.
    pub(crate) fn sample(self, baseline: &str, sample: &Sample) -> Case {
        tree::write_result(&self.path(ROOT), self.current(), baseline, sample, self.at);
        self
    }

    /// What two plain runs of `cargo bench` leave: the second in `new` and in `base`, and the change between them.
    pub(crate) fn plain_runs(self, before: f64, after: f64) -> Case {
        let sample = Sample::around(after, &self.current().id);
        tree::write_change(&self.path(ROOT), self.current(), after / before - 1.0, self.at);
        self.sample("new", &sample).sample("base", &sample)
    }

    /// A file, below the folder.
    pub(crate) fn file(self, path: &str, text: &str) -> Case {
        tree::write(&self.path(path), text, self.at);
        self
    }

    /// A program, below the folder.
    #[cfg(unix)]
    pub(crate) fn program(self, path: &str, text: &str) -> Case {
        use std::os::unix::fs::PermissionsExt;

        let case = self.file(path, text);
        std::fs::set_permissions(case.path(path), std::fs::Permissions::from_mode(0o755)).expect("a program");
        case
    }

    /// A variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Case {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A place below the folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Runs the tool with arguments that hold no spaces.
    pub(crate) fn regress(&self, arguments: &str) -> Ran {
        self.regress_with(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the tool.
    pub(crate) fn regress_with(&self, arguments: &[&str]) -> Ran {
        let output = self.command().args(arguments).output().expect("the tool can be run");
        Ran::new(arguments.join(" "), &output)
    }

    /// The tool, to be run in the folder.
    pub(crate) fn command(&self) -> Command {
        let mut command = tool(self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn current(&self) -> &Benchmark {
        self.current.as_ref().expect("say .benchmark(id) first")
    }

    fn current_mut(&mut self) -> &mut Benchmark {
        self.current.as_mut().expect("say .benchmark(id) first")
    }
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) arguments: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Whatever the call was: it must not have panicked, nor been killed.
    pub(crate) fn new(arguments: String, output: &Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the tool writes UTF-8");
        let ran =
            Ran { arguments, code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) };
        assert!(!ran.stderr.contains("panicked"), "{ran}");
        assert!(ran.code.is_some(), "killed by a signal: {ran}");
        ran
    }

    #[track_caller]
    pub(crate) fn exit_code(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    #[track_caller]
    pub(crate) fn stdout_contains(self, text: &str) -> Ran {
        assert!(self.stdout.contains(text), "`{text}` is not on stdout: {self}");
        self
    }

    #[track_caller]
    pub(crate) fn stdout_lacks(self, text: &str) -> Ran {
        assert!(!self.stdout.contains(text), "`{text}` is on stdout: {self}");
        self
    }

    #[track_caller]
    pub(crate) fn stderr_contains(self, text: &str) -> Ran {
        assert!(self.stderr.contains(text), "`{text}` is not on stderr: {self}");
        self
    }

    /// Stdout as the JSON that it is.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("stdout is not JSON: {e}\n{self}"))
    }

    /// A benchmark's verdict in a report in JSON.
    #[track_caller]
    pub(crate) fn verdict(self, id: &str, verdict: &str) -> Ran {
        let report = self.json();
        let found = with_id(&report["benchmarks"], id).map(|row| row["verdict"].clone());
        assert_eq!(found, Some(verdict.into()), "verdict on `{id}`: {self}");
        self
    }

    /// A benchmark's row in a report in JSON.
    #[track_caller]
    pub(crate) fn row(&self, id: &str) -> Value {
        let report = self.json();
        with_id(&report["benchmarks"], id).unwrap_or_else(|| panic!("`{id}` was not compared: {self}")).clone()
    }

    /// Why a verdict on a benchmark is no more than inconclusive, in a report in JSON.
    #[track_caller]
    pub(crate) fn doubt(self, id: &str, doubt: &str) -> Ran {
        let row = self.row(id);
        assert_eq!((&row["verdict"], &row["doubt"]), (&"inconclusive".into(), &doubt.into()), "`{id}`: {self}");
        self
    }

    /// How many executions of a benchmark each side has, in a report in JSON.
    #[track_caller]
    pub(crate) fn executions(self, id: &str, baseline: u64, candidate: u64) -> Ran {
        assert_eq!(self.row(id)["executions"], serde_json::json!([baseline, candidate]), "`{id}`: {self}");
        self
    }

    /// Why a benchmark was not compared, in a report in JSON.
    #[track_caller]
    pub(crate) fn not_compared(self, id: &str, reason: &str) -> Ran {
        let report = self.json();
        let found = with_id(&report["not_compared"], id).map(|row| row["reason"].clone());
        assert_eq!(found, Some(reason.into()), "`{id}` not compared: {self}");
        self
    }

    /// A warning in JSON of any kind, by its code and what it is about.
    #[track_caller]
    pub(crate) fn warning(self, code: &str, subject: &str) -> Ran {
        let document = self.json();
        let warnings = document["warnings"].as_array().expect("every document has warnings");
        let is_there = warnings.iter().any(|w| w["code"] == code && w["subject"] == subject);
        assert!(is_there, "no warning `{code}` of `{subject}`: {self}");
        self
    }

    /// A warning in JSON of any kind, by its code and what is the matter.
    #[track_caller]
    pub(crate) fn warning_says(self, code: &str, text: &str) -> Ran {
        let document = self.json();
        let mut warnings = document["warnings"].as_array().expect("every document has warnings").iter();
        let says = |w: &Value| w["message"].as_str().is_some_and(|message| message.contains(text));
        assert!(warnings.any(|w| w["code"] == code && says(w)), "no warning `{code}` that says `{text}`: {self}");
        self
    }

    /// No warning at all.
    #[track_caller]
    pub(crate) fn no_warning(self) -> Ran {
        assert_eq!(self.json()["warnings"], Value::Array(Vec::new()), "{self}");
        self
    }

    /// "compared 1 of 2" in a report in JSON.
    #[track_caller]
    pub(crate) fn compared(self, compared: u64, of: u64) -> Ran {
        let counts = &self.json()["counts"];
        assert_eq!((counts["compared"].as_u64(), counts["benchmarks"].as_u64()), (Some(compared), Some(of)), "{self}");
        self
    }

    /// The ids that stand in `benchmarks` or `rows` of a document in JSON, in order.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<String> {
        let document = self.json();
        let rows = document["benchmarks"].as_array().or(document["rows"].as_array()).expect("rows of some kind");
        let id = |row: &Value| row["id"].as_str().or(row["name"].as_str()).map(str::to_owned);
        rows.iter().map(|row| id(row).expect("every row is named")).collect()
    }
}

fn with_id<'a>(rows: &'a Value, id: &str) -> Option<&'a Value> {
    rows.as_array()?.iter().find(|row| row["id"] == id)
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ran { arguments, code, stdout, stderr } = self;
        write!(f, "\n$ regress {arguments}\n{stdout}--- stderr\n{stderr}--- exit code {code:?}")
    }
}
