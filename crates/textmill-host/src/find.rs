//! Looks for plugins in folders, and keeps the ones in use.

use std::collections::{HashMap, HashSet};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use textmill_abi as abi;
use textmill_model::{Catalog, PluginEntry, StageEntry, UnusablePlugin};

use crate::Environment;
use crate::call::{CreateError, Instance};
use crate::load::{self, LoadError, LoadedStage};

/// The plugins in use.
#[derive(Debug, Default)]
pub struct Plugins {
    stages: Vec<LoadedStage>,
    searched: Vec<PathBuf>,
    unusable: Vec<UnusablePlugin>,
}

impl Plugins {
    /// Loads the plugins of `folders`, not of folders below them, and those in `files`.
    ///
    /// A plugin is known by the name in its own table. Where folders hold plugins of one name, the first folder's
    /// is taken, as with programs on a `PATH`; one of `files` comes before all folders. Shared libraries that are no
    /// plugins are passed over; plugins that can't be used are kept in the catalog with the reason. A folder that
    /// isn't there is an empty one.
    ///
    /// Paths stay as they were given, but for starting at the root: a plugin behind a symbolic link has the link's
    /// path. Under however many names a file is found, it is loaded once; one that `files` names by several paths
    /// stands in the catalog under each of them.
    pub fn find(folders: &[PathBuf], files: &[PathBuf]) -> Plugins {
        let mut plugins = Plugins::default();
        let mut taken = Taken::default();
        for file in files.iter().map(|file| absolute(file)) {
            plugins.add_named(&file);
            taken.files.insert(real(&file));
            taken.names.extend(load::entry_symbol(&file).map(|symbol| (symbol.name, NO_FOLDER)));
        }
        for folder in folders.iter().map(|folder| absolute(folder)) {
            if plugins.searched.iter().any(|searched| real(searched) == real(&folder)) {
                continue;
            }
            let number = plugins.searched.len();
            for file in libraries(&folder) {
                plugins.add_found(&file, number, &mut taken);
            }
            plugins.searched.push(folder);
        }
        plugins.stages.sort_by(|a, b| {
            (&a.entry.name, &a.entry.plugin.path).cmp(&(&b.entry.name, &b.entry.plugin.path))
        });
        plugins
    }

    /// Takes plugins that the program was linked with, by the tables of their `plugin()`.
    ///
    /// # Errors
    ///
    /// When a table breaks the rules of the interface.
    pub fn linked(tables: &[&'static abi::Plugin]) -> Result<Plugins, LoadError> {
        let mut plugins = Plugins::default();
        for table in tables {
            // SAFETY: a plugin's `plugin()` returns the same table as its entry, which is what `docs/abi.md` says.
            #[allow(unsafe_code)]
            plugins.stages.extend(unsafe { load::read(*table, Path::new(""), "") }?);
        }
        plugins.stages.sort_by(|a, b| a.entry.name.cmp(&b.entry.name));
        Ok(plugins)
    }

    /// What a pipeline file may name. Sources and sinks are not the host's; they are left empty.
    pub fn catalog(&self) -> Catalog {
        Catalog {
            stages: self.stages.iter().map(|stage| Arc::clone(&stage.entry)).collect(),
            searched: self.searched.clone(),
            unusable: self.unusable.clone(),
            ..Catalog::default()
        }
    }

    /// Makes an instance of a stage of this catalog, known as `id` in the pipeline.
    ///
    /// # Errors
    ///
    /// When the stage refuses the options.
    pub fn create(
        &self,
        stage: &Arc<StageEntry>,
        id: &Arc<str>,
        options: &serde_json::Value,
        environment: &Arc<Environment>,
    ) -> Result<Instance, CreateError> {
        let loaded = self.stages.iter().find(|loaded| Arc::ptr_eq(&loaded.entry, stage));
        let loaded = loaded.ok_or_else(|| CreateError {
            pointer: String::new(),
            message: format!("stage `{}` is not one of these plugins", stage.name),
            hint: String::new(),
        })?;
        Instance::create(loaded, id, options, environment)
    }

    fn add_named(&mut self, file: &Path) {
        let plugins = || self.stages.iter().map(|stage| &stage.entry.plugin);
        if plugins().any(|plugin| plugin.path == file) {
            return;
        }
        match plugins().find(|plugin| real(&plugin.path) == real(file)).cloned() {
            Some(plugin) => self.add_path(&plugin, file),
            None => self.add(load::load(file), file),
        }
    }

    /// Takes the stages of a plugin that is loaded already, under another path of its file.
    fn add_path(&mut self, plugin: &Arc<PluginEntry>, path: &Path) {
        let again = Arc::new(PluginEntry { path: path.to_owned(), ..PluginEntry::clone(plugin) });
        let own = self.stages.iter().filter(|stage| Arc::ptr_eq(&stage.entry.plugin, plugin));
        let under_path = own.map(|stage| {
            let entry = StageEntry { plugin: Arc::clone(&again), ..StageEntry::clone(&stage.entry) };
            LoadedStage { table: stage.table, entry: Arc::new(entry) }
        });
        let under_path: Vec<LoadedStage> = under_path.collect();
        self.stages.extend(under_path);
    }

    fn add_found(&mut self, file: &Path, folder: usize, taken: &mut Taken) {
        let name = match load::entry_symbol(file) {
            Ok(symbol) => symbol.name,
            Err(LoadError::NoEntry { .. }) => return, // no plugin, and nobody said it was one
            Err(err) => return self.unusable.push(unusable(&err, file)), // perhaps half of one
        };
        if *taken.names.entry(name).or_insert(folder) == folder && taken.files.insert(real(file)) {
            self.add(load::load(file), file);
        }
    }

    fn add(&mut self, loaded: Result<Vec<LoadedStage>, LoadError>, file: &Path) {
        match loaded {
            Ok(stages) => self.stages.extend(stages),
            Err(err) => self.unusable.push(unusable(&err, file)),
        }
    }
}

/// What was found so far.
#[derive(Default)]
struct Taken {
    names: HashMap<String, usize>, // plugin name -> number of its folder
    files: HashSet<PathBuf>,       // links followed
}

/// In the place of a folder's number, for plugins named by their path.
const NO_FOLDER: usize = usize::MAX;

fn unusable(err: &LoadError, file: &Path) -> UnusablePlugin {
    let name = match err {
        LoadError::Major { name, .. } | LoadError::Minor { name, .. } | LoadError::Table { name, .. } => {
            name.clone()
        }
        _ => load::entry_symbol(file).map(|symbol| symbol.name).unwrap_or_default(),
    };
    let cause = std::error::Error::source(err).map(|cause| format!(": {cause}")).unwrap_or_default();
    let (message, hint) = (format!("{err}{cause}"), err.hint().to_owned());
    UnusablePlugin { path: file.to_owned(), name, message, hint }
}

/// The shared libraries of a folder, sorted.
fn libraries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let is_library = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(DLL_PREFIX) && name.ends_with(DLL_SUFFIX) && !path.is_dir()
    };
    let mut libraries: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_library).collect();
    libraries.sort();
    libraries
}

/// The path from the root, for the loader searches its own folders for bare names. Without `..` where that leads to
/// the same file, which it may not behind a link.
fn absolute(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    if real(&plain) == real(&absolute) { plain } else { absolute }
}

/// Where a path leads when links are followed.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
