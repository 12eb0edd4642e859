//! Scores lines by boosted trees that ask whole-number questions.
//!
//! A tree is *oblivious* (as in CatBoost, Prokhorenkova et al. 2018): all of a level asks the same question, so that the
//! answers are the bits of the leaf's number. Lines are asked together, sixteen at a time, so that compilers turn a
//! question into a few instructions. A score is a sum of whole numbers, so that it is the same on every machine.
//!
//! Not here: what the columns hold (`features`), how trees are grown (`examples/train_lines`).

use crate::features::{BLOCK, COLUMNS, Table};

/// Questions of a tree.
pub const DEPTH: usize = 5;

/// Leaves of a tree.
pub const LEAVES: usize = 1 << DEPTH;

/// Whether the cell of a column, so many lines further on, is at least so much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Question {
    /// Index of the column in [`COLUMNS`].
    pub column: usize,
    /// How many lines further on, or back.
    pub offset: isize,
    /// The least value that is answered with yes.
    pub least: u8,
}

/// A tree, by its questions and what each leaf adds to a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The first question is the highest bit of the leaf's number.
    pub questions: [Question; DEPTH],
    /// In parts of a unit of log-odds.
    pub leaves: [i16; LEAVES],
}

/// Adds the leaves that the lines of `table` reach to `scores`.
pub fn add_scores(trees: &[Tree], table: &Table, scores: &mut [i32]) {
    for (block, scores) in scores.chunks_mut(BLOCK).enumerate() {
        for tree in trees {
            let mut reached = [0_u8; BLOCK];
            for question in &tree.questions {
                let cells = table.block(question.column, question.offset, block * BLOCK);
                for (leaf, cell) in reached.iter_mut().zip(cells) {
                    *leaf = (*leaf << 1) | u8::from(cell >= question.least);
                }
            }
            for (score, leaf) in scores.iter_mut().zip(reached) {
                *score += i32::from(tree.leaves[usize::from(leaf) % LEAVES]);
            }
        }
    }
}

impl Tree {
    /// Whether it asks about the scores of an earlier layer.
    pub fn needs_scores(&self) -> bool {
        self.questions.iter().any(|question| COLUMNS[question.column].needs_scores())
    }

    /// Reads a tree as [`to_text`](Tree::to_text) writes it.
    pub fn from_text(text: &str) -> Option<Tree> {
        let mut words = text.split(' ');
        let mut tree = Tree { questions: [Question::default(); DEPTH], leaves: [0; LEAVES] };
        for question in &mut tree.questions {
            *question = Question::from_text(words.next()?)?;
        }
        for leaf in &mut tree.leaves {
            *leaf = words.next()?.parse().ok()?;
        }
        words.next().is_none().then_some(tree)
    }

    /// Writes the questions and leaves down, in a line.
    pub fn to_text(&self) -> String {
        let questions = self.questions.iter().copied().map(Question::to_text);
        let leaves = self.leaves.iter().map(i16::to_string);
        questions.chain(leaves).collect::<Vec<_>>().join(" ")
    }
}

impl Question {
    /// Reads `words+1>=12`.
    fn from_text(text: &str) -> Option<Question> {
        let (asked, least) = text.split_once(">=")?;
        let (name, offset) = match asked.find(['+', '-']) {
            Some(at) => (&asked[..at], asked[at..].parse().ok()?),
            None => (asked, 0_isize),
        };
        let column = COLUMNS.iter().position(|column| column.name == name)?;
        let reach = isize::try_from(COLUMNS[column].reach).ok()?;
        (offset.abs() <= reach).then_some(Question { column, offset, least: least.parse().ok()? })
    }

    fn to_text(self) -> String {
        let Question { column, offset, least } = self;
        let name = COLUMNS[column].name;
        if offset == 0 { format!("{name}>={least}") } else { format!("{name}{offset:+}>={least}") }
    }
}
