//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
#[cfg(feature = "github")]
use criterion_regress::publish::{Key, Repository};
use criterion_regress::report::Format;

/// The regression gate for Criterion benchmarks: reads what Criterion wrote, compares it with a baseline, and says what
/// changed with the uncertainty that the evidence has.
///
/// Exit codes: 0 no regression, 1 at least one regression, 2 could not do the job, 3 nothing was compared (or inconclusive
/// where asked to fail on it).
#[derive(Debug, Parser)]
#[command(name = "regress", version, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Check(CheckArgs),
    Ab(Box<AbArgs>),
    Official(Box<OfficialArgs>),
    List(ListArgs),
    Compare(CompareArgs),
    Record(RecordArgs),
    History(HistoryArgs),
    Changes(ChangesArgs),
    Plot(PlotArgs),
    Store(StoreArgs),
    Dashboard(DashboardArgs),
    Badge(BadgeArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Spread(SpreadArgs),
    Report(ReportArgs),
    #[cfg(feature = "github")]
    Comment(CommentArgs),
    Confirm(ConfirmArgs),
    Audit(AuditArgs),
    Rivals(RivalsArgs),
    Claims(ClaimsArgs),
    ReleaseCheck(ReleaseCheckArgs),
    Doctor(DoctorArgs),
    /// Time a fixed piece of work and print nanoseconds: what `regress doctor --measure` runs
    #[command(hide = true)]
    Kernel,
    Config(ConfigArgs),
    Init(InitArgs),
    Completions(CompletionsArgs),
    /// Print the manual page, for `man -l -`
    Man,
}

/// Where Criterion's results are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where to read")]
pub(super) struct WhereArgs {
    /// Criterion's folder [default: $CRITERION_HOME, $CARGO_TARGET_DIR/criterion, target/criterion, or where cargo says]
    #[arg(long, value_name = "DIR", env = "REGRESS_DIR")]
    pub(super) dir: Option<PathBuf>,

    /// The target folder that holds `criterion`
    #[arg(long, value_name = "DIR", conflicts_with = "dir")]
    pub(super) target_dir: Option<PathBuf>,
}

