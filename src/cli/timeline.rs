//! History in the order of the commits, laid out to be looked through.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use criterion_regress::compare::Pattern;
use criterion_regress::environment::{Line, NoLine, commit, line};
use criterion_regress::history::{Executed, FindingOptions, HistoryRun, lay_out};
use criterion_regress::report::{CommitRow, short};
use criterion_regress::stats::ChangePointOptions;
use criterion_regress::store::{
    Access, EnvironmentKey, RunHead, RunKey, Series, SeriesKey, SeriesQuery, Store, StoreError,
};

use super::args::TimelineArgs;
use super::config_file;
use super::failure::Failure;
use super::history::{History, failure};
use super::input::{filter, parse_since};
use super::output;
use super::progress::while_reading;

/// The smallest change that is told, in percent, where nobody says.
pub(super) const SMALLEST: f64 = 5.0;

/// Runs of one environment without which no change can be confirmed.
const SHORTEST: usize = 12;

/// The runs that were looked through, in their order, and the series of each benchmark.
pub(super) struct Timeline {
    /// What the store is called.
    pub(super) store: String,
    /// In the order of the commits, or of time.
    pub(super) runs: Vec<Arc<RunHead>>,
    /// The commits, where git knows them; then the order is theirs.
    pub(super) line: Option<Line>,
    /// A series for each benchmark and environment.
    pub(super) series: Vec<Series>,
    /// All of them, laid out.
    pub(super) history: criterion_regress::history::History,
    /// Of each place in it, the run.
    pub(super) run_of: Vec<usize>,
    /// The smallest change that is told, in percent.
    pub(super) threshold: f64,
    /// What the reader should know.
    pub(super) notes: Vec<String>,
}

impl Timeline {
    /// Whether the order is that of the commits.
    pub(super) fn is_by_commit(&self) -> bool {
        self.line.is_some()
    }

    /// Reads what `args` ask for; of the benchmark `id` alone, where one is named.
    pub(super) fn read(args: &TimelineArgs, id: Option<&str>) -> Result<Timeline, Failure> {
        let pattern = filter(args.only.filter.as_deref())?;
        let threshold = threshold(args)?;
        let mut store = History::new(args.store.store.as_deref())?.open(Access::Existing)?;
        let read = |e| failure("read", &e);
        let mut notes = Vec::new();
        let heads = store.runs().map_err(read)?;
        let (line, runs) = in_order(heads, args.branch.as_deref(), &mut notes)?;
        let places: std::collections::HashMap<RunKey, usize> =
            runs.iter().enumerate().map(|(i, run)| (run.key, i)).collect();
        let wanted =
            |name: &str| id.is_none_or(|id| id == name) && pattern.as_ref().is_none_or(|p: &Pattern| p.matches(name));
        let ids: BTreeSet<String> =
            store.list().map_err(read)?.into_iter().map(|(key, _)| key.id.as_str().to_owned()).collect();
        if let Some(id) = id.filter(|id| !ids.contains(*id)) {
            let alike = ids.iter().max_by(|a, b| strsim::jaro_winkler(a, id).total_cmp(&strsim::jaro_winkler(b, id)));
            let failed = Failure::new(format!("failed to find {id}: history has no such benchmark"));
            return Err(match alike {
                Some(alike) => failed.hint(format!("did you mean `{alike}`?")),
                None => failed.hint("`regress record` keeps a run"),
            });
        }
        let mut series = match id {
            Some(id) => store.series(&SeriesQuery::of(id)).map_err(read)?,
            None => every_series(&mut *store, &wanted).map_err(read)?,
        };
        series.retain(|one| wanted(one.key.id.as_str()));
        for one in &mut series {
            one.points.retain(|point| places.contains_key(&point.run.key));
            one.points.sort_by_key(|point| places.get(&point.run.key).copied());
        }
        series.retain(|one| !one.points.is_empty());
        let mut benchmarks: Vec<(SeriesKey, Executed)> = Vec::new();
        for one in &series {
            let points = one.points.iter();
            let values = points.filter_map(|point| Some((*places.get(&point.run.key)?, point.execution.typical)));
            match benchmarks.iter_mut().rev().find(|(key, _)| *key == one.key) {
                Some((_, (_, all))) => all.extend(values),
                None => benchmarks.push((one.key.clone(), (one.key.id.clone(), values.collect()))),
            }
        }
        let executed: Vec<Executed> = benchmarks.into_iter().map(|(_, executed)| executed).collect();
        let laid: Vec<HistoryRun> = runs.iter().map(|run| of_run(run)).collect();
        let (history, run_of) = lay_out(&laid, &executed);
        Ok(Timeline { store: store.name(), runs, line, series, history, run_of, threshold, notes })
    }

