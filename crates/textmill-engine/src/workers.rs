//! Scratch space for stages: one worker for each thread of the pool and each stage.
//!
//! Workers belong to threads, never to batches: they are made when a thread first needs one, and live as long as
//! the pass.

use std::sync::{Mutex, PoisonError};

use textmill_host::{CallError, Instance, Worker};

use crate::timers::{Part, Timers};

/// A stage of the plan with its workers.
pub(crate) struct Workers<'a> {
    stage: usize,
    instance: &'a Instance,
    by_thread: Vec<Mutex<Option<Worker>>>,
}

impl<'a> Workers<'a> {
    /// Room for the workers of `threads` threads; `stage` is the stage's place in the plan.
    pub(crate) fn new(stage: usize, instance: &'a Instance, threads: usize) -> Workers<'a> {
        Workers { stage, instance, by_thread: (0..threads).map(|_| Mutex::new(None)).collect() }
    }

    pub(crate) fn stage(&self) -> usize {
        self.stage
    }

    /// The clock that runs while the stage works.
    pub(crate) fn part(&self) -> Part {
        Part::Stage(self.stage)
    }

    pub(crate) fn instance(&self) -> &'a Instance {
        self.instance
    }

    /// Lends this thread's worker to `work`, and counts the time. Never contended: the lock is what tells the compiler
    /// so.
    pub(crate) fn with<T>(&self, timers: &Timers, work: impl FnOnce(&Instance, &mut Worker) -> T) -> T {
        let thread = rayon::current_thread_index().unwrap_or(0);
        let mut slot = self.by_thread[thread].lock().unwrap_or_else(PoisonError::into_inner);
        let worker = slot.get_or_insert_with(|| self.instance.worker());
        timers.time(self.part(), || work(self.instance, worker))
    }

    /// Merges the notes of all workers of a corpus stage, and lets it learn from them.
    pub(crate) fn learn(self) -> Result<(), CallError> {
        let slots = self.by_thread.into_iter();
        let workers = slots.filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut all = self.instance.worker();
        for worker in workers {
            self.instance.merge(&mut all, worker)?;
        }
        self.instance.learn(all)
    }
}
