//! `series/*.json`: what CI measured, run after run.
//!
//! As github-action-benchmark's histories: `{suites: {name: {tool, series: {bench: [[commit, date, value, range, unit], …]}}}}`;
//! or Criterion's snapshots: `{columns: [snapshot, median_ns, …], arch: {name: {bench: [[snapshot, …], …]}}}`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::case::{Case, Data, Measured, Suite};

/// How many earlier runs are a baseline, at most.
pub(crate) const HISTORY: usize = 20;

/// The measured code of this repository's examples has not changed, which its history of commits shows.
const UNCHANGED: &str = "benchmark-action+github-action-benchmark";

/// The runs of one suite, in time.
#[derive(Debug, Default)]
pub(crate) struct Series {
    /// The file and the suite.
    pub(crate) name: String,
    /// Of each run, what was measured of each benchmark.
    pub(crate) runs: Vec<BTreeMap<String, Measured>>,
}

/// Whether nothing changed in the series of a file, or nobody knows.
pub(crate) fn is_known_unchanged(file: &str) -> bool {
    file.starts_with(UNCHANGED)
}

/// Reads a file's text; what is wrong with parts of it goes to `problems`.
pub(crate) fn parse(text: &str, problems: &mut Vec<String>) -> Vec<Series> {
    let file: Value = match serde_json::from_str(text) {
        Ok(file) => file,
        Err(e) => {
            problems.push(format!("it is not JSON: {e}"));
            return Vec::new();
        }
    };
    if let Some(suites) = file.get("suites").and_then(Value::as_object) {
        suites.iter().map(|(name, suite)| history(name, suite, problems)).collect()
    } else if let Some(architectures) = file.get("arch").and_then(Value::as_object) {
        let columns = file.get("columns").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let median = columns.iter().position(|c| c.as_str() == Some("median_ns")).unwrap_or(1);
        architectures.iter().map(|(name, suite)| snapshots(name, suite, median, problems)).collect()
    } else {
        problems.push("it has neither `suites` nor `arch`".to_owned());
        Vec::new()
    }
}

fn history(name: &str, suite: &Value, problems: &mut Vec<String>) -> Series {
    let empty = Map::new();
    let series = suite.get("series").and_then(Value::as_object).unwrap_or(&empty);
    let tool = suite.get("tool").and_then(Value::as_str).unwrap_or_default();
    let mut runs: BTreeMap<(i64, String), BTreeMap<String, Measured>> = BTreeMap::new();
    let (mut n_points, mut n_bad) = (0, 0);
    for (benchmark, points) in series {
        for point in points.as_array().map_or(&[][..], Vec::as_slice) {
            n_points += 1;
            let Some((run, unit, time)) = point_of(point, tool) else {
                n_bad += 1;
                continue;
            };
            // Where the unit changes, it is another benchmark.
            runs.entry(run).or_default().insert(format!("{benchmark} [{unit}]"), time);
        }
    }
    complain(name, n_bad, n_points, problems);
    Series { name: name.to_owned(), runs: runs.into_values().collect() }
}

fn point_of(point: &Value, tool: &str) -> Option<((i64, String), &'static str, Measured)> {
    let commit = point.get(0)?.as_str()?;
    let date = point.get(1)?.as_f64()?;
    let value = point.get(2)?.as_f64()?;
    let (unit, value) = canonical(point.get(4).and_then(Value::as_str).unwrap_or_default(), tool, value);
    Some(((date as i64, commit.to_owned()), unit, Measured::from_values(vec![value])?))
}

/// A value of which less is better, and the kind of its unit.
fn canonical(unit: &str, tool: &str, value: f64) -> (&'static str, f64) {
    // Go's further metrics come after a tab.
    let unit = unit.split('\t').next().unwrap_or_default().trim();
    let is_rate = unit.ends_with("/s") || unit.ends_with("/sec") || unit.ends_with("/second");
    let is_larger_better = ["benchmarkjs", "pytest", "customBiggerIsBetter"].contains(&tool) || is_rate;
    if is_larger_better {
        return ("rate", 1.0 / value);
    }
    match unit.split('/').next().unwrap_or_default() {
        "ns" | "nanoseconds" => ("time", value),
        "us" | "µs" | "microseconds" => ("time", value * 1e3),
        "ms" | "milliseconds" => ("time", value * 1e6),
        "s" | "sec" | "seconds" => ("time", value * 1e9),
        "" => ("", value),
        _ => ("other", value),
    }
}

fn snapshots(name: &str, suite: &Value, median: usize, problems: &mut Vec<String>) -> Series {
    let empty = Map::new();
    let mut runs: BTreeMap<String, BTreeMap<String, Measured>> = BTreeMap::new();
    let (mut n_points, mut n_bad) = (0, 0);
    for (benchmark, rows) in suite.as_object().unwrap_or(&empty) {
        for row in rows.as_array().map_or(&[][..], Vec::as_slice) {
            n_points += 1;
            let snapshot = row.get(0).and_then(Value::as_str);
            let measured = row.get(median).and_then(Value::as_f64).and_then(|v| Measured::from_values(vec![v]));
            match (snapshot, measured) {
                (Some(snapshot), Some(measured)) => {
                    runs.entry(snapshot.to_owned()).or_default().insert(benchmark.clone(), measured);
                }
                (None, _) | (_, None) => n_bad += 1,
            }
        }
    }
    complain(name, n_bad, n_points, problems);
    Series { name: name.to_owned(), runs: runs.into_values().collect() }
}

