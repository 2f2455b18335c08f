//! Examples that are read as well as run: each folder of `fixtures/cases/`.
//!
//! | file | holds |
//! |---|---|
//! | `args` | one argument a line; lines that begin with `#` say what the case shows, lines `NAME=value` set the environment |
//! | `tree` | optional: what to copy, a line each, `path below fixtures/` and where to, below the working folder |
//! | `input/` | optional: files to copy to the working folder |
//! | `stdout` `stderr` `exit-code` | what must come of it, exactly; an empty `stderr` may be left out |
//! | `output/` | optional: files that must have been written |
//!
//! `UPDATE=1 cargo test --test it cases` writes what came instead; read the difference before you commit it. Every file
//! is two and a half hours old. In expectations, the tool's version is `[VERSION]`, times of measurement are `[TIME]`, ages in
//! seconds `[AGE]`, and numbers are cut to ten digits, since the last ones differ between systems' mathematics.

use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::case::{Case, Ran};
use crate::tree;

/// Digits of a number that every system agrees on.
const DIGITS: usize = 10;

#[test]
fn cases() {
    let update = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    let mut failures = Vec::new();
    let folders = folders();
    assert!(folders.len() >= 20, "only {} cases in fixtures/cases", folders.len());
    for folder in folders {
        let name = folder.file_name().expect("a folder's name").to_string_lossy().into_owned();
        let found = run(&folder);
        if update {
            found.iter().for_each(Found::write);
        } else {
            failures.extend(found.iter().filter_map(Found::difference).map(|diff| format!("case {name}: {diff}")));
        }
    }
    assert!(
        failures.is_empty(),
        "{}\n{} differences; UPDATE=1 writes what came instead",
        failures.join("\n"),
        failures.len()
    );
}

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(tree::fixture("cases")).expect("fixtures/cases");
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// What came, beside the file that says what should have come.
struct Found {
    file: PathBuf,
    text: String,
}

impl Found {
    fn difference(&self) -> Option<String> {
        let want = fs::read_to_string(&self.file).unwrap_or_default().replace("\r\n", "\n");
        let name = self.file.file_name().expect("a file's name").to_string_lossy();
        let diff = TextDiff::from_lines(want.as_str(), self.text.as_str());
        (want != self.text).then(|| format!("{name}\n{}", diff.unified_diff().header("expected", "came")))
    }

    fn write(&self) {
        let is_default = self.text.is_empty() && self.file.ends_with("stderr");
        let result = match is_default {
            true if self.file.exists() => fs::remove_file(&self.file),
            true => Ok(()),
            false => fs::create_dir_all(self.file.parent().expect("files lie in folders"))
                .and_then(|()| fs::write(&self.file, &self.text)),
        };
        result.expect("expectations can be written");
    }
}

fn run(folder: &Path) -> Vec<Found> {
    let mut case = Case::new();
    for line in lines(&folder.join("tree")) {
        let (from, to) =
            line.split_once(' ').unwrap_or_else(|| panic!("{}: `FROM TO`, not `{line}`", folder.display()));
        case = case.tree(from, to.trim());
    }
    let inputs = files(&folder.join("input"));
    for file in &inputs {
        tree::copy(&folder.join("input").join(file), &case.path(&file.to_string_lossy()), tree::two_hours_ago());
    }
    let (mut arguments, mut shows_something) = (Vec::new(), false);
    for line in lines(&folder.join("args")) {
        match line.split_once('=') {
            _ if line.starts_with('#') => shows_something = true,
            Some((name, value)) if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
                case = case.env(name, value);
            }
            _ => arguments.push(line),
        }
    }
    assert!(shows_something, "{}: say in a line with # what the case shows", folder.display());
    let before = files(&case.path(""));
    let ran = case.regress_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>());

    let Ran { code, stdout, stderr, .. } = ran;
    let mut found: Vec<Found> = [
        ("stdout", normalized(&stdout)),
        ("stderr", normalized(&stderr)),
        ("exit-code", format!("{}\n", code.expect("checked when it was run"))),
    ]
    .into_iter()
    .map(|(name, text)| Found { file: folder.join(name), text })
    .collect();
    let mut written: Vec<PathBuf> = files(&case.path(""));
    written.retain(|file| !before.contains(file));
    written.extend(files(&folder.join("output")));
    written.sort();
    written.dedup();
    for file in written {
        let text = fs::read_to_string(case.path(&file.to_string_lossy())).unwrap_or_default();
        found.push(Found { file: folder.join("output").join(&file), text: normalized(&text) });
    }
    found
}

fn lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The files below a folder, relative to it; none if there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("it lies below").to_owned());
            }
        }
    }
    found
}

/// Text without what differs from day to day, version to version, and system to system.
fn normalized(text: &str) -> String {
    let version = format!("\"tool\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let text = text.replace("\r\n", "\n").replace(&version, "\"tool\": \"[VERSION]\"");
    let text = replace_values(&text, "\"measured_at\": ", "\"[TIME]\"");
    let text = replace_values(&text, "\"age_seconds\": ", "\"[AGE]\"");
    cut_numbers(&without_times(&text))
}

/// Replaces times such as `2026-11-23T05:35:34Z` wherever they stand.
fn without_times(text: &str) -> String {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00Z";
    let is_time = |at: usize| {
        text.as_bytes().get(at..at + SHAPE.len()).is_some_and(|bytes| {
            bytes.iter().zip(SHAPE).all(|(b, shape)| if *shape == b'0' { b.is_ascii_digit() } else { b == shape })
        })
    };
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if at < end {
            continue;
        }
        if is_time(at) {
            out.push_str("[TIME]");
            end = at + SHAPE.len();
        } else {
            out.push(c);
        }
    }
    out
}

/// Replaces what stands between `key` and the end of its line or a comma, unless it is null.
fn replace_values(text: &str, key: &str, with: &str) -> String {
    let mut parts = text.split(key);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find([',', '\n']).unwrap_or(part.len());
        let value = if &part[..end] == "null" { "null" } else { with };
        out.push_str(&format!("{key}{value}{}", &part[end..]));
    }
    out
}

/// Cuts decimal numbers to [`DIGITS`] significant digits.
fn cut_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        out.push_str(&cut(number));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn cut(number: &str) -> String {
    let is_decimal = number.matches('.').count() == 1 && !number.ends_with('.');
    let n_digits = number.trim_start_matches(['0', '.']).chars().filter(char::is_ascii_digit).count();
    match number.parse::<f64>() {
        Ok(value) if is_decimal && n_digits > DIGITS => {
            let exact = format!("{value:.*e}", DIGITS - 1);
            exact.parse::<f64>().map_or_else(|_| number.to_owned(), |value| value.to_string())
        }
        _ => number.to_owned(),
    }
}

#[test]
fn what_is_left_out_of_expectations() {
    assert_eq!(
        cut_numbers("0.41164285714285714, 50, v0.8.2 12345678901234"),
        "0.4116428571, 50, v0.8.2 12345678901234"
    );
    assert_eq!(
        replace_values("\"age_seconds\": 9000\n", "\"age_seconds\": ", "\"[AGE]\""),
        "\"age_seconds\": \"[AGE]\"\n"
    );
    assert_eq!(replace_values("\"measured_at\": null,", "\"measured_at\": ", "x"), "\"measured_at\": null,");
}
