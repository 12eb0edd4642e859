//! Reads JSONL with `id` and `text` on standard input and writes the quotations of each on standard output:
//! `cargo run --release -p quotes --example find < in.jsonl > out.jsonl`. Offsets are code points.
//! `--rules` decides by rules alone; `--time` only prints how fast the finder was; `--language de` is for German.

use std::io::{BufRead, Write};
use std::ops::Range;
use std::time::Instant;

use quotes::find::{Finder, Quote, Scratch};
use quotes::language::Language;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| options.iter().any(|it| it == name);
    let code = options.iter().skip_while(|it| *it != "--language").nth(1).map_or("en", String::as_str);
    let language = Language::named(code).ok_or(format!("no language `{code}`"))?;
    let finder = match has("--rules") {
        true => Finder::with_rules(&language.lexicon),
        false => Finder::for_language(language),
    };
    let finder = finder.with_indirect(has("--indirect"));
    let records: Vec<Value> = std::io::stdin()
        .lock()
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<Result<_, Box<dyn std::error::Error>>>()?;
    if has("--time") { time(&finder, &records) } else { write(&finder, &records) }
}

fn write(finder: &Finder, records: &[Value]) -> Result<(), Box<dyn std::error::Error>> {
    let mut scratch = Scratch::default();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for record in records {
        let text = text_of(record);
        let quotes: Vec<Value> = finder.find(text, &mut scratch).iter().map(|it| shown(text, it)).collect();
        writeln!(out, "{}", json!({ "id": record["id"], "quotes": quotes }))?;
    }
    Ok(())
}

fn time(finder: &Finder, records: &[Value]) -> Result<(), Box<dyn std::error::Error>> {
    let mut scratch = Scratch::default();
    let bytes: usize = records.iter().map(|it| text_of(it).len()).sum();
    let start = Instant::now();
    let rounds = 20;
    let found: usize = (0..rounds)
        .map(|_| records.iter().map(|it| finder.find(text_of(it), &mut scratch).len()).sum::<usize>())
        .sum();
    let seconds = start.elapsed().as_secs_f64() / f64::from(rounds);
    let speed = bytes as f64 / 1e6 / seconds;
    writeln!(
        std::io::stdout(),
        "{} quotations, {bytes} bytes, {speed:.1} MB a second",
        found / rounds as usize
    )?;
    Ok(())
}

fn text_of(record: &Value) -> &str {
    record["text"].as_str().unwrap_or("")
}

fn shown(text: &str, quote: &Quote) -> Value {
    let points =
        |bytes: &Range<usize>| (text[..bytes.start].chars().count(), text[..bytes.end].chars().count());
    let (start, end) = points(&quote.content);
    let mut value = json!({ "start": start, "end": end, "kind": format!("{:?}", quote.kind), "confidence": quote.confidence });
    if let Some(speaker) = &quote.speaker {
        let (start, end) = points(&speaker.mention);
        value["speaker_start"] = start.into();
        value["speaker_end"] = end.into();
        value["speaker"] = speaker.name.clone().into();
        value["name_confidence"] = speaker.name_confidence.into();
        value["role"] = speaker.role.clone().into();
        value["organisation"] = speaker.organisation.clone().into();
        value["mention"] = text[speaker.mention.clone()].into();
    }
    if let Some(cue) = &quote.cue {
        value["cue"] = text[cue.clone()].into();
    }
    value
}
