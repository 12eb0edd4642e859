//! The plugin written in C: built, found, and run.

use expect_test::expect;
use serde_json::json;
use textmill_host::{Plugins, Worker};

use crate::compile::{abi_folder, batch, compile, instance, library, shown};

fn shout() -> (tempfile::TempDir, Plugins) {
    let folder = tempfile::tempdir().unwrap();
    let source = abi_folder().join("examples/shout.c");
    compile(&source, &library(folder.path(), "shout"), &["-shared", "-fPIC", "-Wpedantic"]);
    let plugins = Plugins::find(&[folder.path().to_owned()], &[]);
    (folder, plugins)
}

#[test]
fn edits_spans_values_counters_and_drops_arrive() {
    let (_folder, plugins) = shout();
    let (instance, _) = instance(&plugins, "shout", &json!({}));
    let mut worker: Worker = instance.worker();
    let batch = batch(&[
        ("calm", "We waited. Ann said so."),
        ("loud", "« WAIT!!! », said NATO. Why? NO!"),
        ("louder", "WAIT FOR ME!!"),
        ("empty", ""),
    ]);
    let effects = instance.process(&mut worker, &batch).unwrap();
    expect![[r#"
        calm: We waited. Ann said so.
          shout.words = 0
        loud: « WAIT! », said NATO. Why? NO!
          shouts `WAIT` {"letters":4}
          shouts `NATO` {"letters":4}
          shout.words = 2
        louder: WAIT FOR ME!
          shouts `WAIT` {"letters":4}
          shouts `FOR` {"letters":3}
          shout.words = 2
        empty: 
          shout.words = 0
        counter shouts: 4
    "#]]
    .assert_eq(&shown(&instance, batch, effects));
}

#[test]
fn options_reach_it_and_faults_come_back_with_their_place() {
    let (_folder, plugins) = shout();
    let catalog = plugins.catalog();
    let stage = catalog.stages_named("shout").next().unwrap();
    let environment = std::sync::Arc::new(textmill_host::Environment::new(|_, _, _| {}));
    let err = plugins.create(stage, &"shout".into(), &json!({"letters_min": 0}), &environment).err().unwrap();
    assert_eq!((&*err.pointer, &*err.message), ("/letters_min", "must be at least 1"));
    assert_eq!(err.hint, "every word has a letter");

    environment.cancel();
    let instance = plugins.create(stage, &"shout".into(), &json!({"letters_min": 9}), &environment).unwrap();
    let cancelled = instance.process(&mut instance.worker(), &batch(&[("a", "WAIT")])).err().unwrap();
    assert_eq!(cancelled.to_string(), "the run was cancelled");
}

#[test]
fn its_descriptor_is_read() {
    let (_folder, plugins) = shout();
    let catalog = plugins.catalog();
    assert_eq!(catalog.unusable.len(), 0, "{:?}", catalog.unusable);
    let stage = catalog.stages_named("shout").next().unwrap();
    let plugin = &stage.plugin;
    let told = [&plugin.name, &plugin.version, &plugin.license, &plugin.build, &stage.summary];
    assert_eq!(
        told,
        [
            "shout",
            "1.0.0",
            "MIT OR Apache-2.0",
            "cc, textmill.h 1.0",
            "Marks words in capitals, and calms exclamation marks"
        ]
    );
    assert_eq!(stage.options_schema["properties"]["letters_min"]["default"], 3);
}
