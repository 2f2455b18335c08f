use crate::report::{RatioRow, RivalRow, RivalsReport, visible, xml};

/// Widths and heights, in pixels.
const LABELS: f64 = 250.0;
const PLOT: f64 = 420.0;
const FIGURES: f64 = 150.0;
const ROW: f64 = 24.0;
const HEAD: f64 = 54.0;
const FOOT: f64 = 34.0;

/// Letters of a name that have room.
const LETTERS: usize = 34;

/// What is shown of an interval beyond the estimates' own range, as a factor: one that is nearly endless must not flatten the rest.
const BEYOND: f64 = 3.0;

/// Room beside the outermost, as a factor.
const MARGIN: f64 = 1.05;

/// The ratios of all workloads with their intervals, as SVG: one row each on a logarithmic scale, with a line at 1.
///
/// The same report gives the same picture to the last byte. It follows the reader's choice of light or dark.
#[must_use]
pub fn chart(report: &RivalsReport) -> String {
    let rows: Vec<(&str, Option<&RatioRow>)> = report
        .workloads
        .iter()
        .map(|row: &RivalRow| (row.workload.as_str(), row.ratio.as_ref()))
        .chain(report.together.iter().map(|ratio| ("together", Some(ratio))))
        .collect();
    let estimates: Vec<f64> =
        rows.iter().filter_map(|(_, ratio)| Some(ratio.as_ref()?.estimate)).chain([1.0]).collect();
    let least = estimates.iter().copied().fold(f64::INFINITY, f64::min) / BEYOND;
    let most = estimates.iter().copied().fold(0.0, f64::max) * BEYOND;
    let ends = || rows.iter().filter_map(|(_, ratio)| ratio.as_ref()).flat_map(|ratio| [ratio.lower, ratio.upper]);
    let low = ends().chain([0.8]).fold(f64::INFINITY, f64::min).max(least);
    let high = ends().chain([1.25]).fold(0.0, f64::max).min(most);
    // Nothing touches the edges.
    let (low, high) = (low / MARGIN, high * MARGIN);
    let at = |ratio: f64| LABELS + PLOT * ((ratio.clamp(low, high) / low).ln() / (high / low).ln());

    let (width, height) = (LABELS + PLOT + FIGURES, HEAD + ROW * rows.len() as f64 + FOOT);
    let (ours, theirs) = (xml(&visible(&report.ours.name)), xml(&visible(&report.theirs.name)));
    let bottom = height - FOOT;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>{ours} beside {theirs}</title>\n\
         <desc>Time of {theirs} over time of {ours}, by workload, with {:.0} % intervals; right of 1 {ours} is faster</desc>\n\
         <style>\n\
         text {{ font: 12px -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }}\n\
         .quiet {{ fill: #59636e }} .grid {{ stroke: #d1d9e0 }} .one {{ stroke: #59636e; stroke-width: 1.5 }}\n\
         .faster {{ stroke: #0969da; fill: #0969da }} .slower {{ stroke: #bc4c00; fill: #bc4c00 }} .undecided {{ stroke: #6e7781; fill: #6e7781 }}\n\
         @media (prefers-color-scheme: dark) {{\n\
         text {{ fill: #f0f6fc }} .quiet {{ fill: #9198a1 }} .grid {{ stroke: #3d444d }} .one {{ stroke: #9198a1 }}\n\
         .faster {{ stroke: #4493f8; fill: #4493f8 }} .slower {{ stroke: #f0883e; fill: #f0883e }} .undecided {{ stroke: #9198a1; fill: #9198a1 }}\n\
         }}\n\
         </style>\n",
        report.confidence * 100.0,
    );
    let mut line = |words: String| out.push_str(&(words + "\n"));
    let one = at(1.0);
    line(format!(
        "<text class=\"quiet\" x=\"{:.1}\" y=\"18\" text-anchor=\"end\">{ours} is slower ←</text>",
        one - 8.0
    ));
    line(format!("<text class=\"quiet\" x=\"{:.1}\" y=\"18\">→ {ours} is faster than {theirs}</text>", one + 8.0));
    for tick in ticks(low, high) {
        let x = at(tick);
        let class = if (tick - 1.0).abs() < 1e-9 { "one" } else { "grid" };
        line(format!(
            "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>",
            HEAD - 14.0
        ));
        line(format!(
            "<text class=\"quiet\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}×</text>",
            bottom + 18.0
        ));
    }
    for (i, (name, ratio)) in rows.iter().enumerate() {
        let y = HEAD + ROW * (i as f64 + 0.5) - 7.0;
        line(format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LABELS - 12.0,
            y + 4.0,
            xml(&visible(&shortened(name)))
        ));
        let beside = |words: &str| {
            format!("<text class=\"quiet\" x=\"{:.1}\" y=\"{:.1}\">{words}</text>", LABELS + PLOT + 12.0, y + 4.0)
        };
        let Some(ratio) = ratio else {
            line(beside("refused"));
            continue;
        };
        let class = match (ratio.decided, ratio.estimate > 1.0) {
            (false, _) => "undecided",
            (true, true) => "faster",
            (true, false) => "slower",
        };
        let (from, to) = (at(ratio.lower), at(ratio.upper));
        line(format!(
            "<line class=\"{class}\" stroke-width=\"2\" x1=\"{from:.1}\" y1=\"{y:.1}\" x2=\"{to:.1}\" y2=\"{y:.1}\"/>"
        ));
        line(format!("<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\"/>", at(ratio.estimate)));
        line(beside(&format!("{:.2} ({:.2}–{:.2})", ratio.estimate, ratio.lower, ratio.upper)));
    }
    out.push_str("</svg>\n");
    out
}

/// Round numbers of which few enough lie in the range.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let decades = || (-9..=9).map(|exponent| 10_f64.powi(exponent));
    let all = |steps: &'static [f64]| -> Vec<f64> {
        let ticks = decades().flat_map(|decade| steps.iter().map(move |step| rounded(step * decade)));
        ticks.filter(|tick| (low..=high).contains(tick)).collect()
    };
    let fine = all(&[1.0, 1.5, 2.0, 3.0, 5.0, 7.0]);
    let middle = all(&[1.0, 2.0, 5.0]);
    if fine.len() <= 9 {
        fine
    } else if middle.len() <= 9 {
        middle
    } else {
        all(&[1.0])
    }
}

/// Without the dust of a multiplication.
fn rounded(tick: f64) -> f64 {
    format!("{tick:.9}").parse().unwrap_or(tick)
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    name.chars().take(LETTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_round_ticks() {
        assert_eq!(ticks(0.8, 1.25), [1.0]);
        assert_eq!(ticks(0.5, 4.0), [0.5, 0.7, 1.0, 1.5, 2.0, 3.0]);
        for (low, high) in [(0.01, 100.0), (1e-6, 1e6), (0.9, 30.0)] {
            let ticks = ticks(low, high);
            assert!((3..=13).contains(&ticks.len()) && ticks.contains(&1.0), "{ticks:?}");
        }
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(shortened(&"n".repeat(50)).chars().count(), LETTERS);
    }
}
