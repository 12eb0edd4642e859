//! Finds indirect speech: what somebody said, thought or wanted, in the writer's words (*she said that it rained*).
//!
//! In go the words and mentions of a text and which stretches between marks are speech; out come spans of words, first to
//! last and apart, outside that speech. Each sentence with a verb of saying or another word that reports
//! is cut into [`Item`]s, words and signs, a stretch of speech as one; each item gets one of three
//! labels, and the best sequence of labels is found by dynamic programming (Viterbi 1967). Weights come from a
//! conditional random field (Lafferty, McCallum and Pereira 2001).
//!
//! Sentences in which nothing reports are passed over: they are most of a text, and a sequence model costs more than all
//! else here together.

use crate::context::{Page, is_cue};
use crate::lexicon::{Classes, Lexicon};
use crate::linear::{Feature, Weights, bucket, feature, pack, template};
use crate::mentions::{Kind, Mention, Relation};
use crate::verdict::word_class;
use crate::words::{Shape, Word};

/// What an item is: nothing, the first of a span, or one that goes on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Label {
    /// Not said.
    Outside,
    /// The first word said.
    Begins,
    /// Another word said.
    GoesOn,
}

/// All labels, in the order of their numbers.
pub const LABELS: [Label; 3] = [Label::Outside, Label::Begins, Label::GoesOn];

/// A word or sign of a sentence, or a whole stretch of speech in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The first word.
    pub first: u32,
    /// The last word.
    pub last: u32,
    /// Whether it is a stretch of speech with its marks.
    pub speech: bool,
}

/// A sentence ready to be labelled; the memory is used again for the next.
#[derive(Debug, Default)]
pub struct Sentence {
    /// What it is made of.
    pub items: Vec<Item>,
    /// What is known of each item by itself, with [`EDGE`] facts before the first and behind the last.
    facts: Vec<Fact>,
    left: Vec<Side>,
    right: Vec<Side>,
    whole: Whole,
    scores: Vec<Scores>,
    steps: Vec<[u8; 3]>,
}

/// Finds the next sentences of a page that may hold indirect speech.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    page: Page<'a>,
    lexicon: &'a Lexicon,
    mentions: &'a [Mention],
    /// For each stretch, whether it is speech.
    speech: &'a [bool],
    next_word: usize,
    next_mention: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of a page; `speech` says of each of its stretches whether it is speech.
    pub fn new(
        page: Page<'a>,
        lexicon: &'a Lexicon,
        mentions: &'a [Mention],
        speech: &'a [bool],
    ) -> Reader<'a> {
        Reader { page, lexicon, mentions, speech, next_word: 0, next_mention: 0 }
    }

    /// Fills `sentence` with the next one that reports; false when there is none.
    pub fn next(&mut self, sentence: &mut Sentence) -> bool {
        while self.cut(&mut sentence.items) {
            let words = self.page.words;
            let reports = |it: &Item| {
                let word = &words[it.first as usize];
                it.speech || is_cue(word) || word.is(Classes::HINT)
            };
            if sentence.items.iter().any(reports) {
                sentence.learn(self.page, self.lexicon, self.mentions_of(&sentence.items));
                return true;
            }
        }
        false
    }

    /// Cuts the next sentence into items.
    fn cut(&mut self, items: &mut Vec<Item>) -> bool {
        items.clear();
        let words = self.page.words;
        while let Some(item) = self.item_at(self.next_word) {
            let joined = items.last().is_none_or(|before: &Item| {
                let (before, word) = (&words[before.last as usize], &words[item.first as usize]);
                before.sentence == word.sentence && before.paragraph == word.paragraph
            });
            if !joined || items.len() == ITEMS_MAX {
                return true;
            }
            self.next_word = item.last as usize + 1;
            items.push(item);
        }
        !items.is_empty()
    }

    fn item_at(&self, at: usize) -> Option<Item> {
        let words = self.page.words;
        let word = words.get(at)?;
        let stretch = word.stretch.or_else(|| words.get(at + 1).and_then(|it| it.stretch));
        let opens = word.stretch.is_some() || word.shape == Shape::Mark;
        let speech = stretch.filter(|&it| opens && self.speech[it as usize]);
        let Some(stretch) = speech else {
            return Some(Item { first: at as u32, last: at as u32, speech: false });
        };
        let outer_end = self.page.stretches[stretch as usize].outer_end;
        let length = words[at + 1..].iter().take_while(|it| (it.start as usize) < outer_end).count();
        Some(Item { first: at as u32, last: (at + length) as u32, speech: true })
    }

    /// The mentions of the sentence, which is read past all before it.
    fn mentions_of(&mut self, items: &[Item]) -> &'a [Mention] {
        let (first, end) = (items[0].first, self.next_word as u32);
        let ahead = &self.mentions[self.next_mention..];
        self.next_mention += ahead.iter().take_while(|it| it.first < first).count();
        let ahead = &self.mentions[self.next_mention..];
        &ahead[..ahead.iter().take_while(|it| it.first < end).count()]
    }
}

