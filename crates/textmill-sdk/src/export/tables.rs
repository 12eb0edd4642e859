//! The call tables: one set of C functions for each kind of stage, and the descriptors around them.

use std::cell::RefCell;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use schemars::generate::SchemaSettings;
use textmill_abi as abi;

use super::answer::{Answer, Outcome, Setting, each, slice_of, str_of};
use super::panics::catch;
use crate::doc::Found;
use crate::host::HostTable;
use crate::{
    CorpusStage, DocumentStage, Host, OptionError, OrderedStage, Stage, StageError, Tables, Verdict,
};

/// The call table of a document stage.
pub fn document<S: DocumentStage>() -> abi::Stage {
    abi::Stage {
        worker_create: Some(worker_create::<S, (), S::Scratch, ()>),
        worker_destroy: Some(worker_destroy::<S::Scratch, ()>),
        process: Some(process_document::<S>),
        ..table::<S, ()>(abi::DOCUMENT)
    }
}

/// The call table of an ordered stage.
pub fn ordered<S: OrderedStage>() -> abi::Stage {
    abi::Stage {
        worker_create: Some(worker_create::<S, Commits<S>, S::Scratch, ()>),
        worker_destroy: Some(worker_destroy::<S::Scratch, ()>),
        prepare: Some(prepare::<S>),
        commit: Some(commit::<S>),
        token_drop: Some(token_drop::<S>),
        finish: Some(finish_ordered::<S>),
        save: S::SAVES.then_some(save::<S>),
        restore: S::SAVES.then_some(restore::<S>),
        publish: Some(publish::<S>),
        ..table::<S, Commits<S>>(abi::ORDERED)
    }
}

/// The call table of a corpus stage.
pub fn corpus<S: CorpusStage>() -> abi::Stage {
    abi::Stage {
        worker_create: Some(worker_create::<S, Learned<S>, S::Scratch, S::Gathered>),
        worker_destroy: Some(worker_destroy::<S::Scratch, S::Gathered>),
        process: Some(process_corpus::<S>),
        observe: Some(observe::<S>),
        merge: Some(merge::<S>),
        learn: Some(learn::<S>),
        finish: Some(finish_corpus::<S>),
        ..table::<S, Learned<S>>(abi::CORPUS)
    }
}

/// A plugin's tables; they stay where they are for as long as the program runs.
pub struct PluginTable {
    plugin: &'static abi::Plugin,
}

impl PluginTable {
    /// Puts a plugin's tables where they never move.
    pub fn new(
        name: &'static str,
        version: &'static str,
        license: &'static str,
        stages: Vec<abi::Stage>,
    ) -> PluginTable {
        let build = concat!("textmill-sdk ", env!("CARGO_PKG_VERSION"));
        let mut plugin = abi::Plugin {
            struct_size: size_of::<abi::Plugin>() as u32,
            abi_minor: abi::MINOR,
            // An older host would lose the rows of side files; all else that is newer it can do without.
            needs_minor: u32::from(stages.iter().any(|stage| stage.tables.len > 0)),
            reserved: 0,
            name: abi::Str::new(name),
            version: abi::Str::new(version),
            license: abi::Str::new(license),
            build: abi::Str::new(build),
            n_stages: stages.len(),
            stages: std::ptr::null(),
        };
        let stages: Vec<*const abi::Stage> =
            stages.into_iter().map(|stage| &raw const *leak(stage)).collect();
        plugin.stages = stages.leak().as_ptr();
        PluginTable { plugin: leak(plugin) }
    }

    /// The table.
    pub fn plugin(&self) -> &'static abi::Plugin {
        self.plugin
    }
}

/// Descriptors live as long as the program, so they are never freed.
fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// A stage with what the boundary needs to know of it. `M` is what its kind remembers.
struct Instance<S, M> {
    stage: S,
    host_table: HostTable,
    reads: Listed,
    description: Listed,
    omitted: Listed,
    memory: M,
    #[expect(dead_code, reason = "goes last, when the stage and what it remembers are gone")]
    host: Retiring,
}

