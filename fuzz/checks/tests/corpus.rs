//! Replays what the fuzzer collected, and each of these cut short and with a byte changed.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz_checks::{CHECKS, check};

#[test]
fn nothing_in_the_corpus_breaks_a_check() {
    for (target, _) in CHECKS {
        let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target));
        assert!(!files.is_empty(), "`{target}` has a corpus");
        for file in files {
            let bytes = fs::read(&file).expect("a file that was listed can be read");
            check(target, &bytes);
            check(target, &bytes[..bytes.len() / 2]);
            let middle = bytes.len() / 2;
            let changed: Vec<u8> = (0..).zip(&bytes).map(|(i, byte)| byte ^ u8::from(i == middle)).collect();
            check(target, &changed);
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display()));
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a folder can be listed").path()).collect();
    files.sort();
    files
}
