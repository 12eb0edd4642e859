//! Finds the documents that tell one story, and sums each story up.
//!
//! In go [`Note`]s of documents, one each; out come [`Digest`]: the story of each document, and a row for each story
//! with its title, dates, documents, a summary out of several documents, and who said what.
//!
//! Three steps, a module each: note what is worth keeping of a document (`note`), group the notes (`group`), write up a
//! group (`story`). A note has at most [`note::BYTES_MAX`] bytes whatever the document's length, and no text is kept beside
//! the notes, so that memory grows with the number of documents alone.
//!
//! Not here: documents, options and tables (`lib`).

pub mod group;
pub mod note;
pub mod story;

use std::collections::HashMap;

use crate::digest::group::{Grouping, vectors};
use crate::digest::note::Note;
use crate::digest::story::Story;

/// What the stories of a corpus are.
#[derive(Debug, Default)]
pub struct Digest {
    /// The story of each document, by the document's place in the corpus.
    places: HashMap<u64, u32>,
    /// How many documents each story has.
    sizes: Vec<usize>,
    /// The stories that are told by several documents, in the order of their first ones.
    pub stories: Vec<Story>,
}

/// What decides the shape of a digest.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// What makes documents tell one story.
    pub grouping: Grouping,
    /// Stories of fewer documents have a number and no row.
    pub documents_min: usize,
    /// How many sentences the summary of a story has at most.
    pub sentences_max: usize,
}

impl Digest {
    /// Groups the documents of `notes`, which may come in any order, and writes up each group.
    #[must_use]
    pub fn of(mut notes: Vec<Note>, shape: Shape) -> Digest {
        notes.sort_unstable_by_key(|note| note.seq);
        let vectors = vectors(&notes);
        let groups = shape.grouping.group(&vectors, &notes);
        let places = groups
            .iter()
            .zip(0..)
            .flat_map(|(group, story)| group.iter().map(move |&member| (member, story)).collect::<Vec<_>>());
        let places = places.map(|(member, story)| (notes[member].seq, story)).collect();
        let told_often = groups.iter().zip(0..).filter(|(group, _)| group.len() >= shape.documents_min);
        let stories = told_often
            .map(|(group, number)| {
                let members: Vec<&Note> = group.iter().map(|&member| &notes[member]).collect();
                Story::of(number, &members, shape.sentences_max)
            })
            .collect();
        Digest { places, sizes: groups.iter().map(Vec::len).collect(), stories }
    }

