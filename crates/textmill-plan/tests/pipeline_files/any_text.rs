//! What holds for every text.

use proptest::prelude::*;
use textmill_plan::{Severity, plugin_files, render};

use crate::{catalog, read_sample};

const GOOD: &str = "\
[source]
use = \"text\"
options.paths = [\"${CORPUS}/*.txt\"]

[[stage]]
use = \"clean\"
options.phrases = [\"Tell a friend\"]
options.ending = { kind = \"text\", text = '''.
''' }

[[stage]]
use = \"dedup\"
id = \"near\"
options.similarity = 0.8

[[stage]]
use = \"quotes\"
[[stage]]
use = \"speakers\"

[sink]
use = \"jsonl\"
options.path = \"out/dökumente.jsonl\"

[run]
threads = 2
";

/// Reads and renders; a plan without an error, or at least one error with all spans in the file.
fn hold(text: &str, overrides: &[&str]) {
    let reading = read_sample(text, overrides);
    let is_faulty = reading.faults.iter().any(|fault| fault.severity == Severity::Error);
    assert_ne!(reading.is_sound(), is_faulty);
    let rendered = render(&reading.faults, "pipeline.toml", text, false);
    assert_eq!(rendered.is_empty(), reading.faults.is_empty());
    assert_eq!(without_color(&render(&reading.faults, "pipeline.toml", text, true)), rendered);
    for fault in &reading.faults {
        let within = fault.command_line.as_deref().unwrap_or(text);
        assert!(fault.span.as_ref().is_none_or(|span| within.get(span.clone()).is_some()), "{fault:?}");
        assert!(!fault.message.ends_with('.') && !fault.message.is_empty());
    }
    plugin_files(text, &[], &catalog::environment);
}

fn without_color(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |plain, piece| plain + piece.split_once('m').map_or(piece, |(_, rest)| rest))
}

#[test]
fn the_good_file_is_good() {
    assert_eq!(read_sample(GOOD, &[]).faults, []);
}

#[test]
fn long_and_odd_texts_are_read_in_reasonable_time() {
    hold("", &[]);
    hold("\0", &[]);
    hold(&"{\"id\": \"1\", \"text\": \"not a pipeline\"}\n".repeat(20_000), &[]);
    hold(&"no pipeline either\n".repeat(20_000), &[]);
    hold(&"[".repeat(100_000), &[]);
    hold(&"a.".repeat(10_000), &[]);
    hold(&format!("x = {}", "[".repeat(10_000)), &[]);
    hold(&format!("x = {}1{}", "{y=".repeat(1_000), "}".repeat(1_000)), &[]);
    hold(&format!("{GOOD}x = '{}'\n", "é".repeat(5_000_000)), &[]);
    hold(&"[[stage]]\n".repeat(2_000), &[]);
    hold(&GOOD.replace('\n', "\r\n").replace("dedup", "dedpu"), &[]);
    hold(&format!("\u{feff}x = 1\n{GOOD}"), &[]);
    hold(&(0..2_000).map(|i| format!("[[stage]]\nuse = 'dedup'\nid = 'a{i}'\n")).collect::<String>(), &[]);
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,60}") {
        hold(&text, &[]);
    }

    #[test]
    fn any_toml_like_text_is_read_without_a_panic(
        text in "([\\[\\]={}\"'.,#$\n\ra1é\u{202e} -]|\\[\\[stage\\]\\]|use|options|\\[source\\]|true|'''){0,60}",
    ) {
        hold(&text, &[]);
    }

    #[test]
    fn a_good_file_with_a_change_is_a_plan_or_has_faults(
        at in 0..GOOD.len(),
        removed in 0..12_usize,
        inserted in "[\\[\\]={}\"'.,#$\na1é-]{0,3}",
    ) {
        let start = GOOD.floor_char_boundary(at);
        let end = GOOD.ceil_char_boundary(start + removed);
        hold(&format!("{}{inserted}{}", &GOOD[..start], &GOOD[end..]), &[]);
    }

    #[test]
    fn any_override_is_read_without_a_panic(
        text in "(stage|source|run|near|[.=\\[\\]'\"a0 é]|options|use|similarity){0,8}",
    ) {
        hold(GOOD, &[&text]);
    }
}
