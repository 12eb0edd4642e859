//! `jsonl`: one document a line, in JSON.
//!
//! No tree is built: the text is taken out, `metadata` stays the JSON text it was, and members that nobody
//! here knows are cut out of the line as they stand. What this program wrote it reads back: `origin` stays the
//! place where the document first came from, and `annotations` become layers and values again.
//!
//! A member that has one of our names and not our form is not lost: it passes on as `original_` and its name.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;
use textmill_model::{BatchBytes, Document, JsonObject, Members, Origin, ScannedString};
use xxhash_rust::xxh3::xxh3_128;

use super::inputs::Finder;
use super::reader::{Segment, too_long};
use super::{Decoded, Format, Forms, Source, Warning, annotations, reject};
use crate::json::{self, NotJson, ObjectWalk};
use crate::offsets::Unit;
use crate::options::OptionFault;

/// Options of source `jsonl`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonlSourceOptions {
    /// Files, folders (all files below them), patterns such as `corpus/**/*.jsonl`, or `-` for standard input.
    pub paths: Vec<String>,
    /// Which files of a folder to read, by extension (`["jsonl"]`, which `x.jsonl.gz` has too); all that are
    /// not hidden when empty.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// The member of a record that holds the document's id, a string or a number. Where it is missing, the id
    /// is a hash of path and line number.
    #[serde(default = "default_id")]
    pub id: String,
    /// The member of a record that holds the document's text.
    #[serde(default = "default_text")]
    pub text: String,
    /// What the offsets in `annotations` count.
    #[serde(default)]
    pub offsets: Unit,
    /// A line longer than this (in bytes) is rejected.
    #[serde(default = "default_record_bytes_max")]
    pub record_bytes_max: u64,
}

pub(super) fn default_id() -> String {
    "id".to_owned()
}

pub(super) fn default_text() -> String {
    "text".to_owned()
}

fn default_record_bytes_max() -> u64 {
    256 << 20
}

pub(super) fn open(options: JsonlSourceOptions, base: &Path) -> Result<Source, OptionFault> {
    let JsonlSourceOptions { paths, extensions, id, text, offsets, record_bytes_max } = options;
    let inputs = Finder::new(base, &extensions, Some(Format::Jsonl)).find(&paths)?;
    let records = RecordForm { record_bytes_max, ..RecordForm::new(id, text, offsets)? };
    Ok(Source::new(inputs, Forms { extensions, records, ..Forms::default() }))
}

/// How a line becomes a document.
#[derive(Debug)]
pub(super) struct RecordForm {
    id: String,
    pub(super) text: String,
    unit: Unit,
    pub(super) record_bytes_max: u64,
}

impl Default for RecordForm {
    fn default() -> RecordForm {
        RecordForm {
            id: default_id(),
            text: default_text(),
            unit: Unit::default(),
            record_bytes_max: default_record_bytes_max(),
        }
    }
}

/// A line and where it stands.
struct Line<'a> {
    bytes: &'a [u8],
    seq: u64,
    record: u64,
    /// What an editor calls it.
    number: Option<u64>,
    byte_offset: u64,
    path: &'a Arc<str>,
    encoding: Option<&'a Arc<str>>,
}

impl RecordForm {
    /// A form with these members for id and text, which must not be one.
    pub(super) fn new(id: String, text: String, unit: Unit) -> Result<RecordForm, OptionFault> {
        if id == text {
            let message = format!("`{id}` cannot be both the id and the text");
            return Err(OptionFault::new("/text", message, "name another member"));
        }
        Ok(RecordForm { id, text, unit, ..RecordForm::default() })
    }

    /// Decodes the lines of a segment; blank ones are no records.
    pub(super) fn decode(&self, segment: &Segment, batch: &Arc<BatchBytes>, decoded: &mut Decoded) {
        let bytes = &batch[segment.range.clone()];
        let mut start = 0;
        let is_table = segment.format != Format::Jsonl; // these lines stand in no file
        let encoding: Option<Arc<str>> = segment.encoding.map(Arc::from);
        for (i, end) in line_ends(bytes).enumerate() {
            let line = Line {
                bytes: &bytes[start..end],
                seq: segment.seq + i as u64,
                record: segment.record + i as u64,
                number: (!is_table).then_some(segment.record + i as u64 + 1),
                byte_offset: if is_table { 0 } else { segment.byte_offset + start as u64 },
                path: &segment.path,
                encoding: encoding.as_ref(),
            };
            start = end + 1;
            let blank =
                line.bytes.first().is_none_or(u8::is_ascii_whitespace) && line.bytes.trim_ascii().is_empty();
            if !blank {
                self.decode_line(&line, batch, decoded);
            }
            if let (Some(name), 0, Some(document)) = (&encoding, line.record, decoded.documents.last())
                && document.seq == line.seq
            {
                let message = format!("the table is not UTF-8; read as {name}");
                let warning = Warning { seq: line.seq, path: Arc::clone(line.path), record: 0, message };
                decoded.warnings.push(warning);
            }
        }
    }

