//! The plan: what a pipeline file says, checked, with defaults filled in.
//!
//! A plan keeps the places of everything it was read from, so that faults which only a plugin or the file system can
//! know still point into the file. Not here: how it is read (`file`) and how it is run (`textmill-engine`).

use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use textmill_model::{StageEntry, StageKind};

use crate::Fault;
use crate::tree::{Node, Spot};

/// A checked pipeline file.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The file that it was read from, as the user named it.
    pub file_name: String,
    /// Where documents come from.
    pub source: FormatUse,
    /// What is done to them, first to last. Stages that could not be found are not among them.
    pub stages: Vec<StageUse>,
    /// Where documents go.
    pub sink: FormatUse,
    /// How to run.
    pub run: RunSettings,
    /// The overrides from the command line that went into it, as they were written.
    pub overrides: Vec<String>,
    pub(crate) places: Places,
}

/// A source or sink in use.
#[derive(Debug, Clone, PartialEq)]
pub struct FormatUse {
    /// Which kind, as in the catalog; as the file says it when there is a fault.
    pub kind: String,
    /// Its options with defaults filled in: an object.
    pub options: Json,
    /// Whether the file has no fault here. Only then is there sense in asking the file system about it.
    pub is_sound: bool,
}

/// A stage in use.
#[derive(Debug, Clone)]
pub struct StageUse {
    /// What the plan calls it: its name, unless the file says otherwise. No two stages share one.
    pub id: Arc<str>,
    /// What it is.
    pub stage: Arc<StageEntry>,
    /// Its options with defaults filled in: an object.
    pub options: Json,
    /// Whether the file has no fault here. Only then is there sense in asking the plugin about it.
    pub is_sound: bool,
}

/// Section `[run]`: how to run. Of these, nothing changes what is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = no_null_defaults)]
pub struct RunSettings {
    /// Folder for the report and for rejects. Without it, a folder next to the output and named after it.
    #[schemars(length(min = 1))]
    pub folder: Option<String>,
    /// Worker threads. Without it, as many as the machine has cores.
    #[schemars(range(min = 1, max = 4096))]
    pub threads: Option<usize>,
    /// Bytes of text at which a batch is full.
    #[schemars(range(min = 1, max = 1_073_741_824))]
    pub batch_bytes: usize,
    /// Bytes of input after which the run makes a commit point, from which `textmill run --resume` goes on.
    #[schemars(range(min = 1))]
    pub commit_bytes: u64,
    /// Seconds after which the run makes a commit point, if the bytes are not reached before.
    pub commit_seconds: u64,
    /// Seconds that a stage may take for a batch. One that takes longer hangs: the program says where, and ends.
    #[schemars(range(min = 1))]
    pub batch_seconds_max: u64,
    /// How many documents may fail before the run stops. Without it, any number.
    pub max_failures: Option<u64>,
}

impl Default for RunSettings {
    fn default() -> Self {
        RunSettings {
            folder: None,
            threads: None,
            batch_bytes: 1 << 18,
            commit_bytes: 256 << 20,
            commit_seconds: 30,
            batch_seconds_max: 3600,
            max_failures: None,
        }
    }
}

/// A default of null says nothing in TOML, which has no null.
fn no_null_defaults(schema: &mut schemars::Schema) {
    let properties = schema.get_mut("properties").and_then(Json::as_object_mut);
    for property in properties.into_iter().flat_map(|properties| properties.values_mut()) {
        if let Some(property) = property.as_object_mut()
            && property.get("default") == Some(&Json::Null)
        {
            property.shift_remove("default");
        }
    }
}

/// One way through the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// The stages that process documents here for the first time, as indices into [`Plan::stages`].
    pub stages: Range<usize>,
    /// The corpus stage behind them that looks at every document, and does not process any before the next pass.
    pub observes: Option<usize>,
}

/// What the stages of a plan write, each name once, in the order of the stages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outputs {
    /// Layers, as paths below `annotations`.
    pub layers: Vec<Arc<str>>,
    /// Fields, as paths in the output.
    pub fields: Vec<Arc<str>>,
}

