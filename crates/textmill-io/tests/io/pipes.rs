//! Inputs that one has to wait for.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use textmill_io::{ReadError, Source, open_source};

use crate::Folder;

/// A pipe beside a file, and a source of both.
fn file_and_pipe() -> (Folder, PathBuf, Source) {
    let folder = Folder::new().with("a.txt", "a");
    let pipe = folder.path().join("b.txt");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let source = open_source("text", &json!({"paths": ["a.txt", "b.txt"]}), folder.path()).unwrap();
    (folder, pipe, source)
}

#[test]
fn a_pipe_is_waited_for() {
    let (_folder, pipe, source) = file_and_pipe();
    let mut reader = source.reader(1 << 20).unwrap();
    let writing = std::thread::spawn(move || std::fs::write(pipe, "b").unwrap());
    let documents = source.decoder().decode(reader.next().unwrap().unwrap(), false).documents;
    writing.join().unwrap();
    assert_eq!((documents[0].text(), documents[1].text()), ("a", "b"));
    assert!(reader.next().unwrap().is_none());
}

/// Nobody ever writes, so that even opening the pipe would wait.
#[test]
fn an_input_that_never_comes_is_given_up_when_nothing_more_is_wanted() {
    let (_folder, _pipe, source) = file_and_pipe();
    let asked = AtomicUsize::new(0);
    let mut reader = source.reader_until(1, move || asked.fetch_add(1, Ordering::Relaxed) > 5).unwrap();
    let read = source.decoder().decode(reader.next().unwrap().unwrap(), false);
    assert_eq!((read.documents[0].text(), read.rejects.len()), ("a", 0));
    assert!(matches!(reader.next(), Err(ReadError::Interrupted)));
}
