//! The house keeps its shape: who may depend on whom, how long the first page is, where unsafe code stands.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::fs;
use std::path::{Path, PathBuf};

/// What each crate may depend on, of this workspace. Tests may use more; what ships may not.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("textmill-abi", &[]),
    ("textmill-model", &[]),
    ("textmill-text", &[]),
    ("textmill-sdk", &["textmill-abi"]),
    ("textmill-io", &["textmill-model"]),
    ("textmill-plan", &["textmill-model"]),
    ("textmill-host", &["textmill-abi", "textmill-model"]),
    ("textmill-engine", &["textmill-host", "textmill-io", "textmill-model", "textmill-plan"]),
    ("textmill-eval", &[]),
    ("clean", &["textmill-sdk", "textmill-text"]),
    ("dedup", &["textmill-sdk", "textmill-text"]),
    ("quotes", &["textmill-sdk", "textmill-text"]),
    ("summarize", &["textmill-sdk", "textmill-text"]),
];

/// The program may use what is below it, and the plugins only to be linked with them under the feature `bundled`.
const PROGRAM: &[&str] = &[
    "textmill-engine",
    "textmill-host",
    "textmill-io",
    "textmill-model",
    "textmill-plan",
    "clean",
    "dedup",
    "quotes",
    "summarize",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn manifests() -> Vec<toml::Table> {
    let mut folders: Vec<PathBuf> = ["crates", "plugins"]
        .iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders
        .iter()
        .map(|folder| fs::read_to_string(folder.join("Cargo.toml")).unwrap().parse().unwrap())
        .collect()
}

#[test]
fn dependencies_point_down_only() {
    let manifests = manifests();
    let name = |manifest: &toml::Table| manifest["package"]["name"].as_str().unwrap().to_owned();
    let of_the_house: Vec<String> = manifests.iter().map(name).collect();
    let table = |name: &str| match name {
        "textmill" => Some(PROGRAM),
        _ => MAY_DEPEND_ON.iter().find(|(crate_, _)| *crate_ == name).map(|(_, may)| *may),
    };
    let mut too_many = Vec::new();
    for manifest in &manifests {
        let name = name(manifest);
        let may =
            table(&name).unwrap_or_else(|| panic!("`{name}` is not in the table: say what it may depend on"));
        for section in ["dependencies", "build-dependencies"] {
            let dependencies = manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten();
            for (dependency, _) in dependencies.filter(|(dependency, _)| of_the_house.contains(dependency)) {
                if !may.contains(&dependency.as_str()) {
                    too_many.push(format!("{name} -> {dependency}"));
                }
            }
        }
    }
    assert!(too_many.is_empty(), "edges that the table does not have: {too_many:?}");
}

#[test]
fn the_first_page_stays_short() {
    let lines = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap().lines().count();
    assert!(lines <= 150, "ARCHITECTURE.md has {lines} lines");
}

#[test]
fn unsafe_code_stands_in_the_boundary_crates_only() {
    let boundary = ["crates/textmill-abi", "crates/textmill-sdk", "crates/textmill-host"]
        .map(|folder| root().join(folder));
    let mut allowing = Vec::new();
    for folder in ["crates", "plugins"] {
        sources(&root().join(folder), &mut |file, text| {
            let allows = text.contains(concat!("allow(", "unsafe_code)"));
            if allows && !boundary.iter().any(|folder| file.starts_with(folder)) {
                allowing.push(file.to_owned());
            }
        });
    }
    assert!(allowing.is_empty(), "unsafe code outside the boundary: {allowing:?}");
}

#[test]
fn no_page_has_marks_of_a_merge() {
    let folders = ["", "docs", "benches/record"].map(|folder| root().join(folder));
    let files =
        folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    for page in files.filter(|file| file.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(&page).unwrap();
        let mark = text.lines().find(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> "));
        assert!(mark.is_none(), "{}: {mark:?}", page.display());
    }
}

/// Shows every Rust file below `folder` that is not a build product.
fn sources(folder: &Path, show: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().unwrap() != "target" {
            sources(&path, show);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            show(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
