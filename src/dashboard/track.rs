//! History as it is drawn: a benchmark on a branch in an environment.

use std::collections::BTreeMap;
use std::ops::Range;

use hashbrown::HashMap;

use super::{DashboardHistory, DashboardPoint, data};
use crate::history::{Cause, FindingOptions, History, HistoryBenchmark, HistoryRun, findings, moved};
use crate::model::BenchmarkId;
use crate::stats::{ChangePoint, ChangePointOptions, Interval, Tier, median};

/// Branches that are shown; a repository may have thousands of runs on branches of one run each.
const MOST_BRANCHES: usize = 20;

/// Releases that a drift may be told since, the latest ones.
const MOST_RELEASES: usize = 20;

/// One line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// The series' place in [`DashboardHistory::series`].
    pub series: usize,
    /// The branch's place in [`Tracks::branches`].
    pub branch: usize,
    /// The environment's place in [`Tracks::environments`].
    pub environment: usize,
    /// Finite points, by run.
    pub points: Vec<DashboardPoint>,
    /// By place.
    pub changes: Vec<TrackChange>,
    /// What it moved by until its last run without any change that is told.
    pub drift: Option<TrackDrift>,
}

/// How a track moved without a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackDrift {
    /// Since which run of the whole history: the first one of the track, that of a release, or that of its last change; the earliest
    /// that has no change after it.
    pub since: usize,
    /// The logarithm of the ratio of the last runs to the first ones.
    pub log_ratio: f64,
    /// Its interval.
    pub interval: Interval,
}

/// A change of a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackChange {
    /// The finding's place in [`Tracks::findings`].
    pub finding: usize,
    /// Where and by how much; its places are those of runs in the whole history.
    pub change: ChangePoint,
}

/// What may have come with one commit.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackFinding {
    /// The branch's place.
    pub branch: usize,
    /// Why, as far as history tells.
    pub cause: Cause,
    /// How many benchmarks changed.
    pub n_changed: usize,
    /// Of how many.
    pub n_benchmarks: usize,
}

/// All lines of a history, and what changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tracks {
    /// Branches that are shown, the one with the most runs first; nothing for runs that know none.
    pub branches: Vec<Option<String>>,
    /// Branches that are left out, as others have more runs.
    pub n_left_out: usize,
    /// Keys of environments, in the order in which they appear.
    pub environments: Vec<String>,
    /// By series, branch and environment.
    pub tracks: Vec<Track>,
    /// What changed, by branch and place.
    pub findings: Vec<TrackFinding>,
}

/// A stretch of a track between two changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Places in [`Track::points`].
    pub points: Range<usize>,
    /// Their median.
    pub typical: f64,
}

impl Track {
    /// The levels that its changes separate.
    #[must_use]
    pub fn levels(&self) -> Vec<Level> {
        let starts = self.changes.iter().map(|c| self.points.partition_point(|p| p.run < c.change.index));
        let mut ends: Vec<usize> = starts.chain([0, self.points.len()]).collect();
        ends.sort_unstable();
        ends.dedup();
        let level = |ends: &[usize]| {
            let points = ends[0]..ends[1];
            let values: Vec<f64> = self.points[points.clone()].iter().map(|p| p.typical).collect();
            Level { points, typical: median(&values) }
        };
        ends.windows(2).map(level).collect()
    }

    /// How it moved until its last run, since the earliest of `starts` (runs, in their order) that no change comes after.
    fn drifted(&self, starts: &[usize], options: &FindingOptions) -> Option<TrackDrift> {
        let first = self.points.first()?.run;
        let last_change = self.changes.iter().map(|c| c.change.index).max().unwrap_or(first);
        let mut starts: Vec<usize> = starts.iter().copied().chain([first, last_change]).collect();
        starts.retain(|start| *start >= first.max(last_change));
        starts.sort_unstable();
        starts.dedup();
        // A steady track has as many chances to be called drifting as there are starts: together no more than of a change.
        let confidence = 1.0 - options.changes.level / starts.len() as f64;
        let strict = FindingOptions { changes: ChangePointOptions { confidence, ..options.changes }, ..*options };
        starts.into_iter().find_map(|start| {
            let points = &self.points[self.points.partition_point(|p| p.run < start)..];
            let since = points.first()?.run;
            let logs: Vec<f64> = points.iter().filter(|p| p.typical > 0.0).map(|p| p.typical.ln()).collect();
            let (log_ratio, interval) = moved(&logs, &strict).and_then(|_| moved(&logs, options))?;
            Some(TrackDrift { since, log_ratio, interval })
        })
    }

    /// The logarithm of what confirmed changes of the code since run `since` have made of it, and whether there is any.
    #[must_use]
    pub fn net_change(&self, since: usize, tracks: &Tracks) -> Option<f64> {
        let counts = |c: &&TrackChange| {
            let cause = tracks.findings.get(c.finding).map(|finding| finding.cause);
            c.change.index >= since && c.change.tier == Tier::Confirmed && cause != Some(Cause::Environment)
        };
        let changes: Vec<f64> = self.changes.iter().filter(counts).map(|c| c.change.log_ratio).collect();
        (!changes.is_empty()).then(|| changes.iter().sum())
    }
}

