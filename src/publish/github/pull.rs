//! Which pull request an event is about.

use serde::Deserialize;

use super::client::{Client, percent_encoded};
use super::{CannotPublish, Job, Note};
use crate::publish::event::{PushedTo, Repository, Sha, Subject};

/// Which pull request a commit is the head of.
pub(super) enum Found {
    Pull(u64),
    MovedOn(u64),
    None,
}

#[derive(Debug, Deserialize)]
struct TheirPull {
    number: u64,
    /// Those of a commit are listed closed or not.
    state: Option<String>,
    head: TheirHead,
    base: Option<TheirBase>,
}

#[derive(Debug, Deserialize)]
struct TheirHead {
    sha: String,
    #[serde(rename = "ref")]
    branch: Option<String>,
    /// Null when the fork is gone.
    repo: Option<TheirRepository>,
}

#[derive(Debug, Deserialize)]
struct TheirBase {
    repo: Option<TheirRepository>,
}

#[derive(Debug, Deserialize)]
struct TheirRepository {
    full_name: String,
}

impl TheirPull {
    fn is_open(&self) -> bool {
        self.state.as_ref().is_none_or(|state| state == "open")
    }

    fn is_from(&self, repository: &Repository) -> bool {
        is_named(self.head.repo.as_ref(), repository)
    }
}

impl Client<'_> {
    /// The pull request that the event is about.
    pub(super) async fn find(&self, job: &Job) -> Result<Found, CannotPublish> {
        let what = "find the pull request";
        let repository = &job.repository;
        let (pushed, number) = match &job.event.subject {
            Subject::None(_) => return Ok(Found::None),
            Subject::Pull(number) => return Ok(Found::Pull(*number)),
            Subject::PushedTo(pushed, number) => (pushed, *number),
        };
        if let Some(number) = number {
            let pull: TheirPull = self.read(&self.get(&format!("/repos/{repository}/pulls/{number}"), what)).await?.0;
            let is_branch = pull.head.branch.as_deref() == Some(&pushed.branch);
            return match (pull.is_from(&pushed.repository), pull.head.sha == pushed.head.as_str()) {
                (true, true) => Ok(Found::Pull(number)),
                (true, false) if is_branch => Ok(Found::MovedOn(number)),
                _ => Err(CannotPublish::OtherPull(number)),
            };
        }
        // For commits of forks GitHub doesn't always know; the second question is about the branch.
        let by_commit = format!("/repos/{repository}/commits/{}/pulls?per_page=100", pushed.head);
        let by_branch = format!(
            "/repos/{repository}/pulls?state=open&per_page=100&head={}:{}",
            percent_encoded(pushed.repository.owner()),
            percent_encoded(&pushed.branch)
        );
        let mut moved_on = None;
        for path in [by_commit, by_branch] {
            let pulls: Vec<TheirPull> = match self.read(&self.get(&path, what)).await {
                Ok((pulls, _)) => pulls,
                Err(CannotPublish::Refused { status: 404 | 422, .. }) => continue,
                Err(e) => return Err(e),
            };
            let is_here = |pull: &TheirPull| {
                pull.base
                    .as_ref()
                    .and_then(|base| base.repo.as_ref())
                    .is_none_or(|base| is_named(Some(base), repository))
            };
            let is_candidate = |pull: &&TheirPull| {
                pull.is_open()
                    && is_here(pull)
                    && pull.is_from(&pushed.repository)
                    && pull.head.branch.as_ref().is_none_or(|branch| *branch == pushed.branch)
            };
            let (mut exact, other): (Vec<u64>, Vec<u64>) = {
                let (exact, other): (Vec<&TheirPull>, Vec<_>) =
                    pulls.iter().filter(is_candidate).partition(|pull| is_at(pull, pushed));
                (exact.iter().map(|pull| pull.number).collect(), other.iter().map(|pull| pull.number).collect())
            };
            exact.sort_unstable();
            if exact.len() > 1 {
                self.note(Note::SeveralPulls(exact.clone()));
            }
            if let Some(last) = exact.last() {
                return Ok(Found::Pull(*last));
            }
            moved_on = moved_on.or(other.into_iter().max());
        }
        Ok(moved_on.map_or(Found::None, Found::MovedOn))
    }

    /// A pull request's head as it is now.
    pub(super) async fn head(&self, repository: &Repository, number: u64) -> Result<Option<Sha>, CannotPublish> {
        let path = format!("/repos/{repository}/pulls/{number}");
        let (pull, _): (TheirPull, _) = self.read(&self.get(&path, "read the pull request")).await?;
        Ok(Sha::new(&pull.head.sha))
    }
}

fn is_named(theirs: Option<&TheirRepository>, repository: &Repository) -> bool {
    theirs.and_then(|theirs| Repository::new(&theirs.full_name)).is_some_and(|theirs| theirs == *repository)
}

fn is_at(pull: &TheirPull, pushed: &PushedTo) -> bool {
    pull.head.sha == pushed.head.as_str()
}
