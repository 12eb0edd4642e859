//! Deduplicates JSON lines from standard input to standard output, without the rest of the program:
//! to measure the algorithms alone.
//!
//! ```text
//! dedup_lines [SIMILARITY [WORDS_PER_SHINGLE]] < in.jsonl > kept.jsonl      near and exact
//! dedup_lines exact < in.jsonl > kept.jsonl
//! ```
//!
//! What was done, and how long making and comparing features took, goes to standard error.

#![allow(clippy::print_stderr, reason = "a tool for those who work on the plugin")]

use dedup::bands::Bands;
use dedup::features::{Features, Form, Scratch, Shingling, features};
use dedup::index::{Duplicate, Index};
use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::time::{Duration, Instant};

#[derive(serde::Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Default)]
struct Tally {
    documents: usize,
    text_bytes: usize,
    exact: usize,
    near: usize,
    making: Duration,
    comparing: Duration,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().unwrap_or_else(|| "0.8".into());
    let (similarity, shingling) = if first == "exact" {
        (1.0, None)
    } else {
        let similarity = first.parse()?;
        let words = arguments.next().map_or(Ok(5), |it| it.parse())?;
        (similarity, Some(Shingling { words, bands: Bands::for_similarity(similarity) }))
    };
    eprintln!("{similarity} {shingling:?}");

    let mut input = BufReader::with_capacity(1 << 20, io::stdin().lock());
    let mut output = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut index = Index::new(similarity, shingling);
    let mut scratch = Scratch::default();
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let record: Record = serde_json::from_slice(&line)?;
        let start = Instant::now();
        let features = features(&record.text, Form::Words, shingling, &mut scratch);
        tally.making += start.elapsed();
        tally.documents += 1;
        tally.text_bytes += record.text.len();
        if tally.keeps(&mut index, features) {
            output.write_all(&line)?;
        }
        line.clear();
    }
    output.flush()?;
    tally.print();
    Ok(())
}

impl Tally {
    fn keeps(&mut self, index: &mut Index, features: Features) -> bool {
        let start = Instant::now();
        let found = index.find(&features);
        match found {
            Some(Duplicate::Exact { .. }) => self.exact += 1,
            Some(Duplicate::Near { .. }) => self.near += 1,
            None => index.insert(features),
        }
        self.comparing += start.elapsed();
        found.is_none()
    }

    fn print(&self) {
        let rate = |time: Duration| self.text_bytes as f64 / 1e6 / time.as_secs_f64();
        eprintln!("{} documents, {} exact and {} near duplicates", self.documents, self.exact, self.near);
        eprintln!("features {:?} = {:.0} MB/s of text", self.making, rate(self.making));
        eprintln!("comparing {:?} = {:.0} MB/s of text", self.comparing, rate(self.comparing));
        eprintln!("together {:.0} MB/s of text", rate(self.making + self.comparing));
    }
}
