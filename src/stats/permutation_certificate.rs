use super::rank::doubled_midranks;
use super::{Random, normal_tail};

/// How surely values change their level somewhere, against the hypothesis that all orders of them are as likely.
///
/// The statistic is the largest standardised difference of mean ranks over all places to divide the values, so that having looked
/// for the place is paid for. It is divided by √`inflation` first: values that resemble their neighbours tell less than their number.
/// Where a bound already settles that it is rarer than `level`, that bound is the answer (the sum over all places of two-sided
/// normal tails; sums of ranks have lighter ones). Otherwise orders are drawn, until it is clear on which side of `level` they fall.
///
/// Sources: Pettitt 1979, "A non-parametric approach to the change-point problem" (the statistic); Besag & Clifford 1991,
/// "Sequential Monte Carlo p-values" (stopping early).
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    /// Centred midranks.
    ranks: Vec<f64>,
    /// By what a sum of the first k is divided, for k from `SHORTEST`.
    scales: Vec<f64>,
    /// The statistic.
    seen: f64,
}

/// No stretch of fewer values is a level.
pub(super) const SHORTEST: usize = 2;

/// How far out, in standard deviations, the places to divide the values are made comparable.
const FAR: f64 = 3.9;

/// Orders drawn at most.
const DRAWS: usize = 999;

impl Certificate {
    pub(super) fn new(values: &[f64], inflation: f64) -> Self {
        let n = values.len();
        let (doubled, _) = doubled_midranks(values);
        let ranks: Vec<f64> = doubled.iter().map(|r| *r as f64 - (n + 1) as f64).collect();
        let variance = ranks.iter().map(|r| r * r).sum::<f64>() / (n.max(2) - 1) as f64;
        let scale = |k: usize| {
            let (m, n) = (k as f64, (n - k) as f64);
            let kurtosis = -1.2 * (m * m + n * n + m * n + m + n) / (m * n * (m + n + 1.0));
            let reach = FAR + (FAR.powi(3) - 3.0 * FAR) * kurtosis / 24.0;
            (m * n / (m + n) * variance).sqrt() * reach / FAR
        };
        let scales: Vec<f64> = (SHORTEST..=n.saturating_sub(SHORTEST)).map(|k| 1.0 / scale(k)).collect();
        let seen = if variance > 0.0 { largest(&ranks, &scales) / inflation.max(1.0).sqrt() } else { 0.0 };
        Self { ranks, scales, seen }
    }

    /// An upper bound of the p-value.
    pub(super) fn bound(&self) -> f64 {
        if self.scales.is_empty() { 1.0 } else { (2.0 * self.scales.len() as f64 * normal_tail(self.seen)).min(1.0) }
    }

    /// The p-value, exact enough to compare with `level`.
    pub(super) fn p(&self, level: f64, seed: u64) -> f64 {
        let bound = self.bound();
        if (bound <= level && self.seen >= FAR) || self.seen <= 0.0 {
            return bound;
        }
        let enough = (level * (DRAWS + 1) as f64).floor() as usize;
        let mut random = Random::new(seed);
        let mut ranks = self.ranks.clone();
        let mut n_larger = 0;
        for drawn in 1..=DRAWS {
            for i in (1..ranks.len()).rev() {
                ranks.swap(i, random.below(i + 1));
            }
            n_larger += usize::from(largest(&ranks, &self.scales) >= self.seen * (1.0 - 1e-12));
            if n_larger >= enough.max(1) {
                return n_larger as f64 / drawn as f64;
            }
        }
        (n_larger + 1) as f64 / (DRAWS + 1) as f64
    }
}

/// The largest sum of the first values over its scale.
fn largest(ranks: &[f64], scales: &[f64]) -> f64 {
    let mut sum: f64 = ranks.iter().take(SHORTEST - 1).sum();
    let mut largest = 0.0_f64;
    for (rank, scale) in ranks[SHORTEST.min(ranks.len()) - 1..].iter().zip(scales) {
        sum += rank;
        largest = largest.max((sum * scale).abs());
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, random: &mut Random) -> Vec<f64> {
        (0..n).map(|_| random.fraction()).collect()
    }

    /// All orders of five and six values, counted.
    #[test]
    fn agrees_with_all_orders() {
        fn orders(of: &[f64]) -> Vec<Vec<f64>> {
            if of.is_empty() {
                return vec![Vec::new()];
            }
            let with_first = |i: usize| {
                let rest: Vec<f64> = of[..i].iter().chain(&of[i + 1..]).copied().collect();
                orders(&rest).into_iter().map(move |mut order| {
                    order.insert(0, of[i]);
                    order
                })
            };
            (0..of.len()).flat_map(with_first).collect()
        }
        for values in
            [vec![1.0, 2.0, 3.0, 8.0, 9.0], vec![1.0, 2.0, 1.0, 3.0, 9.0, 9.0], vec![3.0, 1.0, 2.0, 5.0, 4.0, 6.0]]
        {
            let seen = Certificate::new(&values, 1.0).seen;
            let all = orders(&values);
            let as_far = all.iter().filter(|order| Certificate::new(order, 1.0).seen >= seen * (1.0 - 1e-12)).count();
            let exact = as_far as f64 / all.len() as f64;
            let p = Certificate::new(&values, 1.0).p(0.9, 1);
            assert!((p - exact).abs() < 0.06, "{values:?}: {p}, exactly {exact}");
        }
    }

    #[test]
    fn noise_is_certified_as_seldom_as_the_level_says() {
        let mut random = Random::new(1);
        for n in [12, 60, 150] {
            let certified =
                (0..600).filter(|seed| Certificate::new(&noise(n, &mut random), 1.0).p(0.05, *seed) <= 0.05);
            let share = certified.count() as f64 / 600.0;
            assert!((0.02..0.075).contains(&share), "{n}: {share}");
        }
    }

    /// Where the bound answers, drawing would have said less.
    #[test]
    fn the_bound_is_one() {
        let mut random = Random::new(2);
        let mut n_answered = 0;
        for (n, shifted) in [(20, 8), (40, 5), (80, 20), (200, 6)] {
            for step in [0.5, 0.8, 1.2] {
                let mut values = noise(n, &mut random);
                values[n - shifted..].iter_mut().for_each(|v| *v += step);
                let certificate = Certificate::new(&values, 1.0);
                if certificate.seen < FAR {
                    continue;
                }
                n_answered += 1;
                let mut ranks = certificate.ranks.clone();
                let as_far = (0..20_000).filter(|_| {
                    for i in (1..ranks.len()).rev() {
                        ranks.swap(i, random.below(i + 1));
                    }
                    largest(&ranks, &certificate.scales) >= certificate.seen
                });
                let p = as_far.count() as f64 / 20_000.0;
                assert!(p <= certificate.bound() + 2e-4, "{n}, {shifted}, {step}: {p}, bound {}", certificate.bound());
            }
        }
        assert!(n_answered > 3, "{n_answered}");
    }

    #[test]
    fn nothing_is_not_certified() {
        for values in [&[][..], &[1.0], &[1.0, 2.0], &[1.0, 1.0, 1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]] {
            assert!(Certificate::new(values, 1.0).p(0.005, 1) > 0.005, "{values:?}");
        }
    }

    #[test]
    fn resembling_neighbours_tell_less() {
        let values: Vec<f64> = (0..30).map(|i| f64::from(i / 15)).collect();
        let (plain, inflated) = (Certificate::new(&values, 1.0), Certificate::new(&values, 3.0));
        assert!(plain.bound() < inflated.bound());
    }
}
