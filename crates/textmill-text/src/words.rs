//! Finds the words of a text, as byte spans into the original string.
//!
//! A word is a run of letters and digits of any script, with the marks that combine with them.
//! What people read as one word stays one: an apostrophe, a hyphen or an underscore between two letters
//! or digits (`don’t`, `Friberg-Storey`), a point or a comma between two digits (`1.5`, `10,000`).
//! In scripts written without spaces (Han, kana, Thai, Lao, Khmer, Burmese) each character is a word:
//! a word count and a shingle stay meaningful without a dictionary.
//!
//! Spans ascend, never overlap and are never empty; nothing is allocated. ASCII, most of the text of this
//! world, is read by a table of byte classes and never decoded.
//!
//! Not here: case and accents (`normalise`), sentences (`sentences`), hashes of words (`shingles`).

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// Returns the words of `text`, first to last, as byte spans.
///
/// # Examples
///
/// ```
/// use textmill_text::words::words;
///
/// let text = "Don't pay $1,000.50 to well-meaning 東京.";
/// let found: Vec<&str> = words(text).map(|span| &text[span]).collect();
/// assert_eq!(found, ["Don't", "pay", "1,000.50", "to", "well-meaning", "東", "京"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    Words { text, position: 0 }
}

struct Words<'a> {
    text: &'a str,
    position: usize,
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = skip_to_word(self.text, self.position)?;
        self.position = word_end(self.text, start);
        Some(start..self.position)
    }
}

/// What a character can be to a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Belongs to no word.
    Gap,
    Letter,
    Digit,
    /// Joins two letters or digits: apostrophe, hyphen, underscore.
    Joiner,
    /// Joins two digits: point, comma.
    NumberJoiner,
    /// Continues whatever stands before it.
    Mark,
    /// Is a word by itself.
    Alone,
}

/// Kinds of the 128 ASCII bytes.
static ASCII: [Kind; 128] = {
    let mut kinds = [Kind::Gap; 128];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Kind::Letter,
            b'0'..=b'9' => Kind::Digit,
            b'\'' | b'-' | b'_' => Kind::Joiner,
            b'.' | b',' => Kind::NumberJoiner,
            _ => Kind::Gap,
        };
        byte += 1;
    }
    kinds
};

/// Returns where the next word begins at or after `from`.
fn skip_to_word(text: &str, mut from: usize) -> Option<usize> {
    loop {
        from += text.as_bytes()[from..].iter().position(|byte| !is_ascii_gap(*byte))?;
        match kind_at(text, from)? {
            (Kind::Letter | Kind::Digit | Kind::Alone, _) => return Some(from),
            (_, width) => from += width,
        }
    }
}

/// Whether `byte` is ASCII and begins no word.
fn is_ascii_gap(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric()
}

/// Returns where the word that begins at `start` ends.
fn word_end(text: &str, start: usize) -> usize {
    let Some((mut last, width)) = kind_at(text, start) else { return start };
    let mut end = start + width;
    loop {
        let run = ascii_run(&text.as_bytes()[end..]);
        if run > 0 && last != Kind::Alone {
            end += run;
            last = if text.as_bytes()[end - 1].is_ascii_digit() { Kind::Digit } else { Kind::Letter };
        }
        let Some((kind, width)) = kind_at(text, end) else { break };
        match kind {
            Kind::Mark => end += width,
            Kind::Letter | Kind::Digit if last != Kind::Alone => {
                last = kind;
                end += width;
            }
            Kind::Joiner | Kind::NumberJoiner => match kind_at(text, end + width) {
                Some((next, next_width)) if joins(last, kind, next) => {
                    last = next;
                    end += width + next_width;
                }
                _ => break,
            },
            _ => break,
        }
    }
    end
}

/// Returns how many ASCII letters and digits `bytes` begins with.
#[inline]
fn ascii_run(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(bytes.len())
}

/// Whether `joiner` makes one word of the characters on its two sides.
fn joins(before: Kind, joiner: Kind, after: Kind) -> bool {
    let in_word = |kind| matches!(kind, Kind::Letter | Kind::Digit);
    match joiner {
        Kind::Joiner => in_word(before) && in_word(after),
        _ => before == Kind::Digit && after == Kind::Digit,
    }
}