/// Lines that the host is shown.
struct Listed {
    list: Vec<abi::Str>,
    lines: Vec<String>,
}

impl Listed {
    fn new(lines: Vec<String>) -> Listed {
        // A string's bytes stay where they are when the vector moves.
        Listed { list: lines.iter().map(|line| abi::Str::new(line)).collect(), lines }
    }

    fn shown(&self) -> abi::StrList {
        abi::StrList { ptr: self.list.as_ptr(), len: self.list.len() }
    }
}

/// The author's handle to the host, of which clones may live on; after this one they lead nowhere.
struct Retiring(Host);

impl Drop for Retiring {
    fn drop(&mut self) {
        self.0.retire();
    }
}

impl<S: Stage, M> Instance<S, M> {
    fn setting(&self) -> Setting<'_> {
        Setting { info: &S::INFO, reads: &self.reads.lines, host: self.host_table }
    }

    /// Ends the run with a message.
    fn fatal(&self, document: Option<u32>, message: &str) -> abi::Status {
        self.host_table.error(document.unwrap_or(abi::NONE), "", message, "");
        abi::FATAL
    }

    /// Ends the run because what the stage remembers can't be trusted after a panic.
    fn panicked(&self, document: Option<u32>, message: &str) -> abi::Status {
        self.host_table.error(document.unwrap_or(abi::NONE), "", message, "");
        abi::PANICKED
    }

    /// Runs what the host asked for. The author's code is caught closer by, document by document; what is caught
    /// here is the rest of it, such as a panic when a token or a scratch space is dropped.
    fn guarded(&self, call: impl FnOnce() -> abi::Status) -> abi::Status {
        catch(call).unwrap_or_else(|message| self.panicked(None, &message))
    }
}

/// What a corpus stage remembers: nothing until it learned.
type Learned<S> = OnceLock<<S as CorpusStage>::Learned>;

/// One worker's memory: the stage's own, its notes on the corpus, and what it found in the present batch.
#[derive(Default)]
struct Worker<T, G> {
    scratch: T,
    gathered: G,
    found: Found,
}

/// What an ordered stage remembers between commits.
struct Commits<S: OrderedStage>(Mutex<Option<(S::State, Found)>>);

impl<S: OrderedStage> Default for Commits<S> {
    fn default() -> Self {
        Commits(Mutex::new(None))
    }
}

impl<S: OrderedStage> Commits<S> {
    /// Commits come one at a time; the lock only makes a host that breaks this promise harmless.
    fn lock(&self) -> MutexGuard<'_, Option<(S::State, Found)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What `prepare` worked out: a token a document, or why there is none.
type Tokens<S> = Vec<Result<<S as OrderedStage>::Token, Outcome>>;

/// What all kinds have in common.
fn table<S: Stage, M: Default>(kind: u32) -> abi::Stage {
    let info = &S::INFO;
    abi::Stage {
        struct_size: size_of::<abi::Stage>() as u32,
        kind,
        name: abi::Str::new(info.name),
        summary: abi::Str::new(info.summary),
        options_schema: abi::Str::new(leak(options_schema::<S>())),
        layers: list(info.layers),
        fields: list(info.fields),
        needs: list(info.needs),
        uses: list(info.uses),
        rules: list(info.rules),
        drop_reasons: list(info.drop_reasons),
        counters: list(info.counters),
        create: Some(create::<S, M>),
        destroy: Some(destroy::<S, M>),
        reads: Some(reads::<S, M>),
        worker_create: None,
        worker_destroy: None,
        process: None,
        prepare: None,
        commit: None,
        token_drop: None,
        observe: None,
        merge: None,
        learn: None,
        tables: list(info.tables),
        finish: None,
        save: None,
        restore: None,
        publish: None,
        describe: Some(describe::<S, M>),
        omits: Some(omits::<S, M>),
    }
}

fn options_schema<S: Stage>() -> String {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<S::Options>().as_value().to_string()
}

fn list(names: &'static [&'static str]) -> abi::StrList {
    let listed: Vec<abi::Str> = names.iter().map(|name| abi::Str::new(name)).collect();
    abi::StrList { len: listed.len(), ptr: listed.leak().as_ptr() }
}

