//! History as the page reads it: scripts, as a page that is opened from a disk may fetch nothing.
//!
//! Each calls one function with one value in JSON. The index has all that the overview shows; points lie in pieces of a few hundred
//! kilobytes that are read when they are drawn: eight bytes each, a float and two half-widths.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::track::{Track, Tracks};
use super::{DashboardHistory, DashboardPoint};
use crate::history::Cause;
use crate::model::{BenchmarkId, Environment, Throughput, Unit};
use crate::report::{RatioRow, RivalRow, RivalsReport, Standing, visible};
use crate::stats::{Tier, median};

/// Points of a piece: with more, opening one benchmark reads too much; with fewer, there are too many files.
const POINTS: usize = 1 << 15;

/// Values of a sparkline, at most.
const SPARK: usize = 48;

/// Half-widths are counted in this part of the value.
const WIDTH_UNIT: f64 = 1.0 / 16_384.0;

#[derive(Serialize)]
struct Index<'a> {
    version: u32,
    title: String,
    commit_url: Option<&'a str>,
    runs: Runs<'a>,
    branches: Vec<Named>,
    left_out: usize,
    environments: Vec<Named>,
    /// Run and name.
    releases: Vec<(usize, String)>,
    /// Run, and what is different since the run before in the same environment and branch.
    notes: Vec<(usize, String)>,
    benchmarks: Vec<IndexBenchmark>,
    findings: Vec<(usize, &'static str, usize, usize)>,
    /// By pieces: how many tracks each has, and a mark of its content.
    pieces: Vec<(usize, String)>,
    tracks: Vec<IndexTrack>,
    /// The earliest first.
    rivals: Vec<IndexRivals>,
}

/// A comparison of two implementations, in its report's words.
#[derive(Serialize)]
struct IndexRivals {
    ours: String,
    theirs: String,
    /// The day.
    at: Option<String>,
    commit: Option<String>,
    headline: String,
    together: String,
    rows: Vec<IndexRival>,
}

/// One workload of both.
#[derive(Serialize)]
struct IndexRival {
    workload: String,
    /// Of the benchmarks, ours and theirs.
    keys: [String; 2],
    times: [f64; 2],
    unit: String,
    standing: Standing,
    /// The ratio; absent where it is refused.
    words: Option<String>,
    /// Why it is.
    refusals: Vec<String>,
}

#[derive(Serialize)]
struct Runs<'a> {
    revision: Vec<&'a str>,
    at: Vec<Option<i64>>,
    branch: Vec<Option<usize>>,
    environment: Vec<usize>,
}

/// Something with a key for addresses, and a label for people.
#[derive(Serialize)]
struct Named {
    key: String,
    label: String,
}

#[derive(Serialize)]
struct IndexBenchmark {
    key: String,
    label: String,
    unit: String,
    /// Work per iteration: an amount, and what it is.
    work: Option<(u64, &'static str)>,
}

#[derive(Serialize)]
struct IndexTrack {
    /// Benchmark, branch and environment.
    of: [usize; 3],
    /// Number of points, first run, last run.
    runs: [usize; 3],
    last: f64,
    /// Bytes between the smallest and the largest value.
    spark: String,
    changes: Vec<IndexChange>,
    drift: Option<IndexDrift>,
}

/// First run, log ratio, its interval.
type IndexDrift = (usize, f64, f64, f64);

/// Finding, first run, earliest and latest one, log ratio, its interval, p, whether it is confirmed.
type IndexChange = (usize, usize, usize, usize, f64, Option<f64>, Option<f64>, f64, u8);

/// The index, and the pieces in their order.
pub(super) fn scripts(history: &DashboardHistory, tracks: &Tracks) -> (String, Vec<String>) {
    let mut pieces: Vec<String> = Vec::new();
    let mut marks: Vec<(usize, String)> = Vec::new();
    let mut from = 0;
    while from < tracks.tracks.len() {
        let mut n = 0;
        let fits = |track: &&Track| {
            n += track.points.len();
            n <= POINTS
        };
        let to = from + tracks.tracks[from..].iter().take_while(fits).count().max(1);
        let coded: Vec<(Vec<usize>, String)> = tracks.tracks[from..to].iter().map(points).collect();
        let text = json(&coded);
        let mark = format!("{:08x}", mark(text.as_bytes()));
        pieces.push(format!("regress.piece({},{text},\"{mark}\");\n", pieces.len()));
        marks.push((to - from, mark));
        from = to;
    }
    (format!("regress.index({});\n", json(&index(history, tracks, marks))), pieces)
}

/// JSON that is JavaScript as well.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers have a JSON text")
}

