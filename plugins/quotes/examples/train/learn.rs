//! Learns all models from documents.

use quotes::context::{Context, Page};
use quotes::find::Models;
use quotes::indirect::{self, Label, Look, Reader, Sentence};
use quotes::linear::{Feature, Weights, row_of};
use quotes::marks::Stretch;
use quotes::speakers::{self, Candidate, Ranking, Scene};
use quotes::verdict;

use crate::field::{Belief, Field, Potential, believe};
use crate::gold::Document;
use crate::perceptron::{Perceptron, shuffled};

/// Rounds and margins were chosen by cross-validation: few rounds and a wide margin for the ranker, which overfits.
const VERDICT_ROUNDS: u64 = 10;
const VERDICT_PACE: f32 = 0.1;
const VERDICT_BITS: u32 = 16;
/// So many models choose the speakers that the verdict learns from, each those of documents that it never saw.
const VERDICT_FOLDS: u64 = 4;
/// Deals them otherwise than cross-validation does.
const VERDICT_SEED: u64 = 77;
const SPEAKERS_ROUNDS: u64 = 8;
/// A ranker is the average of so many, each of which met the documents in another order: one order is luck.
const SPEAKERS_RUNS: u64 = 5;
const SPEAKERS_MARGIN: i32 = 60;
const SPEAKERS_BITS: u32 = 17;
/// Wrong labels cost, and most where a word said is missed: the best of a few by cross-validation.
const INDIRECT_ROUNDS: u64 = 16;
const INDIRECT_PACE: f32 = 0.03;
const INDIRECT_COST_OUTSIDE: f64 = 0.25;
const INDIRECT_COST_INSIDE: f64 = 0.6;
const INDIRECT_BITS: u32 = 20;
/// As for the ranker.
const INDIRECT_RUNS: u64 = 3;
/// Features that fewer items have are left out: they tell of these texts and not of the language.
const INDIRECT_SEEN_MIN: u32 = 3;
/// Of the others so large a share is left out, drawn anew for each sentence, lest a weight lean on what always stands beside it
/// (dropout: Srivastava and others 2014).
const INDIRECT_LEFT_OUT: f64 = 0.3;

/// `handicap` is how much more a title taken for speech costs than speech that is missed: it brings a wrong speaker along.
pub(crate) fn models(documents: &[&Document], handicap: f64) -> Models {
    Models {
        verdict: verdict_model(documents, handicap),
        speakers: speakers_model(documents),
        indirect: indirect_model(documents),
        reporters: reporters_model(documents),
    }
}

fn page(document: &Document) -> Page<'_> {
    Page { text: &document.text, words: &document.words, stretches: &document.stretches }
}

/// Whether stretches are speech, by logistic regression. It sees the speakers that models choose which never saw the document, as
/// it will be later.
fn verdict_model(documents: &[&Document], handicap: f64) -> Weights {
    let mut examples: Vec<(Vec<Feature>, bool)> = Vec::new();
    for fold in 0..VERDICT_FOLDS {
        let (held_out, seen): (Vec<&Document>, Vec<&Document>) =
            documents.iter().partition(|it| it.fold(VERDICT_FOLDS, false, VERDICT_SEED) == fold);
        let speakers = speakers_model(&seen);
        held_out.iter().for_each(|it| judge(it, &speakers, &mut examples));
    }
    let mut learner = Field::new(VERDICT_BITS, VERDICT_PACE);
    for round in 0..VERDICT_ROUNDS {
        for i in shuffled(examples.len(), round) {
            let (features, is_speech) = &examples[i];
            learner.learn(features, *is_speech, if *is_speech { 0.0 } else { handicap });
        }
    }
    learner.average()
}

/// Adds what the verdict may know of each stretch of a document, and whether it is speech.
fn judge(document: &Document, speakers: &Weights, examples: &mut Vec<(Vec<Feature>, bool)>) {
    let page = page(document);
    let (mut last, mut cast) = (None, Vec::new());
    for (index, stretch) in document.stretches.iter().enumerate() {
        let Some(context) = Context::new(page, index) else { continue };
        let mut features = Vec::new();
        let scene = Scene::new(page, &document.mentions, &context, last);
        speakers::gather(&scene, &mut cast);
        let choice = speakers::choose(&scene, &cast, &Ranking::Model(speakers), &mut features);
        verdict::features(&scene, &cast, choice, &mut features);
        let is_speech = document.speech(stretch).is_some();
        last = choice.map(|it| it.mention).filter(|_| is_speech).or(last);
        examples.push((features, is_speech));
    }
}

/// The labels of indirect speech, by a conditional random field.
fn indirect_model(documents: &[&Document]) -> Weights {
    let mut lessons: Vec<Vec<Lesson>> = documents.iter().map(|it| Lesson::all_of(it)).collect();
    forget_rare(&mut lessons);
    let run = |run: u64| {
        let (mut field, mut chance) = (Field::new(INDIRECT_BITS, INDIRECT_PACE), run);
        for round in 0..INDIRECT_ROUNDS {
            for i in shuffled(lessons.len(), run * INDIRECT_ROUNDS + round) {
                for lesson in &lessons[i] {
                    let lesson = lesson.thinned(&mut chance);
                    let beliefs = believe(&lesson.potentials(&field));
                    field.next();
                    lesson.teach(&beliefs, &mut field);
                }
            }
        }
        field.average()
    };
    Weights::mean(&(0..INDIRECT_RUNS).map(run).collect::<Vec<_>>())
}

