//! Knows the people of a text and which of them a mention means.
//!
//! A text is read twice. First the names: which of them are one person's, what the fullest form is, what the text tells of
//! sex and office, and whom *the Secretary-General* means. Then, mention by mention, who is *present*: whoever is named
//! comes to the fore, most as the subject of a sentence or as who spoke, and fades to a quarter with each sentence. A
//! pronoun means whoever is most present of those it may mean, and keeps that person present.
//!
//! That is the idea of Lappin and Leass (An Algorithm for Pronominal Anaphora Resolution, 1994), without their parser. Its
//! numbers were chosen by hand with the 300 labels in `gold/pronouns.jsonl` in view; their neighbours do about as well.
//! When nobody fits, a mention resolves to nobody.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use crate::context::Page;
use crate::lexicon::{Classes, Lexicon, word_hash};
use crate::mentions::{Kind, Mention, Relation};
use crate::offices::{self, Office};
use crate::words::{Shape, Word};

type ByWord<T> = HashMap<u32, T, BuildHasherDefault<WordHasher>>;

/// The people of one text, and who of them is present at some mention.
#[derive(Debug, Default)]
pub struct People {
    people: Vec<Person>,
    by_last_name: ByWord<Vec<u32>>,
    by_other_name: ByWord<u32>,
    by_role: ByWord<u32>,
    /// For each mention, the person it names, if it does.
    named: Vec<Option<u32>>,
    present: Vec<Presence>,
    /// The sentences with a mention so far.
    sentences: u32,
    /// The next mention to come.
    next: usize,
}

/// Whom a mention means, and what speaks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meant {
    /// The person, as a number for [`People::name`].
    pub person: u32,
    /// Why.
    pub basis: Basis,
}

/// What speaks for the person that a mention is taken to mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The mention is the name, or a part of it.
    Name,
    /// *the Secretary-General*: whoever was last called that.
    Role,
    /// *who*, right behind the name.
    Relative,
    /// *she*: who is most present of those whom it may mean.
    Pronoun {
        /// How present the next best is, in percent of this one.
        rival: u8,
    },
}

/// One person, or a body with a name.
#[derive(Debug, Clone)]
struct Person {
    /// The fullest form of the name, in bytes.
    name: Range<usize>,
    /// The words of the fullest form.
    words: Words,
    /// So far the full form stood only where its first word may be none of the name: at the start of a sentence.
    opens: bool,
    /// Above 0 for a man, below for a woman; the further, the surer.
    sex: i32,
    human: Human,
    /// What the text says this person is, where it said so first.
    office: Option<Office>,
}

/// The hashes of the words of a name.
#[derive(Debug, Clone, Copy, Default)]
struct Words {
    hashes: [u32; NAME_WORDS_MAX],
    length: usize,
}

/// How sure it is that a name is a person's and not that of a place or a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Human {
    No,
    /// A lone word with a capital that starts a sentence.
    Hardly,
    Maybe,
    Sure,
}

/// How much somebody is in the reader's mind.
#[derive(Debug, Clone, Copy)]
struct Presence {
    person: u32,
    weight: u32,
    /// The sentence at whose time the weight was counted.
    sentence: u32,
}

/// So many people are present at most.
const PRESENT_MAX: usize = 16;
/// How present a mention makes whom it means: as the subject of its sentence,
const SUBJECT: u32 = 8_000;
/// elsewhere,
const OBJECT: u32 = 5_000;
/// behind a preposition or before a possessive ending,
const ASIDE: u32 = 3_000;
/// and as who speaks.
const SPOKE: u32 = 12_000;
/// With each sentence it fades by so many powers of two.
const FADING: u32 = 2;
/// In percent, what is left of a presence where the text does not tell the sex,
const UNTOLD_SHARE: u32 = 70;
/// and where the name may be that of a place or a body.
const DOUBTFUL_SHARE: u32 = 40;
/// or is hardly one.
const HARDLY_SHARE: u32 = 3;
/// A title tells the sex, and so does a given name, less surely.
const BY_TITLE: i32 = 8;
const BY_GIVEN_NAME: i32 = 4;
/// A name of more words is a headline or a list.
const NAME_WORDS_MAX: usize = 5;
/// At most so many people of one surname are told apart.
const NAMESAKES_MAX: usize = 8;

