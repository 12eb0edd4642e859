//! Reads a parsed pipeline file: sections into a plan, and everything wrong with them into faults.
//!
//! Each part is read for itself, and what is wrong in one keeps no other from being looked at. The rule for what is
//! said twice: a fault that follows from another is left out.

use std::sync::{Arc, LazyLock};

use schemars::schema_for;
use serde_json::{Map, Value as Json};
use textmill_model::{FormatEntry, StageEntry};

use crate::options::{self, Owner};
use crate::plan::{FormatUse, Places, Plan, RunSettings, SectionPlace, StageUse};
use crate::stages::{self, id_of_use};
use crate::tree::{Entry, Node, Spot, Table, Value};
use crate::{Fault, Request, words};

const SECTIONS: [&str; 4] = ["source", "stage", "sink", "run"];

/// The schema of section `[run]`.
pub(crate) static RUN_SCHEMA: LazyLock<Json> = LazyLock::new(|| schema_for!(RunSettings).to_value());

/// Reads the sections of `document`.
pub(crate) fn read(document: &Table, request: &Request<'_>, faults: &mut Vec<Fault>) -> Plan {
    let mut reader = Reader { request, faults };
    for entry in document.entries.iter().filter(|entry| !SECTIONS.contains(&entry.key.as_str())) {
        reader.unknown_section(entry);
    }
    let (source, source_place) = reader.format(document.entry("source"), &SOURCE);
    let (sink, sink_place) = reader.format(document.entry("sink"), &SINK);
    let (stages, stage_places) = reader.stages(document.get("stage"));
    let run = reader.run(document.get("run"));
    let places = Places { source: source_place, stages: stage_places, sink: sink_place };
    Plan { source, stages, sink, run, overrides: request.overrides.to_vec(), places }
}

struct Reader<'a> {
    request: &'a Request<'a>,
    faults: &'a mut Vec<Fault>,
}

/// What is special about the source, or about the sink.
struct Role {
    section: &'static str,
    kinds: fn(&textmill_model::Catalog) -> &[FormatEntry],
    example: &'static str,
}

const SOURCE: Role = Role {
    section: "source",
    kinds: |catalog| &catalog.sources,
    example: "add\n  [source]\n  options.paths = [\"documents/*.txt\"]",
};

const SINK: Role = Role {
    section: "sink",
    kinds: |catalog| &catalog.sinks,
    example: "add\n  [sink]\n  use = \"jsonl\"\n  options.path = \"out/documents.jsonl\"",
};

/// A section with its parts told apart.
#[derive(Default)]
struct Section<'t> {
    used: Option<(&'t str, &'t Spot)>,
    id: Option<(&'t str, &'t Spot)>,
    options: Option<&'t Node>,
    /// Keys that no section has; what they may have meant depends on the options.
    unknown: Vec<&'t Entry>,
    place: SectionPlace,
}

impl<'a> Reader<'a> {
    fn unknown_section(&mut self, entry: &Entry) {
        let key = entry.key.as_str();
        let noun = if entry.node.as_table().is_some() { "section" } else { "key" };
        let message = format!("unknown {noun} `{}`", words::cut(key));
        let hint = match words::did_you_mean(key, SECTIONS) {
            Some("stage") => "did you mean `[[stage]]`?".to_owned(),
            Some(section) => format!("did you mean `[{section}]`?"),
            None => "a pipeline has `[source]`, `[[stage]]`, `[sink]` and `[run]`".to_owned(),
        };
        self.faults.push(Fault::at(&entry.key_at, message).with_hint(hint));
    }

