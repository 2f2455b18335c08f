//! What runs are of, many in one piece of bytes: whoever reads a series of ten thousand runs needs as many heads.
//!
//! The names of the branches, 64 bytes for each run, then the revisions; those that are hexadecimal take half the room. Nothing
//! here is the only copy: a piece that can't be read is made again from the rows of the runs.

use std::sync::Arc;

use hashbrown::HashMap;

use super::record::{RunHead, RunKey, from_milliseconds};
use crate::model::{Environment, hexadecimal};

/// Runs of one piece.
pub(super) const TOGETHER: usize = 1024;

/// Bytes of a run, without its revision.
const FIXED: usize = 64;

/// Largest name of a branch or revision, in bytes.
const LONGEST: usize = 1 << 16;

/// Marks the length of a revision that is kept as the bytes that it stands for.
const IS_HEX: u32 = 1 << 31;

/// No time.
const NEVER: i64 = -1;

/// The head of a run as a store knows it, by the numbers that things have there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredHead {
    pub(super) run: i64,
    pub(super) key: RunKey,
    pub(super) revision: String,
    pub(super) branch: Option<Arc<str>>,
    /// Milliseconds since 1970.
    pub(super) committed_at: Option<i64>,
    /// Milliseconds since 1970.
    pub(super) measured_at: Option<i64>,
    pub(super) environment: i64,
    pub(super) n_benchmarks: usize,
    pub(super) n_executions: usize,
}

impl StoredHead {
    pub(super) fn head(self, environment: Arc<Environment>) -> RunHead {
        let time = |at: Option<i64>| at.and_then(from_milliseconds);
        RunHead {
            key: self.key,
            revision: self.revision,
            branch: self.branch,
            committed_at: time(self.committed_at),
            measured_at: time(self.measured_at),
            environment,
            n_benchmarks: self.n_benchmarks,
            n_executions: self.n_executions,
        }
    }
}

/// Heads as bytes; `None` for what doesn't fit, which stays in rows alone.
pub(super) fn pack(heads: &[StoredHead]) -> Option<Vec<u8>> {
    let mut branches: Vec<&str> = heads.iter().filter_map(|head| head.branch.as_deref()).collect();
    branches.sort_unstable();
    branches.dedup();
    let short = |n: usize| u32::try_from(n).ok();
    let length = |text: &str| short(text.len()).filter(|_| text.len() <= LONGEST);
    let mut bytes = Vec::with_capacity(heads.len() * 2 * FIXED);
    bytes.extend(short(branches.len())?.to_le_bytes());
    for branch in &branches {
        bytes.extend(length(branch)?.to_le_bytes());
        bytes.extend(branch.as_bytes());
    }
    let mut revisions: Vec<u8> = Vec::new();
    for head in heads {
        let branch = match &head.branch {
            Some(branch) => branches.binary_search(&branch.as_ref()).ok()? + 1,
            None => 0,
        };
        let at = |at: Option<i64>| at.unwrap_or(NEVER);
        let revision = match unhex(&head.revision) {
            Some(digits) => {
                revisions.extend(&digits);
                length(&head.revision)?;
                short(digits.len())? | IS_HEX
            }
            None => {
                revisions.extend(head.revision.as_bytes());
                length(&head.revision)?
            }
        };
        bytes.extend(head.run.to_le_bytes());
        bytes.extend(head.key.0);
        bytes.extend(at(head.committed_at).to_le_bytes());
        bytes.extend(at(head.measured_at).to_le_bytes());
        bytes.extend(head.environment.to_le_bytes());
        for number in [short(branch)?, short(head.n_benchmarks)?, short(head.n_executions)?, revision] {
            bytes.extend(number.to_le_bytes());
        }
    }
    bytes.extend(revisions);
    Some(bytes)
}

/// The bytes that lower-case hexadecimal digits stand for; `None` for any other text.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks_exact(2);
    let is_even = pairs.remainder().is_empty();
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect::<Option<Vec<u8>>>().filter(|_| is_even)
}

/// A piece that [`pack`] wrote.
struct Piece {
    bytes: Vec<u8>,
    branches: Vec<Arc<str>>,
    /// Where the runs begin.
    start: usize,
    /// Of each run where its revision begins.
    revisions: Vec<u32>,
}

