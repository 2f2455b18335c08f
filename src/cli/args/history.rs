//! Commands of history.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::output::{OutputArgs, ShortOutputArgs};
use super::shared::{FilterArgs, WhereArgs, WhichStoreArgs};
use super::value::parse_percent;

/// Keep the last run in history: revision, branch, time, machine, and every execution of every benchmark
///
/// After `cargo bench`, it records what that run wrote; results that an earlier run left in Criterion's folder are not recorded.
/// SIDE may also be a baseline, a folder, or a file of `regress export`, as in `regress check`; several are executions of the same
/// code. Recording the same results again changes nothing.
///
/// A run is on the disk, or at the remote, when this command ends well.
#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// What to record; several are executions of the same code [default: new]
    #[arg(value_name = "SIDE")]
    pub(crate) sides: Vec<String>,

    #[command(flatten)]
    pub(crate) store: WhichStoreArgs,

    /// The revision that was measured: anything that git understands, or any name where git knows nothing of it [default: HEAD]
    #[arg(long, value_name = "REV")]
    pub(crate) revision: Option<String>,

    /// The branch that it is on [default: the one that is checked out, or a workflow's]
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,

    /// When the revision was made, as in 2026-01-31T12:00:00Z [default: as git says]
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<String>,

    /// Only what was written since then: `last-run`, a duration as in 2h, or a time. Does not apply to files
    #[arg(long, value_name = "WHEN", default_value = "last-run")]
    pub(crate) since: String,

    /// An executable that was measured; its hash is recorded
    #[arg(long, value_name = "FILE")]
    pub(crate) executable: Vec<PathBuf>,

    /// It was measured elsewhere: record nothing about this machine
    #[arg(long)]
    pub(crate) elsewhere: bool,

    /// Cargo's profile and flags that it was built with, where they matter
    #[arg(long = "build-profile", value_name = "TEXT")]
    pub(crate) build_profile: Option<String>,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    #[command(flatten)]
    pub(crate) output: ShortOutputArgs,

    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// Which part of history.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "History")]
pub(crate) struct TimelineArgs {
    /// The branch whose line of commits is looked at [default: HEAD]. Without git, runs that were recorded on it, by time
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    /// The smallest change that is told, as a percentage [default: `threshold` of `[history]` in regress.toml, else 5]
    #[arg(long, short = 't', value_name = "PERCENT", value_parser = parse_percent)]
    pub(crate) threshold: Option<f64>,

    #[command(flatten)]
    pub(crate) store: WhichStoreArgs,
}

/// Show what history holds: each benchmark's latest value, its runs and changes; or the series of one
///
/// Runs are in the order of the commits that lead to HEAD, by first parents, and those of other commits are left out; without git,
/// or in a shallow clone, in the order of time. Several executions of a commit are several points. Each machine has a series of its
/// own.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Show this benchmark's series: revisions, values with intervals, changes
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,

    /// Also draw it
    #[arg(long, requires = "id")]
    pub(crate) plot: bool,

    #[command(flatten)]
    pub(crate) of: TimelineArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Draw one benchmark's history
///
/// Each execution is a dot, the oldest on the left; `^` marks where the level changed. The picture is as wide as the terminal, or
/// as $COLUMNS says.
#[derive(Debug, Args)]
pub(crate) struct PlotArgs {
    /// The benchmark
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) of: TimelineArgs,
}

