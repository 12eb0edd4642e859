//! Opens a shared library and reads its tables.

// Follows the pointers of a plugin's tables, by the promises of `docs/abi.md`.
#![allow(unsafe_code)]

use std::collections::BTreeSet;
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object::read::{NameOrOrdinal, Object, ReadCache};
use textmill_abi as abi;
use textmill_model::{PluginEntry, StageEntry, StageKind};

/// Why a plugin file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file can't be read, or is no shared library of this platform.
    #[error("cannot read `{}` as a shared library: {message}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        message: String,
    },
    /// Nothing is there.
    #[error("there is no file `{}`", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A shared library, but no plugin.
    #[error("`{}` is a shared library without a textmill entry symbol", path.display())]
    NoEntry {
        /// The file.
        path: PathBuf,
    },
    /// Built for another major version of the plugin interface.
    #[error("plugin `{name}` (`{}`) speaks plugin interface {found}, this program speaks {}", path.display(), abi::MAJOR)]
    Major {
        /// The file.
        path: PathBuf,
        /// The plugin's name, by its entry symbol.
        name: String,
        /// The version that it speaks.
        found: u32,
    },
    /// Needs a later minor version of the plugin interface.
    #[error(
        "plugin `{name}` (`{}`) needs plugin interface {}.{needs}, this program speaks {}.{}",
        path.display(), abi::MAJOR, abi::MAJOR, abi::MINOR
    )]
    Minor {
        /// The file.
        path: PathBuf,
        /// The plugin's name.
        name: String,
        /// The minor version that it needs.
        needs: u32,
    },
    /// The loader refused it; most often, a library that it needs is missing.
    #[error("cannot load plugin `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the loader said.
        source: libloading::Error,
    },
    /// Its tables break the rules of the interface.
    #[error("plugin `{name}` (`{}`) has a faulty table: {message}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// The plugin's name, as far as known.
        name: String,
        /// Which rule.
        message: String,
    },
}

impl LoadError {
    /// What the reader can do.
    pub fn hint(&self) -> &'static str {
        match self {
            LoadError::Missing { .. } => {
                "`cargo build --release` puts a plugin into `target/release`, or where CARGO_TARGET_DIR says"
            }
            LoadError::Read { .. } => "build it for this platform with `cargo build --release`",
            LoadError::NoEntry { .. } => {
                "a plugin exports its entry with `textmill_sdk::plugin!` (Rust) or `TM_PLUGIN` (C)"
            }
            LoadError::Major { found, .. } if *found < abi::MAJOR => {
                "rebuild the plugin with the textmill-sdk of this program"
            }
            LoadError::Major { .. } | LoadError::Minor { .. } => {
                "update textmill, or build the plugin with the textmill-sdk of this program"
            }
            LoadError::Open { .. } => "`ldd` (Linux) or `otool -L` (macOS) lists what the library needs",
            LoadError::Table { .. } => "this is a bug of the plugin; `textmill plugin check` shows more",
        }
    }
}

/// A plugin's entry symbol, as the file has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EntrySymbol {
    symbol: String,
    major: u32,
    pub(crate) name: String,
}

/// A stage's call table and description.
#[derive(Debug, Clone)]
pub(crate) struct LoadedStage {
    pub(crate) table: abi::Stage,
    pub(crate) entry: Arc<StageEntry>,
}

/// The entry symbol among the exports of a library: read from the file, so that nothing of it has to run for that.
pub(crate) fn entry_symbol(path: &Path) -> Result<EntrySymbol, LoadError> {
    let unreadable = |message: String| LoadError::Read { path: path.to_owned(), message };
    let file = std::fs::File::open(path).map_err(|err| match err.kind() {
        std::io::ErrorKind::NotFound => LoadError::Missing { path: path.to_owned() },
        _ => unreadable(err.to_string()),
    })?;
    let cache = ReadCache::new(file);
    let library = object::File::parse(&cache).map_err(|err| unreadable(err.to_string()))?;
    let exports = library.exports().map_err(|err| unreadable(err.to_string()))?;
    let symbols = exports.filter_map(Result::ok).filter_map(|export| match export.name() {
        NameOrOrdinal::Name(name) => parse_symbol(str::from_utf8(name).ok()?),
        NameOrOrdinal::Ordinal(_) => None,
    });
    symbols
        .max_by_key(|symbol| symbol.major == abi::MAJOR)
        .ok_or_else(|| LoadError::NoEntry { path: path.to_owned() })
}

