//! Finds the quotations of a text: who said what, where.
//!
//! In goes a text, out come [`Quote`]s, ascending: the words said, their speaker and the verb that ties them, as byte
//! spans. This is where the parts meet: marks, words, mentions, the choice of a speaker for each stretch, the verdict on it
//! and the names of people. A [`Finder`] holds the models; a [`Scratch`] holds the memory, so that a worker that
//! reads a million texts allocates for the longest of them only.

use std::ops::Range;

use crate::blocks;
use crate::confidence;
use crate::context::{Context, Page};
use crate::indirect::{self, Label, Sentence};
use crate::language::Language;
use crate::lexicon::Lexicon;
use crate::linear::{Feature, Weights};
use crate::marks::{self, Family, Stretch};
use crate::mentions::{self, Mention};
use crate::offices;
use crate::people::{Basis, Meant, People};
use crate::speakers::{self, Candidate, Choice, Ranking, Scene};
use crate::transcript::{self, Turn};
use crate::verdict;
use crate::words::{self, Word};

/// A quotation in a text. All spans are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The words said, without the outer marks; over several paragraphs it is one span.
    pub content: Range<usize>,
    /// Whether they are whole sentences or a fragment of the writer's own.
    pub kind: QuoteKind,
    /// Who says them, when somebody was found.
    pub speaker: Option<Speaker>,
    /// The verb of saying, or *according to*, when there is one.
    pub cue: Option<Range<usize>>,
    /// How sure it is that this is speech and the speaker is right, in percent.
    pub confidence: u8,
}

/// Whether a quotation stands for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteKind {
    /// Stands for itself: *“I will go,” she said.*
    Direct,
    /// A fragment inside a sentence of the writer: *He called it “a disgrace”.*
    Mixed,
    /// What somebody said, thought or wanted in the writer's words: *He said it was a disgrace.*
    Indirect,
}

/// The speaker of a quotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Where the text mentions the speaker of this quotation: *he*, *the mayor*, *Ann Lee*.
    pub mention: Range<usize>,
    /// The fullest form of the name in the text, when the mention is a name or was resolved to one.
    pub name: Option<String>,
    /// How sure it is that the mention means who bears that name, in percent; 0 without a name.
    pub name_confidence: u8,
    /// What the text says the speaker is: *Secretary-General*.
    pub role: Option<String>,
    /// The body in which the speaker is that: *UN*.
    pub organisation: Option<String>,
}

/// Finds quotations with one language's words and models.
#[derive(Debug)]
pub struct Finder {
    lexicon: &'static Lexicon,
    models: Option<Models>,
    /// Whether indirect speech is looked for.
    indirect: bool,
}

/// What a point of the rules is worth in the unit of the models, roughly: only the confidence depends on it.
const RULE_UNIT: i32 = 7;

/// The trained models.
#[derive(Debug, Clone)]
pub struct Models {
    /// Tells speech from titles and scare quotes.
    pub verdict: Weights,
    /// Ranks the candidates for the speaker.
    pub speakers: Weights,
    /// Labels the words of indirect speech.
    pub indirect: Weights,
    /// Ranks the candidates for the speaker of indirect speech.
    pub reporters: Weights,
}

/// Memory that is used again for the next text.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) words: Vec<Word>,
    pub(crate) mentions: Vec<Mention>,
    cast: Vec<Candidate>,
    features: Vec<Feature>,
    people: People,
    spoken: Vec<Spoken>,
    speech: Vec<bool>,
    sentence: Sentence,
    labels: Vec<Label>,
    reported: Vec<Stretch>,
}

impl Default for Finder {
    /// The finder that is best at it: with the trained models for English.
    fn default() -> Finder {
        Finder::for_language(Language::english())
    }
}

impl Finder {
    /// A finder that decides by the trained models of a language.
    pub fn for_language(language: &'static Language) -> Finder {
        Finder::with_models(&language.lexicon, language.models.clone())
    }

    /// A finder that decides by rules alone.
    pub fn with_rules(lexicon: &'static Lexicon) -> Finder {
        Finder { lexicon, models: None, indirect: false }
    }

