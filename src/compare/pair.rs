//! Two sides of one benchmark as numbers that may be compared, or why they may not.

use super::{WhyNot, noise};
use crate::model::{Benchmark, Estimator, Evidence, Execution, Overwritten, Unit};
use crate::stats::{Difference, pooled, welch};

/// Two sides of one benchmark whose numbers may be divided by one another.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub(super) baseline: &'a Benchmark,
    pub(super) candidate: &'a Benchmark,
    /// Per iteration, both positive.
    pub(super) locations: [f64; 2],
    /// Standard error of the log ratio from inside one execution a side.
    pub(super) within: f64,
    pub(super) evidence: Evidence,
    /// Executions on each side that count.
    pub(super) n_executions: [usize; 2],
    /// Measurements within them.
    pub(super) n_measurements: [usize; 2],
    /// The last of them on each side.
    pub(super) newest: [&'a Execution; 2],
    /// What the spread of the executions says, where a side has several.
    pub(super) between: Option<Difference>,
    /// The same with one spread for both sides.
    pub(super) pooled: Option<Difference>,
    /// Logarithms of the executions of each side, in the order in which they were given, where a side has several.
    pub(super) logs: Option<Box<[Vec<f64>; 2]>>,
    /// Executions of the baseline that the candidate has as well.
    pub(super) n_shared: usize,
    /// Executions of `--quick` that were left out, as there are others.
    pub(super) n_quick: usize,
}

/// The executions of a side that are tests, and how many of `--quick` were left out for them; those of `--quick` where there are no
/// others.
fn tests<'a>(executions: impl Iterator<Item = &'a Execution>) -> (Vec<&'a Execution>, usize) {
    let (quick, tests): (Vec<&Execution>, Vec<&Execution>) = executions.partition(|e| e.evidence == Evidence::Quick);
    if tests.is_empty() { (quick, 0) } else { (tests, quick.len()) }
}

/// Whether both sides count the same thing for the same work.
pub(super) fn comparable(baseline: &Benchmark, candidate: &Benchmark) -> Result<(), WhyNot> {
    if !baseline.unit.is_comparable_with(&candidate.unit) {
        return Err(WhyNot::UnitChanged { baseline: baseline.unit.clone(), candidate: candidate.unit.clone() });
    }
    // An export without samples may be one that could not hold the throughput's kind.
    let may_be_lost = |b: &Benchmark| {
        let is_weak = matches!(b.executions.evidence(), Evidence::Estimates | Evidence::Printed);
        b.throughput.is_none() && is_weak
    };
    let is_lost = may_be_lost(baseline) || may_be_lost(candidate);
    if baseline.throughput != candidate.throughput && !is_lost {
        return Err(WhyNot::ThroughputChanged {
            baseline: baseline.throughput.clone(),
            candidate: candidate.throughput.clone(),
        });
    }
    Ok(())
}

/// The unit of both sides: what is stated on one side holds for the other.
pub(super) fn unit(baseline: &Benchmark, candidate: &Benchmark) -> Unit {
    match &candidate.unit {
        Unit::Unstated => baseline.unit.clone(),
        stated @ (Unit::Nanoseconds | Unit::Custom(_)) => stated.clone(),
    }
}

