//! `textmill formats`: what can be read and written.

use std::fmt::Write as _;

use textmill_model::FormatEntry;

use crate::console;
use crate::exit::{Exit, Stop};
use crate::style::{FAINT, HEADING};

pub(crate) fn formats() -> Result<Exit, Stop> {
    let mut text = String::new();
    let _ = describe(&mut text); // writing to a string does not fail
    console::answer(&text)?;
    Ok(Exit::Done)
}

fn describe(text: &mut String) -> std::fmt::Result {
    list(text, "sources", &textmill_io::sources())?;
    writeln!(text)?;
    list(text, "sinks", &textmill_io::sinks())?;
    writeln!(
        text,
        "\n{FAINT}Files that are packed with gzip or zstd are read as what is in them, tar and zip archives as folders. \
         docs/pipeline.md has the options.{FAINT:#}"
    )
}

fn list(text: &mut String, heading: &str, formats: &[FormatEntry]) -> std::fmt::Result {
    writeln!(text, "{HEADING}{heading}{HEADING:#}")?;
    let width = formats.iter().map(|format| format.name.len()).max().unwrap_or(0);
    formats.iter().try_for_each(|format| writeln!(text, "  {:width$}  {}", format.name, format.summary))
}
