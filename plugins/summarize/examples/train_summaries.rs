//! Fits the weights of the summary model, and writes summaries that can be scored.
//!
//! usage: train_summaries [--weights FILE] [--folds N] [--predictions FILE] REPORTS.jsonl
//!
//! Each line of REPORTS is a report with a summary that somebody wrote of it: `{"id": …, "text": …, "reference": …}`.
//! With `--predictions`, reports are split in `--folds` parts (5 unless given) by a hash of their id, each is summarised
//! by weights that were fitted to the other parts, and the summaries are written as textmill documents, with the layers
//! `sentences` and `summary.sentences` in code points. With `--weights`, weights are fitted to all reports and written.
//!
//! What is fitted is what a sentence would add to the F-measure of a summary. A summary that shares `s` words of its `n`
//! with a reference of `r` words has F = 2s / (n + r); a sentence that brings `ds` shared words among `dn` changes it by
//! about (2 ds - F dn) / (n + r). So the target is `ds - F/2 dn` over `r`, for words plus pairs of words (ROUGE-1 plus
//! ROUGE-2), with F as such summaries reach it: length is paid for at its price, and no sentence wins by length alone.
//! Ridge regression over the features of the stage itself, within each report, by normal equations in a fixed order:
//! the same reports give the same weights on every machine.

use std::collections::HashMap;
use std::fs::{File, read_to_string, write};
use std::io::{BufWriter, Write};

use serde_json::{Value, json};
use summarize::features::{Features, Measure, NAMES};
use summarize::score::{Weights, Worth};
use summarize::summary::{Request, Summarizer};
use summarize::vocabulary::stem;
use textmill_text::sentences::sentences;
use textmill_text::words::words;
use xxhash_rust::xxh3::xxh3_64;

type Failure = Box<dyn std::error::Error>;

/// F-measures that summaries of three sentences reach, for words and for pairs of words.
const USUAL_F: [f64; 2] = [0.31, 0.11];

/// How much large weights cost, in examples.
const DECAY: f64 = 3.0;

/// How many sentences the summaries have that are written.
const SENTENCES: usize = 3;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (mut weights, mut predictions, mut folds, mut path) = (None, None, 5, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--weights" => weights = arguments.next(),
            "--predictions" => predictions = arguments.next(),
            "--folds" => folds = arguments.next().unwrap_or_default().parse()?,
            _ => path = Some(argument),
        }
    }
    let path =
        path.ok_or("usage: train_summaries [--weights FILE] [--folds N] [--predictions FILE] REPORTS.jsonl")?;
    let text = read_to_string(&path).map_err(|err| format!("can't read {path}: {err}"))?;
    let reports = text.lines().map(Report::parse).collect::<Result<Vec<_>, _>>()?;
    if let Some(file) = predictions {
        predict(&reports, folds, &file)?;
    }
    if let Some(file) = weights {
        write(file, fit(reports.iter()).to_text())?;
    }
    Ok(())
}

/// Summarises each fold by weights of the others.
fn predict(reports: &[Report], folds: u64, file: &str) -> Result<(), Failure> {
    let fitted: Vec<Weights> = (0..folds.max(2))
        .map(|fold| fit(reports.iter().filter(|report| report.hash % folds.max(2) != fold)))
        .collect();
    let mut out = BufWriter::new(File::create(file)?);
    let mut summarizer = Summarizer::default();
    for report in reports {
        let weights = &fitted[(report.hash % folds.max(2)) as usize];
        let request = Request { worth: Worth::Learned(weights), ..Request::sentences(SENTENCES) };
        let chosen = summarizer.summarize(&report.text, sentences(&report.text), request);
        let summary: Vec<Value> = chosen.iter().map(|it| report.span(&it.range)).collect();
        let all: Vec<Value> = sentences(&report.text).map(|range| report.span(&range)).collect();
        let annotations = json!({"sentences": all, "summary": {"sentences": summary}});
        writeln!(out, "{}", json!({"id": report.id, "annotations": annotations}))?;
    }
    Ok(out.flush()?)
}

/// A report, and the rows and targets of its sentences.
struct Report {
    id: String,
    text: String,
    hash: u64,
    /// Less their mean over the report: what makes a report easy to summarise says nothing of its sentences.
    examples: Vec<(Vec<f64>, f64)>,
}

