//! Kept documents on disk: what does not fit in memory, and what outlives the run.
//!
//! In go documents in memory and older segments; out comes one file that is never changed again, and from it the
//! documents that have a fingerprint or a key in common with a new one.
//!
//! ```text
//! header: one line of JSON          what follows, how many, made with which options, after which index
//! fingerprints: u128 each
//! ends of records: u64 each
//! records                           (`record`)
//! entries: key u32, number u32      table after table, ascending: those of the measure, then the shingles of documents in
//!                                   crowds, then fingerprints by their lowest 32 bits
//! checksum: u128                    xxh3 of all before
//! ```
//!
//! All numbers are little-endian. Keys are hashes and spread evenly, so a *filter* in memory tells of nearly every
//! key that is not there that it is not (*split block Bloom filter*: four bits in one word for a key), and a list of each
//! 512th key tells where the others must be: one read of 4 KiB. In memory stay 11 bits an entry and 8 bytes a
//! document.
//!
//! A file of this form is complete or refused: its checksum is verified when it is opened, before anything is
//! looked up. So a lasting index is replaced by writing the next one beside it and renaming, and needs no journal.
//!
//! Not here: when to write one (`index`), and what its options mean (`lib`).

use crate::recent::Recent;
use crate::record::Record;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::iter::Peekable;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use textmill_sdk::serde_json;
use textmill_text::shingles::mix;
use xxhash_rust::xxh3::Xxh3;

/// What a file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Those options of the stage that decide what is kept, as JSON.
    pub options: serde_json::Value,
    /// How many documents were read in all runs: the next one's place in the corpus.
    pub places: u64,
    /// A digest of what the last run added, by which it knows its own work after a crash.
    pub added: String,
    /// The [`checksum`](Segment::checksum) of the index that this one goes on from; empty if it is the first.
    pub follows: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    #[serde(flatten)]
    about: About,
    first: u32,
    members: u32,
    record_bytes: u64,
    entries: Vec<u64>,
}

const FORMAT: &str = "textmill dedup index";
const VERSION: u32 = 3;
const HEADER_BYTES_MAX: u64 = 1 << 20;
const CHECKSUM_BYTES: u64 = 16;

/// A file of kept documents.
pub struct Segment {
    path: PathBuf,
    file: File,
    about: About,
    checksum: String,
    first: u32,
    fingerprints_at: u64,
    records_at: u64,
    /// Where each record ends, counted from the first.
    ends: Vec<u64>,
    /// The last one is that of fingerprints.
    tables: Vec<Table>,
    /// Whether the file goes with this value.
    pub is_temporary: bool,
}

impl Segment {
    /// Writes documents into a new file: all of `segments`, oldest first, and then of `recent`.
    ///
    /// # Errors
    ///
    /// When the file is there, or it can't be written whole.
    pub fn write(path: &Path, about: &About, segments: &[Arc<Segment>], recent: &Recent) -> io::Result<()> {
        let header = Header::of(about, segments, recent);
        let mut out = CheckedWriter {
            inner: BufWriter::with_capacity(1 << 18, File::create_new(path)?),
            hash: Xxh3::new(),
        };
        serde_json::to_writer(&mut out, &header)?;
        out.write_all(b"\n")?;
        for segment in segments {
            io::copy(&mut segment.part(segment.fingerprints_at, 16 * segment.len() as u64)?, &mut out)?;
        }
        recent.fingerprints().iter().try_for_each(|it| out.write_all(&it.to_le_bytes()))?;
        let mut end = 0;
        let segment_lens = segments.iter().flat_map(|it| it.record_lens());
        let recent_numbers = recent.first()..recent.first() + recent.len() as u32;
        let recent_lens = recent_numbers.clone().map(|it| recent.record_bytes(it).len() as u64);
        for len in segment_lens.chain(recent_lens) {
            end += len;
            out.write_all(&end.to_le_bytes())?;
        }
        for segment in segments {
            io::copy(&mut segment.part(segment.records_at, segment.record_bytes())?, &mut out)?;
        }
        recent_numbers.into_iter().try_for_each(|it| out.write_all(recent.record_bytes(it)))?;
        for table in 0..header.entries.len() {
            write_entries(table, segments, recent, &mut out)?;
        }
        let checksum = out.hash.digest128();
        out.write_all(&checksum.to_le_bytes())?;
        out.inner.into_inner().map(drop).map_err(Into::into)
    }

