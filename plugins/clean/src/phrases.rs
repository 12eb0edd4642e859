//! Finds lines that are a known phrase, such as "Tell a friend", or are built around one.
//!
//! In goes a line, out comes the rule of the first phrase that fits. Phrases are
//! data: the built-in ones stand in `rules/news.txt`, which also says how they are written; a user adds
//! plain sentences to them.
//!
//! Most lines hold none, and have to cost little: the first word of a line, and the words that were waited for in the
//! whole text (`watch`), tell whether any phrase can fit at all, and only then is the line folded and compared.
//!
//! Not here: which lines are asked about, and what protects a line that fits (`cleaner`).

use crate::fold::fold;
use crate::lexicon::word_hashes;
use crate::rule::Rule;
use crate::watch::{CALL, INNER, Watch};

/// The built-in phrases of news pages.
pub const NEWS: &str = include_str!("../rules/news.txt");

/// How many words a line may have beyond those of a user's phrase that it contains.
const WORDS_AROUND_MAX: usize = 16;

/// A set of phrases, ready to be looked up.
#[derive(Debug, Default)]
pub struct Phrases {
    phrases: Vec<Phrase>,
    /// First word and index of each phrase; sorted.
    by_first_word: Vec<(String, usize)>,
    /// Words that start a line some phrase fits.
    first_words: Words,
    /// Words that start a phrase inside a line.
    inner_first_words: Words,
    /// The longest word of each of these, by which a line is told to need a closer look, and others like them.
    watch: Watch,
    /// A phrase is not ASCII, and the first look would miss what only folding finds.
    looks_closely: bool,
    words_max: usize,
}

/// A set of hashes of words.
#[derive(Debug, Default)]
struct Words {
    hashes: Vec<u32>,
    /// One bit for each value of a hash's last 12 bits.
    filter: Vec<u64>,
}

impl Words {
    fn add(&mut self, hash: u32) {
        self.filter.resize(64, 0);
        self.filter[(hash as usize >> 6) % 64] |= 1 << (hash % 64);
        let place = self.hashes.partition_point(|other| *other < hash);
        self.hashes.insert(place, hash);
    }

