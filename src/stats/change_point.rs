use std::collections::BTreeMap;

use super::interval::tail_of;
use super::level_grid::LevelGrid;
use super::noise_shape::NoiseShape;
use super::permutation_certificate::{Certificate, SHORTEST};
use super::quantile::select_median;
use super::scale::scale_around_level;
use super::{Interval, hodges_lehmann, hodges_lehmann_interval, median, normal_quantile};

/// A place in a series where its level changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// The first value of the new level.
    pub index: usize,
    /// The earliest value that may be the first of the new level, with the confidence of the options.
    pub lower_index: usize,
    /// The latest one.
    pub upper_index: usize,
    /// New level minus old one: of logarithms, the logarithm of the ratio.
    pub log_ratio: f64,
    /// Its interval; `None` where the values at hand are too few for the confidence.
    pub interval: Option<Interval>,
    /// The chance to see as much between the confirmed changes next to it, if there were no change.
    pub p: f64,
    /// How sure it is.
    pub tier: Tier,
}

/// How sure a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// More values have to say that it stays.
    Suspected,
    /// Its p-value is at most the level.
    Confirmed,
}

/// How changes are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePointOptions {
    /// The p-value up to which a change is confirmed.
    pub level: f64,
    /// Confidence of the intervals, as a fraction.
    pub confidence: f64,
    /// The noise's standard deviation is never taken to be less: what clocks, and the rounding of stored values, can resolve.
    pub resolution: f64,
    /// Where random numbers start.
    pub seed: u64,
}

impl Default for ChangePointOptions {
    fn default() -> Self {
        Self { level: 0.0035, confidence: 0.95, resolution: 0.003, seed: 1 }
    }
}

/// What a change costs a candidate, and what it has to be worth to be suspected: in units of the logarithm of the length.
const CANDIDATE: f64 = 2.7;
const SUSPECT: f64 = 4.2;

/// What a value costs at most, so that two outliers next to each other pay for no level of their own.
const OUTLIER: f64 = 9.0;

/// How much likelier a value is taken to be on one level than on the other, at most; a logarithm.
const MOST_TOLD: f64 = 4.0;

/// A level of fewer values is young.
const YOUNG: f64 = 24.0;

/// A suspected change has at most this p-value. Series of a few different values could make it pay without being rare.
const SUSPECT_LEVEL: f64 = 0.05;

/// Values on either side that a change is judged by, at most. So it costs no more in a longer history, and what was long ago matters
/// less.
const WINDOW: usize = 200;

/// Values on either side that the size of a change is told from, at most.
const NEAR: usize = 50;

/// Neighbours are taken to resemble each other where their correlation is this many of its standard errors: for intervals, and where a
/// change that isn't one is worse than a wide interval.
const CORRELATED: f64 = 2.5;
const MAYBE_CORRELATED: f64 = 1.5;

/// The places where the level of a series changes, in their order.
///
/// `values` are one benchmark's, in time, best as logarithms; those that aren't finite are skipped. How the noise is distributed is
/// learnt from them first. Candidates are the changes of the likeliest cut, with a penalty for each. Each has to certify itself: by
/// ranks or likelihoods, among random orders of the values between the changes next to it. The weakest that can't is dropped, until all can.
/// Of those dropped, one between two confirmed changes is suspected, if the series is much likelier with it.
///
/// Adding a constant changes nothing. One outlier, or two next to each other, are no change. The time is about linear.
///
/// Sources: Fearnhead & Rigaill 2019, "Changepoint detection in the presence of outliers"; Pettitt 1979, "A non-parametric approach
/// to the change-point problem".
///
/// ```
/// use criterion_regress::stats::{ChangePointOptions, Tier, change_points};
///
/// let noise = |i: usize| 0.01 * (i as f64 * 2.4).sin();
/// let times: Vec<f64> = (0..60).map(|i| if i < 40 { 120.0 } else { 132.0 } * (1.0 + noise(i))).collect();
/// let logs: Vec<f64> = times.iter().map(|t| t.ln()).collect();
///
/// let changes = change_points(&logs, &ChangePointOptions::default());
/// assert_eq!((changes.len(), changes[0].index, changes[0].tier), (1, 40, Tier::Confirmed));
/// assert!(changes[0].interval.is_some_and(|interval| interval.exp().contains(1.1)));
/// ```
#[must_use]
pub fn change_points(values: &[f64], options: &ChangePointOptions) -> Vec<ChangePoint> {
    Detector::of(values, *options).changes()
}