/// A part of the pipeline that has options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The source.
    Source,
    /// The stage of this index in [`Plan::stages`].
    Stage(usize),
    /// The sink.
    Sink,
}

/// Where the parts of the plan stand.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) source: SectionPlace,
    pub(crate) stages: Vec<SectionPlace>,
    pub(crate) sink: SectionPlace,
}

/// Where a section stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct SectionPlace {
    /// The header; none for a section that is not there.
    pub(crate) header: Option<Spot>,
    /// The value of `use`.
    pub(crate) used: Option<Spot>,
    pub(crate) options: Option<Node>,
}

impl Plan {
    /// The passes over the corpus that it takes, first to last; at least one.
    ///
    /// A corpus stage ends a pass: it has to see every document before it can process one.
    pub fn passes(&self) -> Vec<Pass> {
        let mut passes = Vec::new();
        let mut start = 0;
        for (i, used) in self.stages.iter().enumerate() {
            if used.stage.kind == StageKind::Corpus {
                passes.push(Pass { stages: start..i, observes: Some(i) });
                start = i;
            }
        }
        passes.push(Pass { stages: start..self.stages.len(), observes: None });
        passes
    }

    /// The layers and fields that its stages write. Of a stage's layers, not those that it `omits`: called with its place
    /// in the plan and the layer.
    pub fn outputs(&self, omits: impl Fn(usize, &str) -> bool) -> Outputs {
        let mut outputs = Outputs::default();
        for (i, used) in self.stages.iter().enumerate() {
            extend_new(&mut outputs.layers, used.stage.layers.iter().filter(|layer| !omits(i, layer)));
            extend_new(&mut outputs.fields, &used.stage.fields);
        }
        outputs
    }

    /// An error that points to the option which `pointer` leads to (`/paths/0`, or empty for all options of `place`).
    ///
    /// An option that is only a default has no place: then it points to the options, else to the line that names the
    /// kind or stage, else to the section. Meant for what the file alone does not tell, such as a path that is missing.
    pub fn fault_at(
        &self,
        place: Place,
        pointer: &str,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Fault {
        let section = match place {
            Place::Source => Some(&self.places.source),
            Place::Stage(i) => self.places.stages.get(i),
            Place::Sink => Some(&self.places.sink),
        };
        let fault = Fault { hint, ..Fault::error(message) };
        match section.and_then(|section| section.spot(pointer)) {
            Some(spot) => fault.moved_to(spot),
            None => fault,
        }
    }

    /// The whole plan as JSON, for the report of a run: options with defaults, settings, overrides.
    pub fn to_json(&self) -> Json {
        json!({
            "file": self.file_name,
            "source": self.source.to_json(),
            "stages": self.stages.iter().map(StageUse::to_json).collect::<Vec<_>>(),
            "sink": self.sink.to_json(),
            "run": self.run,
            "overrides": self.overrides,
        })
    }
}

impl FormatUse {
    fn to_json(&self) -> Json {
        json!({ "use": self.kind, "options": self.options })
    }
}

impl StageUse {
    fn to_json(&self) -> Json {
        let plugin = &self.stage.plugin;
        json!({
            "id": *self.id,
            "use": *self.stage.name,
            "plugin": { "name": plugin.name, "version": plugin.version },
            "options": self.options,
        })
    }
}

impl SectionPlace {
    /// The best place for a fault of the option at `pointer`.
    fn spot(&self, pointer: &str) -> Option<&Spot> {
        let found = self.options.as_ref().map(|options| (options, options.walk(pointer)));
        match found {
            Some((options, (node, _))) if !std::ptr::eq(options, node) => Some(&node.at),
            Some((options, _)) if options.at.command_line.is_none() => Some(&options.at),
            _ => self.used.as_ref().or(self.header.as_ref()),
        }
    }
}

fn extend_new<'a>(all: &mut Vec<Arc<str>>, names: impl IntoIterator<Item = &'a Arc<str>>) {
    for name in names {
        if !all.contains(name) {
            all.push(Arc::clone(name));
        }
    }
}
