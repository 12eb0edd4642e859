//! Finds indirect speech: what somebody said, thought or wanted, in the writer's words (*she said that it rained*).
//!
//! In go the words and mentions of a text and which stretches between marks are speech; out come spans of words, first to
//! last and apart, outside that speech. Each sentence with a verb of saying or another word that reports
//! is cut into [`Item`]s, words and signs, a stretch of speech as one; each item gets one of three
//! labels, and the best sequence of labels is found by dynamic programming (Viterbi 1967). Weights come from a
//! structured perceptron (Collins 2002).
//!
//! Sentences in which nothing reports are passed over: they are most of a text, and a sequence model costs more than all
//! else here together.

use crate::context::{Page, is_cue};
use crate::lexicon::Classes;
use crate::linear::{Feature, Weights, bucket, feature, pack, template};
use crate::mentions::{Mention, Relation};
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
/// The width of a row of weights: one for each label, and one that is not used.
pub const ROW: usize = 4;

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
    /// The features of item `i` end at `ends[i]`.
    ends: Vec<usize>,
    features: Vec<Feature>,
    /// Features of item `i` behind each label: `behind[i][label]`.
    behind: Vec<[[Feature; TIES]; 3]>,
    steps: Vec<[(i32, u8); 3]>,
    left: Vec<Side>,
    right: Vec<Side>,
    roles: Vec<u8>,
}

/// So many features look at two labels.
const TIES: usize = 3;