/// What to write, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = FormatArg::Terminal, env = "REGRESS_FORMAT")]
    pub(super) format: FormatArg,

    /// Also write a file; may be given several times
    #[arg(long = "output", short = 'o', value_name = "FORMAT=PATH", value_parser = parse_output)]
    pub(super) outputs: Vec<(FormatArg, PathBuf)>,

    /// Show every benchmark and name, not only the notable ones
    #[arg(long)]
    pub(super) all: bool,

    /// When to use colour
    #[arg(long, value_enum, default_value_t = ColorArg::Auto, value_name = "WHEN")]
    pub(super) color: ColorArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArg {
    /// For people at a terminal
    Terminal,
    /// For programs; that of `check` is a report, which `regress report` renders in every other format
    Json,
    /// For pull requests and job summaries
    Markdown,
    /// For spreadsheets
    Csv,
    /// For CI systems that show tests; of `check` and `report` only
    Junit,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Format {
        match format {
            FormatArg::Terminal => Format::Terminal,
            FormatArg::Json => Format::Json,
            FormatArg::Markdown => Format::Markdown,
            FormatArg::Csv => Format::Csv,
            FormatArg::Junit => Format::Junit,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorArg {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn parse_output(text: &str) -> Result<(FormatArg, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("expected FORMAT=PATH, as in json=report.json")?;
    if path.is_empty() {
        return Err("the path is missing, as in json=report.json".to_owned());
    }
    if path == "-" {
        return Err("standard output is for --format; a path is a file's".to_owned());
    }
    let format = FormatArg::from_str(format, true)
        .map_err(|_| format!("`{format}` is not a format; there are terminal, json, markdown, csv and junit"))?;
    Ok((format, PathBuf::from(path)))
}

/// Bytes a second: `1e11`, `100 GB/s`, `93 GiB/s`.
pub(super) fn parse_bytes_rate(text: &str) -> Result<f64, String> {
    rate(text, "B").ok_or_else(|| "expected bytes a second, as in 100GB/s or 1e11".to_owned())
}

/// Elements a second: `2.5e12`, `2.5 T/s`.
pub(super) fn parse_elements_rate(text: &str) -> Result<f64, String> {
    rate(text, "").ok_or_else(|| "expected elements a second, as in 2.5T/s or 2.5e12".to_owned())
}

fn rate(text: &str, unit: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_suffix("/s").unwrap_or(text);
    let text = text.strip_suffix(unit).unwrap_or(text).trim_end();
    let prefixes = [
        ("Ki", 1024.0),
        ("Mi", 1024.0 * 1024.0),
        ("Gi", 1024.0 * 1024.0 * 1024.0),
        ("Ti", 1024.0 * 1024.0 * 1024.0 * 1024.0),
    ];
    let prefixes = prefixes.into_iter().chain([("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("", 1.0)]);
    let (number, factor) =
        prefixes.into_iter().find_map(|(prefix, factor)| Some((text.strip_suffix(prefix)?, factor)))?;
    number.trim().parse::<f64>().ok().map(|number| number * factor).filter(|rate| rate.is_finite() && *rate > 0.0)
}

fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    number.parse().map_err(|_| "expected a percentage, as in 20".to_owned())
}

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
pub(super) struct CheckArgs {
    /// What to compare with; several are executions of the same code [default: the run before the last]
    #[arg(long, short = 'b', value_name = "SIDE", env = "REGRESS_BASELINE", num_args = 1..)]
    pub(super) baseline: Vec<String>,

    /// What to compare; several are executions of the same code [default: new, the last run]
    #[arg(long, short = 'c', value_name = "SIDE", env = "REGRESS_CANDIDATE", num_args = 1..)]
    pub(super) candidate: Vec<String>,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    /// The commit that the baseline is of, to be told in the report
    #[arg(long, value_name = "COMMIT", env = "REGRESS_BASELINE_REVISION")]
    pub(super) baseline_revision: Option<String>,

    /// The commit that the candidate is of, to be told in the report
    #[arg(long, value_name = "COMMIT", env = "REGRESS_CANDIDATE_REVISION")]
    pub(super) candidate_revision: Option<String>,

    /// Explain one verdict in plain words, with the numbers, instead of printing the report
    #[arg(long, value_name = "ID")]
    pub(super) explain: Option<String>,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    /// Leave out candidate results written before: `last-run` (which began after the last 30 minutes without results), a
    /// duration (`2h`), a day, or a time (`2026-01-31T12:00:00Z`)
    #[arg(long, value_name = "WHEN", env = "REGRESS_SINCE")]
    pub(super) since: Option<String>,

    /// Leave a workflow of GitHub's alone: no job summary, outputs or annotations
    #[arg(long, env = "REGRESS_NO_GITHUB")]
    pub(super) no_github: bool,

    #[command(flatten)]
    pub(super) store: WhichStoreArgs,

    #[command(flatten)]
    pub(super) place: WhereArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

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
/// The working tree, index, stash and Criterion's own results are left alone: what is built lies in `regress` below the target
/// folder, and is used again by the next call.
#[derive(Debug, Args)]
pub(super) struct AbArgs {
    /// What to compare with: a branch, tag or commit [default: where the working tree left the default branch]
    #[arg(value_name = "BASE", conflicts_with_all = ["baseline_binary", "candidate_binary"])]
    pub(super) base: Option<String>,

    /// Compare this branch, tag or commit, instead of the working tree
    #[arg(long, value_name = "REF", conflicts_with_all = ["baseline_binary", "candidate_binary"])]
    pub(super) head: Option<String>,

    /// Run this executable as the baseline, and build nothing; several are matched with the candidate's in order
    #[arg(long, value_name = "FILE", requires = "candidate_binary")]
    pub(super) baseline_binary: Vec<PathBuf>,

    /// Run this executable as the candidate, and build nothing
    #[arg(long, value_name = "FILE", requires = "baseline_binary")]
    pub(super) candidate_binary: Vec<PathBuf>,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    /// Run this many rounds and look once, after the last [default: by the number of benchmarks, and until all is decided]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000).map(|n| n as usize))]
    pub(super) rounds: Option<usize>,

    /// How long all rounds together may take, builds not included. A single process that takes longer than a minute and a quarter of
    /// this is ended
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration, conflicts_with = "rounds")]
    pub(super) budget: Option<Duration>,

    /// What the random order follows from [default: another one each time]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,

    /// Go on with rounds that were interrupted: by Ctrl-C, a crash, or the loss of power. The other arguments are those of the
    /// call that was interrupted; --budget, thresholds and output may be others
    #[arg(long)]
    pub(super) resume: bool,

    /// Run all benchmarks on one processor, this one or the least busy that is allowed (Linux). Threads of a benchmark then
    /// share it: not for benchmarks with several
    #[arg(long, value_name = "CPU", num_args = 0..=1, require_equals = true)]
    pub(super) pin: Option<Option<usize>>,

    /// Run the baseline with this variable of the environment; builds don't see it. May be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable, help_heading = "Settings to compare")]
    pub(super) baseline_env: Vec<(String, String)>,

    /// Run the candidate with this variable of the environment. With settings and without BASE, both sides are one build
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable, help_heading = "Settings to compare")]
    pub(super) candidate_env: Vec<(String, String)>,

    /// Run the baseline with these arguments, after those for both; quoted as for a shell
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true, help_heading = "Settings to compare")]
    pub(super) baseline_args: Vec<String>,

    /// Run the candidate with these arguments, as in `--candidate-args '--measurement-time 1'`
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true, help_heading = "Settings to compare")]
    pub(super) candidate_args: Vec<String>,

    /// Build only this package's benchmarks, as cargo's
    #[arg(long, value_name = "SPEC", help_heading = "Build")]
    pub(super) package: Vec<String>,

    /// Build only this target of benchmarks, as cargo's
    #[arg(long, value_name = "NAME", help_heading = "Build")]
    pub(super) bench: Vec<String>,

    /// Build with these features, as cargo's
    #[arg(long, value_name = "FEATURES", help_heading = "Build")]
    pub(super) features: Vec<String>,

    /// Build with this profile of cargo's
    #[arg(long, value_name = "NAME", help_heading = "Build")]
    pub(super) build_profile: Option<String>,

    /// Remove what was built when all is done
    #[arg(long, help_heading = "Build")]
    pub(super) clean: bool,

    #[command(flatten)]
    pub(super) clock: ClockArgs,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    /// Explain one verdict in plain words, with the numbers, instead of printing the report
    #[arg(long, value_name = "ID")]
    pub(super) explain: Option<String>,

    /// Leave a workflow of GitHub's alone: no job summary, outputs or annotations
    #[arg(long, env = "REGRESS_NO_GITHUB")]
    pub(super) no_github: bool,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    /// Options for Criterion, after `--`; without them, each process measures for 0.2 seconds
    #[arg(last = true, value_name = "CRITERION ARGS")]
    pub(super) criterion_args: Vec<String>,
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
pub(super) struct OfficialArgs {
    /// Measure this branch, tag or commit beside the working tree, as the baseline
    #[arg(long, value_name = "REF", conflicts_with_all = ["baseline_binary", "binary"])]
    pub(super) baseline: Option<String>,

    /// Run this executable, and build nothing; several are matched with the baseline's in order
    #[arg(long, value_name = "FILE")]
    pub(super) binary: Vec<PathBuf>,

