//! The engine as a whole, with small stages linked into the test: order, books, rejects, and what is left behind.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod resume;
mod stages;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};

use textmill_engine::{
    Event, Observer, Progress, RunError, RunOptions, Selection, Setup, Status, TraceTarget, Turned, prepare,
};
use textmill_host::{Environment, Plugins};
use textmill_plan::{Reading, Request, read};

/// Twelve documents of which two are equal and one is malformed, in an order that a sort would change.
const INPUT: &str = r#"{"id":"k","text":"one two"}
{"id":"b","text":"three"}
{"id":"a","text":"one two"}
not json
{"id":"c","text":"footer\nfour"}

{"id":"d","text":"footer\nfive"}
{"id":"z","text":"footer\nsix","url":"https://example.org"}
{"id":"e","text":""}
{"id":"f","text":"fail me"}
{"id":"g","text":"panic now"}
{"id":"h","text":"drop me"}
{"id":"i","text":"nine"}
{"id":"j","text":"ten"}
"#;

const ALL_STAGES: &str = "
    [[stage]]
    use = 'picky'
    [[stage]]
    use = 'first'
    [[stage]]
    use = 'common'
    [[stage]]
    use = 'first'
    id = 'again'
";

struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn event(&self, event: Event<'_>) {
        let line = match event {
            Event::Warning(warning) => format!("warning: {}", warning.message),
            Event::Failed(reject) => format!("{} {}: {}", reject.stage, reject.reason, reject.message),
            Event::EmptyColumn(it) => format!("empty column: {}", it.column),
            Event::Stuck(stuck) => format!("stuck: {}", stuck.stage),
        };
        self.0.lock().unwrap().push(line);
    }
}

/// Runs `stages` over `INPUT` in `folder` and gives what came of it and what was heard.
fn run(folder: &Path, stages: &str, settings: &str, options: &RunOptions) -> (Turned, Vec<String>) {
    fs::write(folder.join("in.jsonl"), INPUT).unwrap();
    let text = format!(
        "source = {{ use = 'jsonl', options.paths = ['in.jsonl'] }}
         sink = {{ use = 'jsonl', options.path = 'out.jsonl' }}
         [run]\n{settings}\n{stages}"
    );
    let plugins = Plugins::linked(&[stages::plugin()]).unwrap();
    let reading = reading(folder, &text, &plugins);
    let environment = Arc::new_cyclic(|environment: &Weak<Environment>| {
        let environment = environment.clone();
        Environment::new(move |_, _, message| {
            if message == "cancel" {
                environment.upgrade().unwrap().cancel();
            }
        })
    });
    let setup = Setup { plugins: &plugins, environment, folder };
    let (mill, _) = prepare(reading, &setup).unwrap_or_else(|faults| panic!("{faults:?}"));
    let heard = Heard(Mutex::default());
    let turned = mill.run(options, &Progress::default(), &heard);
    (turned, heard.0.into_inner().unwrap())
}

/// Reads a pipeline file that may name the stages of `plugins`.
fn reading(folder: &Path, text: &str, plugins: &Plugins) -> Reading {
    let mut catalog = plugins.catalog();
    catalog.sources = textmill_io::sources();
    catalog.sinks = textmill_io::sinks();
    read(&Request {
        file_name: "pipeline.toml",
        text,
        folder,
        catalog: &catalog,
        overrides: &[],
        environment: &|_| None,
    })
}

fn text_of(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap_or_default()
}

/// Everything that a run leaves behind and promises to be the same each time.
fn left_behind(folder: &Path) -> [String; 7] {
    [
        "out.jsonl",
        "out.jsonl.run/rejects/dropped.jsonl",
        "out.jsonl.run/rejects/failed.jsonl",
        "out.jsonl.run/report.json",
        "out.jsonl.run/tables/first.texts.jsonl",
        "out.jsonl.run/tables/again.counts.jsonl",
        "out.jsonl.run/tables/common.common.jsonl",
    ]
    .map(|file| text_of(folder, file).replace(&folder.display().to_string(), "FOLDER"))
}

