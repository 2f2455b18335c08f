//! The noise of recorded histories, without their levels, and series made of it whose changes are known.

use std::collections::BTreeSet;

use criterion_regress::stats::{MAD_TO_SD, Random, median};

use super::series::Series;

/// Shorter histories give no noise.
const SHORTEST: usize = 120;

/// A level is the median of so many values around.
const AROUND: usize = 15;

/// Steps keep so far from the ends and from each other.
pub(crate) const APART: usize = 10;

/// Steps given in σ take it for no less than this.
const LEAST: f64 = 0.003;

/// How far one benchmark's values lay from their level, as logarithms, run after run.
#[derive(Debug)]
pub(crate) struct Noise {
    pub(crate) residuals: Vec<f64>,
    /// σ: the largest of what the medians of the differences of neighbours 1, 2 and 3 runs apart say.
    pub(crate) scale: f64,
}

/// A series, and where it changes.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) values: Vec<f64>,
    pub(crate) changes: Vec<usize>,
}

/// How large steps are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Percent(f64),
    Sigma(f64),
}

impl Step {
    /// What it adds to logarithms.
    pub(crate) fn of(self, noise: &Noise) -> f64 {
        match self {
            Step::Percent(percent) => (percent / 100.0).ln_1p(),
            Step::Sigma(n) => n * noise.scale.max(LEAST),
        }
    }
}

/// The noise of every benchmark of a suite that was measured often enough.
pub(crate) fn of(series: &Series) -> Vec<Noise> {
    let names: BTreeSet<&String> = series.runs.iter().flat_map(|run| run.keys()).collect();
    let logs = |name: &&String| -> Vec<f64> {
        let measured = series.runs.iter().filter_map(|run| run.get(*name));
        measured.filter_map(|m| m.sample.per_iteration().next()).map(f64::ln).collect()
    };
    names.iter().map(logs).filter(|logs| logs.len() >= SHORTEST).filter_map(|logs| without_level(&logs)).collect()
}

/// None of values that repeat themselves to the digit.
fn without_level(logs: &[f64]) -> Option<Noise> {
    let half = AROUND / 2;
    let level = |i: usize| median(&logs[i.saturating_sub(half)..(i + half + 1).min(logs.len())]);
    let residuals: Vec<f64> = logs.iter().enumerate().map(|(i, log)| log - level(i)).collect();
    let of_lag = |lag: usize| {
        let sizes: Vec<f64> = residuals.iter().zip(&residuals[lag..]).map(|(a, b)| (b - a).abs()).collect();
        MAD_TO_SD * median(&sizes) / std::f64::consts::SQRT_2
    };
    let scale = (1..=3).map(of_lag).fold(0.0, f64::max);
    residuals.iter().any(|r| r.abs() > 0.0).then_some(Noise { residuals, scale })
}

/// `n` values of the noise in another order, blocks of so many kept together; drawn again when they are used up.
pub(crate) fn shuffled(noise: &Noise, n: usize, block: usize, random: &mut Random) -> Vec<f64> {
    let blocks: Vec<&[f64]> = noise.residuals.chunks(block).collect();
    let mut values = Vec::with_capacity(n + noise.residuals.len());
    while values.len() < n {
        let order = random.choose(blocks.len(), blocks.len());
        values.extend(order.iter().flat_map(|i| blocks[*i]));
    }
    values.truncate(n);
    values
}

/// Two steps at random places, each up or down.
pub(crate) fn with_steps(noise: &Noise, n: usize, block: usize, step: Step, random: &mut Random) -> Case {
    let mut values = shuffled(noise, n, block, random);
    let mut changes = vec![0, 0];
    while changes[1] - changes[0] < APART {
        changes.fill_with(|| APART + random.below(n - 2 * APART));
        changes.sort_unstable();
    }
    for at in &changes {
        let step = direction(random) * step.of(noise);
        values[*at..].iter_mut().for_each(|v| *v += step);
    }
    Case { values, changes }
}

/// Up or down.
pub(crate) fn direction(random: &mut Random) -> f64 {
    if random.below(2) == 0 { 1.0 } else { -1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise() -> Noise {
        let logs: Vec<f64> = (0..200).map(|i| f64::from(i / 100) + f64::from(i * 7 % 13) * 0.01).collect();
        without_level(&logs).expect("it varies")
    }

    #[test]
    fn levels_are_taken_away() {
        let noise = noise();
        assert!(noise.residuals.iter().all(|r| r.abs() < 0.2), "a step of 1 is gone");
        assert!((0.01..0.1).contains(&noise.scale), "{}", noise.scale);
        assert!(without_level(&[3.0; 150]).is_none());
    }

    #[test]
    fn blocks_stay_together_and_values_the_same() {
        let noise = noise();
        let mut random = Random::new(1);
        let shuffled = shuffled(&noise, 200, 5, &mut random);
        let sorted = |values: &[f64]| {
            let mut bits: Vec<u64> = values.iter().map(|v| v.to_bits()).collect();
            bits.sort_unstable();
            bits
        };
        assert_eq!(sorted(&shuffled), sorted(&noise.residuals));
        assert!(noise.residuals.chunks(5).any(|block| block == &shuffled[..5]));
        assert_ne!(shuffled, noise.residuals);
    }

    #[test]
    fn steps_keep_apart() {
        let (noise, mut random) = (noise(), Random::new(2));
        for _ in 0..200 {
            let case = with_steps(&noise, 120, 1, Step::Percent(10.0), &mut random);
            let [first, second] = case.changes[..] else { panic!("two steps") };
            assert!(first >= APART && second - first >= APART && second <= 120 - APART);
        }
        assert!((Step::Sigma(4.0).of(&Noise { residuals: vec![], scale: 0.0 }) - 0.012).abs() < 1e-12);
    }
}
