//! `textmill schema`: a JSON Schema of pipeline files, so that editors know the options of the stages found.

use std::path::PathBuf;

use crate::arguments::PluginsArguments;
use crate::console;
use crate::exit::{Exit, Stop};
use crate::plugins;

pub(crate) fn schema(arguments: &PluginsArguments, folders: &[PathBuf]) -> Result<Exit, Stop> {
    let catalog = plugins::catalog(&plugins::found(&arguments.pipeline, folders));
    let schema = textmill_plan::json_schema(&catalog);
    console::answer(&format!("{schema:#}\n"))?;
    Ok(Exit::Done)
}
