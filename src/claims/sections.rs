use std::ops::Range;

use regex::Regex;
use thiserror::Error;

/// What opens and closes a section.
const MARK: &str = "<!-- regress:";

/// A marked part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// The recorded report, relative to the document.
    pub report: String,
    /// What it shows.
    pub shows: Vec<Show>,
    /// The line of its first mark, from 1.
    pub line: usize,
    /// What stands between the marks, in bytes.
    body: Range<usize>,
    /// How its lines end.
    line_end: &'static str,
}

/// A part of what a section can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// The sentence, or why there is none.
    Claim,
    /// All workloads.
    Table,
    /// The picture.
    Chart,
    /// Versions, machine, commit, dates.
    Conditions,
}

/// Why a document can't be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {cause}")]
pub struct InvalidDocument {
    /// Where, from 1.
    pub line: usize,
    /// What is the matter.
    pub cause: String,
}

/// A claim that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Where, from 1.
    pub line: usize,
    /// The words.
    pub text: String,
}

impl Section {
    /// What stands between its marks now, with plain line ends.
    #[must_use]
    pub fn text<'a>(&self, document: &'a str) -> std::borrow::Cow<'a, str> {
        let body = document.get(self.body.clone()).unwrap_or_default();
        if body.contains('\r') { body.replace("\r\n", "\n").into() } else { body.into() }
    }
}

/// The marked parts of a document, in order. Marks in blocks of code are text.
///
/// # Errors
/// When marks are nested, unclosed, duplicate or malformed.
pub fn sections(document: &str) -> Result<Vec<Section>, InvalidDocument> {
    let mut found: Vec<Section> = Vec::new();
    let mut open: Option<Section> = None;
    for Line { number, text, range, is_code } in lines(document) {
        let at = |cause: String| InvalidDocument { line: number, cause };
        let trimmed = text.trim_end_matches(['\n', '\r']);
        if !is_code && !trimmed.contains(MARK) && is_nearly_a_mark(trimmed) {
            return Err(at(format!(
                "a mark is misspelt: it begins with `{MARK}`, in small letters and with one space"
            )));
        }
        if is_code || !trimmed.contains(MARK) {
            continue;
        }
        let trimmed = trimmed.trim();
        let Some(mark) = trimmed.strip_prefix(MARK) else {
            // In a sentence that tells of marks, they stand as code.
            if trimmed.contains(&format!("`{MARK}")) {
                continue;
            }
            return Err(at("a mark has to stand on a line of its own".to_owned()));
        };
        let mark = mark.strip_suffix("-->").filter(|mark| !mark.contains("-->"));
        let mark = mark.ok_or_else(|| at("the mark has to end with `-->`, and the line with it".to_owned()))?;
        let mut words = mark.split_whitespace();
        match (words.next(), words.next(), open.take()) {
            (Some("begin"), Some(_), Some(earlier)) => {
                return Err(at(format!("section `{}` of line {} is still open", earlier.name, earlier.line)));
            }
            (Some("begin"), Some(name), None) => {
                if let Some(earlier) = found.iter().find(|section| section.name == name) {
                    return Err(at(format!("there is a section `{name}` already, at line {}", earlier.line)));
                }
                let section = section(name, words, number).map_err(at)?;
                let line_end = if text.ends_with("\r\n") { "\r\n" } else { "\n" };
                open = Some(Section { body: range.end..range.end, line_end, ..section });
            }
            (Some("end"), Some(name), Some(mut section)) if section.name == name && words.next().is_none() => {
                section.body.end = range.start;
                found.push(section);
            }
            (Some("end"), name, Some(section)) => {
                return Err(at(format!(
                    "`{}` ends, and `{}` of line {} is open",
                    name.unwrap_or_default(),
                    section.name,
                    section.line
                )));
            }
            (Some("end"), name, None) => {
                return Err(at(format!("section `{}` ends, and never began", name.unwrap_or_default())));
            }
            _ => return Err(at("a mark is `regress:begin NAME` or `regress:end NAME`".to_owned())),
        }
    }
    match open {
        Some(section) => Err(InvalidDocument {
            line: section.line,
            cause: format!("section `{}` never ends: `<!-- regress:end {} -->` is missing", section.name, section.name),
        }),
        None => Ok(found),
    }
}

/// Whether somebody meant a mark: what isn't recognised would be held to no report.
fn is_nearly_a_mark(line: &str) -> bool {
    let text = line.trim_start().to_lowercase();
    let words = text.strip_prefix("<!--").and_then(|rest| rest.trim_start().strip_prefix("regress"));
    let said = words.and_then(|rest| rest.trim_start().strip_prefix(':')).map(str::trim_start);
    said.is_some_and(|said| said.starts_with("begin") || said.starts_with("end"))
}

