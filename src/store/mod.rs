//! What is kept: the file that `regress export` and `regress import` write, how a folder of runs was measured, and history behind one
//! interface.
//!
//! [`Store`] is what every store does. [`Record`] is a run as history keeps it.

mod branch;
mod bundle;
mod git;
mod heads;
mod history;
mod location;
mod nearest;
mod point;
#[cfg(feature = "postgres")]
mod postgresql;
mod record;
mod run_file;
mod session_file;
mod sqlite;
mod text;

pub use branch::BranchStore;
pub use history::{Appended, Compacted, Piece, SeriesQuery, Store, StoreError, StoreFailure, Verified};
pub use location::{DEFAULT_BRANCH, InvalidLocation, StoreLocation};
pub use nearest::{Nearest, nearest};
#[cfg(feature = "postgres")]
pub use postgresql::PostgresStore;
pub use record::{About, EnvironmentKey, Point, Record, RunHead, RunKey, Series, SeriesKey};
pub use run_file::{
    Disagreeing, Exported, ExportedExecution, FORMAT, Gathered, InvalidRunFile, gather, read_run, write_run,
};
pub use session_file::{InvalidSessionFile, SESSION_FILE, read_session, write_session};
pub use sqlite::SqliteStore;

/// What is to be done with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is made where it isn't there.
    Create,
    /// It has to be there.
    Existing,
}
