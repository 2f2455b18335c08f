//! Options that commands of several kinds have.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

use clap::Args;
use criterion_regress::runner::Selection;

/// Where Criterion's results are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where to read")]
pub(crate) struct WhereArgs {
    /// Criterion's folder [default: $CRITERION_HOME, $CARGO_TARGET_DIR/criterion, target/criterion, or where cargo says]
    #[arg(long, value_name = "DIR", env = "REGRESS_DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// The target folder that holds `criterion`
    #[arg(long, value_name = "DIR", conflicts_with = "dir")]
    pub(crate) target_dir: Option<PathBuf>,
}

/// Which history.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "History")]
pub(crate) struct WhichStoreArgs {
    /// Where history is kept: `PATH.db` or `sqlite:PATH`, `branch:NAME[@REMOTE]`, or `postgres://…` [default: `store` of
    /// `[history]` in regress.toml; else branch:regress-history in CI, and .regress/history.db elsewhere]
    #[arg(long, value_name = "STORE", env = "REGRESS_STORE", hide_env_values = true)]
    pub(crate) store: Option<String>,
}

/// Which benchmarks.
#[derive(Debug, Clone, Args)]
pub(crate) struct FilterArgs {
    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(crate) filter: Option<String>,
}

/// A single verdict instead of the whole report.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExplainArgs {
    /// Explain one verdict in plain words, with the numbers, instead of printing the report
    #[arg(long, value_name = "ID")]
    pub(crate) explain: Option<String>,
}

/// What is told to a workflow of GitHub's.
#[derive(Debug, Clone, Args)]
pub(crate) struct NoGithubArgs {
    /// Leave a workflow of GitHub's alone: no job summary, outputs or annotations
    #[arg(long, env = "REGRESS_NO_GITHUB")]
    pub(crate) no_github: bool,
}

/// The order in which processes run.
#[derive(Debug, Clone, Args)]
pub(crate) struct SeedArgs {
    /// What the random order follows from [default: another one each time]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

impl SeedArgs {
    /// The one that was asked for, or another each time; of 32 bits, so that it can be typed.
    pub(crate) fn seed_or_another(&self) -> u64 {
        self.seed.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) >> 32)
    }
}

/// What cargo builds, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Build")]
pub(crate) struct BuildArgs {
    /// Build only this package's benchmarks, as cargo's
    #[arg(long, value_name = "SPEC")]
    pub(crate) package: Vec<String>,

    /// Build only this target of benchmarks, as cargo's
    #[arg(long, value_name = "NAME")]
    pub(crate) bench: Vec<String>,

    /// Build with these features, as cargo's
    #[arg(long, value_name = "FEATURES")]
    pub(crate) features: Vec<String>,

    /// Build with this profile of cargo's
    #[arg(long, value_name = "NAME")]
    pub(crate) build_profile: Option<String>,
}

impl BuildArgs {
    pub(crate) fn selection(&self) -> Selection {
        Selection {
            packages: self.package.clone(),
            benches: self.bench.clone(),
            features: self.features.clone(),
            profile: self.build_profile.clone(),
        }
    }
}
