//! Brings text to a comparable form, and names a form by a 128-bit fingerprint.
//!
//! In goes any `&str`; out comes a string in common form, or the fingerprint (xxh3, 128 bits) by
//! which two texts are found equal without keeping either. Fingerprints are the same on every
//! machine and in every version.
//!
//! Three forms, from strict to lenient: the bytes as they are ([`fingerprint`] of the text itself);
//! [`collapse_white_space`]; and the words alone ([`fingerprint_of_words`] of what
//! [`word_hashes`](crate::shingles::word_hashes) gives), which no change of case, punctuation or
//! layout alters. The last one is never written out: the hashes of the words are hashed.
//!
//! A fingerprint finds copies; it is no protection against somebody who builds a collision.
//!
//! Not here: what a word is (`shingles`), and cleaning text that people will read (the plugin `clean`).

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// Returns the fingerprint of the bytes of `text`.
///
/// ```
/// use textmill_text::normalise::fingerprint;
///
/// assert_ne!(fingerprint("Rain fell."), fingerprint("Rain  fell."));
/// ```
pub fn fingerprint(text: &str) -> u128 {
    xxh3_128(text.as_bytes())
}

/// Returns the fingerprint of a sequence of words, given by their hashes.
///
/// # Examples
///
/// ```
/// use textmill_text::{normalise::fingerprint_of_words, shingles::word_hashes};
///
/// let of = |text| {
///     let mut words = Vec::new();
///     word_hashes(text, &mut words);
///     fingerprint_of_words(&words)
/// };
/// assert_eq!(of("Rain fell."), of("rain -- FELL"));
/// assert_ne!(of("Rain fell."), of("Fell rain."));
/// ```
pub fn fingerprint_of_words(words: &[u64]) -> u128 {
    let mut hasher = Xxh3::new();
    let mut bytes = [0; 8 * WORDS_AT_ONCE];
    for some in words.chunks(WORDS_AT_ONCE) {
        for (eight, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(some) {
            *eight = word.to_le_bytes();
        }
        hasher.update(&bytes[..8 * some.len()]);
    }
    hasher.digest128()
}

const WORDS_AT_ONCE: usize = 128;

/// Appends `text` to `into` with every run of white space as one space, and none at either end.
///
/// White space is what Unicode calls so, line ends and the no-break space included.
///
/// # Examples
///
/// ```
/// let mut form = String::new();
/// textmill_text::normalise::collapse_white_space(" Rain\u{a0}fell.\r\n\r\nNobody  minded.\n", &mut form);
/// assert_eq!(form, "Rain fell. Nobody minded.");
/// ```
pub fn collapse_white_space(text: &str, into: &mut String) {
    into.reserve(text.len());
    let begin = into.len();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let plain = plain_bytes(rest);
        into.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let after = rest.trim_start();
        if after.len() < rest.len() {
            into.push(' ');
        }
        rest = after;
    }
    if into.len() > begin && into.ends_with(' ') {
        into.pop();
    }
}

/// Length of the start of `text` that may be copied as it is: up to the first white space that is
/// not one space between two other characters.
fn plain_bytes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        while bytes[i..].first_chunk().is_some_and(is_plain) {
            i += BLOCK_BYTES;
        }
        let end = (i + BLOCK_BYTES).min(bytes.len());
        while i < end {
            match bytes[i] {
                b'!'..=b'~' => i += 1,
                b' ' if matches!(bytes.get(i + 1), Some(b'!'..=b'~')) => i += 2,
                byte if byte.is_ascii() && !char::from(byte).is_whitespace() => i += 1,
                byte if byte.is_ascii() => return i,
                _ => match text[i..].chars().next() {
                    Some(character) if !character.is_whitespace() => i += character.len_utf8(),
                    _ => return i,
                },
            }
        }
    }
    i
}

const BLOCK_BYTES: usize = 32;

/// Whether all but the last of these bytes are ASCII that may be copied as it is; the last one only tells what stands
/// behind a space. Asks nothing on the way, so that many bytes are looked at at once.
fn is_plain(block: &[u8; BLOCK_BYTES + 1]) -> bool {
    let is_visible = |byte: u8| byte.wrapping_sub(b'!') <= b'~' - b'!';
    (0..BLOCK_BYTES).fold(true, |plain, i| {
        plain & (is_visible(block[i]) | ((block[i] == b' ') & is_visible(block[i + 1])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fingerprints_never_change_between_versions() {
        assert_eq!(format!("{:032x}", fingerprint("Rain fell.")), "f2eb4a0dffbd1c88a0e8c8e294c4ede8");
        assert_eq!(format!("{:032x}", fingerprint_of_words(&[1, 2, 3])), "d0d66ae2837a0117026f21f9c50dcf1f");
    }

    proptest! {
        #[test]
        fn white_space_collapses_as_joining_the_pieces_would(
            text in prop_oneof![
                any::<String>(),
                "[ab \n\t\r\u{a0}\u{3000}\u{b}\u{85}é]{0,40}",
                "([a-z]{1,9}[ \n\u{a0}é]){0,40} {0,2}",
            ],
            before in "[a ]{0,3}",
        ) {
            let mut form = before.clone();
            collapse_white_space(&text, &mut form);
            prop_assert_eq!(form, before + &text.split_whitespace().collect::<Vec<_>>().join(" "));
        }

        #[test]
        fn a_fingerprint_of_words_is_that_of_their_bytes(words in prop::collection::vec(any::<u64>(), 0..400)) {
            let bytes: Vec<u8> = words.iter().flat_map(|it| it.to_le_bytes()).collect();
            prop_assert_eq!(fingerprint_of_words(&words), xxh3_128(&bytes));
        }
    }
}
