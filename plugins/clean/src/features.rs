//! Measures the lines of a text in columns of small numbers: what trees ask about.
//!
//! A column holds a number for each line. Columns about a line by itself come first; what its neighbours are like is
//! asked of the same columns, some lines further on. Then come columns about the line's place in the text, and at last
//! columns about what an earlier layer of trees thought of the lines: an article is a stretch of good lines, and
//! a good line far from it is a comment or a teaser.
//!
//! Everything is a whole number below [`STEPS`], the same on every machine.
//!
//! Not here: the trees (`trees`), how a line is measured (`shape`).

use crate::lexicon::{CHROME, MORE, PERSON, PICTURE, SAYING, SMALL, TALK, TIME};
use crate::shape::{Closing, Opening, Shape};

/// Scores are in these parts of a unit of log-odds.
pub const UNIT: i32 = 256;

/// Cells hold numbers below this.
pub const STEPS: usize = 64;

/// Lines beyond the ends of a text that may be asked about; their cells hold 0.
const MARGIN: usize = 6;

/// Lines that are asked together.
pub const BLOCK: usize = 16;

/// A column of numbers, one a line.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What the model file calls it.
    pub name: &'static str,
    /// How many lines before and after a line it may be asked about, at most `MARGIN`.
    pub reach: usize,
    measure: Measure,
}

/// Where the numbers of a column come from.
#[derive(Debug, Clone, Copy)]
enum Measure {
    /// The line by itself.
    Line(fn(&Measured) -> u32),
    /// The line and the text around it.
    Place(fn(&View, &[Measured], usize) -> u32),
    /// The scores of an earlier layer.
    Scores(fn(&View, &[Measured], usize) -> u32),
}
use Measure::{Line, Place, Scores};

const fn column(name: &'static str, reach: usize, measure: Measure) -> Column {
    assert!(reach <= MARGIN);
    Column { name, reach, measure }
}