    /// A finder that decides by these models.
    pub fn with_models(lexicon: &'static Lexicon, models: Models) -> Finder {
        Finder { lexicon, models: Some(models), indirect: false }
    }

    /// Looks for indirect speech too; rules alone find none.
    #[must_use]
    pub fn with_indirect(mut self, indirect: bool) -> Finder {
        self.indirect = indirect;
        self
    }

    /// The quotations of `text`, first to last.
    ///
    /// # Examples
    ///
    /// ```
    /// use quotes::find::{Finder, Scratch};
    ///
    /// let text = "Ann Lee came home. “It rained all day,” she said.";
    /// let quotes = Finder::default().find(text, &mut Scratch::default());
    /// assert_eq!(&text[quotes[0].content.clone()], "It rained all day,");
    /// let speaker = quotes[0].speaker.as_ref().expect("somebody spoke");
    /// assert_eq!(&text[speaker.mention.clone()], "she");
    /// assert_eq!(speaker.name.as_deref(), Some("Ann Lee"));
    /// ```
    pub fn find(&self, text: &str, scratch: &mut Scratch) -> Vec<Quote> {
        marks::scan(text, &mut scratch.stretches);
        let turns = transcript::turns(text, self.lexicon);
        let reports = self.models.as_ref().filter(|_| self.indirect);
        let hinted = blocks::is_hinted(text);
        if scratch.stretches.is_empty() && reports.is_none() && turns.is_empty() && !hinted {
            return Vec::new();
        }
        scratch.read(text, self.lexicon);
        self.attribute(text, scratch);
        if let Some(models) = reports {
            report(text, self.lexicon, models, scratch);
        }
        if hinted {
            add_blocks(text, scratch);
        }
        let quotes = name(text, self.lexicon, scratch);
        if turns.is_empty() { quotes } else { with_turns(text, quotes, &turns, &scratch.people) }
    }

    /// Chooses who would speak each stretch, and judges by that too whether it is spoken at all.
    fn attribute(&self, text: &str, scratch: &mut Scratch) {
        let Scratch { stretches, words, mentions, cast, features, spoken, .. } = scratch;
        let page = Page { text, words, stretches };
        spoken.clear();
        let mut last = None;
        for (index, &stretch) in stretches.iter().enumerate() {
            let Some(context) = Context::new(page, index) else { continue };
            let scene = Scene::new(page, mentions, &context, last);
            speakers::gather(&scene, cast);
            let choice = speakers::choose(&scene, cast, &self.ranking(), features);
            let score = match &self.models {
                None => verdict::rule_score(page, &context) * RULE_UNIT,
                Some(models) => {
                    verdict::features(&scene, cast, choice, features);
                    models.verdict.score(features)
                }
            };
            if score <= 0 {
                continue;
            }
            last = choice.map(|it| it.mention).or(last);
            let kind = kind_of(page, &context);
            spoken.push(Spoken { stretch, context, kind, score, choice });
        }
    }

    fn ranking(&self) -> Ranking<'_> {
        self.models.as_ref().map_or(Ranking::Rules, |models| Ranking::Model(&models.speakers))
    }
}

/// Adds the indirect speech to what was spoken, each with its speaker, in the order of the text.
fn report(text: &str, lexicon: &Lexicon, models: &Models, scratch: &mut Scratch) {
    scratch.find_reported(text, lexicon, &models.indirect);
    let Scratch { words, mentions, cast, features, spoken, reported, .. } = scratch;
    let page = Page { text, words, stretches: reported };
    let ranking = Ranking::Model(&models.reporters);
    let (quoted, mut next, mut last) = (spoken.len(), 0, None);
    for (index, &stretch) in reported.iter().enumerate() {
        while next < quoted && spoken[next].stretch.start < stretch.start {
            last = spoken[next].choice.map(|it| it.mention).or(last);
            next += 1;
        }
        let Some(context) = Context::new(page, index) else { continue };
        let scene = Scene::new(page, mentions, &context, last);
        speakers::gather(&scene, cast);
        let choice = speakers::choose(&scene, cast, &ranking, features);
        last = choice.map(|it| it.mention).or(last);
        let kind = QuoteKind::Indirect;
        spoken.push(Spoken { stretch, context, kind, score: 0, choice });
    }
    spoken.sort_by_key(|it| it.stretch.start);
}

