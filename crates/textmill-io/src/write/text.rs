//! `text`: a folder of text files, one a document, named after the document's id.
//!
//! Files are written into a hidden folder beside the final one and moved there when all are whole; a locked file
//! beside that keeps two runs from writing one folder at once. Files that stand in the final folder under other
//! names stay. The system is not asked to bring each file to the disk at
//! once, which would take longer than everything else: a power cut in the next seconds may cost the output.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use textmill_model::Document;

use super::FinishedOutput;
use super::output::{check_parents, open_locked, sync_folder};
use crate::options::OptionFault;

/// Options of sink `text`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextSinkOptions {
    /// The folder to write into; made when it is not there. Files in it that have other names stay.
    pub path: String,
}

/// A sink of text files.
#[derive(Debug)]
pub(super) struct TextSink {
    pub(super) folder: PathBuf,
}

impl TextSink {
    pub(super) fn new(options: TextSinkOptions, base: &Path) -> Result<TextSink, OptionFault> {
        let folder: PathBuf = base.join(&options.path).components().collect();
        if options.path == "-" || folder.is_file() || folder.file_name().is_none() {
            let message = format!("`{}` is no folder", options.path);
            return Err(OptionFault::new("/path", message, "sink `text` writes one file a document"));
        }
        check_parents("/path", &options.path, &folder)?;
        Ok(TextSink { folder })
    }

    pub(super) fn create(&self) -> io::Result<FolderWriter> {
        let lock = FolderLock::take(&self.folder)?;
        let partial = beside(&self.folder, "partial");
        if partial.exists() {
            fs::remove_dir_all(&partial)?; // left by a run that was killed
        }
        fs::create_dir(&partial)?;
        let folder = self.folder.clone();
        Ok(FolderWriter {
            folder,
            partial,
            names: HashSet::new(),
            written: FinishedOutput::default(),
            _lock: lock,
        })
    }
}

/// The hidden name beside `folder` that ends in `ending`.
fn beside(folder: &Path, ending: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.{ending}"))
}

/// The right to write a folder, for as long as this lives.
struct FolderLock {
    path: PathBuf,
    _locked: File,
}

impl FolderLock {
    fn take(folder: &Path) -> io::Result<FolderLock> {
        let path = beside(folder, "lock");
        fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
        let locked = open_locked(&path, folder)?;
        Ok(FolderLock { path, _locked: locked })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path); // an empty file that the next run would use
    }
}

/// A text file to be.
#[derive(Debug)]
pub(super) struct RenderedFile {
    stem: String,
    text: String,
}

impl RenderedFile {
    pub(super) fn new(document: &Document) -> RenderedFile {
        RenderedFile { stem: file_stem(&document.id), text: document.text().to_owned() }
    }

    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }
}

/// Writes text files into a folder that is not there yet.
pub(super) struct FolderWriter {
    folder: PathBuf,
    partial: PathBuf,
    names: HashSet<String>, // in lower case, because some file systems don't tell `A` from `a`
    written: FinishedOutput,
    _lock: FolderLock, // given back last
}

impl FolderWriter {
    pub(super) fn write(&mut self, files: &[RenderedFile]) -> io::Result<()> {
        for RenderedFile { stem, text } in files {
            let name = self.free_name(stem);
            let mut file = File::create(self.partial.join(&name))?;
            file.write_all(text.as_bytes())?;
            self.written.files += 1;
            self.written.bytes += text.len() as u64;
        }
        Ok(())
    }

    /// A second document of one name gets a number behind it.
    fn free_name(&mut self, stem: &str) -> String {
        let mut name = format!("{stem}.txt");
        let mut number = 2;
        while !self.names.insert(name.to_lowercase()) {
            name = format!("{stem}-{number}.txt");
            number += 1;
        }
        name
    }

    pub(super) fn finish(mut self) -> io::Result<FinishedOutput> {
        if self.folder.exists() {
            for entry in fs::read_dir(&self.partial)? {
                let entry = entry?;
                fs::rename(entry.path(), self.folder.join(entry.file_name()))?;
            }
        } else {
            fs::rename(&self.partial, &self.folder)?;
        }
        sync_folder(&self.folder)?;
        Ok(std::mem::take(&mut self.written))
    }
}

impl Drop for FolderWriter {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.partial); // gone already when all went well
    }
}

/// A file name that every system takes: letters, digits, `-`, `_` and dots inside; everything else becomes `_`.
fn file_stem(id: &str) -> String {
    const BYTES_MAX: usize = 200;
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
    let mut stem: String = id.chars().map(|it| if plain(it) { it } else { '_' }).collect();
    stem.truncate(stem.floor_char_boundary(BYTES_MAX));
    let stem = stem.trim_start_matches('.');
    if stem.is_empty() { "document".to_owned() } else { stem.to_owned() }
}