/// All columns.
pub const COLUMNS: &[Column] = &[
    column("words", 4, Line(|line| log_step(line.shape.words_all(), 4))),
    column("closing", 3, Line(|line| line.shape.closing as u32)),
    column("opening", 2, Line(|line| line.shape.opening as u32)),
    column("letters", 1, Line(|line| line.shape.letters * 4 / line.shape.words.max(1))),
    column("small", 2, Line(|line| share(line.shape.small, line.shape.words))),
    column("capitals", 2, Line(|line| share(line.shape.capitals, line.shape.words))),
    column("numbers", 2, Line(|line| share(line.shape.numbers, line.shape.words))),
    column("shouts", 1, Line(|line| share(line.shape.shouts, line.shape.words))),
    column("chrome", 2, Line(|line| share(line.shape.chrome, line.shape.words))),
    column("chrome_words", 1, Line(|line| line.shape.chrome)),
    column("time_words", 3, Line(|line| line.shape.time)),
    column("person", 2, Line(|line| share(line.shape.person, line.shape.words))),
    column("saying", 1, Line(|line| line.shape.saying)),
    column("glued", 1, Line(|line| line.shape.glued)),
    column("commas", 1, Line(|line| line.shape.commas)),
    column("stops", 1, Line(|line| line.shape.stops)),
    column("dividers", 1, Line(|line| line.shape.dividers)),
    column("handles", 1, Line(|line| line.shape.handles)),
    column("marks", 2, Line(|line| u32::from(line.shape.marks))),
    column("copyright", 1, Line(|line| u32::from(line.shape.copyright))),
    column("phrase", 2, Line(|line| u32::from(line.phrase))),
    column(
        "prose",
        4,
        Line(|line| if line.shape.is_prose() { log_step(line.shape.words_all(), 4) } else { 0 }),
    ),
    column("label", 2, Line(|line| u32::from(line.shape.is_label()))),
    column("heading", 2, Line(|line| heading(&line.shape))),
    column("first_small", 0, Line(|line| u32::from(line.shape.first_class & SMALL != 0))),
    column("first_person", 0, Line(|line| u32::from(line.shape.first_class & PERSON != 0))),
    column("first_chrome", 0, Line(|line| u32::from(line.shape.first_class & CHROME != 0))),
    column("first_time", 0, Line(|line| u32::from(line.shape.first_class & TIME != 0))),
    column("first_saying", 0, Line(|line| u32::from(line.shape.first_class & SAYING != 0))),
    column("talk", 1, Line(|line| u32::from(line.shape.classes & TALK != 0))),
    column("more", 1, Line(|line| u32::from(line.shape.classes & MORE != 0))),
    column("picture", 1, Line(|line| u32::from(line.shape.classes & PICTURE != 0))),
    column("again", 2, Place(|view, _, i| view.again[i])),
    column("rhymes", 1, Place(|view, _, i| view.rhymes[i])),
    column("prose_before", 0, Place(|view, _, i| log_step(view.prose_mass.before[i], 4))),
    column("prose_after", 0, Place(|view, _, i| log_step(view.prose_mass.after[i], 4))),
    column("prose_density", 0, Place(|view, _, i| view.prose_mass.density(i))),
    column("prose_block", 0, Place(|view, _, i| view.prose.step(i))),
    column("prose_share", 0, Place(|view, _, _| view.prose.share())),
    column("prose_words", 0, Place(|view, _, _| log_step(view.prose.words, 3))),
    column("prose_topics", 0, Place(|view, lines, i| view.prose_topics.step(&lines[i].shape))),
    column("title_topics", 0, Place(|view, lines, i| view.title_topics.step(&lines[i].shape))),
    column("since_heading", 0, Place(|view, _, i| log_step(view.headings[i].1, 4))),
    column("last_heading", 0, Place(|view, _, i| view.headings[i].0)),
    column("since_talk", 0, Place(|view, _, i| log_step(view.talk[i], 4))),
    column("prose_topics_twice", 0, Place(|view, lines, i| view.prose_topics_twice.step(&lines[i].shape))),
    column("dates_before", 0, Place(|view, _, i| log_step(view.window_dates.until[i], 4))),
    column(
        "dates_after",
        0,
        Place(|view, _, i| log_step(view.window_dates.all() - view.window_dates.until[i], 4)),
    ),
    column("window_dates", 0, Place(|view, _, i| view.window_dates.step(i))),
    column("since_date", 0, Place(|view, _, i| log_step(view.dates.since[i], 4))),
    column("until_date", 0, Place(|view, _, i| log_step(view.dates.until[i], 4))),
    column("since_label", 0, Place(|view, _, i| log_step(view.labels.since[i], 4))),
    column("until_label", 0, Place(|view, _, i| log_step(view.labels.until[i], 4))),
    column("since_prose", 0, Place(|view, _, i| log_step(view.prose_lines.since[i], 4))),
    column("until_prose", 0, Place(|view, _, i| log_step(view.prose_lines.until[i], 4))),
    column("prose_run", 0, Place(|view, _, i| view.prose_mass.run(i))),
    column(
        "prose_words_before",
        0,
        Place(|view, _, i| share(view.prose_mass.until[i], view.prose.words_all)),
    ),
    column("prose_words_all", 0, Place(|view, _, _| log_step(view.prose.words_all, 3))),
    column("place", 0, Place(|_, lines, i| (i * 63 / lines.len()) as u32)),
    column("from_start", 0, Place(|_, _, i| log_step(i as u32, 4))),
    column("from_end", 0, Place(|_, lines, i| log_step((lines.len() - i) as u32, 4))),
    column("words_place", 0, Place(View::words_place)),
    column("lines", 0, Place(|_, lines, _| log_step(lines.len() as u32, 4))),
    column("window_time", 0, Place(|view, _, i| view.window_time.step(i))),
    column("window_person", 0, Place(|view, _, i| view.window_person.step(i))),
    column("window_chrome", 0, Place(|view, _, i| view.window_chrome.step(i))),
    column("window_marks", 0, Place(|view, _, i| view.window_marks.step(i))),
    column("window_prose", 0, Place(|view, _, i| view.window_prose.step(i))),
    column("page_prose", 0, Place(|view, lines, _| share(view.window_prose.all(), lines.len() as u32))),
    column("page_time", 0, Place(|view, lines, _| share(view.window_time.all(), lines.len() as u32))),
    column("page_chrome", 0, Place(|view, lines, _| share(view.window_chrome.all(), lines.len() as u32))),
    column("score", 5, Scores(|view, _, i| score_step(view.scores[i]))),
    column("level", 0, Scores(|view, _, _| score_step(view.level))),
    column("score_before", 0, Scores(|view, _, i| score_step(view.smooth_before[i]))),
    column("score_after", 0, Scores(|view, _, i| score_step(view.smooth_after[i]))),
    column("good_before", 0, Scores(|view, _, i| log_step(view.good_mass.before[i], 4))),
    column("good_after", 0, Scores(|view, _, i| log_step(view.good_mass.after[i], 4))),
    column("good_density", 0, Scores(|view, _, i| view.good_mass.density(i))),
    column("good_words_before", 0, Scores(|view, _, i| share(view.good_mass.until[i], view.block.words_all))),
    column("good_words_all", 0, Scores(|view, _, _| log_step(view.block.words_all, 3))),
    column("block", 0, Scores(|view, _, i| view.block.step(i))),
    column("block_share", 0, Scores(|view, _, _| view.block.share())),
    column("block_words", 0, Scores(|view, _, _| log_step(view.block.words, 3))),
    column("block_topics", 0, Scores(|view, lines, i| view.block_topics.step(&lines[i].shape))),
    column("run", 0, Scores(|view, _, i| view.good_mass.run(i))),
    column("page_good", 0, Scores(|view, lines, _| share(view.good_lines, lines.len() as u32))),
];

