//! What is measured, kept on disk as it comes, so that whoever is killed can go on: lines of JSON.
//!
//! The first line says what the records belong to (`H`), every other is one record (`R`). A record is whole or it is not there: a
//! line that was cut off by the end of a process or of the power is dropped when the journal is taken up again, and so is all that
//! stands behind it. What a header must have in common with today's for the records to be of use is for the caller to say, and so
//! is where a journal lies. Whoever writes one holds an advisory lock on it, which ends with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// By what such a file is recognised.
const FORMAT: &str = "criterion-regress/journal";
const VERSION: u32 = 1;

/// So much may be lost with the power: asking the disk after each record would cost more than the record.
const SYNC_AFTER: Duration = Duration::from_secs(2);

/// Most of a journal, in bytes: a day and more of the shortest rounds. It is not written further than it would be read.
const LARGEST: u64 = 256 << 20;

/// Why a journal can't be taken up.
#[derive(Debug, Error)]
pub enum InvalidJournal {
    /// It can't be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// Somebody is writing it.
    #[error("another process is writing it")]
    InUse,
    /// It is larger than any that is written.
    #[error("it is larger than {} MiB, which no journal is: remove it", LARGEST >> 20)]
    TooLarge,
    /// Its first line is not a journal's.
    #[error("it is not a journal")]
    Malformed,
    /// Written by another version of the tool, whose order of rounds need not be ours.
    #[error("version {0} of regress wrote it, and this is {own}", own = env!("CARGO_PKG_VERSION"))]
    OtherVersion(String),
}

#[derive(Serialize, Deserialize)]
struct FirstLine<H> {
    format: String,
    version: u32,
    tool: String,
    header: H,
}

/// As much of a first line as every version has.
#[derive(Deserialize)]
struct AnyFirstLine {
    format: String,
    version: u32,
    tool: String,
}

/// What a journal holds.
#[derive(Debug)]
pub struct Kept<H, R> {
    /// What the records belong to.
    pub header: H,
    /// All whole records, in order.
    pub records: Vec<R>,
    /// Their length with the header, in bytes.
    length: u64,
}

/// Whether somebody else keeps a lock, for longer than a process that was just made takes to run its program: until then it holds what
/// we held. A file system that knows no locks keeps nobody out.
fn is_locked(mut try_lock: impl FnMut() -> Result<(), TryLockError>) -> bool {
    for _ in 0..50 {
        match try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Ok(()) | Err(TryLockError::Error(_)) => return false,
        }
    }
    true
}

/// Reads a journal; `None` where there is none, or none with a whole first line.
///
/// # Errors
/// When it is somebody's, of another version, too large, or no journal.
pub fn read_journal<H: DeserializeOwned, R: DeserializeOwned>(
    path: &Path,
) -> Result<Option<Kept<H, R>>, InvalidJournal> {
    let missing = |e: io::Error| if e.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(e.into()) };
    match std::fs::metadata(path) {
        Err(e) => return missing(e),
        // Of a pipe one would wait for the other end.
        Ok(metadata) if !metadata.is_file() => return Err(InvalidJournal::Malformed),
        Ok(_) => {}
    }
    let file = match File::open(path) {
        Err(e) => return missing(e),
        Ok(file) => file,
    };
    if is_locked(|| file.try_lock_shared()) {
        return Err(InvalidJournal::InUse);
    }
    if file.metadata()?.len() > LARGEST {
        return Err(InvalidJournal::TooLarge);
    }
    // Whatever the file's length was said to be.
    read_lines(BufReader::new(file.take(LARGEST)))
}

fn read_lines<H: DeserializeOwned, R: DeserializeOwned>(
    mut file: impl BufRead,
) -> Result<Option<Kept<H, R>>, InvalidJournal> {
    let mut line = Vec::new();
    let mut next = |line: &mut Vec<u8>| {
        line.clear();
        file.read_until(b'\n', line).map(|_| line.ends_with(b"\n"))
    };
    if !next(&mut line)? {
        return Ok(None);
    }
    let known: AnyFirstLine = serde_json::from_slice(&line).map_err(|_| InvalidJournal::Malformed)?;
    if known.format != FORMAT {
        return Err(InvalidJournal::Malformed);
    }
    if known.version != VERSION || known.tool != env!("CARGO_PKG_VERSION") {
        return Err(InvalidJournal::OtherVersion(known.tool));
    }
    let whole: FirstLine<H> = serde_json::from_slice(&line).map_err(|_| InvalidJournal::Malformed)?;
    let (mut records, mut length) = (Vec::new(), line.len());
    while next(&mut line)? {
        let Ok(record) = serde_json::from_slice(&line) else { break };
        records.push(record);
        length += line.len();
    }
    Ok(Some(Kept { header: whole.header, records, length: length as u64 }))
}

