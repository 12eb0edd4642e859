//! What becomes of boilerplate: each removal has a rule, and all that was removed can be looked through.

use serde_json::{Value, json};

use super::sandbox::Sandbox;

const PAGE: &str = "Tell a friend\n\nRain fell in Riga. Photo: EPA \n\n\nOur daily letter: sign up!\n";

const CLEAN: &str = r#"
source = { use = "text", options.paths = ["news"] }
sink = { use = "jsonl", options.path = "out.jsonl" }

[[stage]]
use = "clean"
options.phrases = ["our daily letter"]
options.removed = true
"#;

#[test]
fn every_removal_is_told_by_its_rule() {
    let sandbox = Sandbox::new();
    sandbox.write("clean.toml", CLEAN);
    sandbox.write("news/1.txt", PAGE);
    sandbox.write("news/2.txt", "Share this\nSnow fell in Oslo.\n");
    let said = sandbox.textmill(&["run", "clean.toml"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let texts: Vec<Value> = lines(&sandbox.read("out.jsonl")).iter().map(|row| row["text"].clone()).collect();
    assert_eq!(texts, ["Rain fell in Riga.\n", "Snow fell in Oslo.\n"]);
    let removed = lines(&sandbox.read("out.jsonl.run/tables/clean.removed.jsonl"));
    let removed: Vec<_> = removed.iter().map(|row| json!([row["rule"], row["text"]])).collect();
    assert_eq!(
        removed,
        [
            json!(["share", "Tell a friend"]),
            json!(["credit", "Photo: EPA"]),
            json!(["phrase", "Our daily letter: sign up!"]),
            json!(["share", "Share this"]),
        ]
    );
    let report: Value = serde_json::from_str(&sandbox.read("out.jsonl.run/report.json")).unwrap();
    let stage = &report["books"]["stages"][0];
    let of = |rule: &str| stage["counters"][rule].as_u64();
    assert_eq!((of("share"), of("credit"), of("phrase")), (Some(2), Some(1), Some(1)), "{report:#}");
    assert_eq!(stage["rules"]["credit"]["bytes_removed"], " Photo: EPA".len());
}

#[test]
fn trace_shows_what_went_and_why() {
    let sandbox = Sandbox::new();
    sandbox.write("clean.toml", CLEAN);
    sandbox.write("news/1.txt", PAGE);
    let said = sandbox.textmill(&["trace", "news/1.txt", "clean.toml"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    for (rule, text) in [("share", "Tell a friend"), ("credit", "Photo: EPA"), ("phrase", "Our daily letter")]
    {
        let shown = said.stdout.lines().any(|line| line.contains(rule) && line.contains(text));
        assert!(shown, "{rule}: {}", said.stdout);
    }
}

#[test]
fn lines_that_were_learned_in_one_place_go_in_another() {
    let sandbox = Sandbox::new();
    for (file, text) in [
        ("here/daily/1.txt", "The Daily, 3 May\nRain fell in Riga.\n"),
        ("here/daily/2.txt", "THE DAILY, 4 May\nSnow fell in Oslo.\n"),
        ("here/weekly/1.txt", "It was dry in Turku.\n"),
        ("there/deep/daily/9.txt", "The Daily, 9 May\nSleet fell in Bergen.\n"),
        ("there/deep/weekly/9.txt", "The Daily, 9 May\nHail fell in Turku.\n"),
    ] {
        sandbox.write(file, text);
    }
    sandbox.write("learn.toml", pipeline("here", "use = \"boilerplate\"\noptions.documents_min = 2"));
    let said = sandbox.textmill(&["run", "learn.toml"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let learned = sandbox.read("here.jsonl.run/tables/boilerplate.lines.jsonl");
    assert_eq!(lines(&learned), [json!({"site": "daily", "line": "The Daily, 3 May", "documents": 2})]);
    sandbox.write("lines.jsonl", learned);
    sandbox.write("use.toml", pipeline("there", "use = \"clean\"\noptions.lines = \"lines.jsonl\""));
    let said = sandbox.textmill(&["run", "use.toml"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let texts: Vec<Value> =
        lines(&sandbox.read("there.jsonl")).iter().map(|row| row["text"].clone()).collect();
    assert_eq!(texts, ["Sleet fell in Bergen.\n", "The Daily, 9 May\nHail fell in Turku.\n"]);
}

fn pipeline(folder: &str, stage: &str) -> String {
    format!(
        "source = {{ use = \"text\", options.paths = [\"{folder}\"] }}\n\
         sink = {{ use = \"jsonl\", options.path = \"{folder}.jsonl\" }}\n[[stage]]\n{stage}\n"
    )
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