/// What is known of a line for all layers.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Its shape.
    pub shape: Shape,
    /// Whether a phrase fits it.
    pub phrase: bool,
}

/// The columns of the lines of a text.
#[derive(Debug, Default)]
pub struct Table {
    /// Column after column, each between two margins.
    cells: Vec<u8>,
    lines: usize,
    view: View,
}

impl Table {
    /// Measures `lines`, as far as no scores are needed.
    pub fn read(&mut self, lines: &[Measured]) {
        self.lines = lines.len();
        self.cells.clear();
        self.cells.resize(COLUMNS.len() * self.stride() + BLOCK, 0);
        self.view.read(lines);
        for (i, column) in COLUMNS.iter().enumerate() {
            match column.measure {
                Line(measure) => self.fill(i, |_, line| measure(&lines[line])),
                Place(measure) => self.fill(i, |view, line| measure(view, lines, line)),
                Scores(_) => {}
            }
        }
    }

    /// Takes in the scores of a layer, one a line.
    pub fn take_scores(&mut self, lines: &[Measured], scores: &[i32]) {
        self.view.take_scores(lines, scores);
        for (i, column) in COLUMNS.iter().enumerate() {
            if let Scores(measure) = column.measure {
                self.fill(i, |view, line| measure(view, lines, line));
            }
        }
    }

    /// Gives lines that say the same the mean of their scores: either all of them belong to the page or none.
    pub fn share_scores(&self, scores: &mut [i32]) {
        for same in self.view.twins.chunk_by(|one, other| one.0 == other.0) {
            let sum: i64 = same.iter().map(|(_, i)| i64::from(scores[*i as usize])).sum();
            for (_, i) in same {
                scores[*i as usize] = (sum / same.len() as i64) as i32;
            }
        }
    }

