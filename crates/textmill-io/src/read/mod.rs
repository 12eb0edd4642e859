//! Sources: files in, documents out.
//!
//! A source knows its inputs, all found and sorted before anything is read. A [`Reader`] cuts them into
//! batches of whole records in one thread; a [`Decoder`] turns batches into documents in any.

mod annotations;
mod archive;
mod auto;
mod csv;
mod html;
mod inputs;
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet;
mod reader;
mod rows;
mod text;
mod warc;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use textmill_model::{BatchBytes, BatchTexts, Document, FormatEntry, Origin, Outcome, Reject, Rejected};

pub use auto::AutoOptions;
pub use csv::CsvSourceOptions;
pub use html::HtmlSourceOptions;
pub use inputs::Input;
pub use jsonl::JsonlSourceOptions;
#[cfg(feature = "parquet")]
pub use parquet::ParquetSourceOptions;
pub use reader::{RawBatch, Reader, SourcePosition};
pub use text::TextSourceOptions;
pub use warc::WarcSourceOptions;

use crate::options::{self, OptionFault};

/// The kinds of source there are.
pub fn sources() -> Vec<FormatEntry> {
    vec![
        options::entry::<TextSourceOptions>("text", "text files, one document a file"),
        options::entry::<JsonlSourceOptions>("jsonl", "JSON Lines, one document a line"),
        options::entry::<CsvSourceOptions>("csv", "CSV and TSV, one document a row"),
        #[cfg(feature = "parquet")]
        options::entry::<ParquetSourceOptions>("parquet", "Parquet, one document a row"),
        options::entry::<HtmlSourceOptions>("html", "web pages, the main content of each as a document"),
        options::entry::<WarcSourceOptions>(
            "warc",
            "web archives (WARC, ARC, WET), one document a text or page",
        ),
        options::entry::<AutoOptions>(
            "auto",
            "all of these side by side, told apart by name and first bytes",
        ),
    ]
}

/// Where documents come from: a list of inputs and how to read them.
#[derive(Debug)]
pub struct Source {
    inputs: Arc<[Input]>,
    decoder: Arc<Decoder>,
    stdin_taken: AtomicBool,
}

/// Why a pass over a source could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Standard input was read by an earlier pass and cannot be read again.
    #[error("standard input cannot be read a second time")]
    StdinTwice,
    /// Whoever started the pass wants nothing more of it.
    #[error("reading was interrupted")]
    Interrupted,
}

/// Turns records into documents; shared by all workers.
#[derive(Debug)]
pub struct Decoder {
    forms: Arc<Forms>,
}

/// How files of any format are taken apart, and what becomes of their records.
#[derive(Debug)]
struct Forms {
    /// Which files of a folder, and members of an archive, are read.
    extensions: Vec<String>,
    /// Files that are one document.
    text: text::FileForm,
    /// Lines of JSON, and rows of tables.
    records: jsonl::RecordForm,
    csv: csv::CsvForm,
    /// What has more bytes than this is no document.
    document_bytes_max: u64,
}

impl Default for Forms {
    fn default() -> Forms {
        Forms {
            extensions: Vec::new(),
            text: text::FileForm::default(),
            records: jsonl::RecordForm::default(),
            csv: csv::CsvForm::default(),
            document_bytes_max: text::default_document_bytes_max(),
        }
    }
}

/// What became of the records of a batch.
#[derive(Debug, Default)]
pub struct Decoded {
    /// The documents, `seq` ascending.
    pub documents: Vec<Document>,
    /// The records that are no documents, `seq` ascending.
    pub rejects: Vec<Reject>,
    /// What the user should know of documents that were read all the same, `seq` ascending.
    pub warnings: Vec<Warning>,
    /// The texts, where they are taken out of their records while these are read.
    taken: Option<Taken>,
}

/// Texts that were taken out of their records, and which documents have which.
#[derive(Debug, Default)]
struct Taken {
    texts: BatchTexts,
    of: Vec<(usize, Range<usize>)>,
}

/// Something odd about a record that became a document all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The `seq` of the document.
    pub seq: u64,
    /// The file as the user named it.
    pub path: Arc<str>,
    /// Which record of the file, counted from 0.
    pub record: u64,
    /// What is odd, in a line that makes sense behind the file's name.
    pub message: String,
}

/// Opens a source: finds its files and checks its options, and reads nothing yet.
///
/// `kind` is one of [`sources`]; `options` are those of the pipeline file; paths are relative to `base`.
/// Files come in the order of the paths that name them, those of a folder or pattern sorted by path, and each
/// file once. An archive (tar or zip) is a folder in a file: its members are read in their order as files of these
/// names would be.
///
/// # Errors
///
/// The first option that is wrong: unknown or of a wrong type, a path that names no file or one that may not be
/// read, an impossible limit, an unknown character set.
pub fn open_source(kind: &str, options: &Value, base: &Path) -> Result<Source, OptionFault> {
    match kind {
        "text" => text::open(options::parse(options)?, base),
        "jsonl" => jsonl::open(options::parse(options)?, base),
        "csv" => csv::open(options::parse(options)?, base),
        #[cfg(feature = "parquet")]
        "parquet" => parquet::open(options::parse(options)?, base),
        "auto" => auto::open(options::parse(options)?, base),
        "html" => html::open(options::parse(options)?, base),
        "warc" => warc::open(options::parse(options)?, base),
        _ => Err(OptionFault::new("", format!("unknown kind of source `{kind}`"), "")),
    }
}