impl Piece {
    fn of(bytes: Vec<u8>, n: usize) -> Option<Piece> {
        let word = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk::<4>()?));
        let mut branches = Vec::new();
        let mut start = 4;
        for _ in 0..word(0)? {
            let length = word(start)? as usize;
            let name = bytes.get(start + 4..start.checked_add(4)?.checked_add(length)?)?;
            branches.push(Arc::from(std::str::from_utf8(name).ok()?));
            start += 4 + length;
        }
        let mut at = start.checked_add(n.checked_mul(FIXED)?)?;
        // Looked at before room is made for as many.
        bytes.get(start..at)?;
        let mut revisions = Vec::with_capacity(n);
        for i in 0..n {
            revisions.push(u32::try_from(at).ok()?);
            at = at.checked_add((word(start + (i + 1) * FIXED - 4)? & !IS_HEX) as usize)?;
        }
        (at == bytes.len()).then_some(Piece { bytes, branches, start, revisions })
    }

    /// The bytes of a run from `at` on.
    fn part<const N: usize>(&self, i: usize, at: usize) -> Option<[u8; N]> {
        self.bytes.get(self.start + i * FIXED + at..)?.first_chunk::<N>().copied()
    }

    fn run(&self, i: usize) -> Option<i64> {
        self.part(i, 0).map(i64::from_le_bytes)
    }

    fn head(&self, i: usize) -> Option<StoredHead> {
        let wide = |at: usize| self.part(i, at).map(i64::from_le_bytes);
        let word = |at: usize| self.part(i, at).map(u32::from_le_bytes);
        let time = |at: usize| wide(at).map(|at| (at != NEVER).then_some(at));
        let branch = match word(48)? {
            0 => None,
            number => Some(self.branches.get(number as usize - 1)?.clone()),
        };
        let length = word(60)?;
        let start = *self.revisions.get(i)? as usize;
        let revision = self.bytes.get(start..start + (length & !IS_HEX) as usize)?;
        let revision =
            if length & IS_HEX == 0 { std::str::from_utf8(revision).ok()?.to_owned() } else { hexadecimal(revision) };
        Some(StoredHead {
            run: self.run(i)?,
            key: RunKey(self.part(i, 8)?),
            revision,
            branch,
            committed_at: time(24)?,
            measured_at: time(32)?,
            environment: wide(40)?,
            n_benchmarks: word(52)? as usize,
            n_executions: word(56)? as usize,
        })
    }
}

/// All heads of a piece of `n` runs; `None` when it is none.
pub(super) fn unpack(bytes: &[u8], n: usize) -> Option<Vec<StoredHead>> {
    let piece = Piece::of(bytes.to_vec(), n)?;
    (0..n).map(|i| piece.head(i)).collect()
}

/// Heads by the numbers of their runs, each made when it is asked for.
#[derive(Default)]
pub(super) struct Heads {
    pieces: Vec<Piece>,
    /// The runs of pieces, in their order: the number, the piece, and the place in it.
    runs: Vec<(i64, u32, u32)>,
    /// As many as runs.
    made: Vec<Option<Arc<RunHead>>>,
    /// Those that are in no piece.
    others: HashMap<i64, Arc<RunHead>>,
}

impl Heads {
    /// Adds a piece of `n` runs that come after all that were added; what can't be read is left out.
    pub(super) fn add(&mut self, bytes: Vec<u8>, n: usize) {
        let Some(piece) = Piece::of(bytes, n) else { return };
        let number = self.pieces.len() as u32;
        let n_before = self.runs.len();
        let mut last = self.runs.last().map_or(i64::MIN, |run| run.0);
        for i in 0..n {
            match piece.run(i) {
                Some(run) if run > last => {
                    self.runs.push((run, number, i as u32));
                    last = run;
                }
                _ => {
                    self.runs.truncate(n_before);
                    return;
                }
            }
        }
        self.made.resize(self.runs.len(), None);
        self.pieces.push(piece);
    }

    /// Adds a head that was read elsewhere.
    pub(super) fn insert(&mut self, run: i64, head: Arc<RunHead>) {
        self.others.insert(run, head);
    }

    /// Whether there is a head of this run.
    pub(super) fn has(&self, run: i64) -> bool {
        self.place(run).is_some() || self.others.contains_key(&run)
    }

