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
use dedup::features::{Features, Form, Measure, Scratch, Shingling, features};
use dedup::index::{Duplicate, Index};
use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::sync::OnceLock;
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
        (similarity, Some(Shingling { words, measure: Measure::Jaccard(Bands::for_similarity(similarity)) }))
    };
    eprintln!("{similarity} {shingling:?}");

    let mut input = BufReader::with_capacity(1 << 20, io::stdin().lock());
    let mut output = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut index = Index::new(similarity, shingling);
    let mut scratch = Scratch::default();
    let mut tally = Tally::default();
    loop {
        let lines = some_lines(&mut input)?;
        if lines.is_empty() {
            break;
        }
        let texts = texts(&lines)?;
        tally.documents += texts.len();
        tally.text_bytes += texts.iter().map(|it| it.len()).sum::<usize>();
        let start = processor_time();
        let features: Vec<Features> =
            texts.iter().map(|it| features(it, Form::Words, shingling, &mut scratch)).collect();
        let made = processor_time();
        let kept =
            features.iter().map(|it| tally.keeps(&mut index, it)).collect::<io::Result<Vec<bool>>>()?;
        tally.comparing += processor_time() - made;
        tally.making += made - start;
        for (line, _) in lines.iter().zip(kept).filter(|(_, kept)| *kept) {
            output.write_all(line)?;
        }
    }
    output.flush()?;
    tally.print();
    Ok(())
}

/// As many lines as make the clock's share of the time small.
fn some_lines(input: &mut impl BufRead) -> io::Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    while lines.len() < 256 {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        lines.push(line);
    }
    Ok(lines)
}

fn texts(lines: &[Vec<u8>]) -> serde_json::Result<Vec<Cow<'_, str>>> {
    lines.iter().map(|line| Ok(serde_json::from_slice::<Record>(line)?.text)).collect()
}

/// Time that this process has had on a processor, which other processes don't lengthen as they do the time of
/// day; where the system doesn't say, the time of day.
fn processor_time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let said = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanoseconds = said.and_then(|it| it.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

impl Tally {
    fn keeps(&mut self, index: &mut Index, features: &Features) -> io::Result<bool> {
        let found = index.find(features)?;
        match found {
            Some(Duplicate::Exact { .. }) => self.exact += 1,
            Some(Duplicate::Near { .. }) => self.near += 1,
            None => index.insert("", 0, features)?,
        }
        Ok(found.is_none())
    }

    fn print(&self) {
        let rate = |time: Duration| self.text_bytes as f64 / 1e6 / time.as_secs_f64();
        eprintln!("{} documents, {} exact and {} near duplicates", self.documents, self.exact, self.near);
        eprintln!("features {:?} = {:.0} MB/s of text", self.making, rate(self.making));
        eprintln!("comparing {:?} = {:.0} MB/s of text", self.comparing, rate(self.comparing));
        eprintln!("together {:.0} MB/s of text", rate(self.making + self.comparing));
    }
}
