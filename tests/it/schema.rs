//! The JSON that the tool writes is what `schema/` says, and the schemas are strict enough to notice when it isn't.

use jsonschema::Validator;
use serde_json::{Value, json};

use criterion_regress::store::write_session;

use crate::case::{Case, ROOT};
use crate::rivals::{ARGUMENTS, executions, good_session, honest};

fn schema_of(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(format!("{name}.v1.json"));
    let schema = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("failed to read {}: {e}", path.display()));
    serde_json::from_str(&schema).expect("a schema is JSON")
}

pub(crate) fn validator(name: &str) -> Validator {
    let schema = schema_of(name);
    jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|e| panic!("{name}: {e}"));
    jsonschema::draft202012::new(&schema).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[track_caller]
pub(crate) fn holds(validator: &Validator, document: &Value, of: &str) {
    let errors: Vec<String> = validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{of}:\n{}", errors.join("\n"));
}

/// Trees that between them bring out every kind of row, reason and most warnings.
fn trees() -> Vec<(String, Case)> {
    let mut trees: Vec<(String, Case)> = Vec::new();
    for entry in std::fs::read_dir(crate::tree::fixture("broken")).expect("fixtures/broken") {
        let entry = entry.expect("a readable entry");
        if entry.path().is_dir() {
            let name = format!("broken/{}", entry.file_name().to_string_lossy());
            trees.push((name.clone(), Case::of(&name)));
        }
    }
    for name in ["demo", "cargo-criterion", "criterion-0.2.3", "criterion-0.3.2", "criterion-0.8.2"] {
        trees.push((name.to_owned(), Case::of(&format!("{name}/criterion"))));
    }
    let sides = Case::new().benchmark("added").candidate(5.0).benchmark("removed").result("base", 5.0);
    let copy =
        sides.benchmark("plain").plain_runs(10.0, 20.0).benchmark("negative").result("base", -5.0).candidate(-4.0);
    trees.push(("sides".to_owned(), copy));
    let empty = Case::new();
    std::fs::create_dir_all(empty.path(ROOT)).expect("a folder");
    trees.push(("empty".to_owned(), empty));
    trees
}

#[test]
fn reports() {
    let schema = validator("report");
    for (name, case) in trees() {
        for call in
            ["check --format json", "check -b base --profile official --format json", "check -b none --format json"]
        {
            holds(&schema, &case.regress(call).json(), &format!("{name}: {call}"));
        }
    }
    let config = "[[rules]]\nglob='parse/**'\nwaive={reason='a',until='2099-01-01'}\n[[rules]]\nglob='sort/**'\naction='ignore'\n\
                  [[rules]]\nglob='hash/**'\nwaive={reason='a',until='2000-01-01'}\n[renames]\n'sort/radix/2000'='fib_15'\n";
    let case = Case::of("demo/criterion").file("regress.toml", config);
    holds(&schema, &case.regress("check -b main -c pr --format json").json(), "rules");
}

#[test]
fn lists() {
    let schema = validator("list");
    for (name, case) in trees() {
        holds(&schema, &case.regress("list --format json").json(), &name);
    }
    let tomorrow = std::time::SystemTime::now() + std::time::Duration::from_secs(86_400);
    let case = Case::new().written_at(tomorrow).benchmark("f").candidate(1.0);
    holds(&schema, &case.regress("list --format json").json(), "the future");
}

#[test]
fn tables() {
    let schema = validator("compare");
    for (name, case) in trees() {
        for call in ["compare --format json", "compare base new --threshold 5 --sort difference --format json"] {
            holds(&schema, &case.regress(call).json(), &format!("{name}: {call}"));
        }
    }
    let case = Case::of("demo/criterion");
    holds(&schema, &case.regress(r"compare main pr --group ^hash/\w+/(\d+)$ --format json").json(), "groups");
}

#[test]
fn audits() {
    let schema = validator("audit");
    holds(&schema, &Case::of("demo/criterion").regress("audit base main --format json").json(), "two runs");
    holds(&schema, &Case::of("demo/criterion").regress("audit base main pr --format json").json(), "three runs");
}

