//! Finds the stretches of a text that stand between quotation marks, in one pass over its bytes.
//!
//! In goes any text; out come [`Stretch`]es, ascending and not overlapping, as byte spans of what stands
//! inside the marks. A quotation that runs over several paragraphs gives one stretch a paragraph, tied
//! together by [`Stretch::continues`]. Marks inside a stretch that are of another kind (single marks, or
//! « » inside “ ”) belong to its content.
//!
//! Known are straight and curly double marks, `''` and ` `` `, low marks („ “ and „ ”), angle marks in both
//! directions (« » and » «), corner brackets (「 」), and single marks where they cannot be apostrophes.
//! Text in the wild loses and doubles marks, so nothing here insists on pairs: an opening mark closes a
//! stretch that was left open, the end of the paragraph closes it otherwise, and a closing mark
//! without an opening one takes the paragraph from its start.
//!
//! A state machine and not a grammar: each byte is looked at once, the state is a few words, and no input
//! can make it slow. Whether a stretch is *speech* is decided elsewhere (`verdict`).

/// The family of a quotation mark; a stretch is closed by a mark of the family that opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `"`, “ ”, „ “, `''` and their like.
    Double,
    /// « » and » «.
    Angle,
    /// 「 」 and 『 』.
    Corner,
    /// ‘ ’ and `'`.
    Single,
}

/// What stands between two quotation marks, or after one that was never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// First byte of the content, after the opening mark and white space.
    pub start: usize,
    /// End of the content, before white space and the closing mark.
    pub end: usize,
    /// First byte of the opening mark; equals `start` when that mark is lost.
    pub outer_start: usize,
    /// End of the closing mark; equals `end` when that mark is lost.
    pub outer_end: usize,
    /// The family of the mark that opened it.
    pub family: Family,
    /// Whether an opening mark stands there.
    pub opened: bool,
    /// Whether a closing mark stands there.
    pub closed: bool,
    /// Whether it goes on with the quotation that the paragraph before left open.
    pub continues: bool,
}

/// Fills `stretches` with what stands between quotation marks in `text`, first to last.
///
/// Empty pairs of marks give nothing. The vector is cleared first, so it can be used again without allocating.
///
/// # Examples
///
/// ```
/// let text = "He said: “Go.” She called it \"odd\".";
/// let mut stretches = Vec::new();
/// quotes::marks::scan(text, &mut stretches);
/// let found: Vec<&str> = stretches.iter().map(|it| &text[it.start..it.end]).collect();
/// assert_eq!(found, ["Go.", "odd"]);
/// ```
pub fn scan(text: &str, stretches: &mut Vec<Stretch>) {
    stretches.clear();
    let mut scanner = Scanner::new(text, stretches);
    let mut at = 0;
    while let Some(skip) = text.as_bytes()[at..].iter().position(|&byte| INTERESTING[byte as usize]) {
        at = scanner.step(at + skip);
    }
    scanner.end_paragraph(text.len());
}

/// Bytes that can start a quotation mark or end a paragraph; all others are skipped without a look.
static INTERESTING: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = [b'\n', b'"', b'\'', b'`', 0xC2, 0xE2, 0xE3, 0xEF];
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
};

/// Which way a mark may turn, by its shape alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Opens,
    Closes,
    /// As “, which opens in English and closes in German.
    OpensOrClosesLow,
    Either,
}

/// One quotation mark (or a doubled one) in the text.
#[derive(Debug, Clone, Copy)]
struct Mark {
    start: usize,
    end: usize,
    family: Family,
    shape: Shape,
    low: bool,
}

struct Open {
    mark: Mark,
    /// The mark was the first thing of its paragraph, so it may go on with the one before.
    continues: bool,
}