impl<'a> Pair<'a> {
    pub(super) fn new(
        baseline: &'a Benchmark,
        candidate: &'a Benchmark,
        estimator: Estimator,
    ) -> Result<Pair<'a>, WhyNot> {
        comparable(baseline, candidate)?;
        if baseline.executions.len() == 1 && candidate.executions.len() == 1 {
            Pair::of_two(baseline, candidate)
        } else {
            Pair::of_several(baseline, candidate, estimator)
        }
    }

    /// One execution a side.
    fn of_two(baseline: &'a Benchmark, candidate: &'a Benchmark) -> Result<Pair<'a>, WhyNot> {
        let (b, c) = (baseline.executions.first(), candidate.executions.first());
        let weaker = b.evidence.max(c.evidence);
        let is_estimate_of_other =
            b.mark().zip(c.mark()).is_some_and(|(b, c)| b.is_same_as(&c) && b.is_estimate != c.is_estimate);
        if is_estimate_of_other {
            return Err(WhyNot::SameMeasurement);
        }
        let is_copy = b.fingerprint == c.fingerprint && (candidate.overwritten.is_some() || !c.is_constant());
        let (locations, within, evidence) = if is_copy {
            let Some(Overwritten::Change(change)) = candidate.overwritten else { return Err(WhyNot::SameMeasurement) };
            let ratio = 1.0 + change.median;
            ([c.typical / ratio, c.typical], change.standard_error / ratio, weaker.max(Evidence::CriterionChange))
        } else if weaker == Evidence::Estimates {
            ([b.median, c.median], b.standard_error.hypot(c.standard_error), weaker)
        } else if weaker == Evidence::Printed {
            // What is printed is a slope or a mean, so that a median beside it would be another quantity.
            ([b.mean, c.mean], b.standard_error.hypot(c.standard_error), weaker)
        } else {
            ([b.typical, c.typical], b.standard_error.hypot(c.standard_error), weaker)
        };
        // Criterion's median of the very measurements on the other side.
        if evidence == Evidence::Estimates && (locations[1] / locations[0] - 1.0).abs() < 1e-12 {
            return Err(WhyNot::SameMeasurement);
        }
        let pair = Pair {
            baseline,
            candidate,
            locations,
            within,
            evidence,
            n_executions: [1, 1],
            n_measurements: [b.n_measurements, c.n_measurements],
            newest: [b, c],
            between: None,
            pooled: None,
            logs: None,
            n_shared: 0,
            n_quick: 0,
        };
        pair.checked()
    }

    /// Several executions on at least one side.
    fn of_several(baseline: &'a Benchmark, candidate: &'a Benchmark, estimator: Estimator) -> Result<Pair<'a>, WhyNot> {
        let shared = |e: &&Execution| candidate.executions.has(e);
        let n_shared = baseline.executions.iter().filter(shared).count();
        let (own, n_quick_b) = tests(baseline.executions.iter().filter(|e| !shared(e)));
        let (others, n_quick_c) = tests(candidate.executions.iter());
        let newest = |side: &[&'a Execution]| side.iter().copied().max_by_key(|e| e.measured_at);
        let (Some(newest_b), Some(newest_c)) = (newest(&own), newest(&others)) else {
            return Err(WhyNot::SameMeasurement);
        };
        let evidence = own.iter().chain(&others).map(|e| e.evidence).max().unwrap_or(Evidence::Sample);
        let location = |e: &Execution| match evidence {
            Evidence::Estimates => e.median,
            Evidence::Printed => e.mean,
            Evidence::Sample | Evidence::CriterionChange | Evidence::Quick => e.location(estimator),
        };
        let logs: [Vec<f64>; 2] =
            [own.iter().map(|e| location(e).ln()).collect(), others.iter().map(|e| location(e).ln()).collect()];
        let mean = |logs: &[f64]| logs.iter().sum::<f64>() / logs.len() as f64;
        let pooled = pooled(&logs[0], &logs[1]);
        let largest = |errors: &mut dyn Iterator<Item = f64>| errors.fold(0.0, f64::max);
        let pair = Pair {
            baseline,
            candidate,
            locations: [mean(&logs[0]).exp(), mean(&logs[1]).exp()],
            within: largest(&mut own.iter().map(|e| e.standard_error))
                .hypot(largest(&mut others.iter().map(|e| e.standard_error))),
            evidence,
            n_executions: [logs[0].len(), logs[1].len()],
            n_measurements: [&own, &others].map(|side| side.iter().map(|e| e.n_measurements).sum()),
            newest: [newest_b, newest_c],
            between: welch(&logs[0], &logs[1]).or(pooled),
            pooled,
            logs: Some(Box::new(logs)),
            n_shared,
            n_quick: n_quick_b + n_quick_c,
        };
        pair.checked()
    }

    /// The pair, if its sides have a ratio.
    fn checked(self) -> Result<Pair<'a>, WhyNot> {
        let [b, c] = self.locations;
        let usable = |x: f64| x.is_finite() && x > 0.0;
        let is_told = self.between.is_none_or(|d| d.difference.is_finite() && d.standard_error.is_finite());
        if usable(b) && usable(c) && usable(c / b) && self.within.is_finite() && is_told {
            Ok(self)
        } else {
            Err(WhyNot::NotPositive)
        }
    }

    pub(super) fn log_change(&self) -> noise::LogChange {
        noise::LogChange {
            // The difference of logarithms, not the logarithm of the ratio: exactly opposite when the sides are swapped.
            estimate: self.locations[1].ln() - self.locations[0].ln(),
            within: self.within,
            is_a_test: self.evidence != Evidence::Quick,
            n_executions: self.n_executions,
            between: self.between,
            pooled: self.pooled,
        }
    }
}
