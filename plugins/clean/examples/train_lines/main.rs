//! Trains the line model, and says how good it is.
//!
//! usage: train_lines [--weights FILE] [--folds N [--by page|site] [--rounds N] [--cleaned FILE]] [--also PAGES.jsonl[.gz]]
//!            PAGES.jsonl[.gz]...
//!
//! Each line of PAGES is a page, `{"id": …, "lines": [{"text": …, "label": "content" | "boilerplate"}, …]}`, or a text
//! with its junk marked in code points, `{"id": …, "text": …, "boilerplate_spans": [[start, end], …]}`. With `--folds`,
//! pages are split in N parts by a hash of their id, or `--by site`, and each part is cleaned with a model that was trained
//! on the others; `--rounds` does so several times, each with other parts and other draws. `--cleaned` writes the cleaned
//! pages as `{"id", "round", "text"}`. Pages given by `--also` are learned from in every fold, and not scored.
//! With `--weights`, a model is trained on all pages and written to FILE.
//!
//! The site of a page is its id up to the first `_`. By page, a model may have seen other pages of the sites that it is
//! asked about; by site it never has, which is harder.
//!
//! The pages are few and each shows one text in one frame. So the model also learns from *grafts*: the frame of a page
//! with the text of another in it.
//!
//! The model is boosted trees in layers (see `features`). A layer sees the scores of the one before, and has
//! to see them as they will be on pages never seen: so the scores that a layer is trained on come from models that were
//! trained without the page in question ("stacking"). Every step is plain arithmetic in a fixed order: the same pages
//! give the same model on every machine.

use std::collections::BTreeMap;
use std::fs::{File, read, write};
use std::io::{BufWriter, Read, Write, stdout};
use std::ops::Range;
use std::thread;

use clean::cleaner::{self, Cleaner};
use clean::features::{Measured, Table};
use clean::layout::{self, Model};
use clean::phrases::{NEWS, Phrases};
use clean::shape::Shape;
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64_with_seed;

mod boost;
use boost::{Example, Examples, Growth, grow};

type Failure = Box<dyn std::error::Error>;

/// Layers of the model: one for what the lines look like, one for what the first thought of them.
const LAYERS: usize = 2;

/// Parts into which the pages are split to get scores for a further layer.
const PARTS: u64 = 3;

/// A line is junk when more than this share of it is marked.
const MARKED_SHARE: f64 = 0.5;

/// How the trees of a layer are grown.
const GROWTH: Growth = Growth { trees: 240, rate: 0.1, prior: 12.0, examples_share: 0.4, columns_share: 0.2 };

/// Words from which on a good line is prose.
const LONG_WORDS: f64 = 13.0;

/// How much more it costs to lose prose than to keep it.
const LONG_WEIGHT: f64 = 2.5;

/// The least share of a page's text that a line counts as: good lines, and lines of the page, which are short and many.
const SHARES_MIN: [f64; 2] = [0.005, 0.02];

/// The largest share of a page's text that a line counts as.
const SHARE_MAX: f64 = 0.25;

/// What the text of a page without the page counts, as a page of its own.
const ALONE_WEIGHT: f64 = 0.3;

/// What a graft counts.
const GRAFT_WEIGHT: f64 = 1.0;

/// Lines around a text that are a frame worth grafting into.
const FRAME_LINES_MIN: usize = 20;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (mut weights_file, mut cleaned_file, mut folds, mut rounds) = (None, None, 0, 1);
    let mut unit = Unit::Page;
    let mut pages = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--weights" => weights_file = arguments.next(),
            "--cleaned" => cleaned_file = arguments.next(),
            "--by" => unit = Unit::named(&arguments.next().unwrap_or_default())?,
            "--also" => {
                let also = read_pages(&arguments.next().unwrap_or_default())?;
                pages.extend(also.into_iter().map(|page| Page { is_scored: false, ..page }));
            }
            "--folds" => folds = arguments.next().unwrap_or_default().parse()?,
            "--rounds" => rounds = arguments.next().unwrap_or_default().parse()?,
            path => pages.extend(read_pages(path)?),
        }
    }
    if folds > 0 {
        cross_validate(&pages, Folds { unit, parts: folds }, rounds, cleaned_file)?;
    }
    if let Some(path) = weights_file {
        write(path, train(&pages.iter().collect::<Vec<_>>(), unit, 0).to_text())?;
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
    /// Whether folds leave it out, to see what becomes of it.
    is_scored: bool,
}

