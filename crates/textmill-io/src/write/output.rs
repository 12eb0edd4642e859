//! A file that appears when it is whole, compressed on the way.
//!
//! Compressed output is cut into members (gzip) or frames (zstd) of 1 MiB of content each, which every
//! decompressor reads as one stream. So the bytes depend on the content alone and not on how it arrived.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::num::NonZeroU8;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::packing::PackingThreads;
use super::{FinishedOutput, OutputPoint};
use crate::options::OptionFault;

/// How a file is packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// As the file name says: `.gz`, `.zst`, or not at all.
    #[default]
    Auto,
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// What the options of a sink say of packing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Packing {
    pub(super) compression: Compression,
    /// The usual one when not given.
    pub(super) level: Option<i32>,
    /// As many as the run has when not given.
    pub(super) threads: Option<NonZeroU8>,
}

const CUT_BYTES: usize = 1 << 20;
const THREADS_MAX: usize = 8; // unless somebody asks for more

/// Where a stream of bytes goes, and how.
#[derive(Debug)]
pub(super) struct Target {
    file: Option<PathBuf>,
    compression: Compression,
    level: i32,
    threads: Option<NonZeroU8>,
}

impl Target {
    /// Checks where a stream is to go; `path` is `-` for standard output.
    pub(super) fn new(path: &str, packing: Packing, base: &Path) -> Result<Target, OptionFault> {
        let file = (path != "-").then(|| base.join(path));
        if let Some(file) = &file {
            check_file(path, file)?;
        }
        let compression = match (packing.compression, path.rsplit_once('.')) {
            (Compression::Auto, Some((_, "gz"))) => Compression::Gzip,
            (Compression::Auto, Some((_, "zst"))) => Compression::Zstd,
            (Compression::Auto, _) => Compression::None,
            (given, _) => given,
        };
        let levels = match compression {
            Compression::Gzip => 0..=9,
            _ => 1..=19,
        };
        let default = if compression == Compression::Gzip { 6 } else { 3 };
        let level = packing.level.unwrap_or(default);
        if !levels.contains(&level) {
            let message = format!("there is no compression level {level}");
            let hint = format!("levels are {} to {}", levels.start(), levels.end());
            return Err(OptionFault::new("/compression_level", message, hint));
        }
        Ok(Target { file, compression, level, threads: packing.threads })
    }

    /// The file; `None` for standard output.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether a stream can be cut back: not what went into a pipe or a device.
    pub(super) fn has_way_back(&self) -> bool {
        self.file.as_ref().is_some_and(|file| fs::metadata(file).map_or(true, |it| it.is_file()))
    }

    /// Starts a stream, packed by as many threads as its options say, else by `threads`.
    pub(super) fn create(&self, threads: usize) -> io::Result<OutputStream> {
        let place = match &self.file {
            Some(path) => Place::of_file(path)?,
            None => Place::Stdout(io::stdout()),
        };
        Ok(self.stream(place, threads))
    }

    /// Goes on with a stream of which an earlier one wrote so much.
    pub(super) fn resume(&self, point: &OutputPoint, threads: usize) -> io::Result<OutputStream> {
        let path = self.file.as_ref().ok_or_else(|| io::Error::other("standard output has no way back"))?;
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        let file = PartialFile::resume(&path, point.bytes)?;
        let hash = Some(hash_of(&file.partial)?);
        let OutputPoint { bytes, cuts, tail } = point.clone();
        let stream = self.stream(Place::File(file), threads);
        Ok(OutputStream { cut: tail, cuts, written: bytes, hash, ..stream })
    }

    fn stream(&self, place: Place, threads: usize) -> OutputStream {
        let packed = self.compression != Compression::None;
        let threads = self.threads.map_or(threads.clamp(1, THREADS_MAX), |threads| threads.get().into());
        let packing = packed.then(|| PackingThreads::new(self.compression, self.level, threads));
        OutputStream { place, packing, cut: Vec::new(), cuts: 0, written: 0, hash: Some(Sha256::new()) }
    }
}

/// The hash of what a file has so far.
fn hash_of(path: &Path) -> io::Result<Sha256> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hash)
}

