//! Finds the documents that share a band with a new one.
//!
//! In go the band keys of each kept document; out come the numbers of those that have a key
//! in common with the keys asked for, in the same band.
//!
//! Each band is a hash table of its own, from keys to the last member that has the key; the members before it hang
//! on a chain. So asking for a key costs one memory access, a bucket may be as crowded as it likes without
//! disturbing others, and a member takes 16 to 28 bytes a band.
//!
//! Of a crowded bucket only the last members are visited ([`VISITED_MAX`]), so that a million pages of one
//! site, which share their boilerplate and are no duplicates, take time in proportion to their number and not to its square.
//! A duplicate is missed by that only if a thousand other kept documents stand between it and its
//! first in *every* band that the two share, that is, if nearly all they share is boilerplate: better removed before.
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
    /// How many slots each band has: a power of two, at most two thirds in use.
    slots_per_band: usize,
    /// Linear probing, band after band.
    slots: Vec<Slot>,
    /// For each member, band after band: the member before it in the same bucket, or [`NOBODY`].
    before: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Slot {
    key: u32,
    /// The last member with this key, or [`NOBODY`].
    last: u32,
}

/// How many members of one bucket are visited.
///
/// With 1,000, ten thousand pages with two thirds of their words in common take 2.5 seconds at similarity 0.7 (one core).
pub const VISITED_MAX: usize = 1000;

const NOBODY: u32 = u32::MAX;
const FREE: Slot = Slot { key: 0, last: NOBODY };

impl Buckets {
    /// Empty buckets for this many bands.
    pub fn new(bands: usize) -> Self {
        let slots_per_band = 64;
        Buckets { bands, slots_per_band, slots: vec![FREE; bands * slots_per_band], before: Vec::new() }
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.before.len().checked_div(self.bands).unwrap_or(0)
    }

    /// Whether there is no member yet.
    pub fn is_empty(&self) -> bool {
        self.before.is_empty()
    }

    /// Adds a member with one key a band.
    ///
    /// # Panics
    ///
    /// When there is not one key a band, or at more than 4 billion members.
    pub fn insert(&mut self, keys: &[u32]) {
        assert_eq!(keys.len(), self.bands, "one key a band");
        if self.len() * 3 >= self.slots_per_band * 2 {
            self.double();
        }
        let member = u32::try_from(self.len()).expect("fewer than 4 billion documents are kept");
        for (band, key) in keys.iter().enumerate() {
            let slot = self.slot(band, *key);
            self.before.push(self.slots[slot].last);
            self.slots[slot] = Slot { key: *key, last: member };
        }
    }

    /// Calls `visit` with every member that has one of `keys` in its band, in no useful order, and
    /// once for each band that is shared; in crowded buckets, with the last [`VISITED_MAX`].
    pub fn for_each_sharing(&self, keys: &[u32], mut visit: impl FnMut(u32)) {
        if !self.any_home_in_use(keys) {
            return;
        }
        for (band, key) in keys.iter().enumerate() {
            let mut member = self.slots[self.slot(band, *key)].last;
            for _ in 0..VISITED_MAX {
                if member == NOBODY {
                    break;
                }
                visit(member);
                member = self.before[member as usize * self.bands + band];
            }
        }
    }

    /// Whether any of the places where `keys` are looked for first is in use.
    ///
    /// Says so without a branch between one place and the next, so that the processor fetches them all at the
    /// same time: with tables larger than its cache, that is where the time goes.
    fn any_home_in_use(&self, keys: &[u32]) -> bool {
        let homes = keys.iter().enumerate().map(|(band, key)| {
            let place = *key as usize & (self.slots_per_band - 1);
            self.slots[band * self.slots_per_band + place].last
        });
        homes.fold(false, |in_use, last| in_use | (last != NOBODY))
    }

    /// Where `key` is in the table of `band`, or the free slot where it would be.
    fn slot(&self, band: usize, key: u32) -> usize {
        let table = &self.slots[band * self.slots_per_band..][..self.slots_per_band];
        let mut place = key as usize & (table.len() - 1);
        while table[place].last != NOBODY && table[place].key != key {
            place = (place + 1) & (table.len() - 1);
        }
        band * self.slots_per_band + place
    }

    fn double(&mut self) {
        let smaller = std::mem::take(&mut self.slots);
        let smaller_per_band = self.slots_per_band;
        self.slots_per_band *= 2;
        self.slots = vec![FREE; self.bands * self.slots_per_band];
        for (i, slot) in smaller.iter().enumerate().filter(|(_, slot)| slot.last != NOBODY) {
            let place = self.slot(i / smaller_per_band, slot.key);
            self.slots[place] = *slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_a_crowded_bucket_the_last_are_visited() {
        let mut buckets = Buckets::new(1);
        for _ in 0..2 * VISITED_MAX {
            buckets.insert(&[7]);
        }
        let mut found = Vec::new();
        buckets.for_each_sharing(&[7], |member| found.push(member as usize));
        assert!(found.into_iter().rev().eq(VISITED_MAX..2 * VISITED_MAX));
    }

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