    /// Opens a file and makes sure that it is whole.
    ///
    /// # Errors
    ///
    /// When it can't be read, is no index, is of another version, or is damaged.
    pub fn open(path: &Path) -> io::Result<Segment> {
        let file = File::open(path)?;
        let file_bytes = file.metadata()?.len();
        let mut read =
            CheckedReader { inner: BufReader::with_capacity(1 << 18, File::open(path)?), hash: Xxh3::new() };
        let (header, fingerprints_at) = Header::read(&mut read)?;
        let members = u64::from(header.members);
        let body = (|| {
            let tables: u64 =
                header.entries.iter().try_fold(0, |sum: u64, it| sum.checked_add(it.checked_mul(8)?))?;
            fingerprints_at.checked_add(24 * members)?.checked_add(header.record_bytes)?.checked_add(tables)
        })();
        // Before anything is read for which memory must be found.
        if body.and_then(|it| it.checked_add(CHECKSUM_BYTES)) != Some(file_bytes) {
            return Err(damaged("it is not as long as its header says"));
        }
        read.skip(16 * members)?;
        let ends = (0..members).map(|_| read.number()).collect::<io::Result<Vec<u64>>>()?;
        read.skip(header.record_bytes)?;
        let records_at = fingerprints_at + 24 * members;
        let mut at = records_at + header.record_bytes;
        let mut tables = Vec::new();
        for entries in &header.entries {
            tables.push(Table::read(at, *entries, &mut read)?);
            at += 8 * entries;
        }
        let expected = read.hash.digest128();
        let mut checksum = [0; CHECKSUM_BYTES as usize];
        read.inner.read_exact(&mut checksum)?;
        if u128::from_le_bytes(checksum) != expected {
            return Err(damaged("its checksum is another one"));
        }
        let checksum = shown(expected);
        let Header { about, first, .. } = header;
        let path = path.to_owned();
        Ok(Segment {
            path,
            file,
            about,
            checksum,
            first,
            fingerprints_at,
            records_at,
            ends,
            tables,
            is_temporary: false,
        })
    }

    /// The [`checksum`](Self::checksum) of the file at `path`, without making sure that it is right; nothing if there is
    /// no file.
    ///
    /// # Errors
    ///
    /// When it can't be read.
    pub fn checksum_at(path: &Path) -> io::Result<Option<String>> {
        let mut file = match File::open(path) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut checksum = [0; CHECKSUM_BYTES as usize];
        file.seek(SeekFrom::End(-(CHECKSUM_BYTES as i64)))?;
        file.read_exact(&mut checksum)?;
        Ok(Some(shown(u128::from_le_bytes(checksum))))
    }

    /// What the file says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The checksum, in hexadecimal: the name of this very state of an index.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// The number of the first document.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How much memory it takes.
    pub fn bytes(&self) -> usize {
        let tables = self.tables.iter().map(|it| 8 * it.filter.words.len() + 4 * it.fences.len());
        8 * self.ends.len() + tables.sum::<usize>()
    }

