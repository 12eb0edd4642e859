//! How runs end: exit codes, and what is left behind.

use std::fs;
use std::io::Read;

use expect_test::{Expect, expect};

use super::sandbox::{Said, Sandbox};

const COPY: &str = r#"
[source]
use = "jsonl"
options.paths = ["in.jsonl"]
[sink]
use = "jsonl"
options.path = "out.jsonl"
"#;

const TWO_GOOD_ONE_BAD: &str =
    "{\"id\":\"a\",\"text\":\"Rain.\"}\n{\"id\":\n{\"id\":\"b\",\"text\":\"Snow.\"}\n";

fn copying(input: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("pipeline.toml", COPY);
    sandbox.write("in.jsonl", input);
    sandbox
}

/// Standard error without the table, whose times differ.
#[track_caller]
fn check(said: &Said, code: i32, expected: Expect) {
    assert_eq!(said.code, Some(code), "{}", said.stderr);
    let is_row = |line: &str| line.starts_with("  ") || line.trim_end().ends_with(" ms");
    let steady = |line: &str| line.split(", in ").next().unwrap_or_default().to_owned() + "\n";
    let lines =
        said.stderr.lines().filter(|line| !line.trim().is_empty() && (line.contains('=') || !is_row(line)));
    let shown: String = lines.map(steady).collect();
    expected.assert_eq(&shown);
}

#[test]
fn done_is_0() {
    let sandbox = copying("{\"id\":\"a\",\"text\":\"Rain.\"}\n");
    check(
        &sandbox.textmill(&["run"]),
        0,
        expect![[r#"
        read 1 = written 1 + dropped 0 + failed 0
        output   out.jsonl
        report   out.jsonl.run/report.json
    "#]],
    );
    assert!(sandbox.read("out.jsonl").starts_with(r#"{"id":"a","text":"Rain.""#));
}

#[test]
fn done_with_failures_is_3_and_tells_the_first_ones() {
    let sandbox = copying(TWO_GOOD_ONE_BAD);
    check(
        &sandbox.textmill(&["run"]),
        3,
        expect![[r#"
            failed: `in.jsonl`, record 1 (line 2), byte 26: not JSON: EOF while parsing a value at column 6
            read 3 = written 2 + dropped 0 + failed 1
            failed   source: malformed 1
            output   out.jsonl
            rejects  out.jsonl.run/rejects
            report   out.jsonl.run/report.json
        "#]],
    );
    assert_eq!(sandbox.read("out.jsonl").lines().count(), 2);
    assert_eq!(sandbox.read("out.jsonl.run/rejects/failed.jsonl").lines().count(), 1);
}

#[test]
fn after_ten_failures_the_rest_is_only_counted() {
    let sandbox = copying(&"{\n".repeat(25));
    let said = sandbox.textmill(&["run"]);
    assert_eq!(said.stderr.matches("failed: `in.jsonl`, record ").count(), 10);
    assert_eq!(said.stderr.matches("… more failures: see out.jsonl.run/rejects/failed.jsonl").count(), 1);
}

#[test]
fn a_run_that_cannot_go_on_is_1_and_leaves_no_output() {
    let sandbox = copying(TWO_GOOD_ONE_BAD);
    check(
        &sandbox.textmill(&["run", "--set", "run.max_failures=0"]),
        1,
        expect![[r#"
            failed: `in.jsonl`, record 1 (line 2), byte 26: not JSON: EOF while parsing a value at column 6
            until then: read 3 = written 2 + dropped 0 + failed 1
            failed   source: malformed 1
            rejects  out.jsonl.run/rejects
            report   out.jsonl.run/report.json
            error: more documents failed (1) than the plan allows (0)
        "#]],
    );
    assert!(!sandbox.path("out.jsonl").exists());
}

#[test]
fn a_dry_run_leaves_nothing() {
    let sandbox = copying("{\"id\":\"a\",\"text\":\"Rain.\"}\n");
    check(
        &sandbox.textmill(&["run", "--dry-run"]),
        0,
        expect![[r#"
        read 1 = written 1 + dropped 0 + failed 0
        a dry run: nothing was written
    "#]],
    );
    let left: Vec<_> =
        fs::read_dir(sandbox.path("")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn quiet_says_nothing_but_what_went_wrong() {
    let sandbox = copying(TWO_GOOD_ONE_BAD);
    let said = sandbox.textmill(&["run", "--quiet"]);
    assert_eq!((said.stderr.lines().count(), said.code), (1, Some(3)), "{}", said.stderr);
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let line = format!("{{\"id\":\"a\",\"text\":\"{}\"}}\n", "Rain. ".repeat(100));
    let sandbox = copying(&line.repeat(2_000));
    let mut child = sandbox.command(&["run", "--output", "-", "--quiet"]).spawn().unwrap();
    let mut first = [0; 10];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let said = sandbox.said(&child.wait_with_output().unwrap());
    assert_eq!((said.stderr.as_str(), said.code), ("", Some(0)));
}
