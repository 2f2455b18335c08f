//! Trees that no repository can hold: links, pipes, holes, depths, and what a stranger's archive may bring. Beside each
//! lies the healthy benchmark `ok`.

use std::fs;

use crate::case::{Case, ROOT};
use crate::tree;

fn with_ok() -> Case {
    Case::new().benchmark("ok").baseline(100.0).candidate(101.0)
}

#[test]
fn a_truly_empty_baseline_folder() {
    let case = with_ok().benchmark("hollow").candidate(100.0);
    fs::create_dir_all(case.path(ROOT).join("hollow/main")).expect("a folder");
    let ran = case.regress("check -b main --format json").exit_code(0).verdict("ok", "no-change");
    ran.warning("hollow-baseline", "hollow/main");
    case.regress("list --format json").warning("hollow-baseline", "hollow/main");
}

#[test]
fn only_hollow_baselines_are_nothing_compared() {
    let case = Case::new().benchmark("f").candidate(100.0);
    fs::create_dir_all(case.path(ROOT).join("f/main")).expect("a folder");
    case.regress("check -b main --format json").exit_code(3).warning("hollow-baseline", "f/main");
}

#[test]
fn folders_two_hundred_deep() {
    let case = with_ok();
    let deep = format!("{ROOT}/{}sample.json", "d/".repeat(200));
    let case = case.file(&deep, "{}");
    let deepest_named = |ran: crate::case::Ran| {
        let document = ran.json();
        let warnings = document["warnings"].as_array().expect("warnings").clone();
        assert!(warnings.iter().any(|w| w["code"] == "too-deep"), "{ran}");
    };
    deepest_named(case.regress("list --format json").exit_code(0));
    deepest_named(case.regress("check -b main --format json").exit_code(0).verdict("ok", "no-change"));
}

#[test]
fn a_huge_file_is_not_read() {
    let case = with_ok().benchmark("huge").baseline(100.0).candidate(100.0);
    let file = fs::File::create(case.path(ROOT).join("huge/new/sample.json")).expect("a file");
    file.set_len(65 << 20).expect("a file with a hole");
    tree::date(&case.path(ROOT).join("huge/new/sample.json"), tree::two_hours_ago());
    let ran = case.regress("check -b main --format json").exit_code(0).verdict("ok", "no-change");
    ran.warning("too-large", "huge/new/sample.json");
}

#[test]
fn other_tools_files_beside_criterions() {
    let case = with_ok()
        .file(&format!("{ROOT}/report/index.html"), "<html>")
        .file(&format!("{ROOT}/ok/report/both/pdf.svg"), "<svg/>")
        .file(&format!("{ROOT}/ok/profile/flame.svg"), "<svg/>")
        .file(&format!("{ROOT}/.DS_Store"), "")
        .file(&format!("{ROOT}/notes.json"), "{}");
    case.regress("check -b main --format json").exit_code(0).compared(1, 1).no_warning();
    case.regress("list --format json").exit_code(0).no_warning();
}

#[test]
fn a_root_without_anything() {
    let case = Case::new();
    fs::create_dir_all(case.path(ROOT)).expect("a folder");
    case.regress("list --format json").exit_code(0).warning("nothing-found", ROOT);
    case.regress("check --format json").exit_code(3).compared(0, 0).warning("nothing-found", ROOT);
    case.regress("compare").stdout_contains("compared 0 of 0");
}

