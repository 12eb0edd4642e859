//! `web-annotation`: the spans of one layer as W3C Web Annotations (JSON-LD), one a line.
//!
//! The model is that of the W3C recommendation of 2017 (Web Annotation Data Model): an annotation has an IRI, a target that is a
//! place in a source, and bodies that say something of it. The place is told twice, by offsets
//! (`TextPositionSelector`, code points as the recommendation has it) and by its words and those around
//! (`TextQuoteSelector`), so that it can be found again in a text that changed a little.
//!
//! A span becomes an annotation: the name of its layer a tag; each attribute that is text a `TextualBody`; each part, such as
//! the speaker of a quotation, a body that is a place in the same source. What the model has no words for stands
//! under the prefix `textmill`.

use std::fmt::Write as _;
use std::num::NonZeroU8;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use textmill_model::{Document, Span};

use super::annotations::{Parts, attributes, default_layer};
use super::output::{Compression, Packing, Target};
use crate::offsets::{Offsets, Unit};
use crate::options::OptionFault;

/// Options of sink `web-annotation`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebAnnotationSinkOptions {
    /// The file to write; `-` for standard output. It appears when it is whole.
    pub path: String,
    /// The layer whose spans become annotations.
    #[serde(default = "default_layer")]
    pub layer: String,
    /// What the IRI of a document starts with; its id follows, with `%` escapes where needed.
    #[serde(default = "urn")]
    pub iri: String,
    /// The member of `metadata` that holds a document's own IRI, such as `url`; where it is missing, `iri` and the id serve.
    #[serde(default)]
    pub iri_field: Option<String>,
    /// Why the annotations were made, in the words of the recommendation.
    #[serde(default)]
    pub motivation: Motivation,
    /// How the file is packed.
    #[serde(default)]
    pub compression: Compression,
    /// How hard to pack: 0 to 9 for gzip (6 when not given), 1 to 19 for zstd (3 when not given).
    #[serde(default)]
    pub compression_level: Option<i32>,
    /// How many threads pack, beside those of the run; as many as the run has when not given, at most 8. The bytes are
    /// the same.
    #[serde(default)]
    pub compression_threads: Option<NonZeroU8>,
}

fn urn() -> String {
    "urn:textmill:".to_owned()
}

/// The motivations of the recommendation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the recommendation defines them")]
pub enum Motivation {
    Assessing,
    Bookmarking,
    #[default]
    Classifying,
    Commenting,
    Describing,
    Editing,
    Highlighting,
    Identifying,
    Linking,
    Moderating,
    Questioning,
    Replying,
    Tagging,
}

/// A sink of annotations.
#[derive(Debug)]
pub(super) struct WebAnnotationSink {
    pub(super) target: Target,
    pub(super) annotations: AnnotationLines,
}

impl WebAnnotationSink {
    pub(super) fn new(
        options: WebAnnotationSinkOptions,
        base: &Path,
    ) -> Result<WebAnnotationSink, OptionFault> {
        let WebAnnotationSinkOptions {
            path,
            layer,
            iri,
            iri_field,
            motivation,
            compression,
            compression_level: level,
            compression_threads: threads,
        } = options;
        if !is_iri(&iri) {
            let message = format!("`{iri}` does not start an IRI");
            return Err(OptionFault::new("/iri", message, "such as `https://example.org/documents/`"));
        }
        let target = Target::new(&path, Packing { compression, level, threads }, base)?;
        Ok(WebAnnotationSink { target, annotations: AnnotationLines { layer, iri, iri_field, motivation } })
    }
}

/// Whether a text starts with a scheme and holds nothing that an IRI may not.
fn is_iri(text: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c);
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(plain)
        && !text.contains(forbidden)
}

/// Renders spans as annotations.
#[derive(Debug, Clone)]
pub(super) struct AnnotationLines {
    pub(super) layer: String,
    iri: String,
    iri_field: Option<String>,
    motivation: Motivation,
}

