//! Bytes of a text file to text.
//!
//! In this order: what the byte order mark says, UTF-8 when the bytes are UTF-8, UTF-16 and UTF-32 without a
//! mark by where their zero bytes stand, and else the best guess of `chardetng`. Zero bytes in anything else
//! mean that the file is no text: better a reject that says so than a document of noise.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

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
    if let Some(decoded) = decode_utf32(bytes) {
        return Ok(decoded);
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok(decode_as(encoding, bytes));
    }
    if let Some(encoding) = unmarked_utf16(bytes) {
        return Ok(decode_as(encoding, bytes));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(DecodedText { text: text.to_owned(), encoding: None, lossy: false });
    }
    if memchr::memchr(0, bytes).is_some() {
        return Err("not a text file: it is not UTF-8 and has zero bytes");
    }
    Ok(decode_as(guess(bytes), bytes))
}

fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> DecodedText {
    let (text, encoding, lossy) = encoding.decode(bytes);
    let name = (encoding != UTF_8).then(|| encoding.name());
    DecodedText { text: text.into_owned(), encoding: name, lossy }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    const BYTES_ENOUGH: usize = 1 << 20; // a guess does not get better behind the first megabyte
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(BYTES_ENOUGH)], bytes.len() <= BYTES_ENOUGH);
    detector.guess(None, Utf8Detection::Allow)
}

/// UTF-16 without a mark: text of any script has many spaces and line ends, of which one byte is zero.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
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

/// UTF-32 with a mark, which `encoding_rs` doesn't know because the web doesn't use it.
fn decode_utf32(bytes: &[u8]) -> Option<DecodedText> {
    let (rest, name, unit): (_, _, fn([u8; 4]) -> u32) = match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => (rest, "UTF-32LE", u32::from_le_bytes),
        [0, 0, 0xfe, 0xff, rest @ ..] => (rest, "UTF-32BE", u32::from_be_bytes),
        _ => return None,
    };
    let (units, cut) = rest.as_chunks::<4>();
    let decoded = units.iter().map(|bytes| char::from_u32(unit(*bytes)));
    let lossy = !cut.is_empty() || decoded.clone().any(|character| character.is_none());
    let text = decoded.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(DecodedText { text, encoding: Some(name), lossy })
}
