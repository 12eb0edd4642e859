//! Finds the set phrases of captions and sign-up lines in a sentence.
//!
//! A list and not a guess: a sentence with such a phrase may be news after all (“Subscribe to our plan,” the
//! minister said), and then the summary merely does without it.
//!
//! Not here: what becomes of such a sentence and of its neighbours (`candidates`).

use crate::vocabulary::stem;

/// What a phrase says about the line in which it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phrase {
    /// The line names who took a picture, so it or its neighbours are a caption.
    Credit,
    /// The line speaks to the reader about the publication.
    SignUp,
}

/// Phrases in lower case. A sentence is searched only where a word begins.
static PHRASES: [(&str, Phrase); 46] = [
    ("photo:", Phrase::Credit),
    ("photo by", Phrase::Credit),
    ("photo credit", Phrase::Credit),
    ("photo courtesy", Phrase::Credit),
    ("photos:", Phrase::Credit),
    ("photo/", Phrase::Credit),
    ("photograph:", Phrase::Credit),
    ("photograph by", Phrase::Credit),
    ("image:", Phrase::Credit),
    ("image credit", Phrase::Credit),
    ("image source", Phrase::Credit),
    ("picture:", Phrase::Credit),
    ("getty images", Phrase::Credit),
    ("file photo", Phrase::Credit),
    ("ap photo", Phrase::Credit),
    ("credit:", Phrase::Credit),
    ("foto:", Phrase::Credit),
    ("bild:", Phrase::Credit),
    ("sign up", Phrase::SignUp),
    ("subscribe to", Phrase::SignUp),
    ("subscribe now", Phrase::SignUp),
    ("our newsletter", Phrase::SignUp),
    ("follow us", Phrase::SignUp),
    ("click here", Phrase::SignUp),
    ("read more", Phrase::SignUp),
    ("see also", Phrase::SignUp),
    ("tell a friend", Phrase::SignUp),
    ("share this", Phrase::SignUp),
    ("all rights reserved", Phrase::SignUp),
    ("copyright", Phrase::SignUp),
    ("contributed to this report", Phrase::SignUp),
    ("contributed to this story", Phrase::SignUp),
    ("this article was", Phrase::SignUp),
    ("this story was", Phrase::SignUp),
    ("terms of use", Phrase::SignUp),
    ("newsletter abonnieren", Phrase::SignUp),
    ("we use cookies", Phrase::SignUp),
    ("uses cookies", Phrase::SignUp),
    ("accept all cookies", Phrase::SignUp),
    ("cookie settings", Phrase::SignUp),
    ("comments are closed", Phrase::SignUp),
    ("may not be published", Phrase::SignUp),
    ("may not be reproduced", Phrase::SignUp),
    ("enable javascript", Phrase::SignUp),
    ("log in to", Phrase::SignUp),
    ("already a subscriber", Phrase::SignUp),
];

/// Finds phrases quickly by the stem of their first word.
#[derive(Debug)]
pub struct PhraseFinder {
    /// One bit for each hashed stem; a word whose bit is off begins no phrase.
    filter: [u64; 16],
    /// The phrases with the stems of their first words.
    phrases: Vec<(u64, &'static str, Phrase)>,
}

impl Default for PhraseFinder {
    fn default() -> PhraseFinder {
        let first_word = |phrase: &'static str| phrase.split([' ', ':', '/']).next().unwrap_or(phrase);
        let phrases: Vec<_> =
            PHRASES.iter().map(|&(phrase, kind)| (stem(first_word(phrase)), phrase, kind)).collect();
        let mut filter = [0; 16];
        for &(stem, ..) in &phrases {
            let (at, bit) = place(stem);
            filter[at] |= bit;
        }
        PhraseFinder { filter, phrases }
    }
}

impl PhraseFinder {
    /// Returns the phrase that begins where `rest` begins, at a word with this stem.
    #[inline]
    #[must_use]
    pub fn find(&self, stem: u64, rest: &str) -> Option<Phrase> {
        let (at, bit) = place(stem);
        if self.filter[at] & bit == 0 {
            return None;
        }
        let mut found = self.phrases.iter().filter(|(first, ..)| *first == stem);
        found.find(|(_, phrase, _)| begins_with(rest, phrase)).map(|(.., kind)| *kind)
    }
}

/// Where the bit of a stem stands in the filter.
fn place(stem: u64) -> (usize, u64) {
    let hash = stem.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((hash >> 60) as usize, 1 << (hash >> 54 & 63))
}

fn begins_with(rest: &str, phrase: &str) -> bool {
    rest.as_bytes().get(..phrase.len()).is_some_and(|head| head.eq_ignore_ascii_case(phrase.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_found_where_it_begins_in_any_case() {
        let finder = PhraseFinder::default();
        for (phrase, kind) in PHRASES {
            let text = phrase.to_uppercase();
            let first = text.split([' ', ':', '/']).next().unwrap();
            assert_eq!(finder.find(stem(first), &text), Some(kind), "{phrase}");
        }
    }

    #[test]
    fn a_word_alone_is_no_phrase() {
        let finder = PhraseFinder::default();
        assert_eq!(finder.find(stem("photo"), "photo of a hill"), None);
        assert_eq!(finder.find(stem("Sign"), "Sign"), None);
    }
}
