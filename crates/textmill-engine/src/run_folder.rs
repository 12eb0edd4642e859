//! The run folder: report, timing, rejects, and what passes put aside for one another.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;
use textmill_io::FinishedOutput;

use crate::commit_point::CommitPoint;
use crate::manifest::{self, MANIFEST};
use crate::report::{Report, Timing};
use crate::side_files::SideFiles;

/// The folder of one run.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    is_temporary: bool,
    /// Held for as long as the run, so that no other run writes here.
    _lock: Option<File>,
}

const REPORT: &str = "report.json";
const TIMING: &str = "timing.json";
const SPILL: &str = "spill";
const SCRATCH: &str = "scratch";
const LOCK: &str = ".lock";

impl RunFolder {
    /// The folder at `path`, made when it is not there, for this run alone.
    pub(crate) fn create(path: &Path) -> io::Result<RunFolder> {
        fs::create_dir_all(path)?;
        let lock = File::create(path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(RunFolder { path: path.to_owned(), is_temporary: false, _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(io::Error::other("another run is writing there")),
            Err(TryLockError::Error(err)) => Err(err),
        }
    }

    /// A folder for a run that leaves nothing behind. Nobody else has it, in this process or another.
    pub(crate) fn temporary() -> io::Result<RunFolder> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("textmill-{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(RunFolder { path, is_temporary: true, _lock: None }),
                Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
                Err(err) => return Err(err),
            }
        }
    }

    /// Takes away what only a run that goes on would need.
    pub(crate) fn clear_working_files(&self) -> io::Result<()> {
        CommitPoint::remove(&self.path)?; // first: without it, nothing else means anything
        SideFiles::remove_state(&self.path)?;
        self.clear_scratch()?;
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == SPILL) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Takes away the folders that stages had of their own.
    pub(crate) fn clear_scratch(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.scratch()) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
            _ => Ok(()),
        }
    }

    /// Takes away what an earlier run left in it.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.clear_working_files()?;
        for file in [REPORT, TIMING, MANIFEST] {
            match fs::remove_file(self.path.join(file)) {
                Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A run that leaves nothing behind has no side files.
    pub(crate) fn is_temporary(&self) -> bool {
        self.is_temporary
    }

    /// Where stages may have folders of their own.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.path.join(SCRATCH)
    }

    pub(crate) fn spill(&self, pass: usize) -> PathBuf {
        self.path.join(format!("pass-{pass}.{SPILL}"))
    }

    pub(crate) fn write_books(&self, report: &Report, timing: &Timing) -> io::Result<()> {
        write_json(&self.path.join(REPORT), report)?;
        write_json(&self.path.join(TIMING), timing)
    }

    /// Writes down what there is now that all is done. `output` is what is known of the output already.
    pub(crate) fn write_manifest(&self, report: &Report, output: &FinishedOutput) -> io::Result<()> {
        write_json(&self.path.join(MANIFEST), &manifest::take_stock(&self.path, report, output)?)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if self.is_temporary {
            // Left behind at worst, in the place that the system clears.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    let next = path.with_extension("json.next");
    fs::write(&next, json).and_then(|()| fs::rename(&next, path)).inspect_err(|_| {
        let _ = fs::remove_file(next); // half a file says nothing
    })
}