/// [`change_points`] of a series that grows.
///
/// A value more costs the work for that value. Only where the length has grown by an eighth, or is below 64, the noise is estimated
/// anew and the series gone through again; over all values that is a constant number of times. What it finds is what
/// [`change_points`] finds in the same values.
#[derive(Debug, Clone)]
pub struct Detector {
    options: ChangePointOptions,
    /// The finite values.
    values: Vec<f64>,
    /// Where each was among all.
    places: Vec<usize>,
    n_seen: usize,
    /// So many of the values told the scale and the penalty.
    tuned_at: usize,
    /// The noise's standard deviation.
    scale: f64,
    /// How that noise is distributed.
    shape: NoiseShape,
    cuts: LevelGrid,
    /// What was judged when changes were last asked for, by the window and the place in it.
    known: BTreeMap<[usize; 3], Judgement>,
}

/// What is known of one place in its window.
#[derive(Debug, Clone, Copy, Default)]
struct Judgement {
    /// The p-value, or a bound of it that is at most the level.
    p: Option<f64>,
    /// About the p-value.
    doubt: Option<f64>,
    described: Option<ChangePoint>,
}

impl Detector {
    /// Of a series without values.
    #[must_use]
    pub fn new(options: ChangePointOptions) -> Self {
        Self::of(&[], options)
    }

    /// Of these values.
    #[must_use]
    pub fn of(values: &[f64], options: ChangePointOptions) -> Self {
        let places: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_finite()).collect();
        // Logarithms of floats are smaller; sums of these don't overflow.
        let finite = places.iter().map(|&i| values[i].clamp(-MOST, MOST)).collect();
        let mut detector = Self {
            options,
            values: finite,
            places,
            n_seen: values.len(),
            tuned_at: 0,
            scale: 1.0,
            shape: NoiseShape::NORMAL,
            cuts: LevelGrid::new(1.0, OUTLIER, |_| 0.0),
            known: BTreeMap::new(),
        };
        detector.tune();
        detector
    }

    /// Takes one more value; one that isn't finite is counted, and otherwise skipped.
    pub fn push(&mut self, value: f64) {
        self.n_seen += 1;
        if !value.is_finite() {
            return;
        }
        self.places.push(self.n_seen - 1);
        self.values.push(value.clamp(-MOST, MOST));
        if tuning_length(self.values.len()) == self.tuned_at {
            self.cuts.push(self.standardised(self.values.len() - 1));
        } else {
            self.tune();
        }
    }

    /// How many values it was given.
    #[must_use]
    pub fn n_values(&self) -> usize {
        self.n_seen
    }

    /// The changes up to now.
    pub fn changes(&mut self) -> Vec<ChangePoint> {
        let before = std::mem::take(&mut self.known);
        let mut judged = Judged { detector: self, before, now: BTreeMap::new() };
        let found = judged.changes();
        self.known = judged.now;
        found
    }

    /// Estimates the noise, and goes through all values with it.
    fn tune(&mut self) {
        self.tuned_at = tuning_length(self.values.len());
        let values = &self.values[..self.tuned_at];
        let scale = scale_around_level(values);
        let is_resolved = scale > self.options.resolution;
        let scale = scale.max(self.options.resolution);
        self.scale = if scale > 0.0 { scale } else { 1.0 };
        // What is below the resolution has no shape of its own.
        self.shape = if is_resolved { NoiseShape::around_level(values, self.scale) } else { NoiseShape::NORMAL };
        let loss = |distance: f64| -2.0 * self.shape.log_density(distance);
        self.cuts = LevelGrid::new(CANDIDATE * self.log_of_length(), OUTLIER, loss);
        for i in 0..self.values.len() {
            self.cuts.push(self.standardised(i));
        }
        self.known.clear();
    }

    /// A value in units of the noise.
    fn standardised(&self, i: usize) -> f64 {
        (self.values[i] - self.values[0]) / self.scale
    }

    fn log_of_length(&self) -> f64 {
        (self.tuned_at.max(32) as f64).ln()
    }
}

