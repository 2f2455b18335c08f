//! What changed in history, told.

use std::time::SystemTime;

use serde::Serialize;

use super::from_model::timestamp;
use super::number::{change, percent};
use super::table::{Cell, Emphasis, Table};
use super::terminal::paint;
use super::wording::{count, short};
use super::{Format, Rows, TerminalStyle, escape, terminal};
use crate::history::{BenchmarkChange, Cause, Drift, Finding};
use crate::stats::{Interval, Tier};

/// How a format writes strangers' words.
pub(super) type Foreign<'a> = &'a dyn Fn(&str) -> String;

/// Benchmarks of a finding that are shown when not all are asked for.
const SHOWN: usize = 10;

/// What changed in history. `schema/changes.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangesReport {
    schema: &'static str,
    version: u32,
    /// Where history is kept.
    pub store: String,
    /// Runs that were looked through.
    pub runs: usize,
    /// Revisions that they are of.
    pub revisions: usize,
    /// `commits` where git says which came before which, else `time`.
    pub order: &'static str,
    /// Changes from here on, as it was asked for.
    pub since: Option<String>,
    /// The smallest change that is told, in percent.
    pub threshold_percent: f64,
    /// What changed, in the order of the runs.
    pub findings: Vec<FindingRow>,
    /// What moved without a step.
    pub drifts: Vec<DriftRow>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// A revision of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommitRow {
    /// A commit's hash, or what it was recorded as.
    pub revision: String,
    /// When it was made, or where nobody knows, measured; RFC 3339.
    pub at: Option<String>,
}

/// What changed at one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingRow {
    /// By what it is accepted; it may change when later runs narrow the place down.
    pub finding: String,
    /// `code`, `suite` (more than half of the benchmarks at once) or `environment`.
    pub cause: &'static str,
    /// `confirmed`, or `suspected` until later runs say that it stays.
    pub tier: &'static str,
    /// `slower`, `faster` or `mixed`.
    pub direction: &'static str,
    /// The last revision that is as before.
    pub after: Option<CommitRow>,
    /// The first revision that is known to be changed.
    pub by: CommitRow,
    /// Commits of which one did it, where git knows.
    pub commits: Option<usize>,
    /// In what the environments differ of the last run before and the first one known to be changed.
    pub environment: Vec<EnvironmentChange>,
    /// The largest changes first.
    pub benchmarks: Vec<ChangedRow>,
    /// Benchmarks that were measured on both sides of it.
    pub measured: usize,
    /// Whether it is a slowdown of the code that is confirmed and that nobody has accepted.
    pub new: bool,
    /// Why it is accepted.
    pub accepted: Option<AcceptedRow>,
}

/// A fact that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnvironmentChange {
    /// Which.
    pub fact: String,
    /// As it was.
    pub before: String,
    /// As it is since.
    pub now: String,
}

/// How one benchmark changed. Changes are fractions: new/old − 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedRow {
    /// What people see.
    pub id: String,
    /// Its folder below what was read.
    pub directory: String,
    /// `confirmed` or `suspected`.
    pub tier: &'static str,
    /// By how much.
    pub change: f64,
    /// The interval's lower end; null where there are too few runs for one.
    pub lower: Option<f64>,
    /// Its upper end.
    pub upper: Option<f64>,
    /// The chance to see as much if nothing had changed.
    pub p: f64,
}

/// A benchmark that moved without a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftRow {
    /// By what it is accepted.
    pub finding: String,
    /// What people see.
    pub id: String,
    /// Its folder below what was read.
    pub directory: String,
    /// Where it began to be looked at.
    pub since: CommitRow,
    /// The last revision.
    pub by: CommitRow,
    /// The last runs against the first ones − 1.
    pub change: f64,
    /// The interval's lower end.
    pub lower: Option<f64>,
    /// Its upper end.
    pub upper: Option<f64>,
    /// Whether it became slower and nobody has accepted it.
    pub new: bool,
    /// Why it is accepted.
    pub accepted: Option<AcceptedRow>,
}

/// Why a change is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AcceptedRow {
    /// The reason that was given.
    pub reason: String,
    /// On which day, `YYYY-MM-DD`.
    pub on: String,
}

