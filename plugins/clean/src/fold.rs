//! Folds a line to what two printings of it have in common: lower-case words with one space between.
//!
//! "Read  the REST here…" and "Read the rest here." fold to the same string, so that a phrase is
//! written once and a repeated line is found again however a site spaces it.
//!
//! Not here: Unicode normal forms. A decomposed é folds to other bytes than a composed one; a rule
//! that misses it removes too little, never too much.

/// Appends the folded words of `line` to `folded`: letters in lower case, digits as they are, and one
/// space for each run of anything else, none at the ends.
///
/// # Examples
///
/// ```
/// let mut folded = String::new();
/// clean::fold::fold("  Photo credit: GOV.kz!", &mut folded);
/// assert_eq!(folded, "photo credit gov kz");
/// ```
pub fn fold(line: &str, folded: &mut String) {
    let start = folded.len();
    let mut gap = false;
    for symbol in line.chars() {
        if !symbol.is_alphanumeric() {
            gap = true;
            continue;
        }
        if gap && folded.len() > start {
            folded.push(' ');
        }
        gap = false;
        match symbol {
            'a'..='z' | '0'..='9' => folded.push(symbol),
            'A'..='Z' => folded.push(symbol.to_ascii_lowercase()),
            _ => folded.extend(symbol.to_lowercase()),
        }
    }
}

/// As [`fold`], but a number that is the only one of the line is written as `0`: "© 2024 The Daily" and "© 2023 The
/// Daily" are one line. Several numbers are what a line is about ("Net 26 cts vs 19 cts"), and stay as they are.
///
/// # Examples
///
/// ```
/// let mut folded = String::new();
/// clean::fold::fold_number("© 2024 The Daily", &mut folded);
/// assert_eq!(folded, "0 the daily");
/// ```
pub fn fold_number(line: &str, folded: &mut String) {
    let start = folded.len();
    fold(line, folded);
    let mut numbers =
        folded[start..].split(' ').filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    if let (Some(number), None) = (numbers.next(), numbers.next())
        && !number.is_empty()
    {
        let at = number.as_ptr() as usize - folded.as_ptr() as usize;
        folded.replace_range(at..at + number.len(), "0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_punctuation_and_spacing_vanish() {
        for line in ["Read the rest here.", "READ\u{a0}THE   REST — here…", "«Read» [the] rest/here"] {
            assert_eq!(folded(line), "read the rest here", "{line}");
        }
    }

    #[test]
    fn any_script_is_kept() {
        assert_eq!(folded("ЧИТАТЬ дальше → 続きを読む"), "читать дальше 続きを読む");
        assert_eq!(folded("*** — ©"), "");
    }

    proptest! {
        #[test]
        fn words_are_parted_by_single_spaces(line in "\\PC{0,60}") {
            let folded = folded(&line);
            prop_assert_eq!(folded.trim(), &folded);
            prop_assert!(!folded.contains("  "));
        }
    }

    fn folded(line: &str) -> String {
        let mut folded = String::new();
        fold(line, &mut folded);
        folded
    }
}
