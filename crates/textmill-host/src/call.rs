//! Calls stages: the life of instances, workers and tokens, and what their answers mean.

// Calls through a plugin's tables; each block names the promise of `docs/abi.md` that it relies on.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use textmill_abi as abi;
use textmill_model::{Batch, CheckedRow, Effects, StageEntry, StageKind};

use crate::Environment;
use crate::answer::Answer;
use crate::host_table::{HostTable, listen, said};
use crate::load::{LoadedStage, slice_of, text_of};
use crate::views::Views;

/// A stage made from options; all threads share it.
#[derive(Debug, Clone)]
pub struct Instance {
    inner: Arc<Inner>,
}

/// One thread's scratch space for an instance; for corpus stages also its notes.
#[derive(Debug)]
pub struct Worker {
    inner: Arc<Inner>,
    raw: *mut c_void,
    refused: Option<String>, // why the stage made none
}

/// What an ordered stage worked out about a batch, on its way from `prepare` to `commit`.
#[derive(Debug)]
pub struct Token {
    inner: Arc<Inner>,
    raw: *mut c_void,
    documents: Vec<(u64, usize)>, // of the batch: place in the corpus, bytes of text
}

/// Why a stage could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateError {
    /// The option at fault as a JSON pointer; empty when none is.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What the user can do; may be empty.
    pub hint: String,
}

/// Why a call brought nothing back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The run is ending, and the stage noticed.
    #[error("the run was cancelled")]
    Cancelled,
    /// The stage can't go on, and nor can the run.
    #[error("stage `{stage}` of plugin `{plugin}` {did}{}: {message}", on(document))]
    Fatal {
        /// The stage's id in the pipeline.
        stage: String,
        /// Its plugin.
        plugin: String,
        /// `failed` or `panicked`.
        did: &'static str,
        /// The id of the document that it happened on, when it was one.
        document: Option<String>,
        /// What the stage said.
        message: String,
    },
}

fn on(document: &Option<String>) -> String {
    document.as_ref().map(|id| format!(" on document `{id}`")).unwrap_or_default()
}

#[derive(Debug)]
struct Inner {
    table: abi::Stage,
    entry: Arc<StageEntry>,
    id: Arc<str>,
    reads: Vec<String>,
    description: Vec<String>,
    omitted: Vec<String>,
    raw: *mut c_void,
    turn: Mutex<()>, // whose turn it is to commit
    phase: RwLock<Phase>,
    _host: HostTable,
}

/// What an instance may be asked for. Only corpus stages begin with notes, and learn from them once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Notes,
    Work,
    Spent, // it could not learn
}

// SAFETY: promise "instance" of docs/abi.md: any thread may use an instance, many at a time. What may not be done at
// the same time, or in another order, `turn` and `phase` keep apart.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}
// SAFETY: promise "worker": used by one thread at a time, which `&mut` makes sure of, and may move between threads.
unsafe impl Send for Worker {}
// SAFETY: promise "token": made on one thread, consumed on another.
unsafe impl Send for Token {}

impl Instance {
    pub(crate) fn create(
        stage: &LoadedStage,
        id: &Arc<str>,
        options: &serde_json::Value,
        environment: &Arc<Environment>,
    ) -> Result<Instance, CreateError> {
        let host = HostTable::new(environment, id);
        let mut raw = std::ptr::null_mut();
        let options = options.to_string();
        listen();
        let status = match stage.table.create {
            // SAFETY: the host's table outlives the instance, which holds it; options and place live for the call.
            Some(create) => unsafe { create(host.as_ptr(), abi::Str::new(&options), &raw mut raw) },
            None => abi::FATAL,
        };
        if status != abi::OK {
            return Err(create_error(status, &stage.entry));
        }
        // SAFETY: the instance was just made.
        let [reads, description, omitted] =
            [stage.table.reads, stage.table.describe, stage.table.omits].map(|it| unsafe { lines(it, raw) });
        let phase = if stage.entry.kind == StageKind::Corpus { Phase::Notes } else { Phase::Work };
        let inner = Inner {
            table: stage.table,
            entry: Arc::clone(&stage.entry),
            id: Arc::clone(id),
            reads,
            description,
            omitted,
            raw,
            turn: Mutex::new(()),
            phase: RwLock::new(phase),
            _host: host,
        };
        Ok(Instance { inner: Arc::new(inner) })
    }

    /// What the stage is.
    pub fn entry(&self) -> &Arc<StageEntry> {
        &self.inner.entry
    }

    /// What the pipeline calls it.
    pub fn id(&self) -> &Arc<str> {
        &self.inner.id
    }

