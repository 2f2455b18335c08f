//! Whether a machine and a repository are fit to measure. What runs beside these tests is not theirs to say: of the machine they look
//! only at what they did to it.

use serde_json::{Value, json};

use crate::case::{Case, Ran};

/// A package whose settings are good, in a folder.
fn good() -> Case {
    let manifest = "[package]\nname='a'\n[[bench]]\nname='b'\nharness=false\n[profile.release]\ncodegen-units=1\n";
    Case::new().file("Cargo.toml", manifest).file("benches/b.rs", "criterion_main!(g);\n")
}

/// The checks of one code.
fn of(ran: &Ran, code: &str) -> Vec<Value> {
    let document = ran.json();
    let checks = document["checks"].as_array().expect("checks").iter();
    checks.filter(|check| check["code"] == code).cloned().collect()
}

fn status(ran: &Ran, code: &str) -> String {
    of(ran, code).first().and_then(|check| check["status"].as_str()).unwrap_or("none").to_owned()
}

#[cfg(target_os = "linux")]
mod busy {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Processes that do nothing but work, under a name of their own; gone with this.
    struct Spinning(Vec<Child>);

    impl Spinning {
        /// Several, so that the scheduler of a busy machine leaves them enough together.
        fn start(program: &PathBuf) -> Spinning {
            let start = || {
                let mut command = Command::new(program);
                command.args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn().expect("a copy of sh runs")
            };
            Spinning((0..4).map(|_| start()).collect())
        }
    }

