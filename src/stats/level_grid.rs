/// Cuts a series into stretches of one level each, at the least cost, a value at a time.
///
/// The cost of a cut is Σ loss(z − level of its stretch) + penalty · (stretches − 1), with any loss up to `most`: a few outliers
/// never pay for a stretch of their own.
///
/// Kept is F(level), the least cost of all values so far if the last stretch has that level, for levels on a lattice near the
/// values. Each value changes it by F ← min(F, min F + penalty) + loss. No cut is missed; levels and values are those of the lattice.
/// Source: Fearnhead & Rigaill 2019, "Changepoint detection in the presence of outliers", whose functional pruning needs a loss that is
/// made of parabolas.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LevelGrid {
    penalty: f64,
    /// Of a value so many places below … above a level, in the order of levels for one value.
    loss: Vec<f64>,
    /// In the order of their levels, none touches another.
    spans: Vec<Span>,
    /// F of a level that is not among them, with where its stretch begins: all values are outliers to it.
    elsewhere: (f64, usize),
    /// min F.
    least: f64,
    /// Where the last stretch begins when F is least; after each value.
    starts: Vec<usize>,
    most: f64,
}

/// Levels next to each other on the lattice.
#[derive(Debug, Clone, PartialEq)]
struct Span {
    first: i64,
    costs: Vec<f64>,
    /// Where the last stretch begins, for each level.
    starts: Vec<usize>,
    least: f64,
}

/// Places of the lattice to a standard deviation.
const PLACES: f64 = 8.0;

/// Past this many standard deviations a loss is what it is at most.
const REACH: f64 = 8.0;

/// Levels are looked for so many places around values.
const AROUND: i64 = 20;

/// More levels are never kept; those in spans of the greatest cost go.
const MOST_LEVELS: usize = 4096;

/// Larger values are as good as this.
const MOST: f64 = 1e12;

impl LevelGrid {
    /// With a loss of the distance of a value from a level, both in standard deviations.
    pub(super) fn new(penalty: f64, most: f64, loss: impl Fn(f64) -> f64) -> Self {
        let reach = (REACH * PLACES) as i64;
        let loss = (-reach..=reach).map(|above| loss(-(above as f64) / PLACES).min(most)).collect();
        Self { penalty, loss, spans: Vec::new(), elsewhere: (0.0, 0), least: 0.0, starts: Vec::new(), most }
    }

    /// Takes one more value, in units of the standard deviation.
    pub(super) fn push(&mut self, z: f64) {
        let now = self.starts.len();
        let flat = if now == 0 { 0.0 } else { self.least + self.penalty };
        let place = (z.clamp(-MOST, MOST) * PLACES).round() as i64;
        if flat < self.elsewhere.0 {
            self.elsewhere = (flat, now);
        }
        self.open(place);
        self.elsewhere.0 += self.most;
        let reach = (self.loss.len() / 2) as i64;
        let mut best = (f64::INFINITY, now);
        for span in &mut self.spans {
            let n = span.costs.len() as i64;
            // Levels from `near` to `far` are within reach of the value.
            let near = (place - reach - span.first).clamp(0, n);
            let far = (place + reach + 1 - span.first).clamp(near, n);
            let from = if near < far { (span.first + near - (place - reach)) as usize } else { 0 };
            let (near, far) = (near as usize, far as usize);
            let (costs, starts) = (&mut span.costs, &mut span.starts);
            for (cost, start) in costs.iter_mut().zip(starts.iter_mut()) {
                let is_flat = flat < *cost;
                *cost = if is_flat { flat } else { *cost };
                *start = if is_flat { now } else { *start };
            }
            costs[..near].iter_mut().for_each(|cost| *cost += self.most);
            costs[far..].iter_mut().for_each(|cost| *cost += self.most);
            costs[near..far].iter_mut().zip(&self.loss[from..]).for_each(|(cost, loss)| *cost += loss);
            span.least = least(costs);
            if span.least < best.0 {
                let at = costs.iter().position(|cost| *cost <= span.least).unwrap_or(0);
                best = (span.least, starts[at]);
            }
        }
        self.least = best.0;
        self.starts.push(best.1);
    }

