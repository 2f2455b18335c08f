use std::path::{Path, PathBuf};
use std::process::ExitCode;

use criterion_regress::compare::Pattern;
use criterion_regress::criterion::{
    self, Baselines, ConsoleLog, NEW, StoredRun, Tree, console_tree, is_action_data, is_console_log, read_action_data,
    read_console_log, read_critcmp_tree,
};
use criterion_regress::model::{BenchmarkId, Entry, Measurement, Warning, WarningKind};
use criterion_regress::report::{visible, warning_text};
use criterion_regress::store::{self, ExportedExecution, Gathered, gather, write_run};

use crate::cli::args::{FromArg, ImportArgs};
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::input::{self, filter};
use crate::cli::{exit_code, output, progress};

/// Largest log that is read, and largest file of another tool's.
const LARGEST_INPUT: u64 = 256 << 20;

/// Characters of a commit in a file's name.
const COMMIT_IN_NAME: usize = 12;

type Entries = Tree<ExportedExecution>;

/// What the paths hold.
#[derive(Default)]
struct Found {
    logs: Vec<ConsoleLog>,
    trees: Vec<Entries>,
    histories: Vec<Vec<StoredRun<ExportedExecution>>>,
    warnings: Vec<Warning>,
}

pub(crate) fn run(args: &ImportArgs) -> Result<ExitCode, Failure> {
    let filter = filter(args.only.filter.as_deref())?;
    let mut found = Found::default();
    for path in &args.paths {
        found.read(path, args.from)?;
    }
    let Found { mut logs, mut trees, histories, mut warnings } = found;
    if !histories.is_empty() {
        if !(logs.is_empty() && trees.is_empty()) {
            return Err(Failure::new("failed to import: a history of many commits and a run are not one run")
                .hint("import each by itself"));
        }
        return write_histories(args, histories, filter.as_ref(), &warnings);
    }
    warnings.extend(without_copies(&mut logs));
    // First, as the ids of one log depend on the others.
    trees.insert(0, console_tree(logs, |measurement| exported(measurement, None)));
    let tree = trees.into_iter().reduce(|mut all, tree| {
        all.entries.extend(tree.entries);
        all.broken.extend(tree.broken);
        all.warnings.extend(tree.warnings);
        all
    });
    let mut tree = tree.unwrap_or(Tree { entries: Vec::new(), broken: Vec::new(), warnings: Vec::new() });
    tree.warnings.append(&mut warnings);
    let label = args.label.clone().unwrap_or_else(|| label(&args.paths));
    let (text, n) = to_text(tree, &label, filter.as_ref())?;
    match &args.output {
        Some(path) => {
            output::write_file(path, &text)?;
            print_error(&format!("wrote {} to {}", output::count(n, "benchmark"), path.display()));
        }
        None => output::print(&text)?,
    }
    Ok(exit_code::OK)
}

impl Found {
    fn read(&mut self, path: &Path, from: FromArg) -> Result<(), Failure> {
        if path.is_dir() { self.read_folder(path, from) } else { self.read_file(path, from) }
    }

    fn read_folder(&mut self, folder: &Path, from: FromArg) -> Result<(), Failure> {
        match from {
            FromArg::Criterion => self.read_results(folder),
            FromArg::CriterionConsole => self.read_logs(folder),
            FromArg::Auto => {
                self.read_results(folder)?;
                match self.trees.last() {
                    Some(tree) if !tree.entries.is_empty() || !tree.broken.is_empty() => Ok(()),
                    _ => self.read_logs(folder),
                }
            }
            FromArg::Critcmp | FromArg::GithubActionBenchmark => {
                Err(Failure::new(format!("failed to read {}: it is a folder", folder.display()))
                    .hint("name the file itself"))
            }
        }
    }

