//! A gate: where batches that were worked on in any order go through in corpus order, one at a time.
//!
//! Nobody waits at a gate. A worker leaves its batch and, if the batch's turn has come and nobody else is at it,
//! takes it and all that can follow through; else it goes on to other work, and whoever brings the missing batch
//! takes this one along. The window over the whole pass bounds how many can stand before a gate.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Lets items through in the order of their numbers: 0, 1, 2 …
#[derive(Debug)]
pub(crate) struct Gate<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    next: u64,
    waiting: BTreeMap<u64, T>,
    is_busy: bool,
}

impl<T> Gate<T> {
    pub(crate) fn new() -> Gate<T> {
        Gate { state: Mutex::new(State { next: 0, waiting: BTreeMap::new(), is_busy: false }) }
    }

    /// Leaves item `number`, and passes on to `through` every item whose turn has come, unless another thread is at it.
    pub(crate) fn enter(&self, number: u64, item: T, mut through: impl FnMut(T)) {
        let mut state = self.lock();
        state.waiting.insert(number, item);
        if state.is_busy {
            return; // that thread looks again before it leaves
        }
        state.is_busy = true;
        while let Some(item) = state.take_next() {
            drop(state);
            through(item);
            state = self.lock();
        }
        state.is_busy = false;
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn take_next(&mut self) -> Option<T> {
        let item = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn items_come_through_in_order_whatever_the_order_they_arrive_in(
            order in Just((0..40_u64).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let gate = Gate::new();
            let mut through = Vec::new();
            for number in order {
                gate.enter(number, number, |item| through.push(item));
            }
            prop_assert_eq!(through, (0..40).collect::<Vec<_>>());
        }
    }

    #[test]
    fn threads_keep_the_order_too() {
        let (gate, through) = (Gate::new(), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (gate, through) = (&gate, &through);
                scope.spawn(move || {
                    for number in (thread..400).step_by(4) {
                        gate.enter(number, number, |item| through.lock().unwrap().push(item));
                    }
                });
            }
        });
        assert_eq!(*through.lock().unwrap(), (0..400).collect::<Vec<_>>());
    }
}
