//! How a folder of runs was measured: the file that lies in it. A promise, with a version.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::run_file::StoredEnvironment;
use crate::model::{CheckState, Session, SessionCheck, SessionExecution};

/// Its name, in the folder that holds the executions' folders.
pub const SESSION_FILE: &str = "session.json";

const FORMAT: &str = "criterion-regress/session";
const VERSION: u32 = 1;

/// Why text is not a session.
#[derive(Debug, Error)]
pub enum InvalidSessionFile {
    /// Not JSON, or not of a session's shape.
    #[error("it does not say how runs were measured: {0}")]
    Malformed(#[from] serde_json::Error),
    /// JSON of something else.
    #[error("it does not say how runs were measured, but is `{0}`")]
    OtherFormat(String),
    /// Written by a later version of the tool.
    #[error("it is a session of version {0}, and this tool reads up to version {VERSION}")]
    TooNew(u32),
    /// A time that is none.
    #[error("`{0}` is no time such as 2026-01-31T12:00:00Z")]
    NoTime(String),
}

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u32,
    tool: String,
    commit: Option<String>,
    dirty: Option<bool>,
    command: Option<String>,
    started_at: Option<String>,
    finished_at: Option<String>,
    executions: Vec<StoredExecution>,
    checks: Vec<StoredCheck>,
}

#[derive(Serialize, Deserialize)]
struct StoredExecution {
    folder: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    #[serde(default)]
    before: StoredEnvironment,
    #[serde(default)]
    after: StoredEnvironment,
    #[serde(default)]
    tainted: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredCheck {
    name: String,
    state: StoredState,
    words: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredState {
    Pass,
    CannotTell,
    Warn,
    Fail,
}

/// Writes a session down as JSON, with a newline at its end.
#[must_use]
pub fn write_session(session: &Session) -> String {
    let file = File {
        format: FORMAT.to_owned(),
        version: VERSION,
        tool: session.tool.clone(),
        commit: session.commit.clone(),
        dirty: session.is_dirty,
        command: session.command.clone(),
        started_at: session.started_at.and_then(written),
        finished_at: session.finished_at.and_then(written),
        executions: session.executions.iter().map(StoredExecution::from).collect(),
        checks: session.checks.iter().map(StoredCheck::from).collect(),
    };
    let mut text = serde_json::to_string_pretty(&file).expect("a session has string keys and no failing parts");
    text.push('\n');
    text
}

/// Reads what [`write_session`] wrote.
///
/// # Errors
/// When the text is not a session, or one of a later version.
pub fn read_session(text: &str) -> Result<Session, InvalidSessionFile> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let head: Head = serde_json::from_str(text)?;
    if head.format != FORMAT {
        return Err(InvalidSessionFile::OtherFormat(head.format));
    }
    if head.version != VERSION {
        return Err(InvalidSessionFile::TooNew(head.version));
    }
    let file: File = serde_json::from_str(text)?;
    Ok(Session {
        tool: file.tool,
        commit: file.commit,
        is_dirty: file.dirty,
        command: file.command,
        started_at: read(file.started_at)?,
        finished_at: read(file.finished_at)?,
        executions: file.executions.into_iter().map(execution).collect::<Result<_, _>>()?,
        checks: file.checks.into_iter().map(SessionCheck::from).collect(),
    })
}

fn written(at: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(at).ok().map(|at| at.to_string())
}

fn read(text: Option<String>) -> Result<Option<SystemTime>, InvalidSessionFile> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Ok(Some(SystemTime::from(at))),
        Err(_) => Err(InvalidSessionFile::NoTime(text)),
    }
}

fn execution(stored: StoredExecution) -> Result<SessionExecution, InvalidSessionFile> {
    Ok(SessionExecution {
        folder: stored.folder,
        started_at: read(stored.started_at)?,
        finished_at: read(stored.finished_at)?,
        before: stored.before.into(),
        after: stored.after.into(),
        tainted: stored.tainted,
    })
}

impl From<&SessionExecution> for StoredExecution {
    fn from(execution: &SessionExecution) -> StoredExecution {
        StoredExecution {
            folder: execution.folder.clone(),
            started_at: execution.started_at.and_then(written),
            finished_at: execution.finished_at.and_then(written),
            before: (&execution.before).into(),
            after: (&execution.after).into(),
            tainted: execution.tainted.clone(),
        }
    }
}

impl From<&SessionCheck> for StoredCheck {
    fn from(check: &SessionCheck) -> StoredCheck {
        let state = match check.state {
            CheckState::Pass => StoredState::Pass,
            CheckState::CannotTell => StoredState::CannotTell,
            CheckState::Warn => StoredState::Warn,
            CheckState::Fail => StoredState::Fail,
        };
        StoredCheck { name: check.name.clone(), state, words: check.words.clone() }
    }
}

impl From<StoredCheck> for SessionCheck {
    fn from(stored: StoredCheck) -> SessionCheck {
        let state = match stored.state {
            StoredState::Pass => CheckState::Pass,
            StoredState::CannotTell => CheckState::CannotTell,
            StoredState::Warn => CheckState::Warn,
            StoredState::Fail => CheckState::Fail,
        };
        SessionCheck { name: stored.name, state, words: stored.words }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::*;
    use crate::model::Environment;

    fn session() -> Session {
        let at = |seconds: u64| Some(UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds));
        let machine = Environment { cpu: Some("A".to_owned()), turbo: Some(false), ..Environment::default() };
        let check = |name: &str, state| SessionCheck { name: name.to_owned(), state, words: "as found".to_owned() };
        Session {
            tool: "0.1.0".to_owned(),
            commit: Some("0123456789abcdef".to_owned()),
            is_dirty: Some(false),
            command: Some("regress official".to_owned()),
            started_at: at(0),
            finished_at: at(60),
            executions: vec![
                SessionExecution {
                    folder: "1".to_owned(),
                    started_at: at(1),
                    finished_at: at(20),
                    before: machine.clone(),
                    after: machine,
                    tainted: Some("throttled".to_owned()),
                },
                SessionExecution { folder: "2".to_owned(), ..SessionExecution::default() },
            ],
            checks: vec![
                check("power", CheckState::Pass),
                check("gpu", CheckState::CannotTell),
                check("turbo", CheckState::Warn),
                check("idle", CheckState::Fail),
            ],
        }
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(read_session(&write_session(&session())).expect("just written"), session());
        let empty = Session::default();
        assert_eq!(read_session(&write_session(&empty)).expect("just written"), empty);
    }

    #[test]
    fn what_is_no_session_is_said() {
        let text = write_session(&session());
        let check = |text: &str, want: &str| {
            let error = read_session(text).expect_err(want).to_string();
            assert!(error.contains(want), "{error}");
        };
        check("", "it does not say how runs were measured");
        check(&text.replace("regress/session", "regress/run"), "but is `criterion-regress/run`");
        check(&text.replace("\"version\": 1", "\"version\": 2"), "version 2");
        check(&text.replace("\"warn\"", "\"fine\""), "unknown variant");
        check(&text.replace("2023-11-14", "yesterday"), "no time");
    }

    proptest! {
        #[test]
        fn damage_is_an_error_and_no_panic(at in 0..2000_usize, with in ".{0,3}") {
            let mut text = write_session(&session());
            let at = at % text.len();
            if text.is_char_boundary(at) {
                text.insert_str(at, &with);
            }
            let _ = read_session(&text);
        }
    }
}
