//! Checks options against their JSON Schema, and fills in defaults.
//!
//! A tree with places and a schema go in; JSON that fits the schema, and every fault with its place, come out. A small
//! validator of our own, because what a reader needs (the very place, the names there are, what was meant) is what
//! general ones don't keep. It knows what derived schemas hold: `type`, `enum`, `const`, limits of numbers, strings and
//! lists, `items`, `prefixItems`, `properties`, `required`, `additionalProperties`, `$ref`, `anyOf`, `oneOf`, `allOf`.
//!
//! Stricter than the standard in one thing: where a schema names properties and doesn't allow others in so many words,
//! others are faults. A misspelt option must not pass for none. `pattern` and `format` are left to the plugin.
//!
//! Not here: what a schema says, one question at a time (`schema`), and its limits (`limits`).

use std::cell::Cell;

use serde_json::{Map, Value as Json};

use crate::schema::Schema;
use crate::tree::{Entry, Node, Spot, Table, Value};
use crate::{Fault, limits, words};

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
    let steps_left = Cell::new(STEPS_FOR_A_VALUE * node.count());
    let checker = Checker { root: schema, owner, excused, steps_left };
    checker.value(schema, node, &Name::whole(), faults).unwrap_or_else(|| Json::Object(Map::new()))
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

/// The walk. Each step returns the value as JSON, or none when it does not fit; then there is a fault more.
impl<'a> Checker<'a> {
    fn value(&self, schema: &'a Json, node: &Node, name: &Name, faults: &mut Vec<Fault>) -> Option<Json> {
        let Some(schema) = Schema::of(schema).filter(|_| self.may_go_on(name)) else {
            return Some(node.to_json());
        };
        if matches!(node.value, Value::Broken) {
            return None;
        }
        let before = faults.len();
        let mut json = self.other_schemas(schema, node, name, faults);
        if faults.len() == before {
            faults.extend(self.misfit(schema, node, name));
            json = self.inside(schema, node, name, faults).or(json);
        }
        let is_sound = faults.len() == before;
        match json {
            None if is_sound => Some(as_said(schema, node)),
            json => json.filter(|_| is_sound || node.as_table().is_some()), // what is sound in a table counts
        }
    }

    /// Holds the value against the schemas that this one is made of.
    fn other_schemas(
        &self,
        schema: Schema<'a>,
        node: &Node,
        name: &Name,
        faults: &mut Vec<Fault>,
    ) -> Option<Json> {
        let mut json = None;
        for part in schema.target(self.root).into_iter().chain(schema.list("allOf")) {
            json = self.value(part, node, &name.same(), faults);
        }
        for branches in [schema.list("anyOf"), schema.list("oneOf")] {
            if !branches.is_empty() {
                json = self.alternatives(branches, node, name, faults);
            }
        }
        json
    }

    /// Takes the first branch that fits; when none does, faults of the branch that was probably meant.
    fn alternatives(
        &self,
        branches: &'a [Json],
        node: &Node,
        name: &Name,
        faults: &mut Vec<Fault>,
    ) -> Option<Json> {
        let mut near = Vec::new();
        for branch in branches.iter().filter(|branch| !is_null(branch)) {
            let mut found = Vec::new();
            let json = self.value(branch, node, &name.same(), &mut found);
            if found.is_empty() {
                return json;
            }
            if self.resolve(branch).is_some_and(|schema| schema.may_be_meant_by(node)) {
                near.push((found, json));
            }
        }
        let branches: Vec<Schema<'_>> = branches.iter().filter_map(|branch| self.resolve(branch)).collect();
        let choices: Vec<&Json> = branches.iter().flat_map(|schema| schema.constants()).collect();
        if !choices.is_empty() && node.as_table().is_none() {
            faults.push(self.not_one_of(&choices, node, name));
            return None;
        }
        let Some((found, json)) = near.into_iter().min_by_key(|(found, _)| found.len()) else {
            let fault = self.wrong_tag(&branches, node, name);
            faults.push(fault.unwrap_or_else(|| self.wrong_type(&branches, node, name)));
            return None;
        };
        faults.extend(found);
        json
    }

