//! What a command does by itself inside a workflow of GitHub's: the job's summary, outputs, annotations. And what it never does
//! there: print a line that the runner takes for a command.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use criterion_regress::environment::this_machine;
use criterion_regress::report::{
    Annotation, Environment, Leg, Level, Outcome, Report, annotations, failed_page, runs_nothing, summary,
};

use super::args::OutputArgs;
use super::failure::Failure;

/// What GitHub takes of one step's summary, in bytes; of a longer one it shows nothing.
const LARGEST_SUMMARY: u64 = 1 << 20;

/// With less room than this there is no summary worth reading.
const SMALLEST_SUMMARY: u64 = 2_000;

/// Whether a workflow's runner reads what is printed.
pub(super) fn is_workflow() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Text as it may be printed: inside a workflow, without a line that its runner takes for a command.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if is_workflow() { runs_nothing(text) } else { Cow::Borrowed(text) }
}

/// Prints a line on standard error, the runner's commands taken out.
pub(super) fn print_error(line: &str) {
    // Whoever closed standard error, or filled its disk, can't be told.
    let _ = writeln!(io::stderr(), "{}", printable(line));
}

/// Tells the workflow that we run in, if any, what came of a comparison. What can't be written is a warning: the verdict stands
/// without it.
pub(super) fn tell(leg: &Leg, args: &OutputArgs, no_github: bool) {
    let Some(report) = leg.report.as_ref().filter(|_| is_workflow() && !no_github) else { return };
    if let Some(path) = file("GITHUB_STEP_SUMMARY")
        && args.outputs.iter().all(|(_, output)| *output != path)
    {
        warn_if_failed(&path, add_summary(&path, std::slice::from_ref(leg)));
    }
    if let Some(path) = file("GITHUB_OUTPUT") {
        warn_if_failed(&path, append(&path, &outputs(report)));
    }
    // Standard output may be a report that goes to a file; the runner reads both.
    for annotation in annotations(report) {
        let _ = writeln!(io::stderr(), "{}", annotation.to_command());
    }
}

/// Adds reports to the job's summary, where there is one.
#[cfg(feature = "github")]
pub(super) fn summarize(legs: &[Leg]) {
    if let Some(path) = file("GITHUB_STEP_SUMMARY") {
        warn_if_failed(&path, add_summary(&path, legs));
    }
}

/// This machine, inside a workflow: whoever reads the report elsewhere can't see the job's log.
pub(super) fn judge(no_github: bool) -> Option<Environment> {
    (is_workflow() && !no_github).then(|| Environment::from(&this_machine()))
}

/// Tells the workflow that we run in, if any, what could not be done: the job's page is what people see first.
pub(super) fn tell_failure(failure: &Failure) {
    let is_off = std::env::args_os().any(|arg| arg == "--no-github")
        || std::env::var_os("REGRESS_NO_GITHUB").is_some_and(|value| !value.is_empty());
    if !is_workflow() || is_off {
        return;
    }
    let text = failure.text();
    let annotation =
        Annotation { level: Level::Error, title: "regress could not do its work".to_owned(), message: text.clone() };
    let _ = writeln!(io::stderr(), "{}", annotation.to_command());
    if let Some(path) = file("GITHUB_STEP_SUMMARY") {
        warn_if_failed(&path, append(&path, &failed_page(&text)));
    }
}

fn file(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn warn_if_failed(path: &Path, result: io::Result<()>) {
    if let Err(e) = result {
        print_error(&format!("warning: failed to write {}: {e}", path.display()));
    }
}

/// Adds the report to what other commands of the step have written, within what GitHub takes of all of it.
fn add_summary(path: &Path, legs: &[Leg]) -> io::Result<()> {
    let written = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
        Err(e) => return Err(e),
    };
    // Two line ends part it from what is there.
    let room = LARGEST_SUMMARY.saturating_sub(written + 2);
    if room < SMALLEST_SUMMARY {
        return Err(io::Error::other("the step's summary is full"));
    }
    let text = summary(legs, usize::try_from(room).unwrap_or(usize::MAX));
    append(path, &if written == 0 { text } else { format!("\n{text}") })
}

/// Fixed names, and values that are one of a few words or a number: nothing of a name can forge a line.
fn outputs(report: &Report) -> String {
    let outcome = match report.outcome {
        Outcome::Pass => "pass",
        Outcome::Regressed => "regressed",
        Outcome::Inconclusive => "inconclusive",
        Outcome::NothingCompared => "nothing-compared",
    };
    let counts = &report.counts;
    let numbers = [
        ("regressions", counts.regressions - counts.tolerated),
        ("suspects", counts.suspected),
        ("improvements", counts.improvements),
        ("compared", counts.compared),
        ("benchmarks", counts.benchmarks),
    ];
    let lines = numbers.map(|(name, n)| format!("{name}={n}\n"));
    format!("outcome={outcome}\n{}", lines.concat())
}

/// Appends whole lines, also where the last one that is there has no end.
fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let separator = if ends_in_a_line(&mut file)? { "" } else { "\n" };
    file.write_all(format!("{separator}{text}").as_bytes())
}

fn ends_in_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