/// Takes features out of all lessons that few items have.
fn forget_rare(lessons: &mut [Vec<Lesson>]) {
    let mut seen = vec![0_u32; 1 << INDIRECT_BITS];
    let places = lessons.iter().flatten().flat_map(|it| &it.looks);
    places.flat_map(|it| &it.own).for_each(|&place| seen[place as usize] += 1);
    let places = lessons.iter_mut().flatten().flat_map(|it| &mut it.looks);
    places.for_each(|it| it.own.retain(|&place| seen[place as usize] >= INDIRECT_SEEN_MIN));
}

/// A sentence with the labels that people gave; where its features lie in the table was looked up already.
struct Lesson {
    right: Vec<Label>,
    looks: Vec<Places>,
}

/// Where in the table the weights of the features of an item begin.
#[derive(Clone, Default)]
struct Places {
    /// Features of the item alone.
    own: Vec<u32>,
    /// Features that have weights for each label before it too.
    tied: Vec<u32>,
}

impl Look for Places {
    fn own(&mut self, feature: Feature) {
        self.own.push(row_of::<2>(feature, 1 << INDIRECT_BITS) as u32);
    }

    fn tied(&mut self, feature: Feature) {
        self.tied.push(row_of::<8>(feature, 1 << INDIRECT_BITS) as u32);
    }
}

impl Places {
    /// The places of all weights: for label `Begins` or `GoesOn` alone, with its number,
    fn alone(&self) -> impl Iterator<Item = (usize, usize)> {
        let rows = self.own.iter().chain(&self.tied);
        rows.flat_map(|&row| (0..2).map(move |label| (row as usize + label, label)))
    }

    /// and for them behind each label, with the number of the pair.
    fn behind(&self) -> impl Iterator<Item = (usize, usize)> {
        self.tied.iter().flat_map(|&row| (0..6).map(move |pair| (row as usize + 2 + pair, pair)))
    }
}

impl Lesson {
    fn all_of(document: &Document) -> Vec<Lesson> {
        let speeches = document.speeches();
        let mut reader = Reader::new(page(document), document.lexicon, &document.mentions, &speeches);
        let (mut sentence, mut lessons) = (Sentence::default(), Vec::new());
        while reader.next(&mut sentence) {
            let look = |i: usize| {
                let mut places = Places::default();
                sentence.look_at_whole(&mut places);
                sentence.look(i, &mut places);
                places
            };
            let looks = (0..sentence.items.len()).map(look).collect();
            lessons.push(Lesson { right: document.labels(&sentence.items), looks });
        }
        lessons
    }

    /// The same without some of the features, by `chance`.
    fn thinned(&self, chance: &mut u64) -> Lesson {
        let mut stays = |_: &u32| {
            *chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*chance >> 32) as f64 >= INDIRECT_LEFT_OUT * 4_294_967_296.0
        };
        let mut looks = self.looks.clone();
        looks.iter_mut().for_each(|places| places.own.retain(&mut stays));
        Lesson { right: self.right.clone(), looks }
    }

    /// What the model says so far, with wrong labels made to look better than they are: what is right must win clearly
    /// (softmax-margin: Gimpel and Smith 2010).
    fn potentials(&self, field: &Field) -> Vec<Potential> {
        let potential = |(right, places): (&Label, &Places)| {
            let own = match right {
                Label::Outside => [INDIRECT_COST_OUTSIDE; 2],
                Label::Begins => [-INDIRECT_COST_INSIDE, 0.0],
                Label::GoesOn => [0.0, -INDIRECT_COST_INSIDE],
            };
            let mut it = Potential { own, ..Potential::default() };
            places.alone().for_each(|(place, label)| it.own[label] += field.weight(place));
            let behind = it.behind.as_flattened_mut();
            places.behind().for_each(|(place, pair)| behind[pair] += field.weight(place));
            it
        };
        self.right.iter().zip(&self.looks).map(potential).collect()
    }

    /// Makes what people said likelier.
    fn teach(&self, beliefs: &[Belief], field: &mut Field) {
        let mut before = Label::Outside;
        for ((&right, belief), places) in self.right.iter().zip(beliefs).zip(&self.looks) {
            let mut slopes = belief.map(|row| [-row[1], -row[2]]);
            if right != Label::Outside {
                slopes[before as usize][right as usize - 1] += 1.0;
            }
            before = right;
            let own = [0, 1].map(|label| slopes.iter().map(|row| row[label]).sum::<f64>());
            if own[0].abs() + own[1].abs() > SLOPE_MIN {
                places.alone().for_each(|(place, label)| field.climb(place, own[label]));
                let slopes = slopes.as_flattened();
                places.behind().for_each(|(place, pair)| field.climb(place, slopes[pair]));
            }
        }
    }
}

/// Items of which the model is as sure as this teach it nothing.
const SLOPE_MIN: f64 = 0.001;

fn speakers_model(documents: &[&Document]) -> Weights {
    rank(&documents.iter().map(|it| Script::of_marks(it)).collect::<Vec<_>>())
}

fn reporters_model(documents: &[&Document]) -> Weights {
    rank(&documents.iter().map(|it| Script::of_reports(it)).collect::<Vec<_>>())
}

fn rank(scripts: &[Script<'_>]) -> Weights {
    let run = |run: u64| {
        let mut learner = Perceptron::new(SPEAKERS_BITS);
        for round in 0..SPEAKERS_ROUNDS {
            for i in shuffled(scripts.len(), run * SPEAKERS_ROUNDS + round) {
                scripts[i].rehearse(&mut learner);
            }
        }
        learner.average()
    };
    Weights::mean(&(0..SPEAKERS_RUNS).map(run).collect::<Vec<_>>())
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
        let mut reader = Reader::new(page(document), document.lexicon, &document.mentions, &speeches);
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
