//! A run under way: its passes one after the other, and what they share.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use textmill_host::CallError;
use textmill_io::OutputSchema;
use textmill_io::spill::{SpillWriter, SpilledFile};

use crate::books::Books;
use crate::feed::Feed;
use crate::mill::{Mill, Observer, Progress, RunError, RunOptions};
use crate::pass::{End, Pass};
use crate::run_folder::{Rejects, RunFolder};
use crate::timers::{Part, Timers};
use crate::trace::{Traced, Tracer};
use crate::window::Window;
use crate::workers::Workers;

/// What all passes and threads of a run share.
pub(crate) struct Run<'a> {
    pub(crate) mill: &'a Mill,
    pub(crate) options: &'a RunOptions,
    pub(crate) threads: usize,
    pub(crate) progress: &'a Progress,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) timers: Timers,
    pub(crate) tracer: Option<Tracer>,
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) window: Window,
    failure: Mutex<Option<RunError>>,
}

/// What is put down batch by batch, in corpus order.
pub(crate) struct Ledger {
    pub(crate) books: Books,
    pub(crate) warnings: u64,
    pub(crate) rejects: Option<Rejects>,
}

/// What is left of a run when it is over.
pub(crate) struct Kept {
    pub(crate) books: Books,
    pub(crate) warnings: u64,
    pub(crate) traced: Option<Traced>,
    pub(crate) parts: Vec<(std::sync::Arc<str>, f64)>,
}

/// How many batches may be under way for each thread: one in work, one ready, and some that wait at a gate for a slow
/// one. Memory is bounded by this times the batch size.
const BATCHES_PER_THREAD: usize = 4;

