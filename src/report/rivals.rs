//! Two implementations, told.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::conditions::Conditions;
use super::from_model::timestamp;
use super::number::{Scale, digits, percent};
use super::refusal::refusal_text;
use super::schema::{Unit, WarningRow};
use super::table::{Cell, Emphasis, Table};
use super::wording::count;
use super::{Format, Rows, TerminalStyle, escape, markdown, terminal};
use crate::compare::{self, Refusal, RivalFacts, RivalWorkload, Rivalry, RivalsOptions, Speedup};
use crate::model::{Session, Warning};
use crate::stats::normal_quantile;

const SCHEMA: &str = "criterion-regress/rivals";
const VERSION: u32 = 1;

/// Two implementations of the same workloads. `schema/rivals.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RivalsReport {
    /// Always `criterion-regress/rivals`.
    pub schema: String,
    /// The version of the schema.
    pub version: u32,
    /// The version of the tool that wrote it.
    pub tool: String,
    /// Our implementation.
    pub ours: RivalSide,
    /// The other one.
    pub theirs: RivalSide,
    /// Confidence of each interval, a fraction.
    pub confidence: f64,
    /// Executions a side below which a ratio is refused.
    pub min_executions: usize,
    /// What was read, as it was named.
    pub sources: Vec<String>,
    /// The expression that ids had to match, where there was one.
    pub filter: Option<String>,
    /// Criterion folders or baselines that were read: executions of either side or of both.
    pub runs: usize,
    /// When the first and the last result was written, RFC 3339, where all say.
    pub measured_at: Option<[String; 2]>,
    /// How it was measured, where `session.json` says.
    pub conditions: Option<Conditions>,
    /// How many workloads of which standing.
    pub counts: RivalCounts,
    /// What is refused first, then the worst for ours.
    pub workloads: Vec<RivalRow>,
    /// The geometric mean of all ratios; absent where one of them is refused.
    pub together: Option<RatioRow>,
    /// Benchmarks that only one of the two has.
    pub alone: Vec<AloneRow>,
    /// What the reader should know.
    pub warnings: Vec<WarningRow>,
}

/// An implementation, and what its measurements say of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RivalSide {
    /// The part of the ids that names it.
    pub name: String,
    /// Versions of libraries.
    pub versions: BTreeMap<String, Vec<String>>,
    /// Whose matrix products.
    pub blas: Vec<String>,
    /// Threads that compute one operation.
    pub threads: Vec<u64>,
    /// In which numbers.
    pub precisions: Vec<String>,
    /// Kinds of devices with their names.
    pub devices: Vec<String>,
    /// What was waited for.
    pub waits: Vec<String>,
}

/// How many workloads of which standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RivalCounts {
    /// All that both have.
    pub workloads: usize,
    /// Whose ratio may not be told.
    pub refused: usize,
    /// Ours is slower.
    pub slower: usize,
    /// The interval holds 1.
    pub undecided: usize,
    /// Ours is faster.
    pub faster: usize,
}

/// Where ours stands in one workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The ratio may not be told.
    Refused,
    /// Slower.
    Slower,
    /// It can't be told who is faster.
    Undecided,
    /// Faster.
    Faster,
}

/// One workload of both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RivalRow {
    /// What both ids have in common.
    pub workload: String,
    /// Our benchmark.
    pub ours: String,
    /// Theirs.
    pub theirs: String,
    /// Medians of the executions per iteration, ours and theirs.
    pub times: [f64; 2],
    /// The fastest execution of each.
    pub fastest: [f64; 2],
    /// What the times count.
    pub unit: Unit,
    /// Executions of each.
    pub executions: [usize; 2],
    /// How many times the machine's floor each takes.
    pub above_floor: [Option<f64>; 2],
    /// Where ours stands.
    pub standing: Standing,
    /// Their time over ours; absent where it is refused.
    pub ratio: Option<RatioRow>,
    /// Why it is refused.
    pub refusals: Vec<RefusalRow>,
}

