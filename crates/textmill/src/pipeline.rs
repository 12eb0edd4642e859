//! A pipeline file with everything that stands around it: its plugins, and what the command line changes in it.
//!
//! This is where preflight is put together: what the file says (`textmill-plan`), then what the file system and the
//! plugins know (`textmill-engine`), told as one list from the top of the file to its bottom.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use textmill_engine::{Mill, Setup, prepare};
use textmill_host::{Environment, Plugins};
use textmill_model::Catalog;
use textmill_plan::{Fault, Reading, Request, Severity};

use crate::arguments::{Changes, PipelineArguments};
use crate::exit::Stop;
use crate::{console, figures, plugins};

/// A pipeline file that was read, and the plugins around it.
pub(crate) struct Pipeline {
    /// As the user named it.
    pub(crate) name: String,
    text: String,
    /// Where relative paths start, as the user named it; empty for the current folder.
    folder: PathBuf,
    /// The same, absolute and without symbolic links.
    real_folder: PathBuf,
    overrides: Vec<String>,
    plugins: Plugins,
    catalog: Catalog,
}

/// A pipeline file for the hint of somebody who has none.
const MINIMAL: &str = r#"a small one:
[source]
use = "text"
options.paths = ["*.txt"]

[[stage]]
use = "clean"

[sink]
use = "jsonl"
options.path = "out/documents.jsonl""#;

impl Pipeline {
    /// Reads the file and finds its plugins. What is wrong in it shows later.
    pub(crate) fn open(arguments: &PipelineArguments, plugin_folders: &[PathBuf]) -> Result<Pipeline, Stop> {
        let path = &arguments.pipeline;
        let text = read(path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let overrides = overrides(&arguments.changes, &folder);
        let files = textmill_plan::plugin_files(&text, &overrides, &variable);
        let found = plugins::find(path, &files, plugin_folders);
        Ok(Pipeline {
            name: path.display().to_string(),
            text,
            real_folder: real(&folder),
            folder,
            overrides,
            catalog: plugins::catalog(&found),
            plugins: found,
        })
    }

    /// A mill that is ready to turn. Warnings are told.
    ///
    /// # Errors
    ///
    /// All faults of the file at once.
    pub(crate) fn mill(&self, environment: &Arc<Environment>) -> Result<Mill, Stop> {
        let setup =
            Setup { plugins: &self.plugins, environment: Arc::clone(environment), folder: &self.folder };
        let rendered = |faults: &[Fault]| textmill_plan::render(faults, &self.name, &self.text, true);
        match prepare(self.reading(), &setup) {
            Ok((mill, warnings)) => {
                console::write_error(&rendered(&warnings));
                Ok(mill)
            }
            Err(faults) => {
                let errors = faults.iter().filter(|fault| fault.severity == Severity::Error).count();
                let summary = format!("{} in {}", figures::counted(errors as u64, "fault"), self.name);
                Err(Stop::Faults { rendered: rendered(&faults), summary })
            }
        }
    }

    fn reading(&self) -> Reading {
        textmill_plan::read(&Request {
            file_name: &self.name,
            text: &self.text,
            folder: &self.real_folder,
            catalog: &self.catalog,
            overrides: &self.overrides,
            environment: &variable,
        })
    }
}

fn read(path: &Path) -> Result<String, Stop> {
    let bytes = std::fs::read(path).map_err(|err| {
        let message = format!("cannot read pipeline file `{}`: {err}", path.display());
        let hint = if err.kind() == std::io::ErrorKind::NotFound { MINIMAL } else { "" };
        Stop::refused(message, hint)
    })?;
    String::from_utf8(bytes).map_err(|err| {
        let line = err.as_bytes()[..err.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        let message = format!("pipeline file `{}` is not UTF-8: see line {line}", path.display());
        Stop::refused(message, "save it as UTF-8, as TOML asks for")
    })
}

/// What the command line changes, in the form of `--set`. Paths given there start at the current folder, as in any
/// other program, and those of the file at its folder.
fn overrides(changes: &Changes, folder: &Path) -> Vec<String> {
    let anchored = |path: &String| {
        let stays = path == "-" || folder.as_os_str().is_empty();
        let absolute = if stays { None } else { std::path::absolute(path).ok() };
        let path = absolute.map_or_else(|| path.clone(), |path| path.display().to_string());
        serde_json::Value::from(path).to_string() // a JSON string is a TOML string
    };
    let mut overrides = changes.set.clone();
    if !changes.input.is_empty() {
        let paths: Vec<String> = changes.input.iter().map(anchored).collect();
        overrides.push(format!("source.paths=[{}]", paths.join(",")));
    }
    overrides.extend(changes.output.as_ref().map(|path| format!("sink.path={}", anchored(path))));
    overrides
}

/// The folder that a pipeline file is in.
pub(crate) fn real(folder: &Path) -> PathBuf {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    folder.canonicalize().or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.to_owned())
}

pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
