use super::{Action, BenchmarkComparison, NotCompared, Policy, SuiteShift, Verdict, WhyNot};

/// What follows from a whole comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Every compared benchmark was shown not to have become slower by more than its threshold.
    Pass,
    /// At least one regression that the policy doesn't tolerate.
    Regressed,
    /// No regression was shown, but not everything was shown to be free of one.
    Inconclusive,
    /// Not a single benchmark was compared.
    NothingCompared,
}

pub(super) fn outcome(
    compared: &[BenchmarkComparison],
    not_compared: &[NotCompared],
    shift: Option<&SuiteShift>,
    policy: &Policy,
) -> Outcome {
    if compared.is_empty() {
        return Outcome::NothingCompared;
    }
    let gated = |verdict| compared.iter().any(|c| c.verdict == verdict && c.action == Action::Fail);
    let suite = shift.filter(|_| policy.suite_shift == Action::Fail).map(|shift| shift.verdict);
    if gated(Verdict::Regression) || suite == Some(Verdict::Regression) {
        return Outcome::Regressed;
    }
    let incomplete = policy.fail_on.incomplete && not_compared.iter().any(|n| counts_as_missing(&n.reason));
    if gated(Verdict::Inconclusive) || incomplete || not_compared.iter().any(|n| is_untold(&n.reason)) {
        return Outcome::Inconclusive;
    }
    Outcome::Pass
}

/// Whether both sides may have the benchmark, and it could still not be compared.
fn is_untold(reason: &WhyNot) -> bool {
    match reason {
        WhyNot::Added | WhyNot::Removed | WhyNot::Ignored | WhyNot::LeftOut => false,
        WhyNot::SameMeasurement
        | WhyNot::ThroughputChanged { .. }
        | WhyNot::UnitChanged { .. }
        | WhyNot::NotPositive
        | WhyNot::AmbiguousId
        | WhyNot::Unreadable
        | WhyNot::Failed
        | WhyNot::NotRun => true,
    }
}

/// Whether a benchmark that the baseline knows went without a verdict, against the policy's wish.
fn counts_as_missing(reason: &WhyNot) -> bool {
    is_untold(reason) || matches!(reason, WhyNot::Removed | WhyNot::LeftOut)
}
