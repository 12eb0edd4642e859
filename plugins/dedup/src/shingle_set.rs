//! Sets of shingles, and how similar two of them are.
//!
//! In go the 64-bit hashes of a document's shingles; out comes the sorted set of their upper 40 bits,
//! and from two sets the exact share of shingles they have in common (Jaccard similarity).
//!
//! Forty bits: two documents of 400 shingles have one chance in seven million to share one by
//! accident, which would move their similarity by a thousandth; two of 10 MB, an error of a
//! millionth. Kept as differences in a Rice code, a shingle of an article takes 4.2 bytes, so that
//! the sets of all documents stay in memory and every suspicion can be verified.
//!
//! Not here: how shingles are hashed (`textmill_text::shingles`) and who is compared with whom (`buckets`).

/// The hashes of a set are below `1 << HASH_BITS`.
pub const HASH_BITS: u32 = 40;

/// Turns lists of shingles into sets. Keeps working space from one list to the next.
///
/// # Examples
///
/// ```
/// use dedup::shingle_set::Sorter;
///
/// let mut hashes = vec![7 << 24, 9 << 24, 7 << 24];
/// Sorter::default().sort_into_set(&mut hashes);
/// assert_eq!(hashes, [7, 9]);
/// ```
#[derive(Default)]
pub struct Sorter {
    sorted: Vec<u64>,
    /// Where the next hash of each drawer goes.
    places: Vec<u32>,
}

impl Sorter {
    /// Turns the shingles in `hashes` into a set: their upper bits, ascending, each once.
    ///
    /// Hashes are spread evenly, so they are first put into about as many drawers as there are hashes, by their
    /// upper bits. Then few are still out of order, and none far.
    pub fn sort_into_set(&mut self, hashes: &mut Vec<u64>) {
        if !(LIST_SHORT..LIST_LONG).contains(&hashes.len()) {
            hashes.iter_mut().for_each(|it| *it >>= u64::BITS - HASH_BITS);
            hashes.sort_unstable();
        } else {
            self.put_into_drawers(hashes);
            std::mem::swap(hashes, &mut self.sorted);
            move_into_order(hashes);
        }
        hashes.dedup();
    }

    fn put_into_drawers(&mut self, hashes: &[u64]) {
        let drawer_bits = hashes.len().ilog2() + 1;
        let drawer = |hash: u64| (hash >> (u64::BITS - drawer_bits)) as usize;
        self.places.clear();
        self.places.resize(1 << drawer_bits, 0);
        for hash in hashes {
            self.places[drawer(*hash)] += 1;
        }
        let (mut start, mut fullest) = (0, 0);
        for place in &mut self.places {
            fullest = fullest.max(*place);
            start += std::mem::replace(place, start);
        }
        self.sorted.resize(hashes.len(), 0);
        for hash in hashes {
            let place = &mut self.places[drawer(*hash)];
            self.sorted[*place as usize] = hash >> (u64::BITS - HASH_BITS);
            *place += 1;
        }
        if fullest > DRAWER_FULL {
            self.sort_full_drawers();
        }
    }

    /// A text that repeats itself fills few drawers with many equal hashes.
    fn sort_full_drawers(&mut self) {
        let mut start = 0;
        for end in &self.places {
            if end - start > DRAWER_FULL {
                self.sorted[start as usize..*end as usize].sort_unstable();
            }
            start = *end;
        }
    }

    /// Gives back the memory that one huge list has needed.
    pub fn shrink_to(&mut self, len: usize) {
        self.sorted.clear();
        self.sorted.shrink_to(len);
        self.places.clear();
        self.places.shrink_to(len);
    }
}

/// Shorter lists are sorted by comparison.
const LIST_SHORT: usize = 32;
/// Longer ones, of texts of 25 MB and more, too: in place, while drawers take twice the list once more and are too many
/// for the processor's cache.
const LIST_LONG: usize = 1 << 22;
/// Fuller drawers are sorted by comparison; by chance hardly any is.
const DRAWER_FULL: u32 = 8;

