//! The member `annotations`: layers and values as nested JSON.
//!
//! Names are paths: layer `summary.sentences` and value `summary.text` both stand inside `"summary":{…}`. What
//! the plan writes comes first, in its order and in every record; what a document brought along comes behind.
//! Where a path leads through a leaf, as after a stage that replaces `dedup` by `dedup.cluster`, the leaf goes.

use std::cell::OnceCell;
use std::sync::Arc;

use serde_json::{Map, Value};
use textmill_model::{Annotations, Document, Span};

use super::OutputSchema;
use crate::json::{push_number, push_string};
use crate::offsets::{Offsets, Unit};

/// How spans are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpanForm {
    pub(super) unit: Unit,
    pub(super) source_offsets: bool,
}

/// Writes the annotations of documents.
#[derive(Debug)]
pub(super) struct AnnotationsWriter {
    outline: Outline,
    form: SpanForm,
}

/// Which members there are, as a tree.
#[derive(Debug, Clone, Default)]
struct Outline {
    members: Vec<Member>,
    paths: Vec<Arc<str>>, // of all leaves
}

#[derive(Debug, Clone)]
struct Member {
    name: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Object(Vec<Member>),
    Leaf { path: Arc<str>, absent: &'static str },
}

impl AnnotationsWriter {
    pub(super) fn new(schema: &OutputSchema, form: SpanForm) -> AnnotationsWriter {
        let mut outline = Outline::default();
        for layer in &schema.layers {
            outline.add(layer, "[]");
        }
        for field in schema.fields.iter().filter_map(|field| field.strip_prefix("annotations.")) {
            outline.add(&field.into(), "null");
        }
        AnnotationsWriter { outline, form }
    }

    /// Appends the annotations of `document` as a JSON object.
    pub(super) fn push(&self, out: &mut Vec<u8>, document: &Document) {
        let annotations = &document.annotations;
        let render = Render { document, offsets: OnceCell::new(), form: self.form };
        let layers = annotations.layers.iter().map(|layer| (&layer.name, "[]"));
        let values = annotations.values.iter().map(|value| (&value.name, "null"));
        let brought: Vec<_> = layers.chain(values).filter(|(name, _)| !self.outline.has(name)).collect();
        if brought.is_empty() {
            return render.object(out, &self.outline.members);
        }
        let mut outline = self.outline.clone();
        for (name, absent) in brought {
            outline.add(name, absent);
        }
        render.object(out, &outline.members);
    }
}

impl Outline {
    fn has(&self, path: &Arc<str>) -> bool {
        self.paths.iter().any(|known| Arc::ptr_eq(known, path) || known == path)
    }

    fn add(&mut self, path: &Arc<str>, absent: &'static str) {
        if self.has(path) {
            return;
        }
        self.paths.push(Arc::clone(path));
        let mut members = &mut self.members;
        let mut steps = path.split('.').peekable();
        while let Some(step) = steps.next() {
            let i = members.iter().position(|member| member.name == step).unwrap_or_else(|| {
                members.push(Member { name: step.to_owned(), content: Content::Object(Vec::new()) });
                members.len() - 1
            });
            let content = &mut members[i].content;
            let last = steps.peek().is_none();
            match content {
                Content::Object(inner) if last && !inner.is_empty() => return,
                Content::Object(_) if last => *content = Content::Leaf { path: Arc::clone(path), absent },
                Content::Leaf { .. } => *content = Content::Object(Vec::new()),
                Content::Object(_) => {}
            }
            match content {
                Content::Object(inner) => members = inner,
                Content::Leaf { .. } => return,
            }
        }
    }
}

struct Render<'a> {
    document: &'a Document,
    /// Made when the first span comes: a text without any may stay where it is.
    offsets: OnceCell<Offsets<'a>>,
    form: SpanForm,
}

/// Parts of parts of parts: no deeper than this, whatever a plugin makes up.
const DEPTH_MAX: usize = 32;

