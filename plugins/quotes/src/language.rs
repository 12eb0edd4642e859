//! The languages in which quotations are found: each is a word list and four models.
//!
//! To add one, write `data/CODE.txt`, let `examples/train` learn `models/CODE/`, and add the code to the list below;
//! nothing else here or elsewhere knows a language by name.

use std::sync::LazyLock;

use crate::find::Models;
use crate::lexicon::{Classes, Lexicon, word_hash};
use crate::linear::Weights;

/// One language: its words and what was learned of it.
#[derive(Debug)]
pub struct Language {
    /// Two letters.
    pub code: &'static str,
    /// What its words mean.
    pub lexicon: Lexicon,
    /// The trained models; `models/README.md` says what they learned from.
    pub models: Models,
}

macro_rules! languages {
    ($($code:literal)*) => {
        static LANGUAGES: [LazyLock<Language>; Language::CODES.len()] = [$(LazyLock::new(|| Language {
            code: $code,
            lexicon: Lexicon::parse(concat!(include_str!("../data/given.txt"), include_str!(concat!("../data/", $code, ".txt"))))
                .expect("a test reads the word lists"),
            models: Models {
                verdict: Weights::from_bytes(include_bytes!(concat!("../models/", $code, "/verdict.weights"))),
                speakers: Weights::from_bytes(include_bytes!(concat!("../models/", $code, "/speakers.weights"))),
                indirect: Weights::from_bytes(include_bytes!(concat!("../models/", $code, "/indirect.weights"))),
                reporters: Weights::from_bytes(include_bytes!(concat!("../models/", $code, "/reporters.weights"))),
            },
        })),*];

        impl Language {
            /// The codes of all languages, the default first.
            pub const CODES: &[&str] = &[$($code),*];
            /// What an option `language` may say: a code, or `auto` for [`Language::of`] each text.
            pub const CHOICES: &[&str] = &[$($code,)* "auto"];
        }
    };
}

languages!("en" "de");

/// So many words of a text tell its language.
const WORDS_LOOKED_AT: usize = 200;

impl Language {
    /// The language that is taken when none is named.
    pub fn english() -> &'static Language {
        &LANGUAGES[0]
    }

    /// The language with this two-letter code, if it is known.
    ///
    /// # Examples
    ///
    /// ```
    /// use quotes::language::Language;
    ///
    /// assert_eq!(Language::named("de").map(|it| it.code), Some("de"));
    /// assert!(Language::named("tlh").is_none());
    /// ```
    pub fn named(code: &str) -> Option<&'static Language> {
        let at = Language::CODES.iter().position(|it| *it == code)?;
        Some(&LANGUAGES[at])
    }

    /// The language that shares most little words with the start of `text`: articles, prepositions, auxiliaries.
    ///
    /// Of equals, and of a text without any, the first one listed: English.
    ///
    /// # Examples
    ///
    /// ```
    /// use quotes::language::Language;
    ///
    /// assert_eq!(Language::of("Die Stadt war am Montag ohne Strom.").code, "de");
    /// assert_eq!(Language::of("The town was without power on Monday.").code, "en");
    /// ```
    pub fn of(text: &str) -> &'static Language {
        let little = Classes::DETERMINER.or(Classes::PREPOSITION).or(Classes::AUXILIARY);
        let mut counts = vec![0; LANGUAGES.len()];
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        for hash in words.take(WORDS_LOOKED_AT).map(word_hash) {
            for (count, language) in counts.iter_mut().zip(&LANGUAGES) {
                *count += usize::from(language.lexicon.classes(hash).any(little));
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        let at = counts.iter().position(|&count| count == most).unwrap_or(0);
        &LANGUAGES[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_list_is_read() {
        for code in Language::CODES {
            let language = Language::named(code).unwrap();
            assert_eq!(language.code, *code);
            assert_ne!(language.lexicon.classes(word_hash("dr")), Classes::NONE, "{code}");
        }
    }
}
