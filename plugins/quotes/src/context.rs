//! What stands around a stretch between quotation marks: the facts that both models read.
//!
//! Everything here is about one [`Stretch`] and the words beside it, none about who may have spoken.

use crate::lexicon::Classes;
use crate::linear::bucket;
use crate::marks::Stretch;
use crate::mentions::CUE;
use crate::words::{Shape, Word};

/// The words of a text and the stretches between its quotation marks.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The text itself.
    pub text: &'a str,
    /// Its words, as [`crate::words::split`] gives them.
    pub words: &'a [Word],
    /// Its stretches, as [`crate::marks::scan`] gives them.
    pub stretches: &'a [Stretch],
}

/// What stands in and around one stretch. Words are indices into [`Page::words`].
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// The number of the stretch.
    pub index: usize,
    /// The first word that starts at or after the opening mark.
    pub outer_first: usize,
    /// The first word inside.
    pub inner_first: usize,
    /// One past the last word inside.
    pub inner_end: usize,
    /// The first word behind the closing mark.
    pub outer_end: usize,
    /// The paragraph it stands in.
    pub paragraph: u32,
    /// The sentence that leads into it, when one does.
    pub left_sentence: Option<u32>,
    /// The sentence that goes on behind it, when one does.
    pub right_sentence: Option<u32>,
    /// How many words stand inside.
    pub length: usize,
    /// The last verb of saying before it in its sentence, and how many words lie between.
    pub left_cue: Option<(usize, usize)>,
    /// The first verb of saying behind it in its sentence, and how many words lie between.
    pub right_cue: Option<(usize, usize)>,
}

/// A verb further away than this does not count as near.
const CUE_WORDS_MAX: usize = 30;

impl Context {
    /// Looks around stretch number `index`; nothing when it holds no word and no sign.
    pub fn new(page: Page<'_>, index: usize) -> Option<Context> {
        let stretch = &page.stretches[index];
        let first_from = |at: usize| page.words.partition_point(|word| (word.start as usize) < at);
        let inner_first = first_from(stretch.start);
        let inner_end = first_from(stretch.end);
        let outer_end = inner_end
            + page.words[inner_end..].iter().take_while(|it| (it.start as usize) < stretch.outer_end).count();
        let paragraph = page.words[inner_first..inner_end].first()?.paragraph;
        let outer_first = inner_first
            - page.words[..inner_first]
                .iter()
                .rev()
                .take_while(|it| it.start as usize >= stretch.outer_start)
                .count();
        let mut context = Context {
            index,
            outer_first,
            inner_first,
            inner_end,
            outer_end,
            paragraph,
            left_sentence: None,
            right_sentence: None,
            length: page.words[inner_first..inner_end].iter().filter(|it| it.is_word()).count(),
            left_cue: None,
            right_cue: None,
        };
        context.look_left(page.words);
        context.look_right(page.words);
        Some(context)
    }

    fn look_left(&mut self, words: &[Word]) {
        let Some(left) = words[..self.outer_first].last().filter(|it| it.paragraph == self.paragraph) else {
            return;
        };
        if left.shape == Shape::Sign && matches!(left.sign, '.' | '!' | '?') {
            return;
        }
        self.left_sentence = Some(left.sentence);
        self.left_cue = words[..self.outer_first]
            .iter()
            .rev()
            .take(CUE_WORDS_MAX)
            .take_while(|it| it.sentence == left.sentence)
            .enumerate()
            .find(|(_, it)| is_cue(it))
            .map(|(distance, _)| (self.outer_first - 1 - distance, distance));
    }

    fn look_right(&mut self, words: &[Word]) {
        let Some(right) = words.get(self.outer_end).filter(|it| it.paragraph == self.paragraph) else {
            return;
        };
        if right.shape == Shape::Mark {
            return;
        }
        self.right_sentence = Some(right.sentence);
        self.right_cue = words[self.outer_end..]
            .iter()
            .take(CUE_WORDS_MAX)
            .take_while(|it| it.sentence == right.sentence && it.stretch.is_none())
            .enumerate()
            .find(|(_, it)| is_cue(it))
            .map(|(distance, _)| (self.outer_end + distance, distance));
    }

    /// The word or sign right before the opening mark, in the same paragraph; NUL-like when there is none.
    pub fn left<'a>(&self, page: Page<'a>, distance: usize) -> Option<&'a Word> {
        let word = page.words[..self.outer_first].iter().nth_back(distance)?;
        (word.paragraph == self.paragraph).then_some(word)
    }

    /// The word or sign right behind the closing mark, in the same paragraph.
    pub fn right<'a>(&self, page: Page<'a>, distance: usize) -> Option<&'a Word> {
        let word = page.words.get(self.outer_end + distance)?;
        (word.paragraph == self.paragraph).then_some(word)
    }

    /// The sign that ends the content, and NUL when a word does.
    pub fn last_sign(&self, page: Page<'_>) -> char {
        page.words[self.inner_end - 1].sign
    }

    /// A class for how the content starts: 0 lower case, 1 capital, 2 something else.
    pub fn opening(&self, page: Page<'_>) -> u8 {
        match page.words[self.inner_first].shape {
            Shape::Lower => 0,
            Shape::Capital => 1,
            _ => 2,
        }
    }

    /// Whether every longer word inside is capitalised, as in a title.
    pub fn is_title_case(&self, page: Page<'_>) -> bool {
        let small = Classes::FUNCTION.or(Classes::PREPOSITION).or(Classes::DETERMINER).or(Classes::AUXILIARY);
        let mut words =
            page.words[self.inner_first..self.inner_end].iter().filter(|it| it.is_word()).take(16);
        words.all(|it| it.shape != Shape::Lower || it.is(small)) && self.length > 0
    }

    /// A class for the distance to the nearest verb on both sides, 9 when there is none.
    pub fn cue_distances(&self) -> (u8, u8) {
        let class = |cue: Option<(usize, usize)>| cue.map_or(9, |(_, distance)| bucket(distance));
        (class(self.left_cue), class(self.right_cue))
    }
}

/// Whether a word is a verb of saying outside quotation marks, or *according*.
pub fn is_cue(word: &Word) -> bool {
    word.is(CUE) && word.stretch.is_none() && word.shape == Shape::Lower || word.is(Classes::ACCORDING)
}