/// How many times faster ours is, with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RatioRow {
    /// The estimate; below 1 ours is slower.
    pub estimate: f64,
    /// The interval's lower end.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
    /// Whether the interval leaves no doubt who is faster.
    pub decided: bool,
}

/// Why a ratio is refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RefusalRow {
    /// A name for programs.
    pub code: String,
    /// Whose fault it is, where it is one side's.
    pub side: Option<RivalName>,
    /// What is the matter.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RivalName {
    /// Our implementation.
    Ours,
    /// The other one.
    Theirs,
}

/// A benchmark that the other side lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AloneRow {
    /// Who has it.
    pub side: RivalName,
    /// Which.
    pub id: String,
}

/// What a comparison of implementations doesn't know of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RivalsContext {
    /// What was read, as it was named.
    pub sources: Vec<String>,
    /// The expression that ids had to match.
    pub filter: Option<String>,
    /// How many executions of either side or of both were read.
    pub n_runs: usize,
    /// How it was measured, where something says.
    pub session: Option<Session>,
    /// What the reader should know.
    pub warnings: Vec<Warning>,
}

/// Why text is not such a report.
#[derive(Debug, Error)]
pub enum InvalidRivals {
    /// Not JSON, or not of the report's shape.
    #[error("it is not a report of `regress rivals`: {0}")]
    Malformed(#[from] serde_json::Error),
    /// JSON of something else.
    #[error("it is not a report of `regress rivals` but `{0}`")]
    OtherSchema(String),
    /// Written by a later version of the tool.
    #[error("it is a report of version {0}, and this tool reads up to version {VERSION}")]
    TooNew(u32),
    /// Its parts don't agree with one another.
    #[error("it contradicts itself: {0}")]
    Inconsistent(&'static str),
}

impl RivalsReport {
    /// Writes a comparison of implementations down.
    #[must_use]
    pub fn new(rivalry: &Rivalry, options: &RivalsOptions, context: &RivalsContext) -> RivalsReport {
        let mut workloads: Vec<RivalRow> = rivalry.workloads.iter().map(|w| row(w, &options.ours)).collect();
        let ratio = |row: &RivalRow| row.ratio.map_or(0.0, |ratio| ratio.estimate);
        workloads.sort_by(|a, b| {
            let refused = |row: &RivalRow| row.standing != Standing::Refused;
            let by_ratio = refused(a).cmp(&refused(b)).then_with(|| ratio(a).total_cmp(&ratio(b)));
            by_ratio.then_with(|| a.ours.cmp(&b.ours))
        });
        let mut warnings: Vec<WarningRow> = context.warnings.iter().map(WarningRow::from).collect();
        warnings.dedup();
        let [ours, theirs] = &rivalry.facts;
        let at = rivalry.measured_at.map(|[first, last]| (timestamp(first), timestamp(last)));
        let name = |rival: compare::Rival| match rival {
            compare::Rival::Ours => RivalName::Ours,
            compare::Rival::Theirs => RivalName::Theirs,
        };
        RivalsReport {
            schema: SCHEMA.to_owned(),
            version: VERSION,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            ours: side(&options.ours, ours),
            theirs: side(&options.theirs, theirs),
            confidence: options.confidence,
            min_executions: options.min_executions,
            sources: context.sources.clone(),
            filter: context.filter.clone(),
            runs: context.n_runs,
            measured_at: at.and_then(|(first, last)| Some([first?, last?])),
            conditions: context.session.as_ref().map(Conditions::from),
            counts: counts(&workloads),
            workloads,
            together: rivalry.together.as_ref().and_then(ratio_row),
            alone: rivalry
                .alone
                .iter()
                .map(|(rival, id)| AloneRow { side: name(*rival), id: id.as_str().to_owned() })
                .collect(),
            warnings,
        }
    }

    /// All in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        let RivalCounts { workloads, refused, slower, undecided, faster } = self.counts;
        if workloads == 0 {
            return "nothing was compared: the two have no workload in common".to_owned();
        }
        let parts =
            [(refused, "refused in"), (slower, "slower in"), (undecided, "can't be told in"), (faster, "faster in")];
        let said: Vec<String> =
            parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{words} {n}")).collect();
        format!("{} of both: {}", count(workloads, "workload", "workloads"), said.join(", "))
    }

    /// The ratio over all workloads, or why there is none.
    #[must_use]
    pub fn together_words(&self) -> String {
        match &self.together {
            Some(ratio) => format!(
                "together {}: the geometric mean of all {}",
                ratio.words(),
                count(self.counts.workloads, "ratio", "ratios")
            ),
            None if self.counts.refused > 0 => format!(
                "no ratio over all: {} of {} may not be told, and a mean of the others would be picked",
                self.counts.refused, self.counts.workloads
            ),
            None => "no ratio over all: there is nothing to take a mean of".to_owned(),
        }
    }

    /// A row for each workload; without ratios only the times.
    fn table(&self, with_ratios: bool) -> Table {
        let mut table = Table::default()
            .text_column("workload")
            .number_column(&escape::name(&self.ours.name))
            .number_column(&escape::name(&self.theirs.name));
        if with_ratios {
            table = table
                .text_column("ours is")
                .number_column("ratio")
                .number_column(&format!("{} interval", percent(self.confidence)));
        }
        table = table.number_column("executions").number_column("times the floor");
        table.rows = self.workloads.iter().map(|row| cells(row, with_ratios)).collect();
        table
    }

    /// Why ratios are refused: what is the matter, what to do, and in which workloads.
    #[must_use]
    pub fn refusals(&self) -> Vec<(&RefusalRow, Vec<&str>)> {
        let mut by_refusal: BTreeMap<&RefusalRow, Vec<&str>> = BTreeMap::new();
        for row in &self.workloads {
            for refusal in &row.refusals {
                by_refusal.entry(refusal).or_default().push(&row.workload);
            }
        }
        by_refusal.into_iter().collect()
    }

    /// What holds for all workloads, a line a fact; strangers' words stand in it as `foreign` writes them.
    #[must_use]
    pub fn facts(&self, foreign: &dyn Fn(&str) -> String) -> Vec<String> {
        let mut facts = vec![self.ours.words("ours", foreign), self.theirs.words("theirs", foreign)];
        facts.push(match &self.measured_at {
            Some([first, last]) if first == last => format!("measured {}", foreign(first)),
            Some([first, last]) => format!("measured {} to {}", foreign(first), foreign(last)),
            None => "measured at an unknown time".to_owned(),
        });
        if let Some(filter) = &self.filter {
            facts.push(format!("only benchmarks that match {}", foreign(filter)));
        }
        match &self.conditions {
            None => facts.push("nothing says how it was measured: no session.json lies with the runs".to_owned()),
            Some(conditions) => facts.extend(conditions.words(foreign)),
        }
        facts
    }

    /// What the numbers are.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![
            "times: the median of the executions; ratio: theirs over ours, of geometric means, with Welch's interval from the spread \
             between executions"
                .to_owned(),
        ];
        if self.workloads.iter().any(|row| row.above_floor.iter().any(Option::is_some)) {
            notes.push(
                "times the floor: how far from the least time that this machine could take for the work".to_owned(),
            );
        }
        notes
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

