//! The program, as a plugin sees it.

// Calls through the host's table; see `docs/abi.md` for its promises.
#![allow(unsafe_code)]

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use textmill_abi as abi;

use crate::StageError;
use crate::export::{str_of, whole};

/// The program that runs the stage: it listens to messages and knows whether the run should end.
///
/// Cheap to clone; a stage may keep it. One that outlives its stage speaks to nobody.
#[derive(Debug, Clone)]
pub struct Host {
    table: Arc<RwLock<HostTable>>,
}

impl Host {
    /// A host that nobody listens behind, for tests.
    pub fn silent() -> Host {
        Host::new(HostTable(None))
    }

    pub(crate) fn new(table: HostTable) -> Host {
        Host { table: Arc::new(RwLock::new(table)) }
    }

    /// Tells the user of something that went wrong and was dealt with.
    pub fn warn(&self, message: impl Display) {
        self.log(abi::LOG_WARN, message);
    }

    /// Tells the user something that they may like to know.
    pub fn info(&self, message: impl Display) {
        self.log(abi::LOG_INFO, message);
    }

    /// Tells a developer something.
    pub fn debug(&self, message: impl Display) {
        self.log(abi::LOG_DEBUG, message);
    }

    /// Whether the run should end. The SDK looks before each document; look yourself in work that takes long.
    pub fn is_cancelled(&self) -> bool {
        self.table.read().unwrap_or_else(PoisonError::into_inner).is_cancelled()
    }

    /// The folder at which relative paths in options start: that of the pipeline file. Empty for the current folder.
    pub fn folder(&self) -> PathBuf {
        self.table.read().unwrap_or_else(PoisonError::into_inner).folder()
    }

    /// A folder of this stage's own for files that live as long as the run; made when it is first asked for. It is empty
    /// at the start, also of a run that goes on where another was cut short.
    ///
    /// # Errors
    ///
    /// When it can't be made, or no run is under way, as in [`Stage::build`](crate::Stage::build).
    pub fn scratch_folder(&self) -> Result<PathBuf, StageError> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.scratch_folder().ok_or_else(|| StageError::new("there is no folder for passing files"))
    }

    /// From here on nobody listens: the stage is gone, and the program's table may follow.
    pub(crate) fn retire(&self) {
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = HostTable(None);
    }

    fn log(&self, level: u32, message: impl Display) {
        let table = *self.table.read().unwrap_or_else(PoisonError::into_inner);
        if !table.listens(level) {
            return;
        }
        let message = message.to_string(); // the author's code: not while the lock is held
        // The lock is held during the call, so that the table can't go away under it.
        self.table.read().unwrap_or_else(PoisonError::into_inner).log(level, &message);
    }
}

/// The program's table, for as long as the instance that it was given to is not destroyed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostTable(Option<Known>);

/// Where the table is, which goes with each call, and what stands in it: zeros where the program is older than a field.
#[derive(Debug, Clone, Copy)]
struct Known {
    raw: *const abi::Host,
    table: abi::Host,
}

// SAFETY: the promise of `abi::Host`: any thread may use it.
unsafe impl Send for Known {}
// SAFETY: as above.
unsafe impl Sync for Known {}

impl HostTable {
    /// # Safety
    ///
    /// `table` is null or valid until the instance that it is given to is destroyed, and no copy of what is returned
    /// is used after that.
    pub(crate) unsafe fn from_raw(table: *const abi::Host) -> HostTable {
        // SAFETY: the caller's promise; all fields of the table may be zero.
        HostTable((!table.is_null()).then(|| Known { raw: table, table: unsafe { whole(table) } }))
    }

    pub(crate) fn is_cancelled(self) -> bool {
        let Some(flag) = self.0.map(|known| known.table.cancel).filter(|flag| !flag.is_null()) else {
            return false;
        };
        // SAFETY: `abi::Host::cancel` points to a flag that lives as long as the table and is only changed atomically.
        unsafe { AtomicU32::from_ptr(flag.cast_mut()) }.load(Ordering::Relaxed) != 0
    }

    fn listens(self, level: u32) -> bool {
        self.0.is_some_and(|known| level <= known.table.log_level)
    }

    fn log(self, level: u32, message: &str) {
        if let Some((known, log)) = self.0.and_then(|known| Some((known, known.table.log?))) {
            // SAFETY: the table is valid, and the message lives for the call (promise 1).
            unsafe { log(known.raw, level, abi::Str::new(message)) };
        }
    }

    /// Says why the call in progress is about to return an error.
    pub(crate) fn error(self, document: u32, option: &str, message: &str, hint: &str) {
        if let Some((known, error)) = self.0.and_then(|known| Some((known, known.table.error?))) {
            let said = abi::Error {
                struct_size: size_of::<abi::Error>() as u32,
                document,
                option: abi::Str::new(option),
                message: abi::Str::new(message),
                hint: abi::Str::new(hint),
            };
            // SAFETY: as in `log`.
            unsafe { error(known.raw, &said) };
        }
    }

    fn folder(self) -> PathBuf {
        // SAFETY: the path lives as long as the table, and is UTF-8 (promise 4).
        self.0.map_or_else(PathBuf::new, |known| unsafe { str_of(known.table.folder) }.into())
    }

    fn scratch_folder(self) -> Option<PathBuf> {
        let Some(known) = self.0 else { return folder_for_tests() };
        let mut path = abi::Str::NONE;
        // SAFETY: the table is valid; `path` is a place for the answer, which lives as long as the table.
        unsafe {
            let status = (known.table.scratch_folder?)(known.raw, &raw mut path);
            (status == abi::OK).then(|| str_of(path).into())
        }
    }
}

/// Without a program, a folder where the system keeps what may go.
fn folder_for_tests() -> Option<PathBuf> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("textmill-scratch-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).ok().map(|()| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_version_1_0_has_no_folders() {
        let mut table = abi::Host {
            struct_size: abi::HOST_BYTES_1_0 as u32,
            abi_minor: 0,
            ctx: std::ptr::null_mut(),
            version: abi::Str::NONE,
            cancel: std::ptr::null(),
            log_level: 0,
            reserved: 0,
            log: None,
            error: None,
            extension: None,
            folder: abi::Str::new("what stands behind the table"),
            scratch_folder: None,
        };
        // SAFETY: the table lives as long as the handle.
        let host = |table: &abi::Host| Host::new(unsafe { HostTable::from_raw(table) });
        assert_eq!(host(&table).folder(), PathBuf::new());
        assert!(host(&table).scratch_folder().is_err());
        table.struct_size = size_of::<abi::Host>() as u32;
        assert_eq!(host(&table).folder(), PathBuf::from("what stands behind the table"));
    }
}
