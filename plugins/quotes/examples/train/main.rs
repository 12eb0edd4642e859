//! Learns the models of the finder, in any language, from text with quotations marked by people.
//!
//! ```text
//! cargo run --release -p quotes --example train -- GOLD.jsonl --words plugins/quotes/data/en.txt --folds 5
//! cargo run --release -p quotes --example train -- GOLD.jsonl --words plugins/quotes/data/en.txt --models plugins/quotes/models/en
//! ```
//!
//! A line of GOLD is `{"id", "text", "quotes": [{"fragments": [[start, end]], "speaker_fragments": [[start, end]]}]}`,
//! offsets in code points; `--words` is the word list of its language. With `--folds N` the documents are dealt into N folds by a
//! hash of their id and `--seed N`, and the quotations of each fold are predicted by models that never saw it (with `--by-source`, nor
//! any text of the same source: the part of the id before the first `_`), and scored (see `score`); `--indirect` looks
//! for indirect speech too, `--predictions OUT.jsonl` keeps what was found. With `--models` the models learn from all and are
//! written. `--handicap X` (2.5 when not given) says how much more it costs to take a title for speech than to miss speech.
//! Speakers are learned by an averaged perceptron in whole numbers, what is speech by logistic regression and a conditional random
//! field in exact steps: the same gold gives the same bytes anywhere.

mod field;
mod gold;
mod learn;
mod perceptron;
mod score;

use std::io::Write;
use std::path::{Path, PathBuf};

use quotes::find::{Finder, Quote, Scratch};
use quotes::lexicon::Lexicon;
use serde_json::{Value, json};

use gold::Document;
use score::Score;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let order = Order::from_arguments()?;
    let lexicon = words(&order.words)?;
    let documents = gold::read(&order.gold, lexicon, order.direct_only)?;
    if order.folds > 0 {
        cross_validate(&documents, lexicon, &order)?;
    }
    if let Some(folder) = &order.models {
        let models = learn::models(&documents.iter().collect::<Vec<_>>(), order.handicap);
        std::fs::write(folder.join("verdict.weights"), models.verdict.to_bytes())?;
        std::fs::write(folder.join("speakers.weights"), models.speakers.to_bytes())?;
        std::fs::write(folder.join("indirect.weights"), models.indirect.to_bytes())?;
        std::fs::write(folder.join("reporters.weights"), models.reporters.to_bytes())?;
    }
    Ok(())
}

/// The word list that is taken when none is named.
const ENGLISH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/en.txt");

/// Reads a word list. Finders keep their words as long as the program lives.
fn words(path: &Path) -> Result<&'static Lexicon, Failure> {
    Ok(Box::leak(Box::new(Lexicon::parse(&std::fs::read_to_string(path)?)?)))
}

/// What the command line asks for.
#[derive(Default)]
struct Order {
    gold: PathBuf,
    words: PathBuf,
    rules: bool,
    folds: u64,
    seed: u64,
    by_source: bool,
    indirect: bool,
    direct_only: bool,
    handicap: f64,
    predictions: Option<PathBuf>,
    models: Option<PathBuf>,
}

impl Order {
    fn from_arguments() -> Result<Order, Failure> {
        let mut order = Order { words: ENGLISH.into(), handicap: 2.5, ..Order::default() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
            match argument.as_str() {
                "--words" => order.words = value()?.into(),
                "--rules" => order.rules = true,
                "--folds" => order.folds = value()?.parse()?,
                "--seed" => order.seed = value()?.parse()?,
                "--by-source" => order.by_source = true,
                "--indirect" => order.indirect = true,
                "--direct-only" => order.direct_only = true,
                "--handicap" => order.handicap = value()?.parse()?,
                "--predictions" => order.predictions = Some(value()?.into()),
                "--models" => order.models = Some(value()?.into()),
                _ => order.gold = argument.into(),
            }
        }
        Ok(order)
    }
}

/// Finds and scores the quotations of every document with models that learned from the other folds.
fn cross_validate(documents: &[Document], lexicon: &'static Lexicon, order: &Order) -> Result<(), Failure> {
    let (mut lines, mut score, mut scratch) = (Vec::new(), Score::default(), Scratch::default());
    for fold in 0..order.folds {
        let (held_out, seen): (Vec<&Document>, Vec<&Document>) =
            documents.iter().partition(|it| it.fold(order.folds, order.by_source, order.seed) == fold);
        let finder = match order.rules {
            true => Finder::with_rules(lexicon),
            false => Finder::with_models(lexicon, learn::models(&seen, order.handicap))
                .with_indirect(order.indirect),
        };
        for document in held_out {
            let quotes = finder.find(&document.text, &mut scratch);
            score.add(document, &quotes);
            let shown: Vec<Value> = quotes.iter().map(|it| show(&document.text, it)).collect();
            writeln!(lines, "{}", json!({ "id": document.id, "quotes": shown }))?;
        }
    }
    writeln!(std::io::stdout(), "{score}")?;
    match &order.predictions {
        Some(path) => Ok(std::fs::write(path, lines)?),
        None => Ok(()),
    }
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
