//! Text algorithms that plugins share: `&str` in, values out.
//!
//! Nothing here knows a document, a stage or an option; what only one plugin needs lives in that plugin.
//! Spans are byte ranges into the string that was given, and never cut a character.

pub mod dateline;
pub mod normalise;
pub mod sentences;
pub mod shingles;
pub mod words;