/// Adds the block quotes to what was spoken; indirect speech inside them is part of them. A paragraph with quotations in
/// marks is the writer's own.
fn add_blocks(text: &str, scratch: &mut Scratch) {
    let Scratch { stretches, words, mentions, spoken, .. } = scratch;
    let mut found = blocks::find(Page { text, words, stretches }, mentions);
    found.retain(|block| !is_spoken_in(spoken, &block.content));
    spoken.retain(|it| !overlaps(&found, |block| block.content.clone(), &(it.stretch.start..it.stretch.end)));
    let apart: Vec<Stretch> = found.iter().map(|it| unmarked(&it.content)).collect();
    let page = Page { text, words, stretches: &apart };
    for (index, block) in found.iter().enumerate() {
        let Some(mut context) = Context::new(page, index) else { continue };
        let cue = mentions[block.speaker].cue as usize;
        context.left_sentence = Some(words[cue].sentence);
        let sure = if block.marked { BLOCK_MARKED } else { BLOCK_BARE };
        let choice = Some(Choice { mention: block.speaker, score: 0, lead: sure.1 });
        spoken.push(Spoken {
            stretch: apart[index],
            context,
            kind: QuoteKind::Direct,
            score: sure.0,
            choice,
        });
    }
    spoken.sort_by_key(|it| it.stretch.start);
}

/// Whether words in marks that were judged speech stand in a range.
fn is_spoken_in(spoken: &[Spoken], range: &Range<usize>) -> bool {
    let from = spoken.partition_point(|it| it.stretch.end <= range.start);
    let inside = spoken[from..].iter().take_while(|it| it.stretch.start < range.end);
    inside.into_iter().any(|it| it.kind != QuoteKind::Indirect)
}

/// Whether one of some ascending ranges apart shares a byte with `range`.
fn overlaps<T>(ascending: &[T], range_of: impl Fn(&T) -> Range<usize>, range: &Range<usize>) -> bool {
    let at = ascending.partition_point(|it| range_of(it).end <= range.start);
    ascending.get(at).is_some_and(|it| range_of(it).start < range.end)
}

/// How sure it is that a block is speech, and that its speaker is right, in the unit of the models: estimates, not measured.
const BLOCK_MARKED: (i32, i32) = (320, 800);
const BLOCK_BARE: (i32, i32) = (192, 600);

/// Makes quotations of what was spoken, with the speakers' names.
fn name(text: &str, lexicon: &Lexicon, scratch: &mut Scratch) -> Vec<Quote> {
    let Scratch { stretches, words, mentions, people, spoken, .. } = scratch;
    let page = Page { text, words, stretches };
    people.meet_all(page, lexicon, mentions);
    let mut quotes: Vec<Quote> = Vec::new();
    let mut persons: Vec<Option<Meant>> = Vec::new();
    for (i, it) in spoken.iter().enumerate() {
        let choice = it.choice.map(|choice| &mentions[choice.mention]);
        let person = it.choice.and_then(|choice| people.resolve(page, mentions, choice.mention));
        let goes_on = it.stretch.continues && i > 0 && follows(&spoken[i - 1], it);
        match quotes.last_mut().filter(|_| goes_on) {
            Some(quote) => {
                quote.go_on(page, it, choice);
                if quote.speaker.is_some() && person.is_some() {
                    *persons.last_mut().expect("each quotation has its place") = person;
                }
            }
            None => {
                quotes.push(quote_of(page, it, choice));
                persons.push(person);
            }
        }
    }
    for (quote, meant) in quotes.iter_mut().zip(persons) {
        if let (Some(speaker), Some(Meant { person, basis })) = (&mut quote.speaker, meant) {
            speaker.name = Some(tidy_name(&text[people.name(person)]));
            speaker.name_confidence = confidence::of_name(basis);
            if let Some(office) = people.office(person) {
                speaker.holds(text, office.clone());
            }
        }
    }
    quotes
}

