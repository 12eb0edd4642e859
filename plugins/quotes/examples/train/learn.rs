//! Learns all models from documents.

use quotes::context::{Context, Page};
use quotes::find::Models;
use quotes::indirect::{self, Label, ROW, Reader, Sentence};
use quotes::linear::{Feature, Weights};
use quotes::marks::Stretch;
use quotes::speakers::{self, Candidate, Scene};
use quotes::verdict;

use crate::gold::Document;
use crate::perceptron::{Perceptron, shuffled};

/// Rounds and margins were chosen by cross-validation: few rounds and a wide margin for the ranker, which overfits.
const VERDICT_ROUNDS: u64 = 12;
const VERDICT_MARGIN: i32 = 12;
const VERDICT_BITS: u32 = 16;
const SPEAKERS_ROUNDS: u64 = 8;
const SPEAKERS_MARGIN: i32 = 60;
const SPEAKERS_BITS: u32 = 17;
/// Wide margins gain, and most for a label that is missed: the best of a few by cross-validation.
const INDIRECT_ROUNDS: u64 = 8;
const INDIRECT_MARGIN_OUTSIDE: i32 = 40;
const INDIRECT_MARGIN_INSIDE: i32 = 110;
const INDIRECT_BITS: u32 = 20;

pub(crate) fn models(documents: &[&Document]) -> Models {
    Models {
        verdict: verdict_model(documents),
        speakers: speakers_model(documents),
        indirect: indirect_model(documents),
        reporters: reporters_model(documents),
    }
}

fn page(document: &Document) -> Page<'_> {
    Page { text: &document.text, words: &document.words, stretches: &document.stretches }
}

fn verdict_model(documents: &[&Document]) -> Weights {
    let mut examples: Vec<(Vec<Feature>, i32)> = Vec::new();
    for document in documents {
        for (index, stretch) in document.stretches.iter().enumerate() {
            let Some(context) = Context::new(page(document), index) else { continue };
            let mut features = Vec::new();
            verdict::features(page(document), &context, &mut features);
            examples.push((features, if document.speech(stretch).is_some() { 1 } else { -1 }));
        }
    }
    let mut learner = Perceptron::new(VERDICT_BITS);
    for round in 0..VERDICT_ROUNDS {
        for i in shuffled(examples.len(), round) {
            let (features, side) = &examples[i];
            learner.next();
            if learner.score(features) * side <= VERDICT_MARGIN {
                learner.add(features, *side);
            }
        }
    }
    learner.average()
}

/// The labels of indirect speech, by a structured perceptron: wrong labels get a head start, so that what is right must
/// win clearly.
fn indirect_model(documents: &[&Document]) -> Weights {
    let speeches: Vec<Vec<bool>> = documents.iter().map(|it| it.speeches()).collect();
    let mut learner = Perceptron::new(INDIRECT_BITS);
    let (mut sentence, mut labels) = (Sentence::default(), Vec::new());
    for round in 0..INDIRECT_ROUNDS {
        for i in shuffled(documents.len(), round) {
            let document = documents[i];
            let mut reader = Reader::new(page(document), &document.mentions, &speeches[i]);
            while reader.next(&mut sentence) {
                let right = document.labels(&sentence.items);
                let head_start = |at: usize, label: Label| match (right[at], label) {
                    (right, label) if right == label => 0,
                    (Label::Outside, _) => INDIRECT_MARGIN_OUTSIDE,
                    _ => INDIRECT_MARGIN_INSIDE,
                };
                sentence.decode(|features| learner.scores::<ROW>(features), head_start, &mut labels);
                learner.next();
                if labels != right {
                    sentence
                        .features_with(&right, |it, label| learner.add_label::<ROW>(it, label as usize, 1));
                    sentence
                        .features_with(&labels, |it, label| learner.add_label::<ROW>(it, label as usize, -1));
                }
            }
        }
    }
    learner.average()
}

