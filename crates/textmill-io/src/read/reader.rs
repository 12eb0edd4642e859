//! Cuts inputs into batches of whole records, in order, in one thread.
//!
//! All that happens here is reading, decompressing and looking for line ends: a batch is some bytes and where
//! in them records stand. Numbers that go by order (line, byte offset, `seq`) are counted here, so that what a
//! record is called does not depend on how batches were cut.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use textmill_model::{BytePool, Origin, Reject};

use super::archive::{self, Archive, ArchiveKind, Member};
use super::auto::{format_by_content, format_by_name};
use super::inputs::Input;
use super::rows::{self, RowFault, Rows};
use super::{Format, Forms, ReadError, reject, warc};
use crate::RAW_BYTES_MAX;
use crate::compression::{BUFFER_BYTES, InputStream};
use crate::waiting::Cancelled;

/// Some consecutive records as they stand in their files.
#[derive(Debug, Default)]
pub struct RawBatch {
    pub(super) bytes: Vec<u8>,
    pub(super) pool: Option<Arc<BytePool>>,
    pub(super) segments: Vec<Segment>,
    pub(super) rejects: Vec<Reject>,
    input_bytes_read: u64,
}

/// A stretch of a batch: some whole lines of one file, a record of a web archive, or a whole file.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) format: Format,
    pub(super) path: Arc<str>,
    pub(super) id: Arc<str>,
    /// `seq` of its first record.
    pub(super) seq: u64,
    /// Number of its first record in the file.
    pub(super) record: u64,
    /// Where it starts in the unpacked file.
    pub(super) byte_offset: u64,
    /// The name of the character set, where these are rows of a table that was not UTF-8.
    pub(super) encoding: Option<&'static str>,
    /// Where it stands in the batch.
    pub(super) range: Range<usize>,
}

impl RawBatch {
    /// How many bytes of the input files, as they lie there, had been read when this batch was cut.
    ///
    /// Of the sum of [`Input::bytes`] this is the share that is done.
    pub fn input_bytes_read(&self) -> u64 {
        self.input_bytes_read
    }

    /// How many bytes of records are in it, unpacked.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// One pass over the inputs of a source.
pub struct Reader {
    inputs: Arc<[Input]>,
    forms: Arc<Forms>,
    batch_bytes: usize,
    pool: Arc<BytePool>,
    cancelled: Cancelled,
    next_input: usize,
    /// The archive that `open` is a member of, or the next input will be.
    archive: Option<Box<Archive>>,
    open: Option<OpenInput>,
    seq: u64,
    bytes_of_done_inputs: u64,
}

/// An input that is being read, and how far: a file or a member of an archive.
pub(super) struct OpenInput {
    pub(super) stream: InputStream,
    /// Where the rows of a table come from; `stream` then has nothing to give.
    rows: Option<Box<dyn Rows>>,
    format: Format,
    path: Arc<str>,
    id: Arc<str>,
    pub(super) record: u64,
    pub(super) byte_offset: u64,
    /// The start of a line whose end was not there yet.
    pub(super) carried: Vec<u8>,
}

/// A place between two records of a source's inputs, from where another reader can go on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePosition {
    /// The input, counted from 0.
    pub input: u64,
    /// Where the input is an archive, its member, counted from 0.
    pub member: u64,
    /// Bytes of the unpacked input or member that were read.
    pub byte_offset: u64,
    /// Records of the input or member that were read.
    pub record: u64,
    /// Place in the corpus of the next record.
    pub seq: u64,
}

const FILES_PER_BATCH_MAX: usize = 1024; // empty files weigh nothing, but each becomes a document

impl Reader {
    pub(super) fn new(
        inputs: Arc<[Input]>,
        forms: Arc<Forms>,
        batch_bytes: usize,
        cancelled: Cancelled,
    ) -> Reader {
        let batch_bytes = batch_bytes.max(1);
        Reader {
            inputs,
            forms,
            batch_bytes,
            pool: BytePool::new(batch_bytes + batch_bytes.min(BUFFER_BYTES)),
            cancelled,
            next_input: 0,
            archive: None,
            open: None,
            seq: 0,
            bytes_of_done_inputs: 0,
        }
    }

