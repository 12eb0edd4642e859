//! `warc`: web archives (WARC 1.0 and 1.1, and ARC, their form before 2009), plain or compressed, and the extracted texts
//! (WET) made of them.
//!
//! - `response` and `resource` records that hold `text/html` or XHTML go through the extraction of source `html`,
//!   `text/plain` is taken as it is. `conversion` records are text.
//! - Passed over without a word: other types of record, other types of content, and answers of a server that are
//!   no success.
//! - The document's id is the `WARC-Record-ID`, because one address may be in an archive many times; in ARC, which has
//!   none, a hash of path and record number. The metadata have `url` (`WARC-Target-URI`) and `fetched` (`WARC-Date`),
//!   besides what the page says of itself.
//! - What is no record, breaks off or is too large becomes a reject with its byte offset in the unpacked file, and
//!   reading goes on with the next line that begins a record. Behind damage to the compression nothing can be read.
//!
//! A record is cut by its `Content-Length` and taken apart by whoever decodes the batch. The form is that of ISO
//! 28500. An ARC record begins with one line, whose last field is the length; the form is that of the Internet Archive's
//! ARC File Format Reference, versions 1 and 2.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use textmill_model::{Document, JsonObject, Origin};

use super::html::{self, Page, PageFault, charset_label, default_document_bytes_max};
use super::inputs::Finder;
use super::jsonl::made_id;
use super::reader::{OpenInput, RawBatch, Segment};
use super::{Decoded, Format, Forms, Source, reject, text};
use crate::RAW_BYTES_MAX;
use crate::charset::DecodedText;
use crate::options::OptionFault;

/// Options of source `warc`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarcSourceOptions {
    /// Files, folders (all files below them), patterns such as `crawl/**/*.warc.gz`, or `-` for standard input.
    pub paths: Vec<String>,
    /// Which files of a folder to read, by extension (`["warc"]`, which `x.warc.gz` has too); all that are not
    /// hidden when empty.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// A record whose content is larger than this (in bytes, packed or unpacked) is rejected.
    #[serde(default = "default_document_bytes_max")]
    pub document_bytes_max: u64,
}

pub(super) fn open(options: WarcSourceOptions, base: &Path) -> Result<Source, OptionFault> {
    let WarcSourceOptions { paths, extensions, document_bytes_max } = options;
    let inputs = Finder::new(base, &extensions, Some(Format::Warc)).find(&paths)?;
    Ok(Source::new(inputs, Forms { extensions, document_bytes_max, ..Forms::default() }))
}

const VERSION: &[u8] = b"WARC/";
const HEADER_BYTES_MAX: usize = 1 << 16;
const HEADERS_MAX: usize = 128;

/// What a record says of itself.
struct Header {
    kind: String,
    id: String,
    url: String,
    fetched: String,
    content_type: String,
    content_bytes: u64,
}

impl Header {
    /// Reads a header from its version line to the empty line behind it.
    fn parse(bytes: &[u8]) -> Option<Header> {
        let fields = &bytes[memchr::memchr(b'\n', bytes)? + 1..];
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let Ok(httparse::Status::Complete((_, headers))) = httparse::parse_headers(fields, &mut headers)
        else {
            return None;
        };
        let field = |name| value(headers, name).map(|value| String::from_utf8_lossy(value).into_owned());
        let bare = |name| field(name).unwrap_or_default().trim_matches(['<', '>']).to_owned();
        Some(Header {
            kind: field("WARC-Type")?.to_ascii_lowercase(),
            id: bare("WARC-Record-ID"),
            url: bare("WARC-Target-URI"),
            fetched: bare("WARC-Date"),
            content_type: field("Content-Type").unwrap_or_default(),
            content_bytes: field("Content-Length")?.trim().parse().ok()?,
        })
    }

    /// Reads the line that begins an ARC record: address, IP address, time, type, and length, in version 2 with five more
    /// fields before the length.
    fn parse_arc(line: &[u8]) -> Option<Header> {
        let line = std::str::from_utf8(line.trim_ascii_end()).ok()?;
        let fields: Vec<&str> = line.split(' ').collect();
        let is_time = |field: &str| field.len() == 14 && field.bytes().all(|byte| byte.is_ascii_digit());
        let time_at = [3, 8].into_iter().filter_map(|from_end| fields.len().checked_sub(from_end));
        let time_at = time_at.filter(|at| *at >= 2).find(|at| is_time(fields[*at]))?;
        let url = fields[..time_at - 1].join(" "); // some have spaces
        let (scheme, _) = url.split_once(':')?;
        let (time, content_bytes) = (fields[time_at], fields.last()?.parse().ok()?);
        Some(Header {
            kind: if matches!(scheme, "http" | "https") { "response" } else { "metadata" }.to_owned(),
            id: String::new(),
            fetched: format!(
                "{}-{}-{}T{}:{}:{}Z",
                &time[..4],
                &time[4..6],
                &time[6..8],
                &time[8..10],
                &time[10..12],
                &time[12..]
            ),
            content_type: fields[time_at + 1].to_owned(),
            url,
            content_bytes,
        })
    }

