//! Reads the sentences of a document once and notes what the other modules ask about each.
//!
//! In go the text and its sentences as byte spans; out come counts, word numbers and marks of form. One pass
//! over the words, because everything else is arithmetic on what it leaves behind.
//!
//! Not here: what the notes mean for a sentence's place in a summary (`candidates`, `score`).

use std::ops::Range;

use memchr::memchr3_iter;
use textmill_text::words::words;

use crate::phrases::{Phrase, PhraseFinder};
use crate::vocabulary::{Vocabulary, stem, stems};
use textmill_text::dateline::dateline_bytes;

/// A document as read: its sentences, and the words they are made of.
#[derive(Debug, Default)]
pub struct Reading {
    /// The sentences, first to last.
    pub sentences: Vec<Sentence>,
    /// The words that carry meaning.
    pub vocabulary: Vocabulary,
    /// Word numbers of all sentences, each once a sentence.
    words: Vec<u32>,
    /// Stems that the reader of the summary asks for.
    query: Vec<u64>,
    finder: PhraseFinder,
}

/// What is known of one sentence.
#[derive(Debug, Clone)]
pub struct Sentence {
    /// Bytes of the text, without a dateline at its begin.
    pub range: Range<usize>,
    /// Number of the line on which it begins.
    pub line: u32,
    /// How many words it has.
    pub words: u32,
    /// Words with a capital, the first one aside.
    pub capitals: u32,
    /// Words that begin with a digit.
    pub numbers: u32,
    /// Whether it says `I`, `we` and the like.
    pub first_person: bool,
    /// Whether it begins with a word that points to the sentence before: `he`, `this`, `but`.
    pub leans_back: bool,
    /// Whether a quotation mark stands in it.
    pub quotes: bool,
    /// Whether a quotation goes on from the sentence before it or into the next one.
    pub in_open_quotation: bool,
    /// How it ends.
    pub ending: Ending,
    /// A set phrase of captions and sign-up lines in it.
    pub phrase: Option<Phrase>,
    /// Which words of the query stand in it: a bit for each.
    pub asked: u64,
    /// Its words, as indexes into [`Reading::words_of`].
    meaning: Range<usize>,
}

/// As many words of a query are looked for; a sentence has a bit for each.
pub const QUERY_WORDS_MAX: usize = 64;

/// How a sentence ends, closing marks aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Period, exclamation mark, or the like of another script.
    Stop,
    /// Question mark.
    Question,
    /// It trails off.
    Ellipsis,
    /// No stop at all: a headline, a caption, a list item.
    Open,
}

impl Reading {
    /// Looks for these stems from now on; for the first [`QUERY_WORDS_MAX`] of them.
    pub fn ask(&mut self, query: &[u64]) {
        self.query.clear();
        self.query.extend_from_slice(&query[..query.len().min(QUERY_WORDS_MAX)]);
    }

    /// The stems that are looked for.
    #[must_use]
    pub fn query(&self) -> &[u64] {
        &self.query
    }

    /// Reads the sentences of `text`, forgetting the document before.
    pub fn read(&mut self, text: &str, spans: impl Iterator<Item = Range<usize>>) {
        self.sentences.clear();
        self.words.clear();
        self.vocabulary.clear();
        let (mut line, mut read, mut quotation_is_open) = (0, 0, false);
        for span in spans {
            if text.as_bytes()[read..span.start].contains(&b'\n') {
                line += 1;
                quotation_is_open = false;
            }
            read = span.end;
            let was_open = quotation_is_open;
            let quotes = follow_quotations(&text[span.clone()], &mut quotation_is_open);
            let mut sentence = self.read_words(text, span);
            sentence.line = line;
            sentence.quotes = quotes;
            sentence.in_open_quotation = was_open || quotation_is_open;
            self.sentences.push(sentence);
        }
    }

    /// Numbers in the vocabulary of the words of `sentence` that carry meaning, each once.
    #[must_use]
    pub fn words_of(&self, sentence: &Sentence) -> &[u32] {
        &self.words[sentence.meaning.clone()]
    }

