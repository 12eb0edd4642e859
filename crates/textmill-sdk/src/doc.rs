//! A document as a stage sees it, and what the stage says of it.

use std::fmt::Write;
use std::io;
use std::ops::Range;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{StageError, StageInfo, Verdict};

/// One document: read it, and say what you found.
///
/// What is said is put down and takes effect when the stage returns [`Verdict::Keep`] or drops the document, so the
/// text never changes under the stage's feet. Names that the stage did not declare in [`StageInfo`] fail the document.
pub struct Doc<'a> {
    pub(crate) text: &'a str,
    pub(crate) id: &'a str,
    pub(crate) seq: u64,
    pub(crate) index: u32,
    pub(crate) info: &'a StageInfo,
    pub(crate) field_names: &'a [String],
    pub(crate) fields: Vec<Option<&'a str>>,
    pub(crate) spans: Vec<(u32, SpanView<'a>)>,
    pub(crate) found: &'a mut Found,
}

/// A span of a layer that an earlier stage wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanView<'a> {
    /// The bytes it covers.
    pub range: Range<usize>,
    /// Which part it is; empty for a whole.
    pub name: &'a str,
    /// The span that it is a part of, as an index into the layer.
    pub parent: Option<usize>,
    /// Its attributes, as JSON members without braces.
    pub attributes: &'a str,
}

impl<'a> Doc<'a> {
    /// The text, as the stages before left it.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The id that the user knows it by.
    pub fn id(&self) -> &'a str {
        self.id
    }

    /// Its place in the corpus: ascends, and is the only thing that may break a tie.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// A field that [`Stage::reads`](crate::Stage::reads) asked for. `None` when the document has none or it is of
    /// another type.
    pub fn field<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.field_json(name)?).ok()
    }

    /// The JSON text of a field that [`Stage::reads`](crate::Stage::reads) asked for.
    pub fn field_json(&self, name: &str) -> Option<&'a str> {
        *self.fields.get(self.field_names.iter().position(|field| field == name)?)?
    }

    /// The spans of a layer in [`StageInfo::needs`] or [`StageInfo::uses`], in the order in which they were made.
    pub fn layer(&self, name: &str) -> Vec<SpanView<'a>> {
        let mut readable = self.info.needs.iter().chain(self.info.uses);
        let Some(layer) = readable.position(|layer| *layer == name) else {
            return Vec::new();
        };
        self.spans.iter().filter(|(of, _)| *of as usize == layer).map(|(_, span)| span.clone()).collect()
    }

    /// Takes `range` out of the text, by a rule of [`StageInfo::rules`]. Edits come in ascending order and apart.
    pub fn remove(&mut self, range: Range<usize>, rule: &str) {
        self.replace(range, "", rule);
    }

    /// Puts `text` in the place of `range`, by a rule of [`StageInfo::rules`].
    pub fn replace(&mut self, range: Range<usize>, text: &str, rule: &str) {
        if let Some(rule) = self.declared("rule", self.info.rules, rule) {
            let text = self.found.keep(text);
            self.found.edits.push(FoundEdit { document: self.index, rule, range, text });
        }
    }

    /// Adds a span to a layer of [`StageInfo::layers`].
    pub fn annotate(&mut self, layer: &str, span: Span) {
        if let Some(layer) = self.declared("layer", self.info.layers, layer) {
            self.add_span(layer, span, "", None);
        }
    }

    /// Sets a field of [`StageInfo::fields`] to anything that can be JSON.
    pub fn set(&mut self, field: &str, value: impl Serialize) {
        let Some(index) = self.declared("field", self.info.fields, field) else { return };
        match self.found.keep_json(value) {
            Ok(json) => self.found.values.push(FoundValue { document: self.index, field: index, json }),
            Err(err) => self.found.fault(format!("the value of field `{field}` can't be JSON: {err}")),
        }
    }

    /// Adds to a counter of [`StageInfo::counters`].
    pub fn count(&mut self, counter: &str, by: u64) {
        if let Some(counter) = self.declared("counter", self.info.counters, counter) {
            let count = &mut self.found.counts[counter as usize];
            *count = count.saturating_add(by);
        }
    }

    /// Adds a row to a side file of [`StageInfo::tables`]: anything that can be JSON. It is written whether the
    /// document is kept or dropped, and forgotten when this stage fails on it.
    pub fn row(&mut self, table: &str, value: impl Serialize) {
        if let Some(table) = self.declared("table", self.info.tables, table) {
            self.found.row(self.index, table, value);
        }
    }

    fn add_span(&mut self, layer: u32, span: Span, name: &str, parent: Option<u32>) {
        if let Some(fault) = span.fault {
            self.found.fault(fault);
        }
        let index = self.found.next_in(layer);
        let (name, attributes) = (self.found.keep(name), self.found.keep(&span.attributes));
        self.found.spans.push(FoundSpan {
            document: self.index,
            layer,
            range: span.range,
            parent,
            name,
            attributes,
        });
        for (name, part) in span.parts {
            self.add_span(layer, part, name, Some(index));
        }
    }

    fn declared(&mut self, what: &str, names: &[&str], name: &str) -> Option<u32> {
        self.found.declared(self.info, what, names, name)
    }
}

