//! Intervals as bars of text, on one scale, for places that show no pictures.

use super::schema::Row;

/// Characters of a bar.
const WIDTH: usize = 25;

/// Log ratios beyond these are drawn at the edge, so that one outlier doesn't press the others together.
const SHOWN: [f64; 2] = [-1.4, 2.8]; // a quarter, and 16 times

/// What a bar's marks mean, for the head of its column.
pub(super) const LEGEND: &str = "│\u{a0}0\u{a0}% ┆\u{a0}threshold";

/// A scale for the intervals of some rows: logarithmic, with no change and the threshold on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chart {
    lowest: f64,
    highest: f64,
}

impl Chart {
    pub(super) fn new(rows: &[&Row]) -> Chart {
        let ends = |f: fn(&Row) -> f64| rows.iter().map(move |row| f(row).ln_1p());
        let band = |sign: f64| rows.iter().map(move |row| sign * row.threshold.ln_1p());
        let is_slower = rows.iter().any(|row| row.change.estimate.is_sign_positive());
        let is_faster = rows.iter().any(|row| row.change.estimate.is_sign_negative());
        let slower = ends(|row| row.change.upper).chain(band(1.0).filter(|_| is_slower));
        let faster = ends(|row| row.change.lower).chain(band(-1.0).filter(|_| is_faster));
        let [lowest, highest] = SHOWN;
        Chart { lowest: faster.fold(0.0, f64::min).max(lowest), highest: slower.fold(0.0, f64::max).min(highest) }
    }

    /// One row's interval.
    pub(super) fn bar(self, row: &Row) -> String {
        let mut bar = ['·'; WIDTH];
        let (lower, upper) = (self.column(row.change.lower.ln_1p()), self.column(row.change.upper.ln_1p()));
        let is_drawn = |x: f64| (self.lowest..=self.highest).contains(&x);
        let band = row.threshold.ln_1p();
        let marks = [(0.0, ['│', '┿']), (band, ['┆', '╋']), (-band, ['┆', '╋'])];
        bar.iter_mut().take(upper + 1).skip(lower).for_each(|c| *c = '━');
        for (at, [outside, inside]) in marks.into_iter().filter(|(at, _)| is_drawn(*at)) {
            let c = &mut bar[self.column(at)];
            *c = if *c == '━' { inside } else { outside };
        }
        bar[self.column(row.change.estimate.ln_1p())] = '█';
        bar.iter().collect()
    }

    /// The column of a log ratio; the nearest one, where it isn't on the scale.
    fn column(self, log_ratio: f64) -> usize {
        let width = (self.highest - self.lowest).max(f64::MIN_POSITIVE);
        let share = ((log_ratio - self.lowest) / width).clamp(0.0, 1.0);
        // A number that is none lands in the first column.
        (share * (WIDTH - 1) as f64).round() as usize
    }
}
