//! What is printed and written, and how.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use criterion_regress::report::Format;

/// What to write, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = FormatArg::Terminal, env = "REGRESS_FORMAT")]
    pub(crate) format: FormatArg,

    /// Also write a file; may be given several times
    #[arg(long = "output", short = 'o', value_name = "FORMAT=PATH", value_parser = parse_output)]
    pub(crate) outputs: Vec<(FormatArg, PathBuf)>,

    /// Show every benchmark and name, not only the notable ones
    #[arg(long)]
    pub(crate) all: bool,

    /// When to use colour
    #[arg(long, value_enum, default_value_t = ColorArg::Auto, value_name = "WHEN")]
    pub(crate) color: ColorArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
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
pub(crate) enum ColorArg {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShortFormatArg {
    /// For people at a terminal
    Terminal,
    /// For programs
    Json,
}

/// What to print, where that is a few lines.
#[derive(Debug, Clone, Args)]
pub(crate) struct ShortOutputArgs {
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = ShortFormatArg::Terminal)]
    pub(crate) format: ShortFormatArg,
}
