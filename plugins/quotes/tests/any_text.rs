//! What holds for every text, however broken.

use proptest::prelude::*;
use quotes::find::{Finder, Quote, Scratch};
use quotes::language::Language;

/// Texts made of what quotation finders trip over.
fn rough_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\""),
        Just("“"),
        Just("”"),
        Just("„"),
        Just("«"),
        Just("»"),
        Just("'"),
        Just("''"),
        Just("``"),
        Just("‘"),
        Just("’"),
        Just("「"),
        Just("」"),
        Just("\n"),
        Just("\n\n"),
        Just(" "),
        Just(", "),
        Just(". "),
        Just("("),
        Just(")"),
        Just("’s "),
        Just("she said "),
        Just("said "),
        Just("according to "),
        Just("Ann Lee "),
        Just("the mayor of "),
        Just("Mr. "),
        Just("of "),
        Just("e\u{301}"),
        Just("👩‍👧"),
        Just("שלום "),
        Just("\0"),
        Just("\u{ad}"),
        Just("\u{200b}"),
        Just("5'10\" "),
        Just("who "),
        Just("U.S. "),
        Just("Ann Lee wrote on Monday:\n\nIt rained all day in the town.\n\n"),
        Just("She said:\n\n> It rained all day"),
        Just("\n> "),
        Just("Q: Why?\nA: So.\nQ: When?\nA: Now.\n"),
    ];
    prop_oneof![prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat()), any::<String>(),]
}

proptest! {
    #[test]
    fn quotations_ascend_apart_and_lie_on_character_boundaries(text in rough_text(), indirect: bool) {
        let mut end = 0;
        for quote in Finder::default().with_indirect(indirect).find(&text, &mut Scratch::default()) {
            prop_assert!(quote.content.start >= end && quote.content.end > quote.content.start);
            end = quote.content.end;
            for range in spans(&quote) {
                prop_assert!(text.get(range.clone()).is_some_and(|it| !it.is_empty()), "{range:?}");
            }
        }
    }

    #[test]
    fn used_memory_changes_nothing(first in rough_text(), second in rough_text()) {
        let finder = Finder::default().with_indirect(true);
        let mut scratch = Scratch::default();
        finder.find(&first, &mut scratch);
        prop_assert_eq!(finder.find(&second, &mut scratch), finder.find(&second, &mut Scratch::default()));
    }

    #[test]
    fn text_before_a_paragraph_moves_its_quotations_along(text in rough_text()) {
        let finder = Finder::with_rules(&Language::english().lexicon);
        let alone = finder.find(&text, &mut Scratch::default());
        let before = "It was a long day, with nobody in it\n\n";
        let after = finder.find(&format!("{before}{text}"), &mut Scratch::default());
        let starts = |quotes: &[Quote], by: usize| quotes.iter().map(|it| it.content.start + by).collect::<Vec<_>>();
        prop_assert_eq!(starts(&alone, before.len()), starts(&after, 0));
    }
}

#[test]
fn the_last_speaker_may_stand_inside_what_is_told() {
    let text = "\"שלום 5'10\" Ann Lee 「the mayor of ’s ";
    Finder::default().with_indirect(true).find(text, &mut Scratch::default());
}

#[test]
fn signs_alone_between_marks_are_no_harm() {
    for text in ["“!!!!!!!!!!!!!!!!”", "「, said , , '“\"\"", "“\u{200b}”", "\"\u{ad}\u{ad}\""] {
        Finder::default().find(text, &mut Scratch::default());
    }
}

#[test]
fn a_megabyte_of_one_thing_is_read_in_linear_time() {
    let finder = Finder::default().with_indirect(true);
    for piece in [
        "\"",
        "“",
        "”",
        "'",
        "''",
        "« “",
        "\"a\" ",
        "“a\n\n",
        "said ",
        "Ann Lee said “a”, ",
        "(",
        "Mr. ",
        "A ",
        "the ",
        ", ",
        "’",
        "Ann's ",
        "> She wrote:\n> It rained all day, “a”, in town.\n",
        "Ann Lee wrote:\n\nIt rained all day in town.\n\n",
        "Q: Is it “a”?\nA: It is “a”.\n",
        "e\u{301}",
        "\n",
        " ",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        finder.find(&text, &mut Scratch::default());
    }
}

fn spans(quote: &Quote) -> Vec<std::ops::Range<usize>> {
    let speaker = quote.speaker.as_ref().map(|it| it.mention.clone());
    [Some(quote.content.clone()), speaker, quote.cue.clone()].into_iter().flatten().collect()
}
