//! Commands that compare what was measured.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};

use super::output::OutputArgs;
use super::policy::{MachinesArgs, PolicyArgs};
use super::shared::{ExplainArgs, FilterArgs, NoGithubArgs, WhereArgs, WhichStoreArgs};
use super::value::parse_percent;

/// Compare the last run with a baseline, and say whether anything became slower
///
/// Without --baseline, the last `cargo bench` is compared with the one before it. Criterion has overwritten that one by then,
/// so what is left of it is Criterion's own estimate of the change: weaker evidence than a baseline that you keep with `cargo
/// bench --bench BENCH -- --save-baseline NAME`.
///
/// SIDE is the name of a baseline (`main`, or several at once: `'main-*'`), a folder of Criterion's (`DIR` or `DIR@NAME`), a
/// folder that holds several runs, or a file that `regress export` or `critcmp --export` wrote.
///
/// Several on one side are executions of the same code, each one observation: five a side can show what one can't.
///
/// With `--baseline history`, the baseline is what `regress record` kept: up to 20 executions of the nearest commits before this
/// one on the default branch, measured in the same environment. They also say how far executions differ here, which a single run
/// can't. `--baseline tag:v1.4` is what was recorded of that release.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// What to compare with; several are executions of the same code [default: the run before the last]
    #[arg(long, short = 'b', value_name = "SIDE", env = "REGRESS_BASELINE", num_args = 1..)]
    pub(crate) baseline: Vec<String>,

    /// What to compare; several are executions of the same code [default: new, the last run]
    #[arg(long, short = 'c', value_name = "SIDE", env = "REGRESS_CANDIDATE", num_args = 1..)]
    pub(crate) candidate: Vec<String>,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// The commit that the baseline is of, to be told in the report
    #[arg(long, value_name = "COMMIT", env = "REGRESS_BASELINE_REVISION")]
    pub(crate) baseline_revision: Option<String>,

    /// The commit that the candidate is of, to be told in the report
    #[arg(long, value_name = "COMMIT", env = "REGRESS_CANDIDATE_REVISION")]
    pub(crate) candidate_revision: Option<String>,

    #[command(flatten)]
    pub(crate) explained: ExplainArgs,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    /// Leave out candidate results written before: `last-run` (which began after the last 30 minutes without results), a
    /// duration (`2h`), a day, or a time (`2026-01-31T12:00:00Z`)
    #[arg(long, value_name = "WHEN", env = "REGRESS_SINCE")]
    pub(crate) since: Option<String>,

    #[command(flatten)]
    pub(crate) workflow: NoGithubArgs,

    #[command(flatten)]
    pub(crate) store: WhichStoreArgs,

    #[command(flatten)]
    pub(crate) place: WhereArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Settle what a report left suspicious, by measuring it a second time
///
/// Suspects were chosen for their first measurement, so that it proves nothing about them any more. The second one is judged
/// alone, once, with the number of suspects corrected for: what it proves is a regression, and what it doesn't prove is none,
/// even where the first single execution seemed to. Measure both sides again, each on its own code; the report says how.
#[derive(Debug, Args)]
pub(crate) struct ConfirmArgs {
    /// The report that `regress check --format json` wrote
    #[arg(value_name = "REPORT")]
    pub(crate) report: PathBuf,

    /// The second measurement of the baseline
    #[arg(long, short = 'b', value_name = "SIDE", num_args = 1.., required = true)]
    pub(crate) baseline: Vec<String>,

    /// The second measurement of the candidate
    #[arg(long, short = 'c', value_name = "SIDE", num_args = 1.., required = true)]
    pub(crate) candidate: Vec<String>,

    #[command(flatten)]
    pub(crate) explained: ExplainArgs,

    #[command(flatten)]
    pub(crate) machines: MachinesArgs,

    #[command(flatten)]
    pub(crate) workflow: NoGithubArgs,

