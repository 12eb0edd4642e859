//! Archives, tar and zip: folders in a file.
//!
//! Each member is read as a file of that name in a folder would be, packed or not, by whichever source. Members come in
//! the order in which the archive has them. What holds of folders holds here: hidden files don't count, `extensions` says
//! which of the others are read, and a file in a wrong place is a reject that says so. Nothing is ever written, so a member
//! can't get out of the archive; one whose name tries to is refused all the same.
//!
//! Only `document_bytes_max` says how much may come out of a member, whatever it says of itself. Members of a zip file that
//! lie on top of each other, as in archives made to fill disks, are refused.
//!
//! The libraries lend out one member at a time. So a thread of its own walks through the archive and sends what it finds
//! in pieces, some few ahead; it ends with the archive, or when nobody listens any more.
//!
//! A tar archive is a stream, packed or not; a zip file has its table of contents at its end, and so must be a file.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tar::EntryType;
use xxhash_rust::xxh3::xxh3_64;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::inputs::has_extension;
use crate::compression::InputStream;

/// The kinds of archive there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArchiveKind {
    Tar,
    Zip,
}

/// As much of a file as tells whether it is an archive.
pub(super) const HEAD_BYTES: usize = 512;

impl ArchiveKind {
    /// What the first bytes of a file say.
    pub(super) fn of(head: &[u8]) -> Option<ArchiveKind> {
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Some(ArchiveKind::Zip);
        }
        is_tar_header(head.first_chunk()?).then_some(ArchiveKind::Tar)
    }
}

/// Whether a block begins a member: its bytes add up to the checksum that is written in it. Archives from before POSIX have
/// no other mark.
fn is_tar_header(block: &[u8; HEAD_BYTES]) -> bool {
    const CHECKSUM: Range<usize> = 148..156; // it counts as if spaces stood there
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(i, byte)| if CHECKSUM.contains(&i) { 32 } else { u32::from(*byte) })
        .sum();
    let written = std::str::from_utf8(&block[CHECKSUM]).unwrap_or_default().trim_matches(['\0', ' ']);
    u32::from_str_radix(written, 8) == Ok(sum)
}

/// Whether a file is called an archive; what is in it, its bytes say.
pub(super) fn is_named_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = super::inputs::without_packing(&name);
    [".tar", ".tgz", ".tzst", ".zip"].iter().any(|extension| name.ends_with(extension))
}

/// How a member is named: `texts.tar.gz!/news/1.txt`, as in addresses of what is in Java archives.
pub(super) fn shown(archive: &str, member: &str) -> Arc<str> {
    format!("{archive}!/{member}").into()
}

/// An archive that is being read.
pub(super) struct Archive {
    pub(super) shown: Arc<str>,
    pub(super) id: Arc<str>,
    pieces: Arc<Mutex<Pieces>>,
    given_up: Arc<AtomicU64>,
    file_bytes: Arc<AtomicU64>,
    /// The member that is being read, or the next one that may be; counted from 0, whatever it is.
    pub(super) number: u64,
    is_empty: bool,
}

/// A member to be read.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) bytes: MemberBytes,
}

