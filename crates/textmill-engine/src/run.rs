//! A run under way: its passes one after the other, and what they share.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use textmill_host::Instance;
use textmill_io::spill::{SpillPoint, SpillWriter, SpilledFile};
use textmill_io::{FinishedOutput, OutputPoint, OutputSchema, Reader, Writer};
use textmill_plan::Pass;

use crate::books::Books;
use crate::commit_point::{CommitPoint, Position, Written};
use crate::ends::{Again, End, Notes, Nowhere, Output};
use crate::feed::Feed;
use crate::fingerprint::Fingerprint;
use crate::mill::{Beginning, Event, Mill, Observer, Obstacle, Progress, RunError, RunOptions};
use crate::pass::Pass as PassRun;
use crate::run_folder::RunFolder;
use crate::side_files::{SideFiles, SideLines};
use crate::timers::{Part, Timers};
use crate::trace::{Traced, Tracer};
use crate::watch::Watch;
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
    pub(crate) watch: Watch,
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
    /// None where there is no way back.
    journal: Option<Journal>,
}

/// Where commit points go, and what each of them says.
struct Journal {
    folder: PathBuf,
    fingerprint: Fingerprint,
    /// How much the pass before put aside.
    spilled: Option<SpillPoint>,
    /// Whether there is one.
    is_begun: bool,
}

/// Which pass, through which stages, over what the pass before put aside.
struct Place<'a> {
    number: usize,
    stages: Range<usize>,
    spilled: Option<&'a SpilledFile>,
}

/// Where a run goes on.
struct Resumed {
    pass: usize,
    position: Option<Position>,
    spilled: Option<SpilledFile>,
    written: Written,
}

/// A run that is ready to begin, or to go on.
pub(crate) struct Start {
    pub(crate) folder: RunFolder,
    /// None for a dry run, and for one whose output has its name already.
    pub(crate) output: Option<Output>,
    /// Where it goes on.
    pub(crate) point: Option<CommitPoint>,
}

/// What is left of a run when it is over.
pub(crate) struct Kept {
    pub(crate) books: Books,
    pub(crate) warnings: u64,
    pub(crate) traced: Option<Traced>,
    pub(crate) parts: Vec<(Arc<str>, f64)>,
}