/// A longer sentence is a table or a list, and is read in pieces.
const ITEMS_MAX: usize = 200;

/// What a feature adds: to label `Begins` and to label `GoesOn`, over what `Outside` has.
pub type Pair = [i32; 2];

/// What speaks for the labels of one item.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scores {
    /// Whatever stands before it.
    pub own: Pair,
    /// Behind an item of each label.
    pub behind: [Pair; 3],
}

/// Takes the features of an item: the model adds up their weights, learning writes them down.
pub trait Look {
    /// A feature of the item, or of its whole sentence.
    fn own(&mut self, feature: Feature);
    /// A feature of the item that also has weights for each label of the item before.
    fn tied(&mut self, feature: Feature);
}

impl Sentence {
    /// The labels that the model gives, one an item.
    pub fn label(&mut self, model: &Weights, labels: &mut Vec<Label>) {
        self.scores.clear();
        let mut whole = Sum { model, scores: Scores::default() };
        self.look_at_whole(&mut whole);
        for i in 0..self.items.len() {
            let mut sum = Sum { ..whole };
            self.look(i, &mut sum);
            self.scores.push(sum.scores);
        }
        decode(&self.scores, &mut self.steps, labels);
    }

    /// Shows the features that all items share to `look`, always the same number in the same order.
    pub fn look_at_whole(&self, look: &mut impl Look) {
        let Whole { items, cues, hints, end, paragraph, before, speech_before, cue_before } = self.whole;
        let behind = pack([before, u8::from(speech_before) << 1 | u8::from(cue_before)]);
        look.own(feature(template("whole"), pack([paragraph, end, items, cues])));
        look.own(feature(template("whole behind"), behind << 16 | pack([cues, hints])));
    }

    /// Shows the features of item `i` to `look`, always the same number in the same order.
    pub fn look(&self, i: usize, look: &mut impl Look) {
        let around: &[Fact; 2 * EDGE + 1] = self.facts[i..].first_chunk().expect("each item has edges");
        show(around, &self.left[i], &self.right[i], look);
    }

    /// Writes down what is known of the items.
    fn learn(&mut self, page: Page<'_>, lexicon: &Lexicon, mentions: &[Mention]) {
        let Sentence { items, facts, left, right, whole, .. } = self;
        facts.clear();
        facts.extend([Fact::NONE; EDGE]);
        facts.extend(items.iter().map(|it| Fact::new(page, lexicon, it)));
        facts.extend([Fact::NONE; EDGE]);
        *whole = Whole::new(page, items, facts);
        mark_roles(items, mentions, &mut facts[EDGE..]);
        sides(facts, 0..items.len(), left);
        sides(facts, (0..items.len()).rev(), right);
        right.reverse();
    }
}

/// The best labels by `scores`.
fn decode(scores: &[Scores], steps: &mut Vec<[u8; 3]>, labels: &mut Vec<Label>) {
    const IMPOSSIBLE: i32 = i32::MIN / 4;
    steps.clear();
    let mut before = [0, IMPOSSIBLE, IMPOSSIBLE];
    for item in scores {
        let way = |from: usize, label: usize| (before[from] + item.behind[from][label], from as u8);
        let better = |a: (i32, u8), b: (i32, u8)| if b.0 > a.0 { b } else { a };
        let outside = better(better((before[0], 0), (before[1], 1)), (before[2], 2));
        let begins = better(better(way(0, 0), way(1, 0)), way(2, 0));
        let goes_on = better(way(1, 1), way(2, 1));
        before = [outside.0, begins.0 + item.own[0], (goes_on.0 + item.own[1]).max(IMPOSSIBLE)];
        steps.push([outside.1, begins.1, goes_on.1]);
    }
    labels.clear();
    let mut at = (0..3).reduce(|a, b| if before[b] > before[a] { b } else { a }).unwrap_or(0);
    for step in steps.iter().rev() {
        labels.push(LABELS[at]);
        at = step[at] as usize;
    }
    labels.reverse();
}