unsafe extern "C" fn create<S: Stage, M: Default>(
    host: *const abi::Host,
    options: abi::Str,
    instance: *mut *mut c_void,
) -> abi::Status {
    // SAFETY: the host's table lives until `destroy`, the options for this call (promise 1).
    let (host_table, options) = unsafe { (HostTable::from_raw(host), str_of(options)) };
    match catch(|| build::<S, M>(host_table, options)) {
        Ok(Ok(made)) => {
            // SAFETY: `instance` is a place for the answer.
            unsafe { *instance = Box::into_raw(made).cast() };
            abi::OK
        }
        Ok(Err(err)) => {
            host_table.error(abi::NONE, &err.pointer, &err.message, &err.hint);
            abi::BAD_OPTIONS
        }
        Err(message) => {
            host_table.error(abi::NONE, "", &message, "");
            abi::PANICKED
        }
    }
}

fn build<S: Stage, M: Default>(
    host_table: HostTable,
    options: &str,
) -> Result<Box<Instance<S, M>>, OptionError> {
    let host = Retiring(Host::new(host_table));
    let options = serde_json::from_str(options).map_err(|err| OptionError::new("", err))?;
    let stage = S::build(options, &host.0)?;
    let [reads, description, omitted] = [stage.reads(), stage.describe(), stage.omits()].map(Listed::new);
    Ok(Box::new(Instance { stage, host_table, reads, description, omitted, memory: M::default(), host }))
}

unsafe extern "C" fn destroy<S: Stage, M>(instance: *mut c_void) {
    // SAFETY: made by `create` of the same table, and ended once. A panic in the author's `drop` must not cross.
    let _ = catch(|| drop(unsafe { Box::from_raw(instance.cast::<Instance<S, M>>()) }));
}

unsafe extern "C" fn reads<S: Stage, M>(instance: *const c_void) -> abi::StrList {
    // SAFETY: made by `create` of the same table.
    unsafe { instance_of::<S, M>(instance) }.reads.shown()
}

unsafe extern "C" fn describe<S: Stage, M>(instance: *const c_void) -> abi::StrList {
    // SAFETY: as in `reads`.
    unsafe { instance_of::<S, M>(instance) }.description.shown()
}

unsafe extern "C" fn omits<S: Stage, M>(instance: *const c_void) -> abi::StrList {
    // SAFETY: as in `reads`.
    unsafe { instance_of::<S, M>(instance) }.omitted.shown()
}

unsafe extern "C" fn worker_create<S: Stage, M, T: Default, G: Default>(
    instance: *const c_void,
) -> *mut c_void {
    // SAFETY: made by `create` of the same table.
    let instance = unsafe { instance_of::<S, M>(instance) };
    catch(|| Box::into_raw(Box::<Worker<T, G>>::default()).cast()).unwrap_or_else(|message| {
        instance.panicked(None, &message);
        std::ptr::null_mut()
    })
}

unsafe extern "C" fn worker_destroy<T, G>(_instance: *const c_void, worker: *mut c_void) {
    // SAFETY: made by `worker_create` of the same table, and ended once.
    let _ = catch(|| drop(unsafe { Box::from_raw(worker.cast::<Worker<T, G>>()) }));
}

unsafe extern "C" fn process_document<S: DocumentStage>(
    instance: *const c_void,
    worker: *mut c_void,
    batch: *const abi::Batch,
    out: *mut abi::Out,
) -> abi::Status {
    // SAFETY: made by this table's functions; the worker is used by one thread at a time; batch and answer are
    // valid for the call.
    unsafe {
        let instance = instance_of::<S, ()>(instance);
        let worker = worker_of::<S::Scratch, ()>(worker);
        process(instance, worker, batch, out, |doc, scratch| instance.stage.process(doc, scratch))
    }
}

