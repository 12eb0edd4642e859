//! Finds block quotes: paragraphs without quotation marks that a line ending in a colon gives to somebody (*She wrote in a
//! statement:*).
//!
//! In go the words and mentions of a text; out come [`Block`]s, ascending. A colon alone says little: most lead to a list, a
//! picture or the writer's next thought. So its sentence must end with a verb of saying that has a subject, and behind that verb stand
//! at most a few words that tell where, when or to whom: no other verb and no new clause. What follows is a block when it is
//! marked, with `>` as in mails or set in further than the line with the colon, as far as the marks go; or else, when the sentence
//! speaks of writing or of a speech, the one paragraph behind it. Without such a word the writer mostly just goes on. A list, markup, a line with a colon of its own or with a mark at its start is no block.

use std::ops::Range;

use crate::context::Page;
use crate::lexicon::Classes;
use crate::mentions::{CUE, Mention, Relation};
use crate::words::{Shape, Word};

/// A paragraph or more that somebody said or wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Bytes of the text, from its first word or sign on; `>` at the start of further lines is inside.
    pub content: Range<usize>,
    /// The index of the mention that speaks.
    pub speaker: usize,
    /// Whether `>` or white space sets it apart.
    pub marked: bool,
}

/// So many words may stand between the verb and the colon.
const BEHIND_VERB_MAX: usize = 12;
/// So many words of a sentence are looked at.
const SENTENCE_MAX: usize = 40;
/// A paragraph of fewer words is a label.
const WORDS_MIN: usize = 5;
/// What no block starts with.
const LIST_SIGNS: [char; 12] = ['-', '–', '—', '―', '•', '·', '*', '<', '[', '#', '+', '|'];

/// Whether a line of the text ends in a colon: without one there is no block, and nothing to cut into words for it.
pub fn is_hinted(text: &str) -> bool {
    text.match_indices(':').any(|(at, _)| ends_line(&text[at + 1..]))
}

fn ends_line(rest: &str) -> bool {
    rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n')
}

/// The block quotes of a page.
///
/// # Examples
///
/// ```
/// use quotes::{blocks, context::Page, language::Language, mentions, words};
///
/// let text = "Ann Lee wrote in a statement:\n\nIt rained all day in the whole town.\n\nNobody came.";
/// let (mut found, mut people) = (Vec::new(), Vec::new());
/// let lexicon = &Language::english().lexicon;
/// words::split(text, &[], lexicon, &mut found);
/// mentions::find(text, &found, lexicon, &mut people);
/// let blocks = blocks::find(Page { text, words: &found, stretches: &[] }, &people);
/// assert_eq!(&text[blocks[0].content.clone()], "It rained all day in the whole town.");
/// ```
pub fn find(page: Page<'_>, mentions: &[Mention]) -> Vec<Block> {
    let words = page.words;
    let colons = (1..words.len().saturating_sub(1)).filter(|&at| {
        let (word, next) = (&words[at], &words[at + 1]);
        word.sign == ':' && word.stretch.is_none() && word.paragraph != next.paragraph
    });
    let mut blocks: Vec<Block> = Vec::new();
    for colon in colons {
        if blocks.last().is_some_and(|it| it.content.end > words[colon].start as usize) {
            continue; // a block inside a block is part of it
        }
        let speaker = speaker_before(words, mentions, colon);
        let block = speaker.and_then(|speaker| block_behind(page, colon, speaker));
        blocks.extend(block.filter(|it| it.marked || tells_medium(&words[..colon])));
    }
    blocks
}

/// The mention whose verb of saying leads to the colon at word `colon`.
fn speaker_before(words: &[Word], mentions: &[Mention], colon: usize) -> Option<usize> {
    let sentence = words[colon].sentence;
    let near = (0..colon).rev().take(BEHIND_VERB_MAX).take_while(|&i| words[i].sentence == sentence);
    let verb = near.into_iter().find(|&i| words[i].is(CUE) && words[i].shape == Shape::Lower)?;
    let end = mentions.partition_point(|it| (it.first as usize) < colon);
    let speaks = |it: &Mention| {
        it.cue as usize == verb && matches!(it.relation, Relation::Subject | Relation::Inverted)
    };
    let speaker = (0..end).rev().take(BEHIND_VERB_MAX).find(|&i| speaks(&mentions[i]))?;
    let behind = match mentions[speaker].relation {
        Relation::Inverted => mentions[speaker].full_last as usize + 1,
        _ => verb + 1,
    };
    let rest = words.get(behind..colon)?;
    (words[verb].is(Classes::SAY) && words[verb].stretch.is_none() && tells_where(rest)).then_some(speaker)
}

/// Whether the sentence that ends these words speaks of writing or of a speech.
fn tells_medium(words: &[Word]) -> bool {
    let Some(last) = words.last() else { return false };
    let sentence = words.iter().rev().take_while(|it| it.sentence == last.sentence).take(SENTENCE_MAX);
    sentence.into_iter().any(|it| it.is(Classes::MEDIUM) && it.stretch.is_none())
}

/// Whether words behind a verb of saying only tell where, when or to whom.
fn tells_where(words: &[Word]) -> bool {
    const STARTS: Classes = Classes::PREPOSITION
        .or(Classes::OF)
        .or(Classes::ADVERB)
        .or(Classes::CALENDAR)
        .or(Classes::PRONOUN)
        .or(Classes::DETERMINER)
        .or(Classes::POSSESSIVE);
    const NEW_CLAUSE: Classes = CUE.or(Classes::VERB).or(Classes::AUXILIARY).or(Classes::RELATIVE);
    let starts = |it: &Word| it.is(STARTS) || it.shape == Shape::Capital || it.sign == ',';
    let word = |it: &Word| {
        it.shape == Shape::Capital
            || it.is(STARTS) && !it.is(NEW_CLAUSE)
            || !it.is(NEW_CLAUSE.or(Classes::FUNCTION))
    };
    let sign = |it: &Word| it.shape == Shape::Possessive || matches!(it.sign, ',' | '(' | ')');
    let goes_on = |it: &Word| it.stretch.is_none() && if it.is_word() { word(it) } else { sign(it) };
    words.first().is_none_or(starts) && words.iter().all(goes_on)
}