impl People {
    /// Meets everybody whom a text names, and forgets those of another text.
    pub fn meet_all(&mut self, page: Page<'_>, lexicon: &Lexicon, mentions: &[Mention]) {
        self.people.clear();
        self.by_last_name.clear();
        self.by_other_name.clear();
        self.by_role.clear();
        self.named.clear();
        self.present.clear();
        (self.sentences, self.next) = (0, 0);
        for index in 0..mentions.len() {
            let person = match mentions[index].kind {
                Kind::Name => self.meet(page, lexicon, &mentions[index]),
                Kind::Role => match office_holder(mentions, index) {
                    Some(holder) => self.meet(page, lexicon, holder),
                    None => self.by_role(page, &mentions[index]),
                },
                Kind::Pronoun | Kind::Plain => None,
            };
            self.named.push(person);
            self.link_apposition(page, mentions, index);
        }
        self.merge_headlines();
    }

    /// Reads on to mention number `index`, which speaks, and returns the person it means.
    ///
    /// Mentions must be asked for in ascending order; one that was passed already resolves by what is known now.
    pub fn resolve(&mut self, page: Page<'_>, mentions: &[Mention], index: usize) -> Option<Meant> {
        while self.next < index {
            self.hear(page, mentions, self.next);
            self.next += 1;
        }
        let meant = if self.next == index {
            self.hear(page, mentions, index)
        } else {
            self.meant(page, mentions, index)
        };
        self.next = self.next.max(index + 1);
        self.bring(meant?.person, SPOKE);
        meant
    }

    /// The person last named whose name ends in this word, whatever its case.
    pub fn called(&self, last: &str) -> Option<u32> {
        self.by_last_name.get(&word_hash(last))?.last().copied()
    }

    /// What the text says a person is.
    pub fn office(&self, person: u32) -> Option<&Office> {
        self.people[person as usize].office.as_ref()
    }

    /// The fullest form of a person's name in the text, in bytes.
    pub fn name(&self, person: u32) -> Range<usize> {
        self.people[person as usize].name.clone()
    }

    /// The person of this name, new or known; notes roles and sex that stand before the name.
    fn meet(&mut self, page: Page<'_>, lexicon: &Lexicon, mention: &Mention) -> Option<u32> {
        let (from, last) = (mention.name_first as usize, mention.last as usize);
        let length = last + 1 - from;
        if length > NAME_WORDS_MAX {
            return None;
        }
        let words = &page.words[from..=last];
        let titles = &page.words[mention.first as usize..from];
        let titled = titles.iter().any(|it| it.is(Classes::HONORIFIC.or(Classes::ROLE)));
        // A lone *Lee* is a surname.
        let given = if length > 1 { BY_GIVEN_NAME * lexicon.sex_of_given_name(words[0].hash) } else { 0 };
        let sex = titles.iter().map(|it| BY_TITLE * sex_of(it.classes)).find(|&it| it != 0).unwrap_or(given);
        let body = page.words[last].is(Classes::ORGANISATION)
            || titles.iter().any(|it| it.is(Classes::DETERMINER)) && !titled;
        let human = match () {
            () if body => Human::No,
            () if titled || sex != 0 => Human::Sure,
            () if length == 1 && starts_sentence(page, mention.first as usize) => Human::Hardly,
            () => Human::Maybe,
        };
        let office_before = || {
            from.checked_sub(2)
                .is_some_and(|it| page.words[it].is(Classes::HONORIFIC) && page.words[it + 1].is(Classes::OF))
        };
        let found = Person {
            name: words[0].start as usize..page.words[last].end as usize,
            words: Words::of(words),
            opens: given == 0 && length > 1 && (starts_sentence(page, from) || office_before()),
            sex,
            human,
            office: offices::stated(page, mention),
        };
        let person = self.known_as(surname_of(words).hash, found);
        for word in titles.iter().filter(|it| it.is(Classes::ROLE.or(Classes::HONORIFIC))) {
            self.by_role.insert(word.hash, person);
        }
        Some(person)
    }

