//! The report: a promise. Fields are added, never changed; another meaning is another version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::conditions::Conditions;

/// The name by which a report is recognised.
pub(super) const SCHEMA: &str = "criterion-regress/report";

/// The version that this library writes; it reads all up to this one.
pub(super) const VERSION: u32 = 1;

/// A comparison with all that is needed to tell of it. `schema/report.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Always `criterion-regress/report`.
    pub schema: String,
    /// The version of the schema.
    pub version: u32,
    /// The version of the tool that wrote it.
    pub tool: String,
    /// What follows for the whole.
    pub outcome: Outcome,
    /// What was compared with.
    pub baseline: Side,
    /// What was compared.
    pub candidate: Side,
    /// Under which settings.
    pub policy: PolicyUsed,
    /// How many of what.
    pub counts: Counts,
    /// How far two executions of the same code were taken to differ.
    pub noise: NoiseUsed,
    /// The smallest slowdown that could have been shown, as fractions; absent when nothing was compared.
    pub resolution: Option<Resolution>,
    /// The machine on which it was judged, inside a workflow: the job's own. Not by itself the one that measured.
    #[serde(default)]
    pub judged_on: Option<Environment>,
    /// A shift of the whole suite, if there is one to tell.
    pub suite_shift: Option<Shift>,
    /// Whether both sides were measured from the same executables, so that every difference is noise.
    #[serde(default)]
    pub same_executable: bool,
    /// How paired rounds were run, where that is what was compared.
    #[serde(default)]
    pub rounds: Option<RoundsUsed>,
    /// How it was measured, by `regress official`: what was looked at before, and what disturbed which execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// How to settle what is suspicious, where measuring again can.
    pub settle: Option<Settle>,
    /// The second measurement, where there was one.
    pub confirmation: Option<ConfirmedBy>,
    /// Benchmarks with a verdict, by id.
    pub benchmarks: Vec<Row>,
    /// Benchmarks without a verdict, by id.
    pub not_compared: Vec<NotComparedRow>,
    /// What the reader should know.
    pub warnings: Vec<WarningRow>,
}

/// How paired rounds were run: in each, one fresh process of each side, in random order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundsUsed {
    /// What the random order follows from.
    pub seed: u64,
    /// After how many rounds verdicts were looked for, and at which level each time.
    pub looks: Vec<LookUsed>,
    /// How long all rounds took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// How much of that was not spent in benchmarks' processes; since the last time that they were resumed, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overhead_seconds: Option<f64>,
    /// Which clocks judged; absent in reports that know no other than wall time.
    #[serde(default)]
    pub clock: Option<ClocksUsed>,
    /// What the machine did meanwhile, where the system says.
    #[serde(default)]
    pub machine: Option<MachineSeen>,
}

/// Which clocks judged paired rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClocksUsed {
    /// Wall time.
    Wall,
    /// CPU time where it fits.
    Cpu,
    /// Both, with half of the level each.
    Both,
}

/// What a machine did while benchmarks ran.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MachineSeen {
    /// How often the processor was taken away from a benchmark's process: the median.
    pub preemptions: f64,
    /// The share of the processors' time that others of the host took, where the system says.
    pub steal: Option<f64>,
}

/// A clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// Time that went by.
    Wall,
    /// Time that processors worked.
    Cpu,
}

/// Why CPU time doesn't tell of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyWall {
    /// It was not told in every round.
    NotTold,
    /// The benchmark measures something else than time.
    NotTime,
    /// It waits.
    Waits,
    /// Several threads, or much that is not of the iterations.
    MoreThanTheIterations,
}

/// What each clock says of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RowClocks {
    /// The clock that the verdict and the row's numbers are by.
    pub judged_by: Clock,
    /// Wall time.
    pub wall: RowClock,
    /// CPU time, where it was told in every round.
    pub cpu: Option<RowClock>,
    /// Why CPU time doesn't judge this benchmark, where it may not.
    pub why_wall: Option<WhyWall>,
}

