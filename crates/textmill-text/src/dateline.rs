//! Finds where a sentence begins behind a dateline: `GENEVA, May 3 (Agency) – The talks …`, `(Agency)The talks …`
//!
//! In goes a sentence, out comes how many bytes of it are dateline. A dateline tells where and by whom a
//! report was written; it is no part of the sentence, which is whole without it.
//!
//! Not here: a dateline on a line of its own, which is no sentence at all (`candidates`).

/// Returns how many bytes of dateline `sentence` begins with; 0 for a sentence without one.
///
/// # Examples
///
/// ```
/// use textmill_text::dateline::dateline_bytes;
///
/// let sentence = "GENEVA – The talks went on.";
/// assert_eq!(&sentence[dateline_bytes(sentence)..], "The talks went on.");
/// assert_eq!(dateline_bytes("The talks – it seemed – went on."), 0);
/// ```
#[must_use]
pub fn dateline_bytes(sentence: &str) -> usize {
    let found = place_and_dash(sentence).or_else(|| agency(sentence)).unwrap_or(0);
    let begins_well = sentence[found..].starts_with(|c: char| !c.is_lowercase() && !c.is_whitespace());
    if begins_well { found } else { 0 }
}

/// A dateline longer than this is a sentence with a dash in it.
const DATELINE_BYTES_MAX: usize = 60;

/// Dashes that end a dateline, the longer ones first.
const DASHES: [&str; 4] = ["--", "–", "—", "-"];

/// `GENEVA, May 3 (Agency) – `
fn place_and_dash(sentence: &str) -> Option<usize> {
    let first = sentence.split(' ').next()?.trim_end_matches([',', '/']);
    if first.len() < 2 || !first.chars().all(|c| c.is_uppercase() || c == '.' || c == '-') {
        return None;
    }
    let mut read = 0;
    for word in sentence.split_inclusive(' ') {
        if read > DATELINE_BYTES_MAX {
            return None;
        }
        if let Some(dash) = DASHES.iter().find(|dash| word.starts_with(**dash)) {
            let behind = read + dash.len();
            return Some(behind + leading_spaces(&sentence[behind..]));
        }
        if !is_dateline_word(word.trim_end()) {
            return None;
        }
        read += word.len();
    }
    None
}

/// Names, numbers and what stands in parentheses; no word that begins with a small letter.
fn is_dateline_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '(')
}

/// `(Agency)` or `(Agency News) ` directly before the sentence.
fn agency(sentence: &str) -> Option<usize> {
    let inner = sentence.strip_prefix('(')?;
    let width = inner.bytes().take(AGENCY_BYTES_MAX).position(|byte| byte == b')')?;
    let is_name = inner[..width].split(' ').all(|word| word.starts_with(char::is_uppercase));
    let behind = width + 2;
    let rest = &sentence[behind..];
    let rest = rest.trim_start();
    let rest = DASHES.iter().find_map(|dash| rest.strip_prefix(dash)).unwrap_or(rest).trim_start();
    (is_name && !rest.is_empty()).then(|| sentence.len() - rest.len())
}

const AGENCY_BYTES_MAX: usize = 30;

fn leading_spaces(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(sentence: &str, expected: Expect) {
        let (dateline, rest) = sentence.split_at(dateline_bytes(sentence));
        expected.assert_eq(&format!("{dateline}|{rest}"));
    }

    #[test]
    fn a_place_in_capitals_and_a_dash_are_a_dateline() {
        check("GENEVA – The talks went on.", expect!["GENEVA – |The talks went on."]);
        check(
            "NEW YORK, May 3 (Agency) -- “We talk,” he said.",
            expect!["NEW YORK, May 3 (Agency) -- |“We talk,” he said."],
        );
        check("ST. PAUL, Minn. — Snow fell.", expect!["ST. PAUL, Minn. — |Snow fell."]);
        check("PARIS/BONN - Rain fell.", expect!["|PARIS/BONN - Rain fell."]);
    }

    #[test]
    fn an_agency_in_front_is_a_dateline() {
        check("(ABC)Snow fell.", expect!["(ABC)|Snow fell."]);
        check("(The Herald) -- Snow fell.", expect!["(The Herald) -- |Snow fell."]);
    }

    #[test]
    fn a_dash_inside_a_sentence_is_none() {
        check("NATO and others – but not all – agreed.", expect!["|NATO and others – but not all – agreed."]);
        check("The talks – it seemed – went on.", expect!["|The talks – it seemed – went on."]);
        check("GENEVA – where it rained.", expect!["|GENEVA – where it rained."]);
        check("(See page 7.)", expect!["|(See page 7.)"]);
        check("UN-led talks went on.", expect!["|UN-led talks went on."]);
        check("", expect!["|"]);
    }

    proptest! {
        #[test]
        fn it_never_cuts_a_character(sentence in "[A-Ca-c() –—.é-]{0,80}") {
            prop_assert!(sentence.is_char_boundary(dateline_bytes(&sentence)));
        }
    }
}
