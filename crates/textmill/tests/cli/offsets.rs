//! Spans of the output point at the same words in the output and in the source, whatever was cleaned away around and inside them.

use serde_json::{Value, json};

use super::sandbox::Sandbox;

/// What `clean` changes inside a quotation and around it, and what offsets stumble over.
const SPACES: [&str; 6] = [" ", "  ", "\u{a0}", " \u{200b}", "\t", " \u{ad}"];
const WORDS: [&str; 8] = ["rain", "fell", "e\u{301}t\u{e9}", "“inside”", "👩‍👧", "on", "don’t", "A&amp;B"];
const FRAMES: [(&str, &str); 6] = [
    ("“", ",” said Mayor Ann Lee."),
    ("\"", ",\" she said."),
    ("He called it “", "” on Monday."),
    ("Ann Lee wrote on Monday:\n\nIt ", " all day in the whole town.\n\nThen she left."),
    ("Mr. Ray said that ", " in Delhi."),
    ("«", "», according to Bob Ray."),
];
const BETWEEN: [&str; 5] = ["\n\n", "\r\n\r\n", "\n\nTell a friend\n\n", "   \n\n\n\n", "\n\n<br/>\n\n"];

/// A text by the numbers of a fixed sequence.
fn rough_text(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut pick = |count: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % count
    };
    let mut text = String::from("Mayor Ann Lee met Bob Ray.");
    for _ in 0..1 + pick(5) {
        text.push_str(BETWEEN[pick(BETWEEN.len())]);
        let (before, behind) = FRAMES[pick(FRAMES.len())];
        text.push_str(before);
        for word in 0..3 + pick(6) {
            text.push_str(if word == 0 { "" } else { SPACES[pick(SPACES.len())] });
            text.push_str(WORDS[pick(WORDS.len())]);
        }
        text.push_str(behind);
    }
    text
}

/// A text as JSON with an escape for everything that is no plain letter.
fn escaped(text: &str) -> String {
    let mut json = String::from("\"");
    for unit in text.encode_utf16() {
        match char::from_u32(unit.into()) {
            Some(c) if c.is_ascii_alphanumeric() => json.push(c),
            _ => json.push_str(&format!("\\u{unit:04x}")),
        }
    }
    json + "\""
}

fn letters(text: &str) -> String {
    text.replace("&amp;", "&").chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Checks a span and its parts; returns how many there were.
fn check(span: &Value, text: &str, source: &str) -> usize {
    let number = |name: &str| span[name].as_u64().unwrap() as usize;
    let shown = span["text"].as_str().unwrap();
    let in_output: String =
        text.chars().skip(number("start")).take(number("end") - number("start")).collect();
    assert_eq!(in_output, shown, "in the output");
    let in_source = source.get(number("source_start")..number("source_end"));
    let in_source = in_source.unwrap_or_else(|| panic!("{span} lies inside a character of {source:?}"));
    assert_eq!(letters(in_source), letters(shown), "in the source {source:?}");
    let parts = ["speaker", "cue"].iter().filter_map(|name| span.get(name));
    1 + parts.map(|part| check(part, text, source)).sum::<usize>()
}

#[test]
fn spans_point_at_the_same_words_in_the_output_and_in_the_source() {
    let texts: Vec<String> = (0..200).map(rough_text).collect();
    let stages = "[[stage]]\nuse = 'clean'\noptions.phrases = ['Tell a friend']\n\
                  [[stage]]\nuse = 'quotes'\noptions.indirect = true\n\
                  [sink]\nuse = 'jsonl'\noptions.path = 'out.jsonl'\noptions.source_offsets = true\n";
    let files = Sandbox::new();
    files.write("pipeline.toml", format!("[source]\nuse = 'text'\noptions.paths = ['in']\n{stages}"));
    let lines = Sandbox::new();
    lines.write("pipeline.toml", format!("[source]\nuse = 'jsonl'\noptions.paths = ['in.jsonl']\n{stages}"));
    let mut records = String::new();
    for (number, text) in texts.iter().enumerate() {
        files.write(&format!("in/{number:03}.txt"), text);
        records.push_str(&format!(
            "{{\"text\":{},\"id\":{}}}\n",
            escaped(text),
            json!(format!("{number:03}"))
        ));
    }
    lines.write("in.jsonl", &records);
    for sandbox in [files, lines] {
        let said = sandbox.textmill(&["run"]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let (mut spans, mut quotes) = (0, 0);
        let output = sandbox.read("out.jsonl");
        for (line, source) in output.lines().zip(&texts) {
            let document: Value = serde_json::from_str(line).unwrap();
            let text = document["text"].as_str().unwrap();
            let mut end = 0;
            for quote in document["annotations"]["quotes"].as_array().unwrap() {
                assert!(quote["start"].as_u64().unwrap() >= end, "{quote} overlaps the one before");
                end = quote["end"].as_u64().unwrap();
                spans += check(quote, text, source);
                quotes += 1;
            }
        }
        assert_eq!(output.lines().count(), texts.len());
        assert!(quotes > 300 && spans > 2 * quotes, "{quotes} quotations with {spans} spans");
    }
}
