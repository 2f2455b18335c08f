//! The repository: settings that ruin measurements, results that nobody measured lately, workflows that trust strangers.
//!
//! Benches and workflows are read as text, line by line, not as Rust and YAML: what is written in another way than usual isn't
//! found. What is found is there.

use std::time::{Duration, SystemTime};

use regex::Regex;
use toml::{Table, Value};

use super::files::{Repository, Text};
use super::{Area, Check, Status, Strictness};
use crate::criterion::{from_the_future, stale};
use crate::model::Run;

/// Fewer resamples than this make an interval that differs from one run to the next.
const FEWEST_RESAMPLES: u64 = 10_000;

/// In less time a benchmark's clock and caches have not settled.
const SHORTEST_WARM_UP: Duration = Duration::from_millis(500);

/// In less time a measurement sees one state of the machine.
const SHORTEST_MEASUREMENT: Duration = Duration::from_secs(1);

/// Criterion's own default is 100.
const FEW_SAMPLES: u64 = 20;

/// Looks over all that was read of a repository.
#[must_use]
pub fn review(repository: &Repository, strictness: Strictness) -> Vec<Check> {
    let repository = &without_excluded(repository);
    let mut all = Vec::new();
    for (path, cause) in &repository.unreadable {
        let check = new("unreadable-file", path, "what can't be read can't be looked over");
        all.push(check.is(Status::CannotTell, cause.clone()));
    }
    if repository.is_cut {
        let check = new("unreadable-file", "the repository", "what isn't read can't be looked over");
        all.push(check.is(Status::CannotTell, "it has so many files that only some were looked at"));
    }
    let Some((root, _)) = repository.manifests.split_first() else {
        let check = new("bench-profile", "Cargo.toml", "it says how benchmarks are built");
        all.push(check.is(Status::CannotTell, "there is none here: name the repository with `--repository DIR`"));
        return all;
    };
    let looked_over = |code: &'static str, subject: &str, found: Vec<Check>, passed: &str| {
        let pass = || new(code, subject, "").is(Status::Pass, passed);
        if found.is_empty() { vec![pass()] } else { found }
    };
    match root.text.parse::<Table>() {
        Err(e) => {
            let check = new("bench-profile", &root.path, "it says how benchmarks are built");
            all.push(check.is(Status::CannotTell, e.message().to_owned()));
        }
        Ok(table) => {
            let config =
                repository.cargo_config.as_ref().and_then(|text| text.text.parse::<Table>().ok()).unwrap_or_default();
            let found = profile(&root.path, &table, &config, strictness);
            all.extend(looked_over("bench-profile", "[profile.bench]", found, "nothing in it spoils measurements"));
            let found = targets(repository, &table);
            all.extend(looked_over("bench-targets", "bench targets", found, "Criterion's are run by Criterion"));
        }
    }
    let found: Vec<Check> = repository.benches.iter().flat_map(settings).collect();
    if !repository.benches.is_empty() {
        all.extend(looked_over(
            "criterion-settings",
            "Criterion's settings",
            found,
            "nothing in the benches spoils measurements",
        ));
    }
    let relevant: Vec<&Text> =
        repository.workflows.iter().filter(|text| measures(&without_comments(&text.text, "#"))).collect();
    let found: Vec<Check> = relevant.iter().flat_map(|text| workflow(text, strictness)).collect();
    if !relevant.is_empty() {
        all.extend(looked_over("workflow", "workflows that measure", found, "none trusts strangers"));
    }
    all
}

/// What belongs to the workspace: packages that it excludes are measured on their own, if at all.
fn without_excluded(repository: &Repository) -> Repository {
    let mut repository = repository.clone();
    let root = repository.manifests.first().and_then(|root| root.text.parse::<Table>().ok()).unwrap_or_default();
    let listed = root.get("workspace").and_then(|workspace| workspace.get("exclude")?.as_array());
    let folders: Vec<String> = listed
        .into_iter()
        .flatten()
        .filter_map(|path| Some(format!("{}/", path.as_str()?.trim_start_matches("./").trim_end_matches('/'))))
        .collect();
    let is_kept = |text: &Text| !folders.iter().any(|folder| text.path.starts_with(folder));
    repository.manifests.retain(is_kept);
    repository.benches.retain(is_kept);
    repository
}

