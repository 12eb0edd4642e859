//! `csv`: one document a row, with a row of column names in front.
//!
//! Every value is a string. Values may stand in quotation marks and hold line ends (RFC 4180). A row with more or fewer
//! values than there are columns is rejected: nobody can tell which is missing. So is one that is not UTF-8.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;

use csv::{ByteRecord, ErrorKind};
use schemars::JsonSchema;
use serde::Deserialize;

use super::inputs::Finder;
use super::jsonl::{self, JsonlSourceOptions, RecordForm};
use super::reader::Limits;
use super::rows::{RowFault, Rows};
use super::text::{FileForm, TextSourceOptions};
use super::{Format, Source, Table};
use crate::compression::InputStream;
use crate::json::push_string;
use crate::options::OptionFault;

/// Options of source `csv`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvSourceOptions {
    /// Files, folders (all files below them), patterns such as `corpus/**/*.csv`, or `-` for standard input.
    pub paths: Vec<String>,
    /// Which files of a folder to read, by extension (`["csv", "tsv"]`); all that are not hidden when empty.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// The column that holds the document's id. Where there is none, the id is a hash of path and row number.
    #[serde(default = "super::jsonl::default_id")]
    pub id: String,
    /// The column that holds the document's text.
    #[serde(default = "super::jsonl::default_text")]
    pub text: String,
    /// What stands between values, one ASCII character: a tab for files named `.tsv` or `.tab`, else a comma, when not
    /// given.
    #[serde(default)]
    pub separator: Option<char>,
}

pub(super) fn open(options: CsvSourceOptions, base: &Path) -> Result<Source, OptionFault> {
    let CsvSourceOptions { paths, extensions, id, text, separator } = options;
    let separator = separator.map(|given| match u8::try_from(given) {
        Ok(byte) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(byte),
        _ => {
            let message = format!("`{}` cannot stand between values", given.escape_default());
            Err(OptionFault::new("/separator", message, "name one ASCII character, such as `;`"))
        }
    });
    let separator = separator.transpose()?;
    let format = Some(Format::Rows(Table::Csv { separator }));
    let inputs = Finder::new(base, &extensions, format).find(&paths)?;
    let form = RecordForm::new(JsonlSourceOptions { id, text, ..JsonlSourceOptions::new(paths) })?;
    let limits = Limits { record_bytes_max: jsonl::default_record_bytes_max(), ..Limits::default() };
    Ok(Source::new(inputs, limits, form, FileForm::new(&TextSourceOptions::new(Vec::new()))?))
}

/// What stands between the values of a file by its name.
pub(super) fn separator_by_name(path: &str) -> u8 {
    let path = super::inputs::without_packing(path);
    let is_tab = path.rsplit_once('.').is_some_and(|(_, extension)| {
        extension.eq_ignore_ascii_case("tsv") || extension.eq_ignore_ascii_case("tab")
    });
    if is_tab { b'\t' } else { b',' }
}

/// The rows of a file.
pub(super) struct CsvRows {
    reader: csv::Reader<Unpacked>,
    names: Vec<Vec<u8>>, // as JSON, with the colon
    row: ByteRecord,
    waiting: VecDeque<RowFault>,
}

/// An input stream as the library wants it, and how much a row may still take of it: after a quotation mark that nobody
/// closes the library would hold the rest of the file.
struct Unpacked {
    stream: InputStream,
    room: u64,
}

/// Bytes of a row beyond which it is none.
const ROW_BYTES_MAX: u64 = 256 << 20;

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.room == 0 {
            let message = format!(
                "the row is longer than {ROW_BYTES_MAX} bytes, as after a quotation mark that is not closed; \
                 the rest of the file is not read"
            );
            return Err(io::Error::other(message));
        }
        let bytes = match self.stream.fill() {
            Ok(bytes) => bytes,
            Err(err) => return Err(io::Error::new(err.kind(), self.stream.describe(&err))),
        };
        let n = bytes.len().min(buffer.len());
        buffer[..n].copy_from_slice(&bytes[..n]);
        self.stream.consume(n);
        self.room = self.room.saturating_sub(n as u64);
        Ok(n)
    }
}

impl CsvRows {
    pub(super) fn new(stream: InputStream, separator: Option<u8>) -> Result<CsvRows, String> {
        let mut builder = csv::ReaderBuilder::new();
        let mut reader = builder
            .delimiter(separator.unwrap_or(b','))
            .from_reader(Unpacked { stream, room: ROW_BYTES_MAX });
        let headers = reader.headers().map_err(|err| format!("has no column names: {}", said(&err).0))?;
        let name = |name: &str| {
            let mut json = Vec::new();
            push_string(&mut json, name.trim_start_matches('\u{feff}'));
            json.push(b':');
            json
        };
        let names: Vec<Vec<u8>> = headers.iter().map(name).collect();
        if let Some(twice) = (1..names.len()).find(|i| names[..*i].contains(&names[*i])) {
            return Err(format!("has two columns `{}`", &headers[twice]));
        }
        Ok(CsvRows { reader, names, row: ByteRecord::new(), waiting: VecDeque::new() })
    }

    /// Appends the present row as a line.
    fn push_row(&self, lines: &mut Vec<u8>) -> Result<(), String> {
        let start = lines.len();
        for (i, (name, value)) in self.names.iter().zip(&self.row).enumerate() {
            let Ok(value) = std::str::from_utf8(value) else {
                lines.truncate(start);
                return Err(format!("column {} is not UTF-8", i + 1));
            };
            lines.push(if i == 0 { b'{' } else { b',' });
            lines.extend_from_slice(name);
            push_string(lines, value);
        }
        lines.extend_from_slice(b"}\n");
        Ok(())
    }
}

impl Rows for CsvRows {
    fn next(&mut self, lines: &mut Vec<u8>, bytes: usize) -> Result<u64, RowFault> {
        if let Some(fault) = self.waiting.pop_front() {
            return Err(fault);
        }
        let (start, mut rows) = (lines.len(), 0);
        loop {
            let byte_offset = self.reader.position().byte();
            self.reader.get_mut().room = ROW_BYTES_MAX;
            let read = self.reader.read_byte_record(&mut self.row);
            let pushed = match read {
                Ok(false) => return Ok(rows),
                Ok(true) => self.push_row(lines).map_err(|message| (message, false)),
                Err(err) => Err(said(&err)),
            };
            if let Err((message, is_last)) = pushed {
                self.waiting.push_back(RowFault { message, byte_offset, is_last });
                return if rows > 0 { Ok(rows) } else { self.next(lines, bytes) };
            }
            rows += 1;
            if lines.len() - start >= bytes {
                return Ok(rows);
            }
        }
    }

    fn file_bytes(&self) -> u64 {
        self.reader.get_ref().stream.file_bytes()
    }
}

/// An error of the library in words, and whether nothing comes behind it.
fn said(err: &csv::Error) -> (String, bool) {
    match err.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            (format!("the row has {len} values, and there are {expected_len} columns"), false)
        }
        ErrorKind::Utf8 { .. } => ("is not UTF-8".to_owned(), false),
        ErrorKind::Io(err) => (err.to_string(), true),
        _ => (err.to_string(), true),
    }
}
