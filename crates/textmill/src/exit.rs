//! How the program ends: its exit code, and the words for why a command could not do its work.

use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use crate::console;
use crate::style::{ERROR, HINT};

/// How a command ended. The codes are promised to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is done.
    Done,
    /// It failed on the way.
    Failed,
    /// It could not start: the command line or the pipeline file is wrong.
    NotStarted,
    /// It is done, and some documents failed.
    SomeFailed,
    /// Somebody ended it with a signal.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::NotStarted => 2,
            Exit::SomeFailed => 3,
            Exit::Interrupted => 128 + crate::interrupt::signal(),
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What was asked for can't be had.
    Refused {
        /// Why not: lower-case, without a final period.
        message: String,
        /// What the reader can do; may be empty.
        hint: String,
    },
    /// The pipeline file has faults.
    Faults {
        /// All of them, rendered.
        rendered: String,
        /// How many there are, in a sentence.
        summary: String,
    },
    /// Standard output can't be written.
    Output(io::Error),
}

impl Stop {
    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Stop {
        Stop::Refused { message: message.into(), hint: hint.into() }
    }

    /// Tells the user, and gives the exit code. Of a reader who has seen enough, as `head` does, there is nothing to
    /// tell.
    pub(crate) fn say(self) -> Exit {
        let (message, exit) = match self {
            Stop::Refused { message, hint } => (error(&message, &hint), Exit::NotStarted),
            Stop::Faults { rendered, summary } => {
                (format!("{rendered}\n{}", error(&summary, "")), Exit::NotStarted)
            }
            Stop::Output(err) if err.kind() == io::ErrorKind::BrokenPipe => return Exit::Done,
            Stop::Output(err) => {
                (error(&format!("cannot write to standard output: {err}"), ""), Exit::Failed)
            }
        };
        console::write_error(&message);
        exit
    }
}

impl From<io::Error> for Stop {
    fn from(err: io::Error) -> Stop {
        Stop::Output(err)
    }
}

/// An error for people, with the hint on lines of its own.
pub(crate) fn error(message: &str, hint: &str) -> String {
    let mut text = format!("{ERROR}error{ERROR:#}: {message}\n");
    for (i, line) in hint.lines().enumerate() {
        let _ = match (i, line) {
            (0, line) => writeln!(text, "{HINT}hint{HINT:#}: {line}"),
            (_, "") => writeln!(text),
            (_, line) => writeln!(text, "      {line}"),
        }; // writing to a string does not fail
    }
    text
}

/// An error and all that caused it, in a line.
pub(crate) fn chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut source = err.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}
