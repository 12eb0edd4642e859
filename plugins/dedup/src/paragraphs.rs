//! Finds the paragraphs of a text, and what must go with one that is removed.
//!
//! In goes any `&str`; out come byte ranges that ascend and never cut a character or a line.
//!
//! A paragraph ends at a line without visible characters. A text that has none of these is not hard-wrapped, as a
//! rule, and there every line is a paragraph.
//!
//! Not here: which paragraphs are repeated (`index`).

use std::ops::Range;

/// Returns the paragraphs of `text`, first to last, without white space around them.
///
/// # Examples
///
/// ```
/// use dedup::paragraphs::paragraphs;
///
/// let of = |text: &'static str| paragraphs(text).into_iter().map(|it| &text[it]).collect::<Vec<_>>();
/// assert_eq!(of("Rain\nfell.\n \nNobody\nminded.\n"), ["Rain\nfell.", "Nobody\nminded."]);
/// assert_eq!(of("Rain fell.\nNobody minded."), ["Rain fell.", "Nobody minded."]);
/// ```
pub fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let lines = lines(text);
    let visible = |it: &Range<usize>| !it.is_empty();
    let between = lines.iter().skip_while(|it| !visible(it)).skip_while(|it| visible(it));
    if !between.clone().any(visible) {
        return lines.into_iter().filter(visible).collect();
    }
    let blocks = lines.chunk_by(|a, b| visible(a) == visible(b)).filter(|it| visible(&it[0]));
    blocks.map(|it| it[0].start..it[it.len() - 1].end).collect()
}

/// Every line without white space at its ends; an empty range if nothing is left.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let from = start + line.len() - line.trim_start().len();
        lines.push(from..from + line.trim().len());
        start += line.len();
    }
    lines
}

/// Returns the ranges to cut from a text so that the paragraphs marked in `removed` go, each with the gap to
/// the next one, or, at the end, to the one before.
///
/// # Examples
///
/// ```
/// let all = [0..1, 3..4, 6..7]; // "A", "B" and "C" in "A\n\nB\n\nC\n"
/// assert_eq!(dedup::paragraphs::cuts(&all, &[true, false, false]), [0..3]);
/// assert_eq!(dedup::paragraphs::cuts(&all, &[false, true, true]), [1..7]);
/// ```
pub fn cuts(paragraphs: &[Range<usize>], removed: &[bool]) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let mut first = 0;
    for run in removed.chunk_by(|a, b| a == b) {
        let next = first + run.len();
        if run[0] {
            cuts.push(match (paragraphs.get(next), first.checked_sub(1)) {
                (Some(next), _) => paragraphs[first].start..next.start,
                (None, Some(before)) => paragraphs[before].end..paragraphs[next - 1].end,
                (None, None) => paragraphs[first].start..paragraphs[next - 1].end,
            });
        }
        first = next;
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn white_space_makes_no_paragraph() {
        assert_eq!(paragraphs(""), []);
        assert_eq!(paragraphs(" \n\r\n\t\n"), []);
        assert_eq!(paragraphs("\n\n a b \n\n c"), [3..6, 10..11]);
        assert_eq!(paragraphs("a\r\n\r\nb\r\nc"), [0..1, 5..9]);
    }

    proptest! {
        #[test]
        fn paragraphs_hold_all_that_is_visible(text in prop_oneof![any::<String>(), "[ab \n\r\u{3000}é]{0,60}"]) {
            let found = paragraphs(&text);
            let shown: String = found.iter().map(|it| &text[it.clone()]).collect();
            let visible = |text: &str| text.chars().filter(|it| !it.is_whitespace()).collect::<String>();
            prop_assert_eq!(visible(&shown), visible(&text));
            prop_assert!(found.iter().all(|it| !it.is_empty() && text[it.clone()].trim() == &text[it.clone()]));
            prop_assert!(found.windows(2).all(|it| it[0].end < it[1].start));
        }

        #[test]
        fn what_is_left_after_cutting_are_the_other_paragraphs(text in "([ab]{1,2}\n{0,3}){0,9}", marks in any::<u32>()) {
            let all = paragraphs(&text);
            let removed: Vec<bool> = (0..all.len()).map(|i| marks >> i & 1 == 1).collect();
            let mut left = text.clone();
            for cut in cuts(&all, &removed).into_iter().rev() {
                left.replace_range(cut, "");
            }
            let kept = all.iter().zip(&removed).filter(|(_, removed)| !**removed);
            let naive: Vec<&str> = kept.flat_map(|(it, _)| text[it.clone()].split_whitespace()).collect();
            prop_assert_eq!(left.split_whitespace().collect::<Vec<_>>(), naive);
        }
    }
}
