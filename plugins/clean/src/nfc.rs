//! Finds characters that Unicode's normal form C writes in another way: “e” with a combining accent, for instance.
//!
//! In goes a line, out come the smallest spans that change: a character with its marks, or a syllable of Hangul letters.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc, is_nfc_quick};

/// Calls `found` with each span of `line` that is not in normal form C, and with its normal form, first to last.
///
/// # Examples
///
/// ```
/// let mut found = Vec::new();
/// clean::nfc::denormal("cafe\u{301}, e\u{301}", |span, normal| found.push((span, normal)));
/// assert_eq!(found, [(3..6, "é".to_owned()), (8..11, "é".to_owned())]);
/// ```
pub fn denormal(line: &str, mut found: impl FnMut(Range<usize>, String)) {
    if is_nfc_quick(line.chars()) == IsNormalized::Yes {
        return;
    }
    let mut start = 0;
    let mut before = ' ';
    let mut end_piece = |piece: Range<usize>| {
        if !is_nfc(&line[piece.clone()]) {
            found(piece.clone(), line[piece].nfc().collect());
        }
    };
    for (at, symbol) in line.char_indices() {
        let goes_on = is_combining_mark(symbol) || (is_hangul_letter(symbol) && is_hangul(before));
        if !goes_on {
            end_piece(start..at);
            start = at;
        }
        before = symbol;
    }
    end_piece(start..line.len());
}

fn is_hangul_letter(symbol: char) -> bool {
    matches!(symbol, '\u{1100}'..='\u{11ff}')
}

fn is_hangul(symbol: char) -> bool {
    is_hangul_letter(symbol) || matches!(symbol, '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_changes_piece_by_piece_is_the_normal_form(
            line in "([a-zA-Zé]|\u{301}|\u{327}|\u{323}|\u{212b}|[\u{1100}-\u{11ff}]|가|\u{3099}|か|\\PC){0,30}",
        ) {
            let mut normal = String::new();
            let mut at = 0;
            denormal(&line, |span, meant| {
                normal.push_str(&line[at..span.start]);
                normal.push_str(&meant);
                at = span.end;
            });
            normal.push_str(&line[at..]);
            prop_assert_eq!(normal, line.nfc().collect::<String>());
        }
    }
}
