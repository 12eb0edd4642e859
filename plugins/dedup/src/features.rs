//! What is compared instead of a text: its fingerprint and, for near duplicates, its set of shingles.
//!
//! In goes one text; out come [`Features`] that hang on this text and the options alone, so that they can be
//! made in parallel and in any order.
//!
//! Not here: comparing them (`index`).

use crate::bands::Bands;
use crate::containment::PROBES;
use crate::parities::write_parities;
use crate::shingle_set::{Members, Sorter, write_set};
use crate::sketch::sketch_set;
use textmill_text::normalise::{collapse_white_space, fingerprint, fingerprint_of_words};
use textmill_text::shingles::{mix, word_hashes, words_into_shingles};

/// Which texts count as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Those of the same bytes.
    Bytes,
    /// Those that differ in white space at most.
    WhiteSpace,
    /// Those with the same words: case, punctuation and layout do not count.
    Words,
}

/// How shingles are taken for near duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shingling {
    /// Words in a shingle.
    pub words: usize,
    /// What they are compared by.
    pub measure: Measure,
}

/// When two sets of shingles are alike, and by which keys they are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// When much of both together is common; found by the bands of a sketch.
    Jaccard(Bands),
    /// When much of the new one is in the kept one; found by single shingles.
    Containment,
}

impl Measure {
    /// In how many tables keys are looked up.
    pub fn tables(self) -> usize {
        match self {
            Measure::Jaccard(bands) => bands.bands,
            Measure::Containment => 1,
        }
    }
}

/// What is known of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// Texts of the same form have the same fingerprint.
    pub fingerprint: u128,
    /// The shingles, unless there are none.
    pub shingles: Option<Shingles>,
}

/// The shingles of one text, in the three shapes in which they are looked at, from quick to exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shingles {
    /// What is looked up: one key a band, or up to [`PROBES`] shingles.
    pub keys: Box<[u32]>,
    /// The set, as `parities::write_parities` writes it.
    pub parities: Box<[u64]>,
    /// How many different shingles there are.
    pub len: usize,
    /// The set, as `shingle_set::write_set` writes it.
    pub set: Box<[u8]>,
}

/// Working space, to be used again for the next text.
#[derive(Default)]
pub struct Scratch {
    form: String,
    words: Vec<u64>,
    shingles: Vec<u64>,
    sorter: Sorter,
    sketch: Vec<u64>,
    parities: Vec<u64>,
    set: Vec<u8>,
}

/// Returns the features of `text`; shingles only if `shingling` is given and there are enough words for one.
///
/// # Panics
///
/// When `shingling.words` is not between 1 and [`WORDS_PER_SHINGLE_MAX`](textmill_text::shingles::WORDS_PER_SHINGLE_MAX).
///
/// # Examples
///
/// ```
/// use dedup::features::{Form, features};
///
/// let of = |text| features(text, Form::Words, None, &mut Default::default());
/// assert_eq!(of("Rain fell."), of("RAIN fell"));
/// assert_ne!(of("?"), of("!"), "without a word, the characters count");
/// ```
pub fn features(text: &str, form: Form, shingling: Option<Shingling>, scratch: &mut Scratch) -> Features {
    scratch.clear();
    if shingling.is_some() || form == Form::Words {
        word_hashes(text, &mut scratch.words);
    }
    let fingerprint = match form {
        Form::Bytes => fingerprint(text),
        Form::Words if !scratch.words.is_empty() => fingerprint_of_words(&scratch.words),
        Form::Words | Form::WhiteSpace => {
            collapse_white_space(text, &mut scratch.form);
            fingerprint(&scratch.form)
        }
    };
    Features { fingerprint, shingles: shingling.and_then(|it| shingles_of_words(it, scratch)) }
}

fn shingles_of_words(shingling: Shingling, scratch: &mut Scratch) -> Option<Shingles> {
    words_into_shingles(&mut scratch.words, shingling.words);
    std::mem::swap(&mut scratch.words, &mut scratch.shingles);
    if scratch.shingles.is_empty() {
        return None;
    }
    scratch.sorter.sort_into_set(&mut scratch.shingles);
    Some(shingles_of_set(shingling.measure, scratch))
}

/// Takes the shingles of a set that was written down before.
pub fn shingles_again(measure: Measure, set: Members<'_>, scratch: &mut Scratch) -> Shingles {
    scratch.clear();
    scratch.shingles.extend(set);
    shingles_of_set(measure, scratch)
}

