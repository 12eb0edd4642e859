//! Tables: files of rows, each of which becomes a line of JSON on its way into a batch.
//!
//! What a row of a table says is what an object of JSON Lines says, a member a column. So a table is rewritten row by
//! row as it is read, and what reads JSON Lines reads tables as well: names of members, ids, metadata, annotations.
//!
//! Not here: how a row of a certain format is found and written (`csv`, `parquet`).

use std::path::Path;

use super::{Forms, Table};
use crate::compression::InputStream;

/// The rows of a table, first to last.
pub(super) trait Rows: Send {
    /// Appends rows to `lines`, a line of JSON each, until these have about `bytes` or the table ends. Says how many.
    ///
    /// # Errors
    ///
    /// When the very next row is none; those before it were given by the call before.
    fn next(&mut self, lines: &mut Vec<u8>, bytes: usize) -> Result<u64, RowFault>;

    /// How many bytes of the file itself were read so far.
    fn file_bytes(&self) -> u64;

    /// The name of the character set, when it is not UTF-8.
    fn encoding(&self) -> Option<&'static str> {
        None
    }
}

/// Why a row is none.
pub(super) struct RowFault {
    pub(super) message: String,
    /// Where it starts in the unpacked file, where that is known.
    pub(super) byte_offset: u64,
    /// Whether nothing behind it can be read.
    pub(super) is_last: bool,
}

/// Opens the table of this `name`, whose bytes come out of `stream`; it is that of the `file`, where there is one.
pub(super) fn open(
    table: Table,
    name: &str,
    file: Option<&Path>,
    stream: InputStream,
    forms: &Forms,
) -> Result<Box<dyn Rows>, String> {
    match (table, file) {
        (Table::Csv, _) => {
            Ok(Box::new(super::csv::CsvRows::new(stream, name, &forms.csv, &forms.records.text)?))
        }
        #[cfg(feature = "parquet")]
        (Table::Parquet, Some(file)) => Ok(Box::new(super::parquet::ParquetRows::new(file)?)),
        #[cfg(feature = "parquet")]
        (Table::Parquet, None) => {
            Err("is Parquet, which can be read from a file of its own and not out of an archive or a pipe"
                .to_owned())
        }
        #[cfg(not(feature = "parquet"))]
        (Table::Parquet, _) => {
            Err("is Parquet, and this program was built without it (cargo feature `parquet`)".to_owned())
        }
    }
}

/// Passes over the first `count` rows.
pub(super) fn skip(rows: &mut dyn Rows, count: u64) -> std::io::Result<()> {
    let mut left = count;
    let mut passed = Vec::new();
    while left > 0 {
        passed.clear();
        match rows.next(&mut passed, 0) {
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(n) if n > left => return Err(std::io::Error::other("rows are not where they were")),
            Ok(n) => left -= n,
            Err(_) => left -= 1,
        }
    }
    Ok(())
}
