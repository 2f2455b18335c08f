//! Baselines from history: the runs of the nearest ancestors, or those of a release.

use std::path::Path;
use std::time::SystemTime;

use criterion_regress::compare::Policy;
use criterion_regress::environment::{NoLine, branch_point, checkout, commit, line, this_machine};
use criterion_regress::history::level_start;
use criterion_regress::model::{Environment, Executions, Run, Warning, WarningKind};
use criterion_regress::report::{HistoryUsed, RevisionUsed, short, visible};
use criterion_regress::stats::ChangePointOptions;
use criterion_regress::store::{Access, EnvironmentKey, Record, nearest};

use super::failure::Failure;
use super::history::{History, failure};
use super::input::Loaded;

/// Executions that a baseline is made of, at most.
const MOST: usize = 20;

/// With fewer, how far executions differ rests on the suite or the assumption more than on them.
const FEW: usize = 5;

/// A baseline that history is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    /// The nearest ancestors of the candidate.
    Ancestors,
    /// A release, by its tag.
    Tag(String),
}

/// What came of it.
pub(super) struct FromHistory {
    pub(super) loaded: Loaded,
    pub(super) used: HistoryUsed,
}

impl Asked {
    /// What the sides of a baseline ask of history; `None` where they are baselines of Criterion's, folders or files.
    pub(super) fn of(sides: &[String]) -> Result<Option<Asked>, Failure> {
        let asked = |side: &String| match (side.as_str(), side.strip_prefix("tag:")) {
            ("history", _) => Some(Asked::Ancestors),
            (_, Some(tag)) if !tag.is_empty() => Some(Asked::Tag(tag.to_owned())),
            _ => None,
        };
        match sides {
            [one] => Ok(asked(one)),
            several => match several.iter().find(|side| asked(side).is_some()) {
                Some(side) => Err(Failure::new(format!("failed to put `{side}` together with other baselines"))
                    .hint("a baseline from history stands alone")),
                None => Ok(None),
            },
        }
    }

    /// Reads it. `candidate` says where it was measured afterwards, as far as nothing said so before: here, unless it comes from a
    /// file, which may have been written anywhere.
    pub(super) fn read(
        &self,
        store: Option<&str>,
        candidate: &mut Loaded,
        revision: Option<&str>,
        policy: &Policy,
    ) -> Result<FromHistory, Failure> {
        let here = Path::new(".");
        let is_of_file = candidate.is_of_file;
        let candidate = &mut candidate.run;
        if candidate.environments.is_empty() {
            candidate.environments.push(if is_of_file { Environment::default() } else { this_machine() });
        }
        let (revisions, is_shallow) = match self {
            Asked::Ancestors => ancestors(here, revision)?,
            Asked::Tag(tag) => of_tag(here, tag)?,
        };
        let mut store = History::new(store)?.open(Access::Existing)?;
        let environments = candidate.environments.clone();
        let is_here = |other: &Environment| environments.iter().all(|own| is_alike(own, other, policy));
        let found = nearest(&mut *store, &revisions, is_here, MOST).map_err(|e| failure("read", &e))?;
        let source = store.name();
        let mut warnings = Vec::new();
        if let Some(head) = found.elsewhere.first() {
            let there = &head.environment;
            let difference = environments.iter().flat_map(|own| there.differences(own)).next();
            let is_unstated = environments.contains(&Environment::default());
            let (fact, values) = match difference {
                Some(difference) => (difference.fact.to_owned(), difference.values),
                None if is_unstated => {
                    let there = there.cpu.clone().unwrap_or_else(|| "known".to_owned());
                    ("machine".to_owned(), [there, "not stated".to_owned()])
                }
                None => ("what is known of the machine".to_owned(), ["more or less".to_owned(), "this".to_owned()]),
            };
            let subject = short(&head.revision).to_owned();
            let kind = WarningKind::HistoryElsewhere { n_runs: found.elsewhere.len(), fact, values };
            warnings.push(Warning { subject, kind });
        }
        if found.taken.is_empty() {
            if is_shallow && found.elsewhere.is_empty() {
                return Err(Failure::new(
                    "failed to find the ancestors' runs: this clone holds only the end of its past, and none of it is recorded",
                )
                .hint(DEEPEN));
            }
            if found.elsewhere.is_empty() {
                warnings.push(Warning { subject: self.label(), kind: WarningKind::NothingInHistory });
            }
        }
        let revisions = used(&found.taken);
        let mut run = merged(found.taken, &environments);
        let most = run.benchmarks.iter().map(|b| b.executions.len()).max().unwrap_or_default();
        if (1..FEW).contains(&most) {
            let kind = WarningKind::FewInHistory { n: most, wanted: MOST, is_shallow };
            warnings.push(Warning { subject: self.label(), kind });
        }
        let n_cut = cut(&mut run, policy, &mut warnings);
        run.warnings.append(&mut warnings);
        run.label = self.label();
        let executions = run.benchmarks.iter().map(|b| b.executions.len()).max().unwrap_or_default();
        let used = HistoryUsed { revisions, executions, cut: n_cut, elsewhere: found.elsewhere.len() };
        Ok(FromHistory { loaded: Loaded { run, source, is_of_file: false }, used })
    }

    fn label(&self) -> String {
        match self {
            Asked::Ancestors => "history".to_owned(),
            Asked::Tag(tag) => format!("tag:{tag}"),
        }
    }
}

/// What to do about a clone of a few commits.
const DEEPEN: &str =
    "fetch the rest with `git fetch --unshallow`; in a workflow, `fetch-depth: 0` for actions/checkout";

