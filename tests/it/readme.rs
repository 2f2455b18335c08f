//! The examples of the README and of docs/choosing.md are run: every `$ regress …` in a code block, in a folder with a copy of `fixtures/`, and what stands
//! below it must be what is printed.
//!
//! `$ echo $?` shows the last exit code. Other commands (`$ cargo bench`) are neither run nor compared. Files are two and a
//! half hours old, so that `regress list` says `2 hours`. A line `…` or `...` stands for any lines.

use std::path::Path;

use similar::TextDiff;

use crate::case::{Case, Ran};

/// A command and what the page says comes of it.
#[derive(Debug, PartialEq)]
struct Example {
    line: usize,
    command: String,
    output: String,
}

#[test]
fn the_readmes_examples_do_what_it_says() {
    examples_hold("README.md");
}

#[test]
fn the_examples_of_choosing_do_what_it_says() {
    examples_hold("docs/choosing.md");
}

fn examples_hold(page: &str) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap_or_default();
    let examples = examples(&text);
    let n_run = examples.iter().filter(|example| example.command.starts_with("regress ")).count();
    assert!(n_run > 0, "{page} has no examples: no code block with a line `$ regress …`");
    let case = Case::new().tree("", "fixtures");
    let mut last = None;
    let mut failures = Vec::new();
    for example in &examples {
        let came = if example.command == "echo $?" {
            last.as_ref().map(|ran: &Ran| format!("{}\n", ran.code.expect("it ended")))
        } else if let Some(arguments) = example.command.strip_prefix("regress ") {
            let words = words(arguments);
            let ran = case.regress_with(&words.iter().map(String::as_str).collect::<Vec<_>>());
            let shown = format!("{}{}", ran.stdout, ran.stderr);
            last = Some(ran);
            Some(shown)
        } else {
            None
        };
        let Some(came) = came else { continue };
        let (want, came) = (lines(&example.output), lines(&came));
        if !matches(&want, &came) {
            let (want, came) = (want.join("\n"), came.join("\n"));
            let diff = TextDiff::from_lines(want.as_str(), came.as_str());
            let diff = diff.unified_diff().header(page, "came").to_string();
            failures.push(format!("{page}:{}: $ {}\n{diff}", example.line, example.command));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The commands in code blocks, each with the lines up to the next command or the end of its block.
fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let (mut is_code, mut is_example) = (false, false);
    for (i, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            (is_code, is_example) = (!is_code, false);
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_code) {
            is_example = true;
            examples.push(Example { line: i + 1, command: command.trim().to_owned(), output: String::new() });
        } else if let Some(example) = examples.last_mut().filter(|_| is_example) {
            example.output.push_str(line);
            example.output.push('\n');
        }
    }
    examples
}

/// Lines without white space at their ends, and without empty ones at the end.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

fn matches(want: &[&str], came: &[&str]) -> bool {
    match want.split_first() {
        None => came.is_empty(),
        Some((&("…" | "..."), rest)) => (0..=came.len()).any(|skipped| matches(rest, &came[skipped..])),
        Some((line, rest)) => came.first() == Some(line) && matches(rest, &came[1..]),
    }
}

/// The words of a command line: quotes keep spaces together, a `#` after a space begins a comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn the_readmes_configuration_is_one() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap_or_default();
    let (_, from) = text.split_once("```toml\n").expect("the README shows a regress.toml");
    let (toml, _) = from.split_once("```").expect("the block ends");
    let case = Case::new().file("regress.toml", toml);
    case.regress("config --format json").exit_code(0);
    case.regress("config --profile nightly").exit_code(0).stdout_contains("threshold         = 5.0");
}

#[test]
fn what_an_example_is() {
    let text = "$ not code\n```console\n$ regress a 'b c'\nout\n\nmore\n$ echo $?\n1\n```\nprose\n```sh\nplain\n```\n";
    let example = |line, command: &str, output: &str| Example { line, command: command.into(), output: output.into() };
    assert_eq!(examples(text), [example(3, "regress a 'b c'", "out\n\nmore\n"), example(7, "echo $?", "1\n")]);
    assert_eq!(words("a 'b c' \"d\" '' e#f # g"), ["a", "b c", "d", "", "e#f"]);
    assert!(matches(&["a", "…", "d"], &["a", "b", "c", "d"]) && matches(&["…"], &[]));
    assert!(!matches(&["a", "…", "d"], &["a", "b"]) && !matches(&["a"], &["a", "b"]));
}
