//! The way back from a text that stages edited to the text that the source read.
//!
//! Kept as the list of ranges that differ: between them both texts are the same, only shifted. A document that
//! nobody edited has an empty list, and a removal costs one entry whatever its length.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::Edit;

/// Maps byte offsets of a document's text to byte offsets of its source text.
///
/// # Examples
///
/// ```
/// use textmill_model::{Edit, SourceMap};
///
/// let mut map = SourceMap::default();
/// map.edit(&[Edit::remove(0..14)]); // "Tell a friend\n" goes
/// assert_eq!(map.source(0..5), 14..19);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceMap {
    changes: Vec<Change>, // ascending, apart from each other in the source
}

/// Where `source` stood in the source text, `text` stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Change {
    source: Range<usize>,
    text: Range<usize>,
}

impl SourceMap {
    /// Whether the text is the source text still.
    pub fn is_identity(&self) -> bool {
        self.changes.is_empty()
    }

    /// The source range that the range `text` came from: the smallest that holds all of it.
    ///
    /// An end inside replaced text stands for the whole replaced range, because no part of it has a place of its own.
    pub fn source(&self, text: Range<usize>) -> Range<usize> {
        let start = self.source_start(text.start);
        start..self.source_end(text.end).max(start)
    }

    /// Follows edits made to the present text. They must ascend and not overlap, as [`crate::check_edits`] makes sure.
    pub fn edit(&mut self, edits: &[Edit]) {
        let mut merged = Vec::with_capacity(self.changes.len() + edits.len());
        let mut old = std::mem::take(&mut self.changes).into_iter().peekable();
        let mut new = edits.iter().peekable();
        let mut to_source = 0_isize; // source offset minus present offset, behind the last change
        let mut to_edited = 0_isize; // edited offset minus present offset, behind the last edit
        loop {
            let mut hull = match (old.peek(), new.peek()) {
                (Some(change), Some(edit)) if change.text.start <= edit.start => change.text.clone(),
                (_, Some(edit)) => edit.start..edit.end,
                (Some(change), None) => change.text.clone(),
                (None, None) => break,
            };
            let (source_start, text_start) = (shift(hull.start, to_source), shift(hull.start, to_edited));
            loop {
                if let Some(change) = old.next_if(|change| change.text.start <= hull.end) {
                    hull.end = hull.end.max(change.text.end);
                    to_source = change.source.end as isize - change.text.end as isize;
                } else if let Some(edit) = new.next_if(|edit| edit.start <= hull.end) {
                    hull.end = hull.end.max(edit.end);
                    to_edited += edit.growth();
                } else {
                    break;
                }
            }
            merged.push(Change {
                source: source_start..shift(hull.end, to_source),
                text: text_start..shift(hull.end, to_edited),
            });
        }
        self.changes = merged;
    }

    fn source_start(&self, offset: usize) -> usize {
        match self.last_change(|change| change.text.start <= offset) {
            Some(change) if offset < change.text.end => change.source.start,
            Some(change) => change.source.end + (offset - change.text.end),
            None => offset,
        }
    }

    fn source_end(&self, offset: usize) -> usize {
        match self.last_change(|change| change.text.start < offset) {
            Some(change) if offset <= change.text.end => change.source.end,
            Some(change) => change.source.end + (offset - change.text.end),
            None => offset,
        }
    }

    fn last_change(&self, before: impl Fn(&Change) -> bool) -> Option<&Change> {
        let after = self.changes.partition_point(before);
        after.checked_sub(1).map(|i| &self.changes[i])
    }
}

fn shift(offset: usize, by: isize) -> usize {
    offset.strict_add_signed(by)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_after_a_removal_keeps_its_place_in_the_source() {
        let mut map = SourceMap::default();
        map.edit(&[Edit::remove(5..10)]);
        assert_eq!(map.source(3..5), 3..5);
        assert_eq!(map.source(5..8), 10..13);
        assert_eq!(map.source(3..8), 3..13);
    }

    #[test]
    fn a_second_edit_over_the_first_merges_with_it() {
        let mut map = SourceMap::default();
        map.edit(&[Edit::remove(5..10)]); // source 0123456789abcd -> 01234abcd
        map.edit(&[Edit::replace(4..6, "xyz")]); // 0123xyzbcd
        assert_eq!(map.source(4..7), 4..11);
        assert_eq!(map.source(5..6), 4..11);
        assert_eq!(map.source(7..10), 11..14);
    }

    /// Texts of numbered characters, so that each character says where it came from.
    fn edits(length: usize) -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
        proptest::collection::vec((0..=length, 0..=4_usize, 0..=3_usize), 0..6)
    }

    fn ascending(raw: Vec<(usize, usize, usize)>, length: usize) -> Vec<Edit> {
        let mut raw = raw;
        raw.sort_unstable();
        let mut edits: Vec<Edit> = Vec::new();
        for (start, removed, inserted) in raw {
            let from = start.max(edits.last().map_or(0, |edit| edit.end + 1));
            let to = (from + removed).min(length);
            if from <= to {
                edits.push(Edit::replace(from..to, &"+".repeat(inserted)));
            }
        }
        edits
    }

    fn apply(text: &[Option<usize>], edits: &[Edit]) -> Vec<Option<usize>> {
        let mut edited = Vec::new();
        let mut at = 0;
        for edit in edits {
            edited.extend_from_slice(&text[at..edit.start]);
            edited.extend(edit.text.chars().map(|_| None));
            at = edit.end;
        }
        edited.extend_from_slice(&text[at..]);
        edited
    }

    proptest! {
        #[test]
        fn every_kept_character_maps_to_where_it_stood(
            rounds in proptest::collection::vec(edits(40), 1..5),
        ) {
            let mut text: Vec<Option<usize>> = (0..40).map(Some).collect();
            let mut map = SourceMap::default();
            for raw in rounds {
                let edits = ascending(raw, text.len());
                map.edit(&edits);
                text = apply(&text, &edits);
            }
            for (i, came_from) in text.iter().enumerate() {
                let source = map.source(i..i + 1);
                prop_assert!(source.end <= 40);
                if let Some(place) = came_from {
                    prop_assert!(source.contains(place), "{i} came from {place}, not {source:?}");
                }
            }
        }
    }
}
