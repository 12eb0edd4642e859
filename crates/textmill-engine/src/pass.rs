//! One pass: all batches, from the feed through some stages to an end.
//!
//! The calling thread cuts batches and hands each to the pool. A worker carries a batch through stage after stage
//! until it comes to a gate, where the ordered stages and the end let batches through in corpus order. Nobody waits
//! for anybody but the reader, whom the window holds back.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    unpack: Unpack,
    steps: Vec<Step<'a>>,
    end: E,
    /// The number of the pass, where it is one that another run could go on with.
    committed_as: Option<usize>,
    exit: Gate<Finished<E::Rendered>>,
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
    /// Where what comes behind it begins, when a commit point is due behind this batch.
    commit: Option<Position>,
    /// Bytes of text that came in, to show how fast the pass is.
    text_bytes: u64,
}

/// A batch that went all the way, as it goes out.
struct Finished<R> {
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
    /// A pass through `stages` to `end`. It makes commit points where it has a number.
    pub(crate) fn new(
        run: &'a Run<'a>,
        stages: Range<usize>,
        end: E,
        committed_as: Option<usize>,
    ) -> Pass<'a, E> {
        let step = |stage: usize| {
            let workers = run.workers(stage);
            let gate = (workers.instance().entry().kind == StageKind::Ordered).then(Gate::new);
            Step { workers, gate }
        };
        Pass {
            run,
            unpack: Unpack { decoder: run.mill.source.decoder(), selection: run.options.selection },
            steps: stages.map(step).collect(),
            end,
            committed_as,
            exit: Gate::new(),
        }
    }

    /// Takes everything that `feed` gives to the end, or as much as comes before somebody wants the run to end. What
    /// went wrong stands in the run.
    pub(crate) fn run(self, pool: &ThreadPool, mut feed: Feed<'_>) -> E {
        let mut position = feed.position();
        pool.in_place_scope_fifo(|scope| self.guard(|| self.feed(scope, &mut feed, &mut position)));
        self.guard(|| self.commit_what_was_read(position));
        self.end
    }

    /// Cuts batches and hands them out. `position` is behind the last one.
    fn feed<'s>(
        &'s self,
        scope: &ScopeFifo<'s>,
        feed: &mut Feed<'_>,
        position: &mut Option<Position>,
    ) -> Result<(), RunError> {
        let mut number = 0;
        let mut pace = Pace::new(&self.run.mill.plan.run);
        let is_enough = || self.run.is_enough.load(Ordering::Relaxed);
        while !self.run.is_ending() && !self.run.is_stopping() && !is_enough() && self.run.window.open() {
            let Some(cut) = self.run.timers.time(Part::Read, || feed.next())? else {
                self.run.window.leave();
                break;
            };
            self.run.progress.input_bytes_read.fetch_max(cut.input_bytes_read(), Ordering::Relaxed);
            *position = feed.position();
            let is_due = self.committed_as.is_some() && pace.is_due(cut.bytes());
            let commit = position.filter(|_| is_due);
            if commit.is_some() {
                pace.begin_again();
            }
            scope.spawn_fifo(move |scope| self.guard(|| self.begin(scope, number, cut, commit)));
            number += 1;
        }
        Ok(())
    }

    /// Runs a task: what goes wrong, a panic of our own included, ends the run with a message.
    fn guard(&self, task: impl FnOnce() -> Result<(), RunError>) {
        let result = catch_unwind(AssertUnwindSafe(task));
        if let Err(err) = result.unwrap_or_else(|panic| Err(RunError::Bug(panic_message(&*panic)))) {
            self.run.fail(err);
        }
        if self.run.is_ending() {
            self.run.window.close(); // batches are left where they are, so the reader must not wait for them
        }
    }

    /// Makes a commit point behind the last batch of a pass that somebody wants to end early.
    fn commit_what_was_read(&self, position: Option<Position>) -> Result<(), RunError> {
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

    fn begin<'s>(
        &'s self,
        scope: &ScopeFifo<'s>,
        number: u64,
        cut: Cut,
        commit: Option<Position>,
    ) -> Result<(), RunError> {
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
        self.finish(work)
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
    fn finish(&self, work: Work) -> Result<(), RunError> {
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
        let finished =
            Finished { rendered, books, warnings, failed, side_lines, commit, documents, text_bytes };
        self.exit.enter(batch.index, finished, |finished| self.guard(|| self.let_out(finished)));
        Ok(())
    }

    /// Writes a batch and puts it into the books. Batches come here one at a time, in corpus order; behind one that
    /// could not be written, none is.
    fn let_out(&self, finished: Finished<E::Rendered>) -> Result<(), RunError> {
        let run = self.run;
        if run.is_ending() {
            return Ok(());
        }
        self.end.take(run, finished.rendered)?;
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
        run.window.leave();
        match run.mill.plan.run.max_failures {
            Some(failures_max) if failed > failures_max => {
                Err(RunError::TooManyFailures { failed, failures_max })
            }
            _ => Ok(()),
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".to_owned())
}
