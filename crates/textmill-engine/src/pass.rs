//! One pass: all batches, from the feed through some stages to an end.
//!
//! A worker cuts a batch, leaves the reading to whoever is free next, and carries its batch through stage after stage
//! until it comes to a gate, where the ordered stages and the end let batches through in corpus order. So a batch is
//! worked on where it was read, in the caches of one core, and nobody waits for anybody: reading pauses when the window is
//! full, and goes on with the next batch that leaves it.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use rayon::{ScopeFifo, ThreadPool};
use textmill_host::{Instance, Token, Worker};
use textmill_io::{Warning, encode_reject};
use textmill_model::{Batch, Effects, Outcome, Reject, StageKind};

use crate::books::Books;
use crate::commit_point::{Pace, Position};
use crate::ends::End;
use crate::feed::{Cut, Feed, Unpack, Unpacked};
use crate::gate::Gate;
use crate::mill::{Event, RunError};
use crate::run::{Run, lock};
use crate::side_files::SideLines;
use crate::timers::Part;
use crate::workers::Workers;

/// A pass over all documents.
pub(crate) struct Pass<'a, E: End> {
    run: &'a Run<'a>,
    reading: Mutex<Reading<'a>>,
    unpack: Unpack,
    steps: Vec<Step<'a>>,
    end: E,
    /// The number of the pass, where it is one that another run could go on with.
    committed_as: Option<usize>,
    exit: Gate<Finished<E::Rendered>>,
    summing: Gate<E::Rendered>,
}

/// What was cut so far. One worker at a time reads.
struct Reading<'a> {
    feed: Feed<'a>,
    /// Behind the last batch.
    position: Option<Position>,
    batches: u64,
    pace: Pace,
}

/// A batch that was just cut.
struct Fresh {
    number: u64,
    cut: Cut,
    /// Where what comes behind it begins, when a commit point is due behind this batch.
    commit: Option<Position>,
}

/// A stage on the way.
struct Step<'a> {
    workers: Workers<'a>,
    /// For ordered stages: where they decide.
    gate: Option<Gate<(Work, Token)>>,
}

/// A batch on its way.
struct Work {
    batch: Batch,
    books: Books,
    warnings: Vec<Warning>,
    side_lines: SideLines,
    commit: Option<Position>,
    /// Bytes of text that came in, to show how fast the pass is.
    text_bytes: u64,
}

/// A batch that went all the way, as it goes out.
struct Finished<R> {
    number: u64,
    rendered: R,
    books: Books,
    warnings: Vec<Warning>,
    failed: Vec<Reject>,
    side_lines: SideLines,
    commit: Option<Position>,
    documents: u64,
    text_bytes: u64,
}

