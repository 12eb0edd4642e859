//! What a plugin has of the host: a table through which it speaks to the user, gives reasons, and asks for a folder.

// Called by plugins; each block names the promise of `docs/abi.md` that it relies on.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use textmill_abi as abi;

use crate::load::{text_of, whole};
use crate::{Environment, Level};

/// What a plugin holds of the host. Behind `Arc`s and not in boxes: moving a box would claim that nobody else points
/// into it.
#[derive(Debug)]
pub(crate) struct HostTable {
    table: Arc<abi::Host>,
    _ears: Arc<Ears>,
}

/// Who hears what an instance says; [`abi::Host::ctx`] points to it.
#[derive(Debug)]
struct Ears {
    environment: Arc<Environment>,
    id: Arc<str>,
    scratch_folder: OnceLock<String>,
}

/// What a stage said through [`abi::Host::error`] during the call in progress on this thread.
pub(crate) struct Said {
    pub(crate) document: u32,
    pub(crate) option: String,
    pub(crate) message: String,
    pub(crate) hint: String,
}

thread_local! {
    static SAID: RefCell<Option<Said>> = const { RefCell::new(None) };
}

/// Begins to listen for a reason, on this thread: one that was given before is forgotten.
pub(crate) fn listen() {
    SAID.set(None);
}

/// The reason that was given since.
pub(crate) fn said() -> Option<Said> {
    SAID.take()
}

impl HostTable {
    /// The table for the instance that the pipeline calls `id`.
    pub(crate) fn new(environment: &Arc<Environment>, id: &Arc<str>) -> HostTable {
        let ears = Arc::new(Ears {
            environment: Arc::clone(environment),
            id: Arc::clone(id),
            scratch_folder: OnceLock::new(),
        });
        let table = abi::Host {
            struct_size: size_of::<abi::Host>() as u32,
            abi_minor: abi::MINOR,
            ctx: Arc::as_ptr(&ears).cast_mut().cast(),
            version: abi::Str::new(env!("CARGO_PKG_VERSION")),
            cancel: environment.cancel.as_ptr(),
            log_level: abi::LOG_INFO,
            reserved: 0,
            log: Some(log),
            error: Some(error),
            extension: Some(extension),
            // As long as the environment, which the ears hold.
            folder: abi::Str::new(ears.environment.folder()),
            scratch_folder: Some(scratch_folder),
        };
        HostTable { table: Arc::new(table), _ears: ears }
    }

    pub(crate) fn as_ptr(&self) -> *const abi::Host {
        Arc::as_ptr(&self.table)
    }
}

impl Ears {
    /// The folder of the instance's own, made when it is first asked for.
    fn scratch_folder(&self) -> Result<&str, String> {
        if let Some(folder) = self.scratch_folder.get() {
            return Ok(folder);
        }
        let folder = self.environment.scratch_folder(&self.id)?.into_os_string().into_string();
        let folder = folder.map_err(|folder| format!("the path {folder:?} is not UTF-8"))?;
        Ok(self.scratch_folder.get_or_init(|| folder))
    }
}

unsafe extern "C" fn log(host: *const abi::Host, level: u32, message: abi::Str) {
    // SAFETY: a plugin passes on the table that it got, whose `ctx` leads to the ears of its instance; the message
    // lives for the call.
    let (ears, message) = unsafe { (&*(*host).ctx.cast::<Ears>(), text_of(message)) };
    let level = match level {
        0 | abi::LOG_ERROR => Level::Error,
        abi::LOG_WARN => Level::Warn,
        abi::LOG_INFO => Level::Info,
        _ => Level::Debug,
    };
    let message = message.unwrap_or_else(|| NOT_UTF8.to_owned());
    // A listener that panics, say because nobody reads standard error any more, must not unwind into the plugin.
    let _ = catch_unwind(AssertUnwindSafe(|| ears.environment.hear(level, &ears.id, &message)));
}

const NOT_UTF8: &str = "(a message that is not UTF-8)";

unsafe extern "C" fn error(_host: *const abi::Host, error: *const abi::Error) {
    if error.is_null() {
        return; // the call's status is still reported, without a reason
    }
    // SAFETY: the error and its strings live for the call.
    let said = unsafe {
        let Ok(error) = whole(error, abi::ERROR_BYTES_1_0) else { return };
        let text = |text| text_of(text).unwrap_or_else(|| NOT_UTF8.to_owned());
        Said {
            document: error.document,
            option: text(error.option),
            message: text(error.message),
            hint: text(error.hint),
        }
    };
    SAID.set(Some(said));
}

unsafe extern "C" fn scratch_folder(host: *const abi::Host, path: *mut abi::Str) -> abi::Status {
    // SAFETY: as in `log`; `path` is a place for the answer.
    let ears = unsafe { &*(*host).ctx.cast::<Ears>() };
    match ears.scratch_folder() {
        Ok(folder) => {
            // SAFETY: as above.
            unsafe { path.write(abi::Str::new(folder)) };
            abi::OK
        }
        Err(message) => {
            let _ = catch_unwind(AssertUnwindSafe(|| {
                ears.environment.hear(Level::Warn, &ears.id, &message);
            }));
            abi::FATAL
        }
    }
}

/// This version has no extensions.
unsafe extern "C" fn extension(_host: *const abi::Host, _name: abi::Str) -> *const c_void {
    std::ptr::null()
}
