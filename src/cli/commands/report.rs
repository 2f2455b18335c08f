use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use criterion_regress::report::{Report, parse_report};

use crate::cli::args::ReportArgs;
use crate::cli::failure::Failure;
use crate::cli::{exit_code, output};

/// Largest report that is read.
const LARGEST: u64 = 1 << 30;

pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode, Failure> {
    let report = read_report(&args.file)?;
    output::write_report(&args.output, &report, args.explain.as_deref())?;
    Ok(exit_code::OK)
}

/// Reads a report that was written as JSON.
pub(crate) fn read_report(file: &Path) -> Result<Report, Failure> {
    let failed = |cause: String| Failure::new(format!("failed to read {}: {cause}", file.display()));
    let text = read(file).map_err(|e| failed(e.to_string()))?;
    parse_report(&text).map_err(|e| failed(e.to_string()).hint("`regress check --format json` writes reports"))
}

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(LARGEST).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(LARGEST).read_to_string(&mut text)?;
    }
    Ok(text)
}
