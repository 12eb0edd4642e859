//! Finds the files that a list of paths, folders and patterns names.
//!
//! The order must not depend on the file system: patterns stay in the order in which the user wrote them, the
//! files of one are sorted by path, and a file that several of them name counts where it came first.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::Format;
use super::archive::is_named_archive;
use crate::options::OptionFault;

/// A file to be read.
#[derive(Debug, Clone)]
pub struct Input {
    /// The file, absolute and without symbolic links; `-` for standard input.
    pub path: PathBuf,
    /// The file as the user named it, which for folders and patterns means: as the user would name it. Below
    /// the folder of the pipeline file it is relative to that, with `/` on every system.
    pub shown: Arc<str>,
    /// How large it is, as it lies there; `None` where nobody knows before it was read, as for a pipe.
    pub bytes: Option<u64>,
    /// Whether the user named this very file; else a folder or a pattern brought it along.
    pub(super) is_named: bool,
    /// The id of the document, where the whole file is one.
    pub(super) id: Arc<str>,
    /// What that is when no other input has the same.
    short_id: Arc<str>,
    /// What is in it; `None` when its first bytes are to say.
    pub(super) format: Option<Format>,
}

impl Input {
    /// Whether this is standard input.
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// Whether it is one of `written` or lies in one that is a folder, and came along with a folder or a pattern.
    pub(super) fn is_by_chance(&self, written: &[PathBuf]) -> bool {
        !self.is_named && written.iter().any(|path| self.path.starts_with(path))
    }

    /// Whether reading it may take as long as somebody else likes.
    pub(super) fn may_wait(&self) -> bool {
        self.bytes.is_none() // it is no file
    }
}

/// Finds inputs below a folder.
pub(super) struct Finder<'a> {
    base: PathBuf,
    extensions: &'a [String],
    format: Option<Format>,
    inputs: Vec<Input>,
    seen: HashSet<PathBuf>,
}

impl<'a> Finder<'a> {
    /// `extensions` says which files of a folder count, all when it is empty; `format` what is in them.
    pub(super) fn new(base: &Path, extensions: &'a [String], format: Option<Format>) -> Finder<'a> {
        let base = base.components().filter(|part| *part != Component::CurDir).collect();
        Finder { base, extensions, format, inputs: Vec::new(), seen: HashSet::new() }
    }

    /// All files that `paths` name.
    ///
    /// # Errors
    ///
    /// The first of them that names no file, is no sound pattern, or names a file that may not be read.
    pub(super) fn find(mut self, paths: &[String]) -> Result<Vec<Input>, OptionFault> {
        if paths.is_empty() {
            return Err(OptionFault::new("/paths", "no path is given", "name a file, a folder or a pattern"));
        }
        for (i, path) in paths.iter().enumerate() {
            self.find_one(path)
                .map_err(|(message, hint)| OptionFault::new(format!("/paths/{i}"), message, hint))?;
        }
        settle_ids(&mut self.inputs);
        Ok(self.inputs)
    }

    fn find_one(&mut self, named: &str) -> Result<(), (String, &'static str)> {
        if named == "-" {
            self.add_stdin();
            return Ok(());
        }
        let path = self.base.join(named);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => self.find_in_folder(named, &path),
            Ok(metadata) => {
                if metadata.is_file() {
                    File::open(&path).map_err(|err| (format!("cannot read `{named}`: {err}"), ""))?;
                } // a pipe is only opened to be read
                let root = path.parent().unwrap_or(&self.base).to_owned();
                self.add(path, &root, true);
                Ok(())
            }
            Err(_) if named.contains(['*', '?', '[']) => self.find_by_pattern(named),
            Err(err) => {
                Err((format!("cannot read `{named}`: {err}"), "paths are relative to the pipeline file"))
            }
        }
    }

    fn find_in_folder(&mut self, named: &str, folder: &Path) -> Result<(), (String, &'static str)> {
        let before = self.inputs.len();
        let files =
            files_below(folder).map_err(|err| (format!("cannot read folder `{named}`: {err}"), ""))?;
        for file in files {
            if self.wanted(&file) {
                self.add(file, folder, false);
            }
        }
        if self.inputs.len() == before {
            return Err((format!("folder `{named}` has no file to read"), "hidden files do not count"));
        }
        Ok(())
    }

