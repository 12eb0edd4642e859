//! Takes a stage's answer in, and lets nothing through that isn't sound.
//!
//! While the stage runs, its callbacks only copy. When it has returned, everything is checked at leisure: indices,
//! ranges, character boundaries, JSON. A document whose answer is not sound fails, with a message that says what the
//! plugin did wrong; the rest of the batch is used.

// The callbacks follow pointers that the plugin passes; `docs/abi.md` says what they point to.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::c_void;

use serde::de::IgnoredAny;
use textmill_abi as abi;
use textmill_model::{
    Batch, CheckedRow, CheckedSpan, CheckedValue, Document, Edit, Effects, Members, SPAN_MEMBERS, Span,
    StageEntry, Verdict, check_edits, check_range,
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
    rows: Vec<(u32, u32, Option<String>)>,
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
            rows: Some(rows),
        }
    }

    /// Checks what `stage` said when all documents were through: nothing but rows that go with none of them.
    pub(crate) fn check_finish(self, stage: &StageEntry) -> Result<Vec<CheckedRow>, String> {
        if let Some((_, failure)) = self.failures.into_iter().next() {
            return Err(failure.message);
        }
        let said_nothing_else = self.edits.is_empty()
            && self.spans.is_empty()
            && self.values.is_empty()
            && self.counts.is_empty();
        if !said_nothing_else {
            return Err("it said something of documents when all of them were through".to_owned());
        }
        let row = |(document, table, json)| match document {
            abi::NONE => sound_row(stage, None, table, json),
            document => Err(format!("a row is for document number {document} when all of them were through")),
        };
        self.rows.into_iter().map(row).collect()
    }

    /// Checks the answer of `stage` on `batch`. Of a document that fails, nothing is left but its verdict.
    pub(crate) fn check(self, batch: &Batch, stage: &StageEntry) -> Effects {
        let mut check = Check { batch, stage, failures: self.failures, all_failed: false };
        check.failures_are_of_this_batch();
        let mut effects = Effects { counts: vec![0; stage.counters.len()], ..Effects::default() };
        effects.edits = check.edits(self.edits);
        effects.spans = check.spans(self.spans);
        effects.values = check.values(self.values);
        effects.rows = check.rows(self.rows);
        for (counter, delta) in self.counts {
            match effects.counts.get_mut(counter as usize) {
                Some(count) => *count = count.saturating_add(delta),
                None => check.everybodys_fault(format!("counter number {counter} is not declared")),
            }
        }
        effects.verdicts = check.verdicts(&self.verdicts, &self.reasons);
        forget_failed(&mut effects);
        effects
    }
}

