//! Annotations of a workflow: what GitHub shows beside the job, as commands to its runner.

use std::borrow::Cow;

use super::escape::{name, visible};
use super::number::{Scale, change, percent};
use super::schema::{Action, Outcome, Report, Row, Verdict};
use super::wording::{self, Group, count};

/// Annotations of one level that GitHub takes from a step; more it drops without a word.
const MOST_PER_LEVEL: usize = 10;

/// How loud an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The comparison fails by it.
    Error,
    /// To be looked at.
    Warning,
    /// Good to know.
    Notice,
}

/// What is shown beside the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How loud.
    pub level: Level,
    /// In bold.
    pub title: String,
    /// One line.
    pub message: String,
}

impl Annotation {
    fn new(level: Level, title: impl Into<String>, message: impl AsRef<str>) -> Annotation {
        Annotation { level, title: title.into(), message: visible(message.as_ref()) }
    }

    /// The command that makes the runner show it: one line, in which nothing of a benchmark's name is another command.
    #[must_use]
    pub fn to_command(&self) -> String {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        format!("::{level} title={}::{}", property(&self.title), data(&self.message))
    }
}

/// A comparison's annotations, the most important first, no more of a level than GitHub shows: the last one counts the rest.
#[must_use]
pub fn annotations(report: &Report) -> Vec<Annotation> {
    let mut all = Vec::new();
    if report.outcome == Outcome::NothingCompared {
        all.push(Annotation::new(Level::Error, "nothing was compared", wording::headline(report)));
    }
    if let (Some(shift), Some(words)) = (report.suite_shift, wording::shift(report)) {
        let level = match (shift.verdict, &report.policy.suite_shift) {
            (Verdict::Regression, Action::Fail) => Level::Error,
            (Verdict::Regression | Verdict::Inconclusive, _) => Level::Warning,
            (Verdict::Improvement | Verdict::NoChange, _) => Level::Notice,
        };
        all.push(Annotation::new(level, "the whole suite", words));
    }
    let group = |kind| {
        let mut rows: Vec<&Row> = report.benchmarks.iter().filter(|row| Group::of(row) == kind).collect();
        rows.sort_by(|a, b| b.change.estimate.total_cmp(&a.change.estimate));
        rows
    };
    all.extend(capped(Level::Error, "slower", &group(Group::Regressions), all.len()));
    all.extend(capped(Level::Warning, "probably slower", &group(Group::Suspects), 2));
    let n_tolerated = group(Group::Tolerated).len();
    if n_tolerated > 0 {
        all.push(Annotation::new(Level::Notice, "tolerated", wording::group(n_tolerated, Group::Tolerated)));
    }
    let untold: Vec<&str> = report.missing().map(|row| row.id.as_str()).collect();
    if let [first, ..] = untold.as_slice() {
        let n = count(untold.len(), "benchmark was", "benchmarks were");
        all.push(Annotation::new(Level::Warning, "not compared", format!("{n} not compared, {} first", name(first))));
    }
    let n_faster = report.counts.improvements;
    if n_faster > 0 {
        all.push(Annotation::new(Level::Notice, "faster", wording::group(n_faster, Group::Improvements)));
    }
    all.sort_by_key(|annotation| annotation.level);
    all
}

/// An annotation a row; where they would be too many with the `n_others` of their level, one for all that are left.
fn capped(level: Level, what: &str, rows: &[&Row], n_others: usize) -> Vec<Annotation> {
    let room = MOST_PER_LEVEL.saturating_sub(n_others);
    let n_shown = if rows.len() > room { room.saturating_sub(1) } else { rows.len() };
    let mut annotations: Vec<Annotation> = rows[..n_shown].iter().map(|row| of_row(level, what, row)).collect();
    let n_more = rows.len() - n_shown;
    if n_more > 0 {
        let words =
            format!("{} {what}; the report has them all", count(n_more, "more benchmark is", "more benchmarks are"));
        annotations.push(Annotation::new(level, format!("{n_more} more {what}"), words));
    }
    annotations
}

fn of_row(level: Level, what: &str, row: &Row) -> Annotation {
    let scale = Scale::new(&row.unit, &[row.baseline, row.candidate]);
    let title = format!("{what}: {} {}", name(&row.id), change(row.change.estimate));
    let message = format!(
        "{} ({} … {}), {} → {}, threshold {}",
        change(row.change.estimate),
        change(row.change.lower),
        change(row.change.upper),
        scale.value(row.baseline),
        scale.value(row.candidate),
        percent(row.threshold)
    );
    Annotation::new(level, title, message)
}

/// Text in which the runner of a workflow finds no command, however a name was broken into lines: those that begin with `::`
/// and those that hold `##[` get a space without width.
#[must_use]
pub fn runs_nothing(text: &str) -> Cow<'_, str> {
    let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    // The runner takes either for the end of a line.
    if !text.split(['\n', '\r']).any(is_command) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive(['\n', '\r']) {
        if line.trim_start().starts_with("::") {
            out.push('\u{200b}');
        }
        out.push_str(&line.replace("##[", "#\u{200b}#["));
    }
    Cow::Owned(out)
}

fn data(text: &str) -> String {
    runs_nothing(&visible(text)).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_line_of_our_own() {
        let annotation = Annotation {
            level: Level::Error,
            title: "a,b: 100 %::x\n::set-output name=outcome::pass".to_owned(),
            message: "50 %\r\n##[error]x".to_owned(),
        };
        let command = annotation.to_command();
        assert_eq!(
            command,
            "::error title=a%2Cb%3A 100 %25%3A%3Ax\\n%3A%3Aset-output name=outcome%3A%3Apass::50 %25\\r\\n\\u{23}#[error]x"
        );
    }

    #[test]
    fn lines_that_would_run() {
        let check = |text: &str, want: &str| assert_eq!(runs_nothing(text), want);
        check("std::sort\na # [b]\n", "std::sort\na # [b]\n");
        check("a\n  ::error::b\n", "a\n\u{200b}  ::error::b\n");
        check("a\r::stop-commands::b", "a\r\u{200b}::stop-commands::b");
        check("\u{3000}::a", "\u{200b}\u{3000}::a");
        check("a ##[group]b ###[c]", "a #\u{200b}#[group]b ##\u{200b}#[c]");
    }
}
