//! What the sides of a comparison are, and reading them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use criterion_regress::compare::Pattern;
use criterion_regress::criterion::{self, BASE, Baselines, InvalidLocation, Location, NEW, Tree};
use criterion_regress::model::{Execution, Run, Warning, WarningKind};
use criterion_regress::stats::summarize;
use criterion_regress::store;
use serde::Deserialize;

use super::args::WhereArgs;
use super::failure::Failure;
use super::progress;

/// Largest exported file that is read.
const LARGEST_FILE: u64 = 1 << 30;

/// A side as it was named.
#[derive(Debug, Clone, PartialEq)]
enum Side {
    /// A baseline in Criterion's folder.
    Name(String),
    /// Another folder of Criterion's, and which baseline there.
    Folder(PathBuf, Option<String>),
    /// A file.
    File(PathBuf),
}

/// A run, with where it was read.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) run: Run,
    pub(super) source: String,
    /// Whether something of it comes from a file, which may have been written anywhere.
    pub(super) is_of_file: bool,
}

/// Criterion's folder, looked for when it is first needed.
pub(super) struct Sources<'a> {
    place: &'a WhereArgs,
    found: Option<PathBuf>,
}

impl Side {
    /// What a word means: a path if it looks like one and is there, else a baseline's name.
    fn parse(text: &str) -> Result<Side, Failure> {
        let looks_like_path = text.contains(['/', '\\']) || text.starts_with('.') || text.ends_with(".json");
        if !looks_like_path {
            return Ok(Side::Name(text.to_owned()));
        }
        if let Some(side) = Side::at(text) {
            return Ok(side);
        }
        let is_certainly_path = text.starts_with(['/', '.', '\\']) || text.ends_with(".json") || text.contains('\\');
        if is_certainly_path || text.contains('@') {
            return Err(Failure::new(format!("failed to find {text}: there is no such file or folder"))
                .hint("a side is the name of a baseline, a folder of Criterion's, or an exported file"));
        }
        // `feat/x` is a name that Criterion accepts.
        Ok(Side::Name(text.to_owned()))
    }

    /// The name, where it is one.
    fn name(&self) -> Option<&str> {
        match self {
            Side::Name(name) => Some(name),
            Side::Folder(..) | Side::File(_) => None,
        }
    }

    /// The file or folder at a path, `DIR@NAME` included.
    fn at(text: &str) -> Option<Side> {
        let path = PathBuf::from(text);
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => return Some(Side::Folder(path, None)),
            Ok(_) => return Some(Side::File(path)),
            Err(_) => {}
        }
        let (folder, name) = text.rsplit_once('@')?;
        let is_folder = Path::new(folder).is_dir() && !name.is_empty();
        is_folder.then(|| Side::Folder(PathBuf::from(folder), Some(name.to_owned())))
    }
}

