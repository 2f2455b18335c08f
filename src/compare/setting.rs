//! Where the two sides were measured, as far as that decides what may be said of them.

use super::Policy;
use crate::model::{Environment, Run, Warning, WarningKind};

/// Where the two sides were measured, and from what.
#[derive(Debug, Default)]
pub(super) struct Setting {
    pub(super) same_executable: bool,
    pub(super) is_different: bool,
    pub(super) warnings: Vec<Warning>,
}

impl Setting {
    /// Whether no change of the suite could be the code's, or could be told to be.
    pub(super) fn is_capped(&self, policy: &Policy) -> bool {
        self.same_executable || (self.is_different && !policy.allow_different_machines)
    }

    pub(super) fn of(baseline: &Run, candidate: &Run) -> Setting {
        let mut setting = Setting::default();
        let same = |b: &Environment| candidate.environments.iter().all(|c| b.has_same_executables(c));
        setting.same_executable = !baseline.environments.is_empty()
            && !candidate.environments.is_empty()
            && baseline.environments.iter().all(same);
        let subject = format!("{}, {}", baseline.label, candidate.label);
        let mut all: Vec<&Environment> = Vec::new();
        for environment in baseline.environments.iter().chain(&candidate.environments) {
            if !all.contains(&environment) {
                all.push(environment);
            }
        }
        for (i, one) in all.iter().enumerate() {
            for other in &all[i + 1..] {
                setting.is_different |= !one.differences(other).is_empty();
                let kinds = one.differences(other).into_iter().map(|difference| WarningKind::DifferentEnvironments {
                    fact: difference.fact.to_owned(),
                    values: difference.values,
                });
                setting.warnings.extend(kinds.map(|kind| Warning { subject: subject.clone(), kind }));
            }
        }
        setting
    }
}