/// Larger values are as good as this.
const MOST: f64 = 1e4;

/// How many of `n` values tell the scale: all of a few; then lengths an eighth apart, so that it seldom changes.
fn tuning_length(n: usize) -> usize {
    let mut length = 64;
    if n < length {
        return n;
    }
    while length + length / 8 <= n {
        length += length / 8;
    }
    length
}

/// A change, with those next to it or the ends.
fn around(changes: &[usize], i: usize, n: usize) -> [usize; 3] {
    [if i == 0 { 0 } else { changes[i - 1] }, changes[i], changes.get(i + 1).copied().unwrap_or(n)]
}

/// The changes of a detector, while they are being judged.
struct Judged<'a> {
    detector: &'a Detector,
    before: BTreeMap<[usize; 3], Judgement>,
    now: BTreeMap<[usize; 3], Judgement>,
}

impl Judged<'_> {
    fn changes(&mut self) -> Vec<ChangePoint> {
        let n = self.detector.values.len();
        let candidates = self.detector.cuts.changes();
        let confirmed = self.confirmed(candidates.clone());
        let mut told: Vec<(usize, f64, Tier)> = confirmed.iter().map(|(at, p)| (*at, *p, Tier::Confirmed)).collect();
        for i in 0..=confirmed.len() {
            let from = if i == 0 { 0 } else { confirmed[i - 1].0 };
            let to = confirmed.get(i).map_or(n, |next| next.0);
            let dropped = candidates.iter().copied().filter(|at| from < *at && *at < to);
            told.extend(self.suspected(from, dropped, to).map(|(at, p)| (at, p, Tier::Suspected)));
        }
        told.sort_unstable_by_key(|(at, ..)| *at);
        let places: Vec<usize> = told.iter().map(|(at, ..)| *at).collect();
        (0..told.len()).map(|i| self.described(around(&places, i, n), told[i].1, told[i].2)).collect()
    }

    /// The candidates that certify themselves, each with its p-value.
    fn confirmed(&mut self, mut candidates: Vec<usize>) -> Vec<(usize, f64)> {
        let n = self.detector.values.len();
        // How far each is from being confirmed: up to 1, it is.
        let mut wants: Vec<f64> = (0..candidates.len()).map(|i| self.wants(around(&candidates, i, n))).collect();
        while let Some(i) = (0..wants.len()).max_by(|&i, &j| wants[i].total_cmp(&wants[j])) {
            if wants[i] <= 1.0 {
                break;
            }
            let around_it = around(&candidates, i, n);
            wants[i] = self.p(around_it) / self.detector.level(around_it);
            if wants[i] <= 1.0 {
                continue;
            }
            candidates.remove(i);
            wants.remove(i);
            for j in [i.wrapping_sub(1), i] {
                if j < candidates.len() {
                    wants[j] = self.wants(around(&candidates, j, n));
                }
            }
        }
        (0..candidates.len()).map(|i| (candidates[i], self.p(around(&candidates, i, n)))).collect()
    }

    /// Which of the dropped candidates between two confirmed changes is worth the most, with its p-value, if that is enough.
    fn suspected(&mut self, from: usize, dropped: impl Iterator<Item = usize>, to: usize) -> Option<(usize, f64)> {
        let wanted = SUSPECT * self.detector.log_of_length();
        let can_be_levels = |at: &usize| at - from >= SHORTEST && to - at >= SHORTEST;
        let worth = |at: usize| (self.detector.gain(window([from, at, to])), at);
        let (gain, at) = dropped.filter(can_be_levels).map(worth).max_by(|a, b| a.0.total_cmp(&b.0))?;
        (gain >= wanted).then(|| (at, self.p([from, at, to]))).filter(|(_, p)| *p <= SUSPECT_LEVEL)
    }

    fn judgement(&mut self, key: [usize; 3]) -> &mut Judgement {
        let before = &self.before;
        self.now.entry(key).or_insert_with(|| before.get(&key).copied().unwrap_or_default())
    }

    /// The p-value over the level; about that, and more than 1, while it isn't known.
    fn wants(&mut self, around: [usize; 3]) -> f64 {
        let (key, level) = (window(around), self.detector.level(around));
        let known = *self.judgement(key);
        if let Some(p) = known.p {
            return p / level;
        }
        if let Some(doubt) = known.doubt {
            return 1.0 + doubt / level;
        }
        // Likelihoods cost more than ranks, and seldom decide.
        if let Some(p) = self.detector.certificate_of_ranks(key).settled(level) {
            self.judgement(key).p = Some(p);
            return p / level;
        }
        let doubt = self.detector.certificate(key).doubt();
        self.judgement(key).doubt = Some(doubt);
        1.0 + doubt / level
    }

    fn p(&mut self, around: [usize; 3]) -> f64 {
        let (key, level) = (window(around), self.detector.level(around));
        if let Some(p) = self.judgement(key).p {
            return p;
        }
        let certificate = self.detector.certificate(key);
        let p = certificate.settled(level).unwrap_or_else(|| certificate.p(level, self.detector.options.seed));
        self.judgement(key).p = Some(p);
        p
    }

    fn described(&mut self, around: [usize; 3], p: f64, tier: Tier) -> ChangePoint {
        let key = window(around);
        let known = self.judgement(key).described;
        let described = known.unwrap_or_else(|| self.detector.described(key, p, tier));
        // Whether a suspected one is next to it, has no part in its p-value.
        let described = ChangePoint { p, tier, ..described };
        self.judgement(key).described = Some(described);
        described
    }
}

