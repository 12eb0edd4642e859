//! `textmill plugin check`: tries every stage of a plugin hard, and says what held.

use std::io;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use textmill_host::{Check, CheckOutcome, Plugins, conformance};
use textmill_model::{Catalog, StageEntry};

use crate::arguments::PluginCheckArguments;
use crate::console;
use crate::exit::{self, Exit, Stop};
use crate::style::{ADDED, ERROR, FAINT, HEADING};

pub(crate) fn plugin_check(arguments: &PluginCheckArguments) -> Result<Exit, Stop> {
    let path = &arguments.path;
    if !path.is_file() {
        return Err(Stop::refused(format!("there is no file `{}`", path.display()), ""));
    }
    let plugins = Plugins::find(&[], std::slice::from_ref(path));
    let catalog = plugins.catalog();
    if let Some(unusable) = catalog.unusable.first() {
        console::write_error(&exit::error(&unusable.message, &unusable.hint));
        return Ok(Exit::Failed);
    }
    let options = options(arguments)?;
    let mut all_held = true;
    for stage in catalog.stages.iter().filter(|stage| is_meant(stage, arguments)) {
        all_held &= try_stage(&plugins, stage, &options)?;
    }
    check_stage(arguments, &catalog, path)?;
    Ok(if all_held { Exit::Done } else { Exit::Failed })
}

fn is_meant(stage: &StageEntry, arguments: &PluginCheckArguments) -> bool {
    arguments.stage.as_ref().is_none_or(|name| **name == *stage.name)
}

fn check_stage(arguments: &PluginCheckArguments, catalog: &Catalog, path: &Path) -> Result<(), Stop> {
    if catalog.stages.iter().any(|stage| is_meant(stage, arguments)) {
        return Ok(());
    }
    let names: Vec<&str> = catalog.stages.iter().map(|stage| &*stage.name).collect();
    let wanted = arguments.stage.as_deref().unwrap_or_default();
    let message = format!("plugin `{}` offers no stage `{wanted}`", path.display());
    Err(Stop::refused(message, format!("its stages: {}", names.join(", "))))
}

fn options(arguments: &PluginCheckArguments) -> Result<Json, Stop> {
    let Some(text) = &arguments.options else { return Ok(Json::Object(Map::new())) };
    match serde_json::from_str(text) {
        Ok(options @ Json::Object(_)) => Ok(options),
        Ok(_) => Err(Stop::refused("`--options` takes a JSON object", r#"such as `{"sentences": 3}`"#)),
        Err(err) => Err(Stop::refused(format!("`--options` is not JSON: {err}"), "")),
    }
}

/// Tries a stage, and says of each check that it begins and how it ended: of a stage that hangs or ends the program, the
/// last line names the check. Says whether all held.
fn try_stage(plugins: &Plugins, stage: &Arc<StageEntry>, options: &Json) -> io::Result<bool> {
    let StageEntry { name, kind, plugin, .. } = &**stage;
    let (kind, version) = (kind.name(), &plugin.version);
    console::answer(&format!(
        "{HEADING}stage `{name}`{HEADING:#} ({kind}) of plugin `{}` {version}\n",
        plugin.name
    ))?;
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let begin = |check: &str| drop(console::answer(&format!("  {check} ... ")));
    for Check { outcome, .. } in conformance(plugins, stage, options, begin) {
        let (count, said) = match outcome {
            CheckOutcome::Passed => (&mut passed, format!("{ADDED}ok{ADDED:#}")),
            CheckOutcome::Failed(message) => (&mut failed, format!("{ERROR}FAILED{ERROR:#}: {message}")),
            CheckOutcome::Skipped(reason) => (&mut skipped, format!("{FAINT}skipped: {reason}{FAINT:#}")),
        };
        *count += 1;
        console::answer(&format!("{said}\n"))?;
    }
    console::answer(&format!("{passed} passed, {failed} failed, {skipped} skipped\n"))?;
    Ok(failed == 0)
}
