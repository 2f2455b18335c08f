//! The one comment: found, written, and kept as it is wanted.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, Posted, Request, Verb, parsed};
use super::{CannotPublish, Did, Job, Note};
use crate::publish::comment::{Author, Comment, Marker, Plan, Step, Wanted, plan};
use crate::publish::event::Repository;

/// Comments that are asked for at once.
pub const LARGEST_PAGE: usize = 100;

/// Pages that are read; GitHub takes 2,500 comments on one pull request.
const MOST_PAGES: usize = 100;

/// How often one comment is edited again after an older run has overwritten it.
const MOST_EDITS: u32 = 4;

/// A comment as the server writes it.
#[derive(Debug, Deserialize)]
struct TheirComment {
    id: u64,
    node_id: Option<String>,
    body: Option<String>,
    /// Null when the account is gone.
    user: Option<TheirUser>,
    html_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TheirUser {
    login: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// How far one has come with a comment.
#[derive(Default)]
struct Progress {
    /// What came of it, should nothing more be learnt.
    outcome: Option<Result<Did, CannotPublish>>,
    /// The last write, also one in doubt.
    wrote: Option<Wrote>,
    /// The comment that the server said it has edited.
    edited: Option<u64>,
    n_edits: u32,
    n_doubts: u32,
    n_gone: u32,
    n_delete_doubts: u32,
}

#[derive(Clone, Copy)]
enum Wrote {
    Post,
    Patch,
}

impl Client<'_> {
    /// Looks, does what is to be done, and looks again after each write, until there is nothing left to do.
    ///
    /// Nobody's edit is refused for being late, so that an older run that looked before ours may overwrite it after. Older runs
    /// leave alone what they see of later ones, and the latest one looks a while after its edit whether it has stayed.
    pub(super) async fn comment(&self, job: &Job, number: u64, wanted: &Wanted) -> Result<Did, CannotPublish> {
        let repository = &job.repository;
        let patience = &self.server.patience;
        let mut own_login = job.own_login.clone();
        let mut at = Progress::default();
        // Each round but the last was disturbed by somebody, or by the network.
        for _ in 0..patience.attempts.saturating_mul(3).max(8) {
            let theirs = match (self.comments(repository, number).await, &at.outcome) {
                (Ok(theirs), _) => theirs,
                (Err(_), Some(outcome)) => return outcome.clone(),
                (Err(e), None) => return Err(e),
            };
            let existing: Vec<Comment> = theirs.iter().map(Comment::from).collect();
            let plan = plan(&existing, &own_login, wanted);
            if job.is_dry {
                return Ok(Did::Planned(number, plan));
            }
            let step = match plan.step {
                Step::Update(id) if at.edited == Some(id) && !is_of_earlier_run(&existing, id, wanted) => {
                    Step::Keep(id)
                }
                step => step,
            };
            let is_to_write = matches!(step, Step::Create | Step::Update(_));
            if let (true, Some(Err(e))) = (is_to_write, &at.outcome) {
                return Err(e.clone());
            }
            let body = Some(json!({ "body": wanted.body() }));
            let page_of =
                |id| theirs.iter().find(|comment| comment.id == id).and_then(|comment| comment.html_url.clone());
            let did = match step {
                Step::Create => {
                    if let Some(Ok(did @ Did::Created(..))) = at.outcome {
                        self.note(Note::NotListedYet);
                        return Ok(did);
                    }
                    let path = format!("/repos/{repository}/issues/{number}/comments");
                    let request = self.request(Verb::Post, &path, body, "write the comment");
                    at.wrote = Some(Wrote::Post);
                    if let Some(comment) = self.write(&request, &mut at).await? {
                        let login = comment.user.and_then(|user| user.login);
                        if let Some(login) = login.filter(|login| !login.eq_ignore_ascii_case(&own_login)) {
                            self.note(Note::OtherLogin(login.clone()));
                            own_login = login;
                        }
                        at.outcome = Some(Ok(Did::Created(number, comment.html_url)));
                    }
                    continue;
                }
                Step::Update(id) => {
                    if at.n_edits >= MOST_EDITS
                        && let Some(Ok(did @ Did::Updated(..))) = at.outcome
                    {
                        self.note(Note::NotListedYet);
                        return Ok(did);
                    }
                    let path = format!("/repos/{repository}/issues/comments/{id}");
                    let request = self.request(Verb::Patch, &path, body, "edit the comment");
                    at.wrote = Some(Wrote::Patch);
                    match self.write(&request, &mut at).await {
                        Ok(Some(comment)) => {
                            at.outcome = Some(Ok(Did::Updated(number, comment.html_url)));
                            at.edited = Some(id);
                            at.n_edits += 1;
                            self.pause(patience.settle_wait.saturating_mul(at.n_edits)).await;
                        }
                        Ok(None) => {}
                        // Somebody deleted it since, or it is listed and can't be edited.
                        Err(CannotPublish::Refused { status: 404 | 410, .. }) if at.n_gone + 1 < patience.attempts => {
                            at.n_gone += 1;
                            at.wrote = None;
                            self.pause(patience.backoff(at.n_gone)).await;
                        }
                        Err(e) => return Err(e),
                    }
                    continue;
                }
                Step::Keep(id) => match at.wrote {
                    Some(Wrote::Post) => Did::Created(number, page_of(id)),
                    Some(Wrote::Patch) => Did::Updated(number, page_of(id)),
                    None => Did::Kept(number),
                },
                Step::LeaveToLater(_) => Did::LeftToLater(number),
                Step::Nothing => Did::NotWanted(number),
            };
            if self.tidy(repository, &plan, &theirs, &mut at.n_delete_doubts).await {
                return Ok(did);
            }
            at.outcome = Some(Ok(did));
        }
        at.outcome.unwrap_or_else(|| {
            Err(CannotPublish::Unavailable {
                what: "write the comment".to_owned(),
                why: "the comments changed each time they were looked at".to_owned(),
                attempts: at.n_doubts + at.n_edits,
            })
        })
    }

    /// Writes a comment once; none comes back where one has to look whether it was done.
    async fn write(&self, request: &Request<'_>, at: &mut Progress) -> Result<Option<TheirComment>, CannotPublish> {
        at.outcome = None;
        match self.post(request, at.n_doubts + 1).await? {
            Posted::Done(got) => match parsed(&got.text, request.what) {
                Ok(comment) => return Ok(Some(comment)),
                Err(e) => at.outcome = Some(Err(e)),
            },
            Posted::Doubt => at.n_doubts += 1,
            Posted::LastDoubt(e) => at.outcome = Some(Err(e)),
        }
        Ok(None)
    }

    /// Deletes and folds away; what fails is told, as the comment itself is there. Not done where one has to look again.
    async fn tidy(&self, repository: &Repository, plan: &Plan, theirs: &[TheirComment], n_doubts: &mut u32) -> bool {
        for id in &plan.delete {
            let path = format!("/repos/{repository}/issues/comments/{id}");
            let request = self.request(Verb::Delete, &path, None, "delete a second comment");
            match self.post(&request, *n_doubts + 1).await {
                Ok(Posted::Done(_)) | Err(CannotPublish::Refused { status: 404 | 410, .. }) => {}
                Ok(Posted::Doubt) => {
                    *n_doubts += 1;
                    return false;
                }
                Ok(Posted::LastDoubt(e)) | Err(e) => self.note(Note::NotDeleted(e.to_string())),
            }
        }
        let is_outdated = |comment: &&TheirComment| plan.minimize.contains(&comment.id);
        let ids: Vec<&str> = theirs.iter().filter(is_outdated).filter_map(|c| c.node_id.as_deref()).collect();
        if !ids.is_empty()
            && let Err(e) = self.minimize(&ids).await
        {
            self.note(Note::NotMinimized(e.to_string()));
        }
        true
    }

    async fn minimize(&self, ids: &[&str]) -> Result<(), CannotPublish> {
        let what = "fold earlier comments away";
        let shown = "query($ids:[ID!]!){nodes(ids:$ids){id ...on Minimizable{isMinimized}}}";
        let fold = "mutation($id:ID!){minimizeComment(input:{subjectId:$id,classifier:OUTDATED}){minimizedComment{isMinimized}}}";
        for ids in ids.rchunks(LARGEST_PAGE) {
            let reply = self.graphql(shown, json!({ "ids": ids }), what).await?;
            let nodes = reply["nodes"].as_array().into_iter().flatten();
            let is_shown = |node: &&Value| node["isMinimized"] == Value::Bool(false);
            for id in nodes.filter(is_shown).filter_map(|node| node["id"].as_str()) {
                self.graphql(fold, json!({ "id": id }), what).await?;
            }
        }
        Ok(())
    }

    /// All comments of a pull request.
    ///
    /// That there is a next page is the server's to say, where it is isn't: its address could be anybody's. Some say nothing,
    /// so that a full page has a next one too; and some know no pages, and send the first one again.
    async fn comments(&self, repository: &Repository, number: u64) -> Result<Vec<TheirComment>, CannotPublish> {
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        for page in 1..=MOST_PAGES {
            let path = format!("/repos/{repository}/issues/{number}/comments?per_page={LARGEST_PAGE}&page={page}");
            let (comments, has_next): (Vec<TheirComment>, _) = self.read(&self.get(&path, "list the comments")).await?;
            let is_full = comments.len() >= LARGEST_PAGE;
            let n_before = all.len();
            all.extend(comments.into_iter().filter(|comment| seen.insert(comment.id)));
            if all.len() == n_before || !(has_next || is_full) {
                break;
            }
        }
        Ok(all)
    }
}

impl From<&TheirComment> for Comment {
    fn from(theirs: &TheirComment) -> Comment {
        let author = theirs.user.as_ref().and_then(|user| {
            Some(Author { login: user.login.clone()?, is_bot: user.kind.as_ref().map(|kind| kind == "Bot") })
        });
        Comment { id: theirs.id, author, body: theirs.body.clone().unwrap_or_default() }
    }
}

/// Whether what is there is of an earlier run than what is wanted.
fn is_of_earlier_run(existing: &[Comment], id: u64, wanted: &Wanted) -> bool {
    let there = existing.iter().find(|comment| comment.id == id).and_then(|comment| Marker::of(&comment.body));
    there.is_some_and(|there| wanted.marker.stamp.is_later_than(&there.stamp))
}
