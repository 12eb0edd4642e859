//! Commit points: how far a run is, on the disk, for another process to go on when this one is gone.
//!
//! A run keeps one, its latest. It says where the pass under way reads on, how long each file was, and what the books
//! said. It is written when all of that is on the disk, under another name first, so that at any instant the folder has
//! the earlier one or the later one, whole. What files have behind those lengths is cut off by the run that goes on.
//!
//! What stages remember is not in it: ordered stages save increments to `state/`, which are side files like any other,
//! and corpus stages look again at what was put aside.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use textmill_io::spill::SpillPoint;
use textmill_io::{OutputPoint, SourcePosition};
use textmill_plan::RunSettings;
use xxhash_rust::xxh3::xxh3_64;

use crate::books::Books;
use crate::fingerprint::Fingerprint;

/// How far a run is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CommitPoint {
    /// What the run was made of.
    pub(crate) fingerprint: Fingerprint,
    /// The pass under way, from 0; one behind the last when only names are to be given.
    pub(crate) pass: usize,
    /// Where the pass reads on; none at its beginning.
    pub(crate) position: Option<Position>,
    /// How much the pass before put aside.
    pub(crate) spilled: Option<SpillPoint>,
    /// What the pass has written.
    pub(crate) written: Written,
    /// How long each side file is.
    pub(crate) side_files: BTreeMap<String, u64>,
    /// What became of the documents so far.
    pub(crate) books: Books,
    /// How many odd things there were so far.
    pub(crate) warnings: u64,
}

/// A place between two batches of what a pass reads.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Position {
    Source(SourcePosition),
    Spill(SpillPoint),
}

/// How far the end of a pass is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) enum Written {
    /// Nothing is written yet.
    #[default]
    Nothing,
    Output(OutputPoint),
    Spill(SpillPoint),
}

const NAME: &str = "commit_point";
const MAGIC: &[u8; 8] = b"mill-2\r\n";

impl CommitPoint {
    /// The commit point in a run folder, if there is one.
    ///
    /// # Errors
    ///
    /// When it can't be read, or is none of this version.
    pub(crate) fn load(folder: &Path) -> io::Result<Option<CommitPoint>> {
        let bytes = match fs::read(folder.join(NAME)) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let read = || {
            let (checksum, record) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
            (xxh3_64(record) == u64::from_le_bytes(*checksum)).then(|| postcard::from_bytes(record).ok())?
        };
        let damaged = || {
            let message =
                format!("`{NAME}` is damaged, or of another version of the program; begin anew with --fresh");
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        read().ok_or_else(damaged).map(Some)
    }

    /// Makes this the commit point of a run folder. All that it counts on is on the disk.
    pub(crate) fn store(&self, folder: &Path) -> io::Result<()> {
        let record = postcard::to_stdvec(self).map_err(io::Error::other)?;
        let next = folder.join(format!("{NAME}.next"));
        let mut file = File::create(&next)?;
        file.write_all(MAGIC)?;
        file.write_all(&xxh3_64(&record).to_le_bytes())?;
        file.write_all(&record)?;
        file.sync_all()?;
        fs::rename(&next, folder.join(NAME))?;
        sync_folder(folder)
    }

    /// Takes the commit point of a run folder away: there is nothing to go on with.
    pub(crate) fn remove(folder: &Path) -> io::Result<()> {
        for name in [NAME.to_owned(), format!("{NAME}.next")] {
            match fs::remove_file(folder.join(name)) {
                Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
                _ => {}
            }
        }
        sync_folder(folder)
    }
}

/// Makes names in a folder last through a power cut, where the system has a way to.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// When the next commit point is due: by bytes read or by the clock, whichever comes first. What is written does not
/// depend on it.
#[derive(Debug)]
pub(crate) struct Pace {
    bytes_max: u64,
    time_max: Duration,
    bytes: u64,
    since: Instant,
}

impl Pace {
    pub(crate) fn new(settings: &RunSettings) -> Pace {
        Pace {
            bytes_max: settings.commit_bytes,
            time_max: Duration::from_secs(settings.commit_seconds),
            bytes: 0,
            since: Instant::now(),
        }
    }

    /// Whether a commit point is due behind a batch of so many bytes.
    pub(crate) fn is_due(&mut self, bytes: u64) -> bool {
        self.bytes += bytes;
        self.bytes >= self.bytes_max || self.since.elapsed() >= self.time_max
    }

    pub(crate) fn begin_again(&mut self) {
        self.bytes = 0;
        self.since = Instant::now();
    }
}
