//! What counts as a regression.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::value::{parse_bytes_rate, parse_elements_rate, parse_percent};

/// What counts as a regression.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyArgs {
    /// The change that matters, as a percentage [default: by profile]
    #[arg(long, short = 't', value_name = "PERCENT", env = "REGRESS_THRESHOLD", value_parser = parse_percent)]
    pub(crate) threshold: Option<f64>,

    /// smoke (20 %, shared machines), official (2 %, dedicated machine), or one of the configuration's [default: smoke]
    #[arg(long, short = 'p', value_name = "NAME", env = "REGRESS_PROFILE")]
    pub(crate) profile: Option<String>,

    /// Exit with 3 also when something is inconclusive, or a benchmark of the baseline was not compared; a list with commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT", env = "REGRESS_FAIL_ON")]
    pub(crate) fail_on: Option<Vec<FailOnArg>>,

    /// How far two executions of the same code differ, in percent, where nothing better is known [default: by profile]
    #[arg(long, value_name = "PERCENT", env = "REGRESS_ASSUMED_NOISE", value_parser = parse_percent)]
    pub(crate) assumed_noise: Option<f64>,

    /// Fewer executions than this on a side prove nothing [default: by profile]
    #[arg(long, value_name = "N", env = "REGRESS_MIN_EXECUTIONS")]
    pub(crate) min_executions: Option<usize>,

    /// Chance of a single false regression in a whole comparison, in percent [default: 1]
    #[arg(long, value_name = "PERCENT", env = "REGRESS_GATE_LEVEL", value_parser = parse_percent)]
    pub(crate) gate_level: Option<f64>,

    /// Share of false ones among suspects, in percent [default: 5]
    #[arg(long, value_name = "PERCENT", env = "REGRESS_LIST_LEVEL", value_parser = parse_percent)]
    pub(crate) list_level: Option<f64>,

    /// Which number stands for an execution, where a side has several [default: by profile]
    #[arg(long, value_enum, value_name = "WHICH", env = "REGRESS_ESTIMATOR")]
    pub(crate) estimator: Option<EstimatorArg>,

    /// Bytes that the machine can move in a second, at most (`100 GB/s`): a benchmark that declares bytes and is faster is a
    /// named warning
    #[arg(long, value_name = "RATE", env = "REGRESS_PEAK_BYTES", value_parser = parse_bytes_rate)]
    pub(crate) peak_bytes: Option<f64>,

    /// Elements that the machine can do in a second, at most (`2.5e12`), for benchmarks that declare elements
    #[arg(long, value_name = "RATE", env = "REGRESS_PEAK_ELEMENTS", value_parser = parse_elements_rate)]
    pub(crate) peak_elements: Option<f64>,

    #[command(flatten)]
    pub(crate) machines: MachinesArgs,

    /// What a slowdown of the whole suite beyond the threshold does [default: fail]
    #[arg(long, value_enum, value_name = "ACTION", env = "REGRESS_SUITE_SHIFT")]
    pub(crate) suite_shift: Option<ShiftArg>,

    /// The configuration file [default: regress.toml here or in a folder above]
    #[arg(long, value_name = "FILE", env = "REGRESS_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Read no configuration file
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
}

/// By what rounds are judged.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct ClockArgs {
    /// Which time judges the rounds of `ab`; benchmarks that wait or use threads are judged by wall time [default: both]
    #[arg(long, value_enum, value_name = "WHICH", env = "REGRESS_CLOCK")]
    pub(crate) clock: Option<ClockArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClockArg {
    /// Time that goes by
    Wall,
    /// CPU time of the processes: steadier where others use the processors too
    Cpu,
    /// Either of them, with half of the level each
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOnArg {
    /// A benchmark that can't be told from noise
    Inconclusive,
    /// A benchmark of the baseline that was not compared
    Incomplete,
    /// Neither
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EstimatorArg {
    /// The median: for machines that others share
    Typical,
    /// The lower quartile: for a machine of its own
    LowerQuartile,
    /// The smallest measurement
    Minimum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShiftArg {
    /// It fails the comparison
    Fail,
    /// It is told
    Warn,
}

/// Whether the two sides may come from different environments.
#[derive(Debug, Clone, Args)]
pub(crate) struct MachinesArgs {
    /// Judge although the two sides were measured in different environments
    #[arg(long, env = "REGRESS_ALLOW_DIFFERENT_MACHINES", value_parser = BoolishValueParser::new())]
    pub(crate) allow_different_machines: bool,
}
