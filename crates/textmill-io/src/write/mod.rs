//! Sinks: documents in, files out.
//!
//! An [`Encoder`] renders documents in any thread; a [`Writer`] takes what was rendered, in order, in one. What
//! is written appears under its own name only when it is whole.

mod annotations;
mod csv;
mod jsonl;
mod output;
mod packing;
#[cfg(feature = "parquet")]
mod parquet;
mod text;
mod web_annotation;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use textmill_model::{BatchBytes, BytePool, Document, FormatEntry};

pub use csv::{CsvSinkOptions, EmptyColumn};
pub use jsonl::{JsonlSinkOptions, encode_reject};
pub use output::Compression;
#[cfg(feature = "parquet")]
pub use parquet::{ColumnCompression, ParquetSinkOptions};
pub use text::TextSinkOptions;
pub use web_annotation::{Motivation, WebAnnotationSinkOptions};

use self::output::Target;
use crate::options::{self, OptionFault};

/// The kinds of sink there are.
pub fn sinks() -> Vec<FormatEntry> {
    vec![
        options::entry::<CsvSinkOptions>(
            "csv",
            "a table of the spans of a layer, such as quotations, one a row",
        ),
        options::entry::<JsonlSinkOptions>("jsonl", "JSON Lines, one document a line"),
        #[cfg(feature = "parquet")]
        options::entry::<ParquetSinkOptions>("parquet", "a Parquet file, one document a row"),
        options::entry::<TextSinkOptions>("text", "a folder of text files, one a document"),
        options::entry::<WebAnnotationSinkOptions>(
            "web-annotation",
            "the spans of a layer as W3C Web Annotations, one a line",
        ),
    ]
}

/// Where documents go to.
#[derive(Debug)]
pub struct Sink {
    form: Form,
}

#[derive(Debug)]
enum Form {
    Csv(csv::CsvSink),
    Jsonl(jsonl::JsonlSink),
    #[cfg(feature = "parquet")]
    Parquet(parquet::ParquetSink),
    Text(text::TextSink),
    WebAnnotation(web_annotation::WebAnnotationSink),
}

/// What the stages of a plan write: every record has these members, whether there is something in them or not.
#[derive(Debug, Clone, Default)]
pub struct OutputSchema {
    /// Layers, as paths below `annotations`: an empty list where a document has none.
    pub layers: Vec<Arc<str>>,
    /// Fields, as paths in the output (`annotations.dedup.cluster`, `metadata.lang`): null where not set.
    pub fields: Vec<Arc<str>>,
}

/// Renders documents; shared by all workers.
#[derive(Debug)]
pub struct Encoder {
    form: EncoderForm,
    pool: Arc<BytePool>,
}

#[derive(Debug)]
enum EncoderForm {
    Csv(csv::RowWriter),
    Jsonl(jsonl::RecordWriter),
    Text,
    WebAnnotation(web_annotation::AnnotationLines),
}

const POOLED_BYTES: usize = 1 << 20; // what a batch of the default size becomes, with room for annotations

/// Documents as a sink's writer takes them.
#[derive(Debug)]
pub struct Encoded {
    form: EncodedForm,
}

#[derive(Debug)]
enum EncodedForm {
    Stream(Arc<BatchBytes>),
    Files(Vec<text::RenderedFile>),
}

/// Writes what was encoded, in the order in which it is given.
///
/// Dropped unfinished, it removes what it wrote; what stood under the final name before is untouched.
pub struct Writer {
    form: WriterForm,
}

enum WriterForm {
    Stream(output::OutputStream),
    #[cfg(feature = "parquet")]
    Parquet(parquet::ParquetWriter),
    Folder(text::FolderWriter),
}

/// The SHA-256 of an output, reckoned apart from its [`Writer`]; see [`Writer::split_checksum`].
#[derive(Debug)]
pub struct Checksum {
    hash: Sha256,
}

/// What a writer left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FinishedOutput {
    /// How many files.
    pub files: u64,
    /// How large they are together, in bytes as they lie there.
    pub bytes: u64,
    /// The SHA-256 of a single file, where it was reckoned on the way.
    pub sha256: Option<[u8; 32]>,
}

/// How far an output is, and what waits to be written: enough to go on after the writer is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputPoint {
    /// Bytes in the file under its temporary name.
    pub bytes: u64,
    /// Packed pieces in it.
    pub cuts: u64,
    /// What was handed over and does not fill a piece yet.
    pub tail: Vec<u8>,
}