fn speakers_model(documents: &[&Document]) -> Weights {
    rank(&documents.iter().map(|it| Script::of_marks(it)).collect::<Vec<_>>())
}

fn reporters_model(documents: &[&Document]) -> Weights {
    rank(&documents.iter().map(|it| Script::of_reports(it)).collect::<Vec<_>>())
}

fn rank(scripts: &[Script<'_>]) -> Weights {
    let mut learner = Perceptron::new(SPEAKERS_BITS);
    for round in 0..SPEAKERS_ROUNDS {
        for i in shuffled(scripts.len(), round) {
            scripts[i].rehearse(&mut learner);
        }
    }
    learner.average()
}

/// What is spoken in a document, first to last.
struct Script<'a> {
    document: &'a Document,
    stretches: Vec<Stretch>,
    lines: Vec<Line>,
}

/// A stretch of speech and the attribution it belongs to.
struct Line {
    context: Context,
    quote: usize,
}

impl<'a> Script<'a> {
    /// What stands between marks.
    fn of_marks(document: &'a Document) -> Script<'a> {
        Script::new(document, document.stretches.clone(), Document::speech)
    }

    /// What people marked outside of marks.
    fn of_reports(document: &'a Document) -> Script<'a> {
        let speeches = document.speeches();
        let mut reader = Reader::new(page(document), &document.mentions, &speeches);
        let (mut sentence, mut stretches) = (Sentence::default(), Vec::new());
        while reader.next(&mut sentence) {
            let labels = document.labels(&sentence.items);
            indirect::runs(&document.words, &sentence.items, &labels, |first, last| {
                stretches.push(document.reported(first, last));
            });
        }
        Script::new(document, stretches, Document::report)
    }

    fn new(
        document: &'a Document,
        stretches: Vec<Stretch>,
        quote_of: impl Fn(&Document, &Stretch) -> Option<usize>,
    ) -> Script<'a> {
        let page = Page { stretches: &stretches, ..page(document) };
        let line = |(i, stretch): (usize, &Stretch)| {
            Some(Line { quote: quote_of(document, stretch)?, context: Context::new(page, i)? })
        };
        let lines = stretches.iter().enumerate().filter_map(line).collect();
        Script { document, stretches, lines }
    }

    /// Goes through a document as the finder does, with the last speaker as the learner itself chose, and corrects it.
    fn rehearse(&self, learner: &mut Perceptron) {
        let page = Page { stretches: &self.stretches, ..page(self.document) };
        let (mut last, mut cast) = (None, Vec::new());
        for line in &self.lines {
            let scene = Scene::new(page, &self.document.mentions, &line.context, last);
            speakers::gather(&scene, &mut cast);
            let indices: Vec<usize> = cast.iter().map(|it| it.index).collect();
            let right = self.document.right_candidates(line.quote, &indices);
            let ranked: Vec<(Vec<Feature>, i32)> =
                cast.iter().map(|it| ranked(&scene, it, learner)).collect();
            let best_of =
                |some: &mut dyn Iterator<Item = usize>| some.max_by_key(|&i| (ranked[i].1, usize::MAX - i));
            let good = best_of(&mut (0..cast.len()).filter(|&i| right.contains(&indices[i])));
            let bad = best_of(&mut (0..cast.len()).filter(|&i| !right.contains(&indices[i])));
            learner.next();
            if let (Some(good), Some(bad)) = (good, bad)
                && ranked[good].1 <= ranked[bad].1 + SPEAKERS_MARGIN
            {
                learner.add(&ranked[good].0, 1);
                learner.add(&ranked[bad].0, -1);
            }
            let choice = best_of(&mut (0..cast.len()));
            last = choice.map(|i| indices[i]).or(last);
        }
    }
}

fn ranked(scene: &Scene<'_>, candidate: &Candidate, learner: &Perceptron) -> (Vec<Feature>, i32) {
    let mut features = Vec::new();
    speakers::features(scene, candidate, &mut features);
    let score = learner.score(&features);
    (features, score)
}
