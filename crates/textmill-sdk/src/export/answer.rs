//! Reads a batch from the boundary, and hands the answer back.

use std::ops::Range;

use textmill_abi as abi;

use super::panics::catch;
use crate::doc::Found;
use crate::host::HostTable;
use crate::{Doc, SpanView, StageError, StageInfo, Verdict};

/// # Safety
///
/// `text` is UTF-8 that lives as long as `'a` (promise 4).
pub(crate) unsafe fn str_of<'a>(text: abi::Str) -> &'a str {
    // SAFETY: the caller's promise; an empty string may have a null pointer.
    unsafe { str::from_utf8_unchecked(slice_of(text.ptr, text.len)) }
}

/// # Safety
///
/// `ptr` points to `len` values that live as long as `'a`, or `len` is 0.
pub(super) unsafe fn slice_of<'a, T>(ptr: *const T, len: usize) -> &'a [T] {
    if len == 0 || ptr.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

/// A copy of a table of the host's, with zeros in the place of what a host of an older minor version does not know: zero
/// means absent.
///
/// # Safety
///
/// `table` points to a struct of the boundary that starts with its size, and so many bytes of it are there. All of its
/// fields may be zero.
pub(crate) unsafe fn whole<T: Copy>(table: *const T) -> T {
    // SAFETY: the caller's promise: the size comes first, and what it says is there; zeros are a valid `T`.
    unsafe {
        let known = (table.cast::<u32>().read() as usize).min(size_of::<T>());
        let mut whole = std::mem::MaybeUninit::<T>::zeroed();
        whole.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(table.cast(), known);
        whole.assume_init()
    }
}

/// What a stage's functions need to know of the instance that they run for.
pub(super) struct Setting<'a> {
    pub(super) info: &'a StageInfo,
    pub(super) reads: &'a [String],
    pub(super) host: HostTable,
}

/// What came of the author's code for one document.
pub(super) enum Outcome {
    Answered(Result<Verdict, StageError>),
    Panicked(String),
}

/// Runs `work` on every document of a batch. `work` gets the document and its index.
///
/// `settle` hears what came of each one; any answer of its but [`abi::OK`] ends the batch. It ends early, too, when
/// the run should.
///
/// # Safety
///
/// `batch` is valid for the call.
pub(super) unsafe fn each(
    setting: &Setting<'_>,
    batch: *const abi::Batch,
    found: &mut Found,
    mut work: impl FnMut(&mut Doc<'_>, usize) -> Result<Verdict, StageError>,
    mut settle: impl FnMut(&mut Found, u32, Outcome) -> abi::Status,
) -> abi::Status {
    // SAFETY: the caller's promise.
    let batch = unsafe { &*batch };
    found.clear(setting.info);
    for i in 0..batch.n as usize {
        if setting.host.is_cancelled() {
            return abi::CANCELLED;
        }
        // SAFETY: promise 2: document i stands i strides behind the first, and i < n.
        let document = unsafe { &*batch.documents.byte_add(i * batch.stride as usize) };
        found.begin();
        let result = catch(|| {
            // SAFETY: the batch is borrowed for the call, and so is all that its documents point to (promise 1).
            let mut doc = unsafe { doc_of(setting, document, i as u32, found) };
            work(&mut doc, i)
        });
        let outcome = result.map_or_else(Outcome::Panicked, Outcome::Answered);
        let status = settle(found, i as u32, outcome);
        if status != abi::OK {
            return status;
        }
    }
    abi::OK
}

/// # Safety
///
/// `document` and all that it points to are valid for `'a`.
unsafe fn doc_of<'a>(
    setting: &'a Setting<'_>,
    document: &'a abi::Document,
    index: u32,
    found: &'a mut Found,
) -> Doc<'a> {
    // SAFETY: the host gives as many fields as `reads` asked for, and `n_spans` spans; all strings are UTF-8.
    unsafe {
        let fields = slice_of(document.fields, setting.reads.len()).iter();
        let spans = slice_of(document.spans, document.n_spans as usize).iter();
        Doc {
            text: str_of(document.text),
            id: str_of(document.id),
            seq: document.seq,
            index,
            info: setting.info,
            field_names: setting.reads,
            fields: fields.map(|json| (!json.ptr.is_null()).then(|| str_of(*json))).collect(),
            spans: spans.map(|span| (span.layer, view_of(span))).collect(),
            found,
        }
    }
}

