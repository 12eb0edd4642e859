//! Cleans JSONL documents from standard input to standard output, without the rest of the mill.
//!
//! usage: clean_jsonl < documents.jsonl > cleaned.jsonl

use clean::cleaner::{Cleaner, Scratch};
use clean::edit::apply;
use clean::phrases::NEWS;
use std::io::{BufRead, BufWriter, Write, stdin, stdout};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut cleaner = Cleaner { credits: true, white_space: true, control: true, ..Cleaner::default() };
    cleaner.phrases.add_file(NEWS)?;
    let mut scratch = Scratch::default();
    let mut out = BufWriter::new(stdout().lock());
    for line in stdin().lock().lines() {
        let mut document: serde_json::Value = serde_json::from_str(&line?)?;
        let text = document["text"].as_str().unwrap_or_default();
        document["text"] = apply(text, cleaner.clean(text, &mut scratch)).into();
        serde_json::to_writer(&mut out, &document)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
