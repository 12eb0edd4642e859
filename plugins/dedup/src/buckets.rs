//! Finds the documents that share a band with a new one.
//!
//! In go the band keys of each kept document; out come the numbers of those that have a key
//! in common with the keys asked for, in the same band.
//!
//! Each band is a hash table of its own whose chains run through `links`: 8 bytes a document and band,
//! and 4 to 8 for the table, and a chain is as long as it must be, without disturbing others. What
//! happens to crowded buckets is decided by the caller (`index` passes a cheap sketch over them).
//!
//! Not here: where keys come from (`features`), how many bands there are (`bands`).

/// The buckets of all bands. Members are numbered from 0 in the order of insertion.
///
/// # Examples
///
/// ```
/// use dedup::buckets::Buckets;
///
/// let mut buckets = Buckets::new(2);
/// buckets.insert(&[7, 1]);
/// buckets.insert(&[8, 7]);
/// let mut found = Vec::new();
/// buckets.for_each_sharing(&[7, 7], |member| found.push(member));
/// assert_eq!(found, [0, 1], "each in its band");
/// ```
pub struct Buckets {
    bands: usize,
    /// How many slots each band has; a power of two.
    slots: usize,
    /// The last member of each slot, band after band.
    heads: Vec<u32>,
    /// One link a member and band.
    links: Vec<Link>,
}

#[derive(Clone, Copy)]
struct Link {
    key: u32,
    /// The member before this one in the same slot, or [`NOBODY`].
    before: u32,
}

const NOBODY: u32 = u32::MAX;

impl Buckets {
    /// Empty buckets for this many bands.
    pub fn new(bands: usize) -> Self {
        let slots = 1024;
        Buckets { bands, slots, heads: vec![NOBODY; bands * slots], links: Vec::new() }
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.links.len().checked_div(self.bands).unwrap_or(0)
    }

    /// Whether there is no member yet.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Adds a member with one key a band.
    ///
    /// # Panics
    ///
    /// When there is not one key a band, or at more than 4 billion members.
    pub fn insert(&mut self, keys: &[u32]) {
        assert_eq!(keys.len(), self.bands, "one key a band");
        if self.len() >= self.slots {
            self.double();
        }
        let member = u32::try_from(self.len()).expect("fewer than 4 billion documents are kept");
        for (band, key) in keys.iter().enumerate() {
            let slot = self.slot(band, *key);
            self.links.push(Link { key: *key, before: self.heads[slot] });
            self.heads[slot] = member;
        }
    }

    /// Calls `visit` with every member that has one of `keys` in its band, in no useful order, and
    /// once for each band that is shared.
    pub fn for_each_sharing(&self, keys: &[u32], mut visit: impl FnMut(u32)) {
        for (band, key) in keys.iter().enumerate() {
            let mut member = self.heads[self.slot(band, *key)];
            while member != NOBODY {
                let link = self.links[member as usize * self.bands + band];
                if link.key == *key {
                    visit(member);
                }
                member = link.before;
            }
        }
    }

    fn slot(&self, band: usize, key: u32) -> usize {
        band * self.slots + (key as usize & (self.slots - 1))
    }

    fn double(&mut self) {
        self.slots *= 2;
        self.heads = Vec::new(); // freed before the larger one is made
        self.heads = vec![NOBODY; self.bands * self.slots];
        for i in 0..self.links.len() {
            let (member, band) = (i / self.bands, i % self.bands);
            let slot = self.slot(band, self.links[i].key);
            self.links[i].before = std::mem::replace(&mut self.heads[slot], member as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_who_share_a_band_are_found_and_nobody_else(
            members in prop::collection::vec(prop::array::uniform3(0..50u32), 0..200),
            repeated in 1..20usize, // so that the tables must grow
            keys in prop::array::uniform3(0..50u32),
        ) {
            let members: Vec<[u32; 3]> = members.repeat(repeated);
            let mut buckets = Buckets::new(3);
            for member in &members {
                buckets.insert(member);
            }
            let mut found = Vec::new();
            buckets.for_each_sharing(&keys, |member| found.push(member));
            found.sort_unstable();
            let mut naive = Vec::new();
            for (i, member) in members.iter().enumerate() {
                let shared = member.iter().zip(&keys).filter(|(a, b)| a == b).count();
                naive.extend(std::iter::repeat_n(i as u32, shared));
            }
            prop_assert_eq!(found, naive);
            prop_assert_eq!(buckets.len(), members.len());
        }
    }
}
