//! Finds tags that were left in a text when it was taken out of its page: `<b>`, `</tweet>`, `<img src="…">`.
//!
//! In goes a line, out come the tags in it. What stands between two tags is text and stays.
//!
//! Not here: pages as such, which a source extracts as a whole.

use std::ops::Range;

/// No tag of more bytes is one.
const TAG_BYTES_MAX: usize = 2048;

/// Calls `found` with each tag of `line`, first to last.
///
/// # Examples
///
/// ```
/// let mut tags = Vec::new();
/// let line = "<p>If x < y, say <q cite=\"#\">yes</q>.";
/// clean::markup::tags(line, |tag| tags.push(&line[tag]));
/// assert_eq!(tags, ["<p>", "<q cite=\"#\">", "</q>"]);
/// ```
pub fn tags(line: &str, mut found: impl FnMut(Range<usize>)) {
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'<', &line.as_bytes()[at..]).map(|i| at + i) {
        let length = tag_bytes(&line.as_bytes()[open..]);
        if length > 0 {
            found(open..open + length);
        }
        at = open + length.max(1);
    }
}

/// How many bytes of tag `text` begins with, which begins with `<`; 0 when that is no tag.
fn tag_bytes(text: &[u8]) -> usize {
    let text = &text[..text.len().min(TAG_BYTES_MAX)];
    let name_at = if text.get(1) == Some(&b'/') { 2 } else { 1 };
    let name =
        text[name_at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let starts_with_letter = text.get(name_at).is_some_and(u8::is_ascii_alphabetic);
    let ends_well = matches!(text.get(name_at + name), Some(b' ' | b'>' | b'/'));
    if !starts_with_letter || !ends_well {
        return 0;
    }
    let has_attributes = text[name_at + name] == b' ';
    let Some(inner) = text.iter().skip(1).position(|byte| matches!(byte, b'>' | b'<')) else { return 0 };
    let close = inner + 1;
    let says_so = !has_attributes || text[..close].contains(&b'=') || text[close - 1] == b'/';
    if text[close] == b'>' && says_so { close + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let mut found = Vec::new();
        tags(line, |tag| found.push(&line[tag]));
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn tags_are_found_whatever_they_are_called() {
        check("</tweet>", &["</tweet>"]);
        check("<tweet id=\"1\"><tweet/>.", &["<tweet id=\"1\">", "<tweet/>"]);
        check("rain<br />fell", &["<br />"]);
    }

    #[test]
    fn a_sign_among_words_is_none() {
        for line in
            ["1 < 2 and 3 > 2", "a <b and c> d", "write to <jo@example.org>", "I <3 you", "<", "<>", "<a"]
        {
            check(line, &[]);
        }
    }

    #[test]
    fn many_open_signs_take_linear_time() {
        check(&"<a ".repeat(1 << 18), &[]);
    }

    proptest! {
        #[test]
        fn tags_stand_on_boundaries(line in "(<|>|/|a| |=|é){0,40}") {
            tags(&line, |tag| assert!(line.get(tag).is_some()));
        }
    }
}
