//! `regress rivals`: implementations of one workload compared, and what is planted to deceive is found, each for its own reason.

use std::time::{Duration, UNIX_EPOCH};

use criterion_regress::environment::hash_of_bytes;
use criterion_regress::model::{CheckState, Environment, Session, SessionCheck, SessionExecution};
use criterion_regress::store::write_session;
use serde_json::{Value, json};

use crate::case::Case;
use crate::tree::{self, Benchmark, Sample};

/// Seconds of work at most: a million operations at a thousand billion a second, 1000 ns.
pub(crate) const FLOOR_NS: f64 = 1000.0;

/// Executions in folders `runs/1`, `runs/2`, …, each with both implementations of every workload: its name, and how many
/// nanoseconds ours and theirs take. `change` changes what a measurement says of itself; `None` leaves it without.
pub(crate) fn executions(
    n: usize,
    workloads: &[(&str, f64, f64)],
    change: impl Fn(&str, Value) -> Option<Value>,
) -> Case {
    let case = Case::new();
    let at = UNIX_EPOCH + Duration::from_secs(1_760_000_000);
    for i in 1..=n {
        let root = case.path(&format!("runs/{i}"));
        for (workload, ours, theirs) in workloads {
            for (name, time) in [("ours-cpu", ours), ("theirs-cpu", theirs)] {
                let (group, value) = workload.split_once('/').expect("as in softmax/8");
                let id = format!("{group}/{name}/{value}");
                // Executions differ by some thousandths.
                let off = 1.0 + 0.003 * ((i * 7 + workload.len() + name.len()) % 5) as f64;
                let sample = Sample::around(time * off, &format!("{id} {i}"));
                tree::write_result(&root, &Benchmark::new(&id), "new", &sample, at);
                let file = root.join(&id).join("new/sample.json");
                let hash = hash_of_bytes(&std::fs::read(file).expect("just written"));
                if let Some(work) = change(name, work(workload, name, &hash)) {
                    tree::write(&root.join(&id).join("new/regress.json"), &work.to_string(), at);
                }
            }
        }
    }
    case
}

fn work(workload: &str, name: &str, hash: &str) -> Value {
    json!({
        "version": 1, "workload": workload, "implementation": name, "sample_sha256": hash, "synchronised": true,
        "waits": "each", "checksum": {"elements": 64, "sum_abs": 8.0, "sum_squares": 2.0, "projection": -0.5},
        "tolerance": 1e-4, "precision": "f32", "blas": "gemm", "threads": 2, "device": {"kind": "cpu", "name": "Tester 9000"},
        "versions": {"library": if name == "ours-cpu" { "1.2.3" } else { "0.30.0" }}, "flops": 1e6, "bytes": 1000,
        "machine": {"flops": {"per_second": 1e12, "from": "given"}, "bytes": null},
    })
}

/// How a good session of `n` executions was measured.
pub(crate) fn good_session(n: usize) -> Session {
    let at = |i: usize| Some(UNIX_EPOCH + Duration::from_secs(1_760_000_000 + 60 * i as u64));
    let machine = Environment {
        cpu: Some("Tester 9000".to_owned()),
        cores: Some(8),
        distribution: Some("Testix 1".to_owned()),
        virtualization: Some("none".to_owned()),
        ..Environment::default()
    };
    let execution = |i: usize| SessionExecution {
        folder: i.to_string(),
        started_at: at(i),
        finished_at: at(i + 1),
        before: machine.clone(),
        after: machine.clone(),
        tainted: None,
    };
    let check = SessionCheck { name: "power".to_owned(), state: CheckState::Pass, words: "mains".to_owned() };
    Session {
        tool: "0.1.0".to_owned(),
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        is_dirty: Some(false),
        command: Some("regress official".to_owned()),
        started_at: at(1),
        finished_at: at(n + 1),
        executions: (1..=n).map(execution).collect(),
        checks: vec![check],
    }
}

pub(crate) const ARGUMENTS: &str = "rivals --ours ours-cpu --theirs theirs-cpu runs";

pub(crate) fn honest(_: &str, work: Value) -> Option<Value> {
    Some(work)
}

const THREE: [(&str, f64, f64); 3] =
    [("softmax/8", 5000.0, 12_500.0), ("matmul/8", 9000.0, 4500.0), ("norm/8", 7000.0, 7000.0)];

