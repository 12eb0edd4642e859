//! Sketches: a fixed number of values in which two sets agree as often as they are similar.
//!
//! In goes a sorted set of shingles; out come `n` values. Each value of two sketches is equal with a
//! probability that is the Jaccard similarity of the two sets.
//!
//! *One-permutation hashing* gets all values from one hash a shingle: the range of hashes is cut
//! into `n` bins and the smallest hash of each bin is its value. As the set is sorted, that is the first one
//! of each bin, and costs next to nothing. Bins that stay empty (many, in short documents) must be
//! filled without making values depend on each other: copying neighbours does. Here they are filled as in
//! *fast similarity sketching* (Dahlgaard, Knudsen, Thorup 2017): every shingle is hashed again
//! and thrown at all bins, round after round, and only bins that were empty before the round take its values.
//! Most documents need no second round or one.
//!
//! Not here: cutting sketches into bands (`bands`).

use crate::shingle_set::HASH_BITS;
use textmill_text::shingles::mix;

/// Writes the `n` values of the sketch of `set` into `sketch`; what was in there does not matter.
///
/// `set` is ascending, with hashes of [`HASH_BITS`] bits. An empty set has no sketch: `sketch` is left empty.
///
/// # Examples
///
/// ```
/// use dedup::sketch::sketch_set;
/// use textmill_text::shingles::mix;
///
/// // 900 of 1,100 shingles in common.
/// let set = |range: std::ops::Range<u64>| {
///     let mut set: Vec<u64> = range.map(|it| mix(mix(it, 0), 0) >> 24).collect();
///     set.sort_unstable();
///     set
/// };
/// let (mut a, mut b) = (Vec::new(), Vec::new());
/// sketch_set(&set(0..1000), 200, &mut a);
/// sketch_set(&set(100..1100), 200, &mut b);
/// let equal = a.iter().zip(&b).filter(|(a, b)| a == b).count();
/// assert!((145..=180).contains(&equal), "{equal} of 200 is about 0.82");
/// ```
pub fn sketch_set(set: &[u64], n: usize, sketch: &mut Vec<u64>) {
    sketch.clear();
    if set.is_empty() || n == 0 {
        return;
    }
    sketch.resize(n, EMPTY);
    fill_from_sorted(set, sketch);
    let mut empty = sketch.iter().filter(|it| **it == EMPTY).count();
    for round in 1..2 * n as u64 {
        if empty == 0 {
            break;
        }
        empty -= fill_empty(set, round, sketch);
    }
}

/// No value: hashes of the first round have fewer bits, and later ones have their highest bit cleared.
const EMPTY: u64 = u64::MAX;

/// The first round. Goes from the largest hash to the smallest, so that the smallest of each bin is what stays.
fn fill_from_sorted(set: &[u64], sketch: &mut [u64]) {
    let bins = sketch.len();
    for hash in set.iter().rev() {
        sketch[bin(*hash, bins)] = *hash;
    }
}

fn bin(hash: u64, bins: usize) -> usize {
    ((hash * bins as u64) >> HASH_BITS) as usize
}

/// One more round, for bins that are still empty. Returns how many were filled.
///
/// From round `n` on all shingles go to one bin, another one each round, so that `2 n` rounds always suffice.
fn fill_empty(set: &[u64], round: u64, sketch: &mut [u64]) -> usize {
    let bins = sketch.len();
    let only_bin = (round as usize).checked_sub(bins);
    let multiplier = mix(round, 0) | 1;
    let mut filled = 0;
    for hash in set {
        let again = hash.wrapping_mul(multiplier) >> (u64::BITS - HASH_BITS);
        let value = (round << HASH_BITS) | again;
        let held = &mut sketch[only_bin.unwrap_or_else(|| bin(again, bins))];
        // Values of earlier rounds are smaller, so that a bin keeps them.
        if value < *held {
            filled += usize::from(*held == EMPTY);
            *held = value;
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn sketch_of(set: &BTreeSet<u64>, n: usize) -> Vec<u64> {
        let mut hashes: Vec<u64> = set.iter().map(|it| mix(mix(*it, 77), 78) >> (64 - HASH_BITS)).collect();
        hashes.sort_unstable();
        let mut sketch = vec![5; 3];
        sketch_set(&hashes, n, &mut sketch);
        sketch
    }

    /// How often values agree, over many pairs of sets of this size and overlap.
    fn agreement(len: u64, common: u64, n: usize) -> f64 {
        let pairs = 400;
        let mut equal = 0;
        for pair in 0..pairs {
            let start = pair * 100_000;
            let a = sketch_of(&(start..start + len).collect(), n);
            let b = sketch_of(&(start + len - common..start + 2 * len - common).collect(), n);
            equal += a.iter().zip(&b).filter(|(a, b)| a == b).count();
        }
        equal as f64 / (pairs as usize * n) as f64
    }

    #[test]
    fn values_agree_as_often_as_sets_are_similar_in_short_and_long_documents() {
        for (len, common) in [(2, 1), (5, 4), (9, 8), (30, 20), (100, 90), (500, 300), (3000, 2900)] {
            let similarity = common as f64 / (2 * len - common) as f64;
            let measured = agreement(len, common, 128);
            // 51,200 values; in sets of a few shingles they depend on each other a little.
            let tolerance = 0.01 + 0.05 / len as f64;
            assert!(
                (measured - similarity).abs() < tolerance,
                "{len} {common}: {measured} is not {similarity}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_bin_is_filled(set in prop::collection::btree_set(any::<u64>(), 1..50), n in 1..300usize) {
            let sketch = sketch_of(&set, n);
            prop_assert_eq!(sketch.len(), n);
            prop_assert!(!sketch.contains(&EMPTY));
        }

        #[test]
        fn the_sketch_of_a_union_takes_each_value_from_one_of_its_parts(
            a in prop::collection::btree_set(0..500u64, 1..50),
            b in prop::collection::btree_set(0..500u64, 1..50),
            n in 1..200usize,
        ) {
            let union = sketch_of(&a.union(&b).copied().collect(), n);
            let (a, b) = (sketch_of(&a, n), sketch_of(&b, n));
            for (i, value) in union.iter().enumerate() {
                prop_assert_eq!(*value, a[i].min(b[i]));
            }
        }
    }
}
