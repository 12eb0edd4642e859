//! Calls into libraries that may panic on bytes that nobody vetted.
//!
//! In goes work; out comes its result, or what the panic said. Nothing is printed: what was said goes into a reject, with
//! file and record, and not to the terminal of somebody who can't do anything about it.
//!
//! Not here: panics of plugins, which are caught on their side of the boundary.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; a panic in it is an error, and the error is what it said.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(keep_quiet_while_guarded);
    let outer = IS_GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(outer);
    result.map_err(|panic| message(&*panic))
}

/// Panics of anybody else, on whatever thread, are told as before.
fn keep_quiet_while_guarded() {
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        if !IS_GUARDED.get() {
            before(panic);
        }
    }));
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_what_it_said() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(guarded(|| panic!("no luck")).map(|()| 0), Err("no luck".to_owned()));
        let inner = guarded(|| guarded(|| panic!("{} luck", 0)).map(|()| 0));
        assert_eq!(inner, Ok(Err("0 luck".to_owned())));
        assert!(!IS_GUARDED.get(), "and it is over");
    }
}
