//! Groups documents that tell one story, by the words they share and by time.
//!
//! Each document is a vector of its words, weighted by how often they stand in it and how rare they are in the corpus
//! (tf-idf). Documents are taken by date, then by place in the corpus; each joins the group to whose members it is most
//! like on average, if that is like enough and near enough in time, or begins a group of its own: single-pass clustering
//! with average linkage, the standard of topic detection (Yang, Pierce, Carbonell, “A study on retrospective and on-line
//! event detection”, SIGIR 1998).
//!
//! Time grows with the number of documents times constants, not with its square: groups are found through an index by
//! the heaviest words, of which the latest `HOLDERS_MAX` groups are looked at, and only the `RIVALS_MAX` that share
//! most of them are compared in full.
//!
//! Not here: dates as text, and which words a document is made of (`note`).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::digest::note::Note;
use crate::logarithm::ln;

/// A document as weighted words.
#[derive(Debug, Clone, Default)]
pub struct Vector {
    /// Word and weight, by word, ascending. Squares add up to 1.
    weights: Vec<(u32, f64)>,
    /// The heaviest words, heaviest first.
    heads: Vec<u32>,
}

/// So many of a document's words are in the index.
const HEADS: usize = 20;

/// As many documents of other subjects are taken to stand beside the corpus: in a corpus of five, that a word stands in
/// all of them says little.
const UNSEEN_DOCUMENTS: f64 = 1000.0;

/// The vectors of all documents.
#[must_use]
pub fn vectors(notes: &[Note]) -> Vec<Vector> {
    let mut holders: TermMap<u32> = TermMap::default();
    for (term, _) in notes.iter().flat_map(|note| &note.terms) {
        *holders.entry(*term).or_default() += 1;
    }
    let all = notes.len() as f64 + UNSEEN_DOCUMENTS;
    let rarity = |term: u32| ln(all / (f64::from(holders[&term]) + 1.0));
    notes.iter().map(|note| Vector::of(note, rarity)).collect()
}

impl Vector {
    fn of(note: &Note, rarity: impl Fn(u32) -> f64) -> Vector {
        let weight = |&(term, count): &(u32, u16)| (term, (1.0 + ln(f64::from(count))) * rarity(term));
        let mut weights: Vec<(u32, f64)> = note.terms.iter().map(weight).collect();
        let length = weights.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
        weights.iter_mut().for_each(|(_, weight)| *weight /= length);
        let mut heads = weights.clone();
        heads.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        heads.truncate(HEADS);
        Vector { weights, heads: heads.into_iter().map(|(term, _)| term).collect() }
    }
}

/// What makes documents tell one story.
#[derive(Debug, Clone, Copy)]
pub struct Grouping {
    /// The least likeness, 0 to 1, of a document to the members of its group, on average.
    pub similarity_min: f64,
    /// The most days between a document and the nearest one of its group. Documents without a date fit any day.
    pub days_max: i32,
}

impl Grouping {
    /// Returns the groups, by their first members, as indexes into `vectors` that ascend.
    ///
    /// `notes` are the notes of the same documents and tell their days.
    #[must_use]
    pub fn group(&self, vectors: &[Vector], notes: &[Note]) -> Vec<Vec<usize>> {
        let day = |member: usize| notes[member].date.as_ref().map(|(_, day)| *day);
        let mut order: Vec<usize> = (0..vectors.len()).collect();
        order.sort_by_key(|&member| (day(member), member));
        let mut groups = Groups::default();
        for member in order {
            let home = groups.home(&vectors[member], day(member), self);
            groups.add(home, member, &vectors[member], day(member));
        }
        let mut members: Vec<Vec<usize>> = groups.groups.into_iter().map(|group| group.members).collect();
        members.iter_mut().for_each(|group| group.sort_unstable());
        members.sort_unstable();
        members
    }
}

/// Of the groups that hold a word, so many are looked at, the latest first.
const HOLDERS_MAX: usize = 256;

/// So many groups are compared with a document in full.
const RIVALS_MAX: usize = 24;

#[derive(Debug, Default)]
struct Groups {
    groups: Vec<Group>,
    /// For each word, the groups that have it among their heads, in the order in which they came to it.
    holders: TermMap<Vec<u32>>,
    /// How many heads each group shares with the document at hand; all 0 between documents.
    shared: Vec<u32>,
}

#[derive(Debug, Default)]
struct Group {
    members: Vec<usize>,
    /// The sum of the members' vectors.
    sum: TermMap<f64>,
    /// The latest day of a member. Documents come by date, so that no member's is further from the next one's.
    latest: Option<i32>,
}

impl Groups {
    /// The group that `vector` belongs to; of equals the first.
    fn home(&mut self, vector: &Vector, day: Option<i32>, grouping: &Grouping) -> Option<usize> {
        let rivals = self.rivals(vector);
        let near = rivals.into_iter().filter(|&rival| self.groups[rival].is_near(day, grouping.days_max));
        let likeness = near.map(|rival| (self.groups[rival].likeness(vector), rival));
        let best = likeness
            .reduce(|best, it| if it.0 > best.0 || (it.0 == best.0 && it.1 < best.1) { it } else { best });
        best.filter(|(likeness, _)| *likeness >= grouping.similarity_min).map(|(_, rival)| rival)
    }

    /// The groups that share most heads with `vector`.
    fn rivals(&mut self, vector: &Vector) -> Vec<usize> {
        let mut rivals = Vec::new();
        for holders in vector.heads.iter().filter_map(|head| self.holders.get(head)) {
            for &group in holders.iter().rev().take(HOLDERS_MAX) {
                if self.shared[group as usize] == 0 {
                    rivals.push(group as usize);
                }
                self.shared[group as usize] += 1;
            }
        }
        rivals.sort_unstable_by_key(|&group| (u32::MAX - self.shared[group], group));
        rivals.iter().for_each(|&group| self.shared[group] = 0);
        rivals.truncate(RIVALS_MAX);
        rivals
    }

    fn add(&mut self, home: Option<usize>, member: usize, vector: &Vector, day: Option<i32>) {
        let home = home.unwrap_or_else(|| {
            self.groups.push(Group::default());
            self.shared.push(0);
            self.groups.len() - 1
        });
        let group = &mut self.groups[home];
        group.members.push(member);
        group.latest = group.latest.max(day);
        for &(term, weight) in &vector.weights {
            *group.sum.entry(term).or_default() += weight;
        }
        for &head in &vector.heads {
            let holders = self.holders.entry(head).or_default();
            if !holders.iter().rev().take(HOLDERS_MAX).any(|&group| group == home as u32) {
                holders.push(home as u32);
            }
        }
    }
}

impl Group {
    fn is_near(&self, day: Option<i32>, days_max: i32) -> bool {
        match (self.latest, day) {
            (Some(latest), Some(day)) => day - latest <= days_max,
            _ => true,
        }
    }

    /// The mean of the cosines between `vector` and the members.
    fn likeness(&self, vector: &Vector) -> f64 {
        let shared = vector.weights.iter().filter_map(|(term, weight)| Some(weight * self.sum.get(term)?));
        shared.sum::<f64>() / self.members.len() as f64
    }
}

type TermMap<T> = HashMap<u32, T, BuildHasherDefault<TermHasher>>;

/// Words are hashes already; spread them over the upper bits, where the map looks.
#[derive(Debug, Default)]
struct TermHasher(u64);

impl Hasher for TermHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(u32::from(byte)));
    }

    fn write_u32(&mut self, term: u32) {
        self.0 = (self.0 ^ u64::from(term)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}
