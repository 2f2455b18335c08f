//! How something was measured, as reports say it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::from_model::timestamp;
use super::schema::Environment;
use super::wording::count;
use crate::model::{CheckState, Session};

/// How it was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// The version of the tool that ran it.
    pub tool: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// Whether the working tree held changes that the commit lacks.
    pub dirty: Option<bool>,
    /// The command line.
    pub command: Option<String>,
    /// When it began, RFC 3339.
    pub started_at: Option<String>,
    /// When it ended, RFC 3339.
    pub finished_at: Option<String>,
    /// Whether it ran in a virtual machine.
    pub virtual_machine: Option<bool>,
    /// Whether it ran on a machine that a CI system lends to many.
    pub shared_runner: Option<bool>,
    /// Executions that were run.
    pub executions: usize,
    /// Executions that something disturbed, and what.
    pub tainted: Vec<String>,
    /// The machines, each once.
    pub environments: Vec<Environment>,
    /// In what the machine differed from one execution to the next.
    pub changes: Vec<String>,
    /// What was looked at before the first execution.
    pub checks: Vec<ConditionCheck>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionCheck {
    /// A name for programs.
    pub name: String,
    /// What it said.
    pub state: ConditionState,
    /// What was found.
    pub words: String,
}

/// What a check said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionState {
    /// As it should be.
    Pass,
    /// It could not be found out.
    CannotTell,
    /// It could be measured so.
    Warn,
    /// No number should be quoted that was measured so.
    Fail,
}

impl Conditions {
    /// What in them can't be, if anything.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let any = |says: &dyn Fn(&Environment) -> bool| self.environments.iter().any(says);
        let begins = |text: &Option<String>, with: &str| text.as_deref().is_some_and(|text| text.starts_with(with));
        let is_virtual = any(&|e| e.virtualization.as_deref().is_some_and(|text| text.contains("virtual machine")));
        let cpus: BTreeSet<&String> = self.environments.iter().filter_map(|e| e.cpu.as_ref()).collect();
        if is_virtual && self.virtual_machine == Some(false) {
            Some("it names a virtual machine, and says that it ran in none")
        } else if any(&|e| begins(&e.runner, "GitHub-hosted")) && self.shared_runner == Some(false) {
            Some("it names a hosted runner, and says that none was shared")
        } else if cpus.len() > 1 && self.changes.is_empty() {
            Some("it names several processors, and no change of the machine")
        } else {
            None
        }
    }

    pub(super) fn words(&self, foreign: &dyn Fn(&str) -> String) -> Vec<String> {
        let mut words = Vec::new();
        let tree = match self.dirty {
            Some(true) => "with changes that are not committed",
            Some(false) => "nothing uncommitted",
            None => "nothing says whether anything was uncommitted",
        };
        words.push(match &self.commit {
            Some(commit) => format!("commit {}, {tree}", foreign(commit)),
            None => "of an unknown commit".to_owned(),
        });
        if let Some(command) = &self.command {
            words.push(format!("by {}", foreign(command)));
        }
        words.extend(self.environments.iter().map(|environment| format!("on {}", foreign(&machine(environment)))));
        words.extend(self.changes.iter().map(|change| format!("the machine changed: {}", foreign(change))));
        words.extend(self.tainted.iter().map(|taint| format!("disturbed: {}", foreign(taint))));
        let notable = self.checks.iter().filter(|check| check.state != ConditionState::Pass);
        words.extend(notable.map(|check| {
            let state = match check.state {
                ConditionState::Fail => "failed",
                ConditionState::Warn => "warned",
                ConditionState::CannotTell | ConditionState::Pass => "could not be told",
            };
            format!("check {} {state}: {}", foreign(&check.name), foreign(&check.words))
        }));
        words
    }
}

/// A machine in one line.
#[must_use]
pub fn machine(environment: &Environment) -> String {
    let cores = environment.cores.map(|n| count(n as usize, "core", "cores"));
    let system = environment.distribution.clone().or(environment.os.clone());
    let governor = environment.governor.as_ref().map(|governor| format!("governor {governor}"));
    let gpus = (!environment.gpus.is_empty()).then(|| environment.gpus.join(", "));
    let facts = [environment.cpu.clone(), cores, gpus, system, governor, environment.rustc.clone()];
    let said: Vec<String> = facts.into_iter().flatten().collect();
    if said.is_empty() { "an unknown machine".to_owned() } else { said.join(", ") }
}

impl From<&Session> for Conditions {
    fn from(session: &Session) -> Conditions {
        let environments = session.environments();
        let mut changes: Vec<String> = Vec::new();
        if let Some(first) = environments.first() {
            let differences = environments.iter().flat_map(|other| first.differences(other));
            changes.extend(differences.map(|d| format!("{}: {} and {}", d.fact, d.values[0], d.values[1])));
            changes.sort();
            changes.dedup();
        }
        let tainted = session.executions.iter().filter_map(|execution| {
            execution.tainted.as_ref().map(|taint| format!("execution {}: {taint}", execution.folder))
        });
        Conditions {
            tool: session.tool.clone(),
            commit: session.commit.clone(),
            dirty: session.is_dirty,
            command: session.command.clone(),
            started_at: session.started_at.and_then(timestamp),
            finished_at: session.finished_at.and_then(timestamp),
            virtual_machine: session.is_virtual(),
            shared_runner: session.is_shared(),
            executions: session.executions.len(),
            tainted: tainted.collect(),
            environments: environments.iter().map(Environment::from).collect(),
            changes,
            checks: session
                .checks
                .iter()
                .map(|check| ConditionCheck {
                    name: check.name.clone(),
                    state: match check.state {
                        CheckState::Pass => ConditionState::Pass,
                        CheckState::CannotTell => ConditionState::CannotTell,
                        CheckState::Warn => ConditionState::Warn,
                        CheckState::Fail => ConditionState::Fail,
                    },
                    words: check.words.clone(),
                })
                .collect(),
        }
    }
}
