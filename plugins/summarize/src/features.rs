//! Measures what the model of [`score`](crate::score) asks about a candidate sentence.
//!
//! In go a [`Reading`] and its candidates, out comes a row of numbers for each: where it stands, how many other
//! sentences share its words, what it has in common with the first two and the headline, its length, names,
//! numbers and quotation. None of them knows a word of any language, so one row means the same in all of them.
//!
//! Not here: what the numbers weigh (`score`).

use std::f32::consts::LOG2_10;

use crate::reading::{Ending, Reading, Sentence};

/// The names of the features, in the order of a row.
pub const NAMES: [&str; 25] = [
    "place_1",
    "place_2",
    "place_3",
    "place_4",
    "place_5",
    "place_6",
    "place_7",
    "place_8",
    "place_9",
    "place_10",
    "lateness",
    "shared_words",
    "shared_sum",
    "shared_sum_per_word",
    "lead_overlap",
    "names",
    "names_per_word",
    "numbers",
    "quotes",
    "first_person",
    "length",
    "length_squared",
    "under_8_words",
    "under_12_words",
    "over_35_words",
];

/// A row of features, in the order of [`NAMES`].
pub type Features = [f32; NAMES.len()];

/// Measures the candidates of one document.
pub struct Measure<'a> {
    reading: &'a Reading,
    candidates: &'a [u32],
    /// For each word of the vocabulary, which of the first two candidates (bits 0 and 1) and whether the headline
    /// (bit 2) hold it.
    lead: Vec<u8>,
}

impl<'a> Measure<'a> {
    /// Prepares to measure `candidates`, indexes into the sentences of `reading`.
    #[must_use]
    pub fn new(reading: &'a Reading, candidates: &'a [u32]) -> Measure<'a> {
        let mut lead = vec![0; reading.vocabulary.len()];
        let firsts = candidates.iter().take(2).map(|&i| &reading.sentences[i as usize]).zip([0b001, 0b010]);
        let headline = headline(reading, candidates).map(|sentence| (sentence, 0b100));
        for (sentence, bit) in firsts.chain(headline) {
            for &word in reading.words_of(sentence) {
                lead[word as usize] |= bit;
            }
        }
        Measure { reading, candidates, lead }
    }

    /// The features of the candidate with this rank in text order.
    #[must_use]
    pub fn features(&self, rank: usize) -> Features {
        let sentence = &self.reading.sentences[self.candidates[rank] as usize];
        let (shared_words, shared_sum) = self.shared(sentence);
        let words = sentence.words.max(1) as f32;
        let names = sentence.capitals as f32;
        let length = words.min(LENGTH_WORDS_MAX) / 20.0;
        let mut row = [0.0; NAMES.len()];
        if rank < PLACES {
            row[rank] = 1.0;
        }
        row[PLACES..].copy_from_slice(&[
            rank as f32 / self.candidates.len() as f32,
            shared_words,
            shared_sum,
            shared_sum / words,
            self.lead_overlap(sentence, rank),
            names.min(6.0) / 6.0,
            names / words,
            (sentence.numbers as f32).min(3.0) / 3.0,
            one_if(sentence.quotes),
            one_if(sentence.first_person),
            length,
            length * length,
            one_if(words < 8.0),
            one_if((8.0..12.0).contains(&words)),
            one_if(words > 35.0),
        ]);
        row
    }

    /// How many sentences share the words of this one: the mean share, and the sum of the logarithms.
    fn shared(&self, sentence: &Sentence) -> (f32, f32) {
        let words = self.reading.words_of(sentence);
        let counts = words.iter().map(|&word| self.reading.vocabulary.sentences(word));
        let (shared, logarithms) = counts.fold((0, 0.0), |(sum, logs), n| (sum + n, logs + log2(n)));
        (shared as f32 / words.len().max(1) as f32 / self.reading.sentences.len() as f32, logarithms)
    }

    /// The part of its words that stand in the lead or the headline too, the sentence itself aside.
    fn lead_overlap(&self, sentence: &Sentence, rank: usize) -> f32 {
        let others = match rank {
            0 => 0b110,
            1 => 0b101,
            _ => 0b111,
        };
        let words = self.reading.words_of(sentence);
        let shared = words.iter().filter(|&&word| self.lead[word as usize] & others != 0).count();
        shared as f32 / words.len().max(1) as f32
    }
}

/// How many places have a feature of their own.
const PLACES: usize = 10;

/// The curve is fitted to sentences of usual length; a lead of sixty words is still the lead.
const LENGTH_WORDS_MAX: f32 = 40.0;

/// Binary logarithms of 1 to 16; what is more frequent counts as 16.
const LOG2: [f32; 16] = [
    0.0, 1.0, 1.585, 2.0, 2.3219, 2.585, 2.8074, 3.0, 3.1699, LOG2_10, 3.4594, 3.585, 3.7004, 3.8074, 3.9069,
    4.0,
];

fn log2(n: u32) -> f32 {
    LOG2[(n.clamp(1, 16) - 1) as usize]
}

fn one_if(is: bool) -> f32 {
    f32::from(u8::from(is))
}

/// The line above the body that names its subject: the last one without a stop before the first candidate.
///
/// Menus and labels are shorter, and what asks the reader to sign up bears a phrase.
#[must_use]
pub fn headline<'a>(reading: &'a Reading, candidates: &[u32]) -> Option<&'a Sentence> {
    let first = *candidates.first()? as usize;
    let is_headline = |it: &&Sentence| {
        it.ending == Ending::Open && it.phrase.is_none() && HEADLINE_WORDS.contains(&it.words)
    };
    reading.sentences[..first].iter().rev().find(is_headline)
}

const HEADLINE_WORDS: std::ops::RangeInclusive<u32> = 4..=25;
