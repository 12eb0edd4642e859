//! Bytes of a text file to text.
//!
//! In this order: what the byte order mark says, UTF-8 when the bytes are UTF-8 but for some damage, UTF-16 and
//! UTF-32 without a mark by where their zero bytes stand, and else the best guess of `chardetng`, to which Cyrillic
//! as Macintosh wrote it is added. Zero bytes in anything else mean that the file is no text: better a reject that says
//! so than a document of noise.
//!
//! Plain letters in UTF-16 are UTF-8 as well, with a control character before or behind each. Only that many of
//! them make UTF-8 give way: a text with a zero byte here and there stays the text it is.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252, X_MAC_CYRILLIC};

use crate::compression::InputStream;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Text, and how it was found in the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DecodedText {
    pub(crate) text: String,
    /// The name of the character set, when it was not UTF-8.
    pub(crate) encoding: Option<&'static str>,
    /// Whether some bytes had no meaning in it and became U+FFFD.
    pub(crate) lossy: bool,
}

/// Decodes a whole file; `forced` is the character set that the user says it has.
///
/// A byte order mark is not part of the text.
///
/// # Errors
///
/// A sentence, when the bytes are no text in any character set.
pub(crate) fn decode(bytes: &[u8], forced: Option<&'static Encoding>) -> Result<DecodedText, &'static str> {
    if let Some(encoding) = forced {
        return Ok(decode_as(encoding, bytes));
    }
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    if may_be_wide(bytes, is_utf8)
        && let Some(decoded) = decode_utf32(bytes)
    {
        return Ok(decoded);
    }
    Ok(decode_as(found(bytes, is_utf8)?, bytes))
}

/// The character set of a stream that begins with `sample`; `is_whole` says that nothing comes behind it.
///
/// # Errors
///
/// A sentence, when this is no text, or text that can't be decoded in pieces.
pub(crate) fn encoding_of(sample: &[u8], is_whole: bool) -> Result<&'static Encoding, &'static str> {
    let is_utf8 = match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(err) => err.error_len().is_none() && !is_whole, // the sample ends inside a character
    };
    if may_be_wide(sample, is_utf8) && decode_utf32(sample).is_some() {
        return Err("is UTF-32, which only text files may be");
    }
    found(sample, is_utf8)
}

fn found(bytes: &[u8], is_utf8: bool) -> Result<&'static Encoding, &'static str> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok(encoding);
    }
    if may_be_wide(bytes, is_utf8)
        && let Some(encoding) = unmarked_utf16(bytes)
    {
        return Ok(encoding);
    }
    match () {
        () if is_utf8 => Ok(UTF_8),
        () if memchr::memchr(0, bytes).is_some() => {
            Err("not a text file: it is not UTF-8 and has zero bytes")
        }
        () if is_damaged_utf8(bytes) => Ok(UTF_8),
        () => Ok(guess(bytes)),
    }
}

/// A stream in some character set, read as UTF-8.
///
/// What has no meaning in another character set becomes U+FFFD; what is not UTF-8 in UTF-8 stays as it is.
pub(crate) struct Utf8Reader {
    stream: InputStream,
    decoder: Option<encoding_rs::Decoder>,
    decoded: Vec<u8>,
    at: usize,
    has_ended: bool,
}

impl Utf8Reader {
    /// A byte order mark is believed more than `encoding`, and is not part of the text.
    pub(crate) fn new(mut stream: InputStream, encoding: &'static Encoding) -> Utf8Reader {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder());
        if decoder.is_none() && stream.peek(UTF8_MARK.len()).is_ok_and(|bytes| bytes.starts_with(UTF8_MARK)) {
            stream.consume(UTF8_MARK.len());
        }
        Utf8Reader { stream, decoder, decoded: Vec::new(), at: 0, has_ended: false }
    }

    /// The name of the character set, when it is not UTF-8.
    pub(crate) fn encoding(&self) -> Option<&'static str> {
        let encoding = self.decoder.as_ref()?.encoding();
        (encoding != UTF_8).then(|| encoding.name())
    }

    pub(crate) fn file_bytes(&self) -> u64 {
        self.stream.file_bytes()
    }
}

impl Read for Utf8Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Utf8Reader { stream, decoder, decoded, at, has_ended } = self;
        let Some(decoder) = decoder else { return stream.read(buffer) };
        while *at == decoded.len() && !*has_ended {
            let bytes = match stream.fill() {
                Ok(bytes) => bytes,
                Err(err) => return Err(io::Error::other(stream.describe(&err))),
            };
            *has_ended = bytes.is_empty();
            let room = decoder.max_utf8_buffer_length(bytes.len());
            decoded.resize(room.ok_or_else(|| io::Error::other("too much at once"))?, 0);
            let (_, read, written, _) = decoder.decode_to_utf8(bytes, decoded, *has_ended);
            stream.consume(read);
            decoded.truncate(written);
            *at = 0;
        }
        let n = (decoded.len() - *at).min(buffer.len());
        buffer[..n].copy_from_slice(&decoded[*at..*at + n]);
        *at += n;
        Ok(n)
    }
}

