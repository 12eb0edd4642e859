//! The manifest of a run: every file that it left, with size, checksum and number of records, for whoever keeps or
//! passes on the files to see that they are whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use textmill_io::FinishedOutput;

use crate::books::Books;
use crate::report::Report;

/// What a run left. Written as `manifest.json` when all else is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the program.
    pub textmill: String,
    /// Every file but the manifest itself and `timing.json`, sorted by path.
    pub files: Vec<ManifestFile>,
}

/// A file that a run left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Where it is, from the run folder on.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// How many records are in it, where it is a file of records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// What became of a file since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// It is as it was.
    Whole,
    /// It can't be read, as the system says.
    Unreadable(String),
    /// It has another size than it had, this one.
    Resized(u64),
    /// Something in it changed.
    Changed,
}

/// The name of a manifest in a run folder.
pub const MANIFEST: &str = "manifest.json";

/// Reads the manifest of a run.
///
/// # Errors
///
/// When it is not there, as with a run that did not come to its end, or is no manifest.
pub fn manifest(run_folder: &Path) -> io::Result<Manifest> {
    Ok(serde_json::from_slice(&fs::read(run_folder.join(MANIFEST))?)?)
}

impl ManifestFile {
    /// Reads the file, and says what became of it since the manifest of `run_folder` was written.
    pub fn state(&self, run_folder: &Path) -> FileState {
        match measured(&run_folder.join(&self.path)) {
            Err(err) => FileState::Unreadable(err.to_string()),
            Ok((bytes, _)) if bytes != self.bytes => FileState::Resized(bytes),
            Ok((_, sha256)) if sha256 != self.sha256 => FileState::Changed,
            Ok(_) => FileState::Whole,
        }
    }
}

/// Looks at all that a run left. The output is not read again where its checksum is known.
pub(crate) fn take_stock(
    run_folder: &Path,
    report: &Report,
    output: &FinishedOutput,
) -> io::Result<Manifest> {
    let mut files = Vec::new();
    for path in report.outputs.iter().filter(|output| output.is_file()) {
        let records = Some(report.books.written);
        files.push(match &output.sha256 {
            Some(sha256) => {
                let (path, sha256) = (seen_from(run_folder, path), hexadecimal(sha256));
                ManifestFile { path, bytes: output.bytes, records, sha256 }
            }
            None => file(path, run_folder, records)?,
        });
    }
    for folder in report.outputs.iter().filter(|output| output.is_dir()) {
        for path in files_of(folder)? {
            files.push(file(&path, run_folder, None)?);
        }
    }
    files.push(file(&run_folder.join("report.json"), run_folder, None)?);
    for name in ["rejects", "tables"] {
        for path in files_of(&run_folder.join(name))? {
            let records = records(&report.books, &path);
            files.push(file(&path, run_folder, records)?);
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Manifest { textmill: report.textmill.to_owned(), files })
}

/// The files of a folder; none where there is no folder.
fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.is_file()).collect())
}

/// How many lines a side file has, by the books.
fn records(books: &Books, path: &Path) -> Option<u64> {
    match path.file_stem()?.to_str()? {
        "dropped" => Some(books.dropped),
        "failed" => Some(books.failed),
        name => {
            let (stage, table) = name.rsplit_once('.')?;
            let tally = books.stages.iter().find(|tally| &*tally.id == stage)?;
            Some(tally.tables.get(table).copied().unwrap_or(0))
        }
    }
}

fn file(path: &Path, run_folder: &Path, records: Option<u64>) -> io::Result<ManifestFile> {
    let (bytes, sha256) = measured(path)?;
    Ok(ManifestFile { path: seen_from(run_folder, path), bytes, records, sha256 })
}

/// The way from a folder to a file in it or beside it, so that both can be moved together; else the whole path.
fn seen_from(folder: &Path, path: &Path) -> PathBuf {
    let beside = folder.parent().and_then(|parent| path.strip_prefix(parent).ok());
    let inside = path.strip_prefix(folder).ok().map(Path::to_owned);
    inside.or_else(|| beside.map(|rest| Path::new("..").join(rest))).unwrap_or_else(|| path.to_owned())
}

/// Size and SHA-256 of a file.
fn measured(path: &Path) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let bytes = io::copy(&mut File::open(path)?, &mut hash)?;
    Ok((bytes, hexadecimal(&hash.finalize())))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
