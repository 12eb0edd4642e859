//! The spans of a layer as tables and as Web Annotations.

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use textmill_io::{OutputSchema, open_sink, open_source};

use crate::Folder;

const DOCUMENTS: &str = r#"{"id":"a b","text":"„Rain, \"rain\"\nand rain“, said Ann.","metadata":{"url":"https://example.org/a","year":1999},"annotations":{"quotes":[{"start":1,"end":22,"kind":"direct","confidence":0.5,"speaker":{"start":30,"end":33,"name":"Ann Lee"},"cue":{"start":25,"end":29}}]}}
{"id":"b","text":"Nobody says anything."}
{"id":"c","text":"Snow fell. =1+1","annotations":{"quotes":[{"start":0,"end":10,"kind":"mixed"},{"start":11,"end":15}]}}
"#;

/// What a sink writes of the documents, written in pieces of `some` documents, with a stop and a new start after the first.
fn written(kind: &str, mut options: Value, some: usize) -> String {
    let folder = Folder::new().with("in.jsonl", DOCUMENTS);
    options["path"] = "out".into();
    let source = open_source("jsonl", &json!({"paths": ["in.jsonl"]}), folder.path()).unwrap();
    let raw = source.reader(1 << 20).unwrap().next().unwrap().unwrap();
    let documents = source.decoder().decode(raw, false).documents;
    let sink = open_sink(kind, &options, folder.path()).unwrap();
    let encoder = sink.encoder(OutputSchema::default());
    let mut pieces = documents.chunks(some);
    let mut writer = sink.writer().unwrap();
    pieces.by_ref().take(1).for_each(|it| writer.write(&encoder.encode(it)).unwrap());
    let point = writer.commit().unwrap().unwrap();
    writer.write(&encoder.encode(&documents)).unwrap(); // lost when the run is cut short
    drop(writer);
    let mut writer = sink.writer_at(&point, 1).unwrap();
    pieces.for_each(|it| writer.write(&encoder.encode(it)).unwrap());
    writer.finish().unwrap();
    std::fs::read_to_string(folder.path().join("out")).unwrap()
}

fn check(kind: &str, options: Value, expected: Expect) {
    expected.assert_eq(&written(kind, options.clone(), 1));
    assert_eq!(written(kind, options.clone(), 1), written(kind, options, 10));
}

