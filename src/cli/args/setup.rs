//! Commands that set this tool up.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::ShortOutputArgs;
use super::policy::{ClockArgs, PolicyArgs};

/// Write GitHub workflows and a commented regress.toml into a repository
///
/// The smoke workflow measures both sides of a pull request and fails on regressions shown; the comment workflow shows on the
/// pull request what it found, also those from forks; the official workflow measures releases on a machine of yours. With
/// --history, another one records what each push to the default branch measures. Nothing that is already there is overwritten.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The root of the repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,

    /// Which workflows to write; a list with commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHICH", default_value = "smoke,comment,official")]
    pub(crate) workflows: Vec<WorkflowArg>,

    /// Also write the workflows `history` and `dashboard`, and let the official one record what it measures, too
    #[arg(long)]
    pub(crate) history: bool,

    /// How the smoke workflow measures the two sides of a pull request
    #[arg(long, value_enum, value_name = "HOW", default_value = "ab")]
    pub(crate) smoke: SmokeArg,

    /// A bench target that uses Criterion; may be given several times [default: those that cargo knows of]
    #[arg(long = "bench", value_name = "NAME")]
    pub(crate) benches: Vec<String>,

    /// The commit to pin the action to [default: the tag of this version]
    #[arg(long, value_name = "COMMIT")]
    pub(crate) action_ref: Option<String>,

    /// Leave files that are already there as they are, and write the others
    #[arg(long)]
    pub(crate) keep: bool,

    /// Print what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorkflowArg {
    /// On pull requests: both sides in one job, 20 %
    Smoke,
    /// What smoke found, as a comment on the pull request
    Comment,
    /// Against the last release, on a machine of its own
    Official,
    /// On pushes to the default branch: measures, and records in the branch regress-history
    History,
    /// When something was recorded: the dashboard of that branch, published with GitHub Pages
    Dashboard,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SmokeArg {
    /// `regress ab`: rounds of short processes of both, in random order, until all is decided or 10 minutes are over
    Ab,
    /// `cargo bench` on one and then on the other, and `regress check`: one long execution a side
    Check,
}

/// Print the settings that are in force, and where each of them came from
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(flatten)]
    pub(crate) clock: ClockArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// What to compare with
    #[arg(long, short = 'b', value_name = "SIDE", env = "REGRESS_BASELINE", num_args = 1..)]
    pub(crate) baseline: Vec<String>,

    #[command(flatten)]
    pub(crate) output: ShortOutputArgs,
}

/// Print completions for a shell
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}
