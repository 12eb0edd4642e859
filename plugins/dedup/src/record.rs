//! How a kept document is written down, in memory and on disk alike.
//!
//! In go its name, its place in the corpus and its shingles; out come bytes, and from them, without copying, a
//! [`Record`] again. One form for memory, spilled segments, saved states and lasting indexes: what moves between
//! them is copied and never converted.
//!
//! ```text
//! place: u64 | shingles: u32 | name_bytes: u32 | name | parities: u64 each | set     (little-endian)
//! ```
//!
//! Not here: the fingerprint, which is looked at far more often and stands in lists of its own (`fingerprints`).

use crate::features::Shingles;
use crate::parities::parity_words;
use crate::shingle_set::Members;
use std::borrow::Cow;

/// A kept document, as its bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    name: &'a [u8],
    /// Its place in the corpus, counted from the first document of the first run.
    pub place: u64,
    /// How many different shingles it has.
    pub len: usize,
    /// The parities of its shingles, eight bytes each.
    pub parities: &'a [u8],
    set: &'a [u8],
}

impl<'a> Record<'a> {
    /// How many bytes [`write`](Self::write) appends.
    pub fn bytes(name: &str, shingles: Option<&Shingles>) -> usize {
        const NUMBERS: usize = size_of::<u64>() + 2 * size_of::<u32>();
        NUMBERS + name.len() + shingles.map_or(0, |it| size_of_val(&*it.parities) + it.set.len())
    }

    /// Appends a record to `bytes`.
    ///
    /// # Panics
    ///
    /// When there are more than 4 billion shingles, or a longer name.
    pub fn write(name: &str, place: u64, shingles: Option<&Shingles>, bytes: &mut Vec<u8>) {
        let u32_of =
            |it: usize| u32::try_from(it).expect("fewer than 4 billion shingles, and bytes of a name");
        bytes.extend(place.to_le_bytes());
        bytes.extend(u32_of(shingles.map_or(0, |it| it.len)).to_le_bytes());
        bytes.extend(u32_of(name.len()).to_le_bytes());
        bytes.extend(name.as_bytes());
        if let Some(shingles) = shingles {
            bytes.extend(shingles.parities.iter().flat_map(|it| it.to_le_bytes()));
            bytes.extend(&shingles.set);
        }
    }

    /// Reads what [`write`](Self::write) wrote; nothing if it is something else.
    pub fn read(bytes: &'a [u8]) -> Option<Record<'a>> {
        let (place, rest) = bytes.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (name_bytes, rest) = rest.split_first_chunk()?;
        let len = u32::from_le_bytes(*len) as usize;
        let (name, rest) = rest.split_at_checked(u32::from_le_bytes(*name_bytes) as usize)?;
        let parity_bytes = if len == 0 { 0 } else { 8 * parity_words(len) };
        let (parities, set) = rest.split_at_checked(parity_bytes)?;
        Some(Record { name, place: u64::from_le_bytes(*place), len, parities, set })
    }

    /// Its id.
    pub fn name(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.name)
    }

    /// Its shingles, ascending.
    pub fn shingles(&self) -> Members<'a> {
        Members::new(self.set, self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::Bands;
    use crate::features::{Form, Measure, Shingling, features};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_record_is_read_as_it_was_written(name in any::<String>(), place: u64, text in "[a-d ]{0,200}") {
            let shingling = Shingling { words: 2, measure: Measure::Jaccard(Bands::for_similarity(0.8)) };
            let shingles = features(&text, Form::Words, Some(shingling), &mut Default::default()).shingles;
            let mut bytes = Vec::new();
            Record::write(&name, place, shingles.as_ref(), &mut bytes);
            prop_assert_eq!(bytes.len(), Record::bytes(&name, shingles.as_ref()));
            let record = Record::read(&bytes).unwrap();
            prop_assert_eq!((&*record.name(), record.place), (&*name, place));
            let again: Vec<u64> = record.shingles().collect();
            prop_assert_eq!(again, shingles.iter().flat_map(|it| Members::new(&it.set, it.len)).collect::<Vec<_>>());
        }

        #[test]
        fn no_bytes_are_misread_with_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Record::read(&bytes);
        }
    }
}
