//! `regress comment` and the library's `publish`, on a server that does what GitHub does, and fails as networks do.
//!
//! What was sent is counted: however an answer is lost, one comment stays, and a `POST` is never sent again unseen.

mod server;

use std::time::{Duration, Instant};

use criterion_regress::publish::{
    Annotation, CannotPublish, CheckRun, Conclusion, Did, Earlier, Event, Job, Key, Level, Marker, NoPull, Note,
    Published, PushedTo, Repository, Run, Server, Sha, Stamp, Subject, Token, Wanted, publish,
};
use serde_json::{Value, json};

use crate::case::{Case, Ran};
use server::{BOT, Fake, Fault, REPOSITORY, SHA, TOKEN};

/// A job of the given run that wants its text on pull request 7.
fn job(run: u64) -> Job {
    let head = Sha::new(SHA);
    let run = Some(Run { id: run, attempt: 1 });
    let stamp = Stamp { head: head.clone(), run };
    Job {
        repository: Repository::new(REPOSITORY).expect("a name"),
        event: Event { subject: Subject::Pull(7), head, run },
        comment: Some(Wanted {
            marker: Marker { key: Key::new("default").expect("a key"), stamp },
            text: format!("text of {run:?}"),
            may_create: true,
            earlier: Earlier::Edit,
        }),
        own_login: BOT.to_owned(),
        check: None,
        is_dry: false,
    }
}

fn body(job: &Job) -> String {
    job.comment.as_ref().expect("one is wanted").body()
}

fn try_publish(fake: &Fake, job: &Job) -> Published {
    publish(&server(fake), job).expect("a client")
}

fn server(fake: &Fake) -> Server {
    let mut server = Server::new(&fake.address(), None, Token::new(TOKEN).ok()).expect("an address");
    server.patience.first_wait = Duration::from_millis(5);
    server.patience.rate_limit_wait = Duration::from_millis(5);
    server.patience.longest_wait = Duration::from_secs(5);
    server.patience.settle_wait = Duration::from_millis(5);
    server.request_timeout = Duration::from_millis(1500);
    server
}

#[track_caller]
fn did(fake: &Fake, job: &Job) -> Did {
    try_publish(fake, job).comment.expect("one is wanted").unwrap_or_else(|e| panic!("{e}\n{fake:?}"))
}

#[track_caller]
fn error(fake: &Fake, job: &Job) -> CannotPublish {
    try_publish(fake, job).comment.expect("one is wanted").expect_err("it fails")
}

#[track_caller]
fn only_comment(fake: &Fake) -> String {
    let comments = fake.comments();
    assert_eq!(comments.len(), 1, "{fake:?}");
    comments[0]["body"].as_str().expect("text").to_owned()
}

#[test]
fn run_after_run_keeps_one_comment() {
    let fake = Fake::new();
    assert!(matches!(did(&fake, &job(1)), Did::Created(7, Some(_))));
    assert_eq!(only_comment(&fake), body(&job(1)));
    for run in [2, 3] {
        assert!(matches!(did(&fake, &job(run)), Did::Updated(7, Some(_))));
        assert_eq!(only_comment(&fake), body(&job(run)));
    }
    assert_eq!(fake.count("POST"), 1);
    assert_eq!(fake.count("PATCH"), 2);
}

#[test]
fn what_is_unchanged_costs_no_write() {
    let fake = Fake::new().comment(BOT, &body(&job(1)));
    assert_eq!(did(&fake, &job(1)), Did::Kept(7));
    assert_eq!((fake.count("POST"), fake.count("PATCH")), (0, 0));
}

#[test]
fn an_older_run_that_is_late_writes_nothing() {
    let fake = Fake::new().comment(BOT, &body(&job(9)));
    assert_eq!(did(&fake, &job(8)), Did::LeftToLater(7));
    assert_eq!(only_comment(&fake), body(&job(9)));
    assert_eq!((fake.count("POST"), fake.count("PATCH"), fake.count("DELETE")), (0, 0, 0));
}

#[test]
fn an_answer_that_is_lost_after_the_comment_was_written_makes_no_second_one() {
    for fault in [Fault::DropAfter, Fault::StatusAfter(502), Fault::StatusAfter(504), Fault::HangAfter] {
        let fake = Fake::new().fault("POST", "/comments", fault.clone());
        assert!(matches!(did(&fake, &job(1)), Did::Created(7, Some(_))), "{fault:?}");
        assert_eq!(only_comment(&fake), body(&job(1)), "{fault:?}");
        assert_eq!(fake.count("POST"), 1, "{fault:?}");
    }
}

#[test]
fn a_comment_that_was_not_written_is_written_again_after_a_look() {
    let limit = Fault::Status(429, vec![("retry-after", "0".to_owned())], json!({"message": "slow down"}));
    for fault in [Fault::DropBefore, Fault::status(502), Fault::status(503), limit] {
        let fake = Fake::new().fault("POST", "/comments", fault.clone());
        assert!(matches!(did(&fake, &job(1)), Did::Created(..)), "{fault:?}");
        assert_eq!(only_comment(&fake), body(&job(1)));
        assert_eq!(fake.count("POST"), 2, "{fault:?}");
        let methods: Vec<String> = fake.requests().iter().map(|request| request.method.clone()).collect();
        assert_eq!(methods, ["GET", "POST", "GET", "POST", "GET"], "{fault:?}");
    }
}