#[test]
fn every_record_is_written_dropped_or_failed_for_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (turned, heard) = run(folder.path(), ALL_STAGES, "", &RunOptions::default());
    turned.ended.unwrap();
    let books = &turned.report.books;
    assert_eq!((books.read, books.written, books.dropped, books.failed), (13, 8, 2, 3));
    assert_eq!(turned.report.status, Status::DoneWithFailures);
    let [output, dropped, failed, _, texts, counts, common] = left_behind(folder.path());
    let ids = |lines: &str| -> Vec<String> {
        let id = |line: &str| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            value["id"].as_str().unwrap_or("-").to_owned()
        };
        lines.lines().map(id).collect()
    };
    assert_eq!(ids(&output), ["k", "b", "c", "d", "z", "e", "i", "j"]);
    assert_eq!(ids(&dropped), ["a", "h"]);
    assert!(texts.starts_with("\"one two\"\n\"three\"\n\"one two\"\n"), "{texts}");
    assert_eq!((&*counts, &*common), ("8\n", "[\"footer\",3]\n"));
    let rows = |stage: usize| &turned.report.books.stages[stage].tables;
    assert_eq!((rows(1)["texts"], rows(1)["counts"], rows(2)["common"]), (9, 1, 1));
    assert_eq!(ids(&failed), ["-", "f", "g"]);
    assert!(
        output.contains(r#""text":"six""#) && output.contains(r#""url":"https://example.org""#),
        "{output}"
    );
    assert_eq!(heard.len(), 3);
    assert!(
        heard[1].starts_with("picky failed: stage `picky` of plugin `test_stages` failed: told to fail"),
        "{heard:?}"
    );
    assert!(
        heard[2].starts_with("picky panicked: stage `picky` of plugin `test_stages` panicked: told to panic"),
        "{heard:?}"
    );
}

#[test]
fn threads_and_batch_size_do_not_show() {
    let expected = {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), ALL_STAGES, "threads = 1", &RunOptions::default()).0.ended.unwrap();
        left_behind(folder.path())
    };
    for threads in [1, 2, 3, 7] {
        for batch_bytes in [1, 20, 45, 100, 1 << 20] {
            let folder = tempfile::tempdir().unwrap();
            let settings = format!("batch_bytes = {batch_bytes}");
            let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
            run(folder.path(), ALL_STAGES, &settings, &options).0.ended.unwrap();
            assert_eq!(
                left_behind(folder.path()),
                expected,
                "{threads} threads, batches of {batch_bytes} bytes"
            );
        }
    }
}

#[test]
fn a_stage_that_stands_twice_works_twice() {
    let folder = tempfile::tempdir().unwrap();
    let twice = "[[stage]]\nuse = 'picky'\n[[stage]]\nuse = 'picky'\nid = 'again'";
    let (turned, _) = run(folder.path(), twice, "", &RunOptions::default());
    turned.ended.unwrap();
    assert_eq!(turned.report.books.stages[1].received, 9); // and the first one's words are written anew
}

#[test]
fn a_pipeline_without_stages_copies() {
    let folder = tempfile::tempdir().unwrap();
    let (turned, _) = run(folder.path(), "", "", &RunOptions::default());
    turned.ended.unwrap();
    assert_eq!((turned.report.books.written, turned.report.books.failed), (12, 1));
}

#[test]
fn a_stage_that_can_not_go_on_ends_the_run_and_leaves_no_output() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("out.jsonl"), "from before").unwrap();
    let (turned, _) = run(folder.path(), "[[stage]]\nuse = 'brittle'", "", &RunOptions::default());
    let err = turned.ended.unwrap_err();
    let said = err.to_string();
    assert!(
        said.starts_with("stage `brittle` of plugin `test_stages` panicked on document `f`: told to panic"),
        "{said}"
    );
    assert_eq!(turned.report.status, Status::Failed);
    assert_eq!(text_of(folder.path(), "out.jsonl"), "from before");
    assert!(text_of(folder.path(), "out.jsonl.run/report.json").contains("\"failed\""));
}

#[test]
fn too_many_failures_end_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let (turned, _) = run(folder.path(), ALL_STAGES, "max_failures = 2", &RunOptions::default());
    assert!(matches!(turned.ended, Err(RunError::TooManyFailures { failed: 3, failures_max: 2 })));
    assert!(!folder.path().join("out.jsonl").exists());
}

#[test]
fn a_cancelled_run_ends_as_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let (turned, _) =
        run(folder.path(), "[[stage]]\nuse = 'canceller'", "batch_bytes = 1", &RunOptions::default());
    assert!(matches!(turned.ended, Err(RunError::Interrupted)), "{:?}", turned.ended);
    assert_eq!(turned.report.status, Status::Interrupted);
    assert!(!folder.path().join("out.jsonl").exists());
}

