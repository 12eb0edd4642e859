//! Cleans a text: decides which lines and spans go, and writes that down as edits.
//!
//! In goes a text, out come edits in ascending order, each with its rule. First every line gets a fate here,
//! then `fates` makes edits of the fates.
//!
//! A line with a quotation in it is out of reach of the built-in rules (see `quotation`), but for those lines of a
//! page that lie so far off the text that the line model has no doubt. A phrase of the user's that is the
//! whole line takes it away.
//!
//! Not here: how phrases, credits and pages are recognised (`phrases`, `credits`, `layout`).

use crate::credits::{self, credit_start};
use crate::cuts::{self, Cut};
use crate::edit::Edit;
use crate::ending::Ending;
use crate::fates::{Fate, Tidy};
use crate::features::Measured;
use crate::known_lines::KnownLines;
use crate::layout::{self, Model, QUOTATION_MARGIN};
use crate::lines::{Line, split};
use crate::links::announces_titles;
use crate::markup;
use crate::mojibake;
use crate::nfc;
use crate::notes::is_note;
use crate::phrases::Phrases;
use crate::quotation::holds_quotation;
use crate::reporters::is_sign_off;
use crate::rule::Rule;
use crate::shape::{self, Shape};
use crate::stamps::{is_byline, is_time_stamp};
use crate::tails;
use crate::watch::{self, Hit};
use regex::Regex;
use textmill_text::dateline::dateline_bytes;

/// Lines of more bytes are prose, and are not looked up among the phrases.
const PHRASE_LINE_BYTES_MAX: usize = 600;

/// Lines at the top of a text in which a dateline is looked for.
const DATELINE_LINES_MAX: usize = 6;

/// Words of the sentence that follows a dateline: a headline has fewer.
const DATELINE_WORDS_MIN: usize = 8;

/// Bytes at the end of a line in which a credit or a call may start: as far as those modules look.
const TAIL_BYTES_MAX: usize = if credits::TAIL_BYTES_MAX > tails::SENTENCE_BYTES_MAX {
    credits::TAIL_BYTES_MAX
} else {
    tails::SENTENCE_BYTES_MAX
};

/// Lines at the top of a text in which a by-line or a time stamp is looked for.
const STAMP_LINES_MAX: usize = 8;

/// Lines at the end of a text in which a time stamp, or who else reported, is looked for.
const LAST_LINES_MAX: usize = 4;

/// What is to be cleaned away.
#[derive(Debug, Default)]
pub struct Cleaner {
    /// Lines that are, or are built around, one of these.
    pub phrases: Phrases,
    /// What matches one of these inside a line; a line of which nothing else is left goes.
    pub patterns: Vec<Regex>,
    /// Lines that a site is known to repeat.
    pub known_lines: KnownLines,
    /// Lines of the page around the text, by the looks of the lines around them.
    pub layout: Option<Model>,
    /// Notes of the editors, and who wrote the text.
    pub notes: bool,
    /// Picture credits: whole lines, and tails of captions.
    pub credits: bool,
    /// Titles of other stories: behind a label such as "Read more:", or in a list at the end.
    pub titles: bool,
    /// Who wrote the text, on a line of its own.
    pub bylines: bool,
    /// When it was published, on a line of its own.
    pub time_stamps: bool,
    /// Where and by which agency a report was written, in front of its first sentence.
    pub datelines: bool,
    /// Tags that were left in the text.
    pub markup: bool,
    /// White space at the ends of lines and of the text, odd line ends, all blank lines in a row but one.
    pub white_space: bool,
    /// Characters that nobody can see.
    pub control: bool,
    /// Text that was read in the wrong character set.
    pub mojibake: bool,
    /// Characters that are not in Unicode's normal form C.
    pub nfc: bool,
}

/// Where a line stands in its text: so many filled lines before it and after it; and which words that rules wait for
/// stand in it.
#[derive(Debug, Clone, Copy)]
struct Place {
    before: usize,
    after: usize,
    hits: u8,
}

