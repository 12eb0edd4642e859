//! The document: one text with all that is known of it.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::edit::{Moves, edited};
use crate::text::Text;
use crate::{Annotations, BatchBytes, BatchTexts, Edit, JsonObject, ScannedString, SourceMap};

/// One text with an id, metadata, annotations, and the place it came from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What the user calls it: the `id` of its record, or one made of path and record number.
    pub id: String,
    /// Its place in the corpus: ascends over the whole input, and is the only tie-breaker allowed.
    pub seq: u64,
    /// Where it came from.
    pub origin: Origin,
    /// What the source said of it, and what stages added.
    pub metadata: JsonObject,
    /// Members of its record that nobody here knows, as raw JSON members without braces: `"url":"…","n":1`.
    pub passthrough: String,
    /// What stages found out.
    pub annotations: Annotations,
    text: Text,
    source_map: SourceMap,
}

/// The place a document came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file as the user named it; `-` for standard input.
    pub path: Arc<str>,
    /// Which record of the file, counted from 0; for JSONL the line.
    pub record: u64,
    /// The character set that it was decoded from, when it was not UTF-8: `windows-1252`.
    pub encoding: Option<Arc<str>>,
}

impl Default for Origin {
    fn default() -> Self {
        Origin { path: "".into(), record: 0, encoding: None }
    }
}

impl Document {
    /// A document of `text` as a source read it.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Document {
        Document { id: id.into(), text: Text::from(text.into()), ..Document::default() }
    }

    /// A document whose text stands at `start` of `batch` as a JSON string, as [`crate::scan_string`] found it there. It
    /// is taken out when somebody looks at it.
    pub fn in_record(
        id: impl Into<String>,
        batch: &Arc<BatchBytes>,
        start: usize,
        text: ScannedString,
    ) -> Document {
        Document { id: id.into(), text: Text::in_record(batch, start, text), ..Document::default() }
    }

    /// Says that the text, which stands in a record, was taken out of it into `texts`.
    pub fn share_text(&mut self, texts: &Arc<BatchTexts>, range: Range<usize>) {
        self.text.share(texts, range);
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        self.text.as_str()
    }

    /// How long the text is. Cheaper than to look at it.
    pub fn text_bytes(&self) -> usize {
        self.text.bytes()
    }

    /// The text as a JSON string, where its record has it just so: what need not be escaped again.
    pub fn text_as_json(&self) -> Option<&[u8]> {
        self.text.canonical_json()
    }

    /// Whether no stage changed the text.
    pub fn is_unedited(&self) -> bool {
        self.source_map.is_identity()
    }

    /// The range of the source text, in bytes, that a range of the present text came from.
    pub fn source_range(&self, range: Range<usize>) -> Range<usize> {
        self.source_map.source(range)
    }

    /// Applies edits that [`crate::check_edits`] found sound; annotations and the way to the source follow.
    ///
    /// # Examples
    ///
    /// ```
    /// use textmill_model::{Document, Edit, Span};
    ///
    /// let mut document = Document::new("1", "Tell a friend\nRain fell.");
    /// document.annotations.layer_mut(&"sentences".into()).push(Span::new(14..24));
    /// document.edit(&[Edit::remove(0..14)]);
    /// assert_eq!(document.text(), "Rain fell.");
    /// assert_eq!(document.annotations.layer("sentences")[0].range(), 0..10);
    /// assert_eq!(document.source_range(0..10), 14..24);
    /// ```
    pub fn edit(&mut self, edits: &[Edit]) {
        if edits.is_empty() {
            return;
        }
        self.text = Text::from(edited(self.text(), edits));
        self.annotations.follow(&Moves::new(edits));
        self.source_map.edit(edits);
    }

    /// The JSON text of a field, named as it stands in the output: `id`, `origin.path`, `metadata.site`,
    /// `annotations.dedup.cluster`. `None` when there is none.
    pub fn field(&self, name: &str) -> Option<String> {
        let string = |text: &str| Some(serde_json::Value::from(text).to_string());
        match name.split_once('.') {
            None if name == "id" => string(&self.id),
            Some(("origin", "path")) => string(&self.origin.path),
            Some(("origin", "record")) => Some(self.origin.record.to_string()),
            Some(("metadata", rest)) => self.metadata.get(rest),
            Some(("annotations", rest)) => self.annotations.value(rest).map(str::to_owned),
            _ if self.passthrough.is_empty() => None,
            _ => JsonObject::from_raw(format!("{{{}}}", self.passthrough))?.get(name),
        }
    }

    /// Sets a field that stages may write: below `metadata` or `annotations`. Says whether it was one.
    pub fn set_field(&mut self, name: &str, json: &str) -> bool {
        match name.split_once('.') {
            Some(("metadata", rest)) => self.metadata.set(rest, json),
            Some(("annotations", rest)) => self.annotations.set(&rest.into(), json),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_as_in_the_output() {
        let mut document = Document::new("a", "text");
        document.origin.path = "x.jsonl".into();
        document.passthrough = r#""url":"https://example.org""#.into();
        assert!(document.set_field("metadata.lang", "\"en\""));
        assert!(document.set_field("annotations.dedup.cluster", "17"));
        assert!(!document.set_field("id", "\"b\""));
        let shown = ["id", "origin.path", "metadata.lang", "annotations.dedup.cluster", "url", "none"]
            .map(|name| document.field(name).unwrap_or_default());
        assert_eq!(shown, ["\"a\"", "\"x.jsonl\"", "\"en\"", "17", "\"https://example.org\"", ""]);
    }
}
