//! The stages and formats that the sample pipelines choose from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use textmill_model::{Catalog, FormatEntry, PluginEntry, StageEntry, StageKind, UnusablePlugin};

/// Options of stage `dedup`.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DedupOptions {
    /// Least similarity of two documents that count as one.
    #[schemars(range(min = 0.0, max = 1.0))]
    similarity: f64,
    /// What to look at.
    scope: Scope,
    /// Words in a shingle.
    #[schemars(range(min = 1, max = 32))]
    words: Option<u32>,
    /// Texts that are no documents.
    #[schemars(length(min = 1))]
    ignore: Option<Vec<String>>,
}

impl Default for DedupOptions {
    fn default() -> Self {
        DedupOptions { similarity: 0.8, scope: Scope::Text, words: None, ignore: None }
    }
}

/// What two documents share.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// The text.
    Text,
    /// The title.
    Title,
}

/// Options of stage `clean`.
#[derive(Deserialize, Serialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CleanOptions {
    /// Phrases to remove.
    phrases: Vec<String>,
    /// Whether lines are trimmed.
    trim: bool,
    /// What to write in place of a word.
    words: BTreeMap<String, String>,
    /// What to cut.
    cut: Cut,
    /// How lines end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<Ending>,
}

/// What to cut from a long text.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cut {
    /// Bytes that stay.
    bytes_max: u64,
    /// Put in place of what was cut.
    #[schemars(length(max = 1))]
    mark: String,
}

impl Default for Cut {
    fn default() -> Self {
        Cut { bytes_max: 1000, mark: "…".to_owned() }
    }
}

/// How lines end.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Ending {
    /// With a fixed text.
    Text {
        /// The text.
        text: String,
    },
    /// With white space.
    Space {
        /// How much.
        width: u8,
    },
}

/// Options of stage `quotes` and others: none.
#[derive(Deserialize, Serialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoOptions {}

/// Options of the sources.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceOptions {
    /// Files, folders and patterns. They are read in order.
    #[schemars(length(min = 1))]
    #[expect(dead_code, reason = "only its schema is wanted")]
    paths: Vec<String>,
}

/// Options of the sink.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SinkOptions {
    /// The file to write.
    #[expect(dead_code, reason = "only its schema is wanted")]
    path: String,
}

fn plugin(name: &str, path: &str) -> Arc<PluginEntry> {
    Arc::new(PluginEntry {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        license: "MIT".to_owned(),
        build: String::new(),
        path: PathBuf::from(path),
    })
}

struct Sketch {
    name: &'static str,
    path: &'static str,
    kind: StageKind,
    layers: &'static [&'static str],
    needs: &'static [&'static str],
    fields: &'static [&'static str],
}

const SKETCH: Sketch =
    Sketch { name: "", path: "", kind: StageKind::Document, layers: &[], needs: &[], fields: &[] };

fn stage(sketch: Sketch, options_schema: Json) -> Arc<StageEntry> {
    let all = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect();
    Arc::new(StageEntry {
        name: sketch.name.into(),
        summary: format!("Does what {} does", sketch.name),
        kind: sketch.kind,
        plugin: plugin(sketch.name, sketch.path),
        options_schema,
        layers: all(sketch.layers),
        fields: all(sketch.fields),
        needs: all(sketch.needs),
        uses: Vec::new(),
        rules: Vec::new(),
        drop_reasons: Vec::new(),
        counters: Vec::new(),
        tables: Vec::new(),
    })
}

/// The catalog of all samples.
pub(crate) fn catalog() -> Catalog {
    let none = || schema_for!(NoOptions).to_value();
    let format = |name, schema: schemars::Schema| FormatEntry {
        name,
        summary: "Some format",
        options_schema: schema.to_value(),
    };
    Catalog {
        stages: vec![
            stage(
                Sketch { name: "clean", path: "/plugins/libclean.so", ..SKETCH },
                schema_for!(CleanOptions).to_value(),
            ),
            stage(
                Sketch {
                    name: "dedup",
                    path: "/plugins/libdedup.so",
                    kind: StageKind::Ordered,
                    fields: &["annotations.dedup.duplicate_of"],
                    ..SKETCH
                },
                schema_for!(DedupOptions).to_value(),
            ),
            stage(
                Sketch {
                    name: "lines",
                    path: "/plugins/libclean.so",
                    kind: StageKind::Corpus,
                    ..SKETCH
                },
                none(),
            ),
            stage(Sketch { name: "quotes", path: "/plugins/libquotes.so", layers: &["quotes"], ..SKETCH }, none()),
            stage(Sketch { name: "shout", path: "/home/ada/my/libshout.so", ..SKETCH }, none()),
            stage(Sketch { name: "speakers", path: "/plugins/libspeakers.so", needs: &["quotes"], ..SKETCH }, none()),
            stage(Sketch { name: "topics", path: "/plugins/libtopics.so", needs: &["entities"], ..SKETCH }, none()),
            stage(Sketch { name: "twice", path: "/plugins/libone.so", ..SKETCH }, none()),
            stage(Sketch { name: "twice", path: "/plugins/libother.so", ..SKETCH }, none()),
        ],
        sources: vec![
            format("auto", schema_for!(SourceOptions)),
            format("jsonl", schema_for!(SourceOptions)),
            format("text", schema_for!(SourceOptions)),
        ],
        sinks: vec![format("jsonl", schema_for!(SinkOptions)), format("text", schema_for!(SinkOptions))],
        searched: vec![PathBuf::from("/home/ada/plugins"), PathBuf::from("/plugins")],
        unusable: vec![UnusablePlugin {
            path: PathBuf::from("/plugins/libsummarize.so"),
            name: "summarize".to_owned(),
            message: "plugin `summarize` (`/plugins/libsummarize.so`) speaks plugin interface 3, this program speaks 1"
                .to_owned(),
            hint: "build it again with the SDK of this program".to_owned(),
        }],
    }
}

/// Where the sample pipelines lie.
pub(crate) fn folder() -> &'static Path {
    Path::new("/home/ada")
}

/// The environment of all samples.
pub(crate) fn environment(name: &str) -> Option<String> {
    match name {
        "CORPUS" => Some("news".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}
