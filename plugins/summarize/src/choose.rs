//! Chooses sentences by worth, without saying a thing twice.
//!
//! Maximal marginal relevance: each turn takes the sentence whose worth, less its likeness to the one most
//! like it among those taken, is highest. Ties go to the earlier sentence.
//!
//! Time grows with the number of sentences taken times the number of words; both limits are the caller's.
//!
//! Not here: what a sentence is worth (`score`), and what may be chosen (`candidates`).

use crate::reading::Reading;

/// How much a summary may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// At most so many sentences.
    pub sentences_max: usize,
    /// At most so many words, all sentences together.
    pub words_max: usize,
    /// At most this share of the text's sentences, rounded up.
    pub ratio_max: f32,
}

impl Limits {
    /// So many sentences, as long as they are.
    #[must_use]
    pub const fn sentences(sentences_max: usize) -> Limits {
        Limits { sentences_max, words_max: usize::MAX, ratio_max: 1.0 }
    }

    fn sentences_of(self, all: usize) -> usize {
        // Less a little, so that a tenth of fifty is five in spite of rounding.
        let share = (self.ratio_max * all as f32 - 0.001).ceil().max(0.0);
        self.sentences_max.min(share as usize)
    }
}

/// The worth of a sentence whose words all stand in another one falls by so much, more than a good place is
/// worth. The cost grows with the square: sentences about one thing share some words, repetitions nearly all.
const LIKENESS_COST: f32 = 0.3;

/// Memory that is kept from document to document.
#[derive(Debug, Default)]
pub struct Chooser {
    /// For each word, the turn in which a sentence with it was last taken.
    taken_in: Vec<u32>,
    likeness: Vec<f32>,
    is_open: Vec<bool>,
}

impl Chooser {
    /// Returns the ranks in `candidates` of the sentences to take, in text order.
    pub fn choose(
        &mut self,
        reading: &Reading,
        candidates: &[u32],
        scores: &[f32],
        limits: Limits,
    ) -> Vec<usize> {
        self.begin(reading, candidates.len());
        let mut chosen = Vec::new();
        let mut words_left = limits.words_max;
        let sentences_max = limits.sentences_of(reading.sentences.len());
        while chosen.len() < sentences_max {
            let fits = |rank: usize| words_of(reading, candidates, rank) <= words_left;
            let Some(best) = self.best(scores, fits) else { break };
            words_left -= words_of(reading, candidates, best);
            self.is_open[best] = false;
            chosen.push(best);
            if chosen.len() < sentences_max {
                self.take(reading, candidates, best, chosen.len() as u32);
            }
        }
        chosen.sort_unstable();
        chosen
    }

    fn begin(&mut self, reading: &Reading, candidates: usize) {
        self.taken_in.clear();
        self.taken_in.resize(reading.vocabulary.len(), 0);
        self.likeness.clear();
        self.likeness.resize(candidates, 0.0);
        self.is_open.clear();
        self.is_open.resize(candidates, true);
    }

    fn best(&self, scores: &[f32], fits: impl Fn(usize) -> bool) -> Option<usize> {
        let worth = |rank: usize| scores[rank] - LIKENESS_COST * self.likeness[rank] * self.likeness[rank];
        let open = (0..scores.len()).filter(|&rank| self.is_open[rank] && fits(rank));
        open.reduce(|best, rank| if worth(rank) > worth(best) { rank } else { best })
    }

    /// Makes the sentences that are left know how like the one just taken they are.
    fn take(&mut self, reading: &Reading, candidates: &[u32], rank: usize, turn: u32) {
        let taken = reading.words_of(&reading.sentences[candidates[rank] as usize]);
        for &word in taken {
            self.taken_in[word as usize] = turn;
        }
        for (other, &i) in candidates.iter().enumerate().filter(|(other, _)| self.is_open[*other]) {
            let words = reading.words_of(&reading.sentences[i as usize]);
            let shared = words.iter().filter(|&&word| self.taken_in[word as usize] == turn).count();
            let likeness = shared as f32 / words.len().min(taken.len()).max(1) as f32;
            self.likeness[other] = self.likeness[other].max(likeness);
        }
    }
}

fn words_of(reading: &Reading, candidates: &[u32], rank: usize) -> usize {
    reading.sentences[candidates[rank] as usize].words as usize
}
