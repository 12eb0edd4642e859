//! Takes a stage's answer in, and lets nothing through that isn't sound.
//!
//! While the stage runs, its callbacks only copy. When it has returned, everything is checked at leisure: indices,
//! ranges, character boundaries, JSON. A document whose answer is not sound fails, with a message that says what the
//! plugin did wrong; the rest of the batch is used.

// The callbacks follow pointers that the plugin passes; `docs/abi.md` says what they point to.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::c_void;

use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use textmill_abi as abi;
use textmill_model::{
    Batch, CheckedSpan, CheckedValue, Document, Edit, Effects, Span, StageEntry, Verdict, check_edits,
};

use crate::load::{slice_of, text_of};

/// What a stage said of a batch, as it said it.
#[derive(Default)]
pub(crate) struct Answer {
    verdicts: Vec<u8>,
    reasons: Vec<u32>,
    edits: Vec<(u32, Option<Edit>)>,
    spans: Vec<RawSpan>,
    values: Vec<(u32, u32, Option<String>)>,
    counts: Vec<(u32, u64)>,
    failures: BTreeMap<u32, Failure>,
}

struct RawSpan {
    document: u32,
    layer: u32,
    span: Option<Span>, // None when a string in it is not UTF-8
}

struct Failure {
    reason: &'static str,
    message: String,
}

impl Answer {
    /// An empty answer for `n` documents, and the table through which a stage fills it.
    pub(crate) fn new(n: usize) -> Box<Answer> {
        Box::new(Answer { verdicts: vec![abi::KEEP; n], reasons: vec![0; n], ..Answer::default() })
    }

    /// The table through which a stage fills this answer; valid as long as the answer stays where it is.
    pub(crate) fn table(&mut self) -> abi::Out {
        abi::Out {
            struct_size: size_of::<abi::Out>() as u32,
            n: self.verdicts.len() as u32,
            verdicts: self.verdicts.as_mut_ptr(),
            reasons: self.reasons.as_mut_ptr(),
            ctx: (&raw mut *self).cast(),
            edits: Some(edits),
            spans: Some(spans),
            values: Some(values),
            count: Some(count),
            fail: Some(fail),
        }
    }

    /// Checks the answer of `stage` on `batch`.
    pub(crate) fn check(self, batch: &Batch, stage: &StageEntry) -> Effects {
        let mut check = Check { batch, stage, failures: self.failures, all_failed: false };
        check.failures_are_of_this_batch();
        let mut effects = Effects { counts: vec![0; stage.counters.len()], ..Effects::default() };
        effects.edits = check.edits(self.edits);
        effects.spans = check.spans(self.spans);
        effects.values = check.values(self.values);
        for (counter, delta) in self.counts {
            match effects.counts.get_mut(counter as usize) {
                Some(count) => *count = count.saturating_add(delta),
                None => check.everybodys_fault(format!("counter number {counter} is not declared")),
            }
        }
        effects.verdicts = check.verdicts(&self.verdicts, &self.reasons);
        effects
    }
}

unsafe extern "C" fn edits(ctx: *mut c_void, edits: *const abi::Edit, n: usize) {
    // SAFETY: `ctx` is the answer of the call in progress; the edits stay for the call.
    let (answer, edits) = unsafe { (answer_of(ctx), slice_of(edits, n)) };
    answer.edits.extend(edits.iter().map(|edit| {
        // SAFETY: as above.
        let text = unsafe { text_of(edit.text) };
        let rule = (edit.rule != abi::NONE).then_some(edit.rule);
        let (start, end) = (clamped(edit.start), clamped(edit.end));
        (edit.document, text.map(|text| Edit { start, end, text: text.into(), rule }))
    }));
}

unsafe extern "C" fn spans(ctx: *mut c_void, spans: *const abi::Span, n: usize) {
    // SAFETY: as in `edits`.
    let (answer, spans) = unsafe { (answer_of(ctx), slice_of(spans, n)) };
    answer.spans.extend(spans.iter().map(|span| {
        // SAFETY: as in `edits`.
        let texts = unsafe { text_of(span.name).zip(text_of(span.attributes)) };
        let parent = (span.parent != abi::NONE).then_some(span.parent);
        let (start, end) = (clamped(span.start), clamped(span.end));
        let span_of = |(name, attributes): (String, String)| Span {
            start,
            end,
            parent,
            name: name.into(),
            attributes: attributes.into(),
        };
        RawSpan { document: span.document, layer: span.layer, span: texts.map(span_of) }
    }));
}

