//! Reads what somebody is, where a text says it beside the name: *UN Resident Coordinator Ann Lee*, *Ann Lee, director of Acme*.
//!
//! In goes a mention; out comes an [`Office`], the role and the body it is held in, as bytes of the text.
//!
//! What stands before the role is the body when it ends in an abbreviation in capitals or in a noun for bodies (*UN*, *State
//! Department*); what *of*, *for* or *at* ties to the role, or to the field of the role (*professor of law at Yale*), is one
//! when it has a capital. Words in small letters before the capital (*the nonprofit Climate Central*) are no part of it.

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

/// The office in the words `from..end`: a body or none, a role, and what is tied to it. Whose it is, as in *the president's
/// adviser*, does not count.
fn office_in(page: Page<'_>, from: usize, end: usize) -> Option<Office> {
    let words = &page.words[from..end.max(from)];
    let opens = |it: &&Word| it.sign == ',' || it.is(Classes::DETERMINER.or(Classes::POSSESSIVE));
    let start = words.iter().take_while(opens).count();
    let words = &words[start..];
    let ends = |it: &&Word| !it.is_word() || it.is(Classes::PREPOSITION.or(Classes::DETERMINER));
    let length = words.iter().take_while(|it| !ends(it)).count();
    if words.get(length).is_some_and(|it| it.shape == Shape::Possessive) {
        return office_in(page, from + start + length + 1, end);
    }
    let role = words[..length].iter().rposition(is_role)?;
    let is_body = |it: &Word| it.is(Classes::ORGANISATION) || is_acronym(page, it);
    let split = words[..role].iter().rposition(is_body).map_or(0, |it| it + 1);
    let organisation = match split {
        0 => tied(words, role + 1),
        _ => Some(bytes(body_at_end(page, &words[..split]))),
    };
    Some(Office { role: bytes(&words[split..=role]), organisation })
}

/// *GOP* in *former GOP*, *State Department* in *former State Department*.
fn body_at_end<'a>(page: Page<'_>, words: &'a [Word]) -> &'a [Word] {
    let other = words.iter().rposition(|it| !is_acronym(page, it)).map_or(0, |it| it + 1);
    let acronyms = &words[other..];
    if acronyms.is_empty() { named(words).unwrap_or(words) } else { acronyms }
}

/// The body that *of*, *for* or *at* ties to the role before word `at`, or to what the role is about.
fn tied(words: &[Word], at: usize) -> Option<Range<usize>> {
    words.get(at).filter(|it| it.is(Classes::OF))?;
    let rest = &words[at + 1..];
    let opened = rest.iter().take_while(|it| it.is(Classes::DETERMINER)).count();
    let rest = &rest[opened..];
    let length = rest.iter().take_while(|it| it.is_word() && !it.is(Classes::RELATIVE)).count();
    let body = &rest[..length];
    if let Some(name) = named(body) {
        return Some(bytes(name));
    }
    if body.last()?.is(Classes::ORGANISATION) {
        return Some(bytes(body));
    }
    let next = body.iter().position(|it| it.is(Classes::OF))?;
    let opened = body[next + 1..].iter().take_while(|it| it.is(Classes::DETERMINER)).count();
    named(&body[next + 1 + opened..]).map(bytes)
}

/// *Climate Central* in *nonprofit organization Climate Central*: from the first capital on, unless a preposition comes before.
fn named(words: &[Word]) -> Option<&[Word]> {
    let small = |it: &&Word| it.shape != Shape::Capital && !it.is(Classes::PREPOSITION);
    let name = &words[words.iter().take_while(small).count()..];
    (name.first()?.shape == Shape::Capital).then_some(name)
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