    fn decode_line(&self, line: &Line<'_>, batch: &Arc<BatchBytes>, decoded: &mut Decoded) {
        let origin =
            Origin { path: Arc::clone(line.path), record: line.record, encoding: line.encoding.cloned() };
        let mut fail = |reason: &str, message: String| {
            let Line { seq, number, byte_offset, bytes, .. } = *line;
            let reject = reject(seq, origin.clone(), byte_offset, reason, message, bytes);
            decoded.rejects.push(reject.on_line(number));
        };
        if line.bytes.len() as u64 > self.record_bytes_max {
            return fail("too_large", too_long(self.record_bytes_max));
        }
        let text = match std::str::from_utf8(line.bytes) {
            Ok(text) => text,
            Err(err) => return fail("malformed", format!("not UTF-8 at column {}", err.valid_up_to() + 1)),
        };
        let text = if line.byte_offset == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        match self.record(text, decoded.taken.as_mut().map(|taken| &mut *taken.texts)) {
            Ok(record) => decoded.push(record, line.seq, origin, self.unit, batch),
            Err(Unfit::NotJson) => fail("malformed", why_not_json(text)),
            Err(Unfit::Record(message)) => fail("malformed", message),
        }
    }

    fn record<'a>(&self, line: &'a str, mut texts: Option<&mut String>) -> Result<Record<'a>, Unfit> {
        let mut walk = ObjectWalk::new(line)?;
        let (mut id, mut text) = (Once::default(), None);
        let (mut origin, mut metadata, mut annotations) = (Once::default(), Once::default(), Once::default());
        let mut rest = String::new();
        while let Some((name, start)) = walk.name()? {
            if *name == *self.text {
                if text.is_some() {
                    return Err(twice(&name));
                }
                text = Some(self.text(&mut walk, line, texts.as_deref_mut())?);
                continue;
            }
            let value = walk.value()?;
            match &*name {
                name if name == self.id => id.set(name, value)?,
                "origin" => origin.set(&name, value)?,
                "metadata" => metadata.set(&name, value)?,
                "annotations" => annotations.set(&name, value)?,
                "id" | "text" => push_member(&mut rest, &format!("original_{name}"), value),
                _ => {
                    if text.is_some() && rest.is_empty() {
                        rest.reserve(line.len() - start); // no more can come
                    }
                    push_as_it_stands(&mut rest, &line[start..walk.at()]);
                }
            }
        }
        let text = text.ok_or_else(|| Unfit::Record(format!("no member `{}`", self.text)))?;
        Ok(Record {
            id: id.read(id_text, &self.id, &mut rest),
            text,
            origin: origin.read(written_origin, "origin", &mut rest),
            metadata: metadata.read(JsonObject::from_parsed, "metadata", &mut rest),
            annotations: annotations.0.filter(|value| value.get() != "null"),
            rest,
        })
    }

    fn text<'a>(
        &self,
        walk: &mut ObjectWalk<'a>,
        line: &'a str,
        texts: Option<&mut String>,
    ) -> Result<Text<'a>, Unfit> {
        let taken_at = texts.as_ref().map_or(0, |texts| texts.len());
        if let Some((scanned, start)) = walk.string(texts) {
            return Ok(Text { scanned, json: &line[start..], taken_at });
        }
        let name = &self.text;
        let kind = match walk.value()?.get().as_bytes()[0] {
            b'"' => return Err(Unfit::Record(format!("member `{name}` has half a surrogate pair"))),
            b'n' => "null",
            b't' | b'f' => "a boolean",
            b'[' => "an array",
            b'{' => "an object",
            _ => "a number",
        };
        Err(Unfit::Record(format!("member `{name}` is {kind}, not a string")))
    }
}

/// Why a line is no record.
enum Unfit {
    /// What a parser has to say.
    NotJson,
    Record(String),
}

impl From<NotJson> for Unfit {
    fn from(_: NotJson) -> Unfit {
        Unfit::NotJson
    }
}

/// Where lines end; what stands behind the last line end is a line too.
fn line_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let unfinished = bytes.last().is_some_and(|byte| *byte != b'\n');
    memchr::memchr_iter(b'\n', bytes).chain(unfinished.then_some(bytes.len()))
}

