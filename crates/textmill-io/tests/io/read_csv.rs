//! Rows of CSV and TSV as documents.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use crate::Folder;

#[track_caller]
fn check(name: &str, content: impl AsRef<[u8]>, expected: Expect) {
    let folder = Folder::new().with(name, content);
    let options = json!({ "paths": [name] });
    let read = folder.read("csv", &options, 1 << 20);
    expected.assert_eq(&read.shown());
    assert_eq!(folder.read("csv", &options, 1).shown(), read.shown(), "in batches of a row");
}

#[test]
fn a_row_is_a_document_and_its_columns_are_members() {
    check(
        "in.csv",
        "id,text,site\n1,\"Rain fell,\nall day.\",daily\nb,\"“Hm”\",\n",
        expect![[r#"
        {"id":"1","text":"Rain fell,\nall day.","origin":{"path":"in.csv","record":0},"metadata":{},"annotations":{},"site":"daily"}
        {"id":"b","text":"“Hm”","origin":{"path":"in.csv","record":1},"metadata":{},"annotations":{},"site":""}
    "#]],
    );
}

#[test]
fn a_name_says_what_stands_between_values() {
    check(
        "in.tsv",
        "text\tyear\nRain, and snow.\t1999\n",
        expect![[r#"
        {"id":"e18d69df55eb4f0075ed182fa341d23f","text":"Rain, and snow.","origin":{"path":"in.tsv","record":0},"metadata":{},"annotations":{},"year":"1999"}
    "#]],
    );
}

#[test]
fn a_row_with_other_columns_is_rejected_and_reading_goes_on() {
    check(
        "in.csv",
        "id,text\n1,a\n2,b,c\n3\n4,d\n",
        expect![[r#"
        {"id":"1","text":"a","origin":{"path":"in.csv","record":0},"metadata":{},"annotations":{}}
        {"id":"4","text":"d","origin":{"path":"in.csv","record":3},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"the row has 3 values, and there are 2 columns"},"origin":{"path":"in.csv","record":1,"byte_offset":12},"raw":""}
        {"reject":{"stage":"source","reason":"malformed","message":"the row has 1 values, and there are 2 columns"},"origin":{"path":"in.csv","record":2,"byte_offset":18},"raw":""}
    "#]],
    );
}

#[test]
fn a_row_that_is_not_utf8_is_rejected() {
    check(
        "in.csv",
        b"id,text\n1,caf\xe9\n2,b\n",
        expect![[r#"
        {"id":"2","text":"b","origin":{"path":"in.csv","record":1},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"column 2 is not UTF-8"},"origin":{"path":"in.csv","record":0,"byte_offset":8},"raw":""}
    "#]],
    );
}

#[test]
fn a_table_without_a_column_of_text_has_no_document() {
    check(
        "in.csv",
        "a,b\n1,2\n",
        expect![[r#"
        {"reject":{"stage":"source","reason":"malformed","message":"no member `text`"},"origin":{"path":"in.csv","record":0,"byte_offset":0},"raw":"{\"a\":\"1\",\"b\":\"2\"}"}
    "#]],
    );
    check("in.csv", "", expect![[""]]);
    check(
        "in.csv",
        "text,text\n1,2\n",
        expect![[r#"
        {"reject":{"stage":"source","reason":"unreadable","message":"has two columns `text`"},"origin":{"path":"in.csv","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
}

proptest! {
    #[test]
    fn any_bytes_are_documents_or_rejects_whatever_the_batches(
        bytes in "(text|id|a|,|\"|\n|\r\n|é| ){0,60}",
        batch_bytes in 1..100_usize,
    ) {
        let folder = Folder::new().with("in.csv", &bytes);
        let options = json!({"paths": ["in.csv"]});
        prop_assert_eq!(folder.read("csv", &options, batch_bytes).shown(), folder.read("csv", &options, 1 << 20).shown());
    }
}
