//! Finds lines that a site prints in many of its documents: learn them over a corpus, then remove them.
//!
//! A line is known by a 64-bit hash of its site and its folded words, a single number aside, so that "© 2024 The Daily"
//! and "© 2023 The DAILY" are one line. It is counted once a document, however often it stands there.
//!
//! Repetition alone does not make junk: refrains, headings and famous quotations repeat as well. A repeated line goes
//! only where a page's frame stands: reached from the beginning or the end of the document past few
//! other lines, or, when it is short, next to another repeated line. A line with a quotation in it
//! stays, and so does every line of a document most of which is repeated: that is a copy, and the business of
//! deduplication.
//!
//! Not here: counting in bounded memory (`tally`), and phrases known beforehand (`phrases`).

use crate::edit::Edit;
use crate::fates::{Fate, Tidy};
use crate::fold::fold_number;
use crate::lines::{Line, split};
use crate::quotation::holds_quotation;
use crate::rule::Rule;
use crate::tally::Tally;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Lines counted from each end of a document, however long they are; no frame is larger.
const EDGE_LINES_MAX: usize = 32;

/// Bytes at the start of a line that stand for all of it; two different lines share no such start.
const LINE_BYTES_MAX: usize = 256;

/// When a line counts as repeated, and when a repeated line goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// A line is repeated when it stands in at least this many documents of its site.
    pub documents_min: u32,
    /// A line is repeated when it stands in at least this share of the documents of its site.
    pub share_min: f64,
    /// A line of at most this many words is short.
    pub short_words_max: usize,
    /// So many other lines may stand between an edge of the document, or a line that goes there, and the next one.
    pub gap_lines_max: usize,
    /// So many different lines are counted exactly.
    pub lines_max: usize,
}

/// How often each line and each site was seen.
#[derive(Debug, Clone, Default)]
pub struct Seen(Tally);

/// Room that is used again for the next text.
#[derive(Debug, Default)]
pub struct Scratch {
    lines: Vec<Line>,
    marks: Vec<Marked>,
    keys: Vec<u64>,
    folded: String,
    fates: Vec<Fate>,
    edits: Vec<Edit>,
}

/// A line that is not blank.
#[derive(Debug, Clone, Copy)]
struct Marked {
    /// Index into the lines.
    line: usize,
    /// `None` for a line that could not go however often it is repeated.
    key: Option<u64>,
    short: bool,
    repeated: bool,
    goes: bool,
}

