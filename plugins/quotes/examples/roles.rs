//! Scores the roles and organisations of speakers against those that a reader marked.
//!
//! ```text
//! cargo run --release -p quotes --example roles -- plugins/quotes/gold/roles.jsonl TEXTS.jsonl
//! ```
//!
//! A line of the labels is `{"id", "start", "end", "role", "organisation"}`: a document, the code points of a speaker's mention,
//! and those of the role and the organisation that the text states beside that person's name, or null. Per attribute two
//! figures come out, each as precision and recall: *in its last word*, case aside, and *exactly*. A mention that the finder
//! does not have as a speaker has neither.
//! `--misses` lists what is not right in its last word.

mod gold;

use std::io::Write;

use gold::{Failure, Share, by_id, bytes, lines, text_at};
use quotes::find::{Finder, Scratch};

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [labels, texts, options @ ..] = arguments.as_slice() else {
        return Err("usage: roles LABELS.jsonl TEXTS.jsonl [--misses]".into());
    };
    let (labels, texts) = (lines(labels)?, lines(texts)?);
    let texts = by_id(&texts);
    let finder = Finder::default();
    let (mut speakers, mut roles, mut organisations) = (Share::default(), Score::default(), Score::default());
    let mut out = std::io::stdout().lock();
    for label in &labels {
        let id = text_at(label, "id");
        let text = texts.get(id).ok_or(format!("no text has the id `{id}`"))?;
        let mention = bytes(text, &label["start"], &label["end"]);
        let quotes = finder.find(text, &mut Scratch::default());
        let speaker = quotes.iter().filter_map(|it| it.speaker.as_ref()).find(|it| it.mention == mention);
        speakers.add(speaker.is_some());
        let (role, organisation) =
            speaker.map_or((None, None), |it| (it.role.as_deref(), it.organisation.as_deref()));
        for (attribute, found, score) in
            [("role", role, &mut roles), ("organisation", organisation, &mut organisations)]
        {
            let place = &label[attribute];
            let read = place.is_array().then(|| &text[bytes(text, &place[0], &place[1])]);
            let right = score.add(read, found);
            if !right && options.iter().any(|it| it == "--misses") {
                writeln!(out, "{id} {} {attribute}: read {read:?} found {found:?}", label["start"])?;
            }
        }
    }
    writeln!(out, "found as speakers: {speakers}")?;
    writeln!(out, "role:\n{roles}\norganisation:\n{organisations}")?;
    Ok(())
}

#[derive(Default)]
struct Score {
    last_word: Agreement,
    exact: Agreement,
}

/// Of what was found, and of what was read, how much is the same.
#[derive(Default)]
struct Agreement {
    precision: Share,
    recall: Share,
}

impl Score {
    /// Counts one label and returns whether the last word is right, or rightly absent.
    fn add(&mut self, read: Option<&str>, found: Option<&str>) -> bool {
        let last = |it: &str| it.split_whitespace().next_back().map(str::to_lowercase);
        let same = read.and_then(last) == found.and_then(last);
        self.last_word.add(read, found, same);
        self.exact.add(read, found, read == found);
        same
    }
}

impl Agreement {
    fn add(&mut self, read: Option<&str>, found: Option<&str>, same: bool) {
        found.iter().for_each(|_| self.precision.add(same));
        read.iter().for_each(|_| self.recall.add(same));
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (last, exact) = (&self.last_word, &self.exact);
        writeln!(f, "  in its last word: precision {}, recall {}", last.precision, last.recall)?;
        write!(f, "  exactly:          precision {}, recall {}", exact.precision, exact.recall)
    }
}
