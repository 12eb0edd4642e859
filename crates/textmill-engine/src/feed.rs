//! What a pass reads: the source at first, afterwards what the pass before put aside.

use std::sync::Arc;

use textmill_io::spill::{self, SpillReader};
use textmill_io::{Decoder, RawBatch, ReadError, Reader};
use textmill_model::Batch;

use crate::books::Books;
use crate::commit_point::Position;
use crate::{RunError, Selection};

/// Gives batches in corpus order: cut on one thread, unpacked on any.
pub(crate) enum Feed<'a> {
    Source(Reader),
    Spill(SpillReader<'a>),
}

/// A batch as it was cut.
pub(crate) enum Cut {
    Source(RawBatch),
    Spill(Vec<u8>),
}

/// Unpacks batches.
pub(crate) struct Unpack {
    pub(crate) decoder: Arc<Decoder>,
    pub(crate) selection: Selection,
    /// Whether somebody is going to look at the texts.
    pub(crate) takes_texts: bool,
}

/// An unpacked batch, what the books say of it, and what the user should know.
pub(crate) struct Unpacked {
    pub(crate) batch: Batch,
    pub(crate) warnings: Vec<textmill_io::Warning>,
    /// Whether the user wants nothing that comes after it.
    pub(crate) is_enough: bool,
}

impl Feed<'_> {
    pub(crate) fn next(&mut self) -> Result<Option<Cut>, RunError> {
        Ok(match self {
            Feed::Source(reader) => match reader.next() {
                Err(ReadError::Interrupted) => None, // whoever asked for that knows why
                cut => cut?.map(Cut::Source),
            },
            Feed::Spill(reader) => reader.next()?.map(Cut::Spill),
        })
    }
}

impl Feed<'_> {
    /// Where the next batch begins; none where nobody could go on.
    pub(crate) fn position(&self) -> Option<Position> {
        match self {
            Feed::Source(reader) => reader.position().map(Position::Source),
            Feed::Spill(reader) => Some(Position::Spill(reader.position())),
        }
    }
}

impl Cut {
    /// How many bytes it has.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Cut::Source(raw) => raw.bytes() as u64,
            Cut::Spill(block) => block.len() as u64,
        }
    }

    /// How many bytes of the input stand behind the source once this batch was cut; 0 for a later pass.
    pub(crate) fn input_bytes_read(&self) -> u64 {
        match self {
            Cut::Source(raw) => raw.input_bytes_read(),
            Cut::Spill(_) => 0,
        }
    }
}

impl Unpack {
    /// Turns a cut into documents and puts what was read into `books`.
    pub(crate) fn unpack(&self, index: u64, cut: Cut, books: &mut Books) -> Result<Unpacked, RunError> {
        let raw = match cut {
            Cut::Spill(block) => {
                let batch = Batch { index, documents: spill::decode(&block)?, rejects: Vec::new() };
                return Ok(Unpacked { batch, warnings: Vec::new(), is_enough: false });
            }
            Cut::Source(raw) => raw,
        };
        let mut decoded = self.decoder.decode(raw, self.takes_texts);
        let last = decoded.documents.last().map(|document| document.seq);
        let last = last.max(decoded.rejects.last().map(|reject| reject.seq));
        decoded.documents.retain(|document| self.selection.takes(document.seq));
        decoded.rejects.retain(|reject| self.selection.takes(reject.seq));
        decoded.warnings.retain(|warning| self.selection.takes(warning.seq));
        let batch = Batch { index, documents: decoded.documents, rejects: decoded.rejects };
        books.read = (batch.documents.len() + batch.rejects.len()) as u64;
        books.text_bytes_read = batch.text_bytes() as u64;
        let is_enough = last.is_some_and(|last| self.selection.ends_before(last + 1));
        Ok(Unpacked { batch, warnings: decoded.warnings, is_enough })
    }
}
