//! pipeline.toml to a checked [`Plan`], or every fault of the file with its line.
//!
//! Text and a catalog of what there is go in; a plan, faults, or both come out. No file is opened here and no plugin is
//! called: so the same answer serves the command line, an editor and a test. What only the file system or a plugin
//! knows (input that matches nothing, an option that a stage refuses) is added by others with [`Plan::fault_at`].
//!
//! The way of a file through this crate: text → tree with places (`tree`, `syntax`) → overrides put in (`overrides`) →
//! variables put in (`variables`) → sections, stages and options checked (`file`, `section`, `stages`,
//! `lookup`, `options`, `schema`, `limits`) → [`Plan`].
//!
//! # Examples
//!
//! ```
//! use std::path::Path;
//! use serde_json::json;
//! use textmill_model::{Catalog, FormatEntry};
//! use textmill_plan::{Request, read, render};
//!
//! let format = |name, options_schema| FormatEntry { name, summary: "", options_schema };
//! let path = json!({ "type": "object", "properties": { "path": { "type": "string" } }, "required": ["path"] });
//! let catalog = Catalog {
//!     sources: vec![format("jsonl", path.clone())],
//!     sinks: vec![format("jsonl", path)],
//!     ..Catalog::default()
//! };
//! let text = "[source]\nuse = \"jsonl\"\noptions.path = \"in.jsonl\"\n[sink]\nuse = \"jsonl\"\noptions.pth = \"out\"\n";
//! let reading = read(&Request {
//!     file_name: "pipeline.toml",
//!     text,
//!     folder: Path::new(""),
//!     catalog: &catalog,
//!     overrides: &["sink.path=out.jsonl".to_owned()],
//!     environment: &|_| None,
//! });
//! assert_eq!(render(&reading.faults, "pipeline.toml", text, false), "\
//! error: unknown option `pth` of sink `jsonl`
//!  --> pipeline.toml:6:9
//!   |
//! 6 | options.pth = \"out\"
//!   |         ^^^
//! hint: did you mean `path`?
//! ");
//! assert_eq!(reading.plan.unwrap().source.options, json!({ "path": "in.jsonl" }));
//! ```

mod editor_schema;
mod fault;
mod file;
mod limits;
mod lines;
mod lookup;
mod options;
mod overrides;
mod plan;
mod schema;
mod section;
mod stages;
mod syntax;
mod tree;
mod variables;
mod words;

use std::path::Path;

use textmill_model::Catalog;

pub use editor_schema::json_schema;
pub use fault::{Fault, Severity, render};
pub use plan::{FormatUse, Outputs, Pass, Place, Plan, RunSettings, StageUse};
pub use words::hint_for;

/// What is needed to read a pipeline file.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The file as the user named it.
    pub file_name: &'a str,
    /// What stands in it.
    pub text: &'a str,
    /// The folder at which relative paths start. To find the plugins that stages name by path, it has to be written as
    /// in the catalog: absolute and without symbolic links.
    pub folder: &'a Path,
    /// The stages and formats there are.
    pub catalog: &'a Catalog,
    /// Overrides from the command line: `stage.dedup.similarity=0.7`, `source.paths=["x"]`, `sink.path=out.jsonl`,
    /// `run.threads=2`. A value that is no TOML is a string.
    pub overrides: &'a [String],
    /// The value of an environment variable.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

/// A pipeline file, read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// All that was understood, even when there are faults; none when the file is not TOML.
    pub plan: Option<Plan>,
    /// What is wrong: the file from top to bottom, then the command line. Warnings are among them.
    pub faults: Vec<Fault>,
}

impl Reading {
    /// Whether nothing worse than a warning was found.
    pub fn is_sound(&self) -> bool {
        self.plan.is_some() && self.faults.iter().all(|fault| fault.severity == Severity::Warning)
    }
}

/// Reads a pipeline file. Nothing is opened, loaded or changed.
pub fn read(request: &Request<'_>) -> Reading {
    let (mut document, syntax) = tree::parse_document(request.text);
    let mut faults = Vec::new();
    complete(&mut document, request.text, request.overrides, request.environment, &mut faults);
    let plan = file::read(&document, request, &mut faults);
    syntax::retain_believable(&mut faults, request.text, &syntax);
    let plan = syntax.is_empty().then_some(plan);
    faults.extend(syntax);
    faults.sort_by_key(|fault| (place_in_command_line(fault, request.overrides), start(fault)));
    Reading { plan, faults }
}

/// Which override it is in, from 1; 0 for the file.
fn place_in_command_line(fault: &Fault, overrides: &[String]) -> usize {
    let Some(line) = &fault.command_line else { return 0 };
    let text = line.strip_prefix("--set ").unwrap_or(line);
    1 + overrides.iter().position(|it| it == text).unwrap_or(overrides.len())
}

fn start(fault: &Fault) -> usize {
    fault.span.as_ref().map_or(usize::MAX, |span| span.start)
}

/// Puts in what does not stand in the file: variables, and overrides from the command line.
fn complete(
    document: &mut tree::Table,
    text: &str,
    overrides: &[String],
    environment: &dyn Fn(&str) -> Option<String>,
    faults: &mut Vec<Fault>,
) {
    variables::replace_all(document, text, environment, faults);
    overrides::apply(document, overrides, faults);
}

/// The plugin files that the stages of a pipeline name by path, as written there, each once.
///
/// They have to be loaded before the catalog is whole, and so before the file can be read with [`read`].
///
/// # Examples
///
/// ```
/// let text = "[[stage]]\nuse = 'dedup'\n[[stage]]\nuse = '${HOME}/libshout.so#shout'\n";
/// let home = |name: &str| (name == "HOME").then(|| "/home/ada".to_owned());
/// assert_eq!(textmill_plan::plugin_files(text, &[], &home), ["/home/ada/libshout.so"]);
/// ```
pub fn plugin_files(
    text: &str,
    overrides: &[String],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    let (mut document, _) = tree::parse_document(text);
    complete(&mut document, text, overrides, environment, &mut Vec::new());
    let stages = document.get("stage").map(|node| &node.value);
    let stages = if let Some(tree::Value::Array(stages)) = stages { stages.as_slice() } else { &[] };
    let mut files = Vec::new();
    for stage in stages {
        let used = stage.as_table().and_then(|table| table.get("use")).and_then(tree::Node::as_str);
        if let Some(path) = used.and_then(lookup::plugin_path)
            && !files.iter().any(|known| known == path)
        {
            files.push(path.to_owned());
        }
    }
    files
}
