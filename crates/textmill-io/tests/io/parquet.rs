//! Documents to a Parquet file and back.

use expect_test::expect;
use serde_json::json;
use textmill_io::{OutputSchema, open_sink, open_source};

use crate::Folder;

const ROWS: &str = r#"{"id":"a","text":"“Rain,” said Ann.","metadata":{"year":1999,"tags":["wet"]},"annotations":{"quotes":[{"start":0,"end":7,"kind":"direct","confidence":0.5}]},"url":"https://example.org"}
{"id":"b","text":"Snow – fell.","metadata":{"year":null},"annotations":{"quotes":[]},"odd":{"a":[1,2.5,null]}}
{"id":"c","text":"","metadata":{},"mixed":1}
{"id":"d","text":"d","mixed":"one"}
"#;

fn to_parquet(folder: &Folder, options: &serde_json::Value, documents_a_write: usize) {
    let source = open_source("jsonl", &json!({"paths": ["in.jsonl"]}), folder.path()).unwrap();
    let sink = open_sink("parquet", options, folder.path()).unwrap();
    let encoder = sink.encoder(OutputSchema { layers: vec!["quotes".into()], ..OutputSchema::default() });
    let mut writer = sink.writer().unwrap();
    let mut reader = source.reader(1 << 20).unwrap();
    while let Some(raw) = reader.next().unwrap() {
        let documents = source.decoder().decode(raw, false).documents;
        documents.chunks(documents_a_write).for_each(|some| writer.write(&encoder.encode(some)).unwrap());
    }
    writer.finish().unwrap();
}

#[test]
fn what_is_written_is_read_back() {
    let folder = Folder::new().with("in.jsonl", ROWS);
    to_parquet(&folder, &json!({"path": "out.parquet"}), 10);
    let read = folder.read("parquet", &json!({"paths": ["out.parquet"]}), 1 << 20);
    expect![[r#"
        {"id":"a","text":"“Rain,” said Ann.","origin":{"path":"in.jsonl","record":0},"metadata":{"year":1999,"tags":["wet"]},"annotations":{"quotes":[{"start":0,"end":7,"text":"“Rain,”","kind":"direct","confidence":0.5}]},"url":"https://example.org"}
        {"id":"b","text":"Snow – fell.","origin":{"path":"in.jsonl","record":1},"metadata":{},"annotations":{"quotes":[]},"odd":{"a":[1.0,2.5,null]}}
        {"id":"c","text":"","origin":{"path":"in.jsonl","record":2},"metadata":{},"annotations":{"quotes":[]},"mixed":"1"}
        {"id":"d","text":"d","origin":{"path":"in.jsonl","record":3},"metadata":{},"annotations":{"quotes":[]},"mixed":"\"one\""}
    "#]].assert_eq(&read.shown());
    assert_eq!(folder.read("auto", &json!({"paths": ["out.parquet"]}), 1).shown(), read.shown());
}

#[test]
fn neither_batches_nor_chance_show_in_the_file() {
    let folder = Folder::new().with("in.jsonl", ROWS);
    let files = [1, 2, 10].map(|documents| {
        to_parquet(&folder, &json!({"path": "out.parquet", "compression": "snappy"}), documents);
        std::fs::read(folder.path().join("out.parquet")).unwrap()
    });
    assert!(files.iter().all(|file| *file == files[0]));
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left beside the output: {left:?}");
}

#[test]
fn a_broken_file_is_a_reject() {
    let folder = Folder::new().with("in.jsonl", ROWS);
    to_parquet(&folder, &json!({"path": "out.parquet"}), 10);
    let whole = std::fs::read(folder.path().join("out.parquet")).unwrap();
    for bytes in
        [&whole[..whole.len() / 2], b"PAR1", b"", &[&whole[..60], &[0xff; 200], &whole[260..]].concat()]
    {
        let folder = Folder::new().with("in.parquet", bytes);
        let read = folder.read("parquet", &json!({"paths": ["in.parquet"]}), 1 << 20);
        assert_eq!((read.documents.len(), read.rejects.len()), (0, 1));
    }
}
