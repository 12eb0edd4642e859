//! The C boundary between textmill and its plugins: types, version, entry symbol.
//!
//! A plugin is a shared library that exports one function, `textmill_plugin_v1_<name>`, which returns a
//! [`Plugin`]: static tables that say what the plugin offers and how to call it. `include/textmill.h` says the
//! same in C; a test holds both equal. `docs/abi.md` explains each promise; in short:
//!
//! 1. Nobody frees the other side's memory. What a plugin hands to a callback is copied before the callback
//!    returns; what the host hands over is borrowed for the call, except [`Host`], which lives until `destroy`.
//! 2. Every table starts with its size and only grows at its end. A field counts as absent when the writer's size
//!    does not reach it. Arrays of documents carry a stride.
//! 3. No panic or exception crosses. The plugin catches its own and returns [`PANICKED`].
//! 4. Strings are UTF-8 with a length and no terminator; a null pointer with length 0 is the empty string.
//!    Offsets are bytes of the text that this stage got.
//! 5. A plugin is never unloaded.
//! 6. Only fixed-width integers, `usize` and pointers cross: no `bool`, no enum, no bit field.
//!
//! No logic and no dependencies here: the author's side is `textmill-sdk`, the caller's side `textmill-host`.

// The types of a boundary are raw pointers and function pointers by nature; no code here follows one.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::mem::offset_of;

/// Version of the boundary. Another major version has another entry symbol and nothing in common with this one.
pub const MAJOR: u32 = 1;
/// Grows when something is added that an older side can do without.
pub const MINOR: u32 = 1;
/// What every entry symbol starts with, whatever the version: `textmill_plugin_v1_clean`.
///
/// The plugin's name is part of the symbol, so that several plugins can be linked into one program.
pub const ENTRY_PREFIX: &str = "textmill_plugin_v";

/// What a call came to; `0` is success.
pub type Status = i32;
/// Done.
pub const OK: Status = 0;
/// The options can't be used; [`Host::error`] was told why.
pub const BAD_OPTIONS: Status = -1;
/// The stage can't go on; [`Host::error`] was told why, and the run ends.
pub const FATAL: Status = -2;
/// The stage saw [`Host::cancel`] and left early; nothing of this batch is used.
pub const CANCELLED: Status = -3;
/// A panic or exception was caught; the instance is only fit to be destroyed.
pub const PANICKED: Status = -100;

/// Kind of a stage that sees each document for itself: `process`, in parallel.
pub const DOCUMENT: u32 = 1;
/// Kind of a stage that decides in corpus order: `prepare` in parallel, `commit` one batch after the other.
pub const ORDERED: u32 = 2;
/// Kind of a stage that sees all before it acts: `observe` in parallel, `merge`, `learn` once, then `process`.
pub const CORPUS: u32 = 3;

/// Verdict: the document stays. What a zeroed array says.
pub const KEEP: u8 = 0;
/// Verdict: the document goes, for the reason set beside it.
pub const DROP: u8 = 1;

/// Index that means "none": no document, no parent, no rule.
pub const NONE: u32 = u32::MAX;

/// Log levels, most urgent first.
pub const LOG_ERROR: u32 = 1;
/// Something a user should know.
pub const LOG_WARN: u32 = 2;
/// Something a user may like to know.
pub const LOG_INFO: u32 = 3;
/// Something a developer may like to know.
pub const LOG_DEBUG: u32 = 4;

/// A string: UTF-8, `len` bytes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Str {
    /// First byte; may be null when `len` is 0.
    pub ptr: *const u8,
    /// Length in bytes.
    pub len: usize,
}

impl Str {
    /// The empty string, and the answer "there is none" where one is possible.
    pub const NONE: Str = Str { ptr: std::ptr::null(), len: 0 };

    /// Borrows `text`; valid as long as `text` is.
    pub const fn new(text: &str) -> Str {
        Str { ptr: text.as_ptr(), len: text.len() }
    }
}

/// An array of strings.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct StrList {
    /// First string; may be null when `len` is 0.
    pub ptr: *const Str,
    /// How many.
    pub len: usize,
}

/// A range of a document's text with attributes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Index of the document in the batch.
    pub document: u32,
    /// Index in [`Stage::layers`] when written; when read, in [`Stage::needs`] followed by [`Stage::uses`].
    pub layer: u32,
    /// First byte.
    pub start: u64,
    /// First byte behind.
    pub end: u64,
    /// The span that this is a part of, counted among the spans of the same document and layer in this call;
    /// [`NONE`] when it stands for itself. A whole comes before its parts.
    pub parent: u32,
    /// Zero.
    pub reserved: u32,
    /// Which part it is (`speaker`); empty for a whole.
    pub name: Str,
    /// JSON members without braces: `"kind":"direct"`. May be empty.
    pub attributes: Str,
}