    fn to_terminal(&self, rows: Rows, style: TerminalStyle) -> String {
        let mut out = format!("{}\n", self.headline());
        if !self.workloads.is_empty() {
            out.push_str(&format!("\n{}\n\n{}\n", terminal::render(&self.table(true), style), self.together_words()));
        }
        for (refusal, workloads) in self.refusals() {
            let word = terminal::paint("refused", Emphasis::Bad, style);
            let names: Vec<String> = workloads.iter().map(|name| escape::name(name)).collect();
            let (message, hint) = (escape::visible(&refusal.message), escape::visible(&refusal.hint));
            out.push_str(&format!("\n{word}: {message}\n  {}\n  do: {hint}\n", names.join("\n  ")));
        }
        for (side, words) in [(RivalName::Ours, "only ours has"), (RivalName::Theirs, "only theirs has")] {
            let names: Vec<String> =
                self.alone.iter().filter(|row| row.side == side).map(|row| escape::name(&row.id)).collect();
            if !names.is_empty() {
                out.push_str(&format!("\n{words}:\n  {}\n", names.join("\n  ")));
            }
        }
        let lines = [self.facts(&escape::visible), self.notes()].concat();
        out.push_str(&format!("\n{}\n{}", lines.join("\n"), terminal::warnings(&self.warnings, rows)));
        out
    }

