//! Scores the names that pronouns get against names read by people.
//!
//! ```text
//! cargo run --release -p quotes --example pronouns -- plugins/quotes/gold/pronouns.jsonl TEXTS.jsonl
//! ```
//!
//! A line of the labels is `{"id", "start", "end", "name"}`: a document, the code points of a pronoun that speaks, and the
//! fullest form of the person's name in that document, or null where the text does not say. Three figures come out. *By the
//! resolver*: every label is given as a speaker, beside those that the finder found, so nothing but the step from pronoun to
//! name is measured. *Of those found*: of the labels that the finder, with indirect speech, found as speakers. *Of all*: a
//! label that was not found is wrong. A name is right when it ends in the same word as the one read (case aside) and, where
//! both have more words, shares the first word too; null is right when no name was found. `--misses` lists what the resolver
//! got wrong.

mod gold;

use std::io::Write;
use std::ops::Range;

use gold::{Failure, Share, by_id, bytes, lines, text_at};
use quotes::confidence;
use quotes::context::Page;
use quotes::find::{Finder, Quote, Scratch};
use quotes::language::Language;
use quotes::people::People;
use quotes::{marks, mentions, words};

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [labels, texts, options @ ..] = arguments.as_slice() else {
        return Err("usage: pronouns LABELS.jsonl TEXTS.jsonl [--misses]".into());
    };
    let (labels, texts) = (lines(labels)?, lines(texts)?);
    let texts = by_id(&texts);
    let finder = Finder::default().with_indirect(true);
    let mut score = Score::default();
    let mut out = std::io::stdout().lock();
    for (line, label) in labels.iter().enumerate() {
        let id = text_at(label, "id");
        let text = texts.get(id).ok_or(format!("no text has the id `{id}`"))?;
        let pronoun = bytes(text, &label["start"], &label["end"]);
        let read = label["name"].as_str();
        let quotes = finder.find(text, &mut Scratch::default());
        let alone = resolve(text, &quotes, &pronoun);
        let right = score.add(line, read, &alone, found(&quotes, &pronoun));
        if !right && options.iter().any(|it| it == "--misses") {
            let name = alone.map(|it| it.name);
            writeln!(out, "{id} {}..{} read {read:?} found {name:?}", pronoun.start, pronoun.end)?;
        }
    }
    writeln!(out, "{score}")?;
    Ok(())
}

/// A name, and how sure it is in percent.
struct Named {
    name: String,
    confidence: u8,
}

/// Whom the pronoun means, were it a speaker beside those of `quotes`.
fn resolve(text: &str, quotes: &[Quote], pronoun: &Range<usize>) -> Option<Named> {
    let lexicon = &Language::english().lexicon;
    let (mut stretches, mut cut, mut met) = Default::default();
    marks::scan(text, &mut stretches);
    words::split(text, &stretches, lexicon, &mut cut);
    mentions::find(text, &cut, lexicon, &mut met);
    let page = Page { text, words: &cut, stretches: &stretches };
    let place = |it: &mentions::Mention| {
        cut[it.first as usize].start as usize..cut[it.full_last as usize].end as usize
    };
    let speaks = |it: &Range<usize>| {
        it == pronoun || quotes.iter().any(|quote| quote.speaker.as_ref().is_some_and(|by| by.mention == *it))
    };
    let mut people = People::default();
    people.meet_all(page, lexicon, &met);
    for (index, mention) in met.iter().enumerate().filter(|(_, it)| speaks(&place(it))) {
        let meant = people.resolve(page, &met, index);
        if place(mention) == *pronoun {
            let meant = meant?;
            let confidence = confidence::of_name(meant.basis);
            return Some(Named { name: text[people.name(meant.person)].to_owned(), confidence });
        }
    }
    None
}

/// What the finder says of the pronoun, if it found it as a speaker.
fn found(quotes: &[Quote], pronoun: &Range<usize>) -> Option<Option<Named>> {
    let speaker = quotes.iter().filter_map(|it| it.speaker.as_ref()).find(|it| it.mention == *pronoun)?;
    Some(speaker.name.clone().map(|name| Named { name, confidence: speaker.name_confidence }))
}

fn same_person(read: Option<&str>, found: Option<&Named>) -> bool {
    let (Some(read), Some(found)) = (read, found) else { return read.is_none() && found.is_none() };
    let words = |name: &str| -> Vec<String> {
        name.to_lowercase().split_whitespace().map(|it| it.trim_end_matches(['.', '’']).to_owned()).collect()
    };
    let (read, found) = (words(read), words(&found.name));
    read.last() == found.last() && (read.len() == 1 || found.len() == 1 || read.first() == found.first())
}

#[derive(Default)]
struct Score {
    alone: Share,
    found: Share,
    all: Share,
    /// By confidence in percent: all names given by the resolver, and those of odd and of even lines.
    sure: std::collections::BTreeMap<u8, [Share; 3]>,
}

impl Score {
    /// Counts one label and returns whether the resolver has it right.
    fn add(
        &mut self,
        line: usize,
        read: Option<&str>,
        alone: &Option<Named>,
        found: Option<Option<Named>>,
    ) -> bool {
        let right = same_person(read, alone.as_ref());
        self.alone.add(right);
        let found = found.map(|it| same_person(read, it.as_ref()));
        found.into_iter().for_each(|it| self.found.add(it));
        self.all.add(found == Some(true));
        if let Some(named) = alone {
            let shares = self.sure.entry(named.confidence).or_default();
            shares[0].add(right);
            shares[1 + line % 2].add(right);
        }
        right
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "by the resolver: {}", self.alone)?;
        writeln!(f, "of those found:  {}", self.found)?;
        writeln!(f, "of all:          {}", self.all)?;
        for (percent, [all, odd, even]) in &self.sure {
            writeln!(f, "name_confidence {percent}: {all}; odd lines {odd}, even lines {even}")?;
        }
        Ok(())
    }
}