/// Results that the last run didn't write, and that claim to be from the future; or why they can't be read.
#[must_use]
pub fn stale_results(run: Result<&Run, &str>, now: SystemTime) -> Check {
    let why = "Criterion never removes a result: one of a benchmark that is gone, or wasn't run, is compared as if it were new";
    let check = new("stale-results", "Criterion's results", why);
    let run = match run {
        Ok(run) => run,
        Err(cause) => return check.is(Status::CannotTell, cause),
    };
    let mut names: Vec<String> =
        stale(run, now).into_iter().chain(from_the_future(run, now)).map(|w| w.subject).collect();
    names.dedup();
    if names.is_empty() {
        return check.is(Status::Pass, format!("{} results, all of the last run", run.benchmarks.len()));
    }
    let found = format!("{} of {} are older than the last run, or from the future", names.len(), run.benchmarks.len());
    let check = Check { names, ..check.is(Status::Warn, found) };
    check.remedy(
        "run all benchmarks again, remove the folders of those that are gone, or use `regress check --since last-run`",
    )
}

fn new(code: &'static str, subject: &str, why: &'static str) -> Check {
    Check { area: Area::Repository, ..Check::new(code, subject, why) }
}

/// `[profile.bench]`, which inherits `[profile.release]`; `.cargo/config.toml` goes first.
fn profile(path: &str, manifest: &Table, config: &Table, strictness: Strictness) -> Vec<Check> {
    let of = |profile: &str, key: &str| {
        let value = |table: &Table| table.get("profile")?.get(profile)?.get(key).cloned();
        value(config).or_else(|| value(manifest))
    };
    let release = |key: &str| of("release", key);
    let bench = |key: &str| of("bench", key).or_else(|| release(key));
    let is_on = |value: Option<Value>| value.and_then(|value| value.as_bool()) == Some(true);
    let mut found = Vec::new();
    let check = |why| new("bench-profile", path, why);
    match bench("opt-level") {
        Some(Value::Integer(level @ (0 | 1))) => found.push(
            check("unoptimised code has other hot spots than what is shipped")
                .is(strictness.fails(), format!("benchmarks are built with opt-level = {level}"))
                .remedy("take opt-level out of [profile.bench]"),
        ),
        level
            if of("bench", "opt-level").is_some()
                && level != release("opt-level")
                && level != Some(Value::Integer(3)) =>
        {
            found.push(
                check("what is measured isn't what is shipped")
                    .is(Status::Warn, "[profile.bench] has another opt-level than [profile.release]")
                    .remedy("take opt-level out of [profile.bench]"),
            );
        }
        _ => {}
    }
    if is_on(bench("debug-assertions")) {
        found.push(
            check("assertions are work that is shipped to nobody")
                .is(strictness.fails(), "benchmarks are built with debug-assertions = true")
                .remedy("take debug-assertions out of [profile.bench]"),
        );
    }
    if is_on(bench("incremental")) {
        found.push(
            check("an incremental build depends on the builds before it: the same code becomes different machine code")
                .is(strictness.fails(), "benchmarks are built with incremental = true")
                .remedy("take incremental out of [profile.bench]"),
        );
    }
    for key in ["lto", "codegen-units", "panic", "overflow-checks"] {
        if of("bench", key).is_some_and(|value| release(key).is_some_and(|shipped| shipped != value)) {
            found.push(
                check("what is measured isn't what is shipped")
                    .is(Status::Warn, format!("[profile.bench] and [profile.release] differ in {key}"))
                    .remedy("let [profile.bench] inherit it"),
            );
        }
    }
    let is_fat = matches!(bench("lto"), Some(Value::Boolean(true)))
        || bench("lto").and_then(|v| Some(v.as_str()? == "fat")) == Some(true);
    if bench("codegen-units").and_then(|value| value.as_integer()) != Some(1) && !is_fat {
        found.push(
            check("code is cut into pieces that are optimised alone: an edit elsewhere moves a cut, and with it what is inlined")
                // Cargo's default: worth a warning only where numbers are to be quoted.
                .is(if strictness == Strictness::Official { Status::Warn } else { Status::Pass }, "built in several codegen units")
                .remedy("write codegen-units = 1 into [profile.release] or [profile.bench]"),
        );
    }
    found
}