    /// The header at the beginning of a record, and what stands behind it.
    fn split_from(record: &[u8]) -> Option<(Header, &[u8])> {
        if record.starts_with(VERSION) {
            let (header, content) = record.split_at(header_bytes(record));
            return Some((Header::parse(header)?, content));
        }
        let (line, content) = record.split_at(memchr::memchr(b'\n', record)? + 1);
        Some((Header::parse_arc(line)?, content))
    }

    fn may_hold_text(&self) -> bool {
        matches!(&*self.kind, "response" | "resource" | "conversion")
    }
}

fn value<'a>(headers: &[httparse::Header<'a>], name: &str) -> Option<&'a [u8]> {
    headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.trim_ascii())
}

/// Takes the next record into the batch, if it is one of those that may hold text. Says whether there is more.
pub(super) fn read_record(
    input: &mut OpenInput,
    batch: &mut RawBatch,
    seq: &mut u64,
    document_bytes_max: u64,
) -> bool {
    let mut record = Cut { input, batch, seq };
    let (header_bytes, header) = match record.find_header() {
        Ok(Some(found)) => found,
        Ok(None) => return false,
        Err(()) => return true,
    };
    let wanted = header.may_hold_text();
    let fits = header.content_bytes <= document_bytes_max;
    record.read_content(&header_bytes, header.content_bytes, wanted, fits)
}

/// A record that is being cut out of an input.
struct Cut<'a> {
    input: &'a mut OpenInput,
    batch: &'a mut RawBatch,
    seq: &'a mut u64,
}

impl Cut<'_> {
    /// The next header: `Ok(None)` at the end of the input, `Err` where a reject stands for what was there.
    fn find_header(&mut self) -> Result<Option<(Vec<u8>, Header)>, ()> {
        let mut junk = Vec::new();
        let mut junk_bytes = 0;
        let fault = loop {
            let line = match self.take_line() {
                Ok(line) if line.is_empty() => break None,
                Ok(line) => line,
                Err(message) => break Some(message),
            };
            if line.starts_with(VERSION) {
                if junk_bytes > 0 {
                    self.input.carried = line;
                    break None;
                }
                let (bytes, header) = self.take_header(line);
                if let Some(header) = header {
                    return Ok(Some((bytes, header)));
                }
                junk_bytes += bytes.len() as u64;
                junk.extend_from_slice(&bytes);
            } else if let Some(header) = Header::parse_arc(&line) {
                if junk_bytes > 0 {
                    self.input.carried = line;
                    break None;
                }
                return Ok(Some((line, header)));
            } else if junk_bytes == 0 && line.trim_ascii().is_empty() {
                self.input.byte_offset += line.len() as u64; // two of them end a record
            } else {
                junk_bytes += line.len() as u64;
                junk.extend_from_slice(&line);
                junk.truncate(RAW_BYTES_MAX);
            }
        };
        if junk_bytes == 0 && fault.is_none() {
            return Ok(None);
        }
        let ended = fault.is_some();
        let message = fault.unwrap_or_else(|| "no record of a web archive begins here".to_owned());
        self.reject("malformed", message, &junk);
        self.input.byte_offset += junk_bytes;
        self.input.record += 1;
        if ended { Ok(None) } else { Err(()) }
    }

    /// The header that begins with `bytes`, none if it is not sound; a line that begins another record is left.
    fn take_header(&mut self, mut bytes: Vec<u8>) -> (Vec<u8>, Option<Header>) {
        while bytes.len() <= HEADER_BYTES_MAX {
            let Ok(line) = self.take_line() else { break }; // an error comes again
            if line.starts_with(VERSION) {
                self.input.carried = line;
                break;
            }
            let is_last = line.trim_ascii().is_empty();
            bytes.extend_from_slice(&line);
            if is_last {
                let header = Header::parse(&bytes);
                return (bytes, header);
            }
        }
        (bytes, None)
    }

    /// Takes the content behind a header, or passes over it.
    fn read_content(&mut self, header: &[u8], content_bytes: u64, wanted: bool, fits: bool) -> bool {
        let start = self.batch.bytes.len();
        self.batch.bytes.extend_from_slice(header);
        let mut left = content_bytes;
        let mut fault = None;
        while left > 0 && fault.is_none() {
            match self.input.stream.fill() {
                Ok([]) => {
                    let there = content_bytes - left;
                    fault =
                        Some(format!("the record breaks off: {there} of {content_bytes} bytes are there"));
                }
                Ok(chunk) => {
                    let n = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    let kept = self.batch.bytes.len() - start;
                    let keep = if fits { n } else { n.min(RAW_BYTES_MAX.saturating_sub(kept)) };
                    if wanted {
                        self.batch.bytes.extend_from_slice(&chunk[..keep]);
                    }
                    self.input.stream.consume(n);
                    left -= n as u64;
                }
                Err(err) => fault = Some(self.input.stream.describe(&err)),
            }
        }
        let is_whole = fault.is_none();
        let fault = match fault {
            Some(message) => Some(("malformed", message)),
            None if wanted && !fits => Some(("too_large", too_large(content_bytes))),
            None => None,
        };
        let end = self.batch.bytes.len();
        if let Some((reason, message)) = fault {
            let raw = self.batch.bytes.split_off(start);
            self.reject(reason, message, &raw);
        } else if wanted {
            self.batch.segments.push(self.input.segment(*self.seq, start..end));
            *self.seq += 1;
        } else {
            self.batch.bytes.truncate(start);
        }
        self.input.byte_offset += header.len() as u64 + content_bytes - left;
        self.input.record += 1;
        is_whole
    }

    /// The next line with its end, empty at the end of the input; of a very long one a part.
    fn take_line(&mut self) -> Result<Vec<u8>, String> {
        let mut line = std::mem::take(&mut self.input.carried);
        while line.last() != Some(&b'\n') && line.len() < HEADER_BYTES_MAX {
            let chunk = match self.input.stream.fill() {
                Ok([]) => break,
                Ok(chunk) => chunk,
                Err(_) if !line.is_empty() => break, // it comes again
                Err(err) => return Err(self.input.stream.describe(&err)),
            };
            let chunk = &chunk[..chunk.len().min(HEADER_BYTES_MAX - line.len())];
            let n = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |i| i + 1);
            line.extend_from_slice(&chunk[..n]);
            self.input.stream.consume(n);
        }
        Ok(line)
    }

    fn reject(&mut self, reason: &str, message: String, raw: &[u8]) {
        let reject = self.input.reject(*self.seq, reason, message, raw);
        self.batch.rejects.push(reject);
        *self.seq += 1;
    }
}

