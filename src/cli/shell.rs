//! What was typed into a shell, and what can be typed into one.

use criterion_regress::report::visible;

use super::failure::Failure;

/// The words of a text, as a shell would read them.
pub(crate) fn words_of(flag: &str, text: &str) -> Result<Vec<String>, Failure> {
    shlex::split(text)
        .ok_or_else(|| Failure::new(format!("failed to read {flag} {text}: a quotation mark is left open")))
}

/// What was typed.
pub(crate) fn typed_words() -> Vec<String> {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// Words as one types them.
pub(crate) fn for_a_shell(words: &[String]) -> String {
    // A word that no shell takes can't have been typed into one.
    let quoted = words.iter().map(|word| shlex::try_quote(word).map_or_else(|_| word.clone(), Into::into));
    visible(&quoted.collect::<Vec<_>>().join(" "))
}