fn no_line(doing: &str, e: &NoLine) -> Failure {
    let failure = Failure::new(format!("failed to {doing}: {e}"));
    match e {
        _ if e.is_shallow() => failure.hint(DEEPEN),
        NoLine::NoGit | NoLine::NoRepository => failure
            .hint("history needs git to know which commits came before; name a baseline that was saved or exported"),
        NoLine::NoRevision { .. } => failure.hint("`git fetch --tags` brings what the remote has"),
        NoLine::NoDefaultBranch { .. } | NoLine::NothingShared { .. } => {
            failure.hint("fetch the default branch, or say with `git remote set-head origin --auto` which one that is")
        }
    }
}

/// The commits before the candidate, the nearest first, and whether there are more that the clone lacks.
fn ancestors(here: &Path, revision: Option<&str>) -> Result<(Vec<String>, bool), Failure> {
    let doing = "find the commits that came before";
    let tip = revision.unwrap_or("HEAD");
    let base = std::env::var("GITHUB_BASE_REF").ok().filter(|base| !base.is_empty());
    let from = branch_point(here, tip, base.as_deref()).map_err(|e| no_line(doing, &e))?;
    let line = line(here, &from).map_err(|e| no_line(doing, &e))?;
    let own = commit(here, tip).map_err(|e| no_line(doing, &e))?;
    // What is changed since is another code than the commit's, which then is its nearest ancestor.
    let is_changed = revision.is_none() && checkout(here, None).is_some_and(|checkout| checkout.is_changed);
    let commits = line.commits.into_iter().map(|commit| commit.hash);
    Ok((commits.filter(|hash| is_changed || *hash != own).collect(), line.is_shallow))
}

/// What a release may be recorded as: the tag's commit, or its name.
fn of_tag(here: &Path, tag: &str) -> Result<(Vec<String>, bool), Failure> {
    match commit(here, &format!("refs/tags/{tag}")) {
        Ok(hash) => Ok((vec![hash, tag.to_owned()], false)),
        // Whoever has no git may have recorded it by this name.
        Err(NoLine::NoGit | NoLine::NoRepository) => Ok((vec![tag.to_owned()], false)),
        Err(e) => Err(no_line("find the release", &e)),
    }
}

/// Whether what was measured in both can be compared.
fn is_alike(own: &Environment, other: &Environment, policy: &Policy) -> bool {
    policy.allow_different_machines
        || (EnvironmentKey::of(own) == EnvironmentKey::of(other) && own.differences(other).is_empty())
}

/// The revisions of these runs, the nearest first.
fn used(taken: &[Record]) -> Vec<RevisionUsed> {
    let now = SystemTime::now();
    let mut used: Vec<RevisionUsed> = Vec::new();
    for record in taken.iter().rev() {
        let executions = record.benchmarks.iter().map(|b| b.executions.len()).max().unwrap_or_default();
        match used.iter_mut().find(|used| used.revision == record.head.revision) {
            Some(used) => used.executions += executions,
            None => {
                let at = record.head.committed_at.or(record.head.measured_at);
                used.push(RevisionUsed {
                    revision: record.head.revision.clone(),
                    age_seconds: at.and_then(|at| now.duration_since(at).ok()).map(|age| age.as_secs()),
                    executions,
                });
            }
        }
    }
    used
}

/// All runs as one, the furthest executions first, and no more of them than a baseline takes.
fn merged(taken: Vec<Record>, candidate: &[Environment]) -> Run {
    // What says that both are one executable is worth telling apart; else one machine is told once.
    let is_telling = candidate.iter().any(|environment| !environment.executables.is_empty());
    let runs = taken.into_iter().map(|record| {
        let label = visible(short(&record.head.revision));
        let mut run = record.into_run(&label);
        if !is_telling {
            run.environments.iter_mut().for_each(|environment| environment.executables.clear());
        }
        run
    });
    let mut run = Run::merge(runs.collect());
    // History doesn't say twice what was said when it was recorded.
    run.absent.clear();
    for benchmark in &mut run.benchmarks {
        keep_last(&mut benchmark.executions, MOST);
    }
    run
}

fn keep_last(executions: &mut Executions, n: usize) {
    let skipped = executions.len().saturating_sub(n);
    if skipped > 0
        && let Some(kept) = Executions::collect(executions.iter().skip(skipped).cloned())
    {
        *executions = kept;
    }
}

/// Leaves out what was measured before a benchmark's level changed: the code, or what it runs on, was another then. Says of how
/// many benchmarks.
fn cut(run: &mut Run, policy: &Policy, warnings: &mut Vec<Warning>) -> usize {
    let mut n_cut = 0;
    for benchmark in &mut run.benchmarks {
        let values: Vec<f64> = benchmark.executions.iter().map(|e| e.location(policy.estimator)).collect();
        let start = level_start(&values, &ChangePointOptions::default());
        if start > 0 {
            n_cut += 1;
            keep_last(&mut benchmark.executions, values.len() - start);
            warnings.push(Warning { subject: benchmark.id.as_str().to_owned(), kind: WarningKind::LevelChanged });
        }
    }
    n_cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_history() {
        let of = |sides: &[&str]| Asked::of(&sides.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["history"]).ok().flatten(), Some(Asked::Ancestors));
        assert_eq!(of(&["tag:v1.4"]).ok().flatten(), Some(Asked::Tag("v1.4".to_owned())));
        for sides in [&["main"] as &[&str], &[], &["tag:"], &["a", "b"], &["./history"]] {
            assert_eq!(of(sides).ok(), Some(None), "{sides:?}");
        }
        assert!(of(&["history", "main"]).is_err());
    }
}
