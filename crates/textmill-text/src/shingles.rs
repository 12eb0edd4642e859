//! Hashes of the words of a text, and of runs of consecutive words (*shingles*).
//!
//! In goes any `&str`; out come 64-bit hashes that are the same on every machine and in every
//! version, because indexes on disk are built from them. Two texts have a word or a shingle in
//! common when they have its hash in common.
//!
//! A *word* here is what is left when two people type the same article: a run of letters, digits
//! and marks, in lower case and composed form (NFC), without soft hyphens and joiners. In scripts
//! that put no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) every character
//! counts as a word, so that a shingle of words is a shingle of characters there.
//!
//! Sixty-four bytes are classified at a time and most words are hashed with a single
//! multiplication, straight from the text: no word is copied unless it leaves ASCII. Deduplication
//! spends most of its time here.
//!
//! Not here: words as spans for people to see (`words`), and sets of shingles (the plugin `dedup`).

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Appends the hash of every word of `text` to `hashes`, first to last.
///
/// # Examples
///
/// ```
/// use textmill_text::shingles::word_hashes;
///
/// let (mut typed, mut printed) = (Vec::new(), Vec::new());
/// word_hashes("the CAT -- sat", &mut typed);
/// word_hashes("“The cat”, sat.", &mut printed);
/// assert_eq!(typed, printed);
/// assert_eq!(typed.len(), 3);
/// ```
pub fn word_hashes(text: &str, hashes: &mut Vec<u64>) {
    let mut odd = OddWords::default();
    let (mut start, mut open) = (0, false);
    for (i, block) in text.as_bytes().chunks(BLOCK_BYTES).enumerate() {
        let base = i * BLOCK_BYTES;
        let inside = word_bytes(block);
        let before = (inside << 1) | u64::from(open);
        let (mut starts, mut ends) = (inside & !before, before & !inside);
        while ends != 0 {
            if !open {
                start = base + take_lowest(&mut starts);
            }
            hash_token(text, start, base + take_lowest(&mut ends), &mut odd, hashes);
            open = false;
        }
        if starts != 0 {
            start = base + take_lowest(&mut starts);
            open = true;
        }
    }
    if open {
        hash_unusual_token(&text[start..], &mut odd, hashes);
    }
}

/// Clears the lowest bit that is set, and returns its place.
#[inline]
fn take_lowest(bits: &mut u64) -> usize {
    let place = bits.trailing_zeros() as usize;
    *bits &= *bits - 1;
    place
}

/// Puts the hash of every run of `words_per_shingle` consecutive words in place of the words, first to last;
/// nothing is left when there are fewer words than that.
///
/// `words` are hashes as [`word_hashes`] gives them. A run that occurs twice is there twice.
///
/// # Panics
///
/// When `words_per_shingle` is 0 or above [`WORDS_PER_SHINGLE_MAX`].
///
/// # Examples
///
/// ```
/// use textmill_text::shingles::{word_hashes, words_into_shingles};
///
/// let mut hashes = Vec::new();
/// word_hashes("rain fell and rain fell", &mut hashes);
/// words_into_shingles(&mut hashes, 2);
/// assert_eq!(hashes.len(), 4);
/// assert_eq!(hashes[0], hashes[3], "`rain fell`, twice");
/// ```
pub fn words_into_shingles(words: &mut Vec<u64>, words_per_shingle: usize) {
    assert!(
        (1..=WORDS_PER_SHINGLE_MAX).contains(&words_per_shingle),
        "a shingle has 1 to {WORDS_PER_SHINGLE_MAX} words"
    );
    let before_last = words_per_shingle - 1;
    let mut rolling =
        words.iter().take(before_last).fold(0, |rolling: u64, word| rolling.rotate_left(1) ^ word);
    let shingles = words.len().saturating_sub(before_last);
    for i in 0..shingles {
        rolling = rolling.rotate_left(1) ^ words[i + before_last];
        let oldest = std::mem::replace(&mut words[i], mix(rolling, SEEDS[3]));
        rolling ^= oldest.rotate_left(before_last as u32);
    }
    words.truncate(shingles);
}

/// The most words that a shingle can have: beyond it the rotations of the rolling hash would meet.
pub const WORDS_PER_SHINGLE_MAX: usize = 32;

/// Multiplies to 128 bits and folds the halves: every bit of the result hangs on every bit of `a`.
///
/// The mixing step of all hashes here; others may use it to derive more hashes from one.
///
/// ```
/// assert_ne!(textmill_text::shingles::mix(1, 3), textmill_text::shingles::mix(2, 3));
/// ```
#[inline]
pub fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ SEEDS[0]) * u128::from(b ^ SEEDS[1]);
    product as u64 ^ (product >> 64) as u64
}

