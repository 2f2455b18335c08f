use std::time::SystemTime;

use super::Environment;

/// How a folder of runs was measured, as whoever ran them wrote down: what a figure needs behind it before it may be quoted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Session {
    /// Version of the tool that ran them.
    pub tool: String,
    /// The commit of the code that was measured, in full.
    pub commit: Option<String>,
    /// Whether the working tree held changes that the commit lacks.
    pub is_dirty: Option<bool>,
    /// The command line that started it.
    pub command: Option<String>,
    /// When it began.
    pub started_at: Option<SystemTime>,
    /// When it ended.
    pub finished_at: Option<SystemTime>,
    /// Each execution, in the order in which they ran.
    pub executions: Vec<SessionExecution>,
    /// What was looked at before the first.
    pub checks: Vec<SessionCheck>,
}

/// One execution: a process of each benchmark.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionExecution {
    /// Its Criterion folder, relative to the session's.
    pub folder: String,
    /// When it began.
    pub started_at: Option<SystemTime>,
    /// When it ended.
    pub finished_at: Option<SystemTime>,
    /// The machine just before it.
    pub before: Environment,
    /// The machine just after it.
    pub after: Environment,
    /// What disturbed it, where something did: throttling, another program.
    pub tainted: Option<String>,
}

/// One thing that was looked at before measuring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCheck {
    /// A name for programs: `governor`.
    pub name: String,
    /// What it said.
    pub state: CheckState,
    /// What was found.
    pub words: String,
}

/// What a check said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckState {
    /// As it should be.
    Pass,
    /// It could not be found out.
    CannotTell,
    /// It could be measured so.
    Warn,
    /// No number should be quoted that was measured so.
    Fail,
}

impl Session {
    /// Every machine that the executions ran on, each once, in the order in which they were seen.
    #[must_use]
    pub fn environments(&self) -> Vec<Environment> {
        let mut seen: Vec<Environment> = Vec::new();
        for environment in self.executions.iter().flat_map(|e| [&e.before, &e.after]) {
            if *environment != Environment::default() && !seen.contains(environment) {
                seen.push(environment.clone());
            }
        }
        seen
    }

    /// Whether any of it ran in a virtual machine; `None` where an execution doesn't say.
    #[must_use]
    pub fn is_virtual(&self) -> Option<bool> {
        let says = |e: &Environment| e.virtualization.as_deref().map(|text| text.contains("virtual machine"));
        any(self.executions.iter().map(|e| before_and_after(e, says)))
    }

    /// Whether any of it ran on a machine that a CI system lends to many; `None` where an execution doesn't say.
    ///
    /// Who looked, and found that no CI system runs it, is on a machine of their own.
    #[must_use]
    pub fn is_shared(&self) -> Option<bool> {
        let says = |e: &Environment| match e.runner.as_deref() {
            Some(SELF_HOSTED) => Some(false),
            Some(runner) if runner.starts_with("GitHub-hosted") => Some(true),
            Some(_) => None,
            None => e.virtualization.is_some().then_some(false),
        };
        any(self.executions.iter().map(|e| before_and_after(e, says)))
    }
}

/// What an environment says of a runner that is somebody's own.
const SELF_HOSTED: &str = "self-hosted";

/// What is so of the machine before an execution; after it, only a yes is news: nobody may have looked.
fn before_and_after(execution: &SessionExecution, says: impl Fn(&Environment) -> Option<bool>) -> Option<bool> {
    if says(&execution.after) == Some(true) { Some(true) } else { says(&execution.before) }
}

/// Whether one of several answers is yes; `None` where there are none, or none is yes and one is missing.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    answers.reduce(|one, other| match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, _) | (_, None) => None,
        (Some(false), Some(false)) => Some(false),
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(machines: &[(Option<&str>, Option<&str>)]) -> Session {
        let executions = machines.iter().map(|(virtualization, runner)| SessionExecution {
            before: Environment {
                virtualization: virtualization.map(str::to_owned),
                runner: runner.map(str::to_owned),
                ..Environment::default()
            },
            ..SessionExecution::default()
        });
        Session { executions: executions.collect(), ..Session::default() }
    }

    #[test]
    fn whose_machine_it_is() {
        let check = |machines: &[(Option<&str>, Option<&str>)], is_virtual, is_shared| {
            let session = on(machines);
            assert_eq!((session.is_virtual(), session.is_shared()), (is_virtual, is_shared), "{machines:?}");
        };
        let own = (Some("none"), None);
        check(&[], None, None);
        check(&[own, own], Some(false), Some(false));
        check(&[own, (None, None)], None, None);
        check(&[(Some("container"), Some("self-hosted"))], Some(false), Some(false));
        check(&[own, (Some("virtual machine, container"), Some("GitHub-hosted ubuntu24"))], Some(true), Some(true));
        check(&[(Some("none"), Some("GitLab CI"))], Some(false), None);
    }

    #[test]
    fn a_machine_is_told_once() {
        assert_eq!(on(&[(Some("none"), None), (Some("none"), None)]).environments().len(), 1);
        assert_eq!(on(&[(Some("none"), None), (Some("container"), None)]).environments().len(), 2);
        assert!(on(&[(None, None)]).environments().is_empty());
    }
}