    /// Run this executable as the baseline
    #[arg(long, value_name = "FILE", requires = "binary")]
    pub(super) baseline_binary: Vec<PathBuf>,

    /// Executions: of a finished session, more are added
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000).map(|n| n as usize))]
    pub(super) runs: usize,

    /// Run this command in each execution; it writes Criterion's files below $CRITERION_HOME. Quoted as for a shell, but none reads
    /// it. May be given several times
    #[arg(long, value_name = "COMMAND")]
    pub(super) rival: Vec<String>,

    /// How long a rival's process may take
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_duration)]
    pub(super) rival_limit: Duration,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    /// What the random order follows from [default: another one each time]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,

    /// Wait before the first execution for what passes by itself (busy programs, load, heat), for as long as this
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Machine")]
    pub(super) wait: Option<Duration>,

    /// How long to wait at most between executions until the machine is back; one that begins sooner is marked as disturbed. `0s`
    /// waits for nothing
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = parse_time, help_heading = "Machine")]
    pub(super) cool_down: Duration,

    /// Take failures of this check of `regress doctor` for warnings; a list with commas
    #[arg(long, value_delimiter = ',', value_name = "CHECK", help_heading = "Machine")]
    pub(super) accept: Vec<String>,

    /// Measure although checks fail; what failed is kept with the numbers
    #[arg(long, help_heading = "Machine")]
    pub(super) anyway: bool,

    /// What it is called: the folder below DIR in which it is kept
    #[arg(long, value_name = "NAME", default_value = "last", value_parser = parse_session, help_heading = "Keeping")]
    pub(super) session: String,

    /// Begin anew; what was measured under this name is kept under another
    #[arg(long, help_heading = "Keeping")]
    pub(super) fresh: bool,

    /// Where sessions are kept [default: regress/official below the target folder]
    #[arg(long, value_name = "DIR", help_heading = "Keeping")]
    pub(super) into: Option<PathBuf>,

    /// Build only this package's benchmarks, as cargo's
    #[arg(long, value_name = "SPEC", help_heading = "Build")]
    pub(super) package: Vec<String>,

    /// Build only this target of benchmarks, as cargo's
    #[arg(long, value_name = "NAME", help_heading = "Build")]
    pub(super) bench: Vec<String>,

    /// Build with these features, as cargo's
    #[arg(long, value_name = "FEATURES", help_heading = "Build")]
    pub(super) features: Vec<String>,

    /// Build with this profile of cargo's
    #[arg(long, value_name = "NAME", help_heading = "Build")]
    pub(super) build_profile: Option<String>,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    /// Leave a workflow of GitHub's alone: no job summary, outputs or annotations
    #[arg(long, env = "REGRESS_NO_GITHUB")]
    pub(super) no_github: bool,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    /// Options for Criterion, after `--`; without them, each process measures as `cargo bench` does
    #[arg(last = true, value_name = "CRITERION ARGS")]
    pub(super) criterion_args: Vec<String>,
}

/// A duration that may be none.
fn parse_time(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|_| "expected a duration, as in 10m or 0s".to_owned())?;
    Duration::try_from(duration).map_err(|_| "expected no negative time".to_owned())
}

