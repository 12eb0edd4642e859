//! Splits text into sentences, as byte spans into the original string.
//!
//! Spans ascend, never overlap, have no outer white space and never cut a character; the text is not
//! copied. Together they hold everything in the text but white space.
//!
//! Two things end a sentence: a stop (`.`, `!`, `?`, `…` and the stops of other scripts) with the quotation
//! marks and brackets that close behind it, and a line that does not go on. Whether a stop ends its sentence
//! is decided by the word before it (abbreviation, initial, list number) and by what follows (capital, small
//! letter, opening mark, the name and verb of a speaker). A blank line always ends a sentence; a single line
//! break only where the text is not hard-wrapped, so both habits of plain text come out right.
//!
//! Rules and not a model: the same text gives the same spans on every machine, and a rule that misfires can
//! be read, tested and mended. Time is linear: nothing looks back or ahead further than a few words.
//!
//! Not here: words (`words`), language detection, and anything that knows a document.

mod language;

use std::ops::Range;

use memchr::{memchr, memrchr};

use self::language::Abbreviation;
pub use self::language::Language;

/// Returns the sentences of `text`, first to last, as byte spans without outer white space.
///
/// Abbreviations are those of English; [`sentences_in`] takes another language.
///
/// # Examples
///
/// ```
/// use textmill_text::sentences::sentences;
///
/// let text = "A headline without a period\n\n“Why?” asked Mr. J. Smith. “Nobody knows.” It rained.";
/// let found: Vec<&str> = sentences(text).map(|span| &text[span]).collect();
/// assert_eq!(
///     found,
///     ["A headline without a period", "“Why?” asked Mr. J. Smith.", "“Nobody knows.”", "It rained."]
/// );
/// ```
pub fn sentences(text: &str) -> impl Iterator<Item = Range<usize>> {
    sentences_in(text, Language::english())
}

/// Like [`sentences`], with the abbreviations and sentence openers of `language`.
pub fn sentences_in<'a>(text: &'a str, language: &'a Language) -> impl Iterator<Item = Range<usize>> + 'a {
    Sentences { text, language, position: 0, block: Block::default() }
}

struct Sentences<'a> {
    text: &'a str,
    language: &'a Language,
    /// Everything before it has been given out.
    position: usize,
    block: Block,
}

impl Iterator for Sentences<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.position + leading_space(&self.text[self.position..]);
        if start == self.text.len() {
            return None;
        }
        if start >= self.block.end {
            self.block = Block::open(self.text, start);
        }
        self.position = self.sentence_end(start);
        Some(start..start + self.text[start..self.position].trim_end().len())
    }
}