    fn to_markdown(&self, rows: Rows) -> String {
        let mut lines = self.markdown_facts();
        lines.extend(self.notes().iter().map(|note| escape::markdown_text(note)));
        format!(
            "**{}**\n\n{}\n<sub>{}</sub>\n{}",
            escape::markdown_text(&self.headline()),
            self.markdown_results(true),
            lines.join("<br>"),
            markdown::warnings(&self.warnings, rows)
        )
    }

    /// All workloads, what is refused and why, and what only one side has, as Markdown; without ratios only the times are told.
    #[must_use]
    pub fn markdown_results(&self, with_ratios: bool) -> String {
        let mut out = String::new();
        if !self.workloads.is_empty() {
            out = self.table(with_ratios).to_markdown();
        }
        if with_ratios && !self.workloads.is_empty() {
            out.push_str(&format!("\n{}\n", escape::markdown_text(&self.together_words())));
        }
        out.push_str(&self.markdown_refusals());
        for (side, words) in [(RivalName::Ours, "only ours has"), (RivalName::Theirs, "only theirs has")] {
            let alone = self.alone.iter().filter(|row| row.side == side);
            let names: Vec<String> = alone.map(|row| markdown::markdown_name(&row.id)).collect();
            if !names.is_empty() {
                out.push_str(&format!("\n{words} {}\n", names.join(", ")));
            }
        }
        out
    }

    /// Why ratios are refused, as a list; empty where none is.
    fn markdown_refusals(&self) -> String {
        let mut out = String::new();
        for (refusal, workloads) in self.refusals() {
            let names: Vec<String> = workloads.iter().map(|name| markdown::markdown_name(name)).collect();
            let (message, hint) = (escape::markdown_text(&refusal.message), escape::markdown_text(&refusal.hint));
            out.push_str(&format!("\n- refused: {message} ({})<br>{hint}", names.join(", ")));
        }
        if out.is_empty() { out } else { out + "\n" }
    }

    /// What holds for all workloads, as Markdown.
    #[must_use]
    pub fn markdown_facts(&self) -> Vec<String> {
        self.facts(&|word| markdown::markdown_name(word))
    }

    fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |record: Vec<String>| writer.write_record(record).expect("a vector takes every record");
        let head = "workload,ours,theirs,standing,time_ours,time_theirs,unit,ratio,ratio_lower,ratio_upper,executions_ours,\
                    executions_theirs,above_floor_ours,above_floor_theirs,refusals";
        write(head.split(',').map(str::to_owned).collect());
        let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
        for row in &self.workloads {
            let codes: Vec<&str> = row.refusals.iter().map(|refusal| refusal.code.as_str()).collect();
            let standing = serde_json::to_value(row.standing).ok().and_then(|v| v.as_str().map(str::to_owned));
            write(vec![
                escape::spreadsheet(&row.workload),
                escape::spreadsheet(&row.ours),
                escape::spreadsheet(&row.theirs),
                standing.unwrap_or_default(),
                row.times[0].to_string(),
                row.times[1].to_string(),
                escape::spreadsheet(&row.unit.name),
                number(row.ratio.map(|r| r.estimate)),
                number(row.ratio.map(|r| r.lower)),
                number(row.ratio.map(|r| r.upper)),
                row.executions[0].to_string(),
                row.executions[1].to_string(),
                number(row.above_floor[0]),
                number(row.above_floor[1]),
                escape::spreadsheet(&codes.join(" ")),
            ]);
        }
        let bytes = writer.into_inner().expect("a vector takes every flush");
        String::from_utf8(bytes).expect("only text was written")
    }

    /// What in it can't be, if anything.
    fn contradiction(&self) -> Option<&'static str> {
        let is_ratio = |r: &RatioRow| {
            let all = [r.lower, r.estimate, r.upper];
            all.iter().all(|x| x.is_finite() && *x > 0.0) && r.lower <= r.estimate && r.estimate <= r.upper
        };
        let is_decided = |r: &RatioRow| r.decided == (r.lower > 1.0 || r.upper < 1.0);
        let ratios = || self.workloads.iter().filter_map(|row| row.ratio.as_ref()).chain(&self.together);
        let stands = |row: &RivalRow| row.standing == standing(row.ratio.as_ref(), !row.refusals.is_empty());
        if !ratios().all(is_ratio) {
            Some("an estimate lies outside its interval")
        } else if !ratios().all(is_decided) {
            Some("an interval and what follows from it differ")
        } else if !self.workloads.iter().all(stands) {
            Some("a workload's standing is not its ratio's")
        } else if self.counts != counts(&self.workloads) {
            Some("the counts are not the rows'")
        } else if self.together.is_some() && self.counts.refused > 0 {
            Some("it has a ratio over all, and refuses one of them")
        } else if !(self.confidence > 0.0 && self.confidence < 1.0) {
            Some("its confidence is no fraction")
        } else if !self.measured_at.as_ref().is_none_or(are_in_order) {
            Some("it does not say when it was measured, but something else there")
        } else if self.ours.name == self.theirs.name {
            Some("both implementations have one name")
        } else if !self.together.is_none_or(|together| self.is_mean_of_all(together)) {
            Some("its ratio over all is not the geometric mean of the workloads'")
        } else if self
            .workloads
            .iter()
            .any(|row| row.ratio.is_some() && row.executions.iter().any(|n| !self.is_count(*n)))
        {
            Some("a ratio rests on executions that were not there, or on too few")
        } else if !self.workloads.iter().all(|row| row.ratio.is_none_or(|ratio| row.bears(&ratio, self.confidence))) {
            Some("a ratio is not that of its times, or surer than they are")
        } else if self.counts.refused == 0 && self.alone.is_empty() && differ(&self.ours, &self.theirs) {
            Some("its sides differ in precision or in what was waited for, and no ratio is refused for it")
        } else {
            self.conditions.as_ref().and_then(Conditions::contradiction)
        }
    }

    fn is_mean_of_all(&self, together: RatioRow) -> bool {
        let logs: Option<Vec<f64>> = self.workloads.iter().map(|row| Some(row.ratio?.estimate.ln())).collect();
        let mean = logs.filter(|logs| !logs.is_empty()).map(|logs| logs.iter().sum::<f64>() / logs.len() as f64);
        mean.is_some_and(|mean| (mean - together.estimate.ln()).abs() <= ROUNDING)
    }

    /// Whether a side can have so many executions, of each run one, where a ratio is told.
    fn is_count(&self, executions: usize) -> bool {
        (self.min_executions..=self.runs).contains(&executions) && executions > 1
    }
}

/// What logarithms that are equal may differ by in a report.
const ROUNDING: f64 = 1e-6;

