use std::fmt;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use criterion_regress::publish::{
    Annotation, CannotPublish, CheckRun, Conclusion, Did, Earlier, Event, Job, LONGEST_COMMENT, Level, Marker, Note,
    Published, Server, Stamp, Step, Subject, Surroundings, Token, Wanted, publish, subject,
};
use criterion_regress::report::{
    Action, Explanation, Leg, Outcome, Report, Row, Verdict, comment, explain, headline, parse_report, visible,
};

use crate::cli::args::{CommentArgs, LegArg};
use crate::cli::failure::Failure;
use crate::cli::github::{self, is_workflow, print_error};
use crate::cli::{exit_code, output};

/// Largest report that is read: whoever wrote it may be a stranger.
const LARGEST_REPORT: u64 = 128 << 20;

/// Largest payload of an event that is read.
const LARGEST_PAYLOAD: u64 = 32 << 20;

/// Characters of what is wrong with a report that are told: it quotes the report.
const LONGEST_CAUSE: usize = 300;

/// Characters of a comment below its marker, with room for what GitHub counts otherwise than we.
const LONGEST: usize = LONGEST_COMMENT - 5_536;

/// Annotations of a check run; ten requests.
const MOST_ANNOTATIONS: usize = 500;

/// Characters of an annotation's title and message; GitHub takes 255, and 64 KB.
const LONGEST_TITLE: usize = 200;
const LONGEST_MESSAGE: usize = 8_000;

/// Where annotations stand: a benchmark knows no file, and GitHub wants one.
const ANNOTATED: &str = ".github";

/// The folder under which one report of a matrix is told from the others, where all are called so.
const USUAL_NAME: &str = "report";

pub(crate) fn run(args: &CommentArgs) -> Result<ExitCode, Failure> {
    let legs = legs(args)?;
    let code = exit_code::of_legs(legs.iter().map(|leg| leg.report.as_ref()));
    let event = event(args)?;
    let text = comment(&legs, LONGEST);
    let job = job(args, &legs, event, &text);

    let token = token();
    if matches!(token, Err(CannotPublish::NoToken)) && args.dry_run {
        output::print(&format!("{}{}", unseen(args, &job.event.subject, &text), would_check(&job)))?;
        return Ok(code);
    }
    let published = match server(args, token) {
        _ if is_nothing_to_do(&job) => Ok(Published { comment: None, check: None, notes: Vec::new() }),
        Ok(server) => publish(&server, &job),
        Err(e) => Err(e),
    };
    let published = published.map_err(|e| {
        github::summarize(&legs);
        failure(&e)
    })?;
    tell(args, &job, published, &legs, &text)?;
    Ok(code)
}

/// Where the event is about no pull request and nothing else is wanted, nobody has to be asked.
fn is_nothing_to_do(job: &Job) -> bool {
    matches!(job.event.subject, Subject::None(_)) && job.check.is_none()
}

/// Says what was done. What a token may not do is no error: the job summary has it, and the verdict stands.
fn tell(args: &CommentArgs, job: &Job, published: Published, legs: &[Leg], text: &str) -> Result<(), Failure> {
    for note in &published.notes {
        warn(&note_text(note));
    }
    let written = published.comment.unwrap_or_else(|| {
        Ok(match &job.event.subject {
            Subject::None(why) => Did::NoPull(why.clone()),
            Subject::Pull(_) | Subject::PushedTo(..) => Did::NoneOpen,
        })
    });
    let mut is_told = false;
    let mut failed = None;
    match written {
        Ok(did) => {
            is_told = is_on_the_pull_request(&did);
            output::print(&did_text(args, &did, text))?;
        }
        Err(CannotPublish::NotAllowed { message, .. }) => warn_of_token(&message),
        Err(e) => failed = Some(e),
    }
    if args.dry_run {
        output::print(&would_check(job))?;
    }
    match published.check {
        Some(Ok(page)) => {
            let page = page.map_or_else(String::new, |page| format!(": {}", visible(&page)));
            output::print(&format!("wrote a check run{page}\n"))?;
        }
        Some(Err(CannotPublish::NotAllowed { message, .. })) => warn_of_token(&message),
        Some(Err(e)) => failed = failed.or(Some(e)),
        None => {}
    }
    if !is_told && !args.dry_run {
        github::summarize(legs);
    }
    failed.map_or(Ok(()), |e| Err(failure(&e)))
}

