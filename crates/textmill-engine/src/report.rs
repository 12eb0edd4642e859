//! What is said of a run when it is over: `report.json`, the same for every way of running it, and `timing.json`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::books::Books;

/// What a run came to. Written as `report.json`: two runs of one plan over one input have the same report, so times
/// and thread counts are not in it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of the program.
    pub textmill: &'static str,
    /// How it ended.
    pub status: Status,
    /// What became of the documents.
    pub books: Books,
    /// Things that were odd and dealt with, such as files in another character set.
    pub warnings: u64,
    /// What was written: final paths, as the plan has them.
    pub outputs: Vec<PathBuf>,
    /// The plan: source, stages and sink with all their options, and overrides from the command line.
    pub plan: serde_json::Value,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All of the input went through.
    Done,
    /// All of the input went through, and some documents failed.
    DoneWithFailures,
    /// Somebody asked it to end.
    Interrupted,
    /// Whoever read standard output had seen enough.
    OutputClosed,
    /// It could not go on.
    Failed,
}

/// How long a run took. Written as `timing.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Timing {
    /// Worker threads.
    pub threads: usize,
    /// Wall-clock seconds from the first batch to the last byte.
    pub seconds: f64,
    /// Documents read a second.
    pub documents_per_second: f64,
    /// Megabytes (10^6 bytes) of text read a second.
    pub megabytes_per_second: f64,
    /// Seconds that all threads together spent in reading and decoding, in each stage, in encoding and writing.
    pub parts: Vec<(Arc<str>, f64)>,
}

impl Timing {
    pub(crate) fn new(threads: usize, took: Duration, books: &Books, parts: Vec<(Arc<str>, f64)>) -> Timing {
        let seconds = took.as_secs_f64().max(1e-9);
        Timing {
            threads,
            seconds,
            documents_per_second: books.read as f64 / seconds,
            megabytes_per_second: books.text_bytes_read as f64 / 1e6 / seconds,
            parts,
        }
    }
}
