//! Inputs that break off, can't be read, vanish or grow under a run: what can be read is read, the rest is on record, and
//! the books balance.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::sandbox::Sandbox;

/// Two passes, so that a change of the input in between would show.
fn two_passes(inputs: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pipeline.toml",
        format!(
            "source = {{ use = 'auto', options.paths = [{inputs}] }}
             stage = [{{ use = 'boilerplate' }}]
             sink = {{ use = 'jsonl', options.path = 'out.jsonl' }}
             run = {{ batch_bytes = 1000 }}"
        ),
    );
    sandbox
}

fn records(from: usize, to: usize) -> String {
    (from..to).map(|i| format!("{{\"id\":\"{i}\",\"text\":\"Rain fell on town {}.\"}}\n", i * 7919)).collect()
}

/// What came of a run: ids that were written, and the messages of the rejects.
fn outcome(sandbox: &Sandbox) -> (Vec<String>, Vec<String>) {
    let lines = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(sandbox.path(name)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let ids = lines("out.jsonl").iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    let rejects = lines("out.jsonl.run/rejects/failed.jsonl");
    let messages = rejects.iter().map(|it| it["reject"]["message"].as_str().unwrap().to_owned()).collect();
    let report: Value = serde_json::from_str(&sandbox.read("out.jsonl.run/report.json")).unwrap();
    let books = |name: &str| report["books"][name].as_u64().unwrap();
    assert_eq!(books("read"), books("written") + books("dropped") + books("failed"));
    assert_eq!(books("failed"), rejects.len() as u64);
    (ids, messages)
}

/// A file of documents `0` to `999` in a format, as the program writes it.
fn packed(sandbox: &Sandbox, name: &str) -> Vec<u8> {
    sandbox.write("all.jsonl", records(0, 1000));
    let sink = if name.ends_with(".parquet") { "parquet" } else { "jsonl" };
    let plan = format!(
        "source = {{ use = 'jsonl', options.paths = ['all.jsonl'] }}\n\
         sink = {{ use = '{sink}', options.path = '{name}' }}\nrun = {{ threads = 1 }}"
    );
    sandbox.write("pack.toml", plan);
    let said = sandbox.textmill(&["run", "pack.toml", "-q"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    fs::read(sandbox.path(name)).unwrap()
}

/// Three pages in an archive of plain text.
fn archive() -> Vec<u8> {
    let record = |i: u32| {
        let text = format!("Rain fell on town {i}.\n").repeat(40);
        format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:{i}>\r\nContent-Type: text/plain\r\n\
             Content-Length: {}\r\n\r\n{text}\r\n\r\n",
            text.len()
        )
    };
    (0..3).map(record).collect::<String>().into_bytes()
}

#[test]
fn of_a_file_that_breaks_off_what_is_there_is_read() {
    let sandbox = two_passes("'in'");
    let files = [
        ("a.jsonl.gz", "the gzip stream breaks off: the file is not whole", 0),
        ("a.jsonl.zst", "the zstd stream breaks off: the file is not whole", 0),
        ("a.parquet", "", 0),
        ("a.warc", "", 1),
    ];
    let is_built = |name: &str| cfg!(feature = "parquet") || !name.ends_with(".parquet");
    for (name, message, read_min) in files.into_iter().filter(|(name, ..)| is_built(name)) {
        let whole = if name.ends_with(".warc") { archive() } else { packed(&sandbox, name) };
        let _ = fs::remove_dir_all(sandbox.path("in"));
        sandbox.write(&format!("in/{name}"), &whole[..whole.len() / 2]);
        sandbox.write("in/b.jsonl", records(1000, 1002));
        let said = sandbox.textmill(&["run", "--fresh"]);
        assert_eq!(said.code, Some(3), "{name}: {}", said.stderr);
        let (ids, messages) = outcome(&sandbox);
        assert_eq!(messages.len(), 1, "{name}: {messages:?}");
        assert!(messages[0].contains(message), "{name}: {messages:?}");
        assert!(said.stderr.contains(&format!("failed: `in/{name}`")), "{}", said.stderr);
        assert!(ids.len() >= read_min + 2, "{name}: {ids:?}");
        assert!(ids.ends_with(&["1000".to_owned(), "1001".to_owned()]), "{name}: reading went on behind it");
    }
}

#[test]
#[cfg(feature = "parquet")]
fn what_breaks_the_library_that_reads_it_is_a_reject_and_nothing_is_printed() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/parquet/bits_out_of_bounds");
    let sandbox = two_passes("'broken.parquet', 'b.jsonl'");
    sandbox.write("broken.parquet", [b"PAR1", &*fs::read(found).unwrap()].concat());
    sandbox.write("b.jsonl", records(0, 2));
    let said = sandbox.textmill(&["run"]);
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    assert!(!said.stderr.contains("panicked at"), "{}", said.stderr);
    let (ids, messages) = outcome(&sandbox);
    assert_eq!(ids, ["0", "1"]);
    assert!(
        matches!(&*messages, [only] if only.contains("it breaks the library that reads it (")),
        "{messages:?}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_cannot_be_read_is_one_reject() {
    let sandbox = two_passes("'a.jsonl', '/proc/self/mem', 'b.jsonl'");
    sandbox.write("a.jsonl", records(0, 2));
    sandbox.write("b.jsonl", records(2, 4));
    let said = sandbox.textmill(&["run"]);
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    let (ids, messages) = outcome(&sandbox);
    assert_eq!(ids, ["0", "1", "2", "3"]);
    assert!(matches!(&*messages, [only] if only.starts_with("cannot be read: ")), "{messages:?}");
}

/// The run waits at a pipe while its other inputs change.
#[test]
#[cfg(unix)]
fn inputs_that_vanish_and_grow_under_a_run_are_read_as_they_are_then() {
    let sandbox = two_passes("'pipe', 'gone.jsonl', 'grows.jsonl'");
    for (name, content) in [("gone.jsonl", records(0, 2)), ("grows.jsonl", records(2, 4))] {
        sandbox.write(name, content);
    }
    let made = std::process::Command::new("mkfifo").arg(sandbox.path("pipe")).status();
    assert!(made.unwrap().success());
    let child = sandbox.command(&["run"]).spawn().unwrap();
    let mut pipe = fs::File::options().write(true).open(sandbox.path("pipe")).unwrap(); // when it is read
    fs::remove_file(sandbox.path("gone.jsonl")).unwrap();
    sandbox.write("grows.jsonl", records(2, 6));
    std::io::Write::write_all(&mut pipe, records(9, 10).as_bytes()).unwrap();
    drop(pipe);
    let said = sandbox.said(&child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    let (ids, messages) = outcome(&sandbox);
    assert_eq!(ids, ["9", "2", "3", "4", "5"]);
    assert!(matches!(&*messages, [only] if only.starts_with("cannot be read: No such file")), "{messages:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn standard_output_that_takes_no_more_is_told_of() {
    let sandbox = two_passes("'a.jsonl'");
    sandbox.write("a.jsonl", records(0, 2000));
    assert!(Path::new("/dev/full").exists());
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let child = sandbox.command(&["run", "--output", "-", "-q"]).stdout(full).spawn().unwrap();
    let said = sandbox.said(&child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("error: cannot write standard output: No space left"), "{}", said.stderr);
}