/// Adds the turns of a transcript; what was found inside a turn is part of it.
fn with_turns(text: &str, mut quotes: Vec<Quote>, turns: &[Turn], people: &People) -> Vec<Quote> {
    quotes.retain(|quote| !overlaps(turns, |it| it.label.start..it.content.end, &quote.content));
    quotes.extend(turns.iter().map(|it| turn_quote(text, it, people)));
    quotes.sort_by_key(|it| it.content.start);
    quotes
}

fn turn_quote(text: &str, turn: &Turn, people: &People) -> Quote {
    let known = text[turn.label.clone()].split_whitespace().next_back().and_then(|word| people.called(word));
    let name = known.map(|person| tidy_name(&text[people.name(person)]));
    let office = known.and_then(|person| people.office(person));
    let mut speaker = Speaker {
        mention: turn.label.clone(),
        name_confidence: if name.is_some() { confidence::of_name(Basis::Name) } else { 0 },
        name,
        role: None,
        organisation: None,
    };
    if let Some(office) = office {
        speaker.holds(text, office.clone());
    }
    Quote {
        content: turn.content.clone(),
        kind: QuoteKind::Direct,
        speaker: Some(speaker),
        cue: None,
        confidence: confidence::TURN,
    }
}

/// A stretch that was judged speech, or words of indirect speech.
#[derive(Debug, Clone, Copy)]
struct Spoken {
    stretch: Stretch,
    kind: QuoteKind,
    context: Context,
    score: i32,
    choice: Option<Choice>,
}

impl Scratch {
    /// Cuts the text into words and finds those that can speak; the stretches stand already.
    fn read(&mut self, text: &str, lexicon: &Lexicon) {
        words::split(text, &self.stretches, lexicon, &mut self.words);
        mentions::find(text, &self.words, lexicon, &mut self.mentions);
    }

    /// Fills `reported` with the words of indirect speech.
    fn find_reported(&mut self, text: &str, lexicon: &Lexicon, model: &Weights) {
        let Scratch { stretches, words, mentions, spoken, speech, sentence, labels, reported, .. } = self;
        let page = Page { text, words, stretches };
        reported.clear();
        speech.clear();
        speech.resize(stretches.len(), false);
        spoken.iter().for_each(|it| speech[it.context.index] = true);
        let mut reader = indirect::Reader::new(page, lexicon, mentions, speech);
        while reader.next(sentence) {
            sentence.label(model, labels);
            indirect::runs(words, &sentence.items, labels, |first, last| {
                reported.push(unmarked(&bytes_of(words, first, last)));
            });
        }
    }
}

/// Words without marks as a stretch, for those who look around one.
pub fn unmarked(bytes: &Range<usize>) -> Stretch {
    Stretch {
        start: bytes.start,
        end: bytes.end,
        outer_start: bytes.start,
        outer_end: bytes.end,
        family: Family::Double,
        opened: false,
        closed: false,
        continues: false,
    }
}

impl Quote {
    /// Takes in the next paragraph of the same quotation. The verb behind the last one speaks for all of them.
    fn go_on(&mut self, page: Page<'_>, next: &Spoken, choice: Option<&Mention>) {
        self.content.end = next.stretch.end;
        let Some(choice) = choice.filter(|it| it.first as usize >= next.context.outer_end) else { return };
        self.speaker = Some(speaker_of(page, choice));
        self.cue = cue_of(page, &next.context, choice);
    }
}

/// Whether the stretch of `next` is the very next after that of `previous`.
fn follows(previous: &Spoken, next: &Spoken) -> bool {
    previous.kind != QuoteKind::Indirect && previous.context.index + 1 == next.context.index
}

fn quote_of(page: Page<'_>, spoken: &Spoken, choice: Option<&Mention>) -> Quote {
    Quote {
        content: spoken.stretch.start..spoken.stretch.end,
        kind: spoken.kind,
        speaker: choice.map(|mention| speaker_of(page, mention)),
        cue: choice.and_then(|mention| cue_of(page, &spoken.context, mention)),
        confidence: confidence::percent(spoken.score, spoken.choice.map(|it| it.lead)),
    }
}

