//! `jsonl`: one document a line, in JSON.
//!
//! Members in this order: `id`, `text`, `origin`, `metadata`, `annotations`, then those that passed through,
//! byte for byte as they came. Nothing is built up in between: bytes are appended, and what nobody changed is
//! copied.

use std::num::NonZeroU8;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use textmill_model::{Document, Origin, Reject, Rejected};

use super::OutputSchema;
use super::annotations::{AnnotationsWriter, SpanForm};
use super::output::{Compression, Packing, Target};
use crate::json::{push_number, push_string};
use crate::offsets::Unit;
use crate::options::OptionFault;

/// Options of sink `jsonl`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonlSinkOptions {
    /// The file to write; `-` for standard output. It appears when it is whole.
    pub path: String,
    /// What the offsets of annotations count.
    #[serde(default)]
    pub offsets: Unit,
    /// Whether each span also says where it stood in the text as the source read it: `source_start` and
    /// `source_end`, always in bytes of that text in UTF-8.
    #[serde(default)]
    pub source_offsets: bool,
    /// How the file is packed.
    #[serde(default)]
    pub compression: Compression,
    /// How hard to pack: 0 to 9 for gzip (6 when not given), 1 to 19 for zstd (3 when not given).
    #[serde(default)]
    pub compression_level: Option<i32>,
    /// How many threads pack, beside those of the run; as many as the run has when not given, at most 8. The bytes are
    /// the same.
    #[serde(default)]
    pub compression_threads: Option<NonZeroU8>,
}

/// A sink of JSON Lines.
#[derive(Debug)]
pub(super) struct JsonlSink {
    pub(super) target: Target,
    span_form: SpanForm,
}

impl JsonlSink {
    pub(super) fn new(options: JsonlSinkOptions, base: &Path) -> Result<JsonlSink, OptionFault> {
        let JsonlSinkOptions {
            path,
            offsets,
            source_offsets,
            compression,
            compression_level: level,
            compression_threads: threads,
        } = options;
        let target = Target::new(&path, Packing { compression, level, threads }, base)?;
        Ok(JsonlSink { target, span_form: SpanForm { unit: offsets, source_offsets } })
    }

    pub(super) fn record_writer(&self, schema: &OutputSchema) -> RecordWriter {
        RecordWriter::new(schema, self.span_form)
    }
}

/// Renders documents as lines.
#[derive(Debug)]
pub(super) struct RecordWriter {
    annotations: AnnotationsWriter,
    metadata_fields: Vec<String>,
}

impl RecordWriter {
    pub(super) fn new(schema: &OutputSchema, span_form: SpanForm) -> RecordWriter {
        let metadata_fields = schema.fields.iter().filter_map(|field| field.strip_prefix("metadata."));
        RecordWriter {
            annotations: AnnotationsWriter::new(schema, span_form),
            metadata_fields: metadata_fields.map(str::to_owned).collect(),
        }
    }

    /// Appends the documents as lines.
    pub(super) fn push_records(&self, out: &mut Vec<u8>, documents: &[Document]) {
        let about = |document: &Document| document.text_bytes() * 9 / 8 + document.passthrough.len() + 512;
        out.reserve(documents.iter().map(about).sum());
        for document in documents {
            self.push_open(out, document);
            out.extend_from_slice(b"}\n");
        }
    }

    /// A document without the brace that closes it.
    fn push_open(&self, out: &mut Vec<u8>, document: &Document) {
        out.extend_from_slice(b"{\"id\":");
        push_string(out, &document.id);
        out.extend_from_slice(b",\"text\":");
        match document.text_as_json() {
            Some(json) => out.extend_from_slice(json),
            None => push_string(out, document.text()),
        }
        out.extend_from_slice(b",\"origin\":");
        push_origin(out, &document.origin);
        out.push(b'}');
        out.extend_from_slice(b",\"metadata\":");
        self.push_metadata(out, document);
        out.extend_from_slice(b",\"annotations\":");
        self.annotations.push(out, document);
        if !document.passthrough.is_empty() {
            out.push(b',');
            out.extend_from_slice(document.passthrough.as_bytes());
        }
    }

