//! Limits of numbers, and of the length of strings and lists, in words.

use serde_json::Value as Json;

use crate::schema::Schema;
use crate::tree::{Node, Value};

/// What the value must be and isn't: `be at least 1, not 0`. The first limit that it breaks.
pub(crate) fn broken(schema: Schema<'_>, node: &Node) -> Option<String> {
    match &node.value {
        Value::Integer(n) if i64::try_from(*n).is_err() && u64::try_from(*n).is_err() => {
            Some("fit into 64 bits".to_owned())
        }
        Value::Integer(n) => number(schema, *n as f64, node),
        Value::Float(x) => number(schema, *x, node),
        Value::String(text) => {
            length(schema, ["minLength", "maxLength"], text.chars().count() as u64, "character")
        }
        Value::Array(items) => length(schema, ["minItems", "maxItems"], items.len() as u64, "item"),
        _ => None,
    }
}

type Limit = (&'static str, &'static str, fn(&f64, &f64) -> bool);

const OF_NUMBERS: [Limit; 4] = [
    ("minimum", "be at least", f64::ge),
    ("maximum", "be at most", f64::le),
    ("exclusiveMinimum", "be above", f64::gt),
    ("exclusiveMaximum", "be below", f64::lt),
];

fn number(schema: Schema<'_>, value: f64, node: &Node) -> Option<String> {
    OF_NUMBERS.iter().find_map(|(key, must, holds)| {
        let limit = schema.get(key)?;
        let is_broken = !holds(&value, &limit.as_f64()?);
        is_broken.then(|| format!("{must} {limit}, not {}", node.to_json()))
    })
}

fn length(schema: Schema<'_>, [least, most]: [&str; 2], length: u64, unit: &str) -> Option<String> {
    let limit = |key: &str| schema.get(key).and_then(Json::as_u64);
    match (limit(least).filter(|least| length < *least), limit(most).filter(|most| length > *most)) {
        (Some(1), _) => Some("not be empty".to_owned()),
        (Some(least), _) => Some(format!("have at least {least} {unit}s")),
        (None, Some(1)) => Some(format!("have at most 1 {unit}")),
        (None, Some(most)) => Some(format!("have at most {most} {unit}s")),
        (None, None) => None,
    }
}