impl RivalRow {
    /// Whether the times can have this ratio, with this interval.
    ///
    /// Of n values with standard deviation s, mean and median lie no further apart than s. A smallest value that lies d below the
    /// median needs s² ≥ d² n / ((n + 2)(n − 1)): half of the values are no smaller than the median. Welch's interval tells of s in
    /// turn: its half is no less than z √(s₁²/n₁ + s₂²/n₂), where z is the normal distribution's quantile. All of it in logarithms.
    fn bears(&self, ratio: &RatioRow, confidence: f64) -> bool {
        let is_time = |(time, fastest): (&f64, &f64)| time.is_finite() && *fastest > 0.0 && fastest <= time;
        if !self.times.iter().zip(&self.fastest).all(is_time) {
            return false;
        }
        let half = (ratio.upper / ratio.lower).ln() / 2.0;
        let z = normal_quantile((1.0 - confidence) / 2.0);
        let n = self.executions.map(|n| n as f64);
        let least = |i: usize| (self.times[i] / self.fastest[i]).ln().powi(2) / ((n[i] + 2.0) * (n[i] - 1.0));
        let off = ((self.times[1] / self.times[0]).ln() - ratio.estimate.ln()).abs();
        let middle = (ratio.upper.ln() + ratio.lower.ln()) / 2.0;
        half + ROUNDING >= z * (least(0) + least(1)).sqrt()
            && off <= (2.0 * n[0].max(n[1])).sqrt() * half / z + ROUNDING
            && (middle - ratio.estimate.ln()).abs() <= ROUNDING * half.max(1.0)
    }
}

/// Whether these are times, the earlier first.
fn are_in_order(texts: &[String; 2]) -> bool {
    let [first, last] = texts.each_ref().map(|text| text.parse::<jiff::Timestamp>().ok());
    first.is_some() && first <= last
}

/// Whether both say in which numbers they computed or what they waited for, and say different things.
fn differ(ours: &RivalSide, theirs: &RivalSide) -> bool {
    let differ = |a: &[String], b: &[String]| !a.is_empty() && !b.is_empty() && a != b;
    differ(&ours.precisions, &theirs.precisions) || differ(&ours.waits, &theirs.waits)
}

/// Reads a report that was written as JSON.
///
/// # Errors
/// When the text is not such a report, contradicts itself, or is of a later version.
pub fn parse_rivals(text: &str) -> Result<RivalsReport, InvalidRivals> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
        version: u32,
    }
    let head: Head = serde_json::from_str(text)?;
    if head.schema != SCHEMA {
        return Err(InvalidRivals::OtherSchema(head.schema));
    }
    if head.version != VERSION {
        return Err(InvalidRivals::TooNew(head.version));
    }
    let report: RivalsReport = serde_json::from_str(text)?;
    match report.contradiction() {
        Some(what) => Err(InvalidRivals::Inconsistent(what)),
        None => Ok(report),
    }
}

impl RatioRow {
    /// `2.50× faster (2.41–2.60)`, `1.90× slower (1.81–2.00)`, or that it can't be told.
    #[must_use]
    pub fn words(&self) -> String {
        let RatioRow { estimate, lower, upper, decided } = *self;
        if !decided {
            format!("as fast, or not to be told ({}–{}×)", digits(lower), digits(upper))
        } else if estimate > 1.0 {
            format!("{}× faster ({}–{})", digits(estimate), digits(lower), digits(upper))
        } else {
            format!("{}× slower ({}–{})", digits(1.0 / estimate), digits(1.0 / upper), digits(1.0 / lower))
        }
    }
}

impl RivalSide {
    fn words(&self, role: &str, foreign: &dyn Fn(&str) -> String) -> String {
        let versions = self.versions.iter().map(|(name, versions)| format!("{name} {}", versions.join(" and ")));
        let threads: Vec<String> = self.threads.iter().map(u64::to_string).collect();
        let named = |name: &str, words: &[String]| match words {
            [] => Vec::new(),
            words => vec![format!("{name} {}", foreign(&words.join(", ")))],
        };
        let all = [
            versions.map(|version| foreign(&version)).collect(),
            named("BLAS", &self.blas),
            named("threads", &threads),
            named("precision", &self.precisions),
            named("device", &self.devices),
            named("waits", &self.waits),
        ];
        let facts = all.concat();
        let facts = if facts.is_empty() { "nothing says more of it".to_owned() } else { facts.join("; ") };
        format!("{role}: {}: {facts}", foreign(&self.name))
    }