fn may_be_wide(bytes: &[u8], is_utf8: bool) -> bool {
    !is_utf8 || has_wide_letters(bytes)
}

fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> DecodedText {
    let (text, encoding, lossy) = encoding.decode(bytes);
    let name = (encoding != UTF_8).then(|| encoding.name());
    DecodedText { text: text.into_owned(), encoding: name, lossy }
}

/// Whether characters of several bytes are nearly all UTF-8: by chance, in another character set, hardly one is.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    const SOUND_FOR_ONE_BROKEN: usize = 10;
    let (mut sound, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    sound >= broken * SOUND_FOR_ONE_BROKEN
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    const BYTES_ENOUGH: usize = 1 << 20; // a guess does not get better behind the first megabyte
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let enough = &bytes[..bytes.len().min(BYTES_ENOUGH)];
    detector.feed(enough, bytes.len() <= BYTES_ENOUGH);
    match detector.guess(None, Utf8Detection::Allow) {
        guess if (guess == WINDOWS_1251 || guess == WINDOWS_1252) && is_mac_cyrillic(enough) => {
            X_MAC_CYRILLIC
        }
        guess => guess,
    }
}

/// Whether this is Cyrillic in the character set of old Macintosh computers, which the detector does not know.
///
/// It has small letters where windows-1251 has them, all but the last of the alphabet: 0xDF here and 0xFF there, and
/// about one letter in fifty. What is 0xDF there is a capital, and hardly ever stands behind a small letter. In Western
/// sets no word is made of such bytes alone.
fn is_mac_cyrillic(bytes: &[u8]) -> bool {
    const LAST: u8 = 0xdf;
    const LAST_IN_1251: u8 = 0xff;
    let count = |is_it: fn(u8) -> bool| bytes.iter().filter(|byte| is_it(**byte)).count();
    let words = bytes.split(u8::is_ascii).filter(|word| word.len() >= 3);
    let in_words: usize = words.map(<[u8]>::len).sum();
    let last = bytes.windows(2).filter(|pair| pair[0] >= 0xe0 && pair[0] < 0xff && pair[1] == LAST).count();
    let small = count(|byte| byte >= 0xe0);
    last * 100 > small
        && small * 2 > count(|byte| !byte.is_ascii())
        && last > count(|byte| byte == LAST_IN_1251) * 10
        && in_words * 10 > count(|byte| !byte.is_ascii()) * 7
}

/// Whether most even or most odd places hold a control character, as the upper byte of a letter is one in the
/// scripts whose UTF-16 is also UTF-8: Latin (0 to 2), Greek (3), Cyrillic (4), Hebrew (5), Arabic (6).
fn has_wide_letters(bytes: &[u8]) -> bool {
    let sample = sample(bytes);
    let is_control = |byte: &&u8| **byte < 0x20 && !byte.is_ascii_whitespace();
    let controls = |parity: usize| sample.iter().skip(parity).step_by(2).filter(is_control).count();
    memchr::memchr(0, sample).is_some() && controls(0).max(controls(1)) > sample.len() / 2 / 2
}

/// As many of the first bytes as tell how wide a character is.
fn sample(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(4096) & !1]
}

/// UTF-16 without a mark: text of any script has many spaces and line ends, of which one byte is zero.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = sample(bytes);
    if sample.len() < 4 || memchr::memchr(0, sample).is_none() {
        return None;
    }
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let enough = sample.len() / 2 / 8;
    let encoding = match () {
        () if odd > enough && even == 0 => UTF_16LE,
        () if even > enough && odd == 0 => UTF_16BE,
        () => return None,
    };
    let (_, malformed) = encoding.decode_without_bom_handling(sample);
    (!malformed).then_some(encoding)
}

