//! Checkouts of commits, and the executables of benchmarks that cargo makes of them.
//!
//! A commit is checked out in a clone of its own that shares the repository's objects, so that the user's files, index, stash and
//! list of worktrees are left alone whatever happens to this process. Each side has a target folder of its own.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use thiserror::Error;

use super::executable::Executable;

/// A tool that could not do its part.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("failed to {doing}: {cause}")]
pub struct BuildError {
    doing: String,
    cause: String,
}

/// What cargo is to build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these packages.
    pub packages: Vec<String>,
    /// Only these targets.
    pub benches: Vec<String>,
    /// Features to switch on.
    pub features: Vec<String>,
    /// Cargo's profile.
    pub profile: Option<String>,
}

/// The user's checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The repository's top folder.
    top: PathBuf,
    /// Where the user is, below it.
    prefix: PathBuf,
    /// The workspace, below the top folder.
    workspace: PathBuf,
    /// Where what is built is kept.
    cache: PathBuf,
    cargo: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

/// What cargo says of something that it built.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Checkout {
    /// The checkout that the caller is in.
    ///
    /// # Errors
    /// Where there is none, or no package in it.
    pub fn find(cargo: &Path) -> Result<Checkout, BuildError> {
        let doing = "find the repository";
        let top = PathBuf::from(line(git(Path::new("."), doing, ["rev-parse", "--show-toplevel"])?));
        let prefix = PathBuf::from(line(git(Path::new("."), doing, ["rev-parse", "--show-prefix"])?));
        let mut command = Command::new(cargo);
        command.args(["metadata", "--format-version=1", "--no-deps"]);
        let answer = output(&mut command, "ask cargo for the workspace")?;
        let metadata: Metadata =
            serde_json::from_slice(&answer).map_err(|e| error("ask cargo for the workspace", &e.to_string()))?;
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let workspace = real(&metadata.workspace_root);
        let workspace = workspace.strip_prefix(real(&top)).map(Path::to_owned).unwrap_or_default();
        let cache = metadata.target_directory.join("regress");
        Ok(Checkout { top, prefix, workspace, cache, cargo: cargo.to_owned() })
    }

    /// Where what is built is kept, below the target folder.
    #[must_use]
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// The commit that a name stands for.
    ///
    /// # Errors
    /// Where it stands for none.
    pub fn commit(&self, name: &str) -> Result<String, BuildError> {
        let wanted = format!("{name}^{{commit}}");
        let doing = format!("find the commit {name}");
        git(&self.top, &doing, ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])
            .map(line)
            .map_err(|e| if e.cause.is_empty() { error(&doing, "git knows none of this name") } else { e })
    }

    /// Builds a commit's benchmarks, in a folder of the cache called `name`.
    ///
    /// # Errors
    /// When git or cargo fails. Cargo's own words have gone to standard error.
    pub fn build_commit(&self, commit: &str, name: &str, selection: &Selection) -> Result<Vec<Executable>, BuildError> {
        let home = self.cache.join(name);
        let source = home.join("src");
        if self.check_out(commit, &source).is_err() {
            // Left behind half-made, or of another repository.
            let _ = std::fs::remove_dir_all(&source);
            self.check_out(commit, &source)?;
        }
        // Where nobody keeps the lock file, both sides still use the same dependencies.
        let lock = self.workspace.join("Cargo.lock");
        if !source.join(&lock).exists() && self.top.join(&lock).exists() {
            std::fs::copy(self.top.join(&lock), source.join(&lock))
                .map_err(|e| error("copy Cargo.lock", &e.to_string()))?;
        }
        self.build(&source, &home.join("target"), selection, false)
    }

    /// Builds the benchmarks of the working tree as it is, with a target folder in the cache.
    ///
    /// # Errors
    /// When cargo fails. Its own words have gone to standard error.
    pub fn build_working_tree(&self, name: &str, selection: &Selection) -> Result<Vec<Executable>, BuildError> {
        // Cargo would write what a lock file lacks into the user's own.
        let is_locked = self.top.join(&self.workspace).join("Cargo.lock").exists();
        self.build(&self.top, &self.cache.join(name).join("target"), selection, is_locked)
    }

    fn check_out(&self, commit: &str, source: &Path) -> Result<(), BuildError> {
        let doing = format!("check out {commit}");
        if !source.join(".git").exists() {
            std::fs::create_dir_all(source).map_err(|e| error(&doing, &e.to_string()))?;
            let words = ["clone", "--quiet", "--shared", "--no-checkout", "--"].map(OsStr::new);
            let places = [self.top.as_os_str(), source.as_os_str()];
            git(&self.top, &doing, words.into_iter().chain(places))?;
        }
        git(source, &doing, ["checkout", "--quiet", "--force", "--detach", commit]).map(|_| ())
    }

    fn build(
        &self,
        top: &Path,
        target: &Path,
        selection: &Selection,
        is_locked: bool,
    ) -> Result<Vec<Executable>, BuildError> {
        let mut arguments: Vec<OsString> =
            ["bench", "--no-run", "--message-format=json-render-diagnostics", "--target-dir"]
                .map(OsString::from)
                .into();
        arguments.push(target.into());
        let mut add = |flag: &str, values: &[String]| {
            arguments.extend(values.iter().flat_map(|value| [flag.into(), value.into()]));
        };
        add("--package", &selection.packages);
        add("--bench", &selection.benches);
        add("--features", &selection.features);
        add("--profile", selection.profile.as_slice());
        if is_locked {
            arguments.push("--locked".into());
        }
        let mut command = Command::new(&self.cargo);
        command.args(arguments).current_dir(top.join(&self.prefix)).stderr(Stdio::inherit());
        let doing = format!("build the benchmarks of {}", top.display());
        let answer = output(&mut command, &doing)?;
        let messages = answer.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        let mut found: Vec<Executable> = messages.filter_map(|message| executable(message, top)).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}