unsafe extern "C" fn values(ctx: *mut c_void, values: *const abi::Value, n: usize) {
    // SAFETY: as in `edits`.
    let (answer, values) = unsafe { (answer_of(ctx), slice_of(values, n)) };
    // SAFETY: as in `edits`.
    let copy = |value: &abi::Value| (value.document, value.field, unsafe { text_of(value.json) });
    answer.values.extend(values.iter().map(copy));
}

unsafe extern "C" fn count(ctx: *mut c_void, counter: u32, delta: u64) {
    // SAFETY: as in `edits`.
    unsafe { answer_of(ctx) }.counts.push((counter, delta));
}

unsafe extern "C" fn fail(ctx: *mut c_void, document: u32, status: abi::Status, message: abi::Str) {
    // SAFETY: as in `edits`.
    let (answer, message) = unsafe { (answer_of(ctx), text_of(message)) };
    let reason = if status == abi::PANICKED { "panicked" } else { "failed" };
    let message = message.unwrap_or_else(|| "its message is not UTF-8".to_owned());
    answer.failures.entry(document).or_insert(Failure { reason, message });
}

/// # Safety
///
/// `ctx` comes from [`Answer::table`], the answer is still there, and nobody else uses it.
unsafe fn answer_of<'a>(ctx: *mut c_void) -> &'a mut Answer {
    // SAFETY: the caller's promise.
    unsafe { &mut *ctx.cast() }
}

/// An offset that no text has stays one, where `usize` is smaller than 64 bits.
fn clamped(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Checks answers, and remembers which documents had unsound ones.
struct Check<'a> {
    batch: &'a Batch,
    stage: &'a StageEntry,
    failures: BTreeMap<u32, Failure>,
    all_failed: bool,
}

impl<'a> Check<'a> {
    fn failures_are_of_this_batch(&mut self) {
        let beyond = self.failures.split_off(&(self.batch.documents.len() as u32));
        if let Some((document, failure)) = beyond.into_iter().next() {
            self.text(document, &format!("a failure ({})", failure.message));
        }
    }

    fn edits(&mut self, mut raw: Vec<(u32, Option<Edit>)>) -> Vec<(u32, Edit)> {
        raw.sort_by_key(|(document, _)| *document);
        let mut sound = Vec::with_capacity(raw.len());
        for group in raw.chunk_by_mut(|a, b| a.0 == b.0) {
            let document = group[0].0;
            let Some(text) = self.text(document, "an edit") else { continue };
            let edits: Vec<Edit> = group.iter_mut().filter_map(|(_, edit)| edit.take()).collect();
            let rule_known =
                |edit: &Edit| edit.rule.is_none_or(|rule| (rule as usize) < self.stage.rules.len());
            if edits.len() < group.len() {
                self.unsound(document, "the text of an edit is not UTF-8".to_owned());
            } else if let Err((i, fault)) = check_edits(text, &edits) {
                self.unsound(document, format!("edit {i}: {fault}"));
            } else if let Some(i) = edits.iter().position(|edit| !rule_known(edit)) {
                self.unsound(document, format!("edit {i}: its rule is not declared"));
            } else {
                sound.extend(edits.into_iter().map(|edit| (document, edit)));
            }
        }
        sound
    }

    fn spans(&mut self, mut raw: Vec<RawSpan>) -> Vec<CheckedSpan> {
        raw.sort_by_key(|span| span.document);
        let mut sound = Vec::with_capacity(raw.len());
        for group in raw.chunk_by_mut(|a, b| a.document == b.document) {
            let document = group[0].document;
            let Some(text) = self.text(document, "a span") else { continue };
            let mut in_layer = vec![0_u32; self.stage.layers.len()];
            for (i, RawSpan { layer, span, .. }) in group.iter_mut().enumerate() {
                match sound_span(text, *layer, span.take(), &mut in_layer) {
                    Ok(span) => sound.push(CheckedSpan { document, layer: *layer, span }),
                    Err(fault) => self.unsound(document, format!("span {i}: {fault}")),
                }
            }
        }
        sound
    }