fn forget_failed(effects: &mut Effects) {
    let Effects { verdicts, edits, spans, values, rows, .. } = effects;
    let failed: Vec<bool> = verdicts.iter().map(|it| matches!(it, Verdict::Fail { .. })).collect();
    if failed.contains(&true) {
        edits.retain(|(document, _)| !failed[*document as usize]);
        spans.retain(|span| !failed[span.document as usize]);
        values.retain(|value| !failed[value.document as usize]);
        rows.retain(|row| row.document.is_none_or(|document| !failed[document as usize]));
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

unsafe extern "C" fn rows(ctx: *mut c_void, rows: *const abi::Row, n: usize) {
    // SAFETY: as in `edits`.
    let (answer, rows) = unsafe { (answer_of(ctx), slice_of(rows, n)) };
    // SAFETY: as in `edits`.
    let copy = |row: &abi::Row| (row.document, row.table, unsafe { text_of(row.json) });
    answer.rows.extend(rows.iter().map(copy));
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
        let mut sound: Vec<CheckedSpan> = Vec::with_capacity(raw.len());
        let mut of_layer: Vec<Vec<usize>> = vec![Vec::new(); self.stage.layers.len()];
        for group in raw.chunk_by_mut(|a, b| a.document == b.document) {
            let document = group[0].document;
            let Some(text) = self.text(document, "a span") else { continue };
            of_layer.iter_mut().for_each(Vec::clear);
            for (i, RawSpan { layer, span, .. }) in group.iter_mut().enumerate() {
                let wholes = Wholes { sound: &sound, of_layer: of_layer.get(*layer as usize) };
                match sound_span(text, *layer, span.take(), &wholes) {
                    Ok(span) => {
                        of_layer[*layer as usize].push(sound.len());
                        sound.push(CheckedSpan { document, layer: *layer, span });
                    }
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
            match sound_json(json) {
                Some(json) => sound.push(CheckedValue { document, field, json }),
                None => self.unsound(document, format!("the value of field `{name}` is not JSON")),
            }
        }
        sound.sort_by_key(|value| value.document);
        sound
    }

    fn rows(&mut self, raw: Vec<(u32, u32, Option<String>)>) -> Vec<CheckedRow> {
        let mut sound = Vec::with_capacity(raw.len());
        for (document, table, json) in raw {
            if self.text(document, "a row").is_none() {
                continue;
            }
            match sound_row(self.stage, Some(document), table, json) {
                Ok(row) => sound.push(row),
                Err(fault) => self.unsound(document, fault),
            }
        }
        sound.sort_by_key(|row| row.document);
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

/// What a span may be a part of: the sound spans of its document and layer that came before it.
struct Wholes<'a> {
    sound: &'a [CheckedSpan],
    of_layer: Option<&'a Vec<usize>>, // indices into `sound`; none where there is no such layer
}

fn sound_span(text: &str, layer: u32, span: Option<Span>, wholes: &Wholes<'_>) -> Result<Span, String> {
    let span = span.ok_or("its name or attributes are not UTF-8")?;
    let before = wholes.of_layer.ok_or_else(|| format!("layer number {layer} is not declared"))?;
    check_range(text, span.start, span.end).map_err(|fault| fault.to_string())?;
    if span.parent.is_some() == span.name.is_empty() {
        return Err("parts have a name, and only parts".to_owned());
    }
    if let Some(parent) = span.parent {
        let whole = before.get(parent as usize).ok_or("a part comes before its whole")?;
        check_part_name(&span.name, &wholes.sound[*whole].span)?;
    }
    check_attributes(&span.attributes)?;
    let attributes = one_line(span.attributes);
    Ok(Span { attributes, ..span })
}

/// A part stands in its whole as a member, beside the whole's attributes and what the program writes there.
fn check_part_name(name: &str, whole: &Span) -> Result<(), String> {
    if SPAN_MEMBERS.contains(&name) {
        return Err(format!("the name `{name}` of a part is taken"));
    }
    match with_names(&whole.attributes, |names| names.contains(&name)) {
        Ok(true) => Err(format!("the part `{name}` has the name of an attribute of its whole")),
        _ => Ok(()),
    }
}

fn check_attributes(attributes: &str) -> Result<(), String> {
    let fault = with_names(attributes, |mut names| {
        if let Some(taken) = names.iter().find(|name| SPAN_MEMBERS.contains(name)) {
            return Err(format!("the name `{taken}` of an attribute is taken"));
        }
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("the attribute `{}` stands twice", pair[0])),
            None => Ok(()),
        }
    });
    fault.map_err(|err| format!("its attributes: {err}"))?
}

/// What `work` says of the names of attributes.
fn with_names<T>(attributes: &str, work: impl FnOnce(Vec<&str>) -> T) -> Result<T, serde_json::Error> {
    if attributes.is_empty() {
        return Ok(work(Vec::new()));
    }
    let object = format!("{{{attributes}}}");
    let members: Members<'_> = serde_json::from_str(&object)?;
    Ok(work(members.0.iter().map(|(name, _)| &**name).collect()))
}

fn sound_row(
    stage: &StageEntry,
    document: Option<u32>,
    table: u32,
    json: Option<String>,
) -> Result<CheckedRow, String> {
    let Some(name) = stage.tables.get(table as usize) else {
        return Err(format!("table number {table} is not declared"));
    };
    let json = sound_json(json).ok_or_else(|| format!("a row of table `{name}` is not JSON"))?;
    Ok(CheckedRow { document, table, json })
}

fn sound_json(json: Option<String>) -> Option<Box<str>> {
    let json = json?;
    serde_json::from_str::<IgnoredAny>(&json).is_ok().then(|| one_line(json))
}

/// JSON that can stand in a line of its own. Inside its strings there are no line breaks.
fn one_line(json: impl Into<Box<str>>) -> Box<str> {
    let json = json.into();
    if json.contains(['\n', '\r']) { json.replace(['\n', '\r'], " ").into() } else { json }
}
