//! Finds the stage that a `use` means.
//!
//! A plain name is looked for among the stages of all plugins found; `path#stage` among those of the plugin at that
//! path. What can't be found says why: misspelt, found and unusable, offered twice, no such file.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use textmill_model::{Catalog, StageEntry, UnusablePlugin};

use crate::words;

/// Why a `use` means no stage: what to say, and what to do.
pub(crate) struct NotFound {
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// The id of a stage that has none of its own: `dedup` for `dedup` and for `./libdedup.so#dedup`.
pub(crate) fn id_of_use(used: &str) -> &str {
    used.rsplit_once('#').map_or(used, |(_, stage)| stage)
}

/// The path of the plugin in a `use` that names one: `./libthing.so` of `./libthing.so#stage`.
pub(crate) fn plugin_path(used: &str) -> Option<&str> {
    let looks_like_a_file =
        used.contains(['/', '\\']) || [".so", ".dylib", ".dll"].iter().any(|ending| used.ends_with(ending));
    match used.rsplit_once('#') {
        Some((path, _)) => Some(path),
        None => looks_like_a_file.then_some(used),
    }
}

/// The stage that `used` means; relative paths start at `folder`.
pub(crate) fn find(used: &str, folder: &Path, catalog: &Catalog) -> Result<Arc<StageEntry>, NotFound> {
    match plugin_path(used) {
        Some(path) => find_in_plugin(used, path, folder, catalog),
        None => find_by_name(used, catalog),
    }
}

fn find_by_name(name: &str, catalog: &Catalog) -> Result<Arc<StageEntry>, NotFound> {
    let mut offers: Vec<_> = catalog.stages_named(name).collect();
    offers.dedup_by_key(|stage| &stage.plugin.path); // one file, named by path and found in a folder
    match offers.as_slice() {
        [one] => Ok(Arc::clone(one)),
        [] => Err(unknown(name, catalog)),
        several => Err(offered_twice(name, several)),
    }
}

fn find_in_plugin(
    used: &str,
    path: &str,
    folder: &Path,
    catalog: &Catalog,
) -> Result<Arc<StageEntry>, NotFound> {
    let wanted = plain_path(&folder.join(path));
    let offers: Vec<_> =
        catalog.stages.iter().filter(|stage| plain_path(&stage.plugin.path) == wanted).collect();
    let name =
        used.strip_prefix(path).and_then(|rest| rest.strip_prefix('#')).filter(|name| !name.is_empty());
    match (offers.as_slice(), name) {
        ([], _) => Err(no_plugin_at(path, &wanted, catalog)),
        ([one], None) => Ok(Arc::clone(one)),
        (several, None) => Err(several_stages(path, several)),
        (offers, Some(name)) => {
            let found = offers.iter().find(|stage| &*stage.name == name);
            found.map(|stage| Arc::clone(stage)).ok_or_else(|| not_in_plugin(name, path, offers))
        }
    }
}

fn several_stages(path: &str, offers: &[&Arc<StageEntry>]) -> NotFound {
    let uses: Vec<String> = offers.iter().map(|stage| format!("{path}#{}", stage.name)).collect();
    NotFound {
        message: format!("the plugin `{}` offers several stages", words::cut(path)),
        hint: format!("say which: {}", words::list(uses.iter().map(String::as_str))),
    }
}

fn not_in_plugin(name: &str, path: &str, offers: &[&Arc<StageEntry>]) -> NotFound {
    let names = || offers.iter().map(|stage| &*stage.name);
    NotFound {
        message: format!("the plugin `{}` offers no stage `{}`", words::cut(path), words::cut(name)),
        hint: words::hint_for(name, "its stages", names()),
    }
}

fn no_plugin_at(path: &str, wanted: &Path, catalog: &Catalog) -> NotFound {
    match catalog.unusable.iter().find(|plugin| plain_path(&plugin.path) == wanted) {
        Some(plugin) => NotFound { message: plugin.message.clone(), hint: plugin.hint.clone() },
        None => NotFound {
            message: format!("there is no plugin at `{}`", words::cut(path)),
            hint: format!(
                "looked for `{}`; relative paths start at the pipeline file's folder",
                wanted.display()
            ),
        },
    }
}

fn offered_twice(name: &str, offers: &[&Arc<StageEntry>]) -> NotFound {
    let paths: Vec<String> = offers.iter().map(|stage| place_of(stage)).collect();
    NotFound {
        message: format!("{} plugins offer a stage `{name}`", offers.len()),
        hint: format!(
            "they are {}\nname the one you mean by its path: `use = \"{}#{name}\"`",
            words::list(paths.iter().map(String::as_str)),
            paths[0],
        ),
    }
}

fn place_of(stage: &StageEntry) -> String {
    if stage.plugin.path.as_os_str().is_empty() {
        return format!("{} (part of this program)", stage.plugin.name);
    }
    stage.plugin.path.display().to_string()
}

fn unknown(name: &str, catalog: &Catalog) -> NotFound {
    let is_it = |plugin: &&UnusablePlugin| plugin.name == name || file_is_called(&plugin.path, name);
    if let Some(plugin) = catalog.unusable.iter().find(is_it) {
        let message = format!("stage `{}` cannot be used: {}", words::cut(name), plugin.message);
        return NotFound { message, hint: plugin.hint.clone() };
    }
    let message = format!("no plugin offers a stage `{}`", words::cut(name));
    NotFound { message, hint: unknown_hint(name, catalog) }
}

/// The stages there are and, as the wanted one may be in a plugin that was not found, where plugins were looked for.
fn unknown_hint(name: &str, catalog: &Catalog) -> String {
    let unusable =
        || catalog.unusable.iter().map(|plugin| plugin.name.as_str()).filter(|name| !name.is_empty());
    let mut hint = words::hint_for(name, "stages found", catalog.stages.iter().map(|stage| &*stage.name));
    if !catalog.searched.is_empty() {
        let searched: Vec<_> = catalog.searched.iter().map(|path| path.display().to_string()).collect();
        hint += &format!("\nfolders searched: {}", words::list(searched.iter().map(String::as_str)));
    }
    if let Some(meant) = words::did_you_mean(name, unusable()) {
        hint += &format!(
            "\nthe plugin `{meant}` was found and cannot be used; write `use = \"{meant}\"` to see why"
        );
    } else if unusable().next().is_some() {
        hint += &format!("\nplugins that cannot be used: {}", words::list(unusable()));
    }
    hint
}

fn file_is_called(path: &Path, name: &str) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    stem.strip_prefix("lib").unwrap_or(stem) == name
}

/// The path without `.` and with every `..` taken at its word, so that two ways of writing one compare equal.
fn plain_path(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
