//! Finds what was glued to the end of a line: a note of the editors, an agency's sign-off in brackets, a last sentence
//! that calls the reader to do something.
//!
//! In goes a line without outer white space, out comes where its tail starts. A tail reaches to the end of the line and
//! starts behind the end of a sentence, so that no sentence is cut in two.
//!
//! Not here: picture credits (`credits`), and lines that are a note from their start (`notes`).

use std::sync::LazyLock;

use memchr::memmem;

use crate::lists::list;

/// Bytes of a note or a sign-off at the end of a line.
const TAIL_BYTES_MAX: usize = 900;

/// What notes of the editors open with, in the ways in which they are printed.
static NOTES: LazyLock<Vec<&str>> = LazyLock::new(|| list("notes"));

/// What sign-offs in brackets open with.
static SIGN_OFFS: LazyLock<Vec<String>> =
    LazyLock::new(|| list("sign-offs").iter().map(|words| format!("{words} ")).collect());

/// Bytes of a last sentence that is looked at.
pub(crate) const SENTENCE_BYTES_MAX: usize = 160;

/// Where a note of the editors at the end of `line` starts.
///
/// # Examples
///
/// ```
/// use clean::tails::note_start;
///
/// assert_eq!(note_start("It rained.Editor's note: It snowed."), Some(10));
/// assert_eq!(note_start("He read the Editor's note: it was short."), None);
/// ```
pub fn note_start(line: &str) -> Option<usize> {
    // All of them hold this, whatever their case.
    let holds_any = memmem::find(line.as_bytes(), b"ditor").is_some()
        || memmem::find(line.as_bytes(), b"DITOR").is_some();
    let at = holds_any.then(|| NOTES.iter().filter_map(|note| line.find(*note)).min()).flatten()?;
    let before = line[..at].trim_end_matches([' ', '(', '[', '*', '\u{a0}']);
    (line.len() - at <= TAIL_BYTES_MAX && ends_sentence(before)).then_some(before.len())
}

/// Where an agency's sign-off in brackets at the end of `line` starts.
///
/// # Examples
///
/// ```
/// use clean::tails::sign_off_start;
///
/// assert_eq!(sign_off_start("It rained. (Reporting by Jo Nes; Editing by Ann Lee)"), Some(10));
/// assert_eq!(sign_off_start("It rained (see below)."), None);
/// ```
pub fn sign_off_start(line: &str) -> Option<usize> {
    let inner = line.trim_end_matches('.').strip_suffix([')', ']'])?;
    let open = inner.rfind(['(', '['])?;
    let opens = SIGN_OFFS.iter().any(|words| {
        inner[open + 1..].get(..words.len()).is_some_and(|head| head.eq_ignore_ascii_case(words))
    });
    (opens && inner.len() - open <= TAIL_BYTES_MAX).then(|| inner[..open].trim_end().len())
}

/// Where the last sentence of `line` starts, if it is a short one behind another and no quotation is open there.
///
/// # Examples
///
/// ```
/// use clean::tails::last_sentence_start;
///
/// assert_eq!(last_sentence_start("It rained. Read more here."), Some(11));
/// assert_eq!(last_sentence_start("“It rained. Read more here.”"), None);
/// ```
pub fn last_sentence_start(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let from = bytes.len().saturating_sub(SENTENCE_BYTES_MAX).max(2);
    let last = bytes.len().checked_sub(3)?;
    let starts = |at: &usize| {
        bytes[*at].is_ascii_uppercase()
            && bytes[*at - 1] == b' '
            && matches!(bytes[*at - 2], b'.' | b'!' | b'?' | b'"' | b')' | 0x9D)
    };
    let at = (from..last).rev().find(starts)?;
    Some(at).filter(|at| {
        line.is_char_boundary(*at) && !line[*at..].contains(['"', '”', '“']) && !is_open(&line[..*at])
    })
}

/// Whether a quotation that begins in `text` does not end in it.
fn is_open(text: &str) -> bool {
    let count = |mark| text.matches(mark).count();
    count('"') % 2 == 1 || count('“') > count('”')
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end().ends_with(['.', '!', '?', '”', '"', '’', ')', '…'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sign_off_may_be_all_of_a_line() {
        assert_eq!(sign_off_start("(Editing by Ann Lee)"), Some(0));
        assert_eq!(sign_off_start("It rained. [additional reporting by Jo Nes]."), Some(10));
    }

    proptest! {
        #[test]
        fn tails_start_on_boundaries(line in "(Editor’s note:|\\(Editing by|\\)|\\. Read|“|”|\\.|\\PC){0,30}") {
            for start in [note_start(&line), sign_off_start(&line), last_sentence_start(&line)].into_iter().flatten() {
                prop_assert!(line.is_char_boundary(start));
            }
        }
    }
}