unsafe extern "C" fn process_corpus<S: CorpusStage>(
    instance: *const c_void,
    worker: *mut c_void,
    batch: *const abi::Batch,
    out: *mut abi::Out,
) -> abi::Status {
    // SAFETY: as in `process_document`.
    unsafe {
        let instance = instance_of::<S, Learned<S>>(instance);
        let worker = worker_of::<S::Scratch, S::Gathered>(worker);
        let Some(learned) = instance.memory.get() else {
            return instance.fatal(None, "asked to process before it learned");
        };
        process(instance, worker, batch, out, |doc, scratch| instance.stage.process(learned, doc, scratch))
    }
}

/// Runs `work` over a batch; a document that it panics on fails, and the next one gets a new scratch space.
///
/// # Safety
///
/// `batch` and `out` are valid for the call.
unsafe fn process<S: Stage, M, T: Default, G>(
    instance: &Instance<S, M>,
    worker: &mut Worker<T, G>,
    batch: *const abi::Batch,
    out: *mut abi::Out,
    work: impl Fn(&mut crate::Doc<'_>, &mut T) -> Result<Verdict, StageError>,
) -> abi::Status {
    let Worker { scratch, found, .. } = worker;
    let scratch = RefCell::new(scratch);
    // SAFETY: the caller's promise.
    instance.guarded(|| unsafe {
        let mut answer = Answer::new(&S::INFO, out);
        let status = each(
            &instance.setting(),
            batch,
            found,
            |doc, _| work(doc, &mut scratch.borrow_mut()),
            |found, document, outcome| {
                if let Outcome::Panicked(_) = outcome {
                    **scratch.borrow_mut() = T::default();
                }
                answer.settle(found, document, outcome);
                abi::OK
            },
        );
        if status == abi::OK {
            answer.hand_over(found);
        }
        status
    })
}

unsafe extern "C" fn prepare<S: OrderedStage>(
    instance: *const c_void,
    worker: *mut c_void,
    batch: *const abi::Batch,
    token: *mut *mut c_void,
) -> abi::Status {
    // SAFETY: as in `process_document`.
    let (instance, worker) =
        unsafe { (instance_of::<S, Commits<S>>(instance), worker_of::<S::Scratch, ()>(worker)) };
    let Worker { scratch, found, .. } = worker;
    // SAFETY: as above; `token` is a place for the answer.
    instance.guarded(|| unsafe {
        let tokens = RefCell::new(Tokens::<S>::new());
        let status = each(
            &instance.setting(),
            batch,
            found,
            |doc, _| {
                let token = instance.stage.prepare(doc, scratch)?;
                tokens.borrow_mut().push(Ok(token));
                Ok(Verdict::Keep)
            },
            |_, _, outcome| {
                if !matches!(outcome, Outcome::Answered(Ok(_))) {
                    tokens.borrow_mut().push(Err(outcome));
                }
                abi::OK
            },
        );
        match status {
            abi::OK => *token = Box::into_raw(Box::new(tokens.into_inner())).cast(),
            _ => end_tokens::<S>(tokens.into_inner()),
        }
        status
    })
}

unsafe extern "C" fn commit<S: OrderedStage>(
    instance: *const c_void,
    batch: *const abi::Batch,
    token: *mut c_void,
    out: *mut abi::Out,
) -> abi::Status {
    // SAFETY: as in `process_document`; the token was made by `prepare` of the same table and is consumed here.
    let (instance, tokens) =
        unsafe { (instance_of::<S, Commits<S>>(instance), *Box::from_raw(token.cast::<Tokens<S>>())) };
    // SAFETY: as above.
    instance.guarded(|| unsafe { commit_each(instance, batch, tokens, out) })
}

/// Commits document after document; one that could not be prepared fails with what was said then.
///
/// # Safety
///
/// `batch` and `out` are valid for the call.
unsafe fn commit_each<S: OrderedStage>(
    instance: &Instance<S, Commits<S>>,
    batch: *const abi::Batch,
    tokens: Tokens<S>,
    out: *mut abi::Out,
) -> abi::Status {
    let mut tokens = tokens.into_iter();
    let mut memory = instance.memory.lock();
    let (state, found) = memory.get_or_insert_with(|| (instance.stage.state(), Found::default()));
    let not_prepared = RefCell::new(None);
    let work = |doc: &mut crate::Doc<'_>, _| match tokens.next() {
        Some(Ok(token)) => instance.stage.commit(state, doc, token),
        Some(Err(outcome)) => {
            *not_prepared.borrow_mut() = Some(outcome);
            Ok(Verdict::Keep)
        }
        None => Err(StageError::new("the batch is not the one that was prepared")),
    };
    // SAFETY: the caller's promise.
    let mut answer = unsafe { Answer::new(&S::INFO, out) };
    let settle = |found: &mut Found, document, outcome| {
        if let Outcome::Panicked(message) = &outcome {
            return instance.panicked(Some(document), message);
        }
        answer.settle(found, document, not_prepared.borrow_mut().take().unwrap_or(outcome));
        abi::OK
    };
    // SAFETY: the caller's promise.
    let status = unsafe { each(&instance.setting(), batch, found, work, settle) };
    end_tokens::<S>(tokens);
    if status == abi::OK {
        answer.hand_over(found);
    }
    status
}

