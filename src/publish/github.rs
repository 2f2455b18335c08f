//! GitHub over the network: the only place with one, and with async.
//!
//! What to write and when to ask again is decided elsewhere; here it is carried out. Replies are read as far as they are
//! needed and no further: some servers leave out what others always have.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use octocrab::Octocrab;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::comment::{Author, Comment, Marker, Plan, Step, Wanted, plan};
use super::event::{Event, NoPull, PushedTo, Repository, Sha, Subject};
use super::retry::{Answer, Effect, Next, Patience, Reply, next};

/// Comments that are asked for at once.
pub const LARGEST_PAGE: usize = 100;

/// Pages that are read; GitHub takes 2,500 comments on one pull request.
const MOST_PAGES: usize = 100;

/// Annotations that GitHub takes at once.
const ANNOTATIONS_A_REQUEST: usize = 50;

/// How often one comment is edited again after an older run has overwritten it.
const MOST_EDITS: u32 = 4;

/// What is kept of the time for all, to look whether the last write was done; of a short time, a quarter.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// Bytes of a reply that are read; a full page of the longest comments has less.
const LARGEST_REPLY: usize = 32 << 20;

/// Characters of a server's message that are told.
const LONGEST_MESSAGE: usize = 300;

/// A job's token. It can't be printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token: visible ASCII, with blanks around it taken off.
    ///
    /// # Errors
    /// When there is nothing in the text, or what can't stand in a header.
    pub fn new(text: &str) -> Result<Token, CannotPublish> {
        let text = text.trim();
        match text.bytes().all(|c| c.is_ascii_graphic()) {
            _ if text.is_empty() => Err(CannotPublish::NoToken),
            true => Ok(Token(text.to_owned())),
            false => Err(CannotPublish::InvalidToken),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// What a server said, to be told: without the token, should it have sent that back, and no longer than anybody reads.
    fn cleanse(token: Option<&Token>, text: &mut String) {
        if let Some(Token(token)) = token {
            *text = text.replace(token, "***");
        }
        if let Some((end, _)) = text.char_indices().nth(LONGEST_MESSAGE) {
            text.truncate(end);
            text.push('…');
        }
    }
}

/// A server, and how patient to be with it.
#[derive(Debug, Clone)]
pub struct Server {
    api: String,
    graphql: String,
    token: Option<Token>,
    /// When to ask again.
    pub patience: Patience,
    /// How long a reply may take.
    pub request_timeout: Duration,
    /// How long all may take.
    pub timeout: Duration,
}

impl Server {
    /// The server at `api`: `https://api.github.com`, or an Enterprise server's `https://HOST/api/v3`.
    ///
    /// # Errors
    /// When that is no address to send a token to.
    pub fn new(api: &str, graphql: Option<&str>, token: Option<Token>) -> Result<Server, CannotPublish> {
        let api = api.trim().trim_end_matches('/');
        check_address(api)?;
        let graphql = match (graphql.map(str::trim), api.strip_suffix("/api/v3")) {
            (Some(graphql), _) => graphql.to_owned(),
            (None, Some(enterprise)) => format!("{enterprise}/api/graphql"),
            (None, None) => format!("{api}/graphql"),
        };
        check_address(&graphql)?;
        Ok(Server {
            api: api.to_owned(),
            graphql,
            token,
            patience: Patience::default(),
            request_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(180),
        })
    }
}

/// A token goes nowhere unencrypted, except to this machine itself.
fn check_address(address: &str) -> Result<(), CannotPublish> {
    let no = |why| Err(CannotPublish::Address(why));
    let (rest, is_encrypted) = match (address.strip_prefix("https://"), address.strip_prefix("http://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => return no("it doesn't begin with https://"),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return no("it holds a name or password");
    }
    if !address.bytes().all(|c| c.is_ascii_graphic()) {
        return no("it holds blanks, control characters or letters that no address has");
    }
    if address.contains(['?', '#', '\\']) {
        return no("it holds more than a host and a folder");
    }
    let host = if authority.starts_with('[') {
        authority.split_inclusive(']').next().unwrap_or_default()
    } else {
        authority.split(':').next().unwrap_or_default()
    };
    match host {
        "" => no("it names no host"),
        "localhost" | "127.0.0.1" | "[::1]" => Ok(()),
        _ if is_encrypted => Ok(()),
        _ => no("a token is sent by https only"),
    }
}

/// An address without its folder.
fn origin(address: &str) -> &str {
    let end = address.find("://").map_or(0, |at| at + 3);
    address[end..].find('/').map_or(address, |at| &address[..end + at])
}

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

/// A check run: a line beside a commit, with a page of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// What it is called; a later one of the same name stands in for an earlier one.
    pub name: String,
    /// What tells this one from others of its name.
    pub external_id: String,
    /// What follows.
    pub conclusion: Conclusion,
    /// In a line.
    pub title: String,
    /// The page, in Markdown.
    pub summary: String,
    /// What is said of single files.
    pub annotations: Vec<Annotation>,
}

/// What follows from a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// It may be merged.
    Success,
    /// It may not.
    Failure,
    /// Neither was shown.
    Neutral,
}