/// A member that is not read, or what ends the archive.
pub(super) struct Odd {
    pub(super) name: Option<String>,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

/// What the thread sends.
enum Piece {
    Member {
        number: u64,
        name: String,
    },
    Bytes(Vec<u8>),
    /// The member breaks off; its end comes all the same.
    Fault(String),
    MemberEnd,
    Odd {
        number: u64,
        odd: Odd,
    },
}

struct Pieces {
    receiver: Receiver<Piece>,
    /// The member whose end has not come yet.
    inside: Option<u64>,
}

impl Pieces {
    fn next(&mut self) -> Option<Piece> {
        let piece = self.receiver.recv().ok()?;
        match piece {
            Piece::Member { number, .. } => self.inside = Some(number),
            Piece::MemberEnd => self.inside = None,
            _ => {}
        }
        Some(piece)
    }
}

impl Archive {
    /// Opens an archive at its member number `from`. `stream` is that of `file`, or of something that is none.
    ///
    /// # Errors
    ///
    /// A sentence, when this archive can't be read from there.
    pub(super) fn open(
        kind: ArchiveKind,
        stream: InputStream,
        file: Option<&Path>,
        (shown, id): (Arc<str>, Arc<str>),
        extensions: &[String],
        from: u64,
    ) -> Result<Archive, String> {
        let (sender, receiver) = sync_channel(PIECES_AHEAD);
        let (given_up, file_bytes) = (Arc::new(AtomicU64::new(u64::MAX)), stream.file_bytes_counter());
        let walk = Walk {
            sender,
            given_up: Arc::clone(&given_up),
            extensions: extensions.to_vec(),
            from,
            next: 0,
            names: HashSet::new(),
        };
        let work: Box<dyn FnOnce() + Send> = match (kind, file) {
            (ArchiveKind::Tar, _) => Box::new(move || walk.through(|walk| walk_tar(stream, walk))),
            (ArchiveKind::Zip, Some(file)) if !stream.is_packed() => {
                let file = File::open(file).map_err(|err| format!("cannot be read: {err}"))?;
                let read = Arc::clone(&file_bytes);
                Box::new(move || walk.through(|walk| walk_zip(file, &read, walk)))
            }
            (ArchiveKind::Zip, _) => {
                return Err("is a zip archive, which can be read from a file and not from a pipe or packed"
                    .to_owned());
            }
        };
        thread::Builder::new().name("archive".to_owned()).spawn(work).map_err(|err| err.to_string())?;
        let pieces = Arc::new(Mutex::new(Pieces { receiver, inside: None }));
        Ok(Archive { shown, id, pieces, given_up, file_bytes, number: from, is_empty: from == 0 })
    }

    /// The next member; `None` behind the last.
    pub(super) fn next(&mut self) -> Option<Result<Member, Odd>> {
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = pieces.inside {
            self.given_up.store(number, Ordering::Relaxed); // what nobody wanted of it need not be sent
            while pieces.inside.is_some() && pieces.next().is_some() {}
        }
        let Some(piece) = pieces.next() else {
            let nothing = std::mem::take(&mut self.is_empty).then(|| Odd {
                name: None,
                reason: "empty",
                message: "the archive has no file to read".to_owned(),
            });
            return nothing.map(Err);
        };
        self.is_empty = false;
        match piece {
            Piece::Member { number, name } => {
                self.number = number;
                let bytes = MemberBytes { pieces: Arc::clone(&self.pieces), chunk: Cursor::default() };
                Some(Ok(Member { name, bytes }))
            }
            Piece::Odd { number, odd } => {
                self.number = number + 1;
                Some(Err(odd))
            }
            Piece::Bytes(_) | Piece::Fault(_) | Piece::MemberEnd => {
                unreachable!("these stand inside a member")
            }
        }
    }

    /// Says that the member that was being read is read.
    pub(super) fn close_member(&mut self) {
        self.number += 1;
    }

    /// How many bytes of the file itself were read so far.
    pub(super) fn file_bytes(&self) -> u64 {
        self.file_bytes.load(Ordering::Relaxed)
    }
}

/// The bytes of a member.
pub(super) struct MemberBytes {
    pieces: Arc<Mutex<Pieces>>,
    chunk: Cursor<Vec<u8>>,
}

impl Read for MemberBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.chunk.read(buffer)?;
        if n > 0 || buffer.is_empty() {
            return Ok(n);
        }
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        if pieces.inside.is_none() {
            return Ok(0);
        }
        match pieces.next() {
            Some(Piece::Bytes(bytes)) => self.chunk = Cursor::new(bytes),
            Some(Piece::Fault(message)) => return Err(io::Error::other(message)),
            Some(Piece::MemberEnd) => return Ok(0),
            _ => return Err(io::Error::other("the thread that reads the archive died")),
        }
        self.chunk.read(buffer)
    }
}

const PIECES_AHEAD: usize = 16;
const PIECE_BYTES: usize = 1 << 17;