/// UTF-32, which `encoding_rs` doesn't know because the web doesn't use it.
///
/// Without a mark it is plain all the same: no other text has a zero in every fourth byte and a character in
/// every four.
fn decode_utf32(bytes: &[u8]) -> Option<DecodedText> {
    let (marked, rest, little) = match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => (true, rest, true),
        [0, 0, 0xfe, 0xff, rest @ ..] => (true, rest, false),
        [first, _, _, 0, ..] if *first != 0 => (false, bytes, true),
        [0, _, _, last, ..] if *last != 0 => (false, bytes, false),
        _ => return None,
    };
    let (units, cut) = rest.as_chunks::<4>();
    let unit = |unit: &[u8; 4]| if little { u32::from_le_bytes(*unit) } else { u32::from_be_bytes(*unit) };
    let decoded =
        units.iter().map(|bytes| Some(unit(bytes)).filter(|unit| *unit != 0).and_then(char::from_u32));
    let lossy = !cut.is_empty() || decoded.clone().any(|character| character.is_none());
    if lossy && !marked {
        return None;
    }
    let text = decoded.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(DecodedText { text, encoding: Some(if little { "UTF-32LE" } else { "UTF-32BE" }), lossy })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Expect) {
        let shown = match decode(bytes, None) {
            Ok(DecodedText { text, encoding, lossy }) => {
                format!("{text:?} {}{}", encoding.unwrap_or("-"), if lossy { " lossy" } else { "" })
            }
            Err(why) => why.to_owned(),
        };
        expected.assert_eq(&shown);
    }

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    fn utf32(text: &str, unit: fn(u32) -> [u8; 4]) -> Vec<u8> {
        text.chars().flat_map(|character| unit(character.into())).collect()
    }

    #[test]
    fn utf8_is_taken_as_it_is_and_its_mark_is_no_text() {
        check(b"", expect![[r#""" -"#]]);
        check("caf\u{e9}\r\n\0".as_bytes(), expect![[r#""café\r\n\0" -"#]]);
        check(b"abc\0", expect![[r#""abc\0" -"#]]);
        check(b"ab\0\0", expect![[r#""ab\0\0" -"#]]);
        check(b"\xef\xbb\xbfab", expect![[r#""ab" -"#]]);
        check(b"\xef\xbb\xbfa\xff", expect![[r#""a�" - lossy"#]]);
    }

    #[test]
    fn utf16_is_known_by_its_mark_or_by_its_zeros() {
        check(&utf16("\u{feff}Rain \u{1F600}", u16::to_le_bytes), expect![[r#""Rain 😀" UTF-16LE"#]]);
        check(&utf16("\u{feff}Rain", u16::to_be_bytes), expect![[r#""Rain" UTF-16BE"#]]);
        check(&utf16("Rain fell.", u16::to_le_bytes), expect![[r#""Rain fell." UTF-16LE"#]]);
        check(
            &utf16("Дождь шёл весь день.", u16::to_be_bytes),
            expect![[r#""Дождь шёл весь день." UTF-16BE"#]],
        );
    }

    #[test]
    fn utf32_is_known_by_its_mark_or_by_its_zeros() {
        check(&utf32("\u{feff}Rain", u32::to_le_bytes), expect![[r#""Rain" UTF-32LE"#]]);
        check(&utf32("Дождь", u32::to_le_bytes), expect![[r#""Дождь" UTF-32LE"#]]);
        check(&utf32("Rain", u32::to_be_bytes), expect![[r#""Rain" UTF-32BE"#]]);
        check(b"\xff\xfe\0\0R\0\0\0\0\0\x11\0a", expect![[r#""R�" UTF-32LE lossy"#]]);
    }

    #[test]
    fn anything_else_is_guessed() {
        check(b"Le caf\xe9 \xe9tait ferm\xe9.", expect![[r#""Le café était fermé." windows-1252"#]]);
        check(
            b"\x93\xfa\x96{\x8c\xea\x82\xcc\x83e\x83L\x83X\x83g\x82\xc5\x82\xb7\x81B",
            expect![[r#""日本語のテキストです。" Shift_JIS"#]],
        );
    }

    #[test]
    fn cyrillic_of_macintosh_is_told_from_that_of_windows_and_from_umlauts() {
        let russian = "Земля стала мягкая. Яна шла домой, и вся семья её ждала.";
        for encoding in [X_MAC_CYRILLIC, WINDOWS_1251] {
            assert_eq!(decode(&encoding.encode(russian).0, None).unwrap().encoding, Some(encoding.name()));
        }
        let german = WINDOWS_1252.encode("Süße Grüße aus Bad Füssing, schrieb Frau Weiß.").0;
        assert_eq!(decode(&german, None).unwrap().encoding, Some("windows-1252"));
    }

    #[test]
    fn a_broken_byte_among_many_sound_characters_is_damage() {
        let check_broken =
            |sound: usize, expected| check(&["é".repeat(sound).as_bytes(), b"\xff"].concat(), expected);
        check_broken(10, expect![[r#""éééééééééé�" - lossy"#]]);
        check_broken(9, expect![[r#""Ã©Ã©Ã©Ã©Ã©Ã©Ã©Ã©Ã©ÿ" windows-1252"#]]);
    }

    #[test]
    fn bytes_with_zeros_that_are_no_text_are_refused() {
        check(b"PAR1\x15\0\xff\0\0\x80\x01", expect!["not a text file: it is not UTF-8 and has zero bytes"]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_have_an_answer(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let decoded = decode(&bytes, None);
            if let Ok(text) = std::str::from_utf8(&bytes) && !text.starts_with('\u{feff}') {
                let encoding = decoded.as_ref().unwrap().encoding;
                proptest::prop_assert!(encoding.is_some() || decoded.unwrap().text == text);
            }
        }

        #[test]
        fn zeros_between_words_leave_utf8_as_it_is(text in r"([a-zé]{3,9}\x00){0,30}[a-zé]{0,3}") {
            let as_it_is = DecodedText { text: text.clone(), encoding: None, lossy: false };
            proptest::prop_assert_eq!(decode(text.as_bytes(), None).unwrap(), as_it_is);
        }

        #[test]
        fn words_in_utf16_are_not_taken_for_utf8(text in "([a-z]{2,6} |[а-я]{2,6} ){1,30}") {
            for unit in [u16::to_le_bytes, u16::to_be_bytes] {
                proptest::prop_assert_eq!(&decode(&utf16(&text, unit), None).unwrap().text, &text);
            }
        }
    }
}