fn is_on_the_pull_request(did: &Did) -> bool {
    match did {
        Did::Created(..) | Did::Updated(..) | Did::Kept(_) => true,
        Did::LeftToLater(_) | Did::NotWanted(_) | Did::Planned(..) => false,
        Did::NoPull(_) | Did::NoneOpen | Did::MovedOn(_) => false,
    }
}

fn did_text(args: &CommentArgs, did: &Did, text: &str) -> String {
    let on = |number: &u64| format!("{}#{number}", args.repo);
    let at = |page: &Option<String>| page.as_ref().map_or_else(String::new, |page| format!(": {}", visible(page)));
    match did {
        Did::Created(number, page) => format!("wrote a comment on {}{}\n", on(number), at(page)),
        Did::Updated(number, page) => format!("edited the comment on {}{}\n", on(number), at(page)),
        Did::Kept(number) => format!("the comment on {} says that already\n", on(number)),
        Did::LeftToLater(number) => format!("left the comment on {} alone: a later run has written it\n", on(number)),
        Did::NotWanted(number) => format!("wrote no comment on {}: nothing changed\n", on(number)),
        Did::NoPull(why) => format!("wrote no comment: {}\n", visible(&why.to_string())),
        Did::NoneOpen => "wrote no comment: no open pull request has the measured commit as its head\n".to_owned(),
        Did::MovedOn(number) => {
            format!("wrote no comment: {} has had a later commit since this one was measured\n", on(number))
        }
        Did::Planned(number, plan) => {
            let step = match plan.step {
                Step::Create => format!("would write a comment on {}:\n{text}", on(number)),
                Step::Update(id) => format!("would edit comment {id} on {}:\n{text}", on(number)),
                Step::Keep(id) => format!("comment {id} on {} says that already", on(number)),
                Step::LeaveToLater(id) => format!("would leave comment {id} on {} to a later run", on(number)),
                Step::Nothing => format!("would write no comment on {}: nothing changed", on(number)),
            };
            let list = |what: &str, ids: &[u64]| -> String {
                ids.iter().map(|id| format!("would {what} comment {id}\n")).collect()
            };
            format!("{step}\n{}{}", list("delete", &plan.delete), list("fold away", &plan.minimize))
        }
    }
}

fn note_text(note: &Note) -> String {
    match note {
        Note::OtherLogin(login) => {
            format!("the token is {login}'s: give --bot-login {login}, so that its comments are recognised")
        }
        Note::NotListedYet => "GitHub took the comment, but doesn't list it yet".to_owned(),
        Note::NotMinimized(why) | Note::NotDeleted(why) | Note::FewerAnnotations(why) => why.clone(),
        Note::SeveralPulls(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
            format!("several open pull requests have this head ({}); the last one got the comment", numbers.join(", "))
        }
    }
}

fn warn(text: &str) {
    print_error(&format!("warning: {}", visible(text)));
}

/// Says what a token that may only read is about, which is how each fork's first pull request ends that nobody prepared for.
fn warn_of_token(message: &str) {
    warn(&format!("the token may not write to the pull request ({message}); the job summary has the report"));
    print_error(
        "hint: in the base repository's workflow, give the job `permissions: pull-requests: write` (and `checks: write` for \
         --check-run). A run of a fork's pull request never gets them: let it upload the report, and comment from a second \
         workflow, on `workflow_run`",
    );
    if is_workflow() {
        eprintln!(
            "::warning title=no comment on the pull request::The token may not write. The job summary has the report. Runs of \
             forks need a second workflow, on workflow_run, that comments."
        );
    }
}