    fn read_words(&mut self, text: &str, span: Range<usize>) -> Sentence {
        let start = span.start + dateline_bytes(&text[span.clone()]);
        let sentence_text = &text[start..span.end];
        let number = self.sentences.len() as u32;
        let first = self.words.len();
        let mut sentence = Sentence::new(start..span.end, ending(sentence_text));
        for word_span in words(sentence_text) {
            let word = &sentence_text[word_span.clone()];
            let (stem, shape) = (stem(word), Shape::of(word));
            sentence.note(stem, shape);
            if sentence.phrase.is_none() {
                sentence.phrase = self.finder.find(stem, &sentence_text[word_span.start..]);
            }
            if let Some(bit) = self.query.iter().position(|&asked| asked == stem) {
                sentence.asked |= 1 << bit;
            }
            if shape.carries_meaning() {
                self.words.extend(self.vocabulary.note(stem, number));
            }
        }
        sentence.meaning = first..self.words.len();
        sentence
    }
}

impl Sentence {
    fn new(range: Range<usize>, ending: Ending) -> Sentence {
        Sentence {
            range,
            line: 0,
            words: 0,
            capitals: 0,
            numbers: 0,
            first_person: false,
            leans_back: false,
            quotes: false,
            in_open_quotation: false,
            ending,
            phrase: None,
            asked: 0,
            meaning: 0..0,
        }
    }

    fn note(&mut self, stem: u64, shape: Shape) {
        self.leans_back |= self.words == 0 && shape.bytes <= 5 && LEANING.contains(&stem);
        self.capitals += u32::from(shape.capital && self.words > 0);
        self.numbers += u32::from(shape.digit);
        self.first_person |= shape.bytes <= 3 && FIRST_PERSON.contains(&stem);
        self.words += 1;
    }
}

/// A speaker's or a writer's word for himself.
static FIRST_PERSON: [u64; 6] = stems(["i", "we", "me", "my", "us", "our"]);

/// First words of sentences that cannot be understood without the one before.
static LEANING: [u64; 18] = stems([
    "he", "she", "it", "they", "his", "her", "their", "its", "this", "that", "these", "those", "but", "and",
    "so", "such", "er", "sie",
]);

/// What can be seen of a word without knowing it.
#[derive(Debug, Clone, Copy)]
struct Shape {
    bytes: usize,
    capital: bool,
    digit: bool,
    ascii: bool,
}

impl Shape {
    fn of(word: &str) -> Shape {
        let first = word.as_bytes()[0];
        let ascii = first.is_ascii();
        let capital = if ascii { first.is_ascii_uppercase() } else { word.starts_with(char::is_uppercase) };
        Shape { bytes: word.len(), capital, digit: first.is_ascii_digit(), ascii }
    }

    /// Whether a word like this is likely to say what the text is about: names, numbers and longer words, in
    /// place of a list of stop words for each language.
    fn carries_meaning(self) -> bool {
        self.bytes >= 5 || self.digit || (self.bytes >= 3 && (self.capital || !self.ascii))
    }
}

fn ending(sentence: &str) -> Ending {
    let bare =
        sentence.trim_end_matches(['"', '\'', '”', '’', '“', '»', '«', '›', ')', ']', '」', '』', '*', '_']);
    match bare.chars().next_back() {
        Some('…') => Ending::Ellipsis,
        Some('.') if bare.ends_with("..") || bare.ends_with(". .") => Ending::Ellipsis,
        Some('.' | '!' | '。' | '！' | '．' | '｡' | '।' | '॥' | '۔' | '։' | '።' | '។' | '။' | '‼') => {
            Ending::Stop
        }
        Some('?' | '？' | '؟' | '⁇' | '⁈' | '⁉' | '‽' | '፧') => Ending::Question,
        _ => Ending::Open,
    }
}