/// A note at a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The file, or folder.
    pub path: String,
    /// How bad it is.
    pub level: Level,
    /// In a line, plain text.
    pub title: String,
    /// Plain text.
    pub message: String,
}

/// How bad what is annotated is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It fails the check.
    Failure,
    /// It should be looked at.
    Warning,
    /// It is told.
    Notice,
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
    fn words(&mut self) -> Option<&mut String> {
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

#[derive(Debug, Deserialize)]
struct TheirCheckRun {
    id: u64,
    external_id: Option<String>,
    html_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TheirCheckRuns {
    check_runs: Vec<TheirCheckRun>,
}

#[derive(Debug, Deserialize)]
struct TheirError {
    message: Option<String>,
    #[serde(default)]
    errors: Vec<Value>,
}

impl TheirPull {
    fn is_open(&self) -> bool {
        self.state.as_ref().is_none_or(|state| state == "open")
    }

    fn is_from(&self, repository: &Repository) -> bool {
        is_named(self.head.repo.as_ref(), repository)
    }
}

fn is_named(theirs: Option<&TheirRepository>, repository: &Repository) -> bool {
    theirs.and_then(|theirs| Repository::new(&theirs.full_name)).is_some_and(|theirs| theirs == *repository)
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

/// A request, with what it is for in words that read after "failed to".
struct Request<'a> {
    verb: Verb,
    address: String,
    body: Option<Value>,
    what: &'a str,
}

/// A reply to a request.
#[derive(Debug)]
struct Got {
    reply: Reply,
    has_next: bool,
    text: String,
}

/// What came of a request that must not be sent twice.
enum Posted {
    Done(Got),
    /// It may have been done; look, and ask again where it wasn't.
    Doubt,
    /// It may have been done; look, and where it wasn't, this is why.
    LastDoubt(CannotPublish),
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

/// Which pull request a commit is the head of.
enum Found {
    Pull(u64),
    MovedOn(u64),
    None,
}

struct Client<'a> {
    octocrab: Octocrab,
    server: &'a Server,
    end: Instant,
    notes: std::cell::RefCell<Vec<Note>>,
}

impl<'a> Client<'a> {
    fn new(server: &'a Server) -> Result<Client<'a>, CannotPublish> {
        let failed = |e: &dyn std::error::Error| CannotPublish::Client(innermost(e));
        let timeout = Some(server.request_timeout);
        // Without the API's folder, which octocrab would put before GraphQL's address too.
        let mut builder = Octocrab::builder()
            .base_uri(origin(&server.api))
            .map_err(|e| failed(&e))?
            .add_header("accept".parse().expect("a header's name"), "application/vnd.github+json".to_owned())
            .set_connect_timeout(timeout.map(|timeout| timeout.min(Duration::from_secs(10))))
            .set_read_timeout(timeout)
            .set_write_timeout(timeout);
        if let Some(Token(token)) = &server.token {
            builder = builder.personal_token(token.clone());
        }
        Ok(Client {
            octocrab: builder.build().map_err(|e| failed(&e))?,
            server,
            end: Instant::now() + server.timeout,
            notes: std::cell::RefCell::new(Vec::new()),
        })
    }

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

    /// The pull request that the event is about.
    async fn find(&self, job: &Job) -> Result<Found, CannotPublish> {
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
    async fn head(&self, repository: &Repository, number: u64) -> Result<Option<Sha>, CannotPublish> {
        let path = format!("/repos/{repository}/pulls/{number}");
        let (pull, _): (TheirPull, _) = self.read(&self.get(&path, "read the pull request")).await?;
        Ok(Sha::new(&pull.head.sha))
    }

    /// Looks, does what is to be done, and looks again after each write, until there is nothing left to do.
    ///
    /// Nobody's edit is refused for being late, so that an older run that looked before ours may overwrite it after. Older runs
    /// leave alone what they see of later ones, and the latest one looks a while after its edit whether it has stayed.
    async fn comment(&self, job: &Job, number: u64, wanted: &Wanted) -> Result<Did, CannotPublish> {
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

    /// Only for what has the same effect twice.
    async fn graphql(&self, query: &str, variables: Value, what: &str) -> Result<Value, CannotPublish> {
        let body = Some(json!({ "query": query, "variables": variables }));
        let request = Request { verb: Verb::Post, address: self.server.graphql.clone(), body, what };
        let (reply, _): (Value, _) = self.read(&request).await?;
        match reply["errors"][0]["message"].as_str() {
            Some(message) => {
                Err(CannotPublish::Refused { what: what.to_owned(), status: 200, message: first_line(message) })
            }
            None => Ok(reply["data"].clone()),
        }
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

    /// Writes a check run, with the annotations that one request has no room for in others.
    async fn check(
        &self,
        repository: &Repository,
        head: &Sha,
        check: &CheckRun,
    ) -> Result<Option<String>, CannotPublish> {
        let what = "write the check run";
        let mut parts = check.annotations.chunks(ANNOTATIONS_A_REQUEST);
        let output = |annotations: &[Annotation]| {
            let annotations: Vec<Value> = annotations.iter().map(annotation).collect();
            json!({ "title": check.title, "summary": check.summary, "annotations": annotations })
        };
        let body = json!({
            "name": check.name,
            "head_sha": head.as_str(),
            "external_id": check.external_id,
            "status": "completed",
            "conclusion": match check.conclusion {
                Conclusion::Success => "success",
                Conclusion::Failure => "failure",
                Conclusion::Neutral => "neutral",
            },
            "output": output(parts.next().unwrap_or_default()),
        });
        let request = self.request(Verb::Post, &format!("/repos/{repository}/check-runs"), Some(body), what);
        let name = percent_encoded(&check.name);
        let listed = format!("/repos/{repository}/commits/{head}/check-runs?check_name={name}&per_page=100");
        let mut n_posts = 0;
        let written = loop {
            n_posts += 1;
            let failed = match self.post(&request, n_posts).await? {
                Posted::Done(got) => match parsed::<TheirCheckRun>(&got.text, what) {
                    Ok(written) => break written,
                    Err(e) => Some(e),
                },
                Posted::Doubt => None,
                Posted::LastDoubt(e) => Some(e),
            };
            let (there, _): (TheirCheckRuns, _) = match (self.read(&self.get(&listed, what)).await, &failed) {
                (Ok(there), _) => there,
                (Err(_), Some(e)) => return Err(e.clone()),
                (Err(e), None) => return Err(e),
            };
            let is_ours = |run: &TheirCheckRun| run.external_id.as_ref() == Some(&check.external_id);
            match (there.check_runs.into_iter().find(is_ours), failed) {
                (Some(ours), _) => break ours,
                (None, Some(e)) => return Err(e),
                (None, None) => {}
            }
        };
        for part in parts {
            // Annotations are added, each time they are sent: rather too few than twice.
            let path = format!("/repos/{repository}/check-runs/{}", written.id);
            let body = Some(json!({ "output": output(part) }));
            match self.post(&self.request(Verb::Patch, &path, body, "add annotations"), 1).await {
                Ok(Posted::Done(_) | Posted::Doubt) => {}
                Ok(Posted::LastDoubt(e)) | Err(e) => {
                    self.note(Note::FewerAnnotations(e.to_string()));
                    break;
                }
            }
        }
        Ok(written.html_url)
    }

    fn note(&self, note: Note) {
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    fn get<'w>(&self, path: &str, what: &'w str) -> Request<'w> {
        self.request(Verb::Get, path, None, what)
    }

    fn request<'w>(&self, verb: Verb, path: &str, body: Option<Value>, what: &'w str) -> Request<'w> {
        Request { verb, address: format!("{}{path}", self.server.api), body, what }
    }

    /// Asks, and reads the JSON that comes; whether there is a next page too.
    async fn read<T: for<'de> Deserialize<'de>>(&self, request: &Request<'_>) -> Result<(T, bool), CannotPublish> {
        let got = self.ask(request).await?;
        Ok((parsed(&got.text, request.what)?, got.has_next))
    }

    /// Asks until there is an answer. Only for what has the same effect twice.
    async fn ask(&self, request: &Request<'_>) -> Result<Got, CannotPublish> {
        for attempt in 1.. {
            let answer = self.send(request).await;
            let next = next(Effect::Repeatable, &as_answer(&answer), attempt, &self.server.patience);
            match (next, answer) {
                (Next::Done, Ok(got)) => return Ok(got),
                (Next::Repeat(wait) | Next::Look(wait), answer) => self.wait(wait, request, attempt, &answer).await?,
                (next, answer) => return Err(failure(next, request, attempt, &answer)),
            }
        }
        unreachable!("the policy ends it")
    }

    /// Sends once. After a doubtful answer, and a while, it is the caller's to look.
    async fn post(&self, request: &Request<'_>, attempt: u32) -> Result<Posted, CannotPublish> {
        let answer = self.send(request).await;
        match (next(Effect::Once, &as_answer(&answer), attempt, &self.server.patience), answer) {
            (Next::Done, Ok(got)) => Ok(Posted::Done(got)),
            (Next::Repeat(wait) | Next::Look(wait), answer) => {
                Ok(match self.wait(wait, request, attempt, &answer).await {
                    Ok(()) => Posted::Doubt,
                    Err(e) => Posted::LastDoubt(e),
                })
            }
            (next @ (Next::GiveUp | Next::TooLong(_)), answer) => {
                Ok(Posted::LastDoubt(failure(next, request, attempt, &answer)))
            }
            (next, answer) => Err(failure(next, request, attempt, &answer)),
        }
    }

    /// Waits, unless there is no time left after it.
    async fn wait(
        &self,
        wait: Duration,
        request: &Request<'_>,
        attempt: u32,
        answer: &Result<Got, String>,
    ) -> Result<(), CannotPublish> {
        if Instant::now() + wait >= self.end_of(request.verb) {
            return Err(match answer {
                Ok(got) if matches!(got.reply.status, 403 | 429) => {
                    CannotPublish::RateLimit { what: request.what.to_owned(), wait }
                }
                _ => failure(Next::GiveUp, request, attempt, answer),
            });
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Waits for no more than half of the time that is left.
    async fn pause(&self, wait: Duration) {
        let left = self.end_of(Verb::Patch).saturating_duration_since(Instant::now());
        tokio::time::sleep(wait.min(left / 2)).await;
    }

    /// Until when there may be an answer: what writes leaves time for a look.
    fn end_of(&self, verb: Verb) -> Instant {
        match verb {
            Verb::Get => self.end,
            Verb::Post | Verb::Patch | Verb::Delete => self.end - LAST_LOOK.min(self.server.timeout / 4),
        }
    }

    /// Sends a request once, and reads the whole reply; else the reason why none came.
    async fn send(&self, request: &Request<'_>) -> Result<Got, String> {
        let left = self.end_of(request.verb).saturating_duration_since(Instant::now());
        let address = request.address.as_str();
        let body = request.body.as_ref();
        let exchange = async {
            let response = match request.verb {
                Verb::Get => self.octocrab._get(address).await,
                Verb::Post => self.octocrab._post(address, body).await,
                Verb::Patch => self.octocrab._patch(address, body).await,
                Verb::Delete => self.octocrab._delete(address, body).await,
            }
            .map_err(|e| innermost(&e))?;
            let status = response.status().as_u16();
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
            let number = |name: &str| header(name).and_then(|value| value.trim().parse::<u64>().ok());
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let reply = Reply {
                status,
                retry_after: number("retry-after").map(Duration::from_secs),
                remaining: number("x-ratelimit-remaining"),
                // A second more, as clocks differ.
                until_reset: number("x-ratelimit-reset").map(|at| Duration::from_secs(at.saturating_sub(now) + 1)),
                message: String::new(),
            };
            let has_next = header("link").is_some_and(|link| link.contains("rel=\"next\""));
            let is_success = (200..300).contains(&status);
            let text = match Limited::new(response.into_body(), LARGEST_REPLY).collect().await {
                Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
                Err(e) if e.is::<LengthLimitError>() => {
                    return Err(format!("the answer is larger than {} MiB", LARGEST_REPLY >> 20));
                }
                Err(e) => return Err(innermost(&*e)),
            };
            let message = if is_success { String::new() } else { message(&text) };
            Ok(Got { reply: Reply { message, ..reply }, has_next, text })
        };
        match tokio::time::timeout(self.server.request_timeout.min(left), exchange).await {
            Ok(came) => came,
            Err(_) => Err("no answer in time".to_owned()),
        }
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

fn is_at(pull: &TheirPull, pushed: &PushedTo) -> bool {
    pull.head.sha == pushed.head.as_str()
}

fn annotation(annotation: &Annotation) -> Value {
    json!({
        "path": annotation.path,
        "start_line": 1,
        "end_line": 1,
        "annotation_level": match annotation.level {
            Level::Failure => "failure",
            Level::Warning => "warning",
            Level::Notice => "notice",
        },
        "title": annotation.title,
        "message": annotation.message,
    })
}

fn as_answer(answer: &Result<Got, String>) -> Answer {
    match answer {
        Ok(got) => Answer::Reply(got.reply.clone()),
        Err(_) => Answer::Lost,
    }
}

fn failure(next: Next, request: &Request<'_>, attempts: u32, answer: &Result<Got, String>) -> CannotPublish {
    let what = request.what.to_owned();
    match (next, answer) {
        (Next::TooLong(wait), _) => CannotPublish::RateLimit { what, wait },
        (Next::NotAllowed, Ok(got)) => CannotPublish::NotAllowed { what, message: got.reply.message.clone() },
        (Next::Refused, Ok(got)) => {
            CannotPublish::Refused { what, status: got.reply.status, message: got.reply.message.clone() }
        }
        (_, Ok(got)) => {
            let why = format!("GitHub answered {} {}", got.reply.status, got.reply.message);
            CannotPublish::Unavailable { what, why: why.trim_end().to_owned(), attempts }
        }
        (_, Err(why)) => CannotPublish::Unavailable { what, why: why.clone(), attempts },
    }
}

fn parsed<T: for<'de> Deserialize<'de>>(text: &str, what: &str) -> Result<T, CannotPublish> {
    serde_json::from_str(text)
        .map_err(|e| CannotPublish::Odd { what: what.to_owned(), why: first_line(&e.to_string()) })
}

/// What a server says of an error: its message, with what it says of single fields.
fn message(text: &str) -> String {
    let Ok(error) = serde_json::from_str::<TheirError>(text) else { return String::new() };
    let mut parts: Vec<String> = error.message.into_iter().collect();
    for error in error.errors {
        parts.extend(error.as_str().or(error["message"].as_str()).map(str::to_owned));
    }
    first_line(&parts.join(": "))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The cause at the bottom, which is the one that says something: "connection refused".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    first_line(&cause.to_string())
}

/// For a query: all but what never needs it is encoded.
fn percent_encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed() {
        let token = Token::new(" ghs_secret\n").expect("there is one");
        let server = Server::new("https://api.github.com", None, Some(token)).expect("an address");
        assert!(!format!("{server:?}").contains("ghs_secret"));
        assert_eq!(Token::new(" \n").err(), Some(CannotPublish::NoToken));
    }

    #[test]
    fn a_token_is_cut_out_before_what_a_server_says_is_cut_off() {
        let token = Token::new("ghs_secret").expect("there is one");
        let mut text = "x".repeat(LONGEST_MESSAGE - 5) + "ghs_secret, ghs_secret";
        Token::cleanse(Some(&token), &mut text);
        assert!(text.ends_with("x***, …") && text.chars().count() == LONGEST_MESSAGE + 1, "{text}");
        let mut text = "ä".repeat(1_000);
        Token::cleanse(None, &mut text);
        assert_eq!(text, "ä".repeat(LONGEST_MESSAGE) + "…");
    }

    #[test]
    fn what_no_header_can_hold_is_no_token() {
        for text in ["ghs_a\nb", "ghs_a\r\nx: y", "ghs a", "ghs_a\u{0}", "ghs_a\u{7f}b", "ghs_\u{e9}", "a\tb"] {
            assert_eq!(Token::new(text).err(), Some(CannotPublish::InvalidToken), "{text:?}");
        }
        assert!(Token::new("github_pat_11AA~+/=.-:x").is_ok());
    }

    #[test]
    fn a_token_goes_only_where_it_is_safe() {
        for api in [
            "https://api.github.com",
            "https://ghes.example/api/v3/",
            "http://127.0.0.1:1",
            "http://[::1]:1/x",
            "http://localhost",
            " https://ghes.example/api/v3/ \n",
        ] {
            assert!(Server::new(api, None, None).is_ok(), "{api}");
        }
        for api in [
            "http://api.github.com",
            "ftp://x",
            "",
            "https://",
            "https://me:pw@host",
            "http://localhost.evil",
            "http://127.0.0.1@evil",
            "http://localhost?.evil",
            "http://localhost#.evil",
            "https://ghes.example/api/v3?x=",
            "https://ghes.example/api/v3#x",
            "https://ghes.example\\x",
            "https://ghes example",
            "https://ghes.example/a\nb",
            "https://ghés.example",
        ] {
            assert!(Server::new(api, None, None).is_err(), "{api}");
        }
        assert!(Server::new("https://a", Some("http://b/graphql"), None).is_err());
    }

    #[test]
    fn graphql_lies_elsewhere_on_enterprise_servers() {
        let graphql = |api| Server::new(api, None, None).expect("an address").graphql;
        assert_eq!(graphql("https://api.github.com"), "https://api.github.com/graphql");
        assert_eq!(graphql("https://ghes.example/api/v3/"), "https://ghes.example/api/graphql");
    }

    #[test]
    fn an_address_has_an_origin() {
        assert_eq!(origin("https://ghes.example:8443/api/v3"), "https://ghes.example:8443");
        assert_eq!(origin("https://api.github.com"), "https://api.github.com");
    }

    #[test]
    fn names_of_branches_stay_inside_a_query() {
        assert_eq!(percent_encoded("feat/a&b=c#d é"), "feat%2Fa%26b%3Dc%23d%20%C3%A9");
    }

    #[test]
    fn messages_say_what_is_wrong_with_a_field() {
        let text = r#"{"message":"Validation Failed","errors":[{"message":"body is too long"},"x",{"code":1}]}"#;
        assert_eq!(message(text), "Validation Failed: body is too long: x");
        assert_eq!(message("<html>"), "");
    }
}
