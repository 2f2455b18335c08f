use super::interval::{Interval, tail_of};
use super::normal_quantile;
use super::quantile::select_median;
use super::rank::{doubled_midranks, rank_for_tail};
use super::tails::Tails;

/// With this many values on both sides together the counts of orders still fit into 128 bits.
const MOST_WITHOUT_TIES: usize = 120;

/// With this many they are cheap to count when some values are equal, and fit into the digits of a float.
const MOST_WITH_TIES: usize = 50;

/// Mann and Whitney's test of whether values of one side tend to be greater than those of the other.
///
/// Exact while both sides together have at most 120 values, or 50 when some are equal: then over all ways to share out
/// the midranks. Above, the normal approximation with corrections for ties and for continuity. 1 for either side where
/// one is empty. Source: Mann & Whitney 1947, "On a test of whether one of two random variables is stochastically
/// larger than the other".
///
/// ```
/// use criterion_regress::stats::mann_whitney;
///
/// let tails = mann_whitney(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]);
/// assert!((tails.greater - 1.0 / 252.0).abs() < 1e-15);
/// ```
#[must_use]
pub fn mann_whitney(baseline: &[f64], candidate: &[f64]) -> Tails {
    let (n, m) = (baseline.len(), candidate.len());
    if n == 0 || m == 0 {
        return Tails::NOTHING;
    }
    let all: Vec<f64> = baseline.iter().chain(candidate).copied().collect();
    let (ranks, ties) = doubled_midranks(&all);
    let sum: usize = ranks[n..].iter().sum();
    let has_ties = ties.iter().any(|size| *size > 1);
    if !has_ties && n + m <= MOST_WITHOUT_TIES {
        let u = sum / 2 - m * (m + 1) / 2;
        let counts = counts_without_ties(n, m);
        return of_distribution(|i| counts[i] as f64, counts.len(), u);
    }
    if has_ties && n + m <= MOST_WITH_TIES {
        let counts = counts_with_ties(&ranks, m);
        return of_distribution(|i| counts[i], counts.len(), sum);
    }
    let (n, m) = (n as f64, m as f64);
    let total = n + m;
    let tied: f64 = ties.iter().map(|size| (*size as f64).powi(3) - *size as f64).sum();
    let variance = n * m / 12.0 * (total + 1.0 - tied / (total * (total - 1.0)));
    Tails::of_normal(sum as f64 / 2.0 - m * (total + 1.0) / 2.0, variance.max(0.0).sqrt())
}

/// Hodges and Lehmann's shift: the median of all differences of a candidate's and a baseline's value, or NaN where
/// there are none.
///
/// Of logarithms, it is the logarithm of the typical ratio. Time and memory go with the product of the sides' sizes.
/// Source: Hodges & Lehmann 1963, "Estimates of location based on rank tests".
#[must_use]
pub fn hodges_lehmann(baseline: &[f64], candidate: &[f64]) -> f64 {
    select_median(&mut differences(baseline, candidate))
}

/// The interval of [`hodges_lehmann`] with at least `confidence`, whatever the distribution, as long as both sides
/// share its shape.
///
/// Its ends are differences, chosen by the exact distribution of [`mann_whitney`] up to 120 values and by the normal
/// one above. None where so few values can't have that confidence. Source: Hollander & Wolfe 1999, "Nonparametric
/// statistical methods", section 4.3.
#[must_use]
pub fn hodges_lehmann_interval(baseline: &[f64], candidate: &[f64], confidence: f64) -> Option<Interval> {
    let (n, m) = (baseline.len(), candidate.len());
    let tail = tail_of(confidence);
    let (rank, tail) = if n + m <= MOST_WITHOUT_TIES {
        let counts = counts_without_ties(n, m);
        let all: f64 = counts.iter().map(|count| *count as f64).sum();
        rank_for_tail(counts.iter().map(|count| *count as f64 / all), tail)?
    } else {
        let (n, m) = (n as f64, m as f64);
        let reach = normal_quantile(tail) * (n * m * (n + m + 1.0) / 12.0).sqrt();
        let rank = (n * m / 2.0 - reach - 0.5).floor();
        (rank >= 0.0).then_some((rank as usize, tail))?
    };
    let mut sorted = differences(baseline, candidate);
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(Interval { lower: *sorted.get(rank)?, upper: *sorted.get(last - rank)?, confidence: 1.0 - 2.0 * tail })
}

fn differences(baseline: &[f64], candidate: &[f64]) -> Vec<f64> {
    baseline.iter().flat_map(|b| candidate.iter().map(move |c| c - b)).collect()
}

fn of_distribution(count: impl Fn(usize) -> f64, len: usize, seen: usize) -> Tails {
    Tails::of_counts((0..seen).map(&count).sum(), count(seen), (seen + 1..len).map(&count).sum())
}

/// How many orders of `n` and `m` different values have each U from 0 to n·m: the coefficients of the Gaussian
/// binomial, ∏ (1 − qⁿ⁺ⁱ)/(1 − qⁱ) for i from 1 to m.
fn counts_without_ties(n: usize, m: usize) -> Vec<u128> {
    let mut counts = vec![0_u128; n * m + 1];
    counts[0] = 1;
    for i in 1..=m {
        // The factors in an order in which each quotient is a polynomial without negative coefficients; on the way
        // there, and beyond its degree, the differences wrap around and come back.
        for u in (n + i..counts.len()).rev() {
            counts[u] = counts[u].wrapping_sub(counts[u - n - i]);
        }
        for u in i..counts.len() {
            counts[u] = counts[u].wrapping_add(counts[u - i]);
        }
    }
    counts
}