impl Sentences<'_> {
    /// Returns where the sentence that begins at `start` ends; white space may stand before that place.
    fn sentence_end(&mut self, start: usize) -> usize {
        if let Some(end) = run_in_heading(&self.text[start..self.block.end]) {
            return start + end;
        }
        let end = self.stop_or_line_end(start);
        next_item(self.text, start, end).unwrap_or(end)
    }

    fn stop_or_line_end(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(found) = next_candidate(self.text.as_bytes(), at, self.block.end) {
            if self.text.as_bytes()[found] == b'\n' {
                if !self.line_goes_on(found) {
                    return found;
                }
                at = found + 1;
            } else if let Some(stop) = Stop::at(self.text, found) {
                if self.stop_ends(start, &stop) {
                    return stop.sentence_end(self.text);
                }
                if let Some(end) = self.link_end(&stop) {
                    return end;
                }
                at = stop.after;
            } else {
                at = found + 1;
            }
        }
        self.block.end
    }

    /// Whether the sentence goes on behind the line break at `newline`, though no stop stands before it.
    fn line_goes_on(&self, newline: usize) -> bool {
        let line_start = memrchr(b'\n', &self.text.as_bytes()[..newline]).map_or(0, |before| before + 1);
        let line = self.text[line_start..newline].trim_end();
        let next = self.text[newline + 1..self.block.end].trim_start();
        if let Some(width) = self.block.wrap_width {
            return fills(line, next, width) && !next.starts_with(LIST_BULLETS);
        }
        let begins_small = next.starts_with(char::is_lowercase);
        begins_small && line.len() >= CONTINUED_LINE_BYTES_MIN && !line.ends_with([':', ';'])
    }

    fn stop_ends(&self, start: usize, stop: &Stop) -> bool {
        let Some(next) = Next::after(self.text, stop.after, self.block.end) else { return true };
        if next.on_new_line && self.block.wrap_width.is_none() {
            return true;
        }
        match stop.kind {
            StopKind::Wide => !(stop.closed && next.first.is_some_and(is_hiragana)),
            _ if next.gap == 0 => self.ends_without_space(start, stop, &next),
            _ if next.goes_on() => false,
            StopKind::Ellipsis => {
                stop.start > start && next.is_opening() && !self.language.is_always_capital(next.word)
            }
            StopKind::Strong => self.strong_stop_ends(start, stop, &next),
            StopKind::Period => self.period_ends(start, stop, &next),
        }
    }

    /// Whether `!` or `?` with white space behind it ends its sentence.
    fn strong_stop_ends(&self, start: usize, stop: &Stop, next: &Next<'_>) -> bool {
        if stop.closed {
            return next.is_opening() && !names_the_speaker(next.rest, self.language);
        }
        // Before a small letter only a name keeps its mark: `She left Yahoo! in May.`
        next.is_opening() || !word_before(self.text, start, stop.start).starts_with(char::is_uppercase)
    }

    /// Whether a period with white space behind it ends its sentence.
    fn period_ends(&self, start: usize, stop: &Stop, next: &Next<'_>) -> bool {
        let word = word_before(self.text, start, stop.start);
        if is_list_mark(&self.text[start..stop.start]) {
            return false;
        }
        let starts_anew = || next.is_opening() && (next.quoted || self.language.is_starter(next.word));
        match self.language.abbreviation(word) {
            Some(Abbreviation::NeverEnds) => false,
            Some(Abbreviation::BeforeNumber) if next.is_number() => false,
            Some(Abbreviation::MayEnd) => starts_anew(),
            _ if is_initial(word) || is_acronym(word) || looks_abbreviated(word) => starts_anew(),
            _ if self.language.has_ordinal_period() && is_ordinal(word) => starts_anew(),
            _ => next.is_opening() || (!stop.closed && ends_a_small_word(word)),
        }
    }

    /// Returns where the link ends in which `stop` stands, if the sentence ends there too.
    ///
    /// A period behind a link would become part of it, so people leave it away: what follows decides, a word that
    /// begins sentences or the next link.
    fn link_end(&self, stop: &Stop) -> Option<usize> {
        let end = link_around(&self.text[..self.block.end], stop.after)?;
        let next = Next::after(self.text, end, self.block.end)?;
        let begins = self.language.is_starter(next.word) || next.rest.starts_with(LINK_BEGINS[0]);
        (begins && !next.on_new_line).then_some(end)
    }

    /// Whether a stop directly before a letter ends its sentence, as in `He left.Nobody minded.`
    fn ends_without_space(&self, start: usize, stop: &Stop, next: &Next<'_>) -> bool {
        let word = word_before(self.text, start, stop.start);
        !stop.closed
            && !next.opened
            && word.len() >= 2
            && word.bytes().all(|byte| byte.is_ascii_lowercase())
            && next.word.len() >= 2
            && next.first.is_some_and(char::is_uppercase)
            && next.word.chars().skip(1).all(char::is_lowercase)
            && self.language.abbreviation(word).is_none()
    }
}

/// Returns where the next item of a list on one line begins, as in `1. Bread 2. Milk`, if it does before `end`.
///
/// Only a mark of the same form with the next number or letter counts, so that numbers inside an item do not.
fn next_item(text: &str, start: usize, end: usize) -> Option<usize> {
    let item = &text[start..end];
    let inner = item.trim_start_matches(LIST_BULLETS).trim_start();
    let ordinal = &inner[..inner.bytes().take(4).take_while(u8::is_ascii_alphanumeric).count()];
    let close = [".)", ".", ")"].into_iter().find(|close| inner[ordinal.len()..].starts_with(close))?;
    let bullet = &item[..item.len() - inner.len()];
    let mark = format!(" {bullet}{}{close}", next_ordinal(ordinal)?);
    let found = start + item.find(&mark)?;
    text[found + mark.len()..].starts_with(char::is_whitespace).then_some(found)
}