#[test]
fn spreads() {
    let schema = validator("spread");
    for (name, case) in trees() {
        for call in ["spread new --format json", "spread base new --format json"] {
            holds(&schema, &case.regress(call).json(), &format!("{name}: {call}"));
        }
    }
    let case = Case::new().tree("console/0.8.2", "logs");
    case.regress_with(&["import", "logs/before1.txt", "logs/before2.txt", "logs/before3.txt", "-o", "run.json"])
        .exit_code(0);
    holds(&schema, &case.regress("spread run.json --format json").exit_code(0).json(), "printed");
}

#[test]
fn preflights() {
    let schema = validator("doctor");
    let case = Case::of("demo/criterion")
        .file("Cargo.toml", "[package]\nname='a'\n")
        .file("benches/b.rs", "criterion_main!(g);");
    for call in ["doctor --format json", "doctor --profile official -b main --format json"] {
        holds(&schema, &case.regress(call).json(), call);
    }
    holds(&schema, &Case::new().regress("doctor --format json").json(), "no repository");
    let known = schema_of("doctor").pointer("/$defs/check/properties/code/enum").cloned();
    assert_eq!(known, Some(json!(criterion_regress::preflight::CODES)));
}

#[test]
fn implementations() {
    let schema = validator("rivals");
    holds(&schema, &rivals().regress(&format!("{ARGUMENTS} --format json")).json(), "all kinds of rows");
    let empty = Case::of("demo/criterion").regress("rivals --ours radix --theirs unstable --format json");
    holds(&schema, &empty.json(), "no regress.json");
}

/// Workloads of every standing, and a session.
fn rivals() -> Case {
    let workloads = [("a/8", 5000.0, 9000.0), ("b/8", 5000.0, 4000.0), ("c/8", 5000.0, 5000.0), ("d/8", 5.0, 9000.0)];
    executions(3, &workloads, honest).file("runs/session.json", &write_session(&good_session(3)))
}

#[test]
fn documents_and_releases() {
    let case = rivals().file("r/a", "").file("BENCHMARKS.md", CLAIMS);
    case.regress(&format!("{ARGUMENTS} -o json=r/a.json"));
    holds(&validator("claims"), &case.regress("claims --format json").json(), "a refused claim");
    holds(
        &validator("release-check"),
        &case.regress("release-check --results r --format json").json(),
        "no repository",
    );
}

const CLAIMS: &str = "It is 2x faster.\n<!-- regress:begin a report=r/a.json -->\n<!-- regress:end a -->\n";

#[test]
fn settings() {
    let schema = validator("config");
    holds(&schema, &Case::new().regress("config --format json").json(), "defaults");
    let file = "profile='a'\nbaseline='main'\nthreshold=3\nfail-on=['inconclusive']\nsuite-shift='warn'\n\
                [profiles.a]\nthreshold=4\n[[rules]]\nglob='a'\nthreshold=2\nfloor-ns=3\naction='warn'\n\
                [[rules]]\nregex='b'\nwaive={reason='c',until='2000-01-01'}\n[[rules]]\nregex='b'\nwaive={reason='c',until='2099-01-01'}\n\
                [renames]\n'a'='b'\n";
    let case = Case::new().file("regress.toml", file);
    let document = case.regress("config --fail-on incomplete,inconclusive --format json").json();
    holds(&schema, &document, "a full file");
    assert_eq!(document["rules"].as_array().map(Vec::len), Some(3));
}