/// Finds the next sentences of a page that may hold indirect speech.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    page: Page<'a>,
    mentions: &'a [Mention],
    /// For each stretch, whether it is speech.
    speech: &'a [bool],
    next_word: usize,
    next_mention: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of a page; `speech` says of each of its stretches whether it is speech.
    pub fn new(page: Page<'a>, mentions: &'a [Mention], speech: &'a [bool]) -> Reader<'a> {
        Reader { page, mentions, speech, next_word: 0, next_mention: 0 }
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
                sentence.describe(self.page, self.mentions_of(&sentence.items));
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

impl Sentence {
    /// The labels that the model gives, one an item.
    pub fn label(&mut self, model: &Weights, labels: &mut Vec<Label>) {
        self.decode(|features| model.scores::<ROW>(features), |_, _| 0, labels);
    }

    /// The best labels by `scores`, with `extra` added for a label of an item: learning makes wrong ones look good.
    pub fn decode(
        &mut self,
        scores: impl Fn(&[Feature]) -> [i32; ROW],
        extra: impl Fn(usize, Label) -> i32,
        labels: &mut Vec<Label>,
    ) {
        self.steps.clear();
        let mut before = [0, IMPOSSIBLE, IMPOSSIBLE];
        for i in 0..self.items.len() {
            let own = scores(self.features_of(i));
            let ties = self.behind[i].map(|features| scores(&features));
            let step: [(i32, u8); 3] = LABELS.map(|label| {
                let way = |from: Label| {
                    let broken = label == Label::GoesOn && from == Label::Outside;
                    let score = before[from as usize] + ties[from as usize][label as usize];
                    (if broken { IMPOSSIBLE } else { score }, from as u8)
                };
                let best = LABELS.map(way).into_iter().reduce(|a, b| if b.0 > a.0 { b } else { a });
                let (score, from) = best.unwrap_or((IMPOSSIBLE, 0));
                (score + own[label as usize] + extra(i, label), from)
            });
            before = step.map(|(score, _)| score);
            self.steps.push(step);
        }
        labels.clear();
        let mut at = (0..3).reduce(|a, b| if before[b] > before[a] { b } else { a }).unwrap_or(0);
        for step in self.steps.iter().rev() {
            labels.push(LABELS[at]);
            at = step[at].1 as usize;
        }
        labels.reverse();
    }

    /// All features that a labelling is judged by, each with its label.
    pub fn features_with(&self, labels: &[Label], mut add: impl FnMut(&[Feature], Label)) {
        let mut before = Label::Outside;
        for (i, &label) in labels.iter().enumerate() {
            add(self.features_of(i), label);
            add(&self.behind[i][before as usize], label);
            before = label;
        }
    }

    fn features_of(&self, item: usize) -> &[Feature] {
        let from = item.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.features[from..self.ends[item]]
    }

    /// Looks at the items and writes down what the model may know of each.
    fn describe(&mut self, page: Page<'_>, mentions: &[Mention]) {
        let Sentence { items, ends, features, behind, left, right, roles, .. } = self;
        ends.clear();
        features.clear();
        behind.clear();
        let view = View { page, items };
        view.sides(0..items.len(), left);
        view.sides((0..items.len()).rev(), right);
        right.reverse();
        view.roles(mentions, roles);
        let looks = Looks { view, left, right, roles };
        for i in 0..items.len() {
            looks.describe(i, features);
            ends.push(features.len());
            behind.push(view.ties(i));
        }
    }
}

const IMPOSSIBLE: i32 = i32::MIN / 4;

/// What stands on one side of an item.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// The hash of the nearest verb of saying, 0 without one.
    cue: u32,
    /// How many items away it is.
    cue_distance: u8,
    /// The hash of the item right behind it, and the class of the one before it.
    cue_next: u64,
    cue_before: u8,
    /// The hash of the nearest word that may be a verb, and of the item right behind it.
    verb: u64,
    verb_next: u64,
    verb_distance: u8,
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

/// The items of a sentence on their page.
#[derive(Clone, Copy)]
struct View<'a> {
    page: Page<'a>,
    items: &'a [Item],
}

impl View<'_> {
    /// For each item whether it is part of a mention or its verb, and how the two stand to each other.
    fn roles(&self, mentions: &[Mention], roles: &mut Vec<u8>) {
        roles.clear();
        roles.resize(self.items.len(), 0);
        let item_of = |word: u32| self.items.partition_point(|it| it.last < word);
        for mention in mentions {
            let role = 1 + mention.relation as u8;
            let inside = item_of(mention.first)..item_of(mention.full_last + 1);
            roles[inside].fill(role);
            let tied = !matches!(mention.relation, Relation::Without | Relation::Before);
            let verb = item_of(mention.cue);
            if tied && self.items.get(verb).is_some_and(|it| it.first == mention.cue) {
                roles[verb] = 8 + role;
            }
        }
    }

    fn is_verb(&self, item: usize) -> bool {
        let word = &self.page.words[self.items[item].first as usize];
        let bytes = &self.page.text.as_bytes()[word.start as usize..word.end as usize];
        let known = Classes::VERB.or(Classes::SAY).or(Classes::ACT).or(Classes::HINT).or(Classes::AUXILIARY);
        word.shape == Shape::Lower
            && (word.is(known) || bytes.len() > 4 && (bytes.ends_with(b"ed") || bytes.ends_with(b"ing")))
    }

    /// The first five letters, so that forms of a word share a feature.
    fn stem(&self, item: usize) -> u64 {
        let word = &self.page.words[self.items[item].first as usize];
        let bytes = &self.page.text.as_bytes()[word.start as usize..word.end as usize];
        bytes.iter().take(5).fold(0, |value, byte| value << 8 | u64::from(byte.to_ascii_lowercase()))
    }

    /// What was passed before each item on the way in this order.
    fn sides(&self, order: impl Iterator<Item = usize>, sides: &mut Vec<Side>) {
        let mut side = Side::default();
        let (mut cue_at, mut hint_at, mut clause_at, mut verb_at) = (0, 0, 0, 0);
        sides.clear();
        for (n, i) in order.enumerate() {
            side.distance = bucket(n);
            side.cue_distance = bucket(n - cue_at);
            side.hint_distance = bucket(n - hint_at);
            side.clause_distance = bucket(n - clause_at);
            side.verb_distance = bucket(n - verb_at);
            sides.push(side);
            let item = self.items[i];
            let word = &self.page.words[item.first as usize];
            if item.speech {
                side.speech = true;
            } else if is_cue(word) {
                (side.cue, side.commas, cue_at) = (word.hash, 0, n);
                side.cue_next = self.hash(Some(i + 1));
                side.cue_before = self.class(i.checked_sub(1));
            } else if word.is(Classes::HINT) {
                (side.hint, hint_at) = (word.hash, n);
            } else if word.sign == ',' {
                side.commas = (side.commas + 1).min(3);
            }
            if !item.speech && self.is_verb(i) {
                (side.verb, side.verb_next, verb_at) = (self.stem(i), self.hash(Some(i + 1)), n);
            }
            if word.shape == Shape::Sign
                || word.is(Classes::FUNCTION.or(Classes::RELATIVE).or(Classes::CONJUNCTION))
            {
                (side.clause, clause_at) = (hash_of(word), n);
            }
        }
    }

    fn hash(&self, item: Option<usize>) -> u64 {
        let Some(item) = item.filter(|&it| it < self.items.len()) else { return 1 };
        let word = &self.page.words[self.items[item].first as usize];
        if self.items[item].speech { 2 } else { u64::from(hash_of(word)) }
    }

    fn class(&self, item: Option<usize>) -> u8 {
        let Some(item) = item.filter(|&it| it < self.items.len()) else { return 90 };
        if self.items[item].speech {
            return 91;
        }
        let word = &self.page.words[self.items[item].first as usize];
        match word_class(Some(word)) {
            class @ (30 | 31) if word.is(Classes::HINT) => class + 30,
            class @ (30 | 31) if word.is(Classes::VERB) => class + 32,
            class @ (30 | 31) if word.is(Classes::FUNCTION) => class + 34,
            class @ (30 | 31) if word.is(Classes::ADVERB) => class + 36,
            class => class,
        }
    }

    /// The last two letters: *-ed*, *-ng*, *-ly* and their like.
    fn ending(&self, item: usize) -> u64 {
        let word = &self.page.words[self.items[item].first as usize];
        let bytes = &self.page.text.as_bytes()[..word.end as usize];
        bytes.iter().rev().take(2).fold(0, |value, &byte| value << 8 | u64::from(byte))
    }

    fn ties(&self, i: usize) -> [[Feature; TIES]; 3] {
        let (word, class) = (self.hash(Some(i)), self.class(Some(i)));
        let before = self.class(i.checked_sub(1));
        LABELS.map(|label| {
            let label = label as u8;
            [
                feature(template("tie"), label.into()),
                feature(template("tie class"), pack([label, class, before])),
                feature(template("tie word"), word << 2 | u64::from(label)),
            ]
        })
    }
}