impl Detector {
    /// The p-value up to which a change is confirmed. One close to an end is looked at after each new value: it spends the level bit
    /// by bit.
    fn level(&self, [from, at, to]: [usize; 3]) -> f64 {
        self.options.level * ((at - from).min(to - at) as f64 / YOUNG).min(1.0)
    }

    fn certificate_of_ranks(&self, [from, at, to]: [usize; 3]) -> Certificate {
        let inflation = self.inflation([from, at, to], MAYBE_CORRELATED);
        Certificate::new(&self.values[from..to], &vec![0.0; to - from], [inflation, 1.0])
    }

    fn certificate(&self, [from, at, to]: [usize; 3]) -> Certificate {
        let values = &self.values[from..to];
        let levels = [&self.values[from..at], &self.values[at..to]].map(median);
        let ratio = |value: &f64| {
            let [old, new] = levels.map(|level| self.shape.log_density((value - level) / self.scale));
            (new - old).clamp(-MOST_TOLD, MOST_TOLD)
        };
        let ratios: Vec<f64> = values.iter().map(ratio).collect();
        let of_ratios = inflation(
            [&ratios[..at - from], &ratios[at - from..]].into_iter().flat_map(|side| {
                let mean = side.iter().sum::<f64>() / side.len().max(1) as f64;
                side.iter().map(move |ratio| ratio - mean)
            }),
            MAYBE_CORRELATED,
        );
        Certificate::new(values, &ratios, [self.inflation([from, at, to], MAYBE_CORRELATED), of_ratios])
    }

    /// The inflation of values on either side of a change.
    fn inflation(&self, [from, at, to]: [usize; 3], enough: f64) -> f64 {
        inflation(
            [&self.values[from..at], &self.values[at..to]].into_iter().flat_map(|side| {
                let level = median(side);
                side.iter().map(move |v| ((v - level) / self.scale).clamp(-REACH, REACH))
            }),
            enough,
        )
    }

    /// How much less the cost of a window is with a change at a place than without.
    fn gain(&self, [from, at, to]: [usize; 3]) -> f64 {
        let loss = |distance: f64| (-2.0 * self.shape.log_density(distance)).min(OUTLIER);
        let cost = |values: &[f64], level: f64| -> f64 { values.iter().map(|v| loss((v - level) / self.scale)).sum() };
        let (before, after, all) = (&self.values[from..at], &self.values[at..to], &self.values[from..to]);
        let levels = [median(before), median(after), median(all)];
        let without = levels.iter().map(|level| cost(all, *level)).fold(f64::INFINITY, f64::min);
        without - cost(before, levels[0]) - cost(after, levels[1])
    }

