//! Where the sides were measured, and from what: what has to be equal before a change is the code's.

use serde_json::{Value, json};

use crate::case::{Case, ROOT, Ran};
use crate::tree;

/// `f` became twice as slow among unchanged benchmarks; both sides are exported, as `main.json` and `pr.json`.
fn exported(arguments: &str) -> Case {
    let mut case = Case::new();
    for i in 0..8 {
        case = case.benchmark(&format!("same{i}")).baseline(100.0).candidate(100.0);
    }
    let case = case.benchmark("f").baseline(100.0).candidate(200.0);
    case.regress(&format!("export main {arguments} -o main.json")).exit_code(0);
    case.regress(&format!("export new {arguments} -o pr.json")).exit_code(0);
    case
}

fn read(case: &Case, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(case.path(name)).expect("was written")).expect("JSON")
}

fn write(case: &Case, name: &str, value: &Value) {
    std::fs::write(case.path(name), value.to_string()).expect("files can be written");
}

/// Changes the environment of an exported file.
fn set(case: &Case, name: &str, fact: &str, value: Value) {
    let mut file = read(case, name);
    file["environments"][0][fact] = value;
    write(case, name, &file);
}

const CHECK: &str = "check -b main.json -c pr.json --format json";

fn outcome(ran: &Ran) -> Value {
    ran.json()["outcome"].clone()
}

#[test]
fn an_export_says_where_it_was_measured() {
    let case = exported("");
    let file = read(&case, "main.json");
    let environment = &file["environments"][0];
    assert!(environment["cores"].as_u64().is_some_and(|n| n > 0), "{environment}");
    assert!(environment["os"].as_str().is_some_and(|os| os.contains(std::env::consts::ARCH)), "{environment}");
    assert_eq!((&environment["profile"], &environment["executables"]), (&Value::Null, &json!([])));
    assert_eq!(file["environments"], read(&case, "pr.json")["environments"]);
    // It is in the report, and two exports of one machine are compared like the folder.
    let ran = case.regress(CHECK).exit_code(1).verdict("f", "regression").no_warning();
    assert_eq!(ran.json()["baseline"]["environments"], file["environments"]);
    let rows = case.regress("check -b main --format json").json()["benchmarks"].clone();
    assert_eq!(ran.json()["benchmarks"], rows);
}

#[test]
fn what_was_measured_elsewhere_says_nothing_of_this_machine() {
    let case = exported("--elsewhere");
    assert_eq!(read(&case, "main.json")["environments"], json!([]));
    case.regress(CHECK).exit_code(1).no_warning();
    let case = exported("--elsewhere --build-profile release,lto");
    let want = json!([{
        "cpu": null, "cores": null, "os": null, "rustc": null, "profile": "release,lto", "executables": [],
    }]);
    assert_eq!(read(&case, "main.json")["environments"], want);
}

#[test]
fn executables_are_told_by_their_hashes() {
    let case = exported("").file("one", "abc").file("two", "x").file("empty", "");
    let export = |arguments: &str| {
        case.regress(&format!("export main {arguments} -o main.json")).exit_code(0);
        read(&case, "main.json")["environments"][0]["executables"].clone()
    };
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    assert_eq!(export("--executable one"), json!([abc]));
    // In any order, and each once.
    assert_eq!(export("--executable two --executable one --executable one"), json!([x, abc]));
    assert_eq!(export("--executable one --elsewhere"), json!([abc]));
    // What was emptied, and what never ends, is no executable.
    for none in ["empty", "/dev/zero", "."] {
        case.regress(&format!("export main --executable {none}")).exit_code(2).stderr_contains("plain file");
    }
    let ran = case.regress("export main --executable none").exit_code(2).stderr_contains("none");
    assert!(ran.stderr.contains("hint: ") && ran.stdout.is_empty(), "{ran}");
}

