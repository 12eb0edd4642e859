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

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn what_spreadsheets_write_is_read_as_it_is() {
    check(
        "german.csv",
        "id;text;x\r\n1;\"Regen; Schnee\";\"1,5\"\r\n",
        expect![[r#"
        {"id":"1","text":"Regen; Schnee","origin":{"path":"german.csv","record":0},"metadata":{},"annotations":{},"x":"1,5"}
    "#]],
    );
    check(
        "marked.csv",
        "\u{feff}\"id\",\"text\"\r\n1,Rain\r\n",
        expect![[r#"
        {"id":"1","text":"Rain","origin":{"path":"marked.csv","record":0},"metadata":{},"annotations":{}}
    "#]],
    );
    check(
        "unicode.txt",
        utf16("\u{feff}id\ttext\r\n1\tR\u{fc}ben \u{1F955}\r\n"),
        expect![[r#"
        {"id":"1","text":"Rüben 🥕","origin":{"path":"unicode.txt","record":0,"encoding":"UTF-16LE"},"metadata":{},"annotations":{}}
        warning: unicode.txt:0 the table is not UTF-8; read as UTF-16LE
    "#]],
    );
    check(
        "western.csv",
        b"id;text\r\n1;R\xfcben und M\xf6hren f\xfcr alle\r\n",
        expect![[r#"
        {"id":"1","text":"Rüben und Möhren für alle","origin":{"path":"western.csv","record":0,"encoding":"windows-1252"},"metadata":{},"annotations":{}}
        warning: western.csv:0 the table is not UTF-8; read as windows-1252
    "#]],
    );
    check(
        "said.csv",
        "\u{feff}sep=|\r\nid|text\r\n1|Rain, snow; hail\r\n2|x|y\r\n",
        expect![[r#"
        {"id":"1","text":"Rain, snow; hail","origin":{"path":"said.csv","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"the row has 3 values, and there are 2 columns"},"origin":{"path":"said.csv","record":1,"byte_offset":35},"raw":""}
    "#]],
    );
    check(
        "one.csv",
        "text\nRain; snow\n",
        expect![[r#"
        {"id":"73822714d9942be1d17ba035058f6566","text":"Rain; snow","origin":{"path":"one.csv","record":0},"metadata":{},"annotations":{}}
    "#]],
    );
    let folder = Folder::new().with("in.csv", b"id,text\n1,\xd1\xed\xe5\xe3\n");
    let read = folder.read("csv", &json!({"paths": ["in.csv"], "encoding": "windows-1251"}), 1 << 20);
    assert_eq!(
        (read.documents[0].text(), read.documents[0].origin.encoding.as_deref()),
        ("Снег", Some("windows-1251"))
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
        [b"id,text\n1,caf\xe9\n2,".as_slice(), "é".repeat(20).as_bytes(), b"\n"].concat(),
        expect![[r#"
            {"id":"2","text":"éééééééééééééééééééé","origin":{"path":"in.csv","record":1},"metadata":{},"annotations":{}}
            {"reject":{"stage":"source","reason":"malformed","message":"column 2 is not UTF-8, as the file is otherwise; option `encoding` names another character set"},"origin":{"path":"in.csv","record":0,"byte_offset":8},"raw":""}
        "#]],
    );
}

#[test]
fn a_table_without_a_column_of_text_has_no_document() {
    check(
        "in.csv",
        "a,b\n1,2\n",
        expect![[r#"
            {"reject":{"stage":"source","reason":"unreadable","message":"has no column `text`, but `a`, `b`; option `text` names the column of the text"},"origin":{"path":"in.csv","record":0,"byte_offset":0},"raw":""}
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
