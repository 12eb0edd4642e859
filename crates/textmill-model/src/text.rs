//! The text of a document, which may still stand as a JSON string where it was read.
//!
//! Whoever passes documents on should not pay for taking each text out of its record and putting it back. So a text
//! stays in the bytes of its batch until somebody looks at it, and is written from there unless somebody changed it.
//! What it costs: the bytes of a batch live as long as a document that was read from them. Where it is known that somebody
//! will look at it, the text is taken out while its end is looked for: one way over the bytes instead of two.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{BatchBytes, BatchTexts};

/// A text. Two are the same when they say the same, wherever they stand.
#[derive(Clone, Default)]
pub(crate) struct Text {
    plain: OnceLock<Plain>,
    record: Option<InRecord>,
}

/// A text as it reads.
#[derive(Clone)]
enum Plain {
    Own(String),
    /// Among those that were taken out of the records of its batch.
    Shared(Arc<BatchTexts>, Range<usize>),
}

/// Where a record has a text.
#[derive(Clone)]
struct InRecord {
    batch: Arc<BatchBytes>,
    range: Range<usize>,
    text_bytes: usize,
    is_canonical: bool,
}

/// What a JSON string at the beginning of something is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScannedString {
    /// How long it is, quotation marks included.
    pub json_bytes: usize,
    /// How long the text is that it stands for.
    pub text_bytes: usize,
    /// Whether it is how this program writes that text: nothing is escaped that need not be, and each in the short way.
    pub is_canonical: bool,
}

/// Looks at the string at the beginning of `json`, and appends the text that it stands for to `text` where that is wanted;
/// `None` when there is none that stands for a text, of which something may have been appended.
///
/// # Examples
///
/// ```
/// let mut text = String::new();
/// let scanned = textmill_model::scan_string(r#""Rain\nfell." : "#, Some(&mut text)).unwrap();
/// assert_eq!((scanned.json_bytes, scanned.text_bytes, scanned.is_canonical), (13, 10, true));
/// assert_eq!(text, "Rain\nfell.");
/// assert_eq!(textmill_model::scan_string(r#""half a pair: \ud800""#, None), None);
/// ```
pub fn scan_string(json: &str, mut text: Option<&mut String>) -> Option<ScannedString> {
    let bytes = json.as_bytes();
    let (mut at, mut shorter, mut is_canonical) = (1, 0, bytes.first() == Some(&b'"'));
    if !is_canonical {
        return None;
    }
    loop {
        let plain = at;
        at += memchr::memchr2(b'"', b'\\', &bytes[at..])?;
        if let Some(text) = &mut text {
            text.push_str(&json[plain..at]);
        }
        if bytes[at] == b'"' {
            break;
        }
        let (character, escape_bytes) = escape(&json[at + 1..])?;
        if let Some(text) = &mut text {
            text.push(character);
        }
        is_canonical &= !matches!(bytes[at + 1], b'/' | b'u');
        shorter += 1 + escape_bytes - character.len_utf8();
        at += 1 + escape_bytes;
    }
    let json_bytes = at + 1;
    let has_control = bytes[..json_bytes].iter().fold(false, |any, byte| any | (*byte < 0x20));
    (!has_control).then_some(ScannedString { json_bytes, text_bytes: json_bytes - 2 - shorter, is_canonical })
}

impl Text {
    /// The text that stands at `start` of `batch` as a JSON string, as [`scan_string`] found it there.
    pub(crate) fn in_record(batch: &Arc<BatchBytes>, start: usize, scanned: ScannedString) -> Text {
        let ScannedString { json_bytes, text_bytes, is_canonical } = scanned;
        let range = start..start + json_bytes;
        let record = Some(InRecord { batch: Arc::clone(batch), range, text_bytes, is_canonical });
        Text { plain: OnceLock::new(), record }
    }

    /// Says that the text stands in `texts` as well, so that nobody needs to take it out of its record.
    pub(crate) fn share(&self, texts: &Arc<BatchTexts>, range: Range<usize>) {
        self.plain.get_or_init(|| Plain::Shared(Arc::clone(texts), range));
    }

    pub(crate) fn as_str(&self) -> &str {
        let taken_out = || Plain::Own(self.record.as_ref().map_or_else(String::new, InRecord::unescaped));
        self.plain.get_or_init(taken_out)
    }

    /// How long it is. Cheaper than to look at it.
    pub(crate) fn bytes(&self) -> usize {
        let unseen = || self.record.as_ref().map_or(0, |record| record.text_bytes);
        self.plain.get().map_or_else(unseen, |plain| plain.len())
    }

    /// The JSON string that this program would write for it, where its record has just that.
    pub(crate) fn canonical_json(&self) -> Option<&[u8]> {
        let record = self.record.as_ref().filter(|record| record.is_canonical)?;
        Some(&record.batch[record.range.clone()])
    }
}

impl Deref for Plain {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Plain::Own(text) => text,
            Plain::Shared(texts, range) => &texts[range.clone()],
        }
    }
}

impl InRecord {
    fn unescaped(&self) -> String {
        let json = std::str::from_utf8(&self.batch[self.range.clone()]).expect("`scan_string` saw a `str`");
        let mut text = String::with_capacity(self.text_bytes);
        scan_string(json, Some(&mut text)).expect("`scan_string` saw it");
        text
    }
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
        mark @ (b'"' | b'\\' | b'/') => char::from(*mark),
        _ => return None,
    };
    Some((character, 1))
}

fn unicode_escape(rest: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = rest.get(at..at + 4)?;
        u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
    };
    let first = unit(1)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 5));
    }
    let second = if rest[5..].starts_with("\\u") { unit(7)? } else { return None };
    let mut pair = char::decode_utf16([first as u16, second as u16]);
    Some((pair.next()?.ok()?, 11))
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text { plain: OnceLock::from(Plain::Own(text)), record: None }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Text::from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strings_mean_what_a_parser_says(
            inside in r#"(\\u[dD][89abcCdDeEfF][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\u\+[0-9]{3}|\\["\\/bfnrtx]|[\t-!#-\[\]-é]){0,12}"#,
        ) {
            let json = format!("\"{inside}\"");
            let expected = serde_json::from_str::<String>(&json).ok();
            let batch = BatchBytes::new(format!(" {json} : \"").into_bytes(), None);
            let mut taken = BatchTexts::new(&batch);
            taken.push_str("before it");
            let scanned = scan_string(std::str::from_utf8(&batch[1..]).unwrap(), Some(&mut taken));
            prop_assert_eq!(scanned, scan_string(std::str::from_utf8(&batch[1..]).unwrap(), None));
            prop_assert_eq!(scanned.is_some(), expected.is_some());
            if let Some(scanned) = scanned {
                let text = Text::in_record(&batch, 1, scanned);
                prop_assert_eq!(scanned.json_bytes, json.len());
                prop_assert_eq!(text.bytes(), expected.as_ref().unwrap().len());
                prop_assert_eq!(Some(text.as_str()), expected.as_deref());
                let shared = Text::in_record(&batch, 1, scanned);
                let range = "before it".len()..taken.len();
                shared.share(&Arc::new(taken), range);
                prop_assert_eq!(&shared, &text);
            }
        }
    }
}
