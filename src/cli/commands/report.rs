use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use criterion_regress::report::{parse_report, render};

use crate::cli::args::ReportArgs;
use crate::cli::failure::Failure;
use crate::cli::{exit_code, output};

/// Largest report that is read.
const LARGEST: u64 = 1 << 30;

pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode, Failure> {
    let failed = |cause: String| Failure::new(format!("failed to read {}: {cause}", args.file.display()));
    let text = read(&args.file).map_err(|e| failed(e.to_string()))?;
    let report =
        parse_report(&text).map_err(|e| failed(e.to_string()).hint("`regress check --format json` writes reports"))?;
    output::write(&args.output, |format, rows, style| Some(render(&report, format, rows, style)))?;
    Ok(exit_code::OK)
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