    pub(super) fn options(&self) -> FindingOptions {
        FindingOptions { changes: ChangePointOptions::default(), smallest: (self.threshold / 100.0).ln_1p() }
    }

    /// Whether no environment has runs enough to find anything.
    pub(super) fn is_too_short(&self) -> bool {
        self.longest() < SHORTEST
    }

    /// What to say of a history that is too short.
    pub(super) fn too_short(&self) -> String {
        format!(
            "at most {} executions of a benchmark in one environment: with fewer than {SHORTEST}, no change can be confirmed",
            self.longest()
        )
    }

    fn longest(&self) -> usize {
        self.series.iter().map(|series| series.points.len()).max().unwrap_or_default()
    }

    /// The run at a place of the history.
    pub(super) fn run(&self, place: usize) -> Option<&Arc<RunHead>> {
        self.runs.get(*self.run_of.get(place)?)
    }

    pub(super) fn commit_row(&self, place: usize) -> Option<CommitRow> {
        self.run(place).map(|run| commit_row(run))
    }

    /// How many commits came after `from` up to `to`, where git knows both.
    pub(super) fn commits_between(&self, from: &str, to: &str) -> Option<usize> {
        let commits = &self.line.as_ref()?.commits;
        let place = |hash: &str| commits.iter().position(|commit| commit.hash == hash);
        place(from)?.checked_sub(place(to)?)
    }

    /// The first place that `--since` includes: a time, or what came after a revision.
    pub(super) fn since(&self, text: &str) -> Result<usize, Failure> {
        let after = |is_in: &dyn Fn(&RunHead) -> bool| {
            self.run_of.iter().position(|run| is_in(&self.runs[*run])).unwrap_or(self.run_of.len())
        };
        if let Ok(start) = parse_since(text, SystemTime::now()) {
            return Ok(after(&|run| run.committed_at.or(run.measured_at).is_some_and(|at| at >= start)));
        }
        let Some(line) = &self.line else {
            // Without git, what was recorded under this name.
            let last = self.run_of.iter().rposition(|run| self.runs[*run].revision == text);
            return last.map(|last| last + 1).ok_or_else(|| {
                Failure::new(format!("`{text}` is not a time for --since, nor a revision of history"))
                    .hint("give a duration such as `30d`, a day, or where git knows them, a commit or tag")
            });
        };
        let hash = commit(Path::new("."), text).map_err(|e| {
            Failure::new(format!("`{text}` is not a time for --since, and {e}"))
                .hint("give a duration such as `30d`, a day, a commit or a tag")
        })?;
        let place = |hash: &str| line.commits.iter().position(|commit| commit.hash == hash);
        let from = place(&hash).ok_or_else(|| {
            Failure::new(format!("failed to begin at {text}: it is not on the line of commits that is looked at"))
                .hint("--branch says whose line that is")
        })?;
        Ok(after(&|run| place(&run.revision).is_some_and(|at| at < from)))
    }
}

