//! Finds picture credits: whole lines such as "Getty Images", and those at the end of a caption.
//!
//! In goes a line without outer white space, out comes the byte at which its credit starts, if it has one.
//! A credit is a short tail: after the end of a sentence ("… in Almaty. Photo credit: gov.kz"), or in
//! brackets ("… in Almaty (Photo: EPA)"). The caption itself is text and stays.
//!
//! A credit names somebody and says nothing: a tail with a verb in it is prose and stays. Verbs are
//! hard to know, but prose in lower case is not, so that past its opening words a credit has to be made of
//! names, file names and a few small words.
//!
//! Not here: agencies' bylines ("Reuters" alone on a line under a headline), which say who wrote.

use std::sync::LazyLock;

use crate::lexicon::{self, word_hashes};
use crate::lists::list;

/// Bytes at the end of a line in which a credit may start.
pub(crate) const TAIL_BYTES_MAX: usize = 120;

/// Words in a credit, its opening words included.
const CREDIT_WORDS_MAX: usize = 12;

/// What a credit starts with, in lower case; after these a colon is welcome, not needed.
static OPENINGS: LazyLock<Vec<&str>> = LazyLock::new(|| list("credits"));

/// Words that start a credit only with a colon or slash behind them.
static OPENINGS_WITH_COLON: LazyLock<Vec<&str>> = LazyLock::new(|| list("credits with colon"));

/// Picture agencies: one of them and names alone are a credit.
static PICTURE_AGENCIES: LazyLock<Vec<&str>> = LazyLock::new(|| list("picture agencies"));

/// Agencies that also write: a credit only behind a slash, as in "Jo Nes / Reuters".
static AGENCIES_AFTER_SLASH: LazyLock<Vec<&str>> = LazyLock::new(|| list("agencies after slash"));

/// Lower-case words that may stand in a credit.
static SMALL_WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| list("in credits"));

/// Returns where the credit of `line` starts: 0 when the line is nothing else.
///
/// # Examples
///
/// ```
/// use clean::credits::credit_start;
///
/// assert_eq!(credit_start("The hall. Photo credit: gov.kz"), Some(9));
/// assert_eq!(credit_start("(Photo by Jo Nes)"), Some(0));
/// assert_eq!(credit_start("The photo by Jo Nes won."), None);
/// ```
pub fn credit_start(line: &str) -> Option<usize> {
    if !word_hashes(&line.as_bytes()[line.len().saturating_sub(TAIL_BYTES_MAX)..]).any(is_picture_word) {
        return None;
    }
    if line.len() <= TAIL_BYTES_MAX && (is_credit(line) || is_credit(without_brackets(line))) {
        return Some(0);
    }
    let from =
        (line.len().saturating_sub(TAIL_BYTES_MAX)..).find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let tail = &line[from..];
    bracket_start(tail).or_else(|| sentence_start(tail)).map(|at| trim_end(line, from + at))
}

fn is_picture_word(hash: u32) -> bool {
    lexicon::classes(hash) & lexicon::PICTURE != 0
}

/// Steps back over the white space before `at`, so that none is left at the end of the caption.
fn trim_end(line: &str, at: usize) -> usize {
    line[..at].trim_end().len()
}

/// Where the last bracket of `tail` opens, if `tail` ends with it and it holds a credit.
fn bracket_start(tail: &str) -> Option<usize> {
    let inner = tail.trim_end_matches('.').strip_suffix([')', ']'])?;
    let open = inner.rfind(['(', '['])?;
    is_credit(&inner[open + 1..]).then_some(open)
}

/// Where the first sentence of `tail` that is a credit to its end starts.
fn sentence_start(tail: &str) -> Option<usize> {
    let ends = tail.match_indices(['.', '!', '?', '”', '"', ')', '|']);
    ends.map(|(at, mark)| at + mark.len())
        .find(|at| tail[*at..].starts_with(' ') && opens_credit(tail[*at..].trim_start()))
}

fn without_brackets(line: &str) -> &str {
    line.trim_end_matches('.').trim_matches(['(', ')', '[', ']'])
}

fn is_credit(text: &str) -> bool {
    opens_credit(text) || (names_only(text) && names_agency(text))
}

fn opens_credit(text: &str) -> bool {
    let after = OPENINGS.iter().find_map(|opening| strip_words(text, opening)).or_else(|| {
        OPENINGS_WITH_COLON
            .iter()
            .find_map(|opening| strip_words(text, opening))
            .filter(|after| after.starts_with([':', '/']))
    });
    after.is_some_and(|after| names_only(after.trim_start_matches([':', '/', ' '])))
}

