//! Makes the summary of one text: some of its own sentences, whole and in their order.
//!
//! In go a text and its sentences, out come byte spans with a score. Nothing is rephrased, so nothing is
//! invented and each sentence can be shown where it stands.
//!
//! Four steps, a module each: read the sentences (`reading`), leave out what is no sentence of the body
//! (`candidates`), say what each is worth (`score`), take the best without repetition (`choose`).
//!
//! Not here: documents, options and annotations (`lib`).

use std::ops::Range;

use crate::candidates::candidates;
use crate::choose::{Chooser, Limits};
use crate::reading::Reading;
use crate::score::{Weights, Worth, scores};

/// What kind of summary is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What makes a sentence worth taking.
    pub worth: Worth<'a>,
    /// How much the summary may hold.
    pub limits: Limits,
    /// Stems of words that it should be about; none for what the text is about.
    pub query: &'a [u64],
}

impl Request<'_> {
    /// What the text is about, in so many sentences, as the model for news has it.
    #[must_use]
    pub fn sentences(sentences_max: usize) -> Request<'static> {
        Request {
            worth: Worth::Learned(Weights::news()),
            limits: Limits::sentences(sentences_max),
            query: &[],
        }
    }
}

/// A sentence of a summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// Its bytes in the text, without a dateline at its begin.
    pub range: Range<usize>,
    /// Its worth. Only the order means something.
    pub score: f32,
    /// Whether it begins with a word that points to the sentence before it.
    pub leans_back: bool,
}

/// Summarises texts one after the other; keeps its memory, nothing else.
#[derive(Debug, Default)]
pub struct Summarizer {
    reading: Reading,
    candidates: Vec<u32>,
    scores: Vec<f32>,
    chooser: Chooser,
}

impl Summarizer {
    /// Returns the summary of `text`, whose sentences are `sentences`, in text order.
    ///
    /// It is shorter than `limits` allow when the text has no more sentences that can stand in a summary, and
    /// empty when it has none.
    ///
    /// # Examples
    ///
    /// ```
    /// use summarize::summary::{Request, Summarizer};
    /// use textmill_text::sentences::sentences;
    ///
    /// let text = "Rain in Bern\n\nBERN – Rain fell in Bern on Monday. Why? The river Aare rose fast in Bern.";
    /// let summary = Summarizer::default().summarize(text, sentences(text), Request::sentences(1));
    /// assert_eq!(&text[summary[0].range.clone()], "Rain fell in Bern on Monday.");
    /// ```
    pub fn summarize(
        &mut self,
        text: &str,
        sentences: impl Iterator<Item = Range<usize>>,
        request: Request<'_>,
    ) -> Vec<Chosen> {
        drop(self.rank(text, sentences, request));
        let ranks = self.chooser.choose(&self.reading, &self.candidates, &self.scores, request.limits);
        ranks.into_iter().map(|rank| self.chosen(rank)).collect()
    }

