//! Tells the lines of a text from those of the page around it, by the looks of a line and of its neighbours.
//!
//! In go the lines of a text, out comes a score for each: above 0 for text, below for page. A score is a sum of whole
//! numbers from a file of trees, so that the decision is the same on every machine.
//!
//! The model was trained on news pages (`model/MODEL.md`), where nine lines in ten are menu. In a text that shows no
//! page around it nothing is scored at all: short lines are headlines, lists and verse there, and what a model
//! would make of them is luck.
//!
//! Not here: rules that need no neighbours (`phrases`, `credits`), what protects a line (`cleaner`), and the training
//! (`examples/train_lines`).

use crate::features::{Measured, Table, UNIT};
use crate::trees::{self, Tree};

/// The model that comes with the plugin.
pub const NEWS: &str = include_str!("../model/lines.txt");

/// A line needs a score below this to go: it costs more to lose text than to keep some of the page.
pub const PAGE_SCORE: i32 = -UNIT / 2;

/// A line with a quotation in it needs a score below this to go: odds of 50 to 1.
pub const QUOTATION_SCORE: i32 = -4 * UNIT;

/// Labels of pages that a text must show before any of its lines is scored.
pub const LABELS_MIN: usize = 3;

/// Bytes beyond which no line is a label.
pub const LABEL_BYTES_MAX: usize = 48;

/// Words of prose that a text must hold before any of its lines is scored.
const PROSE_WORDS_MIN: u32 = 40;

/// Layers of trees. A layer sees the scores of the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// Each layer's trees.
    pub layers: Vec<Vec<Tree>>,
}

/// A line of a model file that does not say what it has to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelError {
    /// Its number, from 1 on.
    pub line: usize,
}

impl std::fmt::Display for ModelError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "line {} of the model is neither `[layer N]` nor a tree that can be asked there",
            self.line
        )
    }
}

impl std::error::Error for ModelError {}

/// Room that is used again for the next text.
#[derive(Debug, Default)]
pub struct Scratch {
    table: Table,
    scores: Vec<i32>,
    reached: Vec<u8>,
}

/// Whether `lines` look like a page with a text in it, and not like a text alone.
pub fn looks_like_page(lines: &[Measured]) -> bool {
    let labels = lines.iter().filter(|line| line.shape.is_label()).take(LABELS_MIN).count();
    let prose = lines.iter().filter(|line| line.shape.is_prose()).map(|line| line.shape.words_all());
    labels >= LABELS_MIN && prose.fold(0, u32::saturating_add) >= PROSE_WORDS_MIN
}

impl Model {
    /// Returns a score for each of `lines`, or none at all where no page is to be seen.
    pub fn judge<'s>(&self, lines: &[Measured], scratch: &'s mut Scratch) -> Option<&'s [i32]> {
        if !looks_like_page(lines) {
            return None;
        }
        Some(self.scores(lines, scratch))
    }

    /// Returns a score for each of `lines`.
    pub fn scores<'s>(&self, lines: &[Measured], scratch: &'s mut Scratch) -> &'s [i32] {
        let Scratch { table, scores, reached } = scratch;
        table.read(lines);
        scores.clear();
        scores.resize(lines.len(), 0);
        for (layer, trees) in self.layers.iter().enumerate() {
            if layer > 0 {
                table.take_scores(lines, scores);
            }
            scores.fill(0);
            trees::add_scores(trees, table, scores, reached);
            table.share_scores(scores);
        }
        scores
    }

    /// Reads a model file as [`to_text`](Model::to_text) writes it.
    ///
    /// # Errors
    ///
    /// When a line is no tree, or asks the first layer about scores.
    pub fn from_text(text: &str) -> Result<Model, ModelError> {
        let mut model = Model::default();
        for (i, line) in text.lines().enumerate() {
            if line == layer_head(model.layers.len()) {
                model.layers.push(Vec::new());
                continue;
            }
            let is_first = model.layers.len() == 1;
            let tree = Tree::from_text(line).filter(|tree| !(is_first && tree.needs_scores()));
            let (Some(tree), Some(layer)) = (tree, model.layers.last_mut()) else {
                return Err(ModelError { line: i + 1 });
            };
            layer.push(tree);
        }
        Ok(model)
    }

    /// Writes the model down, a line for each tree.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (i, layer) in self.layers.iter().enumerate() {
            text += &layer_head(i);
            text.push('\n');
            for tree in layer {
                text += &tree.to_text();
                text.push('\n');
            }
        }
        text
    }
}

fn layer_head(layer: usize) -> String {
    format!("[layer {layer}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Shape;
    use crate::trees::{DEPTH, LEAVES};
    use proptest::prelude::*;

    #[test]
    fn models_are_written_as_they_are_read() {
        let model = Model::from_text(NEWS).unwrap();
        assert_eq!(model.to_text(), NEWS);
    }

    #[test]
    fn broken_models_are_refused() {
        let leaves = " 0".repeat(LEAVES);
        let tree = |question: &str| format!("{}{leaves}", [question; DEPTH].join(" "));
        let first = |question| Model::from_text(&format!("[layer 0]\n{}", tree(question)));
        assert!(first("words+1>=2").is_ok());
        for question in ["words+9>=2", "wrods>=2", "words>=x", "words", "score>=2"] {
            assert_eq!(first(question), Err(ModelError { line: 2 }), "{question}");
        }
        for text in [tree("words>=2"), "[layer 1]".into(), "[layer 0]\nwords>=2 0".into()] {
            assert!(Model::from_text(&text).is_err(), "{text}");
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

    proptest! {
        #[test]
        fn any_lines_can_be_scored(lines in prop::collection::vec("(News|Comments|It rained in Riga\\.|\\PC{0,20})", 0..40)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let model = Model::from_text(NEWS).unwrap();
            let count = model.scores(&measured(&lines), &mut Scratch::default()).len();
            prop_assert_eq!(count, lines.len());
        }
    }

    fn measured(lines: &[&str]) -> Vec<Measured> {
        lines.iter().map(|line| Measured { shape: Shape::of(line), phrase: false }).collect()
    }
}
