//! Names and lists of names in messages: cut to a readable length, in backticks, and what a misspelt one may mean.

/// `text` on one line and at most 60 characters long.
pub(crate) fn cut(text: &str) -> String {
    let mut kept: String = text.chars().take(60).flat_map(shown).collect();
    if text.chars().nth(60).is_some() {
        kept.push('…');
    }
    kept
}

fn shown(c: char) -> impl Iterator<Item = char> {
    let escaped = if c.is_control() { Some(c.escape_default()) } else { None };
    let plain = if c.is_control() { None } else { Some(c) };
    escaped.into_iter().flatten().chain(plain)
}

/// `` `a`, `b`, `c` ``; after 20, how many more there are.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{}`", cut(name))).collect();
    names.dedup();
    match names.get(..20) {
        Some(first) if names.len() > 20 => format!("{} and {} more", first.join(", "), names.len() - 20),
        _ => names.join(", "),
    }
}

/// Which of `names` a reader who wrote `word` may have meant.
///
/// A name with other case or dashes, one that `word` begins, or the nearest with a slip in every three letters.
pub(crate) fn did_you_mean<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > 100 {
        return None;
    }
    let plain = plain(word);
    let slips_max = plain.chars().count().div_ceil(3);
    let distance = |name: &str| match self::plain(name) {
        name if name == plain => 0,
        name if plain.len() >= 3 && name.starts_with(&plain) => 1,
        name => strsim::damerau_levenshtein(&plain, &name),
    };
    let near = names.into_iter().map(|name| (distance(name), name)).filter(|(slips, _)| *slips <= slips_max);
    near.min_by_key(|(slips, _)| *slips).map(|(_, name)| name)
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

/// A hint for a name that is not known: ``did you mean `x`? known options: `x`, `y` ``, `what` being `known options`.
///
/// # Examples
///
/// ```
/// assert_eq!(textmill_plan::hint_for("txt", "columns", ["text"]), "did you mean `text`?");
/// ```
pub fn hint_for<'a>(word: &str, what: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match (did_you_mean(word, known.iter().copied()), known.as_slice()) {
        (_, []) => format!("{what}: none"),
        (Some(only), [_]) => format!("did you mean `{only}`?"),
        (Some(meant), all) => format!("did you mean `{meant}`? {what}: {}", list(all.iter().copied())),
        (None, all) => format!("{what}: {}", list(all.iter().copied())),
    }
}

/// The first sentence of a description as a part of another: on one line, not capital, without its period.
pub(crate) fn in_passing(text: &str) -> String {
    let sentence = text.split("\n\n").next().unwrap_or_default();
    let sentence = sentence.split_once(". ").map_or(sentence, |(first, _)| first).trim_end_matches('.');
    let words = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            first.to_lowercase().chain(words.chars().skip(1)).collect()
        }
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        let names = ["similarity", "bytes_max", "id", "text", "jsonl"];
        assert_eq!(did_you_mean(word, names), expected);
    }

    #[test]
    fn a_slip_in_three_letters_is_one_word_misspelt() {
        check("simlarity", Some("similarity"));
        check("smilaritty", Some("similarity"));
        check("txt", Some("text"));
        check("tetx", Some("text"));
    }

    #[test]
    fn other_case_other_dashes_and_beginnings_are_the_word() {
        check("bytes-max", Some("bytes_max"));
        check("BytesMax", Some("bytes_max"));
        check("simil", Some("similarity"));
    }

    #[test]
    fn another_word_is_not() {
        check("html", None);
        check("", None);
        check("parquet", None);
        check(&"x".repeat(1_000_000), None);
    }

    #[test]
    fn names_in_messages_are_short_and_on_one_line() {
        assert_eq!(cut("a\nb\u{0}"), "a\\nb\\u{0}");
        assert_eq!(cut(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
        assert_eq!(list(["a", "a", "b"]), "`a`, `b`");
    }
}