fn shingles_of_set(measure: Measure, scratch: &mut Scratch) -> Shingles {
    write_parities(&scratch.shingles, &mut scratch.parities);
    write_set(&scratch.shingles, &mut scratch.set);
    let keys = match measure {
        Measure::Jaccard(bands) => {
            sketch_set(&scratch.shingles, bands.sketch_len(), &mut scratch.sketch);
            band_keys(&scratch.sketch, bands)
        }
        Measure::Containment => scratch.shingles.iter().take(PROBES).map(|it| shingle_key(*it)).collect(),
    };
    Shingles {
        keys,
        parities: scratch.parities.as_slice().into(),
        len: scratch.shingles.len(),
        set: scratch.set.as_slice().into(),
    }
}

/// One key for the rows of each band.
fn band_keys(sketch: &[u64], bands: Bands) -> Box<[u32]> {
    let rows = sketch.chunks_exact(bands.rows).take(bands.bands);
    rows.map(|rows| (rows.iter().fold(0, |key, value| mix(key ^ value, 0)) >> 32) as u32).collect()
}

/// The key of one shingle: its lower bits, because the upper ones of the smallest are zeros.
pub fn shingle_key(shingle: u64) -> u32 {
    shingle as u32
}

impl Scratch {
    /// Empties all, and gives back what one huge text has needed.
    fn clear(&mut self) {
        const KEPT: usize = 1 << 20;
        self.form.clear();
        self.form.shrink_to(KEPT);
        self.set.clear();
        self.set.shrink_to(KEPT);
        self.sorter.shrink_to(KEPT);
        for list in [&mut self.words, &mut self.shingles, &mut self.sketch, &mut self.parities] {
            list.clear();
            list.shrink_to(KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shingling() -> Option<Shingling> {
        Some(Shingling { words: 3, measure: Measure::Jaccard(Bands::for_similarity(0.8)) })
    }

    /// Two texts of numbers as words, with about this Jaccard similarity, and their exact one.
    fn pair_of_texts(pair: usize, words: usize, similarity: f64) -> (String, String, f64) {
        let shared = (2.0 * words as f64 * similarity / (1.0 + similarity)).round() as usize;
        let text = |from: usize| (from..from + words).map(|it| format!("{pair}x{it} ")).collect::<String>();
        (text(0), text(words - shared), shared as f64 / (2 * words - shared) as f64)
    }

    #[test]
    fn pairs_are_detected_as_often_as_the_bands_promise_in_short_and_long_texts() {
        const PAIRS: usize = 1000;
        let mut scratch = Scratch::default();
        for (asked, words, similarity) in [
            (0.8, 30, 0.7),
            (0.8, 300, 0.7),
            (0.8, 1000, 0.6),
            (0.7, 30, 0.5),
            (0.7, 400, 0.55),
            (0.9, 200, 0.8),
        ] {
            let bands = Bands::for_similarity(asked);
            let mut keys = |text: &str| {
                let shingling = Some(Shingling { words: 1, measure: Measure::Jaccard(bands) });
                features(text, Form::Words, shingling, &mut scratch).shingles.unwrap().keys
            };
            let (mut found, mut promised) = (0, 0.0);
            for pair in 0..PAIRS {
                let (a, b, exact) = pair_of_texts(pair, words, similarity);
                found += usize::from(keys(&a).iter().zip(&keys(&b)).any(|(a, b)| a == b));
                promised += bands.detection(exact);
            }
            let promised = promised / PAIRS as f64;
            let error = (promised * (1.0 - promised) / PAIRS as f64).sqrt();
            let measured = found as f64 / PAIRS as f64;
            assert!(
                (measured - promised).abs() < 4.0 * error,
                "{words} words, {similarity} at {asked}: {measured} detected, {promised} promised"
            );
        }
    }

    proptest! {
        #[test]
        fn features_hang_on_the_text_and_not_on_what_was_seen_before(
            texts in prop::collection::vec(any::<String>(), 1..5),
            form in prop::sample::select(vec![Form::Bytes, Form::WhiteSpace, Form::Words]),
        ) {
            let mut scratch = Scratch::default();
            for text in &texts {
                let again = features(text, form, shingling(), &mut scratch);
                prop_assert_eq!(again, features(text, form, shingling(), &mut Scratch::default()));
            }
        }

        #[test]
        fn the_same_words_give_the_same_features(words in prop::collection::vec("[a-zé]{1,9}", 1..40)) {
            let of = |text: &str| features(text, Form::Words, shingling(), &mut Scratch::default());
            let plain = of(&words.join(" "));
            prop_assert_eq!(&plain, &of(&words.join(",\n--").to_uppercase()));
            prop_assert_eq!(plain.shingles.is_some(), words.len() >= 3);
        }
    }
}
