//! Grows boosted trees.
//!
//! Newton boosting of the logistic loss (Chen and Guestrin 2016) over counts of the few values that a cell can have.
//! All of a level asks one question, the one that helps all of its nodes most together. Each tree sees a part
//! of the examples and of the columns, drawn by a generator with a fixed start, and every sum runs in a
//! fixed order: the same examples give the same trees on every machine.

use clean::features::{COLUMNS, STEPS, UNIT};
use clean::trees::{DEPTH, LEAVES, Question, Tree};

/// How trees are grown.
#[derive(Clone, Copy)]
pub(crate) struct Growth {
    pub(crate) trees: usize,
    /// How far one tree goes of the way that it thinks right.
    pub(crate) rate: f64,
    /// Weight of the examples that a leaf needs to be believed half.
    pub(crate) prior: f64,
    /// Shares of the examples and of the columns that a tree sees.
    pub(crate) examples_share: f64,
    pub(crate) columns_share: f64,
}

/// Lines to learn from, and what is known of them.
pub(crate) struct Examples {
    pub(crate) lines: Vec<Example>,
    /// What can be asked, and the cell of each line.
    pub(crate) columns: Vec<(Question, Vec<u8>)>,
}

pub(crate) struct Example {
    pub(crate) good: bool,
    pub(crate) weight: f64,
    /// The part of the pages that it belongs to.
    pub(crate) part: u64,
}

impl Examples {
    /// No examples yet, with a place for all that can be asked.
    pub(crate) fn new(with_scores: bool) -> Examples {
        let mut columns = Vec::new();
        for (column, about) in
            COLUMNS.iter().enumerate().filter(|(_, about)| with_scores || !about.needs_scores())
        {
            let reach = about.reach as isize;
            for offset in -reach..=reach {
                columns.push((Question { column, offset, least: 0 }, Vec::new()));
            }
        }
        Examples { lines: Vec::new(), columns }
    }
}

/// A line while trees grow.
#[derive(Clone, Copy)]
struct Growing {
    line: u32,
    score: f64,
    slope: f32,
    bend: f32,
    leaf: u8,
    drawn: bool,
}

/// Grows trees on the examples that are not of the part `left_out`.
pub(crate) fn grow(examples: &Examples, left_out: Option<u64>, growth: Growth, seed: u64) -> Vec<Tree> {
    let lines = (0..).zip(&examples.lines).filter(|(_, line)| Some(line.part) != left_out);
    let mut lines: Vec<Growing> = lines
        .map(|(line, _)| Growing { line, score: 0.0, slope: 0.0, bend: 0.0, leaf: 0, drawn: false })
        .collect();
    let mut chance = Chance(seed);
    (0..growth.trees).map(|_| grow_tree(examples, &mut lines, growth, &mut chance)).collect()
}

fn grow_tree(examples: &Examples, lines: &mut [Growing], growth: Growth, chance: &mut Chance) -> Tree {
    for line in &mut *lines {
        let Example { good, weight, .. } = examples.lines[line.line as usize];
        let p = probability(line.score);
        line.slope = (weight * (f64::from(u8::from(good)) - p)) as f32;
        line.bend = (weight * p * (1.0 - p)) as f32;
        line.leaf = 0;
        line.drawn = chance.comes(growth.examples_share);
    }
    let mut drawn: Vec<Growing> = lines.iter().filter(|line| line.drawn).copied().collect();
    let columns: Vec<_> = examples.columns.iter().filter(|_| chance.comes(growth.columns_share)).collect();
    let mut tree = Tree { questions: [Question::default(); DEPTH], leaves: [0; LEAVES] };
    for level in 0..DEPTH {
        let best = columns.iter().map(|column| best_question(column, &drawn, 1 << level, growth.prior));
        let best =
            best.fold((0.0, Question::default()), |best, next| if next.0 > best.0 { next } else { best });
        tree.questions[level] = best.1;
        let cells = examples.columns.iter().find(|column| is_about(&column.0, &best.1));
        let Some((_, cells)) = cells else { continue };
        for line in drawn.iter_mut().chain(&mut *lines) {
            line.leaf = line.leaf << 1 | u8::from(cells[line.line as usize] >= best.1.least);
        }
    }
    let mut sums = [(0.0, 0.0); LEAVES];
    for line in &*lines {
        let sum = &mut sums[usize::from(line.leaf)];
        *sum = (sum.0 + f64::from(line.slope), sum.1 + f64::from(line.bend));
    }
    for (leaf, (slope, bend)) in tree.leaves.iter_mut().zip(sums) {
        *leaf = (growth.rate * slope / (bend + growth.prior) * f64::from(UNIT)).round() as i16;
    }
    for line in lines {
        line.score += f64::from(tree.leaves[usize::from(line.leaf)]) / f64::from(UNIT);
    }
    tree
}

fn is_about(one: &Question, other: &Question) -> bool {
    (one.column, one.offset) == (other.column, other.offset)
}

/// The question about a column that helps most, and how much.
fn best_question(
    (question, cells): &(Question, Vec<u8>),
    lines: &[Growing],
    leaves: usize,
    prior: f64,
) -> (f64, Question) {
    let mut sums = [[(0.0_f64, 0.0_f64); STEPS]; LEAVES / 2];
    for line in lines {
        let sum = &mut sums[usize::from(line.leaf)][usize::from(cells[line.line as usize])];
        sum.0 += f64::from(line.slope);
        sum.1 += f64::from(line.bend);
    }
    let mut gains = [0.0; STEPS];
    for sums in &sums[..leaves] {
        let all = sums.iter().fold((0.0, 0.0), |all, sum| (all.0 + sum.0, all.1 + sum.1));
        let whole = all.0 * all.0 / (all.1 + prior);
        let mut less = (0.0, 0.0);
        for least in 1..STEPS {
            less = (less.0 + sums[least - 1].0, less.1 + sums[least - 1].1);
            let more = (all.0 - less.0, all.1 - less.1);
            gains[least] += less.0 * less.0 / (less.1 + prior) + more.0 * more.0 / (more.1 + prior) - whole;
        }
    }
    let best = (1..STEPS).fold(1, |best, least| if gains[least] > gains[best] { least } else { best });
    (gains[best], Question { least: best as u8, ..*question })
}

/// The logistic function, by multiplication alone: the `exp` of one machine differs from another's in the last digit.
fn probability(score: f64) -> f64 {
    let mut power = 1.0 - score.clamp(-30.0, 30.0) / 4096.0;
    for _ in 0..12 {
        power *= power;
    }
    1.0 / (1.0 + power)
}

/// A linear congruential generator (Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn comes(&mut self, share: f64) -> bool {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) as f64) < share * f64::from(1 << 24)
    }
}
