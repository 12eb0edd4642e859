//! What there is to choose from: the stages that were found, and the kinds of source and sink.

use std::path::PathBuf;
use std::sync::Arc;

use crate::Edit;

/// All that a pipeline file may name.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Stages of every usable plugin, sorted by name.
    pub stages: Vec<Arc<StageEntry>>,
    /// Kinds of source.
    pub sources: Vec<FormatEntry>,
    /// Kinds of sink.
    pub sinks: Vec<FormatEntry>,
    /// Folders that were searched for plugins, in order.
    pub searched: Vec<PathBuf>,
    /// Shared libraries that are plugins and can't be used, with the reason.
    pub unusable: Vec<UnusablePlugin>,
}

/// A stage that a plugin offers.
#[derive(Debug, Clone)]
pub struct StageEntry {
    /// What a pipeline file calls it.
    pub name: Arc<str>,
    /// What it does, in a line.
    pub summary: String,
    /// How it wants to be run.
    pub kind: StageKind,
    /// The plugin it comes from.
    pub plugin: Arc<PluginEntry>,
    /// JSON Schema of its options.
    pub options_schema: serde_json::Value,
    /// Layers it writes, as paths below `annotations`.
    pub layers: Vec<Arc<str>>,
    /// Fields it writes, as paths in the output: `annotations.dedup.cluster`, `metadata.lang`.
    pub fields: Vec<Arc<str>>,
    /// Layers that somebody before it must have written.
    pub needs: Vec<Arc<str>>,
    /// Layers that it makes use of where somebody before it wrote them.
    pub uses: Vec<Arc<str>>,
    /// Names of the rules by which it edits.
    pub rules: Vec<Arc<str>>,
    /// Reasons for which it drops.
    pub drop_reasons: Vec<Arc<str>>,
    /// Names of its counters.
    pub counters: Vec<Arc<str>>,
    /// Side files that it writes.
    pub tables: Vec<Arc<str>>,
}

impl StageEntry {
    /// The name of the rule by which the stage made an edit; `-` for one that it made by none.
    pub fn rule_of(&self, edit: &Edit) -> Arc<str> {
        edit.rule.map_or_else(|| "-".into(), |rule| Arc::clone(&self.rules[rule as usize]))
    }
}

/// How a stage wants to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageKind {
    /// Each document for itself, in parallel.
    Document,
    /// Prepared in parallel, decided one batch at a time in corpus order.
    Ordered,
    /// Sees the whole corpus before it processes the first document.
    Corpus,
}

impl StageKind {
    /// The word for it in output and documentation.
    pub fn name(self) -> &'static str {
        match self {
            StageKind::Document => "document",
            StageKind::Ordered => "ordered",
            StageKind::Corpus => "corpus",
        }
    }
}

/// A plugin that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginEntry {
    /// Its name, from its own descriptor.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence.
    pub license: String,
    /// How it was built.
    pub build: String,
    /// The shared library; empty for one that is part of the program.
    pub path: PathBuf,
}

/// A kind of source or sink.
#[derive(Debug, Clone)]
pub struct FormatEntry {
    /// What a pipeline file calls it.
    pub name: &'static str,
    /// What it reads or writes, in a line.
    pub summary: &'static str,
    /// JSON Schema of its options.
    pub options_schema: serde_json::Value,
}

/// A plugin that was found and can't be used.
#[derive(Debug, Clone)]
pub struct UnusablePlugin {
    /// The shared library.
    pub path: PathBuf,
    /// The plugin's name, as far as its entry symbol tells.
    pub name: String,
    /// Why not.
    pub message: String,
    /// What the reader can do.
    pub hint: String,
}

impl Catalog {
    /// Every stage named `name`: none, one, or the plugins that quarrel about it.
    pub fn stages_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Arc<StageEntry>> {
        self.stages.iter().filter(move |stage| &*stage.name == name)
    }
}
