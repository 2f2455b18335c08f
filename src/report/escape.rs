//! Names are text from strangers. Each format takes the sting out of them in its own way.

use std::fmt::Write;

/// Makes control characters, line breaks and invisible or direction-changing characters visible.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut is_blank_so_far = true;
    while let Some(c) = rest.next() {
        let begins = |mark: &str| rest.as_str().starts_with(mark);
        let is_first = is_blank_so_far;
        is_blank_so_far &= c.is_whitespace();
        match c {
            // A workflow's runner takes lines that begin with `::`, and `##[` anywhere, for commands.
            ':' if begins(":") && is_first => out.push_str("\\u{3a}"),
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

/// Text and attributes of XML, and so of SVG.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Neither of these is in XML, not even by number.
            c if u32::from(c) & 0xfffe == 0xfffe => {
                let _ = write!(out, "U+{:X}", u32::from(c));
            }
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Characters that show nothing, or change how their neighbours are shown: Unicode's Default_Ignorable_Code_Point, separators of
/// lines, and the empty pattern of Braille.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The longest name that is shown whole, in characters. Criterion's own are rarely half of it, and one stranger's must not cost
/// the page.
const LONGEST_NAME: usize = 120;

/// What of a longer name is shown; the rest is its mark.
const SHOWN_OF_LONG_NAME: usize = 108;

/// A name as people are shown it: [`visible`], and no longer than [`LONGEST_NAME`]. One that is cut ends in a mark made of the
/// whole, so that two stay distinct.
#[must_use]
pub(super) fn name(text: &str) -> String {
    // No character is shown as less than one: what lies further on can't be in what is shown.
    let enough = text.char_indices().nth(LONGEST_NAME + 1).map_or(text, |(end, _)| &text[..end]);
    let shown = visible(enough);
    if shown.chars().nth(LONGEST_NAME).is_none() {
        return shown;
    }
    let start: String = shown.chars().take(SHOWN_OF_LONG_NAME).collect();
    format!("{start}…~{:010x}", fnv1a(text.as_bytes()) >> 24)
}

/// Fowler, Noll and Vo's hash, 1a, of 64 bits: the same everywhere and always. It tells names apart; it proves nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// For Markdown as GitHub renders it, in a table or outside.
///
/// Every mark that Markdown or HTML could read is written as a character reference. GitHub looks for mentions and issue
/// numbers in the rendered text, but not inside `<code>`; mails and quotes lose the `<code>`, so that an `@` is also followed by
/// a space without width.
pub(super) fn markdown_code(text: &str) -> String {
    let mut out = "<code>".to_owned();
    for c in visible(text).chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '-' | '/' | ',' => out.push(c),
            '@' => out.push_str("&#64;&#8203;"),
            c if c.is_ascii() => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push_str("</code>");
    out
}

/// As `markdown_code`, for sentences of ours that may hold a word from elsewhere: as few marks as possible are replaced,
/// and an `@` is followed by a space without width, so that nobody is called.
#[must_use]
pub fn markdown_text(text: &str) -> String {
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

/// A sentence of ours in which words between backticks are commands.
pub(super) fn markdown_own(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(i, part)| if i % 2 == 0 { markdown_text(part) } else { markdown_code(part) }).collect()
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
    fn xml_holds_no_markup_and_nothing_that_it_has_no_place_for() {
        assert_eq!(xml("a<b>&\"'\u{ffff}\u{7}ä"), "a&lt;b&gt;&amp;&quot;&#39;U+FFFF\u{fffd}ä");
    }

    #[test]
    fn what_is_hidden_becomes_visible() {
        assert_eq!(visible("a\nb\t\u{1b}[31mred"), "a\\nb\\t\\u{1b}[31mred");
        assert_eq!(visible("x\u{202e}y\u{200b}z\u{9b}"), "x\\u{202e}y\\u{200b}z\\u{9b}");
        assert_eq!(visible("日本語 é"), "日本語 é");
        for c in
            ['\u{3164}', '\u{115f}', '\u{ffa0}', '\u{34f}', '\u{fe0f}', '\u{17b5}', '\u{2800}', '\u{e0100}', '\u{180b}']
        {
            assert_eq!(visible(&format!("s{c}ort")), format!("s\\u{{{:x}}}ort", u32::from(c)));
        }
        assert_eq!(visible("  ::x ::y"), "  \\u{3a}:x ::y");
        // In linear time: a quadratic one would not end.
        let long = format!("{}{}", " ".repeat(1 << 20), ":".repeat(1 << 20));
        assert!(visible(&long).len() > 1 << 20 && name(&long).chars().count() <= LONGEST_NAME);
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
    fn long_names_are_cut_and_stay_distinct() {
        let long = |end: &str| format!("{}{end}", "n".repeat(LONGEST_NAME));
        assert_eq!(name(&long("")), long(""));
        let (one, two) = (name(&long("a")), name(&long("b")));
        assert_ne!(one, two);
        assert_eq!(one.chars().count(), LONGEST_NAME);
        assert!(name(&"\u{202e}".repeat(500)).chars().count() <= LONGEST_NAME);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn spreadsheets_get_no_formula() {
        assert_eq!(spreadsheet("=1+1"), "'=1+1");
        assert_eq!(spreadsheet("a=1"), "a=1");
        assert_eq!(spreadsheet("\u{1b}=1"), "\\u{1b}=1");
    }
}
