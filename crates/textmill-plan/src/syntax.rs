//! Syntax faults of TOML, in words of our own.
//!
//! The parser goes on after a fault as well as it can, and what it then stumbles over often comes from the first. So
//! there is one fault a line, none behind something left open, and [`retain_believable`] says what else to trust.

use toml::de::Error;

use crate::lines::Lines;
use crate::tree::Spot;
use crate::{Fault, words};

/// A file with more broken lines is hardly meant to be TOML, and nobody reads them all.
const FAULTS_MAX: usize = 20;

/// One fault for each line that the parser could not read, down to the first that leaves something open.
pub(crate) fn faults(text: &str, errors: &[Error]) -> Vec<Fault> {
    let mut errors: Vec<&Error> = errors.iter().collect();
    errors.sort_by_key(|error| error.span().map_or(usize::MAX, |span| span.start));
    let lines = Lines::of(text);
    errors.dedup_by_key(|error| error.span().map(|span| lines.number(span.start)));
    let open = errors.iter().position(|error| swallows_the_rest(error.message()));
    errors.truncate(open.map_or(errors.len(), |i| i + 1).min(FAULTS_MAX));
    errors.into_iter().map(|error| fault(text, error)).collect()
}

fn fault(text: &str, error: &Error) -> Fault {
    let span = error.span().unwrap_or(text.len()..text.len());
    let mut start = text.floor_char_boundary(span.start);
    let mut end = text.ceil_char_boundary(span.end).max(start);
    if error.message().contains("array element") || error.message().starts_with("unclosed array,") {
        start = text[..start].trim_ascii_end().len(); // what is missing is missing behind the last item
        end = start;
    }
    let (message, expected) = error.message().split_once(", expected ").unwrap_or((error.message(), ""));
    let (message, hint) = in_other_words(message, expected, &text[start..end]);
    let mut fault = Fault::at(&Spot::in_file(start..end), message);
    fault.swallows_the_rest = swallows_the_rest(error.message());
    match hint {
        Some(hint) => fault.with_hint(hint),
        None if expected.is_empty() || expected == "nothing" => fault,
        None => fault.with_label(format!("expected {expected}")),
    }
}

/// What the parser says, as a reader of pipeline files would want to hear it, and what to do about it.
fn in_other_words(message: &str, expected: &str, found: &str) -> (String, Option<String>) {
    let (message, hint) = match message {
        "string values must be quoted" if found.is_empty() => {
            ("this key has no value", "write a value after the `=`".to_owned())
        }
        "string values must be quoted" => ("a string must stand in quotes", quoted(found)),
        // From the first letter alone the parser takes `text` for a broken `true`, and `news` for a broken `nan`.
        "invalid boolean" | "invalid float" if found.starts_with(|c: char| c.is_alphabetic()) => {
            ("a string must stand in quotes", quoted(found))
        }
        "key with no value" => ("this key has no value", "a line reads `key = value`".to_owned()),
        "duplicate key" => return twice(found),
        "invalid unquoted key" if found == ":" || found == "=" => {
            ("a key and its value stand with a `=` between", "a line reads `key = value`".to_owned())
        }
        "invalid basic string" | "invalid literal string" if expected == "`\"`" || expected == "`'`" => {
            ("this string does not end", format!("close it with {expected} on the same line"))
        }
        "invalid multi-line basic string" | "invalid multi-line literal string" => {
            ("this string does not end", "close it with three quotes".to_owned())
        }
        "missing escaped value" | "too few unicode value digits" => (
            "this `\\` starts an escape that does not exist",
            "write `\\\\` for a backslash, or put the string into single quotes".to_owned(),
        ),
        "missing comma between array elements" | "unclosed array" => (
            "this list does not go on and does not end here",
            "write `,` before the next item, or `]`".to_owned(),
        ),
        "unclosed table" => ("this section's name does not end", "write `]` behind it".to_owned()),
        "unclosed array table" => ("this section's name does not end", "write `]]` behind it".to_owned()),
        other => return (other.to_owned(), None),
    };
    (message.to_owned(), Some(hint))
}

fn quoted(found: &str) -> String {
    match found {
        "yes" | "on" | "True" | "TRUE" => "for a yes write `true`".to_owned(),
        "no" | "off" | "False" | "FALSE" => "for a no write `false`".to_owned(),
        _ => format!("write `\"{}\"`", words::cut(found)),
    }
}

fn twice(found: &str) -> (String, Option<String>) {
    let hint = if found == "stage" { "each stage starts with `[[stage]]`" } else { "keep one of the two" };
    (format!("`{}` stands here a second time", words::cut(found)), Some(hint.to_owned()))
}

/// Keeps those of `faults` that can be trusted in spite of the syntax faults.
///
/// A line that is broken in itself says nothing about the others. One that leaves a bracket or a string open swallows
/// what follows, and then nothing behind it counts, nor that something seems to be missing.
pub(crate) fn retain_believable(faults: &mut Vec<Fault>, text: &str, syntax: &[Fault]) {
    if syntax.is_empty() {
        return;
    }
    let lines = Lines::of(text);
    let line_of = |fault: &Fault| fault.span.as_ref().map_or(0, |span| lines.number(span.start));
    let broken: Vec<(usize, bool)> =
        syntax.iter().map(|fault| (line_of(fault), fault.swallows_the_rest)).collect();
    faults.retain(|fault| {
        let line = line_of(fault);
        let is_apart = |(broken, swallows): &(usize, bool)| line < *broken || (line > *broken && !swallows);
        fault.command_line.is_some() || (!fault.about_absence && broken.iter().all(is_apart))
    });
}

/// Whether the lines behind are read as part of something that was left open, or not at all.
fn swallows_the_rest(message: &str) -> bool {
    ["unclosed", "missing comma", "multi-line", "recurs"].iter().any(|sign| message.contains(sign))
}