impl Place {
    fn holds(self, kind: u8) -> bool {
        self.hits & kind != 0
    }

    fn is_last(self) -> bool {
        self.after == 0 && self.before > 0
    }

    fn is_near_end(self) -> bool {
        self.after < LAST_LINES_MAX && self.before > 0
    }

    fn is_edge(self) -> bool {
        (self.before < STAMP_LINES_MAX && self.after > 0) || self.is_near_end()
    }
}

/// Room that is used again for the next text.
#[derive(Debug, Default)]
pub struct Scratch {
    lines: Vec<Line>,
    hits: Vec<Hit>,
    fates: Vec<Fate>,
    cuts: Vec<Cut>,
    folded: String,
    edits: Vec<Edit>,
    measured: Vec<Measured>,
    layout: layout::Scratch,
}

impl Cleaner {
    /// Returns the edits that clean `text`, a document of `site`: ascending, not overlapping, on character boundaries.
    ///
    /// The site only says which known lines count.
    ///
    /// # Examples
    ///
    /// ```
    /// use clean::{cleaner::{Cleaner, Scratch}, edit::apply};
    ///
    /// let mut cleaner = Cleaner { white_space: true, ..Cleaner::default() };
    /// cleaner.phrases.add_user("Tell a friend")?;
    /// let text = "Tell a friend\n\nRain fell. \n";
    /// assert_eq!(apply(text, cleaner.clean(text, "", &mut Scratch::default())), "Rain fell.\n");
    /// # Ok::<(), clean::phrases::PhraseError>(())
    /// ```
    pub fn clean<'s>(&self, text: &str, site: &str, scratch: &'s mut Scratch) -> &'s [Edit] {
        scratch.lines.clear();
        scratch.fates.clear();
        scratch.cuts.clear();
        scratch.edits.clear();
        split(text, &mut scratch.lines);
        scratch.hits.clear();
        self.phrases.watch().find(text, &mut scratch.hits);
        let mut hits = scratch.hits.iter().peekable();
        let filled = scratch.lines.iter().filter(|line| !line.is_blank()).count();
        let mut before = 0;
        for line in &scratch.lines {
            let of_line = std::iter::from_fn(|| hits.next_if(|hit| hit.at < line.next));
            let place =
                Place { before, after: filled.saturating_sub(before + 1), hits: kinds(of_line, line) };
            before += usize::from(!line.is_blank());
            scratch.fates.push(self.fate(text, site, line, place, &mut scratch.folded, &mut scratch.cuts));
        }
        let Scratch { lines, fates, cuts, .. } = &mut *scratch;
        Ending { text, lines, fates, cuts }.settle(self.notes, self.titles);
        let short = |line: &&Line| !line.is_blank() && line.text.len() <= layout::LABEL_BYTES_MAX;
        let is_label = |line: &&Line| shape::is_label(&text[line.text.clone()]);
        let labels = || scratch.lines.iter().filter(short).filter(is_label);
        let may_be_page = self.layout.is_some() && labels().nth(layout::LABELS_MIN - 1).is_some();
        if let Some(model) = self.layout.as_ref().filter(|_| may_be_page) {
            scratch.apply_layout(text, model);
        }
        let tidy = Tidy { white_space: self.white_space, control: self.control };
        let Scratch { lines, fates, cuts, edits, .. } = scratch;
        tidy.write_edits(text, lines, fates, cuts, edits);
        &scratch.edits
    }

    fn fate(
        &self,
        text: &str,
        site: &str,
        line: &Line,
        place: Place,
        folded: &mut String,
        cuts: &mut Vec<Cut>,
    ) -> Fate {
        if line.is_blank() {
            return if self.white_space { Fate::Blank } else { Fate::Stays };
        }
        let shown = &text[line.text.clone()];
        if self.notes && is_note(shown, place.is_last()) {
            return Fate::Goes(Rule::Note);
        }
        if let Some(rule) = self.phrase_rule(shown, place, folded).or_else(|| self.frame_rule(shown, place)) {
            return Fate::Goes(rule);
        }
        if self.known_lines.holds(site, shown, folded) && !holds_quotation(shown) {
            return Fate::Goes(Rule::Repeated);
        }
        let from = cuts.len();
        self.cut(shown, line.text.start, place, folded, cuts);
        cuts::settle(cuts, from);
        match &cuts[from..] {
            [] => Fate::Stays,
            of_line if !cuts::leave_nothing(text, line.text.clone(), of_line) => Fate::Stays,
            of_line => {
                let rule = of_line[0].rule;
                cuts.truncate(from);
                Fate::Goes(rule)
            }
        }
    }

    /// Adds what is to be cut out of the line `shown`, which stands at `start`, in any order.
    fn cut(&self, shown: &str, start: usize, place: Place, folded: &mut String, cuts: &mut Vec<Cut>) {
        for pattern in &self.patterns {
            let found = pattern.find_iter(shown).filter(|found| !found.is_empty());
            cuts.extend(
                found.map(|found| Cut::remove(start + found.start()..start + found.end(), Rule::Pattern)),
            );
        }
        if self.markup {
            markup::tags(shown, |tag| {
                cuts.push(Cut::remove(start + tag.start..start + tag.end, Rule::Markup));
            });
        }
        if let Some((at, rule)) = self.tail(shown, place, folded) {
            cuts.push(Cut::remove(start + at..start + shown.len(), rule));
        }
        if self.datelines && place.before < DATELINE_LINES_MAX {
            let bytes = dateline_bytes(shown);
            if bytes > 0 && shown[bytes..].split_whitespace().nth(DATELINE_WORDS_MIN - 1).is_some() {
                cuts.push(Cut::remove(start..start + bytes, Rule::Dateline));
            }
        }
        let may_be_credit = self.credits && place.holds(watch::PICTURE);
        match may_be_credit.then(|| credit_start(shown)).flatten() {
            Some(at) if at > 0 || !holds_quotation(shown) => {
                cuts.push(Cut::remove(start + at..start + shown.len(), Rule::Credit));
            }
            _ => {}
        }
        if shown.is_ascii() {
            return;
        }
        if self.mojibake {
            mojibake::repair(shown, |span, meant| {
                cuts.push(Cut {
                    range: start + span.start..start + span.end,
                    with: meant,
                    rule: Rule::Mojibake,
                });
            });
        }
        if self.nfc {
            nfc::denormal(shown, |span, normal| {
                let range = start + span.start..start + span.end;
                cuts.push(Cut { range, with: normal.into(), rule: Rule::Nfc });
            });
        }
    }

    /// Where the tail of a line starts that goes for itself.
    fn tail(&self, shown: &str, place: Place, folded: &mut String) -> Option<(usize, Rule)> {
        let note = || tails::note_start(shown).filter(|_| self.notes).map(|at| (at, Rule::Note));
        let sign_off = || tails::sign_off_start(shown).filter(|_| self.notes).map(|at| (at, Rule::Reporters));
        let call = || {
            let at = tails::last_sentence_start(shown)?;
            let rule = self.phrases.find_call(&shown[at..], place.holds(watch::INNER), folded)?;
            Some((shown[..at].trim_end().len(), rule))
        };
        let note = place.holds(watch::NOTE).then(note).flatten();
        note.or_else(sign_off).or_else(|| place.holds(watch::CALL).then(call).flatten())
    }

    /// The rule of a line of the frame around a text, known by what it is made of and by where it stands.
    fn frame_rule(&self, shown: &str, place: Place) -> Option<Rule> {
        let rule = if self.time_stamps && place.is_edge() && is_time_stamp(shown) {
            Rule::TimeStamp
        } else if self.bylines && place.is_edge() && is_byline(shown) {
            Rule::Byline
        } else if self.notes && place.holds(watch::REPORTED) && place.is_near_end() && is_sign_off(shown) {
            Rule::Reporters
        } else if self.titles && place.before > 0 && announces_titles(shown) && !holds_quotation(shown) {
            Rule::ReadMore
        } else {
            return None;
        };
        Some(rule)
    }

    fn phrase_rule(&self, shown: &str, place: Place, folded: &mut String) -> Option<Rule> {
        let holds_inner = place.holds(watch::INNER);
        let may_fit = || holds_inner || self.phrases.may_fit_from_start(shown);
        if shown.len() > PHRASE_LINE_BYTES_MAX || !may_fit() {
            return None;
        }
        let (rule, whole) = self.phrases.find(shown, holds_inner, folded)?;
        let sure = (whole && rule == Rule::Phrase) || !holds_quotation(shown);
        sure.then_some(rule)
    }
}

