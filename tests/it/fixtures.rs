//! What each version of Criterion really wrote: the whole range reads, and a real slowdown is found.

use serde_json::Value;

use crate::case::{Case, ROOT};

/// What `fixtures/record/` made slower between `before` and `after` (the folders' PROVENANCE.md): 1.6 times the work.
const SLOWED: [&str; 2] = ["checksum", "hash/fnv1a/256"];

/// Version, benchmarks, and which of the slowed ones are clear enough to be shown: against `before`, and by `change/`.
///
/// A recording is one execution a side on a busy machine; where it is too noisy, "can't tell" is the right answer.
const VERSIONS: [(&str, usize, &[&str], &[&str]); 11] = [
    ("0.2.4", 5, &SLOWED, &SLOWED),
    ("0.2.5", 5, &[], &["hash/fnv1a/256"]),
    ("0.2.11", 5, &SLOWED, &SLOWED),
    ("0.3.0", 4, &["hash/fnv1a/256"], &SLOWED),
    ("0.3.2", 4, &["hash/fnv1a/256"], &[]),
    ("0.3.6", 5, &SLOWED, &SLOWED),
    ("0.4.0", 6, &SLOWED, &SLOWED),
    ("0.5.1", 6, &SLOWED, &SLOWED),
    ("0.6.0", 6, &SLOWED, &SLOWED),
    ("0.7.0", 7, &SLOWED, &SLOWED),
    ("0.8.2", 8, &SLOWED, &SLOWED),
];

fn each(check: impl Fn(&str, &Case, usize, &[&str], &[&str])) {
    for (version, n_benchmarks, named, plain) in VERSIONS {
        check(version, &Case::of(&format!("criterion-{version}/criterion")), n_benchmarks, named, plain);
    }
}

