use super::{History, HistoryBenchmark, HistoryRun};
use crate::model::BenchmarkId;

/// A benchmark's executions: each with the place of its run, in the order in which they were measured.
pub type Executed = (BenchmarkId, Vec<(usize, f64)>);

/// A history in which every execution has a place of its own: several executions of a run stand next to each other. Says of
/// each place which of `runs` it is of.
#[must_use]
pub fn lay_out(runs: &[HistoryRun], benchmarks: &[Executed]) -> (History, Vec<usize>) {
    let mut widths = vec![0_usize; runs.len()];
    for (_, executions) in benchmarks {
        let mut own = vec![0_usize; runs.len()];
        executions.iter().filter(|(run, _)| *run < runs.len()).for_each(|(run, _)| own[*run] += 1);
        widths.iter_mut().zip(own).for_each(|(width, n)| *width = (*width).max(n));
    }
    let run_of: Vec<usize> = widths.iter().enumerate().flat_map(|(run, width)| (0..*width).map(move |_| run)).collect();
    let starts: Vec<usize> = widths
        .iter()
        .scan(0, |next, width| {
            let start = *next;
            *next += width;
            Some(start)
        })
        .collect();
    let benchmark = |(id, executions): &Executed| {
        let mut values = vec![None; run_of.len()];
        let mut next = starts.clone();
        for (run, value) in executions.iter().filter(|(run, _)| *run < runs.len()) {
            values[next[*run]] = Some(*value);
            next[*run] += 1;
        }
        HistoryBenchmark { id: id.clone(), values }
    };
    let history = History {
        runs: run_of.iter().map(|run| runs[*run].clone()).collect(),
        benchmarks: benchmarks.iter().map(benchmark).collect(),
    };
    (history, run_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_execution_has_a_place_of_its_own() {
        let run = |commit: &str| HistoryRun { commit: commit.to_owned(), date: None, environment: String::new() };
        let benchmarks = [
            (BenchmarkId::from_name("a"), vec![(0, 1.0), (1, 2.0), (1, 3.0), (9, 4.0)]),
            (BenchmarkId::from_name("b"), vec![(1, 5.0), (2, 6.0)]),
        ];
        let (history, run_of) = lay_out(&[run("x"), run("y"), run("z")], &benchmarks);
        assert_eq!(run_of, [0, 1, 1, 2]);
        assert_eq!(history.runs.iter().map(|run| run.commit.as_str()).collect::<String>(), "xyyz");
        assert_eq!(history.benchmarks[0].values, [Some(1.0), Some(2.0), Some(3.0), None]);
        assert_eq!(history.benchmarks[1].values, [None, Some(5.0), None, Some(6.0)]);
        assert_eq!(lay_out(&[], &[]), (History::default(), Vec::new()));
    }
}
