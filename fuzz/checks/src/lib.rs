//! What must hold for any bytes whatever: the bodies of the fuzz targets.
//!
//! Each function takes bytes that nobody vetted and panics when something is wrong. They stand here, and not in the
//! targets, so that the tests of the workspace can replay what the fuzzer collected without a fuzzer: see
//! `tests/corpus.rs`, and `fuzz/README.md` for how to run the targets.

// A check says what is wrong by panicking, as a test does.
#![allow(clippy::unwrap_used)]

mod edits;
mod plan;
mod source;

/// A check of bytes.
pub type Check = fn(&[u8]);

/// All checks, by the name of their fuzz target.
pub const CHECKS: &[(&str, Check)] = &[
    ("archive", source::archive),
    ("csv", source::csv),
    ("edits", edits::edits),
    ("html", source::html),
    ("jsonl", source::jsonl),
    ("parquet", source::parquet),
    ("plan", plan::plan),
    ("text", source::text),
    ("warc", source::warc),
];

/// Runs the check `target` on `bytes`.
///
/// # Panics
///
/// When what must hold does not, or there is no such check.
pub fn check(target: &str, bytes: &[u8]) {
    let (_, check) = CHECKS.iter().find(|(name, _)| *name == target).expect("a check of that name");
    check(bytes);
}