    /// Gives each line the mean of the scores of lines near it that say nearly the same, and its own: captions of one
    /// gallery, offers of one shop. Otherwise some would go and some stay.
    pub fn share_nearly(&mut self, lines: &[Measured], scores: &mut [i32]) {
        let like = &mut self.view.like;
        like.clear();
        for (i, line) in (0..).zip(lines) {
            let words = line.shape.words_all();
            if LIKE_WORDS.contains(&words) {
                let [one, other] = line.shape.signature;
                let bits = one.count_ones() + other.count_ones();
                like.push(Like {
                    line: i,
                    bits,
                    signature: line.shape.signature,
                    sum: scores[i as usize],
                    count: 1,
                });
            }
        }
        for i in 0..like.len() {
            let (one, later) = (like[i], i + 1);
            for j in later..like.len() {
                let other = like[j];
                if other.line - one.line > LIKE_LINES {
                    break;
                }
                if one.is_like(&other) {
                    for (line, score) in [(i, scores[other.line as usize]), (j, scores[one.line as usize])] {
                        like[line].sum += score;
                        like[line].count += 1;
                    }
                }
            }
        }
        for line in like {
            scores[line.line as usize] = line.sum / line.count;
        }
    }

    /// How many other lines say what line `i` says.
    pub fn again(&self, i: usize) -> u32 {
        self.view.again[i]
    }

    /// The cells of a column for the lines `offset` further on.
    pub fn column(&self, column: usize, offset: isize) -> &[u8] {
        let start = (column * self.stride() + MARGIN).wrapping_add_signed(offset);
        &self.cells[start..start + self.lines]
    }

    /// The cells of a column for the [`BLOCK`] lines from `line` on, each `offset` further on; what stands
    /// behind the last line means nothing.
    #[inline]
    pub fn block(&self, column: usize, offset: isize, line: usize) -> [u8; BLOCK] {
        let start = (column * self.stride() + MARGIN + line).wrapping_add_signed(offset);
        self.cells[start..].first_chunk().copied().unwrap_or_default()
    }

    fn fill(&mut self, column: usize, measure: impl Fn(&View, usize) -> u32) {
        let start = column * self.stride() + MARGIN;
        for (i, cell) in self.cells[start..start + self.lines].iter_mut().enumerate() {
            *cell = measure(&self.view, i).min(STEPS as u32 - 1) as u8;
        }
    }

    fn stride(&self) -> usize {
        self.lines + 2 * MARGIN
    }
}

impl Column {
    /// Whether the column can be asked about before any line has a score.
    pub fn needs_scores(&self) -> bool {
        matches!(self.measure, Scores(_))
    }
}

/// A text seen as a whole.
#[derive(Debug, Default)]
struct View {
    /// Lines that say what another says, by a hash of what they say.
    twins: Vec<(u32, u32)>,
    again: Vec<u32>,
    like: Vec<Like>,
    words_until: Vec<u32>,
    makes: Vec<Make>,
    rhymes: Vec<u32>,
    prose_mass: Mass,
    prose: Block,
    prose_topics: Topics,
    prose_topics_twice: Topics,
    topics_once: Topics,
    dates: Near,
    labels: Near,
    prose_lines: Near,
    title_topics: Topics,
    headings: Vec<(u32, u32)>,
    talk: Vec<u32>,
    window_dates: Window,
    window_time: Window,
    window_person: Window,
    window_chrome: Window,
    window_marks: Window,
    window_prose: Window,
    level: i32,
    by_score: Vec<(i32, u32)>,
    scores: Vec<i32>,
    smooth_before: Vec<i32>,
    smooth_after: Vec<i32>,
    good_mass: Mass,
    good_lines: u32,
    block: Block,
    block_topics: Topics,
}

/// How the words of the lines that count as good, as prose or by their scores, lie in the text.
#[derive(Debug, Default)]
struct Mass {
    /// Words of a line that count; none in lines that are not good.
    words: Vec<u32>,
    /// The words before and after a line, of which nearer ones count more.
    before: Vec<u32>,
    after: Vec<u32>,
    /// The most words around any line.
    around_max: u32,
    /// All words before a line, and of all lines.
    until: Vec<u32>,
    /// How much stands in the run of good or bad lines in which a line stands.
    runs: Vec<u32>,
}

/// What a line is made like: how it ends and begins, how long it is, whether it speaks of time.
type Make = (Closing, Opening, u32, u8);

