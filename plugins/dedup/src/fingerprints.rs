//! Finds the document that has the same fingerprint as a new one.
//!
//! In go 128-bit fingerprints; out comes the number of the one that is equal. A table of 4-byte slots over the
//! plain list of fingerprints: 24 to 32 bytes a document, where a hash map of the standard library takes up to 60.
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
    /// Number of a fingerprint, or [`FREE`]; a power of two, at most two thirds in use.
    slots: Vec<u32>,
}

const FREE: u32 = u32::MAX;

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
        self.fingerprints.capacity() * size_of::<u128>() + self.slots.len() * size_of::<u32>()
    }

    /// How much more they take, for a while, with another one.
    pub fn growth_bytes(&self) -> usize {
        let slots = if self.is_full() { 2 * self.slots.len() * size_of::<u32>() } else { 0 };
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
        while self.slots[slot] != FREE {
            let number = self.slots[slot];
            if self.fingerprints[number as usize] == fingerprint {
                return Some(number);
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
        self.slots = vec![FREE; slots];
        for number in 0..self.len() as u32 {
            self.place(number);
        }
    }

    fn place(&mut self, number: u32) {
        let mut slot = self.home(self.fingerprints[number as usize]);
        while self.slots[slot] != FREE {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = number;
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