    /// Reads `text` and says what each sentence that may stand in a summary is worth, in text order.
    pub fn rank(
        &mut self,
        text: &str,
        sentences: impl Iterator<Item = Range<usize>>,
        request: Request<'_>,
    ) -> impl Iterator<Item = Chosen> + '_ {
        self.reading.ask(request.query);
        self.reading.read(text, sentences);
        candidates(&self.reading, text, &mut self.candidates);
        scores(&self.reading, &self.candidates, request.worth, &mut self.scores);
        (0..self.candidates.len()).map(|rank| self.chosen(rank))
    }

    /// The text as it was read last.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Which sentences of it may stand in a summary.
    #[must_use]
    pub fn candidates(&self) -> &[u32] {
        &self.candidates
    }

    fn chosen(&self, rank: usize) -> Chosen {
        let sentence = &self.reading.sentences[self.candidates[rank] as usize];
        Chosen { range: sentence.range.clone(), score: self.scores[rank], leans_back: sentence.leans_back }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use textmill_text::sentences::sentences;

    use super::*;

    #[track_caller]
    fn check(text: &str, limits: (usize, usize), expected: Expect) {
        let shown = summarize(text, limits)
            .iter()
            .map(|it| format!("{}\n", &text[it.range.clone()]))
            .collect::<String>();
        expected.assert_eq(&shown);
    }

    fn summarize(text: &str, (sentences_max, words_max): (usize, usize)) -> Vec<Chosen> {
        let limits = Limits { words_max, ..Limits::sentences(sentences_max) };
        let request = Request { limits, ..Request::sentences(0) };
        Summarizer::default().summarize(text, sentences(text), request)
    }

    const REPORT: &str = "River Rises in Bern\n\n\
        BERN – The river Aare rose by two metres in Bern on Monday after three days of rain, the city said.\n\n\
        People watch the river Aare from a bridge in Bern. Photo: Ann Berg\n\n\
        The city closed four bridges over the river Aare and moved 200 people out of their houses. \
        Four bridges over the river Aare were closed by the city. “It was loud. I could not sleep,” one man said.\n\n\
        Did you see the river? Rain is expected to end in Bern on Wednesday, when the river should fall.\n\n\
        Sign up for our newsletter!";

    #[test]
    fn whole_sentences_of_the_body_make_the_summary_in_text_order() {
        check(
            REPORT,
            (3, usize::MAX),
            expect![[r#"
                The river Aare rose by two metres in Bern on Monday after three days of rain, the city said.
                Four bridges over the river Aare were closed by the city.
                Rain is expected to end in Bern on Wednesday, when the river should fall.
            "#]],
        );
    }

    #[test]
    fn a_sentence_that_repeats_another_waits_for_its_turn() {
        check(
            REPORT,
            (2, usize::MAX),
            expect![[r#"
            The river Aare rose by two metres in Bern on Monday after three days of rain, the city said.
            Four bridges over the river Aare were closed by the city.
        "#]],
        );
    }

    #[test]
    fn a_budget_of_words_is_kept() {
        check(
            REPORT,
            (3, 20),
            expect![[r#"
            The river Aare rose by two metres in Bern on Monday after three days of rain, the city said.
        "#]],
        );
        check(REPORT, (3, 5), expect![[""]]);
    }

    #[test]
    fn a_short_text_is_summarised_by_what_good_sentences_it_has() {
        check(
            "Rain in Bern\n\nRain fell in Bern all day.",
            (3, usize::MAX),
            expect![[r#"
            Rain fell in Bern all day.
        "#]],
        );
        check("", (3, usize::MAX), expect![[""]]);
        check("Rain in Bern", (3, usize::MAX), expect![[""]]);
    }

    #[test]
    fn a_hundred_thousand_sentences_take_linear_time() {
        let text = "The river rose again in Bern on that day. ".repeat(100_000);
        assert_eq!(summarize(&text, (3, usize::MAX)).len(), 3);
        let words: String = (0..100_000).map(|i| format!("The w{i} rose above the x{i} in town. ")).collect();
        assert_eq!(summarize(&words, (3, usize::MAX)).len(), 3);
    }

    #[test]
    fn memory_of_one_text_does_not_show_in_the_next() {
        let mut used = Summarizer::default();
        let other = "Ice fell on the river Aare in May. ".repeat(50);
        used.summarize(&other, sentences(&other), Request::sentences(2));
        let again = used.summarize(REPORT, sentences(REPORT), Request::sentences(2));
        assert_eq!(again, summarize(REPORT, (2, usize::MAX)));
    }

    proptest! {
        #[test]
        fn chosen_ones_are_parts_of_sentences_in_order_and_within_the_limits(
            text in "([A-Z]?[a-z]{1,7}[ ,“”\"]?){0,40}([.!?…]|\n|[.] [A-Z][a-zé ]{3,40}[.] ){0,9}",
            sentences_max in 1..5usize,
            words_max in 0..60usize,
        ) {
            let spans: Vec<_> = sentences(&text).collect();
            let chosen = summarize(&text, (sentences_max, words_max));
            prop_assert!(chosen.len() <= sentences_max);
            prop_assert!(chosen.windows(2).all(|two| two[0].range.end <= two[1].range.start));
            for it in &chosen {
                let holder = spans.iter().find(|span| span.end == it.range.end);
                prop_assert!(holder.is_some_and(|span| span.start <= it.range.start));
                prop_assert!(it.score.is_finite());
            }
        }

        #[test]
        fn any_text_can_be_summarised(text in any::<String>()) {
            let _ = summarize(&text, (3, 100));
        }
    }
}