/// Whether each package's targets that use Criterion are run by it.
fn targets(repository: &Repository, root: &Table) -> Vec<Check> {
    let mut found = Vec::new();
    for manifest in &repository.manifests {
        let folder = manifest.path.strip_suffix("Cargo.toml").unwrap_or_default();
        let table = match manifest.text.parse::<Table>() {
            Ok(table) => table,
            Err(e) => {
                let check = new("bench-targets", &manifest.path, "it says which benchmarks there are");
                found.push(check.is(Status::CannotTell, e.message().to_owned()));
                continue;
            }
        };
        let listed = table.get("bench").and_then(Value::as_array).cloned().unwrap_or_default();
        let auto = table.get("package").and_then(|p| p.get("autobenches")?.as_bool()) != Some(false);
        for bench in repository.benches.iter().filter(|bench| is_target(&bench.path, folder)) {
            let code = without_comments(&bench.text, "//");
            if !code.contains("criterion_main!") {
                continue;
            }
            let stem = bench.path.strip_suffix("/main.rs").or(bench.path.strip_suffix(".rs")).unwrap_or(&bench.path);
            let name = stem.rsplit('/').next().unwrap_or(stem);
            let below = bench.path.strip_prefix(folder).unwrap_or(&bench.path);
            let entry = listed.iter().find(|entry| {
                let of = |key: &str| entry.get(key).and_then(Value::as_str);
                of("name") == Some(name) || of("path") == Some(below)
            });
            let is_run_by_criterion = entry.and_then(|e| e.get("harness")?.as_bool()) == Some(false);
            if is_run_by_criterion || (entry.is_none() && !auto) {
                continue;
            }
            found.push(
                new(
                    "bench-targets",
                    &bench.path,
                    "the test harness of Rust runs in place of Criterion, finds no benchmark and passes",
                )
                .is(Status::Fail, format!("{} doesn't say `harness = false` of it", manifest.path))
                .remedy(&format!("write [[bench]], name = \"{name}\", harness = false into {}", manifest.path)),
            );
        }
        found.extend(criterion_dependency(&manifest.path, &table, root));
    }
    found
}

/// Whether a file is a bench target of the package in `folder`: `benches/a.rs` or `benches/a/main.rs`.
fn is_target(path: &str, folder: &str) -> bool {
    let Some(name) = path.strip_prefix(folder).and_then(|below| below.strip_prefix("benches/")) else { return false };
    !name.contains('/') || (name.ends_with("/main.rs") && name.matches('/').count() == 1)
}

fn criterion_dependency(path: &str, manifest: &Table, root: &Table) -> Option<Check> {
    let in_table = |name: &str| manifest.get(name)?.get("criterion");
    let own = in_table("dev-dependencies").or_else(|| in_table("dependencies"))?;
    let shared = root.get("workspace").and_then(|workspace| workspace.get("dependencies")?.get("criterion"));
    let is_shared = own.get("workspace").and_then(Value::as_bool) == Some(true);
    let both = [Some(own), shared.filter(|_| is_shared)];
    let is_off = both.iter().flatten().any(|d| d.get("default-features").and_then(Value::as_bool) == Some(false));
    let mut features =
        both.iter().flatten().filter_map(|d| d.get("features")?.as_array()).flatten().filter_map(Value::as_str);
    if !is_off || features.any(|feature| feature == "cargo_bench_support") {
        return None;
    }
    // The feature is empty up to 0.8: 0.3 announced what it is for, and no version has done it yet.
    let why = "a later version may need it to run outside of cargo-criterion";
    let found = "criterion is used without its feature cargo_bench_support: versions up to 0.8 measure all the same";
    Some(new("bench-targets", path, why).is(Status::Pass, found))
}

