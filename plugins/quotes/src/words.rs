//! Cuts a text into the words and signs that the search for speakers reads.
//!
//! In go the text and its [`Stretch`]es; out come [`Word`]s, ascending, each with its byte span, its hash, its
//! classes, its shape, its sentence and paragraph, and whether it stands inside quotation marks.
//! White space gives nothing; a possessive ending (*'s*) is a word of its own, so that a name is the same with and
//! without it; the full stop of *Mr.* or *U.S.* belongs to the word.
//!
//! Sentences are judged here and not by the general splitter, because a sentence that goes on behind a quotation
//! (*“Why?” she asked*) must stay one, and this must cost a few nanoseconds a word.

use crate::lexicon::{Classes, Lexicon, letters_hash, word_hash};
use crate::marks::Stretch;

/// What a word looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Starts with a letter in lower case, or one without case.
    Lower,
    /// Starts with a capital.
    Capital,
    /// Starts with a digit.
    Number,
    /// The ending *'s* or *’*.
    Possessive,
    /// A quotation mark, or a run of them.
    Mark,
    /// Any other sign; [`Word::sign`] says which.
    Sign,
}

/// A word or a sign of a text.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// First byte.
    pub start: u32,
    /// End, in bytes.
    pub end: u32,
    /// [`word_hash`] of its letters.
    pub hash: u32,
    /// What the lexicon knows of it.
    pub classes: Classes,
    /// What it looks like.
    pub shape: Shape,
    /// The sign itself when it is one, else NUL.
    pub sign: char,
    /// The number of its sentence in the text.
    pub sentence: u32,
    /// The number of its paragraph in the text.
    pub paragraph: u32,
    /// The stretch between quotation marks that it stands in, if any.
    pub stretch: Option<u32>,
}

impl Word {
    /// Whether it is a word with letters or digits.
    pub fn is_word(&self) -> bool {
        matches!(self.shape, Shape::Lower | Shape::Capital | Shape::Number)
    }

    /// Its bytes in the text.
    pub fn bytes(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether it is of a class.
    pub fn is(&self, classes: Classes) -> bool {
        self.classes.any(classes)
    }
}

/// Fills `words` with the words of `text`, first to last; `stretches` must be those of the same text.
///
/// The vector is cleared first. Texts over 4 GiB are cut there: offsets are 32 bits wide.
///
/// # Examples
///
/// ```
/// use quotes::{language::Language, words};
///
/// let text = "Mr. Ito's dog barked.";
/// let mut found = Vec::new();
/// words::split(text, &[], &Language::english().lexicon, &mut found);
/// let shown: Vec<&str> = found.iter().map(|it| &text[it.start as usize..it.end as usize]).collect();
/// assert_eq!(shown, ["Mr.", "Ito", "'s", "dog", "barked", "."]);
/// ```
pub fn split(text: &str, stretches: &[Stretch], lexicon: &Lexicon, words: &mut Vec<Word>) {
    words.clear();
    let mut splitter = Splitter {
        text,
        stretches,
        lexicon,
        words,
        next_stretch: 0,
        sentence: 0,
        paragraph: 0,
        ended: false,
    };
    let limit = text.len().min(u32::MAX as usize);
    let mut at = 0;
    while at < limit {
        at = splitter.step(at);
    }
}

struct Splitter<'a> {
    text: &'a str,
    stretches: &'a [Stretch],
    lexicon: &'a Lexicon,
    words: &'a mut Vec<Word>,
    next_stretch: usize,
    sentence: u32,
    paragraph: u32,
    /// A full stop or its like was the last thing seen, marks and brackets aside.
    ended: bool,
}