/// The number or small letter behind `ordinal`.
fn next_ordinal(ordinal: &str) -> Option<String> {
    match ordinal.as_bytes() {
        [letter @ b'a'..=b'y'] => Some(char::from(letter + 1).to_string()),
        _ => Some((ordinal.parse::<u16>().ok()? + 1).to_string()),
    }
}

/// Returns where a heading in capitals before a sentence on the same line ends: `WEATHER: Rain fell.`
fn run_in_heading(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if !bytes.first()?.is_ascii_uppercase() || !bytes.get(1)?.is_ascii_uppercase() {
        return None;
    }
    let is_heading_byte =
        |byte: &u8| byte.is_ascii_uppercase() || matches!(byte, b' ' | b'&' | b'\'' | b'-' | b'/');
    let width = bytes.iter().take(HEADING_BYTES_MAX).take_while(|byte| is_heading_byte(byte)).count();
    let goes_on = bytes.get(width + 2).is_some_and(u8::is_ascii_uppercase);
    (bytes[width..].starts_with(b": ") && goes_on).then_some(width + 1)
}

/// A longer stretch of capitals is not a heading but a text in capitals.
const HEADING_BYTES_MAX: usize = 60;

/// A line shorter than this is a list item or a heading, even if the next one begins with a small letter.
const CONTINUED_LINE_BYTES_MIN: usize = 30;

/// A line that begins with one is an item of its own.
const LIST_BULLETS: [char; 7] = ['•', '⁃', '·', '*', '-', '–', '>'];

/// How many words of a name are passed over in search of the verb of speech.
const SPEAKER_WORDS_MAX: usize = 4;

/// Whether `rest` begins with a name and a verb of speech, as in `“Why?” Anna Berg asked.`
fn names_the_speaker(rest: &str, language: &Language) -> bool {
    let mut words = rest.split_whitespace().take(SPEAKER_WORDS_MAX + 1).enumerate();
    let after_name = words.find(|(i, word)| !is_name_part(word, *i == 0, language));
    after_name
        .is_some_and(|(i, word)| i > 0 && language.is_speech_verb(word.trim_end_matches([',', '.', ':'])))
}

fn is_name_part(word: &str, is_first: bool, language: &Language) -> bool {
    word.starts_with(char::is_uppercase) && !(is_first && language.is_starter(word))
}

/// Consecutive lines without a blank line between them.
#[derive(Default)]
struct Block {
    end: usize,
    /// Characters of the longest line, if the lines look broken by a program at that width.
    wrap_width: Option<usize>,
}

/// Narrower lines are lists, verses and headings; wider ones are whole paragraphs.
const WRAP_WIDTH: Range<usize> = 40..121;

/// A wrapped block has at least this many lines; of two lines nobody can tell.
const WRAP_LINES_MIN: usize = 3;

impl Block {
    /// Reads the block that begins at `start`, up to a blank line or the end of the text.
    fn open(text: &str, start: usize) -> Block {
        let end = block_end(text.as_bytes(), start);
        Block { end, wrap_width: wrap_width(&text[start..end]) }
    }
}