fn check_file(named: &str, file: &Path) -> Result<(), OptionFault> {
    if named.is_empty() || named.ends_with('/') || file.is_dir() {
        let message = format!("`{named}` is a folder, and a file is needed");
        return Err(OptionFault::new("/path", message, "add a file name, such as `documents.jsonl`"));
    }
    check_parents("/path", named, file)
}

/// Checks that the folders above `path` are folders, as far as they are there.
pub(super) fn check_parents(pointer: &str, named: &str, path: &Path) -> Result<(), OptionFault> {
    let there = path.ancestors().skip(1).find(|parent| parent.exists());
    match there {
        Some(parent) if !parent.is_dir() && parent != Path::new("") => {
            let message = format!("`{named}` cannot be made: `{}` is a file", parent.display());
            Err(OptionFault::new(pointer, message, "choose another place"))
        }
        _ => Ok(()),
    }
}

/// Bytes on their way to a file or to standard output.
pub(super) struct OutputStream {
    place: Place,
    packing: Option<PackingThreads>,
    cut: Vec<u8>, // what waits to become a whole cut
    cuts: u64,
    written: u64,
    /// Of what was written to a file: to read it again for its checksum would cost more than to hash it on the way.
    /// None when somebody else reckons it.
    hash: Option<Sha256>,
}

enum Place {
    File(PartialFile),
    /// A pipe or a device, which must not be replaced by a file.
    Special(File),
    Stdout(io::Stdout),
}

impl Place {
    fn of_file(path: &Path) -> io::Result<Place> {
        match fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                Ok(Place::Special(File::options().write(true).open(path)?))
            }
            Ok(_) => Ok(Place::File(PartialFile::create(&path.canonicalize()?)?)), // a link stays a link
            Err(_) => Ok(Place::File(PartialFile::create(path)?)),
        }
    }
}

