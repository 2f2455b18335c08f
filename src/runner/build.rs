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

/// Files of one version, to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    top: PathBuf,
    target: PathBuf,
    /// Whether cargo must leave `Cargo.lock` as it is.
    is_locked: bool,
}

/// What a working tree holds that its commit lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// Nothing.
    None,
    /// Files that git doesn't know, which a build may use or not.
    OnlyUntracked,
    /// Changes of files that git knows.
    Tracked,
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

    /// Where the caller is, below the repository's top folder.
    #[must_use]
    pub fn prefix(&self) -> &Path {
        &self.prefix
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

    /// Whether the working tree holds changes that its commit lacks; files that git doesn't know and ignores don't count.
    ///
    /// # Errors
    /// When git can't say.
    pub fn is_dirty(&self) -> Result<bool, BuildError> {
        Ok(self.changes()? != Changes::None)
    }

    /// What the working tree holds that its commit lacks; files that git doesn't know and ignores don't count.
    ///
    /// # Errors
    /// When git can't say.
    pub fn changes(&self) -> Result<Changes, BuildError> {
        // Said, whatever the user's settings hide.
        let words =
            ["--no-optional-locks", "status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=none"];
        let listed = git(&self.top, "ask git for changes", words)?;
        let lines: Vec<&[u8]> = listed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        Ok(match lines.iter().filter(|line| !line.starts_with(b"??")).count() {
            0 if lines.is_empty() => Changes::None,
            0 => Changes::OnlyUntracked,
            _ => Changes::Tracked,
        })
    }

    /// A commit's files, in a folder of the cache called `name`.
    ///
    /// # Errors
    /// When git fails.
    pub fn commit_source(&self, commit: &str, name: &str) -> Result<Source, BuildError> {
        let home = self.cache.join(name);
        let top = home.join("src");
        if self.check_out(commit, &top).is_err() {
            // Left behind half-made, or of another repository.
            let _ = std::fs::remove_dir_all(&top);
            self.check_out(commit, &top)?;
        }
        // Where nobody keeps the lock file, both sides still use the same dependencies; one of another day may lie here.
        let lock = self.workspace.join("Cargo.lock");
        self.make_ignored_lock(&lock)?;
        let is_kept = git(&top, "list Cargo.lock", ["ls-files".as_ref(), "--error-unmatch".as_ref(), lock.as_os_str()]);
        if is_kept.is_err() && self.top.join(&lock).exists() {
            std::fs::copy(self.top.join(&lock), top.join(&lock))
                .map_err(|e| error("copy Cargo.lock", &e.to_string()))?;
        }
        Ok(Source { top, target: home.join("target"), is_locked: false })
    }

    /// The working tree as it is, to be built with a target folder in the cache.
    ///
    /// # Errors
    /// Where there is no `Cargo.lock`, and none that git would ignore can be made: cargo would write one into the user's files.
    pub fn working_tree(&self, name: &str) -> Result<Source, BuildError> {
        let lock = self.workspace.join("Cargo.lock");
        self.make_ignored_lock(&lock)?;
        let lock = self.top.join(lock);
        if !lock.exists() {
            let cause = format!("there is no {}, and cargo would put one among your files", lock.display());
            return Err(error("build the working tree", &cause));
        }
        Ok(Source { top: self.top.clone(), target: self.cache.join(name).join("target"), is_locked: true })
    }

    /// Has cargo make the lock file that isn't there, where git ignores it: libraries keep none, and any call of cargo's would make it.
    fn make_ignored_lock(&self, lock: &Path) -> Result<(), BuildError> {
        let arguments = ["check-ignore".as_ref(), "--quiet".as_ref(), lock.as_os_str()];
        if self.top.join(lock).exists() || git(&self.top, "ask git what it ignores", arguments).is_err() {
            return Ok(());
        }
        let mut command = Command::new(&self.cargo);
        command.args(["generate-lockfile", "--quiet"]).current_dir(self.top.join(&self.workspace));
        output(command.stderr(Stdio::piped()), "make Cargo.lock, which git ignores here").map(drop)
    }

    /// What rustup is to be told for both sides, where their `rust-toolchain` files differ: the candidate's. `None` where they
    /// agree, or somebody has chosen already.
    ///
    /// # Errors
    /// When rustup can't say.
    pub fn toolchain(&self, baseline: &Source, candidate: &Source) -> Result<Option<String>, BuildError> {
        let wanted = |source: &Source| {
            let places = self.prefix.ancestors().map(|folder| source.top.join(folder));
            let files = places.flat_map(|folder| [folder.join("rust-toolchain"), folder.join("rust-toolchain.toml")]);
            files.filter_map(|file| std::fs::read(file).ok()).next()
        };
        let is_chosen = std::env::var_os("RUSTUP_TOOLCHAIN").is_some_and(|chosen| !chosen.is_empty());
        if is_chosen || wanted(baseline) == wanted(candidate) {
            return Ok(None);
        }
        let mut command = Command::new("rustup");
        command.args(["show", "active-toolchain"]).current_dir(candidate.top.join(&self.prefix));
        let doing = "ask rustup for the candidate's toolchain, as the two sides ask for different ones";
        let answer = line(output(command.stderr(Stdio::piped()), doing)?);
        Ok(answer.split_whitespace().next().map(str::to_owned))
    }

    fn check_out(&self, commit: &str, source: &Path) -> Result<(), BuildError> {
        let doing = format!("check out {commit}");
        let failed = |e: std::io::Error| error(&doing, &e.to_string());
        let repository = source.join(".git");
        if !repository.exists() {
            // In its place only when it is whole.
            let making = source.with_extension("new");
            for left in [&making, &source.to_owned()] {
                std::fs::remove_dir_all(left).or_else(unless_missing).map_err(failed)?;
            }
            std::fs::create_dir_all(&making).map_err(failed)?;
            let words = ["clone", "--quiet", "--shared", "--no-checkout", "--"].map(OsStr::new);
            let places = [self.top.as_os_str(), making.as_os_str()];
            git(&self.top, &doing, words.into_iter().chain(places))?;
            std::fs::rename(&making, source).map_err(failed)?;
        }
        // Named, and not looked for: from a clone that is broken, git would go up to the user's own repository.
        let mut arguments: Vec<&OsStr> = vec!["--git-dir".as_ref(), repository.as_os_str()];
        arguments.extend(["--work-tree".as_ref(), source.as_os_str()]);
        let words = ["checkout", "--quiet", "--force", "--detach", commit];
        git(source, &doing, arguments.into_iter().chain(words.map(OsStr::new)))?;
        let modules = PathBuf::from(line(git(&self.top, &doing, ["rev-parse", "--git-path", "modules"])?));
        check_out_submodules(source, &self.top.join(modules))
    }

    /// Builds the benchmarks of a source, with a toolchain of rustup's where it is told one.
    ///
    /// # Errors
    /// When cargo fails. Its own words have gone to standard error.
    pub fn build(
        &self,
        source: &Source,
        selection: &Selection,
        toolchain: Option<&str>,
    ) -> Result<Vec<Executable>, BuildError> {
        let (top, target) = (&source.top, &source.target);
        let mut arguments: Vec<OsString> =
            ["bench", "--no-run", "--message-format=json-render-diagnostics", "--target-dir"]
                .map(OsString::from)
                .into();
        arguments.push(target.as_os_str().to_owned());
        let mut add = |flag: &str, values: &[String]| {
            arguments.extend(values.iter().flat_map(|value| [flag.into(), value.into()]));
        };
        add("--package", &selection.packages);
        add("--bench", &selection.benches);
        add("--features", &selection.features);
        add("--profile", selection.profile.as_slice());
        if source.is_locked {
            // Cargo would write what a lock file lacks into the user's own.
            arguments.push("--locked".into());
        }
        let mut command = Command::new(&self.cargo);
        command.args(arguments).current_dir(top.join(&self.prefix)).stderr(Stdio::inherit());
        command.envs(toolchain.map(|toolchain| ("RUSTUP_TOOLCHAIN", toolchain)));
        let doing = format!("build the benchmarks of {}", top.display());
        let answer = output(&mut command, &doing)?;
        let messages = answer.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        let mut found: Vec<Executable> = messages.filter_map(|message| executable(message, top)).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}

/// Checks out the submodules that the user has checked out as well, from the user's own copies of them.
fn check_out_submodules(source: &Path, modules: &Path) -> Result<(), BuildError> {
    if !source.join(".gitmodules").exists() {
        return Ok(());
    }
    let doing = "list the submodules";
    let listed = git(source, doing, ["config", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$"])?;
    for listed in String::from_utf8_lossy(&listed).lines() {
        let Some((key, path)) = listed.split_once(' ') else { continue };
        let name = key.trim_start_matches("submodule.").trim_end_matches(".path");
        let copy = modules.join(name);
        if !copy.exists() {
            continue;
        }
        let doing = format!("check out the submodule {name}");
        let key = format!("submodule.{name}.url");
        git(source, &doing, ["config".as_ref(), key.as_ref(), copy.as_os_str()])?;
        let update = ["submodule", "update", "--quiet", "--init", "--force", "--", path];
        let no_network = ["-c", "protocol.allow=never", "-c", "protocol.file.allow=always"];
        git(source, &doing, no_network.into_iter().chain(update))?;
        check_out_submodules(&source.join(path), &copy.join("modules"))?;
    }
    Ok(())
}

fn unless_missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
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
    // Nobody's hooks: what is checked out here is not the user's work. Git hands this on to what it runs in submodules.
    command.args(["-c", "core.hooksPath=/dev/null", "-C"]).arg(folder).args(arguments);
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
