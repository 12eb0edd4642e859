//! Measures a line: how many words and of which kinds, how it opens and how it closes.
//!
//! In goes a line without outer white space, out come small numbers: what the line model looks at instead of the
//! text. Only the first bytes of a long line are looked at, and its end.
//!
//! Not here: what the numbers are worth (`layout`).

use crate::layout::LABEL_BYTES_MAX;
use crate::lexicon::{self, CHROME, HASH_START, PERSON, SAYING, SMALL, TIME};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes at the start of a line that are looked at; what follows is more of the same.
pub const BYTES_MAX: usize = 384;

/// Long words that are remembered, to compare a line with others.
pub const TOPICS_MAX: usize = 12;

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of the whole line.
    pub bytes: u32,
    /// Words in the part that was looked at.
    pub words: u32,
    /// Words that start with a capital.
    pub capitals: u32,
    /// Words that start with two capitals.
    pub shouts: u32,
    /// Words that start with a digit.
    pub numbers: u32,
    /// Words by class.
    pub small: u32,
    /// Words that point at writer and reader.
    pub person: u32,
    /// Words of speaking.
    pub saying: u32,
    /// Words that label parts of pages.
    pub chrome: u32,
    /// Months, days, hours.
    pub time: u32,
    /// Words with a capital behind a small letter, as where a headline was glued to what follows it.
    pub glued: u32,
    /// Bytes of all words.
    pub letters: u32,
    /// Commas.
    pub commas: u32,
    /// Full stops, question and exclamation marks before white space.
    pub stops: u32,
    /// `|`, `»`, `>`, `•`, `·` and the like.
    pub dividers: u32,
    /// Addresses and handles: `://`, `@`, `#`.
    pub handles: u32,
    /// A quotation mark stands in it.
    pub marks: bool,
    /// `©` stands in it.
    pub copyright: bool,
    /// How it begins.
    pub opening: Opening,
    /// How it ends.
    pub closing: Closing,
    /// The first word's classes.
    pub first_class: u8,
    /// All words' classes together.
    pub classes: u8,
    /// A hash of the line, the same for the same line.
    pub hash: u32,
    /// Hashes of its first longer words.
    pub topics: [u32; TOPICS_MAX],
    /// How many of them there are.
    pub topics_count: u8,
    /// A bit for each word: two lines of nearly the same words have nearly the same bits.
    pub signature: [u64; 2],
}

/// How a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Opening {
    /// With a capital letter, or a letter without case.
    Capital,
    /// With a small letter.
    Small,
    /// With a digit.
    Digit,
    /// With a quotation mark.
    Mark,
    /// With a bracket.
    Bracket,
    /// With a bullet, a dash or a divider.
    Bullet,
    /// With `@`, `#`, `©` or another sign.
    Sign,
}

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Closing {
    /// With a letter or digit.
    Bare,
    /// With a full stop.
    Stop,
    /// With a question or exclamation mark.
    Question,
    /// With one of these inside a quotation mark or bracket.
    StopInside,
    /// With a quotation mark alone.
    Mark,
    /// With a bracket alone.
    Bracket,
    /// With a colon.
    Colon,
    /// With a comma, semicolon or dash.
    Comma,
    /// With three dots.
    Dots,
    /// With a divider, or another sign.
    Divider,
}

impl Closing {
    /// Whether a sentence may end so.
    pub fn ends_sentence(self) -> bool {
        matches!(self, Closing::Stop | Closing::Question | Closing::StopInside)
    }

    fn ends_label(self) -> bool {
        matches!(self, Closing::Bare | Closing::Divider | Closing::Colon)
    }
}

/// As [`Shape::is_label`], measuring only lines that end as labels do.
pub fn is_label(line: &str) -> bool {
    closing(line).ends_label() && Shape::of(line).is_label()
}