    /// The person known by this name, or a new one.
    fn known_as(&mut self, surname: u32, found: Person) -> u32 {
        let names = found.words;
        let alone = names.length == 1;
        let others = if found.opens { &[] } else { &names.hashes[..names.length - 1] };
        let namesakes = self.by_last_name.entry(surname).or_default();
        let same = namesakes.iter().rev().copied().find(|&it| self.people[it as usize].is_same(&found));
        let person = match same.or_else(|| self.by_other_name.get(&surname).copied().filter(|_| alone)) {
            Some(person) => {
                self.people[person as usize].learn(found);
                person
            }
            None => {
                self.people.push(found);
                self.people.len() as u32 - 1
            }
        };
        namesakes.retain(|&it| it != person);
        if namesakes.len() < NAMESAKES_MAX {
            namesakes.push(person);
        }
        others.iter().for_each(|it| {
            self.by_other_name.insert(*it, person);
        });
        person
    }

    /// *Ann Lee Wins Ohio* is a headline about Ann Lee, and *Meeting Ann Lee* starts a sentence.
    fn merge_headlines(&mut self) {
        let merged: Vec<u32> =
            (0..self.people.len() as u32).map(|it| self.main_of(it).unwrap_or(it)).collect();
        for person in self.named.iter_mut().flatten() {
            *person = merged[*person as usize];
        }
    }

    /// The person whose name a longer name holds by mistake.
    fn main_of(&self, person: u32) -> Option<u32> {
        let found = &self.people[person as usize];
        let words = found.words.as_slice();
        let main = |surname: u32, fits: &dyn Fn(&[u32]) -> bool| {
            let namesakes = self.by_last_name.get(&surname)?.iter().rev().copied();
            namesakes.filter(|&it| it != person).find(|&it| {
                let other = &self.people[it as usize];
                !other.opens
                    && other.words.length > 1
                    && other.sex * found.sex >= 0
                    && fits(other.words.as_slice())
            })
        };
        let starts = || (words.len() > 2).then(|| main(words[1], &|it| it == &words[..2])).flatten();
        let ends = || main(*words.last()?, &|it| words.len() == 2 || words.ends_with(it));
        starts().or_else(|| if found.opens { ends() } else { None })
    }

    /// *the Secretary-General*: whoever was last called that. *a spokesman* and *officials* are nobody known.
    fn by_role(&self, page: Page<'_>, mention: &Mention) -> Option<u32> {
        let head = &page.words[mention.last as usize];
        let opening = &page.words[mention.first as usize];
        let definite = mention.first != mention.last && is_definite(opening) || head.shape == Shape::Capital;
        if head.is(Classes::PLURAL) || !definite {
            return None;
        }
        self.by_role.get(&head.hash).copied()
    }

    /// *The Secretary-General, António Guterres* and *António Guterres, the Secretary-General*: the role goes to the name.
    fn link_apposition(&mut self, page: Page<'_>, mentions: &[Mention], index: usize) {
        let Some(before) = index.checked_sub(1) else { return };
        let (first, second) = (&mentions[before], &mentions[index]);
        let tied = first.last + 2 == second.first && page.words[first.last as usize + 1].sign == ',';
        let (role, named) = match (first.kind, second.kind) {
            (Kind::Role, Kind::Name) => (first, index),
            (Kind::Name, Kind::Role) => (second, before),
            _ => return,
        };
        let Some(person) = self.named[named].filter(|_| tied) else { return };
        let word = &page.words[role.last as usize];
        if !word.is(Classes::PLURAL) {
            self.by_role.insert(word.hash, person);
            let known = &mut self.people[person as usize];
            known.human = Human::Sure;
            known.office = known.office.take().or_else(|| offices::stated(page, role));
        }
    }

