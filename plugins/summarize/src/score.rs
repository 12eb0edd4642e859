//! Says how much each candidate sentence is worth to a summary.
//!
//! In go a [`Reading`] and the candidates in it, out comes a number for each; higher is better, and only the
//! order means something. Three measures of worth: the place alone (`lead`), the words that other sentences
//! share (`central`), and a linear model over many features (`learned`), whose weights stand in `models/` with a
//! card that says what they were fitted to and how good they are. A query adds to any of them.
//!
//! Arithmetic is `f32` in a fixed order without library functions: the same text gives the same bits everywhere.
//!
//! Not here: what may stand in a summary at all (`candidates`), repetition between sentences (`choose`).

use std::sync::LazyLock;

use crate::features::{Features, Measure, NAMES};
use crate::reading::Reading;

/// What makes a sentence worth taking.
#[derive(Debug, Clone, Copy)]
pub enum Worth<'a> {
    /// Standing early.
    Lead,
    /// Words that many sentences share.
    Central,
    /// What a model says.
    Learned(&'a Weights),
}

/// Writes the worth of each of `candidates` into `into`.
pub fn scores(reading: &Reading, candidates: &[u32], worth: Worth<'_>, into: &mut Vec<f32>) {
    into.clear();
    match worth {
        Worth::Lead => into.extend((0..candidates.len()).map(|rank| 1.0 / (1.0 + rank as f32))),
        Worth::Central => into.extend(candidates.iter().map(|&i| centrality(reading, i as usize))),
        Worth::Learned(weights) => {
            let measure = Measure::new(reading, candidates);
            let leans = |i: u32| f32::from(u8::from(reading.sentences[i as usize].leans_back));
            into.extend(
                candidates
                    .iter()
                    .enumerate()
                    .map(|(rank, &i)| weights.worth(&measure.features(rank)) - LEANING_COST * leans(i)),
            );
        }
    }
    if !reading.query().is_empty() {
        add_query(reading, candidates, into);
    }
}

/// A sentence that leans on the one before reads badly alone. Overlap with people's summaries does not care.
const LEANING_COST: f32 = 0.03;

/// The share of sentences that hold its words, on average; a short sentence is held to be average in what it lacks.
fn centrality(reading: &Reading, sentence: usize) -> f32 {
    let words = reading.words_of(&reading.sentences[sentence]);
    let shared: u32 = words.iter().map(|&word| reading.vocabulary.sentences(word) - 1).sum();
    shared as f32 / (words.len() + WORDS_LACKING) as f32 / reading.sentences.len() as f32
}

/// As many words without a share are added to each sentence, so that three shared words are no summary.
const WORDS_LACKING: usize = 8;

/// Adds the share of the query that each candidate holds, rare words of the query counting more.
///
/// It outweighs all else a sentence can gain, so that what was asked for comes first; among equals the rest decides.
fn add_query(reading: &Reading, candidates: &[u32], into: &mut [f32]) {
    let asked = |i: u32| reading.sentences[i as usize].asked;
    let rarity: Vec<f32> = (0..reading.query().len())
        .map(|bit| candidates.iter().filter(|&&i| asked(i) >> bit & 1 == 1).count())
        .map(|holders| 1.0 / (1.0 + holders as f32 / candidates.len() as f32))
        .collect();
    let whole: f32 = rarity.iter().sum();
    for (score, &i) in into.iter_mut().zip(candidates) {
        let held = rarity.iter().enumerate().filter(|(bit, _)| asked(i) >> bit & 1 == 1);
        *score += QUERY_WORTH * held.map(|(_, rarity)| rarity).sum::<f32>() / whole;
    }
}

/// Half a query outweighs all that a sentence can gain otherwise.
const QUERY_WORTH: f32 = 2.0;

/// A linear model: a weight for each feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights(pub Features);

impl Weights {
    /// The weights fitted to news reports and what people wrote of them: `models/news.weights`.
    #[must_use]
    pub fn news() -> &'static Weights {
        static NEWS: LazyLock<Weights> = LazyLock::new(|| {
            Weights::parse(include_str!("../models/news.weights")).expect("a test reads the file")
        });
        &NEWS
    }

    /// Reads lines of a feature's name and its weight; `None` unless they are just the features, in their order.
    #[must_use]
    pub fn parse(text: &str) -> Option<Weights> {
        let mut weights = [0.0; NAMES.len()];
        let mut lines = text.lines();
        for (name, weight) in NAMES.iter().zip(&mut weights) {
            *weight = lines.next()?.strip_prefix(name)?.trim().parse().ok()?;
        }
        lines.next().is_none().then_some(Weights(weights))
    }

    /// The text that [`Weights::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        NAMES.iter().zip(self.0).map(|(name, weight)| format!("{name} {weight:.4}\n")).collect()
    }

    /// The sum of the features, weighted.
    #[must_use]
    pub fn worth(&self, features: &Features) -> f32 {
        self.0.iter().zip(features).map(|(weight, feature)| weight * feature).sum()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use textmill_text::sentences::sentences;

    use super::*;

    #[track_caller]
    fn check(text: &str, worth: Worth<'_>, query: &[u64], expected: Expect) {
        let mut reading = Reading::default();
        reading.ask(query);
        reading.read(text, sentences(text));
        let candidates: Vec<u32> = (0..reading.sentences.len() as u32).collect();
        let mut found = Vec::new();
        scores(&reading, &candidates, worth, &mut found);
        let mut order: Vec<_> = found.iter().zip(&reading.sentences).collect();
        order.sort_by(|a, b| b.0.total_cmp(a.0));
        let shown = order.into_iter().map(|(_, it)| format!("{}\n", &text[it.range.clone()]));
        expected.assert_eq(&shown.collect::<String>());
    }

    const REPORT: &str = "The river Aare rose by two metres in Bern. A bridge over the river Aare was closed in Bern. \
         Nobody knows what became of an old wooden boat. It rose. The city of Bern closed the bridge.";

    #[test]
    fn early_sentences_about_what_the_others_are_about_come_first() {
        check(
            REPORT,
            Worth::Learned(Weights::news()),
            &[],
            expect![[r#"
            The river Aare rose by two metres in Bern.
            A bridge over the river Aare was closed in Bern.
            The city of Bern closed the bridge.
            Nobody knows what became of an old wooden boat.
            It rose.
        "#]],
        );
    }

    #[test]
    fn what_others_share_is_central() {
        check(
            REPORT,
            Worth::Central,
            &[],
            expect![[r#"
            A bridge over the river Aare was closed in Bern.
            The city of Bern closed the bridge.
            The river Aare rose by two metres in Bern.
            Nobody knows what became of an old wooden boat.
            It rose.
        "#]],
        );
    }

    #[test]
    fn a_query_comes_before_all_else() {
        let query = ["boat", "city"].map(crate::vocabulary::stem);
        check(
            REPORT,
            Worth::Lead,
            &query,
            expect![[r#"
            Nobody knows what became of an old wooden boat.
            The city of Bern closed the bridge.
            The river Aare rose by two metres in Bern.
            A bridge over the river Aare was closed in Bern.
            It rose.
        "#]],
        );
    }

    #[test]
    fn weights_are_what_they_were_after_writing_and_reading() {
        let news = Weights::news();
        assert_eq!(Weights::parse(&news.to_text()).as_ref(), Some(news));
        assert_eq!(Weights::parse("place_1 0.5\n"), None);
    }
}