    /// The fields that it wants to see, named as in the output; the empty string where the plugin gave no name.
    pub fn reads(&self) -> &[String] {
        &self.inner.reads
    }

    /// Those of the layers it may write that it never does, because of its options.
    pub fn omits(&self) -> &[String] {
        &self.inner.omitted
    }

    /// What it says of itself: lines for people that follow from its options.
    pub fn description(&self) -> &[String] {
        &self.inner.description
    }

    /// Makes scratch space for one thread. Where the stage can't, the first call with this worker says so.
    pub fn worker(&self) -> Worker {
        let Some(worker_create) = self.inner.table.worker_create else {
            return Worker { inner: Arc::clone(&self.inner), raw: std::ptr::null_mut(), refused: None };
        };
        listen();
        // SAFETY: the instance is there as long as `inner`.
        let raw = unsafe { worker_create(self.inner.raw) };
        let refused = raw.is_null().then(|| {
            let said = said().map(|said| format!(": {}", said.message));
            format!("it made no worker{}", said.unwrap_or_default())
        });
        Worker { inner: Arc::clone(&self.inner), raw, refused }
    }

    /// Document and corpus stages: works on a batch. What comes back is yet to be applied.
    ///
    /// # Errors
    ///
    /// When the stage can't go on, saw that the run is ending, or is a corpus stage that has not learned.
    pub fn process(&self, worker: &mut Worker, batch: &Batch) -> Result<Effects, CallError> {
        let process = self.function(self.inner.table.process, "process")?;
        let worker = self.own(worker)?;
        let _phase = self.in_phase(Phase::Work)?;
        self.answered(batch, |table, out| {
            // SAFETY: instance and worker belong together and are alive; batch and answer live for the call; a corpus
            // stage has learned.
            unsafe { process(self.inner.raw, worker, table, out) }
        })
    }

    /// Ordered stages: works out what does not depend on other documents.
    ///
    /// # Errors
    ///
    /// As [`Instance::process`].
    pub fn prepare(&self, worker: &mut Worker, batch: &Batch) -> Result<Token, CallError> {
        let prepare = self.function(self.inner.table.prepare, "prepare")?;
        let worker = self.own(worker)?;
        let (inner, documents) = (Arc::clone(&self.inner), documents_of(batch));
        let mut token = Token { inner, raw: std::ptr::null_mut(), documents };
        self.called(batch, |table| {
            // SAFETY: as in `process`; the token is a place for the answer.
            unsafe { prepare(self.inner.raw, worker, table, &raw mut token.raw) }
        })?;
        Ok(token)
    }

    /// Ordered stages: decides on a batch, given what was prepared for just this batch. Batches come in corpus order,
    /// for which the caller sees; one that comes while another is committed waits.
    ///
    /// # Errors
    ///
    /// As [`Instance::process`], and when the token is another instance's or was prepared for other documents.
    pub fn commit(&self, batch: &Batch, mut token: Token) -> Result<Effects, CallError> {
        let commit = self.function(self.inner.table.commit, "commit")?;
        if !Arc::ptr_eq(&self.inner, &token.inner) {
            return Err(self.fatal("failed", None, "the token is another instance's".to_owned()));
        }
        if token.documents != documents_of(batch) {
            return Err(self.fatal("failed", None, "the token is another batch's".to_owned()));
        }
        let _turn = self.turn();
        let raw = std::mem::replace(&mut token.raw, std::ptr::null_mut());
        self.answered(batch, |table, out| {
            // SAFETY: as in `process`; the token comes from `prepare` of this instance on a batch of these documents,
            // and is consumed; nobody else commits.
            unsafe { commit(self.inner.raw, table, raw, out) }
        })
    }

    /// Corpus stages: takes notes of a batch.
    ///
    /// # Errors
    ///
    /// When the stage can't go on, saw that the run is ending, or was asked to learn before.
    pub fn observe(&self, worker: &mut Worker, batch: &Batch) -> Result<(), CallError> {
        let observe = self.function(self.inner.table.observe, "observe")?;
        let worker = self.own(worker)?;
        let _phase = self.in_phase(Phase::Notes)?;
        self.called(batch, |table| {
            // SAFETY: as in `process`.
            unsafe { observe(self.inner.raw, worker, table) }
        })
    }

    /// Corpus stages: adds the notes of `from` to those of `into`.
    ///
    /// # Errors
    ///
    /// As [`Instance::observe`].
    pub fn merge(&self, into: &mut Worker, mut from: Worker) -> Result<(), CallError> {
        let merge = self.function(self.inner.table.merge, "merge")?;
        let (into, from) = (self.own(into)?, self.own(&mut from)?);
        let _phase = self.in_phase(Phase::Notes)?;
        listen();
        // SAFETY: two workers of this instance, at rest; `from` is ended after the call.
        self.done(unsafe { merge(self.inner.raw, into, from) }, None)
    }

