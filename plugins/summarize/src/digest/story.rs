//! Writes up a story: its title, its dates, a summary out of several documents, and who said what.
//!
//! Sentences are taken by what most documents of the story say and by what the summary model says of them in their
//! document. A sentence of which half stands in one already taken, or most in all of them together, says nothing new and
//! is passed over, so that no fact comes twice. Those taken stand by date, then in the order of documents.
//!
//! Not here: which documents tell one story (`group`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Serialize;
use textmill_text::words::words;

use crate::digest::note::{Note, NotedQuote, NotedSentence, term};
use crate::vocabulary::stem;

/// A story, as it stands in the table `stories`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// Its number, as in `annotations.story` of its documents.
    pub story: u32,
    /// A headline of one of its documents, or its first sentence.
    pub title: String,
    /// The dates of its documents, each once, ascending.
    pub dates: Vec<String>,
    /// The ids of its documents, in corpus order.
    pub documents: Vec<String>,
    /// What it is about.
    pub summary: StorySummary,
    /// Who said what, in the order in which they come.
    pub speakers: Vec<Speaker>,
}

/// The summary of a story.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StorySummary {
    /// Its sentences joined by spaces.
    pub text: String,
    /// Its sentences.
    pub sentences: Vec<Extract>,
}

/// Somebody who is quoted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Speaker {
    /// The longest form of the name that stands in the story.
    pub name: String,
    /// What they said, each thing once.
    pub quotes: Vec<Extract>,
}

/// A stretch of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Extract {
    /// The id of the document.
    pub document: String,
    /// Where it begins, in code points of the text that the stage saw.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The text from start to end.
    pub text: String,
}

impl Story {
    /// Writes up the story of `notes`, which come in corpus order; there is at least one.
    #[must_use]
    pub fn of(number: u32, notes: &[&Note], sentences_max: usize) -> Story {
        let first = &notes[..notes.len().min(DOCUMENTS_MAX)];
        let candidates = Candidate::all(first);
        let taken = take(&candidates, sentences_max);
        let best = taken.first().map(|&best| candidates[best].sentence.text.clone());
        let sentences = in_order(taken, &candidates);
        Story {
            story: number,
            title: title(first).or(best).unwrap_or_default(),
            dates: dates(notes),
            documents: notes.iter().map(|note| note.id.clone()).collect(),
            summary: StorySummary {
                text: sentences.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join(" "),
                sentences,
            },
            speakers: speakers(first),
        }
    }
}

fn extract(note: &Note, text: &str, range: &Range<usize>) -> Extract {
    Extract { document: note.id.clone(), start: range.start, end: range.end, text: text.to_owned() }
}

/// Of a story that more documents tell, title, summary and quotations are drawn from the first ones, so that time stays
/// in proportion to the documents.
const DOCUMENTS_MAX: usize = 100;

/// A sentence that may be taken.
struct Candidate<'a> {
    note: &'a Note,
    sentence: &'a NotedSentence,
    /// Its words that stand in a vector of the story, ascending.
    terms: Vec<u32>,
    worth: f64,
}