    fn described(&self, key: [usize; 3], p: f64, tier: Tier) -> ChangePoint {
        let [from, at, to] = key;
        let near = (&self.values[from.max(at.saturating_sub(NEAR))..at], &self.values[at..to.min(at + NEAR)]);
        let inflation = self.inflation(key, CORRELATED);
        let (log_ratio, interval) = shift(near.0, near.1, self.options.confidence, inflation);
        let (lower, upper) = self.range(key, inflation);
        ChangePoint {
            index: self.places[at],
            lower_index: self.places[lower],
            upper_index: self.places[upper],
            log_ratio,
            interval,
            p,
            tier,
        }
    }

    /// Where the change may be: the tails of the distribution over all places in the window, as likely as their costs say with the
    /// levels on either side as known, are left out.
    fn range(&self, [from, at, to]: [usize; 3], inflation: f64) -> (usize, usize) {
        let levels = [&self.values[from..at], &self.values[at..to]].map(median);
        // From the second value on, the first of the new level; the cost of each relative to that of the first.
        let mut cost = 0.0;
        let costs: Vec<f64> = (from..to - 1)
            .map(|i| {
                let [old, new] = levels.map(|level| biweight((self.values[i] - level) / self.scale));
                cost += (old - new) / inflation;
                cost
            })
            .collect();
        let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
        let likely = |cost: &f64| if cost - least < 100.0 { (-(cost - least) / 2.0).exp() } else { 0.0 };
        let all: f64 = costs.iter().map(likely).sum();
        let tail = tail_of(self.options.confidence) * all;
        let reaches = |costs: &mut dyn Iterator<Item = &f64>| {
            let mut sum = 0.0;
            costs
                .take_while(|cost| {
                    sum += likely(cost);
                    sum <= tail
                })
                .count()
        };
        let lower = from + 1 + reaches(&mut costs.iter());
        let upper = to - 1 - reaches(&mut costs.iter().rev());
        (lower.min(at), upper.max(at))
    }
}

/// By how much more the mean of values varies because neighbours resemble each other: (1 + ρ)/(1 − ρ), for the correlation ρ of
/// neighbours' distances from their level, where that is more than chance.
fn inflation(distances: impl Iterator<Item = f64>, enough: f64) -> f64 {
    let rest: Vec<f64> = distances.collect();
    let all: f64 = rest.iter().map(|r| r * r).sum();
    let neighbours: f64 = rest.windows(2).map(|w| w[0] * w[1]).sum();
    let correlation = neighbours / all.max(f64::MIN_POSITIVE);
    if correlation * (rest.len() as f64).sqrt() < enough {
        return 1.0;
    }
    let correlation = correlation.min(0.8);
    (1.0 + correlation) / (1.0 - correlation)
}

/// Past this many standard deviations a value tells no more.
const REACH: f64 = 3.0;

/// What a value costs that is so many standard deviations off its level.
fn biweight(distance: f64) -> f64 {
    (distance * distance).min(REACH * REACH)
}

/// What a change is judged by: its neighbours on either side, up to the changes next to it.
fn window([before, at, after]: [usize; 3]) -> [usize; 3] {
    [before.max(at.saturating_sub(WINDOW)), at, after.min(at + WINDOW)]
}

/// The fewest values of a side for which ranks are as good as normal.
const NORMAL: usize = 8;

/// Hodges and Lehmann's shift with its interval, widened by the square root of `inflation`.
fn shift(before: &[f64], after: &[f64], confidence: f64, inflation: f64) -> (f64, Option<Interval>) {
    let (n, m) = (before.len() as f64, after.len() as f64);
    if before.len().min(after.len()) < NORMAL {
        return (hodges_lehmann(before, after), hodges_lehmann_interval(before, after, confidence));
    }
    let mut differences: Vec<f64> = before.iter().flat_map(|b| after.iter().map(move |a| a - b)).collect();
    let reach = normal_quantile(tail_of(confidence)) * (inflation * n * m * (n + m + 1.0) / 12.0).sqrt();
    let middle = select_median(&mut differences);
    let rank = (n * m / 2.0 - reach - 0.5).floor();
    if rank < 0.0 {
        return (middle, None);
    }
    let (rank, last) = (rank as usize, differences.len() - 1);
    let mut at = |rank: usize| *differences.select_nth_unstable_by(rank, f64::total_cmp).1;
    (middle, Some(Interval { lower: at(rank), upper: at(last - rank), confidence }))
}