fn failure(error: &CannotPublish) -> Failure {
    let failure = Failure::new(error);
    match error {
        CannotPublish::NoToken => failure.hint(
            "give the step `env: GITHUB_TOKEN: ${{ github.token }}`, and the job `permissions: pull-requests: write`",
        ),
        CannotPublish::InvalidToken => {
            failure.hint("GITHUB_TOKEN is one line; is there more in the secret than the token?")
        }
        CannotPublish::Address(_) => failure.hint("GITHUB_API_URL is https://api.github.com, or https://HOST/api/v3"),
        CannotPublish::Client(_) => {
            failure.hint("are the system's certificates there? Debian has them in `ca-certificates`")
        }
        CannotPublish::Refused { status: 401, .. } => failure.hint("GITHUB_TOKEN is not a token, or has expired"),
        CannotPublish::Refused { status: 404, .. } => {
            failure.hint("is it the right pull request and repository, and may the token read them?")
        }
        CannotPublish::Refused { status: 301 | 307 | 308, .. } => {
            failure.hint("the repository has moved; give its new name with --repo")
        }
        CannotPublish::Unavailable { .. } if has_proxy() => {
            failure.hint("HTTPS_PROXY is set, and proxies are not used: let the runner reach the server itself")
        }
        CannotPublish::OtherPull(_) => {
            failure.hint("leave --pr away: on workflow_run the pull request is found by the commit that was measured")
        }
        CannotPublish::NotAllowed { .. }
        | CannotPublish::Refused { .. }
        | CannotPublish::Unavailable { .. }
        | CannotPublish::RateLimit { .. }
        | CannotPublish::OutOfTime { .. }
        | CannotPublish::Odd { .. }
        | CannotPublish::NoHead => failure,
    }
}

fn has_proxy() -> bool {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().any(|name| variable(name).is_some())
}

/// The reports as they were named, and those that are expected without one.
fn legs(args: &CommentArgs) -> Result<Vec<Leg>, Failure> {
    let is_matrix = args.reports.len() + args.expect.len() > 1;
    let mut legs: Vec<Leg> = Vec::new();
    for arg in &args.reports {
        let leg = leg(arg, is_matrix)?;
        if is_matrix && legs.iter().any(|other| other.name == leg.name) {
            let name = leg.name.unwrap_or_default();
            return Err(Failure::new(format!("two reports are called `{name}`"))
                .hint("name each of them, as in `--report linux=a/report.json --report macos=b/report.json`"));
        }
        legs.push(leg);
    }
    for name in &args.expect {
        if !legs.iter().any(|leg| leg.name.as_ref() == Some(name)) {
            warn(&format!("no report of `{name}` was given"));
            legs.push(Leg { name: Some(name.clone()), report: None });
        }
    }
    Ok(legs)
}

/// A report that was named and can't be read is a missing leg, which costs the others nothing.
fn leg(arg: &LegArg, is_matrix: bool) -> Result<Leg, Failure> {
    let name = arg.name.clone().or_else(|| is_matrix.then(|| name_of(&arg.file)));
    match read(&arg.file) {
        Ok(report) => Ok(Leg { name, report: Some(report) }),
        Err(failure) if name.is_some() => {
            warn(failure.message());
            Ok(Leg { name, report: None })
        }
        Err(failure) => Err(failure),
    }
}

/// `linux` of `linux.json`, and of `linux/report.json`.
fn name_of(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    let folder = file.parent().and_then(Path::file_name);
    let name = folder.filter(|_| stem == USUAL_NAME).unwrap_or(stem);
    name.to_string_lossy().into_owned()
}