/// Criterion's settings in a bench's code.
fn settings(bench: &Text) -> Vec<Check> {
    let code = without_comments(&bench.text, "//");
    let numbers = |pattern: &str| {
        let pattern = Regex::new(pattern).expect("a valid pattern");
        let found = pattern
            .captures_iter(&code)
            .filter_map(|found| found.get(1)?.as_str().replace('_', "").parse::<u64>().ok());
        found.collect::<Vec<_>>()
    };
    let shortest = |setting: &str| {
        let of =
            |unit: &str| numbers(&format!(r"\.\s*{setting}\s*\(\s*(?:\w+::)*Duration::from_{unit}\s*\(\s*([0-9_]+)"));
        let seconds = of("secs").into_iter().map(Duration::from_secs);
        let all = seconds.chain(of("millis").into_iter().map(Duration::from_millis));
        all.chain(of("micros").into_iter().map(Duration::from_micros)).min()
    };
    let mut found = Vec::new();
    let check = |why| new("criterion-settings", &bench.path, why);
    let measured = shortest("measurement_time");
    if let Some(time) = measured.filter(|time| *time < SHORTEST_MEASUREMENT) {
        found.push(
            check("so short a measurement sees one state of the machine, and is as good as one sample")
                .is(Status::Warn, format!("measurement_time is {time:?}"))
                .remedy("leave it at 5 s, or take several executions"),
        );
    }
    let fewest = numbers(r"\.\s*sample_size\s*\(\s*([0-9_]+)").into_iter().min();
    if let Some(n) = fewest.filter(|n| *n < FEW_SAMPLES) {
        found.push(
            check("from few samples the spread inside an execution, and with it what is an outlier, is a guess")
                .is(Status::Warn, format!("sample_size is {n}"))
                .remedy("leave it at 100 for numbers to be quoted; it is meant for benchmarks that take seconds each"),
        );
    }
    if let Some(time) = shortest("warm_up_time").filter(|time| *time < SHORTEST_WARM_UP) {
        found.push(
            check("the first measurements are made while the clock rises and caches fill")
                .is(Status::Warn, format!("warm_up_time is {time:?}"))
                .remedy("leave it at 3 s, or at half a second at least"),
        );
    }
    if let Some(n) = numbers(r"\.\s*nresamples\s*\(\s*([0-9_]+)").into_iter().min().filter(|n| *n < FEWEST_RESAMPLES) {
        found.push(
            check("with few resamples Criterion's own intervals differ from one run to the next")
                .is(Status::Warn, format!("nresamples is {n}"))
                .remedy("leave it at 100 000; analysis isn't what takes the time"),
        );
    }
    found
}

/// Whether a workflow runs benchmarks or this tool.
fn measures(text: &str) -> bool {
    [
        "cargo bench",
        "cargo criterion",
        "criterion-regress",
        "regress check",
        "regress ab",
        "regress comment",
        "regress official",
    ]
    .iter()
    .any(|word| text.contains(word))
}

