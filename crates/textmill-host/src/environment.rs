//! What the program offers to all stages of a run: an ear for messages, and the word when to stop.

use std::sync::atomic::{AtomicU32, Ordering};

/// Shared by all instances of a run.
pub struct Environment {
    pub(crate) cancel: AtomicU32,
    listener: Box<Listener>,
}

type Listener = dyn Fn(Level, &str, &str) + Send + Sync;

/// How urgent a message of a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something went wrong.
    Error,
    /// Something a user should know.
    Warn,
    /// Something a user may like to know.
    Info,
    /// Something a developer may like to know.
    Debug,
}

impl Environment {
    /// An environment whose `listener` hears level, stage and message of whatever stages say, on any thread.
    pub fn new(listener: impl Fn(Level, &str, &str) + Send + Sync + 'static) -> Environment {
        Environment { cancel: AtomicU32::new(0), listener: Box::new(listener) }
    }

    /// Asks everybody to end the run.
    pub fn cancel(&self) {
        self.cancel.store(1, Ordering::Relaxed);
    }

    /// Whether the run should end.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn hear(&self, level: Level, stage: &str, message: &str) {
        (self.listener)(level, stage, message);
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}
