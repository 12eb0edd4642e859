//! What changes inside a line that stays: spans that go or become something else.
//!
//! Each of the finders beside this file looks at a line by itself; here their findings become one list in the order of
//! the text, in which of two that overlap the one that starts first counts.
//!
//! Not here: lines that go as a whole (`cleaner`), and white space at their ends (`fates`).

use std::borrow::Cow;
use std::ops::Range;

use crate::rule::Rule;

/// Replaces the bytes of `range` by `with`, inside a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Byte offsets into the text; not empty, and inside the [`text`](crate::lines::Line::text) of a line.
    pub range: Range<usize>,
    /// What stands there afterwards; empty for a removal.
    pub with: Cow<'static, str>,
    /// The rule that it is booked under.
    pub rule: Rule,
}

impl Cut {
    /// A cut that takes `range` out.
    pub fn remove(range: Range<usize>, rule: Rule) -> Cut {
        Cut { range, with: Cow::Borrowed(""), rule }
    }
}

/// Puts the cuts behind `from`, those of one line, in the order of the text and apart from each other.
pub fn settle(cuts: &mut Vec<Cut>, from: usize) {
    if cuts.len() - from < 2 {
        return;
    }
    cuts[from..].sort_by_key(|cut| (cut.range.start, usize::MAX - cut.range.end));
    let mut end = 0;
    let mut i = 0;
    cuts.retain(|cut| {
        let is_apart = i < from || cut.range.start >= end;
        if is_apart {
            end = cut.range.end;
        }
        i += 1;
        is_apart
    });
}

/// Whether nothing but white space is left of `range` of `text` once `cuts`, which lie in it, are made.
pub fn leave_nothing(text: &str, range: Range<usize>, cuts: &[Cut]) -> bool {
    let mut at = range.start;
    let mut is_blank = true;
    for cut in cuts {
        is_blank &= cut.with.trim().is_empty() && text[at..cut.range.start].trim().is_empty();
        at = cut.range.end;
    }
    is_blank && text[at..range.end].trim().is_empty()
}
