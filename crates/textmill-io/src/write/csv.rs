//! `csv`: a table of the spans of one layer, one a row.
//!
//! What a spreadsheet or a data frame asks for: who said what in which document, without a JSON reader. A column is a path
//! into the span as sink `jsonl` shows it, or into its document. A cell without a value is empty; values that are no
//! text stand as JSON. Only spans know which columns there are, so a misspelled one shows at the end: no row had it.

use std::collections::BTreeSet;
use std::io;
use std::num::NonZeroU8;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use textmill_model::{Document, Span};

use super::annotations::{Parts, attributes, default_layer};
use super::output::{Compression, OutputStream, Packing, Target};
use crate::offsets::{Offsets, Unit};
use crate::options::OptionFault;

/// Options of sink `csv`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvSinkOptions {
    /// The file to write; `-` for standard output. It appears when it is whole.
    pub path: String,
    /// The layer whose spans are the rows.
    #[serde(default = "default_layer")]
    pub layer: String,
    /// The columns, in their order: `id`, `origin.path`, `origin.record` and `metadata.NAME` of the document; `start`, `end`,
    /// `text`, `source_start`, `source_end` (always bytes) and the attributes of the span; the same of a part behind its
    /// name, as `speaker.name`. Not given, those of quotations: `id`, `start`, `end`, `text`, `kind`,
    /// `confidence`, `speaker.name`, `speaker.text`, `speaker.start`, `speaker.end` and `cue.text`.
    #[serde(default = "quote_columns")]
    pub columns: Vec<String>,
    /// What the offsets count.
    #[serde(default)]
    pub offsets: Unit,
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

fn quote_columns() -> Vec<String> {
    let columns =
        "id start end text kind confidence speaker.name speaker.text speaker.start speaker.end cue.text";
    columns.split(' ').map(str::to_owned).collect()
}

/// A sink of rows.
#[derive(Debug)]
pub(super) struct CsvSink {
    pub(super) target: Target,
    pub(super) rows: RowWriter,
}

impl CsvSink {
    pub(super) fn new(options: CsvSinkOptions, base: &Path) -> Result<CsvSink, OptionFault> {
        let CsvSinkOptions {
            path,
            layer,
            columns,
            offsets,
            compression,
            compression_level: level,
            compression_threads: threads,
        } = options;
        if columns.is_empty() {
            let hint = "leave `columns` out for those of quotations";
            return Err(OptionFault::new("/columns", "a table needs a column", hint));
        }
        let target = Target::new(&path, Packing { compression, level, threads }, base)?;
        let fills = Arc::new(Fills::of(&columns));
        Ok(CsvSink { target, rows: RowWriter { layer, columns, unit: offsets, fills } })
    }

    /// Starts the file with the names of the columns.
    pub(super) fn create(&self, threads: usize) -> io::Result<OutputStream> {
        let mut stream = self.target.create(threads)?;
        stream.write(&self.rows.header())?;
        Ok(stream)
    }
}

/// Renders spans as rows.
#[derive(Debug, Clone)]
pub(super) struct RowWriter {
    pub(super) layer: String,
    columns: Vec<String>,
    unit: Unit,
    fills: Arc<Fills>,
}

/// Which columns had a value in some row; shared by all threads.
#[derive(Debug)]
struct Fills {
    rows: AtomicU64,
    /// For each column. Those of quotations count as filled: they are spelled right.
    filled: Vec<AtomicBool>,
    /// The columns that there would have been in rows where one was empty.
    known: Mutex<BTreeSet<String>>,
}

/// A column that no row had a value for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptyColumn {
    /// As the options name it.
    pub column: String,
    /// How many rows there are.
    pub rows: u64,
    /// The columns of the spans that were written.
    pub known: Vec<String>,
}

impl Fills {
    fn of(columns: &[String]) -> Fills {
        let sure = quote_columns();
        let filled = columns.iter().map(|it| AtomicBool::new(sure.contains(it))).collect();
        Fills { rows: AtomicU64::new(0), filled, known: Mutex::default() }
    }

