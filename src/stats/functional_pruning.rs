/// Cuts a series into stretches of one level each, at the least cost, a value at a time.
///
/// The cost of a cut is Σ min((z − level of its stretch)², K²) + penalty · (stretches − 1). Past K a value costs the same however
/// far out it lies, so that a few outliers never pay for a stretch of their own.
///
/// Kept is F(μ): the least cost of all values so far, if the last stretch has level μ. It consists of pieces of parabolas, and each
/// value changes it by F(μ) ← min(F(μ), min F + penalty) + min((z − μ)², K²). This is exact: no grid, and no cut is missed.
/// Source: Fearnhead & Rigaill 2019, "Changepoint detection in the presence of outliers", algorithm R-FPOP with the biweight loss.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FunctionalPruning {
    penalty: f64,
    /// In the order of their levels; together they are all of the line.
    pieces: Vec<Piece>,
    /// The pieces before the last value, kept to have its memory.
    spare: Vec<Piece>,
    /// min F.
    least: f64,
    /// Where the last stretch begins when F is least.
    start: usize,
    /// `start` after each value.
    starts: Vec<usize>,
}

/// F between this piece's `from` and the next one's: `weight` · (μ − `vertex`)² + `cost`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    from: f64,
    weight: f64,
    vertex: f64,
    cost: f64,
    /// Where the last stretch begins.
    start: usize,
}

/// Past this many standard deviations a value is an outlier.
pub(super) const REACH: f64 = 3.0;

/// What a value costs that is so many standard deviations off its level.
pub(super) fn biweight(distance: f64) -> f64 {
    (distance * distance).min(REACH * REACH)
}

/// More pieces are never kept; those of the greatest cost go. Recorded series need some tens.
const MOST_PIECES: usize = 1000;

impl FunctionalPruning {
    pub(super) fn new(penalty: f64) -> Self {
        let all = Piece { from: f64::NEG_INFINITY, weight: 0.0, vertex: 0.0, cost: 0.0, start: 0 };
        Self { penalty, pieces: vec![all], spare: Vec::new(), least: 0.0, start: 0, starts: Vec::new() }
    }

    /// Takes one more value, in units of the standard deviation.
    pub(super) fn push(&mut self, z: f64) {
        let now = self.starts.len();
        let flat = Piece {
            from: f64::NEG_INFINITY,
            weight: 0.0,
            vertex: 0.0,
            cost: if now == 0 { 0.0 } else { self.least + self.penalty },
            start: now,
        };
        let mut next = Next { pieces: std::mem::take(&mut self.spare), z, least: f64::INFINITY, start: 0 };
        next.pieces.clear();
        // A stretch of `flat` that waits for its end.
        let mut is_flat = false;
        let mut flat_from = f64::NEG_INFINITY;
        for (i, piece) in self.pieces.iter().enumerate() {
            let to = self.end_of(i);
            let (lower, upper) = piece.below(flat.cost, to);
            if lower >= upper {
                if !is_flat {
                    (is_flat, flat_from) = (true, piece.from);
                }
                continue;
            }
            if lower > piece.from && !is_flat {
                (is_flat, flat_from) = (true, piece.from);
            }
            if is_flat {
                next.add(Piece { from: flat_from, ..flat }, lower);
                is_flat = false;
            }
            next.add(Piece { from: lower, ..*piece }, upper);
            if upper < to {
                (is_flat, flat_from) = (true, upper);
            }
        }
        if is_flat {
            next.add(Piece { from: flat_from, ..flat }, f64::INFINITY);
        }
        self.spare = std::mem::replace(&mut self.pieces, next.pieces);
        (self.least, self.start) = (next.least, next.start);
        self.starts.push(self.start);
        if self.pieces.len() > MOST_PIECES {
            self.forget();
        }
    }

    /// Keeps half of the pieces: those in which F gets least. In place of the others stands a stretch that begins with the next
    /// value, at the cost at which one can.
    fn forget(&mut self) {
        let mut order: Vec<(f64, usize)> =
            self.pieces.iter().enumerate().map(|(i, p)| (p.least(self.end_of(i)), i)).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut is_kept = vec![false; order.len()];
        order.iter().take(MOST_PIECES / 2).for_each(|(_, i)| is_kept[*i] = true);
        let next = self.starts.len();
        let flat = Piece { from: 0.0, weight: 0.0, vertex: 0.0, cost: self.least + self.penalty, start: next };
        let mut kept: Vec<Piece> = Vec::with_capacity(MOST_PIECES);
        for (piece, is_kept) in self.pieces.iter().zip(is_kept) {
            if is_kept {
                kept.push(*piece);
            } else if kept.last().is_none_or(|last| last.start != next) {
                kept.push(Piece { from: piece.from, ..flat });
            }
        }
        self.pieces = kept;
    }

