//! Notes what a digest needs of one document: its heaviest words, its best sentences, what was said in it.
//!
//! Not here: what the words weigh in the corpus (`group`), which sentences are taken (`story`).

use std::collections::HashMap;
use std::ops::Range;

use textmill_text::words::words;

use crate::features::headline;
use crate::stop_words::StopWords;
use crate::summary::{Chosen, Request, Summarizer};
use crate::vocabulary::{stem, whole};

/// What is kept of a document.
#[derive(Debug, Clone, Default)]
pub struct Note {
    /// The document's place in the corpus.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// Its date as written, if it has one that could be read, and that date as a day.
    pub date: Option<(String, i32)>,
    /// Its headline, if it has one.
    pub title: Option<String>,
    /// Its heaviest words with how often each stands in it, by word, ascending.
    pub terms: Vec<(u32, u16)>,
    /// Its best sentences, in text order.
    pub sentences: Vec<NotedSentence>,
    /// What is said in it by people who are named, in text order.
    pub quotes: Vec<NotedQuote>,
}

/// A sentence with its place, in code points.
#[derive(Debug, Clone)]
pub struct NotedSentence {
    /// The sentence.
    pub text: String,
    /// Where it stands, in code points.
    pub range: Range<usize>,
    /// What the summary model says.
    pub score: f32,
}

/// A quotation with its place, in code points.
#[derive(Debug, Clone)]
pub struct NotedQuote {
    /// Who says it.
    pub speaker: String,
    /// What is said.
    pub text: String,
    /// Where it stands, in code points.
    pub range: Range<usize>,
}

/// No note takes more bytes, the document's id aside.
pub const BYTES_MAX: usize = 16 << 10;

/// So many words of a document are kept: enough to tell stories apart, few enough to hold a million documents.
const TERMS_MAX: usize = 64;

const SENTENCES_MAX: usize = 8;

const QUOTES_MAX: usize = 12;

/// Longer sentences, quotations and titles are left out. With 20 of them, a note stays below [`BYTES_MAX`].
const TEXT_BYTES_MAX: usize = 700;

/// Takes notes of documents one after the other; keeps its memory, nothing else.
#[derive(Debug, Default)]
pub struct Notetaker {
    summarizer: Summarizer,
    counts: HashMap<u64, Count>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    count: u16,
    /// Written with a capital where no sentence begins.
    names: u16,
    /// Where it stands first.
    first: u32,
}

impl Notetaker {
    /// Notes the words, the best of `sentences`, and the headline of `text`.
    pub fn note(&mut self, text: &str, sentences: &[Range<usize>], stop_words: &StopWords) -> Note {
        Note {
            terms: self.terms(text, sentences, stop_words),
            sentences: self.best(text, sentences),
            title: headline(self.summarizer.reading(), self.summarizer.candidates())
                .map(|sentence| text[sentence.range.clone()].trim_end().to_owned()),
            ..Note::default()
        }
    }

    fn terms(&mut self, text: &str, sentences: &[Range<usize>], stop_words: &StopWords) -> Vec<(u32, u16)> {
        self.counts.clear();
        let mut read = 0;
        for sentence in sentences {
            for (i, word) in content_words(&text[sentence.clone()], stop_words).enumerate() {
                read += 1;
                let count =
                    self.counts.entry(stem(word)).or_insert(Count { first: read, ..Count::default() });
                count.count = count.count.saturating_add(1);
                count.names =
                    count.names.saturating_add(u16::from(i > 0 && word.starts_with(char::is_uppercase)));
            }
        }
        let mut counts: Vec<(u64, Count)> = self.counts.iter().map(|(&stem, &count)| (stem, count)).collect();
        // Names tell stories apart, and so do the words of the lead.
        counts
            .sort_unstable_by_key(|(_, it)| (u32::MAX - u32::from(it.count) - u32::from(it.names), it.first));
        counts.truncate(TERMS_MAX);
        let mut terms: Vec<(u32, u16)> =
            counts.into_iter().map(|(stem, it)| (term(stem), it.count)).collect();
        terms.sort_unstable();
        terms.dedup_by_key(|(term, _)| *term);
        terms
    }

