//! Finds lines that are a known phrase, such as "Tell a friend", or are built around one.
//!
//! In goes a folded line (see `fold`), out comes the rule of the first phrase that fits. Phrases are
//! data: the built-in ones stand in `rules/news.txt`, which also says how they are written; a user adds
//! plain sentences to them.
//!
//! Phrases are looked up by their first word, so that the cost of a line hardly grows with the number
//! of phrases: most words of a line fall through a small filter and are never compared with anything.
//!
//! Not here: which lines are asked about, and what protects a line that fits (`cleaner`).

use crate::fold::fold;
use crate::rule::Rule;
use xxhash_rust::xxh3::xxh3_64;

/// The built-in phrases of news pages.
pub const NEWS: &str = include_str!("../rules/news.txt");

/// How many words a line may have beyond those of a user's phrase that it contains.
const WORDS_AROUND_MAX: usize = 16;

/// A set of phrases, ready to be looked up.
#[derive(Debug, Default)]
pub struct Phrases {
    phrases: Vec<Phrase>,
    /// Hash of the first word and index of each phrase; sorted.
    by_first_word: Vec<(u64, usize)>,
    /// One bit for each value of the lowest six bits of a first word's hash, in 64 groups.
    filter: Vec<u64>,
    words_max: usize,
}

#[derive(Debug)]
struct Phrase {
    rule: Rule,
    /// Stretches of folded words, with any words between them.
    parts: Vec<String>,
    from_start: bool,
    to_end: bool,
    words_max: usize,
}

/// Why a phrase cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhraseError {
    /// It holds no letter and no digit.
    Empty {
        /// The phrase as it was given.
        phrase: String,
    },
    /// A section of a phrase file is not `[rule N]` with a known rule.
    Section {
        /// The line as it was given.
        line: String,
    },
}

impl std::fmt::Display for PhraseError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PhraseError::Empty { phrase } => write!(out, "phrase `{phrase}` holds no letter and no digit"),
            PhraseError::Section { line } => write!(out, "`{line}` is not a section of the form `[rule N]`"),
        }
    }
}

impl std::error::Error for PhraseError {}

