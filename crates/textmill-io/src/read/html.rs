//! `html`: one document a web page, which is its main content as plain text.
//!
//! The content is found by `trafilatura`, with its precise setting and its fallbacks: the best of what was
//! measured (`benches/record/2026-11-html.md`). What else the page says of itself becomes metadata: `title`, `author`,
//! `date`, `site`, `url`. Paragraphs are parted by an empty line. Offsets count in the extracted text, not in the page.
//!
//! The character set is UTF-8 where the bytes are UTF-8, else what the server or the page declares, else a guess.
//!
//! A library that walks trees is at the mercy of the tree. So pages nested deeper than browsers build them are
//! rejected, the stack is made large enough for the others, and a panic becomes a reject.

use std::path::Path;
use std::sync::Arc;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_16BE, UTF_16LE};
use schemars::JsonSchema;
use serde::Deserialize;
use textmill_model::{Document, JsonObject, Origin};

use super::inputs::Finder;
use super::reader::Segment;
use super::{Decoded, Format, Forms, Source, reject, text};
use crate::charset::{self, DecodedText};
use crate::options::OptionFault;

/// Options of source `html`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HtmlSourceOptions {
    /// Files, folders (all files below them), patterns such as `pages/**/*.html`, or `-` for standard input.
    pub paths: Vec<String>,
    /// Which files of a folder to read, by extension (`["html", "htm"]`); all that are not hidden when empty.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// A page larger than this (in bytes, unpacked) is rejected.
    #[serde(default = "default_document_bytes_max")]
    pub document_bytes_max: u64,
}

pub(super) fn default_document_bytes_max() -> u64 {
    16 << 20
}

pub(super) fn open(options: HtmlSourceOptions, base: &Path) -> Result<Source, OptionFault> {
    if !cfg!(feature = "html") {
        return Err(OptionFault::new("", WITHOUT, "build it with `--features html`"));
    }
    let HtmlSourceOptions { paths, extensions, document_bytes_max } = options;
    let inputs = Finder::new(base, &extensions, Some(Format::Html)).find(&paths)?;
    Ok(Source::new(inputs, Forms { extensions, document_bytes_max, ..Forms::default() }))
}

const WITHOUT: &str = "this textmill was built without HTML (cargo feature `html`)";

/// What a page says.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) metadata: JsonObject,
}

/// Turns a file into a document.
pub(super) fn decode(segment: &Segment, bytes: &[u8], decoded: &mut Decoded) {
    let origin = Origin { path: Arc::clone(&segment.path), record: segment.record, encoding: None };
    let page = decode_page(bytes, None).and_then(|found| Ok((read_page(&found.text)?, found)));
    match page {
        Ok((page, found)) => {
            decoded.warnings.extend(text::warning(segment.seq, &origin, &found));
            let mut document = Document::new(&*segment.id, page.text);
            document.seq = segment.seq;
            document.metadata = page.metadata;
            document.origin = Origin { encoding: found.encoding.map(Arc::from), ..origin };
            decoded.documents.push(document);
        }
        Err(fault) => {
            let PageFault { reason, message } = fault;
            decoded.rejects.push(reject(segment.seq, origin, segment.byte_offset, reason, message, bytes));
        }
    }
}