/// Adds up the weights of a model.
struct Sum<'a> {
    model: &'a Weights,
    scores: Scores,
}

impl Look for Sum<'_> {
    #[inline]
    fn own(&mut self, feature: Feature) {
        let [begins, goes_on] = *self.model.row(feature);
        self.scores.own[0] += i32::from(begins);
        self.scores.own[1] += i32::from(goes_on);
    }

    #[inline]
    fn tied(&mut self, feature: Feature) {
        let row: &[i16; 8] = self.model.row(feature);
        let Scores { own, behind } = &mut self.scores;
        let sums = own.iter_mut().chain(behind.as_flattened_mut());
        sums.zip(row).for_each(|(sum, &weight)| *sum += i32::from(weight));
    }
}

/// So many facts stand before and behind those of the items.
const EDGE: usize = 2;

/// What is known of an item by itself.
#[derive(Debug, Clone, Copy)]
struct Fact {
    /// The hash of the word, or the sign.
    word: u32,
    /// A hash of the first five letters, so that forms of a word share a feature.
    stem: u32,
    /// The last two letters: *-ed*, *-ng*, *-ly* and their like.
    ending: u16,
    /// A class for the word.
    class: u8,
    /// Whether it is part of a mention or its verb, and how the two stand to each other.
    role: u8,
    /// The hash of a pronoun, or what kind of mention it is part of; 0 outside of mentions.
    who: u32,
    part: Part,
    /// Whether it may be a verb, of whatever meaning.
    verb: bool,
    /// Whether a clause starts or ends with it.
    clause: bool,
}

/// What an item means to those around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Other,
    Speech,
    Cue,
    Hint,
    Comma,
}

impl Fact {
    const NONE: Fact = Fact {
        word: 1,
        stem: 0,
        ending: 0,
        class: 90,
        role: 99,
        who: 0,
        part: Part::Other,
        verb: false,
        clause: false,
    };

    fn new(page: Page<'_>, lexicon: &Lexicon, item: &Item) -> Fact {
        if item.speech {
            return Fact { word: 2, class: 91, role: 0, part: Part::Speech, ..Fact::NONE };
        }
        let word = &page.words[item.first as usize];
        let bytes = &page.text.as_bytes()[word.bytes()];
        let stem = bytes.iter().take(5).fold(0, |value, byte| value << 8 | u64::from(byte | 0x20));
        let ending = bytes.iter().rev().take(2).fold(0, |value, &byte| value << 8 | u16::from(byte));
        let part = if is_cue(word) {
            Part::Cue
        } else if word.is(Classes::HINT) {
            Part::Hint
        } else if word.sign == ',' {
            Part::Comma
        } else {
            Part::Other
        };
        Fact {
            word: hash_of(word),
            stem: feature(0, stem),
            ending,
            class: class_of(word),
            role: 0,
            who: 0,
            part,
            verb: is_verb(page.text, lexicon, word),
            clause: word.shape == Shape::Sign
                || word.is(Classes::FUNCTION.or(Classes::RELATIVE).or(Classes::CONJUNCTION)),
        }
    }
}

fn class_of(word: &Word) -> u8 {
    match word_class(Some(word)) {
        class @ (30 | 31) if word.is(Classes::HINT) => class + 30,
        class @ (30 | 31) if word.is(Classes::VERB) => class + 32,
        class @ (30 | 31) if word.is(Classes::FUNCTION) => class + 34,
        class @ (30 | 31) if word.is(Classes::ADVERB) => class + 36,
        class => class,
    }
}

fn is_verb(text: &str, lexicon: &Lexicon, word: &Word) -> bool {
    const KNOWN: Classes =
        Classes::VERB.or(Classes::SAY).or(Classes::ACT).or(Classes::HINT).or(Classes::AUXILIARY);
    word.shape == Shape::Lower
        && (word.is(KNOWN) || word.bytes().len() > 4 && lexicon.ends_as_verb(&text[word.bytes()]))
}

fn mark_roles(items: &[Item], mentions: &[Mention], facts: &mut [Fact]) {
    let item_of = |word: u32| items.partition_point(|it| it.last < word);
    for mention in mentions {
        let role = 1 + mention.relation as u8;
        let inside = item_of(mention.first)..item_of(mention.full_last + 1);
        for fact in &mut facts[inside] {
            fact.role = role;
            fact.who = if mention.kind == Kind::Pronoun { fact.word } else { 1 + mention.kind as u32 };
        }
        let tied = !matches!(mention.relation, Relation::Without | Relation::Before);
        let verb = item_of(mention.cue);
        if tied && items.get(verb).is_some_and(|it| it.first == mention.cue) {
            facts[verb].role = 8 + role;
        }
    }
}