#[test]
fn all_workloads_are_told_the_worst_first() {
    let case = executions(5, &THREE, honest);
    let ran = case.regress(&format!("{ARGUMENTS} --format json")).exit_code(0).no_warning();
    let report = ran.json();
    let rows = report["workloads"].as_array().expect("rows");
    let standings: Vec<_> = rows.iter().map(|r| (r["workload"].as_str(), r["standing"].as_str())).collect();
    let want = [("matmul/8", "slower"), ("norm/8", "undecided"), ("softmax/8", "faster")];
    assert_eq!(standings, want.map(|(w, s)| (Some(w), Some(s))));
    let ratio = |i: usize| rows[i]["ratio"]["estimate"].as_f64().expect("told");
    assert!((ratio(0) - 0.5).abs() < 0.02 && (ratio(2) - 2.5).abs() < 0.05, "{ran}");
    let mean = (ratio(0) * ratio(1) * ratio(2)).powf(1.0 / 3.0);
    assert!((report["together"]["estimate"].as_f64().expect("nothing is refused") - mean).abs() < 1e-9);
    let above = rows[2]["above_floor"][0].as_f64().expect("known");
    assert!((above - 5000.0 / FLOOR_NS).abs() < 0.1, "{above}");
    case.regress(ARGUMENTS)
        .exit_code(0)
        .stdout_contains("3 workloads of both: slower in 1, can't be told in 1, faster in 1")
        .stdout_contains("geometric mean of all 3 ratios")
        .stdout_contains(
            "theirs: theirs-cpu: library 0.30.0; BLAS gemm; threads 2; precision f32; device cpu, Tester 9000",
        )
        .stdout_contains("nothing says how it was measured");
    case.regress(&format!("{ARGUMENTS} --format markdown")).stdout_contains("| <code>matmul/8</code> |");
    let csv = case.regress(&format!("{ARGUMENTS} --format csv")).stderr_contains("3 workloads");
    assert_eq!(csv.stdout.lines().count(), 4, "{csv}");
    case.regress(&format!("{ARGUMENTS} --format junit")).exit_code(2);
}

/// Changes what theirs says, or ours.
fn of(side: &'static str, at: &'static str, value: Value) -> impl Fn(&str, Value) -> Option<Value> {
    move |name, mut work| {
        if name == side {
            *work.pointer_mut(at).expect("it is there") = value.clone();
        }
        Some(work)
    }
}

#[track_caller]
fn refused(case: &Case, code: &str, side: Option<&str>) {
    let ran = case.regress(&format!("{ARGUMENTS} --format json")).exit_code(3);
    let report = ran.json();
    let row = &report["workloads"][0];
    let refusal = json!({"code": row["refusals"][0]["code"], "side": row["refusals"][0]["side"]});
    assert_eq!(refusal, json!({"code": code, "side": side}), "{ran}");
    assert_eq!(row["refusals"].as_array().map(Vec::len), Some(1), "{ran}");
    assert_eq!((&row["ratio"], &report["together"]), (&Value::Null, &Value::Null), "{ran}");
    let message = row["refusals"][0]["message"].as_str().expect("words");
    case.regress(ARGUMENTS).exit_code(3).stdout_contains(&format!("refused: {message}")).stdout_contains("  do: ");
}

#[test]
fn planted_cheats_are_refused_each_for_its_reason() {
    let one = [("softmax/8", 5000.0, 12_500.0)];
    // The clock was read before the device had finished.
    let unsynchronised = |name: &str, mut work: Value| {
        if name == "ours-cpu" {
            work["synchronised"] = json!(false);
        }
        Some(work)
    };
    refused(&executions(5, &one, unsynchronised), "not-synchronised", Some("ours"));
    // Results that were never asked for: everything is said to be in order, and the time is none that hardware needs.
    refused(&executions(5, &[("softmax/8", 40.0, 12_500.0)], honest), "below-floor", Some("ours"));
    // Half of the rows under the whole workload's name.
    let smaller =
        of("ours-cpu", "/checksum", json!({"elements": 32, "sum_abs": 4.0, "sum_squares": 1.0, "projection": -0.2}));
    refused(&executions(5, &one, smaller), "checksums-differ", None);
    // As many numbers, and other ones.
    refused(&executions(5, &one, of("theirs-cpu", "/checksum/projection", json!(0.5))), "checksums-differ", None);
    refused(&executions(5, &one, of("theirs-cpu", "/precision", json!("tf32"))), "precisions-differ", None);
    refused(&executions(5, &one, of("theirs-cpu", "/waits", json!("batch"))), "waits-differ", None);
    refused(&executions(5, &one, of("theirs-cpu", "/device/name", json!("Other 1"))), "devices-differ", None);
    refused(&executions(5, &one, of("ours-cpu", "/workload", json!("softmax/9"))), "workloads-differ", None);
    refused(&executions(5, &one, |name, work| (name == "ours-cpu").then_some(work)), "no-work", Some("theirs"));
    refused(&executions(1, &one, honest), "too-few-executions", None);
}

