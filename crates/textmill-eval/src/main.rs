//! `textmill-eval GOLD_FOLDER OUTPUT.jsonl`: prints a score, and fails when anything was missed.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program that speaks to people

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use textmill_eval::{Gold, Output, Score};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [gold, output] = &arguments[..] else {
        eprintln!("usage: textmill-eval GOLD_FOLDER OUTPUT.jsonl");
        return ExitCode::from(2);
    };
    match score(Path::new(gold), Path::new(output)) {
        Ok(score) => {
            print!("{score}");
            if score.is_perfect() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(err) => {
            eprintln!("error: {err}");
            ExitCode::from(2)
        }
    }
}

/// Judges each document that has a gold file, known by the file's name without its ending.
fn score(gold: &Path, output: &Path) -> Result<Score, Box<dyn Error>> {
    let mut outputs = BTreeMap::new();
    for line in fs::read_to_string(output)?.lines() {
        let document: Output = serde_json::from_str(line)?;
        outputs.insert(document.id.clone(), document);
    }
    let mut files: Vec<_> =
        fs::read_dir(gold)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.sort();
    let mut score = Score::default();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let id = file.file_stem().unwrap_or_default().to_string_lossy();
        let gold: Gold = serde_json::from_str(&fs::read_to_string(file)?)?;
        match outputs.get(&*id) {
            Some(output) => score.add(&gold, output),
            None => score.missing(&id),
        }
    }
    Ok(score)
}
