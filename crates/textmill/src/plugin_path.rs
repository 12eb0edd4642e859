//! The plugin path: which folders are searched for plugins, in order.

use std::env;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use textmill_host::Plugins;

use crate::pipeline;

/// The environment variable that holds folders with plugins, written as in `PATH`.
const VARIABLE: &str = "TEXTMILL_PLUGIN_PATH";

/// The plugins for a pipeline file that names `files` itself, when `first` were given on the command line.
pub(crate) fn find(pipeline: &Path, files: &[String], first: &[PathBuf]) -> Plugins {
    let folder = pipeline::real(pipeline.parent().unwrap_or(Path::new("")));
    let files: Vec<PathBuf> = files.iter().map(|file| folder.join(file)).collect();
    Plugins::find(&plugin_path(first, &folder), &files)
}

/// The plugin path of a pipeline file in `folder`.
///
/// What is nearer to the pipeline comes first, so that a project can bring its own build of a plugin: `plugins/`
/// beside the file, the environment, the user's data folder, the program's own folder and `plugins/` in it. In a build
/// tree the program's folder is where cargo puts the libraries of the plugins beside the program.
fn plugin_path(first: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let mut path = first.to_vec();
    path.push(folder.join("plugins"));
    if let Some(folders) = env::var_os(VARIABLE) {
        path.extend(env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty()));
    }
    if let Ok(strategy) = etcetera::choose_base_strategy() {
        path.push(strategy.data_dir().join("textmill").join("plugins"));
    }
    if let Some(folder) = program_folder() {
        path.push(folder.join("plugins"));
        path.insert(path.len() - 1, folder);
    }
    path
}

/// Where the program is; symbolic links to it are followed.
fn program_folder() -> Option<PathBuf> {
    let program = env::current_exe().and_then(|program| program.canonicalize()).ok()?;
    program.parent().map(Path::to_owned)
}
