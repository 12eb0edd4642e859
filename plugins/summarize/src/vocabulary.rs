//! Numbers the words of one document, so that sentences can be compared as lists of small integers.
//!
//! Words that begin alike count as one (`climate`, `climates`): six letters are a poor man's stem that needs
//! no dictionary and serves most languages that inflect at the end. Memory is kept from document to document.
//!
//! Not here: which words carry meaning and what they weigh (`score`).

/// What two words must share to count as one: their first letters, lower-cased.
///
/// # Examples
///
/// ```
/// use summarize::vocabulary::stem;
///
/// assert_eq!(stem("Climate"), stem("climates"));
/// assert_ne!(stem("climate"), stem("climbs"));
/// ```
#[must_use]
pub fn stem(word: &str) -> u64 {
    let head = &word.as_bytes()[..word.len().min(STEM_LETTERS)];
    if head.is_ascii() { stem_of_ascii(head) } else { stem_beyond_ascii(word) }
}

/// A hash of the whole word in lower case, whatever apostrophe it is written with; the same on every machine.
///
/// # Examples
///
/// ```
/// use summarize::vocabulary::whole;
///
/// assert_eq!(whole("Don’t"), whole("don't"));
/// assert_ne!(whole("climate"), whole("climates"));
/// ```
#[must_use]
pub fn whole(word: &str) -> u64 {
    let mix = |hash: u64, c: char| (hash.rotate_left(5) ^ u64::from(c)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let plain = |c| if c == '’' { '\'' } else { c };
    if word.is_ascii() {
        word.chars().fold(0, |hash, c| mix(hash, c.to_ascii_lowercase()))
    } else {
        word.chars().flat_map(char::to_lowercase).fold(0, |hash, c| mix(hash, plain(c)))
    }
}

/// Stems of words in ASCII, for tables.
pub(crate) const fn stems<const N: usize>(words: [&str; N]) -> [u64; N] {
    let mut stems = [0; N];
    let mut i = 0;
    while i < N {
        stems[i] = stem_of_ascii(words[i].as_bytes());
        i += 1;
    }
    stems
}

const STEM_LETTERS: usize = 6;

const fn stem_of_ascii(word: &[u8]) -> u64 {
    let mut stem = 0;
    let mut i = 0;
    while i < word.len() && i < STEM_LETTERS {
        // The bit that parts capitals from small letters in ASCII is set in all digits and joiners anyway.
        stem = stem << 8 | (word[i] | 0x20) as u64;
        i += 1;
    }
    stem
}

fn stem_beyond_ascii(word: &str) -> u64 {
    let letters = word.chars().flat_map(char::to_lowercase).take(STEM_LETTERS);
    letters.fold(0, |stem: u64, c| (stem ^ u64::from(c)).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// The words of a document and in how many sentences each stands.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// Open addressing; the length is a power of two and at least twice the number of words.
    slots: Vec<Slot>,
    words: Vec<Word>,
    /// Slots of earlier documents bear another number and count as empty.
    document: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    stem: u64,
    document: u32,
    word: u32,
}

#[derive(Debug, Clone, Copy)]
struct Word {
    sentences: u32,
    /// The last sentence in which it was seen.
    last: u32,
}

impl Vocabulary {
    /// Forgets all words.
    pub fn clear(&mut self) {
        self.words.clear();
        self.document = self.document.wrapping_add(1);
        if self.document == 0 || self.slots.is_empty() {
            self.slots.clear();
            self.slots.resize(SLOTS_MIN, Slot::default());
            self.document = 1;
        }
    }

    /// Takes note of a word of sentence number `sentence`. Sentences come one after the other.
    ///
    /// Returns the word's number when it is its first time in this sentence.
    pub fn note(&mut self, stem: u64, sentence: u32) -> Option<u32> {
        let number = self.number(stem);
        let word = &mut self.words[number as usize];
        if word.last == sentence {
            return None;
        }
        word.last = sentence;
        word.sentences += 1;
        Some(number)
    }

    /// In how many sentences the word stands.
    #[must_use]
    pub fn sentences(&self, word: u32) -> u32 {
        self.words[word as usize].sentences
    }

    /// How many words there are; their numbers are below it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether no word was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn number(&mut self, stem: u64) -> u32 {
        if self.words.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let (at, found) = find(&self.slots, stem, self.document);
        if found {
            return self.slots[at].word;
        }
        let word = self.words.len() as u32;
        self.slots[at] = Slot { stem, document: self.document, word };
        self.words.push(Word { sentences: 0, last: u32::MAX });
        word
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
        for slot in old.into_iter().filter(|slot| slot.document == self.document) {
            let (at, _) = find(&self.slots, slot.stem, self.document);
            self.slots[at] = slot;
        }
    }
}

const SLOTS_MIN: usize = 1024;

/// Returns the slot of `stem`, and whether it is there already.
fn find(slots: &[Slot], stem: u64, document: u32) -> (usize, bool) {
    let mask = slots.len() - 1;
    let mut at = (stem.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
    loop {
        let slot = slots[at];
        if slot.document != document {
            return (at, false);
        }
        if slot.stem == stem {
            return (at, true);
        }
        at = (at + 1) & mask;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_that_begin_alike_share_a_stem() {
        assert_eq!(stem("KAZAKHSTAN"), stem("Kazakhstan’s"));
        assert_eq!(stem("Élan"), stem("élan"));
        assert_ne!(stem("no"), stem("non"));
    }

    proptest! {
        #[test]
        fn each_word_counts_once_a_sentence(text in prop::collection::vec(prop::collection::vec(0u64..5000, 0..60), 0..60)) {
            let mut vocabulary = Vocabulary::default();
            for _ in 0..2 {
                vocabulary.clear();
                let mut expected: HashMap<u64, (u32, u32)> = HashMap::new();
                for (i, sentence) in text.iter().enumerate() {
                    for &stem in sentence {
                        if let Some(word) = vocabulary.note(stem, i as u32) {
                            let entry = expected.entry(stem).or_insert((word, 0));
                            prop_assert_eq!(entry.0, word);
                            entry.1 += 1;
                        }
                    }
                }
                prop_assert_eq!(vocabulary.len(), expected.len());
                for (word, sentences) in expected.into_values() {
                    prop_assert_eq!(vocabulary.sentences(word), sentences);
                }
            }
        }
    }
}
