//! Knows the people of a text and which of them a mention means.
//!
//! In go the mentions of a text, first to last; a mention then resolves to a person: a surname to the person of that
//! name, *the Secretary-General* to the one last called that, *she* to the last woman who spoke or acted.
//! A person's name is the fullest form that the text has for it.
//!
//! Reading order is all there is to it: what a text says of a person later does not change whom an earlier *he* meant,
//! only how that person is called. When nobody fits, a mention resolves to nobody.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use crate::context::Page;
use crate::lexicon::{Classes, word_hash};
use crate::mentions::{Kind, Mention, Relation};
use crate::offices::{self, Office};
use crate::words::Shape;

/// The people of one text, met up to some mention.
#[derive(Debug, Default)]
pub struct People {
    people: Vec<Person>,
    by_last_name: HashMap<u32, Vec<u32>, BuildHasherDefault<WordHasher>>,
    by_first_name: HashMap<u32, u32, BuildHasherDefault<WordHasher>>,
    by_role: HashMap<u32, u32, BuildHasherDefault<WordHasher>>,
    /// Who acted or spoke, the latest last; bounded.
    recent: Vec<u32>,
    /// Who was mentioned in whatever role, the latest last; bounded.
    mentioned: Vec<u32>,
    /// The person whom the mention before this one names, if it does.
    before: Option<u32>,
    /// What spoke for the person of the mention read last.
    basis: Basis,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Basis {
    /// The mention is the name, or a part of it.
    #[default]
    Name,
    /// *the Secretary-General*: whoever was last called that.
    Role,
    /// *who*, right behind the name.
    Relative,
    /// *she*: the last woman who spoke or acted.
    Pronoun {
        /// Nobody else of those mentioned lately may be meant.
        alone: bool,
        /// The text told before that the person is a man or a woman.
        told: bool,
    },
}

/// One person, or a body with a name.
#[derive(Debug, Clone)]
struct Person {
    /// The fullest form of the name, in bytes.
    name: Range<usize>,
    /// How many words the fullest form has.
    length: usize,
    first: u32,
    sex: Sex,
    human: Human,
    /// What the text says this person is, where it said so first.
    office: Option<Office>,
}

/// How sure it is that a name is a person's and not that of a place or a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Human {
    No,
    Maybe,
    Sure,
}

/// What the text tells of a person's sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sex {
    Unknown,
    Male,
    Female,
}

/// So many of those who acted last are remembered.
const RECENT_MAX: usize = 12;
/// A name of more words is a headline or a list.
const NAME_WORDS_MAX: usize = 5;
/// At most so many people of one surname are told apart.
const NAMESAKES_MAX: usize = 8;

impl People {
    /// Forgets everybody.
    pub fn clear(&mut self) {
        self.people.clear();
        self.by_last_name.clear();
        self.by_first_name.clear();
        self.by_role.clear();
        self.recent.clear();
        self.mentioned.clear();
        self.before = None;
        self.next = 0;
    }

    /// Reads on to mention number `index` and returns the person it means.
    ///
    /// Mentions must be asked for in ascending order; one that was passed already resolves by what is known now.
    pub fn resolve(&mut self, page: Page<'_>, mentions: &[Mention], index: usize) -> Option<Meant> {
        while self.next < index {
            self.read(page, mentions, self.next);
            self.next += 1;
        }
        self.next = self.next.max(index + 1);
        let person = self.read(page, mentions, index)?;
        self.acted(person);
        Some(Meant { person, basis: self.basis })
    }

    /// The person last met whose name ends in this word, whatever its case.
    pub fn called(&self, last: &str) -> Option<u32> {
        self.by_last_name.get(&word_hash(last))?.last().copied()
    }

    /// What the text read so far says a person is.
    pub fn office(&self, person: u32) -> Option<&Office> {
        self.people[person as usize].office.as_ref()
    }

    /// The fullest form of a person's name in the text read so far, in bytes.
    pub fn name(&self, person: u32) -> Range<usize> {
        self.people[person as usize].name.clone()
    }

