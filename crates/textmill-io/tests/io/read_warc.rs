//! Web archives: which records become documents, and what becomes of broken ones.

use std::io::Write as _;

use expect_test::{Expect, expect};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::json;

use crate::Folder;

#[track_caller]
fn check(archive: impl AsRef<[u8]>, expected: Expect) {
    let folder = Folder::new().with("a.warc", archive);
    let read =
        |batch| folder.read("warc", &json!({"paths": ["a.warc"], "document_bytes_max": 400}), batch).shown();
    let shown = read(1 << 20);
    expected.assert_eq(&shown);
    assert_eq!(read(1), shown, "in batches of one byte");
}

fn record(kind: &str, id: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let mut record = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:{id}>\r\nWARC-Target-URI: http://a.org/{id}\r\n\
         WARC-Date: 2020-02-02T00:00:00Z\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
        content.len()
    )
    .into_bytes();
    record.extend_from_slice(content);
    record.extend_from_slice(b"\r\n\r\n");
    record
}

fn answer(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes(), body.as_ref()].concat()
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes.as_ref()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn records_that_hold_text_become_documents_and_others_are_passed_over() {
    let plain = "Content-Type: text/plain\r\n";
    let archive = [
        record("warcinfo", "0", "software: x"),
        record("conversion", "1", "Rain fell."),
        record("request", "2", "GET / HTTP/1.1\r\n\r\n"),
        record("response", "3", answer(plain, "Snow fell.")),
        record("response", "4", answer("Content-Type: image/png\r\n", b"\x89PNG")),
        record("response", "5", b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno"),
        record("resource", "6", "Hail fell."),
    ];
    check(
        archive.concat(),
        expect![[r#"
        {"id":"urn:1","text":"Rain fell.","origin":{"path":"a.warc","record":1},"metadata":{"url":"http://a.org/1","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
        {"id":"urn:3","text":"Snow fell.","origin":{"path":"a.warc","record":3},"metadata":{"url":"http://a.org/3","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
        {"id":"urn:6","text":"Hail fell.","origin":{"path":"a.warc","record":6},"metadata":{"url":"http://a.org/6","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
    "#]],
    );
    check(
        archive.map(gzip).concat(),
        expect![[r#"
        {"id":"urn:1","text":"Rain fell.","origin":{"path":"a.warc","record":1},"metadata":{"url":"http://a.org/1","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
        {"id":"urn:3","text":"Snow fell.","origin":{"path":"a.warc","record":3},"metadata":{"url":"http://a.org/3","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
        {"id":"urn:6","text":"Hail fell.","origin":{"path":"a.warc","record":6},"metadata":{"url":"http://a.org/6","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
    "#]],
    );
}

#[test]
fn transfer_and_content_encodings_and_character_sets_are_undone() {
    let plain = "Content-Type: text/plain; charset=ISO-8859-2\r\n";
    let chunked = format!("{plain}Transfer-Encoding: chunked\r\n");
    let packed = format!("{plain}Content-Encoding: gzip\r\n");
    let archive = [
        record("response", "chunked", answer(&chunked, "5\r\nRain \r\n5;x=y\r\nfell.\r\n0\r\n\r\n")),
        record("response", "cut", answer(&chunked, "5\r\nRain \r\n5\r\nfe")),
        record("response", "joined", answer(&chunked, "Rain fell.")),
        record("response", "packed", answer(&packed, gzip("Rain fell."))),
        record("response", "unpacked", answer(&packed, "Rain fell.")),
        record("response", "latin2", answer(plain, b"Pada\xb3 deszcz.")),
        record("response", "brotli", answer(&packed.replace("gzip", "br"), b"\xff\xfe")),
        record("response", "damaged", answer(&packed, &gzip("Rain fell.")[..15])),
        record("response", "bomb", answer(&packed, gzip([b' '; 5000]))),
    ];
    check(
        archive.concat(),
        expect![[r#"
            {"id":"urn:chunked","text":"Rain fell.","origin":{"path":"a.warc","record":0},"metadata":{"url":"http://a.org/chunked","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
            {"id":"urn:joined","text":"Rain fell.","origin":{"path":"a.warc","record":2},"metadata":{"url":"http://a.org/joined","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
            {"id":"urn:packed","text":"Rain fell.","origin":{"path":"a.warc","record":3},"metadata":{"url":"http://a.org/packed","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
            {"id":"urn:unpacked","text":"Rain fell.","origin":{"path":"a.warc","record":4},"metadata":{"url":"http://a.org/unpacked","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
            {"id":"urn:latin2","text":"Padał deszcz.","origin":{"path":"a.warc","record":5,"encoding":"ISO-8859-2"},"metadata":{"url":"http://a.org/latin2","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
            {"reject":{"stage":"source","reason":"malformed","message":"the chunked content breaks off or is damaged"},"origin":{"path":"a.warc","record":1,"byte_offset":309},"raw":"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:cut>\r\nWARC-Target-URI: http://a.org/cut\r\nWARC-Date: 2020-02-02T00:00:00Z\r\nContent-Type: text/plain\r\nContent-Length: 108\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=ISO-8859-2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nRain \r\n5\r\nfe"}
            {"reject":{"stage":"source","reason":"unsupported","message":"content encoding `br` is not known"},"origin":{"path":"a.warc","record":6,"byte_offset":1737},"raw_base64":"V0FSQy8xLjANCldBUkMtVHlwZTogcmVzcG9uc2UNCldBUkMtUmVjb3JkLUlEOiA8dXJuOmJyb3RsaT4NCldBUkMtVGFyZ2V0LVVSSTogaHR0cDovL2Eub3JnL2Jyb3RsaQ0KV0FSQy1EYXRlOiAyMDIwLTAyLTAyVDAwOjAwOjAwWg0KQ29udGVudC1UeXBlOiB0ZXh0L3BsYWluDQpDb250ZW50LUxlbmd0aDogODkNCg0KSFRUUC8xLjEgMjAwIE9LDQpDb250ZW50LVR5cGU6IHRleHQvcGxhaW47IGNoYXJzZXQ9SVNPLTg4NTktMg0KQ29udGVudC1FbmNvZGluZzogYnINCg0K//4="}
            {"reject":{"stage":"source","reason":"malformed","message":"the compressed content is damaged: incomplete deflate stream"},"origin":{"path":"a.warc","record":7,"byte_offset":2010},"raw_base64":"V0FSQy8xLjANCldBUkMtVHlwZTogcmVzcG9uc2UNCldBUkMtUmVjb3JkLUlEOiA8dXJuOmRhbWFnZWQ+DQpXQVJDLVRhcmdldC1VUkk6IGh0dHA6Ly9hLm9yZy9kYW1hZ2VkDQpXQVJDLURhdGU6IDIwMjAtMDItMDJUMDA6MDA6MDBaDQpDb250ZW50LVR5cGU6IHRleHQvcGxhaW4NCkNvbnRlbnQtTGVuZ3RoOiAxMDQNCg0KSFRUUC8xLjEgMjAwIE9LDQpDb250ZW50LVR5cGU6IHRleHQvcGxhaW47IGNoYXJzZXQ9SVNPLTg4NTktMg0KQ29udGVudC1FbmNvZGluZzogZ3ppcA0KDQofiwgAAAAAAAT/C0rMzFM="}
            {"reject":{"stage":"source","reason":"too_large","message":"the content has more than 400 bytes (`document_bytes_max`)"},"origin":{"path":"a.warc","record":8,"byte_offset":2301},"raw_base64":"V0FSQy8xLjANCldBUkMtVHlwZTogcmVzcG9uc2UNCldBUkMtUmVjb3JkLUlEOiA8dXJuOmJvbWI+DQpXQVJDLVRhcmdldC1VUkk6IGh0dHA6Ly9hLm9yZy9ib21iDQpXQVJDLURhdGU6IDIwMjAtMDItMDJUMDA6MDA6MDBaDQpDb250ZW50LVR5cGU6IHRleHQvcGxhaW4NCkNvbnRlbnQtTGVuZ3RoOiAxNjANCg0KSFRUUC8xLjEgMjAwIE9LDQpDb250ZW50LVR5cGU6IHRleHQvcGxhaW47IGNoYXJzZXQ9SVNPLTg4NTktMg0KQ29udGVudC1FbmNvZGluZzogZ3ppcA0KDQofiwgAAAAAAAT/UhgFoyEwGgKjITAaAqMhMBoCoyEwGgKjITAaAqMhMBoCoyEwGgKjITAaAqMhMBoCgNE8BABgLAuHiBMAAA=="}
        "#]],
    );
}

#[test]
fn broken_records_are_rejects_with_their_place_and_the_next_one_is_read() {
    let good = |id| record("conversion", id, "Rain fell.");
    let long = record("conversion", "long", [b'a'; 401]);
    let cut = good("cut");
    let archive = [
        b"no record\r\n".to_vec(),
        good("1"),
        b"WARC/1.0\r\nWARC-Type: response\r\n\r\ncontent without a length\r\n\r\n".to_vec(),
        good("2"),
        long,
        b"WARC/1.0\r\nWARC-Type: ".to_vec(),
        b"\r\n".to_vec(),
        good("3"),
        record("response", "4", "no HTTP"),
        cut[..cut.len() - 8].to_vec(),
    ];
    check(
        archive.concat(),
        expect![[r#"
        {"id":"urn:1","text":"Rain fell.","origin":{"path":"a.warc","record":1},"metadata":{"url":"http://a.org/1","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
        {"id":"urn:2","text":"Rain fell.","origin":{"path":"a.warc","record":3},"metadata":{"url":"http://a.org/2","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
        {"id":"urn:3","text":"Rain fell.","origin":{"path":"a.warc","record":6},"metadata":{"url":"http://a.org/3","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"no record of a web archive begins here"},"origin":{"path":"a.warc","record":0,"byte_offset":0},"raw":"no record\r\n"}
        {"reject":{"stage":"source","reason":"malformed","message":"no record of a web archive begins here"},"origin":{"path":"a.warc","record":2,"byte_offset":197},"raw":"WARC/1.0\r\nWARC-Type: response\r\n\r\ncontent without a length\r\n\r\n"}
        {"reject":{"stage":"source","reason":"too_large","message":"the record has 401 bytes, more than `document_bytes_max`"},"origin":{"path":"a.warc","record":4,"byte_offset":444},"raw":"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:long>\r\nWARC-Target-URI: http://a.org/long\r\nWARC-Date: 2020-02-02T00:00:00Z\r\nContent-Type: text/plain\r\nContent-Length: 401\r\n\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
        {"reject":{"stage":"source","reason":"malformed","message":"no record of a web archive begins here"},"origin":{"path":"a.warc","record":5,"byte_offset":1028},"raw":"WARC/1.0\r\nWARC-Type: \r\n"}
        {"reject":{"stage":"source","reason":"malformed","message":"not HTTP: invalid HTTP version"},"origin":{"path":"a.warc","record":7,"byte_offset":1237},"raw":"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:4>\r\nWARC-Target-URI: http://a.org/4\r\nWARC-Date: 2020-02-02T00:00:00Z\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nno HTTP"}
        {"reject":{"stage":"source","reason":"malformed","message":"the record breaks off: 6 of 10 bytes are there"},"origin":{"path":"a.warc","record":8,"byte_offset":1417},"raw":"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:cut>\r\nWARC-Target-URI: http://a.org/cut\r\nWARC-Date: 2020-02-02T00:00:00Z\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nRain f"}
    "#]],
    );
    let gzipped = gzip(archive[1].repeat(2));
    check(
        &gzipped[..gzipped.len() - 4],
        expect![[r#"
        {"id":"urn:1","text":"Rain fell.","origin":{"path":"a.warc","record":0},"metadata":{"url":"http://a.org/1","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
        {"id":"urn:1","text":"Rain fell.","origin":{"path":"a.warc","record":1},"metadata":{"url":"http://a.org/1","fetched":"2020-02-02T00:00:00Z"},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"the gzip stream breaks off: the file is not whole"},"origin":{"path":"a.warc","record":2,"byte_offset":372},"raw":""}
    "#]],
    );
}

#[test]
fn the_form_before_warc_is_read_as_well() {
    let record = |head: &str, content: &[u8]| {
        [format!("{head} {}\n", content.len()).as_bytes(), content, b"\n"].concat()
    };
    let html = answer("Content-Type: text/plain; charset=iso-8859-2\r\n", b"Pada\xb3 deszcz.");
    let first =
        record("filedesc://a.arc 0.0.0.0 20080430204825 text/plain", b"1 1 Archive\nURL IP-address\n");
    let archive = [
        first.clone(),
        record("dns:a.org 1.2.3.4 20080430204826 text/dns", b"20080430204826\na.org. 1 IN A 1.2.3.4\n"),
        record("http://a.org/a b 1.2.3.4 20080430204827 text/plain", &html),
        record("http://a.org/2 1.2.3.4 20080430204828 text/plain 200 XYZ - 0 a.arc", &html),
        b"http://a.org/3 1.2.3.4 20080430204829 text/plain -1\n".to_vec(),
        record("http://a.org/4 1.2.3.4 20080430204830 text/plain", b"no HTTP"),
        b"http://a.org/5 1.2.3.4 20080430204831 text/plain 50\nHTTP/1.1 ".to_vec(),
    ];
    check(
        archive.concat(),
        expect![[r#"
        {"id":"f7b14db8a9c13253164fe89de1a37096","text":"Padał deszcz.","origin":{"path":"a.warc","record":2,"encoding":"ISO-8859-2"},"metadata":{"url":"http://a.org/a b","fetched":"2008-04-30T20:48:27Z"},"annotations":{}}
        {"id":"48fce7f83c984271eb4b1c5e36f843f3","text":"Padał deszcz.","origin":{"path":"a.warc","record":3,"encoding":"ISO-8859-2"},"metadata":{"url":"http://a.org/2","fetched":"2008-04-30T20:48:28Z"},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"no record of a web archive begins here"},"origin":{"path":"a.warc","record":4,"byte_offset":447},"raw":"http://a.org/3 1.2.3.4 20080430204829 text/plain -1\n"}
        {"reject":{"stage":"source","reason":"malformed","message":"not HTTP: invalid HTTP version"},"origin":{"path":"a.warc","record":5,"byte_offset":499},"raw":"http://a.org/4 1.2.3.4 20080430204830 text/plain 7\nno HTTP"}
        {"reject":{"stage":"source","reason":"malformed","message":"the record breaks off: 9 of 50 bytes are there"},"origin":{"path":"a.warc","record":6,"byte_offset":558},"raw":"http://a.org/5 1.2.3.4 20080430204831 text/plain 50\nHTTP/1.1 "}
    "#]],
    );
    let packed: Vec<u8> = archive[..3].iter().flat_map(gzip).collect();
    let folder = Folder::new().with("a.arc.gz", &packed).with("b", &packed);
    let read = folder.read("auto", &json!({"paths": ["a.arc.gz", "b"]}), 1);
    assert_eq!((read.documents.len(), read.rejects.len()), (2, 0));
}

#[test]
fn another_reader_can_go_on_between_records() {
    let archive: Vec<u8> = ["1", "2", "3"].map(|id| record("conversion", id, id)).concat();
    let folder = Folder::new().with("a.warc", archive);
    let source = textmill_io::open_source("warc", &json!({"paths": ["a.warc"]}), folder.path()).unwrap();
    let mut reader = source.reader(1).unwrap();
    reader.next().unwrap();
    let position = reader.position().expect("between records there is a place to go on");
    let mut other = source.reader(1 << 20).unwrap();
    other.go_to(position).unwrap();
    let decoded = source.decoder().decode(other.next().unwrap().unwrap(), false);
    let read: Vec<_> = decoded.documents.iter().map(|it| (&*it.id, it.seq, it.origin.record)).collect();
    assert_eq!(read, [("urn:2", 1, 1), ("urn:3", 2, 2)]);
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(record("conversion", "1", "Rain fell.")),
        Just(record("response", "2", answer("Content-Type: text/plain\r\n", "Snow"))),
        Just(b"WARC/1.0\r\n".to_vec()),
        Just(b"WARC-Type: response\r\nContent-Length: 7\r\n\r\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_give_documents_or_rejects_whatever_the_batches(archive in pieces()) {
        let folder = Folder::new().with("a.warc", archive);
        let read = |batch| folder.read("warc", &json!({"paths": ["a.warc"], "document_bytes_max": 90}), batch).shown();
        let whole = read(1 << 20);
        prop_assert_eq!(read(1), &*whole);
        prop_assert_eq!(read(100), whole);
    }
}
