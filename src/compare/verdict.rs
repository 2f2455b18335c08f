//! The one place where thresholds meet numbers.

use super::policy::Terms;
use super::{BenchmarkComparison, ChangeInterval, Noise, NoiseThreshold, Pair, Policy, RelativeChange};
use crate::model::Evidence;
use crate::stats::holm;

/// What the evidence says of one benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Slower by more than the threshold, and the evidence says that the change is real.
    Regression,
    /// Faster by more than the threshold, and the evidence says that the change is real.
    Improvement,
    /// Shown to have changed by less than the threshold.
    NoChange,
    /// The evidence doesn't tell.
    Inconclusive,
}

/// Why a verdict is no more than `Inconclusive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A side has only the measurements of `--quick`.
    Quick,
    /// The estimate is beyond the threshold, but noise alone may do that.
    MaybeNoise,
    /// The estimate is within the threshold, but a change beyond it can't be ruled out.
    TooWide,
}

/// The evidence on one benchmark, on the log scale.
#[derive(Debug, Clone, Copy)]
struct Evidenced {
    estimate: f64,
    /// Chance of an estimate this far from zero, in this direction, from noise alone; corrected for all benchmarks.
    p: f64,
    /// Half the width of the interval that shows equivalence.
    equivalence: f64,
}

pub(super) fn judge(pairs: &[Pair<'_>], noise: &Noise, policy: &Policy) -> Vec<BenchmarkComparison> {
    let changes: Vec<_> = pairs.iter().map(Pair::log_change).collect();
    let deviations: Vec<f64> = changes.iter().map(|change| noise.of(change)).collect();
    let terms: Vec<Terms> = pairs.iter().map(|pair| policy.for_benchmark(pair.candidate.id.as_str())).collect();
    let thresholds: Vec<NoiseThreshold> =
        terms.iter().zip(pairs).map(|(terms, pair)| terms.threshold.at_least(terms.floor, pair.locations)).collect();
    // A change within its threshold is no candidate for a regression; taking its p for 1 can only make the others' larger.
    let one_sided: Vec<f64> = (0..pairs.len())
        .map(|i| {
            let size = changes[i].estimate.abs();
            if size > thresholds[i].log_band() { noise.tail(size / deviations[i]) } else { 1.0 }
        })
        .collect();
    let corrected = holm(&one_sided);
    let shown = noise.critical((1.0 - policy.confidence) / 2.0);
    let equivalence = noise.critical(policy.equivalence_level);
    let smallest = noise.critical(policy.gate_level / pairs.len().max(1) as f64);

    let mut rows: Vec<BenchmarkComparison> = Vec::with_capacity(pairs.len());
    for (i, (pair, terms)) in pairs.iter().zip(terms).enumerate() {
        let (estimate, sd, threshold) = (changes[i].estimate, deviations[i], thresholds[i]);
        let evidenced = Evidenced { estimate, p: corrected[i], equivalence: equivalence * sd };
        let (verdict, doubt) = match pair.evidence {
            Evidence::Quick => (Verdict::Inconclusive, Some(Doubt::Quick)),
            Evidence::Sample | Evidence::Estimates | Evidence::CriterionChange => {
                verdict(evidenced, threshold, policy.gate_level)
            }
        };
        let renamed = pair.baseline.id.as_str() != pair.candidate.id.as_str();
        rows.push(BenchmarkComparison {
            id: pair.candidate.id.clone(),
            renamed_from: renamed.then(|| pair.baseline.id.clone()),
            baseline: pair.locations[0],
            candidate: pair.locations[1],
            unit: pair.unit(),
            throughput: pair.candidate.throughput.clone(),
            change: ChangeInterval {
                lower: RelativeChange::from_log_ratio(estimate - shown * sd),
                estimate: RelativeChange::from_log_ratio(estimate),
                upper: RelativeChange::from_log_ratio(estimate + shown * sd),
            },
            threshold,
            smallest_provable: RelativeChange::from_log_ratio((smallest * sd).max(threshold.log_band())),
            verdict,
            doubt,
            action: terms.action,
            evidence: pair.evidence,
            n_measurements: [pair.baseline.execution.n_measurements, pair.candidate.execution.n_measurements],
        });
    }
    rows
}

fn verdict(evidenced: Evidenced, threshold: NoiseThreshold, level: f64) -> (Verdict, Option<Doubt>) {
    let Evidenced { estimate, p, equivalence } = evidenced;
    let band = threshold.log_band();
    if estimate.abs() > band {
        if p > level {
            (Verdict::Inconclusive, Some(Doubt::MaybeNoise))
        } else if estimate > 0.0 {
            (Verdict::Regression, None)
        } else {
            (Verdict::Improvement, None)
        }
    } else if estimate.abs() + equivalence < band {
        (Verdict::NoChange, None)
    } else {
        (Verdict::Inconclusive, Some(Doubt::TooWide))
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Improvement, Inconclusive, NoChange, Regression};
    use super::*;

    /// A relative change in percent, its p-value, and the half width of its interval in percent.
    fn check(percent: f64, p: f64, half_width: f64, want: Verdict) {
        let threshold = NoiseThreshold::from_percent(20.0).expect("valid");
        let equivalence = (half_width / 100.0).ln_1p();
        let estimate = (percent / 100.0).ln_1p();
        assert_eq!(verdict(Evidenced { estimate, p, equivalence }, threshold, 0.01).0, want, "{percent} % p {p}");
        // Swapping the sides swaps the verdict exactly.
        let mirrored = match want {
            Regression => Improvement,
            Improvement => Regression,
            NoChange => NoChange,
            Inconclusive => Inconclusive,
        };
        assert_eq!(verdict(Evidenced { estimate: -estimate, p, equivalence }, threshold, 0.01).0, mirrored);
    }

    #[test]
    fn verdicts_at_twenty_percent() {
        check(30.0, 0.001, 5.0, Regression);
        check(30.0, 0.02, 5.0, Inconclusive);
        check(20.5, 0.01, 5.0, Regression);
        check(5.0, 1e-9, 1.0, NoChange);
        check(0.0, 1.0, 10.0, NoChange);
        check(0.0, 1.0, 25.0, Inconclusive);
        check(15.0, 1e-9, 10.0, Inconclusive);
        check(19.0, 1e-9, 0.1, NoChange);
        check(-10.0, 0.5, 5.0, NoChange);
        check(-40.0, 1e-9, 5.0, Improvement);
    }
}
