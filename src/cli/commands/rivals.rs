use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use criterion_regress::compare::{RivalRun, RivalsOptions, rivals};
use criterion_regress::criterion::{Baselines, NEW, read_works};
use criterion_regress::environment::hash_of_bytes;
use criterion_regress::model::{Run, Session, Warning, WarningKind};
use criterion_regress::report::{RivalsContext, RivalsReport, visible};
use criterion_regress::store::{SESSION_FILE, read_session};

use crate::cli::args::{FormatArg, RivalsArgs};
use crate::cli::failure::Failure;
use crate::cli::input::{Sources, apply_filter, filter, read};
use crate::cli::{exit_code, output};

/// The confidence of the intervals.
const CONFIDENCE: f64 = 0.95;

/// Largest file that says how runs were measured.
const LARGEST_SESSION: u64 = 16 << 20;

/// Parts of ids that are offered where the wanted one isn't there.
const OFFERED: usize = 12;

pub(crate) fn run(args: &RivalsArgs) -> Result<ExitCode, Failure> {
    if args.ours == args.theirs {
        return Err(Failure::new("failed to compare: both implementations have the same name")
            .hint("`--ours` and `--theirs` are parts of the benchmarks' ids that differ"));
    }
    let filter = filter(args.filter.as_deref())?;
    let mut sources = Sources::new(&args.place);
    let mut read = Read::default();
    for text in sources.expand(&args.runs, NEW)? {
        read.run(&text, &mut sources)?;
    }
    let Read { mut runs, mut warnings, mut sessions } = read;
    apply_filter(filter.as_ref(), &mut runs.iter_mut().map(|run| &mut run.run).collect::<Vec<_>>());
    for run in &mut runs {
        warnings.append(&mut run.run.warnings);
    }
    for name in [&args.ours, &args.theirs] {
        are_there(&runs, name)?;
    }
    if let Some(path) = &args.conditions {
        sessions = vec![(path.clone(), session(path)?)];
    }
    if let [(one, _), (other, _), ..] = sessions.as_slice() {
        return Err(Failure::new(format!(
            "failed to tell how it was measured: {} and {} are of different sessions",
            one.display(),
            other.display()
        ))
        .hint("name the runs of one session; sessions may differ in machine, commit and settings"));
    }
    let options = RivalsOptions {
        ours: args.ours.clone(),
        theirs: args.theirs.clone(),
        confidence: CONFIDENCE,
        min_executions: args.min_executions,
    };
    let rivalry = rivals(&runs, &options);
    if rivalry.n_copies > 0 {
        let kind = WarningKind::RepeatedExecutions { n: rivalry.n_copies };
        warnings.push(Warning { subject: format!("{}, {}", args.ours, args.theirs), kind });
    }
    warnings.sort();
    warnings.dedup();
    let context = RivalsContext {
        sources: if args.runs.is_empty() { vec![NEW.to_owned()] } else { args.runs.clone() },
        filter: args.filter.clone(),
        n_runs: runs.len(),
        session: sessions.pop().map(|(_, session)| session),
        warnings,
    };
    let report = RivalsReport::new(&rivalry, &options, &context);
    if args.output.format == FormatArg::Csv {
        output::print_notes(&report.headline());
    }
    output::write(&args.output, |format, rows, style| report.render(format, rows, style))?;
    Ok(exit_code::of_rivals(&report))
}

/// What was read so far.
#[derive(Default)]
struct Read {
    runs: Vec<RivalRun>,
    warnings: Vec<Warning>,
    sessions: Vec<(PathBuf, Session)>,
}

impl Read {
    /// Reads what one word names: a folder, one of its baselines, or a baseline of Criterion's folder.
    fn run(&mut self, text: &str, sources: &mut Sources<'_>) -> Result<(), Failure> {
        let path = Path::new(text);
        if path.is_dir() {
            return self.folder(path, None);
        }
        if let Some((folder, baseline)) = text.rsplit_once('@')
            && Path::new(folder).is_dir()
        {
            return self.folder(Path::new(folder), Some(baseline));
        }
        // As `runs/*` names it.
        if path.is_file() && path.file_name().is_some_and(|name| name == SESSION_FILE) {
            return self.session(path);
        }
        if text.starts_with(['/', '.']) || text.ends_with(".json") {
            return Err(Failure::new(format!("failed to read {text}: it is no folder"))
                .hint("what was computed stands in regress.json beside each measurement, so that Criterion's folder itself is needed"));
        }
        self.folder(&sources.folder()?, Some(text))
    }

    fn folder(&mut self, folder: &Path, baseline: Option<&str>) -> Result<(), Failure> {
        let name = baseline.unwrap_or(NEW);
        let mut tree = read(folder, Baselines::Named(&[name]))?;
        let roots = tree.runs();
        match &roots {
            Some(roots) => {
                for root in roots {
                    let run = tree.take_root(root, name);
                    self.add(run, &folder.join(root), name);
                }
            }
            None => {
                let run = tree.take_run(name, name);
                self.add(run, folder, name);
            }
        }
        self.warnings.append(&mut tree.warnings);
        let path = folder.join(SESSION_FILE);
        if path.is_file() { self.session(&path) } else { Ok(()) }
    }

    /// Reads how runs were measured, once.
    fn session(&mut self, path: &Path) -> Result<(), Failure> {
        let is_known = |(known, _): &(PathBuf, Session)| {
            *known == path || known.canonicalize().ok().is_some_and(|known| path.canonicalize().ok() == Some(known))
        };
        if !self.sessions.iter().any(is_known) {
            self.sessions.push((path.to_owned(), session(path)?));
        }
        Ok(())
    }

    fn add(&mut self, run: Run, folder: &Path, baseline: &str) {
        if run.benchmarks.is_empty() {
            let kind = WarningKind::NothingFound;
            self.warnings.push(Warning { subject: format!("{}@{baseline}", folder.display()), kind });
            return;
        }
        let (works, mut warnings) = read_works(folder, run.benchmarks.iter().map(|b| &b.id), baseline, hash_of_bytes);
        self.warnings.append(&mut warnings);
        self.runs.push(RivalRun { run, works });
    }
}

fn session(path: &Path) -> Result<Session, Failure> {
    let failed = |cause: String| Failure::new(format!("failed to read {}: {cause}", path.display()));
    let text = super::report::read(path, LARGEST_SESSION).map_err(|e| failed(e.to_string()))?;
    read_session(&text).map_err(|e| failed(e.to_string()).hint("docs/claims.md says what stands in it"))
}

/// Whether any benchmark is of this implementation, where there are benchmarks at all.
fn are_there(runs: &[RivalRun], name: &str) -> Result<(), Failure> {
    let ids = || runs.iter().flat_map(|run| &run.run.benchmarks).map(|benchmark| benchmark.id.as_str());
    if ids().next().is_none() || ids().any(|id| id.split('/').any(|part| part == name)) {
        return Ok(());
    }
    let functions: BTreeSet<&str> = ids().filter_map(|id| id.split('/').nth(1)).collect();
    let offered: Vec<String> = functions.into_iter().take(OFFERED).map(visible).collect();
    let hint = if offered.is_empty() {
        "an implementation is a part of the id, as `mlx-cpu` in softmax/mlx-cpu/4x16x1024".to_owned()
    } else {
        format!("the ids have {}", offered.join(", "))
    };
    Err(Failure::new(format!("failed to find {name}: no benchmark's id has such a part")).hint(hint))
}