impl CommitRow {
    /// A revision, and when it was made.
    #[must_use]
    pub fn new(revision: &str, at: Option<SystemTime>) -> CommitRow {
        CommitRow { revision: revision.to_owned(), at: at.and_then(timestamp) }
    }

    fn day(&self) -> Option<&str> {
        self.at.as_deref().and_then(|at| at.get(..10))
    }

    /// Its short name and its day.
    pub(super) fn named(&self, foreign: Foreign<'_>) -> String {
        match self.day() {
            Some(day) => format!("{} ({day})", foreign(short(&self.revision))),
            None => foreign(short(&self.revision)),
        }
    }
}

impl ChangesReport {
    /// An empty one.
    #[must_use]
    pub fn new(
        store: &str,
        runs: usize,
        revisions: usize,
        is_by_commit: bool,
        threshold_percent: f64,
    ) -> ChangesReport {
        ChangesReport {
            schema: "criterion-regress/changes",
            version: 1,
            store: store.to_owned(),
            runs,
            revisions,
            order: if is_by_commit { "commits" } else { "time" },
            since: None,
            threshold_percent,
            findings: Vec::new(),
            drifts: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// In one of the formats; a JUnit file has no place for it.
    #[must_use]
    pub fn render(&self, format: Format, rows: Rows, style: TerminalStyle) -> Option<String> {
        match format {
            Format::Terminal => Some(self.to_terminal(rows, style)),
            Format::Markdown => Some(self.to_markdown(rows)),
            Format::Json => Some(super::to_json(self)),
            Format::Csv => Some(self.to_csv()),
            Format::Junit => None,
        }
    }

    fn headline(&self, foreign: Foreign<'_>) -> String {
        let n_new = self.findings.iter().filter(|f| f.new).count() + self.drifts.iter().filter(|d| d.new).count();
        let new = match n_new {
            0 => "none of them new and slower".to_owned(),
            n => format!("{n} of them new and slower"),
        };
        let found = match (self.findings.len(), self.drifts.len()) {
            (0, 0) => format!("no change of {} or more", percent(self.threshold_percent / 100.0)),
            (n, 0) => format!("{}, {new}", count(n, "change", "changes")),
            (n, drifts) => format!("{} and {}, {new}", count(n, "change", "changes"), count(drifts, "drift", "drifts")),
        };
        let since = self.since.as_ref().map(|since| format!(" since {}", foreign(since))).unwrap_or_default();
        format!(
            "{found}{since}: {} of {} in {}",
            count(self.runs, "run", "runs"),
            count(self.revisions, "revision", "revisions"),
            foreign(&self.store)
        )
    }

    fn to_terminal(&self, rows: Rows, style: TerminalStyle) -> String {
        let foreign = &escape::visible;
        let mut out = format!("{}\n", self.headline(foreign));
        for finding in &self.findings {
            let word = paint(&finding.word(), finding.emphasis(), style);
            out.push_str(&format!("\n{}  {word}  {}\n", finding.finding, finding.place(foreign)));
            finding.lines(foreign).iter().for_each(|line| out.push_str(&format!("  {line}\n")));
            let (table, hidden) = finding.table(rows);
            let table = terminal::render(&table, style);
            table.lines().for_each(|line| out.push_str(&format!("  {line}\n")));
            out.extend(hidden.map(|hidden| format!("  {hidden}\n")));
        }
        for drift in &self.drifts {
            let word = paint("drift", drift.emphasis(), style);
            out.push_str(&format!("\n{}  {word}  {}\n", drift.finding, drift.line(foreign)));
            out.extend(drift.accepted.as_ref().map(|a| format!("  {}\n", a.line(foreign))));
        }
        for note in &self.notes {
            out.push_str(&format!("\nnote: {}\n", escape::visible(note)));
        }
        out
    }

    fn to_markdown(&self, rows: Rows) -> String {
        let (text, foreign) = (escape::markdown_text, &escape::markdown_code);
        let mut out = format!("**{}**\n", self.headline(foreign));
        for finding in &self.findings {
            out.push_str(&format!("\n**{}** {} {}\n", text(&finding.word()), finding.finding, finding.place(foreign)));
            finding.lines(foreign).iter().for_each(|line| out.push_str(&format!("<br>{line}\n")));
            let (table, hidden) = finding.table(rows);
            out.push_str(&format!("\n{}", table.to_markdown()));
            out.extend(hidden.map(|hidden| format!("\n{}\n", text(&hidden))));
        }
        for drift in &self.drifts {
            out.push_str(&format!("\n**drift** {} {}\n", drift.finding, drift.line(foreign)));
            out.extend(drift.accepted.as_ref().map(|a| format!("<br>{}\n", a.line(foreign))));
        }
        for note in &self.notes {
            out.push_str(&format!("\n<sub>{}</sub>\n", text(note)));
        }
        out
    }

    /// A line for each benchmark of each finding.
    fn to_csv(&self) -> String {
        let mut table = Table::default();
        for title in
            ["finding", "kind", "tier", "after", "by", "id", "directory", "change", "lower", "upper", "new", "accepted"]
        {
            table = table.text_column(title);
        }
        let number = |value: Option<f64>| Cell::plain(value.map(|v| v.to_string()).unwrap_or_default());
        let reason = |accepted: &Option<AcceptedRow>| {
            Cell::plain(accepted.as_ref().map(|a| a.reason.clone()).unwrap_or_default())
        };
        for finding in &self.findings {
            for row in &finding.benchmarks {
                table.rows.push(vec![
                    Cell::plain(finding.finding.clone()),
                    Cell::plain(finding.cause),
                    Cell::plain(row.tier),
                    Cell::plain(finding.after.as_ref().map(|c| c.revision.clone()).unwrap_or_default()),
                    Cell::plain(finding.by.revision.clone()),
                    Cell::name(row.id.clone()),
                    Cell::name(row.directory.clone()),
                    number(Some(row.change)),
                    number(row.lower),
                    number(row.upper),
                    Cell::plain(finding.new.to_string()),
                    reason(&finding.accepted),
                ]);
            }
        }
        for drift in &self.drifts {
            table.rows.push(vec![
                Cell::plain(drift.finding.clone()),
                Cell::plain("drift"),
                Cell::plain("confirmed"),
                Cell::plain(drift.since.revision.clone()),
                Cell::plain(drift.by.revision.clone()),
                Cell::name(drift.id.clone()),
                Cell::name(drift.directory.clone()),
                number(Some(drift.change)),
                number(drift.lower),
                number(drift.upper),
                Cell::plain(drift.new.to_string()),
                reason(&drift.accepted),
            ]);
        }
        table.to_numeric_csv(&[7, 8, 9])
    }
}

impl FindingRow {
    /// A finding that nobody has accepted yet; `finding` is what it is called.
    #[must_use]
    pub fn new(found: &Finding, finding: &str, after: Option<CommitRow>, by: CommitRow) -> FindingRow {
        let is_slower = |changed: &BenchmarkChange| changed.change.log_ratio > 0.0;
        let n_slower = found.benchmarks.iter().filter(|changed| is_slower(changed)).count();
        FindingRow {
            finding: finding.to_owned(),
            cause: match found.cause {
                Cause::Code => "code",
                Cause::Suite => "suite",
                Cause::Environment => "environment",
            },
            tier: tier(found.tier),
            direction: match n_slower {
                0 => "faster",
                n if n == found.benchmarks.len() => "slower",
                _ => "mixed",
            },
            after,
            by,
            commits: None,
            environment: Vec::new(),
            benchmarks: found.benchmarks.iter().map(ChangedRow::from).collect(),
            measured: found.n_benchmarks,
            new: false,
            accepted: None,
        }
    }

    fn word(&self) -> String {
        let what = match self.cause {
            "environment" => "environment, ",
            "suite" => "whole suite, ",
            _ => "",
        };
        let sure = if self.tier == "suspected" { ", suspected" } else { "" };
        format!("{what}{}{sure}", self.direction)
    }

    fn emphasis(&self) -> Emphasis {
        match (self.new, self.direction) {
            (true, _) => Emphasis::Bad,
            (false, "faster") => Emphasis::Good,
            (false, _) => Emphasis::Doubtful,
        }
    }

    fn place(&self, foreign: Foreign<'_>) -> String {
        let by = self.by.named(foreign);
        match (&self.after, self.commits) {
            (None, _) => format!("by {by}"),
            (Some(after), Some(1)) => format!("with {by}, after {}", after.named(foreign)),
            (Some(after), Some(n)) if n > 1 => format!("after {}, by {by}: one of {n} commits", after.named(foreign)),
            (Some(after), _) if after.revision == self.by.revision => format!("between runs of {by}: not the code"),
            (Some(after), _) => format!("after {}, by {by}", after.named(foreign)),
        }
    }

    fn lines(&self, foreign: Foreign<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        for fact in &self.environment {
            lines.push(format!(
                "{} changed with it: {} → {}",
                foreign(&fact.fact),
                foreign(&fact.before),
                foreign(&fact.now)
            ));
        }
        match self.cause {
            "environment" if self.environment.is_empty() => {
                lines.push("another machine since: the code may have changed with it, and can't be told apart".to_owned());
            }
            "environment" => lines.push("the code may have changed as well, and can't be told apart".to_owned()),
            "suite" => lines.push(
                "more than half of the benchmarks at once: a flag, a toolchain, a machine that doesn't say so, or code that all share"
                    .to_owned(),
            ),
            _ => {}
        }
        lines.extend(self.accepted.as_ref().map(|accepted| accepted.line(foreign)));
        lines
    }

    fn table(&self, rows: Rows) -> (Table, Option<String>) {
        let n = if rows == Rows::All { self.benchmarks.len() } else { SHOWN.min(self.benchmarks.len()) };
        let mut table = Table::default().text_column("benchmark").number_column("change").number_column("interval");
        table.rows = self.benchmarks[..n].iter().map(ChangedRow::cells).collect();
        let more = self.benchmarks.len() - n;
        (table, (more > 0).then(|| format!("… and {more} more (--all lists them)")))
    }
}

impl ChangedRow {
    fn cells(&self) -> Vec<Cell> {
        let name = escape::name(&self.id);
        let name = if self.tier == "suspected" { format!("{name} (suspected)") } else { name };
        vec![Cell::name(name), Cell::plain(change(self.change)), Cell::plain(range(self.lower, self.upper))]
    }
}

impl DriftRow {
    /// A drift that nobody has accepted yet.
    #[must_use]
    pub fn new(drift: &Drift, finding: &str, since: CommitRow, by: CommitRow) -> DriftRow {
        let [lower, upper] = ends(drift.interval);
        DriftRow {
            finding: finding.to_owned(),
            id: drift.id.as_str().to_owned(),
            directory: drift.id.path(),
            since,
            by,
            change: drift.log_ratio.exp_m1(),
            lower,
            upper,
            new: drift.log_ratio > 0.0,
            accepted: None,
        }
    }

    fn emphasis(&self) -> Emphasis {
        if self.new { Emphasis::Bad } else { Emphasis::Doubtful }
    }

    fn line(&self, foreign: Foreign<'_>) -> String {
        format!(
            "{} {} ({}) since {}, no step above the threshold",
            foreign(&escape::name(&self.id)),
            change(self.change),
            range(self.lower, self.upper),
            self.since.named(foreign)
        )
    }
}

impl AcceptedRow {
    fn line(&self, foreign: Foreign<'_>) -> String {
        format!("accepted on {}: {}", foreign(&self.on), foreign(&self.reason))
    }
}

impl From<&BenchmarkChange> for ChangedRow {
    fn from(changed: &BenchmarkChange) -> ChangedRow {
        let [lower, upper] = ends(changed.change.interval);
        ChangedRow {
            id: changed.id.as_str().to_owned(),
            directory: changed.id.path(),
            tier: tier(changed.change.tier),
            change: changed.change.log_ratio.exp_m1(),
            lower,
            upper,
            p: changed.change.p,
        }
    }
}

pub(super) fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Suspected => "suspected",
        Tier::Confirmed => "confirmed",
    }
}

/// The ends of a logarithm's interval as fractions.
pub(super) fn ends(interval: Option<Interval>) -> [Option<f64>; 2] {
    let end = |of: fn(&Interval) -> f64| interval.as_ref().map(|i| of(i).exp_m1()).filter(|end| end.is_finite());
    [end(|i| i.lower), end(|i| i.upper)]
}

pub(super) fn range(lower: Option<f64>, upper: Option<f64>) -> String {
    match (lower, upper) {
        (Some(lower), Some(upper)) => format!("{} … {}", change(lower), change(upper)),
        _ => "–".to_owned(),
    }
}
