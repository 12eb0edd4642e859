//! The program is killed at any instant, and goes on as if nothing had been.
//!
//! `TEXTMILL_KILLS=200 cargo test -p textmill kills` kills it more often.

#![cfg(unix)]

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::fs;
use std::hash::BuildHasher;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::sandbox::Sandbox;

/// Behind each batch there is a commit point, and an ordered stage stands in the pass after a corpus stage.
const PIPELINE: &str = "
[source]
use = 'jsonl'
options.paths = ['corpus.jsonl']
[[stage]]
use = 'clean'
[[stage]]
use = 'dedup'
[[stage]]
use = 'boilerplate'
[[stage]]
use = 'dedup'
id = 'again'
options.action = 'annotate'
[[stage]]
use = 'sentences'
[[stage]]
use = 'summarize'
[[stage]]
use = 'cluster'
[[stage]]
use = 'digest'
[sink]
use = 'jsonl'
options.path = 'out.jsonl.gz'
[run]
batch_bytes = 1
commit_bytes = 1
";

#[test]
fn a_run_that_is_killed_at_any_instant_goes_on_as_if_nothing_had_been() {
    let sandbox = Sandbox::in_memory();
    sandbox.write("corpus.jsonl", corpus());
    sandbox.write("pipeline.toml", PIPELINE);
    let began = Instant::now();
    let said = sandbox.textmill(&["run", "-q"]);
    let took = began.elapsed();
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    let expected = left_behind(&sandbox.path(""));
    assert!(expected.keys().any(|name| name.ends_with("dropped.jsonl")), "{:?}", expected.keys());

    let kills: usize = std::env::var("TEXTMILL_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let mut shares: VecDeque<f64> = (0..kills as u64).map(share).collect();
    let mut landed = 0;
    while !shares.is_empty() {
        let _ = fs::remove_dir_all(sandbox.path("out.jsonl.gz.run"));
        let _ = fs::remove_file(sandbox.path("out.jsonl.gz"));
        let mut instants = Vec::new();
        while let Some(share) = shares.pop_front() {
            instants.push(share);
            if !killed_after(&sandbox, took.mul_f64(share)) {
                break; // it came to its end before
            }
            landed += 1;
        }
        let said = sandbox.textmill(&["run", "-q", "--resume"]);
        assert_eq!(said.code, Some(3), "killed at {instants:?} of {took:?}: {}", said.stderr);
        let left = left_behind(&sandbox.path(""));
        assert_eq!(left.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (name, bytes) in left {
            assert!(bytes == expected[&name], "{name} differs, killed at {instants:?} of {took:?}");
        }
    }
    assert!(landed >= kills / 2, "only {landed} of {kills} kills came before the end");
}

#[test]
fn a_run_that_is_asked_to_end_says_how_to_go_on() {
    let sandbox = Sandbox::in_memory();
    sandbox.write("corpus.jsonl", corpus());
    sandbox.write("pipeline.toml", PIPELINE);
    assert_eq!(sandbox.textmill(&["run", "-q"]).code, Some(3));
    let expected = left_behind(&sandbox.path(""));
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut child = sandbox.command(&["run", "-q"]).spawn().unwrap();
        let is_begun = || sandbox.path("out.jsonl.gz.run/commit_point").exists();
        while !is_begun() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let kill = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let said = sandbox.said(&child.wait_with_output().unwrap());
        assert_eq!(said.code, Some(code), "{}", said.stderr);
        let last = "error: interrupted; no output was written\n\
                    hint: `textmill run --resume` goes on where it stopped, `--fresh` begins anew\n";
        assert!(said.stderr.ends_with(last), "{}", said.stderr);
        assert_eq!(sandbox.textmill(&["run", "-q", "--resume"]).code, Some(3));
        assert!(left_behind(&sandbox.path("")) == expected);
    }
}

/// The share of an undisturbed run after which the `i`th kill comes: the same on every run of this test for one half,
/// another each time for the other.
fn share(i: u64) -> f64 {
    let seed = if i.is_multiple_of(2) { i } else { RandomState::new().hash_one(i) };
    let mixed = seed
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9);
    0.9 * (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

/// Starts or goes on with a run and kills it after a while; false when it was done before.
fn killed_after(sandbox: &Sandbox, delay: Duration) -> bool {
    let mut child = sandbox.command(&["run", "-q", "--resume"]).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let (ended, is_over) = channel();
    let watcher = std::thread::spawn(move || {
        let mut said = String::new();
        stderr.read_to_string(&mut said).unwrap(); // until nobody can say anything more
        let _ = ended.send(());
        said
    });
    let is_killed = is_over.recv_timeout(delay) == Err(RecvTimeoutError::Timeout);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    let said = watcher.join().unwrap();
    assert!(is_killed || status.code() == Some(3), "{said}");
    is_killed && status.code().is_none()
}

/// All files of a run that promise to be the same each time.
fn left_behind(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut left = BTreeMap::new();
    let mut folders = vec![folder.join("out.jsonl.gz.run")];
    left.insert("out.jsonl.gz".to_owned(), fs::read(folder.join("out.jsonl.gz")).unwrap());
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap().map(Result::unwrap) {
            let (path, name) =
                (entry.path(), entry.path().strip_prefix(folder).unwrap().display().to_string());
            match path.is_dir() {
                true => folders.push(path),
                false if name.ends_with("timing.json") => {}
                false => drop(left.insert(name, fs::read(path).unwrap())),
            }
        }
    }
    left
}

/// Some megabytes: articles with a line that many share, near copies, and records that are none.
fn corpus() -> String {
    let mut corpus = String::new();
    for i in 0..2500_u64 {
        if i % 500 == 250 {
            corpus.push_str("{\"text\": 7}\n");
        }
        let of = if i % 7 == 3 { i / 2 } else { i };
        let _ = write!(corpus, "{{\"id\":\"{i}\",\"text\":\"Follow us for more news.\\n");
        for sentence in 0..24_u64 {
            let n = (of + 1) * (sentence + 3) * 7919 % 10_007;
            let _ = write!(
                corpus,
                "Town {n} had {} millimetres of rain, the mayor said on day {}. ",
                n % 89,
                n % 31
            );
        }
        corpus.push_str("\"}\n");
    }
    corpus
}
