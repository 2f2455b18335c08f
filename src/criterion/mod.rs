//! Criterion's files in, runs out: the only place that knows what Criterion and its relatives call their files.
//!
//! It reads `target/criterion` as every Criterion from 0.2 on wrote it, cargo-criterion's records, critcmp's exports, what
//! Criterion prints, and the history that github-action-benchmark keeps.
//! A result that can't be read becomes a [`Warning`](crate::model::Warning) with its path, and never costs the others.
//! What the measurements say is for [`crate::stats`]: the caller hands in the function that sums them up.

mod cargo_criterion;
mod console;
mod critcmp;
mod files;
mod folder;
mod freshness;
mod github_action_benchmark;
mod location;
mod name;
mod queue;
mod sample_json;
mod side;
mod tree;
mod walk;
mod work_json;

use std::path::PathBuf;

use thiserror::Error;

pub use console::{ConsoleLog, console_tree, is_console_log, read_console_log};
pub use critcmp::{CritcmpExport, read_critcmp_export, read_critcmp_tree};
pub use freshness::{GAP_BETWEEN_RUNS, from_the_future, last_run_start, stale, written_since};
pub use github_action_benchmark::{StoredRun, is_action_data, read_action_data};
pub use location::{InvalidLocation, Location, locate};
pub use tree::Tree;
pub use walk::{Baselines, read};
pub use work_json::{WORK_FILE, read_works};

/// The baseline into which Criterion writes every run.
pub const NEW: &str = "new";

/// The baseline into which Criterion copies every run that isn't told otherwise.
pub const BASE: &str = "base";

/// A folder or file that could not be read at all.
#[derive(Debug, Error)]
#[error("failed to read {}: {cause}", path.display())]
pub struct ReadError {
    /// What was to be read.
    pub path: PathBuf,
    /// Why it couldn't be.
    pub cause: String,
}

impl ReadError {
    fn new(path: impl Into<PathBuf>, cause: impl ToString) -> ReadError {
        ReadError { path: path.into(), cause: cause.to_string() }
    }
}
