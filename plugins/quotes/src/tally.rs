//! Counts who said how much in a corpus.
//!
//! In goes, document after document, how often each person is quoted; out come [`Person`]s, those quoted most first. A person is
//! a name: two people of one name in different documents are one here, and one person under two names is two.
//! What is new since the last save can be taken out, so that a run that was cut short goes on where it was.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// How often one person is quoted, in one document or in many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All quotations.
    pub quotes: u64,
    /// Of these, whole sentences in quotation marks.
    pub direct: u64,
    /// Fragments in quotation marks.
    pub mixed: u64,
    /// What is told in the writer's words.
    pub indirect: u64,
}

/// A person in the corpus so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name.
    pub person: String,
    /// How often quoted.
    #[serde(flatten)]
    pub counts: Counts,
    /// In how many documents.
    pub documents: u64,
    /// The id of the first document that quotes the person.
    pub first: String,
    /// The id of the last one.
    pub last: String,
}

/// The people of a corpus.
#[derive(Debug, Default)]
pub struct Tally {
    people: BTreeMap<String, Person>,
    /// Who changed since the last [`Tally::changes`].
    changed: BTreeSet<String>,
}

impl Counts {
    /// Counts one quotation of this kind.
    pub fn add(&mut self, kind: &str) {
        self.quotes += 1;
        match kind {
            "direct" => self.direct += 1,
            "mixed" => self.mixed += 1,
            "indirect" => self.indirect += 1,
            _ => {}
        }
    }
}

impl Tally {
    /// Takes in one person of the next document.
    pub fn add(&mut self, person: String, counts: Counts, document: &str) {
        self.changed.insert(person.clone());
        let known = self.people.entry(person).or_insert_with_key(|person| Person {
            person: person.clone(),
            counts: Counts::default(),
            documents: 0,
            first: document.to_owned(),
            last: String::new(),
        });
        known.counts.quotes += counts.quotes;
        known.counts.direct += counts.direct;
        known.counts.mixed += counts.mixed;
        known.counts.indirect += counts.indirect;
        known.documents += 1;
        document.clone_into(&mut known.last);
    }

    /// Everybody, those quoted most first, then by name.
    pub fn people(&self) -> Vec<&Person> {
        let mut people: Vec<&Person> = self.people.values().collect();
        people.sort_by(|a, b| b.counts.quotes.cmp(&a.counts.quotes).then_with(|| a.person.cmp(&b.person)));
        people
    }

    /// Those who changed since the last call, as they are now.
    pub fn changes(&mut self) -> Vec<&Person> {
        let changed = std::mem::take(&mut self.changed);
        changed.iter().filter_map(|person| self.people.get(person)).collect()
    }

    /// Takes back one of those that [`Tally::changes`] gave; a later state of the same person replaces an earlier one.
    pub fn restore(&mut self, person: Person) {
        self.people.insert(person.person.clone(), person);
    }
}
