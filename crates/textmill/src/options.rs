//! What the JSON Schema of options says, in the words of a reference page: name, kind of value, default, description.
//!
//! Only what schemars writes for structs and enums is understood; anything else is called a value.

use serde_json::Value as Json;

/// An option as a reader wants to know it.
#[derive(Debug)]
pub(crate) struct OptionEntry<'a> {
    pub(crate) name: &'a str,
    /// `a number from 0 to 1`.
    pub(crate) takes: String,
    /// What it is when nobody says anything; none for one that must be given, or that is then not set.
    pub(crate) default: Option<&'a Json>,
    pub(crate) is_required: bool,
    /// Whether it can be left unset, which then means something of its own.
    pub(crate) may_be_unset: bool,
    /// In sentences; may be empty.
    pub(crate) description: String,
    /// For an option with a few values to choose from: each with what it means.
    pub(crate) choices: Vec<(String, String)>,
}

/// The options of `schema`, whose references start at `root`, in their order.
pub(crate) fn of<'a>(schema: &'a Json, root: &'a Json) -> Vec<OptionEntry<'a>> {
    let is_required = |name: &str| list(schema, "required").iter().any(|it| it == name);
    let properties = schema.get("properties").and_then(Json::as_object).into_iter().flatten();
    let entry = |(name, property): (&'a String, &'a Json)| {
        let shape = target(property, root);
        OptionEntry {
            name,
            takes: takes(shape, root),
            default: property.get("default").filter(|default| !default.is_null()),
            is_required: is_required(name),
            may_be_unset: may_be_null(property),
            description: description(property),
            choices: choices(shape),
        }
    };
    properties.map(entry).collect()
}

/// What a reference leads to; schemars puts one that has a default or a description of its own into an `allOf`, and one
/// that may be missing into an `anyOf` with null.
fn target<'a>(schema: &'a Json, root: &'a Json) -> &'a Json {
    let inner = ["allOf", "anyOf"].iter().find_map(|key| list(schema, key).first()).unwrap_or(schema);
    let path = inner.get("$ref").and_then(Json::as_str).and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| root.pointer(path)).unwrap_or(inner)
}

fn may_be_null(schema: &Json) -> bool {
    let is_null = |kind: &Json| kind == "null";
    list(schema, "type").iter().any(is_null)
        || list(schema, "anyOf").iter().any(|shape| shape.get("type").is_some_and(is_null))
}

fn takes(schema: &Json, root: &Json) -> String {
    let choices = choices(schema);
    if !choices.is_empty() {
        let names: Vec<String> = choices.into_iter().map(|(name, _)| format!("`{name}`")).collect();
        return format!("one of {}", names.join(", "));
    }
    let kind = match schema.get("type") {
        Some(Json::Array(several)) => several.iter().find(|kind| *kind != "null").and_then(Json::as_str),
        one => one.and_then(Json::as_str),
    };
    match kind {
        Some("string") => "a string".to_owned(),
        Some("integer") => format!("a whole number{}", range(schema)),
        Some("number") => format!("a number{}", range(schema)),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => {
            let items = schema.get("items").map(|items| takes(target(items, root), root));
            format!("a list, each {}", items.unwrap_or_else(|| "a value".to_owned()))
        }
        Some("object") => "a table".to_owned(),
        _ => "a value".to_owned(),
    }
}

fn range(schema: &Json) -> String {
    let bound = |key: &str| schema.get(key).filter(|bound| bound.as_f64() != Some(0.0) || key == "maximum");
    let number = |bound: &Json| match bound.as_f64() {
        Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => format!("{whole}"),
        _ => bound.to_string(),
    };
    let least = schema.get("minimum");
    match (bound("minimum"), bound("maximum")) {
        (None, None) => String::new(),
        (Some(least), None) => format!(" of at least {}", number(least)),
        (_, Some(most)) => match least {
            Some(least) => format!(" from {} to {}", number(least), number(most)),
            None => format!(" of at most {}", number(most)),
        },
    }
}

fn choices(schema: &Json) -> Vec<(String, String)> {
    let named = |choice: &Json| choice.as_str().map(str::to_owned);
    let plain = list(schema, "enum").iter().filter_map(named).map(|name| (name, String::new()));
    let described = list(schema, "oneOf").iter().flat_map(|choice| {
        let names = choice.get("const").into_iter().chain(list(choice, "enum"));
        names.filter_map(named).map(|name| (name, description(choice)))
    });
    plain.chain(described).collect()
}

/// The description on one line a paragraph.
fn description(schema: &Json) -> String {
    let text = schema.get("description").and_then(Json::as_str).unwrap_or_default();
    let paragraphs =
        text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn list<'a>(schema: &'a Json, key: &str) -> &'a [Json] {
    schema.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}