/// The way through an archive, on a thread of its own.
struct Walk {
    sender: SyncSender<Piece>,
    /// The member of which nothing more is wanted.
    given_up: Arc<AtomicU64>,
    extensions: Vec<String>,
    from: u64,
    next: u64,
    names: HashSet<u64>, // hashes: two of 64 bits are the same for one in 10^12 pairs of archives of a million members
}

/// Why the walk ends early.
enum Stop {
    /// Nobody listens.
    Unheard,
    /// What is behind can't be read.
    Broken(String),
}

impl From<io::Error> for Stop {
    fn from(err: io::Error) -> Stop {
        Stop::Broken(said(&err))
    }
}

impl Walk {
    fn through(mut self, walk: impl FnOnce(&mut Walk) -> Result<(), Stop>) {
        if let Err(Stop::Broken(message)) = walk(&mut self) {
            let odd = Odd { name: None, reason: "malformed", message };
            let _ = self.send(Piece::Odd { number: self.next, odd }); // when nobody listens nobody has to know
        }
    }

    fn send(&self, piece: Piece) -> Result<(), Stop> {
        self.sender.send(piece).map_err(|_| Stop::Unheard)
    }

    /// Comes to the next member, which is a file and called `name` if all is well, else `what` says what it is. Gives its
    /// number if it is to be read.
    fn enter(&mut self, name: &str, what: Result<(), String>) -> Result<Option<u64>, Stop> {
        let number = self.next;
        self.next += 1;
        let name = name.split('/').filter(|step| *step != ".").collect::<Vec<_>>().join("/");
        if is_hidden(&name) || !has_extension(&name, &self.extensions) {
            return Ok(None);
        }
        let is_new = self.names.insert(xxh3_64(name.as_bytes()));
        let fault = match what {
            Err(what) => Some(("unsupported", what)),
            Ok(()) if leads_out(&name) => Some(("malformed", "its name leads out of the archive".to_owned())),
            Ok(()) if !is_new => {
                Some(("duplicate", "the archive has another file of this name before it".to_owned()))
            }
            Ok(()) => None,
        };
        if number < self.from {
            return Ok(None);
        }
        let Some((reason, message)) = fault else {
            self.send(Piece::Member { number, name })?;
            return Ok(Some(number));
        };
        self.send(Piece::Odd { number, odd: Odd { name: Some(name), reason, message } })?;
        Ok(None)
    }

    /// Sends what is in the member that was entered, of which `bytes` are to come where that is known.
    fn send_content(
        &self,
        number: u64,
        mut content: impl Read,
        bytes: Option<u64>,
    ) -> Result<Option<String>, Stop> {
        let mut sent = 0;
        let fault = loop {
            if self.given_up.load(Ordering::Relaxed) == number {
                break None;
            }
            let mut piece = Vec::with_capacity(
                PIECE_BYTES.min(bytes.map_or(PIECE_BYTES, |bytes| (bytes - sent) as usize + 1)),
            );
            match content.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece) {
                Ok(0) if bytes.is_some_and(|bytes| sent < bytes) => {
                    let bytes = bytes.unwrap_or_default();
                    break Some(format!("the archive breaks off: {sent} of {bytes} bytes are there"));
                }
                Ok(0) => break None,
                Ok(n) => sent += n as u64,
                Err(err) => break Some(said(&err)),
            }
            self.send(Piece::Bytes(piece))?;
        };
        if let Some(message) = &fault {
            self.send(Piece::Fault(message.clone()))?;
        }
        self.send(Piece::MemberEnd)?;
        Ok(fault)
    }
}

/// Hidden files don't count in folders, and neither does what a Mac puts beside files.
fn is_hidden(name: &str) -> bool {
    name.split('/').any(|step| (step.starts_with('.') && step != "..") || step == "__MACOSX")
}

fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\'])
        || name.get(1..3) == Some(":\\")
        || name.split(['/', '\\']).any(|step| step == "..")
}

/// What is wrong, with what the library says is behind it.
fn said(err: &io::Error) -> String {
    let source = err.get_ref().and_then(|inner| inner.source());
    match source {
        Some(source) => format!("the archive is damaged: {err}: {source}"),
        None => format!("the archive is damaged: {err}"),
    }
}

