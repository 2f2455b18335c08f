//! What runs when: pure, and the same for the same seed.

use crate::stats::{Look, Random};

/// One job of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub job: usize,
    /// Whether the candidate runs before the baseline.
    pub candidate_first: bool,
}

/// Draws the order of rounds.
#[derive(Debug, Clone)]
pub struct Order(Random);

impl Order {
    /// An order that follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Order {
        Order(Random::new(seed))
    }

    /// The next round: all `open` jobs, so that the rounds of none fall into one bad minute, and for each which side is first.
    pub fn round(&mut self, open: &[usize]) -> Vec<Step> {
        let order = self.0.choose(open.len(), open.len());
        order.into_iter().map(|i| Step { job: open[i], candidate_first: self.0.below(2) == 1 }).collect()
    }
}

/// The look that ends rounds early, after `n_rounds`: it spends what the planned looks have left of the level. `None` where there
/// is nothing to look at that the last look has not seen.
///
/// When the rounds end must not depend on what they say: by the clock it doesn't, as without a difference between the sides both
/// orders take as long.
#[must_use]
pub fn closing_look(planned: &[Look], n_rounds: usize) -> Option<Look> {
    let done = planned.iter().take_while(|look| look.rounds <= n_rounds).count();
    let alpha: f64 = planned[done..].iter().map(|look| look.alpha).sum();
    let is_seen = planned[..done].last().is_some_and(|look| look.rounds == n_rounds);
    (n_rounds > 0 && !is_seen && alpha > 0.0).then_some(Look { rounds: n_rounds, alpha })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::looks;
    use proptest::prelude::*;

    #[test]
    fn either_side_is_first_about_as_often() {
        let mut order = Order::new(1);
        let first = (0..1000).flat_map(|_| order.round(&[0, 1, 2])).filter(|step| step.candidate_first).count();
        assert!(first.abs_diff(1500) < 100, "{first}");
    }

    #[test]
    fn a_closing_look_spends_what_is_left() {
        let planned = looks(1, 0.01);
        let close = |n| closing_look(&planned, n).map(|look| (look.rounds, (look.alpha * 1e6).round() as u64));
        assert_eq!(close(0), None);
        assert_eq!(close(7), Some((7, 10_000)));
        assert_eq!(close(14), None);
        assert_eq!(close(20), Some((20, 8_333)));
        assert_eq!(close(55), Some((55, 5_000)));
        assert_eq!(close(56), None);
    }

    proptest! {
        #[test]
        fn a_round_holds_each_open_job_once(open in proptest::collection::btree_set(0..100_usize, 0..30), seed: u64) {
            let open: Vec<usize> = open.into_iter().collect();
            let round = Order::new(seed).round(&open);
            prop_assert_eq!(&round, &Order::new(seed).round(&open));
            let mut jobs: Vec<usize> = round.iter().map(|step| step.job).collect();
            jobs.sort_unstable();
            prop_assert_eq!(jobs, open);
        }
    }
}
