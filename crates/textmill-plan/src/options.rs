//! Checks options against their JSON Schema, and fills in defaults.
//!
//! A tree with places and a schema go in; JSON that fits the schema, and every fault with its place, come out. A small
//! validator of our own, because what a reader needs (the very place, the names there are, what was meant) is what
//! general ones don't keep. It knows what derived schemas hold: `type`, `enum`, `const`, limits of numbers, strings and
//! lists, `items`, `prefixItems`, `properties`, `required`, `additionalProperties`, `$ref`, `anyOf`, `oneOf`, `allOf`.
//!
//! Stricter than the standard in one thing: where a schema names properties and doesn't allow others in so many words,
//! others are faults. A misspelt option must not pass for none. `pattern` and `format` are left to the plugin.

use std::cell::Cell;

use serde_json::{Map, Value as Json};

use crate::Fault;
use crate::tree::{Node, Spot, Table, Value};
use crate::words;

/// Schemas that refer to themselves end here; no option is nested as deep.
const DEPTH_MAX: usize = 100;

/// Schemas whose alternatives multiply end here: so many looks at each value of the file. Derived ones need about five.
const STEPS_FOR_A_VALUE: usize = 1000;

/// What the options belong to, for messages.
pub(crate) struct Owner<'a> {
    /// `option` or `setting`.
    pub(crate) noun: &'a str,
    /// ``stage `dedup` ``, `[run]`.
    pub(crate) name: String,
    /// Shown when an option is missing: how the key is written, before its name: `options.`.
    pub(crate) key_prefix: &'a str,
}

/// The options as JSON with defaults filled in, in the order of the schema.
///
/// `node` is the table of options, if the file has one; `at` is where to point when something is missing in none. What
/// is faulty is left out of the answer. That one of `excused` is missing is no fault: there is one about it already.
pub(crate) fn check(
    schema: &Json,
    node: Option<&Node>,
    at: &Spot,
    owner: &Owner<'_>,
    excused: &[&str],
    faults: &mut Vec<Fault>,
) -> Json {
    let empty = Node { value: Value::Table(Table::default()), at: at.clone() };
    let node = node.unwrap_or(&empty);
    let checker =
        Checker { root: schema, owner, excused, steps_left: Cell::new(STEPS_FOR_A_VALUE * node.count()) };
    checker.value(schema, node, &Name::whole(), faults).unwrap_or_else(|| Json::Object(Map::new()))
}

/// The names of the options that `schema` allows.
pub(crate) fn names(schema: &Json) -> Vec<&str> {
    properties(schema).map(|properties| properties.keys().map(String::as_str).collect()).unwrap_or_default()
}

struct Checker<'a> {
    root: &'a Json,
    owner: &'a Owner<'a>,
    excused: &'a [&'a str],
    steps_left: Cell<usize>,
}

/// What to call an option in a message: `inner.words[2]`, and how deep the schema goes there.
struct Name {
    path: String,
    depth: usize,
}

impl Name {
    fn whole() -> Name {
        Name { path: String::new(), depth: 0 }
    }

    fn same(&self) -> Name {
        Name { path: self.path.clone(), depth: self.depth + 1 }
    }

    fn key(&self, key: &str) -> Name {
        let dot = if self.path.is_empty() { "" } else { "." };
        Name { path: format!("{}{dot}{}", self.path, words::cut(key)), depth: self.depth + 1 }
    }

    fn item(&self, i: usize) -> Name {
        Name { path: format!("{}[{i}]", self.path), depth: self.depth + 1 }
    }
}

impl<'a> Checker<'a> {
    /// The value as JSON; none when it does not fit, and then there is a fault more.
    fn value(&self, schema: &'a Json, node: &Node, name: &Name, faults: &mut Vec<Fault>) -> Option<Json> {
        let before = faults.len();
        let Json::Object(schema) = schema else { return Some(node.to_json()) };
        if matches!(node.value, Value::Broken) {
            return None;
        }
        let steps = self.steps_left.get();
        if name.depth > DEPTH_MAX || steps == 0 {
            return Some(node.to_json());
        }
        self.steps_left.set(steps - 1);
        let mut json = None;
        if let Some(target) = self.target(schema) {
            json = self.value(target, node, &name.same(), faults);
        }
        for part in list(schema, "allOf") {
            json = self.value(part, node, &name.same(), faults);
        }
        for key in ["anyOf", "oneOf"] {
            if schema.contains_key(key) {
                json = self.alternatives(list(schema, key), node, name, faults);
            }
        }
        if faults.len() == before && self.type_fits(schema, node, name, faults) {
            self.limits(schema, node, name, faults);
            json = self.inside(schema, node, name, faults).or(json);
        }
        if faults.len() == before {
            json.or_else(|| Some(number(schema, node)))
        } else {
            self.partial(json, node)
        }
    }