/// # Safety
///
/// The strings of `span` are valid for `'a`.
unsafe fn view_of<'a>(span: &abi::Span) -> SpanView<'a> {
    SpanView {
        range: span.start as usize..span.end as usize,
        // SAFETY: the caller's promise.
        name: unsafe { str_of(span.name) },
        parent: (span.parent != abi::NONE).then_some(span.parent as usize),
        // SAFETY: the caller's promise.
        attributes: unsafe { str_of(span.attributes) },
    }
}

/// The host's side of an answer.
pub(super) struct Answer<'a> {
    info: &'a StageInfo,
    out: abi::Out,
}

impl<'a> Answer<'a> {
    /// # Safety
    ///
    /// `out` is valid for `'a`.
    pub(super) unsafe fn new(info: &'a StageInfo, out: *mut abi::Out) -> Answer<'a> {
        // SAFETY: the caller's promise; all that is in it may be zero.
        Answer { info, out: unsafe { whole(out) } }
    }

    /// Puts down what was decided about a document; a failure forgets what the stage said of it.
    pub(super) fn settle(&mut self, found: &mut Found, document: u32, outcome: Outcome) {
        match outcome {
            Outcome::Panicked(message) => {
                let _ = found.settle(Err(StageError { message: String::new() }));
                self.fail(document, abi::PANICKED, &message);
            }
            Outcome::Answered(result) => match found.settle(result) {
                Ok(Verdict::Keep) => {}
                Ok(Verdict::Drop(reason)) => self.drop(document, reason),
                Err(message) => self.fail(document, abi::FATAL, &message),
            },
        }
    }

    fn drop(&mut self, document: u32, reason: &str) {
        let Some(index) = self.info.drop_reasons.iter().position(|declared| *declared == reason) else {
            let message = format!("drop reason `{reason}` is not declared by stage `{}`", self.info.name);
            return self.fail(document, abi::FATAL, &message);
        };
        // SAFETY: both arrays have an entry a document, and `document` is an index in the batch.
        unsafe {
            *self.out.verdicts.add(document as usize) = abi::DROP;
            *self.out.reasons.add(document as usize) = index as u32;
        }
    }

    fn fail(&mut self, document: u32, status: abi::Status, message: &str) {
        if let Some(fail) = self.out.fail {
            // SAFETY: the message lives for the call, and is copied (promise 1).
            unsafe { fail(self.out.ctx, document, status, abi::Str::new(message)) };
        }
    }

    /// Hands over what was found in the whole batch.
    pub(super) fn hand_over(self, found: &Found) {
        let place = |range: &Range<usize>| abi::Str::new(found.kept(range));
        let edit = |edit: &crate::doc::FoundEdit| abi::Edit {
            document: edit.document,
            rule: edit.rule,
            start: edit.range.start as u64,
            end: edit.range.end as u64,
            text: place(&edit.text),
        };
        let span = |span: &crate::doc::FoundSpan| abi::Span {
            document: span.document,
            layer: span.layer,
            start: span.range.start as u64,
            end: span.range.end as u64,
            parent: span.parent.unwrap_or(abi::NONE),
            reserved: 0,
            name: place(&span.name),
            attributes: place(&span.attributes),
        };
        let value = |value: &crate::doc::FoundValue| abi::Value {
            document: value.document,
            field: value.field,
            json: place(&value.json),
        };
        let row = |row: &crate::doc::FoundRow| abi::Row {
            document: row.document,
            table: row.table,
            json: place(&row.json),
        };
        let ctx = self.out.ctx;
        bulk(ctx, self.out.edits, found.edits.iter().map(edit));
        bulk(ctx, self.out.spans, found.spans.iter().map(span));
        bulk(ctx, self.out.values, found.values.iter().map(value));
        bulk(ctx, self.out.rows, found.rows.iter().map(row));
        for (i, delta) in found.counts.iter().enumerate().filter(|(_, delta)| **delta > 0) {
            if let Some(count) = self.out.count {
                // SAFETY: `i` is an index in the declared counters.
                unsafe { count(ctx, i as u32, *delta) };
            }
        }
    }
}

type Bulk<T> = unsafe extern "C" fn(*mut std::ffi::c_void, *const T, usize);

fn bulk<T>(ctx: *mut std::ffi::c_void, call: Option<Bulk<T>>, items: impl Iterator<Item = T>) {
    let items: Vec<T> = items.collect();
    if let Some(call) = call.filter(|_| !items.is_empty()) {
        // SAFETY: the items and what they point to live for the call, and are copied (promise 1).
        unsafe { call(ctx, items.as_ptr(), items.len()) };
    }
}