/// Reads a report that a stranger may have written: a file itself and no link, of a size that makes sense.
fn read(file: &Path) -> Result<Report, Failure> {
    let failed = |cause: &dyn fmt::Display| {
        let cause = cut(&cause.to_string(), LONGEST_CAUSE);
        Failure::new(format!("failed to read {}: {cause}", file.display()))
    };
    let metadata = std::fs::symlink_metadata(file).map_err(|e| failed(&e))?;
    if !metadata.is_file() {
        return Err(failed(&"it is not a file"));
    }
    if metadata.len() > LARGEST_REPORT {
        return Err(failed(&"it is larger than any report"));
    }
    let text = read_text(file, LARGEST_REPORT).map_err(|e| failed(&e))?;
    parse_report(&text).map_err(|e| failed(&e).hint("`regress check --format json` writes reports"))
}

fn read_text(file: &Path, largest: u64) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(largest).read_to_string(&mut text)?;
    Ok(text)
}

/// What the runner says happened.
fn event(args: &CommentArgs) -> Result<Event, Failure> {
    let name = variable("GITHUB_EVENT_NAME");
    let path = variable("GITHUB_EVENT_PATH");
    // Only a file can be read without waiting for somebody to write it.
    let path = path.filter(|path| std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file()));
    let payload = path.and_then(|path| read_text(Path::new(&path), LARGEST_PAYLOAD).ok());
    let reference = variable("GITHUB_REF");
    let sha = variable("GITHUB_SHA");
    let run_id = variable("GITHUB_RUN_ID");
    let run_attempt = variable("GITHUB_RUN_ATTEMPT");
    let around = Surroundings {
        event: name.as_deref(),
        payload: payload.as_deref(),
        reference: reference.as_deref(),
        sha: sha.as_deref(),
        run_id: run_id.as_deref(),
        run_attempt: run_attempt.as_deref(),
    };
    subject(&around, args.pr).map_err(|e| Failure::new(e).hint("GITHUB_EVENT_PATH names the file with the payload"))
}

fn job(args: &CommentArgs, legs: &[Leg], event: Event, text: &str) -> Job {
    let stamp = Stamp { head: event.head.clone(), run: event.run };
    let wanted = Wanted {
        marker: Marker { key: args.key.clone(), stamp },
        text: text.to_owned(),
        may_create: !args.only_on_change || legs.iter().any(has_changed),
        earlier: if args.minimize_outdated { Earlier::Minimize } else { Earlier::Edit },
    };
    Job {
        repository: args.repo.clone(),
        comment: Some(wanted),
        own_login: args.bot_login.clone(),
        check: args.check_run.then(|| check_run(args, legs, &event, text)),
        is_dry: args.dry_run,
        event,
    }
}

/// Whether there is something to tell of a leg that nobody asked about.
fn has_changed(leg: &Leg) -> bool {
    leg.report.as_ref().is_none_or(|report| {
        report.outcome != Outcome::Pass || report.counts.regressions > 0 || report.counts.improvements > 0
    })
}

fn check_run(args: &CommentArgs, legs: &[Leg], event: &Event, text: &str) -> CheckRun {
    let key = args.key.as_str();
    let name = if key == "default" { "regress".to_owned() } else { format!("regress ({key})") };
    let run = event.run.map_or_else(String::new, |run| format!(":{}:{}", run.id, run.attempt));
    CheckRun {
        name,
        external_id: format!("regress:{key}{run}"),
        conclusion: conclusion(legs),
        title: cut(&title(legs), LONGEST_TITLE),
        summary: text.to_owned(),
        annotations: annotations(legs),
    }
}

/// Branch protection takes `neutral` for a pass, so that what was asked for and isn't there is a failure.
fn conclusion(legs: &[Leg]) -> Conclusion {
    let is_failure = |leg: &Leg| match &leg.report {
        Some(report) => report.outcome == Outcome::Regressed || report.fails_as_inconclusive(),
        None => true,
    };
    let is_pass = |leg: &Leg| leg.report.as_ref().is_some_and(|report| report.outcome == Outcome::Pass);
    if legs.iter().any(is_failure) {
        Conclusion::Failure
    } else if legs.iter().all(is_pass) {
        Conclusion::Success
    } else {
        Conclusion::Neutral
    }
}