/// The executable of benchmarks that a message tells of.
fn executable(message: Message, top: &Path) -> Option<Executable> {
    let target = message.target.filter(|target| target.kind.iter().any(|kind| kind == "bench"))?;
    let path = message.executable.filter(|_| message.reason == "compiler-artifact")?;
    let folder = message.manifest_path?.parent()?.to_owned();
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let below = real(&folder);
    let below = below.strip_prefix(real(top)).unwrap_or(&below).join(&target.name);
    let name = below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    Some(Executable { name, path, folder: Some(folder) })
}

/// The commit at which the working tree left the default branch.
///
/// # Errors
/// Where git can't say.
pub fn default_base(checkout: &Checkout) -> Result<String, BuildError> {
    let doing = "find where this branch left the default branch";
    let remote =
        git(&checkout.top, doing, ["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]).map(line);
    let names = ["origin/main", "origin/master", "main", "master"].map(str::to_owned);
    let branch = remote.into_iter().chain(names).find(|name| checkout.commit(name).is_ok());
    let branch = branch.ok_or_else(|| error(doing, "there is no origin/HEAD, main or master"))?;
    git(&checkout.top, doing, ["merge-base", &branch, "HEAD"]).map(line).map_err(|e| match e.cause.as_str() {
        "" => error(doing, &format!("{branch} and HEAD have no commit in common; is the clone shallow?")),
        _ => e,
    })
}

fn git<S: AsRef<OsStr>>(
    folder: &Path,
    doing: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Vec<u8>, BuildError> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    // Inside a hook these would make git work on the repository of the hook.
    for variable in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(variable);
    }
    command.stderr(Stdio::piped());
    output(&mut command, doing)
}

/// What a tool prints; its own last words where it fails.
fn output(command: &mut Command, doing: &str) -> Result<Vec<u8>, BuildError> {
    let output =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().and_then(std::process::Child::wait_with_output);
    let output = output.map_err(|e| error(doing, &format!("{}: {e}", command.get_program().to_string_lossy())))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(error(doing, String::from_utf8_lossy(&output.stderr).trim()))
}

fn error(doing: &str, cause: &str) -> BuildError {
    BuildError { doing: doing.to_owned(), cause: cause.to_owned() }
}

fn line(text: Vec<u8>) -> String {
    String::from_utf8_lossy(&text).trim_end().to_owned()
}