fn speaker_of(page: Page<'_>, mention: &Mention) -> Speaker {
    let mention_bytes = bytes_of(page.words, mention.first, mention.full_last);
    let mut speaker =
        Speaker { mention: mention_bytes, name: None, name_confidence: 0, role: None, organisation: None };
    if let Some(office) = offices::stated(page, mention) {
        speaker.holds(page.text, office);
    }
    speaker
}

impl Speaker {
    /// Takes down an office, unless its mention states another.
    fn holds(&mut self, text: &str, office: offices::Office) {
        if self.role.is_none() {
            self.role = Some(tidy_name(&text[office.role]));
            self.organisation = office.organisation.map(|it| tidy_name(&text[it]));
        }
    }
}

/// The verb that ties the mention to the stretch: its own, when it stands in the sentence that touches the stretch.
fn cue_of(page: Page<'_>, context: &Context, mention: &Mention) -> Option<Range<usize>> {
    let (first, last) = mention.cue_words()?;
    let sentence = Some(page.words[first as usize].sentence);
    let near = sentence == context.left_sentence || sentence == context.right_sentence;
    near.then(|| bytes_of(page.words, first, last))
}

fn bytes_of(words: &[Word], first: u32, last: u32) -> Range<usize> {
    words[first as usize].start as usize..words[last as usize].end as usize
}

/// A fragment starts in lower case inside a sentence, or stands in one that goes on without a verb of saying.
fn kind_of(page: Page<'_>, context: &Context) -> QuoteKind {
    let leads_in = context.left(page, 0).is_some_and(Word::is_word);
    let ends = matches!(context.last_sign(page), '.' | '!' | '?' | ',' | '…');
    let fragment = leads_in && (context.opening(page) != 1 || !ends);
    if fragment { QuoteKind::Mixed } else { QuoteKind::Direct }
}