/// The side files of a stage when all documents are through, for what is to be said of all of them.
pub struct Tables<'a> {
    pub(crate) info: &'a StageInfo,
    pub(crate) found: &'a mut Found,
}

impl Tables<'_> {
    /// Adds a row to a side file of [`StageInfo::tables`]: anything that can be JSON.
    pub fn row(&mut self, table: &str, value: impl Serialize) {
        if let Some(table) = self.found.declared(self.info, "table", self.info.tables, table) {
            self.found.row(textmill_abi::NONE, table, value);
        }
    }
}

/// A span to annotate: a range of the text with attributes and parts.
///
/// # Examples
///
/// ```
/// use textmill_sdk::Span;
///
/// // “Rain,” said Ann  ->  {"start":0,…,"kind":"direct","speaker":{"start":15,…,"name":"Ann"}}
/// let quote = Span::new(0..11).attr("kind", "direct").part("speaker", Span::new(17..20).attr("name", "Ann"));
/// ```
#[derive(Debug, Clone)]
pub struct Span {
    range: Range<usize>,
    attributes: String,
    parts: Vec<(&'static str, Span)>,
    fault: Option<String>, // why an attribute is missing
}

impl Span {
    /// A span over `range`, in bytes, on character boundaries.
    pub fn new(range: Range<usize>) -> Span {
        Span { range, attributes: String::new(), parts: Vec::new(), fault: None }
    }

    /// Adds an attribute, one of each name: anything that can be JSON. What can't be fails the document when the span
    /// is given to [`Doc::annotate`].
    ///
    /// The program itself writes `start`, `end`, `text`, `source_start` and `source_end`; those names are taken.
    #[must_use]
    pub fn attr(mut self, name: &str, value: impl Serialize) -> Span {
        match serde_json::to_string(&value) {
            Ok(value) => {
                let comma = if self.attributes.is_empty() { "" } else { "," };
                let name = serde_json::Value::from(name);
                // Writing to a String can't fail.
                let _ = write!(self.attributes, "{comma}{name}:{value}");
            }
            Err(err) => {
                self.fault.get_or_insert_with(|| format!("attribute `{name}` can't be JSON: {err}"));
            }
        }
        self
    }

    /// Adds a part: a span of its own inside the annotation, such as the speaker of a quote. Several of one name
    /// become a list. The names that are taken for attributes are taken for parts, and so are those of attributes.
    #[must_use]
    pub fn part(mut self, name: &'static str, part: Span) -> Span {
        self.parts.push((name, part));
        self
    }
}

/// What a stage said of the documents of a batch. Strings stand in one arena, so that a batch costs few allocations.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) arena: String,
    pub(crate) edits: Vec<FoundEdit>,
    pub(crate) spans: Vec<FoundSpan>,
    pub(crate) values: Vec<FoundValue>,
    pub(crate) rows: Vec<FoundRow>,
    pub(crate) counts: Vec<u64>,
    fault: Option<String>,
    spans_in: Vec<u32>, // how many spans the present document has in each layer
    before: Before,
}

/// Where things stood before the present document, to get back to when it fails.
#[derive(Default)]
struct Before {
    arena: usize,
    edits: usize,
    spans: usize,
    values: usize,
    rows: usize,
    counts: Vec<u64>,
}

pub(crate) struct FoundEdit {
    pub(crate) document: u32,
    pub(crate) rule: u32,
    pub(crate) range: Range<usize>,
    pub(crate) text: Range<usize>,
}

pub(crate) struct FoundSpan {
    pub(crate) document: u32,
    pub(crate) layer: u32,
    pub(crate) range: Range<usize>,
    pub(crate) parent: Option<u32>,
    pub(crate) name: Range<usize>,
    pub(crate) attributes: Range<usize>,
}

pub(crate) struct FoundValue {
    pub(crate) document: u32,
    pub(crate) field: u32,
    pub(crate) json: Range<usize>,
}

pub(crate) struct FoundRow {
    pub(crate) document: u32,
    pub(crate) table: u32,
    pub(crate) json: Range<usize>,
}

