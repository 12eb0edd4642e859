//! Trains the line model, and says how good it is.
//!
//! usage: train_lines [--weights FILE] [--folds N] [--cleaned FILE] PAGES.jsonl...
//!
//! Each line of PAGES is a page: `{"id": …, "lines": [{"text": …, "label": "content" | "boilerplate"}, …]}`. With
//! `--folds`, pages are split in N parts by a hash of their id, and each part is cleaned with a model that was trained
//! on the others; `--cleaned` writes these cleaned pages as `{"id", "text"}`. With `--weights`, a model is trained on
//! all pages and written to FILE.
//!
//! The model is a logistic regression in layers (see `features`). A layer sees the scores of the one before, and has
//! to see them as they will be on pages never seen: so the scores that a layer is trained on come from models that were
//! trained without the page in question ("stacking"). Every step is plain arithmetic in a fixed order: the same pages
//! give the same weights on every machine.

use std::fs::{File, read_to_string, write};
use std::io::{BufWriter, Write, stdout};

use clean::cleaner::{self, Cleaner};
use clean::edit::apply;
use clean::features::{Measured, UNIT, View, local_words_steps};
use clean::layout::{self, Weights, count_again, indices, weights_count};
use clean::phrases::{NEWS, Phrases};
use clean::shape::Shape;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

type Failure = Box<dyn std::error::Error>;

/// Layers of the model: one for the line by itself, two for the line among its neighbours.
const LAYERS: usize = 3;

/// Parts into which the pages are split to get scores for a further layer.
const PARTS: u64 = 3;

/// Passes over all examples; the weights are the average over the second half.
const EPOCHS: usize = 16;

/// How much large weights cost.
const DECAY: f64 = 0.002;

/// How far one example may move a weight at first.
const RATE: f64 = 0.1;

/// The least share of a page's text that a line counts as: good lines, and lines of the page, which are short and many.
const SHARES_MIN: [f64; 2] = [0.005, 0.02];

/// The largest share of a page's text that a line counts as.
const SHARE_MAX: f64 = 0.25;

/// What the text of a page without the page counts, as a page of its own.
const ALONE_WEIGHT: f64 = 0.3;

/// What a line of 13 words or more is given on top, in its favour: it costs more to lose prose than to keep it.
const LONG_LINE_BONUS: i32 = UNIT;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (mut weights_file, mut cleaned_file, mut folds, mut pages) = (None, None, 0, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--weights" => weights_file = arguments.next(),
            "--cleaned" => cleaned_file = arguments.next(),
            "--folds" => folds = arguments.next().unwrap_or_default().parse()?,
            path => pages.extend(read_pages(path)?),
        }
    }
    if folds > 0 {
        cross_validate(&pages, folds, cleaned_file)?;
    }
    if let Some(path) = weights_file {
        write(path, train(&pages.iter().collect::<Vec<_>>()).to_text())?;
    }
    Ok(())
}

/// A page with its labels.
struct Page {
    id: String,
    /// The file that it is from.
    set: String,
    lines: Vec<PageLine>,
    measured: Vec<Measured>,
    /// What the page counts in training.
    weight: f64,
    hash: u64,
}

struct PageLine {
    text: String,
    good: bool,
    words: f64,
}

/// Reads the pages of a file, each followed by its good lines alone as another page.
fn read_pages(path: &str) -> Result<Vec<Page>, Failure> {
    let text = read_to_string(path)?;
    let records = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    // A small file says as much about other pages as a large one, or nearly.
    let weight = (100.0 / records.len() as f64).sqrt().clamp(0.8, 1.6);
    let cleaner = cleaner(None)?;
    let mut pages = Vec::new();
    for record in &records {
        let id = record["id"].as_str().ok_or("a page without an id")?;
        let lines = record["lines"].as_array().ok_or("a page without lines")?;
        pages.push(page(path, id, lines.iter().map(page_line).collect(), weight, &cleaner));
        let good = lines.iter().map(page_line).filter(|line| line.good).collect::<Vec<_>>();
        if good.len() < lines.len() && !good.is_empty() {
            pages.push(page("", id, good, weight * ALONE_WEIGHT, &cleaner));
        }
    }
    Ok(pages)
}

