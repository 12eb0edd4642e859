//! Finds text that was UTF-8, was read as Windows-1252 or Latin-1, and looks like it: “donâ€™t”, “cafÃ©”.
//!
//! In goes a line, out come the spans that are such, each with the characters that were meant. A span is a run of
//! characters that are the bytes of one or more characters in UTF-8. That happens by chance only where a capital letter
//! with a mark stands before a sign (“Ä–”), so that a run of one such pair counts only where it is one of
//! those that European text in UTF-8 is full of, behind “Â” and “Ã”.
//!
//! Not here: text that was read wrongly twice, and other character sets; a source that knows its character set makes
//! neither. The idea of repairing what decodes too well to be chance is that of `ftfy` by R. Speer.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use crate::control::WINDOWS;

/// Calls `found` with each span of `line` that is to be repaired, and with what was meant, first to last.
///
/// # Examples
///
/// ```
/// let mut repaired = Vec::new();
/// clean::mojibake::repair("A cafÃ© thatâ€™s Ã open", |span, meant| repaired.push((span, meant.into_owned())));
/// assert_eq!(repaired, [(5..9, "é".to_owned()), (14..22, "’".to_owned())]);
/// ```
pub fn repair(line: &str, mut found: impl FnMut(Range<usize>, Cow<'static, str>)) {
    let mut at = 0;
    while let Some(start) = memchr(TRIGGER, &line.as_bytes()[at..]).map(|i| at + i) {
        let run = &line[start..];
        let mut meant = String::new();
        let mut length = 0;
        let mut is_sure = false;
        while let Some((symbol, bytes, sure)) = decode(&run[length..]) {
            is_sure |= sure || !meant.is_empty();
            meant.push(symbol);
            length += bytes;
        }
        if is_sure {
            found(start..start + length, Cow::Owned(meant));
        }
        at = start + length.max(run.chars().next().map_or(1, char::len_utf8));
    }
}

/// The byte that characters begin with which stand for the first byte of a sequence: U+00C2 to U+00F4.
const TRIGGER: u8 = 0xC3;

/// The character that the first characters of `text` are the bytes of, how many bytes of `text` they take, and whether
/// that is sure by itself.
fn decode(text: &str) -> Option<(char, usize, bool)> {
    let mut symbols = text.char_indices();
    let (_, first) = symbols.next()?;
    let lead = byte_of(first)?;
    let count = match lead {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let mut bytes = [lead, 0, 0, 0];
    let mut end = first.len_utf8();
    for byte in &mut bytes[1..count] {
        let (at, symbol) = symbols.next()?;
        *byte = byte_of(symbol).filter(|byte| (0x80..0xC0).contains(byte))?;
        end = at + symbol.len_utf8();
    }
    let symbol = std::str::from_utf8(&bytes[..count]).ok()?.chars().next()?;
    Some((symbol, end, count > 2 || lead <= 0xC3))
}

/// The byte that `symbol` is in Windows-1252, or in Latin-1 where that has none.
fn byte_of(symbol: char) -> Option<u8> {
    match u32::from(symbol) {
        code @ 0x80..=0xFF => u8::try_from(code).ok(),
        _ => {
            let at = WINDOWS.iter().position(|meant| meant.starts_with(symbol))?;
            u8::try_from(0x80 + at).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(line: &str, repaired: &str) {
        assert_eq!(repaired_line(line), repaired);
    }

    fn repaired_line(line: &str) -> String {
        let mut repaired = String::new();
        let mut at = 0;
        repair(line, |span, meant| {
            repaired.push_str(&line[at..span.start]);
            repaired.push_str(&meant);
            at = span.end;
        });
        repaired + &line[at..]
    }

    #[test]
    fn quotation_marks_and_accents_come_back() {
        check("â€œItâ€™s late,â€\u{9d} she said â€“ in MontrÃ©al", "“It’s late,” she said – in Montréal");
        check("ÐŸÑ€Ð¸Ð²ÐµÑ‚ and Â£5 and â‚¬5", "Привет and £5 and €5");
        check("rain ðŸŒ§ fell", "rain 🌧 fell");
    }

    #[test]
    fn what_people_write_stays() {
        for line in ["NÃO", "É–È", "Ä–Z", "Québec – “là”", "ÅÄÖ", "À «", "Þór", "â"] {
            check(line, line);
        }
    }

    proptest! {
        #[test]
        fn what_was_broken_once_is_mended(text in "[a-z é’“”–…ßøд雨]{0,30}") {
            let broken: String = text.bytes().map(|byte| match WINDOWS.get(usize::from(byte.wrapping_sub(0x80))) {
                Some(meant) if !meant.is_empty() => meant.chars().next().unwrap_or_default(),
                _ => char::from(byte),
            }).collect();
            let mended = repaired_line(&broken);
            // A lone pair behind another letter than “Ã” may be what somebody wrote.
            prop_assert!(mended == text || text.contains('д'), "{broken} {mended}");
        }

        #[test]
        fn spans_ascend_on_boundaries(line in "\\PC{0,40}") {
            repaired_line(&line);
        }
    }
}