    /// Takes in one mention and returns whom it means.
    fn read(&mut self, page: Page<'_>, mentions: &[Mention], index: usize) -> Option<u32> {
        let mention = &mentions[index];
        self.basis = Basis::Name;
        let person = match mention.kind {
            Kind::Name => self.meet(page, mention),
            Kind::Role => match office_holder(mentions, index) {
                Some(holder) => self.meet(page, holder),
                None => self.by_role(page, mention),
            },
            Kind::Pronoun => self.by_pronoun(page, mentions, index),
            Kind::Plain => None,
        };
        self.link_apposition(page, mentions, index, person);
        if let Some(person) = person.filter(|_| mention.kind != Kind::Pronoun && acts(page, mention)) {
            self.acted(person);
        }
        if let Some(person) = person {
            move_to_end(&mut self.mentioned, person);
        }
        self.before = person;
        person
    }

    fn acted(&mut self, person: u32) {
        move_to_end(&mut self.recent, person);
    }

    /// The person of this name, new or known; notes roles and sex that stand before the name.
    fn meet(&mut self, page: Page<'_>, mention: &Mention) -> Option<u32> {
        let (from, last) = (mention.name_first as usize, mention.last as usize);
        let length = last + 1 - from;
        if length > NAME_WORDS_MAX {
            return None;
        }
        let titles = &page.words[mention.first as usize..from];
        let titled = titles.iter().any(|it| it.is(Classes::HONORIFIC.or(Classes::ROLE)));
        let given = (length > 1).then(|| &page.words[from]); // a lone *Lee* is a surname
        let sex = titles.iter().chain(given).map(|it| sex_of(it.classes)).find(|&it| it != Sex::Unknown);
        let body = page.words[last].is(Classes::ORGANISATION)
            || titles.iter().any(|it| it.is(Classes::DETERMINER)) && !titled;
        let human = match () {
            () if body => Human::No,
            () if titled || sex.is_some() => Human::Sure,
            () => Human::Maybe,
        };
        let found = Person {
            name: page.words[from].start as usize..page.words[last].end as usize,
            length,
            first: page.words[from].hash,
            sex: sex.unwrap_or(Sex::Unknown),
            human,
            office: offices::stated(page, mention),
        };
        let person = self.known_as(page.words[last].hash, found);
        for word in titles.iter().filter(|it| it.is(Classes::ROLE.or(Classes::HONORIFIC))) {
            self.by_role.insert(word.hash, person);
        }
        Some(person)
    }

    /// The person known by this name, or a new one.
    fn known_as(&mut self, last: u32, found: Person) -> u32 {
        let namesakes = self.by_last_name.entry(last).or_default();
        let same = namesakes.iter().rev().copied().find(|&it| is_same(&self.people[it as usize], &found));
        let by_first = (found.length == 1).then(|| self.by_first_name.get(&last).copied()).flatten();
        let Some(person) = same.or(by_first) else {
            let person = self.people.len() as u32;
            if namesakes.len() < NAMESAKES_MAX {
                namesakes.push(person);
            }
            if found.length > 1 {
                self.by_first_name.insert(found.first, person);
            }
            self.people.push(found);
            return person;
        };
        self.people[person as usize].learn(&found);
        if let Some(at) = namesakes.iter().position(|&it| it == person) {
            namesakes.remove(at);
            namesakes.push(person);
        }
        if found.length > 1 {
            self.by_first_name.insert(found.first, person);
        }
        person
    }

    /// *the Secretary-General*: whoever was last called that. *a spokesman* and *officials* are nobody known.
    fn by_role(&mut self, page: Page<'_>, mention: &Mention) -> Option<u32> {
        let head = &page.words[mention.last as usize];
        let opening = &page.words[mention.first as usize];
        let definite = mention.first != mention.last && is_definite(opening) || head.shape == Shape::Capital;
        if head.is(Classes::PLURAL) || !definite {
            return None;
        }
        self.basis = Basis::Role;
        self.by_role.get(&head.hash).copied()
    }

    fn by_pronoun(&mut self, page: Page<'_>, mentions: &[Mention], index: usize) -> Option<u32> {
        let word = &page.words[mentions[index].first as usize];
        if word.is(Classes::RELATIVE) {
            self.basis = Basis::Relative;
            let near = index
                .checked_sub(1)
                .is_some_and(|before| mentions[before].full_last + 2 >= mentions[index].first);
            return self.before.filter(|_| near);
        }
        let sex = sex_of(word.classes);
        if sex == Sex::Unknown || word.is(Classes::PLURAL) {
            return None;
        }
        let acted = |human| latest(&self.people, &self.recent, |it| it.may_be(sex, human));
        let person = acted(Human::Sure)
            .or_else(|| latest(&self.people, &self.mentioned, |it| it.sex == sex))
            .or_else(|| acted(Human::Maybe))?;
        let other = |it: &&u32| **it != person && self.people[**it as usize].may_be(sex, Human::Sure);
        self.basis = Basis::Pronoun {
            alone: !self.mentioned.iter().any(|it| other(&it)),
            told: self.people[person as usize].sex == sex,
        };
        let known = &mut self.people[person as usize];
        if known.human == Human::Sure {
            known.sex = sex;
        }
        Some(person)
    }

