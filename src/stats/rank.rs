/// Ranks from 1, twice each so that the mean rank of equal values is whole; and the sizes of the groups of equal
/// values.
pub(super) fn doubled_midranks(values: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    let mut sizes = Vec::new();
    let mut before = 0;
    for group in order.chunk_by(|&a, &b| (values[a] - values[b]).abs() <= 0.0) {
        for place in group {
            ranks[*place] = 2 * before + group.len() + 1;
        }
        sizes.push(group.len());
        before += group.len();
    }
    (ranks, sizes)
}

/// Of a distribution over 0, 1, 2 …: the largest value that it reaches or stays below with at most `tail`, and with how
/// much.
///
/// None where even 0 has more.
pub(super) fn rank_for_tail(probabilities: impl Iterator<Item = f64>, tail: f64) -> Option<(usize, f64)> {
    // A level that was computed from a step of the distribution is meant to include that step.
    let tail = tail * (1.0 + 1e-9);
    let cumulative = probabilities.scan(0.0, |sum, probability| {
        *sum += probability;
        Some(*sum)
    });
    cumulative.take_while(|sum| *sum <= tail).enumerate().last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_their_ranks() {
        assert_eq!(doubled_midranks(&[3.0, 1.0, 3.0, 9.0]), (vec![5, 2, 5, 8], vec![1, 2, 1]));
        assert_eq!(doubled_midranks(&[0.0, -0.0]), (vec![3, 3], vec![2]));
        assert_eq!(doubled_midranks(&[]), (vec![], vec![]));
    }

    #[test]
    fn a_tail_that_is_a_step_includes_it() {
        let coin = [0.25, 0.5, 0.25];
        assert_eq!(rank_for_tail(coin.into_iter(), 0.2), None);
        assert_eq!(rank_for_tail(coin.into_iter(), 0.25), Some((0, 0.25)));
        assert_eq!(rank_for_tail(coin.into_iter(), 0.74), Some((0, 0.25)));
        assert_eq!(rank_for_tail(coin.into_iter(), 0.75), Some((1, 0.75)));
    }
}
