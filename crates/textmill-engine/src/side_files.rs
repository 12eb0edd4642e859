//! Side files of a run: rejects, the tables of stages, and what ordered stages save. They are appended to batch by batch,
//! in corpus order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use textmill_host::Instance;
use textmill_model::{CheckedRow, Outcome};

/// Files in the run folder, by their path in it.
#[derive(Debug)]
pub(crate) struct SideFiles {
    folder: PathBuf,
    files: BTreeMap<String, SideFile>,
}

#[derive(Debug)]
struct SideFile {
    file: BufWriter<File>,
    bytes: u64,
}

/// Lines on their way to side files.
#[derive(Debug, Default)]
pub(crate) struct SideLines(BTreeMap<String, Vec<u8>>);

impl SideFiles {
    /// The side files of a new run in `folder`: none but the empty tables of `stages`.
    pub(crate) fn create(folder: &Path, stages: &[Instance]) -> io::Result<SideFiles> {
        let mut files = SideFiles { folder: folder.to_owned(), files: BTreeMap::new() };
        [REJECTS, TABLES, STATE].iter().try_for_each(|name| remove_folder(&folder.join(name)))?;
        for (stage, table) in
            stages.iter().flat_map(|stage| stage.entry().tables.iter().map(move |it| (stage, it)))
        {
            files.file(table_path(stage.id(), table))?;
        }
        Ok(files)
    }

    /// The side files of a run that goes on, as long as they were at its commit point; all others go.
    pub(crate) fn resume(folder: &Path, lengths: &BTreeMap<String, u64>) -> io::Result<SideFiles> {
        for name in [REJECTS, TABLES, STATE] {
            let entries = match fs::read_dir(folder.join(name)) {
                Err(err) if err.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                if !lengths.contains_key(&format!("{name}/{}", entry.file_name().to_string_lossy())) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        let mut files = SideFiles { folder: folder.to_owned(), files: BTreeMap::new() };
        for (path, &bytes) in lengths {
            let mut file = File::options().read(true).write(true).open(folder.join(path))?;
            let there = file.metadata()?.len();
            if there < bytes {
                let message = format!("`{path}` has {there} bytes, and the run had written {bytes}");
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
            }
            file.set_len(bytes)?;
            file.seek(SeekFrom::End(0))?;
            files.files.insert(path.clone(), SideFile { file: BufWriter::new(file), bytes });
        }
        Ok(files)
    }

    /// The pieces that a stage saved, first to last; nothing comes behind an error.
    pub(crate) fn saved(&self, stage: &Instance) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
        let path = state_path(stage.id());
        let log = self.files.contains_key(&path).then(|| File::open(self.folder.join(&path))).transpose()?;
        let mut left = log.as_ref().map_or(Ok(0), |log| log.metadata().map(|it| it.len()))?;
        let mut log = log.map(BufReader::new);
        let damaged = move || io::Error::new(io::ErrorKind::InvalidData, format!("`{path}` is damaged"));
        Ok(std::iter::from_fn(move || {
            let log = log.as_mut().filter(|_| left > 0)?;
            let piece = read_piece(log, left).map_err(|_| damaged());
            left = piece.as_ref().map_or(0, |piece| left - 8 - piece.len() as u64);
            Some(piece)
        }))
    }

    /// Appends a piece of what a stage saves.
    pub(crate) fn save(&mut self, stage: &Instance, piece: &[u8]) -> io::Result<()> {
        let file = self.file(state_path(stage.id()))?;
        file.file.write_all(&(piece.len() as u64).to_le_bytes())?;
        file.file.write_all(piece)?;
        file.bytes += 8 + piece.len() as u64;
        Ok(())
    }

    /// Takes away what only a run that goes on would need.
    pub(crate) fn remove_state(folder: &Path) -> io::Result<()> {
        remove_folder(&folder.join(STATE))
    }

    /// Appends lines to the files that they are for.
    pub(crate) fn append(&mut self, lines: SideLines) -> io::Result<()> {
        for (path, lines) in lines.0 {
            let file = self.file(path)?;
            file.file.write_all(&lines)?;
            file.bytes += lines.len() as u64;
        }
        Ok(())
    }

    /// Makes sure that everything is on the disk, and says how long each file is.
    pub(crate) fn sync(&mut self) -> io::Result<BTreeMap<String, u64>> {
        for SideFile { file, .. } in self.files.values_mut() {
            file.flush()?;
            file.get_ref().sync_data()?;
        }
        Ok(self.files.iter().map(|(path, file)| (path.clone(), file.bytes)).collect())
    }

    /// The file at `path`, made when it is not there.
    fn file(&mut self, path: String) -> io::Result<&mut SideFile> {
        match self.files.entry(path) {
            Entry::Occupied(file) => Ok(file.into_mut()),
            Entry::Vacant(place) => {
                let path = self.folder.join(place.key());
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                Ok(place.insert(SideFile { file: BufWriter::new(File::create(path)?), bytes: 0 }))
            }
        }
    }
}

impl SideLines {
    /// The lines of rejects of one kind.
    pub(crate) fn rejects(&mut self, outcome: Outcome) -> &mut Vec<u8> {
        let name = match outcome {
            Outcome::Dropped => "dropped",
            Outcome::Failed => "failed",
        };
        self.0.entry(format!("{REJECTS}/{name}.jsonl")).or_default()
    }

    /// Adds a piece of what a stage saves.
    pub(crate) fn saved(&mut self, stage: &Instance, piece: &[u8]) {
        let log = self.0.entry(state_path(stage.id())).or_default();
        log.extend((piece.len() as u64).to_le_bytes());
        log.extend_from_slice(piece);
    }

    /// Adds rows of a stage's tables.
    pub(crate) fn rows(&mut self, stage: &Instance, rows: &[CheckedRow]) {
        for row in rows {
            let path = table_path(stage.id(), &stage.entry().tables[row.table as usize]);
            let lines = self.0.entry(path).or_default();
            lines.extend_from_slice(row.json.as_bytes());
            lines.push(b'\n');
        }
    }
}

/// Reads the next piece of a log that has `left` more bytes.
fn read_piece(log: &mut impl Read, left: u64) -> io::Result<Vec<u8>> {
    let mut len = [0; 8];
    log.read_exact(&mut len)?;
    let len = u64::from_le_bytes(len);
    if left.checked_sub(8).is_none_or(|left| len > left) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut piece = Vec::new();
    log.take(len).read_to_end(&mut piece)?;
    Ok(piece)
}

const REJECTS: &str = "rejects";
const TABLES: &str = "tables";
const STATE: &str = "state";

fn state_path(stage: &str) -> String {
    format!("{STATE}/{stage}.log")
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
        _ => Ok(()),
    }
}

fn table_path(stage: &str, table: &Arc<str>) -> String {
    format!("{TABLES}/{stage}.{table}.jsonl")
}
