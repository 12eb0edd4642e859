//! textmill plugin: drops exact and near duplicates, and says of what.
//!
//! One ordered stage, `dedup`. Of each set of duplicates the first document in corpus order stays, whatever
//! the number of threads. Two documents are
//!
//! - *exact* duplicates when their texts are the same in a chosen common form ([`Normalise`]), or their values
//!   of a chosen field;
//! - *near* duplicates when they share at least the `similarity` asked for of their shingles, that is, of
//!   all runs of five consecutive words in either. This share is counted for every pair that is
//!   suspected, so nothing is dropped on an estimate; and the suspicions are arranged so that at most one
//!   pair in a thousand at that very similarity escapes ([`bands`]).
//!
//! Only kept documents are compared with: a copy of a copy is dropped as a duplicate of the document that
//! stayed, or stays itself if it is no longer similar to that. A text with fewer words than a shingle has only
//! exact duplicates. Empty texts are exact duplicates of each other.
//!
//! With `unit = "paragraph"` paragraphs are compared in the same way, across the corpus and within a document, and
//! repeated ones are taken out of the text. A document of which nothing is left is dropped.
//!
//! The work on each document ([`features`](mod@features)) is done in parallel; looking up and inserting ([`index`]) in corpus order.
//! Only this file knows the SDK.
//!
//! Not here: what counts as a word (`textmill_text::shingles`), and documents of earlier runs.

pub mod bands;
pub mod buckets;
pub mod containment;
pub mod features;
pub mod fingerprints;
pub mod index;
pub mod paragraphs;
pub mod parities;
pub mod recent;
pub mod record;
pub mod segment;
pub mod shingle_set;
pub mod sketch;

use bands::Bands;
use features::{Features, Form, Measure, Scratch, Shingling, features};
use index::{Duplicate, Index, Kept};
use paragraphs::{cuts, paragraphs};
use std::ops::Range;
use textmill_sdk::prelude::*;
use textmill_text::shingles::WORDS_PER_SHINGLE_MAX;

textmill_sdk::plugin! { name: "dedup", stages: [ordered Dedup] }

/// Options of stage `dedup`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Whether near duplicates go too, and not exact ones alone.
    near: bool,
    /// Share of shingles that near duplicates have in common: above 0, at most 1. It is counted, not estimated.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    similarity: f64,
    /// What `similarity` is a share of.
    measure: Similarity,
    /// Consecutive words in a shingle. More make the comparison stricter: one changed word changes this many shingles.
    #[schemars(range(min = 1, max = 32))]
    shingle_words: usize,
    /// The form in which the texts of exact duplicates are the same.
    normalise: Normalise,
    /// A field to compare instead of the text, such as `metadata.url`. Then only exact duplicates are looked for,
    /// and documents without the field stay.
    field: Option<String>,
    /// What becomes of a duplicate.
    action: Action,
    /// What is compared: whole documents, or their paragraphs.
    unit: Unit,
    /// Paragraphs of fewer bytes always stay: “Yes,” she said.
    paragraph_bytes_min: usize,
}

/// The form in which texts are compared for exact duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Normalise {
    /// Every byte counts.
    None,
    /// Every run of white space counts as one space, and none at the ends.
    Whitespace,
    /// Only the words count: not their case, nor punctuation and layout between them.
    Words,
}

/// What the similarity of two documents is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Similarity {
    /// Of all shingles that are in either: two documents that say the same, and little else.
    Jaccard,
    /// Of the shingles of the later document: it adds little, however much longer the earlier one is. Takes about ten
    /// times the memory.
    Containment,
}

/// What becomes of a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is dropped; a paragraph is taken out of the text.
    Drop,
    /// It stays, and `annotations.dedup` says of what it is a duplicate.
    Annotate,
}

/// What is compared with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Documents.
    Document,
    /// Paragraphs: blocks of lines between empty lines, or lines in a text without empty ones.
    Paragraph,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            near: true,
            similarity: 0.8,
            measure: Similarity::Jaccard,
            shingle_words: 5,
            normalise: Normalise::Words,
            field: None,
            action: Action::Drop,
            unit: Unit::Document,
            paragraph_bytes_min: 60,
        }
    }
}

/// Drops documents that were there before, word for word or nearly.
pub struct Dedup {
    options: Options,
    form: Form,
    shingling: Option<Shingling>,
}

impl Stage for Dedup {
    type Options = Options;