/// What one clock says of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RowClock {
    /// The change with its interval.
    pub change: Interval,
    /// Standard deviation of one round's log ratio.
    pub deviation: f64,
    /// How far the log ratio may be off besides, however many rounds there are; the interval has it.
    pub bias: f64,
}

/// One look at paired rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LookUsed {
    /// After how many rounds.
    pub rounds: usize,
    /// Chance of a single false regression at this look.
    pub level: f64,
}

/// How to measure the suspects of a comparison again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// Ids of the suspects that are slower, and of the regressions by single executions; the worst first.
    pub suspects: Vec<String>,
    /// The command that measures them alone, to be run on each side's code.
    pub command: String,
    /// How many executions a side that takes, each run of the command being one.
    #[serde(default = "one")]
    pub executions: usize,
}

/// Where the second measurement came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfirmedBy {
    /// The second baseline.
    pub baseline: Side,
    /// The second candidate.
    pub candidate: Side,
    /// Suspects that were measured again.
    pub measured: usize,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// What it is called.
    pub label: String,
    /// Where it was read.
    pub source: String,
    /// How many benchmarks it has.
    pub benchmarks: usize,
    /// When its newest result was written, RFC 3339, if any says.
    pub measured_at: Option<String>,
    /// Which commit it is of, where somebody says.
    #[serde(default)]
    pub revision: Option<String>,
    /// Where it was measured, as far as what was read says.
    #[serde(default)]
    pub environments: Vec<Environment>,
    /// Which runs it was made of, where it is from history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryUsed>,
}

/// Which runs of history a side was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryUsed {
    /// Their revisions, the nearest first.
    pub revisions: Vec<RevisionUsed>,
    /// Executions of the benchmark that has most.
    pub executions: usize,
    /// Benchmarks of which only the executions since their last change were taken.
    pub cut: usize,
    /// Runs that are as near and were measured elsewhere.
    pub elsewhere: usize,
}

/// A revision that a side was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionUsed {
    /// A commit's hash, or what it was recorded as.
    pub revision: String,
    /// How long ago it was made, where somebody knows.
    pub age_seconds: Option<u64>,
    /// Executions of the benchmark that has most.
    pub executions: usize,
}

/// Where something was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The processor's model.
    pub cpu: Option<String>,
    /// Processors that the system offers.
    pub cores: Option<u32>,
    /// Operating system, version, architecture.
    pub os: Option<String>,
    /// The compiler.
    pub rustc: Option<String>,
    /// Cargo's profile and flags.
    pub profile: Option<String>,
    /// SHA-256 of each executable.
    pub executables: Vec<String>,
    /// The system's name and version in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// The frequency governor of all processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governor: Option<String>,
    /// Whether processors may clock above their base frequency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turbo: Option<bool>,
    /// Whether two threads share a core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smt: Option<bool>,
    /// Whether the system saves energy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_power_mode: Option<bool>,
    /// Graphics processors, each by its model and driver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<String>,
    /// Memory, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// Whether it is a virtual machine, a container, or none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtualization: Option<String>,
    /// The runner of the CI system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<String>,
    /// Variables that libraries read when they decide how to compute.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
}

/// What the comparison doesn't know of its own sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The baseline.
    pub baseline: Side,
    /// The candidate.
    pub candidate: Side,
    /// The profile that the policy came from.
    pub profile: String,
    /// The machine that judges, where that is to be told.
    pub judged_on: Option<Environment>,
}

/// What follows for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No benchmark became slower by more than its threshold.
    Pass,
    /// At least one did.
    Regressed,
    /// Not everything could be told.
    Inconclusive,
    /// Nothing was compared.
    NothingCompared,
}

/// What the evidence says of one benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Slower.
    Regression,
    /// Faster.
    Improvement,
    /// Shown to be the same.
    NoChange,
    /// Can't be told.
    Inconclusive,
}