    /// The name, with the versions of what computes where there are any: `mlx-metal (mlx 0.30.0)`.
    #[must_use]
    pub fn with_versions(&self) -> String {
        let versions: Vec<String> =
            self.versions.iter().map(|(name, versions)| format!("{name} {}", versions.join(" and "))).collect();
        if versions.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, versions.join(", ")) }
    }
}

fn side(name: &str, facts: &RivalFacts) -> RivalSide {
    let list = |words: &BTreeSet<String>| words.iter().cloned().collect();
    RivalSide {
        name: name.to_owned(),
        versions: facts.versions.iter().map(|(name, versions)| (name.clone(), list(versions))).collect(),
        blas: list(&facts.blas),
        threads: facts.threads.iter().copied().collect(),
        precisions: list(&facts.precisions),
        devices: list(&facts.devices),
        waits: list(&facts.waits),
    }
}

/// Times that are so many times apart have a unit each: in one, the smaller has nothing but noughts.
const FAR: f64 = 1000.0;

fn cells(row: &RivalRow, with_ratio: bool) -> Vec<Cell> {
    let mut cells = vec![Cell::name(row.workload.clone())];
    let [least, most] = [row.times[0].min(row.times[1]), row.times[0].max(row.times[1])];
    let scales = if most >= FAR * least {
        row.times.map(|time| Scale::new(&row.unit, &[time]))
    } else {
        [(); 2].map(|()| Scale::new(&row.unit, &row.times))
    };
    cells.extend(row.times.iter().zip(&scales).map(|(time, scale)| Cell::value(scale.value(*time), &row.unit)));
    if with_ratio {
        let (word, emphasis) = match row.standing {
            Standing::Refused => ("refused", Emphasis::Bad),
            Standing::Slower => ("slower", Emphasis::Bad),
            Standing::Undecided => ("can't be told", Emphasis::Doubtful),
            Standing::Faster => ("faster", Emphasis::Good),
        };
        let told = |words: &dyn Fn(RatioRow) -> String| Cell::plain(row.ratio.map_or_else(|| "–".to_owned(), words));
        cells.push(Cell::plain(word).with(emphasis));
        cells.push(told(&|ratio| format!("{}×", digits(ratio.estimate))));
        cells.push(told(&|ratio| format!("{} … {}", digits(ratio.lower), digits(ratio.upper))));
    }
    let [ours, theirs] = row.above_floor.map(|above| above.map_or_else(|| "?".to_owned(), digits));
    cells.push(Cell::plain(format!("{} and {}", row.executions[0], row.executions[1])));
    cells.push(Cell::plain(format!("{ours} and {theirs}")));
    cells
}

fn row(workload: &RivalWorkload, ours: &str) -> RivalRow {
    let refusals: Vec<RefusalRow> = workload.refusals.iter().map(refusal_row).collect();
    // A ratio that may not be told is nowhere to be copied from.
    let ratio = workload.speedup.as_ref().and_then(ratio_row).filter(|_| refusals.is_empty());
    let finite = |times: [f64; 2]| times.map(|time| if time.is_finite() { time } else { 0.0 });
    let mut parts: Vec<&str> = workload.ours.as_str().split('/').collect();
    if let Some(at) = parts.iter().position(|part| *part == ours) {
        parts.remove(at);
    }
    let name = parts.join("/");
    RivalRow {
        workload: if name.is_empty() { workload.ours.as_str().to_owned() } else { name },
        ours: workload.ours.as_str().to_owned(),
        theirs: workload.theirs.as_str().to_owned(),
        times: finite(workload.times),
        fastest: finite(workload.fastest),
        unit: Unit::from(&workload.unit),
        executions: workload.n_executions,
        above_floor: workload.above_floor.map(|above| above.filter(|above| above.is_finite())),
        standing: standing(ratio.as_ref(), !refusals.is_empty()),
        ratio,
        refusals,
    }
}

fn standing(ratio: Option<&RatioRow>, is_refused: bool) -> Standing {
    match ratio {
        _ if is_refused => Standing::Refused,
        Some(ratio) if ratio.decided && ratio.estimate > 1.0 => Standing::Faster,
        Some(ratio) if ratio.decided => Standing::Slower,
        Some(_) | None => Standing::Undecided,
    }
}