fn section<'a>(name: &str, options: impl Iterator<Item = &'a str>, line: usize) -> Result<Section, String> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.starts_with('.') || !name.chars().all(is_letter) {
        return Err(format!("`{name}` is no name: letters, digits, `.`, `_` and `-`"));
    }
    let mut report = format!("benchmarks/results/{name}.json");
    let mut shows = vec![Show::Claim, Show::Table, Show::Chart, Show::Conditions];
    for option in options {
        match option.split_once('=') {
            Some(("report", path)) => {
                let is_below = !path.is_empty()
                    && !path.starts_with(['/', '\\'])
                    && !path.contains(':')
                    && !path.split(['/', '\\']).any(|part| part == "..");
                if !is_below || !path.ends_with(".json") {
                    return Err(format!("`{path}` is no .json file below the document's folder"));
                }
                path.clone_into(&mut report);
            }
            Some(("show", words)) => shows = words.split(',').map(show).collect::<Result<_, _>>()?,
            _ => {
                return Err(format!("`{option}` is no option of a section: there are `report=PATH` and `show=WHAT,…`"));
            }
        }
    }
    Ok(Section { name: name.to_owned(), report, shows, line, body: 0..0, line_end: "\n" })
}

fn show(word: &str) -> Result<Show, String> {
    match word {
        "claim" => Ok(Show::Claim),
        "table" => Ok(Show::Table),
        "chart" => Ok(Show::Chart),
        "conditions" => Ok(Show::Conditions),
        _ => Err(format!("`{word}` can't be shown: there are claim, table, chart and conditions")),
    }
}

/// The document with other bodies; what stands outside of sections stays to the last byte.
#[must_use]
pub fn replaced(document: &str, bodies: &[(&Section, &str)]) -> String {
    let mut sorted: Vec<&(&Section, &str)> = bodies.iter().collect();
    sorted.sort_by_key(|(section, _)| section.body.start);
    let mut out = String::with_capacity(document.len());
    let mut done = 0;
    for (section, body) in sorted {
        out.push_str(document.get(done..section.body.start).unwrap_or_default());
        out.push_str(&body.replace('\n', section.line_end));
        done = section.body.end;
    }
    out.push_str(document.get(done..).unwrap_or_default());
    out
}

/// Factors of speed that stand outside of the sections: somebody typed them.
#[must_use]
pub fn typed(document: &str, sections: &[Section]) -> Vec<Typed> {
    let factor = Regex::new(r"(?i)\b\d+(?:[.,]\d+)?\s?(?:×|x)\s(?:faster|slower|speed-?up)\b").expect("it is one");
    let outside = lines(document).filter(|line| !line.is_code);
    let outside = outside.filter(|line| !sections.iter().any(|section| section.body.contains(&line.range.start)));
    let found = outside.flat_map(|line| {
        factor.find_iter(line.text).map(move |at| Typed { line: line.number, text: at.as_str().to_owned() })
    });
    found.collect()
}

struct Line<'a> {
    /// From 1.
    number: usize,
    /// With its end.
    text: &'a str,
    range: Range<usize>,
    /// Whether it is a line of code, or opens or closes a block of it.
    is_code: bool,
}

/// The lines of a document, and which are code: in fences, or indented by four or more.
fn lines(document: &str) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    let mut fence: Option<(char, usize)> = None;
    document.split_inclusive('\n').enumerate().map(move |(i, text)| {
        let range = at..at + text.len();
        at = range.end;
        let unindented = text.trim_start_matches(' ');
        let is_indented = text.len() - unindented.len() >= 4 || text.starts_with('\t');
        let own = fence_of(unindented).filter(|_| !is_indented);
        let is_code = match (fence, own) {
            (None, Some(opened)) => {
                fence = Some((opened.0, opened.1));
                true
            }
            (Some((sign, n)), Some((other, m, is_bare))) => {
                if other == sign && m >= n && is_bare {
                    fence = None;
                }
                true
            }
            (Some(_), None) => true,
            (None, None) => is_indented,
        };
        Line { number: i + 1, text, range, is_code }
    })
}