/// The block behind the colon at word `colon`.
fn block_behind(page: Page<'_>, colon: usize, speaker: usize) -> Option<Block> {
    let Page { text, words, .. } = page;
    let own = indent(text, words[colon].start as usize);
    let (mut at, mut content, mut marked) = (colon + 1, None, false);
    while let Some(first) = words.get(at) {
        let length = words[at..].iter().take_while(|it| it.paragraph == first.paragraph).count();
        let lead = indent(text, first.start as usize);
        let apart = first.sign == '>' || lead > own + 1;
        let paragraph = &words[at + usize::from(first.sign == '>')..at + length];
        let belongs = if content.is_some() { marked && apart } else { is_prose(paragraph) };
        if !belongs {
            break;
        }
        let Some((first, last)) = paragraph.first().zip(paragraph.last()) else { break };
        let start = content.map_or(first.start as usize, |it: Range<usize>| it.start);
        content = Some(start..last.end as usize);
        marked = apart;
        at += length;
    }
    Some(Block { content: content?, speaker, marked })
}

/// Whether a paragraph is somebody's sentences and not a list, markup, another lead-in or a quotation in marks.
fn is_prose(words: &[Word]) -> bool {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let item = LIST_SIGNS.contains(&first.sign) || first.shape == Shape::Mark || first.stretch.is_some();
    let numbered =
        first.shape == Shape::Number && words.get(1).is_some_and(|it| matches!(it.sign, '.' | ')' | ':'));
    let label = words.iter().take(6).any(|it| it.sign == ':') || last.sign == ':';
    let ends = matches!(last.sign, '.' | '!' | '?' | '…') || last.shape == Shape::Mark || last.sign == ')';
    let length = words.iter().filter(|it| it.is_word()).count();
    !item && !numbered && !label && ends && length >= WORDS_MIN
}

/// The white space between the start of its line and a byte.
fn indent(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |it| it + 1);
    text[line..at].len() - text[line..at].trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::{marks, mentions, words};

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let (mut stretches, mut cut, mut met) = Default::default();
        let lexicon = &Language::english().lexicon;
        marks::scan(text, &mut stretches);
        words::split(text, &stretches, lexicon, &mut cut);
        mentions::find(text, &cut, lexicon, &mut met);
        let found = find(Page { text, words: &cut, stretches: &stretches }, &met);
        let speaker = |it: &Mention| {
            &text[cut[it.first as usize].start as usize..cut[it.full_last as usize].end as usize]
        };
        let shown: Vec<(&str, &str)> =
            found.iter().map(|it| (speaker(&met[it.speaker]), &text[it.content.clone()])).collect();
        assert_eq!(shown, expected, "{text}");
        assert!(found.is_empty() || is_hinted(text));
    }

    const RAIN: &str = "It rained all day in town.";

    #[test]
    fn a_line_that_ends_in_a_verb_of_saying_leads_to_a_block() {
        for lead in [
            "Ann Lee wrote:",
            "Ann Lee said in a statement on Monday:",
            "In a letter to the council, Ann Lee wrote:",
            "Ann Lee told The Daily News:",
            "The town is wet. In the interview, Ann Lee later added:",
        ] {
            check(&format!("{lead}\n\n{RAIN}\n\nNobody came."), &[("Ann Lee", RAIN)]);
        }
        check(&format!("So wrote the mayor on Monday:\n{RAIN}\nNobody came."), &[("the mayor", RAIN)]);
    }

    #[test]
    fn a_block_goes_on_as_far_as_it_is_marked() {
        let quoted = "She said:\n\n> It rained all day in town.\n> We got wet.\n\nNobody came.";
        check(quoted, &[("She", "It rained all day in town.\n> We got wet.")]);
        let indented =
            "She said:\n\n    It rained all day in town.\n\n    We got wet.\n\nNobody came to the town.";
        check(indented, &[("She", "It rained all day in town.\n\n    We got wet.")]);
    }

    #[test]
    fn lists_markup_labels_and_quotations_are_no_block() {
        for behind in [
            "- It rained all day in town.",
            "1. It rained all day in town.",
            "“It rained all day in town.”",
            "<tweet id=\"1\"> It rained all day in town.",
            "Monday: It rained all day in town.",
            "It rained all day in the following towns:",
            "The Week in Rain and Snow",
            "Too short.",
        ] {
            check(&format!("She wrote:\n\n{behind}\n\nNobody came."), &[]);
        }
    }

    #[test]
    fn a_colon_behind_another_verb_or_clause_leads_to_no_block() {
        for lead in [
            "Here are three reasons:",
            "She said areas where it rained include:",
            "Watch the film that she talked about below:",
            "Like the page:",
            "Ann Lee said:",
            "She said that nobody has seen this:",
            "Ann Lee took to the stage:",
            "“No,” she said, and left for the following town:",
        ] {
            check(&format!("{lead}\n\n{RAIN}\n\nNobody came."), &[]);
        }
        check("She wrote: It rained all day in town.", &[]);
        check("She wrote:", &[]);
    }
}