fn too_large(bytes: u64) -> String {
    format!("the record has {bytes} bytes, more than `document_bytes_max`")
}

/// Turns a record into a document, a reject, or nothing where it holds no text.
pub(super) fn decode(segment: &Segment, bytes: &[u8], document_bytes_max: u64, decoded: &mut Decoded) {
    let origin = Origin { path: Arc::clone(&segment.path), record: segment.record, encoding: None };
    let (header, bytes_behind) = Header::split_from(bytes).expect("the reader has parsed it");
    let content = match content(&header, bytes_behind, document_bytes_max) {
        Ok(Some(content)) => content.decode(),
        Ok(None) => return,
        Err(fault) => Err(fault),
    };
    match content {
        Ok((page, found)) => {
            if found.lossy {
                decoded.warnings.extend(text::warning(segment.seq, &origin, &found));
            }
            let id = if header.id.is_empty() { made_id(&origin) } else { header.id };
            let mut document = Document::new(id, page.text);
            document.seq = segment.seq;
            document.metadata = page.metadata;
            html::set(&mut document.metadata, "url", &header.url);
            html::set(&mut document.metadata, "fetched", &header.fetched);
            document.origin = Origin { encoding: found.encoding.map(Arc::from), ..origin };
            decoded.documents.push(document);
        }
        Err(PageFault { reason, message }) => {
            decoded.rejects.push(reject(segment.seq, origin, segment.byte_offset, reason, message, bytes));
        }
    }
}

/// Where the content of a record begins: behind the first empty line.
fn header_bytes(bytes: &[u8]) -> usize {
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        if bytes[start..end].trim_ascii().is_empty() {
            return end + 1;
        }
        start = end + 1;
    }
    bytes.len()
}

/// What a record holds that can be text.
struct Content {
    bytes: Vec<u8>,
    charset: Option<Vec<u8>>,
    is_html: bool,
}

impl Content {
    fn decode(&self) -> Result<(Page, DecodedText), PageFault> {
        let mut found = html::decode_page(&self.bytes, self.charset.as_deref())?;
        let page = match self.is_html {
            true => html::read_page(&found.text)?,
            false => Page { text: std::mem::take(&mut found.text), metadata: JsonObject::default() },
        };
        Ok((page, found))
    }

