//! Compressed input, known by its first bytes and not by its name.
//!
//! Several gzip members or zstd frames behind each other are one stream, as the tools write them. Whatever the
//! caller does, the layers below are asked for the same stretches of bytes, so that a damaged file gives the
//! same text up to the damage in every run.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::waiting::{Cancelled, WaitingInput};

/// The longest stretch that a stream gives at once.
pub(crate) const BUFFER_BYTES: usize = 1 << 17;

/// A file being read, decompressed on the way.
pub(crate) struct InputStream {
    decompressed: Box<dyn BufRead + Send>,
    packing: Packing,
    file_bytes: Arc<AtomicU64>,
    fault: Option<(io::ErrorKind, String)>,
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// What the first bytes of a file say.
    fn of(first: &[u8]) -> Packing {
        match first {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }
}

impl InputStream {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> io::Result<InputStream> {
        InputStream::new(File::open(path)?)
    }

    /// Opens what one may have to wait for, standard input for `-`; gives up once `cancelled` says so.
    pub(crate) fn open_waiting(path: &Path, cancelled: Cancelled) -> io::Result<InputStream> {
        if path == Path::new("-") {
            return InputStream::new(WaitingInput::new(|| Ok(io::stdin()), cancelled)?);
        }
        let path = path.to_owned();
        InputStream::new(WaitingInput::new(|| File::open(path), cancelled)?)
    }

    pub(crate) fn new(file: impl Read + Send + 'static) -> io::Result<InputStream> {
        let file_bytes = Arc::new(AtomicU64::new(0));
        let counted = Counted { file, bytes: Arc::clone(&file_bytes) };
        let mut packed = BufReader::with_capacity(BUFFER_BYTES, counted);
        let packing = Packing::of(packed.fill_buf()?);
        let decompressed: Box<dyn BufRead + Send> = match packing {
            Packing::Plain => Box::new(packed),
            Packing::Gzip => Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(packed))),
            Packing::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
                Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
            }
        };
        Ok(InputStream { decompressed, packing, file_bytes, fault: None })
    }

    /// The next bytes; empty at the end. To be followed by [`Self::consume`].
    ///
    /// An error comes again each time, so that looking ahead cannot swallow it.
    pub(crate) fn fill(&mut self) -> io::Result<&[u8]> {
        if let Some((kind, message)) = &self.fault {
            return Err(io::Error::new(*kind, message.clone()));
        }
        let at_end = loop {
            match self.decompressed.fill_buf() {
                Ok(bytes) => break bytes.is_empty(),
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => {
                    self.fault = Some((err.kind(), err.to_string()));
                    return Err(err);
                }
            }
        };
        if at_end { Ok(&[]) } else { self.decompressed.fill_buf() } // what the loop has just filled
    }

    /// The next bytes, as [`Self::fill`] gives them, but at least `bytes` of them where there are as many.
    pub(crate) fn peek(&mut self, bytes: usize) -> io::Result<&[u8]> {
        if self.fill()?.len() >= bytes {
            return self.fill();
        }
        let mut ahead = Vec::with_capacity(bytes);
        while ahead.len() < bytes {
            let before = ahead.len();
            match self.fill() {
                Ok([]) | Err(_) => break,
                Ok(chunk) => ahead.extend_from_slice(chunk),
            }
            self.decompressed.consume(ahead.len() - before);
        }
        let behind: Box<dyn BufRead + Send> = match self.fault.take() {
            Some((kind, message)) => Box::new(BufReader::new(Broken { kind, message })),
            None => std::mem::replace(&mut self.decompressed, Box::new(io::empty())),
        };
        self.decompressed = Box::new(Cursor::new(ahead).chain(behind));
        self.fill()
    }

    /// Passes over the first `bytes` of a stream that was just opened: without reading them, where it is that of the
    /// file at `path` and not packed.
    pub(crate) fn skip(&mut self, path: Option<&Path>, bytes: u64) -> io::Result<()> {
        if let (Some(path), Packing::Plain) = (path, self.packing) {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(bytes))?;
            self.file_bytes.store(bytes, Ordering::Relaxed);
            let counted = Counted { file, bytes: Arc::clone(&self.file_bytes) };
            self.decompressed = Box::new(BufReader::with_capacity(BUFFER_BYTES, counted));
            return Ok(());
        }
        let mut left = bytes;
        while left > 0 {
            let n = self.fill()?.len();
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let taken = n.min(usize::try_from(left).unwrap_or(usize::MAX));
            self.consume(taken);
            left -= taken as u64;
        }
        Ok(())
    }

    pub(crate) fn consume(&mut self, bytes: usize) {
        self.decompressed.consume(bytes);
    }

    /// Whether the file is packed.
    pub(crate) fn is_packed(&self) -> bool {
        self.packing != Packing::Plain
    }

    /// How many bytes of the file itself were read so far.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.file_bytes.load(Ordering::Relaxed)
    }

    /// Counts them also when somebody else has the stream.
    pub(crate) fn file_bytes_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.file_bytes)
    }

    /// An error of this stream, said for people.
    pub(crate) fn describe(&self, err: &io::Error) -> String {
        let name = match self.packing {
            Packing::Plain => return format!("cannot be read: {err}"),
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
        };
        match err.kind() {
            io::ErrorKind::UnexpectedEof => format!("the {name} stream breaks off: the file is not whole"),
            _ => format!("the {name} stream is damaged: {err}"),
        }
    }
}

/// For libraries that read. Errors come described.
impl Read for InputStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = match self.fill() {
            Ok(bytes) => bytes,
            Err(err) => return Err(io::Error::other(self.describe(&err))),
        };
        let n = bytes.len().min(buffer.len());
        buffer[..n].copy_from_slice(&bytes[..n]);
        self.consume(n);
        Ok(n)
    }
}

/// A stream where nothing is to be read any more, because of an error.
struct Broken {
    kind: io::ErrorKind,
    message: String,
}

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(self.kind, self.message.clone()))
    }
}

struct Counted<R> {
    file: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