/// What stands in one part as a whole.
#[derive(Clone, Copy)]
enum Unit {
    Page,
    Site,
}

impl Unit {
    fn named(name: &str) -> Result<Unit, Failure> {
        match name {
            "page" => Ok(Unit::Page),
            "site" => Ok(Unit::Site),
            _ => Err("`--by` takes `page` or `site`".into()),
        }
    }
}

/// A way of splitting pages in parts.
#[derive(Clone, Copy)]
struct Folds {
    unit: Unit,
    parts: u64,
}

impl Folds {
    fn part(self, page: &Page, round: u64) -> u64 {
        let unit = match self.unit {
            Unit::Page => &*page.id,
            Unit::Site => page.id.split('_').next().unwrap_or_default(),
        };
        xxh3_64_with_seed(unit.as_bytes(), round) % self.parts
    }

    fn leaves_out(self, page: &Page, round: u64, fold: u64) -> bool {
        page.is_scored && self.part(page, round) == fold
    }
}

#[derive(Clone)]
struct PageLine {
    text: String,
    good: bool,
    words: f64,
}

/// Reads the pages of a file, each followed by its good lines alone as another page.
fn read_pages(path: &str) -> Result<Vec<Page>, Failure> {
    let text = text_of(path)?;
    let records = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    // A small file says as much about other pages as a large one, or nearly.
    let weight = (100.0 / records.len() as f64).sqrt().clamp(0.8, 1.6);
    let cleaner = cleaner(None)?;
    let mut pages = Vec::new();
    for record in &records {
        let id = record["id"].as_str().ok_or("a page without an id")?;
        let lines = match record["lines"].as_array() {
            Some(lines) => lines.iter().map(labelled_line).collect(),
            None => marked_lines(record).ok_or("a page with neither lines nor marked spans")?,
        };
        let good: Vec<PageLine> = lines.iter().filter(|line| line.good).cloned().collect();
        let has_junk = good.len() < lines.len();
        pages.push(page(path, id, lines, weight, &cleaner));
        if has_junk && !good.is_empty() {
            pages.push(page("", id, good, weight * ALONE_WEIGHT, &cleaner));
        }
    }
    Ok(pages)
}

fn text_of(path: &str) -> Result<String, Failure> {
    let bytes = read(path)?;
    if !path.ends_with(".gz") {
        return Ok(String::from_utf8(bytes)?);
    }
    let mut text = String::new();
    MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text)?;
    Ok(text)
}

fn labelled_line(line: &Value) -> PageLine {
    PageLine::new(line["text"].as_str().unwrap_or_default(), line["label"] == "content")
}

/// The lines of a text of which spans are marked as junk.
fn marked_lines(record: &Value) -> Option<Vec<PageLine>> {
    let spans: Vec<[usize; 2]> = serde_json::from_value(record["boilerplate_spans"].clone()).ok()?;
    let mut at = 0;
    let line = |text: &str| {
        let marked = (at..).zip(text.chars()).filter(|(at, symbol)| {
            !symbol.is_whitespace() && spans.iter().any(|[start, end]| (*start..*end).contains(at))
        });
        let marked = marked.count() as f64;
        at += text.chars().count();
        let all = text.chars().filter(|symbol| !symbol.is_whitespace()).count() as f64;
        PageLine::new(text, marked <= MARKED_SHARE * all)
    };
    Some(record["text"].as_str()?.split_inclusive('\n').map(line).collect())
}

impl PageLine {
    fn new(text: &str, good: bool) -> PageLine {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = text.split(|symbol: char| !symbol.is_alphanumeric()).filter(|word| !word.is_empty());
        let words = words.count() as f64;
        PageLine { text, good, words }
    }
}

