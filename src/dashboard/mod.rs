//! History → a static site, badges and pictures: values in, files as bytes out. Nothing is written here.
//!
//! `track` lays history out as what is drawn (a benchmark on a branch in an environment) with its changes, `data` codes it for the
//! page, `site` puts files together, `badge` and `picture` draw SVG. `assets/` is the page itself, with the chart library.

mod badge;
mod data;
mod picture;
mod site;
mod track;

use std::sync::Arc;

use crate::model::{BenchmarkId, Environment, Throughput, Unit};
use crate::report::RivalsReport;

pub use badge::badge;
pub use picture::picture;
pub use site::{GENERATOR, SiteFile, site};
pub use track::{Level, Track, TrackChange, TrackDrift, Tracks, tracks};

/// One run, as it is told of its points.
#[derive(Debug, Clone, PartialEq)]
pub struct DashboardRun {
    /// The revision that was measured.
    pub revision: String,
    /// Its branch, where it is known.
    pub branch: Option<String>,
    /// When the revision was made, or where nobody knows, measured; seconds since 1970.
    pub at: Option<i64>,
    /// What has to be equal for two times to be comparable, as a key.
    pub environment_key: String,
    /// Where it was measured.
    pub environment: Arc<Environment>,
}

/// One benchmark in one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DashboardPoint {
    /// The run's place in [`DashboardHistory::runs`].
    pub run: usize,
    /// Location per iteration, in the series' unit; over several executions their median. What isn't finite is left out.
    pub typical: f64,
    /// Where the run puts it: the spread of its executions, or of one execution the 95 % interval from the spread inside it.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// A benchmark doing the same work in the same unit, in all branches and environments.
#[derive(Debug, Clone, PartialEq)]
pub struct DashboardSeries {
    /// Which.
    pub id: BenchmarkId,
    /// What the numbers count.
    pub unit: Unit,
    /// Work per iteration.
    pub throughput: Option<Throughput>,
    /// By run, each once.
    pub points: Vec<DashboardPoint>,
}

