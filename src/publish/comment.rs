//! What to do with the comments of a pull request, so that exactly one of a key stays: a function of what is there.
//!
//! A comment is ours when its author is who we are **and** its first line is our marker, to the letter. Everybody can write
//! the marker, and every workflow of a repository shares one author; neither alone is enough.

use std::fmt;

use thiserror::Error;

use super::event::{Run, Sha};

/// The longest comment that GitHub promises to take, in characters.
pub const LONGEST_COMMENT: usize = 65_536;

/// Which of several comments on one pull request: one stays for each key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(String);

/// Why text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a key is 1 to 64 of the characters a-z A-Z 0-9 . _ -, begins with a letter or digit, and has no --")]
pub struct InvalidKey;

impl Key {
    /// A key that can stand in a marker.
    ///
    /// # Errors
    /// When the text could end the marker, or be read as another.
    pub fn new(text: &str) -> Result<Key, InvalidKey> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let is_valid = (1..=64).contains(&text.len())
            && text.chars().all(is_word)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !text.contains("--");
        if is_valid { Ok(Key(text.to_owned())) } else { Err(InvalidKey) }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a comment tells of: which commit, and which run of a workflow measured it. Unknown where nobody says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamp {
    /// The commit that was measured.
    pub head: Option<Sha>,
    /// The run of the workflow.
    pub run: Option<Run>,
}

impl Stamp {
    /// Whether it was made by a later run. Runs of one repository are numbered upwards; what has no number is no later.
    pub(super) fn is_later_than(&self, other: &Stamp) -> bool {
        matches!((&self.run, &other.run), (Some(own), Some(others)) if own > others)
    }
}

/// The first line of each comment of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Which comment.
    pub key: Key,
    /// What it tells of.
    pub stamp: Stamp,
}

impl Marker {
    /// The marker that a comment's first line is, to the letter; nothing else is one.
    #[must_use]
    pub fn of(body: &str) -> Option<Marker> {
        let line = body.split(['\n', '\r']).next()?;
        let mut words = line.strip_prefix("<!-- regress:v1 ")?.strip_suffix(" -->")?.split(' ');
        let mut word = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix('=');
        let key = Key::new(word("key")?).ok()?;
        let head = match word("head")? {
            "none" => None,
            sha => Some(Sha::new(sha)?),
        };
        let run = match (word("run")?, word("attempt")?) {
            ("none", "none") => None,
            (id, attempt) => Some(Run { id: id.parse().ok()?, attempt: attempt.parse().ok()? }),
        };
        let marker = Marker { key, stamp: Stamp { head, run } };
        // Written back it has to be the same: no second space, no `+1`, nothing behind it.
        (marker.to_string() == line).then_some(marker)
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<!-- regress:v1 key={} head=", self.key)?;
        match &self.stamp.head {
            Some(head) => write!(f, "{head}")?,
            None => write!(f, "none")?,
        }
        match self.stamp.run {
            Some(Run { id, attempt }) => write!(f, " run={id} attempt={attempt} -->"),
            None => write!(f, " run=none attempt=none -->"),
        }
    }
}

/// Who wrote a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The account's name.
    pub login: String,
    /// Whether it is a bot, where the server says.
    pub is_bot: Option<bool>,
}

/// A comment as the server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its number; later ones have higher numbers.
    pub id: u64,
    /// Its author; nobody when the account is gone.
    pub author: Option<Author>,
    /// Its text.
    pub body: String,
}

/// What becomes of comments of ours on earlier commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// One comment follows the pull request from commit to commit.
    Edit,
    /// A commit has a comment of its own, and those on earlier ones are folded away as outdated.
    Minimize,
}

/// The comment that there should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which comment, and what it tells of.
    pub marker: Marker,
    /// Its text below the marker.
    pub text: String,
    /// Whether to write it where there is none yet.
    pub may_create: bool,
    /// What becomes of those on earlier commits.
    pub earlier: Earlier,
}

impl Wanted {
    /// The whole comment. Nothing of an earlier comment is ever in it.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}", self.marker, self.text)
    }
}

/// What to do about the comment itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Write it.
    Create,
    /// Replace this comment's text.
    Update(u64),
    /// This comment is as wanted.
    Keep(u64),
    /// A later run has written this comment.
    LeaveToLater(u64),
    /// There is none, and none is wanted.
    Nothing,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// About the comment.
    pub step: Step,
    /// Comments of ours to delete afterwards: younger ones that tell the same.
    pub delete: Vec<u64>,
    /// Comments of ours on earlier commits, to fold away afterwards.
    pub minimize: Vec<u64>,
}

