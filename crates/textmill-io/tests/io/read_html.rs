//! Web pages: what becomes text, what becomes metadata, and what no page can break.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use crate::Folder;

const RAIN: &str =
    "Rain fell on the harbour all day, and the boats stayed where they were until the evening came.";

#[track_caller]
fn check(kind: &str, name: &str, page: impl AsRef<[u8]>, expected: Expect) {
    let folder = Folder::new().with(name, page);
    let read = || folder.read(kind, &json!({"paths": [name]}), 1 << 20).shown();
    expected.assert_eq(&read());
    assert_eq!(read(), read(), "read a second time");
}

fn page(head: &str) -> String {
    format!(
        "<!DOCTYPE html><html><head><title>Rain in the harbour</title>{head}</head><body>\
         <nav><a href=/>Home</a> <a href=/news>News</a></nav>\
         <article><h1>Rain in the harbour</h1><p>{RAIN}</p><p>{RAIN} \u{c9}t\u{e9}.</p></article>\
         <footer>All rights reserved</footer></body></html>"
    )
}

#[test]
fn the_main_content_is_the_text_and_what_the_page_says_of_itself_is_metadata() {
    let said = "<meta name=author content='Ann Lee'><meta property=og:site_name content=Harbour>\
        <meta property=article:published_time content=2020-02-02><link rel=canonical href='https://a.org/rain'>";
    check(
        "html",
        "rain.html",
        page(said),
        expect![[r#"
            {"id":"rain","text":"Rain fell on the harbour all day, and the boats stayed where they were until the evening came.\n\nRain fell on the harbour all day, and the boats stayed where they were until the evening came. Été.","origin":{"path":"rain.html","record":0},"metadata":{"title":"Rain in the harbour","author":"Ann Lee","date":"2020-02-02","site":"Harbour","url":"https://a.org/rain"},"annotations":{}}
        "#]],
    );
    check(
        "auto",
        "rain",
        page(said),
        expect![[r#"
            {"id":"rain","text":"Rain fell on the harbour all day, and the boats stayed where they were until the evening came.\n\nRain fell on the harbour all day, and the boats stayed where they were until the evening came. Été.","origin":{"path":"rain","record":0},"metadata":{"title":"Rain in the harbour","author":"Ann Lee","date":"2020-02-02","site":"Harbour","url":"https://a.org/rain"},"annotations":{}}
        "#]],
    );
}

#[test]
fn a_page_is_read_in_the_character_set_that_it_declares() {
    let latin1 =
        |page: String| -> Vec<u8> { page.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect() };
    check(
        "html",
        "a.html",
        latin1(page("<meta charset=iso-8859-1>")),
        expect![[r#"
            {"id":"a","text":"Rain fell on the harbour all day, and the boats stayed where they were until the evening came.\n\nRain fell on the harbour all day, and the boats stayed where they were until the evening came. Été.","origin":{"path":"a.html","record":0,"encoding":"windows-1252"},"metadata":{"title":"Rain in the harbour"},"annotations":{}}
            warning: a.html:0 is not UTF-8; read as windows-1252
        "#]],
    );
    check(
        "html",
        "b.html",
        page("<meta charset='iso-8859-1'>"),
        expect![[r#"
            {"id":"b","text":"Rain fell on the harbour all day, and the boats stayed where they were until the evening came.\n\nRain fell on the harbour all day, and the boats stayed where they were until the evening came. Été.","origin":{"path":"b.html","record":0},"metadata":{"title":"Rain in the harbour"},"annotations":{}}
        "#]],
    );
}

#[test]
fn a_page_without_text_or_nested_too_deeply_is_a_reject() {
    let deep = |levels| format!("<html>{}<p>{RAIN}</p>", "<div>".repeat(levels));
    check(
        "html",
        "a.html",
        "<html><img src=x></html>",
        expect![[r#"
        {"reject":{"stage":"source","reason":"no_text","message":"the page has no main content"},"origin":{"path":"a.html","record":0,"byte_offset":0},"raw":"<html><img src=x></html>"}
    "#]],
    );
    let folder = Folder::new().with("a.html", deep(512)).with("b.html", deep(100_000));
    let read = folder.read("html", &json!({"paths": ["."]}), 1 << 20);
    assert_eq!((&*read.documents[0].id, read.documents[0].text()), ("a", RAIN));
    assert_eq!(read.rejects[0].message, "elements are nested deeper than 512");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_page_is_a_document_or_a_reject(
        parts in prop::collection::vec(r"</?(div|p|table|tr|td|a|b|ul|li|article|svg|math|template|select)>|<meta charset=.{0,9}|.{0,20}", 0..40),
    ) {
        let folder = Folder::new().with("a", parts.concat());
        let read = folder.read("html", &json!({"paths": ["a"]}), 1 << 20);
        prop_assert_eq!(read.documents.len() + read.rejects.len(), 1);
    }
}
