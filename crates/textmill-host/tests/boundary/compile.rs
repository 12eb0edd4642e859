//! Compiles C, and shows what a stage did to some documents.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use textmill_host::{Environment, Instance, Plugins};
use textmill_model::{Batch, Document, Effects, Rejected};

/// The folder of `textmill.h` and of the plugin written in C.
pub(crate) fn abi_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../textmill-abi")
}

/// Compiles `source` with `flags`, and panics with what the compiler said when it can't.
#[track_caller]
pub(crate) fn compile(source: &Path, output: &Path, flags: &[&str]) {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let done = Command::new(&compiler)
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror"])
        .args(flags)
        .arg("-I")
        .arg(abi_folder().join("include"))
        .arg("-o")
        .args([output, source])
        .output()
        .unwrap_or_else(|err| panic!("these tests need a C compiler, and `{compiler}` is none: {err}"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Compiles a plugin from C `code` to `folder`, as the shared library `file`.
#[track_caller]
pub(crate) fn plugin(folder: &Path, file: &str, code: &str) -> PathBuf {
    let source = folder.join(format!("{file}.c"));
    std::fs::write(&source, code).unwrap();
    let library = library(folder, file);
    compile(&source, &library, &["-shared", "-fPIC"]);
    library
}

/// Where a shared library `name` stands in `folder`.
pub(crate) fn library(folder: &Path, name: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    folder.join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

/// An instance of the stage `name` under the same id, and what it says through the log.
#[track_caller]
pub(crate) fn instance(
    plugins: &Plugins,
    name: &str,
    options: &Value,
) -> (Instance, Arc<Mutex<Vec<String>>>) {
    let catalog = plugins.catalog();
    let stage = catalog.stages_named(name).next().unwrap_or_else(|| panic!("{:?}", catalog.unusable));
    let said = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&said);
    let listener =
        move |level, stage: &str, text: &str| ears.lock().unwrap().push(format!("{level:?} {stage}: {text}"));
    let made = plugins.create(stage, &name.into(), options, &Arc::new(Environment::new(listener)));
    (made.unwrap_or_else(|err| panic!("{err:?}")), said)
}

/// A batch of documents with these ids and texts.
pub(crate) fn batch(documents: &[(&str, &str)]) -> Batch {
    let document = |(seq, (id, text)): (u64, &(&str, &str))| {
        let mut document = Document::new(*id, *text);
        document.seq = seq;
        document
    };
    Batch { documents: (0..).zip(documents).map(document).collect(), ..Batch::default() }
}

/// What a stage did: documents that stay with all that is known of them, then those that left and why.
pub(crate) fn shown(instance: &Instance, mut batch: Batch, effects: Effects) -> String {
    let counters = instance.entry().counters.iter().zip(&effects.counts);
    let counts: String = counters.map(|(name, count)| format!("counter {name}: {count}\n")).collect();
    batch.apply(effects, instance.entry(), instance.id());
    let documents: String = batch.documents.iter().map(shown_document).collect();
    let rejects = batch.rejects.iter().map(|reject| {
        let Rejected::Document(document) = &reject.what else { panic!("a record") };
        format!(
            "{:?} {} by {}: {} {}\n",
            reject.outcome, document.id, reject.stage, reject.reason, reject.message
        )
    });
    documents + &rejects.collect::<String>() + &counts
}

fn shown_document(document: &Document) -> String {
    let mut shown = format!("{}: {}\n", document.id, document.text());
    for layer in &document.annotations.layers {
        for span in &layer.spans {
            let (text, parent) = (&document.text()[span.range()], span.parent);
            let part = parent.map(|parent| format!(" {} of {parent}", span.name)).unwrap_or_default();
            shown += &format!("  {}{part} `{text}` {{{}}}\n", layer.name, span.attributes);
        }
    }
    for value in &document.annotations.values {
        shown += &format!("  {} = {}\n", value.name, value.json);
    }
    shown
}
