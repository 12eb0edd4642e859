//! `csv`: one document a row, with a row of column names in front.
//!
//! Every value is a string. Values may stand in quotation marks and hold line ends (RFC 4180). A row with more or fewer
//! values than there are columns is rejected: nobody can tell which is missing.
//!
//! What nobody says is found out, so that what spreadsheets write is read as it is: the character set by the first
//! megabyte, as source `text` does; what stands between values by the row of column names, since one of them must be that
//! of the text. A first line `sep=;`, as spreadsheets leave it for each other, is believed.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;

use csv::{ByteRecord, ErrorKind};
use encoding_rs::Encoding;
use schemars::JsonSchema;
use serde::Deserialize;

use super::inputs::Finder;
use super::jsonl::RecordForm;
use super::rows::{RowFault, Rows};
use super::text::encoding_named;
use super::{Format, Forms, Source, Table};
use crate::charset::{self, Utf8Reader};
use crate::compression::InputStream;
use crate::json::push_string;
use crate::offsets::Unit;
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
    /// What stands between values, one ASCII character. When not given: that of comma, semicolon, tab and `|` which makes
    /// a column of the name that `text` says.
    #[serde(default)]
    pub separator: Option<char>,
    /// The character set of all files (`windows-1252`); found out file by file when not given.
    #[serde(default)]
    pub encoding: Option<String>,
}

pub(super) fn open(options: CsvSourceOptions, base: &Path) -> Result<Source, OptionFault> {
    let CsvSourceOptions { paths, extensions, id, text, separator, encoding } = options;
    let separator = separator.map(|given| match u8::try_from(given) {
        Ok(byte) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(byte),
        _ => {
            let message = format!("`{}` cannot stand between values", given.escape_default());
            Err(OptionFault::new("/separator", message, "name one ASCII character, such as `;`"))
        }
    });
    let csv = CsvForm {
        separator: separator.transpose()?,
        encoding: encoding.as_deref().map(encoding_named).transpose()?,
    };
    let inputs = Finder::new(base, &extensions, Some(Format::Rows(Table::Csv))).find(&paths)?;
    let records = RecordForm::new(id, text, Unit::default())?;
    Ok(Source::new(inputs, Forms { extensions, records, csv, ..Forms::default() }))
}

/// What the user says of all files.
#[derive(Debug, Default)]
pub(super) struct CsvForm {
    separator: Option<u8>,
    encoding: Option<&'static Encoding>,
}

/// What stands between values, as the first bytes of a file and its name tell.
struct Separator {
    byte: u8,
    /// Bytes of a line in front of the column names that says nothing else.
    line_bytes: usize,
}

impl Separator {
    /// `head` begins the file; one of its columns is called `text_column`.
    fn find(head: &str, name: &str, text_column: &str) -> Separator {
        let line = head.split_inclusive('\n').next().unwrap_or_default();
        if let [byte @ 0..128] = line.strip_prefix("sep=").unwrap_or_default().trim_end().as_bytes() {
            return Separator { byte: *byte, line_bytes: line.len() };
        }
        let by_name = if is_named_tsv(name) { b'\t' } else { b',' };
        // Where none makes the column, a message names the columns, and so they should be told apart all the same.
        let makes = |byte: &u8| {
            let mut reader = csv::ReaderBuilder::new().delimiter(*byte).from_reader(head.as_bytes());
            let names = reader.headers().ok();
            let columns = names.map_or(0, csv::StringRecord::len);
            if names.is_some_and(|names| names.iter().any(|name| name == text_column)) {
                usize::MAX
            } else {
                columns
            }
        };
        let may_be = |byte: &u8| *byte == by_name || memchr::memchr(*byte, head.as_bytes()).is_some();
        let candidates = [b'|', b'\t', b';', b',', by_name].into_iter().filter(may_be);
        let byte = candidates.max_by_key(makes); // the last of equals
        Separator { byte: byte.unwrap_or(by_name), line_bytes: 0 }
    }
}

fn is_named_tsv(name: &str) -> bool {
    let name = super::inputs::without_packing(name);
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        extension.eq_ignore_ascii_case("tsv") || extension.eq_ignore_ascii_case("tab")
    })
}

