//! What sinks write: the form of records, compression, and files that appear when they are whole.

use std::io::Read as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use textmill_io::{OutputSchema, encode_reject, open_sink};
use textmill_model::{Document, Edit, JsonObject, Outcome, Reject, Rejected, SPAN_MEMBERS, Span};

use crate::Folder;

fn part(parent: u32, name: &str, range: std::ops::Range<usize>) -> Span {
    Span { parent: Some(parent), name: name.into(), ..Span::new(range) }
}

/// A quote with a speaker and two cues, behind a character of several bytes.
fn quoted() -> Document {
    let mut document = Document::new("q", "\u{1F600} “Né”, he said, and said");
    let quotes = document.annotations.layer_mut(&"quotes".into());
    quotes.push(Span { attributes: "\"kind\":\"direct\"".into(), ..Span::new(8..11) });
    quotes.push(part(0, "speaker", 16..18));
    quotes.push(part(0, "cue", 19..23));
    quotes.push(part(0, "cue", 29..33));
    document.annotations.set(&"quotes_found".into(), "1");
    document
}

fn schema(layers: &[&str], fields: &[&str]) -> OutputSchema {
    let names = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect();
    OutputSchema { layers: names(layers), fields: names(fields) }
}

#[track_caller]
fn check(options: Value, schema: OutputSchema, document: Document, expected: Expect) {
    let mut options = options;
    options["path"] = "out.jsonl".into();
    let bytes = Folder::new().write(&options, schema, &[document], 1);
    expected.assert_eq(&String::from_utf8(bytes).unwrap());
}

