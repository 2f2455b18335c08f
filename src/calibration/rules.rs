//! What other tools conclude from two sides of a benchmark.

use crate::compare::{Values, criterion_test_of};
use crate::model::{CriterionVerdict, Sample};
use crate::stats::{
    Difference, Random, mann_whitney, median, normal_quantile, normal_tail, pseudomedian_interval, quantile, welch,
};

/// What a rule says of one benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// The candidate takes more time.
    Slower,
    /// The candidate takes less time.
    Faster,
    /// Nothing of interest has changed. A threshold says this of all that lies within it.
    Unchanged,
    /// The rule doesn't say. A test says this of all that isn't significant.
    CannotTell,
}

/// A rule's answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// What it says.
    pub call: Call,
    /// Whether it names the benchmark to people as slower, where that is less than failing: a list that tolerates a share of
    /// false discoveries. The same as `call` for rules without such a list.
    pub listed: bool,
    /// The interval of candidate/baseline − 1 at the rule's confidence, where it has one.
    pub interval: Option<(f64, f64)>,
}

impl Decision {
    /// A call without a list of its own.
    #[must_use]
    pub fn new(call: Call, interval: Option<(f64, f64)>) -> Decision {
        Decision { call, listed: call == Call::Slower, interval }
    }
}

/// What was measured of one benchmark: the executions of either side, in the order in which they were measured.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The baseline's executions.
    pub baseline: &'a [&'a Sample],
    /// The candidate's executions.
    pub candidate: &'a [&'a Sample],
}

/// A rule by which some tool decides.
///
/// ```
/// use criterion_regress::calibration::{Call, Rule, Sides};
/// use criterion_regress::model::{Sample, SamplingMode};
///
/// let sample = |value: f64| Sample::new(SamplingMode::Flat, vec![1.0], vec![value]);
/// let (before, after) = (sample(100.0)?, sample(130.0)?);
/// let sides = Sides { baseline: &[&before], candidate: &[&after] };
/// assert_eq!(Rule::PreviousValue { threshold: 0.2 }.call(&sides), Some(Call::Slower));
/// assert_eq!(Rule::GithubActionBenchmark { alert: 2.0 }.call(&sides), Some(Call::Unchanged));
/// # Ok::<(), criterion_regress::model::InvalidSample>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Criterion's own, of the last execution of either side: p < 0.05, and the 95 % interval of the mean's change beyond
    /// ±`noise_threshold` (0.01 unless configured).
    ///
    /// Source: criterion.rs `analysis/compare.rs`, `report.rs`. Its null distribution and its interval are bootstraps of 100 000
    /// resamples; here they are Welch's t and the normal interval of a ratio of means, which agree with recorded verdicts but
    /// for those at a limit.
    Criterion {
        /// How far the interval has to be from no change.
        noise_threshold: f64,
    },
    /// critcmp's ratio of the means of the last executions. critcmp shows it and leaves the verdict to people or scripts; its
    /// `--threshold` is how they are told what to look at.
    ///
    /// Source: critcmp `output.rs`, which hides rows that differ by less.
    Critcmp {
        /// The smallest difference that is shown.
        threshold: f64,
    },
    /// criterion-compare-action's bold type: one mean lies outside the other's mean ± standard deviation, of the last
    /// executions.
    ///
    /// Source: boa-dev/criterion-compare-action `main.js`, `isSignificant`: either of the two intervals may leave the other's
    /// mean out, so that the smaller deviation decides. It reads both from critcmp's table, rounded to its digits.
    CriterionCompareAction,
    /// github-action-benchmark's alert: the value is more than `alert` times the previous one.
    ///
    /// Source: benchmark-action/github-action-benchmark `src/write.ts`, `findAlerts`; 2.0 (`200%`) unless configured.
    GithubActionBenchmark {
        /// The ratio.
        alert: f64,
    },
    /// What scripts do: the median of the candidate is beyond the last baseline's by more than `threshold`.
    PreviousValue {
        /// The fraction.
        threshold: f64,
    },
    /// The candidate's median is beyond the median of the last `executions` baselines' by more than `threshold`.
    MedianOfLast {
        /// How many.
        executions: usize,
        /// The fraction.
        threshold: f64,
    },
    /// benchstat's: Mann–Whitney's exact test at `alpha` on one value an execution, its mean time per iteration.
    ///
    /// Source: golang.org/x/perf `benchmath/anone.go`; alpha is 0.05. benchstat has no threshold; with one, the medians have to
    /// differ by more, too.
    Benchstat {
        /// The level.
        alpha: f64,
        /// The fraction by which the medians have to differ; 0 for benchstat itself.
        threshold: f64,
    },
    /// tango's: |z| ≥ 2.6 of paired differences in one process, and their mean beyond `threshold` (0.005) of the candidate's.
    ///
    /// Source: bazhenov/tango `tango-bench/src/lib.rs`, `calculate_run_result`. Differences beyond five interquartile ranges are
    /// trimmed, as many from either end.
    Tango {
        /// The fraction.
        threshold: f64,
    },
    /// All measurements of all executions of a side thrown together: Welch's t at 5 %, and the means beyond `threshold`.
    PooledT {
        /// The fraction.
        threshold: f64,
    },
    /// The hierarchical bootstrap of Kalibera & Jones 2013, "Rigorous benchmarking in reasonable time": executions, then
    /// measurements inside them; the 95 % percentile interval of the ratio of means excludes 1, and the ratio is beyond
    /// `threshold`.
    PercentileBootstrap {
        /// The fraction.
        threshold: f64,
        /// How many resamples.
        resamples: u32,
        /// Where its random numbers start.
        seed: u64,
    },
    /// Wilcoxon's exact signed-rank interval of the log ratios of medians, execution by execution: rounds of a duet. Slower
    /// where it excludes no change.
    SignedRank {
        /// The interval's level.
        confidence: f64,
    },
}

