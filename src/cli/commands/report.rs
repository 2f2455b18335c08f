use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use criterion_regress::report::{Report, parse_report};

use crate::cli::args::ReportArgs;
use crate::cli::failure::Failure;
use crate::cli::{exit_code, output};

/// Largest report that is read, in bytes: some hundred thousand benchmarks.
const LARGEST: u64 = 256 << 20;

pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode, Failure> {
    let report = read_report(&args.file)?;
    output::write_report(&args.output, &report, args.explained.explain.as_deref())?;
    Ok(exit_code::OK)
}

/// Reads a report that was written as JSON.
pub(crate) fn read_report(file: &Path) -> Result<Report, Failure> {
    let failed = |cause: String| Failure::new(format!("failed to read {}: {cause}", file.display()));
    let text = read(file, LARGEST).map_err(|e| failed(e.to_string()))?;
    parse_report(&text).map_err(|e| failed(e.to_string()).hint("`regress check --format json` writes reports"))
}

/// The text of a file, or of standard input where that is `-`; an error where it is larger than `largest` bytes.
pub(crate) fn read(file: &Path, largest: u64) -> std::io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(largest + 1).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(largest + 1).read_to_string(&mut text)?;
    }
    if text.len() as u64 > largest {
        return Err(std::io::Error::other(format!("it is larger than {} MiB", largest >> 20)));
    }
    Ok(text)
}
