//! Plugins written in Rust that panic: the message reaches the user, and nothing aborts.

use std::path::PathBuf;
use std::sync::Arc;

use expect_test::{Expect, expect};
use serde_json::json;
use textmill_host::{CallError, Environment, Instance, Plugins};
use textmill_model::StageKind;

use crate::compile::{batch, instance, library, shown};

#[allow(unreachable_pub, reason = "there it is the root of a library")]
#[path = "../../examples/faulty.rs"]
pub(crate) mod faulty;

const DOCUMENTS: [(&str, &str); 3] = [("a", "one"), ("b", "panic"), ("c", "two")];

#[test]
fn in_process_it_fails_the_document_alone() {
    check(
        "faulty_document",
        "process",
        expect![[r#"
        a: ne
        c: wo
        Failed b by faulty_document: panicked stage `faulty_document` of plugin `faulty` panicked: oh no, process
        counter seen: 2
    "#]],
    );
    check(
        "faulty_corpus",
        "process",
        expect![[r#"
        a: one
        c: two
        Failed b by faulty_corpus: panicked stage `faulty_corpus` of plugin `faulty` panicked: oh no, process
    "#]],
    );
}

#[test]
fn in_prepare_it_fails_the_document_alone() {
    check(
        "faulty_ordered",
        "prepare",
        expect![[r#"
        a: one
        c: two
        Failed b by faulty_ordered: panicked stage `faulty_ordered` of plugin `faulty` panicked: oh no, prepare
    "#]],
    );
}

#[test]
fn in_commit_it_ends_the_run() {
    check(
        "faulty_ordered",
        "commit",
        expect![[r#"
        stage `faulty_ordered` of plugin `faulty` panicked on document `b`: oh no, commit
    "#]],
    );
    check(
        "faulty_ordered",
        "state",
        expect![[r#"
        stage `faulty_ordered` of plugin `faulty` panicked: oh no, state
    "#]],
    );
    check(
        "faulty_ordered",
        "token_drop",
        expect![[r#"
        stage `faulty_ordered` of plugin `faulty` panicked on document `a`: oh no, token_drop
    "#]],
    );
}

#[test]
fn in_observe_merge_and_learn_it_ends_the_run() {
    check(
        "faulty_corpus",
        "observe",
        expect![[r#"
        stage `faulty_corpus` of plugin `faulty` panicked on document `b`: oh no, observe
    "#]],
    );
    check(
        "faulty_corpus",
        "merge",
        expect![[r#"
        stage `faulty_corpus` of plugin `faulty` panicked: oh no, merge
    "#]],
    );
    check(
        "faulty_corpus",
        "learn",
        expect![[r#"
        stage `faulty_corpus` of plugin `faulty` panicked: oh no, learn
    "#]],
    );
}

#[test]
fn in_build_it_is_an_error_of_that_stage() {
    for at in ["build", "reads"] {
        let plugins = linked();
        let catalog = plugins.catalog();
        let stage = catalog.stages_named("faulty_document").next().unwrap();
        let environment = Arc::new(Environment::new(|_, _, _| {}));
        let err = plugins.create(stage, &"x".into(), &json!({"at": at}), &environment).err().unwrap();
        let start = format!("stage `faulty_document` of plugin `faulty` panicked: oh no, {at} (");
        assert!(err.message.starts_with(&start), "{err:?}");
    }
}

#[test]
fn in_drop_it_is_swallowed() {
    check(
        "faulty_document",
        "drop",
        expect![[r#"
        a: ne
        b: anic
        c: wo
        counter seen: 3
    "#]],
    );
}

#[test]
fn in_the_drop_of_a_scratch_space_it_fails_what_was_going_on() {
    check(
        "faulty_document",
        "scratch_drop",
        expect![[r#"
        stage `faulty_document` of plugin `faulty` panicked: oh no, scratch_drop
    "#]],
    );
}

#[test]
fn across_a_loaded_library_it_is_the_same() {
    let folder = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples");
    let file: PathBuf = library(&folder, "faulty");
    assert!(file.exists(), "{} is missing: `cargo test` without `--test` builds it", file.display());
    let loaded = Plugins::find(&[], &[file]);
    for (stage, at) in
        [("faulty_document", "process"), ("faulty_ordered", "commit"), ("faulty_corpus", "learn")]
    {
        assert_eq!(outcome(&loaded, stage, at), outcome(&linked(), stage, at));
    }
}

#[test]
fn a_worker_goes_on_after_a_panic() {
    let (instance, _) = instance(&linked(), "faulty_document", &json!({"at": "process"}));
    let mut worker = instance.worker();
    for _ in 0..3 {
        let effects = instance.process(&mut worker, &batch(&DOCUMENTS)).unwrap();
        assert_eq!(effects.counts, [2]);
        assert_eq!(effects.edits.iter().map(|(document, _)| *document).collect::<Vec<_>>(), [0, 2]);
    }
}

pub(crate) fn linked() -> Plugins {
    Plugins::linked(&[faulty::plugin()]).unwrap()
}

#[track_caller]
fn check(stage: &str, at: &str, expected: Expect) {
    expected.assert_eq(&outcome(&linked(), stage, at));
}

/// Runs a stage that panics at `at`, from the first call to the last, and shows what came of it. Places are left
/// out: they change with every line of the plugin.
fn outcome(plugins: &Plugins, stage: &str, at: &str) -> String {
    let (instance, said) = instance(plugins, stage, &json!({ "at": at }));
    let did = run(&instance).unwrap_or_else(|err| format!("{err}\n"));
    drop(instance);
    let said: String = said.lock().unwrap().iter().map(|message| format!("{message}\n")).collect();
    without_places(&(did + &said))
}

fn run(instance: &Instance) -> Result<String, CallError> {
    let batch = batch(&DOCUMENTS);
    let mut worker = instance.worker();
    let effects = match instance.entry().kind {
        StageKind::Document => instance.process(&mut worker, &batch)?,
        StageKind::Ordered => {
            let token = instance.prepare(&mut worker, &batch)?;
            drop(instance.prepare(&mut worker, &batch)?);
            instance.commit(&batch, token)?
        }
        StageKind::Corpus => {
            instance.observe(&mut worker, &batch)?;
            let mut all = instance.worker();
            instance.merge(&mut all, worker)?;
            instance.learn(all)?;
            instance.process(&mut instance.worker(), &batch)?
        }
    };
    Ok(shown(instance, batch, effects))
}

fn without_places(text: &str) -> String {
    let line = |line: &str| line.split_once(" (crates").map_or(line, |(before, _)| before).to_owned() + "\n";
    text.lines().map(line).collect()
}
