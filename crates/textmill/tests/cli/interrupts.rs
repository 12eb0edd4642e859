//! Signals in the middle of a run.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, Command, Stdio};

use super::sandbox::Sandbox;

#[test]
fn ctrl_c_ends_a_run_cleanly() {
    check("INT", 130, without_end);
}

#[test]
fn so_does_a_request_to_terminate() {
    check("TERM", 143, without_end);
}

#[test]
fn a_run_that_waits_for_input_ends_too() {
    check("TERM", 143, once);
}

/// Feeds records as long as somebody takes them.
fn without_end(mut stdin: ChildStdin) -> Option<ChildStdin> {
    while stdin.write_all(b"{ no record\n").is_ok() {}
    None
}

/// Feeds one record and leaves the pipe open.
fn once(mut stdin: ChildStdin) -> Option<ChildStdin> {
    stdin.write_all(b"{ no record\n").unwrap();
    Some(stdin)
}

/// Feeds a run, and sends it a signal as soon as it is under way.
#[track_caller]
fn check(signal: &str, code: i32, feed: fn(ChildStdin) -> Option<ChildStdin>) {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pipeline.toml",
        "[source]\nuse = 'jsonl'\noptions.paths = ['-']\n[sink]\nuse = 'jsonl'\noptions.path = 'out.jsonl'\n\
         [run]\nbatch_bytes = 1\n",
    );
    let mut child = sandbox.command(&["run"]).stdin(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || feed(stdin));
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(stderr.next().unwrap().unwrap().starts_with("failed: `-`, record 0"));
    let killed = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let last = stderr.map(Result::unwrap).last().unwrap();
    assert_eq!(last, "error: interrupted; no output was written");
    assert_eq!(child.wait().unwrap().code(), Some(code));
    drop(feeder.join().unwrap());
    let left: Vec<_> =
        std::fs::read_dir(sandbox.path("")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(
        !left.iter().any(|name| name.to_str().unwrap().starts_with("out.jsonl") && name != "out.jsonl.run")
    );
    assert!(sandbox.read("out.jsonl.run/report.json").contains("\"status\": \"interrupted\""));
}