    const INFO: StageInfo = StageInfo {
        summary: "Drops documents that were there before, word for word or nearly",
        layers: &[PARAGRAPHS],
        fields: &[DUPLICATE_OF, SIMILARITY, CLUSTER],
        rules: &[REPEATED],
        drop_reasons: &[EXACT, NEAR, NOTHING_NEW],
        counters: &[EXACT, NEAR, REPEATED],
        ..StageInfo::new("dedup")
    };

    fn build(options: Options, _host: &Host) -> Result<Self, OptionError> {
        options.check()?;
        let form = match options.normalise {
            Normalise::None => Form::Bytes,
            Normalise::Whitespace => Form::WhiteSpace,
            Normalise::Words => Form::Words,
        };
        let shingling = (options.near && options.field.is_none()).then(|| Shingling {
            words: options.shingle_words,
            measure: match options.measure {
                Similarity::Jaccard => Measure::Jaccard(Bands::for_similarity(options.similarity)),
                Similarity::Containment => Measure::Containment,
            },
        });
        Ok(Dedup { options, form, shingling })
    }

    fn reads(&self) -> Vec<String> {
        self.options.field.iter().cloned().collect()
    }
}

const DUPLICATE_OF: &str = "annotations.dedup.duplicate_of";
const SIMILARITY: &str = "annotations.dedup.similarity";
const CLUSTER: &str = "annotations.dedup.cluster";
const EXACT: &str = "exact_duplicate";
const NEAR: &str = "near_duplicate";
const PARAGRAPHS: &str = "dedup.paragraphs";
const REPEATED: &str = "repeated_paragraph";
const NOTHING_NEW: &str = "only_repeated_paragraphs";

impl Options {
    fn check(&self) -> Result<(), OptionError> {
        if !(self.similarity > 0.0 && self.similarity <= 1.0) {
            let error = OptionError::new("similarity", "must be above 0 and at most 1");
            return Err(error.hint("0.8 means that four of five shingles are shared"));
        }
        if !(1..=WORDS_PER_SHINGLE_MAX).contains(&self.shingle_words) {
            let limits = format_args!("must be 1 to {WORDS_PER_SHINGLE_MAX}").to_string();
            return Err(OptionError::new("shingle_words", limits));
        }
        if self.field.as_deref() == Some("") {
            let error = OptionError::new("field", "must name a field");
            return Err(error.hint("leave it out to compare texts"));
        }
        if self.field.is_some() && self.unit == Unit::Paragraph {
            return Err(OptionError::new("unit", "only texts have paragraphs, and `field` is given"));
        }
        Ok(())
    }
}

impl OrderedStage for Dedup {
    type Scratch = Scratch;
    type Token = Prepared;
    type State = State;

    fn state(&self) -> State {
        State { index: Index::new(self.options.similarity, self.shingling) }
    }

    fn prepare(&self, doc: &Doc<'_>, scratch: &mut Scratch) -> Result<Prepared, StageError> {
        let mut of = |text: &str| features(text, self.form, self.shingling, scratch);
        Ok(match (&self.options.field, self.options.unit) {
            (Some(field), _) => {
                field_text(doc, field).map_or(Prepared::Nothing, |it| Prepared::Whole(of(&it)))
            }
            (None, Unit::Document) => Prepared::Whole(of(doc.text())),
            (None, Unit::Paragraph) => {
                let long = |it: &Range<usize>| it.len() >= self.options.paragraph_bytes_min;
                let mut part = |it: Range<usize>| (it.clone(), long(&it).then(|| of(&doc.text()[it])));
                Prepared::Paragraphs(paragraphs(doc.text()).into_iter().map(&mut part).collect())
            }
        })
    }

    fn commit(
        &self,
        state: &mut State,
        doc: &mut Doc<'_>,
        prepared: Prepared,
    ) -> Result<Verdict, StageError> {
        match prepared {
            Prepared::Nothing => {
                say(doc, None);
                Ok(Verdict::Keep)
            }
            Prepared::Whole(features) => self.commit_whole(state, doc, &features),
            Prepared::Paragraphs(parts) => self.commit_paragraphs(state, doc, parts),
        }
    }
}

/// What is known of a document before it is compared.
pub enum Prepared {
    /// It lacks the field that is compared.
    Nothing,
    /// Its text, or the field that is compared.
    Whole(Features),
    /// Its paragraphs, with the features of those that are long enough.
    Paragraphs(Vec<(Range<usize>, Option<Features>)>),
}

