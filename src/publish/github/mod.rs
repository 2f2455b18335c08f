//! GitHub over the network: the only place with one, and with async.
//!
//! What to write and when to ask again is decided elsewhere; here it is carried out. Replies are read as far as they are
//! needed and no further: some servers leave out what others always have.

mod check_run;
mod client;
mod error;
mod one_comment;
mod pull;
mod server;

use std::fmt;

use super::comment::{Plan, Wanted};
use super::event::{Event, NoPull, Repository, Subject};
pub use check_run::{Annotation, CheckRun, Conclusion, Level};
use client::Client;
pub use error::CannotPublish;
pub use one_comment::LARGEST_PAGE;
use pull::Found;
pub use server::{Server, Token};

/// What to publish, and where.
#[derive(Debug, Clone)]
pub struct Job {
    /// The repository of the pull request.
    pub repository: Repository,
    /// What happened.
    pub event: Event,
    /// The comment, if one is wanted.
    pub comment: Option<Wanted>,
    /// Who we are, as comments' author.
    pub own_login: String,
    /// The check run, if one is wanted.
    pub check: Option<CheckRun>,
    /// Read, and write nothing.
    pub is_dry: bool,
}

/// What came of it. Each part may have failed for itself.
#[derive(Debug)]
pub struct Published {
    /// The comment.
    pub comment: Option<Result<Did, CannotPublish>>,
    /// The check run, with its page.
    pub check: Option<Result<Option<String>, CannotPublish>>,
    /// What else to know.
    pub notes: Vec<Note>,
}

/// What was done about a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// Written, on this pull request, with its page.
    Created(u64, Option<String>),
    /// Replaced the text of the one that was there.
    Updated(u64, Option<String>),
    /// It says that already.
    Kept(u64),
    /// A later run has written it.
    LeftToLater(u64),
    /// There is none, and none is wanted.
    NotWanted(u64),
    /// Nothing; this would be done.
    Planned(u64, Plan),
    /// The event is about no pull request.
    NoPull(NoPull),
    /// No open pull request has that commit as its head.
    NoneOpen,
    /// This pull request has had a later commit meanwhile.
    MovedOn(u64),
}

/// What else to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The token is another account's than was said.
    OtherLogin(String),
    /// The server doesn't list the comment yet that it took.
    NotListedYet,
    /// Comments on earlier commits could not be folded away.
    NotMinimized(String),
    /// A comment that is one too many could not be deleted.
    NotDeleted(String),
    /// Several open pull requests have that head; the last one opened was taken.
    SeveralPulls(Vec<u64>),
    /// Not all annotations could be added.
    FewerAnnotations(String),
}

impl Published {
    /// Words that may be another's.
    fn words(&mut self) -> impl Iterator<Item = &mut String> {
        let of_comment = self.comment.as_mut().and_then(|comment| match comment {
            Ok(Did::Created(_, page) | Did::Updated(_, page)) => page.as_mut(),
            Ok(Did::Kept(_) | Did::LeftToLater(_) | Did::NotWanted(_) | Did::Planned(..)) => None,
            Ok(Did::NoPull(_) | Did::NoneOpen | Did::MovedOn(_)) => None,
            Err(e) => e.words(),
        });
        let of_check = self.check.as_mut().and_then(|check| match check {
            Ok(page) => page.as_mut(),
            Err(e) => e.words(),
        });
        let of_notes = self.notes.iter_mut().filter_map(|note| match note {
            Note::OtherLogin(words)
            | Note::NotMinimized(words)
            | Note::NotDeleted(words)
            | Note::FewerAnnotations(words) => Some(words),
            Note::NotListedYet | Note::SeveralPulls(_) => None,
        });
        of_comment.into_iter().chain(of_check).chain(of_notes)
    }
}

/// Publishes, and waits for it.
///
/// # Errors
/// When nothing could even be tried.
pub fn publish(server: &Server, job: &Job) -> Result<Published, CannotPublish> {
    let mut published = run(server, job);
    let cleanse = |words| Token::cleanse(server.token.as_ref(), words);
    match &mut published {
        Ok(published) => published.words().for_each(cleanse),
        Err(e) => e.words().into_iter().for_each(cleanse),
    }
    published
}

fn run(server: &Server, job: &Job) -> Result<Published, CannotPublish> {
    let failed = |e: &dyn fmt::Display| CannotPublish::Client(e.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| failed(&e))?;
    let published = runtime.block_on(async {
        let client = Client::new(server)?;
        Ok(client.publish(job).await)
    });
    // A name that is still being resolved keeps nobody waiting.
    runtime.shutdown_background();
    published
}

impl Client<'_> {
    async fn publish(self, job: &Job) -> Published {
        let mut comment = None;
        let mut head = job.event.head.clone();
        let found = self.find(job).await;
        let number = match &found {
            Ok(Found::Pull(number)) => Some(*number),
            _ => None,
        };
        let needs_head = job.check.is_some() || job.comment.as_ref().is_some_and(|c| c.marker.stamp.head.is_none());
        if let (None, Some(number), true) = (&head, number, needs_head) {
            // Known from here on, or not: the comment does without.
            head = self.head(&job.repository, number).await.unwrap_or_default();
        }
        if let Some(wanted) = &job.comment {
            comment = Some(match found {
                Ok(Found::Pull(number)) => {
                    let mut wanted = wanted.clone();
                    wanted.marker.stamp.head = wanted.marker.stamp.head.or_else(|| head.clone());
                    self.comment(job, number, &wanted).await
                }
                Ok(Found::MovedOn(number)) => Ok(Did::MovedOn(number)),
                Ok(Found::None) => Ok(match &job.event.subject {
                    Subject::None(why) => Did::NoPull(why.clone()),
                    Subject::Pull(_) | Subject::PushedTo(..) => Did::NoneOpen,
                }),
                Err(e) => Err(e),
            });
        }
        let check = match (&job.check, &head) {
            (Some(_), _) if job.is_dry => None,
            (Some(check), Some(head)) => Some(self.check(&job.repository, head, check).await),
            (Some(_), None) => Some(Err(CannotPublish::NoHead)),
            (None, _) => None,
        };
        Published { comment, check, notes: self.notes.into_inner() }
    }
}