/// Returns where the last line before a blank one ends.
fn block_end(bytes: &[u8], start: usize) -> usize {
    let mut line = start;
    while let Some(found) = memchr(b'\n', &bytes[line..]) {
        let newline = line + found;
        let indent =
            bytes[newline + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        let next = newline + 1 + indent;
        if next == bytes.len() || bytes[next] == b'\n' {
            return newline;
        }
        line = next;
    }
    bytes.len()
}

/// Returns the width in characters at which the lines of `block` are broken, if they look broken at all.
fn wrap_width(block: &str) -> Option<usize> {
    memchr(b'\n', block.as_bytes())?;
    let width = block.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or(0);
    let lines = block.lines().count();
    if !WRAP_WIDTH.contains(&width) || lines < WRAP_LINES_MIN {
        return None;
    }
    let pairs = block.lines().zip(block.lines().skip(1));
    let full = pairs.filter(|(line, next)| fills(line.trim_end(), next.trim_start(), width)).count();
    (full * 4 >= (lines - 1) * 3).then_some(width)
}

/// Whether the first word of `next` would not have fitted behind `line`.
fn fills(line: &str, next: &str, width: usize) -> bool {
    let word = next.split(char::is_whitespace).next().unwrap_or("");
    line.chars().count() + 1 + word.chars().count() > width
}

/// One or more stops in a row, with the closing marks behind them.
struct Stop {
    start: usize,
    /// Behind the stops and the closing marks.
    after: usize,
    kind: StopKind,
    /// Whether a closing quotation mark or bracket stands behind the stop.
    closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StopKind {
    Period,
    Ellipsis,
    /// `!` or `?`, alone or with others.
    Strong,
    /// A stop of a script that puts no space behind it.
    Wide,
}

impl Stop {
    fn at(text: &str, start: usize) -> Option<Stop> {
        let bytes = text.as_bytes();
        let mut kind = None;
        let mut end = start;
        while let Some((found, width)) = stop_kind(bytes, end) {
            kind = Some(joined(kind, found));
            end += width;
            // An ellipsis may be spaced out: `. . .`
            if bytes[end..].starts_with(b" .") && !bytes.get(end + 2).is_some_and(u8::is_ascii_alphanumeric) {
                end += 1;
            }
        }
        let kind = kind?;
        let closed = end + closing_marks(&text[end..]);
        let after = closed + reference(&bytes[closed..]);
        Some(Stop { start, after, kind, closed: closed > end })
    }
}

impl Stop {
    /// Where a sentence ends that ends with this stop: of `fell. . . . Nobody`, the first period is the stop, and the
    /// other three are an ellipsis before the next sentence.
    fn sentence_end(&self, text: &str) -> usize {
        let is_spaced_out = !self.closed && &text[self.start..self.after] == ". . . .";
        let is_between = !text[..self.start].ends_with(' ') && !text[self.after..].trim_start().is_empty();
        if is_spaced_out && is_between { self.start + 1 } else { self.after }
    }
}

/// What a run of stops is, when `next` is added to what it was before.
fn joined(before: Option<StopKind>, next: StopKind) -> StopKind {
    match (before, next) {
        (None, kind) => kind,
        (Some(StopKind::Period), StopKind::Period) => StopKind::Ellipsis,
        (Some(StopKind::Wide), _) | (_, StopKind::Wide) => StopKind::Wide,
        (Some(StopKind::Strong), _) | (_, StopKind::Strong) => StopKind::Strong,
        _ => StopKind::Ellipsis,
    }
}

/// Returns the kind and width in bytes of the stop at `at`.
fn stop_kind(bytes: &[u8], at: usize) -> Option<(StopKind, usize)> {
    let rest = bytes.get(at..)?;
    match *rest.first()? {
        b'.' => Some((StopKind::Period, 1)),
        b'!' | b'?' => Some((StopKind::Strong, 1)),
        byte if byte < 0x80 => None,
        _ => WIDE_STOPS
            .iter()
            .find(|(stop, _)| rest.starts_with(stop.as_bytes()))
            .map(|(stop, kind)| (*kind, stop.len())),
    }
}

/// Stops beyond ASCII. A new one needs its first byte in [`CANDIDATE`], which a test holds.
static WIDE_STOPS: [(&str, StopKind); 20] = [
    ("…", StopKind::Ellipsis),
    ("。", StopKind::Wide),
    ("．", StopKind::Wide),
    ("！", StopKind::Wide),
    ("？", StopKind::Wide),
    ("｡", StopKind::Wide),
    ("‼", StopKind::Strong),
    ("⁇", StopKind::Strong),
    ("⁈", StopKind::Strong),
    ("⁉", StopKind::Strong),
    ("‽", StopKind::Strong),
    ("؟", StopKind::Strong),
    ("۔", StopKind::Strong),
    ("।", StopKind::Strong),
    ("॥", StopKind::Strong),
    ("։", StopKind::Strong),
    ("።", StopKind::Strong),
    ("፧", StopKind::Strong),
    ("។", StopKind::Strong),
    ("။", StopKind::Wide),
];

/// Bytes at which a sentence may end: stops, line breaks and the first bytes of [`WIDE_STOPS`].
static CANDIDATE: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = [b'.', b'!', b'?', b'\n', 0xD6, 0xD8, 0xDB, 0xE0, 0xE1, 0xE2, 0xE3, 0xEF];
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
};

fn next_candidate(bytes: &[u8], from: usize, end: usize) -> Option<usize> {
    bytes[from..end].iter().position(|&byte| CANDIDATE[usize::from(byte)]).map(|found| from + found)
}

/// Returns where the link around `at` ends; `None` if there is none, or punctuation stands at its end.
fn link_around(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_end = |byte: &u8| byte.is_ascii_whitespace();
    let width = bytes[at..].iter().take(LINK_BYTES_MAX).position(is_end)?;
    let before =
        bytes[..at].iter().rev().take(LINK_BYTES_MAX).position(is_end).unwrap_or(at.min(LINK_BYTES_MAX));
    let token = &bytes[at - before..at + width];
    let is_link =
        memchr(b'@', token).is_some() || LINK_BEGINS.iter().any(|begin| token.starts_with(begin.as_bytes()));
    let ends_well = token.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'/');
    (width > 0 && is_link && ends_well).then_some(at + width)
}