#[cfg(test)]
mod tests {
    use super::super::Random;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn noise(n: usize, random: &mut Random) -> Vec<f64> {
        (0..n).map(|_| 0.02 * normal_quantile(random.fraction())).collect()
    }

    /// Noise with these steps.
    fn stepped(n: usize, steps: &[(usize, f64)], seed: u64) -> Vec<f64> {
        let mut values = noise(n, &mut Random::new(seed));
        for (at, step) in steps {
            values[*at..].iter_mut().for_each(|v| *v += step);
        }
        values
    }

    fn found(values: &[f64]) -> Vec<ChangePoint> {
        change_points(values, &ChangePointOptions::default())
    }

    fn indices(changes: &[ChangePoint], tier: Tier) -> Vec<usize> {
        changes.iter().filter(|c| c.tier == tier).map(|c| c.index).collect()
    }

    #[test]
    fn steps_are_found_where_they_are() {
        let changes = found(&stepped(200, &[(60, 0.1), (130, -0.2)], 1));
        assert_eq!(indices(&changes, Tier::Confirmed), [60, 130]);
        for (change, step) in changes.iter().zip([0.1, -0.2]) {
            assert!(change.lower_index <= change.index && change.index <= change.upper_index);
            let interval = change.interval.expect("many values");
            assert!(interval.contains(step) && interval.contains(change.log_ratio), "{change:?}");
            assert!(interval.upper - interval.lower < 0.05);
        }
    }

    /// With an outlier now and then, it takes longer to be sure.
    #[test]
    fn a_change_is_suspected_before_it_is_confirmed() {
        let mut values = stepped(90, &[(60, 0.12)], 2);
        (0..60).step_by(20).for_each(|i| values[i] += 0.5);
        let mut detector = Detector::of(&values[..60], ChangePointOptions::default());
        assert_eq!(detector.changes(), []);
        let mut tiers = Vec::new();
        for value in &values[60..] {
            detector.push(*value);
            tiers.push(detector.changes().first().map(|c| (c.index, c.tier)));
        }
        let first = |tier: Tier| tiers.iter().position(|t| *t == Some((60, tier))).expect("it is found");
        assert!((2..5).contains(&first(Tier::Suspected)), "{tiers:?}");
        assert!(first(Tier::Suspected) < first(Tier::Confirmed) && first(Tier::Confirmed) < 15, "{tiers:?}");
    }

    #[test]
    fn outliers_are_no_changes() {
        let mut values = stepped(100, &[], 3);
        values[40] += 1.0;
        values[70..72].fill(-3.0);
        values[99] += 2.0;
        assert_eq!(found(&values), []);
    }

    #[test]
    fn what_is_not_finite_is_skipped() {
        let mut values = stepped(100, &[(50, 0.2)], 4);
        let plain = found(&values);
        values.splice(10..10, [f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        let changes = found(&values);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].index, plain[0].index + 3);
        assert_eq!(changes[0].log_ratio.to_bits(), plain[0].log_ratio.to_bits());
        assert_eq!(found(&[f64::NAN; 40]), []);
    }

    #[test]
    fn hostile_series_have_an_answer() {
        for n in 0..6 {
            assert_eq!(found(&vec![1.0; n]), []);
        }
        assert_eq!(found(&[1.0; 500]), []);
        assert_eq!(found(&[1.0, 2.0]), []);
        let two_valued: Vec<f64> = (0..300).map(|i| f64::from(u8::from((i * 7) % 11 < 4))).collect();
        assert_eq!(found(&two_valued), []);
        let huge = [1e300, -1e300, f64::MAX, f64::MIN, 5e-324, 0.0].repeat(20);
        assert!(found(&huge).iter().all(|c| c.index < 120 && c.p <= 1.0));
        let step: Vec<f64> = (0..40).map(|i| if i < 20 { 0.0 } else { f64::MAX }).collect();
        assert_eq!(indices(&found(&step), Tier::Confirmed), [20]);
        let rising: Vec<f64> = (0..400).map(|i| f64::from(i) * 10.0).collect();
        let changes = found(&rising);
        assert!(changes.windows(2).all(|pair| pair[0].index < pair[1].index));
    }

    #[test]
    fn resolution_bounds_what_is_noise() {
        let flicker: Vec<f64> = (0..100).map(|i| f64::from(i / 50) * 0.002).collect();
        assert_eq!(found(&flicker), [], "below what clocks resolve");
    }

