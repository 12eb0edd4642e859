//! textmill plugin: picks the sentences that matter.
//!
//! Two stages. `sentences` marks every sentence, in the layer `sentences`, for stages behind it and for readers
//! of the output. `summarize` chooses a few: the layer `summary.sentences` holds them with their scores, the
//! field `annotations.summary.text` the same joined by spaces. Each is a sentence of the document, whole but for
//! a dateline in front, so a summary says nothing that the document does not.
//!
//! Not here: splitting itself (`textmill_text::sentences`), and how a summary comes about ([`summary`]). This
//! file alone knows documents and options.

pub mod candidates;
pub mod choose;
pub mod dateline;
pub mod phrases;
pub mod reading;
pub mod score;
pub mod summary;
pub mod vocabulary;

use textmill_sdk::prelude::*;
use textmill_text::sentences::{Language, sentences_in};

use crate::choose::Limits;
use crate::summary::Summarizer;

/// Options of stage `sentences`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SentencesOptions {
    /// Whose abbreviations to know, as a two-letter code.
    #[schemars(extend("enum" = Language::CODES))]
    language: String,
}

impl Default for SentencesOptions {
    fn default() -> SentencesOptions {
        SentencesOptions { language: "en".to_owned() }
    }
}

/// Marks the sentences of each document.
pub struct Sentences {
    language: &'static Language,
}

impl Stage for Sentences {
    type Options = SentencesOptions;
    const INFO: StageInfo = StageInfo {
        summary: "Marks the sentences of each document",
        layers: &["sentences"],
        counters: &["sentences"],
        ..StageInfo::new("sentences")
    };

    fn build(options: SentencesOptions, _host: &Host) -> Result<Sentences, OptionError> {
        Ok(Sentences { language: language(&options.language)? })
    }
}

impl DocumentStage for Sentences {
    type Scratch = ();

    fn process(&self, doc: &mut Doc<'_>, _scratch: &mut ()) -> Result<Verdict, StageError> {
        let mut found = 0;
        for range in sentences_in(doc.text(), self.language) {
            doc.annotate("sentences", Span::new(range));
            found += 1;
        }
        doc.count("sentences", found);
        Ok(Verdict::Keep)
    }
}

/// Options of stage `summarize`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SummarizeOptions {
    /// How many sentences a summary has at most, 1 to 100. A document may not have as many that are fit.
    #[schemars(range(min = 1, max = 100))]
    sentences: usize,
    /// How many words a summary has at most. A sentence that does not fit is passed over, never cut.
    #[schemars(range(min = 1))]
    words: Option<usize>,
    /// Whose abbreviations to know, as a two-letter code.
    #[schemars(extend("enum" = Language::CODES))]
    language: String,
}

impl Default for SummarizeOptions {
    fn default() -> SummarizeOptions {
        SummarizeOptions { sentences: 3, words: None, language: "en".to_owned() }
    }
}

/// Sums up each document in some of its own sentences: those of layer `sentences` where an earlier stage made it, else
/// of its own making.
pub struct Summarize {
    limits: Limits,
    language: &'static Language,
}

/// Choosing takes time in proportion to the sentences chosen.
const SENTENCES_MAX: usize = 100;

impl Stage for Summarize {
    type Options = SummarizeOptions;
    const INFO: StageInfo = StageInfo {
        summary: "Sums up each document in some of its own sentences",
        layers: &["summary.sentences"],
        fields: &["annotations.summary.text"],
        uses: &["sentences"],
        counters: &["summaries", "empty_summaries"],
        ..StageInfo::new("summarize")
    };

    fn build(options: SummarizeOptions, _host: &Host) -> Result<Summarize, OptionError> {
        if !(1..=SENTENCES_MAX).contains(&options.sentences) {
            return Err(OptionError::new("sentences", "must be from 1 to 100"));
        }
        if options.words == Some(0) {
            return Err(OptionError::new("words", "must be at least 1"));
        }
        let limits =
            Limits { sentences_max: options.sentences, words_max: options.words.unwrap_or(usize::MAX) };
        Ok(Summarize { limits, language: language(&options.language)? })
    }
}

