//! What could not be done, with what to do about it.

use std::fmt::Display;

use criterion_regress::report::visible;

use super::github::print_error;

/// An error for the person at the terminal: a fragment that reads after "regress: ", and a hint if we know one.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(super) fn new(message: impl Display) -> Failure {
        Failure { message: message.to_string(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Display) -> Failure {
        Failure { hint: Some(hint.to_string()), ..self }
    }

    /// The message and the hint as one text.
    pub(super) fn text(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{} (hint: {hint})", self.message),
            None => self.message.clone(),
        }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn print(&self) {
        // Messages quote what stood in files and arguments, and may have several lines of their own.
        let mut lines = self.message.lines().map(visible);
        print_error(&format!("regress: {}", lines.next().unwrap_or_default()));
        lines.for_each(|line| print_error(&line));
        if let Some(hint) = &self.hint {
            print_error(&format!("hint: {}", visible(hint)));
        }
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Failure {
        Failure::new(error.to_string().trim_start_matches("error: ").trim_end())
    }
}