/// All that a dashboard shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DashboardHistory {
    /// What it is of: the head of the page.
    pub title: String,
    /// In the order of their revisions.
    pub runs: Vec<DashboardRun>,
    /// Each series once.
    pub series: Vec<DashboardSeries>,
    /// Releases: a revision, and its name.
    pub releases: Vec<(String, String)>,
    /// What a revision is appended to, to be a link; only `http:` and `https:` become one.
    pub commit_url: Option<String>,
    /// Comparisons of implementations, in any order. History keeps times alone, from which no ratio of two implementations may be told;
    /// these know what was computed.
    pub rivals: Vec<RivalsReport>,
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use serde_json::Value;

    use super::*;
    use crate::compare::{RivalRun, RivalsOptions, rivals};
    use crate::history::FindingOptions;
    use crate::model::{Benchmark, Execution, Run};
    use crate::report::RivalsContext;
    use crate::stats::{ChangePointOptions, Random, Tier};

    const OPTIONS: FindingOptions = FindingOptions {
        changes: ChangePointOptions { level: 0.0035, confidence: 0.95, resolution: 0.003, seed: 1 },
        smallest: 0.02,
    };

    fn run(i: usize, branch: &str, environment: &str) -> DashboardRun {
        DashboardRun {
            revision: format!("{i:040x}"),
            branch: Some(branch.to_owned()),
            at: Some(1_700_000_000 + 60 * i as i64),
            environment_key: environment.to_owned(),
            environment: Arc::new(Environment { cpu: Some(environment.to_owned()), ..Environment::default() }),
        }
    }

    fn series(name: &str, values: impl IntoIterator<Item = (usize, f64)>) -> DashboardSeries {
        let point = |(run, typical): (usize, f64)| DashboardPoint {
            run,
            typical,
            lower: typical * 0.99,
            upper: typical * 1.02,
        };
        DashboardSeries {
            id: BenchmarkId::from_name(name),
            unit: Unit::Unstated,
            throughput: None,
            points: values.into_iter().map(point).collect(),
        }
    }

    fn of(runs: Vec<DashboardRun>, series: Vec<DashboardSeries>) -> DashboardHistory {
        DashboardHistory { title: "t".to_owned(), runs, series, ..DashboardHistory::default() }
    }

    fn files(history: &DashboardHistory) -> Vec<SiteFile> {
        site(history, &tracks(history, &OPTIONS))
    }

    /// The one value that a script hands over.
    #[track_caller]
    fn value(script: &str, function: &str) -> Value {
        let inner = script.strip_prefix(function).and_then(|rest| rest.strip_suffix(");\n"));
        serde_json::from_str(inner.expect("one call")).expect("JSON")
    }

    #[track_caller]
    fn index(history: &DashboardHistory) -> Value {
        value(&files(history).last().expect("an index").text, "regress.index(")
    }

    #[test]
    fn a_history_without_anything_has_a_page() {
        let empty = DashboardHistory::default();
        let index = index(&empty);
        assert_eq!((&index["tracks"], &index["pieces"]), (&Value::Array(vec![]), &Value::Array(vec![])));
        assert_eq!(files(&empty).iter().filter(|file| file.path.starts_with("data/")).count(), 1);
        assert_eq!(picture(&empty, &tracks(&empty, &OPTIONS), 0, "a"), None);
        assert!(badge(&empty, &tracks(&empty, &OPTIONS), 0, None, "b", 100).contains("not measured"));
    }

    #[test]
    fn odd_values_stay_numbers() {
        let odd = [f64::NAN, f64::INFINITY, 0.0, -5.0, 1e300, 1e-300, 7.0];
        let runs = (0..odd.len()).map(|i| run(i, "main", "m")).collect();
        let history =
            of(runs, vec![series("odd", odd.into_iter().enumerate()), series("one", [(3, 2.5)]), series("none", [])]);
        let index = index(&history);
        let tracks_of = index["tracks"].as_array().expect("tracks");
        assert_eq!(tracks_of.len(), 2, "a series without a number has no line");
        assert_eq!(tracks_of[0]["runs"], serde_json::json!([5, 2, 6]), "what isn't finite is left out");
        assert!(tracks_of.iter().all(|track| track["last"].is_number()), "{tracks_of:?}");
        let svg = picture(&history, &tracks(&history, &OPTIONS), 0, "odd").expect("it is there");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(picture(&history, &tracks(&history, &OPTIONS), 0, "one").is_some_and(|svg| !svg.contains("NaN")));
    }

    #[test]
    fn points_are_what_was_measured() {
        let runs = (0..9).map(|i| run(i, "main", if i % 2 == 0 { "a" } else { "b" })).collect();
        let history = of(runs, vec![series("x", (0..9).filter(|i| *i != 4).map(|i| (i, 100.0 + i as f64)))]);
        let files = files(&history);
        let piece = files.iter().find(|file| file.path == "data/000.js").expect("a piece");
        let (coded, _mark) = piece.text.rsplit_once(',').expect("a mark at the end");
        let coded = value(&format!("{coded});\n"), "regress.piece(0,");
        let mut seen: Vec<(usize, f64, f64, f64)> = Vec::new();
        for track in coded.as_array().expect("tracks") {
            let bytes = base64::engine::general_purpose::STANDARD.decode(track[1].as_str().expect("text"));
            let (bytes, mut run, mut i) = (bytes.expect("base64"), 0, 0);
            let n = bytes.len() / 8;
            for step in track[0].as_array().expect("steps").chunks(2) {
                for _ in 0..step[1].as_u64().expect("a number") {
                    run += step[0].as_u64().expect("a number") as usize;
                    let v = f32::from_le_bytes([bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3]]);
                    let width = |from: usize| {
                        f64::from(u16::from_le_bytes([bytes[from + 2 * i], bytes[from + 2 * i + 1]])) / 16_384.0
                    };
                    seen.push((run - 1, f64::from(v), width(4 * n), width(6 * n)));
                    i += 1;
                }
            }
            assert_eq!(i, n);
        }
        seen.sort_by_key(|(run, ..)| *run);
        assert_eq!(seen.iter().map(|s| s.0).collect::<Vec<_>>(), [0, 1, 2, 3, 5, 6, 7, 8]);
        for (run, v, lower, upper) in seen {
            assert!(
                (v - 100.0 - run as f64).abs() < 1e-4 && (lower - 0.01).abs() < 1e-4 && (upper - 0.02).abs() < 1e-4
            );
        }
    }

    /// Two branches in turn; on `main` the benchmark is slower from run 80 on.
    fn changed() -> DashboardHistory {
        let mut random = Random::new(5);
        let mut noise = || 1.0 + 0.01 * ((0..4).map(|_| random.below(1000) as f64 / 1000.0).sum::<f64>() - 2.0);
        let runs: Vec<DashboardRun> =
            (0..120).map(|i| run(i, if i % 3 == 2 { "other" } else { "main" }, "m")).collect();
        let level = |i: usize| if i >= 80 && i % 3 != 2 { 120.0 } else { 100.0 };
        let values: Vec<(usize, f64)> = (0..120).map(|i| (i, level(i) * noise())).collect();
        of(runs, vec![series("a & <b>", values)])
    }

    #[test]
    fn changes_are_those_of_their_branch() {
        let history = changed();
        let all = tracks(&history, &OPTIONS);
        assert_eq!(all.branches, [Some("main".to_owned()), Some("other".to_owned())], "most runs first");
        let changes: Vec<usize> = all.tracks.iter().map(|track| track.changes.len()).collect();
        assert_eq!(changes, [1, 0]);
        let change = all.tracks[0].changes[0].change;
        assert!((78..=82).contains(&change.index) && change.tier == Tier::Confirmed, "{change:?}");
        assert!(change.index % 3 != 2, "a run of the branch");
        let levels: Vec<f64> = all.tracks[0].levels().iter().map(|level| level.typical.round()).collect();
        assert_eq!(levels, [100.0, 120.0]);
        let net = all.tracks[0].net_change(0, &all).expect("it changed");
        assert!((net.exp() - 1.2).abs() < 0.02, "{net}");
        assert_eq!(all.tracks[0].net_change(119, &all), None, "not that lately");
    }

    #[test]
    fn a_drift_is_told_since_the_earliest_place_without_a_step_after_it() {
        let mut random = Random::new(9);
        let mut noise = || 1.0 + 0.01 * ((0..4).map(|_| random.below(1000) as f64 / 1000.0).sum::<f64>() - 2.0);
        // 3 % over all runs; and the same after a step of 20 %.
        let ramp = |i: usize| 100.0 * (1.0 + 0.03 * i as f64 / 160.0);
        let slow: Vec<(usize, f64)> = (0..160).map(|i| (i, ramp(i) * noise())).collect();
        let stepped = (0..160).map(|i| (i, ramp(i) * noise() * if i < 40 { 1.0 } else { 1.2 })).collect::<Vec<_>>();
        let steady: Vec<(usize, f64)> = (0..160).map(|i| (i, 100.0 * noise())).collect();
        let short = slow[..19].to_vec();
        let runs = (0..160).map(|i| run(i, "main", "m")).collect();
        let mut history = of(
            runs,
            vec![series("slow", slow), series("stepped", stepped), series("steady", steady), series("short", short)],
        );
        history.releases = vec![(history.runs[60].revision.clone(), "v1".to_owned())];
        // Its steps are beneath what is told.
        let options = FindingOptions { smallest: 0.02, ..OPTIONS };
        let all = tracks(&history, &options);
        let drifts: Vec<Option<TrackDrift>> = all.tracks.iter().map(|track| track.drift).collect();
        let slow = drifts[0].expect("3 % since the first run");
        assert!(slow.since == 0 && (slow.log_ratio.exp() - 1.03).abs() < 0.01, "{slow:?}");
        assert!(slow.interval.contains(slow.log_ratio) && !slow.interval.contains(0.0), "{slow:?}");
        let stepped = drifts[1].expect("since the step");
        assert!((38..=42).contains(&stepped.since) && stepped.log_ratio < 0.04, "{stepped:?}");
        assert_eq!(drifts[2..], [None, None]);
        let index = index(&history);
        assert_eq!(index["tracks"][0]["drift"][0], 0);
        assert_eq!(index["tracks"][2]["drift"], Value::Null);
    }

    #[test]
    fn releases_give_noise_no_more_chances_to_drift() {
        let mut random = Random::new(3);
        // 5 % of noise, of which ten runs against ten easily differ by 2 %.
        let mut noise =
            || 100.0 * (0.17 * ((0..4).map(|_| random.below(1000) as f64 / 1000.0).sum::<f64>() - 2.0) / 2.0).exp();
        let all: Vec<DashboardSeries> =
            (0..200).map(|k| series(&format!("{k}"), (0..100).map(|i| (i, noise())).collect::<Vec<_>>())).collect();
        let mut history = of((0..100).map(|i| run(i, "main", "m")).collect(), all);
        history.releases = (0..20).map(|k| (history.runs[4 * k].revision.clone(), format!("v{k}"))).collect();
        let drifted = tracks(&history, &OPTIONS).tracks.iter().filter(|track| track.drift.is_some()).count();
        assert!(drifted <= 3, "{drifted} of 200, where 0.8 are expected at most");
    }

    #[test]
    fn badges_say_what_became_slower() {
        let history = changed();
        let all = tracks(&history, &OPTIONS);
        let text = |branch, benchmark, recent| badge(&history, &all, branch, benchmark, "a<b", recent);
        assert!(text(0, None, 100).contains(">1 slower</text>"), "{}", text(0, None, 100));
        let one = text(0, Some("a & <b>"), 100);
        assert!(one.contains(">19.8 % slower</text>") || one.contains(">20."), "{one}");
        assert!(text(0, None, 5).contains(">steady</text>"));
        assert!(text(1, None, 100).contains(">steady</text>"));
        assert!(text(0, Some("z"), 100).contains(">not measured</text>"));
        assert!(text(0, None, 100).contains("a&lt;b") && !text(0, None, 100).contains("a<b"));
        let svg = picture(&history, &all, 0, "a & <b>").expect("it is there");
        assert!(svg.contains("a &amp; &lt;b&gt;") && !svg.contains("<b>"), "{svg}");
    }

    #[test]
    fn names_are_text_and_the_page_is_the_same_for_all() {
        let name = "</script><img src=x onerror=alert(1)>\u{202e}\u{1b}[31m\u{2028}";
        let hostile = DashboardHistory {
            title: name.to_owned(),
            runs: vec![DashboardRun { revision: name.to_owned(), ..run(0, name, name) }],
            series: vec![series(name, [(0, 1.0)])],
            releases: vec![(name.to_owned(), name.to_owned())],
            commit_url: Some("javascript:alert(1)//".to_owned()),
            ..DashboardHistory::default()
        };
        let (some, none) = (files(&hostile), files(&DashboardHistory::default()));
        let page = |files: &[SiteFile]| {
            files.iter().filter(|file| !file.path.starts_with("data/")).cloned().collect::<Vec<_>>()
        };
        assert_eq!(page(&some), page(&none), "data is in data/ alone");
        let index = index(&hostile);
        for label in ["/title", "/benchmarks/0/label", "/branches/0/label", "/environments/0/label", "/releases/0/1"] {
            let text = index.pointer(label).and_then(Value::as_str).expect("a label");
            assert!(text.ends_with("\\u{202e}\\u{1b}[31m\\u{2028}"), "{label}: {text}");
        }
        assert_eq!(index["benchmarks"][0]["key"], name, "addresses have the name itself");
    }

    #[test]
    fn the_page_makes_no_markup_of_data_and_asks_nobody() {
        for file in files(&DashboardHistory::default()) {
            if file.path.starts_with("uplot/") {
                continue;
            }
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "XMLHttp"]
            {
                assert!(!file.text.contains(word), "{}: {word}", file.path);
            }
            for address in file.text.match_indices("http") {
                let rest = &file.text[address.0..];
                let is_known = rest.starts_with("http-equiv")
                    || rest.starts_with("http://www.w3.org/2000/svg")
                    || rest.starts_with("https?:");
                assert!(is_known, "{}: {}", file.path, rest.chars().take(40).collect::<String>());
            }
        }
        let page = include_str!("assets/index.html");
        assert!(page.contains(GENERATOR) && page.contains("default-src 'none'") && !page.contains("unsafe-inline"));
        assert!(!page.contains("style=") && !page.contains("<style") && !page.contains("<script>"), "nothing inline");
    }

    #[test]
    fn the_chart_library_is_what_its_readme_says() {
        let readme = include_str!("assets/uplot/README.md");
        for text in [include_str!("assets/uplot/uPlot.iife.min.js"), include_str!("assets/uplot/uPlot.min.css")] {
            let hash = crate::environment::hash_of_text(text);
            assert!(readme.contains(&hash), "{hash}");
        }
    }

    #[test]
    fn the_same_history_gives_the_same_files() {
        let history = changed();
        assert_eq!(files(&history), files(&history));
        let last = files(&history).pop().expect("files");
        assert_eq!(last.path, "data/index.js", "written when all that it names is there");
    }

    #[test]
    fn implementations_are_told_as_their_report_tells_them() {
        let options =
            RivalsOptions { ours: "ours".to_owned(), theirs: "<b>".to_owned(), confidence: 0.95, min_executions: 3 };
        // Nothing says what was computed.
        let runs: Vec<RivalRun> = (1..=5)
            .map(|i| RivalRun {
                run: Run {
                    benchmarks: ["a/ours/8", "a/<b>/8"].map(|id| benchmark(id, 100.0 + f64::from(i))).to_vec(),
                    ..Run::default()
                },
                works: std::collections::BTreeMap::new(),
            })
            .collect();
        let report = RivalsReport::new(&rivals(&runs, &options), &options, &RivalsContext::default());
        let earlier = RivalsReport { measured_at: Some(["2026-01-01T00:00:00Z"; 2].map(str::to_owned)), ..report };
        let later =
            RivalsReport { measured_at: Some(["2026-02-01T00:00:00Z"; 2].map(str::to_owned)), ..earlier.clone() };
        let history = DashboardHistory { rivals: vec![later, earlier], ..changed() };
        let index = index(&history);
        let days: Vec<&str> =
            index["rivals"].as_array().expect("two").iter().filter_map(|r| r["at"].as_str()).collect();
        assert_eq!(days, ["2026-01-01", "2026-02-01"]);
        let row = &index["rivals"][0]["rows"][0];
        assert_eq!((&row["workload"], &row["words"]), (&Value::from("a/8"), &Value::Null));
        assert_eq!(row["keys"], serde_json::json!(["a/ours/8", BenchmarkId::from_name("a/<b>/8").path()]));
        assert!(row["refusals"].as_array().is_some_and(|refusals| !refusals.is_empty()), "{row}");
    }

    fn benchmark(id: &str, typical: f64) -> Benchmark {
        Benchmark {
            id: BenchmarkId::from_name(id),
            throughput: None,
            unit: Unit::Nanoseconds,
            executions: Execution::constant(typical).into(),
            overwritten: None,
        }
    }

    #[test]
    fn releases_and_upgrades_are_told_where_they_came() {
        let mut history = changed();
        let upgraded = Arc::new(Environment { rustc: Some("rustc 2".to_owned()), ..Environment::default() });
        let before = Arc::new(Environment { rustc: Some("rustc 1".to_owned()), ..Environment::default() });
        for (i, run) in history.runs.iter_mut().enumerate() {
            run.environment = if i >= 60 { upgraded.clone() } else { before.clone() };
        }
        history.releases = vec![(history.runs[30].revision.clone(), "v2".into()), ("unknown".into(), "v3".into())];
        let index = index(&history);
        assert_eq!(index["releases"], serde_json::json!([[30, "v2"]]));
        let told = "compiler: rustc 1 → rustc 2";
        assert_eq!(index["notes"], serde_json::json!([[60, told], [62, told]]), "once a branch");
    }
}
