//! Which pull request an event is about: a function of what the runner says.
//!
//! The runner's own words (`GITHUB_EVENT_PATH` and its like) are trusted, as the server made them; what a run of a fork left
//! behind is not, and is never asked for a number.

use std::fmt;

use serde_json::Value;
use thiserror::Error;

/// A commit's name in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sha(String);

impl Sha {
    /// A name of 40 or 64 hexadecimal digits in lower case, not all of them zero.
    #[must_use]
    pub fn new(text: &str) -> Option<Sha> {
        let is_hex = text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        let is_sha = matches!(text.len(), 40 | 64) && is_hex && text.bytes().any(|c| c != b'0');
        is_sha.then(|| Sha(text.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A run of a workflow; a later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// Its number, which grows within a repository.
    pub id: u64,
    /// How often it was started.
    pub attempt: u32,
}

/// A repository's owner and name.
#[derive(Debug, Clone)]
pub struct Repository {
    owner: String,
    name: String,
}

impl Repository {
    /// From `owner/name`, of the characters that GitHub allows.
    #[must_use]
    pub fn new(text: &str) -> Option<Repository> {
        let (owner, name) = text.split_once('/')?;
        let is_word = |text: &str| {
            !matches!(text, "" | "." | "..")
                && text.len() <= 100
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        };
        (is_word(owner) && is_word(name)).then(|| Repository { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl PartialEq for Repository {
    /// GitHub's names differ by more than their case.
    fn eq(&self, other: &Repository) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl Eq for Repository {}

/// What the runner says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings<'a> {
    /// `GITHUB_EVENT_NAME`.
    pub event: Option<&'a str>,
    /// What stands in the file of `GITHUB_EVENT_PATH`.
    pub payload: Option<&'a str>,
    /// `GITHUB_REF`.
    pub reference: Option<&'a str>,
    /// `GITHUB_SHA`.
    pub sha: Option<&'a str>,
    /// `GITHUB_RUN_ID`.
    pub run_id: Option<&'a str>,
    /// `GITHUB_RUN_ATTEMPT`.
    pub run_attempt: Option<&'a str>,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which pull request.
    pub subject: Subject,
    /// The commit that was measured, where the event says.
    pub head: Option<Sha>,
    /// The run that measured it.
    pub run: Option<Run>,
}

/// Which pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// This one.
    Pull(u64),
    /// The one whose head is what was pushed there; to be looked for. With a number, only if it is that one.
    PushedTo(PushedTo, Option<u64>),
    /// None.
    None(NoPull),
}

/// Where a commit was pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedTo {
    /// The repository, which may be a fork.
    pub repository: Repository,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub head: Sha,
}

/// Why there is no pull request to comment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPull {
    /// Not in a workflow, and no number was given.
    NoEvent,
    /// The event is about something else.
    Event(String),
    /// A comment on an issue that isn't a pull request.
    Issue,
    /// A workflow ran after another one that was not about a pull request.
    AfterEvent(String),
    /// The fork has been deleted.
    ForkIsGone,
}

impl fmt::Display for NoPull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoPull::NoEvent => f.write_str("this is not a workflow's run, and no --pr says which pull request"),
            NoPull::Event(name) => write!(f, "the event `{name}` is not about a pull request"),
            NoPull::Issue => f.write_str("the comment was on an issue, not on a pull request"),
            NoPull::AfterEvent(name) => write!(f, "the run before was started by `{name}`, not by a pull request"),
            NoPull::ForkIsGone => f.write_str("the repository that the pull request came from is gone"),
        }
    }
}

/// Why an event can't be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidEvent {
    /// The payload is missing or not JSON.
    #[error("the payload of the event `{0}` can't be read")]
    NoPayload(String),
    /// The payload lacks something that such an event has.
    #[error("the payload of the event `{0}` has no `{1}`")]
    Lacks(String, &'static str),
}

/// Which pull request the event is about, or the given number.
///
/// # Errors
/// When the payload isn't that of such an event.
pub fn subject(around: &Surroundings<'_>, number: Option<u64>) -> Result<Event, InvalidEvent> {
    let run = run(around.run_id, around.run_attempt);
    let Some(name) = around.event else {
        let subject = number.map_or(Subject::None(NoPull::NoEvent), Subject::Pull);
        return Ok(Event { subject, head: None, run });
    };
    let payload = || -> Result<Value, InvalidEvent> {
        let parsed = around.payload.and_then(|text| serde_json::from_str(text).ok());
        parsed.ok_or_else(|| InvalidEvent::NoPayload(name.to_owned()))
    };
    let lacks = |what| InvalidEvent::Lacks(name.to_owned(), what);
    let event = match name {
        "pull_request" | "pull_request_target" => {
            let payload = payload()?;
            let pull = &payload["pull_request"];
            let own =
                pull_number(&pull["number"]).or(pull_number(&payload["number"])).or(of_reference(around.reference));
            let own = own.ok_or_else(|| lacks("number"))?;
            let chosen = number.unwrap_or(own);
            // The commit is the head of the event's own pull request, and of no other.
            let head = if chosen == own { sha(&pull["head"]["sha"]) } else { None };
            Event { subject: Subject::Pull(chosen), head, run }
        }
        "workflow_run" => after_another(name, &payload()?, number)?,
        "issue_comment" => {
            let payload = payload()?;
            let issue = &payload["issue"];
            let subject = match (number, issue["pull_request"].is_object()) {
                (Some(number), _) => Subject::Pull(number),
                (None, true) => Subject::Pull(pull_number(&issue["number"]).ok_or_else(|| lacks("issue.number"))?),
                (None, false) => Subject::None(NoPull::Issue),
            };
            Event { subject, head: None, run }
        }
        _ => {
            let head = match name {
                "merge_group" => sha(&payload()?["merge_group"]["head_sha"]),
                _ => None,
            };
            let subject = number.map_or_else(|| Subject::None(NoPull::Event(name.to_owned())), Subject::Pull);
            let head = head.or_else(|| if number.is_none() { around.sha.and_then(Sha::new) } else { None });
            Event { subject, head, run }
        }
    };
    Ok(event)
}

/// A run after another one: the commit, its repository and its branch are the server's words, as for forks it names no pull
/// request.
fn after_another(name: &str, payload: &Value, number: Option<u64>) -> Result<Event, InvalidEvent> {
    let before = &payload["workflow_run"];
    let lacks = |what| InvalidEvent::Lacks(name.to_owned(), what);
    let head = sha(&before["head_sha"]).ok_or_else(|| lacks("workflow_run.head_sha"))?;
    let event = before["event"].as_str().ok_or_else(|| lacks("workflow_run.event"))?;
    let id = before["id"].as_u64().ok_or_else(|| lacks("workflow_run.id"))?;
    let attempt = before["run_attempt"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
    let subject = match (event, before["head_repository"]["full_name"].as_str()) {
        ("pull_request" | "pull_request_target", Some(repository)) => {
            let repository = Repository::new(repository).ok_or_else(|| lacks("workflow_run.head_repository"))?;
            let branch = before["head_branch"].as_str().ok_or_else(|| lacks("workflow_run.head_branch"))?.to_owned();
            Subject::PushedTo(PushedTo { repository, branch, head: head.clone() }, number)
        }
        ("pull_request" | "pull_request_target", None) => Subject::None(NoPull::ForkIsGone),
        (other, _) => Subject::None(NoPull::AfterEvent(other.to_owned())),
    };
    Ok(Event { subject, head: Some(head), run: Some(Run { id, attempt }) })
}

fn sha(value: &Value) -> Option<Sha> {
    value.as_str().and_then(Sha::new)
}

fn run(id: Option<&str>, attempt: Option<&str>) -> Option<Run> {
    Some(Run { id: id?.parse().ok()?, attempt: attempt.map_or(Some(1), |attempt| attempt.parse().ok())? })
}

/// A pull request's number, of a size that makes sense.
fn pull_number(value: &Value) -> Option<u64> {
    value.as_u64().filter(|number| (1..=9_999_999_999).contains(number))
}

/// The number in `refs/pull/7/merge`.
fn of_reference(reference: Option<&str>) -> Option<u64> {
    let number = reference?.strip_prefix("refs/pull/")?.strip_suffix("/merge")?;
    let is_number = number.len() <= 10 && number.bytes().all(|c| c.is_ascii_digit()) && !number.starts_with('0');
    is_number.then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    fn event(name: &str, payload: &Value, number: Option<u64>) -> Result<Event, InvalidEvent> {
        let around = Surroundings {
            event: Some(name),
            payload: Some(&payload.to_string()),
            reference: Some("refs/heads/main"),
            sha: Some(SHA),
            run_id: Some("77"),
            run_attempt: Some("2"),
        };
        subject(&around, number)
    }

    #[track_caller]
    fn check(name: &str, payload: Value, number: Option<u64>, want: Subject) {
        assert_eq!(event(name, &payload, number).map(|event| event.subject), Ok(want), "{name}: {payload}");
    }

    fn workflow_run() -> Value {
        json!({"workflow_run": {
            "id": 50, "run_attempt": 3, "event": "pull_request", "head_sha": SHA, "head_branch": "feat/x",
            "head_repository": {"full_name": "fork/demo"}, "pull_requests": [],
        }})
    }

    #[test]
    fn a_pull_requests_own_event_names_it() {
        let payload = json!({"number": 7, "pull_request": {"number": 7, "head": {"sha": SHA}}});
        for name in ["pull_request", "pull_request_target"] {
            check(name, payload.clone(), None, Subject::Pull(7));
            let came = event(name, &payload, None).expect("understood");
            assert_eq!(came.head, Sha::new(SHA));
            assert_eq!(came.run, Some(Run { id: 77, attempt: 2 }));
        }
        check("pull_request", json!({"number": 8}), None, Subject::Pull(8));
        check("pull_request", payload.clone(), Some(9), Subject::Pull(9));
        assert_eq!(event("pull_request", &payload, Some(9)).expect("understood").head, None);
        assert!(event("pull_request", &json!({}), None).is_err());
        for number in [json!(0), json!(10_000_000_000_u64), json!(-1), json!(1.5), json!("7")] {
            assert!(event("pull_request", &json!({"number": number}), None).is_err(), "{number}");
            let comment = json!({"issue": {"number": number, "pull_request": {}}});
            assert!(event("issue_comment", &comment, None).is_err(), "{number}");
        }
    }

    #[test]
    fn the_reference_names_it_too() {
        let of = |reference| {
            let around = Surroundings {
                event: Some("pull_request"),
                payload: Some("{}"),
                reference: Some(reference),
                ..Surroundings::default()
            };
            subject(&around, None).map(|event| event.subject)
        };
        assert_eq!(of("refs/pull/12/merge"), Ok(Subject::Pull(12)));
        for reference in
            ["refs/pull/012/merge", "refs/pull/-1/merge", "refs/pull/1/head", "refs/pull/99999999999/merge"]
        {
            assert!(of(reference).is_err(), "{reference}");
        }
    }

    #[test]
    fn after_another_workflow_the_head_is_looked_for() {
        let repository = Repository::new("Fork/Demo").expect("a name");
        let head = Sha::new(SHA).expect("a name");
        let pushed = PushedTo { repository, branch: "feat/x".to_owned(), head };
        check("workflow_run", workflow_run(), None, Subject::PushedTo(pushed.clone(), None));
        // A number is no more than a guess.
        check("workflow_run", workflow_run(), Some(1), Subject::PushedTo(pushed, Some(1)));
        let came = event("workflow_run", &workflow_run(), None).expect("understood");
        assert_eq!(came.run, Some(Run { id: 50, attempt: 3 }), "the run that measured, not the one that comments");
        let mut payload = workflow_run();
        payload["workflow_run"]["head_repository"] = Value::Null;
        check("workflow_run", payload.clone(), None, Subject::None(NoPull::ForkIsGone));
        payload["workflow_run"]["event"] = json!("push");
        check("workflow_run", payload, Some(1), Subject::None(NoPull::AfterEvent("push".to_owned())));
    }

    #[test]
    fn what_a_payload_must_have_it_must_have() {
        for gone in ["id", "event", "head_sha", "head_branch"] {
            let mut payload = workflow_run();
            payload["workflow_run"].as_object_mut().expect("an object").remove(gone);
            let error = event("workflow_run", &payload, None).expect_err(gone).to_string();
            assert!(error.contains(gone), "{error}");
        }
        let mut payload = workflow_run();
        payload["workflow_run"]["head_repository"]["full_name"] = json!("../../x");
        assert!(event("workflow_run", &payload, None).is_err());
        for text in [None, Some("not JSON"), Some("")] {
            let around = Surroundings { event: Some("workflow_run"), payload: text, ..Surroundings::default() };
            assert_eq!(subject(&around, None), Err(InvalidEvent::NoPayload("workflow_run".to_owned())));
        }
    }

    #[test]
    fn a_comment_on_a_pull_request_is_about_it() {
        check("issue_comment", json!({"issue": {"number": 3, "pull_request": {}}}), None, Subject::Pull(3));
        check("issue_comment", json!({"issue": {"number": 3}}), None, Subject::None(NoPull::Issue));
        check("issue_comment", json!({"issue": {"number": 3}}), Some(4), Subject::Pull(4));
    }

    #[test]
    fn other_events_have_none() {
        for name in ["push", "merge_group", "schedule", "workflow_dispatch", "release"] {
            check(name, json!({}), None, Subject::None(NoPull::Event(name.to_owned())));
            check(name, json!({}), Some(5), Subject::Pull(5));
            assert_eq!(event(name, &json!({}), None).expect("understood").head, Sha::new(SHA));
        }
        let queued = json!({"merge_group": {"head_sha": SHA.replace('0', "9")}});
        assert_eq!(event("merge_group", &queued, None).expect("understood").head, Sha::new(&SHA.replace('0', "9")));
        let by_hand = subject(&Surroundings::default(), Some(5)).expect("understood");
        assert_eq!(by_hand, Event { subject: Subject::Pull(5), head: None, run: None });
        let nothing = subject(&Surroundings::default(), None).expect("understood");
        assert_eq!(nothing.subject, Subject::None(NoPull::NoEvent));
    }

    #[test]
    fn names_are_checked_before_they_stand_in_an_address() {
        for text in ["a/b", "Org-1/x.y_z"] {
            assert!(Repository::new(text).is_some(), "{text}");
        }
        for text in ["", "a", "/b", "a/", "a/b/c", "a/..", "./b", "a b/c", "a/b?x", "a/b#", "a%2f/b"] {
            assert!(Repository::new(text).is_none(), "{text}");
        }
        for text in ["", "abc", &SHA.to_uppercase(), &"0".repeat(40), &"g".repeat(40)] {
            assert!(Sha::new(text).is_none(), "{text}");
        }
        assert_eq!(Repository::new("A/b"), Repository::new("a/B"));
    }
}