    fn values(&mut self, raw: Vec<(u32, u32, Option<String>)>) -> Vec<CheckedValue> {
        let mut sound = Vec::with_capacity(raw.len());
        for (document, field, json) in raw {
            if self.text(document, "a value").is_none() {
                continue;
            }
            let Some(name) = self.stage.fields.get(field as usize) else {
                self.unsound(document, format!("field number {field} is not declared"));
                continue;
            };
            let json = json
                .and_then(|json| serde_json::from_str::<IgnoredAny>(&json).is_ok().then(|| one_line(json)));
            match json {
                Some(json) => sound.push(CheckedValue { document, field, json }),
                None => self.unsound(document, format!("the value of field `{name}` is not JSON")),
            }
        }
        sound.sort_by_key(|value| value.document);
        sound
    }

    fn verdicts(mut self, verdicts: &[u8], reasons: &[u32]) -> Vec<Verdict> {
        let verdict = |(i, (verdict, reason)): (u32, (&u8, &u32))| {
            if let Some(Failure { reason, message }) = self.failures.remove(&i) {
                return Verdict::Fail { reason, message: self.sentence(reason, &message) };
            }
            let fault = match *verdict {
                abi::KEEP => return Verdict::Keep,
                abi::DROP if (*reason as usize) < self.stage.drop_reasons.len() => {
                    return Verdict::Drop(*reason);
                }
                abi::DROP => format!("drop reason number {reason} is not declared"),
                other => format!("verdict {other} is none of 0 and 1"),
            };
            Verdict::Fail { reason: UNSOUND, message: self.sentence(UNSOUND, &fault) }
        };
        (0..).zip(verdicts.iter().zip(reasons)).map(verdict).collect()
    }

    /// The text of a document of the batch.
    fn text(&mut self, document: u32, what: &str) -> Option<&'a str> {
        let found = self.batch.documents.get(document as usize);
        if found.is_none() {
            let n = self.batch.documents.len();
            self.everybodys_fault(format!("{what} is for document number {document} of a batch of {n}"));
        }
        found.map(Document::text)
    }

    /// What is nobody's fault in particular fails the whole batch.
    fn everybodys_fault(&mut self, message: String) {
        if !std::mem::replace(&mut self.all_failed, true) {
            for i in 0..self.batch.documents.len() as u32 {
                self.unsound(i, message.clone());
            }
        }
    }

    fn unsound(&mut self, document: u32, message: String) {
        self.failures.entry(document).or_insert(Failure { reason: UNSOUND, message });
    }

    fn sentence(&self, reason: &str, message: &str) -> String {
        let (stage, plugin) = (&self.stage.name, &self.stage.plugin.name);
        let did = if reason == UNSOUND { "gave an unsound answer" } else { reason };
        format!("stage `{stage}` of plugin `{plugin}` {did}: {message}")
    }
}

/// Reason of a failure that is the plugin's fault.
const UNSOUND: &str = "unsound_answer";

/// Checks a span, where `in_layer` counts the spans of this document by layer.
fn sound_span(text: &str, layer: u32, span: Option<Span>, in_layer: &mut [u32]) -> Result<Span, String> {
    let span = span.ok_or("its name or attributes are not UTF-8")?;
    let before =
        in_layer.get_mut(layer as usize).ok_or_else(|| format!("layer number {layer} is not declared"))?;
    check_edits(text, &[Edit::remove(span.range())]).map_err(|(_, fault)| fault.to_string())?;
    if span.parent.is_some_and(|parent| parent >= *before) {
        return Err("a part comes before its whole".to_owned());
    }
    if span.parent.is_some() == span.name.is_empty() {
        return Err("parts have a name, and only parts".to_owned());
    }
    if !span.attributes.is_empty() {
        let members = format!("{{{}}}", span.attributes);
        serde_json::from_str::<Attributes>(&members).map_err(|err| format!("its attributes: {err}"))?;
    }
    *before += 1;
    let attributes = one_line(span.attributes);
    Ok(Span { attributes, ..span })
}

/// JSON members that can stand in a span: none of the names that the program itself writes.
struct Attributes;

impl<'de> de::Deserialize<'de> for Attributes {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Attributes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    if matches!(&*name, "start" | "end" | "text" | "source") {
                        return Err(de::Error::custom(format!("`{name}` is taken")));
                    }
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(Attributes)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// JSON that can stand in a line of its own. Inside its strings there are no line breaks.
fn one_line(json: impl Into<Box<str>>) -> Box<str> {
    let json = json.into();
    if json.contains(['\n', '\r']) { json.replace(['\n', '\r'], " ").into() } else { json }
}