/// What is known of a sentence as a whole.
#[derive(Debug, Clone, Copy, Default)]
struct Whole {
    /// Its items, verbs of saying and hints.
    items: u8,
    cues: u8,
    hints: u8,
    /// A class for its last sign.
    end: u8,
    /// The paragraph it stands in: the first, the second or a later one.
    paragraph: u8,
    /// Sentences before it in its paragraph, up to 2.
    before: u8,
    /// Whether words in marks and a verb of saying stand in the sentence before it.
    speech_before: bool,
    cue_before: bool,
}

/// So far back does a sentence look for the one before it.
const BEFORE_WORDS_MAX: usize = 80;

impl Whole {
    fn new(page: Page<'_>, items: &[Item], facts: &[Fact]) -> Whole {
        let count = |part: Part| facts.iter().filter(|it| it.part == part).count();
        let (first, last) = (items[0].first as usize, items[items.len() - 1].last as usize);
        let here = &page.words[first];
        let mut whole = Whole {
            items: bucket(items.len()),
            cues: count(Part::Cue).min(4) as u8,
            hints: count(Part::Hint).min(3) as u8,
            end: word_class(Some(&page.words[last])),
            paragraph: here.paragraph.min(2) as u8,
            ..Whole::default()
        };
        let mut sentence = here.sentence;
        let back = page.words[..first].iter().rev().take(BEFORE_WORDS_MAX);
        for word in back.take_while(|it| it.paragraph == here.paragraph) {
            whole.before += u8::from(word.sentence != sentence);
            sentence = word.sentence;
            if whole.before == 2 {
                break;
            }
            whole.speech_before |= word.stretch.is_some();
            whole.cue_before |= is_cue(word);
        }
        whole
    }
}

/// What stands on one side of an item.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// The hash of the nearest verb of saying, 0 without one, and of the one beyond it.
    cue: u32,
    cue_beyond: u32,
    /// The hash of the item right behind it, and the class of the one before it.
    cue_next: u32,
    cue_before: u8,
    /// How many items away it is, and who stands next beyond it.
    cue_distance: u8,
    cue_subject: u32,
    /// The same of the nearest word that may be a verb, with its stem and the hash of the item right behind it.
    verb: u32,
    verb_next: u32,
    verb_distance: u8,
    verb_subject: u32,
    /// The hash of the nearest word that hints.
    hint: u32,
    hint_distance: u8,
    /// Commas between the item and the verb, up to 3.
    commas: u8,
    /// The word that opened this clause, or the sign that ends it.
    clause: u32,
    clause_distance: u8,
    /// Whether speech in marks stands on this side.
    speech: bool,
    /// Items to the end of the sentence.
    distance: u8,
}

/// What was passed before each item on the way in this order.
fn sides(facts: &[Fact], order: impl Iterator<Item = usize>, sides: &mut Vec<Side>) {
    let mut side = Side::default();
    let (mut cue_at, mut hint_at, mut clause_at, mut verb_at, mut who) = (0, 0, 0, 0, 0);
    sides.clear();
    for (n, i) in order.enumerate() {
        side.distance = bucket(n);
        side.cue_distance = bucket(n - cue_at);
        side.hint_distance = bucket(n - hint_at);
        side.clause_distance = bucket(n - clause_at);
        side.verb_distance = bucket(n - verb_at);
        sides.push(side);
        let (fact, next) = (&facts[EDGE + i], &facts[EDGE + i + 1]);
        who = if fact.who == 0 { who } else { fact.who };
        match fact.part {
            Part::Speech => side.speech = true,
            Part::Cue => {
                (side.cue_beyond, side.cue) = (side.cue, fact.word);
                (side.commas, cue_at) = (0, n);
                (side.cue_next, side.cue_before) = (next.word, facts[EDGE + i - 1].class);
                side.cue_subject = who;
            }
            Part::Hint => (side.hint, hint_at) = (fact.word, n),
            Part::Comma => side.commas = (side.commas + 1).min(3),
            Part::Other => {}
        }
        if fact.verb {
            (side.verb, side.verb_next, verb_at) = (fact.stem, next.word, n);
            side.verb_subject = who;
        }
        if fact.clause {
            (side.clause, clause_at) = (fact.word, n);
        }
    }
}

