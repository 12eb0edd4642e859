//! Reads the lists of words in `rules/lists.txt`.
//!
//! Not here: classes of single words (`lexicon`), and phrases that are a whole line (`phrases`).

/// The lists, as data.
const LISTS: &str = include_str!("../rules/lists.txt");

/// The entries of the list called `name`.
///
/// # Panics
///
/// When there is no such list.
pub fn list(name: &str) -> Vec<&'static str> {
    let lines = LISTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_head = |line: &&str| line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) == Some(name);
    let entries: Vec<_> =
        lines.skip_while(|line| !is_head(line)).skip(1).take_while(|line| !line.starts_with('[')).collect();
    assert!(!entries.is_empty(), "no list is called `{name}`");
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_where_the_next_begins() {
        let days = list("days");
        assert_eq!((days.len(), days[0], days[6]), (7, "monday", "sunday"));
    }
}