    #[test]
    fn noise_has_seldom_changes() {
        let mut random = Random::new(5);
        let with_changes = (0..300).filter(|_| !found(&noise(100, &mut random)).is_empty()).count();
        assert!(with_changes <= 3, "{with_changes} of 300");
    }

    /// Of the intervals and ranges at 95 %, so many hold the truth.
    #[test]
    fn intervals_and_ranges_cover() {
        let (mut n, mut covered, mut in_range) = (0, 0, 0);
        for seed in 0..300 {
            let changes = found(&stepped(80, &[(40, 0.04)], seed));
            if let [change] = changes[..] {
                n += 1;
                covered += u32::from(change.interval.is_some_and(|i| i.contains(0.04)));
                in_range += u32::from(change.lower_index <= 40 && 40 <= change.upper_index);
            }
        }
        assert!(n > 250, "{n}");
        assert!(f64::from(covered) > 0.9 * f64::from(n), "{covered} of {n}");
        assert!(f64::from(in_range) > 0.9 * f64::from(n), "{in_range} of {n}");
    }

    #[test]
    fn lengths_for_tuning_grow_by_an_eighth() {
        assert_eq!([0, 1, 63, 64, 71, 72, 120, 10_000].map(tuning_length), [0, 1, 63, 64, 64, 72, 114, 9763]);
    }

    /// What is printed of a change contradicts no tier of it, suspected changes next to it or not.
    #[test]
    fn a_p_value_is_the_one_that_its_tier_was_given_for() {
        let options = ChangePointOptions::default();
        let mut random = Random::new(6);
        let mut n_beside = 0;
        for seed in 0..400 {
            let steps = [(60, 0.04), (60 + 3 + random.below(12), -0.02), (100, 0.03)];
            let changes = found(&stepped(130, &steps, seed));
            for change in &changes {
                let limit = if change.tier == Tier::Confirmed { options.level } else { SUSPECT_LEVEL };
                assert!(change.p <= limit, "{seed}: {change:?}");
            }
            n_beside += usize::from(changes.windows(2).any(|pair| pair[0].tier != pair[1].tier));
        }
        assert!(n_beside > 3, "{n_beside}");
    }

    proptest! {
        #[test]
        fn a_series_that_grows_has_the_same_changes(values in vec(-9..9_i32, 0..160), step in 0..60_i32) {
            let values: Vec<f64> = values.iter().enumerate().map(|(i, v)| f64::from(v + if i > 70 { step } else { 0 }) * 0.01).collect();
            let mut detector = Detector::new(ChangePointOptions::default());
            for (i, value) in values.iter().enumerate() {
                detector.push(*value);
                if i % 7 == 0 {
                    prop_assert_eq!(detector.changes(), found(&values[..=i]));
                }
            }
            prop_assert_eq!(detector.n_values(), values.len());
            prop_assert_eq!(detector.changes(), found(&values));
        }

        /// Ties aside: an outlier at a change belongs to either level, and one step may be found as two.
        #[test]
        fn other_units_the_other_sign_and_backwards(seed in 0..1000_u64, step in 0.1..0.5_f64, shift in -20..20_i32) {
            let values = stepped(64, &[(30, step)], seed);
            let at_the_step = |values: &[f64], at: usize| {
                found(values).into_iter().find(|c| c.index.abs_diff(at) <= 3 && c.tier == Tier::Confirmed)
            };
            prop_assume!(found(&values).len() <= 1);
            let there = at_the_step(&values, 30).expect("a step of five standard deviations is found");
            let moved: Vec<f64> = values.iter().map(|v| v + f64::from(shift)).collect();
            let mirrored: Vec<f64> = values.iter().map(|v| -v).collect();
            let back: Vec<f64> = values.iter().rev().copied().collect();
            for (other, sign, at) in [(moved, 1.0, 30), (mirrored, -1.0, 30), (back, -1.0, 34)] {
                let (n, other) = (found(&other).len(), at_the_step(&other, at));
                prop_assume!(n <= 1);
                prop_assert!(other.is_some_and(|c| (there.log_ratio - sign * c.log_ratio).abs() < 0.02), "{:?} {:?}", there, other);
            }
        }
    }
}
