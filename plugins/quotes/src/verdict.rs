//! Judges whether a stretch between quotation marks is speech, or a title, a nickname, a scare quote.
//!
//! In go the [`Context`] of the stretch and who would speak it: titles and scare quotes have nobody beside them who does. Out
//! comes a score, speech when it is above 0. A linear model over hashed features decides; [`rule_score`] is the same
//! judgement by a handful of rules, which the model gets as a feature and which stands in for it where rules alone are
//! wanted.

use crate::context::{Context, Page};
use crate::lexicon::Classes;
use crate::linear::{Feature, bucket, feature, pack, template};
use crate::speakers::{Candidate, Choice, Scene};
use crate::words::{Shape, Word};

/// Fills `features` with what the model may know of a stretch, and of the candidate that was chosen to speak it. The vector is
/// cleared first.
pub fn features(scene: &Scene<'_>, cast: &[Candidate], choice: Option<Choice>, features: &mut Vec<Feature>) {
    let (page, context) = (scene.page, scene.context);
    features.clear();
    let stretch = &page.stretches[context.index];
    let mut add = |name: u64, value: u64| features.push(feature(name, value));
    let length = bucket(context.length);
    let opening = context.opening(page);
    let last = sign_class(context.last_sign(page));
    let title = u8::from(context.is_title_case(page));
    let (left, right) = (context.left(page, 0), context.right(page, 0));
    let (left_class, right_class) = (word_class(left), word_class(right));
    let (left_cue, right_cue) = context.cue_distances();
    let marks = pack([u8::from(stretch.opened), u8::from(stretch.closed), u8::from(stretch.continues)]);
    let rules = (rule_score(page, context) / 10).clamp(-9, 9) + 9;
    add(template("bias"), 0);
    add(template("rules"), rules as u64);
    add(template("rules length"), pack([rules as u8, length]));
    add(template("length"), length.into());
    add(template("marks"), marks);
    add(template("form"), pack([length, opening, last, title]));
    add(template("title left"), pack([title, left_class, length.min(4)]));
    add(template("cues"), pack([left_cue, right_cue]));
    add(template("cues length"), pack([left_cue.min(3), right_cue.min(3), length, title]));
    add(template("left"), hash_of(left));
    add(template("left 2"), hash_of(context.left(page, 1)));
    add(template("left title"), hash_of(left) << 1 | u64::from(title));
    add(template("right"), hash_of(right));
    add(template("right title"), hash_of(right) << 1 | u64::from(title));
    add(template("around"), pack([left_class, right_class, opening, length.min(4)]));
    add(template("ends"), pack([last, right_class, length.min(4)]));
    add(template("left cue"), context.left_cue.map_or(0, |(at, _)| u64::from(page.words[at].hash)));
    add(template("right cue"), context.right_cue.map_or(0, |(at, _)| u64::from(page.words[at].hash)));
    add(template("first"), hash_of(page.words.get(context.inner_first)));
    add(template("last"), hash_of(page.words.get(context.inner_end - 1)));
    add(template("company"), pack([company(page, context), length.min(4), opening]));
    if context.length <= 2 {
        let words = page.words[context.inner_first..context.inner_end].iter().filter(|it| it.is_word());
        add(template("whole"), words.fold(0, |value, it| value << 32 | u64::from(it.hash)));
    }
    if let Some(it) = cast.iter().find(|it| choice.is_some_and(|choice| choice.mention == it.index)) {
        let (place, tie, kind) = (it.place(), it.tie(), it.mention.kind as u8);
        add(template("speaker tie"), pack([tie, place, it.gap.min(5)]));
        add(template("speaker tie length"), pack([tie, place, length.min(6), opening]));
        add(template("speaker kind"), pack([kind, tie, place, length.min(4)]));
    }
}

/// How many other stretches stand in the same paragraph, up to 3.
fn company(page: Page<'_>, context: &Context) -> u8 {
    let first = context.index.saturating_sub(2);
    let near = page.stretches[first..(context.index + 3).min(page.stretches.len())].iter();
    let (from, to) =
        (page.words[context.inner_first].start as usize, page.words[context.inner_end - 1].end as usize);
    let gap = |other: &crate::marks::Stretch| other.start.abs_diff(to).min(other.end.abs_diff(from));
    near.filter(|other| gap(other) < 200).count().min(3) as u8
}

/// A score by rules alone, above 0 for speech, in steps of 10.
///
/// Sentences speak: length, a sentence mark before the closing one, a verb of saying near. Titles do not: capitals
/// throughout, a word such as *exhibition* or *called* beside the marks.
pub fn rule_score(page: Page<'_>, context: &Context) -> i32 {
    let (left, right) = (context.left(page, 0), context.right(page, 0));
    let titled = [left, right].iter().flatten().any(|word| word.is(Classes::TITLED));
    let title = context.is_title_case(page) && context.opening(page) != 0;
    let ended = matches!(context.last_sign(page), ',' | '.' | '?' | '!' | '…');
    let (left_cue, right_cue) = context.cue_distances();
    let mut score = match context.length {
        0 => -100,
        1 => -20,
        2 => -10,
        3..=5 => 10,
        _ => 40,
    };
    score += if ended { 20 } else { 0 };
    score += if left_cue < 3 || right_cue < 3 { 30 } else { 0 };
    score += if left_cue < 9 || right_cue < 9 { 20 } else { 0 };
    score -= if title && context.length < 9 { 40 } else { 0 };
    score -= if titled && context.length < 6 { 20 } else { 0 };
    score -= if left.is_some_and(|word| matches!(word.sign, '=')) { 200 } else { 0 };
    score
}

/// A class for a closing sign.
fn sign_class(sign: char) -> u8 {
    match sign {
        '\0' => 0,
        ',' => 1,
        '.' => 2,
        '?' | '!' => 3,
        '…' | '-' | '–' | '—' => 4,
        _ => 5,
    }
}

/// A class for a word or sign beside the marks.
pub fn word_class(word: Option<&Word>) -> u8 {
    const CLASSES: [Classes; 11] = [
        Classes::SAY,
        Classes::TITLED,
        Classes::ACT,
        Classes::RELATIVE,
        Classes::CONJUNCTION,
        Classes::PREPOSITION,
        Classes::PRONOUN,
        Classes::POSSESSIVE,
        Classes::DETERMINER,
        Classes::AUXILIARY,
        Classes::ROLE,
    ];
    let Some(word) = word else { return 0 };
    match (word.shape, word.sign) {
        (Shape::Possessive, _) => 1,
        (Shape::Mark, _) => 2,
        (Shape::Sign, ',') => 3,
        (Shape::Sign, '.' | '!' | '?') => 4,
        (Shape::Sign, ':') => 5,
        (Shape::Sign, '(' | '[' | '—' | '–' | '―' | '-') => 6,
        (Shape::Sign, _) => 7,
        (Shape::Number, _) => 8,
        (shape, _) => match CLASSES.iter().position(|&class| word.is(class)) {
            Some(class) => 10 + class as u8,
            None if shape == Shape::Capital => 30,
            None => 31,
        },
    }
}

/// The hash of a word; of a sign, the sign itself.
pub fn hash_of(word: Option<&Word>) -> u64 {
    word.map_or(0, |it| if it.is_word() { u64::from(it.hash) } else { it.sign as u64 })
}
