//! Prints where the sentences of the text on standard input begin and end, a line each.
//!
//! Offsets count code points. Texts are parted by NUL; an empty line ends the list of each.
//! `--time N` splits everything N times instead and prints the speed.

use std::io::{self, Read, Write};
use std::time::Instant;

use textmill_text::sentences::sentences;

fn main() -> io::Result<()> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = io::BufWriter::new(io::stdout().lock());
    match arguments.as_slice() {
        [flag, rounds] if flag == "--time" => {
            time(&input, rounds.parse().map_err(io::Error::other)?, &mut out)
        }
        _ => input.split('\0').try_for_each(|text| list(text, &mut out)),
    }
}

fn list(text: &str, out: &mut impl Write) -> io::Result<()> {
    let (mut read, mut position) = (0, 0);
    for span in sentences(text) {
        position += text[read..span.start].chars().count();
        let start = position;
        position += text[span.clone()].chars().count();
        read = span.end;
        writeln!(out, "{start}\t{position}")?;
    }
    writeln!(out)
}

fn time(input: &str, rounds: u32, out: &mut impl Write) -> io::Result<()> {
    let begun = Instant::now();
    let found: usize = (0..rounds).flat_map(|_| input.split('\0')).map(|text| sentences(text).count()).sum();
    let megabytes = input.len() as f64 * f64::from(rounds) / 1e6;
    writeln!(out, "{found} sentences, {:.0} MB a second", megabytes / begun.elapsed().as_secs_f64())
}
