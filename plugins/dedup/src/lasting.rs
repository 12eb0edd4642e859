//! An index that outlives the run: which one a run goes on from, and how it becomes the next.
//!
//! In go a path and the options that decide what is kept; out comes the segment of all earlier runs, and in the end one
//! with this run's documents too. They go in only when the run's output is final, all at once or not at all, and only
//! onto the index that the run began with. That may be asked for twice, since a run can be cut short just after:
//! the index tells by a digest of what was added last that the work is done.
//!
//! Not here: the file itself (`segment`).

use crate::index::Index;
use crate::segment::{About, Segment};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use textmill_sdk::serde_json::{Map, Value};
use xxhash_rust::xxh3::Xxh3;

/// An index at a path, as it was when the run began.
#[derive(Clone)]
pub struct Lasting {
    path: PathBuf,
    options: Map<String, Value>,
    /// All earlier runs; nothing before the first.
    pub earlier: Option<Arc<Segment>>,
}

impl Lasting {
    /// Opens the index at `path`, if there is one.
    ///
    /// # Errors
    ///
    /// When it can't be read, is damaged or of another version, or was made with other options.
    pub fn open(path: &Path, options: Map<String, Value>) -> io::Result<Lasting> {
        let earlier = match Segment::open(path) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => None,
            segment => Some(Arc::new(segment?)),
        };
        if let Some(made_with) = earlier.as_ref().map(|it| &it.about().options) {
            let differing = options.iter().filter(|(name, value)| made_with[&**name] != **value);
            let told: Vec<String> = differing
                .map(|(name, value)| format!("`{name}` was {} and is {value}", made_with[&**name]))
                .collect();
            if !told.is_empty() {
                let message = format!("the index was made with other options: {}", told.join(", "));
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
        }
        Ok(Lasting { path: path.to_owned(), options, earlier })
    }

    /// The name of this state of the index; empty before the first run.
    pub fn checksum(&self) -> &str {
        self.earlier.as_ref().map_or("", |it| it.checksum())
    }

    /// How many documents all earlier runs have read.
    pub fn places(&self) -> u64 {
        self.earlier.as_ref().map_or(0, |it| it.about().places)
    }

    /// Writes the next index, with the documents that this run has `added` to it.
    ///
    /// # Errors
    ///
    /// When another run has been faster, or it can't be written.
    pub fn publish(&self, index: &Index, places: u64, added: &Added) -> io::Result<()> {
        self.check_unchanged()?;
        let about = About {
            options: Value::Object(self.options.clone()),
            places,
            added: added.shown(),
            follows: self.checksum().to_owned(),
        };
        index.write(&self.path, &about)
    }

    /// Whether the index is what a run from `base` on has made of it by adding just this.
    pub fn is_result_of(&self, base: &str, added: &Added) -> bool {
        self.earlier
            .as_ref()
            .is_some_and(|it| it.about().follows == base && it.about().added == added.shown())
    }

    /// What to say when another run has changed the index since this one began.
    pub fn changed(&self) -> io::Error {
        let path = self.path.display();
        io::Error::other(format!(
            "index `{path}` was changed by another run since this one began, so that this one's documents were not \
             compared with all that are in it; nothing was added: run it again"
        ))
    }

    fn check_unchanged(&self) -> io::Result<()> {
        let now = Segment::checksum_at(&self.path)?.unwrap_or_default();
        if now == self.checksum() { Ok(()) } else { Err(self.changed()) }
    }
}

/// A digest of all that a run has added, in order.
#[derive(Default)]
pub struct Added(Box<Xxh3>);

impl Added {
    /// Takes another document into account.
    pub fn push(&mut self, fingerprint: u128) {
        self.0.update(&fingerprint.to_le_bytes());
    }

    fn shown(&self) -> String {
        format!("{:032x}", self.0.digest128())
    }
}
