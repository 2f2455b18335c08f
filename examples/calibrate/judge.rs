//! Who judges: the library as people use it, or the rule of another tool.

use criterion_regress::calibration::{Call, Decision, Rule, Sides};
use criterion_regress::compare::{
    BenchmarkComparison, Confirmation, Doubt, NoiseThreshold, Policy, RunComparison, Suspicion, Verdict, compare,
    confirm,
};
use criterion_regress::model::{Benchmark, BenchmarkId, Estimator, Execution, Executions, Run, Sample, Unit};

use super::case::Case;

/// One that judges the benchmarks of a comparison.
#[derive(Debug, Clone)]
pub(crate) enum Judge {
    /// `regress` itself, with all executions of a side.
    Ours(Box<Policy>),
    /// Another tool's rule.
    Rival(Rule),
}

/// What a judge says of a comparison.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judged {
    /// Of each benchmark; none where the rule can't be applied.
    pub(crate) decisions: Vec<Option<Decision>>,
    /// Whether the suite as a whole is said to be slower.
    pub(crate) is_shifted: bool,
}

impl Judge {
    /// The built-in profile `smoke`, as in `cli/settings.rs`.
    pub(crate) fn smoke() -> Judge {
        Judge::Ours(Box::new(policy(20.0, 8.0)))
    }

    /// The built-in profile `official`, as in `cli/settings.rs`.
    pub(crate) fn official() -> Judge {
        let policy = Policy { min_executions: 5, estimator: Estimator::LowerQuartile, ..policy(2.0, 1.5) };
        Judge::Ours(Box::new(policy))
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Judge::Ours(_) => "regress".to_owned(),
            Judge::Rival(rule) => rule.name(),
        }
    }

    /// The level of its intervals.
    pub(crate) fn confidence(&self) -> f64 {
        match self {
            Judge::Ours(policy) => policy.confidence,
            Judge::Rival(Rule::SignedRank { confidence }) => *confidence,
            Judge::Rival(Rule::Tango { .. }) => 0.99,
            Judge::Rival(_) => 0.95,
        }
    }

    /// The same with intervals at 99 %, where it has a choice.
    pub(crate) fn at_99(&self) -> Option<Judge> {
        match self {
            Judge::Ours(policy) => Some(Judge::Ours(Box::new(Policy { confidence: 0.99, ..(**policy).clone() }))),
            Judge::Rival(Rule::SignedRank { confidence }) if *confidence < 0.99 => {
                Some(Judge::Rival(Rule::SignedRank { confidence: 0.99 }))
            }
            Judge::Rival(_) => None,
        }
    }

    /// How many comparisons it can be asked for in reasonable time.
    pub(crate) fn at_most(&self) -> usize {
        match self {
            Judge::Rival(Rule::PercentileBootstrap { .. }) => 25,
            Judge::Ours(_) | Judge::Rival(_) => usize::MAX,
        }
    }

    /// What it says of the cases `wanted`, in their order; it sees the whole suite.
    pub(crate) fn judge(&self, cases: &[Case<'_>], wanted: &[usize]) -> Judged {
        match self {
            Judge::Ours(policy) => {
                let all = by_the_library(cases, policy);
                let decisions = wanted.iter().map(|i| all.decisions[*i]).collect();
                Judged { decisions, is_shifted: all.is_shifted }
            }
            Judge::Rival(rule) => {
                Judged { decisions: wanted.iter().map(|i| by_rule(&cases[*i], rule)).collect(), is_shifted: false }
            }
        }
    }
}

fn by_rule(case: &Case<'_>, rule: &Rule) -> Option<Decision> {
    let baseline: Vec<&Sample> = case.baseline.iter().map(|m| &m.sample).collect();
    let is_slowed = (case.factor - 1.0).abs() > 0.0;
    let slowed: Vec<Sample> = if is_slowed {
        case.candidate.iter().map(|m| slowed_sample(&m.sample, case.factor)).collect::<Option<_>>()?
    } else {
        Vec::new()
    };
    let candidate: Vec<&Sample> =
        if is_slowed { slowed.iter().collect() } else { case.candidate.iter().map(|m| &m.sample).collect() };
    rule.decide(&Sides { baseline: &baseline, candidate: &candidate })
}

fn slowed_sample(sample: &Sample, factor: f64) -> Option<Sample> {
    let totals = sample.totals().iter().map(|total| total * factor).collect();
    Sample::new(sample.mode(), sample.iterations().to_vec(), totals).ok()
}

fn slowed(execution: &Execution, factor: f64) -> Execution {
    if (factor - 1.0).abs() <= 0.0 {
        return execution.clone();
    }
    Execution {
        typical: execution.typical * factor,
        median: execution.median * factor,
        lower_quartile: execution.lower_quartile * factor,
        minimum: execution.minimum * factor,
        mean: execution.mean * factor,
        standard_deviation: execution.standard_deviation * factor,
        // Other measurements have another fingerprint.
        fingerprint: execution.fingerprint ^ factor.to_bits().rotate_left(17),
        ..execution.clone()
    }
}

/// A policy from percentages.
fn policy(threshold: f64, assumed_noise: f64) -> Policy {
    let threshold = NoiseThreshold::from_percent(threshold).expect("a percentage");
    Policy::new(threshold, (assumed_noise / 100.0).ln_1p())
}