    /// Where the next batch begins. None where no other reader could go on: inside an input whose form has no way to.
    pub fn position(&self) -> Option<SourcePosition> {
        let is_inside = self.open.is_some() || self.archive.is_some();
        let input = self.next_input as u64 - u64::from(is_inside);
        let member = self.archive.as_ref().map_or(0, |archive| archive.number);
        let between = SourcePosition { input, member, byte_offset: 0, record: 0, seq: self.seq };
        let Some(open) = &self.open else { return Some(between) };
        let OpenInput { record, byte_offset, .. } = *open;
        (!matches!(open.format, Format::Text | Format::Html)).then_some(SourcePosition {
            byte_offset,
            record,
            ..between
        })
    }

    /// Goes on at a place that another reader of the same inputs had come to.
    ///
    /// # Errors
    ///
    /// When the input can't be read, or ends before that place.
    pub fn go_to(&mut self, position: SourcePosition) -> io::Result<()> {
        self.next_input = usize::try_from(position.input).unwrap_or(usize::MAX);
        self.seq = position.seq;
        self.bytes_of_done_inputs =
            self.inputs.iter().take(self.next_input).filter_map(|input| input.bytes).sum();
        let SourcePosition { member, byte_offset, record, .. } = position;
        if member == 0 && byte_offset == 0 && record == 0 {
            return Ok(());
        }
        let input = self.inputs.get(self.next_input).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.next_input += 1;
        let (mut open, file) = match Opened::open(input, member, &self.forms, &self.cancelled) {
            Ok(Opened::File(open)) => (open, Some(&*input.path)),
            Ok(Opened::Archive(archive)) => {
                let archive = self.archive.insert(archive);
                if byte_offset == 0 && record == 0 {
                    return Ok(());
                }
                match archive.next() {
                    Some(Ok(member)) => {
                        let open = OpenInput::of_member(archive, member, input.format, &self.forms);
                        (open.map_err(|(_, message)| io::Error::other(message))?, None)
                    }
                    _ => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
            }
            Err(message) => return Err(io::Error::other(message)),
        };
        match &mut open.rows {
            Some(rows) => rows::skip(&mut **rows, record)?,
            None => open.stream.skip(file, byte_offset)?,
        }
        (open.byte_offset, open.record) = (byte_offset, record);
        self.open = Some(open);
        Ok(())
    }

    /// The next batch; `None` behind the last record of the last input.
    ///
    /// It has about the bytes that the reader was made for, more when a single record has more. What cannot be
    /// read becomes a reject, and reading goes on with the next line or file.
    ///
    /// # Errors
    ///
    /// [`ReadError::Interrupted`] once nothing more is wanted of a reader that [`Source::reader_until`] made. What
    /// was cut of this batch is lost, and the pass is over.
    ///
    /// [`Source::reader_until`]: super::Source::reader_until
    #[allow(clippy::should_implement_trait)] // an iterator of results would be read on after an error
    pub fn next(&mut self) -> Result<Option<RawBatch>, ReadError> {
        // The last stretch that is read reaches over the end; a batch should not move for that.
        let room = self.batch_bytes + self.batch_bytes.min(BUFFER_BYTES);
        let (bytes, pool) = (self.pool.take(room), Some(Arc::clone(&self.pool)));
        let mut batch = RawBatch { bytes, pool, ..RawBatch::default() };
        while self.has_room(&batch) && !(self.cancelled)() {
            let Some(mut input) = self.current(&mut batch) else { break };
            let more = match input.format {
                Format::Text | Format::Html => self.read_file(&mut input, &mut batch),
                Format::Jsonl => self.read_lines(&mut input, &mut batch),
                Format::Rows(_) => self.read_rows(&mut input, &mut batch),
                Format::Warc => {
                    let bytes_max = self.forms.document_bytes_max;
                    warc::read_record(&mut input, &mut batch, &mut self.seq, bytes_max)
                }
            };
            match &mut self.archive {
                _ if more => self.open = Some(input),
                Some(archive) => archive.close_member(),
                None => self.bytes_of_done_inputs += input.file_bytes(),
            }
        }
        if (self.cancelled)() {
            return Err(ReadError::Interrupted); // and not a reject for an input that was given up
        }
        let open_bytes = match (&self.archive, &self.open) {
            (Some(archive), _) => archive.file_bytes(),
            (None, open) => open.as_ref().map_or(0, OpenInput::file_bytes),
        };
        batch.input_bytes_read = self.bytes_of_done_inputs + open_bytes;
        Ok((batch.entries() > 0).then_some(batch))
    }

    fn has_room(&self, batch: &RawBatch) -> bool {
        batch.bytes.len() < self.batch_bytes && batch.entries() < FILES_PER_BATCH_MAX
    }

    /// The input that is being read, or the next one that can be opened, if the batch has room for what could not.
    fn current(&mut self, batch: &mut RawBatch) -> Option<OpenInput> {
        if let Some(input) = self.open.take() {
            return Some(input);
        }
        while self.has_room(batch) {
            if self.archive.is_some() {
                match self.next_member() {
                    Some(Ok(open)) => return Some(open),
                    Some(Err(fault)) => self.reject_input(batch, fault),
                    None => {}
                }
                continue;
            }
            let input = self.inputs.get(self.next_input)?;
            self.next_input += 1;
            match Opened::open(input, 0, &self.forms, &self.cancelled) {
                Ok(Opened::File(open)) => return Some(open),
                Ok(Opened::Archive(archive)) => self.archive = Some(archive),
                Err(message) => {
                    let fault = InputFault { path: Arc::clone(&input.shown), reason: "unreadable", message };
                    self.reject_input(batch, fault);
                }
            }
        }
        None
    }

    /// The next member of the archive that can be opened, or why one can't; `None` when it is closed behind its last.
    fn next_member(&mut self) -> Option<Result<OpenInput, InputFault>> {
        let archive = self.archive.as_mut()?;
        Some(match archive.next() {
            Some(Ok(member)) => {
                let format = self.inputs[self.next_input - 1].format;
                OpenInput::of_member(archive, member, format, &self.forms).map_err(|(path, message)| {
                    archive.close_member();
                    InputFault { path, reason: "unreadable", message }
                })
            }
            Some(Err(archive::Odd { name, reason, message })) => {
                let of_member = name.map(|name| archive::shown(&archive.shown, &name));
                let path = of_member.unwrap_or_else(|| Arc::clone(&archive.shown));
                Err(InputFault { path, reason, message })
            }
            None => {
                self.bytes_of_done_inputs += archive.file_bytes();
                self.archive = None;
                return None;
            }
        })
    }

    fn reject_input(&mut self, batch: &mut RawBatch, fault: InputFault) {
        let InputFault { path, reason, message } = fault;
        let origin = Origin { path, record: 0, encoding: None };
        batch.rejects.push(reject(self.seq, origin, 0, reason, message, b""));
        self.seq += 1;
    }

    /// Takes a whole file into the batch. There is never more of it.
    fn read_file(&mut self, input: &mut OpenInput, batch: &mut RawBatch) -> bool {
        let start = batch.bytes.len();
        let fault = loop {
            if (batch.bytes.len() - start) as u64 > self.forms.document_bytes_max {
                let limit = self.forms.document_bytes_max;
                break Some((
                    "too_large",
                    format!("the file is larger than {limit} bytes (`document_bytes_max`)"),
                ));
            }
            match input.take_chunk(&mut batch.bytes) {
                Ok(0) => break None,
                Ok(_) => {}
                Err(message) => break Some(("malformed", message)),
            }
        };
        match fault {
            None => batch.segments.push(input.segment(self.seq, start..batch.bytes.len())),
            Some((reason, message)) => {
                batch.rejects.push(input.reject(self.seq, reason, message, &batch.bytes[start..]));
                batch.bytes.truncate(start);
            }
        }
        self.seq += 1;
        false
    }

    /// Takes whole lines into the batch until it is full. Says whether there is more of the input.
    fn read_lines(&mut self, input: &mut OpenInput, batch: &mut RawBatch) -> bool {
        let start = batch.bytes.len();
        batch.bytes.append(&mut input.carried);
        let carried_lines = memchr::memrchr(b'\n', &batch.bytes[start..]).map_or(0, |i| i + 1);
        let mut line_start = start + carried_lines; // behind the last line end in the batch
        loop {
            let before = batch.bytes.len();
            match input.take_chunk(&mut batch.bytes) {
                Ok(0) => {
                    let end = batch.bytes.len();
                    self.push_lines(input, batch, start..end);
                    return false;
                }
                Ok(_) => {}
                Err(message) => {
                    let partial = batch.bytes.split_off(line_start);
                    self.push_lines(input, batch, start..line_start);
                    batch.rejects.push(input.reject(self.seq, "malformed", message, &partial));
                    self.seq += 1;
                    return false;
                }
            }
            if let Some(i) = memchr::memrchr(b'\n', &batch.bytes[before..]) {
                line_start = before + i + 1;
            }
            let unfinished = (batch.bytes.len() - line_start) as u64;
            if unfinished > self.forms.records.record_bytes_max {
                let raw = batch.bytes[line_start..].iter().take(RAW_BYTES_MAX).copied().collect();
                batch.bytes.truncate(line_start);
                self.push_lines(input, batch, start..line_start);
                return self.skip_line(input, batch, raw, unfinished);
            }
            if line_start > start && batch.bytes.len() >= self.batch_bytes {
                input.carried = batch.bytes.split_off(line_start);
                self.push_lines(input, batch, start..line_start);
                return true;
            }
        }
    }

    /// Takes rows into the batch until it is full. Says whether there may be more of them.
    fn read_rows(&mut self, input: &mut OpenInput, batch: &mut RawBatch) -> bool {
        let Some(rows) = &mut input.rows else { return false };
        let start = batch.bytes.len();
        let room = self.batch_bytes.saturating_sub(start).max(1);
        let (count, more) = match rows.next(&mut batch.bytes, room) {
            Ok(0) => return false,
            Ok(count) => {
                batch.segments.push(input.segment(self.seq, start..batch.bytes.len()));
                (count, true)
            }
            Err(RowFault { message, byte_offset, is_last }) => {
                let origin = Origin { path: Arc::clone(&input.path), record: input.record, encoding: None };
                batch.rejects.push(reject(self.seq, origin, byte_offset, "malformed", message, b""));
                (1, !is_last)
            }
        };
        input.record += count;
        self.seq += count;
        more
    }

    fn push_lines(&mut self, input: &mut OpenInput, batch: &mut RawBatch, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let bytes = &batch.bytes[range.clone()];
        let unfinished = u64::from(bytes.last() != Some(&b'\n'));
        let lines = memchr::memchr_iter(b'\n', bytes).count() as u64 + unfinished;
        let range_bytes = range.len() as u64;
        batch.segments.push(input.segment(self.seq, range));
        input.record += lines;
        input.byte_offset += range_bytes;
        self.seq += lines;
    }

    /// Reads on to the end of a line that is too long to be held. `line_bytes` of it were read already; of these `raw` is
    /// what can be kept.
    fn skip_line(
        &mut self,
        input: &mut OpenInput,
        batch: &mut RawBatch,
        mut raw: Vec<u8>,
        mut line_bytes: u64,
    ) -> bool {
        let mut chunk = Vec::new();
        let end = loop {
            raw.truncate(RAW_BYTES_MAX);
            chunk.clear();
            match input.take_chunk(&mut chunk) {
                Ok(0) => break Ok(None),
                Ok(_) => {}
                Err(message) => break Err(message),
            }
            let line_end = memchr::memchr(b'\n', &chunk);
            raw.extend_from_slice(&chunk[..line_end.unwrap_or(chunk.len())]);
            if line_end.is_some() {
                break Ok(line_end);
            }
            line_bytes += chunk.len() as u64;
        };
        let message = too_long(self.forms.records.record_bytes_max);
        batch.rejects.push(input.reject(self.seq, "too_large", message, &raw));
        self.seq += 1;
        input.record += 1;
        input.byte_offset += line_bytes;
        match end {
            Ok(Some(line_end)) => {
                input.byte_offset += line_end as u64 + 1;
                input.carried = chunk.split_off(line_end + 1);
                true
            }
            Ok(None) => false,
            Err(message) => {
                batch.rejects.push(input.reject(self.seq, "malformed", message, b""));
                self.seq += 1;
                false
            }
        }
    }
}

/// What is said of a line that is too long, whoever found it.
pub(super) fn too_long(record_bytes_max: u64) -> String {
    format!("the line is longer than {record_bytes_max} bytes (`record_bytes_max`)")
}

impl RawBatch {
    fn entries(&self) -> usize {
        self.segments.len() + self.rejects.len()
    }
}

/// Why an input can't be read at all.
struct InputFault {
    path: Arc<str>,
    reason: &'static str,
    message: String,
}

/// What an input turns out to be.
enum Opened {
    File(OpenInput),
    Archive(Box<Archive>),
}

impl Opened {
    /// Opens an input; an archive at the given member.
    fn open(input: &Input, member: u64, forms: &Forms, cancelled: &Cancelled) -> Result<Opened, String> {
        let stream = match input.may_wait() {
            true => InputStream::open_waiting(&input.path, Arc::clone(cancelled)),
            false => InputStream::open(&input.path),
        };
        let mut stream = stream.map_err(|err| format!("cannot be read: {err}"))?;
        let file = (!input.may_wait()).then_some(&*input.path);
        let names = (Arc::clone(&input.shown), Arc::clone(&input.id));
        let head = match file {
            Some(_) => stream.peek(archive::HEAD_BYTES),
            None => stream.fill(), // what is there already: the rest may be long in coming
        };
        if let Some(kind) = head.ok().and_then(ArchiveKind::of) {
            let archive = Archive::open(kind, stream, file, names, &forms.extensions, member)?;
            return Ok(Opened::Archive(Box::new(archive)));
        }
        if archive::is_named_archive(&input.shown) {
            return Err("is neither a tar nor a zip archive, and is called one".to_owned());
        }
        Ok(Opened::File(OpenInput::new(stream, file, names, input.format, forms)?))
    }
}

impl OpenInput {
    /// A member of an archive; or the name under which it is known, and why it can't be read.
    fn of_member(
        archive: &Archive,
        member: Member,
        format: Option<Format>,
        forms: &Forms,
    ) -> Result<OpenInput, (Arc<str>, String)> {
        let Member { name, bytes } = member;
        let shown = archive::shown(&archive.shown, &name);
        let id: Arc<str> = format!("{}/{name}", archive.id).into();
        let format = format.or_else(|| format_by_name(Path::new(&name)));
        let open = || {
            let mut stream = InputStream::new(bytes).map_err(|err| err.to_string())?;
            if stream.peek(archive::HEAD_BYTES).ok().and_then(ArchiveKind::of).is_some() {
                return Err("is an archive inside an archive, which is not read".to_owned());
            }
            OpenInput::new(stream, None, (Arc::clone(&shown), id), format, forms)
        };
        open().map_err(|message| (Arc::clone(&shown), message))
    }

