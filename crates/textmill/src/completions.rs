//! `textmill completions`: what a shell needs to complete commands and options.

use clap::CommandFactory;

use crate::arguments::Arguments;
use crate::console;
use crate::exit::{Exit, Stop};

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "textmill", &mut script);
    console::answer(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
