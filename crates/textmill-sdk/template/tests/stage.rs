//! What the stage does to a text.

use {{name}}::{{Name}};

use textmill_sdk::prelude::json;
use textmill_sdk::testing::{build, document};

#[test]
fn words_of_the_list_are_marked() {
    let options = json!({ "words": ["rain", "café"] });
    let done = document::<{{Name}}>(options, "Some rain at the café. Rainy days.").unwrap();
    assert_eq!(done.spans("{{name}}"), [5..9, 17..22]); // bytes: é has two
    assert_eq!(done.counters, [("found".to_owned(), 2)]);
}

#[test]
fn an_empty_text_has_nothing_to_mark() {
    let done = document::<{{Name}}>(json!({}), "").unwrap();
    assert!(done.spans("{{name}}").is_empty());
}

#[test]
fn an_empty_word_is_refused_at_its_place() {
    let refused = build::<{{Name}}>(json!({ "words": ["rain", ""] })).err();
    assert_eq!(refused.as_deref(), Some("option `words/1`: is an empty word"));
}