#[test]
fn one_refused_ratio_leaves_no_mean() {
    let case = executions(5, &[("a/8", 5000.0, 12_500.0), ("b/8", 40.0, 12_500.0)], honest);
    let ran = case.regress(ARGUMENTS).exit_code(0).stdout_contains("refused in 1, faster in 1");
    let ran =
        ran.stdout_contains("no ratio over all: 1 of 2 may not be told, and a mean of the others would be picked");
    let at = |text: &str| ran.stdout.find(text).expect("it is shown");
    assert!(at("\nb/8") < at("\na/8"), "{ran}");
}

#[test]
fn what_belongs_to_another_measurement_says_nothing() {
    let case = executions(5, &[("a/8", 5000.0, 12_500.0)], of("ours-cpu", "/sample_sha256", json!("0".repeat(64))));
    case.regress(&format!("{ARGUMENTS} --format json"))
        .exit_code(3)
        .warning("malformed", "a/ours-cpu/8/new/regress.json")
        .warning_says("malformed", "another measurement");
    refused(&case, "no-work", Some("ours"));
}

#[test]
fn runs_are_named_in_several_ways() {
    let case = executions(3, &[("a/8", 5000.0, 12_500.0)], honest);
    let executions = |arguments: &str| {
        let ran = case.regress(&format!("rivals --ours ours-cpu --theirs theirs-cpu {arguments} --format json"));
        (ran.json()["workloads"][0]["executions"].clone(), ran.json()["runs"].clone())
    };
    assert_eq!(executions("runs"), (json!([3, 3]), json!(3)));
    assert_eq!(executions("runs/1 runs/2@new"), (json!([2, 2]), json!(2)));
    assert_eq!(executions("--dir runs/1"), (json!([1, 1]), json!(1)));
    assert_eq!(executions("--dir runs/1 new"), (json!([1, 1]), json!(1)));
    // The same twice is one execution, and said to be.
    assert_eq!(executions("runs/1 runs/1"), (json!([1, 1]), json!(2)));
    let twice = "rivals --ours ours-cpu --theirs theirs-cpu runs/1 runs/1 --format json";
    case.regress(twice).exit_code(3).warning("repeated-executions", "ours-cpu, theirs-cpu");
}

#[test]
fn what_cannot_be_done_is_said() {
    let case = executions(2, &[("a/8", 5000.0, 12_500.0)], honest);
    let ran = case.regress("rivals --ours our --theirs theirs-cpu runs").exit_code(2);
    ran.stderr_contains("failed to find our").stderr_contains("the ids have ours-cpu, theirs-cpu");
    case.regress("rivals --ours a --theirs a runs").exit_code(2).stderr_contains("the same name");
    case.regress("rivals --ours ours-cpu --theirs theirs-cpu ./none").exit_code(2).stderr_contains("no folder");
    case.regress("rivals --ours ours-cpu --theirs theirs-cpu --dir runs/1 none").exit_code(3);
    case.regress(&format!("{ARGUMENTS} --conditions none.json")).exit_code(2).stderr_contains("none.json");
    case.regress(&format!("{ARGUMENTS} --min-executions 1")).exit_code(2);
    let case = case.file("runs/session.json", "{}");
    case.regress(ARGUMENTS).exit_code(2).stderr_contains("session.json").stderr_contains("docs/claims.md");
}

#[test]
fn how_it_was_measured_is_told() {
    let session = Session { is_dirty: Some(true), ..good_session(2) };
    let case = executions(2, &[("a/8", 5000.0, 12_500.0)], honest).file("runs/session.json", &write_session(&session));
    case.regress(ARGUMENTS)
        .stdout_contains("commit 0123456789abcdef0123456789abcdef01234567, with changes that are not committed")
        .stdout_contains("on Tester 9000, 8 cores, Testix 1");
    let json = case.regress(&format!("{ARGUMENTS} --format json")).json();
    let conditions = &json["conditions"];
    assert_eq!((&conditions["virtual_machine"], &conditions["shared_runner"]), (&json!(false), &json!(false)));
    let case = case.file("other/session.json", &write_session(&good_session(3)));
    case.regress(&format!("{ARGUMENTS} other")).exit_code(2).stderr_contains("different sessions");
    let json = case.regress(&format!("{ARGUMENTS} --conditions other/session.json --format json")).json();
    assert_eq!(json["conditions"]["executions"], json!(3));
}