impl<'a> Run<'a> {
    pub(crate) fn new(
        mill: &'a Mill,
        options: &'a RunOptions,
        threads: usize,
        progress: &'a Progress,
        observer: &'a dyn Observer,
    ) -> Run<'a> {
        let books = Books::new(&mill.instances);
        Run {
            mill,
            options,
            threads,
            progress,
            observer,
            timers: Timers::new(&mill.instances),
            tracer: options.trace.clone().map(Tracer::new),
            ledger: Mutex::new(Ledger { books, warnings: 0, rejects: None }),
            window: Window::new(threads * BATCHES_PER_THREAD),
            failure: Mutex::new(None),
        }
    }

    /// Goes through all passes, closes the books, and gives the output its final name.
    pub(crate) fn turn(&self, folder: &Path) -> Result<(), RunError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads);
        let pool = pool.thread_name(|i| format!("textmill-{i}")).build();
        let pool =
            pool.map_err(|err| RunError::Threads { threads: self.threads, message: err.to_string() })?;
        let folder = self.run_folder(folder)?;
        let passes = self.mill.plan.passes();
        self.progress.passes.store(passes.len(), Ordering::Relaxed);
        let mut spilled = None;
        for (number, pass) in passes.into_iter().enumerate() {
            self.progress.begin(number + 1, self.mill.source.inputs());
            match pass.observes {
                Some(stage) => {
                    let spill = SpillWriter::create(&folder.spill(number))?;
                    let end =
                        self.pass(&pool, pass.stages, spilled.as_ref(), self.observing(stage, spill))?;
                    spilled = Some(self.learned(stage, end)?);
                }
                None => {
                    let end = self.pass(&pool, pass.stages, spilled.as_ref(), self.writing()?)?;
                    self.close(end, &folder)?;
                }
            }
        }
        Ok(())
    }

    /// Ends the run with the first thing that went wrong.
    pub(crate) fn fail(&self, err: RunError) {
        let err = match err {
            RunError::Stage(CallError::Cancelled) => RunError::Interrupted,
            err => err,
        };
        lock(&self.failure).get_or_insert(err);
        self.mill.environment.cancel();
        self.window.close();
    }

    /// Whether the run is to end before its time.
    pub(crate) fn is_ending(&self) -> bool {
        self.mill.environment.is_cancelled()
    }

    pub(crate) fn into_kept(self) -> Kept {
        let ledger = self.ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
        Kept {
            books: ledger.books,
            warnings: ledger.warnings,
            traced: self.tracer.and_then(Tracer::finish),
            parts: self.timers.seconds(),
        }
    }

    fn run_folder(&self, path: &Path) -> Result<RunFolder, RunError> {
        let fault = |source| RunError::Folder { path: path.to_owned(), source };
        if self.options.is_dry {
            return RunFolder::temporary().map_err(fault);
        }
        let folder = RunFolder::create(path).map_err(fault)?;
        folder.clear().map_err(fault)?;
        lock(&self.ledger).rejects = Some(folder.rejects());
        Ok(folder)
    }

    /// Takes all batches through `stages` to `end`.
    fn pass<'r>(
        &'r self,
        pool: &rayon::ThreadPool,
        stages: Range<usize>,
        spilled: Option<&SpilledFile>,
        end: End<'r>,
    ) -> Result<End<'r>, RunError> {
        let feed = match spilled {
            Some(spilled) => Feed::Spill(spilled.reader()?),
            None => Feed::Source(self.mill.source.reader(self.mill.plan.run.batch_bytes)?),
        };
        let end = Pass::new(self, stages, end).run(pool, feed);
        if let Some(err) = lock(&self.failure).take() {
            return Err(err);
        }
        if self.is_ending() { Err(RunError::Interrupted) } else { Ok(end) }
    }

    fn observing(&self, stage: usize, spill: SpillWriter) -> End<'_> {
        End::Observe {
            stage,
            workers: Workers::new(&self.mill.instances[stage], self.threads),
            spill: Mutex::new(spill),
        }
    }

    /// Lets a corpus stage learn from what it observed, and gives what was put aside for the next pass.
    fn learned(&self, stage: usize, end: End<'_>) -> Result<SpilledFile, RunError> {
        let End::Observe { workers, spill, .. } = end else {
            return Err(RunError::Bug("a pass that observes ended as one that writes".to_owned()));
        };
        self.timers.time(Part::Stage(stage), || workers.learn())?;
        Ok(spill.into_inner().unwrap_or_else(PoisonError::into_inner).finish()?)
    }

    fn writing(&self) -> Result<End<'_>, RunError> {
        if self.options.is_dry {
            return Ok(End::Nothing);
        }
        let outputs = self.mill.plan.outputs();
        let encoder = self.mill.sink.encoder(OutputSchema { layers: outputs.layers, fields: outputs.fields });
        let writer = self.mill.sink.writer().map_err(|err| self.write_error(err))?;
        Ok(End::Write { encoder, writer: Mutex::new(writer) })
    }

    /// Closes the books; only then does the output get its final name.
    fn close(&self, end: End<'_>, folder: &RunFolder) -> Result<(), RunError> {
        let mut ledger = lock(&self.ledger);
        if let Some(rejects) = ledger.rejects.take() {
            rejects.finish().map_err(|source| RunError::Folder { path: folder.path().to_owned(), source })?;
        }
        if !ledger.books.balance() {
            return Err(RunError::Bug(format!("the books do not balance: {:?}", ledger.books)));
        }
        if let End::Write { writer, .. } = end {
            let writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.timers.time(Part::Write, || writer.finish()).map_err(|err| self.write_error(err))?;
        }
        Ok(())
    }

    pub(crate) fn write_error(&self, source: std::io::Error) -> RunError {
        RunError::Write { outputs: self.mill.sink.outputs(), source }
    }
}

/// A lock that outlives a panic: what it guards is only read for the report after one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    fn begin(&self, pass: usize, inputs: &[textmill_io::Input]) {
        self.pass.store(pass, Ordering::Relaxed);
        self.documents.store(0, Ordering::Relaxed);
        self.text_bytes.store(0, Ordering::Relaxed);
        let known: Option<u64> = inputs.iter().map(|input| input.bytes).sum();
        self.input_bytes.store(known.unwrap_or(0), Ordering::Relaxed);
    }
}
