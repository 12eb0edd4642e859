//! Small pieces of JSON: strings out, members in.
//!
//! No tree is built: what nobody looks at stays the text it was.

use std::borrow::Cow;

use serde_json::value::RawValue;
use textmill_model::Members;

/// Appends `text` as a JSON string.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    push_escaped(out, text.as_bytes());
    out.push(b'"');
}

/// Appends a number in digits.
pub(crate) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

fn push_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(found) = next_escaped(bytes, at) {
        out.extend_from_slice(&bytes[plain_from..found]);
        push_escape(out, bytes[found]);
        at = found + 1;
        plain_from = at;
    }
    out.extend_from_slice(&bytes[plain_from..]);
}

/// The first byte at or behind `from` that may not stand in a JSON string as it is.
///
/// Thirty-two bytes at a time, in a form that the compiler turns into vector comparisons.
fn next_escaped(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    for chunk in bytes[from..].as_chunks::<32>().0 {
        if chunk.iter().fold(0, |any, byte| any | u8::from(needs_escape(*byte))) != 0 {
            break;
        }
        at += chunk.len();
    }
    bytes[at..].iter().position(|byte| needs_escape(*byte)).map(|i| at + i)
}

fn needs_escape(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// The string that the JSON text `json` stands for; `None` when an escape is half of a surrogate pair.
///
/// `json` is a JSON string by the grammar, quotation marks included: a parser has seen it. Only what the grammar
/// allows and Unicode does not is left to be found.
pub(crate) fn unescaped(json: &str) -> Option<String> {
    let inside = json.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        let (character, escape_bytes) = escape(&rest[at + 1..])?;
        text.push(character);
        rest = &rest[at + 1 + escape_bytes..];
    }
    text.push_str(rest);
    Some(text)
}

/// The character that an escape stands for, and how long the escape is behind its backslash.
fn escape(rest: &str) -> Option<(char, usize)> {
    let character = match rest.as_bytes().first()? {
        b'u' => return unicode_escape(rest),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        mark => char::from(*mark), // `"`, `\` or `/`
    };
    Some((character, 1))
}

fn unicode_escape(rest: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u32::from_str_radix(rest.get(at..at + 4)?, 16).ok();
    let first = unit(1)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 5));
    }
    let second = if rest[5..].starts_with("\\u") { unit(7)? } else { return None };
    let mut pair = char::decode_utf16([first as u16, second as u16]);
    Some((pair.next()?.ok()?, 11))
}

/// The members of `json`; `None` when it is no JSON object.
pub(crate) fn members(json: &str) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    if !json.starts_with('{') {
        return None;
    }
    serde_json::from_str::<Members<'_>>(json).ok().map(|members| members.0)
}

/// The elements of `json`; `None` when it is no JSON array.
pub(crate) fn elements(json: &str) -> Option<Vec<&RawValue>> {
    if !json.starts_with('[') {
        return None;
    }
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        for number in [0, 9, 10, 12345, u64::MAX] {
            let mut out = Vec::new();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string().into_bytes());
        }
    }

    proptest! {
        #[test]
        fn a_string_is_read_back_as_it_was(text in any::<String>(), plain in "[a-z\"\\n\\\\]{0,80}") {
            for text in [text, plain] {
                let mut out = Vec::new();
                push_string(&mut out, &text);
                prop_assert_eq!(&serde_json::from_slice::<String>(&out).unwrap(), &text);
                prop_assert_eq!(unescaped(std::str::from_utf8(&out).unwrap()), Some(text));
            }
        }

        #[test]
        fn strings_mean_what_a_parser_says(
            inside in r#"(\\u[dD][89abcCdDeEfF][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\["\\/bfnrt]|[a-é]){0,12}"#,
        ) {
            let json = format!("\"{inside}\"");
            prop_assert_eq!(unescaped(&json), serde_json::from_str::<String>(&json).ok());
        }
    }
}
