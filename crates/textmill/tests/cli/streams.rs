//! Standard input and output, overrides from the command line, colour.

use std::io::Write;
use std::process::Stdio;

use super::sandbox::{Said, Sandbox};

const RECORD: &str = "{\"id\":\"a\",\"text\":\"Tell a friend\\nRain fell.\",\"url\":\"x\"}\n";

fn piped(sandbox: &Sandbox, arguments: &[&str], input: &str) -> Said {
    let mut child = sandbox.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    sandbox.said(&child.wait_with_output().unwrap())
}

#[test]
fn from_standard_input_to_standard_output_and_nothing_else_there() {
    let sandbox = Sandbox::with_seeds();
    let arguments = ["run", "--set", "source.record_bytes_max=1000", "--input", "-", "--output", "-"];
    sandbox
        .write("pipeline.toml", sandbox.read("pipeline.toml").replace("use = \"text\"", "use = \"jsonl\""));
    let said = piped(&sandbox, &arguments, RECORD);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(said.stdout.lines().count(), 1);
    assert!(said.stdout.starts_with(r#"{"id":"a","text":"Rain fell.","#), "{}", said.stdout);
    assert!(said.stderr.contains("read 1 = written 1"), "{}", said.stderr);
}

#[test]
fn several_passes_over_standard_input_read_it_once() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pipeline.toml",
        "[source]\nuse = 'jsonl'\noptions.paths = ['-']\n[[stage]]\nuse = 'boilerplate'\n\
         [sink]\nuse = 'jsonl'\noptions.path = '-'\n",
    );
    let said = piped(&sandbox, &["run", "-q"], RECORD);
    assert_eq!((said.code, said.stdout.lines().count()), (Some(0), 1), "{}", said.stderr);
}

#[test]
fn paths_of_the_command_line_start_here_and_those_of_the_file_at_its_folder() {
    let sandbox = Sandbox::with_seeds();
    sandbox.write("deep/pipeline.toml", sandbox.read("pipeline.toml").replace("seeds/", "../seeds/"));
    sandbox.write("one.txt", "One.\n");
    let run = ["run", "deep/pipeline.toml", "-q", "--input", "one.txt", "--output", "here.jsonl"];
    assert_eq!(sandbox.textmill(&run).code, Some(0));
    assert!(sandbox.read("here.jsonl").contains("\"text\":\"One."));
    assert_eq!(sandbox.textmill(&["run", "deep/pipeline.toml", "-q"]).code, Some(0));
    assert_eq!(sandbox.read("deep/out/documents.jsonl").lines().count(), 5);
}

#[test]
fn an_override_counts_and_stands_in_the_report() {
    let sandbox = Sandbox::with_seeds();
    sandbox.textmill(&["run", "-q", "--set", "stage.summarize.sentences=1", "--limit", "2"]);
    let report: serde_json::Value =
        serde_json::from_str(&sandbox.read("out/documents.jsonl.run/report.json")).unwrap();
    assert_eq!(report["plan"]["overrides"][0], "stage.summarize.sentences=1");
    assert_eq!(
        (&report["plan"]["stages"][3]["options"]["sentences"], &report["books"]["read"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn colour_comes_when_asked_for_and_never_unasked_into_a_pipe() {
    let sandbox = Sandbox::with_seeds();
    let is_colored = |arguments: &[&str]| sandbox.textmill(arguments).stdout.contains('\u{1b}');
    assert!(!is_colored(&["plugins"]));
    assert!(is_colored(&["plugins", "--color", "always"]));
    assert!(!is_colored(&["plugins", "--color", "never"]));
}
