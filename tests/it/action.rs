//! The action: `action.yml` and the scripts in `action/`, with the real tool where a report is made, and one that only says how
//! it was called elsewhere.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::{Case, Ran};
use crate::git;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// A runner's job: a workspace, files for outputs, nothing of the caller's environment.
struct Job {
    workspace: Case,
    variables: Vec<(String, String)>,
}

impl Job {
    fn new(workspace: Case) -> Job {
        // Says what it was called with, an argument a line.
        let workspace = workspace.program("temp/echo", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n").file("temp/output", "");
        let path = |name: &str| workspace.path(name).display().to_string();
        let variables = [
            ("GITHUB_WORKSPACE", path("").trim_end_matches('/').to_owned()),
            ("GITHUB_OUTPUT", path("temp/output")),
            ("RUNNER_TEMP", path("temp")),
            ("REGRESS_BINARY", path("temp/echo")),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Job { workspace, variables }
    }

    fn with(mut self, name: &str, value: &str) -> Job {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn real(self) -> Job {
        self.with("REGRESS_BINARY", env!("CARGO_BIN_EXE_regress"))
    }

    fn script(&self, name: &str) -> Ran {
        let script = Path::new(HERE).join("action").join(name);
        let mut command = Command::new("bash");
        command.arg("-p").arg(script).current_dir(self.workspace.path("")).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.workspace.path(""));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        Ran::new(name.to_owned(), &command.output().expect("bash is there"))
    }

    fn outputs(&self) -> String {
        fs::read_to_string(self.workspace.path("temp/output")).expect("was made")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.workspace.path(name)
    }
}

fn slower() -> Case {
    Case::new().benchmark("same").baseline(100.0).candidate(100.5).benchmark("slower").baseline(100.0).candidate(140.0)
}

#[test]
fn check_writes_a_report_and_keeps_the_exit_code() {
    let job = Job::new(slower()).real().with("INPUT_COMMAND", "check").with("INPUT_BASELINE", "main");
    job.script("run.sh").exit_code(1).stdout_contains("REGRESSED");
    assert!(job.path("regress-report.json").is_file());
    let outputs = job.outputs();
    assert!(outputs.contains("exit-code=1\n") && outputs.contains("/regress-report.json\n"), "{outputs}");

    let job = Job::new(slower()).real().with("INPUT_COMMAND", "check").with("INPUT_BASELINE", "main");
    let job = job.with("INPUT_THRESHOLD", "60").with("INPUT_REPORT", "a b/report.json");
    job.script("run.sh").exit_code(0);
    assert!(job.path("a b/report.json").is_file());
}

#[test]
fn a_report_can_be_confirmed() {
    let again = slower().benchmark("slower").result("again", 100.0).result("again-pr", 141.0);
    let job = Job::new(again).real().with("INPUT_BASELINE", "main").with("INPUT_COMMAND", "check");
    job.script("run.sh").exit_code(1);
    let job = job.with("INPUT_COMMAND", "confirm").with("INPUT_REPORT", "regress-report.json");
    let job = job.with("INPUT_BASELINE", "again").with("INPUT_CANDIDATE", "again-pr");
    let ran = job.script("run.sh");
    assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
    assert!(job.path("regress-report-confirmed.json").is_file(), "{ran}");
}

#[test]
fn inputs_are_arguments_whatever_they_hold() {
    let hostile = "$(touch pwned) `touch pwned`; touch pwned\n--help\n\n  two words  \r\n";
    for command in ["check", "confirm", "audit"] {
        let job = Job::new(Case::new()).with("INPUT_COMMAND", command).with("INPUT_REPORT", "report.json");
        let job = job.with("INPUT_BASELINE", hostile).with("INPUT_ARGS", "--filter\n$(touch pwned)");
        let ran = job.script("run.sh").exit_code(0);
        ran.stdout_contains("$(touch pwned) `touch pwned`; touch pwned\n")
            .stdout_contains("\n--filter\n$(touch pwned)\n");
        assert!(!job.path("pwned").exists());
    }
    let job = Job::new(Case::new()).with("INPUT_COMMAND", "check").with("INPUT_BASELINE", hostile);
    job.script("run.sh").stdout_contains("--baseline=--help\n--baseline=  two words  \n");
    let job = Job::new(Case::new()).with("INPUT_COMMAND", "--version; touch pwned");
    job.script("run.sh").exit_code(2).stderr_contains("command has to be");
}

/// A checkout as actions/checkout makes it of a pull request: GitHub's merge of its one commit with `main`, so deep. Says the commit
/// of each name that is asked for.
fn merged(depth: u32) -> (Job, impl Fn(&str) -> String) {
    let case = Case::new();
    let origin = case.path("origin");
    fs::create_dir_all(&origin).expect("ours");
    let git = |folder: &Path, words: &str| git::git(folder, &words.split(' ').collect::<Vec<_>>());
    for words in [
        "init -q",
        "commit -q --allow-empty -m left-here",
        "checkout -q -b pr",
        "commit -q --allow-empty -m a-change",
        "checkout -q main",
        "commit -q --allow-empty -m meanwhile",
        "checkout -q -b merge",
        "merge -q --no-ff -m merged pr",
    ] {
        git(&origin, words);
    }
    let workspace = case.path("");
    git(&workspace, "init -q");
    git(&workspace, &format!("fetch -q --depth={depth} file://{} +merge:refs/remotes/pull/7/merge", origin.display()));
    git(&workspace, "checkout -q refs/remotes/pull/7/merge");
    let commit = move |name: &str| git(&origin, &format!("rev-parse {name}"));
    let job = Job::new(case).with("INPUT_COMMAND", "ab").with("GITHUB_EVENT_NAME", "pull_request");
    let job = job.with("GITHUB_SHA", &commit("merge")).with("BASE_SHA", &commit("main"));
    (job, commit)
}

#[test]
fn ab_runs_against_what_the_pull_request_is_merged_with() {
    let (job, _) = merged(2);
    let ran = job.script("run.sh").exit_code(0);
    assert_eq!(ran.stdout, "ab\n--output=json=regress-report.json\nHEAD^1\n");
    assert_eq!(job.outputs(), "exit-code=0\n", "nobody wrote a report");

    // Where the branch itself is checked out, it is where it left.
    let (job, commit) = merged(9);
    git::git(&job.path(""), &["checkout", "-q", &commit("pr")]);
    job.script("run.sh").exit_code(0).stdout_contains(&format!("\n{}\n", commit("pr^")));
    for event in ["pull_request", "merge_group"] {
        let job = merged(9).0.with("GITHUB_EVENT_NAME", event).with("GITHUB_SHA", &commit("pr"));
        let base = job.variables.iter().find(|(name, _)| name == "BASE_SHA").map(|(_, base)| base.clone());
        job.script("run.sh").exit_code(0).stdout_contains(&format!("\n{}\n", base.expect("was given")));
    }
}

#[test]
fn ab_says_what_to_write_where_it_has_no_base() {
    let fails = |job: Job, told: &str| {
        let ran = job.script("run.sh").exit_code(2).stderr_contains(told);
        assert!(ran.stderr.starts_with("::error title=regress::") && ran.stderr.lines().count() == 1, "{ran}");
        assert!(ran.stdout.is_empty(), "{ran}");
    };
    fails(merged(1).0, "with: { fetch-depth: 0 }");
    fails(merged(1).0.with("GITHUB_SHA", &"0".repeat(40)), "with: { fetch-depth: 0 }");
    fails(merged(2).0.with("INPUT_BASELINE", "v1.0"), "there is no commit v1.0 in the checkout: write");
    fails(merged(2).0.with("GITHUB_EVENT_NAME", "push").with("BASE_SHA", ""), "the event push names no base");
    fails(merged(2).0.with("GITHUB_EVENT_NAME", "push").with("BASE_SHA", "--all"), "no commit as its base");
    fails(merged(2).0.with("INPUT_BASELINE", "--help"), "has to be a branch, tag or commit");
    fails(merged(2).0.with("INPUT_CANDIDATE", "-x"), "has to be a branch, tag or commit");
    fails(merged(2).0.with("INPUT_BASELINE", "a\nb"), "one branch, tag or commit");
    // Where a stranger's code would be given rights.
    for event in ["pull_request_target", "workflow_run", "issue_comment"] {
        fails(merged(2).0.with("GITHUB_EVENT_NAME", event).with("INPUT_BASELINE", "HEAD^1"), "this job's rights");
        let official = Job::new(Case::new()).with("INPUT_COMMAND", "official").with("GITHUB_EVENT_NAME", event);
        fails(official, "official builds and runs the code of the pull request");
    }
    let official = Job::new(Case::new()).with("INPUT_COMMAND", "official").with("GITHUB_EVENT_NAME", "push");
    official.with("INPUT_ARGS", "--runs\n7").script("run.sh").exit_code(0).stdout_contains("official\n--runs\n7\n");
    let without = Job::new(Case::new()).with("INPUT_COMMAND", "ab").with("GITHUB_EVENT_NAME", "pull_request");
    fails(without.with("GIT_CEILING_DIRECTORIES", "/"), "needs a checkout");
}

#[test]
fn ab_hands_its_inputs_on() {
    let job =
        merged(2).0.with("INPUT_BASELINE", "HEAD^1").with("INPUT_CANDIDATE", "HEAD").with("INPUT_PROFILE", "smoke");
    let job = job.with("INPUT_THRESHOLD", "5").with("INPUT_FAIL_ON", "incomplete").with("INPUT_FILTER", "^a b$");
    let job = job.with("INPUT_BUDGET", "10m").with("INPUT_PACKAGES", "a\nb\n").with("INPUT_BENCHES", "c");
    let job = job.with("INPUT_FEATURES", "d,e").with("INPUT_CRITERION_ARGS", "--warm-up-time\n$(touch pwned)");
    let job = job.with("INPUT_ARGS", "--seed\n7").with("INPUT_REPORT", "to/report.json");
    let ran = job.script("run.sh").exit_code(0);
    let expected = "ab\n--output=json=to/report.json\n--head=HEAD\n--profile=smoke\n--threshold=5\n--fail-on=incomplete\n\
        --filter=^a b$\n--budget=10m\n--package=a\n--package=b\n--bench=c\n--features=d,e\n--seed\n7\nHEAD^1\n--\n\
        --warm-up-time\n$(touch pwned)\n";
    assert_eq!(ran.stdout, expected);
    assert!(!job.path("pwned").exists());

    // The other command that has a filter.
    let job = Job::new(Case::new()).with("INPUT_COMMAND", "check").with("INPUT_FILTER", "-x");
    job.script("run.sh").stdout_contains("\n--filter=-x\n");
}

#[test]
fn nothing_of_the_environment_runs_first() {
    let case = Case::new().file("evil", "touch pwned\n");
    let evil = case.path("evil").display().to_string();
    let job = Job::new(case).with("INPUT_COMMAND", "check").with("BASH_ENV", &evil).with("ENV", &evil);
    let job = job.with("BASH_FUNC_printf%%", "() { touch pwned; }");
    job.script("run.sh").exit_code(0);
    assert!(!job.path("pwned").exists());
}

#[test]
fn installing_takes_a_given_binary_or_a_checked_one() {
    let job = Job::new(Case::new()).with("INPUT_BINARY_PATH", env!("CARGO_BIN_EXE_regress"));
    job.script("install.sh").exit_code(0);
    assert_eq!(job.outputs(), format!("binary={}\n", env!("CARGO_BIN_EXE_regress")));
    let job = Job::new(Case::new()).with("INPUT_BINARY_PATH", "temp/echo");
    job.script("install.sh").exit_code(0);
    assert_eq!(job.outputs(), format!("binary={}\n", job.path("temp/echo").display()));

    for (path, told) in [("none", "no executable file"), ("temp/output", "no executable file"), ("a\nb=c", "one line")]
    {
        let job = Job::new(Case::new()).with("INPUT_BINARY_PATH", path);
        job.script("install.sh").exit_code(2).stderr_contains(told);
        assert_eq!(job.outputs(), "");
    }
}

#[test]
fn what_was_not_released_is_not_downloaded() {
    for version in ["99.0.0", "latest", "1.0", "1.0.0/../..", "$(touch pwned)"] {
        let job = Job::new(Case::new()).with("INPUT_VERSION", version);
        let ran = job.script("install.sh").exit_code(2);
        assert!(ran.stderr.starts_with("::error title=regress::") && ran.stderr.lines().count() == 1, "{ran}");
        assert!(!job.path("pwned").exists() && job.outputs().is_empty());
    }
    let job = Job::new(Case::new()).with("INPUT_VERSION", "99.0.0");
    job.script("install.sh").stderr_contains("cargo install").stderr_contains("binary-path");
}

#[test]
fn a_cache_key_says_which_machine_and_ends_with_the_commit() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let key = |lock: &str| {
        let case = Case::new().file("Cargo.lock", lock).program("rustc", "#!/bin/sh\necho rustc 1.95.0\n");
        let path = format!("{}:{}", case.path("").display(), std::env::var("PATH").unwrap_or_default());
        let job = Job::new(case).with("INPUT_COMMAND", "cache-key").with("BASELINE_SHA", commit).with("PATH", &path);
        job.with("ImageOS", "ubuntu24, x").with("ImageVersion", "2026.1").real()
    };
    let job = key("one");
    job.script("run.sh").exit_code(0);
    let outputs = job.outputs();
    let prefix = outputs.lines().find_map(|line| line.strip_prefix("cache-prefix=")).expect("a prefix").to_owned();
    assert!(outputs.contains(&format!("cache-key={prefix}{commit}\n")), "{outputs}");
    assert!(prefix.starts_with("regress-v1-ubuntu24-x-2026.1-") && !prefix.contains([',', ' ']), "{prefix}");
    let other = key("two");
    other.script("run.sh").exit_code(0);
    assert!(!other.outputs().contains(&prefix), "other dependencies, other key");
    let job = key("one").with("BASELINE_SHA", "main\nx=y");
    job.script("run.sh").exit_code(2);
}

#[test]
fn comment_hands_on_the_reports_that_are_there_and_names_the_rest() {
    let case = Case::new().file("linux/report.json", "{}").file("secret", "{}").file("mac/x", "");
    std::os::unix::fs::symlink(case.path("secret"), case.path("mac/report.json")).expect("a link");
    let job = Job::new(case).with("INPUT_KEY", "smoke").with("INPUT_DRY_RUN", "true").with("INPUT_CHECK_RUN", "false");
    let job = job.with("INPUT_REPORT", "linux=linux/report.json\nmac=mac/report.json\nnone=none/report.json\n");
    let ran = job.script("comment.sh").exit_code(0);
    let expected = "comment\n--expect=linux\n--report=linux=linux/report.json\n--expect=mac\n--expect=none\n--key=smoke\n--dry-run\n";
    assert_eq!(ran.stdout, expected, "a link is no report");
    ran.stderr_contains("no report of mac").stderr_contains("no report of none");

    // A verdict is no failure to comment; all else is.
    for (code, exit) in [(0, 0), (1, 0), (2, 2), (3, 0), (101, 101)] {
        let job = Job::new(Case::new());
        fs::write(job.path("temp/echo"), format!("#!/bin/sh\nexit {code}\n")).expect("ours");
        job.script("comment.sh").exit_code(exit);
        assert_eq!(job.outputs(), format!("exit-code={code}\n"));
    }

    let job = Job::new(Case::new()).with("INPUT_REPORT", "none.json");
    job.script("comment.sh").exit_code(2).stderr_contains("no report at none.json");
    let job = Job::new(Case::new()).with("INPUT_DRY_RUN", "yes");
    job.script("comment.sh").exit_code(2).stderr_contains("true or false");
}

/// Inputs go through the environment, and the token to one step only.
#[test]
fn no_input_is_ever_part_of_a_script() {
    let text = fs::read_to_string(Path::new(HERE).join("action.yml")).expect("the action");
    let (_, steps) = text.split_once("\nruns:").expect("it runs");
    for line in steps.lines().map(str::trim) {
        let is_environment =
            line.split_once(": ").is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
        assert!(is_environment || !line.contains("${{"), "{line}");
    }
    assert_eq!(steps.matches("inputs.token").count(), 1);
    let (_, with_token) = steps.split_once("- name: Comment on the pull request").expect("its step");
    assert!(with_token.contains("inputs.token"));
    assert_eq!(steps.matches("BASH_ENV: ''").count(), steps.matches("shell: bash").count());
}

/// Workflows of this repository: pinned, with no right that isn't given job by job.
#[test]
fn this_repositorys_workflows_are_pinned() {
    let folder = Path::new(HERE).join(".github/workflows");
    for entry in fs::read_dir(folder).expect("workflows") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("text");
        assert!(
            text.contains("\npermissions: {}\n") || text.contains("\npermissions:\n  contents: read\n"),
            "{path:?}"
        );
        assert!(text.contains("\nconcurrency:\n") && !text.contains("pull_request_target"), "{path:?}");
        for line in text.lines().filter(|line| line.contains("uses: ")) {
            let (_, named) = line.split_once("uses: ").expect("it is there");
            let commit = named.split_once('@').map_or("", |(_, pin)| pin.split(' ').next().unwrap_or_default());
            let is_pinned = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_pinned || named.starts_with("./ "), "{path:?}: {line}");
        }
    }
    let comment = fs::read_to_string(Path::new(HERE).join(".github/workflows/benchmark-comment.yml")).expect("text");
    assert!(!comment.contains("checkout@") && !comment.contains("/cache@"));
    let official = fs::read_to_string(Path::new(HERE).join(".github/workflows/benchmark-official.yml")).expect("text");
    assert!(!official.contains("pull_request"), "strangers' code stays off that machine");
}
