//! What a run is made of: enough to tell whether another run may go on where it stopped.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use textmill_plan::FormatUse;
use xxhash_rust::xxh3::Xxh3Default;

use crate::mill::{Mill, Selection};

/// The parts of a run that show in its output, each by its name for people and something that changes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint(Vec<(String, String)>);

impl Fingerprint {
    /// The fingerprint of a mill that reads what `selection` says.
    ///
    /// # Errors
    ///
    /// When a plugin's file can't be read.
    pub(crate) fn of(mill: &Mill, selection: Selection) -> io::Result<Fingerprint> {
        let plan = &mill.plan;
        let mut parts = vec![("textmill itself".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
        let format = |used: &FormatUse| format!("{} {}", used.kind, used.options);
        parts.push(("the options of the source".to_owned(), format(&plan.source)));
        for used in &plan.stages {
            parts.push((format!("stage `{}`", used.id), format!("{} {}", used.stage.name, used.options)));
        }
        let order: Vec<&str> = plan.stages.iter().map(|used| &*used.id).collect();
        parts.push(("the order of the stages".to_owned(), order.join(" ")));
        parts.push(("the options of the sink".to_owned(), format(&plan.sink)));
        parts.push(("what --limit and --sample pick".to_owned(), format!("{selection:?}")));
        parts.extend(plugins(mill)?);
        parts.extend(inputs(mill));
        Ok(Fingerprint(parts))
    }

    /// The names of the parts in which the two differ.
    pub(crate) fn changes(&self, other: &Fingerprint) -> Vec<String> {
        let by_name = |it: &Fingerprint| it.0.iter().cloned().collect::<BTreeMap<_, _>>();
        let (before, now) = (by_name(self), by_name(other));
        let mut changed: Vec<String> = self
            .0
            .iter()
            .filter(|(name, part)| now.get(name) != Some(part))
            .map(|(name, _)| name.clone())
            .collect();
        changed
            .extend(other.0.iter().map(|(name, _)| name).filter(|name| !before.contains_key(*name)).cloned());
        if changed.is_empty() && self != other {
            changed.push("the order of the inputs".to_owned());
        }
        changed
    }
}

/// Each plugin by the hash of its file; one that is part of the program by its version.
fn plugins(mill: &Mill) -> io::Result<Vec<(String, String)>> {
    let mut parts = BTreeMap::new();
    for used in &mill.plan.stages {
        let plugin = &used.stage.plugin;
        let name = format!("plugin `{}`", plugin.name);
        if parts.contains_key(&name) {
            continue;
        }
        let part = match plugin.path.as_os_str().is_empty() {
            true => plugin.version.clone(),
            false => format!("{:032x}", hash_of(&plugin.path)?),
        };
        parts.insert(name, part);
    }
    Ok(parts.into_iter().collect())
}

/// The hash of a file, read piece by piece: plugins can be large, and memory that is new costs more than the hashing.
fn hash_of(path: &Path) -> io::Result<u128> {
    let (mut file, mut piece) = (File::open(path)?, vec![0; 1 << 16]);
    let mut hash = Xxh3Default::new();
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.digest128()),
            bytes => hash.update(&piece[..bytes]),
        }
    }
}

/// Each input by its size and the time of its last change.
fn inputs(mill: &Mill) -> impl Iterator<Item = (String, String)> {
    mill.source.inputs().iter().map(|input| {
        let metadata = std::fs::metadata(&input.path).ok();
        let bytes = metadata.as_ref().map(std::fs::Metadata::len);
        let changed = metadata.and_then(|metadata| metadata.modified().ok());
        let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        (format!("input `{}`", input.shown), format!("{bytes:?} {changed:?}"))
    })
}
