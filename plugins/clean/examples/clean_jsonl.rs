//! Cleans JSONL documents from standard input to standard output, without the rest of the mill.
//!
//! usage: clean_jsonl [--light] [--time] < documents.jsonl > cleaned.jsonl
//!
//! With `--light` the line model is off, as with `preset = "light"`. With `--time`, nothing but how long the cleaning
//! itself took is written.

use clean::cleaner::{Cleaner, Scratch};
use clean::edit::apply;
use clean::layout::{self, Model};
use clean::phrases::NEWS;
use std::io::{BufRead, BufWriter, Write, stdin, stdout};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let has = |option: &str| std::env::args().any(|argument| argument == option);
    let mut cleaner = Cleaner {
        notes: true,
        titles: true,
        credits: true,
        markup: true,
        white_space: true,
        control: true,
        mojibake: true,
        ..Cleaner::default()
    };
    cleaner.phrases.add_file(NEWS)?;
    if !has("--light") {
        cleaner.layout = Some(Model::from_text(layout::NEWS)?);
    }
    let (mut bytes, mut time, mut scratch) = (0, Duration::ZERO, Scratch::default());
    let mut out = BufWriter::new(stdout().lock());
    for line in stdin().lock().lines() {
        let mut document: serde_json::Value = serde_json::from_str(&line?)?;
        let text = document["text"].as_str().unwrap_or_default();
        let start = Instant::now();
        let edits = cleaner.clean(text, "", &mut scratch);
        time += start.elapsed();
        bytes += text.len();
        if !has("--time") {
            document["text"] = apply(text, edits).into();
            serde_json::to_writer(&mut out, &document)?;
            out.write_all(b"\n")?;
        }
    }
    if has("--time") {
        let megabytes = bytes as f64 / 1e6;
        writeln!(out, "{megabytes:.1} MB in {time:.2?}: {:.0} MB/s", megabytes / time.as_secs_f64())?;
    }
    Ok(())
}