/// How many choices of `m` of the `ranks` have each sum.
fn counts_with_ties(ranks: &[usize], m: usize) -> Vec<f64> {
    let most: usize = ranks.iter().sum();
    let mut counts = vec![vec![0.0; most + 1]; m + 1];
    counts[0][0] = 1.0;
    let mut reached = 0;
    for rank in ranks {
        reached += rank;
        for chosen in (1..=m).rev() {
            let (fewer, with) = counts.split_at_mut(chosen);
            let (from, to) = (&fewer[chosen - 1][..=reached - rank], &mut with[0][*rank..=reached]);
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
    }
    counts.swap_remove(m)
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy() {
        for row in rows(include_str!("reference/mann_whitney.tsv")) {
            let got = mann_whitney(&row.numbers(1), &row.numbers(2));
            let got = [got.greater, got.less, got.two_sided()];
            assert!(got.iter().zip(row.numbers(3)).all(|(g, w)| is_close(*g, w, 1e-9)), "{row}: {got:?}");
        }
    }

    #[test]
    fn counts_are_those_of_the_ways() {
        assert_eq!(counts_without_ties(2, 2), [1, 1, 2, 1, 1]);
        assert_eq!(counts_without_ties(0, 3), [1]);
        // C(120, 60), the largest that is asked for.
        assert_eq!(counts_without_ties(60, 60).iter().sum::<u128>(), 96_614_908_840_363_322_603_893_139_521_372_656);
    }

    /// Hollander & Wolfe's rule: 5 against 5 has C₀.₀₅ = 3 differences from either end.
    #[test]
    fn the_interval_is_made_of_differences() {
        let baseline = [0.0, 0.001, 0.002, 0.003, 0.004];
        let candidate = [0.0, 0.1, 0.2, 0.3, 0.4];
        let got = hodges_lehmann_interval(&baseline, &candidate, 0.95).expect("enough values");
        assert!(is_close(got.confidence, 1.0 - 2.0 * 4.0 / 252.0, 1e-12), "{got:?}");
        assert!(is_close(got.lower, -0.002, 1e-12) && is_close(got.upper, 0.398, 1e-12), "{got:?}");
        assert!(is_close(hodges_lehmann(&baseline, &candidate), 0.198, 1e-12));
        assert_eq!(hodges_lehmann_interval(&[1.0; 3], &[2.0; 3], 0.95), None);
    }

    #[test]
    fn nothing_and_all_equal() {
        assert_eq!(mann_whitney(&[], &[1.0]), Tails::NOTHING);
        assert!(hodges_lehmann(&[], &[1.0]).is_nan());
        assert_eq!(hodges_lehmann_interval(&[], &[], 0.5), None);
        for n in [1, 3, 20, 200] {
            assert_eq!(mann_whitney(&vec![1.0; n], &vec![1.0; n]), Tails::NOTHING, "{n}");
        }
    }

    #[test]
    fn the_normal_approximation_takes_over_smoothly() {
        let values = |n: u32, shift: f64| -> Vec<f64> { (0..n).map(|i| f64::from(i).sin() + shift).collect() };
        let exact = mann_whitney(&values(60, 0.0), &values(60, 0.3));
        let normal = mann_whitney(&values(60, 0.0), &values(61, 0.3));
        assert!((exact.greater / normal.greater).ln().abs() < 0.3, "{exact:?} {normal:?}");
        let exact = hodges_lehmann_interval(&values(60, 0.0), &values(60, 0.3), 0.95).expect("many values");
        let normal = hodges_lehmann_interval(&values(60, 0.0), &values(61, 0.3), 0.95).expect("many values");
        assert!((exact.lower - normal.lower).abs() < 0.05 && (exact.upper - normal.upper).abs() < 0.05);
    }

    proptest! {
        #[test]
        fn swapping_the_sides_mirrors(a in vec(-9..9_i32, 1..9), b in vec(-9..9_i32, 1..9), shift in -5.0..5.0_f64, factor in 0.1..10.0_f64) {
            let (a, b): (Vec<f64>, Vec<f64>) = (a.into_iter().map(f64::from).collect(), b.into_iter().map(f64::from).collect());
            let there = mann_whitney(&a, &b);
            let back = mann_whitney(&b, &a);
            prop_assert!(is_close(there.greater, back.less, 1e-12) && is_close(there.less, back.greater, 1e-12));
            prop_assert!((hodges_lehmann(&a, &b) + hodges_lehmann(&b, &a)).abs() < 1e-12);
            if let (Some(there), Some(back)) = (hodges_lehmann_interval(&a, &b, 0.9), hodges_lehmann_interval(&b, &a, 0.9)) {
                prop_assert_eq!((there.lower, there.upper), (-back.upper, -back.lower));
                prop_assert!(there.contains(hodges_lehmann(&a, &b)));
            }
            let moved = |values: &[f64]| -> Vec<f64> { values.iter().rev().map(|x| (x + shift) * factor).collect() };
            prop_assert_eq!(mann_whitney(&moved(&a), &moved(&b)), there);
        }
    }
}
