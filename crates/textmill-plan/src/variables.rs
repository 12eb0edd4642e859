//! Puts environment variables into the strings of a pipeline file.
//!
//! `${NAME}`, `${NAME:-default}` when it is unset or empty, `${NAME:?message}` to insist on it, and `$$` for a dollar
//! sign; any other `$` stands for itself. Done after parsing and in values only: a variable can neither break the
//! file's syntax nor reach into a comment, and every value keeps its place.

use crate::Fault;
use crate::tree::{Node, Spot, Table, Value};

/// Replaces variables in every string below `table`. `text` is the file, to point at the very variable.
pub(crate) fn replace_all(
    table: &mut Table,
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    faults: &mut Vec<Fault>,
) {
    for entry in &mut table.entries {
        replace(&mut entry.node, text, environment, faults);
    }
}

fn replace(
    node: &mut Node,
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    faults: &mut Vec<Fault>,
) {
    match &mut node.value {
        Value::String(string) if string.contains('$') => match expand(string, environment) {
            Ok(expanded) => *string = expanded,
            Err(problem) => {
                faults.push(problem.into_fault(&node.at, text));
                node.value = Value::Broken;
            }
        },
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, text, environment, faults)),
        Value::Table(table) => replace_all(table, text, environment, faults),
        _ => {}
    }
}

/// A `${…}` that could not be replaced.
#[derive(Debug, PartialEq)]
struct Problem {
    /// As it stands in the string.
    reference: String,
    message: String,
    hint: String,
}

impl Problem {
    fn into_fault(self, at: &Spot, text: &str) -> Fault {
        let inside = text.get(at.range.clone()).and_then(|value| value.find(&self.reference));
        let spot = inside.map_or(at.clone(), |i| {
            let start = at.range.start + i;
            Spot::in_file(start..start + self.reference.len())
        });
        Fault::at(&spot, self.message).with_hint(self.hint)
    }
}

fn expand(string: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, Problem> {
    let mut expanded = String::with_capacity(string.len());
    let mut rest = string;
    while let Some(i) = rest.find('$') {
        expanded.push_str(&rest[..i]);
        let after = &rest[i + 1..];
        if let Some(inside) = after.strip_prefix('{') {
            let Some(end) = inside.find('}') else { return Err(unclosed(&rest[i..])) };
            expanded.push_str(&variable(&inside[..end], environment)?);
            rest = &inside[end + 1..];
        } else {
            expanded.push('$');
            rest = after.strip_prefix('$').unwrap_or(after);
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// The value for what stands between the braces.
fn variable(inside: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, Problem> {
    let (name, otherwise) = inside.split_once(':').map_or((inside, None), |(name, rest)| (name, Some(rest)));
    let found = is_name(name).then(|| environment(name)).flatten();
    let filled = found.clone().filter(|value| !value.is_empty());
    match otherwise {
        _ if !is_name(name) => Err(misshapen(inside)),
        None => found.ok_or_else(|| unset(inside, name)),
        Some(otherwise) => match (otherwise.strip_prefix('-'), otherwise.strip_prefix('?')) {
            (Some(default), _) => Ok(filled.unwrap_or_else(|| default.to_owned())),
            (_, Some(message)) => filled.ok_or_else(|| insisted(inside, name, message)),
            _ => Err(misshapen(inside)),
        },
    }
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn unclosed(rest: &str) -> Problem {
    Problem {
        reference: rest.to_owned(),
        message: "`${` without a `}`".to_owned(),
        hint: "close it, or write `$$` for a dollar sign".to_owned(),
    }
}

fn misshapen(inside: &str) -> Problem {
    Problem {
        reference: format!("${{{inside}}}"),
        message: format!("`${{{}}}` is not a variable", crate::words::cut(inside)),
        hint: "write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`; for a dollar sign write `$$`"
            .to_owned(),
    }
}

fn unset(inside: &str, name: &str) -> Problem {
    Problem {
        reference: format!("${{{inside}}}"),
        message: format!("the environment variable `{name}` is not set"),
        hint: format!("set it, or give a default: `${{{name}:-…}}`"),
    }
}

fn insisted(inside: &str, name: &str, message: &str) -> Problem {
    Problem {
        reference: format!("${{{inside}}}"),
        message: format!("the environment variable `{name}` is not set"),
        hint: if message.is_empty() { "set it".to_owned() } else { crate::words::cut(message) },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "HOME" => Some("/home/ada".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[track_caller]
    fn check(string: &str, expected: Result<&str, &str>) {
        let found = expand(string, &environment).map_err(|problem| problem.message);
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_variable_stands_for_its_value() {
        check("${HOME}/news/${HOME}", Ok("/home/ada/news//home/ada"));
        check("<${EMPTY}>", Ok("<>"));
        check("${NONE}", Err("the environment variable `NONE` is not set"));
    }

    #[test]
    fn a_default_serves_when_it_is_unset_or_empty() {
        check("${NONE:-a:-b}", Ok("a:-b"));
        check("${EMPTY:-a}", Ok("a"));
        check("${HOME:-a}", Ok("/home/ada"));
        check("${EMPTY:?where to}", Err("the environment variable `EMPTY` is not set"));
    }

    #[test]
    fn dollars_that_are_no_variables_stay() {
        check("$$ $5 US$ $HOME $${HOME}", Ok("$ $5 US$ $HOME ${HOME}"));
        check("${", Err("`${` without a `}`"));
        check("${}", Err("`${}` is not a variable"));
        check("${A B}", Err("`${A B}` is not a variable"));
        check("${HOME:+x}", Err("`${HOME:+x}` is not a variable"));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_strings_without_dollars_stay(string in "[${}:A?\\-é]{0,20}") {
            let expanded = expand(&string, &environment);
            if !string.contains('$') {
                prop_assert_eq!(expanded.unwrap(), string);
            }
        }
    }
}
