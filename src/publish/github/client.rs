//! Requests and their replies: asked, read, and asked again.

use std::cell::RefCell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use octocrab::Octocrab;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CannotPublish, Note, Server, Token};
use crate::publish::retry::{Answer, Effect, Next, Reply, next};

/// What is kept of the time for all, to look whether the last write was done; of a short time, a quarter.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// Bytes of a reply that are read; a full page of the longest comments has less.
const LARGEST_REPLY: usize = 32 << 20;

#[derive(Debug, Clone, Copy)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

/// A request, with what it is for in words that read after "failed to".
pub(super) struct Request<'a> {
    verb: Verb,
    address: String,
    body: Option<Value>,
    pub(super) what: &'a str,
}

/// A reply to a request.
#[derive(Debug)]
pub(super) struct Got {
    reply: Reply,
    has_next: bool,
    pub(super) text: String,
}

/// What came of a request that must not be sent twice.
pub(super) enum Posted {
    Done(Got),
    /// It may have been done; look, and ask again where it wasn't.
    Doubt,
    /// It may have been done; look, and where it wasn't, this is why.
    LastDoubt(CannotPublish),
}

pub(super) struct Client<'a> {
    octocrab: Octocrab,
    pub(super) server: &'a Server,
    end: Instant,
    pub(super) notes: RefCell<Vec<Note>>,
}

#[derive(Debug, Deserialize)]
struct TheirError {
    message: Option<String>,
    #[serde(default)]
    errors: Vec<Value>,
}

impl<'a> Client<'a> {
    pub(super) fn new(server: &'a Server) -> Result<Client<'a>, CannotPublish> {
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
            notes: RefCell::new(Vec::new()),
        })
    }

    pub(super) fn note(&self, note: Note) {
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    pub(super) fn get<'w>(&self, path: &str, what: &'w str) -> Request<'w> {
        self.request(Verb::Get, path, None, what)
    }

    pub(super) fn request<'w>(&self, verb: Verb, path: &str, body: Option<Value>, what: &'w str) -> Request<'w> {
        Request { verb, address: format!("{}{path}", self.server.api), body, what }
    }

    /// Asks, and reads the JSON that comes; whether there is a next page too.
    pub(super) async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        request: &Request<'_>,
    ) -> Result<(T, bool), CannotPublish> {
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
    pub(super) async fn post(&self, request: &Request<'_>, attempt: u32) -> Result<Posted, CannotPublish> {
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
    pub(super) async fn pause(&self, wait: Duration) {
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

    /// Only for what has the same effect twice.
    pub(super) async fn graphql(&self, query: &str, variables: Value, what: &str) -> Result<Value, CannotPublish> {
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
}

/// An address without its folder.
fn origin(address: &str) -> &str {
    let end = address.find("://").map_or(0, |at| at + 3);
    address[end..].find('/').map_or(address, |at| &address[..end + at])
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

pub(super) fn parsed<T: for<'de> Deserialize<'de>>(text: &str, what: &str) -> Result<T, CannotPublish> {
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
pub(super) fn percent_encoded(text: &str) -> String {
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