/// A name that is a folder's on every system, and no way out of another.
fn parse_session(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = !text.is_empty() && text.len() <= 100 && !text.starts_with('.') && text.chars().all(is_plain);
    if is_name { Ok(text.to_owned()) } else { Err("expected a name of letters, digits, `-`, `_` and `.`".to_owned()) }
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, as in RAYON_NUM_THREADS=1")?;
    if name.is_empty() {
        return Err("the name is missing, as in RAYON_NUM_THREADS=1".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|_| "expected a duration, as in 5m or 90s".to_owned())?;
    Duration::try_from(duration).ok().filter(|d| !d.is_zero()).ok_or_else(|| "expected some time".to_owned())
}

/// What counts as a regression.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy")]
pub(super) struct PolicyArgs {
    /// The change that matters, as a percentage [default: by profile]
    #[arg(long, short = 't', value_name = "PERCENT", env = "REGRESS_THRESHOLD", value_parser = parse_percent)]
    pub(super) threshold: Option<f64>,

    /// smoke (20 %, shared machines), official (2 %, dedicated machine), or one of the configuration's [default: smoke]
    #[arg(long, short = 'p', value_name = "NAME", env = "REGRESS_PROFILE")]
    pub(super) profile: Option<String>,

    /// Exit with 3 also when something is inconclusive, or a benchmark of the baseline was not compared; a list with commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT", env = "REGRESS_FAIL_ON")]
    pub(super) fail_on: Option<Vec<FailOnArg>>,

    /// How far two executions of the same code differ, in percent, where nothing better is known [default: by profile]
    #[arg(long, value_name = "PERCENT", env = "REGRESS_ASSUMED_NOISE", value_parser = parse_percent)]
    pub(super) assumed_noise: Option<f64>,

    /// Fewer executions than this on a side prove nothing [default: by profile]
    #[arg(long, value_name = "N", env = "REGRESS_MIN_EXECUTIONS")]
    pub(super) min_executions: Option<usize>,

    /// Chance of a single false regression in a whole comparison, in percent [default: 1]
    #[arg(long, value_name = "PERCENT", env = "REGRESS_GATE_LEVEL", value_parser = parse_percent)]
    pub(super) gate_level: Option<f64>,

    /// Share of false ones among suspects, in percent [default: 5]
    #[arg(long, value_name = "PERCENT", env = "REGRESS_LIST_LEVEL", value_parser = parse_percent)]
    pub(super) list_level: Option<f64>,

    /// Which number stands for an execution, where a side has several [default: by profile]
    #[arg(long, value_enum, value_name = "WHICH", env = "REGRESS_ESTIMATOR")]
    pub(super) estimator: Option<EstimatorArg>,

    /// Bytes that the machine can move in a second, at most (`100 GB/s`): a benchmark that declares bytes and is faster is a
    /// named warning
    #[arg(long, value_name = "RATE", env = "REGRESS_PEAK_BYTES", value_parser = parse_bytes_rate)]
    pub(super) peak_bytes: Option<f64>,

    /// Elements that the machine can do in a second, at most (`2.5e12`), for benchmarks that declare elements
    #[arg(long, value_name = "RATE", env = "REGRESS_PEAK_ELEMENTS", value_parser = parse_elements_rate)]
    pub(super) peak_elements: Option<f64>,

    /// Judge although the two sides were measured in different environments
    #[arg(long, env = "REGRESS_ALLOW_DIFFERENT_MACHINES", value_parser = BoolishValueParser::new())]
    pub(super) allow_different_machines: bool,

    /// What a slowdown of the whole suite beyond the threshold does [default: fail]
    #[arg(long, value_enum, value_name = "ACTION", env = "REGRESS_SUITE_SHIFT")]
    pub(super) suite_shift: Option<ShiftArg>,

    /// The configuration file [default: regress.toml here or in a folder above]
    #[arg(long, value_name = "FILE", env = "REGRESS_CONFIG")]
    pub(super) config: Option<PathBuf>,

    /// Read no configuration file
    #[arg(long, conflicts_with = "config")]
    pub(super) no_config: bool,
}

/// By what rounds are judged.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy")]
pub(super) struct ClockArgs {
    /// Which time judges the rounds of `ab`; benchmarks that wait or use threads are judged by wall time [default: both]
    #[arg(long, value_enum, value_name = "WHICH", env = "REGRESS_CLOCK")]
    pub(super) clock: Option<ClockArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ClockArg {
    /// Time that goes by
    Wall,
    /// CPU time of the processes: steadier where others use the processors too
    Cpu,
    /// Either of them, with half of the level each
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOnArg {
    /// A benchmark that can't be told from noise
    Inconclusive,
    /// A benchmark of the baseline that was not compared
    Incomplete,
    /// Neither
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EstimatorArg {
    /// The median: for machines that others share
    Typical,
    /// The lower quartile: for a machine of its own
    LowerQuartile,
    /// The smallest measurement
    Minimum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShiftArg {
    /// It fails the comparison
    Fail,
    /// It is told
    Warn,
}

/// Show what results there are: baselines, times, throughput, age, sampling, and what is wrong with them
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    /// Criterion's folder; the same as --dir
    #[arg(value_name = "DIR", conflicts_with_all = ["dir", "target_dir"])]
    pub(super) folder: Option<PathBuf>,

    #[command(flatten)]
    pub(super) place: WhereArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Put baselines side by side in a table, as critcmp does, with intervals and without a verdict
///
/// SIDE is the name of a baseline, a folder of Criterion's (`DIR` or `DIR@NAME`), or a file that `regress export` or
/// `critcmp --export` wrote. Without any, all baselines of Criterion's folder are shown.
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// What to compare
    #[arg(value_name = "SIDE")]
    pub(super) sides: Vec<String>,

    /// Print the names of the baselines that there are
    #[arg(long, conflicts_with = "sides")]
    pub(super) baselines: bool,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    /// Put benchmarks in one row whose captures of this regular expression are equal
    #[arg(long, short = 'g', value_name = "REGEX")]
    pub(super) group: Option<String>,

    /// Leave out rows whose values differ by less than this percentage
    #[arg(long, short = 't', value_name = "PERCENT", value_parser = parse_percent)]
    pub(super) threshold: Option<f64>,

    /// A line a value, for many columns
    #[arg(long)]
    pub(super) list: bool,

    /// The order of the rows
    #[arg(long, value_enum, default_value_t = SortArg::Name)]
    pub(super) sort: SortArg,

    #[command(flatten)]
    pub(super) place: WhereArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SortArg {
    /// By name
    Name,
    /// The largest difference first
    Difference,
}

/// Keep the last run in history: revision, branch, time, machine, and every execution of every benchmark
///
/// After `cargo bench`, it records what that run wrote; results that an earlier run left in Criterion's folder are not recorded.
/// SIDE may also be a baseline, a folder, or a file of `regress export`, as in `regress check`; several are executions of the same
/// code. Recording the same results again changes nothing.
///
/// A run is on the disk, or at the remote, when this command ends well.
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// What to record; several are executions of the same code [default: new]
    #[arg(value_name = "SIDE")]
    pub(super) sides: Vec<String>,

    #[command(flatten)]
    pub(super) store: WhichStoreArgs,

    /// The revision that was measured: anything that git understands, or any name where git knows nothing of it [default: HEAD]
    #[arg(long, value_name = "REV")]
    pub(super) revision: Option<String>,

    /// The branch that it is on [default: the one that is checked out, or a workflow's]
    #[arg(long, value_name = "NAME")]
    pub(super) branch: Option<String>,

    /// When the revision was made, as in 2026-01-31T12:00:00Z [default: as git says]
    #[arg(long, value_name = "TIME")]
    pub(super) time: Option<String>,

    /// Only what was written since then: `last-run`, a duration as in 2h, or a time. Does not apply to files
    #[arg(long, value_name = "WHEN", default_value = "last-run")]
    pub(super) since: String,

    /// An executable that was measured; its hash is recorded
    #[arg(long, value_name = "FILE")]
    pub(super) executable: Vec<PathBuf>,

    /// It was measured elsewhere: record nothing about this machine
    #[arg(long)]
    pub(super) elsewhere: bool,

    /// Cargo's profile and flags that it was built with, where they matter
    #[arg(long = "build-profile", value_name = "TEXT")]
    pub(super) build_profile: Option<String>,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = StoreFormatArg::Terminal)]
    pub(super) format: StoreFormatArg,

    #[command(flatten)]
    pub(super) place: WhereArgs,
}

/// Which history.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "History")]
pub(super) struct WhichStoreArgs {
    /// Where history is kept: `PATH.db` or `sqlite:PATH`, `branch:NAME[@REMOTE]`, or `postgres://…` [default: `store` of
    /// `[history]` in regress.toml; else branch:regress-history in CI, and .regress/history.db elsewhere]
    #[arg(long, value_name = "STORE", env = "REGRESS_STORE", hide_env_values = true)]
    pub(super) store: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum StoreFormatArg {
    /// For people at a terminal
    Terminal,
    /// For programs
    Json,
}

/// Which part of history.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "History")]
pub(super) struct TimelineArgs {
    /// The branch whose line of commits is looked at [default: HEAD]. Without git, runs that were recorded on it, by time
    #[arg(long, value_name = "NAME")]
    pub(super) branch: Option<String>,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    /// The smallest change that is told, as a percentage [default: `threshold` of `[history]` in regress.toml, else 5]
    #[arg(long, short = 't', value_name = "PERCENT", value_parser = parse_percent)]
    pub(super) threshold: Option<f64>,

    #[command(flatten)]
    pub(super) store: WhichStoreArgs,
}

/// Show what history holds: each benchmark's latest value, its runs and changes; or the series of one
///
/// Runs are in the order of the commits that lead to HEAD, by first parents, and those of other commits are left out; without git,
/// or in a shallow clone, in the order of time. Several executions of a commit are several points. Each machine has a series of its
/// own.
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// Show this benchmark's series: revisions, values with intervals, changes
    #[arg(value_name = "ID")]
    pub(super) id: Option<String>,

    /// Also draw it
    #[arg(long, requires = "id")]
    pub(super) plot: bool,

    #[command(flatten)]
    pub(super) of: TimelineArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Draw one benchmark's history
///
/// Each execution is a dot, the oldest on the left; `^` marks where the level changed. The picture is as wide as the terminal, or
/// as $COLUMNS says.
#[derive(Debug, Args)]
pub(super) struct PlotArgs {
    /// The benchmark
    #[arg(value_name = "ID")]
    pub(super) id: String,

    #[command(flatten)]
    pub(super) of: TimelineArgs,
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
pub(super) struct ChangesArgs {
    #[command(subcommand)]
    pub(super) command: Option<ChangesCommand>,

    /// Only changes since then, and drift from there: a commit or tag, a duration (`30d`), a day, or a time
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<String>,

    /// Exit with 1 where there is such a change; a list with commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub(super) fail_on: Option<Vec<FailOnChangeArg>>,

    #[command(flatten)]
    pub(super) of: TimelineArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOnChangeArg {
    /// A confirmed slowdown of the code that nobody has accepted
    New,
    /// A benchmark that drifted slower, which nobody has accepted
    Drift,
    /// A slowdown that came with another machine, compiler or setting, which nobody has accepted
    Environment,
}

#[derive(Debug, Subcommand)]
pub(super) enum ChangesCommand {
    /// Accept a change, with the reason: it is shown from then on, and fails nothing
    ///
    /// It is written as `[[accepted]]` into regress.toml, to be committed: the place, the benchmarks and their direction. What changes
    /// elsewhere, or of other benchmarks at the same place, is new again; so is a drift that goes on.
    Accept(AcceptArgs),
}

#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    /// The finding, as `regress changes` names it
    #[arg(value_name = "FINDING")]
    pub(super) finding: String,

    /// Why it is as it should be
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,

    /// As for the `regress changes` that named it
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<String>,

    #[command(flatten)]
    pub(super) of: TimelineArgs,
}

/// Look after the place where history is kept
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    pub(super) command: StoreCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Read everything, compare each run with the hash that it was recorded under, and say what it takes
    ///
    /// Exit code 2 when anything is damaged.
    Verify(StoreOfArgs),
    /// Fold what was recorded since into what takes less room; no run is lost
    ///
    /// Recording does so by itself every so many runs. On a branch, the old files stay in its past: each run is in there twice,
    /// once alone and once in a pack, and never more often.
    Compact(StoreOfArgs),
    /// Bring a store of an earlier version of this tool up to date
    ///
    /// Files of SQLite are brought up to date whenever they are opened; a PostgreSQL that others use as well only by this.
    Migrate(StoreOfArgs),
    /// Copy all runs of one store to another; those that are there already stay as they are
    Copy(StoreCopyArgs),
}

#[derive(Debug, Args)]
pub(super) struct StoreOfArgs {
    #[command(flatten)]
    pub(super) store: WhichStoreArgs,

    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = StoreFormatArg::Terminal)]
    pub(super) format: StoreFormatArg,
}

#[derive(Debug, Args)]
pub(super) struct StoreCopyArgs {
    #[command(flatten)]
    pub(super) of: StoreOfArgs,

    /// The store to copy to
    #[arg(long, value_name = "STORE")]
    pub(super) to: String,
}

/// Which history is drawn, and what counts as a change.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is drawn")]
pub(super) struct DrawnArgs {
    #[command(flatten)]
    pub(super) store: WhichStoreArgs,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    /// Only runs on this branch; may be given several times [default: all; the page begins with the one that has most runs]
    #[arg(long, value_name = "NAME")]
    pub(super) branch: Vec<String>,

    /// Changes smaller than this are left out
    #[arg(long, value_name = "PERCENT", default_value = "2", value_parser = parse_smallest)]
    pub(super) smallest: f64,
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
  regress dashboard --out site --branch main --store branch --commit-url https://git.example.org/o/r/commit/")]
pub(super) struct DashboardArgs {
    /// The folder to write; files of an earlier site are overwritten, and nothing else is
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(super) out: PathBuf,

    /// The head of the page [default: the folder's name]
    #[arg(long, value_name = "TEXT")]
    pub(super) title: Option<String>,

    /// What a revision is appended to, to be a link [default: as the remote `origin` says, where it is GitHub, GitLab or Codeberg]
    #[arg(long, value_name = "URL")]
    pub(super) commit_url: Option<String>,

    #[command(flatten)]
    pub(super) drawn: DrawnArgs,
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
pub(super) struct BadgeArgs {
    /// The id of a benchmark [default: all of them]
    #[arg(long, value_name = "ID")]
    pub(super) benchmark: Option<String>,

    /// A chart of the benchmark instead
    #[arg(long, requires = "benchmark", conflicts_with_all = ["label", "recent"])]
    pub(super) chart: bool,

    /// The badge's left side
    #[arg(long, value_name = "TEXT", default_value = "benchmarks")]
    pub(super) label: String,

    /// In how many runs a change has to be, counted from the last
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(super) recent: usize,

    /// The file to write [default: standard output]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    #[command(flatten)]
    pub(super) drawn: DrawnArgs,
}

/// Write a baseline with all its measurements to one file, to compare with later or elsewhere
///
/// Several are executions of the same code, and are kept apart in the file. The file also says where it was measured: this
/// machine, unless --elsewhere says otherwise.
///
/// With --store, it writes what history holds: an execution a line, as CSV or as JSON lines.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Which baseline; several are executions of the same code [default: new]
    #[arg(value_name = "NAME")]
    pub(super) baselines: Vec<String>,

    /// An executable that was measured; its hash goes into the file, so that a comparison of a build with itself is recognised
    #[arg(long, value_name = "FILE")]
    pub(super) executable: Vec<PathBuf>,

    /// It was measured elsewhere: write nothing about this machine
    #[arg(long)]
    pub(super) elsewhere: bool,

    /// Cargo's profile and flags that it was built with, where they matter
    #[arg(long = "build-profile", value_name = "TEXT")]
    pub(super) build_profile: Option<String>,

    /// What to call it in reports [default: its name]
    #[arg(long, value_name = "NAME")]
    pub(super) label: Option<String>,

    /// The file to write [default: standard output]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    /// Write history instead: of this store, or without a value of the one that `regress record` writes to
    #[arg(
        long,
        value_name = "STORE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with_all = ["baselines", "executable", "elsewhere", "build_profile", "label", "dir", "target_dir"]
    )]
    pub(super) store: Option<String>,

    /// With --store, what to write
    #[arg(long, value_enum, requires = "store")]
    pub(super) format: Option<HistoryFormatArg>,

    /// With --store, only of runs on this branch
    #[arg(long, value_name = "NAME", requires = "store")]
    pub(super) branch: Option<String>,

    #[command(flatten)]
    pub(super) place: WhereArgs,
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
pub(super) struct ImportArgs {
    /// Logs, folders of logs, or files of other tools; all of them are executions of the same code
    #[arg(value_name = "PATH", required = true)]
    pub(super) paths: Vec<PathBuf>,

    /// What they are
    #[arg(long, value_enum, default_value_t = FromArg::Auto, value_name = "FORMAT")]
    pub(super) from: FromArg,

    /// What to call the run in reports [default: its path]
    #[arg(long, value_name = "NAME")]
    pub(super) label: Option<String>,

    /// The file to write; of github-action-benchmark a folder [default: standard output]
    #[arg(long, short = 'o', visible_alias = "out", value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FromArg {
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

/// Show how far the executions of each run lie apart, and what so many of them can show
///
/// For each benchmark: the middle and the smallest of its executions, how far the largest is above the smallest, their standard
/// deviation, and whether so many executions a side would find a change of the threshold's size in four of five comparisons, at the
/// chance of a false alarm that `regress check` keeps to. Of two runs also the verdict on the second. What Criterion printed of its
/// own verdicts is counted beside, where a run was made by `regress import`.
///
/// SIDE is a file of `regress export` or `regress import`, a folder of several runs, or the name of a baseline.
#[derive(Debug, Args)]
pub(super) struct SpreadArgs {
    /// A run with several executions; of two, the first is the baseline
    #[arg(value_name = "SIDE", required = true, num_args = 1..=2)]
    pub(super) sides: Vec<String>,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    #[command(flatten)]
    pub(super) place: WhereArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum HistoryFormatArg {
    /// An object a line
    JsonLines,
    /// For spreadsheets
    Csv,
}

/// Render a report that `regress check --format json` wrote in another format
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The report; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,

    /// Explain one verdict in plain words, with the numbers, instead of printing the report
    #[arg(long, value_name = "ID")]
    pub(super) explain: Option<String>,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Keep one comment on a pull request that says what a report says
///
/// For workflows of GitHub's: the pull request comes from the event, also from that of a workflow_run after one of a fork. Where
/// the event is about none, or the token may not write (that of a fork's pull request never may), the job summary says it all,
/// and the exit code is the verdict's either way: the worst of all reports, and 3 where one is missing. The token is read from
/// $GITHUB_TOKEN and needs `pull-requests: write`, or with --check-run `checks: write` too. Enterprise servers are found by
/// $GITHUB_API_URL; an HTTP proxy is not used.
#[cfg(feature = "github")]
#[derive(Debug, Args)]
pub(super) struct CommentArgs {
    /// A report that `regress check --format json` wrote; several are legs of a matrix, with names for the comment. A named
    /// one whose file isn't there is shown as missing
    #[arg(long = "report", value_name = "[NAME=]FILE", num_args = 1.., value_parser = parse_leg, required_unless_present = "expect")]
    pub(super) reports: Vec<LegArg>,

    /// A leg that has to be there; may be given several times
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(super) expect: Vec<String>,

    /// Which comment of the pull request: each key has one of its own
    #[arg(long, value_name = "KEY", default_value = "default", value_parser = Key::new)]
    pub(super) key: Key,

    /// The pull request, where the event doesn't say
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=9_999_999_999))]
    pub(super) pr: Option<u64>,

    /// The repository
    #[arg(long, value_name = "OWNER/NAME", env = "GITHUB_REPOSITORY", value_parser = parse_repository)]
    pub(super) repo: Repository,

    /// The account whose token it is: only comments of this one are edited
    #[arg(long, value_name = "LOGIN", default_value = "github-actions[bot]")]
    pub(super) bot_login: String,

    /// Look, print what would be written, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Write no comment where there is none yet and every benchmark was shown to be unchanged; what can't be told is told, and a
    /// comment that is there is always kept up to date
    #[arg(long)]
    pub(super) only_on_change: bool,

    /// Write a new comment for each commit, and fold those on earlier ones away as outdated
    #[arg(long)]
    pub(super) minimize_outdated: bool,

    /// Also write a check run, with an annotation for each regression
    #[arg(long)]
    pub(super) check_run: bool,

    /// Give up after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) timeout: u64,
}

