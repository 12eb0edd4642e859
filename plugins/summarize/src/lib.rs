//! textmill plugin: picks the sentences that matter.
//!
//! Three stages. `sentences` marks every sentence, in the layer `sentences`, for stages behind it and for readers
//! of the output. `summarize` chooses a few: the layer `summary.sentences` holds them with their scores, the
//! field `annotations.summary.text` the same joined by spaces. Each is a sentence of the document, whole but for
//! a dateline in front, so a summary says nothing that the document does not. `digest` does the same for the documents
//! of a corpus that tell one story: the field `annotations.story` numbers the story, the table `stories` sums it up.
//!
//! Not here: splitting itself (`textmill_text::sentences`), how a summary comes about ([`summary`]), and how stories
//! do ([`digest`](mod@digest)). This file alone knows documents and options.

pub mod candidates;
pub mod choose;
pub mod digest;
pub mod features;
pub mod keywords;
pub mod logarithm;
pub mod phrases;
pub mod reading;
pub mod score;
pub mod stop_words;
pub mod summary;
pub mod vocabulary;

use std::ops::Range;

use textmill_sdk::prelude::*;
use textmill_sdk::serde_json;
use textmill_text::sentences::{Language, sentences_in};
use textmill_text::words::words;

use crate::choose::Limits;
use crate::digest::Shape;
use crate::digest::group::Grouping;
use crate::digest::note::{Note, Notetaker, day};
use crate::keywords::keywords;
use crate::score::{Weights, Worth};
use crate::stop_words::StopWords;
use crate::summary::{Request, Summarizer};
use crate::vocabulary::{stem, whole};

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

/// What makes a sentence worth a place in the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Standing early. Headlines, captions, datelines and lines for the reader are passed over.
    Lead,
    /// Words that many sentences of the document share.
    Central,
    /// A model that was fitted to news reports and summaries that people wrote of them.
    Learned,
}

impl Mode {
    fn worth(self) -> Worth<'static> {
        match self {
            Mode::Lead => Worth::Lead,
            Mode::Central => Worth::Central,
            Mode::Learned => Worth::Learned(Weights::news()),
        }
    }
}

/// Options of stage `summarize`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SummarizeOptions {
    /// How sentences are chosen: `lead` takes the first ones of the body, `central` those that share most words with the
    /// others, `learned` weighs place, words, names, numbers and length as a model for news has it.
    mode: Mode,
    /// How many sentences a summary has at most, 1 to 100. A document may not have as many that are fit. Without it, 3,
    /// or as many as `words` or `ratio` allow.
    #[schemars(range(min = 1, max = 100))]
    sentences: Option<usize>,
    /// How many words a summary has at most. A sentence that does not fit is passed over, never cut.
    #[schemars(range(min = 1))]
    words: Option<usize>,
    /// Which share of a document's sentences its summary has at most, rounded up: 0.1 is a tenth.
    #[schemars(range(min = 0, max = 1))]
    ratio: Option<f32>,
    /// What the summary should be about, such as `climate Kazakhstan`: sentences that hold these words come first.
    query: String,
    /// A field whose text is a query for its document, such as `metadata.topic`; it adds to `query`.
    query_field: Option<String>,
    /// How many key phrases to write to `annotations.summary.keywords`, best first (YAKE); 0 for none, at most 100.
    #[schemars(range(max = 100))]
    keywords: usize,
    /// Whose abbreviations and stop words to know, as a two-letter code.
    #[schemars(extend("enum" = Language::CODES))]
    language: String,
}

impl Default for SummarizeOptions {
    fn default() -> SummarizeOptions {
        SummarizeOptions {
            mode: Mode::Learned,
            sentences: None,
            words: None,
            ratio: None,
            query: String::new(),
            query_field: None,
            keywords: 0,
            language: "en".to_owned(),
        }
    }
}

impl SummarizeOptions {
    fn limits(&self) -> Result<Limits, OptionError> {
        if self.sentences.is_some_and(|sentences| !(1..=SENTENCES_MAX).contains(&sentences)) {
            return Err(OptionError::new("sentences", "must be from 1 to 100"));
        }
        if self.words == Some(0) {
            return Err(OptionError::new("words", "must be at least 1"));
        }
        if self.ratio.is_some_and(|ratio| !(ratio > 0.0 && ratio <= 1.0)) {
            return Err(OptionError::new("ratio", "must be over 0 and at most 1").hint("0.1 is a tenth"));
        }
        let is_limited = self.words.is_some() || self.ratio.is_some();
        let usual = if is_limited { SENTENCES_MAX } else { SENTENCES };
        Ok(Limits {
            sentences_max: self.sentences.unwrap_or(usual),
            words_max: self.words.unwrap_or(usize::MAX),
            ratio_max: self.ratio.unwrap_or(1.0),
        })
    }
}