/// Replace `start..end` of a document's text.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// Index of the document in the batch.
    pub document: u32,
    /// Index in [`Stage::rules`], or [`NONE`].
    pub rule: u32,
    /// First byte that goes.
    pub start: u64,
    /// First byte that stays again.
    pub end: u64,
    /// What comes instead; empty for a removal.
    pub text: Str,
}

/// A value for a field of a document.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Value {
    /// Index of the document in the batch.
    pub document: u32,
    /// Index in [`Stage::fields`].
    pub field: u32,
    /// JSON text.
    pub json: Str,
}

/// A row of a side file.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Index of the document in the batch that the row goes with; [`NONE`] in `finish`.
    pub document: u32,
    /// Index in [`Stage::tables`].
    pub table: u32,
    /// JSON text.
    pub json: Str,
}

/// A document as a stage sees it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// The text.
    pub text: Str,
    /// The id.
    pub id: Str,
    /// Place in the corpus: ascends from document to document and run to run; the only tie-breaker allowed.
    pub seq: u64,
    /// JSON text of each field that the instance asked for (`reads`), in that order; [`Str::NONE`] where absent.
    pub fields: *const Str,
    /// Spans of the layers in [`Stage::needs`] and [`Stage::uses`], ordered by layer.
    pub spans: *const Span,
    /// How many spans.
    pub n_spans: u32,
    /// Zero.
    pub reserved: u32,
}

/// Some consecutive documents.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// Size of this struct in bytes.
    pub struct_size: u32,
    /// How many documents; may be 0.
    pub n: u32,
    /// The first document; the next one stands `stride` bytes further.
    pub documents: *const Document,
    /// Bytes from one document to the next.
    pub stride: u32,
    /// Zero.
    pub reserved: u32,
    /// Bytes of text in all of them.
    pub text_bytes: u64,
}

/// Where a stage puts what it found. Bulk calls: one a batch is best.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Out {
    /// Size of this struct in bytes.
    pub struct_size: u32,
    /// How many documents the batch has.
    pub n: u32,
    /// The host's; handed back with every call.
    pub ctx: *mut c_void,
    /// A verdict a document, [`KEEP`] or [`DROP`]; zeroed, so that doing nothing keeps it. Failing has a call: `fail`.
    pub verdicts: *mut u8,
    /// For each dropped document, the index in [`Stage::drop_reasons`].
    pub reasons: *mut u32,
    /// Adds edits: grouped by document, ascending, not overlapping. Copied.
    pub edits: Option<unsafe extern "C" fn(ctx: *mut c_void, edits: *const Edit, n: usize)>,
    /// Adds spans, grouped by document. Copied.
    pub spans: Option<unsafe extern "C" fn(ctx: *mut c_void, spans: *const Span, n: usize)>,
    /// Sets fields, grouped by document. Copied.
    pub values: Option<unsafe extern "C" fn(ctx: *mut c_void, values: *const Value, n: usize)>,
    /// Adds to a counter: an index in [`Stage::counters`].
    pub count: Option<unsafe extern "C" fn(ctx: *mut c_void, counter: u32, delta: u64)>,
    /// Fails a document with a message; `status` is [`FATAL`] for an error, [`PANICKED`] for a panic.
    pub fail: Option<unsafe extern "C" fn(ctx: *mut c_void, document: u32, status: Status, message: Str)>,
    /// Since 1.1. Adds rows to side files, grouped by document. Copied.
    pub rows: Option<unsafe extern "C" fn(ctx: *mut c_void, rows: *const Row, n: usize)>,
}

/// Why a call failed.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Error {
    /// Size of this struct in bytes.
    pub struct_size: u32,
    /// The document that it happened on, as an index in the batch, or [`NONE`].
    pub document: u32,
    /// The option at fault as a JSON pointer (`/phrases/2`); empty when none is.
    pub option: Str,
    /// What is wrong, in a sentence without a period.
    pub message: Str,
    /// What the user can do; may be empty.
    pub hint: Str,
}

