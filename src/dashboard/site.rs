//! The files of a site.

use super::{DashboardHistory, Tracks, data};

/// What the page's own `<meta>` says of who made it; a folder with another page is somebody else's.
pub const GENERATOR: &str = r#"<meta name="generator" content="criterion-regress">"#;

/// A file of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteFile {
    /// Below the site's folder, with `/` between the parts.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// The page, which is the same for every history.
const PAGE: [(&str, &str); 10] = [
    ("index.html", include_str!("assets/index.html")),
    ("style.css", include_str!("assets/style.css")),
    ("history.js", include_str!("assets/history.js")),
    ("show.js", include_str!("assets/show.js")),
    ("overview.js", include_str!("assets/overview.js")),
    ("chart.js", include_str!("assets/chart.js")),
    ("app.js", include_str!("assets/app.js")),
    ("uplot/uPlot.iife.min.js", include_str!("assets/uplot/uPlot.iife.min.js")),
    ("uplot/uPlot.min.css", include_str!("assets/uplot/uPlot.min.css")),
    ("uplot/LICENSE", include_str!("assets/uplot/LICENSE")),
];

/// A site that shows a history: it works from a disk and from any server, and asks no other.
///
/// The same history gives the same files. The index is the last one, so that whoever writes them in this order never has an index
/// of points that aren't there.
#[must_use]
pub fn site(history: &DashboardHistory, tracks: &Tracks) -> Vec<SiteFile> {
    let file = |path: &str, text: &str| SiteFile { path: path.to_owned(), text: text.to_owned() };
    let mut files: Vec<SiteFile> = PAGE.iter().map(|(path, text)| file(path, text)).collect();
    let (index, pieces) = data::scripts(history, tracks);
    files.extend(pieces.into_iter().enumerate().map(|(i, text)| SiteFile { path: format!("data/{i:03}.js"), text }));
    files.push(SiteFile { path: "data/index.js".to_owned(), text: index });
    files
}
