//! Learns the two models of the finder from text with quotations marked by people.
//!
//! ```text
//! cargo run --release -p quotes --example train -- GOLD.jsonl --folds 5 --predictions OUT.jsonl
//! cargo run --release -p quotes --example train -- GOLD.jsonl --models plugins/quotes/models
//! ```
//!
//! A line of GOLD is `{"id", "text", "quotes": [{"fragments": [[start, end]], "speaker_fragments": [[start, end]]}]}`,
//! offsets in code points. With `--folds N` the documents are dealt into N folds by a hash of their id, and the
//! quotations of each fold are predicted by models that never saw it (with `--by-source`, nor any text of the same
//! source: the part of the id before the first `_`); with `--models` the models learn from all
//! and are written. Learning is an averaged perceptron in whole numbers: the same gold gives the same bytes anywhere.

mod gold;
mod learn;
mod perceptron;

use std::io::Write;
use std::path::PathBuf;

use quotes::find::{Finder, Quote, Scratch};
use serde_json::{Value, json};

use gold::Document;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let order = Order::from_arguments()?;
    let documents = gold::read(&order.gold)?;
    if let Some(path) = &order.predictions {
        std::fs::write(path, cross_validate(&documents, &order)?)?;
    }
    if let Some(folder) = &order.models {
        let models = learn::models(&documents.iter().collect::<Vec<_>>());
        std::fs::write(folder.join("verdict.weights"), models.verdict.to_bytes())?;
        std::fs::write(folder.join("speakers.weights"), models.speakers.to_bytes())?;
        std::fs::write(folder.join("indirect.weights"), models.indirect.to_bytes())?;
        std::fs::write(folder.join("reporters.weights"), models.reporters.to_bytes())?;
    }
    Ok(())
}

/// What the command line asks for.
#[derive(Default)]
struct Order {
    gold: PathBuf,
    folds: u64,
    by_source: bool,
    indirect: bool,
    predictions: Option<PathBuf>,
    models: Option<PathBuf>,
}

impl Order {
    fn from_arguments() -> Result<Order, Failure> {
        let mut order = Order { folds: 5, ..Order::default() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
            match argument.as_str() {
                "--folds" => order.folds = value()?.parse()?,
                "--by-source" => order.by_source = true,
                "--indirect" => order.indirect = true,
                "--predictions" => order.predictions = Some(value()?.into()),
                "--models" => order.models = Some(value()?.into()),
                _ => order.gold = argument.into(),
            }
        }
        Ok(order)
    }
}

/// The quotations of every document, as models see them that learned from the other folds.
fn cross_validate(documents: &[Document], order: &Order) -> Result<Vec<u8>, Failure> {
    let mut lines = Vec::new();
    for fold in 0..order.folds {
        let (held_out, seen): (Vec<&Document>, Vec<&Document>) =
            documents.iter().partition(|it| it.fold(order.folds, order.by_source) == fold);
        let finder = Finder::with_models(learn::models(&seen)).with_indirect(order.indirect);
        predict(&finder, &held_out, &mut lines)?;
    }
    Ok(lines)
}

fn predict(finder: &Finder, documents: &[&Document], lines: &mut Vec<u8>) -> Result<(), Failure> {
    let mut scratch = Scratch::default();
    for document in documents {
        let quotes = finder.find(&document.text, &mut scratch);
        let shown: Vec<Value> = quotes.iter().map(|it| show(&document.text, it)).collect();
        writeln!(lines, "{}", json!({ "id": document.id, "quotes": shown }))?;
    }
    Ok(())
}

fn show(text: &str, quote: &Quote) -> Value {
    let points = |at: usize| text[..at].chars().count();
    let mut value = json!({ "start": points(quote.content.start), "end": points(quote.content.end), "confidence": quote.confidence });
    if let Some(speaker) = &quote.speaker {
        value["speaker_start"] = points(speaker.mention.start).into();
        value["speaker_end"] = points(speaker.mention.end).into();
        value["speaker"] = text[speaker.mention.clone()].into();
    }
    value
}
