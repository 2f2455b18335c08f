//! Commands that measure, and the one that looks whether this machine is fit to.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::TypedValueParser;

use super::output::OutputArgs;
use super::policy::{ClockArgs, PolicyArgs};
use super::shared::{BuildArgs, ExplainArgs, FilterArgs, NoGithubArgs, SeedArgs, WhereArgs};
use super::value::{parse_duration, parse_time};

/// Run two versions of the benchmarks against each other here and now, and say whether anything became slower
///
/// Builds BASE and the working tree, each with a target folder of its own, and runs them in rounds: of every benchmark one fresh
/// process of each side, one right after the other and in random order. What the machine does meanwhile hits both sides alike, so
/// that a shared machine does; nothing has to be stored. Verdicts are looked for after so many rounds that they can be certain,
/// twice as many, and four times as many; a benchmark that is decided stops. Ctrl-C leaves a report of what is decided by then,
/// and the same call with --resume goes on, as it does after a crash.
///
/// With --baseline-env, --candidate-args and the like, settings are compared instead of versions: `regress ab --candidate-env
/// RAYON_NUM_THREADS=1` runs one build of the working tree with and without it.
///
/// Where nothing has changed since the base, nothing is built: `regress ab HEAD~1` tells of the last commit, and who names HEAD as
/// the base sees what comes of the same code on both sides.
///
/// The working tree, index, stash and Criterion's own results are left alone: what is built lies in `regress` below the target
/// folder, and is used again by the next call.
#[derive(Debug, Args)]
pub(crate) struct AbArgs {
    /// What to compare with: a branch, tag or commit [default: where the working tree left the default branch]
    #[arg(value_name = "BASE", conflicts_with_all = ["baseline_binary", "candidate_binary"])]
    pub(crate) base: Option<String>,

    /// Compare this branch, tag or commit, instead of the working tree
    #[arg(long, value_name = "REF", conflicts_with_all = ["baseline_binary", "candidate_binary"])]
    pub(crate) head: Option<String>,

    /// Run this executable as the baseline, and build nothing; several are matched with the candidate's in order
    #[arg(long, value_name = "FILE", requires = "candidate_binary")]
    pub(crate) baseline_binary: Vec<PathBuf>,

    /// Run this executable as the candidate, and build nothing
    #[arg(long, value_name = "FILE", requires = "baseline_binary")]
    pub(crate) candidate_binary: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    /// Run this many rounds and look once, after the last [default: by the number of benchmarks, and until all is decided]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000).map(|n| n as usize))]
    pub(crate) rounds: Option<usize>,

    /// How long all rounds together may take, builds not included. A single process that takes longer than a minute and a quarter of
    /// this is ended
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration, conflicts_with = "rounds")]
    pub(crate) budget: Option<Duration>,

    #[command(flatten)]
    pub(crate) order: SeedArgs,

    /// Go on with rounds that were interrupted: by Ctrl-C, a crash, or the loss of power. The other arguments are those of the
    /// call that was interrupted; --budget, thresholds and output may be others
    #[arg(long)]
    pub(crate) resume: bool,

    /// Run all benchmarks on one processor, this one or the least busy that is allowed (Linux). Threads of a benchmark then
    /// share it: not for benchmarks with several
    #[arg(long, value_name = "CPU", num_args = 0..=1, require_equals = true)]
    pub(crate) pin: Option<Option<usize>>,

    /// Run the baseline with this variable of the environment; builds don't see it. May be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable, help_heading = "Settings to compare")]
    pub(crate) baseline_env: Vec<(String, String)>,

    /// Run the candidate with this variable of the environment. With settings and without BASE, both sides are one build
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable, help_heading = "Settings to compare")]
    pub(crate) candidate_env: Vec<(String, String)>,

    /// Run the baseline with these arguments, after those for both; quoted as for a shell
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true, help_heading = "Settings to compare")]
    pub(crate) baseline_args: Vec<String>,

    /// Run the candidate with these arguments, as in `--candidate-args '--measurement-time 1'`
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true, help_heading = "Settings to compare")]
    pub(crate) candidate_args: Vec<String>,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// Remove what was built when all is done
    #[arg(long, help_heading = "Build")]
    pub(crate) clean: bool,

    #[command(flatten)]
    pub(crate) clock: ClockArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    #[command(flatten)]
    pub(crate) explained: ExplainArgs,

    #[command(flatten)]
    pub(crate) workflow: NoGithubArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Options for Criterion, after `--`; without them, each process measures for 0.2 seconds
    #[arg(last = true, value_name = "CRITERION ARGS")]
    pub(crate) criterion_args: Vec<String>,
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, as in RAYON_NUM_THREADS=1")?;
    if name.is_empty() {
        return Err("the name is missing, as in RAYON_NUM_THREADS=1".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// Measure numbers to be quoted: several executions on a machine that is fit, with the machine looked after between them
///
/// Looks at the machine and the repository first, as `regress doctor --profile official` does, and refuses where something fails. Then
/// every benchmark runs once an execution, in a fresh process for as long as Criterion itself would take, and between executions it is
/// waited until the machine is back: idle, cool and fast as at first. With --baseline, that commit is built too and its processes run
/// beside the working tree's, in random order; with --rival, others' commands run in every execution on the same machine.
///
/// Each execution is kept in a folder of Criterion's of its own, DIR/SESSION/runs/run-1 and so on, for `regress check`, `spread` and
/// the others to read, and each process is kept when it ends: the same call goes on where it was after Ctrl-C, a crash or the loss of
/// power, and with more --runs it adds to them. At the end stand a report and DIR/SESSION/official.json, a baseline for later.
///
/// Exit codes: as `check` with a baseline, else 0; 2 could not measure all: refused, interrupted, or a process failed.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  regress official
  regress official --baseline v1.2 --runs 7 --wait 15m
  regress official --bench parse --rival 'python3 bench/rival.py' --accept smt
  regress official -- --measurement-time 10
  regress check --profile official -b v1.2.json -c target/regress/official/last/official.json")]
#[command(mut_arg("profile", |arg| arg.help(
    "official (2 %, dedicated machine), smoke (20 %, shared machines), or one of the configuration's; a `profile` that \
     regress.toml sets is not for official runs [default: official]"
)))]
pub(crate) struct OfficialArgs {
    /// Measure this branch, tag or commit beside the working tree, as the baseline
    #[arg(long, value_name = "REF", conflicts_with_all = ["baseline_binary", "binary"])]
    pub(crate) baseline: Option<String>,

