//! What a preflight found, told.

use serde::Serialize;

use super::schema::Environment;
use super::table::{Cell, Emphasis, Table};
use super::wording::count;
use super::{Format, Rows, TerminalStyle, escape, terminal};
use crate::model;
use crate::preflight::{Area, Check, Status, outcome};

/// Names of one check that are listed when not all are asked for.
const NAMES_SHOWN: usize = 5;

/// Whether a machine and a repository are fit to measure. `schema/doctor.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoctorReport {
    schema: &'static str,
    version: u32,
    tool: &'static str,
    /// The profile that said how strict to be.
    pub profile: String,
    /// The worst of all checks, by its word.
    pub outcome: &'static str,
    /// How many checks came to what.
    pub counts: Counts,
    /// This machine.
    pub machine: Environment,
    /// The checks, the worst first.
    pub checks: Vec<CheckRow>,
    #[serde(skip)]
    has_measured: bool,
}

/// How many checks came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// No number should be quoted.
    pub fail: usize,
    /// Less steady, or less comparable.
    pub warn: usize,
    /// It can't be found out here.
    pub cannot_tell: usize,
    /// As it should be.
    pub pass: usize,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckRow {
    /// A name for programs.
    pub code: &'static str,
    /// `machine`, `resolution` or `repository`.
    pub area: &'static str,
    /// `fail`, `warn`, `cannot-tell` or `pass`.
    pub status: &'static str,
    /// What was looked at.
    pub subject: String,
    /// What was found.
    pub found: String,
    /// Names that belong to it: of programs, devices, benchmarks.
    pub names: Vec<String>,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub remedy: Option<String>,
    /// The command that does it.
    pub command: Option<String>,
}

impl DoctorReport {
    /// Writes checks down. `has_measured` says whether the machine's resolution was among them.
    #[must_use]
    pub fn new(checks: &[Check], machine: &model::Environment, profile: &str, has_measured: bool) -> DoctorReport {
        let mut counts = Counts::default();
        for check in checks {
            let count = match check.status {
                Status::Fail => &mut counts.fail,
                Status::Warn => &mut counts.warn,
                Status::CannotTell => &mut counts.cannot_tell,
                Status::Pass => &mut counts.pass,
            };
            *count += 1;
        }
        let mut sorted: Vec<&Check> = checks.iter().collect();
        sorted.sort_by_key(|check| rank(check.status));
        DoctorReport {
            schema: "criterion-regress/doctor",
            version: 1,
            tool: env!("CARGO_PKG_VERSION"),
            profile: profile.to_owned(),
            outcome: word(outcome(checks)),
            counts,
            machine: machine.into(),
            checks: sorted.into_iter().map(row).collect(),
            has_measured,
        }
    }

    fn headline(&self) -> String {
        let Counts { fail, warn, cannot_tell, pass } = self.counts;
        let parts = [(fail, count(fail, "check fails", "checks fail")), (warn, format!("{warn} to be warned of"))];
        let mut said: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, words)| words).collect();
        if cannot_tell > 0 {
            said.push(format!("{cannot_tell} can't be told"));
        }
        said.push(format!("{pass} as it should be"));
        format!("{} (profile {})", said.join(", "), escape::name(&self.profile))
    }

    fn next_step(&self) -> Option<&'static str> {
        let step =
            "whether this machine can resolve the threshold was not measured: `regress doctor --measure` (5 seconds)";
        (!self.has_measured).then_some(step)
    }

    fn to_terminal(&self, rows: Rows, style: TerminalStyle) -> String {
        let verdict = match self.outcome {
            "fail" => ("NOT FIT TO MEASURE", Emphasis::Bad),
            "warn" => ("FIT, WITH WARNINGS", Emphasis::Doubtful),
            _ => ("FIT TO MEASURE", Emphasis::Good),
        };
        let mut out = format!("{}  {}\n", terminal::paint(verdict.0, verdict.1, style), self.headline());
        let mut earlier = "";
        for row in &self.checks {
            if row.status != earlier || row.status == "fail" || row.status == "warn" {
                out.push('\n');
            }
            earlier = row.status;
            let (sign, emphasis) = match row.status {
                "fail" => ("FAIL", Emphasis::Bad),
                "warn" => ("warn", Emphasis::Doubtful),
                "cannot-tell" => ("?   ", Emphasis::Quiet),
                _ => ("ok  ", Emphasis::Good),
            };
            let sign = terminal::paint(sign, emphasis, style);
            let (subject, found) = (escape::name(&row.subject), escape::visible(&row.found));
            let is_notable = row.status == "fail" || row.status == "warn";
            // Of what is as it should be, a name or two stand in the same line.
            let names: Vec<String> = row.names.iter().map(|name| escape::name(name)).collect();
            let beside = if is_notable || names.is_empty() { String::new() } else { format!("{}: ", names.join(", ")) };
            out.push_str(&format!("{sign}  {:<18}  {subject}: {beside}{found}\n", row.code));
            if !is_notable {
                continue;
            }
            let n_shown = if rows == Rows::All { names.len() } else { NAMES_SHOWN };
            out.extend(names.iter().take(n_shown).map(|name| format!("        {name}\n")));
            if names.len() > n_shown {
                out.push_str(&format!("        … and {} more (--all lists them)\n", names.len() - n_shown));
            }
            out.push_str(&format!("      why: {}\n", row.why));
            if let Some(remedy) = &row.remedy {
                out.push_str(&format!("      do:  {}\n", escape::visible(remedy)));
            }
            if let Some(command) = &row.command {
                out.push_str(&format!("      run: {}\n", escape::visible(command)));
            }
        }
        if let Some(step) = self.next_step() {
            out.push_str(&format!("\n{step}\n"));
        }
        out
    }

    fn table(&self) -> Table {
        let columns = ["status", "check", "looked at", "found", "names", "why", "what to do", "command"];
        let mut table = columns.into_iter().fold(Table::default(), Table::text_column);
        for row in &self.checks {
            let names: Vec<String> = row.names.iter().map(|name| escape::name(name)).collect();
            let emphasis = if row.status == "fail" { Emphasis::Bad } else { Emphasis::Plain };
            table.rows.push(vec![
                Cell::plain(row.status).with(emphasis),
                Cell::plain(row.code),
                Cell::name(escape::name(&row.subject)),
                Cell::plain(row.found.clone()),
                Cell::name(names.join(", ")),
                Cell::plain(row.why),
                Cell::plain(row.remedy.clone().unwrap_or_default()),
                Cell { is_verbatim: true, ..Cell::plain(row.command.clone().unwrap_or_default()) },
            ]);
        }
        table
    }

    /// In one of the formats; a JUnit file has no place for it.
    #[must_use]
    pub fn render(&self, format: Format, rows: Rows, style: TerminalStyle) -> Option<String> {
        match format {
            Format::Terminal => Some(self.to_terminal(rows, style)),
            Format::Markdown => {
                let step = self.next_step().map(|step| format!("\n<sub>{}</sub>\n", escape::markdown_own(step)));
                let headline = escape::markdown_text(&self.headline());
                Some(format!("{headline}\n\n{}{}", self.table().to_markdown(), step.unwrap_or_default()))
            }
            Format::Json => Some(super::to_json(self)),
            Format::Csv => Some(self.table().to_csv()),
            Format::Junit => None,
        }
    }

    /// The commands that would remedy what fails or is warned of, as a shell script to be read first; the rest as comments.
    #[must_use]
    pub fn script(&self) -> String {
        let mut out = "#!/bin/sh\n# What `regress doctor` would change. Nothing of it was run.\n".to_owned();
        for row in self.checks.iter().filter(|row| row.status == "fail" || row.status == "warn") {
            // Comments end with their line: nothing of a stranger's may begin one.
            let (subject, found) = (escape::name(&row.subject), escape::visible(&row.found));
            out.push_str(&format!("\n# {}: {subject}: {found}\n", row.code));
            match (&row.command, &row.remedy) {
                (Some(command), _) => out.push_str(&format!("{command}\n")),
                (None, Some(remedy)) => out.push_str(&format!("# {}\n", escape::visible(remedy))),
                (None, None) => {}
            }
        }
        out
    }
}

