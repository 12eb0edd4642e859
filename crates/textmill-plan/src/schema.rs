//! What a JSON Schema says, one question at a time.
//!
//! A schema comes from a plugin, so nothing in it is sure: what is not as the standard has it says nothing.
//!
//! Not here: holding a value against it (`options`), and its limits (`limits`).

use serde_json::{Map, Value as Json};

use crate::tree::{Node, Value};

/// A schema that says something; `true` and the like say nothing.
#[derive(Clone, Copy)]
pub(crate) struct Schema<'a>(&'a Map<String, Json>);

impl<'a> Schema<'a> {
    pub(crate) fn of(json: &'a Json) -> Option<Schema<'a>> {
        json.as_object().map(Schema)
    }

    pub(crate) fn get(self, key: &str) -> Option<&'a Json> {
        self.0.get(key)
    }

    pub(crate) fn list(self, key: &str) -> &'a [Json] {
        self.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
    }

    /// What its reference leads to.
    pub(crate) fn target(self, root: &'a Json) -> Option<&'a Json> {
        root.pointer(self.get("$ref")?.as_str()?.strip_prefix('#')?)
    }

    /// The types it allows, `null` left out: TOML has none. Empty when it allows all.
    pub(crate) fn types(self) -> Vec<&'a str> {
        let types = match self.get("type") {
            Some(Json::Array(several)) => several.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        types.iter().filter_map(Json::as_str).filter(|kind| *kind != "null").collect()
    }

    pub(crate) fn takes_type_of(self, node: &Node) -> bool {
        let types = self.types();
        types.is_empty() || types.iter().any(|kind| has_type(node, kind))
    }

    /// What a value must be: `a list of strings`.
    pub(crate) fn describe(self) -> String {
        let described: Vec<&str> = self.types().into_iter().map(|kind| self.describe_type(kind)).collect();
        if described.is_empty() { "something else".to_owned() } else { described.join(" or ") }
    }

    fn describe_type(self, kind: &'a str) -> &'a str {
        match kind {
            "string" => "a string",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "`true` or `false`",
            "object" => "a table",
            "array" => match self.get("items").and_then(|items| items.get("type")).and_then(Json::as_str) {
                Some("string") => "a list of strings",
                Some("integer" | "number") => "a list of numbers",
                _ => "a list",
            },
            other => other,
        }
    }

    /// The values of which it must be one; empty when there is no such list.
    pub(crate) fn constants(self) -> Vec<&'a Json> {
        let all = self.get("const").into_iter().chain(self.list("enum"));
        all.filter(|constant| !constant.is_null()).collect()
    }

    /// How such a value is written, with `…` for what only the reader can know.
    pub(crate) fn example(self) -> String {
        match (self.constants().first(), self.types().first()) {
            (Some(constant), _) => constant.to_string(),
            (None, Some(&"array")) => "[…]".to_owned(),
            (None, Some(&"string")) => "\"…\"".to_owned(),
            (None, Some(&"object")) => "{ … }".to_owned(),
            _ => "…".to_owned(),
        }
    }

    pub(crate) fn says_items(self) -> bool {
        ["items", "prefixItems"].iter().any(|key| self.0.contains_key(*key))
    }

    /// The schema of item `i` of a list or of a tuple; draft-07 keeps those of a tuple in `items`.
    pub(crate) fn item(self, i: usize) -> &'a Json {
        let in_tuple = self.list("prefixItems").get(i).or_else(|| self.list("items").get(i));
        let rest = self.get("items").filter(|items| !items.is_array());
        in_tuple.or(rest).unwrap_or(&Json::Bool(true))
    }

    pub(crate) fn says_members(self) -> bool {
        ["properties", "additionalProperties", "required"].iter().any(|key| self.0.contains_key(*key))
    }

    /// The members it names, in its order, each with its schema.
    pub(crate) fn properties(self) -> impl Iterator<Item = (&'a String, &'a Json)> {
        self.get("properties").and_then(Json::as_object).into_iter().flatten()
    }

    pub(crate) fn property(self, key: &str) -> Option<&'a Json> {
        self.get("properties")?.get(key)
    }

    pub(crate) fn names(self) -> impl Iterator<Item = &'a str> {
        self.properties().map(|(key, _)| key.as_str())
    }

    /// The schema of members that it does not name; none when there must not be any.
    pub(crate) fn other_members(self) -> Option<&'a Json> {
        self.get("additionalProperties").filter(|other| **other != Json::Bool(false))
    }

    /// Properties that can have one value only, and so say which of several shapes a table has.
    pub(crate) fn tags(self) -> Vec<(&'a str, &'a Json)> {
        self.properties().filter_map(|(key, property)| Some((key.as_str(), property.get("const")?))).collect()
    }

    /// Whether the value has its type, and no tag that says otherwise.
    pub(crate) fn may_be_meant_by(self, node: &Node) -> bool {
        let has = |key: &str, constant: &Json| {
            node.as_table().and_then(|table| table.get(key)).is_some_and(|value| value.equals(constant))
        };
        self.takes_type_of(node) && self.tags().iter().all(|(key, constant)| has(key, constant))
    }
}

fn has_type(node: &Node, kind: &str) -> bool {
    match &node.value {
        Value::String(_) => kind == "string",
        Value::Integer(_) => kind == "integer" || kind == "number",
        Value::Float(x) => kind == "number" && x.is_finite(),
        Value::Boolean(_) => kind == "boolean",
        Value::Date(_) | Value::Broken => false,
        Value::Array(_) => kind == "array",
        Value::Table(_) => kind == "object",
    }
}