/// Find what changed in history: by how much, with which commits, and what moved without a step
///
/// Benchmarks that changed at one place are one finding. A finding names the last revision that is as before and the first that is
/// known to be changed: one of the commits between did it. Where the machine, the compiler or a setting changed at the same place, it is told as a
/// change of the environment. A change is suspected until later runs say that it stays. What drifts without any step beyond the threshold
/// is told as drift.
///
/// A finding is new when it is a confirmed slowdown of the code that nobody has accepted: `regress changes accept`.
///
/// Exit codes: 0 nothing to fail on, 1 something that --fail-on names, 2 could not look, 3 too few runs to find anything.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ChangesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ChangesCommand>,

    /// Only changes since then, and drift from there: a commit or tag, a duration (`30d`), a day, or a time
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,

    /// Exit with 1 where there is such a change; a list with commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub(crate) fail_on: Option<Vec<FailOnChangeArg>>,

    #[command(flatten)]
    pub(crate) of: TimelineArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOnChangeArg {
    /// A confirmed slowdown of the code that nobody has accepted
    New,
    /// A benchmark that drifted slower, which nobody has accepted
    Drift,
    /// A slowdown that came with another machine, compiler or setting, which nobody has accepted
    Environment,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChangesCommand {
    /// Accept a change, with the reason: it is shown from then on, and fails nothing
    ///
    /// It is written as `[[accepted]]` into regress.toml, to be committed: the place, the benchmarks and their direction. What changes
    /// elsewhere, or of other benchmarks at the same place, is new again; so is a drift that goes on.
    Accept(AcceptArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The finding, as `regress changes` names it
    #[arg(value_name = "FINDING")]
    pub(crate) finding: String,

    /// Why it is as it should be
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,

    /// As for the `regress changes` that named it
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,

    #[command(flatten)]
    pub(crate) of: TimelineArgs,
}

/// Look after the place where history is kept
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Read everything, compare each run with the hash that it was recorded under, and say what it takes
    ///
    /// Exit code 2 when anything is damaged.
    Verify(StoreOfArgs),
    /// Fold what was recorded since into what takes less room; no run is lost
    ///
    /// Recording does so by itself every so many runs. On a branch, the old files stay in its past: each run is in there twice,
    /// once alone and once in a pack, and never more often. In PostgreSQL, the rows of each series are laid next to each other; that
    /// is for the tables' owner, and whoever records meanwhile waits.
    Compact(StoreOfArgs),
    /// Bring a store of an earlier version of this tool up to date
    ///
    /// Files of SQLite are brought up to date whenever they are opened; a PostgreSQL that others use as well only by this.
    Migrate(StoreOfArgs),
    /// Copy all runs of one store to another; those that are there already stay as they are
    Copy(StoreCopyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StoreOfArgs {
    #[command(flatten)]
    pub(crate) store: WhichStoreArgs,

    #[command(flatten)]
    pub(crate) output: ShortOutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StoreCopyArgs {
    #[command(flatten)]
    pub(crate) of: StoreOfArgs,

    /// The store to copy to
    #[arg(long, value_name = "STORE")]
    pub(crate) to: String,
}

/// Which history is drawn, and what counts as a change.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is drawn")]
pub(crate) struct DrawnArgs {
    #[command(flatten)]
    pub(crate) store: WhichStoreArgs,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    /// Only runs on this branch; may be given several times [default: all; the page begins with the one that has most runs]
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Vec<String>,

    /// Changes smaller than this are left out
    #[arg(long, value_name = "PERCENT", default_value = "2", value_parser = parse_smallest)]
    pub(crate) smallest: f64,
}

fn parse_smallest(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end();
    let percent = number.parse().ok().filter(|percent| (0.0..=1000.0).contains(percent));
    percent.map(|percent: f64| percent / 100.0).ok_or_else(|| "a percentage from 0 to 1000 is wanted".to_owned())
}

/// Write history as a static site: an overview, a chart of each benchmark with its changes, and comparisons
///
/// It works from the disk and from any server (GitHub Pages), and asks no other: what it needs is in its folder. Changes are looked for
/// on each branch and in each environment by itself. Tags of the repository are drawn as releases.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  regress dashboard --out site
  regress dashboard --out site --branch main --store branch --commit-url https://git.example.org/o/r/commit/
  regress dashboard --out site --rivals benchmarks/results/mlx.json")]
pub(crate) struct DashboardArgs {
    /// The folder to write; files of an earlier site are overwritten, and nothing else is
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) out: PathBuf,

    /// The head of the page [default: the folder's name]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,

    /// What a revision is appended to, to be a link [default: as the remote `origin` says, where it is GitHub, GitLab or Codeberg]
    #[arg(long, value_name = "URL")]
    pub(crate) commit_url: Option<String>,

    /// A report of `regress rivals`, shown under Implementations; may be given several times, as of several commits
    #[arg(long, value_name = "REPORT")]
    pub(crate) rivals: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) drawn: DrawnArgs,
}

/// Draw a badge of history, or a chart of one benchmark, as SVG for a README
///
/// The badge says how many benchmarks became slower, or else faster, in the last runs of a branch; of one benchmark, by how much.
/// Only confirmed changes of the code count, not those that came with another machine.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  regress badge -o badge.svg
  regress badge --benchmark parse/json --label parse -o parse.svg
  regress badge --chart --benchmark parse/json -o parse-chart.svg")]
pub(crate) struct BadgeArgs {
    /// The id of a benchmark [default: all of them]
    #[arg(long, value_name = "ID")]
    pub(crate) benchmark: Option<String>,

    /// A chart of the benchmark instead
    #[arg(long, requires = "benchmark", conflicts_with_all = ["label", "recent"])]
    pub(crate) chart: bool,

    /// The badge's left side
    #[arg(long, value_name = "TEXT", default_value = "benchmarks")]
    pub(crate) label: String,

    /// In how many runs a change has to be, counted from the last
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) recent: usize,

    /// The file to write [default: standard output]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) drawn: DrawnArgs,
}