    /// The number of the document with this fingerprint.
    ///
    /// # Errors
    ///
    /// When the file can't be read.
    pub fn find(&self, fingerprint: u128) -> io::Result<Option<u32>> {
        let mut suspects = Vec::new();
        let table = self.tables.len() - 1;
        self.visit(table, fingerprint_key(fingerprint), usize::MAX, |it| suspects.push(it))?;
        for number in suspects {
            let mut held = [0; 16];
            self.read_at(self.fingerprints_at + 16 * u64::from(number - self.first), &mut held)?;
            if u128::from_le_bytes(held) == fingerprint {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// Calls `visit` with those that have `key`, the last one first and at most `max` of them. Returns how many.
    ///
    /// # Errors
    ///
    /// When the file can't be read.
    pub fn visit(&self, table: usize, key: u32, max: usize, mut visit: impl FnMut(u32)) -> io::Result<usize> {
        let table = &self.tables[table];
        let mut visited = 0;
        if !table.filter.may_hold(key) {
            return Ok(visited);
        }
        let mut block = table.fences.partition_point(|it| *it <= key);
        let mut page = [0; 8 * BLOCK];
        while block > 0 {
            block -= 1;
            let entries = (table.len as usize - block * BLOCK).min(BLOCK);
            let page = &mut page[..8 * entries];
            self.read_at(table.at + (8 * BLOCK * block) as u64, page)?;
            for (held, number) in page.as_chunks().0.iter().rev().map(entry) {
                if held < key || held == key && visited == max {
                    return Ok(visited);
                }
                if held == key {
                    visit(number);
                    visited += 1;
                }
            }
        }
        Ok(visited)
    }

    /// Reads the record of a document into `bytes`.
    ///
    /// # Errors
    ///
    /// When the file can't be read.
    pub fn record<'a>(&self, number: u32, bytes: &'a mut Vec<u8>) -> io::Result<Record<'a>> {
        let Range { start, end } = self.record_range((number - self.first) as usize);
        bytes.resize((end - start) as usize, 0);
        self.read_at(self.records_at + start, bytes)?;
        Record::read(bytes).ok_or_else(|| damaged("a record can't be read"))
    }

    /// The fingerprint of a document.
    ///
    /// # Errors
    ///
    /// When the file can't be read.
    pub fn fingerprint(&self, number: u32) -> io::Result<u128> {
        let mut bytes = [0; 16];
        self.read_at(self.fingerprints_at + 16 * u64::from(number - self.first), &mut bytes)?;
        Ok(u128::from_le_bytes(bytes))
    }

    fn record_range(&self, local: usize) -> Range<u64> {
        local.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[local]
    }

    fn record_lens(&self) -> impl Iterator<Item = u64> {
        (0..self.len()).map(|it| self.record_range(it)).map(|it| it.end - it.start)
    }

    fn record_bytes(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Reads from a place, whoever else reads from the same file.
    fn read_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, at);
        #[cfg(not(unix))]
        {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(bytes)
        }
    }

    /// A stretch of the file, to be read on its own.
    fn part(&self, at: u64, len: u64) -> io::Result<impl Read + use<>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(BufReader::with_capacity(1 << 16, file).take(len))
    }

    /// All entries of a table, ascending.
    fn entries(&self, table: usize) -> io::Result<impl Iterator<Item = io::Result<(u32, u32)>> + use<>> {
        let table = &self.tables[table];
        let mut read = self.part(table.at, 8 * table.len)?;
        let mut next = move || {
            let mut bytes = [0; 8];
            read.read_exact(&mut bytes).map(|()| entry(&bytes))
        };
        Ok((0..table.len).map(move |_| next()))
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.is_temporary {
            let _ = fs::remove_file(&self.path); // it goes with its folder otherwise
        }
    }
}

impl Header {
    fn of(about: &About, segments: &[Arc<Segment>], recent: &Recent) -> Header {
        let members = segments.iter().map(|it| it.len()).sum::<usize>() + recent.len();
        let recent_bytes: usize = (recent.first()..recent.first() + recent.len() as u32)
            .map(|it| recent.record_bytes(it).len())
            .sum();
        let record_bytes = segments.iter().map(|it| it.record_bytes()).sum::<u64>() + recent_bytes as u64;
        let entries = (0..recent.tables() + 2).map(|table| {
            let recent = if table > recent.tables() { recent.len() } else { recent.postings(table) };
            segments.iter().map(|it| it.tables[table].len).sum::<u64>() + recent as u64
        });
        Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            about: about.clone(),
            first: segments.first().map_or(recent.first(), |it| it.first()),
            members: members as u32, // `Recent::insert` has made sure
            record_bytes,
            entries: entries.collect(),
        }
    }

    /// The header, and where it ends.
    fn read(read: &mut CheckedReader) -> io::Result<(Header, u64)> {
        let mut line = Vec::new();
        (&mut read.inner).take(HEADER_BYTES_MAX).read_until(b'\n', &mut line)?;
        read.hash.update(&line);
        let value: serde_json::Value = serde_json::from_slice(&line).map_err(|_| no_index())?;
        if value["format"] != FORMAT {
            return Err(no_index());
        }
        if value["version"] != VERSION {
            let message = format!(
                "the index is of version {}, and this program reads version {VERSION}",
                value["version"]
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let header = serde_json::from_value(value).map_err(|_| damaged("its header can't be read"))?;
        Ok((header, line.len() as u64))
    }
}

fn shown(checksum: u128) -> String {
    format!("{checksum:032x}")
}

fn no_index() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the file is no index of this stage")
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the index is damaged: {why}"))
}