/// A report, and what it is called in a matrix.
#[cfg(feature = "github")]
#[derive(Debug, Clone)]
pub(super) struct LegArg {
    pub(super) name: Option<String>,
    pub(super) file: PathBuf,
}

/// `NAME=FILE`, or a file; a file with such a name is `./a=b`.
#[cfg(feature = "github")]
fn parse_leg(text: &str) -> Result<LegArg, String> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) if !name.contains(['/', '\\']) => (Some(name), file),
        _ => (None, text),
    };
    if file.is_empty() || name.is_some_and(|name| name.trim().is_empty()) {
        return Err("expected FILE or NAME=FILE, as in linux=report.json".to_owned());
    }
    Ok(LegArg { name: name.map(str::to_owned), file: PathBuf::from(file) })
}

#[cfg(feature = "github")]
fn parse_repository(text: &str) -> Result<Repository, String> {
    Repository::new(text).ok_or_else(|| "expected OWNER/NAME".to_owned())
}

/// Settle what a report left suspicious, by measuring it a second time
///
/// Suspects were chosen for their first measurement, so that it proves nothing about them any more. The second one is judged
/// alone, once, with the number of suspects corrected for: what it proves is a regression, and what it doesn't prove is none,
/// even where the first single execution seemed to. Measure both sides again, each on its own code; the report says how.
#[derive(Debug, Args)]
pub(super) struct ConfirmArgs {
    /// The report that `regress check --format json` wrote
    #[arg(value_name = "REPORT")]
    pub(super) report: PathBuf,