/// The worst first.
fn rank(status: Status) -> u8 {
    match status {
        Status::Fail => 0,
        Status::Warn => 1,
        Status::CannotTell => 2,
        Status::Pass => 3,
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Fail => "fail",
        Status::Warn => "warn",
        Status::CannotTell => "cannot-tell",
        Status::Pass => "pass",
    }
}

fn row(check: &Check) -> CheckRow {
    CheckRow {
        code: check.code,
        area: match check.area {
            Area::Machine => "machine",
            Area::Resolution => "resolution",
            Area::Repository => "repository",
        },
        status: word(check.status),
        subject: check.subject.clone(),
        found: check.found.clone(),
        names: check.names.clone(),
        why: check.why,
        remedy: check.remedy.clone(),
        command: check.command.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Busy, Facts};
    use crate::preflight::{CODES, Strictness, Wanted, checks};

    /// A machine on which a program works whose name is meant to hurt.
    fn of(name: &str) -> DoctorReport {
        let busy = Busy { name: name.to_owned(), processes: 1, cpus: 2.0 };
        let facts = Facts { busy: Some(vec![busy]), ..Facts::default() };
        let wanted = Wanted { strictness: Strictness::Official, baselines: Vec::new() };
        DoctorReport::new(&checks(&facts, &wanted), &facts.machine, "official", false)
    }

    #[test]
    fn strangers_names_are_harmless_in_every_format() {
        let report = of("a\u{1b}[31m\n; rm -rf ~ #|`b`<img src=x>@you");
        let style = TerminalStyle { width: None, color: false };
        let render = |format| report.render(format, Rows::All, style).expect("every format but JUnit");
        for text in [render(Format::Terminal), render(Format::Csv), render(Format::Markdown), report.script()] {
            assert!(!text.contains('\u{1b}') && !text.lines().any(|line| line.starts_with("; rm")), "{text}");
        }
        assert!(!render(Format::Markdown).contains("<img") && !render(Format::Markdown).contains("@you"));
        assert!(render(Format::Terminal).contains("a\\u{1b}[31m\\n; rm"));
    }

    #[test]
    fn a_script_has_commands_and_comments_only() {
        let script = of("x").script();
        let is_known = |line: &str| {
            line.is_empty() || line.starts_with('#') || line.starts_with("sudo ") || line.starts_with("echo ")
        };
        assert!(script.lines().all(is_known), "{script}");
        assert!(script.contains("sudo timedatectl set-ntp true"), "{script}");
    }

    #[test]
    fn the_worst_comes_first_and_every_code_is_listed() {
        let report = of("x");
        let ranks: Vec<usize> = report
            .checks
            .iter()
            .map(|row| ["fail", "warn", "cannot-tell", "pass"].iter().position(|w| *w == row.status).expect("a word"))
            .collect();
        assert!(ranks.is_sorted() && report.outcome == "fail", "{report:?}");
        assert!(report.checks.iter().all(|row| CODES.contains(&row.code)), "{report:?}");
        assert_eq!(
            report.counts.fail + report.counts.warn + report.counts.cannot_tell + report.counts.pass,
            report.checks.len()
        );
    }
}
