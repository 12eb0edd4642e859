//! Finds the turns of a transcript: lines that start with who speaks and a colon (*PENCE: …*, *Mr. Lee: …*, *Q: …*).
//!
//! In goes a text; out come [`Turn`]s, ascending. A colon alone says little: *Note:*, *Photo:* and the labels of a list have one, too.
//! So a text counts as a transcript only when at least two labels take turns, each twice or more, and when most of
//! its lines from the first turn to the last are turns; words for captions and notes are no labels (class `caption`).

use std::collections::HashMap;
use std::ops::Range;

use crate::lexicon::{Classes, Lexicon, word_hash};

/// What one speaker says until the next does. Bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The label, without its colon.
    pub label: Range<usize>,
    /// What stands behind the colon, to the end of the line.
    pub content: Range<usize>,
}

/// A label of more words is a sentence.
const LABEL_WORDS_MAX: usize = 5;
/// A label of more bytes is one, too.
const LABEL_BYTES_MAX: usize = 50;

/// The turns of a text; none when it is no transcript.
///
/// # Examples
///
/// ```
/// use quotes::{language::Language, transcript};
///
/// let text = "LEE: It rained.\nRAY: All day?\nLEE: All day.\nRAY: How sad.";
/// let turns = transcript::turns(text, &Language::english().lexicon);
/// assert_eq!(turns.len(), 4);
/// assert_eq!(&text[turns[1].label.clone()], "RAY");
/// assert_eq!(&text[turns[1].content.clone()], "All day?");
/// ```
pub fn turns(text: &str, lexicon: &Lexicon) -> Vec<Turn> {
    let (mut turns, mut at, mut lines, mut lines_to_last) = (Vec::new(), 0, 0, 0);
    for line in text.split_inclusive('\n') {
        let turn = turn_in(line, at, lexicon);
        lines += usize::from(!line.trim().is_empty() && (turn.is_some() || !turns.is_empty()));
        if let Some(turn) = turn {
            turns.push(turn);
            lines_to_last = lines;
        }
        at += line.len();
    }
    let most = turns.len() * 2 > lines_to_last;
    if most && take_turns(text, &turns) { turns } else { Vec::new() }
}

/// Whether two labels or more come twice or more, and one behind the other.
fn take_turns(text: &str, turns: &[Turn]) -> bool {
    if turns.len() < 4 {
        return false;
    }
    let mut times: HashMap<&str, usize> = HashMap::new();
    turns.iter().for_each(|it| *times.entry(&text[it.label.clone()]).or_default() += 1);
    let again: usize = times.values().filter(|&&it| it > 1).sum();
    times.values().filter(|&&it| it > 1).count() > 1 && again * 4 > turns.len() * 3
}

/// The turn that a line at byte `at` starts, if it does.
fn turn_in(line: &str, at: usize, lexicon: &Lexicon) -> Option<Turn> {
    let start = line.len() - line.trim_start().len();
    let colon = start + line[start..].bytes().take(LABEL_BYTES_MAX).position(|byte| byte == b':')?;
    let content = line[colon + 1..].trim();
    let spaced = line[colon + 1..].starts_with([' ', '\t']);
    if !spaced || content.is_empty() || !is_label(&line[start..colon], lexicon) {
        return None;
    }
    let from = at + line.len() - line[colon + 1..].trim_start().len();
    Some(Turn { label: at + start..at + colon, content: from..from + content.len() })
}

/// Whether every word has a capital, and none is a word for captions and notes, or one that no name has.
fn is_label(label: &str, lexicon: &Lexicon) -> bool {
    let other = Classes::CAPTION.or(Classes::FUNCTION).or(Classes::PREPOSITION).or(Classes::CALENDAR);
    let initial = lexicon.turn_labels.iter().any(|it| it == label);
    let mut words = label.split_whitespace();
    let names = |word: &str| {
        let letters = word.trim_matches(|c: char| !c.is_alphanumeric());
        letters.starts_with(char::is_uppercase) && !lexicon.classes(word_hash(letters)).any(other)
    };
    initial
        || label.ends_with(|c: char| c.is_alphanumeric() || c == '.' || c == ')')
            && (1..=LABEL_WORDS_MAX).contains(&words.clone().count())
            && words.all(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[track_caller]
    fn check(text: &str, labels: &[&str]) {
        let turns = turns(text, &Language::english().lexicon);
        let found: Vec<&str> = turns.iter().map(|it| &text[it.label.clone()]).collect();
        assert_eq!(found, labels);
    }

    #[test]
    fn speakers_who_take_turns_are_found() {
        check("Q: Why?\n\nA: Rain.\n\nQ: When?\n\nA: Daily.", &["Q", "A", "Q", "A"]);
        check(
            "A debate.\nMr. Lee: No.\nGOV. ANN RAY: Yes.\nAnd so on.\nMr. Lee: No.\nGOV. ANN RAY: Yes.\nApplause.",
            &["Mr. Lee", "GOV. ANN RAY", "Mr. Lee", "GOV. ANN RAY"],
        );
    }

    #[test]
    fn captions_notes_datelines_and_lists_are_no_transcript() {
        check("Photo: Ann Lee\nNote: cut\nPhoto: Bob Ray\nNote: cut", &[]);
        check("Time: 9:00\nPlace: Delhi\nDate: Monday\nPrice: none", &[]);
        check("DELHI: It rained.\nIt will rain: so they said.\nRain: more.", &[]);
        check("Lee: It rained.\nLee: It rained.\nLee: It rained.\nLee: It rained.", &[]);
        check("Lee: a\nb\nc\nd\nRay: e\nf\ng\nLee: h\ni\nj\nRay: k", &[]);
        check("http://a.example\nhttp://b.example", &[]);
    }
}