    fn best(&mut self, text: &str, sentences: &[Range<usize>]) -> Vec<NotedSentence> {
        let request = Request::sentences(SENTENCES_MAX);
        let mut ranked: Vec<Chosen> =
            self.summarizer.rank(text, sentences.iter().cloned(), request).collect();
        ranked.retain(|it| it.range.len() <= TEXT_BYTES_MAX && !it.leans_back);
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        ranked.truncate(SENTENCES_MAX);
        ranked.sort_unstable_by_key(|it| it.range.start);
        let mut code_points = CodePoints::new(text);
        let noted = ranked.into_iter().map(|it| NotedSentence {
            text: text[it.range.clone()].to_owned(),
            range: code_points.range(it.range),
            score: it.score,
        });
        noted.collect()
    }
}

impl Note {
    /// Adds what is said in `text`: speakers and byte ranges, in text order.
    pub fn add_quotes<'a>(&mut self, text: &str, quotes: impl Iterator<Item = (&'a str, Range<usize>)>) {
        let mut code_points = CodePoints::new(text);
        let fit = quotes.filter(|(_, range)| range.len() <= TEXT_BYTES_MAX).take(QUOTES_MAX);
        self.quotes.extend(fit.map(|(speaker, range)| NotedQuote {
            speaker: speaker.to_owned(),
            text: text[range.clone()].to_owned(),
            range: code_points.range(range),
        }));
    }

    /// Sets the title, unless it is empty or as long as a text.
    pub fn set_title(&mut self, title: &str) {
        if !title.trim().is_empty() && title.len() <= TEXT_BYTES_MAX {
            self.title = Some(title.trim().to_owned());
        }
    }
}

/// The words of `text` that say what it is about.
pub fn content_words<'a>(text: &'a str, stop_words: &'a StopWords) -> impl Iterator<Item = &'a str> {
    let long_enough =
        |word: &str| word.len() >= 2 && (word.len() >= 4 || !word.starts_with(char::is_lowercase));
    words(text)
        .map(|range| &text[range])
        .filter(move |word| long_enough(word) && !stop_words.contains(whole(word)))
}

/// A stem in half the bytes. Two that fall together once in billions of pairs do no harm.
#[must_use]
pub fn term(stem: u64) -> u32 {
    (stem.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// The day of a date such as `2024-07-03` or `2024-07-03T10:00:00Z`, counted from 1970; `None` for anything else.
///
/// # Examples
///
/// ```
/// use summarize::digest::note::day;
///
/// assert_eq!(day("1970-01-02"), Some(1));
/// assert_eq!(day("3 July"), None);
/// ```
#[must_use]
pub fn day(date: &str) -> Option<i32> {
    let date = date.get(..10)?;
    let mut parts =
        date.split('-').map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse()));
    let mut part = || parts.next()??.ok();
    let (year, month, day): (i32, i32, i32) = (part()?, part()?, part()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1 March of year 0 in the Gregorian calendar: leap days then stand at the ends of years.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

/// Turns byte offsets into code points, as long as they ascend.
struct CodePoints<'a> {
    text: &'a str,
    bytes: usize,
    count: usize,
}

impl CodePoints<'_> {
    fn new(text: &str) -> CodePoints<'_> {
        CodePoints { text, bytes: 0, count: 0 }
    }

    fn range(&mut self, range: Range<usize>) -> Range<usize> {
        self.at(range.start)..self.at(range.end)
    }

    fn at(&mut self, byte: usize) -> usize {
        if byte < self.bytes {
            (self.bytes, self.count) = (0, 0);
        }
        self.count += self.text[self.bytes..byte].chars().count();
        self.bytes = byte;
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_the_calendar() {
        for (date, expected) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29T23:59:59Z", Some(11016)),
            ("2024-07-03", Some(19907)),
            ("1969-12-31", Some(-1)),
            ("2024-13-01", None),
            ("2024-7-3", None),
            ("3 July 2024", None),
            ("2024-07-0é", None),
            ("", None),
        ] {
            assert_eq!(day(date), expected, "{date}");
        }
    }

    #[test]
    fn words_without_meaning_are_left_out_and_short_names_kept() {
        let stop_words = StopWords::of("en");
        let found: Vec<&str> =
            content_words("The UN and the SCO met on a red rug in May.", &stop_words).collect();
        assert_eq!(found, ["UN", "SCO"]);
    }
}
