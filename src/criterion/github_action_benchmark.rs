//! The history that benchmark-action/github-action-benchmark keeps in `data.js`: a number a benchmark and commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Number, Value};

use super::{ReadError, Tree};
use crate::model::{BenchmarkId, Entry, Measurement, Unit, Warning, WarningKind};

/// What stands before the JSON, so that a page can load it as a script.
const PREFIX: &str = "window.BENCHMARK_DATA";

/// Criterion's number of measurements where nobody asks for another: the root of it is what the standard error of their mean is
/// smaller by than their standard deviation, which is all that the file has.
const USUAL_MEASUREMENTS: f64 = 100.0;

#[derive(Deserialize)]
struct Data {
    entries: BTreeMap<String, Vec<Value>>,
}

#[derive(Deserialize)]
struct Stored {
    commit: Commit,
    /// Milliseconds since 1970.
    date: Option<i64>,
    #[serde(default)]
    tool: String,
    benches: Vec<Value>,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
}

#[derive(Deserialize)]
struct Bench {
    name: String,
    value: Number,
    range: Option<Value>,
    #[serde(default)]
    unit: String,
}

/// One commit's results in one of the file's suites.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRun<T> {
    /// What the file calls the suite.
    pub suite: String,
    /// The commit.
    pub commit: String,
    /// When it was measured.
    pub measured_at: Option<SystemTime>,
    /// Its results, of the baseline that is called as the commit.
    pub tree: Tree<T>,
}

/// Whether text begins as such a file does.
#[must_use]
pub fn is_action_data(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(PREFIX.as_bytes())
}

/// Reads such a file, or the same JSON without what makes a script of it: a run for each suite and commit, in the order of the file.
/// What can't be read of a run is a warning of it.
///
/// # Errors
/// When it is not such a file at all.
pub fn read_action_data<T>(
    path: &Path,
    bytes: &[u8],
    sum_up: impl Fn(&Measurement, Option<SystemTime>) -> T,
) -> Result<Vec<StoredRun<T>>, ReadError> {
    let bytes = bytes.trim_ascii();
    let json = match bytes.strip_prefix(PREFIX.as_bytes()) {
        Some(rest) => {
            let rest = rest.trim_ascii_start();
            let rest = rest.strip_prefix(b"=").ok_or_else(|| ReadError::new(path, "there is no `=` after its name"))?;
            rest.strip_suffix(b";").unwrap_or(rest)
        }
        None => bytes,
    };
    let data: Data = serde_json::from_slice(json).map_err(|e| ReadError::new(path, e))?;
    let mut runs = Vec::new();
    for (suite, entries) in data.entries {
        for (i, entry) in entries.into_iter().enumerate() {
            let place = format!("{}: {suite}, entry {}", path.display(), i + 1);
            runs.push(run(&suite, entry, &place, &sum_up));
        }
    }
    Ok(runs)
}

fn run<T>(
    suite: &str,
    entry: Value,
    place: &str,
    sum_up: &impl Fn(&Measurement, Option<SystemTime>) -> T,
) -> StoredRun<T> {
    let mut tree = Tree { entries: Vec::new(), broken: Vec::new(), warnings: Vec::new() };
    let mut warn = |subject: String, cause: String| {
        tree.warnings.push(Warning { subject, kind: WarningKind::Malformed { cause } });
    };
    let stored = match serde_json::from_value::<Stored>(entry) {
        Ok(stored) => stored,
        Err(e) => {
            warn(place.to_owned(), e.to_string());
            return StoredRun { suite: suite.to_owned(), commit: String::new(), measured_at: None, tree };
        }
    };
    let commit = stored.commit.id;
    let measured_at = stored.date.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()).map(SystemTime::from);
    let mut known = BTreeSet::new();
    for (i, bench) in stored.benches.into_iter().enumerate() {
        let name =
            bench.get("name").and_then(Value::as_str).map_or_else(|| format!("benchmark {}", i + 1), str::to_owned);
        match read_bench(bench, &stored.tool) {
            // The same name again within a run is another execution, or another benchmark: nobody can say.
            Ok((id, ..)) if !known.insert(id.clone()) => {
                warn(format!("{place}: {name}"), "it is there twice; the first is taken".to_owned());
            }
            Ok((id, unit, measurement)) => tree.entries.push(Entry {
                id,
                baseline: commit.clone(),
                throughput: None,
                unit,
                measured: sum_up(&measurement, measured_at),
                overwritten: None,
            }),
            Err(cause) => {
                warn(format!("{place}: {name}"), cause);
                tree.broken.push((BenchmarkId::from_name(&name), commit.clone()));
            }
        }
    }
    StoredRun { suite: suite.to_owned(), commit, measured_at, tree }
}

