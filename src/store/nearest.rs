//! The runs of history that are nearest to a commit.

use std::sync::Arc;

use hashbrown::HashMap;

use super::{Record, RunHead, Store, StoreError};
use crate::model::Environment;

/// Runs that are nearest to a commit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nearest {
    /// Those that were taken, the furthest first.
    pub taken: Vec<Record>,
    /// Those that are as near and were measured elsewhere, the nearest first.
    pub elsewhere: Vec<Arc<RunHead>>,
}

/// Takes the runs of `revisions`, which are the nearest first, until a benchmark has `most` executions; only runs whose
/// environment `is_here`.
///
/// # Errors
/// When the store can't be read.
pub fn nearest(
    store: &mut dyn Store,
    revisions: &[String],
    is_here: impl Fn(&Environment) -> bool,
    most: usize,
) -> Result<Nearest, StoreError> {
    let places: HashMap<&str, usize> =
        revisions.iter().enumerate().rev().map(|(i, revision)| (revision.as_str(), i)).collect();
    let mut found: Vec<(usize, Arc<RunHead>)> = store
        .runs()?
        .into_iter()
        .filter_map(|head| Some((places.get(head.revision.as_str()).copied()?, head)))
        .collect();
    // Of one revision, what was measured last comes first.
    found.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| other.order().cmp(&one.order())));
    let (mut nearest, mut n_executions) = (Nearest::default(), 0);
    for (_, head) in found {
        if n_executions >= most {
            break;
        }
        if !is_here(&head.environment) {
            nearest.elsewhere.push(head);
        } else if let Some(record) = store.record(head.key)? {
            n_executions += record.benchmarks.iter().map(|b| b.executions.len()).max().unwrap_or_default();
            nearest.taken.push(record);
        }
    }
    nearest.taken.reverse();
    Ok(nearest)
}
