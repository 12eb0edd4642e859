//! Finds lines that speak of the text and not of its subject: corrections and other notes of the editors, where the
//! text first appeared, what else to watch or to follow, and at its end who wrote it.
//!
//! In goes a line without outer white space, and whether the text ends with it, out comes whether it is such a note. A
//! note may hold a quotation, since it often says which word was wrong, so that what counts is how it opens: with words
//! that nobody opens a sentence of a report with.
//!
//! Not here: notes that are the same in many texts (`phrases`), who else reported (`reporters`), and notes at the end of
//! a line (`tails`).

use std::sync::LazyLock;

use crate::lists::list;

/// Bytes of a line beyond which it is no note.
const NOTE_BYTES_MAX: usize = 900;

/// Words of a line about the author.
const AUTHOR_WORDS_MAX: usize = 60;

/// What a note opens with, in lower case, with straight apostrophes; sorted.
static OPENINGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut openings: Vec<_> = list("notes open").iter().map(|words| words.replace("..", "")).collect();
    openings.sort_unstable();
    openings
});

/// Notes that have a heading of their own, in the same form.
static HEADINGS: LazyLock<Vec<&str>> = LazyLock::new(|| list("note headings"));

/// `This story has been updated …`: a kind of text, then what was done to it.
static TEXTS: LazyLock<Vec<&str>> = LazyLock::new(|| list("texts"));
static DONE: LazyLock<Vec<&str>> = LazyLock::new(|| list("done to texts"));

/// What authors are, in the line about them.
static AUTHORS: LazyLock<Vec<&str>> = LazyLock::new(|| list("authors"));

/// Whether the line behind `line`, which is a note, belongs to it: lines that were broken for a page of fixed width.
pub fn goes_on(line: &str) -> bool {
    !line.ends_with(['.', '!', '?', '”', '"', ')', '*', ']', '_'])
}

/// Whether `line` is a note; `is_last` says that the text ends with it.
///
/// # Examples
///
/// ```
/// use clean::notes::is_note;
///
/// assert!(is_note("Correction: This story first said “rain” where it was snow.", false));
/// assert!(is_note("Jo Nes is a professor of weather at the University of Riga.", true));
/// assert!(!is_note("Jo Nes is a professor of weather at the University of Riga.", false));
/// assert!(!is_note("The correction: nobody had seen it coming.", true));
/// ```
pub fn is_note(line: &str, is_last: bool) -> bool {
    if line.len() > NOTE_BYTES_MAX {
        return false;
    }
    if points_down_page(line) {
        return true;
    }
    let line = line.trim_start_matches(['*', '(', '[', '_', ' ', '—', '–', '-']);
    opens_note(line) || (is_last && is_about_author(line))
}

/// Whether `line` is the heading of a note that stands below it.
///
/// # Examples
///
/// ```
/// use clean::notes::heads_note;
///
/// assert!(heads_note("CORRECTION:"));
/// assert!(!heads_note("Corrections officers:"));
/// ```
pub fn heads_note(line: &str) -> bool {
    let bare = line.trim_end_matches([':', '.', ' ']);
    HEADINGS.iter().any(|heading| bare.len() <= heading.len() + 4 && opening(bare) == *heading)
}

/// Whether `line` is a rule that parts a note from the text, such as `___` or `***`.
pub fn is_rule(line: &str) -> bool {
    line.len() >= 3
        && line.trim_end_matches('.').bytes().all(|byte| matches!(byte, b'_' | b'*' | b'-' | b'=' | b' '))
}

/// Whether `line`, which stands below a rule at the end of a text, points away from it.
pub fn points_away(line: &str) -> bool {
    line.contains("http://")
        || line.contains("https://")
        || line.contains("www.")
        || line.contains(" @")
        || line.contains(" contributed ")
        || opens_with(line, "follow ")
}

fn opens_note(line: &str) -> bool {
    let Some(initial) = line.as_bytes().first().map(u8::to_ascii_lowercase) else { return false };
    let from = OPENINGS.partition_point(|opening| opening.as_bytes()[0] < initial);
    let mut same_initial = OPENINGS[from..].iter().take_while(|opening| opening.as_bytes()[0] == initial);
    same_initial.any(|opening| opens_with(line, opening))
        || (opens_with(line, "this ") && says_what_was_done(&opening(line)))
}

