//! A run under way: its passes one after the other, and what they share.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use textmill_host::Instance;
use textmill_io::OutputSchema;
use textmill_io::spill::{SpillWriter, SpilledFile};

use crate::books::Books;
use crate::ends::{End, Notes, Nowhere, Output};
use crate::feed::Feed;
use crate::mill::{Mill, Observer, Progress, RunError, RunOptions};
use crate::pass::Pass;
use crate::run_folder::RunFolder;
use crate::side_files::{SideFiles, SideLines};
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
    /// Whether the user wants no more of the source than was cut.
    pub(crate) is_enough: Arc<AtomicBool>,
    failure: Mutex<Option<RunError>>,
}

/// What is put down batch by batch, in corpus order.
pub(crate) struct Ledger {
    pub(crate) books: Books,
    pub(crate) warnings: u64,
    /// None for a dry run.
    pub(crate) side_files: Option<SideFiles>,
}

/// What is left of a run when it is over.
pub(crate) struct Kept {
    pub(crate) books: Books,
    pub(crate) warnings: u64,
    pub(crate) traced: Option<Traced>,
    pub(crate) parts: Vec<(Arc<str>, f64)>,
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
            ledger: Mutex::new(Ledger { books, warnings: 0, side_files: None }),
            window: Window::new(threads * BATCHES_PER_THREAD),
            is_enough: Arc::default(),
            failure: Mutex::new(None),
        }
    }

    /// Makes the run folder and the output, before the first document is read: what can't be made is better known early.
    pub(crate) fn open(&self) -> Result<(RunFolder, Option<Output>), RunError> {
        let fault = |err| self.folder_error(err);
        if self.options.is_dry {
            return Ok((RunFolder::temporary().map_err(fault)?, None));
        }
        let folder = RunFolder::create(&self.mill.run_folder()).map_err(fault)?;
        let output = self.output()?;
        folder.clear().map_err(fault)?;
        Ok((folder, Some(output)))
    }

    /// Goes through all passes, closes the books, and gives the output its final name.
    pub(crate) fn turn(&self, folder: &RunFolder, output: Option<Output>) -> Result<(), RunError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads);
        let pool = pool.thread_name(|i| format!("textmill-{i}")).build();
        let pool =
            pool.map_err(|err| RunError::Threads { threads: self.threads, message: err.to_string() })?;
        lock(&self.ledger).side_files = self.side_files(folder)?;
        self.mill.environment.set_scratch(Some(&folder.scratch()));
        let passes = self.mill.plan.passes();
        self.progress.passes.store(passes.len(), Ordering::Relaxed);
        let mut spilled = None;
        for (number, pass) in (1..).zip(&passes) {
            self.progress.begin(number, self.mill.source.inputs());
            if let Some(stage) = pass.observes {
                let spill = Mutex::new(SpillWriter::create(&folder.spill(number))?);
                let notes = Notes { workers: self.workers(stage), spill };
                let notes = self.pass(&pool, &pass.stages, spilled.as_ref(), notes)?;
                self.finish_stages(&pass.stages)?;
                spilled = Some(notes.learn(self)?);
            }
        }
        let last = passes.last().map_or(0..0, |pass| pass.stages.clone());
        match output {
            None => {
                self.pass(&pool, &last, spilled.as_ref(), Nowhere)?;
                self.finish_stages(&last)?;
                self.close()
            }
            Some(output) => {
                let output = self.pass(&pool, &last, spilled.as_ref(), output)?;
                self.finish_stages(&last)?;
                self.close()?;
                output.finish(self)?;
                self.mill.instances.iter().try_for_each(Instance::publish)?;
                Ok(())
            }
        }
    }

    fn side_files(&self, folder: &RunFolder) -> Result<Option<SideFiles>, RunError> {
        if folder.is_temporary() {
            return Ok(None);
        }
        let files = SideFiles::create(folder.path(), &self.mill.instances);
        files.map(Some).map_err(|err| self.folder_error(err))
    }

    /// Lets the stages of a pass say what is to be said of all documents.
    fn finish_stages(&self, stages: &Range<usize>) -> Result<(), RunError> {
        let mut ledger = lock(&self.ledger);
        for stage in stages.clone() {
            let instance = &self.mill.instances[stage];
            let rows = self.timers.time(Part::Stage(stage), || instance.finish())?;
            ledger.books.rows(stage, instance, &rows);
            let mut lines = SideLines::default();
            lines.rows(instance, &rows);
            if let Some(files) = &mut ledger.side_files {
                files.append(lines).map_err(|err| self.folder_error(err))?;
            }
        }
        Ok(())
    }

    /// Ends the run with the first thing that went wrong.
    pub(crate) fn fail(&self, err: RunError) {
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

    /// Takes all batches through `stages` to `end`.
    fn pass<E: End>(
        &self,
        pool: &rayon::ThreadPool,
        stages: &Range<usize>,
        spilled: Option<&SpilledFile>,
        end: E,
    ) -> Result<E, RunError> {
        let feed = match spilled {
            Some(spilled) => Feed::Spill(spilled.reader()?),
            None => {
                let (environment, is_enough) =
                    (Arc::clone(&self.mill.environment), Arc::clone(&self.is_enough));
                let is_over = move || environment.is_cancelled() || is_enough.load(Ordering::Relaxed);
                Feed::Source(self.mill.source.reader_until(self.mill.plan.run.batch_bytes, is_over)?)
            }
        };
        let end = Pass::new(self, stages.clone(), end).run(pool, feed);
        if let Some(err) = lock(&self.failure).take() {
            return Err(err);
        }
        if self.is_ending() { Err(RunError::Interrupted) } else { Ok(end) }
    }

    /// The stage at this place of the plan, with room for the workers of all threads.
    pub(crate) fn workers(&self, stage: usize) -> Workers<'_> {
        Workers::new(stage, &self.mill.instances[stage], self.threads)
    }

    fn output(&self) -> Result<Output, RunError> {
        let outputs = self.mill.plan.outputs();
        let schema = OutputSchema { layers: outputs.layers, fields: outputs.fields };
        let writer = self.mill.sink.writer_with_threads(self.threads).map_err(|err| self.write_error(err))?;
        Ok(Output { encoder: self.mill.sink.encoder(schema), writer: Mutex::new(writer) })
    }

    /// Closes the books. Only when they balance may the output get its final name.
    fn close(&self) -> Result<(), RunError> {
        let mut ledger = lock(&self.ledger);
        if let Some(files) = &mut ledger.side_files {
            files.sync().map_err(|err| self.folder_error(err))?;
        }
        match ledger.books.balance() {
            true => Ok(()),
            false => Err(RunError::Bug(format!("the books do not balance: {:?}", ledger.books))),
        }
    }

    pub(crate) fn folder_error(&self, source: std::io::Error) -> RunError {
        RunError::Folder { path: self.mill.run_folder(), source }
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
        self.documents_expected.store(self.documents.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        self.text_bytes.store(0, Ordering::Relaxed);
        let known: Option<u64> = inputs.iter().map(|input| input.bytes).sum();
        self.input_bytes.store(known.unwrap_or(0), Ordering::Relaxed);
    }
}
