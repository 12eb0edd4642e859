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

/// A line with a quotation in it goes only when its score is so far below the least of a text: odds of 42 to 1.
pub const QUOTATION_MARGIN: i32 = 15 * UNIT / 4;

/// How much of a score is to be believed, in tenths: the lines of a page are judged alike, so that where one is
/// judged wrong, many are.
const BELIEVED_TENTHS: i32 = 6;

/// Labels of pages that a text must show before any of its lines is scored.
pub const LABELS_MIN: usize = 3;

/// Bytes beyond which no line is a label.
pub const LABEL_BYTES_MAX: usize = 48;

/// Words of prose that a text must hold before any of its lines is scored.
const PROSE_WORDS_MIN: u32 = 40;

/// Scores are counted in steps of so much when the line is drawn between text and page.
const COUNT_STEP: i32 = UNIT / 16;

/// Steps above and below 0; scores beyond are as sure as can be.
const COUNT_STEPS: i32 = 8 * 16;

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
}

/// The score from which on the lines of a page are its text.
///
/// How high the scores of a text are differs from page to page: on a page of letters or of goods none may be above 0. So
/// the line is drawn where the F1 of words to expect is highest, the score being taken for the log-odds of text (Lewis
/// 1995, "Evaluating and optimizing autonomous text classification systems"): never above 0, and the lower, the less sure
/// the scores are. Sums of whole numbers, so that it is the same on every machine.
pub fn least_score(lines: &[Measured], scores: &[i32]) -> i32 {
    let mut words_at = [0_u64; 2 * COUNT_STEPS as usize];
    for (line, score) in lines.iter().zip(scores).filter(|(line, _)| !line.phrase) {
        let step = score.div_euclid(COUNT_STEP).clamp(-COUNT_STEPS, COUNT_STEPS - 1);
        words_at[(step + COUNT_STEPS) as usize] += u64::from(line.shape.words_all());
    }
    let steps = || (-COUNT_STEPS..COUNT_STEPS).zip(words_at).rev().filter(|(_, words)| *words > 0);
    let good_words = |(step, words): (i32, u64)| u128::from(words) * u128::from(probability(step));
    let good_words_all: u128 = steps().map(good_words).sum();
    let (mut kept, mut kept_good) = (0_u128, 0_u128);
    // The best F1 is twice this fraction.
    let (mut best, mut best_of, mut least) = (0_u128, 1_u128, 0);
    for (step, words) in steps() {
        kept += u128::from(words) * u128::from(CERTAIN);
        kept_good += good_words((step, words));
        if kept_good * best_of > best * (kept + good_words_all) {
            (best, best_of, least) = (kept_good, kept + good_words_all, step * COUNT_STEP);
        }
    }
    least.min(0)
}

/// What [`probability`] would say of what is certain.
const CERTAIN: u32 = 1 << 16;

/// How likely a line in the middle of a step of scores is text, in parts of [`CERTAIN`].
fn probability(step: i32) -> u32 {
    // By multiplication and division alone, which are the same on every machine; `exp` is not.
    let score = (f64::from(step) + 0.5) * f64::from(COUNT_STEP * BELIEVED_TENTHS) / f64::from(10 * UNIT);
    let mut power = 1.0 - score / 4096.0;
    for _ in 0..12 {
        power *= power;
    }
    (f64::from(CERTAIN) / (1.0 + power)) as u32
}

/// Whether `lines` look like a page with a text in it, and not like a text alone.
pub fn looks_like_page(lines: &[Measured]) -> bool {
    let labels = lines.iter().filter(|line| line.shape.is_label()).take(LABELS_MIN).count();
    let prose = lines.iter().filter(|line| line.shape.is_prose()).map(|line| line.shape.words_all());
    labels >= LABELS_MIN && prose.fold(0, u32::saturating_add) >= PROSE_WORDS_MIN
}

impl Model {
    /// Returns a score for each of `lines` and the [`least_score`] of text, or nothing where no page is to be seen.
    pub fn judge<'s>(&self, lines: &[Measured], scratch: &'s mut Scratch) -> Option<(&'s [i32], i32)> {
        if !looks_like_page(lines) {
            return None;
        }
        self.scores(lines, scratch);
        let Scratch { table, scores } = scratch;
        table.share_nearly(lines, scores);
        Some((scores, least_score(lines, scores)))
    }

    /// Returns a score for each of `lines`.
    pub fn scores<'s>(&self, lines: &[Measured], scratch: &'s mut Scratch) -> &'s [i32] {
        let Scratch { table, scores } = scratch;
        table.read(lines);
        scores.clear();
        scores.resize(lines.len(), 0);
        for (layer, trees) in self.layers.iter().enumerate() {
            if layer > 0 {
                table.take_scores(lines, scores);
            }
            scores.fill(0);
            trees::add_scores(trees, table, scores);
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

    #[test]
    fn a_page_that_the_model_is_unsure_of_loses_less() {
        let lines =
            measured(&["It rained in Riga on Monday.", "It rained in Oslo on Sunday.", "News", "Sports"]);
        let least = |scores: [i32; 4]| least_score(&lines, &scores);
        assert!((-UNIT / 2..=0).contains(&least([1000, 800, -900, -1000])));
        assert!(least([-300, -320, -1200, -1500]) <= -320);
        assert!(least([-300, -320, -1200, -1500]) > -1200);
        assert_eq!(least_score(&[], &[]), 0);
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
