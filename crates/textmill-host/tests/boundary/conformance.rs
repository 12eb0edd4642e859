//! The conformance suite passes good stages and catches bad ones.

use expect_test::{Expect, expect};
use serde_json::json;
use textmill_host::{Check, CheckOutcome, Plugins, conformance};

use crate::compile::{abi_folder, compile, library};
use crate::panics::faulty;

#[test]
fn good_stages_of_every_kind_pass() {
    let plugins = Plugins::linked(&[faulty::plugin()]).unwrap();
    check(
        &plugins,
        "faulty_document",
        json!({}),
        expect![[r#"
            skipped: what it saves brings it back: it does not save what it remembers: a run that was cut short begins its pass anew
            skipped: tokens that are not committed are dropped: only ordered stages make tokens
        "#]],
    );
    check(&plugins, "faulty_ordered", json!({}), expect![""]);
    check(
        &plugins,
        "faulty_corpus",
        json!({}),
        expect![[r#"
            skipped: what it saves brings it back: it does not save what it remembers: a run that was cut short begins its pass anew
            skipped: tokens that are not committed are dropped: only ordered stages make tokens
        "#]],
    );
}

#[test]
fn the_plugin_in_c_passes() {
    let folder = tempfile::tempdir().unwrap();
    let source = abi_folder().join("examples/shout.c");
    compile(&source, &library(folder.path(), "shout"), &["-shared", "-fPIC", "-O2"]);
    check(
        &Plugins::find(&[folder.path().to_owned()], &[]),
        "shout",
        json!({}),
        expect![[r#"
            skipped: what it saves brings it back: it does not save what it remembers: a run that was cut short begins its pass anew
            skipped: tokens that are not committed are dropped: only ordered stages make tokens
        "#]],
    );
}

#[test]
fn a_stage_that_remembers_the_document_before_is_caught() {
    check(
        &bad(),
        "remembers",
        json!({}),
        expect![[r#"
            failed: the descriptor is sound: the drop reason `too_large` is a reason of failures
            failed: the options schema is sound: it lets unknown options through: `deny_unknown_fields` is missing
            failed: workers, batches and merge orders do not show: document 0 differs: `"metadata":{"raw":"{\"before\":0}"},"passthrough":"","annotations":{"layers":[],"values":[`, but with 1 workers, batches of 1, merged first to last `"metadata":{"raw":"{\"before\":1273}"},"passthrough":"","ann
            skipped: what it saves brings it back: it does not save what it remembers: a run that was cut short begins its pass anew
            skipped: tokens that are not committed are dropped: only ordered stages make tokens
        "#]],
    );
}

#[test]
fn a_stage_whose_notes_depend_on_the_order_is_caught() {
    check(
        &bad(),
        "first_seen",
        json!({}),
        expect![[r#"
            failed: the options schema is sound: it lets unknown options through: `deny_unknown_fields` is missing
            failed: an empty batch is no trouble: stage `first_seen` of plugin `bad` failed: no documents
            failed: workers, batches and merge orders do not show: document 0 differs: `{"id":"check-0","seq":0,"origin":{"path":"folder/0.txt","record":0,"encoding":null},"metad`, but with 1 workers, batches of 1, merged first to last `Dropped longer  {"id":"check-0","seq":0,"origin":{"path":"fo
            skipped: what it saves brings it back: it does not save what it remembers: a run that was cut short begins its pass anew
            skipped: tokens that are not committed are dropped: only ordered stages make tokens
        "#]],
    );
}

#[test]
fn a_stage_that_cuts_characters_and_panics_on_empty_texts_is_caught() {
    check(
        &bad(),
        "cuts",
        json!({}),
        expect![[r#"
            failed: the descriptor is sound: the summary is not one line
            failed: the options schema is sound: it lets unknown options through: `deny_unknown_fields` is missing
            failed: an empty text is no trouble: document check-0: stage `cuts` of plugin `bad` panicked: no text
            failed: combining characters are no trouble: document check-0: stage `cuts` of plugin `bad` gave an unsound answer: edit 0: offset 1 is inside a character
            failed: characters beyond the basic plane are no trouble: document check-0: stage `cuts` of plugin `bad` gave an unsound answer: edit 0: offset 1 is inside a character
            failed: control characters are no trouble: document check-0: stage `cuts` of plugin `bad` gave an unsound answer: edit 0: offset 1 is inside a character
            failed: nothing but quotation marks is no trouble: document check-0: stage `cuts` of plugin `bad` gave an unsound answer: edit 0: offset 1 is inside a character
            failed: right-to-left text is no trouble: document check-0: stage `cuts` of plugin `bad` gave an unsound answer: edit 0: offset 1 is inside a character
            failed: edits, spans and values are sound on plain news: document check-3: stage `cuts` of plugin `bad` gave an unsound answer: edit 0: offset 1 is inside a character
            skipped: what it saves brings it back: it does not save what it remembers: a run that was cut short begins its pass anew
            skipped: tokens that are not committed are dropped: only ordered stages make tokens
        "#]],
    );
}

#[test]
fn options_that_the_stage_refuses_are_a_failure() {
    check(
        &bad(),
        "cuts",
        json!({"bytes": "many"}),
        expect![[r#"
            failed: the descriptor is sound: the summary is not one line
            failed: the options schema is sound: it lets unknown options through: `deny_unknown_fields` is missing
            failed: these options are accepted: invalid type: string "many", expected usize at line 1 column 15
            skipped: an empty batch is no trouble: the stage can't be made
            skipped: an empty text is no trouble: the stage can't be made
            skipped: 10 MB on one line are no trouble: the stage can't be made
            skipped: 10 MB in many lines are no trouble: the stage can't be made
            skipped: combining characters are no trouble: the stage can't be made
            skipped: characters beyond the basic plane are no trouble: the stage can't be made
            skipped: control characters are no trouble: the stage can't be made
            skipped: nothing but quotation marks is no trouble: the stage can't be made
            skipped: right-to-left text is no trouble: the stage can't be made
            skipped: edits, spans and values are sound on plain news: the stage can't be made
            skipped: the same again gives the same: the stage can't be made
            skipped: workers, batches and merge orders do not show: the stage can't be made
            skipped: what it saves brings it back: the stage can't be made
            skipped: it is made and ended 1,000 times: the stage can't be made
            skipped: a worker is made and ended 1,000 times: the stage can't be made
            skipped: tokens that are not committed are dropped: the stage can't be made
            skipped: it stops when the run is cancelled: the stage can't be made
        "#]],
    );
}

fn bad() -> Plugins {
    Plugins::linked(&[bad::plugin()]).unwrap()
}

/// Shows all checks that did not pass, and the start of their messages.
#[track_caller]
fn check(plugins: &Plugins, stage: &str, options: serde_json::Value, expected: Expect) {
    let catalog = plugins.catalog();
    let stage = catalog.stages_named(stage).next().unwrap_or_else(|| panic!("{:?}", catalog.unusable));
    let mut shown = String::new();
    let mut begun = Vec::new();
    let checks: Vec<Check> = conformance(plugins, stage, &options, |name| begun.push(name)).collect();
    assert_eq!(begun, checks.iter().map(|check| check.name).collect::<Vec<_>>());
    for check in checks {
        let (what, message) = match check.outcome {
            CheckOutcome::Passed => continue,
            CheckOutcome::Failed(message) => ("failed", message),
            CheckOutcome::Skipped(reason) => ("skipped", reason),
        };
        let message = message.split(" (crates").next().unwrap_or_default(); // a panic's place moves with every line
        let message: String = message.chars().take(230).collect();
        shown += &format!("{what}: {}: {message}\n", check.name);
    }
    expected.assert_eq(&shown);
}

/// Stages as they should not be.
mod bad {
    #![allow(unreachable_pub, reason = "a plugin's stages are public")]

    use textmill_sdk::prelude::*;

    textmill_sdk::plugin! { name: "bad", stages: [document Remembers, document Cuts, corpus FirstSeen] }

    #[derive(Default, Deserialize, JsonSchema)]
    #[serde(default)]
    pub struct Options {
        bytes: usize,
    }

    /// Sets a field to how long the text before was.
    pub struct Remembers;

    impl Stage for Remembers {
        type Options = Options;
        const INFO: StageInfo = StageInfo {
            summary: "Remembers",
            fields: &["metadata.before"],
            drop_reasons: &["too_large"],
            ..StageInfo::new("remembers")
        };

        fn build(_: Options, _: &Host) -> Result<Self, OptionError> {
            Ok(Remembers)
        }
    }

    impl DocumentStage for Remembers {
        type Scratch = usize;

        fn process(&self, doc: &mut Doc<'_>, before: &mut usize) -> Result<Verdict, StageError> {
            doc.set("metadata.before", std::mem::replace(before, doc.text().len()));
            Ok(Verdict::Keep)
        }
    }

    /// Cuts the text's first byte off.
    pub struct Cuts;

    impl Stage for Cuts {
        type Options = Options;
        const INFO: StageInfo = StageInfo { rules: &["cut"], ..StageInfo::new("cuts") };

        fn build(_: Options, _: &Host) -> Result<Self, OptionError> {
            Ok(Cuts)
        }
    }

    impl DocumentStage for Cuts {
        type Scratch = ();

        fn process(&self, doc: &mut Doc<'_>, _: &mut ()) -> Result<Verdict, StageError> {
            assert!(!doc.text().is_empty(), "no text");
            doc.remove(0..1, "cut");
            Ok(Verdict::Keep)
        }
    }

    /// Drops documents longer than the one that it happened to see first.
    pub struct FirstSeen;

    impl Stage for FirstSeen {
        type Options = Options;
        const INFO: StageInfo = StageInfo {
            summary: "Depends on who comes first",
            drop_reasons: &["longer"],
            ..StageInfo::new("first_seen")
        };

        fn build(_: Options, _: &Host) -> Result<Self, OptionError> {
            Ok(FirstSeen)
        }
    }

    impl CorpusStage for FirstSeen {
        type Gathered = Option<usize>;
        type Learned = usize;
        type Scratch = ();

        fn observe(&self, gathered: &mut Option<usize>, doc: &Doc<'_>) -> Result<(), StageError> {
            gathered.get_or_insert(doc.text().len());
            Ok(())
        }

        fn merge(&self, into: &mut Option<usize>, from: Option<usize>) {
            *into = into.or(from);
        }

        fn learn(&self, gathered: Option<usize>) -> Result<usize, StageError> {
            gathered.ok_or_else(|| StageError::new("no documents"))
        }

        fn process(&self, first: &usize, doc: &mut Doc<'_>, _: &mut ()) -> Result<Verdict, StageError> {
            Ok(if doc.text().len() > *first { Verdict::Drop("longer") } else { Verdict::Keep })
        }
    }
}
