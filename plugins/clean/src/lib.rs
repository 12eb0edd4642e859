//! textmill plugin: removes boilerplate.
//!
//! Two stages. `clean` looks at one document: its lines, its credits, its white space. `boilerplate` looks at the
//! whole corpus first and then removes the lines that sites repeat from document to document.
//!
//! Every removal is an edit under a rule (see [`rule`]), and no rule takes a line with a quotation in it (see
//! [`quotation`]). All that knows text lives in modules that know no document; this file makes stages of them.

pub mod cleaner;
pub mod control;
pub mod credits;
pub mod edit;
pub mod fates;
pub mod features;
pub mod fold;
pub mod layout;
pub mod lexicon;
pub mod lines;
pub mod phrases;
pub mod quotation;
pub mod repeated;
pub mod rule;
pub mod shape;
pub mod tally;

use cleaner::Cleaner;
use edit::Edit;
use layout::Weights;
use phrases::{NEWS, Phrases};
use repeated::{Limits, Seen};
use rule::Rule;
use textmill_sdk::prelude::*;

/// Options of stage `clean`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CleanOptions {
    /// Which built-in rules are on.
    preset: Preset,
    /// Phrases of your own. A line that is such a phrase goes, and so does a line that contains it and has few words
    /// more. Case, punctuation and spacing do not matter; ` .. ` inside a phrase stands for any words.
    phrases: Vec<String>,
    /// Remove picture credits, such as "Photo credit: gov.kz", alone on a line or at the end of a caption.
    credits: bool,
    /// Remove white space at the ends of lines and of the text, and all blank lines in a row but one; write every
    /// line end as a line feed.
    white_space: bool,
    /// Remove characters that nobody can see, and repair quotation marks and dashes that came as control characters.
    control: bool,
}

/// A choice of built-in rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// As `light`, and where a whole page was taken for its text, the lines of the page around the text: menus,
    /// teasers, comments. A trained model tells them apart.
    News,
    /// The phrases that news pages leave behind: share buttons, newsletters, cookie notices, small print.
    Light,
    /// None: only your own phrases, and whatever else you leave on.
    Off,
}

impl Default for CleanOptions {
    fn default() -> Self {
        CleanOptions {
            preset: Preset::News,
            phrases: Vec::new(),
            credits: true,
            white_space: true,
            control: true,
        }
    }
}

/// Removes lines and spans that belong to a page, not to its text.
#[derive(Debug)]
pub struct Clean(Cleaner);

impl Stage for Clean {
    type Options = CleanOptions;

    const INFO: StageInfo = StageInfo {
        summary: "Removes share buttons, newsletter lines, credits and stray white space",
        rules: &RULES,
        counters: &RULES,
        ..StageInfo::new("clean")
    };

    fn build(options: CleanOptions, _host: &Host) -> Result<Self, OptionError> {
        let mut phrases = Phrases::default();
        for (i, phrase) in options.phrases.iter().enumerate() {
            phrases.add_user(phrase).map_err(|err| OptionError::new(&format!("/phrases/{i}"), err))?;
        }
        let built_in = options.preset != Preset::Off;
        if built_in {
            phrases.add_file(NEWS).map_err(|err| OptionError::new("preset", err))?;
        }
        let CleanOptions { credits, white_space, control, .. } = options;
        let news = (options.preset == Preset::News).then(|| Weights::from_text(layout::NEWS));
        let layout = news.transpose().map_err(|err| OptionError::new("preset", err))?;
        Ok(Clean(Cleaner { phrases, layout, credits: credits && built_in, white_space, control }))
    }
}

impl DocumentStage for Clean {
    type Scratch = cleaner::Scratch;

    fn process(&self, doc: &mut Doc<'_>, scratch: &mut Self::Scratch) -> Result<Verdict, StageError> {
        put(doc, self.0.clean(doc.text(), scratch));
        Ok(Verdict::Keep)
    }
}

/// Options of stage `boilerplate`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BoilerplateOptions {
    /// Lines are learned for each site by itself. This field says which site a document is of: `metadata.site`, for
    /// instance. Of an address only the host counts, and of `origin.path` only the folder. Documents without the
    /// field are together one site.
    site: String,
    /// A line has to stand in at least this many documents of its site.
    documents_min: u32,
    /// A line has to stand in at least this share of the documents of its site, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    share_min: f64,
    /// A line of at most this many words also goes in the middle of a document, next to another repeated one.
    short_words_max: usize,
    /// So many other lines may stand between an edge of the document and a repeated line, or between two of these.
    gap_lines_max: usize,
    /// So many different lines are counted exactly, at about 20 bytes each and worker. Beyond that, a sketch of
    /// the same size counts so that lines may wrongly stay and hardly ever wrongly go.
    lines_max: usize,
}

impl Default for BoilerplateOptions {
    fn default() -> Self {
        let Limits { documents_min, share_min, short_words_max, gap_lines_max, lines_max } =
            Limits::default();
        let site = "origin.path".to_owned();
        BoilerplateOptions { site, documents_min, share_min, short_words_max, gap_lines_max, lines_max }
    }
}

/// Removes lines that a site repeats from document to document.
#[derive(Debug)]
pub struct Boilerplate {
    limits: Limits,
    site: String,
}

impl Stage for Boilerplate {
    type Options = BoilerplateOptions;

    const INFO: StageInfo = StageInfo {
        summary: "Removes lines that a site repeats from document to document",
        rules: &[Rule::Repeated.name()],
        counters: &[Rule::Repeated.name()],
        ..StageInfo::new("boilerplate")
    };