/// What to do so that one comment of the key stays, and says what is wanted.
///
/// The oldest of ours is the one that stays: whoever else looks at the same comments chooses the same, so that runs at the same
/// time end with one comment. It is never deleted, so that nobody's last word is. What a later run wrote is left alone.
#[must_use]
pub fn plan(existing: &[Comment], own_login: &str, wanted: &Wanted) -> Plan {
    let mut ours: Vec<(u64, &str, Stamp)> = existing
        .iter()
        .filter(|comment| comment.author.as_ref().is_some_and(|author| is_own(author, own_login)))
        .filter_map(|comment| Some((comment.id, comment.body.as_str(), Marker::of(&comment.body)?)))
        .filter(|(_, _, marker)| marker.key == wanted.marker.key)
        .map(|(id, body, marker)| (id, body, marker.stamp))
        .collect();
    ours.sort_by_key(|(id, _, _)| *id);

    let stamp = &wanted.marker.stamp;
    let later = ours.iter().rev().find(|(_, _, theirs)| theirs.is_later_than(stamp)).cloned();
    let (same, other): (Vec<_>, Vec<_>) = ours.into_iter().partition(|(_, _, theirs)| match wanted.earlier {
        Earlier::Edit => true,
        Earlier::Minimize => theirs.head == stamp.head,
    });
    let oldest = same.first();
    let younger = same.iter().skip(1).filter(|(_, _, theirs)| !theirs.is_later_than(stamp)).map(|(id, _, _)| *id);
    let delete = younger.collect();
    if let Some((id, _, theirs)) = later {
        // Ours is outdated itself, where the later one isn't on the same commit.
        let is_outdated = wanted.earlier == Earlier::Minimize && theirs.head != stamp.head;
        let minimize = oldest.filter(|_| is_outdated).map(|(id, _, _)| *id).into_iter().collect();
        return Plan { step: Step::LeaveToLater(id), delete, minimize };
    }
    let step = match oldest {
        Some((id, body, _)) if is_same_text(body, &wanted.body()) => Step::Keep(*id),
        Some((id, _, _)) => Step::Update(*id),
        None if wanted.may_create => Step::Create,
        None => Step::Nothing,
    };
    Plan { step, delete, minimize: other.into_iter().map(|(id, _, _)| id).collect() }
}

/// Only GitHub itself can give out a login with brackets, so that such an author must be a bot where it says what it is.
fn is_own(author: &Author, own_login: &str) -> bool {
    author.login.eq_ignore_ascii_case(own_login) && (!own_login.ends_with("[bot]") || author.is_bot != Some(false))
}