    #[command(flatten)]
    pub(crate) place: WhereArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Render a report that `regress check --format json` wrote in another format
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The report; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) explained: ExplainArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Put baselines side by side in a table, as critcmp does, with intervals and without a verdict
///
/// SIDE is the name of a baseline, a folder of Criterion's (`DIR` or `DIR@NAME`), or a file that `regress export` or
/// `critcmp --export` wrote. Without any, all baselines of Criterion's folder are shown.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// What to compare
    #[arg(value_name = "SIDE")]
    pub(crate) sides: Vec<String>,

    /// Print the names of the baselines that there are
    #[arg(long, conflicts_with = "sides")]
    pub(crate) baselines: bool,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    /// Put benchmarks in one row whose captures of this regular expression are equal
    #[arg(long, short = 'g', value_name = "REGEX")]
    pub(crate) group: Option<String>,

    /// Leave out rows whose values differ by less than this percentage
    #[arg(long, short = 't', value_name = "PERCENT", value_parser = parse_percent)]
    pub(crate) threshold: Option<f64>,

    /// A line a value, for many columns
    #[arg(long)]
    pub(crate) list: bool,

    /// The order of the rows
    #[arg(long, value_enum, default_value_t = SortArg::Name)]
    pub(crate) sort: SortArg,

    #[command(flatten)]
    pub(crate) place: WhereArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortArg {
    /// By name
    Name,
    /// The largest difference first
    Difference,
}

/// Show how far the executions of each run lie apart, and what so many of them can show
///
/// For each benchmark: the middle and the smallest of its executions, how far the largest is above the smallest, their standard
/// deviation, and whether so many executions a side would find a change of the threshold's size in four of five comparisons, at the
/// chance of a false alarm that `regress check` keeps to. Of two runs also the verdict on the second. What Criterion printed of its
/// own verdicts is counted beside, where a run was made by `regress import`.
///
/// SIDE is a file of `regress export` or `regress import`, a folder of several runs, or the name of a baseline.
#[derive(Debug, Args)]
pub(crate) struct SpreadArgs {
    /// A run with several executions; of two, the first is the baseline
    #[arg(value_name = "SIDE", required = true, num_args = 1..=2)]
    pub(crate) sides: Vec<String>,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    #[command(flatten)]
    pub(crate) place: WhereArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Try rules on recorded runs of the same code: how often each would have cried wolf here
///
/// Neighbouring runs are compared, in the order in which they are given. As nothing changed between them, whatever a rule calls
/// slower is a false alarm. The second table has a threshold for each benchmark.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Runs of the same code: names of baselines, folders of Criterion's, folders of runs, exported files
    #[arg(value_name = "SIDE", required = true)]
    pub(crate) sides: Vec<String>,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    #[command(flatten)]
    pub(crate) place: WhereArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Compare two implementations of the same workloads: how many times faster each is, or why that may not be told
///
/// An implementation is a part of the benchmarks' ids, as `candle-metal` and `mlx-metal` are in
/// `softmax/candle-metal/4x16x1024` and `softmax/mlx-metal/4x16x1024`. Beside each measurement, `regress.json` says what was
/// computed and how. A ratio is told only of equal work (by checksums) in equal precision on one device, with both clocks read
/// after the device had finished, no time below what the hardware can do, and several executions a side; what is refused says
/// why. All workloads are shown, the worst for ours first.
///
/// RUN is a Criterion folder, a folder that holds several (each is an execution; with a `session.json`, how they were measured
/// is told as well), `DIR@BASELINE`, or the name of a baseline. Exit code 3: every ratio is refused, or there is none.
#[derive(Debug, Args)]
pub(crate) struct RivalsArgs {
    /// The part of the ids that names our implementation
    #[arg(long, value_name = "NAME")]
    pub(crate) ours: String,

    /// The part of the ids that names theirs
    #[arg(long, value_name = "NAME")]
    pub(crate) theirs: String,

    /// Executions of either or of both [default: the last run in Criterion's folder]
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<String>,

    /// Refuse a ratio with fewer executions a side; a claim in a document needs 5
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..=10_000).map(|n| n as usize))]
    pub(crate) min_executions: usize,

    /// The file that says how the runs were measured [default: session.json in the folder of runs]
    #[arg(long, value_name = "FILE")]
    pub(crate) conditions: Option<PathBuf>,

    /// Only benchmarks whose id matches this regular expression; no claim is made of a selection
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(crate) filter: Option<String>,

    #[command(flatten)]
    pub(crate) place: WhereArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
