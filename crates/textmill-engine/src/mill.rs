//! The mill: a prepared plan, and what happens when it is turned.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::time::Instant;

use textmill_host::{CallError, Environment, Instance};
use textmill_io::spill::SpillError;
use textmill_io::{FinishedOutput, ReadError, Sink, Source};
use textmill_model::{Reject, StageKind};
use textmill_plan::Plan;

use crate::books::Books;
use crate::report::{Report, Status, Timing};
use crate::run::{Kept, Run, Start};
use crate::trace::{TraceTarget, Traced};
use crate::watch::Stuck;

/// A plan that is ready to run, made by [`crate::prepare()`].
pub struct Mill {
    pub(crate) plan: Plan,
    pub(crate) source: Source,
    pub(crate) sink: Sink,
    pub(crate) instances: Vec<Instance>,
    pub(crate) environment: Arc<Environment>,
    pub(crate) folder: PathBuf,
}

/// How to run. Nothing here changes what becomes of a document, but which documents are read.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Worker threads; without it what the plan says, else as many as there are cores.
    pub threads: Option<usize>,
    /// Which records are read.
    pub selection: Selection,
    /// Whether to write nothing: neither output nor run folder.
    pub is_dry: bool,
    /// A document to follow.
    pub trace: Option<TraceTarget>,
    /// What to do where an earlier run did not come to its end.
    pub beginning: Beginning,
    /// Set by anybody to have the run end early: what was read goes all the way, and another run can go on behind it.
    pub stop: Arc<AtomicBool>,
}

/// What to do where an earlier run did not come to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Beginning {
    /// Nothing: leave it to the user what is to become of it.
    #[default]
    Refuse,
    /// Go on where it stopped; where there is nothing to go on with, begin.
    Resume,
    /// Begin anew.
    Fresh,
}

/// What keeps a run that was cut short from going on where it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// An input that can't be read a second time, as the user named it: the run begins anew.
    Input(Arc<str>),
    /// An ordered stage that does not save what it remembers, by its id: what begins anew is the pass of this number,
    /// from 0, and all behind it.
    Stage(Arc<str>, usize),
    /// An output that is written in one go: the last pass begins anew.
    Output,
}

/// Which records of the input are read. The same ones on every run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Selection {
    /// Only the first so many.
    pub limit: Option<u64>,
    /// Only this share of them, from 0 to 1, picked by a hash of their place.
    pub sample: Option<f64>,
}

