//! Cuts a text into lines: where each stands, and where its words begin and end.
//!
//! In goes any text, out come byte ranges that together cover it. `\n`, `\r\n` and a lone `\r` end a
//! line, since all three are met in one and the same corpus.
//!
//! The outer white space of a line is measured with Unicode's eyes: a line of no-break spaces is as
//! blank as a line of tabs, and is just as much left behind by a web page.
//!
//! Not here: what a line says (`fold`, `phrases`) and whether it goes (`cleaner`).

use memchr::memchr2_iter;
use std::ops::Range;

/// One line of a text, as byte offsets into it: `start <= text.start <= text.end <= end <= next`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// First byte of the line, indentation included.
    pub start: usize,
    /// What stands in the line, without outer white space; empty when the line is blank.
    pub text: Range<usize>,
    /// End of the line without its line end.
    pub end: usize,
    /// First byte of the next line.
    pub next: usize,
}

impl Line {
    /// Whether nothing but white space stands in the line.
    pub fn is_blank(&self) -> bool {
        self.text.is_empty()
    }
}

/// Appends the lines of `text` to `lines`, first to last; an empty text has none.
///
/// # Examples
///
/// ```
/// let mut lines = Vec::new();
/// clean::lines::split("One. \r\n\nTwo.", &mut lines);
/// let shown: Vec<_> = lines.iter().map(|line| (line.text.clone(), line.next)).collect();
/// assert_eq!(shown, [(0..4, 7), (7..7, 8), (8..12, 12)]);
/// ```
pub fn split(text: &str, lines: &mut Vec<Line>) {
    let bytes = text.as_bytes();
    let mut start = 0;
    for at in memchr2_iter(b'\n', b'\r', bytes) {
        if at < start {
            continue; // the `\n` of a `\r\n`
        }
        let pair = bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
        let next = at + 1 + usize::from(pair);
        lines.push(line(text, start, at, next));
        start = next;
    }
    if start < text.len() {
        lines.push(line(text, start, text.len(), text.len()));
    }
}

fn line(text: &str, start: usize, end: usize, next: usize) -> Line {
    let whole = &text[start..end];
    let trimmed = whole.trim();
    let from = if trimmed.is_empty() { start } else { start + (whole.len() - whole.trim_start().len()) };
    Line { start, text: from..from + trimmed.len(), end, next }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    #[test]
    fn every_kind_of_line_end_ends_a_line() {
        check(
            "a\nb\r\nc\rd",
            expect![[r#"
            "a" "\n"
            "b" "\r\n"
            "c" "\r"
            "d" ""
        "#]],
        );
    }

    #[test]
    fn blank_lines_are_lines_and_a_last_line_end_adds_none() {
        check(
            "\n\u{a0}\n  a \n",
            expect![[r#"
            "" "\n"
            "" "\n"
            "a" "\n"
        "#]],
        );
    }

    #[test]
    fn an_empty_text_has_no_lines() {
        check("", expect![[""]]);
    }

    proptest! {
        #[test]
        fn lines_cover_the_text(text in "(\\PC|[ \t\r\n\u{a0}]){0,60}") {
            let mut lines = Vec::new();
            split(&text, &mut lines);
            let mut at = 0;
            for line in &lines {
                prop_assert_eq!(line.start, at);
                prop_assert!(line.start <= line.text.start && line.text.end <= line.end && line.end <= line.next);
                prop_assert_eq!(text[line.start..line.end].trim(), &text[line.text.clone()]);
                at = line.next;
            }
            prop_assert_eq!(at, text.len());
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut lines = Vec::new();
        split(text, &mut lines);
        let shown = lines
            .iter()
            .map(|line| format!("{:?} {:?}\n", &text[line.text.clone()], &text[line.end..line.next]));
        expected.assert_eq(&shown.collect::<String>());
    }
}