    /// Run this executable, and build nothing; several are matched with the baseline's in order
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Vec<PathBuf>,

    /// Run this executable as the baseline
    #[arg(long, value_name = "FILE", requires = "binary")]
    pub(crate) baseline_binary: Vec<PathBuf>,

    /// Executions: of a finished session, more are added
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000).map(|n| n as usize))]
    pub(crate) runs: usize,

    /// Run this command in each execution; it writes Criterion's files below $CRITERION_HOME. Quoted as for a shell, but none reads
    /// it. May be given several times
    #[arg(long, value_name = "COMMAND")]
    pub(crate) rival: Vec<String>,

    /// How long one process of a benchmark may take [default: an hour, and once it was measured ten times as long as it took, but no
    /// less than ten minutes]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) limit: Option<Duration>,

    /// How long a rival's process may take
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_duration)]
    pub(crate) rival_limit: Duration,

    #[command(flatten)]
    pub(crate) only: FilterArgs,

    #[command(flatten)]
    pub(crate) order: SeedArgs,

    /// Wait before the first execution for what passes by itself (busy programs, load, heat), for as long as this
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Machine")]
    pub(crate) wait: Option<Duration>,

    /// How long to wait at most between executions until the machine is back; one that begins sooner is marked as disturbed. `0s`
    /// waits for nothing
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = parse_time, help_heading = "Machine")]
    pub(crate) cool_down: Duration,

    /// Look first, for about 5 seconds, whether this machine can resolve the threshold, as `regress doctor --measure` does
    #[arg(long, help_heading = "Machine")]
    pub(crate) measure: bool,

    /// Take failures of this check of `regress doctor` for warnings; a list with commas
    #[arg(long, value_delimiter = ',', value_name = "CHECK", help_heading = "Machine")]
    pub(crate) accept: Vec<String>,

    /// Measure although checks fail; what failed is kept with the numbers
    #[arg(long, help_heading = "Machine")]
    pub(crate) anyway: bool,

    /// What it is called: the folder below DIR in which it is kept
    #[arg(long, value_name = "NAME", default_value = "last", value_parser = parse_session, help_heading = "Keeping")]
    pub(crate) session: String,

    /// Begin anew; what was measured under this name is kept under another
    #[arg(long, help_heading = "Keeping")]
    pub(crate) fresh: bool,

    /// Where sessions are kept [default: regress/official below the target folder]
    #[arg(long, value_name = "DIR", help_heading = "Keeping")]
    pub(crate) into: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    #[command(flatten)]
    pub(crate) workflow: NoGithubArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Options for Criterion, after `--`; without them, each process measures as `cargo bench` does
    #[arg(last = true, value_name = "CRITERION ARGS")]
    pub(crate) criterion_args: Vec<String>,
}

/// A name that is a folder's on every system, and no way out of another.
fn parse_session(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = !text.is_empty() && text.len() <= 100 && !text.starts_with('.') && text.chars().all(is_plain);
    if is_name { Ok(text.to_owned()) } else { Err("expected a name of letters, digits, `-`, `_` and `.`".to_owned()) }
}

/// Look whether this machine and repository are fit to measure: what is wrong, why it matters, and what to do
///
/// Looks for a second at what else runs, power, heat, memory, clocks and virtualisation, at what the system says of the last five
/// minutes, and then over the repository: settings that ruin measurements, stale results, workflows that trust strangers. It
/// changes nothing and ends nobody's programs.
///
/// The profile says how strict to be: what fails with `official`, or with any profile whose threshold is below 10 %, is a warning
/// with `smoke`.
///
/// Exit codes: 0 nothing failed, 1 a check failed, 2 could not look, 3 something can't be told, where --strict asks for it.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The baseline to be compared with: is this the machine that it was measured on?
    #[arg(long, short = 'b', value_name = "SIDE", num_args = 1..)]
    pub(crate) baseline: Vec<String>,

    /// Time the same work in 15 fresh processes, about 5 seconds: can this machine resolve the threshold?
    #[arg(long)]
    pub(crate) measure: bool,

    /// Wait for what passes by itself (busy programs, load, heat), for as long as this
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) wait: Option<Duration>,

    /// Take failures of this check for warnings; a list with commas
    #[arg(long, value_delimiter = ',', value_name = "CHECK")]
    pub(crate) accept: Vec<String>,

    /// Exit with 3 where something can't be told
    #[arg(long)]
    pub(crate) strict: bool,

    /// Print the commands that would remedy what was found, as a shell script, in place of the checks; none is run
    #[arg(long)]
    pub(crate) fix: bool,

    /// The repository to look over
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) repository: PathBuf,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    #[command(flatten)]
    pub(crate) place: WhereArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