/// The sign of a fence, how often it stands there, and whether nothing follows.
fn fence_of(line: &str) -> Option<(char, usize, bool)> {
    let sign = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let n = line.chars().take_while(|c| *c == sign).count();
    let rest = line.trim_start_matches(sign);
    // Three backticks in a sentence are no fence.
    (n >= 3 && !(sign == '`' && rest.contains('`'))).then(|| (sign, n, rest.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOCUMENT: &str = "# A\n\n<!-- regress:begin mlx -->\nold\n<!-- regress:end mlx -->\n\nb\n<!-- regress:begin own report=r/x.json show=table -->\n<!-- regress:end own -->\nend";

    #[test]
    fn bodies_are_replaced_and_nothing_else() {
        let found = sections(DOCUMENT).expect("two sections");
        let said: Vec<_> = found.iter().map(|s| (s.name.as_str(), s.report.as_str(), s.line, s.shows.len())).collect();
        assert_eq!(said, [("mlx", "benchmarks/results/mlx.json", 3, 4), ("own", "r/x.json", 8, 1)]);
        assert_eq!(found[0].text(DOCUMENT), "old\n");
        let written = replaced(DOCUMENT, &[(&found[1], "2\n"), (&found[0], "1\n1\n")]);
        assert_eq!(written, DOCUMENT.replace("old\n", "1\n1\n").replace("table -->\n", "table -->\n2\n"));
        let windows = DOCUMENT.replace('\n', "\r\n");
        let found = sections(&windows).expect("two sections");
        assert_eq!(found[0].text(&windows), "old\n");
        let written = replaced(&windows, &[(&found[0], "1\n1\n")]);
        assert_eq!(written, windows.replace("old\r\n", "1\r\n1\r\n"));
    }

    #[test]
    fn marks_that_make_no_sense_are_errors_with_their_line() {
        let check = |document: &str, line: usize, want: &str| {
            let error = sections(document).expect_err(want);
            assert!(error.line == line && error.cause.contains(want), "{document}: {error}");
        };
        let (begin, end) = ("<!-- regress:begin a -->\n", "<!-- regress:end a -->\n");
        check(begin, 1, "never ends");
        check(&format!("x\n{begin}<!-- regress:begin b -->\n"), 3, "section `a` of line 2 is still open");
        check(&format!("{begin}{end}{begin}{end}"), 3, "there is a section `a` already, at line 1");
        check(end, 1, "never began");
        check(&format!("{begin}<!-- regress:end b -->\n"), 2, "`b` ends, and `a` of line 1 is open");
        check(&format!("{begin}<!-- regress:end -->\n"), 2, "is open");
        check("<!-- regress:begin -->\n", 1, "`regress:begin NAME`");
        check("<!-- regress:start a -->\n", 1, "`regress:begin NAME`");
        check("<!-- regress:begin a\n-->", 1, "`-->`");
        check("<!-- regress:begin a --> b -->\n", 1, "`-->`");
        check("so <!-- regress:begin a -->\n", 1, "a line of its own");
        check("<!-- regress:begin ../a -->\n", 1, "no name");
        for path in ["/etc/x.json", "../x.json", "a/../../x.json", "C:x.json", "x.txt", ""] {
            check(&format!("<!-- regress:begin a report={path} -->\n"), 1, "below the document's folder");
        }
        for mark in [
            "<!--regress:begin a-->",
            "<!--  regress:begin a -->",
            "<!-- Regress:End a -->",
            "<!-- regress :begin a -->",
        ] {
            check(&format!("{begin}{end}{mark}\n"), 3, "misspelt");
        }
        check("<!-- regress:begin a show=all -->\n", 1, "can't be shown");
        check("<!-- regress:begin a b -->\n", 1, "no option");
        // The end stands in a block of code that begins inside.
        check(&format!("{begin}```\n{end}```\n"), 1, "never ends");
    }

    #[test]
    fn what_is_code_is_text() {
        for document in [
            "```\n<!-- regress:begin a -->\n```\n",
            "~~~ md\n```\n<!-- regress:begin a -->\n~~~\n",
            "    <!-- regress:begin a -->\n",
            "Write `<!-- regress:begin a -->` above it.\n",
        ] {
            assert_eq!(sections(document), Ok(Vec::new()), "{document}");
        }
        let after = "```sh\nx\n```\n<!-- regress:begin a -->\n<!-- regress:end a -->\n";
        assert_eq!(sections(after).map(|s| s.len()), Ok(1));
        assert_eq!(sections(&format!("```x``` is no fence\n{after}")).map(|s| s.len()), Ok(1));
    }

    #[test]
    fn claims_that_were_typed_are_found() {
        let document = "It is 25.9x faster.\n\n<!-- regress:begin a -->\n2.0× faster\n<!-- regress:end a -->\n```\n3x faster\n```\nA 1024x1024 matrix, 4 × slower\n";
        let found = sections(document).expect("one section");
        let said: Vec<(usize, String)> = typed(document, &found).into_iter().map(|t| (t.line, t.text)).collect();
        assert_eq!(said, [(1, "25.9x faster".to_owned()), (9, "4 × slower".to_owned())]);
    }

    proptest! {
        #[test]
        fn no_document_is_too_much(lines in proptest::collection::vec(
            prop_oneof![
                Just("<!-- regress:begin a -->".to_owned()), Just("<!-- regress:end a -->".to_owned()),
                Just("```".to_owned()), Just("    x".to_owned()), ".{0,12}"
            ], 0..12), windows in any::<bool>()) {
            let document = lines.join(if windows { "\r\n" } else { "\n" });
            if let Ok(found) = sections(&document) {
                let bodies: Vec<(&Section, String)> = found.iter().map(|s| (s, s.text(&document).into_owned())).collect();
                let bodies: Vec<(&Section, &str)> = bodies.iter().map(|(s, body)| (*s, body.as_str())).collect();
                let again = replaced(&document, &bodies);
                // What is inside may end its lines in several ways; then they are made alike.
                prop_assert_eq!(again.replace("\r\n", "\n"), document.replace("\r\n", "\n"));
            }
        }
    }
}
