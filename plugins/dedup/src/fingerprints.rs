//! Finds the document that has the same fingerprint as a new one.
//!
//! In go 128-bit fingerprints; out comes the number of the one that is equal. A table of 4-byte slots over the
//! plain list of fingerprints, and a byte of each fingerprint beside its slot: 24 to 36 bytes a document, where a hash map
//! of the standard library takes up to 60.
//!
//! Not here: what a fingerprint is taken of (`features`).

use crate::buckets::growth_bytes;

/// The fingerprints seen so far, numbered from 0 in the order of insertion.
///
/// # Examples
///
/// ```
/// let mut seen = dedup::fingerprints::Fingerprints::default();
/// seen.insert(77);
/// assert_eq!(seen.find(77), Some(0));
/// assert_eq!(seen.find(78), None);
/// ```
#[derive(Default)]
pub struct Fingerprints {
    fingerprints: Vec<u128>,
    /// Numbers of fingerprints; a power of two, at most two thirds in use.
    slots: Vec<u32>,
    /// What of its fingerprint stands for each slot in use, or [`FREE`]. These are so few bytes that they stay in a cache,
    /// and most fingerprints that are not there are told by them alone.
    tags: Vec<u8>,
}

const FREE: u8 = 0;
const SLOT_BYTES: usize = size_of::<u32>() + size_of::<u8>();

fn tag(fingerprint: u128) -> u8 {
    (fingerprint >> 64) as u8 | 1
}

impl Fingerprints {
    /// How many were inserted.
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether none was inserted yet.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// All of them, by number.
    pub fn as_slice(&self) -> &[u128] {
        &self.fingerprints
    }

    /// How much memory they take.
    pub fn bytes(&self) -> usize {
        self.fingerprints.capacity() * size_of::<u128>() + self.slots.len() * SLOT_BYTES
    }

    /// How much more they take, for a while, with another one.
    pub fn growth_bytes(&self) -> usize {
        let slots = if self.is_full() { 2 * self.slots.len() * SLOT_BYTES } else { 0 };
        slots + growth_bytes(&self.fingerprints, 1)
    }

    fn is_full(&self) -> bool {
        self.len() * 3 >= self.slots.len() * 2
    }

    /// The number of the first one that equals `fingerprint`.
    pub fn find(&self, fingerprint: u128) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.home(fingerprint);
        while self.tags[slot] != FREE {
            if self.tags[slot] == tag(fingerprint) {
                let number = self.slots[slot];
                if self.fingerprints[number as usize] == fingerprint {
                    return Some(number);
                }
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        None
    }

    /// Adds `fingerprint`, which [`find`](Self::find) has not found.
    ///
    /// # Panics
    ///
    /// At more than 4 billion fingerprints.
    pub fn insert(&mut self, fingerprint: u128) {
        let number = u32::try_from(self.len()).expect("fewer than 4 billion documents are kept");
        if self.is_full() {
            self.grow();
        }
        self.fingerprints.push(fingerprint);
        self.place(number);
    }

    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).max(64);
        (self.slots, self.tags) = (vec![0; slots], vec![FREE; slots]);
        for number in 0..self.len() as u32 {
            self.place(number);
        }
    }

    fn place(&mut self, number: u32) {
        let fingerprint = self.fingerprints[number as usize];
        let mut slot = self.home(fingerprint);
        while self.tags[slot] != FREE {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        (self.slots[slot], self.tags[slot]) = (number, tag(fingerprint));
    }

    fn home(&self, fingerprint: u128) -> usize {
        fingerprint as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_is_found_under_the_number_of_its_first_occurrence(
            fingerprints in prop::collection::vec(prop_oneof![0..100u128, any::<u128>()], 0..500),
        ) {
            let mut seen = Fingerprints::default();
            let mut naive: Vec<u128> = Vec::new();
            for fingerprint in fingerprints {
                let place = naive.iter().position(|it| *it == fingerprint);
                prop_assert_eq!(seen.find(fingerprint), place.map(|it| it as u32));
                if place.is_none() {
                    naive.push(fingerprint);
                    seen.insert(fingerprint);
                }
            }
            prop_assert_eq!(seen.len(), naive.len());
        }
    }
}