    fn push_metadata(&self, out: &mut Vec<u8>, document: &Document) {
        let absent = |field: &&String| document.metadata.get(field).is_none();
        let mut absent = self.metadata_fields.iter().filter(absent).peekable();
        if absent.peek().is_none() {
            return out.extend_from_slice(document.metadata.raw().as_bytes());
        }
        let mut metadata = document.metadata.clone();
        absent.for_each(|field| metadata.set(field, "null"));
        out.extend_from_slice(metadata.raw().as_bytes());
    }
}

/// An origin without the brace that closes it.
fn push_origin(out: &mut Vec<u8>, origin: &Origin) {
    out.extend_from_slice(b"{\"path\":");
    push_string(out, &origin.path);
    out.extend_from_slice(b",\"record\":");
    push_number(out, origin.record);
    if let Some(encoding) = &origin.encoding {
        out.extend_from_slice(b",\"encoding\":");
        push_string(out, encoding);
    }
}

/// Appends a reject as one JSON line.
///
/// A document stands there as sink `jsonl` writes it when nothing is set, with `reject` behind everything else:
/// offsets count characters, whatever the sink of the pipeline counts, so that source `jsonl` reads any of these
/// lines back as they are. A record that never became a document has `reject`, `origin` with its byte offset and, where
/// it is a line, the line's number as editors count, and `raw`, or `raw_base64` where its bytes are not UTF-8.
///
/// # Examples
///
/// ```
/// use textmill_io::{encode_reject, open_source};
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("bad.jsonl"), "{\"text\": 5}\n")?;
/// let source = open_source("jsonl", &serde_json::json!({"paths": ["bad.jsonl"]}), folder.path())?;
/// let raw = source.reader(1 << 20)?.next()?.expect("a batch");
///
/// let mut line = Vec::new();
/// encode_reject(&source.decoder().decode(raw, false).rejects[0], &mut line);
/// let line: serde_json::Value = serde_json::from_slice(&line)?;
/// assert_eq!(line["reject"]["reason"], "malformed");
/// assert_eq!(line["origin"]["byte_offset"], 0);
/// assert_eq!(line["raw"], "{\"text\": 5}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode_reject(reject: &Reject, out: &mut Vec<u8>) {
    match &reject.what {
        Rejected::Document(document) => {
            let form = SpanForm { unit: Unit::Characters, source_offsets: false };
            RecordWriter::new(&OutputSchema::default(), form).push_open(out, document);
            out.push(b',');
            push_why(out, reject);
        }
        Rejected::Record { origin, line, byte_offset, raw } => {
            out.push(b'{');
            push_why(out, reject);
            out.extend_from_slice(b",\"origin\":");
            push_origin(out, origin);
            if let Some(line) = line {
                out.extend_from_slice(b",\"line\":");
                push_number(out, *line);
            }
            out.extend_from_slice(b",\"byte_offset\":");
            push_number(out, *byte_offset);
            out.push(b'}');
            push_raw(out, raw);
        }
    }
    out.extend_from_slice(b"}\n");
}

fn push_why(out: &mut Vec<u8>, reject: &Reject) {
    out.extend_from_slice(b"\"reject\":{\"stage\":");
    push_string(out, &reject.stage);
    out.extend_from_slice(b",\"reason\":");
    push_string(out, &reject.reason);
    out.extend_from_slice(b",\"message\":");
    push_string(out, &reject.message);
    out.push(b'}');
}

/// Raw bytes cut inside their last character are text all the same.
fn push_raw(out: &mut Vec<u8>, raw: &[u8]) {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => Some(text),
        Err(err) if err.error_len().is_none() && raw.len() == crate::RAW_BYTES_MAX => {
            std::str::from_utf8(&raw[..err.valid_up_to()]).ok()
        }
        Err(_) => None,
    };
    if let Some(text) = text {
        out.extend_from_slice(b",\"raw\":");
        return push_string(out, text);
    }
    out.extend_from_slice(b",\"raw_base64\":\"");
    push_base64(out, raw);
    out.push(b'"');
}

fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |i: usize| DIGITS[(bits >> (18 - 6 * i)) as usize & 63];
        let digits = [0, 1, 2, 3].map(|i| if i <= group.len() { digit(i) } else { b'=' });
        out.extend_from_slice(&digits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let shown = ["", "f", "fo", "foo", "foobar"].map(|text| {
            let mut out = Vec::new();
            push_base64(&mut out, text.as_bytes());
            String::from_utf8(out).unwrap()
        });
        assert_eq!(shown, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYmFy"]);
    }
}
