//! What a reader of a faulty pipeline file sees.

use expect_test::{Expect, expect};

use super::sandbox::Sandbox;

#[track_caller]
fn check(sandbox: &Sandbox, arguments: &[&str], expected: Expect) {
    expected.assert_eq(&sandbox.textmill(arguments).all());
}

#[test]
fn a_sound_file_is_told_in_a_line() {
    check(
        &Sandbox::with_seeds(),
        &["check"],
        expect![[r#"
        stdout:
        pipeline.toml is sound: 5 input files, 4 stages, 1 pass
        exit 0
    "#]],
    );
}

#[test]
fn all_faults_come_at_once_from_top_to_bottom_and_then_those_of_the_command_line() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pipeline.toml",
        "[source]\nuse = 'text'\noptions.paths = ['nothing/*.txt']\n\n[[stage]]\nuse = 'dedup'\n\
         options.simlarity = 0.7\n\n[[stage]]\nuse = 'clean'\noptions.phrases = ['']\n\n[sink]\nuse = 'jsonl'\n",
    );
    check(
        &sandbox,
        &["check", "--set", "run.threads=none"],
        expect![[r#"
            stderr:
            error: `nothing/*.txt` matches no file
             --> pipeline.toml:3:18
              |
            3 | options.paths = ['nothing/*.txt']
              |                  ^^^^^^^^^^^^^^^
            hint: paths are relative to the pipeline file

            error: unknown option `simlarity` of stage `dedup`
             --> pipeline.toml:7:9
              |
            7 | options.simlarity = 0.7
              |         ^^^^^^^^^
            hint: did you mean `similarity`? known options: `near`, `similarity`, `measure`, `shingle_words`, `normalise`, `field`, `action`, `unit`, `paragraph_bytes_min`, `index`, `memory`

            error: stage `clean` refuses its options: phrase `..  ..` holds no letter and no digit
              --> pipeline.toml:11:20
               |
            11 | options.phrases = ['']
               |                    ^^

            error: option `path` of sink `jsonl` is missing
              --> pipeline.toml:14:7
               |
            14 | use = 'jsonl'
               |       ^^^^^^^
            hint: add `options.path = "…"` (the file to write; `-` for standard output)

            error: setting `threads` of `[run]` takes a whole number, not a string
             |
             | --set run.threads=none
             |                   ^^^^

            error: 5 faults in pipeline.toml
            exit 2
        "#]],
    );
}

#[test]
fn a_run_does_not_start_either() {
    let sandbox = Sandbox::with_seeds();
    check(
        &sandbox,
        &["run", "--set", "stage.dedup.similarity=2"],
        expect![[r#"
        stderr:
        error: option `similarity` of stage `dedup` must be at most 1.0, not 2
         |
         | --set stage.dedup.similarity=2
         |                              ^

        error: 1 fault in pipeline.toml
        exit 2
    "#]],
    );
    assert!(!sandbox.path("out").exists());
}

#[test]
fn a_missing_file_shows_what_one_looks_like() {
    check(
        &Sandbox::new(),
        &["run"],
        expect![[r#"
        stderr:
        error: cannot read pipeline file `pipeline.toml`: No such file or directory (os error 2)
        hint: a small one:
              [source]
              use = "text"
              options.paths = ["*.txt"]

              [[stage]]
              use = "clean"

              [sink]
              use = "jsonl"
              options.path = "out/documents.jsonl"
        exit 2
    "#]],
    );
}

#[test]
fn a_file_that_is_not_utf_8_is_named_with_the_line() {
    let sandbox = Sandbox::new();
    sandbox.write("pipeline.toml", b"[source]\nuse = 'caf\xe9'\n");
    check(
        &sandbox,
        &["check"],
        expect![[r#"
        stderr:
        error: pipeline file `pipeline.toml` is not UTF-8: see line 2
        hint: save it as UTF-8, as TOML asks for
        exit 2
    "#]],
    );
}

#[test]
fn a_plugin_named_by_its_path_has_to_be_there() {
    let sandbox = Sandbox::with_seeds();
    sandbox.write(
        "pipeline.toml",
        sandbox.read("pipeline.toml").replace("use = \"quotes\"", "use = \"./libx.so#quotes\""),
    );
    check(
        &sandbox,
        &["check"],
        expect![[r#"
            stderr:
            error: there is no file `[here]/libx.so`
              --> pipeline.toml:25:7
               |
            25 | use = "./libx.so#quotes"                      # finds who said what
               |       ^^^^^^^^^^^^^^^^^^
            hint: `cargo build --release` puts a plugin into `target/release`, or where CARGO_TARGET_DIR says

            error: 1 fault in pipeline.toml
            exit 2
        "#]],
    );
}

#[test]
fn a_sink_of_spans_that_nobody_writes_is_worth_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "It rained.");
    sandbox.write(
        "pipeline.toml",
        "[source]\nuse = 'text'\noptions.paths = ['a.txt']\n\n[sink]\nuse = 'csv'\noptions.path = 'a.csv'\n",
    );
    check(
        &sandbox,
        &["check"],
        expect![[r#"
        stdout:
        pipeline.toml is sound: 1 input file, 0 stages, 1 pass
        stderr:
        warning: the sink writes layer `quotes`, which no stage of this pipeline writes
         --> pipeline.toml:7:1
          |
        7 | options.path = 'a.csv'
          | ^^^^^^^
        hint: only what documents bring along is written; add a stage that writes it
        exit 0
    "#]],
    );
}

#[test]
fn a_column_that_no_span_has_is_told_with_the_nearest() {
    let sandbox = Sandbox::new();
    let quote = r#"{"start":0,"end":9,"kind":"direct","speaker":{"start":0,"end":2,"name":"Ann Lee"}}"#;
    sandbox
        .write("a.jsonl", format!(r#"{{"text":"It rained","annotations":{{"quotes":[{quote},{quote}]}}}}"#));
    let run = |columns: &str| {
        sandbox.write(
            "pipeline.toml",
            format!(
                "[source]\nuse = 'jsonl'\noptions.paths = ['a.jsonl']\n\n[sink]\nuse = 'csv'\n\
                 options.path = 'a.csv'\noptions.columns = [{columns}]\n"
            ),
        );
        let said = sandbox.textmill(&["run", "--fresh"]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        said.stderr
    };
    let said = run("'id', 'speker.name', 'metadata.lang', 'kind'");
    assert!(
        said.contains(
            "warning: column `speker.name` has no value in any of the 2 rows; did you mean `speaker.name`?"
        ),
        "{said}"
    );
    assert!(said.contains("column `metadata.lang`") && !said.contains("column `kind`"), "{said}");
    // A column of quotations may well be empty.
    assert!(!run("'id', 'cue.text', 'speaker.name'").contains("column `"));
}

#[test]
fn columns_are_told_apart_even_where_that_of_the_text_is_missing() {
    let sandbox = Sandbox::new();
    sandbox.write("a.csv", "id;body\n1;It rained.\n");
    sandbox.write(
        "pipeline.toml",
        "[source]\nuse = 'csv'\noptions.paths = ['a.csv']\n\n[sink]\nuse = 'jsonl'\noptions.path = 'a.jsonl'\n",
    );
    let said = sandbox.textmill(&["run"]);
    assert_eq!(said.code, Some(3));
    assert!(said.stderr.contains("has no column `text`, but `id`, `body`;"), "{}", said.stderr);
}
