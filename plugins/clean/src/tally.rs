//! Counts keys, exactly while there are few of them and approximately, in bounded memory, once there are many.
//!
//! In go 64-bit keys that are hashes already, out come counts. Tallies of parts of a corpus can be merged in any order
//! and grouping and come to the same: a tally is exact if and only if all keys ever added to it or to its parts are no
//! more than the limit, and what an approximate one holds are sums. Forgetting rare keys on the way, as counting in
//! bounded memory is often done, would depend on which document came first.
//!
//! Approximately means a count-min sketch: four rows of cells, each key in one cell of each row, together with the
//! keys that happen to share it. A count from the sketch is the smallest of the four cells less eight times what an
//! average cell holds. It is too high for fewer than 1 key in 4,096 (by Markov's inequality, each row for itself; real
//! text does far better) and too low by at most those eight cells: where memory is short, lines stay rather than go.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

const ROWS: usize = 4;

/// How many times an average cell is taken off a count from the sketch.
const NOISE_FACTOR: u64 = 8;

/// A count for each key.
#[derive(Debug, Clone)]
pub struct Tally(Counts);

#[derive(Debug, Clone)]
enum Counts {
    Exact(HashMap<u64, Exact, BuildHasherDefault<KeyHasher>>),
    Sketch(Sketch),
}

/// What is known of a key while there are few: how often it was counted, and the smallest `seq` that it came with.
#[derive(Debug, Clone, Copy)]
struct Exact {
    count: u32,
    first: u64,
}

impl Exact {
    const NONE: Exact = Exact { count: 0, first: u64::MAX };

    fn add(&mut self, other: Exact) {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
    }
}

impl Default for Tally {
    fn default() -> Self {
        Tally(Counts::Exact(HashMap::default()))
    }
}

impl Tally {
    /// Counts `key` once more, for the document at `seq`; beyond `keys_max` different keys the tally becomes approximate.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut tally = clean::tally::Tally::default();
    /// tally.add(7, 4, 1000);
    /// tally.add(7, 3, 1000);
    /// assert_eq!((tally.count(7), tally.first(7), tally.count(8)), (2, Some(3), 0));
    /// ```
    pub fn add(&mut self, key: u64, seq: u64, keys_max: usize) {
        match &mut self.0 {
            Counts::Exact(counts) => {
                counts.entry(key).or_insert(Exact::NONE).add(Exact { count: 1, first: seq });
            }
            Counts::Sketch(sketch) => sketch.add(key, 1),
        }
        self.keep_bounded(keys_max);
    }

    /// Adds the counts of `other`, made with the same `keys_max`.
    pub fn merge(&mut self, other: Tally, keys_max: usize) {
        match (&mut self.0, other.0) {
            (Counts::Exact(counts), Counts::Exact(others)) => {
                for (key, exact) in others {
                    counts.entry(key).or_insert(Exact::NONE).add(exact);
                }
            }
            (Counts::Sketch(sketch), Counts::Exact(others)) => sketch.add_all(others),
            (Counts::Sketch(sketch), Counts::Sketch(other)) => sketch.merge(&other),
            (Counts::Exact(counts), Counts::Sketch(mut sketch)) => {
                sketch.add_all(std::mem::take(counts));
                self.0 = Counts::Sketch(sketch);
            }
        }
        self.keep_bounded(keys_max);
    }

    /// How often `key` was counted; see the head of this module for what a tally over its limit says.
    pub fn count(&self, key: u64) -> u32 {
        match &self.0 {
            Counts::Exact(counts) => counts.get(&key).map_or(0, |exact| exact.count),
            Counts::Sketch(sketch) => sketch.count(key),
        }
    }

    /// The smallest `seq` that `key` was counted for; `None` for a key that is not known one by one.
    pub fn first(&self, key: u64) -> Option<u64> {
        match &self.0 {
            Counts::Exact(counts) => counts.get(&key).map(|exact| exact.first),
            Counts::Sketch(_) => None,
        }
    }

    /// Whether every count is exact.
    pub fn is_exact(&self) -> bool {
        matches!(self.0, Counts::Exact(_))
    }

    /// Forgets keys counted fewer than `count_min` times, where they are known one by one.
    pub fn forget_below(&mut self, count_min: u32) {
        if let Counts::Exact(counts) = &mut self.0 {
            counts.retain(|_, exact| exact.count >= count_min);
            counts.shrink_to_fit();
        }
    }