impl<'a, E: End> Pass<'a, E> {
    /// A pass of what `feed` gives through `stages` to `end`. It makes commit points where it has a number.
    pub(crate) fn new(
        run: &'a Run<'a>,
        feed: Feed<'a>,
        stages: Range<usize>,
        end: E,
        committed_as: Option<usize>,
    ) -> Pass<'a, E> {
        let step = |stage: usize| {
            let workers = run.workers(stage);
            let gate = (workers.instance().entry().kind == StageKind::Ordered).then(Gate::new);
            Step { workers, gate }
        };
        let (position, pace) = (feed.position(), Pace::new(&run.mill.plan.run));
        Pass {
            run,
            reading: Mutex::new(Reading { feed, position, batches: 0, pace }),
            unpack: Unpack {
                decoder: run.mill.source.decoder(),
                selection: run.options.selection,
                takes_texts: !stages.is_empty() || !E::WRITES,
            },
            steps: stages.map(step).collect(),
            end,
            committed_as,
            exit: Gate::new(),
            summing: Gate::new(),
        }
    }

    /// Takes everything that there is to the end, or as much as comes before somebody wants the run to end. What went
    /// wrong stands in the run.
    pub(crate) fn run(self, pool: &ThreadPool) -> E {
        pool.in_place_scope_fifo(|scope| self.read_on(scope));
        self.guard(|| self.commit_what_was_read());
        self.end
    }

    /// Leaves the reading to the next worker that is free.
    fn read_on<'s>(&'s self, scope: &ScopeFifo<'s>) {
        scope.spawn_fifo(|scope| self.guard(|| self.read(scope)));
    }

    /// Cuts a batch, if there is one and room for it, and begins to work on it.
    fn read<'s>(&'s self, scope: &ScopeFifo<'s>) -> Result<(), RunError> {
        let Some(fresh) = self.cut()? else { return Ok(()) };
        if self.run.threads > 1 {
            self.read_on(scope);
            return self.begin(scope, fresh);
        }
        // The only thread brings a batch to its end before it reads on: the source may keep it waiting.
        self.begin(scope, fresh)?;
        self.read_on(scope);
        Ok(())
    }

    fn cut(&self) -> Result<Option<Fresh>, RunError> {
        let run = self.run;
        let is_over = run.is_ending() || run.is_stopping() || run.is_enough.load(Ordering::Relaxed);
        if is_over || !run.window.enter() {
            return Ok(None);
        }
        let mut reading = lock(&self.reading);
        let Some(cut) = run.timers.time(Part::Read, || reading.feed.next())? else {
            let _ = run.window.leave(); // nobody else reads, so nobody was held back
            return Ok(None);
        };
        run.progress.input_bytes_read.fetch_max(cut.input_bytes_read(), Ordering::Relaxed);
        reading.position = reading.feed.position();
        let is_due = self.committed_as.is_some() && reading.pace.is_due(cut.bytes());
        let commit = reading.position.filter(|_| is_due);
        if commit.is_some() {
            reading.pace.begin_again();
        }
        let number = reading.batches;
        reading.batches += 1;
        Ok(Some(Fresh { number, cut, commit }))
    }

    /// Runs a task: what goes wrong, a panic of our own included, ends the run with a message.
    fn guard(&self, task: impl FnOnce() -> Result<(), RunError>) {
        let result = catch_unwind(AssertUnwindSafe(task));
        if let Err(err) = result.unwrap_or_else(|panic| Err(RunError::Bug(panic_message(&*panic)))) {
            self.run.fail(err);
        }
        if self.run.is_ending() {
            self.run.window.close(); // batches are left where they are
        }
    }

    /// Makes a commit point behind the last batch of a pass that somebody wants to end early.
    fn commit_what_was_read(&self) -> Result<(), RunError> {
        let position = lock(&self.reading).position;
        let (Some(pass), Some(position)) = (self.committed_as, position) else { return Ok(()) };
        if self.run.is_ending() || !self.run.is_stopping() {
            return Ok(());
        }
        let stages = self.steps.iter().map(|step| step.workers.stage());
        self.run.save(stages)?;
        self.commit_point(pass, position)
    }

    fn commit_point(&self, pass: usize, position: Position) -> Result<(), RunError> {
        match self.end.commit(self.run)? {
            Some(written) => self.run.commit(pass, Some(position), written),
            None => Ok(()),
        }
    }

    fn begin<'s>(&'s self, scope: &ScopeFifo<'s>, fresh: Fresh) -> Result<(), RunError> {
        let Fresh { number, cut, commit } = fresh;
        let mut books = Books::new(&self.run.mill.instances);
        let unpack = || self.unpack.unpack(number, cut, &mut books);
        let Unpacked { batch, warnings, is_enough } = self.run.timers.time(Part::Decode, unpack)?;
        if is_enough {
            self.run.is_enough.store(true, Ordering::Relaxed);
        }
        if let Some(tracer) = &self.run.tracer {
            tracer.source(&batch);
        }
        let text_bytes = batch.text_bytes() as u64;
        self.carry(
            scope,
            Work { batch, books, warnings, side_lines: SideLines::default(), commit, text_bytes },
            0,
        )
    }

    /// Carries a batch from step `at` to the next gate.
    fn carry<'s>(&'s self, scope: &ScopeFifo<'s>, mut work: Work, at: usize) -> Result<(), RunError> {
        let timers = &self.run.timers;
        for (i, step) in self.steps.iter().enumerate().skip(at) {
            if self.run.is_ending() {
                return Ok(());
            }
            let Some(gate) = &step.gate else {
                let process = |stage: &Instance, worker: &mut Worker| {
                    self.run.watch.over(stage, &work.batch, || stage.process(worker, &work.batch))
                };
                let effects = step.workers.with(timers, process)?;
                self.apply(step, &mut work, effects);
                continue;
            };
            let prepare = |stage: &Instance, worker: &mut Worker| {
                self.run.watch.over(stage, &work.batch, || stage.prepare(worker, &work.batch))
            };
            let token = step.workers.with(timers, prepare)?;
            gate.enter(work.batch.index, (work, token), |(work, token)| {
                self.guard(|| self.commit(scope, i, work, token));
            });
            return Ok(());
        }
        self.finish(scope, work)
    }

    /// Lets an ordered stage decide about the batch whose turn it is, and sends the batch on its way.
    fn commit<'s>(
        &'s self,
        scope: &ScopeFifo<'s>,
        at: usize,
        mut work: Work,
        token: Token,
    ) -> Result<(), RunError> {
        if self.run.is_ending() {
            return Ok(());
        }
        let step = &self.steps[at];
        let instance = step.workers.instance();
        let commit = || self.run.watch.over(instance, &work.batch, || instance.commit(&work.batch, token));
        let effects = self.run.timers.time(step.workers.part(), commit)?;
        if work.commit.is_some() {
            // Here and not at the end: by then the stage has seen later batches.
            let save = || instance.save(|piece| work.side_lines.saved(instance, piece));
            self.run.timers.time(step.workers.part(), save)?;
        }
        scope.spawn_fifo(move |scope| {
            self.guard(|| {
                self.apply(step, &mut work, effects);
                self.carry(scope, work, at + 1)
            });
        });
        Ok(())
    }

    fn apply(&self, step: &Step<'_>, work: &mut Work, effects: Effects) {
        let instance = step.workers.instance();
        work.books.effects(step.workers.stage(), instance, work.batch.documents.len(), &effects);
        if let Some(tracer) = &self.run.tracer {
            tracer.effects(&work.batch, instance, &effects);
        }
        work.side_lines.rows(instance, &effects.rows);
        let apply = || work.batch.apply(effects, instance.entry(), instance.id());
        self.run.timers.time(step.workers.part(), apply);
    }

    /// Renders a batch that has been through all stages, and lets it out in its turn.
    fn finish<'s>(&'s self, scope: &ScopeFifo<'s>, work: Work) -> Result<(), RunError> {
        let Work { batch, mut books, warnings, mut side_lines, commit, text_bytes } = work;
        let rendered = self.end.render(self.run, &batch)?;
        if E::WRITES {
            books.written = batch.documents.len() as u64;
            books.text_bytes_written = batch.text_bytes() as u64;
        }
        let documents = batch.documents.len() as u64;
        let mut failed = Vec::new();
        let mut rejects = batch.rejects;
        rejects.sort_by_key(|reject| reject.seq);
        for reject in rejects {
            books.reject(&reject);
            encode_reject(&reject, side_lines.rejects(reject.outcome));
            if reject.outcome == Outcome::Failed {
                failed.push(reject);
            }
        }
        let number = batch.index;
        let finished =
            Finished { number, rendered, books, warnings, failed, side_lines, commit, documents, text_bytes };
        self.exit.enter(number, finished, |finished| self.guard(|| self.let_out(scope, finished)));
        Ok(())
    }

    /// Writes a batch and puts it into the books. Batches come here one at a time, in corpus order; behind one that
    /// could not be written, none is.
    fn let_out<'s>(&'s self, scope: &ScopeFifo<'s>, finished: Finished<E::Rendered>) -> Result<(), RunError> {
        let run = self.run;
        if run.is_ending() {
            return Ok(());
        }
        self.end.take(run, &finished.rendered)?;
        let mut ledger = lock(&run.ledger);
        if let Some(files) = &mut ledger.side_files {
            files.append(finished.side_lines).map_err(|err| run.folder_error(err))?;
        }
        ledger.books.add(finished.books);
        ledger.warnings += finished.warnings.len() as u64;
        let failed = ledger.books.failed;
        drop(ledger);
        finished.warnings.iter().for_each(|warning| run.observer.event(Event::Warning(warning)));
        finished.failed.iter().for_each(|reject| run.observer.event(Event::Failed(reject)));
        run.progress.documents.fetch_add(finished.documents, Ordering::Relaxed);
        run.progress.text_bytes.fetch_add(finished.text_bytes, Ordering::Relaxed);
        if let Some((pass, position)) = self.committed_as.zip(finished.commit) {
            self.commit_point(pass, position)?;
        }
        if self.end.sums() {
            self.sum_up(scope, finished.number, finished.rendered);
        } else {
            self.leave(scope);
        }
        match run.mill.plan.run.max_failures {
            Some(failures_max) if failed > failures_max => {
                Err(RunError::TooManyFailures { failed, failures_max })
            }
            _ => Ok(()),
        }
    }

    /// Leaves the sum over what was written to the next worker that is free: the next batch need not wait for it.
    fn sum_up<'s>(&'s self, scope: &ScopeFifo<'s>, number: u64, rendered: E::Rendered) {
        scope.spawn_fifo(move |scope| {
            self.summing.enter(number, rendered, |rendered| {
                self.guard(|| {
                    self.end.sum_up(self.run, &rendered);
                    self.leave(scope);
                    Ok(())
                });
            });
        });
    }

    /// Makes room for another batch.
    fn leave<'s>(&'s self, scope: &ScopeFifo<'s>) {
        if self.run.window.leave() {
            self.read_on(scope);
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".to_owned())
}
