//! Knows the classes of words: small words, words of speaking, words of web pages.
//!
//! In goes the hash of a word in lower case, out come its classes as bits. The words stand in `rules/words.txt`.
//!
//! Not here: phrases of several words (`phrases`).

use std::sync::LazyLock;

/// The words, as data.
const WORDS: &str = include_str!("../rules/words.txt");

/// Function words, which prose is full of and menus lack.
pub const SMALL: u8 = 1;
/// Words that point at writer and reader.
pub const PERSON: u8 = 1 << 1;
/// Words of speaking, which reports are full of.
pub const SAYING: u8 = 1 << 2;
/// Words that label the parts of a web page.
pub const CHROME: u8 = 1 << 3;
/// Names of months, days and hours.
pub const TIME: u8 = 1 << 4;

/// Words of readers' comments.
pub const TALK: u8 = 1 << 5;
/// Words that point to other stories.
pub const MORE: u8 = 1 << 6;

/// Words of picture credits.
pub const PICTURE: u8 = 1 << 7;

const CLASSES: [(&str, u8); 8] = [
    ("[small]", SMALL),
    ("[person]", PERSON),
    ("[saying]", SAYING),
    ("[chrome]", CHROME),
    ("[time]", TIME),
    ("[talk]", TALK),
    ("[more]", MORE),
    ("[picture]", PICTURE),
];

/// Slots of the table: a power of two, several times the number of words.
const SLOTS: usize = 4096;

/// What [`step`] starts from.
pub const HASH_START: u32 = 0x811C_9DC5;

/// Takes one more byte of a word, in lower case, into its hash (FNV-1a).
#[inline]
pub fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

/// The classes of the word with that hash, as bits.
///
/// # Examples
///
/// ```
/// use clean::lexicon::{HASH_START, SMALL, classes, step};
///
/// assert_eq!(classes("the".bytes().fold(HASH_START, step)), SMALL);
/// assert_eq!(classes("riga".bytes().fold(HASH_START, step)), 0);
/// ```
#[inline]
pub fn classes(hash: u32) -> u8 {
    TABLE.get(hash)
}

/// The words of a class.
pub fn words_of(class: u8) -> impl Iterator<Item = &'static str> {
    let mut current = 0;
    let lines = WORDS.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(move |line| {
        let head = CLASSES.iter().find(|(head, _)| *head == line);
        current = head.map_or(current, |(_, bit)| *bit);
        let words = if head.is_none() && current == class { line } else { "" };
        words.split(' ').filter(|word| !word.is_empty())
    })
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { slots: vec![(0, 0); SLOTS] };
    let mut class = 0;
    for line in WORDS.lines().filter(|line| !line.starts_with('#')) {
        if let Some((_, bit)) = CLASSES.iter().find(|(head, _)| *head == line) {
            class = *bit;
            continue;
        }
        for word in line.split(' ').filter(|word| !word.is_empty()) {
            table.add(word.bytes().fold(HASH_START, step), class);
        }
    }
    table
});

/// A hash table with open addressing; a slot with no classes is free.
struct Table {
    slots: Vec<(u32, u8)>,
}

impl Table {
    #[inline]
    fn get(&self, hash: u32) -> u8 {
        let mut at = slot(hash);
        while self.slots[at].1 != 0 {
            if self.slots[at].0 == hash {
                return self.slots[at].1;
            }
            at = (at + 1) % SLOTS;
        }
        0
    }

    fn add(&mut self, hash: u32, class: u8) {
        let mut at = slot(hash);
        while self.slots[at].1 != 0 && self.slots[at].0 != hash {
            at = (at + 1) % SLOTS;
        }
        self.slots[at] = (hash, self.slots[at].1 | class);
    }
}

#[inline]
fn slot(hash: u32) -> usize {
    (hash ^ (hash >> 15)) as usize % SLOTS
}

/// The hashes of the words of `bytes`, one after the other: runs of ASCII letters and digits, hashed in lower case.
/// Bytes beyond ASCII belong to the word around them and are left out of its hash.
pub fn word_hashes(bytes: &[u8]) -> impl Iterator<Item = u32> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && LOWER[usize::from(bytes[at])] == 0 {
            at += 1;
        }
        if at == bytes.len() {
            return None;
        }
        let mut hash = HASH_START;
        while let Some(byte) = bytes.get(at) {
            match LOWER[usize::from(*byte)] {
                0 => break,
                1 => {}
                lower => hash = step(hash, lower),
            }
            at += 1;
        }
        Some(hash)
    })
}

/// For each byte its lower case, 1 beyond ASCII, 0 for what is no part of a word.
pub static LOWER: [u8; 256] = {
    let mut lower = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        lower[byte] = match byte as u8 {
            byte if byte.is_ascii_alphanumeric() => byte.to_ascii_lowercase(),
            0x80.. => 1,
            _ => 0,
        };
        byte += 1;
    }
    lower
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_words() {
        let cases = [
            ("the", SMALL),
            ("said", SMALL | SAYING),
            ("menu", CHROME),
            ("july", TIME),
            ("your", PERSON),
            ("xyz", 0),
        ];
        for (word, expected) in cases {
            assert_eq!(classes(word.bytes().fold(HASH_START, step)), expected, "{word}");
        }
    }

    #[test]
    fn the_table_has_room() {
        assert!(TABLE.slots.iter().filter(|slot| slot.1 != 0).count() < SLOTS / 3);
    }
}