    fn inside(&self, schema: Schema<'a>, node: &Node, name: &Name, faults: &mut Vec<Fault>) -> Option<Json> {
        match &node.value {
            _ if !schema.takes_type_of(node) => None,
            Value::Array(items) if schema.says_items() => {
                let items = items.iter().enumerate();
                let each =
                    items.filter_map(|(i, item)| self.value(schema.item(i), item, &name.item(i), faults));
                Some(each.collect())
            }
            Value::Table(table) if schema.says_members() => {
                let members = self.properties(schema, table, name, faults);
                Some(Json::Object(self.other_members(members, schema, (table, node), name, faults)))
            }
            _ => None,
        }
    }

    /// The members that the schema names, or their defaults.
    fn properties(
        &self,
        schema: Schema<'a>,
        table: &Table,
        name: &Name,
        faults: &mut Vec<Fault>,
    ) -> Map<String, Json> {
        let mut members = Map::new();
        for (key, property) in schema.properties() {
            let value = match table.get(key) {
                Some(value) => self.value(property, value, &name.key(key), faults),
                None => property.get("default").and_then(without_nulls),
            };
            members.extend(value.map(|value| (key.clone(), value)));
        }
        members
    }

    /// The members with those that the schema does not name; faults when it allows none, and for those not there.
    fn other_members(
        &self,
        mut members: Map<String, Json>,
        schema: Schema<'a>,
        (table, node): (&Table, &Node),
        name: &Name,
        faults: &mut Vec<Fault>,
    ) -> Map<String, Json> {
        let mut excused: Vec<&str> = if name.path.is_empty() { self.excused.to_vec() } else { Vec::new() };
        for entry in table.entries.iter().filter(|entry| schema.property(&entry.key).is_none()) {
            if let Some(other) = schema.other_members() {
                let value = self.value(other, &entry.node, &name.key(&entry.key), faults);
                members.extend(value.map(|value| (entry.key.clone(), value)));
            } else {
                excused.extend(words::did_you_mean(&entry.key, schema.names()));
                faults.push(self.unknown(schema, entry, name));
            }
        }
        for key in schema.list("required").iter().filter_map(Json::as_str) {
            if table.get(key).is_none() && !members.contains_key(key) && !excused.contains(&key) {
                faults.push(self.missing(schema, key, &node.at, name));
            }
        }
        members
    }

    /// Whether there is still a schema to follow, and not a circle of them.
    fn may_go_on(&self, name: &Name) -> bool {
        let steps = self.steps_left.get();
        self.steps_left.set(steps.saturating_sub(1));
        name.depth <= DEPTH_MAX && steps > 0
    }

    /// Follows references to what they lead to.
    fn resolve(&self, schema: &'a Json) -> Option<Schema<'a>> {
        let mut schema = Schema::of(schema)?;
        for _ in 0..DEPTH_MAX {
            match schema.target(self.root) {
                Some(target) => schema = Schema::of(target)?,
                None => break,
            }
        }
        Some(schema)
    }
}

/// The faults.
impl<'a> Checker<'a> {
    /// What is wrong with the value itself, leaving aside what is in it.
    fn misfit(&self, schema: Schema<'_>, node: &Node, name: &Name) -> Option<Fault> {
        if !schema.takes_type_of(node) {
            return Some(self.wrong_type(&[schema], node, name));
        }
        let choices = schema.constants();
        if !choices.is_empty() && !choices.iter().any(|choice| node.equals(choice)) {
            return Some(self.not_one_of(&choices, node, name));
        }
        let must = limits::broken(schema, node)?;
        Some(Fault::at(&node.at, format!("{} must {must}", self.call(name))))
    }

