//! Finds the words of a text that can name a speaker, and the verb of saying that belongs to them.
//!
//! In go the [`Word`]s of a text; out come [`Mention`]s, ascending by their last word: pronouns, names,
//! roles (*the Secretary-General*) and other noun phrases, outside quotation marks. A mention knows its *core* (the
//! noun phrase itself), its full extent (*Ann Lee, a barrister from Delhi*), the part of it that is a name, and
//! the nearest verb of saying with how it stands to it.
//!
//! There is no parser here. A noun phrase is a run of words that are neither function words nor verbs, by the
//! lexicon and a few endings; that is right often enough for the ranker to choose, and costs one look a word.

use crate::lexicon::{Classes, Lexicon};
use crate::words::{Shape, Word};

/// What kind of words a mention is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// *she*, *they*, *who*.
    Pronoun,
    /// Ends in a name: *Ann Lee*, *UN Secretary-General António Guterres*, *the Security Council*.
    Name,
    /// Ends in a noun for those who speak: *the Secretary-General*, *a spokesman*.
    Role,
    /// Any other noun phrase.
    Plain,
}

/// How a verb of saying stands to a mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// There is none in the sentence.
    Without,
    /// The mention is its subject: *she later said*, *Lee, a barrister, said*.
    Subject,
    /// The verb comes later in the sentence: *Lee stood up and said*.
    Before,
    /// The verb comes first: *said Lee*.
    Inverted,
    /// *according to Lee*.
    According,
}

/// Words that can name a speaker. All numbers are indices of words, both ends included.
#[derive(Debug, Clone, Copy)]
pub struct Mention {
    /// First word.
    pub first: u32,
    /// Last word of the noun phrase itself.
    pub last: u32,
    /// Last word with what belongs to it: *of the city council*, *(R-Ohio)*, *, a barrister*.
    pub full_last: u32,
    /// First word of the name inside, for [`Kind::Name`]; the name ends at `last`.
    pub name_first: u32,
    /// What it is made of.
    pub kind: Kind,
    /// Whether a verb comes right behind: the mention is its subject.
    pub acts: bool,
    /// How its verb stands to it.
    pub relation: Relation,
    /// The verb of saying; meaningless for [`Relation::Without`].
    pub cue: u32,
}

impl Mention {
    /// The first and last word of the cue: one verb, or all from *according* to the mention.
    pub fn cue_words(&self) -> Option<(u32, u32)> {
        match self.relation {
            Relation::Without => None,
            Relation::According => Some((self.cue, self.first - 1)),
            _ => Some((self.cue, self.cue)),
        }
    }
}

/// Verbs that can carry a quotation.
pub const CUE: Classes = Classes::SAY.or(Classes::ACT);
/// Words that end a noun phrase whatever their case.
const STOP: Classes = Classes::FUNCTION
    .or(Classes::PREPOSITION)
    .or(Classes::AUXILIARY)
    .or(Classes::CALENDAR)
    .or(Classes::ACCORDING);
/// Words that open a noun phrase.
const OPENS: Classes = Classes::DETERMINER.or(Classes::POSSESSIVE);
/// Words that may stand between a subject and its verb.
const SKIPPED: Classes = Classes::ADVERB.or(Classes::AUXILIARY);
/// An apposition is given up after so many words.
const APPOSITION_WORDS_MAX: usize = 25;
/// A verb further than this from a mention says nothing of it.
const CUE_WORDS_MAX: usize = 40;
/// A noun phrase of more words is a list or a table.
const PHRASE_WORDS_MAX: usize = 14;

/// Fills `mentions` with the words of a text that can name a speaker, first to last. The vector is cleared first.
///
/// # Examples
///
/// ```
/// use quotes::{language::Language, mentions, words};
///
/// let text = "Yesterday Ann Lee, a barrister from Delhi, said no.";
/// let (mut found, mut people) = (Vec::new(), Vec::new());
/// let lexicon = &Language::english().lexicon;
/// words::split(text, &[], lexicon, &mut found);
/// mentions::find(text, &found, lexicon, &mut people);
/// let lee = people[0];
/// let extent = found[lee.first as usize].start as usize..found[lee.full_last as usize].end as usize;
/// assert_eq!(&text[extent], "Ann Lee, a barrister from Delhi");
/// ```
pub fn find(text: &str, words: &[Word], lexicon: &Lexicon, mentions: &mut Vec<Mention>) {
    mentions.clear();
    let phrases = Phrases { text, words, lexicon };
    let mut at = 0;
    while at < words.len() {
        at = match phrases.mention_at(at) {
            Some(mention) => {
                mentions.extend(phrases.possessor_in(&mention));
                mentions.push(mention);
                mention.last as usize + 1
            }
            None => at + 1,
        };
    }
    let mut later = 0;
    for mention in mentions.iter_mut() {
        later = phrases.next_cue(later.max(mention.last as usize + 1));
        phrases.attach_cue(mention, later);
    }
}

