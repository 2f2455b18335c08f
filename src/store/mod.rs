//! Runs that are kept: the file that `regress export` writes.

mod run_file;

pub use run_file::{Exported, ExportedExecution, InvalidRunFile, read_run, write_run};
