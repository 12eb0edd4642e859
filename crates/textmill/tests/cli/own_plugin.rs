//! A plugin of one's own, from its first minute: made, tested, built, run and checked outside the project's workspace.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use expect_test::expect;

use super::sandbox::{Said, Sandbox, library, program, project};

#[test]
fn a_new_plugin_builds_tests_and_runs_as_it_is() {
    let sandbox = Sandbox::new();
    let made = sandbox.textmill(&["new-plugin", "weather_words"]);
    expect![[r#"
        stdout:
        made plugin `weather_words` in weather_words/; its stage is in src/lib.rs. Now:

          cd weather_words           # all that follows happens there
          cargo test                 # what the stage does to a text
          cargo build --release      # makes target/release/libweather_words.so
          textmill run               # runs it on sample/
          textmill trace rain        # shows what it does there
          textmill plugin check target/release/libweather_words.so
        exit 0
    "#]]
    .assert_eq(&made.all());
    // The versions of the project, so that nothing has to be fetched.
    fs::copy(project().join("Cargo.lock"), sandbox.path("weather_words/Cargo.lock")).unwrap();
    cargo(&sandbox, &["test", "--release"]);
    build(&sandbox);
    assert_eq!(run(&sandbox).all(), "exit 0\n");
    let output = sandbox.read("weather_words/out/documents.jsonl");
    let document: serde_json::Value = serde_json::from_str(&output).unwrap();
    let found = document["annotations"]["weather_words"].as_array().unwrap();
    assert_eq!(
        found.iter().map(|word| word["text"].as_str().unwrap()).collect::<Vec<_>>(),
        ["rain", "rain", "canal"]
    );

    let library = format!("weather_words/target/release/{}", library("weather_words"));
    let checked = sandbox.textmill(&["plugin", "check", &library]);
    assert_eq!(checked.code, Some(0), "{}", checked.stdout);

    // And when its author makes a mistake.
    let source = sandbox.read("weather_words/src/lib.rs");
    let mistaken = source.replace("let text = doc.text();", "let text = &doc.text()[1_000..];");
    assert_ne!(mistaken, source);
    sandbox.write("weather_words/src/lib.rs", mistaken);
    build(&sandbox);
    expect![[r#"
        stderr:
        failed: document `rain`: stage `weather_words` of plugin `weather_words` panicked: start byte index 1000 is out of bounds of `Rain over the harbour  The rain began before dawn, and by noon the rain had filled the old canal. Nobody minded much. ` (src/lib.rs:51:31)
        exit 3
    "#]].assert_eq(&run(&sandbox).all());
    let checked = sandbox.textmill(&["plugin", "check", &library]);
    assert!(checked.code == Some(1) && checked.stdout.contains("an empty text is no trouble ... FAILED: "));
}

#[test]
fn names_that_no_plugin_can_have_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("taken/x", "");
    let refused = |name: &str| sandbox.textmill(&["new-plugin", name]).all();
    let all: String = ["My-Plugin", "1st", "", "../x", "fn", "taken"].map(refused).concat();
    expect![[r#"
        stderr:
        error: `My-Plugin` cannot be the name of a plugin
        hint: a name has lower-case letters, digits and `_`, and starts with a letter: `my_plugin` would do
        exit 2
        stderr:
        error: `1st` cannot be the name of a plugin
        hint: a name has lower-case letters, digits and `_`, and starts with a letter
        exit 2
        stderr:
        error: `` cannot be the name of a plugin
        hint: a name has lower-case letters, digits and `_`, and starts with a letter
        exit 2
        stderr:
        error: `../x` cannot be the name of a plugin
        hint: a name has lower-case letters, digits and `_`, and starts with a letter
        exit 2
        stderr:
        error: `fn` cannot be the name of a plugin: it means something in Rust
        hint: `fn_stage` would do
        exit 2
        stderr:
        error: `taken` is there already
        hint: choose another name, or go to another folder
        exit 2
    "#]]
    .assert_eq(&all);
}

/// Builds the plugin and puts it where its own target folder would have it.
#[track_caller]
fn build(sandbox: &Sandbox) {
    cargo(sandbox, &["build", "--release"]);
    let library = library("weather_words");
    let built = fs::read(target_folder().join("release").join(&library)).unwrap();
    sandbox.write(&format!("weather_words/target/release/{library}"), built);
}

fn run(sandbox: &Sandbox) -> Said {
    let mut command = sandbox.command(&["run", "-q"]);
    sandbox.said(&command.current_dir(sandbox.path("weather_words")).output().unwrap())
}

/// Cargo in the new crate, without network, into a folder that is kept: only the first run builds the dependencies.
#[track_caller]
fn cargo(sandbox: &Sandbox, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).args(["--offline", "--quiet"]).current_dir(sandbox.path("weather_words"));
    command.env("CARGO_TARGET_DIR", target_folder()).env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn target_folder() -> PathBuf {
    program().parent().unwrap().join("new-plugin")
}