    fn keep_bounded(&mut self, keys_max: usize) {
        if let Counts::Exact(counts) = &mut self.0
            && counts.len() > keys_max
        {
            let mut sketch = Sketch::new(keys_max);
            sketch.add_all(std::mem::take(counts));
            self.0 = Counts::Sketch(sketch);
        }
    }
}

/// A count-min sketch: sums of counts, whatever order they came in.
#[derive(Debug, Clone)]
struct Sketch {
    /// `ROWS` times `1 << bits` cells.
    cells: Vec<u32>,
    bits: u32,
    /// All that was ever added.
    sum: u64,
}

impl Sketch {
    fn new(keys_max: usize) -> Self {
        let bits = keys_max.clamp(2, 1 << 30).next_power_of_two().trailing_zeros();
        Sketch { cells: vec![0; ROWS << bits], bits, sum: 0 }
    }

    fn add(&mut self, key: u64, count: u32) {
        self.sum = self.sum.saturating_add(count.into());
        for row in 0..ROWS {
            let cell = self.cell(key, row);
            self.cells[cell] = self.cells[cell].saturating_add(count);
        }
    }

    fn add_all(&mut self, counts: impl IntoIterator<Item = (u64, Exact)>) {
        for (key, exact) in counts {
            self.add(key, exact.count);
        }
    }

    fn merge(&mut self, other: &Sketch) {
        self.sum = self.sum.saturating_add(other.sum);
        for (cell, other) in self.cells.iter_mut().zip(&other.cells) {
            *cell = cell.saturating_add(*other);
        }
    }

    fn count(&self, key: u64) -> u32 {
        let least = (0..ROWS).map(|row| self.cells[self.cell(key, row)]).min().unwrap_or(0);
        let noise = NOISE_FACTOR.saturating_mul(self.sum >> self.bits);
        least.saturating_sub(u32::try_from(noise).unwrap_or(u32::MAX))
    }

    fn cell(&self, key: u64, row: usize) -> usize {
        // Odd constants of the kind that random number generators multiply with, one a row.
        const MIX: [u64; ROWS] =
            [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0xD6E8_FEB8_6659_FD93, 0xA076_1D64_78BD_642F];
        let mixed = (key ^ (key >> 29)).wrapping_mul(MIX[row]);
        (row << self.bits) + (mixed >> (64 - self.bits)) as usize
    }
}

/// Passes a key on as its own hash: keys are hashes already.
#[derive(Debug, Clone, Copy, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEYS_MAX: usize = 64;

    #[test]
    fn beyond_the_limit_frequent_keys_are_still_found() {
        let mut tally = Tally::default();
        for i in 0..10_000_u64 {
            tally.add(hash(i), i, 1024);
            tally.add(hash(i % 5), i, 1024);
        }
        assert!(!tally.is_exact());
        for i in 0..5 {
            assert!((1500..=2200).contains(&tally.count(hash(i))), "{i}: {}", tally.count(hash(i)));
        }
        assert_eq!((1000..10_000).filter(|i| tally.count(hash(*i)) > 3).count(), 0);
    }

    proptest! {
        #[test]
        fn order_and_grouping_do_not_matter(
            keys in prop::collection::vec(0_u64..200, 0..300),
            places in prop::collection::vec(0_usize..5, 300),
            order in Just([0_usize, 1, 2, 3, 4]).prop_shuffle(),
        ) {
            let mut whole = Tally::default();
            let mut parts = vec![Tally::default(); 5];
            for (key, place) in keys.iter().zip(places) {
                whole.add(hash(*key), *key, KEYS_MAX);
                parts[place].add(hash(*key), *key, KEYS_MAX);
            }
            let merge = |mut into: Tally, from: Tally| {
                into.merge(from, KEYS_MAX);
                into
            };
            let [a, b, c, d, e] = order.map(|i| parts[i].clone());
            let merged = merge(merge(a, b), merge(c, merge(d, e)));
            prop_assert_eq!(merged.is_exact(), whole.is_exact());
            for key in 0..200 {
                prop_assert_eq!(merged.count(hash(key)), whole.count(hash(key)));
            }
        }

        #[test]
        fn few_keys_are_counted_exactly(keys in prop::collection::vec(0_u64..64, 0..300)) {
            let mut tally = Tally::default();
            for key in &keys {
                tally.add(*key, 0, KEYS_MAX);
            }
            for key in 0..64 {
                prop_assert_eq!(tally.count(key) as usize, keys.iter().filter(|it| **it == key).count());
            }
        }
    }

    fn hash(key: u64) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&key.to_le_bytes())
    }
}
