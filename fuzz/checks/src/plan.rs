//! Pipeline files: any text is a plan or has at least one fault, and each fault can be shown.

use std::path::Path;

use serde_json::json;
use textmill_model::{Catalog, FormatEntry};
use textmill_plan::{Request, Severity, plugin_files, read, render};

pub(crate) fn plan(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let environment = |name: &str| (name == "HOME").then(|| "/home/ada".to_owned());
    let catalog = catalog();
    let request = Request {
        file_name: "pipeline.toml",
        text,
        folder: Path::new("/corpus"),
        catalog: &catalog,
        overrides: &[],
        environment: &environment,
    };
    let reading = read(&request);
    let has_errors = reading.faults.iter().any(|fault| fault.severity == Severity::Error);
    assert_eq!(reading.is_sound(), !has_errors, "a plan without errors, or errors");
    for fault in &reading.faults {
        assert!(!fault.message.is_empty(), "each fault says something");
        assert!(fault.span.as_ref().is_none_or(|span| text.get(span.clone()).is_some()), "{fault:?}");
    }
    let shown = render(&reading.faults, "pipeline.toml", text, false);
    assert_eq!(shown.is_empty(), reading.faults.is_empty(), "what is wrong is shown");
    plugin_files(text, &[], &environment);
}

fn catalog() -> Catalog {
    let options = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "paths": { "type": "array", "items": { "type": "string" } },
            "path": { "type": "string" },
            "level": { "type": "integer", "minimum": 1, "maximum": 19, "default": 3 },
        },
    });
    let format = |name| FormatEntry { name, summary: "", options_schema: options.clone() };
    Catalog {
        sources: vec![format("text"), format("jsonl")],
        sinks: vec![format("jsonl")],
        ..Catalog::default()
    }
}
