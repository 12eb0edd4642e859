//! The same input and plan give the same bytes, however the work is cut up.

use std::fmt::Write as _;

use super::sandbox::Sandbox;

const FILES: [&str; 4] = [
    "out/documents.jsonl",
    "out/documents.jsonl.run/report.json",
    "out/documents.jsonl.run/rejects/dropped.jsonl",
    "out/documents.jsonl.run/rejects/failed.jsonl",
];

#[test]
fn threads_and_batches_do_not_show() {
    let sandbox = Sandbox::new();
    sandbox.write("corpus.jsonl", corpus());
    let mut first: Option<Vec<String>> = None;
    for threads in ["1", "2", "7"] {
        for batch_bytes in [1, 3_000, 1 << 20] {
            sandbox.write("pipeline.toml", pipeline(batch_bytes));
            let said = sandbox.textmill(&["run", "--quiet", "--threads", threads]);
            assert_eq!(said.code, Some(3), "{}", said.stderr);
            let files = FILES.map(|file| sandbox.read(file)).to_vec();
            let first = first.get_or_insert_with(|| files.clone());
            for (i, file) in FILES.iter().enumerate() {
                assert!(
                    files[i] == first[i],
                    "{file} differs with {threads} threads, batches of {batch_bytes}"
                );
            }
        }
    }
    let [documents, _, dropped, failed] = first.unwrap().try_into().unwrap();
    assert!(documents.lines().count() > 100 && dropped.lines().count() > 20);
    assert_eq!(failed.lines().count(), 2);
}

#[test]
fn a_sample_is_the_same_on_every_run_and_a_larger_one_holds_it() {
    let sandbox = Sandbox::new();
    sandbox.write("corpus.jsonl", corpus());
    sandbox.write("pipeline.toml", pipeline(3_000));
    let ids = |share: &str, output: &str| -> Vec<String> {
        sandbox.textmill(&[
            "run",
            "-q",
            "--sample",
            share,
            "--set",
            "stage.dedup.action=annotate",
            "--output",
            output,
        ]);
        let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].to_string();
        sandbox.read(output).lines().map(line).collect()
    };
    let (small, again, large) = (ids("0.2", "a.jsonl"), ids("0.2", "b.jsonl"), ids("0.6", "c.jsonl"));
    assert_eq!(small, again);
    assert!((20..60).contains(&small.len()), "{}", small.len());
    assert!(small.len() < large.len() && small.iter().all(|id| large.contains(id)));
}

/// Documents that share lines, duplicates of some of them, and two lines that are no documents.
fn corpus() -> String {
    let mut corpus = String::new();
    for i in 0..200_u32 {
        let number = if i % 7 == 3 { i - 1 } else { i };
        let topic = ["harbour", "canal", "railway", "theatre", "orchard"][number as usize % 5];
        let text = format!(
            "Home | News | Sport\\nThe {topic} of town {number} opened again after {number} days of repairs.\\n\
             “We waited {number} days for the {topic},” said Mira Holm, who runs it.\\n\
             Town {number} has {} people, and {} of them came to see the {topic}.\\nRead our newsletter, issue one",
            number * 31 + 400,
            number * 17 + 90,
        );
        let _ = writeln!(corpus, r#"{{"id":"d{i}","text":"{text}","metadata":{{"site":"s{}"}}}}"#, i % 2);
        if i == 50 || i == 120 {
            corpus += "{\"id\": \"broken\n";
        }
    }
    corpus
}

fn pipeline(batch_bytes: usize) -> String {
    let output = FILES[0];
    format!(
        r#"
[source]
use = "jsonl"
options.paths = ["corpus.jsonl"]
[[stage]]
use = "clean"
[[stage]]
use = "boilerplate"
options.site = "metadata.site"
[[stage]]
use = "dedup"
[[stage]]
use = "sentences"
[[stage]]
use = "quotes"
[[stage]]
use = "summarize"
[sink]
use = "jsonl"
options.path = "{output}"
[run]
batch_bytes = {batch_bytes}
"#
    )
}
