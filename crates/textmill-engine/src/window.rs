//! The window: how many batches may be under way at once. This is what bounds memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts batches under way, and holds reading back when there are enough.
///
/// Nobody waits for room: whoever finds none stops reading, and the batch that makes room says that reading goes on.
#[derive(Debug)]
pub(crate) struct Window {
    state: Mutex<State>,
    batches_max: usize,
}

#[derive(Debug, Default)]
struct State {
    batches: usize,
    /// Whether somebody found no room since a batch left.
    is_held: bool,
    is_closed: bool,
}

impl Window {
    pub(crate) fn new(batches_max: usize) -> Window {
        Window { state: Mutex::default(), batches_max }
    }

    /// Takes room for a batch, if there is any.
    pub(crate) fn enter(&self) -> bool {
        let mut state = self.lock();
        let is_full = state.batches >= self.batches_max;
        state.is_held = is_full;
        let has_room = !is_full && !state.is_closed;
        state.batches += usize::from(has_room);
        has_room
    }

    /// A batch is through. Says, to one alone, whether reading was held back and goes on.
    #[must_use]
    pub(crate) fn leave(&self) -> bool {
        let mut state = self.lock();
        state.batches -= 1;
        std::mem::take(&mut state.is_held) && !state.is_closed
    }

    /// Lets nothing more in: something went wrong.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_are_more_under_way_than_there_may_be() {
        let window = Window::new(2);
        assert!(window.enter() && window.enter());
        assert!(!window.enter());
        assert!(window.leave(), "reading was held back");
        assert!(window.enter());
        assert!(!window.enter());
        assert!(window.leave());
        assert!(!window.leave(), "the one before said so already");
        assert!(window.enter());
        window.close();
        assert!(!window.enter(), "nothing more comes in");
        assert!(!window.leave());
    }
}
