//! `parquet`: one document a row.
//!
//! Columns may be nested: a struct is an object, a list an array; null is as good as absent, bytes are written in
//! hexadecimal, times in RFC 3339. A file is read some hundred rows at a time and never as a whole.

use std::fs::File;
use std::path::Path;

use arrow_json::LineDelimitedWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use super::inputs::Finder;
use super::jsonl::RecordForm;
use super::rows::{RowFault, Rows};
use super::{Format, Forms, Source, Table};
use crate::guard;
use crate::offsets::Unit;
use crate::options::OptionFault;

/// Options of source `parquet`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParquetSourceOptions {
    /// Files, folders (all files below them), or patterns such as `corpus/**/*.parquet`.
    pub paths: Vec<String>,
    /// Which files of a folder to read, by extension (`["parquet"]`); all that are not hidden when empty.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// The column that holds the document's id. Where it is missing, the id is a hash of path and row number.
    #[serde(default = "super::jsonl::default_id")]
    pub id: String,
    /// The column that holds the document's text.
    #[serde(default = "super::jsonl::default_text")]
    pub text: String,
    /// What the offsets in `annotations` count.
    #[serde(default)]
    pub offsets: Unit,
}

pub(super) fn open(options: ParquetSourceOptions, base: &Path) -> Result<Source, OptionFault> {
    let ParquetSourceOptions { paths, extensions, id, text, offsets } = options;
    let inputs = Finder::new(base, &extensions, Some(Format::Rows(Table::Parquet))).find(&paths)?;
    let records = RecordForm::new(id, text, offsets)?;
    Ok(Source::new(inputs, Forms { extensions, records, ..Forms::default() }))
}

/// Rows that are unpacked at once.
const ROWS_AT_ONCE: usize = 256;

/// The rows of a file.
pub(super) struct ParquetRows {
    batches: ParquetRecordBatchReader,
    file_bytes: u64,
    rows: u64,
    rows_read: u64,
    /// What broke the file. Behind it the library is asked for nothing more.
    broken: Option<String>,
}

impl ParquetRows {
    pub(super) fn new(path: &Path) -> Result<ParquetRows, String> {
        let file = File::open(path).map_err(|err| format!("cannot be read: {err}"))?;
        let file_bytes = file.metadata().map_or(0, |metadata| metadata.len());
        guarded(|| {
            let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
            let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
            let batches = builder.with_batch_size(ROWS_AT_ONCE).build()?;
            Ok(ParquetRows { batches, file_bytes, rows, rows_read: 0, broken: None })
        })
        .map_err(|message| format!("is no sound Parquet file: {message}"))
    }
}

impl Rows for ParquetRows {
    fn next(&mut self, lines: &mut Vec<u8>, bytes: usize) -> Result<u64, RowFault> {
        let start = lines.len();
        let mut rows = 0;
        loop {
            if let Some(message) = &self.broken {
                let message = format!("the rest of the file is broken: {message}");
                let fault = RowFault { message, byte_offset: 0, is_last: true };
                return if rows > 0 { Ok(rows) } else { Err(fault) };
            }
            let before = lines.len();
            let batch = guarded(|| match self.batches.next().transpose()? {
                None => Ok(0),
                Some(batch) => {
                    let mut writer = LineDelimitedWriter::new(&mut *lines);
                    writer.write(&batch)?;
                    writer.finish()?;
                    Ok(batch.num_rows() as u64)
                }
            });
            match batch {
                Ok(0) => return Ok(rows),
                Ok(more) => {
                    rows += more;
                    self.rows_read += more;
                }
                Err(message) => {
                    lines.truncate(before);
                    self.broken = Some(message);
                    continue;
                }
            }
            if lines.len() - start >= bytes {
                return Ok(rows);
            }
        }
    }

    fn file_bytes(&self) -> u64 {
        (self.file_bytes as f64 * self.rows_read.min(self.rows) as f64 / self.rows.max(1) as f64) as u64
    }
}

/// Runs what reads bytes that nobody vetted: a panic of the library is an error like others.
fn guarded<T>(work: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, String> {
    match guard::guarded(work) {
        Ok(result) => result.map_err(|err| err.to_string()),
        Err(said) => Err(format!("it breaks the library that reads it ({said})")),
    }
}
