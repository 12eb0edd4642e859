//! Syntax faults of TOML, in words of our own.
//!
//! The parser goes on after a fault as well as it can, and what it then stumbles over often comes from the first:
//! so there is one fault a line, and [`believable`] says which later findings to trust.

use toml::de::Error;

use crate::Fault;
use crate::tree::Spot;

/// One fault for each line that the parser could not read.
pub(crate) fn faults(text: &str, errors: &[Error]) -> Vec<Fault> {
    let mut errors: Vec<&Error> = errors.iter().collect();
    errors.sort_by_key(|error| error.span().map_or(usize::MAX, |span| span.start));
    errors.dedup_by_key(|error| error.span().map(|span| line_start(text, span.start)));
    errors.into_iter().map(|error| fault(text, error)).collect()
}

fn fault(text: &str, error: &Error) -> Fault {
    let span = error.span().unwrap_or(text.len()..text.len());
    let found = text.get(span.clone()).unwrap_or_default();
    let (message, expected) = error.message().split_once(", expected ").unwrap_or((error.message(), ""));
    let (message, hint) = in_other_words(message, found);
    let fault = Fault::at(&Spot::in_file(span), message);
    match hint {
        Some(hint) => fault.with_hint(hint),
        None if expected.is_empty() || expected == "nothing" => fault,
        None => fault.with_label(format!("expected {expected}")),
    }
}

/// What the parser says, as a reader of pipeline files would want to hear it, and what to do.
fn in_other_words(message: &str, found: &str) -> (String, Option<String>) {
    let (message, hint) = match message {
        "string values must be quoted" if found.is_empty() => {
            ("this key has no value", Some("write a value after the `=`".to_owned()))
        }
        "string values must be quoted" => ("a string must stand in quotes", Some(quoted(found))),
        "key with no value" => ("this key has no value", Some("a line reads `key = value`".to_owned())),
        "duplicate key" => ("this key stands here a second time", Some("keep one of the two".to_owned())),
        other => (other, None),
    };
    (message.to_owned(), hint)
}

fn quoted(found: &str) -> String {
    match found {
        "yes" | "on" | "True" | "TRUE" => "for a yes write `true`".to_owned(),
        "no" | "off" | "False" | "FALSE" => "for a no write `false`".to_owned(),
        _ => format!("write `\"{}\"`", crate::words::cut(found)),
    }
}

/// Whether what was found at `fault` can be trusted in spite of the syntax faults.
///
/// A line that is broken in itself says nothing about the others. One that leaves a bracket or a string open swallows
/// what follows, and then nothing behind it counts, nor that something seems to be missing.
pub(crate) fn believable(fault: &Fault, text: &str, syntax: &[Fault]) -> bool {
    if syntax.is_empty() || fault.command_line.is_some() {
        return true;
    }
    let Some(span) = fault.span.as_ref().filter(|_| !fault.about_absence) else { return false };
    let line = line_start(text, span.start);
    syntax.iter().all(|broken| {
        let broken_line = broken.span.as_ref().map_or(0, |span| line_start(text, span.start));
        line < broken_line || (line > broken_line && !leaves_something_open(&broken.message))
    })
}

fn leaves_something_open(message: &str) -> bool {
    ["unclosed", "missing comma", "multi-line", "second time"].iter().any(|sign| message.contains(sign))
}

fn line_start(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().rposition(|byte| *byte == b'\n').map_or(0, |i| i + 1)
}
