//! What a good file becomes.

use std::fmt::Write;

use expect_test::{Expect, expect};
use textmill_plan::{Pass, Place, Plan, render};

use crate::read_sample;

#[track_caller]
fn plan(text: &str, overrides: &[&str]) -> Plan {
    let reading = read_sample(text, overrides);
    assert_eq!(render(&reading.faults, "pipeline.toml", text, false), "");
    reading.plan.expect("a sound file gives a plan")
}

#[track_caller]
fn check(text: &str, overrides: &[&str], expected: Expect) {
    let plan = plan(text, overrides);
    let mut shown = format!("source {} {}\n", plan.source.kind, plan.source.options);
    for used in &plan.stages {
        _ = writeln!(shown, "{}: {} {}", used.id, used.stage.name, used.options);
    }
    _ = writeln!(shown, "sink {} {}", plan.sink.kind, plan.sink.options);
    _ = writeln!(shown, "run {}", serde_json::json!(plan.run));
    expected.assert_eq(&shown);
}

const SMALL: &str = "\
[source]
options.paths = ['a.txt']
[sink]
use = 'jsonl'
options.path = 'out.jsonl'
";

#[test]
fn a_pipeline_without_stages_copies() {
    check(
        SMALL,
        &[],
        expect![[r#"
            source auto {"paths":["a.txt"]}
            sink jsonl {"path":"out.jsonl"}
            run {"folder":null,"threads":null,"batch_bytes":262144,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":null}
        "#]],
    );
}

#[test]
fn options_that_are_not_said_get_their_defaults_at_every_level() {
    let text = format!(
        "{SMALL}
        [[stage]]
        use = 'clean'
        options.phrases = ['Share this']
        options.cut.bytes_max = 50
        [[stage]]
        use = 'dedup'
        options.similarity = 1
        "
    );
    check(
        &text,
        &[],
        expect![[r#"
            source auto {"paths":["a.txt"]}
            clean: clean {"phrases":["Share this"],"trim":false,"words":{},"cut":{"bytes_max":50,"mark":"…"}}
            dedup: dedup {"similarity":1.0,"scope":"text"}
            sink jsonl {"path":"out.jsonl"}
            run {"folder":null,"threads":null,"batch_bytes":262144,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":null}
        "#]],
    );
}

#[test]
fn tagged_tables_maps_and_enums_are_options_too() {
    let text = format!(
        "{SMALL}
        [[stage]]
        use = 'clean'
        [stage.options]
        trim = true
        words = {{ colour = 'color', 'grey' = 'gray' }}
        ending = {{ kind = 'space', width = 2 }}
        [[stage]]
        use = 'dedup'
        options.scope = 'title'
        options.words = 5
        "
    );
    check(
        &text,
        &[],
        expect![[r#"
            source auto {"paths":["a.txt"]}
            clean: clean {"phrases":[],"trim":true,"words":{"colour":"color","grey":"gray"},"cut":{"bytes_max":1000,"mark":"…"},"ending":{"kind":"space","width":2}}
            dedup: dedup {"similarity":0.8,"scope":"title","words":5}
            sink jsonl {"path":"out.jsonl"}
            run {"folder":null,"threads":null,"batch_bytes":262144,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":null}
        "#]],
    );
}

#[test]
fn a_stage_used_twice_has_an_id() {
    let text = format!("{SMALL}[[stage]]\nuse = 'dedup'\n[[stage]]\nuse = 'dedup'\nid = 'near'\n");
    check(
        &text,
        &[],
        expect![[r#"
            source auto {"paths":["a.txt"]}
            dedup: dedup {"similarity":0.8,"scope":"text"}
            near: dedup {"similarity":0.8,"scope":"text"}
            sink jsonl {"path":"out.jsonl"}
            run {"folder":null,"threads":null,"batch_bytes":262144,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":null}
        "#]],
    );
}

#[test]
fn a_stage_is_found_by_the_path_of_its_plugin() {
    let text = format!("{SMALL}[[stage]]\nuse = './my/../my/libshout.so#shout'\n");
    check(
        &text,
        &[],
        expect![[r#"
            source auto {"paths":["a.txt"]}
            shout: shout {}
            sink jsonl {"path":"out.jsonl"}
            run {"folder":null,"threads":null,"batch_bytes":262144,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":null}
        "#]],
    );
    let text =
        format!("{SMALL}[[stage]]\nuse = 'my/libshout.so'\n[[stage]]\nuse = '/plugins/libother.so#twice'\n");
    check(
        &text,
        &[],
        expect![[r#"
            source auto {"paths":["a.txt"]}
            shout: shout {}
            twice: twice {}
            sink jsonl {"path":"out.jsonl"}
            run {"folder":null,"threads":null,"batch_bytes":262144,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":null}
        "#]],
    );
}

#[test]
fn overrides_go_over_the_file() {
    let text = format!("{SMALL}[[stage]]\nuse = 'dedup'\nid = 'near'\noptions.similarity = 0.9\n");
    let overrides = [
        "stage.near.similarity=0.7",
        "stage.near.options.words=3",
        "source.paths=[\"x y\", 'z']",
        "source.use=text",
        "sink.path=some where/out.jsonl",
        "run.threads=2",
    ];
    check(
        &text,
        &overrides,
        expect![[r#"
            source text {"paths":["x y","z"]}
            near: dedup {"similarity":0.7,"scope":"text","words":3}
            sink jsonl {"path":"some where/out.jsonl"}
            run {"folder":null,"threads":2,"batch_bytes":262144,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":null}
        "#]],
    );
}

#[test]
fn overrides_can_make_sections() {
    check(
        "",
        &["source.paths=['a']", "sink.use=text", "sink.path=out"],
        expect![[r#"
            source auto {"paths":["a"]}
            sink text {"path":"out"}
            run {"folder":null,"threads":null,"batch_bytes":262144,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":null}
        "#]],
    );
}

#[test]
fn variables_stand_in_strings_of_the_file() {
    let text = "\
[source]
options.paths = ['${CORPUS}/*.txt', '${NONE:-none}', '$$5']  # not here: ${NONE}
[sink]
use = '${EMPTY:-jsonl}'
options.path = 'out${EMPTY}.jsonl'
";
    check(
        text,
        &[],
        expect![[r#"
            source auto {"paths":["news/*.txt","none","$5"]}
            sink jsonl {"path":"out.jsonl"}
            run {"folder":null,"threads":null,"batch_bytes":262144,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":null}
        "#]],
    );
}

#[test]
fn settings_of_a_run() {
    let text =
        format!("{SMALL}[run]\nfolder = 'runs'\nthreads = 7\nbatch_bytes = 65_536\nmax_failures = 3\n");
    check(
        &text,
        &[],
        expect![[r#"
            source auto {"paths":["a.txt"]}
            sink jsonl {"path":"out.jsonl"}
            run {"folder":"runs","threads":7,"batch_bytes":65536,"commit_bytes":268435456,"commit_seconds":30,"batch_seconds_max":3600,"max_failures":3}
        "#]],
    );
}

#[test]
fn a_corpus_stage_ends_a_pass() {
    let passes = |uses: &[&str]| -> Vec<Pass> {
        let stages: String = uses
            .iter()
            .enumerate()
            .map(|(i, used)| format!("[[stage]]\nuse = '{used}'\nid = 's{i}'\n"))
            .collect();
        plan(&format!("{SMALL}{stages}"), &[]).passes()
    };
    let pass = |stages, observes| Pass { stages, observes };
    assert_eq!(passes(&[]), [pass(0..0, None)]);
    assert_eq!(passes(&["clean", "dedup"]), [pass(0..2, None)]);
    assert_eq!(passes(&["clean", "lines", "dedup"]), [pass(0..1, Some(1)), pass(1..3, None)]);
    assert_eq!(passes(&["lines", "lines"]), [pass(0..0, Some(0)), pass(0..1, Some(1)), pass(1..2, None)]);
}

#[test]
fn outputs_are_named_once_and_in_order() {
    let text = format!(
        "{SMALL}[[stage]]\nuse = 'dedup'\n[[stage]]\nuse = 'quotes'\n[[stage]]\nuse = 'dedup'\nid = 'near'\n"
    );
    let outputs = plan(&text, &[]).outputs(|_, _| false);
    assert_eq!(outputs.layers, ["quotes".into()]);
    assert_eq!(outputs.fields, ["annotations.dedup.duplicate_of".into()]);
    let outputs = plan(&text, &[]).outputs(|stage, layer| (stage, layer) == (1, "quotes"));
    assert!(outputs.layers.is_empty());
}

#[test]
fn the_report_gets_the_whole_plan() {
    let plan = plan(&format!("{SMALL}[[stage]]\nuse = 'dedup'\n"), &["run.threads=2"]);
    let shown = serde_json::to_string_pretty(&plan.to_json()).unwrap();
    expect![[r#"
        {
          "file": "pipeline.toml",
          "source": {
            "use": "auto",
            "options": {
              "paths": [
                "a.txt"
              ]
            }
          },
          "stages": [
            {
              "id": "dedup",
              "use": "dedup",
              "plugin": {
                "name": "dedup",
                "version": "0.1.0"
              },
              "options": {
                "similarity": 0.8,
                "scope": "text"
              }
            }
          ],
          "sink": {
            "use": "jsonl",
            "options": {
              "path": "out.jsonl"
            }
          },
          "run": {
            "folder": null,
            "threads": 2,
            "batch_bytes": 262144,
            "commit_bytes": 268435456,
            "commit_seconds": 30,
            "batch_seconds_max": 3600,
            "max_failures": null
          },
          "overrides": [
            "run.threads=2"
          ]
        }"#]]
    .assert_eq(&shown);
}

#[test]
fn later_faults_point_to_the_option_they_are_about() {
    let text = format!("{SMALL}[[stage]]\nuse = 'dedup'\n[[stage]]\nuse = 'clean'\noptions.cut.mark = '-'\n");
    let plan = plan(&text, &["source.paths=['a', 'b']"]);
    let faults = [
        plan.fault_at(
            Place::Source,
            "/paths/1",
            "no file matches `b`",
            Some("relative to `/home/ada`".to_owned()),
        ),
        plan.fault_at(Place::Sink, "/path", "`out.jsonl` is an input too", None),
        plan.fault_at(Place::Stage(0), "/similarity", "a default can be refused as well", None),
        plan.fault_at(Place::Stage(1), "/cut/mark", "option `cut.mark` is no letter", None),
        plan.fault_at(Place::Stage(1), "/cut/bytes_max", "a default next to others", None),
        plan.fault_at(Place::Stage(1), "", "all of it", None),
        plan.fault_at(Place::Stage(9), "", "nowhere", None),
    ];
    expect![[r#"
        error: no file matches `b`
         |
         | --set source.paths=['a', 'b']
         |                          ^^^
        hint: relative to `/home/ada`

        error: `out.jsonl` is an input too
         --> pipeline.toml:5:16
          |
        5 | options.path = 'out.jsonl'
          |                ^^^^^^^^^^^

        error: a default can be refused as well
         --> pipeline.toml:7:7
          |
        7 | use = 'dedup'
          |       ^^^^^^^

        error: option `cut.mark` is no letter
          --> pipeline.toml:10:20
           |
        10 | options.cut.mark = '-'
           |                    ^^^

        error: a default next to others
          --> pipeline.toml:10:9
           |
        10 | options.cut.mark = '-'
           |         ^^^

        error: all of it
          --> pipeline.toml:10:1
           |
        10 | options.cut.mark = '-'
           | ^^^^^^^

        error: nowhere
        --> pipeline.toml
    "#]]
    .assert_eq(&render(&faults, "pipeline.toml", &text, false));
}