/// What the program offers to a plugin. Lives until `destroy`; any thread may use it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// Size of this struct in bytes.
    pub struct_size: u32,
    /// The program's [`MINOR`].
    pub abi_minor: u32,
    /// The host's; not the plugin's business.
    pub ctx: *mut c_void,
    /// The program's version.
    pub version: Str,
    /// Not 0 once the run should end. Look at it at least every mebibyte of text.
    pub cancel: *const u32,
    /// The least urgent level that anybody listens to: look before formatting a message.
    pub log_level: u32,
    /// Zero.
    pub reserved: u32,
    /// Tells the user something.
    pub log: Option<unsafe extern "C" fn(host: *const Host, level: u32, message: Str)>,
    /// Says why the call in progress on this thread is about to return an error. Copied.
    pub error: Option<unsafe extern "C" fn(host: *const Host, error: *const Error)>,
    /// Looks up something that later minor versions offer under a name; null when there is none.
    pub extension: Option<unsafe extern "C" fn(host: *const Host, name: Str) -> *const c_void>,
    /// Since 1.1. Where relative paths in options start; empty for the current folder.
    pub folder: Str,
    /// Since 1.1. Makes, at the first call, a folder of this instance's own for files that live as long as the run,
    /// and gives its path, which lives as long as this table. Returns [`FATAL`] where no run is under way, as in
    /// `create`.
    pub scratch_folder: Option<unsafe extern "C" fn(host: *const Host, path: *mut Str) -> Status>,
}

/// A stage: what it is, and how to call it.
///
/// An *instance* is made from options and shared by all threads. A *worker* is an instance's scratch space, used
/// by one thread at a time. A *token* carries what `prepare` worked out to `commit`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Stage {
    /// Size of this struct in bytes.
    pub struct_size: u32,
    /// [`DOCUMENT`], [`ORDERED`] or [`CORPUS`].
    pub kind: u32,
    /// What a pipeline file calls it.
    pub name: Str,
    /// What it does, in a line.
    pub summary: Str,
    /// JSON Schema of its options.
    pub options_schema: Str,
    /// Layers that it writes, as paths below `annotations`.
    pub layers: StrList,
    /// Fields that it writes: `annotations.dedup.cluster`, `metadata.lang`.
    pub fields: StrList,
    /// Layers that it wants to see and that somebody before it must have written.
    pub needs: StrList,
    /// Layers that it wants to see where they are; without spans where nobody wrote them.
    pub uses: StrList,
    /// Rules by which it edits.
    pub rules: StrList,
    /// Reasons for which it drops.
    pub drop_reasons: StrList,
    /// Its counters.
    pub counters: StrList,

    /// Makes an instance from options, a JSON object valid by the schema, all defaults allowed to be missing.
    pub create:
        Option<unsafe extern "C" fn(host: *const Host, options: Str, instance: *mut *mut c_void) -> Status>,
    /// Ends an instance; its workers and tokens are gone by then.
    pub destroy: Option<unsafe extern "C" fn(instance: *mut c_void)>,
    /// The fields that this instance wants to see; valid until `destroy`. May be absent.
    pub reads: Option<unsafe extern "C" fn(instance: *const c_void) -> StrList>,
    /// Makes a worker. May be absent: the worker is then null.
    pub worker_create: Option<unsafe extern "C" fn(instance: *const c_void) -> *mut c_void>,
    /// Ends a worker.
    pub worker_destroy: Option<unsafe extern "C" fn(instance: *const c_void, worker: *mut c_void)>,
    /// Document and corpus kinds: does the work on a batch.
    pub process: Option<
        unsafe extern "C" fn(
            instance: *const c_void,
            worker: *mut c_void,
            batch: *const Batch,
            out: *mut Out,
        ) -> Status,
    >,
    /// Ordered kind: works out, for any batch at any time, what does not depend on other documents.
    pub prepare: Option<
        unsafe extern "C" fn(
            instance: *const c_void,
            worker: *mut c_void,
            batch: *const Batch,
            token: *mut *mut c_void,
        ) -> Status,
    >,
    /// Ordered kind: decides, batch after batch in corpus order, one call at a time. Consumes the token.
    pub commit: Option<
        unsafe extern "C" fn(
            instance: *const c_void,
            batch: *const Batch,
            token: *mut c_void,
            out: *mut Out,
        ) -> Status,
    >,
    /// Ordered kind: ends a token whose batch will not be committed.
    pub token_drop: Option<unsafe extern "C" fn(instance: *const c_void, token: *mut c_void)>,
    /// Corpus kind: takes notes of a batch into the worker.
    pub observe: Option<
        unsafe extern "C" fn(instance: *const c_void, worker: *mut c_void, batch: *const Batch) -> Status,
    >,
    /// Corpus kind: adds the notes of `from` to `into` and leaves `from` without any. Any order and grouping must
    /// come to the same.
    pub merge:
        Option<unsafe extern "C" fn(instance: *const c_void, into: *mut c_void, from: *mut c_void) -> Status>,
    /// Corpus kind: learns from the notes of `worker`, in which all others were merged, before any `process`.
    pub learn: Option<unsafe extern "C" fn(instance: *const c_void, worker: *mut c_void) -> Status>,

    /// Since 1.1. Side files that it writes, in letters, digits, `_` and `-`.
    pub tables: StrList,
    /// Since 1.1. Ordered and corpus kinds: says, when the last document of the pass is through, what is to be said of
    /// all. `out` is for a batch of no documents: only its `rows` may be called. May be absent.
    pub finish: Option<unsafe extern "C" fn(instance: *const c_void, out: *mut Out) -> Status>,
    /// Since 1.1. Ordered kind: hands over, in any number of calls to `write`, what changed since the last `save` or
    /// `restore`. Comes between two commits. Absent where the stage does not save.
    pub save: Option<
        unsafe extern "C" fn(
            instance: *const c_void,
            ctx: *mut c_void,
            write: unsafe extern "C" fn(ctx: *mut c_void, bytes: *const u8, n: usize),
        ) -> Status,
    >,
    /// Since 1.1. Ordered kind: takes back what a `save` handed over; once for each call to `write`, in their order,
    /// before the first `commit`. There where `save` is.
    pub restore: Option<unsafe extern "C" fn(instance: *const c_void, saved: *const u8, n: usize) -> Status>,
    /// Since 1.1. Ordered kind: the run's output has its final name; makes lasting what outlives the run. May be called
    /// again for a run that was published, after a crash. May be absent.
    pub publish: Option<unsafe extern "C" fn(instance: *const c_void) -> Status>,
    /// Since 1.1. What follows from the instance's options and does not stand in them, in lines for people; valid until
    /// `destroy`. May be absent.
    pub describe: Option<unsafe extern "C" fn(instance: *const c_void) -> StrList>,
    /// Since 1.1. Those of [`layers`](Stage::layers) that this instance never writes, because of its options; the output
    /// does not show them as empty. Valid until `destroy`. May be absent.
    pub omits: Option<unsafe extern "C" fn(instance: *const c_void) -> StrList>,
}

