//! Where words go: answers to standard output, everything else to standard error.
//!
//! During a run several threads have something to say while a progress bar is on the terminal. A [`Console`] keeps
//! them apart, and keeps a run with a million failures from a million lines: of each kind the first few are told, and
//! where to find the rest.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;
use textmill_engine::{Event, Mill, Observer, Stuck};
use textmill_host::Level;
use textmill_io::{EmptyColumn, Warning};
use textmill_model::{Reject, Rejected};
use textmill_plan::hint_for;

use crate::exit::{self, Exit};
use crate::style::{ERROR, WARNING};

/// How many failures, and how many warnings, are told one by one.
const TOLD_MAX: u64 = 10;
/// How much of a message is told; a panic may quote a whole text.
const MESSAGE_CHARS_MAX: usize = 400;

/// Writes what was asked for to standard output.
///
/// # Errors
///
/// What the system says; a broken pipe is one of them.
pub(crate) fn answer(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Whether what is written to standard output keeps its colours.
pub(crate) fn answers_in_color() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Writes to standard error. Nobody can be told when that fails.
pub(crate) fn write_error(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Who tells what happens during a run.
pub(crate) struct Console {
    /// Where the rejects of the run are, to be named when there are too many failures to tell; none for a dry run.
    rejects: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bar: Option<ProgressBar>,
    failures: u64,
    warnings: u64,
}

impl Console {
    /// For a run of `mill`, which is dry or not.
    pub(crate) fn of(mill: &Mill, is_dry: bool) -> Console {
        Console { rejects: (!is_dry).then(|| mill.run_folder().join("rejects")), state: Mutex::default() }
    }

    /// Shows `bar` below everything that is said, until [`Console::hide_bar`].
    pub(crate) fn show_bar(&self, bar: ProgressBar) {
        self.lock().bar = Some(bar);
    }

    pub(crate) fn hide_bar(&self) {
        if let Some(bar) = self.lock().bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Says something on lines of its own.
    pub(crate) fn say(&self, text: &str) {
        say(&self.lock(), text);
    }

    /// Says what a stage has to say, when it is urgent enough.
    pub(crate) fn stage_says(&self, level: Level, stage: &str, message: &str) {
        if level <= Level::Warn {
            self.warn(&format!("stage `{stage}`: {message}"));
        }
    }

    fn warn(&self, message: &str) {
        let mut state = self.lock();
        state.warnings += 1;
        match state.warnings {
            ..=TOLD_MAX => say(&state, &format!("{WARNING}warning{WARNING:#}: {message}\n")),
            n if n == TOLD_MAX + 1 => say(&state, "… more warnings: they are only counted from here on\n"),
            _ => {}
        }
    }

    fn fail(&self, reject: &Reject) {
        let mut state = self.lock();
        state.failures += 1;
        match state.failures {
            ..=TOLD_MAX => say(&state, &failure(reject)),
            n if n == TOLD_MAX + 1 => say(&state, &self.more_failures()),
            _ => {}
        }
    }

    fn more_failures(&self) -> String {
        match &self.rejects {
            Some(folder) => {
                format!("… more failures: see {}\n", folder.join("failed.jsonl").display())
            }
            None => "… more failures: they are only counted from here on\n".to_owned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Console {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Warning(Warning { path, record, message, .. }) => {
                self.warn(&format!("`{path}`, record {record}: {message}"));
            }
            Event::Failed(reject) => self.fail(reject),
            Event::EmptyColumn(EmptyColumn { column, rows, known }) => {
                let hint = hint_for(column, "columns", known.iter().map(String::as_str));
                self.warn(&format!("column `{column}` has no value in any of the {rows} rows; {hint}"));
            }
            Event::Stuck(stuck) => {
                self.say(&exit::error(
                    &hangs(stuck),
                    "`batch_seconds_max` of `[run]` says how long it may take",
                ));
                std::process::exit(Exit::Failed.code().into()); // nobody can end the thread that hangs
            }
        }
    }
}

fn hangs(stuck: &Stuck) -> String {
    let Stuck { stage, plugin, documents, seconds_max } = stuck;
    let on = match documents {
        Some((first, last)) if first == last => format!("document `{first}`"),
        Some((first, last)) => format!("the documents from `{first}` to `{last}`"),
        None => "a batch of no documents".to_owned(),
    };
    format!("stage `{stage}` of plugin `{plugin}` hangs: it has worked on {on} for more than {seconds_max} s")
}

/// A failure in a line. Its message says which stage of which plugin it was.
fn failure(reject: &Reject) -> String {
    let what = match &reject.what {
        Rejected::Document(document) => format!("document `{}`", document.id),
        Rejected::Record { origin, line, byte_offset, .. } => {
            let line = line.map(|line| format!(" (line {line})")).unwrap_or_default();
            format!("`{}`, record {}{line}, byte {byte_offset}", origin.path, origin.record)
        }
    };
    format!("{ERROR}failed{ERROR:#}: {what}: {}\n", in_a_line(&reject.message))
}

fn in_a_line(message: &str) -> String {
    let mut line: String =
        message.chars().take(MESSAGE_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if message.chars().nth(MESSAGE_CHARS_MAX).is_some() {
        line.push('…');
    }
    line
}

fn say(state: &State, text: &str) {
    match &state.bar {
        Some(bar) => bar.suspend(|| write_error(text)),
        None => write_error(text),
    }
}