impl Shape {
    /// Measures `line`.
    ///
    /// # Examples
    ///
    /// ```
    /// use clean::shape::{Closing, Shape};
    ///
    /// let shape = Shape::of("“It rained,” the mayor of Riga said.");
    /// assert_eq!((shape.words, shape.capitals, shape.small, shape.saying), (7, 2, 4, 1));
    /// assert_eq!(shape.closing, Closing::Stop);
    /// ```
    pub fn of(line: &str) -> Shape {
        let bytes = line.as_bytes();
        let head = &bytes[..bytes.len().min(BYTES_MAX)];
        let mut shape = Shape { bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX), ..Shape::EMPTY };
        let mut at = 0;
        while at < head.len() {
            let end = word_end(head, at);
            if end > at {
                shape.take_word(&head[at..end]);
                at = end;
            } else {
                shape.take_sign(head, at);
                at += 1;
            }
        }
        shape.opening = opening(line);
        shape.closing = closing(line);
        shape.hash = xxh3_64(bytes) as u32;
        shape
    }

    const EMPTY: Shape = Shape {
        bytes: 0,
        words: 0,
        capitals: 0,
        shouts: 0,
        numbers: 0,
        small: 0,
        person: 0,
        saying: 0,
        chrome: 0,
        time: 0,
        glued: 0,
        letters: 0,
        commas: 0,
        stops: 0,
        dividers: 0,
        handles: 0,
        marks: false,
        copyright: false,
        opening: Opening::Sign,
        closing: Closing::Bare,
        first_class: 0,
        classes: 0,
        hash: 0,
        topics: [0; TOPICS_MAX],
        topics_count: 0,
        signature: [0; 2],
    };

    /// The words of the whole line, as far as those of its beginning tell.
    pub fn words_all(&self) -> u32 {
        let seen = self.bytes.min(BYTES_MAX as u32).max(1);
        if self.bytes > seen {
            (u64::from(self.words) * u64::from(self.bytes) / u64::from(seen)) as u32
        } else {
            self.words
        }
    }

    /// Whether it reads as prose, whatever it says.
    pub fn is_prose(&self) -> bool {
        let sentence = self.closing.ends_sentence() || matches!(self.closing, Closing::Mark | Closing::Colon);
        let words = self.words_all();
        self.small > 0 && ((words >= 8 && sentence) || words >= 25)
    }

    /// Whether it may be the label of a part of a page, such as "Sports" or "Contact us".
    pub fn is_label(&self) -> bool {
        self.chrome > 0
            && self.words <= 4
            && self.bytes as usize <= LABEL_BYTES_MAX
            && self.closing.ends_label()
    }

    /// Hashes of its first longer words, as far as no class of words knows them.
    pub fn topics(&self) -> &[u32] {
        &self.topics[..usize::from(self.topics_count)]
    }

    fn take_word(&mut self, word: &[u8]) {
        let (mut hash, mut in_capitals) = (HASH_START, 0);
        for byte in word {
            hash = lexicon::step(hash, byte.to_ascii_lowercase());
            in_capitals += u32::from(byte.is_ascii_uppercase());
        }
        let classes = lexicon::classes(hash);
        self.signature[hash as usize >> 6 & 1] |= 1 << (hash & 63);
        if self.words == 0 {
            self.first_class = classes;
        }
        self.classes |= classes;
        self.words += 1;
        self.letters += word.len() as u32;
        self.capitals += u32::from(word[0].is_ascii_uppercase());
        self.shouts +=
            u32::from(word[0].is_ascii_uppercase() && word.get(1).is_some_and(u8::is_ascii_uppercase));
        self.numbers += u32::from(word[0].is_ascii_digit());
        let is_glued = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        self.glued += u32::from(in_capitals > 0 && word.len() > 3 && word[2..].windows(2).any(is_glued));
        self.small += u32::from(classes & SMALL != 0);
        self.person += u32::from(classes & PERSON != 0);
        self.saying += u32::from(classes & SAYING != 0);
        self.chrome += u32::from(classes & CHROME != 0);
        self.time += u32::from(classes & TIME != 0);
        if word.len() > 3 && classes & (SMALL | CHROME) == 0 && usize::from(self.topics_count) < TOPICS_MAX {
            self.topics[usize::from(self.topics_count)] = hash;
            self.topics_count += 1;
        }
    }

    /// Counts the sign at `at`.
    fn take_sign(&mut self, head: &[u8], at: usize) {
        let before = at.checked_sub(1).map_or(b' ', |before| head[before]);
        match head[at] {
            b' ' => self.stops += u32::from(matches!(before, b'.' | b'!' | b'?')),
            b',' => self.commas += 1,
            b'"' => self.marks = true,
            b'|' | b'>' | b'<' => self.dividers += 1,
            b'@' | b'#' => self.handles += 1,
            b':' => self.handles += u32::from(head[at..].starts_with(b"://")),
            0xE2 => match head.get(at + 1..at + 3) {
                Some([0x80, 0x9C..=0x9F]) => self.marks = true,
                Some([0x80, 0xA2] | [0x86..=0x97, _]) => self.dividers += 1,
                _ => {}
            },
            0xC2 => match head.get(at + 1) {
                Some(0xAB | 0xBB | 0xB7) => self.dividers += 1,
                Some(0xA9) => self.copyright = true,
                _ => {}
            },
            _ => {}
        }
    }
}

