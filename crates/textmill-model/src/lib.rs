//! What flows through the mill: documents, their annotations, and the batches they travel in.
//!
//! A *source* reads documents in batches; *stages* change and annotate them; a *sink* writes them. This crate
//! holds those nouns and what can be done to them without reading a file, starting a thread or calling a plugin.
//!
//! - [`Document`]: one text with an id, metadata, annotations, and the place it came from.
//! - [`Annotations`]: layers of [`Span`]s over the text, and values that hold for the whole document.
//! - [`Edit`]: replace a range of text. Spans made earlier move along, and [`SourceMap`] keeps the way back.
//! - [`Effects`]: all that a stage did to a batch; checked by the host, then applied by [`Batch::apply`].
//! - [`Catalog`]: which stages, sources and sinks there are to choose from.
//!
//! Offsets are bytes, half-open, on character boundaries. Not here: formats (`textmill-io`), calls into plugins
//! (`textmill-host`), the order of things (`textmill-engine`).

mod annotations;
mod batch;
mod catalog;
mod document;
mod edit;
mod json_object;
mod pool;
mod source_map;
mod text;

pub use annotations::{Annotations, Layer, SPAN_MEMBERS, Span, Value};
pub use batch::{Batch, CheckedRow, CheckedSpan, CheckedValue, Effects, Outcome, Reject, Rejected, Verdict};
pub use catalog::{Catalog, FormatEntry, PluginEntry, StageEntry, StageKind, UnusablePlugin};
pub use document::{Document, Origin};
pub use edit::{Edit, EditFault, check_edits, check_range};
pub use json_object::{JsonObject, MemberName, Members};
pub use pool::{BatchBytes, BatchTexts, BytePool};
pub use source_map::SourceMap;
pub use text::{ScannedString, scan_string};
