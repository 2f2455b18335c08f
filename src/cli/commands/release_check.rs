use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use criterion_regress::claims::{Figures, Recorded, ReleaseFacts, release_checks};
use criterion_regress::report::to_json;

use super::claims::{DOCUMENT, State, go_through, recorded};
use crate::cli::args::{ReleaseCheckArgs, ShortFormatArg};
use crate::cli::failure::Failure;
use crate::cli::git::{git, is_hash};
use crate::cli::{exit_code, output};

pub(crate) fn run(args: &ReleaseCheckArgs) -> Result<ExitCode, Failure> {
    let head = git(&["rev-parse", "--verify", "HEAD"]);
    let (reports, unreadable) = reports(&args.results)?;
    let claims = if args.claims.is_empty() { vec![PathBuf::from(DOCUMENT)] } else { args.claims.clone() };
    let facts = ReleaseFacts {
        is_dirty: git(&["status", "--porcelain"]).map(|changes| !changes.is_empty()),
        knows_tags: git(&["tag", "--list"]).is_some(),
        last: last(args.since.as_deref())?,
        is_released: is_released(&reports, head.as_deref(), args, &claims),
        figures: figures(&claims),
        head,
        reports,
        unreadable,
    };
    let report = release_checks(&facts);
    output::print(&match args.output.format {
        ShortFormatArg::Terminal => report.to_text(),
        ShortFormatArg::Json => to_json(&report),
    })?;
    Ok(exit_code::of_release(report.ready))
}

/// Reports by path.
type Reports = Vec<(String, Recorded)>;

/// What is recorded in the folder, and what of it can't be read, with the cause.
fn reports(folder: &Path) -> Result<(Reports, Vec<(String, String)>), Failure> {
    let (mut reports, mut unreadable) = (Vec::new(), Vec::new());
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((reports, unreadable)),
        Err(e) => return Err(Failure::new(format!("failed to read {}: {e}", folder.display()))),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json") && path.is_file());
    paths.sort();
    for path in paths {
        let shown = path.display().to_string();
        match recorded(&path) {
            Ok(report) => reports.push((shown, report)),
            Err(cause) => unreadable.push((shown, cause)),
        }
    }
    Ok((reports, unreadable))
}

/// The release before: its name and its commit.
fn last(since: Option<&str>) -> Result<Option<(String, String)>, Failure> {
    let commit_of =
        |tag: &str| git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{tag}^{{commit}}")]);
    if let Some(tag) = since {
        let commit = commit_of(tag).ok_or_else(|| {
            Failure::new(format!("failed to find {tag}: git knows none of this name"))
                .hint("`git tag` lists the releases; `git fetch --tags` gets them")
        })?;
        return Ok(Some((tag.to_owned(), commit)));
    }
    // The commit of a release may bear its tag already.
    let tag = git(&["describe", "--tags", "--abbrev=0", "HEAD"]);
    let is_here = |tag: &String| commit_of(tag) == git(&["rev-parse", "--verify", "HEAD"]);
    let tag = if tag.as_ref().is_some_and(is_here) { git(&["describe", "--tags", "--abbrev=0", "HEAD^"]) } else { tag };
    Ok(tag.and_then(|tag| commit_of(&tag).map(|commit| (tag, commit))))
}

/// Of each commit that was measured, whether only results and documents changed from it to what is to be released.
fn is_released(
    reports: &[(String, Recorded)],
    head: Option<&str>,
    args: &ReleaseCheckArgs,
    claims: &[PathBuf],
) -> BTreeMap<String, bool> {
    let mut known = BTreeMap::new();
    let Some(head) = head else { return known };
    // git tells paths from the top of the repository.
    let prefix = git(&["rev-parse", "--show-prefix"]).unwrap_or_default();
    let from_top = |path: &Path| format!("{prefix}{}", path.display()).replace("/./", "/");
    let results = from_top(&args.results).trim_end_matches('/').to_owned() + "/";
    let documents: Vec<String> = claims.iter().map(|path| from_top(path)).collect();
    for (_, report) in reports {
        let commit = match report {
            Recorded::Rivals(report) => report.conditions.as_ref().and_then(|c| c.commit.clone()),
            Recorded::Check(report) => report.candidate.revision.clone(),
        };
        let Some(commit) = commit.filter(|commit| is_hash(commit)) else { continue };
        let changed = git(&["diff", "--name-only", "-z", &commit, head]);
        let is_beside = |path: &str| path.starts_with(&results) || documents.iter().any(|d| d == path);
        let is_same = changed.is_some_and(|paths| paths.split('\0').filter(|p| !p.is_empty()).all(is_beside));
        known.insert(commit, is_same);
    }
    known
}

fn figures(files: &[PathBuf]) -> Figures {
    match go_through(files, false) {
        Err(failure) => Figures::Failed(failure.message().to_owned()),
        Ok((rows, _)) if rows.is_empty() => Figures::Failed("the documents have no marked sections".to_owned()),
        Ok((rows, _)) => {
            let differing = rows.iter().filter(|row| row.state == State::Differs);
            let differing: Vec<String> =
                differing.map(|row| format!("{}:{} {}", row.file, row.line, row.name)).collect();
            if differing.is_empty() { Figures::Current(rows.len()) } else { Figures::Outdated(differing) }
        }
    }
}