impl Phrases {
    /// Adds the phrases of a phrase file, written as in `rules/news.txt`.
    ///
    /// # Errors
    ///
    /// `Section` for a head that names no rule or limit, or is missing; `Empty` for a phrase of gaps only.
    pub fn add_file(&mut self, file: &str) -> Result<(), PhraseError> {
        let mut section = None;
        for line in file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                section = Some(section_head(line)?);
                continue;
            }
            let (rule, words_max) = section.ok_or_else(|| PhraseError::Section { line: line.into() })?;
            self.add(phrase(line, rule, words_max)?);
        }
        Ok(())
    }

    /// Adds a phrase of the user's: a line that contains it goes, unless it has many words more.
    ///
    /// # Errors
    ///
    /// `Empty` when there is nothing to look for.
    pub fn add_user(&mut self, sentence: &str) -> Result<(), PhraseError> {
        let mut folded = String::new();
        fold(sentence, &mut folded);
        let words_max = word_count(&folded) + WORDS_AROUND_MAX;
        self.add(phrase(&format!(".. {folded} .."), Rule::Phrase, words_max)?);
        Ok(())
    }

    fn add(&mut self, phrase: Phrase) {
        let hash = xxh3_64(first_word(&phrase.parts[0]).as_bytes());
        let entry = (hash, self.phrases.len());
        let at = self.by_first_word.partition_point(|other| *other < entry);
        self.by_first_word.insert(at, entry);
        self.filter.resize(64, 0);
        let (group, bit) = filter_place(hash);
        self.filter[group] |= bit;
        self.words_max = self.words_max.max(phrase.words_max);
        self.phrases.push(phrase);
    }

    /// The number of words beyond which no phrase fits a line.
    pub fn words_max(&self) -> usize {
        self.words_max
    }

    /// Returns the rule of a phrase that fits `folded`, and whether the phrase is the whole line.
    ///
    /// # Examples
    ///
    /// ```
    /// use clean::{phrases::Phrases, rule::Rule};
    ///
    /// let mut phrases = Phrases::default();
    /// phrases.add_file("[follow 12]\nfollow .. on twitter ..")?;
    /// phrases.add_user("Our paper on your phone")?;
    /// assert_eq!(phrases.find("follow jo nes on twitter"), Some((Rule::Follow, false)));
    /// assert_eq!(phrases.find("our paper on your phone"), Some((Rule::Phrase, true)));
    /// assert_eq!(phrases.find("a follow up on twitter"), None);
    /// # Ok::<(), clean::phrases::PhraseError>(())
    /// ```
    pub fn find(&self, folded: &str) -> Option<(Rule, bool)> {
        if self.phrases.is_empty() {
            return None;
        }
        let words = word_count(folded);
        if words > self.words_max {
            return None;
        }
        let mut at = 0;
        for word in folded.split(' ') {
            let found =
                self.phrases_at(word).find(|phrase| words <= phrase.words_max && phrase.fits(folded, at));
            if let Some(phrase) = found {
                return Some((phrase.rule, phrase.parts.len() == 1 && phrase.parts[0].len() == folded.len()));
            }
            at += word.len() + 1;
        }
        None
    }

    fn phrases_at(&self, word: &str) -> impl Iterator<Item = &Phrase> {
        let hash = xxh3_64(word.as_bytes());
        let (group, bit) = filter_place(hash);
        let known = self.filter[group] & bit != 0;
        let from =
            if known { self.by_first_word.partition_point(|entry| entry.0 < hash) } else { usize::MAX };
        let entries = self.by_first_word.get(from..).unwrap_or_default();
        entries.iter().take_while(move |entry| entry.0 == hash).map(|entry| &self.phrases[entry.1])
    }
}

impl Phrase {
    /// Whether the phrase fits `folded` with its first part standing at `at`, the start of a word.
    fn fits(&self, folded: &str, at: usize) -> bool {
        if self.from_start && at > 0 {
            return false;
        }
        let Some((first, others)) = self.parts.split_first() else { return false };
        let Some(mut rest) = strip_words(&folded[at..], first) else { return false };
        let last = others.len();
        for (i, part) in others.iter().enumerate() {
            let at_end = self.to_end && i + 1 == last;
            match if at_end { strip_words_at_end(rest, part) } else { strip_words_anywhere(rest, part) } {
                Some(after) => rest = after,
                None => return false,
            }
        }
        !self.to_end || rest.is_empty()
    }
}

/// Strips `words` off the start of `text` if whole words stand there.
fn strip_words<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(words)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
}

fn strip_words_at_end<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    let before = text.strip_suffix(words)?;
    (before.is_empty() || before.ends_with(' ')).then_some("")
}

fn strip_words_anywhere<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    text.match_indices(words)
        .filter(|(at, _)| *at == 0 || text.as_bytes()[at - 1] == b' ')
        .find_map(|(at, _)| strip_words(&text[at..], words))
}

fn section_head(line: &str) -> Result<(Rule, usize), PhraseError> {
    let head = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
    head.and_then(|head| head.split_once(' '))
        .and_then(|(name, limit)| Some((Rule::named(name)?, limit.parse().ok()?)))
        .ok_or_else(|| PhraseError::Section { line: line.into() })
}

fn phrase(pattern: &str, rule: Rule, words_max: usize) -> Result<Phrase, PhraseError> {
    let mut parts = Vec::new();
    for stretch in format!(" {pattern} ").split(" .. ") {
        let mut part = String::new();
        fold(stretch, &mut part);
        if !part.is_empty() {
            parts.push(part);
        }
    }
    if parts.is_empty() {
        return Err(PhraseError::Empty { phrase: pattern.into() });
    }
    let (from_start, to_end) = (!pattern.starts_with(".. "), !pattern.ends_with(" .."));
    Ok(Phrase { rule, parts, from_start, to_end, words_max })
}

