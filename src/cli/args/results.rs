//! Commands that show, write and read Criterion's results.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::OutputArgs;
use super::shared::{FilterArgs, WhereArgs};

/// Show what results there are: baselines, times, throughput, age, sampling, and what is wrong with them
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) only: FilterArgs,

    /// Criterion's folder; the same as --dir
    #[arg(value_name = "DIR", conflicts_with_all = ["dir", "target_dir"])]
    pub(crate) folder: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) place: WhereArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Write a baseline with all its measurements to one file, to compare with later or elsewhere
///
/// Several are executions of the same code, and are kept apart in the file. The file also says where it was measured: this
/// machine, unless --elsewhere says otherwise.
///
/// With --store, it writes what history holds: an execution a line, as CSV or as JSON lines.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Which baseline; several are executions of the same code [default: new]
    #[arg(value_name = "NAME")]
    pub(crate) baselines: Vec<String>,

    /// An executable that was measured; its hash goes into the file, so that a comparison of a build with itself is recognised
    #[arg(long, value_name = "FILE")]
    pub(crate) executable: Vec<PathBuf>,

    /// It was measured elsewhere: write nothing about this machine
    #[arg(long)]
    pub(crate) elsewhere: bool,

    /// Cargo's profile and flags that it was built with, where they matter
    #[arg(long = "build-profile", value_name = "TEXT")]
    pub(crate) build_profile: Option<String>,

    /// What to call it in reports [default: its name]
    #[arg(long, value_name = "NAME")]
    pub(crate) label: Option<String>,

    /// The file to write [default: standard output]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    /// Write history instead: of this store, or without a value of the one that `regress record` writes to
    #[arg(
        long,
        value_name = "STORE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with_all = ["baselines", "executable", "elsewhere", "build_profile", "label", "dir", "target_dir"]
    )]
    pub(crate) store: Option<String>,

    /// With --store, what to write
    #[arg(long, value_enum, requires = "store")]
    pub(crate) format: Option<HistoryFormatArg>,

    /// With --store, only of runs on this branch
    #[arg(long, value_name = "NAME", requires = "store")]
    pub(crate) branch: Option<String>,

    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HistoryFormatArg {
    /// An object a line
    JsonLines,
    /// For spreadsheets
    Csv,
}

/// Make a run file of what Criterion printed, or of other tools' files, to compare with later or elsewhere
///
/// What `cargo bench > LOG 2>&1` leaves is often the only record. Each log is one execution of every benchmark in it; several logs,
/// or a folder of them, are several executions, which the file keeps apart. Criterion prints a slope or mean with its interval,
/// rounded to five digits: weaker evidence than its files are. Throughputs can't be told from what is printed.
///
/// Also read: what `critcmp --export` wrote, the last run of a folder of Criterion's or cargo-criterion's, and the `data.js` that
/// github-action-benchmark keeps, which becomes a folder with a file for each commit.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  regress import before/*.txt -o before.json
  regress import after/*.txt -o after.json
  regress spread --profile official before.json after.json
  regress check --profile official -b before.json -c after.json
  regress import gh-pages/dev/bench/data.js -o history")]
pub(crate) struct ImportArgs {
    /// Logs, folders of logs, or files of other tools; all of them are executions of the same code
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// What they are
    #[arg(long, value_enum, default_value_t = FromArg::Auto, value_name = "FORMAT")]
    pub(crate) from: FromArg,

    /// What to call the run in reports [default: its path]
    #[arg(long, value_name = "NAME")]
    pub(crate) label: Option<String>,

    /// The file to write; of github-action-benchmark a folder [default: standard output]
    #[arg(long, short = 'o', visible_alias = "out", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) only: FilterArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FromArg {
    /// By what is in it
    Auto,
    /// What Criterion prints, versions 0.3 to 0.8
    CriterionConsole,
    /// A folder that Criterion or cargo-criterion writes into
    Criterion,
    /// What `critcmp --export` wrote
    Critcmp,
    /// github-action-benchmark's `data.js`
    GithubActionBenchmark,
}