fn walk_tar(stream: InputStream, walk: &mut Walk) -> Result<(), Stop> {
    let mut archive = tar::Archive::new(stream);
    for entry in archive.entries()? {
        let entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let what = match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => Ok(()),
            EntryType::Directory => {
                walk.next += 1;
                continue;
            }
            EntryType::Symlink | EntryType::Link => {
                let target = entry.link_name_bytes().unwrap_or_default();
                Err(format!("is a link to `{}` and has no text of its own", String::from_utf8_lossy(&target)))
            }
            EntryType::GNUSparse => Err("is a sparse file".to_owned()),
            _ => Err("is a device, a pipe, or something else that is no file".to_owned()),
        };
        if let Some(number) = walk.enter(&name, what)? {
            let bytes = entry.size();
            if walk.send_content(number, entry, Some(bytes))?.is_some() {
                return Ok(()); // what breaks a member breaks the stream
            }
        }
    }
    io::copy(&mut archive.into_inner(), &mut io::sink())?; // only at its end does a packed stream say that it is whole
    Ok(())
}

fn walk_zip(file: File, read: &AtomicU64, walk: &mut Walk) -> Result<(), Stop> {
    let broken = |err: ZipError| match err {
        ZipError::Io(err) => Stop::from(err),
        _ => Stop::Broken("its table of contents, which stands at the end, is damaged or cut off".to_owned()),
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    let overlaps = overlapping(&mut archive);
    for i in 0..archive.len() {
        let name = archive.name_for_index(i).and_then(Result::ok).map(Cow::into_owned);
        let name = name.unwrap_or_else(|| format!("member {i}")); // where it is no text
        let what = match archive.by_index_raw(i) {
            Ok(member) if member.is_dir() => {
                walk.next += 1;
                continue;
            }
            Ok(member) => {
                read.fetch_add(member.compressed_size(), Ordering::Relaxed);
                match () {
                    () if member.is_symlink() => Err("is a link and has no text of its own".to_owned()),
                    () if member.encrypted() => Err("is encrypted; unpack it first".to_owned()),
                    () if overlaps.contains(&i) => Err("shares its bytes with another member".to_owned()),
                    () => is_unpacked_here(member.compression()),
                }
            }
            Err(err) => Err(format!("is damaged: {err}")),
        };
        if what.is_err() {
            walk.enter(&name, what)?;
            continue;
        }
        match archive.by_index(i) {
            Ok(member) => {
                if let Some(number) = walk.enter(&name, Ok(()))? {
                    walk.send_content(number, member, None)?;
                }
            }
            Err(err) => {
                walk.enter(&name, Err(format!("cannot be unpacked: {err}")))?;
            }
        }
    }
    Ok(())
}

fn is_unpacked_here(method: CompressionMethod) -> Result<(), String> {
    match method {
        CompressionMethod::Stored | CompressionMethod::Deflated | CompressionMethod::Zstd => Ok(()),
        other => {
            Err(format!("is packed by method {other}; only deflate, zstd and none are read: unpack it first"))
        }
    }
}

/// The members whose packed bytes are, in part, also those of another.
fn overlapping(archive: &mut ZipArchive<BufReader<File>>) -> HashSet<usize> {
    let mut places: Vec<(Range<u64>, usize)> = (0..archive.len())
        .filter_map(|i| {
            let member = archive.by_index_raw(i).ok()?;
            Some((member.header_start()..member.data_start()? + member.compressed_size(), i))
        })
        .collect();
    places.sort_by_key(|(place, i)| (place.start, *i));
    let mut overlapping = HashSet::new();
    let mut farthest: Option<(u64, usize)> = None; // where the one that reaches farthest ends
    for (place, i) in &places {
        if let Some((end, other)) = farthest
            && place.start < end
        {
            overlapping.extend([*i, other]);
        }
        if farthest.is_none_or(|(end, _)| place.end > end) {
            farthest = Some((place.end, *i));
        }
    }
    overlapping
}