struct Phrases<'a> {
    text: &'a str,
    words: &'a [Word],
    lexicon: &'a Lexicon,
}

impl Phrases<'_> {
    /// The mention that starts at word `at`, if one does; its cue is not looked for yet.
    fn mention_at(&self, at: usize) -> Option<Mention> {
        let word = &self.words[at];
        if !word.is_word() || word.stretch.is_some() {
            return None;
        }
        let phrase = (word.is(OPENS) || self.is_content(at)).then(|| self.phrase_at(at)).flatten();
        phrase.or_else(|| word.is(Classes::PRONOUN).then(|| new_mention(at, at, at, Kind::Pronoun)))
    }

    /// The noun phrase that starts at word `at`.
    fn phrase_at(&self, at: usize) -> Option<Mention> {
        let core = self.opening_end(at);
        let end = self.content_end(core, at < core);
        if end == core {
            return None;
        }
        let last = end - 1;
        let (kind, name_first) = self.kind_of(core, last);
        let bare =
            at == core && self.words[at].shape != Shape::Capital && !self.words[last].is(Classes::PLURAL);
        if kind == Kind::Plain && bare {
            return None;
        }
        let mut mention = new_mention(at, last, name_first, kind);
        mention.full_last = self.carried_on(last) as u32;
        Some(mention)
    }

    /// The name that owns what a mention is: *Ann Lee* in *Ann Lee's lawyer*.
    fn possessor_in(&self, mention: &Mention) -> Option<Mention> {
        let (first, last) = (mention.first as usize, mention.last as usize);
        let ending = (first + 1..last).find(|&i| self.words[i].shape == Shape::Possessive)?;
        let core = self.opening_end(first);
        let (kind, name_first) = (core < ending).then(|| self.kind_of(core, ending - 1))?;
        (kind == Kind::Name).then(|| new_mention(first, ending - 1, name_first, kind))
    }

    /// Where the determiners at the start of a noun phrase end.
    fn opening_end(&self, at: usize) -> usize {
        let open = |i: usize| self.words.get(i).is_some_and(|it| it.is(OPENS) && it.stretch.is_none());
        let same = |i: usize| self.joined(at, i);
        (at..at + 3).find(|&i| !open(i) || !same(i)).unwrap_or(at + 3)
    }

    /// Whether words `from` and `to` stand in one sentence and paragraph.
    fn joined(&self, from: usize, to: usize) -> bool {
        let (from, Some(to)) = (&self.words[from], self.words.get(to)) else { return false };
        from.sentence == to.sentence && from.paragraph == to.paragraph
    }

    /// The end of the run of content words from `core`; a possessive ending goes on when a content word follows.
    fn content_end(&self, core: usize, opened: bool) -> usize {
        let mut end = core;
        while end < core + PHRASE_WORDS_MAX && self.words.get(end).is_some_and(|it| it.stretch.is_none()) {
            let inside = end > core;
            let verb = if inside || !opened { self.is_verb(end) } else { self.is_lone_verb(end) };
            let content = self.is_content(end) && !verb && !(inside && self.words[end].is(OPENS));
            let possessive = inside && self.words[end].shape == Shape::Possessive && self.is_content(end + 1);
            let initial_joined = !inside || self.joined(core, end);
            if !(content || possessive) || !initial_joined || inside && self.leaves_nouns(end) {
                break;
            }
            end += 1;
        }
        end
    }

    /// Whether word `at` stands in lower case behind a noun, in a language whose nouns have capitals: adjectives come first.
    fn leaves_nouns(&self, at: usize) -> bool {
        self.lexicon.habits.noun_capitals
            && self.words[at].shape == Shape::Lower
            && self.words[at - 1].shape == Shape::Capital
    }

    /// Whether word `at` can be part of a noun phrase; verbs are told apart by `is_verb`.
    fn is_content(&self, at: usize) -> bool {
        let Some(word) = self.words.get(at) else { return false };
        if !word.is_word() || word.stretch.is_some() {
            return false;
        }
        let inside_name =
            word.shape == Shape::Capital && at > 0 && self.words[at - 1].shape == Shape::Capital;
        let stop = if inside_name && word.is(Classes::AUXILIARY) { Classes::FUNCTION } else { STOP };
        let pronoun = word.is(Classes::PRONOUN) && !word.is(Classes::DETERMINER);
        let opener = word.is(Classes::ADVERB) && self.words.get(at + 1).is_some_and(|next| next.sign == ',');
        !pronoun && !opener && !word.is(stop.or(Classes::POSSESSIVE))
    }

    /// Whether word `at`, were it in a noun phrase, would rather be the verb after it.
    fn is_verb(&self, at: usize) -> bool {
        let word = &self.words[at];
        if word.shape != Shape::Lower {
            return false;
        }
        let known = word.is(CUE.or(Classes::VERB));
        if known && word.is(Classes::ROLE) {
            return !self
                .words
                .get(at + 1)
                .is_some_and(|next| next.is(CUE.or(Classes::AUXILIARY).or(Classes::OF)));
        }
        known || self.has_verb_ending(at) || self.is_trailing_adverb(at)
    }

    /// *-ed*, as most verbs of a report have it.
    fn has_verb_ending(&self, at: usize) -> bool {
        self.words[at].shape == Shape::Lower
            && self.letters(at).len() > 4
            && ends_in(self.letters(at), &self.lexicon.verb_endings)
    }

    /// *quickly* in *critics quickly said*, but not in *a family friend*.
    fn is_trailing_adverb(&self, at: usize) -> bool {
        let adverb =
            ends_in(self.letters(at), &self.lexicon.adverb_endings) && !self.words[at].is(Classes::ROLE);
        adverb && self.words.get(at + 1).is_some_and(|next| next.is(CUE.or(Classes::VERB)))
    }

    /// Whether the word right behind a determiner is a verb all the same: *some chanted*, but *an elected official*.
    fn is_lone_verb(&self, at: usize) -> bool {
        let before_noun = self.is_content(at + 1) && !self.is_verb(at + 1);
        self.has_verb_ending(at) && !before_noun
    }

    fn letters(&self, at: usize) -> &str {
        &self.text[self.words[at].start as usize..self.words[at].end as usize]
    }

    /// What the content words from `core` to `last` are, and where the name in them starts.
    fn kind_of(&self, core: usize, last: usize) -> (Kind, usize) {
        let run = (core..=last).rev().take_while(|&i| self.words[i].shape == Shape::Capital).count();
        let first = last + 1 - run;
        let first = if run > 2 && self.is_office(first) { first + 1 } else { first };
        let title = Classes::HONORIFIC.or(Classes::ROLE);
        let name_first = (first..=last).rev().find(|&i| self.words[i].is(title)).map_or(first, |i| i + 1);
        if name_first <= last && !self.is_noun(core, first, name_first) {
            (Kind::Name, name_first)
        } else if self.words[last].is(title.or(Classes::ORGANISATION)) {
            (Kind::Role, last)
        } else {
            (Kind::Plain, last)
        }
    }

    /// Whether the capitals of a phrase are no name, in a language whose nouns have them: an article or adjective stands
    /// before, and no title.
    fn is_noun(&self, core: usize, capitals: usize, name_first: usize) -> bool {
        let before = capitals.checked_sub(1).map(|i| &self.words[i]);
        let described =
            capitals > core || before.is_some_and(|it| it.is(OPENS) && self.joined(core, capitals - 1));
        self.lexicon.habits.noun_capitals && name_first == capitals && described
    }

    /// Whether word `at` completes an office: *State* in *Secretary of State Ann Lee*.
    fn is_office(&self, at: usize) -> bool {
        let Some(office) = at.checked_sub(2).map(|i| &self.words[i]) else { return false };
        let of = &self.words[at - 1];
        of.is(Classes::OF) && office.is(Classes::HONORIFIC) && office.shape == Shape::Capital
    }

    /// The last word of a noun phrase ending at `last` with the phrases that *of*, *for* or a bracket tie to it.
    fn carried_on(&self, last: usize) -> usize {
        let mut end = last;
        for _ in 0..3 {
            let next = end + 1;
            let tied = self.words.get(next).is_some_and(|it| it.is(Classes::OF) && it.stretch.is_none());
            if !tied || !self.joined(last, next) {
                break;
            }
            let core = self.opening_end(next + 1);
            let content = self.content_end(core, core > next + 1);
            if content == core {
                break;
            }
            end = content - 1;
        }
        self.bracket_end(end).unwrap_or(end)
    }

    /// The closing bracket of *(R-Ohio)* right behind word `at`.
    fn bracket_end(&self, at: usize) -> Option<usize> {
        if self.words.get(at + 1)?.sign != '(' {
            return None;
        }
        (at + 2..at + 9).find(|&i| self.words.get(i).is_some_and(|word| word.sign == ')'))
    }

    /// Ties the mention to its verb; `later` is the next verb of saying behind it.
    fn attach_cue(&self, mention: &mut Mention, later: usize) {
        mention.acts = self.has_verb_behind(mention.full_last as usize);
        if self.words.get(mention.last as usize + 1).is_some_and(|it| it.shape == Shape::Possessive) {
            return;
        }
        let found = self
            .cue_before(mention)
            .or_else(|| self.cue_after(mention))
            .or_else(|| self.cue_later(mention.last as usize, later));
        let Some((relation, cue)) = found else { return };
        let oblique = self.words[mention.first as usize].is(Classes::OBLIQUE);
        if oblique && relation != Relation::According {
            return;
        }
        mention.relation = relation;
        mention.cue = cue as u32;
        if relation == Relation::Inverted || relation == Relation::According {
            mention.full_last = self.apposition_end(mention.full_last as usize) as u32;
        }
    }

    /// Whether the words behind word `at` start with a verb, adverbs aside.
    fn has_verb_behind(&self, at: usize) -> bool {
        let end = (at + 1..at + 4).find(|&i| self.words.get(i).is_none_or(|it| !it.is(Classes::ADVERB)));
        end.is_some_and(|i| {
            let verb =
                |it: &Word| it.shape == Shape::Lower && it.is(CUE.or(Classes::VERB).or(Classes::AUXILIARY));
            self.joined(at, i) && (verb(&self.words[i]) || self.has_verb_ending(i))
        })
    }

    /// *said Lee*, *according to Lee*.
    fn cue_before(&self, mention: &Mention) -> Option<(Relation, usize)> {
        let first = mention.first as usize;
        let previous = first.checked_sub(1)?;
        if !self.joined(previous, first) || self.words[previous].stretch.is_some() {
            return None;
        }
        let mut according = [Some(previous), previous.checked_sub(1)].into_iter().flatten();
        if let Some(cue) = according.find(|&i| self.words[i].is(Classes::ACCORDING)) {
            return Some((Relation::According, cue));
        }
        let previous = self.verb_behind_adverbs(previous);
        let verb = self.words[previous];
        let verb_second = self.lexicon.habits.verb_second;
        let object = mention.kind == Kind::Pronoun && !verb_second && !self.after_mark(previous);
        (verb.is(Classes::SAY) && verb.shape == Shape::Lower && !object && !self.has_subject(previous))
            .then_some((Relation::Inverted, previous))
    }

    /// Whether the verb at `at` comes right behind a closing quotation mark.
    fn after_mark(&self, at: usize) -> bool {
        at.checked_sub(1)
            .is_some_and(|i| matches!(self.words[i].shape, Shape::Mark) || self.words[i].sign == ',')
    }

    /// Whether a noun or pronoun stands right before the verb at `at`, so that what follows is its object.
    fn has_subject(&self, at: usize) -> bool {
        if self.lexicon.habits.verb_second && self.is_led_in(at) {
            return false;
        }
        let near = (0..at).rev().take(4).take_while(|&i| self.words[i].paragraph == self.words[at].paragraph);
        let before = near.into_iter().find(|&i| !self.words[i].is(SKIPPED));
        before.is_some_and(|i| {
            self.words[i].stretch.is_none() && (self.is_content(i) || self.words[i].is(Classes::PRONOUN))
        })
    }

    /// Whether the words before the verb at `at` are no subject: *in Berlin sagte*, *dem Bericht widersprach*.
    fn is_led_in(&self, at: usize) -> bool {
        let phrase = (0..at).rev().take(PHRASE_WORDS_MAX).take_while(|&i| self.joined(i, at));
        let opening = phrase.into_iter().find(|&i| !self.is_content(i) || self.words[i].is(OPENS));
        opening.is_some_and(|i| {
            let governed = i.checked_sub(1).is_some_and(|before| self.words[before].is(Classes::PREPOSITION));
            governed || self.words[i].is(Classes::PREPOSITION.or(Classes::OBLIQUE))
        })
    }

    /// The verb that only adverbs part from word `at`, where the subject comes behind: *äußerte sich gestern Merkel*.
    fn verb_behind_adverbs(&self, at: usize) -> usize {
        let adverb = |i: &usize| self.words[*i].is(Classes::ADVERB) && !self.words[*i].is(CUE);
        let skipped = (0..=at).rev().take(3).take_while(adverb).count();
        let verb = at.saturating_sub(skipped);
        if self.lexicon.habits.verb_second && self.joined(verb, at) { verb } else { at }
    }

    /// *Lee later said*, *Lee, a barrister, said*.
    fn cue_after(&self, mention: &mut Mention) -> Option<(Relation, usize)> {
        let next = mention.full_last as usize + 1;
        if let Some(cue) = self.verb_at(next, mention.first as usize) {
            return Some((Relation::Subject, cue));
        }
        if mention.kind == Kind::Pronoun || self.words.get(next)?.sign != ',' {
            return None;
        }
        let comma = (next + 2..next + APPOSITION_WORDS_MAX)
            .take_while(|&i| self.joined(next, i) && self.words[i].stretch.is_none())
            .find(|&i| self.words[i].sign == ',' && self.verb_at(i + 1, next).is_some())?;
        if self.tells_who(next + 1) {
            mention.full_last = comma as u32 - 1;
        }
        self.verb_at(comma + 1, next).map(|cue| (Relation::Subject, cue))
    }

    /// The verb of saying at word `at`, adverbs and auxiliaries skipped.
    fn verb_at(&self, at: usize, from: usize) -> Option<usize> {
        let skipped = |i: usize| {
            let word = &self.words[i];
            word.is_word()
                && (word.is(SKIPPED) || ends_in(self.letters(i), &self.lexicon.adverb_endings))
                && !word.is(CUE)
        };
        let end = (at..at + 5).find(|&i| i >= self.words.len() || !skipped(i))?;
        let word = self.words.get(end)?;
        let verb = word.is(CUE) && word.stretch.is_none() && word.shape != Shape::Number;
        (verb && self.joined(from, end)).then_some(end)
    }

    /// The verb at `later`, when it stands in the rest of the sentence of word `last`.
    fn cue_later(&self, last: usize, later: usize) -> Option<(Relation, usize)> {
        (later <= last + CUE_WORDS_MAX && self.joined(last, later)).then_some((Relation::Before, later))
    }

    /// The first verb of saying from word `from` on, or the number of words.
    fn next_cue(&self, from: usize) -> usize {
        let verb = |it: &Word| it.is(CUE) && it.shape == Shape::Lower && it.stretch.is_none();
        self.words[from..].iter().position(verb).map_or(self.words.len(), |behind| from + behind)
    }

    /// The last word of *, a barrister from Delhi, who …* behind word `at`, or `at`.
    fn apposition_end(&self, at: usize) -> usize {
        let mut end = at;
        for _ in 0..3 {
            let comma = self.words.get(end + 1).is_some_and(|it| it.sign == ',');
            if !comma || !self.joined(at, end + 2) || !self.tells_who(end + 2) {
                break;
            }
            let limit = (end + APPOSITION_WORDS_MAX).min(self.words.len());
            let Some(last) = (end + 2..limit).take_while(|&i| self.joined(at, i) && self.goes_on(i)).last()
            else {
                break;
            };
            end = last;
        }
        end
    }

    /// Whether the words from `at` on, behind a comma, say who somebody is: not where, how, or what he did then.
    fn tells_who(&self, at: usize) -> bool {
        let Some(word) = self.words.get(at).filter(|it| it.is_word() && it.stretch.is_none()) else {
            return false;
        };
        let participle = self.has_verb_ending(at)
            || word.shape == Shape::Lower && ends_in(self.letters(at), &self.lexicon.participle_endings);
        let other = Classes::PREPOSITION
            .or(Classes::CONJUNCTION)
            .or(Classes::AUXILIARY)
            .or(Classes::CALENDAR)
            .or(CUE);
        !participle && (word.is(Classes::RELATIVE) || word.is(Classes::ROLE) || !word.is(other))
    }

    /// Whether an apposition goes on with word `at`.
    fn goes_on(&self, at: usize) -> bool {
        let word = &self.words[at];
        let ends = matches!(word.sign, ',' | '.' | ':' | ';' | '—' | '–' | '―' | '(');
        word.stretch.is_none() && word.shape != Shape::Mark && !ends
    }
}