fn index<'a>(history: &'a DashboardHistory, tracks: &Tracks, pieces: Vec<(usize, String)>) -> Index<'a> {
    let branch = |name: &Option<String>| tracks.branches.iter().position(|branch| branch == name);
    let environment = |key: &str| tracks.environments.iter().position(|e| e == key).unwrap_or_default();
    let environments = tracks.environments.iter().map(|key| {
        let run = history.runs.iter().rev().find(|run| run.environment_key == *key);
        let label = run.map_or_else(String::new, |run| machine(&run.environment));
        Named { key: key.clone(), label: if label.is_empty() { visible(key) } else { visible(&label) } }
    });
    let named = |name: &Option<String>| Named {
        key: name.clone().unwrap_or_default(),
        label: name.as_deref().map_or_else(|| "(no branch)".to_owned(), visible),
    };
    let runs = &history.runs;
    Index {
        version: 1,
        title: visible(&history.title),
        commit_url: history.commit_url.as_deref(),
        runs: Runs {
            revision: runs.iter().map(|run| run.revision.as_str()).collect(),
            at: runs.iter().map(|run| run.at).collect(),
            branch: runs.iter().map(|run| branch(&run.branch)).collect(),
            environment: runs.iter().map(|run| environment(&run.environment_key)).collect(),
        },
        branches: tracks.branches.iter().map(named).collect(),
        left_out: tracks.n_left_out,
        environments: environments.collect(),
        releases: releases(history),
        notes: notes(history),
        benchmarks: history
            .series
            .iter()
            .map(|series| IndexBenchmark {
                key: series.id.path(),
                label: visible(series.id.as_str()),
                unit: unit(&series.unit),
                work: series.throughput.as_ref().and_then(work),
            })
            .collect(),
        findings: tracks.findings.iter().map(|f| (f.branch, cause(f.cause), f.n_changed, f.n_benchmarks)).collect(),
        pieces,
        tracks: tracks.tracks.iter().map(track).collect(),
        rivals: rivals(&history.rivals),
    }
}

fn rivals(reports: &[RivalsReport]) -> Vec<IndexRivals> {
    let mut reports: Vec<&RivalsReport> = reports.iter().collect();
    let last = |report: &RivalsReport| report.measured_at.as_ref().map(|[_, last]| last.clone());
    reports.sort_by_key(|report| last(report));
    let key = |id: &str| BenchmarkId::from_name(id).path();
    let row = |row: &RivalRow| IndexRival {
        workload: visible(&row.workload),
        keys: [key(&row.ours), key(&row.theirs)],
        times: row.times.map(short),
        unit: visible(&row.unit.name),
        standing: row.standing,
        words: row.ratio.as_ref().map(RatioRow::words),
        refusals: row.refusals.iter().map(|refusal| visible(&refusal.message)).collect(),
    };
    let one = |report: &&RivalsReport| IndexRivals {
        ours: visible(&report.ours.name),
        theirs: visible(&report.theirs.name),
        at: last(report).map(|at| visible(&at.chars().take("2026-01-31".len()).collect::<String>())),
        commit: report.conditions.as_ref().and_then(|conditions| conditions.commit.as_deref()).map(visible),
        headline: report.headline(),
        together: report.together_words(),
        rows: report.workloads.iter().map(row).collect(),
    };
    reports.iter().map(one).collect()
}

/// Each release at the first run of its revision, which may be known by its beginning.
pub(super) fn releases(history: &DashboardHistory) -> Vec<(usize, String)> {
    let is_of = |run: &str, release: &str| {
        let (short, long) = if run.len() < release.len() { (run, release) } else { (release, run) };
        short == long || (short.len() >= 7 && long.starts_with(short))
    };
    let place = |revision: &str| history.runs.iter().position(|run| is_of(&run.revision, revision));
    let found = history.releases.iter().filter_map(|(revision, name)| Some((place(revision)?, visible(name))));
    let mut found: Vec<(usize, String)> = found.collect();
    found.sort();
    found
}

fn notes(history: &DashboardHistory) -> Vec<(usize, String)> {
    let mut before: std::collections::BTreeMap<(Option<&str>, &str), &Environment> = std::collections::BTreeMap::new();
    let mut notes = Vec::new();
    for (i, run) in history.runs.iter().enumerate() {
        let previous = before.insert((run.branch.as_deref(), &run.environment_key), &run.environment);
        let Some(previous) = previous else { continue };
        let differences = previous.differences(&run.environment);
        if !differences.is_empty() {
            let words = differences.iter().map(|d| visible(&format!("{}: {} → {}", d.fact, d.values[0], d.values[1])));
            notes.push((i, words.collect::<Vec<_>>().join("; ")));
        }
    }
    notes
}

