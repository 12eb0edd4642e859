//! Overrides from the command line: `stage.dedup.similarity=0.7`, `source.paths=["x"]`, `run.threads=2`.
//!
//! They are put into the tree before anything looks at it, so that they are checked just as the file is, and what is
//! wrong with one is shown in it. The value is TOML; what isn't TOML is taken as a string, so that paths need no quotes.

use std::sync::Arc;

use crate::Fault;
use crate::lookup::id_of_use;
use crate::tree::{self, Node, Spot, Table, Value};
use crate::words;

const EXAMPLE: &str = "write `--set stage.ID.OPTION=VALUE`, or `source.`, `sink.` or `run.` and a name";

/// Puts `overrides` into the document, each over what the file or an earlier one says.
pub(crate) fn apply(document: &mut Table, overrides: &[String], faults: &mut Vec<Fault>) {
    for text in overrides {
        if let Err(fault) = Override::parse(text).and_then(|it| it.apply(document)) {
            faults.push(*fault);
        }
    }
}

struct Override {
    /// The names before the `=`, each with its place.
    keys: Vec<(String, Spot)>,
    value: Node,
}

impl Override {
    fn parse(text: &str) -> Result<Override, Box<Fault>> {
        let line: Arc<str> = format!("--set {text}").into();
        let spot =
            |start: usize, end: usize| Spot { command_line: Some(Arc::clone(&line)), range: start..end };
        let start = line.len() - text.len();
        let Some((path, value)) = text.split_once('=') else {
            return Err(refusal(&spot(start, line.len()), "an override needs a `=` and a value"));
        };
        let mut keys = Vec::new();
        let mut at = start;
        for key in path.split('.') {
            let trimmed = key.trim();
            let from = at + (key.len() - key.trim_start().len());
            keys.push((trimmed.to_owned(), spot(from, from + trimmed.len())));
            if trimmed.is_empty() {
                return Err(refusal(&spot(start, start + path.len()), "a name is missing in this override"));
            }
            at += key.len() + 1;
        }
        let value_at = spot(start + path.len() + 1, line.len());
        let value = tree::parse_value(value, &value_at)
            .unwrap_or_else(|| Node { value: Value::String(value.to_owned()), at: value_at });
        Ok(Override { keys, value })
    }

    fn apply(self, document: &mut Table) -> Result<(), Box<Fault>> {
        let Override { keys, value } = self;
        match keys[0].0.as_str() {
            "run" => put(document.get_or_insert_table("run", &keys[0].1), &keys[1..], value, &keys[0].1),
            section @ ("source" | "sink") => {
                let node = document.get_or_insert_table(section, &keys[0].1);
                put_into_section(node, &keys[1..], value, &keys[0].1)
            }
            "stage" => {
                let Some((id, id_at)) = keys.get(1) else {
                    return Err(refusal(&keys[0].1, "this override does not say which stage"));
                };
                put_into_section(stage_called(document, id, id_at)?, &keys[2..], value, id_at)
            }
            other => {
                let message = format!("unknown section `{}` in an override", words::cut(other));
                let hint = words::hint_for(other, "known sections", ["source", "stage", "sink", "run"]);
                Err(Box::new(Fault::at(&keys[0].1, message).with_hint(hint)))
            }
        }
    }
}

/// The table of the stage that has `id`, by its `id` or, without one, by what it uses.
fn stage_called<'a>(document: &'a mut Table, id: &str, id_at: &Spot) -> Result<&'a mut Node, Box<Fault>> {
    let stages = document.entries.iter_mut().find(|entry| entry.key == "stage");
    let stages = stages.map_or(&mut [][..], |entry| match &mut entry.node.value {
        Value::Array(stages) => &mut stages[..],
        _ => &mut [],
    });
    let ids: Vec<String> = stages.iter().filter_map(|stage| stage.as_table().and_then(stage_id)).collect();
    let found = stages.iter_mut().find(|stage| stage.as_table().and_then(stage_id).as_deref() == Some(id));
    found.ok_or_else(|| {
        let message = format!("the pipeline has no stage `{}`", words::cut(id));
        Box::new(Fault::at(id_at, message).with_hint(words::hint_for(
            id,
            "its stages",
            ids.iter().map(String::as_str),
        )))
    })
}

fn stage_id(stage: &Table) -> Option<String> {
    let written = stage.get("id").and_then(Node::as_str);
    written.or_else(|| stage.get("use").and_then(Node::as_str).map(id_of_use)).map(str::to_owned)
}

/// Sets `use`, or an option by its name, with or without `options.` before it.
fn put_into_section(
    section: &mut Node,
    keys: &[(String, Spot)],
    value: Node,
    at: &Spot,
) -> Result<(), Box<Fault>> {
    match keys {
        [(key, _)] if key == "use" => put(section, keys, value, at),
        [(key, _), rest @ ..] if key == "options" && !rest.is_empty() => {
            put(options_of(section, at)?, rest, value, at)
        }
        _ => put(options_of(section, at)?, keys, value, at),
    }
}

fn options_of<'a>(section: &'a mut Node, at: &Spot) -> Result<&'a mut Node, Box<Fault>> {
    match &mut section.value {
        Value::Table(table) => Ok(table.get_or_insert_table("options", at)),
        _ => Err(refusal(at, "this override reaches into something that is not a table")),
    }
}

fn put(node: &mut Node, keys: &[(String, Spot)], value: Node, at: &Spot) -> Result<(), Box<Fault>> {
    let Some(((key, key_at), rest)) = keys.split_first() else {
        return Err(refusal(at, "this override does not say what to set"));
    };
    let Value::Table(table) = &mut node.value else {
        return Err(refusal(key_at, "this override reaches into something that is not a table"));
    };
    if rest.is_empty() {
        table.set(key, key_at.clone(), value);
        return Ok(());
    }
    put(table.get_or_insert_table(key, key_at), rest, value, key_at)
}

fn refusal(spot: &Spot, message: &str) -> Box<Fault> {
    Box::new(Fault::at(spot, message).with_hint(EXAMPLE))
}
