//! Write a textmill stage plugin in Rust.
//!
//! # A whole plugin
//!
//! ```
//! use textmill_sdk::prelude::*;
//!
//! /// Options of stage `shout`.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields, default)]
//! pub struct Options {
//!     /// Only words of at least this many letters.
//!     letters_min: usize,
//! }
//!
//! impl Default for Options {
//!     fn default() -> Self {
//!         Options { letters_min: 3 }
//!     }
//! }
//!
//! /// Marks words in capitals.
//! pub struct Shout(Options);
//!
//! impl Stage for Shout {
//!     type Options = Options;
//!     const INFO: StageInfo =
//!         StageInfo { summary: "Marks words in capitals", layers: &["shouts"], ..StageInfo::new("shout") };
//!
//!     fn build(options: Options, _host: &Host) -> Result<Self, OptionError> {
//!         Ok(Shout(options))
//!     }
//! }
//!
//! impl DocumentStage for Shout {
//!     type Scratch = ();
//!
//!     fn process(&self, doc: &mut Doc<'_>, _scratch: &mut ()) -> Result<Verdict, StageError> {
//!         for word in doc.text().split_whitespace() {
//!             if word.len() >= self.0.letters_min && word.bytes().all(|b| b.is_ascii_uppercase()) {
//!                 let start = word.as_ptr() as usize - doc.text().as_ptr() as usize;
//!                 doc.annotate("shouts", Span::new(start..start + word.len()));
//!             }
//!         }
//!         Ok(Verdict::Keep)
//!     }
//! }
//!
//! textmill_sdk::plugin! { name: "shout", stages: [document Shout] }
//!
//! # // What an author's test looks like:
//! let done = textmill_sdk::testing::document::<Shout>(json!({}), "WAIT for me").unwrap();
//! assert_eq!(done.spans("shouts"), [0..4]);
//! ```
//!
//! Built as a `cdylib`, that is a library which `textmill run` finds on its plugin path. `textmill new-plugin shout`
//! writes such a crate; `textmill plugin check` tries it hard.
//!
//! # Three kinds of stage
//!
//! | kind | trait | for |
//! |---|---|---|
//! | document | [`DocumentStage`] | work on each document for itself |
//! | ordered | [`OrderedStage`] | decisions that depend on the documents before: keep the first of its kind |
//! | corpus | [`CorpusStage`] | decisions that depend on all documents: lines that stand in many of them |
//!
//! Each is deterministic whatever the number of threads, as long as the stage decides by what it is handed and never
//! by time, chance or the order in which threads happen to come.
//!
//! # What a stage may do
//!
//! It reads a [`Doc`], and says what it found: [`Doc::remove`] and [`Doc::replace`] edit the text,
//! [`Doc::annotate`] marks spans, [`Doc::set`] sets fields, [`Doc::count`] counts, [`Doc::row`] writes to a side file.
//! It returns a [`Verdict`]. Offsets are bytes of the text that it was handed, whatever it edits. What is to be said of
//! all documents goes to [`Tables`] when the last one is through.
//!
//! A panic is caught. In `process` and `prepare` it fails that document alone; in `commit`, `observe`, `merge` and
//! `learn` it ends the run, because what the stage remembers can't be trusted after it.
//!
//! Not here: how the program finds and calls plugins, and any text algorithm.

#[cfg(panic = "abort")]
compile_error!(
    "a textmill plugin needs panic = \"unwind\": a panic must become a message, not the end of the run"
);

mod doc;
pub mod export;
mod host;
mod stage;
pub mod testing;

pub use doc::{Doc, Span, SpanView, Tables};
pub use host::Host;
pub use stage::{
    CorpusStage, DocumentStage, OptionError, OrderedStage, Stage, StageError, StageInfo, Verdict,
};

pub use {schemars, serde, serde_json, textmill_abi as abi};

/// Compiles and runs the examples of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/plugin-guide.md")]
struct PluginGuide;

/// All that a plugin usually needs.
pub mod prelude {
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
    pub use serde_json::json;

    pub use crate::{
        CorpusStage, Doc, DocumentStage, Host, OptionError, OrderedStage, Span, SpanView, Stage, StageError,
        StageInfo, Tables, Verdict, plugin,
    };
}
