//! The program, as a plugin sees it.

// Calls through the host's table; see `docs/abi.md` for its promises.
#![allow(unsafe_code)]

use std::fmt::Display;
use std::sync::atomic::{AtomicU32, Ordering};

use textmill_abi as abi;

/// The program that runs the stage: it listens to messages and knows whether the run should end.
///
/// Cheap to copy; a stage may keep it.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    table: Option<&'static abi::Host>,
}

// SAFETY: promise of `abi::Host`: any thread may use it, until `destroy`.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    /// A host that nobody listens behind, for tests.
    pub fn silent() -> Host {
        Host { table: None }
    }

    /// # Safety
    ///
    /// `table` is null or valid until the instance that this host is given to is destroyed.
    pub(crate) unsafe fn from_raw(table: *const abi::Host) -> Host {
        // SAFETY: the caller's promise; the lifetime ends with the instance, which nothing of the SDK outlives.
        Host { table: unsafe { table.as_ref() } }
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
        let Some(flag) = self.table.map(|table| table.cancel).filter(|flag| !flag.is_null()) else {
            return false;
        };
        // SAFETY: `abi::Host::cancel` points to a flag that lives as long as the table and is only changed atomically.
        unsafe { AtomicU32::from_ptr(flag.cast_mut()) }.load(Ordering::Relaxed) != 0
    }

    fn log(&self, level: u32, message: impl Display) {
        if let Some(table) = self.table.filter(|table| level <= table.log_level)
            && let Some(log) = table.log
        {
            let message = message.to_string();
            // SAFETY: the table is valid, and the message lives for the call (promise 1).
            unsafe { log(table, level, abi::Str::new(&message)) };
        }
    }

    /// Says why the call in progress is about to return an error.
    pub(crate) fn error(&self, document: u32, option: &str, message: &str, hint: &str) {
        if let Some(table) = self.table
            && let Some(error) = table.error
        {
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
