//! A server that keeps comments, pull requests and check runs as GitHub does, and fails when it is told to; and a driver of
//! `emulate`, which others wrote.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(super) const BOT: &str = "github-actions[bot]";
pub(super) const REPOSITORY: &str = "acme/demo";
pub(super) const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
pub(super) const TOKEN: &str = "ghs_not-to-be-seen";

/// Longest comment, as GitHub says.
const LONGEST: usize = 65_536;

/// How long a server hangs: longer than any client of these tests waits.
const HANG: Duration = Duration::from_secs(4);

/// How a request goes wrong.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It is not done, and answered like this.
    Status(u16, Vec<(&'static str, String)>, Value),
    /// It is not done, and the connection ends.
    DropBefore,
    /// It is done, and the connection ends.
    DropAfter,
    /// It is done, and answered by a proxy that knows nothing.
    StatusAfter(u16),
    /// It is done, and no answer comes.
    HangAfter,
    /// It is not done, and the answer has no end.
    Endless(u16),
    /// Somebody else's comment comes first.
    OtherFirst(String),
    /// It is not done, and answered like this, while somebody else edits the first comment.
    EditedMeanwhile(u16, Vec<(&'static str, String)>, String),
    /// It is done, and then somebody else edits the first comment.
    EditedAfter(String),
    /// It is done, and answered with a success that says nothing.
    SilentAfter(u16),
    /// Somebody deletes all comments first.
    DeletedMeanwhile,
}

impl Fault {
    pub(super) fn status(status: u16) -> Fault {
        Fault::Status(status, Vec::new(), json!({"message": "Server Error"}))
    }

    /// What GitHub says to a token of a fork's pull request.
    pub(super) fn integration() -> Fault {
        Fault::Status(403, Vec::new(), json!({"message": "Resource not accessible by integration"}))
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: String,
    pub(super) authorization: String,
    accept: String,
}

#[derive(Default)]
struct State {
    prefix: String,
    login: String,
    next_pages_at: Option<String>,
    lists_nothing_new: bool,
    says_no_next: bool,
    knows_no_pages: bool,
    knows_no_commits: bool,
    comments: Vec<Value>,
    n_listed: usize,
    next_id: u64,
    pulls: Vec<Value>,
    check_runs: Vec<Value>,
    annotations: Vec<Value>,
    minimized: Vec<String>,
    once: Vec<(String, String, Fault)>,
    always: Vec<(String, String, Fault)>,
    requests: Vec<Request>,
}

/// The server, on a port of this machine.
pub(super) struct Fake {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Fake {
    pub(super) fn new() -> Fake {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let state = Arc::new(Mutex::new(State { login: BOT.to_owned(), next_id: 1, ..State::default() }));
        let shared = Arc::clone(&state);
        // They end with the tests.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, &state));
            }
        });
        Fake { port, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics with it")
    }

    fn with(self, change: impl FnOnce(&mut State)) -> Fake {
        change(&mut self.state());
        self
    }

    /// The API lies below a folder, as that of an Enterprise server does.
    pub(super) fn prefix(self, prefix: &str) -> Fake {
        self.with(|state| state.prefix = prefix.to_owned())
    }

    /// Whose token it is.
    pub(super) fn writes_as(self, login: &str) -> Fake {
        self.with(|state| state.login = login.to_owned())
    }

    /// Says that the next page is at another server.
    pub(super) fn next_pages_at(self, address: &str) -> Fake {
        self.with(|state| state.next_pages_at = Some(address.to_owned()))
    }

    /// Lists only the comments that were there before.
    pub(super) fn lists_nothing_new(self) -> Fake {
        self.with(|state| {
            state.lists_nothing_new = true;
            state.n_listed = state.comments.len();
        })
    }

    /// Doesn't say that there is a next page.
    pub(super) fn says_no_next(self) -> Fake {
        self.with(|state| state.says_no_next = true)
    }

    /// Sends the first page, whichever is asked for.
    pub(super) fn knows_no_pages(self) -> Fake {
        self.with(|state| state.knows_no_pages = true)
    }

    /// Doesn't know which pull requests a commit is in.
    pub(super) fn knows_no_commits(self) -> Fake {
        self.with(|state| state.knows_no_commits = true)
    }

    pub(super) fn comment(self, login: &str, body: &str) -> Fake {
        self.with(|state| {
            state.add_comment(login, body);
        })
    }

    pub(super) fn raw_comment(self, comment: Value) -> Fake {
        self.with(|state| {
            state.comments.push(comment);
            state.next_id += 1;
        })
    }

    pub(super) fn pull(self, number: u64, repository: &str, branch: &str, sha: &str) -> Fake {
        let pull = json!({
            "number": number, "state": "open",
            "head": {"sha": sha, "ref": branch, "repo": {"full_name": repository}},
            "base": {"repo": {"full_name": REPOSITORY}},
        });
        self.with(|state| state.pulls.push(pull))
    }

    pub(super) fn closed_pull(self, number: u64, repository: &str, branch: &str, sha: &str) -> Fake {
        let fake = self.pull(number, repository, branch, sha);
        fake.with(|state| {
            if let Some(pull) = state.pulls.last_mut() {
                pull["state"] = json!("closed");
            }
        })
    }

    /// The next request of this kind goes wrong.
    pub(super) fn fault(self, method: &str, path: &str, fault: Fault) -> Fake {
        self.with(|state| state.once.push((method.to_owned(), path.to_owned(), fault)))
    }

    /// Each request of this kind goes wrong.
    pub(super) fn always(self, method: &str, path: &str, fault: Fault) -> Fake {
        self.with(|state| state.always.push((method.to_owned(), path.to_owned(), fault)))
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.state().prefix)
    }

    pub(super) fn comments(&self) -> Vec<Value> {
        self.state().comments.clone()
    }

    pub(super) fn check_runs(&self) -> Vec<Value> {
        self.state().check_runs.clone()
    }

    pub(super) fn annotations(&self) -> Vec<Value> {
        self.state().annotations.clone()
    }

    pub(super) fn minimized(&self) -> Vec<String> {
        self.state().minimized.clone()
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How often something was asked for; not GraphQL, where all is a `POST`.
    pub(super) fn count(&self, method: &str) -> usize {
        self.state().requests.iter().filter(|r| r.method == method && !r.path.ends_with("/graphql")).count()
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        state.requests.iter().try_for_each(|request| writeln!(f, "{} {}", request.method, request.path))?;
        state.comments.iter().try_for_each(|comment| writeln!(f, "{comment}"))
    }
}

type Reply = (u16, Vec<(&'static str, String)>, Value);

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let Some(request) = read_request(stream) else { return };
    let mut state = state.lock().expect("no test panics with it");
    state.requests.push(request.clone());
    let is_meant = |(method, path, _): &&(String, String, Fault)| {
        *method == request.method && request.path.split('?').next().is_some_and(|asked| asked.contains(path))
    };
    let fault = match state.once.iter().position(|fault| is_meant(&fault)) {
        Some(at) => Some(state.once.remove(at).2),
        None => state.always.iter().find(is_meant).map(|(_, _, fault)| fault.clone()),
    };
    let reply = match fault {
        None => Some(state.reply(&request)),
        Some(Fault::Status(status, headers, body)) => Some((status, headers, body)),
        Some(Fault::DropBefore) => None,
        Some(Fault::DropAfter) => {
            state.reply(&request);
            None
        }
        Some(Fault::StatusAfter(status)) => {
            state.reply(&request);
            Some((status, Vec::new(), Value::Null))
        }
        Some(Fault::HangAfter) => {
            state.reply(&request);
            drop(state);
            thread::sleep(HANG);
            return;
        }
        Some(Fault::Endless(status)) => {
            drop(state);
            let mut stream = stream;
            let mut is_read =
                stream.write_all(format!("HTTP/1.1 {status} It\r\nconnection: close\r\n\r\n[").as_bytes());
            let blanks = vec![b' '; 1 << 20];
            while is_read.is_ok() {
                is_read = stream.write_all(&blanks);
            }
            return;
        }
        Some(Fault::OtherFirst(body)) => {
            state.add_comment(BOT, &body);
            Some(state.reply(&request))
        }
        Some(Fault::EditedMeanwhile(status, headers, body)) => {
            state.comments[0]["body"] = json!(body);
            Some((status, headers, json!({"message": "busy"})))
        }
        Some(Fault::EditedAfter(body)) => {
            let reply = state.reply(&request);
            state.comments[0]["body"] = json!(body);
            Some(reply)
        }
        Some(Fault::SilentAfter(status)) => {
            state.reply(&request);
            let text = if status == 204 { Value::Null } else { json!("done") };
            Some((status, Vec::new(), text))
        }
        Some(Fault::DeletedMeanwhile) => {
            state.comments.clear();
            Some(state.reply(&request))
        }
    };
    drop(state);
    if let Some((status, headers, body)) = reply {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head =
            format!("HTTP/1.1 {status} It\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
        let mut stream = stream;
        let _ = stream.write_all(format!("{head}{body}").as_bytes());
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut authorization, mut accept) = (0, String::new(), String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => authorization = value.to_owned(),
            "accept" => accept = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, body: String::from_utf8(body).ok()?, authorization, accept })
}

impl State {
    fn add_comment(&mut self, login: &str, body: &str) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
        let comment = json!({
            "id": id, "node_id": format!("node-{id}"), "body": body, "user": {"login": login, "type": kind},
            "html_url": format!("https://github.example/{REPOSITORY}/pull/7#issuecomment-{id}"),
        });
        self.comments.push(comment.clone());
        comment
    }

    fn reply(&mut self, request: &Request) -> Reply {
        let none = |status: u16| (status, Vec::new(), json!({"message": "Not Found"}));
        let ok = |status: u16, body: Value| (status, Vec::new(), body);
        if request.accept != "application/vnd.github+json" {
            return (400, Vec::new(), json!({"message": "Accept header required"}));
        }
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let enterprise = self.prefix.strip_suffix("/v3").map_or("/graphql".to_owned(), |api| format!("{api}/graphql"));
        if request.path == enterprise && request.method == "POST" {
            return ok(200, self.graphql(&body));
        }
        let Some(path) = request.path.strip_prefix(&self.prefix) else { return none(404) };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let Some(path) = path.strip_prefix(&format!("/repos/{REPOSITORY}/")) else { return none(404) };
        let parameter = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default().to_owned()
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["issues", _, "comments"]) => self.page(&parameter("page"), &parameter("per_page")),
            ("POST", ["issues", _, "comments"]) => match text(&body) {
                Ok(text) => {
                    let login = self.login.clone();
                    ok(201, self.add_comment(&login, text))
                }
                Err(refused) => refused,
            },
            ("PATCH", ["issues", "comments", id]) => {
                let text = match text(&body) {
                    Ok(text) => text,
                    Err(refused) => return refused,
                };
                match self.comments.iter_mut().find(|comment| is_id(&comment["id"], id)) {
                    Some(comment) => {
                        comment["body"] = json!(text);
                        ok(200, comment.clone())
                    }
                    None => none(404),
                }
            }
            ("DELETE", ["issues", "comments", id]) => {
                let n = self.comments.len();
                self.comments.retain(|comment| !is_id(&comment["id"], id));
                if self.comments.len() < n { ok(204, Value::Null) } else { none(404) }
            }
            ("GET", ["pulls", number]) => {
                let found = self.pulls.iter().find(|pull| is_id(&pull["number"], number));
                found.map_or_else(|| none(404), |pull| ok(200, pull.clone()))
            }
            ("GET", ["pulls"]) => {
                let head = parameter("head").replace("%2F", "/");
                let is_asked = |pull: &&Value| pull["state"] == parameter("state");
                let is_head = |pull: &&Value| {
                    let (head_of, name) =
                        (&pull["head"], pull["head"]["repo"]["full_name"].as_str().unwrap_or_default());
                    let owner = name.split('/').next().unwrap_or_default();
                    format!("{owner}:{}", head_of["ref"].as_str().unwrap_or_default()) == head
                };
                ok(200, self.pulls.iter().filter(is_asked).filter(is_head).cloned().collect())
            }
            ("GET", ["commits", sha, "pulls"]) if !self.knows_no_commits => {
                ok(200, self.pulls.iter().filter(|pull| pull["head"]["sha"] == *sha).cloned().collect())
            }
            ("GET", ["commits", _, "check-runs"]) => ok(200, json!({"check_runs": self.check_runs})),
            ("POST", ["check-runs"]) => {
                if let Err(refused) = self.annotate(&body) {
                    return refused;
                }
                let mut run = body.clone();
                run["id"] = json!(self.check_runs.len() + 1);
                self.check_runs.push(run.clone());
                ok(201, run)
            }
            ("PATCH", ["check-runs", id]) => match self.annotate(&body) {
                Ok(()) => ok(200, json!({"id": id.parse::<u64>().expect("a number")})),
                Err(refused) => refused,
            },
            _ => none(404),
        }
    }

    fn page(&self, page: &str, per_page: &str) -> Reply {
        let (page, size): (usize, usize) = (page.parse().expect("a page"), per_page.parse().expect("a size"));
        assert!((1..=100).contains(&size), "GitHub would take 30");
        let all = if self.lists_nothing_new { &self.comments[..self.n_listed] } else { &self.comments };
        let page = if self.knows_no_pages { 1 } else { page };
        let from = ((page - 1) * size).min(all.len());
        let to = (from + size).min(all.len());
        let base = self.next_pages_at.as_deref().unwrap_or("https://api.github.com");
        let link = format!("<{base}/next?page={}>; rel=\"next\", <{base}/last>; rel=\"last\"", page + 1);
        let headers = if to < all.len() && !self.says_no_next { vec![("link", link)] } else { Vec::new() };
        (200, headers, Value::Array(all[from..to].to_vec()))
    }

    fn annotate(&mut self, body: &Value) -> Result<(), Reply> {
        let output = &body["output"];
        let annotations = output["annotations"].as_array().cloned().unwrap_or_default();
        let is_whole = output["title"].is_string() && output["summary"].is_string();
        let is_valid = annotations.iter().all(|a| {
            ["path", "message", "annotation_level"].iter().all(|field| a[field].is_string())
                && a["start_line"].is_u64()
                && a["end_line"].is_u64()
                && a["title"].as_str().is_some_and(|title| title.len() <= 255)
        });
        if annotations.len() > 50 || !is_whole || !is_valid {
            return Err((422, Vec::new(), json!({"message": "Invalid request"})));
        }
        self.annotations.extend(annotations);
        Ok(())
    }

    fn graphql(&mut self, body: &Value) -> Value {
        let variables = &body["variables"];
        if body["query"].as_str().is_some_and(|query| query.starts_with("mutation")) {
            self.minimized.push(variables["id"].as_str().expect("an id").to_owned());
            return json!({"data": {"minimizeComment": {"minimizedComment": {"isMinimized": true}}}});
        }
        let ids = variables["ids"].as_array().expect("ids").iter().filter_map(Value::as_str);
        let node = |id: &str| json!({"id": id, "isMinimized": self.minimized.iter().any(|minimized| minimized == id)});
        json!({"data": {"nodes": ids.map(node).collect::<Vec<_>>()}})
    }
}

fn is_id(value: &Value, text: &str) -> bool {
    value.as_u64().is_some_and(|id| text.parse() == Ok(id))
}

fn text(body: &Value) -> Result<&str, Reply> {
    let text = body["body"].as_str().expect("a comment has a body");
    if text.chars().count() <= LONGEST {
        return Ok(text);
    }
    let error = json!({"message": format!("Body is too long (maximum is {LONGEST} characters)")});
    Err((422, Vec::new(), json!({"message": "Validation Failed", "errors": [error]})))
}

/// `emulate` from npm, with a pull request.
pub(super) struct Emulate {
    child: Child,
    _folder: tempfile::TempDir,
    pub(super) address: String,
    pub(super) pull: u64,
    pub(super) head: String,
}

impl Emulate {
    pub(super) const LOGIN: &'static str = "regress-bot";
    pub(super) const REPOSITORY: &'static str = "regress-bot/demo";
    pub(super) const TOKEN: &'static str = "token_of_the_bot";

    /// Starts it, if `REGRESS_TEST_EMULATE` names the folder that it was installed in.
    pub(super) fn start() -> Option<Emulate> {
        let installed = std::env::var_os("REGRESS_TEST_EMULATE")?;
        let program = std::path::Path::new(&installed).join("node_modules/emulate/dist/index.js");
        let folder = tempfile::tempdir().expect("a folder");
        let seed = folder.path().join("seed.yaml");
        let (login, token) = (Emulate::LOGIN, Emulate::TOKEN);
        let text = format!(
            "tokens:\n  {token}: {{login: {login}, scopes: [repo]}}\n\
             github:\n  users: [{{login: {login}}}]\n  repos: [{{owner: {login}, name: demo, auto_init: true}}]\n"
        );
        std::fs::write(&seed, text).expect("written");
        let port = TcpListener::bind(("127.0.0.1", 0)).expect("a free port").local_addr().expect("bound").port();
        let child = Command::new("node")
            .arg(&program)
            .args(["start", "-s", "github", "-p", &port.to_string(), "--seed"])
            .arg(&seed)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("node can be run");
        let mut emulate = Emulate {
            child,
            _folder: folder,
            address: format!("http://127.0.0.1:{port}"),
            pull: 0,
            head: String::new(),
        };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "emulate does not start");
            thread::sleep(Duration::from_millis(100));
        }
        let main = emulate.ask("GET", "git/ref/heads/main", &Value::Null)["object"]["sha"].clone();
        emulate.ask("POST", "git/refs", &json!({"ref": "refs/heads/feat", "sha": main}));
        emulate.ask("PUT", "contents/x", &json!({"message": "m", "content": "eA==", "branch": "feat"}));
        let pull = emulate.ask("POST", "pulls", &json!({"title": "t", "head": "feat", "base": "main"}));
        emulate.pull = pull["number"].as_u64().expect("a number");
        emulate.head = pull["head"]["sha"].as_str().expect("a commit").to_owned();
        Some(emulate)
    }

    pub(super) fn comments(&self) -> Vec<Value> {
        let comments = self.ask("GET", &format!("issues/{}/comments?per_page=100", self.pull), &Value::Null);
        comments.as_array().expect("a list").clone()
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let host = self.address.trim_start_matches("http://");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(host).expect("it listens");
        // In HTTP/1.0 a reply comes in one piece.
        let request = format!(
            "{method} /repos/{}/{path} HTTP/1.0\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            Emulate::REPOSITORY,
            Emulate::TOKEN,
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("a reply");
        let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(" 20"), "{method} {path}: {reply}");
        serde_json::from_str(body).expect("JSON")
    }
}

impl Drop for Emulate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