    /// The second measurement of the baseline
    #[arg(long, short = 'b', value_name = "SIDE", num_args = 1.., required = true)]
    pub(super) baseline: Vec<String>,

    /// The second measurement of the candidate
    #[arg(long, short = 'c', value_name = "SIDE", num_args = 1.., required = true)]
    pub(super) candidate: Vec<String>,

    /// Explain one verdict in plain words, with the numbers, instead of printing the report
    #[arg(long, value_name = "ID")]
    pub(super) explain: Option<String>,

    /// Judge although the two sides were measured in different environments
    #[arg(long, env = "REGRESS_ALLOW_DIFFERENT_MACHINES", value_parser = BoolishValueParser::new())]
    pub(super) allow_different_machines: bool,

    /// Leave a workflow of GitHub's alone: no job summary, outputs or annotations
    #[arg(long, env = "REGRESS_NO_GITHUB")]
    pub(super) no_github: bool,

    #[command(flatten)]
    pub(super) place: WhereArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Try rules on recorded runs of the same code: how often each would have cried wolf here
///
/// Neighbouring runs are compared, in the order in which they are given. As nothing changed between them, whatever a rule calls
/// slower is a false alarm. The second table has a threshold for each benchmark.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// Runs of the same code: names of baselines, folders of Criterion's, folders of runs, exported files
    #[arg(value_name = "SIDE", required = true)]
    pub(super) sides: Vec<String>,