/// Why a verdict is no more than inconclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// Two measurements are an effect, not a test.
    Quick,
    /// Beyond the threshold, but noise alone may do that.
    MaybeNoise,
    /// A change beyond the threshold can't be ruled out.
    TooWide,
    /// Probably real, but not certain enough to fail a check by it.
    Suspected,
    /// A side has fewer executions than asked for.
    TooFewExecutions,
    /// There were not enough rounds for a first look.
    TooFewRounds,
    /// The sides were measured in different environments.
    DifferentMachines,
    /// Both sides were measured from the same executable.
    SameExecutable,
    /// A second measurement didn't prove it.
    NotConfirmed,
    /// Wall time proves one direction, and CPU time the other.
    ClocksDisagree,
}

/// What a regression does to the outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Action {
    /// It fails the comparison.
    Fail,
    /// It is shown.
    Warn,
    /// It is accepted for a while.
    Waived {
        /// Why.
        reason: String,
        /// The last day, `YYYY-MM-DD`.
        until: String,
    },
    /// It is left out.
    Ignore,
}

/// Where the numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Measurements on both sides.
    Sample,
    /// Criterion's estimates on at least one side.
    Estimates,
    /// What Criterion printed, on at least one side.
    Printed,
    /// Criterion's relative change; the baseline itself has been overwritten.
    CriterionChange,
    /// `--quick` on at least one side.
    Quick,
}

/// The settings that decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyUsed {
    /// The profile.
    pub profile: String,
    /// The threshold as a percentage.
    pub threshold_percent: f64,
    /// Chance of a single false regression in the whole comparison.
    pub gate_level: f64,
    /// Share of false ones accepted among suspects.
    #[serde(default = "list_level")]
    pub list_level: f64,
    /// Executions a side that a verdict needs.
    #[serde(default = "one")]
    pub min_executions: usize,
    /// Which number stands for an execution where a side has several.
    #[serde(default)]
    pub estimator: Estimator,
    /// Chance of calling a benchmark unchanged whose change lies at the threshold.
    pub equivalence_level: f64,
    /// Confidence level of the intervals.
    pub confidence: f64,
    /// Whether a slowdown of the whole suite fails the comparison.
    pub suite_shift: Action,
    /// Whether an inconclusive benchmark fails it.
    pub fail_on_inconclusive: bool,
    /// Whether a benchmark of the baseline without a verdict fails it.
    pub fail_on_incomplete: bool,
}

fn list_level() -> f64 {
    0.05
}

fn one() -> usize {
    1
}

/// Which number stands for an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// The median.
    #[default]
    Typical,
    /// The lower quartile.
    LowerQuartile,
    /// The smallest measurement.
    Minimum,
}

/// How many of what; `compared` + `not_compared` = `benchmarks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Benchmarks of either side.
    pub benchmarks: usize,
    /// With a verdict.
    pub compared: usize,
    /// Without one.
    pub not_compared: usize,
    /// Slower.
    pub regressions: usize,
    /// Of those, the ones that the policy lets pass.
    pub tolerated: usize,
    /// Faster.
    pub improvements: usize,
    /// Shown to be the same.
    pub no_change: usize,
    /// Can't be told.
    pub inconclusive: usize,
    /// Of those, the ones that are probably slower.
    #[serde(default)]
    pub suspected: usize,
    /// Only in the candidate.
    pub added: usize,
    /// Only in the baseline.
    pub removed: usize,
}

/// How far two executions of the same code were taken to differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoiseUsed {
    /// `assumed` or `suite`.
    pub source: NoiseOrigin,
    /// Standard deviation of the log ratio of two single executions.
    pub standard_deviation: f64,
    /// Degrees of freedom of Student's t.
    pub degrees_of_freedom: Option<f64>,
    /// Benchmarks that it was estimated from.
    pub benchmarks: usize,
    /// How many times further the sides lie apart than the executions of each side predict; 1 where that isn't known.
    #[serde(default = "no_inflation")]
    pub inflation: f64,
}

fn no_inflation() -> f64 {
    1.0
}