    fn format(&mut self, entry: Option<&Entry>, role: &Role) -> (FormatUse, SectionPlace) {
        let before = self.faults.len();
        let name = role.section;
        let Some(table) = self.section_table(entry, role) else {
            return (
                FormatUse { kind: String::new(), options: empty(), is_sound: false },
                SectionPlace::default(),
            );
        };
        let Some(entry) = entry else {
            return (
                FormatUse { kind: String::new(), options: empty(), is_sound: false },
                SectionPlace::default(),
            );
        };
        let section = self.section(table, &entry.node.at, &format!("`[{name}]`"), false);
        let kinds = (role.kinds)(self.request.catalog);
        let format = self.kind(&section, kinds, role, &entry.node.at);
        let kind = section.used.map_or_else(|| format.map_or("", |format| format.name), |(kind, _)| kind);
        let owner = Owner { noun: "option", name: format!("{name} `{kind}`"), key_prefix: "options." };
        let options =
            self.options(&section, format.map(|format| &format.options_schema), &owner, &entry.node.at);
        let is_sound = self.faults.len() == before;
        (FormatUse { kind: kind.to_owned(), options, is_sound }, section.place)
    }

    fn section_table<'t>(&mut self, entry: Option<&'t Entry>, role: &Role) -> Option<&'t Table> {
        let name = role.section;
        let Some(entry) = entry else {
            let fault = Fault::error(format!("the pipeline has no `[{name}]`"));
            self.faults.push(fault.with_hint(role.example).of_absence());
            return None;
        };
        if entry.node.as_table().is_none() {
            let (message, hint) = match &entry.node.value {
                Value::Array(_) => (format!("a pipeline has one {name}"), format!("write `[{name}]`")),
                _ => (format!("`{name}` must be a section"), role.example.to_owned()),
            };
            self.faults.push(Fault::at(&entry.node.at, message).with_hint(hint));
        }
        entry.node.as_table()
    }

    /// Tells the keys of a section apart; `name` is for messages.
    fn section<'t>(&mut self, table: &'t Table, at: &Spot, name: &str, has_id: bool) -> Section<'t> {
        let mut section = Section::default();
        section.place.header = Some(at.clone());
        for entry in &table.entries {
            match entry.key.as_str() {
                "use" => section.used = self.string(entry, name),
                "id" if has_id => section.id = self.string(entry, name),
                "options" if entry.node.as_table().is_some() => section.options = Some(&entry.node),
                "options" => {
                    let message = format!("`options` of {name} must be a table, not {}", entry.node.kind());
                    let hint = "write `options.name = value`";
                    self.faults.push(Fault::at(&entry.node.at, message).with_hint(hint));
                }
                _ => section.unknown.push(entry),
            }
        }
        section.place.used = section.used.map(|(_, at)| at.clone());
        section.place.options = section.options.cloned();
        section
    }

    fn string<'t>(&mut self, entry: &'t Entry, section: &str) -> Option<(&'t str, &'t Spot)> {
        let text = entry.node.as_str();
        if text.is_none() {
            let message = format!("`{}` of {section} takes a string, not {}", entry.key, entry.node.kind());
            self.faults.push(Fault::at(&entry.node.at, message));
        }
        text.map(|text| (text, &entry.node.at))
    }

    /// The kind of source or sink that is used; `auto`, when the file names none and the catalog has it.
    fn kind<'c>(
        &mut self,
        section: &Section<'_>,
        kinds: &'c [FormatEntry],
        role: &Role,
        at: &Spot,
    ) -> Option<&'c FormatEntry> {
        let names = || kinds.iter().map(|kind| kind.name);
        let wanted = section.used.map_or("auto", |(kind, _)| kind);
        let found = kinds.iter().find(|kind| kind.name == wanted);
        match section.used {
            _ if found.is_some() => {}
            Some((kind, at)) => {
                let message = format!("unknown kind of {} `{}`", role.section, words::cut(kind));
                self.faults.push(Fault::at(at, message).with_hint(words::hint_for(kind, "kinds", names())));
            }
            None if section.place.used.is_none() => {
                let message = format!("`[{}]` does not say what to `use`", role.section);
                let hint = format!("add `use = \"…\"` with one of {}", words::list(names()));
                self.faults.push(Fault::at(at, message).with_hint(hint).of_absence());
            }
            None => {}
        }
        found
    }

    /// The checked options of a section, and faults for keys that no section has.
    fn options(
        &mut self,
        section: &Section<'_>,
        schema: Option<&Json>,
        owner: &Owner<'_>,
        at: &Spot,
    ) -> Json {
        let names = schema.map(options::names).unwrap_or_default();
        for entry in &section.unknown {
            self.unknown_key(entry, &names, owner);
        }
        let at = section.place.used.as_ref().unwrap_or(at);
        match schema {
            Some(schema) => options::check(schema, section.options, at, owner, self.faults),
            None => section.options.map_or_else(empty, Node::to_json),
        }
    }

    fn unknown_key(&mut self, entry: &Entry, options: &[&str], owner: &Owner<'_>) {
        let key = entry.key.as_str();
        let message = format!("unknown key `{}` of {}", words::cut(key), owner.name);
        let meant = words::did_you_mean(key, options.iter().copied());
        let known = if owner.name.starts_with("stage") {
            ["use", "id", "options"].as_slice()
        } else {
            &["use", "options"]
        };
        let hint = match (words::did_you_mean(key, known.iter().copied()), meant) {
            (Some(known), _) => format!("did you mean `{known}`?"),
            (None, Some(option)) if option == key => format!("it is an option: write `options.{option}`"),
            (None, Some(option)) => format!("did you mean `options.{option}`?"),
            (None, None) => format!("the keys are {}", words::list(known.iter().copied())),
        };
        self.faults.push(Fault::at(&entry.key_at, message).with_hint(hint));
    }

    fn stages(&mut self, node: Option<&Node>) -> (Vec<StageUse>, Vec<SectionPlace>) {
        let mut line = Line::default();
        match node.map(|node| (&node.value, &node.at)) {
            Some((Value::Array(stages), _)) => {
                for stage in stages {
                    self.stage(stage, &mut line);
                }
            }
            Some((Value::Table(_), at)) => {
                let fault = Fault::at(at, "stages stand in double brackets, as there can be several");
                self.faults.push(fault.with_hint("write `[[stage]]`"));
            }
            Some((_, at)) => {
                let fault = Fault::at(at, "`stage` must be a section");
                self.faults.push(fault.with_hint("write `[[stage]]` and below it `use = \"…\"`"));
            }
            None => {}
        }
        (line.stages, line.places)
    }

    fn stage(&mut self, node: &Node, line: &mut Line) {
        let before = self.faults.len();
        let Some(table) = node.as_table() else {
            let message = format!("a stage is a table, not {}", node.kind());
            self.faults
                .push(Fault::at(&node.at, message).with_hint("write `[[stage]]` and below it `use = \"…\"`"));
            return;
        };
        let section = self.section(table, &node.at, "a stage", true);
        let found = self.find_stage(&section, table, &node.at);
        let name = section.used.map_or("?", |(used, _)| id_of_use(used));
        let owner = Owner {
            noun: "option",
            name: format!(
                "stage `{}`",
                found.as_ref().map_or(words::cut(name), |stage| stage.name.to_string())
            ),
            key_prefix: "options.",
        };
        let schema = found.as_ref().map(|stage| &stage.options_schema);
        let options = self.options(&section, schema, &owner, &node.at);
        let id = self.id(&section, found.as_deref(), &node.at, line);
        let Some(stage) = found else {
            line.has_gaps = true;
            return;
        };
        self.layers(&stage, &section, &node.at, &id, line);
        let is_sound = self.faults.len() == before;
        line.stages.push(StageUse { id, stage, options, is_sound });
        line.places.push(section.place);
    }

    fn find_stage(&mut self, section: &Section<'_>, table: &Table, at: &Spot) -> Option<Arc<StageEntry>> {
        let Some((used, used_at)) = section.used else {
            if table.get("use").is_none() {
                let names = self.request.catalog.stages.iter().map(|stage| &*stage.name);
                let hint = format!("add `use = \"…\"` with one of {}", words::list(names));
                self.faults.push(
                    Fault::at(at, "this stage does not say what to `use`").with_hint(hint).of_absence(),
                );
            }
            return None;
        };
        match stages::find(used, self.request.folder, self.request.catalog) {
            Ok(stage) => Some(stage),
            Err(why) => {
                self.faults.push(Fault::at(used_at, why.message).with_hint(why.hint));
                None
            }
        }
    }

    /// The id of a stage, whole and its own.
    fn id(
        &mut self,
        section: &Section<'_>,
        stage: Option<&StageEntry>,
        at: &Spot,
        line: &mut Line,
    ) -> Arc<str> {
        let used = section.used.map(|(used, at)| (stage.map_or(id_of_use(used), |stage| &stage.name), at));
        let Some((id, id_at)) = section.id.or(used) else { return "?".into() };
        if section.id.is_some() && !is_id(id) {
            let message = format!("`{}` cannot be the id of a stage", words::cut(id));
            let hint = "an id has letters, digits, `_` and `-`, and is not `source` or `sink`";
            self.faults.push(Fault::at(id_at, message).with_hint(hint));
        } else if line.ids.iter().any(|known| known == id) {
            let message = format!("two stages are called `{}`", words::cut(id));
            let hint = format!("give this one an id of its own: `id = \"{}2\"`", words::cut(id));
            let place = if section.id.is_some() { id_at } else { section.place.used.as_ref().unwrap_or(at) };
            self.faults.push(Fault::at(place, message).with_hint(hint));
        }
        line.ids.push(id.to_owned());
        id.into()
    }

    /// Faults for layers that the stage needs and nobody before it writes, and for those that it overwrites.
    fn layers(
        &mut self,
        stage: &StageEntry,
        section: &Section<'_>,
        at: &Spot,
        id: &Arc<str>,
        line: &mut Line,
    ) {
        let at = section.place.used.as_ref().unwrap_or(at);
        for layer in &stage.needs {
            let is_there = line.writers.iter().any(|(written, _)| written == layer);
            if !is_there && !line.has_gaps {
                self.missing_layer(stage, layer, at);
            }
        }
        for layer in &stage.layers {
            let earlier = line.writers.iter().find(|(written, _)| written == layer);
            if let Some((_, writer)) = earlier.filter(|_| !stage.needs.contains(layer)) {
                let message = format!(
                    "stage `{id}` writes layer `{layer}` anew, so what stage `{writer}` wrote is lost"
                );
                self.faults.push(Fault::warning(at, message).with_hint("leave one of the two out"));
            }
            line.writers.retain(|(written, _)| written != layer);
            line.writers.push((Arc::clone(layer), Arc::clone(id)));
        }
    }

    fn missing_layer(&mut self, stage: &StageEntry, layer: &Arc<str>, at: &Spot) {
        let message =
            format!("stage `{}` needs layer `{layer}`, which no stage before it writes", stage.name);
        let catalog = self.request.catalog;
        let writers =
            catalog.stages.iter().filter(|other| other.layers.contains(layer) && other.name != stage.name);
        let hint = match words::list(writers.map(|writer| &*writer.name)) {
            none if none.is_empty() => "no stage found writes it; is a plugin missing?".to_owned(),
            names => format!("put a stage before it that does: {names}"),
        };
        self.faults.push(Fault::at(at, message).with_hint(hint));
    }

    fn run(&mut self, node: Option<&Node>) -> RunSettings {
        let Some(node) = node else { return RunSettings::default() };
        if node.as_table().is_none() {
            self.faults.push(Fault::at(&node.at, "`run` must be a section").with_hint("write `[run]`"));
            return RunSettings::default();
        }
        let owner = Owner { noun: "setting", name: "`[run]`".to_owned(), key_prefix: "" };
        let settings = options::check(&RUN_SCHEMA, Some(node), &node.at, &owner, self.faults);
        serde_json::from_value(settings).unwrap_or_default()
    }
}

/// What is known of the stages read so far.
#[derive(Default)]
struct Line {
    stages: Vec<StageUse>,
    places: Vec<SectionPlace>,
    ids: Vec<String>,
    /// Layers, each with the id of the stage that wrote it last.
    writers: Vec<(Arc<str>, Arc<str>)>,
    /// A stage was not found, so nobody knows what it would have written.
    has_gaps: bool,
}

fn is_id(id: &str) -> bool {
    let is_word =
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    is_word && id != "source" && id != "sink"
}

fn empty() -> Json {
    Json::Object(Map::new())
}