fn ratio_row(speedup: &Speedup) -> Option<RatioRow> {
    let Speedup { estimate, interval } = *speedup;
    let is_number = [estimate, interval.lower, interval.upper].iter().all(|x| x.is_finite() && *x > 0.0);
    is_number.then_some(RatioRow {
        estimate,
        lower: interval.lower,
        upper: interval.upper,
        decided: speedup.is_decided(),
    })
}

fn refusal_row(refusal: &Refusal) -> RefusalRow {
    let (code, side, message, hint) = refusal_text(refusal);
    let side = side.map(|side| match side {
        compare::Rival::Ours => RivalName::Ours,
        compare::Rival::Theirs => RivalName::Theirs,
    });
    RefusalRow { code: code.to_owned(), side, message, hint }
}

fn counts(workloads: &[RivalRow]) -> RivalCounts {
    let with = |standing| workloads.iter().filter(|row| row.standing == standing).count();
    RivalCounts {
        workloads: workloads.len(),
        refused: with(Standing::Refused),
        slower: with(Standing::Slower),
        undecided: with(Standing::Undecided),
        faster: with(Standing::Faster),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compare::{RivalRun, rivals};
    use crate::model::{
        Benchmark, BenchmarkId, Checksum, Executions, Measurement, Peak, Run, Sample, SamplingMode, Work,
    };
    use crate::stats::summarize;

    fn run(times: [f64; 4]) -> RivalRun {
        let work = Work {
            workload: "w".to_owned(),
            implementation: "i".to_owned(),
            is_synchronised: true,
            waits: Some("each".to_owned()),
            checksum: Some(Checksum { elements: 4, sum_abs: 1.0, sum_squares: 1.0, projection: 0.5 }),
            tolerance: 1e-4,
            precision: Some("f32".to_owned()),
            blas: None,
            threads: None,
            device_kind: Some("cpu".to_owned()),
            device_name: None,
            versions: BTreeMap::new(),
            flops: None,
            bytes: None,
            peak: Peak::default(),
        };
        let mut found = RivalRun { run: Run::default(), ..RivalRun::default() };
        for (name, time) in ["a/ours", "a/theirs", "b/ours", "b/theirs"].iter().zip(times) {
            let sample = Sample::new(SamplingMode::Flat, vec![1.0; 10], vec![time; 10]).expect("a sample");
            let executions = Executions::collect([summarize(&Measurement::Sample(sample), None)]).expect("one");
            let id = BenchmarkId::from_name(name);
            let unit = crate::model::Unit::Nanoseconds;
            found.works.insert(id.clone(), work.clone());
            found.run.benchmarks.push(Benchmark { id, throughput: None, unit, executions, overwritten: None });
        }
        found
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_whatever_was_measured(
            times in proptest::collection::vec(proptest::array::uniform4(1e-3..1e9_f64), 2..9),
            steady in any::<bool>(), confidence in 0.5..0.999_f64,
        ) {
            let (ours, theirs) = ("ours".to_owned(), "theirs".to_owned());
            let options = RivalsOptions { ours, theirs, confidence, min_executions: 2 };
            let near = |time: f64, i: usize| if steady { 1000.0 * (i + 1) as f64 + time * 1e-8 } else { time };
            let runs: Vec<RivalRun> = times.iter().map(|t| run(std::array::from_fn(|i| near(t[i], i)))).collect();
            let context = RivalsContext { n_runs: runs.len(), ..RivalsContext::default() };
            let report = RivalsReport::new(&rivals(&runs, &options), &options, &context);
            prop_assert!(report.together.is_some());
            let text = report.render(Format::Json, Rows::All, TerminalStyle { width: None, color: false }).expect("JSON");
            prop_assert_eq!(parse_rivals(&text).map_err(|e| e.to_string()), Ok(report));
        }
    }
}