/// Sums up each document in some of its own sentences: those of layer `sentences` where an earlier stage made it, else
/// of its own making.
pub struct Summarize {
    worth: Worth<'static>,
    limits: Limits,
    query: Vec<u64>,
    query_field: Option<String>,
    keywords: usize,
    stop_words: StopWords,
    language: &'static Language,
}

/// As many sentences make a summary where nothing else is said.
const SENTENCES: usize = 3;

/// Choosing takes time in proportion to the sentences chosen.
const SENTENCES_MAX: usize = 100;

/// More key phrases than anybody reads.
const KEYWORDS_MAX: usize = 100;

impl Stage for Summarize {
    type Options = SummarizeOptions;
    const INFO: StageInfo = StageInfo {
        summary: "Sums up each document in some of its own sentences",
        layers: &["summary.sentences"],
        fields: &["annotations.summary.text", "annotations.summary.keywords"],
        uses: &["sentences"],
        counters: &["summaries", "empty_summaries"],
        ..StageInfo::new("summarize")
    };

    fn build(options: SummarizeOptions, _host: &Host) -> Result<Summarize, OptionError> {
        if options.keywords > KEYWORDS_MAX {
            return Err(OptionError::new("keywords", "must be at most 100"));
        }
        let stop_words = StopWords::of(&options.language);
        let query = query_stems(&options.query, &stop_words);
        if query.is_empty() && !options.query.trim().is_empty() {
            return Err(OptionError::new("query", "has no word that says what a summary should be about"));
        }
        Ok(Summarize {
            worth: options.mode.worth(),
            limits: options.limits()?,
            query,
            query_field: options.query_field,
            keywords: options.keywords,
            language: language(&options.language)?,
            stop_words,
        })
    }

    fn reads(&self) -> Vec<String> {
        self.query_field.iter().cloned().collect()
    }
}

impl DocumentStage for Summarize {
    type Scratch = Summarizer;

    fn process(&self, doc: &mut Doc<'_>, summarizer: &mut Summarizer) -> Result<Verdict, StageError> {
        let text = doc.text();
        let sentences = sentence_ranges(doc, self.language);
        let query = self.query_of(doc);
        let request = Request { worth: self.worth, limits: self.limits, query: &query };
        let chosen = summarizer.summarize(text, sentences.iter().cloned(), request);
        for sentence in &chosen {
            let span = Span::new(sentence.range.clone());
            doc.annotate("summary.sentences", span.attr("score", thousandths(sentence.score)));
        }
        if self.keywords > 0 {
            let found = keywords(text, sentences.into_iter(), &self.stop_words, self.keywords);
            let shown = found.into_iter().map(|it| {
                json!({"text": &text[it.range], "count": it.count, "score": thousandths(it.score as f32)})
            });
            doc.set("annotations.summary.keywords", shown.collect::<Vec<_>>());
        }
        let sentences: Vec<&str> = chosen.into_iter().map(|sentence| &text[sentence.range]).collect();
        doc.set("annotations.summary.text", sentences.join(" "));
        doc.count(if sentences.is_empty() { "empty_summaries" } else { "summaries" }, 1);
        Ok(Verdict::Keep)
    }
}

impl Summarize {
    /// The query of the options, and the document's own.
    fn query_of(&self, doc: &Doc<'_>) -> Vec<u64> {
        let own = self.query_field.as_deref().and_then(|field| doc.field::<String>(field));
        let mut query = query_stems(&own.unwrap_or_default(), &self.stop_words);
        query.extend_from_slice(&self.query);
        query
    }
}

/// The words of a query that say something, as stems.
fn query_stems(query: &str, stop_words: &StopWords) -> Vec<u64> {
    let asked = words(query).map(|range| &query[range]).filter(|word| !stop_words.contains(whole(word)));
    let mut stems: Vec<u64> = Vec::new();
    for stem in asked.map(stem) {
        if !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    stems
}

/// The sentences that an earlier stage marked, else our own.
fn sentence_ranges(doc: &Doc<'_>, language: &Language) -> Vec<Range<usize>> {
    let marked = doc.layer("sentences");
    if marked.is_empty() {
        sentences_in(doc.text(), language).collect()
    } else {
        marked.into_iter().map(|sentence| sentence.range).collect()
    }
}

/// Options of stage `digest`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DigestOptions {
    /// The least likeness, above 0 up to 1, of a document to the others of its story, on average: the cosine of their words,
    /// weighted by rarity.
    #[schemars(range(min = 0, max = 1))]
    similarity: f64,
    /// The most days between a document and the nearest one of its story. Documents without a date fit any story.
    #[schemars(range(min = 0))]
    days: i32,
    /// The field with a document's date, such as `2024-07-03` or `2024-07-03T10:00:00Z`.
    date_field: String,
    /// The field with a document's title. Without one, a headline in the text is taken.
    title_field: String,
    /// How many sentences the summary of a story has at most, 1 to 50.
    #[schemars(range(min = 1, max = 50))]
    sentences: usize,
    /// Stories that fewer documents tell are left out of the table.
    #[schemars(range(min = 1))]
    documents_min: usize,
    /// Whose abbreviations and stop words to know, as a two-letter code.
    #[schemars(extend("enum" = Language::CODES))]
    language: String,
}