impl Render<'_> {
    fn object(&self, out: &mut Vec<u8>, members: &[Member]) {
        out.push(b'{');
        for (i, member) in members.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            push_string(out, &member.name);
            out.push(b':');
            match &member.content {
                Content::Object(inner) => self.object(out, inner),
                Content::Leaf { path, absent } => self.leaf(out, path, absent),
            }
        }
        out.push(b'}');
    }

    fn leaf(&self, out: &mut Vec<u8>, path: &Arc<str>, absent: &str) {
        let Annotations { layers, values } = &self.document.annotations;
        if let Some(layer) = layers.iter().find(|layer| layer.name == *path) {
            return self.layer(out, &layer.spans);
        }
        let value = values.iter().find(|value| value.name == *path);
        out.extend_from_slice(value.map_or(absent, |value| &value.json).as_bytes());
    }

    fn layer(&self, out: &mut Vec<u8>, spans: &[Span]) {
        let parts = Parts::of(spans);
        out.push(b'[');
        for (n, span) in parts.wholes().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            self.span(out, span, &parts, DEPTH_MAX);
        }
        out.push(b']');
    }

    fn span(&self, out: &mut Vec<u8>, index: usize, parts: &Parts<'_>, depth: usize) {
        let span = &parts.spans[index];
        let offsets = self.offsets.get_or_init(|| Offsets::new(self.document.text(), self.form.unit));
        out.extend_from_slice(b"{\"start\":");
        push_number(out, offsets.in_units(span.start) as u64);
        out.extend_from_slice(b",\"end\":");
        push_number(out, offsets.in_units(span.end) as u64);
        if self.form.source_offsets {
            let source = self.document.source_range(span.range());
            out.extend_from_slice(b",\"source_start\":");
            push_number(out, source.start as u64);
            out.extend_from_slice(b",\"source_end\":");
            push_number(out, source.end as u64);
        }
        out.extend_from_slice(b",\"text\":");
        push_string(out, &self.document.text()[span.range()]);
        if !span.attributes.is_empty() {
            out.push(b',');
            out.extend_from_slice(span.attributes.as_bytes());
        }
        if depth > 0 {
            self.parts(out, index, parts, depth - 1);
        }
        out.push(b'}');
    }

    /// The parts of a span as members: one is an object, several of one name are an array.
    fn parts(&self, out: &mut Vec<u8>, whole: usize, parts: &Parts<'_>, depth: usize) {
        for alike in parts.of_whole(whole) {
            out.push(b',');
            push_string(out, &parts.spans[alike[0]].name);
            out.push(b':');
            if let [only] = *alike {
                self.span(out, only, parts, depth);
                continue;
            }
            for (n, part) in alike.iter().enumerate() {
                out.push(if n == 0 { b'[' } else { b',' });
                self.span(out, *part, parts, depth);
            }
            out.push(b']');
        }
    }
}

/// The spans of a layer, and which are parts of which.
pub(super) struct Parts<'a> {
    pub(super) spans: &'a [Span],
    pairs: Vec<(usize, usize)>, // whole and part, sorted
}

impl<'a> Parts<'a> {
    pub(super) fn of(spans: &'a [Span]) -> Parts<'a> {
        let pair = |(i, span): (usize, &Span)| Some((whole_of(span, i)?, i));
        let mut pairs: Vec<_> = spans.iter().enumerate().filter_map(pair).collect();
        pairs.sort_unstable();
        Parts { spans, pairs }
    }

    /// The spans that are part of no other.
    pub(super) fn wholes(&self) -> impl Iterator<Item = usize> {
        let spans = self.spans.iter().enumerate();
        spans.filter(|(i, span)| whole_of(span, *i).is_none()).map(|(i, _)| i)
    }

    /// The parts of a span, those of one name together, names in the order in which they first come.
    pub(super) fn of_whole(&self, whole: usize) -> Vec<Vec<usize>> {
        let start = self.pairs.partition_point(|pair| pair.0 < whole);
        let end = self.pairs.partition_point(|pair| pair.0 <= whole);
        let mut parts: Vec<usize> = self.pairs[start..end].iter().map(|pair| pair.1).collect();
        let name = |part: &usize| &self.spans[*part].name;
        parts.sort_by_key(name); // stable, so that those of one name stay in their order
        let mut groups: Vec<Vec<usize>> =
            parts.chunk_by(|a, b| name(a) == name(b)).map(<[usize]>::to_vec).collect();
        groups.sort_by_key(|alike| alike[0]);
        groups
    }
}

/// The span that this one is a part of; a part stands behind its whole.
fn whole_of(span: &Span, index: usize) -> Option<usize> {
    span.parent.map(|parent| parent as usize).filter(|parent| *parent < index)
}

/// The attributes of a span, which are JSON members without braces.
pub(super) fn attributes(span: &Span) -> Map<String, Value> {
    serde_json::from_str(&format!("{{{}}}", span.attributes)).unwrap_or_default()
}

/// The layer that sinks of spans write when none is named.
pub(super) fn default_layer() -> String {
    "quotes".to_owned()
}