/// What a plugin offers.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Plugin {
    /// Size of this struct in bytes.
    pub struct_size: u32,
    /// [`MINOR`] of the header that it was built with.
    pub abi_minor: u32,
    /// The smallest host minor that it can live with.
    pub needs_minor: u32,
    /// Zero.
    pub reserved: u32,
    /// Its name.
    pub name: Str,
    /// Its version.
    pub version: Str,
    /// Its licence, as an SPDX expression.
    pub license: Str,
    /// How it was built: `rustc 1.95.0, sdk 0.1.0`.
    pub build: Str,
    /// The stages that it offers.
    pub stages: *const *const Stage,
    /// How many.
    pub n_stages: usize,
}

/// Bytes of a [`Plugin`] of version 1.0, the least that any plugin has. It stays when the struct grows.
pub const PLUGIN_BYTES_1_0: usize = offset_of!(Plugin, n_stages) + size_of::<usize>();
/// Bytes of a [`Stage`] of version 1.0.
pub const STAGE_BYTES_1_0: usize = offset_of!(Stage, learn) + size_of::<*const c_void>();
/// Bytes of an [`Out`] of version 1.0.
pub const OUT_BYTES_1_0: usize = offset_of!(Out, fail) + size_of::<*const c_void>();
/// Bytes of a [`Host`] of version 1.0.
pub const HOST_BYTES_1_0: usize = offset_of!(Host, extension) + size_of::<*const c_void>();
/// Bytes of an [`Error`] of version 1.0.
pub const ERROR_BYTES_1_0: usize = offset_of!(Error, hint) + size_of::<Str>();

/// The function behind the entry symbol. Returns a table that never moves or goes away, or null.
pub type Entry = unsafe extern "C" fn() -> *const Plugin;

// SAFETY: a `Str` is an address and a length; what makes following it sound is promised where it is handed over.
unsafe impl Send for Str {}
// SAFETY: as above; it is never written through.
unsafe impl Sync for Str {}
// SAFETY: as for `Str`.
unsafe impl Send for StrList {}
// SAFETY: as for `Str`.
unsafe impl Sync for StrList {}
// SAFETY: the promise of `Host`: any thread may use it. What it points to is the host's, which keeps to that.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}
// SAFETY: tables of function pointers and strings that live as long as the program (promises 1 and 5).
unsafe impl Send for Stage {}
// SAFETY: as above, and read only.
unsafe impl Sync for Stage {}
// SAFETY: as for `Stage`.
unsafe impl Send for Plugin {}
// SAFETY: as for `Stage`.
unsafe impl Sync for Plugin {}
