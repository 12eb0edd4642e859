//! Small pieces of JSON: strings out, members in.
//!
//! No tree is built: what nobody looks at stays the text it was.

use std::borrow::Cow;

use serde_json::value::RawValue;
use textmill_model::{MemberName, Members, ScannedString, scan_string};

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

/// Walks over the members of a JSON object, first to last, without keeping them.
///
/// After each [`Self::name`] either [`Self::value`] or [`Self::string`] is to be asked for.
pub(crate) struct ObjectWalk<'a> {
    json: &'a str,
    at: usize,
    is_at_first: bool,
}

/// What was walked over is no JSON object. A parser can say why.
#[derive(Debug)]
pub(crate) struct NotJson;

impl<'a> ObjectWalk<'a> {
    /// Begins in front of an object, behind which nothing else may stand.
    pub(crate) fn new(json: &'a str) -> Result<ObjectWalk<'a>, NotJson> {
        let mut walk = ObjectWalk { json, at: 0, is_at_first: true };
        walk.pass(b'{').then_some(walk).ok_or(NotJson)
    }

    /// The name of the next member, and where its quotation mark stands; `None` behind the last.
    pub(crate) fn name(&mut self) -> Result<Option<(Cow<'a, str>, usize)>, NotJson> {
        if self.pass(b'}') {
            self.pass_space();
            return if self.at == self.json.len() { Ok(None) } else { Err(NotJson) };
        }
        if !std::mem::take(&mut self.is_at_first) && !self.pass(b',') {
            return Err(NotJson);
        }
        self.pass_space();
        let start = self.at;
        let MemberName(name) = self.parse()?;
        if self.pass(b':') { Ok(Some((name, start))) } else { Err(NotJson) }
    }

    /// The value of the member.
    pub(crate) fn value(&mut self) -> Result<&'a RawValue, NotJson> {
        self.parse()
    }

    /// The value of the member and where it stands, when it is a string that stands for a text; else nothing, and the
    /// value can still be asked for. The text is appended to `text`, if that is wanted.
    pub(crate) fn string(&mut self, text: Option<&mut String>) -> Option<(ScannedString, usize)> {
        self.pass_space();
        let (string, start) = (scan_string(&self.json[self.at..], text)?, self.at);
        self.at += string.json_bytes;
        Some((string, start))
    }

    /// How far the walk has come.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn parse<T: serde::Deserialize<'a>>(&mut self) -> Result<T, NotJson> {
        let rest = &self.json[self.at..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let value = values.next().and_then(Result::ok).ok_or(NotJson)?;
        self.at += values.byte_offset();
        Ok(value)
    }

    /// Passes over `mark` and the space before it, if that is what comes next.
    fn pass(&mut self, mark: u8) -> bool {
        self.pass_space();
        let is_there = self.json.as_bytes().get(self.at) == Some(&mark);
        self.at += usize::from(is_there);
        is_there
    }

    fn pass_space(&mut self) {
        let rest = &self.json.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
    }
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
                let json = std::str::from_utf8(&out).unwrap();
                let (json_bytes, text_bytes) = (json.len(), text.len());
                let scanned = scan_string(json, None).unwrap();
                let is_canonical = text.chars().all(|it| it >= ' ' || "\n\r\t\u{8}\u{c}".contains(it));
                prop_assert_eq!(scanned, ScannedString { json_bytes, text_bytes, is_canonical });
            }
        }
    }
}
