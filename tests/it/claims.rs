//! `regress claims` and `regress release-check`: what a document says is what a report bears, and no more.

use std::time::Duration;

use criterion_regress::model::{CheckState, Session, SessionCheck};
use criterion_regress::store::write_session;
use serde_json::{Value, json};

use crate::case::{Case, Ran};
use crate::git::{git, repository};
use crate::rivals::{ARGUMENTS, executions, good_session, honest};

const DOCUMENT: &str =
    "# Benchmarks\n\nOurs.\n\n<!-- regress:begin mlx -->\n<!-- regress:end mlx -->\n\nEnd, without a line end";

const FASTER: [(&str, f64, f64); 2] = [("softmax/8", 5000.0, 12_500.0), ("matmul/8", 5000.0, 10_000.0)];

/// A document with a section, and the report of `n` executions under these conditions.
fn recorded(n: usize, workloads: &[(&str, f64, f64)], session: Option<Session>) -> Case {
    let case = executions(n, workloads, honest).file("BENCHMARKS.md", DOCUMENT);
    let case = match session {
        Some(session) => case.file("runs/session.json", &write_session(&session)),
        None => case,
    };
    std::fs::create_dir_all(case.path("benchmarks/results")).expect("a folder");
    case.regress(&format!("{ARGUMENTS} -o json=benchmarks/results/mlx.json"));
    case
}

fn document(case: &Case) -> String {
    std::fs::read_to_string(case.path("BENCHMARKS.md")).expect("it is there")
}