/// Where the entries of a table are, and which keys are certainly not among them.
struct Table {
    at: u64,
    len: u64,
    /// The first key of each block.
    fences: Vec<u32>,
    filter: Filter,
}

/// Entries that are read at once: 4 KiB of them.
const BLOCK: usize = 512;

impl Table {
    fn read(at: u64, len: u64, read: &mut CheckedReader) -> io::Result<Table> {
        let mut filter = Filter::for_keys(len);
        let mut fences = Vec::with_capacity((len as usize).div_ceil(BLOCK));
        for i in 0..len as usize {
            let (key, _) = entry(&read.number()?.to_le_bytes());
            if i % BLOCK == 0 {
                fences.push(key);
            }
            filter.insert(key);
        }
        Ok(Table { at, len, fences, filter })
    }
}

/// A Bloom filter that looks at one word a key.
struct Filter {
    words: Vec<u64>,
}

/// Four bits of each are set: of a hundred other keys, three are taken for one of these.
const KEYS_PER_WORD: u64 = 6;

impl Filter {
    fn for_keys(keys: u64) -> Filter {
        Filter { words: vec![0; keys.div_ceil(KEYS_PER_WORD).max(1) as usize] }
    }

    fn insert(&mut self, key: u32) {
        let (word, bits) = self.place(key);
        self.words[word] |= bits;
    }

    fn may_hold(&self, key: u32) -> bool {
        let (word, bits) = self.place(key);
        self.words[word] & bits == bits
    }

    fn place(&self, key: u32) -> (usize, u64) {
        let hash = mix(u64::from(key), 0);
        let word = ((hash >> 32) * self.words.len() as u64) >> 32;
        let bits = (0..4).fold(0, |bits, i| bits | 1 << (hash >> (6 * i) & 63));
        (word as usize, bits)
    }
}

/// Under which key a fingerprint is looked up.
fn fingerprint_key(fingerprint: u128) -> u32 {
    fingerprint as u32
}

fn entry(bytes: &[u8; 8]) -> (u32, u32) {
    let both = u64::from_le_bytes(*bytes);
    (both as u32, (both >> 32) as u32)
}

/// Merges the entries of one table.
fn write_entries(
    table: usize,
    segments: &[Arc<Segment>],
    recent: &Recent,
    out: &mut CheckedWriter,
) -> io::Result<()> {
    type Entries = Box<dyn Iterator<Item = io::Result<(u32, u32)>>>;
    let mut parts: Vec<Peekable<Entries>> = Vec::new();
    for segment in segments {
        parts.push((Box::new(segment.entries(table)?) as Entries).peekable());
    }
    let recent = if table > recent.tables() { fingerprint_entries(recent) } else { recent.entries(table) };
    parts.push((Box::new(recent.into_iter().map(Ok)) as Entries).peekable());
    loop {
        // A part that can't be read goes first, so that its error is met.
        let head = |part: &mut Peekable<Entries>| part.peek().map(|it| it.as_ref().ok().copied());
        let next =
            parts.iter_mut().filter_map(|part| Some((head(part)?, part))).min_by_key(|(head, _)| *head);
        let Some((key, number)) = next.and_then(|(_, part)| part.next()).transpose()? else { return Ok(()) };
        out.write_all(&(u64::from(key) | u64::from(number) << 32).to_le_bytes())?;
    }
}

fn fingerprint_entries(recent: &Recent) -> Vec<(u32, u32)> {
    let keys = recent.fingerprints().iter().map(|it| fingerprint_key(*it));
    let mut entries: Vec<(u32, u32)> = keys.zip(recent.first()..).collect();
    entries.sort_unstable();
    entries
}

struct CheckedWriter {
    inner: BufWriter<File>,
    hash: Xxh3,
}

impl Write for CheckedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

struct CheckedReader {
    inner: BufReader<File>,
    hash: Xxh3,
}

impl CheckedReader {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let mut left = bytes;
        while left > 0 {
            let held = self.inner.fill_buf()?;
            let some = held.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if some == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.hash.update(&held[..some]);
            self.inner.consume(some);
            left -= some as u64;
        }
        Ok(())
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.inner.read_exact(&mut bytes)?;
        self.hash.update(&bytes);
        Ok(u64::from_le_bytes(bytes))
    }
}
