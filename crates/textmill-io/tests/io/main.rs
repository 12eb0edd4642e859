//! What sources make of files and sinks of documents, through the public face of the crate.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

mod inputs;
mod output;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(unix)]
mod pipes;
mod read_archives;
mod read_csv;
#[cfg(feature = "html")]
mod read_html;
mod read_jsonl;
mod read_text;
mod read_warc;
mod round_trip;
mod spans;
mod spill;

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use textmill_io::{OutputSchema, Warning, encode_reject, open_sink, open_source};
use textmill_model::{Document, Reject};

/// A folder for one test.
struct Folder(TempDir);

/// What a source gave.
#[derive(Default)]
struct Read {
    documents: Vec<Document>,
    rejects: Vec<Reject>,
    warnings: Vec<Warning>,
}

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Folder {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn read(&self, kind: &str, options: &Value, batch_bytes: usize) -> Read {
        let source = open_source(kind, options, self.path()).unwrap();
        let mut reader = source.reader(batch_bytes).unwrap();
        let mut read = Read::default();
        while let Some(raw) = reader.next().unwrap() {
            let decoded = source.decoder().decode(raw, false);
            read.documents.extend(decoded.documents);
            read.rejects.extend(decoded.rejects);
            read.warnings.extend(decoded.warnings);
        }
        read
    }

    /// Writes documents as a sink does, `batch` at a time, and gives the bytes of the file.
    fn write(&self, options: &Value, schema: OutputSchema, documents: &[Document], batch: usize) -> Vec<u8> {
        let sink = open_sink("jsonl", options, self.path()).unwrap();
        let encoder = sink.encoder(schema);
        let mut writer = sink.writer().unwrap();
        for documents in documents.chunks(batch) {
            writer.write(&encoder.encode(documents)).unwrap();
        }
        writer.finish().unwrap();
        std::fs::read(self.path().join(options["path"].as_str().unwrap())).unwrap()
    }
}

impl Read {
    /// Documents and rejects as lines of output, then warnings.
    fn shown(&self) -> String {
        let folder = Folder::new();
        let out = serde_json::json!({"path": "out.jsonl"});
        let mut lines = folder.write(&out, OutputSchema::default(), &self.documents, 100);
        for reject in &self.rejects {
            encode_reject(reject, &mut lines);
        }
        let mut shown = String::from_utf8(lines).unwrap();
        for Warning { seq, path, record, message } in &self.warnings {
            assert!(self.documents.iter().any(|it| it.seq == *seq), "no document {seq}: {message}");
            shown += &format!("warning: {path}:{record} {message}\n");
        }
        shown
    }
}