impl DocumentStage for Summarize {
    type Scratch = Summarizer;

    fn process(&self, doc: &mut Doc<'_>, summarizer: &mut Summarizer) -> Result<Verdict, StageError> {
        let text = doc.text();
        let marked = doc.layer("sentences");
        let chosen = if marked.is_empty() {
            summarizer.summarize(text, sentences_in(text, self.language), self.limits)
        } else {
            summarizer.summarize(text, marked.into_iter().map(|sentence| sentence.range), self.limits)
        };
        for sentence in &chosen {
            let span = Span::new(sentence.range.clone());
            doc.annotate("summary.sentences", span.attr("score", thousandths(sentence.score)));
        }
        let sentences: Vec<&str> = chosen.into_iter().map(|sentence| &text[sentence.range]).collect();
        doc.set("annotations.summary.text", sentences.join(" "));
        doc.count(if sentences.is_empty() { "empty_summaries" } else { "summaries" }, 1);
        Ok(Verdict::Keep)
    }
}

/// Rounds to three decimals, in `f64`, so that no digits of `f32` trail behind them.
fn thousandths(score: f32) -> f64 {
    (f64::from(score) * 1000.0).round() / 1000.0
}

fn language(code: &str) -> Result<&'static Language, OptionError> {
    let known = || format!("must be one of {}", Language::CODES.join(", "));
    Language::named(code).ok_or_else(|| OptionError::new("language", known()))
}

textmill_sdk::plugin! { name: "summarize", stages: [document Sentences, document Summarize] }

#[cfg(test)]
mod tests {
    use textmill_sdk::testing;

    use super::*;

    const REPORT: &str = "BERN – Rain fell in Bern on Monday. Why? The river Aare rose fast in Bern.";

    #[test]
    fn every_sentence_is_marked() {
        let done = testing::document::<Sentences>(json!({}), REPORT).unwrap();
        let marked: Vec<&str> = done.spans("sentences").into_iter().map(|span| &REPORT[span]).collect();
        assert_eq!(
            marked,
            ["BERN – Rain fell in Bern on Monday.", "Why?", "The river Aare rose fast in Bern."]
        );
    }

    #[test]
    fn the_summary_is_its_sentences_joined_by_spaces() {
        let done = testing::document::<Summarize>(json!({}), REPORT).unwrap();
        let marked: Vec<&str> =
            done.spans("summary.sentences").into_iter().map(|span| &REPORT[span]).collect();
        assert_eq!(marked, ["Rain fell in Bern on Monday.", "The river Aare rose fast in Bern."]);
        assert_eq!(done.field("annotations.summary.text"), json!(marked.join(" ")));
        let scores = done.annotations.iter().map(|(.., attributes)| attributes["score"].to_string());
        assert!(scores.clone().all(|score| score.len() <= 6), "{:?}", scores.collect::<Vec<_>>());
    }

    #[test]
    fn sentences_that_were_marked_before_are_taken_as_they_are() {
        let river = 43..76;
        let marked = testing::Given::text(REPORT).layer("sentences", std::iter::once(river.clone()));
        let done = testing::document::<Summarize>(json!({}), marked).unwrap();
        assert_eq!(done.spans("summary.sentences"), std::slice::from_ref(&river));
    }

    #[test]
    fn an_empty_document_has_an_empty_summary() {
        let done = testing::document::<Summarize>(json!({}), "").unwrap();
        assert_eq!(done.field("annotations.summary.text"), json!(""));
        assert_eq!(done.counters, [("empty_summaries".to_owned(), 1)]);
    }

    #[test]
    fn options_out_of_range_are_refused_by_name() {
        for (options, expected) in [
            (json!({"sentences": 0}), "sentences"),
            (json!({"sentences": 101}), "sentences"),
            (json!({"words": 0}), "words"),
            (json!({"language": "tlh"}), "language"),
        ] {
            let err = testing::build::<Summarize>(options).err().unwrap();
            assert!(err.contains(expected), "{err}");
        }
    }
}
