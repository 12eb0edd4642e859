//! Finds the key phrases of one text, without a corpus: YAKE (Campos, Mangaravite, Pasquali, Jorge, Nunes, Jatowt,
//! “YAKE! Keyword extraction from single documents using multiple local features”, Information Sciences 509, 2020).
//!
//! In go a text, its sentences and stop words; out come phrases of up to three words, best first. A word is worth
//! keeping that is often written with a capital, stands early, is frequent, stands in many sentences and beside few
//! different words. A phrase is as good as its words and its own frequency make it.
//!
//! Other than in the paper, no phrase has a stop word inside, and a phrase that shares words with a better one is left
//! out instead of being compared by edit distance.
//!
//! Not here: stop words (`stop_words`).

use std::collections::HashMap;
use std::ops::Range;

use textmill_text::words::words;

use crate::logarithm::ln;
use crate::stop_words::StopWords;
use crate::vocabulary::whole;

/// A key phrase.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyword {
    /// Where it stands first, in bytes of the text.
    pub range: Range<usize>,
    /// How often it stands in the text.
    pub count: u32,
    /// From 0 to 1, higher is better: `1 / (1 + S)` with the S of the paper.
    pub score: f64,
}

/// Returns the best `keywords_max` key phrases of `text`, best first.
///
/// # Examples
///
/// ```
/// use summarize::keywords::keywords;
/// use summarize::stop_words::StopWords;
/// use textmill_text::sentences::sentences;
///
/// let text = "The Aral Sea is back. Water of the Aral Sea had gone, and fishing with it. Fishing is back as well.";
/// let found = keywords(text, sentences(text), &StopWords::of("en"), 1);
/// assert_eq!(&text[found[0].range.clone()], "Aral Sea");
/// ```
#[must_use]
pub fn keywords(
    text: &str,
    sentences: impl Iterator<Item = Range<usize>>,
    stop_words: &StopWords,
    keywords_max: usize,
) -> Vec<Keyword> {
    let terms = Terms::read(text, sentences, stop_words);
    let worth = terms.worth();
    let mut phrases = terms.phrases(text, &worth);
    // A tie goes to the one that stands first.
    phrases.sort_by(|a, b| b.keyword.score.total_cmp(&a.keyword.score).then(a.key().cmp(&b.key())));
    without_repetition(phrases, keywords_max)
}

/// A phrase has at most so many words.
const PHRASE_WORDS_MAX: usize = 3;

/// A text as words in a row.
struct Terms {
    row: Vec<Token>,
    terms: Vec<Term>,
    sentences: usize,
}

/// A word where it stands.
struct Token {
    range: Range<usize>,
    term: usize,
    /// Whether the word before it is its neighbour: no punctuation and no sentence between them.
    joined: bool,
}

/// A word, wherever it stands.
#[derive(Default)]
struct Term {
    is_stop_word: bool,
    count: u32,
    /// Written with a capital, not at the begin of a sentence.
    capitals: u32,
    /// Written in capitals only.
    acronyms: u32,
    /// Numbers of the sentences in which it stands, ascending.
    sentences: Vec<usize>,
    /// Words before and behind it, with repetition.
    left: Vec<usize>,
    right: Vec<usize>,
}

impl Terms {
    fn read(text: &str, sentences: impl Iterator<Item = Range<usize>>, stop_words: &StopWords) -> Terms {
        let mut read = Terms { row: Vec::new(), terms: Vec::new(), sentences: 0 };
        let mut numbers = HashMap::new();
        for sentence in sentences {
            let first = read.row.len();
            for range in words(&text[sentence.clone()]) {
                let range = sentence.start + range.start..sentence.start + range.end;
                let word = &text[range.clone()];
                let hash = whole(without_genitive(word));
                let number = *numbers.entry(hash).or_insert(read.terms.len());
                if number == read.terms.len() {
                    let is_stop_word =
                        stop_words.contains(whole(word)) || stop_words.contains(hash) || is_bare(word);
                    read.terms.push(Term { is_stop_word, ..Term::default() });
                }
                read.note(text, range, number, first);
            }
            read.sentences += 1;
        }
        read
    }

    fn note(&mut self, text: &str, range: Range<usize>, number: usize, first: usize) {
        let word = &text[range.clone()];
        let before = self.row.get(first..).and_then(<[Token]>::last);
        let joined = before.is_some_and(|before| is_space(&text[before.range.end..range.start]));
        let neighbour = before.filter(|_| joined).map(|before| before.term);
        let starts = before.is_none();
        let term = &mut self.terms[number];
        term.count += 1;
        term.capitals += u32::from(!starts && word.starts_with(char::is_uppercase));
        term.acronyms += u32::from(word.len() > 1 && word.chars().all(char::is_uppercase));
        if term.sentences.last() != Some(&self.sentences) {
            term.sentences.push(self.sentences);
        }
        if let Some(neighbour) = neighbour {
            term.left.push(neighbour);
            self.terms[neighbour].right.push(number);
        }
        self.row.push(Token { range, term: number, joined });
    }

    /// The S of each term; lower is better.
    fn worth(&self) -> Vec<f64> {
        let counts: Vec<f64> =
            self.terms.iter().filter(|term| !term.is_stop_word).map(|term| f64::from(term.count)).collect();
        let mean = mean(&counts);
        let deviations: Vec<f64> = counts.iter().map(|count| (count - mean) * (count - mean)).collect();
        let usual = mean + self::mean(&deviations).sqrt();
        let most = counts.iter().copied().fold(1.0, f64::max);
        self.terms.iter().map(|term| term.worth(usual.max(1.0), most, self.sentences)).collect()
    }