impl Rule {
    /// What to call it in a table.
    #[must_use]
    pub fn name(&self) -> String {
        let percent = |fraction: &f64| format!("{} %", (fraction * 1e4).round() / 100.0);
        let and =
            |threshold: &f64| if *threshold > 0.0 { format!(", > {}", percent(threshold)) } else { String::new() };
        match self {
            Rule::Criterion { noise_threshold } if (noise_threshold - 0.01).abs() < 1e-12 => "Criterion".to_owned(),
            Rule::Criterion { noise_threshold } => format!("Criterion, noise {}", percent(noise_threshold)),
            Rule::Critcmp { threshold } => format!("critcmp{}", and(threshold)),
            Rule::CriterionCompareAction => "criterion-compare-action".to_owned(),
            Rule::GithubActionBenchmark { alert } => format!("github-action-benchmark {}", percent(alert)),
            Rule::PreviousValue { threshold } => format!("previous value{}", and(threshold)),
            Rule::MedianOfLast { executions, threshold } => format!("median of {executions}{}", and(threshold)),
            Rule::Benchstat { threshold, alpha: _ } => format!("benchstat{}", and(threshold)),
            Rule::Tango { threshold: _ } => "tango".to_owned(),
            Rule::PooledT { threshold } => format!("pooled t{}", and(threshold)),
            Rule::PercentileBootstrap { threshold, .. } => format!("percentile bootstrap{}", and(threshold)),
            Rule::SignedRank { confidence } => format!("signed rank {}", percent(confidence)),
        }
    }

    /// What it says; none where it can't be applied.
    #[must_use]
    pub fn call(&self, sides: &Sides<'_>) -> Option<Call> {
        self.decide(sides).map(|decision| decision.call)
    }