    fn place(&self, run: i64) -> Option<usize> {
        // Numbers hardly ever have gaps.
        let first = self.runs.first()?.0;
        let guess = run.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        match guess.filter(|place| self.runs.get(*place).is_some_and(|found| found.0 == run)) {
            Some(place) => Some(place),
            None => self.runs.binary_search_by_key(&run, |found| found.0).ok(),
        }
    }

    /// The head of a run; `environment` gives one by its number.
    pub(super) fn get(&mut self, run: i64, environment: impl FnOnce(i64) -> Arc<Environment>) -> Option<Arc<RunHead>> {
        let Some(place) = self.place(run) else { return self.others.get(&run).cloned() };
        if let Some(head) = &self.made[place] {
            return Some(head.clone());
        }
        let (_, piece, i) = self.runs[place];
        let stored = self.pieces.get(piece as usize)?.head(i as usize)?;
        let environment = environment(stored.environment);
        let head = Arc::new(stored.head(environment));
        self.made[place] = Some(head.clone());
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(run: i64, revision: &str, branch: Option<&str>, at: Option<i64>) -> StoredHead {
        StoredHead {
            run,
            key: RunKey([run as u8; 16]),
            revision: revision.to_owned(),
            branch: branch.map(Arc::from),
            committed_at: at,
            measured_at: at.map(|at| at + 7),
            environment: run % 3,
            n_benchmarks: 1000,
            n_executions: 3000,
        }
    }

    fn any_head() -> impl Strategy<Value = StoredHead> {
        let revision = prop_oneof!["[0-9a-f]{40}", "[0-9a-f]{0,5}", ".*", "[0-9a-f]{40}-dirty"];
        let branch = proptest::option::of(prop_oneof![Just("main".to_owned()), ".*"]);
        (any::<i64>(), revision, branch, proptest::option::of(0..i64::MAX - 7))
            .prop_map(|(run, revision, branch, at)| head(run, &revision, branch.as_deref(), at))
    }

    #[test]
    fn a_head_is_found_by_its_run_across_pieces_and_gaps() {
        let pieces = [[3, 4, 5], [7, 8, 100]];
        let mut heads = Heads::default();
        for runs in pieces {
            let packed: Vec<StoredHead> = runs.iter().map(|run| head(*run, &format!("r{run}"), None, None)).collect();
            heads.add(pack(&packed).expect("it fits"), 3);
        }
        let environment = |_| Arc::new(Environment::default());
        for run in [3, 4, 5, 7, 8, 100] {
            let found = heads.get(run, environment).expect("it is there");
            assert_eq!(found.revision, format!("r{run}"));
            assert!(Arc::ptr_eq(&found, &heads.get(run, environment).expect("it is there")));
        }
        for run in [i64::MIN, 2, 6, 9, 99, 101, i64::MAX] {
            assert!(!heads.has(run) && heads.get(run, environment).is_none(), "{run}");
        }
        // Numbers that don't go on belong to no piece of ours.
        heads.add(pack(&[head(101, "a", None, None), head(50, "b", None, None)]).expect("it fits"), 2);
        assert!(!heads.has(101) && heads.has(100));
    }

    #[test]
    fn a_name_that_is_too_long_is_not_packed() {
        assert_eq!(pack(&[head(1, &"x".repeat(LONGEST + 1), None, None)]), None);
        assert_eq!(pack(&[head(1, "x", Some(&"x".repeat(LONGEST + 1)), None)]), None);
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(heads in proptest::collection::vec(any_head(), 0..20)) {
            let bytes = pack(&heads).expect("it fits");
            prop_assert_eq!(unpack(&bytes, heads.len()), Some(heads.clone()));
            prop_assert_eq!(unpack(&bytes, heads.len() + 1), None);
            prop_assert_eq!(unpack(&bytes[..bytes.len() - 1], heads.len()), None);
        }

        #[test]
        fn broken_bytes_never_panic(
            heads in proptest::collection::vec(any_head(), 1..4),
            place in any::<prop::sample::Index>(),
            value in any::<u8>(),
            n in any::<usize>(),
        ) {
            let mut bytes = pack(&heads).expect("it fits");
            let place = place.index(bytes.len());
            bytes[place] = value;
            for n in [n, heads.len()] {
                let mut read = Heads::default();
                read.add(bytes.clone(), n);
                for head in &heads {
                    let _ = read.get(head.run, |_| Arc::new(Environment::default()));
                }
                prop_assert!(unpack(&bytes, n).is_none_or(|found| found.len() == n));
            }
        }
    }
}