#[test]
fn different_environments_are_not_judged() {
    for (fact, value, says) in [
        ("cpu", json!("Another CPU @ 3 GHz"), "CPU"),
        ("cores", json!(4096), "cores"),
        ("os", json!("plan9 4 mips"), "system"),
        ("rustc", json!("rustc 0.1.0"), "compiler"),
        ("profile", json!("debug"), "profile"),
    ] {
        let case = exported("--build-profile release");
        for file in ["main.json", "pr.json"] {
            set(&case, file, "cpu", json!("One CPU"));
            set(&case, file, "rustc", json!("rustc 1.95.0"));
        }
        set(&case, "pr.json", fact, value.clone());
        let ran =
            case.regress(CHECK).exit_code(0).doubt("f", "different-machines").doubt("same1", "different-machines");
        let ran = ran.warning_says("different-environments", &format!("{says}: "));
        assert_eq!((outcome(&ran), ran.json()["settle"].clone()), ("inconclusive".into(), Value::Null));
        assert_eq!(ran.json()["warnings"].as_array().map(Vec::len), Some(1), "{ran}");
        case.regress(&format!("{CHECK} --fail-on inconclusive")).exit_code(3);
        case.regress("check -b main.json -c pr.json").stdout_contains("measured in different environments");
        // Whoever knows better may say so, and it stays visible.
        let ran = case.regress(&format!("{CHECK} --allow-different-machines")).exit_code(1);
        ran.verdict("f", "regression").verdict("same1", "no-change").warning_says("different-environments", says);
        let case = case.env("REGRESS_ALLOW_DIFFERENT_MACHINES", "true");
        case.regress(CHECK).exit_code(1);
        // What a side doesn't know is no difference.
        set(&case, "main.json", fact, Value::Null);
        let case = case.env("REGRESS_ALLOW_DIFFERENT_MACHINES", "");
        case.regress(CHECK).exit_code(1).no_warning();
    }
}

#[test]
fn a_variable_may_allow_different_machines() {
    for (value, code) in [("1", 1), ("true", 1), ("yes", 1), ("0", 0), ("false", 0), ("", 0)] {
        let case = exported("");
        set(&case, "pr.json", "cores", json!(4096));
        let case = case.env("REGRESS_ALLOW_DIFFERENT_MACHINES", value);
        assert_eq!(case.regress(CHECK).code, Some(code), "{value}: {}", case.regress(CHECK));
    }
}

#[test]
fn a_suite_on_another_machine_is_no_shift_of_the_code() {
    let mut case = Case::new();
    for i in 0..10 {
        case = case.benchmark(&format!("b{i}")).baseline(100.0).candidate(180.0);
    }
    case.regress("export main -o main.json").exit_code(0);
    case.regress("export new -o pr.json").exit_code(0);
    case.regress(CHECK).exit_code(1);
    set(&case, "pr.json", "cores", json!(4096));
    let ran = case.regress(CHECK).exit_code(0);
    assert_eq!(ran.json()["suite_shift"]["verdict"], "inconclusive", "{ran}");
    case.regress(&format!("{CHECK} --allow-different-machines")).exit_code(1);
}

#[test]
fn runs_of_one_side_from_different_machines_are_not_judged() {
    let case = Case::new().benchmark("f").executions("main", &[100.0, 100.1]).executions("pr", &[150.0, 150.2]);
    for name in ["main-1", "main-2", "pr-1", "pr-2"] {
        case.regress(&format!("export {name} -o {name}.json")).exit_code(0);
    }
    let check = "check -b main-1.json main-2.json -c pr-1.json pr-2.json --format json";
    case.regress(check).exit_code(1).no_warning();
    set(&case, "main-2.json", "cores", json!(4096));
    let ran = case.regress(check).exit_code(0).doubt("f", "different-machines");
    let ran = ran.warning_says("different-environments", "cores");
    assert_eq!(ran.json()["baseline"]["environments"].as_array().map(Vec::len), Some(2), "{ran}");
    // On both sides alike is no better: which run met which machine is chance.
    set(&case, "pr-1.json", "cores", json!(4096));
    let ran = case.regress(check).exit_code(0).doubt("f", "different-machines");
    assert_eq!(ran.json()["warnings"].as_array().map(Vec::len), Some(1), "a difference is told once: {ran}");
}

#[test]
fn one_executable_on_both_sides_is_no_regression() {
    let case = exported("").file("bench", "one program");
    let case = case.file("other", "another");
    for (name, file) in [("main", "main.json"), ("new", "pr.json")] {
        case.regress(&format!("export {name} --executable bench -o {file}")).exit_code(0);
    }
    let ran = case.regress(CHECK).exit_code(0).doubt("f", "same-executable").verdict("same1", "no-change");
    assert_eq!((&ran.json()["same_executable"], &ran.json()["settle"]), (&true.into(), &Value::Null), "{ran}");
    let ran = case.regress("check -b main.json -c pr.json").exit_code(0);
    ran.stdout_contains("both sides were measured from the same executable, so that every difference is noise");
    case.regress("check -b main.json -c pr.json --explain f").stdout_contains("same executable, so it is not the code");
    // Nothing is suspected either, and nothing faster.
    let ran = case.regress("check -b pr.json -c main.json --format json").exit_code(0);
    ran.doubt("f", "same-executable");
    let ran = case.regress(&format!("{CHECK} --assumed-noise 40")).exit_code(0).doubt("f", "same-executable");
    assert_eq!(ran.json()["counts"]["suspected"], 0, "{ran}");
    // Another one on either side, or an unknown one, is another matter.
    case.regress("export new --executable other -o pr.json").exit_code(0);
    assert_eq!(case.regress(CHECK).exit_code(1).json()["same_executable"], false);
    case.regress("export new --executable bench --executable other -o pr.json").exit_code(0);
    assert_eq!(case.regress(CHECK).exit_code(1).json()["same_executable"], false);
    case.regress("export new -o pr.json").exit_code(0);
    assert_eq!(case.regress(CHECK).exit_code(1).json()["same_executable"], false);
    assert_eq!(case.regress("check -b main.json --format json").exit_code(1).json()["same_executable"], false);
}