    /// What it says, with its interval; none where it can't be applied: values that aren't positive, or too few of them.
    #[must_use]
    pub fn decide(&self, sides: &Sides<'_>) -> Option<Decision> {
        let (last_baseline, last_candidate) = (*sides.baseline.last()?, *sides.candidate.last()?);
        match *self {
            Rule::Criterion { noise_threshold } => {
                let moments = |sample: &Sample| {
                    let values = values(sample);
                    let standard_deviation = standard_deviation(&values)?;
                    Some(Values { mean: mean(&values), standard_deviation, n: values.len() })
                };
                let test = criterion_test_of(&moments(last_baseline)?, &moments(last_candidate)?, noise_threshold)?;
                let call = match test.verdict {
                    CriterionVerdict::Regressed => Call::Slower,
                    CriterionVerdict::Improved => Call::Faster,
                    CriterionVerdict::WithinNoise | CriterionVerdict::NotDetected => Call::Unchanged,
                };
                Some(Decision::new(call, Some((test.change.lower.fraction(), test.change.upper.fraction()))))
            }
            Rule::Critcmp { threshold } => {
                // At the threshold it is shown.
                let ratio = ratio(mean(&values(last_baseline)), mean(&values(last_candidate)))?;
                let call = if ratio >= 1.0 + threshold {
                    Call::Slower
                } else if 1.0 / ratio >= 1.0 + threshold {
                    Call::Faster
                } else {
                    Call::Unchanged
                };
                Some(Decision::new(call, None))
            }
            Rule::CriterionCompareAction => {
                let (b, c) = (values(last_baseline), values(last_candidate));
                let difference = mean(&c) - mean(&b);
                let smaller = standard_deviation(&b)?.min(standard_deviation(&c)?);
                Some(Decision::new(directed(difference.abs() > smaller, difference, Call::Unchanged), None))
            }
            Rule::GithubActionBenchmark { alert } => {
                let ratio = ratio(typical(last_baseline), typical(last_candidate))?;
                Some(Decision::new(if ratio > alert { Call::Slower } else { Call::Unchanged }, None))
            }
            Rule::PreviousValue { threshold } => {
                Some(Decision::new(beyond(ratio(typical(last_baseline), typical(last_candidate))?, threshold), None))
            }
            Rule::MedianOfLast { executions, threshold } => {
                let recent = &sides.baseline[sides.baseline.len().saturating_sub(executions)..];
                let typicals: Vec<f64> = recent.iter().map(|sample| typical(sample)).collect();
                Some(Decision::new(beyond(ratio(median(&typicals), typical(last_candidate))?, threshold), None))
            }
            Rule::Benchstat { alpha, threshold } => {
                let one_each = |side: &[&Sample]| side.iter().map(|s| mean_per_iteration(s)).collect::<Vec<f64>>();
                let (b, c) = (one_each(sides.baseline), one_each(sides.candidate));
                // Fewer could never be significant.
                if b.len() < 2 || c.len() < 2 {
                    return None;
                }
                let ratio = ratio(median(&b), median(&c))?;
                let is_significant = mann_whitney(&b, &c).two_sided() < alpha;
                Some(Decision::new(significant(is_significant, ratio, threshold), None))
            }
            Rule::Tango { threshold } => tango(last_baseline, last_candidate, threshold),
            Rule::PooledT { threshold } => {
                let pooled = |side: &[&Sample]| side.iter().flat_map(|s| s.per_iteration()).collect::<Vec<f64>>();
                let (b, c) = (pooled(sides.baseline), pooled(sides.candidate));
                let test = test_of_means(&b, &c)?;
                let call = significant(test.p < 0.05, ratio(mean(&b), mean(&c))?, threshold);
                Some(Decision::new(call, interval_of_ratio(&b, &c)))
            }
            Rule::PercentileBootstrap { threshold, resamples, seed } => {
                let per_execution = |side: &[&Sample]| side.iter().map(|s| values(s)).collect::<Vec<_>>();
                let (b, c) = (per_execution(sides.baseline), per_execution(sides.candidate));
                let observed = ratio(mean_of_means(&b), mean_of_means(&c))?;
                let mut random = Random::new(seed);
                let mut ratios: Vec<f64> =
                    (0..resamples.max(1)).map(|_| resampled(&c, &mut random) / resampled(&b, &mut random)).collect();
                ratios.sort_unstable_by(f64::total_cmp);
                let (lower, upper) = (quantile(&ratios, 0.025), quantile(&ratios, 0.975));
                let call = significant(lower > 1.0 || upper < 1.0, observed, threshold);
                Some(Decision::new(call, Some((lower - 1.0, upper - 1.0))))
            }
            Rule::SignedRank { confidence } => {
                let rounds = sides.baseline.iter().zip(sides.candidate);
                let log_ratios: Vec<f64> =
                    rounds.map(|(b, c)| Some(ratio(typical(b), typical(c))?.ln())).collect::<Option<_>>()?;
                let interval = pseudomedian_interval(&log_ratios, confidence)?;
                let (lower, upper) = (interval.lower, interval.upper);
                let call = if lower > 0.0 {
                    Call::Slower
                } else if upper < 0.0 {
                    Call::Faster
                } else {
                    Call::CannotTell
                };
                Some(Decision::new(call, Some((lower.exp_m1(), upper.exp_m1()))))
            }
        }
    }
}

