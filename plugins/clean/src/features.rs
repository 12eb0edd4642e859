//! Turns the shapes of a text's lines into features: small numbers, each in its slot, one slot for each question.
//!
//! The first layer asks about a line by itself. Every further layer asks the same again, and what the layer before
//! thought of the line and its neighbours: an article is a stretch of good lines, and a good line far from it is a
//! comment or a teaser.
//!
//! Everything is a whole number, cut into steps, so that a weight can be had for each step and the sum is the same
//! on every machine.
//!
//! Not here: the weights (`layout`).

use crate::lexicon;
use crate::shape::{Closing, Shape};

/// Scores are in these parts of a unit of log-odds.
pub const UNIT: i32 = 64;

/// A question with so many possible answers, from 0 on.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    /// What the model file calls it.
    pub name: &'static str,
    /// How many answers there are.
    pub size: u16,
}

const fn slot(name: &'static str, size: u16) -> Slot {
    Slot { name, size }
}

/// The questions about a line by itself.
pub const LOCAL: &[Slot] = &[
    slot("words", 12),
    slot("closing", 10),
    slot("opening", 7),
    slot("words_closing", 12 * 10),
    slot("words_opening", 12 * 7),
    slot("words_small", 12 * 7),
    slot("words_capitals", 12 * 7),
    slot("small_capitals", 7 * 7),
    slot("numbers", 7),
    slot("shouts", 7),
    slot("chrome_words", 7 * 5),
    slot("chrome_count", 6),
    slot("time_words", 5 * 5),
    slot("person_words", 7 * 5),
    slot("saying", 3),
    slot("commas_words", 5 * 5),
    slot("stops", 5),
    slot("dividers", 5),
    slot("handles", 3),
    slot("marks_closing", 2 * 10),
    slot("copyright", 2),
    slot("letters", 8),
    slot("first_class", 32),
    slot("phrase", 2),
    slot("again_words", 3 * 12),
];

/// The questions about what the layer before thought.
pub const CONTEXT: &[Slot] = &[
    slot("score", 17),
    slot("score_before_1", 17),
    slot("score_before_2", 17),
    slot("score_before_3", 17),
    slot("score_after_1", 17),
    slot("score_after_2", 17),
    slot("score_after_3", 17),
    slot("shape_before_1", 26),
    slot("shape_before_2", 26),
    slot("shape_after_1", 26),
    slot("shape_after_2", 26),
    slot("mass_before", 12),
    slot("mass_after", 12),
    slot("masses", 6 * 6),
    slot("block", 20),
    slot("block_score", 20 * 5),
    slot("block_words", 20 * 5),
    slot("block_share", 9),
    slot("block_share_place", 9 * 3),
    slot("topics_place", 6 * 3),
    slot("topics_words", 6 * 5),
    slot("prose_block", 20),
    slot("prose_block_words", 20 * 5),
    slot("prose_share_place", 9 * 3),
    slot("density", 9),
    slot("density_words", 9 * 5),
    slot("prose_density", 9),
    slot("prose_density_words", 9 * 5),
    slot("run_words", 6 * 5),
    slot("heading", 4 * 4),
    slot("heading_words", 4 * 4 * 5),
    slot("again_place", 3 * 3 * 5),
    slot("page", 8),
    slot("page_words", 8 * 12),
    slot("page_score", 8 * 5),
    slot("place", 10),
    slot("place_after_words", 10),
];

/// What is known of a line for all layers.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Its shape.
    pub shape: Shape,
    /// Whether a phrase fits it.
    pub phrase: bool,
    /// How many other lines of the text say the same, up to 2.
    pub again: u16,
}