fn workflow(workflow: &Text, strictness: Strictness) -> Vec<Check> {
    let text = without_comments(&workflow.text, "#");
    let has = |pattern: &str| Regex::new(pattern).expect("a valid pattern").is_match(&text);
    let triggered_by =
        |event: &str| has(&format!(r"(?m)(^\s*(-\s*)?|^on:.*[\[,\s])['\x22]?{event}['\x22]?\s*([:,\]]|$)"));
    let takes_strangers_code =
        has(r"github\.event\.pull_request\.head|github\.head_ref|refs/pull/|github\.event\.workflow_run\.head_");
    let checks_out = has(r"actions/checkout|git\s+(fetch|checkout|clone)|gh\s+pr\s+checkout");
    let check = |why| new("workflow", &workflow.path, why);
    let mut found = Vec::new();
    let is_privileged = triggered_by("pull_request_target") || triggered_by("workflow_run");
    if is_privileged && checks_out && (takes_strangers_code || has(r"gh\s+pr\s+checkout")) {
        found.push(
            check("whoever opens a pull request runs code of their own with this repository's token and secrets")
                .is(Status::Fail, "it is triggered by pull_request_target or workflow_run, and checks out the pull request")
                .remedy("measure in a workflow of pull_request, and comment from one that checks nothing out: `regress init` writes both"),
        );
    }
    let is_of_strangers = triggered_by("pull_request");
    if is_of_strangers
        && has(
            r"(?m)^\s*permissions\s*:\s*['\x22]?write-all|^\s+[a-z-]+\s*:\s*['\x22]?write\b|permissions\s*:\s*\{[^}]*write",
        )
    {
        found.push(
            check("the code of a pull request runs beside a token that may write")
                .is(Status::Warn, "it runs on pull_request and has a permission to write")
                .remedy("comment from a workflow of its own, which checks nothing out: `regress init` writes it"),
        );
    }
    if is_of_strangers && has("self-hosted") {
        found.push(
            check(
                "whoever opens a pull request runs code of their own on your machine, and leaves there what they like",
            )
            .is(strictness.fails(), "it runs on pull_request and on a self-hosted runner")
            .remedy("measure pull requests on hosted runners, and releases on your own"),
        );
    }
    if !has(r"(?m)^\s*permissions\s*:") {
        found.push(
            check("without it the token has what the repository's settings give, which may be all")
                .is(Status::Warn, "it has no `permissions:`")
                .remedy("write `permissions: {contents: read}` at its top"),
        );
    }
    let bench_lines = text.lines().filter(|line| line.contains("cargo bench") || line.contains("--bench"));
    let is_quick = bench_lines.clone().any(|line| has_word(line, "--quick"));
    if is_quick {
        found.push(
            check("a quick result is one estimate without measurements: nothing can be tested on it")
                .is(strictness.fails(), "it measures with --quick")
                .remedy("use `--measurement-time 1` where time is short"),
        );
    }
    if bench_lines
        .clone()
        .any(|line| ["--profile dev", "--profile=dev", "--profile test"].iter().any(|word| line.contains(word)))
    {
        found.push(
            check("unoptimised code has other hot spots than what is shipped")
                .is(strictness.fails(), "it measures a debug build")
                .remedy("take `--profile` out"),
        );
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || "'\"".contains(c)).any(|part| part == word)
}

