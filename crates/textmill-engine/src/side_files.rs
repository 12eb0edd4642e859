//! Side files of a run: rejects, and the tables of stages. Lines go in batch by batch, in corpus order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use textmill_host::Instance;
use textmill_model::{CheckedRow, Outcome};

/// Files in the run folder, by their path in it.
#[derive(Debug)]
pub(crate) struct SideFiles {
    folder: PathBuf,
    files: BTreeMap<String, BufWriter<File>>,
}

/// Lines on their way to side files.
#[derive(Debug, Default)]
pub(crate) struct SideLines(BTreeMap<String, Vec<u8>>);

impl SideFiles {
    /// The side files of a new run in `folder`: none but the empty tables of `stages`.
    pub(crate) fn create(folder: &Path, stages: &[Instance]) -> io::Result<SideFiles> {
        let mut files = SideFiles { folder: folder.to_owned(), files: BTreeMap::new() };
        for folder in [REJECTS, TABLES] {
            match fs::remove_dir_all(files.folder.join(folder)) {
                Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
                _ => {}
            }
        }
        for (stage, table) in
            stages.iter().flat_map(|stage| stage.entry().tables.iter().map(move |it| (stage, it)))
        {
            files.file(table_path(stage.id(), table))?;
        }
        Ok(files)
    }

    /// Appends lines to the files that they are for.
    pub(crate) fn append(&mut self, lines: SideLines) -> io::Result<()> {
        for (path, lines) in lines.0 {
            self.file(path)?.write_all(&lines)?;
        }
        Ok(())
    }

    /// Makes sure that everything is on the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        for file in self.files.values_mut() {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        Ok(())
    }

    /// The file at `path`, made when it is not there.
    fn file(&mut self, path: String) -> io::Result<&mut BufWriter<File>> {
        match self.files.entry(path) {
            Entry::Occupied(file) => Ok(file.into_mut()),
            Entry::Vacant(place) => {
                let path = self.folder.join(place.key());
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                Ok(place.insert(BufWriter::new(File::create(path)?)))
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

const REJECTS: &str = "rejects";
const TABLES: &str = "tables";

fn table_path(stage: &str, table: &Arc<str>) -> String {
    format!("{TABLES}/{stage}.{table}.jsonl")
}
