//! What the system's own tools print, within limits of time and size.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A tool that takes longer is ended: `nvidia-smi` hangs where the driver does.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than this no tool has to say.
const MOST_BYTES: u64 = 1 << 20;

/// What a program prints, in its plain locale; nothing where it isn't there, fails, hangs, or prints nothing.
pub(super) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let pipe = child.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.take(MOST_BYTES).read_to_end(&mut bytes);
        read.map(|_| bytes)
    });
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                // A child of the child may hold the pipe: its reader is left to itself.
                return None;
            }
        }
    };
    let bytes = reader.join().ok()?.ok()?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    (status.success() && !text.is_empty()).then_some(text)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_tool_says_something_or_nothing() {
        assert_eq!(output("sh", &["-c", "echo ' a '"]).as_deref(), Some("a"));
        assert_eq!(output("sh", &["-c", "echo a; exit 1"]), None);
        assert_eq!(output("sh", &["-c", "true"]), None);
        assert_eq!(output("/nonexistent/tool", &[]), None);
    }
}