impl Dedup {
    fn commit_whole(
        &self,
        state: &mut State,
        doc: &mut Doc<'_>,
        features: &Features,
    ) -> Result<Verdict, StageError> {
        let Some(duplicate) = state.index.find(features)? else {
            state.keep(doc, features)?;
            say(doc, None);
            return Ok(Verdict::Keep);
        };
        let reason = match duplicate {
            Duplicate::Exact { .. } => EXACT,
            Duplicate::Near { .. } => NEAR,
        };
        say(doc, Some(&state.original(duplicate)?));
        doc.count(reason, 1);
        Ok(match self.options.action {
            Action::Drop => Verdict::Drop(reason),
            Action::Annotate => Verdict::Keep,
        })
    }

    fn commit_paragraphs(
        &self,
        state: &mut State,
        doc: &mut Doc<'_>,
        parts: Vec<(Range<usize>, Option<Features>)>,
    ) -> Result<Verdict, StageError> {
        let (mut ranges, mut repeated) = (Vec::new(), Vec::new());
        for (range, features) in parts {
            let found = features.as_ref().map_or(Ok(None), |it| state.index.find(it))?;
            repeated.push(found.is_some());
            ranges.push(range.clone());
            match (found, features) {
                (Some(duplicate), _) if self.options.action == Action::Annotate => {
                    let original = state.original(duplicate)?;
                    let span = Span::new(range).attr("duplicate_of", original.kept.name);
                    doc.annotate(PARAGRAPHS, span.attr("similarity", original.similarity));
                }
                (None, Some(features)) => state.keep(doc, &features)?,
                _ => {}
            }
        }
        doc.count(REPEATED, repeated.iter().filter(|it| **it).count() as u64);
        if self.options.action == Action::Annotate {
            return Ok(Verdict::Keep);
        }
        for cut in cuts(&ranges, &repeated) {
            doc.remove(cut, REPEATED);
        }
        let nothing_new = !repeated.is_empty() && repeated.iter().all(|it| *it);
        Ok(if nothing_new { Verdict::Drop(NOTHING_NEW) } else { Verdict::Keep })
    }
}

/// A field's string, or the JSON of any other value; nothing when it is missing or null.
fn field_text(doc: &Doc<'_>, field: &str) -> Option<String> {
    let json = doc.field_json(field).filter(|it| *it != "null")?;
    Some(doc.field(field).unwrap_or_else(|| json.to_owned()))
}

/// Says of what `doc` is a duplicate. A cluster is named by the place in the corpus of its first document.
fn say(doc: &mut Doc<'_>, original: Option<&Original>) {
    doc.set(DUPLICATE_OF, original.map(|it| &it.kept.name));
    doc.set(SIMILARITY, original.map(|it| it.similarity));
    doc.set(CLUSTER, original.map_or(doc.seq(), |it| it.kept.place));
}

/// What the stage remembers: the kept documents, or paragraphs.
pub struct State {
    index: Index,
}

/// The document that one is a duplicate of.
struct Original {
    kept: Kept,
    similarity: f64,
}

impl State {
    fn keep(&mut self, doc: &Doc<'_>, features: &Features) -> Result<(), StageError> {
        Ok(self.index.insert(doc.id(), doc.seq(), features)?)
    }

