//! How long each part of a run took, summed over threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use textmill_host::Instance;

/// What time is spent on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Read,
    Decode,
    Stage(usize),
    Encode,
    Write,
}

/// A clock for each part.
#[derive(Debug)]
pub(crate) struct Timers {
    names: Vec<Arc<str>>,
    nanoseconds: Vec<AtomicU64>,
}

impl Timers {
    pub(crate) fn new(instances: &[Instance]) -> Timers {
        let fixed = ["read", "decode", "encode", "write"].map(Arc::from);
        let names: Vec<_> =
            fixed.into_iter().chain(instances.iter().map(|stage| Arc::clone(stage.id()))).collect();
        Timers { nanoseconds: names.iter().map(|_| AtomicU64::new(0)).collect(), names }
    }

    /// Does `work`, and counts its time to `part`.
    pub(crate) fn time<T>(&self, part: Part, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        let nanoseconds = started.elapsed().as_nanos() as u64;
        self.nanoseconds[index(part)].fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }

    /// The seconds of each part: reading and decoding, the stages, encoding and writing.
    pub(crate) fn seconds(&self) -> Vec<(Arc<str>, f64)> {
        let stages = (0..self.names.len() - FIXED).map(Part::Stage);
        let parts = [Part::Read, Part::Decode].into_iter().chain(stages).chain([Part::Encode, Part::Write]);
        let seconds = |part| {
            let i = index(part);
            let nanoseconds = self.nanoseconds[i].load(Ordering::Relaxed);
            (Arc::clone(&self.names[i]), Duration::from_nanos(nanoseconds).as_secs_f64())
        };
        parts.map(seconds).collect()
    }
}

/// How many parts every run has, stages aside.
const FIXED: usize = 4;

fn index(part: Part) -> usize {
    match part {
        Part::Read => 0,
        Part::Decode => 1,
        Part::Encode => 2,
        Part::Write => 3,
        Part::Stage(stage) => FIXED + stage,
    }
}