    /// *The Secretary-General, António Guterres* and *António Guterres, the Secretary-General*: the role goes to the name.
    fn link_apposition(&mut self, page: Page<'_>, mentions: &[Mention], index: usize, person: Option<u32>) {
        let Some(before) = index.checked_sub(1).map(|before| &mentions[before]) else { return };
        let mention = &mentions[index];
        let tied = before.last + 2 == mention.first && page.words[before.last as usize + 1].sign == ',';
        if !tied {
            return;
        }
        let (role, person) = match (before.kind, mention.kind) {
            (Kind::Role, Kind::Name) => (before.last, person),
            (Kind::Name, Kind::Role) => (mention.last, self.before),
            _ => return,
        };
        let Some(person) = person else { return };
        let word = &page.words[role as usize];
        if !word.is(Classes::PLURAL) {
            self.by_role.insert(word.hash, person);
            let known = &mut self.people[person as usize];
            known.human = Human::Sure;
            let stated = if before.kind == Kind::Role { before } else { mention };
            known.office = known.office.take().or_else(|| offices::stated(page, stated));
        }
    }
}

impl Person {
    /// Takes over what a later mention tells.
    fn learn(&mut self, found: &Person) {
        if self.sex == Sex::Unknown {
            self.sex = found.sex;
        }
        self.office = self.office.take().or_else(|| found.office.clone());
        // A name that is cut to its last word is a person's: places and bodies keep theirs whole.
        let cut = (self.length == 1) != (found.length == 1) && self.human != Human::No;
        self.human = if cut { Human::Sure } else { self.human.max(found.human) };
        if found.length > self.length {
            (self.name, self.length, self.first) = (found.name.clone(), found.length, found.first);
        }
    }

    fn may_be(&self, sex: Sex, human: Human) -> bool {
        self.human >= human && (self.sex == sex || self.sex == Sex::Unknown)
    }
}

fn latest(people: &[Person], list: &[u32], fits: impl Fn(&Person) -> bool) -> Option<u32> {
    list.iter().rev().copied().find(|&it| fits(&people[it as usize]))
}

fn move_to_end(list: &mut Vec<u32>, person: u32) {
    list.retain(|&it| it != person);
    if list.len() == RECENT_MAX {
        list.remove(0);
    }
    list.push(person);
}

/// Whether two names with the same last word can be one person's: no two different first names, no two sexes.
fn is_same(known: &Person, found: &Person) -> bool {
    let names = known.length == 1 || found.length == 1 || known.first == found.first;
    let sexes = known.sex == found.sex || known.sex == Sex::Unknown || found.sex == Sex::Unknown;
    names && sexes
}

/// Whether a mention is what its sentence is about: it starts the sentence or speaks.
fn acts(page: Page<'_>, mention: &Mention) -> bool {
    let first = mention.first as usize;
    let starts =
        first.checked_sub(1).is_none_or(|before| page.words[before].sentence != page.words[first].sentence);
    let placed = first.checked_sub(1).is_some_and(|before| page.words[before].is(Classes::PREPOSITION));
    let according = mention.relation == Relation::According;
    starts
        || (according || !placed)
            && matches!(mention.relation, Relation::Subject | Relation::Inverted | Relation::According)
}

/// *Ann Lee* in *Secretary of State Ann Lee*: the name that a role carries on to without a break.
fn office_holder(mentions: &[Mention], index: usize) -> Option<&Mention> {
    let (role, next) = (&mentions[index], mentions.get(index + 1)?);
    let inside = next.kind == Kind::Name && next.last == role.full_last && next.first == role.last + 2;
    (inside && next.name_first > next.first).then_some(next)
}

fn is_definite(word: &crate::words::Word) -> bool {
    word.shape == Shape::Capital && !word.is(Classes::DETERMINER) || word.is(Classes::DEFINITE)
}

fn sex_of(classes: Classes) -> Sex {
    match (classes.any(Classes::MALE), classes.any(Classes::FEMALE)) {
        (true, false) => Sex::Male,
        (false, true) => Sex::Female,
        _ => Sex::Unknown,
    }
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