    fn phrases(&self, text: &str, worth: &[f64]) -> Vec<Phrase> {
        let mut found: HashMap<Vec<usize>, (usize, u32)> = HashMap::new();
        for start in 0..self.row.len() {
            for (i, token) in self.row[start..].iter().take(PHRASE_WORDS_MAX).enumerate() {
                if (i > 0 && !token.joined) || self.terms[token.term].is_stop_word {
                    break;
                }
                let phrase = self.row[start..=start + i].iter().map(|token| token.term).collect();
                found.entry(phrase).or_insert((start, 0)).1 += 1;
            }
        }
        let phrase = |(terms, (first, count)): (Vec<usize>, (usize, u32))| {
            let product: f64 = terms.iter().map(|&term| worth[term]).product();
            let sum: f64 = terms.iter().map(|&term| worth[term]).sum();
            let score = 1.0 / (1.0 + product / (f64::from(count) * (1.0 + sum)));
            let last = &self.row[first + terms.len() - 1].range;
            let end = last.start + without_genitive(&text[last.clone()]).len();
            Phrase {
                first,
                keyword: Keyword { range: self.row[first].range.start..end, count, score },
                terms,
            }
        };
        found.into_iter().map(phrase).collect()
    }
}

impl Term {
    fn worth(&self, usual: f64, most: f64, sentences: usize) -> f64 {
        let count = f64::from(self.count);
        let casing = f64::from(self.capitals.max(self.acronyms)) / (1.0 + ln(count));
        let median = self.sentences[self.sentences.len() / 2] as f64;
        let position = ln(ln(3.0 + median));
        let relatedness = 1.0 + (variety(&self.left) + variety(&self.right)) * count / most;
        let frequency = count / usual;
        let spread = self.sentences.len() as f64 / sentences as f64;
        relatedness * position / (casing + frequency / relatedness + spread / relatedness)
    }
}

/// A phrase that may be a key phrase.
struct Phrase {
    terms: Vec<usize>,
    /// Where in the row of words it stands first.
    first: usize,
    keyword: Keyword,
}

impl Phrase {
    fn key(&self) -> (usize, usize) {
        (self.first, self.terms.len())
    }
}

/// Takes the best, without those that share words with one taken.
fn without_repetition(phrases: Vec<Phrase>, keywords_max: usize) -> Vec<Keyword> {
    let mut taken: Vec<Phrase> = Vec::new();
    for phrase in phrases {
        if taken.len() == keywords_max {
            break;
        }
        if !taken.iter().any(|it| it.terms.iter().any(|term| phrase.terms.contains(term))) {
            taken.push(phrase);
        }
    }
    taken.into_iter().map(|phrase| phrase.keyword).collect()
}

/// How many different ones there are among `neighbours`, from 0 to 1.
fn variety(neighbours: &[usize]) -> f64 {
    let mut different = neighbours.to_vec();
    different.sort_unstable();
    different.dedup();
    different.len() as f64 / neighbours.len().max(1) as f64
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

fn without_genitive(word: &str) -> &str {
    word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word)
}

/// Whether a word is a number or a single letter of an alphabet.
fn is_bare(word: &str) -> bool {
    word.len() == 1 || !word.contains(char::is_alphabetic)
}

fn is_space(between: &str) -> bool {
    between.chars().all(char::is_whitespace) && !between.contains('\n')
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use textmill_text::sentences::sentences;

    use super::*;

    #[track_caller]
    fn check(text: &str, language: &str, expected: Expect) {
        let found = keywords(text, sentences(text), &StopWords::of(language), 5);
        let shown =
            found.iter().map(|it| format!("{:.3} {} {}\n", it.score, it.count, &text[it.range.clone()]));
        expected.assert_eq(&shown.collect::<String>());
    }

    #[test]
    fn frequent_early_and_capitalised_phrases_come_first() {
        check(
            "Kazakhstan’s glaciers are melting. The UN looks at melting glaciers in Central Asia, where Kazakhstan \
             has 2,700 of them. “We need water,” the UN said of Central Asia’s glaciers. It rained in Bonn.",
            "en",
            expect![[r#"
                0.940 2 Central Asia
                0.856 2 UN
                0.836 3 glaciers
                0.836 2 Kazakhstan
                0.780 2 melting
            "#]],
        );
    }

    #[test]
    fn a_language_without_spaces_or_a_list_has_phrases_too() {
        check(
            "東京で雨が降った。東京は寒い。",
            "ja",
            expect![[r#"
            0.989 1 降った
            0.982 1 で雨が
            0.939 2 東京
            0.822 1 は寒い
        "#]],
        );
        check("", "en", expect![[""]]);
        check("the of 12 a", "en", expect![[""]]);
    }

    proptest! {
        #[test]
        fn any_text_has_its_keywords(text in any::<String>()) {
            for it in keywords(&text, sentences(&text), &StopWords::of("en"), 5) {
                prop_assert!(it.score > 0.0 && it.score <= 1.0);
                prop_assert!(!text[it.range].is_empty());
            }
        }
    }
}
