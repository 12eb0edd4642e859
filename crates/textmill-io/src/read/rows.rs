//! Tables: files of rows, each of which becomes a line of JSON on its way into a batch.
//!
//! What a row of a table says is what an object of JSON Lines says, a member a column. So a table is rewritten row by
//! row as it is read, and what reads JSON Lines reads tables as well: names of members, ids, metadata, annotations.
//!
//! Not here: how a row of a certain format is found and written (`csv`, `parquet`).

use std::path::Path;

use super::Table;
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
}

/// Why a row is none.
pub(super) struct RowFault {
    pub(super) message: String,
    /// Where it starts in the unpacked file, where that is known.
    pub(super) byte_offset: u64,
    /// Whether nothing behind it can be read.
    pub(super) is_last: bool,
}

/// Opens the table at `path`, whose bytes come out of `stream`.
pub(super) fn open(table: Table, path: &Path, stream: InputStream) -> Result<Box<dyn Rows>, String> {
    match table {
        Table::Csv { separator } => Ok(Box::new(super::csv::CsvRows::new(stream, separator)?)),
        #[cfg(feature = "parquet")]
        Table::Parquet => Ok(Box::new(super::parquet::ParquetRows::new(path)?)),
        #[cfg(not(feature = "parquet"))]
        Table::Parquet => {
            Err(format!("cannot be read: this program was built without Parquet (`{}`)", path.display()))
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

impl Table {
    /// The table as a file of this name has it.
    pub(super) fn named(self, name: &str) -> Table {
        match self {
            Table::Csv { separator: None } => {
                Table::Csv { separator: Some(super::csv::separator_by_name(name)) }
            }
            other => other,
        }
    }
}
