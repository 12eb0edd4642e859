//! Finds, loads, checks and calls plugins.
//!
//! [`Plugins::find`] looks through folders for shared libraries with textmill's entry symbol, loads them and reads
//! their tables into a [`Catalog`](textmill_model::Catalog). [`Plugins::create`] makes an [`Instance`] of a stage;
//! its methods take a [`Batch`](textmill_model::Batch) across the boundary and bring back
//! [`Effects`](textmill_model::Effects), every edit, span and value of which was checked. A plugin that answers
//! nonsense fails the document it was about, with a message that names the plugin.
//!
//! All unsafe code of the program's side is in this crate: `load` reads tables, `call` calls through them, `answer`
//! and `host_table` listen, and `find` takes tables of plugins that the program was linked with. A library that was loaded stays
//! loaded: unloading one whose thread-locals are still to be destroyed is unsound, and nothing here needs it.
//!
//! [`conformance()`] tries a stage hard, for the author of a plugin.
//!
//! Not here: which stages a pipeline uses (`textmill-plan`), threads and order (`textmill-engine`).

mod answer;
mod call;
mod conformance;
mod environment;
mod find;
mod host_table;
mod load;
mod views;

pub use call::{CallError, CreateError, Instance, Token, Worker};
pub use conformance::{Check, CheckOutcome, conformance};
pub use environment::{Environment, Level};
pub use find::Plugins;
pub use load::LoadError;