    /// Corpus stages: learns from the notes of `worker`, after which `process` may be called, and notes may not be
    /// taken any more. Waits for calls that take notes.
    ///
    /// # Errors
    ///
    /// As [`Instance::observe`].
    pub fn learn(&self, mut worker: Worker) -> Result<(), CallError> {
        let learn = self.function(self.inner.table.learn, "learn")?;
        let worker = self.own(&mut worker)?;
        let mut phase = self.inner.phase.write().unwrap_or_else(PoisonError::into_inner);
        self.check_phase(*phase, Phase::Notes)?;
        *phase = Phase::Spent;
        listen();
        // SAFETY: a worker of this instance, at rest; it is ended after the call. Nobody else is in a call to this
        // instance but to make or end a worker, and nobody has asked it to learn before.
        self.done(unsafe { learn(self.inner.raw, worker) }, None)?;
        *phase = Phase::Work;
        Ok(())
    }

    /// Ordered and corpus stages: what is to be said when the last document is through.
    ///
    /// # Errors
    ///
    /// When the stage can't go on, or says what it may not.
    pub fn finish(&self) -> Result<Vec<CheckedRow>, CallError> {
        let Some(finish) = self.inner.table.finish else { return Ok(Vec::new()) };
        let _phase = self.in_phase(Phase::Work)?;
        let _turn = self.turn();
        let mut answer = Answer::new(0);
        let mut out = answer.table();
        listen();
        // SAFETY: the instance is alive, and nobody else commits; the answer lives for the call.
        self.done(unsafe { finish(self.inner.raw, &raw mut out) }, None)?;
        answer.check_finish(&self.inner.entry).map_err(|fault| self.fatal("failed", None, fault))
    }

    /// Whether the stage can save what it remembers.
    pub fn saves(&self) -> bool {
        self.inner.table.save.is_some()
    }

    /// Ordered stages that save: gives `out` what changed since the last save or restore, piece by piece.
    ///
    /// # Errors
    ///
    /// When the stage can't go on.
    pub fn save(&self, mut out: impl FnMut(&[u8])) -> Result<(), CallError> {
        let save = self.function(self.inner.table.save, "save")?;
        let _turn = self.turn();
        let mut out: &mut dyn FnMut(&[u8]) = &mut out;
        listen();
        // SAFETY: the instance is alive, and nobody else commits; `hand_on` gets `out` back, during the call.
        self.done(unsafe { save(self.inner.raw, (&raw mut out).cast(), hand_on) }, None)
    }

    /// Ordered stages that save: takes back one piece after the other, before anything is committed.
    ///
    /// # Errors
    ///
    /// When the stage can't make sense of it.
    pub fn restore(&self, saved: &[u8]) -> Result<(), CallError> {
        let restore = self.function(self.inner.table.restore, "restore")?;
        let _turn = self.turn();
        listen();
        // SAFETY: the instance is alive, and nobody else commits; the bytes live for the call.
        self.done(unsafe { restore(self.inner.raw, saved.as_ptr(), saved.len()) }, None)
    }

    /// Lets the stage make lasting what outlives the run, whose output has its final name by now.
    ///
    /// # Errors
    ///
    /// When the stage can't.
    pub fn publish(&self) -> Result<(), CallError> {
        let Some(publish) = self.inner.table.publish else { return Ok(()) };
        let _turn = self.turn();
        listen();
        // SAFETY: the instance is alive, and nobody else commits.
        self.done(unsafe { publish(self.inner.raw) }, None)
    }