/// Why a page is no document.
#[derive(Debug)]
pub(super) struct PageFault {
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl PageFault {
    pub(super) fn malformed(message: impl Into<String>) -> PageFault {
        PageFault { reason: "malformed", message: message.into() }
    }
}

/// Whether the first bytes are those of a web page.
pub(super) fn is_html(first: &[u8]) -> bool {
    let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    let begins = |with: &[u8]| first.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    begins(b"<!doctype html") || begins(b"<html")
}

/// The characters of a page; `label` is the character set that its server names.
pub(super) fn decode_page(bytes: &[u8], label: Option<&[u8]>) -> Result<DecodedText, PageFault> {
    let declared = label.or_else(|| declared_charset(bytes)).and_then(Encoding::for_label);
    let is_utf8 = std::str::from_utf8(bytes).is_ok() && declared != Some(ISO_2022_JP);
    let wide = [Some(UTF_16LE), Some(UTF_16BE)].contains(&declared); // only its bytes can tell, not its label
    let marked = Encoding::for_bom(bytes).is_some();
    let forced = declared.filter(|_| !is_utf8 && !wide && !marked);
    charset::decode(bytes, forced).map_err(PageFault::malformed)
}

/// What the page itself says in `<meta charset=…>` or `<meta … content="…; charset=…">` near its beginning.
fn declared_charset(bytes: &[u8]) -> Option<&[u8]> {
    const BYTES_MAX: usize = 4096;
    let head = bytes[..bytes.len().min(BYTES_MAX)].to_ascii_lowercase();
    let meta = memchr::memmem::find_iter(&head, b"<meta");
    meta.filter_map(|at| {
        let tag = &head[at..at + memchr::memchr(b'>', &head[at..])?];
        let value = at + memchr::memmem::find(tag, b"charset=")? + b"charset=".len();
        charset_label(&bytes[value..])
    })
    .next()
}

/// The name that begins `bytes`, with or without quotation marks.
pub(super) fn charset_label(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.trim_ascii_start();
    let bytes = bytes.strip_prefix(b"\"").or_else(|| bytes.strip_prefix(b"'")).unwrap_or(bytes);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte);
    let end = bytes.iter().position(|byte| !is_name(byte)).unwrap_or(bytes.len());
    (end > 0).then_some(&bytes[..end])
}

/// The main content of a page and what it says of itself.
///
/// # Errors
///
/// When no text is found in it, when it is nested too deeply, and when the library breaks on it.
#[cfg(feature = "html")]
pub(super) fn read_page(html: &str) -> Result<Page, PageFault> {
    const DEPTH_MAX: usize = 512; // where browsers stop as well
    if depth(html) > DEPTH_MAX {
        return Err(PageFault::malformed(format!("elements are nested deeper than {DEPTH_MAX}")));
    }
    match guarded(|| trafilatura::extract(html, &extraction()))?.map(page) {
        Ok(page) if !page.text.is_empty() => Ok(page),
        _ => Err(PageFault { reason: "no_text", message: "the page has no main content".to_owned() }),
    }
}

/// What `work` gives on a large stack; a panic in it is a fault of the page.
#[cfg(feature = "html")]
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, PageFault> {
    const STACK_BYTES: usize = 64 << 20; // mapped, and touched only as deep as the page is
    crate::guard::guarded(|| stacker::grow(STACK_BYTES, work)).map_err(|said| {
        PageFault::malformed(format!("the page could not be taken apart: its reader panicked ({said})"))
    })
}

#[cfg(not(feature = "html"))]
pub(super) fn read_page(_: &str) -> Result<Page, PageFault> {
    Err(PageFault { reason: "unsupported", message: WITHOUT.to_owned() })
}

#[cfg(feature = "html")]
fn extraction() -> trafilatura::Options {
    trafilatura::Options::default()
        .with_fallback(true)
        .with_focus(trafilatura::ExtractionFocus::FavorPrecision)
        .with_exclude_comments(true)
}

#[cfg(feature = "html")]
fn page(found: trafilatura::ExtractResult) -> Page {
    let said = found.metadata;
    let site = if said.sitename.is_empty() { said.hostname } else { said.sitename };
    let date = said.date.map(|date| date.to_string()).unwrap_or_default();
    let members =
        [("title", said.title), ("author", said.author), ("date", date), ("site", site), ("url", said.url)];
    let mut metadata = JsonObject::default();
    for (name, value) in members {
        set(&mut metadata, name, &value);
    }
    Page { text: plain_text(&found.content_html), metadata }
}

/// The text of the markup that the library gives: a block is a paragraph; an item, a row and a break begin a line.
///
/// That markup is well-formed and escapes four characters, so this is no parser of web pages.
#[cfg(feature = "html")]
fn plain_text(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    let mut gap = Gap::None;
    let mut rest = markup;
    while !rest.is_empty() {
        if let Some(tag) = rest.strip_prefix('<') {
            gap = gap.max(Gap::of(tag.trim_start_matches('/')));
            rest = behind_tag(tag);
            continue;
        }
        let (run, behind) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        for character in unescaped(run).chars() {
            if character.is_whitespace() {
                gap = gap.max(Gap::Space);
                continue;
            }
            if !text.is_empty() {
                text.push_str(gap.text());
            }
            gap = Gap::None;
            text.push(character);
        }
        rest = behind;
    }
    text
}

