//! Names are text from strangers. Each format takes the sting out of them in its own way.

use std::fmt::Write;

/// Makes control characters, line breaks and invisible or direction-changing characters visible.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let begins = |mark: &str| rest.as_str().starts_with(mark);
        match c {
            // A workflow's runner takes lines that begin with `::`, and `##[` anywhere, for commands.
            ':' if begins(":") && out.trim_start().is_empty() => out.push_str("\\u{3a}"),
            '#' if begins("#[") => out.push_str("\\u{23}"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_deceptive(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Characters without a width of their own that change how their neighbours are shown.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// For Markdown as GitHub renders it, in a table or outside.
///
/// Every mark that Markdown or HTML could read is written as a character reference. GitHub looks for mentions and issue
/// numbers in the rendered text, but not inside `<code>`.
pub(super) fn markdown_code(text: &str) -> String {
    let mut out = "<code>".to_owned();
    for c in visible(text).chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '-' | '/' | ',' => out.push(c),
            c if c.is_ascii() => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push_str("</code>");
    out
}

/// As [`markdown_code`], for sentences of ours that may hold a word from elsewhere: as few marks as possible are replaced,
/// and an `@` is followed by a space without width, so that nobody is called.
pub(super) fn markdown_text(text: &str) -> String {
    let visible = visible(text);
    let mut out = String::with_capacity(visible.len() + 16);
    let mut rest = visible.chars();
    while let Some(c) = rest.next() {
        match c {
            '@' => out.push_str("&#64;&#8203;"),
            ':' if rest.as_str().starts_with("//") => out.push_str("&#58;"),
            '.' if out.ends_with("www") => out.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '#' | '!' | '$' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// For a cell of a spreadsheet, which would otherwise take `=1+1` for a formula.
pub(super) fn spreadsheet(text: &str) -> String {
    let text = visible(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_becomes_visible() {
        assert_eq!(visible("a\nb\t\u{1b}[31mred"), "a\\nb\\t\\u{1b}[31mred");
        assert_eq!(visible("x\u{202e}y\u{200b}z\u{9b}"), "x\\u{202e}y\\u{200b}z\\u{9b}");
        assert_eq!(visible("日本語 é"), "日本語 é");
    }

    #[test]
    fn workflows_get_no_command() {
        assert_eq!(visible("::error::x::y"), "\\u{3a}:error::x::y");
        assert_eq!(visible("  ::stop"), "  \\u{3a}:stop");
        assert_eq!(visible("a ##[group]"), "a \\u{23}#[group]");
        assert_eq!(visible("std::sort"), "std::sort");
    }

    #[test]
    fn sentences_call_nobody() {
        assert_eq!(markdown_text("20 % of a.b (x)"), "20 % of a.b (x)");
        assert_eq!(markdown_text("@me <b> http://x www.y"), "&#64;&#8203;me &#60;b&#62; http&#58;//x www&#46;y");
    }

    #[test]
    fn markdown_reads_nothing_into_a_name() {
        let name = "a|b`c`<script>@you #1 [x](http://y) **z** <!--";
        let escaped = markdown_code(name);
        let inner = escaped.strip_prefix("<code>").and_then(|e| e.strip_suffix("</code>")).expect("wrapped");
        assert!(!inner.contains(['|', '`', '<', '>', '@', '[', ']', '(', '*', '!', ':', '.']), "{inner}");
    }

    #[test]
    fn spreadsheets_get_no_formula() {
        assert_eq!(spreadsheet("=1+1"), "'=1+1");
        assert_eq!(spreadsheet("a=1"), "a=1");
        assert_eq!(spreadsheet("\u{1b}=1"), "\\u{1b}=1");
    }
}