impl<'a> Sources<'a> {
    pub(super) fn new(place: &'a WhereArgs) -> Sources<'a> {
        Sources { place, found: None }
    }

    /// Criterion's folder.
    pub(super) fn folder(&mut self) -> Result<PathBuf, Failure> {
        if let Some(found) = &self.found {
            return Ok(found.clone());
        }
        let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let location = Location {
            directory: self.place.dir.clone(),
            target_dir: self.place.target_dir.clone(),
            criterion_home: variable("CRITERION_HOME"),
            cargo_target_dir: variable("CARGO_TARGET_DIR"),
            cargo: Some(variable("CARGO").unwrap_or_else(|| PathBuf::from("cargo"))),
        };
        let found = criterion::locate(&location).map_err(|e| {
            let hint = match &e {
                InvalidLocation::Missing(_) | InvalidLocation::NotAFolder(_) => {
                    "name the folder into which Criterion writes, usually target/criterion; is it restored in this job?"
                }
                InvalidLocation::Nowhere(_) => "run `cargo bench` first, or name Criterion's folder with `--dir`",
            };
            Failure::new(e).hint(hint)
        })?;
        Ok(self.found.insert(found).clone())
    }

    /// Reads both sides of a check; several of one side are its executions. Without a baseline, that is the run before the last.
    pub(super) fn pair(&mut self, baseline: &[String], candidate: &[String]) -> Result<(Loaded, Loaded), Failure> {
        let baseline = self.expand(baseline, BASE)?;
        let candidate = self.expand(candidate, NEW)?;
        match (baseline.as_slice(), candidate.as_slice()) {
            ([baseline], [candidate]) => self.pair_of_two(baseline, candidate),
            _ => Ok((self.several(&baseline)?, self.several(&candidate)?)),
        }
    }

    /// Reads the candidate alone.
    pub(super) fn candidate(&mut self, candidate: &[String]) -> Result<Loaded, Failure> {
        let candidate = self.expand(candidate, NEW)?;
        self.several(&candidate)
    }

    fn pair_of_two(&mut self, baseline: &str, candidate: &str) -> Result<(Loaded, Loaded), Failure> {
        let mut baseline = Side::parse(baseline)?;
        let candidate = Side::parse(candidate)?;
        if baseline == candidate {
            return Err(Failure::new("failed to compare: both sides are the same")
                .hint("name a baseline with `--baseline`, and save one with `cargo bench --bench BENCH -- --save-baseline NAME`"));
        }
        if let (Side::Name(b), Side::Name(c)) = (&baseline, &candidate) {
            let folder = self.folder()?;
            let mut tree = read(&folder, Baselines::Named(&[b, c]))?;
            let mut sides = (named(&mut tree, b, &folder), named(&mut tree, c, &folder));
            sides.1.run.warnings.append(&mut tree.warnings);
            let by_path = (sides.0.run.benchmarks.is_empty()).then(|| Side::at(b)).flatten();
            match by_path {
                // A bare word that no baseline is called may still be a file or folder here.
                Some(side) => baseline = side,
                None => {
                    warn_if_missing(&mut sides.0, b, &folder)?;
                    warn_if_missing(&mut sides.1, c, &folder)?;
                    return Ok(sides);
                }
            }
        }
        Ok((self.load(&baseline)?, self.load(&candidate)?))
    }

    /// Reads runs of one side, and puts them together.
    pub(super) fn several(&mut self, texts: &[String]) -> Result<Loaded, Failure> {
        let mut named: Vec<&String> = Vec::new();
        for text in texts {
            if !named.contains(&text) {
                named.push(text);
            }
        }
        let loaded = self.each(&named)?;
        // What is named twice is read once: of counts, copies can't be told from equal ones.
        let again = |text: &String| texts.iter().filter(|other| *other == text).count() - 1;
        let n = named.iter().zip(&loaded).map(|(text, loaded)| again(text) * loaded.run.benchmarks.len()).sum();
        let mut together = together(loaded);
        if n > 0 {
            let subject = together.run.label.clone();
            together.run.warnings.push(Warning { subject, kind: WarningKind::RepeatedExecutions { n } });
        }
        Ok(together)
    }

    /// Reads sides one by one, but baselines of Criterion's folder in one go.
    fn each(&mut self, texts: &[&String]) -> Result<Vec<Loaded>, Failure> {
        let sides = texts.iter().map(|text| Side::parse(text)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<&str> = sides.iter().filter_map(Side::name).collect();
        if names.len() < 2 || names.len() < texts.len() {
            return texts.iter().map(|text| self.side(text)).collect();
        }
        let folder = self.folder()?;
        let mut tree = read(&folder, Baselines::Named(&names))?;
        if tree.runs().is_some() || names.iter().any(|name| !tree.baselines().contains(name)) {
            // A folder of runs, or a word that no baseline is called.
            return texts.iter().map(|text| self.side(text)).collect();
        }
        let mut loaded: Vec<Loaded> = names.iter().map(|name| named(&mut tree, name, &folder)).collect();
        if let Some(first) = loaded.first_mut() {
            first.run.warnings.append(&mut tree.warnings);
        }
        Ok(loaded)
    }

    /// Reads runs, each for itself: a folder of runs gives all of them, and a file with several executions a run for each.
    pub(super) fn runs(&mut self, texts: &[String]) -> Result<Vec<Run>, Failure> {
        let mut runs = Vec::new();
        for text in self.expand(texts, NEW)? {
            match Side::parse(&text)? {
                Side::Folder(folder, None) => runs.extend(load_runs(&folder)?),
                _ => runs.push(self.side(&text)?.run),
            }
        }
        Ok(runs.into_iter().flat_map(Run::split).collect())
    }

    /// The names that were given, with patterns such as `main-*` replaced by the baselines that they match.
    pub(super) fn expand(&mut self, texts: &[String], default: &str) -> Result<Vec<String>, Failure> {
        if texts.is_empty() {
            return Ok(vec![default.to_owned()]);
        }
        let mut expanded = Vec::new();
        for text in texts {
            if !text.contains(['*', '?', '[']) || Path::new(text).exists() {
                expanded.push(text.clone());
                continue;
            }
            let pattern = Pattern::glob(text).map_err(Failure::new)?;
            let folder = self.folder()?;
            let tree = read(&folder, Baselines::All)?;
            let mut matched: Vec<String> =
                tree.baselines().into_iter().filter(|name| pattern.matches(name)).map(str::to_owned).collect();
            // `main-2` comes before `main-10`.
            alphanumeric_sort::sort_str_slice(&mut matched);
            if matched.is_empty() {
                return Err(Failure::new(format!("failed to find `{text}`: no baseline of {} matches", folder.display()))
                    .hint("`regress compare --baselines` lists the baselines that there are; paths are for the shell to expand"));
            }
            expanded.extend(matched);
        }
        Ok(expanded)
    }

    /// Reads one side as it was named.
    pub(super) fn side(&mut self, text: &str) -> Result<Loaded, Failure> {
        let side = Side::parse(text)?;
        let loaded = self.load(&side)?;
        match Side::at(text) {
            Some(path) if loaded.run.benchmarks.is_empty() && path != side => self.load(&path),
            _ => Ok(loaded),
        }
    }

    fn load(&mut self, side: &Side) -> Result<Loaded, Failure> {
        match side {
            Side::Name(name) => load_named(&self.folder()?, name),
            Side::Folder(folder, Some(name)) => {
                let mut loaded = load_named(folder, name)?;
                loaded.run.label = format!("{}@{name}", folder.display());
                Ok(loaded)
            }
            Side::Folder(folder, None) => load_folder(folder),
            Side::File(path) => load_file(path),
        }
    }
}

/// Runs of one side as one.
fn together(mut loaded: Vec<Loaded>) -> Loaded {
    if loaded.len() == 1
        && let Some(only) = loaded.pop()
    {
        return only;
    }
    let mut sources: Vec<String> = loaded.iter().map(|l| l.source.clone()).collect();
    sources.dedup();
    let source = sources.join(", ");
    // Runs of one name from several folders are told by where they lie.
    let labels: Vec<String> = loaded.iter().map(|l| l.run.label.clone()).collect();
    let is_of_file = loaded.iter().any(|l| l.is_of_file);
    let runs = loaded.into_iter().map(|Loaded { mut run, source, .. }| {
        if labels.iter().filter(|label| **label == run.label).count() > 1 {
            run.label = format!("{} ({source})", run.label);
        }
        run
    });
    Loaded { run: Run::merge(runs.collect()), source, is_of_file }
}

/// Reads all results of a folder.
pub(super) fn read(folder: &Path, baselines: Baselines<'_>) -> Result<Tree<Execution>, Failure> {
    progress::while_reading("results", |n_read| criterion::read(folder, baselines, summarize, n_read))
        .map_err(Failure::new)
}

fn named(tree: &mut Tree<Execution>, name: &str, folder: &Path) -> Loaded {
    Loaded { run: tree.take_run(name, name), source: folder.display().to_string(), is_of_file: false }
}

/// One baseline of a folder.
fn load_named(folder: &Path, name: &str) -> Result<Loaded, Failure> {
    let mut tree = read(folder, Baselines::Named(&[name]))?;
    if let Some(roots) = tree.runs() {
        return Ok(of_runs(&mut tree, &roots, name, folder));
    }
    let mut loaded = named(&mut tree, name, folder);
    loaded.run.warnings.append(&mut tree.warnings);
    warn_if_missing(&mut loaded, name, folder)?;
    Ok(loaded)
}

/// Says what baselines there are, where one that was asked for isn't.
fn warn_if_missing(loaded: &mut Loaded, name: &str, folder: &Path) -> Result<(), Failure> {
    if !loaded.run.benchmarks.is_empty() {
        return Ok(());
    }
    let all = read(folder, Baselines::All)?;
    let available: Vec<String> = all.baselines().into_iter().map(str::to_owned).collect();
    // Alike enough to be a slip of the finger, as clap asks of subcommands.
    let likeness = |other: &String| strsim::jaro_winkler(name, other);
    let closest = available.iter().filter(|other| likeness(other) > 0.7);
    let closest = closest.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).cloned();
    let kind = if all.entries.is_empty() {
        WarningKind::NothingFound
    } else {
        WarningKind::NoSuchBaseline { available, closest }
    };
    let subject = if all.entries.is_empty() { folder.display().to_string() } else { name.to_owned() };
    loaded.run.warnings.push(Warning { subject, kind });
    Ok(())
}

/// The runs that a folder holds, as one side.
fn of_runs(tree: &mut Tree<Execution>, roots: &[String], name: &str, folder: &Path) -> Loaded {
    let mut run = Run::merge(roots.iter().map(|root| tree.take_root(root, name)).collect());
    run.warnings.append(&mut tree.warnings);
    run.label = format!("{} ({} runs)", folder.display(), roots.len());
    Loaded { run, source: folder.display().to_string(), is_of_file: false }
}

/// The runs of a folder, each for itself.
fn load_runs(folder: &Path) -> Result<Vec<Run>, Failure> {
    let mut tree = read(folder, Baselines::Named(&[NEW]))?;
    let Some(roots) = tree.runs() else {
        return match run_files(folder).filter(|_| tree.entries.is_empty()) {
            Some(files) => Ok(vec![load_files(folder, &files).run]),
            None => Ok(vec![load_folder(folder)?.run]),
        };
    };
    let mut runs: Vec<Run> = roots.iter().map(|root| tree.take_root(root, NEW)).collect();
    // In the order in which they were measured, as far as they say; else by name.
    if runs.iter().all(|run| run.newest().is_some()) {
        runs.sort_by_key(Run::newest);
    }
    if let Some(first) = runs.first_mut() {
        first.warnings.append(&mut tree.warnings);
    }
    Ok(runs)
}

/// A folder as a side: the runs that it holds, its last run, or the one baseline that it has.
fn load_folder(folder: &Path) -> Result<Loaded, Failure> {
    let mut tree = read(folder, Baselines::Named(&[NEW]))?;
    let beside =
        run_files(folder).unwrap_or_default().into_iter().filter(|path| !tree.entries.is_empty() && is_run(path));
    tree.warnings.extend(
        beside.map(|path| Warning { subject: path.display().to_string(), kind: WarningKind::FileBesideResults }),
    );
    if let Some(roots) = tree.runs() {
        return Ok(of_runs(&mut tree, &roots, NEW, folder));
    }
    if tree.entries.is_empty()
        && let Some(files) = run_files(folder)
    {
        return Ok(load_files(folder, &files));
    }
    let mut warnings = Vec::new();
    let taken = if tree.entries.is_empty() {
        tree = read(folder, Baselines::All)?;
        let names = tree.baselines();
        let taken = match names.iter().copied().collect::<Vec<_>>().as_slice() {
            [] => None,
            [only] => Some((*only).to_owned()),
            _ if names.contains(BASE) => Some(BASE.to_owned()),
            several => {
                let list = several.join(", ");
                return Err(Failure::new(format!(
                    "failed to choose a baseline of {}: it has {list}",
                    folder.display()
                ))
                .hint(format!("name one, as in {}@{}", folder.display(), several[0])));
            }
        };
        let subject = folder.display().to_string();
        let kind = match &taken {
            Some(taken) => WarningKind::BaselineChosen { taken: taken.clone() },
            None => WarningKind::NothingFound,
        };
        warnings.push(Warning { subject, kind });
        taken
    } else {
        Some(NEW.to_owned())
    };
    let label = folder.display().to_string();
    let mut run = tree.take_run(taken.as_deref().unwrap_or(NEW), &label);
    run.warnings.append(&mut tree.warnings);
    run.warnings.append(&mut warnings);
    Ok(Loaded { run, source: label, is_of_file: false })
}

/// A folder of exported files as a side: one that can't be read doesn't cost the others.
fn load_files(folder: &Path, files: &[PathBuf]) -> Loaded {
    let (mut loaded, mut warnings) = (Vec::new(), Vec::new());
    for file in files {
        match load_file(file) {
            Ok(one) => loaded.push(one),
            Err(failure) => warnings.push(Warning {
                subject: file.display().to_string(),
                kind: WarningKind::Malformed { cause: failure.message().to_owned() },
            }),
        }
    }
    let n = loaded.len();
    let mut run = Run::merge(loaded.into_iter().map(|l| l.run).collect());
    run.warnings.append(&mut warnings);
    run.label = if n == 1 { folder.display().to_string() } else { format!("{} ({n} runs)", folder.display()) };
    if run.benchmarks.is_empty() {
        run.warnings.push(Warning { subject: folder.display().to_string(), kind: WarningKind::NothingFound });
    }
    Loaded { run, source: folder.display().to_string(), is_of_file: true }
}

/// Whether a file begins as an exported run does.
fn is_run(path: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(200).read_to_end(&mut beginning));
    read.is_ok() && String::from_utf8_lossy(&beginning).contains(store::FORMAT)
}