/// The stretch of lines with the largest sum: good lines count for it, bad ones against it.
#[derive(Debug, Default, Clone, Copy)]
struct Block {
    from: usize,
    to: usize,
    /// Words of good lines in the stretch, and in the text.
    words: u32,
    words_all: u32,
}

/// A line that may say nearly what another says.
#[derive(Debug, Clone, Copy)]
struct Like {
    line: u32,
    signature: [u64; 2],
    /// How many bits of it are set.
    bits: u32,
    /// The scores of lines that say nearly the same, and how many they are.
    sum: i32,
    count: i32,
}

/// A set of longer words.
#[derive(Debug, Default)]
struct Topics {
    bits: Vec<u64>,
}

/// How many lines ago one had something, and how many lines on one will.
#[derive(Debug, Default)]
struct Near {
    since: Vec<u32>,
    until: Vec<u32>,
}

/// How many lines among the neighbours have something.
#[derive(Debug, Default)]
struct Window {
    until: Vec<u32>,
}

/// Words of a line that count, lest one endless line be all.
const WORDS_MAX: u32 = 200;

/// Words of the best lines of a text that count as good, however low their score.
const LEVEL_WORDS: u32 = 100;

/// Words that a line with a date in it has fewer of, if it tells when something was written.
const DATE_WORDS_MAX: u32 = 13;

/// What stands for the distance to a line that is not there.
const FAR: u32 = 2000;

/// Lines before and after among which those of the same make are counted.
const RHYME_LINES: usize = 16;

/// Words of lines that may say nearly the same: longer lines are longer than what is looked at, shorter ones too alike.
const LIKE_WORDS: std::ops::RangeInclusive<u32> = 4..=30;

/// Lines before and after among which those are looked for that say nearly the same.
const LIKE_LINES: u32 = 40;

/// Lines before and after that are neighbours.
const WINDOW: usize = 6;

impl View {
    fn read(&mut self, lines: &[Measured]) {
        sums(lines.iter().map(|line| line.shape.words_all()), &mut self.words_until);
        self.prose_mass.set(lines, |i| lines[i].shape.is_prose());
        self.prose = Block::find(lines, |i| if lines[i].shape.is_prose() { 2 } else { -2 });
        let block = &lines[self.prose.from..self.prose.to];
        self.prose_topics.set(block.iter().filter(|line| line.shape.is_prose()));
        let prose_lines = lines.iter().filter(|line| line.shape.is_prose());
        self.prose_topics_twice.set_twice(prose_lines, &mut self.topics_once);
        self.dates.set(lines, is_date);
        self.window_dates.set(lines, is_date);
        self.find_rhymes(lines);
        self.labels.set(lines, |line| line.shape.is_label());
        self.prose_lines.set(lines, |line| line.shape.is_prose());
        self.prose.words_all = self.prose_mass.until[lines.len()];
        self.title_topics.set(lines.iter().take(1));
        self.read_headings(lines);
        self.find_twins(lines);
        self.window_time.set(lines, |line| line.shape.time > 0);
        self.window_person.set(lines, |line| line.shape.person > 0);
        self.window_chrome.set(lines, |line| line.shape.chrome > 0);
        self.window_marks.set(lines, |line| line.shape.marks);
        self.window_prose.set(lines, |line| line.shape.is_prose());
    }

    fn find_twins(&mut self, lines: &[Measured]) {
        let View { twins, again, .. } = self;
        twins.clear();
        twins.extend(lines.iter().map(|line| line.shape.hash).zip(0..));
        twins.sort_unstable();
        again.clear();
        again.resize(lines.len(), 0);
        for same in twins.chunk_by(|one, other| one.0 == other.0) {
            for (_, i) in same {
                again[*i as usize] = same.len() as u32 - 1;
            }
        }
        twins.retain(|(_, i)| again[*i as usize] > 0);
    }

