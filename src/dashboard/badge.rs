//! A badge for a README.

use std::fmt::Write;

use super::{DashboardHistory, Track, Tracks};
use crate::report::xml;

/// Width of a character of the badge's font, on average, in pixels.
const CHARACTER: f64 = 6.6;

/// A badge as SVG: how many benchmarks are slower or faster by what changed in the last `recent` runs of `branch`, which is a place in
/// [`Tracks::branches`]; or of one benchmark by how much.
#[must_use]
pub fn badge(
    history: &DashboardHistory,
    tracks: &Tracks,
    branch: usize,
    benchmark: Option<&str>,
    label: &str,
    recent: usize,
) -> String {
    let name = tracks.branches.get(branch).cloned().flatten();
    let runs: Vec<usize> = (0..history.runs.len()).filter(|i| history.runs[*i].branch == name).collect();
    let since = runs.get(runs.len().saturating_sub(recent)).copied().unwrap_or_default();
    let is_it = |track: &&Track| {
        let id = &history.series[track.series].id;
        track.branch == branch && benchmark.is_none_or(|benchmark| id.as_str() == benchmark)
    };
    let chosen: Vec<&Track> = tracks.tracks.iter().filter(is_it).collect();
    let nets: Vec<f64> = chosen.iter().filter_map(|track| track.net_change(since, tracks)).collect();
    let n_slower = nets.iter().filter(|net| **net > 0.0).count();
    let n_faster = nets.iter().filter(|net| **net < 0.0).count();
    let worst = nets.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (text, color) = if chosen.is_empty() {
        ("not measured".to_owned(), "#6e7781")
    } else if n_slower > 0 && benchmark.is_some() {
        (format!("{:.1} % slower", 100.0 * worst.exp_m1()), "#b3261e")
    } else if n_slower > 0 {
        (format!("{n_slower} slower"), "#b3261e")
    } else if n_faster > 0 && benchmark.is_some() {
        (format!("{:.1} % faster", -100.0 * worst.exp_m1()), "#1a6b35")
    } else if n_faster > 0 {
        (format!("{n_faster} faster"), "#1a6b35")
    } else {
        ("steady".to_owned(), "#1a6b35")
    };
    draw(label, &text, color)
}

fn draw(label: &str, text: &str, color: &str) -> String {
    let width = |text: &str| 12.0 + CHARACTER * text.chars().count() as f64;
    let (left, right) = (width(label), width(text));
    let (label, text) = (xml(label), xml(text));
    let mut svg = String::new();
    let _ = write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{all:.0}" height="20" role="img" aria-label="{label}: {text}">
<title>{label}: {text}</title>
<clipPath id="r"><rect width="{all:.0}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left:.0}" height="20" fill="#444c56"/><rect x="{left:.0}" width="{right:.0}" height="20" fill="{color}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{a:.1}" y="14">{label}</text><text x="{b:.1}" y="14">{text}</text></g>
</svg>
"##,
        all = left + right,
        a = left / 2.0,
        b = left + right / 2.0,
    );
    svg
}
