//! What is said about a faulty file, one case for each kind of fault.

use expect_test::{Expect, expect};
use textmill_plan::render;

use crate::read_sample;

#[track_caller]
fn check(text: &str, expected: Expect) {
    check_with(text, &[], expected);
}

#[track_caller]
fn check_with(text: &str, overrides: &[&str], expected: Expect) {
    let reading = read_sample(text, overrides);
    expected.assert_eq(&render(&reading.faults, "pipeline.toml", text, false));
}

/// A sound pipeline with `stages` in the middle.
fn with(stages: &str) -> String {
    format!(
        "[source]\noptions.paths = ['a.txt']\n{stages}\n[sink]\nuse = 'jsonl'\noptions.path = 'out.jsonl'\n"
    )
}

#[test]
fn a_value_that_is_no_toml() {
    check(
        &with("[[stage]]\nuse = dedup"),
        expect![[r#"
        error: a string must stand in quotes
         --> pipeline.toml:4:7
          |
        4 | use = dedup
          |       ^^^^^
        hint: write `"dedup"`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = "),
        expect![[r#"
        error: this key has no value
         --> pipeline.toml:4:7
          |
        4 | use = 
          |       ^
        hint: write a value after the `=`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = text"),
        expect![[r#"
        error: a string must stand in quotes
         --> pipeline.toml:4:7
          |
        4 | use = text
          |       ^^^^
        hint: write `"text"`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = news"),
        expect![[r#"
        error: a string must stand in quotes
         --> pipeline.toml:4:7
          |
        4 | use = news
          |       ^^^^
        hint: write `"news"`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.trim = yes"),
        expect![[r#"
        error: a string must stand in quotes
         --> pipeline.toml:5:16
          |
        5 | options.trim = yes
          |                ^^^
        hint: for a yes write `true`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean\""),
        expect![[r#"
        error: this string does not end
         --> pipeline.toml:4:14
          |
        4 | use = 'clean"
          |              ^
        hint: close it with `'` on the same line
    "#]],
    );
}

#[test]
fn a_line_that_is_no_toml() {
    check(
        &with("[[stage]]\nuse: 'clean'"),
        expect![[r#"
        error: a key and its value stand with a `=` between
         --> pipeline.toml:4:4
          |
        4 | use: 'clean'
          |    ^
        hint: a line reads `key = value`
    "#]],
    );
    check(
        &with("[[stage]\nuse = 'clean'"),
        expect![[r#"
        error: this section's name does not end
         --> pipeline.toml:3:9
          |
        3 | [[stage]
          |         ^
        hint: write `]]` behind it
    "#]],
    );
    check(
        &with("[[stage]]\nuse"),
        expect![[r#"
        error: this key has no value
         --> pipeline.toml:4:4
          |
        4 | use
          |    ^
        hint: a line reads `key = value`
    "#]],
    );
}

#[test]
fn several_broken_lines_and_faults_that_do_not_come_from_them() {
    let text = "[source]\noptions.paths = ['a'\n[[stage]]\nuse = 'dedupe'\n";
    check(
        text,
        expect![[r#"
        error: this list does not go on and does not end here
         --> pipeline.toml:2:21
          |
        2 | options.paths = ['a'
          |                     ^
        hint: write `,` before the next item, or `]`
    "#]],
    );
    let text =
        with("[[stage]]\nuse = 'dedupe'\noptions.x = 1__0\n[[stage]]\nuse = 'lines'\noptions.y = 0x\n");
    check(
        &text,
        expect![[r#"
        error: no plugin offers a stage `dedupe`
         --> pipeline.toml:4:7
          |
        4 | use = 'dedupe'
          |       ^^^^^^^^
        hint: did you mean `dedup`? stages found: `clean`, `dedup`, `lines`, `quotes`, `shout`, `speakers`, `topics`, `twice`
              folders searched: `/home/ada/plugins`, `/plugins`
              plugins that cannot be used: `summarize`

        error: `_` may only go between digits
         --> pipeline.toml:5:14
          |
        5 | options.x = 1__0
          |              ^

        error: unknown option `y` of stage `lines`
         --> pipeline.toml:8:9
          |
        8 | options.y = 0x
          |         ^
        hint: known options: none
    "#]],
    );
}

#[test]
fn a_key_or_section_that_stands_there_twice() {
    check(
        &with("[[stage]]\nuse = 'clean'\nuse = 'dedup'"),
        expect![[r#"
        error: `use` stands here a second time
         --> pipeline.toml:5:1
          |
        5 | use = 'dedup'
          | ^^^
        hint: keep one of the two
    "#]],
    );
    check(
        &with("[source]\nuse = 'text'"),
        expect![[r#"
        error: `source` stands here a second time
         --> pipeline.toml:3:2
          |
        3 | [source]
          |  ^^^^^^
        hint: keep one of the two
    "#]],
    );
}

#[test]
fn an_empty_file() {
    check(
        "",
        expect![[r#"
        error: the pipeline has no `[source]`
        --> pipeline.toml
        hint: add
                [source]
                options.paths = ["documents/*.txt"]

        error: the pipeline has no `[sink]`
        --> pipeline.toml
        hint: add
                [sink]
                use = "jsonl"
                options.path = "out/documents.jsonl"
    "#]],
    );
}

#[test]
fn an_unknown_section() {
    check(
        &with("[[stages]]\nuse = 'clean'"),
        expect![[r#"
        error: unknown section `stages`
         --> pipeline.toml:3:3
          |
        3 | [[stages]]
          |   ^^^^^^
        hint: did you mean `[[stage]]`?
    "#]],
    );
    check(
        &with("[output]\nuse = 'jsonl'"),
        expect![[r#"
        error: unknown section `output`
         --> pipeline.toml:3:2
          |
        3 | [output]
          |  ^^^^^^
        hint: did you mean `[sink]`?
    "#]],
    );
    check(
        &format!("version = 1\n{}", with("")),
        expect![[r#"
        error: unknown key `version`
         --> pipeline.toml:1:1
          |
        1 | version = 1
          | ^^^^^^^
        hint: a pipeline has `[source]`, `[[stage]]`, `[sink]` and `[run]`
    "#]],
    );
}

#[test]
fn a_section_of_the_wrong_shape() {
    check(
        &with("[stage]\nuse = 'clean'"),
        expect![[r#"
        error: stages stand in double brackets, as there can be several
         --> pipeline.toml:3:1
          |
        3 | [stage]
          | ^^^^^^^
        hint: write `[[stage]]`
    "#]],
    );
    check(
        &format!("run = 3\nstage = ['clean', {{ use = 'lines' }}]\n{}", with("")),
        expect![[r#"
        error: `run` must be a section
         --> pipeline.toml:1:7
          |
        1 | run = 3
          |       ^
        hint: write `[run]`

        error: a stage is a table, not a string
         --> pipeline.toml:2:10
          |
        2 | stage = ['clean', { use = 'lines' }]
          |          ^^^^^^^
        hint: write `[[stage]]` and below it `use = "…"`
    "#]],
    );
    check(
        "source = 'a.txt'\n[[sink]]\nuse = 'jsonl'\n",
        expect![[r#"
        error: `source` must be a section
         --> pipeline.toml:1:10
          |
        1 | source = 'a.txt'
          |          ^^^^^^^
        hint: add
                [source]
                options.paths = ["documents/*.txt"]

        error: a pipeline has one sink
         --> pipeline.toml:2:1
          |
        2 | [[sink]]
          | ^^^^^^^^
        hint: write `[sink]`
    "#]],
    );
}

#[test]
fn an_unknown_key_of_a_section() {
    check(
        &with("[[stage]]\nuse = 'clean'\nphrases = ['x']"),
        expect![[r#"
        error: unknown key `phrases` of stage `clean`
         --> pipeline.toml:5:1
          |
        5 | phrases = ['x']
          | ^^^^^^^
        hint: it is an option: write `options.phrases`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\nname = 'x'\nphrase = ['x']\nusing = 1"),
        expect![[r#"
        error: unknown key `name` of stage `clean`
         --> pipeline.toml:5:1
          |
        5 | name = 'x'
          | ^^^^
        hint: known keys: `use`, `id`, `options`

        error: unknown key `phrase` of stage `clean`
         --> pipeline.toml:6:1
          |
        6 | phrase = ['x']
          | ^^^^^^
        hint: did you mean `options.phrases`?

        error: unknown key `using` of stage `clean`
         --> pipeline.toml:7:1
          |
        7 | using = 1
          | ^^^^^
        hint: known keys: `use`, `id`, `options`
    "#]],
    );
    check(
        "[source]\npaths = ['x']\n[sink]\nuse = 'jsonl'\npath = 'x'\n",
        expect![[r#"
        error: unknown key `paths` of source `auto`
         --> pipeline.toml:2:1
          |
        2 | paths = ['x']
          | ^^^^^
        hint: it is an option: write `options.paths`

        error: unknown key `path` of sink `jsonl`
         --> pipeline.toml:5:1
          |
        5 | path = 'x'
          | ^^^^
        hint: it is an option: write `options.path`
    "#]],
    );
}

#[test]
fn a_key_of_a_section_with_the_wrong_type() {
    check(
        &with("[[stage]]\nuse = 3\n[[stage]]\nuse = 'clean'\noptions = 3\nid = true"),
        expect![[r#"
        error: `use` of a stage takes a string, not a whole number
         --> pipeline.toml:4:7
          |
        4 | use = 3
          |       ^

        error: `options` of a stage takes a table, not a whole number
         --> pipeline.toml:7:11
          |
        7 | options = 3
          |           ^
        hint: write `options.name = value`

        error: `id` of a stage takes a string, not `true`
         --> pipeline.toml:8:6
          |
        8 | id = true
          |      ^^^^
    "#]],
    );
}

#[test]
fn a_section_that_does_not_say_what_to_use() {
    check(
        "[source]\noptions.paths = ['x']\n[[stage]]\n[sink]\n",
        expect![[r#"
        error: this stage does not say what to `use`
         --> pipeline.toml:3:1
          |
        3 | [[stage]]
          | ^^^^^^^^^
        hint: add `use = "…"` with one of `clean`, `dedup`, `lines`, `quotes`, `shout`, `speakers`, `topics`, `twice`

        error: `[sink]` does not say what to `use`
         --> pipeline.toml:4:1
          |
        4 | [sink]
          | ^^^^^^
        hint: add `use = "…"` with one of `jsonl`, `text`
    "#]],
    );
}

#[test]
fn an_unknown_kind_of_source_or_sink() {
    check(
        "[source]\nuse = 'json'\noptions.paths = ['x']\n[sink]\nuse = 'parquet'\noptions.path = 'x'\n",
        expect![[r#"
            error: unknown kind of source `json`
             --> pipeline.toml:2:7
              |
            2 | use = 'json'
              |       ^^^^^^
            hint: did you mean `jsonl`? known kinds: `auto`, `jsonl`, `text`

            error: unknown kind of sink `parquet`
             --> pipeline.toml:5:7
              |
            5 | use = 'parquet'
              |       ^^^^^^^^^
            hint: known kinds: `jsonl`, `text`
        "#]],
    );
}

#[test]
fn an_unknown_stage() {
    check(
        &with("[[stage]]\nuse = 'dedupe'"),
        expect![[r#"
        error: no plugin offers a stage `dedupe`
         --> pipeline.toml:4:7
          |
        4 | use = 'dedupe'
          |       ^^^^^^^^
        hint: did you mean `dedup`? stages found: `clean`, `dedup`, `lines`, `quotes`, `shout`, `speakers`, `topics`, `twice`
              folders searched: `/home/ada/plugins`, `/plugins`
              plugins that cannot be used: `summarize`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'translate'\noptions.anything = 1"),
        expect![[r#"
        error: no plugin offers a stage `translate`
         --> pipeline.toml:4:7
          |
        4 | use = 'translate'
          |       ^^^^^^^^^^^
        hint: stages found: `clean`, `dedup`, `lines`, `quotes`, `shout`, `speakers`, `topics`, `twice`
              folders searched: `/home/ada/plugins`, `/plugins`
              plugins that cannot be used: `summarize`
    "#]],
    );
}

#[test]
fn a_stage_whose_plugin_cannot_be_used() {
    check(
        &with("[[stage]]\nuse = 'summarize'"),
        expect![[r#"
        error: stage `summarize` cannot be used: plugin `summarize` (`/plugins/libsummarize.so`) speaks plugin interface 3, this program speaks 1
         --> pipeline.toml:4:7
          |
        4 | use = 'summarize'
          |       ^^^^^^^^^^^
        hint: build it again with the SDK of this program
    "#]],
    );
    check(
        &with("[[stage]]\nuse = '/plugins/libsummarize.so#summarize'"),
        expect![[r#"
        error: plugin `summarize` (`/plugins/libsummarize.so`) speaks plugin interface 3, this program speaks 1
         --> pipeline.toml:4:7
          |
        4 | use = '/plugins/libsummarize.so#summarize'
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: build it again with the SDK of this program
    "#]],
    );
}

#[test]
fn a_stage_that_two_plugins_offer() {
    check(
        &with("[[stage]]\nuse = 'twice'"),
        expect![[r#"
        error: 2 plugins offer a stage `twice`
         --> pipeline.toml:4:7
          |
        4 | use = 'twice'
          |       ^^^^^^^
        hint: they are `/plugins/libone.so`, `/plugins/libother.so`
              name the one you mean by its path: `use = "/plugins/libone.so#twice"`
    "#]],
    );
}

#[test]
fn a_plugin_path_that_leads_nowhere() {
    check(
        &with("[[stage]]\nuse = './libmine.so#mine'"),
        expect![[r#"
        error: there is no plugin at `./libmine.so`
         --> pipeline.toml:4:7
          |
        4 | use = './libmine.so#mine'
          |       ^^^^^^^^^^^^^^^^^^^
        hint: looked for `/home/ada/libmine.so`; relative paths start at the pipeline file's folder
    "#]],
    );
    check(
        &with("[[stage]]\nuse = './my/libshout.so#shot'"),
        expect![[r#"
        error: the plugin `./my/libshout.so` offers no stage `shot`
         --> pipeline.toml:4:7
          |
        4 | use = './my/libshout.so#shot'
          |       ^^^^^^^^^^^^^^^^^^^^^^^
        hint: did you mean `shout`?
    "#]],
    );
    check(
        &with("[[stage]]\nuse = '/plugins/libclean.so'"),
        expect![[r#"
        error: the plugin `/plugins/libclean.so` offers several stages
         --> pipeline.toml:4:7
          |
        4 | use = '/plugins/libclean.so'
          |       ^^^^^^^^^^^^^^^^^^^^^^
        hint: say which: `/plugins/libclean.so#clean`, `/plugins/libclean.so#lines`
    "#]],
    );
}

#[test]
fn two_stages_of_one_id() {
    check(
        &with("[[stage]]\nuse = 'dedup'\n[[stage]]\nuse = 'dedup'"),
        expect![[r#"
        error: two stages are called `dedup`
         --> pipeline.toml:6:7
          |
        6 | use = 'dedup'
          |       ^^^^^^^
        hint: give this one an id of its own: `id = "dedup2"`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'dedup'\n[[stage]]\nuse = 'lines'\nid = 'dedup'"),
        expect![[r#"
        error: two stages are called `dedup`
         --> pipeline.toml:7:6
          |
        7 | id = 'dedup'
          |      ^^^^^^^
        hint: give this one an id of its own: `id = "lines2"`
    "#]],
    );
}

#[test]
fn an_id_that_is_no_name() {
    check(
        &with("[[stage]]\nuse = 'dedup'\nid = 'near dups'"),
        expect![[r#"
        error: `near dups` cannot be the id of a stage
         --> pipeline.toml:5:6
          |
        5 | id = 'near dups'
          |      ^^^^^^^^^^^
        hint: an id has letters, digits, `_` and `-`, and is not `source` or `sink`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'dedup'\nid = 'source'"),
        expect![[r#"
        error: `source` cannot be the id of a stage
         --> pipeline.toml:5:6
          |
        5 | id = 'source'
          |      ^^^^^^^^
        hint: an id has letters, digits, `_` and `-`, and is not `source` or `sink`
    "#]],
    );
}

#[test]
fn an_unknown_option() {
    check(
        &with("[[stage]]\nuse = 'dedup'\noptions.simlarity = 0.8"),
        expect![[r#"
        error: unknown option `simlarity` of stage `dedup`
         --> pipeline.toml:5:9
          |
        5 | options.simlarity = 0.8
          |         ^^^^^^^^^
        hint: did you mean `similarity`? known options: `similarity`, `scope`, `words`, `ignore`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'dedup'\noptions.language = 'en'"),
        expect![[r#"
        error: unknown option `language` of stage `dedup`
         --> pipeline.toml:5:9
          |
        5 | options.language = 'en'
          |         ^^^^^^^^
        hint: known options: `similarity`, `scope`, `words`, `ignore`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.cut.bytesmax = 1"),
        expect![[r#"
        error: unknown option `bytesmax` in `cut` of stage `clean`
         --> pipeline.toml:5:13
          |
        5 | options.cut.bytesmax = 1
          |             ^^^^^^^^
        hint: did you mean `bytes_max`? known options: `bytes_max`, `mark`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'lines'\noptions.least = 1"),
        expect![[r#"
        error: unknown option `least` of stage `lines`
         --> pipeline.toml:5:9
          |
        5 | options.least = 1
          |         ^^^^^
        hint: known options: none
    "#]],
    );
}

#[test]
fn an_option_of_the_wrong_type() {
    check(
        &with("[[stage]]\nuse = 'dedup'\noptions.similarity = '0.8'"),
        expect![[r#"
        error: option `similarity` of stage `dedup` takes a number, not a string
         --> pipeline.toml:5:22
          |
        5 | options.similarity = '0.8'
          |                      ^^^^^
        hint: write it without quotes: `0.8`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'dedup'\noptions.words = 5.0"),
        expect![[r#"
        error: option `words` of stage `dedup` takes a whole number, not a number with a point
         --> pipeline.toml:5:17
          |
        5 | options.words = 5.0
          |                 ^^^
        hint: write it without a point: `5`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.phrases = 'Share this'"),
        expect![[r#"
        error: option `phrases` of stage `clean` takes a list of strings, not a string
         --> pipeline.toml:5:19
          |
        5 | options.phrases = 'Share this'
          |                   ^^^^^^^^^^^^
        hint: put it into brackets: `["Share this"]`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.phrases = ['Share this', 3]"),
        expect![[r#"
        error: option `phrases[1]` of stage `clean` takes a string, not a whole number
         --> pipeline.toml:5:34
          |
        5 | options.phrases = ['Share this', 3]
          |                                  ^
        hint: put it into quotes: `"3"`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.trim = 'true'\noptions.cut = 5"),
        expect![[r#"
        error: option `trim` of stage `clean` takes `true` or `false`, not a string
         --> pipeline.toml:5:16
          |
        5 | options.trim = 'true'
          |                ^^^^^^
        hint: write it without quotes: `true`

        error: option `cut` of stage `clean` takes a table, not a whole number
         --> pipeline.toml:6:15
          |
        6 | options.cut = 5
          |               ^
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.words = { colour = 1 }"),
        expect![[r#"
        error: option `words.colour` of stage `clean` takes a string, not a whole number
         --> pipeline.toml:5:28
          |
        5 | options.words = { colour = 1 }
          |                            ^
        hint: put it into quotes: `"1"`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.phrases = [1979-05-27]"),
        expect![[r#"
        error: option `phrases[0]` of stage `clean` takes a string, not a date
         --> pipeline.toml:5:20
          |
        5 | options.phrases = [1979-05-27]
          |                    ^^^^^^^^^^
        hint: put it into quotes: `"1979-05-27"`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'dedup'\noptions.similarity = nan"),
        expect![[r#"
        error: option `similarity` of stage `dedup` takes a number, not infinity or `nan`
         --> pipeline.toml:5:22
          |
        5 | options.similarity = nan
          |                      ^^^
    "#]],
    );
}

#[test]
fn an_option_out_of_range() {
    check(
        &with("[[stage]]\nuse = 'dedup'\noptions.similarity = 1.5"),
        expect![[r#"
        error: option `similarity` of stage `dedup` must be at most 1.0, not 1.5
         --> pipeline.toml:5:22
          |
        5 | options.similarity = 1.5
          |                      ^^^
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'dedup'\noptions.words = 0\noptions.ignore = []"),
        expect![[r#"
        error: option `words` of stage `dedup` must be at least 1, not 0
         --> pipeline.toml:5:17
          |
        5 | options.words = 0
          |                 ^

        error: option `ignore` of stage `dedup` must not be empty
         --> pipeline.toml:6:18
          |
        6 | options.ignore = []
          |                  ^^
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.cut = { bytes_max = -1, mark = '...' }"),
        expect![[r#"
        error: option `cut.bytes_max` of stage `clean` must be at least 0, not -1
         --> pipeline.toml:5:29
          |
        5 | options.cut = { bytes_max = -1, mark = '...' }
          |                             ^^

        error: option `cut.mark` of stage `clean` must have at most 1 character
         --> pipeline.toml:5:40
          |
        5 | options.cut = { bytes_max = -1, mark = '...' }
          |                                        ^^^^^
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.cut.bytes_max = 99999999999999999999999"),
        expect![[r#"
        error: option `cut.bytes_max` of stage `clean` must fit into 64 bits
         --> pipeline.toml:5:25
          |
        5 | options.cut.bytes_max = 99999999999999999999999
          |                         ^^^^^^^^^^^^^^^^^^^^^^^
    "#]],
    );
}

#[test]
fn an_option_that_is_none_of_the_choices() {
    check(
        &with("[[stage]]\nuse = 'dedup'\noptions.scope = 'titel'"),
        expect![[r#"
        error: option `scope` of stage `dedup` cannot be `titel`
         --> pipeline.toml:5:17
          |
        5 | options.scope = 'titel'
          |                 ^^^^^^^
        hint: did you mean `title`? choices: `text`, `title`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'dedup'\noptions.scope = 3"),
        expect![[r#"
        error: option `scope` of stage `dedup` cannot be `3`
         --> pipeline.toml:5:17
          |
        5 | options.scope = 3
          |                 ^
        hint: choices: `text`, `title`
    "#]],
    );
}

#[test]
fn a_tagged_table() {
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.ending = { kind = 'spaces', width = 2 }"),
        expect![[r#"
        error: option `ending.kind` of stage `clean` cannot be `spaces`
         --> pipeline.toml:5:27
          |
        5 | options.ending = { kind = 'spaces', width = 2 }
          |                           ^^^^^^^^
        hint: did you mean `space`? choices: `text`, `space`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.ending = { kind = 'space', width = 300 }"),
        expect![[r#"
        error: option `ending.width` of stage `clean` must be at most 255, not 300
         --> pipeline.toml:5:44
          |
        5 | options.ending = { kind = 'space', width = 300 }
          |                                            ^^^
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.ending = { width = 3 }"),
        expect![[r#"
        error: option `ending.kind` of stage `clean` is missing
         --> pipeline.toml:5:18
          |
        5 | options.ending = { width = 3 }
          |                  ^^^^^^^^^^^^^
        hint: it is one of `text`, `space`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.ending = 'space'"),
        expect![[r#"
        error: option `ending` of stage `clean` takes a table, not a string
         --> pipeline.toml:5:18
          |
        5 | options.ending = 'space'
          |                  ^^^^^^^
    "#]],
    );
}

#[test]
fn an_option_that_is_missing() {
    check(
        "[source]\nuse = 'text'\n[sink]\nuse = 'jsonl'\noptions.file = 'x'\n",
        expect![[r#"
        error: option `paths` of source `text` is missing
         --> pipeline.toml:2:7
          |
        2 | use = 'text'
          |       ^^^^^^
        hint: add `options.paths = […]` (files, folders and patterns)

        error: option `path` of sink `jsonl` is missing
         --> pipeline.toml:5:1
          |
        5 | options.file = 'x'
          | ^^^^^^^
        hint: add `options.path = "…"` (the file to write)

        error: unknown option `file` of sink `jsonl`
         --> pipeline.toml:5:9
          |
        5 | options.file = 'x'
          |         ^^^^
        hint: known options: `path`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.ending = { kind = 'space' }"),
        expect![[r#"
        error: option `ending.width` of stage `clean` is missing
         --> pipeline.toml:5:18
          |
        5 | options.ending = { kind = 'space' }
          |                  ^^^^^^^^^^^^^^^^^^
        hint: add `options.ending.width = …` (how much)
    "#]],
    );
}

#[test]
fn a_layer_that_nobody_writes() {
    check(
        &with("[[stage]]\nuse = 'speakers'\n[[stage]]\nuse = 'quotes'"),
        expect![[r#"
        error: stage `speakers` needs layer `quotes`, which no stage before it writes
         --> pipeline.toml:4:7
          |
        4 | use = 'speakers'
          |       ^^^^^^^^^^
        hint: put a stage before it that does: `quotes`
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'topics'"),
        expect![[r#"
        error: stage `topics` needs layer `entities`, which no stage before it writes
         --> pipeline.toml:4:7
          |
        4 | use = 'topics'
          |       ^^^^^^^^
        hint: no stage found writes it; is a plugin missing?
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'quotse'\n[[stage]]\nuse = 'speakers'"),
        expect![[r#"
        error: no plugin offers a stage `quotse`
         --> pipeline.toml:4:7
          |
        4 | use = 'quotse'
          |       ^^^^^^^^
        hint: did you mean `quotes`? stages found: `clean`, `dedup`, `lines`, `quotes`, `shout`, `speakers`, `topics`, `twice`
              folders searched: `/home/ada/plugins`, `/plugins`
              plugins that cannot be used: `summarize`
    "#]],
    );
}

#[test]
fn a_layer_that_two_stages_write_is_a_warning() {
    check(
        &with("[[stage]]\nuse = 'quotes'\n[[stage]]\nuse = 'quotes'\nid = 'again'"),
        expect![[r#"
        warning: stage `again` writes layer `quotes` anew, so what stage `quotes` wrote is lost
         --> pipeline.toml:6:7
          |
        6 | use = 'quotes'
          |       ^^^^^^^^
        hint: leave one of the two out
    "#]],
    );
}

#[test]
fn settings_of_a_run() {
    check(
        &with("[run]\nthreads = 0\nbatch_size = 3\nfolder = ''\nmax_failures = 'none'"),
        expect![[r#"
            error: setting `threads` of `[run]` must be at least 1, not 0
             --> pipeline.toml:4:11
              |
            4 | threads = 0
              |           ^

            error: unknown setting `batch_size` of `[run]`
             --> pipeline.toml:5:1
              |
            5 | batch_size = 3
              | ^^^^^^^^^^
            hint: did you mean `batch_bytes`? known settings: `folder`, `threads`, `batch_bytes`, `commit_bytes`, `commit_seconds`, `batch_seconds_max`, `max_failures`

            error: setting `folder` of `[run]` must not be empty
             --> pipeline.toml:6:10
              |
            6 | folder = ''
              |          ^^

            error: setting `max_failures` of `[run]` takes a whole number, not a string
             --> pipeline.toml:7:16
              |
            7 | max_failures = 'none'
              |                ^^^^^^
        "#]],
    );
}

#[test]
fn a_variable_that_is_not_there() {
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.phrases = ['ok ${CORPUS}', 'not ${NONE} this']"),
        expect![[r#"
            error: the environment variable `NONE` is not set
             --> pipeline.toml:5:41
              |
            5 | options.phrases = ['ok ${CORPUS}', 'not ${NONE} this']
              |                                         ^^^^^^^
            hint: set it, or give a default: `${NONE:-…}`
        "#]],
    );
    check(
        &with("[[stage]]\nuse = '${STAGE:?name the stage to try}'"),
        expect![[r#"
        error: the environment variable `STAGE` is not set
         --> pipeline.toml:4:8
          |
        4 | use = '${STAGE:?name the stage to try}'
          |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: name the stage to try
    "#]],
    );
    check(
        &with("[[stage]]\nuse = 'clean'\noptions.phrases = ['${', \"${A-B}\", \"\\u0024{NONE}\"]"),
        expect![[r#"
            error: `${` without a `}`
             --> pipeline.toml:5:21
              |
            5 | options.phrases = ['${', "${A-B}", "\u0024{NONE}"]
              |                     ^^
            hint: close it, or write `$$` for a dollar sign

            error: `${A-B}` is not a variable
             --> pipeline.toml:5:27
              |
            5 | options.phrases = ['${', "${A-B}", "\u0024{NONE}"]
              |                           ^^^^^^
            hint: write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`; for a dollar sign write `$$`

            error: the environment variable `NONE` is not set
             --> pipeline.toml:5:36
              |
            5 | options.phrases = ['${', "${A-B}", "\u0024{NONE}"]
              |                                    ^^^^^^^^^^^^^^
            hint: set it, or give a default: `${NONE:-…}`
        "#]],
    );
}

#[test]
fn an_override_that_cannot_be_read() {
    check_with(
        &with(""),
        &["run.threads"],
        expect![[r#"
        error: an override needs a `=` and a value
         |
         | --set run.threads
         |       ^^^^^^^^^^^
        hint: write `--set stage.ID.OPTION=VALUE`, or `source.`, `sink.` or `run.` and a name
    "#]],
    );
    check_with(
        &with(""),
        &["stag.dedup.x=1"],
        expect![[r#"
        error: unknown section `stag` in an override
         |
         | --set stag.dedup.x=1
         |       ^^^^
        hint: did you mean `stage`? known sections: `source`, `stage`, `sink`, `run`
    "#]],
    );
    check_with(
        &with("[[stage]]\nuse = 'dedup'"),
        &["stage.dedupe.similarity=1"],
        expect![[r#"
        error: the pipeline has no stage `dedupe`
         |
         | --set stage.dedupe.similarity=1
         |             ^^^^^^
        hint: did you mean `dedup`?
    "#]],
    );
    check_with(
        &with(""),
        &["stage=1", "stage.x=1", "source..x=1", "run=3"],
        expect![[r#"
        error: this override does not say which stage
         |
         | --set stage=1
         |       ^^^^^
        hint: write `--set stage.ID.OPTION=VALUE`, or `source.`, `sink.` or `run.` and a name

        error: the pipeline has no stage `x`
         |
         | --set stage.x=1
         |             ^
        hint: its stages: none

        error: a name is missing in this override
         |
         | --set source..x=1
         |       ^^^^^^^^^
        hint: write `--set stage.ID.OPTION=VALUE`, or `source.`, `sink.` or `run.` and a name

        error: this override does not say what to set
         |
         | --set run=3
         |       ^^^
        hint: write `--set stage.ID.OPTION=VALUE`, or `source.`, `sink.` or `run.` and a name
    "#]],
    );
    check_with(
        &with(""),
        &["source.paths.x=1"],
        expect![[r#"
        error: this override reaches into something that is not a table
         |
         | --set source.paths.x=1
         |                    ^
        hint: write `--set stage.ID.OPTION=VALUE`, or `source.`, `sink.` or `run.` and a name
    "#]],
    );
}

#[test]
fn an_override_with_a_wrong_value() {
    check_with(
        &with("[[stage]]\nuse = 'dedup'"),
        &[
            "stage.dedup.similarity=2",
            "stage.dedup.simlarity=1",
            "stage.dedup.scope=titel",
            "run.threads=many",
        ],
        expect![[r#"
            error: option `similarity` of stage `dedup` must be at most 1.0, not 2
             |
             | --set stage.dedup.similarity=2
             |                              ^

            error: unknown option `simlarity` of stage `dedup`
             |
             | --set stage.dedup.simlarity=1
             |                   ^^^^^^^^^
            hint: did you mean `similarity`? known options: `similarity`, `scope`, `words`, `ignore`

            error: option `scope` of stage `dedup` cannot be `titel`
             |
             | --set stage.dedup.scope=titel
             |                         ^^^^^
            hint: did you mean `title`? choices: `text`, `title`

            error: setting `threads` of `[run]` takes a whole number, not a string
             |
             | --set run.threads=many
             |                   ^^^^
        "#]],
    );
    check_with(
        &with("[[stage]]\nuse = 'dedup'"),
        &["sink.use=json", "stage.dedup.use=x"],
        expect![[r#"
        error: unknown kind of sink `json`
         |
         | --set sink.use=json
         |                ^^^^
        hint: did you mean `jsonl`? known kinds: `jsonl`, `text`

        error: no plugin offers a stage `x`
         |
         | --set stage.dedup.use=x
         |                       ^
        hint: stages found: `clean`, `dedup`, `lines`, `quotes`, `shout`, `speakers`, `topics`, `twice`
              folders searched: `/home/ada/plugins`, `/plugins`
              plugins that cannot be used: `summarize`
    "#]],
    );
}

#[test]
fn many_faults_at_once() {
    let text = "\
[source]
use = \"txt\"
options.paths = \"seeds/*.txt\"

[[stage]]
use = \"clean\"
options.phrase = [\"Tell a friend\"]
options.trim = \"${TRIM}\"

[[stage]]
use = \"dedup\"
options.similarity = 80
options.threshold = 0.8

[[stage]]
use = \"summarise\"

[[stage]]
use = \"dedup\"

[sink]
use = \"jsonl\"
path = \"out.jsonl\"

[runs]
threads = 2
";
    check_with(
        text,
        &["stage.dedup.words=none"],
        expect![[r#"
        error: unknown kind of source `txt`
         --> pipeline.toml:2:7
          |
        2 | use = "txt"
          |       ^^^^^
        hint: did you mean `text`? known kinds: `auto`, `jsonl`, `text`

        error: unknown option `phrase` of stage `clean`
         --> pipeline.toml:7:9
          |
        7 | options.phrase = ["Tell a friend"]
          |         ^^^^^^
        hint: did you mean `phrases`? known options: `phrases`, `trim`, `words`, `cut`, `ending`

        error: the environment variable `TRIM` is not set
         --> pipeline.toml:8:17
          |
        8 | options.trim = "${TRIM}"
          |                 ^^^^^^^
        hint: set it, or give a default: `${TRIM:-…}`

        error: option `similarity` of stage `dedup` must be at most 1.0, not 80
          --> pipeline.toml:12:22
           |
        12 | options.similarity = 80
           |                      ^^

        error: unknown option `threshold` of stage `dedup`
          --> pipeline.toml:13:9
           |
        13 | options.threshold = 0.8
           |         ^^^^^^^^^
        hint: known options: `similarity`, `scope`, `words`, `ignore`

        error: no plugin offers a stage `summarise`
          --> pipeline.toml:16:7
           |
        16 | use = "summarise"
           |       ^^^^^^^^^^^
        hint: stages found: `clean`, `dedup`, `lines`, `quotes`, `shout`, `speakers`, `topics`, `twice`
              folders searched: `/home/ada/plugins`, `/plugins`
              the plugin `summarize` was found and cannot be used; write `use = "summarize"` to see why

        error: two stages are called `dedup`
          --> pipeline.toml:19:7
           |
        19 | use = "dedup"
           |       ^^^^^^^
        hint: give this one an id of its own: `id = "dedup2"`

        error: unknown key `path` of sink `jsonl`
          --> pipeline.toml:23:1
           |
        23 | path = "out.jsonl"
           | ^^^^
        hint: it is an option: write `options.path`

        error: unknown section `runs`
          --> pipeline.toml:25:2
           |
        25 | [runs]
           |  ^^^^
        hint: did you mean `[run]`?

        error: option `words` of stage `dedup` takes a whole number, not a string
         |
         | --set stage.dedup.words=none
         |                         ^^^^
    "#]],
    );
}
