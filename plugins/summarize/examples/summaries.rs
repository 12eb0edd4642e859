//! Prints the summary of the text on standard input: a line of start, end and score for each sentence.
//!
//! Offsets count code points. Texts are parted by NUL; an empty line ends the summary of each.
//! `--time N` summarises everything N times instead and prints the speed.

use std::io::{self, Read, Write};
use std::time::Instant;

use summarize::summary::{Request, Summarizer};
use textmill_text::sentences::sentences;

fn main() -> io::Result<()> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut summarizer = Summarizer::default();
    match arguments.as_slice() {
        [flag, rounds] if flag == "--time" => {
            let rounds = rounds.parse().map_err(io::Error::other)?;
            time(&input, rounds, &mut summarizer, &mut out)
        }
        _ => input.split('\0').try_for_each(|text| list(text, &mut summarizer, &mut out)),
    }
}

fn list(text: &str, summarizer: &mut Summarizer, out: &mut impl Write) -> io::Result<()> {
    for chosen in summarizer.summarize(text, sentences(text), Request::sentences(3)) {
        let start = text[..chosen.range.start].chars().count();
        let end = start + text[chosen.range].chars().count();
        writeln!(out, "{start}\t{end}\t{:.3}", chosen.score)?;
    }
    writeln!(out)
}

fn time(input: &str, rounds: u32, summarizer: &mut Summarizer, out: &mut impl Write) -> io::Result<()> {
    let begun = Instant::now();
    let (mut texts, mut chosen) = (0, 0);
    for text in (0..rounds).flat_map(|_| input.split('\0')) {
        chosen += summarizer.summarize(text, sentences(text), Request::sentences(3)).len();
        texts += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let megabytes = input.len() as f64 * f64::from(rounds) / 1e6;
    writeln!(
        out,
        "{texts} texts, {chosen} sentences, {:.0} texts and {:.0} MB a second",
        f64::from(texts) / seconds,
        megabytes / seconds
    )
}
