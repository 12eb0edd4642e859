//! Lines that a site is known to repeat: learned by an earlier run, looked through by a person, kept in a file.
//!
//! A line is known by the same key under which it was learned (see `repeated`), so that a line of the file fits whatever
//! its case, its punctuation and a single number in it.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use serde::Deserialize;

use crate::repeated::line_key;

/// The lines of a file.
#[derive(Debug, Default)]
pub struct KnownLines {
    keys: HashSet<u64>,
    /// Lines that go from any site.
    keys_anywhere: HashSet<u64>,
}

/// Why a file of lines can't be used.
#[derive(Debug)]
pub struct KnownLinesError(String);

impl fmt::Display for KnownLinesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KnownLinesError {}

/// A row of the file. Other members, such as how often the line was seen, are for people.
#[derive(Deserialize)]
struct Row {
    site: Option<String>,
    line: String,
}

/// What is wrong with a row, without the place in it: a row is one line, and its number is told.
fn why(err: &serde_json::Error) -> String {
    let why = err.to_string();
    why.split_once(" at line ").map_or(why.as_str(), |(why, _)| why).to_owned()
}

impl KnownLines {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it can't be read, or a line of it is not a JSON object with `line`.
    pub fn read(path: &Path) -> Result<KnownLines, KnownLinesError> {
        let fault = |why: String| KnownLinesError(format!("cannot use `{}`: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|err| fault(err.to_string()))?;
        KnownLines::from_text(&text).map_err(|(number, why)| fault(format!("line {number}: {why}")))
    }

    /// Reads the rows of a file; an empty line says nothing.
    ///
    /// # Errors
    ///
    /// The number of the first line that is no row, from 1, and why.
    pub fn from_text(text: &str) -> Result<KnownLines, (usize, String)> {
        let mut known = KnownLines::default();
        let mut folded = String::new();
        for (number, row) in (1..).zip(text.lines()).filter(|(_, row)| !row.trim().is_empty()) {
            let row: Row = serde_json::from_str(row).map_err(|err| (number, why(&err)))?;
            let (site, keys) = match &row.site {
                Some(site) => (site.as_str(), &mut known.keys),
                None => ("", &mut known.keys_anywhere),
            };
            let key = line_key(site, row.line.trim(), &mut folded);
            keys.insert(key.ok_or_else(|| (number, format!("`{}` holds no letter", row.line)))?);
        }
        Ok(known)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.keys_anywhere.is_empty()
    }

    /// Whether `line`, without outer white space, is known of `site`.
    ///
    /// # Examples
    ///
    /// ```
    /// use clean::known_lines::KnownLines;
    ///
    /// let known = KnownLines::from_text(r#"{"site":"daily.example","line":"© 2024 The Daily","documents":12}"#).unwrap();
    /// assert!(known.holds("daily.example", "© 2025 THE DAILY", &mut String::new()));
    /// assert!(!known.holds("other.example", "© 2025 The Daily", &mut String::new()));
    /// ```
    pub fn holds(&self, site: &str, line: &str, folded: &mut String) -> bool {
        let in_keys = |keys: &HashSet<u64>, site: &str, folded: &mut String| {
            !keys.is_empty() && line_key(site, line, folded).is_some_and(|key| keys.contains(&key))
        };
        in_keys(&self.keys, site, folded) || in_keys(&self.keys_anywhere, "", folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_none_is_named() {
        for (text, number) in
            [("{\"line\":\"a\"}\n\n[]", 3), ("{\"site\":\"a\"}", 1), ("{\"line\":\"…\"}", 1)]
        {
            assert_eq!(KnownLines::from_text(text).unwrap_err().0, number, "{text}");
        }
    }

    #[test]
    fn a_fault_counts_lines_once() {
        let (number, why) = KnownLines::from_text("{\"line\":\"a\"}\nnot JSON").unwrap_err();
        assert_eq!((number, why.as_str()), (2, "expected ident"));
    }

    #[test]
    fn a_line_without_a_site_is_known_everywhere() {
        let known = KnownLines::from_text("{\"line\":\"Page 7 of 9\"}").unwrap();
        assert!(known.holds("any", "page 7 of 9!", &mut String::new()));
    }
}