/// With what links begin, e-mail addresses aside. Longer ones are not looked at.
const LINK_BEGINS: [&str; 3] = ["http", "www.", "ftp:"];
const LINK_BYTES_MAX: usize = 256;

/// Returns how many bytes of closing quotation marks and brackets `text` begins with.
fn closing_marks(text: &str) -> usize {
    text.find(|c| !is_closing(c)).unwrap_or(text.len())
}

/// Returns how many bytes of references to notes `bytes` begins with, as in `It rained.[3][4–6] Nobody …`
fn reference(bytes: &[u8]) -> usize {
    let mut read = 0;
    loop {
        let space = usize::from(bytes.get(read) == Some(&b' '));
        if bytes.get(read + space) != Some(&b'[') {
            return read;
        }
        let inner = &bytes[read + space + 1..];
        let width = inner.iter().take_while(|byte| is_reference_byte(**byte)).count();
        if width == 0 || inner.get(width) != Some(&b']') {
            return read;
        }
        read += space + width + 2;
    }
}

/// Digits, commas, spaces, hyphens, and the bytes of an en dash.
fn is_reference_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b',' | b' ' | b'-' | 0xE2 | 0x80 | 0x93)
}

fn is_closing(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | ')'
            | ']'
            | '}'
            | '”'
            | '’'
            | '»'
            | '›'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '“'
            | '*'
            | '_'
    )
}

fn is_opening_mark(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '`'
            | '('
            | '['
            | '{'
            | '“'
            | '‘'
            | '„'
            | '‚'
            | '«'
            | '‹'
            | '「'
            | '『'
            | '（'
            | '¿'
            | '¡'
    )
}

fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309F}')
}

/// What stands behind a stop.
struct Next<'a> {
    /// Bytes of white space before it.
    gap: usize,
    on_new_line: bool,
    /// Whether it begins with an opening quotation mark or bracket.
    opened: bool,
    quoted: bool,
    /// First character behind the opening marks.
    first: Option<char>,
    /// The letters that begin there.
    word: &'a str,
    /// The text from there on.
    rest: &'a str,
}

