//! Options of sources and sinks, and what can be wrong with them.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use textmill_model::FormatEntry;

/// What is wrong with an option of a source or sink, and which one it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OptionFault {
    /// JSON pointer into the options, such as `/paths/0`; empty for the options as a whole.
    pub pointer: String,
    /// What is wrong, in a line.
    pub message: String,
    /// What the reader can do about it; may be empty.
    pub hint: String,
}

impl OptionFault {
    pub(crate) fn new(
        pointer: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        OptionFault { pointer: pointer.into(), message: message.into(), hint: hint.into() }
    }
}

/// Reads options. A plan has already held them against the schema, so that a fault here is rare and plain.
pub(crate) fn parse<T: DeserializeOwned>(options: &Value) -> Result<T, OptionFault> {
    let absent = Value::Object(serde_json::Map::new());
    let options = if options.is_null() { &absent } else { options };
    T::deserialize(options).map_err(|err| OptionFault::new("", err.to_string(), ""))
}

/// A format for the catalog, with the schema of `T` as that of its options.
pub(crate) fn entry<T: JsonSchema>(name: &'static str, summary: &'static str) -> FormatEntry {
    let settings = schemars::generate::SchemaSettings::draft07();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    FormatEntry { name, summary, options_schema: schema.to_value() }
}
