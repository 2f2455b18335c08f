use std::path::{Path, PathBuf};
use std::process::ExitCode;

use criterion_regress::claims::{
    Claim, Recorded, Refused, Section, Show, body, chart, parse_recorded, replaced, sections, typed,
};
use criterion_regress::report::{to_json, visible};
use serde::Serialize;

use super::report::read;
use crate::cli::args::{ClaimsArgs, ShortFormatArg};
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::{exit_code, output};

/// Where figures stand, unless somebody says otherwise.
pub(crate) const DOCUMENT: &str = "BENCHMARKS.md";

/// Largest document that is read.
const LARGEST_DOCUMENT: u64 = 16 << 20;

/// Largest report that is read.
pub(crate) const LARGEST_REPORT: u64 = 256 << 20;

/// What came of the sections of documents. `schema/claims.v1.json` describes it.
#[derive(Serialize)]
struct ClaimsReport {
    schema: &'static str,
    version: u32,
    sections: Vec<SectionRow>,
    typed: Vec<TypedRow>,
}

/// One section.
#[derive(Serialize)]
pub(crate) struct SectionRow {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) name: String,
    report: String,
    pub(crate) state: State,
    claim: Option<String>,
    refusals: Vec<Refused>,
    /// The first line that differs: as it stands, and as the report says.
    #[serde(skip)]
    difference: Option<[String; 2]>,
}

/// How a section and its picture stand to their report.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// As it says.
    Current,
    /// Something else.
    Differs,
    /// Something else, until now.
    Written,
}

/// A claim that stands outside of the sections.
#[derive(Serialize)]
pub(crate) struct TypedRow {
    file: String,
    line: usize,
    text: String,
}

pub(crate) fn run(args: &ClaimsArgs) -> Result<ExitCode, Failure> {
    let files = if args.files.is_empty() { vec![PathBuf::from(DOCUMENT)] } else { args.files.clone() };
    let (rows, typed) = go_through(&files, !args.check)?;
    if rows.is_empty() {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        return Err(Failure::new(format!("failed to find a section in {}", names.join(", "))).hint(
            "put `<!-- regress:begin NAME -->` and `<!-- regress:end NAME -->` on lines of their own, where NAME.json lies in benchmarks/results",
        ));
    }
    for row in &typed {
        print_error(&format!(
            "warning: {}:{}: `{}` was typed, and is not held to any report: move it between marks",
            visible(&row.file),
            row.line,
            visible(&row.text)
        ));
    }
    let is_outdated = rows.iter().any(|row| row.state == State::Differs);
    let is_refused = !args.check && rows.iter().any(|row| !row.refusals.is_empty());
    let text = match args.output.format {
        ShortFormatArg::Json => {
            to_json(&ClaimsReport { schema: "criterion-regress/claims", version: 1, sections: rows, typed })
        }
        ShortFormatArg::Terminal => rows.iter().map(told).collect(),
    };
    output::print(&text)?;
    if is_outdated {
        print_error("hint: `regress claims` writes what the reports say; look at the difference before you commit it");
    }
    Ok(exit_code::of_claims(is_outdated, is_refused))
}

fn told(row: &SectionRow) -> String {
    let state = match row.state {
        State::Current => "current",
        State::Differs => "DIFFERS",
        State::Written => "written",
    };
    let mut out = format!("{state}  {}:{}  {}\n", visible(&row.file), row.line, visible(&row.name));
    if let Some([stands, says]) = &row.difference {
        out.push_str(&format!("  stands: {}\n  report: {}\n", visible(stands), visible(says)));
    }
    if let Some(claim) = &row.claim {
        out.push_str(&format!("  claim: {}\n", visible(claim)));
    }
    for refused in &row.refusals {
        let (reason, remedy) = (visible(&refused.reason), visible(&refused.remedy));
        out.push_str(&format!("  no claim: {reason}\n    do: {remedy}\n"));
    }
    out
}