    fn note(&self, row: &Row<'_>, span: usize, cells: &[String]) {
        self.rows.fetch_add(1, Ordering::Relaxed);
        let mut missing = false;
        for (filled, cell) in self.filled.iter().zip(cells).filter(|it| !it.0.load(Ordering::Relaxed)) {
            filled.store(!cell.is_empty(), Ordering::Relaxed);
            missing |= cell.is_empty();
        }
        if missing {
            row.name_columns(span, "", &mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl RowWriter {
    /// The columns that stayed empty, when there were rows.
    pub(super) fn empty_columns(&self) -> Vec<EmptyColumn> {
        let rows = self.fills.rows.load(Ordering::Relaxed);
        let known = self.fills.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known: Vec<String> =
            OF_DOCUMENTS.iter().map(|it| (*it).to_owned()).chain(known.iter().cloned()).collect();
        let columns = self.columns.iter().zip(&self.fills.filled);
        let empty = columns.filter(|(_, filled)| rows > 0 && !filled.load(Ordering::Relaxed));
        empty.map(|(column, _)| EmptyColumn { column: column.clone(), rows, known: known.clone() }).collect()
    }

    /// The first line: the names of the columns.
    pub(super) fn header(&self) -> Vec<u8> {
        let mut table = Table::new();
        table.row(self.columns.iter().cloned());
        table.into_bytes()
    }

    /// The spans of the documents as lines.
    pub(super) fn rows(&self, documents: &[Document]) -> Vec<u8> {
        let mut table = Table::new();
        for document in documents {
            let parts = Parts::of(document.annotations.layer(&self.layer));
            let row = Row { document, offsets: Offsets::new(document.text(), self.unit), parts };
            for span in row.parts.wholes() {
                let cells: Vec<String> = self.columns.iter().map(|column| row.cell(span, column)).collect();
                self.fills.note(&row, span, &cells);
                table.row(cells.into_iter());
            }
        }
        table.into_bytes()
    }
}

/// The columns that every document has, and those that every span has.
const OF_DOCUMENTS: [&str; 3] = ["id", "origin.path", "origin.record"];
const OF_SPANS: [&str; 5] = ["start", "end", "text", "source_start", "source_end"];

/// Rows as bytes, quoted where needed as RFC 4180 says.
struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn new() -> Table {
        Table(csv::Writer::from_writer(Vec::new()))
    }

    fn row(&mut self, cells: impl Iterator<Item = String>) {
        self.0.write_record(cells).expect("memory takes every row, and all have the columns of the table");
    }

    fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner().expect("memory takes every row")
    }
}

/// The spans of a document, to take cells from.
struct Row<'a> {
    document: &'a Document,
    offsets: Offsets<'a>,
    parts: Parts<'a>,
}

impl Row<'_> {
    fn cell(&self, span: usize, column: &str) -> String {
        let Document { id, origin, metadata, .. } = self.document;
        match column.split_once('.') {
            None if column == "id" => id.clone(),
            Some(("origin", "path")) => origin.path.to_string(),
            Some(("origin", "record")) => origin.record.to_string(),
            Some(("metadata", name)) => metadata.get(name).map_or(String::new(), |json| shown(&json)),
            _ => self.of_span(span, column),
        }
    }

    /// A cell of a span, or of the first of its parts that the path names.
    fn of_span(&self, index: usize, path: &str) -> String {
        let span = &self.parts.spans[index];
        if let Some(value) = self.of_place(span, path) {
            return value.to_string();
        }
        if path == "text" {
            return self.document.text()[span.range()].to_owned();
        }
        if let Some(value) = attributes(span).get(path) {
            return cell_of(value);
        }
        let Some((part, rest)) = path.split_once('.') else { return String::new() };
        let parts = self.parts.of_whole(index);
        let named = parts.iter().map(|alike| alike[0]).find(|it| &*self.parts.spans[*it].name == part);
        named.map_or(String::new(), |it| self.of_span(it, rest))
    }

    /// Adds the columns that a span has, and its parts, behind `path`.
    fn name_columns(&self, span: usize, path: &str, names: &mut BTreeSet<String>) {
        let own = attributes(&self.parts.spans[span]);
        let own = own.keys().map(String::as_str);
        names.extend(OF_SPANS.into_iter().chain(own).map(|name| format!("{path}{name}")));
        for part in self.parts.of_whole(span).iter().map(|alike| alike[0]) {
            self.name_columns(part, &format!("{path}{}.", self.parts.spans[part].name), names);
        }
    }

    fn of_place(&self, span: &Span, name: &str) -> Option<usize> {
        Some(match name {
            "start" => self.offsets.in_units(span.start),
            "end" => self.offsets.in_units(span.end),
            "source_start" => self.document.source_range(span.range()).start,
            "source_end" => self.document.source_range(span.range()).end,
            _ => return None,
        })
    }
}

/// A JSON value as a cell.
fn shown(json: &str) -> String {
    serde_json::from_str(json).map_or(String::new(), |value| cell_of(&value))
}

fn cell_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
