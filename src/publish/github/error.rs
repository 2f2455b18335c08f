//! Why something could not be published.

use std::time::Duration;

use thiserror::Error;

/// Why something could not be published.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CannotPublish {
    /// The server's address is not one.
    #[error("the address of GitHub's API is not usable: {0}")]
    Address(&'static str),
    /// There is no token.
    #[error("there is no token")]
    NoToken,
    /// What was given as one can't be a token.
    #[error("the token holds blanks, control characters or letters that no token has")]
    InvalidToken,
    /// The client could not be made.
    #[error("failed to prepare an encrypted connection: {0}")]
    Client(String),
    /// The token may not do it.
    #[error("failed to {what}: the token may not: {message}")]
    NotAllowed {
        /// What was tried.
        what: String,
        /// The server's words.
        message: String,
    },
    /// The server said no.
    #[error("failed to {what}: GitHub answered {status}: {message}")]
    Refused {
        /// What was tried.
        what: String,
        /// The status code.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// The server could not, as often as it was asked.
    #[error("failed to {what}: {why} (attempts: {attempts})")]
    Unavailable {
        /// What was tried.
        what: String,
        /// What happened the last time.
        why: String,
        /// How often.
        attempts: u32,
    },
    /// The server wants to be asked later.
    #[error("failed to {what}: GitHub's rate limit asks for {} s of patience, which is more than there is", wait.as_secs())]
    RateLimit {
        /// What was tried.
        what: String,
        /// How long to wait.
        wait: Duration,
    },
    /// All of it took too long.
    #[error("failed to {what}: {} s have passed", after.as_secs())]
    OutOfTime {
        /// What was tried.
        what: String,
        /// How long.
        after: Duration,
    },
    /// The reply is not of the kind that it should be.
    #[error("failed to {what}: the answer is not GitHub's: {why}")]
    Odd {
        /// What was tried.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The given number is that of another pull request.
    #[error("pull request {0} is not the one that was measured: its head is another repository's or branch's")]
    OtherPull(u64),
    /// Nobody knows which commit the check is about.
    #[error("failed to write a check run: nothing says which commit was measured")]
    NoHead,
}

impl CannotPublish {
    /// Words that may be another's.
    pub(super) fn words(&mut self) -> Option<&mut String> {
        match self {
            CannotPublish::Client(words)
            | CannotPublish::NotAllowed { message: words, .. }
            | CannotPublish::Refused { message: words, .. }
            | CannotPublish::Unavailable { why: words, .. }
            | CannotPublish::Odd { why: words, .. } => Some(words),
            CannotPublish::Address(_)
            | CannotPublish::NoToken
            | CannotPublish::InvalidToken
            | CannotPublish::RateLimit { .. }
            | CannotPublish::OutOfTime { .. }
            | CannotPublish::OtherPull(_)
            | CannotPublish::NoHead => None,
        }
    }
}
