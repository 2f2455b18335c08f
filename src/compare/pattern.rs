use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;
use thiserror::Error;

/// Which benchmarks something is said of, by their ids.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// A glob over the whole id: `*` and `?` stay between slashes, `**` crosses them.
    Glob(GlobMatcher),
    /// A regular expression, found anywhere in the id.
    Regex(Regex),
}

/// Why text is no pattern.
#[derive(Debug, Clone, Error)]
pub enum InvalidPattern {
    /// Not a glob.
    #[error("`{pattern}` is not a glob: {cause}")]
    Glob {
        /// What was given.
        pattern: String,
        /// The glob parser's words.
        cause: String,
    },
    /// Not a regular expression.
    #[error("`{pattern}` is not a regular expression: {cause}")]
    Regex {
        /// What was given.
        pattern: String,
        /// The expression parser's words, on one line.
        cause: String,
    },
}

impl Pattern {
    /// Reads a glob.
    ///
    /// # Errors
    /// When the text is not a glob.
    pub fn glob(text: &str) -> Result<Pattern, InvalidPattern> {
        let invalid =
            |e: globset::Error| InvalidPattern::Glob { pattern: shortened(text), cause: e.kind().to_string() };
        let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build().map_err(invalid)?;
        // The matcher takes for granted that the glob's expression compiles, which it doesn't when it is too large.
        if let Err(e) = regex::bytes::Regex::new(glob.regex()) {
            let cause = if matches!(e, regex::Error::CompiledTooBig(_)) { "it is too large" } else { "it is too deep" };
            return Err(InvalidPattern::Glob { pattern: shortened(text), cause: cause.to_owned() });
        }
        Ok(Pattern::Glob(glob.compile_matcher()))
    }

    /// Reads a regular expression.
    ///
    /// # Errors
    /// When the text is not a regular expression.
    pub fn regex(text: &str) -> Result<Pattern, InvalidPattern> {
        Regex::new(text).map(Pattern::Regex).map_err(|e| InvalidPattern::Regex {
            pattern: shortened(text),
            cause: e.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        })
    }

    /// Whether the pattern applies to the benchmark with this id.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        match self {
            Pattern::Glob(glob) => glob.is_match(id),
            Pattern::Regex(regex) => regex.is_match(id),
        }
    }

    /// The text that it was read from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Pattern::Glob(glob) => glob.glob().glob(),
            Pattern::Regex(regex) => regex.as_str(),
        }
    }
}

/// Enough of a pattern to find it by.
fn shortened(text: &str) -> String {
    const ENOUGH: usize = 80;
    match text.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        match (self, other) {
            (Pattern::Glob(a), Pattern::Glob(b)) => a.glob() == b.glob(),
            (Pattern::Regex(a), Pattern::Regex(b)) => a.as_str() == b.as_str(),
            (Pattern::Glob(_), Pattern::Regex(_)) | (Pattern::Regex(_), Pattern::Glob(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_stay_between_slashes() {
        let check = |glob: &str, id: &str, want: bool| {
            assert_eq!(Pattern::glob(glob).expect("valid").matches(id), want, "{glob} on {id}");
        };
        check("parse/*", "parse/json", true);
        check("parse/*", "parse/json/small", false);
        check("parse/**", "parse/json/small", true);
        check("**/small", "parse/json/small", true);
        check("fib ?", "fib 1", true);
        check("fib", "fib 15", false);
    }

    #[test]
    fn bad_patterns_say_what_is_wrong() {
        assert!(Pattern::glob("a[").is_err());
        assert!(Pattern::glob(&format!("{}{}", "{a,".repeat(200), "}".repeat(200))).is_err());
        let message = Pattern::regex("a(").expect_err("unclosed").to_string();
        assert!(message.contains("unclosed group"), "{message}");
    }
}
