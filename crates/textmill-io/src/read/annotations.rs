//! Reads back the `annotations` that `write/annotations.rs` wrote.
//!
//! An array of objects with `start` and `end` is a layer, an object is a step of a path, anything else a value.
//! A layer is only taken when it fits the text: offsets in range, on character boundaries, and `text`, where it
//! stands, the text between them. Another layer stays raw JSON, which no edit will move along.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::value::RawValue;
use textmill_model::{Annotations, Layer, SPAN_MEMBERS, Span, Value};

use crate::json;
use crate::offsets::{Offsets, Unit};

/// Paths and parts lead no deeper than this; what lies below stays raw JSON.
const DEPTH_MAX: usize = 32;

/// No plan has as many layers and values; looking names up one by one would become slow.
const NAMES_MAX: usize = 1000;

/// What was read.
pub(super) struct ReadAnnotations {
    pub(super) annotations: Annotations,
    /// Names of values that look like layers and do not fit the text.
    pub(super) odd_layers: Vec<String>,
}

/// Reads annotations of `text`, whose offsets count `unit`; `None` when `raw` is no object that we would write.
pub(super) fn read(raw: &RawValue, text: &str, unit: Unit) -> Option<ReadAnnotations> {
    let members = json::members(raw.get()).filter(|members| are_path_steps(members))?;
    let empty = ReadAnnotations { annotations: Annotations::default(), odd_layers: Vec::new() };
    let mut walk = Walk { offsets: Offsets::new(text, unit), text, read: empty };
    walk.members("", &members, DEPTH_MAX);
    let names = walk.read.annotations.layers.len() + walk.read.annotations.values.len();
    (names <= NAMES_MAX).then_some(walk.read)
}

type MemberList<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// Whether the names can be steps of a dotted path: each once, none empty, none with a dot.
fn are_path_steps(members: &MemberList<'_>) -> bool {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
        && names.iter().all(|name| !name.is_empty() && !name.contains('.'))
}

struct Walk<'a> {
    offsets: Offsets<'a>,
    text: &'a str,
    read: ReadAnnotations,
}

impl Walk<'_> {
    fn members(&mut self, path: &str, members: &MemberList<'_>, depth: usize) {
        for (name, value) in members {
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            self.member(path, value, depth);
        }
    }

    fn member(&mut self, path: String, value: &RawValue, depth: usize) {
        let steps =
            || json::members(value.get()).filter(|members| !members.is_empty() && are_path_steps(members));
        if depth > 0
            && let Some(members) = steps()
        {
            return self.members(&path, &members, depth - 1);
        }
        let elements = json::elements(value.get()).filter(|elements| elements.iter().all(|it| is_span(it)));
        if let Some(elements) = elements {
            if let Some(spans) = self.spans(&elements) {
                self.read.annotations.layers.push(Layer { name: path.into(), spans });
                return;
            }
            self.read.odd_layers.push(path.clone());
        }
        self.read.annotations.values.push(Value { name: Arc::from(path), json: value.get().into() });
    }

    fn spans(&self, elements: &[&RawValue]) -> Option<Vec<Span>> {
        let mut spans = Vec::with_capacity(elements.len());
        elements.iter().try_for_each(|element| self.span(element, None, "", &mut spans, DEPTH_MAX))?;
        Some(spans)
    }

    /// Appends a span and its parts behind it.
    fn span(
        &self,
        raw: &RawValue,
        parent: Option<u32>,
        name: &str,
        spans: &mut Vec<Span>,
        depth: usize,
    ) -> Option<()> {
        let members = json::members(raw.get())?;
        let range = self.range(&members)?;
        let index = spans.len();
        spans.push(Span { parent, name: name.into(), ..Span::new(range) });
        let mut attributes = Vec::new();
        for (name, value) in &members {
            match &**name {
                name if SPAN_MEMBERS.contains(&name) => continue,
                _ if depth == 0 => {}
                _ if is_span(value) => {
                    self.span(value, Some(index as u32), name, spans, depth - 1)?;
                    continue;
                }
                _ => {
                    if let Some(parts) = parts(value) {
                        let mut part = |part| self.span(part, Some(index as u32), name, spans, depth - 1);
                        parts.into_iter().try_for_each(&mut part)?;
                        continue;
                    }
                }
            }
            push_attribute(&mut attributes, name, value);
        }
        spans[index].attributes = String::from_utf8(attributes).ok()?.into();
        Some(())
    }

    fn range(&self, members: &MemberList<'_>) -> Option<std::ops::Range<usize>> {
        let member =
            |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.get());
        let offset = |name: &str| self.offsets.in_bytes(member(name)?.parse().ok()?);
        let range = offset("start")?..offset("end")?;
        let stands = self.text.get(range.clone())?;
        let fits = match member("text") {
            Some(text) => serde_json::from_str::<Cow<'_, str>>(text).is_ok_and(|text| text == stands),
            None => true,
        };
        fits.then_some(range)
    }
}

fn push_attribute(attributes: &mut Vec<u8>, name: &str, value: &RawValue) {
    if !attributes.is_empty() {
        attributes.push(b',');
    }
    json::push_string(attributes, name);
    attributes.push(b':');
    attributes.extend_from_slice(value.get().as_bytes());
}

/// Several parts of one name stand in an array.
fn parts(value: &RawValue) -> Option<Vec<&RawValue>> {
    json::elements(value.get()).filter(|parts| parts.len() > 1 && parts.iter().all(|part| is_span(part)))
}

/// Whether it is an object with `start` and `end` that could be offsets.
fn is_span(value: &RawValue) -> bool {
    let Some(members) = json::members(value.get()) else { return false };
    let offset = |wanted: &str| {
        members.iter().any(|(name, value)| name == wanted && value.get().parse::<usize>().is_ok())
    };
    offset("start") && offset("end")
}
