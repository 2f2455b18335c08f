/// One look at paired rounds: after how many, and what a test may reject then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Rounds that have been run by then.
    pub rounds: usize,
    /// The level of the tests at this look, all benchmarks together.
    pub alpha: f64,
}

/// The share of the level that each look may spend; later looks, which see more, have more of it.
const SPENDING: [f64; 3] = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 2.0];

/// With fewer rounds than this an interval at 99 % is hardly narrower than the values themselves.
const FEWEST_ROUNDS: usize = 14;

/// How many rounds must be run before a first look at `n_benchmarks` can find anything at level `alpha`.
///
/// The least p-value of K signs is 2⁻ᴷ, and Holm's first step asks for `alpha` · 1/6 / `n_benchmarks`; so K is log₂ of
/// 6 · `n_benchmarks` / `alpha`, and at least 14. `alpha` is clamped to 1e-15 … 1, and NaN is 1e-15.
///
/// ```
/// use criterion_regress::stats::first_look;
///
/// assert_eq!(first_look(1, 0.01), 14);
/// assert_eq!(first_look(100, 0.01), 16);
/// ```
#[must_use]
pub fn first_look(n_benchmarks: usize, alpha: f64) -> usize {
    let tests = n_benchmarks.max(1) as f64;
    let least = SPENDING[0] * level(alpha) / tests;
    ((-least.log2()).ceil() as usize).max(FEWEST_ROUNDS)
}

/// The looks after K, 2K and 4K rounds, with K of [`first_look`], that together reject falsely with probability `alpha`
/// at most.
///
/// Their levels add up to `alpha`, which holds whatever the looks have to do with each other (Bonferroni), and so
/// whichever benchmarks are stopped early. Source: the alpha spending of Lan & DeMets 1983, "Discrete sequential
/// boundaries for clinical trials", by Bonferroni's inequality instead of the joint distribution.
#[must_use]
pub fn looks(n_benchmarks: usize, alpha: f64) -> [Look; 3] {
    let first = first_look(n_benchmarks, alpha);
    let mut rounds = first;
    SPENDING.map(|share| {
        let look = Look { rounds, alpha: share * level(alpha) };
        rounds *= 2;
        look
    })
}

fn level(alpha: f64) -> f64 {
    if alpha.is_nan() { 1e-15 } else { alpha.clamp(1e-15, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::super::signed_rank;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_look_grows_with_the_suite() {
        for (n_benchmarks, alpha, want) in
            [(0, 0.05, 14), (27, 0.01, 14), (28, 0.01, 15), (500, 0.01, 19), (10_000, 1e-4, 30)]
        {
            assert_eq!(first_look(n_benchmarks, alpha), want, "{n_benchmarks} at {alpha}");
        }
    }

    #[test]
    fn odd_levels_return() {
        for alpha in [f64::NAN, f64::NEG_INFINITY, 0.0, 1.0, 2.0] {
            assert!(looks(usize::MAX, alpha)[2].rounds < 1000);
        }
    }

    /// Without a true difference, a benchmark that is looked at three times is rejected no more often than `alpha`
    /// allows.
    #[test]
    fn three_looks_together_keep_the_level() {
        let (alpha, n_suites) = (0.05, 1000);
        let mut random = Random::new(20_260_116);
        let mut n_rejected = 0;
        for _ in 0..n_suites {
            // Heavy tails and a coarse clock: only the symmetry is promised.
            let rounds: Vec<f64> =
                (0..56).map(|_| ((random.fraction() - 0.5) / random.fraction() * 20.0).round()).collect();
            let is_rejected = |look: Look| signed_rank(&rounds[..look.rounds]).greater <= look.alpha;
            n_rejected += usize::from(looks(1, alpha).into_iter().any(is_rejected));
        }
        let allowed = alpha * f64::from(n_suites);
        assert!((n_rejected as f64) < allowed + 3.0 * allowed.sqrt(), "{n_rejected}");
        assert!((n_rejected as f64) > 0.3 * allowed, "{n_rejected}: the level is wasted");
    }

    proptest! {
        #[test]
        fn the_level_is_spent_and_the_first_look_can_find(n_benchmarks in 1..100_000_usize, alpha in 1e-6..0.5_f64) {
            let looks = looks(n_benchmarks, alpha);
            prop_assert!((looks.iter().map(|look| look.alpha).sum::<f64>() - alpha).abs() < 1e-12);
            prop_assert_eq!(looks[2].rounds, 4 * looks[0].rounds);
            prop_assert!(0.5_f64.powi(looks[0].rounds as i32) * n_benchmarks as f64 <= looks[0].alpha * (1.0 + 1e-12));
        }
    }
}