    fn has(&self, hash: u32) -> bool {
        let bits = self.filter.get((hash as usize >> 6) % 64).copied().unwrap_or(0);
        bits & (1 << (hash % 64)) != 0 && self.hashes.binary_search(&hash).is_ok()
    }
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
        self.looks_closely |= !sentence.is_ascii();
        let words_max = word_count(&folded) + WORDS_AROUND_MAX;
        self.add(phrase(&format!(".. {folded} .."), Rule::Phrase, words_max)?);
        Ok(())
    }

    fn add(&mut self, phrase: Phrase) {
        let part = &phrase.parts[0];
        self.looks_closely |= !phrase.parts.iter().all(|part| part.is_ascii());
        if phrase.from_start {
            self.first_words.add(hash_of(first_word(part)));
            if may_call(phrase.rule) && part.is_ascii() {
                self.watch.add(first_word(part), CALL);
            }
        } else if let Some(longest) = part.split(' ').max_by_key(|word| word.len()) {
            self.inner_first_words.add(hash_of(first_word(part)));
            if part.is_ascii() {
                self.watch.add(longest, INNER);
            }
        }
        let entry = (first_word(part).to_owned(), self.phrases.len());
        let place = self.by_first_word.partition_point(|other| *other < entry);
        self.by_first_word.insert(place, entry);
        self.words_max = self.words_max.max(phrase.words_max);
        self.phrases.push(phrase);
    }

    /// Returns the rule of a phrase that fits `line`, and whether the phrase is the whole line. A line that does not hold
    /// an [`INNER`] word is looked at from its start only; `folded` is room to work in.
    ///
    /// # Examples
    ///
    /// ```
    /// use clean::{phrases::Phrases, rule::Rule};
    ///
    /// let mut phrases = Phrases::default();
    /// phrases.add_file("[follow 12]\nfollow .. on twitter ..")?;
    /// phrases.add_user("Our paper on your phone")?;
    /// let mut find = |line| phrases.find(line, true, &mut String::new());
    /// assert_eq!(find("Follow Jo Nes on Twitter."), Some((Rule::Follow, false)));
    /// assert_eq!(find("Our paper on your phone!"), Some((Rule::Phrase, true)));
    /// assert_eq!(find("A follow-up on Twitter"), None);
    /// # Ok::<(), clean::phrases::PhraseError>(())
    /// ```
    pub fn find(&self, line: &str, holds_inner: bool, folded: &mut String) -> Option<(Rule, bool)> {
        folded.clear();
        fold(line, folded);
        let words = word_count(folded);
        if words > self.words_max {
            return None;
        }
        let places = if holds_inner || self.looks_closely { usize::MAX } else { 1 };
        let mut at = 0;
        for word in folded.split(' ').take(places) {
            let hash = hash_of(word);
            if !(self.inner_first_words.has(hash) || (at == 0 && self.first_words.has(hash))) {
                at += word.len() + 1;
                continue;
            }
            let found =
                self.phrases_at(word).find(|phrase| words <= phrase.words_max && phrase.fits(folded, at));
            if let Some(phrase) = found {
                return Some((phrase.rule, phrase.parts.len() == 1 && phrase.parts[0].len() == folded.len()));
            }
            at += word.len() + 1;
        }
        None
    }

    /// The rule of a phrase that is all of `sentence`, the last one of a line that says more: only calls to do something.
    ///
    /// # Examples
    ///
    /// ```
    /// use clean::{phrases::Phrases, rule::Rule};
    ///
    /// let mut phrases = Phrases::default();
    /// phrases.add_file("[share 12]\nshare this article\nshare on ..")?;
    /// let mut find = |sentence| phrases.find_call(sentence, true, &mut String::new());
    /// assert_eq!(find("Share this article!"), Some(Rule::Share));
    /// assert_eq!(find("Share on Monday was low."), None);
    /// # Ok::<(), clean::phrases::PhraseError>(())
    /// ```
    pub fn find_call(&self, sentence: &str, holds_inner: bool, folded: &mut String) -> Option<Rule> {
        let (rule, is_whole) = self.find(sentence, holds_inner, folded)?;
        let is_several_words = || folded.contains(' ');
        let is_tight = is_whole || matches!(rule, Rule::Follow | Rule::Newsletter);
        (may_call(rule) && is_tight && is_several_words()).then_some(rule)
    }

    /// What to wait for in a text: a line without an [`INNER`] word is fitted only by phrases from its start.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Takes a first look: whether a phrase may fit `line` that does not depend on an [`INNER`] word.
    pub fn may_fit_from_start(&self, line: &str) -> bool {
        self.looks_closely
            || word_hashes(line.as_bytes()).next().is_some_and(|first| self.first_words.has(first))
    }

    fn phrases_at<'p>(&'p self, word: &'p str) -> impl Iterator<Item = &'p Phrase> {
        let from = self.by_first_word.partition_point(|entry| *entry.0 < *word);
        let entries = self.by_first_word[from..].iter().take_while(move |entry| entry.0 == word);
        entries.map(|entry| &self.phrases[entry.1])
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

/// Whether phrases of `rule` call the reader to do something.
fn may_call(rule: Rule) -> bool {
    matches!(rule, Rule::Share | Rule::ReadMore | Rule::Follow | Rule::Newsletter)
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

fn hash_of(word: &str) -> u32 {
    word_hashes(word.as_bytes()).next().unwrap_or_default()
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
        let find = |line| phrases.find(line, true, &mut String::new());
        assert_eq!(find("GET the app"), Some((Rule::Phrase, true)));
        assert_eq!(find("Now: get the app, for free"), Some((Rule::Phrase, false)));
        assert_eq!(find(&"get the app ".repeat(9)), None);
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
        fn a_line_without_a_watched_word_is_fitted_from_its_start(
            line in "((follow|on|twitter|tell|a|friend|copyright|\\PC{1,3}) ){0,30}",
        ) {
            let (phrases, mut hits, mut folded) = (table(), Vec::new(), String::new());
            phrases.watch().find(&line, &mut hits);
            let holds_inner = hits.iter().any(|hit| hit.kinds & INNER != 0);
            let found = phrases.find(&line, true, &mut folded);
            prop_assert_eq!(phrases.find(&line, holds_inner, &mut folded), found);
        }

        #[test]
        fn a_user_phrase_is_found_in_itself(line in "\\PC{0,30}") {
            let mut phrases = Phrases::default();
            if phrases.add_user(&line).is_ok() {
                prop_assert_eq!(phrases.find(&line, true, &mut String::new()), Some((Rule::Phrase, true)));
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
        assert_eq!(table().find(line, true, &mut String::new()), expected, "{line}");
    }
}
