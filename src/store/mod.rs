//! Runs that are kept: the file that `regress export` and `regress import` write.

mod run_file;

pub use run_file::{
    Disagreeing, Exported, ExportedExecution, FORMAT, Gathered, InvalidRunFile, gather, read_run, write_run,
};