/// A journal that is being written. A disk that fails ends the journal, never the measuring.
#[derive(Debug)]
pub struct Journal<H, R> {
    path: PathBuf,
    header: H,
    state: State,
    records: PhantomData<fn(&R)>,
}

#[derive(Debug)]
enum State {
    /// Nothing was recorded: what an earlier process left is still there.
    Waiting,
    Open(File, Instant),
    Failed(String),
}

impl<H: Serialize, R: Serialize> Journal<H, R> {
    /// A new journal. It replaces what lies there with its first record, not sooner.
    #[must_use]
    pub fn new(path: PathBuf, header: H) -> Journal<H, R> {
        Journal { path, header, state: State::Waiting, records: PhantomData }
    }

    /// Goes on with a journal that was read, behind its last whole record.
    #[must_use]
    pub fn resume<K>(path: PathBuf, header: H, kept: &Kept<K, R>) -> Journal<H, R> {
        let state = open(&path, kept.length).map_or_else(|e| State::Failed(e.to_string()), opened);
        Journal { path, header, state, records: PhantomData }
    }

    /// Adds a record.
    pub fn append(&mut self, record: &R) {
        if matches!(self.state, State::Waiting) {
            self.state = self.begin().map_or_else(|e| State::Failed(e.to_string()), opened);
        }
        let State::Open(file, synced) = &mut self.state else { return };
        let written = line(record).and_then(|line| add(file, &line)).and_then(|()| {
            if synced.elapsed() < SYNC_AFTER {
                return Ok(());
            }
            *synced = Instant::now();
            file.sync_data()
        });
        if let Err(e) = written {
            self.state = State::Failed(e.to_string());
        }
    }

    /// Why nothing is kept any more, if so.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        match &self.state {
            State::Failed(cause) => Some(cause),
            State::Waiting | State::Open(..) => None,
        }
    }

    /// Whether there is something to go on with later.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(self.state, State::Open(..))
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it: what it was kept for is done.
    pub fn finish(self) {
        if let State::Open(file, _) = self.state {
            drop(file);
            let _ = std::fs::remove_file(&self.path);
        }
    }

    fn begin(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = open(&self.path, 0)?;
        let first = FirstLine {
            format: FORMAT.to_owned(),
            version: VERSION,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            header: &self.header,
        };
        add(&mut file, &line(&first)?)?;
        file.sync_data()?;
        Ok(file)
    }
}

fn opened(file: File) -> State {
    State::Open(file, Instant::now())
}