/// The worst leg's verdict in one line.
fn title(legs: &[Leg]) -> String {
    let of_leg = |leg: &Leg| {
        let line = leg.report.as_ref().map_or_else(|| "no report".to_owned(), headline);
        leg.name.as_ref().map_or_else(|| line.clone(), |name| format!("{}: {line}", visible(name)))
    };
    let rank = |leg: &&Leg| match leg.report.as_ref().map(|report| report.outcome) {
        Some(Outcome::Regressed) => 0,
        None | Some(Outcome::NothingCompared) => 1,
        Some(Outcome::Inconclusive) => 2,
        Some(Outcome::Pass) => 3,
    };
    legs.iter().min_by_key(rank).map(of_leg).unwrap_or_default()
}

/// A note for each regression, and for each suspect.
fn annotations(legs: &[Leg]) -> Vec<Annotation> {
    let of_leg = |leg: &Leg| leg.name.as_ref().map_or_else(String::new, |name| format!(" ({})", visible(name)));
    let mut rows: Vec<(Level, String, &Report, &Row)> = Vec::new();
    for leg in legs {
        let Some(report) = &leg.report else { continue };
        rows.extend(report.benchmarks.iter().filter_map(|row| Some((level(row)?, of_leg(leg), report, row))));
    }
    rows.sort_by_key(|(level, _, _, _)| match level {
        Level::Failure => 0,
        Level::Warning => 1,
        Level::Notice => 2,
    });
    let kept = rows.into_iter().take(MOST_ANNOTATIONS);
    let annotation = |(level, of_leg, report, row): (Level, String, &Report, &Row)| Annotation {
        path: ANNOTATED.to_owned(),
        level,
        title: cut(&format!("{}{of_leg}", visible(&row.id)), LONGEST_TITLE),
        message: cut(
            &explain(report, &row.directory).iter().map(Explanation::to_text).collect::<String>(),
            LONGEST_MESSAGE,
        ),
    };
    kept.map(annotation).collect()
}

/// How loud a benchmark is told of, if at all.
fn level(row: &Row) -> Option<Level> {
    match (row.verdict, &row.action) {
        (Verdict::Regression, Action::Fail) => Some(Level::Failure),
        (Verdict::Regression, Action::Warn | Action::Waived { .. } | Action::Ignore) => Some(Level::Notice),
        (Verdict::Inconclusive, _) if row.is_suspect() => Some(Level::Warning),
        (Verdict::Inconclusive | Verdict::Improvement | Verdict::NoChange, _) => None,
    }
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

/// What is not Unicode is no token either, and not none.
fn token() -> Result<Token, CannotPublish> {
    Token::new(&std::env::var_os("GITHUB_TOKEN").unwrap_or_default().to_string_lossy())
}

fn server(args: &CommentArgs, token: Result<Token, CannotPublish>) -> Result<Server, CannotPublish> {
    let api = variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
    let mut server = Server::new(&api, variable("GITHUB_GRAPHQL_URL").as_deref(), Some(token?))?;
    server.timeout = Duration::from_secs(args.timeout);
    Ok(server)
}

/// What would be done, without having looked.
fn unseen(args: &CommentArgs, subject: &Subject, text: &str) -> String {
    match subject {
        Subject::Pull(number) => format!("would look at the comments on {}#{number}, and write:\n{text}\n", args.repo),
        Subject::PushedTo(pushed, _) => format!(
            "would look in {} for the pull request from {} {} at {}, and write:\n{text}\n",
            args.repo,
            pushed.repository,
            visible(&pushed.branch),
            pushed.head
        ),
        Subject::None(why) => format!("would write no comment: {}\n", visible(&why.to_string())),
    }
}

fn would_check(job: &Job) -> String {
    job.check.as_ref().map_or_else(String::new, |check| {
        let n = check.annotations.len();
        format!("would write a check run, {}, with annotations: {n}\n", check.title)
    })
}

/// A variable, unless it is empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
