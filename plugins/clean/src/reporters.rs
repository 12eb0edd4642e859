//! Finds lines that say who else made a text: "Jo Nes reported from Riga", and rolls of names at its end.
//!
//! In goes a line without outer white space from the end of a text. Such a line says nothing but names: past the few
//! words that it is built around, every word has a capital or is a small word between names.
//!
//! Not here: sign-offs that open with their own words, such as "Reporting by …" (`phrases`, `tails`), and what an author
//! is (`notes`).

use std::sync::LazyLock;

use memchr::{memchr2_iter, memmem};

use crate::lists::list;

/// Bytes beyond which no line is a sign-off.
const SIGN_OFF_BYTES_MAX: usize = 400;

/// What sign-offs are built around, with the spaces around it.
static REPORTED: LazyLock<Vec<String>> = LazyLock::new(|| {
    list("reported").iter().map(|words| format!(" {}", words.trim_end_matches(".."))).collect()
});

/// Words between names.
static SMALL_WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| list("between names"));

/// Names in a line of a roll.
const ROLL_NAMES_MIN: usize = 8;

/// Parts at the start of a line, one of which is a name if nearly all of the line are.
const FIRST_PARTS: usize = 4;

/// Whether `line`, near the end of a text, says who reported from where, and nothing else.
///
/// # Examples
///
/// ```
/// use clean::reporters::is_sign_off;
///
/// assert!(is_sign_off("Jo Nes reported from Riga, and Ann Lee from Oslo. Kim Roe contributed research."));
/// assert!(!is_sign_off("Jo Nes reported from Riga that it rained."));
/// ```
pub fn is_sign_off(line: &str) -> bool {
    line.len() <= SIGN_OFF_BYTES_MAX
        && REPORTED.iter().any(|words| line.contains(words.as_str()))
        && line.starts_with(char::is_uppercase)
        && line.split([' ', ',', '\u{a0}', '*']).all(is_name_or_small)
}

fn is_name_or_small(word: &str) -> bool {
    let bare = word.trim_matches(|symbol: char| !symbol.is_alphanumeric());
    !bare.starts_with(char::is_lowercase) && !word.contains(['“', '”', '"']) || SMALL_WORDS.contains(&bare)
}

/// Whether `line` is a line of a roll: many names, with a label in front of them or not.
///
/// # Examples
///
/// ```
/// use clean::reporters::is_roll;
///
/// let names = "Ann Lee, Jo Nes, Kim Roe, Lu Wei, Al Poe, Bo Ray, Cy Dee and Di Fox";
/// assert!(is_roll(names) && is_roll(&format!("Riga: {names}")));
/// assert!(!is_roll("Riga: Ann Lee, Jo Nes and others who had come to see the mayor"));
/// ```
pub fn is_roll(line: &str) -> bool {
    let count_in = |text: &str| memchr2_iter(b',', b';', text.as_bytes()).count() + 1;
    if count_in(line) + 1 < ROLL_NAMES_MIN {
        return false;
    }
    let names = memmem::find(line.as_bytes(), b": ").map_or(line, |at| &line[at + 2..]);
    let count = count_in(names);
    let parts = || names.split([',', ';']);
    let names_in = |part: &str| part.split(" and ").filter(|name| is_full_name(name)).count();
    count + 1 >= ROLL_NAMES_MIN && parts().take(FIRST_PARTS).any(|part| names_in(part) > 0) && {
        let names: usize = parts().map(names_in).sum();
        names >= ROLL_NAMES_MIN && names * 10 >= count * 9
    }
}

/// Whether `name` is a first and a last name and no more than a few names between.
fn is_full_name(name: &str) -> bool {
    let mut words = 0;
    let is_name = |word: &str| !word.starts_with(char::is_lowercase) || SMALL_WORDS.contains(&word);
    let all = name.trim().trim_start_matches("and ").split_whitespace().inspect(|_| words += 1).all(is_name);
    all && (2..=5).contains(&words) && !name.contains(['(', ')'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_offs_hold_names_alone() {
        for line in [
            "Nes reported from Riga.",
            "Ann van der Lee contributed reporting from Oslo.",
            "Associated Press writers Ann Lee in Riga and Jo Nes in Oslo contributed to this report.",
        ] {
            assert!(is_sign_off(line), "{line}");
        }
        for line in [
            "CNN reported from Riga on Monday that rain fell.",
            "The mayor contributed to this fund.",
            "He reports from memory.",
        ] {
            assert!(!is_sign_off(line), "{line}");
        }
    }

    #[test]
    fn a_list_of_things_is_no_roll() {
        for line in [
            "Bring flour, eggs, milk, sugar, salt, oil, honey, nuts and a good mood.",
            "Squad: Ann Lee (captain), Jo Nes, Kim Roe (keeper), Lu Wei, Al Poe, Bo Ray, Cy Dee, Di Fox",
            "Riga, Oslo, Turku, Paris, Rome, Bern, Bonn, Kyiv and Baku were dry.",
        ] {
            assert!(!is_roll(line), "{line}");
        }
    }
}
