//! Reads gold quotations and cuts their text as the finder does.

use std::io::BufRead;
use std::ops::Range;
use std::path::Path;

use quotes::find::unmarked;
use quotes::indirect::{Item, Label};
use quotes::lexicon::{Classes, Lexicon, word_hash};
use quotes::marks::{self, Stretch};
use quotes::mentions::{self, Mention};
use quotes::words::{self, Word};
use serde_json::Value;

/// A document with what people marked in it, ready to learn from. Offsets are bytes.
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) words: Vec<Word>,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) lexicon: &'static Lexicon,
    quotes: Vec<Quote>,
    /// Whether only attributions of type `direct` make speech of a stretch.
    direct_only: bool,
}

/// Words that end the first noun phrase.
const BREAKS: Classes = Classes::PREPOSITION.or(Classes::RELATIVE).or(Classes::CONJUNCTION);

/// One attribution of the gold.
struct Quote {
    content: Vec<Range<usize>>,
    speaker: Vec<Range<usize>>,
    direct: bool,
}

/// Reads the documents of a file. With `direct_only`, what people marked as direct is marked apart from the reports around
/// it, so marks inside a report hold no speech of their own.
pub(crate) fn read(
    path: &Path,
    lexicon: &'static Lexicon,
    direct_only: bool,
) -> Result<Vec<Document>, crate::Failure> {
    let lines = std::io::BufReader::new(std::fs::File::open(path)?).lines();
    lines.map(|line| Ok(document(&serde_json::from_str(&line?)?, lexicon, direct_only))).collect()
}

fn document(value: &Value, lexicon: &'static Lexicon, direct_only: bool) -> Document {
    let text = value["text"].as_str().unwrap_or("").to_owned();
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let spans = |value: &Value| -> Vec<Range<usize>> {
        let byte = |value: &Value| bytes[(value.as_u64().unwrap_or(0) as usize).min(bytes.len() - 1)];
        value.as_array().into_iter().flatten().map(|it| byte(&it[0])..byte(&it[1])).collect()
    };
    let quotes = value["quotes"].as_array().into_iter().flatten();
    let quotes = quotes
        .map(|it| Quote {
            content: spans(&it["fragments"]),
            speaker: spans(&it["speaker_fragments"]),
            direct: it["type"] == "direct",
        })
        .collect();
    let (mut stretches, mut words, mut mentions) = Default::default();
    marks::scan(&text, &mut stretches);
    words::split(&text, &stretches, lexicon, &mut words);
    mentions::find(&text, &words, lexicon, &mut mentions);
    Document {
        id: value["id"].as_str().unwrap_or("").to_owned(),
        text,
        words,
        stretches,
        mentions,
        lexicon,
        quotes,
        direct_only,
    }
}

impl Document {
    /// Which of `folds` folds it belongs to: by `seed` and its id, or by the part of it before the first `_`, which names the source.
    pub(crate) fn fold(&self, folds: u64, by_source: bool, seed: u64) -> u64 {
        let source = self.id.split('_').next().unwrap_or("");
        let hash = u64::from(word_hash(if by_source { source } else { &self.id }));
        (hash ^ seed.wrapping_mul(0x9e37_79b9)) % folds
    }

    /// The attribution whose content a stretch is, if it is speech.
    pub(crate) fn speech(&self, stretch: &Stretch) -> Option<usize> {
        self.holder(stretch, |it| it.direct || !self.direct_only)
    }

    /// The attribution whose content a run of words without marks is.
    pub(crate) fn report(&self, run: &Stretch) -> Option<usize> {
        self.holder(run, |_| true)
    }

    /// The first of some attributions that covers most of a stretch, if it is more than half.
    fn holder(&self, stretch: &Stretch, counts: impl Fn(&Quote) -> bool) -> Option<usize> {
        let inside = |it: &Quote| {
            let pieces = it.content.iter().filter(|_| counts(it));
            pieces.map(|range| overlap(range, &(stretch.start..stretch.end))).max().unwrap_or(0)
        };
        let best = self.quotes.iter().map(inside).max()?;
        let enough = best * 2 > stretch.end - stretch.start;
        self.quotes.iter().position(|it| inside(it) == best).filter(|_| enough)
    }

    /// Whether word `at` was said.
    pub(crate) fn is_said(&self, at: &Word) -> bool {
        let start = at.start as usize;
        self.quotes.iter().any(|it| it.content.iter().any(|range| range.contains(&start)))
    }

    /// Where the speaker of attribution `quote` is mentioned; several pieces when the mention is broken.
    pub(crate) fn speaker(&self, quote: usize) -> &[Range<usize>] {
        &self.quotes[quote].speaker
    }

    /// The labels of items by what people marked.
    pub(crate) fn labels(&self, items: &[Item]) -> Vec<Label> {
        let mut before = false;
        let said = |item: &Item| self.is_said(&self.words[item.first as usize]);
        let label = |item: &Item| match (said(item), std::mem::replace(&mut before, said(item))) {
            (false, _) => Label::Outside,
            (true, false) => Label::Begins,
            (true, true) => Label::GoesOn,
        };
        items.iter().map(label).collect()
    }

    /// For each stretch whether it is speech.
    pub(crate) fn speeches(&self) -> Vec<bool> {
        self.stretches.iter().map(|it| self.speech(it).is_some()).collect()
    }

    /// The words from `first` to `last` as a stretch.
    pub(crate) fn reported(&self, first: u32, last: u32) -> Stretch {
        unmarked(&(self.words[first as usize].start as usize..self.words[last as usize].end as usize))
    }

    /// Which of `candidates` name the speaker of attribution `quote`: those nearest in extent that hold its head.
    pub(crate) fn right_candidates(&self, quote: usize, candidates: &[usize]) -> Vec<usize> {
        let Some(span) = self.quotes[quote].speaker.first() else { return Vec::new() };
        let Some(head) = self.head(span) else { return Vec::new() };
        let holds = |it: &Mention| it.first <= head && head <= it.full_last;
        let right: Vec<usize> = candidates.iter().copied().filter(|&it| holds(&self.mentions[it])).collect();
        let miss = |it: usize| {
            let range = self.bytes_of(&self.mentions[it]);
            range.start.abs_diff(span.start) + range.end.abs_diff(span.end)
        };
        let least = right.iter().map(|&it| miss(it)).min();
        right.into_iter().filter(|&it| Some(miss(it)) == least).collect()
    }

    /// The last word of the first noun phrase of a span.
    pub(crate) fn head(&self, span: &Range<usize>) -> Option<u32> {
        let from = self.words.partition_point(|it| (it.start as usize) < span.start);
        let mut head = None;
        let inside = |it: &&Word| (it.start as usize) < span.end;
        for (i, word) in self.words[from..].iter().take_while(inside).enumerate() {
            let breaks = word.sign != '\0' && word.sign != '\'' && word.sign != '’' || word.is(BREAKS);
            if breaks && head.is_some() {
                break;
            }
            if word.is_word() {
                head = Some((from + i) as u32);
            }
        }
        head
    }

    fn bytes_of(&self, mention: &Mention) -> Range<usize> {
        self.words[mention.first as usize].start as usize..self.words[mention.full_last as usize].end as usize
    }
}

pub(crate) fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}
