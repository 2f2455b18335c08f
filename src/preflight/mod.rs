//! What to look at before measuring: the machine, the repository, and what the one can resolve of what the other wants.
//!
//! [`checks`] of the machine are a function of [`Facts`], [`review`] one of texts; only [`examine`] and [`Repository::read`] touch the
//! world. Nothing here changes anything: a remedy is a sentence, and at most a command to be copied.

mod files;
mod machine;
mod repository;
mod resolution;

pub use files::Repository;
pub use machine::checks;
pub use repository::{review, stale_results};
pub use resolution::{Resolution, measured, resolution};

use std::time::Duration;

use crate::environment::{Facts, observe};
use crate::model::Environment;

/// All names of checks, in the order in which they are told.
pub const CODES: [&str; 24] = [
    "busy-processes",
    "idle",
    "stolen-time",
    "power",
    "thermal",
    "memory",
    "low-power-mode",
    "governor",
    "turbo",
    "smt",
    "aslr",
    "cpu-quota",
    "virtualization",
    "runner",
    "clock",
    "gpu",
    "same-machine",
    "resolution",
    "bench-profile",
    "bench-targets",
    "criterion-settings",
    "workflow",
    "stale-results",
    "unreadable-file",
];

/// Looks at this machine for `window`, and checks what it saw.
#[must_use]
pub fn examine(window: Duration, wanted: &Wanted) -> (Facts, Vec<Check>) {
    let facts = observe(window);
    let checks = checks(&facts, wanted);
    (facts, checks)
}

/// What one check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// As it should be.
    Pass,
    /// It can't be found out here.
    CannotTell,
    /// It can be measured so; times are less steady, or less comparable.
    Warn,
    /// No number should be quoted that was measured so.
    Fail,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// The machine and what it does.
    Machine,
    /// What the measured times can resolve here.
    Resolution,
    /// The repository's settings and workflows.
    Repository,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A name for programs: `busy-processes`. It stays.
    pub code: &'static str,
    /// What it is about.
    pub area: Area,
    /// What was looked at: words of ours, or the path of a file.
    pub subject: String,
    /// What it says.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// Names of others' that belong to it, as they are: whoever shows them has to escape them.
    pub names: Vec<String>,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub remedy: Option<String>,
    /// The command that does it, to be run by whoever agrees.
    pub command: Option<String>,
    /// Whether it may pass by itself when one waits.
    pub may_pass_later: bool,
}

impl Check {
    fn new(code: &'static str, subject: &str, why: &'static str) -> Check {
        Check {
            code,
            area: Area::Machine,
            subject: subject.to_owned(),
            status: Status::Pass,
            found: String::new(),
            names: Vec::new(),
            why,
            remedy: None,
            command: None,
            may_pass_later: false,
        }
    }

    fn is(self, status: Status, found: impl Into<String>) -> Check {
        Check { status, found: found.into(), ..self }
    }

    fn remedy(self, remedy: &str) -> Check {
        Check { remedy: Some(remedy.to_owned()), ..self }
    }

    fn command(self, command: &str) -> Check {
        Check { command: Some(command.to_owned()), ..self }
    }

    /// A failure that was accepted is a warning.
    #[must_use]
    pub fn accepted(self) -> Check {
        if self.status != Status::Fail {
            return self;
        }
        Check { status: Status::Warn, found: format!("{} (accepted)", self.found), ..self }
    }
}

/// How strict to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// A shared machine, to notice large changes: what disturbs is told.
    Smoke,
    /// Numbers to be quoted: what disturbs fails.
    Official,
}

impl Strictness {
    /// What is wrong for numbers to be quoted.
    fn fails(self) -> Status {
        match self {
            Strictness::Smoke => Status::Warn,
            Strictness::Official => Status::Fail,
        }
    }
}

/// What is asked of the machine.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// How strict to be.
    pub strictness: Strictness,
    /// Where the baselines were measured, if there are any to compare with; one that doesn't say is the default.
    pub baselines: Vec<Environment>,
}

/// What all checks come to: the worst of them, with what can't be told as no worse than a pass.
#[must_use]
pub fn outcome(checks: &[Check]) -> Status {
    let told = checks.iter().map(|check| check.status).filter(|status| *status != Status::CannotTell);
    told.max().unwrap_or(Status::Pass)
}