impl OutputStream {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.packing.is_none() {
            return self.put(bytes);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let (taken, left) = rest.split_at(rest.len().min(CUT_BYTES - self.cut.len()));
            self.cut.extend_from_slice(taken);
            rest = left;
            if self.cut.len() == CUT_BYTES {
                self.pack()?;
            }
        }
        Ok(())
    }

    /// Brings what was written so far to the disk, and leaves it there from now on. None where there is no way back.
    pub(super) fn commit(&mut self) -> io::Result<Option<OutputPoint>> {
        if !matches!(self.place, Place::File(_)) {
            return Ok(None);
        }
        self.drain()?;
        let Place::File(file) = &mut self.place else { return Ok(None) };
        file.file.sync_data()?;
        file.stays = true;
        Ok(Some(OutputPoint { bytes: self.written, cuts: self.cuts, tail: self.cut.clone() }))
    }

    /// Gives the hash of what was written so far away, where what is written is what comes in.
    pub(super) fn split_hash(&mut self) -> Option<Sha256> {
        let is_as_it_comes = self.packing.is_none() && matches!(self.place, Place::File(_));
        self.hash.take_if(|_| is_as_it_comes)
    }

    /// Writes all pieces that were given away to be packed.
    fn drain(&mut self) -> io::Result<()> {
        while let Some(packed) = self.packing.as_mut().map(PackingThreads::next).transpose()?.flatten() {
            self.put(&packed)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<FinishedOutput> {
        let rest = !self.cut.is_empty() || self.cuts == 0; // an empty file would be no gzip or zstd file
        if self.packing.is_some() && rest {
            self.pack()?;
        }
        self.drain()?;
        let mut sha256 = None;
        match self.place {
            Place::File(file) => {
                file.finish()?;
                sha256 = self.hash.map(|hash| hash.finalize().into());
            }
            Place::Special(_) => {}
            Place::Stdout(mut stdout) => stdout.flush()?,
        }
        Ok(FinishedOutput { files: 1, bytes: self.written, sha256 })
    }

    fn pack(&mut self) -> io::Result<()> {
        let cut = std::mem::replace(&mut self.cut, Vec::with_capacity(CUT_BYTES));
        self.cuts += 1;
        match self.packing.as_mut().map(|packing| packing.push(cut)).transpose()?.flatten() {
            Some(packed) => self.put(&packed),
            None => Ok(()),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.place {
            Place::File(file) => {
                file.file.write_all(bytes)?;
                self.hash.iter_mut().for_each(|hash| hash.update(bytes));
            }
            Place::Special(file) => file.write_all(bytes)?,
            Place::Stdout(stdout) => stdout.write_all(bytes)?,
        }
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// A file under a temporary name beside the final one.
///
/// The name is always the same, so that what a killed run left is used up by the next; a lock keeps two runs
/// from writing it at once.
pub(super) struct PartialFile {
    pub(super) file: File,
    partial: PathBuf,
    path: PathBuf,
    /// Whether it is left when this is dropped: it has its name, or another run is to go on with it.
    stays: bool,
}

impl PartialFile {
    pub(super) fn create(path: &Path) -> io::Result<PartialFile> {
        let parent = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(parent)?;
        let partial = partial(path);
        let file = open_locked(&partial, path)?;
        file.set_len(0)?;
        Ok(PartialFile { file, partial, path: path.to_owned(), stays: false })
    }

    /// Opens what an earlier run left, and cuts off all behind `bytes`. It stays when this is dropped.
    pub(super) fn resume(path: &Path, bytes: u64) -> io::Result<PartialFile> {
        let partial = partial(path);
        let there = fs::metadata(&partial).map_or(0, |metadata| metadata.len());
        if there < bytes || !partial.exists() {
            let message =
                format!("`{}` has {there} bytes, and the run had written {bytes}", partial.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        let mut file = open_locked(&partial, path)?;
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        Ok(PartialFile { file, partial, path: path.to_owned(), stays: true })
    }

    /// Brings the file to the disk and gives it its name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.partial, &self.path)?;
        self.stays = true;
        sync_folder(&self.path)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.stays {
            let _ = fs::remove_file(&self.partial); // nothing better can be done about an error here
        }
    }
}

/// The temporary name beside the final one.
fn partial(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.partial"))
}

/// Opens the temporary file `at` of `output` for this run alone, and makes it when it is not there.
///
/// # Errors
///
/// [`io::ErrorKind::ResourceBusy`] when another run has it.
pub(super) fn open_locked(at: &Path, output: &Path) -> io::Result<File> {
    loop {
        let file = File::options().create(true).truncate(false).write(true).open(at)?;
        if let Some(locked) = locked(file, at, output)? {
            return Ok(locked);
        }
    }
}

/// Locks a file that was opened `at` a place; `None` when it was moved away meanwhile, as the output of a run that
/// finished just then.
fn locked(file: File, at: &Path, output: &Path) -> io::Result<Option<File>> {
    match file.try_lock() {
        Ok(()) => Ok(stands_at(&file, at)?.then_some(file)),
        Err(TryLockError::WouldBlock) => {
            let message = format!("another run is writing `{}`", output.display());
            Err(io::Error::new(io::ErrorKind::ResourceBusy, message))
        }
        Err(TryLockError::Error(_)) => Ok(Some(file)), // a file system without locks
    }
}

/// Whether the file `at` is still the one that was opened there.
#[cfg(unix)]
fn stands_at(file: &File, at: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let opened = file.metadata()?;
    match fs::metadata(at) {
        Ok(there) => Ok((there.dev(), there.ino()) == (opened.dev(), opened.ino())),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(err) => Err(err),
    }
}

/// A file that somebody has open is neither renamed nor removed elsewhere.
#[cfg(not(unix))]
fn stands_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Makes the renaming of `path` last through a power cut, where the system has a way to.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_finished_while_it_was_opened_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut first = PartialFile::create(&path).unwrap();
        first.file.write_all(b"whole").unwrap();
        let at = first.partial.clone();
        let opened_too_early = || File::options().write(true).open(&at).unwrap();
        let (one, another) = (opened_too_early(), opened_too_early());
        let refused = locked(opened_too_early(), &at, &path).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ResourceBusy);

        first.finish().unwrap();
        assert!(locked(one, &at, &path).unwrap().is_none(), "it is the output by now");
        let _second = PartialFile::create(&path).unwrap();
        assert!(locked(another, &at, &path).unwrap().is_none(), "another file stands there by now");
        assert_eq!(fs::read(path).unwrap(), b"whole");
    }
}
