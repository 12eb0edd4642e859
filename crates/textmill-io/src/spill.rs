//! Documents to a temporary file and back, exactly as they were.
//!
//! A stage that sees the whole corpus before it changes a document makes the run go over the documents twice.
//! What came out of the first pass waits here: whole batches, packed and unpacked by any worker ([`encode`],
//! [`decode`]), appended and taken back in order by one thread ([`SpillWriter`], [`SpillReader`]).
//!
//! The form is private to a run: it holds everything about a document, including what no output shows, and it
//! changes with the program. Every block carries a checksum, so that a full or failing disk is an error and never
//! another document.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use textmill_model::Document;
use xxhash_rust::xxh3::xxh3_64;

/// Why spilled documents cannot be had back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpillError {
    /// The file cannot be written or read.
    #[error("cannot use temporary file `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A block is not what was written.
    #[error("temporary file is damaged: {0}")]
    Damaged(&'static str),
}

/// Packs documents into a block.
///
/// # Examples
///
/// ```
/// use textmill_io::spill::{decode, encode};
/// use textmill_model::Document;
///
/// let documents = vec![Document::new("1", "Rain fell.")];
/// assert_eq!(decode(&encode(&documents))?, documents);
/// # Ok::<(), textmill_io::spill::SpillError>(())
/// ```
pub fn encode(documents: &[Document]) -> Vec<u8> {
    let plain = postcard::to_stdvec(documents).expect("a document has nothing that postcard refuses");
    let packed = zstd::bulk::compress(&plain, 1).expect("memory holds what is being compressed");
    let mut block = Vec::with_capacity(packed.len() + 8);
    block.extend_from_slice(&(plain.len() as u64).to_le_bytes());
    block.extend_from_slice(&packed);
    block
}

/// Unpacks the documents of a block.
///
/// # Errors
///
/// [`SpillError::Damaged`] when [`encode`] did not make `block`.
pub fn decode(block: &[u8]) -> Result<Vec<Document>, SpillError> {
    let (length, packed) =
        block.split_first_chunk::<8>().ok_or(SpillError::Damaged("a block is cut short"))?;
    let length =
        usize::try_from(u64::from_le_bytes(*length)).map_err(|_| SpillError::Damaged("a length is wrong"))?;
    let plain =
        zstd::bulk::decompress(packed, length).map_err(|_| SpillError::Damaged("a block does not unpack"))?;
    postcard::from_bytes(&plain).map_err(|_| SpillError::Damaged("a block holds no documents"))
}

/// Appends blocks to a temporary file.
pub struct SpillWriter {
    file: BufWriter<File>,
    spilled: SpilledFile,
}

/// A temporary file with blocks. It stays until somebody takes it away.
#[derive(Debug)]
pub struct SpilledFile {
    path: PathBuf,
    bytes: u64,
    blocks: u64,
}

/// Gives blocks back in the order in which they were written.
pub struct SpillReader<'a> {
    file: BufReader<File>,
    spilled: &'a SpilledFile,
    read: SpillPoint,
}

impl SpillWriter {
    /// Makes a temporary file at `path`.
    ///
    /// # Errors
    ///
    /// [`SpillError::File`] when it cannot be made.
    pub fn create(path: &Path) -> Result<SpillWriter, SpillError> {
        let file = File::create(path).map_err(|source| SpillError::File { path: path.to_owned(), source })?;
        let spilled = SpilledFile { path: path.to_owned(), bytes: 0, blocks: 0 };
        Ok(SpillWriter { file: BufWriter::new(file), spilled })
    }

    /// Goes on with a file of which an earlier run had written so much; what it wrote behind that is cut off.
    ///
    /// # Errors
    ///
    /// [`SpillError::File`] when it cannot be opened, [`SpillError::Damaged`] when it is shorter.
    pub fn resume(path: &Path, point: SpillPoint) -> Result<SpillWriter, SpillError> {
        let spilled = SpilledFile::at(path, point);
        let open = || {
            let mut file = File::options().write(true).open(path)?;
            let there = file.metadata()?.len();
            file.set_len(point.bytes)?;
            file.seek(SeekFrom::End(0))?;
            Ok((file, there))
        };
        let (file, there) = open().map_err(|source| spilled.fault(source))?;
        if there < point.bytes {
            return Err(SpillError::Damaged("it is shorter than it was"));
        }
        Ok(SpillWriter { file: BufWriter::new(file), spilled })
    }

