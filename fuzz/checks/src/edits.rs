//! Edits: what was not edited keeps its characters, its annotations, and the way back to the source.

use std::sync::Arc;

use textmill_model::{Document, Edit, Span, check_edits};

const TEXT: &str =
    "“Rain,” said Ann: “naïve æther — 雨が降った。” It fell, ten mm. é\u{301}\r\n\r\nTell a friend 🌧️\n";

/// Takes bytes in threes for edits (start, length, what comes instead), a byte 255 for the end of a round.
pub(crate) fn edits(bytes: &[u8]) {
    let mut document = Document::new("1", TEXT);
    let layer: Arc<str> = "marks".into();
    let spans = TEXT.char_indices().map(|(at, c)| Span::new(at..at + c.len_utf8()));
    document.annotations.layer_mut(&layer).extend(spans);
    for round in bytes.split(|byte| *byte == 255) {
        let edits: Vec<Edit> = round.chunks_exact(3).map(edit).collect();
        if check_edits(document.text(), &edits).is_ok() {
            document.edit(&edits);
        }
        hold(&document);
    }
}

fn edit(bytes: &[u8]) -> Edit {
    let start = usize::from(bytes[0]);
    Edit::replace(
        start..start + usize::from(bytes[1] % 16),
        ["", "+", "été", "雨"][usize::from(bytes[2] % 4)],
    )
}

fn hold(document: &Document) {
    let text = document.text();
    for span in document.annotations.layer("marks") {
        assert!(text.get(span.range()).is_some(), "{span:?} lies in the text, on boundaries");
    }
    for (at, c) in text.char_indices() {
        let source = document.source_range(at..at + c.len_utf8());
        assert!(TEXT.get(source.clone()).is_some(), "{source:?} lies in the source, on boundaries");
    }
    if document.is_unedited() {
        assert_eq!(text, TEXT);
    }
}