fn parse_symbol(symbol: &str) -> Option<EntrySymbol> {
    let plain = symbol.trim_start_matches('_'); // macOS puts one before every C symbol
    let (major, name) = plain.strip_prefix(abi::ENTRY_PREFIX)?.split_once('_')?;
    Some(EntrySymbol { symbol: plain.to_owned(), major: major.parse().ok()?, name: name.to_owned() })
}

/// Loads the plugin in `path`, for good.
pub(crate) fn load(path: &Path) -> Result<Vec<LoadedStage>, LoadError> {
    let entry = entry_symbol(path)?;
    if entry.major != abi::MAJOR {
        return Err(LoadError::Major { path: path.to_owned(), name: entry.name, found: entry.major });
    }
    let open = |source| LoadError::Open { path: path.to_owned(), source };
    let library = Box::leak(Box::new(open_library(path).map_err(open)?));
    let symbol = CString::new(entry.symbol).unwrap_or_default();
    // SAFETY: a symbol of this name has the type `abi::Entry`; that is what the name says.
    let function = unsafe { library.get::<abi::Entry>(symbol.as_bytes_with_nul()) }.map_err(open)?;
    let faulty = |message: &str| LoadError::Table {
        path: path.to_owned(),
        name: entry.name.clone(),
        message: message.to_owned(),
    };
    // SAFETY: the entry takes nothing and returns a table for good, or null (`docs/abi.md`, "entry").
    let stages = unsafe { read(function(), path, &entry.name) }?;
    match stages.first() {
        Some(stage) if stage.entry.plugin.name == entry.name => Ok(stages),
        Some(stage) => Err(faulty(&format!("it says that its name is `{}`", stage.entry.plugin.name))),
        None => Err(faulty("it offers no stages")),
    }
}

