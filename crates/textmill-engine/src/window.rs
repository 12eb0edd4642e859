//! The window: how many batches may be under way at once. This is what bounds memory.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Counts batches under way, and holds back the reader when there are enough.
#[derive(Debug)]
pub(crate) struct Window {
    state: Mutex<State>,
    changed: Condvar,
    batches_max: usize,
}

#[derive(Debug, Default)]
struct State {
    batches: usize,
    is_closed: bool,
}

impl Window {
    pub(crate) fn new(batches_max: usize) -> Window {
        Window { state: Mutex::default(), changed: Condvar::new(), batches_max }
    }

    /// Waits for room for a batch. False when no more should come.
    pub(crate) fn open(&self) -> bool {
        let full = |state: &mut State| state.batches >= self.batches_max && !state.is_closed;
        let state = self.changed.wait_while(self.lock(), full);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.batches += 1;
        !state.is_closed
    }

    /// A batch is through.
    pub(crate) fn leave(&self) {
        self.lock().batches -= 1;
        self.changed.notify_one();
    }

    /// Lets nothing more in: something went wrong.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn never_are_more_under_way_than_there_may_be() {
        let (window, under_way) = (Window::new(3), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert!(window.open());
                    assert!(under_way.fetch_add(1, Ordering::SeqCst) < 3);
                }
                window.close();
            });
            for left in 0..200 {
                while under_way.load(Ordering::SeqCst) == 0 {
                    std::thread::yield_now();
                }
                assert!(under_way.fetch_sub(1, Ordering::SeqCst) <= 3, "after {left}");
                window.leave();
            }
        });
        assert!(!window.open(), "nothing more comes in");
    }
}
