//! Finds lines that say who else made a text: "Jo Nes reported from Riga", and rolls of names at its end.
//!
//! In goes a line without outer white space from the end of a text. Such a line says nothing but names: past the few
//! words that it is built around, every word has a capital or is a small word between names.
//!
//! Not here: sign-offs that open with their own words, such as "Reporting by …" (`phrases`, `tails`), and what an author
//! is (`notes`).

use memchr::memchr2_iter;

/// Bytes beyond which no line is a sign-off.
const SIGN_OFF_BYTES_MAX: usize = 400;

/// What sign-offs are built around.
const REPORTED: [&str; 6] = [
    " reported from ",
    " contributed reporting",
    " contributed research",
    " contributed to this ",
    " contributed from ",
    " reports from ",
];

/// Words between names.
const SMALL_WORDS: [&str; 28] = [
    "and",
    "from",
    "in",
    "at",
    "for",
    "of",
    "the",
    "de",
    "la",
    "von",
    "van",
    "der",
    "el",
    "al",
    "bin",
    "ibn",
    "with",
    "reporting",
    "research",
    "reported",
    "contributed",
    "to",
    "this",
    "report",
    "story",
    "article",
    "writer",
    "writers",
];

/// Names in a line of a roll.
const ROLL_NAMES_MIN: usize = 8;

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
        && REPORTED.iter().any(|words| line.contains(words))
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
    let names = line.split_once(": ").map_or(line, |(_, names)| names);
    let count = memchr2_iter(b',', b';', names.as_bytes()).count() + 1;
    let of_names = || {
        names
            .split([',', ';'])
            .flat_map(|names| names.split(" and "))
            .filter(|name| is_full_name(name))
            .count()
    };
    count + 1 >= ROLL_NAMES_MIN && {
        let names = of_names();
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