#[test]
fn a_server_that_stays_broken_gets_a_bounded_number_of_requests() {
    let fake = Fake::new().always("POST", "/comments", Fault::status(502));
    let error = error(&fake, &job(1));
    assert!(matches!(error, CannotPublish::Unavailable { attempts: 5, .. }), "{error}");
    assert_eq!((fake.count("POST"), fake.count("GET")), (5, 6), "the last one is looked for too");
    let fake = Fake::new().always("GET", "/comments", Fault::DropBefore);
    assert!(matches!(self::error(&fake, &job(1)), CannotPublish::Unavailable { attempts: 5, .. }));
    assert_eq!((fake.count("POST"), fake.count("GET")), (0, 5));
}

#[test]
fn edits_and_deletions_are_sent_again_after_a_look() {
    for (fault, n) in
        [(Fault::status(502), 2), (Fault::DropBefore, 2), (Fault::DropAfter, 1), (Fault::StatusAfter(500), 1)]
    {
        let fake = Fake::new()
            .comment(BOT, &body(&job(1)))
            .comment(BOT, &body(&job(1)))
            .fault("GET", "/comments", fault.clone())
            .fault("PATCH", "/comments", fault.clone())
            .fault("DELETE", "/comments", fault.clone());
        assert!(matches!(did(&fake, &job(2)), Did::Updated(..)), "{fault:?}");
        assert_eq!(only_comment(&fake), body(&job(2)));
        assert_eq!((fake.count("PATCH"), fake.count("DELETE")), (n, n), "{fault:?}");
    }
}

#[test]
fn an_edit_that_failed_is_not_repeated_over_a_later_runs() {
    let soon = vec![("retry-after", "0".to_owned())];
    for status in [429, 500, 503] {
        let later = Fault::EditedMeanwhile(status, soon.clone(), body(&job(60)));
        let fake = Fake::new().comment(BOT, &body(&job(40))).fault("PATCH", "/comments", later);
        assert_eq!(did(&fake, &job(50)), Did::LeftToLater(7), "{status}");
        assert_eq!(only_comment(&fake), body(&job(60)), "{status}");
        assert_eq!(fake.count("PATCH"), 1, "{status}");
    }
}

#[test]
fn an_edit_that_an_older_run_overwrites_is_made_again() {
    let older = Fault::EditedAfter(body(&job(45)));
    let fake = Fake::new().comment(BOT, &body(&job(40))).fault("PATCH", "/comments", older.clone());
    assert!(matches!(did(&fake, &job(50)), Did::Updated(7, Some(_))));
    assert_eq!(only_comment(&fake), body(&job(50)));
    assert_eq!(fake.count("PATCH"), 2);
    // A later one's stays, and so does another one's of the same run: nobody's edits go on for ever.
    let fake =
        Fake::new().comment(BOT, &body(&job(40))).fault("PATCH", "/comments", Fault::EditedAfter(body(&job(60))));
    assert_eq!(did(&fake, &job(50)), Did::LeftToLater(7));
    assert_eq!(only_comment(&fake), body(&job(60)));
    let same = body(&job(50)) + " of another job";
    let fake = Fake::new().comment(BOT, &body(&job(40))).fault("PATCH", "/comments", Fault::EditedAfter(same));
    assert!(matches!(did(&fake, &job(50)), Did::Updated(..)));
    assert_eq!(fake.count("PATCH"), 1);
    let fake = Fake::new().comment(BOT, &body(&job(40))).always("PATCH", "/comments", older);
    let published = try_publish(&fake, &job(50));
    assert!(matches!(published.comment, Some(Ok(Did::Updated(..)))), "{published:?}");
    assert_eq!((published.notes.as_slice(), fake.count("PATCH")), ([Note::NotListedYet].as_slice(), 4));
}

#[test]
fn the_last_write_in_doubt_is_looked_for() {
    let lost = [Fault::StatusAfter(502), Fault::DropAfter, Fault::HangAfter, Fault::SilentAfter(204)];
    for fault in lost.into_iter().chain([Fault::SilentAfter(200)]) {
        for verb in ["POST", "PATCH"] {
            let fake = if verb == "PATCH" { Fake::new().comment(BOT, &body(&job(1))) } else { Fake::new() };
            let fake = fake.always(verb, "/comments", fault.clone());
            let mut server = server(&fake);
            server.patience.attempts = 1;
            server.request_timeout = Duration::from_secs(60);
            server.timeout = Duration::from_millis(2400);
            let did = publish(&server, &job(2)).expect("a client").comment.expect("one is wanted");
            assert!(matches!(did, Ok(Did::Created(..) | Did::Updated(..))), "{verb} {fault:?}: {did:?}");
            assert_eq!(only_comment(&fake), body(&job(2)), "{verb} {fault:?}");
            assert_eq!(fake.count(verb), 1, "{verb} {fault:?}");
        }
    }
    // An answer that says nothing, and no comment.
    let fake = Fake::new().always("POST", "/comments", Fault::Status(204, vec![], Value::Null));
    assert!(matches!(error(&fake, &job(1)), CannotPublish::Odd { .. }));
    assert_eq!(fake.count("POST"), 1);
}

#[test]
fn a_comment_that_is_listed_and_never_editable_is_told_with_its_status() {
    let gone = Fault::Status(410, vec![], json!({"message": "Gone"}));
    let fake = Fake::new().comment(BOT, &body(&job(1))).always("PATCH", "/comments", gone);
    let error = error(&fake, &job(2));
    assert!(matches!(error, CannotPublish::Refused { status: 410, .. }), "{error}");
    assert_eq!(fake.count("PATCH"), 5);
}