/// The exported files that lie directly in a folder, where there are any.
fn run_files(folder: &Path) -> Option<Vec<PathBuf>> {
    let files = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    // Links are not followed, as in Criterion's folders; what waits for a writer is no file.
    let is_plain = |path: &PathBuf| std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "json") && is_plain(path)).collect();
    alphanumeric_sort::sort_path_slice(&mut files);
    (!files.is_empty()).then_some(files)
}

/// A whole file, where it is no larger than `limit` bytes.
pub(super) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let failed = |cause: String| Failure::new(format!("failed to read {}: {cause}", path.display()));
    let mut bytes = Vec::new();
    // Bounded while it is read: what a device or a pipe holds, its size doesn't say.
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|e| failed(e.to_string()))?;
    if bytes.len() as u64 > limit {
        return Err(failed(format!("larger than {} MiB", limit >> 20)));
    }
    Ok(bytes)
}

/// A file as a side: what `regress export` or `critcmp --export` wrote.
fn load_file(path: &Path) -> Result<Loaded, Failure> {
    #[derive(Deserialize)]
    struct Head {
        format: Option<String>,
        schema: Option<String>,
    }
    let failed = |cause: String| Failure::new(format!("failed to read {}: {cause}", path.display()));
    let bytes = read_file(path, LARGEST_FILE)?;
    // Some editors begin a file with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    let head: Head = serde_json::from_slice(&bytes).map_err(|e| {
        failed(format!("it is not JSON of an exported baseline: {e}"))
            .hint("`regress export` writes such files, and `regress import` makes them of what Criterion printed")
    })?;
    let mut run = match (head.format, head.schema) {
        (None, None) => criterion::read_critcmp_export(path, &bytes, |m| summarize(m, None))
            .map_err(|e| Failure::new(e).hint("a baseline is a file of `regress export` or `critcmp --export`"))?,
        _ => store::read_run(&bytes, summarize).map_err(|e| {
            let hint = match &e {
                store::InvalidRunFile::Report => {
                    "name the folder that was measured, or export it there with `regress export`; `regress report` shows a report"
                }
                _ => "a baseline is a file of `regress export` or `critcmp --export`",
            };
            failed(e.to_string()).hint(hint)
        })?,
    };
    run.label = if run.label.is_empty() { path.display().to_string() } else { run.label };
    if run.benchmarks.is_empty() {
        run.warnings.push(Warning { subject: path.display().to_string(), kind: WarningKind::NothingFound });
    }
    Ok(Loaded { run, source: path.display().to_string(), is_of_file: true })
}

