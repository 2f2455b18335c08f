//! The program `git`, in a repository of our own that has nothing to do with the user's but its remote and its credentials.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What went wrong with git: what it was asked, and the last that it said.
#[derive(Debug, Clone)]
pub(super) struct GitFailed {
    pub(super) asked: String,
    pub(super) said: String,
}

impl GitFailed {
    pub(super) fn text(&self) -> String {
        format!("`git {}` failed: {}", self.asked, self.said)
    }
}

/// A bare repository of ours.
#[derive(Debug, Clone)]
pub(super) struct Git {
    folder: PathBuf,
    /// A folder in the user's repository.
    user: PathBuf,
    /// The user's settings that reach a remote: credentials, proxies, rewritten addresses.
    settings: Vec<(String, String)>,
}

/// Settings of the user's repository that have a say in how a remote is reached. They may be stated for that repository's folder
/// only, as a job's token is, so that they are asked for there.
const SETTINGS: [&str; 7] = ["http.", "credential.", "url.", "ssh.", "protocol.", "core.sshcommand", "core.askpass"];

/// Asks the repository around `folder`.
pub(super) fn ask(folder: &Path, arguments: &[&str]) -> Result<String, GitFailed> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    text(&run(command, arguments, None)?)
}

impl Git {
    /// Our repository in `folder`, made where it isn't there, for a remote of the user's repository around `user`.
    pub(super) fn open(folder: &Path, user: &Path, remote: &str) -> Result<Git, GitFailed> {
        let all = ask(user, &["config", "--list", "-z"])?;
        let pairs = all.split('\0').filter_map(|line| line.split_once('\n'));
        let is_kept = |name: &str| SETTINGS.iter().any(|prefix| name.to_ascii_lowercase().starts_with(prefix));
        let mut settings: Vec<(String, String)> =
            pairs.filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut set = |name: &str, value: &str| settings.push((name.to_owned(), value.to_owned()));
        set("remote.history.url", remote);
        set("core.hooksPath", "/dev/null");
        set("gc.autoDetach", "false");
        set("maintenance.autoDetach", "false");
        let git = Git { folder: folder.to_owned(), user: user.to_owned(), settings };
        if !folder.join("HEAD").exists() {
            git.renew()?;
        }
        Ok(git)
    }

    /// Makes our repository anew, with nothing in it. All that it had is fetched again: nothing is ever there alone.
    ///
    /// A git that is killed leaves locks behind, before which every later one gives up, and half-written files.
    pub(super) fn renew(&self) -> Result<(), GitFailed> {
        let failed = |e: std::io::Error| GitFailed { asked: "init".into(), said: e.to_string() };
        // Elsewhere first: what is killed halfway is no repository.
        let new = self.folder.with_extension("new");
        remove(&new).map_err(failed)?;
        // Old versions know but one format, and don't know the question.
        let format = ask(&self.user, &["rev-parse", "--show-object-format"]).unwrap_or_else(|_| "sha1".to_owned());
        let mut command = Command::new("git");
        command.args(["init", "--quiet", "--bare", "--template="]);
        if format != "sha1" {
            command.arg(format!("--object-format={format}"));
        }
        command.arg(&new);
        run(command, &["init"], None)?;
        remove(&self.folder).and_then(|()| std::fs::rename(&new, &self.folder)).map_err(failed)
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new("git");
        command.args(arguments).env("GIT_DIR", &self.folder);
        for variable in ["GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE"] {
            command.env_remove(variable);
        }
        // Not on the command line, where others could read the token.
        command.env("GIT_CONFIG_COUNT", self.settings.len().to_string());
        for (i, (name, value)) in self.settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{i}"), name).env(format!("GIT_CONFIG_VALUE_{i}"), value);
        }
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "regress").env(format!("GIT_{role}_EMAIL"), "regress@localhost");
        }
        command
    }

    /// Runs git; gives its bytes.
    pub(super) fn bytes(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, GitFailed> {
        run(self.command(arguments), arguments, input)
    }

    /// Runs git; gives its text without the end of the line.
    pub(super) fn text(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<String, GitFailed> {
        text(&self.bytes(arguments, input)?)
    }
}

fn remove(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn text(bytes: &[u8]) -> Result<String, GitFailed> {
    Ok(String::from_utf8_lossy(bytes).trim_end().to_owned())
}

fn run(mut command: Command, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, GitFailed> {
    // Nobody is there to type a password, and what git says is read.
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    let asked = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    let failed = |said: String| GitFailed { asked: asked.clone(), said };
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| failed(format!("git can't be run: {e}")))?;
    let writer = child.stdin.take().zip(input.map(<[u8]>::to_vec)).map(|(mut stdin, input)| {
        // Beside reading: both pipes may be full.
        std::thread::spawn(move || {
            // It says itself what it misses.
            let _ = stdin.write_all(&input);
        })
    });
    let output: Output = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
    if let Some(writer) = writer {
        let _ = writer.join();
    }
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> =
        said.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("hint:")).collect();
    let tail = lines[lines.len().saturating_sub(4)..].join("; ");
    Err(failed(if tail.is_empty() { format!("it ended with {}", output.status) } else { without_password(&tail) }))
}

/// An address may hold a password: `https://name:password@host`.
pub(super) fn without_password(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"' | '?')).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(i) => {
                let user = after[..i].split(':').next().unwrap_or_default();
                shown.push_str(if after[..i].contains(':') { user } else { &after[..i] });
                if after[..i].contains(':') {
                    shown.push_str(":***");
                }
                &after[i..]
            }
            None => after,
        };
    }
    shown.push_str(rest);
    shown
}

/// The same of text that is an address and nothing else. Passwords are pasted as they are, with `/`, `?` and spaces in them, and
/// servers take them so: all up to the last `@` may be one.
pub(super) fn address_without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    match rest.rfind('@') {
        Some(i) if rest[..i].contains(':') => {
            let user = rest.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***{}", &rest[i..])
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let check = |text: &str, want: &str| assert_eq!(without_password(text), want);
        check("postgres://me:secret@host:5432/db", "postgres://me:***@host:5432/db");
        check(
            "fatal: 'https://x-access-token:abc@github.com/a/b' no",
            "fatal: 'https://x-access-token:***@github.com/a/b' no",
        );
        check("postgres://me:p@ss@host/db", "postgres://me:***@host/db");
        check("ssh://git@host/a and https://a:b@c", "ssh://git@host/a and https://a:***@c");
        check("/a/b", "/a/b");
        let check = |address: &str, want: &str| assert_eq!(address_without_password(address), want);
        check("postgres://me:se/c?r e@t@host:5432/db", "postgres://me:***@host:5432/db");
        check("postgres://me@host:5432/db", "postgres://me@host:5432/db");
        check("postgres://host/db", "postgres://host/db");
        check("/a:b@c", "/a:b@c");
    }
}