    /// Takes in the next mention and returns whom it means.
    fn hear(&mut self, page: Page<'_>, mentions: &[Mention], index: usize) -> Option<Meant> {
        let sentence = |it: usize| page.words[mentions[it].first as usize].sentence;
        if index.checked_sub(1).is_some_and(|before| sentence(before) != sentence(index)) {
            self.sentences += 1;
        }
        let mention = &mentions[index];
        if mention.kind == Kind::Plain {
            self.hear_names_in(&page.words[mention.first as usize..=mention.last as usize]);
        }
        let meant = self.meant(page, mentions, index)?;
        self.bring(meant.person, weight_of(page, mention));
        Some(meant)
    }

    /// *the Lee campaign* brings Lee to mind.
    fn hear_names_in(&mut self, words: &[Word]) {
        for word in words.iter().filter(|it| it.shape == Shape::Capital) {
            let person = self.by_last_name.get(&word.hash).and_then(|it| it.last().copied());
            if let Some(person) = person.filter(|&it| self.people[it as usize].human == Human::Sure) {
                self.bring(person, ASIDE);
            }
        }
    }

    /// Whom a mention means, by what is known and who is present.
    fn meant(&self, page: Page<'_>, mentions: &[Mention], index: usize) -> Option<Meant> {
        let mention = &mentions[index];
        let basis = match mention.kind {
            Kind::Name => Basis::Name,
            Kind::Role => Basis::Role,
            Kind::Plain => return None,
            Kind::Pronoun if page.words[mention.first as usize].is(Classes::RELATIVE) => {
                let before = index.checked_sub(1)?;
                let near = mentions[before].full_last + 2 >= mention.first;
                let person = self.named[before].filter(|_| near)?;
                return Some(Meant { person, basis: Basis::Relative });
            }
            Kind::Pronoun => return self.by_pronoun(&page.words[mention.first as usize]),
        };
        Some(Meant { person: self.named[index]?, basis })
    }

    fn by_pronoun(&self, word: &Word) -> Option<Meant> {
        let sex = sex_of(word.classes);
        if sex == 0 || word.is(Classes::PLURAL) {
            return None;
        }
        let weigh =
            |it: &Presence| (self.people[it.person as usize].share(sex) * it.now(self.sentences), it.person);
        let (weight, person) = self.present.iter().map(weigh).max_by_key(|it| it.0).filter(|it| it.0 > 0)?;
        let rivals = self.present.iter().map(weigh).filter(|it| it.1 != person);
        let next = rivals.map(|it| it.0).max().unwrap_or(0);
        Some(Meant { person, basis: Basis::Pronoun { rival: (next / (weight / 100).max(1)).min(100) as u8 } })
    }

    /// Makes a person more present.
    fn bring(&mut self, person: u32, weight: u32) {
        let now = self.sentences;
        let known = self.present.iter().position(|it| it.person == person);
        let before = known.map_or(0, |at| self.present.remove(at).now(now));
        if self.present.len() == PRESENT_MAX {
            let least = (0..PRESENT_MAX).min_by_key(|&it| self.present[it].now(now)).unwrap_or(0);
            self.present.remove(least);
        }
        self.present.push(Presence { person, weight: before.max(weight), sentence: now });
    }
}

impl Presence {
    /// What is left of it by a later sentence.
    fn now(&self, sentence: u32) -> u32 {
        self.weight >> (FADING * (sentence - self.sentence)).min(31)
    }
}

