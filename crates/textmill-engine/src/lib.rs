//! Runs a plan: threads, order, bookkeeping, rejects, report.
//!
//! [`prepare()`] asks the file system and the plugins what only they know, and gives a [`Mill`] or the faults that
//! stand in the way. [`Mill::run`] turns it: a reader cuts the input into batches, workers carry each batch through
//! the stages, and where order matters a gate lets batches through one at a time, in corpus order. So the
//! output is the same for any number of threads and any batch size.
//!
//! The books must balance: every document that was read is written, dropped for a reason, or failed for a reason,
//! and what was not written stands in `rejects/` of the run folder. Output gets its final name when it is whole.
//!
//! Not here: what a pipeline file may say (`textmill-plan`), formats (`textmill-io`), calls into plugins
//! (`textmill-host`), words for people (`textmill`).

mod books;
mod commit_point;
mod ends;
mod feed;
mod fingerprint;
mod gate;
mod manifest;
mod mill;
mod pass;
mod prepare;
mod report;
mod run;
mod run_folder;
mod side_files;
mod timers;
mod trace;
mod watch;
mod window;
mod workers;

pub use books::{Books, RuleTally, StageTally};
pub use manifest::{FileState, MANIFEST, Manifest, ManifestFile, manifest};
pub use mill::{
    Beginning, Event, Mill, Observer, Obstacle, Progress, RunError, RunOptions, Selection, Turned,
};
pub use prepare::{Setup, prepare};
pub use report::{Report, Status, Timing};
pub use trace::{TraceStep, TraceTarget, Traced};
pub use watch::Stuck;