#[cfg(unix)]
fn open_library(path: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: the library's initialisers run; that is what using a plugin means. NOW: a missing symbol is a message
    // here and not a crash later. LOCAL: plugins never see each other's symbols.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

#[cfg(not(unix))]
fn open_library(path: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: the library's initialisers run; that is what using a plugin means.
    unsafe { libloading::Library::new(path) }
}

/// Reads a plugin's tables and checks what can be checked. Until its own name is read, it is called `known_as`.
///
/// # Safety
///
/// `table` is null or, with all that it points to, what `docs/abi.md` says, and stays for good.
pub(crate) unsafe fn read(
    table: *const abi::Plugin,
    path: &Path,
    known_as: &str,
) -> Result<Vec<LoadedStage>, LoadError> {
    let faulty = |name: &str, message: String| LoadError::Table {
        path: path.to_owned(),
        name: name.to_owned(),
        message,
    };
    if table.is_null() {
        return Err(faulty(known_as, "the entry function returned no table".to_owned()));
    }
    // SAFETY: the caller's promise, here and below.
    let table = unsafe { whole(table, abi::PLUGIN_BYTES_1_0) };
    let table = table.map_err(|message| faulty(known_as, message))?;
    // SAFETY: as above; strings are checked for UTF-8.
    let name = unsafe { text_of(table.name) }.unwrap_or_default();
    if table.needs_minor > abi::MINOR {
        return Err(LoadError::Minor { path: path.to_owned(), name, needs: table.needs_minor });
    }
    // SAFETY: as above.
    unsafe { plugin_entry(&table, path).and_then(|entry| read_stages(&table, &entry)) }
        .map_err(|message| faulty(&name, message))
}

/// # Safety
///
/// As for [`read`].
unsafe fn plugin_entry(table: &abi::Plugin, path: &Path) -> Result<Arc<PluginEntry>, String> {
    // SAFETY: the caller's promise.
    let text = |part: abi::Str, what: &str| unsafe { utf8(part, what) };
    let name = text(table.name, "name")?;
    if name.is_empty() {
        return Err("it has no name".to_owned());
    }
    Ok(Arc::new(PluginEntry {
        name,
        version: text(table.version, "version")?,
        license: text(table.license, "licence")?,
        build: text(table.build, "build")?,
        path: path.to_owned(),
    }))
}

/// # Safety
///
/// As for [`read`].
unsafe fn read_stages(table: &abi::Plugin, plugin: &Arc<PluginEntry>) -> Result<Vec<LoadedStage>, String> {
    // SAFETY: the caller's promise.
    let tables = unsafe { slice_of(table.stages, table.n_stages) };
    let mut stages: Vec<LoadedStage> = Vec::with_capacity(tables.len());
    for (i, table) in tables.iter().enumerate() {
        // SAFETY: as above.
        let stage = unsafe { read_stage(*table, plugin) };
        let stage = stage.map_err(|message| format!("stage {i}: {message}"))?;
        if stages.iter().any(|other| other.entry.name == stage.entry.name) {
            return Err(format!("it offers stage `{}` twice", stage.entry.name));
        }
        stages.push(stage);
    }
    Ok(stages)
}

/// # Safety
///
/// As for [`read`].
unsafe fn read_stage(table: *const abi::Stage, plugin: &Arc<PluginEntry>) -> Result<LoadedStage, String> {
    if table.is_null() {
        return Err("it is null".to_owned());
    }
    // SAFETY: the caller's promise.
    let table = unsafe { whole(table, abi::STAGE_BYTES_1_0) }?;
    // SAFETY: as above.
    let entry = Arc::new(unsafe { describe(&table, plugin) }?);
    Ok(LoadedStage { table, entry })
}

/// A copy of a table, with zeros in the place of what was added after the version that its maker knew: zero means
/// absent. `bytes_1_0` is the size that it has at least.
///
/// # Safety
///
/// `table` points to a struct of the boundary that starts with its size, and so many bytes of it are there. All of
/// its fields may be zero.
pub(crate) unsafe fn whole<T: Copy>(table: *const T, bytes_1_0: usize) -> Result<T, String> {
    // SAFETY: the caller's promise: the size comes first, and what it says is there; zeros are a valid `T`.
    unsafe {
        let says = table.cast::<u32>().read() as usize;
        if says < bytes_1_0 {
            return Err(format!("its size says {says} bytes, and it takes {bytes_1_0}"));
        }
        let mut whole = MaybeUninit::<T>::zeroed();
        let known = says.min(size_of::<T>());
        whole.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(table.cast(), known);
        Ok(whole.assume_init())
    }
}

/// # Safety
///
/// As for [`read`].
unsafe fn describe(stage: &abi::Stage, plugin: &Arc<PluginEntry>) -> Result<StageEntry, String> {
    // SAFETY: the caller's promise.
    let text = |part: abi::Str, what: &str| unsafe { utf8(part, what) };
    let list = |list: abi::StrList, what: &str| -> Result<Vec<Arc<str>>, String> {
        // SAFETY: the caller's promise.
        let names = unsafe { slice_of(list.ptr, list.len) };
        names.iter().map(|name| text(*name, what).map(Into::into)).collect()
    };
    let name = text(stage.name, "name")?;
    if name.is_empty() {
        return Err("it has no name".to_owned());
    }
    let schema = text(stage.options_schema, "options schema")?;
    let schema =
        if schema.is_empty() { r#"{"type":"object","additionalProperties":false}"# } else { &schema };
    let entry = StageEntry {
        summary: text(stage.summary, "summary")?,
        kind: kind(stage)?,
        plugin: Arc::clone(plugin),
        options_schema: serde_json::from_str(schema).map_err(|err| format!("its options schema: {err}"))?,
        layers: list(stage.layers, "layers")?,
        fields: list(stage.fields, "fields")?,
        needs: list(stage.needs, "needs")?,
        uses: list(stage.uses, "uses")?,
        rules: list(stage.rules, "rules")?,
        drop_reasons: list(stage.drop_reasons, "drop reasons")?,
        counters: list(stage.counters, "counters")?,
        tables: list(stage.tables, "tables")?,
        name: name.into(),
    };
    check_names(&entry).map(|()| entry)
}

/// Each name stands once, so that it and its index mean the same; and fields are where a stage may write.
fn check_names(entry: &StageEntry) -> Result<(), String> {
    let StageEntry { layers, fields, rules, drop_reasons, counters, tables, .. } = entry;
    let writable = |field: &Arc<str>| field.starts_with("annotations.") || field.starts_with("metadata.");
    if let Some(field) = fields.iter().find(|field| !writable(field)) {
        return Err(format!("field `{field}` is neither below `annotations` nor below `metadata`"));
    }
    let is_file_name = |table: &Arc<str>| {
        !table.is_empty() && table.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    if let Some(table) = tables.iter().find(|table| !is_file_name(table)) {
        return Err(format!("table `{table}` has other characters than letters, digits, _ and -"));
    }
    let lists = [
        ("layer", layers),
        ("field", fields),
        ("rule", rules),
        ("drop reason", drop_reasons),
        ("counter", counters),
        ("table", tables),
    ];
    for (what, names) in lists {
        let mut seen = BTreeSet::new();
        if let Some(name) = names.iter().find(|name| !seen.insert(*name)) {
            return Err(format!("it declares {what} `{name}` twice"));
        }
    }
    Ok(())
}

/// The kind, when the functions that it needs are there.
fn kind(stage: &abi::Stage) -> Result<StageKind, String> {
    let needs =
        |present: bool, functions: &str| present.then_some(()).ok_or_else(|| format!("it lacks {functions}"));
    needs(stage.create.is_some() && stage.destroy.is_some(), "`create` or `destroy`")?;
    needs(
        stage.worker_create.is_some() == stage.worker_destroy.is_some(),
        "one of `worker_create` and `worker_destroy`",
    )?;
    match stage.kind {
        abi::DOCUMENT => {
            needs(stage.process.is_some(), "`process`")?;
            Ok(StageKind::Document)
        }
        abi::ORDERED => {
            let all = stage.prepare.is_some() && stage.commit.is_some() && stage.token_drop.is_some();
            needs(all, "`prepare`, `commit` or `token_drop`")?;
            needs(stage.save.is_some() == stage.restore.is_some(), "one of `save` and `restore`")?;
            Ok(StageKind::Ordered)
        }
        abi::CORPUS => {
            let all = stage.observe.is_some() && stage.merge.is_some() && stage.learn.is_some();
            needs(all && stage.process.is_some(), "`observe`, `merge`, `learn` or `process`")?;
            needs(stage.worker_create.is_some(), "`worker_create`, which holds its notes")?;
            Ok(StageKind::Corpus)
        }
        other => Err(format!("kind {other} is none of 1, 2 and 3")),
    }
}

/// # Safety
///
/// As for [`text_of`].
unsafe fn utf8(text: abi::Str, what: &str) -> Result<String, String> {
    // SAFETY: the caller's promise.
    unsafe { text_of(text) }.ok_or_else(|| format!("its {what} is not UTF-8"))
}

/// # Safety
///
/// `text` points to bytes that stay for the call; `None` when they are not UTF-8.
pub(crate) unsafe fn text_of(text: abi::Str) -> Option<String> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { slice_of(text.ptr, text.len) };
    str::from_utf8(bytes).ok().map(str::to_owned)
}

/// # Safety
///
/// `ptr` points to `len` values that stay as long as `'a`, or is null.
pub(crate) unsafe fn slice_of<'a, T>(ptr: *const T, len: usize) -> &'a [T] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symbol_tells_version_and_name() {
        let symbol = parse_symbol("_textmill_plugin_v12_my_shout").unwrap();
        assert_eq!((symbol.major, symbol.name.as_str()), (12, "my_shout"));
        assert_eq!(parse_symbol("textmill_plugin_vx_a"), None);
        assert_eq!(parse_symbol("malloc"), None);
    }

    /// A table as a later version might have it: one field more than 1.0.
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Grown {
        struct_size: u32,
        kind: u32,
        newer: Option<extern "C" fn()>,
    }

    extern "C" fn something() {}

    #[test]
    fn what_an_older_plugin_lacks_is_absent() {
        let read = |struct_size| {
            let table = Grown { struct_size, kind: 7, newer: Some(something) };
            // SAFETY: a table that starts with a size no larger than itself.
            unsafe { whole(&raw const table, 8) }.map(|table| (table.kind, table.newer.is_some()))
        };
        assert_eq!(read(16), Ok((7, true)));
        assert_eq!(read(8), Ok((7, false)));
        assert_eq!(read(4), Err("its size says 4 bytes, and it takes 8".to_owned()));
    }

    #[test]
    fn what_a_newer_plugin_has_besides_is_passed_over() {
        let table = [Grown { struct_size: 32, kind: 7, newer: None }; 2];
        // SAFETY: as above: there are 32 bytes.
        let read = unsafe { whole(table.as_ptr(), 8) };
        assert_eq!(read.map(|table| (table.kind, table.newer.is_some())), Ok((7, false)));
    }
}
