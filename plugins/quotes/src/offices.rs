//! Reads what somebody is, where a text says it beside the name: *UN Resident Coordinator Ann Lee*, *Ann Lee, director of Acme*.
//!
//! In goes a mention; out comes an [`Office`], the role and the body it is held in, as bytes of the text.
//!
//! What stands before the role is the body when it is an abbreviation in capitals or ends in a noun for bodies (*UN*, *State
//! Department*); what *of*, *for* or *at* ties to the role is one when it has a capital.

use std::ops::Range;

use crate::context::Page;
use crate::lexicon::Classes;
use crate::mentions::{Kind, Mention};
use crate::words::{Shape, Word};

/// What somebody is, and where. Bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// *Resident Coordinator*, *director*.
    pub role: Range<usize>,
    /// *UN*, *Acme*.
    pub organisation: Option<Range<usize>>,
}

/// The office that a mention states, before or behind a name or without one.
///
/// # Examples
///
/// ```
/// use quotes::{context::Page, language::Language, mentions, offices, words};
///
/// let text = "UN spokeswoman Ann Lee said no.";
/// let (mut found, mut people) = (Vec::new(), Vec::new());
/// let lexicon = &Language::english().lexicon;
/// words::split(text, &[], lexicon, &mut found);
/// mentions::find(text, &found, lexicon, &mut people);
/// let page = Page { text, words: &found, stretches: &[] };
/// let office = offices::stated(page, &people[0]).expect("she has an office");
/// assert_eq!(&text[office.role], "spokeswoman");
/// assert_eq!(office.organisation.map(|it| &text[it]), Some("UN"));
/// ```
pub fn stated(page: Page<'_>, mention: &Mention) -> Option<Office> {
    let (first, last, full_last) =
        (mention.first as usize, mention.last as usize, mention.full_last as usize);
    match mention.kind {
        Kind::Name => office_in(page, first, mention.name_first as usize)
            .or_else(|| office_in(page, last + 1, full_last + 1)),
        Kind::Role => office_in(page, first, full_last + 1),
        _ => None,
    }
}

/// The office in the words `from..end`: a body or none, a role, and what is tied to it.
fn office_in(page: Page<'_>, from: usize, end: usize) -> Option<Office> {
    let words = &page.words[from..end.max(from)];
    let opens = |it: &&Word| it.sign == ',' || it.is(Classes::DETERMINER.or(Classes::POSSESSIVE));
    let start = words.iter().take_while(opens).count();
    let words = &words[start..];
    let length = words.iter().take_while(|it| it.is_word() && !it.is(Classes::OF)).count();
    let role = words[..length].iter().rposition(is_role)?;
    let before = words[..=role].iter().take_while(|it| is_acronym(page, it)).count();
    let body = words[..role].iter().rposition(|it| it.is(Classes::ORGANISATION)).map_or(0, |it| it + 1);
    let split = before.max(body).min(role);
    let organisation = match split {
        0 => tied(words, role + 1),
        _ => Some(bytes(&words[..split])),
    };
    Some(Office { role: bytes(&words[split..=role]), organisation })
}

/// The body that *of*, *for* or *at* ties to the role before word `at`.
fn tied(words: &[Word], at: usize) -> Option<Range<usize>> {
    words.get(at).filter(|it| it.is(Classes::OF))?;
    let rest = &words[at + 1..];
    let opened = rest.iter().take_while(|it| it.is(Classes::DETERMINER)).count();
    let rest = &rest[opened..];
    let length = rest.iter().take_while(|it| it.is_word() && !it.is(Classes::RELATIVE)).count();
    let body = &rest[..length];
    let named = body.first()?.shape == Shape::Capital || body.last()?.is(Classes::ORGANISATION);
    named.then(|| bytes(body))
}

/// Titles that only tell a man or a woman are no role.
fn is_role(word: &Word) -> bool {
    let title = word.is(Classes::HONORIFIC) && !word.is(Classes::MALE.or(Classes::FEMALE));
    word.is(Classes::ROLE) || title
}

/// *UN*, *SPD*: two capitals or more.
fn is_acronym(page: Page<'_>, word: &Word) -> bool {
    let letters = &page.text[word.start as usize..word.end as usize];
    let capitals = letters.chars().filter(|it| it.is_uppercase()).count();
    capitals > 1 && letters.chars().all(|it| it.is_uppercase() || it == '.')
}

fn bytes(words: &[Word]) -> Range<usize> {
    words[0].start as usize..words[words.len() - 1].end as usize
}