impl Limits {
    /// Takes note of a document of `site`, any string that tells sites apart.
    ///
    /// `seq` is its place in the corpus: of each line it is remembered where it stood first.
    pub fn observe(&self, site: &str, text: &str, seq: u64, seen: &mut Seen, scratch: &mut Scratch) {
        self.mark(site, text, scratch);
        let Scratch { marks, keys, .. } = scratch;
        keys.clear();
        keys.extend(marks.iter().filter_map(|mark| mark.key));
        keys.push(site_key(site));
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            seen.0.add(*key, seq, self.lines_max);
        }
    }

    /// Adds the notes of `from` to those of `into`; order and grouping do not matter.
    pub fn merge(&self, into: &mut Seen, from: Seen) {
        into.0.merge(from.0, self.lines_max);
    }

    /// Forgets the lines that are too rare to go: after this, nothing can be observed any more.
    pub fn learn(&self, seen: Seen) -> Seen {
        let Seen(mut tally) = seen;
        tally.forget_below(self.documents_min);
        Seen(tally)
    }

    /// Returns the edits that take the repeated lines out of `text`, ascending and apart.
    ///
    /// # Examples
    ///
    /// ```
    /// use clean::{edit::apply, repeated::{Limits, Scratch, Seen}};
    ///
    /// let limits = Limits { documents_min: 2, ..Limits::default() };
    /// let (mut seen, mut scratch) = (Seen::default(), Scratch::default());
    /// let texts = ["Rain fell in Riga today.\nThe Daily, page 1", "Snow fell in Oslo, too.\nThe Daily, page 2"];
    /// for text in texts {
    ///     limits.observe("daily.example", text, 0, &mut seen, &mut scratch);
    /// }
    /// let learned = limits.learn(seen);
    /// let edits = limits.remove("daily.example", texts[0], &learned, &mut scratch);
    /// assert_eq!(apply(texts[0], edits), "Rain fell in Riga today.");
    /// ```
    pub fn remove<'s>(&self, site: &str, text: &str, learned: &Seen, scratch: &'s mut Scratch) -> &'s [Edit] {
        scratch.edits.clear();
        self.mark(site, text, scratch);
        let documents = learned.0.count(site_key(site));
        for mark in &mut scratch.marks {
            mark.repeated = mark.key.is_some_and(|key| self.is_repeated(learned.0.count(key), documents));
        }
        self.choose(&mut scratch.marks);
        scratch.spare_quotations(text);
        if scratch.removes_most(text) {
            return &[];
        }
        scratch.write_edits(text);
        &scratch.edits
    }

    /// The repeated lines that stood in this document first, of all documents observed, each with the number of
    /// documents that it stands in: what [`Self::remove`] was just asked about with the same `scratch`.
    ///
    /// Lines that are counted by a sketch are not among them: nobody remembers where they stood.
    pub fn first_seen<'t>(
        &self,
        text: &'t str,
        seq: u64,
        learned: &Seen,
        scratch: &Scratch,
    ) -> Vec<(&'t str, u32)> {
        let mut first: Vec<(&str, u64)> = Vec::new();
        for mark in scratch.marks.iter().filter(|mark| mark.repeated) {
            if let Some(key) = mark.key.filter(|key| learned.0.first(*key) == Some(seq))
                && first.iter().all(|(_, known)| *known != key)
            {
                first.push((&text[scratch.lines[mark.line].text.clone()], key));
            }
        }
        first.into_iter().map(|(line, key)| (line, learned.0.count(key))).collect()
    }

    fn is_repeated(&self, count: u32, documents: u32) -> bool {
        count >= self.documents_min.max(1) && f64::from(count) >= self.share_min * f64::from(documents)
    }

    /// Notes the lines of `text` that are not blank, with the keys of those that could go.
    fn mark(&self, site: &str, text: &str, scratch: &mut Scratch) {
        let Scratch { lines, marks, folded, .. } = scratch;
        lines.clear();
        marks.clear();
        split(text, lines);
        let seed = site_key(site);
        let filled: usize = lines.iter().filter(|line| !line.is_blank()).count();
        for (i, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_blank()) {
            let at_edge = marks.len() < EDGE_LINES_MAX || marks.len() + EDGE_LINES_MAX >= filled;
            let long_for_sure = line.text.len() > 40 * self.short_words_max;
            let mut mark = Marked { line: i, key: None, short: false, repeated: false, goes: false };
            if at_edge || !long_for_sure {
                folded.clear();
                fold_number(start_of(&text[line.text.clone()]), folded);
                mark.short = folded.bytes().filter(|byte| *byte == b' ').count() < self.short_words_max;
                let tells = folded.chars().any(char::is_alphabetic);
                mark.key =
                    (tells && (at_edge || mark.short)).then(|| xxh3_64_with_seed(folded.as_bytes(), seed));
            }
            marks.push(mark);
        }
    }

    /// Decides which of the repeated lines stand where a page's frame stands.
    fn choose(&self, marks: &mut [Marked]) {
        self.peel(marks.iter_mut());
        self.peel(marks.iter_mut().rev());
        for i in 1..marks.len() {
            if marks[i - 1].is_short_repeat() && marks[i].is_short_repeat() {
                marks[i - 1].goes = true;
                marks[i].goes = true;
            }
        }
    }

    /// Marks the repeated lines from one end on, until too many others have come in a row.
    fn peel<'m>(&self, marks: impl Iterator<Item = &'m mut Marked>) {
        let mut gap = 0;
        for mark in marks {
            gap = if mark.repeated { 0 } else { gap + 1 };
            if gap > self.gap_lines_max {
                break;
            }
            mark.goes |= mark.repeated;
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            documents_min: 10,
            share_min: 0.0,
            short_words_max: 12,
            gap_lines_max: 1,
            lines_max: 1 << 22,
        }
    }
}

