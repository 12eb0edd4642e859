//! Source `text` and `auto`: files to documents.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::Folder;

#[track_caller]
fn check(folder: &Folder, kind: &str, options: &Value, expected: Expect) {
    let shown = folder.read(kind, options, 1 << 20).shown();
    expected.assert_eq(&shown);
    assert_eq!(shown, folder.read(kind, options, 1).shown(), "the size of a batch shows");
}

#[test]
fn a_text_is_its_file_without_a_change() {
    let folder = Folder::new().with("a.txt", "Rain\r\nfell.\n").with("b.txt", "").with("c.txt", "\u{feff}x");
    check(
        &folder,
        "text",
        &json!({"paths": ["*.txt"]}),
        expect![[r#"
            {"id":"a","text":"Rain\r\nfell.\n","origin":{"path":"a.txt","record":0},"metadata":{},"annotations":{}}
            {"id":"b","text":"","origin":{"path":"b.txt","record":0},"metadata":{},"annotations":{}}
            {"id":"c","text":"x","origin":{"path":"c.txt","record":0},"metadata":{},"annotations":{}}
        "#]],
    );
}

#[test]
fn another_character_set_is_decoded_with_a_warning() {
    let folder = Folder::new().with("a.txt", b"Le caf\xe9 \xe9tait ferm\xe9.");
    check(
        &folder,
        "text",
        &json!({"paths": ["a.txt"]}),
        expect![[r#"
            {"id":"a","text":"Le café était fermé.","origin":{"path":"a.txt","record":0,"encoding":"windows-1252"},"metadata":{},"annotations":{}}
            warning: a.txt:0 is not UTF-8; read as windows-1252
        "#]],
    );
    check(
        &folder,
        "text",
        &json!({"paths": ["a.txt"], "encoding": "koi8-r"}),
        expect![[r#"
            {"id":"a","text":"Le cafИ Иtait fermИ.","origin":{"path":"a.txt","record":0,"encoding":"KOI8-R"},"metadata":{},"annotations":{}}
            warning: a.txt:0 is not UTF-8; read as KOI8-R
        "#]],
    );
}

#[test]
fn a_warning_says_which_document_it_is_about() {
    let odd = r#"{"text":"","annotations":{"x":[{"start":0,"end":9}]}}"#;
    let folder =
        Folder::new().with("a.jsonl", format!("{{\"text\":\"\"}}\n\n{odd}\n")).with("b.txt", b"caf\xe9");
    let read = folder.read("auto", &json!({"paths": ["a.jsonl", "b.txt"]}), 1 << 20);
    let warned: Vec<_> = read.warnings.iter().map(|it| (it.seq, &*it.path, it.record)).collect();
    assert_eq!(warned, [(2, "a.jsonl", 2), (3, "b.txt", 0)]);
}

#[test]
fn a_file_that_is_no_text_or_too_large_is_a_reject() {
    let folder = Folder::new().with("a.txt", b"\xff\0\0\x80\x01").with("b.txt", "0123456789");
    check(
        &folder,
        "text",
        &json!({"paths": ["*.txt"], "document_bytes_max": 9}),
        expect![[r#"
            {"reject":{"stage":"source","reason":"malformed","message":"not a text file: it is not UTF-8 and has zero bytes"},"origin":{"path":"a.txt","record":0,"byte_offset":0},"raw_base64":"/wAAgAE="}
            {"reject":{"stage":"source","reason":"too_large","message":"the file is larger than 9 bytes (`document_bytes_max`)"},"origin":{"path":"b.txt","record":0,"byte_offset":0},"raw":"0123456789"}
        "#]],
    );
}

#[test]
fn a_file_that_went_away_is_a_reject_and_the_others_are_read() {
    let folder = Folder::new().with("a.txt", "a").with("b.txt", "b");
    let source = textmill_io::open_source("text", &json!({"paths": ["*.txt"]}), folder.path()).unwrap();
    std::fs::remove_file(folder.path().join("a.txt")).unwrap();
    let raw = source.reader(1 << 20).unwrap().next().unwrap().unwrap();
    let decoded = source.decoder().decode(raw, false);
    assert_eq!((&*decoded.rejects[0].reason, decoded.rejects[0].seq), ("unreadable", 0));
    assert_eq!((&*decoded.documents[0].id, decoded.documents[0].seq), ("b", 1));
}

#[test]
fn auto_tells_formats_apart_by_name_and_by_first_bytes() {
    let record = "{\"id\":\"r\",\"text\":\"\"}\n";
    let folder = Folder::new()
        .with("a.txt", record)
        .with("b.jsonl", record)
        .with("c", format!("\n  {record}"))
        .with("d", "Rain fell.")
        .with("e.log", "");
    check(
        &folder,
        "auto",
        &json!({"paths": ["."]}),
        expect![[r#"
            {"id":"a","text":"{\"id\":\"r\",\"text\":\"\"}\n","origin":{"path":"a.txt","record":0},"metadata":{},"annotations":{}}
            {"id":"r","text":"","origin":{"path":"b.jsonl","record":0},"metadata":{},"annotations":{}}
            {"id":"r","text":"","origin":{"path":"c","record":1},"metadata":{},"annotations":{}}
            {"id":"d","text":"Rain fell.","origin":{"path":"d","record":0},"metadata":{},"annotations":{}}
            {"id":"e","text":"","origin":{"path":"e.log","record":0},"metadata":{},"annotations":{}}
        "#]],
    );
}
