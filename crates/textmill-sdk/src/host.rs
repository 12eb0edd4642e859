//! The program, as a plugin sees it.

// Calls through the host's table; see `docs/abi.md` for its promises.
#![allow(unsafe_code)]

use std::fmt::Display;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use textmill_abi as abi;

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
pub(crate) struct HostTable(Option<&'static abi::Host>);

impl HostTable {
    /// # Safety
    ///
    /// `table` is null or valid until the instance that it is given to is destroyed, and no copy of what is returned
    /// is used after that.
    pub(crate) unsafe fn from_raw(table: *const abi::Host) -> HostTable {
        // SAFETY: the caller's promise.
        HostTable(unsafe { table.as_ref() })
    }

    pub(crate) fn is_cancelled(self) -> bool {
        let Some(flag) = self.0.map(|table| table.cancel).filter(|flag| !flag.is_null()) else {
            return false;
        };
        // SAFETY: `abi::Host::cancel` points to a flag that lives as long as the table and is only changed atomically.
        unsafe { AtomicU32::from_ptr(flag.cast_mut()) }.load(Ordering::Relaxed) != 0
    }

    fn listens(self, level: u32) -> bool {
        self.0.is_some_and(|table| level <= table.log_level)
    }

    fn log(self, level: u32, message: &str) {
        if let Some((table, log)) = self.0.and_then(|table| table.log.map(|log| (table, log))) {
            // SAFETY: the table is valid, and the message lives for the call (promise 1).
            unsafe { log(table, level, abi::Str::new(message)) };
        }
    }

    /// Says why the call in progress is about to return an error.
    pub(crate) fn error(self, document: u32, option: &str, message: &str, hint: &str) {
        if let Some((table, error)) = self.0.and_then(|table| table.error.map(|error| (table, error))) {
            let said = abi::Error {
                struct_size: size_of::<abi::Error>() as u32,
                document,
                option: abi::Str::new(option),
                message: abi::Str::new(message),
                hint: abi::Str::new(hint),
            };
            // SAFETY: as in `log`.
            unsafe { error(table, &said) };
        }
    }
}