impl Splitter<'_> {
    /// Handles what stands at `at` and returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        match bytes[at] {
            b'\n' => self.line_break(at),
            b' ' | b'\t' | b'\r' => at + 1,
            byte if byte.is_ascii_alphanumeric() => self.word(at),
            byte if byte < 128 => self.sign(at, byte as char),
            _ => self.wide(at),
        }
    }

    fn line_break(&mut self, at: usize) -> usize {
        let breaks_paragraph = self.text[at + 1..].starts_with(|c: char| !c.is_lowercase());
        if breaks_paragraph && self.words.last().is_some_and(|word| word.paragraph == self.paragraph) {
            self.paragraph += 1;
            self.sentence += 1;
            self.ended = false;
        }
        at + 1
    }

    /// A character outside ASCII.
    fn wide(&mut self, at: usize) -> usize {
        let c = self.text[at..].chars().next().unwrap_or(' ');
        match c {
            c if c.is_alphanumeric() => self.word(at),
            c if c.is_whitespace() || c == '\u{200b}' || c == '\u{ad}' || c == '\u{feff}' => {
                at + c.len_utf8()
            }
            c => self.sign(at, c),
        }
    }

    fn word(&mut self, at: usize) -> usize {
        let (end, hash) = word_at(self.text, at);
        let letters = &self.text[at..end];
        let listed = self.lexicon.classes(hash);
        let stop = self.text.as_bytes().get(end) == Some(&b'.');
        let abbreviated = stop
            && (listed.any(Classes::ABBREVIATION) || is_initials(letters) || self.is_ordinal(letters))
            && !self.ends_text(end);
        let first = letters.chars().next().unwrap_or(' ');
        self.begin_sentence(!first.is_lowercase());
        let shape = shape_of(first);
        let by_tail = shape == Shape::Capital && listed == Classes::NONE;
        let classes = if by_tail { self.lexicon.classes_by_tail(letters) } else { listed };
        self.push(at, end + usize::from(abbreviated), hash, classes, shape, '\0');
        end + usize::from(abbreviated)
    }

    /// *3* in *am 3. Oktober*.
    fn is_ordinal(&self, letters: &str) -> bool {
        self.lexicon.habits.ordinal_stops
            && letters.len() <= 2
            && letters.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether the full stop at `at` is the last sign of its paragraph, and so ends a sentence whatever stands before.
    fn ends_text(&self, at: usize) -> bool {
        matches!(self.text.as_bytes().get(at + 1), None | Some(b'\n'))
    }

    fn sign(&mut self, at: usize, c: char) -> usize {
        let end = self.sign_end(at, c);
        let mark = is_mark(c) && !(c == '\'' && end == at + 1);
        let shape = match &self.text[at..end] {
            "'s" | "’s" | "'S" | "’S" => Shape::Possessive,
            "'" | "’" if self.touches_word(at) => Shape::Possessive,
            _ if mark => Shape::Mark,
            _ => Shape::Sign,
        };
        self.push(at, end, 1, Classes::NONE, shape, c);
        if shape == Shape::Sign && c != ')' && c != ']' {
            self.ended = matches!(c, '.' | '!' | '?' | '…');
        }
        end
    }

    fn sign_end(&self, at: usize, c: char) -> usize {
        let end = at + c.len_utf8();
        let rest = &self.text.as_bytes()[end..];
        let ending = (c == '\'' || c == '’')
            && self.touches_word(at)
            && matches!(rest.first(), Some(b's' | b'S'))
            && !rest.get(1).is_some_and(u8::is_ascii_alphanumeric);
        if ending {
            return end + 1;
        }
        let same = if is_mark(c) { run_of(&self.text[end..], c) } else { 0 };
        end + same
    }

    fn touches_word(&self, at: usize) -> bool {
        self.words.last().is_some_and(|word| word.end as usize == at && word.is_word())
    }

    /// Starts a sentence when the last one has ended and what comes now can start one.
    fn begin_sentence(&mut self, can_start: bool) {
        if self.ended && can_start {
            self.sentence += 1;
        }
        self.ended = false;
    }

    fn push(&mut self, start: usize, end: usize, hash: u32, classes: Classes, shape: Shape, sign: char) {
        while self.stretches.get(self.next_stretch).is_some_and(|it| it.end <= start) {
            self.next_stretch += 1;
        }
        let inside = self.stretches.get(self.next_stretch).is_some_and(|it| it.start <= start);
        self.words.push(Word {
            start: start as u32,
            end: end as u32,
            hash,
            classes,
            shape,
            sign,
            sentence: self.sentence,
            paragraph: self.paragraph,
            stretch: inside.then_some(self.next_stretch as u32),
        });
    }
}

/// The end and the hash of the word that starts at `at`.
fn word_at(text: &str, at: usize) -> (usize, u32) {
    let bytes = text.as_bytes();
    let (length, hash) = letters_hash(&bytes[at..]);
    match bytes.get(at + length) {
        Some(b'-' | b'.' | b'\'' | b'@' | b'_' | b'/' | 0x80..) => {
            let end = word_end(text, at);
            (end, word_hash(&text[at..end]))
        }
        _ => (at + length, hash),
    }
}

/// The end of the word that starts at `at`: letters and digits, and single signs between them as in *co-op*, *U.S*, *don't*.
fn word_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = at;
    loop {
        end = letters_end(text, end);
        match bytes.get(end) {
            Some(b'-' | b'.' | b'\'' | b'@' | b'_' | b'/') if joins(text, end, 1) => end += 1,
            Some(0xE2) if text[end..].starts_with('’') && joins(text, end, 3) => end += 3,
            _ => return end,
        }
    }
}

/// Whether the sign of `width` bytes at `at` has a letter or digit behind it and is not the start of a possessive ending.
fn joins(text: &str, at: usize, width: usize) -> bool {
    let rest = &text[at + width..];
    let mut next = rest.chars();
    let apostrophe = matches!(text.as_bytes()[at], b'\'' | 0xE2);
    match (next.next(), next.next()) {
        (Some('s' | 'S'), after) if apostrophe => after.is_some_and(char::is_alphanumeric),
        (Some(c), _) => c.is_alphanumeric(),
        (None, _) => false,
    }
}

fn letters_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = at;
    while let Some(&byte) = bytes.get(end) {
        if byte.is_ascii_alphanumeric() {
            end += 1;
        } else if byte < 128 {
            break;
        } else {
            match text[end..].chars().next() {
                Some(c) if is_letter_or_joiner(c) => end += c.len_utf8(),
                _ => break,
            }
        }
    }
    end
}

/// Letters, digits, combining marks and the soft hyphen that pages leave inside words.
fn is_letter_or_joiner(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}')
}

/// *J* in *J. Smith*, *U.S* in *U.S.*: single letters with full stops between.
fn is_initials(letters: &str) -> bool {
    let bytes = letters.as_bytes();
    bytes.len() <= 7
        && bytes
            .iter()
            .enumerate()
            .all(|(i, byte)| if i % 2 == 0 { byte.is_ascii_uppercase() } else { *byte == b'.' })
        && bytes != b"I"
}

fn shape_of(first: char) -> Shape {
    if first.is_uppercase() {
        Shape::Capital
    } else if first.is_numeric() {
        Shape::Number
    } else {
        Shape::Lower
    }
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '`'
            | '“'
            | '”'
            | '„'
            | '‟'
            | '«'
            | '»'
            | '‘'
            | '’'
            | '‚'
            | '‹'
            | '›'
            | '「'
            | '」'
            | '『'
            | '』'
            | '＂'
    )
}

/// Bytes of further marks of the same kind, so that a million of them are one word and not a million.
fn run_of(rest: &str, c: char) -> usize {
    rest.chars().take_while(|&next| next == c).count() * c.len_utf8()
}