/// Beyond a threshold, in either direction by the same ratio.
fn beyond(ratio: f64, threshold: f64) -> Call {
    if ratio > 1.0 + threshold {
        Call::Slower
    } else if 1.0 / ratio > 1.0 + threshold {
        Call::Faster
    } else {
        Call::Unchanged
    }
}

/// A test and a threshold, both of which have to be passed.
fn significant(is_significant: bool, ratio: f64, threshold: f64) -> Call {
    if is_significant { beyond(ratio, threshold) } else { Call::CannotTell }
}

fn directed(is_change: bool, difference: f64, otherwise: Call) -> Call {
    if !is_change {
        otherwise
    } else if difference > 0.0 {
        Call::Slower
    } else {
        Call::Faster
    }
}

/// Candidate over baseline, where both are positive.
fn ratio(baseline: f64, candidate: f64) -> Option<f64> {
    let ratio = candidate / baseline;
    (baseline > 0.0 && candidate > 0.0 && ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

fn values(sample: &Sample) -> Vec<f64> {
    sample.per_iteration().collect()
}

fn typical(sample: &Sample) -> f64 {
    median(&values(sample))
}

/// What a Go benchmark prints: all time over all iterations.
fn mean_per_iteration(sample: &Sample) -> f64 {
    sample.totals().iter().sum::<f64>() / sample.iterations().iter().sum::<f64>()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn mean_of_means(executions: &[Vec<f64>]) -> f64 {
    executions.iter().map(|values| mean(values)).sum::<f64>() / executions.len() as f64
}

/// With n − 1, as Criterion and critcmp have it; none for fewer than two values.
fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

struct Test {
    /// Two-sided.
    p: f64,
}

fn test_of_means(baseline: &[f64], candidate: &[f64]) -> Option<Test> {
    let difference: Difference = welch(baseline, candidate)?;
    let tail = difference.tail(0.0);
    Some(Test { p: (2.0 * tail.min(1.0 - tail)).min(1.0) })
}

/// The normal 95 % interval of a ratio of means, minus 1; its error to first order.
fn interval_of_ratio(baseline: &[f64], candidate: &[f64]) -> Option<(f64, f64)> {
    let (b, c) = (mean(baseline), mean(candidate));
    let ratio = ratio(b, c)?;
    let relative = |values: &[f64], mean: f64| Some(standard_deviation(values)? / mean / (values.len() as f64).sqrt());
    let reach = normal_quantile(0.025) * ratio * relative(baseline, b)?.hypot(relative(candidate, c)?);
    Some((ratio - 1.0 - reach, ratio - 1.0 + reach))
}

/// How many deviations from zero count, for tango: 99 % of normal ones lie within.
const TANGO_Z: f64 = 2.6;

fn tango(baseline: &Sample, candidate: &Sample, threshold: f64) -> Option<Decision> {
    let (b, c) = (values(baseline), values(candidate));
    if b.len() != c.len() {
        return None;
    }
    let differences: Vec<f64> = c.iter().zip(&b).map(|(c, b)| c - b).collect();
    let kept = trimmed(&differences);
    let (mean_difference, sd) = (mean(&kept), standard_deviation(&kept)?);
    let z = mean_difference / (sd / (kept.len() as f64).sqrt());
    let is_change = z.abs() >= TANGO_Z && (mean_difference / mean(&c)).abs() > threshold;
    let reach = TANGO_Z * sd / (kept.len() as f64).sqrt();
    let base = mean(&b);
    let interval = (base > 0.0).then(|| ((mean_difference - reach) / base, (mean_difference + reach) / base));
    debug_assert!((2.0 * normal_tail(TANGO_Z) - 0.01).abs() < 1e-3, "the interval is one at 99 %");
    Some(Decision::new(directed(is_change, mean_difference, Call::CannotTell), interval))
}

/// Without what lies beyond five interquartile ranges from the quartiles, as many from either end.
fn trimmed(differences: &[f64]) -> Vec<f64> {
    const FACTOR: f64 = 5.0;
    let mut sorted = differences.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    let (Some(&first), Some(&third)) = (sorted.get(n / 4), sorted.get(n * 3 / 4)) else { return sorted };
    let reach = FACTOR * (third - first);
    if reach <= 0.0 {
        return sorted;
    }
    let below = sorted.iter().take_while(|d| **d < first - reach).count();
    let above = sorted.iter().rev().take_while(|d| **d > third + reach).count();
    let each = below.min(above);
    sorted[each..n - each].to_vec()
}

/// The mean of as many executions, drawn with replacement, of as many measurements drawn from each.
fn resampled(executions: &[Vec<f64>], random: &mut Random) -> f64 {
    let mut sum = 0.0;
    for _ in executions {
        let values = &executions[random.below(executions.len())];
        sum += (0..values.len()).map(|_| values[random.below(values.len())]).sum::<f64>() / values.len() as f64;
    }
    sum / executions.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::criterion_test;
    use crate::model::{Measurement, SamplingMode};
    use crate::stats::summarize;
    use Call::{CannotTell, Faster, Slower, Unchanged};
    use serde::Deserialize;

    fn sample(values: &[f64]) -> Sample {
        Sample::new(SamplingMode::Flat, vec![1.0; values.len()], values.to_vec()).expect("valid")
    }

    fn decide(rule: Rule, baseline: &[&[f64]], candidate: &[&[f64]]) -> Option<Decision> {
        let (b, c): (Vec<Sample>, Vec<Sample>) =
            (baseline.iter().map(|v| sample(v)).collect(), candidate.iter().map(|v| sample(v)).collect());
        let (b, c): (Vec<&Sample>, Vec<&Sample>) = (b.iter().collect(), c.iter().collect());
        rule.decide(&Sides { baseline: &b, candidate: &c })
    }

    fn check(rule: Rule, baseline: &[&[f64]], candidate: &[&[f64]], want: Option<Call>) {
        assert_eq!(decide(rule, baseline, candidate).map(|d| d.call), want, "{}", rule.name());
    }

    #[test]
    fn thresholds_on_single_values() {
        let previous = Rule::PreviousValue { threshold: 0.2 };
        check(previous, &[&[100.0]], &[&[121.0]], Some(Slower));
        check(previous, &[&[100.0]], &[&[119.0]], Some(Unchanged));
        check(previous, &[&[121.0]], &[&[100.0]], Some(Faster));
        check(previous, &[&[50.0], &[100.0]], &[&[119.0]], Some(Unchanged));
        check(previous, &[&[0.0]], &[&[1.0]], None);
        check(previous, &[&[-1.0]], &[&[1.0]], None);
        check(previous, &[], &[&[1.0]], None);
        let action = Rule::GithubActionBenchmark { alert: 2.0 };
        check(action, &[&[100.0]], &[&[201.0]], Some(Slower));
        check(action, &[&[100.0]], &[&[200.0]], Some(Unchanged));
        let critcmp = Rule::Critcmp { threshold: 0.2 };
        check(critcmp, &[&[90.0, 110.0]], &[&[125.0, 125.0]], Some(Slower));
        check(critcmp, &[&[125.0]], &[&[100.0]], Some(Faster));
        let of_three = Rule::MedianOfLast { executions: 3, threshold: 0.2 };
        check(of_three, &[&[1.0], &[100.0], &[500.0], &[100.0]], &[&[130.0]], Some(Slower));
        check(of_three, &[&[1.0], &[500.0], &[500.0], &[100.0]], &[&[130.0]], Some(Faster));
    }

    /// The action itself is on no registry, and was not run; hand-computed from its `isSignificant`.
    #[test]
    fn the_smaller_deviation_decides_for_the_action() {
        let rule = Rule::CriterionCompareAction;
        let (tight, wide): (&[f64], &[f64]) = (&[99.0, 101.0], &[80.0, 126.0]);
        check(rule, &[tight], &[wide], Some(Slower));
        check(rule, &[wide], &[tight], Some(Faster));
        check(rule, &[wide], &[&[90.0, 130.0]], Some(Unchanged));
        check(rule, &[&[1.0]], &[tight], None);
    }

    /// benchstat itself needs Go's module proxy, and was not run; its test is checked against SciPy's in `stats`.
    #[test]
    fn benchstat_needs_executions() {
        let rule = Rule::Benchstat { alpha: 0.05, threshold: 0.0 };
        let five = |offset: f64| [100.0, 101.0, 102.0, 103.0, 104.0].map(|x: f64| [x + offset]);
        let (a, b) = (five(0.0), five(10.0));
        let (a, b): (Vec<&[f64]>, Vec<&[f64]>) =
            (a.iter().map(|x| &x[..]).collect(), b.iter().map(|x| &x[..]).collect());
        check(rule, &a, &b, Some(Slower));
        check(rule, &b, &a, Some(Faster));
        check(rule, &a, &a, Some(CannotTell));
        check(Rule::Benchstat { alpha: 0.05, threshold: 0.2 }, &a, &b, Some(Unchanged));
        check(rule, &a[..3], &b[..3], Some(CannotTell));
        check(rule, &a[..1], &b[..1], None);
    }

    /// tango measures what is linked into it, and can't be fed recorded numbers; hand-computed from its source.
    #[test]
    fn tango_pairs() {
        let rule = Rule::Tango { threshold: 0.005 };
        let baseline: Vec<f64> = (0..40).map(|i| 100.0 + f64::from(i % 7)).collect();
        let slower: Vec<f64> = baseline.iter().zip(0..).map(|(x, i)| x + 1.0 + f64::from(i % 3)).collect();
        check(rule, &[&baseline], &[&slower], Some(Slower));
        check(rule, &[&slower], &[&baseline], Some(Faster));
        let barely: Vec<f64> = baseline.iter().zip(0..).map(|(x, i)| x + 0.1 + 0.1 * f64::from(i % 3)).collect();
        check(rule, &[&baseline], &[&barely], Some(CannotTell));
        check(rule, &[&baseline], &[&slower[..39]], None);
        let mut spoiled = vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5];
        assert_eq!(trimmed(&spoiled).len(), 8);
        spoiled.extend([1e6, 2e6, -1e6]);
        assert_eq!(trimmed(&spoiled).len(), 9);
        assert!(trimmed(&[]).is_empty());
    }

    #[test]
    fn pools_and_bootstraps() {
        let wide: Vec<Vec<f64>> =
            [100.0, 104.0, 96.0, 101.0, 99.0].iter().map(|m| vec![m - 0.1, *m, m + 0.1, *m]).collect();
        let shifted: Vec<Vec<f64>> =
            [106.0, 108.0, 101.0, 104.0, 103.0].iter().map(|m| vec![m - 0.1, *m, m + 0.1, *m]).collect();
        let (b, c): (Vec<&[f64]>, Vec<&[f64]>) =
            (wide.iter().map(|v| &v[..]).collect(), shifted.iter().map(|v| &v[..]).collect());
        check(Rule::PooledT { threshold: 0.02 }, &b, &c, Some(Slower));
        check(Rule::PooledT { threshold: 0.2 }, &b, &c, Some(Unchanged));
        let bootstrap = Rule::PercentileBootstrap { threshold: 0.02, resamples: 500, seed: 1 };
        check(bootstrap, &b, &c, Some(Slower));
        check(bootstrap, &b, &b, Some(CannotTell));
        assert_eq!(decide(bootstrap, &b, &c), decide(bootstrap, &b, &c));
        let (lower, upper) = decide(bootstrap, &b, &c).and_then(|d| d.interval).expect("it has an interval");
        assert!(lower > 0.0 && lower < 0.044 && upper > 0.044 && upper < 0.1, "{lower} … {upper}");
    }

    #[test]
    fn rounds() {
        let ten = |factor: f64| (0..10).map(|i| vec![factor * (100.0 + f64::from(i % 3))]).collect::<Vec<_>>();
        let (b, c) = (ten(1.0), ten(1.5));
        let (b, c): (Vec<&[f64]>, Vec<&[f64]>) =
            (b.iter().map(|v| &v[..]).collect(), c.iter().map(|v| &v[..]).collect());
        check(Rule::SignedRank { confidence: 0.99 }, &b, &c, Some(Slower));
        check(Rule::SignedRank { confidence: 0.99 }, &c, &b, Some(Faster));
        check(Rule::SignedRank { confidence: 0.99 }, &b, &b, Some(CannotTell));
        check(Rule::SignedRank { confidence: 0.99 }, &b[..4], &c[..4], None);
    }

    #[derive(Deserialize)]
    struct Recorded {
        name: String,
        verdict: String,
        p: f64,
        change: (f64, f64),
        before: RecordedSample,
        after: RecordedSample,
    }

    #[derive(Deserialize)]
    struct RecordedSample {
        iters: Vec<f64>,
        times: Vec<f64>,
    }

    fn recorded() -> Vec<(Recorded, Sample, Sample)> {
        let text = include_str!("../../fixtures/rivals/criterion-0.8.2.json");
        let records: Vec<Recorded> = serde_json::from_str(text).expect("the record is JSON");
        let sample = |s: &RecordedSample| Sample::new(SamplingMode::Unknown, s.iters.clone(), s.times.clone());
        let both = |r: Recorded| {
            let (before, after) = (sample(&r.before).expect("valid"), sample(&r.after).expect("valid"));
            (r, before, after)
        };
        records.into_iter().map(both).collect()
    }

    /// Real Criterion's verdicts and intervals, on samples with normal, long-tailed and outlying noise.
    #[test]
    fn agrees_with_criterion() {
        let (mut n_checked, mut n_changed) = (0, 0);
        for (record, before, after) in recorded() {
            let rule = Rule::Criterion { noise_threshold: 0.01 };
            let got = rule.decide(&Sides { baseline: &[&before], candidate: &[&after] }).expect("two samples");
            let (lower, upper) = got.interval.expect("Criterion has an interval");
            let width = record.change.1 - record.change.0;
            let is_near = |got: f64, want: f64| (got - want).abs() < 0.15 * width;
            assert!(
                is_near(lower, record.change.0) && is_near(upper, record.change.1),
                "{}: {lower} … {upper}, want {:?}",
                record.name,
                record.change
            );
            let at_a_limit = |end: f64| (end.abs() - 0.01).abs() < 0.15 * width;
            if (record.p - 0.05).abs() < 0.03 || at_a_limit(record.change.0) || at_a_limit(record.change.1) {
                continue;
            }
            let want = match record.verdict.as_str() {
                "Regressed" => Slower,
                "Improved" => Faster,
                _ => Unchanged,
            };
            assert_eq!(got.call, want, "{}", record.name);
            let ours = |sample: &Sample| summarize(&Measurement::Sample(sample.clone()), None);
            let test = criterion_test(&ours(&before), &ours(&after)).map(|test| match test.verdict {
                CriterionVerdict::Regressed => Slower,
                CriterionVerdict::Improved => Faster,
                CriterionVerdict::WithinNoise | CriterionVerdict::NotDetected => Unchanged,
            });
            assert_eq!(test, Some(want), "{}", record.name);
            n_checked += 1;
            n_changed += usize::from(want != Unchanged);
        }
        assert!(n_checked >= 20 && n_changed >= 8, "{n_checked} verdicts, {n_changed} of them changes");
    }

    /// Real critcmp's ratios, which it prints with two decimals.
    #[test]
    fn agrees_with_critcmp() {
        let table = include_str!("../../fixtures/rivals/critcmp-0.1.8.txt");
        for (record, before, after) in recorded() {
            let row = table.lines().find(|line| line.split_whitespace().next() == Some(&record.name));
            let fields: Vec<&str> = row.expect("critcmp has a row").split_whitespace().collect();
            let (b, c): (f64, f64) = (fields[1].parse().expect("a ratio"), fields[5].parse().expect("a ratio"));
            let exact = ratio(mean(&values(&before)), mean(&values(&after))).expect("positive");
            assert!(
                (exact.max(1.0) - c).abs() < 0.0051 && ((1.0 / exact).max(1.0) - b).abs() < 0.0051,
                "{}",
                record.name
            );
            let sides = Sides { baseline: &[&before], candidate: &[&after] };
            let at_two_percent = Rule::Critcmp { threshold: 0.02 }.call(&sides);
            if c > 1.025 {
                assert_eq!(at_two_percent, Some(Slower), "{}", record.name);
            } else if b < 1.015 && c < 1.015 {
                assert_eq!(at_two_percent, Some(Unchanged), "{}", record.name);
            }
            // The second field of a cell is mean ± standard deviation: what criterion-compare-action reads.
            let printed = |field: &str| field.trim_end_matches("µs").split_once('±').map(|(_, sd)| sd.parse::<f64>());
            let sd = standard_deviation(&values(&before)).expect("thirty values") / 1000.0;
            assert!(printed(fields[2]).is_some_and(|p| p.is_ok_and(|p| (p - sd).abs() < 0.0051)), "{}", record.name);
        }
    }
}
