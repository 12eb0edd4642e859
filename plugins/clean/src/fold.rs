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
    if line.is_ascii() {
        fold_ascii(line.as_bytes(), folded);
    } else {
        fold_any(line, folded);
    }
}

fn fold_any(line: &str, folded: &mut String) {
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

/// Bytes that are folded before they are appended.
const CHUNK: usize = 256;

/// Without a branch for any byte: each is written where the next one stands, and a gap behind a gap is written over.
fn fold_ascii(line: &[u8], folded: &mut String) {
    let start = folded.len();
    let mut buffer = [0; CHUNK];
    let mut in_word = false;
    for chunk in line.chunks(CHUNK) {
        let mut count = 0;
        for byte in chunk {
            let byte = FOLDED[usize::from(*byte)];
            buffer[count] = byte;
            count += usize::from((byte != b' ') | in_word);
            in_word = byte != b' ';
        }
        folded.push_str(std::str::from_utf8(&buffer[..count]).expect("the table holds ASCII only"));
    }
    if folded.len() > start && folded.ends_with(' ') {
        folded.pop();
    }
}

/// For each byte of ASCII what it folds to.
static FOLDED: [u8; 256] = {
    let mut table = [b' '; 256];
    let mut byte = 0;
    while byte < 128 {
        if (byte as u8).is_ascii_alphanumeric() {
            table[byte] = (byte as u8).to_ascii_lowercase();
        }
        byte += 1;
    }
    table
};

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
    if !folded.as_bytes()[start..].iter().any(u8::is_ascii_digit) {
        return;
    }
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
        fn ascii_is_folded_like_anything_else(line in "[ -~\t]{0,40}", times in 1_usize..20) {
            let line = line.repeat(times);
            let mut expected = String::new();
            fold_any(&line, &mut expected);
            prop_assert_eq!(folded(&line), expected);
        }

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