fn ends_in(letters: &str, endings: &[String]) -> bool {
    endings.iter().any(|it| letters.ends_with(it.as_str()))
}

fn new_mention(first: usize, last: usize, name_first: usize, kind: Kind) -> Mention {
    Mention {
        first: first as u32,
        last: last as u32,
        full_last: last as u32,
        name_first: name_first as u32,
        kind,
        acts: false,
        relation: Relation::Without,
        cue: 0,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::language::Language;
    use crate::{marks, words};

    #[test]
    fn subjects_find_their_verb_behind_adverbs_brackets_and_appositions() {
        check(
            "She later said no.",
            expect![[r#"
            Pronoun | She | - | Subject said
        "#]],
        );
        check(
            "Sen. Ann Lee (R-Ohio) has also warned us.",
            expect![[r#"
            Name | Sen. Ann Lee (R-Ohio) | Ann Lee | Subject warned
            Name | R-Ohio | R-Ohio | Before warned
        "#]],
        );
        check(
            "Ann Lee, a barrister from Delhi, said no.",
            expect![[r#"
            Name | Ann Lee, a barrister from Delhi | Ann Lee | Subject said
            Plain | a barrister from Delhi | - | Before said
            Name | Delhi | Delhi | Before said
        "#]],
        );
        check(
            "A spokesman for Mayor Lee said no.",
            expect![[r#"
            Role | A spokesman for Mayor Lee | - | Subject said
            Name | Mayor Lee | Lee | Subject said
        "#]],
        );
    }

    #[test]
    fn a_verb_can_come_first() {
        check(
            "“No,” said Ann Lee, the mayor of Springfield.",
            expect![[r#"
            Name | Ann Lee, the mayor of Springfield | Ann Lee | Inverted said
            Role | the mayor of Springfield | - | Without -
            Name | Springfield | Springfield | Without -
        "#]],
        );
        check(
            "According to Lee, “nobody” came.",
            expect![[r#"
                Name | Lee | Lee | According According to
            "#]],
        );
    }

    #[test]
    fn titles_and_roles_are_not_part_of_a_name() {
        check(
            "UN Secretary-General António Guterres’ recent visit",
            expect![[r#"
            Name | UN Secretary-General António Guterres | António Guterres | Without -
            Plain | UN Secretary-General António Guterres’ recent | - | Without -
        "#]],
        );
        check(
            "Republican pollster Ann Lee told him.",
            expect![[r#"
            Name | Republican pollster Ann Lee | Ann Lee | Subject told
        "#]],
        );
        check(
            "the Secretary-General said",
            expect![[r#"
            Role | the Secretary-General | - | Subject said
        "#]],
        );
    }

    #[test]
    fn an_office_is_not_part_of_the_name_of_its_holder() {
        check(
            "Secretary of State Ann Lee said",
            expect![[r#"
            Role | Secretary of State Ann Lee | - | Subject said
            Name | State Ann Lee | Ann Lee | Subject said
        "#]],
        );
    }

    #[test]
    fn days_months_and_function_words_name_nobody() {
        check("But on Monday in March, however, nothing.", expect![[""]]);
    }

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let (mut stretches, mut found, mut mentions) = Default::default();
        marks::scan(text, &mut stretches);
        let lexicon = &Language::english().lexicon;
        words::split(text, &stretches, lexicon, &mut found);
        find(text, &found, lexicon, &mut mentions);
        let shown: String = mentions.iter().map(|it| show(text, &found, it)).collect();
        expected.assert_eq(&shown);
    }

    fn show(text: &str, words: &[Word], mention: &Mention) -> String {
        let span = |first: u32, last: u32| {
            &text[words[first as usize].start as usize..words[last as usize].end as usize]
        };
        let name = if mention.kind == Kind::Name { span(mention.name_first, mention.last) } else { "-" };
        let cue = mention.cue_words().map_or("-", |(first, last)| span(first, last));
        format!(
            "{:?} | {} | {name} | {:?} {cue}\n",
            mention.kind,
            span(mention.first, mention.full_last),
            mention.relation
        )
    }
}