fn page(set: &str, id: &str, mut lines: Vec<PageLine>, weight: f64, cleaner: &Cleaner) -> Page {
    lines.retain(|line| !line.text.is_empty());
    let measure = |(line, kept): (&PageLine, bool)| Measured { shape: Shape::of(&line.text), phrase: !kept };
    let measured = lines.iter().zip(clean_lines(cleaner, &lines)).map(measure).collect();
    Page { id: id.into(), set: set.into(), lines, measured, weight, is_scored: true }
}

fn cleaner(layout: Option<Model>) -> Result<Cleaner, Failure> {
    let mut phrases = Phrases::default();
    phrases.add_file(NEWS)?;
    let rules = Cleaner { notes: true, titles: true, credits: true, markup: true, ..Cleaner::default() };
    Ok(Cleaner { phrases, layout, ..rules })
}

/// Trains all layers; another `round` takes other parts and other draws.
fn train(pages: &[&Page], unit: Unit, round: u64) -> Model {
    let part = |page: &Page| Folds { unit, parts: PARTS }.part(page, round + 1_000_000);
    let grafts: Vec<Page> = (0..PARTS)
        .flat_map(|i| grafts(pages.iter().copied().filter(|page| part(page) == i), round))
        .collect();
    // What scores the pages of a part was trained without them.
    let mut others: Vec<Model> = (0..PARTS).map(|_| Model::default()).collect();
    let mut model = Model::default();
    for layer in 0..LAYERS {
        let mut examples = Examples::new(layer > 0);
        let mut scratch = layout::Scratch::default();
        for page in pages.iter().copied().chain(&grafts) {
            let scores = others[part(page) as usize].scores(&page.measured, &mut scratch);
            page.add_examples(part(page), scores, &mut examples);
        }
        let grow_without = |left_out| grow(&examples, left_out, GROWTH, 7 + round);
        if layer + 1 < LAYERS {
            for (other, model) in (0..PARTS).zip(&mut others) {
                model.layers.push(grow_without(Some(other)));
            }
        }
        model.layers.push(grow_without(None));
    }
    model
}

/// The frame of each of `pages` with the text of another in it.
fn grafts<'p>(pages: impl Iterator<Item = &'p Page>, round: u64) -> Vec<Page> {
    let mut framed: Vec<&Page> = pages.filter(|page| page.has_frame()).collect();
    framed.sort_by_key(|page| xxh3_64_with_seed(page.id.as_bytes(), round + 2_000_000));
    let others = framed.iter().cycle().skip(1);
    framed.iter().zip(others).map(|(page, other)| page.graft(other)).collect()
}

impl Page {
    fn has_frame(&self) -> bool {
        let frame_lines = self.lines.iter().filter(|line| !line.good).count();
        !self.set.is_empty() && frame_lines > FRAME_LINES_MIN && frame_lines < self.lines.len()
    }

    /// The page with the text of `other`, and what stands between its lines there, in the place of its own.
    fn graft(&self, other: &Page) -> Page {
        let (own, new) = (self.text_range(), other.text_range());
        Page {
            id: self.id.clone(),
            set: String::new(),
            lines: [&self.lines[..own.start], &other.lines[new.clone()], &self.lines[own.end..]].concat(),
            measured: [&self.measured[..own.start], &other.measured[new], &self.measured[own.end..]].concat(),
            weight: other.weight * GRAFT_WEIGHT,
            is_scored: false,
        }
    }

    /// From the first good line to the last.
    fn text_range(&self) -> Range<usize> {
        let is_good = |line: &PageLine| line.good;
        let first = self.lines.iter().position(is_good).unwrap_or_default();
        first..self.lines.iter().rposition(is_good).map_or(first, |last| last + 1)
    }