impl Marked {
    fn is_short_repeat(&self) -> bool {
        self.repeated && self.short
    }
}

impl Scratch {
    fn spare_quotations(&mut self, text: &str) {
        for mark in self.marks.iter_mut().filter(|mark| mark.goes) {
            mark.goes = !holds_quotation(&text[self.lines[mark.line].text.clone()]);
        }
    }

    fn removes_most(&self, text: &str) -> bool {
        let going = self.marks.iter().filter(|mark| mark.goes);
        let bytes: usize = going.map(|mark| self.lines[mark.line].text.len()).sum();
        bytes * 2 > text.len()
    }

    fn write_edits(&mut self, text: &str) {
        let Scratch { lines, marks, fates, edits, .. } = self;
        fates.clear();
        fates.extend(lines.iter().map(|_| Fate::Stays));
        for mark in marks.iter().filter(|mark| mark.goes) {
            fates[mark.line] = Fate::Goes(Rule::Repeated);
        }
        drop_blank_lines(lines, fates);
        Tidy::default().write_edits(text, lines, fates, &[], edits);
    }
}

/// Lets the blank lines go that stood between a line that goes and the next, or between it and the text's end.
fn drop_blank_lines(lines: &[Line], fates: &mut [Fate]) {
    let goes = Fate::Goes(Rule::Repeated);
    let mut after_removed = false;
    for (line, fate) in lines.iter().zip(&mut *fates) {
        match line.is_blank() {
            true if after_removed => *fate = goes,
            true => {}
            false => after_removed = *fate == goes,
        }
    }
    if !lines.iter().zip(&*fates).any(|(line, fate)| !line.is_blank() && *fate == goes) {
        return;
    }
    let below = lines.iter().zip(&*fates).rposition(|(line, fate)| !line.is_blank() && *fate != goes);
    let below = below.map_or(0, |last| last + 1);
    if fates[below..].contains(&goes) {
        fates[below..].fill(goes);
    }
}

/// The key of a line of `site`, under which it is counted; `None` for a line without a letter. `folded` is room to work
/// in.
pub(crate) fn line_key(site: &str, line: &str, folded: &mut String) -> Option<u64> {
    folded.clear();
    fold_number(start_of(line), folded);
    let tells = folded.contains(|symbol: char| symbol.is_alphabetic());
    tells.then(|| xxh3_64_with_seed(folded.as_bytes(), site_key(site)))
}

fn site_key(site: &str) -> u64 {
    xxh3_64(site.as_bytes())
}

