//! Runs in one object: what the branch keeps, one run in each at first, and many after compaction.
//!
//! `RGRH`, the version, the length of the compressed head (4 bytes, little endian), the head (JSON in a frame of zstd), then
//! the executions of all series in columns ([`super::point`]): locations of four bytes each, and a frame with the rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::point::{self, Columns};
use super::record::{Record, Results, RunHead, RunKey, SeriesHash, SeriesKey, from_milliseconds, milliseconds};
use super::run_file::StoredEnvironment;
use super::text::{absent_of, absent_text, throughput_of, throughput_text, unit_of, unit_text};
use crate::model::{BenchmarkId, Environment, Execution};

const MAGIC: &[u8; 4] = b"RGRH";
const VERSION: u8 = 1;

/// Largest head that is read, in bytes: some million names.
const LARGEST_HEAD: usize = 256 << 20;

/// The names of a thousand benchmarks compress to a fifth.
const LEVEL: i32 = 12;

#[derive(Serialize, Deserialize)]
struct Head {
    runs: Vec<StoredRun>,
    series: Vec<StoredSeries>,
}

#[derive(Serialize, Deserialize)]
struct StoredRun {
    revision: String,
    branch: Option<String>,
    committed_at: Option<i64>,
    measured_at: Option<i64>,
    environment: StoredEnvironment,
    #[serde(default)]
    absent: String,
}

#[derive(Serialize, Deserialize)]
struct StoredSeries {
    id: String,
    directory: String,
    #[serde(default)]
    root: String,
    #[serde(default)]
    throughput: String,
    #[serde(default)]
    unit: String,
    /// Of each run that has it, in order: which one of the list, and how many executions.
    executions: Vec<(usize, usize)>,
}