/// Text up to each line's first comment. A mark inside a string ends the line, too: what follows it isn't looked at.
fn without_comments(text: &str, mark: &str) -> String {
    let cut = |line: &str| {
        let ends = line.match_indices(mark).map(|(at, _)| at);
        // YAML wants a blank before it, as does whoever writes a comment; `https://` has none.
        let end = ends.into_iter().find(|at| line[..*at].chars().next_back().is_none_or(char::is_whitespace));
        line[..end.unwrap_or(line.len())].to_owned()
    };
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(path: &str, text: &str) -> Text {
        Text { path: path.to_owned(), text: text.to_owned() }
    }

    fn of(manifest: &str, bench: &str, workflow: &str) -> Repository {
        let texts = |path: &str, content: &str| if content.is_empty() { vec![] } else { vec![text(path, content)] };
        Repository {
            manifests: texts("Cargo.toml", manifest),
            benches: texts("benches/a.rs", bench),
            workflows: texts(".github/workflows/ci.yml", workflow),
            ..Repository::default()
        }
    }

    /// What is found, as code and what is said; passes left out.
    fn found(repository: &Repository) -> Vec<(Status, String)> {
        let all = review(repository, Strictness::Official).into_iter();
        let notable = all.filter(|check| check.status != Pass);
        notable
            .map(|check| {
                assert!(!check.why.is_empty(), "{check:?}");
                (check.status, check.found)
            })
            .collect()
    }

    #[track_caller]
    fn check(repository: &Repository, want: &[(Status, &str)]) {
        let got = found(repository);
        assert_eq!(got.len(), want.len(), "{got:?}");
        for ((status, words), (want_status, want_words)) in got.iter().zip(want) {
            assert!(status == want_status && words.contains(want_words), "{got:?}");
        }
    }

    const GOOD: &str = "[package]\nname='a'\n[[bench]]\nname='a'\nharness=false\n[profile.release]\ncodegen-units=1\n\
                        [dev-dependencies]\ncriterion='0.8'\n";
    const MAIN: &str = "criterion_group!(g, f);\ncriterion_main!(g);\n";

    use Status::{CannotTell, Fail, Pass, Warn};

    #[test]
    fn a_good_repository_passes() {
        let workflow = "on:\n  pull_request:\npermissions:\n  contents: read\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v6\n      \
                        - run: cargo bench\n";
        let all = review(&of(GOOD, MAIN, workflow), Strictness::Official);
        let codes: Vec<&str> = all.iter().map(|check| check.code).collect();
        assert_eq!(codes, ["bench-profile", "bench-targets", "criterion-settings", "workflow"]);
        assert!(all.iter().all(|check| check.status == Pass), "{all:?}");
    }

    #[test]
    fn no_manifest_is_no_pass() {
        check(&of("", "", ""), &[(CannotTell, "there is none here")]);
        check(&of("a = [", MAIN, ""), &[(CannotTell, "")]);
    }

    #[test]
    fn profiles() {
        let with = |profile: &str| of(&format!("[package]\nname='a'\n{profile}"), "", "");
        check(&with(""), &[(Warn, "built in several codegen units")]);
        check(&with("[profile.release]\nlto='fat'"), &[]);
        check(&with("[profile.release]\nlto=true\n"), &[]);
        let bench = |settings: &str| with(&format!("[profile.release]\ncodegen-units=1\n[profile.bench]\n{settings}"));
        check(&bench(""), &[]);
        check(&bench("opt-level=3"), &[]);
        check(&bench("opt-level=0"), &[(Fail, "opt-level = 0")]);
        check(&bench("opt-level='s'"), &[(Warn, "another opt-level")]);
        check(&bench("debug-assertions=true"), &[(Fail, "debug-assertions")]);
        check(&bench("incremental=true"), &[(Fail, "incremental")]);
        check(
            &bench("codegen-units=16"),
            &[(Warn, "differ in codegen-units"), (Warn, "built in several codegen units")],
        );
        let mut with_config = bench("");
        with_config.cargo_config = Some(text(".cargo/config.toml", "[profile.bench]\nopt-level=1\n"));
        check(&with_config, &[(Fail, "opt-level = 1")]);
    }

    #[test]
    fn targets_that_criterion_does_not_run() {
        let manifest = |rest: &str| format!("[package]\nname='a'\n{rest}\n[profile.release]\ncodegen-units=1\n");
        check(&of(&manifest(""), MAIN, ""), &[(Fail, "doesn't say `harness = false`")]);
        check(&of(&manifest("[[bench]]\nname='a'\nharness=true"), MAIN, ""), &[(Fail, "harness")]);
        check(&of(&manifest("[[bench]]\nname='b'\npath='benches/a.rs'\nharness=false"), MAIN, ""), &[]);
        check(&of(&manifest("autobenches=false"), MAIN, ""), &[]);
        check(&of(&manifest(""), "// criterion_main!(g)\n", ""), &[]);
        let without = "[dev-dependencies]\ncriterion={version='0.8',default-features=false,features=['rayon']}";
        // Told, as no version needs it so far.
        let all = review(&of(&manifest(without), "", ""), Strictness::Official);
        assert!(all.iter().any(|c| c.found.contains("cargo_bench_support") && c.status == Pass), "{all:?}");
        let with =
            "[dev-dependencies]\ncriterion={version='0.8',default-features=false,features=['cargo_bench_support']}";
        let all = review(&of(&manifest(with), "", ""), Strictness::Official);
        assert!(all.iter().all(|c| !c.found.contains("cargo_bench_support") && c.status == Pass), "{all:?}");
        // Packages of their own, as the fixtures of a repository.
        let mut excluded = of("[workspace]\nexclude=['fixtures']\n[profile.release]\ncodegen-units=1\n", "", "");
        excluded.manifests.push(text("fixtures/a/Cargo.toml", "[package]\nname='a'"));
        excluded.benches.push(text("fixtures/a/benches/b.rs", &format!("{MAIN}.sample_size(10)")));
        check(&excluded, &[]);
    }

    #[test]
    fn settings_of_criterion() {
        let with = |code: &str| of(GOOD, &format!("{MAIN}{code}"), "");
        check(
            &with("g.sample_size(10).measurement_time(Duration::from_millis(200));"),
            &[(Warn, "measurement_time is 200ms"), (Warn, "sample_size is 10")],
        );
        check(&with("c.sample_size(1_00).measurement_time(std::time::Duration::from_secs(5))"), &[]);
        check(
            &with("c.warm_up_time(Duration::from_millis(1)).nresamples(100)"),
            &[(Warn, "warm_up_time"), (Warn, "nresamples is 100")],
        );
        check(&with("// c.sample_size(10)\n"), &[]);
        check(&with("c.sample_size(99999999999999999999999999)"), &[]);
    }

    #[test]
    fn workflows() {
        let with = |workflow: &str| of(GOOD, "", workflow);
        let target = "on: [push, pull_request_target]\npermissions: {}\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v6\n        \
                      with:\n          ref: ${{ github.event.pull_request.head.sha }}\n      - run: cargo bench\n";
        check(&with(target), &[(Fail, "pull_request_target")]);
        check(&with(&target.replace("pull_request_target", "pull_request")), &[]);
        // Of the base alone it is no danger.
        check(&with(&target.replace("          ref: ${{ github.event.pull_request.head.sha }}\n", "")), &[]);
        let writes = "on:\n  pull_request:\n    branches: [main]\npermissions:\n  contents: read\n  pull-requests: write # to comment\nrun: cargo bench\n";
        check(&with(writes), &[(Warn, "permission to write")]);
        check(&with("on: pull_request\npermissions: write-all\nrun: cargo bench\n"), &[(Warn, "permission to write")]);
        check(&with("on: push\nrun: cargo bench -- --quick\n"), &[(Warn, "no `permissions:`"), (Fail, "--quick")]);
        check(&with("on: push\npermissions: {}\nrun: cargo bench --profile dev\n"), &[(Fail, "debug build")]);
        let own = "on: pull_request\npermissions: {}\nruns-on: [self-hosted]\nrun: cargo bench\n";
        check(&with(own), &[(Fail, "self-hosted")]);
        // Others are others' business.
        check(&with("on: pull_request_target\nrun: cargo test\n"), &[]);
        check(&with("# cargo bench\non: push\n"), &[]);
    }

    proptest! {
        // Patterns are compiled each time.
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn arbitrary_text_never_panics(a in ".{0,100}", b in ".{0,100}", c in ".{0,100}") {
            let _ = review(&of(&a, &b, &format!("{c}\ncargo bench")), Strictness::Smoke);
        }
    }
}
