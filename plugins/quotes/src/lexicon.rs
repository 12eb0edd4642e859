//! What words mean to the search for quotations: verbs of saying, pronouns, titles, roles.
//!
//! The words stand in a data file (`data/en.txt`), one line a class, so that another language is another file
//! and not other code. Words are known by a hash of their lower-case letters; curly apostrophes count as straight ones.
//!
//! Not here: where words begin and end (`words`), and what follows from their classes (`mentions`, `verdict`).

use std::sync::LazyLock;

/// A set of word classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Classes(u32);

macro_rules! classes {
    ($($bit:literal $name:ident $word:literal $doc:literal;)*) => {
        impl Classes {
            $(#[doc = $doc] pub const $name: Classes = Classes(1 << $bit);)*
        }
        fn class_named(word: &str) -> Option<Classes> {
            match word {
                $($word => Some(Classes::$name),)*
                _ => None,
            }
        }
    };
}

classes! {
    0 SAY "say" "Verbs that introduce what is said: *said*, *added*.";
    1 ACT "act" "Verbs whose subject speaks and whose object is spoken of: *called*, *described*.";
    2 VERB "verb" "Other frequent verbs; they end a noun phrase.";
    3 PRONOUN "pronoun" "Words that can speak without a noun: *he*, *they*, *who*.";
    4 MALE "male" "Words that tell a man.";
    5 FEMALE "female" "Words that tell a woman.";
    6 PLURAL "plural" "Words that tell more than one.";
    7 DETERMINER "determiner" "Words that open a noun phrase: *the*, *a*, *some*.";
    8 POSSESSIVE "possessive" "*his*, *their*: they open a noun phrase too.";
    9 PREPOSITION "preposition" "*of*, *in*, *with*; a noun phrase ends before one.";
    10 OF "of" "Prepositions that can carry a noun phrase on: *a spokesman for the mayor*.";
    11 FUNCTION "function" "Words that no noun phrase contains: *and*, *when*, *not*.";
    12 AUXILIARY "auxiliary" "*has*, *will*, *was*: between a speaker and the verb.";
    13 ADVERB "adverb" "*also*, *later*: likewise.";
    14 RELATIVE "relative" "*who*, *which*.";
    15 CONJUNCTION "conjunction" "*and*, *but*: what follows one starts a clause.";
    16 ACCORDING "according" "*according* (to).";
    17 HONORIFIC "honorific" "Titles before a name and not part of it: *Mr.*, *President*.";
    18 ROLE "role" "Nouns for those who speak: *spokesman*, *minister*, *report*.";
    19 CALENDAR "calendar" "Days and months, which are capitalised and never speak.";
    20 ABBREVIATION "abbreviation" "Words whose full stop does not end the sentence.";
    21 TITLED "titled" "Words beside which quotation marks hold a name or a title.";
    22 ORGANISATION "organisation" "Nouns that end the name of a body: *committee*, *Inc.*";
    23 HINT "hint" "Other words that tell what somebody thinks or shows: *plans*, *belief*; for indirect speech only.";
}

impl Classes {
    /// No class.
    pub const NONE: Classes = Classes(0);

    /// Whether this set and `other` share a class.
    pub const fn any(self, other: Classes) -> bool {
        self.0 & other.0 != 0
    }

    /// The classes of both sets.
    pub const fn or(self, other: Classes) -> Classes {
        Classes(self.0 | other.0)
    }

    /// The set as bits, for use in a feature.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

/// The word classes of one language.
#[derive(Debug)]
pub struct Lexicon {
    /// Open addressing: `slots[hash & mask]` and on; a hash of 0 is an empty slot.
    slots: Box<[(u32, Classes)]>,
}

impl Lexicon {
    /// The words of English.
    ///
    /// # Examples
    ///
    /// ```
    /// use quotes::lexicon::{Classes, Lexicon, word_hash};
    ///
    /// let classes = Lexicon::english().classes(word_hash("Said"));
    /// assert!(classes.any(Classes::SAY));
    /// ```
    pub fn english() -> &'static Lexicon {
        static ENGLISH: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::parse(include_str!("../data/en.txt")));
        &ENGLISH
    }

    /// Reads a data file: lines of `class: word word`, blank lines, and comments after `#`.
    ///
    /// # Panics
    ///
    /// When a line names a class that does not exist: the file is part of the program, and a test reads it.
    pub fn parse(data: &str) -> Lexicon {
        let mut lexicon = Lexicon { slots: vec![(0, Classes::NONE); capacity_for(data)].into() };
        for line in data.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, words) = line.split_once(':').expect("a line of a word list has a colon");
            let class = class_named(name).expect("a line of a word list names a known class");
            for word in words.split_whitespace() {
                lexicon.add(word_hash(word.trim_end_matches('.')), class);
            }
        }
        lexicon
    }

    /// The classes of the word with this [`word_hash`]; none when the word is unknown.
    pub fn classes(&self, hash: u32) -> Classes {
        self.slots[self.slot(hash)].1
    }

    fn add(&mut self, hash: u32, class: Classes) {
        let slot = self.slot(hash);
        let (key, classes) = &mut self.slots[slot];
        *key = hash;
        *classes = classes.or(class);
    }

    /// The slot that holds `hash`, or the empty one where it belongs.
    fn slot(&self, hash: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while self.slots[slot].0 != hash && self.slots[slot].0 != 0 {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

/// A power of two that leaves at least half of the slots empty.
fn capacity_for(data: &str) -> usize {
    (data.split_whitespace().count() * 2).next_power_of_two()
}

/// A hash of the lower-case letters of `word`, the same on every machine; never 0.
pub fn word_hash(word: &str) -> u32 {
    if word.is_ascii() {
        return word.bytes().fold(HASH_START, |hash, byte| hash_step(hash, byte.to_ascii_lowercase())).max(1);
    }
    let lower = word.chars().map(|c| if c == '’' { '\'' } else { c }).flat_map(char::to_lowercase);
    let mut buffer = [0; 4];
    lower.fold(HASH_START, |hash, c| c.encode_utf8(&mut buffer).bytes().fold(hash, hash_step)).max(1)
}

/// The length of the run of ASCII letters and digits that `bytes` start with, and its [`word_hash`].
///
/// Most words are no more than that, so the splitter gets end and hash in one pass.
///
/// # Examples
///
/// ```
/// use quotes::lexicon::{letters_hash, word_hash};
///
/// assert_eq!(letters_hash(b"Rain, later"), (4, word_hash("rain")));
/// ```
pub fn letters_hash(bytes: &[u8]) -> (usize, u32) {
    let mut hash = HASH_START;
    for (i, &byte) in bytes.iter().enumerate() {
        let lower = LOWER[byte as usize];
        if lower == 0 {
            return (i, hash.max(1));
        }
        hash = hash_step(hash, lower);
    }
    (bytes.len(), hash.max(1))
}

/// ASCII letters in lower case, digits as they are, 0 for all else.
static LOWER: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    table
};

const HASH_START: u32 = 0x811c_9dc5;

/// One step of 32-bit FNV-1a.
const fn hash_step(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_english_list_is_read() {
        assert!(Lexicon::english().classes(word_hash("said")).any(Classes::SAY));
        assert!(Lexicon::english().classes(word_hash("Mr")).any(Classes::HONORIFIC));
        assert_eq!(Lexicon::english().classes(word_hash("zzyzx")), Classes::NONE);
    }

    #[test]
    fn case_and_the_shape_of_the_apostrophe_do_not_matter() {
        assert_eq!(word_hash("DON’T"), word_hash("don't"));
        assert_eq!(word_hash("ÉLAN"), word_hash("élan"));
    }
}