#[test]
fn a_claim_is_generated_and_stays() {
    let case = recorded(5, &FASTER, Some(good_session(5)));
    case.regress("claims --check").exit_code(1).stdout_contains("DIFFERS  BENCHMARKS.md:5  mlx");
    assert_eq!(document(&case), DOCUMENT, "--check writes nothing");
    case.regress("claims").exit_code(0).stdout_contains("written  BENCHMARKS.md:5  mlx");
    let text = document(&case);
    let before = "# Benchmarks\n\nOurs.\n\n<!-- regress:begin mlx -->\n";
    let after = "<!-- regress:end mlx -->\n\nEnd, without a line end";
    assert!(text.starts_with(before) && text.ends_with(after), "{text}");
    for part in [
        "× faster (2.",
        "than theirs-cpu (library 0.30.0) on Tester 9000, 8 cores, Testix 1; the geometric mean of 2 workloads: faster in 2,",
        "5 runs each, 95 % interval; commit 0123456789ab",
        "| <code>matmul/8</code> |",
        "](benchmarks/results/mlx.svg)",
        "by <code>regress official</code>",
    ] {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    let svg = std::fs::read_to_string(case.path("benchmarks/results/mlx.svg")).expect("a chart");
    assert!(
        svg.starts_with("<svg ") && svg.matches("<circle").count() == 3 && svg.contains(">matmul/8</text>"),
        "{svg}"
    );
    case.regress("claims --check").exit_code(0).stdout_contains("current");
    case.regress("claims").exit_code(0).stdout_contains("current");
    assert_eq!(document(&case), text, "twice is once");
    assert_eq!(std::fs::read_dir(case.path(".")).expect("a folder").count(), 3, "nothing is left beside it");
    // A figure that somebody improves.
    let better = text.replacen("faster (2.", "faster (3.", 1);
    let case = case.file("BENCHMARKS.md", &better);
    case.regress("claims --check").exit_code(1).stdout_contains("  stands: **ours-cpu");
    std::fs::remove_file(case.path("benchmarks/results/mlx.svg")).expect("it was there");
    let case = case.file("BENCHMARKS.md", &text);
    case.regress("claims --check").exit_code(1).stdout_contains("mlx.svg is not there");
}

fn refusals(case: &Case) -> (Ran, Vec<String>) {
    let ran = case.regress("claims --format json");
    let rows = ran.json()["sections"][0]["refusals"].clone();
    let reasons = rows.as_array().expect("a list").iter().map(|r| r["reason"].as_str().expect("words").to_owned());
    let reasons = reasons.collect();
    (ran, reasons)
}

#[track_caller]
fn refuses(n: usize, workloads: &[(&str, f64, f64)], session: Option<Session>, want: &[&str]) {
    let case = recorded(n, workloads, session);
    let (ran, reasons) = refusals(&case);
    assert_eq!(reasons.len(), want.len(), "{reasons:?}");
    for want in want {
        assert!(reasons.iter().any(|reason| reason.contains(want)), "no `{want}` in {reasons:?}");
    }
    assert_eq!((ran.code, &ran.json()["sections"][0]["claim"]), (Some(3), &Value::Null));
    let text = document(&case);
    assert!(
        text.contains("No speed is claimed")
            && !text.contains("faster**")
            && !text.contains("× ")
            && !text.contains(".svg"),
        "{text}"
    );
    assert!(!case.path("benchmarks/results/mlx.svg").exists());
    // What is written so is what the report says.
    case.regress("claims --check").exit_code(0).stdout_contains("no claim: ");
}

#[test]
fn a_virtual_machine_bears_no_claim() {
    let case = Case::new().tree("cuda-h200/official/runs", "runs").file("BENCHMARKS.md", DOCUMENT);
    std::fs::create_dir_all(case.path("benchmarks/results")).expect("a folder");
    let rivals = "rivals runs --ours candle-cuda --theirs mlx-cuda -o json=benchmarks/results/mlx.json";
    case.regress(rivals).exit_code(0);
    let (ran, reasons) = refusals(&case);
    assert_eq!(ran.code, Some(3), "{ran}");
    for want in ["measured in a virtual machine", "which commit was measured", "the working tree was clean"] {
        assert!(reasons.iter().any(|reason| reason.contains(want)), "no `{want}` in {reasons:?}");
    }
}

#[test]
fn what_forbids_a_claim() {
    let with = |change: &dyn Fn(&mut Session)| {
        let mut session = good_session(5);
        change(&mut session);
        Some(session)
    };
    let machine = |session: &mut Session, change: fn(&mut criterion_regress::model::Environment)| {
        session.executions.iter_mut().for_each(|e| {
            change(&mut e.before);
            change(&mut e.after);
        });
    };
    let check = |session, want: &str| refuses(5, &FASTER, session, &[want]);
    check(None, "nothing says how it was measured");
    let vm = |e: &mut criterion_regress::model::Environment| e.virtualization = Some("virtual machine".to_owned());
    check(with(&|s| machine(s, vm)), "in a virtual machine");
    check(
        with(&|s| machine(s, |e| e.runner = Some("GitHub-hosted macos14".to_owned()))),
        "on a runner that others share",
    );
    check(with(&|s| machine(s, |e| e.runner = Some("GitLab CI".to_owned()))), "cannot tell whether others share");
    check(with(&|s| s.is_dirty = Some(true)), "changes that no commit holds");
    check(with(&|s| s.is_dirty = None), "cannot tell whether the working tree was clean");
    check(with(&|s| s.commit = None), "which commit");
    check(
        with(&|s| s.executions[2].after.cpu = Some("Other".to_owned())),
        "the machine changed between executions: CPU",
    );
    check(
        with(&|s| s.executions[3].tainted = Some("thermal pressure".to_owned())),
        "disturbed execution 4: thermal pressure",
    );
    check(with(&|s| s.executions.truncate(4)), "5 runs were compared, and the session has 4 executions");
    check(with(&|s| s.finished_at = None), "the session was not finished");
    check(with(&|s| s.finished_at = s.started_at.map(|at| at - Duration::from_secs(60))), "ended before it began");
    check(with(&|s| s.checks.clear()), "nothing says that the machine was looked at");
    let failed = || SessionCheck { name: "power".to_owned(), state: CheckState::Fail, words: "battery".to_owned() };
    check(with(&|s| s.checks.push(failed())), "the check power failed before it was measured: battery");
    refuses(4, &FASTER, Some(good_session(4)), &["4 executions a side, and a claim needs 5"]);
    // What the comparison refuses, no conditions make good.
    refuses(
        5,
        &[("a/8", 5000.0, 9000.0), ("b/8", 40.0, 9000.0)],
        Some(good_session(5)),
        &["ours is faster than the hardware can be"],
    );
    let unknown = with(&|s| machine(s, |e| *e = criterion_regress::model::Environment::default()));
    refuses(
        5,
        &FASTER,
        unknown,
        &["cannot tell whether it was measured in a virtual", "cannot tell whether others", "on which machine"],
    );
}

#[test]
fn no_difference_and_slower_are_told_as_what_they_are() {
    let case = recorded(5, &[("a/8", 5000.0, 5000.0)], Some(good_session(5)));
    case.regress("claims").exit_code(0);
    assert!(document(&case).contains("is as fast as theirs-cpu (library 0.30.0) within "), "{}", document(&case));
    let case = recorded(5, &[("a/8", 10_000.0, 5000.0)], Some(good_session(5)));
    case.regress("claims").exit_code(0);
    assert!(document(&case).contains("is 2.0") && document(&case).contains("× slower ("), "{}", document(&case));
}

#[test]
fn a_selection_is_no_claim() {
    let case = recorded(5, &FASTER, Some(good_session(5)));
    case.regress(&format!("{ARGUMENTS} --filter softmax -o json=benchmarks/results/mlx.json")).exit_code(0);
    let (_, reasons) = refusals(&case);
    assert_eq!(reasons, ["only benchmarks that match `softmax` were compared"]);
}

#[test]
fn what_a_section_shows() {
    let case = recorded(5, &FASTER, Some(good_session(5)));
    let written = |case: Case, show: &str| {
        let case = case.file("BENCHMARKS.md", &DOCUMENT.replace("begin mlx", &format!("begin mlx show={show}")));
        case.regress("claims");
        let text = document(&case);
        let parts = ["× faster (", "| <code>matmul/8</code> |", "mlx.svg", "<sub>"];
        (case, parts.map(|part| text.contains(part)))
    };
    let (case, shown) = written(case, "claim");
    assert_eq!(shown, [true, false, false, false]);
    let (case, shown) = written(case, "chart,conditions");
    assert_eq!(shown, [false, false, true, true]);
    // Where no claim is borne, a section that shows none has no ratio in its table either.
    let case = case.file("runs/session.json", &write_session(&Session { is_dirty: Some(true), ..good_session(5) }));
    case.regress(&format!("{ARGUMENTS} -o json=benchmarks/results/mlx.json"));
    let (case, shown) = written(case, "table");
    assert_eq!(shown, [false, true, false, false]);
    assert!(!document(&case).contains('×'), "{}", document(&case));
}

#[test]
fn a_report_of_check_is_shown() {
    let document = "<!-- regress:begin since report=r/check.json -->\r\n<!-- regress:end since -->\r\n";
    let case = Case::of("demo/criterion").file("BENCHMARKS.md", document).file("r/a", "");
    case.regress("check -b main -c pr -o json=r/check.json").exit_code(1);
    case.regress("claims").exit_code(0);
    let text = self::document(&case);
    assert!(text.contains("**REGRESSED**") && !text.replace("\r\n", "").contains('\n'), "{text}");
    case.regress("claims --check").exit_code(0);
}

#[test]
fn what_cannot_be_written_is_an_error_and_leaves_all_as_it_was() {
    let case = recorded(5, &FASTER, Some(good_session(5)));
    let with = |document: &str| {
        case.path("BENCHMARKS.md").exists().then(|| std::fs::write(case.path("BENCHMARKS.md"), document))
    };
    let check = |document: &str, want: &str| {
        with(document).expect("it is there").expect("written");
        let ran = case.regress("claims").exit_code(2).stderr_contains(want);
        assert_eq!(self::document(&case), document, "{ran}");
    };
    check("<!-- regress:begin mlx -->\n", "BENCHMARKS.md: line 1: section `mlx` never ends");
    check(&DOCUMENT.replace("Ours.", "<!-- regress:begin x -->"), "line 5: section `x` of line 3 is still open");
    check(&DOCUMENT.replace("begin mlx", "begin none").replace("end mlx", "end none"), "none.json");
    check("nothing is marked\n", "failed to find a section in BENCHMARKS.md");
    std::fs::write(case.path("BENCHMARKS.md"), b"\xff<!-- regress:begin mlx -->\n").expect("written");
    case.regress("claims").exit_code(2).stderr_contains("BENCHMARKS.md");
    case.regress("claims none.md").exit_code(2).stderr_contains("none.md");
    // A report that was tampered with contradicts itself.
    std::fs::write(case.path("BENCHMARKS.md"), DOCUMENT).expect("written");
    let path = case.path("benchmarks/results/mlx.json");
    let text = std::fs::read_to_string(&path).expect("a report");
    let mut report: Value = serde_json::from_str(&text).expect("JSON");
    report["together"]["estimate"] = json!(25.9);
    std::fs::write(&path, report.to_string()).expect("written");
    case.regress("claims").exit_code(2).stderr_contains("outside its interval");
    std::fs::write(&path, text.replace("\"refused\": 0", "\"refused\": 1")).expect("written");
    case.regress("claims").exit_code(2).stderr_contains("contradicts itself");
}

#[test]
fn a_report_that_claims_more_than_it_was_written_with_is_refused() {
    let case = recorded(5, &FASTER, Some(good_session(5)));
    let path = case.path("benchmarks/results/mlx.json");
    let was: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("a report")).expect("JSON");
    let tampered = |change: &dyn Fn(&mut Value)| {
        let mut report = was.clone();
        change(&mut report);
        std::fs::write(&path, report.to_string()).expect("written");
        std::fs::write(case.path("BENCHMARKS.md"), DOCUMENT).expect("written");
        case.regress("claims --check")
    };
    let better = |ratio: &mut Value| {
        for (key, value) in [("estimate", 25.9), ("lower", 25.5), ("upper", 25.9 * 25.9 / 25.5)] {
            ratio[key] = value.into();
        }
    };
    let surer = |ratio: &mut Value| {
        let estimate = ratio["estimate"].as_f64().expect("a number");
        (ratio["lower"], ratio["upper"]) = ((estimate / 1.00001).into(), (estimate * 1.00001).into());
    };
    let check = |change: &dyn Fn(&mut Value), want: &str| {
        let ran = tampered(change).exit_code(2).stderr_contains(want);
        ran.stderr_contains("contradicts itself").stderr_contains("benchmarks/results/mlx.json");
    };
    tampered(&|_| {}).exit_code(1);
    check(&|r| better(&mut r["together"]), "not the geometric mean");
    check(&|r| (0..2).for_each(|i| surer(&mut r["workloads"][i]["ratio"])), "surer than they are");
    check(
        &|r| {
            better(&mut r["together"]);
            (0..2).for_each(|i| better(&mut r["workloads"][i]["ratio"]));
        },
        "not that of its times",
    );
    let dropped = |r: &mut Value| {
        r["workloads"].as_array_mut().expect("rows").remove(0);
        (r["counts"]["workloads"], r["counts"]["faster"]) = (1.into(), 1.into());
    };
    check(&dropped, "not the geometric mean");
    check(&|r| r["workloads"][0]["executions"] = json!([500, 500]), "executions that were not there");
    check(&|r| r["workloads"][0]["executions"] = json!([1, 5]), "on too few");
    check(&|r| r["workloads"][1]["times"] = json!([-1.0, 1e308]), "not that of its times");
    check(&|r| r["workloads"][1]["fastest"] = json!([1e9, 1e9]), "not that of its times");
    check(&|r| r["ours"]["precisions"] = json!(["f16"]), "differ in precision");
    check(&|r| r["ours"]["name"] = json!("theirs-cpu"), "one name");
    check(&|r| r["measured_at"] = json!(["2026-01-01T00:00:00Z", "# x"]), "when it was measured");
    check(&|r| r["measured_at"] = json!(["2027-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]), "when it was measured");
    let machine = |key: &'static str, value: &'static str| {
        move |r: &mut Value| r["conditions"]["environments"][0][key] = value.into()
    };
    check(&machine("virtualization", "virtual machine"), "ran in none");
    check(&machine("runner", "GitHub-hosted macos14"), "none was shared");
    let another = |r: &mut Value| {
        let machines = r["conditions"]["environments"].as_array_mut().expect("machines");
        machines.push(machines[0].clone());
        machines[1]["cpu"] = "another".into();
    };
    check(&another, "no change of the machine");
    // What can be written so, and is no ground for a claim.
    let none = |change: &dyn Fn(&mut Value), want: &str| {
        tampered(change).exit_code(1).stdout_contains(&format!("no claim: {want}"));
    };
    none(&|r| r["confidence"] = 0.5.into(), "its intervals are of 50 %");
    none(&|r| r["conditions"]["commit"] = "".into(), "`` is no commit");
    none(&|r| r["conditions"]["commit"] = "x](http://e)".into(), "`x](http://e)` is no commit");
}

#[test]
fn benchmarks_of_one_side_alone_are_counted_in_the_claim() {
    let case = recorded(5, &FASTER, Some(good_session(5)));
    for i in 1..=5 {
        std::fs::remove_dir_all(case.path(&format!("runs/{i}/softmax/theirs-cpu"))).expect("it was there");
    }
    case.regress(&format!("{ARGUMENTS} -o json=benchmarks/results/mlx.json")).exit_code(0);
    case.regress("claims").exit_code(0).stdout_contains("in matmul/8 (1 more of one side alone); 5 runs each");
}

#[test]
fn a_typed_claim_is_told() {
    let case = recorded(5, &FASTER, Some(good_session(5)));
    let case = case.file("BENCHMARKS.md", &DOCUMENT.replace("Ours.", "It is 25.9x faster."));
    case.regress("claims").exit_code(0).stderr_contains("BENCHMARKS.md:3: `25.9x faster` was typed");
}

#[test]
fn strangers_words_stay_words() {
    let hostile = |name: &str, mut work: Value| {
        work["device"]["name"] = json!("<img src=x> --> <!-- regress:end mlx -->\n# @all");
        work["versions"] = json!({ "library": format!("{name} ](x) **b**\u{202e}") });
        Some(work)
    };
    let case = executions(5, &FASTER, hostile).file("BENCHMARKS.md", DOCUMENT);
    let case = case.file("runs/session.json", &write_session(&good_session(5))).file("benchmarks/results/a", "");
    case.regress(&format!("{ARGUMENTS} -o json=benchmarks/results/mlx.json")).exit_code(0);
    case.regress("claims").exit_code(0);
    case.regress("claims --check").exit_code(0);
    let text = document(&case);
    assert!(
        !text.contains("<img") && !text.contains("@all") && !text.contains("](x)") && !text.contains('\u{202e}'),
        "{text}"
    );
    assert_eq!(text.matches("regress:end mlx -->").count(), 1, "{text}");
}

#[test]
fn a_release_needs_its_benchmarks() {
    let case = executions(5, &FASTER, honest)
        .file("BENCHMARKS.md", DOCUMENT)
        .file("code", "1")
        .file(".gitignore", "runs\ntarget\n");
    let status = |case: &Case, code: &str| {
        let ran = case.regress("release-check --format json");
        let report = ran.json();
        let check = report["checks"].as_array().expect("checks").iter().find(|c| c["code"] == code).cloned();
        let check = check.unwrap_or_else(|| panic!("no {code}: {ran}"));
        assert_eq!(check["status"] == "pass", check["remedy"].is_null(), "{ran}");
        assert_eq!(ran.code == Some(0), report["ready"] == json!(true), "{ran}");
        check["status"].as_str().expect("a word").to_owned()
    };
    for code in ["working-tree", "no-regression", "environment", "figures"] {
        assert_eq!(status(&case, code), "cannot-tell", "{code} outside of a repository");
    }
    let commit = repository(&case.path("."));
    assert_eq!(status(&case, "working-tree"), "pass");
    assert_eq!((status(&case, "reports"), status(&case, "official-report")), ("fail".to_owned(), "fail".to_owned()));
    let session = Session { commit: Some(commit), ..good_session(5) };
    let case = case.file("runs/session.json", &write_session(&session)).file("benchmarks/results/a.txt", "");
    case.regress(&format!("{ARGUMENTS} -o json=benchmarks/results/mlx.json")).exit_code(0);
    assert_eq!((status(&case, "working-tree"), status(&case, "figures")), ("fail".to_owned(), "fail".to_owned()));
    case.regress("claims").exit_code(0);
    git(&case.path("."), &["add", "."]);
    git(&case.path("."), &["commit", "-qm", "b"]);
    // Only the results and the document changed since.
    case.regress("release-check").exit_code(0).stdout_contains("READY  6 of 6 checks pass");
    git(&case.path("."), &["tag", "v1"]);
    case.regress("release-check").exit_code(0);
    // Another size: git takes a file of the same size and time for the same.
    let case = case.file("code", "22");
    git(&case.path("."), &["commit", "-qam", "c"]);
    assert_eq!(
        (status(&case, "official-report"), status(&case, "environment")),
        ("fail".to_owned(), "cannot-tell".to_owned())
    );
    assert_eq!(status(&case, "no-regression"), "cannot-tell");
    case.regress("release-check").exit_code(1).stdout_contains("NOT READY").stdout_contains("compares with v1");
    case.regress("release-check --since none").exit_code(2).stderr_contains("failed to find none");
    let case = case.file("benchmarks/results/broken.json", "{");
    assert_eq!(status(&case, "reports"), "fail");
}

#[test]
fn what_disturbed_an_official_run_is_against_a_release() {
    let case = Case::of("demo/criterion").file(".gitignore", "target\n").file("benchmarks/results/a.txt", "");
    let commit = repository(&case.path("."));
    let check = format!("check -b main -c pr --profile official --candidate-revision {commit} -o json=r.json");
    case.regress(&check);
    let text = std::fs::read_to_string(case.path("r.json")).expect("a report");
    let machine = json!({
        "cpu": "Tester 9000", "cores": 8, "os": "linux 6 x86_64", "rustc": null, "profile": null, "executables": [], "virtualization": "none",
    });
    let found = |tainted: Value, dirty: Value| {
        let mut report: Value = serde_json::from_str(&text).expect("JSON");
        report["conditions"] = json!({
            "tool": "0.1.0", "commit": commit, "dirty": dirty, "command": null, "started_at": "2026-01-31T12:00:00Z",
            "finished_at": "2026-01-31T12:40:00Z", "virtual_machine": false, "shared_runner": false, "executions": 5,
            "tainted": tainted, "environments": [machine], "changes": [],
            "checks": [{"name": "power", "state": "pass", "words": "mains"}],
        });
        std::fs::write(case.path("benchmarks/results/since.json"), report.to_string()).expect("written");
        let ran = case.regress("release-check --format json").exit_code(1).json();
        let checks = ran["checks"].as_array().expect("checks").iter();
        let environment = checks.filter(|check| check["code"] == "environment").collect::<Vec<_>>();
        environment[0]["found"].as_str().expect("words").to_owned()
    };
    let disturbed = found(json!(["execution 1: heat"]), json!(false));
    assert!(disturbed.contains("something disturbed execution 1: heat"), "{disturbed}");
    assert!(found(json!([]), json!(true)).contains("changes that no commit holds"));
}