impl AnnotationLines {
    /// The spans of the documents as lines.
    pub(super) fn lines(&self, documents: &[Document]) -> Vec<u8> {
        let mut out = Vec::new();
        for document in documents {
            let parts = Parts::of(document.annotations.layer(&self.layer));
            let source = self.source(document);
            let offsets = Offsets::new(document.text(), Unit::Characters);
            let places = Places { document, source, offsets, parts };
            for (number, span) in places.parts.wholes().enumerate() {
                let annotation = self.annotation(&places, span, number);
                serde_json::to_writer(&mut out, &annotation).expect("memory takes every annotation");
                out.push(b'\n');
            }
        }
        out
    }

    /// The IRI of a document.
    fn source(&self, document: &Document) -> String {
        let field = self.iri_field.as_ref().and_then(|field| document.metadata.get(field));
        let own = field.and_then(|json| serde_json::from_str::<String>(&json).ok()).filter(|it| is_iri(it));
        own.unwrap_or_else(|| format!("{}{}", self.iri, escaped(&document.id)))
    }

    fn annotation(&self, places: &Places<'_>, span: usize, number: usize) -> Value {
        let layer = &self.layer;
        let mut annotation = json!({
            "@context": ["http://www.w3.org/ns/anno.jsonld", { "textmill": VOCABULARY }],
            "id": format!("{}#{}-{number}", places.source, escaped(layer)),
            "type": "Annotation",
            "motivation": self.motivation,
            "generator": { "id": "urn:textmill:program", "type": "Software", "name": "textmill" },
        });
        let mut bodies = vec![json!({ "type": "TextualBody", "purpose": "tagging", "value": layer })];
        let whole = &places.parts.spans[span];
        let other = say(&mut bodies, whole, "classifying", "");
        for part in places.parts.of_whole(span).into_iter().flatten() {
            let place = &places.parts.spans[part];
            let mut body = places.place(place);
            body["purpose"] = "linking".into();
            body["textmill:part"] = (*place.name).into();
            let mut names = Vec::new();
            for (name, value) in say(&mut names, place, "identifying", &format!("{}.", place.name)) {
                body[name] = value;
            }
            bodies.push(body);
            bodies.append(&mut names);
        }
        annotation["body"] = bodies.into();
        annotation["target"] = places.place(whole);
        for (name, value) in other {
            annotation[name] = value;
        }
        annotation
    }
}

/// What the members of the model are not enough for.
const VOCABULARY: &str = "urn:textmill:vocabulary:";

/// Adds a body for each attribute that is text; returns the others, named with the prefix.
fn say(bodies: &mut Vec<Value>, span: &Span, purpose: &str, before: &str) -> Map<String, Value> {
    let mut others = Map::new();
    for (name, value) in attributes(span) {
        match value {
            Value::String(text) => bodies.push(json!({
                "type": "TextualBody", "purpose": purpose, "value": text,
                "textmill:attribute": format!("{before}{name}"),
            })),
            Value::Null => {}
            other => {
                others.insert(format!("textmill:{name}"), other);
            }
        }
    }
    others
}

/// The places of a document that annotations speak of.
struct Places<'a> {
    document: &'a Document,
    source: String,
    offsets: Offsets<'a>,
    parts: Parts<'a>,
}

/// So many characters before and behind a place help to find it again.
const AROUND_CHARACTERS: usize = 32;

impl Places<'_> {
    fn place(&self, span: &Span) -> Value {
        let text = self.document.text();
        let (before, after) = (&text[..span.start], &text[span.end..]);
        let from = before.char_indices().rev().nth(AROUND_CHARACTERS - 1).map_or(0, |(at, _)| at);
        let to = after.char_indices().nth(AROUND_CHARACTERS).map_or(after.len(), |(at, _)| at);
        json!({
            "type": "SpecificResource",
            "source": self.source,
            "selector": [
                {
                    "type": "TextPositionSelector",
                    "start": self.offsets.in_units(span.start),
                    "end": self.offsets.in_units(span.end),
                },
                {
                    "type": "TextQuoteSelector",
                    "exact": &text[span.range()],
                    "prefix": &before[from..],
                    "suffix": &after[..to],
                },
            ],
        })
    }
}

/// An id as the part of an IRI: letters, digits and a few signs stay, other bytes are escaped.
fn escaped(id: &str) -> String {
    let mut iri = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                iri.push(byte.into());
            }
            _ => write!(iri, "%{byte:02X}").expect("a string takes all"),
        }
    }
    iri
}
