//! The command line of textmill: glue, and words for people.
//!
//! Each command has a file of its own. It takes what was said on the command line ([`arguments`]), asks the crates
//! below, and puts the answer into words: what was asked for goes to standard output, everything else to standard
//! error. How a command ended is an [`Exit`]; why one could not do its work, a [`Stop`].
//!
//! Not here: anything that knows what a document, a stage or a pipeline file is made of.

mod arguments;
#[cfg(feature = "bundled")]
mod bundled;
mod check;
mod completions;
mod console;
mod exit;
mod explain;
mod figures;
mod formats;
mod interrupt;
mod new_plugin;
mod options;
mod pipeline;
mod plugin_check;
#[cfg(not(feature = "bundled"))]
mod plugin_path;
mod plugins;
mod progress;
mod reference;
mod run;
mod schema;
mod style;
mod tally;
mod trace;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command, PluginCommand};
use crate::exit::{Exit, Stop};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.apply();
    answer(&arguments).unwrap_or_else(Stop::say).into()
}

fn answer(arguments: &Arguments) -> Result<Exit, Stop> {
    let folders = &arguments.plugin_path;
    match &arguments.command {
        Command::Run(what) => run::run(what, folders),
        Command::Check(what) => check::check(what, folders),
        Command::Explain(what) => explain::explain(what, folders),
        Command::Trace(what) => trace::trace(what, folders),
        Command::Verify(what) => verify::verify(what),
        Command::Plugins(what) => plugins::plugins(what, folders),
        Command::Formats => formats::formats(),
        Command::NewPlugin(what) => new_plugin::new_plugin(what),
        Command::Plugin { command: PluginCommand::Check(what) } => plugin_check::plugin_check(what),
        Command::Schema(what) => schema::schema(what, folders),
        Command::Reference { page } => reference::reference(*page, folders),
        Command::Completions { shell } => completions::completions(*shell),
    }
}
