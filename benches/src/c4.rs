//! The line rules of C4, to compare with: what most corpora of web text were cleaned with.
//!
//! Ported from `clean_page` of `c4_utils.py` in TensorFlow Datasets (Apache-2.0): the
//! paper is Raffel et al., "Exploring the Limits of Transfer Learning", 2020. Left out is what concerns whole pages by
//! sentence count, language or bad words.

use std::sync::LazyLock;

use regex::Regex;

const WORDS_MIN: usize = 5;
const WORD_CHARS_MAX: usize = 1000;
const END_MARKS: [char; 4] = ['.', '?', '!', '"'];
const POLICIES: [&str; 6] =
    ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"];

static CITATION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[\d*\]|\[edit\]|\[citation needed\]").expect("a sound pattern"));

/// The lines of `text` that C4 keeps; `None` when it drops the page.
pub fn clean(text: &str) -> Option<String> {
    let mut kept = String::with_capacity(text.len());
    for line in text.lines().map(str::trim) {
        if line.split_whitespace().any(|word| word.chars().nth(WORD_CHARS_MAX).is_some()) {
            continue;
        }
        let line = CITATION.replace_all(line, "");
        if !line.ends_with(END_MARKS) || line.ends_with("...") {
            continue;
        }
        if line.split_whitespace().nth(WORDS_MIN - 1).is_none() {
            continue;
        }
        let lower = line.to_lowercase();
        if lower.contains("lorem ipsum") || line.contains('{') {
            return None;
        }
        if lower.contains("javascript") || POLICIES.iter().any(|policy| lower.contains(policy)) {
            continue;
        }
        if !kept.is_empty() {
            kept.push('\n');
        }
        kept += &line;
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_as_the_rules_say() {
        let text = "Home\n  It rained in Riga all day.[2]\nShe said “it rained all day.”\nWe use cookies on this site.\nAnd so on and so on...";
        assert_eq!(clean(text).as_deref(), Some("It rained in Riga all day."));
        assert_eq!(clean("It rained in {Riga} all day."), None);
    }
}