/// Appends the answers about `line` by itself.
pub fn local(line: &Measured, answers: &mut Vec<u16>) {
    let Measured { shape, phrase, again } = *line;
    let words = words_step(shape.words_all());
    let coarse = coarse(words);
    let closing = shape.closing as u16;
    let opening = shape.opening as u16;
    let small = share_step(shape.small, shape.words);
    let capitals = share_step(shape.capitals, shape.words);
    answers.extend([
        words,
        closing,
        opening,
        words * 10 + closing,
        words * 7 + opening,
        words * 7 + small,
        words * 7 + capitals,
        small * 7 + capitals,
        share_step(shape.numbers, shape.words),
        share_step(shape.shouts, shape.words),
        share_step(shape.chrome, shape.words) * 5 + coarse,
        shape.chrome.min(5) as u16,
        shape.time.min(4) as u16 * 5 + coarse,
        share_step(shape.person, shape.words) * 5 + coarse,
        shape.saying.min(2) as u16,
        (shape.commas.min(4)) as u16 * 5 + coarse,
        shape.stops.min(4) as u16,
        shape.dividers.min(4) as u16,
        shape.handles.min(2) as u16,
        u16::from(shape.marks) * 10 + closing,
        u16::from(shape.copyright),
        (shape.letters / shape.words.max(1)).min(7) as u16,
        u16::from(shape.first_class & 31),
        u16::from(phrase),
        again * 12 + words,
    ]);
}

/// The words of a line, in 12 steps.
fn words_step(words: u32) -> u16 {
    const STEPS: [u32; 11] = [1, 2, 3, 4, 6, 9, 13, 19, 28, 45, 80];
    STEPS.iter().take_while(|step| words >= **step).count() as u16
}

/// The indices of the weights for lines of at least so many words, in every layer.
pub fn local_words_steps(words_min: u32) -> std::ops::Range<usize> {
    usize::from(words_step(words_min))..usize::from(LOCAL[0].size)
}

/// The 12 steps of words, in 5.
fn coarse(words: u16) -> u16 {
    [0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4][usize::from(words)]
}

/// A share, in 7 steps: none, then up to 10, 20, 30, 40, 60 and 100 per cent.
fn share_step(part: u32, whole: u32) -> u16 {
    const STEPS: [u32; 6] = [0, 10, 20, 30, 40, 60];
    let percent = part * 100 / whole.max(1);
    if part == 0 { 0 } else { STEPS.iter().take_while(|step| percent >= **step).count() as u16 }
}

/// A text seen as a whole: through the scores of a layer, and through what is prose without any weights.
#[derive(Debug, Default)]
pub struct View {
    scores: Vec<i32>,
    before: Vec<u32>,
    after: Vec<u32>,
    prose_before: Vec<u32>,
    prose_after: Vec<u32>,
    mass_max: u32,
    prose_mass_max: u32,
    runs: Vec<u16>,
    headings: Vec<u16>,
    words_until: Vec<u32>,
    block: Block,
    prose: Block,
    good_lines: u32,
    topics: Vec<u64>,
}

/// The stretch of lines with the largest sum: good lines count for it, bad ones against it.
#[derive(Debug, Default, Clone, Copy)]
struct Block {
    from: usize,
    to: usize,
    /// Words of good lines in the stretch, and in the text.
    words: u32,
    words_all: u32,
}

/// Bits of the set of the block's topics.
const TOPIC_BITS: usize = 1 << 14;

/// Words of a line that count, lest one endless line be all.
const WORDS_MAX: u32 = 200;

impl View {
    /// Takes in what does not depend on a layer.
    pub fn read(&mut self, lines: &[Measured]) {
        self.words_until.clear();
        self.words_until.push(0);
        let mut sum = 0_u32;
        for line in lines {
            sum = sum.saturating_add(line.shape.words_all());
            self.words_until.push(sum);
        }
        let prose =
            |line: &Measured| if line.shape.is_prose() { line.shape.words_all().min(WORDS_MAX) } else { 0 };
        masses(lines.iter().map(prose), &mut self.prose_before);
        masses(lines.iter().rev().map(prose), &mut self.prose_after);
        self.prose_after.reverse();
        self.prose_mass_max = (0..lines.len())
            .map(|i| self.prose_before[i] + self.prose_after[i] + prose(&lines[i]))
            .max()
            .unwrap_or(0);
        self.prose = Block::find(lines, |i| if lines[i].shape.is_prose() { 2 } else { -2 });
        self.read_headings(lines);
    }

    /// For each line, what the last heading before it promised and how far away that is.
    fn read_headings(&mut self, lines: &[Measured]) {
        self.headings.clear();
        let (mut kind, mut distance) = (0_u16, 0_u32);
        for line in lines {
            let steps = match distance {
                0..=2 => 0,
                3..=8 => 1,
                9..=24 => 2,
                _ => 3,
            };
            self.headings.push(kind * 4 + steps);
            distance += 1;
            let new = heading(&line.shape);
            if new > 0 {
                (kind, distance) = (new, 0);
            }
        }
    }