/// The kinds of the words in `line` that were waited for; those of tails only where a tail can be.
fn kinds<'h>(hits: impl Iterator<Item = &'h Hit>, line: &Line) -> u8 {
    let tail = line.text.end.saturating_sub(TAIL_BYTES_MAX);
    hits.fold(0, |kinds, hit| {
        kinds | hit.kinds & if hit.at < tail { !(watch::CALL | watch::PICTURE) } else { u8::MAX }
    })
}

impl Scratch {
    /// Lets go what belongs to the page and not to the text, of the lines that no other rule takes.
    fn apply_layout(&mut self, text: &str, model: &Model) {
        let Scratch { lines, fates, measured, layout, .. } = self;
        let filled = || lines.iter().enumerate().filter(|(_, line)| !line.is_blank());
        measured.clear();
        measured.extend(filled().map(|(i, line)| Measured {
            shape: Shape::of(&text[line.text.clone()]),
            phrase: matches!(fates[i], Fate::Goes(_)),
        }));
        let Some((scores, least)) = model.judge(measured, layout) else { return };
        for (((i, line), score), measured) in filled().zip(scores).zip(&*measured) {
            let far = *score < least - QUOTATION_MARGIN;
            let quotes = || measured.shape.marks || holds_quotation(&text[line.text.clone()]);
            let goes = *score < least && (far || !quotes());
            if goes && fates[i] == Fate::Stays {
                fates[i] = Fate::Goes(Rule::Layout);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;
    use crate::phrases::NEWS;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    #[test]
    fn a_line_takes_its_line_end_along_and_blank_lines_collapse() {
        check(
            "Tell a friend\n\nRain fell.\n\nShare this\n\nNobody minded.\n",
            expect![[r#"
            "Rain fell.\n\nNobody minded.\n"
            share "Tell a friend\n"
            white_space "\n"
            share "Share this\n"
            white_space "\n"
        "#]],
        );
    }

    #[test]
    fn a_text_that_ends_without_a_line_end_still_does() {
        check(
            "Rain fell.\n\n\nTell a friend",
            expect![[r#"
            "Rain fell."
            white_space "\n\n"
            share "\nTell a friend"
        "#]],
        );
    }

    #[test]
    fn white_space_goes_and_indentation_stays() {
        check(
            "\n \n  A rose \u{a0}\r\n\tis a rose.  \r\n\r\n\r\n",
            expect![[r#"
                "  A rose\n\tis a rose.\n"
                white_space "\n \n"
                white_space " \u{a0}"
                white_space "\r\n" -> "\n"
                white_space "  \r\n\r\n"
                white_space "\r\n" -> "\n"
            "#]],
        );
    }

    #[test]
    fn a_credit_leaves_its_caption() {
        check(
            "The hall in June. Photo credit: gov.kz \nGetty Images\nRain.",
            expect![[r#"
            "The hall in June.\nRain."
            credit " Photo credit: gov.kz"
            white_space " "
            credit "Getty Images\n"
        "#]],
        );
    }

    #[test]
    fn a_quotation_stays_whatever_it_says() {
        check(
            "“Tell a friend about it,” she said.\n“Sign up here today,”\nSign up here today",
            expect![[r#"
            "“Tell a friend about it,” she said.\n“Sign up here today,”"
            newsletter "\nSign up here today"
        "#]],
        );
    }

    #[test]
    fn a_list_of_other_stories_goes_from_the_end_only() {
        let list =
            "It rained in Riga.\n\nRelated stories:\n\nMayor of Oslo Wants Less Snow\nSnow Comes to Turku";
        assert_eq!(cleaned(list), "It rained in Riga.");
        let text = cleaned(&format!("{list}\n\nNobody minded at all."));
        assert!(text.contains("Snow Comes to Turku"), "{text}");
    }

    #[test]
    fn headlines_in_a_row_go_from_the_end_where_nothing_announces_them() {
        let text = "It rained in Riga.\n\nMayor of Turku Wants Cleaner Streets\nWinter Comes to Turku at Last\nWhat Every Garden in Turku Needs";
        assert_eq!(cleaned(text), "It rained in Riga.");
        let two = text.rsplit_once('\n').unwrap().0;
        assert_eq!(cleaned(two), two);
    }

    #[test]
    fn notes_and_titles_go_by_options_of_their_own() {
        let text = "It rained in Riga.\n\nMayor of Turku Wants Cleaner Streets\nWinter Comes to Turku at Last\nWhat Every Garden in Turku Needs";
        let mut scratch = Scratch::default();
        let mut left = |notes, titles| {
            let cleaner = Cleaner { notes, titles, white_space: true, ..Cleaner::default() };
            apply(text, cleaner.clean(text, "", &mut scratch))
        };
        assert_eq!(left(true, false), text);
        assert_eq!(left(false, true), "It rained in Riga.");
    }

    #[test]
    fn a_note_goes_to_its_end() {
        for note in [
            "Editor’s note: The mayor has\nbeen asked about\nthe rain.",
            "CORRECTION:\n\nAs published in The Daily.\n\nIt did not rain in Riga, as this text first said.",
            "___\n\nFollow Jo Nes at http://daily.example/jo",
        ] {
            assert_eq!(cleaned(&format!("It rained in Riga.\n\n{note}")), "It rained in Riga.", "{note}");
        }
        let glued = "“It will rain,” he said.Editor’s note: The mayor has\nbeen asked.";
        assert_eq!(cleaned(glued), "“It will rain,” he said.");
        let text = "Editors’ note: More choices\nThe Daily is read in Riga and Oslo.";
        assert_eq!(cleaned(text), "The Daily is read in Riga and Oslo.");
    }

    #[test]
    fn sentences_that_call_go_from_the_end_of_a_line() {
        let text = "Rain fell in Riga. Share this article!\n“Rain fell. Read more here.”\nHe asked them to. Read more here, she wrote.";
        assert_eq!(cleaned(text), text.replace(" Share this article!", ""));
        assert_eq!(cleaned("Rain fell. (Reporting by Jo Nes; Editing by Ann Lee)"), "Rain fell.");
    }

    #[test]
    fn a_roll_of_names_goes_with_what_announces_it() {
        let names = "Ann Lee, Jo Nes, Kim Roe, Lu Wei, Al Poe, Bo Ray, Cy Dee, Di Fox";
        let roll =
            format!("These people of Riga were asked about it:\n\nOld town: {names}\n\nNew town: {names}");
        assert_eq!(cleaned(&format!("It rained.\n\n{roll}")), "It rained.");
        let squads = format!("It rained.\n\nSquads:\n\nRiga: {names}");
        assert_eq!(cleaned(&squads), squads);
    }

    #[test]
    fn who_and_when_stay_unless_asked_for() {
        let text = "Rain in Riga\nBy Jo Nes\nMay 3, 2017\n\nIt rained all day. By May 3, 2017, it was dry.";
        assert_eq!(cleaned(text), text);
        let cleaner = Cleaner { bylines: true, time_stamps: true, ..Cleaner::default() };
        let mut scratch = Scratch::default();
        let edits = cleaner.clean(text, "", &mut scratch);
        assert_eq!(apply(text, edits), text.replace("By Jo Nes\nMay 3, 2017\n", ""));
    }

    #[test]
    fn headlines_lists_and_verse_stay() {
        let text = "Rain in Riga\n\nWhat we know\n- two roads are shut\n- one is open\n\nO rose,\n  thou art sick\n\n1. Flour\n2. Eggs\nSports\nHelp";
        assert_eq!(cleaned(text), text);
    }

    #[test]
    fn nothing_left_is_an_empty_text() {
        check(
            "Tell a friend\n\n",
            expect![[r#"
            ""
            share "Tell a friend\n"
            white_space "\n"
        "#]],
        );
    }

    #[test]
    fn an_idle_cleaner_changes_nothing() {
        let text = "Tell a friend \r\n\n\n\u{93}a\0";
        assert_eq!(Cleaner::default().clean(text, "", &mut Scratch::default()), []);
    }

    #[test]
    fn a_long_line_and_many_lines_take_linear_time() {
        for text in [
            "a ".repeat(1 << 20),
            "\n".repeat(1 << 20),
            "\"".repeat(1 << 20),
            "Tell a friend\n".repeat(1 << 16),
        ] {
            cleaned(&text);
        }
    }

    const VISIBLE: &str =
        "(Tell a friend|“|\"|'|,|\\.| |\n|\r|\t|\u{a0}|Photo: EPA|\\(|\\)|Jo|said|\\PC){0,40}";
    const ANY: &str = "(Tell a friend|“|\"| |\n|\r|\u{0}|\u{93}|\u{ad}|Photo: EPA|\\(|Jo|said|\\PC){0,40}";

    proptest! {
        #[test]
        fn edits_ascend_and_apply(text in ANY) {
            let mut scratch = Scratch::default();
            let mut at = 0;
            for edit in news().clean(&text, "", &mut scratch) {
                prop_assert!(at <= edit.range.start && edit.range.start < edit.range.end);
                prop_assert_ne!(&text[edit.range.clone()], &*edit.with);
                at = edit.range.end;
            }
            prop_assert!(at <= text.len());
        }

        #[test]
        fn a_clean_text_has_tidy_ends(text in VISIBLE) {
            let cleaned = cleaned(&text);
            prop_assert!(!cleaned.starts_with('\n') && !cleaned.contains("\n\n\n") && !cleaned.contains('\r'));
            prop_assert_eq!(cleaned.ends_with('\n'), !cleaned.is_empty() && text.ends_with(['\n', '\r']));
        }

        #[test]
        fn quoted_prose_survives(before in VISIBLE, words in "[a-z]{1,6}( [a-z]{1,6}){3,9}", after in VISIBLE) {
            let line = format!("“{words},” he said.");
            let cleaned = cleaned(&format!("{before}\n{line}\n{after}"));
            prop_assert!(cleaned.contains(&line));
        }
    }

    fn news() -> Cleaner {
        let mut cleaner =
            Cleaner { credits: true, notes: true, titles: true, markup: true, ..Cleaner::default() };
        cleaner.white_space = true;
        cleaner.control = true;
        cleaner.mojibake = true;
        cleaner.nfc = true;
        cleaner.datelines = true;
        cleaner.phrases.add_file(NEWS).unwrap();
        cleaner.layout = Some(Model::from_text(layout::NEWS).unwrap());
        cleaner
    }

    fn cleaned(text: &str) -> String {
        apply(text, news().clean(text, "", &mut Scratch::default()))
    }

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut scratch = Scratch::default();
        let edits = news().clean(text, "", &mut scratch);
        let mut shown = format!("{:?}\n", apply(text, edits));
        for edit in edits {
            let with = if edit.with.is_empty() { String::new() } else { format!(" -> {:?}", edit.with) };
            shown += &format!("{} {:?}{with}\n", edit.rule.name(), &text[edit.range.clone()]);
        }
        expected.assert_eq(&shown);
    }
}