/// Arbitrary odd numbers with about as many ones as zeros (digits of the square roots of 2, 3, 5
/// and 7). Changing one changes every hash: saved indexes would have to be built again.
const SEEDS: [u64; 4] =
    [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];

const BLOCK_BYTES: usize = 64;
const EVERY_BYTE: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * EVERY_BYTE;

/// Bit `i` tells whether byte `i` of `block` can belong to a word: ASCII letter or digit, or any
/// byte outside ASCII, which `hash_token` looks at more closely.
fn word_bytes(block: &[u8]) -> u64 {
    let (eights, rest) = block.as_chunks::<8>();
    let mut bits = 0;
    for (i, eight) in eights.iter().enumerate() {
        bits |= word_bytes_of_eight(u64::from_le_bytes(*eight)) << (8 * i);
    }
    if !rest.is_empty() {
        bits |= word_bytes_of_eight(load_short(rest)) << (8 * eights.len());
    }
    bits
}

/// The same for eight bytes in one register. Adding to a 7-bit byte sets its high bit when the
/// byte reaches a limit, and cannot carry into its neighbour.
#[inline]
fn word_bytes_of_eight(bytes: u64) -> u64 {
    let seven_bits = bytes & !HIGH_BITS;
    let small = seven_bits | SMALL;
    let reaches = |bytes: u64, limit: u8| bytes + u64::from(0x80 - limit) * EVERY_BYTE;
    let letter = reaches(small, b'a') & !reaches(small, b'z' + 1);
    let digit = reaches(seven_bits, b'0') & !reaches(seven_bits, b'9' + 1);
    let flags = (letter | digit | bytes) & HIGH_BITS;
    // Gathers the eight flags in the top byte: flag `i` is shifted from bit 8i to bit 56 + i.
    (flags >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Hashes the token `text[start..end]`: one word when it is ASCII, else whatever words are in it.
#[inline(always)]
fn hash_token(text: &str, start: usize, end: usize, odd: &mut OddWords, hashes: &mut Vec<u64>) {
    let bytes = text.as_bytes();
    let len_bytes = end - start;
    if len_bytes <= 8 {
        if let Some(eight) = bytes[start..].first_chunk() {
            let kept = u64::MAX >> (64 - 8 * len_bytes);
            let word = u64::from_le_bytes(*eight) & kept;
            if word & HIGH_BITS == 0 {
                return hashes.push(hash_up_to_eight(word | (SMALL & kept), len_bytes));
            }
        }
    } else if len_bytes <= 16
        && let (Some(first), Some(last)) = (bytes[start..end].first_chunk(), bytes[start..end].last_chunk())
    {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        if (first | last) & HIGH_BITS == 0 {
            return hashes.push(hash_up_to_sixteen(first | SMALL, last | SMALL, len_bytes));
        }
    }
    hash_unusual_token(&text[start..end], odd, hashes);
}

/// A long word, one at the very end of the text, or one with characters outside ASCII.
#[inline(never)]
fn hash_unusual_token(token: &str, odd: &mut OddWords, hashes: &mut Vec<u64>) {
    if token.is_ascii() {
        hashes.push(hash_word(token.as_bytes(), SMALL));
    } else {
        odd.hash_words_of(token, hashes);
    }
}

/// Sets the bit that makes an ASCII letter a small one, in all bytes; digits have it already.
const SMALL: u64 = 0x20 * EVERY_BYTE;

/// Hashes a word of any length, after setting the bits `small` in every byte.
fn hash_word(word: &[u8], small: u64) -> u64 {
    let (Some(first), Some(last)) = (word.first_chunk::<8>(), word.last_chunk::<8>()) else {
        let kept = u64::MAX >> (64 - 8 * word.len());
        return hash_up_to_eight(load_short(word) | (small & kept), word.len());
    };
    let (first, last) = (u64::from_le_bytes(*first) | small, u64::from_le_bytes(*last) | small);
    if word.len() == 8 {
        return hash_up_to_eight(first, 8);
    }
    let inner = &word.as_chunks::<8>().0[1..word.len().div_ceil(8) - 1];
    let add = |hash, eight: &[u8; 8]| mix(hash ^ (u64::from_le_bytes(*eight) | small), SEEDS[2]);
    let before_last = inner.iter().fold(hash_up_to_eight(first, word.len()), add);
    mix(before_last ^ last, SEEDS[2])
}

/// What `hash_word` comes to for the `first` and `last` eight bytes of a word of 9 to 16.
#[inline]
fn hash_up_to_sixteen(first: u64, last: u64, len_bytes: usize) -> u64 {
    mix(hash_up_to_eight(first, len_bytes) ^ last, SEEDS[2])
}

#[inline]
fn hash_up_to_eight(word: u64, len_bytes: usize) -> u64 {
    mix(word, len_bytes as u64)
}

/// Up to eight bytes in one register, the missing ones 0.
#[inline]
fn load_short(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(eight)
}

/// Cuts tokens with characters outside ASCII into words and brings these to their common form.
#[derive(Default)]
struct OddWords {
    word: String,
    /// Whether `word` is one character of a script without spaces, to which only marks may be added.
    alone: bool,
}

impl OddWords {
    fn hash_words_of(&mut self, token: &str, hashes: &mut Vec<u64>) {
        for character in token.chars() {
            match kind(character) {
                Kind::Letter if self.alone => {
                    self.end_word(hashes);
                    self.push_lower(character);
                }
                Kind::Letter => self.push_lower(character),
                Kind::LetterAlone => {
                    self.end_word(hashes);
                    self.push_lower(character);
                    self.alone = true;
                }
                Kind::Mark if self.word.is_empty() => {} // has nothing to stand on
                Kind::Mark => self.word.push(character),
                Kind::Invisible => {}
                Kind::Other => self.end_word(hashes),
            }
        }
        self.end_word(hashes);
    }

    fn push_lower(&mut self, character: char) {
        match character {
            'ς' => self.word.push('σ'), // the same letter; which one is written hangs on its place
            _ if character.is_ascii() => self.word.push(character.to_ascii_lowercase()),
            _ => self.word.extend(character.to_lowercase()),
        }
    }

    fn end_word(&mut self, hashes: &mut Vec<u64>) {
        self.alone = false;
        if self.word.is_empty() {
            return;
        }
        if !self.word.is_ascii() && is_nfc_quick(self.word.chars()) != IsNormalized::Yes {
            self.word = self.word.nfc().collect();
        }
        hashes.push(hash_word(self.word.as_bytes(), 0));
        self.word.clear();
    }
}

/// What a character does to the word before it.
enum Kind {
    /// Belongs to a word.
    Letter,
    /// Is a word of its own.
    LetterAlone,
    /// Belongs to the character before it.
    Mark,
    /// Is not seen by a reader, and not here either.
    Invisible,
    /// Ends a word.
    Other,
}

fn kind(character: char) -> Kind {
    match character {
        '\0'..='\x7f' if character.is_ascii_alphanumeric() => Kind::Letter,
        '\0'..='\x7f' => Kind::Other,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => Kind::Invisible,
        '\u{2010}'..='\u{206f}' => Kind::Other, // dashes, curly quotation marks: by far the most frequent
        _ if is_combining_mark(character) => Kind::Mark,
        _ if !character.is_alphanumeric() => Kind::Other,
        '\u{0e00}'..='\u{0eff}'      // Thai, Lao
        | '\u{1000}'..='\u{109f}'    // Burmese
        | '\u{1780}'..='\u{17ff}'    // Khmer
        | '\u{3005}'..='\u{30ff}'    // Hiragana, Katakana
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{9fff}'    // Chinese characters
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}'    // half-width Katakana
        | '\u{20000}'..='\u{3ffff}' => Kind::LetterAlone,
        _ => Kind::Letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn hashes(text: &str) -> Vec<u64> {
        let mut hashes = Vec::new();
        word_hashes(text, &mut hashes);
        hashes
    }

    fn shingles(words: &[u64], words_per_shingle: usize) -> Vec<u64> {
        let mut hashes = words.to_vec();
        words_into_shingles(&mut hashes, words_per_shingle);
        hashes
    }

    /// Writes each word as the number of the first place where the same word stood.
    #[track_caller]
    fn check(texts: &[&str], expected: Expect) {
        let mut known = Vec::new();
        let mut shown = String::new();
        for text in texts {
            for hash in hashes(text) {
                let place = known.iter().position(|it| *it == hash).unwrap_or_else(|| {
                    known.push(hash);
                    known.len() - 1
                });
                shown += &format!("{place} ");
            }
            shown += "\n";
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn case_and_punctuation_do_not_count() {
        check(
            &["One two, three!", "ONE\ttwo (three)", "\"One\" – “Two” … Three"],
            expect![[r#"
            0 1 2 
            0 1 2 
            0 1 2 
        "#]],
        );
    }

    #[test]
    fn an_apostrophe_a_hyphen_and_an_underscore_end_a_word_whichever_way_they_are_written() {
        check(
            &["don't well-known", "don’t well‑known", "don t well known", "_don_ t"],
            expect![[r#"
            0 1 2 3 
            0 1 2 3 
            0 1 2 3 
            0 1 
        "#]],
        );
    }

    #[test]
    fn accents_composed_or_combined_are_the_same_and_differ_from_none() {
        check(
            &["Élan résumé", "E\u{301}lan re\u{301}sume\u{301}", "elan resume"],
            expect![[r#"
            0 1 
            0 1 
            2 3 
        "#]],
        );
    }

    #[test]
    fn soft_hyphens_and_joiners_are_not_seen() {
        check(
            &["co\u{ad}operate", "cooperate", "\u{feff}coop\u{200d}erate"],
            expect![[r#"
            0 
            0 
            0 
        "#]],
        );
    }

    #[test]
    fn other_alphabets_have_cases_too() {
        check(
            &["МОСКВА ΟΔΟΣ", "Москва οδος", "москва οδοσ"],
            expect![[r#"
            0 1 
            0 1 
            0 1 
        "#]],
        );
    }

    #[test]
    fn scripts_without_spaces_give_a_word_a_character() {
        check(
            &["日本語の本", "ภาษาไทย", "abc日def", "한국어 말"],
            expect![[r#"
            0 1 2 3 1 
            4 5 6 5 7 8 9 
            10 0 11 
            12 13 
        "#]],
        );
    }

    #[test]
    fn symbols_marks_without_a_letter_and_nuls_are_no_words() {
        for text in ["", " ", "…!?", "\0\0", "😀 ❤\u{fe0f}", "\u{301}", "“”", "_"] {
            assert!(hashes(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn words_that_differ_in_length_or_place_differ() {
        check(
            &["a aa aaa aaaaaaaa aaaaaaaaa aaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaa", "abcdefghij ijabcdefgh"],
            expect![[r#"
            0 1 2 3 4 5 6 
            7 8 
        "#]],
        );
    }

    #[test]
    fn hashes_never_change_between_versions() {
        let words = hashes("Rain fell; nobody complained — encyclopaedically, naïve");
        let shown: Vec<String> =
            words.iter().chain(&shingles(&words, 5)).map(|it| format!("{it:016x}")).collect();
        expect!["ee430f40f931734d 518f2a6eae423115 a865b3617eff6ef7 1e0fff962cb5b2ad 14b38e69691bc3cf e4fd395661196514 05a2d9fa95ff8e1d 09a993e8568e9745"].assert_eq(&shown.join(" "));
    }

    /// The rules above, word by word and slowly.
    fn naive_words(text: &str) -> Vec<String> {
        let text: String = text.chars().filter(|it| !matches!(kind(*it), Kind::Invisible)).collect();
        let mut words: Vec<String> = Vec::new();
        let (mut open, mut alone) = (false, false);
        for character in text.chars() {
            match kind(character) {
                Kind::Mark if open => words.last_mut().unwrap().push(character),
                Kind::Letter if open && !alone => words.last_mut().unwrap().push(character),
                Kind::Letter | Kind::LetterAlone => {
                    words.push(character.to_string());
                    alone = matches!(kind(character), Kind::LetterAlone);
                    open = true;
                }
                _ => open = false,
            }
        }
        words
            .iter()
            .map(|it| {
                it.chars()
                    .flat_map(char::to_lowercase)
                    .map(|it| if it == 'ς' { 'σ' } else { it })
                    .nfc()
                    .collect()
            })
            .collect()
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[ a-zA-Z0-9_.,'\n]{0,300}",
            "[a-c]{0,30}[ éÉ’“\u{301}\u{ad}日本ไท\u{e48}ΣςİǅSs1-]{0,100}",
        ]
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_naive_reading(text in any_text()) {
            let naive = naive_words(&text);
            let found = hashes(&text);
            prop_assert_eq!(found.len(), naive.len());
            for (i, j) in (0..naive.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
                prop_assert_eq!(found[i] == found[j], naive[i] == naive[j], "{:?} {:?}", &naive[i], &naive[j]);
            }
            let again: Vec<u64> = naive.iter().flat_map(|it| hashes(it)).collect();
            prop_assert_eq!(found, again, "each word alone, in common form, has the hash it has in the text");
        }

        #[test]
        fn a_shingle_hangs_on_its_words_alone(words in prop::collection::vec(0u64..5, 0..60), n in 1..=WORDS_PER_SHINGLE_MAX) {
            let words: Vec<u64> = words.iter().map(|it| mix(*it, 0)).collect();
            let rolled = shingles(&words, n);
            let alone: Vec<u64> = words.windows(n).flat_map(|it| shingles(it, n)).collect();
            prop_assert_eq!(&rolled, &alone);
            for (i, j) in (0..rolled.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
                prop_assert_eq!(rolled[i] == rolled[j], words[i..i + n] == words[j..j + n]);
            }
        }
    }
}