    /// Only benchmarks whose id matches this regular expression
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    #[command(flatten)]
    pub(super) place: WhereArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
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
pub(super) struct DoctorArgs {
    /// The baseline to be compared with: is this the machine that it was measured on?
    #[arg(long, short = 'b', value_name = "SIDE", num_args = 1..)]
    pub(super) baseline: Vec<String>,

    /// Time the same work in 15 fresh processes, about 5 seconds: can this machine resolve the threshold?
    #[arg(long)]
    pub(super) measure: bool,

    /// Wait for what passes by itself (busy programs, load, heat), for as long as this
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(super) wait: Option<Duration>,

    /// Take failures of this check for warnings; a list with commas
    #[arg(long, value_delimiter = ',', value_name = "CHECK")]
    pub(super) accept: Vec<String>,

    /// Exit with 3 where something can't be told
    #[arg(long)]
    pub(super) strict: bool,

    /// Print the commands that would remedy what was found, as a shell script, in place of the checks; none is run
    #[arg(long)]
    pub(super) fix: bool,

    /// The repository to look over
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) repository: PathBuf,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    #[command(flatten)]
    pub(super) place: WhereArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
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
pub(super) struct RivalsArgs {
    /// The part of the ids that names our implementation
    #[arg(long, value_name = "NAME")]
    pub(super) ours: String,

    /// The part of the ids that names theirs
    #[arg(long, value_name = "NAME")]
    pub(super) theirs: String,

    /// Executions of either or of both [default: the last run in Criterion's folder]
    #[arg(value_name = "RUN")]
    pub(super) runs: Vec<String>,

