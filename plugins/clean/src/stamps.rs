//! Finds lines that only say when or by whom a text was published: "Saturday, December 19, 2015", "By Jo Nes, Reuters".
//!
//! In goes a line without outer white space from the top or the end of a text, out comes whether it is a time stamp or a
//! by-line. Both are made of a closed set of words and of numbers or names, so that a sentence is neither.
//!
//! Not here: where such lines may stand (`cleaner`), and datelines in front of a sentence (textmill-text).

use std::sync::LazyLock;

use crate::lists::list;

/// Bytes beyond which no line is a stamp or a by-line.
const STAMP_BYTES_MAX: usize = 90;

/// Words of a by-line.
const BYLINE_WORDS_MAX: usize = 12;

/// Words of a time stamp beside numbers, months and days.
static STAMP_WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| list("stamps"));
static MONTHS: LazyLock<Vec<&str>> = LazyLock::new(|| list("months"));
static DAYS: LazyLock<Vec<&str>> = LazyLock::new(|| list("days"));

/// Agencies that sign a report with their name alone on a line.
static AGENCIES: LazyLock<Vec<&str>> = LazyLock::new(|| list("agencies"));

/// What may stand between the names of a by-line.
static BETWEEN_NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| list("in by-lines"));

/// Whether `line` is a date or a time and nothing else.
///
/// # Examples
///
/// ```
/// use clean::stamps::is_time_stamp;
///
/// assert!(is_time_stamp("Saturday, December 19, 2015."));
/// assert!(is_time_stamp("Published 10:34 a.m. ET May 3, 2017 | Updated 2:05 p.m. ET May 4, 2017"));
/// assert!(!is_time_stamp("December 2015 in Riga"));
/// assert!(!is_time_stamp("1984"));
/// ```
pub fn is_time_stamp(line: &str) -> bool {
    if line.len() > STAMP_BYTES_MAX || !line.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (mut year_or_time, mut month) = (false, false);
    for word in line.split([' ', ',', '|', '/', '-', '(', ')', '\u{a0}', '–', '—', '•', '·']) {
        let word = word.trim_matches([':', '.']);
        if word.is_empty() {
            continue;
        }
        if word.starts_with(|symbol: char| symbol.is_ascii_digit()) {
            if !is_number_of_time(word) {
                return false;
            }
            year_or_time |= word.len() >= 4;
            continue;
        }
        let is_month = is_one_of(&MONTHS, word);
        month |= is_month;
        let is_day =
            DAYS.iter().any(|day| word.eq_ignore_ascii_case(day) || word.eq_ignore_ascii_case(&day[..3]));
        if !(is_month || is_day || is_one_of(&STAMP_WORDS, word)) {
            return false;
        }
    }
    year_or_time && (month || line.contains(['/', ':']))
}

/// `19`, `2015`, `10:34`, `10:34pm`, `3rd`.
fn is_number_of_time(word: &str) -> bool {
    let digits = word.trim_end_matches(|symbol: char| symbol.is_ascii_alphabetic());
    let suffix = &word[digits.len()..];
    let is_number = |part: &str, lengths: &[usize]| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fits = match digits.split_once(':') {
        Some((hour, rest)) => is_number(hour, &[1, 2]) && rest.split(':').all(|part| is_number(part, &[2])),
        None => is_number(digits, &[1, 2, 4]),
    };
    fits && (suffix.is_empty() || is_one_of(&STAMP_WORDS, suffix))
}

/// Whether `line` says by whom a text was written: "By" and names, or an agency.
///
/// # Examples
///
/// ```
/// use clean::stamps::is_byline;
///
/// assert!(is_byline("By Jo Nes and Ann Lee, The Daily"));
/// assert!(is_byline("ASSOCIATED PRESS"));
/// assert!(!is_byline("By Monday it had rained in Riga."));
/// ```
pub fn is_byline(line: &str) -> bool {
    if line.len() > STAMP_BYTES_MAX {
        return false;
    }
    if is_one_of(&AGENCIES, line.trim_matches(['.', '(', ')', ' '])) {
        return true;
    }
    let Some(names) =
        line.strip_prefix("By ").or_else(|| line.strip_prefix("BY ")).or_else(|| line.strip_prefix("by "))
    else {
        return false;
    };
    let words = || names.split([' ', ',', '|', '/', '\u{a0}']).filter(|word| !word.is_empty());
    let is_name = |word: &str| {
        word.starts_with(|symbol: char| symbol.is_uppercase() || symbol == '@')
            || BETWEEN_NAMES.contains(&word)
    };
    let opens_with_article = names.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("the "));
    (2..=BYLINE_WORDS_MAX).contains(&words().count()) && words().all(is_name) && !opens_with_article
}

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_come_in_many_forms() {
        for line in [
            "Friday, December 4, 2015",
            "3 May 2017",
            "May 3rd, 2017 at 10:34pm",
            "Last updated on 03/05/2017 10:34 GMT",
            "Updated: 10:34 p.m.",
            "Sept. 3, 2017, 10:34 AM EDT",
        ] {
            assert!(is_time_stamp(line), "{line}");
        }
    }

    #[test]
    fn numbers_and_sentences_are_no_stamps() {
        for line in ["2015", "3:1", "May", "On May 3, 2017, it rained", "Riga 4, Oslo 3", "12345", "1. May"] {
            assert!(!is_time_stamp(line), "{line}");
        }
    }

    #[test]
    fn prose_that_opens_with_by_is_no_byline() {
        for line in ["By noon the rain had stopped", "By Riga", "By the River", "Reuters said so"] {
            assert!(!is_byline(line), "{line}");
        }
    }
}
