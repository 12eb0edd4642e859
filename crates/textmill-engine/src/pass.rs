//! One pass: all batches, from the feed through some stages to an end.
//!
//! The calling thread cuts batches and hands each to the pool. A worker carries a batch through stage after stage
//! until it comes to a gate, where the ordered stages and the end let batches through in corpus order. Nobody waits
//! for anybody but the reader, whom the window holds back.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rayon::{ScopeFifo, ThreadPool};
use textmill_host::Token;
use textmill_io::spill::{self, SpillWriter};
use textmill_io::{Encoded, Encoder, Warning, Writer, encode_reject};
use textmill_model::{Batch, Effects, Outcome, Reject, StageKind};

use crate::books::Books;
use crate::feed::{Cut, Feed, Unpack};
use crate::gate::Gate;
use crate::mill::{Event, RunError};
use crate::run::{Run, lock};
use crate::timers::Part;
use crate::workers::Workers;

/// What stands at the end of a pass.
pub(crate) enum End<'a> {
    /// The sink.
    Write { encoder: Arc<Encoder>, writer: Mutex<Writer> },
    /// A corpus stage that takes notes; documents are put aside for the next pass.
    Observe { stage: usize, workers: Workers<'a>, spill: Mutex<SpillWriter> },
    /// Nobody: a dry run.
    Nothing,
}

/// A pass over all documents.
pub(crate) struct Pass<'a> {
    run: &'a Run<'a>,
    unpack: Unpack,
    steps: Vec<Step<'a>>,
    end: End<'a>,
    exit: Gate<Finished>,
    is_enough: AtomicBool,
}

/// A stage on the way.
struct Step<'a> {
    stage: usize,
    workers: Workers<'a>,
    /// For ordered stages: where they decide.
    gate: Option<Gate<(Work, Token)>>,
}

/// A batch on its way.
struct Work {
    batch: Batch,
    books: Books,
    warnings: Vec<Warning>,
    /// Bytes of text that came in, to show how fast the pass is.
    text_bytes: u64,
}

/// A batch that went all the way, as it goes out.
struct Finished {
    output: Output,
    books: Books,
    warnings: Vec<Warning>,
    failed: Vec<Reject>,
    dropped_lines: Vec<u8>,
    failed_lines: Vec<u8>,
    documents: u64,
    text_bytes: u64,
}

enum Output {
    Encoded(Encoded),
    Block(Vec<u8>),
    Nothing,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(run: &'a Run<'a>, stages: Range<usize>, end: End<'a>) -> Pass<'a> {
        let step = |stage: usize| {
            let instance = &run.mill.instances[stage];
            let gate = (instance.entry().kind == StageKind::Ordered).then(Gate::new);
            Step { stage, workers: Workers::new(instance, run.threads), gate }
        };
        Pass {
            run,
            unpack: Unpack { decoder: run.mill.source.decoder(), selection: run.options.selection },
            steps: stages.map(step).collect(),
            end,
            exit: Gate::new(),
            is_enough: AtomicBool::new(false),
        }
    }

    /// Takes everything that `feed` gives to the end. What went wrong stands in the run.
    pub(crate) fn run(self, pool: &ThreadPool, mut feed: Feed<'_>) -> End<'a> {
        let done = pool.in_place_scope_fifo(|scope| self.feed(scope, &mut feed));
        if let Err(err) = done {
            self.run.fail(err);
        }
        self.end
    }

    fn feed<'s>(&'s self, scope: &ScopeFifo<'s>, feed: &mut Feed<'_>) -> Result<(), RunError> {
        let mut number = 0;
        while !self.run.is_ending() && !self.is_enough.load(Ordering::Relaxed) && self.run.window.open() {
            let Some(cut) = self.run.timers.time(Part::Read, || feed.next())? else {
                self.run.window.leave();
                break;
            };
            self.run.progress.input_bytes_read.fetch_max(cut.input_bytes_read(), Ordering::Relaxed);
            scope.spawn_fifo(move |scope| self.guard(|| self.begin(scope, number, cut)));
            number += 1;
        }
        Ok(())
    }

    /// Runs a worker's task: what goes wrong, a panic of our own included, ends the run with a message.
    fn guard(&self, task: impl FnOnce() -> Result<(), RunError>) {
        let result = catch_unwind(AssertUnwindSafe(task));
        if let Err(err) = result.unwrap_or_else(|panic| Err(RunError::Bug(panic_message(&*panic)))) {
            self.run.fail(err);
        }
        if self.run.is_ending() {
            self.run.window.close(); // batches are left where they are, so the reader must not wait for them
        }
    }

    fn begin<'s>(&'s self, scope: &ScopeFifo<'s>, number: u64, cut: Cut) -> Result<(), RunError> {
        let mut books = Books::new(&self.run.mill.instances);
        let unpacked = self.run.timers.time(Part::Decode, || self.unpack.unpack(number, cut, &mut books))?;
        if unpacked.is_enough {
            self.is_enough.store(true, Ordering::Relaxed);
        }
        if let Some(tracer) = &self.run.tracer {
            tracer.source(&unpacked.batch);
        }
        let text_bytes = unpacked.batch.text_bytes() as u64;
        self.carry(scope, Work { batch: unpacked.batch, books, warnings: unpacked.warnings, text_bytes }, 0)
    }

