//! Runs that are kept: the file that `regress export` writes.

mod run_file;

pub use run_file::{Exported, ExportedExecution, FORMAT, InvalidRunFile, read_run, write_run};