impl<'a> Candidate<'a> {
    fn all(notes: &[&'a Note]) -> Vec<Candidate<'a>> {
        let mut told: BTreeMap<u32, u32> = BTreeMap::new();
        for (term, _) in notes.iter().flat_map(|note| &note.terms) {
            *told.entry(*term).or_default() += 1;
        }
        let all = notes.iter().flat_map(|note| note.sentences.iter().map(move |sentence| (*note, sentence)));
        all.map(|(note, sentence)| Candidate::new(note, sentence, &told, notes.len())).collect()
    }

    fn new(
        note: &'a Note,
        sentence: &'a NotedSentence,
        told: &BTreeMap<u32, u32>,
        documents: usize,
    ) -> Candidate<'a> {
        let terms: Vec<u32> =
            terms(&sentence.text).into_iter().filter(|term| told.contains_key(term)).collect();
        let shares = terms.iter().map(|term| f64::from(told[term] - 1) / documents as f64).sum::<f64>();
        let worth = shares / (terms.len() + TERMS_LACKING) as f64 + f64::from(sentence.score);
        Candidate { note, sentence, terms, worth }
    }
}

/// As many words that nobody else has are added to each sentence, so that three shared words are no summary.
const TERMS_LACKING: usize = 8;

/// The words of a text, each once, ascending.
fn terms(text: &str) -> Vec<u32> {
    let mut terms: Vec<u32> = words(text).map(|range| term(stem(&text[range]))).collect();
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// A sentence shares less than this with any other that was taken…
const SHARED_MAX: f64 = 0.5;

/// … and less than this with all of them together.
const KNOWN_MAX: f64 = 0.7;

/// What a sentence loses when all its words are known.
const KNOWN_COST: f64 = 0.3;

/// The candidates to take, best first.
fn take(candidates: &[Candidate<'_>], sentences_max: usize) -> Vec<usize> {
    let mut taken: Vec<usize> = Vec::new();
    let mut known: BTreeSet<u32> = BTreeSet::new();
    while taken.len() < sentences_max {
        let says_something_new = |&it: &usize| {
            share(&candidates[it].terms, |term| known.contains(&term)) < KNOWN_MAX
                && taken
                    .iter()
                    .all(|&other| likeness(&candidates[it].terms, &candidates[other].terms) < SHARED_MAX)
        };
        let worth = |it: usize| {
            candidates[it].worth - KNOWN_COST * share(&candidates[it].terms, |term| known.contains(&term))
        };
        let open = (0..candidates.len()).filter(|it| !taken.contains(it)).filter(says_something_new);
        let Some(best) = open.reduce(|best, it| if worth(it) > worth(best) { it } else { best }) else {
            break;
        };
        known.extend(&candidates[best].terms);
        taken.push(best);
    }
    taken
}

/// The share of the shorter one's words that stand in the other too.
fn likeness(a: &[u32], b: &[u32]) -> f64 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    share(short, |term| long.binary_search(&term).is_ok())
}

fn share(terms: &[u32], is_shared: impl Fn(u32) -> bool) -> f64 {
    terms.iter().filter(|&&term| is_shared(term)).count() as f64 / terms.len().max(1) as f64
}

/// By date, then by document, then as they stand in it.
fn in_order(mut taken: Vec<usize>, candidates: &[Candidate<'_>]) -> Vec<Extract> {
    taken.sort_by_key(|&it| {
        let Candidate { note, sentence, .. } = &candidates[it];
        (note.date.as_ref().map(|(_, day)| *day), note.seq, sentence.range.start)
    });
    let taken = taken.into_iter().map(|it| &candidates[it]);
    taken.map(|it| extract(it.note, &it.sentence.text, &it.sentence.range)).collect()
}

/// The headline of the document that says most of what the others say.
fn title(notes: &[&Note]) -> Option<String> {
    let mut told: BTreeMap<u32, u32> = BTreeMap::new();
    for (term, _) in notes.iter().flat_map(|note| &note.terms) {
        *told.entry(*term).or_default() += 1;
    }
    let shared = |title: &str| {
        let terms = terms(title);
        let told: u32 = terms.iter().filter_map(|term| told.get(term)).sum();
        f64::from(told) / (terms.len() + 2) as f64
    };
    let titles = notes.iter().filter_map(|note| note.title.as_deref());
    titles.reduce(|best, it| if shared(it) > shared(best) { it } else { best }).map(str::to_owned)
}

fn dates(notes: &[&Note]) -> Vec<String> {
    let mut dates: Vec<(i32, &str)> =
        notes.iter().filter_map(|note| note.date.as_ref()).map(|(date, day)| (*day, date.as_str())).collect();
    dates.sort_unstable();
    dates.dedup();
    dates.into_iter().map(|(_, date)| date.to_owned()).collect()
}

/// A quotation that shares so much of the shorter one's words with another is the same.
const SAME_QUOTE: f64 = 0.8;

fn speakers(notes: &[&Note]) -> Vec<Speaker> {
    let quotes: Vec<(&Note, &NotedQuote)> =
        notes.iter().flat_map(|note| note.quotes.iter().map(move |quote| (*note, quote))).collect();
    let names: BTreeSet<&str> = quotes.iter().map(|(_, quote)| quote.speaker.as_str()).collect();
    let mut speakers: Vec<Speaker> = Vec::new();
    let mut said: Vec<Vec<u32>> = Vec::new();
    for (note, quote) in quotes {
        let words = terms(&quote.text);
        if said.iter().any(|other| likeness(other, &words) >= SAME_QUOTE) {
            continue;
        }
        said.push(words);
        let name = full_name(&quote.speaker, &names);
        let quote = extract(note, &quote.text, &quote.range);
        match speakers.iter_mut().find(|speaker| speaker.name == name) {
            Some(speaker) => speaker.quotes.push(quote),
            None => speakers.push(Speaker { name: name.to_owned(), quotes: vec![quote] }),
        }
    }
    speakers
}

/// The longest of `names` that ends with the words of `name`: `António Guterres` for `Guterres`.
fn full_name<'a>(name: &'a str, names: &BTreeSet<&'a str>) -> &'a str {
    let is_form_of_it = |full: &&&str| full.strip_suffix(name).is_some_and(|before| before.ends_with(' '));
    names.iter().filter(is_form_of_it).max_by_key(|full| full.len()).map_or(name, |full| *full)
}
