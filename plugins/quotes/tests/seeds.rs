//! The five seed documents: every quotation that is expected is found with its speaker, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use quotes::find::{Finder, Quote, Scratch};
use serde_json::Value;

#[test]
fn the_seeds_give_what_a_reader_wrote_down() {
    let mut documents = 0;
    for entry in std::fs::read_dir(seeds().join("gold")).expect("the gold folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.extension().is_some_and(|it| it == "json") {
            check(&path);
            documents += 1;
        }
    }
    assert_eq!(documents, 5);
}

fn check(gold: &Path) {
    let gold: Value = serde_json::from_str(&std::fs::read_to_string(gold).unwrap()).unwrap();
    let document = gold["document"].as_str().unwrap();
    let text = std::fs::read_to_string(seeds().join(document)).unwrap();
    let found = Finder::default().find(&text, &mut Scratch::default());
    let shown: Vec<String> = found.iter().map(|it| show(&text, it)).collect();
    let expected: Vec<String> = gold["quotes"].as_array().unwrap().iter().map(show_gold).collect();
    assert_eq!(shown, expected, "{document}");
}

fn show(text: &str, quote: &Quote) -> String {
    let speaker = quote.speaker.as_ref().unwrap();
    let start = text[..quote.content.start].chars().count();
    let said_at = text[..speaker.mention.start].chars().count();
    let (name, mention) = (speaker.name.as_deref().unwrap_or("?"), &text[speaker.mention.clone()]);
    format!(
        "{start} {} / {name}: {mention} at {said_at} {}",
        &text[quote.content.clone()],
        &text[quote.cue.clone().unwrap()]
    )
}

fn show_gold(quote: &Value) -> String {
    let speaker = &quote["speaker"];
    let words = |value: &Value| value.as_str().unwrap().to_owned();
    format!(
        "{} {} / {}: {} at {} {}",
        quote["start"],
        words(&quote["text"]),
        words(&speaker["name"]),
        words(&speaker["text"]),
        speaker["start"],
        words(&quote["cue"]["text"])
    )
}

fn seeds() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds")
}
