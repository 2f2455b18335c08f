//! cargo-criterion's records: `data/main/<benchmark>/benchmark.cbor` with one `measurement_….cbor` per run.

use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;
use walkdir::WalkDir;

use super::files::{self, Estimates};
use super::folder::read_file;
use super::side::LARGEST_SAMPLE;
use super::walk::{Found, slashed, why_unread};
use super::{BASE, Baselines, NEW};
use crate::model::{BenchmarkId, Entry, Measurement, Sample, SamplingMode, Throughput, Unit, WarningKind};

/// The file that marks a benchmark's folder.
pub(super) const BENCHMARK_FILE: &str = "benchmark.cbor";

#[derive(Deserialize)]
struct BenchmarkRecord {
    id: Id,
    latest_record: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    group_id: Option<String>,
    function_id: Option<String>,
    value_str: Option<String>,
}

#[derive(Deserialize)]
struct MeasurementRecord {
    datetime: Option<String>,
    iterations: Vec<f64>,
    values: Vec<f64>,
    estimates: Option<Estimates>,
    throughput: Option<Value>,
}

/// Reads the records of one benchmark, `folder` being `at` relative to the folder that is read.
///
/// The latest record is called `new`, the one before `base`, as after two runs of `cargo bench`; the others keep the names of
/// their files.
pub(super) fn read_folder<T>(
    at: &Path,
    folder: &Path,
    baselines: Baselines<'_>,
    sum_up: &impl Fn(&Measurement, Option<SystemTime>) -> T,
    found: &mut Found<T>,
) {
    let place = slashed(folder).into_owned();
    let mut warn = |name: &str, kind| found.warnings.add(&folder.join(name), kind);
    let record: BenchmarkRecord = match read_record(&at.join(BENCHMARK_FILE)) {
        Ok(record) => record,
        Err(kind) => return warn(BENCHMARK_FILE, kind),
    };
    let mut names = Vec::new();
    for file in WalkDir::new(at).min_depth(1).max_depth(1).follow_links(false).sort_by_file_name() {
        match file {
            Ok(file) if !file.file_type().is_file() => {}
            Ok(file) => names.extend(file.file_name().to_str().filter(|name| is_measurement(name)).map(str::to_owned)),
            Err(e) => warn("", WarningKind::Unreadable { cause: e.to_string() }),
        }
    }
    if names.is_empty() {
        return warn("", WarningKind::NoMeasurements);
    }
    // Names are dates, so that the order of names is that of time; the benchmark's own word on the latest comes first.
    if let Some(at) = record.latest_record.as_ref().and_then(|latest| names.iter().position(|name| name == latest)) {
        let latest = names.remove(at);
        names.push(latest);
    }

    let full_id = [record.id.group_id, record.id.function_id, record.id.value_str]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("/");
    let id = id(&place, &full_id);
    let n_records = names.len();
    for (i, name) in names.iter().enumerate() {
        let baseline = match n_records - i {
            1 => NEW,
            2 => BASE,
            _ => name.trim_end_matches(".cbor"),
        };
        if let Baselines::Named(wanted) = baselines
            && !wanted.contains(&baseline)
        {
            continue;
        }
        match read_record::<MeasurementRecord>(&at.join(name)).and_then(parts) {
            Ok((measurement, throughput, measured_at)) => found.entries.push(Entry {
                id: id.clone(),
                baseline: baseline.to_owned(),
                throughput,
                unit: Unit::Unstated,
                measured: sum_up(&measurement, measured_at),
                overwritten: None,
            }),
            Err(kind) => {
                found.warnings.add(&folder.join(name), kind);
                found.broken_records.push((id.clone(), baseline.to_owned()));
            }
        }
    }
}

fn is_measurement(name: &str) -> bool {
    name.starts_with("measurement_") && name.ends_with(".cbor")
}

/// cargo-criterion's folders lie below `data/main`, which is then the root.
fn id(place: &str, full_id: &str) -> BenchmarkId {
    let (root, directory) = match place.rsplit_once("data/main/") {
        Some((before, directory)) => (format!("{before}data/main"), directory),
        None => (String::new(), place),
    };
    BenchmarkId::new(&root, directory, full_id)
}

type Parts = (Measurement, Option<Throughput>, Option<SystemTime>);

fn parts(record: MeasurementRecord) -> Result<Parts, WarningKind> {
    let malformed = |cause: String| WarningKind::Malformed { cause };
    let measurement = match (record.values.is_empty(), record.estimates) {
        (true, Some(estimates)) => estimates.measurement().map_err(malformed)?,
        _ => Sample::new(SamplingMode::Unknown, record.iterations, record.values)
            .map(Measurement::Sample)
            .map_err(|e| malformed(e.to_string()))?,
    };
    let measured_at = record.datetime.and_then(|text| text.parse::<jiff::Timestamp>().ok()).map(SystemTime::from);
    Ok((measurement, record.throughput.as_ref().and_then(files::throughput), measured_at))
}

fn read_record<R: serde::de::DeserializeOwned>(file: &Path) -> Result<R, WarningKind> {
    let bytes = read_file(file, LARGEST_SAMPLE).map_err(why_unread)?;
    parse(&bytes)
}

fn parse<R: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<R, WarningKind> {
    if bytes.is_empty() {
        return Err(WarningKind::EmptyFile);
    }
    ciborium::from_reader(bytes).map_err(|e| WarningKind::Malformed { cause: format!("it is not such a record: {e}") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse::<BenchmarkRecord>(&bytes).is_ok();
            let _ = parse::<MeasurementRecord>(&bytes).map(parts).is_ok();
        }
    }

    #[test]
    fn the_root_is_data_main() {
        assert_eq!(id("data/main/fib 15", "fib 15").root(), "data/main");
        assert_eq!(id("a/criterion/data/main/g/f", "g/f").directory(), "g/f");
    }
}
