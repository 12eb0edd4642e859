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
pub mod cluster_stage;
pub mod clusters;
pub mod containment;
pub mod curve;
pub mod features;
pub mod fingerprints;
pub mod index;
pub mod lasting;
pub mod memory_size;
pub mod options;
pub mod paragraphs;
pub mod parities;
pub mod recent;
pub mod record;
pub mod records;
pub mod segment;
pub mod shingle_set;
pub mod sketch;

pub use cluster_stage::Cluster;
use features::{Features, Scratch};
use index::{Duplicate, Index, Kept};
use lasting::{Added, Lasting};
use options::{Action, Comparison, Normalise, Similarity};
use paragraphs::{cuts, paragraphs};
use std::io;
use std::ops::Range;
use textmill_sdk::prelude::*;
use textmill_sdk::serde_json;

textmill_sdk::plugin! { name: "dedup", stages: [ordered Dedup, corpus Cluster] }

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
    /// A file that remembers what was kept, from run to run: documents are compared with those of all earlier runs, and
    /// `duplicate_of` may name one of them. It is made when it isn't there, and what this run kept goes in when its
    /// output is complete. Relative to the pipeline file.
    index: Option<String>,
    /// About how much memory may be taken, such as `"2GB"`; what is more goes into files in the run folder. The result is
    /// the same. Without it, everything is held in memory.
    memory: Option<String>,
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

impl Unit {
    /// What so many of them are called.
    fn name(self, number: usize) -> &'static str {
        match (self, number) {
            (Unit::Document, 1) => "document",
            (Unit::Document, _) => "documents",
            (Unit::Paragraph, 1) => "paragraph",
            (Unit::Paragraph, _) => "paragraphs",
        }
    }
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
            index: None,
            memory: None,
        }
    }
}

/// Drops documents that were there before, word for word or nearly.
pub struct Dedup {
    options: Options,
    comparison: Comparison,
    lasting: Option<Lasting>,
    memory_bytes: Option<usize>,
    host: Host,
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

    fn build(options: Options, host: &Host) -> Result<Self, OptionError> {
        options.check()?;
        let exact = Comparison::exact(options.normalise);
        let with_near = exact.with_near(options.similarity, options.measure, options.shingle_words)?;
        let comparison = if options.near && options.field.is_none() { with_near } else { exact };
        let open = |it: &String| Lasting::open(&host.folder().join(it), options.deciding());
        let lasting = options.index.as_ref().map(open).transpose().map_err(|err| {
            let error = OptionError::new("index", err);
            error.hint("another file starts a new index; so does moving this one away")
        })?;
        let memory_bytes = options.memory.as_deref().map(memory_bytes).transpose()?;
        Ok(Dedup { options, comparison, lasting, memory_bytes, host: host.clone() })
    }

    fn reads(&self) -> Vec<String> {
        self.options.field.iter().cloned().collect()
    }

    fn omits(&self) -> Vec<String> {
        let writes = self.options.unit == Unit::Paragraph && self.options.action == Action::Annotate;
        if writes { Vec::new() } else { vec![PARAGRAPHS.to_owned()] }
    }

