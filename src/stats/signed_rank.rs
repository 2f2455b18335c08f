use super::interval::{Interval, tail_of};
use super::normal_quantile;
use super::quantile::select_median;
use super::rank::{doubled_midranks, rank_for_tail};
use super::tails::Tails;

/// Up to here 2ⁿ, the number of ways to choose signs, is a float.
const MOST_EXACT: usize = 1000;

/// Wilcoxon's signed-rank test of whether paired `differences`, candidate minus baseline, tend to be above 0.
///
/// Exact up to 1000 pairs, also with ties: over all signs of the midranks, as likely when the order within each pair
/// was drawn by lot. Above, the normal approximation with corrections for ties and for continuity. Zeros are dropped,
/// as Wilcoxon did: they say nothing of the side, and without them the p-values stay exact. 1 for either side where
/// nothing is left. Source: Wilcoxon 1945, "Individual comparisons by ranking methods".
///
/// ```
/// use criterion_regress::stats::signed_rank;
///
/// let tails = signed_rank(&[0.011, 0.013, 0.009, 0.021, 0.016]);
/// assert!((tails.greater - 1.0 / 32.0).abs() < 1e-15);
/// ```
#[must_use]
pub fn signed_rank(differences: &[f64]) -> Tails {
    let kept: Vec<f64> = differences.iter().copied().filter(|difference| difference.abs() > 0.0).collect();
    let sizes: Vec<f64> = kept.iter().map(|difference| difference.abs()).collect();
    let (ranks, ties) = doubled_midranks(&sizes);
    let positive: usize =
        ranks.iter().zip(&kept).filter(|(_, difference)| **difference > 0.0).map(|(rank, _)| rank).sum();
    let all: usize = ranks.iter().sum();
    if kept.len() <= MOST_EXACT {
        // The distribution is symmetric, so that only the shorter side is counted. Without ties all doubled ranks are
        // even, and half of the sums never occur.
        let step = if ties.len() == ranks.len() { 2 } else { 1 };
        let ranks: Vec<usize> = ranks.iter().map(|rank| rank / step).collect();
        let (positive, all) = (positive / step, all / step);
        let seen = positive.min(all - positive);
        let counts = counts_of_sums(&ranks, seen);
        let ways = 2.0_f64.powi(ranks.len() as i32);
        let at = counts[seen];
        let below = counts[..seen].iter().sum();
        let shorter = Tails::of_counts(below, at, (ways - at - below).max(0.0));
        return if seen == positive { shorter } else { shorter.swapped() };
    }
    let n = kept.len() as f64;
    let tied: f64 = ties.iter().map(|size| (*size as f64).powi(3) - *size as f64).sum();
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - tied / 48.0;
    Tails::of_normal(positive as f64 / 2.0 - n * (n + 1.0) / 4.0, variance.max(0.0).sqrt())
}

/// The median of the means of all pairs of `values`, each with itself included; NaN when there are none.
///
/// The estimate that belongs to [`signed_rank`]: nearly as sharp as the mean, and a few far values don't move it. Time
/// and memory go with the square of the count. Source: Hodges & Lehmann 1963, "Estimates of location based on rank
/// tests".
#[must_use]
pub fn pseudomedian(values: &[f64]) -> f64 {
    select_median(&mut walsh_averages(values))
}