fn machine(environment: &Environment) -> String {
    let Environment { cpu, cores, os, profile, gpus, .. } = environment;
    let os = os.as_deref().map(|os| {
        let words: Vec<&str> = os.split_whitespace().collect();
        [words.first(), words.last()].into_iter().flatten().copied().collect::<Vec<_>>().join(" ")
    });
    let cores = cores.map(|n| format!("{n} cores"));
    let gpu = gpus.first().map(|gpu| gpu.split(',').next().unwrap_or_default().to_owned());
    let parts = [cpu.clone(), cores, os, gpu, profile.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn unit(unit: &Unit) -> String {
    match unit {
        Unit::Nanoseconds | Unit::Unstated => "ns".to_owned(),
        Unit::Custom(name) => visible(name),
    }
}

fn work(throughput: &Throughput) -> Option<(u64, &'static str)> {
    match throughput {
        Throughput::Bytes(n) | Throughput::BytesDecimal(n) => Some((*n, "B")),
        Throughput::Bits(n) => Some((*n, "bit")),
        Throughput::Elements(n) | Throughput::ElementsAndBytes { elements: n, .. } => Some((*n, "elem")),
        Throughput::Unknown(_) => None,
    }
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Code => "code",
        Cause::Suite => "suite",
        Cause::Environment => "environment",
    }
}

fn track(track: &Track) -> IndexTrack {
    let change = |c: &super::TrackChange| {
        let change = &c.change;
        let interval = change.interval.filter(|i| i.lower.is_finite() && i.upper.is_finite());
        (
            c.finding,
            change.index,
            change.lower_index,
            change.upper_index,
            short(change.log_ratio),
            interval.map(|i| short(i.lower)),
            interval.map(|i| short(i.upper)),
            short(change.p),
            u8::from(change.tier == Tier::Confirmed),
        )
    };
    let (first, last) = (track.points.first(), track.points.last());
    IndexTrack {
        of: [track.series, track.branch, track.environment],
        runs: [track.points.len(), first.map_or(0, |p| p.run), last.map_or(0, |p| p.run)],
        last: last.map_or(0.0, |p| short(p.typical)),
        spark: spark(&track.points),
        changes: track.changes.iter().map(change).collect(),
        drift: track.drift.map(|d| (d.since, short(d.log_ratio), short(d.interval.lower), short(d.interval.upper))),
    }
}

/// To five digits.
fn short(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(0.0)
}

/// Medians of stretches of equal length, as bytes between the smallest and the largest.
fn spark(points: &[DashboardPoint]) -> String {
    let n = points.len().min(SPARK);
    let stretch = |i: usize| {
        let values: Vec<f64> =
            points[i * points.len() / n..(i + 1) * points.len() / n].iter().map(|p| p.typical).collect();
        median(&values)
    };
    let values: Vec<f64> = (0..n).map(stretch).collect();
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Halves, as the difference of two large numbers may not be finite.
    let width = highest / 2.0 - lowest / 2.0;
    let byte = |v: &f64| if width > 0.0 { ((v / 2.0 - lowest / 2.0) / width * 255.0).round() as u8 } else { 128 };
    STANDARD.encode(values.iter().map(byte).collect::<Vec<u8>>())
}

/// Runs as pairs of a step and how often it is taken, from run −1 on; and points: all floats, all lower and all upper half-widths.
fn points(track: &Track) -> (Vec<usize>, String) {
    let mut steps: Vec<usize> = Vec::new();
    let mut next = 0;
    for point in &track.points {
        let step = point.run + 1 - next;
        next = point.run + 1;
        match steps.len() {
            n if n > 0 && steps[n - 2] == step => steps[n - 1] += 1,
            _ => steps.extend([step, 1]),
        }
    }
    let float = |p: &DashboardPoint| (p.typical.clamp(-f64::from(f32::MAX), f64::from(f32::MAX)) as f32).to_le_bytes();
    // What is less than zero, or no number, becomes zero.
    let width = |p: &DashboardPoint, width: f64| ((width / p.typical.abs() / WIDTH_UNIT).round() as u16).to_le_bytes();
    let mut bytes: Vec<u8> = track.points.iter().flat_map(float).collect();
    bytes.extend(track.points.iter().flat_map(|p| width(p, p.typical - p.lower)));
    bytes.extend(track.points.iter().flat_map(|p| width(p, p.upper - p.typical)));
    (steps, STANDARD.encode(bytes))
}

/// A mark of content, so that a piece of another site is neither taken from a cache nor, where a page is open while its site is
/// written anew, shown as that of the page's own index: Fowler, Noll and Vo's hash 1a.
fn mark(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
