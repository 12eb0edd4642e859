//! Finds characters that nobody can see, and says what stands there instead.
//!
//! NUL and its kin go. The white space that ends lines or pages inside a line becomes a space, lest it glue two
//! words together. The codes 80 to 9F are nearly always quotation marks and dashes of a Windows text that
//! was read as Latin-1; they become what was meant, since a quotation is lost without its marks.
//!
//! Not here: joiners, direction marks and the zero-width space, which Persian, Hebrew, Thai and emoji need.

use memchr::memchr2_iter;

/// What the codes 80 to 9F mean in Windows-1252; empty where they mean nothing.
pub(crate) const WINDOWS: [&str; 32] = [
    "€", "", "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", "", "Ž", "", "", "‘", "’", "“", "”", "•",
    "–", "—", "˜", "™", "š", "›", "œ", "", "ž", "Ÿ",
];

/// Whether `text` may hold a character for [`replacement`]: one fast pass, so that most texts need no other.
pub fn may_hold_any(text: &str) -> bool {
    let bytes = text.as_bytes();
    // No short cut inside a chunk: without one the compiler compares many bytes at once.
    let low = |chunk: &[u8]| chunk.iter().fold(false, |any, byte| any | is_low(*byte));
    bytes.chunks(256).any(low)
        || memchr2_iter(0xC2, 0xEF, bytes).any(|at| match bytes[at] {
            0xC2 => bytes[at + 1] < 0xA0 || bytes[at + 1] == 0xAD,
            _ => bytes[at + 1..].starts_with(&[0xBB, 0xBF]),
        })
}

fn is_low(byte: u8) -> bool {
    (byte < 0x20) & (byte != b'\n') & (byte != b'\r') & (byte != b'\t') | (byte == 0x7F)
}

/// What stands in the place of `symbol`: `None` when it stays, an empty string when it goes.
///
/// # Examples
///
/// ```
/// use clean::control::replacement;
///
/// assert_eq!(replacement('\0'), Some(""));
/// assert_eq!(replacement('\u{93}'), Some("“"));
/// assert_eq!(replacement('\t'), None);
/// ```
pub fn replacement(symbol: char) -> Option<&'static str> {
    match symbol {
        '\n' | '\r' | '\t' => None,
        '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1f}' => Some(" "),
        '\0'..='\u{1f}' | '\u{7f}' | '\u{ad}' | '\u{feff}' => Some(""),
        '\u{80}'..='\u{9f}' => Some(WINDOWS[symbol as usize - 0x80]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_of_a_windows_text_come_back() {
        assert_eq!(tidied("\u{93}It\u{92}s late\u{94} \u{96} she said"), "“It’s late” – she said");
    }

    #[test]
    fn a_page_end_inside_a_line_parts_words() {
        assert_eq!(tidied("one\u{c}two\0\u{7f} thr\u{ad}ee\u{feff}"), "one two three");
    }

    #[test]
    fn what_scripts_need_stays() {
        assert_eq!(tidied("می\u{200c}خواهم 👩\u{200d}🔬 \u{200f}"), "می\u{200c}خواهم 👩\u{200d}🔬 \u{200f}");
    }

    proptest! {
        #[test]
        fn the_fast_pass_misses_nothing(text in "(\\PC|[\u{0}-\u{a0}\u{ad}\u{feff}]){0,40}") {
            let any = text.chars().any(|symbol| replacement(symbol).is_some());
            prop_assert_eq!(may_hold_any(&text), any);
        }
    }

    fn tidied(text: &str) -> String {
        text.chars()
            .map(|symbol| replacement(symbol).map_or_else(|| symbol.to_string(), str::to_string))
            .collect()
    }
}
