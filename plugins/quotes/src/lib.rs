//! textmill plugin: finds who said what.
//!
//! Stage [`quotes`](Quotes) writes the layer `quotes`, one span a quotation over the words said, with the parts
//! `speaker` (where the text mentions who says it, and the person's `name`) and `cue` (the verb of saying).
//! Stage [`speakers`](corpus::Speakers) counts the people so named over all documents.
//!
//! How a text is read, each step a module that knows no document: [`marks`] finds what stands between quotation
//! marks; [`words`] cuts the text into words and [`lexicon`] says what they mean; [`mentions`] finds who could speak;
//! [`context`] looks around a stretch, [`speakers`] chooses who would speak it, and [`verdict`] judges by both whether
//! it is speech at all; [`indirect`] labels what is told without marks; [`transcript`] finds turns, [`blocks`]
//! paragraphs that a colon gives to somebody; [`people`] gives a mention its name, [`offices`] its role; [`find`] puts
//! it together, and [`tally`] counts. [`language`] names the languages, each a word list and trained models;
//! [`linear`] holds a model, [`confidence`] says how much its scores are worth.

pub mod blocks;
pub mod confidence;
pub mod context;
pub mod corpus;
pub mod find;
pub mod indirect;
pub mod language;
pub mod lexicon;
pub mod linear;
pub mod marks;
pub mod mentions;
pub mod offices;
pub mod people;
pub mod speakers;
pub mod tally;
pub mod transcript;
pub mod verdict;
pub mod words;

use textmill_sdk::prelude::*;

use crate::find::{Finder, Quote, QuoteKind, Scratch, Speaker};
use crate::language::Language;

/// Options of stage `quotes`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The language of the text, as a two-letter code; `auto` tells it for each document by the little words at its start.
    #[schemars(extend("enum" = Language::CHOICES))]
    language: String,
    /// Whether fragments inside a sentence of the writer's (kind `mixed`) are wanted too.
    mixed: bool,
    /// Whether what is told without quotation marks is wanted too (kind `indirect`): *she said that it rained*. Fragments in
    /// marks inside it stay quotations of their own, and the words around them are spans of their own. Costs about three
    /// times the time; needs the trained models.
    indirect: bool,
    /// Quotations that the stage is less sure of than this are left out, in percent.
    #[schemars(range(max = 100))]
    confidence_min: u8,
    /// Decides by readable rules alone and not by the trained models: less accurate, and every decision can be
    /// traced to a line of the source.
    rules_only: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            language: "en".to_owned(),
            mixed: true,
            indirect: false,
            confidence_min: 0,
            rules_only: false,
        }
    }
}

/// Marks quotations with their speakers.
pub struct Quotes {
    options: Options,
    /// For each language of the plan, one.
    finders: Vec<(&'static Language, Finder)>,
}

impl Stage for Quotes {
    type Options = Options;
    const INFO: StageInfo = StageInfo {
        summary: "Finds who said what: quotations, their speakers and the verbs of saying",
        layers: &["quotes"],
        counters: &["quotes", "quotes_with_speaker", "quotes_with_name"],
        ..StageInfo::new("quotes")
    };

    fn build(options: Options, _host: &Host) -> Result<Self, OptionError> {
        if options.confidence_min > 100 {
            return Err(OptionError::new("confidence_min", "must be at most 100"));
        }
        if options.indirect && options.rules_only {
            return Err(OptionError::new(
                "indirect",
                "needs the trained models, so `rules_only` must be off",
            ));
        }
        let languages = languages(&options.language)?;
        let finder = |language: &'static Language| match options.rules_only {
            true => Finder::with_rules(&language.lexicon),
            false => Finder::for_language(language).with_indirect(options.indirect),
        };
        let finders = languages.into_iter().map(|it| (it, finder(it))).collect();
        Ok(Quotes { options, finders })
    }
}

/// The languages that the option `language` asks for.
fn languages(option: &str) -> Result<Vec<&'static Language>, OptionError> {
    let codes = if option == "auto" { Language::CODES } else { &[option] };
    let named = |code: &&str| {
        let choices = Language::CHOICES.join(", ");
        Language::named(code).ok_or(OptionError::new("language", format!("must be one of {choices}")))
    };
    codes.iter().map(named).collect()
}

impl DocumentStage for Quotes {
    type Scratch = Scratch;

    fn process(&self, doc: &mut Doc<'_>, scratch: &mut Scratch) -> Result<Verdict, StageError> {
        let finder = self.finder_for(doc.text());
        for quote in finder.find(doc.text(), scratch).iter().filter(|it| self.wants(it)) {
            doc.annotate("quotes", span_of(quote));
            doc.count("quotes", 1);
            doc.count("quotes_with_speaker", u64::from(quote.speaker.is_some()));
            doc.count(
                "quotes_with_name",
                u64::from(quote.speaker.as_ref().is_some_and(|it| it.name.is_some())),
            );
        }
        Ok(Verdict::Keep)
    }
}