fn first_word(folded: &str) -> &str {
    folded.split(' ').next().unwrap_or_default()
}

fn word_count(folded: &str) -> usize {
    memchr::memchr_iter(b' ', folded.as_bytes()).count() + usize::from(!folded.is_empty())
}

fn filter_place(hash: u64) -> (usize, u64) {
    ((hash >> 58) as usize, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULES: &str = "
        # a comment
        [share 4]
        tell a friend
        [follow 9]
        follow .. on twitter ..
        .. on your phone
        [footer 20]
        copyright .. all rights reserved ..
    ";

    #[test]
    fn a_phrase_without_gaps_is_the_whole_line() {
        check("Tell a friend", Some((Rule::Share, true)));
        check("TELL a   friend!", Some((Rule::Share, true)));
        check("Tell a friend about it", None);
        check("Do tell a friend", None);
    }

    #[test]
    fn a_gap_is_any_words_or_none() {
        check("Follow on Twitter", Some((Rule::Follow, false)));
        check("Follow Jo Nes on Twitter @jo", Some((Rule::Follow, false)));
        check("They follow Jo on Twitter", None);
        check("News on your phone", Some((Rule::Follow, false)));
        check("News on your phone today", None);
    }

    #[test]
    fn words_are_whole() {
        check("Follows Jo on Twitter", None);
        check("Follow Jon on Twitterers", None);
        check("Upon your phone", None);
    }

    #[test]
    fn a_line_longer_than_the_limit_stays() {
        check("Follow a b c d e f on Twitter", Some((Rule::Follow, false)));
        check("Follow a b c d e f g on Twitter", None);
    }

    #[test]
    fn a_user_phrase_may_stand_inside_a_line() {
        let mut phrases = Phrases::default();
        phrases.add_user("Get the app!").unwrap();
        assert_eq!(phrases.find("get the app"), Some((Rule::Phrase, true)));
        assert_eq!(phrases.find("now get the app for free"), Some((Rule::Phrase, false)));
        assert_eq!(phrases.find(&"get the app ".repeat(9)), None);
        assert!(phrases.add_user("…").is_err());
    }

    #[test]
    fn the_built_in_phrases_are_well_formed() {
        let mut phrases = Phrases::default();
        phrases.add_file(NEWS).unwrap();
        assert!(phrases.phrases.len() > 300);
    }

    #[test]
    fn a_broken_file_is_refused() {
        for file in ["tell a friend", "[share]\nx", "[nonsense 3]\nx", "[share 3\nx", "[share 3]\n.. .."] {
            assert!(Phrases::default().add_file(file).is_err(), "{file}");
        }
    }

    proptest! {
        #[test]
        fn any_line_can_be_asked_about(line in "((follow|on|twitter|tell|a|friend|copyright|\\PC{1,3}) ){0,30}") {
            let mut folded = String::new();
            fold(&line, &mut folded);
            table().find(&folded);
        }

        #[test]
        fn a_user_phrase_is_found_in_itself(line in "\\PC{0,30}") {
            let mut phrases = Phrases::default();
            if phrases.add_user(&line).is_ok() {
                let mut folded = String::new();
                fold(&line, &mut folded);
                prop_assert_eq!(phrases.find(&folded), Some((Rule::Phrase, true)));
            }
        }
    }

    fn table() -> Phrases {
        let mut phrases = Phrases::default();
        phrases.add_file(RULES).unwrap();
        phrases
    }

    #[track_caller]
    fn check(line: &str, expected: Option<(Rule, bool)>) {
        let mut folded = String::new();
        fold(line, &mut folded);
        assert_eq!(table().find(&folded), expected, "{line}");
    }
}
