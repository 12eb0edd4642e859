//! What a sink writes a source reads back as it was.

use proptest::prelude::*;
use serde_json::json;
use textmill_io::{OutputSchema, spill};
use textmill_model::{Document, JsonObject, Layer, Origin, Span, Value};

use crate::Folder;

/// A span of `text` by two places in it, given as shares.
fn span(text: &str, (a, b): (u16, u16)) -> Span {
    let place =
        |share: u16| text.floor_char_boundary(text.len() * usize::from(share) / usize::from(u16::MAX));
    let (a, b) = (place(a), place(b));
    Span::new(a.min(b)..a.max(b))
}

/// A whole with attributes and parts, the parts behind it and those of one name together, as a source reads them.
fn quote(text: &str, spans: &mut Vec<Span>, at: (u16, u16), attribute: &str, parts: &[(u16, u16)]) {
    let whole = spans.len() as u32;
    let attributes = serde_json::to_string(attribute).unwrap();
    spans.push(Span { attributes: format!("\"kind\":{attributes},\"n\":[1.0]").into(), ..span(text, at) });
    for (i, part) in parts.iter().enumerate() {
        let name = if i < 2 { "speaker" } else { "cue" };
        let parent = if i == 3 { whole + 3 } else { whole };
        spans.push(Span { parent: Some(parent), name: name.into(), ..span(text, *part) });
    }
}

fn any_document() -> impl Strategy<Value = Document> {
    let place = || any::<(u16, u16)>();
    let quotes =
        proptest::collection::vec((place(), any::<String>(), proptest::collection::vec(place(), 0..5)), 1..4);
    let parts = (any::<String>(), "(?s).{0,300}", any::<String>(), any::<u32>(), any::<Option<u8>>(), quotes);
    parts.prop_map(|(id, text, name, record, flags, quotes)| {
        let mut document = Document::new(id, text.clone());
        let encoding = flags.map(|_| "windows-1252".into());
        document.origin = Origin { path: name.as_str().into(), record: record.into(), encoding };
        let quoted = serde_json::to_string(&name).unwrap();
        if flags.is_some_and(|flags| flags % 2 == 0) {
            document.metadata = JsonObject::from_raw(format!("{{{quoted} : 1.0}}")).unwrap();
            document.passthrough = format!("\"x{}: [{quoted} , -0.0],\"y\":null", &quoted[1..]);
            document.annotations.values.push(Value { name: "summary.text".into(), json: quoted.into() });
        }
        for layer in ["quotes", "summary.sentences"] {
            let mut spans = Vec::new();
            for (at, attribute, parts) in &quotes {
                quote(&text, &mut spans, *at, attribute, parts);
            }
            document.annotations.layers.push(Layer { name: layer.into(), spans });
        }
        document
    })
}

fn some_documents() -> impl Strategy<Value = Vec<Document>> {
    proptest::collection::vec(any_document(), 0..4).prop_map(|mut documents| {
        documents.iter_mut().zip(0..).for_each(|(document, seq)| document.seq = seq);
        documents
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn documents_are_read_as_they_were_written(documents in some_documents()) {
        let folder = Folder::new();
        for unit in ["characters", "bytes", "utf16"] {
            let sink = json!({"path": "a.jsonl", "offsets": unit});
            let written = folder.write(&sink, OutputSchema::default(), &documents, 2);
            let read = folder.read("jsonl", &json!({"paths": ["a.jsonl"], "offsets": unit}), 1 << 20);
            prop_assert_eq!(&read.documents, &documents);
            prop_assert_eq!(read.rejects.len() + read.warnings.len(), 0);
            let again = folder.write(&sink, OutputSchema::default(), &read.documents, 1);
            prop_assert_eq!(again, written);
        }
    }

    #[test]
    fn spilled_documents_come_back_exactly(documents in some_documents()) {
        prop_assert_eq!(spill::decode(&spill::encode(&documents)).unwrap(), documents);
    }
}