/// The first bytes of a line, cut on a character boundary.
fn start_of(line: &str) -> &str {
    let end = (0..=line.len().min(LINE_BYTES_MAX)).rev().find(|at| line.is_char_boundary(*at));
    &line[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    const A: &str = "The Daily\n\nRain fell in Riga all day long.\n\nShare\nPrint\n\nRoads were shut for hours.\n\n© 2024 The Daily\n";
    const B: &str =
        "THE DAILY\n\nSnow fell in Oslo all night long.\n\nRoads are open in the north.\n\n© 2023 The Daily";
    const C: &str = "The Daily\n\nMajor fined\n\nThe mayor of Turku has to pay.\n\nShare\nPrint\n\nNo one was hurt.\n\nThe Daily\n\nAll was quiet afterwards.\n\nSo it stayed.\n";

    #[test]
    fn repeated_lines_go_at_the_edges_and_in_runs() {
        check(
            &[A, B, C],
            expect![[r#"
            "Rain fell in Riga all day long.\n\nRoads were shut for hours.\n"
            "Snow fell in Oslo all night long.\n\nRoads are open in the north."
            "Major fined\n\nThe mayor of Turku has to pay.\n\nNo one was hurt.\n\nThe Daily\n\nAll was quiet afterwards.\n\nSo it stayed.\n"
        "#]],
        );
    }

    #[test]
    fn figures_are_not_alike() {
        let texts = [
            "Riga Steel had a good year.\nNet 26 cts vs 19 cts",
            "Oslo Glass had a bad year.\nNet 7 cts vs 12 cts",
        ];
        assert_eq!(cleaned(&texts), texts);
    }

    #[test]
    fn a_repeated_quotation_stays() {
        let texts = [
            "“We shall not be moved,” he said.\nAll cheered in Riga.",
            "“We shall not be moved,” he said.\nNobody cheered.",
        ];
        check(
            &texts,
            expect![[r#"
            "“We shall not be moved,” he said.\nAll cheered in Riga."
            "“We shall not be moved,” he said.\nNobody cheered."
        "#]],
        );
    }

    #[test]
    fn copies_are_left_alone() {
        check(
            &["Rain fell.\nNobody minded.", "Rain fell.\nNobody minded."],
            expect![[r#"
            "Rain fell.\nNobody minded."
            "Rain fell.\nNobody minded."
        "#]],
        );
    }

    #[test]
    fn sites_do_not_learn_from_each_other() {
        let (mut seen, mut scratch) = (Seen::default(), Scratch::default());
        limits().observe("a.example", A, 0, &mut seen, &mut scratch);
        limits().observe("b.example", A, 0, &mut seen, &mut scratch);
        assert_eq!(limits().remove("a.example", A, &limits().learn(seen), &mut scratch), []);
    }

    #[test]
    fn a_share_of_documents_can_be_asked_for() {
        let (mut seen, mut scratch) = (Seen::default(), Scratch::default());
        for text in [A, B, "Nothing\nhere", "is\nrepeated"] {
            limits().observe("", text, 0, &mut seen, &mut scratch);
        }
        let strict = Limits { share_min: 0.6, ..limits() };
        assert_eq!(strict.remove("", A, &seen, &mut scratch), []);
        assert!(!limits().remove("", A, &seen, &mut scratch).is_empty());
    }

    const TEXT: &str =
        "((The Daily|Share|Rain fell in Riga|“Hm,” he said to us|page [0-9]|\\PC{0,5})?\n{1,2}){0,12}";

    proptest! {
        #[test]
        fn the_order_of_documents_does_not_matter(
            texts in prop::collection::vec(TEXT, 1..8),
            places in prop::collection::vec(0_usize..3, 8),
            lines_max in 1_usize..40,
        ) {
            let limits = Limits { lines_max, ..limits() };
            let mut scratch = Scratch::default();
            let mut whole = Seen::default();
            let mut parts = vec![Seen::default(); 3];
            for (text, place) in texts.iter().zip(places).rev() {
                limits.observe("", text, 0, &mut parts[place], &mut scratch);
            }
            for text in &texts {
                limits.observe("", text, 0, &mut whole, &mut scratch);
            }
            let merged = parts.into_iter().reduce(|into, mut from| { limits.merge(&mut from, into); from }).unwrap();
            let (whole, merged) = (limits.learn(whole), limits.learn(merged));
            for text in &texts {
                let expected = limits.remove("", text, &whole, &mut scratch).to_vec();
                prop_assert_eq!(limits.remove("", text, &merged, &mut scratch), expected);
            }
        }

        #[test]
        fn edits_ascend_and_take_whole_lines(texts in prop::collection::vec(TEXT, 1..8)) {
            for (text, left) in texts.iter().zip(cleaned(&texts.iter().map(String::as_str).collect::<Vec<_>>())) {
                for line in left.lines() {
                    prop_assert!(text.lines().any(|it| it == line));
                }
                prop_assert!(left.len() * 2 + 2 * text.matches('\n').count() + 2 >= text.len());
            }
        }
    }

    fn limits() -> Limits {
        Limits { documents_min: 2, ..Limits::default() }
    }

    fn cleaned(texts: &[&str]) -> Vec<String> {
        let (mut seen, mut scratch) = (Seen::default(), Scratch::default());
        for text in texts {
            limits().observe("", text, 0, &mut seen, &mut scratch);
        }
        let learned = limits().learn(seen);
        texts.iter().map(|text| apply(text, limits().remove("", text, &learned, &mut scratch))).collect()
    }

    #[track_caller]
    fn check(texts: &[&str], expected: Expect) {
        let shown = cleaned(texts).iter().map(|text| format!("{text:?}\n")).collect::<String>();
        expected.assert_eq(&shown);
    }
}