impl Report {
    fn parse(line: &str) -> Result<Report, Failure> {
        let value: Value = serde_json::from_str(line)?;
        let member =
            |name: &str| value[name].as_str().ok_or_else(|| format!("a report lacks `{name}`: {line:.60}"));
        let (id, text, reference) = (member("id")?, member("text")?, member("reference")?);
        let hash = xxh3_64(id.as_bytes());
        Ok(Report { id: id.to_owned(), hash, examples: examples(text, reference), text: text.to_owned() })
    }

    /// A range of the text in code points.
    fn span(&self, range: &std::ops::Range<usize>) -> Value {
        let start = self.text[..range.start].chars().count();
        json!({"start": start, "end": start + self.text[range.clone()].chars().count()})
    }
}

fn examples(text: &str, reference: &str) -> Vec<(Vec<f64>, f64)> {
    let reference = Counts::of(reference);
    let mut summarizer = Summarizer::default();
    let ranked: Vec<_> = summarizer.rank(text, sentences(text), Request::sentences(SENTENCES)).collect();
    let measure = Measure::new(summarizer.reading(), summarizer.candidates());
    let mut examples: Vec<(Vec<f64>, f64)> = ranked
        .iter()
        .enumerate()
        .map(|(rank, it)| {
            let row = measure.features(rank).iter().map(|&feature| f64::from(feature)).collect();
            (row, reference.gain(&Counts::of(&text[it.range.clone()])))
        })
        .collect();
    let count = examples.len().max(1) as f64;
    let mean_target = examples.iter().map(|it| it.1).sum::<f64>() / count;
    let means: Vec<f64> =
        (0..NAMES.len()).map(|i| examples.iter().map(|it| it.0[i]).sum::<f64>() / count).collect();
    for (row, target) in &mut examples {
        *target -= mean_target;
        row.iter_mut().zip(&means).for_each(|(feature, mean)| *feature -= mean);
    }
    examples
}

/// How often each word and each pair of words stands in a text.
struct Counts {
    grams: [HashMap<u64, u32>; 2],
    words: f64,
}

impl Counts {
    fn of(text: &str) -> Counts {
        let stems: Vec<u64> = words(text).map(|range| stem(&text[range])).collect();
        let mut grams = [HashMap::new(), HashMap::new()];
        for (i, &word) in stems.iter().enumerate() {
            *grams[0].entry(word).or_default() += 1;
            if let Some(&next) = stems.get(i + 1) {
                *grams[1]
                    .entry(word.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ next)
                    .or_default() += 1;
            }
        }
        Counts { grams, words: stems.len() as f64 }
    }

    /// What a summary would gain by this sentence, as the module says.
    fn gain(&self, sentence: &Counts) -> f64 {
        let gains = (0..2).map(|n| {
            let shared =
                |(gram, &count): (&u64, &u32)| count.min(self.grams[n].get(gram).copied().unwrap_or(0));
            let shared: u32 = sentence.grams[n].iter().map(shared).sum();
            f64::from(shared) - USUAL_F[n] / 2.0 * (sentence.words - n as f64).max(0.0)
        });
        gains.sum::<f64>() / self.words.max(1.0)
    }
}

/// Ridge regression over the examples of all `reports`.
fn fit<'a>(reports: impl Iterator<Item = &'a Report>) -> Weights {
    const N: usize = NAMES.len();
    let (mut matrix, mut target) = (vec![[0.0; N]; N], [0.0; N]);
    for (row, gain) in reports.flat_map(|report| &report.examples) {
        for i in 0..N {
            target[i] += row[i] * gain;
            for j in 0..N {
                matrix[i][j] += row[i] * row[j];
            }
        }
    }
    (0..N).for_each(|i| matrix[i][i] += DECAY);
    let solution = solve(matrix, target);
    let mut weights: Features = [0.0; N];
    weights.iter_mut().zip(solution).for_each(|(weight, exact)| *weight = exact as f32);
    // As they will be read again, so that what is scored is what is kept.
    Weights::parse(&Weights(weights).to_text()).expect("what was written can be read")
}

/// Gaussian elimination; the matrix is positive definite, so that no pivot has to be searched.
fn solve<const N: usize>(mut matrix: Vec<[f64; N]>, mut target: [f64; N]) -> [f64; N] {
    for i in 0..N {
        let pivot = matrix[i];
        for below in i + 1..N {
            let factor = matrix[below][i] / pivot[i];
            matrix[below].iter_mut().zip(pivot).for_each(|(cell, above)| *cell -= factor * above);
            target[below] -= factor * target[i];
        }
    }
    for i in (0..N).rev() {
        let known: f64 = (i + 1..N).map(|j| matrix[i][j] * target[j]).sum();
        target[i] = (target[i] - known) / matrix[i][i];
    }
    target
}