/// How far one benchmark's change is off if its code didn't change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RowNoise {
    /// Where it was taken from.
    pub source: NoiseOrigin,
    /// Standard deviation of the log ratio.
    pub standard_deviation: f64,
    /// Degrees of freedom of Student's t; absent for infinitely many.
    pub degrees_of_freedom: Option<f64>,
}

/// What Criterion's own test says of the last execution of each side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CriterionTest {
    /// The change of the mean with its 95 % interval, as fractions.
    pub change: Interval,
    /// The two-sided p-value.
    pub p: f64,
    /// What follows for Criterion.
    pub verdict: CriterionVerdict,
}

/// Criterion's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CriterionVerdict {
    /// "Performance has regressed."
    Regressed,
    /// "Performance has improved."
    Improved,
    /// "Change within noise threshold."
    WithinNoise,
    /// "No change in performance detected."
    NotDetected,
}

/// Where the noise was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseOrigin {
    /// The policy's assumption.
    Assumed,
    /// The suite's own spread.
    Suite,
    /// The executions of the side that has several, with the suite's spread or the assumption.
    History,
    /// The executions of both sides.
    Executions,
    /// The differences within paired rounds.
    Rounds,
}

/// The smallest slowdown that the evidence could have shown, as fractions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Resolution {
    /// For half of the compared benchmarks.
    pub median: f64,
    /// For the least certain of them.
    pub worst: f64,
}

/// A shift of the whole suite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// The median change, as a fraction.
    pub change: f64,
    /// `regression`, `improvement`, or `inconclusive`.
    pub verdict: Verdict,
}

/// One benchmark with a verdict. Changes are fractions: 0.05 is 5 % more time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What people see.
    pub id: String,
    /// Where it lies below what was read; what tells equal ids apart.
    pub directory: String,
    /// The baseline's id, where it differs.
    pub renamed_from: Option<String>,
    /// What the evidence says.
    pub verdict: Verdict,
    /// Why it says no more.
    pub doubt: Option<Doubt>,
    /// What a regression does to the outcome.
    pub action: Action,
    /// The estimated change with its interval.
    pub change: Interval,
    /// The change that matters.
    pub threshold: f64,
    /// The smallest slowdown that could have been shown.
    pub smallest_provable: f64,
    /// Baseline per iteration.
    pub baseline: f64,
    /// Candidate per iteration.
    pub candidate: f64,
    /// What the two count.
    pub unit: Unit,
    /// Work per iteration.
    pub throughput: Option<Throughput>,
    /// Where the numbers come from.
    pub evidence: Source,
    /// Measurements on the baseline's and the candidate's side; 0 where not known.
    pub measurements: [usize; 2],
    /// Executions on the baseline's and the candidate's side.
    #[serde(default = "one_a_side")]
    pub executions: [usize; 2],
    /// How far the change is off if the code didn't change.
    pub noise: Option<RowNoise>,
    /// Executions a side that would tell a change of the threshold's size from none in four of five comparisons, where the
    /// verdict is inconclusive; absent where more than a thousand would be needed.
    pub executions_needed: Option<usize>,
    /// Chance of such an estimate from noise alone, corrected for all benchmarks; 1 within the threshold.
    pub p: Option<f64>,
    /// Whether it is a slower suspect, or a regression by single executions, so that measuring again should settle it.
    #[serde(default)]
    pub suspicious: bool,
    /// Of a suspicious benchmark, what its executions on each side are recognised by: what tells a second measurement from the
    /// first.
    #[serde(default)]
    pub marks: Option<[Vec<String>; 2]>,
    /// What Criterion's own test says, where there are measurements.
    pub criterion: Option<CriterionTest>,
    /// What a second measurement says, where there was one.
    pub second: Option<SecondLook>,
    /// Why a second measurement says nothing, where one was made.
    pub untold: Option<Untold>,
    /// What each clock says, where paired rounds were compared.
    #[serde(default)]
    pub clocks: Option<RowClocks>,
}