struct Scanner<'a> {
    text: &'a str,
    stretches: &'a mut Vec<Stretch>,
    open: Option<Open>,
    paragraph_start: usize,
    /// The stretches of this paragraph start at this index.
    paragraph_first: usize,
    /// The paragraph before ended inside a quotation.
    left_open: bool,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, stretches: &'a mut Vec<Stretch>) -> Self {
        Scanner { text, stretches, open: None, paragraph_start: 0, paragraph_first: 0, left_open: false }
    }

    /// Handles what stands at `at` and returns where to look next.
    fn step(&mut self, at: usize) -> usize {
        if self.text.as_bytes()[at] == b'\n' {
            return self.line_end(at);
        }
        match mark_at(self.text, at) {
            Some(mark) if mark.family == Family::Single => self.single(mark),
            Some(mark) => self.double(mark),
            None => at + self.text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }

    fn line_end(&mut self, at: usize) -> usize {
        let rest = self.text[at..].trim_start();
        let next = self.text.len() - rest.len();
        if !is_wrapped_line(self.text, at, next) {
            self.end_paragraph(at);
            self.paragraph_start = next;
            self.paragraph_first = self.stretches.len();
        }
        next.max(at + 1)
    }

    fn end_paragraph(&mut self, at: usize) {
        let blank = self.text[self.paragraph_start.min(at)..at].trim().is_empty();
        match self.open.take() {
            Some(open) if open.mark.family != Family::Single => {
                self.push(Some(&open), open.mark.end, at, None);
                self.left_open = true;
            }
            _ if blank => {}
            _ => self.left_open = false,
        }
    }

    fn double(&mut self, mark: Mark) -> usize {
        match &self.open {
            Some(open) if open.mark.family == Family::Single => {
                self.open = None;
                return self.double(mark);
            }
            Some(open) if open.mark.family != mark.family => {} // nested: content
            Some(_) if self.reopens(mark) => {
                self.close(mark, None);
                self.start(mark);
            }
            Some(_) => self.close(mark, Some(mark.end)),
            None if self.opens(mark) => self.start(mark),
            None => self.orphan(mark),
        }
        mark.end
    }

    /// Whether `mark`, met while nothing is open, opens a stretch.
    fn opens(&self, mark: Mark) -> bool {
        let (space_before, space_after) = self.spaces(mark);
        match mark.shape {
            Shape::Opens | Shape::OpensOrClosesLow => true,
            Shape::Closes => space_before && !space_after,
            Shape::Either => !space_after && !self.is_inch(mark) || space_before,
        }
    }

    /// Whether `mark`, met inside a stretch of its family, starts the next one: the closing mark was lost.
    fn reopens(&self, mark: Mark) -> bool {
        let (space_before, space_after) = self.spaces(mark);
        let low = self.open.as_ref().is_some_and(|open| open.mark.low);
        match mark.shape {
            Shape::Opens => true,
            Shape::OpensOrClosesLow => !low && (space_before || !space_after),
            Shape::Closes => false,
            Shape::Either => space_before && !space_after,
        }
    }

    fn start(&mut self, mark: Mark) {
        let first = self.text[self.paragraph_start..mark.start].trim().is_empty();
        self.open = Some(Open { mark, continues: first && self.left_open });
        self.left_open = false;
    }

    fn close(&mut self, mark: Mark, outer_end: Option<usize>) {
        if let Some(open) = self.open.take() {
            self.push(Some(&open), open.mark.end, mark.start, outer_end);
        }
    }

    /// A closing mark without an opening one: the paragraph up to here, when nothing else was found in it.
    fn orphan(&mut self, mark: Mark) {
        if self.paragraph_first == self.stretches.len() && mark.shape == Shape::Closes {
            self.push(None, self.paragraph_start, mark.start, Some(mark.end));
        }
    }

    fn push(&mut self, open: Option<&Open>, from: usize, to: usize, outer_end: Option<usize>) {
        let (start, end) = trimmed(self.text, from, to);
        if start == end {
            return;
        }
        self.stretches.push(Stretch {
            start,
            end,
            outer_start: open.map_or(start, |open| open.mark.start),
            outer_end: outer_end.unwrap_or(end),
            family: open.map_or(Family::Double, |open| open.mark.family),
            opened: open.is_some(),
            closed: outer_end.is_some(),
            continues: open.is_some_and(|open| open.continues),
        });
    }

    fn single(&mut self, mark: Mark) -> usize {
        let (space_before, space_after) = self.spaces(mark);
        match &self.open {
            None if space_before && !space_after && self.starts_speech(mark) => self.start(mark),
            Some(open) if open.mark.family == Family::Single && self.ends_speech(mark) => {
                self.close(mark, Some(mark.end));
            }
            _ => {}
        }
        mark.end
    }

    /// A single mark opens only before a letter, and a straight one only before a capital: ’90s and ’tis are not quotations.
    fn starts_speech(&self, mark: Mark) -> bool {
        let next = self.text[mark.end..].chars().next();
        match mark.shape {
            Shape::Opens => next.is_some_and(char::is_alphabetic),
            Shape::Either => next.is_some_and(char::is_uppercase),
            _ => false,
        }
    }

    /// A single mark closes only where no letter follows, and after a sentence mark unless it is a curly one.
    fn ends_speech(&self, mark: Mark) -> bool {
        let next = self.text[mark.end..].chars().next();
        let previous = self.text[..mark.start].chars().next_back().unwrap_or(' ');
        let after_sentence = matches!(previous, ',' | '.' | '?' | '!' | '…');
        let free = !next.is_some_and(char::is_alphanumeric);
        let low = self.open.as_ref().is_some_and(|open| open.mark.low);
        free && (after_sentence || low || mark.shape == Shape::Closes && previous != 's')
    }

    /// Whether white space, an opening bracket or nothing stands before the mark, and white space or nothing after it.
    fn spaces(&self, mark: Mark) -> (bool, bool) {
        let before = self.text[..mark.start].chars().next_back();
        let after = self.text[mark.end..].chars().next();
        (before.is_none_or(is_before_opening), after.is_none_or(char::is_whitespace))
    }

    /// `5'10"` is a height and not a quotation.
    fn is_inch(&self, mark: Mark) -> bool {
        self.text[..mark.start].ends_with(|c: char| c.is_ascii_digit())
    }
}

