//! One change to a text: which bytes go, what stands there instead, and the rule that says so.

use crate::rule::Rule;
use std::borrow::Cow;
use std::ops::Range;

/// Replaces the bytes of `range` by `with`, for the reason `rule`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Byte offsets into the text before any edit.
    pub range: Range<usize>,
    /// What stands there afterwards; empty for a removal.
    pub with: Cow<'static, str>,
    /// The rule that it is booked under.
    pub rule: Rule,
}

/// Returns `text` with `edits` made, which have to ascend and not overlap.
///
/// # Examples
///
/// ```
/// use clean::{edit::{Edit, apply}, rule::Rule};
///
/// let edits = [Edit { range: 3..5, with: "".into(), rule: Rule::WhiteSpace }];
/// assert_eq!(apply("Hm.  ", &edits), "Hm.");
/// ```
///
/// # Panics
///
/// When the edits overlap, descend, or cut a character.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        edited.push_str(&text[at..edit.range.start]);
        edited.push_str(&edit.with);
        at = edit.range.end;
    }
    edited.push_str(&text[at..]);
    edited
}