    /// The number of the story that the document at place `seq` tells, and how many documents tell it.
    #[must_use]
    pub fn story_of(&self, seq: u64) -> Option<(u32, usize)> {
        let story = *self.places.get(&seq)?;
        Some((story, self.sizes[story as usize]))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use expect_test::{Expect, expect};
    use textmill_text::sentences::sentences;

    use super::note::{Notetaker, day};
    use super::*;
    use crate::stop_words::StopWords;

    const SHAPE: Shape =
        Shape { grouping: Grouping { similarity_min: 0.2, days_max: 3 }, documents_min: 2, sentences_max: 3 };

    const FLOOD: [&str; 3] = [
        "The river Aare flooded the old town of Bern on Monday, and 200 people left their houses. The mayor Anna Berg \
         closed four bridges over the Aare.",
        "Four bridges over the Aare were closed in Bern by its mayor Anna Berg after the river flooded the old town. \
         Schools stay closed until Friday.",
        "In the old town of Bern the river Aare flooded cellars. The mayor Anna Berg closed four bridges over the Aare.",
    ];

    const GAME: &str =
        "Lausanne won the ice hockey final against Zug in overtime. Goalkeeper Hughes held forty shots.";

    fn note(seq: u64, text: &str, date: &str) -> Note {
        let sentences: Vec<Range<usize>> = sentences(text).collect();
        let mut note = Notetaker::default().note(text, &sentences, &StopWords::of("en"));
        note.seq = seq;
        note.id = seq.to_string();
        note.date = day(date).map(|day| (date.to_owned(), day));
        note
    }

    fn notes(texts: &[(&str, &str)]) -> Vec<Note> {
        (0..).zip(texts).map(|(seq, (text, date))| note(seq, text, date)).collect()
    }

    #[track_caller]
    fn check(texts: &[(&str, &str)], expected: Expect) {
        let digest = Digest::of(notes(texts), SHAPE);
        let numbers: Vec<String> =
            (0..texts.len() as u64).map(|seq| digest.story_of(seq).unwrap().0.to_string()).collect();
        let mut shown = format!("stories: {}\n", numbers.join(" "));
        for story in &digest.stories {
            shown += &format!("{} {:?} {:?}\n", story.story, story.documents, story.dates);
            let lines = story.summary.sentences.iter().map(|it| format!("  {} {}\n", it.document, it.text));
            shown.extend(lines);
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn documents_that_tell_one_story_are_summed_up_without_repetition() {
        check(
            &[(FLOOD[0], ""), (GAME, ""), (FLOOD[1], ""), (FLOOD[2], "")],
            expect![[r#"
                stories: 0 1 0 0
                0 ["0", "2", "3"] []
                  2 Four bridges over the Aare were closed in Bern by its mayor Anna Berg after the river flooded the old town.
            "#]],
        );
    }

    #[test]
    fn a_story_ends_when_nobody_tells_it_for_days() {
        check(
            &[(FLOOD[0], "2024-07-09"), (FLOOD[1], "2024-07-01"), (FLOOD[2], "2024-07-02")],
            expect![[r#"
                stories: 0 1 1
                1 ["1", "2"] ["2024-07-01", "2024-07-02"]
                  1 Four bridges over the Aare were closed in Bern by its mayor Anna Berg after the river flooded the old town.
            "#]],
        );
    }

    #[test]
    fn copies_add_nothing_to_the_summary() {
        check(
            &[(FLOOD[0], ""), (FLOOD[0], ""), (FLOOD[0], "")],
            expect![[r#"
                stories: 0 0 0
                0 ["0", "1", "2"] []
                  0 The river Aare flooded the old town of Bern on Monday, and 200 people left their houses.
                  0 The mayor Anna Berg closed four bridges over the Aare.
            "#]],
        );
    }

    #[test]
    fn notes_may_come_in_any_order() {
        let all = notes(&[(FLOOD[0], ""), (GAME, ""), (FLOOD[1], ""), (FLOOD[2], "")]);
        let expected = Digest::of(all.clone(), SHAPE).stories;
        for turn in 1..all.len() {
            let mut turned = all.clone();
            turned.rotate_left(turn);
            assert_eq!(Digest::of(turned, SHAPE).stories, expected);
        }
    }

    #[test]
    fn empty_texts_and_an_empty_corpus_are_no_story() {
        check(
            &[],
            expect![[r#"
                stories: 
            "#]],
        );
        check(
            &[("", ""), ("", ""), ("42", "")],
            expect![[r#"
                stories: 0 1 2
            "#]],
        );
    }

    #[test]
    fn a_note_is_small_however_long_the_text() {
        let text: String =
            (0..20_000).map(|i| format!("The w{i} rose above the x{i} in town {i} today. ")).collect();
        let note = note(0, &text, "2024-07-01");
        let texts = note.sentences.iter().map(|it| it.text.len()).sum::<usize>();
        assert!(texts + note.terms.len() * size_of::<(u32, u16)>() < note::BYTES_MAX);
    }

    #[test]
    fn speakers_are_known_by_their_longest_name_and_said_things_come_once() {
        let said = "“The Aare is high,” said Berg. “Stay at home,” she said.";
        let mut notes = notes(&[(FLOOD[0], ""), (FLOOD[1], "")]);
        notes[0].add_quotes(said, [("Berg", 3..19), ("Berg", 34..46)].into_iter());
        notes[1].add_quotes(said, [("Anna Berg", 3..19)].into_iter());
        let digest = Digest::of(notes, SHAPE);
        let speakers = &digest.stories[0].speakers;
        assert_eq!(speakers.len(), 1);
        assert_eq!((speakers[0].name.as_str(), speakers[0].quotes.len()), ("Anna Berg", 2));
        assert_eq!((speakers[0].quotes[0].start, speakers[0].quotes[0].text.as_str()), (1, &said[3..19]));
    }
}