/// The interval of [`pseudomedian`] with at least `confidence`, whatever the symmetric distribution.
///
/// Its ends are means of pairs, chosen by the distribution of [`signed_rank`]: of ten values the 9th of 55 from either
/// end for 95 %, the 4th for 99 %. None where so few values can't have that confidence, whose most is 1 − 2¹⁻ⁿ. Source:
/// Hollander & Wolfe 1999, "Nonparametric statistical methods", section 3.3.
#[must_use]
pub fn pseudomedian_interval(values: &[f64], confidence: f64) -> Option<Interval> {
    let n = values.len();
    let tail = tail_of(confidence);
    let (rank, tail) = if n <= MOST_EXACT {
        let ranks: Vec<usize> = (1..=n).collect();
        let counts = counts_of_sums(&ranks, n * (n + 1) / 4);
        let ways = 2.0_f64.powi(n as i32);
        rank_for_tail(counts.iter().map(|count| count / ways), tail)?
    } else {
        let n = n as f64;
        let reach = normal_quantile(tail) * (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
        let rank = (n * (n + 1.0) / 4.0 - reach - 0.5).floor();
        (rank >= 0.0).then_some((rank as usize, tail))?
    };
    let mut sorted = walsh_averages(values);
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(Interval {
        lower: *sorted.get(rank)?,
        upper: *sorted.get(last.checked_sub(rank)?)?,
        confidence: 1.0 - 2.0 * tail,
    })
}

fn walsh_averages(values: &[f64]) -> Vec<f64> {
    values.iter().enumerate().flat_map(|(i, a)| values[..=i].iter().map(move |b| f64::midpoint(*a, *b))).collect()
}

/// How many subsets of `ranks` have each sum up to `most`.
fn counts_of_sums(ranks: &[usize], most: usize) -> Vec<f64> {
    let mut counts = vec![0.0; most + 1];
    counts[0] = 1.0;
    let mut before = counts.clone();
    let mut reached = 0;
    for &rank in ranks {
        if rank > most {
            continue;
        }
        reached = (reached + rank).min(most);
        // From a copy, so that the sums of one step don't depend on each other.
        before[..=reached].copy_from_slice(&counts[..=reached]);
        counts[rank..=reached].iter_mut().zip(&before).for_each(|(count, without)| *count += without);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy() {
        for row in rows(include_str!("reference/signed_rank.tsv")) {
            let values = row.numbers(1);
            let got = signed_rank(&values);
            let got = [got.greater, got.less, got.two_sided()];
            assert!(got.iter().zip(row.numbers(2)).all(|(g, w)| is_close(*g, w, 1e-9)), "{row}: {got:?}");
            assert!(is_close(pseudomedian(&values), row.number(3), 1e-12), "{row}");
        }
    }

    fn check_interval(n: u32, confidence: f64, want: Option<(usize, f64)>) {
        // Powers of two: all means of pairs differ.
        let values: Vec<f64> = (0..n).map(|i| 2.0_f64.powi(i as i32)).collect();
        let mut averages = walsh_averages(&values);
        averages.sort_by(f64::total_cmp);
        let got = pseudomedian_interval(&values, confidence);
        let want = want.map(|(place, confidence)| Interval {
            lower: averages[place - 1],
            upper: averages[averages.len() - place],
            confidence,
        });
        match (got, want) {
            (Some(got), Some(want)) => {
                assert_eq!((got.lower, got.upper), (want.lower, want.upper), "{n} at {confidence}");
                assert!(is_close(got.confidence, want.confidence, 1e-12), "{n} at {confidence}: {got:?}");
            }
            (got, want) => assert_eq!(got, want, "{n} at {confidence}"),
        }
    }

    #[test]
    fn intervals_have_the_places_of_the_tables() {
        check_interval(10, 0.95, Some((9, 1.0 - 50.0 / 1024.0)));
        check_interval(10, 0.99, Some((4, 1.0 - 10.0 / 1024.0)));
        check_interval(10, 1.0 - 2.0 / 1024.0, Some((1, 1.0 - 2.0 / 1024.0)));
        check_interval(10, 0.9999, None);
        check_interval(5, 0.95, None);
        check_interval(6, 0.95, Some((1, 1.0 - 2.0 / 64.0)));
        check_interval(1, 0.0, Some((1, 0.0)));
        check_interval(0, 0.0, None);
    }

    #[test]
    fn nothing_is_no_evidence() {
        for values in [vec![], vec![0.0; 5]] {
            let got = signed_rank(&values);
            assert!(got.greater >= 1.0 && got.less >= 1.0, "{got:?}");
        }
        assert!(pseudomedian(&[]).is_nan());
    }

    #[test]
    fn a_thousand_pairs_neither_over_nor_underflow() {
        let all_above = vec![1.0; MOST_EXACT];
        let got = signed_rank(&all_above);
        assert!(got.greater > 0.0 && got.greater < 1e-300 && got.less >= 1.0, "{got:?}");
        let near: Vec<f64> = (0..=MOST_EXACT as u32).map(|i| (f64::from(i) * 0.7).sin() + 0.05).collect();
        let exact = pseudomedian_interval(&near[1..], 0.99).expect("many values");
        let normal = pseudomedian_interval(&near, 0.99).expect("many values");
        assert!((exact.lower - normal.lower).abs() < 0.01 && (exact.upper - normal.upper).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn swapping_the_sides_mirrors(values in vec(-9..9_i32, 0..30), factor in 0.1..10.0_f64) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let changed = |factor: f64| -> Vec<f64> { values.iter().rev().map(|x| x * factor).collect() };
            let there = signed_rank(&values);
            let back = signed_rank(&changed(-1.0));
            prop_assert_eq!(there, back.swapped());
            prop_assert_eq!(there, signed_rank(&changed(factor)));
            if let (Some(there), Some(back)) = (pseudomedian_interval(&values, 0.9), pseudomedian_interval(&changed(-1.0), 0.9)) {
                prop_assert_eq!((there.lower, there.upper), (-back.upper, -back.lower));
                prop_assert!(there.contains(pseudomedian(&values)));
            }
        }

        /// The interval holds exactly the shifts that the test doesn't reject.
        #[test]
        fn interval_and_test_agree(values in vec(-1.0..1.0_f64, 6..25)) {
            let interval = pseudomedian_interval(&values, 0.95).expect("enough values");
            let level = (1.0 - interval.confidence) / 2.0 * (1.0 + 1e-9);
            let p_above = |null: f64| signed_rank(&values.iter().map(|x| x - null).collect::<Vec<_>>()).greater;
            prop_assert!(p_above(interval.lower - 1e-9) <= level);
            prop_assert!(p_above(interval.lower + 1e-9) > level);
        }
    }
}