    /// Where stretches begin, but for the first.
    pub(super) fn changes(&self) -> Vec<usize> {
        let mut changes = Vec::new();
        let mut end = self.starts.len();
        while let Some(start) = end.checked_sub(1).map(|last| self.starts[last]).filter(|start| *start > 0) {
            changes.push(start);
            end = start;
        }
        changes.reverse();
        changes
    }

    /// Sees to it that there are levels around a place.
    fn open(&mut self, place: i64) {
        let (cost, start) = self.elsewhere;
        let (first, last) = (place - AROUND, place + AROUND);
        let i = self.spans.partition_point(|span| span.last() + 1 < first);
        match self.spans.get(i) {
            Some(span) if span.first <= first && last <= span.last() => return,
            _ => {}
        }
        let mut whole = Span { first, costs: Vec::new(), starts: Vec::new(), least: 0.0 };
        let to = i + self.spans[i..].iter().take_while(|span| span.first <= last + 1).count();
        for span in self.spans.drain(i..to) {
            whole.first = whole.first.min(span.first);
            whole.fill(span.first, cost, start);
            whole.costs.extend(span.costs);
            whole.starts.extend(span.starts);
        }
        whole.fill(last + 1, cost, start);
        self.spans.insert(i, whole);
        if self.spans.iter().map(|span| span.costs.len()).sum::<usize>() > MOST_LEVELS {
            self.forget(i, place);
        }
    }

    /// Keeps half of the levels at most: those near the last value, and spans of the least cost.
    fn forget(&mut self, kept: usize, place: i64) {
        self.spans[kept].shorten(place - MOST_LEVELS as i64 / 4, place + MOST_LEVELS as i64 / 4);
        let mut order: Vec<usize> = (0..self.spans.len()).filter(|i| *i != kept).collect();
        order.sort_by(|&a, &b| self.spans[a].least.total_cmp(&self.spans[b].least));
        let mut n_levels = 0;
        let mut is_kept = vec![false; self.spans.len()];
        is_kept[kept] = true;
        for i in order {
            n_levels += self.spans[i].costs.len();
            is_kept[i] = n_levels <= MOST_LEVELS / 2;
        }
        let mut is_kept = is_kept.into_iter();
        self.spans.retain(|_| is_kept.next().unwrap_or(false));
    }
}

impl Span {
    fn last(&self) -> i64 {
        self.first + self.costs.len() as i64 - 1
    }

    /// Keeps the levels between two.
    fn shorten(&mut self, first: i64, last: i64) {
        self.costs.truncate((last + 1 - self.first).max(0) as usize);
        self.starts.truncate(self.costs.len());
        let n = ((first - self.first).max(0) as usize).min(self.costs.len());
        self.costs.drain(..n);
        self.starts.drain(..n);
        self.first += n as i64;
    }

    /// Levels up to one.
    fn fill(&mut self, to: i64, cost: f64, start: usize) {
        let n = self.costs.len().max((to - self.first).max(0) as usize);
        self.costs.resize(n, cost);
        self.starts.resize(n, start);
    }
}

/// The least of them, in four lanes.
fn least(costs: &[f64]) -> f64 {
    let lesser = |a: f64, b: f64| if b < a { b } else { a };
    let mut lanes = [f64::INFINITY; 4];
    let (fours, rest) = costs.as_chunks::<4>();
    for four in fours {
        for (lane, cost) in lanes.iter_mut().zip(four) {
            *lane = lesser(*lane, *cost);
        }
    }
    rest.iter().chain(&lanes).copied().fold(f64::INFINITY, lesser)
}

#[cfg(test)]
mod tests {
    use super::super::Random;
    use super::super::reference::{is_close, rows};
    use super::*;

