//! `trees/SESSION/NNN-LABEL/`: Criterion's own folders, a run each, in the order in which they were measured.
//!
//! `labels.json` says of each label by which factor it does more work: `{"A": "", "B1": "group/bench=1.05,…"}`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicUsize;

use criterion_regress::criterion::{self, Baselines, NEW};
use criterion_regress::model::Measurement;

use super::case::{Case, Data, Measured, Suite};

/// The label of runs in which nothing was changed.
const UNCHANGED: &str = "A";

/// What labels stand for: of each, the benchmarks that do more or less work, and the factor.
pub(crate) type Labels = BTreeMap<String, BTreeMap<String, f64>>;

/// A run.
#[derive(Debug)]
pub(crate) struct Tree {
    label: String,
    benchmarks: BTreeMap<String, Measured>,
}

/// Reads `labels.json`'s text.
pub(crate) fn parse_labels(text: &str, problems: &mut Vec<String>) -> Labels {
    let written: BTreeMap<String, String> = match serde_json::from_str(text) {
        Ok(written) => written,
        Err(e) => {
            problems.push(format!("it is no object of texts: {e}"));
            return Labels::new();
        }
    };
    let mut labels = Labels::new();
    for (label, changes) in written {
        let factors = labels.entry(label.clone()).or_default();
        for change in changes.split(',').filter(|change| !change.trim().is_empty()) {
            let factor =
                change.rsplit_once('=').and_then(|(name, factor)| Some((name, factor.trim().parse::<f64>().ok()?)));
            match factor {
                Some((name, factor)) if factor.is_finite() && factor > 0.0 => {
                    factors.insert(name.trim().to_owned(), factor);
                }
                Some(_) | None => problems.push(format!("{label}: {change:?} is no benchmark=factor")),
            }
        }
    }
    labels
}

/// Reads the runs of a session, in order; what is wrong with some of them goes to `problems`.
pub(crate) fn read(session: &Path, problems: &mut Vec<String>) -> Vec<Tree> {
    let mut runs: Vec<(u64, String)> = Vec::new();
    match std::fs::read_dir(session) {
        Ok(entries) => {
            let names =
                entries.flatten().filter(|e| e.path().is_dir()).map(|e| e.file_name().to_string_lossy().into_owned());
            runs.extend(names.filter_map(|name| Some((number_and_label(&name)?.0, name))));
        }
        Err(e) => problems.push(e.to_string()),
    }
    runs.sort();
    let mut trees = Vec::new();
    for (_, name) in runs {
        let Some((_, label)) = number_and_label(&name) else { continue };
        let sample = |measurement: &Measurement, _| match measurement {
            Measurement::Sample(sample) => Some(Measured::new(sample.clone())),
            Measurement::Estimates { .. } | Measurement::Printed(_) => None,
        };
        match criterion::read(&session.join(&name), Baselines::Named(&[NEW]), sample, &AtomicUsize::new(0)) {
            Ok(tree) => {
                problems.extend(tree.warnings.iter().map(|w| format!("{name}/{}: {:?}", w.subject, w.kind)));
                let measured = tree.entries.into_iter().filter_map(|e| Some((e.id.as_str().to_owned(), e.measured?)));
                let benchmarks: BTreeMap<String, Measured> = measured.collect();
                if benchmarks.is_empty() {
                    problems.push(format!("{name}: it has no measurements"));
                }
                trees.push(Tree { label: label.to_owned(), benchmarks });
            }
            Err(e) => problems.push(e.to_string()),
        }
    }
    trees
}

/// `012-B1` is the run number 12 of label B1.
fn number_and_label(name: &str) -> Option<(u64, &str)> {
    let (number, label) = name.split_once('-')?;
    Some((number.parse().ok()?, label))
}

fn suite<'a>(baseline: &'a Tree, candidate: &'a Tree, factors: &BTreeMap<String, f64>) -> Suite<'a> {
    let cases = baseline.benchmarks.iter().filter_map(|(name, b)| {
        let c = candidate.benchmarks.get(name)?;
        let labelled = factors.get(name).copied().unwrap_or(1.0);
        Some(Case { labelled, ..Case::unchanged(vec![b], vec![c]) })
    });
    Suite { cases: cases.collect(), next: Vec::new() }
}

