//! One result: the files in a baseline's folder.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use super::folder::{Inside, Unread};
use super::walk::Warnings;
use super::{files, sample_json};
use crate::model::{Measurement, SuggestedChange, Unit, WarningKind};

/// Largest `sample.json`, `raw.csv` or record that is read: a thousand times a usual one, and more.
pub(super) const LARGEST_SAMPLE: u64 = 64 << 20;

/// Largest of the other files.
const LARGEST_FILE: u64 = 4 << 20;

/// How much older than its result `change/estimates.json` may look, as copying a tree doesn't keep the order of times.
const COPY_SLACK: Duration = Duration::from_secs(2);

/// How long Criterion may take from a result to its comparison: the analysis of the largest samples.
const CHANGE_FOLLOWS_WITHIN: Duration = Duration::from_secs(10 * 60);

/// A folder that is being visited.
pub(super) struct Here<'a> {
    pub(super) inside: Inside<'a>,
    /// Relative to the folder that is read.
    pub(super) path: &'a Path,
}

/// One side of a benchmark before it has been summed up.
pub(super) struct Side {
    pub(super) measurement: Measurement,
    pub(super) written_at: Option<SystemTime>,
    pub(super) declared: Option<Rc<files::Declared>>,
    pub(super) unit: Unit,
}

/// What else to find out, at the price of a system call each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    /// The unit, which only `raw.csv` states.
    pub(super) unit: bool,
    /// When the result was written.
    pub(super) date: bool,
}

/// Room that is used again for every file.
#[derive(Default)]
pub(super) struct Buffers {
    file: String,
    bytes: Vec<u8>,
    /// The last `benchmark.json` and what it said: a benchmark's baselines mostly have the same one.
    last_benchmark: (Vec<u8>, Option<Rc<files::Declared>>),
}

impl Buffers {
    fn name(&mut self, place: &str, file: &str) {
        self.file.clear();
        if !place.is_empty() {
            self.file.push_str(place);
            self.file.push('/');
        }
        self.file.push_str(file);
    }
}

/// Makes a measurement of a file's bytes, or says what is wrong with them.
type Parse = fn(&[u8]) -> Result<Measurement, String>;

/// Where in a result's folder the measurements may be; the first that is there decides.
const SOURCES: [(&str, Parse); 3] = [
    ("sample.json", |bytes| sample_json::parse(bytes).map(Measurement::Sample)),
    ("raw.csv", |bytes| files::parse_raw_csv(bytes).map(Measurement::Sample)),
    ("estimates.json", files::parse_estimates),
];

/// What became of looking for a result.
pub(super) enum Looked {
    /// It is there.
    Found(Side),
    /// It is there and broken, as a warning says.
    Broken,
    /// There is no `sample.json`.
    NoSample,
}

