//! What is judged: benchmarks with the executions of either side, whose true change is known.

use criterion_regress::model::{Execution, Measurement, Sample, SamplingMode};
use criterion_regress::stats::summarize;

/// One execution of one benchmark, as rules of either kind want it.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) sample: Sample,
    pub(crate) execution: Execution,
}

impl Measured {
    pub(crate) fn new(sample: Sample) -> Measured {
        let execution = summarize(&Measurement::Sample(sample.clone()), None);
        Measured { sample, execution }
    }

    /// Measurements of one iteration each; none where there are none, or one of them isn't a positive number.
    pub(crate) fn from_values(values: Vec<f64>) -> Option<Measured> {
        let is_usable = values.iter().all(|value| value.is_finite() && *value > 0.0);
        let sample = Sample::new(SamplingMode::Flat, vec![1.0; values.len()], values).ok()?;
        is_usable.then(|| Measured::new(sample))
    }
}

/// One benchmark of a comparison.
#[derive(Debug, Clone)]
pub(crate) struct Case<'a> {
    /// In the order in which they were measured.
    pub(crate) baseline: Vec<&'a Measured>,
    /// In the order in which they were measured.
    pub(crate) candidate: Vec<&'a Measured>,
    /// By what the candidate's times are multiplied before anybody sees them.
    pub(crate) factor: f64,
    /// By what the candidate's work was multiplied when it was measured; 1 where nothing changed.
    pub(crate) labelled: f64,
}

impl<'a> Case<'a> {
    /// A benchmark that did not change.
    pub(crate) fn unchanged(baseline: Vec<&'a Measured>, candidate: Vec<&'a Measured>) -> Case<'a> {
        Case { baseline, candidate, factor: 1.0, labelled: 1.0 }
    }
}

/// One comparison of a suite.
#[derive(Debug, Clone, Default)]
pub(crate) struct Suite<'a> {
    pub(crate) cases: Vec<Case<'a>>,
    /// What the run after the candidate says of the same benchmarks, for rules that wait for it; empty where there is none.
    pub(crate) next: Vec<Option<&'a Measured>>,
}

/// Data that is scored together.
#[derive(Debug, Default)]
pub(crate) struct Data<'a> {
    pub(crate) suites: Vec<Suite<'a>>,
    /// How many benchmarks of these comparisons share no data; all rates rest on no more than that.
    pub(crate) independent_benchmarks: u64,
    /// How many comparisons share no data.
    pub(crate) independent_suites: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positive_numbers_are_measurements() {
        assert!(Measured::from_values(vec![1.0, 2.0]).is_some());
        for bad in [vec![], vec![0.0], vec![1.0, -1.0], vec![f64::NAN], vec![f64::INFINITY]] {
            assert!(Measured::from_values(bad.clone()).is_none(), "{bad:?}");
        }
    }
}