    /// Refuse a ratio with fewer executions a side; a claim in a document needs 5
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..=10_000).map(|n| n as usize))]
    pub(super) min_executions: usize,

    /// The file that says how the runs were measured [default: session.json in the folder of runs]
    #[arg(long, value_name = "FILE")]
    pub(super) conditions: Option<PathBuf>,

    /// Only benchmarks whose id matches this regular expression; no claim is made of a selection
    #[arg(long, short = 'f', value_name = "REGEX")]
    pub(super) filter: Option<String>,

    #[command(flatten)]
    pub(super) place: WhereArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Write the figures of BENCHMARKS.md from recorded reports, and refuse a claim that they don't bear
///
/// A document has sections between marks of their own lines, `<!-- regress:begin NAME -->` and `<!-- regress:end NAME -->`.
/// Each is written anew from `benchmarks/results/NAME.json` beside the document: a report of `regress rivals` or `regress
/// check`, kept in the repository. `report=PATH` after the name takes another file, `show=claim,table,chart,conditions` a part.
/// What stands outside of marks is never touched.
///
/// "2.5× faster than …" is written of at least five executions, of all workloads, on a machine that is nobody else's and not
/// virtual, of a clean commit, with an interval that leaves 1 out. Otherwise the section says why no claim is made, and the
/// exit code is 3. With --check nothing is written, and a section that differs from its report is exit code 1.
#[derive(Debug, Args)]
pub(super) struct ClaimsArgs {
    /// Documents with marked sections [default: BENCHMARKS.md]
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,

    /// Write nothing, and fail where a section or chart is not what its report says
    #[arg(long)]
    pub(super) check: bool,

    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = ShortFormatArg::Terminal)]
    pub(super) format: ShortFormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShortFormatArg {
    /// For people at a terminal
    Terminal,
    /// For programs
    Json,
}

/// Go through what a release needs of its benchmarks, each with what to do about it
///
/// The commit is measured officially (a report in the results' folder says so, and only results and documents changed since),
/// under good conditions, without a regression since the last tag, and BENCHMARKS.md says what the reports do. Nothing is
/// measured here. Exit code 1: something fails, or can't be told.
#[derive(Debug, Args)]
pub(super) struct ReleaseCheckArgs {
    /// The folder of recorded reports
    #[arg(long, value_name = "DIR", default_value = "benchmarks/results")]
    pub(super) results: PathBuf,

    /// Documents with figures [default: BENCHMARKS.md]
    #[arg(long = "claims", value_name = "FILE")]
    pub(super) claims: Vec<PathBuf>,

    /// The release to compare with [default: the last tag before this commit]
    #[arg(long, value_name = "TAG")]
    pub(super) since: Option<String>,

    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = ShortFormatArg::Terminal)]
    pub(super) format: ShortFormatArg,
}

/// Print the settings that are in force, and where each of them came from
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(flatten)]
    pub(super) clock: ClockArgs,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    /// What to compare with
    #[arg(long, short = 'b', value_name = "SIDE", env = "REGRESS_BASELINE", num_args = 1..)]
    pub(super) baseline: Vec<String>,

    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = ConfigFormat::Terminal)]
    pub(super) format: ConfigFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ConfigFormat {
    /// For people at a terminal
    Terminal,
    /// For programs
    Json,
}

/// Write GitHub workflows and a commented regress.toml into a repository
///
/// The smoke workflow measures both sides of a pull request and fails on regressions shown; the comment workflow shows on the
/// pull request what it found, also those from forks; the official workflow measures releases on a machine of yours. With
/// --history, another one records what each push to the default branch measures. Nothing that is already there is overwritten.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The root of the repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) dir: PathBuf,

    /// Which workflows to write; a list with commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHICH", default_value = "smoke,comment,official")]
    pub(super) workflows: Vec<WorkflowArg>,

    /// Also write the workflow that records each push to the default branch; the same as `history` among --workflows
    #[arg(long)]
    pub(super) history: bool,

    /// How the smoke workflow measures the two sides of a pull request
    #[arg(long, value_enum, value_name = "HOW", default_value = "ab")]
    pub(super) smoke: SmokeArg,

    /// A bench target that uses Criterion; may be given several times [default: those that cargo knows of]
    #[arg(long = "bench", value_name = "NAME")]
    pub(super) benches: Vec<String>,

    /// The commit to pin the action to [default: the tag of this version]
    #[arg(long, value_name = "COMMIT")]
    pub(super) action_ref: Option<String>,

    /// Leave files that are already there as they are, and write the others
    #[arg(long)]
    pub(super) keep: bool,

    /// Print what would be written, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WorkflowArg {
    /// On pull requests: both sides in one job, 20 %
    Smoke,
    /// What smoke found, as a comment on the pull request
    Comment,
    /// Against the last release, on a machine of its own
    Official,
    /// On pushes to the default branch: measures, and records in the branch regress-history
    History,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SmokeArg {
    /// `regress ab`: rounds of short processes of both, in random order, until all is decided or 10 minutes are over
    Ab,
    /// `cargo bench` on one and then on the other, and `regress check`: one long execution a side
    Check,
}

/// Print completions for a shell
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_peaks() {
        let check = |text: &str, want: Option<f64>| assert_eq!(parse_bytes_rate(text).ok(), want, "{text}");
        check("1e11", Some(1e11));
        check("100GB/s", Some(1e11));
        check(" 100 GB/s ", Some(1e11));
        check("2 KiB", Some(2048.0));
        check("5 B/s", Some(5.0));
        for wrong in ["", "GB/s", "-1 GB/s", "0", "inf", "nan", "1e999", "100 Gbit/s", "a"] {
            check(wrong, None);
        }
        assert_eq!(parse_elements_rate("2.5 T/s"), Ok(2.5e12));
        assert!(parse_elements_rate("2.5 TB/s").is_err());
    }
}
