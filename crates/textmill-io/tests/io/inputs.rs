//! Which files a list of paths names, in which order, and under which names.

#[cfg(target_os = "linux")]
use std::{fs, path::PathBuf};

use expect_test::{Expect, expect};
use serde_json::json;
use textmill_io::open_source;

use crate::Folder;

#[track_caller]
fn check(folder: &Folder, paths: &[&str], expected: Expect) {
    let shown = match open_source("text", &json!({"paths": paths, "extensions": ["txt"]}), folder.path()) {
        Ok(source) => {
            let bytes = |bytes: Option<u64>| bytes.map_or("?".into(), |bytes| bytes.to_string());
            let line = |input: &textmill_io::Input| format!("{} {}\n", input.shown, bytes(input.bytes));
            source.inputs().iter().map(line).collect()
        }
        Err(fault) => format!("{}: {}\nhint: {}\n", fault.pointer, fault.message, fault.hint),
    };
    expected.assert_eq(&shown.replace(&*folder.path().to_string_lossy(), "<base>"));
}

fn tree() -> Folder {
    [
        "b.txt",
        "a.txt",
        "news/2.txt.gz",
        "news/1.txt",
        "news/deep/0.txt",
        "news/x.html",
        "news/.hidden.txt",
        "odd[1].txt",
    ]
    .into_iter()
    .fold(Folder::new(), |folder, name| folder.with(name, name))
}

