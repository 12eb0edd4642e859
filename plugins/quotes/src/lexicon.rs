//! What words mean to the search for quotations: verbs of saying, pronouns, titles, roles.
//!
//! The words stand in a data file a language (`data/en.txt`, `data/de.txt`), one line a class, so that another language is
//! another file and not other code. Words are known by a hash of their lower-case letters; curly apostrophes count as
//! straight ones. What a language does otherwise stands in the file too: the last letters of its verbs, of its
//! compounds, and its [`Habits`].
//!
//! Given names are apart (`data/given.txt`): only the search for people asks what they tell.
//!
//! Not here: where words begin and end (`words`), and what follows from their classes (`mentions`, `verdict`).

use std::collections::HashMap;

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
    24 DEFINITE "definite" "Words before a noun that is known already: *the*, *his*.";
    25 OBLIQUE "oblique" "Words that open a noun phrase that is no subject: *dem*, *einen*.";
    27 SUFFIX "suffix" "What may follow a surname: *Jr.*";
    28 MEDIUM "medium" "What is written or spoken for others to quote: *wrote*, *statement*, *interview*.";
    26 CAPTION "caption" "Words before a colon that are no speaker: *Note*, *Photo*.";
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

/// What a language does otherwise than English, as its data file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Habits {
    /// Every noun has a capital, so a capital alone is no name, and a noun phrase ends with its nouns (`habit: noun-capitals`).
    pub noun_capitals: bool,
    /// A full stop makes a number an ordinal, *am 3. Oktober*, and ends no sentence (`habit: ordinal-stops`).
    pub ordinal_stops: bool,
    /// Whatever opens a sentence, the verb comes second and the subject may come behind it: *Am Montag sagte Merkel*
    /// (`habit: verb-second`).
    pub verb_second: bool,
}

/// The words and habits of one language.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// Open addressing: `slots[hash & mask]` and on; a hash of 0 is an empty slot.
    slots: Box<[(u32, Classes)]>,
    /// The classes of capitalised words by their last letters, the longest first: *-minister*.
    tails: Vec<(String, Classes)>,
    /// Given names by their hash: 1 for a man's, -1 for a woman's.
    given: HashMap<u32, i8>,
    /// What the language does.
    pub habits: Habits,
    /// Last letters of most verbs of a report: *-ed*.
    pub verb_endings: Vec<String>,
    /// Last letters of participles that go on with a sentence: *-ing*.
    pub participle_endings: Vec<String>,
    /// Capitals that stand for who asks and who answers in a transcript: *Q*, *A*.
    pub turn_labels: Vec<String>,
    /// Last letters of adverbs: *-ly*.
    pub adverb_endings: Vec<String>,
}