    fn turn(&self) -> std::sync::MutexGuard<'_, ()> {
        self.inner.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that the instance is in `phase`, and stays in it until the guard goes.
    fn in_phase(&self, phase: Phase) -> Result<RwLockReadGuard<'_, Phase>, CallError> {
        let present = self.inner.phase.read().unwrap_or_else(PoisonError::into_inner);
        self.check_phase(*present, phase)?;
        Ok(present)
    }

    fn check_phase(&self, present: Phase, wanted: Phase) -> Result<(), CallError> {
        if present == wanted {
            return Ok(());
        }
        let fault = match present {
            Phase::Notes => "it has not learned yet",
            Phase::Work => "it has learned already",
            Phase::Spent => "it could not learn",
        };
        Err(self.fatal("failed", None, fault.to_owned()))
    }

    /// What the stage knows this worker by: its own, and only one that it made.
    fn own(&self, worker: &mut Worker) -> Result<*mut c_void, CallError> {
        let fault = match &worker.refused {
            _ if !Arc::ptr_eq(&self.inner, &worker.inner) => "the worker is another instance's",
            Some(refused) => refused,
            None => return Ok(worker.raw),
        };
        Err(self.fatal("failed", None, fault.to_owned()))
    }

    fn answered(
        &self,
        batch: &Batch,
        call: impl FnOnce(*const abi::Batch, *mut abi::Out) -> abi::Status,
    ) -> Result<Effects, CallError> {
        let mut answer = Answer::new(batch.documents.len());
        let mut out = answer.table();
        self.called(batch, |table| call(table, &raw mut out))?;
        Ok(answer.check(batch, &self.inner.entry))
    }

    fn called(
        &self,
        batch: &Batch,
        call: impl FnOnce(*const abi::Batch) -> abi::Status,
    ) -> Result<(), CallError> {
        let views = Views::new(batch, &self.inner.entry, &self.inner.reads);
        let table = views.table(batch.text_bytes());
        listen();
        self.done(call(&raw const table), Some(batch))
    }

    fn done(&self, status: abi::Status, batch: Option<&Batch>) -> Result<(), CallError> {
        let did = match status {
            abi::OK => return Ok(()),
            abi::CANCELLED => return Err(CallError::Cancelled),
            abi::PANICKED => "panicked",
            _ => "failed",
        };
        let said = said();
        let document =
            said.as_ref().zip(batch).and_then(|(said, batch)| batch.documents.get(said.document as usize));
        let document = document.map(|document| document.id.clone());
        let message =
            said.map_or_else(|| format!("it gave no reason (status {status})"), |said| said.message);
        Err(self.fatal(did, document, message))
    }

    fn fatal(&self, did: &'static str, document: Option<String>, message: String) -> CallError {
        let (stage, plugin) = (self.inner.id.to_string(), self.inner.entry.plugin.name.clone());
        CallError::Fatal { stage, plugin, did, document, message }
    }

    fn function<F>(&self, function: Option<F>, name: &str) -> Result<F, CallError> {
        function.ok_or_else(|| {
            let kind = self.inner.entry.kind.name();
            self.fatal("failed", None, format!("a stage of kind `{kind}` has no `{name}`"))
        })
    }
}

/// What tells the documents of a batch from those of another one.
fn documents_of(batch: &Batch) -> Vec<(u64, usize)> {
    batch.documents.iter().map(|document| (document.seq, document.text_bytes())).collect()
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(destroy) = self.inner.table.worker_destroy.filter(|_| !self.raw.is_null()) {
            // SAFETY: made by `worker_create` of this instance, which is still there, and ended here alone.
            unsafe { destroy(self.inner.raw, self.raw) };
        }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some(token_drop) = self.inner.table.token_drop.filter(|_| !self.raw.is_null()) {
            // SAFETY: made by `prepare` of this instance and not consumed.
            unsafe { token_drop(self.inner.raw, self.raw) };
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(destroy) = self.table.destroy {
            // SAFETY: made by `create`; workers and tokens hold this `Inner`, so none is left.
            unsafe { destroy(self.raw) };
        }
    }
}

fn create_error(status: abi::Status, stage: &StageEntry) -> CreateError {
    let said = said();
    let (pointer, message, hint) = said.map_or_else(
        || (String::new(), format!("it gave no reason (status {status})"), String::new()),
        |said| (said.option, said.message, said.hint),
    );
    let whose = format!("stage `{}` of plugin `{}`", stage.name, stage.plugin.name);
    let message = match status {
        abi::BAD_OPTIONS => message,
        abi::PANICKED => format!("{whose} panicked: {message}"),
        _ => format!("{whose} failed: {message}"),
    };
    CreateError { pointer, message, hint }
}

/// What a stage lists of itself: `reads`, `describe` or `omits`.
///
/// # Safety
///
/// `instance` was made by the table that `list` is from, and is still there.
unsafe fn lines(
    list: Option<unsafe extern "C" fn(*const c_void) -> abi::StrList>,
    instance: *const c_void,
) -> Vec<String> {
    let Some(list) = list else { return Vec::new() };
    // SAFETY: the caller's promise; the list lives as long as the instance.
    unsafe {
        let listed = list(instance);
        // A name that is not UTF-8 keeps its place, for the stage counts on as many fields as it asked for.
        slice_of(listed.ptr, listed.len).iter().map(|field| text_of(*field).unwrap_or_default()).collect()
    }
}

unsafe extern "C" fn hand_on(ctx: *mut c_void, bytes: *const u8, n: usize) {
    // SAFETY: `ctx` is the function of the call in progress; the bytes stay for the call.
    unsafe { (*ctx.cast::<&mut dyn FnMut(&[u8])>())(slice_of(bytes, n)) };
}