    /// Brings what was written so far to the disk.
    ///
    /// # Errors
    ///
    /// [`SpillError::File`], most likely because the disk is full.
    pub fn commit(&mut self) -> Result<SpillPoint, SpillError> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        synced.map_err(|source| self.spilled.fault(source))?;
        Ok(self.spilled.point())
    }

    /// What was written so far, as a file to be read. To be asked after [`Self::commit`].
    pub fn spilled(&self) -> &SpilledFile {
        &self.spilled
    }

    /// Appends a block.
    ///
    /// # Errors
    ///
    /// [`SpillError::File`], most likely because the disk is full.
    pub fn write(&mut self, block: &[u8]) -> Result<(), SpillError> {
        let mut head = [0; 16];
        head[..8].copy_from_slice(&(block.len() as u64).to_le_bytes());
        head[8..].copy_from_slice(&xxh3_64(block).to_le_bytes());
        let written = self.file.write_all(&head).and_then(|()| self.file.write_all(block));
        written.map_err(|source| self.spilled.fault(source))?;
        self.spilled.bytes += (head.len() + block.len()) as u64;
        self.spilled.blocks += 1;
        Ok(())
    }

    /// Ends writing.
    ///
    /// # Errors
    ///
    /// [`SpillError::File`], most likely because the disk is full.
    pub fn finish(mut self) -> Result<SpilledFile, SpillError> {
        self.file.flush().map_err(|source| self.spilled.fault(source))?;
        Ok(self.spilled)
    }
}

/// How far a spill is written or read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpillPoint {
    /// Bytes of the file.
    pub bytes: u64,
    /// Blocks in them.
    pub blocks: u64,
}

impl SpilledFile {
    /// A file that was written up to `point`.
    pub fn at(path: &Path, point: SpillPoint) -> SpilledFile {
        SpilledFile { path: path.to_owned(), bytes: point.bytes, blocks: point.blocks }
    }

    /// How far it is written.
    pub fn point(&self) -> SpillPoint {
        SpillPoint { bytes: self.bytes, blocks: self.blocks }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How large the file is, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many blocks are in it.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Reads the blocks from the first on; as often as needed.
    ///
    /// # Errors
    ///
    /// [`SpillError::File`] when the file is not there any more.
    pub fn reader(&self) -> Result<SpillReader<'_>, SpillError> {
        let file = File::open(&self.path).map_err(|source| self.fault(source))?;
        Ok(SpillReader { file: BufReader::new(file), spilled: self, read: SpillPoint::default() })
    }

    /// Reads the blocks behind `point`.
    ///
    /// # Errors
    ///
    /// As [`Self::reader`].
    pub fn reader_at(&self, point: SpillPoint) -> Result<SpillReader<'_>, SpillError> {
        let mut reader = self.reader()?;
        reader.file.seek(SeekFrom::Start(point.bytes)).map_err(|source| self.fault(source))?;
        reader.read = point;
        Ok(reader)
    }

    fn fault(&self, source: io::Error) -> SpillError {
        SpillError::File { path: self.path.clone(), source }
    }
}

impl SpillReader<'_> {
    /// The next block; `None` behind the last.
    ///
    /// # Errors
    ///
    /// [`SpillError::File`] when the file cannot be read, [`SpillError::Damaged`] when a block is not what was
    /// written.
    #[allow(clippy::should_implement_trait)] // an iterator of results would be read on after an error
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, SpillError> {
        if self.read.blocks == self.spilled.blocks {
            return Ok(None);
        }
        let head: [u8; 8] = self.array()?;
        let checksum = u64::from_le_bytes(self.array()?);
        let length = u64::from_le_bytes(head);
        if length > self.spilled.bytes {
            return Err(SpillError::Damaged("a length is wrong"));
        }
        let mut block = vec![0; length as usize];
        self.file.read_exact(&mut block).map_err(|source| self.spilled.fault(source))?;
        if xxh3_64(&block) != checksum {
            return Err(SpillError::Damaged("a checksum is wrong"));
        }
        self.read.blocks += 1;
        self.read.bytes += 16 + length;
        Ok(Some(block))
    }

    /// How far the file is read.
    pub fn position(&self) -> SpillPoint {
        self.read
    }

    fn array(&mut self) -> Result<[u8; 8], SpillError> {
        let mut bytes = [0; 8];
        self.file.read_exact(&mut bytes).map_err(|source| self.spilled.fault(source))?;
        Ok(bytes)
    }
}