    /// The last run of a folder of Criterion's; where it holds several runs, each is an execution.
    fn read_results(&mut self, folder: &Path) -> Result<(), Failure> {
        let sum_up = |measurement: &_, at| exported(measurement, at);
        let mut tree = progress::while_reading("results", |n_read| {
            criterion::read(folder, Baselines::Named(&[NEW]), sum_up, n_read)
        })
        .map_err(Failure::new)?;
        if tree.runs().is_some() {
            let without_root = |id: &BenchmarkId| BenchmarkId::new("", id.directory(), id.as_str());
            tree.entries.iter_mut().for_each(|entry| entry.id = without_root(&entry.id));
            tree.broken.iter_mut().for_each(|(id, _)| *id = without_root(id));
            tree.entries.sort_by_key(|entry| entry.measured.measured_at);
        }
        self.trees.push(tree);
        Ok(())
    }

    /// The logs that lie directly in a folder, in the order of their names with numbers as numbers.
    fn read_logs(&mut self, folder: &Path) -> Result<(), Failure> {
        let failed = |e: std::io::Error| Failure::new(format!("failed to read {}: {e}", folder.display()));
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            // Links are not followed, as in Criterion's folders.
            if std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
                paths.push(path);
            }
        }
        alphanumeric_sort::sort_path_slice(&mut paths);
        for path in &paths {
            let bytes = input::read_file(path, LARGEST_INPUT)?;
            if is_console_log(&bytes) {
                self.logs.push(read_console_log(path, &bytes));
            } else {
                self.warnings.push(Warning { subject: path.display().to_string(), kind: WarningKind::NotALog });
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path, from: FromArg) -> Result<(), Failure> {
        let bytes = input::read_file(path, LARGEST_INPUT)?;
        let begins_as_json = bytes.trim_ascii_start().starts_with(b"{");
        match from {
            FromArg::CriterionConsole => self.logs.push(read_console_log(path, &bytes)),
            FromArg::GithubActionBenchmark => self.read_history(path, &bytes)?,
            FromArg::Critcmp => self.read_critcmp(path, &bytes)?,
            FromArg::Criterion => {
                return Err(Failure::new(format!("failed to read {}: it is a file", path.display()))
                    .hint("name the folder into which Criterion writes"));
            }
            FromArg::Auto if is_action_data(&bytes) => self.read_history(path, &bytes)?,
            FromArg::Auto if begins_as_json => self.read_critcmp(path, &bytes)?,
            FromArg::Auto if is_console_log(&bytes) => self.logs.push(read_console_log(path, &bytes)),
            FromArg::Auto => {
                return Err(Failure::new(format!(
                    "failed to read {}: it is neither what Criterion prints, nor an export of critcmp's, nor a data.js",
                    path.display()
                ))
                .hint(
                    "a log holds lines such as `fib 20   time:   [1.2 ms 1.3 ms 1.4 ms]`; `--from` says what a file is",
                ));
            }
        }
        Ok(())
    }

    fn read_history(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let runs = read_action_data(path, bytes, exported)
            .map_err(|e| Failure::new(e).hint("it is the `data.js` that github-action-benchmark keeps"))?;
        self.histories.push(runs);
        Ok(())
    }

    fn read_critcmp(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let (_, tree) = read_critcmp_tree(path, bytes, |m| exported(m, None)).map_err(|e| {
            let is_run = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).contains(store::FORMAT);
            Failure::new(e).hint(if is_run {
                "it is a run file already, which `regress check` reads as it is"
            } else {
                "JSON is read as what `critcmp --export` wrote; `--from` says what else a file is"
            })
        })?;
        self.trees.push(tree);
        Ok(())
    }
}

fn exported(measurement: &Measurement, measured_at: Option<std::time::SystemTime>) -> ExportedExecution {
    ExportedExecution { measurement: measurement.clone(), measured_at }
}

/// Takes out logs that say what an earlier one says: given twice, they are one execution.
fn without_copies(logs: &mut Vec<ConsoleLog>) -> Option<Warning> {
    let n_all = logs.len();
    let mut kept: Vec<ConsoleLog> = Vec::new();
    for log in logs.drain(..) {
        if log.n_results() == 0 || !kept.iter().any(|known| known.is_copy_of(&log)) {
            kept.push(log);
        }
    }
    *logs = kept;
    let n = n_all - logs.len();
    (n > 0).then(|| Warning { subject: "logs".to_owned(), kind: WarningKind::RepeatedExecutions { n } })
}