    /// Takes in the scores of a layer, one a line.
    pub fn set(&mut self, lines: &[Measured], scores: &[i32]) {
        self.scores.clear();
        self.scores.extend_from_slice(scores);
        let good = |i: usize| if scores[i] > 0 { lines[i].shape.words_all().min(WORDS_MAX) } else { 0 };
        masses((0..lines.len()).map(good), &mut self.before);
        masses((0..lines.len()).rev().map(good), &mut self.after);
        self.after.reverse();
        self.mass_max = (0..lines.len()).map(|i| self.before[i] + self.after[i] + good(i)).max().unwrap_or(0);
        self.good_lines = scores.iter().filter(|score| **score > 0).count() as u32;
        self.block = Block::find(lines, |i| i64::from(scores[i].clamp(-3 * UNIT, 3 * UNIT)));
        self.note_runs();
        self.note_topics(lines);
    }

    /// For each line, in how long a run of good or bad lines it stands.
    fn note_runs(&mut self) {
        self.runs.clear();
        let mut from = 0;
        while from < self.scores.len() {
            let good = self.scores[from] > 0;
            let length = self.scores[from..].iter().take_while(|score| (**score > 0) == good).count();
            let step = [0, 0, 1, 1, 2][length.min(4)] + u16::from(good) * 3;
            self.runs.extend(std::iter::repeat_n(step, length));
            from += length;
        }
    }

    fn note_topics(&mut self, lines: &[Measured]) {
        self.topics.clear();
        self.topics.resize(TOPIC_BITS / 64, 0);
        let Block { from, to, .. } = self.block;
        for (line, _) in lines[from..to].iter().zip(&self.scores[from..to]).filter(|(_, score)| **score > 0) {
            for topic in line.shape.topics() {
                let bit = *topic as usize % TOPIC_BITS;
                self.topics[bit / 64] |= 1 << (bit % 64);
            }
        }
    }

    /// Appends the answers about line `i` among its neighbours.
    pub fn context(&self, lines: &[Measured], i: usize, answers: &mut Vec<u16>) {
        let count = lines.len();
        let at = |offset: i64| usize::try_from(i as i64 + offset).ok().filter(|at| *at < count);
        let score = |offset| at(offset).map_or(16, |at| score_step(self.scores[at]));
        let shape = |offset| at(offset).map_or(25, |at| shape_step(&lines[at].shape));
        let own = lines[i].shape.words_all().min(WORDS_MAX);
        let words = words_step(lines[i].shape.words_all());
        let coarse_words = coarse(words);
        let coarse_score = (score(0) / 3).min(4);
        let (before, after) = (mass_step(self.before[i]), mass_step(self.after[i]));
        let (block, prose) = (self.block.step(i), self.prose.step(i));
        let (place, prose_place) = (self.block.place(i), self.prose.place(i));
        let page = ((u64::from(self.good_lines) * 8) / (count as u64 + 1)).min(7) as u16;
        let topics = self.topics_step(&lines[i].shape);
        let all = u64::from(self.words_until[count].max(1));
        let own_good = if self.scores[i] > 0 { own } else { 0 };
        let density = eighths(self.before[i] + self.after[i] + own_good, self.mass_max);
        let own_prose = if lines[i].shape.is_prose() { own } else { 0 };
        let prose_density =
            eighths(self.prose_before[i] + self.prose_after[i] + own_prose, self.prose_mass_max);
        answers.extend([
            score(0),
            score(-1),
            score(-2),
            score(-3),
            score(1),
            score(2),
            score(3),
            shape(-1),
            shape(-2),
            shape(1),
            shape(2),
            before,
            after,
            (before / 2) * 6 + after / 2,
            block,
            block * 5 + coarse_score,
            block * 5 + coarse_words,
            self.block.share(),
            self.block.share() * 3 + place,
            topics * 3 + place,
            topics * 5 + coarse_words,
            prose,
            prose * 5 + coarse_words,
            self.prose.share() * 3 + prose_place,
            density,
            density * 5 + coarse_words,
            prose_density,
            prose_density * 5 + coarse_words,
            self.runs[i] * 5 + coarse_words,
            self.headings[i],
            self.headings[i] * 5 + coarse_words,
            (lines[i].again * 3 + prose_place) * 5 + coarse_words,
            page,
            page * 12 + words,
            page * 5 + coarse_score,
            (i * 10 / count) as u16,
            (u64::from(self.words_until[i]) * 10 / all).min(9) as u16,
        ]);
    }