impl Lexicon {
    /// Reads a data file: lines of `class: word word`, blank lines, and comments after `#`.
    ///
    /// A word that starts with a hyphen stands for the capitalised words that end in it. Lines `verb-ending`,
    /// `participle-ending` and `adverb-ending` give last letters, `turn-label` the letters of a transcript, lines `habit` the [`Habits`], lines `given-male` and
    /// `given-female` given names; of a name that stands there twice, the later line counts.
    ///
    /// # Errors
    ///
    /// When a line has no colon or names a class or habit that does not exist.
    ///
    /// # Examples
    ///
    /// ```
    /// use quotes::lexicon::{Classes, Lexicon, word_hash};
    ///
    /// let lexicon = Lexicon::parse("say: said says\nrole: mayor\n").expect("the classes exist");
    /// assert!(lexicon.classes(word_hash("Said")).any(Classes::SAY));
    /// ```
    pub fn parse(data: &str) -> Result<Lexicon, String> {
        let slots = vec![(0, Classes::NONE); capacity_for(data)].into();
        let mut lexicon = Lexicon { slots, ..Lexicon::default() };
        for line in data.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, words) =
                line.split_once(':').ok_or(format!("a line of a word list needs a colon: `{line}`"))?;
            words.split_whitespace().try_for_each(|word| lexicon.learn(name, word))?;
        }
        lexicon.tails.sort_by_key(|(tail, _)| std::cmp::Reverse(tail.len()));
        Ok(lexicon)
    }

    /// Takes in one word of a line `name: word`.
    fn learn(&mut self, name: &str, word: &str) -> Result<(), String> {
        match (name, word) {
            ("verb-ending", _) => self.verb_endings.push(word.to_owned()),
            ("participle-ending", _) => self.participle_endings.push(word.to_owned()),
            ("turn-label", _) => self.turn_labels.push(word.to_owned()),
            ("adverb-ending", _) => self.adverb_endings.push(word.to_owned()),
            ("habit", "noun-capitals") => self.habits.noun_capitals = true,
            ("habit", "ordinal-stops") => self.habits.ordinal_stops = true,
            ("habit", "verb-second") => self.habits.verb_second = true,
            ("given-male", _) => drop(self.given.insert(word_hash(word), 1)),
            ("given-female", _) => drop(self.given.insert(word_hash(word), -1)),
            ("habit", _) => return Err(format!("no language has the habit `{word}`")),
            _ => {
                let class = class_named(name).ok_or(format!("no class of words is called `{name}`"))?;
                match word.strip_prefix('-') {
                    Some(tail) => self.add_tail(tail, class),
                    None => self.add(word_hash(word.trim_end_matches('.')), class),
                }
            }
        }
        Ok(())
    }

    /// Whether a word has the last letters of a verb of a report or of a participle.
    pub fn ends_as_verb(&self, letters: &str) -> bool {
        let mut endings = self.verb_endings.iter().chain(&self.participle_endings);
        endings.any(|it| letters.ends_with(it.as_str()))
    }

    /// The classes of a capitalised word that is not listed itself, by its last letters.
    pub fn classes_by_tail(&self, letters: &str) -> Classes {
        let ends =
            |(tail, _): &&(String, Classes)| letters.len() > tail.len() && letters.ends_with(tail.as_str());
        self.tails.iter().find(ends).map_or(Classes::NONE, |(_, classes)| *classes)
    }

    /// The classes of the word with this [`word_hash`]; none when the word is unknown.
    pub fn classes(&self, hash: u32) -> Classes {
        self.slots[self.slot(hash)].1
    }

    /// What the given name with this [`word_hash`] tells: 1 for a man, -1 for a woman, 0 for nothing.
    pub fn sex_of_given_name(&self, hash: u32) -> i32 {
        self.given.get(&hash).copied().unwrap_or(0).into()
    }

    fn add_tail(&mut self, tail: &str, class: Classes) {
        match self.tails.iter_mut().find(|(known, _)| known == tail) {
            Some((_, classes)) => *classes = classes.or(class),
            None => self.tails.push((tail.to_owned(), class)),
        }
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
    fn a_line_gives_words_tails_endings_or_habits() {
        let lexicon = Lexicon::parse(
            "# words\nrole: mayor -minister\nmale: -minister\nverb-ending: ed\nhabit: ordinal-stops\n",
        )
        .unwrap();
        assert_eq!(lexicon.classes(word_hash("Mayor")), Classes::ROLE);
        assert_eq!(lexicon.classes(word_hash("zzyzx")), Classes::NONE);
        assert_eq!(lexicon.classes_by_tail("Außenminister"), Classes::ROLE.or(Classes::MALE));
        assert_eq!(lexicon.verb_endings, ["ed"]);
        assert_eq!(lexicon.habits, Habits { ordinal_stops: true, ..Habits::default() });
    }

    #[test]
    fn a_line_that_says_nothing_known_is_refused() {
        assert_eq!(
            Lexicon::parse("said says").unwrap_err(),
            "a line of a word list needs a colon: `said says`"
        );
        assert_eq!(Lexicon::parse("shout: said").unwrap_err(), "no class of words is called `shout`");
        assert_eq!(Lexicon::parse("habit: whistling").unwrap_err(), "no language has the habit `whistling`");
    }

    #[test]
    fn case_and_the_shape_of_the_apostrophe_do_not_matter() {
        assert_eq!(word_hash("DON’T"), word_hash("don't"));
        assert_eq!(word_hash("ÉLAN"), word_hash("élan"));
    }
}