/// Recorded; its PROVENANCE.md says how.
const ON_A_GPU: &str = "rivals runs --ours candle-cuda --theirs mlx-cuda";

#[test]
fn a_session_on_a_gpu() {
    let case = Case::new().tree("cuda-h200/official/runs", "runs");
    case.regress(ON_A_GPU)
        .exit_code(0)
        .stdout_contains("12 workloads of both: slower in 2, faster in 10")
        .stdout_contains("NVIDIA H200, driver 580.159.04")
        .stdout_contains("check virtualization failed: virtual machine, container");
    let report = case.regress(&format!("{ON_A_GPU} --format json")).json();
    let rows = report["workloads"].as_array().expect("a list");
    for row in rows {
        let above = row["above_floor"].as_array().expect("of both sides");
        assert!(above.iter().all(|times| times.as_f64().is_some_and(|times| times > 1.0)), "{row}");
    }
    // SciPy's Welch on the logarithms of the executions' weighted medians, five a side.
    let row = rows.iter().find(|row| row["workload"] == "matmul/256x256x256").expect("it was measured");
    for (end, want) in [("estimate", 3.594_210_627), ("lower", 3.089_679_659), ("upper", 4.181_129_262)] {
        let found = row["ratio"][end].as_f64().expect("a number");
        assert!((found / want - 1.0).abs() < 1e-8, "{end}: {found} and not {want}");
    }
}

/// What a real GPU reads when it is cheated, beside the other side as it was.
#[track_caller]
fn refused_on_a_gpu(planted: &str, cheater: &str, code: &str, least: usize) {
    let mut case = Case::new();
    for i in 1..=2 {
        let honest = if cheater == "candle-cuda" { "mlx-cuda" } else { "candle-cuda" };
        let matmul = format!("runs/{i}/matmul");
        case = case
            .tree(&format!("cuda-h200/official/runs/run-{i}/criterion/matmul/{honest}"), &format!("{matmul}/{honest}"))
            .tree(&format!("cuda-h200/planted/{planted}/matmul/{cheater}"), &format!("{matmul}/{cheater}"));
    }
    let ran = case.regress(&format!("{ON_A_GPU} --format json")).exit_code(3);
    let report = ran.json();
    let rows = report["workloads"].as_array().expect("a list");
    let has = |row: &&Value| row["refusals"].as_array().is_some_and(|all| all.iter().any(|one| one["code"] == code));
    assert!(rows.len() == 6 && rows.iter().filter(has).count() >= least, "{ran}");
    assert_eq!(report["together"], Value::Null, "{ran}");
}

#[test]
fn cheats_on_a_gpu_are_refused() {
    refused_on_a_gpu("smaller", "candle-cuda", "checksums-differ", 6);
    refused_on_a_gpu("unsynchronised", "candle-cuda", "not-synchronised", 6);
    // Of the others a GPU takes longer to be asked than to do the work.
    refused_on_a_gpu("unsynchronised", "candle-cuda", "below-floor", 2);
    refused_on_a_gpu("lazy", "mlx-cuda", "below-floor", 3);
}

#[test]
fn what_a_shell_makes_of_a_folder_of_runs_is_read() {
    let case = executions(5, &THREE, honest).file("runs/session.json", &write_session(&good_session(5)));
    let runs = "runs/1 runs/2 runs/3 runs/4 runs/5 runs/session.json";
    let arguments = ARGUMENTS.replace(" runs", &format!(" {runs}"));
    let report = case.regress(&format!("{arguments} --format json")).exit_code(0).no_warning().json();
    assert_eq!((&report["runs"], &report["conditions"]["executions"]), (&5.into(), &5.into()));
    let arguments = ARGUMENTS.replace(" runs", " runs ./runs/session.json");
    case.regress(&format!("{arguments} --format json")).exit_code(0);
    let case = case.file("runs/session.json", "{");
    case.regress(&arguments).exit_code(2).stderr_contains("failed to read runs/session.json");
}

#[test]
fn times_that_are_far_apart_have_a_unit_each() {
    let case = executions(5, &[("softmax/8", 2_830_000.0, 2000.0), ("near/8", 2_830_000.0, 28_300.0)], honest);
    let ran = case.regress(ARGUMENTS).exit_code(0).stdout_contains(" µs").stdout_contains("0.028");
    let row = ran.stdout.lines().find(|line| line.starts_with("softmax/8")).unwrap_or_default().to_owned();
    assert!(row.contains("2.84 ms") && row.contains("2.02 µs"), "{ran}");
}
