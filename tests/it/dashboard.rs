//! `regress dashboard` and `regress badge`, from the command line.

use std::path::Path;

use crate::case::Case;
use crate::git::{git, repository};
use crate::rivals::{ARGUMENTS, executions};

/// A repository with a release whose run is recorded.
fn recorded() -> Case {
    let case = Case::new()
        .written_at(std::time::SystemTime::now())
        .benchmark("parse/json")
        .candidate(1_000.0)
        .benchmark("<img src=x onerror=alert(1)>")
        .candidate(5.0);
    let folder = case.path("");
    std::fs::write(folder.join(".gitignore"), "target\n.rustup\n").expect("written");
    repository(&folder);
    git(&folder, &["tag", "-a", "-m", "first", "v1.0"]);
    git(&folder, &["remote", "add", "origin", "https://me:secret@github.com/o/r.git"]);
    case.regress("record").exit_code(0);
    case
}

fn index(case: &Case, folder: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(case.path(folder).join("data/index.js")).expect("an index");
    let json = text.strip_prefix("regress.index(").and_then(|rest| rest.strip_suffix(");\n")).expect("one call");
    serde_json::from_str(json).expect("JSON")
}

#[test]
fn a_site_is_written_with_releases_and_links() {
    let case = recorded();
    let ran = case.regress("dashboard --out site --title Benches").exit_code(0);
    assert!(ran.stderr.starts_with("wrote 2 benchmarks, 1 run to site"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    let index = index(&case, "site");
    assert_eq!(index["title"], "Benches");
    assert_eq!(index["commit_url"], "https://github.com/o/r/commit/", "without the password");
    assert_eq!(index["releases"], serde_json::json!([[0, "v1.0"]]));
    assert_eq!(index["branches"][0]["key"], "main");
    let labels: Vec<&str> =
        index["benchmarks"].as_array().expect("benchmarks").iter().filter_map(|b| b["label"].as_str()).collect();
    assert_eq!(labels, ["<img src=x onerror=alert(1)>", "parse/json"]);
    for file in ["index.html", "app.js", "style.css", "uplot/uPlot.iife.min.js", "uplot/LICENSE", "data/000.js"] {
        assert!(case.path("site").join(file).is_file(), "{file}");
    }
    // An index and points of different sites are told apart by it.
    let mark = index["pieces"][0][1].as_str().expect("a mark");
    let piece = std::fs::read_to_string(case.path("site/data/000.js")).expect("a piece");
    assert!(piece.ends_with(&format!(",\"{mark}\");\n")), "{piece}");
    // A link that lies there is replaced, and what it points to stays as it is.
    #[cfg(unix)]
    {
        std::fs::write(case.path("others"), "others").expect("written");
        std::fs::remove_file(case.path("site/app.js")).expect("removed");
        std::os::unix::fs::symlink(case.path("others"), case.path("site/app.js")).expect("linked");
        case.regress("dashboard --out site").exit_code(0);
        assert_eq!(std::fs::read_to_string(case.path("others")).expect("read"), "others");
        assert!(std::fs::read_to_string(case.path("site/app.js")).expect("read").len() > 1_000);
    }
    // Again over itself, the same.
    let read = |path: &Path| std::fs::read(path.join("data/000.js")).expect("a piece");
    let before = read(&case.path("site"));
    case.regress("dashboard --out site --title Benches").exit_code(0);
    assert_eq!(read(&case.path("site")), before);
}

#[test]
fn what_is_drawn_can_be_chosen() {
    let case = recorded();
    case.regress("dashboard --out site --filter parse --commit-url https://example.org/c/").exit_code(0);
    let index = index(&case, "site");
    assert_eq!(index["benchmarks"].as_array().map(Vec::len), Some(1));
    assert_eq!(index["commit_url"], "https://example.org/c/");
    case.regress("dashboard --out other --filter nothing").exit_code(0).stderr_contains("the site is empty");
    case.regress("dashboard --out x --branch gone").exit_code(2).stderr_contains("there are runs on: main");
    case.regress("dashboard --out x --commit-url javascript:x").exit_code(2).stderr_contains("no address of the web");
    case.regress("dashboard --out x --smallest -1").exit_code(2);
}

#[test]
fn implementations_are_told_by_reports_of_rivals() {
    let workloads = [("softmax/8", 5000.0, 12_500.0), ("matmul/8", 5000.0, 10_000.0)];
    let unsynchronised = |_: &str, mut work: serde_json::Value| {
        if work["workload"] == "matmul/8" {
            work["synchronised"] = false.into();
        }
        Some(work)
    };
    let case = executions(5, &workloads, unsynchronised);
    case.regress(&format!("{ARGUMENTS} -o json=mlx.json"));
    case.regress("record --dir runs/1 --revision one --since 2000-01-01T00:00:00Z --store h.db").exit_code(0);
    case.regress("dashboard --out site --store h.db --rivals mlx.json").exit_code(0);
    let index = index(&case, "site");
    let rows = index["rivals"][0]["rows"].as_array().expect("workloads");
    assert_eq!((&rows[0]["workload"], &rows[0]["words"]), (&"matmul/8".into(), &serde_json::Value::Null));
    assert!(rows[0]["refusals"].to_string().contains("did not wait"), "{}", rows[0]);
    assert!(rows[1]["words"].as_str().is_some_and(|words| words.contains("× faster (2.")), "{}", rows[1]);
    let keys: Vec<&serde_json::Value> =
        index["benchmarks"].as_array().expect("them").iter().map(|b| &b["key"]).collect();
    assert!(keys.contains(&&rows[0]["keys"][0]) && keys.contains(&&rows[0]["keys"][1]), "{keys:?}");

    let case = Case::new().benchmark("a").baseline(100.0).candidate(200.0);
    case.regress("check -b main -o json=check.json").exit_code(1);
    let ran = case.regress("dashboard --out x --rivals check.json").exit_code(2);
    ran.stderr_contains("check.json: it compares no implementations").stderr_contains("regress rivals");
    case.regress("dashboard --out x --rivals none.json").exit_code(2).stderr_contains("failed to read none.json");
}

#[test]
fn anothers_page_stays() {
    let case = recorded();
    std::fs::create_dir(case.path("mine")).expect("made");
    std::fs::write(case.path("mine").join("index.html"), "<h1>mine</h1>").expect("written");
    case.regress("dashboard --out mine").exit_code(2).stderr_contains("another page is there");
    assert_eq!(std::fs::read_dir(case.path("mine")).expect("a folder").count(), 1);
}

#[test]
fn badges_and_charts_are_drawn() {
    let case = recorded();
    let badge = case.regress("badge").exit_code(0).stdout;
    assert!(badge.starts_with("<svg ") && badge.contains(">steady</text>"), "{badge}");
    case.regress("badge --benchmark parse/json --chart -o chart.svg").exit_code(0);
    let chart = std::fs::read_to_string(case.path("chart.svg")).expect("a chart");
    assert!(chart.contains(">parse/json</text>"), "{chart}");
    case.regress("badge --benchmark parse/jsn").exit_code(2).stderr_contains("did you mean `parse/json`?");
    case.regress("badge --chart").exit_code(2).stderr_contains("--benchmark");
}
