//! Catches panics of the author's code and keeps what they said.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static LAST_WORDS: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; a panic becomes its message and place, `index out of bounds … (src/lib.rs:12:5)`.
///
/// Nothing is printed: the message goes to the user through the host, with stage and document. Calls may be nested.
pub(super) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(keep_last_words);
    let outer = CATCHING.replace(true);
    LAST_WORDS.take(); // of a panic that the author's code caught itself
    let result = catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(outer);
    result.map_err(last_words)
}

fn last_words(payload: Box<dyn Any + Send>) -> String {
    let words = LAST_WORDS.take().unwrap_or_else(|| message(&*payload));
    // Any type can be a payload, even one that panics when it is dropped, and nobody would catch that.
    std::mem::forget(payload);
    words
}

/// A panic hook that keeps quiet while this thread catches, and leaves all other panics to the hook before it.
fn keep_last_words() {
    let before = take_hook();
    set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if CATCHING.get() {
            let place = info
                .location()
                .map(|place| format!(" ({}:{}:{})", place.file(), place.line(), place.column()));
            LAST_WORDS.set(Some(message(info.payload()) + &place.unwrap_or_default()));
        } else {
            before(info);
        }
    }));
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    #[test]
    fn a_payload_that_panics_when_dropped_does_no_harm() {
        let said = catch(|| std::panic::panic_any(Bomb)).unwrap_err();
        assert!(said.starts_with("no message ("), "{said}");
    }

    #[test]
    fn the_words_of_a_panic_that_was_dealt_with_are_forgotten() {
        let first = catch(|| {
            let _ = catch_unwind(|| panic!("dealt with"));
        });
        assert_eq!(first, Ok(()));
        assert_eq!(catch(|| std::panic::resume_unwind(Box::new("second"))), Err("second".to_owned()));
    }

    #[test]
    fn a_panic_becomes_its_message_and_place() {
        let said = catch(|| panic!("no {}", "luck")).unwrap_err();
        assert!(said.starts_with("no luck (") && said.contains("panics.rs:"), "{said}");
        assert_eq!(catch(|| 7), Ok(7));
    }
}
