//! Tells the lines of a text from those of the page around it, by the looks of a line and of its neighbours.
//!
//! In go the lines of a text, out comes a score for each: above 0 for text, below for page. A score is a sum of whole
//! numbers from a file of weights, so that the decision is the same on every machine.
//!
//! The model was trained on news pages (`model/MODEL.md`), where nine lines in ten are menu. In a text that shows no
//! page around it nothing is scored at all: short lines are headlines, lists and verse there, and what a model
//! would make of them is luck.
//!
//! Not here: rules that need no neighbours (`phrases`, `credits`), what protects a line (`cleaner`), and the training
//! (`examples/train_lines.rs`).

use crate::features::{CONTEXT, LOCAL, Measured, Slot, UNIT, View, local};

/// The weights that come with the plugin.
pub const NEWS: &str = include_str!("../model/lines.txt");

/// A line with a quotation in it needs a score below this to go: odds of 50 to 1.
pub const QUOTATION_SCORE: i32 = -4 * UNIT;

/// Labels of pages that a text must show before any of its lines is scored.
pub const LABELS_MIN: usize = 3;

/// Bytes beyond which no line is a label.
pub const LABEL_BYTES_MAX: usize = 48;

/// Words of prose that a text must hold before any of its lines is scored.
const PROSE_WORDS_MIN: u32 = 40;

/// Weights for each answer to each question, layer by layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weights {
    /// Each layer's weights, question after question.
    pub layers: Vec<Vec<i32>>,
}

/// A line of a file of weights that does not say what it has to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightsError {
    /// The line as it stands there; empty at the end of the file.
    pub line: String,
    /// What should have been there.
    pub expected: String,
}

impl std::fmt::Display for WeightsError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "expected {} in the weights, found `{}`", self.expected, self.line)
    }
}

impl std::error::Error for WeightsError {}

/// Room that is used again for the next text.
#[derive(Debug, Default)]
pub struct Scratch {
    hashes: Vec<u32>,
    answers: Vec<u16>,
    scores: Vec<i32>,
    view: View,
}

/// Whether `lines` look like a page with a text in it, and not like a text alone.
pub fn looks_like_page(lines: &[Measured]) -> bool {
    let labels = lines.iter().filter(|line| line.shape.is_label()).take(LABELS_MIN).count();
    let prose = lines.iter().filter(|line| line.shape.is_prose()).map(|line| line.shape.words_all());
    labels >= LABELS_MIN && prose.fold(0, u32::saturating_add) >= PROSE_WORDS_MIN
}

impl Weights {
    /// Returns a score for each of `lines`, or none at all where no page is to be seen.
    pub fn judge<'s>(&self, lines: &mut [Measured], scratch: &'s mut Scratch) -> Option<&'s [i32]> {
        if !looks_like_page(lines) {
            return None;
        }
        count_again(lines, &mut scratch.hashes);
        Some(self.scores(lines, scratch))
    }

    /// Returns a score for each of `lines`, whose twins have been counted.
    pub fn scores<'s>(&self, lines: &[Measured], scratch: &'s mut Scratch) -> &'s [i32] {
        let Scratch { answers, scores, view, .. } = scratch;
        scores.clear();
        view.read(lines);
        for (layer, weights) in self.layers.iter().enumerate() {
            if layer > 0 {
                view.set(lines, scores);
            }
            scores.clear();
            for i in 0..lines.len() {
                indices(layer, view, lines, i, answers);
                scores.push(answers.iter().map(|index| weights[usize::from(*index)]).sum());
            }
        }
        scores
    }

    /// Reads a file of weights as [`to_text`](Weights::to_text) writes it.
    ///
    /// # Errors
    ///
    /// When a question is missing, another stands in its place, or it has too few or too many weights.
    pub fn from_text(text: &str) -> Result<Weights, WeightsError> {
        let mut rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).peekable();
        let mut weights = Weights::default();
        while let Some(head) = rows.next() {
            let layer = weights.layers.len();
            if head != layer_head(layer) {
                return Err(WeightsError { line: head.into(), expected: layer_head(layer) });
            }
            let mut all = Vec::with_capacity(weights_count(layer));
            for slot in slots(layer) {
                let row = rows.next().unwrap_or_default();
                read_row(row, slot, &mut all).ok_or_else(|| {
                    let expected = format!("`{}` with {} weights", slot.name, slot.size);
                    WeightsError { line: row.into(), expected }
                })?;
            }
            weights.layers.push(all);
        }
        Ok(weights)
    }

    /// Writes the weights down, a line for each question.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (layer, weights) in self.layers.iter().enumerate() {
            text += &layer_head(layer);
            let mut rest = &weights[..];
            for slot in slots(layer) {
                let (these, others) = rest.split_at(usize::from(slot.size));
                rest = others;
                text.push('\n');
                text += slot.name;
                text.extend(these.iter().map(|weight| format!(" {weight}")));
            }
            text.push('\n');
        }
        text
    }
}