    fn new(
        mut stream: InputStream,
        file: Option<&Path>,
        (path, id): (Arc<str>, Arc<str>),
        format: Option<Format>,
        forms: &Forms,
    ) -> Result<OpenInput, String> {
        let format = match format {
            Some(format) => format,
            None => stream.fill().map_or(Format::Text, format_by_content), // an error comes again
        };
        if format == Format::Jsonl && matches!(stream.fill(), Ok([0xff, 0xfe, ..] | [0xfe, 0xff, ..])) {
            return Err("is UTF-16, and JSON Lines must be UTF-8".to_owned());
        }
        let mut rows = None;
        if let Format::Rows(table) = format {
            let nothing = InputStream::new(io::empty()).map_err(|err| err.to_string())?;
            let stream = std::mem::replace(&mut stream, nothing);
            rows = Some(rows::open(table, &path, file, stream, forms)?);
        }
        Ok(OpenInput { stream, rows, format, path, id, record: 0, byte_offset: 0, carried: Vec::new() })
    }

    /// Appends the next stretch of the stream and says how long it was; 0 at the end.
    fn take_chunk(&mut self, bytes: &mut Vec<u8>) -> Result<usize, String> {
        let n = match self.stream.fill() {
            Ok(chunk) => {
                bytes.extend_from_slice(chunk);
                chunk.len()
            }
            Err(err) => return Err(self.stream.describe(&err)),
        };
        self.stream.consume(n);
        Ok(n)
    }

    /// How many bytes of the file itself were read so far.
    fn file_bytes(&self) -> u64 {
        self.rows.as_ref().map_or_else(|| self.stream.file_bytes(), |rows| rows.file_bytes())
    }

    pub(super) fn segment(&self, seq: u64, range: Range<usize>) -> Segment {
        let (format, path, id) = (self.format, Arc::clone(&self.path), Arc::clone(&self.id));
        let encoding = self.rows.as_ref().and_then(|rows| rows.encoding());
        let (record, byte_offset) = (self.record, self.byte_offset);
        Segment { format, path, id, seq, record, byte_offset, encoding, range }
    }

    pub(super) fn reject(&self, seq: u64, reason: &str, message: String, raw: &[u8]) -> Reject {
        let origin = Origin { path: Arc::clone(&self.path), record: self.record, encoding: None };
        let line = (self.format == Format::Jsonl).then_some(self.record + 1);
        reject(seq, origin, self.byte_offset, reason, message, raw).on_line(line)
    }
}
