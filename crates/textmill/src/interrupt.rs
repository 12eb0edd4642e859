//! Signals: the first one asks the run to end cleanly, the second ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use textmill_host::Environment;

use crate::exit::{Exit, Stop};

/// Lets signals (Ctrl-C, `SIGTERM`, `SIGHUP`) end the run that `environment` is of.
pub(crate) fn listen(environment: &Arc<Environment>) -> Result<(), Stop> {
    let environment = Arc::clone(environment);
    let was_asked = AtomicBool::new(false);
    let listening = ctrlc::set_handler(move || {
        if was_asked.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        environment.cancel();
    });
    listening.map_err(|err| Stop::refused(format!("cannot listen to signals: {err}"), ""))
}
