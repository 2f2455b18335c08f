//! Repositories for tests, made by git with nobody's settings.

use std::path::Path;
use std::process::Command;

/// Runs git in `folder`; gives what it printed, without the line's end.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    run(&mut command(folder, arguments))
}

/// The same, with `date` for what is committed.
pub(crate) fn git_at(date: &str, folder: &Path, arguments: &[&str]) -> String {
    run(command(folder, arguments).env("GIT_COMMITTER_DATE", date).env("GIT_AUTHOR_DATE", date))
}

/// Makes a folder a repository whose one commit on `main` has all that is in it and not ignored; gives the commit.
pub(crate) fn repository(folder: &Path) -> String {
    git(folder, &["init", "--quiet"]);
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "-m", "one"]);
    git(folder, &["rev-parse", "HEAD"])
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"]);
    command.args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("git can be run");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}