fn page_line(line: &Value) -> PageLine {
    let text = line["text"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let words = text.split(|symbol: char| !symbol.is_alphanumeric()).filter(|word| !word.is_empty()).count();
    PageLine { text, good: line["label"] == "content", words: words as f64 }
}

fn page(set: &str, id: &str, mut lines: Vec<PageLine>, weight: f64, cleaner: &Cleaner) -> Page {
    lines.retain(|line| !line.text.is_empty());
    let mut scratch = cleaner::Scratch::default();
    let mut measure = |line: &PageLine| {
        let phrase = apply(&line.text, cleaner.clean(&line.text, "", &mut scratch)).is_empty();
        Measured { shape: Shape::of(&line.text), phrase, again: 0 }
    };
    let mut measured: Vec<Measured> = lines.iter().map(&mut measure).collect();
    count_again(&mut measured, &mut Vec::new());
    Page { id: id.into(), set: set.into(), lines, measured, weight, hash: xxh3_64(id.as_bytes()) }
}

fn cleaner(layout: Option<Weights>) -> Result<Cleaner, Failure> {
    let mut phrases = Phrases::default();
    phrases.add_file(NEWS)?;
    Ok(Cleaner { phrases, layout, credits: true, ..Cleaner::default() })
}

/// Trains all layers.
fn train(pages: &[&Page]) -> Weights {
    let part = |page: &Page| page.hash / 1009 % PARTS;
    // What scores the pages of a part was trained without them.
    let mut others: Vec<Weights> = (0..PARTS).map(|_| Weights::default()).collect();
    let mut weights = Weights::default();
    for layer in 0..LAYERS {
        let mut scratch = layout::Scratch::default();
        let scores: Vec<Vec<i32>> = pages
            .iter()
            .map(|page| others[part(page) as usize].scores(&page.measured, &mut scratch).to_vec())
            .collect();
        let examples: Vec<Vec<Example>> =
            pages.iter().zip(&scores).map(|(page, scores)| examples(layer, page, scores)).collect();
        let fit_without = |left_out: Option<u64>| {
            let pages = pages.iter().zip(&examples).filter(|(page, _)| Some(part(page)) != left_out);
            fit(&pages.flat_map(|(_, examples)| examples).collect::<Vec<_>>(), weights_count(layer))
        };
        if layer + 1 < LAYERS {
            for (other, weights) in (0..PARTS).zip(&mut others) {
                weights.layers.push(fit_without(Some(other)));
            }
        }
        weights.layers.push(fit_without(None));
    }
    favour_long_lines(&mut weights);
    weights
}

fn favour_long_lines(weights: &mut Weights) {
    if let Some(last) = weights.layers.last_mut() {
        for step in local_words_steps(13) {
            last[step] += LONG_LINE_BONUS;
        }
    }
}

/// A line to learn from.
struct Example {
    /// Indices of the weights that count for it.
    answers: Vec<u16>,
    good: bool,
    weight: f64,
}

fn examples(layer: usize, page: &Page, scores: &[i32]) -> Vec<Example> {
    let good_words: f64 = page.lines.iter().filter(|line| line.good).map(|line| line.words).sum();
    let mut view = View::default();
    view.read(&page.measured);
    if layer > 0 {
        view.set(&page.measured, scores);
    }
    let example = |(i, line): (usize, &PageLine)| {
        let mut answers = Vec::new();
        indices(layer, &view, &page.measured, i, &mut answers);
        let twice = if page.measured[i].again > 0 { 2.0 } else { 1.0 };
        let share_min = twice * SHARES_MIN[usize::from(!line.good)];
        let share = (line.words / good_words.max(20.0)).clamp(share_min, SHARE_MAX);
        Example { answers, good: line.good, weight: 20.0 * share * page.weight }
    };
    page.lines.iter().enumerate().map(example).collect()
}

/// Fits weights to the examples: stochastic gradient descent with a rate for each weight (AdaGrad).
fn fit(examples: &[&Example], weights_count: usize) -> Vec<i32> {
    let mut weights = vec![0.0; weights_count];
    let mut squares = vec![1e-6_f64; weights_count];
    let mut sums = vec![0.0; weights_count];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut chance = 7_u64;
    for epoch in 0..EPOCHS {
        shuffle(&mut order, &mut chance);
        for example in order.iter().map(|i| examples[*i]) {
            let score: f64 = example.answers.iter().map(|answer| weights[usize::from(*answer)]).sum();
            let error = example.weight * (probability(score) - f64::from(u8::from(example.good)));
            for answer in &example.answers {
                let at = usize::from(*answer);
                let slope = error + DECAY * example.weight * weights[at];
                squares[at] += slope * slope;
                weights[at] -= RATE * slope / squares[at].sqrt();
            }
        }
        if epoch >= EPOCHS / 2 {
            sums.iter_mut().zip(&weights).for_each(|(sum, weight)| *sum += weight);
        }
    }
    let count = (EPOCHS - EPOCHS / 2) as f64;
    sums.iter().map(|sum| (sum / count * f64::from(UNIT)).round() as i32).collect()
}

fn shuffle(order: &mut [usize], chance: &mut u64) {
    for i in (1..order.len()).rev() {
        *chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (*chance >> 33) as usize % (i + 1));
    }
}