    /// Carries a batch from step `at` to the next gate.
    fn carry<'s>(&'s self, scope: &ScopeFifo<'s>, mut work: Work, at: usize) -> Result<(), RunError> {
        for (i, step) in self.steps.iter().enumerate().skip(at) {
            if self.run.is_ending() {
                return Ok(());
            }
            let part = Part::Stage(step.stage);
            let Some(gate) = &step.gate else {
                let effects = self
                    .run
                    .timers
                    .time(part, || step.workers.with(|stage, worker| stage.process(worker, &work.batch)))?;
                self.apply(step, &mut work, effects);
                continue;
            };
            let token = self
                .run
                .timers
                .time(part, || step.workers.with(|stage, worker| stage.prepare(worker, &work.batch)))?;
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
        let commit = || step.workers.instance().commit(&work.batch, token);
        let effects = self.run.timers.time(Part::Stage(step.stage), commit)?;
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
        work.books.effects(step.stage, instance, work.batch.documents.len(), &effects);
        if let Some(tracer) = &self.run.tracer {
            tracer.effects(&work.batch, instance, &effects);
        }
        let apply = || work.batch.apply(effects, instance.entry(), instance.id());
        self.run.timers.time(Part::Stage(step.stage), apply);
    }

    /// Renders a batch that has been through all stages, and lets it out in its turn.
    fn finish(&self, work: Work) -> Result<(), RunError> {
        let Work { batch, mut books, warnings, text_bytes } = work;
        let output = self.output(&batch, &mut books)?;
        let (mut dropped_lines, mut failed_lines, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let mut rejects = batch.rejects;
        rejects.sort_by_key(|reject| reject.seq);
        for reject in rejects {
            books.reject(&reject);
            match reject.outcome {
                Outcome::Dropped => encode_reject(&reject, &mut dropped_lines),
                Outcome::Failed => {
                    encode_reject(&reject, &mut failed_lines);
                    failed.push(reject);
                }
            }
        }
        let documents = batch.documents.len() as u64;
        let finished =
            Finished { output, books, warnings, failed, dropped_lines, failed_lines, documents, text_bytes };
        self.exit.enter(batch.index, finished, |finished| self.guard(|| self.let_out(finished)));
        Ok(())
    }

    fn output(&self, batch: &Batch, books: &mut Books) -> Result<Output, RunError> {
        if !matches!(self.end, End::Observe { .. }) {
            books.written = batch.documents.len() as u64;
            books.text_bytes_written = batch.text_bytes() as u64;
        }
        Ok(match &self.end {
            End::Nothing => Output::Nothing,
            End::Write { encoder, .. } => {
                Output::Encoded(self.run.timers.time(Part::Encode, || encoder.encode(&batch.documents)))
            }
            End::Observe { stage, workers, .. } => {
                let observe = || workers.with(|stage, worker| stage.observe(worker, batch));
                self.run.timers.time(Part::Stage(*stage), observe)?;
                Output::Block(self.run.timers.time(Part::Encode, || spill::encode(&batch.documents)))
            }
        })
    }

    /// Writes a batch and puts it into the books. Batches come here one at a time, in corpus order.
    fn let_out(&self, finished: Finished) -> Result<(), RunError> {
        self.write(&finished.output)?;
        let run = self.run;
        let mut ledger = lock(&run.ledger);
        if let Some(rejects) = &mut ledger.rejects {
            let path = || run.mill.run_folder();
            let written = rejects
                .write(Outcome::Dropped, &finished.dropped_lines)
                .and_then(|()| rejects.write(Outcome::Failed, &finished.failed_lines));
            written.map_err(|source| RunError::Folder { path: path(), source })?;
        }
        ledger.books.add(finished.books);
        ledger.warnings += finished.warnings.len() as u64;
        let failed = ledger.books.failed;
        drop(ledger);
        finished.warnings.iter().for_each(|warning| run.observer.event(Event::Warning(warning)));
        finished.failed.iter().for_each(|reject| run.observer.event(Event::Failed(reject)));
        run.progress.documents.fetch_add(finished.documents, Ordering::Relaxed);
        run.progress.text_bytes.fetch_add(finished.text_bytes, Ordering::Relaxed);
        run.window.leave();
        match run.mill.plan.run.max_failures {
            Some(failures_max) if failed > failures_max => {
                Err(RunError::TooManyFailures { failed, failures_max })
            }
            _ => Ok(()),
        }
    }

    fn write(&self, output: &Output) -> Result<(), RunError> {
        self.run.timers.time(Part::Write, || match (&self.end, output) {
            (End::Write { writer, .. }, Output::Encoded(encoded)) => {
                lock(writer).write(encoded).map_err(|err| self.run.write_error(err))
            }
            (End::Observe { spill, .. }, Output::Block(block)) => Ok(lock(spill).write(block)?),
            _ => Ok(()),
        })
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".to_owned())
}