/// Insertion sort, for lists in which nothing is far from its place.
fn move_into_order(hashes: &mut [u64]) {
    for i in 1..hashes.len() {
        let hash = hashes[i];
        let mut place = i;
        while place > 0 && hashes[place - 1] > hash {
            hashes[place] = hashes[place - 1];
            place -= 1;
        }
        hashes[place] = hash;
    }
}

/// Returns how many hashes the ascending sets `a` and `b` have in common, or `None` as soon as it
/// is clear that there are fewer than `at_least`.
///
/// ```
/// use dedup::shingle_set::common;
///
/// assert_eq!(common([1, 4, 6].into_iter(), [4, 5, 6].into_iter(), 2), Some(2));
/// assert_eq!(common([1, 4, 6].into_iter(), [4, 5, 6].into_iter(), 3), None);
/// ```
pub fn common(
    mut a: impl ExactSizeIterator<Item = u64>,
    mut b: impl ExactSizeIterator<Item = u64>,
    at_least: usize,
) -> Option<usize> {
    let mut found = 0;
    let (mut next_a, mut next_b) = (a.next(), b.next());
    while let (Some(hash_a), Some(hash_b)) = (next_a, next_b) {
        found += usize::from(hash_a == hash_b);
        if hash_a <= hash_b {
            next_a = a.next();
        }
        if hash_b <= hash_a {
            next_b = b.next();
        }
        let possible =
            found + (a.len() + usize::from(next_a.is_some())).min(b.len() + usize::from(next_b.is_some()));
        if possible < at_least {
            return None;
        }
    }
    (found >= at_least).then_some(found)
}

/// Returns the Jaccard similarity of sets of `len_a` and `len_b` members, `common` of them shared.
///
/// Two empty sets have nothing in common: their similarity is 0.
///
/// ```
/// assert_eq!(dedup::shingle_set::jaccard(4, 5, 5), 4.0 / 6.0);
/// ```
pub fn jaccard(common: usize, len_a: usize, len_b: usize) -> f64 {
    let union = len_a + len_b - common;
    if union == 0 { 0.0 } else { common as f64 / union as f64 }
}

/// Returns the fewest members that sets of `len_a` and `len_b` members must share to reach
/// `similarity`, or `None` when even the smaller one within the larger would not.
///
/// ```
/// assert_eq!(dedup::shingle_set::common_at_least(0.8, 9, 9), Some(8));
/// assert_eq!(dedup::shingle_set::common_at_least(0.8, 7, 9), None);
/// ```
pub fn common_at_least(similarity: f64, len_a: usize, len_b: usize) -> Option<usize> {
    let about = similarity / (1.0 + similarity) * (len_a + len_b) as f64;
    // Rounding may put `about` one off: the division that decides has the last word.
    let from = (about as usize).saturating_sub(1);
    (from..=len_a.min(len_b)).find(|it| jaccard(*it, len_a, len_b) >= similarity)
}

/// Returns the share of a set of `len` members that `common` ones are; 0 of nothing.
///
/// ```
/// assert_eq!(dedup::shingle_set::containment(4, 5), 0.8);
/// ```
pub fn containment(common: usize, len: usize) -> f64 {
    if len == 0 { 0.0 } else { common as f64 / len as f64 }
}

/// Returns how many members of a set of `len` are at least the share `similarity` of it; nothing if there is no member.
///
/// ```
/// assert_eq!(dedup::shingle_set::contained_at_least(0.8, 9), Some(8));
/// ```
pub fn contained_at_least(similarity: f64, len: usize) -> Option<usize> {
    let from = ((similarity * len as f64) as usize).saturating_sub(1);
    (from..=len).find(|it| containment(*it, len) >= similarity)
}

