//! Which revision lies in a folder, as git says.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// The revision that a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The commit's hash.
    pub revision: String,
    /// The branch, where one is checked out.
    pub branch: Option<String>,
    /// When it was committed.
    pub committed_at: Option<SystemTime>,
    /// Whether files that git knows differ from it.
    pub is_changed: bool,
}

/// The revision `revision` of the repository around `folder`, or the one that is checked out; `None` where git knows none.
#[must_use]
pub fn checkout(folder: &Path, revision: Option<&str>) -> Option<Checkout> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let wanted = format!("{}^{{commit}}", revision.unwrap_or("HEAD"));
    let hash = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
    let seconds = git(&["show", "-s", "--format=%ct", &hash]).and_then(|seconds| seconds.parse().ok());
    let is_here = revision.is_none() || git(&["rev-parse", "HEAD"]).as_ref() == Some(&hash);
    let status = || git(&["status", "--porcelain", "--untracked-files=no"]);
    Some(Checkout {
        branch: is_here.then(|| git(&["symbolic-ref", "--short", "--quiet", "HEAD"])).flatten(),
        committed_at: seconds.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
        is_changed: is_here && status().is_some_and(|changes| !changes.is_empty()),
        revision: hash,
    })
}

/// The folder of the repository around `folder`.
#[must_use]
pub fn repository(folder: &Path) -> Option<std::path::PathBuf> {
    folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}
