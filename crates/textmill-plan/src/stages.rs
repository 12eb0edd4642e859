//! Reads the list of `[[stage]]`: each stage for itself, then how they fit together.
//!
//! Stages fit when no two have one id and each finds the layers that it needs. Where a stage could not be found, nobody
//! knows what it would have written, and nothing behind it is said to miss a layer.

use std::sync::Arc;

use textmill_model::StageEntry;

use crate::lookup::{self, id_of_use};
use crate::options::Owner;
use crate::plan::{SectionPlace, StageUse};
use crate::section::Section;
use crate::tree::{Node, Spot, Value};
use crate::{Fault, Request, Severity, words};

const SHAPE: &str = "write `[[stage]]` and below it `use = \"…\"`";

/// The stages that were found, with their places.
pub(crate) fn read(
    node: Option<&Node>,
    request: &Request<'_>,
    faults: &mut Vec<Fault>,
) -> (Vec<StageUse>, Vec<SectionPlace>) {
    let mut line = Line {
        request,
        faults,
        stages: Vec::new(),
        places: Vec::new(),
        ids: Vec::new(),
        writers: Vec::new(),
        has_gaps: false,
    };
    match node.map(|node| (&node.value, &node.at)) {
        Some((Value::Array(stages), _)) => stages.iter().for_each(|stage| line.stage(stage)),
        Some((Value::Table(_), at)) => {
            let message = "stages stand in double brackets, as there can be several";
            line.faults.push(Fault::at(at, message).with_hint("write `[[stage]]`"));
        }
        Some((_, at)) => line.faults.push(Fault::at(at, "`stage` must be a section").with_hint(SHAPE)),
        None => {}
    }
    (line.stages, line.places)
}

/// What is known of the stages read so far.
struct Line<'a> {
    request: &'a Request<'a>,
    faults: &'a mut Vec<Fault>,
    stages: Vec<StageUse>,
    places: Vec<SectionPlace>,
    ids: Vec<String>,
    /// Layers, each with the id of the stage that wrote it last.
    writers: Vec<(Arc<str>, Arc<str>)>,
    /// A stage was not found, so nobody knows what it would have written.
    has_gaps: bool,
}

impl Line<'_> {
    fn stage(&mut self, node: &Node) {
        let before = self.faults.len();
        let Some(table) = node.as_table() else {
            let message = format!("a stage is a table, not {}", node.kind());
            self.faults.push(Fault::at(&node.at, message).with_hint(SHAPE));
            return;
        };
        let section = Section::read(table, &node.at, "a stage", &["use", "id", "options"], self.faults);
        let found = self.find(&section);
        let called = section.used.map_or("?", |(used, _)| id_of_use(used));
        let name = found.as_ref().map_or(called, |stage| &stage.name);
        let owner =
            Owner { noun: "option", name: format!("stage `{}`", words::cut(name)), key_prefix: "options." };
        let schema = found.as_ref().map(|stage| &stage.options_schema);
        let options = section.options(schema, &owner, self.faults);
        let id = self.id(&section, name);
        let Some(stage) = found else {
            self.has_gaps = true;
            return;
        };
        self.layers(&stage, &section.spot(), &id);
        let is_sound = self.faults[before..].iter().all(|fault| fault.severity == Severity::Warning)
            && !section.is_broken();
        self.stages.push(StageUse { id, stage, options, is_sound });
        self.places.push(section.place);
    }

    fn find(&mut self, section: &Section<'_>) -> Option<Arc<StageEntry>> {
        let catalog = self.request.catalog;
        let Some((used, at)) = section.used else {
            if !section.has_use {
                let names = words::list(catalog.stages.iter().map(|stage| &*stage.name));
                let fault = Fault::at(&section.spot(), "this stage does not say what to `use`");
                self.faults
                    .push(fault.with_hint(format!("add `use = \"…\"` with one of {names}")).of_absence());
            }
            return None;
        };
        let found = lookup::find(used, self.request.folder, catalog);
        found.map_err(|why| self.faults.push(Fault::at(at, why.message).with_hint(why.hint))).ok()
    }

    /// The id of a stage: its own, or else its name.
    fn id(&mut self, section: &Section<'_>, name: &str) -> Arc<str> {
        let (id, at) = section.id.map_or_else(|| (name, section.spot()), |(id, at)| (id, at.clone()));
        let is_known = section.id.is_some() || section.used.is_some();
        if section.id.is_some() && !is_id(id) {
            let message = format!("`{}` cannot be the id of a stage", words::cut(id));
            let hint = "an id has letters, digits, `_` and `-`, and is not `source` or `sink`";
            self.faults.push(Fault::at(&at, message).with_hint(hint));
        } else if is_known && self.ids.iter().any(|known| known == id) {
            let message = format!("two stages are called `{}`", words::cut(id));
            let hint = format!("give this one an id of its own: `id = \"{}\"`", self.free_id(name));
            self.faults.push(Fault::at(&at, message).with_hint(hint));
        }
        if is_known {
            self.ids.push(id.to_owned());
        }
        id.into()
    }

    /// An id that no stage has yet: the name with the first number that is free.
    fn free_id(&self, name: &str) -> String {
        let taken = |id: &String| self.ids.contains(id);
        let numbered = (2..).map(|n| format!("{}{n}", words::cut(name)));
        let mut free = numbered.filter(|id| !taken(id));
        free.next().unwrap_or_default()
    }

    /// Faults for layers that the stage needs and nobody before it writes, and for those that it overwrites.
    fn layers(&mut self, stage: &StageEntry, at: &Spot, id: &Arc<str>) {
        for layer in &stage.needs {
            let is_there = self.writers.iter().any(|(written, _)| written == layer);
            if !is_there && !self.has_gaps {
                let message =
                    format!("stage `{}` needs layer `{layer}`, which no stage before it writes", stage.name);
                self.faults.push(Fault::at(at, message).with_hint(self.who_writes(layer, stage)));
            }
        }
        for layer in &stage.layers {
            let earlier = self.writers.iter().find(|(written, _)| written == layer);
            if let Some((_, writer)) = earlier.filter(|_| !stage.needs.contains(layer)) {
                let message = format!(
                    "stage `{id}` writes layer `{layer}` anew, so what stage `{writer}` wrote is lost"
                );
                self.faults.push(Fault::warning(at, message).with_hint("leave one of the two out"));
            }
            self.writers.retain(|(written, _)| written != layer);
            self.writers.push((Arc::clone(layer), Arc::clone(id)));
        }
    }

    fn who_writes(&self, layer: &Arc<str>, stage: &StageEntry) -> String {
        let others = self.request.catalog.stages.iter().filter(|other| other.name != stage.name);
        let writers = others.filter(|other| other.layers.contains(layer)).map(|other| &*other.name);
        match words::list(writers) {
            none if none.is_empty() => "no stage found writes it; is a plugin missing?".to_owned(),
            names => format!("put a stage before it that does: {names}"),
        }
    }
}

fn is_id(id: &str) -> bool {
    let is_word =
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    is_word && id != "source" && id != "sink"
}