fn by_the_library(cases: &[Case<'_>], policy: &Policy) -> Judged {
    let compared = compared(cases, policy);
    let mut decisions = vec![None; cases.len()];
    for row in &compared.compared {
        let interval = (row.change.lower.fraction(), row.change.upper.fraction());
        if let Some(place) = number(row).and_then(|i| decisions.get_mut(i)) {
            *place = Some(Decision { call: call(row), listed: is_listed(row), interval: Some(interval) });
        }
    }
    Judged { decisions, is_shifted: is_shifted(&compared) }
}

/// What `regress confirm` makes of the next run: those listed as slower are judged once more, by the next run alone.
pub(crate) fn suspects_confirmed(policy: &Policy, cases: &[Case<'_>], later: &[Case<'_>], wanted: &[usize]) -> Judged {
    let first = compared(cases, policy);
    let suspects: Vec<&BenchmarkComparison> = first.compared.iter().filter(|row| is_listed(row)).collect();
    // Only the suspects are measured again.
    let again: Vec<Case<'_>> = suspects.iter().filter_map(|row| later.get(number(row)?)).cloned().collect();
    let second = compared(&again, policy);
    let suspicions: Vec<(Suspicion, Option<&BenchmarkComparison>)> = suspects
        .iter()
        .enumerate()
        .map(|(place, row)| (row.suspicion(), second.compared.iter().find(|row| number(row) == Some(place))))
        .collect();
    let mut decisions = vec![None; cases.len()];
    for row in &first.compared {
        // What the next run doesn't have was not judged by this way of judging.
        let is_measured_again = |i: &usize| later.get(*i).is_some_and(|case| !case.candidate.is_empty());
        if let Some(i) = number(row).filter(is_measured_again) {
            let before = if call(row) == Call::Slower { Call::CannotTell } else { call(row) };
            decisions[i] = Some(Decision::new(before, None));
        }
    }
    for (row, confirmation) in suspects.iter().zip(confirm(&suspicions, policy.gate_level)) {
        let place = number(row).and_then(|i| decisions.get_mut(i)?.as_mut());
        if let (Some(place), Confirmation::Confirmed { .. }) = (place, confirmation) {
            *place = Decision::new(Call::Slower, None);
        }
    }
    Judged { decisions: wanted.iter().map(|i| decisions[*i]).collect(), is_shifted: false }
}

fn compared(cases: &[Case<'_>], policy: &Policy) -> RunComparison {
    let side = |label: &str, executions: &dyn Fn(&Case<'_>) -> Vec<Execution>| Run {
        label: label.to_owned(),
        benchmarks: cases.iter().enumerate().filter_map(|(i, case)| benchmark(i, executions(case))).collect(),
        ..Run::default()
    };
    let baseline = side("baseline", &|case| case.baseline.iter().map(|m| m.execution.clone()).collect());
    let candidate =
        side("candidate", &|case| case.candidate.iter().map(|m| slowed(&m.execution, case.factor)).collect());
    compare(&baseline, &candidate, policy)
}

/// The one place where executions become a benchmark of the library's.
fn benchmark(number: usize, executions: Vec<Execution>) -> Option<Benchmark> {
    Some(Benchmark {
        id: BenchmarkId::from_name(&format!("{number:06}")),
        throughput: None,
        unit: Unit::Unstated,
        executions: Executions::collect(executions)?,
        overwritten: None,
    })
}

fn number(row: &BenchmarkComparison) -> Option<usize> {
    row.id.as_str().parse().ok()
}

fn call(row: &BenchmarkComparison) -> Call {
    match row.verdict {
        Verdict::Regression => Call::Slower,
        Verdict::Improvement => Call::Faster,
        Verdict::NoChange => Call::Unchanged,
        Verdict::Inconclusive => Call::CannotTell,
    }
}

/// Whether it is a regression, or a suspect that may be one.
fn is_listed(row: &BenchmarkComparison) -> bool {
    let is_suspect = row.doubt == Some(Doubt::Suspected) && row.change.estimate.fraction() > 0.0;
    row.verdict == Verdict::Regression || is_suspect
}

fn is_shifted(compared: &RunComparison) -> bool {
    compared.shift.is_some_and(|shift| shift.verdict == Verdict::Regression)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Measured;

    #[test]
    fn the_library_sees_what_was_slowed() {
        let measured =
            |at: f64| Measured::from_values((0..50).map(|i| at + f64::from(i % 5)).collect()).expect("valid");
        let executions: Vec<Measured> = (0..20).map(|i| measured(1000.0 + f64::from(i))).collect();
        let mut cases: Vec<Case<'_>> =
            executions.chunks(2).map(|pair| Case::unchanged(vec![&pair[0]], vec![&pair[1]])).collect();
        cases[3].factor = 2.0;
        let wanted: Vec<usize> = (0..10).collect();
        let judged = Judge::smoke().judge(&cases, &wanted);
        let calls: Vec<Option<Call>> = judged.decisions.iter().map(|d| d.map(|d| d.call)).collect();
        assert_eq!(calls[3], Some(Call::Slower));
        assert_eq!(calls.iter().filter(|c| **c == Some(Call::Slower)).count(), 1, "{calls:?}");
        let rival = Judge::Rival(Rule::PreviousValue { threshold: 0.2 }).judge(&cases, &[3, 4]);
        let calls: Vec<Option<Call>> = rival.decisions.iter().map(|d| d.map(|d| d.call)).collect();
        assert_eq!(calls, [Some(Call::Slower), Some(Call::Unchanged)]);
    }

    #[test]
    fn nothing_is_judged_without_executions() {
        let case = Case::unchanged(Vec::new(), Vec::new());
        assert_eq!(Judge::smoke().judge(std::slice::from_ref(&case), &[0]).decisions, [None]);
    }
}
