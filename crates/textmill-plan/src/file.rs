//! Reads a parsed pipeline file: sections into a plan, and everything wrong with them into faults.
//!
//! Each part is read for itself, and what is wrong in one keeps no other from being looked at. A fault that only
//! follows from another is left out.

use std::sync::LazyLock;

use schemars::schema_for;
use serde_json::{Map, Value as Json};
use textmill_model::FormatEntry;

use crate::options::{self, Owner};
use crate::plan::{FormatUse, Places, Plan, RunSettings, SectionPlace};
use crate::section::Section;
use crate::tree::{Entry, Node, Table, Value};
use crate::{Fault, Request, stages, words};

/// The schema of section `[run]`.
pub(crate) static RUN_SCHEMA: LazyLock<Json> = LazyLock::new(|| schema_for!(RunSettings).to_value());

/// Reads the sections of `document`.
pub(crate) fn read(document: &Table, request: &Request<'_>, faults: &mut Vec<Fault>) -> Plan {
    let is_known = |entry: &&Entry| ["source", "stage", "sink", "run"].contains(&entry.key.as_str());
    faults.extend(document.entries.iter().filter(|entry| !is_known(entry)).map(unknown_section));
    let (source, source_place) = format(document.entry("source"), &SOURCE, &request.catalog.sources, faults);
    let (stages, stage_places) = stages::read(document.get("stage"), request, faults);
    let (sink, sink_place) = format(document.entry("sink"), &SINK, &request.catalog.sinks, faults);
    let run = run(document.get("run"), faults);
    Plan {
        file_name: request.file_name.to_owned(),
        source,
        stages,
        sink,
        run,
        overrides: request.overrides.to_vec(),
        places: Places { source: source_place, stages: stage_places, sink: sink_place },
    }
}

fn unknown_section(entry: &Entry) -> Fault {
    let is_section = matches!(entry.node.value, Value::Table(_) | Value::Array(_));
    let noun = if is_section { "section" } else { "key" };
    let hint = match section_meant(&entry.key) {
        Some(section) => format!("did you mean `{section}`?"),
        None => "a pipeline has `[source]`, `[[stage]]`, `[sink]` and `[run]`".to_owned(),
    };
    Fault::at(&entry.key_at, format!("unknown {noun} `{}`", words::cut(&entry.key))).with_hint(hint)
}

/// The section that somebody means who writes `name`, be it misspelt or what other programs call it.
fn section_meant(name: &str) -> Option<&'static str> {
    const NAMES: [(&str, &str); 15] = [
        ("source", "[source]"),
        ("input", "[source]"),
        ("reader", "[source]"),
        ("stage", "[[stage]]"),
        ("step", "[[stage]]"),
        ("pipeline", "[[stage]]"),
        ("plugin", "[[stage]]"),
        ("transform", "[[stage]]"),
        ("processor", "[[stage]]"),
        ("sink", "[sink]"),
        ("output", "[sink]"),
        ("writer", "[sink]"),
        ("run", "[run]"),
        ("settings", "[run]"),
        ("config", "[run]"),
    ];
    let meant = words::did_you_mean(name, NAMES.iter().map(|(name, _)| *name))?;
    NAMES.iter().find(|(name, _)| *name == meant).map(|(_, section)| *section)
}

/// The source or the sink.
struct Role {
    section: &'static str,
    example: &'static str,
}

const SOURCE: Role =
    Role { section: "source", example: "add\n  [source]\n  options.paths = [\"documents/*.txt\"]" };

const SINK: Role = Role {
    section: "sink",
    example: "add\n  [sink]\n  use = \"jsonl\"\n  options.path = \"out/documents.jsonl\"",
};

fn format(
    entry: Option<&Entry>,
    role: &Role,
    kinds: &[FormatEntry],
    faults: &mut Vec<Fault>,
) -> (FormatUse, SectionPlace) {
    let before = faults.len();
    let Some((node, table)) = section_table(entry, role, faults) else {
        let nothing = Json::Object(Map::new());
        return (
            FormatUse { kind: String::new(), options: nothing, is_sound: false },
            SectionPlace::default(),
        );
    };
    let name = role.section;
    let section = Section::read(table, &node.at, &format!("`[{name}]`"), &["use", "options"], faults);
    let found = kind(&section, kinds, role, faults);
    let kind = section.used.map_or_else(|| found.map_or("", |found| found.name), |(kind, _)| kind);
    let owner =
        Owner { noun: "option", name: format!("{name} `{}`", words::cut(kind)), key_prefix: "options." };
    let options = section.options(found.map(|found| &found.options_schema), &owner, faults);
    let is_sound = faults.len() == before && found.is_some() && !section.is_broken();
    (FormatUse { kind: kind.to_owned(), options, is_sound }, section.place)
}

fn section_table<'t>(
    entry: Option<&'t Entry>,
    role: &Role,
    faults: &mut Vec<Fault>,
) -> Option<(&'t Node, &'t Table)> {
    let name = role.section;
    let Some(entry) = entry else {
        faults.push(
            Fault::error(format!("the pipeline has no `[{name}]`")).with_hint(role.example).of_absence(),
        );
        return None;
    };
    let table = entry.node.as_table().map(|table| (&entry.node, table));
    if table.is_none() {
        let (message, hint) = match &entry.node.value {
            Value::Array(_) => (format!("a pipeline has one {name}"), format!("write `[{name}]`")),
            _ => (format!("`{name}` must be a section"), role.example.to_owned()),
        };
        faults.push(Fault::at(&entry.node.at, message).with_hint(hint));
    }
    table
}

/// The kind of source or sink that is used; `auto`, when the file names none and there is such a kind.
fn kind<'c>(
    section: &Section<'_>,
    kinds: &'c [FormatEntry],
    role: &Role,
    faults: &mut Vec<Fault>,
) -> Option<&'c FormatEntry> {
    let names = || kinds.iter().map(|kind| kind.name);
    let wanted = match section.used {
        Some((kind, _)) => kind,
        None if section.has_use => return None,
        None => "auto",
    };
    let found = kinds.iter().find(|kind| kind.name == wanted);
    match section.used {
        _ if found.is_some() => {}
        Some((kind, at)) => {
            let message = format!("unknown kind of {} `{}`", role.section, words::cut(kind));
            faults.push(Fault::at(at, message).with_hint(words::hint_for(kind, "known kinds", names())));
        }
        None => {
            let message = format!("`[{}]` does not say what to `use`", role.section);
            let hint = format!("add `use = \"…\"` with one of {}", words::list(names()));
            faults.push(Fault::at(&section.spot(), message).with_hint(hint).of_absence());
        }
    }
    found
}

fn run(node: Option<&Node>, faults: &mut Vec<Fault>) -> RunSettings {
    let Some(node) = node else { return RunSettings::default() };
    if node.as_table().is_none() {
        faults.push(Fault::at(&node.at, "`run` must be a section").with_hint("write `[run]`"));
        return RunSettings::default();
    }
    let owner = Owner { noun: "setting", name: "`[run]`".to_owned(), key_prefix: "" };
    let settings = options::check(&RUN_SCHEMA, Some(node), &node.at, &owner, &[], faults);
    serde_json::from_value(settings).unwrap_or_default()
}