impl Quotes {
    fn finder_for(&self, text: &str) -> &Finder {
        if let [(_, only)] = self.finders.as_slice() {
            return only;
        }
        let language = Language::of(text);
        let found = self.finders.iter().find(|(it, _)| std::ptr::eq(*it, language));
        &found.expect("each language has a finder").1
    }

    fn wants(&self, quote: &Quote) -> bool {
        quote.confidence >= self.options.confidence_min
            && (self.options.mixed || quote.kind != QuoteKind::Mixed)
    }
}

fn span_of(quote: &Quote) -> Span {
    let kind = match quote.kind {
        QuoteKind::Direct => "direct",
        QuoteKind::Mixed => "mixed",
        QuoteKind::Indirect => "indirect",
    };
    let mut span = Span::new(quote.content.clone())
        .attr("kind", kind)
        .attr("confidence", f64::from(quote.confidence) / 100.0);
    if let Some(speaker) = &quote.speaker {
        span = span.part("speaker", part_of(speaker));
    }
    match &quote.cue {
        Some(cue) => span.part("cue", Span::new(cue.clone())),
        None => span,
    }
}

fn part_of(speaker: &Speaker) -> Span {
    let mut part = Span::new(speaker.mention.clone());
    if let Some(name) = &speaker.name {
        part = part.attr("name", name).attr("name_confidence", f64::from(speaker.name_confidence) / 100.0);
    }
    if let Some(role) = &speaker.role {
        part = part.attr("role", role);
    }
    match &speaker.organisation {
        Some(organisation) => part.attr("organisation", organisation),
        None => part,
    }
}

plugin! { name: "quotes", stages: [document Quotes, ordered corpus::Speakers] }

#[cfg(test)]
mod tests {
    use textmill_sdk::testing::document;

    use super::*;

    const TEXT: &str =
        "Ann Lee came. “It rained all day,” she said. Bob Ray called it “a disgrace to the town” on Monday.";

    #[test]
    fn a_quotation_is_a_span_with_speaker_and_cue() {
        let done = document::<Quotes>(json!({}), TEXT).unwrap();
        let shown: Vec<String> = done
            .annotations
            .iter()
            .map(|(_, part, range, attributes)| format!("{part}[{}] {attributes}", &TEXT[range.clone()]))
            .collect();
        expect_test::expect![[r#"
            [It rained all day,] {"kind":"direct","confidence":0.98}
            speaker[she] {"name":"Ann Lee","name_confidence":0.93}
            cue[said] {}
            [a disgrace to the town] {"kind":"mixed","confidence":0.96}
            speaker[Bob Ray] {"name":"Bob Ray","name_confidence":0.95}
            cue[called] {}"#]]
        .assert_eq(&shown.join("\n"));
    }

    #[test]
    fn what_is_told_without_marks_is_found_when_it_is_wanted() {
        let text = "Ann Lee said that it rained all day in Delhi. Bob Ray has a dog.";
        let done = document::<Quotes>(json!({ "indirect": true }), text).unwrap();
        let shown: Vec<String> = done
            .annotations
            .iter()
            .map(|(_, part, range, attributes)| format!("{part}[{}] {attributes}", &text[range.clone()]))
            .collect();
        expect_test::expect![[r#"
            [that it rained all day in Delhi] {"kind":"indirect","confidence":0.69}
            speaker[Ann Lee] {"name":"Ann Lee","name_confidence":0.95}
            cue[said] {}"#]]
        .assert_eq(&shown.join("\n"));
        assert_eq!(document::<Quotes>(json!({}), text).unwrap().annotations, []);
        assert!(document::<Quotes>(json!({ "indirect": true, "rules_only": true }), text).is_err());
    }

    #[test]
    fn auto_reads_each_document_in_its_language() {
        let german = "Die Stadt war ohne Strom. „Das ist eine Schande für die Stadt“, sagte Anna Lehmann.";
        for (text, speaker) in [(TEXT, "she"), (german, "Anna Lehmann")] {
            let done = document::<Quotes>(json!({ "language": "auto" }), text).unwrap();
            let speakers: Vec<&str> = done
                .annotations
                .iter()
                .filter(|it| it.1 == "speaker")
                .map(|it| &text[it.2.clone()])
                .collect();
            assert_eq!(speakers[0], speaker);
        }
        assert!(document::<Quotes>(json!({ "language": "tlh" }), TEXT).is_err());
    }

    #[test]
    fn fragments_are_left_out_when_they_are_not_wanted() {
        let done = document::<Quotes>(json!({ "mixed": false }), TEXT).unwrap();
        assert_eq!(done.spans("quotes").len(), 1);
    }

    #[test]
    fn what_is_less_sure_than_wanted_is_left_out() {
        let done = document::<Quotes>(json!({ "confidence_min": 100 }), TEXT).unwrap();
        assert_eq!(done.spans("quotes"), []);
        assert!(document::<Quotes>(json!({ "confidence_min": 101 }), TEXT).is_err());
    }
}
