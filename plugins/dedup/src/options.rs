//! What the options of both stages have in common, and by what documents are compared because of them.
//!
//! Not here: what each stage does with what is found (`lib`, `cluster_stage`).

use crate::bands::Bands;
use crate::curve;
use crate::features::{Features, Form, Measure, Scratch, Shingling, features};
use crate::index::Index;
use textmill_sdk::prelude::*;
use textmill_text::shingles::WORDS_PER_SHINGLE_MAX;

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

impl From<Normalise> for Form {
    fn from(normalise: Normalise) -> Form {
        match normalise {
            Normalise::None => Form::Bytes,
            Normalise::Whitespace => Form::WhiteSpace,
            Normalise::Words => Form::Words,
        }
    }
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
    /// It stays, and its annotations say of what it is a duplicate.
    Annotate,
}

/// By what documents are compared.
#[derive(Debug, Clone, Copy)]
pub struct Comparison {
    similarity: f64,
    form: Form,
    shingling: Option<Shingling>,
}

impl Comparison {
    /// Exact duplicates are the same in the form `normalise`.
    pub fn exact(normalise: Normalise) -> Comparison {
        Comparison { similarity: 1.0, form: normalise.into(), shingling: None }
    }

    /// Near duplicates share at least this `similarity` of their runs of `shingle_words` words.
    ///
    /// # Errors
    ///
    /// When a number is out of range.
    pub fn with_near(
        self,
        similarity: f64,
        measure: Similarity,
        shingle_words: usize,
    ) -> Result<Comparison, OptionError> {
        if !(similarity > 0.0 && similarity <= 1.0) {
            let error = OptionError::new("similarity", "must be above 0 and at most 1");
            return Err(error.hint("0.8 means that four of five shingles are shared"));
        }
        if !(1..=WORDS_PER_SHINGLE_MAX).contains(&shingle_words) {
            let limits = format!("must be 1 to {WORDS_PER_SHINGLE_MAX}");
            return Err(OptionError::new("shingle_words", limits));
        }
        let measure = match measure {
            Similarity::Jaccard => Measure::Jaccard(Bands::for_similarity(similarity)),
            Similarity::Containment => Measure::Containment,
        };
        let shingling = Some(Shingling { words: shingle_words, measure });
        Ok(Comparison { similarity, shingling, ..self })
    }

    /// What is compared of a text.
    pub fn features(&self, text: &str, scratch: &mut Scratch) -> Features {
        features(text, self.form, self.shingling, scratch)
    }

    /// An index that knows no document yet.
    pub fn index(&self) -> Index {
        Index::new(self.similarity, self.shingling)
    }

    /// For people: how probably near duplicates are found.
    pub fn describe(&self) -> Vec<String> {
        self.shingling.map_or_else(Vec::new, |it| curve::lines(self.similarity, it))
    }
}