/// Follows the quotation marks of a sentence; returns whether there is one.
///
/// A straight mark opens when a letter follows and none stands before it. That, unlike counting, survives
/// a quotation of several paragraphs, which opens in each of them and closes in the last.
fn follow_quotations(sentence: &str, is_open: &mut bool) -> bool {
    let bytes = sentence.as_bytes();
    let mut found = false;
    for i in memchr3_iter(b'"', 0xE2, 0xC2, bytes) {
        let opens = match &bytes[i..] {
            [b'"', rest @ ..] => opens_straight(&bytes[..i], rest),
            [0xE2, 0x80, 0x9E, ..] | [0xC2, 0xAB, ..] => true,
            [0xE2, 0x80, 0x9C, ..] => !*is_open,
            [0xE2, 0x80, 0x9D, ..] | [0xC2, 0xBB, ..] => false,
            _ => continue,
        };
        found = true;
        *is_open = opens;
    }
    found
}

fn opens_straight(before: &[u8], after: &[u8]) -> bool {
    let free = before
        .last()
        .is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'(' | b'[' | b'-' | b'\''));
    free && after.first().is_some_and(|byte| !byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use textmill_text::sentences::sentences;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut reading = Reading::default();
        reading.read(text, sentences(text));
        let shown: String = reading.sentences.iter().map(|it| show(text, it)).collect();
        expected.assert_eq(&shown);
    }

    fn show(text: &str, it: &Sentence) -> String {
        let marks =
            [(it.quotes, "quotes"), (it.in_open_quotation, "open"), (it.first_person, "first-person")];
        let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
        let (line, words, capitals, numbers) = (it.line, it.words, it.capitals, it.numbers);
        format!(
            "{} | line {line}, {words} words, {capitals} capitals, {numbers} numbers, {:?}, {:?} {}\n",
            &text[it.range.clone()],
            it.ending,
            it.phrase,
            marks.join(" ")
        )
    }

    #[test]
    fn words_are_counted_behind_the_dateline() {
        check(
            "GENEVA – The talks of 12 states in Bonn went on. Rain fell",
            expect![[r#"
            The talks of 12 states in Bonn went on. | line 0, 9 words, 1 capitals, 1 numbers, Stop, None 
            Rain fell | line 0, 2 words, 0 capitals, 0 numbers, Open, None 
        "#]],
        );
    }

    #[test]
    fn a_quotation_over_several_sentences_is_open_in_each() {
        check(
            "\"It rained. We stayed,\" Ann said. \"Why?\" Bob left.\n“It snowed. She left …\n\n„Ja.“ He left.",
            expect![[r#"
            "It rained. | line 0, 2 words, 0 capitals, 0 numbers, Stop, None quotes open
            We stayed," Ann said. | line 0, 4 words, 1 capitals, 0 numbers, Stop, None quotes open first-person
            "Why?" | line 0, 1 words, 0 capitals, 0 numbers, Question, None quotes
            Bob left. | line 0, 2 words, 0 capitals, 0 numbers, Stop, None 
            “It snowed. | line 1, 2 words, 0 capitals, 0 numbers, Stop, None quotes open
            She left … | line 1, 2 words, 0 capitals, 0 numbers, Ellipsis, None open
            „Ja.“ | line 2, 1 words, 0 capitals, 0 numbers, Stop, None quotes
            He left. | line 2, 2 words, 0 capitals, 0 numbers, Stop, None 
        "#]],
        );
    }

    #[test]
    fn phrases_of_captions_and_sign_up_lines_are_marked() {
        check(
            "A hill in the rain. Photo: Ann Berg\nSign up for our letter!",
            expect![[r#"
            A hill in the rain. | line 0, 5 words, 0 capitals, 0 numbers, Stop, None 
            Photo: Ann Berg | line 0, 3 words, 2 capitals, 0 numbers, Open, Some(Credit) 
            Sign up for our letter! | line 1, 5 words, 0 capitals, 0 numbers, Stop, Some(SignUp) first-person
        "#]],
        );
    }
}