impl<'a> Next<'a> {
    /// Reads on from `at`; `None` if only white space is left before `end`.
    fn after(text: &'a str, at: usize, end: usize) -> Option<Next<'a>> {
        let rest = &text[at..end];
        let gap = leading_space(rest);
        let visible = &rest[gap..];
        visible.chars().next()?;
        let inner = visible.trim_start_matches(is_opening_mark);
        let word_bytes = inner.find(|c: char| !c.is_alphanumeric()).unwrap_or(inner.len());
        Some(Next {
            gap,
            on_new_line: memchr(b'\n', &rest.as_bytes()[..gap]).is_some(),
            opened: inner.len() < visible.len(),
            quoted: inner.len() < visible.len() && !visible.starts_with(['(', '[', '{']),
            first: inner.chars().next(),
            word: &inner[..word_bytes],
            rest: inner,
        })
    }

    /// Whether a sentence can begin like this.
    fn is_opening(&self) -> bool {
        self.first.is_none_or(|c| !c.is_lowercase())
    }

    /// Whether it is punctuation that cannot begin a sentence.
    fn goes_on(&self) -> bool {
        !self.opened && matches!(self.first, Some(',' | ';' | ':' | ')' | ']' | '}' | '%' | '/' | '='))
    }

    fn is_number(&self) -> bool {
        self.first.is_some_and(char::is_numeric)
    }
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// Longest stretch before a period that is looked at.
const WORD_BYTES_MAX: usize = 32;

/// Returns the word, periods inside included, that ends at `end` and begins at `start` or later.
fn word_before(text: &str, start: usize, end: usize) -> &str {
    let mut from = end;
    for (i, c) in text[start..end].char_indices().rev() {
        let belongs = c.is_alphanumeric() || matches!(c, '.' | '-' | '&' | '§' | '°' | '/' | '@');
        if !belongs || end - (start + i) > WORD_BYTES_MAX {
            break;
        }
        from = start + i;
    }
    &text[from..end]
}

/// Whether the sentence so far is nothing but a list number or letter: `1.`, `b.`, `IV.`
fn is_list_mark(so_far: &str) -> bool {
    if so_far.len() > LIST_MARK_BYTES_MAX {
        return false;
    }
    let so_far = so_far.trim_start_matches(['(', '[', '•', '*', '-', ' ']);
    let digits = so_far.len() <= 3 && so_far.bytes().all(|byte| byte.is_ascii_digit());
    let letter = so_far.len() == 1 && so_far.bytes().all(|byte| byte.is_ascii_alphabetic());
    let roman = so_far.len() <= 4 && so_far.bytes().all(|byte| matches!(byte, b'I' | b'V' | b'X'));
    digits || letter || roman
}

/// Longest list mark, with the bullet before it.
const LIST_MARK_BYTES_MAX: usize = 16;

/// One capital letter: `J.`
fn is_initial(word: &str) -> bool {
    let last = word.rsplit(['-', '.']).next().unwrap_or(word);
    let mut letters = last.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_none()
}

/// Single letters with periods between them: `U.S`, `a.m`.
fn is_acronym(word: &str) -> bool {
    word.contains('.') && word.split('.').all(|part| part.chars().count() == 1)
}

/// A capital and small consonants, as no word has them: `Sgt`, `Bldg`.
fn looks_abbreviated(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|c| c.is_ascii_uppercase() && !is_vowel(c))
        && word.len() > 1
        && letters.all(|c| c.is_ascii_lowercase() && !is_vowel(c))
}

fn is_vowel(c: char) -> bool {
    matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// A number of one or two digits.
fn is_ordinal(word: &str) -> bool {
    (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a period behind `word` ends a sentence even before a small letter, as in careless writing.
///
/// A word of small letters with a vowel is no abbreviation that the tables do not know.
fn ends_a_small_word(word: &str) -> bool {
    let is_small_word = word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    is_number || (is_small_word && word.contains(is_vowel))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let shown: String = sentences(text).map(|span| format!("{}\n", text[span].escape_debug())).collect();
        expected.assert_eq(&shown);
    }

    #[test]
    fn a_stop_before_a_capital_ends_a_sentence() {
        check(
            "Rain fell. Nobody minded! Did they? No.",
            expect![[r#"
            Rain fell.
            Nobody minded!
            Did they?
            No.
        "#]],
        );
        check(
            "He left.Nobody minded. See example.com/a.B?C=D or Node.js now.",
            expect![[r#"
            He left.
            Nobody minded.
            See example.com/a.B?C=D or Node.js now.
        "#]],
        );
    }

    #[test]
    fn an_abbreviation_ends_one_only_where_its_kind_and_the_next_word_say_so() {
        check(
            "Mr. Berg met Dr. A. B. Roth, Sgt. Hale and Prof. The. They sat.",
            expect![[r#"
            Mr. Berg met Dr. A. B. Roth, Sgt. Hale and Prof. The.
            They sat.
        "#]],
        );
        check(
            "See No. 5 on p. 7. I said no. Five of us left.",
            expect![[r#"
            See No. 5 on p. 7.
            I said no.
            Five of us left.
        "#]],
        );
        check(
            "Lumen Inc. Chairman Lee sold Lumen Inc. The shares rose.",
            expect![[r#"
            Lumen Inc. Chairman Lee sold Lumen Inc.
            The shares rose.
        "#]],
        );
        check(
            "The U.S. Senate met at 5 p.m. It left the U.S. (Or so we heard.) Fine.",
            expect![[r#"
            The U.S. Senate met at 5 p.m.
            It left the U.S.
            (Or so we heard.)
            Fine.
        "#]],
        );
        check(
            "Fruit, e.g. Apples, vs. Pears, etc. We like both.",
            expect![[r#"
            Fruit, e.g. Apples, vs. Pears, etc.
            We like both.
        "#]],
        );
    }

    #[test]
    fn numbers_and_list_marks_keep_their_period() {
        check(
            "It rose 1.5 percent to 10.25. Then it fell.",
            expect![[r#"
            It rose 1.5 percent to 10.25.
            Then it fell.
        "#]],
        );
        check(
            "1. Wash the pears.\n2. Eat them.\n\nb) Rest.",
            expect![[r#"
            1. Wash the pears.
            2. Eat them.
            b) Rest.
        "#]],
        );
    }

    #[test]
    fn closing_marks_stay_with_their_sentence() {
        check(
            "“It rained.” Nobody minded. (Some did.) He said 'Go.' Then he went.",
            expect![[r#"
            “It rained.”
            Nobody minded.
            (Some did.)
            He said \'Go.\'
            Then he went.
        "#]],
        );
        check(
            "Rain fell.[3][4–6] Snow fell. [7] Hail fell.",
            expect![[r#"
            Rain fell.[3][4–6]
            Snow fell. [7]
            Hail fell.
        "#]],
        );
    }

    #[test]
    fn a_quotation_ends_no_sentence_that_goes_on_behind_it() {
        check(
            "“Why?” she asked. “Why?” Anna Berg asked. “Why?” Anna went home.",
            expect![[r#"
            “Why?” she asked.
            “Why?” Anna Berg asked.
            “Why?”
            Anna went home.
        "#]],
        );
        check(
            "He met (Did he really?) a friend. “Go!” he cried, “Go home.”",
            expect![[r#"
            He met (Did he really?) a friend.
            “Go!” he cried, “Go home.”
        "#]],
        );
    }

    #[test]
    fn an_ellipsis_ends_a_sentence_before_a_capital_only() {
        check(
            "Well ... maybe. Well… Maybe. Well. . . perhaps . . . Nobody knows.",
            expect![[r#"
            Well ... maybe.
            Well…
            Maybe.
            Well. . . perhaps . . .
            Nobody knows.
        "#]],
        );
    }

    #[test]
    fn a_blank_line_always_ends_a_sentence() {
        check(
            "A headline without a period\n\nA body, and\n \t\r\nmore of it",
            expect![[r#"
            A headline without a period
            A body, and
            more of it
        "#]],
        );
    }

    #[test]
    fn a_line_break_ends_a_sentence_unless_the_text_is_hard_wrapped() {
        check(
            "One paragraph a line, headline first\nRain fell on the town. Nobody minded it\nMilk",
            expect![[r#"
                One paragraph a line, headline first
                Rain fell on the town.
                Nobody minded it
                Milk
            "#]],
        );
        check(
            "Rain fell on the town all day long, and Mr.\nBerg stayed at home with his books, which were\nolder than the house itself. Nobody minded. The\nriver rose.",
            expect![[r#"
                Rain fell on the town all day long, and Mr.\nBerg stayed at home with his books, which were\nolder than the house itself.
                Nobody minded.
                The\nriver rose.
            "#]],
        );
        check(
            "milk\neggs\nbread",
            expect![[r#"
            milk
            eggs
            bread
        "#]],
        );
    }

    #[test]
    fn items_of_a_list_on_one_line_stand_apart() {
        check(
            "1. Bread and milk 2. Cheese 3. Version 2.0 of it",
            expect![[r#"
            1. Bread and milk
            2. Cheese
            3. Version 2.0 of it
        "#]],
        );
        check(
            "1.) Bread 2.) Milk",
            expect![[r#"
            1.) Bread
            2.) Milk
        "#]],
        );
        check(
            "• 9. Bread • 10. Milk",
            expect![[r#"
            • 9. Bread
            • 10. Milk
        "#]],
        );
        check(
            "a) Bread b) Milk. Much of it. c) Tea",
            expect![[r#"
            a) Bread
            b) Milk.
            Much of it.
            c) Tea
        "#]],
        );
        check(
            "1. Bread for 3. Milk",
            expect![[r#"
            1. Bread for 3.
            Milk
        "#]],
        );
    }

    #[test]
    fn a_link_ends_a_sentence_before_a_word_that_begins_one_or_the_next_link() {
        check(
            "See http://a.example/b?c=d.html The rest is here.",
            expect![[r#"
            See http://a.example/b?c=d.html
            The rest is here.
        "#]],
        );
        check(
            "Write to ann@post.example Her number is 5.",
            expect![[r#"
            Write to ann@post.example
            Her number is 5.
        "#]],
        );
        check(
            "http://a.example/1.html http://a.example/2.html",
            expect![[r#"
            http://a.example/1.html
            http://a.example/2.html
        "#]],
        );
        check(
            "See www.a.example Bern for more.",
            expect![[r#"
            See www.a.example Bern for more.
        "#]],
        );
    }

    #[test]
    fn before_a_word_that_is_always_capital_an_ellipsis_goes_on() {
        check(
            "Well ... I stayed. Well... You left.",
            expect![[r#"
            Well ... I stayed.
            Well...
            You left.
        "#]],
        );
        check(
            "It fell. . . . Nobody minded. . . .",
            expect![[r#"
                It fell.
                . . . Nobody minded. . . .
            "#]],
        );
    }

    #[test]
    fn a_heading_in_capitals_stands_apart_from_its_sentence() {
        check(
            "WEATHER: Rain fell. NATO: the alliance. Q: Why? UN: 5 left.",
            expect![[r#"
            WEATHER:
            Rain fell.
            NATO: the alliance.
            Q: Why?
            UN: 5 left.
        "#]],
        );
    }

    #[test]
    fn stops_of_other_scripts_end_sentences() {
        check(
            "雨が降った。誰も気にしなかった！「そうだ。」と彼は言った。",
            expect![[r#"
            雨が降った。
            誰も気にしなかった！
            「そうだ。」と彼は言った。
        "#]],
        );
        check(
            "هل نزل المطر؟ نعم। वर्षा हुई। ठीक।",
            expect![[r#"
            هل نزل المطر؟
            نعم।
            वर्षा हुई।
            ठीक।
        "#]],
        );
    }

    #[test]
    fn nothing_but_white_space_has_no_sentences() {
        check(" \n\t\u{a0}\n\n", expect![[r#""#]]);
        check(
            "...",
            expect![[r#"
            ...
        "#]],
        );
    }

    #[test]
    fn every_stop_beyond_ascii_is_a_candidate() {
        for (stop, _) in WIDE_STOPS {
            assert!(CANDIDATE[usize::from(stop.as_bytes()[0])], "{stop}");
        }
    }

    #[test]
    fn a_megabyte_of_anything_takes_linear_time() {
        let mixed = [
            ".",
            "\"",
            "(",
            ". ",
            ".\"",
            ".[1",
            "\n",
            "Mr. ",
            "a\n",
            "… ",
            "A",
            " ",
            "?” B ",
            "?”\u{a0}B",
            "“",
            "”’",
            "「",
            "क्षि।",
            ". a",
            "-",
        ];
        for (first, second) in mixed.iter().zip(mixed.iter().cycle().skip(1)) {
            assert_holds(&format!("{}{}", first.repeat(100_000), second.repeat(100_000)));
        }
        assert_holds(&format!("{}{}", "-".repeat(500_000), ". a".repeat(200_000)));
    }

    fn assert_holds(text: &str) {
        let mut rest = 0;
        for span in sentences(text) {
            assert!(text[rest..span.start].trim().is_empty(), "only white space is left out");
            assert!(!span.is_empty() && text[span.clone()].trim().len() == span.len(), "trimmed: {span:?}");
            rest = span.end;
        }
        assert!(text[rest..].trim().is_empty());
    }

    proptest! {
        #[test]
        fn sentences_cover_all_but_white_space(text in any::<String>()) {
            assert_holds(&text);
        }

        #[test]
        fn sentences_cover_all_of_a_text_full_of_marks(text in "[.!?…。\"'“”()\\[\\]: \n\tA-Ca-c1-3é日\u{301}]{0,300}") {
            assert_holds(&text);
        }
    }
}