/// `(See the full list below.)`
fn points_down_page(line: &str) -> bool {
    let inner = line.strip_prefix(['(', '[']).and_then(|rest| rest.strip_suffix([')', ']']));
    inner.is_some_and(|inner| {
        let bare = inner.trim_end_matches(['.', ':', '!', ' ']);
        let calls = ["see ", "read ", "watch ", "listen ", "scroll ", "click ", "find "];
        let ends = [" below", " above", " here"];
        calls.iter().any(|call| opens_with(inner, call)) && ends.iter().any(|end| bare.ends_with(end))
    })
}

/// Whether `line` begins with `opening`, which has the form of [`OPENINGS`].
fn opens_with(line: &str, opening: &str) -> bool {
    let both = || line.bytes().zip(opening.bytes()).map(|(byte, other)| (byte.to_ascii_lowercase(), other));
    // Nearly always they differ before any sign that can be printed in several ways.
    match both().find(|(byte, other)| byte != other) {
        Some((byte, _)) if byte.is_ascii() => return false,
        _ => {}
    }
    let mut symbols = line.chars().map(plain);
    opening.chars().all(|symbol| symbols.next() == Some(symbol))
}

/// The first bytes of a line in the form of [`OPENINGS`].
fn opening(line: &str) -> String {
    line.chars().take(60).map(plain).collect()
}

fn plain(symbol: char) -> char {
    match symbol {
        '’' | '‘' => '\'',
        '\u{a0}' => ' ',
        other => other.to_ascii_lowercase(),
    }
}

/// `this story has been updated …`
fn says_what_was_done(opening: &str) -> bool {
    let mut words = opening.split([' ', ',', '.', ':']).filter(|word| !word.is_empty());
    let is_this_text = words.next() == Some("this") && words.next().is_some_and(|word| TEXTS.contains(&word));
    is_this_text
        && matches!(words.next(), Some("has" | "was"))
        && words.take(2).any(|word| DONE.contains(&word))
}

/// `Jo Nes, who …, is a professor …`: a name, and soon after it what authors are.
fn is_about_author(line: &str) -> bool {
    if !line.starts_with(char::is_uppercase) || !(line.contains(" is ") || line.contains(" are ")) {
        return false;
    }
    let mut words = line.split_whitespace();
    let is_name = |word: &str| word.starts_with(char::is_uppercase) && word != "The";
    if !(words.next().is_some_and(is_name) && words.next().is_some_and(is_name)) {
        return false;
    }
    let rest: Vec<&str> = words.take(AUTHOR_WORDS_MAX).collect();
    let bare = |word: &&str| word.trim_matches(|symbol: char| !symbol.is_alphanumeric()).to_ascii_lowercase();
    let is_at = rest.iter().take(20).position(|word| *word == "is" || *word == "are");
    let is_short = rest.len() < AUTHOR_WORDS_MAX && !line.contains(['“', '"', '”']);
    is_short
        && is_at.is_some_and(|at| {
            let named = rest[..at].iter().all(|word| is_name(word))
                || rest[..at].iter().any(|word| word.ends_with(','));
            named && rest[at + 1..].iter().take(8).any(|word| AUTHORS.contains(&bare(word).as_str()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_known_by_how_they_open() {
        for line in [
            "Editor’s\u{a0}note: The mayor has been asked.",
            "EDITOR’S NOTE: This story has been amended.",
            "*This story has been updated with a statement of the city.",
            "This article was also corrected on May 3.",
            "(This piece first appeared in The Daily.)",
            "(Additional reporting by Ann Lee in Riga and Jo Nes in Oslo)",
            "Watch the video above.",
            "Follow @daily",
            "(See the full list below.)",
        ] {
            assert!(is_note(line, false), "{line}");
        }
    }

    #[test]
    fn a_broken_note_goes_on_to_its_end() {
        assert!(goes_on("Editor’s note: The mayor has"));
        assert!(!goes_on("been asked."));
    }

    #[test]
    fn an_author_is_named_at_the_end() {
        for line in [
            "Ann Lee is editor in chief of The Daily. Her opinions are her own.",
            "Ann Lee, a former mayor of Riga, is a senior fellow at the Centre for Snow.",
            "Ann B. Lee is co-author of a book on rain.",
        ] {
            assert!(is_note(line, true), "{line}");
        }
    }

    #[test]
    fn what_a_report_says_is_no_note() {
        for line in [
            "This story has no end.",
            "A correction was due.",
            "Ann Lee is expected to resign.",
            "Ann Lee said she is director now.",
            "“Ann Lee is a professor,” he said.",
            "The Daily is read by a professor.",
            "Correction officers went home.",
            "(See Press Release SG/SM/22300.)",
        ] {
            assert!(!is_note(line, true), "{line}");
        }
    }
}
