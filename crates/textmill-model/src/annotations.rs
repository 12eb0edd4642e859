//! Annotations: what stages found out about a document.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::edit::Moves;

/// All annotations of one document.
///
/// Two shapes: a *layer* is a list of spans of the text (`quotes`), a *value* is one piece of JSON about the
/// whole document (`dedup.duplicate_of`). Names are paths below `annotations` in the output, dots leading inward.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Annotations {
    /// Layers in the order in which they were made, each name once.
    pub layers: Vec<Layer>,
    /// Values in the order in which they were first set, each name once.
    pub values: Vec<Value>,
}

/// A named list of spans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Path below `annotations`, such as `quotes` or `summary.sentences`.
    pub name: Arc<str>,
    /// The spans in the order in which the stage gave them; a part stands behind its whole.
    pub spans: Vec<Span>,
}

/// A range of the text with attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte behind.
    pub end: usize,
    /// The span of the same layer that this is a part of, as an index; the speaker of a quote.
    pub parent: Option<u32>,
    /// Which part it is (`speaker`); empty for a span that stands for itself.
    pub name: Box<str>,
    /// Attributes as JSON members without the braces: `"kind":"direct"`. May be empty.
    pub attributes: Box<str>,
}

/// The members of a span that the program itself writes: no attribute and no part may have one of these names.
pub const SPAN_MEMBERS: &[&str] = &["start", "end", "text", "source_start", "source_end"];

/// A piece of JSON about the whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// Path below `annotations`, such as `dedup.duplicate_of`.
    pub name: Arc<str>,
    /// JSON text.
    pub json: Box<str>,
}

impl Span {
    /// A span that stands for itself, without attributes.
    pub fn new(range: Range<usize>) -> Span {
        Span { start: range.start, end: range.end, parent: None, name: "".into(), attributes: "".into() }
    }

    /// The bytes it covers.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

impl Annotations {
    /// The spans of layer `name`; empty when there is none.
    pub fn layer(&self, name: &str) -> &[Span] {
        self.layers.iter().find(|layer| &*layer.name == name).map_or(&[], |layer| &layer.spans)
    }

    /// The layer `name`, made when it is not there yet.
    pub fn layer_mut(&mut self, name: &Arc<str>) -> &mut Vec<Span> {
        let i = self.layers.iter().position(|layer| layer.name == *name).unwrap_or_else(|| {
            self.layers.push(Layer { name: Arc::clone(name), spans: Vec::new() });
            self.layers.len() - 1
        });
        &mut self.layers[i].spans
    }

    /// The JSON text of value `name`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|value| &*value.name == name).map(|value| &*value.json)
    }

    /// Sets value `name` to the JSON text `json`.
    pub fn set(&mut self, name: &Arc<str>, json: impl Into<Box<str>>) {
        match self.values.iter_mut().find(|value| value.name == *name) {
            Some(value) => value.json = json.into(),
            None => self.values.push(Value { name: Arc::clone(name), json: json.into() }),
        }
    }

    /// Moves every span along with the text; what was removed whole is gone, and its parts with it.
    pub(crate) fn follow(&mut self, moves: &Moves<'_>) {
        for layer in &mut self.layers {
            layer.spans = moved(std::mem::take(&mut layer.spans), moves);
        }
    }
}

fn moved(spans: Vec<Span>, moves: &Moves<'_>) -> Vec<Span> {
    let mut new_index = Vec::with_capacity(spans.len());
    let mut kept: Vec<Span> = Vec::with_capacity(spans.len());
    for mut span in spans {
        let parent = span.parent.map(|i| new_index.get(i as usize).copied().flatten());
        let place = moves.range(span.range());
        let (Some(range), false) = (place, parent == Some(None)) else {
            new_index.push(None);
            continue;
        };
        (span.start, span.end, span.parent) = (range.start, range.end, parent.flatten());
        new_index.push(Some(kept.len() as u32));
        kept.push(span);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Edit;

    fn quote_with_speaker() -> Annotations {
        let mut annotations = Annotations::default();
        let quotes = annotations.layer_mut(&"quotes".into());
        quotes.push(Span::new(0..4));
        quotes.push(Span { parent: Some(0), name: "speaker".into(), ..Span::new(5..7) });
        quotes.push(Span::new(10..14));
        quotes.push(Span { parent: Some(2), name: "speaker".into(), ..Span::new(15..17) });
        annotations
    }

    #[test]
    fn a_part_goes_with_its_whole_and_indices_follow() {
        let mut annotations = quote_with_speaker();
        annotations.follow(&Moves::new(&[Edit::remove(0..4)]));
        let shown: Vec<_> =
            annotations.layer("quotes").iter().map(|span| (span.range(), span.parent)).collect();
        assert_eq!(shown, [(6..10, None), (11..13, Some(0))]);
    }

    #[test]
    fn a_whole_outlives_its_part() {
        let mut annotations = quote_with_speaker();
        annotations.follow(&Moves::new(&[Edit::remove(5..8)]));
        let shown: Vec<_> =
            annotations.layer("quotes").iter().map(|span| (span.range(), span.parent)).collect();
        assert_eq!(shown, [(0..4, None), (7..11, None), (12..14, Some(1))]);
    }
}
