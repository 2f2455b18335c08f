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
    let git = |arguments: &[&str]| git(folder, arguments);
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

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The folder of the repository around `folder`.
#[must_use]
pub fn repository(folder: &Path) -> Option<std::path::PathBuf> {
    folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// The commits that have tags, each with its tag's name, as git sorts them; nothing where git knows none.
#[must_use]
pub fn tags(folder: &Path) -> Vec<(String, String)> {
    // An annotated tag is an object of its own, which names the commit.
    let format = "--format=%(objecttype) %(objectname) %(*objectname) %(refname:strip=2)";
    let text = git(folder, &["for-each-ref", format, "refs/tags"]).unwrap_or_default();
    let tag = |line: &str| {
        let mut words = line.splitn(4, ' ');
        let (kind, object, tagged, name) = (words.next()?, words.next()?, words.next()?, words.next()?);
        Some((if kind == "tag" { tagged } else { object }.to_owned(), name.to_owned()))
    };
    text.lines().filter_map(tag).collect()
}

/// The address of the remote `origin`, which may hold a password.
#[must_use]
pub fn origin(folder: &Path) -> Option<String> {
    git(folder, &["remote", "get-url", "origin"])
}