/// Each place of a document, as a JSON pointer.
fn places(document: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match document {
        Value::Object(map) => map.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| places(item, &format!("{at}/{i}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn a_damaged_document_is_noticed() {
    let case = Case::of("demo/criterion").file("regress.toml", "[[rules]]\nglob='none'\nthreshold=5\n");
    let claims = rivals().file("r/a", "").file("BENCHMARKS.md", CLAIMS);
    claims.regress(&format!("{ARGUMENTS} -o json=r/a.json"));
    let documents = [
        ("report", case.regress("check -b main -c pr --format json").json()),
        ("list", case.regress("list --format json").json()),
        ("compare", case.regress("compare main pr --format json").json()),
        ("config", case.regress("config --format json").json()),
        ("audit", case.regress("audit base main pr --format json").json()),
        ("spread", case.regress("spread main pr --format json").json()),
        ("rivals", rivals().regress(&format!("{ARGUMENTS} --format json")).json()),
        ("claims", claims.regress("claims --format json").json()),
        ("release-check", claims.regress("release-check --format json").json()),
        ("doctor", case.regress("doctor --format json").json()),
    ];
    for (name, document) in documents {
        let schema = validator(name);
        holds(&schema, &document, name);
        let mut found = Vec::new();
        places(&document, "", &mut found);
        for place in found {
            let mut damaged = document.clone();
            let value = damaged.pointer_mut(&place).expect("it was found there");
            match value {
                Value::Object(map) if place != "/renames" => drop(map.insert("surprise".to_owned(), json!(1))),
                Value::Object(map) => drop(map.insert("surprise".to_owned(), json!(1))),
                other => *other = json!({ "surprise": 1 }),
            }
            assert!(!schema.is_valid(&damaged), "{name}: another value at {place} goes unnoticed");
        }
        for key in document.as_object().expect("an object").keys() {
            let mut damaged = document.clone();
            damaged.as_object_mut().expect("an object").remove(key);
            assert!(!schema.is_valid(&damaged), "{name}: goes unnoticed without {key}");
        }
    }
}

#[test]
fn words_outside_the_enums_are_noticed() {
    let schema = validator("report");
    let report = Case::of("broken/throughput-changed/criterion").regress("check -b base --format json").json();
    for (place, word) in [
        ("/outcome", "fine"),
        ("/version", "2"),
        ("/schema", "criterion-regress/list"),
        ("/benchmarks/0/verdict", "slower"),
        ("/benchmarks/0/doubt", "some"),
        ("/benchmarks/0/evidence", "guess"),
        ("/benchmarks/0/action/kind", "shrug"),
        ("/not_compared/0/reason", "lost"),
        ("/noise/source", "weather"),
    ] {
        let mut damaged = report.clone();
        *damaged.pointer_mut(place).unwrap_or_else(|| panic!("nothing at {place}: {report}")) = json!(word);
        assert!(!schema.is_valid(&damaged), "{word} at {place}");
    }
}

#[test]
fn every_code_of_a_warning_is_in_the_schemas() {
    let wording = include_str!("../../src/report/warnings.rs");
    let start = wording.find("pub fn warning_text").expect("warnings become text there");
    let body = &wording[start..wording[start..].find("#[cfg(test)]").map_or(wording.len(), |end| start + end)];
    let is_code = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let after_parenthesis =
        body.match_indices("(\n").map(|(at, _)| at + 2).chain(body.match_indices("(\"").map(|(at, _)| at + 1));
    let codes: Vec<&str> = after_parenthesis
        .filter_map(|at| body[at..].trim_start().strip_prefix('"')?.split_once('"'))
        .filter(|(_, after)| after.starts_with(','))
        .map(|(code, _)| code)
        .filter(is_code)
        .collect();
    assert!(codes.len() > 20, "found only {codes:?}");
    for name in ["report", "list", "compare", "audit", "spread", "rivals"] {
        let schema = std::fs::read_to_string(format!("{}/schema/{name}.v1.json", env!("CARGO_MANIFEST_DIR")));
        let schema: Value = serde_json::from_str(&schema.expect("a schema")).expect("JSON");
        let known = schema.pointer("/$defs/warning/properties/code/enum").and_then(Value::as_array).expect("codes");
        for code in &codes {
            assert!(known.iter().any(|k| k == code), "schema/{name}.v1.json does not know the warning `{code}`");
        }
        assert_eq!(known.len(), codes.len(), "schema/{name}.v1.json knows a warning that is never given");
    }
}