    /// For each line, how many lines near it are of the same make: comments, lists and menus repeat themselves.
    fn find_rhymes(&mut self, lines: &[Measured]) {
        let make = |line: &Measured| {
            (
                line.shape.closing,
                line.shape.opening,
                log_step(line.shape.words_all(), 1),
                line.shape.classes & TIME,
            )
        };
        self.makes.clear();
        self.makes.extend(lines.iter().map(make));
        self.rhymes.clear();
        for (i, make) in self.makes.iter().enumerate() {
            let near = i.saturating_sub(RHYME_LINES)..(i + RHYME_LINES + 1).min(lines.len());
            self.rhymes.push(self.makes[near].iter().filter(|other| *other == make).count() as u32);
        }
    }

    /// For each line, what the last heading before it promised and how far away that is.
    fn read_headings(&mut self, lines: &[Measured]) {
        self.headings.clear();
        self.talk.clear();
        let (mut kind, mut distance, mut talk) = (0, 0, FAR);
        for line in lines {
            self.headings.push((kind, distance));
            self.talk.push(talk);
            distance += 1;
            talk += 1;
            let new = heading(&line.shape);
            if new > 0 {
                (kind, distance) = (new, 0);
            }
            if new == 1 {
                talk = 0;
            }
        }
    }

    fn take_scores(&mut self, lines: &[Measured], scores: &[i32]) {
        self.note_level(lines, scores);
        self.scores.clear();
        self.scores.extend(scores.iter().map(|score| score - self.level.min(0)));
        let scores = &*self.scores;
        self.good_mass.set(lines, |i| scores[i] > 0);
        self.good_lines = scores.iter().filter(|score| **score > 0).count() as u32;
        smooth(scores.iter(), &mut self.smooth_before);
        smooth(scores.iter().rev(), &mut self.smooth_after);
        self.smooth_after.reverse();
        self.block = Block::find(lines, |i| i64::from(scores[i].clamp(-3 * UNIT, 3 * UNIT)));
        self.block.words_all = self.good_mass.until[lines.len()];
        let Block { from, to, .. } = self.block;
        let of_block = lines[from..to].iter().zip(&scores[from..to]);
        self.block_topics.set(of_block.filter(|(_, score)| **score > 0).map(|(line, _)| line));
    }

    /// Notes the score that so many words of the text reach: some lines of a page are its text, however bad they look.
    fn note_level(&mut self, lines: &[Measured], scores: &[i32]) {
        self.by_score.clear();
        self.by_score
            .extend(scores.iter().zip(lines).map(|(score, line)| (-score, line.shape.words_all().min(100))));
        self.by_score.sort_unstable();
        let mut words = 0;
        let reached = self.by_score.iter().find(|(_, more)| {
            words += more;
            words >= LEVEL_WORDS
        });
        self.level = reached.or(self.by_score.last()).map_or(0, |(score, _)| -score);
    }

    fn words_place(&self, lines: &[Measured], i: usize) -> u32 {
        (u64::from(self.words_until[i]) * 63 / u64::from(self.words_until[lines.len()].max(1))) as u32
    }
}

/// Whether the line tells when something was written.
fn is_date(line: &Measured) -> bool {
    line.shape.time > 0 && line.shape.words_all() < DATE_WORDS_MAX
}

impl Mass {
    fn set(&mut self, lines: &[Measured], is_good: impl Fn(usize) -> bool) {
        let words = |i: usize| if is_good(i) { lines[i].shape.words_all().min(WORDS_MAX) } else { 0 };
        self.words.clear();
        self.words.extend((0..lines.len()).map(words));
        masses(self.words.iter().copied(), &mut self.before);
        masses(self.words.iter().rev().copied(), &mut self.after);
        self.after.reverse();
        self.around_max = (0..lines.len()).map(|i| self.around(i)).max().unwrap_or(0);
        sums(self.words.iter().copied(), &mut self.until);
        self.runs.clear();
        let mut from = 0;
        while from < lines.len() {
            let good = is_good(from);
            let to = from + (from..lines.len()).take_while(|i| is_good(*i) == good).count();
            let run = if good {
                32 + log_step(self.until[to] - self.until[from], 2).min(31)
            } else {
                31 - log_step((to - from) as u32, 4).min(31)
            };
            self.runs.resize(to, run);
            from = to;
        }
    }

