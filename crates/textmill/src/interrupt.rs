//! Signals: the first one asks the run to end cleanly, the second ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::console;
use crate::exit::{Exit, Stop};

/// The number of the first signal that came; 0 as long as none has.
static SIGNAL: AtomicU8 = AtomicU8::new(0);

/// The signal that ended the run. Who asked for the end without one is taken to have pressed Ctrl-C.
pub(crate) fn signal() -> u8 {
    match SIGNAL.load(Ordering::Relaxed) {
        0 => 2,
        signal => signal,
    }
}

/// Lets signals (Ctrl-C, `SIGTERM`, `SIGHUP`) end the run that looks at `stop`.
#[cfg(unix)]
pub(crate) fn listen(stop: &Arc<AtomicBool>) -> Result<(), Stop> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let fault = |err| Stop::refused(format!("cannot listen to signals: {err}"), "");
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(fault)?;
    let stop = Arc::clone(stop);
    let hear = move || {
        for signal in signals.forever() {
            if SIGNAL.swap(signal as u8, Ordering::Relaxed) != 0 {
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
            console::write_error("ending the run; once more ends it at once\n");
            stop.store(true, Ordering::Relaxed);
        }
    };
    let listening = std::thread::Builder::new().name("signals".to_owned()).spawn(hear);
    listening.map(|_| ()).map_err(fault)
}

/// Elsewhere a run ends as the system ends programs; its output then never got its name.
#[cfg(not(unix))]
pub(crate) fn listen(_: &Arc<AtomicBool>) -> Result<(), Stop> {
    Ok(())
}