#[test]
fn a_table_has_a_row_for_each_span_and_a_header_once() {
    check(
        "csv",
        json!({}),
        expect![[r#"
        id,start,end,text,kind,confidence,speaker.name,speaker.text,speaker.start,speaker.end,cue.text
        a b,1,22,"Rain, ""rain""
        and rain",direct,0.5,Ann Lee,Ann,30,33,said
        c,0,10,Snow fell.,mixed,,,,,,
        c,11,15,=1+1,,,,,,,
    "#]],
    );
}

#[test]
fn a_table_has_the_columns_and_offsets_that_were_asked_for() {
    let columns =
        ["text", "metadata.year", "origin.path", "speaker.start", "source_start", "speaker.nothing"];
    check(
        "csv",
        json!({ "columns": columns, "offsets": "bytes" }),
        expect![[r#"
        text,metadata.year,origin.path,speaker.start,source_start,speaker.nothing
        "Rain, ""rain""
        and rain",1999,in.jsonl,34,3,
        Snow fell.,,in.jsonl,,0,
        =1+1,,in.jsonl,,11,
    "#]],
    );
    check(
        "csv",
        json!({ "layer": "none" }),
        expect![[r#"
        id,start,end,text,kind,confidence,speaker.name,speaker.text,speaker.start,speaker.end,cue.text
    "#]],
    );
}

#[test]
fn what_is_no_table_is_refused() {
    let folder = Folder::new();
    let fault = open_sink("csv", &json!({"path": "out.csv", "columns": []}), folder.path()).unwrap_err();
    assert_eq!(fault.message, "a table needs a column");
    let fault =
        open_sink("web-annotation", &json!({"path": "out", "iri": "no iri"}), folder.path()).unwrap_err();
    assert_eq!(fault.message, "`no iri` does not start an IRI");
}

#[test]
fn an_annotation_has_what_the_recommendation_asks_for() {
    check(
        "web-annotation",
        json!({ "iri_field": "url" }),
        expect![[r#"
        {"@context":["http://www.w3.org/ns/anno.jsonld",{"textmill":"urn:textmill:vocabulary:"}],"id":"https://example.org/a#quotes-0","type":"Annotation","motivation":"classifying","generator":{"id":"urn:textmill:program","type":"Software","name":"textmill"},"body":[{"type":"TextualBody","purpose":"tagging","value":"quotes"},{"type":"TextualBody","purpose":"classifying","value":"direct","textmill:attribute":"kind"},{"type":"SpecificResource","source":"https://example.org/a","selector":[{"type":"TextPositionSelector","start":30,"end":33},{"type":"TextQuoteSelector","exact":"Ann","prefix":"„Rain, \"rain\"\nand rain“, said ","suffix":"."}],"purpose":"linking","textmill:part":"speaker"},{"type":"TextualBody","purpose":"identifying","value":"Ann Lee","textmill:attribute":"speaker.name"},{"type":"SpecificResource","source":"https://example.org/a","selector":[{"type":"TextPositionSelector","start":25,"end":29},{"type":"TextQuoteSelector","exact":"said","prefix":"„Rain, \"rain\"\nand rain“, ","suffix":" Ann."}],"purpose":"linking","textmill:part":"cue"}],"target":{"type":"SpecificResource","source":"https://example.org/a","selector":[{"type":"TextPositionSelector","start":1,"end":22},{"type":"TextQuoteSelector","exact":"Rain, \"rain\"\nand rain","prefix":"„","suffix":"“, said Ann."}]},"textmill:confidence":0.5}
        {"@context":["http://www.w3.org/ns/anno.jsonld",{"textmill":"urn:textmill:vocabulary:"}],"id":"urn:textmill:c#quotes-0","type":"Annotation","motivation":"classifying","generator":{"id":"urn:textmill:program","type":"Software","name":"textmill"},"body":[{"type":"TextualBody","purpose":"tagging","value":"quotes"},{"type":"TextualBody","purpose":"classifying","value":"mixed","textmill:attribute":"kind"}],"target":{"type":"SpecificResource","source":"urn:textmill:c","selector":[{"type":"TextPositionSelector","start":0,"end":10},{"type":"TextQuoteSelector","exact":"Snow fell.","prefix":"","suffix":" =1+1"}]}}
        {"@context":["http://www.w3.org/ns/anno.jsonld",{"textmill":"urn:textmill:vocabulary:"}],"id":"urn:textmill:c#quotes-1","type":"Annotation","motivation":"classifying","generator":{"id":"urn:textmill:program","type":"Software","name":"textmill"},"body":[{"type":"TextualBody","purpose":"tagging","value":"quotes"}],"target":{"type":"SpecificResource","source":"urn:textmill:c","selector":[{"type":"TextPositionSelector","start":11,"end":15},{"type":"TextQuoteSelector","exact":"=1+1","prefix":"Snow fell. ","suffix":""}]}}
    "#]],
    );
}

/// The members that the Web Annotation Data Model requires, and that ids and offsets hold what they must.
#[test]
fn every_annotation_keeps_the_rules_of_the_model() {
    let lines = written("web-annotation", json!({ "iri": "https://example.org/documents/" }), 2);
    let annotations: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(annotations.len(), 3);
    for annotation in &annotations {
        assert_eq!(annotation["@context"][0], "http://www.w3.org/ns/anno.jsonld"); // 3.1: first of the contexts
        assert_eq!(annotation["type"], "Annotation");
        assert!(annotation["id"].as_str().unwrap().starts_with("https://example.org/documents/"));
        check_resource(&annotation["target"]);
        for body in annotation["body"].as_array().unwrap() {
            match body["type"].as_str().unwrap() {
                "TextualBody" => assert!(body["value"].is_string()),
                _ => check_resource(body),
            }
            assert!(
                ["tagging", "classifying", "identifying", "linking"]
                    .contains(&body["purpose"].as_str().unwrap())
            );
        }
    }
    let mut ids: Vec<&Value> = annotations.iter().map(|it| &it["id"]).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3, "an id is of one annotation");
    assert_eq!(annotations[0]["target"]["source"], "https://example.org/documents/a%20b");
}

/// A specific resource has one source, and selectors of the place told twice alike.
fn check_resource(resource: &Value) {
    assert_eq!(resource["type"], "SpecificResource");
    let source = resource["source"].as_str().unwrap();
    assert!(!source.contains(' '), "{source}");
    let [position, quote] = &resource["selector"].as_array().unwrap()[..] else { panic!("two selectors") };
    assert_eq!(position["type"], "TextPositionSelector");
    assert_eq!(quote["type"], "TextQuoteSelector");
    let text: Value = DOCUMENTS
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap())
        .find(|it| source.ends_with(&*it["id"].as_str().unwrap().replace(' ', "%20")))
        .unwrap();
    let characters: Vec<char> = text["text"].as_str().unwrap().chars().collect();
    let (start, end) =
        (position["start"].as_u64().unwrap() as usize, position["end"].as_u64().unwrap() as usize);
    let show = |from: usize, to: usize| characters[from..to].iter().collect::<String>();
    assert_eq!(quote["exact"], show(start, end));
    assert_eq!(quote["prefix"], show(start.saturating_sub(32), start));
    assert_eq!(quote["suffix"], show(end, characters.len().min(end + 32)));
}
