//! `textmill plugin check`: tries every stage of a plugin hard, and says what held.

use std::path::Path;

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
        let checks = conformance(&plugins, stage, &options);
        all_held &= !checks.iter().any(|check| matches!(check.outcome, CheckOutcome::Failed(_)));
        console::answer(&shown(stage, &checks))?;
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

fn shown(stage: &StageEntry, checks: &[Check]) -> String {
    let plugin = &stage.plugin;
    let mut text = format!(
        "{HEADING}stage `{}`{HEADING:#} ({}) of plugin `{}` {}\n",
        stage.name,
        stage.kind.name(),
        plugin.name,
        plugin.version
    );
    let (mut passed, mut failed) = (0, 0);
    for Check { name, outcome } in checks {
        text += &match outcome {
            CheckOutcome::Passed => {
                passed += 1;
                format!("  {ADDED}ok{ADDED:#}       {name}\n")
            }
            CheckOutcome::Failed(message) => {
                failed += 1;
                format!("  {ERROR}FAILED{ERROR:#}   {name}: {message}\n")
            }
            CheckOutcome::Skipped(reason) => format!("  {FAINT}skipped  {name}: {reason}{FAINT:#}\n"),
        };
    }
    text + &format!("{passed} passed, {failed} failed, {} skipped\n", checks.len() - passed - failed)
}