/// Why a second measurement says nothing of a suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Untold {
    /// It was not measured again.
    NotMeasured,
    /// Its candidate is the one of the first comparison.
    SameCandidate,
    /// Its baseline is the single execution of the first comparison.
    SameBaseline,
    /// It may not be judged: `--quick`, other machines, too few executions.
    NotATest,
    /// Its two sides can't be compared.
    NotComparable,
}

/// What a second measurement says of a suspect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SecondLook {
    /// The change that it found, with its interval.
    pub change: Interval,
    /// Chance of it from noise alone, corrected for the suspects that were measured again.
    pub p: f64,
    /// Whether it proves the regression.
    pub confirmed: bool,
}

fn one_a_side() -> [usize; 2] {
    [1, 1]
}

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The estimate.
    pub estimate: f64,
    /// The upper end.
    pub upper: f64,
}

/// What numbers count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// `ns`, or a custom measurement's own word.
    pub name: String,
    /// Whether a file says so; Criterion's files usually don't, and mean nanoseconds.
    pub stated: bool,
}

/// Work per iteration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Throughput {
    /// Bytes in binary multiples.
    Bytes {
        /// Per iteration.
        bytes: u64,
    },
    /// Bytes in decimal multiples.
    BytesDecimal {
        /// Per iteration.
        bytes: u64,
    },
    /// Bits.
    Bits {
        /// Per iteration.
        bits: u64,
    },
    /// Elements.
    Elements {
        /// Per iteration.
        elements: u64,
    },
    /// Both.
    ElementsAndBytes {
        /// Per iteration.
        elements: u64,
        /// Per iteration.
        bytes: u64,
    },
    /// A kind that this version doesn't know.
    Unknown {
        /// Criterion's word.
        name: String,
    },
}

/// One benchmark without a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotComparedRow {
    /// What people see.
    pub id: String,
    /// Where it lies below what was read.
    pub directory: String,
    /// Why.
    pub reason: Reason,
    /// What each side has, where that is the reason.
    pub detail: Option<String>,
}

/// Why a benchmark has no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Only the baseline has it.
    Removed,
    /// Both sides are one result.
    SameMeasurement,
    /// The work per iteration differs.
    ThroughputChanged,
    /// The units differ.
    UnitChanged,
    /// Zero or negative.
    NotPositive,
    /// Can't be told from others of the same id.
    AmbiguousId,
    /// A side has it in files that are broken or lost.
    Unreadable,
    /// A side's result was left out as too old.
    LeftOut,
    /// Its process failed on a side.
    Failed,
    /// Measuring was stopped before its turn came.
    NotRun,
    /// Only the candidate has it.
    Added,
    /// The policy leaves it out.
    Ignored,
}

/// A warning in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarningRow {
    /// A name for programs.
    pub code: String,
    /// What it is about.
    pub subject: String,
    /// What is the matter.
    pub message: String,
    /// What to do, where we know.
    pub hint: Option<String>,
}