/// Opens it for writing behind its first `length` bytes, and drops the others.
fn open(path: &Path, length: u64) -> io::Result<File> {
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    if is_locked(|| file.try_lock()) {
        return Err(io::Error::other("another process is writing it"));
    }
    file.set_len(length)?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

/// Writes a line, where one would be read.
fn add(file: &mut File, line: &[u8]) -> io::Result<()> {
    if file.stream_position()?.saturating_add(line.len() as u64) > LARGEST {
        return Err(io::Error::other(format!("it would be larger than {} MiB", LARGEST >> 20)));
    }
    file.write_all(line)
}

fn line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Numbers = Journal<String, u64>;

    fn read(path: &Path) -> Result<Option<Kept<String, u64>>, InvalidJournal> {
        read_journal(path)
    }

    fn written(path: &Path, records: &[u64]) {
        let mut journal = Numbers::new(path.to_owned(), "what".to_owned());
        records.iter().for_each(|record| journal.append(record));
        assert_eq!(journal.failure(), None);
    }

    #[test]
    fn a_new_one_replaces_the_old_with_its_first_record() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("below").join("journal");
        assert!(read(&path).expect("nothing").is_none());
        written(&path, &[1, 2]);
        let journal = Numbers::new(path.clone(), "other".to_owned());
        assert!(!journal.is_kept());
        journal.finish();
        let kept = read(&path).expect("whole").expect("there");
        assert_eq!((kept.header.as_str(), kept.records.as_slice()), ("what", &[1, 2][..]));
        let mut journal = Numbers::new(path.clone(), "other".to_owned());
        journal.append(&3);
        assert!(matches!(read(&path), Err(InvalidJournal::InUse)));
        journal.finish();
        assert!(!path.exists());
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let check = |text: &str, want: &str| {
            std::fs::write(&path, text).expect("a file");
            let told = read(&path).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(told.contains(want), "{text}: {told}");
        };
        check("{}\n", "not a journal");
        check("\0\0\0\n", "not a journal");
        check("{\"format\":\"criterion-regress/journal\",\"version\":2,\"tool\":\"9.9\",\"more\":1}\n", "version 9.9");
    }

    #[test]
    fn a_disk_that_fails_is_told_and_stops_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = Numbers::new(folder.path().to_owned(), "a folder is in its place".to_owned());
        journal.append(&1);
        journal.append(&2);
        assert!(journal.failure().is_some() && !journal.is_kept());
    }

    #[test]
    fn what_is_larger_than_any_is_neither_read_nor_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        written(&path, &[1]);
        let kept = read(&path).expect("a journal").expect("there");
        // A hole takes no room.
        OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(LARGEST + 1)).expect("a large file");
        let told = read(&path).expect_err("too large").to_string();
        assert!(told.contains("256 MiB") && told.contains("remove it"), "{told}");
        let mut journal = Numbers::resume(path.clone(), "what".to_owned(), &Kept { length: LARGEST, ..kept });
        journal.append(&2);
        assert!(journal.failure().is_some_and(|told| told.contains("larger than 256 MiB")), "{:?}", journal.failure());
        assert_eq!(std::fs::metadata(&path).expect("a file").len(), LARGEST);
    }

    #[test]
    fn what_is_no_file_is_no_journal() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(read(folder.path()), Err(InvalidJournal::Malformed)));
    }

    proptest! {
        /// Whatever somebody has put there: an answer, and whole records only.
        #[test]
        fn no_bytes_are_too_strange(
            has_header: bool,
            pieces in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..40),
                    "[\\[{\"0-9:,. e+\\-\\]}\n]{0,40}".prop_map(String::into_bytes),
                    any::<u64>().prop_map(|n| format!("{n}\n").into_bytes()),
                    Just(b"{\"kind\":\"look\",\"rounds\":1e99,\"open\":[-1]}\n".to_vec()),
                    Just("[".repeat(300).into_bytes()),
                ],
                0..8,
            )
        ) {
            let first = FirstLine {
                format: FORMAT.to_owned(),
                version: VERSION,
                tool: env!("CARGO_PKG_VERSION").to_owned(),
                header: "what".to_owned(),
            };
            let mut bytes = if has_header { line(&first)? } else { Vec::new() };
            let length = bytes.len();
            bytes.extend(pieces.concat());
            let read = read_lines::<String, u64>(bytes.as_slice());
            if has_header {
                let kept = read?.expect("a journal");
                let numbers = String::from_utf8_lossy(&bytes[length..]).into_owned();
                let whole = numbers.split_inclusive('\n').map_while(|line| serde_json::from_str(line.strip_suffix('\n')?).ok());
                prop_assert_eq!(kept.records, whole.collect::<Vec<u64>>());
            }
            let _ = read_lines::<super::super::RoundsHeader, super::super::RoundsRecord>(bytes.as_slice());
            let _ = read_lines::<super::super::OfficialHeader, super::super::OfficialRecord>(bytes.as_slice());
        }

        /// Wherever the file ends, and whatever a power loss has put there: whole records, and more behind them.
        #[test]
        fn a_cut_costs_the_last_record_only(n in 1..20_u64, share in 0.0..1.0_f64, torn: bool) {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("journal");
            written(&path, &(0..n).collect::<Vec<_>>());
            let bytes = std::fs::read(&path).expect("a journal");
            let length = (bytes.len() as f64 * share) as usize;
            let mut cut = bytes[..length].to_vec();
            if torn {
                cut.extend([0; 7]);
            }
            std::fs::write(&path, &cut).expect("a file");
            let n_lines = bytes[..length].iter().filter(|byte| **byte == b'\n').count();
            let Some(kept) = read(&path).expect("a journal") else {
                prop_assert_eq!(n_lines, 0);
                return Ok(());
            };
            prop_assert_eq!(&kept.records, &(0..n_lines as u64 - 1).collect::<Vec<_>>());
            let mut journal = Numbers::resume(path.clone(), "what".to_owned(), &kept);
            journal.append(&77);
            drop(journal);
            let again = read(&path).expect("a journal").expect("there");
            prop_assert_eq!(again.records.len(), n_lines);
            prop_assert_eq!(again.records.last(), Some(&77));
        }
    }
}
