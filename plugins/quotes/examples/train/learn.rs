//! Learns both models from documents.

use quotes::context::{Context, Page};
use quotes::find::Models;
use quotes::linear::{Feature, Weights};
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

pub(crate) fn models(documents: &[&Document]) -> Models {
    Models { verdict: verdict_model(documents), speakers: speakers_model(documents) }
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

fn speakers_model(documents: &[&Document]) -> Weights {
    let scripts: Vec<Vec<Line>> = documents.iter().map(|it| lines(it)).collect();
    let mut learner = Perceptron::new(SPEAKERS_BITS);
    for round in 0..SPEAKERS_ROUNDS {
        for i in shuffled(documents.len(), round) {
            rehearse(documents[i], &scripts[i], &mut learner);
        }
    }
    learner.average()
}

/// A stretch of speech and the attribution it belongs to.
struct Line {
    context: Context,
    quote: usize,
}

fn lines(document: &Document) -> Vec<Line> {
    let spoken =
        document.stretches.iter().enumerate().filter_map(|(i, stretch)| Some((i, document.speech(stretch)?)));
    spoken.filter_map(|(i, quote)| Some(Line { context: Context::new(page(document), i)?, quote })).collect()
}

/// Goes through a document as the finder does, with the last speaker as the learner itself chose, and corrects it.
fn rehearse(document: &Document, lines: &[Line], learner: &mut Perceptron) {
    let (mut last, mut cast) = (None, Vec::new());
    for line in lines {
        let page = page(document);
        let scene = Scene::new(page, &document.mentions, &line.context, last);
        speakers::gather(&scene, &mut cast);
        let indices: Vec<usize> = cast.iter().map(|it| it.index).collect();
        let right = document.right_candidates(line.quote, &indices);
        let ranked: Vec<(Vec<Feature>, i32)> = cast.iter().map(|it| ranked(&scene, it, learner)).collect();
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

fn ranked(scene: &Scene<'_>, candidate: &Candidate, learner: &Perceptron) -> (Vec<Feature>, i32) {
    let mut features = Vec::new();
    speakers::features(scene, candidate, &mut features);
    let score = learner.score(&features);
    (features, score)
}