impl Here<'_> {
    /// Reads the result in the folder `place` below this one; `None` if there is none, with a warning if there should be.
    pub(super) fn read(&self, place: &str, ask: Ask, buffers: &mut Buffers, warnings: &mut Warnings) -> Option<Side> {
        for source in 0..SOURCES.len() {
            match self.read_source(place, source, ask, buffers, warnings) {
                Looked::Found(side) => return Some(side),
                Looked::Broken => return None,
                Looked::NoSample => {}
            }
        }
        self.warn_without_measurement(place, warnings);
        None
    }

    /// Reads the result in the folder `place` if it has a `sample.json`; says nothing if it hasn't.
    pub(super) fn read_if_sampled(
        &self,
        place: &str,
        ask: Ask,
        buffers: &mut Buffers,
        warnings: &mut Warnings,
    ) -> Looked {
        self.read_source(place, 0, ask, buffers, warnings)
    }

    fn read_source(
        &self,
        place: &str,
        source: usize,
        ask: Ask,
        buffers: &mut Buffers,
        warnings: &mut Warnings,
    ) -> Looked {
        let (name, parse) = SOURCES[source];
        buffers.name(place, name);
        let read = if ask.date {
            self.inside.read_dated(&buffers.file, LARGEST_SAMPLE, &mut buffers.bytes)
        } else {
            self.inside.read(&buffers.file, LARGEST_SAMPLE, &mut buffers.bytes).map(|()| None)
        };
        let written_at = match read {
            Ok(written_at) => written_at,
            Err(Unread::Missing) => return Looked::NoSample,
            // A folder of that name is a benchmark's.
            Err(unread) if is_folder(&unread) => return Looked::NoSample,
            Err(unread) => {
                warnings.unread(&self.path.join(&buffers.file), unread);
                warnings.broken(self.path.join(place));
                return Looked::Broken;
            }
        };
        if buffers.bytes.is_empty() {
            warnings.add(&self.path.join(&buffers.file), WarningKind::EmptyFile);
            warnings.broken(self.path.join(place));
            return Looked::Broken;
        }
        // If it is broken, the other files are no way out: they may be of another execution.
        let measurement = match parse(&buffers.bytes) {
            Ok(measurement) => measurement,
            Err(cause) => {
                warnings.add(&self.path.join(&buffers.file), WarningKind::Malformed { cause });
                warnings.broken(self.path.join(place));
                return Looked::Broken;
            }
        };
        if let Measurement::Estimates { .. } = measurement {
            warnings.add(&self.path.join(place), WarningKind::NoSample);
        }
        let declared = self.read_declared(place, buffers, warnings);
        let unit = if ask.unit { self.read_unit(place, buffers) } else { Unit::Unstated };
        Looked::Found(Side { measurement, written_at, declared, unit })
    }

    fn read_declared(
        &self,
        place: &str,
        buffers: &mut Buffers,
        warnings: &mut Warnings,
    ) -> Option<Rc<files::Declared>> {
        buffers.name(place, "benchmark.json");
        match self.inside.read(&buffers.file, LARGEST_FILE, &mut buffers.bytes) {
            Ok(()) if buffers.bytes.is_empty() => {
                warnings.add(&self.path.join(&buffers.file), WarningKind::EmptyFile);
                None
            }
            Ok(()) if buffers.bytes == buffers.last_benchmark.0 => buffers.last_benchmark.1.clone(),
            Ok(()) => {
                let declared = files::parse_benchmark(&buffers.bytes)
                    .map_err(|cause| warnings.add(&self.path.join(&buffers.file), WarningKind::Malformed { cause }))
                    .ok()
                    .map(Rc::new)?;
                buffers.last_benchmark.0.clone_from(&buffers.bytes);
                buffers.last_benchmark.1 = Some(Rc::clone(&declared));
                Some(declared)
            }
            Err(Unread::Missing) => {
                warnings.add(&self.path.join(place), WarningKind::NoBenchmarkJson);
                None
            }
            Err(unread) => {
                warnings.unread(&self.path.join(&buffers.file), unread);
                None
            }
        }
    }

    fn read_unit(&self, place: &str, buffers: &mut Buffers) -> Unit {
        buffers.name(place, "raw.csv");
        match self.inside.read(&buffers.file, LARGEST_SAMPLE, &mut buffers.bytes) {
            Ok(()) => files::parse_unit(&buffers.bytes),
            Err(_) => Unit::Unstated,
        }
    }

    /// Tells a result that lost its files from a folder that was never one.
    fn warn_without_measurement(&self, place: &str, warnings: &mut Warnings) {
        // Opened anew even where it is this folder: what has been listed once is at its end.
        let place_or_here = if place.is_empty() { "." } else { place };
        let Ok(listing) = self.inside.enter(place_or_here).and_then(|b| b.list()) else { return };
        let kind = if listing.files.iter().any(|f| f == "benchmark.json" || f == "tukey.json") {
            WarningKind::NoMeasurements
        } else if listing.folders.is_empty() && listing.files.iter().all(|f| is_placeholder(f)) {
            WarningKind::HollowBaseline
        } else {
            return;
        };
        warnings.add(&self.path.join(place), kind);
        warnings.broken(self.path.join(place));
    }

    /// Criterion's own comparison of `benchmark` below this folder, if it belongs to the result written at `result_at`.
    pub(super) fn read_change(
        &self,
        benchmark: &str,
        result_at: Option<SystemTime>,
        buffers: &mut Buffers,
        warnings: &mut Warnings,
    ) -> Option<SuggestedChange> {
        buffers.name(benchmark, "change");
        if !self.inside.holds_folder(&buffers.file) {
            return None;
        }
        buffers.name(benchmark, "change/estimates.json");
        let file: PathBuf = self.path.join(&buffers.file);
        let written_at = match self.inside.read_dated(&buffers.file, LARGEST_FILE, &mut buffers.bytes) {
            Ok(written_at) => written_at,
            Err(Unread::Missing) => return None,
            Err(unread) => {
                warnings.unread(&file, unread);
                return None;
            }
        };
        // Criterion writes it right after the result, and never removes it; `--discard-baseline` writes it alone.
        let is_apart = |(change, result): (SystemTime, SystemTime)| {
            change + COPY_SLACK < result || result + CHANGE_FOLLOWS_WITHIN < change
        };
        if written_at.zip(result_at).is_some_and(is_apart) {
            warnings.add(&file, WarningKind::StaleChange);
            return None;
        }
        files::parse_change(&buffers.bytes).map_err(|cause| warnings.add(&file, WarningKind::Malformed { cause })).ok()
    }
}

/// An `estimates.json` that is a folder is a benchmark of that name.
fn is_folder(unread: &Unread) -> bool {
    matches!(unread, Unread::Failed(e) if e.kind() == std::io::ErrorKind::IsADirectory)
}

/// Files that only keep a folder alive in a repository.
pub(super) fn is_placeholder(file: &OsStr) -> bool {
    file == ".gitkeep" || file == ".keep" || file == ".DS_Store"
}