    /// Which share of the line's topics stands in the block, in 6 steps.
    fn topics_step(&self, shape: &Shape) -> u16 {
        let topics = shape.topics();
        let known = topics.iter().filter(|topic| {
            let bit = **topic as usize % TOPIC_BITS;
            self.topics[bit / 64] & (1 << (bit % 64)) != 0
        });
        if topics.is_empty() { 0 } else { 1 + (known.count() * 4 / topics.len()) as u16 }
    }
}

impl Block {
    fn find(lines: &[Measured], score: impl Fn(usize) -> i64) -> Block {
        let words = |i: usize| lines[i].shape.words_all();
        let (mut best, mut sum, mut start) = (0_i64, 0_i64, 0);
        let mut block = Block::default();
        for i in 0..lines.len() {
            if sum <= 0 {
                (sum, start) = (0, i);
            }
            sum += score(i) * i64::from(words(i).clamp(3, 100));
            if sum > best {
                best = sum;
                (block.from, block.to) = (start, i + 1);
            }
        }
        let good = |range: std::ops::Range<usize>| {
            range.filter(|i| score(*i) > 0).fold(0_u32, |sum, i| sum.saturating_add(words(i)))
        };
        block.words = good(block.from..block.to);
        block.words_all = good(0..lines.len());
        block
    }

    /// Where line `i` is: far before the block, near, inside, near after it, far after it.
    fn step(&self, i: usize) -> u16 {
        const STEPS: [usize; 7] = [2, 3, 5, 9, 17, 33, 65];
        let steps = |distance: usize| STEPS.iter().take_while(|step| distance >= **step).count() as u16;
        match i {
            _ if self.from == self.to => 19,
            _ if i < self.from => 7 - steps(self.from - i),
            _ if i >= self.to => 11 + steps(i + 1 - self.to),
            _ if i == self.from => 8,
            _ if i + 1 == self.to => 10,
            _ => 9,
        }
    }

    /// Before, inside or after.
    fn place(&self, i: usize) -> u16 {
        u16::from(i >= self.from) + u16::from(i >= self.to)
    }

    /// The share of the text's good words that stands in the block, in 9 steps.
    fn share(&self) -> u16 {
        eighths(self.words, self.words_all)
    }
}

fn eighths(part: u32, whole: u32) -> u16 {
    (u64::from(part) * 8 / u64::from(whole.max(1))) as u16
}

/// What a short line announces: 1 comments, 2 other stories, 3 something else of the page, 0 nothing.
fn heading(shape: &Shape) -> u16 {
    match shape.classes {
        _ if shape.words > 5 || shape.closing.ends_sentence() => 0,
        classes if classes & lexicon::TALK != 0 => 1,
        classes if classes & lexicon::MORE != 0 => 2,
        classes if classes & lexicon::CHROME != 0 => 3,
        _ => 0,
    }
}

/// For each item the sum of those before it, each of which loses a quarter with every step away.
fn masses(items: impl Iterator<Item = u32>, sums: &mut Vec<u32>) {
    sums.clear();
    let mut mass = 0_u32;
    for item in items {
        sums.push(mass);
        mass = (mass - mass / 4).saturating_add(item);
    }
}

/// A mass in 12 steps, each twice the one before.
fn mass_step(mass: u32) -> u16 {
    (32 - mass.leading_zeros()).min(11) as u16
}

/// A score in 16 steps of half a unit around 0.
fn score_step(score: i32) -> u16 {
    (score.div_euclid(UNIT / 2) + 8).clamp(0, 15) as u16
}

/// Words and closing of a neighbour in 25 steps.
fn shape_step(shape: &Shape) -> u16 {
    let closing = match shape.closing {
        closing if closing.ends_sentence() => 0,
        Closing::Bare => 1,
        Closing::Colon | Closing::Comma => 2,
        Closing::Dots | Closing::Divider => 3,
        _ => 4,
    };
    coarse(words_step(shape.words_all())) * 5 + closing
}
