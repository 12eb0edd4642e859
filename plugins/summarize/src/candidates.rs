//! Decides which sentences may stand in a summary.
//!
//! In goes a [`Reading`], out comes how fit each sentence is. Fit are whole sentences of the body that can be
//! understood alone. Not fit are headlines, captions, datelines, sign-up lines, list items and other lines
//! without a stop, remarks in parentheses, questions, and single sentences out of a longer quotation, which
//! would leave the reader with an open quotation mark and no speaker.
//!
//! Not here: which of the fit ones are worth most (`score`).

use crate::reading::{Ending, Reading, Sentence};

/// How fit a sentence is for a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fitness {
    /// Never.
    Unfit,
    /// Only if there is nothing better: whole, but short, long, a question or part of a quotation.
    Passable,
    /// A whole sentence of the body.
    Good,
}

/// Writes the indexes of the sentences that may be chosen from into `into`, in text order.
///
/// They are the good ones; the passable ones if none is good.
pub fn candidates(reading: &Reading, text: &str, into: &mut Vec<u32>) {
    let has_stops = reading.sentences.iter().any(|sentence| sentence.ending != Ending::Open);
    let mut best = Fitness::Passable;
    let mut index = 0;
    into.clear();
    for line in reading.sentences.chunk_by(|a, b| a.line == b.line) {
        let is_caption = line.len() <= CAPTION_SENTENCES_MAX && line.iter().any(|it| it.phrase.is_some());
        for (sentence, index) in line.iter().zip(index..).filter(|_| !is_caption) {
            let fitness = fitness(sentence, &text[sentence.range.clone()], has_stops);
            if fitness > best {
                best = fitness;
                into.clear();
            }
            if fitness == best {
                into.push(index);
            }
        }
        index += line.len() as u32;
    }
}

/// A line of at most so many sentences is a caption or a sign-up line as a whole, if one of them is.
const CAPTION_SENTENCES_MAX: usize = 3;

/// Shorter sentences say little alone.
const WORDS_MIN: u32 = 6;

/// Longer ones are lists, tables or text whose stops were lost.
const WORDS_MAX: u32 = 100;

/// In a text without any stop, a line of so many words counts as a sentence.
const LINE_WORDS_MIN: u32 = 8;

fn fitness(sentence: &Sentence, text: &str, has_stops: bool) -> Fitness {
    let is_whole = match sentence.ending {
        Ending::Open => !has_stops && sentence.words >= LINE_WORDS_MIN,
        _ => begins_whole(text) && sentence.words >= 2,
    };
    if !is_whole || sentence.phrase.is_some() {
        return Fitness::Unfit;
    }
    let stands_alone = sentence.ending == Ending::Stop && !sentence.in_open_quotation;
    if stands_alone && (WORDS_MIN..=WORDS_MAX).contains(&sentence.words) {
        Fitness::Good
    } else {
        Fitness::Passable
    }
}

/// Whether `text` begins as a sentence does: with a capital, a number or a letter that has no case.
fn begins_whole(text: &str) -> bool {
    let inner = text.trim_start_matches(['"', '\'', '“', '‘', '„', '‚', '«', '‹', '「', '『', '¿', '¡', '…']);
    inner.starts_with(|c: char| {
        (c.is_alphanumeric() && !c.is_lowercase()) || matches!(c, '$' | '€' | '£' | '¥' | '#' | '@')
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use textmill_text::sentences::sentences;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut reading = Reading::default();
        reading.read(text, sentences(text));
        let mut found = Vec::new();
        candidates(&reading, text, &mut found);
        let shown =
            found.iter().map(|i| format!("{}\n", &text[reading.sentences[*i as usize].range.clone()]));
        expected.assert_eq(&shown.collect::<String>());
    }

    #[test]
    fn headlines_captions_and_sign_up_lines_are_left_out() {
        check(
            "Rain Falls on the Whole Town\n\nBERN – Rain fell on the whole town on Monday.\n\n\
             Ann Berg watches the rain from her window. Photo credit: A. Roth\n\n\
             Nobody in the town minded it much.\n\n\
             Get the stories of the day sent to you! Sign up or subscribe to our letter!",
            expect![[r#"
                Rain fell on the whole town on Monday.
                Nobody in the town minded it much.
            "#]],
        );
    }

    #[test]
    fn questions_fragments_and_remarks_are_left_out() {
        check(
            "What do you think about the rain here? It rained. (See the report of May for more.) \
             and so it went on and on. • Rain falls on the town often. The river rose by half a metre.",
            expect![[r#"
                The river rose by half a metre.
            "#]],
        );
    }

    #[test]
    fn a_sentence_out_of_a_longer_quotation_is_left_out() {
        check(
            "“It rained here all day long. We all stayed at home then,” Ann Berg said. \
             “We stayed at home all day,” Bob Roth said.",
            expect![[r#"
                “We stayed at home all day,” Bob Roth said.
            "#]],
        );
    }

    #[test]
    fn the_passable_stand_in_when_nothing_is_good() {
        check(
            "It rained. Who cares?",
            expect![[r#"
            It rained.
            Who cares?
        "#]],
        );
        check(
            "a line of a text that has no stops at all\nanother line",
            expect![[r#"
            a line of a text that has no stops at all
            another line
        "#]],
        );
        check("", expect![[""]]);
        check("Nothing but a Headline", expect![[""]]);
    }
}
