//! When to ask a server again: a function of what was asked and what came.
//!
//! What only reads is asked again after a while. What writes isn't: its reply may be lost after the server did what it says,
//! or somebody later may have written meanwhile. A second `POST` would be a second comment, a second `PATCH` would overwrite
//! what is newer. Whoever sent it has to look first.

use std::time::Duration;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The same once or several times, whatever others do meanwhile: `GET`.
    Repeatable,
    /// Another each time, or another after what others did: `POST`, `PATCH`, `DELETE`.
    Once,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A reply.
    Reply(Reply),
    /// No reply, or half of one: a timeout, a connection that broke or never was.
    Lost,
}

/// What matters of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// `x-ratelimit-remaining`.
    pub remaining: Option<u64>,
    /// How long until `x-ratelimit-reset`.
    pub until_reset: Option<Duration>,
    /// What the server says of an error.
    pub message: String,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It worked.
    Done,
    /// Ask again after a while.
    Repeat(Duration),
    /// Look, after a while, whether it was done; only if it wasn't, ask again.
    Look(Duration),
    /// It was refused, and will be again.
    Refused,
    /// The token may not do this.
    NotAllowed,
    /// The server wants to be left alone for longer than anybody waits.
    TooLong(Duration),
    /// It didn't work often enough.
    GiveUp,
}

/// How patient to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often to ask in all.
    pub attempts: u32,
    /// The first wait; each later one is twice as long.
    pub first_wait: Duration,
    /// The longest wait, whoever asks for it.
    pub longest_wait: Duration,
    /// The wait after a refusal for asking too much, where the server doesn't say how long.
    pub rate_limit_wait: Duration,
    /// The wait before looking whether an edit has stayed: an older run that looked before it may write after it.
    pub settle_wait: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            attempts: 5,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            // GitHub asks for a minute at least.
            rate_limit_wait: Duration::from_secs(60),
            settle_wait: Duration::from_secs(1),
        }
    }
}

impl Patience {
    /// The wait after the `attempt`th failure, the first being 1.
    #[must_use]
    pub fn backoff(&self, attempt: u32) -> Duration {
        let doubled = self.first_wait.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        doubled.min(self.longest_wait)
    }
}

/// What to do about the answer to the `attempt`th request of a kind, the first being 1.
#[must_use]
pub fn next(effect: Effect, answer: &Answer, attempt: u32, patience: &Patience) -> Next {
    let backoff = patience.backoff(attempt);
    let again = |wait: Duration| match effect {
        _ if wait > patience.longest_wait => Next::TooLong(wait),
        _ if attempt >= patience.attempts => Next::GiveUp,
        Effect::Repeatable => Next::Repeat(wait),
        Effect::Once => Next::Look(wait),
    };
    match answer {
        Answer::Lost => again(backoff),
        Answer::Reply(reply) => match reply.status {
            200..300 => Next::Done,
            403 if is_not_allowed(reply) => Next::NotAllowed,
            403 | 429 if is_rate_limit(reply) => again(rate_limit_wait(reply, backoff, patience)),
            408 | 500..600 => again(reply.retry_after.map_or(backoff, |asked| asked.max(backoff))),
            _ => Next::Refused,
        },
    }
}

/// What GitHub says to a token without the permission, as every run of a fork's pull request has one.
fn is_not_allowed(reply: &Reply) -> bool {
    reply.message.starts_with("Resource not accessible by")
}

fn is_rate_limit(reply: &Reply) -> bool {
    reply.status == 429
        || reply.retry_after.is_some()
        || reply.remaining == Some(0)
        || reply.message.to_ascii_lowercase().contains("rate limit")
}

