//! Watches over calls into stages: one that does not come back would hold the run for ever, and nobody could say why.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use textmill_host::Instance;
use textmill_model::Batch;

/// Which stage each thread is in, with which batch, since when.
pub(crate) struct Watch {
    calls: Vec<Mutex<Option<Call>>>,
    is_over: Mutex<bool>,
    over: Condvar,
    time_max: Duration,
}

struct Call {
    stuck: Stuck,
    since: Instant,
}

/// A call that does not come back.
#[derive(Debug, Clone)]
pub struct Stuck {
    /// The stage's id in the plan.
    pub stage: Arc<str>,
    /// Its plugin.
    pub plugin: String,
    /// The ids of the first and the last document of the batch.
    pub documents: Option<(String, String)>,
    /// How long it may take.
    pub seconds_max: u64,
}

impl Watch {
    pub(crate) fn new(threads: usize, seconds_max: u64) -> Watch {
        Watch {
            calls: (0..threads).map(|_| Mutex::new(None)).collect(),
            is_over: Mutex::new(false),
            over: Condvar::new(),
            time_max: Duration::from_secs(seconds_max),
        }
    }

    /// Does `work`, a call into a stage, while it is watched.
    pub(crate) fn over<T>(&self, instance: &Instance, batch: &Batch, work: impl FnOnce() -> T) -> T {
        let Some(slot) = rayon::current_thread_index().and_then(|thread| self.calls.get(thread)) else {
            return work();
        };
        let ends = batch.documents.first().zip(batch.documents.last());
        let stuck = Stuck {
            stage: Arc::clone(instance.id()),
            plugin: instance.entry().plugin.name.clone(),
            documents: ends.map(|(first, last)| (first.id.clone(), last.id.clone())),
            seconds_max: self.time_max.as_secs(),
        };
        let set = |call| *slot.lock().unwrap_or_else(PoisonError::into_inner) = call;
        set(Some(Call { stuck, since: Instant::now() }));
        let done = work();
        set(None);
        done
    }

    /// Waits until a call takes too long, or the run is over.
    pub(crate) fn wait(&self) -> Option<Stuck> {
        let step = (self.time_max / 8).clamp(Duration::from_millis(100), Duration::from_secs(10));
        let mut is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        while !*is_over {
            if let Some(stuck) = self.stuck() {
                return Some(stuck);
            }
            is_over = self.over.wait_timeout(is_over, step).unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }

    /// Ends watching.
    pub(crate) fn end(&self) {
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.over.notify_all();
    }

    fn stuck(&self) -> Option<Stuck> {
        self.calls.iter().find_map(|slot| {
            let call = slot.lock().unwrap_or_else(PoisonError::into_inner);
            let call = call.as_ref().filter(|call| call.since.elapsed() > self.time_max)?;
            Some(call.stuck.clone())
        })
    }
}
