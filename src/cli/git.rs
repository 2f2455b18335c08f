//! What git says of the repository here; `None` where it can't say.

use std::process::{Command, Stdio};

/// The output of a call that ended well, without the white space at its end.
pub(super) fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = output.status.success().then_some(output.stdout)?;
    Some(String::from_utf8_lossy(&text).trim_end().to_owned())
}

/// Whether `text` can be a commit's hash, and thus no option of git's.
pub(super) fn is_hash(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
}