/// The logistic function, by multiplication alone: the `exp` of one machine differs from another's in the last digit.
fn probability(score: f64) -> f64 {
    let mut power = 1.0 - score.clamp(-30.0, 30.0) / 4096.0;
    for _ in 0..12 {
        power *= power;
    }
    1.0 / (1.0 + power)
}

/// What came of the pages of a file.
#[derive(Default)]
struct Outcome {
    pages: f64,
    f1_sum: f64,
    quotations: usize,
    quotations_lost: usize,
}

fn cross_validate(pages: &[Page], folds: u64, cleaned_file: Option<String>) -> Result<(), Failure> {
    let mut outcomes = std::collections::BTreeMap::<&str, Outcome>::new();
    let mut cleaned = cleaned_file.map(File::create).transpose()?.map(BufWriter::new);
    for fold in 0..folds {
        let others: Vec<&Page> = pages.iter().filter(|page| page.hash % folds != fold).collect();
        let cleaner = cleaner(Some(train(&others)))?;
        for page in pages.iter().filter(|page| page.hash % folds == fold) {
            let kept = clean_page(&cleaner, page);
            outcomes.entry(&page.set).or_default().add(page, &kept);
            if let Some(out) = cleaned.as_mut().filter(|_| !page.set.is_empty()) {
                let lines =
                    page.lines.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(line, _)| &*line.text);
                writeln!(out, "{}", json!({"id": page.id, "text": lines.collect::<Vec<_>>().join("\n")}))?;
            }
        }
    }
    for (set, outcome) in outcomes {
        let name = if set.is_empty() { "the good lines alone" } else { set };
        let Outcome { pages, f1_sum, quotations, quotations_lost } = outcome;
        writeln!(
            stdout(),
            "F1 {:.3}, {quotations_lost} of {quotations} quoted lines lost: {name}",
            f1_sum / pages
        )?;
    }
    Ok(())
}

/// Cleans a page and says for each line whether it stayed.
fn clean_page(cleaner: &Cleaner, page: &Page) -> Vec<bool> {
    let text: String = page.lines.iter().map(|line| format!("{}\n", line.text)).collect();
    let mut scratch = cleaner::Scratch::default();
    let edits = cleaner.clean(&text, "", &mut scratch);
    let mut at = 0;
    let stays = page.lines.iter().map(|line| {
        let range = at..at + line.text.len();
        at = range.end + 1;
        !edits.iter().any(|edit| edit.range.start <= range.start && range.end <= edit.range.end)
    });
    stays.collect()
}

impl Outcome {
    fn add(&mut self, page: &Page, kept: &[bool]) {
        let (mut right, mut left, mut lost) = (0.0, 0.0, 0.0);
        for (line, kept) in page.lines.iter().zip(kept) {
            match (line.good, kept) {
                (true, true) => right += line.words,
                (true, false) => lost += line.words,
                (false, true) => left += line.words,
                (false, false) => {}
            }
            if line.good && line.text.contains(['"', '“', '”']) {
                self.quotations += 1;
                self.quotations_lost += usize::from(!kept);
            }
        }
        self.pages += 1.0;
        self.f1_sum += if left + lost == 0.0 { 1.0 } else { 2.0 * right / (2.0 * right + left + lost) };
    }
}