fn read_bench(bench: Value, tool: &str) -> Result<(BenchmarkId, Unit, Measurement), String> {
    let bench: Bench = serde_json::from_value(bench).map_err(|e| e.to_string())?;
    let unit = bench.unit.strip_suffix("/iter").unwrap_or(&bench.unit);
    let is_rate = ["/s", "/sec", "/second"].iter().any(|end| bench.unit.ends_with(end));
    if is_rate || ["customBiggerIsBetter", "pytest", "benchmarkjs"].contains(&tool) {
        return Err("more of it is better, and only what is better when less can be compared here".to_owned());
    }
    let text = bench.value.to_string();
    let value = bench.value.as_f64().filter(|v| v.is_finite()).ok_or("its value is not a number")?;
    let (scale, unit) = match unit {
        "ns" => (1.0, Unit::Nanoseconds),
        "us" | "µs" | "μs" => (1e3, Unit::Nanoseconds),
        "ms" => (1e6, Unit::Nanoseconds),
        "s" | "sec" | "seconds" => (1e9, Unit::Nanoseconds),
        other => (1.0, Unit::from_name(other)),
    };
    let n_decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let rounding = 10.0_f64.powi(-i32::try_from(n_decimals).unwrap_or(i32::MAX)) / 12.0_f64.sqrt();
    let spread = bench.range.as_ref().and_then(|range| spread(range, value)).unwrap_or(0.0);
    let standard_error = (spread / USUAL_MEASUREMENTS.sqrt()).hypot(rounding) * scale;
    let median = value * scale;
    if !(median.is_finite() && standard_error.is_finite()) {
        return Err("its value is too large".to_owned());
    }
    Ok((BenchmarkId::from_name(&bench.name), unit, Measurement::Estimates { median, standard_error }))
}

/// `± 24`, `+/- 24` or `±1.5%`, in the unit of the value.
fn spread(range: &Value, value: f64) -> Option<f64> {
    let text = range.as_str().map_or_else(|| range.to_string(), str::to_owned);
    let text = text.trim().trim_start_matches("+/-").trim_start_matches('±').trim().replace(',', "");
    let (number, scale) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim().to_owned(), value / 100.0),
        None => (text, 1.0),
    };
    number.parse::<f64>().ok().map(|n| (n * scale).abs()).filter(|n| n.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATA: &str = r#"window.BENCHMARK_DATA = {"lastUpdate":1,"repoUrl":"u","entries":{"Rust":[
        {"commit":{"id":"aaaa"},"date":1600000000000,"tool":"cargo","benches":[
            {"name":"fib","range":"± 24","unit":"ns/iter","value":135},
            {"name":"rate","unit":"ops/sec","value":1},
            {"name":"fib","unit":"ns/iter","value":136},
            {"name":"custom","unit":"ms","value":1.25,"range":"±2%"},
            {"name":"broken","unit":"ms"}]},
        {"commit":3}]}}"#;

    #[test]
    fn a_run_for_each_commit() {
        let runs = read_action_data(Path::new("data.js"), DATA.as_bytes(), |m, at| (m.clone(), at)).expect("data");
        assert!(is_action_data(DATA.as_bytes()));
        assert_eq!((runs.len(), runs[0].commit.as_str(), runs[0].suite.as_str()), (2, "aaaa", "Rust"));
        let tree = &runs[0].tree;
        assert_eq!(tree.entries.len(), 2);
        let Measurement::Estimates { median, standard_error } = tree.entries[0].measured.0 else { panic!("estimates") };
        assert!((median - 135.0).abs() < 1e-9 && (standard_error - (2.4_f64.powi(2) + 1.0 / 12.0).sqrt()).abs() < 1e-9);
        let Measurement::Estimates { median, .. } = tree.entries[1].measured.0 else { panic!("estimates") };
        assert!((median - 1.25e6).abs() < 1e-6);
        assert_eq!((tree.warnings.len(), tree.broken.len()), (3, 2));
        assert_eq!(runs[1].tree.warnings.len(), 1);
        assert!(read_action_data(Path::new("x"), b"window.BENCHMARK_DATA {}", |_, _| ()).is_err());
    }

    proptest! {
        #[test]
        fn any_change_to_it_is_read_or_told(at in 0..DATA.len(), byte: u8) {
            let mut data = DATA.as_bytes().to_vec();
            data[at] = byte;
            let _ = read_action_data(Path::new("x"), &data, |_, _| ()).is_ok();
        }
    }
}
