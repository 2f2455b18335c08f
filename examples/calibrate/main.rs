//! How often `regress` and other tools are wrong, on recorded executions whose true change is known.
//!
//! `cargo run --release --example calibrate -- DIR [--json | --markdown] [--seed N] [--families N] [--part held-out|all]`
//!
//! DIR holds any of `forks/*.json`, `series/*.json`, `trees/*/` and `pairs/*.jsonl`; each module says what they look like.
//! Where nothing changed, every alarm is a false one; then some benchmarks' times are multiplied, and no alarm is a miss.
//! What can't be read is a warning, and costs the rest nothing. The same seed gives the same table.

mod case;
mod forks;
mod judge;
mod pairs;
mod part;
mod score;
mod series;
mod table;
mod trees;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use criterion_regress::calibration::Rule;
use serde_json::json;

use case::Data;
use judge::Judge;
use pairs::Clock;
use part::{Part, is_reported};
use score::{Score, score, score_confirmed, score_labelled};
use series::{HISTORY, Series};
use table::Section;

/// How often decision rules are wrong, on recorded executions whose true change is known.
#[derive(Debug, Parser)]
struct Args {
    /// The folder with forks/, series/, trees/ and pairs/
    dir: PathBuf,
    /// Every figure, as JSON
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Markdown tables
    #[arg(long)]
    markdown: bool,
    /// Where random numbers start
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many comparisons are drawn of each file of forks/
    #[arg(long, default_value_t = 1000)]
    families: usize,
    /// Which part of the data
    #[arg(long, value_enum, default_value = "held-out")]
    part: Part,
}

const OFFICIAL: f64 = 0.02;
const SMOKE: f64 = 0.2;

fn main() -> ExitCode {
    let args = Args::parse();
    if !args.dir.is_dir() {
        eprintln!("calibrate: failed to read {}: there is no such folder", args.dir.display());
        return ExitCode::from(2);
    }
    print!("{}", Report::of(args).text());
    ExitCode::SUCCESS
}

struct Report {
    args: Args,
    sections: Vec<Section>,
    /// The same for parts of the data of a section.
    details: Vec<Section>,
    warnings: Vec<String>,
}

/// How a judge's decisions are scored.
#[derive(Clone, Copy)]
enum How {
    /// As they are, with benchmarks slowed down by us.
    Plain,
    /// Also when the next run has to agree.
    AndConfirmed,
    /// As they are, with benchmarks that did more work.
    Labelled,
}

impl Report {
    fn of(args: Args) -> Report {
        let mut report = Report { args, sections: Vec::new(), details: Vec::new(), warnings: Vec::new() };
        report.forks();
        report.series();
        report.trees();
        report.pairs();
        report
    }

    fn text(&self) -> String {
        if self.args.json {
            let about = json!({
                "version": 1,
                "seed": self.args.seed,
                "families": self.args.families,
                "part": if self.args.part == Part::All { "all" } else { "held-out" },
                "warnings": self.warnings,
            });
            table::json(&self.sections, &self.details, about)
        } else if self.args.markdown {
            table::markdown(&self.sections)
        } else {
            table::terminal(&self.sections)
        }
    }

    fn warn(&mut self, path: &Path, problems: Vec<String>) {
        for problem in problems {
            let warning = format!("{}: {problem}", path.strip_prefix(&self.args.dir).unwrap_or(path).display());
            eprintln!("warning: {warning}");
            self.warnings.push(warning);
        }
    }

