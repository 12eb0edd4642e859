//! Byte strings by number, in memory.
//!
//! In go records, one after the other; out comes each by its number. They lie in chunks of a fixed size that are never moved:
//! one long list, which grows by being copied into one of twice its length, leaves holes of its former lengths in memory.
//!
//! Not here: what a record says (`record`).

use crate::buckets::growth_bytes;

/// Records, numbered from 0 in the order in which they were pushed.
///
/// # Examples
///
/// ```
/// let mut records = dedup::records::Records::default();
/// records.push(4, |bytes| bytes.extend(b"rain"));
/// records.push(0, |_| ());
/// assert_eq!((records.get(0), records.get(1)), (&b"rain"[..], &b""[..]));
/// ```
#[derive(Default)]
pub struct Records {
    chunks: Vec<Vec<u8>>,
    /// In which chunk each record begins, and where.
    starts: Vec<(u32, u32)>,
}

/// A record that does not fit into what is left of this begins a new chunk.
const CHUNK_BYTES: usize = 1 << 18;

impl Records {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Adds a record of `bytes`, which `write` appends.
    pub fn push(&mut self, bytes: usize, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.has_room(bytes) {
            // The first one grows, so that few records take little.
            let capacity = if self.chunks.is_empty() { bytes } else { CHUNK_BYTES.max(bytes) };
            self.chunks.push(Vec::with_capacity(capacity));
        }
        let chunk_number = self.chunks.len() - 1;
        let chunk = &mut self.chunks[chunk_number];
        self.starts.push((chunk_number as u32, chunk.len() as u32)); // below CHUNK_BYTES, so that 2^50 bytes find room
        write(chunk);
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.chunks.last().is_some_and(|it| it.len() + bytes <= CHUNK_BYTES)
    }

    /// The record of this number.
    pub fn get(&self, number: usize) -> &[u8] {
        let (chunk, start) = self.starts[number];
        let next = self.starts.get(number + 1).filter(|(next_chunk, _)| *next_chunk == chunk);
        let chunk = &self.chunks[chunk as usize];
        &chunk[start as usize..next.map_or(chunk.len(), |(_, end)| *end as usize)]
    }

    /// How much memory they take, room for more included.
    pub fn bytes(&self) -> usize {
        let lists =
            self.starts.capacity() * size_of::<(u32, u32)>() + self.chunks.capacity() * size_of::<Vec<u8>>();
        self.chunks.iter().map(Vec::capacity).sum::<usize>() + lists
    }

    /// How much more they take, for a while, with a record of so many bytes.
    pub fn growth_bytes(&self, bytes: usize) -> usize {
        let chunk = match self.chunks.last() {
            Some(chunk) if self.has_room(bytes) => growth_bytes(chunk, bytes),
            _ => CHUNK_BYTES.max(bytes),
        };
        chunk + growth_bytes(&self.starts, 1) + growth_bytes(&self.chunks, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_record_is_as_it_was_pushed(lens in prop::collection::vec(prop_oneof![0..9usize, 0..2 * CHUNK_BYTES], 0..9)) {
            let mut records = Records::default();
            for (i, len) in lens.iter().enumerate() {
                let (before, growth) = (records.bytes(), records.growth_bytes(*len));
                records.push(*len, |bytes| bytes.resize(bytes.len() + len, i as u8));
                prop_assert!(records.bytes() <= before + growth);
            }
            prop_assert_eq!(records.len(), lens.len());
            for (i, len) in lens.iter().enumerate() {
                prop_assert_eq!(records.get(i), vec![i as u8; *len]);
            }
        }
    }
}