/// Strips lower-case ASCII `words` off the start of `text` in any case, if a word ends there.
fn strip_words<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    let head = text.get(..words.len())?;
    let after = &text[words.len()..];
    let whole = !after.starts_with(char::is_alphanumeric);
    (whole && head.eq_ignore_ascii_case(words)).then_some(after)
}

/// Whether `text` is a few words that are names, file names or small words.
fn names_only(text: &str) -> bool {
    let words = || text.split([' ', '/', ',', '|', ';', '\u{a0}']).filter(|word| !word.is_empty());
    let few = words().count() <= CREDIT_WORDS_MAX;
    few && words().next().is_some() && words().all(is_name)
}

fn is_name(word: &str) -> bool {
    let bare = word.trim_matches(|symbol: char| !symbol.is_alphanumeric());
    let small = bare.chars().next().is_none_or(|first| !first.is_lowercase());
    small || SMALL_WORDS.contains(&bare) || bare.contains(['.', '@', '_'])
}

fn names_agency(text: &str) -> bool {
    let after_slash = text.split('/').skip(1).any(|piece| is_one_of(&AGENCIES_AFTER_SLASH, piece));
    let photo = || words(text).any(|word| word.eq_ignore_ascii_case("photo"));
    let by_agency = || words(text).any(|word| is_one_of(&AGENCIES_AFTER_SLASH, word));
    words(text).any(|word| is_one_of(&PICTURE_AGENCIES, word)) || after_slash || (photo() && by_agency())
}

fn is_one_of(agencies: &[&str], name: &str) -> bool {
    let name = name.trim_matches(|symbol: char| !symbol.is_alphanumeric());
    agencies.iter().any(|agency| name.eq_ignore_ascii_case(agency))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|symbol: char| !symbol.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_credit_after_the_caption_is_found() {
        check("The hall in June. Photo credit: gov.kz", "The hall in June.");
        check("“We won!” Photo by Jo Nes/Pool via AP", "“We won!”");
        check("Rain fell. Image: Weather Office", "Rain fell.");
        check("A long walk. PHOTO COURTESY OF JO NES", "A long walk.");
    }

    #[test]
    fn a_credit_in_brackets_is_found() {
        check("Jo Nes speaks in Riga (Photo: EPA)", "Jo Nes speaks in Riga");
        check("Jo Nes speaks in Riga. (Ann Lee/AFP/Getty Images.)", "Jo Nes speaks in Riga.");
        check("Jo Nes speaks in Riga. [AP Photo/Ann Lee]", "Jo Nes speaks in Riga.");
    }

    #[test]
    fn a_line_of_nothing_else_is_a_credit() {
        for line in [
            "Getty.",
            "Getty Images",
            "Photo: Ann Lee",
            "(Photo by Ann Lee)",
            "Ann Lee / Reuters.",
            "Getty/Instagram.",
        ] {
            check(line, "");
        }
    }

    #[test]
    fn the_first_look_knows_all_words() {
        let openings = OPENINGS.iter().chain(&*OPENINGS_WITH_COLON);
        for name in openings.chain(&*PICTURE_AGENCIES).chain(&*AGENCIES_AFTER_SLASH) {
            assert!(word_hashes(name.as_bytes()).any(is_picture_word), "{name}");
        }
    }

    #[test]
    fn prose_about_pictures_stays() {
        for line in [
            "The photo by Ann Lee won a prize.",
            "She left. Photo by photo they told the story.",
            "Getty Images sued the company.",
            "He works (and lives) in a house (with a garden)",
            "Image: what a country thinks it is.",
            "Reuters",
            "The Associated Press",
            "(See Press Release SG/SM/22300.)",
            "He called AP.",
        ] {
            check(line, line);
        }
    }

    proptest! {
        #[test]
        fn a_credit_starts_on_a_character(line in "([A-Z]\\. |Photo: |Getty |\\(|\\)|\\PC){0,40}") {
            if let Some(start) = credit_start(line.trim()) {
                prop_assert!(line.trim().is_char_boundary(start));
            }
        }
    }

    #[track_caller]
    fn check(line: &str, left: &str) {
        let shown = credit_start(line).map_or(line, |start| &line[..start]);
        assert_eq!(shown, left, "{line}");
    }
}