    fn of(values: &[f64], penalty: f64) -> LevelGrid {
        let mut grid = LevelGrid::new(penalty, 9.0, |distance| distance * distance);
        values.iter().for_each(|z| grid.push(*z));
        grid
    }

    /// `scripts/reference_numbers.py` tries all cuts, with levels anywhere. One on the lattice is off by 1/16 at most, as a value is.
    #[test]
    fn agrees_with_trying_all_cuts() {
        for row in rows(include_str!("reference/level_grid.tsv")) {
            let values = row.numbers(0);
            let grid = of(&values, row.number(1));
            let allowed = 0.02 * values.len() as f64 + 0.03 * row.number(2);
            assert!((grid.least - row.number(2)).abs() <= allowed, "{row}: {}", grid.least);
            let changes: Vec<f64> = grid.changes().iter().map(|at| *at as f64).collect();
            // As many values are often as well at the end of a stretch as at the beginning of the next.
            let want = row.numbers(3);
            assert_eq!(changes.len(), want.len(), "{row}: {changes:?}");
            assert!(changes.iter().zip(want).all(|(got, want)| (got - want).abs() < 1.5), "{row}: {changes:?}");
        }
    }

    #[test]
    fn backwards_costs_the_same() {
        let mut random = Random::new(3);
        for n in [2, 17, 90, 400] {
            let step = |i: usize| if i > n / 2 { 5.0 } else { 0.0 };
            let there: Vec<f64> = (0..n).map(|i| step(i) + 3.0 * random.fraction()).collect();
            let back: Vec<f64> = there.iter().rev().copied().collect();
            let mirrored: Vec<f64> = there.iter().map(|z| -z).collect();
            let cost = of(&there, 6.0).least;
            assert!(
                is_close(of(&back, 6.0).least, cost, 1e-9) && is_close(of(&mirrored, 6.0).least, cost, 1e-9),
                "{n}"
            );
        }
    }

    #[test]
    fn few_outliers_are_no_stretch() {
        let mut values = vec![0.0; 60];
        values[20..23].fill(1e6);
        assert_eq!(of(&values, 14.0).changes(), Vec::<usize>::new());
        values[23..30].fill(1e6);
        assert_eq!(of(&values, 14.0).changes(), [20, 30]);
    }

    #[test]
    fn spans_that_meet_are_one() {
        let mut grid = of(&[0.0, 20.0], 6.0);
        assert_eq!(grid.spans.len(), 2);
        [3.0, 6.0, 9.0, 12.0, 15.0, 18.0].iter().for_each(|z| grid.push(*z));
        let [span] = &grid.spans[..] else { panic!("{}", grid.spans.len()) };
        assert_eq!((span.first, span.last()), (-AROUND, 160 + AROUND));
        assert_eq!(span.costs.len(), span.starts.len());
    }

    /// Each value lies alone, so that none of their stretches is ever ruled out.
    #[test]
    fn hostile_values_cost_bounded_work() {
        let mut random = Random::new(4);
        let values: Vec<f64> = (0..5_000).map(|_| random.fraction() * 1e8).collect();
        let grid = of(&values, 40.0);
        let n_levels: usize = grid.spans.iter().map(|span| span.costs.len()).sum();
        assert!(n_levels <= 2 * MOST_LEVELS && grid.least <= 9.0 * 5_000.0);
        let rising: Vec<f64> = (0..5_000).map(|i| f64::from(i) * 4.0).collect();
        // With the levels that go, a change may.
        assert!(of(&rising, 40.0).least <= 10.0 * 5_000.0);
        for z in [f64::MAX, f64::MIN, f64::INFINITY] {
            assert!(of(&[0.0, z, 0.0, z], 6.0).least <= 18.0);
        }
    }

    #[test]
    fn nothing_has_no_changes() {
        assert_eq!(of(&[], 1.0).changes(), Vec::<usize>::new());
        assert_eq!(of(&[7.0; 5], 1.0).changes(), Vec::<usize>::new());
    }
}
