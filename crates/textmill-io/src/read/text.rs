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
use super::reader::Segment;
use super::{Decoded, Format, Forms, Source, Warning, reject};
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

pub(super) fn default_document_bytes_max() -> u64 {
    256 << 20
}

pub(super) fn open(options: TextSourceOptions, base: &Path) -> Result<Source, OptionFault> {
    let TextSourceOptions { paths, extensions, encoding, document_bytes_max } = options;
    let text = FileForm { encoding: encoding.as_deref().map(encoding_named).transpose()? };
    let inputs = Finder::new(base, &extensions, Some(Format::Text)).find(&paths)?;
    Ok(Source::new(inputs, Forms { extensions, text, document_bytes_max, ..Forms::default() }))
}

/// How a file becomes a document.
#[derive(Debug, Default)]
pub(super) struct FileForm {
    encoding: Option<&'static Encoding>,
}

/// The character set that option `encoding` names.
pub(super) fn encoding_named(label: &str) -> Result<&'static Encoding, OptionFault> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        let hint = "names are those of the WHATWG encoding standard, such as `windows-1252` or `shift_jis`";
        OptionFault::new("/encoding", format!("unknown character set `{label}`"), hint)
    })
}

impl FileForm {
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