    impl Drop for Spinning {
        fn drop(&mut self) {
            for child in &mut self.0 {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }

    /// A shell of another name, which the system's list of processes will show: cut after 15 bytes.
    fn shell(case: &Case, name: &[u8]) -> PathBuf {
        let path = case.path(".").join(OsStr::from_bytes(name));
        std::fs::copy("/bin/sh", &path).expect("sh can be copied");
        path
    }

    fn is_named(ran: &Ran, name: &str) -> bool {
        let checks = of(ran, "busy-processes");
        let names = checks[0]["names"].as_array().expect("names").iter();
        names.filter_map(Value::as_str).any(|told| told.starts_with(name))
    }

    #[test]
    fn a_busy_program_is_named_while_it_works() {
        let case = good();
        let name = format!("spin{}", std::process::id());
        let spinning = Spinning::start(&shell(&case, name.as_bytes()));
        let ran = case.regress("doctor --profile official --format json");
        assert!(is_named(&ran, &name) && status(&ran, "busy-processes") != "pass", "{ran}");
        let ran = case.regress("doctor --profile official --accept busy-processes --format json");
        assert!(is_named(&ran, &name) && status(&ran, "busy-processes") == "warn", "{ran}");
        drop(spinning);
        let ran = case.regress("doctor --profile official --format json");
        assert!(!is_named(&ran, &name), "{ran}");
    }

    #[test]
    fn a_programs_name_can_do_nothing() {
        let case = good();
        let spinning = Spinning::start(&shell(&case, b"\x1b[31m\xff)\n::x"));
        for arguments in ["doctor", "doctor --format markdown", "doctor --format csv", "doctor --fix"] {
            let ran = case.regress(arguments);
            assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.lines().any(|line| line.starts_with("::")), "{ran}");
        }
        case.regress("doctor --all").stdout_contains("\\u{1b}[31m\u{fffd})\\n::x");
        drop(spinning);
    }
}

#[test]
fn a_repository_is_looked_over() {
    let ran = good().regress("doctor --format json");
    for code in ["bench-profile", "bench-targets", "criterion-settings"] {
        assert_eq!(status(&ran, code), "pass", "{ran}");
    }
    let case = Case::new()
        .file("Cargo.toml", "[package]\nname='a'\n[profile.bench]\nopt-level=0\n")
        .file("benches/b.rs", "criterion_main!(g); c.sample_size(10).measurement_time(Duration::from_millis(50))")
        .file(
            ".github/workflows/bench.yml",
            "on: pull_request_target\nsteps:\n- uses: actions/checkout@v6\n  with: {ref: '${{ github.head_ref }}'}\n- run: cargo bench\n",
        );
    let ran = case.regress("doctor --format json").exit_code(1);
    let statuses = |ran: &Ran, code: &str| of(ran, code).iter().map(|c| c["status"].clone()).collect::<Vec<_>>();
    assert_eq!(statuses(&ran, "bench-profile"), ["warn", "pass"], "{ran}");
    assert_eq!(statuses(&ran, "bench-targets"), ["fail"], "{ran}");
    assert_eq!(statuses(&ran, "criterion-settings"), ["warn", "warn"], "{ran}");
    assert_eq!(statuses(&ran, "workflow"), ["fail", "warn"], "{ran}");
    assert_eq!(of(&ran, "workflow")[0]["subject"], ".github/workflows/bench.yml");
    let ran = case.regress("doctor --profile official --format json").exit_code(1);
    assert_eq!(statuses(&ran, "bench-profile"), ["fail", "warn"], "{ran}");
    // A profile of one's own is as strict as its threshold is tight.
    let ran = case.regress("doctor --threshold 3 --format json").exit_code(1);
    assert_eq!(statuses(&ran, "bench-profile"), ["fail", "warn"], "{ran}");
    // Elsewhere.
    let from_outside = Case::new();
    let folder = case.path(".").display().to_string();
    let ran = from_outside.regress_with(&["doctor", "--repository", &folder, "--format", "json"]).exit_code(1);
    assert_eq!(statuses(&ran, "bench-targets"), ["fail"], "{ran}");
    let ran = from_outside.regress("doctor --format json");
    assert_eq!(status(&ran, "bench-profile"), "cannot-tell", "{ran}");
}

#[test]
fn results_of_benchmarks_that_were_not_run_are_stale() {
    let now = std::time::SystemTime::now();
    let old = now - std::time::Duration::from_secs(7 * 86_400);
    let case = good().written_at(old).benchmark("gone").candidate(5.0).written_at(now).benchmark("new").candidate(5.0);
    let ran = case.regress("doctor --format json");
    let check = &of(&ran, "stale-results")[0];
    assert_eq!((&check["status"], &check["names"]), (&json!("warn"), &json!(["gone"])), "{ran}");
    let ran = good().written_at(now).benchmark("new").candidate(5.0).regress("doctor --format json");
    assert_eq!(status(&ran, "stale-results"), "pass", "{ran}");
    assert_eq!(status(&good().regress("doctor --format json"), "stale-results"), "none");
}

#[test]
fn the_baselines_machine_is_this_one_or_not() {
    let case = good().benchmark("f").baseline(5.0).candidate(5.0);
    case.regress("export main -o main.json").exit_code(0);
    let doctor = "doctor --profile official -b main.json --format json";
    assert_eq!(status(&case.regress(doctor), "same-machine"), "pass");
    let text = std::fs::read_to_string(case.path("main.json")).expect("was written");
    let mut file: Value = serde_json::from_str(&text).expect("JSON");
    file["environments"][0]["cpu"] = json!("Z80 \u{1b}[31m");
    let case = case.file("main.json", &file.to_string());
    let ran = case.regress(doctor).exit_code(1);
    let check = &of(&ran, "same-machine")[0];
    assert_eq!(check["status"], "fail", "{ran}");
    assert!(check["names"][0].as_str().is_some_and(|name| name.starts_with("CPU: Z80")), "{ran}");
    case.regress("doctor -b main.json").stdout_contains("Z80 \\u{1b}[31m");
    assert_eq!(status(&case.regress("doctor -b main --format json"), "same-machine"), "cannot-tell");
    case.regress("doctor -b none.json").exit_code(2);
}

#[test]
fn remedies_are_printed_and_not_run() {
    let ran = Case::new().regress("doctor --profile official --fix").stdout_contains("Nothing of it was run");
    assert!(ran.stdout.starts_with("#!/bin/sh\n"), "{ran}");
}

#[test]
fn the_machine_is_measured_when_asked() {
    let case = good();
    let first: f64 = case.regress("kernel").exit_code(0).stdout.trim().parse().expect("nanoseconds");
    assert!(first > 0.0 && first.is_finite());
    let ran = case.regress("doctor --measure --threshold 90 --format json");
    assert!(["pass", "warn"].contains(&status(&ran, "resolution").as_str()), "{ran}");
    assert!(of(&ran, "resolution")[0]["found"].as_str().is_some_and(|found| found.contains("15 processes")), "{ran}");
    assert_eq!(status(&case.regress("doctor --format json"), "resolution"), "none");
    case.regress("--help").stdout_lacks("kernel");
}

#[test]
fn what_cannot_be_done() {
    let case = good();
    case.regress("doctor --accept nonsense").exit_code(2).stderr_contains("busy-processes");
    case.regress("doctor --repository none").exit_code(2).stderr_contains("it is no folder");
    case.regress("doctor --format junit").exit_code(2);
    // Shorter than the pause between two looks.
    case.regress("doctor --wait 1s").exit_code(0);
    case.regress("doctor --wait soon").exit_code(2);
    case.regress("doctor --profile none").exit_code(2).stderr_contains("there is no profile");
}

#[test]
fn no_answer_fails_where_it_is_asked_for() {
    // Without a manifest, how benchmarks are built can't be told.
    Case::new().regress("doctor").exit_code(0);
    Case::new().regress("doctor --strict").exit_code(3).stdout_contains("bench-profile");
}