#[test]
fn files_stand_in_the_order_of_the_paths_and_each_once() {
    check(
        &tree(),
        &["b.txt", "a.txt", "./b.txt", "*.txt"],
        expect![[r#"
            b.txt 5
            a.txt 5
            odd[1].txt 10
        "#]],
    );
}

#[test]
fn a_folder_gives_all_files_below_it_that_have_the_extension() {
    check(
        &tree(),
        &["news"],
        expect![[r#"
            news/1.txt 10
            news/2.txt.gz 13
            news/deep/0.txt 15
        "#]],
    );
}

#[test]
fn patterns_and_names_that_look_like_one() {
    check(
        &tree(),
        &["**/?.txt"],
        expect![[r#"
            a.txt 5
            b.txt 5
            news/1.txt 10
            news/deep/0.txt 15
        "#]],
    );
    check(
        &tree(),
        &["odd[1].txt"],
        expect![[r#"
            odd[1].txt 10
        "#]],
    );
}

#[test]
fn a_file_elsewhere_is_shown_with_its_whole_path() {
    let (here, there) = (Folder::new(), tree());
    let path = there.path().join("a.txt");
    let source = open_source("text", &json!({"paths": [path]}), here.path()).unwrap();
    assert_eq!(*source.inputs()[0].shown, *path.to_string_lossy());
}

#[test]
fn a_base_may_have_dots_and_paths_may_lead_out_of_it() {
    let tree = tree();
    let base = tree.path().join("./news/./deep");
    let source = open_source("text", &json!({"paths": ["*.txt", "../1*", "../../a.txt"]}), &base).unwrap();
    let shown: Vec<&str> = source.inputs().iter().map(|input| &*input.shown).collect();
    assert_eq!(shown, ["0.txt", "../1.txt", "../../a.txt"]);
}

#[test]
fn standard_input_is_an_input_that_can_be_read_once() {
    check(
        &tree(),
        &["a.txt", "-"],
        expect![[r#"
            a.txt 5
            - ?
        "#]],
    );
    let source = open_source("text", &json!({"paths": ["-"]}), tree().path()).unwrap();
    assert!(source.reader(1).is_ok());
    assert!(source.reader(1).is_err());
}

#[test]
fn a_path_that_names_nothing_is_a_fault_at_its_place() {
    check(
        &tree(),
        &["a.txt", "c.txt"],
        expect![[r#"
            /paths/1: cannot read `c.txt`: No such file or directory (os error 2)
            hint: paths are relative to the pipeline file
        "#]],
    );
    check(
        &tree(),
        &["*.md"],
        expect![[r#"
            /paths/0: `*.md` matches no file
            hint: paths are relative to the pipeline file
        "#]],
    );
    check(
        &tree(),
        &["a[.txt"],
        expect![[r#"
            /paths/0: `a[.txt` is not a sound pattern: Pattern syntax error near position 17: invalid range pattern
            hint: `*`, `**`, `?` and `[abc]` are known
        "#]],
    );
    check(
        &tree().with("empty/x.md", ""),
        &["empty"],
        expect![[r#"
            /paths/0: folder `empty` has no file to read
            hint: hidden files do not count
        "#]],
    );
    check(
        &tree(),
        &[],
        expect![[r#"
            /paths: no path is given
            hint: name a file, a folder or a pattern
        "#]],
    );
}

/// A folder in a path that the system finds too long: nobody, not even root, may read it.
#[cfg(target_os = "linux")]
#[test]
fn what_may_not_be_read_is_a_fault_for_folders_and_patterns_alike() {
    let step = "long".repeat(50);
    let half: PathBuf = std::iter::repeat_n(&step, 12).collect();
    let tree = tree().with("news/down/x", "").with("lower/x", "");
    for top in ["news/down", "lower"] {
        fs::create_dir_all(tree.path().join(top).join(&half)).unwrap();
    }
    fs::rename(tree.path().join("lower"), tree.path().join("news/down").join(&half).join("lower")).unwrap();

    for (path, what) in
        [("news/**/*.txt", "cannot follow `news/**/*.txt`: "), ("news", "cannot read folder `news`: ")]
    {
        let fault = open_source("text", &json!({"paths": ["a.txt", path]}), tree.path()).unwrap_err();
        assert_eq!(fault.pointer, "/paths/1");
        assert!(fault.message.starts_with(what), "{}", fault.message);
        assert!(fault.message.ends_with("File name too long (os error 36)"), "{}", fault.message);
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_no_file() {
    let tree = tree();
    std::os::unix::fs::symlink("nowhere.txt", tree.path().join("news/3.txt")).unwrap();
    for path in ["news", "news/*.txt*"] {
        let source =
            open_source("text", &json!({"paths": [path], "extensions": ["txt"]}), tree.path()).unwrap();
        let files = source.inputs().iter().filter(|input| !input.shown.contains("deep"));
        assert_eq!(files.count(), 2);
    }
}

#[test]
fn ids_are_names_below_the_folder_and_whole_paths_where_two_would_be_the_same() {
    let ids = |folder: &Folder, paths: &[&str]| {
        let read = folder.read("text", &json!({"paths": paths}), 1 << 20);
        read.documents.into_iter().map(|document| document.id).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids(&tree(), &["news"]), "1 2 deep/0 x");
    assert_eq!(ids(&tree(), &["news/*.txt", "a.txt"]), "1 a");
    let twice = tree().with("news/1.md", "");
    assert_eq!(ids(&twice, &["news"]), "news/1.md news/1.txt 2 deep/0 x");
}

#[test]
fn what_an_earlier_run_wrote_changes_no_id() {
    let ids = |folder: &Folder| -> Vec<String> {
        let mut source = open_source("auto", &json!({"paths": ["*"]}), folder.path()).unwrap();
        source.leave_out(&[folder.path().join("a.jsonl")]);
        let raw = source.reader(1 << 20).unwrap().next().unwrap().unwrap();
        source.decoder().decode(raw, false).documents.into_iter().map(|document| document.id).collect()
    };
    let folder = Folder::new().with("a.txt", "Rain.").with("b.txt", "Snow.");
    assert_eq!(ids(&folder), ["a", "b"]);
    assert_eq!(ids(&folder.with("a.jsonl", "{\"text\":\"Rain.\"}")), ["a", "b"]);
}
