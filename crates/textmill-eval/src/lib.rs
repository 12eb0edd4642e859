//! Measures what textmill wrote against gold answers: quotes, their speakers, lines that go and lines that stay.
//!
//! Gold files look like those in `seeds/gold/`. What is compared is text, not offsets, so that stages which edit may
//! run before the ones that are judged; offsets are checked against the output's own text.
//!
//! Not here: training, and measures for corpora with formats of their own.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// What is expected of a document.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Gold {
    /// Words that somebody is quoted as saying.
    pub quotes: Vec<GoldQuote>,
    /// Words in quotation marks that nobody says.
    pub not_quotes: Vec<Stretch>,
    /// Lines that should not be in the output.
    pub lines_to_go: Vec<Stretch>,
    /// Words that should not be in the output, in lines that should.
    pub spans_to_go: Vec<Stretch>,
    /// Lines that should be in the output.
    pub lines_to_stay: Vec<Stretch>,
}

/// A quotation with its speaker.
#[derive(Debug, Deserialize)]
pub struct GoldQuote {
    /// The words inside the quotation marks.
    pub text: String,
    /// Who says it.
    pub speaker: Person,
}

/// A person.
#[derive(Debug, Deserialize)]
pub struct Person {
    /// The fullest form of the name in the document.
    pub name: String,
}

/// A stretch of text.
#[derive(Debug, Deserialize)]
pub struct Stretch {
    /// The words.
    pub text: String,
}

/// A document as textmill writes it; members that a pipeline did not make are empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Output {
    /// The document's id.
    pub id: String,
    /// Its text.
    pub text: String,
    annotations: Annotations,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Annotations {
    quotes: Vec<Quote>,
    summary: Summary,
}

#[derive(Debug, Deserialize)]
struct Quote {
    #[serde(flatten)]
    place: Place,
    speaker: Option<Speaker>,
}

#[derive(Debug, Deserialize)]
struct Speaker {
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    sentences: Vec<Place>,
}

#[derive(Debug, Deserialize)]
struct Place {
    start: usize,
    end: usize,
    text: String,
}

/// How many of what was expected were found, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Score {
    /// By what was looked for: found, expected, and found that should not be there.
    pub counts: BTreeMap<&'static str, Count>,
    /// Each miss, in a line.
    pub misses: Vec<String>,
}

/// One row of a score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// What was expected and is there.
    pub found: usize,
    /// What was expected.
    pub expected: usize,
    /// What is there and should not be.
    pub extra: usize,
}

impl Score {
    /// Judges a document.
    pub fn add(&mut self, gold: &Gold, output: &Output) {
        let quotes = &output.annotations.quotes;
        for expected in &gold.quotes {
            let found = quotes.iter().find(|quote| same_words(&quote.place.text, &expected.text));
            self.expect("quotes", found.is_some(), &output.id, &expected.text);
            let name = found.and_then(|quote| quote.speaker.as_ref()?.name.as_deref());
            self.expect("speakers", name == Some(&*expected.speaker.name), &output.id, &expected.text);
        }
        for quote in quotes {
            if !gold.quotes.iter().any(|expected| same_words(&quote.place.text, &expected.text)) {
                self.extra("quotes", &output.id, &quote.place.text);
            }
        }
        for line in &gold.lines_to_stay {
            self.expect("lines that stay", output.text.contains(&line.text), &output.id, &line.text);
        }
        for line in gold.lines_to_go.iter().chain(&gold.spans_to_go) {
            self.expect("text that goes", !output.text.contains(&line.text), &output.id, &line.text);
        }
        let sentences = &output.annotations.summary.sentences;
        let places = quotes.iter().map(|quote| &quote.place).chain(sentences);
        for place in places {
            let characters =
                output.text.chars().skip(place.start).take(place.end.saturating_sub(place.start));
            self.expect("offsets", characters.eq(place.text.chars()), &output.id, &place.text);
        }
        for sentence in sentences {
            self.expect("whole sentences", ends_like_a_sentence(&sentence.text), &output.id, &sentence.text);
        }
        self.expect("summaries", !sentences.is_empty(), &output.id, "no summary");
    }

    /// Counts a document that was expected and is not there.
    pub fn missing(&mut self, id: &str) {
        self.expect("documents", false, id, "not in the output");
    }

    /// Whether nothing is missing and nothing is there that should not be.
    pub fn is_perfect(&self) -> bool {
        self.misses.is_empty()
    }

    fn expect(&mut self, what: &'static str, found: bool, id: &str, text: &str) {
        let count = self.counts.entry(what).or_default();
        count.expected += 1;
        count.found += usize::from(found);
        if !found {
            self.misses.push(format!("{what}: {id}: missed: {text}"));
        }
    }

    fn extra(&mut self, what: &'static str, id: &str, text: &str) {
        self.counts.entry(what).or_default().extra += 1;
        self.misses.push(format!("{what}: {id}: not expected: {text}"));
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, Count { found, expected, extra }) in &self.counts {
            writeln!(f, "{what:16} {found:4} of {expected:4}, {extra} not expected")?;
        }
        self.misses.iter().try_for_each(|miss| writeln!(f, "{miss}"))
    }
}

/// Equal but for white space and punctuation at the ends: where a closing comma belongs is a matter of style.
fn same_words(a: &str, b: &str) -> bool {
    let inside = |text: &str| text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    inside(a) == inside(b)
}

fn ends_like_a_sentence(text: &str) -> bool {
    text.trim_end_matches(['”', '"', ')', '’', '\'', ']']).ends_with(['.', '!', '?', '…'])
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(gold: &str, output: &str, expected: Expect) {
        let mut score = Score::default();
        score.add(&serde_json::from_str(gold).unwrap(), &serde_json::from_str(output).unwrap());
        expected.assert_eq(&score.to_string());
    }

    #[test]
    fn a_document_as_expected_has_no_misses() {
        check(
            r#"{"quotes":[{"text":"Rain,","speaker":{"name":"Ann Lee"}}],"lines_to_stay":[{"text":"“Rain,” said Ann."}]}"#,
            r#"{"id":"1","text":"“Rain,” said Ann.","annotations":{
                "quotes":[{"start":1,"end":5,"text":"Rain","speaker":{"name":"Ann Lee"}}],
                "summary":{"sentences":[{"start":0,"end":17,"text":"“Rain,” said Ann."}]}}}"#,
            expect![[r#"
                lines that stay     1 of    1, 0 not expected
                offsets             2 of    2, 0 not expected
                quotes              1 of    1, 0 not expected
                speakers            1 of    1, 0 not expected
                summaries           1 of    1, 0 not expected
                whole sentences     1 of    1, 0 not expected
            "#]],
        );
    }

    #[test]
    fn each_miss_says_what_it_is() {
        check(
            r#"{"quotes":[{"text":"Rain","speaker":{"name":"Ann Lee"}}],"lines_to_go":[{"text":"Share"}]}"#,
            r#"{"id":"1","text":"Share this","annotations":{"quotes":[{"start":0,"end":2,"text":"Me","speaker":null}]}}"#,
            expect![[r#"
                offsets             0 of    1, 0 not expected
                quotes              0 of    1, 1 not expected
                speakers            0 of    1, 0 not expected
                summaries           0 of    1, 0 not expected
                text that goes      0 of    1, 0 not expected
                quotes: 1: missed: Rain
                speakers: 1: missed: Rain
                quotes: 1: not expected: Me
                text that goes: 1: missed: Share
                offsets: 1: missed: Me
                summaries: 1: missed: no summary
            "#]],
        );
    }
}