/// A name on one line, with single spaces and without the soft hyphens of web pages.
fn tidy_name(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").replace('\u{ad}', "")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn the_verb_may_stand_before_or_behind_its_subject() {
        check(
            "“It rained all day,” said Ann Lee.",
            expect![[r#"
            Direct [It rained all day,] Ann Lee = Ann Lee, said
        "#]],
        );
        check(
            "“It rained all day,” Ann Lee said.",
            expect![[r#"
            Direct [It rained all day,] Ann Lee = Ann Lee, said
        "#]],
        );
        check(
            "Ann Lee said, “It rained all day.”",
            expect![[r#"
            Direct [It rained all day.] Ann Lee = Ann Lee, said
        "#]],
        );
        check(
            "According to Ann Lee, “it rained all day.”",
            expect![[r#"
            Direct [it rained all day.] Ann Lee = Ann Lee, According to
        "#]],
        );
    }

    #[test]
    fn a_dash_leads_to_the_speaker() {
        check(
            "“It rained all day.” ― Ann Lee",
            expect![[r#"
            Direct [It rained all day.] Ann Lee = Ann Lee, -
        "#]],
        );
    }

    #[test]
    fn a_quotation_in_two_halves_is_two_with_one_speaker() {
        check(
            "“It rained,” Ann Lee said. “It rained all day long.”",
            expect![[r#"
            Direct [It rained,] Ann Lee = Ann Lee, said
            Direct [It rained all day long.] Ann Lee = Ann Lee, -
        "#]],
        );
        check(
            "“It rained,” Ann Lee said, “and it rained all day long.”",
            expect![[r#"
            Direct [It rained,] Ann Lee = Ann Lee, said
            Direct [and it rained all day long.] Ann Lee = Ann Lee, said
        "#]],
        );
    }

    #[test]
    fn pronouns_surnames_and_roles_get_the_full_name() {
        check(
            "Mayor Ann Lee came home. “It rained all day,” she said.\n\n“We all got very wet,” Lee added.\n\n“That was a good thing,” the mayor said.",
            expect![[r#"
                Direct [It rained all day,] she = Ann Lee, said
                Direct [We all got very wet,] Lee = Ann Lee, added
                Direct [That was a good thing,] the mayor = Ann Lee, said
            "#]],
        );
        check(
            "Ann Lee met Bob Ray. “It rained all day,” he said. “It did not,” she replied.",
            expect![[r#"
                Direct [It rained all day,] he = Bob Ray, said
                Direct [It did not,] she = Ann Lee, replied
            "#]],
        );
    }

    #[test]
    fn a_place_or_a_body_is_nobody_that_he_or_she_could_mean() {
        check(
            "Ann Lee works in Springfield. United Metals owns the mill. “It rained all day,” she said.",
            expect![[r#"
                Direct [It rained all day,] she = Ann Lee, said
            "#]],
        );
        check(
            "Secretary of State Ann Lee left. “It rained all day,” she said.",
            expect![[r#"
            Direct [It rained all day,] she = Ann Lee, said
        "#]],
        );
    }

    #[test]
    fn a_block_without_marks_is_one_quotation_of_whom_the_colon_names() {
        check(
            "Ann Lee came home. She wrote in a statement:\n\nIt rained all day in the whole town.\n\nNobody came.",
            expect![[r#"
                Direct [It rained all day in the whole town.] She = Ann Lee, wrote
            "#]],
        );
        check(
            "Ann Lee wrote:\n\nIt rained all day, “that is a disgrace to the town,” Bob Ray said.",
            expect![[r#"
                Direct [that is a disgrace to the town,] Bob Ray = Bob Ray, said
            "#]],
        );
    }

    #[test]
    fn a_pronoun_means_who_is_most_present() {
        let named = |text: &str| {
            let quotes = Finder::default().find(text, &mut Scratch::default());
            quotes.last().and_then(|it| it.speaker.clone()).and_then(|it| it.name)
        };
        let cases = [
            // The subject of the sentence before, not its object; the last sentence, not the one before.
            ("Tom Ray met Bob Lee. “It rained all day,” he said.", "Tom Ray"),
            ("Tom Ray met Sue Fox.\n\nBob Lee stayed. “It rained all day,” he said.", "Bob Lee"),
            // He who is taken up again stays present.
            ("Tom Ray met Bob Lee. He was late. He was wet. “It rained all day,” he said.", "Tom Ray"),
            // A name whose sex the text tells further down only, and one cut to its middle.
            ("Ambra Lee met Bob Ray. “It rained all day,” she said. Mrs. Lee left.", "Ambra Lee"),
            ("Ann Fox Lee came. Ms. Fox smiled. “It rained all day,” she said.", "Ann Fox Lee"),
            ("Tom Ray Jr. came. Mr. Ray was wet. “It rained all day,” he said.", "Tom Ray Jr."),
            // Words that begin a sentence or a headline are no part of a name.
            ("Ann Lee Wins Springfield\n\nAnn Lee smiled. “It rained all day,” she said.", "Ann Lee"),
            ("Ask Ann Lee. Then ask Ann Lee. “It rained all day,” she said.", "Ann Lee"),
            // A body and a place are nobody.
            ("Bob Lee lives in Springfield. Acme sells boats. “It rained all day,” he said.", "Bob Lee"),
        ];
        for (text, name) in cases {
            assert_eq!(named(text).as_deref(), Some(name), "{text}");
        }
    }

    #[test]
    fn a_quotation_over_paragraphs_is_one() {
        check(
            "“It rained all day.\n\n“We all got very wet,” Ann Lee said.",
            expect![[r#"
            Direct [It rained all day.

            “We all got very wet,] Ann Lee = Ann Lee, said
        "#]],
        );
    }

    #[test]
    fn titles_in_marks_are_not_speech() {
        check(
            "She toured the “Rain and Us” exhibition. A film called “Wet” won.",
            expect![[r#"
                Mixed [Wet] A film = ?, called
            "#]],
        );
    }

    #[test]
    fn a_fragment_of_the_writers_sentence_is_mixed() {
        check(
            "Ann Lee called it “a disgrace to the whole town” on Monday.",
            expect![[r#"
            Mixed [a disgrace to the whole town] Ann Lee = Ann Lee, called
        "#]],
        );
    }

    #[test]
    fn a_speaker_has_the_office_that_the_text_states() {
        let speaker = |text: &str| {
            let quotes = Finder::default().find(text, &mut Scratch::default());
            let it = quotes[0].speaker.clone().expect("somebody speaks");
            let shown = |of: Option<String>| of.unwrap_or("-".to_owned());
            format!("{} | {} | {}", shown(it.name), shown(it.role), shown(it.organisation))
        };
        let cases = [
            ("UN Resident Coordinator Ann Lee said: “It rained.”", "Ann Lee | Resident Coordinator | UN"),
            ("“It rained,” said Ann Lee, director of Acme Metals.", "Ann Lee | director | Acme Metals"),
            (
                "“It rained,” said Ann Lee, a former ACLU lawyer and a critic of Acme.",
                "Ann Lee | lawyer | ACLU",
            ),
            ("“It rained,” said Ann Lee, professor of law at Yale.", "Ann Lee | professor | Yale"),
            (
                "“It rained,” said Ann Lee, director of the small union Acme Metals.",
                "Ann Lee | director | Acme Metals",
            ),
            ("“It rained,” said Ann Lee, the president's senior adviser.", "Ann Lee | senior adviser | -"),
            ("Mayor Ann Lee came. “It rained all day,” she said.", "Ann Lee | Mayor | -"),
            ("“It rained all day,” a spokesman for the city council said.", "- | spokesman | city council"),
            ("“It rained all day,” Mr. Ray said.", "Ray | - | -"),
        ];
        for (text, expected) in cases {
            assert_eq!(speaker(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_that_may_be_another_is_less_sure() {
        let sure = |text: &str| {
            let quotes = Finder::default().find(text, &mut Scratch::default());
            quotes[0].speaker.as_ref().map(|it| it.name_confidence)
        };
        let alone = sure("Ann Lee came. “It rained all day,” she said.");
        let rival = sure("Eva Ray met Ann Lee. “It rained all day,” she said.");
        let named = sure("“It rained all day,” Ann Lee said.");
        assert!(named > alone && alone > rival, "{named:?} {alone:?} {rival:?}");
        assert_eq!(sure("“It rained all day,” they said."), Some(0));
    }

    #[test]
    fn german_is_read_with_its_own_words_and_marks() {
        let german = |text: &str, expected: Expect| check_in("de", text, expected);
        german(
            "„Es regnete den ganzen Tag“, sagte Bürgermeisterin Anna Lehmann.",
            expect![[r#"
            Direct [Es regnete den ganzen Tag] Bürgermeisterin Anna Lehmann = Anna Lehmann, sagte
        "#]],
        );
        german(
            "Anna Lehmann sagte am 3. Oktober: »Es regnete den ganzen Tag.« „Das war gut“, so die Bürgermeisterin.",
            expect![[r#"
                Direct [Es regnete den ganzen Tag.] Anna Lehmann = Anna Lehmann, sagte
                Direct [Das war gut] die Bürgermeisterin = ?, so
            "#]],
        );
        german(
            "Wörtlich erklärte der Regierungssprecher: „Es regnete den ganzen Tag.“",
            expect![[r#"
            Direct [Es regnete den ganzen Tag.] der Regierungssprecher = ?, erklärte
        "#]],
        );
        german("In Berlin besuchte sie den Film „Der Regen“.", expect![[""]]);
    }

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        check_in("en", text, expected);
    }

    #[track_caller]
    fn check_in(code: &str, text: &str, expected: Expect) {
        let language = Language::named(code).expect("the language is known");
        let quotes = Finder::for_language(language).find(text, &mut Scratch::default());
        expected.assert_eq(&quotes.iter().map(|it| show(text, it)).collect::<String>());
    }

    fn show(text: &str, quote: &Quote) -> String {
        let speaker = quote.speaker.as_ref().map_or("nobody", |it| &text[it.mention.clone()]);
        let name = quote.speaker.as_ref().and_then(|it| it.name.as_deref()).unwrap_or("?");
        let cue = quote.cue.clone().map_or("-", |it| &text[it]);
        format!("{:?} [{}] {speaker} = {name}, {cue}\n", quote.kind, &text[quote.content.clone()])
    }
}
