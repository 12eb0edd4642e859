//! Knows the words of a language that say nothing of what a text is about: `the`, `which`, `said`.
//!
//! One list a language, in `data/stop_words/`: a new language is a new file and a line in `LISTS`. The lists were
//! written for this project: function words, words of time and verbs of report that stand in any news.
//!
//! Not here: what to do with the words that are left.

use crate::vocabulary::whole;

/// The lists, by two-letter code.
static LISTS: [(&str, &str); 8] = [
    ("en", include_str!("../data/stop_words/en.txt")),
    ("de", include_str!("../data/stop_words/de.txt")),
    ("fr", include_str!("../data/stop_words/fr.txt")),
    ("es", include_str!("../data/stop_words/es.txt")),
    ("it", include_str!("../data/stop_words/it.txt")),
    ("pt", include_str!("../data/stop_words/pt.txt")),
    ("nl", include_str!("../data/stop_words/nl.txt")),
    ("ru", include_str!("../data/stop_words/ru.txt")),
];

/// The stop words of one language.
#[derive(Debug, Clone)]
pub struct StopWords {
    /// Hashes of the words, sorted.
    words: Vec<u64>,
}

impl StopWords {
    /// The list for a two-letter code; an empty one for a language that has none.
    #[must_use]
    pub fn of(code: &str) -> StopWords {
        let list = LISTS.iter().find(|(of, _)| *of == code).map_or("", |(_, list)| list);
        let mut words: Vec<u64> = list.split_whitespace().map(whole).collect();
        words.sort_unstable();
        StopWords { words }
    }

    /// Whether the word with this [`whole`] hash is one.
    #[must_use]
    pub fn contains(&self, word: u64) -> bool {
        self.words.binary_search(&word).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use textmill_text::sentences::Language;

    use super::*;

    #[test]
    fn stop_words_are_known_in_any_case_and_with_either_apostrophe() {
        let english = StopWords::of("en");
        for word in ["the", "The", "WHICH", "don't", "Don’t"] {
            assert!(english.contains(whole(word)), "{word}");
        }
        assert!(!english.contains(whole("river")));
        assert!(StopWords::of("fr").contains(whole("À")));
    }

    #[test]
    fn every_language_with_sentences_has_a_list() {
        for code in Language::CODES {
            assert!(!StopWords::of(code).words.is_empty(), "{code}");
        }
    }
}
