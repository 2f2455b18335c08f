use super::rank::doubled_midranks;
use super::{Random, normal_tail};

/// How surely values change their level somewhere, against the hypothesis that all orders of them are as likely.
///
/// Two scores of each value say so: its rank, and how much likelier it is on the one level than on the other, by what is known of the
/// noise. The statistic is the largest standardised difference of mean scores over both and all places to divide the values, so that
/// having looked for the place is paid for. Each is divided by √its inflation first: values that resemble their neighbours tell less
/// than their number. Where a bound already settles that it is rarer than `level`, that bound is the answer: of the ranks, twice the
/// sum over all places of two-sided normal tails (sums of ranks have lighter ones; twice for the two scores). Otherwise orders are
/// drawn, until it is clear on which side of `level` they fall: few where that is plain, up to `DRAWS` where it isn't, so that it hardly
/// hangs on the seed.
///
/// The level is exact for ranks, but for ending early. Likelihoods are of levels that were told from the same values, which no order of these is asked to do;
/// the level of the whole is therefore checked on recorded noise.
///
/// Sources: Pettitt 1979, "A non-parametric approach to the change-point problem" (the statistic); Besag & Clifford 1991,
/// "Sequential Monte Carlo p-values" (ending early); Cornish & Fisher 1938, "Moments and cumulants in the specification of
/// distributions" (how far out a sum is, by its kurtosis).
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    /// Centred scores of each value.
    scores: Vec<Scores>,
    /// By what sums of the first k are multiplied, for k from `SHORTEST`.
    scales: Vec<Scores>,
    /// The statistic.
    seen: f64,
    /// That of the ranks alone.
    of_ranks: f64,
}

/// The midrank, and the logarithm of the ratio of likelihoods.
type Scores = [f64; 2];

/// No stretch of fewer values is a level.
pub(super) const SHORTEST: usize = 2;

/// Likelihoods of fewer values tell nothing.
const SHORTEST_LIKELY: usize = 4;

/// How far out, in standard deviations, the places to divide the values are made comparable.
const FAR: f64 = 3.9;

/// Drawing ends where the number of orders that say more is so many of its standard deviations from what it would be at the level.
const CLEAR: f64 = 2.0;

/// A p-value above the level is told by no fewer orders that say more.
const FEWEST: usize = 10;

/// Orders drawn at most.
const DRAWS: usize = 9_999;

impl Certificate {
    /// `ratios` are the logarithms of the ratio of likelihoods, `inflations` those of ranks and of ratios.
    pub(super) fn new(values: &[f64], ratios: &[f64], inflations: [f64; 2]) -> Self {
        let n = values.len();
        let (doubled, _) = doubled_midranks(values);
        let mut scores: Vec<Scores> = doubled.iter().zip(ratios).map(|(rank, ratio)| [*rank as f64, *ratio]).collect();
        let mut scales = vec![[0.0; 2]; (n + 1).saturating_sub(2 * SHORTEST)];
        for (of, shortest) in [SHORTEST, SHORTEST_LIKELY].into_iter().enumerate() {
            let mean = scores.iter().map(|s| s[of]).sum::<f64>() / n.max(1) as f64;
            scores.iter_mut().for_each(|s| s[of] -= mean);
            let moment = |power: i32| scores.iter().map(|s| s[of].powi(power)).sum::<f64>();
            let variance = moment(2) / (n.max(2) - 1) as f64;
            if variance <= NOTHING {
                scores.iter_mut().for_each(|s| s[of] = 0.0);
                continue;
            }
            let kurtosis = if of == 0 { -1.2 } else { moment(4) / (n as f64 * variance * variance) - 3.0 };
            for (k, scale) in
                (SHORTEST..).zip(&mut scales).filter(|(k, _)| (shortest..=n - shortest.min(n)).contains(k))
            {
                let (m, n) = (k as f64, (n - k) as f64);
                // Of a sum of m of them: exact for ranks, near that for others. Then a quantile z is z (1 + (z² − 3) κ/24).
                let kurtosis = kurtosis * (m * m + n * n + m * n + m + n) / (m * n * (m + n + 1.0));
                let reach = (1.0 + (FAR * FAR - 3.0) * kurtosis / 24.0).max(LEAST_REACH);
                scale[of] = 1.0 / ((m * n / (m + n) * variance).sqrt() * reach);
            }
        }
        let each = largest(&scores, &scales);
        let shrunk = [0, 1].map(|of| each[of] / inflations[of].max(1.0).sqrt());
        Self { scores, scales, seen: shrunk[0].max(shrunk[1]), of_ranks: shrunk[0] }
    }

    /// The bound of the p-value, where that is at most `level`.
    pub(super) fn settled(&self, level: f64) -> Option<f64> {
        let bound = self.tails(self.of_ranks);
        (self.of_ranks >= FAR && bound <= level).then_some(bound)
    }

    /// About the p-value: enough to tell the weakest of several.
    pub(super) fn doubt(&self) -> f64 {
        if self.seen > 0.0 { self.tails(self.seen) } else { 1.0 }
    }