#[test]
fn one_executable_makes_no_shift_of_the_suite() {
    let mut case = Case::new().file("bench", "one program");
    for i in 0..10 {
        case = case.benchmark(&format!("b{i}")).baseline(100.0).candidate(180.0);
    }
    for (name, file) in [("main", "main.json"), ("new", "pr.json")] {
        case.regress(&format!("export {name} --executable bench -o {file}")).exit_code(0);
    }
    let ran = case.regress(CHECK).exit_code(0);
    assert_eq!((&ran.json()["suite_shift"]["verdict"], outcome(&ran)), (&"inconclusive".into(), "inconclusive".into()));
}

#[test]
fn a_run_of_an_unknown_executable_is_not_the_known_one() {
    let three = [100.0, 100.1, 99.9];
    let case = Case::new().file("bench", "one program");
    let case = case.benchmark("f").executions("main", &three).executions("pr", &three.map(|x| x * 1.5));
    for name in ["main-1", "main-2", "main-3", "pr-1"] {
        case.regress(&format!("export {name} --executable bench -o {name}.json")).exit_code(0);
    }
    let check = "check -b main-1.json main-2.json main-3.json --format json";
    let ran = case.regress(&format!("{check} -c pr-1.json")).exit_code(0);
    assert_eq!(ran.json()["same_executable"], true, "{ran}");
    let ran = case.regress(&format!("{check} -c pr-1.json pr-2 pr-3")).exit_code(1).verdict("f", "regression");
    assert_eq!(ran.json()["same_executable"], false, "what the folder's runs were made from, nobody says: {ran}");
}

#[test]
fn a_folder_of_exports_keeps_their_environments() {
    let case = exported("");
    for i in 0..2 {
        let one = Case::new().benchmark("f").result("new", 100.0 + f64::from(i));
        tree::copy(&one.path(ROOT), &case.path(&format!("run{i}")), tree::two_hours_ago());
        case.regress(&format!("export --dir run{i} -o runs{i}.json")).exit_code(0);
        std::fs::create_dir_all(case.path("runs")).expect("folders can be made");
        std::fs::rename(case.path(&format!("runs{i}.json")), case.path(&format!("runs/{i}.json"))).expect("a file");
    }
    let ran = case.regress("check -b ./runs -c pr.json -f ^f$ --format json").exit_code(1).executions("f", 2, 1);
    assert_eq!(ran.json()["baseline"]["environments"], ran.json()["candidate"]["environments"], "{ran}");
    set(&case, "runs/1.json", "cores", json!(4096));
    let ran = case.regress("check -b ./runs -c pr.json -f ^f$ --format json").exit_code(0);
    ran.doubt("f", "different-machines");
}

#[test]
fn broken_environments_are_refused() {
    let case = exported("");
    for bad in [json!({ "cores": "two" }), json!({ "cores": -1 }), json!([1]), json!(5)] {
        let mut file = read(&case, "pr.json");
        file["environments"] = json!([bad]);
        write(&case, "pr.json", &file);
        case.regress(CHECK).exit_code(2).stderr_contains("pr.json").stderr_contains("hint: ");
    }
    // Files of before know of no environments.
    let mut file = read(&case, "pr.json");
    file.as_object_mut().expect("an object").remove("environments");
    write(&case, "pr.json", &file);
    case.regress(CHECK).exit_code(1).no_warning();
    // Text from strangers.
    file["environments"] = json!([{ "cpu": "\u{1b}[31m\n::error::x", "cores": 4096 }]);
    write(&case, "pr.json", &file);
    let ran = case.regress("check -b main.json -c pr.json").exit_code(0);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains("\n::error"), "{ran}");
}