    fn wrong_type(&self, schemas: &[Schema<'_>], node: &Node, name: &Name) -> Fault {
        let mut wanted: Vec<String> = schemas.iter().map(|schema| schema.describe()).collect();
        wanted.dedup();
        let message = format!("{} takes {}, not {}", self.call(name), wanted.join(" or "), node.kind());
        let rewritten = schemas.iter().find_map(|schema| rewritten(*schema, node));
        Fault { hint: rewritten, ..Fault::at(&node.at, message) }
    }

    fn not_one_of(&self, choices: &[&Json], node: &Node, name: &Name) -> Fault {
        let names: Vec<String> = choices.iter().map(|choice| shown(choice)).collect();
        let message = match node.value {
            Value::Array(_) | Value::Table(_) => format!("{} cannot be {}", self.call(name), node.kind()),
            _ => format!("{} cannot be `{}`", self.call(name), shown(&node.to_json())),
        };
        let word = node.as_str().unwrap_or_default();
        Fault::at(&node.at, message).with_hint(words::hint_for(
            word,
            "choices",
            names.iter().map(String::as_str),
        ))
    }

    /// The fault for a table whose tag (`type = "…"`) is none of the branches'.
    fn wrong_tag(&self, branches: &[Schema<'_>], node: &Node, name: &Name) -> Option<Fault> {
        let tags: Vec<_> = branches.iter().flat_map(|schema| schema.tags()).collect();
        let (key, _) = *tags.first()?;
        let choices: Vec<&Json> =
            tags.iter().filter(|(tag, _)| *tag == key).map(|(_, choice)| *choice).collect();
        let name = name.key(key);
        if let Some(value) = node.as_table()?.get(key) {
            return Some(self.not_one_of(&choices, value, &name));
        }
        let names: Vec<String> = choices.iter().map(|choice| shown(choice)).collect();
        let hint = format!("it is one of {}", words::list(names.iter().map(String::as_str)));
        let fault = Fault::at(&node.at, format!("{} is missing", self.call(&name)));
        Some(fault.with_hint(hint).of_absence())
    }

    fn unknown(&self, schema: Schema<'_>, entry: &Entry, name: &Name) -> Fault {
        let Owner { noun, name: owner, .. } = self.owner;
        let inside = if name.path.is_empty() { String::new() } else { format!(" in `{}`", name.path) };
        let message = format!("unknown {noun} `{}`{inside} of {owner}", words::cut(&entry.key));
        let hint = words::hint_for(&entry.key, &format!("known {noun}s"), schema.names());
        Fault::at(&entry.key_at, message).with_hint(hint)
    }

    fn missing(&self, schema: Schema<'a>, key: &str, at: &Spot, name: &Name) -> Fault {
        let name = name.key(key);
        let property = schema.property(key);
        let example = property.and_then(|it| self.resolve(it)).map_or("…".to_owned(), Schema::example);
        let about = property.and_then(|it| it.get("description")).and_then(Json::as_str);
        let about = about.map_or(String::new(), |about| format!(" ({})", words::in_passing(about)));
        let hint = format!("add `{}{} = {example}`{about}", self.owner.key_prefix, name.path);
        Fault::at(at, format!("{} is missing", self.call(&name))).with_hint(hint).of_absence()
    }

    /// ``option `x` of stage `dedup` ``.
    fn call(&self, name: &Name) -> String {
        let Owner { noun, name: owner, .. } = self.owner;
        match name.path.as_str() {
            "" => format!("`options` of {owner}"),
            path => format!("{noun} `{path}` of {owner}"),
        }
    }
}

fn is_null(branch: &Json) -> bool {
    branch.get("type").and_then(Json::as_str) == Some("null")
}

fn shown(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), words::cut)
}

/// A whole number where any number fits becomes a number with a point: `1` and `1.0` are one option.
fn as_said(schema: Schema<'_>, node: &Node) -> Json {
    match &node.value {
        Value::Integer(n) if schema.types() == ["number"] => Json::from(*n as f64),
        _ => node.to_json(),
    }
}

/// How to write what was probably meant.
fn rewritten(schema: Schema<'_>, node: &Node) -> Option<String> {
    let types = schema.types();
    let takes = |kind: &str| types.contains(&kind);
    let takes_number = takes("number") || takes("integer");
    match &node.value {
        Value::String(text) if takes("array") => {
            Some(format!("put it into brackets: `[{}]`", Json::from(words::cut(text))))
        }
        Value::String(text)
            if takes_number && text.parse::<f64>().is_ok()
                || takes("boolean") && text.parse::<bool>().is_ok() =>
        {
            Some(format!("write it without quotes: `{}`", words::cut(text)))
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