    fn tails(&self, seen: f64) -> f64 {
        (4.0 * self.scales.len() as f64 * normal_tail(seen)).min(1.0)
    }

    /// The p-value, exact enough to compare with `level`.
    pub(super) fn p(&self, level: f64, seed: u64) -> f64 {
        if self.seen <= 0.0 {
            return 1.0;
        }
        let mut random = Random::new(seed);
        let mut scores = self.scores.clone();
        let (mut n_larger, mut n_drawn) = (0, 0);
        while n_drawn < DRAWS {
            for i in (1..scores.len()).rev() {
                scores.swap(i, random.below(i + 1));
            }
            let [ranks, ratios] = largest(&scores, &self.scales);
            n_larger += usize::from(ranks.max(ratios) >= self.seen * (1.0 - 1e-12));
            n_drawn += 1;
            let expected = level * n_drawn as f64;
            let off = n_larger as f64 - expected;
            if off.abs() > CLEAR * expected.sqrt() && (off < 0.0 || n_larger >= FEWEST) {
                break;
            }
        }
        (n_larger + 1) as f64 / (n_drawn + 1) as f64
    }
}

/// Scores that vary less are all the same.
const NOTHING: f64 = 1e-12;

/// However light the tails, sums are made larger by no more than this.
const LEAST_REACH: f64 = 0.3;

/// The largest sum of the first values over its scale, of each score.
fn largest(scores: &[Scores], scales: &[Scores]) -> Scores {
    let mut sum = [0.0; 2];
    let mut largest = [0.0_f64; 2];
    let first = (SHORTEST - 1).min(scores.len());
    let none = [[0.0; 2]; SHORTEST - 1];
    for (score, scale) in scores.iter().zip(none[..first].iter().chain(scales)) {
        for of in 0..2 {
            sum[of] += score[of];
            largest[of] = largest[of].max((sum[of] * scale[of]).abs());
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, random: &mut Random) -> Vec<f64> {
        (0..n).map(|_| random.fraction()).collect()
    }

    /// Likelihoods rise with the values.
    fn plain(values: &[f64]) -> Certificate {
        Certificate::new(values, values, [1.0; 2])
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
            let seen = plain(&values).seen;
            let all = orders(&values);
            let as_far = all.iter().filter(|order| plain(order).seen >= seen * (1.0 - 1e-12)).count();
            let exact = as_far as f64 / all.len() as f64;
            for seed in 0..20 {
                let [less, more] = [exact / 2.0, (exact * 2.0).min(1.0)];
                let p = [less, more].map(|level| plain(&values).p(level, seed));
                assert!(p[0] > less && p[1] <= more, "{values:?}: {p:?}, exactly {exact}");
            }
        }
    }

    #[test]
    fn noise_is_certified_as_seldom_as_the_level_says() {
        let mut random = Random::new(1);
        for n in [12, 60, 150] {
            let certified = (0..600).filter(|seed| plain(&noise(n, &mut random)).p(0.05, *seed) <= 0.05);
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
                let certificate = plain(&values);
                if certificate.of_ranks < FAR {
                    continue;
                }
                n_answered += 1;
                let mut scores = certificate.scores.clone();
                let as_far = (0..20_000).filter(|_| {
                    for i in (1..scores.len()).rev() {
                        scores.swap(i, random.below(i + 1));
                    }
                    largest(&scores, &certificate.scales)[0] >= certificate.of_ranks
                });
                let p = as_far.count() as f64 / 20_000.0;
                let bound = certificate.settled(1.0).expect("far");
                assert!(p <= bound + 2e-4, "{n}, {shifted}, {step}: {p}, bound {bound}");
            }
        }
        assert!(n_answered > 3, "{n_answered}");
    }

    #[test]
    fn nothing_is_not_certified() {
        for values in [&[][..], &[1.0], &[1.0, 2.0], &[1.0, 1.0, 1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]] {
            assert!(plain(values).p(0.005, 1) > 0.005, "{values:?}");
        }
    }

    #[test]
    fn resembling_neighbours_tell_less() {
        let values: Vec<f64> = (0..30).map(|i| f64::from(i / 15)).collect();
        let (plain, inflated) = (plain(&values), Certificate::new(&values, &values, [3.0; 2]));
        assert!(plain.doubt() < inflated.doubt());
    }

    /// Two groups of values, each with a step that is small beside the distance of the groups: ranks hardly see it.
    #[test]
    fn what_is_known_of_the_noise_certifies_more() {
        let mut random = Random::new(3);
        let values: Vec<f64> = (0..60)
            .map(|i| 40.0 * random.below(2) as f64 + random.fraction() + if i < 30 { 0.0 } else { 0.5 })
            .collect();
        let ratio = |v: &f64| f64::from(i8::from(v % 40.0 > 1.0)) - f64::from(i8::from(v % 40.0 < 0.5));
        let ratios: Vec<f64> = values.iter().map(ratio).collect();
        let with = Certificate::new(&values, &ratios, [1.0; 2]).p(0.01, 1);
        let without = Certificate::new(&values, &[0.0; 60], [1.0; 2]).p(0.01, 1);
        assert!(with <= 0.005 && without > 0.01, "{with}, {without}");
    }
}
