//! Looks at a text from its end: what stands there goes together with what announced it.
//!
//! In go the lines and what was decided about each by itself, out come further lines that go: a note over several lines,
//! the titles of other stories, whatever stands below the heading of a correction, rolls of names.
//!
//! Not here: what a line is by itself (`notes`, `links`, `reporters`).

use crate::cuts::Cut;
use crate::fates::Fate;
use crate::lines::Line;
use crate::links::{is_headline, is_link};
use crate::notes::{goes_on, heads_note, is_rule, points_away};
use crate::quotation::holds_quotation;
use crate::reporters::is_roll;
use crate::rule::Rule;

/// Lines on which a note goes on, at most.
const NOTE_LINES_MAX: usize = 8;

/// Bytes of a line that may have been broken in front of a capital.
const BROKEN_LINE_BYTES_MIN: usize = 60;

/// Lines at the end of a text among which a list of other stories is looked for, blank ones included.
const LINK_LINES_MAX: usize = 40;

/// Headlines that make a list at the end of a text where nothing announces them.
const HEADLINES_MIN: usize = 3;

/// Filled lines below the heading of a note at the end of a text.
const SECTION_LINES_MAX: usize = 5;

/// Words of the sentence that announces a roll of names; a label such as "Squads:" belongs to what a text is about.
const ROLL_HEADING_WORDS_MIN: usize = 6;

/// Filled lines below a rule at the end of a text that points away.
const POINTER_LINES_MAX: usize = 3;

/// The lines of a text, and what is decided about them so far.
pub struct Ending<'t> {
    /// The text.
    pub text: &'t str,
    /// Its lines.
    pub lines: &'t [Line],
    /// What was decided about each of them.
    pub fates: &'t mut [Fate],
    /// What is cut out of those that stay, ascending.
    pub cuts: &'t [Cut],
}

impl<'t> Ending<'t> {
    /// Lets go what belongs to what goes already: to `notes` and who reported, to `titles` of other stories, or both.
    pub fn settle(mut self, notes: bool, titles: bool) {
        if notes {
            self.end_notes();
            self.take_last_section();
        }
        if titles {
            self.take_last_titles();
        }
        if notes {
            self.take_last_roll();
        }
    }

    fn shown(&self, i: usize) -> &'t str {
        &self.text[self.lines[i].text.clone()]
    }

    fn stays(&self, i: usize) -> bool {
        self.fates[i] == Fate::Stays && !self.lines[i].is_blank()
    }

    fn take(&mut self, from: usize, rule: Rule) {
        for i in from..self.lines.len() {
            if self.stays(i) {
                self.fates[i] = Fate::Goes(rule);
            }
        }
    }

    /// Takes along the lines on which a note goes on.
    fn end_notes(&mut self) {
        let is_note = |fate: &Fate| *fate == Fate::Goes(Rule::Note);
        let mut tails = self.cuts.iter().filter(|cut| cut.rule == Rule::Note).peekable();
        if tails.peek().is_none() && !self.fates.iter().any(is_note) {
            return;
        }
        let mut lines_left = 0;
        for i in 0..self.lines.len() {
            let ends_in_note = tails.next_if(|cut| cut.range.end <= self.lines[i].end).is_some();
            let opens = is_note(&self.fates[i]) || ends_in_note;
            let is_broken = |before: &str| {
                before.len() >= BROKEN_LINE_BYTES_MIN || self.shown(i).starts_with(char::is_lowercase)
            };
            let goes = self.stays(i) && lines_left > 0 && !ends_in_note && is_broken(self.shown(i - 1));
            let goes_on = (opens || goes) && goes_on(self.shown(i));
            if goes {
                self.fates[i] = Fate::Goes(Rule::Note);
            }
            lines_left = match goes_on {
                true if opens => NOTE_LINES_MAX,
                true => lines_left - 1,
                false => 0,
            };
        }
    }

    /// Takes the last lines of a text if the heading of a note stands above them, or a rule and they point away.
    fn take_last_section(&mut self) {
        let filled = || (0..self.lines.len()).rev().filter(|i| !self.lines[*i].is_blank());
        let found = filled().take(SECTION_LINES_MAX + 1).enumerate().find(|(below, i)| {
            let points = || filled().take(*below).any(|i| points_away(self.shown(i)));
            let is_end = (1..=POINTER_LINES_MAX).contains(below) && is_rule(self.shown(*i)) && points();
            is_end || heads_note(self.shown(*i))
        });
        let found = found.map(|(_, i)| i);
        if let Some(heading) = found.filter(|heading| *heading > 0) {
            self.take(heading, Rule::Note);
        }
    }

    /// Takes the titles of other stories at the end of a text: below a heading that announced them, or where there are
    /// several headlines in a row.
    fn take_last_titles(&mut self) {
        let is_title =
            |i: &usize| !self.stays(*i) || (is_link(self.shown(*i)) && !holds_quotation(self.shown(*i)));
        let last = (0..self.lines.len()).rev();
        let from = self.lines.len() - last.clone().take(LINK_LINES_MAX).take_while(is_title).count();
        let heading = self.fates[from..].iter().position(|fate| *fate == Fate::Goes(Rule::ReadMore));
        if let Some(heading) = heading {
            self.take(from + heading, Rule::ReadMore);
            return;
        }
        let headlines = last.skip_while(|i| !self.stays(*i)).take_while(|i| {
            self.stays(*i) && is_headline(self.shown(*i)) && !holds_quotation(self.shown(*i))
        });
        let headlines = headlines.take(LINK_LINES_MAX).collect::<Vec<_>>();
        if let Some(first) = headlines.last().filter(|first| headlines.len() >= HEADLINES_MIN && **first > 0)
        {
            self.take(*first, Rule::ReadMore);
        }
    }

    /// Takes a roll of names at the end of a text, and the line that announced it with a colon.
    fn take_last_roll(&mut self) {
        let mut above = (0..self.lines.len()).rev().filter(|i| self.stays(*i)).peekable();
        let mut names = 0;
        while above.next_if(|i| is_roll(self.shown(*i))).is_some() {
            names += 1;
        }
        let Some(above) = above.next().filter(|_| names > 0) else { return };
        let announces = |line: &str| {
            line.ends_with(':') && line.split_whitespace().nth(ROLL_HEADING_WORDS_MIN - 1).is_some()
        };
        if announces(self.shown(above)) && !holds_quotation(self.shown(above)) {
            self.take(above, Rule::Reporters);
        }
    }
}
