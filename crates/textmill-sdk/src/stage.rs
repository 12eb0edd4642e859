//! What an author implements: a stage of one of three kinds.

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Doc, Host, Tables};

/// A stage: its options, what it promises, and how it is made.
pub trait Stage: Sized + Send + Sync + 'static {
    /// Its options. Derive `Deserialize` and `JsonSchema`, with `#[serde(deny_unknown_fields, default)]`; the doc
    /// comments become the reference page, and the schema finds faults before the stage is built.
    type Options: DeserializeOwned + JsonSchema;

    /// Name and promises.
    const INFO: StageInfo;

    /// Makes an instance, once a run; all threads share it.
    ///
    /// # Errors
    ///
    /// When the options contradict each other or name something that isn't there; say which one with
    /// [`OptionError::new`], and the user sees its line in the pipeline file.
    fn build(options: Self::Options, host: &Host) -> Result<Self, OptionError>;

    /// Fields that this instance wants to see with [`Doc::field`], named as in the output: `metadata.site`,
    /// `origin.path`, `annotations.dedup.cluster`.
    fn reads(&self) -> Vec<String> {
        Vec::new()
    }

    /// Lines about this instance that follow from its options and don't stand in them, for `textmill explain`:
    /// `an index of 23,930 documents`.
    fn describe(&self) -> Vec<String> {
        Vec::new()
    }

    /// Those of [`StageInfo::layers`] that this instance never writes, because of its options. The output does not show
    /// them as empty.
    fn omits(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A stage's name and promises. What it does not declare here, it can't do.
#[derive(Debug, Clone, Copy)]
pub struct StageInfo {
    /// What a pipeline file calls it.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Layers of spans that it writes, as paths below `annotations`: `quotes`, `summary.sentences`.
    pub layers: &'static [&'static str],
    /// Fields that it sets: `annotations.summary.text`, `metadata.lang`.
    pub fields: &'static [&'static str],
    /// Layers that a stage before it must have written.
    pub needs: &'static [&'static str],
    /// Layers that it wants to see where a stage before it wrote them, and can do without.
    pub uses: &'static [&'static str],
    /// Rules by which it edits; `textmill trace` shows them.
    pub rules: &'static [&'static str],
    /// Reasons for which it drops documents.
    pub drop_reasons: &'static [&'static str],
    /// What it counts; the report shows the sums.
    pub counters: &'static [&'static str],
    /// Side files that it writes, one JSON value a line: table `stories` of stage `dedup` becomes
    /// `tables/dedup.stories.jsonl` in the run folder. Letters, digits, `_` and `-`.
    pub tables: &'static [&'static str],
}

impl StageInfo {
    /// A stage that promises nothing yet; fill in the rest with `..StageInfo::new("name")`.
    pub const fn new(name: &'static str) -> StageInfo {
        StageInfo {
            name,
            summary: "",
            layers: &[],
            fields: &[],
            needs: &[],
            uses: &[],
            rules: &[],
            drop_reasons: &[],
            counters: &[],
            tables: &[],
        }
    }
}

/// A stage that works on each document for itself, many at a time.
pub trait DocumentStage: Stage {
    /// Memory to reuse from document to document. Each worker has its own; it never shows in a result.
    type Scratch: Default + Send;

    /// Works on one document.
    ///
    /// # Errors
    ///
    /// An error fails this document and no other: it goes to the rejects with the message.
    fn process(&self, doc: &mut Doc<'_>, scratch: &mut Self::Scratch) -> Result<Verdict, StageError>;
}

/// A stage whose decision depends on the documents before, in corpus order.
///
/// Do what is expensive in [`prepare`](OrderedStage::prepare), which runs in parallel, and as little as possible in
/// [`commit`](OrderedStage::commit), which runs for one document at a time.
pub trait OrderedStage: Stage {
    /// Memory to reuse in `prepare`.
    type Scratch: Default + Send;
    /// What `prepare` works out about a document.
    type Token: Send;
    /// What the stage remembers of the documents before.
    type State: Send;

    /// The memory that a run starts with.
    fn state(&self) -> Self::State;

