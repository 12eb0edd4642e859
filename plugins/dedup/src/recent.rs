//! The kept documents that are in memory: the last ones, or all.
//!
//! In go features, in corpus order; out come the documents that have a fingerprint or a key in common with another.
//!
//! Not here: the older ones on disk (`segment`), and what is made of both (`index`).

use crate::buckets::{Buckets, growth_bytes};
use crate::features::{Features, Measure, Shingles, shingle_key};
use crate::fingerprints::Fingerprints;
use crate::record::Record;
use crate::records::Records;
use crate::shingle_set::Members;

/// Documents in memory. Their numbers go on where those of older ones end.
pub struct Recent {
    /// The number of the first one.
    first: u32,
    measure: Option<Measure>,
    fingerprints: Fingerprints,
    buckets: Buckets,
    /// Which document the postings of the buckets are from, counted from `first`.
    owners: Vec<u32>,
    /// Single shingles of documents in crowds, older ones on disk among them: one table.
    crowds: Buckets,
    /// The number of the document that each posting of `crowds` is from.
    crowd_owners: Vec<u32>,
    records: Records,
}

impl Recent {
    /// Nothing yet, after `first` older documents.
    pub fn new(first: u32, measure: Option<Measure>) -> Recent {
        Recent {
            first,
            measure,
            fingerprints: Fingerprints::default(),
            buckets: Buckets::new(measure.map_or(0, Measure::tables)),
            owners: Vec::new(),
            crowds: Buckets::new(1),
            crowd_owners: Vec::new(),
            records: Records::default(),
        }
    }

    /// The number of the first one.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The number of the one with this fingerprint.
    pub fn find(&self, fingerprint: u128) -> Option<u32> {
        self.fingerprints.find(fingerprint).map(|it| self.first + it)
    }

    /// Calls `visit` with those that have `key`, the last one first and at most `max` of them. Returns how many.
    pub fn visit(&self, table: usize, key: u32, max: usize, mut visit: impl FnMut(u32)) -> usize {
        if table == self.tables() {
            return self.crowds.visit(0, key, max, |posting| visit(self.crowd_owners[posting as usize]));
        }
        self.buckets.visit(table, key, max, |posting| visit(self.first + self.owners[posting as usize]))
    }

    /// False only when none of `keys`, one a table, is known.
    pub fn may_hold_any(&self, keys: &[u32]) -> bool {
        self.buckets.may_hold_any(keys)
    }

    /// The record of a document.
    pub fn record(&self, number: u32) -> Record<'_> {
        Record::read(self.record_bytes(number)).expect("what is in memory is as it was written")
    }

    /// The same as bytes.
    pub fn record_bytes(&self, number: u32) -> &[u8] {
        self.records.get((number - self.first) as usize)
    }

    /// The fingerprints of all, in their order.
    pub fn fingerprints(&self) -> &[u128] {
        self.fingerprints.as_slice()
    }

    /// Keeps another document, which [`find`](Self::find) does not find.
    ///
    /// # Panics
    ///
    /// At more than 4 billion documents.
    pub fn insert(&mut self, name: &str, place: u64, features: &Features) {
        let local = u32::try_from(self.len()).expect("fewer than 4 billion documents are kept");
        assert!(self.first.checked_add(local + 1).is_some(), "fewer than 4 billion documents are kept");
        self.fingerprints.insert(features.fingerprint);
        let shingles = features.shingles.as_ref();
        self.records.push(Record::bytes(name, shingles), |it| Record::write(name, place, shingles, it));
        let (Some(measure), Some(shingles)) = (self.measure, &features.shingles) else { return };
        match measure {
            Measure::Jaccard(_) => self.post(&shingles.keys, local),
            Measure::Containment => {
                Members::new(&shingles.set, shingles.len).for_each(|it| self.post(&[shingle_key(it)], local));
            }
        }
    }

    fn post(&mut self, keys: &[u32], local: u32) {
        self.buckets.insert(keys);
        self.owners.push(local);
    }

    /// Lets a document, which may be an older one on disk, be found by a single shingle.
    pub fn post_in_crowd(&mut self, key: u32, number: u32) {
        self.crowds.insert(&[key]);
        self.crowd_owners.push(number);
    }

    /// How many tables of keys there are, that of crowds, which is the last one, not counted.
    pub fn tables(&self) -> usize {
        self.measure.map_or(0, Measure::tables)
    }

    /// How many postings a table has.
    pub fn postings(&self, table: usize) -> usize {
        if table == self.tables() { self.crowds.len() } else { self.buckets.len() }
    }

    /// All keys of a table with the numbers of the documents that have them, ascending.
    pub fn entries(&self, table: usize) -> Vec<(u32, u32)> {
        let mut entries: Vec<(u32, u32)> = if table == self.tables() {
            let entries = self.crowds.entries(0);
            entries.map(|(key, posting)| (key, self.crowd_owners[posting as usize])).collect()
        } else {
            let entries = self.buckets.entries(table);
            entries.map(|(key, posting)| (key, self.first + self.owners[posting as usize])).collect()
        };
        entries.sort_unstable();
        entries
    }

    /// How much memory they take.
    pub fn bytes(&self) -> usize {
        self.fingerprints.bytes()
            + self.buckets.bytes()
            + self.crowds.bytes()
            + (self.owners.capacity() + self.crowd_owners.capacity()) * size_of::<u32>()
            + self.records.bytes()
    }

    /// How much memory they would take with another document, at the worst moment: while lists grow, or while
    /// all is written to disk, table by table.
    pub fn bytes_with(&self, name: &str, shingles: Option<&Shingles>) -> usize {
        let postings = match (self.measure, shingles) {
            (Some(Measure::Jaccard(_)), Some(_)) => 1,
            (Some(Measure::Containment), Some(shingles)) => shingles.len,
            _ => 0,
        };
        let in_crowd = shingles.filter(|_| !self.crowds.is_empty()).map_or(0, |it| it.len);
        let growth = self.fingerprints.growth_bytes()
            + self.buckets.growth_bytes(postings)
            + self.crowds.growth_bytes(in_crowd)
            + growth_bytes(&self.owners, postings)
            + growth_bytes(&self.crowd_owners, in_crowd)
            + self.records.growth_bytes(Record::bytes(name, shingles));
        let writing = self.len().max(self.buckets.len()).max(self.crowds.len()) * size_of::<(u32, u32)>();
        self.bytes() + growth.max(writing)
    }
}