/// How many batches may be under way: for each thread one in work, and some that wait at a gate while another thread has a
/// slow one. Memory is bounded by this times the batch size.
fn batches_max(threads: usize) -> usize {
    threads * 4
}

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
            ledger: Mutex::new(Ledger { books, warnings: 0, side_files: None, journal: None }),
            window: Window::new(batches_max(threads)),
            watch: Watch::new(threads, mill.plan.run.batch_seconds_max),
            is_enough: Arc::default(),
            failure: Mutex::new(None),
        }
    }

    /// Makes the run folder and the output, before the first document is read: what can't be made is better known early.
    pub(crate) fn open(&self) -> Result<Start, RunError> {
        let fault = |err| self.folder_error(err);
        if self.options.is_dry {
            return Ok(Start { folder: RunFolder::temporary().map_err(fault)?, output: None, point: None });
        }
        let folder = RunFolder::create(&self.mill.run_folder()).map_err(fault)?;
        let fingerprint = Fingerprint::of(self.mill, self.options.selection).map_err(fault)?;
        let point = self.point_to_go_on(&folder, &fingerprint)?;
        let output = match &point {
            Some(CommitPoint { written: Written::Output(written), pass, .. }) => {
                self.output_at(written, *pass)?
            }
            _ => Some(self.output(self.mill.sink.writer_with_threads(self.threads))?),
        };
        match &point {
            Some(_) => folder.clear_scratch().map_err(fault)?,
            None => folder.clear().map_err(fault)?,
        }
        if self.has_way_back() {
            let (spilled, is_begun) = (point.as_ref().and_then(|point| point.spilled), point.is_some());
            let folder = folder.path().to_owned();
            lock(&self.ledger).journal = Some(Journal { folder, fingerprint, spilled, is_begun });
        }
        Ok(Start { folder, output, point })
    }

    /// Does `work` while somebody watches over the stages.
    pub(crate) fn watched<T>(&self, work: impl FnOnce() -> T) -> T {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                if let Some(stuck) = self.watch.wait() {
                    self.mill.environment.cancel(); // from here on nothing is committed
                    self.observer.event(Event::Stuck(&stuck));
                }
            });
            let done = work();
            self.watch.end();
            done
        })
    }

    /// The commit point of an earlier run, when this one is to go on there.
    fn point_to_go_on(&self, folder: &RunFolder, now: &Fingerprint) -> Result<Option<CommitPoint>, RunError> {
        if self.options.beginning == Beginning::Fresh {
            return Ok(None);
        }
        let point = CommitPoint::load(folder.path()).map_err(|err| self.folder_error(err))?;
        let Some(point) = point else { return Ok(None) };
        let path = folder.path().to_owned();
        let changes = point.fingerprint.changes(now);
        match self.options.beginning {
            Beginning::Resume if changes.is_empty() => Ok(Some(point)),
            Beginning::Resume => Err(RunError::Changed { path, changes }),
            _ => Err(RunError::Unfinished { path, documents: point.books.read }),
        }
    }

    /// Whether all inputs can be read again.
    fn has_way_back(&self) -> bool {
        self.tracer.is_none() && !matches!(self.mill.obstacle(), Some(Obstacle::Input(_)))
    }

    /// Goes through all passes, closes the books, and gives the output its final name. Says what was written, where this
    /// run knows.
    pub(crate) fn turn(
        &self,
        folder: &RunFolder,
        output: Option<Output>,
        point: Option<CommitPoint>,
    ) -> Result<FinishedOutput, RunError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads);
        let pool = pool.thread_name(|i| format!("textmill-{i}")).build();
        let pool =
            pool.map_err(|err| RunError::Threads { threads: self.threads, message: err.to_string() })?;
        self.mill.environment.set_scratch(Some(&folder.scratch()));
        let passes = self.mill.plan.passes();
        self.progress.passes.store(passes.len(), Ordering::Relaxed);
        let mut resumed = self.set_up(folder, point, &pool, &passes)?;
        let is_written = resumed.as_ref().is_some_and(|resumed| resumed.pass == passes.len());
        let from = resumed.as_ref().map_or(0, |resumed| resumed.pass);
        let mut spilled = resumed.as_mut().and_then(|resumed| resumed.spilled.take());
        let mut output = output;
        for (number, pass) in passes.iter().enumerate().skip(from) {
            let resumed = resumed.take();
            self.progress.begin(number + 1, self.mill.source.inputs());
            let place = Place { number, stages: pass.stages.clone(), spilled: spilled.as_ref() };
            let position = resumed.as_ref().and_then(|resumed| resumed.position);
            let Some(stage) = pass.observes else {
                match output.take() {
                    None => self.pass(&pool, &place, position, Nowhere).map(|Nowhere| ())?,
                    Some(out) => output = Some(self.pass(&pool, &place, position, out)?),
                }
                self.finish_stages(&pass.stages)?;
                continue;
            };
            let notes = self.notes(folder, &pool, number, stage, resumed.map(|resumed| resumed.written))?;
            let notes = self.pass(&pool, &place, position, notes)?;
            self.finish_stages(&pass.stages)?;
            self.save(pass.stages.clone())?;
            let now = notes.learn(self)?;
            self.begin_pass(number + 1, now.point())?;
            if let Some(before) = spilled.replace(now) {
                std::fs::remove_file(before.path()).map_err(|err| self.folder_error(err))?;
            }
        }
        self.close()?;
        if let Some(output) = output.as_ref().filter(|_| !is_written && self.commits_in(passes.len() - 1))
            && let Some(written) = output.commit(self)?
        {
            self.save(passes.last().map_or(0..0, |pass| pass.stages.clone()))?;
            self.commit(passes.len(), None, written)?;
        }
        let written = output.map_or_else(|| Ok(FinishedOutput::default()), |output| output.finish(self))?;
        if !folder.is_temporary() {
            self.mill.instances.iter().try_for_each(Instance::publish)?;
        }
        Ok(written)
    }

    /// Makes the side files, and brings back what the stages knew at a commit point.
    fn set_up(
        &self,
        folder: &RunFolder,
        point: Option<CommitPoint>,
        pool: &rayon::ThreadPool,
        passes: &[Pass],
    ) -> Result<Option<Resumed>, RunError> {
        let fault = |err| self.folder_error(err);
        if folder.is_temporary() {
            return Ok(None);
        }
        let Some(point) = point else {
            let files = SideFiles::create(folder.path(), &self.mill.instances).map_err(fault)?;
            lock(&self.ledger).side_files = Some(files);
            return Ok(None);
        };
        let files = SideFiles::resume(folder.path(), &point.side_files).map_err(fault)?;
        for instance in self.mill.instances.iter().filter(|instance| instance.saves()) {
            for piece in files.saved(instance).map_err(fault)? {
                instance.restore(&piece.map_err(fault)?)?;
            }
        }
        let mut ledger = lock(&self.ledger);
        (ledger.side_files, ledger.books, ledger.warnings) = (Some(files), point.books, point.warnings);
        drop(ledger);
        let CommitPoint { pass, position, spilled, written, .. } = point;
        let spilled = spilled.map(|point| SpilledFile::at(&folder.spill(pass), point));
        let learner = pass.checked_sub(1).and_then(|before| passes[before].observes);
        if let Some((spilled, stage)) = spilled.as_ref().zip(learner).filter(|_| pass < passes.len()) {
            let workers = self.workers(stage);
            self.look_again(pool, &workers, spilled)?;
            workers.learn()?;
        }
        Ok(Some(Resumed { pass, position, spilled, written }))
    }

    /// The end of a pass in front of a corpus stage; with the notes that it had `written` when the run was cut short.
    fn notes(
        &self,
        folder: &RunFolder,
        pool: &rayon::ThreadPool,
        number: usize,
        stage: usize,
        written: Option<Written>,
    ) -> Result<Notes<'_>, RunError> {
        let (path, workers) = (folder.spill(number + 1), self.workers(stage));
        let Some(Written::Spill(point)) = written else {
            return Ok(Notes { workers, spill: Mutex::new(SpillWriter::create(&path)?) });
        };
        let spill = SpillWriter::resume(&path, point)?;
        self.look_again(pool, &workers, spill.spilled())?;
        Ok(Notes { workers, spill: Mutex::new(spill) })
    }

    /// Lets a corpus stage take notes of what was put aside.
    fn look_again(
        &self,
        pool: &rayon::ThreadPool,
        workers: &Workers<'_>,
        spilled: &SpilledFile,
    ) -> Result<(), RunError> {
        PassRun::new(self, Feed::Spill(spilled.reader()?), 0..0, Again(workers), None).run(pool);
        self.outcome()
    }

    /// Whether a run that is cut short inside pass `number` can go on there.
    fn commits_in(&self, number: usize) -> bool {
        match self.mill.obstacle() {
            Some(Obstacle::Input(_)) => false,
            Some(Obstacle::Stage(_, first)) => number < first,
            Some(Obstacle::Output) | None => true, // an output that is written in one go says so itself
        }
    }

    /// Puts down what ordered stages have to save.
    pub(crate) fn save(&self, stages: impl IntoIterator<Item = usize>) -> Result<(), RunError> {
        let mut ledger = lock(&self.ledger);
        if ledger.journal.is_none() {
            return Ok(());
        }
        for instance in
            stages.into_iter().map(|stage| &self.mill.instances[stage]).filter(|stage| stage.saves())
        {
            let Some(files) = &mut ledger.side_files else { continue };
            let mut written = Ok(());
            instance.save(|piece| {
                if written.is_ok() {
                    written = files.save(instance, piece);
                }
            })?;
            written.map_err(|err| self.folder_error(err))?;
        }
        Ok(())
    }

    /// Makes a commit point between two passes.
    fn begin_pass(&self, number: usize, spilled: SpillPoint) -> Result<(), RunError> {
        if let Some(journal) = &mut lock(&self.ledger).journal {
            journal.spilled = Some(spilled);
        }
        if self.commits_in(number - 1) { self.commit(number, None, Written::Nothing) } else { Ok(()) }
    }

    /// Makes a commit point. Everything that `written` counts on is on the disk.
    pub(crate) fn commit(
        &self,
        pass: usize,
        position: Option<Position>,
        written: Written,
    ) -> Result<(), RunError> {
        let mut ledger = lock(&self.ledger);
        let Ledger { books, warnings, side_files: Some(files), journal: Some(journal) } = &mut *ledger else {
            return Ok(());
        };
        let store = || {
            let point = CommitPoint {
                fingerprint: journal.fingerprint.clone(),
                pass,
                position,
                spilled: journal.spilled,
                written,
                side_files: files.sync()?,
                books: books.clone(),
                warnings: *warnings,
            };
            point.store(&journal.folder)?;
            journal.is_begun = true;
            Ok(())
        };
        self.timers.time(Part::Write, store).map_err(|err| self.folder_error(err))
    }

    /// Whether another run can go on where this one is.
    pub(crate) fn is_resumable(&self) -> bool {
        lock(&self.ledger).journal.as_ref().is_some_and(|journal| journal.is_begun)
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

    /// Whether somebody wants the run to end early, with what it has read.
    pub(crate) fn is_stopping(&self) -> bool {
        self.options.stop.load(Ordering::Relaxed)
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

    /// Takes all batches of a pass to `end`, from `position` on.
    fn pass<E: End>(
        &self,
        pool: &rayon::ThreadPool,
        place: &Place<'_>,
        position: Option<Position>,
        end: E,
    ) -> Result<E, RunError> {
        let feed = match (place.spilled, position) {
            (Some(spilled), Some(Position::Spill(point))) => Feed::Spill(spilled.reader_at(point)?),
            (Some(spilled), _) => Feed::Spill(spilled.reader()?),
            (None, position) => Feed::Source(self.reader(position)?),
        };
        let has_way_back = lock(&self.ledger).journal.is_some();
        let committed_as = (has_way_back && self.commits_in(place.number)).then_some(place.number);
        let end = PassRun::new(self, feed, place.stages.clone(), end, committed_as).run(pool);
        self.outcome().map(|()| end)
    }

    fn reader(&self, position: Option<Position>) -> Result<Reader, RunError> {
        let (environment, is_enough) = (Arc::clone(&self.mill.environment), Arc::clone(&self.is_enough));
        let stop = Arc::clone(&self.options.stop);
        let is_over = move || {
            environment.is_cancelled() || is_enough.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed)
        };
        let mut reader = self.mill.source.reader_until(self.mill.plan.run.batch_bytes, is_over)?;
        if let Some(Position::Source(position)) = position {
            reader.go_to(position).map_err(RunError::GoOn)?;
        }
        Ok(reader)
    }

    /// What came of a pass.
    fn outcome(&self) -> Result<(), RunError> {
        if let Some(err) = lock(&self.failure).take() {
            return Err(err);
        }
        if self.is_ending() || self.is_stopping() { Err(RunError::Interrupted) } else { Ok(()) }
    }

    /// The stage at this place of the plan, with room for the workers of all threads.
    pub(crate) fn workers(&self, stage: usize) -> Workers<'_> {
        Workers::new(stage, &self.mill.instances[stage], self.threads)
    }

    fn output(&self, writer: io::Result<Writer>) -> Result<Output, RunError> {
        let omits =
            |stage: usize, layer: &str| self.mill.instances[stage].omits().iter().any(|it| it == layer);
        let outputs = self.mill.plan.outputs(omits);
        let schema = OutputSchema { layers: outputs.layers, fields: outputs.fields };
        let writer = writer.map_err(|err| self.write_error(err))?;
        Ok(Output::new(self.mill.sink.encoder(schema), writer))
    }

    /// The output of a run that goes on; none when all was written and it has its name already.
    fn output_at(&self, written: &OutputPoint, pass: usize) -> Result<Option<Output>, RunError> {
        let is_there = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|it| it.len() >= written.bytes);
        match self.mill.sink.writer_at(written, self.threads) {
            Err(err)
                if err.kind() == io::ErrorKind::NotFound
                    && pass == self.mill.plan.passes().len()
                    && self.mill.sink.outputs().iter().all(is_there) =>
            {
                Ok(None)
            }
            writer => self.output(writer).map(Some),
        }
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

    pub(crate) fn folder_error(&self, source: io::Error) -> RunError {
        RunError::Folder { path: self.mill.run_folder(), source }
    }

    pub(crate) fn write_error(&self, source: io::Error) -> RunError {
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