    fn build(options: BoilerplateOptions, _host: &Host) -> Result<Self, OptionError> {
        let BoilerplateOptions { site, documents_min, share_min, short_words_max, gap_lines_max, lines_max } =
            options;
        if documents_min < 2 {
            return Err(OptionError::new(
                "documents_min",
                "must be at least 2: a line in one document is not repeated",
            ));
        }
        if !(0.0..=1.0).contains(&share_min) {
            return Err(OptionError::new("share_min", "must be from 0 to 1"));
        }
        if lines_max < 1024 {
            return Err(OptionError::new("lines_max", "must be at least 1024"));
        }
        Ok(Boilerplate {
            limits: Limits { documents_min, share_min, short_words_max, gap_lines_max, lines_max },
            site,
        })
    }

    fn reads(&self) -> Vec<String> {
        vec![self.site.clone()]
    }
}

impl Boilerplate {
    fn site(&self, doc: &Doc<'_>) -> String {
        let value = doc.field::<String>(&self.site).unwrap_or_default();
        site_of(&value, self.site == "origin.path").to_owned()
    }
}

impl CorpusStage for Boilerplate {
    type Gathered = (Seen, repeated::Scratch);
    type Learned = Seen;
    type Scratch = repeated::Scratch;

    fn observe(&self, (seen, scratch): &mut Self::Gathered, doc: &Doc<'_>) -> Result<(), StageError> {
        self.limits.observe(&self.site(doc), doc.text(), seen, scratch);
        Ok(())
    }

    fn merge(&self, into: &mut Self::Gathered, from: Self::Gathered) {
        self.limits.merge(&mut into.0, from.0);
    }

    fn learn(&self, (seen, _): Self::Gathered) -> Result<Seen, StageError> {
        Ok(self.limits.learn(seen))
    }

    fn process(
        &self,
        learned: &Seen,
        doc: &mut Doc<'_>,
        scratch: &mut Self::Scratch,
    ) -> Result<Verdict, StageError> {
        let site = self.site(doc);
        put(doc, self.limits.remove(&site, doc.text(), learned, scratch));
        Ok(Verdict::Keep)
    }
}

/// The names of the rules of `clean`, which are also the names under which removals are counted.
const RULES: [&str; Rule::OF_CLEAN.len()] = {
    let mut names = [""; Rule::OF_CLEAN.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = Rule::OF_CLEAN[i].name();
        i += 1;
    }
    names
};

fn put(doc: &mut Doc<'_>, edits: &[Edit]) {
    for edit in edits {
        doc.replace(edit.range.clone(), edit.with, edit.rule.name());
        doc.count(edit.rule.name(), 1);
    }
}

/// What tells the site: the host of an address, the folder of a path, anything else as it is.
fn site_of(value: &str, is_path: bool) -> &str {
    if is_path {
        return value.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder);
    }
    let host =
        value.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#', ':']).next().unwrap_or(rest));
    host.unwrap_or(value)
}

textmill_sdk::plugin! { name: "clean", stages: [document Clean, corpus Boilerplate] }

#[cfg(test)]
mod tests {
    use super::*;
    use textmill_sdk::testing;

    const TEXT: &str = "Tell a friend\n\nRain fell in Riga. Photo: EPA \n\n\nOur daily letter: sign up!\n";

    #[test]
    fn clean_books_every_removal_under_its_rule() {
        let done = testing::document::<Clean>(json!({"phrases": ["our daily letter"]}), TEXT).unwrap();
        assert_eq!(done.text, "Rain fell in Riga.\n");
        let rules: Vec<_> = done.edits.iter().map(|edit| edit.0.as_str()).collect();
        assert_eq!(rules, ["share", "white_space", "credit", "white_space", "phrase"]);
        assert!(done.counters.contains(&("share".to_owned(), 1)));
    }

    #[test]
    fn without_a_preset_only_what_was_asked_for_goes() {
        let options =
            json!({"preset": "off", "white_space": false, "control": false, "phrases": ["sign up"]});
        let done = testing::document::<Clean>(options, TEXT).unwrap();
        assert_eq!(done.text, "Tell a friend\n\nRain fell in Riga. Photo: EPA \n\n\n");
    }

    #[test]
    fn options_that_make_no_sense_are_refused() {
        for options in [json!({"phrases": ["…"]}), json!({"preset": "loud"}), json!({"prest": "news"})] {
            assert!(testing::build::<Clean>(options.clone()).is_err(), "{options}");
        }
        for options in [json!({"documents_min": 1}), json!({"share_min": 2.0}), json!({"lines_max": 0})] {
            assert!(testing::build::<Boilerplate>(options.clone()).is_err(), "{options}");
        }
    }

    #[test]
    fn boilerplate_removes_what_texts_share() {
        let texts =
            ["The Daily\nRain fell in Riga.", "The Daily\nSnow fell in Oslo.", "The Weekly\nMayor fined."];
        let done = testing::corpus::<Boilerplate>(json!({"documents_min": 2}), &texts).unwrap();
        let left: Vec<_> = done.iter().map(|done| done.text.as_str()).collect();
        assert_eq!(left, ["Rain fell in Riga.", "Snow fell in Oslo.", "The Weekly\nMayor fined."]);
        assert_eq!(done[0].edits[0].0, "repeated");
    }

    #[test]
    fn a_site_is_a_host_a_folder_or_a_name() {
        assert_eq!(site_of("https://daily.example/riga?x=1", false), "daily.example");
        assert_eq!(site_of("The Daily", false), "The Daily");
        assert_eq!(site_of("news/daily/1.txt", true), "news/daily");
        assert_eq!(site_of("1.txt", true), "");
    }
}
