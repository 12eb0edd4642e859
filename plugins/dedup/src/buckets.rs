//! Finds the documents that share a key with a new one.
//!
//! In go the keys of each kept document, in one table or in several, one for each band of a sketch; out come the
//! numbers of those that have a key in common with the one asked for, in the same table.
//!
//! Each table goes from keys to the last posting of the key; the postings before it hang on a chain. So asking for a
//! key costs one memory access, a bucket may be as crowded as it likes without disturbing others, and a posting
//! takes 16 to 22 bytes.
//!
//! Not here: where keys come from (`features`), how many tables there are (`bands`), how many of a crowded bucket are
//! visited (`index`), and buckets on disk (`segment`).

/// The buckets of all tables. Postings are numbered from 0 in the order of insertion.
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
/// for table in [0, 1] {
///     buckets.visit(table, 7, 1000, |posting| found.push(posting));
/// }
/// assert_eq!(found, [0, 1], "each in its table");
/// ```
pub struct Buckets {
    /// The slots of each table, for linear probing: as many in each, at most two thirds in use.
    tables: Vec<Box<[Slot]>>,
    /// For each posting, table after table: the posting before it in the same bucket, or [`NOBODY`].
    before: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Slot {
    key: u32,
    /// The last posting with this key, or [`NOBODY`].
    last: u32,
}

const NOBODY: u32 = u32::MAX;
const FREE: Slot = Slot { key: 0, last: NOBODY };
const SLOTS_AT_FIRST: usize = 64;

impl Buckets {
    /// Empty buckets in this many tables.
    pub fn new(tables: usize) -> Self {
        let table = vec![FREE; SLOTS_AT_FIRST].into_boxed_slice();
        Buckets { tables: vec![table; tables], before: Vec::new() }
    }

    /// How many postings there are in each table.
    pub fn len(&self) -> usize {
        self.before.len().checked_div(self.tables.len()).unwrap_or(0)
    }

    /// Whether there is no posting yet.
    pub fn is_empty(&self) -> bool {
        self.before.is_empty()
    }

    /// Adds a posting with one key a table.
    ///
    /// # Panics
    ///
    /// When there is not one key a table, or at more than 4 billion postings.
    pub fn insert(&mut self, keys: &[u32]) {
        assert_eq!(keys.len(), self.tables.len(), "one key a table");
        if self.is_full(1) {
            self.tables.iter_mut().for_each(grow);
        }
        let posting = u32::try_from(self.len()).expect("fewer than 4 billion postings are held in memory");
        for (table, key) in self.tables.iter_mut().zip(keys) {
            let slot = &mut table[place(table, *key)];
            self.before.push(slot.last);
            *slot = Slot { key: *key, last: posting };
        }
    }

    /// Calls `visit` with the postings of `key`, the last one first and at most `max` of them. Returns how many.
    pub fn visit(&self, table: usize, key: u32, max: usize, mut visit: impl FnMut(u32)) -> usize {
        let slots = &self.tables[table];
        let mut posting = slots[place(slots, key)].last;
        let mut visited = 0;
        while posting != NOBODY && visited < max {
            visit(posting);
            visited += 1;
            posting = self.before[posting as usize * self.tables.len() + table];
        }
        visited
    }

    /// False only when none of `keys`, one a table, has a posting.
    ///
    /// Says so without a branch between one place and the next, so that the processor fetches them all at the
    /// same time: with tables larger than its cache, that is where the time goes.
    pub fn may_hold_any(&self, keys: &[u32]) -> bool {
        let homes = self.tables.iter().zip(keys).map(|(slots, key)| slots[home(slots, *key)].last);
        homes.fold(false, |in_use, last| in_use | (last != NOBODY))
    }

    /// All keys of a table, each with each of its postings, in no useful order.
    pub fn entries(&self, table: usize) -> impl Iterator<Item = (u32, u32)> {
        self.tables[table].iter().flat_map(move |slot| {
            let somebody = |it: u32| (it != NOBODY).then_some(it);
            let before = move |it: &u32| somebody(self.before[*it as usize * self.tables.len() + table]);
            std::iter::successors(somebody(slot.last), before).map(|posting| (slot.key, posting))
        })
    }

    /// How much memory they take.
    pub fn bytes(&self) -> usize {
        self.tables.len() * self.table_bytes() + self.before.capacity() * size_of::<u32>()
    }

    /// How much more they take, for a while, with `postings` more.
    pub fn growth_bytes(&self, postings: usize) -> usize {
        let slots = if self.is_full(postings) { (self.tables.len() + 2) * self.table_bytes() / 2 } else { 0 };
        slots + growth_bytes(&self.before, postings * self.tables.len())
    }

    fn table_bytes(&self) -> usize {
        self.tables.first().map_or(0, |it| size_of_val(&**it))
    }

    fn is_full(&self, postings: usize) -> bool {
        (self.len() + postings) * 3 > self.tables.first().map_or(0, |it| it.len()) * 2
    }
}

/// Where `key` is in a table, or the free slot where it would be.
fn place(slots: &[Slot], key: u32) -> usize {
    let mut place = home(slots, key);
    while slots[place].last != NOBODY && slots[place].key != key {
        place = if place + 1 == slots.len() { 0 } else { place + 1 };
    }
    place
}

/// Where `key` is looked for first.
fn home(slots: &[Slot], key: u32) -> usize {
    ((u64::from(key) * slots.len() as u64) >> u32::BITS) as usize
}

/// Makes a table larger by half: less memory stands empty than when it doubles. One table grows after the other, so that no
/// more than one is there twice.
fn grow(slots: &mut Box<[Slot]>) {
    let larger = vec![FREE; slots.len() + slots.len() / 2].into_boxed_slice();
    let smaller = std::mem::replace(slots, larger);
    for slot in smaller.iter().filter(|it| it.last != NOBODY) {
        slots[place(slots, slot.key)] = *slot;
    }
}

/// For so many items a list makes room at least.
const FEW: usize = 8;

/// How much memory a list takes in addition when `more` items are pushed.
pub fn growth_bytes<T>(list: &Vec<T>, more: usize) -> usize {
    let grows = list.len() + more > list.capacity();
    if grows { list.capacity().max(more).max(FEW) * size_of::<T>() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_a_crowded_bucket_the_last_are_visited() {
        let mut buckets = Buckets::new(1);
        for _ in 0..200 {
            buckets.insert(&[7]);
        }
        let mut found = Vec::new();
        assert_eq!(buckets.visit(0, 7, 100, |posting| found.push(posting)), 100);
        assert!(found.into_iter().rev().eq(100..200));
    }

    proptest! {
        #[test]
        fn all_who_share_a_key_are_found_and_nobody_else(
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
            for (table, key) in keys.iter().enumerate() {
                buckets.visit(table, *key, usize::MAX, |posting| found.push(posting));
                let mut entries: Vec<(u32, u32)> = buckets.entries(table).collect();
                entries.sort_unstable_by_key(|it| it.1);
                prop_assert!(entries.iter().map(|it| it.0).eq(members.iter().map(|it| it[table])));
            }
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
