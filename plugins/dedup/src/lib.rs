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
//! The work on each document ([`features`]) is done in parallel; looking up and inserting ([`index`]) in corpus order.
//! Only this file knows the SDK.
//!
//! Not here: what counts as a word (`textmill_text::shingles`), and documents of earlier runs.

pub mod bands;
pub mod buckets;
pub mod features;
pub mod fingerprints;
pub mod index;
pub mod parities;
pub mod shingle_set;
pub mod sketch;

use bands::Bands;
use features::{Features, Form, Scratch, Shingling, features};
use index::{Duplicate, Index};
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
    #[schemars(range(min = 0.0, max = 1.0))]
    similarity: f64,
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
}

/// The form in which texts are compared for exact duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Normalise {
    /// Every byte counts.
    None,
    /// Every run of white space counts as one space, and none at the ends.
    Whitespace,
    /// Only the words count: not their case, nor punctuation and layout between them.
    Words,
}

/// What becomes of a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is dropped.
    Drop,
    /// It stays, and `annotations.dedup` says of what it is a duplicate.
    Annotate,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            near: true,
            similarity: 0.8,
            shingle_words: 5,
            normalise: Normalise::Words,
            field: None,
            action: Action::Drop,
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
        fields: &[DUPLICATE_OF, SIMILARITY, CLUSTER],
        drop_reasons: &[EXACT, NEAR],
        counters: &[EXACT, NEAR],
        ..StageInfo::new("dedup")
    };

    fn build(options: Options, host: &Host) -> Result<Self, OptionError> {
        options.check()?;
        let form = match options.normalise {
            Normalise::None => Form::Bytes,
            Normalise::Whitespace => Form::WhiteSpace,
            Normalise::Words => Form::Words,
        };
        let shingling = (options.near && options.field.is_none()).then(|| Shingling {
            words: options.shingle_words,
            bands: Bands::for_similarity(options.similarity),
        });
        if let Some(Shingling { bands, .. }) = shingling {
            host.debug(format_args!("dedup: {} bands of {} rows", bands.bands, bands.rows));
        }
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
        Ok(())
    }
}

impl OrderedStage for Dedup {
    type Scratch = Scratch;
    /// Nothing when the document lacks the field that is compared.
    type Token = Option<Features>;
    type State = Kept;

    fn state(&self) -> Kept {
        Kept { index: Index::new(self.options.similarity, self.shingling), names: Names::default() }
    }

    fn prepare(&self, doc: &Doc<'_>, scratch: &mut Scratch) -> Result<Self::Token, StageError> {
        let of = |text: &str, scratch| features(text, self.form, self.shingling, scratch);
        Ok(match &self.options.field {
            None => Some(of(doc.text(), scratch)),
            Some(field) => field_text(doc, field).map(|text| of(&text, scratch)),
        })
    }

    fn commit(
        &self,
        kept: &mut Kept,
        doc: &mut Doc<'_>,
        features: Self::Token,
    ) -> Result<Verdict, StageError> {
        let found = features.as_ref().and_then(|it| kept.index.find(it));
        let Some(duplicate) = found else {
            if let Some(features) = features {
                kept.index.insert(features);
                kept.names.push(doc.id(), doc.seq());
            }
            say(doc, None::<&str>, None, doc.seq());
            return Ok(Verdict::Keep);
        };
        let (of, similarity, reason) = match duplicate {
            Duplicate::Exact { of } => (of, 1.0, EXACT),
            Duplicate::Near { of, similarity } => (of, similarity, NEAR),
        };
        let (id, seq) = kept.names.get(of);
        say(doc, Some(id), Some(similarity), seq);
        doc.count(reason, 1);
        Ok(match self.options.action {
            Action::Drop => Verdict::Drop(reason),
            Action::Annotate => Verdict::Keep,
        })
    }
}

/// A field's string, or the JSON of any other value; nothing when it is missing or null.
fn field_text(doc: &Doc<'_>, field: &str) -> Option<String> {
    let json = doc.field_json(field).filter(|it| *it != "null")?;
    Some(doc.field(field).unwrap_or_else(|| json.to_owned()))
}

/// A cluster is named by the place in the corpus of its first document.
fn say(doc: &mut Doc<'_>, duplicate_of: Option<&str>, similarity: Option<f64>, cluster: u64) {
    doc.set(DUPLICATE_OF, duplicate_of);
    doc.set(SIMILARITY, similarity);
    doc.set(CLUSTER, cluster);
}

/// What the stage remembers: the kept documents.
pub struct Kept {
    index: Index,
    names: Names,
}

/// Ids and places in the corpus of the kept documents, by their number in the index.
#[derive(Default)]
struct Names {
    /// All ids, one behind the other.
    ids: String,
    places: Vec<Place>,
}

struct Place {
    id_end: usize,
    seq: u64,
}

impl Names {
    fn push(&mut self, id: &str, seq: u64) {
        self.ids.push_str(id);
        self.places.push(Place { id_end: self.ids.len(), seq });
    }

    fn get(&self, number: u32) -> (&str, u64) {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.places[before].id_end);
        let place = &self.places[number];
        (&self.ids[start..place.id_end], place.seq)
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
            json!({"treshold": 0.7}),
            expect![
                "unknown field `treshold`, expected one of `near`, `similarity`, `shingle_words`, `normalise`, `field`, `action`"
            ],
        );
    }
}