/// Who is told what happens during a run.
pub trait Observer: Sync {
    /// Something happened. Called in corpus order, from any thread.
    fn event(&self, event: Event<'_>);
}

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A document was odd, and is in the run all the same.
    Warning(&'a textmill_io::Warning),
    /// A document failed.
    Failed(&'a Reject),
    /// The output is whole, and a column of it has no value in any row.
    EmptyColumn(&'a textmill_io::EmptyColumn),
    /// A stage hangs. Nothing more is written, and the run waits for the stage: only the end of the program ends it.
    Stuck(&'a Stuck),
}

/// How far a run is. Any thread may look.
#[derive(Debug, Default)]
pub struct Progress {
    /// The pass under way, from 1.
    pub pass: AtomicUsize,
    /// How many passes there are.
    pub passes: AtomicUsize,
    /// Documents that went all the way through the pass under way.
    pub documents: AtomicU64,
    /// Bytes of text in them.
    pub text_bytes: AtomicU64,
    /// How many documents the pass under way will see; 0 when that isn't known, as in the first.
    pub documents_expected: AtomicU64,
    /// Bytes of the input files that were read.
    pub input_bytes_read: AtomicU64,
    /// Bytes that the input files have; 0 when that isn't known.
    pub input_bytes: AtomicU64,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The input can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A stage can't go on.
    #[error(transparent)]
    Stage(CallError),
    /// The output can't be written.
    #[error("cannot write {}", names(outputs))]
    Write {
        /// What was being written.
        outputs: Vec<PathBuf>,
        /// What the system says.
        source: io::Error,
    },
    /// The run folder can't be used.
    #[error("cannot write run folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The input can't be read on where an earlier run stopped.
    #[error("cannot read on where the run stopped")]
    GoOn(#[source] io::Error),
    /// What a pass put aside can't be had back.
    #[error(transparent)]
    Spill(#[from] SpillError),
    /// An earlier run did not come to its end, and nobody said what is to become of it.
    #[error("the run in `{}` was cut short, after {} documents", path.display(), documents)]
    Unfinished {
        /// Its folder.
        path: PathBuf,
        /// Documents that it had read.
        documents: u64,
    },
    /// An earlier run was of something else.
    #[error("cannot go on with the run in `{}`: {} changed", path.display(), changes.join(", "))]
    Changed {
        /// Its folder.
        path: PathBuf,
        /// What changed since.
        changes: Vec<String>,
    },
    /// More documents failed than the plan allows.
    #[error("more documents failed ({failed}) than the plan allows ({failures_max})")]
    TooManyFailures {
        /// How many.
        failed: u64,
        /// How many are allowed.
        failures_max: u64,
    },
    /// Somebody asked the run to end.
    #[error("interrupted")]
    Interrupted,
    /// The worker threads can't be started.
    #[error("cannot start {threads} worker threads: {message}")]
    Threads {
        /// How many were wanted.
        threads: usize,
        /// What was wrong.
        message: String,
    },
    /// A bug of this program.
    #[error("bug in textmill: {0}")]
    Bug(String),
}

fn names(outputs: &[PathBuf]) -> String {
    let names: Vec<String> = outputs.iter().map(|path| format!("`{}`", path.display())).collect();
    if names.is_empty() { "standard output".to_owned() } else { names.join(", ") }
}

/// What came of a run.
pub struct Turned {
    /// The report, also of a run that could not go on.
    pub report: Report,
    /// How long it took.
    pub timing: Timing,
    /// The document that was followed.
    pub traced: Option<Traced>,
    /// The run folder; none for a dry run, and none for a run that did not start.
    pub folder: Option<PathBuf>,
    /// Whether anything was read: false when the run folder or the output could not be made.
    pub is_started: bool,
    /// Whether another run can go on where this one stopped.
    pub is_resumable: bool,
    /// Why it could not go on, if so. Then no output has got its final name, unless only the report could not be
    /// written.
    pub ended: Result<(), RunError>,
}

impl From<CallError> for RunError {
    fn from(err: CallError) -> RunError {
        match err {
            CallError::Cancelled => RunError::Interrupted,
            err => RunError::Stage(err),
        }
    }
}

impl RunError {
    /// Whether nothing is wrong: whoever read standard output has seen enough.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, RunError::Write { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl Selection {
    pub(crate) fn takes(&self, seq: u64) -> bool {
        self.limit.is_none_or(|limit| seq < limit) && self.sample.is_none_or(|share| sampled(seq, share))
    }

    pub(crate) fn ends_before(&self, seq: u64) -> bool {
        self.limit.is_some_and(|limit| limit <= seq)
    }
}

/// Whether the record at `seq` is in the sample: a hash of its place (the finaliser of SplitMix64, by S. Vigna) falls
/// below the share, so that a larger share keeps all that a smaller one had.
fn sampled(seq: u64, share: f64) -> bool {
    let mut x = seq.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    ((x >> 11) as f64) < share * (1_u64 << 53) as f64
}

impl Mill {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where documents come from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Where documents go to.
    pub fn sink(&self) -> &Sink {
        &self.sink
    }

    /// What the plan's stage number `stage` says of itself: lines for people.
    pub fn description(&self, stage: usize) -> &[String] {
        self.instances[stage].description()
    }

    /// What keeps a run that is cut short from going on where it stopped; the one that costs most, if there are several.
    pub fn obstacle(&self) -> Option<Obstacle> {
        if let Some(input) = self.source.inputs().iter().find(|input| input.bytes.is_none()) {
            return Some(Obstacle::Input(Arc::clone(&input.shown)));
        }
        let forgets = |stage: &usize| {
            let instance = &self.instances[*stage];
            instance.entry().kind == StageKind::Ordered && !instance.saves()
        };
        for (number, pass) in self.plan.passes().iter().enumerate() {
            if let Some(stage) = pass.stages.clone().find(forgets) {
                return Some(Obstacle::Stage(Arc::clone(self.instances[stage].id()), number));
            }
        }
        (!self.sink.has_way_back()).then_some(Obstacle::Output)
    }

    /// The folder that the run keeps its books in: as the plan says, else beside the output, named after it.
    pub fn run_folder(&self) -> PathBuf {
        run_folder(&self.plan, &self.sink, &self.folder)
    }

    /// Runs the plan, once: what stages remember of a run is theirs, and the next one wants new stages.
    pub fn run(self, options: &RunOptions, progress: &Progress, observer: &dyn Observer) -> Turned {
        let started = Instant::now();
        let threads = options.threads.or(self.plan.run.threads).unwrap_or_else(cores);
        let run = Run::new(&self, options, threads, progress, observer);
        let mut is_fresh = false;
        let (folder, turned) = match run.open() {
            Ok(Start { folder, output, point }) => {
                is_fresh = point.is_none();
                let turned = run.watched(|| run.turn(&folder, output, point));
                (Some(folder), turned)
            }
            Err(err) => (None, Err(err)),
        };
        let (output, ended) = match turned {
            Ok(written) => (written, Ok(())),
            Err(err) => (FinishedOutput::default(), Err(err)),
        };
        if is_fresh && ended.is_ok() {
            self.sink.empty_columns().iter().for_each(|it| observer.event(Event::EmptyColumn(it)));
        }
        let is_started = folder.is_some();
        let is_resumable = run.is_resumable();
        let Kept { books, warnings, traced, parts } = run.into_kept();
        let report = self.report(books, warnings, &ended);
        let timing = Timing::new(threads, started.elapsed(), &report.books, parts);
        let folder = folder.filter(|_| !options.is_dry);
        let written = folder.as_ref().map_or(Ok(()), |folder| folder.write_books(&report, &timing));
        let written = written.and_then(|()| match &folder {
            Some(folder) if ended.is_ok() => {
                folder.write_manifest(&report, &output).and_then(|()| folder.clear_working_files())
            }
            Some(folder) if !is_resumable => folder.clear_working_files(),
            _ => Ok(()),
        });
        let folder_error = |source| RunError::Folder { path: self.run_folder(), source };
        let folder = folder.map(|folder| folder.path().to_owned());
        let ended = ended.and(written.map_err(folder_error));
        Turned { report, timing, traced, folder, is_started, is_resumable, ended }
    }

    fn report(&self, books: Books, warnings: u64, ended: &Result<(), RunError>) -> Report {
        let status = match ended {
            Ok(()) if books.failed > 0 => Status::DoneWithFailures,
            Ok(()) => Status::Done,
            Err(RunError::Interrupted) => Status::Interrupted,
            Err(err) if err.is_broken_pipe() => Status::OutputClosed,
            Err(_) => Status::Failed,
        };
        let mut plan = self.plan.to_json();
        if let Some(plan) = plan.as_object_mut() {
            plan.shift_remove("run"); // threads and batch size must not show, here or as overrides
            if let Some(overrides) = plan.get_mut("overrides").and_then(serde_json::Value::as_array_mut) {
                overrides.retain(|set| !set.as_str().is_some_and(|set| set.trim_start().starts_with("run.")));
            }
        }
        let outputs = self.sink.outputs();
        Report { textmill: env!("CARGO_PKG_VERSION"), status, books, warnings, outputs, plan }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Where a run of `plan` keeps its books.
pub(crate) fn run_folder(plan: &Plan, sink: &Sink, folder: &Path) -> PathBuf {
    if let Some(named) = &plan.run.folder {
        return folder.join(named);
    }
    let is_device = |output: &PathBuf| output.exists() && !output.is_file() && !output.is_dir();
    let output = sink.outputs().into_iter().find(|output| !is_device(output));
    let mut name = output.unwrap_or_else(|| folder.join("textmill")).into_os_string();
    name.push(".run");
    name.into()
}
