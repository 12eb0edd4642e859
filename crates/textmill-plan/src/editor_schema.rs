//! The JSON Schema of a pipeline file, for editors.
//!
//! Draft-07, because that is what TOML editors (Taplo, Tombi) understand. A section is one of several shapes, told apart
//! by the constant that `use` has in it. With `if` and `then` in place of that, Taplo 0.9 points to the very option that is
//! wrong and not to the whole stage, but Tombi 1.9 offers no options any more; completion is what a schema is wanted for.
//!
//! Not used for checking: `options` has better words and knows the command line.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use textmill_model::{Catalog, FormatEntry, StageEntry};

use crate::file::RUN_SCHEMA;

/// The schema of pipeline files that use what is in `catalog`.
pub fn json_schema(catalog: &Catalog) -> Json {
    let mut definitions = Map::new();
    let sources = formats(&catalog.sources, "source", &mut definitions);
    let sinks = formats(&catalog.sinks, "sink", &mut definitions);
    let stages = stages(&catalog.stages, &mut definitions);
    let run = embed(&RUN_SCHEMA, "run", &mut definitions);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "pipeline.toml",
        "description": "A textmill pipeline: a source, stages, a sink",
        "type": "object",
        "properties": {
            "source": { "description": "Where documents come from", "oneOf": sources },
            "stage": {
                "description": "What is done to them, first to last",
                "type": "array",
                "items": { "oneOf": stages },
            },
            "sink": { "description": "Where documents go", "oneOf": sinks },
            "run": run,
        },
        "required": ["source", "sink"],
        "additionalProperties": false,
        "definitions": definitions,
    })
}

fn formats(kinds: &[FormatEntry], section: &str, definitions: &mut Map<String, Json>) -> Vec<Json> {
    let shapes = kinds.iter().map(|kind| {
        let options = embed(&kind.options_schema, &format!("{section}.{}", kind.name), definitions);
        let mut required = vec!["use"];
        required.retain(|_| kind.name != "auto");
        required.extend(needs_options(&kind.options_schema));
        json!({
            "title": kind.name,
            "description": kind.summary,
            "type": "object",
            "properties": { "use": { "const": kind.name, "description": kind.summary }, "options": options },
            "required": required,
            "additionalProperties": false,
        })
    });
    shapes.collect()
}

fn stages(stages: &[Arc<StageEntry>], definitions: &mut Map<String, Json>) -> Vec<Json> {
    let id = json!({
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "What to call this stage; needed when one stage is used twice",
    });
    let mut shapes: Vec<Json> = Vec::new();
    for stage in first_of_each_name(stages) {
        let options = embed(&stage.options_schema, &format!("stage.{}", stage.name), definitions);
        let mut required = vec!["use"];
        required.extend(needs_options(&stage.options_schema));
        shapes.push(json!({
            "title": *stage.name,
            "description": stage.summary,
            "type": "object",
            "properties": {
                "use": { "const": *stage.name, "description": stage.summary },
                "id": id,
                "options": options,
            },
            "required": required,
            "additionalProperties": false,
        }));
    }
    let path = json!({
        "type": "string",
        "pattern": "[/\\\\#]|\\.(so|dylib|dll)$",
        "description": "A stage of the plugin at a path: ./my/libthing.so#stage",
    });
    shapes.push(json!({
        "title": "a plugin by its path",
        "type": "object",
        "properties": { "use": path, "id": id, "options": { "type": "object", "additionalProperties": true } },
        "required": ["use"],
        "additionalProperties": false,
    }));
    shapes
}

/// A name that two plugins offer can't be used, and said twice it would fit no shape at all.
fn first_of_each_name(stages: &[Arc<StageEntry>]) -> impl Iterator<Item = &Arc<StageEntry>> {
    let earlier = |i: usize, name: &str| stages[..i].iter().any(|stage| &*stage.name == name);
    stages.iter().enumerate().filter(move |(i, stage)| !earlier(*i, &stage.name)).map(|(_, stage)| stage)
}

fn needs_options(schema: &Json) -> Option<&'static str> {
    let required = schema.get("required").and_then(Json::as_array)?;
    (!required.is_empty()).then_some("options")
}

/// `schema` in draft-07, to stand inside the one schema: what it defines moves to `definitions` under `prefix`.
fn embed(schema: &Json, prefix: &str, definitions: &mut Map<String, Json>) -> Json {
    let mut schema = schema.clone();
    let Some(object) = schema.as_object_mut() else { return schema };
    object.shift_remove("$schema");
    for home in ["$defs", "definitions"] {
        let Some(Json::Object(own)) = object.shift_remove(home) else { continue };
        for (name, mut definition) in own {
            to_draft_07(&mut definition, prefix);
            definitions.insert(format!("{prefix}.{name}"), definition);
        }
    }
    to_draft_07(&mut schema, prefix);
    schema
}

fn to_draft_07(schema: &mut Json, prefix: &str) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(|item| to_draft_07(item, prefix)),
        Json::Object(object) => {
            for (key, inner) in object.iter_mut() {
                match key.as_str() {
                    "default" | "const" | "enum" | "examples" => {}
                    "properties" => {
                        let properties = inner.as_object_mut();
                        properties
                            .into_iter()
                            .flat_map(Map::values_mut)
                            .for_each(|it| to_draft_07(it, prefix));
                    }
                    _ => to_draft_07(inner, prefix),
                }
            }
            tuples_to_items(object);
            move_reference(object, prefix);
        }
        _ => {}
    }
}

/// Draft-07 writes the types of a tuple as a list in `items`.
fn tuples_to_items(object: &mut Map<String, Json>) {
    if let Some(prefix_items) = object.shift_remove("prefixItems")
        && let Some(rest) = object.insert("items".to_owned(), prefix_items)
    {
        object.insert("additionalItems".to_owned(), rest);
    }
}

/// Points a reference to where [`embed`] moved its target. What stands next to a reference counts in draft-07 only when
/// the reference is wrapped.
fn move_reference(object: &mut Map<String, Json>, prefix: &str) {
    let Some(Json::String(reference)) = object.get("$ref").cloned() else { return };
    let name = reference.rsplit('/').next().unwrap_or_default();
    let moved = json!(format!("#/definitions/{prefix}.{name}"));
    object.shift_remove("$ref");
    if object.is_empty() {
        object.insert("$ref".to_owned(), moved);
    } else {
        object.insert("allOf".to_owned(), json!([{ "$ref": moved }]));
    }
}