/// GitHub's order: `Retry-After`; else, with nothing remaining, the reset; else a minute and more.
fn rate_limit_wait(reply: &Reply, backoff: Duration, patience: &Patience) -> Duration {
    match (reply.retry_after, reply.remaining, reply.until_reset) {
        (Some(wait), _, _) => wait,
        (None, Some(0), Some(wait)) => wait,
        _ => patience.rate_limit_wait.max(backoff).min(patience.longest_wait),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        attempts: 4,
        first_wait: Duration::from_secs(1),
        longest_wait: Duration::from_secs(60),
        rate_limit_wait: Duration::from_secs(30),
        settle_wait: Duration::from_secs(1),
    };

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn status(status: u16) -> Reply {
        Reply { status, ..Reply::default() }
    }

    #[track_caller]
    fn check(answer: Answer, of_get: Next, of_post: Next) {
        assert_eq!(next(Effect::Repeatable, &answer, 1, &PATIENCE), of_get, "GET: {answer:?}");
        assert_eq!(next(Effect::Once, &answer, 1, &PATIENCE), of_post, "POST: {answer:?}");
    }

    #[test]
    fn what_writes_is_never_sent_again_unseen() {
        for answer in [
            Answer::Lost,
            Answer::Reply(status(500)),
            Answer::Reply(status(502)),
            Answer::Reply(status(504)),
            Answer::Reply(status(408)),
        ] {
            check(answer, Next::Repeat(seconds(1)), Next::Look(seconds(1)));
        }
    }

    #[test]
    fn what_is_refused_stays_refused() {
        for code in [301, 307, 400, 401, 403, 404, 405, 410, 413, 422] {
            check(Answer::Reply(status(code)), Next::Refused, Next::Refused);
        }
        check(Answer::Reply(status(200)), Next::Done, Next::Done);
        check(Answer::Reply(status(201)), Next::Done, Next::Done);
        check(Answer::Reply(status(204)), Next::Done, Next::Done);
    }

    #[test]
    fn a_token_that_may_only_read_is_told_apart() {
        let reply = Reply { message: "Resource not accessible by integration".to_owned(), ..status(403) };
        check(Answer::Reply(reply.clone()), Next::NotAllowed, Next::NotAllowed);
        // Also when the limit happens to be used up by it.
        let reply = Reply { remaining: Some(0), until_reset: Some(seconds(9)), ..reply };
        check(Answer::Reply(reply), Next::NotAllowed, Next::NotAllowed);
    }

    #[test]
    fn rate_limits_say_how_long() {
        for code in [403, 429] {
            let wait = |reply: Reply, seconds_: u64| {
                check(Answer::Reply(reply), Next::Repeat(seconds(seconds_)), Next::Look(seconds(seconds_)));
            };
            wait(Reply { retry_after: Some(seconds(7)), ..status(code) }, 7);
            wait(Reply { remaining: Some(0), until_reset: Some(seconds(20)), ..status(code) }, 20);
            wait(
                Reply {
                    retry_after: Some(seconds(7)),
                    remaining: Some(0),
                    until_reset: Some(seconds(20)),
                    ..status(code)
                },
                7,
            );
            wait(Reply { message: "You have exceeded a secondary rate limit".to_owned(), ..status(code) }, 30);
            let long = Reply { retry_after: Some(seconds(3600)), ..status(code) };
            check(Answer::Reply(long), Next::TooLong(seconds(3600)), Next::TooLong(seconds(3600)));
        }
        check(Answer::Reply(status(429)), Next::Repeat(seconds(30)), Next::Look(seconds(30)));
        let remaining = Reply { remaining: Some(10), until_reset: Some(seconds(20)), ..status(403) };
        check(Answer::Reply(remaining), Next::Refused, Next::Refused);
        let busy = Reply { retry_after: Some(seconds(5)), ..status(503) };
        check(Answer::Reply(busy), Next::Repeat(seconds(5)), Next::Look(seconds(5)));
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<Next> = (1..=4).map(|n| next(Effect::Repeatable, &Answer::Lost, n, &PATIENCE)).collect();
        let repeat = |n| Next::Repeat(seconds(n));
        assert_eq!(waits, [repeat(1), repeat(2), repeat(4), Next::GiveUp]);
        let many = Patience { attempts: 100, ..PATIENCE };
        assert_eq!(next(Effect::Once, &Answer::Lost, 99, &many), Next::Look(seconds(60)));
    }
}