/// Returns the kind and the width in bytes of the character at `at`, or `None` at the end.
#[inline]
fn kind_at(text: &str, at: usize) -> Option<(Kind, usize)> {
    let byte = *text.as_bytes().get(at)?;
    match ASCII.get(usize::from(byte)) {
        Some(&kind) => Some((kind, 1)),
        None => kind_of_char_at(text, at),
    }
}

/// Kept out of line, so that the short way through ASCII stays short.
#[cold]
fn kind_of_char_at(text: &str, at: usize) -> Option<(Kind, usize)> {
    text[at..].chars().next().map(|c| (kind_beyond_ascii(c), c.len_utf8()))
}

fn kind_beyond_ascii(c: char) -> Kind {
    match c {
        '’' | '\u{2010}' | '\u{2011}' => Kind::Joiner,
        // Soft hyphen and zero-width joiners are not seen, so they must not split a word.
        '\u{AD}' | '\u{200C}' | '\u{200D}' => Kind::Mark,
        _ if is_written_without_spaces(c) && c.is_alphanumeric() && !is_combining_mark(c) => Kind::Alone,
        _ if is_combining_mark(c) => Kind::Mark,
        _ if c.is_numeric() => Kind::Digit,
        _ if c.is_alphabetic() => Kind::Letter,
        _ => Kind::Gap,
    }
}

/// Whether `c` belongs to a script that puts no spaces between words.
fn is_written_without_spaces(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}'       // Thai, Lao
        | '\u{1000}'..='\u{109F}'     // Burmese
        | '\u{1780}'..='\u{17FF}'     // Khmer
        | '\u{2E80}'..='\u{2FDF}'     // Han radicals
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'  // kana
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'  // Han
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9D}'     // half-width kana
        | '\u{20000}'..='\u{323AF}')
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let shown: Vec<&str> = words(text).map(|span| &text[span]).collect();
        expected.assert_eq(&shown.join("|"));
    }

    #[test]
    fn punctuation_and_space_part_words() {
        check("Rain fell; nobody (at all) minded!", expect!["Rain|fell|nobody|at|all|minded"]);
        check("", expect![""]);
        check(" -- … ”", expect![""]);
    }

    #[test]
    fn apostrophes_and_hyphens_join_inside_a_word_only() {
        check(
            "don't don’t 'quoted' dogs' well-known co\u{2011}op",
            expect!["don't|don’t|quoted|dogs|well-known|co‑op"],
        );
        check("pre- and post-war -- rock'n'roll", expect!["pre|and|post-war|rock'n'roll"]);
        check("a--b snake_case __init__", expect!["a|b|snake_case|init"]);
    }

    #[test]
    fn points_and_commas_join_digits_only() {
        check("1.5 10,000.25 3,a v1.2 end.Next U.S.", expect!["1.5|10,000.25|3|a|v1.2|end|Next|U|S"]);
    }

    #[test]
    fn letters_of_any_script_make_words_and_marks_stay_with_them() {
        check("António Zürich Қазақстан cafe\u{301}s हिन्दी", expect!["António|Zürich|Қазақстан|cafés|हिन्दी"]);
        check("السَّلام עליכם 𝔘𝔫𝔦", expect!["السَّلام|עליכם|𝔘𝔫𝔦"]);
        check("soft\u{AD}hyphen", expect!["soft\u{ad}hyphen"]);
    }

    #[test]
    fn each_character_is_a_word_where_no_spaces_are_written() {
        check("日本語とabc123。", expect!["日|本|語|と|abc123"]);
        check("ภาษา", expect!["ภ|า|ษ|า"]);
        check("대한민국 만세", expect!["대한민국|만세"]);
    }

    proptest! {
        #[test]
        fn spans_ascend_and_hold_every_letter_and_digit(text in any::<String>()) {
            let mut rest = 0;
            for span in words(&text) {
                prop_assert!(rest <= span.start && span.start < span.end);
                prop_assert!(!text[rest..span.start].contains(|c: char| c.is_ascii_alphanumeric()));
                prop_assert!(text[span.clone()].contains(char::is_alphanumeric));
                rest = span.end;
            }
            prop_assert!(!text[rest..].contains(|c: char| c.is_ascii_alphanumeric()));
        }
    }
}