impl Default for DigestOptions {
    fn default() -> DigestOptions {
        DigestOptions {
            similarity: 0.2,
            days: 3,
            date_field: "metadata.date".to_owned(),
            title_field: "metadata.title".to_owned(),
            sentences: 5,
            documents_min: 2,
            language: "en".to_owned(),
        }
    }
}

/// Finds the documents that tell one story, and sums each story up in the table `stories`: title, dates, documents, a
/// summary without repetition, and who said what where layer `quotes` is there. Of each document some words, sentences and
/// quotations are kept: about 3 KiB, at most 16.
pub struct Digest {
    shape: Shape,
    date_field: String,
    title_field: String,
    stop_words: StopWords,
    language: &'static Language,
}

impl Stage for Digest {
    type Options = DigestOptions;
    const INFO: StageInfo = StageInfo {
        summary: "Finds the documents that tell one story, and sums each story up",
        fields: &["annotations.story"],
        uses: &["sentences", "quotes"],
        counters: &["documents_alone", "documents_in_stories"],
        tables: &["stories"],
        ..StageInfo::new("digest")
    };

    fn build(options: DigestOptions, _host: &Host) -> Result<Digest, OptionError> {
        if !(options.similarity > 0.0 && options.similarity <= 1.0) {
            return Err(OptionError::new("similarity", "must be over 0 and at most 1"));
        }
        if options.days < 0 {
            return Err(OptionError::new("days", "must be at least 0"));
        }
        if !(1..=STORY_SENTENCES_MAX).contains(&options.sentences) {
            return Err(OptionError::new("sentences", "must be from 1 to 50"));
        }
        let grouping = Grouping { similarity_min: options.similarity, days_max: options.days };
        let (documents_min, sentences_max) = (options.documents_min, options.sentences);
        Ok(Digest {
            shape: Shape { grouping, documents_min, sentences_max },
            date_field: options.date_field,
            title_field: options.title_field,
            stop_words: StopWords::of(&options.language),
            language: language(&options.language)?,
        })
    }

    fn reads(&self) -> Vec<String> {
        vec![self.date_field.clone(), self.title_field.clone()]
    }
}

/// A story in more sentences is no summary.
const STORY_SENTENCES_MAX: usize = 50;

/// The notes of some documents, and what taking more of them needs.
#[derive(Default)]
pub struct Notes {
    notes: Vec<Note>,
    notetaker: Notetaker,
}

impl CorpusStage for Digest {
    type Gathered = Notes;
    type Learned = digest::Digest;
    type Scratch = ();

    fn observe(&self, gathered: &mut Notes, doc: &Doc<'_>) -> Result<(), StageError> {
        let sentences = sentence_ranges(doc, self.language);
        let mut note = gathered.notetaker.note(doc.text(), &sentences, &self.stop_words);
        note.seq = doc.seq();
        doc.id().clone_into(&mut note.id);
        let date = doc.field::<String>(&self.date_field).unwrap_or_default();
        note.date = day(&date).map(|day| (date, day));
        note.set_title(&doc.field::<String>(&self.title_field).unwrap_or_default());
        let quotes = doc.layer("quotes");
        let quotes: Vec<_> = named_quotes(doc.text(), &quotes).collect();
        note.add_quotes(doc.text(), quotes.iter().map(|(speaker, range)| (speaker.as_str(), range.clone())));
        gathered.notes.push(note);
        Ok(())
    }

    fn merge(&self, into: &mut Notes, from: Notes) {
        into.notes.extend(from.notes);
    }

    fn learn(&self, gathered: Notes) -> Result<digest::Digest, StageError> {
        Ok(digest::Digest::of(gathered.notes, self.shape))
    }

    fn process(
        &self,
        digest: &digest::Digest,
        doc: &mut Doc<'_>,
        _scratch: &mut (),
    ) -> Result<Verdict, StageError> {
        if let Some((story, documents)) = digest.story_of(doc.seq()) {
            doc.set("annotations.story", story);
            doc.count(if documents > 1 { "documents_in_stories" } else { "documents_alone" }, 1);
        }
        Ok(Verdict::Keep)
    }

