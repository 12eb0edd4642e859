//! What `explain`, `trace`, `plugins` and `schema` show.

use expect_test::{Expect, expect};

use super::sandbox::Sandbox;

#[track_caller]
fn check(sandbox: &Sandbox, arguments: &[&str], expected: Expect) {
    expected.assert_eq(&sandbox.textmill(arguments).all());
}

/// A document twice, with a line to go, spaces to go, and a quotation.
fn small() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pipeline.toml",
        "[source]\nuse = 'text'\noptions.paths = ['in']\n\
         [[stage]]\nuse = 'clean'\noptions.phrases = ['Tell a friend']\n[[stage]]\nid = 'near'\nuse = 'dedup'\n\
         [[stage]]\nuse = 'quotes'\n[sink]\nuse = 'jsonl'\noptions.path = 'out.jsonl'\n",
    );
    let text = "Tell a friend\nRain fell on the harbour all day.  \n\nNobody went out.\nNobody came in.\n\n\n\
                “I have never seen so much rain,” said Mira Holm, the harbour master.\n";
    sandbox.write("in/rain.txt", text);
    sandbox.write("in/again.txt", text);
    sandbox
}

#[test]
fn explain_shows_passes_stages_and_all_options() {
    let sandbox = small();
    sandbox.write(
        "pipeline.toml",
        "[source]\nuse = 'text'\noptions.paths = ['in']\n[[stage]]\nuse = 'sentences'\n\
         [[stage]]\nuse = 'boilerplate'\nid = 'repeated'\noptions.documents_min = 5\n\
         [sink]\nuse = 'jsonl'\noptions.path = 'out.jsonl'\n[run]\nthreads = 2\n",
    );
    check(
        &sandbox,
        &["explain"],
        expect![[r#"
            stdout:
            source text: text files, one document a file
              paths = ["in"]
              extensions = [] (default)
              document_bytes_max = 268435456 (default)
              reads 2 files, 320 B: in/again.txt … in/rain.txt

            pass 1 of 2
              sentences: Marks the sentences of each document (document)
                plugin summarize 0.1.0, [built]/libsummarize.so
                language = "en" (default)
                writes: sentences
              `repeated` looks at every document
              Why the pass ends here: a corpus stage has to see all documents before it can process one. Until then they are put aside,
              compressed, in out.jsonl.run

            pass 2 of 2
              repeated (stage `boilerplate`): Removes lines that a site repeats from document to document (corpus)
                plugin clean 0.1.0, [built]/libclean.so
                site = "origin.path" (default)
                documents_min = 5
                share_min = 0.0 (default)
                short_words_max = 12 (default)
                gap_lines_max = 1 (default)
                lines_max = 4194304 (default)
                edits by: repeated
                side files: lines

            sink jsonl: JSON Lines, one document a line
              path = "out.jsonl"
              offsets = "characters" (default)
              source_offsets = false (default)
              compression = "auto" (default)
              writes out.jsonl

            run
              threads: 2
              batches: 262.1 kB of text
              failures: any number of documents may fail
              when cut short: `--resume` goes on at a commit point, made every 268.4 MB or 30 s
              report and rejects: out.jsonl.run
            exit 0
        "#]],
    );
}

#[test]
fn explain_shows_what_follows_from_options() {
    let sandbox = small();
    sandbox.write(
        "pipeline.toml",
        "[source]\nuse = 'text'\noptions.paths = ['in']\n[[stage]]\nuse = 'dedup'\noptions.index = 'kept.dedup'\n\
         [sink]\nuse = 'jsonl'\noptions.path = 'out.jsonl'\n",
    );
    assert_eq!(sandbox.textmill(&["run", "--quiet"]).code, Some(0));
    let said = sandbox.textmill(&["explain"]).all();
    let lines: String = said
        .lines()
        .skip_while(|it| !it.contains("pairs are"))
        .take(4)
        .map(|it| format!("{}\n", it.trim()))
        .collect();
    expect![[r#"
        pairs are looked at if they share one of 23 bands of 6 rows; then their shingles are counted
        similarity    0.50   0.55   0.60   0.65   0.70   0.75   0.80   0.85   0.90   0.95
        looked at %  30.39  47.57  66.68  83.53  94.38  98.90  99.91 100.00 100.00 100.00
        the index knows 1 document of earlier runs
    "#]]
    .assert_eq(&lines);
}

#[test]
fn trace_shows_what_each_stage_did_to_a_file() {
    check(
        &small(),
        &["trace", "in/rain.txt"],
        expect![[r#"
            stdout:
            document rain
              from in/rain.txt, record 0, with 160 B of text

            clean: kept, 3 edits
              | [-Tell a friend¶-]{phrase}Rain fell on the harbour all day.[-··-]{white_space}
              |
              … 2 lines unchanged
              |
              | [-¶-]{white_space}“I have never seen so much rain,” said Mira Holm, the harbour master.
              |

            near: kept
              annotations.dedup.duplicate_of = null
              annotations.dedup.similarity = null
              annotations.dedup.cluster = 0

            quotes: kept
              quotes 70..101 “I have never seen so much rain,” {"kind":"direct","confidence":0.98}
                speaker 108..137 “Mira Holm, the harbour master” {"name":"Mira Holm","name_confidence":0.95}
                cue 103..107 “said”
            exit 0
        "#]],
    );
}

#[test]
fn trace_follows_an_id_through_the_whole_corpus() {
    check(
        &small(),
        &["trace", "rain"],
        expect![[r#"
            stdout:
            document rain
              from in/rain.txt, record 0, with 160 B of text

            clean: kept, 3 edits
              | [-Tell a friend¶-]{phrase}Rain fell on the harbour all day.[-··-]{white_space}
              |
              … 2 lines unchanged
              |
              | [-¶-]{white_space}“I have never seen so much rain,” said Mira Holm, the harbour master.
              |

            near: dropped, exact_duplicate
              annotations.dedup.duplicate_of = "again"
              annotations.dedup.similarity = 1.0
              annotations.dedup.cluster = 0
            exit 0
        "#]],
    );
}

#[test]
fn trace_in_colour_strikes_out_what_went() {
    let said = small().textmill(&["trace", "in/rain.txt", "--color", "always"]);
    let shown = said.stdout.replace('\u{1b}', "^");
    let line = shown.lines().find(|line| line.contains("Tell a friend")).unwrap().to_owned();
    expect!["  | ^[9m^[31mTell a friend¶^[0m^[2m{phrase}^[0mRain fell on the harbour all day.^[9m^[31m··^[0m^[2m{white_space}^[0m"].assert_eq(&line);
}

#[test]
fn trace_of_a_document_that_is_not_there() {
    check(
        &small(),
        &["trace", "snow"],
        expect![[r#"
            stderr:
            error: no document `snow` was read
            hint: name a file that is there, or an id as it stands in the output
            exit 1
        "#]],
    );
}

#[test]
fn plugins_lists_stages_and_where_they_are() {
    let said = small().textmill(&["plugins"]);
    assert_eq!(said.code, Some(0));
    let plugins = said.stdout.split("folders searched").next().unwrap().to_owned();
    expect![[r#"
        stages
          boilerplate  corpus    Removes lines that a site repeats from document to document
          clean        document  Removes share buttons, newsletter lines, credits and stray white space
          cluster      corpus    Links similar documents to clusters, and keeps one of each
          dedup        ordered   Drops documents that were there before, word for word or nearly
          digest       corpus    Finds the documents that tell one story, and sums each story up
          quotes       document  Finds who said what: quotations, their speakers and the verbs of saying
          sentences    document  Marks the sentences of each document
          speakers     ordered   Counts who is quoted how often, over all documents
          summarize    document  Sums up each document in some of its own sentences

        plugins
          clean 0.1.0  [built]/libclean.so
          dedup 0.1.0  [built]/libdedup.so
          quotes 0.1.0  [built]/libquotes.so
          summarize 0.1.0  [built]/libsummarize.so

    "#]]
    .assert_eq(&plugins);
    assert!(
        said.stdout.contains("\n  [here]/plugins\n  [built]\n  [here]/data/textmill/plugins\n  [program]\n")
    );
}

#[test]
fn a_library_that_is_a_plugin_and_cannot_be_used_is_listed_with_the_reason() {
    let sandbox = small();
    sandbox.write("bad.so", "no library");
    sandbox.write("pipeline.toml", "[[stage]]\nuse = './bad.so#x'\n");
    let said = sandbox.textmill(&["plugins"]);
    let unusable = said.stdout.split("folders searched").next().unwrap();
    let unusable = unusable.split_once("unusable").unwrap().1.to_owned();
    expect![[r#"
        : cannot read `[here]/bad.so` as a shared library: Could not read file magic
        hint: build it for this platform with `cargo build --release`

    "#]]
    .assert_eq(&unusable);
}

#[test]
fn schema_is_json_and_knows_the_stages() {
    let said = small().textmill(&["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let stages = schema["properties"]["stage"]["items"]["oneOf"].as_array().unwrap();
    assert!(stages.iter().any(|stage| stage["title"] == "dedup"));
}
