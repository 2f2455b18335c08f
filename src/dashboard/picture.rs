//! A chart of one benchmark as a picture for a README.

use std::fmt::Write;

use super::{DashboardHistory, Track, Tracks, data};
use crate::model::Unit;
use crate::report::{visible, xml};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 26.0;

/// Colours of lines by environment, on light and on dark ground.
const COLORS: [(&str, &str); 4] =
    [("#0b62c4", "#6cb0ff"), ("#b3261e", "#ff8a80"), ("#1a6b35", "#63d18a"), ("#7a4fb5", "#c9a6ff")];

/// A picture of a benchmark on a branch (a place in [`Tracks::branches`]): a line for each environment, levels, and changes; as SVG
/// that follows the reader's light or dark ground. `None` where there is no such benchmark.
#[must_use]
pub fn picture(history: &DashboardHistory, tracks: &Tracks, branch: usize, benchmark: &str) -> Option<String> {
    let is_it = |track: &&Track| track.branch == branch && history.series[track.series].id.as_str() == benchmark;
    let chosen: Vec<&Track> = tracks.tracks.iter().filter(is_it).collect();
    // One unit has one axis.
    let unit = &history.series[chosen.first()?.series].unit;
    let chosen: Vec<&Track> = chosen.into_iter().filter(|track| history.series[track.series].unit == *unit).collect();
    let values = || chosen.iter().flat_map(|track| &track.points).map(|p| p.typical);
    let (lowest, highest) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let room = ((highest - lowest) * 0.08).max(highest.abs() * 0.01).max(f64::MIN_POSITIVE);
    let (lowest, highest) = (lowest - room, highest + room);
    let runs = || chosen.iter().flat_map(|track| &track.points).map(|p| p.run);
    let (first, last) = (runs().min()?, runs().max()?);
    let x = |run: usize| LEFT + (WIDTH - LEFT - RIGHT) * (run - first) as f64 / (last - first).max(1) as f64;
    let y = |value: f64| {
        let share = (value / 2.0 - lowest / 2.0) / (highest / 2.0 - lowest / 2.0);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * if share.is_finite() { share } else { 0.5 }
    };
    let title = xml(&visible(benchmark));
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{title}">
<title>{title}</title>
<style>text{{font:12px system-ui,sans-serif;fill:#24292f}}.g{{stroke:#d0d7de}}.c{{stroke:#6e7781;stroke-dasharray:3 3}}"#
    );
    for (i, (light, _)) in COLORS.iter().enumerate() {
        let _ = write!(svg, ".l{i}{{stroke:{light};fill:none}}");
    }
    svg.push_str("@media(prefers-color-scheme:dark){text{fill:#e6edf3}.g{stroke:#3d444d}.c{stroke:#9198a1}");
    for (i, (_, dark)) in COLORS.iter().enumerate() {
        let _ = write!(svg, ".l{i}{{stroke:{dark}}}");
    }
    let _ = writeln!(svg, "}}</style>\n<text x=\"{LEFT}\" y=\"18\" font-weight=\"600\">{title}</text>");
    for tick in 0..=3 {
        let value = lowest + (highest - lowest) * f64::from(tick) / 3.0;
        let at = y(value);
        let _ = writeln!(
            svg,
            r#"<path class="g" d="M{LEFT} {at:.1}H{:.0}"/><text x="{:.0}" y="{:.1}" text-anchor="end">{}</text>"#,
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0,
            xml(&scaled(value, highest, unit)),
        );
    }
    for change in chosen.iter().flat_map(|track| &track.changes) {
        let at = x(change.change.index);
        let percent = 100.0 * change.change.log_ratio.exp_m1();
        let _ = writeln!(
            svg,
            r#"<path class="c" d="M{at:.1} {TOP}V{:.0}"><title>{percent:+.1} %</title></path>"#,
            HEIGHT - BOTTOM
        );
    }
    for track in &chosen {
        let class = track.environment % COLORS.len();
        let mut line = String::new();
        for (i, p) in track.points.iter().enumerate() {
            let _ = write!(line, "{}{:.1} {:.1}", if i == 0 { 'M' } else { 'L' }, x(p.run), y(p.typical));
        }
        let _ = writeln!(svg, r#"<path class="l{class}" stroke-opacity=".45" d="{line}"/>"#);
        for level in track.levels() {
            let ends = (track.points.get(level.points.start), track.points.get(level.points.end - 1));
            if let (Some(from), Some(to)) = ends {
                let _ = writeln!(
                    svg,
                    r#"<path class="l{class}" stroke-width="2" stroke-linecap="round" d="M{:.1} {at:.1}H{:.1}"/>"#,
                    x(from.run),
                    x(to.run),
                    at = y(level.typical),
                );
            }
        }
    }
    let (from, to) = (&history.runs[first].revision, &history.runs[last].revision);
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{y:.0}\">{}</text><text x=\"{:.0}\" y=\"{y:.0}\" text-anchor=\"end\">{}</text>\n</svg>",
        xml(&brief(from)),
        WIDTH - RIGHT,
        xml(&brief(to)),
        y = HEIGHT - 8.0,
    );
    Some(svg)
}

fn brief(revision: &str) -> String {
    visible(&revision.chars().take(10).collect::<String>())
}

fn scaled(value: f64, largest: f64, unit: &Unit) -> String {
    let name = data::unit(unit);
    let steps = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    let step = steps.into_iter().find(|(divisor, _)| name == "ns" && largest >= *divisor);
    let (divisor, name) = step.unwrap_or((1.0, &name));
    let value = value / divisor;
    let decimals = if (largest / divisor).abs() < 10.0 { 2 } else { usize::from((largest / divisor).abs() < 100.0) };
    if value.abs() >= 1e6 { format!("{value:.2e} {name}") } else { format!("{value:.decimals$} {name}") }
}