    fn finish(&self, digest: &digest::Digest, tables: &mut Tables<'_>) -> Result<(), StageError> {
        digest.stories.iter().for_each(|story| tables.row("stories", story));
        Ok(())
    }
}

/// Who says what: the whole spans of layer `quotes` whose speaker has a name.
fn named_quotes<'a>(
    text: &'a str,
    spans: &'a [SpanView<'a>],
) -> impl Iterator<Item = (String, Range<usize>)> + 'a {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let speakers = spans.iter().filter(|span| span.name == "speaker");
    speakers.filter_map(|speaker| {
        let quote = &spans[speaker.parent?];
        let attributes = format!("{{{}}}", speaker.attributes);
        let name = serde_json::from_str(&attributes).map(|it: Named| it.name);
        let mention = &text[speaker.range.clone()];
        let name = name.ok().or_else(|| mention.contains(' ').then(|| mention.to_owned()))?;
        name.starts_with(char::is_uppercase).then(|| (name, quote.range.clone()))
    })
}

/// Rounds to three decimals, in `f64`, so that no digits of `f32` trail behind them.
fn thousandths(score: f32) -> f64 {
    (f64::from(score) * 1000.0).round() / 1000.0
}

fn language(code: &str) -> Result<&'static Language, OptionError> {
    let known = || format!("must be one of {}", Language::CODES.join(", "));
    Language::named(code).ok_or_else(|| OptionError::new("language", known()))
}

textmill_sdk::plugin! { name: "summarize", stages: [document Sentences, document Summarize, corpus Digest] }

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

    #[track_caller]
    fn check(options: serde_json::Value, given: testing::Given<'_>, expected: &[&str]) {
        let done = testing::document::<Summarize>(options, given).unwrap();
        let ranges = done.spans("summary.sentences");
        assert_eq!(ranges.into_iter().map(|range| &RIVER[range]).collect::<Vec<_>>(), expected);
    }

    const RIVER: &str = "High Water in Bern\n\nThe river Aare rose by two metres on Monday. The city closed four bridges in \
        Bern. Nobody saw the cat of the mayor. The river Aare rose again and closed more bridges in Bern.";

    #[test]
    fn each_mode_has_its_own_first_sentence() {
        let one = |mode| json!({"mode": mode, "sentences": 1});
        check(one("lead"), testing::Given::text(RIVER), &["The river Aare rose by two metres on Monday."]);
        let central = "The river Aare rose again and closed more bridges in Bern.";
        check(one("central"), testing::Given::text(RIVER), &[central]);
    }

    #[test]
    fn a_ratio_is_a_share_of_the_sentences_rounded_up() {
        let lead = ["The river Aare rose by two metres on Monday.", "The city closed four bridges in Bern."];
        check(json!({"mode": "lead", "ratio": 0.1}), testing::Given::text(RIVER), &lead[..1]);
        check(json!({"mode": "lead", "ratio": 0.4}), testing::Given::text(RIVER), &lead);
    }

    #[test]
    fn a_query_comes_from_the_options_or_the_document() {
        let cat = ["Nobody saw the cat of the mayor."];
        check(json!({"sentences": 1, "query": "and whose mayor?"}), testing::Given::text(RIVER), &cat);
        check(json!({"sentences": 1, "query": "Mayor"}), testing::Given::text(RIVER), &cat);
        let given = testing::Given::text(RIVER).field("metadata.topic", json!("the cat"));
        check(json!({"sentences": 1, "query_field": "metadata.topic"}), given, &cat);
    }

    #[test]
    fn keywords_are_written_when_asked_for() {
        let done = testing::document::<Summarize>(json!({"keywords": 2}), RIVER).unwrap();
        let found = done.field("annotations.summary.keywords");
        assert_eq!((&found[0]["text"], &found[1]["text"]), (&json!("High Water"), &json!("Bern")));
        let done = testing::document::<Summarize>(json!({}), RIVER).unwrap();
        assert_eq!(done.field("annotations.summary.keywords"), json!(null));
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
            (json!({"ratio": 0.0}), "ratio"),
            (json!({"ratio": 1.5}), "ratio"),
            (json!({"query": "of the"}), "query"),
            (json!({"keywords": 101}), "keywords"),
            (json!({"mode": "best"}), "best"),
            (json!({"language": "tlh"}), "language"),
        ] {
            let err = testing::build::<Summarize>(options).err().unwrap();
            assert!(err.contains(expected), "{err}");
        }
    }
}