/// Appends the ascending set `hashes` to `bytes`, so that [`Members`] reads it again.
///
/// # Panics
///
/// When a hash has more than [`HASH_BITS`] bits, or when they do not ascend.
pub fn write_set(hashes: &[u64], bytes: &mut Vec<u8>) {
    let low_bits = low_bits(hashes.len());
    let start = bytes.len();
    bytes.resize(start + most_bits(hashes.len(), low_bits) / 8 + 16, 0);
    let mut writer = BitWriter { bytes: &mut bytes[start..], len_bytes: 0, bits: 0, bits_held: 0 };
    let mut next_at_least = 0;
    for hash in hashes {
        let gap = hash.wrapping_sub(next_at_least); // huge if it is negative
        assert!(gap < 1 << HASH_BITS, "a set ascends and has hashes of 40 bits");
        let low = gap & !(u64::MAX << low_bits);
        let zeros = writer.push_most_zeros(gap >> low_bits);
        writer.push(((low << 1) | 1) << zeros, zeros + 1 + low_bits);
        next_at_least = hash + 1;
    }
    let len_bytes = writer.len_bytes + usize::from(writer.bits_held > 0);
    bytes.truncate(start + len_bytes);
}

/// A limit for the bits that `len` hashes take: all zeros together stand for the highest hash at most.
fn most_bits(len: usize, low_bits: u32) -> usize {
    len * (low_bits as usize + 1) + (1 << (HASH_BITS - low_bits))
}

/// How many low bits of each gap are written as they are: those of an average gap, one less.
fn low_bits(len: usize) -> u32 {
    HASH_BITS.saturating_sub(usize::BITS - len.leading_zeros())
}

/// Reads the members of a set that [`write_set`] wrote, ascending.
///
/// # Examples
///
/// ```
/// use dedup::shingle_set::{Members, write_set};
///
/// let mut bytes = Vec::new();
/// write_set(&[3, 1 << 30, 1 << 39], &mut bytes);
/// assert!(Members::new(&bytes, 3).eq([3, 1 << 30, 1 << 39]));
/// ```
pub struct Members<'a> {
    bytes: &'a [u8],
    bit: usize,
    low_bits: u32,
    next_at_least: u64,
    left: usize,
}

impl<'a> Members<'a> {
    /// The set of `len` members at the start of `bytes`.
    pub fn new(bytes: &'a [u8], len: usize) -> Self {
        Members { bytes, bit: 0, low_bits: low_bits(len), next_at_least: 0, left: len }
    }

    /// The next 57 bits or more, the first one lowest; bits behind the end are 0.
    #[inline]
    fn peek(&self) -> u64 {
        let from = &self.bytes[self.bit / 8..];
        let bits = match from.first_chunk::<8>() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => from.iter().rev().fold(0, |bits, byte| (bits << 8) | u64::from(*byte)),
        };
        bits >> (self.bit % 8)
    }
}

impl Iterator for Members<'_> {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        let mut zeros = 0;
        let mut bits = self.peek();
        while bits & !(u64::MAX << ZEROS_AT_ONCE) == 0 {
            zeros += u64::from(ZEROS_AT_ONCE);
            self.bit += ZEROS_AT_ONCE as usize;
            bits = self.peek();
        }
        let few = bits.trailing_zeros();
        self.bit += few as usize + 1;
        let low = (bits >> (few + 1)) & !(u64::MAX << self.low_bits);
        self.bit += self.low_bits as usize;
        let hash = self.next_at_least + (((zeros + u64::from(few)) << self.low_bits) | low);
        self.next_at_least = hash + 1;
        Some(hash)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Members<'_> {}

/// As many zeros as can be looked for while the 1 behind them and the low bits still fit in what
/// `peek` returns.
const ZEROS_AT_ONCE: u32 = 57 - HASH_BITS;

struct BitWriter<'a> {
    bytes: &'a mut [u8],
    /// Whole bytes written.
    len_bytes: usize,
    /// The bits behind them, less than 8 of them.
    bits: u64,
    bits_held: u32,
}

