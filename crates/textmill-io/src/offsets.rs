//! Byte offsets of a text in the unit that its reader counts in, and back.
//!
//! Inside the program offsets are bytes. Python counts code points and JavaScript counts UTF-16 units, so
//! files speak of those. ASCII text needs no work; other text is counted once, in blocks, and only when an
//! offset is asked for.

use std::cell::OnceCell;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What offsets in a file count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Unicode code points, as Python, spaCy, Hugging Face and brat index text.
    #[default]
    Characters,
    /// Bytes of UTF-8, as Rust and Go index text.
    Bytes,
    /// UTF-16 code units, as JavaScript and Java index text.
    Utf16,
}

const BLOCK_BYTES: usize = 128;

/// Turns offsets of one text from bytes into a unit and back.
pub(crate) struct Offsets<'a> {
    text: &'a str,
    unit: Unit,
    blocks: OnceCell<Option<Vec<usize>>>, // units before each block; `None` when units are bytes
}

impl<'a> Offsets<'a> {
    pub(crate) fn new(text: &'a str, unit: Unit) -> Offsets<'a> {
        Offsets { text, unit, blocks: OnceCell::new() }
    }

    /// The offset in units of the byte offset `byte`, which is at most the length of the text.
    pub(crate) fn in_units(&self, byte: usize) -> usize {
        let Some(blocks) = self.blocks() else { return byte };
        let block = byte / BLOCK_BYTES;
        blocks[block] + units(&self.text.as_bytes()[block * BLOCK_BYTES..byte], self.unit)
    }

    /// The byte offset of an offset in units; `None` when the text is shorter, or it is inside a character.
    pub(crate) fn in_bytes(&self, offset: usize) -> Option<usize> {
        let Some(blocks) = self.blocks() else {
            return self.text.is_char_boundary(offset).then_some(offset);
        };
        let block = blocks.partition_point(|before| *before <= offset) - 1;
        let bytes = self.text.as_bytes();
        let (mut byte, mut at) = (bytes.len().min(block * BLOCK_BYTES), blocks[block]);
        while byte < bytes.len() && (at < offset || !self.text.is_char_boundary(byte)) {
            at += units(&bytes[byte..=byte], self.unit);
            byte += 1;
        }
        (at == offset && self.text.is_char_boundary(byte)).then_some(byte)
    }

    fn blocks(&self) -> Option<&Vec<usize>> {
        let count = || (self.unit != Unit::Bytes && !self.text.is_ascii()).then(|| self.count());
        self.blocks.get_or_init(count).as_ref()
    }

    fn count(&self) -> Vec<usize> {
        let mut before = Vec::with_capacity(self.text.len() / BLOCK_BYTES + 2);
        let mut sum = 0;
        for block in self.text.as_bytes().chunks(BLOCK_BYTES) {
            before.push(sum);
            sum += units(block, self.unit);
        }
        before.push(sum);
        before
    }
}

/// How many units start in `bytes`: each character at its first byte, a second UTF-16 unit likewise.
fn units(bytes: &[u8], unit: Unit) -> usize {
    debug_assert!(bytes.len() <= BLOCK_BYTES, "counted in a byte, so that it vectorises");
    let characters: u8 = bytes.iter().map(|byte| u8::from(byte & 0xc0 != 0x80)).sum();
    let pairs: u8 = match unit {
        Unit::Utf16 => bytes.iter().map(|byte| u8::from(*byte >= 0xf0)).sum(),
        _ => 0,
    };
    usize::from(characters) + usize::from(pairs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_unit_counts_what_its_language_counts() {
        let text = "aé\u{1F600}z";
        let at = text.len() - 1;
        let counted =
            [Unit::Bytes, Unit::Characters, Unit::Utf16].map(|unit| Offsets::new(text, unit).in_units(at));
        assert_eq!(counted, [7, 3, 4]);
    }

    #[test]
    fn an_offset_inside_a_character_or_behind_the_end_has_no_byte() {
        assert_eq!(Offsets::new("\u{1F600}", Unit::Utf16).in_bytes(1), None);
        assert_eq!(Offsets::new("é", Unit::Bytes).in_bytes(1), None);
        assert_eq!(Offsets::new("é", Unit::Characters).in_bytes(2), None);
        assert_eq!(Offsets::new("", Unit::Characters).in_bytes(1), None);
    }

    proptest! {
        #[test]
        fn offsets_go_there_and_back(text in "(?s).{0,400}") {
            for unit in [Unit::Bytes, Unit::Characters, Unit::Utf16] {
                let offsets = Offsets::new(&text, unit);
                let boundaries = text.char_indices().map(|(at, _)| at).chain([text.len()]);
                let mut expected = 0;
                for (at, character) in boundaries.zip(text.chars().map(Some).chain([None])) {
                    prop_assert_eq!(offsets.in_units(at), expected);
                    prop_assert_eq!(offsets.in_bytes(expected), Some(at));
                    expected += character.map_or(0, |character| match unit {
                        Unit::Bytes => character.len_utf8(),
                        Unit::Characters => 1,
                        Unit::Utf16 => character.len_utf16(),
                    });
                }
            }
        }
    }
}