impl Report {
    /// What in a report that came from elsewhere can't be, if anything: counts and outcome follow from the rows.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        if counts(&self.benchmarks, &self.not_compared) != self.counts {
            return Some("its counts are not those of its rows");
        }
        if self.outcome != self.outcome_of_rows() {
            return Some("its outcome is not that of its rows");
        }
        let is_possible = |change: Interval| {
            change.lower >= -1.0 && change.lower <= change.estimate && change.estimate <= change.upper
        };
        let changes = self.benchmarks.iter().flat_map(|row| [Some(row.change), row.second.map(|second| second.change)]);
        if !changes.flatten().all(is_possible) {
            return Some("an interval doesn't hold its own estimate");
        }
        let is_level = |level: f64| level > 0.0 && level <= 0.5;
        let policy = &self.policy;
        if ![policy.gate_level, policy.list_level, policy.equivalence_level].into_iter().all(is_level) {
            return Some("a level is no chance");
        }
        let is_sound = |row: &Row| {
            let noise = row.noise.is_none_or(|noise| {
                noise.standard_deviation > 0.0 && noise.degrees_of_freedom.is_none_or(|degrees| degrees > 0.0)
            });
            let chances = [row.p, row.second.map(|second| second.p)];
            noise
                && row.threshold > 0.0
                && row.smallest_provable >= 0.0
                && chances.into_iter().flatten().all(|p| (0.0..=1.0).contains(&p))
                && row.executions.iter().all(|n| *n > 0)
        };
        if !self.benchmarks.iter().all(is_sound) {
            return Some("a row has a noise, a threshold or a chance that can't be");
        }
        let mut places: Vec<&str> = self.benchmarks.iter().map(|row| row.directory.as_str()).collect();
        places.sort_unstable();
        places.windows(2).any(|pair| pair[0] == pair[1]).then_some("a benchmark has two rows")
    }

    /// What follows from rows that a second measurement changed, under the report's own policy.
    pub(super) fn outcome_of_rows(&self) -> Outcome {
        let gated = |verdict| self.benchmarks.iter().any(|row| row.verdict == verdict && row.action == Action::Fail);
        let fails_by_shift = self.policy.suite_shift == Action::Fail
            && self.suite_shift.is_some_and(|shift| shift.verdict == Verdict::Regression);
        let is_missing = |n: &NotComparedRow| match n.reason {
            Reason::Added | Reason::Ignored => false,
            Reason::Removed | Reason::LeftOut => self.policy.fail_on_incomplete,
            _ => true,
        };
        if self.benchmarks.is_empty() {
            Outcome::NothingCompared
        } else if gated(Verdict::Regression) || fails_by_shift {
            Outcome::Regressed
        } else if gated(Verdict::Inconclusive) || self.not_compared.iter().any(is_missing) {
            Outcome::Inconclusive
        } else {
            Outcome::Pass
        }
    }

    /// Whether the policy wants the comparison to fail although no regression was shown.
    #[must_use]
    pub fn fails_as_inconclusive(&self) -> bool {
        let is_missing = self.missing().next().is_some();
        self.outcome == Outcome::Inconclusive
            && (self.policy.fail_on_inconclusive || (self.policy.fail_on_incomplete && is_missing))
    }

    /// Benchmarks without a verdict that should have one: neither new nor left out on purpose.
    pub(super) fn missing(&self) -> impl Iterator<Item = &NotComparedRow> {
        self.not_compared.iter().filter(|n| !matches!(n.reason, Reason::Added | Reason::Ignored))
    }
}

impl Row {
    /// Whether any change could have earned a verdict.
    pub(super) fn could_show_something(&self) -> bool {
        !matches!(
            self.doubt,
            Some(
                Doubt::Quick
                    | Doubt::TooFewExecutions
                    | Doubt::TooFewRounds
                    | Doubt::DifferentMachines
                    | Doubt::SameExecutable
            )
        )
    }

    /// Whether measuring it again could settle it, and nobody has.
    pub(super) fn is_unsettled(&self) -> bool {
        self.suspicious && self.second.is_none()
    }

    /// Whether it is probably slower, without being certain enough to fail a check by it.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.doubt == Some(Doubt::Suspected) && self.change.estimate > 0.0
    }
}

/// Counts rows by what they say.
pub(super) fn counts(benchmarks: &[Row], not_compared: &[NotComparedRow]) -> Counts {
    let verdicts = |verdict| benchmarks.iter().filter(|row| row.verdict == verdict).count();
    let reasons = |reason| not_compared.iter().filter(|row| row.reason == reason).count();
    Counts {
        benchmarks: benchmarks.len() + not_compared.len(),
        compared: benchmarks.len(),
        not_compared: not_compared.len(),
        regressions: verdicts(Verdict::Regression),
        tolerated: benchmarks.iter().filter(|r| r.verdict == Verdict::Regression && r.action != Action::Fail).count(),
        improvements: verdicts(Verdict::Improvement),
        no_change: verdicts(Verdict::NoChange),
        inconclusive: verdicts(Verdict::Inconclusive),
        suspected: benchmarks.iter().filter(|r| r.is_suspect()).count(),
        added: reasons(Reason::Added),
        removed: reasons(Reason::Removed),
    }
}
