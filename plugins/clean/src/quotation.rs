//! Tells whether a line holds a quotation that reads as prose, so that no rule takes it away.
//!
//! What people said is what news text is kept for, and quotations have the looks of junk: short lines,
//! closing marks other than a full stop, words such as "subscribe" and "click here". A line that this
//! module vouches for stays, whatever else is true of it.
//!
//! Four words between marks are a quotation; so is a line of ten words with a mark anywhere, since a
//! speech of several paragraphs closes none but the last. A title such as “UN and Me” is neither.
//!
//! Not here: who said it, and where exactly it starts (that is the work of a quotes stage).

/// Words between two marks that make a quotation.
const QUOTED_WORDS_MIN: usize = 4;

/// Words that make prose of a line with a mark in it.
const LINE_WORDS_MIN: usize = 10;

/// Whether `line` holds a quotation: four words in quotation marks, or any mark among ten words.
///
/// # Examples
///
/// ```
/// use clean::quotation::holds_quotation;
///
/// assert!(holds_quotation("“Click here and see,” she said."));
/// assert!(!holds_quotation("See also: “UN and Me”"));
/// ```
pub fn holds_quotation(line: &str) -> bool {
    // The bytes that the marks below begin with: without one of them there is nothing to look for.
    if !line.bytes().any(|byte| matches!(byte, b'"' | b'\'' | 0xC2 | 0xE2 | 0xE3)) {
        return false;
    }
    let mut stretch = Stretch::default();
    let mut symbols = line.chars().peekable();
    let mut before = ' ';
    while let Some(symbol) = symbols.next() {
        match mark(symbol, before, symbols.peek().copied()) {
            Some(mark) => stretch.mark(mark),
            None if symbol.is_alphanumeric() && !before.is_alphanumeric() => stretch.word(),
            None => {}
        }
        if stretch.is_quotation() {
            return true;
        }
        before = symbol;
    }
    false
}

/// A quotation mark, opening or closing: in real text either looks like the other too often to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Double,
    /// May be the apostrophe of "the workers' rights", so that only two of them make a quotation.
    Single,
}

fn mark(symbol: char, before: char, after: Option<char>) -> Option<Mark> {
    match symbol {
        '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '「' | '」' | '『' | '』' => {
            Some(Mark::Double)
        }
        '\'' | '‘' | '’' | '‹' | '›' => {
            let inside = before.is_alphanumeric() && after.is_some_and(char::is_alphanumeric);
            (!inside).then_some(Mark::Single)
        }
        _ => None,
    }
}

/// Words counted over the line and since the last mark.
#[derive(Debug, Default)]
struct Stretch {
    words: usize,
    double_marks: usize,
    since_double: usize,
    since_single: usize,
    between_singles: usize,
    single_marks: usize,
}

impl Stretch {
    fn word(&mut self) {
        self.words += 1;
        self.since_double += 1;
        self.since_single += 1;
    }

    fn mark(&mut self, mark: Mark) {
        match mark {
            Mark::Double => {
                self.double_marks += 1;
                self.since_double = 0;
            }
            Mark::Single => {
                if self.single_marks > 0 {
                    self.between_singles = self.between_singles.max(self.since_single);
                }
                self.single_marks += 1;
                self.since_single = 0;
            }
        }
    }

    fn is_quotation(&self) -> bool {
        let double =
            self.double_marks > 0 && (self.since_double >= QUOTED_WORDS_MIN || self.words >= LINE_WORDS_MIN);
        double || self.between_singles >= QUOTED_WORDS_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn four_words_in_any_marks_are_a_quotation() {
        for line in [
            "“Click here and see,” she said.",
            "\"Read more about it.\"",
            "«Lisez la suite ici», dit-il.",
            "„Lesen Sie mehr dazu“",
            "'I do not know,' he said",
            "‘I don’t know that’",
        ] {
            assert!(holds_quotation(line), "{line}");
        }
    }

    #[test]
    fn an_open_quotation_is_one() {
        assert!(holds_quotation("“Share this story with everyone"));
    }

    #[test]
    fn a_title_in_marks_is_none() {
        for line in [
            "See also: “UN and Me”",
            "Don't miss the editors' picks",
            "5' 11\"",
            "\"\" ''",
            "No marks at all here",
        ] {
            assert!(!holds_quotation(line), "{line}");
        }
    }

    #[test]
    fn prose_with_a_title_in_it_is_protected_too() {
        assert!(holds_quotation("Guests saw the “UN and Me” exhibition before they left for the airport."));
    }

    proptest! {
        #[test]
        fn any_line_can_be_asked_about(line in "\\PC{0,80}") {
            holds_quotation(&line);
        }

        #[test]
        fn quoted_prose_is_always_found(words in "[a-z]{1,6}( [a-z]{1,6}){3,12}", lead in "[A-Z][a-z]{0,5} ") {
            let found = holds_quotation(&format!("{lead}“{words}”"));
            prop_assert!(found);
        }
    }
}
