//! Source `jsonl`: lines to documents, and what is no document to rejects.

use std::io::Write as _;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};
use textmill_io::{Decoded, Reader, open_source};
use textmill_model::Rejected;

use crate::Folder;

#[track_caller]
fn check(lines: impl AsRef<[u8]>, expected: Expect) {
    check_with(&json!({"paths": ["in.jsonl"]}), lines, expected);
}

#[track_caller]
fn check_with(options: &Value, lines: impl AsRef<[u8]>, expected: Expect) {
    let folder = Folder::new().with("in.jsonl", lines);
    expected.assert_eq(&folder.read("jsonl", options, 1 << 20).shown());
}

#[test]
fn unknown_members_pass_through_byte_for_byte() {
    check(
        r#"{"url" : "https:\/\/example.org\u002f", "id":"a","n":1.00e+2 ,"text":"Rain\nfell.", "x\"\\\"":{ "y":[ ]},"n":-0}"#,
        expect![[r#"
            {"id":"a","text":"Rain\nfell.","origin":{"path":"in.jsonl","record":0},"metadata":{},"annotations":{},"url" : "https:\/\/example.org\u002f","n":1.00e+2,"x\"\\\"":{ "y":[ ]},"n":-0}
        "#]],
    );
}

#[test]
fn metadata_stays_the_text_it_was() {
    check(
        r#"{"id":"a","text":"","metadata":{ "site" : "\u0065", "n":1.50 }}"#,
        expect![[r#"
            {"id":"a","text":"","origin":{"path":"in.jsonl","record":0},"metadata":{ "site" : "\u0065", "n":1.50 },"annotations":{}}
        "#]],
    );
}

#[test]
fn a_numeric_id_becomes_its_text_and_a_missing_one_a_hash_of_its_place() {
    check(
        "{\"id\":17,\"text\":\"\"}\n{\"id\":1e400,\"text\":\"\"}\n{\"text\":\"\"}\n{\"id\":null,\"text\":\"\"}\n",
        expect![[r#"
            {"id":"17","text":"","origin":{"path":"in.jsonl","record":0},"metadata":{},"annotations":{}}
            {"id":"1e400","text":"","origin":{"path":"in.jsonl","record":1},"metadata":{},"annotations":{}}
            {"id":"6fd546657b336429c493b3d3243ca12b","text":"","origin":{"path":"in.jsonl","record":2},"metadata":{},"annotations":{}}
            {"id":"aa7eb333cc0d04a445119689f6ee928e","text":"","origin":{"path":"in.jsonl","record":3},"metadata":{},"annotations":{}}
        "#]],
    );
}

#[test]
fn id_and_text_can_be_other_members() {
    check_with(
        &json!({"paths": ["in.jsonl"], "id": "_id", "text": "body"}),
        r#"{"_id":"a","body":"Rain.","id":5,"text":"teaser"}"#,
        expect![[r#"
            {"id":"a","text":"Rain.","origin":{"path":"in.jsonl","record":0},"metadata":{},"annotations":{},"original_id":5,"original_text":"teaser"}
        "#]],
    );
}

#[test]
fn a_member_with_our_name_and_another_form_passes_on_under_another_name() {
    check(
        r#"{"id":{"$oid":1},"text":"","origin":"web","metadata":[1],"annotations":{"a.b":1}}"#,
        expect![[r#"
            {"id":"5e585790d40427d06bb91540cfaebdbe","text":"","origin":{"path":"in.jsonl","record":0},"metadata":{},"annotations":{},"original_id":{"$oid":1},"original_origin":"web","original_metadata":[1],"original_annotations":{"a.b":1}}
        "#]],
    );
}

#[test]
fn what_was_written_by_an_earlier_run_keeps_its_origin_and_annotations() {
    check(
        r#"{"id":"a","text":"“Né”, he said","origin":{"path":"a.txt","record":0,"encoding":"GBK"},"annotations":{"quotes":[{"start":1,"end":3,"text":"Né","kind":"direct","speaker":{"start":6,"end":8,"text":"he","name":"N"}}],"dedup":{"cluster":17,"of":[]}}}"#,
        expect![[r#"
            {"id":"a","text":"“Né”, he said","origin":{"path":"a.txt","record":0,"encoding":"GBK"},"metadata":{},"annotations":{"quotes":[{"start":1,"end":3,"text":"Né","kind":"direct","speaker":{"start":6,"end":8,"text":"he","name":"N"}}],"dedup":{"of":[],"cluster":17}}}
        "#]],
    );
}

#[test]
fn where_a_span_once_stood_in_its_source_is_neither_attribute_nor_part() {
    check(
        r#"{"id":"a","text":"Rain","annotations":{"x":[{"start":0,"end":4,"source_start":6,"source_end":{"start":0,"end":1},"source":"s"}]}}"#,
        expect![[r#"
            {"id":"a","text":"Rain","origin":{"path":"in.jsonl","record":0},"metadata":{},"annotations":{"x":[{"start":0,"end":4,"text":"Rain","source":"s"}]}}
        "#]],
    );
}

#[test]
fn a_layer_that_does_not_fit_its_text_stays_as_it_is() {
    check(
        r#"{"id":"a","text":"Né","annotations":{"x":[{"start":0,"end":9}],"y":[{"start":0,"end":2,"text":"Ne"}]}}"#,
        expect![[r#"
            {"id":"a","text":"Né","origin":{"path":"in.jsonl","record":0},"metadata":{},"annotations":{"x":[{"start":0,"end":9}],"y":[{"start":0,"end":2,"text":"Ne"}]}}
            warning: in.jsonl:0 the spans of `annotations.x` do not fit the text; kept as they are
            warning: in.jsonl:0 the spans of `annotations.y` do not fit the text; kept as they are
        "#]],
    );
}

#[test]
fn a_byte_order_mark_blank_lines_and_a_missing_line_end_do_no_harm() {
    check(
        "\u{feff}{\"id\":\"a\",\"text\":\"\"}\r\n\n  \t\r\n{\"id\":\"b\",\"text\":\"\"}",
        expect![[r#"
            {"id":"a","text":"","origin":{"path":"in.jsonl","record":0},"metadata":{},"annotations":{}}
            {"id":"b","text":"","origin":{"path":"in.jsonl","record":3},"metadata":{},"annotations":{}}
        "#]],
    );
}

#[test]
fn packed_files_one_behind_the_other_are_one_file_wherever_a_line_is_cut() {
    let lines: String =
        (0..40).map(|i| format!("{{\"id\":\"{i}\",\"text\":\"Rain fell on day {i}.\"}}\n")).collect();
    let (first, second) = lines.as_bytes().split_at(lines.len() / 2 + 3);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |bytes: &[u8]| zstd::stream::encode_all(bytes, 1).unwrap();
    let [plain, two_members, two_frames] = [
        lines.as_bytes().to_vec(),
        [gzip(first), gzip(b""), gzip(second)].concat(),
        [zstd(first), zstd(b""), zstd(second)].concat(),
    ]
    .map(|bytes| {
        let folder = Folder::new().with("in", bytes);
        folder.read("jsonl", &json!({"paths": ["in"]}), 100).shown()
    });
    assert_eq!(plain.lines().count(), 40);
    assert_eq!(two_members, plain);
    assert_eq!(two_frames, plain);
}

#[test]
fn a_malformed_line_is_a_reject_and_reading_goes_on() {
    let lines: [&[u8]; 9] = [
        br#"{"text":"a"#,
        br#"[1]"#,
        br#"{"id":1}"#,
        br#"{"text":null}"#,
        br#"{"text":"\ud800"}"#,
        b"{\"text\":\"\xff\"}",
        br#"{"text":"","text":""}"#,
        br#"{"text":""} x"#,
        br#"{"id":"ok","text":""}"#,
    ];
    check(
        lines.join(&b'\n'),
        expect![[r#"
            {"id":"ok","text":"","origin":{"path":"in.jsonl","record":8},"metadata":{},"annotations":{}}
            {"reject":{"stage":"source","reason":"malformed","message":"not JSON: EOF while parsing a string at column 10"},"origin":{"path":"in.jsonl","record":0,"line":1,"byte_offset":0},"raw":"{\"text\":\"a"}
            {"reject":{"stage":"source","reason":"malformed","message":"invalid type: sequence, expected a JSON object"},"origin":{"path":"in.jsonl","record":1,"line":2,"byte_offset":11},"raw":"[1]"}
            {"reject":{"stage":"source","reason":"malformed","message":"no member `text`"},"origin":{"path":"in.jsonl","record":2,"line":3,"byte_offset":15},"raw":"{\"id\":1}"}
            {"reject":{"stage":"source","reason":"malformed","message":"member `text` is null, not a string"},"origin":{"path":"in.jsonl","record":3,"line":4,"byte_offset":24},"raw":"{\"text\":null}"}
            {"reject":{"stage":"source","reason":"malformed","message":"member `text` has half a surrogate pair"},"origin":{"path":"in.jsonl","record":4,"line":5,"byte_offset":38},"raw":"{\"text\":\"\\ud800\"}"}
            {"reject":{"stage":"source","reason":"malformed","message":"not UTF-8 at column 10"},"origin":{"path":"in.jsonl","record":5,"line":6,"byte_offset":56},"raw_base64":"eyJ0ZXh0Ijoi/yJ9"}
            {"reject":{"stage":"source","reason":"malformed","message":"member `text` stands twice"},"origin":{"path":"in.jsonl","record":6,"line":7,"byte_offset":69},"raw":"{\"text\":\"\",\"text\":\"\"}"}
            {"reject":{"stage":"source","reason":"malformed","message":"not JSON: trailing characters at column 13"},"origin":{"path":"in.jsonl","record":7,"line":8,"byte_offset":91},"raw":"{\"text\":\"\"} x"}
        "#]],
    );
}

#[test]
fn deep_nesting_is_no_stack_overflow() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(200_000), close.repeat(200_000));
    let lines = [
        format!("{{\"id\":\"a\",\"text\":\"\",\"x\":{}}}", deep("[", "]")),
        format!(
            "{{\"id\":\"b\",\"text\":\"\",\"annotations\":{}}}",
            deep("{\"a\":", "}").replace(":}", ":{}}")
        ),
        format!(
            "{{\"id\":\"c\",\"text\":\"\",\"annotations\":{{\"a\":{}}}}}",
            deep("[{\"start\":0,\"end\":0,\"p\":", "}]").replace(":}", ":{}}")
        ),
        deep("[", "]"),
    ];
    let folder = Folder::new().with("in.jsonl", lines.join("\n"));
    let read = folder.read("jsonl", &json!({"paths": ["in.jsonl"]}), 1 << 20);
    assert_eq!((read.documents.len(), read.rejects.len()), (3, 1));
}

#[test]
fn more_names_than_any_plan_has_are_left_alone() {
    let values: Vec<String> = (0..1001).map(|i| format!("\"v{i}\":{i}")).collect();
    let line = format!("{{\"text\":\"\",\"annotations\":{{{}}}}}", values.join(","));
    let folder = Folder::new().with("in.jsonl", line);
    let read = folder.read("jsonl", &json!({"paths": ["in.jsonl"]}), 1 << 20);
    assert!(read.documents[0].annotations.values.is_empty());
    assert!(read.documents[0].passthrough.starts_with("\"original_annotations\":{\"v0\":0,"));
}

#[test]
fn a_line_over_the_limit_is_a_reject_however_it_was_cut() {
    let long = format!("{{\"id\":\"long\",\"text\":\"{}\"}}", "a".repeat(300_000));
    let lines = format!("{{\"id\":\"a\",\"text\":\"\"}}\n{long}\n{{\"id\":\"b\",\"text\":\"\"}}\n");
    let folder = Folder::new().with("in.jsonl", lines);
    for batch_bytes in [1, 1000, 1 << 22] {
        for limit in [1000, 299_999] {
            let options = json!({"paths": ["in.jsonl"], "record_bytes_max": limit});
            let read = folder.read("jsonl", &options, batch_bytes);
            let ids: Vec<_> = read.documents.iter().map(|it| (&*it.id, it.seq, it.origin.record)).collect();
            assert_eq!(ids, [("a", 0, 0), ("b", 2, 2)]);
            assert_eq!(
                read.rejects[0].message,
                format!("the line is longer than {limit} bytes (`record_bytes_max`)")
            );
            let Rejected::Record { byte_offset, raw, .. } = &read.rejects[0].what else { panic!() };
            assert!(
                *byte_offset == 21 && *raw == long.as_bytes(),
                "the line is there, cut only at a megabyte"
            );
        }
    }
}

#[test]
fn utf16_is_refused_in_one_word() {
    let utf16: Vec<u8> = "\u{feff}{\"text\":\"\"}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(
        utf16,
        expect![[r#"
            {"reject":{"stage":"source","reason":"unreadable","message":"is UTF-16, and JSON Lines must be UTF-8"},"origin":{"path":"in.jsonl","record":0,"byte_offset":0},"raw":""}
        "#]],
    );
}

#[test]
fn one_member_cannot_be_both_id_and_text() {
    let folder = Folder::new().with("in.jsonl", "");
    let fault =
        open_source("jsonl", &json!({"paths": ["in.jsonl"], "id": "text"}), folder.path()).unwrap_err();
    assert_eq!((&*fault.pointer, &*fault.message), ("/text", "`text` cannot be both the id and the text"));
}

/// Pieces of JSON Lines and of what breaks them.
fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"{\"id\":\"a\",\"text\":\"t\"}".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"{\"text\":".to_vec()),
        Just(b"\"\\ud800\\".to_vec()),
        Just(b"}".to_vec()),
        Just("\u{feff} é\u{1F600}".as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_line_that_is_not_blank_is_a_document_or_a_reject(bytes in some_bytes(), batch_bytes in 1..200_usize) {
        // First bytes that say gzip, zstd or UTF-16 would make it another file.
        let bytes = [b"\n", bytes.as_slice()].concat();
        let folder = Folder::new().with("in.jsonl", &bytes);
        let options = json!({"paths": ["in.jsonl"]});
        let read = folder.read("jsonl", &options, batch_bytes);
        let mut accounted: Vec<u64> = read.documents.iter().map(|document| document.seq).collect();
        accounted.extend(read.rejects.iter().map(|reject| reject.seq));
        accounted.sort_unstable();
        let lines = bytes.split(|byte| *byte == b'\n').enumerate();
        let expected: Vec<u64> =
            lines.filter(|(_, line)| !line.trim_ascii().is_empty()).map(|(i, _)| i as u64).collect();
        prop_assert_eq!(accounted, expected);
        for reject in &read.rejects {
            let Rejected::Record { byte_offset, raw, .. } = &reject.what else { panic!() };
            prop_assert!(bytes[*byte_offset as usize..].starts_with(raw));
        }
        prop_assert_eq!(read.shown(), folder.read("jsonl", &options, 1 << 20).shown());
    }
}

/// A reader that begins where another one stands reads what that one would have read.
#[test]
fn reading_goes_on_at_any_position() {
    let line =
        |i: usize| format!("{{\"text\":\"{}\"}}\n{}", "rain ".repeat(i % 90), ["", "\n", "no json\n"][i % 3]);
    let lines: String = (0..4000).map(line).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(lines.as_bytes()).unwrap();
    let folder = Folder::new().with("1.jsonl", &lines).with("2.jsonl.gz", packed.finish().unwrap());
    let folder = folder.with("3.jsonl", "{\"text\":\"the last\"}");
    let source = open_source("jsonl", &json!({"paths": ["*"]}), folder.path()).unwrap();
    let read = |mut reader: Reader| {
        let mut seen = Vec::new();
        let mut positions = Vec::new();
        while let Some(raw) = reader.next().unwrap() {
            let Decoded { documents, rejects, .. } = source.decoder().decode(raw, false);
            seen.extend(documents.into_iter().map(|it| (it.seq, it.id, format!("{:?}", it.origin))));
            seen.extend(rejects.into_iter().map(|it| (it.seq, String::new(), format!("{:?}", it.what))));
            positions.push(reader.position().unwrap());
        }
        (seen, positions)
    };
    let (all, positions) = read(source.reader(1).unwrap());
    assert!(positions.len() > 5, "{positions:?}");
    for position in positions {
        let mut reader = source.reader(1000).unwrap();
        reader.go_to(position).unwrap();
        let rest: Vec<_> = all.iter().filter(|(seq, ..)| *seq >= position.seq).cloned().collect();
        let mut seen = read(reader).0;
        seen.sort();
        let mut rest = rest;
        rest.sort();
        assert!(seen == rest, "{position:?}: {} of {}", seen.len(), rest.len());
    }
}