    fn around(&self, i: usize) -> u32 {
        self.before[i] + self.words[i] + self.after[i]
    }

    fn density(&self, i: usize) -> u32 {
        share(self.around(i), self.around_max)
    }

    /// From 32 on by the words of a run of good lines, below by the lines of a run of bad ones.
    fn run(&self, i: usize) -> u32 {
        self.runs[i]
    }
}

impl Like {
    /// Whether half of the words are the same.
    fn is_like(&self, other: &Like) -> bool {
        let most = self.bits.max(other.bits);
        if 2 * self.bits.min(other.bits) < most {
            return false;
        }
        let common = |i: usize| (self.signature[i] & other.signature[i]).count_ones();
        2 * (common(0) + common(1)) >= most
    }
}

impl Topics {
    /// Bits of a set.
    const BITS: usize = 1 << 14;

    fn set<'a>(&mut self, lines: impl Iterator<Item = &'a Measured>) {
        self.clear();
        for (at, bit) in lines.flat_map(|line| line.shape.topics()).map(|topic| place(*topic)) {
            self.bits[at] |= bit;
        }
    }

    /// Keeps the topics of which at least two lines tell.
    fn set_twice<'a>(&mut self, lines: impl Iterator<Item = &'a Measured>, once: &mut Topics) {
        self.clear();
        once.clear();
        for line in lines {
            let topics = || line.shape.topics().iter().map(|topic| place(*topic));
            topics().for_each(|(at, bit)| self.bits[at] |= once.bits[at] & bit);
            topics().for_each(|(at, bit)| once.bits[at] |= bit);
        }
    }

    fn clear(&mut self) {
        self.bits.clear();
        self.bits.resize(Topics::BITS / 64, 0);
    }

    /// Which share of the line's topics stands in the set: 0 for a line without any, else from 1 on.
    fn step(&self, shape: &Shape) -> u32 {
        let topics = shape.topics();
        let known = topics.iter().map(|topic| place(*topic)).filter(|(at, bit)| self.bits[*at] & bit != 0);
        if topics.is_empty() { 0 } else { 1 + share(known.count() as u32, topics.len() as u32) }
    }
}

impl Near {
    fn set(&mut self, lines: &[Measured], has: impl Fn(&Measured) -> bool) {
        distances(lines.iter().map(&has), &mut self.since);
        distances(lines.iter().rev().map(&has), &mut self.until);
        self.until.reverse();
    }
}

impl Window {
    fn set(&mut self, lines: &[Measured], has: impl Fn(&Measured) -> bool) {
        sums(lines.iter().map(|line| u32::from(has(line))), &mut self.until);
    }

    fn step(&self, i: usize) -> u32 {
        let last = self.until.len() - 1;
        self.until[(i + WINDOW + 1).min(last)] - self.until[i.saturating_sub(WINDOW)]
    }

