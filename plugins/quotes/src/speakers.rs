//! Chooses who speaks a stretch of speech: gathers candidates around it and ranks them.
//!
//! In go a stretch with its [`Context`], the [`Mention`]s of the text and the mention that spoke last; out comes the
//! best candidate with its lead over the next. Candidates are the mentions shortly before and behind
//! the stretch and the last speaker. A linear model over hashed features ranks them;
//! [`rule_score`] is the same by rules alone, given to the model as a feature.

use crate::context::{Context, Page};
use crate::linear::{Feature, Weights, bucket, feature, pack, template};
use crate::mentions::{Kind, Mention, Relation};
use crate::verdict::{hash_of, word_class};
use crate::words::Shape;

/// This many mentions before a stretch are looked at.
const BEFORE_MAX: usize = 10;
/// This many mentions behind a stretch are looked at.
const AFTER_MAX: usize = 5;
/// Mentions further up than this many paragraphs are not looked at, the last speaker aside.
const PARAGRAPHS_MAX: u32 = 3;

/// The choice among the candidates of one stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The index of the mention.
    pub mention: usize,
    /// Its score.
    pub score: i32,
    /// How far its score lies above that of the next best.
    pub lead: i32,
}

/// Fills `cast` with the mentions that may speak the stretch, nearest first on either side, and what is known of each.
///
/// The vector is cleared first.
pub fn gather(scene: &Scene<'_>, cast: &mut Vec<Candidate>) {
    cast.clear();
    let Scene { page, mentions, context, last, first_inside, first_behind: behind } = *scene;
    let paragraph = |i: &usize| page.words[mentions[*i].first as usize].paragraph;
    let above = |i: &usize| context.paragraph - paragraph(i) <= PARAGRAPHS_MAX;
    let below = |i: &usize| paragraph(i) == context.paragraph;
    cast.extend(
        (0..first_inside).rev().take(BEFORE_MAX).take_while(above).map(|it| Candidate::new(scene, it)),
    );
    cast.extend(
        (behind..mentions.len()).take(AFTER_MAX).take_while(below).map(|it| Candidate::new(scene, it)),
    );
    if let Some(last) = last.filter(|last| cast.iter().all(|it| it.index != *last)) {
        cast.push(Candidate::new(scene, last));
    }
}

/// Ranks the candidates and returns the best; the first of equals.
pub fn choose(
    scene: &Scene<'_>,
    cast: &[Candidate],
    ranking: &Ranking<'_>,
    features: &mut Vec<Feature>,
) -> Option<Choice> {
    let mut best: Option<Choice> = None;
    for candidate in cast {
        let score = match ranking {
            Ranking::Rules => candidate.by_rules * RULE_UNIT,
            Ranking::Model(weights) => {
                self::features(scene, candidate, features);
                weights.score(features)
            }
        };
        best = Some(match best {
            Some(best) if score <= best.score => Choice { lead: best.lead.min(best.score - score), ..best },
            Some(best) => Choice { mention: candidate.index, score, lead: score - best.score },
            None => Choice { mention: candidate.index, score, lead: i32::MAX },
        });
    }
    best
}

/// What a point of the rules is worth in the unit of the model, roughly: only the confidence depends on it.
const RULE_UNIT: i32 = 8;

/// How candidates are ranked.
#[derive(Debug, Clone, Copy)]
pub enum Ranking<'a> {
    /// By [`rule_score`].
    Rules,
    /// By a trained model.
    Model(&'a Weights),
}

/// A stretch on its page, with the mentions and what came before.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub(crate) page: Page<'a>,
    mentions: &'a [Mention],
    pub(crate) context: &'a Context,
    last: Option<usize>,
    /// The first mention from the start of the stretch on.
    first_inside: usize,
    /// The first mention behind it; between marks nobody is a candidate.
    first_behind: usize,
}

impl<'a> Scene<'a> {
    /// The scene of one stretch; `mentions` are all of the page, `last` is the mention that spoke before.
    pub fn new(
        page: Page<'a>,
        mentions: &'a [Mention],
        context: &'a Context,
        last: Option<usize>,
    ) -> Scene<'a> {
        let first_from = |word: usize| mentions.partition_point(|it| (it.first as usize) < word);
        let (first_inside, first_behind) = (first_from(context.inner_first), first_from(context.inner_end));
        Scene { page, mentions, context, last, first_inside, first_behind }
    }
}

