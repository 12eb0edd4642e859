//! What the benches beside this folder share: a corpus, batches of it, and plugins linked or loaded.
//!
//! `cargo bench -p benches` runs all of them on a corpus made of the five seed documents. A real corpus, as JSON Lines
//! with `text`, is taken from the file that `TEXTMILL_BENCH_CORPUS` names. Results worth keeping go to `record/`, with
//! command and machine.

pub mod c4;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use textmill_host::{Environment, Instance, Plugins};
use textmill_model::{Batch, Document};

/// The corpus that benches run over: about `documents` texts.
///
/// Made from the paragraphs of the seeds, dealt out by a fixed arithmetic: a tenth of the texts are copies of an
/// earlier one, a tenth differ from one by a paragraph. The same texts every time.
///
/// # Panics
///
/// When the seeds, or the file named by `TEXTMILL_BENCH_CORPUS`, can't be read.
pub fn corpus(documents: usize) -> Vec<String> {
    match std::env::var_os("TEXTMILL_BENCH_CORPUS") {
        Some(file) => from_file(Path::new(&file), documents),
        None => from_seeds(documents),
    }
}

fn from_file(file: &Path, documents: usize) -> Vec<String> {
    let options = json!({ "paths": [file] });
    let source = textmill_io::open_source("jsonl", &options, Path::new("")).expect("the corpus is there");
    let (mut reader, decoder) = (source.reader(1 << 20).expect("a file can be read"), source.decoder());
    let mut texts = Vec::new();
    while let Some(raw) = reader.next().expect("the corpus can be read") {
        texts.extend(decoder.decode(raw, true).documents.iter().map(|document| document.text().to_owned()));
        if texts.len() >= documents {
            break;
        }
    }
    texts.truncate(documents);
    texts
}

fn from_seeds(documents: usize) -> Vec<String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("seeds"))
        .expect("the seeds are there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let seeds: Vec<String> =
        files.iter().map(|file| std::fs::read_to_string(file).expect("a seed can be read")).collect();
    let paragraphs: Vec<&str> =
        seeds.iter().flat_map(|seed| seed.split('\n')).filter(|line| !line.trim().is_empty()).collect();
    let mut texts: Vec<String> = Vec::with_capacity(documents);
    for i in 0..documents {
        let pick = |k: usize| paragraphs[(i * 7919 + k * 104_729 + i * k) % paragraphs.len()];
        let text = match i % 10 {
            8 if i > 20 => texts[i / 2].clone(),
            9 if i > 20 => format!("{}\n\n{}", texts[i / 2], pick(1)),
            _ => (0..4 + i % 9).map(pick).collect::<Vec<_>>().join("\n\n"),
        };
        texts.push(text);
    }
    texts
}

/// Cuts texts into batches as the engine would.
pub fn batches(texts: &[String], batch_bytes: usize) -> Vec<Batch> {
    let mut batches = vec![Batch::default()];
    for (i, text) in texts.iter().enumerate() {
        if batches.last().is_some_and(|batch| batch.text_bytes() >= batch_bytes) {
            batches.push(Batch { index: batches.len() as u64, ..Batch::default() });
        }
        let mut document = Document::new(i.to_string(), text.as_str());
        document.seq = i as u64;
        if let Some(batch) = batches.last_mut() {
            batch.documents.push(document);
        }
    }
    batches
}

/// The four plugins, linked into the bench.
pub fn linked() -> Plugins {
    let tables = [clean::plugin(), dedup::plugin(), quotes::plugin(), summarize::plugin()];
    Plugins::linked(&tables).expect("our own tables are sound")
}

/// The four plugins as shared libraries, from the folders that cargo builds them into.
pub fn loaded() -> Plugins {
    let program = std::env::current_exe().unwrap_or_default();
    let folders: Vec<PathBuf> = program.ancestors().skip(1).take(2).map(Path::to_owned).collect();
    Plugins::find(&folders, &[])
}

/// An instance of a stage. `None` when the plugins don't offer it.
pub fn instance(plugins: &Plugins, stage: &str, options: &Value) -> Option<Instance> {
    let catalog = plugins.catalog();
    let entry = catalog.stages_named(stage).next()?;
    let environment = Arc::new(Environment::new(|_, _, _| ()));
    plugins.create(entry, &entry.name, options, &environment).ok()
}

/// The top folder of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}
