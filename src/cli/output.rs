//! Text to where it should go.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use criterion_regress::report::{Explanation, Format, Report, Rows, TerminalStyle, explain, render, to_json};

use super::args::{ColorArg, FormatArg, OutputArgs};
use super::failure::Failure;
use super::github;

/// Prints the text of the wanted format, and writes the files.
///
/// `render` gives `None` for a format that has no place for what is to be told.
pub(super) fn write(
    args: &OutputArgs,
    render: impl Fn(Format, Rows, TerminalStyle) -> Option<String>,
) -> Result<(), Failure> {
    let rows = rows(args);
    let text = |format: FormatArg, style: TerminalStyle| {
        render(format.into(), rows, style).ok_or_else(|| {
            Failure::new("failed to write JUnit: it has a place for verdicts only")
                .hint("use `regress check` for JUnit files")
        })
    };
    print(&text(args.format, terminal_style(args.color))?)?;
    write_files(args, text)
}

fn write_files(
    args: &OutputArgs,
    text: impl Fn(FormatArg, TerminalStyle) -> Result<String, Failure>,
) -> Result<(), Failure> {
    for (i, (format, path)) in args.outputs.iter().enumerate() {
        if args.outputs[..i].iter().any(|(_, earlier)| earlier == path) {
            return Err(Failure::new(format!(
                "failed to write {}: two formats are to be written there",
                path.display()
            )));
        }
        let plain = TerminalStyle { width: None, color: false };
        write_file(path, &text(*format, plain)?)?;
    }
    Ok(())
}

/// Prints a report, or how one of its verdicts came about; the files hold the report in any case.
pub(super) fn write_report(args: &OutputArgs, report: &Report, explained: Option<&str>) -> Result<(), Failure> {
    let render = |format, rows, style| Some(render(report, format, rows, style));
    let Some(id) = explained else { return write(args, render) };
    let explanations = explain(report, id);
    if explanations.is_empty() {
        let ids = report.benchmarks.iter().map(|row| &row.id).chain(report.not_compared.iter().map(|row| &row.id));
        let closest = ids.max_by(|a, b| strsim::jaro_winkler(a, id).total_cmp(&strsim::jaro_winkler(b, id)));
        let hint =
            closest.map_or_else(|| "the report holds no benchmarks".to_owned(), |id| format!("did you mean `{id}`?"));
        return Err(Failure::new(format!("failed to explain {id}: the report has no such benchmark")).hint(hint));
    }
    let text = match args.format {
        FormatArg::Json => to_json(&explanations),
        FormatArg::Terminal | FormatArg::Markdown | FormatArg::Csv | FormatArg::Junit => {
            explanations.iter().map(Explanation::to_text).collect::<Vec<_>>().join("\n")
        }
    };
    print(&text)?;
    let rows = rows(args);
    write_files(args, |format, style| Ok(render(format.into(), rows, style).unwrap_or_default()))
}

/// Prints notes of several lines on standard error.
pub(super) fn print_notes(notes: &str) {
    notes.lines().for_each(github::print_error);
}

fn rows(args: &OutputArgs) -> Rows {
    if args.all { Rows::All } else { Rows::Notable }
}

/// Prints on standard output. A reader who has seen enough is no error.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(github::printable(text).as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("failed to write to standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// Prints help, the version, or what is wrong with the arguments, which quotes them.
pub(super) fn print_usage(usage: &clap::Error) -> io::Result<()> {
    let text = usage.render().to_string();
    let text = github::printable(&text);
    if usage.use_stderr() { io::stderr().write_all(text.as_bytes()) } else { io::stdout().write_all(text.as_bytes()) }
}

pub(super) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|e| Failure::new(format!("failed to write {}: {e}", path.display())))
}

/// Writes a file so that whoever reads it sees all of the old text or all of the new one, also when this process ends in between.
pub(super) fn replace_file(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |e: io::Error| Failure::new(format!("failed to write {}: {e}", path.display()));
    // A link stays one: what it points to is written.
    let path = match std::fs::canonicalize(path) {
        Ok(path) => path,
        Err(e) if e.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(e) => return Err(failed(e)),
    };
    put_file(&path, text, true)
}

/// The same for what is made again when the power goes: the disk isn't waited for, and a link gives way to the file.
pub(super) fn swap_file(path: &Path, text: &str) -> Result<(), Failure> {
    put_file(path, text, false)
}

fn put_file(path: &Path, text: &str, is_waited_for: bool) -> Result<(), Failure> {
    let failed = |e: io::Error| Failure::new(format!("failed to write {}: {e}", path.display()));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let write = || {
        let mut file = std::fs::File::options().write(true).create_new(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        if let Ok(metadata) = std::fs::metadata(path) {
            file.set_permissions(metadata.permissions())?;
        }
        if is_waited_for {
            file.sync_all()?;
        }
        std::fs::rename(&beside, path)
    };
    write().map_err(|e| {
        let _ = std::fs::remove_file(&beside);
        failed(e)
    })
}

pub(super) fn terminal_style(color: ColorArg) -> TerminalStyle {
    let is_terminal = io::stdout().is_terminal();
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let color = match color {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto => {
            is_terminal && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    };
    let measured = if is_terminal { terminal_size::terminal_size().map(|(width, _)| width.0) } else { None };
    // Set by whoever knows the width where we can't measure it.
    let stated = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|width| *width >= 20);
    TerminalStyle { width: measured.or_else(stated), color }
}

/// `1 run`, `2 runs`.
pub(super) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
