//! Tells the titles of other stories from what a text says: lists at its end, and lines such as "Read more: Mayor of Riga
//! Wants Less Rain".
//!
//! In goes a line without outer white space. Headlines are known by their capitals where a site prints them so, and else
//! by the label in front of them.
//!
//! Not here: which lines are asked about (`cleaner`), and labels alone on a line (`phrases`).

use std::sync::LazyLock;

use crate::lists::list;

/// Words of the title of another story.
const TITLE_WORDS_MAX: usize = 25;

/// Bytes beyond which a line holds no titles alone.
const TITLES_BYTES_MAX: usize = 800;

/// Words of several titles that were run together.
const TITLES_WORDS_MAX: usize = 80;

/// Words in small letters among those of several titles: 15 in a hundred.
const SMALL_WORDS_MAX: usize = TITLES_WORDS_MAX * 15 / 100;

/// Words of a title that is no label.
const HEADLINE_WORDS_MIN: usize = 4;

/// Letters from which on a word of a headline has a capital; shorter ones may be small words.
const LONG_WORD_LETTERS_MIN: usize = 5;

/// What stands in front of the titles of other stories, in lower case.
static LABELS: LazyLock<Vec<&str>> = LazyLock::new(|| list("titles"));

/// What the labels begin with: most lines need no closer look.
static INITIALS: LazyLock<[bool; 256]> = LazyLock::new(|| {
    let mut initials = [false; 256];
    LABELS.iter().for_each(|label| initials[usize::from(label.as_bytes()[0])] = true);
    initials
});

/// Whether `line` reads as the title of another story in a list of links: a headline in capitals, or a label.
///
/// # Examples
///
/// ```
/// use clean::links::is_link;
///
/// assert!(is_link("Mayor of Riga Wants Less Rain This Year"));
/// assert!(!is_link("The mayor of Riga wants less rain this year."));
/// ```
pub fn is_link(line: &str) -> bool {
    if line.len() > TITLES_BYTES_MAX {
        return false;
    }
    let (mut count, mut small) = (0_usize, 0_usize);
    for word in line.split_whitespace().filter(|word| word.starts_with(char::is_alphanumeric)) {
        count += 1;
        small += usize::from(word.starts_with(char::is_lowercase));
        if count > TITLES_WORDS_MAX || small > SMALL_WORDS_MAX {
            return false; // prose, as nearly always
        }
    }
    let small_max = if count <= TITLE_WORDS_MAX { count * 30 } else { count * 15 };
    count > 0 && small * 100 <= small_max
}

/// Whether `line` is a headline in capitals, with a few words at least.
///
/// # Examples
///
/// ```
/// use clean::links::is_headline;
///
/// assert!(is_headline("Mayor of Turku Wants Cleaner Streets"));
/// assert!(!is_headline("Mayor of Riga"));
/// assert!(!is_headline("The mayor of Riga wants less rain"));
/// ```
pub fn is_headline(line: &str) -> bool {
    if line.len() > TITLES_BYTES_MAX {
        return false;
    }
    let mut words = 0;
    let (mut long, mut capitals) = (0_usize, 0_usize);
    for word in line.split_whitespace() {
        words += 1;
        if words > TITLE_WORDS_MAX {
            return false;
        }
        if word.len() >= LONG_WORD_LETTERS_MIN {
            long += 1;
            capitals += usize::from(!word.starts_with(char::is_lowercase));
        }
    }
    let has_small = line.split_whitespace().any(|word| word.starts_with(char::is_lowercase));
    let is_list = line.bytes().filter(|byte| *byte == b',').count() > 2 || line.contains(':');
    let is_row = line.ends_with(|symbol: char| symbol.is_numeric() || symbol == ')' || symbol == '%');
    words >= HEADLINE_WORDS_MIN
        && long >= 3
        && capitals * 10 >= long * 8
        && (has_small || words > HEADLINE_WORDS_MIN)
        && !is_list
        && !is_row
}

/// Whether `line` is a label and the titles of other stories behind it.
///
/// # Examples
///
/// ```
/// use clean::links::announces_titles;
///
/// assert!(announces_titles("READ MORE: Mayor of Riga wants less rain"));
/// assert!(announces_titles("Related StoriesMayor Wants Less RainSnow Comes to Turku"));
/// assert!(!announces_titles("Related: a word with many meanings."));
/// assert!(!announces_titles("Read the minutes of the meeting"));
/// ```
pub fn announces_titles(line: &str) -> bool {
    let initial = line.as_bytes().first().map_or(0, u8::to_ascii_lowercase);
    INITIALS[usize::from(initial)]
        && LABELS.iter().any(|label| strip_label(line, label).is_some_and(|rest| is_announced(label, rest)))
}

fn strip_label<'l>(line: &'l str, label: &str) -> Option<&'l str> {
    let (head, rest) = (line.get(..label.len())?, &line[label.len()..]);
    head.eq_ignore_ascii_case(label).then_some(rest)
}

fn is_announced(label: &str, rest: &str) -> bool {
    let words = rest.split_whitespace().take(TITLES_WORDS_MAX + 1).count();
    let is_two_words = label.contains(' ');
    let after_colon =
        rest.strip_prefix(':').or_else(|| rest.strip_prefix(" |")).or_else(|| rest.strip_prefix(" >>"));
    match after_colon {
        Some(title) => {
            let bare = title.trim_end();
            let says = bare.ends_with(['.', ',', ';', ':']) && !is_link(bare);
            (HEADLINE_WORDS_MIN - 1..=TITLE_WORDS_MAX).contains(&words) && !says
        }
        // Run together with its label, or set off from it by some room.
        None => {
            let is_apart = rest.starts_with(char::is_uppercase) || rest.starts_with("  ");
            is_two_words && is_apart && words >= HEADLINE_WORDS_MIN && is_link(rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_titles_may_be_run_together() {
        let titles = "Mayor Of Riga Wants Less Rain This YearSnow Comes To Turku Again ".repeat(3);
        assert!(is_link(&titles));
        assert!(!is_link(&titles.replace(" Snow", " snow").replace("Rain", "rain fell on the roofs of the")));
    }

    #[test]
    fn a_list_of_names_is_no_headline() {
        for line in [
            "Best Picture: A Long Walk Through the Rain",
            "Ann Lee, Jo Nes, Kim Roe, and the Others",
            "Ann Lee Jo Nes",
            "Interest Income on Foreign Currency +2.4 (+3.4)",
        ] {
            assert!(!is_headline(line), "{line}");
        }
    }

    #[test]
    fn labels_announce_titles_and_prose_does_not() {
        for line in [
            "MORE: Snow comes to Turku again",
            "See also: Snow comes to Turku",
            "Trending StoriesMayor Wants Less Rain",
        ] {
            assert!(announces_titles(line), "{line}");
        }
        for line in [
            "Read: the minutes.",
            "More than a hundred came to Riga",
            "More: he said that it would rain, and that nobody would mind.",
            "Watchmen Of Riga Went Home Early",
            "Related Companies Sold Its Tower",
            "Read more",
        ] {
            assert!(!announces_titles(line), "{line}");
        }
    }
}
