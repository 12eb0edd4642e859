//! Scores what was found against what people marked, in any language.
//!
//! *Stretches* counts what stands between quotation marks: right when people marked it as said and the finder too, each by more
//! than half. *With speaker* also asks that the mention found holds the head word of the one marked, or that neither is
//! there; *exact* that both have the same words, articles aside. *Words* counts the words of all that is said, in marks
//! or not.

use std::fmt;
use std::ops::Range;

use quotes::find::{Quote, QuoteKind, Speaker};
use quotes::lexicon::Classes;

use crate::gold::{Document, overlap};

/// What was counted so far.
#[derive(Default)]
pub(crate) struct Score {
    stretches: Counts,
    words: Counts,
    with_speaker: usize,
    exact: usize,
}

#[derive(Default)]
struct Counts {
    right: usize,
    found: usize,
    marked: usize,
}

impl Counts {
    fn add(&mut self, marked: bool, found: bool) {
        self.right += usize::from(marked && found);
        self.found += usize::from(found);
        self.marked += usize::from(marked);
    }

    fn precision(&self) -> f64 {
        ratio(self.right, self.found)
    }

    fn recall(&self) -> f64 {
        ratio(self.right, self.marked)
    }

    fn f1(&self, right: usize) -> f64 {
        ratio(2 * right, self.found + self.marked)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

impl Score {
    /// Counts what was found in one document.
    pub(crate) fn add(&mut self, document: &Document, quotes: &[Quote]) {
        for stretch in &document.stretches {
            let bytes = stretch.start..stretch.end;
            let is_found = |it: &&Quote| it.kind != QuoteKind::Indirect && holds(&it.content, &bytes);
            let (marked, found) = (document.speech(stretch), quotes.iter().find(is_found));
            self.stretches.add(marked.is_some(), found.is_some());
            if let (Some(marked), Some(found)) = (marked, found) {
                let (head, exact) = compare(document, document.speaker(marked), found.speaker.as_ref());
                self.with_speaker += usize::from(head);
                self.exact += usize::from(exact);
            }
        }
        for word in document.words.iter().filter(|it| it.is_word()) {
            let found = quotes.iter().any(|it| it.content.contains(&(word.start as usize)));
            self.words.add(document.is_said(word), found);
        }
    }
}

/// Whether `outer` covers more than half of `inner`.
fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    overlap(outer, inner) * 2 > inner.len()
}

/// Whether the mention found holds the head of the one marked, and whether they have the same words.
fn compare(document: &Document, marked: &[Range<usize>], found: Option<&Speaker>) -> (bool, bool) {
    let (Some(first), Some(found)) = (marked.first(), found) else {
        let same = marked.is_empty() && found.is_none();
        return (same, same);
    };
    let exact = names(document, marked) == names(document, std::slice::from_ref(&found.mention));
    let head = document.head(first).map(|at| document.words[at as usize].start as usize);
    (exact || head.is_some_and(|at| found.mention.contains(&at)), exact)
}

/// The words of a mention but its articles.
fn names(document: &Document, mention: &[Range<usize>]) -> Vec<u32> {
    let small = Classes::DETERMINER.or(Classes::POSSESSIVE);
    let inside = |at: u32| mention.iter().any(|it| it.contains(&(at as usize)));
    let words: Vec<_> = document.words.iter().filter(|it| it.is_word() && inside(it.start)).collect();
    let opening = words.iter().take_while(|it| it.is(small)).count().min(words.len().saturating_sub(1));
    words[opening..].iter().map(|it| it.hash).collect()
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Score { stretches, words, with_speaker, exact } = self;
        let line =
            |it: &Counts| format!("P {:.3}  R {:.3}  F1 {:.3}", it.precision(), it.recall(), it.f1(it.right));
        writeln!(
            f,
            "stretches: {}, {} marked, {} found",
            line(stretches),
            stretches.marked,
            stretches.found
        )?;
        let head = ratio(*with_speaker, stretches.right);
        writeln!(f, "with speaker: F1 {:.3}", stretches.f1(*with_speaker))?;
        writeln!(
            f,
            "speaker, where the stretch is right: head {head:.3}, exact {:.3}",
            ratio(*exact, stretches.right)
        )?;
        write!(f, "words: {}, {} marked", line(words), words.marked)
    }
}
