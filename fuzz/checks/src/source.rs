//! Sources: every record of any file is a document or a reject, whatever the batches.

use std::path::Path;

use serde_json::json;
use textmill_io::open_source;

/// A web page; `auto` takes it for one whether or not pages can be read.
pub(crate) fn html(bytes: &[u8]) {
    source("auto", &[b"<html>", bytes].concat());
}

/// A web archive.
pub(crate) fn warc(bytes: &[u8]) {
    source("warc", bytes);
}

/// Files in one: tar, packed or not, and zip.
pub(crate) fn archive(bytes: &[u8]) {
    source("auto", bytes);
}

/// A table with a row of column names.
pub(crate) fn csv(bytes: &[u8]) {
    source("csv", bytes);
}

/// A table by columns; `auto` takes it for one whether or not it can be read.
pub(crate) fn parquet(bytes: &[u8]) {
    source("auto", &[b"PAR1", bytes].concat());
}

/// JSON Lines.
pub(crate) fn jsonl(bytes: &[u8]) {
    source("jsonl", bytes);
}

/// A text file, in whatever character set.
pub(crate) fn text(bytes: &[u8]) {
    source("text", bytes);
}

fn source(kind: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in"), bytes).unwrap();
    let whole = read(kind, folder.path(), 1 << 20);
    assert!(whole.is_sorted_by(|(one, _), (next, _)| one < next), "each record once, in order");
    for batch_bytes in [1, 61] {
        assert_eq!(read(kind, folder.path(), batch_bytes), whole, "in batches of {batch_bytes} bytes");
    }
}

/// What became of each record, by its place.
fn read(kind: &str, folder: &Path, batch_bytes: usize) -> Vec<(u64, String)> {
    let mut options = json!({ "paths": ["in"] });
    if matches!(kind, "text" | "warc") {
        options["document_bytes_max"] = json!(1 << 20);
    }
    let source = open_source(kind, &options, folder).expect("the file is there");
    let mut reader = source.reader(batch_bytes).expect("it is no standard input");
    let mut records = Vec::new();
    while let Some(raw) = reader.next().expect("nobody interrupts") {
        let decoded = source.decoder().decode(raw, false);
        records.extend(decoded.documents.into_iter().map(|document| (document.seq, format!("{document:?}"))));
        records.extend(decoded.rejects.into_iter().map(|reject| (reject.seq, format!("{reject:?}"))));
    }
    records.sort();
    records
}
