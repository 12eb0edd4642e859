//! `auto`: files of all formats side by side.
//!
//! A name that says it (`.jsonl`, `.ndjson`, `.txt`, `.md`, `.csv`, `.tsv`, `.html`, `.htm`, `.warc`, `.arc`, `.wet`, each
//! also with `.gz` or `.zst`, and `.parquet`) is believed. Else the first bytes decide: `PAR1` begins Parquet, and behind
//! white space `{` JSON Lines, `<!doctype html` or `<html` a web page, `WARC/1.` or `filedesc://` a web archive; anything
//! else is text. Archives are entered, as by every source, and each member is told apart in the same way.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::html;
use super::inputs::{self, Finder};
use super::jsonl::RecordForm;
use super::{Format, Forms, Source, Table};
use crate::offsets::Unit;
use crate::options::OptionFault;

/// Options of source `auto`: the paths, and what `text` and `jsonl` know of besides.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoOptions {
    /// Files, folders (all files below them), patterns such as `corpus/**/*.txt`, or `-` for standard input.
    pub paths: Vec<String>,
    /// The member of a JSON Lines record that holds the document's id.
    #[serde(default = "super::jsonl::default_id")]
    pub id: String,
    /// The member of a JSON Lines record that holds the document's text.
    #[serde(default = "super::jsonl::default_text")]
    pub text: String,
}

pub(super) fn open(options: AutoOptions, base: &Path) -> Result<Source, OptionFault> {
    let AutoOptions { paths, id, text } = options;
    let inputs = Finder::new(base, &[], None).find(&paths)?;
    let records = RecordForm::new(id, text, Unit::default())?;
    Ok(Source::new(inputs, Forms { records, ..Forms::default() }))
}

/// The format that a file's name says.
pub(super) fn format_by_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = inputs::without_packing(&name);
    match name.rsplit_once('.')?.1 {
        "jsonl" | "ndjson" | "jsonlines" => Some(Format::Jsonl),
        "txt" | "text" | "md" => Some(Format::Text),
        "html" | "htm" | "xhtml" => Some(Format::Html),
        "warc" | "wet" | "arc" => Some(Format::Warc),
        "csv" | "tsv" | "tab" => Some(Format::Rows(Table::Csv)),
        "parquet" => Some(Format::Rows(Table::Parquet)),
        _ => None,
    }
}

/// The format that the first bytes of a file say.
pub(super) fn format_by_content(first: &[u8]) -> Format {
    if first.starts_with(b"PAR1") {
        return Format::Rows(Table::Parquet);
    }
    let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
    let first = first.trim_ascii_start();
    match first {
        [b'{', ..] => Format::Jsonl,
        _ if first.starts_with(b"WARC/1.") || first.starts_with(b"filedesc://") => Format::Warc,
        _ if html::is_html(first) => Format::Html,
        _ => Format::Text,
    }
}