/// The expression of `--filter`.
pub(super) fn filter(text: Option<&str>) -> Result<Option<Pattern>, Failure> {
    text.map(Pattern::regex).transpose().map_err(Failure::new)
}

/// Keeps the benchmarks that a filter matches; says so if none does.
pub(super) fn apply_filter(filter: Option<&Pattern>, runs: &mut [&mut Run]) {
    let Some(filter) = filter else { return };
    for run in runs.iter_mut() {
        run.benchmarks.retain(|b| filter.matches(b.id.as_str()));
        run.absent.retain(|a| filter.matches(a.id.as_str()));
    }
    if runs.iter().all(|run| run.benchmarks.is_empty())
        && let Some(run) = runs.first_mut()
    {
        run.warnings.push(Warning { subject: filter.as_str().to_owned(), kind: WarningKind::FilterMatchesNothing });
    }
}

/// Leaves out what `--since` says, and warns of what was not written by the last run.
pub(super) fn apply_since(run: &mut Run, since: Option<&str>, now: SystemTime) -> Result<(), Failure> {
    if let Some(text) = since {
        let start = match text {
            "last-run" => criterion::last_run_start(run, now),
            text => Some(parse_since(text, now)?),
        };
        if let Some(start) = start {
            criterion::written_since(run, start);
        }
    }
    run.warnings.extend(criterion::stale(run, now));
    run.warnings.extend(criterion::from_the_future(run, now));
    Ok(())
}