fn is_before_opening(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | '[' | '{' | '—' | '–' | '―' | '-' | '/' | '=' | '>' | '‘')
}

/// A single line break inside running text, as mail and old archives have it: the next line starts in lower case.
fn is_wrapped_line(text: &str, at: usize, next: usize) -> bool {
    let breaks = text.as_bytes()[at..next].iter().filter(|&&byte| byte == b'\n').count();
    breaks == 1
        && text[next..].chars().next().is_some_and(char::is_lowercase)
        && text[..at].trim_end().ends_with(|c: char| c.is_alphanumeric() || matches!(c, ',' | ';' | '-'))
}

fn trimmed(text: &str, from: usize, to: usize) -> (usize, usize) {
    if from >= to {
        return (from, from);
    }
    let content = text[from..to].trim_start();
    let start = to - content.len();
    (start, start + content.trim_end().len())
}

/// The mark that starts at `at`, if one does; marks doubled by accident count as one.
fn mark_at(text: &str, at: usize) -> Option<Mark> {
    let c = text[at..].chars().next()?;
    if c == '\'' || c == '`' {
        return ascii_single_at(text, at);
    }
    let (family, shape) = family_and_shape(text, at, c)?;
    let mut end = at + c.len_utf8();
    while family == Family::Double && text[end..].starts_with(c) {
        end += c.len_utf8();
    }
    Some(Mark { start: at, end, family, shape, low: c == '„' || c == '‚' })
}

fn family_and_shape(text: &str, at: usize, c: char) -> Option<(Family, Shape)> {
    Some(match c {
        '"' | '＂' => (Family::Double, Shape::Either),
        '“' | '‟' | '〝' => (Family::Double, Shape::OpensOrClosesLow),
        '”' | '〞' => (Family::Double, Shape::Closes),
        '„' => (Family::Double, Shape::Opens),
        '«' | '»' => (Family::Angle, angle_shape(text, at, c)),
        '「' | '『' => (Family::Corner, Shape::Opens),
        '」' | '』' => (Family::Corner, Shape::Closes),
        '‘' | '‚' | '‹' => (Family::Single, Shape::Opens),
        '’' | '›' => (Family::Single, Shape::Closes),
        _ => return None,
    })
}

/// « opens in French and closes in German: where only one side touches a word, that side decides.
fn angle_shape(text: &str, at: usize, c: char) -> Shape {
    let word_before = text[..at].ends_with(|b: char| b.is_alphanumeric() || ".,?!…".contains(b));
    let word_after = text[at + c.len_utf8()..].starts_with(char::is_alphanumeric);
    match (word_before, word_after, c) {
        (false, true, _) => Shape::Opens,
        (true, false, _) => Shape::Closes,
        (_, _, '«') => Shape::Opens,
        _ => Shape::Closes,
    }
}