impl Person {
    /// Takes over what a later mention tells.
    fn learn(&mut self, found: Person) {
        if found.sex.abs() > self.sex.abs() {
            self.sex = found.sex;
        }
        let (known, new) = (self.words.length, found.words.length);
        // A name that is cut to its last word is a person's: places and bodies keep theirs whole.
        let cut = (known == 1) != (new == 1) && self.human != Human::No;
        self.human = if cut { Human::Sure } else { self.human.max(found.human) };
        let fuller = if known > 1 && found.opens { false } else { new > known || new > 1 && self.opens };
        if fuller {
            (self.name, self.words, self.opens) = (found.name, found.words, found.opens);
        }
        self.office = self.office.take().or(found.office);
    }

    /// Whether two names with the same surname can be one person's: no two different first names, no two sexes.
    fn is_same(&self, found: &Person) -> bool {
        let (known, new) = (self.words.as_slice(), found.words.as_slice());
        let names = known.first() == new.first() || known.len() == 1 || new.len() == 1;
        (names || known.ends_with(new) || new.ends_with(known)) && self.sex * found.sex >= 0
    }

    /// How readily a pronoun of this sex means the person, in percent.
    fn share(&self, sex: i32) -> u32 {
        let doubt = match self.human {
            Human::No => 0,
            Human::Hardly => HARDLY_SHARE,
            Human::Maybe => DOUBTFUL_SHARE,
            Human::Sure => 100,
        };
        match self.sex * sex {
            ..0 => 0,
            0 => doubt * UNTOLD_SHARE / 100,
            1.. => doubt,
        }
    }
}

impl Words {
    fn of(words: &[Word]) -> Words {
        let mut hashes = [0; NAME_WORDS_MAX];
        hashes.iter_mut().zip(words).for_each(|(hash, word)| *hash = word.hash);
        Words { hashes, length: words.len() }
    }

    fn as_slice(&self) -> &[u32] {
        &self.hashes[..self.length]
    }
}

/// The last word of a name, *Jr.* aside.
fn surname_of(words: &[Word]) -> &Word {
    let (last, rest) = words.split_last().expect("a name has words");
    match rest.last() {
        Some(before) if last.is(Classes::SUFFIX) => before,
        _ => last,
    }
}

/// How present a mention makes whom it means.
fn weight_of(page: Page<'_>, mention: &Mention) -> u32 {
    let before = (mention.first as usize).checked_sub(1).map(|at| &page.words[at]);
    let placed = before.is_some_and(|it| it.is(Classes::PREPOSITION));
    let owner = page.words.get(mention.last as usize + 1).is_some_and(|it| it.shape == Shape::Possessive);
    match mention.relation {
        _ if starts_sentence(page, mention.first as usize) && !owner => SUBJECT,
        Relation::According => SUBJECT,
        _ if placed || owner => ASIDE,
        Relation::Subject | Relation::Inverted => SUBJECT,
        _ if mention.acts => SUBJECT,
        Relation::Before | Relation::Without => OBJECT,
    }
}

fn starts_sentence(page: Page<'_>, first: usize) -> bool {
    first.checked_sub(1).is_none_or(|before| page.words[before].sentence != page.words[first].sentence)
}

/// *Ann Lee* in *Secretary of State Ann Lee*: the name that a role carries on to without a break.
fn office_holder(mentions: &[Mention], index: usize) -> Option<&Mention> {
    let (role, next) = (&mentions[index], mentions.get(index + 1)?);
    let inside = next.kind == Kind::Name && next.last == role.full_last && next.first == role.last + 2;
    (inside && next.name_first > next.first).then_some(next)
}

fn is_definite(word: &Word) -> bool {
    word.shape == Shape::Capital && !word.is(Classes::DETERMINER) || word.is(Classes::DEFINITE)
}

/// 1 for a word that tells a man, -1 for a woman, else 0.
fn sex_of(classes: Classes) -> i32 {
    i32::from(classes.any(Classes::MALE)) - i32::from(classes.any(Classes::FEMALE))
}

/// Word hashes are hashes already; spreading their bits is enough.
#[derive(Debug, Default, Clone, Copy)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(byte.into());
        }
    }

    fn write_u32(&mut self, hash: u32) {
        self.0 = (self.0 ^ u64::from(hash)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