    /// Works out what does not depend on other documents.
    ///
    /// # Errors
    ///
    /// Fails this document; it is not committed.
    fn prepare(&self, doc: &Doc<'_>, scratch: &mut Self::Scratch) -> Result<Self::Token, StageError>;

    /// Decides, document after document in corpus order.
    ///
    /// # Errors
    ///
    /// Fails this document. A panic ends the run: the state can't be trusted any more.
    fn commit(
        &self,
        state: &mut Self::State,
        doc: &mut Doc<'_>,
        token: Self::Token,
    ) -> Result<Verdict, StageError>;

    /// Says what is to be said of all documents, after the last commit. Its rows stand behind those of documents.
    ///
    /// # Errors
    ///
    /// Ends the run.
    fn finish(&self, state: &mut Self::State, tables: &mut Tables<'_>) -> Result<(), StageError> {
        let _ = (state, tables);
        Ok(())
    }

    /// Whether [`save`](OrderedStage::save) and [`restore`](OrderedStage::restore) do their work. Without it, a run
    /// that was cut short is right all the same, but begins the pass anew.
    const SAVES: bool = false;

    /// Gives `out` what changed in the state since the last `save` or `restore`, so that what is saved adds up to no
    /// more than the state: in one piece, or in several, so that a large state never stands in memory twice. Comes
    /// between two commits, every now and then.
    fn save(&self, state: &mut Self::State, out: &mut dyn FnMut(&[u8])) {
        let _ = (state, out);
    }

    /// Takes back what [`save`](OrderedStage::save) gave; called on a fresh state with each piece, in order.
    ///
    /// # Errors
    ///
    /// Ends the run: what was saved is not what this stage saves.
    fn restore(&self, state: &mut Self::State, saved: &[u8]) -> Result<(), StageError> {
        let _ = (state, saved);
        Err(StageError::new("this stage does not save what it remembers"))
    }

    /// Makes lasting what outlives the run, such as an index for the next one. Called when the output has its final
    /// name; after a crash, perhaps again for the same run.
    ///
    /// # Errors
    ///
    /// Fails the run, whose output stays.
    fn publish(&self, state: &mut Self::State) -> Result<(), StageError> {
        let _ = state;
        Ok(())
    }
}

/// A stage that sees the whole corpus before it works on the first document.
pub trait CorpusStage: Stage {
    /// Notes on the documents seen by one worker.
    type Gathered: Default + Send;
    /// What all notes together come to.
    type Learned: Send + Sync;
    /// Memory to reuse in `process`.
    type Scratch: Default + Send;

    /// Takes note of a document.
    ///
    /// # Errors
    ///
    /// Ends the run, as a panic does: notes that lack a document would depend on luck.
    fn observe(&self, gathered: &mut Self::Gathered, doc: &Doc<'_>) -> Result<(), StageError>;

    /// Adds the notes `from` to `into`. Which worker saw which document must not matter: any order and grouping
    /// has to come to the same.
    fn merge(&self, into: &mut Self::Gathered, from: Self::Gathered);

    /// Draws the conclusion, once.
    ///
    /// # Errors
    ///
    /// Ends the run.
    fn learn(&self, gathered: Self::Gathered) -> Result<Self::Learned, StageError>;

    /// Works on one document, knowing the corpus.
    ///
    /// # Errors
    ///
    /// Fails this document and no other.
    fn process(
        &self,
        learned: &Self::Learned,
        doc: &mut Doc<'_>,
        scratch: &mut Self::Scratch,
    ) -> Result<Verdict, StageError>;

    /// Says what is to be said of the corpus, after the last document. Its rows stand behind those of documents.
    ///
    /// # Errors
    ///
    /// Ends the run.
    fn finish(&self, learned: &Self::Learned, tables: &mut Tables<'_>) -> Result<(), StageError> {
        let _ = (learned, tables);
        Ok(())
    }
}

/// What becomes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It stays.
    Keep,
    /// It goes, for one of the declared [`StageInfo::drop_reasons`].
    Drop(&'static str),
}

/// Why a stage could not do its work on a document. Any error converts with `?`.
#[derive(Debug)]
pub struct StageError {
    pub(crate) message: String,
}

impl StageError {
    /// An error with `message`: lower-case, no final period.
    pub fn new(message: impl fmt::Display) -> StageError {
        StageError { message: message.to_string() }
    }
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for StageError {
    fn from(err: E) -> StageError {
        let mut message = err.to_string();
        let mut source = err.source();
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        StageError { message }
    }
}

/// Why a stage can't be built with the given options.
#[derive(Debug)]
pub struct OptionError {
    pub(crate) pointer: String,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl OptionError {
    /// What is wrong with `option`: its name, or a JSON pointer to a part of it (`/phrases/2`).
    ///
    /// # Examples
    ///
    /// ```
    /// use textmill_sdk::OptionError;
    ///
    /// let err = OptionError::new("chars_max", "must be larger than `chars_min`").hint("leave it out for no limit");
    /// assert_eq!(err.to_string(), "option `chars_max`: must be larger than `chars_min`");
    /// ```
    pub fn new(option: &str, message: impl fmt::Display) -> OptionError {
        let rooted = option.is_empty() || option.starts_with('/');
        let pointer = if rooted { option.to_owned() } else { format!("/{option}") };
        OptionError { pointer, message: message.to_string(), hint: String::new() }
    }

    /// Adds what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> OptionError {
        self.hint = hint.to_string();
        self
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.strip_prefix('/') {
            Some(option) => write!(f, "option `{option}`: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for OptionError {}