impl Source {
    fn new(inputs: Vec<Input>, forms: Forms) -> Source {
        let decoder = Arc::new(Decoder { forms: Arc::new(forms) });
        Source { inputs: inputs.into(), decoder, stdin_taken: AtomicBool::new(false) }
    }

    /// Leaves out the inputs that are at one of the paths `written`, or below one that is a folder, unless the user
    /// named that very file: what a run wrote beside its input is not read by the next one.
    ///
    /// Paths are compared without symbolic links; one where nothing stands matches nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # for name in ["1.jsonl", "out.jsonl"] { std::fs::write(folder.path().join(name), "")?; }
    /// let mut source = textmill_io::open_source("jsonl", &serde_json::json!({"paths": ["*.jsonl"]}), folder.path())?;
    /// assert_eq!(source.inputs().len(), 2);
    /// source.leave_out(&[folder.path().join("out.jsonl")]);
    /// assert_eq!(source.inputs().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn leave_out(&mut self, written: &[PathBuf]) {
        let written: Vec<PathBuf> = written.iter().filter_map(|path| path.canonicalize().ok()).collect();
        if self.inputs.iter().any(|input| input.is_by_chance(&written)) {
            let left = self.inputs.iter().filter(|input| !input.is_by_chance(&written));
            let mut left: Vec<Input> = left.cloned().collect();
            inputs::settle_ids(&mut left); // as on a first run, when nothing was written yet
            self.inputs = left.into();
        }
    }

    /// The files, in the order in which they are read.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Starts a pass over all inputs, in batches of about `batch_bytes` bytes.
    ///
    /// # Errors
    ///
    /// [`ReadError::StdinTwice`] when standard input is among the inputs and this is not the first pass. A file
    /// that cannot be read is no error but a reject.
    pub fn reader(&self, batch_bytes: usize) -> Result<Reader, ReadError> {
        self.reader_until(batch_bytes, || false)
    }

    /// Starts a pass as [`Self::reader`] does, which ends soon after `cancelled` says so.
    ///
    /// Soon even where nothing comes: standard input, pipes and devices are waited for on a thread of their own.
    /// `cancelled` is asked often, and once it has said yes it must stay with that.
    ///
    /// # Errors
    ///
    /// Those of [`Self::reader`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// use textmill_io::{ReadError, open_source};
    ///
    /// let source = open_source("text", &serde_json::json!({"paths": ["-"]}), ".".as_ref())?;
    /// let is_over = Arc::new(AtomicBool::new(false));
    /// let mut reader = source.reader_until(1 << 20, {
    ///     let is_over = Arc::clone(&is_over);
    ///     move || is_over.load(Ordering::Relaxed)
    /// })?;
    ///
    /// is_over.store(true, Ordering::Relaxed); // as after Ctrl-C
    /// assert!(matches!(reader.next(), Err(ReadError::Interrupted)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reader_until(
        &self,
        batch_bytes: usize,
        cancelled: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Reader, ReadError> {
        let reads_stdin = self.inputs.iter().any(Input::is_stdin);
        if reads_stdin && self.stdin_taken.swap(true, Ordering::Relaxed) {
            return Err(ReadError::StdinTwice);
        }
        let forms = Arc::clone(&self.decoder.forms);
        Ok(Reader::new(Arc::clone(&self.inputs), forms, batch_bytes, Arc::new(cancelled)))
    }

    /// What turns this source's records into documents.
    pub fn decoder(&self) -> Arc<Decoder> {
        Arc::clone(&self.decoder)
    }
}

impl Decoder {
    /// Turns every record of a batch into a document or a reject. A text is taken out of its record when somebody looks at
    /// it; who knows that all are going to be looked at says so by `takes_texts`, and has them sooner.
    pub fn decode(&self, raw: RawBatch, takes_texts: bool) -> Decoded {
        let RawBatch { bytes, pool, segments, rejects, .. } = raw;
        let Forms { records, text, document_bytes_max, .. } = &*self.forms;
        let batch = BatchBytes::new(bytes, pool);
        let taken = takes_texts.then(|| Taken { texts: BatchTexts::new(&batch), of: Vec::new() });
        let mut decoded = Decoded { rejects, taken, ..Decoded::default() };
        for segment in &segments {
            let bytes = &batch[segment.range.clone()];
            match segment.format {
                Format::Jsonl | Format::Rows(_) => records.decode(segment, &batch, &mut decoded),
                Format::Text => text.decode(segment, bytes, &mut decoded),
                Format::Html => html::decode(segment, bytes, &mut decoded),
                Format::Warc => warc::decode(segment, bytes, *document_bytes_max, &mut decoded),
            }
        }
        if let Some(Taken { texts, of }) = decoded.taken.take() {
            let texts = Arc::new(texts);
            of.into_iter().for_each(|(i, range)| decoded.documents[i].share_text(&texts, range));
        }
        decoded.rejects.sort_by_key(|reject| reject.seq);
        decoded
    }
}

/// How the bytes of an input become documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Jsonl,
    Html,
    Warc,
    Rows(Table),
}

/// A format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Csv,
    Parquet,
}

/// A reject for the record at a place; `raw` is cut at [`crate::RAW_BYTES_MAX`].
fn reject(seq: u64, origin: Origin, byte_offset: u64, reason: &str, message: String, raw: &[u8]) -> Reject {
    let raw = raw[..raw.len().min(crate::RAW_BYTES_MAX)].to_vec();
    Reject {
        seq,
        stage: "source".into(),
        outcome: Outcome::Failed,
        reason: reason.to_owned(),
        message,
        what: Rejected::Record { origin, line: None, byte_offset, raw },
    }
}
