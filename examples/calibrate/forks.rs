//! `forks/*.json`: benchmarks with several executions each, of one build.
//!
//! `{"bench": {id: [[seconds per operation, …], …]}}`, an inner list an execution. Whatever differs between two executions is
//! noise, so that any halves of them are a comparison in which nothing changed.

use std::collections::BTreeMap;

use criterion_regress::stats::Random;
use serde_json::Value;

use super::case::{Case, Data, Measured, Suite};
use super::part::{Part, is_reported};

/// Benchmarks of a comparison, where there are as many.
const FAMILY: usize = 100;

/// Executions of either side, where there are as many.
const EXECUTIONS: usize = 5;

/// A benchmark's executions.
#[derive(Debug)]
pub(crate) struct Forks {
    pub(crate) name: String,
    pub(crate) executions: Vec<Measured>,
}

/// Reads a file's text; what is wrong with parts of it goes to `problems`.
pub(crate) fn parse(text: &str, part: Part, problems: &mut Vec<String>) -> Vec<Forks> {
    let file: Value = match serde_json::from_str(text) {
        Ok(file) => file,
        Err(e) => {
            problems.push(format!("it is not JSON: {e}"));
            return Vec::new();
        }
    };
    let Some(benchmarks) = file.get("bench").and_then(Value::as_object) else {
        problems.push("it has no object `bench`".to_owned());
        return Vec::new();
    };
    let mut forks = Vec::new();
    for (name, executions) in benchmarks {
        if !is_reported(project(name), part) {
            continue;
        }
        let lists = executions.as_array().map_or(&[][..], Vec::as_slice);
        let executions: Vec<Measured> = lists.iter().filter_map(execution).collect();
        if executions.len() < lists.len() || lists.is_empty() {
            let n = lists.len() - executions.len();
            problems.push(format!("{name}: {n} of {} executions are not lists of positive numbers", lists.len()));
        }
        if executions.len() >= 2 {
            forks.push(Forks { name: name.clone(), executions });
        }
    }
    forks
}

/// The project of a benchmark: what stands before `#`.
fn project(name: &str) -> &str {
    name.split('#').next().unwrap_or(name)
}

fn execution(list: &Value) -> Option<Measured> {
    Measured::from_values(list.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?)
}

/// Draws comparisons: a family of benchmarks, the executions of each split in two at random.
pub(crate) fn families(forks: &[Forks], n: usize, seed: u64) -> Data<'_> {
    let mut random = Random::new(seed);
    let family = |_| {
        let members = random.choose(forks.len(), FAMILY);
        let cases = members.into_iter().map(|i| {
            let executions = &forks[i].executions;
            let half = (executions.len() / 2).min(EXECUTIONS);
            let order = random.choose(executions.len(), 2 * half);
            let side = |places: &[usize]| places.iter().map(|p| &executions[*p]).collect();
            Case::unchanged(side(&order[..half]), side(&order[half..]))
        });
        Suite { cases: cases.collect(), next: Vec::new() }
    };
    let suites: Vec<Suite<'_>> = if forks.is_empty() { Vec::new() } else { (0..n).map(family).collect() };
    Data { independent_suites: suites.len() as u64, independent_benchmarks: forks.len() as u64, suites }
}

/// How many benchmarks each project has, for people.
pub(crate) fn projects(forks: &[Forks]) -> BTreeMap<&str, usize> {
    let mut projects = BTreeMap::new();
    forks.iter().for_each(|f| *projects.entry(project(&f.name)).or_default() += 1);
    projects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[(&str, usize)], n_problems: usize) {
        let mut problems = Vec::new();
        let got = parse(text, Part::HeldOut, &mut problems);
        let got: Vec<(&str, usize)> = got.iter().map(|f| (f.name.as_str(), f.executions.len())).collect();
        assert_eq!((got.as_slice(), problems.len()), (want, n_problems), "{text}: {problems:?}");
    }

    #[test]
    fn what_can_be_used() {
        check(r#"{"bench": {"a#x": [[1, 2], [3, 4]]}}"#, &[("a#x", 2)], 0);
        check(r#"{"bench": {}}"#, &[], 0);
        check(r#"{"bench": {"a": [[1], [null], [2]]}}"#, &[("a", 2)], 1);
        check(r#"{"bench": {"a": [[1], [0], [-2], [], "x", 3]}}"#, &[], 1);
        check(r#"{"bench": {"a": null, "b": {}, "c": [[1], [1]]}}"#, &[("c", 2)], 2);
        check(r#"{"bench": {"a": [[NaN]]}}"#, &[], 1);
        check(r#"{"bench": 3}"#, &[], 1);
        check("", &[], 1);
        check("[]", &[], 1);
    }

    #[test]
    fn what_was_tuned_on_is_left_out() {
        let text = r#"{"bench": {"apache__hive#x": [[1], [2]], "mine#x": [[1], [2]]}}"#;
        check(text, &[("mine#x", 2)], 0);
        assert_eq!(parse(text, Part::All, &mut Vec::new()).len(), 2);
    }

    #[test]
    fn halves_share_no_execution() {
        let text = r#"{"bench": {"a": [[1], [2], [3], [4], [5]], "b": [[1], [2]]}}"#;
        let forks = parse(text, Part::HeldOut, &mut Vec::new());
        let data = families(&forks, 50, 7);
        assert_eq!((data.suites.len(), data.independent_benchmarks), (50, 2));
        for case in data.suites.iter().flat_map(|s| &s.cases) {
            assert_eq!(case.baseline.len(), case.candidate.len());
            assert!(case.baseline.iter().all(|b| case.candidate.iter().all(|c| !std::ptr::eq(*b, *c))));
        }
        assert!(families(&[], 50, 7).suites.is_empty());
    }
}