impl BitWriter<'_> {
    /// Appends all but the last few of so many zeros, and returns how many are still to come.
    #[inline]
    fn push_most_zeros(&mut self, mut zeros: u64) -> u32 {
        while zeros >= u64::from(ZEROS_AT_ONCE) {
            self.push(0, ZEROS_AT_ONCE);
            zeros -= u64::from(ZEROS_AT_ONCE);
        }
        zeros as u32
    }

    /// Appends the lowest `count` bits of `bits` (at most 56), the lowest first.
    ///
    /// Writes eight bytes whether they are full or not, rather than ask: nobody could foresee the answer.
    #[inline]
    fn push(&mut self, bits: u64, count: u32) {
        let bits = self.bits | (bits << self.bits_held);
        let held = self.bits_held + count;
        self.bytes[self.len_bytes..self.len_bytes + 8].copy_from_slice(&bits.to_le_bytes());
        self.len_bytes += held as usize / 8;
        self.bits = bits >> (held / 8 * 8);
        self.bits_held = held % 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn any_set() -> impl Strategy<Value = BTreeSet<u64>> {
        prop_oneof![
            prop::collection::btree_set(0..1u64 << HASH_BITS, 0..300),
            prop::collection::btree_set(0..40u64, 0..40),
            prop::collection::btree_set((1u64 << HASH_BITS) - 40..1u64 << HASH_BITS, 0..40),
        ]
    }

    fn naive_jaccard(a: &BTreeSet<u64>, b: &BTreeSet<u64>) -> f64 {
        let union = a.union(b).count();
        if union == 0 { 0.0 } else { a.intersection(b).count() as f64 / union as f64 }
    }

    proptest! {
        #[test]
        fn a_set_is_read_as_it_was_written(set in any_set(), before in prop::collection::vec(any::<u8>(), 0..3)) {
            let hashes: Vec<u64> = set.into_iter().collect();
            let mut bytes = before.clone();
            write_set(&hashes, &mut bytes);
            prop_assert_eq!(Members::new(&bytes[before.len()..], hashes.len()).collect::<Vec<_>>(), hashes);
        }

        #[test]
        fn sorting_gives_each_hash_once_whatever_the_order_and_the_repetitions(
            hashes in prop_oneof![
                prop::collection::vec(any::<u64>(), 0..600),
                prop::collection::vec((0..6u64).prop_map(|it| it << 24), 0..600),
                prop::collection::vec((0..600u64).prop_map(|it| it << 24), 0..600),
            ],
            before in prop::collection::vec(any::<u64>(), 0..99),
        ) {
            let naive: BTreeSet<u64> = hashes.iter().map(|it| it >> 24).collect();
            let mut sorted = hashes;
            let mut sorter = Sorter::default();
            sorter.sort_into_set(&mut before.clone());
            sorter.sort_into_set(&mut sorted);
            prop_assert_eq!(sorted, naive.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn similarity_is_that_of_the_naive_count(a in any_set(), b in any_set()) {
            let exact = |set: &BTreeSet<u64>| set.clone().into_iter().collect::<Vec<_>>();
            let (list_a, list_b) = (exact(&a), exact(&b));
            let shared = common(list_a.iter().copied(), list_b.iter().copied(), 0).unwrap();
            prop_assert_eq!(jaccard(shared, a.len(), b.len()), naive_jaccard(&a, &b));
            prop_assert_eq!(common(list_a.iter().copied(), list_b.iter().copied(), shared), Some(shared));
            prop_assert_eq!(common(list_a.iter().copied(), list_b.iter().copied(), shared + 1), None);
        }

        #[test]
        fn enough_in_common_is_exactly_what_reaches_the_similarity(
            a in 0..500usize, b in 0..500usize, similarity in prop_oneof![Just(0.8), Just(0.7), Just(1.0), 0.01..=1.0],
        ) {
            let naive = (0..=a.min(b)).find(|it| jaccard(*it, a, b) >= similarity);
            prop_assert_eq!(common_at_least(similarity, a, b), naive);
        }
    }
}
