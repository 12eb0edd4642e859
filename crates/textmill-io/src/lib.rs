//! Where documents come from and go to.
//!
//! A [`Source`] gives documents, a [`Sink`] takes them. Both are cut in two, so that all cores have work and
//! memory stays bounded by batches: what must happen in order is cheap ([`Reader`] cuts a stream into whole
//! records, [`Writer`] appends bytes), and what is expensive happens anywhere ([`Decoder`] parses, [`Encoder`]
//! renders). Neither how batches were cut nor who decoded them shows in a document or in an output byte.
//!
//! Nothing vanishes: a record that cannot become a document leaves as a [`textmill_model::Reject`] with file,
//! line, byte offset and its bytes, and reading goes on behind it.
//!
//! - `read/`: one file a format that can be read. `write/`: one file a format that can be written.
//! - [`spill`]: documents to a temporary file and back, exactly.
//!
//! Not here: which source a pipeline uses (`textmill-plan`), threads and order (`textmill-engine`), and what a
//! document is (`textmill-model`).
//!
//! # Examples
//!
//! ```
//! use serde_json::json;
//! use textmill_io::{OutputSchema, open_sink, open_source};
//!
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("rain.txt"), "Rain fell.")?;
//!
//! let source = open_source("text", &json!({"paths": ["*.txt"]}), folder.path())?;
//! let sink = open_sink("jsonl", &json!({"path": "out.jsonl"}), folder.path())?;
//! let (decoder, encoder) = (source.decoder(), sink.encoder(OutputSchema::default()));
//! let (mut reader, mut writer) = (source.reader(1 << 20)?, sink.writer()?);
//! while let Some(raw) = reader.next()? {
//!     writer.write(&encoder.encode(&decoder.decode(raw, false).documents))?;
//! }
//! writer.finish()?;
//!
//! let written = std::fs::read_to_string(folder.path().join("out.jsonl"))?;
//! assert!(written.starts_with(r#"{"id":"rain","text":"Rain fell.","origin":{"path":"rain.txt","record":0}"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod charset;
mod compression;
#[cfg(any(feature = "parquet", feature = "html"))]
mod guard;
mod json;
mod offsets;
mod options;
mod read;
pub mod spill;
mod waiting;
mod write;

pub use offsets::Unit;
pub use options::OptionFault;
#[cfg(feature = "parquet")]
pub use read::ParquetSourceOptions;
pub use read::{
    AutoOptions, CsvSourceOptions, Decoded, Decoder, HtmlSourceOptions, Input, JsonlSourceOptions, RawBatch,
    ReadError, Reader, Source, SourcePosition, TextSourceOptions, WarcSourceOptions, Warning, open_source,
    sources,
};
pub use write::{
    Checksum, Compression, CsvSinkOptions, EmptyColumn, Encoded, Encoder, FinishedOutput, JsonlSinkOptions,
    Motivation, OutputPoint, OutputSchema, Sink, TextSinkOptions, WebAnnotationSinkOptions, Writer,
    encode_reject, open_sink, sinks,
};
#[cfg(feature = "parquet")]
pub use write::{ColumnCompression, ParquetSinkOptions};

/// How much of a record that could not be read is kept for its reject.
pub const RAW_BYTES_MAX: usize = 1 << 20;