/// The rows of a file.
pub(super) struct CsvRows {
    reader: csv::Reader<Bounded>,
    skipped_bytes: u64,
    names: Vec<Vec<u8>>, // as JSON, with the colon
    row: ByteRecord,
    waiting: VecDeque<RowFault>,
}

/// A stream, and how much a row may still take of it: after a quotation mark that nobody closes the library would hold the
/// rest of the file.
struct Bounded {
    stream: Utf8Reader,
    room: u64,
}

/// As much of a file as tells its character set, and as much as holds the row of column names.
const SAMPLE_BYTES: usize = 1 << 20;
const HEAD_BYTES: usize = 1 << 16;

/// Bytes of a row beyond which it is none.
const ROW_BYTES_MAX: u64 = 256 << 20;

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.room == 0 {
            let message = format!(
                "the row is longer than {ROW_BYTES_MAX} bytes, as after a quotation mark that is not closed; \
                 the rest of the file is not read"
            );
            return Err(io::Error::other(message));
        }
        let n = self.stream.read(buffer)?;
        self.room = self.room.saturating_sub(n as u64);
        Ok(n)
    }
}

impl CsvRows {
    /// The rows of `stream`, which is that of a file of this `name` and has a column `text_column`.
    pub(super) fn new(
        mut stream: InputStream,
        name: &str,
        form: &CsvForm,
        text_column: &str,
    ) -> Result<CsvRows, String> {
        let sample = match stream.peek(SAMPLE_BYTES) {
            Ok(bytes) => bytes[..bytes.len().min(SAMPLE_BYTES)].to_vec(),
            Err(err) => return Err(stream.describe(&err)),
        };
        let found = || charset::encoding_of(&sample, sample.len() < SAMPLE_BYTES);
        let encoding = form.encoding.map_or_else(found, Ok)?;
        let head = &sample[..sample.len().min(HEAD_BYTES)];
        let separator = match form.separator {
            Some(byte) => Separator { byte, line_bytes: 0 },
            None => Separator::find(&encoding.decode(head).0, name, text_column),
        };
        let mut stream = Utf8Reader::new(stream, encoding);
        let skipped_bytes = separator.line_bytes as u64;
        let skipped = io::copy(&mut stream.by_ref().take(skipped_bytes), &mut io::sink());
        skipped.map_err(|err| err.to_string())?;
        let bounded = Bounded { stream, room: ROW_BYTES_MAX };
        let mut reader = csv::ReaderBuilder::new().delimiter(separator.byte).from_reader(bounded);
        let headers = reader.headers().map_err(|err| format!("has no column names: {}", said(&err).0))?;
        let name = |name: &str| {
            let mut json = Vec::new();
            push_string(&mut json, name);
            json.push(b':');
            json
        };
        let names: Vec<Vec<u8>> = headers.iter().map(name).collect();
        if let Some(twice) = (1..names.len()).find(|i| names[..*i].contains(&names[*i])) {
            return Err(format!("has two columns `{}`", &headers[twice]));
        }
        if !names.is_empty() && !headers.iter().any(|name| name == text_column) {
            let columns: Vec<String> = headers.iter().take(10).map(|name| format!("`{name}`")).collect();
            let columns = columns.join(", ");
            return Err(format!(
                "has no column `{text_column}`, but {columns}; option `text` names the column of the text"
            ));
        }
        Ok(CsvRows { reader, skipped_bytes, names, row: ByteRecord::new(), waiting: VecDeque::new() })
    }

    /// Appends the present row as a line.
    fn push_row(&self, lines: &mut Vec<u8>) -> Result<(), String> {
        let start = lines.len();
        for (i, (name, value)) in self.names.iter().zip(&self.row).enumerate() {
            let Ok(value) = std::str::from_utf8(value) else {
                lines.truncate(start);
                return Err(format!(
                    "column {} is not UTF-8, as the file is otherwise; option `encoding` names another character set",
                    i + 1
                ));
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
            let byte_offset = self.skipped_bytes + self.reader.position().byte();
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

    fn encoding(&self) -> Option<&'static str> {
        self.reader.get_ref().stream.encoding()
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