/// Ids with a verdict, in a report in JSON.
fn with_verdict(ran: &crate::case::Ran, verdict: &str) -> Vec<String> {
    let report = ran.json();
    let rows = report["benchmarks"].as_array().expect("rows");
    rows.iter()
        .filter(|row| row["verdict"] == verdict)
        .map(|row| row["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn every_recording_is_in_the_table() {
    for entry in std::fs::read_dir(crate::tree::fixture("")).expect("fixtures") {
        let name = entry.expect("a readable entry").file_name().to_string_lossy().into_owned();
        if let Some(version) = name.strip_prefix("criterion-") {
            assert!(version == "0.2.3" || VERSIONS.iter().any(|row| row.0 == version), "{name} is not in the table");
        }
    }
}

#[test]
fn list_finds_every_benchmark_in_every_baseline() {
    each(|version, case, n_benchmarks, _, _| {
        let ran = case.regress("list --format json").exit_code(0);
        assert_eq!(ran.ids().len(), n_benchmarks, "Criterion {version}: {ran}");
        for row in ran.json()["benchmarks"].as_array().expect("rows") {
            let names: Vec<&str> =
                row["baselines"].as_array().expect("baselines").iter().filter_map(|b| b["name"].as_str()).collect();
            assert_eq!(names, ["after", "base", "before", "new"], "Criterion {version}: {}", row["id"]);
        }
        let has_benchmark_json = version != "0.2.4";
        assert_eq!(ran.json()["warnings"].as_array().map(Vec::is_empty), Some(has_benchmark_json), "{ran}");
    });
}

#[test]
fn a_real_slowdown_against_a_named_baseline() {
    each(|version, case, n_benchmarks, slowed, _| {
        let ran = case.regress("check --baseline before --candidate after --threshold 20 --format json");
        let ran = ran.exit_code(i32::from(!slowed.is_empty()));
        let n_benchmarks = n_benchmarks as u64;
        let ran = ran.compared(n_benchmarks, n_benchmarks);
        assert_eq!(with_verdict(&ran, "regression"), slowed, "Criterion {version}: {ran}");
    });
}

#[test]
fn a_real_slowdown_between_two_plain_runs() {
    each(|version, case, n_benchmarks, _, slowed| {
        let ran = case.regress("check --threshold 20 --format json").exit_code(i32::from(!slowed.is_empty()));
        let n_benchmarks = n_benchmarks as u64;
        let ran = ran.compared(n_benchmarks, n_benchmarks);
        assert_eq!(with_verdict(&ran, "regression"), slowed, "Criterion {version}: {ran}");
        let report = ran.json();
        let all_by_change = report["benchmarks"].as_array().expect("rows").iter();
        let sources: Vec<_> = all_by_change.map(|row| row["evidence"].clone()).collect();
        assert!(sources.iter().all(|source| source == "criterion-change"), "Criterion {version}: {sources:?}");
    });
}

#[test]
fn what_was_slowed_is_never_called_unchanged_or_faster() {
    each(|version, case, _, _, _| {
        for call in ["check --format json", "check --baseline before --candidate after --format json"] {
            let ran = case.regress(call);
            for verdict in ["no-change", "improvement"] {
                let wrong: Vec<String> =
                    with_verdict(&ran, verdict).into_iter().filter(|id| SLOWED.contains(&id.as_str())).collect();
                assert!(wrong.is_empty(), "Criterion {version}: {wrong:?} {verdict}: {ran}");
            }
        }
    });
}

#[test]
fn the_same_baseline_twice_is_a_mistake() {
    each(|_, case, _, _, _| {
        case.regress("check --baseline before --candidate before")
            .exit_code(2)
            .stderr_contains("both sides are the same");
    });
}

#[test]
fn the_oldest_kept_the_run_before_in_base() {
    let case = Case::of("criterion-0.2.3/criterion");
    let ran = case.regress("check --threshold 20 --format json").exit_code(1).compared(5, 5);
    assert_eq!(with_verdict(&ran, "regression"), SLOWED);
    assert_eq!(ran.json()["benchmarks"][0]["evidence"], "sample", "base is a run of its own here");
    case.regress("check --baseline before").exit_code(3).stdout_contains("there are: base, new");
}

#[test]
fn flat_sampling_is_read_as_that() {
    let ran = Case::of("criterion-0.8.2/criterion").regress("list --filter flat --format json").exit_code(0);
    assert_eq!(ran.ids(), ["sort/flat"]);
    assert_eq!(ran.json()["benchmarks"][0]["baselines"][0]["sampling"], "flat");
}

#[test]
fn every_throughput_of_criterion_0_8_is_read() {
    let ran = Case::of("criterion-0.8.2/criterion").regress("list --format json").exit_code(0);
    let document = ran.json();
    let kinds: Vec<&str> = document["benchmarks"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["baselines"][0]["throughput"]["kind"].as_str())
        .collect();
    for kind in ["bytes", "bytes-decimal", "bits", "elements-and-bytes"] {
        assert!(kinds.contains(&kind), "{kind} is not among {kinds:?}");
    }
}

#[test]
fn the_demo_has_one_regression_and_one_improvement() {
    let case = Case::of("demo/criterion");
    let ran =
        case.regress("check --baseline main --candidate pr --format json").exit_code(1).compared(11, 11).no_warning();
    assert_eq!(with_verdict(&ran, "regression"), ["parse/json/medium"]);
    assert_eq!(with_verdict(&ran, "improvement"), ["encode/base64/4096"]);
    let ran = case.regress("check --baseline base --candidate main --format json").exit_code(0).compared(11, 11);
    assert_eq!((with_verdict(&ran, "no-change").len(), with_verdict(&ran, "inconclusive").len()), (10, 1));
}

#[test]
fn cargo_criterions_records() {
    let case = Case::of("cargo-criterion/criterion");
    let ran = case.regress("list --format json").exit_code(0).no_warning();
    assert_eq!(ran.ids().len(), 5);
    // Recorded on a busy machine: what was slowed can't be told from noise, and that is what must be said.
    let ran = case.regress("check --format json").exit_code(0).compared(5, 5).no_warning();
    let ran = ran.verdict("slow_if_regressed", "inconclusive");
    let change = ran.json()["benchmarks"][2]["change"]["estimate"].as_f64().expect("a change");
    assert!(change > 0.5, "the second run did 1.6 times the work or so: {ran}");
}

#[test]
fn a_critcmp_export_as_baseline() {
    let case = Case::of("criterion-0.8.2/criterion").tree("critcmp/export.json", "export.json");
    let ran = case.regress("check --baseline export.json --candidate after --threshold 20 --format json").exit_code(1);
    assert_eq!(with_verdict(&ran, "regression"), SLOWED);
    // critcmp knows neither of Bits, BytesDecimal and ElementsAndBytes, and keeps nothing of them.
    assert_eq!(ran.json()["benchmarks"][0]["evidence"], "estimates");
}

#[test]
fn our_own_export_is_as_good_as_the_tree() {
    for version in ["0.2.4", "0.3.2", "0.8.2"] {
        let case = Case::of(&format!("criterion-{version}/criterion"));
        case.regress("export before -o before.json").exit_code(0).stderr_contains("wrote");
        let verdicts = |baseline: &str| {
            let ran = case.regress(&format!("check --baseline {baseline} --candidate after --format json"));
            ran.exit_code(1).json()["benchmarks"].clone()
        };
        assert_eq!(verdicts("before.json"), verdicts("before"), "Criterion {version}");
    }
}

/// Recordings in which both sides of the comparison that Criterion itself made are still there: 0.2.3 keeps the run before in
/// `base`, and for the demo Criterion was asked for it (`--load-baseline pr --baseline main`).
const COMPARED_BY_CRITERION: [(&str, &str, usize); 2] =
    [("criterion-0.2.3/criterion", "-b base -c new", 5), ("demo/criterion", "-b main -c pr", 11)];

/// Criterion's estimate of the change of the mean, and the ends of its interval.
fn change_of_mean(case: &Case, directory: &str) -> [f64; 3] {
    let path = case.path(&format!("{ROOT}/{directory}/change/estimates.json"));
    let text = std::fs::read_to_string(path).expect("the recording has it");
    let estimates: Value = serde_json::from_str(&text).expect("JSON");
    // Criterion 0.2 wrote names with a capital.
    let mean = estimates.get("mean").or(estimates.get("Mean")).expect("a mean");
    let interval = &mean["confidence_interval"];
    [&mean["point_estimate"], &interval["lower_bound"], &interval["upper_bound"]].map(|x| x.as_f64().expect("a number"))
}

/// The change of the mean is the same number, but for rounding: Criterion computes it from the same values. Its interval is of
/// 100 000 resamples and ours of the delta method, which is symmetric: of skewed measurements, an end may lie elsewhere. In
/// these recordings it does by up to 0.27 of the interval's half width, and the widths agree within 7 %.
#[test]
fn what_criterion_itself_found() {
    for (fixture, sides, n) in COMPARED_BY_CRITERION {
        let case = Case::of(fixture);
        let ran = case.regress(&format!("check {sides} --format json")).compared(n as u64, n as u64);
        for row in ran.json()["benchmarks"].as_array().expect("rows") {
            let test = &row["criterion"];
            let ours = ["estimate", "lower", "upper"].map(|end| test["change"][end].as_f64().expect("a number"));
            let theirs = change_of_mean(&case, row["directory"].as_str().expect("a folder"));
            let half = (theirs[2] - theirs[1]) / 2.0;
            let (id, shown) = (&row["id"], format!("{ours:?}, Criterion has {theirs:?}"));
            assert!((ours[0] - theirs[0]).abs() < 1e-9, "{fixture} {id}: {shown}");
            assert!((ours[1] - theirs[1]).abs() < half / 3.0, "{fixture} {id}: {shown}");
            assert!((ours[2] - theirs[2]).abs() < half / 3.0, "{fixture} {id}: {shown}");
            let width = (ours[2] - ours[1]) / (theirs[2] - theirs[1]);
            assert!((0.9..1.1).contains(&width), "{fixture} {id}: {width} of the width, {shown}");
            // What Criterion printed follows from its interval, where the ends are not too near to its limit to tell.
            let is_far = |end: f64, limit: f64| (end - limit).abs() > half / 3.0;
            if theirs[1] > 0.01 && is_far(theirs[1], 0.01) {
                assert_eq!(test["verdict"], "regressed", "{fixture} {id}: {shown}");
            } else if theirs[2] < -0.01 && is_far(theirs[2], -0.01) {
                assert_eq!(test["verdict"], "improved", "{fixture} {id}: {shown}");
            } else if is_far(theirs[1], 0.01) && is_far(theirs[2], -0.01) {
                let verdict = test["verdict"].as_str().expect("a word");
                assert!(["within-noise", "not-detected"].contains(&verdict), "{fixture} {id}: {verdict}, {shown}");
            }
        }
    }
}