/// The time that `text` means: a duration before `now`, a day, or a time.
pub(super) fn parse_since(text: &str, now: SystemTime) -> Result<SystemTime, Failure> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(SystemTime::from(at));
    }
    if let Ok(start) = text.parse::<jiff::civil::Date>().and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC)) {
        return Ok(SystemTime::from(start.timestamp()));
    }
    let length = text
        .parse::<jiff::Span>()
        .ok()
        .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok())
        .and_then(|length| std::time::Duration::try_from(length).ok());
    length.and_then(|length| now.checked_sub(length)).ok_or_else(|| {
        Failure::new(format!("`{text}` is not a time for --since"))
            .hint("give `last-run`, a duration such as `2h` or `3d`, or a time such as 2026-01-31T12:00:00Z")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_side_is() {
        let check = |text: &str, want: Option<Side>| assert_eq!(Side::parse(text).ok(), want, "{text}");
        check("main", Some(Side::Name("main".into())));
        check("v0.10", Some(Side::Name("v0.10".into())));
        check("feat/x", Some(Side::Name("feat/x".into())));
        check("./src", Some(Side::Folder("./src".into(), None)));
        check("./src@main", Some(Side::Folder("./src".into(), Some("main".into()))));
        check("./Cargo.toml", Some(Side::File("./Cargo.toml".into())));
        check("none.json", None);
        check("/none", None);
        check("./none@main", None);
    }

    #[test]
    fn what_since_may_be() {
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        let check = |text: &str, want: Option<u64>| {
            let got = parse_since(text, now)
                .ok()
                .and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok())
                .map(|d| d.as_secs());
            assert_eq!(got, want, "{text}");
        };
        check("2h", Some(1_000_000 - 7200));
        check("1d", Some(1_000_000 - 86_400));
        check("1970-01-02T00:00:00Z", Some(86_400));
        check("1970-01-03", Some(2 * 86_400));
        check("soon", None);
    }
}