/// A view with what stands left and right of each item, and the part each plays.
struct Looks<'a> {
    view: View<'a>,
    left: &'a [Side],
    right: &'a [Side],
    roles: &'a [u8],
}

impl Looks<'_> {
    /// Adds what the model may know of item `i`.
    fn describe(&self, i: usize, features: &mut Vec<Feature>) {
        let mut add = |name: u64, value: u64| features.push(feature(name, value));
        let view = self.view;
        let (left, right) = (&self.left[i], &self.right[i]);
        let at = |by: isize| i.checked_add_signed(by);
        let (w0, w1, w2) = (view.hash(at(0)), view.hash(at(1)), view.hash(at(2)));
        let (b1, b2) = (view.hash(at(-1)), view.hash(at(-2)));
        let (c0, c1, c2) = (view.class(at(0)), view.class(at(1)), view.class(at(2)));
        let (d1, d2) = (view.class(at(-1)), view.class(at(-2)));
        let role = |by: isize| at(by).and_then(|it| self.roles.get(it).copied()).unwrap_or(99);
        let cues = pack([
            if left.cue == 0 { 15 } else { left.cue_distance },
            if right.cue == 0 { 15 } else { right.cue_distance },
        ]);
        let speech = u8::from(left.speech) << 1 | u8::from(right.speech);
        add(template("i"), 0);
        add(template("i w0"), w0);
        add(template("i w1"), w1);
        add(template("i b1"), b1);
        add(template("i w2"), w2);
        add(template("i b2"), b2);
        add(template("i b1w0"), b1 << 32 | w0);
        add(template("i w0w1"), w0 << 32 | w1);
        add(template("i c"), pack([d1, c0, c1]));
        add(template("i c left"), pack([d2, d1, c0]));
        add(template("i c right"), pack([c0, c1, c2]));
        add(template("i ending"), view.ending(i) << 8 | u64::from(d1));
        add(template("i left cue"), u64::from(left.cue) << 8 | u64::from(left.cue_distance));
        add(template("i left cue commas"), u64::from(left.cue) << 8 | u64::from(left.commas));
        add(template("i right cue"), u64::from(right.cue) << 8 | u64::from(right.cue_distance));
        add(template("i right cue commas"), u64::from(right.cue) << 8 | u64::from(right.commas));
        add(template("i cues"), cues << 8 | u64::from(speech));
        add(template("i cues commas"), cues << 16 | pack([left.commas, right.commas]));
        add(template("i left hint"), u64::from(left.hint) << 8 | u64::from(left.hint_distance));
        add(template("i right hint"), u64::from(right.hint) << 8 | u64::from(right.hint_distance));
        add(template("i left clause"), u64::from(left.clause) << 8 | u64::from(left.clause_distance));
        add(template("i right clause"), u64::from(right.clause) << 8 | u64::from(right.clause_distance));
        add(template("i clauses cue"), u64::from(left.cue) << 32 | u64::from(left.clause));
        add(template("i place"), pack([left.distance, right.distance, speech]));
        add(template("i speech"), pack([speech, c0, left.commas, right.commas]));
        add(template("i role"), pack([role(-1), role(0), role(1), c0]));
        add(template("i role cues"), cues << 8 | u64::from(role(0)));
        add(template("i role word"), b1 << 8 | u64::from(role(-1)));
        add(template("i left cue next"), u64::from(left.cue) << 32 ^ left.cue_next);
        add(template("i left cue around"), left.cue_next << 16 | pack([left.cue_before, left.cue_distance]));
        add(
            template("i right cue around"),
            right.cue_next << 16 | pack([right.cue_before, right.cue_distance]),
        );
        add(template("i left verb"), left.verb << 8 | u64::from(left.verb_distance));
        add(template("i left verb next"), left.verb << 24 ^ left.verb_next);
        add(template("i right verb"), right.verb << 8 | u64::from(right.verb_distance));
        add(template("i stem"), view.stem(i));
        add(template("i stem before"), i.checked_sub(1).map_or(0, |it| view.stem(it)));
        add(template("i b3"), view.hash(at(-3)));
        add(template("i left cue word"), u64::from(left.cue) << 32 ^ w0);
        add(template("i left verb class"), left.verb << 16 | pack([left.verb_distance, c0]));
        add(template("i left verb before"), left.verb << 24 ^ b1);
        add(template("i first"), view.hash(Some(0)) << 8 | cues & 0xff);
    }
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