impl Found {
    /// Forgets everything, keeps the memory. What comes is about a batch for the stage of `info`.
    pub(crate) fn clear(&mut self, info: &StageInfo) {
        self.arena.clear();
        self.edits.clear();
        self.spans.clear();
        self.values.clear();
        self.rows.clear();
        self.counts.clear();
        self.counts.resize(info.counters.len(), 0);
        self.spans_in.resize(info.layers.len(), 0);
        self.fault = None;
    }

    /// From here on it is about the next document.
    pub(crate) fn begin(&mut self) {
        if !self.spans_in.is_empty() {
            self.spans_in.fill(0); // measured: glibc takes 80 ns to fill nothing with AVX-512
        }
        self.before.arena = self.arena.len();
        self.before.edits = self.edits.len();
        self.before.spans = self.spans.len();
        self.before.values = self.values.len();
        self.before.rows = self.rows.len();
        self.before.counts.clone_from(&self.counts);
    }

    /// Settles a document: what a failed one said is forgotten.
    pub(crate) fn settle(&mut self, result: Result<Verdict, StageError>) -> Result<Verdict, String> {
        let result = match (self.fault.take(), result) {
            (Some(fault), _) => Err(fault),
            (None, result) => result.map_err(|err| err.message),
        };
        if result.is_err() {
            self.forget_document();
        }
        result
    }

    fn forget_document(&mut self) {
        self.arena.truncate(self.before.arena);
        self.edits.truncate(self.before.edits);
        self.spans.truncate(self.before.spans);
        self.values.truncate(self.before.values);
        self.rows.truncate(self.before.rows);
        self.counts.clone_from(&self.before.counts);
    }

    pub(crate) fn kept(&self, range: &Range<usize>) -> &str {
        &self.arena[range.clone()]
    }

    fn declared(&mut self, info: &StageInfo, what: &str, names: &[&str], name: &str) -> Option<u32> {
        let index = names.iter().position(|declared| *declared == name);
        if index.is_none() {
            self.fault(format!("{what} `{name}` is not declared by stage `{}`", info.name));
        }
        index.map(|i| i as u32)
    }

    fn row(&mut self, document: u32, table: u32, value: impl Serialize) {
        match self.keep_json(value) {
            Ok(json) => self.rows.push(FoundRow { document, table, json }),
            Err(err) => self.fault(format!("a row can't be JSON: {err}")),
        }
    }

    /// Keeps a value as JSON; nothing of one that can't be JSON.
    fn keep_json(&mut self, value: impl Serialize) -> serde_json::Result<Range<usize>> {
        let start = self.arena.len();
        let written = serde_json::to_writer(Appending(&mut self.arena), &value);
        if written.is_err() {
            self.arena.truncate(start);
        }
        written.map(|()| start..self.arena.len())
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let start = self.arena.len();
        self.arena.push_str(text);
        start..self.arena.len()
    }

    fn fault(&mut self, message: String) {
        self.fault.get_or_insert(message);
    }

    /// The index of the next span of the present document in `layer`.
    fn next_in(&mut self, layer: u32) -> u32 {
        let next = &mut self.spans_in[layer as usize];
        *next += 1;
        *next - 1
    }
}

/// Writes to the end of a text.
struct Appending<'a>(&'a mut String);

impl io::Write for Appending<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push_str(str::from_utf8(bytes).map_err(io::Error::other)?);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const INFO: StageInfo =
        StageInfo { layers: &["marks"], fields: &["metadata.mark"], ..StageInfo::new("marks") };

    /// What becomes of a document of which `work` says something.
    fn settled(work: impl FnOnce(&mut Doc<'_>)) -> Result<Verdict, String> {
        let mut found = Found::default();
        found.clear(&INFO);
        found.begin();
        work(&mut Doc {
            text: "Rain fell.",
            id: "1",
            seq: 0,
            index: 0,
            info: &INFO,
            field_names: &[],
            fields: Vec::new(),
            spans: Vec::new(),
            found: &mut found,
        });
        found.settle(Ok(Verdict::Keep))
    }

    #[test]
    fn what_cannot_be_json_fails_the_document() {
        let no_json = BTreeMap::from([((1, 2), 3)]);
        let annotated = |span: Span| settled(|doc| doc.annotate("marks", span)).unwrap_err();
        let fault = "attribute `odd` can't be JSON: key must be a string";
        assert_eq!(annotated(Span::new(0..4).attr("odd", &no_json).attr("kind", "rain")), fault);
        assert_eq!(annotated(Span::new(0..4).part("inner", Span::new(0..1).attr("odd", &no_json))), fault);
        let set = settled(|doc| doc.set("metadata.mark", &no_json));
        assert_eq!(
            set.unwrap_err(),
            "the value of field `metadata.mark` can't be JSON: key must be a string"
        );
    }
}