    /// Adds the lines of the page, of `part`, with the scores that an earlier layer gave.
    fn add_examples(&self, part: u64, scores: &[i32], examples: &mut Examples) {
        let mut table = Table::default();
        table.read(&self.measured);
        table.take_scores(&self.measured, scores);
        for (question, cells) in &mut examples.columns {
            cells.extend(table.column(question.column, question.offset));
        }
        let good_words: f64 = self.lines.iter().filter(|line| line.good).map(|line| line.words).sum();
        for (i, line) in self.lines.iter().enumerate() {
            let twice = if table.again(i) > 0 { 2.0 } else { 1.0 };
            let share_min = twice * SHARES_MIN[usize::from(!line.good)];
            let share = (line.words / good_words.max(20.0)).clamp(share_min, SHARE_MAX);
            let long = if line.good && line.words >= LONG_WORDS { LONG_WEIGHT } else { 1.0 };
            examples.lines.push(Example { good: line.good, weight: 20.0 * share * long * self.weight, part });
        }
    }
}

/// What came of the pages of a file.
#[derive(Default)]
struct Outcome {
    pages: f64,
    f1_sum: f64,
    quotations: usize,
    quotations_lost: usize,
}

fn cross_validate(
    pages: &[Page],
    folds: Folds,
    rounds: u64,
    cleaned_file: Option<String>,
) -> Result<(), Failure> {
    let mut of_rounds = BTreeMap::<&str, Vec<Outcome>>::new();
    let mut cleaned = cleaned_file.map(File::create).transpose()?.map(BufWriter::new);
    for round in 0..rounds {
        let mut outcomes = BTreeMap::<&str, Outcome>::new();
        for (fold, model) in (0..).zip(train_without_each(pages, folds, round)) {
            let cleaner = cleaner(Some(model))?;
            for page in pages.iter().filter(|page| folds.leaves_out(page, round, fold)) {
                let kept = clean_lines(&cleaner, &page.lines);
                outcomes.entry(&page.set).or_default().add(page, &kept);
                if let Some(out) = cleaned.as_mut().filter(|_| !page.set.is_empty()) {
                    writeln!(out, "{}", page.left(&kept, round))?;
                }
            }
        }
        for (set, outcome) in outcomes {
            of_rounds.entry(set).or_default().push(outcome);
        }
    }
    of_rounds.iter().try_for_each(|(set, outcomes)| print(set, outcomes))
}

/// For each fold, a model that was trained on the pages of the others.
fn train_without_each(pages: &[Page], folds: Folds, round: u64) -> Vec<Model> {
    let train_without = |fold| {
        let others: Vec<&Page> = pages.iter().filter(|page| !folds.leaves_out(page, round, fold)).collect();
        train(&others, folds.unit, round)
    };
    thread::scope(|scope| {
        let training: Vec<_> =
            (0..folds.parts).map(|fold| scope.spawn(move || train_without(fold))).collect();
        training.into_iter().map(|model| model.join().expect("training does not panic")).collect()
    })
}

/// Writes what came of a set in each round: the mean, and the ends of the range.
fn print(set: &str, outcomes: &[Outcome]) -> Result<(), Failure> {
    let name = if set.is_empty() { "the good lines alone" } else { set };
    let scores: Vec<f64> = outcomes.iter().map(|outcome| outcome.f1_sum / outcome.pages).collect();
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let (low, high) = scores.iter().fold((1.0_f64, 0.0_f64), |(low, high), f1| (low.min(*f1), high.max(*f1)));
    let quotations = outcomes.iter().map(|outcome| outcome.quotations).sum::<usize>();
    let lost = outcomes.iter().map(|outcome| outcome.quotations_lost).sum::<usize>();
    writeln!(
        stdout(),
        "F1 {mean:.3} ({low:.3} to {high:.3}), {lost} of {quotations} quoted lines lost: {name}"
    )?;
    Ok(())
}

impl Page {
    /// The page as it is after cleaning, as a document.
    fn left(&self, kept: &[bool], round: u64) -> Value {
        let lines = self.lines.iter().zip(kept).filter(|(_, kept)| **kept).map(|(line, _)| &*line.text);
        json!({"id": self.id, "round": round, "text": lines.collect::<Vec<_>>().join("\n")})
    }
}

/// Cleans a page and says for each line whether it stayed.
fn clean_lines(cleaner: &Cleaner, lines: &[PageLine]) -> Vec<bool> {
    let text: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
    let mut scratch = cleaner::Scratch::default();
    let edits = cleaner.clean(&text, "", &mut scratch);
    let mut at = 0;
    let stays = lines.iter().map(|line| {
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
