//! `regress.toml` by its effects; `fixtures/cases/` has the examples.

use crate::case::{Case, Ran};

/// `hot` and `cold` both became 40 % slower.
fn slower() -> Case {
    Case::new().benchmark("hot/a").baseline(100.0).candidate(140.0).benchmark("cold/b").baseline(100.0).candidate(140.0)
}

fn check(config: &str) -> Ran {
    slower().file("regress.toml", config).regress("check --baseline main --format json")
}

/// The file can't be used, and the message says `why`.
fn refused(config: &str, why: &str) {
    let ran = check(config).exit_code(2).stderr_contains("regress.toml").stderr_contains(why);
    assert!(ran.stdout.is_empty(), "{ran}");
}

#[test]
fn a_rule_holds_for_what_it_matches() {
    check("").exit_code(1).verdict("hot/a", "regression").verdict("cold/b", "regression");
    let ran = check("[[rules]]\nglob = 'cold/*'\nthreshold = 60\n").exit_code(1);
    let ran = ran.verdict("hot/a", "regression");
    assert_ne!(ran.json()["benchmarks"][0]["verdict"], "regression", "{ran}");
    check("[[rules]]\nglob = '**'\nthreshold = 60\n").exit_code(0);
}

#[test]
fn a_later_rule_beats_an_earlier_one_setting_by_setting() {
    let rules = "[[rules]]\nglob = '**'\naction = 'warn'\n[[rules]]\nregex = '^hot'\naction = 'fail'\n";
    let ran = check(rules).exit_code(1);
    let actions: Vec<_> =
        ran.json()["benchmarks"].as_array().expect("rows").iter().map(|row| row["action"]["kind"].clone()).collect();
    assert_eq!(actions, ["warn", "fail"]);
    check("[[rules]]\nregex = '^hot'\naction = 'fail'\n[[rules]]\nglob = '**'\naction = 'warn'\n").exit_code(0);
}

#[test]
fn warned_waived_and_ignored_pass() {
    check("[[rules]]\nglob = '**'\naction = 'warn'\n").exit_code(0).verdict("hot/a", "regression");
    check("[[rules]]\nglob = '**'\naction = 'ignore'\n").exit_code(3).not_compared("hot/a", "ignored");
    check("[[rules]]\nglob = '**'\nwaive = { reason = 'known', until = '2099-01-01' }\n")
        .exit_code(0)
        .verdict("hot/a", "regression")
        .stdout_contains("known");
    check("[[rules]]\nglob = '**'\nwaive = { reason = 'known', until = '2000-01-01' }\n")
        .exit_code(1)
        .warning("waiver-expired", "**");
}

#[test]
fn a_floor_is_absolute() {
    check("[[rules]]\nglob = '**'\nfloor-ns = 39\n").exit_code(1);
    check("[[rules]]\nglob = '**'\nfloor-ns = 60\n").exit_code(0);
}

#[test]
fn what_matches_nothing_is_told() {
    let config = "[[rules]]\nglob = 'none/*'\naction = 'warn'\n[renames]\n'old' = 'hot/a'\n";
    check(config).warning("pattern-matches-nothing", "none/*").warning("rename-matches-nothing", "old = hot/a");
}

#[test]
fn a_file_that_cannot_be_used_says_why() {
    refused("treshold = 5", "treshold");
    refused("[[rules]]\nglob = 'a'\nflor-ns = 5", "flor-ns");
    refused("[profiles.ci]\nthreshhold = 5", "threshhold");
    refused("threshold = 'five'", "threshold");
    refused("threshold = -1", "above 0");
    refused("threshold = nan", "above 0");
    refused("[[rules]]\nthreshold = 5", "needs one of them");
    refused("[[rules]]\nglob = 'a'\nregex = 'b'", "needs one of them");
    refused("[[rules]]\nglob = 'a['", "a[");
    refused("[[rules]]\nregex = 'a('", "a(");
    refused("[[rules]]\nglob = 'a'\nfloor-ns = -1", "floor-ns");
    refused("[[rules]]\nglob = 'a'\naction = 'fial'", "fial");
    refused(
        "[[rules]]\nglob = 'a'\naction = 'warn'\nwaive = { reason = 'b', until = '2099-01-01' }",
        "a waiver is an action",
    );
    refused("[[rules]]\nglob = 'a'\nwaive = { reason = 'b' }", "until");
    refused("[[rules]]\nglob = 'a'\nwaive = { reason = 'b', until = 'soon' }", "soon");
    refused("profile = 'none'", "none");
    refused("not toml", "regress.toml");
}