    /// A table with faults in it still tells what was sound; anything else doesn't.
    fn partial(&self, json: Option<Json>, node: &Node) -> Option<Json> {
        json.filter(|_| node.as_table().is_some())
    }

    fn target(&self, schema: &'a Map<String, Json>) -> Option<&'a Json> {
        let path = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(path)
    }

    /// Follows references to what they lead to.
    fn resolve(&self, mut schema: &'a Json) -> &'a Json {
        for _ in 0..DEPTH_MAX {
            match schema.as_object().and_then(|object| self.target(object)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn type_fits(
        &self,
        schema: &Map<String, Json>,
        node: &Node,
        name: &Name,
        faults: &mut Vec<Fault>,
    ) -> bool {
        if types(schema).is_empty() || types(schema).iter().any(|kind| has_type(node, kind)) {
            return self.is_one_of(schema, node, name, faults);
        }
        let wanted = describe(schema);
        let fault = Fault::at(&node.at, format!("{} takes {wanted}, not {}", self.call(name), node.kind()));
        faults.push(match rewrite(schema, node) {
            Some(rewrite) => fault.with_hint(rewrite),
            None => fault,
        });
        false
    }

    fn is_one_of(
        &self,
        schema: &Map<String, Json>,
        node: &Node,
        name: &Name,
        faults: &mut Vec<Fault>,
    ) -> bool {
        let allowed = constants(schema);
        if allowed.is_empty() || allowed.iter().any(|constant| equal(constant, node)) {
            return true;
        }
        faults.push(self.not_one_of(&allowed, node, name));
        false
    }

    fn not_one_of(&self, allowed: &[&Json], node: &Node, name: &Name) -> Fault {
        let names: Vec<String> = allowed.iter().map(|constant| shown(constant)).collect();
        let message = format!("{} cannot be {}", self.call(name), quoted(node));
        let hint =
            words::hint_for(node.as_str().unwrap_or_default(), "choices", names.iter().map(String::as_str));
        Fault::at(&node.at, message).with_hint(hint)
    }

    fn limits(&self, schema: &Map<String, Json>, node: &Node, name: &Name, faults: &mut Vec<Fault>) {
        let mut refuse = |must: String| {
            let message = format!("{} must {must}", self.call(name));
            faults.push(Fault::at(&node.at, message));
        };
        match &node.value {
            Value::Integer(_) | Value::Float(_) => {
                if let Some(must) = number_limit(schema, node) {
                    refuse(must);
                }
            }
            Value::String(text) => {
                let length = text.chars().count() as u64;
                if let Some(limit) = at_least(schema, "minLength", length) {
                    refuse(match limit {
                        1 => "not be empty".to_owned(),
                        _ => format!("have at least {limit} characters"),
                    });
                }
                if let Some(limit) = at_most(schema, "maxLength", length) {
                    refuse(format!("have at most {limit} character{}", plural(limit)));
                }
            }
            Value::Array(items) => {
                if let Some(limit) = at_least(schema, "minItems", items.len() as u64) {
                    refuse(match limit {
                        1 => "not be empty".to_owned(),
                        _ => format!("have at least {limit} items"),
                    });
                }
                if let Some(limit) = at_most(schema, "maxItems", items.len() as u64) {
                    refuse(format!("have at most {limit} item{}", plural(limit)));
                }
            }
            _ => {}
        }
    }

    fn inside(
        &self,
        schema: &'a Map<String, Json>,
        node: &Node,
        name: &Name,
        faults: &mut Vec<Fault>,
    ) -> Option<Json> {
        match &node.value {
            Value::Array(items) if schema.contains_key("items") || schema.contains_key("prefixItems") => {
                let each = items
                    .iter()
                    .enumerate()
                    .filter_map(|(i, item)| self.value(item_schema(schema, i), item, &name.item(i), faults));
                Some(each.collect())
            }
            Value::Table(table) if says_members(schema) => {
                Some(Json::Object(self.members(schema, table, node, name, faults)))
            }
            _ => None,
        }
    }

    fn members(
        &self,
        schema: &'a Map<String, Json>,
        table: &Table,
        node: &Node,
        name: &Name,
        faults: &mut Vec<Fault>,
    ) -> Map<String, Json> {
        let known = schema.get("properties").and_then(Json::as_object);
        let mut members = Map::new();
        for (key, property) in known.into_iter().flatten() {
            let value = match table.get(key) {
                Some(value) => self.value(property, value, &name.key(key), faults),
                None => property.get("default").and_then(without_nulls),
            };
            members.extend(value.map(|value| (key.clone(), value)));
        }
        let is_known = |key: &str| known.is_some_and(|known| known.contains_key(key));
        let mut excused: Vec<&str> = if name.path.is_empty() { self.excused.to_vec() } else { Vec::new() };
        for entry in table.entries.iter().filter(|entry| !is_known(&entry.key)) {
            match schema.get("additionalProperties") {
                Some(Json::Bool(true)) => _ = members.insert(entry.key.clone(), entry.node.to_json()),
                Some(other @ Json::Object(_)) => {
                    let value = self.value(other, &entry.node, &name.key(&entry.key), faults);
                    members.extend(value.map(|value| (entry.key.clone(), value)));
                }
                _ => {
                    let names = known.into_iter().flat_map(|known| known.keys().map(String::as_str));
                    excused.extend(words::did_you_mean(&entry.key, names));
                    faults.push(self.unknown(known, &entry.key, &entry.key_at, name));
                }
            }
        }
        for key in list(schema, "required").iter().filter_map(Json::as_str) {
            if table.get(key).is_none() && !members.contains_key(key) && !excused.contains(&key) {
                faults.push(self.missing(known, key, &node.at, name));
            }
        }
        members
    }

    fn unknown(&self, known: Option<&Map<String, Json>>, key: &str, at: &Spot, name: &Name) -> Fault {
        let names = || known.into_iter().flat_map(|known| known.keys().map(String::as_str));
        let inside = if name.path.is_empty() { String::new() } else { format!(" in `{}`", name.path) };
        let message =
            format!("unknown {} `{}`{inside} of {}", self.owner.noun, words::cut(key), self.owner.name);
        Fault::at(at, message).with_hint(words::hint_for(
            key,
            &format!("known {}s", self.owner.noun),
            names(),
        ))
    }

    fn missing(&self, known: Option<&Map<String, Json>>, key: &str, at: &Spot, name: &Name) -> Fault {
        let name = name.key(key);
        let property = known.and_then(|known| known.get(key)).unwrap_or(&Json::Null);
        let example = self.example(property);
        let message = format!("{} is missing", self.call(&name));
        let about = property.get("description").and_then(Json::as_str).map(first_sentence);
        let about = about.map_or(String::new(), |about| format!(" ({about})"));
        let hint = format!("add `{}{} = {example}`{about}", self.owner.key_prefix, name.path);
        Fault::at(at, message).with_hint(hint).of_absence()
    }

    fn example(&self, property: &'a Json) -> String {
        let schema = self.resolve(property);
        let Json::Object(schema) = schema else { return "…".to_owned() };
        match (constants(schema).first(), types(schema).first()) {
            (Some(constant), _) => constant.to_string(),
            (None, Some(&"array")) => "[…]".to_owned(),
            (None, Some(&"string")) => "\"…\"".to_owned(),
            (None, Some(&"object")) => "{ … }".to_owned(),
            _ => "…".to_owned(),
        }
    }

    /// Takes the first branch that fits; when none does, faults of the branch that was probably meant.
    fn alternatives(
        &self,
        branches: &'a [Json],
        node: &Node,
        name: &Name,
        faults: &mut Vec<Fault>,
    ) -> Option<Json> {
        let branches: Vec<&Json> =
            branches.iter().filter(|branch| branch.get("type") != Some(&Json::from("null"))).collect();
        let mut tried = Vec::new();
        for branch in &branches {
            let mut found = Vec::new();
            let json = self.value(branch, node, &name.same(), &mut found);
            if found.is_empty() {
                return json;
            }
            if self.may_be_meant(branch, node) {
                tried.push((found, json));
            }
        }
        let resolved: Vec<_> =
            branches.iter().filter_map(|branch| self.resolve(branch).as_object()).collect();
        let allowed: Vec<&Json> = resolved.iter().flat_map(|schema| constants(schema)).collect();
        if !allowed.is_empty() && node.as_table().is_none() {
            faults.push(self.not_one_of(&allowed, node, name));
            return None;
        }
        if let Some((found, json)) = tried.into_iter().min_by_key(|(found, _)| found.len()) {
            faults.extend(found);
            return json;
        }
        if let Some(fault) = self.wrong_tag(&resolved, node, name) {
            faults.push(fault);
            return None;
        }
        let mut wanted: Vec<String> = resolved.iter().map(|schema| describe(schema)).collect();
        wanted.dedup();
        let message = format!("{} takes {}, not {}", self.call(name), wanted.join(" or "), node.kind());
        faults.push(Fault::at(&node.at, message));
        None
    }

    /// Whether the value has the branch's type and no tag that says otherwise.
    fn may_be_meant(&self, branch: &'a Json, node: &Node) -> bool {
        let Json::Object(schema) = self.resolve(branch) else { return false };
        let types = types(schema);
        let tags = tags(schema);
        (types.is_empty() || types.iter().any(|kind| has_type(node, kind)))
            && tags.iter().all(|(key, constant)| {
                node.as_table().and_then(|table| table.get(key)).is_some_and(|value| equal(constant, value))
            })
    }

    /// The fault for a table whose tag (`type = "…"`) is none of the branches'.
    fn wrong_tag(&self, branches: &[&'a Map<String, Json>], node: &Node, name: &Name) -> Option<Fault> {
        let tags: Vec<_> = branches.iter().flat_map(|schema| tags(schema)).collect();
        let (key, _) = *tags.first()?;
        let allowed: Vec<&Json> =
            tags.iter().filter(|(tag, _)| *tag == key).map(|(_, constant)| *constant).collect();
        let name = name.key(key);
        Some(match node.as_table()?.get(key) {
            Some(value) => self.not_one_of(&allowed, value, &name),
            None => {
                let names: Vec<String> = allowed.iter().map(|constant| shown(constant)).collect();
                let names = words::list(names.iter().map(String::as_str));
                Fault::at(&node.at, format!("{} is missing", self.call(&name)))
                    .with_hint(format!("it is one of {names}"))
                    .of_absence()
            }
        })
    }

    /// ``option `x` of stage `dedup` ``.
    fn call(&self, name: &Name) -> String {
        let Owner { noun, name: owner, .. } = self.owner;
        if name.path.is_empty() {
            return format!("`options` of {owner}");
        }
        format!("{noun} `{}` of {owner}", name.path)
    }
}

/// The schema of item `i` of a list or of a tuple; draft-07 keeps those of a tuple in `items`.
fn item_schema(schema: &Map<String, Json>, i: usize) -> &Json {
    let in_prefix = list(schema, "prefixItems").get(i).or_else(|| list(schema, "items").get(i));
    in_prefix.or_else(|| schema.get("items").filter(|items| !items.is_array())).unwrap_or(&Json::Bool(true))
}

fn says_members(schema: &Map<String, Json>) -> bool {
    ["properties", "additionalProperties", "required"].iter().any(|key| schema.contains_key(*key))
}

fn properties(schema: &Json) -> Option<&Map<String, Json>> {
    schema.get("properties")?.as_object()
}

fn list<'a>(schema: &'a Map<String, Json>, key: &str) -> &'a [Json] {
    schema.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// The types it allows, `null` left out: TOML has none.
fn types(schema: &Map<String, Json>) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one.as_str()],
        Some(Json::Array(several)) => {
            several.iter().filter_map(Json::as_str).filter(|kind| *kind != "null").collect()
        }
        _ => Vec::new(),
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

/// What a value must be: `a list of strings`.
fn describe(schema: &Map<String, Json>) -> String {
    let described: Vec<String> = types(schema).iter().map(|kind| describe_type(kind, schema)).collect();
    if described.is_empty() { "something else".to_owned() } else { described.join(" or ") }
}

fn describe_type(kind: &str, schema: &Map<String, Json>) -> String {
    let described = match kind {
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "object" => "a table",
        "array" => match schema.get("items").and_then(|items| items.get("type")).and_then(Json::as_str) {
            Some("string") => "a list of strings",
            Some("integer" | "number") => "a list of numbers",
            _ => "a list",
        },
        other => other,
    };
    described.to_owned()
}

/// How to write what was probably meant.
fn rewrite(schema: &Map<String, Json>, node: &Node) -> Option<String> {
    let types = types(schema);
    let takes = |kind: &str| types.contains(&kind);
    match &node.value {
        Value::String(text) if takes("array") => {
            Some(format!("put it into brackets: `[{}]`", Json::from(words::cut(text))))
        }
        Value::String(text) if (takes("number") || takes("integer")) && text.parse::<f64>().is_ok() => {
            Some(format!("write it without quotes: `{text}`"))
        }
        Value::String(text) if takes("boolean") && (text == "true" || text == "false") => {
            Some(format!("write it without quotes: `{text}`"))
        }
        Value::Float(x) if takes("integer") && x.fract() == 0.0 && x.abs() < 1e15 => {
            Some(format!("write it without a point: `{x:.0}`"))
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Date(_) if takes("string") => {
            Some(format!("put it into quotes: `\"{}\"`", shown(&node.to_json())))
        }
        _ => None,
    }
}

/// The values of which it must be one; empty when there is no such list.
fn constants(schema: &Map<String, Json>) -> Vec<&Json> {
    let all = schema.get("const").into_iter().chain(list(schema, "enum"));
    all.filter(|constant| !constant.is_null()).collect()
}

/// Properties that can have one value only, and so say which branch a table is.
fn tags(schema: &Map<String, Json>) -> Vec<(&str, &Json)> {
    let properties = schema.get("properties").and_then(Json::as_object);
    let all = properties.into_iter().flatten();
    all.filter_map(|(key, property)| Some((key.as_str(), property.get("const")?))).collect()
}

fn equal(constant: &Json, node: &Node) -> bool {
    match &node.value {
        Value::Integer(_) | Value::Float(_) => constant.as_f64() == node.to_json().as_f64(),
        _ => *constant == node.to_json(),
    }
}

fn shown(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), words::cut)
}

fn quoted(node: &Node) -> String {
    match &node.value {
        Value::Array(_) | Value::Table(_) | Value::Boolean(_) => node.kind().to_owned(),
        _ => format!("`{}`", shown(&node.to_json())),
    }
}

/// A whole number where any number fits becomes a number with a point: `1` and `1.0` are one option.
fn number(schema: &Map<String, Json>, node: &Node) -> Json {
    match &node.value {
        Value::Integer(n) if types(schema) == ["number"] => Json::from(*n as f64),
        _ => node.to_json(),
    }
}

/// What the number must be, when it isn't.
fn number_limit(schema: &Map<String, Json>, node: &Node) -> Option<String> {
    let value = match &node.value {
        Value::Integer(n) if i64::try_from(*n).is_err() && u64::try_from(*n).is_err() => {
            return Some("fit into 64 bits".to_owned());
        }
        Value::Integer(n) => *n as f64,
        Value::Float(x) => *x,
        _ => return None,
    };
    LIMITS.iter().find_map(|(key, must, holds)| {
        let limit = schema.get(*key)?;
        let broken = !holds(&value, &limit.as_f64()?);
        broken.then(|| format!("{must} {limit}, not {}", node.to_json()))
    })
}

type Limit = (&'static str, &'static str, fn(&f64, &f64) -> bool);

const LIMITS: [Limit; 4] = [
    ("minimum", "be at least", f64::ge),
    ("maximum", "be at most", f64::le),
    ("exclusiveMinimum", "be above", f64::gt),
    ("exclusiveMaximum", "be below", f64::lt),
];

/// A default without the nulls in it, as TOML has none; none when it is nothing else.
fn without_nulls(default: &Json) -> Option<Json> {
    match default {
        Json::Null => None,
        Json::Object(members) => {
            let kept = members.iter().filter_map(|(key, value)| Some((key.clone(), without_nulls(value)?)));
            Some(kept.collect())
        }
        other => Some(other.clone()),
    }
}

fn at_least(schema: &Map<String, Json>, key: &str, length: u64) -> Option<u64> {
    schema.get(key).and_then(Json::as_u64).filter(|limit| length < *limit)
}

fn at_most(schema: &Map<String, Json>, key: &str, length: u64) -> Option<u64> {
    schema.get(key).and_then(Json::as_u64).filter(|limit| length > *limit)
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// The first sentence of a description as a part of another: on one line, not capital, without its period.
fn first_sentence(text: &str) -> String {
    let sentence = text.split("\n\n").next().unwrap_or_default();
    let sentence = sentence.split_once(". ").map_or(sentence, |(first, _)| first).trim_end_matches('.');
    let words = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            first.to_lowercase().chain(words.chars().skip(1)).collect()
        }
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;
    use crate::tree::parse_value;

    /// Holds the TOML table `options` against a schema, and shows the answer with the faults below.
    #[track_caller]
    fn check_against(schema: &Json, options: &str, expected: Expect) {
        let at = Spot::in_file(0..options.len());
        let node = parse_value(options, &at).unwrap();
        let owner = Owner { noun: "option", name: "stage `x`".to_owned(), key_prefix: "options." };
        let mut faults = Vec::new();
        let json = check(schema, Some(&node), &at, &owner, &[], &mut faults);
        let faults: String =
            faults.iter().map(|fault| format!("\n{}", fault.message)).collect::<Vec<_>>().concat();
        expected.assert_eq(&format!("{json}{faults}"));
    }

    #[test]
    fn a_schema_that_says_nothing_takes_everything() {
        check_against(&json!({}), "{ a = [1, { b = 2.5 }] }", expect![[r#"{"a":[1,{"b":2.5}]}"#]]);
        check_against(&json!(true), "{ a = 1 }", expect![[r#"{"a":1}"#]]);
        check_against(&json!({ "type": "object" }), "{ a = 1 }", expect![[r#"{"a":1}"#]]);
    }

    #[test]
    fn properties_are_all_there_are_unless_others_are_allowed() {
        let mut schema = json!({ "properties": { "a": { "type": "integer" } } });
        check_against(
            &schema,
            "{ a = 1, b = 2 }",
            expect![[r#"
            {"a":1}
            unknown option `b` of stage `x`"#]],
        );
        schema["additionalProperties"] = json!(true);
        check_against(&schema, "{ a = 1, b = 2 }", expect![[r#"{"a":1,"b":2}"#]]);
        schema["additionalProperties"] = json!({ "type": "string" });
        check_against(
            &schema,
            "{ a = 1, b = 2 }",
            expect![[r#"
            {"a":1}
            option `b` of stage `x` takes a string, not a whole number"#]],
        );
    }

    #[test]
    fn tuples_in_both_drafts() {
        let pair = json!([{ "type": "integer" }, { "type": "string" }]);
        let schema =
            json!({ "properties": { "t": { "type": "array", "prefixItems": pair, "minItems": 2 } } });
        check_against(
            &schema,
            "{ t = [1, 2] }",
            expect![[r#"
            {}
            option `t[1]` of stage `x` takes a string, not a whole number"#]],
        );
        let schema = json!({ "properties": { "t": { "type": "array", "items": pair, "maxItems": 2 } } });
        check_against(
            &schema,
            "{ t = ['a', 'b', 'c'] }",
            expect![[r#"
            {}
            option `t` of stage `x` must have at most 2 items
            option `t[0]` of stage `x` takes a whole number, not a string"#]],
        );
    }

    #[test]
    fn limits_that_are_not_reached() {
        let schema = json!({ "properties": {
            "above": { "type": "number", "exclusiveMinimum": 0 },
            "below": { "type": "number", "exclusiveMaximum": 1 },
            "text": { "type": "string", "minLength": 3 },
            "list": { "type": "array", "minItems": 2 },
        } });
        check_against(
            &schema,
            "{ above = 0, below = 1.0, text = 'äö', list = [1] }",
            expect![[r#"
            {}
            option `above` of stage `x` must be above 0, not 0
            option `below` of stage `x` must be below 1, not 1.0
            option `text` of stage `x` must have at least 3 characters
            option `list` of stage `x` must have at least 2 items"#]],
        );
        check_against(
            &schema,
            "{ above = 0.1, below = 0, text = 'äöü', list = [1, 2] }",
            expect![[r#"{"above":0.1,"below":0.0,"text":"äöü","list":[1,2]}"#]],
        );
    }

    #[test]
    fn all_any_and_one_of() {
        let schema = json!({ "properties": {
            "all": { "allOf": [{ "$ref": "#/$defs/positive" }], "description": "wrapped, as in draft-07" },
            "any": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
            "one": { "oneOf": [{ "const": "a" }, { "enum": ["b", "c"] }, { "type": "null" }] },
            "two": { "type": ["string", "integer", "null"] },
        }, "$defs": { "positive": { "type": "integer", "minimum": 1 } } });
        check_against(
            &schema,
            "{ all = 1, any = 'x', one = 'c', two = 2 }",
            expect![[r#"{"all":1,"any":"x","one":"c","two":2}"#]],
        );
        check_against(
            &schema,
            "{ all = 0, any = ['x', 1], one = 'd', two = 0.5 }",
            expect![[r#"
            {}
            option `all` of stage `x` must be at least 1, not 0
            option `any[1]` of stage `x` takes a string, not a whole number
            option `one` of stage `x` cannot be `d`
            option `two` of stage `x` takes a string or a whole number, not a number with a point"#]],
        );
        check_against(
            &schema,
            "{ all = 'x', any = 1, one = 1 }",
            expect![[r#"
            {}
            option `all` of stage `x` takes a whole number, not a string
            option `any` of stage `x` takes a string or a list of strings, not a whole number
            option `one` of stage `x` cannot be `1`"#]],
        );
    }

    #[test]
    fn an_enum_whose_choices_hold_data() {
        let schema = json!({ "properties": { "cut": { "oneOf": [
            { "type": "string", "enum": ["never"] },
            { "type": "object", "properties": { "after": { "type": "integer" } }, "required": ["after"] },
        ] } } });
        check_against(&schema, "{ cut = 'never' }", expect![[r#"{"cut":"never"}"#]]);
        check_against(&schema, "{ cut = { after = 3 } }", expect![[r#"{"cut":{"after":3}}"#]]);
        check_against(
            &schema,
            "{ cut = { after = 'x' } }",
            expect![[r#"
            {"cut":{}}
            option `cut.after` of stage `x` takes a whole number, not a string"#]],
        );
        check_against(
            &schema,
            "{ cut = 'always' }",
            expect![[r#"
            {}
            option `cut` of stage `x` cannot be `always`"#]],
        );
    }

    #[test]
    fn a_default_without_its_nulls() {
        let schema = json!({ "properties": {
            "a": { "default": { "b": null, "c": 1 } },
            "d": { "default": null },
        } });
        check_against(&schema, "{}", expect![[r#"{"a":{"c":1}}"#]]);
    }

    #[test]
    fn schemas_that_lead_in_circles_come_to_an_end() {
        check_against(&json!({ "$ref": "#" }), "{ a = 1 }", expect![[r#"{"a":1}"#]]);
        check_against(
            &json!({ "anyOf": [{ "$ref": "#" }, { "$ref": "#" }] }),
            "{ a = 1 }",
            expect![[r#"{"a":1}"#]],
        );
        let deep = format!("{}1{}", "{ a = ".repeat(40), " }".repeat(40));
        let mut schema = json!({ "properties": { "a": { "anyOf": [{ "$ref": "#" }, { "$ref": "#" }] } } });
        schema["additionalProperties"] = json!(false);
        schema["required"] = json!(["b"]);
        let node = parse_value(&deep, &Spot::in_file(0..deep.len())).unwrap();
        let owner = Owner { noun: "option", name: String::new(), key_prefix: "" };
        check(&schema, Some(&node), &Spot::in_file(0..0), &owner, &[], &mut Vec::new());
    }
}