/// What stands between two words.
#[cfg(feature = "html")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

#[cfg(feature = "html")]
impl Gap {
    /// What an element makes at its beginning and at its end.
    fn of(tag: &str) -> Gap {
        let name = tag.split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default();
        match name {
            "td" | "th" => Gap::Space,
            "br" | "dd" | "dt" | "li" | "tr" => Gap::Line,
            "article" | "blockquote" | "body" | "div" | "dl" | "figcaption" | "figure" | "footer" | "h1"
            | "h2" | "h3" | "h4" | "h5" | "h6" | "header" | "hr" | "main" | "ol" | "p" | "pre"
            | "section" | "table" | "ul" => Gap::Paragraph,
            _ => Gap::None,
        }
    }

    fn text(self) -> &'static str {
        ["", " ", "\n", "\n\n"][self as usize]
    }
}

/// What stands behind a tag; a `>` in a quoted value does not end it.
#[cfg(feature = "html")]
fn behind_tag(tag: &str) -> &str {
    let mut is_quoted = false;
    let end = tag.find(|character| {
        is_quoted ^= character == '"';
        character == '>' && !is_quoted
    });
    end.map_or("", |end| &tag[end + 1..])
}

/// A run of text without the escapes of HTML's serialisation.
#[cfg(feature = "html")]
fn unescaped(run: &str) -> std::borrow::Cow<'_, str> {
    if !run.contains('&') {
        return run.into();
    }
    let run =
        run.replace("&nbsp;", "\u{a0}").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    run.replace("&amp;", "&").into() // last: `&amp;lt;` is `&lt;`
}

/// Sets a member that has a value.
pub(super) fn set(metadata: &mut JsonObject, name: &str, value: &str) {
    if !value.is_empty() {
        metadata.set(name, &serde_json::Value::from(value).to_string());
    }
}

/// How deep the elements of a page may be nested, at most: tags that open less those that close.
///
/// Elements that have no end tag, or whose end tag is often left out and implied by the next one, don't count:
/// each level of these has one that does in between.
#[cfg(feature = "html")]
fn depth(html: &str) -> usize {
    const UNCOUNTED: [&str; 29] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
        "track", "wbr", "body", "colgroup", "dd", "dt", "head", "html", "li", "option", "p", "tbody", "td",
        "tfoot", "th", "thead", "tr",
    ];
    let bytes = html.as_bytes();
    let (mut depth, mut deepest) = (0_usize, 0);
    for at in memchr::memchr_iter(b'<', bytes) {
        let closes = bytes.get(at + 1) == Some(&b'/');
        let name = &bytes[at + 1 + usize::from(closes)..];
        let end = name.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(name.len());
        let name = &name[..end];
        let counts = name.first().is_some_and(u8::is_ascii_alphabetic)
            && !UNCOUNTED.iter().any(|uncounted| name.eq_ignore_ascii_case(uncounted.as_bytes()));
        match (counts, closes) {
            (false, _) => {}
            (true, true) => depth = depth.saturating_sub(1),
            (true, false) => depth += 1,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(all(test, feature = "html"))]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_fault_of_the_page() {
        assert_eq!(guarded(|| 1).unwrap(), 1);
        assert_eq!(guarded(|| panic!("a page broke it")).unwrap_err().reason, "malformed");
    }

    #[test]
    fn blocks_are_paragraphs_and_items_are_lines() {
        let check = |markup, text| assert_eq!(plain_text(markup), text);
        check("<div><h1>A</h1> <p>b <b>c</b>d\n e</p></div>", "A\n\nb cd e");
        check("<ul><li>a</li><li>b</li></ul>x<br>y", "a\nb\n\nx\ny");
        check("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc");
        check("<p title=\"a > b\">x &amp;lt; y&nbsp;&lt;z&gt;</p>", "x &lt; y <z>");
        check("", "");
    }
}