/// What a run is called that nobody has named.
fn label(paths: &[PathBuf]) -> String {
    match paths {
        [only] => only.display().to_string(),
        [first, rest @ ..] => format!("{} and {} more", first.display(), rest.len()),
        [] => String::new(),
    }
}

/// The text of a run file, and how many benchmarks it has; warnings are printed.
fn to_text(tree: Entries, label: &str, filter: Option<&Pattern>) -> Result<(String, usize), Failure> {
    let is_kept = |id: &BenchmarkId| filter.is_none_or(|filter| filter.matches(id.as_str()));
    let entries = tree.entries.into_iter().filter(|entry: &Entry<_>| is_kept(&entry.id));
    let Gathered { exported, disagreeing } = gather(entries);
    let mut warnings = tree.warnings;
    warnings.extend(disagreeing.into_iter().map(|d| Warning {
        subject: d.id.as_str().to_owned(),
        kind: WarningKind::RunsDisagree { kept: d.kept, n_dropped: d.n_dropped },
    }));
    print_warnings(&warnings);
    if exported.is_empty() {
        return Err(Failure::new(format!("failed to import {label}: no result was found there"))
            .hint("a log holds lines such as `fib 20   time:   [1.2 ms 1.3 ms 1.4 ms]`; is it complete, and is the filter right?"));
    }
    let mut unreadable: Vec<BenchmarkId> = tree.broken.into_iter().map(|(id, _)| id).filter(|id| is_kept(id)).collect();
    unreadable.sort();
    unreadable.dedup();
    unreadable.retain(|id| !exported.iter().any(|e| e.id == *id));
    let n = exported.len();
    Ok((write_run(label, &exported, &unreadable, &[]), n))
}

fn print_warnings(warnings: &[Warning]) {
    for warning in warnings {
        let (_, message, hint) = warning_text(&warning.kind);
        let hint = hint.map(|hint| format!(" (hint: {})", visible(&hint))).unwrap_or_default();
        print_error(&format!("warning: {}: {}{hint}", visible(&warning.subject), visible(&message)));
    }
}

/// Writes a file for each commit into a folder.
fn write_histories(
    args: &ImportArgs,
    histories: Vec<Vec<StoredRun<ExportedExecution>>>,
    filter: Option<&Pattern>,
    warnings: &[Warning],
) -> Result<ExitCode, Failure> {
    let Some(folder) = &args.output else {
        return Err(
            Failure::new("failed to import: a history becomes several files").hint("name a folder with `--output`")
        );
    };
    if args.label.is_some() {
        return Err(Failure::new("failed to import: the runs of a history are called as their commits")
            .hint("leave out `--label`"));
    }
    print_warnings(warnings);
    std::fs::create_dir_all(folder).map_err(|e| Failure::new(format!("failed to write {}: {e}", folder.display())))?;
    let (mut n_runs, mut n_empty) = (0, 0);
    for run in histories.into_iter().flatten() {
        if run.tree.entries.is_empty() {
            print_warnings(&run.tree.warnings);
            n_empty += 1;
            continue;
        }
        let commit: String = file_name_part(&run.commit).chars().take(COMMIT_IN_NAME).collect();
        let path = folder.join(format!("{:05}-{}-{commit}.json", n_runs + 1, file_name_part(&run.suite)));
        match to_text(run.tree, &run.commit, filter) {
            Ok((text, _)) => {
                output::write_file(&path, &text)?;
                n_runs += 1;
            }
            // A filter that leaves nothing of one commit.
            Err(_) => n_empty += 1,
        }
    }
    print_error(&format!(
        "wrote {} to {}, and left out {n_empty} without results",
        output::count(n_runs, "run"),
        folder.display()
    ));
    if n_runs == 0 {
        return Err(Failure::new("failed to import: no commit has a result"));
    }
    Ok(exit_code::OK)
}

/// What of a stranger's word may be part of a file's name anywhere.
fn file_name_part(text: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    text.chars().take(40).map(part).collect()
}