/// What a parser says of a line that is no JSON object. Its number is known elsewhere; columns are bytes, counted from 1.
fn why_not_json(line: &str) -> String {
    let Err(err) = serde_json::from_str::<Members<'_>>(line) else { return "not JSON".to_owned() };
    let message = err.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    match err.classify() {
        Category::Data => what.to_owned(),
        _ => format!("not JSON: {what} at column {}", err.column()),
    }
}

impl Decoded {
    fn push(&mut self, record: Record<'_>, seq: u64, place: Origin, unit: Unit, batch: &Arc<BatchBytes>) {
        let id = record.id.unwrap_or_else(|| made_id(&place));
        let Text { json, scanned, taken_at } = record.text;
        let start = json.as_ptr() as usize - batch.as_ptr() as usize;
        let mut document = Document::in_record(id, batch, start, scanned);
        document.seq = seq;
        document.passthrough = record.rest;
        if let Some(metadata) = record.metadata {
            document.metadata = metadata;
        }
        if let Some(raw) = record.annotations {
            match annotations::read(raw, document.text(), unit) {
                Some(read) => {
                    self.warnings.extend(read.odd_layers.iter().map(|layer| Warning {
                        seq,
                        path: Arc::clone(&place.path),
                        record: place.record,
                        message: format!(
                            "the spans of `annotations.{layer}` do not fit the text; kept as they are"
                        ),
                    }));
                    document.annotations = read.annotations;
                }
                None => push_member(&mut document.passthrough, "original_annotations", raw),
            }
        }
        document.origin = record.origin.unwrap_or(place);
        if let Some(taken) = &mut self.taken {
            taken.of.push((self.documents.len(), taken_at..taken_at + scanned.text_bytes));
        }
        self.documents.push(document);
    }
}

pub(super) fn made_id(place: &Origin) -> String {
    let named = format!("{}\n{}", place.path, place.record);
    format!("{:032x}", xxh3_128(named.as_bytes()))
}

/// What a line says.
struct Record<'a> {
    id: Option<String>,
    text: Text<'a>,
    origin: Option<Origin>,
    metadata: Option<JsonObject>,
    annotations: Option<&'a RawValue>,
    rest: String,
}

/// The text of a record, where it begins as a JSON string.
struct Text<'a> {
    json: &'a str,
    scanned: ScannedString,
    /// Where it begins among the texts that were taken out, if they are.
    taken_at: usize,
}

/// `origin` as this program writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOrigin<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    record: u64,
    #[serde(borrow)]
    encoding: Option<Cow<'a, str>>,
}

/// A member that may stand once.
#[derive(Default)]
struct Once<'a>(Option<&'a RawValue>);

impl<'a> Once<'a> {
    fn set(&mut self, name: &str, value: &'a RawValue) -> Result<(), Unfit> {
        match self.0.replace(value) {
            None => Ok(()),
            Some(_) => Err(twice(name)),
        }
    }

    /// What `read` makes of it; null is as good as absent, and what `read` refuses passes on under another name.
    fn read<T>(self, read: impl Fn(&RawValue) -> Option<T>, name: &str, rest: &mut String) -> Option<T> {
        let value = self.0.filter(|value| value.get() != "null")?;
        let meaning = read(value);
        if meaning.is_none() {
            push_member(rest, &format!("original_{name}"), value);
        }
        meaning
    }
}

fn twice(name: &str) -> Unfit {
    Unfit::Record(format!("member `{name}` stands twice"))
}

fn id_text(value: &RawValue) -> Option<String> {
    match value.get().as_bytes()[0] {
        b'"' => serde_json::from_str(value.get()).ok(),
        b'-' | b'0'..=b'9' => Some(value.get().to_owned()),
        _ => None,
    }
}

fn written_origin(value: &RawValue) -> Option<Origin> {
    let WrittenOrigin { path, record, encoding } = serde_json::from_str(value.get()).ok()?;
    Some(Origin { path: path.into(), record, encoding: encoding.map(Into::into) })
}

/// Appends a member to raw members.
fn push_member(members: &mut String, name: &str, value: &RawValue) {
    if !members.is_empty() {
        members.push(',');
    }
    let mut quoted = Vec::new();
    json::push_string(&mut quoted, name);
    members.push_str(&String::from_utf8_lossy(&quoted));
    members.push(':');
    members.push_str(value.get());
}

/// Appends a member, byte for byte.
fn push_as_it_stands(members: &mut String, member: &str) {
    if !members.is_empty() {
        members.push(',');
    }
    members.push_str(member);
}