#[test]
fn the_nearest_file_upward_is_found() {
    let case = slower().file("regress.toml", "threshold = 60\n").file("member/src/lib.rs", "");
    let mut call = case.command();
    call.current_dir(case.path("member/src")).args(["check", "-b", "main", "--dir", "../../target/criterion"]);
    let found = Ran::new("check in member/src".to_owned(), &call.output().expect("runs"));
    found.exit_code(0).stdout_contains("threshold 60 %");
    case.regress("check -b main --no-config").exit_code(1);
    let case = case.file("strict.toml", "threshold = 10\n");
    case.regress("check -b main --config strict.toml").exit_code(1).stdout_contains("threshold 10 %");
}

#[test]
fn each_layer_beats_the_one_below() {
    let file = "profile = 'mine'\nthreshold = 30\n[profiles.mine]\nthreshold = 25\nassumed-noise = 3\n";
    let value = |case: &Case, call: &str, name: &str| {
        let setting = case.regress(call).exit_code(0).json()["settings"][name].clone();
        (setting["value"].clone(), setting["from"].as_str().expect("an origin").to_owned())
    };
    let case = slower().file("regress.toml", file);
    let config = "config --format json";
    assert_eq!(value(&case, config, "threshold"), (25.0.into(), "regress.toml [profiles.mine]".into()));
    let plain = "config --profile smoke --format json";
    assert_eq!(value(&case, plain, "threshold"), (30.0.into(), "regress.toml".into()));
    assert_eq!(value(&case, config, "assumed-noise"), (3.0.into(), "regress.toml [profiles.mine]".into()));
    assert_eq!(value(&case, config, "suite-shift"), ("fail".into(), "profile smoke".into()));
    assert_eq!(value(&case, "config --no-config --format json", "threshold"), (20.0.into(), "profile smoke".into()));
    let official = "config --no-config --profile official --format json";
    assert_eq!(value(&case, official, "threshold"), (2.0.into(), "profile official".into()));
    let case = case.env("REGRESS_THRESHOLD", "8");
    assert_eq!(value(&case, config, "threshold"), (8.0.into(), "$REGRESS_THRESHOLD".into()));
    assert_eq!(value(&case, "config -t 4 --format json", "threshold"), (4.0.into(), "--threshold".into()));
}

#[test]
fn a_shift_of_the_whole_suite_is_one_finding() {
    let case = (0..12).fold(Case::new(), |case, i| {
        case.benchmark(&format!("f{i}")).baseline(100.0 * f64::from(i + 1)).candidate(150.0 * f64::from(i + 1))
    });
    let ran = case.regress("check -b main --format json").exit_code(1);
    let shift = ran.json()["suite_shift"].clone();
    assert_eq!(shift["verdict"], "regression", "{ran}");
    assert!((shift["change"].as_f64().expect("a change") - 0.5).abs() < 0.02, "{shift}");
    case.regress("check -b main").exit_code(1).stdout_contains("the whole suite became slower");
}

#[test]
fn what_is_faster_than_the_hardware_is_a_named_warning() {
    // A thousand bytes at 100 GB/s take ten nanoseconds.
    let of = |kind: &str, ns: f64| {
        let work = serde_json::json!({ kind: 1000 });
        Case::new()
            .benchmark("copy")
            .throughput(work)
            .baseline(100.0)
            .candidate(ns)
            .benchmark("plain")
            .baseline(1.0)
            .candidate(1.0)
    };
    let call = "check -b main --format json --peak-bytes 100GB/s --peak-elements 100G";
    for kind in ["Bytes", "BytesDecimal", "Elements"] {
        of(kind, 3.9)
            .regress(call)
            .warning("faster-than-possible", "copy")
            .warning_says("faster-than-possible", "2.5 times");
        let possible = of(kind, 11.0).regress(call).json();
        assert!(!possible["warnings"].to_string().contains("faster-than-possible"), "{possible}");
    }
    let file = of("Bytes", 4.0).file("regress.toml", "[machine]\npeak-bytes = '100 GB/s'\n");
    file.regress("check -b main --format json").warning("faster-than-possible", "copy");
    file.regress("config").stdout_contains("peak-bytes        = 100000000000.0").stdout_contains("# regress.toml");
    let wrong = file.file("regress.toml", "[machine]\npeak-bytes = 'fast'\n");
    wrong.regress("check -b main").exit_code(2).stderr_contains("machine.peak-bytes: expected bytes a second");
    of("Bytes", 4.0)
        .env("REGRESS_PEAK_BYTES", "1e11")
        .regress("check -b main")
        .stdout_contains("faster than the hardware can be");
}