/// What is known of one candidate for one stretch.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// The index of the mention.
    pub index: usize,
    pub(crate) mention: Mention,
    behind: bool,
    paragraphs: u8,
    same_sentence: bool,
    relation: Relation,
    /// Words between the stretch and the nearest of mention and verb.
    pub(crate) gap: u8,
    /// Mentions between the stretch and this one.
    between: u8,
    stretches_between: u8,
    is_last: bool,
    is_last_name: bool,
    /// The verb is the one nearest to the stretch on this side.
    cue_is_nearest: bool,
    before_class: u8,
    after_class: u8,
    by_rules: i32,
}

impl Candidate {
    /// What is known of mention number `index` in this scene.
    fn new(scene: &Scene<'_>, index: usize) -> Candidate {
        let Scene { page, mentions, context, .. } = *scene;
        let mention = mentions[index];
        let behind = mention.first as usize >= context.inner_first;
        let word = &page.words[mention.first as usize];
        let sentence = if behind { context.right_sentence } else { context.left_sentence };
        let same_sentence = sentence == Some(word.sentence);
        let nearest = if behind { context.right_cue } else { context.left_cue };
        let mut candidate = Candidate {
            index,
            mention,
            behind,
            paragraphs: (context.paragraph.abs_diff(word.paragraph)).min(4) as u8,
            same_sentence,
            relation: mention.relation,
            gap: bucket(gap(scene, &mention, behind)),
            between: between(scene, index, behind),
            stretches_between: stretches_between(scene, &mention, behind),
            is_last: scene.last == Some(index),
            is_last_name: scene.last.is_some_and(|last| head_hash(scene, last) == head_hash(scene, index)),
            cue_is_nearest: mention.relation != Relation::Without
                && nearest.is_some_and(|(at, _)| at == mention.cue as usize),
            before_class: word_class((mention.first as usize).checked_sub(1).and_then(|i| page.words.get(i))),
            after_class: word_class(page.words.get(mention.full_last as usize + 1)),
            by_rules: 0,
        };
        candidate.by_rules = rule_score(&candidate);
        candidate
    }

    /// A class for where the candidate stands.
    pub(crate) fn place(&self) -> u8 {
        u8::from(self.behind) << 4 | u8::from(self.same_sentence) << 3 | self.paragraphs
    }

    pub(crate) fn tie(&self) -> u8 {
        (self.relation as u8) << 1 | u8::from(self.cue_is_nearest)
    }
}

fn head_hash(scene: &Scene<'_>, index: usize) -> u32 {
    scene.page.words[scene.mentions[index].last as usize].hash
}

fn gap(scene: &Scene<'_>, mention: &Mention, behind: bool) -> usize {
    let context = scene.context;
    let cue = (mention.relation != Relation::Without).then_some(mention.cue as usize);
    if behind {
        let nearest = cue.map_or(mention.first as usize, |cue| cue.min(mention.first as usize));
        nearest.saturating_sub(context.outer_end)
    } else {
        let last = mention.full_last as usize;
        let nearest = cue.filter(|&cue| cue < context.outer_first).map_or(last, |cue| cue.max(last));
        (context.outer_first).saturating_sub(nearest + 1)
    }
}

fn between(scene: &Scene<'_>, index: usize, behind: bool) -> u8 {
    // The last speaker may stand inside indirect speech: nothing is between.
    bucket(if behind { index.saturating_sub(scene.first_behind) } else { scene.first_inside - 1 - index })
}

fn stretches_between(scene: &Scene<'_>, mention: &Mention, behind: bool) -> u8 {
    let at = scene.page.words[mention.first as usize].start as usize;
    let stretches = scene.page.stretches;
    let index = scene.context.index;
    let count = if behind {
        stretches[index + 1..].iter().take(4).take_while(|it| it.start < at).count()
    } else {
        stretches[..index].iter().rev().take(4).take_while(|it| it.start > at).count()
    };
    count as u8
}

