//! `text`: one document a file.
//!
//! The text is the file as it is, trailing newline included, so that offsets count in the file. Only a byte
//! order mark is not text. What is not UTF-8 is decoded, with a warning, and `origin.encoding` says from what.

use std::path::Path;
use std::sync::Arc;

use encoding_rs::Encoding;
use schemars::JsonSchema;
use serde::Deserialize;
use textmill_model::{Document, Origin};

use super::inputs::Finder;
use super::jsonl::{JsonlSourceOptions, RecordForm};
use super::reader::{Limits, Segment};
use super::{Decoded, Format, Source, Warning, reject};
use crate::charset;
use crate::options::OptionFault;

/// Options of source `text`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextSourceOptions {
    /// Files, folders (all files below them), patterns such as `corpus/**/*.txt`, or `-` for standard input.
    pub paths: Vec<String>,
    /// Which files of a folder to read, by extension (`["txt", "md"]`); all that are not hidden when empty.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// The character set of all files (`windows-1252`); found out file by file when not given.
    #[serde(default)]
    pub encoding: Option<String>,
    /// A file larger than this (in bytes, unpacked) is rejected.
    #[serde(default = "default_document_bytes_max")]
    pub document_bytes_max: u64,
}

fn default_document_bytes_max() -> u64 {
    256 << 20
}

impl TextSourceOptions {
    pub(super) fn new(paths: Vec<String>) -> TextSourceOptions {
        let document_bytes_max = default_document_bytes_max();
        TextSourceOptions { paths, extensions: Vec::new(), encoding: None, document_bytes_max }
    }
}

pub(super) fn open(options: TextSourceOptions, base: &Path) -> Result<Source, OptionFault> {
    let form = FileForm::new(&options)?;
    let inputs = Finder::new(base, &options.extensions, Some(Format::Text)).find(&options.paths)?;
    let limits = Limits { document_bytes_max: options.document_bytes_max, ..Limits::default() };
    Ok(Source::new(inputs, limits, RecordForm::new(JsonlSourceOptions::new(Vec::new()))?, form))
}

/// How a file becomes a document.
#[derive(Debug)]
pub(super) struct FileForm {
    encoding: Option<&'static Encoding>,
}

impl FileForm {
    pub(super) fn new(options: &TextSourceOptions) -> Result<FileForm, OptionFault> {
        let named = |label: &String| {
            Encoding::for_label(label.as_bytes()).ok_or_else(|| {
                let hint =
                    "names are those of the WHATWG encoding standard, such as `windows-1252` or `shift_jis`";
                OptionFault::new("/encoding", format!("unknown character set `{label}`"), hint)
            })
        };
        Ok(FileForm { encoding: options.encoding.as_ref().map(named).transpose()? })
    }

    pub(super) fn decode(&self, segment: &Segment, bytes: &[u8], decoded: &mut Decoded) {
        let origin = Origin { path: Arc::clone(&segment.path), record: 0, encoding: None };
        match charset::decode(bytes, self.encoding) {
            Ok(found) => {
                decoded.warnings.extend(warning(segment.seq, &origin, &found));
                let mut document = Document::new(&*segment.id, found.text);
                document.seq = segment.seq;
                document.origin = Origin { encoding: found.encoding.map(Arc::from), ..origin };
                decoded.documents.push(document);
            }
            Err(why) => {
                decoded.rejects.push(reject(segment.seq, origin, 0, "malformed", why.to_owned(), bytes));
            }
        }
    }
}

pub(super) fn warning(seq: u64, origin: &Origin, found: &charset::DecodedText) -> Option<Warning> {
    let name = found.encoding.unwrap_or("UTF-8");
    let message = match (found.encoding, found.lossy) {
        (None, false) => return None,
        (Some(_), false) => format!("is not UTF-8; read as {name}"),
        (_, true) => format!("read as {name}, in which some bytes have no meaning and became U+FFFD"),
    };
    Some(Warning { seq, path: Arc::clone(&origin.path), record: origin.record, message })
}