    fn all(&self) -> u32 {
        self.until.last().copied().unwrap_or(0)
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
    fn step(&self, i: usize) -> u32 {
        let distance = |lines: usize| log_step(lines as u32, 2).min(24);
        match i {
            _ if self.from == self.to => 63,
            _ if i < self.from => 24 - distance(self.from - i),
            _ if i >= self.to => 32 + distance(i + 1 - self.to),
            _ if i == self.from => 25,
            _ if i + 1 == self.to => 31,
            _ => 26 + (4 * (i - self.from) / (self.to - self.from)) as u32,
        }
    }

    /// The share of the text's good words that stands in the block.
    fn share(&self) -> u32 {
        share(self.words, self.words_all)
    }
}

/// What a short line announces: 1 comments, 2 other stories, 3 something else of the page, 0 nothing.
fn heading(shape: &Shape) -> u32 {
    match shape.classes {
        // "12 replies to Mayor of Riga Wants Less Rain"
        classes if classes & TALK != 0 && shape.numbers > 0 && shape.words <= 12 => 1,
        _ if shape.words > 5 || shape.closing.ends_sentence() => 0,
        classes if classes & TALK != 0 => 1,
        classes if classes & MORE != 0 => 2,
        classes if classes & CHROME != 0 => 3,
        _ => 0,
    }
}

/// A share in 32 steps; 0 for nothing only.
fn share(part: u32, whole: u32) -> u32 {
    (u64::from(part) * 32).div_ceil(u64::from(whole.max(1))) as u32
}

/// A number in steps, so many of them each time it doubles, after that many single ones.
fn log_step(number: u32, steps: u32) -> u32 {
    if number < steps {
        return number;
    }
    let scale = (number / steps).ilog2();
    (scale + 1) * steps + (number >> scale) % steps
}

/// A score in steps of a quarter of a unit around 32; 0 is no line's.
fn score_step(score: i32) -> u32 {
    (score.div_euclid(UNIT / 4).clamp(-31, 31) + 32) as u32
}

/// Where the bit of a topic stands, and the bit.
fn place(topic: u32) -> (usize, u64) {
    (topic as usize % Topics::BITS / 64, 1 << (topic % 64))
}

/// The sums of all numbers before each, and of all.
fn sums(numbers: impl Iterator<Item = u32>, sums: &mut Vec<u32>) {
    sums.clear();
    let mut sum = 0_u32;
    sums.push(0);
    for number in numbers {
        sum = sum.saturating_add(number);
        sums.push(sum);
    }
}

/// For each line, how many lines ago one was marked.
fn distances(marked: impl Iterator<Item = bool>, distances: &mut Vec<u32>) {
    distances.clear();
    let mut distance = FAR;
    for marked in marked {
        distances.push(distance);
        distance = if marked { 0 } else { distance.saturating_add(1) };
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

/// For each score the mean of those before it, of which nearer ones count more.
fn smooth<'a>(scores: impl Iterator<Item = &'a i32>, means: &mut Vec<i32>) {
    means.clear();
    let mut mean = -2 * UNIT;
    for score in scores {
        means.push(mean);
        mean += ((*score).clamp(-4 * UNIT, 4 * UNIT) - mean) / 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fall_into_steps_that_grow() {
        let steps = [0, 1, 3, 4, 7, 8, 9, 10, 15, 16, 20, 1000].map(|number| log_step(number, 4));
        assert_eq!(steps, [0, 1, 3, 4, 7, 8, 8, 9, 11, 12, 13, 35]);
    }

    #[test]
    fn neighbours_are_asked_about_in_the_same_column() {
        let table = table(&["News", "It rained in Riga.", "Sports"]);
        let words = COLUMNS.iter().position(|column| column.name == "words").unwrap();
        assert_eq!(table.column(words, 0), [1, 4, 1]);
        assert_eq!(table.column(words, 1), [4, 1, 0]);
        assert_eq!(table.column(words, -2), [0, 0, 1]);
    }

    #[test]
    fn lines_that_say_the_same_share_their_scores() {
        let table = table(&["News", "Rain", "News", "Sun", "News"]);
        let mut scores = [6, 1, -3, 2, 3];
        table.share_scores(&mut scores);
        assert_eq!(scores, [2, 1, 2, 2, 2]);
        assert_eq!((table.again(0), table.again(1)), (2, 0));
    }

    #[test]
    fn lines_that_say_nearly_the_same_share_their_scores() {
        let lines = measured(&[
            "Ann Lee in the rain of Riga. Photo: Jo Nes",
            "News",
            "Kim Roe in the rain of Riga. Photo: Jo Nes",
            "It was dry in Oslo all the week.",
        ]);
        let mut scores = [600, 1, -300, 2];
        Table::default().share_nearly(&lines, &mut scores);
        assert_eq!(scores, [150, 1, 150, 2]);
    }

    #[test]
    fn names_of_columns_differ() {
        let mut names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COLUMNS.len());
    }

    fn table(lines: &[&str]) -> Table {
        let mut table = Table::default();
        table.read(&measured(lines));
        table
    }

    fn measured(lines: &[&str]) -> Vec<Measured> {
        lines.iter().map(|line| Measured { shape: Shape::of(line), phrase: false }).collect()
    }
}