/// Shows what the model may know of the item in the middle of `around`.
#[inline]
fn show(around: &[Fact; 2 * EDGE + 1], left: &Side, right: &Side, look: &mut impl Look) {
    let [b2, b1, here, w1, w2] = around;
    let join = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
    let with = |word: u32, small: u8| u64::from(word) << 8 | u64::from(small);
    let with_two = |word: u32, a: u8, b: u8| u64::from(word) << 16 | pack([a, b]);
    let cues = [
        if left.cue == 0 { 15 } else { left.cue_distance },
        if right.cue == 0 { 15 } else { right.cue_distance },
    ];
    let speech = u8::from(left.speech) << 1 | u8::from(right.speech);
    look.tied(feature(template("tied"), 0));
    look.tied(feature(template("tied class"), pack([here.class, b1.class])));
    look.tied(feature(template("tied word"), here.word.into()));
    let mut add = |name: u64, value: u64| look.own(feature(name, value));
    add(template("i w1"), w1.word.into());
    add(template("i b1"), b1.word.into());
    add(template("i w2"), w2.word.into());
    add(template("i b2"), b2.word.into());
    add(template("i b1w0"), join(b1.word, here.word));
    add(template("i w0w1"), join(here.word, w1.word));
    add(template("i c"), pack([b1.class, here.class, w1.class]));
    add(template("i c left"), pack([b2.class, b1.class, here.class]));
    add(template("i c right"), pack([here.class, w1.class, w2.class]));
    add(template("i ending"), with(here.ending.into(), b1.class));
    add(template("i left cue"), with(left.cue, left.cue_distance));
    add(template("i right cue"), with(right.cue, right.cue_distance));
    add(template("i cues"), pack([cues[0], cues[1], speech]));
    add(template("i cues commas"), pack([cues[0], cues[1], left.commas, right.commas]));
    add(template("i left hint"), with(left.hint, left.hint_distance));
    add(template("i right hint"), with(right.hint, right.hint_distance));
    add(template("i left clause"), with(left.clause, left.clause_distance));
    add(template("i right clause"), with(right.clause, right.clause_distance));
    add(template("i clauses cue"), join(left.cue, left.clause));
    add(template("i place"), pack([left.distance, right.distance, speech]));
    add(template("i speech"), pack([speech, here.class, left.commas, right.commas]));
    add(template("i role"), pack([b1.role, here.role, w1.role, here.class]));
    add(template("i role cues"), pack([cues[0], cues[1], here.role]));
    add(template("i left cue next"), join(left.cue, left.cue_next));
    add(template("i left cue around"), with_two(left.cue_next, left.cue_before, left.cue_distance));
    add(template("i right cue around"), with_two(right.cue_next, right.cue_before, right.cue_distance));
    add(template("i left verb"), with(left.verb, left.verb_distance));
    add(template("i left verb next"), join(left.verb, left.verb_next));
    add(template("i right verb"), with(right.verb, right.verb_distance));
    add(template("i stem"), here.stem.into());
    add(template("i left verb class"), with_two(left.verb, left.verb_distance, here.class));
    add(template("i both cues"), join(left.cue, right.cue));
    add(template("i left cue hint"), join(left.cue, left.hint));
    add(template("i left cue subject"), with_two(left.cue_subject, left.cue_distance, here.class));
    add(template("i left verb subject"), with_two(left.verb_subject, left.verb_distance, here.class));
    add(template("i left cues"), join(left.cue, left.cue_beyond));
    add(template("i right cues"), join(right.cue, right.cue_beyond));
}

fn hash_of(word: &Word) -> u32 {
    if word.is_word() { word.hash } else { word.sign as u32 }
}

/// Calls `each` with the first and last word of every run of words said; speech in marks and signs at either end are
/// not part of it.
pub fn runs(words: &[Word], items: &[Item], labels: &[Label], mut each: impl FnMut(u32, u32)) {
    let mut open: Option<(u32, u32)> = None;
    for (item, &label) in items.iter().zip(labels) {
        if item.speech || label != Label::GoesOn {
            open.take().into_iter().for_each(|(first, last)| each(first, last));
        }
        if item.speech || label == Label::Outside {
            continue;
        }
        let is_word = words[item.first as usize].is_word();
        match &mut open {
            Some((_, last)) if is_word => *last = item.last,
            None if is_word => open = Some((item.first, item.last)),
            _ => {}
        }
    }
    open.into_iter().for_each(|(first, last)| each(first, last));
}
