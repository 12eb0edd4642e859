//! The values of a pipeline file, each with the place where it stands.
//!
//! TOML text goes in, a tree of our own comes out, with every syntax fault. Our own and not the parser's tree, because
//! values may come from the command line too, and strings change when variables are put in.
//!
//! Not here: what the values mean (`file`), variables (`variables`), and the command line (`overrides`).

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::Fault;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    /// The value itself; of a table, its header, or its key when it has no header.
    pub(crate) at: Spot,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    String(String),
    /// Wide enough for every integer of JSON; beyond, it is the nearest of these.
    Integer(i128),
    Float(f64),
    Boolean(bool),
    Date(String),
    Array(Vec<Node>),
    Table(Table),
    /// A string with a fault in it, so that nobody knows what it should be.
    Broken,
}

/// Keys and values, sorted by key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(crate) entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: Spot,
    pub(crate) node: Node,
}

/// A range of the file, or of an override on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The override; none for a place in the file.
    pub(crate) command_line: Option<Arc<str>>,
    /// In bytes.
    pub(crate) range: Range<usize>,
}

impl Spot {
    pub(crate) fn in_file(range: Range<usize>) -> Spot {
        Spot { command_line: None, range }
    }

    /// The same range of a text that starts where this spot does.
    fn shifted(&self, range: Range<usize>) -> Spot {
        Spot {
            command_line: self.command_line.clone(),
            range: range.start + self.range.start..range.end + self.range.start,
        }
    }
}

impl Table {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Puts `node` at `key`, in place of what was there.
    pub(crate) fn set(&mut self, key: &str, key_at: Spot, node: Node) {
        match self.entries.binary_search_by(|entry| entry.key.as_str().cmp(key)) {
            Ok(i) => self.entries[i] = Entry { key: key.to_owned(), key_at, node },
            Err(i) => self.entries.insert(i, Entry { key: key.to_owned(), key_at, node }),
        }
    }

    /// The value at `key`, which is an empty table when nothing was there.
    pub(crate) fn get_or_insert_table(&mut self, key: &str, at: &Spot) -> &mut Node {
        let i = match self.entries.binary_search_by(|entry| entry.key.as_str().cmp(key)) {
            Ok(i) => i,
            Err(i) => {
                let node = Node { value: Value::Table(Table::default()), at: at.clone() };
                self.entries.insert(i, Entry { key: key.to_owned(), key_at: at.clone(), node });
                i
            }
        };
        &mut self.entries[i].node
    }
}

impl Node {
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// What it is, for people: `a string`.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::String(_) => "a string",
            Value::Integer(_) => "a whole number",
            Value::Float(x) if !x.is_finite() => "infinity or `nan`",
            Value::Float(_) => "a number with a point",
            Value::Boolean(true) => "`true`",
            Value::Boolean(false) => "`false`",
            Value::Date(_) => "a date",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
            Value::Broken => "something broken",
        }
    }

    /// Whether nobody knows all of what it should be.
    pub(crate) fn is_broken(&self) -> bool {
        match &self.value {
            Value::Broken => true,
            Value::Array(items) => items.iter().any(Node::is_broken),
            Value::Table(table) => table.entries.iter().any(|entry| entry.node.is_broken()),
            _ => false,
        }
    }

    /// Whether it is what `json` says. Numbers are equal however they are written.
    pub(crate) fn equals(&self, json: &Json) -> bool {
        match &self.value {
            Value::Integer(_) | Value::Float(_) => {
                json.is_number() && json.as_f64() == self.to_json().as_f64()
            }
            Value::Broken => false,
            _ => *json == self.to_json(),
        }
    }

    /// How many values it is made of, itself among them.
    pub(crate) fn count(&self) -> usize {
        match &self.value {
            Value::Array(items) => 1 + items.iter().map(Node::count).sum::<usize>(),
            Value::Table(table) => 1 + table.entries.iter().map(|entry| entry.node.count()).sum::<usize>(),
            _ => 1,
        }
    }

    /// The value as JSON. What JSON can't say (`nan`, a date) becomes a string.
    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::String(text) | Value::Date(text) => Json::from(text.as_str()),
            Value::Integer(n) => integer_to_json(*n),
            Value::Float(x) => {
                serde_json::Number::from_f64(*x).map_or(Json::from(x.to_string()), Json::Number)
            }
            Value::Boolean(b) => Json::from(*b),
            Value::Broken => Json::Null,
            Value::Array(items) => items.iter().map(Node::to_json).collect(),
            Value::Table(table) => {
                table.entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect()
            }
        }
    }

    /// The value that a JSON pointer leads to, or the last one on the way that is there, with the steps not taken.
    pub(crate) fn walk<'a>(&self, pointer: &'a str) -> (&Node, Vec<&'a str>) {
        let mut node = self;
        let mut steps = pointer.split('/').skip(1);
        while let Some(step) = steps.next() {
            let name = step.replace("~1", "/").replace("~0", "~");
            let next = match &node.value {
                Value::Table(table) => table.get(&name),
                Value::Array(items) => name.parse().ok().and_then(|i: usize| items.get(i)),
                _ => None,
            };
            let Some(next) = next else { return (node, std::iter::once(step).chain(steps).collect()) };
            node = next;
        }
        (node, Vec::new())
    }
}

fn integer_to_json(n: i128) -> Json {
    i64::try_from(n).map(Json::from).or_else(|_| u64::try_from(n).map(Json::from)).unwrap_or(Json::Null)
}

/// The document `text` as a table, with its syntax faults. What stands in broken lines is a guess.
pub(crate) fn parse_document(text: &str) -> (Table, Vec<Fault>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let base = Spot::in_file(0..text.len());
    (convert_table(table.into_inner(), &base), crate::syntax::faults(text, &errors))
}

/// The single value `text`, which starts at `base` of an override; none when it isn't TOML.
pub(crate) fn parse_value(text: &str, base: &Spot) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    let span = value.span();
    Some(convert(value.into_inner(), span, base))
}

fn convert(value: DeValue<'_>, span: Range<usize>, base: &Spot) -> Node {
    let value = match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(n) => Value::Integer(integer(&n)),
        DeValue::Float(x) => Value::Float(x.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(b) => Value::Boolean(b),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => {
            let nodes = items.into_iter().map(|item| {
                let span = item.span();
                convert(item.into_inner(), span, base)
            });
            Value::Array(nodes.collect())
        }
        DeValue::Table(table) => Value::Table(convert_table(table, base)),
    };
    Node { value, at: base.shifted(span) }
}

fn convert_table(table: DeTable<'_>, base: &Spot) -> Table {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| {
            let (key_at, span) = (base.shifted(key.span()), value.span());
            let node = convert(value.into_inner(), span, base);
            Entry { key: key.into_inner().into_owned(), key_at, node }
        })
        .collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    Table { entries }
}

fn integer(n: &DeInteger<'_>) -> i128 {
    let nearest = if n.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
    i128::from_str_radix(n.as_str(), n.radix()).unwrap_or(nearest)
}
