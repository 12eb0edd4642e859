//! What `[source]`, `[sink]` and each `[[stage]]` have in common: `use`, `options`, and no other keys.
//!
//! Tells the keys of such a section apart and holds its options against a schema. A key that no section has is often an
//! option without `options.` before it; then that is the hint, and that the option is missing is not a second fault.

use serde_json::{Map, Value as Json};

use crate::options::{self, Owner};
use crate::plan::SectionPlace;
use crate::schema::Schema;
use crate::tree::{Entry, Node, Spot, Table, Value};
use crate::{Fault, words};

/// A section with its parts told apart.
#[derive(Default)]
pub(crate) struct Section<'t> {
    /// The value of `use`; none when there is none or it is no string.
    pub(crate) used: Option<(&'t str, &'t Spot)>,
    pub(crate) id: Option<(&'t str, &'t Spot)>,
    /// Whether there is a `use`, whatever it is.
    pub(crate) has_use: bool,
    pub(crate) place: SectionPlace,
    options: Option<&'t Node>,
    unknown: Vec<&'t Entry>,
    keys: &'static [&'static str],
}

impl<'t> Section<'t> {
    /// Tells the keys of `table` apart. `at` is its header, `name` what to call it, `keys` those that it may have.
    pub(crate) fn read(
        table: &'t Table,
        at: &Spot,
        name: &str,
        keys: &'static [&'static str],
        faults: &mut Vec<Fault>,
    ) -> Section<'t> {
        let mut section = Section { keys, ..Section::default() };
        for entry in &table.entries {
            match entry.key.as_str() {
                key if !keys.contains(&key) => section.unknown.push(entry),
                "use" => {
                    section.has_use = true;
                    section.used = string(entry, name, faults);
                }
                "id" => section.id = string(entry, name, faults),
                _ => section.options = options_table(entry, name, faults),
            }
        }
        section.place.header = Some(at.clone());
        section.place.used = table.get("use").map(|node| node.at.clone());
        section.place.options = section.options.cloned();
        section
    }

    /// Where to point when something is missing: the line of `use`, or the header.
    pub(crate) fn spot(&self) -> Spot {
        let spot = self.place.used.as_ref().or(self.place.header.as_ref());
        spot.cloned().unwrap_or_else(|| Spot::in_file(0..0))
    }

    /// The options with defaults, held against `schema`; as they stand when it is not known.
    pub(crate) fn options(&self, schema: Option<&Json>, owner: &Owner<'_>, faults: &mut Vec<Fault>) -> Json {
        let names: Vec<&str> = schema.and_then(Schema::of).map(|it| it.names().collect()).unwrap_or_default();
        let mut meant = Vec::new();
        for entry in &self.unknown {
            meant.extend(words::did_you_mean(&entry.key, names.iter().copied()));
            faults.push(self.unknown_key(entry, &names, owner));
        }
        match schema {
            Some(schema) => options::check(schema, self.options, &self.spot(), owner, &meant, faults),
            None => self.options.map_or_else(|| Json::Object(Map::new()), Node::to_json),
        }
    }

    /// Whether an option could not be read to its end, so that nobody knows what it should be.
    pub(crate) fn is_broken(&self) -> bool {
        self.options.is_some_and(Node::is_broken)
    }

    fn unknown_key(&self, entry: &Entry, options: &[&str], owner: &Owner<'_>) -> Fault {
        let key = entry.key.as_str();
        let keys = || self.keys.iter().copied();
        let hint = match (words::did_you_mean(key, keys()), words::did_you_mean(key, options.iter().copied()))
        {
            (_, Some(option)) if option == key => format!("it is an option: write `options.{option}`"),
            (Some(known), _) => format!("did you mean `{known}`?"),
            (None, Some(option)) => format!("did you mean `options.{option}`?"),
            (None, None) => format!("known keys: {}", words::list(keys())),
        };
        Fault::at(&entry.key_at, format!("unknown key `{}` of {}", words::cut(key), owner.name))
            .with_hint(hint)
    }
}

fn string<'t>(entry: &'t Entry, section: &str, faults: &mut Vec<Fault>) -> Option<(&'t str, &'t Spot)> {
    let text = entry.node.as_str();
    if text.is_none() && !matches!(entry.node.value, Value::Broken) {
        let message = format!("`{}` of {section} takes a string, not {}", entry.key, entry.node.kind());
        faults.push(Fault::at(&entry.node.at, message));
    }
    text.map(|text| (text, &entry.node.at))
}

fn options_table<'t>(entry: &'t Entry, section: &str, faults: &mut Vec<Fault>) -> Option<&'t Node> {
    if entry.node.as_table().is_some() {
        return Some(&entry.node);
    }
    let message = format!("`options` of {section} takes a table, not {}", entry.node.kind());
    faults.push(Fault::at(&entry.node.at, message).with_hint("write `options.name = value`"));
    None
}