/// The lines of a history with their changes: each branch is looked at by itself.
#[must_use]
pub fn tracks(history: &DashboardHistory, options: &FindingOptions) -> Tracks {
    let mut n_runs: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let mut environments: Vec<String> = Vec::new();
    let mut environment_of = Vec::with_capacity(history.runs.len());
    let mut places: HashMap<&str, usize> = HashMap::new();
    for run in &history.runs {
        *n_runs.entry(run.branch.as_deref()).or_default() += 1;
        environment_of.push(*places.entry(&run.environment_key).or_insert_with(|| {
            environments.push(run.environment_key.clone());
            environments.len() - 1
        }));
    }
    let mut branches: Vec<(Option<&str>, usize)> = n_runs.into_iter().collect();
    branches.sort_by_key(|(_, n)| std::cmp::Reverse(*n)); // stable: equal ones by name
    let n_left_out = branches.len().saturating_sub(MOST_BRANCHES);
    branches.truncate(MOST_BRANCHES);
    let mut all = Tracks {
        branches: branches.iter().map(|(name, _)| name.map(str::to_owned)).collect(),
        n_left_out,
        environments,
        ..Tracks::default()
    };
    for (branch, (name, _)) in branches.iter().enumerate() {
        of_branch(history, branch, *name, &environment_of, options, &mut all);
    }
    all.tracks.sort_by_key(|track| (track.series, track.branch, track.environment));
    let releases: Vec<usize> = data::releases(history).into_iter().map(|(run, _)| run).collect();
    let releases = &releases[releases.len().saturating_sub(MOST_RELEASES)..];
    for track in &mut all.tracks {
        track.drift = track.drifted(releases, options);
    }
    all
}

fn of_branch(
    history: &DashboardHistory,
    branch: usize,
    name: Option<&str>,
    environment_of: &[usize],
    options: &FindingOptions,
    all: &mut Tracks,
) {
    let runs: Vec<usize> = (0..history.runs.len()).filter(|i| history.runs[*i].branch.as_deref() == name).collect();
    let mut here: Vec<Option<usize>> = vec![None; history.runs.len()];
    runs.iter().enumerate().for_each(|(place, run)| here[*run] = Some(place));
    let mut past = History {
        runs: runs
            .iter()
            .map(|run| HistoryRun {
                commit: history.runs[*run].revision.clone(),
                date: None,
                environment: history.runs[*run].environment_key.clone(),
            })
            .collect(),
        benchmarks: Vec::new(),
    };
    let mut found: Vec<Track> = Vec::new();
    let mut by_id: HashMap<BenchmarkId, Vec<usize>> = HashMap::new();
    for (series, one) in history.series.iter().enumerate() {
        let mut values: Vec<Option<f64>> = vec![None; runs.len()];
        let mut points: BTreeMap<usize, Vec<DashboardPoint>> = BTreeMap::new();
        for point in one.points.iter().filter(|p| p.typical.is_finite()) {
            let Some(place) = here.get(point.run).copied().flatten() else { continue };
            values[place] = Some(point.typical);
            points.entry(environment_of[point.run]).or_default().push(*point);
        }
        if points.is_empty() {
            continue;
        }
        past.benchmarks.push(HistoryBenchmark { id: one.id.clone(), values });
        for (environment, mut points) in points {
            points.sort_by_key(|p| p.run);
            points.dedup_by_key(|p| p.run);
            by_id.entry(one.id.clone()).or_default().push(found.len());
            found.push(Track { series, branch, environment, points, changes: Vec::new(), drift: None });
        }
    }
    for finding in findings(&past, options) {
        let number = all.findings.len();
        all.findings.push(TrackFinding {
            branch,
            cause: finding.cause,
            n_changed: finding.benchmarks.len(),
            n_benchmarks: finding.n_benchmarks,
        });
        for changed in finding.benchmarks {
            let in_all = |place: usize| runs.get(place).copied().unwrap_or(history.runs.len());
            let change = ChangePoint {
                index: in_all(changed.change.index),
                lower_index: in_all(changed.change.lower_index),
                upper_index: in_all(changed.change.upper_index),
                ..changed.change
            };
            // Of those of one id, the one that has this run.
            let is_it = |track: &Track| track.points.binary_search_by_key(&change.index, |p| p.run).is_ok();
            let tracks = by_id.get(&changed.id).map(Vec::as_slice).unwrap_or_default();
            if let Some(place) = tracks.iter().copied().find(|place| is_it(&found[*place])) {
                found[place].changes.push(TrackChange { finding: number, change });
            }
        }
    }
    found.iter_mut().for_each(|track| track.changes.sort_by_key(|c| c.change.index));
    all.tracks.append(&mut found);
}