/// One ASCII apostrophe is a single mark, two are a double one, three are one of each.
fn ascii_single_at(text: &str, at: usize) -> Option<Mark> {
    let bytes = text.as_bytes();
    let length = bytes[at..].iter().take_while(|&&byte| byte == bytes[at]).count();
    let (skip, family) = match length {
        1 => (0, Family::Single),
        3 => (usize::from(!at.checked_sub(1).is_none_or(|i| bytes[i].is_ascii_whitespace())), Family::Double),
        _ => (0, Family::Double),
    };
    let backtick = bytes[at] == b'`';
    if backtick && family == Family::Single {
        return None;
    }
    let end = if length == 3 { at + skip + 2 } else { at + length };
    let shape = if backtick { Shape::Opens } else { Shape::Either };
    Some(Mark { start: at + skip, end, family, shape, low: false })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn straight_curly_angle_low_and_corner_marks_are_known() {
        check(
            "a \"b\" “c” «d» „e“ „f” »g« ''h'' ``i'' 「j」",
            expect![[r#"
            3..4 b
            9..10 c
            16..17 d
            23..24 e
            31..32 f
            38..39 g
            44..45 h
            50..51 i
            57..58 j
        "#]],
        );
    }

    #[test]
    fn marks_of_another_kind_inside_are_content() {
        check(
            "“He said ‘no’ to «us»,” she said.",
            expect![[r#"
            3..30 He said ‘no’ to «us»,
        "#]],
        );
    }

    #[test]
    fn a_single_mark_opens_a_quotation_only_where_it_cannot_be_an_apostrophe() {
        check(
            "‘Come in,’ she said. It’s the ’90s, rock ’n’ roll.",
            expect![[r#"
            3..11 Come in,
        "#]],
        );
        check(
            "'Come in,' she said. It's the boys' dog's 'n' 'tis.",
            expect![[r#"
            1..9 Come in,
        "#]],
        );
    }

    #[test]
    fn low_and_inverted_marks_pair_as_german_has_them() {
        check(
            "„Er sagte ‚nein‘ zu uns“, ‚Ja‘ und »So nicht!« sowie ›Nie‹.",
            expect![[r#"
            3..29 Er sagte ‚nein‘ zu uns
            37..39 Ja
            49..58 So nicht!
        "#]],
        );
    }

    #[test]
    fn an_open_quotation_goes_on_in_the_next_paragraph() {
        check(
            "“One.\n\n“Two.\n\n“Three,” he said. “Four.”",
            expect![[r#"
            3..7 no-close One.
            12..16 no-close continues Two.
            21..27 continues Three,
            43..48 Four.
        "#]],
        );
    }

    #[test]
    fn a_lost_closing_mark_ends_with_the_paragraph_or_the_next_opening_one() {
        check(
            "“One, he said. “Two.” “Three\n\nfour",
            expect![[r#"
            3..16 no-close One, he said.
            20..24 Two.
            31..36 no-close Three
        "#]],
        );
        check(
            "\"One, he said. \"Two.\" She left.",
            expect![[r#"
            1..14 no-close One, he said.
            16..20 Two.
        "#]],
        );
    }

    #[test]
    fn a_lost_opening_mark_takes_the_paragraph_from_its_start() {
        check(
            "Zero.\n\nOne,” he said.",
            expect![[r#"
            7..11 no-open One,
        "#]],
        );
    }

    #[test]
    fn doubled_marks_count_once_and_empty_pairs_not_at_all() {
        check(
            "““One,”” he said. \"\"Two\"\" “” \"\" ",
            expect![[r#"
            6..10 One,
            28..31 Two
        "#]],
        );
    }

    #[test]
    fn a_wrapped_line_does_not_end_a_quotation() {
        check(
            "“One\ntwo,” he said.",
            expect![[r#"
            3..11 One
            two,
        "#]],
        );
    }

    #[test]
    fn inches_are_not_quotations() {
        check(
            "He is 5'10\" and she said \"tall\".",
            expect![[r#"
            26..30 tall
        "#]],
        );
    }

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut stretches = Vec::new();
        scan(text, &mut stretches);
        let shown: String = stretches.iter().map(|it| show(text, it)).collect();
        expected.assert_eq(&shown);
    }

    fn show(text: &str, stretch: &Stretch) -> String {
        let open = if stretch.opened { "" } else { " no-open" };
        let closed = if stretch.closed { "" } else { " no-close" };
        let more = if stretch.continues { " continues" } else { "" };
        format!(
            "{}..{}{open}{closed}{more} {}\n",
            stretch.start,
            stretch.end,
            &text[stretch.start..stretch.end]
        )
    }
}