#[test]
fn exports_that_are_broken() {
    let case = with_ok();
    case.regress("export main -o main.json").exit_code(0);
    let text = fs::read_to_string(case.path("main.json")).expect("was written");
    let cases = [
        ("cut.json", &text[..text.len() / 2], "EOF"),
        ("empty.json", "", "EOF"),
        ("list.json", "[1, 2]", "failed to read list.json"),
        ("other.json", r#"{"name": 3}"#, "failed to read other.json"),
        ("report.json", r#"{"schema": "criterion-regress/report", "version": 1}"#, "it is a report of a comparison"),
    ];
    let case = cases.iter().fold(case, |case, (name, text, _)| case.file(name, text));
    for (name, _, cause) in cases {
        let ran = case.regress(&format!("check --baseline {name}")).exit_code(2);
        ran.stderr_contains(name).stderr_contains(cause).stderr_contains("hint: ");
    }
    let newer = text.replacen("\"version\": 1", "\"version\": 999", 1).replacen("\"version\":1", "\"version\":999", 1);
    assert_ne!(newer, text);
    case.file("newer.json", &newer).regress("check -b newer.json").exit_code(2).stderr_contains("version 999");
}

#[test]
fn one_broken_benchmark_of_an_export_costs_the_others_nothing() {
    let export = fs::read_to_string(tree::fixture("critcmp/export.json")).expect("a fixture");
    let mut export: serde_json::Value = serde_json::from_str(&export).expect("JSON");
    export["benchmarks"]["checksum"]["criterion_estimates_v1"]["median"]["point_estimate"] = serde_json::Value::Null;
    let case = Case::of("criterion-0.8.2/criterion").file("export.json", &export.to_string());
    let ran = case.regress("check -b export.json -c after --format json").exit_code(1);
    ran.verdict("hash/fnv1a/256", "regression").warning("malformed", "export.json: checksum");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn links_out_of_the_tree_are_not_followed() {
        let case = with_ok();
        let outside = Case::new().benchmark("secret").baseline(1.0).candidate(9.0);
        symlink(outside.path(ROOT).join("secret"), case.path(ROOT).join("linked")).expect("a link");
        let ran = case.regress("check -b main --format json").exit_code(0).compared(1, 1);
        ran.warning("not-followed", "linked").stdout_lacks("secret");
    }

    #[test]
    fn a_linked_file_is_not_read() {
        let case = with_ok().benchmark("f").baseline(100.0).candidate(100.0);
        let file = case.path(ROOT).join("f/new/sample.json");
        fs::rename(&file, case.path("elsewhere.json")).expect("can be moved");
        symlink(case.path("elsewhere.json"), &file).expect("a link");
        let ran = case.regress("check -b main --format json").exit_code(0).verdict("ok", "no-change").compared(1, 2);
        let warnings = ran.json()["warnings"].to_string();
        assert!(warnings.contains("f/new/sample.json"), "{ran}");
    }

    #[test]
    fn links_in_a_circle_end() {
        let case = with_ok();
        symlink(case.path(ROOT), case.path(ROOT).join("ok/again")).expect("a link");
        symlink("self", case.path(ROOT).join("self")).expect("a link");
        case.regress("check -b main --format json").exit_code(0).compared(1, 1).warning("not-followed", "self");
        let ran = case.regress("list --format json").exit_code(0).warning("not-followed", "ok/again");
        assert_eq!(ran.ids(), ["ok"]);
    }

    #[test]
    fn the_root_itself_may_be_a_link() {
        let case = with_ok();
        symlink(case.path(ROOT), case.path("latest")).expect("a link");
        case.regress("check -b main --dir latest --format json").exit_code(0).compared(1, 1).no_warning();
    }

    #[test]
    fn a_folder_that_may_not_be_read() {
        let case = with_ok().benchmark("locked").baseline(1.0).candidate(1.0);
        let locked = case.path(ROOT).join("locked");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).expect("can be locked");
        let is_root = fs::read_dir(&locked).is_ok();
        let ran = case.regress("check -b main --format json").exit_code(0).verdict("ok", "no-change");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).expect("can be unlocked");
        if !is_root {
            ran.warning("unreadable", "locked").stdout_contains("permission denied");
        }
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
        let case = with_ok().benchmark("pipe").baseline(1.0).candidate(1.0);
        let file = case.path(ROOT).join("pipe/new/sample.json");
        fs::remove_file(&file).expect("was there");
        assert!(Command::new("mkfifo").arg(&file).status().expect("mkfifo").success());
        for call in ["check -b main --format json", "list --format json"] {
            let mut child =
                case.command().args(call.split(' ')).stdout(std::process::Stdio::piped()).spawn().expect("runs");
            let started = Instant::now();
            while child.try_wait().expect("can be asked").is_none() {
                if started.elapsed() > Duration::from_secs(60) {
                    child.kill().expect("can be killed");
                    panic!("`regress {call}` waits for a pipe that nobody writes to");
                }
                std::thread::yield_now();
            }
        }
        let ran = case.regress("check -b main --format json").exit_code(0).verdict("ok", "no-change");
        assert!(ran.json()["warnings"].to_string().contains("pipe/new"), "{ran}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_no_text() {
        use std::os::unix::ffi::OsStrExt;

        let case = with_ok();
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
        let benchmark = tree::Benchmark { directory: "plain".into(), ..tree::Benchmark::new("café") };
        let sample = tree::Sample::around(10.0, "café");
        for baseline in ["main", "new"] {
            tree::write_result(&case.path(ROOT), &benchmark, baseline, &sample, tree::two_hours_ago());
        }
        fs::rename(case.path(ROOT).join("plain"), case.path(ROOT).join(name)).expect("this system takes any bytes");
        let ran = case.regress("check -b main --format json").exit_code(0).verdict("ok", "no-change");
        ran.warning("name-not-utf8", "caf\u{fffd}");
        case.regress("list --format json").exit_code(0).warning("name-not-utf8", "caf\u{fffd}");
    }
}