    /// Content of a type that its sender names; none if it is no text.
    fn of_type(content_type: &[u8], bytes: Vec<u8>) -> Option<Content> {
        let content_type = content_type.to_ascii_lowercase();
        let (kind, _) =
            content_type.split_at(memchr::memchr(b';', &content_type).unwrap_or(content_type.len()));
        let is_html = match kind.trim_ascii() {
            b"text/html" | b"application/xhtml+xml" => true,
            b"text/plain" => false,
            b"" if html::is_html(&bytes) => true,
            _ => return None,
        };
        let charset = memchr::memmem::find(&content_type, b"charset=")
            .and_then(|at| charset_label(&content_type[at + b"charset=".len()..]).map(<[u8]>::to_vec));
        Some(Content { bytes, charset, is_html })
    }
}

fn content(header: &Header, bytes: &[u8], bytes_max: u64) -> Result<Option<Content>, PageFault> {
    match &*header.kind {
        "conversion" => Ok(Content::of_type(b"text/plain", bytes.to_vec())),
        "resource" => Ok(Content::of_type(header.content_type.as_bytes(), bytes.to_vec())),
        _ => answer(bytes, bytes_max),
    }
}

/// What a server answered over HTTP.
fn answer(bytes: &[u8], bytes_max: u64) -> Result<Option<Content>, PageFault> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = httparse::ParserConfig::default()
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response(&mut response, bytes);
    let body = match parsed {
        Ok(httparse::Status::Complete(body)) => &bytes[body..],
        Ok(httparse::Status::Partial) => return Err(PageFault::malformed("the HTTP header breaks off")),
        Err(err) => return Err(PageFault::malformed(format!("not HTTP: {err}"))),
    };
    if !response.code.is_some_and(|code| (200..300).contains(&code)) {
        return Ok(None);
    }
    let content_type = value(response.headers, "Content-Type").unwrap_or_default();
    if !content_type.is_empty() && Content::of_type(content_type, Vec::new()).is_none() {
        return Ok(None); // before it is unpacked: most of these are images
    }
    let is_chunked = value(response.headers, "Transfer-Encoding")
        .is_some_and(|coding| coding.to_ascii_lowercase().ends_with(b"chunked"));
    let joined = if is_chunked { join_chunks(body)? } else { None };
    let body = joined.as_deref().unwrap_or(body);
    let coding = value(response.headers, "Content-Encoding").unwrap_or_default();
    Ok(Content::of_type(content_type, unpack(coding, body, bytes_max)?))
}

/// A chunked body as a whole; `None` where it does not begin as one: some crawlers join it and leave the header.
fn join_chunks(body: &[u8]) -> Result<Option<Vec<u8>>, PageFault> {
    let damaged = || PageFault::malformed("the chunked content breaks off or is damaged");
    let mut joined = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(rest) else {
            return if rest.len() == body.len() { Ok(None) } else { Err(damaged()) };
        };
        if size == 0 {
            return Ok(Some(joined));
        }
        let chunk =
            usize::try_from(size).ok().and_then(|size| rest[start..].get(..size)).ok_or_else(damaged)?;
        joined.extend_from_slice(chunk);
        rest = rest[start + chunk.len()..].strip_prefix(b"\r\n").ok_or_else(damaged)?;
    }
}

/// A body without its compression; one that is not compressed, whatever its header says, as it is.
fn unpack(coding: &[u8], body: &[u8], bytes_max: u64) -> Result<Vec<u8>, PageFault> {
    let unpacked = match &*coding.to_ascii_lowercase() {
        b"gzip" | b"x-gzip" if body.starts_with(&[0x1f, 0x8b]) => {
            read_all(flate2::read::MultiGzDecoder::new(body), bytes_max)
        }
        b"deflate" if body.first().is_some_and(|byte| byte & 0x0f == 8) => {
            read_all(flate2::read::ZlibDecoder::new(body), bytes_max)
        }
        b"" | b"identity" | b"gzip" | b"x-gzip" | b"deflate" => return Ok(body.to_vec()),
        _ if std::str::from_utf8(body).is_ok() => return Ok(body.to_vec()),
        _ => {
            let message = format!("content encoding `{}` is not known", String::from_utf8_lossy(coding));
            return Err(PageFault { reason: "unsupported", message });
        }
    };
    let unpacked =
        unpacked.map_err(|err| PageFault::malformed(format!("the compressed content is damaged: {err}")))?;
    if unpacked.len() as u64 > bytes_max {
        let message = format!("the content has more than {bytes_max} bytes (`document_bytes_max`)");
        return Err(PageFault { reason: "too_large", message });
    }
    Ok(unpacked)
}

fn read_all(packed: impl std::io::Read, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    packed.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
