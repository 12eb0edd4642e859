//! The first command of the README, held against what is expected of each seed.

use std::fs;

use serde_json::Value;

use super::sandbox::{Sandbox, library, project};

#[test]
fn the_first_command_of_the_readme_does_what_it_says() {
    let sandbox = Sandbox::with_seeds();
    let said = sandbox.textmill(&["run", "pipeline.toml"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains("read 5 = written 5 + dropped 0 + failed 0"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
    let documents = documents(&sandbox);
    assert_eq!(documents.len(), 5);
    for document in &documents {
        let gold = gold(document);
        check_lines(document, &gold);
        check_quotes(document, &gold);
        check_summary(document);
    }
    assert_eq!(documents.iter().map(|document| quotes(document).len()).sum::<usize>(), 7);
}

#[test]
fn no_share_button_and_no_newsletter_is_left() {
    let sandbox = Sandbox::with_seeds();
    sandbox.textmill(&["run"]);
    for document in documents(&sandbox) {
        let text = document["text"].as_str().unwrap();
        assert!(text.lines().all(|line| line != "Tell a friend"));
        assert!(!text.contains("Get The Astana Times stories"));
    }
}

#[test]
fn stages_come_out_of_shared_libraries() {
    let sandbox = Sandbox::with_seeds().with_only(&["clean", "dedup", "quotes", "summarize"]);
    assert_eq!(sandbox.textmill(&["run"]).code, Some(0));
    fs::remove_file(sandbox.path("some").join(library("quotes"))).unwrap();
    let said = sandbox.textmill(&["run"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("error: no plugin offers a stage `quotes`"), "{}", said.stderr);
    let searched =
        "folders searched: `[here]/plugins`, `[here]/some`, `[here]/data/textmill/plugins`, `[here]/bin`";
    assert!(said.stderr.contains(searched), "{}", said.stderr);
}

#[test]
fn layers_that_are_not_asked_for_do_not_stand_in_the_output() {
    let sandbox = Sandbox::with_seeds();
    let members = |options: &[&str]| -> Vec<Vec<String>> {
        let set = options.iter().flat_map(|option| ["--set", option]);
        sandbox.textmill(&["run", "--fresh"].into_iter().chain(set).collect::<Vec<_>>());
        let members = |it: &Value| it["annotations"]["dedup"].as_object().unwrap().keys().cloned().collect();
        documents(&sandbox).iter().map(members).collect()
    };
    let plain = members(&[]);
    assert!(!plain.is_empty() && plain.iter().all(|it| !it.contains(&"paragraphs".to_owned())));
    let marked = members(&["stage.dedup.unit=paragraph", "stage.dedup.action=annotate"]);
    assert!(!marked.is_empty() && marked.iter().all(|it| it.contains(&"paragraphs".to_owned())));
}

#[test]
fn every_line_of_the_output_can_be_found_in_the_source() {
    let sandbox = Sandbox::with_seeds();
    sandbox.textmill(&["run", "--set", "sink.source_offsets=true"]);
    for document in documents(&sandbox) {
        let source = sandbox.read(document["origin"]["path"].as_str().unwrap());
        for quote in quotes(&document) {
            let offset = |name: &str| quote[name].as_u64().unwrap() as usize;
            let found = &source[offset("source_start")..offset("source_end")];
            assert_eq!(found, quote["text"].as_str().unwrap());
        }
    }
}

fn documents(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.read("out/documents.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn gold(document: &Value) -> Value {
    let id = document["id"].as_str().unwrap();
    let path = project().join("seeds/gold").join(id).with_extension("json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn quotes(document: &Value) -> &[Value] {
    document["annotations"]["quotes"].as_array().unwrap()
}

fn list<'a>(gold: &'a Value, name: &str) -> Vec<&'a str> {
    gold[name].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap()).collect()
}

#[track_caller]
fn check_lines(document: &Value, gold: &Value) {
    let text = document["text"].as_str().unwrap();
    for gone in list(gold, "lines_to_go").into_iter().chain(list(gold, "spans_to_go")) {
        assert!(!text.contains(gone), "still there: {gone}");
    }
    for kept in list(gold, "lines_to_stay") {
        assert!(text.contains(kept), "lost: {kept}");
    }
}

#[track_caller]
fn check_quotes(document: &Value, gold: &Value) {
    let shown = |quote: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        [&quote["text"], &quote["speaker"]["name"], &quote["speaker"]["text"], &quote["cue"]["text"]]
            .map(text)
    };
    let found: Vec<_> = quotes(document).iter().map(shown).collect();
    let expected: Vec<_> = gold["quotes"].as_array().unwrap().iter().map(shown).collect();
    assert_eq!(found, expected);
    assert!(expected.iter().all(|quote| quote[1] == "António Guterres"));
    let titles = list(gold, "not_quotes");
    assert!(found.iter().all(|quote| !titles.contains(&quote[0].as_str())));
}

#[track_caller]
fn check_summary(document: &Value) {
    let text: Vec<char> = document["text"].as_str().unwrap().chars().collect();
    let sentences = document["annotations"]["summary"]["sentences"].as_array().unwrap();
    assert!((1..=3).contains(&sentences.len()));
    for sentence in sentences {
        let (start, end) = (sentence["start"].as_u64().unwrap(), sentence["end"].as_u64().unwrap());
        let covered: String = text[start as usize..end as usize].iter().collect();
        assert_eq!(covered, sentence["text"].as_str().unwrap());
        assert!(covered.ends_with(['.', '!', '?', '”', '"']), "not a whole sentence: {covered}");
    }
}
