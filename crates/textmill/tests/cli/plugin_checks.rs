//! `plugin check` on the four built-in plugins, and on what is none.

use expect_test::expect;

use super::sandbox::{Sandbox, built_plugins, library};

#[track_caller]
fn holds(plugin: &str, stages: &[&str]) {
    let library = built_plugins().join(library(plugin));
    let said = Sandbox::new().textmill(&["plugin", "check", library.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    for stage in stages {
        assert!(said.stdout.contains(&format!("stage `{stage}` (")), "{}", said.stdout);
    }
}

#[test]
fn clean_holds() {
    holds("clean", &["clean", "boilerplate"]);
}

#[test]
fn dedup_holds() {
    holds("dedup", &["dedup"]);
}

#[test]
fn quotes_holds() {
    holds("quotes", &["quotes", "speakers"]);
}

#[test]
fn summarize_holds() {
    holds("summarize", &["sentences", "summarize"]);
}

#[test]
fn a_stage_that_is_not_there() {
    let library = built_plugins().join(library("dedup"));
    let said = Sandbox::new().textmill(&["plugin", "check", library.to_str().unwrap(), "--stage", "near"]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.stderr.contains("offers no stage `near`\nhint: its stages: cluster, dedup"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_file_that_is_no_plugin() {
    let sandbox = Sandbox::new();
    sandbox.write("x.so", "text");
    expect![[r#"
        stderr:
        error: cannot read `[here]/x.so` as a shared library: Could not read file magic
        hint: build it for this platform with `cargo build --release`
        exit 1
    "#]]
    .assert_eq(&sandbox.textmill(&["plugin", "check", "x.so"]).all());
    expect![[r#"
        stderr:
        error: there is no file `y.so`
        exit 2
    "#]]
    .assert_eq(&sandbox.textmill(&["plugin", "check", "y.so"]).all());
}
