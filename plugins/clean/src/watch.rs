//! Finds the words of a text that rules wait for, in one pass over its bytes.
//!
//! Most lines of most texts hold nothing that any rule is about, and to find that out has to cost little. In goes a text,
//! out come the places of the few words by which a line may be told to need a closer look: what is found is necessary for
//! a rule to fit, never sufficient.
//!
//! Words are runs of ASCII letters and digits in any case, told apart by their first eight bytes. Whether a byte is part of
//! a word becomes a bit, 64 bytes at a time, so that the bits tell where words start and how long they are, and no byte is
//! asked by itself.
//!
//! Not here: what a line with such a word is (`phrases`, `credits`, `tails`).

/// The word is the longest of a phrase that may stand inside a line.
pub const INNER: u8 = 1;
/// The word opens a call, such as "Read more here.", at the end of a line.
pub const CALL: u8 = 1 << 1;
/// The word stands in picture credits.
pub const PICTURE: u8 = 1 << 2;
/// The word stands in notes of the editors.
pub const NOTE: u8 = 1 << 3;
/// The word stands in lines that say who reported.
pub const REPORTED: u8 = 1 << 4;

/// What rules with words of their own wait for.
const FIXED: [(u8, &str); 4] =
    [(NOTE, "editor"), (REPORTED, "reported"), (REPORTED, "contributed"), (REPORTED, "reports")];

/// Bits of the filter: so many that few words pass it that are not waited for.
const FILTER_BITS: usize = 1 << 15;

/// A set of words that somebody waits for.
#[derive(Debug)]
pub struct Watch {
    /// Keys and why they are waited for; sorted.
    keys: Vec<(u64, u8)>,
    /// One bit for each value of a key's hash; that one is set nobody can guess, so that it has to be rare.
    filter: [u64; FILTER_BITS / 64],
}

/// A word of a text that was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Where it starts.
    pub at: usize,
    /// Why it was waited for.
    pub kinds: u8,
}

impl Default for Watch {
    fn default() -> Self {
        let mut watch = Watch { keys: Vec::new(), filter: [0; FILTER_BITS / 64] };
        FIXED.iter().for_each(|(kind, word)| watch.add(word, *kind));
        crate::lexicon::words_of(crate::lexicon::PICTURE).for_each(|word| watch.add(word, PICTURE));
        watch
    }
}

impl Watch {
    /// Waits for `word`, which begins with an ASCII letter or digit, for the reason `kind`.
    pub fn add(&mut self, word: &str, kind: u8) {
        let letters = (!words_mask(word.as_bytes(), 0) | 1 << 8).trailing_zeros();
        let key = key(&eight_bytes(word.as_bytes(), 0), letters);
        match self.keys.binary_search_by_key(&key, |entry| entry.0) {
            Ok(found) => self.keys[found].1 |= kind,
            Err(place) => self.keys.insert(place, (key, kind)),
        }
        let bit = bit(key);
        self.filter[bit / 64] |= 1 << (bit % 64);
    }

    /// Appends the places of the words of `text` that are waited for to `hits`, first to last.
    ///
    /// # Examples
    ///
    /// ```
    /// use clean::watch::{Hit, INNER, Watch};
    ///
    /// let (mut watch, mut hits) = (Watch::default(), Vec::new());
    /// watch.add("cookies", INNER);
    /// watch.find("We use COOKIES here.", &mut hits);
    /// assert_eq!(hits, [Hit { at: 7, kinds: INNER }]);
    /// ```
    pub fn find(&self, text: &str, hits: &mut Vec<Hit>) {
        let bytes = text.as_bytes();
        let (mut mask, mut in_word) = (words_mask(bytes, 0), 0);
        for from in (0..bytes.len()).step_by(64) {
            let next_mask = words_mask(bytes, from + 64);
            let window = u128::from(mask) | u128::from(next_mask) << 64;
            let mut starts = mask & !(mask << 1 | in_word);
            (mask, in_word) = (next_mask, mask >> 63);
            while starts != 0 {
                let offset = starts.trailing_zeros();
                starts &= starts - 1;
                let at = from + offset as usize;
                let letters = (!(window >> offset) as u64 | 1 << 8).trailing_zeros();
                let key = key(&eight_bytes(bytes, at), letters);
                let bit = bit(key);
                if self.filter[bit / 64] >> (bit % 64) & 1 != 0
                    && let Ok(found) = self.keys.binary_search_by_key(&key, |entry| entry.0)
                {
                    hits.push(Hit { at, kinds: self.keys[found].1 });
                }
            }
        }
    }
}

/// A bit for each of the 64 bytes from `from` on: whether it is part of a word.
fn words_mask(bytes: &[u8], from: usize) -> u64 {
    let mut block = [0; 64];
    match bytes.get(from..from + 64) {
        Some(bytes) => block.copy_from_slice(bytes),
        None => {
            let rest = bytes.get(from..).unwrap_or_default();
            block[..rest.len()].copy_from_slice(rest);
        }
    }
    let is_in_word = block.map(|byte| u8::from(byte.is_ascii_alphanumeric()));
    let (eights, _) = is_in_word.as_chunks::<8>();
    eights.iter().rev().fold(0, |mask, eight| {
        // Gathers the lowest bit of each of the eight bytes into the highest byte.
        mask << 8 | u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56
    })
}

/// The eight bytes from `at` on, with zeros behind the end.
fn eight_bytes(bytes: &[u8], at: usize) -> [u8; 8] {
    bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).unwrap_or_else(|| {
        let mut eight = [0; 8];
        let rest = &bytes[at..];
        eight[..rest.len()].copy_from_slice(rest);
        eight
    })
}

/// The letters that a word begins with, at most eight, in lower case.
fn key(eight: &[u8; 8], letters: u32) -> u64 {
    (u64::from_le_bytes(*eight) | LOWER) & u64::MAX.checked_shr(64 - 8 * letters).unwrap_or(0)
}

fn bit(key: u64) -> usize {
    (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - FILTER_BITS.ilog2())) as usize
}

const LOWER: u64 = u64::from_le_bytes([0x20; 8]);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_told_apart_by_their_first_bytes() {
        let (mut watch, mut hits) = (Watch::default(), Vec::new());
        watch.add("newsletter", INNER);
        watch.add("inbox", CALL);
        watch.find("“Newsletters” in inboxes: inbox! xinbox", &mut hits);
        assert_eq!(hits, [Hit { at: 3, kinds: INNER }, Hit { at: 30, kinds: CALL }]);
    }

    proptest! {
        #[test]
        fn every_word_is_seen(text in "(inbox|INBOX|In|box|[ -~]|\\PC){0,120}") {
            let mut watch = Watch::default();
            watch.add("inbox", INNER);
            let mut hits = Vec::new();
            watch.find(&text, &mut hits);
            let mut expected = Vec::new();
            let bytes = text.as_bytes();
            for at in 0..bytes.len() {
                let starts = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
                let is_word = bytes[at..].len() >= 5 && bytes[at..at + 5].eq_ignore_ascii_case(b"inbox");
                if starts && is_word && !bytes.get(at + 5).is_some_and(u8::is_ascii_alphanumeric) {
                    expected.push(at);
                }
            }
            let found: Vec<usize> = hits.iter().filter(|hit| hit.kinds == INNER).map(|hit| hit.at).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