    fn original(&mut self, duplicate: Duplicate) -> Result<Original, StageError> {
        let (of, similarity) = match duplicate {
            Duplicate::Exact { of } => (of, 1.0),
            Duplicate::Near { of, similarity } => (of, similarity),
        };
        Ok(Original { kept: self.index.kept(of)?, similarity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use textmill_sdk::serde_json::Value;
    use textmill_sdk::testing;

    const RAIN: &str =
        "Rain fell on the town all night and nobody minded, for the wells had been dry since June.";
    const RAIN_SHOUTED: &str =
        "RAIN FELL on the town all night; and nobody minded –\nfor the wells had been dry since June";
    const RAIN_TODAY: &str =
        "Today rain fell on the town all night and nobody minded, for the wells had been dry since June.";
    const SNOW: &str =
        "Snow lay on the hills above the lake, and the road to the pass was closed until further notice.";

    #[track_caller]
    fn check(options: Value, texts: &[&str], expected: Expect) {
        let mut shown = String::new();
        for (i, done) in testing::ordered::<Dedup>(options, texts).unwrap().into_iter().enumerate() {
            let [of, similarity, cluster] = [DUPLICATE_OF, SIMILARITY, CLUSTER].map(|it| done.field(it));
            let similarity = similarity.as_f64().map_or("null".into(), |it| format!("{it:.4}"));
            shown += &format!("{i} {:?} of {of}, similarity {similarity}, cluster {cluster}\n", done.verdict);
        }
        expected.assert_eq(&shown);
    }

    #[track_caller]
    fn check_refused(options: Value, expected: Expect) {
        expected.assert_eq(&testing::build::<Dedup>(options).err().unwrap());
    }

    #[test]
    fn the_first_of_each_stays() {
        check(
            json!({}),
            &[RAIN, SNOW, RAIN_TODAY, RAIN_SHOUTED, SNOW],
            expect![[r#"
            0 Keep of null, similarity null, cluster 0
            1 Keep of null, similarity null, cluster 1
            2 Drop("near_duplicate") of "0", similarity 0.9333, cluster 0
            3 Drop("exact_duplicate") of "0", similarity 1.0000, cluster 0
            4 Drop("exact_duplicate") of "1", similarity 1.0000, cluster 1
        "#]],
        );
    }

    #[test]
    fn a_copy_of_a_copy_is_a_duplicate_of_what_stayed() {
        check(
            json!({}),
            &[RAIN, RAIN_TODAY, RAIN_TODAY],
            expect![[r#"
            0 Keep of null, similarity null, cluster 0
            1 Drop("near_duplicate") of "0", similarity 0.9333, cluster 0
            2 Drop("near_duplicate") of "0", similarity 0.9333, cluster 0
        "#]],
        );
    }

    #[test]
    fn near_duplicates_can_stay() {
        check(
            json!({"near": false}),
            &[RAIN, RAIN_TODAY, RAIN_SHOUTED],
            expect![[r#"
            0 Keep of null, similarity null, cluster 0
            1 Keep of null, similarity null, cluster 1
            2 Drop("exact_duplicate") of "0", similarity 1.0000, cluster 0
        "#]],
        );
    }

    #[test]
    fn duplicates_can_be_marked_only() {
        check(
            json!({"action": "annotate"}),
            &[RAIN, RAIN_TODAY, RAIN],
            expect![[r#"
            0 Keep of null, similarity null, cluster 0
            1 Keep of "0", similarity 0.9333, cluster 0
            2 Keep of "0", similarity 1.0000, cluster 0
        "#]],
        );
    }

    #[test]
    fn the_form_decides_what_is_exact() {
        let texts = [RAIN, RAIN_SHOUTED, &RAIN.replace(' ', "\n"), RAIN];
        check(
            json!({"near": false, "normalise": "none"}),
            &texts,
            expect![[r#"
            0 Keep of null, similarity null, cluster 0
            1 Keep of null, similarity null, cluster 1
            2 Keep of null, similarity null, cluster 2
            3 Drop("exact_duplicate") of "0", similarity 1.0000, cluster 0
        "#]],
        );
        check(
            json!({"near": false, "normalise": "whitespace"}),
            &texts,
            expect![[r#"
            0 Keep of null, similarity null, cluster 0
            1 Keep of null, similarity null, cluster 1
            2 Drop("exact_duplicate") of "0", similarity 1.0000, cluster 0
            3 Drop("exact_duplicate") of "0", similarity 1.0000, cluster 0
        "#]],
        );
        check(
            json!({"near": false, "normalise": "words"}),
            &texts,
            expect![[r#"
            0 Keep of null, similarity null, cluster 0
            1 Drop("exact_duplicate") of "0", similarity 1.0000, cluster 0
            2 Drop("exact_duplicate") of "0", similarity 1.0000, cluster 0
            3 Drop("exact_duplicate") of "0", similarity 1.0000, cluster 0
        "#]],
        );
    }

    #[test]
    fn the_similarity_is_reached_or_it_is_not() {
        // All 14 shingles of the first stand among the 15 of the second: 0.9333…
        check(
            json!({"similarity": 0.9333}),
            &[RAIN, RAIN_TODAY],
            expect![[r#"
            0 Keep of null, similarity null, cluster 0
            1 Drop("near_duplicate") of "0", similarity 0.9333, cluster 0
        "#]],
        );
        check(
            json!({"similarity": 0.9334}),
            &[RAIN, RAIN_TODAY],
            expect![[r#"
            0 Keep of null, similarity null, cluster 0
            1 Keep of null, similarity null, cluster 1
        "#]],
        );
    }

    #[test]
    fn texts_shorter_than_a_shingle_have_exact_duplicates_only() {
        check(
            json!({}),
            &["", "Rain fell.", "rain fell", "rain fell again", "", "?", "!", "?"],
            expect![[r#"
                0 Keep of null, similarity null, cluster 0
                1 Keep of null, similarity null, cluster 1
                2 Drop("exact_duplicate") of "1", similarity 1.0000, cluster 1
                3 Keep of null, similarity null, cluster 3
                4 Drop("exact_duplicate") of "0", similarity 1.0000, cluster 0
                5 Keep of null, similarity null, cluster 5
                6 Keep of null, similarity null, cluster 6
                7 Drop("exact_duplicate") of "5", similarity 1.0000, cluster 5
            "#]],
        );
    }

    #[test]
    fn repeated_paragraphs_go_and_the_first_stays() {
        let texts = [
            format!("{RAIN}\n\nYes.\n\n{SNOW}\n"),
            format!("{SNOW}\n\nYes.\n\n{RAIN_TODAY}\n"),
            format!("{SNOW}\n{RAIN_SHOUTED}"),
            format!("{SNOW}\n\n{SNOW}"),
        ];
        let texts = texts.each_ref().map(String::as_str);
        check_paragraphs(
            json!({"unit": "paragraph"}),
            &texts,
            expect![[r#"
            0 Keep "Rain fell on the town all night and nobody minded, for the wells had been dry since June.\n\nYes.\n\nSnow lay on the hills above the lake, and the road to the pass was closed until further notice.\n"
            1 Keep "Yes.\n"
            2 Keep "RAIN FELL on the town all night; and nobody minded –\nfor the wells had been dry since June"
            3 Drop("only_repeated_paragraphs") ""
        "#]],
        );
        check_paragraphs(
            json!({"unit": "paragraph", "near": false}),
            &texts,
            expect![[r#"
            0 Keep "Rain fell on the town all night and nobody minded, for the wells had been dry since June.\n\nYes.\n\nSnow lay on the hills above the lake, and the road to the pass was closed until further notice.\n"
            1 Keep "Yes.\n\nToday rain fell on the town all night and nobody minded, for the wells had been dry since June.\n"
            2 Keep "RAIN FELL on the town all night; and nobody minded –\nfor the wells had been dry since June"
            3 Drop("only_repeated_paragraphs") ""
        "#]],
        );
        check_paragraphs(
            json!({"unit": "paragraph", "action": "annotate"}),
            &texts,
            expect![[r#"
            0 Keep "Rain fell on the town all night and nobody minded, for the wells had been dry since June.\n\nYes.\n\nSnow lay on the hills above the lake, and the road to the pass was closed until further notice.\n"
            1 Keep "Snow lay on the hills above the lake, and the road to the pass was closed until further notice.\n\nYes.\n\nToday rain fell on the town all night and nobody minded, for the wells had been dry since June.\n"
                dedup.paragraphs 0..95 {"duplicate_of":"0","similarity":1.0}
                dedup.paragraphs 103..198 {"duplicate_of":"0","similarity":0.9333333333333332}
            2 Keep "Snow lay on the hills above the lake, and the road to the pass was closed until further notice.\nRAIN FELL on the town all night; and nobody minded –\nfor the wells had been dry since June"
                dedup.paragraphs 0..95 {"duplicate_of":"0","similarity":1.0}
            3 Keep "Snow lay on the hills above the lake, and the road to the pass was closed until further notice.\n\nSnow lay on the hills above the lake, and the road to the pass was closed until further notice."
                dedup.paragraphs 0..95 {"duplicate_of":"0","similarity":1.0}
                dedup.paragraphs 97..192 {"duplicate_of":"0","similarity":1.0}
        "#]],
        );
    }

    #[track_caller]
    fn check_paragraphs(options: Value, texts: &[&str], expected: Expect) {
        let mut shown = String::new();
        for (i, done) in testing::ordered::<Dedup>(options, texts).unwrap().into_iter().enumerate() {
            shown += &format!("{i} {:?} {:?}\n", done.verdict, done.text);
            for (layer, _, range, attributes) in done.annotations {
                shown += &format!("    {layer} {range:?} {attributes}\n");
            }
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn options_out_of_range_are_refused() {
        check_refused(
            json!({"similarity": 80}),
            expect!["option `similarity`: must be above 0 and at most 1"],
        );
        check_refused(
            json!({"similarity": 0}),
            expect!["option `similarity`: must be above 0 and at most 1"],
        );
        check_refused(json!({"shingle_words": 0}), expect!["option `shingle_words`: must be 1 to 32"]);
        check_refused(json!({"shingle_words": 33}), expect!["option `shingle_words`: must be 1 to 32"]);
        check_refused(json!({"field": ""}), expect!["option `field`: must name a field"]);
        check_refused(
            json!({"field": "metadata.url", "unit": "paragraph"}),
            expect!["option `unit`: only texts have paragraphs, and `field` is given"],
        );
        check_refused(
            json!({"treshold": 0.7}),
            expect![
                "unknown field `treshold`, expected one of `near`, `similarity`, `measure`, `shingle_words`, `normalise`, `field`, `action`, `unit`, `paragraph_bytes_min`"
            ],
        );
    }
}
