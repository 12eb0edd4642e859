//! `textmill run`: turns the mill, shows how far it is, and says what came of it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use textmill_engine::{Beginning, Progress, RunError, RunOptions, Selection, Turned};
use textmill_host::Environment;

use crate::arguments::RunArguments;
use crate::console::Console;
use crate::exit::{self, Exit, Stop};
use crate::pipeline::Pipeline;
use crate::{interrupt, progress, tally};

pub(crate) fn run(arguments: &RunArguments, folders: &[PathBuf]) -> Result<Exit, Stop> {
    let pipeline = Pipeline::open(&arguments.pipeline, folders)?;
    let ear = Arc::new(OnceLock::new());
    let environment = environment(&ear);
    let mill = pipeline.mill(&environment)?;
    let console = ear.get_or_init(|| Console::of(&mill, arguments.dry_run));
    let options = options(arguments);
    interrupt::listen(&options.stop)?;
    let progress = Progress::default();
    let turned =
        progress::shown(console, &progress, arguments.quiet, || mill.run(&options, &progress, console));
    if turned.is_started && !arguments.quiet {
        console.say(&tally::of(&turned));
    }
    Ok(end(&turned, console))
}

/// An environment whose stages are heard by a console, as soon as there is one. What a stage says while it is made is
/// not urgent: what is wrong with its options comes back as a fault.
fn environment(ear: &Arc<OnceLock<Console>>) -> Arc<Environment> {
    let ear = Arc::clone(ear);
    Arc::new(Environment::new(move |level, stage, message| {
        if let Some(console) = ear.get() {
            console.stage_says(level, stage, message);
        }
    }))
}

fn options(arguments: &RunArguments) -> RunOptions {
    RunOptions {
        threads: arguments.threads.map(usize::from),
        selection: Selection { limit: arguments.limit, sample: arguments.sample },
        is_dry: arguments.dry_run,
        beginning: match arguments {
            RunArguments { resume: true, .. } => Beginning::Resume,
            RunArguments { fresh: true, .. } => Beginning::Fresh,
            _ => Beginning::Refuse,
        },
        ..RunOptions::default()
    }
}

/// Says how a run ended, where that needs words.
pub(crate) fn end(turned: &Turned, console: &Console) -> Exit {
    match &turned.ended {
        Ok(()) if turned.report.books.failed > 0 => Exit::SomeFailed,
        Ok(()) => Exit::Done,
        Err(err) if err.is_broken_pipe() => Exit::Done,
        Err(RunError::Interrupted) => {
            let hint = if turned.is_resumable { GO_ON } else { "" };
            console.say(&exit::error("interrupted; no output was written", hint));
            Exit::Interrupted
        }
        Err(err) => {
            console.say(&exit::error(&exit::chain(err), hint(err, turned)));
            if turned.is_started { Exit::Failed } else { Exit::NotStarted }
        }
    }
}

const GO_ON: &str = "`textmill run --resume` goes on where it stopped, `--fresh` begins anew";

/// What can be done about a run that did not come to its end.
fn hint(err: &RunError, turned: &Turned) -> &'static str {
    match err {
        RunError::Unfinished { .. } => GO_ON,
        RunError::Changed { .. } => {
            "undo the change to go on, or begin anew with `--fresh`: one output of two different runs would be neither"
        }
        _ if turned.is_resumable => GO_ON,
        _ => "",
    }
}