#[test]
fn a_limit_takes_the_first_records_and_a_sample_always_the_same_ones() {
    let folder = tempfile::tempdir().unwrap();
    let limited = |limit, sample| {
        let selection = Selection { limit, sample };
        run(folder.path(), "", "batch_bytes = 1", &RunOptions { selection, ..RunOptions::default() })
            .0
            .report
            .books
            .read
    };
    assert_eq!(limited(Some(3), None), 3);
    assert_eq!(limited(Some(0), None), 0);
    assert_eq!(limited(None, Some(1.0)), 13);
    assert_eq!(limited(None, Some(0.0)), 0);
    let half = limited(None, Some(0.5));
    assert!((1..13).contains(&half));
    assert_eq!(limited(None, Some(0.5)), half);
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (turned, _) =
        run(folder.path(), ALL_STAGES, "", &RunOptions { is_dry: true, ..RunOptions::default() });
    turned.ended.unwrap();
    assert_eq!(turned.report.books.written, 8);
    let files: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["in.jsonl"]);
}

#[test]
fn a_trace_follows_one_document_through_all_stages() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        RunOptions { is_dry: true, trace: Some(TraceTarget::Id("z".to_owned())), ..RunOptions::default() };
    let traced = run(folder.path(), ALL_STAGES, "", &options).0.traced.unwrap();
    assert_eq!(traced.source.text(), "footer\nsix");
    let shown: Vec<_> =
        traced.steps.iter().map(|step| (&*step.stage, step.edits.len(), &*step.text)).collect();
    assert_eq!(
        shown,
        [
            ("picky", 0, "footer\nsix"),
            ("first", 0, "footer\nsix"),
            ("common", 1, "footer\nsix"),
            ("again", 0, "six")
        ]
    );
    assert_eq!(&*traced.steps[2].edits[0].0, "common_line");
}

#[test]
fn an_output_over_an_input_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/a.jsonl"), INPUT).unwrap();
    let sinks = [
        "use = 'jsonl', options.path = './in/a.jsonl'",
        "use = 'text', options.path = 'in'",
        "use = 'jsonl', options.path = 'out.jsonl' }\nrun = { folder = 'in'", // where rejects go
    ];
    for sink in sinks {
        let faults = faults(folder.path(), sink);
        assert!(faults.iter().any(|fault| fault.ends_with("would overwrite an input")), "{sink}: {faults:?}");
    }
    assert_eq!(faults(folder.path(), "use = 'jsonl', options.path = 'in/b.jsonl'"), [""; 0]);
}

#[test]
fn what_a_run_wrote_beside_its_input_is_not_read_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| fs::write(folder.path().join(name), INPUT).unwrap();
    fs::create_dir_all(folder.path().join("in/out.jsonl.run/rejects")).unwrap();
    write("in/out.jsonl");
    write("in/out.jsonl.run/rejects/dropped.jsonl");
    let sink = "use = 'jsonl', options.path = 'in/out.jsonl'";
    for paths in ["in", "in/*", "**/*.jsonl"] {
        let nothing = "the only files found are those that an earlier run wrote";
        assert_eq!(faults_reading(folder.path(), paths, sink), [nothing], "{paths}");
    }
    write("in/a.jsonl");
    for paths in ["in", "in/*", "**/*.jsonl"] {
        assert_eq!(faults_reading(folder.path(), paths, sink), [""; 0], "{paths}");
    }
    let named = faults_reading(folder.path(), "in/out.jsonl", sink);
    assert!(named.iter().any(|fault| fault.ends_with("would overwrite an input")), "{named:?}");
}

/// What preflight says of a copy of `in/a.jsonl` to a sink.
fn faults(folder: &Path, sink: &str) -> Vec<String> {
    faults_reading(folder, "in/a.jsonl", sink)
}

fn faults_reading(folder: &Path, paths: &str, sink: &str) -> Vec<String> {
    let text = format!("source = {{ use = 'jsonl', options.paths = ['{paths}'] }}\nsink = {{ {sink} }}");
    let plugins = Plugins::default();
    let reading = reading(folder, &text, &plugins);
    let setup = Setup { plugins: &plugins, environment: Arc::new(Environment::new(|_, _, _| ())), folder };
    let faults = prepare(reading, &setup).err().unwrap_or_default();
    faults.into_iter().map(|fault| fault.message).collect()
}