/// All series of the benchmarks that are wanted.
fn every_series(store: &mut dyn Store, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Series>, StoreError> {
    while_reading("executions", |counter| {
        let mut all = Vec::new();
        store.each_series(wanted, &mut |mut series| {
            let n: usize = series.iter().map(|one| one.points.len()).sum();
            counter.fetch_add(n, Ordering::Relaxed);
            all.append(&mut series);
            ControlFlow::Continue(())
        })?;
        Ok(all)
    })
}

pub(super) fn commit_row(run: &RunHead) -> CommitRow {
    CommitRow::new(&run.revision, run.committed_at.or(run.measured_at))
}

fn of_run(run: &RunHead) -> HistoryRun {
    let environment = EnvironmentKey::of(&run.environment).as_str().to_owned();
    HistoryRun { commit: run.revision.clone(), date: None, environment }
}

/// By the line of commits that leads to `branch` where git knows it, else by time.
fn in_order(
    heads: Vec<Arc<RunHead>>,
    branch: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<(Option<Line>, Vec<Arc<RunHead>>), Failure> {
    let by_time = |heads: Vec<Arc<RunHead>>| {
        let mut heads: Vec<_> = heads
            .into_iter()
            .filter(|head| branch.is_none_or(|branch| head.branch.as_deref() == Some(branch)))
            .collect();
        heads.sort_by_key(|head| head.order());
        heads
    };
    let found = match line(Path::new("."), branch.unwrap_or("HEAD")) {
        Ok(line) => line,
        Err(NoLine::NoRevision { revision, .. }) => {
            // A branch that is gone here may still be in the store.
            if !heads.iter().any(|head| head.branch.as_deref() == branch) {
                return Err(Failure::new(format!(
                    "failed to find the branch {revision}: neither git nor history knows it"
                ))
                .hint("`git fetch` brings what the remote has"));
            }
            notes.push(format!("git knows no {revision} here: runs are in the order of their times"));
            return Ok((None, by_time(heads)));
        }
        Err(e) => {
            notes.push(format!("{e}: runs are in the order of their times"));
            return Ok((None, by_time(heads)));
        }
    };
    if found.is_shallow {
        notes.push(
            "this clone holds only the end of its past: runs are in the order of their times (`git fetch --unshallow` brings the rest)"
                .to_owned(),
        );
        return Ok((None, by_time(heads)));
    }
    let places: std::collections::HashMap<&str, usize> =
        found.commits.iter().enumerate().map(|(i, commit)| (commit.hash.as_str(), i)).collect();
    let n = heads.len();
    let place = |head: &RunHead| places.get(head.revision.as_str()).copied();
    if n > 0 && heads.iter().all(|head| place(head).is_none()) {
        notes.push("none of these commits is recorded: runs are in the order of their times".to_owned());
        return Ok((None, by_time(heads)));
    }
    let mut placed: Vec<(usize, Arc<RunHead>)> =
        heads.into_iter().filter_map(|head| Some((place(&head)?, head))).collect();
    placed.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.order().cmp(&other.order())));
    if placed.len() < n {
        let tip = found.commits.first().map_or("", |commit| short(&commit.hash));
        notes.push(format!(
            "left out: {} of commits that are not on the line to {} ({tip})",
            output::count(n - placed.len(), "run"),
            branch.unwrap_or("HEAD")
        ));
    }
    let runs = placed.into_iter().map(|(_, head)| head).collect();
    Ok((Some(found), runs))
}

fn threshold(args: &TimelineArgs) -> Result<f64, Failure> {
    let of_file = || -> Result<Option<f64>, Failure> {
        let here =
            std::env::current_dir().map_err(|e| Failure::new(format!("failed to find the working folder: {e}")))?;
        let Some(path) = config_file::find(&here) else { return Ok(None) };
        Ok(config_file::read(&path)?.history.threshold)
    };
    let threshold = match args.threshold {
        Some(threshold) => threshold,
        None => of_file()?.unwrap_or(SMALLEST),
    };
    if threshold.is_finite() && threshold > 0.0 {
        Ok(threshold)
    } else {
        Err(Failure::new(format!("the threshold of history is a percentage above 0, not {threshold}")))
    }
}