/// Where the word that starts at `at` ends; at `at` itself if none does.
///
/// Letters and digits of ASCII are words, and whatever else is not, but for the signs of Latin-1 and general punctuation.
fn word_end(head: &[u8], at: usize) -> usize {
    let mut end = at;
    while let Some(byte) = head.get(end) {
        match byte {
            _ if byte.is_ascii_alphanumeric() => end += 1,
            0xE2 if matches!(head.get(end + 1), Some(0x80..=0x97)) => break,
            0xC3..=0xFF => end += 1 + head[end + 1..].iter().take_while(|byte| is_inside(**byte)).count(),
            _ => break,
        }
    }
    end
}

/// Whether a byte continues a character.
fn is_inside(byte: u8) -> bool {
    (0x80..0xC0).contains(&byte)
}

fn opening(line: &str) -> Opening {
    match line.chars().next() {
        None => Opening::Sign,
        Some('"' | '\'' | '“' | '”' | '„' | '‘' | '«') => Opening::Mark,
        Some('(' | '[') => Opening::Bracket,
        Some(
            '-' | '–' | '—' | '•' | '·' | '*' | '|' | '»' | '>' | '›' | '<' | '/' | '+' | '▶' | '■' | '→',
        ) => Opening::Bullet,
        Some(symbol) if symbol.is_lowercase() => Opening::Small,
        Some(symbol) if symbol.is_alphabetic() => Opening::Capital,
        Some(symbol) if symbol.is_numeric() => Opening::Digit,
        Some(_) => Opening::Sign,
    }
}

fn closing(line: &str) -> Closing {
    let mut back = line.chars().rev();
    let Some(last) = back.next() else { return Closing::Bare };
    let before = back.find(|symbol| !is_closer(*symbol)).unwrap_or(' ');
    let inside = matches!(before, '.' | '!' | '?' | '…' | ',');
    match last {
        '.' if line.ends_with("..") => Closing::Dots,
        '…' => Closing::Dots,
        '.' | '。' => Closing::Stop,
        '?' | '!' | '？' | '！' => Closing::Question,
        symbol if is_closer(symbol) && inside => Closing::StopInside,
        '"' | '\'' | '”' | '’' => Closing::Mark,
        ')' | ']' => Closing::Bracket,
        ':' => Closing::Colon,
        ',' | ';' | '-' | '–' | '—' => Closing::Comma,
        symbol if symbol.is_alphanumeric() => Closing::Bare,
        _ => Closing::Divider,
    }
}

fn is_closer(symbol: char) -> bool {
    matches!(symbol, '"' | '\'' | '”' | '’' | '“' | ')' | ']')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn closings_are_told_apart() {
        let cases = [
            ("It rained.", Closing::Stop),
            ("“It rained.”", Closing::StopInside),
            ("(It rained.)", Closing::StopInside),
            ("“Rain”", Closing::Mark),
            ("Rain (Riga)", Closing::Bracket),
            ("Really?", Closing::Question),
            ("More…", Closing::Dots),
            ("More...", Closing::Dots),
            ("Read:", Closing::Colon),
            ("News |", Closing::Divider),
            ("News", Closing::Bare),
        ];
        for (line, expected) in cases {
            assert_eq!(closing(line), expected, "{line}");
        }
    }

    #[test]
    fn menus_and_prose_differ() {
        let menu = Shape::of("Home | Sports | Contact us");
        assert_eq!((menu.words, menu.capitals, menu.chrome, menu.dividers, menu.small), (4, 3, 3, 2, 1));
        let prose = Shape::of("It rained in Riga on Monday. “Nobody minded,” the mayor said.");
        assert_eq!((prose.words, prose.stops, prose.saying, prose.time, prose.marks), (11, 1, 1, 1, true));
    }

    #[test]
    fn signs_beyond_ascii_are_no_words() {
        assert_eq!(Shape::of("— … • ©").words, 0);
        assert_eq!(Shape::of("über Größe").words, 2);
        assert_eq!(Shape::of("новости дня").words, 2);
    }

    proptest! {
        #[test]
        fn any_line_can_be_measured(line in "\\PC{0,200}") {
            let shape = Shape::of(line.trim());
            prop_assert!(shape.words_all() >= shape.words);
            prop_assert!(shape.capitals <= shape.words && shape.small <= shape.words);
        }
    }
}