    fn find_by_pattern(&mut self, named: &str) -> Result<(), (String, &'static str)> {
        let below_base = glob::Pattern::escape(&self.base.to_string_lossy());
        let pattern = Path::new(&below_base).join(named);
        let visible = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        let matched = glob::glob_with(&pattern.to_string_lossy(), visible).map_err(|err| {
            (format!("`{named}` is not a sound pattern: {err}"), "`*`, `**`, `?` and `[abc]` are known")
        })?;
        let mut files = Vec::new();
        for found in matched {
            let found = found.map_err(|err| unreadable(err.path(), err.error()));
            let regular = found.and_then(|path| Ok(is_regular(&path)?.then_some(path)));
            files.extend(regular.map_err(|err| (format!("cannot follow `{named}`: {err}"), ""))?);
        }
        files.sort();
        if files.is_empty() {
            return Err((format!("`{named}` matches no file"), "paths are relative to the pipeline file"));
        }
        let root = self.base.join(fixed_part(named));
        for file in files {
            self.add(file, &root, false);
        }
        Ok(())
    }

    fn wanted(&self, file: &Path) -> bool {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        has_extension(&name, self.extensions) || is_named_archive(&name)
    }

    fn add_stdin(&mut self) {
        let path = PathBuf::from("-");
        if self.seen.insert(path.clone()) {
            self.inputs.push(Input {
                path,
                shown: "-".into(),
                bytes: None,
                is_named: true,
                id: "-".into(),
                short_id: "-".into(),
                format: self.format,
            });
        }
    }

    fn add(&mut self, file: PathBuf, root: &Path, is_named: bool) {
        let path = file.canonicalize().unwrap_or_else(|_| file.clone());
        if !self.seen.insert(path.clone()) {
            return;
        }
        let metadata = fs::metadata(&path).ok();
        let bytes = metadata.filter(fs::Metadata::is_file).map(|metadata| metadata.len());
        let shown = slashes(file.strip_prefix(&self.base).unwrap_or(&file));
        let id = without_extension(&slashes(file.strip_prefix(root).unwrap_or(&file)));
        let format = self.format.or_else(|| super::auto::format_by_name(&file));
        let (shown, id): (Arc<str>, Arc<str>) = (shown.into(), id.into());
        let short_id = Arc::clone(&id);
        self.inputs.push(Input { path, shown, bytes, is_named, id, short_id, format });
    }
}

/// An id is the path below the folder or the fixed part of the pattern, without extension. It does not depend
/// on which other files there are, unless two would have the same: those take their whole path.
pub(super) fn settle_ids(inputs: &mut [Input]) {
    let mut uses: HashMap<Arc<str>, usize> = HashMap::new();
    for input in inputs.iter() {
        *uses.entry(Arc::clone(&input.short_id)).or_default() += 1;
    }
    for input in inputs {
        let is_alone = uses[&input.short_id] == 1;
        input.id = Arc::clone(if is_alone { &input.short_id } else { &input.shown });
    }
}

/// All files below `folder`, sorted by path; hidden ones and hidden folders are left out.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut entered = HashSet::new(); // a symbolic link may lead back up
    while let Some(folder) = folders.pop() {
        if !entered.insert(folder.canonicalize()?) {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let path = entry.path();
            if entry.file_type()?.is_dir() || path.is_dir() {
                folders.push(path);
            } else if is_regular(&path)? {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Whether there is a file; a symbolic link that leads nowhere is none.
fn is_regular(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(err) => Err(unreadable(path, &err)),
    }
}

fn unreadable(path: &Path, err: &io::Error) -> io::Error {
    io::Error::new(err.kind(), format!("cannot read `{}`: {err}", path.display()))
}

/// The folders of a pattern that stand before its first wildcard.
fn fixed_part(pattern: &str) -> PathBuf {
    let fixed = |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
    let whole = Path::new(pattern);
    let mut parts: Vec<_> = whole.components().collect();
    parts.pop();
    parts.into_iter().take_while(fixed).collect()
}

/// Whether a file has one of the extensions, packed or not; any file has one of none.
pub(super) fn has_extension(name: &str, extensions: &[String]) -> bool {
    let extension = without_packing(name).rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_it = |wanted: &String| wanted.trim_start_matches('.').eq_ignore_ascii_case(extension);
    extensions.is_empty() || extensions.iter().any(is_it)
}

/// A file name without the extension of a compression.
pub(super) fn without_packing(name: &str) -> &str {
    [".gz", ".zst"].iter().find_map(|packing| name.strip_suffix(packing)).unwrap_or(name)
}

fn without_extension(path: &str) -> String {
    let path = without_packing(path);
    let name_at = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[name_at..].rfind('.') {
        Some(dot) if dot > 0 => path[..name_at + dot].to_owned(),
        _ => path.to_owned(),
    }
}

fn slashes(path: &Path) -> String {
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    let joined = parts.collect::<Vec<_>>().join("/");
    if path.has_root() { joined.replacen("//", "/", 1) } else { joined }
}
