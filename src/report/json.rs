//! JSON out, and a report's JSON back in.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Report;
use super::from_model::settle;
use super::schema::{SCHEMA, VERSION, Verdict};

/// Why text is not a report.
#[derive(Debug, Error)]
pub enum InvalidReport {
    /// Not JSON, or not of the report's shape.
    #[error("it is not a report: {0}")]
    Malformed(serde_json::Error),
    /// JSON of something else.
    #[error("it is not a report but `{0}`")]
    OtherSchema(String),
    /// Its parts don't agree with one another.
    #[error("it contradicts itself: {0}")]
    Inconsistent(&'static str),
    /// Written by a later version of the tool.
    #[error("it is a report of version {0}, and this tool reads up to version {VERSION}")]
    TooNew(u32),
}

/// Writes any of the documents down as JSON, indented, with a newline at its end.
#[must_use]
pub fn to_json(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("documents have string keys and no failing parts");
    text.push('\n');
    // It can only stand in a string. To a workflow's runner it is a command, wherever in a line of the log.
    if text.contains("##[") { text.replace("##[", "#\\u0023[") } else { text }
}

/// Reads a report that was written as JSON.
///
/// # Errors
/// When the text is not a report, or one of a later version.
pub fn parse_report(text: &str) -> Result<Report, InvalidReport> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
        version: u32,
    }
    let head: Head = serde_json::from_str(text).map_err(InvalidReport::Malformed)?;
    if head.schema != SCHEMA {
        return Err(InvalidReport::OtherSchema(head.schema));
    }
    if head.version > VERSION || head.version == 0 {
        return Err(InvalidReport::TooNew(head.version));
    }
    let mut report: Report = serde_json::from_str(text).map_err(InvalidReport::Malformed)?;
    // A command that people are told to run is made here, and never taken from a file.
    report.settle = report.settle.and_then(|_| {
        let is_shifted = report.suite_shift.is_some_and(|shift| shift.verdict == Verdict::Regression);
        settle(&report.benchmarks, is_shifted, report.policy.min_executions)
    });
    match report.contradiction() {
        Some(what) => Err(InvalidReport::Inconsistent(what)),
        None => Ok(report),
    }
}
