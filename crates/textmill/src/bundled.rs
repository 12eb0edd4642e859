//! The built-in plugins as a part of the program, for a program in a single file.
//!
//! They are used through the same call tables as those that are loaded. No folder is searched for others.

use std::path::{Path, PathBuf};

use textmill_host::Plugins;

/// The plugins for any pipeline file.
pub(crate) fn find(_pipeline: &Path, _files: &[String], _first: &[PathBuf]) -> Plugins {
    let tables = [clean::plugin(), dedup::plugin(), quotes::plugin(), summarize::plugin()];
    Plugins::linked(&tables).expect("the tables that the SDK makes keep the rules of the interface")
}