fn layer_head(layer: usize) -> String {
    format!("[layer {layer}]")
}

fn read_row(row: &str, slot: &Slot, weights: &mut Vec<i32>) -> Option<()> {
    let before = weights.len();
    for number in row.strip_prefix(slot.name)?.split_whitespace() {
        weights.push(number.parse().ok()?);
    }
    (weights.len() == before + usize::from(slot.size)).then_some(())
}

/// The questions that a layer asks, in order.
pub fn slots(layer: usize) -> impl Iterator<Item = &'static Slot> {
    let context = if layer == 0 { &[][..] } else { CONTEXT };
    LOCAL.iter().chain(context)
}

/// How many weights a layer has.
pub fn weights_count(layer: usize) -> usize {
    slots(layer).map(|slot| usize::from(slot.size)).sum()
}

/// Writes to `answers` the indices of the weights that count in `layer` for line `i`.
pub fn indices(layer: usize, view: &View, lines: &[Measured], i: usize, answers: &mut Vec<u16>) {
    answers.clear();
    local(&lines[i], answers);
    if layer > 0 {
        view.context(lines, i, answers);
    }
    let mut base = 0;
    for (answer, slot) in answers.iter_mut().zip(slots(layer)) {
        debug_assert!(*answer < slot.size, "{} has no answer {answer}", slot.name);
        *answer += base;
        base += slot.size;
    }
}

/// Counts for each line how many others say the same; `hashes` is room to work in.
pub fn count_again(lines: &mut [Measured], hashes: &mut Vec<u32>) {
    hashes.clear();
    hashes.extend(lines.iter().map(|line| line.shape.hash));
    hashes.sort_unstable();
    for line in lines {
        let from = hashes.partition_point(|hash| *hash < line.shape.hash);
        let same = hashes[from..].iter().take(3).take_while(|hash| **hash == line.shape.hash).count();
        line.again = same.saturating_sub(1) as u16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Shape;
    use proptest::prelude::*;

    #[test]
    fn weights_are_written_as_they_are_read() {
        let weights = Weights::from_text(NEWS).unwrap();
        assert_eq!(Weights::from_text(&weights.to_text()), Ok(weights));
    }

    #[test]
    fn broken_weights_are_refused() {
        for text in ["[layer 1]", "[layer 0]\nwords 1 2 3", "[layer 0]\nclosing 1", "[layer 0]"] {
            assert!(Weights::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_alone_is_not_a_page() {
        let verse = [
            "O rose, thou art sick",
            "The invisible worm",
            "That flies in the night",
            "In the howling storm",
        ];
        assert!(!looks_like_page(&measured(&verse)));
        assert!(!looks_like_page(&measured(&["Home", "News", "Sports", "Contact us", "About", "Search"])));
    }

    #[test]
    fn sums_do_not_overflow() {
        let weights = Weights::from_text(NEWS).unwrap();
        assert!(weights.layers.iter().flatten().all(|weight| weight.abs() < 1 << 16));
    }

    proptest! {
        #[test]
        fn any_lines_can_be_scored(lines in prop::collection::vec("(News|Comments|It rained in Riga\\.|\\PC{0,20})", 0..40)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let mut measured = measured(&lines);
            count_again(&mut measured, &mut Vec::new());
            let weights = Weights::from_text(NEWS).unwrap();
            let count = weights.scores(&measured, &mut Scratch::default()).len();
            prop_assert_eq!(count, lines.len());
        }
    }

    fn measured(lines: &[&str]) -> Vec<Measured> {
        lines.iter().map(|line| Measured { shape: Shape::of(line), phrase: false, again: 0 }).collect()
    }
}