unsafe extern "C" fn token_drop<S: OrderedStage>(_instance: *const c_void, token: *mut c_void) {
    // SAFETY: made by `prepare` of the same table, and ended once.
    end_tokens::<S>(*unsafe { Box::from_raw(token.cast::<Tokens<S>>()) });
}

/// Drops tokens one by one: of two that panic while they are dropped together, the second would abort the program.
fn end_tokens<S: OrderedStage>(tokens: impl IntoIterator<Item = Result<S::Token, Outcome>>) {
    for token in tokens {
        let _ = catch(|| drop(token));
    }
}

impl<S: OrderedStage> Instance<S, Commits<S>> {
    /// Runs `work` on what the stage remembers; an error of the author's, or a panic, ends the run.
    fn with_state(&self, work: impl FnOnce(&mut S::State, &mut Found) -> Result<(), String>) -> abi::Status {
        self.guarded(|| {
            let mut memory = self.memory.lock();
            let (state, found) = memory.get_or_insert_with(|| (self.stage.state(), Found::default()));
            match work(state, found) {
                Ok(()) => abi::OK,
                Err(message) => self.fatal(None, &message),
            }
        })
    }
}

/// Lets the author's code write to side files, and hands over what it wrote.
///
/// # Safety
///
/// `out` is valid for the call.
unsafe fn finish<S: Stage>(
    found: &mut Found,
    out: *mut abi::Out,
    work: impl FnOnce(&mut Tables<'_>) -> Result<(), StageError>,
) -> Result<(), String> {
    found.clear(&S::INFO);
    found.begin();
    let result = work(&mut Tables { info: &S::INFO, found });
    found.settle(result.map(|()| Verdict::Keep))?;
    // SAFETY: the caller's promise.
    unsafe { Answer::new(&S::INFO, out) }.hand_over(found);
    Ok(())
}

unsafe extern "C" fn finish_ordered<S: OrderedStage>(
    instance: *const c_void,
    out: *mut abi::Out,
) -> abi::Status {
    // SAFETY: made by `create` of the same table; the answer is valid for the call.
    unsafe {
        let instance = instance_of::<S, Commits<S>>(instance);
        instance
            .with_state(|state, found| finish::<S>(found, out, |tables| instance.stage.finish(state, tables)))
    }
}

unsafe extern "C" fn save<S: OrderedStage>(
    instance: *const c_void,
    ctx: *mut c_void,
    write: unsafe extern "C" fn(*mut c_void, *const u8, usize),
) -> abi::Status {
    // SAFETY: made by `create` of the same table.
    let instance = unsafe { instance_of::<S, Commits<S>>(instance) };
    instance.with_state(|state, _| {
        // SAFETY: the bytes live for the call, and are copied (promise 1).
        instance.stage.save(state, &mut |piece| unsafe { write(ctx, piece.as_ptr(), piece.len()) });
        Ok(())
    })
}

unsafe extern "C" fn restore<S: OrderedStage>(
    instance: *const c_void,
    saved: *const u8,
    n: usize,
) -> abi::Status {
    // SAFETY: made by `create` of the same table; the bytes are there for the call.
    let (instance, saved) = unsafe { (instance_of::<S, Commits<S>>(instance), slice_of(saved, n)) };
    instance.with_state(|state, _| instance.stage.restore(state, saved).map_err(|err| err.message))
}

unsafe extern "C" fn publish<S: OrderedStage>(instance: *const c_void) -> abi::Status {
    // SAFETY: made by `create` of the same table.
    let instance = unsafe { instance_of::<S, Commits<S>>(instance) };
    instance.with_state(|state, _| instance.stage.publish(state).map_err(|err| err.message))
}

unsafe extern "C" fn finish_corpus<S: CorpusStage>(
    instance: *const c_void,
    out: *mut abi::Out,
) -> abi::Status {
    // SAFETY: made by `create` of the same table; the answer is valid for the call.
    unsafe {
        let instance = instance_of::<S, Learned<S>>(instance);
        instance.guarded(|| {
            let Some(learned) = instance.memory.get() else {
                return instance.fatal(None, "asked to finish before it learned");
            };
            let mut found = Found::default();
            match finish::<S>(&mut found, out, |tables| instance.stage.finish(learned, tables)) {
                Ok(()) => abi::OK,
                Err(message) => instance.fatal(None, &message),
            }
        })
    }
}

unsafe extern "C" fn observe<S: CorpusStage>(
    instance: *const c_void,
    worker: *mut c_void,
    batch: *const abi::Batch,
) -> abi::Status {
    // SAFETY: as in `process_document`.
    let (instance, worker) =
        unsafe { (instance_of::<S, Learned<S>>(instance), worker_of::<S::Scratch, S::Gathered>(worker)) };
    let Worker { gathered, found, .. } = worker;
    // SAFETY: as above.
    instance.guarded(|| unsafe {
        each(
            &instance.setting(),
            batch,
            found,
            |doc, _| instance.stage.observe(gathered, doc).map(|()| Verdict::Keep),
            |found, document, outcome| match outcome {
                Outcome::Panicked(message) => instance.panicked(Some(document), &message),
                Outcome::Answered(result) => match found.settle(result) {
                    Ok(_) => abi::OK,
                    Err(message) => instance.fatal(Some(document), &message),
                },
            },
        )
    })
}

unsafe extern "C" fn merge<S: CorpusStage>(
    instance: *const c_void,
    into: *mut c_void,
    from: *mut c_void,
) -> abi::Status {
    // SAFETY: two different workers of this instance, at rest.
    let (instance, into, from) = unsafe {
        let instance = instance_of::<S, Learned<S>>(instance);
        (instance, worker_of::<S::Scratch, S::Gathered>(into), worker_of::<S::Scratch, S::Gathered>(from))
    };
    instance.guarded(|| {
        instance.stage.merge(&mut into.gathered, std::mem::take(&mut from.gathered));
        abi::OK
    })
}

unsafe extern "C" fn learn<S: CorpusStage>(instance: *const c_void, worker: *mut c_void) -> abi::Status {
    // SAFETY: a worker of this instance, at rest.
    let (instance, worker) = unsafe {
        let instance = instance_of::<S, Learned<S>>(instance);
        (instance, worker_of::<S::Scratch, S::Gathered>(worker))
    };
    instance.guarded(|| match instance.stage.learn(std::mem::take(&mut worker.gathered)) {
        Ok(learned) => match instance.memory.set(learned) {
            Ok(()) => abi::OK,
            Err(_) => instance.fatal(None, "asked to learn twice"),
        },
        Err(err) => instance.fatal(None, &err.message),
    })
}

/// # Safety
///
/// `instance` was made by `create` of the table of the same `S` and `M`, and not ended.
unsafe fn instance_of<'a, S, M>(instance: *const c_void) -> &'a Instance<S, M> {
    // SAFETY: the caller's promise.
    unsafe { &*instance.cast() }
}

/// # Safety
///
/// `worker` was made by `worker_create` of the table of the same `T` and `G`, and nobody else uses it.
unsafe fn worker_of<'a, T, G>(worker: *mut c_void) -> &'a mut Worker<T, G> {
    // SAFETY: the caller's promise.
    unsafe { &mut *worker.cast() }
}