/// Runs as bytes.
pub(super) fn pack(records: &[Record]) -> Vec<u8> {
    type Place<'a> = (usize, &'a crate::model::Executions);
    let mut series: BTreeMap<(BenchmarkId, String, String), Vec<Place<'_>>> = BTreeMap::new();
    for (i, record) in records.iter().enumerate() {
        for benchmark in &record.benchmarks {
            let (throughput, unit) = (throughput_text(benchmark.throughput.as_ref()), unit_text(&benchmark.unit));
            series.entry((benchmark.id.clone(), throughput, unit)).or_default().push((i, &benchmark.executions));
        }
    }
    let executions: Vec<Execution> =
        series.values().flatten().flat_map(|(_, executions)| executions.iter().cloned()).collect();
    let run = |record: &Record| StoredRun {
        revision: record.head.revision.clone(),
        branch: record.head.branch.as_deref().map(str::to_owned),
        committed_at: record.head.committed_at.map(milliseconds),
        measured_at: record.head.measured_at.map(milliseconds),
        environment: StoredEnvironment::from(&record.environment()),
        absent: absent_text(&record.absent),
    };
    let head = Head {
        runs: records.iter().map(run).collect(),
        series: series
            .into_iter()
            .map(|((id, throughput, unit), runs)| StoredSeries {
                id: id.as_str().to_owned(),
                directory: id.directory().to_owned(),
                root: id.root().to_owned(),
                throughput,
                unit,
                executions: runs.iter().map(|(run, executions)| (*run, executions.len())).collect(),
            })
            .collect(),
    };
    let head = serde_json::to_vec(&head).expect("strings and whole numbers have a JSON text");
    let head = point::compressed(&head, LEVEL);
    let Columns { locations, rest } = Columns::of(&executions);
    let mut bytes = Vec::with_capacity(16 + head.len() + locations.len() + rest.len());
    bytes.extend(MAGIC);
    bytes.push(VERSION);
    bytes.extend(u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(head);
    bytes.extend(u32::try_from(executions.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(locations);
    bytes.extend(rest);
    bytes
}

/// The runs again, or what is wrong with the bytes.
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<Record>, String> {
    let short = || "it ends too early".to_owned();
    let bytes = bytes.strip_prefix(MAGIC).ok_or("it is no run of history")?;
    let (version, bytes) = bytes.split_first().ok_or_else(short)?;
    if *version > VERSION {
        return Err(format!("it is of version {version}, and this tool reads up to version {VERSION}"));
    }
    let (head, bytes) = sized(bytes, 1).ok_or_else(short)?;
    let head = zstd::bulk::decompress(head, LARGEST_HEAD.min(head.len().saturating_mul(1000)))
        .map_err(|e| format!("its head is broken: {e}"))?;
    let head: Head = serde_json::from_slice(&head).map_err(|e| format!("its head is broken: {e}"))?;
    let (locations, rest) = sized(bytes, 4).ok_or_else(short)?;
    let n = locations.len() / 4;
    let executions = point::executions(locations, rest, n).ok_or("its executions are broken")?;
    records(head, executions)
}

/// What a length and so many times that many bytes hold, and what follows.
fn sized(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (length, bytes) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?.checked_mul(size)?;
    bytes.split_at_checked(length)
}

fn records(head: Head, executions: Vec<Execution>) -> Result<Vec<Record>, String> {
    let mut keys: HashMap<i64, SeriesKey> = HashMap::with_capacity(head.series.len());
    let mut parts: Vec<BTreeMap<i64, Vec<Execution>>> = head.runs.iter().map(|_| BTreeMap::new()).collect();
    let mut results: Vec<Results> = vec![Results::default(); head.runs.len()];
    let mut executions = executions.into_iter();
    for (id, series) in (0_i64..).zip(head.series) {
        let key = SeriesKey {
            id: BenchmarkId::new(&series.root, &series.directory, &series.id),
            throughput: throughput_of(&series.throughput),
            unit: unit_of(&series.unit),
        };
        let hash = SeriesHash::of(&key);
        for (run, n) in series.executions {
            let taken: Vec<Execution> = executions.by_ref().take(n).collect();
            let (Some(part), Some(result)) = (parts.get_mut(run), results.get_mut(run)) else {
                return Err(format!("it has no run {run}"));
            };
            if taken.len() < n || n == 0 {
                return Err("it has fewer executions than it says".to_owned());
            }
            taken.iter().for_each(|execution| result.add(&hash, execution));
            part.entry(id).or_default().extend(taken);
        }
        keys.insert(id, key);
    }
    let mut records = Vec::with_capacity(head.runs.len());
    for ((run, part), result) in head.runs.into_iter().zip(parts).zip(results) {
        let mut environment = Environment::from(run.environment);
        let executables = std::mem::take(&mut environment.executables);
        let mut found = RunHead {
            key: RunKey([0; 16]),
            revision: run.revision,
            branch: run.branch.map(Arc::from),
            committed_at: run.committed_at.and_then(from_milliseconds),
            measured_at: run.measured_at.and_then(from_milliseconds),
            environment: Arc::new(environment),
            n_benchmarks: part.len(),
            n_executions: result.n,
        };
        found.key = result.key(&found);
        let record = super::record::whole(found, executables, absent_of(&run.absent), &keys, part);
        records.push(record.ok_or("a run of it is broken")?);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Benchmark, Measurement, Throughput, Unit};
    use crate::stats::summarize;
    use crate::store::About;

    fn record(i: u32) -> Record {
        let one = |k: u32| Benchmark {
            id: BenchmarkId::from_name(&format!("b{k}")),
            throughput: (k == 1).then_some(Throughput::Bytes(u64::from(i))),
            unit: Unit::Unstated,
            executions: summarize(
                &Measurement::Estimates { median: f64::from(i * 10 + k) + 0.1, standard_error: 0.5 },
                None,
            )
            .into(),
            overwritten: None,
        };
        let about = About { revision: i.to_string(), ..About::default() };
        Record::new(about, (0..3).map(one).collect(), Vec::new())
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let records: Vec<Record> = (1..9).map(record).collect();
        assert_eq!(unpack(&pack(&records)).as_ref(), Ok(&records));
        assert_eq!(unpack(&pack(&records[..1])).as_deref(), Ok(&records[..1]));
        assert_eq!(unpack(&pack(&[])), Ok(Vec::new()));
    }

    #[test]
    fn a_later_version_is_refused() {
        let mut bytes = pack(&[record(1)]);
        bytes[4] = 9;
        assert!(unpack(&bytes).is_err_and(|e| e.contains("version 9")));
    }

    proptest! {
        #[test]
        fn broken_bytes_never_panic(place in 0..10_000_usize, value in any::<u8>(), end in 0..10_000_usize) {
            let mut bytes = pack(&[record(1), record(2)]);
            let n = bytes.len();
            bytes[place % n] = value;
            bytes.truncate(end % (2 * n));
            let _ = unpack(&bytes).is_ok();
        }
    }
}
