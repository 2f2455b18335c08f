//! What every store does, and what goes wrong with one.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::SystemTime;

use thiserror::Error;

use super::record::{EnvironmentKey, Record, Results, RunHead, RunKey, Series, SeriesKey};

/// Runs that are kept: appended, never changed.
///
/// Whatever [`Store::append`] has returned for is there after a crash of the program, and what it hasn't is there wholly or not
/// at all. Several processes may append at once.
pub trait Store {
    /// Adds runs, all of them or none; one that is there already stays as it is. Says of each what came of it.
    ///
    /// # Errors
    /// When they could not be written; then the store is as it was before.
    fn append(&mut self, records: &[Record]) -> Result<Vec<Appended>, StoreError>;

    /// Bytes of what the last [`Store::append`] added, where each run takes room of its own that is never given back.
    fn added(&self) -> Option<u64> {
        None
    }

    /// All runs, in their order: see [`RunHead::order`].
    ///
    /// # Errors
    /// When the store can't be read.
    fn runs(&mut self) -> Result<Vec<Arc<RunHead>>, StoreError>;

    /// One run with its results.
    ///
    /// # Errors
    /// When the store can't be read.
    fn record(&mut self, key: RunKey) -> Result<Option<Record>, StoreError>;

    /// Every series that there is, by benchmark and environment, without its points.
    ///
    /// # Errors
    /// When the store can't be read.
    fn list(&mut self) -> Result<Vec<(SeriesKey, EnvironmentKey)>, StoreError>;

    /// The series of a benchmark: one for each environment, unit and work per iteration.
    ///
    /// # Errors
    /// When the store can't be read.
    fn series(&mut self, query: &SeriesQuery) -> Result<Vec<Series>, StoreError>;

    /// Hands over all series of each benchmark whose id is wanted, in the order of the ids, until `visit` breaks: what
    /// [`Store::series`] gives of each, read together.
    ///
    /// # Errors
    /// When the store can't be read.
    fn each_series(
        &mut self,
        is_wanted: &dyn Fn(&str) -> bool,
        visit: &mut dyn FnMut(Vec<Series>) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Hands over [`crate::model::Execution::typical`] of every execution that there is, in pieces that each belong to one
    /// series, in any order.
    ///
    /// # Errors
    /// When the store can't be read.
    fn scan(&mut self, visit: &mut dyn FnMut(Piece<'_>)) -> Result<(), StoreError>;

    /// The heads of all runs that can be read, as [`Store::runs`] gives them, and what can't be read, each in a sentence: for whoever
    /// saves what there is.
    ///
    /// # Errors
    /// When the store can't be read at all.
    fn readable(&mut self) -> Result<(Vec<Arc<RunHead>>, Vec<String>), StoreError> {
        Ok((self.runs()?, Vec::new()))
    }

    /// Reads everything, and compares each run with its key.
    ///
    /// # Errors
    /// When the store can't be read at all; what is damaged inside is told in the result.
    fn verify(&mut self) -> Result<Verified, StoreError>;

    /// Folds what was appended since into what takes less room and is read faster. No run is lost.
    ///
    /// # Errors
    /// When it could not be written; then no run is lost either.
    fn compact(&mut self) -> Result<Compacted, StoreError>;

    /// Which version of its schema the store has.
    fn version(&self) -> u32;

    /// What it is, for people; without a password.
    fn name(&self) -> String;
}

/// Which series are wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeriesQuery {
    /// The benchmark's id, as people see it.
    pub benchmark: String,
    /// Only in this environment.
    pub environment: Option<EnvironmentKey>,
    /// Only of runs on this branch.
    pub branch: Option<String>,
    /// Only of revisions that were made at this time or later, or where nobody knows, that were measured then.
    pub since: Option<SystemTime>,
}

/// What came of appending a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is there now.
    New,
    /// It was there before.
    AlreadyThere,
}

/// Some executions of one series.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// Of which benchmark.
    pub series: &'a SeriesKey,
    /// Where.
    pub environment: &'a EnvironmentKey,
    /// Of each execution the number of its run, which grows in the order in which runs were appended and means nothing else.
    pub runs: &'a [u64],
    /// Of each execution the location.
    pub typical: &'a [f64],
}

/// What a store holds, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Verified {
    /// Runs that are there.
    pub n_runs: usize,
    /// Executions that are there.
    pub n_executions: usize,
    /// Bytes that it takes, where it can tell.
    pub n_bytes: Option<u64>,
    /// What is damaged, each in a sentence.
    pub damage: Vec<String>,
}

/// What compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Runs that were folded.
    pub n_runs: usize,
    /// Runs that the bytes are of: those that were folded, or all of a store that has one size.
    pub n_held: usize,
    /// Bytes before, where the store can tell.
    pub before: Option<u64>,
    /// Bytes after.
    pub after: Option<u64>,
}

/// Why a store could not do what it was asked to; a fragment that reads after "failed to …".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{store}: {cause}")]
pub struct StoreError {
    /// Which store, without a password.
    pub store: String,
    /// What kind of failure it is.
    pub kind: StoreFailure,
    /// The cause in words.
    pub cause: String,
}

/// Kinds of failure that call for different things to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFailure {
    /// It can't be found or reached.
    Unreachable,
    /// It was made by a later version of the tool.
    TooNew,
    /// Its schema is of an earlier version, and changing it is for its owner to decide.
    TooOld,
    /// It may not be written.
    ReadOnly,
    /// There is no room.
    Full,
    /// Others kept it busy for too long.
    Busy,
    /// It isn't a store, but something else.
    Foreign,
    /// It is damaged.
    Damaged,
    /// Anything else.
    Other,
}

impl SeriesQuery {
    /// All series of a benchmark.
    #[must_use]
    pub fn of(benchmark: &str) -> SeriesQuery {
        SeriesQuery { benchmark: benchmark.to_owned(), ..SeriesQuery::default() }
    }

    /// Whether a run is wanted, as far as its head says.
    pub(super) fn wants(&self, head: &RunHead) -> bool {
        let is_branch = self.branch.as_deref().is_none_or(|branch| head.branch.as_deref() == Some(branch));
        is_branch && self.since.is_none_or(|since| head.order().0.is_some_and(|at| at >= since))
    }
}

/// Series in the same order from every store.
pub(super) fn in_order(mut series: Vec<Series>) -> Vec<Series> {
    let rest = |s: &Series| format!("{:?} {:?}", s.key.throughput, s.key.unit);
    series.sort_by(|a, b| {
        (&a.key.id, &a.environment).cmp(&(&b.key.id, &b.environment)).then_with(|| rest(a).cmp(&rest(b)))
    });
    series
}

/// In what a run's results are not those that its key was made of.
pub(super) fn difference(head: &RunHead, found: &Results) -> Option<String> {
    let what = if found.n != head.n_executions {
        format!("has {} of its {} executions", found.n, head.n_executions)
    } else if found.key(head) != head.key {
        "doesn't hold what was recorded".to_owned()
    } else {
        return None;
    };
    Some(format!("run {} of revision {} {what}", head.key, head.revision))
}