fn data<'a>(suites: Vec<Suite<'a>>, independent_runs: usize) -> Data<'a> {
    let largest = suites.iter().map(|s| s.cases.len()).max().unwrap_or(0);
    Data {
        suites: suites.into_iter().filter(|s| !s.cases.is_empty()).collect(),
        independent_suites: independent_runs as u64,
        independent_benchmarks: (independent_runs * largest) as u64,
    }
}

/// All ordered pairs of runs in which nothing was changed. Half as many pairs as runs share no run.
pub(crate) fn unchanged(trees: &[Tree]) -> Data<'_> {
    let same: Vec<&Tree> = trees.iter().filter(|tree| tree.label == UNCHANGED).collect();
    let mut suites = Vec::new();
    for (i, baseline) in same.iter().enumerate() {
        for (j, candidate) in same.iter().enumerate() {
            if i != j {
                suites.push(suite(baseline, candidate, &BTreeMap::new()));
            }
        }
    }
    data(suites, same.len() / 2)
}

/// Each labelled run against each unchanged one.
pub(crate) fn labelled<'a>(trees: &'a [Tree], labels: &Labels) -> Data<'a> {
    let mut suites = Vec::new();
    let (mut n_baselines, mut n_candidates) = (0, 0);
    for baseline in trees.iter().filter(|tree| tree.label == UNCHANGED) {
        n_baselines += 1;
        n_candidates = 0;
        for candidate in trees.iter().filter(|tree| tree.label != UNCHANGED) {
            if let Some(factors) = labels.get(&candidate.label) {
                n_candidates += 1;
                suites.push(suite(baseline, candidate, factors));
            }
        }
    }
    data(suites, n_candidates.min(n_baselines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_labels(text: &str, want: &[(&str, &str, f64)], n_problems: usize) {
        let mut problems = Vec::new();
        let labels = parse_labels(text, &mut problems);
        let got: Vec<(&str, &str, f64)> = labels
            .iter()
            .flat_map(|(l, factors)| factors.iter().map(move |(b, f)| (l.as_str(), b.as_str(), *f)))
            .collect();
        assert_eq!((got.as_slice(), problems.len()), (want, n_problems), "{text}: {problems:?}");
    }

    #[test]
    fn labels() {
        check_labels(r#"{"A": "", "B": "a/b=1.05,c=0.9"}"#, &[("B", "a/b", 1.05), ("B", "c", 0.9)], 0);
        check_labels(r#"{"B": "a,b=,c=x,d=-1,e=NaN,f=inf,g=2"}"#, &[("B", "g", 2.0)], 6);
        check_labels(r#"{"B": 3}"#, &[], 1);
        check_labels("", &[], 1);
    }

    fn write(folder: &Path, times: &str) {
        std::fs::create_dir_all(folder).expect("a folder");
        let id = r#"{"group_id":"g","function_id":"f","value_str":null,"throughput":null,"full_id":"g/f","directory_name":"g/f","title":"g/f"}"#;
        std::fs::write(folder.join("benchmark.json"), id).expect("written");
        let sample = format!(r#"{{"sampling_mode":"Flat","iters":[1.0,1.0,1.0],"times":{times}}}"#);
        std::fs::write(folder.join("sample.json"), sample).expect("written");
    }

    #[test]
    fn broken_runs_cost_only_themselves() {
        let session = tempfile::tempdir().expect("a folder");
        for (run, times) in [("000-A", "[1,2,3]"), ("001-B1", "[2,3,4]"), ("002-A", "[1,2,4]"), ("003-A", "[1,null,4]")]
        {
            write(&session.path().join(run).join("g/f/new"), times);
        }
        std::fs::create_dir(session.path().join("004-A")).expect("a folder");
        std::fs::create_dir(session.path().join("notes")).expect("a folder");
        let mut problems = Vec::new();
        let trees = read(session.path(), &mut problems);
        assert_eq!(trees.len(), 5);
        assert!(problems.len() >= 2, "{problems:?}");
        assert_eq!(unchanged(&trees).suites.len(), 2);
        assert!(labelled(&trees, &Labels::new()).suites.is_empty());
        let labels = parse_labels(r#"{"B1": "g/f=1.5"}"#, &mut problems);
        let data = labelled(&trees, &labels);
        assert_eq!(data.suites.len(), 2);
        assert!((data.suites[0].cases[0].labelled - 1.5).abs() < 1e-12);
        assert!(read(&session.path().join("nowhere"), &mut problems).is_empty());
    }
}