fn complain(name: &str, n_bad: usize, n_points: usize, problems: &mut Vec<String>) {
    if n_points == 0 {
        problems.push(format!("{name}: it has no points"));
    } else if n_bad > 0 {
        problems.push(format!("{name}: {n_bad} of {n_points} points are no positive values with a commit and a date"));
    }
}

/// Marks the executions of history as such: a single stored value, of which no spread inside an execution is known.
///
/// To the library, a sample of one measurement is `--quick`'s and no test; a stored value stands for a whole execution.
pub(crate) fn as_stored(all: &mut [Series]) {
    use criterion_regress::model::Evidence;
    let mut number: u64 = 0;
    for measured in all.iter_mut().flat_map(|s| &mut s.runs).flat_map(BTreeMap::values_mut) {
        number += 1;
        measured.execution.evidence = Evidence::Sample;
        measured.execution.n_measurements = 0;
        // Two executions of equal values are no copies of one another.
        measured.execution.fingerprint = number;
    }
}

/// Walks suites in time: each run against up to `most` runs before it, of which there have to be `least`.
pub(crate) fn walk<'a>(all: &[&'a Series], least: usize, most: usize) -> Data<'a> {
    let mut data = Data::default();
    for series in all {
        for (i, run) in series.runs.iter().enumerate() {
            let earlier = &series.runs[i.saturating_sub(most)..i];
            let mut suite = Suite::default();
            for (name, candidate) in run {
                let baseline: Vec<&Measured> = earlier.iter().filter_map(|r| r.get(name)).collect();
                if baseline.len() >= least {
                    suite.cases.push(Case::unchanged(baseline, vec![candidate]));
                    suite.next.push(series.runs.get(i + 1).and_then(|next| next.get(name)));
                }
            }
            if !suite.cases.is_empty() {
                data.suites.push(suite);
            }
        }
    }
    // A run is judged, and then is part of what others are judged by.
    data.independent_suites = data.suites.len() as u64 / 2;
    data.independent_benchmarks = data.suites.iter().map(|s| s.cases.len() as u64).sum::<u64>() / 2;
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, n_problems: usize) -> Vec<Series> {
        let mut problems = Vec::new();
        let series = parse(text, &mut problems);
        assert_eq!(problems.len(), n_problems, "{text}: {problems:?}");
        series
    }

    fn value(series: &Series, run: usize, name: &str) -> Option<f64> {
        series.runs.get(run)?.get(name)?.sample.per_iteration().next()
    }

    #[test]
    fn runs_are_in_time() {
        let text = r#"{"suites": {"s": {"tool": "cargo", "series": {
            "a": [["c2", 20, 7, "", "us/iter"], ["c1", 10, 5, "± 1", "ns/iter"]],
            "b": [["c2", 20, 9, "", "ops/sec"]]}}}}"#;
        let series = parsed(text, 0);
        assert_eq!(series[0].runs.len(), 2);
        assert_eq!(value(&series[0], 0, "a [time]"), Some(5.0));
        assert_eq!(value(&series[0], 1, "a [time]"), Some(7000.0));
        assert_eq!(value(&series[0], 1, "b [rate]"), Some(1.0 / 9.0));
    }

    #[test]
    fn hostile_points_cost_only_themselves() {
        let text = r#"{"suites": {"s": {"series": {"a": [["c", 1, 0, "", ""], ["c", 2, null], [], 3, ["c", 3, -1],
            [null, 1, 1], ["c", "x", 1], ["c", 4, 2.5]], "b": null}}}}"#;
        let series = parsed(text, 1);
        assert_eq!(value(&series[0], 0, "a []"), Some(2.5));
        assert_eq!(series[0].runs.len(), 1);
        for (text, n) in [("{}", 1), ("", 1), (r#"{"suites": {"s": null}}"#, 1), (r#"{"suites": {}}"#, 0)] {
            assert!(parsed(text, n).iter().all(|s| s.runs.is_empty()));
        }
    }

    #[test]
    fn snapshots_of_criterion() {
        let text = r#"{"columns": ["snapshot", "median_ns"], "arch": {"x86": {"a": [["1", 5.5, 1], ["0", 4.5], ["2", "x"]]}}}"#;
        let series = parsed(text, 1);
        assert_eq!((value(&series[0], 0, "a"), value(&series[0], 1, "a")), (Some(4.5), Some(5.5)));
    }

    #[test]
    fn walks_with_what_came_before() {
        let points: Vec<String> = (0..6).map(|i| format!(r#"["c{i}", {i}, {}, "", ""]"#, i + 1)).collect();
        let text = format!(r#"{{"suites": {{"s": {{"series": {{"a": [{}]}}}}}}}}"#, points.join(","));
        let series = parsed(&text, 0);
        let all: Vec<&Series> = series.iter().collect();
        let data = walk(&all, 2, 3);
        let lengths: Vec<usize> = data.suites.iter().map(|s| s.cases[0].baseline.len()).collect();
        assert_eq!(lengths, [2, 3, 3, 3]);
        assert!(data.suites[0].next[0].is_some() && data.suites[3].next[0].is_none());
        assert!(walk(&[], 2, 3).suites.is_empty());
    }
}