/// Fills `features` with what the model may know of a candidate. The vector is cleared first.
pub fn features(scene: &Scene<'_>, candidate: &Candidate, features: &mut Vec<Feature>) {
    features.clear();
    let Scene { page, context, .. } = *scene;
    let mut add = |name: u64, value: u64| features.push(feature(name, value));
    let mention = &candidate.mention;
    let stretch = &page.stretches[context.index];
    let (place, tie, kind) = (candidate.place(), candidate.tie(), mention.kind as u8);
    let (left_cue, right_cue) = context.cue_distances();
    let side = u8::from(candidate.behind);
    let left = word_class(context.left(page, 0));
    let right = word_class(context.right(page, 0));
    let sign = sign_near(scene, candidate.behind);
    let last = u8::from(candidate.is_last) << 1 | u8::from(candidate.is_last_name);
    let (cue_hash, cue_next) = match mention.relation {
        Relation::Without => (0, 0),
        _ => {
            let at = mention.cue as usize;
            (hash_of(page.words.get(at)), page.words.get(at + 1).map_or(0, |it| u64::from(it.hash)))
        }
    };
    let (left_hash, right_hash) = (hash_of(context.left(page, 0)), hash_of(context.right(page, 0)));
    let cues = pack([left_cue.min(4), right_cue.min(4)]);
    let length = bucket(context.length).min(6);
    let opening = context.opening(page);
    let rules = (candidate.by_rules / 10).clamp(0, 31) as u64;
    add(template("rules"), rules);
    add(template("place"), pack([place, candidate.between]));
    add(template("tie"), pack([tie, place, candidate.gap]));
    add(template("tie between"), pack([tie, place, candidate.between, candidate.stretches_between]));
    add(template("cue"), cue_hash << 8 | u64::from(tie << 1 | side));
    add(template("kind"), pack([kind, tie, side, u8::from(candidate.same_sentence)]));
    add(template("sign"), pack([sign, side, tie, candidate.gap.min(4)]));
    add(template("cues"), cues << 16 | pack([tie, place]));
    add(template("cues gap"), cues << 16 | pack([candidate.gap, side]));
    add(template("last"), pack([last, place, left.min(9), right.min(9)]));
    add(template("last cues"), cues << 16 | pack([last, place]));
    add(template("last tie"), pack([last, tie, kind, side]));
    add(template("last length"), pack([last, length, opening, place]));
    add(template("before"), pack([candidate.before_class, kind, tie]));
    add(template("after"), pack([candidate.after_class, kind, tie]));
    add(template("before side"), pack([candidate.before_class, place, candidate.after_class]));
    add(template("stretches"), pack([candidate.stretches_between, place, tie]));
    add(
        template("head"),
        u64::from(page.words[mention.last as usize].hash) << 1 | u64::from(candidate.behind),
    );
    add(template("words"), pack([mention.last.abs_diff(mention.first).min(9) as u8, kind, tie]));
    add(template("length"), pack([length, opening, tie, place]));
    add(template("marks"), pack([u8::from(stretch.continues), u8::from(stretch.closed), place, tie]));
    add(template("around"), pack([left, right, place, tie]));
    add(template("left"), left_hash << 8 | u64::from(place));
    add(template("right"), right_hash << 8 | u64::from(place));
    add(template("left tie"), left_hash << 16 | pack([tie, candidate.gap]));
    add(template("right tie"), right_hash << 16 | pack([tie, candidate.gap]));
    add(template("cue next"), cue_next << 16 | pack([tie, side]));
}

/// The sign between the content and what stands on that side: the last one inside, or the word outside before it.
fn sign_near(scene: &Scene<'_>, behind: bool) -> u8 {
    let sign = if behind {
        scene.context.last_sign(scene.page)
    } else {
        scene.context.left(scene.page, 0).filter(|it| it.shape == Shape::Sign).map_or('\0', |it| it.sign)
    };
    match sign {
        '\0' => 0,
        ',' => 1,
        '.' => 2,
        '?' | '!' => 3,
        ':' => 4,
        _ => 5,
    }
}

/// A score by rules alone: 0 to some 300, in steps of 10.
///
/// The subject of a verb of saying right beside the stretch wins; next the subject of the sentence that leads into
/// it; then the one who spoke last; then whoever is near.
pub fn rule_score(candidate: &Candidate) -> i32 {
    let tied = match candidate.relation {
        Relation::Subject => 90,
        Relation::Inverted if candidate.behind => 100,
        Relation::According => 90,
        Relation::Inverted => 40,
        Relation::Before => 30,
        Relation::Without => 0,
    };
    let place = match (candidate.behind, candidate.same_sentence, candidate.paragraphs) {
        (true, true, _) => 110,
        (false, true, _) => 90,
        (true, false, 0) => 20,
        (false, false, 0) => 50,
        (_, _, paragraphs) => 20 - 5 * i32::from(paragraphs),
    };
    let near = if candidate.same_sentence && candidate.gap < 2 && candidate.relation != Relation::Without {
        40
    } else {
        0
    };
    let nearest = if candidate.cue_is_nearest && candidate.same_sentence { 30 } else { 0 };
    let last = if candidate.is_last {
        50
    } else if candidate.is_last_name {
        20
    } else {
        0
    };
    let kind = match candidate.mention.kind {
        Kind::Pronoun | Kind::Name => 20,
        Kind::Role => 10,
        Kind::Plain => 0,
    };
    let owner = if candidate.after_class == 1 { 60 } else { 0 };
    let distance = 5 * i32::from(candidate.between) + 25 * i32::from(candidate.stretches_between);
    (tied + place + near + nearest + last + kind - owner - distance).max(0)
}