/// Servers store line ends, and blanks at the end, in their own way.
fn is_same_text(stored: &str, wanted: &str) -> bool {
    stored.replace("\r\n", "\n").trim_end() == wanted.replace("\r\n", "\n").trim_end()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOT: &str = "github-actions[bot]";
    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    fn stamp(run: u64, attempt: u32) -> Stamp {
        Stamp { head: Sha::new(SHA), run: Some(Run { id: run, attempt }) }
    }

    fn wanted(key: &str, run: u64) -> Wanted {
        let marker = Marker { key: Key::new(key).expect("a key"), stamp: stamp(run, 1) };
        Wanted { marker, text: "slower".to_owned(), may_create: true, earlier: Earlier::Edit }
    }

    fn by(login: &str, id: u64, body: &str) -> Comment {
        let author = Some(Author { login: login.to_owned(), is_bot: Some(login.ends_with("[bot]")) });
        Comment { id, author, body: body.to_owned() }
    }

    fn own(id: u64, key: &str, run: u64) -> Comment {
        by(BOT, id, &Wanted { text: "old".to_owned(), ..wanted(key, run) }.body())
    }

    #[track_caller]
    fn check(existing: &[Comment], step: Step, delete: &[u64]) {
        let came = plan(existing, BOT, &wanted("default", 5));
        assert_eq!(came, Plan { step, delete: delete.to_vec(), minimize: Vec::new() }, "{existing:?}");
    }

    #[test]
    fn keys_are_plain_words() {
        for key in ["default", "linux-x86", "a", "1.82_b", &"k".repeat(64)] {
            assert!(Key::new(key).is_ok(), "{key}");
        }
        for key in ["", "-a", ".", "a b", "a--b", "a>b", "a\n", "ä", "a=b", &"k".repeat(65)] {
            assert_eq!(Key::new(key), Err(InvalidKey), "{key}");
        }
    }

    #[test]
    fn a_marker_is_read_to_the_letter() {
        let line = format!("<!-- regress:v1 key=a head={SHA} run=7 attempt=2 -->");
        assert_eq!(Marker::of(&line), Some(Marker { key: Key("a".to_owned()), stamp: stamp(7, 2) }));
        assert!(Marker::of(&format!("{line}\r\nmore")).is_some());
        let unknown = "<!-- regress:v1 key=a head=none run=none attempt=none -->";
        assert_eq!(Marker::of(unknown).map(|marker| marker.stamp), Some(Stamp::default()));
        for text in [
            format!(" {line}"),
            format!("{line} "),
            format!("x\n{line}"),
            format!("\n{line}"),
            format!("> {line}"),
            format!("{line}{line}"),
            line.replace("key=a ", "key=a  "),
            line.replace("v1", "v2"),
            line.replace("run=7", "run=07"),
            line.replace("run=7", "run=+7"),
            line.replace("run=7", "run=99999999999999999999"),
            line.replace("run=7", "run=none"),
            line.replace("attempt=2", "attempt=2 x=1"),
            line.replace(" attempt=2", ""),
            line.replace(SHA, &SHA.to_uppercase()),
            line.replace(SHA, "0123"),
            line.replace("key=a", "key=a-->"),
            line.replace("key=a", "key="),
            String::new(),
        ] {
            assert_eq!(Marker::of(&text), None, "{text}");
        }
    }

    #[test]
    fn the_first_comment_is_written_and_then_edited() {
        check(&[], Step::Create, &[]);
        check(&[by("someone", 1, "hello")], Step::Create, &[]);
        check(&[own(3, "default", 4)], Step::Update(3), &[]);
        check(&[by("someone", 1, "hello"), own(3, "default", 5)], Step::Update(3), &[]);
    }

    #[test]
    fn what_is_as_wanted_stays_untouched() {
        let body = wanted("default", 5).body();
        check(&[by(BOT, 3, &body)], Step::Keep(3), &[]);
        check(&[by(BOT, 3, &format!("{}\r\n\n", body.replace('\n', "\r\n")))], Step::Keep(3), &[]);
    }

    #[test]
    fn of_several_the_oldest_stays() {
        check(&[own(9, "default", 4), own(3, "default", 2), own(5, "default", 5)], Step::Update(3), &[5, 9]);
        let body = wanted("default", 5).body();
        check(&[by(BOT, 3, &body), by(BOT, 4, &body)], Step::Keep(3), &[4]);
    }

    #[test]
    fn each_key_has_its_own() {
        check(&[own(3, "linux", 4)], Step::Create, &[]);
        check(&[own(3, "default2", 4), own(4, "default", 4)], Step::Update(4), &[]);
    }

    #[test]
    fn an_older_run_never_overwrites_a_newer_one() {
        check(&[own(3, "default", 6)], Step::LeaveToLater(3), &[]);
        // Which will fold itself into the oldest; what is neither is in the way.
        check(&[own(3, "default", 4), own(8, "default", 6)], Step::LeaveToLater(8), &[]);
        check(&[own(3, "default", 6), own(8, "default", 5)], Step::LeaveToLater(3), &[8]);
        check(&[own(3, "default", 1), own(5, "default", 5), own(8, "default", 6)], Step::LeaveToLater(8), &[5]);
        let again =
            Wanted { marker: Marker { stamp: stamp(5, 2), ..wanted("default", 5).marker }, ..wanted("default", 5) };
        check(&[by(BOT, 3, &again.body())], Step::LeaveToLater(3), &[]);
        // By hand there is no number; the comment is whoever's asked last.
        let by_hand = Marker { stamp: Stamp::default(), ..wanted("default", 5).marker };
        check(&[by(BOT, 3, &by_hand.to_string())], Step::Update(3), &[]);
        let by_hand = Wanted { marker: by_hand, ..wanted("default", 5) };
        assert_eq!(plan(&[own(3, "default", 6)], BOT, &by_hand).step, Step::Update(3));
    }

    #[test]
    fn others_are_not_edited_whatever_they_wrote() {
        let body = own(1, "default", 1).body;
        check(&[by("mallory", 1, &body)], Step::Create, &[]);
        check(&[Comment { author: None, ..by(BOT, 1, &body) }], Step::Create, &[]);
        let lookalike = Author { login: BOT.to_owned(), is_bot: Some(false) };
        check(&[Comment { author: Some(lookalike), ..by(BOT, 1, &body) }], Step::Create, &[]);
        let untold = Author { login: BOT.to_owned(), is_bot: None };
        check(&[Comment { author: Some(untold), ..by(BOT, 1, &body) }], Step::Update(1), &[]);
        check(&[by(BOT, 1, &format!("quoting:\n{body}"))], Step::Create, &[]);
        check(&[by("github-actions", 1, &body), own(7, "default", 1)], Step::Update(7), &[]);
    }

    #[test]
    fn a_person_may_be_the_author_where_that_is_said() {
        let existing = [by("regress-user", 1, &own(1, "default", 1).body)];
        assert_eq!(plan(&existing, "Regress-User", &wanted("default", 5)).step, Step::Update(1));
    }

    #[test]
    fn nothing_is_written_where_none_is_wanted() {
        let quiet = Wanted { may_create: false, ..wanted("default", 5) };
        assert_eq!(plan(&[], BOT, &quiet).step, Step::Nothing);
        assert_eq!(plan(&[own(3, "default", 4)], BOT, &quiet).step, Step::Update(3));
    }

    #[test]
    fn a_commit_may_have_a_comment_of_its_own() {
        let each = Wanted { earlier: Earlier::Minimize, ..wanted("default", 5) };
        let earlier = own(3, "default", 4).body.replace(SHA, &SHA.replace('0', "f"));
        let existing = [by(BOT, 3, &earlier), by(BOT, 4, &earlier)];
        let came = plan(&existing, BOT, &each);
        assert_eq!(came, Plan { step: Step::Create, delete: vec![], minimize: vec![3, 4] });
        let existing = [by(BOT, 3, &earlier), own(5, "default", 5), own(6, "default", 5)];
        let came = plan(&existing, BOT, &each);
        assert_eq!(came, Plan { step: Step::Update(5), delete: vec![6], minimize: vec![3] });
        // Too late: a run on a later commit was faster.
        let existing = [by(BOT, 3, &earlier.replace("run=4", "run=9")), own(5, "default", 5)];
        let came = plan(&existing, BOT, &each);
        assert_eq!(came, Plan { step: Step::LeaveToLater(3), delete: vec![], minimize: vec![5] });
    }

    /// Comments of a few authors, keys and runs, so that they often collide.
    fn comments() -> impl Strategy<Value = Vec<Comment>> {
        let author = prop_oneof![Just(BOT), Just("mallory"), Just("github-actions")];
        let comment = (author, prop_oneof![Just("default"), Just("linux")], 0..8_u64, any::<bool>());
        proptest::collection::vec(comment, 0..8).prop_map(|parts| {
            let made = parts.into_iter().zip(1..).map(|((login, key, run, is_marked), id)| {
                let body = if is_marked { own(id, key, run).body } else { "hello".to_owned() };
                by(login, id, &body)
            });
            made.collect()
        })
    }

    /// What is there once a plan was carried out.
    fn carried_out(mut existing: Vec<Comment>, plan: &Plan, wanted: &Wanted) -> Vec<Comment> {
        match plan.step {
            Step::Create => existing.push(by(BOT, 100, &wanted.body())),
            Step::Update(id) => {
                existing.iter_mut().filter(|c| c.id == id).for_each(|c| c.body = wanted.body());
            }
            Step::Keep(_) | Step::LeaveToLater(_) | Step::Nothing => {}
        }
        existing.retain(|comment| !plan.delete.contains(&comment.id));
        existing
    }

    fn n_own(comments: &[Comment]) -> usize {
        let is_own = |c: &&Comment| c.author.as_ref().is_some_and(|a| a.login == BOT);
        comments
            .iter()
            .filter(is_own)
            .filter_map(|c| Marker::of(&c.body))
            .filter(|m| m.key.as_str() == "default")
            .count()
    }

    /// One of several runs at the same time, as `github/` has them: look, do one thing after another, and look again after
    /// writing a new comment.
    struct Bot {
        wanted: Wanted,
        waiting: Vec<Request>,
        is_done: bool,
    }

    #[derive(Clone, Copy)]
    enum Request {
        Look,
        Create,
        Update(u64),
        Delete(u64),
    }

    impl Bot {
        fn new(wanted: Wanted) -> Bot {
            Bot { wanted, waiting: vec![Request::Look], is_done: false }
        }

        fn is_done(&self) -> bool {
            self.is_done
        }

        fn turn(&mut self, server: &mut Vec<Comment>) {
            if self.waiting.is_empty() {
                self.is_done = true;
                return;
            }
            match self.waiting.remove(0) {
                Request::Look => {
                    let plan = plan(server, BOT, &self.wanted);
                    self.waiting = match plan.step {
                        Step::Create => vec![Request::Create, Request::Look],
                        Step::Update(id) => vec![Request::Update(id)],
                        Step::Keep(_) | Step::LeaveToLater(_) | Step::Nothing => vec![],
                    };
                    self.waiting.extend(plan.delete.iter().map(|id| Request::Delete(*id)));
                }
                Request::Create => {
                    let id = server.iter().map(|comment| comment.id + 1).max().unwrap_or(1).max(100);
                    server.push(by(BOT, id, &self.wanted.body()));
                }
                Request::Update(id) => match server.iter_mut().find(|comment| comment.id == id) {
                    Some(comment) => comment.body = self.wanted.body(),
                    None => self.waiting = vec![Request::Look],
                },
                Request::Delete(id) => server.retain(|comment| comment.id != id),
            }
        }
    }

    proptest! {
        #[test]
        fn one_comment_stays_and_nothing_else_is_touched(existing in comments(), run in 0..8_u64) {
            let wanted = wanted("default", run);
            let first = plan(&existing, BOT, &wanted);
            let after = carried_out(existing.clone(), &first, &wanted);
            if let Step::LeaveToLater(later) = first.step {
                prop_assert!(after.iter().any(|comment| comment.id == later));
                prop_assert!(after.iter().all(|comment| existing.contains(comment)));
            } else {
                prop_assert_eq!(n_own(&after), 1);
                let second = plan(&after, BOT, &wanted);
                prop_assert!(matches!(second.step, Step::Keep(_)) && second.delete.is_empty());
            }
            let is_foreign = |c: &&Comment| c.author.as_ref().is_some_and(|a| a.login != BOT)
                || Marker::of(&c.body).is_none_or(|m| m.key.as_str() != "default");
            for foreign in existing.iter().filter(is_foreign) {
                prop_assert!(after.contains(foreign));
            }
        }

        #[test]
        fn runs_in_any_order_end_with_the_last_one(runs in Just((0..6_u64).collect::<Vec<_>>()).prop_shuffle()) {
            let mut there = Vec::new();
            for run in runs {
                let wanted = wanted("default", run);
                let next = plan(&there, BOT, &wanted);
                there = carried_out(there, &next, &wanted);
            }
            prop_assert_eq!(there.len(), 1);
            prop_assert_eq!(&there[0].body, &wanted("default", 5).body());
        }

        #[test]
        fn runs_at_the_same_time_end_with_one_comment(
            runs in proptest::collection::vec(0..3_u64, 1..4),
            turns in proptest::collection::vec(0..4_usize, 0..40),
            there in 0..3_u64,
        ) {
            let mut server: Vec<Comment> = (0..there).map(|id| own(id, "default", 0)).collect();
            let mut bots: Vec<Bot> = runs.iter().map(|run| Bot::new(wanted("default", *run))).collect();
            let n_bots = bots.len();
            // Any order, and then each to its end.
            let rest = (0..n_bots).cycle().take(40 * n_bots);
            for turn in turns.into_iter().map(|turn| turn % n_bots).chain(rest) {
                bots[turn].turn(&mut server);
            }
            prop_assert!(bots.iter().all(Bot::is_done));
            prop_assert_eq!(n_own(&server), 1, "{:?}", server);
        }

        #[test]
        fn markers_survive_being_written(key in "[a-zA-Z0-9][a-zA-Z0-9._]{0,30}", run in any::<u64>(), attempt in any::<u32>()) {
            let marker = Marker { key: Key::new(&key).expect("plain"), stamp: stamp(run, attempt) };
            prop_assert_eq!(Marker::of(&format!("{marker}\ntext")), Some(marker));
        }

        #[test]
        fn no_text_is_taken_for_a_marker_that_was_not_written(text in "(<!-- )?regress:v1 .{0,40}( -->)?") {
            if let Some(marker) = Marker::of(&text) {
                prop_assert_eq!(marker.to_string(), text);
            }
        }
    }
}
