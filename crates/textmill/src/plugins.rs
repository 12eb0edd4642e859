//! `textmill plugins`: what was found, where, and what can't be used. Also what all commands ask the plugins for.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use textmill_host::Plugins;
use textmill_model::Catalog;

use crate::arguments::PluginsArguments;
use crate::exit::{Exit, Stop};
use crate::style::{FAINT, HEADING, HINT, WARNING};
use crate::{console, pipeline};

#[cfg(feature = "bundled")]
pub(crate) use crate::bundled::find;
#[cfg(not(feature = "bundled"))]
pub(crate) use crate::plugin_path::find;

pub(crate) fn plugins(arguments: &PluginsArguments, folders: &[PathBuf]) -> Result<Exit, Stop> {
    console::answer(&shown(&found(&arguments.pipeline, folders).catalog()))?;
    Ok(Exit::Done)
}

/// The plugins for a pipeline file, if it is there; else those that one in its place would find.
pub(crate) fn found(pipeline: &Path, folders: &[PathBuf]) -> Plugins {
    let text = std::fs::read_to_string(pipeline).unwrap_or_default();
    find(pipeline, &textmill_plan::plugin_files(&text, &[], &pipeline::variable), folders)
}

/// All that a pipeline file may name.
pub(crate) fn catalog(plugins: &Plugins) -> Catalog {
    Catalog { sources: textmill_io::sources(), sinks: textmill_io::sinks(), ..plugins.catalog() }
}

fn shown(catalog: &Catalog) -> String {
    let mut text = String::new();
    let _ = describe(catalog, &mut text); // writing to a string does not fail
    text
}

fn describe(catalog: &Catalog, text: &mut String) -> std::fmt::Result {
    let width = catalog.stages.iter().map(|stage| stage.name.len()).max().unwrap_or(0);
    writeln!(text, "{HEADING}stages{HEADING:#}")?;
    for stage in &catalog.stages {
        writeln!(text, "  {:width$}  {:8}  {}", stage.name, stage.kind.name(), stage.summary)?;
    }
    if catalog.stages.is_empty() {
        writeln!(text, "  none")?;
    }
    writeln!(text, "\n{HEADING}plugins{HEADING:#}")?;
    let mut plugins: Vec<_> = catalog.stages.iter().map(|stage| &stage.plugin).collect();
    plugins.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    plugins.dedup();
    for plugin in &plugins {
        writeln!(text, "  {} {}  {FAINT}{}{FAINT:#}", plugin.name, plugin.version, place(&plugin.path))?;
    }
    if plugins.is_empty() {
        writeln!(text, "  none")?;
    }
    for plugin in &catalog.unusable {
        writeln!(text, "\n{WARNING}unusable{WARNING:#}: {}", plugin.message)?;
        if !plugin.hint.is_empty() {
            writeln!(text, "{HINT}hint{HINT:#}: {}", plugin.hint)?;
        }
    }
    if !catalog.searched.is_empty() {
        writeln!(text, "\n{HEADING}folders searched{HEADING:#}")?;
        catalog.searched.iter().try_for_each(|folder| writeln!(text, "  {}", folder.display()))?;
    }
    Ok(())
}

/// A plugin's file in words.
pub(crate) fn place(path: &Path) -> String {
    if path.as_os_str().is_empty() { "part of this program".to_owned() } else { path.display().to_string() }
}