/// Opens a sink: checks its options, and creates nothing yet.
///
/// `kind` is one of [`sinks`]; `options` are those of the pipeline file; paths are relative to `base`.
///
/// # Errors
///
/// The first option that is wrong: unknown or of a wrong type, a file where a folder must be or the other way
/// round, a compression level that there is not.
pub fn open_sink(kind: &str, options: &Value, base: &Path) -> Result<Sink, OptionFault> {
    let form = match kind {
        "csv" => Form::Csv(csv::CsvSink::new(options::parse(options)?, base)?),
        "jsonl" => Form::Jsonl(jsonl::JsonlSink::new(options::parse(options)?, base)?),
        #[cfg(feature = "parquet")]
        "parquet" => Form::Parquet(parquet::ParquetSink::new(options::parse(options)?, base)?),
        "text" => Form::Text(text::TextSink::new(options::parse(options)?, base)?),
        "web-annotation" => {
            Form::WebAnnotation(web_annotation::WebAnnotationSink::new(options::parse(options)?, base)?)
        }
        _ => return Err(OptionFault::new("", format!("unknown kind of sink `{kind}`"), "")),
    };
    Ok(Sink { form })
}

impl Sink {
    /// The files or folders that it will write: none of them may be an input. Empty for standard output.
    pub fn outputs(&self) -> Vec<PathBuf> {
        match &self.form {
            #[cfg(feature = "parquet")]
            Form::Parquet(sink) => vec![sink.file.clone()],
            Form::Text(sink) => vec![sink.folder.clone()],
            Form::Csv(_) | Form::Jsonl(_) | Form::WebAnnotation(_) => {
                self.target().and_then(Target::file).into_iter().map(Path::to_owned).collect()
            }
        }
    }

    /// The file or standard output that takes lines one after the other, for the sinks that have such a one.
    fn target(&self) -> Option<&Target> {
        match &self.form {
            Form::Csv(sink) => Some(&sink.target),
            Form::Jsonl(sink) => Some(&sink.target),
            Form::WebAnnotation(sink) => Some(&sink.target),
            #[cfg(feature = "parquet")]
            Form::Parquet(_) => None,
            Form::Text(_) => None,
        }
    }

    /// The layer whose spans it writes, if it writes no more than those.
    pub fn layer(&self) -> Option<&str> {
        match &self.form {
            Form::Csv(sink) => Some(&sink.rows.layer),
            Form::WebAnnotation(sink) => Some(&sink.annotations.layer),
            _ => None,
        }
    }

    /// The columns that had no value in any row that its encoders rendered so far: misspelled, most likely.
    pub fn empty_columns(&self) -> Vec<EmptyColumn> {
        match &self.form {
            Form::Csv(sink) => sink.rows.empty_columns(),
            _ => Vec::new(),
        }
    }

    /// Whether documents go to standard output, which then must stay free of anything else.
    pub fn is_stdout(&self) -> bool {
        self.outputs().is_empty()
    }

    /// Whether another writer could go on where one stopped; else all is written in one go.
    pub fn has_way_back(&self) -> bool {
        match &self.form {
            #[cfg(feature = "parquet")]
            Form::Parquet(_) => true,
            _ => self.target().is_some_and(Target::has_way_back),
        }
    }

    /// What renders documents of a plan that writes what `schema` says.
    pub fn encoder(&self, schema: OutputSchema) -> Arc<Encoder> {
        let form = match &self.form {
            Form::Csv(sink) => EncoderForm::Csv(sink.rows.clone()),
            Form::Jsonl(sink) => EncoderForm::Jsonl(sink.record_writer(&schema)),
            #[cfg(feature = "parquet")]
            Form::Parquet(sink) => EncoderForm::Jsonl(sink.record_writer(&schema)),
            Form::Text(_) => EncoderForm::Text,
            Form::WebAnnotation(sink) => EncoderForm::WebAnnotation(sink.annotations.clone()),
        };
        Arc::new(Encoder { form, pool: BytePool::new(POOLED_BYTES) })
    }

