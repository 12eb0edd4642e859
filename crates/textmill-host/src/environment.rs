//! What the program offers to all stages of a run: an ear for messages, and the word when to stop.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

/// Shared by all instances of a run.
pub struct Environment {
    pub(crate) cancel: AtomicU32,
    folder: OnceLock<String>,
    scratch: RwLock<Option<PathBuf>>,
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
        Environment {
            cancel: AtomicU32::new(0),
            folder: OnceLock::new(),
            scratch: RwLock::default(),
            listener: Box::new(listener),
        }
    }

    /// Says, before the first stage is made, at which folder relative paths in options start, if not at the current one.
    pub fn set_folder(&self, folder: &Path) {
        self.folder.get_or_init(|| folder.to_string_lossy().into_owned());
    }

    pub(crate) fn folder(&self) -> &str {
        self.folder.get_or_init(String::new)
    }

    /// From here on, until `None` comes, a run is under way, and stages may have folders of their own in this one.
    pub fn set_scratch(&self, folder: Option<&Path>) {
        *self.scratch.write().unwrap_or_else(PoisonError::into_inner) = folder.map(Path::to_owned);
    }

    /// Makes the folder of stage `id`.
    pub(crate) fn scratch_folder(&self, id: &str) -> Result<PathBuf, String> {
        let scratch = self.scratch.read().unwrap_or_else(PoisonError::into_inner);
        let Some(scratch) = &*scratch else { return Err("no run is under way yet".to_owned()) };
        let folder = scratch.join(id);
        let failed = |err| format!("cannot make folder `{}`: {err}", folder.display());
        std::fs::create_dir_all(&folder).map_err(failed)?;
        Ok(folder)
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