    fn describe(&self) -> Vec<String> {
        let mut lines = self.comparison.describe();
        if let Some(lasting) = &self.lasting {
            let documents = lasting.earlier.as_ref().map_or(0, |it| it.len());
            lines.push(format!(
                "the index knows {documents} {} of earlier runs",
                self.options.unit.name(documents)
            ));
        }
        lines
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

/// Less than this would write a file for every few documents.
const MEMORY_BYTES_MIN: usize = 1 << 20;

fn memory_bytes(size: &str) -> Result<usize, OptionError> {
    let bytes = memory_size::bytes(size).filter(|it| *it >= MEMORY_BYTES_MIN);
    bytes.ok_or_else(|| OptionError::new("memory", "must be a size of 1 MiB or more, such as `2GB`"))
}

impl Options {
    /// Those that decide what is kept: an index goes with them.
    fn deciding(&self) -> serde_json::Map<String, serde_json::Value> {
        let deciding = json!({
            "near": self.near,
            "similarity": self.similarity,
            "measure": self.measure,
            "shingle_words": self.shingle_words,
            "normalise": self.normalise,
            "field": self.field,
            "unit": self.unit,
            "paragraph_bytes_min": self.paragraph_bytes_min,
        });
        deciding.as_object().cloned().unwrap_or_default()
    }

    fn check(&self) -> Result<(), OptionError> {
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
        let mut index = self.comparison.index();
        if let Some(earlier) = self.lasting.as_ref().and_then(|it| it.earlier.clone()) {
            index = index.going_on_from(earlier);
        }
        if let Some(bytes) = self.memory_bytes {
            let host = self.host.clone();
            index = index.within(bytes, move || {
                host.scratch_folder().map_err(|err| io::Error::other(err.to_string()))
            });
        }
        State {
            saved: index.len() as u32,
            index,
            places_before: self.lasting.as_ref().map_or(0, Lasting::places),
            places: 0,
            added: Added::default(),
            restored_from: None,
            is_published: false,
        }
    }

    fn prepare(&self, doc: &Doc<'_>, scratch: &mut Scratch) -> Result<Prepared, StageError> {
        let mut of = |text: &str| self.comparison.features(text, scratch);
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
        if let Some(lasting) = self.lasting.as_ref().filter(|_| state.restored_from.is_some()) {
            return Err(lasting.changed().into());
        }
        state.places = doc.seq() + 1;
        match prepared {
            Prepared::Nothing => {
                state.say(doc, None);
                Ok(Verdict::Keep)
            }
            Prepared::Whole(features) => self.commit_whole(state, doc, &features),
            Prepared::Paragraphs(parts) => self.commit_paragraphs(state, doc, parts),
        }
    }

    const SAVES: bool = true;

    /// Saves what was kept since the last time; each piece behind the name of the index that the run began with.
    fn save(&self, state: &mut State, out: &mut dyn FnMut(&[u8])) {
        let base = self.lasting.as_ref().map_or("", Lasting::checksum);
        let mut piece = vec![base.len() as u8]; // 32, or none
        piece.extend(base.as_bytes());
        piece.extend(state.places.to_le_bytes());
        let records_at = piece.len();
        for number in state.saved..state.index.len() as u32 {
            let put_down = state.index.put_down(number, &mut piece);
            put_down.unwrap_or_else(|err| panic!("what the stage has written to disk can't be read: {err}"));
            if piece.len() >= PIECE_BYTES {
                out(&piece);
                piece.truncate(records_at);
            }
        }
        out(&piece);
        state.saved = state.index.len() as u32;
    }

    fn restore(&self, state: &mut State, saved: &[u8]) -> Result<(), StageError> {
        let (base, places, records) =
            split_saved(saved).ok_or_else(|| StageError::new("what was saved is damaged"))?;
        // The run may have been cut short just after it had published: then its documents are in the index already.
        if base != self.lasting.as_ref().map_or("", Lasting::checksum) {
            state.restored_from = Some(base.to_owned());
        }
        let mut scratch = Scratch::default();
        for item in index::saved(records) {
            let (fingerprint, record) = item?;
            state.added.push(fingerprint);
            if state.restored_from.is_none() {
                state.index.take_back(fingerprint, &record, &mut scratch)?;
            }
        }
        state.places = places;
        state.saved = state.index.len() as u32;
        Ok(())
    }

    fn publish(&self, state: &mut State) -> Result<(), StageError> {
        let Some(lasting) = self.lasting.as_ref().filter(|_| !state.is_published) else { return Ok(()) };
        match &state.restored_from {
            None => lasting.publish(&state.index, state.places_before + state.places, &state.added)?,
            Some(base) if lasting.is_result_of(base, &state.added) => {}
            Some(_) => return Err(lasting.changed().into()),
        }
        state.is_published = true;
        Ok(())
    }
}

/// About how much is saved at once: little beside what is remembered.
const PIECE_BYTES: usize = 1 << 18;

/// The parts of a piece that [`Dedup::save`](OrderedStage::save) wrote: base index, places, records.
fn split_saved(saved: &[u8]) -> Option<(&str, u64, &[u8])> {
    let (len, rest) = saved.split_first()?;
    let (base, rest) = rest.split_at_checked(usize::from(*len))?;
    let (places, records) = rest.split_first_chunk()?;
    Some((str::from_utf8(base).ok()?, u64::from_le_bytes(*places), records))
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
            state.say(doc, None);
            return Ok(Verdict::Keep);
        };
        let reason = match duplicate {
            Duplicate::Exact { .. } => EXACT,
            Duplicate::Near { .. } => NEAR,
        };
        let original = state.original(duplicate)?;
        state.say(doc, Some(&original));
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

/// What the stage remembers: the kept documents, or paragraphs.
pub struct State {
    index: Index,
    /// How many documents were saved.
    saved: u32,
    /// Documents read by earlier runs.
    places_before: u64,
    /// Documents read by this run.
    places: u64,
    added: Added,
    /// The index that the run began with, if it was cut short and the index is another one now.
    restored_from: Option<String>,
    is_published: bool,
}

/// The document that one is a duplicate of.
struct Original {
    kept: Kept,
    similarity: f64,
}

impl State {
    fn keep(&mut self, doc: &Doc<'_>, features: &Features) -> Result<(), StageError> {
        self.index.insert(doc.id(), self.places_before + doc.seq(), features)?;
        self.added.push(features.fingerprint);
        Ok(())
    }

    /// Says of what `doc` is a duplicate. A cluster is named by the place in the corpus of its first document.
    fn say(&self, doc: &mut Doc<'_>, original: Option<&Original>) {
        doc.set(DUPLICATE_OF, original.map(|it| &it.kept.name));
        doc.set(SIMILARITY, original.map(|it| it.similarity));
        doc.set(CLUSTER, original.map_or(self.places_before + doc.seq(), |it| it.kept.place));
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
    use textmill_sdk::testing::{self, OrderedTrial};

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

    /// Three runs over an index: what is dropped as a copy of what, and in which cluster.
    #[test]
    fn an_index_remembers_earlier_runs() {
        let folder = tempfile::tempdir().unwrap();
        let options = json!({"index": folder.path().join("corpus.dedup")});
        let mut shown = String::new();
        for texts in
            [&[RAIN, SNOW, RAIN][..], &[RAIN_TODAY, "Hail fell."], &[SNOW, "Hail fell.", "Sleet fell."]]
        {
            let mut run = OrderedTrial::<Dedup>::new(options.clone()).unwrap();
            for text in texts {
                let done = run.document(*text).unwrap();
                let [of, cluster] = [DUPLICATE_OF, CLUSTER].map(|it| done.field(it));
                shown += &format!("{:?} of {of}, cluster {cluster}\n", done.verdict);
            }
            run.publish().unwrap();
            run.publish().unwrap();
            shown += "\n";
        }
        expect![[r#"
            Keep of null, cluster 0
            Keep of null, cluster 1
            Drop("exact_duplicate") of "0", cluster 0

            Drop("near_duplicate") of "0", cluster 0
            Keep of null, cluster 4

            Drop("exact_duplicate") of "1", cluster 1
            Drop("exact_duplicate") of "1", cluster 4
            Keep of null, cluster 7

        "#]]
        .assert_eq(&shown);
    }

    #[test]
    fn a_run_that_was_cut_short_publishes_once_whenever_that_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corpus.dedup");
        let options = json!({"index": path});
        let mut run = OrderedTrial::<Dedup>::new(options.clone()).unwrap();
        run.document(RAIN).unwrap();
        let saves = [run.save(), {
            run.document(SNOW).unwrap();
            run.save()
        }];
        let saves = || saves.iter().flatten();

        // Before it published: it goes on where it was.
        let mut resumed = OrderedTrial::<Dedup>::restored(options.clone(), saves(), 2).unwrap();
        assert_eq!(resumed.document(RAIN).unwrap().field(DUPLICATE_OF), json!("0"));
        resumed.publish().unwrap();
        let published = std::fs::read(&path).unwrap();

        // After it published: its work is done, and nothing goes in twice.
        let mut again = OrderedTrial::<Dedup>::restored(options.clone(), saves(), 3).unwrap();
        again.publish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), published);

        // Others published meanwhile: neither a run that is under way nor one that is taken up again does.
        let mut other = OrderedTrial::<Dedup>::new(options.clone()).unwrap();
        other.document("Hail fell.").unwrap();
        other.publish().unwrap();
        let mut late = OrderedTrial::<Dedup>::restored(options, saves(), 2).unwrap();
        for refused in [run.publish(), late.publish(), late.document(RAIN).map(|_| ())] {
            let message = refused.unwrap_err().replace(&*path.to_string_lossy(), "corpus.dedup");
            expect!["index `corpus.dedup` was changed by another run since this one began, so that this one's documents were not compared with all that are in it; nothing was added: run it again"].assert_eq(&message);
        }
    }

    #[test]
    fn an_index_that_does_not_fit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corpus.dedup");
        let refused = |more: Value| {
            let mut options = json!({"index": path});
            options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            testing::build::<Dedup>(options).err().unwrap()
        };
        let mut run = OrderedTrial::<Dedup>::new(json!({"index": path})).unwrap();
        run.document(RAIN).unwrap();
        run.publish().unwrap();
        expect![[r#"option `index`: the index was made with other options: `similarity` was 0.8 and is 0.7, `unit` was "document" and is "paragraph""#]].assert_eq(&refused(json!({"similarity": 0.7, "unit": "paragraph"})));

        let written = std::fs::read(&path).unwrap();
        let newer = String::from_utf8_lossy(&written[..60]).replace("\"version\":3", "\"version\":4");
        std::fs::write(&path, [newer.as_bytes(), &written[60..]].concat()).unwrap();
        expect!["option `index`: the index is of version 4, and this program reads version 3"]
            .assert_eq(&refused(json!({})));

        std::fs::write(&path, [&written[..99], b"!", &written[100..]].concat()).unwrap();
        expect!["option `index`: the index is damaged: its checksum is another one"]
            .assert_eq(&refused(json!({})));

        std::fs::write(&path, &written[..written.len() - 1]).unwrap();
        expect!["option `index`: the index is damaged: it is not as long as its header says"]
            .assert_eq(&refused(json!({})));

        std::fs::write(&path, "Rain fell.").unwrap();
        expect!["option `index`: the file is no index of this stage"].assert_eq(&refused(json!({})));
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
            json!({"memory": "2 apples"}),
            expect!["option `memory`: must be a size of 1 MiB or more, such as `2GB`"],
        );
        check_refused(
            json!({"memory": "12kB"}),
            expect!["option `memory`: must be a size of 1 MiB or more, such as `2GB`"],
        );
        check_refused(
            json!({"treshold": 0.7}),
            expect![
                "unknown field `treshold`, expected one of `near`, `similarity`, `measure`, `shingle_words`, `normalise`, `field`, `action`, `unit`, `paragraph_bytes_min`, `index`, `memory`"
            ],
        );
    }
}
