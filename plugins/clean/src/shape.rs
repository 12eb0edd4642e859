//! Measures a line: how many words and of which kinds, how it opens and how it closes.
//!
//! In goes a line without outer white space, out come small numbers: what the line model looks at instead of the
//! text. Only the first bytes of a long line are looked at, and its end.
//!
//! Not here: what the numbers are worth (`layout`).

use crate::lexicon::{self, CHROME, HASH_START, PERSON, SAYING, SMALL, TIME};

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
    /// Words in capitals altogether, of at least two letters.
    pub shouts: u32,
    /// Words that are numbers.
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
    /// Letters of all words.
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
    /// Hash of the first bytes and the length: the same for the same line.
    pub hash: u32,
    /// Hashes of its first longer words.
    pub topics: [u32; TOPICS_MAX],
    /// How many of them there are.
    pub topics_count: u8,
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
        let mut word = Word::default();
        let mut before = b' ';
        for (i, byte) in head.iter().enumerate() {
            let letter = is_letter(head, i);
            if letter {
                word.take(*byte);
            } else {
                shape.end_word(&mut word);
                shape.take_sign(*byte, before, head, i);
            }
            before = *byte;
        }
        shape.end_word(&mut word);
        shape.opening = opening(line);
        shape.closing = closing(line);
        shape.hash = head.iter().fold(HASH_START, |hash, byte| lexicon::step(hash, *byte)) ^ shape.bytes;
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
            && matches!(self.closing, Closing::Bare | Closing::Divider | Closing::Colon)
    }

    /// Hashes of its first longer words, as far as no class of words knows them.
    pub fn topics(&self) -> &[u32] {
        &self.topics[..usize::from(self.topics_count)]
    }

    fn end_word(&mut self, word: &mut Word) {
        if word.letters == 0 {
            return;
        }
        let classes = lexicon::classes(word.hash);
        if self.words == 0 {
            self.first_class = classes;
        }
        self.words += 1;
        self.classes |= classes;
        self.letters += word.letters;
        self.capitals += u32::from(word.starts_capital);
        self.shouts += u32::from(word.capitals == word.letters && word.letters > 1);
        self.numbers += u32::from(word.digits == word.letters);
        self.small += u32::from(classes & SMALL != 0);
        self.person += u32::from(classes & PERSON != 0);
        self.saying += u32::from(classes & SAYING != 0);
        self.chrome += u32::from(classes & CHROME != 0);
        self.time += u32::from(classes & TIME != 0);
        if word.letters > 3 && classes & (SMALL | CHROME) == 0 && usize::from(self.topics_count) < TOPICS_MAX
        {
            self.topics[usize::from(self.topics_count)] = word.hash;
            self.topics_count += 1;
        }
        *word = Word::default();
    }

    fn take_sign(&mut self, byte: u8, before: u8, head: &[u8], i: usize) {
        match byte {
            b' ' => self.stops += u32::from(matches!(before, b'.' | b'!' | b'?')),
            b',' => self.commas += 1,
            b'"' => self.marks = true,
            b'|' | b'>' | b'<' => self.dividers += 1,
            b'@' | b'#' => self.handles += 1,
            b':' => self.handles += u32::from(head[i..].starts_with(b"://")),
            0xE2 => match head.get(i + 1..i + 3) {
                Some([0x80, 0x9C..=0x9F]) => self.marks = true,
                Some([0x80, 0xA2] | [0x86..=0x97, _]) => self.dividers += 1,
                _ => {}
            },
            0xC2 => match head.get(i + 1) {
                Some(0xAB | 0xBB) => self.dividers += 1,
                Some(0xB7) => self.dividers += 1,
                Some(0xA9) => self.copyright = true,
                _ => {}
            },
            _ => {}
        }
    }
}

/// A word while it is read.
struct Word {
    hash: u32,
    letters: u32,
    capitals: u32,
    digits: u32,
    starts_capital: bool,
}

impl Default for Word {
    fn default() -> Self {
        Word { hash: HASH_START, letters: 0, capitals: 0, digits: 0, starts_capital: false }
    }
}

impl Word {
    fn take(&mut self, byte: u8) {
        let capital = byte.is_ascii_uppercase();
        self.starts_capital |= capital && self.letters == 0;
        self.capitals += u32::from(capital);
        self.digits += u32::from(byte.is_ascii_digit());
        self.letters += 1;
        self.hash = lexicon::step(self.hash, byte.to_ascii_lowercase());
    }
}

/// Whether a byte is part of a word: ASCII letters and digits, and all of other scripts but their signs.
#[inline]
fn is_letter(head: &[u8], i: usize) -> bool {
    let byte = head[i];
    if byte < 0x80 {
        return byte.is_ascii_alphanumeric();
    }
    // General punctuation, symbols and the upper half of Latin-1's signs are three and two bytes long.
    let first = (0..3.min(i + 1)).map(|back| i - back).find(|at| head[*at] >= 0xC0);
    first.is_none_or(|at| match head[at] {
        0xC2 => false,
        0xE2 => !matches!(head.get(at + 1), Some(0x80..=0x97)),
        _ => true,
    })
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