#[test]
fn a_server_that_hangs_is_left() {
    let fake = Fake::new().always("GET", "/comments", Fault::HangAfter);
    let mut server = Server::new(&fake.address(), None, Token::new(TOKEN).ok()).expect("an address");
    server.request_timeout = Duration::from_millis(100);
    server.timeout = Duration::from_millis(400);
    server.patience.first_wait = Duration::from_millis(10);
    let began = Instant::now();
    let error = publish(&server, &job(1)).expect("a client").comment.expect("wanted").expect_err("it hangs");
    assert!(matches!(error, CannotPublish::Unavailable { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_answer_without_end_is_not_read_to_the_end() {
    for status in [200, 404] {
        let fake = Fake::new().always("GET", "/comments", Fault::Endless(status));
        let mut server = server(&fake);
        server.patience.attempts = 1;
        server.request_timeout = Duration::from_secs(60);
        let error = publish(&server, &job(1)).expect("a client").comment.expect("wanted").expect_err("no end");
        assert!(error.to_string().contains("larger than 32 MiB"), "{error}");
    }
}

#[test]
fn a_server_that_sends_the_token_back_does_not_get_it_printed() {
    let words = format!("{}: {TOKEN}", "x".repeat(250));
    for status in [400, 401, 403, 404, 422, 500] {
        let bad = Fault::Status(status, vec![], json!({"message": words, "errors": [{"message": TOKEN}]}));
        let fake = Fake::new().always("GET", "/comments", bad.clone());
        let mut server = server(&fake);
        server.patience.attempts = 2;
        let error = publish(&server, &job(1)).expect("a client").comment.expect("wanted").expect_err("refused");
        let text = format!("{error} {error:?}");
        assert!(text.contains("***") && !text.contains(&TOKEN[..8]), "{text}");
    }
    let login = json!({"id": 1, "html_url": format!("http://{TOKEN}"), "user": {"login": TOKEN}});
    for (verb, answer) in [("GET", json!([{"id": TOKEN}])), ("POST", login)] {
        let fake = Fake::new().always(verb, "/comments", Fault::Status(200, vec![], answer));
        let published = format!("{:?}", try_publish(&fake, &job(1)));
        assert!(published.contains("***") && !published.contains(TOKEN), "{published}");
        let ran = workflow(&fake).regress("comment --report same.json");
        assert!(!format!("{ran}").contains(TOKEN), "{ran}");
    }
}

#[test]
fn rate_limits_are_waited_for_where_that_is_bearable() {
    let soon = (std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() + 1)
        .to_string();
    let limit = json!({"message": "API rate limit exceeded"});
    let reset = vec![("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", soon)];
    for (code, headers) in [(403, vec![("retry-after", "1".to_owned())]), (429, reset)] {
        let fake = Fake::new().fault("GET", "/comments", Fault::Status(code, headers, limit.clone()));
        let began = Instant::now();
        assert!(matches!(did(&fake, &job(1)), Did::Created(..)));
        assert!(began.elapsed() >= Duration::from_secs(1), "{code}: {:?}", began.elapsed());
    }
    let fake =
        Fake::new().fault("GET", "/comments", Fault::Status(403, vec![("retry-after", "3600".to_owned())], limit));
    let error = error(&fake, &job(1));
    assert_eq!(
        error,
        CannotPublish::RateLimit { what: "list the comments".to_owned(), wait: Duration::from_secs(3600) }
    );
    assert_eq!(fake.count("GET"), 1);
}

#[test]
fn a_token_that_may_only_read_is_asked_once() {
    let fake = Fake::new().always("POST", "/comments", Fault::integration());
    assert!(matches!(error(&fake, &job(1)), CannotPublish::NotAllowed { .. }));
    assert_eq!(fake.count("POST"), 1);
}

#[test]
fn what_github_refuses_is_told_in_its_words() {
    let mut long = job(1);
    long.comment.as_mut().expect("wanted").text = "x".repeat(70_000);
    let error = error(&Fake::new(), &long);
    assert!(matches!(error, CannotPublish::Refused { status: 422, .. }), "{error}");
    assert!(error.to_string().contains("Body is too long (maximum is 65536 characters)"), "{error}");
    let odd = Fault::Status(200, vec![], json!({"not": "a list"}));
    assert!(matches!(self::error(&Fake::new().fault("GET", "/comments", odd), &job(1)), CannotPublish::Odd { .. }));
    let moved = Fault::Status(301, vec![("location", "http://127.0.0.1:9/".to_owned())], json!({"message": "Moved"}));
    let fake = Fake::new().fault("GET", "/comments", moved);
    assert!(matches!(self::error(&fake, &job(1)), CannotPublish::Refused { status: 301, .. }));
}

#[test]
fn our_comment_is_found_on_a_late_page() {
    let mut fake = Fake::new();
    for i in 0..250 {
        fake = fake.comment("someone", &format!("comment {i}"));
    }
    let fake = fake.comment(BOT, &body(&job(1)));
    assert!(matches!(did(&fake, &job(2)), Did::Updated(..)));
    assert_eq!((fake.count("GET"), fake.count("POST")), (6, 0), "before and after");
}

#[test]
fn a_full_page_has_a_next_one_whether_or_not_that_is_said() {
    let full = |n: usize| (0..n).fold(Fake::new(), |fake, i| fake.comment("someone", &format!("comment {i}")));
    let fake = full(200).comment(BOT, &body(&job(1))).says_no_next();
    assert!(matches!(did(&fake, &job(2)), Did::Updated(..)));
    assert_eq!((fake.count("GET"), fake.count("POST")), (6, 0));
    let fake = full(100).comment(BOT, &body(&job(2))).comment(BOT, &body(&job(2))).knows_no_pages();
    assert!(matches!(did(&fake, &job(2)), Did::Created(..)), "what is never sent isn't found");
    assert_eq!(fake.count("GET"), 4, "the same page once more, each time");
}

#[test]
fn the_address_of_a_next_page_is_not_followed() {
    let foreign = Fake::new();
    let mut fake = Fake::new().next_pages_at(&foreign.address());
    for i in 0..150 {
        fake = fake.comment("someone", &format!("comment {i}"));
    }
    let fake = fake.comment(BOT, &body(&job(1)));
    assert!(matches!(did(&fake, &job(2)), Did::Updated(..)));
    assert_eq!(fake.count("GET"), 4);
    assert_eq!(foreign.requests().len(), 0, "nothing goes there, and no token");
}

#[test]
fn a_deleted_account_breaks_nothing() {
    let fake = Fake::new().raw_comment(json!({"id": 1, "user": null, "body": "bye"}));
    let fake = fake.raw_comment(json!({"id": 2, "user": {"login": BOT}, "body": null}));
    let fake = fake.raw_comment(json!({"id": 3, "user": null, "body": body(&job(1))}));
    assert!(matches!(did(&fake, &job(2)), Did::Created(..)));
    assert_eq!(fake.comments().len(), 4);
}

#[test]
fn an_impostors_comment_is_neither_edited_nor_believed() {
    let fake = Fake::new().comment("mallory", &body(&job(1_000))).comment("github-actions", &body(&job(1)));
    assert!(matches!(did(&fake, &job(2)), Did::Created(..)));
    let comments = fake.comments();
    assert_eq!(comments[0]["body"], json!(body(&job(1_000))));
    assert_eq!((comments.len(), fake.count("PATCH"), fake.count("DELETE")), (3, 0, 0));
    // Quoted by somebody whose comments are written by the same account.
    let quoted = format!("> {}", body(&job(1_000)));
    let fake = Fake::new().comment(BOT, &quoted);
    assert!(matches!(did(&fake, &job(2)), Did::Created(..)));
    assert_eq!(fake.comments()[0]["body"], json!(quoted));
}

#[test]
fn two_at_once_end_with_one_comment() {
    // The other one's comment appears between our look and our comment: it is older, so that ours goes.
    let fake = Fake::new().fault("POST", "/comments", Fault::OtherFirst(body(&job(4))));
    assert!(matches!(did(&fake, &job(5)), Did::Updated(..)));
    assert_eq!(only_comment(&fake), body(&job(5)));
    assert_eq!((fake.count("POST"), fake.count("DELETE")), (1, 1));
    // The same, and the other is of a later run: it stays as it is, and ours goes.
    let fake = Fake::new().fault("POST", "/comments", Fault::OtherFirst(body(&job(6))));
    assert_eq!(did(&fake, &job(5)), Did::LeftToLater(7));
    assert_eq!(only_comment(&fake), body(&job(6)));
}

#[test]
fn many_at_once_end_with_one_comment() {
    for round in 0..8 {
        let fake = Fake::new();
        std::thread::scope(|scope| {
            for run in 1..=6 {
                let fake = &fake;
                scope.spawn(move || did(fake, &job(run)));
            }
        });
        only_comment(&fake);
        assert!(matches!(did(&fake, &job(7)), Did::Updated(..)), "round {round}");
        assert_eq!(only_comment(&fake), body(&job(7)), "round {round}: {fake:?}");
    }
}

#[test]
fn of_five_at_once_the_newest_stays() {
    for round in 0..4 {
        let fake = if round % 2 == 0 { Fake::new() } else { Fake::new().comment(BOT, &body(&job(1))) };
        std::thread::scope(|scope| {
            for run in [50, 20, 40, 30, 60] {
                let fake = &fake;
                scope.spawn(move || {
                    let mut server = server(fake);
                    server.patience.settle_wait = Duration::from_millis(500);
                    publish(&server, &job(run)).expect("a client").comment.expect("one is wanted").expect("written");
                });
            }
        });
        assert_eq!(only_comment(&fake), body(&job(60)), "round {round}: {fake:?}");
    }
}

#[test]
fn a_comment_that_somebody_deletes_meanwhile_is_written_again() {
    let fake = Fake::new().comment(BOT, &body(&job(1))).fault("PATCH", "/comments", Fault::DeletedMeanwhile);
    assert!(matches!(did(&fake, &job(2)), Did::Created(..)));
    assert_eq!(only_comment(&fake), body(&job(2)));
}

#[test]
fn a_comment_that_is_not_listed_yet_is_not_written_twice() {
    let fake = Fake::new().lists_nothing_new();
    let published = try_publish(&fake, &job(1));
    assert!(matches!(published.comment, Some(Ok(Did::Created(..)))));
    assert_eq!(published.notes, [Note::NotListedYet]);
    assert_eq!(fake.count("POST"), 1);
}

#[test]
fn the_token_may_be_of_another_account_than_was_said() {
    let fake = Fake::new().writes_as("someones-app[bot]").comment("someones-app[bot]", &body(&job(1)));
    let published = try_publish(&fake, &job(2));
    assert!(matches!(published.comment, Some(Ok(Did::Updated(..)))), "{published:?}");
    assert_eq!(published.notes, [Note::OtherLogin("someones-app[bot]".to_owned())]);
    assert_eq!(only_comment(&fake), body(&job(2)));
}

#[test]
fn an_enterprise_server_has_its_api_below_a_folder() {
    let fake = Fake::new().prefix("/api/v3").comment(BOT, &body(&job(1)).replace(SHA, &SHA.replace('0', "9")));
    let mut each = job(2);
    each.comment.as_mut().expect("wanted").earlier = Earlier::Minimize;
    let published = try_publish(&fake, &each);
    assert!(matches!(published.comment, Some(Ok(Did::Created(..)))), "{published:?}");
    assert_eq!(published.notes, []);
    let requests = fake.requests();
    assert!(
        requests.iter().all(|request| request.path.starts_with("/api/v3/repos/") || request.path == "/api/graphql")
    );
    assert!(requests.iter().all(|request| request.authorization == format!("Bearer {TOKEN}")));
    assert_eq!(fake.minimized(), ["node-1"]);
    // Once folded away, it is left alone.
    each.comment.as_mut().expect("wanted").text.push_str(" again");
    try_publish(&fake, &each);
    let mutations = fake.requests().iter().filter(|request| request.body.contains("minimizeComment")).count();
    assert_eq!(mutations, 1);
}

#[test]
fn what_cannot_be_folded_away_is_told() {
    let fake = Fake::new().comment(BOT, &body(&job(1)).replace(SHA, &SHA.replace('0', "9"))).always(
        "POST",
        "/graphql",
        Fault::Status(200, vec![], json!({"data": null, "errors": [{"message": "not here"}]})),
    );
    let mut each = job(2);
    each.comment.as_mut().expect("wanted").earlier = Earlier::Minimize;
    let published = try_publish(&fake, &each);
    assert!(matches!(published.comment, Some(Ok(Did::Created(..)))));
    assert!(matches!(published.notes.as_slice(), [Note::NotMinimized(why)] if why.contains("not here")));
}

/// A run of the second workflow, after one of a pull request from a fork.
fn after_fork(number: Option<u64>) -> Job {
    let pushed = PushedTo {
        repository: Repository::new("fork/demo").expect("a name"),
        branch: "feat/x".to_owned(),
        head: Sha::new(SHA).expect("a name"),
    };
    let mut job = job(1);
    job.event.subject = Subject::PushedTo(pushed, number);
    job
}

#[test]
fn a_forks_pull_request_is_found_by_the_commit_that_was_measured() {
    for knows_commits in [true, false] {
        let fake = Fake::new().pull(7, "fork/demo", "feat/x", SHA).pull(8, "other/demo", "feat/x", SHA);
        let fake = if knows_commits { fake } else { fake.knows_no_commits() };
        assert!(matches!(did(&fake, &after_fork(None)), Did::Created(7, _)), "{fake:?}");
        let asked = fake.requests().iter().any(|request| request.path.contains("head=fork:feat%2Fx"));
        assert_eq!(asked, !knows_commits);
    }
    let fake = Fake::new().pull(8, "other/demo", "feat/x", SHA);
    assert_eq!(did(&fake, &after_fork(None)), Did::NoneOpen);
}

#[test]
fn only_an_open_pull_request_is_the_commits() {
    let fake = Fake::new().pull(7, "fork/demo", "feat/x", SHA).closed_pull(9, "fork/demo", "feat/x", SHA);
    let published = try_publish(&fake, &after_fork(None));
    assert!(matches!(published.comment, Some(Ok(Did::Created(7, _)))), "{published:?}");
    assert_eq!(published.notes, []);
    for knows_commits in [true, false] {
        let fake = Fake::new().closed_pull(9, "fork/demo", "feat/x", SHA);
        let fake = if knows_commits { fake } else { fake.knows_no_commits() };
        assert_eq!(did(&fake, &after_fork(None)), Did::NoneOpen);
        assert_eq!(fake.count("POST"), 0);
    }
}

#[test]
fn a_pull_request_that_has_moved_on_gets_no_comment() {
    let fake = Fake::new().pull(7, "fork/demo", "feat/x", &SHA.replace('0', "9"));
    assert_eq!(did(&fake, &after_fork(None)), Did::MovedOn(7));
    assert_eq!(did(&fake, &after_fork(Some(7))), Did::MovedOn(7));
    assert_eq!(fake.count("POST"), 0);
}

#[test]
fn a_number_is_believed_only_with_the_commit_behind_it() {
    let fake = Fake::new().pull(7, "fork/demo", "feat/x", SHA).pull(1, "victim/demo", "main", &SHA.replace('0', "9"));
    assert!(matches!(did(&fake, &after_fork(Some(7))), Did::Created(7, _)));
    assert_eq!(error(&fake, &after_fork(Some(1))), CannotPublish::OtherPull(1));
    // The same commit in another fork's pull request is another pull request.
    let fake = Fake::new().pull(3, "other/demo", "feat/x", SHA);
    assert_eq!(error(&fake, &after_fork(Some(3))), CannotPublish::OtherPull(3));
    assert_eq!(fake.count("POST"), 0);
}

fn check_run(n_annotations: usize) -> CheckRun {
    let annotation = |i| Annotation {
        path: ".github".to_owned(),
        level: Level::Failure,
        title: format!("slow {i}"),
        message: "slower".to_owned(),
    };
    CheckRun {
        name: "regress".to_owned(),
        external_id: "regress:default:1:1".to_owned(),
        conclusion: Conclusion::Failure,
        title: "120 regressions".to_owned(),
        summary: "…".to_owned(),
        annotations: (0..n_annotations).map(annotation).collect(),
    }
}

#[test]
fn annotations_are_sent_fifty_at_a_time() {
    for (n, requests) in [(0, 1), (1, 1), (50, 1), (51, 2), (120, 3)] {
        let fake = Fake::new();
        let published = try_publish(&fake, &Job { check: Some(check_run(n)), comment: None, ..job(1) });
        assert!(matches!(published.check, Some(Ok(_))), "{published:?}");
        assert_eq!((fake.annotations().len(), fake.count("POST") + fake.count("PATCH")), (n, requests));
        assert_eq!(fake.check_runs().len(), 1);
        assert_eq!(fake.check_runs()[0]["conclusion"], "failure");
        assert_eq!(fake.check_runs()[0]["head_sha"], SHA);
    }
}

#[test]
fn a_check_run_is_not_written_twice_either() {
    for fault in [Fault::DropAfter, Fault::StatusAfter(502), Fault::DropBefore, Fault::status(502)] {
        let fake = Fake::new().fault("POST", "/check-runs", fault.clone());
        let published = try_publish(&fake, &Job { check: Some(check_run(60)), comment: None, ..job(1) });
        assert!(matches!(published.check, Some(Ok(_))), "{published:?}");
        assert_eq!((fake.check_runs().len(), fake.annotations().len()), (1, 60), "{fault:?}");
    }
    // Annotations are added each time they are sent: rather too few than twice.
    let fake = Fake::new().fault("PATCH", "/check-runs", Fault::DropAfter);
    let published = try_publish(&fake, &Job { check: Some(check_run(60)), comment: None, ..job(1) });
    assert!(matches!(published.check, Some(Ok(_))), "{published:?}");
    assert_eq!(fake.annotations().len(), 60);
}

#[test]
fn without_a_pull_request_nothing_is_asked() {
    let fake = Fake::new();
    let mut push = job(1);
    push.event.subject = Subject::None(NoPull::Event("push".to_owned()));
    assert_eq!(did(&fake, &push), Did::NoPull(NoPull::Event("push".to_owned())));
    assert_eq!(fake.requests().len(), 0);
    push.check = Some(check_run(1));
    assert!(matches!(try_publish(&fake, &push).check, Some(Ok(_))), "a commit can have a check all the same");
}

/// A folder with reports, and what the runner says about a pull request's run.
fn workflow(fake: &Fake) -> Case {
    let report = |candidate: f64| {
        let case = Case::new().benchmark("same").baseline(100.0).candidate(100.5);
        case.benchmark("f").baseline(100.0).candidate(candidate).regress("check -b main --format json").stdout
    };
    let event = json!({"number": 7, "pull_request": {"number": 7, "head": {"sha": SHA}}});
    Case::new()
        .file("slower.json", &report(150.0))
        .file("same.json", &report(100.0))
        .file("nothing.json", &Case::new().benchmark("a").candidate(1.0).regress("check -b main --format json").stdout)
        .file("event.json", &event.to_string())
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_EVENT_PATH", "event.json")
        .env("GITHUB_REPOSITORY", REPOSITORY)
        .env("GITHUB_RUN_ID", "50")
        .env("GITHUB_RUN_ATTEMPT", "1")
        .env("GITHUB_API_URL", &fake.address())
        .env("GITHUB_TOKEN", TOKEN)
        .env("GITHUB_STEP_SUMMARY", "summary.md")
}

fn summary(case: &Case) -> String {
    std::fs::read_to_string(case.path("summary.md")).unwrap_or_default()
}

#[test]
fn the_exit_code_is_the_verdicts() {
    for (reports, code) in [
        ("--report same.json", 0),
        ("--report slower.json", 1),
        ("--report nothing.json", 3),
        ("--report same.json slower.json", 1),
        ("--report a=same.json --expect a", 0),
        ("--report a=same.json --expect a b", 3),
        ("--report a=same.json --report b=none.json", 3),
        ("--report a=slower.json --expect b", 1),
        ("--expect b", 3),
        ("--report none.json", 2),
        ("--report a=same.json a=slower.json", 2),
        ("--report event.json", 2),
        ("", 2),
        ("--report same.json --key a--b", 2),
        ("--report same.json --pr 0", 2),
        ("--report same.json --repo demo", 2),
    ] {
        let fake = Fake::new();
        let ran = workflow(&fake).regress(&format!("comment {reports}")).exit_code(code);
        assert_eq!(fake.comments().len(), usize::from(code != 2), "{ran}");
    }
}

#[test]
fn the_comment_says_what_the_report_says() {
    let fake = Fake::new();
    let case = workflow(&fake);
    case.regress("comment --report slower.json").exit_code(1).stdout_contains("wrote a comment on acme/demo#7: http");
    let text = only_comment(&fake);
    let marker = format!("<!-- regress:v1 key=default head={SHA} run=50 attempt=1 -->\n");
    assert!(text.starts_with(&marker) && text.contains("1 regression of 2 benchmarks"), "{text}");
    case.regress("comment --report slower.json").exit_code(1).stdout_contains("says that already");
    case.regress("comment --report same.json").exit_code(0).stdout_contains("edited the comment");
    assert_eq!((fake.count("POST"), fake.count("PATCH")), (1, 1));
    assert!(only_comment(&fake).contains("no regression"));
    // Another key is another comment.
    case.regress("comment --report same.json --key linux").exit_code(0);
    assert_eq!(fake.comments().len(), 2);
    assert_eq!(summary(&case), "", "it stands on the pull request");
}

#[test]
fn a_leg_that_is_missing_is_shown_and_is_no_pass() {
    let fake = Fake::new();
    let case = workflow(&fake)
        .file("broken.json", "{\"schema\": \"criterion-regress/report\", \"version\": 1, \"<@evil>\": 1}");
    let ran = case.regress("comment --report linux=same.json --report macos=broken.json --expect linux windows");
    let ran = ran.exit_code(3).stderr_contains("broken.json").stderr_contains("windows");
    let text = only_comment(&fake);
    for name in ["linux", "macos", "windows"] {
        assert!(text.contains(name), "{text}\n{ran}");
    }
    assert!(text.matches("MISSING").count() >= 2, "{text}");
    assert!(!text.contains("evil"), "nothing of a file that is no report: {text}");
}

#[test]
fn a_forks_token_leaves_the_verdict_as_it_is() {
    for (report, code) in [("slower.json", 1), ("same.json", 0)] {
        let fake = Fake::new().always("POST", "/comments", Fault::integration());
        let case = workflow(&fake).env("GITHUB_ACTIONS", "true");
        let ran = case.regress(&format!("comment --report {report}")).exit_code(code);
        let ran = ran.stderr_contains("Resource not accessible by integration").stderr_contains("workflow_run");
        ran.stderr_contains("::warning title=").stderr_contains("pull-requests: write");
        assert!(summary(&case).contains("compared 2 of 2"), "{}", summary(&case));
    }
}

#[test]
fn what_goes_wrong_is_an_error_with_the_summary_written() {
    let cases = [
        (Fault::Status(401, vec![], json!({"message": "Bad credentials"})), "GITHUB_TOKEN is not a token"),
        (Fault::Status(404, vec![], json!({"message": "Not Found"})), "right pull request"),
        (Fault::Status(301, vec![], json!({"message": "Moved Permanently"})), "--repo"),
    ];
    for (fault, hint) in cases {
        let fake = Fake::new().always("GET", "/comments", fault);
        let case = workflow(&fake);
        case.regress("comment --report slower.json")
            .exit_code(2)
            .stderr_contains("failed to list")
            .stderr_contains(hint);
        assert!(summary(&case).contains("1 regression"));
    }
}

#[test]
fn a_token_comes_from_the_environment_and_is_never_told() {
    let fake =
        Fake::new().always("GET", "/comments", Fault::Status(401, vec![], json!({"message": "Bad credentials"})));
    for call in ["comment --report same.json", "comment --report same.json --dry-run"] {
        let ran = workflow(&fake).regress(call);
        assert!(!format!("{ran}").contains(TOKEN), "{ran}");
    }
    workflow(&fake)
        .env("GITHUB_TOKEN", "")
        .regress("comment --report same.json")
        .exit_code(2)
        .stderr_contains("no token");
    assert!(fake.requests().iter().all(|request| request.authorization == format!("Bearer {TOKEN}")));
    for api in ["http://api.github.example", "https://me:secret@api.github.example"] {
        let ran = workflow(&fake).env("GITHUB_API_URL", api).regress("comment --report same.json").exit_code(2);
        assert!(!ran.stderr.contains("secret"), "{ran}");
    }
}

#[test]
fn what_is_no_token_is_an_error_with_the_summary_written() {
    for token in
        ["ghs_first\nghs_second", "ghs_first ghs_second", "ghs_first\u{1}ghs_second", "ghs_first\u{e9}ghs_second"]
    {
        let fake = Fake::new();
        let case = workflow(&fake).env("GITHUB_TOKEN", token);
        let ran = case.regress("comment --report slower.json").exit_code(2).stderr_contains("the token holds");
        assert!(!format!("{ran}").contains("ghs_second") && !ran.stderr.contains("panicked"), "{ran}");
        assert!(summary(&case).contains("1 regression"));
        assert_eq!(fake.requests().len(), 0);
    }
    // A line end behind it is nobody's mistake.
    let fake = Fake::new();
    workflow(&fake).env("GITHUB_TOKEN", &format!("{TOKEN}\n")).regress("comment --report slower.json").exit_code(1);
    only_comment(&fake);
}

#[test]
fn a_dry_run_writes_nothing() {
    let fake = Fake::new();
    let case = workflow(&fake);
    case.regress("comment --report slower.json --dry-run --check-run")
        .exit_code(1)
        .stdout_contains("would write a comment on acme/demo#7")
        .stdout_contains("would write a check run, 1 regression of 2")
        .stdout_contains("1 regression of 2");
    let offline = workflow(&fake).env("GITHUB_TOKEN", "");
    offline
        .regress("comment --report slower.json --dry-run")
        .exit_code(1)
        .stdout_contains("the comments on acme/demo#7");
    offline
        .env("GITHUB_EVENT_NAME", "push")
        .regress("comment --report same.json --dry-run")
        .stdout_contains("no comment: ");
    assert_eq!(fake.count("POST"), 0);
    assert_eq!(summary(&case), "");
}

#[test]
fn events_without_a_pull_request_leave_a_summary() {
    for event in ["push", "merge_group", "schedule", "workflow_dispatch"] {
        let fake = Fake::new();
        let case = workflow(&fake).env("GITHUB_EVENT_NAME", event);
        case.regress("comment --report slower.json")
            .exit_code(1)
            .stdout_contains("wrote no comment")
            .stdout_contains(event);
        assert!(summary(&case).contains("1 regression"));
        assert_eq!(fake.requests().len(), 0);
        case.regress("comment --report slower.json --pr 9").exit_code(1);
        assert_eq!(fake.comments().len(), 1, "{event}");
    }
}

#[test]
fn the_second_workflow_comments_on_a_forks_pull_request() {
    let fake = Fake::new().pull(7, "fork/demo", "feat/x", SHA).pull(8, REPOSITORY, "main", &SHA.replace('0', "9"));
    let event = json!({"workflow_run": {
        "id": 40, "run_attempt": 2, "event": "pull_request", "head_sha": SHA, "head_branch": "feat/x",
        "head_repository": {"full_name": "fork/demo"}, "pull_requests": [], "conclusion": "failure",
    }});
    let case = workflow(&fake).file("event.json", &event.to_string()).env("GITHUB_EVENT_NAME", "workflow_run");
    case.regress("comment --report slower.json").exit_code(1).stdout_contains("acme/demo#7");
    assert!(only_comment(&fake).starts_with(&format!("<!-- regress:v1 key=default head={SHA} run=40 attempt=2 -->")));
    case.regress("comment --report slower.json --pr 8").exit_code(2).stderr_contains("not the one that was measured");
}

#[test]
fn nothing_is_written_where_nothing_changed() {
    let fake = Fake::new();
    let case = workflow(&fake);
    case.regress("comment --report same.json --only-on-change").exit_code(0).stdout_contains("nothing changed");
    assert_eq!(fake.comments().len(), 0);
    case.regress("comment --report slower.json --only-on-change").exit_code(1);
    case.regress("comment --report same.json --only-on-change").exit_code(0).stdout_contains("edited");
    assert!(only_comment(&fake).contains("no regression"), "what was told before is put right");
}

#[test]
fn a_check_run_says_what_the_outcome_is() {
    for (reports, conclusion, n_annotations) in [
        ("--report slower.json", "failure", 1),
        ("--report same.json", "success", 0),
        ("--report nothing.json", "neutral", 0),
        ("--report a=same.json --expect b", "failure", 0),
    ] {
        let fake = Fake::new();
        workflow(&fake).regress(&format!("comment {reports} --check-run")).stdout_contains("wrote a check run");
        let runs = fake.check_runs();
        assert_eq!(runs[0]["conclusion"], conclusion, "{reports}");
        assert_eq!((runs[0]["name"].as_str(), fake.annotations().len()), (Some("regress"), n_annotations));
    }
}

#[cfg(unix)]
#[test]
fn a_report_that_is_a_link_is_not_read() {
    let fake = Fake::new();
    let case = workflow(&fake);
    std::os::unix::fs::symlink(case.path("same.json"), case.path("link.json")).expect("a link");
    case.regress("comment --report link.json").exit_code(2).stderr_contains("not a file");
    assert_eq!(fake.requests().len(), 0);
}

#[cfg(unix)]
#[test]
fn an_event_that_is_a_pipe_is_not_waited_for() {
    let fake = Fake::new();
    let case = workflow(&fake).env("GITHUB_EVENT_PATH", "pipe");
    assert!(std::process::Command::new("mkfifo").arg(case.path("pipe")).status().expect("mkfifo").success());
    case.regress("comment --report same.json").exit_code(2).stderr_contains("GITHUB_EVENT_PATH");
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn what_is_wrong_with_a_report_is_told_shortly() {
    let long = json!({"schema": "x".repeat(100_000), "version": 1}).to_string();
    let case = workflow(&Fake::new()).file("long.json", &long);
    let ran = case.regress("comment --report long.json").exit_code(2).stderr_contains("failed to read");
    assert!(ran.stderr.len() < 1_000, "{ran}");
}

/// On a server that others wrote: `emulate` from npm. `scripts/emulate.sh` installs it, and says where it is.
#[test]
fn an_independent_server_ends_with_one_comment() {
    let Some(emulate) = server::Emulate::start() else {
        println!("skipped: REGRESS_TEST_EMULATE names no folder with emulate; scripts/emulate.sh runs this test");
        return;
    };
    let case = |run: &str| {
        workflow(&Fake::new())
            .env("GITHUB_API_URL", &emulate.address)
            .env("GITHUB_TOKEN", server::Emulate::TOKEN)
            .env("GITHUB_REPOSITORY", server::Emulate::REPOSITORY)
            .env("GITHUB_RUN_ID", run)
            .file(
                "event.json",
                &json!({"number": emulate.pull, "pull_request": {"head": {"sha": emulate.head}}}).to_string(),
            )
    };
    let comment = |run: &str, report: &str| -> Ran {
        case(run).regress(&format!("comment --report {report} --bot-login {}", server::Emulate::LOGIN))
    };
    let ours = || -> Vec<Value> {
        let is_ours =
            |c: &Value| c["body"].as_str().is_some_and(|body| body.starts_with("<!-- regress:v1 key=default"));
        emulate.comments().into_iter().filter(is_ours).collect()
    };
    comment("1", "slower.json").exit_code(1).stdout_contains("wrote a comment");
    comment("2", "same.json").exit_code(0).stdout_contains("edited the comment");
    comment("1", "slower.json").exit_code(1).stdout_contains("a later run");
    assert_eq!(ours().len(), 1);
    assert!(ours()[0]["body"].as_str().is_some_and(|body| body.contains("no regression")));
    // Two at once, several times, each on a pull request without a comment of that key.
    for round in 0..3 {
        let key = format!("round-{round}");
        std::thread::scope(|scope| {
            for run in ["3", "3"] {
                let (case, key) = (case(run), &key);
                scope.spawn(move || {
                    let call = format!("comment --report same.json --key {key} --bot-login {}", server::Emulate::LOGIN);
                    case.regress(&call).exit_code(0);
                });
            }
        });
        let marker = format!("<!-- regress:v1 key={key} ");
        let n =
            emulate.comments().iter().filter(|c| c["body"].as_str().is_some_and(|b| b.starts_with(&marker))).count();
        assert_eq!(n, 1, "round {round}");
    }
}
