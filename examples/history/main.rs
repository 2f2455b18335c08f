//! How well changes in histories are found: `cargo run --release --example history -- DIR [--draws N] [--seed N] [--export FILE]`
//!
//! DIR holds `series/*.json`, histories as `examples/calibrate` reads them, and `known/*.json`, single series whose changes are known
//! (`{"values": [...]}`). Of each benchmark with at least 120 runs the noise is taken: the logarithms without a running median of 15.
//! Of it, in another order, series are made that don't change, or change where we know. Histories that constants were chosen on
//! are told apart from those that they weren't. `--export` writes the series for other tools: `scripts/score_otava.py` scores Otava on
//! them. The same seed gives the same series.

// What the other example reads is more than what this one needs.
#[allow(dead_code)]
#[path = "../calibrate/case.rs"]
mod case;
mod noise;
mod score;
#[allow(dead_code)]
#[path = "../calibrate/series.rs"]
mod series;
mod speed;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use criterion_regress::stats::{ChangePointOptions, Tier, change_points};
use serde_json::Value;

use noise::{Noise, Step};
use score::Scorer;

/// How well changes in histories are found.
#[derive(Debug, Parser)]
struct Args {
    /// The folder with series/ and known/
    dir: PathBuf,
    /// How many series are made of each benchmark's noise
    #[arg(long, default_value_t = 20)]
    draws: usize,
    /// Where random numbers start
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the series here, a line of JSON each, for other tools
    #[arg(long)]
    export: Option<PathBuf>,
    /// Only times series, each a line of JSON, for `scripts/score_otava.py`
    #[arg(long)]
    speed: bool,
}

/// Histories that the constants of `stats::change_points` were chosen on, by the beginning of their files' names.
const TUNED_ON: [&str; 3] = ["arrow-udf+arrow-udf", "benchmark-action+github-action-benchmark", "yewstack+yew"];

/// A benchmark whose noise is below this is told apart: smaller steps than the noise nobody finds.
const CALM: f64 = 0.03;

fn main() -> ExitCode {
    let args = Args::parse();
    if !args.dir.is_dir() {
        eprintln!("history: failed to read {}: there is no such folder", args.dir.display());
        return ExitCode::from(2);
    }
    if args.speed {
        print!("{}", speed::lines());
        return ExitCode::SUCCESS;
    }
    let mut export = match args.export.as_ref().map(std::fs::File::create).transpose() {
        Ok(file) => file.map(std::io::BufWriter::new),
        Err(e) => {
            eprintln!("history: failed to write {}: {e}", args.export.unwrap_or_default().display());
            return ExitCode::from(2);
        }
    };
    let [tuned, held_out] = noises(&args.dir);
    for (title, set) in [("held-out histories", &held_out), ("histories that constants were chosen on", &tuned)] {
        if set.is_empty() {
            println!("{title}: no data\n");
            continue;
        }
        println!("**{title}**: {}\n", about(set));
        let mut scorer =
            Scorer { set: set.iter().collect(), title, draws: args.draws, seed: args.seed, export: export.as_mut() };
        print!("{}", scorer.noise_alone());
        print!("{}", scorer.steps());
        let calm: Vec<&Noise> = set.iter().filter(|noise| noise.scale <= CALM).collect();
        if !calm.is_empty() {
            println!("Of these, the {} with σ up to {:.0} %:\n", calm.len(), 100.0 * CALM);
            let mut scorer = Scorer { set: calm, title: "calm", draws: args.draws, seed: args.seed, export: None };
            print!("{}", scorer.steps());
        }
        print!("{}", scorer_online(set, args.draws, args.seed));
    }
    known(&args.dir);
    print!("{}", speed::table());
    if let Some(Err(e)) = export.as_mut().map(Write::flush) {
        eprintln!("history: failed to write the series: {e}");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}

fn scorer_online(set: &[Noise], draws: usize, seed: u64) -> String {
    Scorer { set: set.iter().collect(), title: "online", draws, seed, export: None }.online()
}

/// What constants were chosen on, and the rest.
fn noises(dir: &Path) -> [Vec<Noise>; 2] {
    let mut sets = [Vec::new(), Vec::new()];
    for path in json_files(&dir.join("series")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) => {
                eprintln!("warning: {}: {e}", path.display());
                continue;
            }
        };
        let mut problems = Vec::new();
        let read = series::parse(&text, &mut problems);
        problems.iter().for_each(|problem| eprintln!("warning: {name}: {problem}"));
        let is_held_out = !TUNED_ON.iter().any(|tuned| name.starts_with(tuned));
        sets[usize::from(is_held_out)].extend(read.iter().flat_map(noise::of));
    }
    sets
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    paths.sort();
    paths
}

fn about(set: &[Noise]) -> String {
    let mut scales: Vec<f64> = set.iter().map(|noise| noise.scale).collect();
    scales.sort_unstable_by(f64::total_cmp);
    let percent = |p: f64| 100.0 * criterion_regress::stats::quantile(&scales, p);
    format!(
        "{} benchmarks; σ of a tenth of them is below {:.2} %, of half below {:.1} %, of a tenth above {:.0} %",
        set.len(),
        percent(0.1),
        percent(0.5),
        percent(0.9)
    )
}

/// What is found in single series.
fn known(dir: &Path) {
    for path in json_files(&dir.join("known")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let read: Option<Value> = std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
        let Some(values) = read.as_ref().and_then(|v| v.get("values")?.as_array()) else {
            eprintln!("warning: {}: it has no `values`", path.display());
            continue;
        };
        let logs: Vec<f64> = values.iter().map(|v| v.as_f64().map_or(f64::NAN, f64::ln)).collect();
        println!("**known/{name}**, {} values\n\n| place | range | ratio | p | |\n|---|---|---|---|---|", logs.len());
        for change in change_points(&logs, &ChangePointOptions::default()) {
            let interval =
                change.interval.map_or("–".to_owned(), |i| format!("{:.3} … {:.3}", i.exp().lower, i.exp().upper));
            let tier = match change.tier {
                Tier::Suspected => "suspected",
                Tier::Confirmed => "confirmed",
            };
            println!(
                "| {} | {} … {} | {:.3} [{interval}] | {:.4} | {tier} |",
                change.index,
                change.lower_index,
                change.upper_index,
                change.log_ratio.exp(),
                change.p
            );
        }
        println!();
    }
}

/// The sizes of steps, with their names.
const STEPS: [(&str, Step); 5] = [
    ("5 %", Step::Percent(5.0)),
    ("10 %", Step::Percent(10.0)),
    ("20 %", Step::Percent(20.0)),
    ("4 σ", Step::Sigma(4.0)),
    ("2 σ", Step::Sigma(2.0)),
];
