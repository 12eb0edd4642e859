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
/// Nothing is printed: the message goes to the user through the host, with stage and document.
pub(super) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(keep_last_words);
    let outer = CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(outer);
    result.map_err(|payload| LAST_WORDS.take().unwrap_or_else(|| message(&*payload)))
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

    #[test]
    fn a_panic_becomes_its_message_and_place() {
        let said = catch(|| panic!("no {}", "luck")).unwrap_err();
        assert!(said.starts_with("no luck (") && said.contains("panics.rs:"), "{said}");
        assert_eq!(catch(|| 7), Ok(7));
    }
}