    /// Where a piece ends.
    fn end_of(&self, i: usize) -> f64 {
        self.pieces.get(i + 1).map_or(f64::INFINITY, |next| next.from)
    }

    /// The cost of the best cut.
    #[cfg(test)]
    fn cost(&self) -> f64 {
        self.least
    }

    /// Where its stretches begin, but for the first.
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
}

impl Piece {
    #[inline(always)]
    fn at(&self, level: f64) -> f64 {
        if self.weight > 0.0 {
            self.weight * (level - self.vertex) * (level - self.vertex) + self.cost
        } else {
            self.cost
        }
    }

    /// The least value before `to`.
    #[inline(always)]
    fn least(&self, to: f64) -> f64 {
        self.at(self.vertex.clamp(self.from, to))
    }

    /// Where it is below `limit`, up to `to`; empty where it is nowhere.
    #[inline(always)]
    fn below(&self, limit: f64, to: f64) -> (f64, f64) {
        if self.cost >= limit {
            return (to, to);
        }
        if self.weight <= 0.0 {
            return (self.from, to);
        }
        let squared = (limit - self.cost) / self.weight;
        let is_within = |level: f64| (level - self.vertex) * (level - self.vertex) <= squared;
        if is_within(self.from) && is_within(to) {
            return (self.from, to);
        }
        let reach = squared.sqrt();
        ((self.vertex - reach).max(self.from), (self.vertex + reach).min(to))
    }
}

/// F as it is being made.
struct Next {
    pieces: Vec<Piece>,
    z: f64,
    least: f64,
    start: usize,
}

impl Next {
    /// A piece up to `to`, with the loss of the new value added.
    #[inline(always)]
    fn add(&mut self, piece: Piece, to: f64) {
        let (near, far) = (self.z - REACH, self.z + REACH);
        if to <= near || piece.from >= far {
            self.put(Piece { cost: piece.cost + REACH * REACH, ..piece }, to);
            return;
        }
        let mut from = piece.from;
        if from < near {
            self.put(Piece { cost: piece.cost + REACH * REACH, ..piece }, near);
            from = near;
        }
        let weight = piece.weight + 1.0;
        let away = self.z - piece.vertex;
        let inside = if piece.weight > 0.0 {
            let share = 1.0 / weight;
            let vertex = piece.vertex + away * share;
            Piece { from, weight, vertex, cost: piece.cost + piece.weight * share * away * away, start: piece.start }
        } else {
            Piece { from, weight, vertex: self.z, cost: piece.cost, start: piece.start }
        };
        self.put(inside, to.min(far));
        if far < to {
            self.put(Piece { from: far, cost: piece.cost + REACH * REACH, ..piece }, to);
        }
    }

    #[inline(always)]
    fn put(&mut self, piece: Piece, to: f64) {
        let least = piece.least(to);
        if least < self.least {
            (self.least, self.start) = (least, piece.start);
        }
        self.pieces.push(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Random;
    use super::super::reference::{is_close, rows};
    use super::*;

    fn of(values: &[f64], penalty: f64) -> FunctionalPruning {
        let mut pruning = FunctionalPruning::new(penalty);
        values.iter().for_each(|z| pruning.push(*z));
        pruning
    }

    /// `scripts/reference_numbers.py` tries all cuts.
    #[test]
    fn agrees_with_trying_all_cuts() {
        for row in rows(include_str!("reference/functional_pruning.tsv")) {
            let pruning = of(&row.numbers(0), row.number(1));
            assert!(is_close(pruning.cost(), row.number(2), 1e-9), "{row}: {}", pruning.cost());
            let changes: Vec<f64> = pruning.changes().iter().map(|at| *at as f64).collect();
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
            let cost = of(&there, 6.0).cost();
            assert!(
                is_close(of(&back, 6.0).cost(), cost, 1e-9) && is_close(of(&mirrored, 6.0).cost(), cost, 1e-9),
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

    /// Each value lies alone, so that none of their stretches is ever ruled out.
    #[test]
    fn hostile_values_cost_bounded_work() {
        let mut random = Random::new(4);
        let values: Vec<f64> = (0..20_000).map(|_| random.fraction() * 1e8).collect();
        let pruning = of(&values, 40.0);
        assert!(pruning.pieces.len() <= 3 * MOST_PIECES && pruning.cost() <= 9.0 * 20_000.0);
    }

    #[test]
    fn nothing_has_no_changes() {
        assert_eq!(of(&[], 1.0).changes(), Vec::<usize>::new());
        assert_eq!(of(&[7.0; 5], 1.0).changes(), Vec::<usize>::new());
    }
}
