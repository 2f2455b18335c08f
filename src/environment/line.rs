//! The line of commits that leads to a revision, as git says.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use thiserror::Error;

/// The commits of a branch: from its tip back by first parents, so that each is a state that the branch was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The newest first.
    pub commits: Vec<LineCommit>,
    /// Whether the clone holds only the end of its past.
    pub is_shallow: bool,
}

/// One commit of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCommit {
    /// Its hash.
    pub hash: String,
    /// When it was committed.
    pub committed_at: Option<SystemTime>,
}

/// Why git could not say; a fragment that reads after "failed to …: ".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoLine {
    /// There is no such program.
    #[error("there is no program `git`")]
    NoGit,
    /// The folder is in no repository, or in one without commits.
    #[error("this folder is in no git repository with a commit")]
    NoRepository,
    /// The revision is not known here.
    #[error("git knows no revision `{revision}` here")]
    NoRevision {
        /// As it was named.
        revision: String,
        /// Whether the clone holds only the end of its past.
        is_shallow: bool,
    },
    /// None of the names by which a default branch goes.
    #[error("there is no origin/HEAD, main or master")]
    NoDefaultBranch {
        /// Whether the clone holds only the end of its past.
        is_shallow: bool,
    },
    /// The default branch and the revision have nothing in common here.
    #[error("{branch} and {revision} have no commit in common")]
    NothingShared {
        /// The default branch.
        branch: String,
        /// The revision.
        revision: String,
        /// Whether the clone holds only the end of its past.
        is_shallow: bool,
    },
}

impl NoLine {
    /// Whether more of the past may help.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        match self {
            NoLine::NoGit | NoLine::NoRepository => false,
            NoLine::NoRevision { is_shallow, .. }
            | NoLine::NoDefaultBranch { is_shallow }
            | NoLine::NothingShared { is_shallow, .. } => *is_shallow,
        }
    }
}

/// Asks the repository around `folder`.
struct Git<'a>(&'a Path);

impl Git<'_> {
    fn ask(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new("git").arg("-C").arg(self.0).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn commit(&self, revision: &str) -> Option<String> {
        self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
    }

    fn is_shallow(&self) -> bool {
        self.ask(&["rev-parse", "--is-shallow-repository"]).as_deref() == Some("true")
    }

    /// The hash of a revision, or why there is none.
    fn resolve(&self, revision: &str) -> Result<String, NoLine> {
        if let Some(hash) = self.commit(revision) {
            return Ok(hash);
        }
        if Command::new("git").arg("--version").output().is_err() {
            return Err(NoLine::NoGit);
        }
        if self.commit("HEAD").is_none() {
            return Err(NoLine::NoRepository);
        }
        Err(NoLine::NoRevision { revision: revision.to_owned(), is_shallow: self.is_shallow() })
    }
}

/// The hash of the commit that `revision` names.
///
/// # Errors
/// Where git can't say.
pub fn commit(folder: &Path, revision: &str) -> Result<String, NoLine> {
    Git(folder).resolve(revision)
}

/// The line of commits that ends with `revision`.
///
/// # Errors
/// Where git can't say.
pub fn line(folder: &Path, revision: &str) -> Result<Line, NoLine> {
    let git = Git(folder);
    let tip = git.resolve(revision)?;
    let listed = git.ask(&["log", "--first-parent", "--format=%H %ct", &tip]).unwrap_or_default();
    let commit = |line: &str| {
        let (hash, seconds) = line.split_once(' ')?;
        let committed_at = seconds.parse().ok().map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        Some(LineCommit { hash: hash.to_owned(), committed_at })
    };
    Ok(Line { commits: listed.lines().filter_map(commit).collect(), is_shallow: git.is_shallow() })
}

/// The commit at which `revision` left the default branch: `base` where a workflow says which one that is, else what the remote
/// says, else `main` or `master`.
///
/// # Errors
/// Where git can't say.
pub fn branch_point(folder: &Path, revision: &str, base: Option<&str>) -> Result<String, NoLine> {
    let git = Git(folder);
    let tip = git.resolve(revision)?;
    let remote = git.ask(&["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]);
    let names = ["origin/main", "origin/master", "main", "master"].map(str::to_owned);
    let based = base.map(|base| format!("origin/{base}"));
    let branch = based.into_iter().chain(remote).chain(names).find(|name| git.commit(name).is_some());
    let branch = branch.ok_or_else(|| NoLine::NoDefaultBranch { is_shallow: git.is_shallow() })?;
    git.ask(&["merge-base", &branch, &tip]).filter(|hash| !hash.is_empty()).ok_or_else(|| NoLine::NothingShared {
        branch,
        revision: revision.to_owned(),
        is_shallow: git.is_shallow(),
    })
}