#[test]
fn spans_have_their_text_their_attributes_and_their_parts() {
    check(
        json!({}),
        schema(&[], &[]),
        quoted(),
        expect![[r#"
            {"id":"q","text":"😀 “Né”, he said, and said","origin":{"path":"","record":0},"metadata":{},"annotations":{"quotes":[{"start":3,"end":5,"text":"Né","kind":"direct","speaker":{"start":8,"end":10,"text":"he"},"cue":[{"start":11,"end":15,"text":"said"},{"start":21,"end":25,"text":"said"}]}],"quotes_found":1}}
        "#]],
    );
}

#[test]
fn offsets_count_what_was_asked_for() {
    let short = || {
        let mut document = Document::new("s", "\u{1F600}é!");
        document.annotations.layer_mut(&"x".into()).push(Span::new(4..7));
        document
    };
    check(
        json!({"offsets": "characters"}),
        schema(&[], &[]),
        short(),
        expect![[r#"
            {"id":"s","text":"😀é!","origin":{"path":"","record":0},"metadata":{},"annotations":{"x":[{"start":1,"end":3,"text":"é!"}]}}
        "#]],
    );
    check(
        json!({"offsets": "utf16"}),
        schema(&[], &[]),
        short(),
        expect![[r#"
            {"id":"s","text":"😀é!","origin":{"path":"","record":0},"metadata":{},"annotations":{"x":[{"start":2,"end":4,"text":"é!"}]}}
        "#]],
    );
    check(
        json!({"offsets": "bytes"}),
        schema(&[], &[]),
        short(),
        expect![[r#"
            {"id":"s","text":"😀é!","origin":{"path":"","record":0},"metadata":{},"annotations":{"x":[{"start":4,"end":7,"text":"é!"}]}}
        "#]],
    );
}

#[test]
fn every_record_has_what_the_plan_writes_in_its_order() {
    let schema = || {
        schema(
            &["quotes", "summary.sentences"],
            &["annotations.summary.text", "metadata.lang", "annotations.dedup.of", "metadata.site"],
        )
    };
    check(
        json!({}),
        schema(),
        Document::new("a", ""),
        expect![[r#"
            {"id":"a","text":"","origin":{"path":"","record":0},"metadata":{"lang":null,"site":null},"annotations":{"quotes":[],"summary":{"sentences":[],"text":null},"dedup":{"of":null}}}
        "#]],
    );
    let mut document = Document::new("b", "");
    document.metadata = JsonObject::from_raw(r#"{"site" : 1}"#.into()).unwrap();
    document.annotations.set(&"extra.of.old".into(), "{}");
    document.annotations.set(&"dedup.of".into(), "\"a\"");
    document.annotations.layer_mut(&"summary.other".into());
    check(
        json!({}),
        schema(),
        document,
        expect![[r#"
            {"id":"b","text":"","origin":{"path":"","record":0},"metadata":{"site" : 1,"lang":null},"annotations":{"quotes":[],"summary":{"sentences":[],"text":null,"other":[]},"dedup":{"of":"a"},"extra":{"of":{"old":{}}}}}
        "#]],
    );
}

#[test]
fn a_path_through_a_leaf_takes_its_place() {
    let mut document = Document::new("a", "");
    document.annotations.set(&"dedup".into(), "5");
    document.annotations.set(&"dedup.cluster".into(), "6");
    document.annotations.set(&"dedup.cluster.of".into(), "7");
    document.annotations.set(&"dedup.cluster".into(), "8");
    check(
        json!({}),
        schema(&[], &[]),
        document.clone(),
        expect![[r#"
            {"id":"a","text":"","origin":{"path":"","record":0},"metadata":{},"annotations":{"dedup":{"cluster":{"of":7}}}}
        "#]],
    );
    check(
        json!({}),
        schema(&[], &["annotations.dedup"]),
        document,
        expect![[r#"
            {"id":"a","text":"","origin":{"path":"","record":0},"metadata":{},"annotations":{"dedup":{"cluster":{"of":7}}}}
        "#]],
    );
}

#[test]
fn source_offsets_are_bytes_of_the_text_that_was_read() {
    let mut document = Document::new("a", "Café\nRain fell.");
    document.edit(&[Edit::remove(0..6)]);
    document.annotations.layer_mut(&"x".into()).push(Span::new(0..4));
    check(
        json!({"source_offsets": true}),
        schema(&[], &[]),
        document,
        expect![[r#"
            {"id":"a","text":"Rain fell.","origin":{"path":"","record":0},"metadata":{},"annotations":{"x":[{"start":0,"end":4,"source_start":6,"source_end":10,"text":"Rain"}]}}
        "#]],
    );
}

#[test]
fn the_members_that_a_span_always_has_are_those_that_no_stage_may_set() {
    let mut document = Document::new("a", "Rain");
    document.annotations.layer_mut(&"x".into()).push(Span::new(0..4));
    let options = json!({"path": "out.jsonl", "source_offsets": true});
    let written = Folder::new().write(&options, OutputSchema::default(), &[document], 1);
    let written: Value = serde_json::from_slice(&written).unwrap();
    let mut members: Vec<&str> =
        written["annotations"]["x"][0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut reserved = SPAN_MEMBERS.to_vec();
    members.sort_unstable();
    reserved.sort_unstable();
    assert_eq!(members, reserved);
}

#[test]
fn a_rejected_document_stands_as_it_was_with_the_reason_behind() {
    let mut document = Document::new("a", "Rain.");
    document.passthrough = "\"url\" : 1".into();
    document.annotations.set(&"dedup.of".into(), "\"b\"");
    let reject = Reject {
        seq: 0,
        stage: "dedup".into(),
        outcome: Outcome::Dropped,
        reason: "duplicate".into(),
        message: String::new(),
        what: Rejected::Document(Box::new(document)),
    };
    let mut line = Vec::new();
    encode_reject(&reject, &mut line);
    expect![[r#"
        {"id":"a","text":"Rain.","origin":{"path":"","record":0},"metadata":{},"annotations":{"dedup":{"of":"b"}},"url" : 1,"reject":{"stage":"dedup","reason":"duplicate","message":""}}
    "#]].assert_eq(&String::from_utf8(line).unwrap());
}

fn many(n: usize) -> Vec<Document> {
    (0..n).map(|i| Document::new(i.to_string(), format!("Rain fell on day {i}. ").repeat(200))).collect()
}

#[test]
fn compressed_bytes_do_not_depend_on_the_batches() {
    let folder = Folder::new();
    let documents = many(800);
    let plain = folder.write(&json!({"path": "plain.jsonl"}), OutputSchema::default(), &documents, 800);
    assert!(plain.len() > 3 << 20, "more than one cut");
    for name in ["out.jsonl.gz", "out.jsonl.zst"] {
        let packed = |batch| folder.write(&json!({"path": name}), OutputSchema::default(), &documents, batch);
        let whole = packed(800);
        assert_eq!(whole, packed(7));
        let mut unpacked = Vec::new();
        match name.ends_with("gz") {
            true => flate2::read::MultiGzDecoder::new(&*whole).read_to_end(&mut unpacked).unwrap(),
            false => zstd::stream::read::Decoder::new(&*whole).unwrap().read_to_end(&mut unpacked).unwrap(),
        };
        assert!(unpacked == plain, "{name} unpacks to something else");
        let read = folder.read("jsonl", &json!({"paths": [name]}), 1 << 20);
        assert_eq!((read.documents.len(), read.rejects.len()), (800, 0));
    }
}

#[test]
fn a_higher_level_packs_harder_and_unpacks_to_the_same() {
    let folder = Folder::new();
    // Words in no order, so that levels have something to do.
    let word = |i: u64| format!("w{} ", i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52);
    let documents = [Document::new("a", (0..100_000).map(word).collect::<String>())];
    for (name, levels) in [("out.jsonl.gz", [1, 9]), ("out.jsonl.zst", [1, 19])] {
        let bytes = levels.map(|level| {
            let options = json!({"path": name, "compression_level": level});
            let packed = folder.write(&options, OutputSchema::default(), &documents, 1);
            assert_eq!(
                folder.read("jsonl", &json!({"paths": [name]}), 1 << 20).documents[0].text(),
                documents[0].text()
            );
            packed.len()
        });
        assert!(bytes[1] < bytes[0], "{name}: {bytes:?}");
    }
}

#[test]
fn compressed_bytes_do_not_depend_on_the_threads() {
    let folder = Folder::new();
    let packed = |threads: usize, options: Value| {
        let sink = open_sink("jsonl", &options, folder.path()).unwrap();
        let mut writer = sink.writer_with_threads(threads).unwrap();
        writer.write(&sink.encoder(OutputSchema::default()).encode(&many(800))).unwrap();
        writer.finish().unwrap();
        std::fs::read(folder.path().join("out.zst")).unwrap()
    };
    let path = json!({"path": "out.zst"});
    assert_eq!(packed(1, path.clone()), packed(8, path.clone()));
    assert_eq!(packed(1, path.clone()), packed(0, path.clone()));
    assert_eq!(packed(1, path), packed(1, json!({"path": "out.zst", "compression_threads": 3})));
}

#[test]
fn a_whole_number_of_cuts_has_no_empty_one_behind() {
    let folder = Folder::new();
    let frame = |document: &Document| {
        folder
            .write(
                &json!({"path": "plain.jsonl"}),
                OutputSchema::default(),
                std::slice::from_ref(document),
                1,
            )
            .len()
    };
    let empty = frame(&Document::new("a", ""));
    let document = Document::new("a", "x".repeat((1 << 20) - empty));
    assert_eq!(frame(&document), 1 << 20);
    let packed = folder.write(&json!({"path": "out.zst"}), OutputSchema::default(), &[document], 1);
    let frame_bytes = zstd::zstd_safe::find_frame_compressed_size(&packed).unwrap();
    assert_eq!(frame_bytes, packed.len());
}

#[test]
fn what_can_be_read_of_a_damaged_file_is_read() {
    let folder = Folder::new();
    let documents = many(800);
    for name in ["out.jsonl.gz", "out.jsonl.zst"] {
        let whole = folder.write(&json!({"path": name}), OutputSchema::default(), &documents, 800);
        let header =
            Folder::new().with("in.jsonl", &whole[..6]).read("auto", &json!({"paths": ["in.jsonl"]}), 1);
        assert_eq!((header.documents.len(), header.rejects.len()), (0, 1), "{name} cut in its header");
        for cut in [whole.len() / 2, whole.len() - 3] {
            let folder = Folder::new().with("in.jsonl", &whole[..cut]);
            let read = |batch_bytes| folder.read("jsonl", &json!({"paths": ["in.jsonl"]}), batch_bytes);
            let (large, small) = (read(1 << 22), read(1));
            assert!(
                large.documents.len() > 200,
                "{} documents of {name} cut at {cut}",
                large.documents.len()
            );
            assert_eq!(large.rejects.len(), 1);
            assert_eq!(large.rejects[0].seq, large.documents.len() as u64);
            let packing = if name.ends_with("gz") { "gzip" } else { "zstd" };
            let message = format!("the {packing} stream breaks off: the file is not whole");
            assert_eq!(large.rejects[0].message, message);
            assert_eq!(large.shown(), small.shown());
        }
    }
}

#[test]
fn an_output_appears_when_it_is_whole() {
    let folder = Folder::new().with("out/a.jsonl", "old");
    let sink = open_sink("jsonl", &json!({"path": "out/a.jsonl"}), folder.path()).unwrap();
    let encoder = sink.encoder(OutputSchema::default());
    let content = || std::fs::read_to_string(folder.path().join("out/a.jsonl")).unwrap();
    let files = || std::fs::read_dir(folder.path().join("out")).unwrap().count();

    let mut dropped = sink.writer().unwrap();
    dropped.write(&encoder.encode(&many(1))).unwrap();
    assert_eq!(sink.writer().err().map(|err| err.kind()), Some(std::io::ErrorKind::ResourceBusy));
    drop(dropped);
    assert_eq!((&*content(), files()), ("old", 1));

    let mut finished = sink.writer().unwrap();
    finished.write(&encoder.encode(&many(1))).unwrap();
    let written = finished.finish().unwrap();
    assert!(content().starts_with("{\"id\":\"0\""));
    assert_eq!((written.files, written.bytes, files()), (1, content().len() as u64, 1));
}

#[cfg(unix)]
#[test]
fn the_checksum_is_that_of_the_file_also_when_another_writer_went_on() {
    for name in ["a.jsonl", "a.jsonl.gz"] {
        let folder = Folder::new();
        let sink = open_sink("jsonl", &json!({"path": name}), folder.path()).unwrap();
        let encoder = sink.encoder(OutputSchema::default());
        let mut first = sink.writer().unwrap();
        first.write(&encoder.encode(&many(800))).unwrap();
        let point = first.commit().unwrap().unwrap();
        first.write(&encoder.encode(&many(7))).unwrap();
        drop(first);
        let mut second = sink.writer_at(&point, 1).unwrap();
        second.write(&encoder.encode(&many(900))).unwrap();
        let written = second.finish().unwrap();
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        assert_eq!(written.bytes, bytes.len() as u64);
        assert_eq!(written.sha256, Some(Sha256::digest(&bytes).into()));
    }
}

#[test]
fn an_output_that_is_a_link_stays_one() {
    let folder = Folder::new().with("there/a.jsonl", "old");
    std::os::unix::fs::symlink("there/a.jsonl", folder.path().join("latest.jsonl")).unwrap();
    let written = folder.write(&json!({"path": "latest.jsonl"}), OutputSchema::default(), &many(1), 1);
    assert!(folder.path().join("latest.jsonl").is_symlink());
    assert_eq!(std::fs::read(folder.path().join("there/a.jsonl")).unwrap(), written);
}

#[test]
fn an_empty_output_is_a_file_too() {
    for name in ["a.jsonl", "a.gz", "a.zst"] {
        let folder = Folder::new();
        folder.write(&json!({"path": name}), OutputSchema::default(), &[], 1);
        let read = folder.read("jsonl", &json!({"paths": [name]}), 1);
        assert_eq!((read.documents.len(), read.rejects.len()), (0, 0));
    }
}

#[test]
fn a_text_folder_has_a_file_a_document() {
    let folder = Folder::new().with("out/stays.md", "").with("out/a.txt", "old");
    let sink = open_sink("text", &json!({"path": "out/"}), folder.path()).unwrap();
    let encoder = sink.encoder(OutputSchema::default());
    let mut writer = sink.writer().unwrap();
    let ids = ["a", "A", "../../x y", "", ".hidden", &"long".repeat(100)];
    for id in ids {
        writer.write(&encoder.encode(&[Document::new(id, id)])).unwrap();
    }
    assert_eq!(writer.finish().unwrap().files, ids.len() as u64);
    let entries = std::fs::read_dir(folder.path().join("out")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let long = format!("{}.txt", "long".repeat(50));
    assert_eq!(names, ["A-2.txt", "_.._x_y.txt", "a.txt", "document.txt", "hidden.txt", &long, "stays.md"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("out/a.txt")).unwrap(), "a");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing temporary stays");
}

#[test]
fn a_text_folder_is_written_by_one_run_at_a_time() {
    let folder = Folder::new();
    let sink = open_sink("text", &json!({"path": "new/out"}), folder.path()).unwrap();
    let encoder = sink.encoder(OutputSchema::default());
    let files = |path: &str| std::fs::read_dir(folder.path().join(path)).unwrap().count();

    let mut first = sink.writer().unwrap();
    first.write(&encoder.encode(&[Document::new("a", "")])).unwrap();
    let refused = sink.writer().err().unwrap();
    assert_eq!(refused.kind(), std::io::ErrorKind::ResourceBusy);
    assert_eq!(
        refused.to_string(),
        format!("another run is writing `{}`", folder.path().join("new/out").display())
    );
    first.write(&encoder.encode(&[Document::new("b", "")])).unwrap();
    first.finish().unwrap();
    assert_eq!((files("new"), files("new/out")), (1, 2));

    drop(sink.writer().unwrap());
    assert_eq!((files("new"), files("new/out")), (1, 2), "given up, and nothing temporary stays");
}

#[test]
fn an_output_that_cannot_be_is_a_fault_beforehand() {
    let folder = Folder::new().with("file", "").with("folder/x", "");
    let fault = |kind: &str, options: Value| {
        let fault = open_sink(kind, &options, folder.path()).unwrap_err();
        format!("{}: {}\n", fault.pointer, fault.message)
    };
    let faults = [
        fault("jsonl", json!({"path": "folder"})),
        fault("jsonl", json!({"path": "new/"})),
        fault("jsonl", json!({"path": "file/out.jsonl"})),
        fault("jsonl", json!({"path": "a.gz", "compression_level": 10})),
        fault("jsonl", json!({"path": "a.gz", "compression_threads": 0})),
        fault("jsonl", json!({"path": "a", "compresion": "gzip"})),
        fault("text", json!({"path": "file"})),
        fault("text", json!({"path": "-"})),
    ];
    let shown = faults.concat().replace(&*folder.path().to_string_lossy(), "<base>");
    expect![[r#"
        /path: `folder` is a folder, and a file is needed
        /path: `new/` is a folder, and a file is needed
        /path: `file/out.jsonl` cannot be made: `<base>/file` is a file
        /compression_level: there is no compression level 10
        : invalid value: integer `0`, expected a nonzero u8
        : unknown field `compresion`, expected one of `path`, `offsets`, `source_offsets`, `compression`, `compression_level`, `compression_threads`
        /path: `file` is no folder
        /path: `-` is no folder
    "#]].assert_eq(&shown);
}