    /// Starts to write, under a temporary name beside the final one.
    ///
    /// Packing takes as many threads as there are cores.
    ///
    /// # Errors
    ///
    /// When the folder or the file cannot be made, or another run is writing the same output.
    pub fn writer(&self) -> io::Result<Writer> {
        self.writer_with_threads(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// Starts to write as [`Self::writer`] does, and packs with at most `threads` threads besides the one that
    /// writes, which does not show in the output.
    ///
    /// 0 counts as 1: an output that is packed needs somebody who packs it.
    ///
    /// # Errors
    ///
    /// Those of [`Self::writer`].
    pub fn writer_with_threads(&self, threads: usize) -> io::Result<Writer> {
        let form = match &self.form {
            Form::Csv(sink) => WriterForm::Stream(sink.create(threads)?),
            Form::Jsonl(sink) => WriterForm::Stream(sink.target.create(threads)?),
            #[cfg(feature = "parquet")]
            Form::Parquet(sink) => WriterForm::Parquet(sink.create(threads)?),
            Form::Text(sink) => WriterForm::Folder(sink.create()?),
            Form::WebAnnotation(sink) => WriterForm::Stream(sink.target.create(threads)?),
        };
        Ok(Writer { form })
    }

    /// Goes on writing at a point that an earlier writer came to; what it wrote behind it is cut off.
    ///
    /// # Errors
    ///
    /// Those of [`Self::writer`], and when what it wrote is not there any more.
    pub fn writer_at(&self, point: &OutputPoint, threads: usize) -> io::Result<Writer> {
        #[cfg(feature = "parquet")]
        if let Form::Parquet(sink) = &self.form {
            return Ok(Writer { form: WriterForm::Parquet(sink.resume(point, threads)?) });
        }
        let whole = || io::Error::other("this kind of output can only be written in one go");
        let stream = self.target().ok_or_else(whole)?.resume(point, threads)?;
        Ok(Writer { form: WriterForm::Stream(stream) })
    }
}

impl Encoder {
    /// Renders documents, in their order.
    pub fn encode(&self, documents: &[Document]) -> Encoded {
        let stream = |bytes, pool| EncodedForm::Stream(BatchBytes::new(bytes, pool));
        let form = match &self.form {
            EncoderForm::Csv(rows) => stream(rows.rows(documents), None),
            EncoderForm::Jsonl(record_writer) => {
                let mut lines = self.pool.take(0);
                record_writer.push_records(&mut lines, documents);
                stream(lines, Some(Arc::clone(&self.pool)))
            }
            EncoderForm::Text => EncodedForm::Files(documents.iter().map(text::RenderedFile::new).collect()),
            EncoderForm::WebAnnotation(annotations) => stream(annotations.lines(documents), None),
        };
        Encoded { form }
    }
}

impl Encoded {
    /// How many bytes it has, before any compression.
    pub fn bytes(&self) -> usize {
        match &self.form {
            EncodedForm::Stream(bytes) => bytes.len(),
            EncodedForm::Files(files) => files.iter().map(text::RenderedFile::bytes).sum(),
        }
    }
}

impl Writer {
    /// Appends documents.
    ///
    /// # Errors
    ///
    /// What the file system says. [`io::ErrorKind::BrokenPipe`] means that whoever read standard output has
    /// seen enough, which is no fault of the run.
    ///
    /// # Panics
    ///
    /// When `encoded` comes from the encoder of another kind of sink.
    pub fn write(&mut self, encoded: &Encoded) -> io::Result<()> {
        match (&mut self.form, &encoded.form) {
            (WriterForm::Stream(stream), EncodedForm::Stream(bytes)) => stream.write(bytes),
            #[cfg(feature = "parquet")]
            (WriterForm::Parquet(rows), EncodedForm::Stream(bytes)) => rows.write(bytes),
            (WriterForm::Folder(folder), EncodedForm::Files(files)) => folder.write(files),
            _ => panic!("encoded for another kind of sink"),
        }
    }

    /// Leaves the checksum to somebody else, so that another thread can reckon it while this one writes. Whoever takes it
    /// adds all that is written from now on, and has the hash that [`FinishedOutput`] then lacks. None where the
    /// output is packed or is not one file.
    pub fn split_checksum(&mut self) -> Option<Checksum> {
        match &mut self.form {
            WriterForm::Stream(stream) => stream.split_hash().map(|hash| Checksum { hash }),
            _ => None,
        }
    }

    /// Brings what was written so far to the disk, for [`Sink::writer_at`] to go on from, and leaves it there when this
    /// writer is dropped. None where the output can only be written in one go: a folder, a pipe, standard output.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn commit(&mut self) -> io::Result<Option<OutputPoint>> {
        match &mut self.form {
            WriterForm::Stream(stream) => stream.commit(),
            #[cfg(feature = "parquet")]
            WriterForm::Parquet(rows) => rows.commit(),
            WriterForm::Folder(_) => Ok(None),
        }
    }

    /// Brings all to the disk and gives it its final name.
    ///
    /// # Errors
    ///
    /// What the file system says; the final name then holds what it held before.
    pub fn finish(self) -> io::Result<FinishedOutput> {
        match self.form {
            WriterForm::Stream(stream) => stream.finish(),
            #[cfg(feature = "parquet")]
            WriterForm::Parquet(rows) => rows.finish(),
            WriterForm::Folder(folder) => folder.finish(),
        }
    }
}

impl Checksum {
    /// Adds what the writer is given, in the same order.
    pub fn add(&mut self, encoded: &Encoded) {
        if let EncodedForm::Stream(bytes) = &encoded.form {
            self.hash.update(&***bytes);
        }
    }

    /// The SHA-256 of the output.
    pub fn finish(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}