    /// The files of a folder of DIR with this ending, or its folders where there is none; in the order of their names.
    fn entries(&mut self, folder: &str, ending: Option<&str>) -> Vec<(PathBuf, String)> {
        let folder = self.args.dir.join(folder);
        let listed = match std::fs::read_dir(&folder) {
            Ok(listed) => listed,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
            Err(e) => {
                self.warn(&folder, vec![e.to_string()]);
                return Vec::new();
            }
        };
        let is_wanted = |path: &PathBuf| match ending {
            Some(ending) => path.is_file() && path.extension().is_some_and(|e| e == ending),
            None => path.is_dir(),
        };
        let mut paths: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).filter(is_wanted).collect();
        paths.sort();
        let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        paths.into_iter().map(|path| (path.clone(), name(&path))).collect()
    }

    fn read(&mut self, path: &Path) -> Option<String> {
        std::fs::read_to_string(path).map_err(|e| self.warn(path, vec![e.to_string()])).ok()
    }

    fn no_data(&mut self, mode: &str, folder: &str) {
        self.sections.push(Section { mode: mode.to_owned(), data: folder.to_owned(), scores: Vec::new() });
    }

    fn scored(&self, title: &str, data: &Data<'_>, judges: &[Judge], threshold: f64, how: How) -> Vec<Score> {
        let mut scores: Vec<Score> = Vec::new();
        for judge in judges {
            eprintln!("{title}: {} on {} comparisons", judge.name(), data.suites.len().min(judge.at_most()));
            match how {
                How::Plain => scores.push(score(judge, data, threshold, self.args.seed)),
                How::Labelled => scores.push(score_labelled(judge, data)),
                How::AndConfirmed => {
                    scores.push(score(judge, data, threshold, self.args.seed));
                    scores.extend(score_confirmed(judge, data, self.args.seed));
                }
            }
        }
        scores.retain(Score::has_data);
        scores
    }

    /// Several executions a side.
    fn forks(&mut self) {
        const MODE: &str = "several executions, 2 %";
        let judges = [
            Judge::official(),
            Judge::Rival(Rule::Criterion { noise_threshold: 0.01 }),
            Judge::Rival(Rule::PreviousValue { threshold: OFFICIAL }),
            Judge::Rival(Rule::PooledT { threshold: OFFICIAL }),
            Judge::Rival(Rule::Benchstat { alpha: 0.05, threshold: 0.0 }),
            Judge::Rival(Rule::Benchstat { alpha: 0.05, threshold: OFFICIAL }),
            Judge::Rival(Rule::PercentileBootstrap { threshold: OFFICIAL, resamples: 500, seed: self.args.seed }),
        ];
        let mut is_any = false;
        for (path, name) in self.entries("forks", Some("json")) {
            let Some(text) = self.read(&path) else { continue };
            let mut problems = Vec::new();
            let forks = forks::parse(&text, self.args.part, &mut problems);
            self.warn(&path, problems);
            if forks.is_empty() {
                continue;
            }
            is_any = true;
            let data = forks::families(&forks, self.args.families, self.args.seed);
            let n_projects = forks::projects(&forks).len();
            let title = format!("forks/{name}, {} benchmarks of {n_projects} projects", forks.len());
            let scores = self.scored(&title, &data, &judges, OFFICIAL, How::Plain);
            self.sections.push(Section { mode: MODE.to_owned(), data: title, scores });
        }
        if !is_any {
            self.no_data(MODE, "forks/");
        }
    }

    /// One execution a side, or against a history of them.
    fn series(&mut self) {
        let mut files: Vec<(String, Vec<Series>)> = Vec::new();
        for (path, name) in self.entries("series", Some("json")) {
            let Some(text) = self.read(&path) else { continue };
            let mut problems = Vec::new();
            let mut series = series::parse(&text, &mut problems);
            self.warn(&path, problems);
            series::as_stored(&mut series);
            files.push((name, series));
        }
        let smoke = [
            Judge::smoke(),
            Judge::Rival(Rule::PreviousValue { threshold: SMOKE }),
            Judge::Rival(Rule::GithubActionBenchmark { alert: 2.0 }),
        ];
        let with_history =
            [smoke.to_vec(), vec![Judge::Rival(Rule::MedianOfLast { executions: 10, threshold: SMOKE })]];
        let modes = [
            ("one execution with history, 20 %", 2, HISTORY, with_history.concat(), How::AndConfirmed),
            ("one execution against the previous one, 20 %", 1, 1, smoke.to_vec(), How::Plain),
        ];
        let kinds = [
            (true, "series/, nothing changed"),
            (false, "series/, unlabelled: alarms may be true, and rates are upper bounds"),
        ];
        for (mode, least, most, judges, how) in &modes {
            for (is_unchanged, title) in kinds {
                let of_kind = || files.iter().filter(|(name, _)| series::is_known_unchanged(name) == is_unchanged);
                let mut its: Vec<&(String, Vec<Series>)> =
                    of_kind().filter(|(name, _)| is_reported(name, self.args.part)).collect();
                // Better told, and told as what it is, than not at all.
                let is_in_view = its.is_empty() && of_kind().next().is_some();
                if is_in_view {
                    its = of_kind().collect();
                }
                let title = if is_in_view {
                    format!("{title}; with it in view, constants were chosen")
                } else {
                    title.to_owned()
                };
                let title = title.as_str();
                let all: Vec<&Series> = its.iter().flat_map(|(_, series)| series).collect();
                let data = series::walk(&all, *least, *most);
                if data.suites.is_empty() {
                    self.no_data(mode, title);
                    continue;
                }
                let scores = self.scored(title, &data, judges, SMOKE, *how);
                self.sections.push(Section { mode: (*mode).to_owned(), data: title.to_owned(), scores });
                if !self.args.json {
                    continue;
                }
                for (name, series) in its {
                    for one in series {
                        let data = series::walk(&[one], *least, *most);
                        let title = format!("series/{name}, {}", one.name);
                        let scores = self.scored(&title, &data, judges, SMOKE, *how);
                        self.details.push(Section { mode: (*mode).to_owned(), data: title, scores });
                    }
                }
            }
        }
    }

    /// Criterion's folders, one execution a side.
    fn trees(&mut self) {
        const MODE: &str = "one execution, 20 %";
        let judges = [
            Judge::smoke(),
            Judge::Rival(Rule::Criterion { noise_threshold: 0.01 }),
            Judge::Rival(Rule::Criterion { noise_threshold: SMOKE }),
            Judge::Rival(Rule::CriterionCompareAction),
            Judge::Rival(Rule::Critcmp { threshold: SMOKE }),
            Judge::Rival(Rule::PreviousValue { threshold: SMOKE }),
        ];
        let sessions = self.entries("trees", None);
        if sessions.is_empty() {
            self.no_data(MODE, "trees/");
        }
        for (path, name) in sessions {
            if !is_reported(&name, self.args.part) {
                continue;
            }
            let mut problems = Vec::new();
            let trees = trees::read(&path, &mut problems);
            self.warn(&path, problems);
            let file = path.join("labels.json");
            let mut problems = Vec::new();
            let labels = self.read(&file).map(|text| trees::parse_labels(&text, &mut problems)).unwrap_or_default();
            self.warn(&file, problems);
            let same = trees::unchanged(&trees);
            let changed = trees::labelled(&trees, &labels);
            let kinds = [
                (same, format!("trees/{name}, nothing changed"), How::Plain),
                (changed, format!("trees/{name}, benchmarks that do more work, as labelled"), How::Labelled),
            ];
            for (data, title, how) in kinds {
                let scores = self.scored(&title, &data, &judges, SMOKE, how);
                self.sections.push(Section { mode: MODE.to_owned(), data: title, scores });
            }
        }
    }

    /// Executions taken in pairs, and the same without.
    fn pairs(&mut self) {
        let duet =
            [Judge::Rival(Rule::SignedRank { confidence: 0.95 }), Judge::Rival(Rule::SignedRank { confidence: 0.99 })];
        let apart = [
            Judge::smoke(),
            Judge::Rival(Rule::Criterion { noise_threshold: 0.01 }),
            Judge::Rival(Rule::Criterion { noise_threshold: SMOKE }),
            Judge::Rival(Rule::PreviousValue { threshold: SMOKE }),
        ];
        let tango = [Judge::Rival(Rule::Tango { threshold: 0.005 })];
        let designs: [(&str, &str, &[Judge]); 5] = [
            ("C", "duet, rounds in turn", &duet),
            ("D", "duet, rounds side by side", &duet),
            ("P", "pairs in one process", &tango),
            ("I", "one execution, next to each other, 20 %", &apart),
            ("S", "one execution, suites in sequence, 20 %", &apart),
        ];
        let files = self.entries("pairs", Some("jsonl"));
        if files.is_empty() {
            self.no_data("pairs", "pairs/");
        }
        for (path, name) in files {
            if !is_reported(&name, self.args.part) {
                continue;
            }
            let Some(text) = self.read(&path) else { continue };
            let mut problems = Vec::new();
            let lines = pairs::parse(&text, &mut problems);
            self.warn(&path, problems);
            for (design, mode, judges) in designs {
                for (clock, what) in [(Clock::Wall, "wall time"), (Clock::Cpu, "CPU time")] {
                    let data = pairs::design(&lines, design, clock);
                    let title = format!("pairs/{name}, design {design}, {what}");
                    let scores = self.scored(&title, &data, judges, SMOKE, How::Plain);
                    self.sections.push(Section { mode: mode.to_owned(), data: title, scores });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(dir: &Path, flags: &[&str]) -> Report {
        let arguments = ["calibrate", dir.to_str().expect("UTF-8"), "--families", "3"];
        Report::of(Args::try_parse_from(arguments.iter().chain(flags)).expect("good arguments"))
    }

    #[test]
    fn an_empty_folder_has_no_data() {
        let dir = tempfile::tempdir().expect("a folder");
        let report = report(dir.path(), &[]);
        assert!(report.sections.len() >= 7 && report.sections.iter().all(|s| s.scores.is_empty()));
        assert_eq!(report.warnings.len(), 0);
        assert!(report.text().contains("no data"));
    }

    #[test]
    fn what_is_broken_is_named_and_the_rest_goes_on() {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &[u8]| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("written");
        };
        write("forks/bad.json", b"{\"bench\": {\"a\": [[1");
        write("forks/good.json", br#"{"bench": {"a#1": [[1, 2], [1, 2.5], [1.5, 2], [2, 2]], "b": null}}"#);
        write("series/not-text.json", b"\xff\xfe");
        write(
            "series/few.json",
            br#"{"suites": {"s": {"series": {"a": [["c", 1, 5], ["d", 2, 6], ["e", 3, 5], ["f", 4, 5]]}}}}"#,
        );
        write("trees/session/000-A/g/new/sample.json", b"{}");
        write("pairs/x.jsonl", b"{}\n{\"tag\":\"P.0\",\"k\":\"a\",\"wall\":[1,2,4],\"wallb\":[1,2,3]}\n");
        let plain = report(dir.path(), &[]);
        for name in
            ["forks/bad.json", "forks/good.json: b", "series/not-text.json", "trees/session", "pairs/x.jsonl: line 1"]
        {
            assert!(plain.warnings.iter().any(|w| w.starts_with(name)), "{name}: {:?}", plain.warnings);
        }
        let has = |what: &str| plain.sections.iter().any(|s| s.data.starts_with(what) && !s.scores.is_empty());
        assert!(has("forks/good") && has("series/, unlabelled") && has("pairs/x, design P, wall"), "{}", plain.text());
        let json: serde_json::Value = serde_json::from_str(&report(dir.path(), &["--json"]).text()).expect("JSON");
        assert!(json["rows"].as_array().is_some_and(|rows| rows.len() > 5));
        assert!(report(dir.path(), &["--markdown", "--part", "all"]).text().contains("| rule | false alarms"));
    }

    #[test]
    fn the_same_seed_gives_the_same_table() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("forks")).expect("a folder");
        let text = r#"{"bench": {"a": [[1, 2], [1, 3], [2, 2], [1, 1]], "b": [[5, 5], [6, 6], [7, 7]]}}"#;
        std::fs::write(dir.path().join("forks/x.json"), text).expect("written");
        assert_eq!(report(dir.path(), &["--json"]).text(), report(dir.path(), &["--json"]).text());
    }
}