/// Compares the sections of documents with their reports, and writes those that differ where it may.
///
/// All is read before anything is written: a document that can't be read costs no other its text.
pub(crate) fn go_through(files: &[PathBuf], may_write: bool) -> Result<(Vec<SectionRow>, Vec<TypedRow>), Failure> {
    let (mut rows, mut typed_rows, mut writes): (Vec<SectionRow>, Vec<TypedRow>, Vec<(PathBuf, String)>) =
        Default::default();
    for file in files {
        let shown = file.display().to_string();
        let failed = |cause: &dyn std::fmt::Display| Failure::new(format!("failed to read {shown}: {cause}"));
        let document = read(file, LARGEST_DOCUMENT).map_err(|e| failed(&e))?;
        let found = sections(&document).map_err(|e| {
            failed(&e).hint("a section is `<!-- regress:begin NAME -->`, its text, and `<!-- regress:end NAME -->`; nothing is written")
        })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut bodies: Vec<(&Section, String)> = Vec::new();
        for section in &found {
            let (row, text, picture) = examine(section, &document, &shown, folder)?;
            if let Some((path, svg)) = picture {
                writes.push((path, svg));
            }
            if row.difference.is_some() {
                bodies.push((section, text));
            }
            rows.push(row);
        }
        if !bodies.is_empty() {
            let bodies: Vec<(&Section, &str)> =
                bodies.iter().map(|(section, text)| (*section, text.as_str())).collect();
            writes.push((file.clone(), replaced(&document, &bodies)));
        }
        let typed = typed(&document, &found).into_iter();
        typed_rows.extend(typed.map(|t| TypedRow { file: shown.clone(), line: t.line, text: t.text }));
    }
    if may_write {
        for (path, text) in &writes {
            output::replace_file(path, text)?;
        }
        for row in rows.iter_mut().filter(|row| row.state == State::Differs) {
            (row.state, row.difference) = (State::Written, None);
        }
    }
    Ok((rows, typed_rows))
}

/// A picture, and where it belongs.
type Picture = Option<(PathBuf, String)>;

/// One section beside its report: how they stand to one another, what it should say, and the picture, where that isn't there as it
/// should be.
fn examine(
    section: &Section,
    document: &str,
    file: &str,
    folder: &Path,
) -> Result<(SectionRow, String, Picture), Failure> {
    let path = folder.join(&section.report);
    let recorded = recorded(&path).map_err(|cause| {
        Failure::new(format!(
            "failed to read {}, of which section `{}` is written: {cause}",
            path.display(),
            section.name
        ))
        .hint("`regress rivals` and `regress check` write one with `--output json=PATH`")
    })?;
    let place = Path::new(&section.report).with_extension("svg");
    let body = body(&recorded, section, &place.to_string_lossy());
    let stands = section.text(document);
    let mut difference = first_difference(&stands, &body.text);
    let is_told = matches!(body.claim, Some(Claim::Told(_)));
    let picture = match &recorded {
        Recorded::Rivals(report) if section.shows.contains(&Show::Chart) && is_told => {
            let (path, svg) = (folder.join(&place), chart(report));
            let is_there = read(&path, LARGEST_DOCUMENT).is_ok_and(|known| known.replace("\r\n", "\n") == svg);
            (!is_there).then_some((path, svg))
        }
        Recorded::Rivals(_) | Recorded::Check(_) => None,
    };
    let is_current = difference.is_none() && picture.is_none();
    if difference.is_none() && picture.is_some() {
        difference = Some([format!("{} is not there, or another", place.display()), "its chart".to_owned()]);
    }
    let (claim, refusals) = match body.claim {
        Some(Claim::Told(sentence)) => (Some(sentence), Vec::new()),
        Some(Claim::Refused(refusals)) => (None, refusals),
        None => (None, Vec::new()),
    };
    let row = SectionRow {
        file: file.to_owned(),
        line: section.line,
        name: section.name.clone(),
        report: section.report.clone(),
        state: if is_current { State::Current } else { State::Differs },
        // A claim that the section doesn't show is none.
        claim: claim.filter(|_| section.shows.contains(&Show::Claim)),
        refusals,
        difference,
    };
    Ok((row, body.text, picture))
}

/// A recorded report, or why it can't be read.
pub(crate) fn recorded(path: &Path) -> Result<Recorded, String> {
    let text = read(path, LARGEST_REPORT).map_err(|e| e.to_string())?;
    parse_recorded(&text)
}

/// The first line in which two texts differ, of each.
fn first_difference(stands: &str, says: &str) -> Option<[String; 2]> {
    if stands == says {
        return None;
    }
    let (mut stands, mut says) = (stands.lines(), says.lines());
    loop {
        match (stands.next(), says.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => return Some([a.unwrap_or("nothing").to_owned(), b.unwrap_or("nothing").to_owned()]),
        }
    }
}
