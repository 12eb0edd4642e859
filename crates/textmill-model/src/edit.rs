//! Edits: what a stage may do to a text.
//!
//! A stage never hands back a text. It says which ranges to replace, so that everything else about the
//! document, annotations and the way back to the source, can follow.

use std::fmt;
use std::ops::Range;

/// Replace `start..end` of a document's text by `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// First byte that goes.
    pub start: usize,
    /// First byte that stays again.
    pub end: usize,
    /// What comes instead; empty for a removal.
    pub text: Box<str>,
    /// Which of the stage's declared rules asked for it.
    pub rule: Option<u32>,
}

impl Edit {
    /// An edit that takes `range` out.
    pub fn remove(range: Range<usize>) -> Edit {
        Edit::replace(range, "")
    }

    /// An edit that puts `text` in the place of `range`.
    pub fn replace(range: Range<usize>, text: &str) -> Edit {
        Edit { start: range.start, end: range.end, text: text.into(), rule: None }
    }

    /// The range that goes.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// How many bytes longer the text becomes; negative when it becomes shorter.
    pub(crate) fn growth(&self) -> isize {
        self.text.len() as isize - self.range().len() as isize
    }
}

/// Why an edit cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditFault {
    /// It reaches past the end of the text, or ends before it starts.
    OutOfRange {
        /// The range asked for, in bytes.
        range: (usize, usize),
        /// How long the text is, in bytes.
        text_bytes: usize,
    },
    /// It starts or ends inside a character.
    CutsCharacter {
        /// The offset inside a character, in bytes.
        offset: usize,
    },
    /// It starts before the edit before it ends.
    OutOfOrder {
        /// The range asked for, in bytes.
        range: (usize, usize),
        /// Where the edit before it ends.
        previous_end: usize,
    },
}

impl fmt::Display for EditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditFault::OutOfRange { range: (start, end), text_bytes } => {
                write!(f, "range {start}..{end} is not inside the text of {text_bytes} bytes")
            }
            EditFault::CutsCharacter { offset } => write!(f, "offset {offset} is inside a character"),
            EditFault::OutOfOrder { range: (start, end), previous_end } => {
                write!(f, "range {start}..{end} starts before the edit before it ends, at {previous_end}")
            }
        }
    }
}

/// Checks that `edits` ascend, do not overlap, lie inside `text` and cut no character.
///
/// # Errors
///
/// The first fault and the index of its edit.
pub fn check_edits(text: &str, edits: &[Edit]) -> Result<(), (usize, EditFault)> {
    let mut previous_end = 0;
    for (i, edit) in edits.iter().enumerate() {
        check_range(text, edit.start, edit.end).map_err(|fault| (i, fault))?;
        if edit.start < previous_end {
            return Err((i, EditFault::OutOfOrder { range: (edit.start, edit.end), previous_end }));
        }
        previous_end = edit.end;
    }
    Ok(())
}

/// Checks that `start..end` lies inside `text` and cuts no character.
///
/// # Errors
///
/// The first fault: out of range, or inside a character.
pub fn check_range(text: &str, start: usize, end: usize) -> Result<(), EditFault> {
    if start > end || end > text.len() {
        return Err(EditFault::OutOfRange { range: (start, end), text_bytes: text.len() });
    }
    match [start, end].into_iter().find(|offset| !text.is_char_boundary(*offset)) {
        Some(offset) => Err(EditFault::CutsCharacter { offset }),
        None => Ok(()),
    }
}

/// The text with `edits` applied.
pub(crate) fn edited(text: &str, edits: &[Edit]) -> String {
    let growth: isize = edits.iter().map(Edit::growth).sum();
    let mut edited = String::with_capacity(text.len().saturating_add_signed(growth));
    let mut at = 0;
    for edit in edits {
        edited.push_str(&text[at..edit.start]);
        edited.push_str(&edit.text);
        at = edit.end;
    }
    edited.push_str(&text[at..]);
    edited
}

/// Moves offsets of the text before `edits` to the text after them.
///
/// Built once for a document's edits and asked for each annotation: the shifts are summed up beforehand.
pub(crate) struct Moves<'a> {
    edits: &'a [Edit],
    growth_before: Vec<isize>,
}

impl<'a> Moves<'a> {
    pub(crate) fn new(edits: &'a [Edit]) -> Moves<'a> {
        let mut sum = 0;
        let growth_before = edits
            .iter()
            .map(|edit| {
                let before = sum;
                sum += edit.growth();
                before
            })
            .collect();
        Moves { edits, growth_before }
    }

    /// Where the range stands afterwards; `None` when nothing is left of it.
    ///
    /// What is partly removed shrinks to what is left; an end inside replaced text moves to that end of the
    /// replacement; text inserted at an end stays outside.
    pub(crate) fn range(&self, range: Range<usize>) -> Option<Range<usize>> {
        let (start, end) = (self.start(range.start), self.end(range.end));
        (start < end || range.is_empty()).then(|| start..end.max(start))
    }

    fn start(&self, offset: usize) -> usize {
        let after = self.edits.partition_point(|edit| edit.start <= offset);
        let Some(i) = after.checked_sub(1) else { return offset };
        let edit = &self.edits[i];
        let replaced_at = edit.start.strict_add_signed(self.growth_before[i]);
        if offset < edit.end { replaced_at } else { replaced_at + edit.text.len() + (offset - edit.end) }
    }

    fn end(&self, offset: usize) -> usize {
        let after = self.edits.partition_point(|edit| edit.start < offset);
        let Some(i) = after.checked_sub(1) else { return offset };
        let edit = &self.edits[i];
        let replaced_to = edit.start.strict_add_signed(self.growth_before[i]) + edit.text.len();
        replaced_to + offset.saturating_sub(edit.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn moved(edits: &[Edit], range: Range<usize>) -> Option<Range<usize>> {
        Moves::new(edits).range(range)
    }

    #[test]
    fn a_range_behind_a_removal_moves_forward() {
        assert_eq!(moved(&[Edit::remove(2..5)], 6..9), Some(3..6));
    }

    #[test]
    fn a_removed_range_is_gone_and_a_half_removed_one_shrinks() {
        assert_eq!(moved(&[Edit::remove(2..5)], 3..5), None);
        assert_eq!(moved(&[Edit::remove(2..5)], 4..8), Some(2..5));
        assert_eq!(moved(&[Edit::remove(2..5)], 0..4), Some(0..2));
    }

    #[test]
    fn a_replaced_range_covers_its_replacement() {
        assert_eq!(moved(&[Edit::replace(2..5, "xyzw")], 2..5), Some(2..6));
        assert_eq!(moved(&[Edit::replace(2..5, "xyzw")], 3..7), Some(2..8));
    }

    #[test]
    fn text_inserted_at_an_end_stays_outside() {
        assert_eq!(moved(&[Edit::replace(2..2, "xy")], 2..5), Some(4..7));
        assert_eq!(moved(&[Edit::replace(5..5, "xy")], 2..5), Some(2..5));
    }

    #[test]
    fn faults_are_named() {
        let text = "aé";
        assert_eq!(
            check_edits(text, &[Edit::remove(0..9)]).unwrap_err().1.to_string(),
            "range 0..9 is not inside the text of 3 bytes"
        );
        assert_eq!(
            check_edits(text, &[Edit::remove(0..2)]).unwrap_err().1.to_string(),
            "offset 2 is inside a character"
        );
        assert_eq!(
            check_edits(text, &[Edit::remove(0..3), Edit::remove(1..3)]).unwrap_err(),
            (1, EditFault::OutOfOrder { range: (1, 3), previous_end: 3 })
        );
    }
}
