//! `regress init`: what it writes, and what it leaves alone.

use std::collections::BTreeSet;
use std::fs;

use crate::case::{Case, Ran};

const WORKFLOWS: [&str; 3] = [
    ".github/workflows/benchmark-smoke.yml",
    ".github/workflows/benchmark-comment.yml",
    ".github/workflows/benchmark-official.yml",
];

fn read(case: &Case, path: &str) -> String {
    fs::read_to_string(case.path(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A package with two bench targets of Criterion, one of another harness, and an example.
fn package() -> Case {
    let manifest = "[package]\nname = \"demo\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[workspace]\n\
        [[bench]]\nname = \"parse\"\nharness = false\n[[bench]]\nname = \"sort\"\nharness = false\n[[bench]]\nname = \"old\"\n";
    Case::new()
        .file("Cargo.toml", manifest)
        .file("src/lib.rs", "")
        .file("benches/parse.rs", "use criterion::Criterion;")
        .file("benches/sort.rs", "criterion::criterion_main!(benches);")
        .file("benches/old.rs", "#![feature(test)]")
        .env("CARGO", env!("CARGO"))
}

#[test]
fn writes_the_workflows_and_a_configuration_that_holds() {
    let case = package();
    let mut ran = case.regress("init").exit_code(0);
    for path in WORKFLOWS {
        ran = ran.stdout_contains(&format!("wrote {path}"));
        let text = read(&case, path);
        assert!(
            !text.contains('@') || ["@BENCH@", "@ACTION@", "@ARGS@"].iter().all(|left| !text.contains(left)),
            "{path}:\n{text}"
        );
    }
    assert!(read(&case, WORKFLOWS[0]).contains("\n          command: ab\n"));
    assert!(
        read(&case, WORKFLOWS[0])
            .contains("\n          benches: |\n            parse\n            sort\n          report: ")
    );
    let official = read(&case, WORKFLOWS[2]);
    assert!(official.contains("\n            --bench=parse\n            --bench=sort\n      - name: "), "{official}");
    ran.stdout_contains("regress ab --bench parse --bench sort")
        .stdout_contains("cargo bench --bench parse --bench sort")
        .stdout_contains("git ls-remote");
    // The configuration is one, and says what holds without it.
    let settings = |ran: Ran| ran.json()["settings"].clone();
    let with = settings(case.regress("config --format json").exit_code(0));
    let without = settings(case.regress("config --format json --no-config").exit_code(0));
    assert_eq!(with["threshold"]["value"], without["threshold"]["value"]);
}

#[test]
fn smoke_can_measure_the_suite_of_one_side_after_the_other() {
    let case = package();
    let ran = case.regress("init --smoke check").exit_code(0);
    let text = read(&case, WORKFLOWS[0]);
    assert!(text.contains("cargo bench --bench parse --bench sort -- --save-baseline base"));
    assert!(text.contains("\n          command: check\n") && !text.contains("command: ab"));
    assert!(!text.contains("@INPUTS@") && !text.contains("@BENCH@") && !text.contains("@ACTION@"), "{text}");
    ran.stdout_contains("regress check --baseline base");
}

#[test]
fn the_commented_settings_are_settings() {
    let case = package();
    case.regress("init").exit_code(0);
    // Every line that shows a setting behind a `#`, made one.
    let text = read(&case, "regress.toml");
    let shown = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with('[') || rest.starts_with('"') || rest.contains(" = ") => rest,
        Some(_) | None => line,
    });
    let case = Case::new().file("regress.toml", &shown.collect::<Vec<_>>().join("\n"));
    case.regress("config").exit_code(0);
}

#[test]
fn never_overwrites() {
    for there in WORKFLOWS.into_iter().chain(["regress.toml"]) {
        let case = package().file(there, "mine");
        let ran = case.regress("init").exit_code(2);
        ran.stderr_contains(there).stderr_contains("already there");
        assert_eq!(read(&case, there), "mine");
        for other in WORKFLOWS.into_iter().chain(["regress.toml"]).filter(|other| *other != there) {
            assert!(!case.path(other).exists(), "{other} was written beside {there}");
        }
        case.regress("init --keep").exit_code(0).stdout_contains(&format!("kept  {there}"));
        assert_eq!(read(&case, there), "mine");
        assert!(WORKFLOWS.iter().all(|path| case.path(path).exists()));
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_something_that_is_there() {
    let case = package().file("elsewhere/kept", "mine").file(".github/workflows/other.yml", "");
    std::os::unix::fs::symlink(case.path("elsewhere/none"), case.path(WORKFLOWS[1])).expect("a link");
    case.regress("init").exit_code(2).stderr_contains(WORKFLOWS[1]);
    assert!(!case.path("elsewhere/none").exists());
}

#[test]
fn a_dry_run_prints_and_writes_nothing() {
    let case = package();
    let ran = case.regress("init --dry-run --workflows smoke,official").exit_code(0);
    let ran =
        ran.stdout_contains("==> .github/workflows/benchmark-smoke.yml <==").stdout_contains("--profile=official");
    ran.stdout_lacks("benchmark-comment.yml <==");
    assert!(!case.path(".github").exists() && !case.path("regress.toml").exists());
}

#[test]
fn benchmarks_are_those_that_cargo_knows_of_or_that_are_named() {
    let case = Case::new().env("CARGO", env!("CARGO"));
    let ran = case.regress("init").exit_code(2).stderr_contains("failed to ask cargo");
    ran.stderr_contains("could not find `Cargo.toml`").stderr_contains("name them: regress init --bench NAME");
    let case = Case::new().file("Cargo.toml", "[package").env("CARGO", env!("CARGO"));
    case.regress("init").exit_code(2).stderr_contains("failed to ask cargo for the bench targets: error");
    let case = Case::new();
    case.regress("init --bench speed --workflows smoke").exit_code(0);
    assert!(read(&case, WORKFLOWS[0]).contains("\n          benches: |\n            speed\n"));
    // Nothing that a shell or YAML would read otherwise.
    for name in ["$(id)", "a;b", "-x", "a'b", "a\nb", ""] {
        let ran = Case::new().regress_with(&["init", &format!("--bench={name}")]).exit_code(2);
        ran.stderr_contains("bench target");
    }
    // In a workspace, by package too.
    let member = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n");
    let case = Case::new()
        .file("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"2\"\n")
        .file("a/Cargo.toml", &member("a"))
        .file("a/src/lib.rs", "")
        .file("b/Cargo.toml", &member("b"))
        .file("b/src/lib.rs", "")
        .file("b/benches/speed.rs", "use criterion::Criterion;")
        .env("CARGO", env!("CARGO"));
    case.regress("init --workflows smoke").exit_code(0);
    let inputs = "\n          packages: |\n            b\n          benches: |\n            speed\n          report: ";
    assert!(read(&case, WORKFLOWS[0]).contains(inputs), "{}", read(&case, WORKFLOWS[0]));
    fs::remove_file(case.path(WORKFLOWS[0])).expect("it was written");
    case.regress("init --workflows smoke --smoke check --keep").exit_code(0);
    assert!(read(&case, WORKFLOWS[0]).contains("cargo bench --package b --bench speed -- "));
}

#[test]
fn the_action_is_named_by_a_commit_or_by_this_versions_tag() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let case = package();
    case.regress(&format!("init --action-ref {commit}")).exit_code(0).stdout_lacks("git ls-remote");
    let pinned = concat!("@0123456789abcdef0123456789abcdef01234567 # v", env!("CARGO_PKG_VERSION"));
    for path in WORKFLOWS {
        assert!(read(&case, path).contains(pinned), "{path}");
    }
    let case = package();
    for wrong in ["main", "0123", "0123456789ABCDEF0123456789abcdef01234567"] {
        case.regress(&format!("init --action-ref {wrong}")).exit_code(2).stderr_contains("40 hexadecimal digits");
    }
    case.regress("init").exit_code(0);
    assert!(read(&case, WORKFLOWS[0]).contains(concat!("criterion-regress@v", env!("CARGO_PKG_VERSION"), " ")));
}

#[test]
fn the_folder_has_to_be_there() {
    Case::new().regress("init --dir none --bench a").exit_code(2).stderr_contains("there is no such folder");
    let case = Case::new().file("repo/.git/HEAD", "");
    case.regress("init --dir repo --bench a").exit_code(0).stdout_lacks("not the root of a git repository");
    assert!(case.path("repo/regress.toml").is_file() && !case.path("regress.toml").exists());
}

/// What comments promise of each workflow, and what keeps strangers out.
#[test]
fn rights_are_the_least_and_actions_are_pinned() {
    // With checkout, upload, download and ours; with cache, too.
    for (how, n_pins) in [("ab", 5), ("check", 4)] {
        let case = package();
        case.regress(&format!("init --smoke {how} --action-ref {}", "a".repeat(40))).exit_code(0);
        rights_and_pins(&case, n_pins);
    }
}

fn rights_and_pins(case: &Case, n_pins: usize) {
    let mut pins = BTreeSet::new();
    for path in WORKFLOWS {
        let text = read(case, path);
        assert!(text.contains("\npermissions: {}\n"), "{path}");
        assert!(!text.contains("pull_request_target") && !text.contains("secrets."), "{path}");
        for line in text.lines().filter(|line| line.contains("uses: ")) {
            let (_, named) = line.split_once("uses: ").expect("it is there");
            let (_, pin) = named.split_once('@').unwrap_or_else(|| panic!("{path}: {line}"));
            let commit = pin.split(' ').next().unwrap_or_default();
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{path}: {line}");
            pins.insert(named.to_owned());
        }
    }
    assert_eq!(pins.len(), n_pins, "{pins:?}");
    let [smoke, comment, official] = WORKFLOWS.map(|path| read(case, path));
    assert!(!smoke.contains("write") && !smoke.contains("github.token"));
    assert!(!comment.contains("checkout@") && !comment.contains("run: "), "the trusted side runs nothing");
    assert!(!official.contains("pull_request"), "strangers' code stays off the machine");
    // Each system that measures is fetched and shown.
    let (_, matrix) = smoke.split_once("os: [").expect("a matrix");
    for system in matrix.split(']').next().unwrap_or_default().split(", ") {
        assert!(comment.contains(&format!("name: regress-report-{system}\n")), "{system}");
        assert!(
            comment.contains(&format!("{system}=${{{{ runner.temp }}}}/regress/{system}/report.json\n")),
            "{system}"
        );
    }
}

#[test]
fn history_is_recorded_by_a_job_that_runs_nothing_of_the_code() {
    const HISTORY: &str = ".github/workflows/benchmark-history.yml";
    let case = package();
    case.regress("init").exit_code(0);
    assert!(!case.path(HISTORY).exists());
    let ran = case.regress(&format!("init --history --keep --action-ref {}", "a".repeat(40))).exit_code(0);
    ran.stdout_contains(&format!("wrote {HISTORY}")).stdout_contains("regress changes --store branch:regress-history");
    let text = read(&case, HISTORY);
    assert!(
        text.contains("\npermissions: {}\n") && !text.contains("secrets.") && !text.contains("pull_request"),
        "{text}"
    );
    let (measure, record) = text.split_once("\n  record:\n").expect("two jobs");
    assert!(measure.contains("cargo bench --bench parse --bench sort -- --noplot") && !measure.contains(": write"));
    assert!(!record.contains("cargo") && record.contains("contents: write"), "{record}");
    assert_eq!(
        text.matches("uses: ").count(),
        text.lines().filter(|line| line.contains("uses: ") && line.contains(" # v")).count()
    );
    package().regress("init --workflows history --dry-run").exit_code(0).stdout_contains("benchmark-history.yml <==");
}

const DASHBOARD: &str = ".github/workflows/benchmark-dashboard.yml";

#[test]
fn the_dashboard_is_published_by_a_job_that_gets_the_site_alone() {
    let case = package();
    let ran = case.regress(&format!("init --history --action-ref {}", "a".repeat(40))).exit_code(0);
    ran.stdout_contains(&format!("wrote {DASHBOARD}")).stdout_contains("Pages, source: GitHub Actions");
    let text = read(&case, DASHBOARD);
    assert!(text.contains("\npermissions: {}\n") && !text.contains("secrets.") && !text.contains("cargo"), "{text}");
    let (make, publish) = text.split_once("\n  publish:\n").expect("two jobs");
    assert!(make.contains("event != 'pull_request'") && !make.contains(": write"), "{make}");
    assert!(
        !publish.contains("run: ") && !publish.contains("checkout@") && !publish.contains("contents:"),
        "{publish}"
    );
    assert!(text.lines().filter(|line| line.contains("uses: ")).all(|line| line.contains(" # v")), "{text}");
    // It follows those that record, by their names.
    for path in [WORKFLOWS[2], ".github/workflows/benchmark-history.yml"] {
        let recording = read(&case, path);
        let name = recording.lines().find_map(|line| line.strip_prefix("name: ")).expect("a name");
        let (_, followed) = make.split_once("    workflows: [").expect("what it follows");
        assert!(followed.split(']').next().unwrap_or_default().split(", ").any(|known| known == name), "{name}");
    }
    package().regress("init --workflows history").exit_code(0).stdout_lacks(DASHBOARD);
}

#[test]
fn official_runs_are_recorded_where_history_is_kept() {
    let (plain, recording) = (package(), package());
    plain.regress("init").exit_code(0);
    recording.regress("init --history").exit_code(0);
    let (plain, text) = (read(&plain, WORKFLOWS[2]), read(&recording, WORKFLOWS[2]));
    assert!(
        !plain.contains("command: record") && !plain.contains("regress-history") && !plain.contains("write"),
        "{plain}"
    );
    assert!(!plain.contains("@HISTORY@") && !text.contains("@HISTORY@") && !text.contains("@END@"), "{text}");
    // The machine that measures may not write, and the one that may runs nothing of the code.
    let (official, record) = text.split_once("\n  record:\n").expect("a job that records");
    let (record, figures) = record.split_once("\n  figures:\n").expect("a job that looks at figures");
    assert!(official.contains("self-hosted") && !official.contains(": write"), "{official}");
    assert!(record.contains("runs-on: ubuntu-latest") && record.contains("contents: write"), "{record}");
    assert!(record.contains("--store=branch:regress-history") && !record.contains("cargo"), "{record}");
    for text in [plain.as_str(), figures] {
        assert!(text.contains("command: claims\n          args: |\n            --check\n"), "{text}");
    }
    assert!(!figures.contains("self-hosted") && !figures.contains("write"), "{figures}");
    // One that doesn't record is not passed over in silence.
    let case = package();
    case.regress("init").exit_code(0);
    case.regress("init --history --keep").exit_code(0).stdout_contains("benchmark-official.yml was kept");
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere() {
    let case = package();
    fs::create_dir(case.path("outside")).expect("a folder");
    std::os::unix::fs::symlink(case.path("outside"), case.path(".github")).expect("a link");
    case.regress("init").exit_code(2).stderr_contains(".github is a link");
    assert!(
        fs::read_dir(case.path("outside")).expect("a folder").next().is_none() && !case.path("regress.toml").exists()
    );
    // A source that never ends is none of Criterion's.
    let case = package();
    fs::remove_file(case.path("benches/parse.rs")).expect("it is there");
    std::os::unix::fs::symlink("/dev/zero", case.path("benches/parse.rs")).expect("a link");
    case.regress("init").exit_code(0);
    assert!(read(&case, WORKFLOWS[0]).contains("benches: |\n            sort\n          report"));
}
