//! Makes edits of what was decided about each line.
//!
//! One walk over the lines: a line that goes takes its line end along, a blank line stays only where it parts two
//! lines that stay, and the text ends with a line end exactly when it did before.
//!
//! Not here: the decisions (`cleaner`, `repeated`).

use crate::control;
use crate::cuts::Cut;
use crate::edit::Edit;
use crate::lines::Line;
use crate::rule::Rule;
use std::ops::Range;

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is blank, and white space is to be tidied.
    Blank,
    /// It stays, but for what is cut out of it.
    Stays,
    /// It goes.
    Goes(Rule),
}

/// Edits of a text up to which each is as small as can be. In a text with a NUL behind every letter there are millions:
/// what follows is tidied in stretches, lest the edits take a hundred times the room of the text.
const FINE_EDITS_MAX: usize = 20_000;

/// Bytes of a stretch that is written anew.
const REWRITTEN_BYTES_MAX: usize = 512;

/// What is tidied in the lines that stay.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tidy {
    /// White space at the ends of lines, and odd line ends.
    pub white_space: bool,
    /// Characters that nobody can see.
    pub control: bool,
}

impl Tidy {
    /// Appends to `edits` what makes the `fates` of the `lines` of `text` come true, and the `cuts` in those that stay.
    ///
    /// # Panics
    ///
    /// When `lines` are not those of `text`, or a fate is missing.
    pub fn write_edits(
        &self,
        text: &str,
        lines: &[Line],
        fates: &[Fate],
        cuts: &[Cut],
        edits: &mut Vec<Edit>,
    ) {
        assert_eq!(lines.len(), fates.len(), "each line has a fate");
        let last = fates.iter().rposition(|fate| matches!(fate, Fate::Stays));
        let tidies_control = self.control && control::may_hold_any(text);
        let mut cuts = cuts.iter().peekable();
        let mut blank_before = true; // at the top of a text no blank line is needed
        for (i, (line, fate)) in lines.iter().zip(fates).enumerate() {
            let stays = match *fate {
                Fate::Stays => true,
                Fate::Blank => !blank_before && last > Some(i),
                Fate::Goes(_) => false,
            };
            // Below the last line that stays, a line takes along the line end before it, not its own.
            let below = last.is_some_and(|last| last < i);
            if stays {
                blank_before = *fate == Fate::Blank;
                let mut at = line.start;
                while let Some(cut) = cuts.next_if(|cut| cut.range.start < line.end) {
                    if tidies_control {
                        write_control_edits(text, at..cut.range.start, edits);
                    }
                    push(
                        text,
                        edits,
                        Edit { range: cut.range.clone(), with: cut.with.clone(), rule: cut.rule },
                    );
                    at = cut.range.end;
                }
                if tidies_control && *fate != Fate::Blank {
                    let end = if line.is_blank() { line.end } else { line.text.end };
                    write_control_edits(text, at..end.max(at), edits);
                }
                if self.white_space && line.text.end < line.end {
                    let range = line.text.end..line.end;
                    push(text, edits, Edit { range, with: "".into(), rule: Rule::WhiteSpace });
                }
            } else {
                let rule = if let Fate::Goes(rule) = *fate { rule } else { Rule::WhiteSpace };
                let range = if below { lines[i - 1].end..line.end } else { line.start..line.next };
                push(text, edits, Edit { range, with: "".into(), rule });
                while cuts.next_if(|cut| cut.range.start < line.end).is_some() {} // they go with the line
            }
            let ends_line = if i + 1 == lines.len() { last.is_some() } else { stays && last > Some(i) };
            let odd = ends_line && !matches!(&text[line.end..line.next], "\n" | "");
            if self.white_space && odd {
                push(
                    text,
                    edits,
                    Edit { range: line.end..line.next, with: "\n".into(), rule: Rule::WhiteSpace },
                );
            }
        }
    }
}

fn write_control_edits(text: &str, range: Range<usize>, edits: &mut Vec<Edit>) {
    for (at, symbol) in text[range.clone()].char_indices() {
        if let Some(with) = control::replacement(symbol) {
            let start = range.start + at;
            let range = start..start + symbol.len_utf8();
            push(text, edits, Edit { range, with: with.into(), rule: Rule::Control });
        }
    }
}

/// Adds an edit; white space, and characters that nobody can see, that go in several steps are one removal.
fn push(text: &str, edits: &mut Vec<Edit>, edit: Edit) {
    let is_damaged = edits.len() >= FINE_EDITS_MAX;
    match edits.last_mut() {
        Some(before) if joins(before, &edit) => before.range.end = edit.range.end,
        Some(before) if is_damaged && rewrites(before, &edit) => {
            let between = &text[before.range.end..edit.range.start];
            before.with = [&*before.with, between, &*edit.with].concat().into();
            before.range.end = edit.range.end;
        }
        _ => edits.push(edit),
    }
}

fn joins(before: &Edit, edit: &Edit) -> bool {
    let joins = before.rule == edit.rule && matches!(edit.rule, Rule::WhiteSpace | Rule::Control);
    joins && before.with.is_empty() && edit.with.is_empty() && before.range.end == edit.range.start
}

/// Whether both tidy the same stretch of text, which may as well be written anew.
fn rewrites(before: &Edit, edit: &Edit) -> bool {
    let tidies =
        |edit: &Edit| matches!(edit.rule, Rule::WhiteSpace | Rule::Control | Rule::Nfc | Rule::Mojibake);
    tidies(before) && tidies(edit) && edit.range.end - before.range.start <= REWRITTEN_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;
    use crate::lines::split;

    #[test]
    fn a_text_that_is_damaged_all_over_takes_few_edits() {
        for (damaged, tidy) in [("a\0", "a"), ("a \0b\r\n", "a b\n"), ("a\r", "a\n")] {
            let times = 4 * FINE_EDITS_MAX;
            let text = damaged.repeat(times);
            let edits = tidied(&text);
            assert!(edits.len() < FINE_EDITS_MAX + text.len() / 200, "{} edits of {damaged:?}", edits.len());
            assert_eq!(apply(&text, &edits), tidy.repeat(times), "{damaged:?}");
        }
    }

    fn tidied(text: &str) -> Vec<Edit> {
        let (mut lines, mut edits) = (Vec::new(), Vec::new());
        split(text, &mut lines);
        let fates: Vec<Fate> =
            lines.iter().map(|line| if line.is_blank() { Fate::Blank } else { Fate::Stays }).collect();
        Tidy { white_space: true, control: true }.write_edits(text, &lines, &fates, &[], &mut edits);
        edits
    }
}
